"""What all relays share: listening, and the two TCP connections that a relayed connection consists of."""

import asyncio
import contextlib
import errno
import socket
import struct
import sys
from abc import ABC, abstractmethod
from collections.abc import Iterator
from enum import StrEnum
from typing import Generic, Protocol, TypeVar, cast

from chaos.errors import FaultError, UsageError

DIAL_S = 5.0
"""How long the server may take to accept a connection."""
NAME_S = 1.0
"""How long a connection that is to be refused may take to say, in its first message, who it is."""
LEAVE_S = 5.0
"""How long a peer may take to close after the relay has closed its half; then it is reset."""
STOP_S = 5.0

WAITING_BYTES_MAX = 65_536
_BACKLOG = 512
# SO_LINGER on, 0 s: closing sends a reset.
_LINGER_0 = struct.pack("hh" if sys.platform == "win32" else "ii", 1, 0)


class Cut(StrEnum):
    """How connections are cut, at both ends."""

    RESET = "reset"
    CLOSE = "fin"


class Passing(Protocol):
    """A relayed connection, as its two ends see it."""

    client: "End"
    server: "End | None"
    dialling: "asyncio.Task[None] | None"

    def made(self, end: "End") -> None: ...

    def data(self, end: "End", data: bytes) -> None: ...

    def eof(self, end: "End") -> bool: ...

    def lost(self, end: "End", error: Exception | None) -> None: ...


C = TypeVar("C", bound=Passing)


class TcpRelay(ABC, Generic[C]):
    """A relay's door: `name` is what messages call it; connections get running numbers that relays share.

    listen, upstream: (host, port); port 0 listens on any.
    """

    def __init__(
        self, name: str, *, listen: tuple[str, int], upstream: tuple[str, int], connections: Iterator[int]
    ) -> None:
        self.upstream = upstream
        self._name = name
        self._listen = listen
        self._numbers = connections
        self._server: asyncio.Server | None = None
        self._open: dict[int, C] = {}
        self._emptied = asyncio.Event()

    async def start(self) -> None:
        """Listen. Raises FaultError: the address cannot be listened on."""
        if self._server is not None:
            return
        loop = asyncio.get_running_loop()
        try:
            # Named first: cancelled while it starts to listen, `create_server` would keep it from whoever closes it.
            self._server = await loop.create_server(self._arrival, *self._listen, backlog=_BACKLOG, start_serving=False)
            await self._server.start_serving()
        except (OSError, UnicodeError, OverflowError) as error:
            host, port = self._listen
            raise FaultError(
                f"{self._name} cannot listen on {host}:{port}: {error}; "
                "give it an address of this machine and a free port"
            ) from error

    async def stop(self) -> None:
        """Listen no more and reset what is connected; returns when nothing is left. Safe twice.

        Raises FaultError: something is left after 5 s.
        """
        server, self._server = self._server, None
        if server is None:
            return
        loop = asyncio.get_running_loop()
        for listener in server.sockets:
            loop.remove_reader(listener.fileno())
        # What asyncio has accepted already it attaches to the server within two turns; a closed server would lose it.
        for _ in range(3):
            await asyncio.sleep(0)
        server.close()
        tasks = [connection.dialling for connection in self._open.values() if connection.dialling is not None]
        self.cut(Cut.RESET)
        await asyncio.gather(*tasks, return_exceptions=True)
        try:
            async with asyncio.timeout(STOP_S):
                while self._open:
                    self._emptied.clear()
                    await self._emptied.wait()
                await server.wait_closed()
        except TimeoutError:
            raise FaultError(f"{self._name} still has {len(self._open)} connections") from None

    @property
    def address(self) -> tuple[str, int]:
        """Where it listens. Raises UsageError: it does not."""
        if self._server is None or not self._server.sockets:
            raise UsageError(f"{self._name} does not listen; start it first")
        host, port = self._server.sockets[0].getsockname()[:2]
        return host, port

    @abstractmethod
    def cut(self, how: Cut) -> None:
        """Cut every connection there is, at both ends; new ones are accepted."""

    @abstractmethod
    def _arrival(self) -> asyncio.Protocol:
        """The client's end of a new connection."""

    def arrived(self, connection: C) -> int:
        """Its running number."""
        number = next(self._numbers)
        self._open[number] = connection
        return number

    def forget(self, number: int) -> None:
        """Nothing is left of it."""
        self._open.pop(number, None)
        if not self._open:
            self._emptied.set()


class End(asyncio.Protocol):
    """One of the two TCP connections."""

    def __init__(self, connection: Passing) -> None:
        self.transport: asyncio.Transport | None = None
        self.eof_in = False
        self.lost = False
        self._connection = connection

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)  # uvloop's is none by its class
        with contextlib.suppress(OSError):  # some systems refuse it once the peer has reset
            transport.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._connection.made(self)

    def data_received(self, data: bytes) -> None:
        self._connection.data(self, data)

    def eof_received(self) -> bool:
        self.eof_in = True
        return self._connection.eof(self)

    def connection_lost(self, exc: Exception | None) -> None:
        self.lost = True
        self._connection.lost(self, exc)

    def pause_writing(self) -> None:
        other = self._other()
        if other is not None:
            other.pause()

    def resume_writing(self) -> None:
        other = self._other()
        if other is not None:
            other.resume()

    def write(self, data: bytes) -> None:
        if data and self.transport is not None and not self.transport.is_closing():
            self.transport.write(data)

    def finish(self) -> None:
        """Send a FIN after what is still to be sent."""
        if self.transport is not None and not self.transport.is_closing():
            with contextlib.suppress(OSError):  # reset by the peer in this moment: connection_lost follows
                self.transport.write_eof()

    def close(self) -> None:
        if self.transport is not None:
            self.transport.close()

    def reset(self) -> None:
        """Close with a reset; what is still to be sent is lost."""
        if self.transport is not None and not self.lost:
            with contextlib.suppress(OSError):
                self.transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER_0)
            self.transport.abort()

    def pause(self) -> None:
        if self.transport is not None and not self.eof_in:
            self.transport.pause_reading()

    def resume(self) -> None:
        # A reader that has seen the end must not be started again: it would see the end again.
        if self.transport is not None and not self.eof_in:
            self.transport.resume_reading()

    def _other(self) -> "End | None":
        return self._connection.server if self is self._connection.client else self._connection.client


def word_for(error: Exception) -> str:
    """A socket's error in the journal's words."""
    if isinstance(error, ConnectionRefusedError):
        return "refused"
    if isinstance(error, ConnectionResetError | BrokenPipeError):
        return "reset"
    number = error.errno if isinstance(error, OSError) else None
    return errno.errorcode.get(number, type(error).__name__) if number else type(error).__name__
