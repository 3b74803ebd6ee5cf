"""The lab of the kills, seen from outside: a `mock up` in its own process, and whether it is as it was found."""

import asyncio
import contextlib
import secrets
import sys
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import httpx

from chaos.clock import now
from chaos.inventory import Inventory, load
from chaos.safety.places import OVERRIDE
from chaos.undo.hands import OwnHands
from chaos.wire.finesse import SystemConfig

_UP_WITHIN_S = 60.0
_IN_SERVICE_WITHIN_S = 60.0
STOPPED_BY_SOMEBODY = "Cisco ICM * Distributor"


@dataclass(frozen=True)
class Look:
    """What a lab looks like from outside. proxies: the server's own bytes."""

    proxies: bytes
    services: Mapping[str, tuple[tuple[str, str], ...]]
    config: SystemConfig | None

    def differs_from(self, other: "Look") -> list[str]:
        """In words; empty if it does not."""
        words = []
        if self.proxies != other.proxies:
            words.append(f"proxies are {self.proxies.decode()} instead of {other.proxies.decode()}")
        for host, wanted in other.services.items():
            words += [f"{host}: {line}" for line in set(self.services[host]) ^ set(wanted)]
        if self.config != other.config:
            words.append(f"SystemConfig is {self.config} instead of {other.config}")
        return words


class WatchedLab:
    """A running `mock up`. env: what processes that use it need, with a state folder of its own."""

    def __init__(self, inventory_path: Path, inventory: Inventory, env: Mapping[str, str]) -> None:
        self.inventory_path = inventory_path
        self.inventory = inventory
        self.env = env
        self.api_url = next(str(server.api) for server in inventory.proxies.values())
        self._hands = OwnHands(inventory, env)
        self._http = httpx.AsyncClient(base_url=self.api_url, trust_env=False, timeout=10.0)

    async def furnish(self) -> None:
        """Put things into it that are not ours: two proxies, one switched off, and a service somebody has stopped."""
        proxies = self._hands.proxies(self.api_url)
        await proxies.create("somebodys", "127.0.0.1:0", "127.0.0.1:9")
        await self._http.post(
            "/proxies/somebodys/toxics", json={"type": "latency", "attributes": {"latency": 7, "jitter": 3}}
        )
        await proxies.create("somebodys-off", "127.0.0.1:0", "127.0.0.1:9", enabled=False)
        await self._hands.console(self.inventory.aw_hosts()[1].host).stop(STOPPED_BY_SOMEBODY)
        await self.config()

    async def look(self) -> Look:
        answer = await self._http.get("/proxies")
        consoles = {host.host: self._hands.console(host.host) for _, host in self.inventory.hosts() if host.ssh}
        listed = await asyncio.gather(*(console.services() for console in consoles.values()))
        services = {
            host: tuple((line.name, line.state.value) for line in lines)
            for host, lines in zip(consoles, listed, strict=True)
        }
        return Look(answer.content, services, await self.config())

    async def config(self) -> SystemConfig | None:
        """Finesse's settings, as soon as its node is in service again; None if that takes too long."""
        until_s = now() + _IN_SERVICE_WITHIN_S
        while now() < until_s:
            answer = await self._hands.admin().get("SystemConfig", "SystemConfig")
            if isinstance(answer.document, SystemConfig):
                return answer.document
            await asyncio.sleep(0.2)
        return None

    async def close(self) -> None:
        await self._hands.close()
        await self._http.aclose()


@contextlib.asynccontextmanager
async def mock_up(folder: Path, environ: Mapping[str, str]) -> AsyncIterator[WatchedLab]:
    """Start one, with a Tomcat that starts fast, and stop it at the end."""
    block = f"127.{200 + secrets.randbelow(50)}.{secrets.randbelow(256)}"
    arguments = ["mock", "up", "--folder", str(folder / "mock"), "--block", block]
    arguments += ["--tomcat-start", "0.3", "--fast"]
    env = {**environ, OVERRIDE: str(folder / "state")}
    with (folder / "mock.out").open("wb") as output:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "chaos", *arguments, stdout=output, stderr=output, env=env
        )
    try:
        inventory_path = folder / "mock" / "inventory.yaml"
        async with asyncio.timeout(_UP_WITHIN_S):
            while b"Ctrl-C stops it" not in (folder / "mock.out").read_bytes():
                assert process.returncode is None, (folder / "mock.out").read_text()
                await asyncio.sleep(0.1)
        lab = WatchedLab(inventory_path, load(inventory_path), env)
        try:
            await lab.furnish()
            yield lab
        finally:
            await lab.close()
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()
