"""From requests and failures to what goes over HTTP, and back: what all resources of Tomcat share."""

import asyncio
import base64
import binascii
import re
from collections.abc import Awaitable, Callable, Mapping
from typing import TypeVar
from urllib.parse import parse_qsl
from xml.etree.ElementTree import Element

from aiohttp import web

from chaos.mock.finesse.doors.patience import REQUEST_S
from chaos.mock.finesse.failures import ApiFailure
from chaos.wire.finesse import ApiError, ApiErrors, BadDocument, write_api_errors
from chaos.wire.finesse.documents import DECLARATION
from chaos.wire.xml import pretty

REQUEST_ID_BYTES = 1024
XML = "application/xml"
FORM = "application/x-www-form-urlencoded"
FORM_FIELDS_MAX = 100
ACCEPTED = web.RequestKey("accepted", int)
"""Where a request has with which status it is answered that it is being done, if that is not 202."""
SINGLE_BYTE = frozenset({"iso-8859-1", "windows-1252", "us-ascii"})
"""What a Content-Type may name besides what a document says of itself or shows by its first bytes."""
_ENCODED = re.compile(rb"\s*<\?xml[^>]*encoding")

T = TypeVar("T")


def document(body: bytes) -> web.Response:
    """200 with a document."""
    return web.Response(body=body, content_type=XML, charset="utf-8")


def tree(root: Element) -> web.Response:
    """200 with the document that stands below this element."""
    return document((DECLARATION + pretty(root) + "\n").encode())


def failed(failure: ApiFailure, before: tuple[ApiError, ...] = ()) -> web.Response:
    """The failure's status and document. before: other errors that the document names first."""
    return web.Response(
        status=failure.http,
        body=write_api_errors(ApiErrors((*before, *failure.errors.errors))),
        content_type=XML,
        charset="utf-8",
        headers=failure.headers,
    )


async def accepted(
    request: web.Request, work: Callable[[asyncio.Event], Awaitable[None]], *, headers: Mapping[str, str] | None = None
) -> web.StreamResponse:
    """Do the work, then write 202 before anything else is told about it."""
    answered = asyncio.Event()
    try:
        await work(answered)
        response = web.Response(status=request.get(ACCEPTED, 202), headers=headers)
        if request_id(request):
            response.headers["requestId"] = request_id(request)
        await response.prepare(request)
        await response.write_eof()
        return response
    finally:
        answered.set()


def request_id(request: web.Request) -> str:
    """The client's mark on its request, "" if there is none that can be echoed."""
    value = request.headers.get("requestId", "")
    return value if len(value) <= REQUEST_ID_BYTES and value.isprintable() else ""


async def whole(request: web.Request) -> bytes:
    """The body of a request. Raises ApiFailure 408: its rest does not come."""
    if request.content.is_eof():
        return await request.read()
    try:
        async with asyncio.timeout(REQUEST_S):
            return await request.read()
    except TimeoutError:
        raise ApiFailure(408, "Request Timeout", "The rest of the body did not come") from None


async def posted(request: web.Request) -> dict[str, str]:
    """The fields of a form as browsers post it; none, if the body is anything else. Raises ApiFailure 408."""
    body = await whole(request)
    if request.content_type != FORM:
        return {}
    try:
        return dict(parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=FORM_FIELDS_MAX))
    except ValueError:  # no UTF-8, or too many
        return {}


async def parsed(request: web.Request, parse: Callable[[bytes], T]) -> T:
    """The document that the request brings. Raises ApiFailure 400."""
    body = await whole(request)
    charset = (request.charset or "").lower()
    if charset in SINGLE_BYTE and not _ENCODED.match(body):
        body = body.decode(charset, "replace").encode()
    try:
        return parse(body)
    except BadDocument:
        raise ApiFailure(400, "Bad Request", "The body is not the document expected here") from None


def bearer(request: web.Request) -> str:
    """The token of Bearer authorization; empty if there is none."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    return token if scheme.lower() == "bearer" else ""


def basic(request: web.Request) -> tuple[str, str]:
    """User and password of Basic authorization; empty if there is none that can be read."""
    scheme, _, encoded = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return "", ""
    try:
        user, _, password = base64.b64decode(encoded.strip(), validate=True).decode().partition(":")
    except (binascii.Error, ValueError):
        return "", ""
    return user, password
