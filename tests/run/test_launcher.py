"""The launcher: where a mock's hosts are put, what is filled in, and that a start that fails leaves nothing."""

import asyncio
import contextlib
import socket
from pathlib import Path

import pytest

from chaos import clock
from chaos.clients.events import EventStream
from chaos.clients.tls import client_context
from chaos.errors import UsageError
from chaos.inventory import Transport, load, resolved
from chaos.run import places
from chaos.run.launcher import Launched, MockNotStarted, breaks_named, launch
from chaos.run.places import Places
from chaos.wire.xmpp import STREAMS

MOCK = load(Path(__file__).parents[2] / "inventories" / "mock.yaml")


def _launched(*, virtual: bool = True) -> tuple[Launched, bool]:
    """A mock that was started and stopped, and whether its folder was there meanwhile."""

    async def main() -> tuple[Launched, bool]:
        launched = await launch(MOCK)
        was_there = (launched.folder / "ca.pem").is_file()
        await launched.stop()
        await launched.stop()
        return launched, was_there

    return clock.run(main(), virtual=virtual)


def test_each_host_has_an_address_of_its_own_and_the_documented_ports() -> None:
    launched, was_there = _launched()
    inventory = launched.inventory
    addresses = [host.address for _, host in inventory.hosts()]
    assert len(set(addresses)) == len(addresses)
    assert None not in addresses
    assert {node.https_port for node in inventory.finesse_nodes()} == {8445}
    assert {node.xmpp_port for node in inventory.finesse_nodes()} == {5223}
    assert [server.port for server in inventory.cti_servers()] == [42027, 43027]
    assert inventory.links["cti-a"].upstream == f"{inventory.cti.a.address}:42027"
    assert inventory.links["cti-a"].listen != inventory.links["cti-a"].upstream
    assert was_there
    assert not launched.folder.exists(), "a folder of its own goes with it"


@pytest.mark.parametrize(
    ("release", "said", "insecure"),
    [
        ("12.0(1)", None, True),
        ("12.5(1)", None, False),
        ("12.6(2)", None, False),
        ("12.6(2)", True, True),
        ("11.6(1)", False, False),
    ],
)
def test_a_node_has_its_documented_doors_and_the_insecure_ones_as_its_release_or_the_inventory_says(
    release: str, said: bool | None, insecure: bool
) -> None:
    asked = resolved(MOCK, {"release": release, "mock": {"variants": {"insecure_xmpp": said}}})

    async def main() -> None:
        launched = await launch(asked)
        try:
            for node in launched.inventory.finesse_nodes():
                for port in (5222, 5223, 7443, 8445):
                    assert await _listens(node.dial, port), port
                assert await _listens(node.dial, 7071) == insecure
                offered = await _offered(node.dial, 5222)
                assert b"<starttls " in offered
                assert (b"PLAIN" in offered) == insecure
        finally:
            await launched.stop()

    clock.run(main(), virtual=True)


async def _listens(address: str, port: int) -> bool:
    try:
        _, writer = await asyncio.open_connection(address, port)
    except ConnectionRefusedError:
        return False
    writer.close()
    await writer.wait_closed()
    return True


async def _offered(address: str, port: int) -> bytes:
    """The features of a stream in the clear."""
    reader, writer = await asyncio.open_connection(address, port)
    writer.write(b"<stream:stream to='x' version='1.0' xmlns='jabber:client' xmlns:stream='%s'>" % STREAMS.encode())
    async with asyncio.timeout(10):
        offered = await reader.readuntil(b"</stream:features>")
    writer.close()
    await writer.wait_closed()
    return offered


@pytest.mark.parametrize("transport", ["bosh", "websocket"])
def test_events_are_heard_on_tomcats_port_where_the_inventory_says_so(transport: Transport) -> None:
    nodes = {f"{role}.web_port": 8445 for role in ("publisher", "subscriber")}
    asked = resolved(MOCK.model_copy(update={"links": {}}), {"transport": transport, **nodes})

    async def main() -> None:
        launched = await launch(asked)
        try:
            (node, _), agent = launched.inventory.finesse_nodes(), launched.inventory.agents[0]
            assert launched.inventory.events_port(node) == 8445
            await launched.deployment.nodes[node.host].until_in_service()
            stream = EventStream(
                node, agent, agent.password.reveal({}), node.host, lambda: None,
                tls=client_context(launched.inventory), timeout_s=10.0, transport=transport,
            )  # fmt: skip
            assert await stream.open()
            await stream.close()
        finally:
            await launched.stop()

    clock.run(main(), virtual=True)


