"""The lab of the kills: a mock in this process, in real time, that other processes use as a live lab.

It is looked at from inside, which costs nothing: its services, its settings, and its proxy server's own bytes. In front
of the proxy server's API stands a gate that can drip, and its consoles can be made talkative.
"""

import asyncio
import contextlib
import secrets
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest import mock

import httpx

from chaos.clients.toxiproxy import Toxiproxy
from chaos.clock import now
from chaos.inventory import Inventory, dump, load
from chaos.mock.consoles import vos
from chaos.run.launcher import Launched, launch
from chaos.run.mock_up import as_live
from chaos.safety.places import OVERRIDE
from chaos.toxiproxy import ToxiproxyServer
from chaos.wire.console.service import ServiceState
from chaos.wire.finesse import EnterpriseDatabaseConfig, SystemConfig

ROOT = Path(__file__).parents[2]
STOPPED_BY_SOMEBODY = "Distributor"
_DRIP_EVERY_S = 1.0


@dataclass(frozen=True)
class Look:
    """What a lab looks like. proxies: the server's own bytes."""

    proxies: bytes
    services: Mapping[str, tuple[tuple[str, str], ...]]
    config: tuple[SystemConfig, EnterpriseDatabaseConfig | None]

    def differs_from(self, other: "Look") -> list[str]:
        """In words; empty if it does not."""
        words = []
        if self.proxies != other.proxies:
            words.append(f"proxies are {self.proxies.decode()} instead of {other.proxies.decode()}")
        for host, wanted in other.services.items():
            words += [f"{host}: {line}" for line in set(self.services[host]) ^ set(wanted)]
        if self.config != other.config:
            words.append(f"settings are {self.config} instead of {other.config}")
        return words


class Gate:
    """The way to the proxy server's API. drips_until_s: up to then answers come a byte a second."""

    def __init__(self, host: str, port: int) -> None:
        self.drips_until_s = 0.0
        self._to = (host, port)
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    async def start(self, host: str) -> str:
        self._server = await asyncio.start_server(self._serve, host, 0)
        return f"http://{host}:{self._server.sockets[0].getsockname()[1]}"

    async def stop(self) -> None:
        if self._server is not None:
            self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        try:
            from_server, to_server = await asyncio.open_connection(*self._to)
            try:
                async with asyncio.TaskGroup() as ways:
                    ways.create_task(self._pass(reader, to_server, may_drip=False))
                    ways.create_task(self._pass(from_server, writer, may_drip=True))
            finally:
                to_server.close()
        except (OSError, ExceptionGroup, asyncio.CancelledError):
            pass  # a connection that broke
        finally:
            self._tasks.discard(task)
            writer.close()

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, may_drip: bool) -> None:
        while data := await reader.read(65536):
            while data and may_drip and now() < self.drips_until_s:
                writer.write(data[:1])
                data = data[1:]
                await asyncio.sleep(_DRIP_EVERY_S)
            writer.write(data)
            await writer.drain()
        writer.close()  # who has ended on one side has on the other; else each call of a victim would leave two sockets


class WatchedLab:
    """A running lab. env: what processes that use it need, with a state folder of its own."""

    def __init__(self, launched: Launched, server: ToxiproxyServer, gate: Gate, path: Path, env: Mapping[str, str]):
        self.inventory_path = path
        self.inventory: Inventory = load(path)
        self.env = env
        self.gate = gate
        self._mock = launched.deployment
        self._proxies = Toxiproxy(server.api_url)
        self._http = httpx.AsyncClient(base_url=server.api_url, trust_env=False, timeout=10.0)

    async def furnish(self) -> None:
        """Put things into it that are not ours: two proxies, one switched off, and a service somebody has stopped."""
        await self._proxies.create("somebodys", "127.0.0.1:0", "127.0.0.1:9")
        await self._http.post(
            "/proxies/somebodys/toxics", json={"type": "latency", "attributes": {"latency": 7, "jitter": 3}}
        )
        await self._proxies.create("somebodys-off", "127.0.0.1:0", "127.0.0.1:9", enabled=False)
        services = self._mock.consoles[self.inventory.aw_hosts()[1].host].services
        await services.stop(next(line.name for line in services.list() if line.name.endswith(STOPPED_BY_SOMEBODY)))

    async def look(self) -> Look:
        answer = await self._http.get("/proxies")
        services = {
            host: tuple((line.name, line.state.value) for line in console.services.list())
            for host, console in self._mock.consoles.items()
        }
        admin = self._mock.administration
        return Look(answer.content, services, (admin.system_config(), admin.enterprise_database_config()))

    async def until_at_rest(self, within_s: float) -> None:
        """Wait until no service starts or stops any more: whoever healed has seen that they run."""
        passing = {ServiceState.STARTING.value, ServiceState.STOPPING.value}
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(within_s):
                while self._states() & passing:  # noqa: ASYNC110 – the mock has no such event
                    await asyncio.sleep(0.05)

    def _states(self) -> set[str]:
        return {line.state.value for console in self._mock.consoles.values() for line in console.services.list()}

    def is_in_service(self) -> bool:
        return all(str(node.webapp.status.value) == "IN_SERVICE" for node in self._mock.nodes.values())

    async def until_in_service(self, within_s: float) -> None:
        """Wait until both nodes serve again."""
        nodes = self._mock.nodes.values()
        with contextlib.suppress(TimeoutError):
            await asyncio.gather(*(node.until_in_service(within_s) for node in nodes))

    async def close(self) -> None:
        await self._http.aclose()


class Talk:
    """Makes the nodes' consoles say what is no state, as they do while somebody broadcasts (case k1)."""

    until_s = 0.0

    @classmethod
    @contextlib.contextmanager
    def taught(cls) -> Iterator[None]:
        """Meanwhile every console of this process listens to `until_s`."""
        silent = vos._Cli._carry_out

        async def carry_out(cli: Any, line: str) -> None:
            if now() < cls.until_s and line.startswith("utils service"):
                cli._say("", "Broadcast message from admin@fin-a (pts/0):", "", "maintenance at noon", "")
                cli._say("Executed command unsuccessfully", "")
                return
            await silent(cli, line)

        with mock.patch.object(vos._Cli, "_carry_out", carry_out):
            yield


@contextlib.asynccontextmanager
async def watched_lab(folder: Path, environ: Mapping[str, str]) -> AsyncIterator[WatchedLab]:
    """Start one in that folder, with a Tomcat that starts fast, and stop it at the end."""
    block = f"127.{200 + secrets.randbelow(50)}.{secrets.randbelow(256)}"
    launched = await launch(
        load(ROOT / "inventories" / "mock.yaml"), folder=folder, block=block, tomcat_start_s=0.3, fast=True
    )
    host = launched.inventory.publisher.dial
    server = ToxiproxyServer(host=host, port=0)
    await server.start()
    gate = Gate(host, int(server.api_url.rpartition(":")[2]))
    lab: WatchedLab | None = None
    try:
        api_url = await gate.start(host)
        proxies = Toxiproxy(server.api_url)
        for name, link in launched.inventory.links.items():
            assert link.listen
            assert link.upstream
            await proxies.create(name, link.listen, link.upstream)
        path = folder / "inventory.yaml"
        path.write_text(dump(as_live(launched.inventory, api_url, folder)), encoding="utf-8")
        env = {**environ, OVERRIDE: str(folder / "state")}
        lab = WatchedLab(launched, server, gate, path, env)
        await lab.furnish()
        await lab.until_in_service(60.0)
        yield lab
    finally:
        if lab is not None:
            await lab.close()
        await gate.stop()
        await launched.stop()
        await server.stop()
