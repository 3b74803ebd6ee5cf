"""One TCP connection to an AWDB: questions out, answers in."""

import asyncio
from collections.abc import Callable
from itertools import count
from typing import cast

from chaos.mock.finesse.cti_connection import reset
from chaos.wire.awdb import (
    ID_MAX,
    Authenticated,
    AwdbWireError,
    Decoder,
    Failed,
    Found,
    Hello,
    Message,
    Question,
    Refused,
    Reply,
    Welcome,
    encode,
)


class ConnectionEnded(Exception):
    """The connection ended, or was refused, before the answer came."""


class AwdbConnection(asyncio.Protocol):
    """A connection that tells its owner once when it ended, for whatever reason. It has no task of its own.

    on_end: called at most once, and not after `give_up`. was_reset: it did not end in good order. A peer that speaks
    garbage is reset.
    """

    def __init__(self, on_end: Callable[["AwdbConnection"], None]) -> None:
        loop = asyncio.get_running_loop()
        self._on_end = on_end
        self._decoder = Decoder()
        self._transport: asyncio.Transport | None = None
        self._welcome: asyncio.Future[Welcome] | None = None
        self._open: dict[int, asyncio.Future[Reply]] = {}
        self._ids = count(1)
        self.ended = self.was_reset = False
        self.closed: asyncio.Future[None] = loop.create_future()

    async def greet(self, hello: Hello) -> Welcome:
        """Open the database. Raises ConnectionEnded. The caller has the deadline."""
        self._welcome = asyncio.get_running_loop().create_future()
        self._send(hello)
        try:
            return await self._welcome
        finally:
            self._welcome = None

    async def ask(self, make: Callable[[int], Question]) -> Reply:
        """One question; make: from its id. Raises ConnectionEnded. The caller has the deadline."""
        number = next(self._ids) % ID_MAX
        answer: asyncio.Future[Reply] = asyncio.get_running_loop().create_future()
        self._open[number] = answer
        self._send(make(number))
        try:
            return await answer
        finally:
            self._open.pop(number, None)

    @property
    def is_asked(self) -> bool:
        """Does anybody wait for an answer?"""
        return bool(self._open)

    def close(self) -> None:
        """Close in good order. Nothing is told any more."""
        self.ended = True
        if self._transport is not None:
            self._transport.close()

    def give_up(self) -> None:
        """Reset; whoever waits for an answer waits in vain."""
        if not self.ended:
            self.ended = True
            self._fail_all()
        if self._transport is not None:
            reset(self._transport)
        elif not self.closed.done():
            self.closed.set_result(None)  # it was never open

    # asyncio's side

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        if self.ended:
            reset(transport)

    def data_received(self, data: bytes) -> None:
        try:
            messages, garbage = self._decoder.feed(data), False
        except AwdbWireError as error:
            messages, garbage = list(error.decoded), True
        for message in messages:
            garbage = garbage or not self._take(message)
        if garbage and self._transport is not None:
            reset(self._transport)
            self._end()

    def eof_received(self) -> bool:
        self._end()
        return False

    def connection_lost(self, exc: Exception | None) -> None:
        self.was_reset = exc is not None
        self._end()
        if not self.closed.done():
            self.closed.set_result(None)

    def _take(self, message: Message) -> bool:
        """Deliver; False: it has no place here. An answer that nobody waits for any more is dropped."""
        match message:
            case Welcome() if self._welcome is not None and not self._welcome.done():
                self._welcome.set_result(message)
            case Refused():
                self._end()
            case Authenticated() | Found() | Failed():
                waiting = self._open.get(message.id)
                if waiting is not None and not waiting.done():
                    waiting.set_result(message)
            case _:
                return False
        return True

    def _send(self, message: Message) -> None:
        if self.ended or self._transport is None or self._transport.is_closing():
            raise ConnectionEnded
        self._transport.write(encode(message))

    def _end(self) -> None:
        if not self.ended:
            self.ended = True
            self._fail_all()
            self._on_end(self)

    def _fail_all(self) -> None:
        for waiting in (self._welcome, *self._open.values()):
            if waiting is not None and not waiting.done():
                waiting.set_exception(ConnectionEnded())
