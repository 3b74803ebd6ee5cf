"""Each fault of a CTI link on a whole lab: it bites, proves it, and is undone, twice and after half an inject."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace

import pytest

from chaos.clients.toxiproxy import Toxic
from chaos.clock import now
from chaos.errors import InjectFailed, Unfit
from chaos.experiment.player import _linger
from chaos.experiment.steady import brought_about
from chaos.faults.base import Fault, Field
from chaos.faults.broken_sessions import BrokenSessions
from chaos.faults.cut_link import CutLink
from chaos.faults.injection import injected
from chaos.faults.link import LINGER
from chaos.faults.noop import NothingHappens
from chaos.faults.refused_sessions import RefusedSessions
from chaos.faults.silent_link import SilentLink
from chaos.faults.slow_link import SlowLink
from chaos.faults.withheld_heartbeats import WithheldHeartbeats
from chaos.journal import CtiSeen, CtiStep, FaultSeen, Journal
from tests.experiment.labs import OpenLab, in_lab

FAULTS = [
    BrokenSessions("a"),
    BrokenSessions("a", reset=False),
    CutLink("a"),
    SilentLink("a"),
    WithheldHeartbeats("a", "xxx"),
    WithheldHeartbeats("a", "x.x"),
    SlowLink("a"),
]
NAMES = [fault.name for fault in FAULTS]


async def _ready(on: OpenLab, fault: Fault | None = None) -> tuple[Journal, Field]:
    """A steady lab, with a journal that knows the sessions that stand."""
    if isinstance(fault, BrokenSessions) and not fault.reset:
        await _linger(on.lab, False)
    assert await brought_about(on.lab, on.journal(), "before", within_s=300.0)
    journal = on.journal()
    for link in on.lab.links.values():
        for session in link.relay.sessions():
            journal.record(
                CtiSeen(side=link.side, connection=session.connection, step=CtiStep.STANDING, client=session.client)
            )
    return journal, on.field(journal)


def _phases(journal: Journal, fault: Fault) -> list[str]:
    return [seen.phase.value for seen in journal.timeline().of(FaultSeen, lambda seen: seen.fault == fault.name)]


async def _heals(on: OpenLab) -> None:
    """The link is as it was: no toxic of a fault is left, and Finesse finds back to side A."""
    link = on.lab.links["cti-a"]
    state = await link.proxies.proxy(link.name)
    assert state is not None
    assert state.enabled
    assert [toxic.name for toxic in state.toxics] == [LINGER.name]
    assert await link.probe(5000, 24) == "HeartbeatConf"
    assert await brought_about(on.lab, on.journal(), "after", within_s=300.0)


@pytest.mark.parametrize("fault", FAULTS, ids=NAMES)
def test_it_bites_is_proven_and_lifts(fault: Fault) -> None:
    async def story(on: OpenLab) -> None:
        journal, field = await _ready(on, fault)
        async with injected(fault, field) as under_way:
            assert await under_way.bite() is not None
        await _linger(on.lab, True)
        whole = ["injecting", "injected", "bitten", "held", "rolling-back", "rolled-back", "lifted"]
        assert _phases(journal, fault) == whole
        await _heals(on)

    in_lab(story)


@pytest.mark.parametrize("fault", FAULTS, ids=NAMES)
def test_it_can_be_rolled_back_twice_and_without_having_been_injected(fault: Fault) -> None:
    async def story(on: OpenLab) -> None:
        _, field = await _ready(on)
        await fault.rollback(field)
        assert on.nodes_at("cti-a") == 2, "a rollback of nothing breaks nothing"
        await fault.inject(field)
        await fault.rollback(field)
        await fault.rollback(field)
        await _heals(on)

    in_lab(story)


@pytest.mark.parametrize("turns", [0, 1, 2, 3, 5, 8, 13, 40])
@pytest.mark.parametrize("fault", [SilentLink("a"), CutLink("a")], ids=["silent", "cut"])
def test_an_inject_that_is_cancelled_half_way_is_undone_for_good(fault: Fault, turns: int) -> None:
    """A call that was under way when it was cancelled must not be carried out after its rollback."""

    async def story(on: OpenLab) -> None:
        _, field = await _ready(on)
        injecting = asyncio.ensure_future(fault.inject(field))
        for _ in range(turns):
            await asyncio.sleep(0)
        injecting.cancel()
        await asyncio.gather(injecting, return_exceptions=True)
        await fault.rollback(field)
        await asyncio.sleep(5.0)
        await _heals(on)

    in_lab(story)


def test_refusing_bites_when_somebody_tries_and_counts_for_each_node() -> None:
    fault = RefusedSessions("b", times=2)

    async def story(on: OpenLab) -> None:
        journal, field = await _ready(on)
        async with injected(fault, field) as refusing, injected(CutLink("a"), field) as cut:
            assert refusing.fault.lies_in_wait
            assert await cut.bite() is not None
            assert await refusing.bite() is not None
            await on.until_nodes_at("cti-b", 2)
        refused = journal.timeline().of(CtiSeen, lambda seen: seen.step is CtiStep.REFUSED and not seen.is_ours)
        counted = {client: sum(seen.client == client for seen in refused) for client in {s.client for s in refused}}
        assert counted == {"fin-a.mock.test": 2, "fin-b.mock.test": 2}
        await _heals(on)

    in_lab(story)


def test_refusing_that_nobody_ran_into_has_not_bitten() -> None:
    fault = RefusedSessions("b")

    async def story(on: OpenLab) -> None:
        journal, field = await _ready(on)
        async with injected(fault, field) as refusing:
            assert await refusing.bite() is None
        assert "not-bitten" in _phases(journal, fault)
        assert "lifted" in _phases(journal, fault)

    in_lab(story)


@pytest.mark.parametrize(
    ("fault", "noticed_s"),
    [(BrokenSessions("a"), (0.0, 1.0)), (SilentLink("a"), (12.0, 20.0)), (WithheldHeartbeats("a"), (12.0, 20.0))],
    ids=["reset", "silent", "withheld"],
)
def test_finesse_notices_it_as_soon_as_it_should(fault: Fault, noticed_s: tuple[float, float]) -> None:
    async def story(on: OpenLab) -> None:
        _, field = await _ready(on)
        from_s = now()
        async with injected(fault, field):
            await on.until_nodes_at("cti-b", 2)
            took_s = now() - from_s
        assert noticed_s[0] <= took_s <= noticed_s[1], took_s

    in_lab(story)


def test_two_withheld_heartbeats_break_no_session() -> None:
    async def story(on: OpenLab) -> None:
        journal, field = await _ready(on)
        async with injected(WithheldHeartbeats("a", "xx"), field) as under_way:
            assert await under_way.bite() is not None
            await asyncio.sleep(30.0)
        withheld = journal.timeline().of(
            CtiSeen, lambda seen: seen.step is CtiStep.HEARTBEAT_WITHHELD and not seen.is_ours
        )
        assert len(withheld) == 4, "two for each node"
        assert on.nodes_at("cti-a") == 2

    in_lab(story)


def test_injectors_that_are_left_out_break_nothing() -> None:
    fault = CutLink("a")

    async def story(on: OpenLab) -> None:
        journal, field = await _ready(on)
        async with injected(fault, replace(field, faults_do_nothing=True)) as idle:
            assert await idle.bite() is None
        assert "not-bitten" in _phases(journal, fault)
        assert on.nodes_at("cti-a") == 2

    in_lab(story)


def test_a_fault_that_the_lab_cannot_host_is_not_injected() -> None:
    fault = CutLink("a")

    async def story(on: OpenLab) -> None:
        journal, field = await _ready(on)
        bare = replace(field, inventory=field.inventory.model_copy(update={"links": {}}))
        with pytest.raises(Unfit, match="no link cti-a"):
            async with injected(fault, bare):
                pass
        assert not _phases(journal, fault)
        assert on.nodes_at("cti-a") == 2

    in_lab(story)


def test_a_proxy_that_does_not_answer_makes_the_inject_fail_with_its_address() -> None:
    fault = SilentLink("a")

    async def story(on: OpenLab) -> None:
        journal, field = await _ready(on)
        link = on.lab.links["cti-a"]
        await link.proxies.add_toxic(
            link.name, Toxic("timeout", "upstream", "finesse-chaos-silence-upstream", 1.0, {"timeout": 0})
        )
        with pytest.raises(InjectFailed, match="a-link-silent could not be injected"):
            async with injected(fault, field):
                pass
        assert "failed" in _phases(journal, fault)
        await _heals(on)

    in_lab(story)


def test_the_no_op_fault_never_bites() -> None:
    async def story(on: OpenLab) -> None:
        journal, field = await _ready(on)
        async with injected(NothingHappens(), field) as idle:
            assert await idle.bite() is None
        assert _phases(journal, NothingHappens())[-1] == "lifted"

    in_lab(story)


@pytest.mark.parametrize("turns", range(8))
def test_a_connection_that_arrives_while_a_link_is_cut_is_not_lost(turns: int) -> None:
    """A socket that the loop has accepted, of a proxy that closes in that moment, is closed too."""
    in_lab(_arriving(turns))


def _arriving(turns: int) -> Callable[[OpenLab], Awaitable[None]]:
    async def story(on: OpenLab) -> None:
        link = on.lab.links["cti-a"]
        host, _, port = link.listen.rpartition(":")
        # The embedded server itself, without the thread and the HTTP call that would come between.
        proxy = on.lab._placed.servers[0].registry.get("cti-a")
        connecting = asyncio.ensure_future(asyncio.open_connection(host, int(port)))
        for _ in range(turns):
            await asyncio.sleep(0)
        await proxy.stop()
        done, _ = await asyncio.wait({connecting}, timeout=10.0)
        assert done
        if connecting.exception() is None:
            reader, writer = connecting.result()
            async with asyncio.timeout(10.0):
                try:
                    assert await reader.read() == b""
                except ConnectionResetError:
                    pass
                finally:
                    writer.close()

    return story
