"""One proxy: a listening socket, its connections, and the toxics that they all go through."""

import asyncio
import logging
from random import Random

from chaos.toxiproxy import errors
from chaos.toxiproxy.address import BACKLOG, Address, listening, lookup, name_of, resolve, split
from chaos.toxiproxy.connection import Connection, End
from chaos.toxiproxy.metrics import Metrics
from chaos.toxiproxy.toxics import Entry
from chaos.toxiproxy.toxics.base import Direction

# The original dials without a deadline, and hangs with an unreachable server.
DIAL_DEADLINE_S = 30.0

log = logging.getLogger("chaos.toxiproxy")


class Proxy:
    """A named way from a listen address to an upstream address. While disabled it does not listen.

    listen: as it was given until the proxy has listened, then the bound address.
    upstream: host:port, looked up and dialled for each connection.
    """

    def __init__(self, name: str, listen: str, upstream: str, *, rng: Random, metrics: Metrics) -> None:
        self.name = name
        self.listen = listen
        self.upstream = upstream
        self.enabled = False
        self.toxics: dict[Direction, list[Entry]] = {direction: [] for direction in Direction}
        self._rng = rng
        self._metrics = metrics
        self._server: asyncio.Server | None = None
        self._dials: dict[asyncio.Task[None], End] = {}
        self._connections: set[Connection] = set()

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

    async def start(self, address: Address) -> None:
        """Listen there and be enabled. Nothing happens if it is enabled. Raises AddressError: it is disabled then."""
        if self.enabled:
            return
        sock = listening(address)
        self.listen = name_of(sock)
        self.enabled = True
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(lambda: End(self._accepted), sock=sock, backlog=BACKLOG)

    async def stop(self) -> None:
        """Stop listening and close every connection, both sides. Over when all sockets are closed."""
        self.enabled = False
        server, self._server = self._server, None
        if server is not None:
            loop = asyncio.get_running_loop()
            for listener in server.sockets:
                loop.remove_reader(listener.fileno())
            # What asyncio has accepted already it attaches to the server within two turns; a closed server loses it.
            for _ in range(3):
                await asyncio.sleep(0)
            server.close()
        waiting = [end for connection in self._connections for end in connection.ends]
        for task, client in list(self._dials.items()):
            task.cancel()
            waiting.append(client)
        for end in waiting:
            end.abort()
        await asyncio.gather(*self._dials, return_exceptions=True)
        await asyncio.gather(*(end.gone for end in waiting))

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
            connection.links[entry.direction].add(entry)

    def update_toxic(self, entry: Entry, attributes: dict[str, int], toxicity: float | None) -> None:
        entry.change(attributes, toxicity)
        for connection in list(self._connections):
            connection.links[entry.direction].update(entry)

    def remove_toxic(self, entry: Entry) -> None:
        self.toxics[entry.direction].remove(entry)
        for connection in list(self._connections):
            connection.links[entry.direction].remove(entry)

    # Connections.

    def _accepted(self, client: End) -> None:
        if not self.enabled:  # it was accepted while the proxy was being stopped
            client.abort()
            return
        task = asyncio.get_running_loop().create_task(self._connect(client), name=f"toxiproxy dial {self.name}")
        self._dials[task] = client
        task.add_done_callback(self._dials.pop)

    async def _connect(self, client: End) -> None:
        try:
            async with asyncio.timeout(DIAL_DEADLINE_S):
                server = await _dial(self.upstream)
        except (OSError, errors.AddressError, TimeoutError) as problem:
            log.warning("proxy %s: unable to open connection to upstream %s: %s", self.name, self.upstream, problem)
            client.abort()
            return
        connection = Connection(client, server, self.toxics, rng=self._rng, on_gone=self._gone)
        connection.labels = (self.name, self.listen, self.upstream)
        self._connections.add(connection)
        connection.begin()

    def _gone(self, connection: Connection) -> None:
        self._connections.discard(connection)
        for direction, link in connection.links.items():
            self._metrics.count(direction.value, connection.labels, link.received_bytes, link.outlet.sent_bytes)


async def _dial(upstream: str) -> End:
    """Connect to the first address that answers. Raises OSError, AddressError."""
    host, _ = split(upstream)
    port = (await resolve(f"[{host}]:{upstream.rpartition(':')[2]}" if ":" in host else upstream)).port
    problem: OSError = OSError("no address")
    for numeric in await lookup(host) if host else ["127.0.0.1"]:
        try:
            _, end = await asyncio.get_running_loop().create_connection(End, numeric, port)
        except OSError as refused:
            problem = refused
        else:
            return end
    raise problem
