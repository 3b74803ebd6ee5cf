"""What becomes of a few people while Finesse has no CTI server: each scene is a thing that a fail-over must survive."""

from dataclasses import dataclass, field

from chaos.clients.cti import CallRef
from chaos.errors import UsageError
from chaos.experiment import Stage, people
from chaos.experiment.people import PAUSE_S
from chaos.history.hearing import TOLD_S
from chaos.subjects.agent import WorkingAgent
from chaos.wire.finesse import Action
from chaos.wire.ged188 import AgentState


@dataclass
class Scene:
    """who: places of its people among those at work, by turns at one node and the other.

    before: what is so when CTI is lost. at_once, meanwhile, at_last: what happens in the gap's first second, in its
    middle and in its last seconds. again: what happens once more, as often as the gap lasts longer than that. after:
    what they do once the nodes are back and have told everything.
    """

    who: tuple[int, ...]

    def people(self, stage: Stage) -> list[WorkingAgent]:
        return [stage.agents[n] for n in self.who]

    async def before(self, stage: Stage) -> None:
        return None

    async def at_once(self, stage: Stage) -> None:
        return None

    async def meanwhile(self, stage: Stage) -> None:
        return None

    async def at_last(self, stage: Stage) -> None:
        return None

    async def again(self, stage: Stage) -> None:
        return None

    async def after(self, stage: Stage) -> None:
        return None


@dataclass
class InACall(Scene):
    """Two people are in a call all through the gap, in which subclasses say what is done to it, and nothing else: what
    is told of one change must not be told by the way with another."""

    made: CallRef | None = field(default=None, init=False)

    @property
    def call(self) -> CallRef:
        if self.made is None:
            raise UsageError("the call of this scene has not been made yet")
        return self.made

    async def before(self, stage: Stage) -> None:
        caller, called = self.people(stage)
        self.made = await people.call(stage, caller, called)
        await stage.switch.set_call_data(self.call, people.call_data("before"))
        await stage.pause(PAUSE_S)


class DataChanged(InACall):
    """Every piece of the call's data is changed."""

    async def at_once(self, stage: Stage) -> None:
        await stage.switch.set_call_data(self.call, {"callVariable1": "at once"})

    async def meanwhile(self, stage: Stage) -> None:
        await stage.switch.set_call_data(self.call, people.call_data("in the gap"))
        await stage.switch.set_call_data(self.call, {"callVariable9": ""})


class PutOnHold(InACall):
    """One of them puts the call on hold, of which the other is told, too."""

    async def meanwhile(self, stage: Stage) -> None:
        await stage.switch.hold(self.people(stage)[0].id, self.call)


class Retrieved(InACall):
    """The call was on hold at both telephones, and is taken off at one of them."""

    async def before(self, stage: Stage) -> None:
        await super().before(stage)
        for agent in self.people(stage):
            await stage.switch.hold(agent.id, self.call)

    async def meanwhile(self, stage: Stage) -> None:
        await stage.switch.retrieve(self.people(stage)[0].id, self.call)


class Answered(InACall):
    """The call rang before, and is answered."""

    async def before(self, stage: Stage) -> None:
        caller, called = self.people(stage)
        self.made = await stage.switch.make_call(caller.id, called.agent.extension)
        await stage.pause(PAUSE_S)

    async def meanwhile(self, stage: Stage) -> None:
        await stage.switch.answer(self.people(stage)[1].id, self.call)


@dataclass
class Joined(Scene):
    """The first had called the second and consulted the third; in the gap both calls become one.

    leaves: the first one leaves the others alone (a transfer), or stays (a conference).
    """

    leaves: bool = True
    calls: tuple[CallRef, CallRef] | None = field(default=None, init=False)

    async def before(self, stage: Stage) -> None:
        first, second, third = self.people(stage)
        held = await people.call(stage, first, second)
        consulted = await stage.switch.consult(first.id, held, third.agent.extension)
        await stage.pause(PAUSE_S)
        await stage.switch.answer(third.id, consulted)
        await stage.pause(PAUSE_S)
        self.calls = held, consulted

    async def meanwhile(self, stage: Stage) -> None:
        assert self.calls is not None
        held, consulted = self.calls
        first = self.people(stage)[0]
        join = stage.switch.transfer if self.leaves else stage.switch.conference
        await join(first.id, held, consulted)


class Consults(InACall):
    """In the gap each of them consults somebody outside, as far as the lab has such a number: two calls at one
    telephone."""

    async def meanwhile(self, stage: Stage) -> None:
        number = stage.inventory.outside_number
        for agent in self.people(stage):
            if number:
                await stage.switch.consult(agent.id, self.call, number)
                await stage.pause(PAUSE_S)


