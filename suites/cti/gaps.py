"""What happens to agents and calls while Finesse has no CTI server, and once it has one again."""

from chaos.experiment import Experiment, Stage, needs_outside_number
from chaos.faults.broken_sessions import BrokenSessions
from chaos.faults.refused_sessions import RefusedSessions
from chaos.wire.finesse import UserState
from chaos.wire.ged188 import AgentState
from suites.cti.common import DUPLEX, FAIL_OVER_S, IN_SERVICE, SETTLE_S, back_and_at_work, hang_up

# --- both sides refuse for a while ---------------------------------------------------------------------------------


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
            await hang_up(stage, before, caller, called)
            await stage.watch(2.0)
            ghost = await phone.make_call(caller.id, called.agent.extension)
            await phone.answer(called.id, ghost)
            await stage.watch(2.0)
            await hang_up(stage, ghost, caller, called)
            for agent in (called, third):
                await phone.set_agent_state(agent.id, AgentState.AVAILABLE)
            stage.step("in the gap: every resource is asked for at both nodes")
            for agent in (caller, called):
                await agent.ask_for_everything(UserState.NOT_READY)
            await stage.until_attempts(4, within_s=FAIL_OVER_S)
        stage.step("side B accepts again, side A still refuses")
        await stage.until_told(IN_SERVICE, within_s=FAIL_OVER_S)
        await stage.watch(SETTLE_S)
        await back_and_at_work(stage)


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
            await phone.set_call_data(before, {"callVariable1": "changed in the gap"})
            during = await phone.make_call(third.id, fourth.agent.extension)
            await phone.answer(fourth.id, during)
            await stage.until_attempts(4, within_s=FAIL_OVER_S)
        stage.step("side A accepts again, side B still refuses")
        await stage.until_told(IN_SERVICE, within_s=FAIL_OVER_S)
        await stage.watch(2 * SETTLE_S)
        await hang_up(stage, before, first, second)
        await hang_up(stage, during, third, fourth)


GAP_B_BACK = Experiment("gap-b-back", "Both sides refuse, then B is back", _gap_with_b_back, agents=3, needs=DUPLEX)
GAP_A_BACK = Experiment("gap-a-back", "Both sides refuse, then A is back", _gap_with_a_back, agents=4, needs=DUPLEX)


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
        await hang_up(stage, conference, guest)
        await stage.watch(5.0)


CONFERENCE = Experiment(
    "conference",
    "Side A is lost while agents confer with an outside number",
    _conference,
    needs=(*DUPLEX, needs_outside_number),
)
