"""What people do: at their telephones, past Finesse, and at their desktops. Nothing here is judged."""

import asyncio
from collections.abc import Awaitable, Mapping, Sequence
from dataclasses import dataclass, field

from chaos.clients.cti import CallRef, only_to_be_heard
from chaos.clients.events import Leaving
from chaos.errors import EvidenceError
from chaos.experiment.stage import Stage
from chaos.history.hearing import TOLD_S
from chaos.journal import About
from chaos.subjects.agent import WorkingAgent
from chaos.wire.finesse import Action, UserState
from chaos.wire.ged188 import AgentState, LocalConnectionState

# Between two things that somebody does: long enough for each to be told by itself.
PAUSE_S = 0.7
# After the last change of a call, until whoever reads it by its number must be shown it.
READ_S = 2.0
# From when a client has connected until what happens to its agent is told it, and after the last thing that does.
SETTLED_S = 5.0
# So many events of each kind does everybody send itself before a loss: clients that lose one in twenty are found out.
CONTROLS = 3

# So often is looked for a call that was asked for at a desktop: long enough to say that there is none.
LOOKS = 10

VARIABLES = tuple(f"callVariable{n}" for n in range(1, 11))
NAMED = "user.chaos"
TONES = "17#"
# Of call data this one is not given with a call.
_AT_THE_END = "wrapUpReason"


def call_data(what: str) -> dict[str, str]:
    """A different value for every piece of call data."""
    return {name: f"{what} {n}" for n, name in enumerate((*VARIABLES, _AT_THE_END, NAMED), 1)}


# --- at the telephone ------------------------------------------------------------------------------------------------


async def call(stage: Stage, caller: WorkingAgent, called: WorkingAgent) -> CallRef:
    """`caller` calls `called`, who answers."""
    made = await stage.switch.make_call(caller.id, called.agent.extension)
    await stage.pause(PAUSE_S)
    await stage.switch.answer(called.id, made)
    await stage.pause(PAUSE_S)
    return made


async def hang_up(stage: Stage, *agents: WorkingAgent) -> None:
    """Each of these agents leaves whatever calls are left at the telephone."""
    for agent in agents:
        for left in await stage.switch.calls_at(agent.agent.extension):
            await stage.switch.clear(agent.id, left)
            await stage.pause(PAUSE_S)


async def ghost(stage: Stage, caller: WorkingAgent, called: WorkingAgent, *, answered: bool) -> None:
    """A call that is over as soon as it has begun."""
    switch = stage.switch
    made = await switch.make_call(caller.id, called.agent.extension)
    if answered:
        await switch.answer(called.id, made)
        await switch.hold(called.id, made)
        await switch.set_call_data(made, {"callVariable2": "ghost"})
        await switch.retrieve(called.id, made)
    await switch.set_call_data(made, {"callVariable1": "ghost"})
    await switch.clear(caller.id, made)


async def states(stage: Stage, agent: WorkingAgent, *wanted: AgentState) -> None:
    """The agent goes through these states."""
    for state in wanted:
        await stage.switch.set_agent_state(agent.id, state)
        await stage.pause(PAUSE_S)


async def busy(stage: Stage) -> None:
    """Within an interval of heartbeats: a call with everything that two people can do to it at the telephone, another
    one's states, and what desktops ask of the switch. Calls are over afterwards."""
    caller, called, third, fourth = stage.agents[:4]

    async def calls() -> None:
        made = await call(stage, caller, called)
        await stage.switch.set_call_data(made, {"callVariable1": "busy"})
        await stage.switch.hold(called.id, made)
        await stage.pause(PAUSE_S)
        await stage.switch.retrieve(called.id, made)
        await stage.pause(PAUSE_S)
        await stage.switch.clear(caller.id, made)

    async def desktops() -> None:
        for agent in (third, fourth):
            await agent.ask_state(UserState.NOT_READY)
        await stage.pause(PAUSE_S)

    async def telephones() -> None:
        for agent in (third, fourth):
            await states(stage, agent, AgentState.AVAILABLE, AgentState.NOT_READY)

    await asyncio.gather(calls(), desktops(), telephones())


