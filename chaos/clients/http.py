"""The way of an HTTP request to a server and back, under httpx: connections that are kept, one exchange at a time each.

httpx lets its transport be replaced (`httpx.AsyncBaseTransport`). Its own, made for any server and any async library,
takes four times the processor time of this one, and asking is most of what a run does. What it told, this one
tells: refused, reset, silent, garbage, each as the exception of httpx for it. In addition an answer has a largest
size. No proxy is used, no variable of the environment is read, and nothing is ever sent twice: whether a request that
got no answer was carried out is not known, and sending it again would be another look.
"""

import asyncio
import contextlib
import ipaddress
import select
import ssl
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, cast

import httpx

from chaos.wire.http import AnswerReader, BadHttp, BodyTooLarge, HttpAnswer, request_bytes

ANSWER_BYTES_MAX = 16 * 1024 * 1024
# A connection that has been idle for so long is not used again: servers end theirs after some time (Tomcat's default is
# 20 s), firewalls forget theirs without a word, and a request that meets that end would look like the node's failure.
_IDLE_MAX_S = 15.0
# Of so many paths it is remembered which cookies go there.
_PATHS_MAX = 1024
# So many connections are kept when all of them are idle.
_KEPT_MAX = 20
_SETTLE_TURNS = 200


class AnswerTooLarge(httpx.RemoteProtocolError):
    """An answer whose body nobody should read; its status is known."""

    def __init__(self, status: int, why: str) -> None:
        super().__init__(why)
        self.status = status


_Origin = tuple[bytes, bytes, int, str]


class HttpTransport(httpx.AsyncBaseTransport):
    """Connections of one client. tls: for https; without one, https is refused. answer_bytes_max: of a body, as sent.

    A request may take `extensions={"sni_hostname": …}`, and httpx's time-outs: `connect` for TCP and for TLS each,
    `read` for each silence of the server.
    """

    def __init__(self, tls: ssl.SSLContext | None = None, *, answer_bytes_max: int = ANSWER_BYTES_MAX) -> None:
        self._tls, self._answer_bytes_max = tls, answer_bytes_max
        self._idle: list[tuple[_Origin, float, _Connection]] = []
        self._open: list[_Connection] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        url = request.url
        host = url.raw_host
        sni = str(request.extensions.get("sni_hostname") or host.decode("ascii"))
        origin = (url.raw_scheme, host, url.port or (443 if url.raw_scheme == b"https" else 80), sni)
        times: dict[str, float | None] = request.extensions.get("timeout") or {}
        try:
            sent = request_bytes(request.method, url.raw_path, request.headers.raw, await request.aread())
        except ValueError as wrong:
            raise httpx.LocalProtocolError(str(wrong), request=request) from wrong
        connection = self._kept(origin) or await self._connected(origin, times.get("connect"), request)
        try:
            answer = await connection.exchange(request, sent, times.get("read"), self._answer_bytes_max)
        except BaseException:
            connection.abort()
            raise
        if answer.is_last or len(self._idle) >= _KEPT_MAX:
            connection.abort()
        else:
            self._idle.append((origin, asyncio.get_running_loop().time(), connection))
        return httpx.Response(
            answer.status,
            headers=list(answer.fields),
            stream=httpx.ByteStream(answer.body),
            extensions={"http_version": answer.version, "reason_phrase": answer.reason},
            request=request,
        )

    async def aclose(self) -> None:
        """Close every connection, those that are being opened too, and wait until their sockets are closed."""
        for connection in self._open:
            connection.abort()
        for _ in range(_SETTLE_TURNS):  # an aborted transport closes its socket within a few turns of the loop
            if all(connection.is_closed() for connection in self._open):
                break
            await asyncio.sleep(0)
        self._idle.clear()
        self._open.clear()

    def _kept(self, origin: _Origin) -> "_Connection | None":
        for number, (one, since_s, connection) in enumerate(self._idle):
            if one == origin:
                del self._idle[number]
                if asyncio.get_running_loop().time() - since_s <= _IDLE_MAX_S and connection.is_usable():
                    return connection
                connection.abort()
                return self._kept(origin)
        return None

    async def _connected(self, origin: _Origin, within_s: float | None, request: httpx.Request) -> "_Connection":
        """TCP, then TLS. Raises httpx.ConnectError, httpx.ConnectTimeout."""
        scheme, host, port, sni = origin
        if scheme not in (b"http", b"https") or (scheme == b"https" and self._tls is None):
            raise httpx.UnsupportedProtocol(f"{scheme!r} without a TLS context", request=request)
        loop, name = asyncio.get_running_loop(), host.decode("ascii").strip("[]")
        self._open = [one for one in self._open if not one.is_closed()]
        connection = _Connection()
        self._open.append(connection)
        try:
            async with asyncio.timeout(within_s):
                raw, _ = await loop.create_connection(lambda: connection, name, port, **_hurry(loop, name))
            if scheme == b"https":
                assert self._tls is not None
                async with asyncio.timeout(within_s):
                    secured = await loop.start_tls(raw, connection, self._tls, server_hostname=sni)
                assert secured is not None
                connection.transport = secured
        except TimeoutError as late:
            connection.abort()
            raise httpx.ConnectTimeout(str(late), request=request) from late
        except (OSError, UnicodeError) as problem:
            connection.abort()
            raise httpx.ConnectError(str(problem), request=request) from problem
        except BaseException:
            connection.abort()
            raise
        return connection


