"""Faults that come while Finesse is on its way to a side: sessions that are only just being opened are broken as well,
and that counts. Found by exploring: whatever came in the instant of an attempt never proved that it bit, so that
nothing of what followed was judged."""

import asyncio

import pytest

from chaos.experiment.player import _linger
from chaos.faults.base import Fault, Proof
from chaos.faults.broken_sessions import BrokenSessions
from chaos.faults.cut_link import CutLink
from chaos.faults.injection import injected
from chaos.faults.refused_sessions import RefusedSessions
from chaos.faults.silent_link import SilentLink
from chaos.faults.withheld_heartbeats import WithheldHeartbeats
from chaos.journal import CtiSeen, CtiStep, FaultPhase, FaultSeen, Journal, Timeline
from tests.experiment.labs import OpenLab, in_lab
from tests.faults.test_link_faults import _ready


def _comes(side: str, step: CtiStep) -> Proof:
    def seen(timeline: Timeline) -> str | None:
        came = timeline.of(CtiSeen, lambda one: one.side == side and one.step is step and not one.is_ours)
        return "came" if came else None

    return seen


def _phases(journal: Journal, fault: Fault) -> set[FaultPhase]:
    return {seen.phase for seen in journal.timeline().of(FaultSeen, lambda seen: seen.fault == fault.name)}


@pytest.mark.parametrize("step", [CtiStep.ATTEMPT, CtiStep.OPEN_REQ, CtiStep.OPEN_CONF])
@pytest.mark.parametrize(
    "fault", [CutLink("b"), BrokenSessions("b"), BrokenSessions("b", reset=False), WithheldHeartbeats("b")]
)
def test_a_session_that_is_just_being_opened_is_broken_and_that_is_a_proof(fault: Fault, step: CtiStep) -> None:
    async def story(on: OpenLab) -> None:
        resets = not (isinstance(fault, BrokenSessions) and not fault.reset)
        await _linger(on.lab, resets)
        journal, field = await _ready(on)
        async with injected(BrokenSessions("a", reset=resets), field) as first:
            assert await field.until(_comes("b", step), 30.0) is not None
            async with injected(fault, field) as second:
                assert await second.bite() is not None
            assert await first.bite() is not None
        await _linger(on.lab, True)
        assert FaultPhase.LIFTED in _phases(journal, fault)

    in_lab(story)


def test_whoever_had_asked_before_refusing_was_ordered_may_be_let_in() -> None:
    fault = RefusedSessions("b")

    async def story(on: OpenLab) -> None:
        journal, field = await _ready(on)
        async with injected(BrokenSessions("a"), field) as first:
            assert await field.until(_comes("b", CtiStep.OPEN_REQ), 30.0) is not None
            async with injected(fault, field):
                await on.until_nodes_at("cti-b", 1)
            assert await first.bite() is not None
        assert FaultPhase.NOT_HELD not in _phases(journal, fault)

    in_lab(story)


def test_a_silence_that_nobody_has_a_session_in_bites_whoever_comes() -> None:
    fault = SilentLink("b")

    async def story(on: OpenLab) -> None:
        journal, field = await _ready(on)
        async with injected(fault, field) as silent, injected(CutLink("a"), field):
            assert await silent.bite() is not None
        assert FaultPhase.LIFTED in _phases(journal, fault)

    in_lab(story)


def test_a_silence_that_comes_in_the_instant_of_a_heartbeat_bites() -> None:
    """What came through while it was being injected had no silence to meet (found by a run of seed 3682033500)."""
    fault = SilentLink("a")

    async def story(on: OpenLab) -> None:
        journal, field = await _ready(on)
        assert await field.until(_comes("a", CtiStep.HEARTBEAT_CONF), 30.0) is not None
        await asyncio.sleep(field.heartbeat_interval_s)
        async with injected(fault, field) as silent:
            begins, ends = journal.timeline().of(FaultSeen)[-2:]
            beats = journal.timeline().of(CtiSeen, lambda seen: seen.step is CtiStep.HEARTBEAT_REQ)
            assert begins.number < beats[-1].number < ends.number
            assert await silent.bite() is not None

    in_lab(story)


@pytest.mark.parametrize("fault", [CutLink("b"), BrokenSessions("b"), SilentLink("b"), WithheldHeartbeats("b")])
def test_what_nobody_comes_near_has_bitten_nobody(fault: Fault) -> None:
    async def story(on: OpenLab) -> None:
        journal, field = await _ready(on)
        async with injected(fault, field) as idle:
            assert await idle.bite() is None
        assert FaultPhase.BITTEN not in _phases(journal, fault)

    in_lab(story)