async def at_rest(stage: Stage) -> None:
    """Nobody has a call, everybody is signed in and Not Ready."""
    await hang_up(stage, *stage.agents)
    for agent in stage.agents:
        state = await stage.switch.agent_state(agent.id)
        if state is AgentState.LOGOUT:
            await agent.sign_in()
        elif state is not AgentState.NOT_READY:
            await stage.switch.set_agent_state(agent.id, AgentState.NOT_READY)
    await stage.pause(PAUSE_S)


async def sign_in(stage: Stage, agent: WorkingAgent) -> None:
    """Sign in at the telephone, as far as the switch needs no password of its own."""
    await stage.switch.set_agent_state(agent.id, AgentState.LOGIN, password=agent.password)
    await stage.pause(PAUSE_S)


async def prove_ears(stage: Stage) -> None:
    """Everybody hears of everything, before anything is broken: what is missing then is missing here, and what
    documents say then is the measure for what they say later."""
    stage.step("everybody at work hears of states, calls and call data, of its team, and of what it sends itself")
    await asyncio.gather(*(agent.follow_team() for agent in stage.agents))
    await asyncio.gather(*(agent.follow_queues() for agent in stage.agents[:2]))
    await asyncio.gather(*(agent.find_out_whom_it_leads(_colleagues(stage, agent)) for agent in stage.agents))
    stage.send_controls(CONTROLS)
    first, second, third, fourth = stage.agents[:4]
    with only_to_be_heard():
        await asyncio.gather(_heard(stage, first, second), _heard(stage, fourth, third))
        await _conferred(stage, first, second, third)


async def come(stage: Stage, newcomer: WorkingAgent) -> bool:
    """Somebody who was not there before opens a desktop, and does not sign in yet; whether he is let in."""
    await stage.switch.look_at(newcomer.id)
    if not await newcomer.events.open():
        return False
    newcomer.events.send_control(About.USER, "PUT")
    await stage.watch(SETTLED_S)
    return True


async def come_and_go(stage: Stage, newcomer: WorkingAgent) -> None:
    """Somebody who was not there before opens a desktop, if he has not by now, signs in, is Ready and Not Ready, signs
    out and leaves."""
    if not newcomer.events.is_open and not await come(stage, newcomer):
        return
    try:
        await newcomer.sign_in()
        await stage.watch(READ_S)
        if await stage.switch.agent_state(newcomer.id) is not AgentState.LOGOUT:
            await states(stage, newcomer, AgentState.AVAILABLE, AgentState.NOT_READY)
            await newcomer.user()
    finally:
        if await stage.switch.agent_state(newcomer.id) is not AgentState.LOGOUT:
            await states(stage, newcomer, AgentState.NOT_READY, AgentState.LOGOUT)
    await stage.watch(SETTLED_S)
    await newcomer.events.leave(Leaving.GOODBYE)


@dataclass
class AtOnce:
    """What those who opened desktops in the gap, and are signed out, do there as soon as their node is back: of nobody
    else could anything be asked then by which what the gap left to tell is not told, too.

    Each signs in and gets Ready and Not Ready; whose node is back last calls the other one, and both sign out.
    """

    who: Sequence[WorkingAgent]
    _there: list[WorkingAgent] = field(default_factory=list, init=False)
    _done: asyncio.Event = field(default_factory=asyncio.Event, init=False)

    async def work(self, stage: Stage, one: WorkingAgent) -> None:
        await _do(stage, one.sign_in())
        await _do(stage, one.set_state(UserState.READY))
        await _do(stage, one.go_away())
        self._there.append(one)
        if len(self._there) < len(self.who):
            await self._done.wait()
        else:
            try:
                await self._call(stage, one, self._there[0])
            finally:
                self._done.set()
        await _do(stage, one.go_away(UserState.LOGOUT))
        if await stage.switch.agent_state(one.id) is not AgentState.LOGOUT:
            await hang_up(stage, one)
            await states(stage, one, AgentState.NOT_READY, AgentState.LOGOUT)

    async def _call(self, stage: Stage, caller: WorkingAgent, called: WorkingAgent) -> None:
        if caller is called:
            return
        await _do(stage, caller.make_call(called.agent.extension))
        for call in await stage.switch.calls_at(called.agent.extension):
            await _do(stage, called.act(Action.ANSWER, str(call.call_id)))
            await _do(stage, caller.act(Action.DROP, str(call.call_id)))


