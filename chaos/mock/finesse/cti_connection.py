"""One TCP connection to a CTI server: bytes to messages and back."""

import asyncio
import socket
import struct
from collections.abc import Callable
from typing import cast

from chaos.mock.sips import sip
from chaos.wire.ged188.codec import Decoder, encode
from chaos.wire.ged188.errors import Ged188Error
from chaos.wire.ged188.fields import Message

WRITE_LIMIT_BYTES = 1 << 20

OnMessage = Callable[["CtiConnection", Message], None]
OnEnd = Callable[["CtiConnection"], None]


class CtiConnection(asyncio.Protocol):
    """A connection that tells its owner every message, and once that it ended, for whatever reason.

    version: protocol of the session. was_reset: it did not end in good order. A peer that speaks garbage, or does not
    read, is reset.
    """

    def __init__(self, version: int, on_message: OnMessage, on_end: OnEnd) -> None:
        self._decoder = Decoder(version)
        self._version = version
        self._on_message = on_message
        self._on_end = on_end
        self._transport: asyncio.Transport | None = None
        self.ended = self.was_reset = False
        self.closed: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        sip(transport)

    def data_received(self, data: bytes) -> None:
        if self.ended:
            return
        try:
            messages = self._decoder.feed(data)
        except Ged188Error as error:
            for message in error.decoded:
                if isinstance(message, Message):
                    self._tell(message)
            self.reset()
            self._end()
            return
        for message in messages:
            self._tell(message)

    def eof_received(self) -> bool:
        self._end()
        return False

    def connection_lost(self, exc: Exception | None) -> None:
        self.was_reset = exc is not None
        self._end()
        if not self.closed.done():
            self.closed.set_result(None)

    def send(self, message: Message) -> None:
        """Write a message; on a connection that has ended it is lost, as in the product."""
        if self._transport is None or self._transport.is_closing():
            return
        self._transport.write(encode(message, self._version))
        if self._transport.get_write_buffer_size() > WRITE_LIMIT_BYTES:
            self.reset()
            self._end()

    def close(self) -> None:
        """Close in good order. Nothing is told any more."""
        self.ended = True
        if self._transport is not None:
            self._transport.close()

    def reset(self) -> None:
        """Reset the connection, which is how a CTI client gives a session up. Nothing is told any more."""
        if self._transport is not None:
            reset(self._transport)

    def give_up(self) -> None:
        """Reset, and nothing is told any more."""
        self.ended = True
        self.reset()

    def _tell(self, message: Message) -> None:
        if not self.ended:
            self._on_message(self, message)

    def _end(self) -> None:
        if not self.ended:
            self.ended = True
            self._on_end(self)


def reset(transport: asyncio.BaseTransport) -> None:
    """End a connection with a TCP reset."""
    sock = transport.get_extra_info("socket")
    if sock is not None and sock.fileno() != -1:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    cast(asyncio.Transport, transport).abort()
