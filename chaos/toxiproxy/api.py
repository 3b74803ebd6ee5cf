"""Toxiproxy's HTTP API: routes, status codes, headers and bodies.

The answers are the original's to the byte, with its oddities: errors are JSON labelled as plain text, unknown paths are
answered before the browser guard, names with a slash cannot be reached.
"""

import asyncio
import itertools
import posixpath
import re
from collections.abc import Awaitable, Callable, Iterator, Mapping
from random import Random

from aiohttp import web

from chaos.toxiproxy import registry as actions
from chaos.toxiproxy.errors import ApiError
from chaos.toxiproxy.gojson import text_of
from chaos.toxiproxy.metrics import CONTENT_TYPE, Metrics
from chaos.toxiproxy.registry import Registry

VERSION = "2.12.0"
_BODY_BYTES_MAX = 16 * 1024 * 1024
_BODY_DEADLINE_S = 15.0
_JSON = "application/json"
_BASE32 = "0123456789abcdefghijklmnopqrstuv"

Names = tuple[str, ...]
Handler = Callable[[Names, bytes], Awaitable[web.Response]]


class Api:
    """Answers requests about a registry. `handle` is for aiohttp's low-level server."""

    def __init__(self, registry: Registry, metrics: Metrics, *, rng: Random) -> None:
        self._registry = registry
        self._metrics = metrics
        self._request_ids = _request_ids(rng)
        proxy, toxic = r"/proxies/([^/]+)", r"/proxies/([^/]+)/toxics/([^/]+)"
        routes: dict[str, dict[str, Handler]] = {
            r"/reset": {"POST": self._reset},
            r"/proxies": {"GET": self._list, "POST": self._create},
            r"/populate": {"POST": self._populate},
            proxy: {"GET": self._show, "POST": self._update, "PATCH": self._update, "DELETE": self._delete},
            rf"{proxy}/toxics": {"GET": self._list_toxics, "POST": self._add_toxic},
            toxic: {
                "GET": self._show_toxic,
                "POST": self._update_toxic,
                "PATCH": self._update_toxic,
                "DELETE": self._remove_toxic,
            },
            r"/version": {"GET": self._version},
        }
        if metrics.are_shown:
            routes[r"/metrics"] = dict.fromkeys(("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD"), self._show_metrics)
        self._routes = [(re.compile(pattern), methods) for pattern, methods in routes.items()]

    async def handle(self, request: web.BaseRequest) -> web.Response:
        """Answer one request."""
        path = request.path
        if (clean := _clean(path)) != path:
            return _bare(301, {"Location": clean})
        for pattern, methods in self._routes:
            if found := pattern.fullmatch(path):
                handler = methods.get(request.method)
                return _bare(405) if handler is None else await self._routed(request, handler, found.groups())
        return _plain("404 page not found", 404)

    async def _routed(self, request: web.BaseRequest, handler: Handler, names: Names) -> web.Response:
        if request.headers.get("User-Agent", "").startswith("Mozilla/"):
            answer = _plain("User agent not allowed", 403)
        else:
            try:
                async with asyncio.timeout(_BODY_DEADLINE_S):
                    await _invite(request)
                    body = await request.read()
                answer = await handler(names, body)
            except ApiError as problem:
                answer = _plain(text_of(_error(problem)), problem.status)
            except web.HTTPRequestEntityTooLarge:
                answer = _plain(
                    text_of({"error": "bad request body: http: request body too large", "status": 400}), 400
                )
            except TimeoutError:
                answer = _plain(text_of({"error": "bad request body: i/o timeout", "status": 400}), 400)
                answer.force_close()
        answer.headers["X-Toxiproxy-Request-Id"] = next(self._request_ids)
        return answer

    async def _version(self, names: Names, body: bytes) -> web.Response:
        text = f'{{"version": "{VERSION}"}}\n'
        return web.Response(body=text.encode(), headers={"Content-Type": "application/json;charset=utf-8"})

    async def _show_metrics(self, names: Names, body: bytes) -> web.Response:
        return web.Response(body=self._metrics.text().encode(), headers={"Content-Type": CONTENT_TYPE})

    async def _list(self, names: Names, body: bytes) -> web.Response:
        return _json({name: proxy.shown() for name, proxy in sorted(self._registry.proxies.items())})

    async def _create(self, names: Names, body: bytes) -> web.Response:
        return _json((await self._registry.create(body)).shown(), 201)

    async def _show(self, names: Names, body: bytes) -> web.Response:
        return _json(self._registry.get(names[0]).shown())

    async def _update(self, names: Names, body: bytes) -> web.Response:
        return _json((await self._registry.update(names[0], body)).shown())

    async def _delete(self, names: Names, body: bytes) -> web.Response:
        await self._registry.delete(names[0])
        return _bare(204)

    async def _reset(self, names: Names, body: bytes) -> web.Response:
        await self._registry.reset()
        return _bare(204)

    async def _populate(self, names: Names, body: bytes) -> web.Response:
        proxies, problem = await self._registry.populate(body)
        shown: dict[str, object] = {} if problem is None else dict(_error(problem))
        shown["proxies"] = [proxy.shown() for proxy in proxies] or None
        return _json(shown, 201 if problem is None else problem.status)

    async def _list_toxics(self, names: Names, body: bytes) -> web.Response:
        return _json([entry.shown() for entry in self._registry.get(names[0]).entries()])

    async def _add_toxic(self, names: Names, body: bytes) -> web.Response:
        return _json(actions.add_toxic(self._registry.get(names[0]), body).shown())

    async def _show_toxic(self, names: Names, body: bytes) -> web.Response:
        return _json(self._registry.get(names[0]).entry(names[1]).shown())

    async def _update_toxic(self, names: Names, body: bytes) -> web.Response:
        return _json(actions.update_toxic(self._registry.get(names[0]), names[1], body).shown())

    async def _remove_toxic(self, names: Names, body: bytes) -> web.Response:
        proxy = self._registry.get(names[0])
        proxy.remove_toxic(proxy.entry(names[1]))
        return _bare(204)