def _colleagues(stage: Stage, agent: WorkingAgent) -> list[WorkingAgent]:
    """Who else is at work at its node."""
    return [other for other in stage.agents if other is not agent and other.node.host == agent.node.host]


async def _heard(stage: Stage, caller: WorkingAgent, called: WorkingAgent) -> None:
    for agent in (caller, called):
        await states(stage, agent, AgentState.AVAILABLE)
        await _do(stage, agent.set_state(UserState.READY))  # which he is already
        await states(stage, agent, AgentState.NOT_READY)
    made = await call(stage, caller, called)
    for value in ("once", "twice"):
        await stage.switch.set_call_data(made, {"callVariable1": value})
        await stage.pause(PAUSE_S)
    for agent in (caller, called):
        await _do(stage, agent.act(Action.UPDATE_CALL_DATA, str(made.call_id), data={"callVariable1": "twice"}))
    for act in (stage.switch.hold, stage.switch.retrieve):
        for agent in (caller, called):
            await act(agent.id, made)
            await stage.pause(PAUSE_S)
            await agent.dialogs()
    for agent in (caller, called):
        await _do(stage, agent.act(Action.RETRIEVE, str(made.call_id)))  # which is on hold no more
    # What is pending is told during a call; afterwards they are Not Ready, as they were.
    for agent in (caller, called):
        await states(stage, agent, AgentState.WORK_NOT_READY)
    await hang_up(stage, caller)
    for agent in (caller, called):
        await states(stage, agent, AgentState.NOT_READY)


async def _conferred(stage: Stage, host: WorkingAgent, guest: WorkingAgent, third: WorkingAgent) -> None:
    held = await call(stage, host, guest)
    consulted = await stage.switch.consult(host.id, held, third.agent.extension)
    await stage.pause(PAUSE_S)
    await stage.switch.answer(third.id, consulted)
    await stage.pause(PAUSE_S)
    await stage.switch.conference(host.id, held, consulted)
    await stage.pause(PAUSE_S)
    await stage.look()
    await hang_up(stage, host, guest, third)


async def ghost_outside(stage: Stage, caller: WorkingAgent) -> None:
    """The same with somebody outside, as far as the lab has such a number."""
    number = stage.inventory.outside_number
    if number:
        made = await stage.switch.make_call(caller.id, number)
        await stage.switch.clear(caller.id, made)


# --- at the desktop --------------------------------------------------------------------------------------------------


async def short_day(stage: Stage, caller: WorkingAgent, called: WorkingAgent) -> None:
    """Ready and Not Ready, and a call with everything that two people can do to it."""
    for agent in (caller, called):
        await _do(stage, agent.set_state(UserState.READY))
        await _do(stage, agent.set_state(UserState.READY))  # which he is already
        await _do(stage, agent.go_away())
    number = await _calls(stage, caller, called)
    await _do(stage, caller.send_tones(number, TONES))
    await _do(stage, called.act(Action.HOLD, number))
    await _do(stage, called.act(Action.RETRIEVE, number))
    await _do(stage, called.act(Action.RETRIEVE, number))  # which is on hold no more
    for _ in range(2):  # the second time the call has these data already
        await _do(stage, caller.act(Action.UPDATE_CALL_DATA, number, data=call_data("said")))
    # The last that happens to a call before its end stands until it must have been told by itself: an event that tells
    # of the one before would be put right by the next one.
    await stage.watch(TOLD_S)
    for agent in (caller, called):
        await agent.dialog(number)
        (administrator,) = (one for one in stage.administrators if one.node.host == agent.node.host)
        await administrator.look_at(agent.id)
        await agent.look_after(_colleagues(stage, agent))
        await stage.switch.look_at(agent.id)
    await stage.watch(PAUSE_S)
    await _do(stage, caller.act(Action.DROP, number))


