"""A lab for preflight: the mock with proxies before it, described as a live lab; and peers that are no lab at all."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from chaos import clock
from chaos.clients.toxiproxy import Toxiproxy
from chaos.inventory import Inventory, load, resolved
from chaos.mock.deployment import Deployment
from chaos.preflight import Row, State, Survey, survey
from chaos.run.launcher import launch
from chaos.run.mock_up import as_live
from chaos.safety.places import OVERRIDE
from chaos.toxiproxy import ToxiproxyServer

ROOT = Path(__file__).parents[2]
MOCK = ROOT / "inventories" / "mock.yaml"
# However many the mock has.
AGENTS = 10

T = TypeVar("T")


@dataclass
class Rig:
    """inventory: of a live lab, whose host `deployment` plays."""

    inventory: Inventory
    deployment: Deployment
    proxies: Toxiproxy
    folder: Path

    async def look_with(self, changes: Mapping[str, object]) -> Survey:
        """A survey with whole sections of the inventory replaced."""
        return await Rig(self.inventory.model_copy(update=changes), self.deployment, self.proxies, self.folder).look()

    async def look(self, only: Iterable[str] | None = None, **changes: object) -> Survey:
        """A survey of the lab. only: names of checks. changes: keys of the inventory, `__` for a dot."""
        return await self.look_at_changed(only, {key.replace("__", "."): value for key, value in changes.items()})

    async def look_at_changed(self, only: Iterable[str] | None, changes: Mapping[str, object]) -> Survey:
        """The same, with keys as they are."""
        inventory = resolved(self.inventory, changes)
        before = await self.state()
        found = await survey(inventory, self.env, only=None if only is None else set(only))
        assert await self.state() == before, "preflight changes nothing"
        await nothing_left()
        return found

    @property
    def env(self) -> Mapping[str, str]:
        return {OVERRIDE: str(self.folder / "state")}

    async def state(self) -> dict[str, Any]:
        """Everything about the mock that somebody could have changed."""
        mock = self.deployment
        return {
            "agents": mock.peripheral.agents.all(),
            "administration": (
                mock.administration.system_config(),
                mock.administration.enterprise_database_config(),
                mock.administration.cluster_config(),
            ),
            "services": {
                host: [(line.name, line.state) for line in console.services.list()]
                for host, console in mock.consoles.items()
            },
            "nodes": {host: node.webapp.status for host, node in mock.nodes.items()},
            "users": {host: node.webapp.users() for host, node in mock.nodes.items()},
            "central": mock.central.revision,
            "proxies": await self.proxies.proxies(),
        }


async def nothing_left() -> None:
    """No task of a survey outlives it."""
    for _ in range(5):
        await asyncio.sleep(0)
    strays = [task.get_name() for task in asyncio.all_tasks() if "preflight" in repr(task.get_coro())]
    assert not strays


@asynccontextmanager
async def lab(folder: Path, **changes: object) -> AsyncIterator[Rig]:
    """A running lab. changes: of the mock's own inventory."""
    described = load(MOCK)
    described = described.model_copy(update={"agents": described.agents[:AGENTS]})
    wanted = resolved(described, {key.replace("__", "."): value for key, value in changes.items()})
    launched = await launch(wanted, folder=folder)
    server = ToxiproxyServer(host="127.0.0.1", port=0)
    try:
        await server.start()
        proxies = Toxiproxy(server.api_url)
        for name, link in launched.inventory.links.items():
            assert link.listen
            assert link.upstream
            await proxies.create(name, link.listen, link.upstream)
        for node in launched.deployment.nodes.values():
            await node.until_in_service()
        yield Rig(as_live(launched.inventory, server.api_url, folder), launched.deployment, proxies, folder)
    finally:
        await launched.stop()
        await server.stop()


def play(folder: Path, scene: Callable[[Rig], Awaitable[T]], **changes: object) -> T:
    """The scene on a lab, on the virtual clock."""

    async def whole() -> T:
        async with lab(folder, **changes) as rig:
            return await scene(rig)

    return clock.run(whole(), virtual=True)


def row(found: Survey, check: str) -> Row:
    """The row of that check."""
    return next(one for one in found.rows if one.check == check)


def trouble(found: Survey) -> dict[str, str]:
    """What is wrong or doubtful, by check, as `STATE seen`."""
    return {one.check: f"{one.finding.state} {one.finding.seen}" for one in found.problems()}


def is_bad(found: Survey, check: str) -> str:
    """What was seen and the remedy of a check that must have found trouble."""
    finding = row(found, check).finding
    assert finding.state is State.BAD, finding
    assert finding.remedy
    return f"{finding.seen} | {finding.remedy}"


@asynccontextmanager
async def peer(
    answer: bytes | None, *, tls: ssl.SSLContext | None = None, host: str = "127.0.0.1"
) -> AsyncIterator[tuple[str, int]]:
    """Somebody who says `answer` to whoever connects, whatever he is told. None: he says nothing, for ever."""
    open_ones: set[asyncio.StreamWriter] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        open_ones.add(writer)
        try:
            if answer is not None:
                writer.write(answer)
                await writer.drain()
            while await reader.read(4096):
                pass
        except OSError:
            pass
        finally:
            open_ones.discard(writer)
            writer.transport.abort()

    server = await asyncio.start_server(serve, host, 0, ssl=tls)
    try:
        address = server.sockets[0].getsockname()
        yield str(address[0]), int(address[1])
    finally:
        server.close()
        for writer in list(open_ones):
            writer.transport.abort()
        await server.wait_closed()
        for _ in range(5):
            await asyncio.sleep(0)
