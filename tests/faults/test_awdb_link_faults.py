"""Each fault of an AWDB link on a whole lab: it bites, proves it, is what Finesse meets, and is undone."""

import asyncio
from dataclasses import replace

import pytest

from chaos.faults.base import Field
from chaos.faults.cut_awdb_link import CutAwdbLink
from chaos.faults.injection import injected
from chaos.faults.link_fault import AwdbLinkFault, open_awdb_connections
from chaos.faults.refused_awdb import RefusedAwdb
from chaos.faults.silent_awdb_link import SilentAwdbLink
from chaos.faults.slow_awdb_link import SlowAwdbLink
from chaos.inventory import load
from chaos.journal import AwdbSeen, AwdbStep, FaultSeen, Journal, LinkProbed, ProbeLeft, Timeline
from tests.experiment.labs import MOCK, OpenLab, in_lab

FAULTS: list[AwdbLinkFault] = [
    CutAwdbLink("a"),
    RefusedAwdb("a"),
    SilentAwdbLink("a"),
    SlowAwdbLink("a", 2.0),
    CutAwdbLink("b"),
]
NAMES = [fault.name for fault in FAULTS]
WHOLE = ["injecting", "injected", "bitten", "held", "rolling-back", "rolled-back", "lifted"]


def ready(on: OpenLab) -> tuple[Journal, Field]:
    journal = on.journal()
    return journal, replace(on.field(journal), awdb=on.lab.awdb)


def phases(journal: Journal, fault: AwdbLinkFault) -> list[str]:
    return [seen.phase.value for seen in journal.timeline().of(FaultSeen, lambda seen: seen.fault == fault.name)]


async def is_clean(on: OpenLab, fault: AwdbLinkFault) -> None:
    """The link is as it was found: enabled, without a toxic, and open up to the AWDB."""
    link = on.lab.awdb[fault.link]
    state = await link.proxies.proxy(link.name)
    assert state is not None
    assert (state.enabled, state.toxics) == (True, ())
    assert not link.relay.refuses
    assert await link.probe() == "open"


@pytest.mark.parametrize("fault", FAULTS, ids=NAMES)
def test_it_bites_is_proven_and_lifts(fault: AwdbLinkFault) -> None:
    async def story(on: OpenLab) -> None:
        journal, field = ready(on)
        async with injected(fault, field) as under_way:
            assert await under_way.bite() is not None
        assert phases(journal, fault) == WHOLE
        await is_clean(on, fault)

    in_lab(story)


def test_each_can_be_rolled_back_twice_and_without_having_been_injected() -> None:
    async def story(on: OpenLab) -> None:
        _, field = ready(on)
        for fault in FAULTS:
            await fault.rollback(field)
            await is_clean(on, fault)
            await fault.inject(field)
            await fault.rollback(field)
            await fault.rollback(field)
            await is_clean(on, fault)

    in_lab(story)


def test_without_its_injection_none_is_proven() -> None:
    async def story(on: OpenLab) -> None:
        journal, field = ready(on)
        for fault in FAULTS:
            async with injected(fault, replace(field, faults_do_nothing=True)) as under_way:
                assert await under_way.bite() is None
            assert "bitten" not in phases(journal, fault)

    in_lab(story)


@pytest.mark.parametrize(
    ("fault", "outcome"), [(FAULTS[0], "refused"), (FAULTS[1], "reset"), (FAULTS[2], "silence"), (FAULTS[3], "open")]
)
def test_a_probe_meets_what_finesse_would_meet(fault: AwdbLinkFault, outcome: str) -> None:
    async def story(on: OpenLab) -> None:
        journal, field = ready(on)
        async with injected(fault, field) as under_way:
            await under_way.bite()
            await on.lab.awdb["awdb-a"].looked_at(journal)
            assert await on.lab.awdb["awdb-b"].probe() == "open", "the other link is left alone"
        probes = journal.timeline().of(LinkProbed)
        assert probes[1].outcome == outcome
        assert (probes[1].took_s > 1.9) is (fault in (FAULTS[2], FAULTS[3]))
        assert probes[-1].outcome == "open"

    in_lab(story)


