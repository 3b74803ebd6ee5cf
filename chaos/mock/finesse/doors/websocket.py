"""Clients' streams over WebSocket (RFC 7395). Frames are aiohttp's, whose server answers on these ports anyhow."""

import asyncio
from collections import deque
from collections.abc import Callable

from aiohttp import HttpVersion11, WSMsgType, web

from chaos.mock.finesse.config import NodeOptions
from chaos.mock.finesse.cti_connection import reset
from chaos.mock.finesse.doors.session import STANZA_BYTES, Door, SessionOwner, XmppSession
from chaos.wire.xmpp import (
    FRAME_CLOSE,
    SUBPROTOCOL,
    BadStream,
    frame_open,
    parse_frame,
    stand_alone,
)

CLOSE_LIMIT_S = 1.0
_VERSION = "13"


class WebSocketChannel:
    """One connection."""

    door = Door.WEBSOCKET
    can_start_tls = False
    is_by_bosh = False

    def __init__(
        self, owner: SessionOwner, options: NodeOptions, socket: web.WebSocketResponse, request: web.Request
    ) -> None:
        self.is_encrypted = request.secure
        self._socket, self._transport = socket, request.transport
        self._buffer_bytes = options.xmpp_buffer_bytes
        self._out: deque[bytes] = deque()
        self._out_bytes = 0
        self._news = asyncio.Event()
        self._closing = False
        self._patience: asyncio.TimerHandle | None = None
        self._may_read = asyncio.Event()
        self._session = XmppSession(owner, self, options)

    async def run(self) -> None:
        """Serve the client until one of both has gone."""
        writing = asyncio.get_running_loop().create_task(self._write())
        try:
            self._session.began()
            await self._read()
        finally:
            self._session.lost()
            if not self._closing:
                writing.cancel()
            await asyncio.gather(writing, return_exceptions=True)
            if self._patience is not None:
                self._patience.cancel()

    async def _read(self) -> None:
        while True:
            message = await self._socket.receive()
            self._session.heard()
            if message.type is WSMsgType.TEXT:
                self._frame(message.data)
            elif message.type is WSMsgType.PING:
                await self._socket.pong(message.data)
            elif message.type is WSMsgType.BINARY:
                self._session.close("bad-format")
            elif message.type is not WSMsgType.PONG:
                return
            while self._session.is_checking:
                await self._may_read.wait()

    def _frame(self, text: str) -> None:
        if not text.strip():  # a blank keeps a stream alive
            return
        try:
            event = parse_frame(text, max_bytes=STANZA_BYTES)
        except BadStream as error:
            self._session.broken(error)
        else:
            self._may_read.clear()
            self._session.take([event])

    async def _write(self) -> None:
        """Sends what waits, one stanza a frame. A task of its own, since sessions are told things in passing."""
        while True:
            while self._out:
                stanza = self._out.popleft()
                self._out_bytes -= len(stanza)
                try:
                    await self._socket.send_str(stanza.decode())
                except ConnectionError:
                    return
            if self._closing:
                await self._socket.close()
                return
            self._news.clear()
            await self._news.wait()

    # The session's side

    def open_stream(self, domain: str, id: str, to: str | None) -> None:
        self._say(frame_open(from_=domain, id=id, to=to))

    def send(self, stanza: bytes) -> None:
        self._say(stand_alone(stanza))

    def _say(self, frame: bytes) -> None:
        if self._closing:
            return
        self._out.append(frame)
        self._out_bytes += len(frame)
        self._news.set()
        if self._out_bytes > self._buffer_bytes and self._transport is not None:
            self._transport.abort()

    def start_tls(self) -> None:
        raise AssertionError("STARTTLS is never offered over WebSocket")

    def resume(self, *, restart: bool) -> None:
        self._may_read.set()

    def close(self) -> None:
        self._say(FRAME_CLOSE)
        self._closing = True
        # Somebody who does not read, or is not there any more, is not waited for.
        if self._transport is not None:
            loop = asyncio.get_running_loop()
            self._patience = loop.call_later(2 * CLOSE_LIMIT_S, self._transport.abort)
        self._news.set()
        self._may_read.set()

    def abort(self) -> None:
        self._closing = True
        self._news.set()
        self._may_read.set()
        if self._transport is not None:
            reset(self._transport)


class WebSocketDoor:
    """Where clients begin."""

    def __init__(self, owner: SessionOwner, options: NodeOptions, is_open: Callable[[], bool]) -> None:
        self._owner, self._options, self._is_open = owner, options, is_open

    def add_to(self, router: web.UrlDispatcher) -> None:
        """Serve it there."""
        for path in ("/ws", "/ws/"):
            router.add_get(path, self._get, allow_head=False)

    async def _get(self, request: web.Request) -> web.StreamResponse:
        if not self._is_open():
            return web.Response(status=502)
        # Compression is not offered: it would cost each session a few hundred kilobytes.
        socket = web.WebSocketResponse(
            protocols=(SUBPROTOCOL,),
            timeout=CLOSE_LIMIT_S,
            autoping=False,
            autoclose=False,
            compress=False,
            max_msg_size=STANZA_BYTES,
        )
        asked = request.headers.get("Sec-WebSocket-Protocol", "")
        if SUBPROTOCOL not in [one.strip() for one in asked.split(",")]:
            return web.Response(status=400, text=f"a WebSocket with the sub-protocol {SUBPROTOCOL} is expected here\n")
        # aiohttp would take drafts of the protocol and HTTP/1.0, too. RFC 6455, 4.1 and 4.4; the status is Jetty's,
        # which Openfire has.
        if request.headers.get("Sec-WebSocket-Version") != _VERSION or request.version < HttpVersion11:
            return web.Response(
                status=400,
                headers={"Sec-WebSocket-Version": _VERSION},
                text=f"version {_VERSION} of the WebSocket protocol over HTTP/1.1 is expected here\n",
            )
        await socket.prepare(request)
        await WebSocketChannel(self._owner, self._options, socket, request).run()
        return socket