def request_limits(make: type[web.BaseRequest] = web.BaseRequest) -> Callable[..., web.BaseRequest]:
    """A maker of requests with room for large bodies (a list of many proxies)."""

    def made(*parts: object) -> web.BaseRequest:
        message, payload, protocol, writer, task = parts
        loop = asyncio.get_running_loop()
        return make(message, payload, protocol, writer, task, loop, client_max_size=_BODY_BYTES_MAX)  # type: ignore[arg-type]

    return made


async def _invite(request: web.BaseRequest) -> None:
    """Tell who waits for it (curl with much to send, .NET) to send the body, which he else does a second later."""
    if request.body_exists and request.headers.get("Expect", "").lower() == "100-continue":
        await request.writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        request.writer.output_size = 0  # it is no answer yet


def _error(problem: ApiError) -> Mapping[str, object]:
    return {"error": problem.text, "status": problem.status}


def _json(value: object, status: int = 200) -> web.Response:
    return web.Response(status=status, body=text_of(value).encode(), headers={"Content-Type": _JSON})


def _plain(text: str, status: int) -> web.Response:
    headers = {"Content-Type": "text/plain; charset=utf-8", "X-Content-Type-Options": "nosniff"}
    return web.Response(status=status, body=f"{text}\n".encode(), headers=headers)


def _bare(status: int, headers: Mapping[str, str] | None = None) -> web.Response:
    return web.Response(status=status, headers=headers)


def _clean(path: str) -> str:
    """The path without `.`, `..` and empty segments, which Go's router redirects to."""
    clean = posixpath.normpath(f"/{path.lstrip('/')}")
    return f"{clean}/" if path.endswith("/") and clean != "/" else clean


def _request_ids(rng: Random) -> Iterator[str]:
    """Ids of 20 letters and digits that sort by age, unique within a server."""
    prefix = "".join(rng.choices(_BASE32, k=13))
    for last_digits in itertools.product(_BASE32, repeat=7):
        yield prefix + "".join(last_digits)