def _hurry(loop: asyncio.AbstractEventLoop, name: str) -> dict[str, Any]:
    """A name's addresses are tried side by side (RFC 8305), where the loop can: uvloop's has no such option."""
    can = isinstance(loop, asyncio.BaseEventLoop) and not _is_address(name)
    return {"happy_eyeballs_delay": 0.25} if can else {}


def _is_address(name: str) -> bool:
    """Whether there is but one address to try; asyncio's race of several loses a socket when it is cancelled (3.13)."""
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


class _Connection(asyncio.Protocol):
    """One connection, one exchange at a time."""

    def __init__(self) -> None:
        self.transport: asyncio.Transport | None = None
        self._raw: asyncio.Transport | None = None
        self._poll = select.poll() if hasattr(select, "poll") else None
        self._reader: AnswerReader | None = None
        self._waiter: asyncio.Future[HttpAnswer] | None = None
        self._silence: asyncio.TimerHandle | None = None
        self._silence_s: float | None = None
        self._is_spent = False

    # What asyncio tells

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)  # uvloop's is none by its class
        if self._raw is None:
            self._raw = self.transport
            if self._poll is not None:
                self._poll.register(transport.get_extra_info("socket").fileno(), select.POLLIN)

    def data_received(self, data: bytes) -> None:
        if self._reader is None or self._waiter is None:
            self._is_spent = True  # nobody has asked for this
            return
        try:
            answer = self._reader.feed(data)
        except BodyTooLarge as large:
            self._fail(AnswerTooLarge(large.status, str(large)))
            return
        except BadHttp as bad:
            self._fail(httpx.RemoteProtocolError(str(bad)))
            return
        if answer is not None:
            self._end(answer)
        elif self._silence_s is not None:
            self._expect_within(self._silence_s)

    def eof_received(self) -> None:
        self._ended(None)

    def connection_lost(self, exc: Exception | None) -> None:
        self._ended(exc)

    def _ended(self, exc: Exception | None) -> None:
        self._is_spent = True
        if self._reader is None or self._waiter is None or self._waiter.done():
            return
        if exc is None:
            try:
                self._end(self._reader.end())
            except BadHttp as bad:
                self._fail(httpx.RemoteProtocolError(str(bad)))
        elif isinstance(exc, ssl.SSLError):
            self._fail(exc)  # as under httpx's own transport: it is no failure of the network
        else:
            problem = httpx.ReadError(str(exc))
            problem.__cause__ = exc
            self._fail(problem)

    # What is asked of it

    def is_closed(self) -> bool:
        """Whether it holds no socket (any more)."""
        return self._raw is None or self._raw.get_extra_info("socket").fileno() == -1

    def is_usable(self) -> bool:
        """Whether another request may be sent: the server has neither ended it nor said anything unasked."""
        if self._is_spent or self.transport is None or self.transport.is_closing():
            return False
        # The end may have come already, and only the loop not have looked yet.
        return self._poll is None or not self._poll.poll(0)

    async def exchange(self, request: httpx.Request, sent: bytes, silence_s: float | None, body_max: int) -> HttpAnswer:
        """One request and its answer. Raises httpx.ReadTimeout, ReadError, RemoteProtocolError; ssl.SSLError."""
        assert self.transport is not None
        self._waiter = asyncio.get_running_loop().create_future()
        self._reader = AnswerReader(request.method, body_max=body_max)
        self._silence_s = silence_s
        if self._is_spent:  # it ended between the connecting and this
            self._ended(None)
        else:
            self.transport.write(sent)
            if silence_s is not None:
                self._expect_within(silence_s)
        try:
            return await self._waiter
        except httpx.RequestError as problem:
            problem.request = request
            raise
        finally:
            if self._silence is not None:
                self._silence.cancel()
            self._reader = self._waiter = self._silence = None

    def abort(self) -> None:
        """Let go of the socket now."""
        self._is_spent = True
        for transport in (self.transport, self._raw):
            if transport is not None:
                # A TLS transport that has let go of its socket has nothing left to abort: early 3.11 trips over it.
                with contextlib.suppress(AttributeError):
                    transport.abort()

    def _expect_within(self, silence_s: float) -> None:
        if self._silence is not None:
            self._silence.cancel()
        self._silence = asyncio.get_running_loop().call_later(silence_s, self._fall_silent)

    def _fall_silent(self) -> None:
        self._fail(httpx.ReadTimeout(f"silent for {self._silence_s:g} s"))

    def _end(self, answer: HttpAnswer) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(answer)

    def _fail(self, problem: Exception) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_exception(problem)