def test_a_probe_that_is_broken_off_is_told_so_that_its_connection_is_known_to_be_ours() -> None:
    async def story(on: OpenLab) -> None:
        journal, field = ready(on)
        async with injected(SilentAwdbLink("a"), field) as under_way:
            assert await under_way.bite() is not None
            began_s = journal.now_s()
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(1.0):
                    await on.lab.awdb["awdb-a"].looked_at(journal)
        (left,) = journal.timeline().of(ProbeLeft)
        assert left.link == "awdb-a"
        assert left.at_s == pytest.approx(began_s + 1.0, abs=0.01)
        assert left.took_s == pytest.approx(1.0, abs=0.01)
        assert not journal.timeline().of(LinkProbed, lambda seen: seen.at_s == left.at_s), "nothing came of it"

    in_lab(story)


def test_connections_that_stood_are_broken_before_a_cut_has_bitten() -> None:
    async def story(on: OpenLab) -> None:
        journal, field = ready(on)
        assert (await on.lab.agents[0].user()).status == 200  # makes Finesse connect
        standing = on.lab.awdb["awdb-a"].relay.standing()
        assert standing
        async with injected(CutAwdbLink("a"), field) as under_way:
            assert await under_way.bite() is not None
            ended = {
                seen.connection for seen in journal.timeline().of(AwdbSeen, lambda seen: seen.step.value[:3] == "clo")
            }
            assert set(standing) <= ended
            assert on.lab.awdb["awdb-a"].relay.standing() == ()

    in_lab(story)


def test_a_refused_awdb_counts_the_attempts_of_finesse_and_not_our_probes() -> None:
    async def story(on: OpenLab) -> None:
        journal, field = ready(on)
        async with injected(RefusedAwdb("a"), field), injected(RefusedAwdb("b"), field):
            began_s = journal.now_s()
            await on.lab.spare[0].user()
            refused = journal.timeline().of(AwdbSeen, lambda seen: seen.step is AwdbStep.REFUSED, from_s=began_s)
            assert [seen.is_ours for seen in refused] == [False]
            before = journal.timeline().of(AwdbSeen, lambda seen: seen.step is AwdbStep.REFUSED, to_s=began_s)
            assert [seen.is_ours for seen in before] == [True, True]

    in_lab(story)


def test_a_probe_of_an_awdb_whose_service_is_down_says_so() -> None:
    async def story(on: OpenLab) -> None:
        link = on.lab.awdb["awdb-b"]
        await on.mock.aw_hosts["aw-b.mock.test"].database.stop()
        assert await link.probe() == "server-down"
        await on.mock.aw_hosts["aw-b.mock.test"].database.start()
        assert await link.probe() == "open"

    in_lab(story)


def test_a_proxy_that_was_lost_is_brought_back_by_the_rollback() -> None:
    async def story(on: OpenLab) -> None:
        journal, field = ready(on)
        link = on.lab.awdb["awdb-a"]
        async with injected(SilentAwdbLink("a"), field) as under_way:
            await under_way.bite()
            await link.proxies.delete("awdb-a")
        assert phases(journal, FAULTS[2]) == [phase if phase != "held" else "not-held" for phase in WHOLE]
        await is_clean(on, FAULTS[2])

    in_lab(story)


def test_a_lab_without_the_link_is_unfit_and_told_what_is_missing() -> None:
    inventory = load(MOCK)
    without = inventory.model_copy(update={"links": {"cti-a": inventory.links["cti-a"]}})
    assert "no link awdb-b" in (CutAwdbLink("b").unfit(without) or "")
    assert "the secondary AWDB" in (CutAwdbLink("b").unfit(without) or "")
    assert CutAwdbLink("b").unfit(inventory) is None


def test_a_probe_that_was_accepted_before_it_said_whose_it_is_is_not_counted_as_finesses() -> None:
    """In real time the server may accept a connection before its first bytes have come."""
    lines = [
        AwdbSeen(at_s=1.0, side="a", connection=7, step=AwdbStep.STANDING),
        AwdbSeen(at_s=2.0, side="a", connection=8, step=AwdbStep.ATTEMPT),
        AwdbSeen(at_s=2.1, side="a", connection=8, step=AwdbStep.ACCEPTED),
        AwdbSeen(at_s=2.2, side="a", connection=8, step=AwdbStep.CLOSED_BY_RELAY, is_ours=True),
    ]
    assert open_awdb_connections(Timeline(lines), "a", 3.0) == {7}
    closed = AwdbSeen(at_s=4.0, side="a", connection=7, step=AwdbStep.CLOSED_BY_RELAY)
    assert open_awdb_connections(Timeline([*lines, closed]), "a", 5.0) == set()