async def whole_day(stage: Stage, caller: WorkingAgent, called: WorkingAgent, third: WorkingAgent) -> None:
    """Everything that an agent does at the desktop, once."""
    await short_day(stage, caller, called)
    number = await _calls(stage, caller, called)
    await _do(stage, caller.act(Action.HOLD, number))
    await _do(stage, caller.act(Action.RETRIEVE, number))
    await _joins(stage, caller, third, number, Action.CONFERENCE)
    await _do(stage, caller.act(Action.DROP, number))
    await _do(stage, third.act(Action.DROP, number))
    number = await _calls(stage, caller, called)
    await _do(stage, caller.set_state(UserState.WORK))
    await _do(stage, called.set_state(UserState.WORK_READY))
    await _joins(stage, caller, third, number, Action.TRANSFER)
    await _do(stage, called.act(Action.HOLD, number))
    await _do(stage, called.act(Action.DROP, number))
    await _do(stage, caller.go_away(last=True))
    await _do(stage, caller.go_away(UserState.LOGOUT))
    await _do(stage, caller.sign_in())
    await _do(stage, called.go_away(last=True))
    await _do(stage, called.go_away(UserState.LOGOUT, last=True))
    await _do(stage, called.sign_in())


async def calls_up(stage: Stage) -> Mapping[str, list[str]]:
    """The ids of the calls that each of those at work is in, by the switch's word."""
    found = {}
    for agent in stage.agents:
        found[agent.id] = [str(call.call_id) for call in await stage.switch.calls_at(agent.agent.extension)]
    return found


async def ask_by_number(stage: Stage, from_s: float) -> None:
    """Everybody asks by their numbers for the calls at his telephone of which the switch has told since then: no list
    shows whether a node still has those that are over, and whether each of those that are up is found."""
    for agent in stage.agents:
        for call_id in stage.heard_of_at(agent.agent.extension, from_s):
            await agent.dialog(call_id)


async def look_after_each_other(stage: Stage) -> None:
    """Everybody asks about those whom it leads."""
    await asyncio.gather(*(agent.look_after(_colleagues(stage, agent)) for agent in stage.agents))


async def ask_in_vain(stage: Stage, calls: Mapping[str, list[str]]) -> None:
    """What a node that is failing over must neither do nor keep for later: other states, a call, and what is done to
    calls that were up before. Nor does it answer what is asked of them, of colleagues and of codes."""
    first, second, third, fourth = stage.agents[:4]
    for agent, other in ((first, third), (second, fourth), (third, first), (fourth, second)):
        await agent.set_state(UserState.READY)
        await agent.make_call(other.agent.extension)
        # Finesse's own CTI server makes people Not Ready whose node has lost it: that it was kept for later shows not.
        await agent.ask_state(UserState.NOT_READY)
        await agent.set_state(UserState.LOGOUT)
        await agent.sign_in()
        await agent.ask_about(calls.get(agent.id, ()))
        await agent.look_after(_colleagues(stage, agent))
    for administrator in stage.administrators:
        await administrator.use_console()


async def _calls(stage: Stage, caller: WorkingAgent, called: WorkingAgent) -> str:
    given = {name: value for name, value in call_data("given with it").items() if name != _AT_THE_END}
    await _do(stage, caller.make_call(called.agent.extension, given))
    number = await _ringing(stage, called)
    await _do(stage, called.act(Action.ANSWER, number))
    return number


async def _ringing(stage: Stage, agent: WorkingAgent) -> str:
    """The call that rings there. Raises EvidenceError: none does, what was asked for at the desktop was not done."""
    for _ in range(LOOKS):
        for one in await stage.switch.calls_at(agent.agent.extension):
            if one.state is LocalConnectionState.ALERTING:
                return str(one.call_id)
        await stage.pause(PAUSE_S)
    raise EvidenceError(f"no call rings at {agent.agent.extension}, where one was to come from a desktop")


async def _do(stage: Stage, work: Awaitable[object]) -> None:
    """Do it, and leave everybody the time to hear of it."""
    await work
    await stage.pause(PAUSE_S)


async def _joins(stage: Stage, agent: WorkingAgent, third: WorkingAgent, number: str, how: Action) -> None:
    """The agent consults a third one, and joins both calls."""
    await _do(stage, agent.act(Action.CONSULT_CALL, number, number=third.agent.extension))
    await _do(stage, third.act(Action.ANSWER, await _ringing(stage, third)))
    await _do(stage, agent.act(how, number))
