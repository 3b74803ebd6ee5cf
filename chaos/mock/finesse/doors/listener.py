"""A listener that knows each of its connections, so that a service can end all of them, orderly or by reset.

asyncio's own servers do not show a connection before its TLS handshake is over; here each is a task from its first
moment on, so a client stuck in a handshake cannot outlive the service.
"""

import asyncio
import contextlib
import socket
import ssl
import struct
from asyncio.sslproto import SSLProtocol
from collections.abc import AsyncIterator, Callable
from typing import cast
from weakref import WeakKeyDictionary

from chaos.mock.finesse.doors.memory import give_back
from chaos.network import tcp_socket

BACKLOG = 4096
GREETED_AT_ONCE = 128
PLACE_S = 0.5
"""A turn of the loop lasts as long as what all clients want in it, and a heartbeat that is answered takes five turns
(node, proxy, CTI server, and back). Of 2,000 that come at once so many are greeted at a time, at all doors together;
the others wait. Who dawdles over a handshake has a place for so long, so that nobody waits for who is silent."""
_places: WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Semaphore] = WeakKeyDictionary()
SETTLE_TURNS = 200
HANDSHAKE_S = 20.0
"""As long as Tomcat's `connectionTimeout`. 2,000 clients that come at once keep two busy cores at their handshakes for
longer than 10 s, and whoever was served last was reset then."""
# How long aiohttp reads on after it has answered a request whose body it did not want. It does so after the client has
# gone, too, and longer than a service takes to stop would leave that task behind.
LINGERING_S = 0.5

# asyncio gives each TLS connection a buffer of 256 KiB to read into, filled with zeros, so that it is memory from the
# first byte on: with 2,000 clients half a gigabyte. Two TLS records at a time are enough for what clients send here.
SSLProtocol.max_size = 32 * 1024
SHUTDOWN_S = 1.0

PLENTY = 128
"""From so many connections at a time on it is looked whether their memory can go back."""
LOOK_S = 5.0
LATER_S = 60.0
"""Sessions outlive their connections: BOSH's for 30 s, and whoever is gone is logged out within 60."""


class Listener:
    """Accepts TCP, and speaks TLS from the first byte if it has a context for it.

    factory: makes the protocol of a connection. handshake_s: how long a TLS handshake may take.
    connections: more than so many at a time are turned away.
    """

    def __init__(
        self,
        factory: Callable[[], asyncio.BaseProtocol],
        ssl_context: ssl.SSLContext | None,
        *,
        handshake_s: float = HANDSHAKE_S,
        connections: int = 8192,
    ) -> None:
        self._factory, self._ssl = factory, ssl_context
        self._handshake_s, self._limit = handshake_s, connections
        self._socket: socket.socket | None = None
        self._accepting: asyncio.Task[None] | None = None
        self._handshakes: set[asyncio.Task[None]] = set()
        self._open: dict[socket.socket, asyncio.WriteTransport] = {}
        self._looked_at = 16
        self._most = 0
        self._look: asyncio.TimerHandle | None = None
        self._later: asyncio.TimerHandle | None = None

    def open(self, host: str, port: int) -> int:
        """Listen; the port that was taken. Raises OSError."""
        self._socket = _listening(host, port)
        self._accepting = asyncio.get_running_loop().create_task(self._accept(self._socket))
        return int(self._socket.getsockname()[1])

    def connections(self) -> list[tuple[tuple[str, int], tuple[str, int]]]:
        """Both ends of each that stands, this one's first."""
        found = []
        for sock in self._open:
            with contextlib.suppress(OSError):  # it is closed, or its client is gone
                found.append((sock.getsockname()[:2], sock.getpeername()[:2]))
        return found

    async def close_door(self) -> None:
        """Accept no more, and end the handshakes under way; connections stay."""
        for timer in (self._look, self._later):
            if timer is not None:
                timer.cancel()
        self._look = self._later = None
        tasks = [task for task in (self._accepting, *self._handshakes) if task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._accepting = None
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    async def end(self, *, reset: bool) -> None:
        """End every connection that is left, and wait until its socket is closed."""
        for sock, transport in self._open.items():
            if reset and sock.fileno() != -1:
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            # A TLS transport that was closed twice (aiohttp does it) has let go of its socket. To abort it does nothing
            # then, but is an AttributeError in early 3.11 (3.11.2 has it, 3.11.7 has not).
            with contextlib.suppress(AttributeError):
                transport.abort()
        for _ in range(SETTLE_TURNS):  # an aborted transport closes its socket within a few turns of the loop
            if all(sock.fileno() == -1 for sock in self._open):
                break
            await asyncio.sleep(0)
        self._open.clear()

    async def _accept(self, listening: socket.socket) -> None:
        loop = asyncio.get_running_loop()
        while True:
            try:
                sock, _ = await loop.sock_accept(listening)
            except OSError:
                await asyncio.sleep(0.1)  # out of descriptors: those that close will make room
                continue
            if len(self._open) >= self._looked_at:
                self._forget_closed()
                # Looked for again when there are twice as many: a look at each for each would be square.
                self._looked_at = min(self._limit, 2 * len(self._open) + 16)
            if len(self._open) + len(self._handshakes) >= self._limit:
                sock.close()
                continue
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            task = loop.create_task(self._greet(sock))
            self._handshakes.add(task)
            task.add_done_callback(self._handshakes.discard)

    async def _greet(self, sock: socket.socket) -> None:
        loop = asyncio.get_running_loop()
        limits = {"ssl_handshake_timeout": self._handshake_s, "ssl_shutdown_timeout": SHUTDOWN_S} if self._ssl else {}
        try:
            async with a_place():
                transport, _ = await loop.connect_accepted_socket(self._factory, sock, ssl=self._ssl, **limits)
        except (OSError, ssl.SSLError):  # the client went away, or speaks something else
            sock.close()
            return
        except asyncio.CancelledError:
            sock.close()
            raise
        self._open[sock] = cast("asyncio.WriteTransport", transport)  # uvloop's is none by its class
        self._most = max(self._most, len(self._open))
        self._look_later()

    def _look_later(self) -> None:
        if self._most >= PLENTY and self._look is None and self._socket is not None:
            self._look = asyncio.get_running_loop().call_later(LOOK_S, self._looked)

    def _looked(self) -> None:
        """Once half of many connections are gone, their memory is given back, and later that of their sessions."""
        self._look = None
        self._forget_closed()
        if len(self._open) <= self._most // 2:
            self._most = len(self._open)
            give_back()
            if self._later is not None:
                self._later.cancel()
            self._later = asyncio.get_running_loop().call_later(LATER_S, give_back)
        self._look_later()

    def _forget_closed(self) -> None:
        for sock in [sock for sock in self._open if sock.fileno() == -1]:
            del self._open[sock]


@contextlib.asynccontextmanager
async def a_place() -> AsyncIterator[None]:
    """A place among those who are greeted, waited for and kept for the block, but not longer than PLACE_S."""
    loop = asyncio.get_running_loop()
    places = _places.setdefault(loop, asyncio.Semaphore(GREETED_AT_ONCE))
    await places.acquire()
    is_free = False

    def free() -> None:
        nonlocal is_free
        if not is_free:
            is_free = True
            places.release()

    timer = loop.call_later(PLACE_S, free)
    try:
        yield
    finally:
        timer.cancel()
        free()


def _listening(host: str, port: int) -> socket.socket:
    """Raises OSError."""
    sock = tcp_socket(host)
    try:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.setblocking(False)
        sock.bind((host, port))
        sock.listen(BACKLOG)
    except BaseException:
        sock.close()
        raise
    return sock