class HttpSession:
    """Requests of one account below one address: what httpx.AsyncClient does of it, without its way through options.

    base: "https://10.1.2.3:8445/finesse/api/". fields: sent with every request, besides httpx's own. connect_s, read_s:
    see `HttpTransport`. Cookies are kept and sent back. Redirections are not followed.
    """

    def __init__(
        self,
        base: str,
        *,
        tls: ssl.SSLContext,
        fields: Mapping[str, str],
        connect_s: float,
        read_s: float,
    ) -> None:
        self._transport = HttpTransport(tls)
        self._base = base
        self._fields = {"Accept": "*/*", "Accept-Encoding": "gzip, deflate", "Connection": "keep-alive", **fields}
        self._times = {"connect": connect_s, "read": read_s, "write": read_s, "pool": read_s}
        self._cookies = httpx.Cookies()
        self._sent_before: dict[str, str] = {}

    async def aclose(self) -> None:
        await self._transport.aclose()

    async def request(
        self, method: str, path: str, *, fields: Mapping[str, str], content: bytes | None, sni: str
    ) -> httpx.Response:
        """The answer, read and unfolded. Raises httpx.InvalidURL, httpx.HTTPError, ssl.SSLError."""
        request = httpx.Request(
            method,
            _url(self._base, path),
            headers={**self._fields, **fields},
            content=content,
            extensions={"timeout": self._times, "sni_hostname": sni},
        )
        if self._cookies.jar:
            self._send_cookies(request, path)
        response = await self._transport.handle_async_request(request)
        if "set-cookie" in response.headers:
            self._cookies.extract_cookies(response)
            self._sent_before.clear()
        response.read()
        return response

    def _send_cookies(self, request: httpx.Request, path: str) -> None:
        """Which cookies go to which path is the same until a server sets one, as long as none of them expires: to work
        it out costs more than all the rest of a request."""
        if path in self._sent_before:
            if cookie := self._sent_before[path]:
                request.headers["Cookie"] = cookie
            return
        self._cookies.set_cookie_header(request)
        if len(self._sent_before) < _PATHS_MAX and all(cookie.expires is None for cookie in self._cookies.jar):
            self._sent_before[path] = request.headers.get("Cookie", "")


@lru_cache(maxsize=1024)
def _url(base: str, path: str) -> httpx.URL:
    """To take an address apart costs as much as to ask there; the same few are asked again and again."""
    return httpx.URL(base + path)