@dataclass
class LeavesConference(Scene):
    """Three agents confer; in the gap the third one leaves the others."""

    made: CallRef | None = field(default=None, init=False)

    async def before(self, stage: Stage) -> None:
        first, second, third = self.people(stage)
        held = await people.call(stage, first, second)
        consulted = await stage.switch.consult(first.id, held, third.agent.extension)
        await stage.pause(PAUSE_S)
        await stage.switch.answer(third.id, consulted)
        await stage.pause(PAUSE_S)
        self.made = await stage.switch.conference(first.id, held, consulted)
        await stage.pause(PAUSE_S)

    async def meanwhile(self, stage: Stage) -> None:
        assert self.made is not None
        await stage.switch.clear(self.people(stage)[2].id, self.made)


@dataclass
class Comings(Scene):
    """Two people whose call ends at once; then calls come and go of which nobody must ever hear."""

    made: CallRef | None = field(default=None, init=False)

    async def before(self, stage: Stage) -> None:
        caller, called = self.people(stage)
        self.made = await people.call(stage, caller, called)

    async def at_once(self, stage: Stage) -> None:
        caller, called = self.people(stage)
        assert self.made is not None
        await stage.switch.clear(caller.id, self.made)
        await people.ghost(stage, called, caller, answered=True)

    async def meanwhile(self, stage: Stage) -> None:
        caller, called = self.people(stage)
        await people.ghost(stage, caller, called, answered=False)
        await people.ghost_outside(stage, called)
        for agent in (caller, called):
            await people.states(stage, agent, AgentState.AVAILABLE, AgentState.NOT_READY)

    async def at_last(self, stage: Stage) -> None:
        caller, called = self.people(stage)
        for agent in (caller, called):
            await people.states(stage, agent, AgentState.AVAILABLE, AgentState.NOT_READY)
        await people.ghost(stage, caller, called, answered=True)

    async def _at_a_blow(self, stage: Stage, first: AgentState, then: AgentState) -> None:
        """Another state, a call, and the first state again, all at once: nobody knows when the gap ends."""
        caller, called = self.people(stage)
        for agent in (caller, called):
            await stage.switch.set_agent_state(agent.id, first)
        await people.ghost(stage, caller, called, answered=True)
        for agent in (caller, called):
            await stage.switch.set_agent_state(agent.id, then)


class ThenACallBegins(Comings):
    """… and at last a call begins that is still there when the nodes are back, with data of its own."""

    async def at_last(self, stage: Stage) -> None:
        await super().at_last(stage)
        caller, called = self.people(stage)
        self.made = await people.call(stage, caller, called)
        await stage.switch.set_call_data(self.made, people.call_data("begun in the gap"))


class ThenOneRings(Comings):
    """… and at last it rings at somebody who is Ready."""

    async def at_last(self, stage: Stage) -> None:
        await super().at_last(stage)
        caller, called = self.people(stage)
        await people.states(stage, called, AgentState.AVAILABLE)
        self.made = await stage.switch.make_call(caller.id, called.agent.extension)


class ThenReady(Comings):
    """… and at last both are Ready. The call that ends at once was on hold."""

    async def before(self, stage: Stage) -> None:
        await super().before(stage)
        assert self.made is not None
        await stage.switch.hold(self.people(stage)[0].id, self.made)

    async def at_last(self, stage: Stage) -> None:
        await super().at_last(stage)
        for agent in self.people(stage):
            await people.states(stage, agent, AgentState.AVAILABLE)

    async def again(self, stage: Stage) -> None:
        await self._at_a_blow(stage, AgentState.NOT_READY, AgentState.AVAILABLE)


class ThenWrapUp(Comings):
    """… and at last both are after a call: one will be Ready next, the other not. The call that ends at once had only
    rung, at somebody who was Ready."""

    async def before(self, stage: Stage) -> None:
        caller, called = self.people(stage)
        await people.states(stage, called, AgentState.AVAILABLE)
        self.made = await stage.switch.make_call(caller.id, called.agent.extension)

    async def at_last(self, stage: Stage) -> None:
        await super().at_last(stage)
        caller, called = self.people(stage)
        made = await people.call(stage, caller, called)
        await stage.switch.set_agent_state(caller.id, AgentState.WORK_NOT_READY)
        await stage.switch.set_agent_state(called.id, AgentState.WORK_READY)
        await stage.switch.clear(caller.id, made)


class ThenNotReady(Comings):
    """Both were Ready, without a call, and are not at last."""

    async def before(self, stage: Stage) -> None:
        for agent in self.people(stage):
            await people.states(stage, agent, AgentState.AVAILABLE)

    async def at_once(self, stage: Stage) -> None:
        caller, called = self.people(stage)
        await people.ghost(stage, called, caller, answered=True)
        for agent in (caller, called):  # who calls is Ready no more
            await stage.switch.set_agent_state(agent.id, AgentState.AVAILABLE)

    async def again(self, stage: Stage) -> None:
        await self._at_a_blow(stage, AgentState.AVAILABLE, AgentState.NOT_READY)


