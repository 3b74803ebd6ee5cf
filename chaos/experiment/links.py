"""The links of a lab, put in place: a proxy of a Toxiproxy server, and a relay of ours behind it."""

import asyncio
import functools
import itertools
from collections.abc import Callable
from typing import Any

from chaos.clients.toxiproxy import Toxiproxy
from chaos.errors import InventoryError
from chaos.faults.awdb_relay import AwdbRelay
from chaos.faults.link import PlacedAwdbLink, PlacedLink
from chaos.faults.relay import CtiRelay
from chaos.inventory import Endpoint, Inventory, endpoint
from chaos.journal import Journal
from chaos.network import own_address
from chaos.toxiproxy import ToxiproxyServer
from chaos.undo.entries import UndoLog


class PlacedLinks:
    """cti, awdb: links by name, once they are placed. servers: embedded ones, started for them."""

    def __init__(self, inventory: Inventory, journal_of: Callable[[], Journal | None], undo: UndoLog) -> None:
        self.inventory, self.journal_of, self.undo = inventory, journal_of, undo
        self.cti: dict[str, PlacedLink] = {}
        self.awdb: dict[str, PlacedAwdbLink] = {}
        self.servers: list[ToxiproxyServer] = []
        self._connections = itertools.count(1)

    def listens(self) -> str:
        """What Finesse's administration has to point at, in words."""
        return ", ".join(link.listen for link in (*self.cti.values(), *self.awdb.values()))

    async def remove(self) -> list[str]:
        """Give every proxy back as it was found. What could not be done, in words: everything else was. Safe twice."""
        links = (*self.cti.values(), *self.awdb.values())
        removed = await asyncio.gather(*(link.remove() for link in links), return_exceptions=True)
        return [str(error) or repr(error) for error in removed if isinstance(error, BaseException)]

    async def stop(self) -> None:
        """Stop the embedded servers; no link is left. Safe twice."""
        for server in self.servers:
            await server.stop()
        self.servers.clear()
        self.cti.clear()
        self.awdb.clear()

    async def place(self) -> None:
        """Put a relay into each link. Raises FaultError, InventoryError; `remove` takes away what is in place."""
        clients: dict[str, tuple[Toxiproxy, bool]] = {}
        for name, link in self.inventory.links.items():
            if link.proxy not in clients:
                clients[link.proxy] = await self._toxiproxy(link.proxy)
            server = self.inventory.link_target(name)
            if server is None or link.listen is None:
                continue
            upstream = link.upstream_at or endpoint(f"{server.dial}:{server.port}")
            relay_at = link.relay_at or Endpoint(own_address(), 0)
            family, _, side = name.partition("-")
            relay: dict[str, Any] = {
                "listen": (relay_at.host, relay_at.port),
                "upstream": (upstream.host, upstream.port),
                "journal_of": self.journal_of,
                "connections": self._connections,
            }
            proxies, embedded = clients[link.proxy]
            about = (name, side, link.listen, f"{upstream.host}:{upstream.port}", proxies)
            restart = functools.partial(self._restart, proxies) if embedded else None
            if family == "cti":
                self.cti[name] = PlacedLink(*about, CtiRelay(side, **relay), embedded, self.undo, restart)
                await self.cti[name].place()
            else:
                self.awdb[name] = PlacedAwdbLink(*about, AwdbRelay(side, **relay), embedded, self.undo, restart)
                await self.awdb[name].place()

    async def _toxiproxy(self, name: str) -> tuple[Toxiproxy, bool]:
        wanted = self.inventory.proxies[name]
        if not wanted.embedded:
            if wanted.api is None:
                raise InventoryError(f"proxies.{name} has no api address: give api: http://host:8474")
            return Toxiproxy(wanted.api), False
        at = endpoint(wanted.api.removeprefix("http://")) if wanted.api else Endpoint(own_address(), 0)
        server = ToxiproxyServer(host=at.host, port=at.port)
        await server.start()
        self.servers.append(server)
        return Toxiproxy(server.api_url), True

    async def _restart(self, proxies: Toxiproxy) -> None:
        """Start a proxy server of our own that hangs again, and make the proxies of all links through it anew."""
        for server in self.servers:
            if server.api_url == proxies.api_url:
                await server.stop()
                await server.start()
        for link in (*self.cti.values(), *self.awdb.values()):
            if link.proxies is proxies:
                await link.restore(may_restart=False)