def test_on_the_virtual_clock_a_mock_is_at_the_same_addresses_every_time_and_two_do_not_meet() -> None:
    async def main() -> list[dict[str, object]]:
        launched = await launch(MOCK)
        try:
            second = await asyncio.to_thread(_launched)
        finally:
            await launched.stop()
        return [one.inventory.model_dump(include={"publisher", "cti", "links"}) for one in (launched, second[0])]

    first, second = clock.run(main(), virtual=True)
    keys = first["publisher"].pop("ssh"), second["publisher"].pop("ssh")  # type: ignore[attr-defined]
    assert {key["port"] for key in keys} == {22}
    assert first["publisher"] == second["publisher"]
    assert first["links"] == second["links"]


def test_one_address_for_all_gets_free_ports(monkeypatch: pytest.MonkeyPatch) -> None:
    """As on a machine that has 127.0.0.1 only."""
    monkeypatch.setattr(places, "_free_block", lambda: None)
    launched, _ = _launched(virtual=False)
    inventory = launched.inventory
    assert {host.address for _, host in inventory.hosts()} == {"127.0.0.1"}
    ports = [node.https_port for node in inventory.finesse_nodes()] + [one.port for one in inventory.cti_servers()]
    assert len(set(ports)) == 4


@pytest.mark.parametrize(("stolen", "starts"), [(1, True), (4, True), (5, False)])
def test_a_port_that_was_free_and_is_taken_before_its_server_listens_is_another_one(
    stolen: int, starts: bool, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Another program is given it by the kernel in between, so many times."""
    monkeypatch.setattr(places, "_free_block", lambda: None)
    find, taken = places._free_port, [socket.create_server(("127.0.0.1", 0)) for _ in range(stolen)]
    ports = iter([server.getsockname()[1] for server in taken])
    first: list[Places] = []

    def free_or_stolen(given: Places, address: str) -> int:
        if given not in first:  # the first port of each try
            first.append(given)
            return next(ports, None) or find(address)
        return find(address)

    monkeypatch.setattr(Places, "_free_port", free_or_stolen)

    async def main() -> None:
        with contextlib.nullcontext() if starts else pytest.raises(MockNotStarted, match="is another one running"):
            await (await launch(MOCK, folder=tmp_path)).stop()

    try:
        clock.run(main(), virtual=False)
    finally:
        for server in taken:
            server.close()
    # One more if somebody else on this machine takes a port just then, as the product must bear, too.
    assert min(stolen + 1, 5) <= len(first) <= 5


def test_an_unknown_defect_is_answered_with_what_was_meant() -> None:
    with pytest.raises(UsageError, match=r"no defect 'gap-501' \(did you mean gap-500"):
        breaks_named(["gap-500", "gap-501"])


def test_a_port_that_is_taken_is_told_and_nothing_is_left(tmp_path: Path) -> None:
    async def main() -> None:
        before = asyncio.all_tasks()
        told = pytest.raises(MockNotStarted, match=r"is another one running there\?")
        with socket.create_server(("127.9.10.1", 8445)), told:
            await launch(MOCK, block="127.9.10", folder=tmp_path)
        for _ in range(5):
            await asyncio.sleep(0)
        assert asyncio.all_tasks() == before
        launched = await launch(MOCK, block="127.9.10", folder=tmp_path)
        await launched.stop()

    clock.run(main(), virtual=True)
    assert tmp_path.is_dir(), "a folder that was given stays"


async def _cut_after(turns: int, folder: Path) -> bool:
    """Start a mock, cancel that after so many turns of the loop, start it again; whether it was up already."""
    before = asyncio.all_tasks()
    starting = asyncio.ensure_future(launch(MOCK, block="127.9.11", folder=folder))
    for _ in range(turns):
        await asyncio.sleep(0)
    was_up = starting.done()
    starting.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await (await starting).stop()
    for _ in range(5):
        await asyncio.sleep(0)
    assert asyncio.all_tasks() == before
    again = await launch(MOCK, block="127.9.11", folder=folder)
    await again.stop()
    return was_up


def test_a_start_that_is_cancelled_leaves_nothing_whichever_step_it_was_in(tmp_path: Path) -> None:
    """Every turn of the loop is one place to be cancelled in: each server was once left listening in its last step."""
    turns = 1
    while not clock.run(_cut_after(turns, tmp_path), virtual=True):
        turns += 1
    assert turns > 20
