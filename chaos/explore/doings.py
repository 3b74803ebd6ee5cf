"""What those at work do while a schedule is played, and how they come into the states in which it finds them."""

from collections.abc import Awaitable, Callable

from chaos.experiment import Stage, people
from chaos.explore.schedule import Doing, State
from chaos.subjects.agent import WorkingAgent
from chaos.wire.finesse import UserState
from chaos.wire.ged188 import AgentState, LocalConnectionState


def partner(who: int) -> int:
    """The other one of the pair, by place from 1."""
    return who + 1 if who % 2 else who - 1


async def bring(stage: Stage, first: int, wanted: tuple[State, ...]) -> None:
    """Two people into their states. Who is to talk does so with the other one."""
    pair = [stage.agents[first], stage.agents[first + 1]]
    if State.TALKING in wanted or State.HELD in wanted:
        made = await people.call(stage, *pair)
        for agent, state in zip(pair, wanted, strict=True):
            if state is State.HELD:
                await stage.switch.hold(agent.id, made)
        return
    if State.RINGING in wanted:
        await stage.switch.make_call(pair[0].id, pair[1].agent.extension)
        await stage.watch(people.PAUSE_S)
        return
    if State.WRAP_UP in wanted:
        made = await people.call(stage, *pair)
        for agent, state in zip(pair, wanted, strict=True):
            if state is State.WRAP_UP:
                await stage.switch.set_agent_state(agent.id, AgentState.WORK_NOT_READY)
        await stage.switch.clear(pair[0].id, made)
        await stage.watch(people.PAUSE_S)
    for agent, state in zip(pair, wanted, strict=True):
        if state is State.READY:
            await people.states(stage, agent, AgentState.AVAILABLE)
        elif state is State.SIGNED_OUT:
            await people.states(stage, agent, AgentState.LOGOUT)


Does = Callable[[Stage, WorkingAgent, WorkingAgent], Awaitable[None]]


async def _call(stage: Stage, agent: WorkingAgent, other: WorkingAgent) -> None:
    await stage.switch.make_call(agent.id, other.agent.extension)


async def _answer(stage: Stage, agent: WorkingAgent, other: WorkingAgent) -> None:
    for call in await stage.switch.calls_at(agent.agent.extension):
        if call.state is LocalConnectionState.ALERTING:
            await stage.switch.answer(agent.id, call)


async def _hold(stage: Stage, agent: WorkingAgent, other: WorkingAgent) -> None:
    for call in await stage.switch.calls_at(agent.agent.extension):
        await stage.switch.hold(agent.id, call)


async def _retrieve(stage: Stage, agent: WorkingAgent, other: WorkingAgent) -> None:
    for call in await stage.switch.calls_at(agent.agent.extension):
        await stage.switch.retrieve(agent.id, call)


async def _hang_up(stage: Stage, agent: WorkingAgent, other: WorkingAgent) -> None:
    await people.hang_up(stage, agent)


async def _data(stage: Stage, agent: WorkingAgent, other: WorkingAgent) -> None:
    for call in await stage.switch.calls_at(agent.agent.extension):
        await stage.switch.set_call_data(call, {"callVariable1": f"said at {stage.now_s():.3f} s"})


async def _ghost(stage: Stage, agent: WorkingAgent, other: WorkingAgent) -> None:
    await people.ghost(stage, agent, other, answered=True)


async def _ask(stage: Stage, agent: WorkingAgent, other: WorkingAgent) -> None:
    await agent.ask_for_everything()


async def _ask_wrongly(stage: Stage, agent: WorkingAgent, other: WorkingAgent) -> None:
    await stage.hear(agent.node.host)


async def _sign_in(stage: Stage, agent: WorkingAgent, other: WorkingAgent) -> None:
    await people.sign_in(stage, agent)


def _into(state: AgentState) -> Does:
    async def do(stage: Stage, agent: WorkingAgent, other: WorkingAgent) -> None:
        await stage.switch.set_agent_state(agent.id, state)

    return do


def _by_desktop(state: UserState) -> Does:
    async def do(stage: Stage, agent: WorkingAgent, other: WorkingAgent) -> None:
        await agent.set_state(state)

    return do


DOINGS = {
    Doing.READY: _into(AgentState.AVAILABLE),
    Doing.NOT_READY: _into(AgentState.NOT_READY),
    Doing.SIGN_OUT: _into(AgentState.LOGOUT),
    Doing.SIGN_IN: _sign_in,
    Doing.CALL: _call,
    Doing.ANSWER: _answer,
    Doing.HOLD: _hold,
    Doing.RETRIEVE: _retrieve,
    Doing.HANG_UP: _hang_up,
    Doing.DATA: _data,
    Doing.GHOST: _ghost,
    Doing.ASK: _ask,
    Doing.READY_BY_DESKTOP: _by_desktop(UserState.READY),
    Doing.NOT_READY_BY_DESKTOP: _by_desktop(UserState.NOT_READY),
    Doing.ASK_WRONGLY: _ask_wrongly,
}
