"""A stream over WebSocket (RFC 7395). Frames are aiohttp's; stanzas are read and written by `wire/xmpp`."""

import asyncio
import contextlib
import socket
from collections import deque

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult

from chaos.clients.streams.stream import Ears, StreamFailed, Wanted
from chaos.clients.streams.web import STANZA_BYTES_MAX, WebStream
from chaos.network import tcp_socket
from chaos.wire import xmpp


class _ByName(AbstractResolver):
    """The node's name leads to where the inventory says that it is, so that TLS and Host have the name."""

    def __init__(self, host: str, dial: str) -> None:
        self._host, self._dial = host, dial

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        family = socket.AF_INET6 if ":" in self._dial else socket.AF_INET
        return [ResolveResult(hostname=host, host=self._dial, port=port, family=family, proto=0, flags=0)]

    async def close(self) -> None:
        """It holds nothing."""


class WebSocketStream(WebStream):
    """See `Stream`."""

    def __init__(self, wanted: Wanted, ears: Ears) -> None:
        super().__init__(wanted, ears)
        self._session: aiohttp.ClientSession | None = None
        self._connector: aiohttp.TCPConnector | None = None
        self._socket: aiohttp.ClientWebSocketResponse | None = None
        self._out: deque[bytes] = deque()
        self._news = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []

    async def _connect(self, within_s: float) -> None:
        node = self._wanted.node
        self._connector = aiohttp.TCPConnector(
            resolver=_ByName(node.host, node.dial),
            ssl=self._wanted.tls,
            use_dns_cache=False,
            socket_factory=lambda place: tcp_socket(str(place[4][0])),
        )
        self._session = aiohttp.ClientSession(connector=self._connector, trust_env=False)
        try:
            self._socket = await self._session.ws_connect(
                f"wss://{node.host}:{node.web_port}/ws/",
                protocols=(xmpp.SUBPROTOCOL,),
                max_msg_size=STANZA_BYTES_MAX,
                compress=0,
                autoclose=False,
            )
        except (OSError, aiohttp.ClientError) as error:
            raise StreamFailed(f"{type(error).__name__}: {error}") from error
        loop = asyncio.get_running_loop()
        self._tasks = [
            loop.create_task(self._read(self._socket), name="WebSocket, reading"),
            loop.create_task(self._write(self._socket), name="WebSocket, writing"),
        ]
        self._restart()

    def _restart(self) -> None:
        self._say(xmpp.frame_open(to=self._wanted.domain))

    def _send(self, stanza: bytes) -> None:
        self._say(xmpp.stand_alone(stanza))

    def _end(self, last: bytes) -> None:
        if last:
            self._send(last)
        self._say(xmpp.FRAME_CLOSE)

    async def _drop(self) -> None:
        tasks, self._tasks = self._tasks, []
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        session, self._session = self._session, None
        if self._connector is not None:
            # As if the process had died: a closing handshake of WebSocket or TLS would be a goodbye.
            await self._connector.close(abort_ssl=True)
        if self._socket is not None:
            await self._socket.close()  # says nothing any more, and lets go of what the connector has ended
        if session is not None:
            await session.close()

    # Inside

    def _say(self, frame: bytes) -> None:
        self._out.append(frame)
        self._news.set()

    async def _write(self, socket: "aiohttp.ClientWebSocketResponse") -> None:
        with contextlib.suppress(ConnectionError, aiohttp.ClientError):  # whoever reads notices the end
            while True:
                while self._out:
                    await socket.send_str(self._out.popleft().decode())
                self._news.clear()
                await self._news.wait()

    async def _read(self, socket: "aiohttp.ClientWebSocketResponse") -> None:
        why = "the connection was closed"
        try:
            while (message := await socket.receive()).type is aiohttp.WSMsgType.TEXT:
                event = xmpp.parse_frame(message.data, max_bytes=STANZA_BYTES_MAX)
                if isinstance(event, xmpp.StreamClosed):
                    why = "the stream was ended"
                    break
                if isinstance(event, xmpp.Stanza):
                    self._take(event.element)
            else:
                if message.type is aiohttp.WSMsgType.ERROR:
                    why = f"{type(message.data).__name__}: {message.data}"
        except xmpp.BadStream as error:
            why = str(error)
        self._over(why)
