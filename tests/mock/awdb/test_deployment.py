"""The whole deployment as launched: AW hosts, consoles on Windows hosts, and what really stops there."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from chaos import clock
from chaos.clients.console import WindowsConsole
from chaos.clients.console.errors import ActionRefused
from chaos.clients.tls import client_context
from chaos.inventory import Host, Inventory, load
from chaos.mock.cti_server import CtiServer
from chaos.mock.cti_server.options import Role
from chaos.mock.cti_server.pair import Variant
from chaos.mock.service import ServiceState
from chaos.run.launcher import Launched, launch
from chaos.wire.console.service import ServiceState as Shown

LAB = """
name: mock
deployment: mock
release: 12.6(2)
publisher: {{host: fin-a.mock.test}}
subscriber: {{host: fin-b.mock.test}}
cti: {{a: {{host: pg-a.mock.test}}, b: {{host: pg-b.mock.test}}}}
{awdb}
proxies: {{local: {{}}}}
links: {links}
admin: {{user: administrator, password: mock-admin}}
agents:
  - {{id: 1001001, login: anna, password: mock-anna, extension: 2001}}
  - {{id: 1001002, login: bert, password: mock-bert, extension: 2002, supervisor: true}}
mock: {{cti_variant: {variant}}}
"""
AWDB = "awdb: {primary: {host: aw-a.mock.test}, secondary: {host: aw-b.mock.test}}"


def inventory(folder: Path, *, awdb: str = AWDB, links: str = "{}", variant: str = "both-accept") -> Inventory:
    path = folder / "lab.yaml"
    path.write_text(LAB.format(awdb=awdb, links=links, variant=variant), encoding="utf-8")
    return load(path)


@asynccontextmanager
async def launched(folder: Path, **differences: str) -> AsyncIterator[Launched]:
    made = await launch(inventory(folder, **differences))
    try:
        await asyncio.gather(*(node.until_in_service() for node in made.deployment.nodes.values()))
        yield made
    finally:
        await made.stop()


@asynccontextmanager
async def console(host: Host) -> AsyncIterator[WindowsConsole]:
    assert host.ssh is not None
    assert host.ssh.password is not None
    key = host.ssh.host_key or ""
    made = WindowsConsole(host.dial, host.ssh.port, host.ssh.user, host.ssh.password.reveal({}), key, host=host.host)
    async with made:
        yield made


async def status(made: Launched, user: str = "1001001", password: str = "mock-anna") -> int:
    node = made.inventory.publisher
    async with httpx.AsyncClient(
        base_url=f"https://{node.dial}:{node.https_port}/finesse/api/",
        auth=(user, password),
        headers={"Host": f"{node.host}:{node.https_port}"},
        verify=client_context(made.inventory),
        timeout=60.0,
    ) as client:
        answer = await client.get(f"User/{user}", extensions={"sni_hostname": node.host})
    return answer.status_code


def play(scene: Callable[[], Coroutine[Any, Any, None]]) -> None:
    clock.run(scene(), virtual=True)


def test_everything_about_the_aw_hosts_is_filled_into_the_inventory(tmp_path: Path) -> None:
    async def scene() -> None:
        links = "{awdb-a: {proxy: local}, awdb-b: {proxy: local}}"
        made = await launch(inventory(tmp_path, links=links))
        filled = made.inventory
        assert filled.awdb is not None
        assert filled.awdb.database == "ucce_awdb"
        settings = made.deployment.administration.database
        assert settings is not None
        for name, host, at in zip(
            ("awdb-a", "awdb-b"), filled.aw_hosts(), (settings.primary, settings.secondary), strict=True
        ):
            link = filled.links[name]  # type: ignore[index]
            assert link.upstream == f"{host.address}:{host.port}"
            assert at is not None
            assert link.listen == f"{at.host}:{at.port}"
            assert at.host != host.address
        for windows in (*filled.aw_hosts(), *filled.cti_servers()):
            assert windows.ssh is not None
            assert (windows.ssh.kind, windows.ssh.instance) == ("windows", "ucce")
        assert settings.secondary is not None
        assert settings.primary != settings.secondary
        await made.stop()

    play(scene)


def test_the_instance_follows_the_name_of_the_database(tmp_path: Path) -> None:
    async def scene() -> None:
        made = await launch(inventory(tmp_path, awdb=AWDB.replace("{primary", "{database: acme_awdb, primary")))
        assert made.deployment.blueprint.instance == "acme"
        assert "Cisco ICM acme Distributor" in made.deployment.aw_hosts["aw-b.mock.test"].services
        await made.stop()

    play(scene)


@pytest.mark.parametrize("awdb", ["", "awdb: {primary: {host: aw-a.mock.test}}"])
def test_a_lab_with_fewer_databases_works_too(tmp_path: Path, awdb: str) -> None:
    async def scene() -> None:
        async with launched(tmp_path, awdb=awdb) as made:
            assert await status(made) == 200
            assert await status(made, "1001002", "guess") == 401

    play(scene)


def test_the_console_of_an_aw_host_really_stops_and_starts_its_services(tmp_path: Path) -> None:
    async def scene() -> None:
        async with launched(tmp_path) as made, console(made.inventory.aw_hosts()[0]) as windows:
            names = {line.name for line in await windows.services()}
            assert {"MSSQLSERVER", "Cisco ICM ucce Distributor", "Cisco ICM Diagnostic Framework"} <= names
            host = made.deployment.aw_hosts["aw-a.mock.test"]
            assert await status(made) == 200

            began_s = clock.now()
            await windows.stop("Cisco ICM * Distributor")
            assert clock.now() - began_s >= 3.0
            assert host.distributor.state is ServiceState.STOPPED
            assert host.database.clients == 1

            assert [line.name for line in await windows.dependents("MSSQLSERVER")] == ["SQLSERVERAGENT"]
            with pytest.raises(ActionRefused, match="error 1051"):
                await windows.stop("MSSQLSERVER")
            await windows.stop("SQLSERVERAGENT")
            await windows.stop("MSSQLSERVER")
            assert host.database.state is ServiceState.STOPPED
            with pytest.raises(ConnectionRefusedError):
                await asyncio.open_connection(host.database.host, host.database.port)
            assert await status(made, "1001002", "mock-bert") == 200
            assert len(made.deployment.aw_hosts["aw-b.mock.test"].database.asked) == 1

            began_s = clock.now()
            await windows.start("SQLSERVERAGENT")  # Windows starts what it needs before it
            assert (await windows.service("MSSQLSERVER")).state is Shown.STARTED
            await windows.start("Cisco ICM * Distributor")
            assert clock.now() - began_s >= 10.0
            assert {line.state for line in await windows.services()} == {Shown.STARTED}

    play(scene)


def test_the_console_of_a_pg_host_really_stops_the_cti_server_and_its_gateway(tmp_path: Path) -> None:
    async def scene() -> None:
        async with launched(tmp_path) as made, console(made.inventory.cti.a) as windows:
            server, other = made.deployment.pair.a, made.deployment.pair.b
            assert len(server.sessions) == 2
            await windows.stop("Cisco ICM * CG1A")
            assert server.state is ServiceState.STOPPED
            await two_sessions(other)
            await windows.start("Cisco ICM * CG1A")
            assert server.is_listening

            await windows.stop("Cisco ICM * PG1A")
            assert (server.state, server.role, server.is_listening) == (ServiceState.STARTED, Role.STANDBY, False)
            await windows.stop("Cisco ICM * CG1A")
            await windows.start("Cisco ICM * CG1A")
            assert server.role is Role.STANDBY
            await windows.start("Cisco ICM * PG1A")
            assert (server.role, server.is_listening) == (Role.ACTIVE, True)

    play(scene)


def test_the_other_side_becomes_active_when_the_gateway_of_the_active_one_stops(tmp_path: Path) -> None:
    async def scene() -> None:
        async with launched(tmp_path, variant="active-standby") as made, console(made.inventory.cti.a) as windows:
            pair = made.deployment.pair
            assert pair.variant is Variant.ACTIVE_STANDBY
            assert pair.active is pair.a
            await windows.stop("Cisco ICM * PG1A")
            await two_sessions(pair.b)
            assert pair.active is pair.b
            await windows.start("Cisco ICM * PG1A")
            assert pair.a.role is Role.STANDBY
            await made.deployment.gateways[1].die()
            await two_sessions(pair.a)
            assert pair.active is pair.a

    play(scene)


async def two_sessions(server: CtiServer) -> None:
    """Wait until both nodes have their session there."""
    came = asyncio.Event()

    def look() -> None:
        if len(server.sessions) == 2:
            came.set()

    server.watchers.append(look)
    look()
    async with asyncio.timeout(120):
        await came.wait()
    server.watchers.remove(look)