class ThenSignedOut(Comings):
    """… and at last both are signed out; they sign in again afterwards. They were after a call when CTI was lost."""

    async def before(self, stage: Stage) -> None:
        await super().before(stage)
        assert self.made is not None
        for agent in self.people(stage):
            await stage.switch.set_agent_state(agent.id, AgentState.WORK_NOT_READY)
        await stage.switch.clear(self.people(stage)[0].id, self.made)

    async def at_once(self, stage: Stage) -> None:
        caller, called = self.people(stage)
        for agent in (caller, called):
            await stage.switch.set_agent_state(agent.id, AgentState.NOT_READY)
        await people.ghost(stage, called, caller, answered=True)

    async def at_last(self, stage: Stage) -> None:
        await super().at_last(stage)
        for agent in self.people(stage):
            await people.states(stage, agent, AgentState.NOT_READY, AgentState.LOGOUT)


@dataclass
class SignsIn(Scene):
    """Nobody was signed in there when CTI was lost."""

    async def before(self, stage: Stage) -> None:
        for agent in self.people(stage):
            await people.states(stage, agent, AgentState.LOGOUT)

    async def meanwhile(self, stage: Stage) -> None:
        for agent in self.people(stage):
            await people.sign_in(stage, agent)


@dataclass
class GetsReady(Scene):
    """Nobody was Ready there when CTI was lost."""

    async def meanwhile(self, stage: Stage) -> None:
        for agent in self.people(stage):
            await people.states(stage, agent, AgentState.AVAILABLE)


@dataclass
class OutsideConference(Scene):
    """Two agents confer with somebody whose device is no agent's, all through the gap; then they use their phones, drop
    off, and call one another.

    drops_at_desktop: they drop off there, and by telephone only where that comes to nothing.
    """

    drops_at_desktop: bool = False
    made: CallRef | None = field(default=None, init=False)

    async def before(self, stage: Stage) -> None:
        host, guest = self.people(stage)
        held = await people.call(stage, host, guest)
        consulted = await stage.switch.consult(host.id, held, stage.inventory.outside_number or "")
        await stage.watch(OUTSIDE_S)
        self.made = await stage.switch.conference(host.id, held, consulted)
        await stage.pause(PAUSE_S)

    async def after(self, stage: Stage) -> None:
        assert self.made is not None
        for agent in self.people(stage):
            await stage.switch.hold(agent.id, self.made)
            await stage.pause(PAUSE_S)
            await stage.switch.retrieve(agent.id, self.made)
            await stage.pause(PAUSE_S)
            # The same at the desktop, which may not show the call, or not all of it.
            number = str(self.made.call_id)
            for action, data in ((Action.HOLD, None), (Action.RETRIEVE, None), (Action.UPDATE_CALL_DATA, CONFERRED)):
                await agent.act(action, number, data=data)
                await stage.pause(PAUSE_S)
        for agent in self.people(stage):
            await self._drop(stage, agent, self.made)
            await stage.watch(SETTLED_S)
            await stage.look()
            await agent.dialog(str(self.made.call_id))
            for administrator in stage.administrators:
                await administrator.look_at(agent.id)
        await people.call(stage, *self.people(stage))
        await people.hang_up(stage, *self.people(stage))
        for agent in self.people(stage):
            await stage.switch.make_call(agent.id, stage.inventory.outside_number or "")
        await stage.watch(OUTSIDE_S)
        await stage.look()
        await people.hang_up(stage, *self.people(stage))
        await self._confer_again(stage)
        await stage.watch(TOLD_S + PAUSE_S)

    async def _confer_again(self, stage: Stage) -> None:
        """A conference of the same people that begins while the nodes are in service is one like any other."""
        host, guest = self.people(stage)
        held = await people.call(stage, host, guest)
        consulted = await stage.switch.consult(host.id, held, stage.inventory.outside_number or "")
        await stage.watch(OUTSIDE_S)
        await stage.switch.conference(host.id, held, consulted)
        await stage.watch(TOLD_S + PAUSE_S)
        await stage.look()
        await people.hang_up(stage, host, guest)

    async def _drop(self, stage: Stage, agent: WorkingAgent, conference: CallRef) -> None:
        if self.drops_at_desktop:
            await agent.act(Action.DROP, str(conference.call_id))
            await stage.watch(TOLD_S + PAUSE_S)
            left = await stage.switch.calls_at(agent.agent.extension)
            if conference.call_id not in {one.call_id for one in left}:
                return
        await stage.switch.clear(agent.id, conference)


# What a desktop says of a conference.
CONFERRED = {"callVariable3": "conferred"}
# After somebody has dropped off, until everything must be right again.
SETTLED_S = 13.0
# Somebody outside needs a while to answer.
OUTSIDE_S = 10.0
