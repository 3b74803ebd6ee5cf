"""One proxy: a listening socket, its connections, and the toxics that they all go through."""

import asyncio
import logging
import socket
from random import Random

from chaos.network import tcp_socket
from chaos.toxiproxy import errors
from chaos.toxiproxy.address import Address, endpoints, listening, name_of
from chaos.toxiproxy.connection import Connection, End
from chaos.toxiproxy.metrics import Metrics
from chaos.toxiproxy.toxics import Entry
from chaos.toxiproxy.toxics.base import Direction

# The original dials without a deadline, and hangs with an unreachable server.
DIAL_DEADLINE_S = 30.0
# So many clients are accepted before others have their turn.
_ACCEPTED_AT_ONCE = 64
# How long nobody is accepted once the process has run out of descriptors or memory.
_EXHAUSTED_S = 1.0

log = logging.getLogger("chaos.toxiproxy")


class Proxy:
    """A named way from a listen address to an upstream address. While disabled it does not listen.

    listen: as it was given until the proxy has listened, then the bound address.
    upstream: host:port, looked up and dialled for each connection.
    """

    def __init__(
        self, name: str, listen: str, upstream: str, *, rng: Random, metrics: Metrics, buffer: memoryview
    ) -> None:
        self.name = name
        self.listen = listen
        self.upstream = upstream
        self.enabled = False
        self.toxics: dict[Direction, list[Entry]] = {direction: [] for direction in Direction}
        self._rng = rng
        self._metrics = metrics
        self._buffer = buffer
        self._loop = asyncio.get_running_loop()
        self._listener: socket.socket | None = None
        self._accepting: asyncio.TimerHandle | None = None
        self._dials: dict[asyncio.Task[None], End] = {}
        self._connections: dict[Connection, None] = {}  # in the order of arrival

    def shown(self) -> dict[str, object]:
        """As the API shows it; `Logger` is a leak of the original that its clients have come to see."""
        return {
            "name": self.name,
            "listen": self.listen,
            "upstream": self.upstream,
            "enabled": self.enabled,
            "Logger": {},
            "toxics": [entry.shown() for entry in self.entries()],
        }

    def start(self, address: Address) -> None:
        """Listen there and be enabled. Nothing happens if it is enabled. Raises AddressError: it is disabled then."""
        if self.enabled:
            return
        self._listener = listening(address)
        self.listen = name_of(self._listener)
        self.enabled = True
        self._accept_on()

    async def stop(self) -> None:
        """Stop listening and close every connection, both sides. Over when all sockets are closed."""
        self.enabled = False
        listener, self._listener = self._listener, None
        if listener is not None:
            self._loop.remove_reader(listener.fileno())
            listener.close()
        if self._accepting is not None:
            self._accepting.cancel()
        for task, client in list(self._dials.items()):
            task.cancel()
            client.abort()
        for connection in list(self._connections):
            connection.abort()
        await asyncio.gather(*self._dials, return_exceptions=True)

    # Toxics. Each is a plain call that is over when it returns, whatever the peers do.

    def entries(self) -> list[Entry]:
        """Upstream ones first, each direction in the order of addition."""
        return [entry for direction in Direction for entry in self.toxics[direction]]

    def entry(self, name: str) -> Entry:
        """Raises ApiError: no such toxic."""
        for entry in self.entries():
            if entry.name == name:
                return entry
        raise errors.toxic_not_found()

    def add_toxic(self, entry: Entry) -> None:
        """Raises ApiError: the name is taken, in either direction."""
        if any(entry.name == other.name for other in self.entries()):
            raise errors.toxic_exists()
        self.toxics[entry.direction].append(entry)
        for connection in list(self._connections):
            connection.link(entry.direction).add(entry)

    def update_toxic(self, entry: Entry, attributes: dict[str, int], toxicity: float | None) -> None:
        entry.change(attributes, toxicity)
        for connection in list(self._connections):
            connection.link(entry.direction).update(entry)

    def remove_toxic(self, entry: Entry) -> None:
        self.toxics[entry.direction].remove(entry)
        for connection in list(self._connections):
            connection.link(entry.direction).remove(entry)

    # Connections.

    def _accept_on(self) -> None:
        if self._listener is not None:
            self._loop.add_reader(self._listener.fileno(), self._accept)

    def _accept(self) -> None:
        listener = self._listener
        assert listener is not None
        for _ in range(_ACCEPTED_AT_ONCE):
            try:
                sock, _ = listener.accept()
            except (BlockingIOError, InterruptedError, ConnectionAbortedError):
                return
            except OSError as problem:
                log.error("proxy %s: no client is accepted for %.0f s: %s", self.name, _EXHAUSTED_S, problem)
                self._loop.remove_reader(listener.fileno())
                self._accepting = self._loop.call_later(_EXHAUSTED_S, self._accept_on)
                return
            client = End(_ours(sock), self._buffer, self._loop)
            task = self._loop.create_task(self._connect(client), name=f"toxiproxy dial {self.name}")
            self._dials[task] = client
            task.add_done_callback(self._dials.pop)

    async def _connect(self, client: End) -> None:
        try:
            async with asyncio.timeout(DIAL_DEADLINE_S):
                server = End(await _dial(self.upstream, self._loop), self._buffer, self._loop)
        except (OSError, errors.AddressError, TimeoutError) as problem:
            log.warning("proxy %s: unable to open connection to upstream %s: %s", self.name, self.upstream, problem)
            client.abort()
            return
        connection = Connection(
            client,
            server,
            self.toxics,
            rng=self._rng,
            loop=self._loop,
            labels=(self.name, self.listen, self.upstream),
            on_gone=self._gone,
        )
        self._connections[connection] = None
        connection.begin()

    def _gone(self, connection: Connection) -> None:
        self._connections.pop(connection, None)
        for direction in Direction:
            link = connection.link(direction)
            self._metrics.count(direction.value, connection.labels, link.received_bytes, link.outlet.sent_bytes)


def _ours(sock: socket.socket) -> socket.socket:
    """Set as our sockets have to be."""
    sock.setblocking(False)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return sock


async def _dial(upstream: str, loop: asyncio.AbstractEventLoop) -> socket.socket:
    """Connect to the first address that answers; the name is looked up once. Raises OSError, AddressError."""
    problem: OSError = OSError("no address")
    for address in await endpoints(upstream):
        sock = tcp_socket(address[0])
        try:
            await loop.sock_connect(_ours(sock), address)
        except OSError as refused:
            sock.close()
            problem = refused
        except BaseException:
            sock.close()
            raise
        else:
            return sock
    raise problem
