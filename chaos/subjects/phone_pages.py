"""How an IP phone fetches a page, and what it shows by itself when the service is sick."""

import asyncio
import ssl
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import quote, urljoin, urlsplit

import httpx

from chaos.clients.http import AnswerTooLarge, HttpTransport
from chaos.errors import PeerError
from chaos.inventory import Agent, FinesseNode, Phone
from chaos.journal import Journal, PhoneRequested
from chaos.wire import phone as wire

_REDIRECTS_MAX = 3
_ELSEWHERE = (301, 302, 303, 307)
# As a 7965 asks; nobody answers differently for it, as far as is known.
_HEADERS = {
    "Accept": "x-CiscoIPPhone/*;version=5.0.0, text/*",
    "Accept-Language": "en",
    "Accept-Charset": "utf-8",
    "User-Agent": "Allegro-Software-WebClient/4.34",
    "x-CiscoIPPhoneModelName": "CP-7965G",
    "x-CiscoIPPhoneDisplay": "320, 222, 16, C",
    "x-CiscoIPPhoneSDKVersion": "8.0.1",
}
# What a phone shows by itself when a service is sick: by how the request ended.
_OWN = {"refused": "HTTP Error[10]", "reset": "HTTP Error[10]", "timeout": "HTTP Error[10]", "tls": "Host Not Found"}
_BY_STATUS = {404: "File Not Found", 500: "HTTP connection failed", 503: "Server Busy!"}


@dataclass(frozen=True, slots=True)
class Fetched:
    """What came of it.

    url, host: where it came from. made: a page or an order, None if there is neither; then error is what the phone says
    about that. refresh: after how many seconds the phone goes where by itself, if the page says so.
    """

    url: str
    host: str
    made: wire.Page | wire.Execute | None
    error: str = ""
    refresh: tuple[int, str] | None = None


@dataclass(frozen=True, slots=True)
class _Answer:
    """body: of a good one; else error is what the phone says, or elsewhere where it is led. refresh: that header.
    is_object: it says that it is one of a phone's objects."""

    body: bytes | None
    error: str = ""
    elsewhere: str | None = None
    refresh: str | None = None
    is_object: bool = True


class PageFetcher:
    """Of one phone: asks for pages, goes where it is led, and records each request. What a node does never raises."""

    def __init__(
        self,
        phone: Phone,
        agent: Agent,
        nodes: Sequence[FinesseNode],
        journal_of: Callable[[], Journal | None],
        *,
        tls: ssl.SSLContext,
        timeout_s: float,
    ) -> None:
        self._phone, self._agent, self._journal_of = phone, agent, journal_of
        self._nodes: Mapping[str, FinesseNode] = {node.host: node for node in nodes}
        self._transport = HttpTransport(tls, answer_bytes_max=wire.OBJECT_BYTES_MAX)
        self._timeout_s = timeout_s
        self._requests = 0

    async def close(self) -> None:
        """Let go of its connections. Safe twice."""
        await self._transport.aclose()

    async def fetch(self, url: str, *, pushed: bool) -> Fetched:
        """The page there. pushed: an order of the service made it ask."""
        answer = _Answer(None, "HTTP Error[8]")
        for _ in range(_REDIRECTS_MAX):
            answer = await self._fetched(url, pushed=pushed)
            if answer.elsewhere is None:
                break
            url = answer.elsewhere
        host = urlsplit(url).hostname or ""
        if answer.body is None:
            return Fetched(url, host, None, answer.error)
        if not answer.is_object:
            # Phones read objects of what is sent as text/xml alone, and show anything else as plain text.
            return Fetched(url, host, wire.Text(text=answer.body.decode(errors="replace")))
        try:
            made = wire.read(answer.body)
        except wire.BadPhoneObject:
            return Fetched(url, host, None, "XML Error[4]")
        except (wire.UnknownPhoneObject, PeerError):
            return Fetched(url, host, None, "XML Error[5]")
        if isinstance(made, wire.Response | wire.Failure):
            return Fetched(url, host, None, "XML Error[5]")
        return Fetched(url, host, made, refresh=_refresh(answer.refresh, url))

    async def _fetched(self, url: str, *, pushed: bool) -> _Answer:
        parts = urlsplit(url)
        host, journal = parts.hostname or "", self._journal_of()
        self._requests += 1
        number, sent_s = self._requests, journal.now_s() if journal is not None else 0.0
        response, failure = await self._asked(url, host)
        status = None if response is None else response.status_code
        if journal is not None and journal is self._journal_of():
            journal.observe(
                PhoneRequested(
                    agent=self._agent.id,
                    device=self._phone.device,
                    node=host if host in self._nodes else "",
                    path=parts.path.replace(f"/{quote(self._phone.device)}", "/{device}"),
                    sent_s=sent_s,
                    pushed=pushed,
                    request=number,
                    status=status,
                    failure=failure,
                )
            )
        if response is not None and status in _ELSEWHERE and (elsewhere := response.headers.get("location")):
            return _Answer(None, "HTTP Error[8]", urljoin(url, elsewhere))
        if response is not None and status == 200:
            kind = response.headers.get("content-type", "").partition(";")[0].strip().lower()
            is_object = kind == wire.CONTENT_TYPE
            return _Answer(response.content, refresh=response.headers.get("refresh"), is_object=is_object)
        return _Answer(None, _OWN.get(failure or "") or _BY_STATUS.get(status or 0, "HTTP Error[8]"))

    async def _asked(self, url: str, host: str) -> tuple[httpx.Response | None, str | None]:
        """The answer, read; without one, why."""
        node = self._nodes.get(host)
        try:
            named = httpx.URL(url)
            at = named.copy_with(host=node.dial) if node is not None else named
            request = httpx.Request(
                "GET",
                at,
                headers={**_HEADERS, "Host": named.netloc.decode("ascii")},
                extensions={
                    "timeout": {"connect": self._timeout_s / 2, "read": self._timeout_s},
                    "sni_hostname": host,
                },
            )
            async with asyncio.timeout(2 * self._timeout_s):
                response = await self._transport.handle_async_request(request)
                response.read()
        except AnswerTooLarge as large:
            return httpx.Response(large.status), "too-large"
        except (TimeoutError, httpx.TimeoutException):
            return None, "timeout"
        except httpx.ConnectError as error:
            return None, "tls" if isinstance(error.__cause__, ssl.SSLError) else "refused"
        except ssl.SSLError:
            return None, "tls"
        except (httpx.HTTPError, httpx.InvalidURL, OSError):
            return None, "reset"
        return response, None


def _refresh(header: str | None, url: str) -> tuple[int, str] | None:
    """None: there is none that the phone could follow."""
    try:
        after_s, where = wire.refresh(header) if header is not None else (0, None)
    except wire.BadPhoneObject:
        return None
    return (after_s, urljoin(url, where or url)) if header is not None and after_s > 0 else None
