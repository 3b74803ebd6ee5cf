"""A browser's way to servers: HTTPS connections that are kept, a log of every request, and conditions that a developer
can set on it: offline, slow, addresses blocked.

Only what a desktop needs of `fetch`: a request with its body, an answer read whole. Names are resolved from a table of
host and port, as Chrome does with `--host-resolver-rules`.
"""

import asyncio
import ssl
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import cast
from urllib.parse import urljoin, urlsplit

from chaos.mock.browsers.cookies import CookieJar
from chaos.wire.http import AnswerReader, BadHttp, HttpAnswer, request_bytes

ANSWER_BYTES_MAX = 1 << 20
CONNECT_S = 5.0
IDLE_MAX_S = 15.0
_LEADS_ON = (301, 302, 303)
TIMED_OUT, REFUSED, RESET, OFFLINE, BLOCKED = (
    "net::ERR_TIMED_OUT",
    "net::ERR_CONNECTION_REFUSED",
    "net::ERR_CONNECTION_RESET",
    "net::ERR_INTERNET_DISCONNECTED",
    "net::ERR_BLOCKED_BY_CLIENT",
)
"""As Chrome names failures. A request to a host that cannot be found fails as one that is refused."""


@dataclass(frozen=True, slots=True)
class Request:
    """One request, as the network log has it. number: unique in its browser. sent_s: on the loop's clock. document: of
    the frame in which it was asked for, by its path; "": the page's own."""

    number: int
    method: str
    url: str
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)
    sent_s: float
    document: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """status: None if there was none; then `failure` is Chrome's name for why. location: where it leads on to."""

    status: int | None
    body: bytes = field(default=b"", repr=False)
    failure: str = ""
    location: str = field(default="", repr=False)

    @property
    def is_good(self) -> bool:
        return self.status is not None and self.status < 300


@dataclass
class Conditions:
    """What a developer has set. blocked: patterns of addresses, `*` stands for anything; paused: of those whose
    requests wait for his word."""

    offline: bool = False
    latency_s: float = 0.0
    blocked: tuple[str, ...] = ()
    paused: tuple[str, ...] = ()

    def refuse(self, url: str) -> str:
        """Why a request to there is not even sent; "" if it is."""
        if self.offline:
            return OFFLINE
        return BLOCKED if any(fnmatchcase(url, pattern) for pattern in self.blocked) else ""

    def pause(self, url: str) -> bool:
        return any(fnmatchcase(url, pattern) for pattern in self.paused)


Place = tuple[str, int]
"""A host, by name or address, and a port."""
Began = Callable[[Request, "Answer | None"], None]
"""Told of a request; of one that follows a redirection with the answer that led to it, and the same number."""
Ended = Callable[[Request, Answer], None]
Paused = Callable[[Request], Awaitable["Answer | None"]]
"""What a developer has a request answered with; None: it goes on its way."""
REDIRECTIONS_MAX = 10


