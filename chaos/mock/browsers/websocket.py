"""A desktop's event stream over WebSocket, as Strophe keeps it: one frame, one stanza.

Source: RFC 7395; what public clients of Finesse send (sub-protocol xmpp, path /ws/ with the slash).
"""

import asyncio
from collections.abc import Callable
from xml.etree.ElementTree import Element

from chaos.errors import PeerError
from chaos.mock.browsers.sockets import FRAME_BYTES_MAX, Socket, Sockets
from chaos.mock.browsers.stream import GOODBYE_S, OPEN_WITHIN_S, RESOURCE, EventStream
from chaos.mock.tasks import report_failure
from chaos.wire.xmpp import FRAME_CLOSE, SignIn, Stanza, StreamClosed, frame_open, parse_frame, presence, stand_alone


class WebSocketStream(EventStream):
    """See there."""

    def __init__(
        self,
        sockets: Sockets,
        url: str,
        domain: str,
        *,
        heard: Callable[[Element], None],
        lost: Callable[[], None],
    ) -> None:
        super().__init__(domain, heard=heard, lost=lost)
        self._sockets, self._url = sockets, url
        self._socket: Socket | None = None
        self._reading: asyncio.Task[None] | None = None

    async def connect(self, user: str, password: str, *, is_present: bool = True, priority: int = 0) -> bool:
        self._socket = await self._sockets.open(self._url, within_s=OPEN_WITHIN_S)
        if self._socket is None:
            return False
        try:
            async with asyncio.timeout(OPEN_WITHIN_S):
                is_in = await self._signed_in(self._socket, SignIn(user, password, RESOURCE))
        except (TimeoutError, PeerError):
            is_in = False
        if is_in:
            self._stands()
            if is_present:
                await self._socket.send(stand_alone(presence(priority=priority)).decode())
            self._reading = asyncio.get_running_loop().create_task(self._read(self._socket))
            self._reading.add_done_callback(report_failure)
        return is_in

    def send(self, stanza: bytes) -> None:
        if self._socket is not None:
            self._do(self._socket.send(stand_alone(stanza).decode()))

    async def leave(self) -> None:
        if not self.is_up or self._socket is None or self._reading is None:
            return
        self.is_up = False
        for last in (stand_alone(presence(type="unavailable")), FRAME_CLOSE):
            await self._socket.send(last.decode())
        await asyncio.wait({self._reading}, timeout=GOODBYE_S)  # until the node has ended it, too
        self._end()

    # Inside

    async def _signed_in(self, socket: Socket, sign_in: SignIn) -> bool:
        """Raises PeerError: it is refused, or no stream."""
        await socket.send(frame_open(to=self._domain).decode())
        while not sign_in.is_done:
            element = await self._element(socket)
            if element is None:
                return False
            step = sign_in.take(element)
            if step.restart:
                await socket.send(frame_open(to=self._domain).decode())
            if step.send is not None:
                await socket.send(stand_alone(step.send).decode())
        return True

    async def _element(self, socket: Socket) -> Element | None:
        """The next stanza; None: the stream has ended. Raises BadStream."""
        while (text := await socket.receive()) is not None:
            event = parse_frame(text, max_bytes=FRAME_BYTES_MAX)
            if isinstance(event, StreamClosed):
                return None
            if isinstance(event, Stanza):
                return event.element
        return None

    async def _read(self, socket: Socket) -> None:
        try:
            while (element := await self._element(socket)) is not None:
                self._take(element)
        except PeerError:
            pass
        if self.is_up:
            self._ended()

    def _end(self) -> None:
        super()._end()
        if self._reading is not None and self._reading is not asyncio.current_task():
            self._reading.cancel()
        if self._socket is not None:
            self._sockets.let_go(self._socket)
