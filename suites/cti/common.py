"""What the experiments of the CTI family share."""

from chaos.clients.cti import CallRef
from chaos.experiment import Stage, needs_link
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


async def back_and_at_work(stage: Stage) -> None:
    """After IN_SERVICE: everything is asked for again, and something happens at the switch that is to be told."""
    await stage.watch(SETTLE_S)
    stage.step("every resource is asked for again, and states change at the switch")
    for agent in stage.agents[:2]:
        await agent.ask_for_everything(UserState.NOT_READY)
        await stage.phone.set_agent_state(agent.id, AgentState.AVAILABLE)
    await stage.watch(SETTLE_S)
    for agent in stage.agents[:2]:
        await stage.phone.set_agent_state(agent.id, AgentState.NOT_READY)


async def hang_up(stage: Stage, call: CallRef, *agents: WorkingAgent) -> None:
    """Each of these agents hangs up, as far as the call is still at the phone."""
    for agent in agents:
        if any(one.call_id == call.call_id for one in await stage.phone.calls_at(agent.agent.extension)):
            await stage.phone.clear(agent.id, call)
