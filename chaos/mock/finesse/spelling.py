"""The same documents and answers in another spelling, as a sound product of another release may write them. Pure.

Which of several spellings a product uses no guide says: XML and HTTP leave it open, and clients have to take any. Here
elements have a prefix, come in another order and with others beside them that nobody knows; what would be empty is left
out; text is in CDATA or has references; addresses are absolute; times are to whole seconds, in another zone.
"""

import re
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta, timezone
from itertools import count
from xml.etree.ElementTree import Element

from aiohttp import web

from chaos.mock.finesse.answers import XML
from chaos.wire.finesse import ApiError
from chaos.wire.xml import escape_text, local_name, parse_xml

PREFIX = "fin"
NAMESPACE = "urn:cisco:finesse"
# Of several errors in one document the one that matters need not be the first.
BESIDE = ApiError("Generic Error", "", "An error beside the one that matters")
CLOSED_EVERY = 5  # so many answers to one connection that is closed after its answer
_ZONE = timezone(timedelta(hours=2))
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")
_API = "/finesse/api/"
# What `data` holds is told apart by its first element.
_KEPT_ALONE = frozenset({"data"})


def respelled(document: bytes, base: str) -> bytes:
    """The document, spelled otherwise. base: before the path of an address, `https://host:port`.

    The same document is always spelled the same, or clients would take it for another one.
    """
    root = parse_xml(document)
    parts = ["<?xml version='1.0' encoding=\"utf-8\"?>\n<!-- as another release writes it -->\n"]
    parts.extend(_written(root, base, count(), f' xmlns:{PREFIX}="{NAMESPACE}" {PREFIX}:release="x"'))
    return "".join(parts).encode()


def _written(element: Element, base: str, leaves: Iterator[int], attributes: str = "") -> Iterator[str]:
    name = f"{PREFIX}:{local_name(element)}"
    shown = [child for child in element if not _is_empty(child)]
    if not len(element):
        yield f"<{name}{attributes} note=''>{_text((element.text or '').strip(), base, next(leaves))}</{name}>"
        return
    yield f"<{name}{attributes}>\r\n"
    if not _is_list(element) and local_name(element) not in _KEPT_ALONE:
        shown.reverse()
        yield f"\t<{PREFIX}:more><{PREFIX}:item kind='new'>1</{PREFIX}:item></{PREFIX}:more>\n"
    for child in shown:
        yield "\t"
        yield from _written(child, base, leaves)
        yield "\n"
    yield f"</{name}>"


def _text(text: str, base: str, leaf: int) -> str:
    if text.startswith(_API):
        text = base + text
    elif _TIME.fullmatch(text):
        text = datetime.fromisoformat(text).astimezone(_ZONE).isoformat(timespec="seconds")
    if not text or leaf % 3 == 0:
        return escape_text(text)
    if leaf % 3 == 1 and "]]>" not in text and escape_text(text).replace("&amp;", "&") == text:
        return f"<![CDATA[{text}]]>"
    return f"&#x{ord(text[0]):x};{escape_text(text[1:])}"


def _is_empty(child: Element) -> bool:
    """An empty list is one, too: that there is none of it."""
    return not len(child) and not (child.text or "").strip() and local_name(child) not in _KEPT_ALONE


def _is_list(element: Element) -> bool:
    """Whether its elements are of one kind, or their order says something."""
    names = [local_name(child).lower() for child in element]
    return len(set(names)) < len(names) or (len(names) == 1 and local_name(element).lower().startswith(names[0]))


def spelled_answer(response: web.StreamResponse, base: str, *, is_head: bool) -> web.StreamResponse:
    """An answer whose body is not written yet: its document is spelled otherwise, and its body comes in chunks."""
    if not isinstance(response, web.Response) or response.prepared or response.content_type != XML:
        return response
    body = response.body
    if not isinstance(body, bytes) or not body:
        return response
    told = web.Response(status=response.status, headers=_without_length(response.headers), body=respelled(body, base))
    if not is_head:
        told.enable_chunked_encoding()
    return told


def _without_length(headers: Mapping[str, str]) -> list[tuple[str, str]]:
    return [(name, value) for name, value in headers.items() if name.lower() != "content-length"]


async def small_letters(_: web.Request, response: web.StreamResponse) -> None:
    """Header names in small letters, as they are the same in any."""
    fields = [(name.lower(), value) for name, value in response.headers.items()]
    response.headers.clear()
    for name, value in fields:
        response.headers.add(name, value)
