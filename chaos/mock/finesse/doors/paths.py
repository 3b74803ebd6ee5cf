"""Paths as Tomcat reads them, before it looks for who serves them.

Clients join a base address that ends in a slash with a path that begins with one, and Java's add `;jsessionid=…` to it.
"""

import re
from typing import Any

from aiohttp import web
from aiohttp.http_parser import RawRequestMessage
from yarl import URL

_ODD = re.compile(r"//|;|/\.")


def plain_path(raw_path: str) -> str:
    """Without empty parts, path parameters (`;name=value`) and dots. A slash at the end stays."""
    if not _ODD.search(raw_path):
        return raw_path
    parts: list[str] = []
    for part in (part.partition(";")[0] for part in raw_path.split("/")):
        if part == "..":
            del parts[-1:]
        elif part not in ("", "."):
            parts.append(part)
    path = "/" + "/".join(parts)
    return path + "/" if parts and raw_path.endswith("/") else path


def read_plain_paths(server: web.Server) -> None:
    """Let this server's requests have such paths; a middleware would come too late, after the router."""
    make = server.request_factory

    def plainly(message: RawRequestMessage, *more: Any) -> web.BaseRequest:
        path = plain_path(message.url.raw_path)
        if path != message.url.raw_path:
            url: URL = message.url.with_path(path, encoded=True, keep_query=True)
            message = message._replace(url=url)
        return make(message, *more)

    server.request_factory = plainly
