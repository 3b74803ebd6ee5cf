"""Faults that only half work: none of them is taken for one that held, whatever they did before."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace

import pytest

from chaos.errors import ChaosError
from chaos.experiment.player import _linger
from chaos.faults.base import Fault, Field
from chaos.faults.broken_sessions import BrokenSessions
from chaos.faults.cut_awdb_link import CutAwdbLink
from chaos.faults.cut_link import CutLink
from chaos.faults.injection import injected
from chaos.faults.refused_awdb import RefusedAwdb
from chaos.faults.refused_sessions import RefusedSessions
from chaos.faults.silent_awdb_link import SilentAwdbLink
from chaos.faults.silent_link import SilentLink, unsilence
from chaos.faults.slow_link import SlowLink
from chaos.faults.stopped_distributor import StoppedDistributor
from chaos.faults.stopped_service import StoppedService
from chaos.faults.watching import watched
from chaos.faults.withheld_heartbeats import WithheldHeartbeats
from chaos.history import FaultSpan, History
from chaos.history.faults import fault_spans
from chaos.journal import FaultPhase, FaultSeen, Journal, Timeline
from tests.experiment.labs import OpenLab, in_lab
from tests.faults.test_link_faults import _ready as ready_for_cti


async def _ready(on: OpenLab) -> tuple[Journal, Field]:
    journal, field = await ready_for_cti(on)
    return journal, replace(field, awdb=on.lab.awdb)


Sabotage = Callable[[OpenLab], Awaitable[object]]


def spans(journal: Journal) -> dict[str, FaultSpan]:
    return {span.name: span for span in fault_spans(History(journal.timeline()))}


def played(fault: Fault, sabotage: Sabotage, *, after_s: float = 8.0, lasts_s: float = 60.0) -> FaultSpan:
    """The fault with something of it undone after a while, as its journal shows it."""
    found: list[FaultSpan] = []

    async def story(on: OpenLab) -> None:
        journal, field = await _ready(on)
        async with injected(fault, field) as under_way:
            await asyncio.sleep(after_s)
            await sabotage(on)
            await asyncio.sleep(lasts_s - after_s)
            await under_way.bite()
        found.append(spans(journal)[fault.name])

    in_lab(story)
    return found[0]


async def nothing(_: OpenLab) -> None:
    return None


def cti(work: Callable[[OpenLab], object]) -> Sabotage:
    async def done(on: OpenLab) -> None:
        result = work(on)
        if isinstance(result, Awaitable):
            await result

    return done


CUT = cti(lambda on: on.lab.links["cti-a"].proxies.update("cti-a", enabled=True))
LOUD = cti(lambda on: unsilence(on.lab.links["cti-a"]))
HALF_LOUD = cti(lambda on: on.lab.links["cti-a"].proxies.remove_toxic("cti-a", "finesse-chaos-silence-upstream"))
QUICK = cti(lambda on: on.lab.links["cti-a"].proxies.remove_toxic("cti-a", "finesse-chaos-latency"))
ACCEPT_B = cti(lambda on: on.lab.links["cti-b"].relay.accept())
PASS = cti(lambda on: on.lab.links["cti-a"].relay.pass_heartbeats())
ONE_MORE = cti(lambda on: on.lab.links["cti-a"].relay.withhold("xx", new_sessions=False))
AWDB_CUT = cti(lambda on: on.lab.awdb["awdb-a"].proxies.update("awdb-a", enabled=True))
AWDB_ACCEPT = cti(lambda on: on.lab.awdb["awdb-a"].relay.accept())
AWDB_LOUD = cti(lambda on: unsilence(on.lab.awdb["awdb-a"]))
SQL = cti(lambda on: on.mock.aw_hosts["aw-a.mock.test"].database.start())
DISTRIBUTOR = cti(lambda on: on.mock.aw_hosts["aw-b.mock.test"].distributor.start())


@pytest.mark.parametrize(
    ("fault", "sabotage", "after_s"),
    [
        (CutLink("a"), CUT, 8.0),
        (SilentLink("a"), LOUD, 8.0),
        (SilentLink("a"), HALF_LOUD, 8.0),
        (WithheldHeartbeats("a", "xxx"), PASS, 8.0),
        (WithheldHeartbeats("a", "xx"), ONE_MORE, 8.0),
        (SlowLink("a"), QUICK, 8.0),
        (CutAwdbLink("a"), AWDB_CUT, 8.0),
        (RefusedAwdb("a"), AWDB_ACCEPT, 8.0),
        (SilentAwdbLink("a"), AWDB_LOUD, 8.0),
        (StoppedService("awdb.primary", "MSSQLSERVER"), SQL, 20.0),
        (StoppedDistributor("awdb.secondary"), DISTRIBUTOR, 20.0),
    ],
    ids=lambda value: value.name if isinstance(value, Fault) else "",
)
def test_a_fault_that_is_undone_early_has_not_held_and_says_since_when(
    fault: Fault, sabotage: Sabotage, after_s: float
) -> None:
    span = played(fault, sabotage, after_s=after_s)
    assert span.held is None
    assert span.broke_off is not None
    assert span.in_force_until_s <= span.injecting_s + after_s + 30.0
    assert not span.covers(span.injected_s or 0.0, span.rolling_back_s or 0.0)


@pytest.mark.parametrize(
    "fault",
    [
        CutLink("a"),
        SilentLink("a"),
        WithheldHeartbeats("a", "xx"),
        SlowLink("a"),
        CutAwdbLink("a"),
        RefusedAwdb("a"),
        SilentAwdbLink("a"),
        StoppedService("awdb.primary", "MSSQLSERVER"),
        StoppedDistributor("awdb.secondary"),
    ],
    ids=lambda fault: fault.name,
)
def test_a_fault_that_lasts_has_held(fault: Fault) -> None:
    span = played(fault, nothing)
    assert span.bit is not None
    assert span.held is not None, span.broke_off
    assert span.covers(span.injected_s or 0.0, span.rolling_back_s or 0.0)


def test_refusing_that_lets_somebody_in_has_not_held() -> None:
    fault = RefusedSessions("b")

    async def story(on: OpenLab) -> None:
        journal, field = await _ready(on)
        async with injected(fault, field) as refusing, injected(CutLink("a"), field):
            await refusing.bite()
            await ACCEPT_B(on)
            await on.until_nodes_at("cti-b", 2)
        assert spans(journal)[fault.name].broke_off is not None

    in_lab(story)


def test_a_reset_that_arrives_as_an_orderly_close_has_not_bitten() -> None:
    fault = BrokenSessions("a")

    async def story(on: OpenLab) -> None:
        await _linger(on.lab, False)
        journal, field = await _ready(on)
        async with injected(fault, field) as under_way:
            assert await under_way.bite() is None
        await _linger(on.lab, True)
        assert spans(journal)[fault.name].bit is None

    in_lab(story)


def test_a_cut_that_refuses_nothing_has_not_bitten() -> None:
    """The proxy is switched off and on again at once: sessions end, and new ones are let in."""

    class HalfCut(CutLink):
        async def inject(self, field: Field) -> None:
            link = self._placed(field)
            await link.proxies.update(link.name, enabled=False)
            await link.proxies.update(link.name, enabled=True)
            await link.knocked_at(field.journal)

    async def story(on: OpenLab) -> None:
        journal, field = await _ready(on)
        async with injected(HalfCut("a"), field) as under_way:
            assert await under_way.bite() is None
        assert spans(journal)["a-link-cut"].bit is None

    in_lab(story)


def test_heartbeats_that_were_to_be_withheld_and_are_delivered_prove_nothing() -> None:
    class Delivered(WithheldHeartbeats):
        async def inject(self, field: Field) -> None:
            return None

    async def story(on: OpenLab) -> None:
        journal, field = await _ready(on)
        async with injected(Delivered("a", "xx"), field) as under_way:
            await asyncio.sleep(20.0)
            assert await under_way.bite() is None
        span = next(iter(spans(journal).values()))
        assert span.broke_off is not None
        assert "session of ours" in str(span.broke_off.detail) or "withheld as" in str(span.broke_off.detail)

    in_lab(story)


class Looked(CutLink):
    """Breaks nothing; what its looks come to is said beforehand."""

    def __init__(self, *comes_to: object) -> None:
        object.__setattr__(self, "side", "a")
        object.__setattr__(self, "_comes_to", list(comes_to))

    async def look_again(self, field: Field) -> None:
        came_to = self._comes_to.pop(0) if self._comes_to else None  # type: ignore[attr-defined]
        if isinstance(came_to, Exception):
            raise came_to

    def slipped(self, timeline: Timeline, from_s: float, field: Field) -> str | None:
        return None


GONE = ChaosError("the console is busy")


@pytest.mark.parametrize(
    ("looks", "phase"),
    [
        ([GONE, GONE, None, GONE, GONE, None], FaultPhase.HELD),
        ([GONE, GONE, GONE], FaultPhase.NOT_HELD),
        ([None, None, None, None, None, None, GONE], FaultPhase.NOT_HELD),
    ],
    ids=["two in a row are borne", "three are not", "the last one has to succeed"],
)
def test_looks_that_fail(looks: list[object], phase: FaultPhase) -> None:
    async def story(on: OpenLab) -> None:
        journal, field = await _ready(on)
        async with watched(Looked(*looks), field, journal.now_s()):
            await asyncio.sleep(55.0)
        seen = journal.timeline().of(FaultSeen)
        assert [one.phase for one in seen] == [phase]

    in_lab(story)


def test_a_look_that_dies_of_a_bug_ends_what_it_watches() -> None:
    async def story(on: OpenLab) -> None:
        journal, field = await _ready(on)
        with pytest.raises(ZeroDivisionError):
            async with watched(Looked(ZeroDivisionError("a bug of ours")), field, journal.now_s()):
                await asyncio.sleep(600.0)
        assert journal.now_s() < 60.0

    in_lab(story)


def gives_up(on: OpenLab) -> None:
    for node in on.mock.nodes.values():
        assert node.webapp._link is not None
        node.webapp._link.lose()


def test_a_silence_whose_sessions_nodes_give_up_at_once_is_proven_by_our_own() -> None:
    assert played(SilentLink("a"), cti(gives_up), after_s=2.0, lasts_s=20.0).bit is not None


def test_a_silence_that_breaks_sessions_first_has_not_bitten() -> None:
    class Breaks(SilentLink):
        async def inject(self, field: Field) -> None:
            await BrokenSessions("a").inject(field)
            await super().inject(field)

    async def story(on: OpenLab) -> None:
        journal, field = await _ready(on)
        async with injected(Breaks("a"), field) as under_way:
            assert await under_way.bite() is None
        assert spans(journal)["a-link-silent"].bit is None

    in_lab(story)
