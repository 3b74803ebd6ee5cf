"""The experiments of the CTI family: how Finesse is made to lose its CTI server, and what happens meanwhile.

Side A is always the one that is lost; the steady state before each experiment has every node's session there.
"""

from chaos.clients.cti import CallRef
from chaos.experiment import Experiment, Stage, needs_link, needs_outside_number
from chaos.faults.broken_sessions import BrokenSessions
from chaos.faults.cut_link import CutLink
from chaos.faults.refused_sessions import RefusedSessions
from chaos.faults.silent_link import SilentLink
from chaos.faults.unconfigured_b_side import UnconfiguredBSide
from chaos.faults.withheld_heartbeats import WithheldHeartbeats
from chaos.subjects.agent import WorkingAgent
from chaos.verdicts import bounds
from chaos.wire.finesse import UserState
from chaos.wire.ged188 import AgentState

OUT_OF_SERVICE = "OUT_OF_SERVICE"
IN_SERVICE = "IN_SERVICE"

# Guides quote up to 75 s for a CTI fail-over, up to 40 s more with older gateways; whoever waits longer gives up.
FAIL_OVER_S = 180.0
# A little longer than the checks want to have looked.
SETTLE_S = bounds.RESYNC_S + 5.0
DUPLEX = (needs_link("cti-a"), needs_link("cti-b"))


async def _back_and_at_work(stage: Stage) -> None:
    """After IN_SERVICE: everything is asked for again, and something happens at the switch that is to be told."""
    await stage.watch(SETTLE_S)
    stage.step("every resource is asked for again, and states change at the switch")
    for agent in stage.agents[:2]:
        await agent.ask_for_everything(UserState.NOT_READY)
        await stage.phone.set_agent_state(agent.id, AgentState.AVAILABLE)
    await stage.watch(SETTLE_S)
    for agent in stage.agents[:2]:
        await stage.phone.set_agent_state(agent.id, AgentState.NOT_READY)


async def _hang_up(stage: Stage, call: CallRef, *agents: WorkingAgent) -> None:
    """Each of these agents hangs up, as far as the call is still at the phone."""
    for agent in agents:
        if any(one.call_id == call.call_id for one in await stage.phone.calls_at(agent.agent.extension)):
            await stage.phone.clear(agent.id, call)


# --- a socket fails, side B is there ---------------------------------------------------------------------------------


async def _a_is_reset(stage: Stage) -> None:
    stage.step("the sessions on side A are reset")
    async with stage.fault(BrokenSessions("a")) as reset:
        await stage.bite(reset)
        await stage.until_told(IN_SERVICE, within_s=FAIL_OVER_S)
        await _back_and_at_work(stage)


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


async def _gap_with_b_back(stage: Stage) -> None:
    """In the gap: a call ends that was there before, another begins and ends, an agent becomes ready."""
    caller, called, third = stage.agents[:3]
    phone = stage.phone
    stage.step("a call before the fail-over")
    before = await phone.make_call(caller.id, called.agent.extension)
    await phone.answer(called.id, before)
    await stage.watch(5.0)
    stage.step("side A is lost, both sides refuse")
    async with stage.fault(RefusedSessions("a")) as a:
        async with stage.fault(RefusedSessions("b")) as b, stage.fault(BrokenSessions("a")) as reset:
            await stage.bite(reset, b, a)
            await stage.until_attempts(4, within_s=FAIL_OVER_S)
            stage.step("in the gap: that call ends, another one begins and ends, an agent becomes ready")
            await _hang_up(stage, before, caller, called)
            await stage.watch(2.0)
            ghost = await phone.make_call(caller.id, called.agent.extension)
            await phone.answer(called.id, ghost)
            await stage.watch(2.0)
            await _hang_up(stage, ghost, caller, called)
            for agent in (called, third):
                await phone.set_agent_state(agent.id, AgentState.AVAILABLE)
            stage.step("in the gap: every resource is asked for at both nodes")
            for agent in (caller, called):
                await agent.ask_for_everything(UserState.NOT_READY)
            await stage.until_attempts(4, within_s=FAIL_OVER_S)
        stage.step("side B accepts again, side A still refuses")
        await stage.until_told(IN_SERVICE, within_s=FAIL_OVER_S)
        await stage.watch(SETTLE_S)
        await _back_and_at_work(stage)


async def _gap_with_a_back(stage: Stage) -> None:
    """In the gap: the data of a call change, and a call begins that is still there afterwards."""
    first, second, third, fourth = stage.agents[:4]
    phone = stage.phone
    stage.step("a call before the fail-over")
    before = await phone.make_call(first.id, second.agent.extension)
    await phone.answer(second.id, before)
    await stage.watch(5.0)
    stage.step("side A is lost, both sides refuse")
    async with stage.fault(RefusedSessions("b")) as b:
        async with stage.fault(RefusedSessions("a")) as a, stage.fault(BrokenSessions("a")) as reset:
            await stage.bite(reset, b, a)
            await stage.until_attempts(4, within_s=FAIL_OVER_S)
            stage.step("in the gap: call data change, and a call begins")
            await phone.set_call_data(before, 1, "changed in the gap")
            during = await phone.make_call(third.id, fourth.agent.extension)
            await phone.answer(fourth.id, during)
            await stage.until_attempts(4, within_s=FAIL_OVER_S)
        stage.step("side A accepts again, side B still refuses")
        await stage.until_told(IN_SERVICE, within_s=FAIL_OVER_S)
        await stage.watch(2 * SETTLE_S)
        await _hang_up(stage, before, first, second)
        await _hang_up(stage, during, third, fourth)


GAP_B_BACK = Experiment("gap-b-back", "Both sides refuse, then B is back", _gap_with_b_back, agents=3, needs=DUPLEX)
GAP_A_BACK = Experiment("gap-a-back", "Both sides refuse, then A is back", _gap_with_a_back, agents=4, needs=DUPLEX)


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


# --- a conference ----------------------------------------------------------------------------------------------------


async def _conference(stage: Stage) -> None:
    host, guest = stage.agents[:2]
    phone = stage.phone
    stage.step("two agents and an outside number in a conference")
    first = await phone.make_call(host.id, guest.agent.extension)
    await phone.answer(guest.id, first)
    await stage.watch(2.0)
    second = await phone.consult(host.id, first, stage.inventory.outside_number or "")
    await stage.watch(10.0)
    conference = await phone.conference(host.id, first, second)
    await stage.watch(5.0)
    stage.step("side A is lost in the middle of the conference")
    async with stage.fault(BrokenSessions("a")) as reset:
        await stage.bite(reset)
        await stage.until_told(IN_SERVICE, within_s=FAIL_OVER_S)
        await stage.watch(SETTLE_S)
        stage.step("the telephone is used: hold, retrieve, drop off")
        await phone.hold(host.id, conference)
        await stage.watch(2.0)
        await phone.retrieve(host.id, conference)
        await stage.watch(2.0)
        await phone.clear(host.id, conference)
        await stage.watch(SETTLE_S)
        await host.dialogs()
        await host.user()
        await _hang_up(stage, conference, guest)
        await stage.watch(5.0)


CONFERENCE = Experiment(
    "conference",
    "Side A is lost while agents confer with an outside number",
    _conference,
    needs=(*DUPLEX, needs_outside_number),
)
