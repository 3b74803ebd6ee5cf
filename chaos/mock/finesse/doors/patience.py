"""How long a client may take over a request: whoever sends half of one does not keep his connection for ever.

Theory of operation
-------------------
aiohttp waits without end for a first request, and for the rest of one that has begun; it ends idle connections only.
`PatientHandler` is its handler, which tells a `Patience` when a request has begun (a connection without one counts),
and `noticing`, a middleware, when its head is complete. Whoever is late is looked for every few seconds while anybody
is waited for, and not by a timer for each request.
A body has its own deadline, where it is read. Source: 20 s is Tomcat's `connectionTimeout` as it is shipped.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Any, cast

from aiohttp import web

from chaos.mock.finesse.doors.banner import Nameless
from chaos.mock.finesse.doors.masking import MaskedFrames

REQUEST_S = 20.0
LOOK_S = 5.0

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Patience:
    """Those whose request is waited for, in the order in which their time ends."""

    def __init__(self) -> None:
        self._since_s: dict[PatientHandler, float] = {}
        self._look: asyncio.TimerHandle | None = None

    def begins(self, handler: "PatientHandler") -> None:
        """A request of this connection is expected, or has begun."""
        loop = asyncio.get_running_loop()
        self._since_s[handler] = loop.time()
        if self._look is None:
            self._look = loop.call_later(LOOK_S, self._looked)

    def ends(self, handler: "PatientHandler") -> None:
        """It is there, or its client is gone."""
        self._since_s.pop(handler, None)

    def close(self) -> None:
        """Nobody is waited for any more."""
        self._since_s.clear()
        if self._look is not None:
            self._look.cancel()
            self._look = None

    def is_waited_for(self, handler: "PatientHandler") -> bool:
        return handler in self._since_s

    def _looked(self) -> None:
        self._look = None
        loop = asyncio.get_running_loop()
        for handler, since_s in tuple(self._since_s.items()):
            if since_s + REQUEST_S > loop.time():
                break
            del self._since_s[handler]
            handler.force_close()
        if self._since_s:
            self._look = loop.call_later(LOOK_S, self._looked)


class PatientHandler(web.RequestHandler):
    """One connection. serving: a request of it has its head complete, and is not answered yet."""

    __slots__ = ("_frames", "_patience", "serving")

    def __init__(self, server: web.Server, patience: Patience, *, lingering_s: float) -> None:
        nothing = cast(logging.Logger, None)  # as `AppRunner(access_log=None)` has it, though it is not declared so
        super().__init__(
            server,
            loop=asyncio.get_running_loop(),
            access_log=nothing,
            lingering_time=lingering_s,
            # Neither Tomcat nor Openfire's Jetty unpacks a request. Packed bytes are no document, and refused as such;
            # who unpacks them has a failure of its own, which comes once more after the answer, as an error in our log.
            auto_decompress=False,
        )
        self._patience = patience
        self._frames: MaskedFrames | None = None
        self.serving = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self._patience.begins(self)

    def data_received(self, data: bytes) -> None:
        if not self.serving and not self._patience.is_waited_for(self):
            self._patience.begins(self)
        if self._frames is None:
            super().data_received(data)
        elif passed := self._frames.passed(data):
            super().data_received(passed)

    def set_parser(self, parser: Any, data_received_cb: Callable[[], None] | None = None) -> None:
        """Frames of a WebSocket come from now on."""
        self._frames = MaskedFrames()
        # What a client in a hurry has sent ahead of our answer is kept there for the parser.
        self._message_tail = self._frames.passed(self._message_tail)
        super().set_parser(parser, data_received_cb)

    def connection_lost(self, exc: BaseException | None) -> None:
        self._patience.ends(self)
        super().connection_lost(exc)

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,
    ) -> web.StreamResponse:
        """What is no HTTP is the client's mistake: he is told, and it is no error in our log."""
        if status >= 500 or request.writer.output_size:
            return super().handle_error(request, status, exc, message)
        answer = Nameless(status=status, text=message)
        answer.force_close()
        return answer

    def head_came(self) -> None:
        """A request is served from now on."""
        self.serving = True
        self._patience.ends(self)


def patient(runner: web.AppRunner, patience: Patience, *, lingering_s: float) -> Callable[[], asyncio.BaseProtocol]:
    """What makes the connections of a runner that was set up."""
    server = runner.server
    assert server is not None
    return lambda: PatientHandler(server, patience, lingering_s=lingering_s)


@web.middleware
async def noticing(request: web.Request, handler: Handler) -> web.StreamResponse:
    """The outermost one: heads that are complete, and clients that have left, of whom nothing is to be told."""
    connection = request.protocol
    if not isinstance(connection, PatientHandler):
        return await handler(request)
    connection.head_came()
    try:
        return await handler(request)
    except ConnectionError:
        return web.Response(status=400)  # to nobody; an exception would stand in the log
    finally:
        connection.serving = False