class Fetcher:
    """The network of one tab. names: where what has that name and port really is. jar: its browser's cookies. began,
    ended: told of every request, for the log. paused: asked about those that wait for a developer's word.
    """

    def __init__(
        self,
        names: Mapping[Place, Place],
        tls: ssl.SSLContext,
        jar: CookieJar,
        began: Began,
        ended: Ended,
        paused: Paused | None = None,
    ) -> None:
        self.conditions = Conditions()
        self._jar = jar
        self._names, self._tls = names, tls
        self._began, self._ended, self._paused = began, ended, paused
        self._idle: dict[Place, list[tuple[float, _Connection]]] = {}
        self._open: dict[_Connection, None] = {}  # in the order of arrival, which is the same in every run
        self._numbers = 0
        self._is_closed = False

    async def fetch(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        body: bytes = b"",
        within_s: float,
        document: str = "",
    ) -> Answer:
        """The answer, whatever comes of it. Cancelled requests are logged as failed, as Chrome does. document: as of
        `Request`."""
        return (await self._fetched(method, url, headers or {}, body, within_s, document=document))[0]

    async def follow(
        self, method: str, url: str, *, headers: Mapping[str, str] | None = None, body: bytes = b"", within_s: float
    ) -> tuple[Answer, str]:
        """As `fetch`, through redirections; and where it ended."""
        return await self._fetched(method, url, headers or {}, body, within_s, redirections=REDIRECTIONS_MAX)

    async def _fetched(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str],
        body: bytes,
        within_s: float,
        *,
        redirections: int = 0,
        document: str = "",
    ) -> tuple[Answer, str]:
        loop = asyncio.get_running_loop()
        request = Request(self.next_number(), method, url, dict(headers), body, loop.time(), document)
        self._began(request, None)
        answer = Answer(None, failure="net::ERR_ABORTED")
        try:
            answer = await self._answer(request, within_s)
            while answer.location and redirections:
                redirections -= 1
                # A form that was sent is not sent once more (RFC 9110, 15.4.3): a page is fetched.
                url = urljoin(request.url, answer.location)
                request = Request(request.number, "GET", url, {}, b"", loop.time())
                self._began(request, answer)
                answer = await self._answer(request, within_s)
        finally:
            self._ended(request, answer)
        return answer, request.url

    def forget(self, host: str) -> None:
        """Idle connections to there are ended: whoever has left a server does not keep its sockets."""
        for kept in [kept for (name, _), kept in self._idle.items() if name == host]:
            while kept:
                self._let_go(kept.pop()[1])

    def next_number(self) -> int:
        """Of the log, in which every request has one of its own."""
        self._numbers += 1
        return self._numbers

    def drop(self) -> None:
        """Every connection ends without a word, as when the browser is gone."""
        self._is_closed = True
        for connection in tuple(self._open):
            connection.abort()
        self._open.clear()
        self._idle.clear()

    async def _answer(self, request: Request, within_s: float) -> Answer:
        refused = self.conditions.refuse(request.url)
        if refused:
            return Answer(None, failure=refused)
        try:
            async with asyncio.timeout(within_s):
                if self.conditions.latency_s:
                    await asyncio.sleep(self.conditions.latency_s)
                if self._paused is not None and self.conditions.pause(request.url):
                    answer = await self._paused(request)
                    if answer is not None:
                        return answer
                return await self._exchanged(request)
        except TimeoutError:
            return Answer(None, failure=TIMED_OUT)
        except ConnectionRefusedError:
            return Answer(None, failure=REFUSED)
        except (OSError, ssl.SSLError, BadHttp):
            return Answer(None, failure=RESET)

    async def _exchanged(self, request: Request) -> Answer:
        parts = urlsplit(request.url)
        host, port = parts.hostname or "", parts.port or 443
        fields = [(b"Host", f"{host}:{port}".encode())]
        fields += [(name.encode(), value.encode()) for name, value in request.headers.items()]
        cookies = self._jar.header(host, parts.path)
        if cookies:
            fields.append((b"Cookie", cookies.encode()))
        if request.body or request.method in ("POST", "PUT"):
            fields.append((b"Content-Length", str(len(request.body)).encode()))
        target = parts.path + (f"?{parts.query}" if parts.query else "")
        sent = request_bytes(request.method, target.encode(), fields, request.body)
        kept = self._kept(host, port)
        connection = kept or await self._connected(host, port)
        try:
            answer = await connection.exchange(request.method, sent)
        except ConnectionResetError:
            self._let_go(connection)
            if kept is None:
                raise
            # As Chrome does: a kept connection may have been ended just then, which says nothing of the server.
            connection = await self._connected(host, port)
            answer = await connection.exchange(request.method, sent)
        except BaseException:
            self._let_go(connection)
            raise
        if answer.is_last or self._is_closed:
            self._let_go(connection)
        else:
            now_s = asyncio.get_running_loop().time()
            self._idle.setdefault((host, port), []).append((now_s, connection))
        location = ""
        for name, value in answer.fields:
            if name.lower() == b"set-cookie":
                self._jar.take(host, value.decode("latin-1"))
            elif name.lower() == b"location" and answer.status in _LEADS_ON:
                location = value.decode("latin-1")
        return Answer(answer.status, answer.body, location=location)

    def _kept(self, host: str, port: int) -> "_Connection | None":
        kept = self._idle.get((host, port), [])
        while kept:
            since_s, connection = kept.pop()
            if connection.is_usable and asyncio.get_running_loop().time() - since_s <= IDLE_MAX_S:
                return connection
            self._let_go(connection)
        return None

    async def _connected(self, host: str, port: int) -> "_Connection":
        place = self._names.get((host, port))
        if place is None:
            raise ConnectionRefusedError(f"no such host: {host}:{port}")
        loop = asyncio.get_running_loop()
        async with asyncio.timeout(CONNECT_S):
            _, connection = await loop.create_connection(_Connection, *place, ssl=self._tls, server_hostname=host)
        self._open[connection] = None
        return connection

    def _let_go(self, connection: "_Connection") -> None:
        connection.abort()
        self._open.pop(connection, None)


class _Connection(asyncio.Protocol):
    """One connection, one exchange at a time."""

    def __init__(self) -> None:
        self._transport: asyncio.Transport | None = None
        self._reader: AnswerReader | None = None
        self._waiter: asyncio.Future[HttpAnswer] | None = None
        self._is_spent = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        if self._reader is None or self._waiter is None or self._waiter.done():
            self._is_spent = True
            return
        try:
            answer = self._reader.feed(data)
        except BadHttp as bad:
            self._waiter.set_exception(bad)
            return
        if answer is not None:
            self._waiter.set_result(answer)

    def eof_received(self) -> None:
        self._gone(None)

    def connection_lost(self, exc: Exception | None) -> None:
        self._gone(exc)

    def _gone(self, exc: Exception | None) -> None:
        self._is_spent = True
        if self._reader is None or self._waiter is None or self._waiter.done():
            return
        try:
            if exc is not None:
                raise ConnectionResetError(str(exc))
            self._waiter.set_result(self._reader.end())
        except (OSError, BadHttp) as problem:
            self._waiter.set_exception(problem)

    @property
    def is_usable(self) -> bool:
        return not self._is_spent and self._transport is not None and not self._transport.is_closing()

    async def exchange(self, method: str, sent: bytes) -> HttpAnswer:
        assert self._transport is not None
        if self._is_spent:
            raise ConnectionResetError("it ended before anything was asked")
        self._waiter = asyncio.get_running_loop().create_future()
        self._reader = AnswerReader(method, body_max=ANSWER_BYTES_MAX)
        self._transport.write(sent)
        try:
            return await self._waiter
        finally:
            self._reader = self._waiter = None

    def abort(self) -> None:
        self._is_spent = True
        if self._transport is not None:
            self._transport.abort()
