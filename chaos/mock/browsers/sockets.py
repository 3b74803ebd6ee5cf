"""The WebSockets of one tab, and what a developer's network log shows of them. Frames are aiohttp's.

What a developer has set holds for them, too: none is opened to an address that is blocked, or offline, and one that is
open there ends (ours: Chrome leaves it open).
"""

import asyncio
import contextlib
import socket as sockets
import ssl
from collections.abc import Callable, Coroutine, Mapping
from typing import Any

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult

from chaos.mock.browsers.fetching import Conditions, Place
from chaos.mock.tasks import report_failure
from chaos.network import tcp_socket
from chaos.wire.xmpp import SUBPROTOCOL

FRAME_BYTES_MAX = 1 << 20
_TEXT = 1  # opcode, RFC 6455, 11.8

Emit = Callable[[str, dict[str, Any]], None]


class _Names(AbstractResolver):
    """Names and ports lead to where the table says."""

    def __init__(self, names: Mapping[Place, Place]) -> None:
        self._names = names

    async def resolve(
        self, host: str, port: int = 0, family: sockets.AddressFamily = sockets.AF_INET
    ) -> list[ResolveResult]:
        place = self._names.get((host, port))
        if place is None:
            raise OSError(f"no such host: {host}:{port}")
        return [ResolveResult(hostname=host, host=place[0], port=place[1], family=sockets.AF_INET, proto=0, flags=0)]

    async def close(self) -> None:
        """It holds nothing."""


class Socket:
    """One of them, open. tell: an event of the log, which adds whose it is and when."""

    def __init__(
        self,
        url: str,
        session: aiohttp.ClientSession,
        connector: aiohttp.TCPConnector,
        opened: aiohttp.ClientWebSocketResponse,
        tell: Callable[..., None],
    ) -> None:
        self.url = url
        self._session, self._connector, self._opened, self._tell = session, connector, opened, tell
        self._is_over = False

    async def send(self, text: str) -> None:
        """One text frame. What cannot be sent is lost: whoever reads notices the end."""
        if self._is_over:
            return
        self._tell("webSocketFrameSent", response={"opcode": _TEXT, "mask": True, "payloadData": text})
        with contextlib.suppress(ConnectionError, aiohttp.ClientError):
            await self._opened.send_str(text)

    async def receive(self) -> str | None:
        """The next text frame; None: it has ended."""
        message = await self._opened.receive()
        if message.type is not aiohttp.WSMsgType.TEXT:
            if message.type is aiohttp.WSMsgType.ERROR:
                self._tell("webSocketFrameError", errorMessage=f"{message.data}")
            return None
        self._tell("webSocketFrameReceived", response={"opcode": _TEXT, "mask": False, "payloadData": message.data})
        return str(message.data)

    async def end(self) -> None:
        """Without a word, as when a process dies. Safe twice."""
        if self._is_over:
            return
        self._is_over = True
        # A closing handshake of WebSocket or TLS would be a goodbye.
        await self._connector.close(abort_ssl=True)
        await self._opened.close()
        await self._session.close()
        self._tell("webSocketClosed")


class Sockets:
    """names, tls, conditions: as of Fetcher. number: the next one of the log."""

    def __init__(
        self,
        names: Mapping[Place, Place],
        tls: ssl.SSLContext,
        conditions: Conditions,
        number: Callable[[], int],
        emit: Emit,
    ) -> None:
        self._names, self._tls, self._conditions = names, tls, conditions
        self._number, self._emit = number, emit
        self._open: dict[Socket, None] = {}
        self._is_gone = False
        self._tasks: set[asyncio.Task[None]] = set()

    async def open(self, url: str, *, within_s: float) -> Socket | None:
        """None if it came to none."""
        number = self._number()

        def tell(event: str, **more: Any) -> None:
            if self._is_gone:
                return
            about = {"requestId": str(number), "timestamp": asyncio.get_running_loop().time()}
            self._emit(f"Network.{event}", about | more)

        tell("webSocketCreated", url=url)
        tell("webSocketWillSendHandshakeRequest", request={"headers": {}})
        why = self._conditions.refuse(url)
        if not why:
            connector = aiohttp.TCPConnector(
                resolver=_Names(self._names),
                ssl=self._tls,
                use_dns_cache=False,
                socket_factory=lambda place: tcp_socket(str(place[4][0])),
            )
            session = aiohttp.ClientSession(connector=connector, trust_env=False)
            try:
                async with asyncio.timeout(within_s):
                    await asyncio.sleep(self._conditions.latency_s)
                    opened = await session.ws_connect(
                        url, protocols=(SUBPROTOCOL,), max_msg_size=FRAME_BYTES_MAX, compress=0, autoclose=False
                    )
            except aiohttp.WSServerHandshakeError as error:
                why = f"Error during WebSocket handshake: Unexpected response code: {error.status}"
            except (TimeoutError, OSError, aiohttp.ClientError):
                why = "Error in connection establishment: net::ERR_CONNECTION_REFUSED"
            else:
                tell("webSocketHandshakeResponseReceived", response={"status": 101})
                socket = Socket(url, session, connector, opened, tell)
                self._open[socket] = None
                return socket
            await session.close()
        tell("webSocketFrameError", errorMessage=why)
        tell("webSocketClosed")
        return None

    def let_go(self, socket: Socket) -> None:
        """It ends, without a word more. Safe twice."""
        if socket in self._open:
            del self._open[socket]
            self._do(socket.end())

    def review(self) -> None:
        """What a developer has set has changed."""
        for socket in tuple(self._open):
            if self._conditions.refuse(socket.url):
                self.let_go(socket)

    def drop(self) -> None:
        """All of them end without a word, as when the browser is gone, which logs nothing any more."""
        self._is_gone = True
        for socket in tuple(self._open):
            self.let_go(socket)

    def _do(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        task.add_done_callback(report_failure)
