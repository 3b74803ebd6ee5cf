"""How Finesse is made to lose its CTI server: broken sockets, heartbeats, refusals.

Side A is always the one that is lost; the steady state before each experiment has every node's session there.
"""

from chaos.experiment import Experiment, Stage
from chaos.faults.broken_sessions import BrokenSessions
from chaos.faults.cut_link import CutLink
from chaos.faults.refused_sessions import RefusedSessions
from chaos.faults.silent_link import SilentLink
from chaos.faults.unconfigured_b_side import UnconfiguredBSide
from chaos.faults.withheld_heartbeats import WithheldHeartbeats
from chaos.verdicts import bounds
from suites.cti.common import DUPLEX, FAIL_OVER_S, IN_SERVICE, OUT_OF_SERVICE, SETTLE_S, back_and_at_work

# --- a socket fails, side B is there ---------------------------------------------------------------------------------


async def _a_is_reset(stage: Stage) -> None:
    stage.step("the sessions on side A are reset")
    async with stage.fault(BrokenSessions("a")) as reset:
        await stage.bite(reset)
        await stage.until_told(IN_SERVICE, within_s=FAIL_OVER_S)
        await back_and_at_work(stage)


async def _a_is_closed(stage: Stage) -> None:
    stage.step("the sessions on side A are closed in an orderly way")
    async with stage.fault(BrokenSessions("a", reset=False)) as closed:
        await stage.bite(closed)
        await stage.until_told(IN_SERVICE, within_s=FAIL_OVER_S)
        await stage.watch(SETTLE_S)


async def _a_is_cut(stage: Stage) -> None:
    stage.step("side A is cut: its sessions end, and connections to it are refused")
    async with stage.fault(CutLink("a")) as cut:
        await stage.bite(cut)
        await stage.until_told(IN_SERVICE, within_s=FAIL_OVER_S)
        await stage.watch(SETTLE_S)


A_RESET = Experiment("a-reset", "Side A's sessions are reset and side B is there", _a_is_reset, needs=DUPLEX)
A_CLOSED = Experiment("a-closed", "Side A's sessions are closed", _a_is_closed, lingers=False, needs=DUPLEX)
A_CUT = Experiment("a-cut", "Side A is cut off and side B is there", _a_is_cut, needs=DUPLEX)


# --- heartbeats ------------------------------------------------------------------------------------------------------


def _withheld(pattern: str) -> Experiment:
    async def story(stage: Stage) -> None:
        beats = len(pattern) + 4
        stage.step(f"confirmations of heartbeats are withheld by the pattern {pattern}")
        async with stage.fault(WithheldHeartbeats("a", pattern)) as withheld:
            await stage.bite(withheld)
            await stage.watch(beats * stage.heartbeat_interval_s)

    name = {"xx": "two-misses", "x.xx": "miss-answer-two-misses", "xxx": "three-misses"}[pattern]
    return Experiment(name, f"Heartbeat confirmations withheld on side A: {pattern}", story, needs=DUPLEX)


TWO_MISSES = _withheld("xx")
MISS_ANSWER_TWO_MISSES = _withheld("x.xx")
THREE_MISSES = _withheld("xxx")


async def _a_is_silent(stage: Stage) -> None:
    await stage.watch(1.5 * stage.heartbeat_interval_s)  # so that each session has shown an answered heartbeat
    stage.step("side A falls silent")
    async with stage.fault(SilentLink("a")) as silent:
        await stage.bite(silent)
        await stage.until_told(OUT_OF_SERVICE, within_s=FAIL_OVER_S)
        await stage.until_told(IN_SERVICE, within_s=FAIL_OVER_S)


A_SILENT = Experiment("a-silent", "Side A falls silent and side B is there", _a_is_silent, needs=DUPLEX)


# --- both sides refuse -----------------------------------------------------------------------------------------------


async def _b_refuses_once(stage: Stage) -> None:
    stage.step("side A is lost for good, side B refuses each node once")
    async with (
        stage.fault(RefusedSessions("a")) as a,
        stage.fault(RefusedSessions("b", times=1)) as b,
        stage.fault(BrokenSessions("a")) as reset,
    ):
        await stage.bite(reset, b, a)
        await stage.until_told(IN_SERVICE, within_s=FAIL_OVER_S)
        await stage.watch(SETTLE_S)


B_REFUSES_ONCE = Experiment("b-refuses-once", "Side A is lost, side B refuses once", _b_refuses_once, needs=DUPLEX)


# --- no B side -------------------------------------------------------------------------------------------------------


async def _simplex(stage: Stage) -> None:
    stage.step("side B is taken out of Finesse's administration")
    async with stage.fault(UnconfiguredBSide()) as simplex:
        await stage.bite(simplex)
        stage.step("side A is lost and refuses")
        async with stage.fault(RefusedSessions("a")) as refused, stage.fault(BrokenSessions("a")) as reset:
            await stage.bite(reset, refused)
            await stage.until_attempts(bounds.ATTEMPTS_MIN + 2, within_s=FAIL_OVER_S)
        stage.step("side A accepts again")
        await stage.until_told(IN_SERVICE, within_s=FAIL_OVER_S)
        await stage.watch(SETTLE_S)


SIMPLEX = Experiment(
    "simplex",
    "No B side is configured and side A is lost",
    _simplex,
    needs=(*DUPLEX, UnconfiguredBSide().unfit),
)
