"""Whatever is done in whatever order: what the peripheral shows is consistent, and what it tells adds up to it."""

from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from chaos.mock.peripheral import AgentSnapshot, AgentStateChanged, BeginCall, CallEvent, EndCall, Refused
from chaos.wire.ged188 import AgentState, CallType
from chaos.wire.ged188 import LocalConnectionState as State
from tests.mock.peripheral.stage import OUTSIDE, Stage

NUMBERS = st.sampled_from([1, 2, 3, 4])
DEVICES = st.sampled_from(["2001", "2002", "2003", "2004", "2009", OUTSIDE])
DESTINATIONS = st.sampled_from(["2001", "2002", "2003", "2004", "2009", OUTSIDE, "95550000", "nowhere"])
ASKED = st.sampled_from(
    [AgentState.NOT_READY, AgentState.AVAILABLE, AgentState.LOGOUT, AgentState.WORK_READY, AgentState.WORK_NOT_READY]
)
ON_CALL = {State.CONNECT, State.HOLD}


class Machine(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.stage = Stage()
        self.open: dict[tuple[int, str], State] = {}
        self.ever: set[tuple[int, str]] = set()
        self.agents: dict[str, AgentSnapshot] = {}
        self.stage.peripheral.subscribe(self.hear)

    def hear(self, event: object) -> None:
        if isinstance(event, AgentStateChanged):
            self.agents[event.agent.agent_id] = event.agent
        if isinstance(event, CallEvent):
            name = (event.call_id, event.device)
            if isinstance(event, BeginCall):
                assert name not in self.ever, "a connection begins once"
                self.ever.add(name)
            assert name in self.open or isinstance(event, BeginCall), "nothing is told before BEGIN or after END"
            self.open[name] = event.local_state
            if isinstance(event, EndCall):
                del self.open[name]

    def attempt(self, operation: Any, *args: Any, **named: Any) -> None:
        count = self.stage.peripheral.count
        try:
            operation(*args, **named)
        except Refused:
            assert self.stage.peripheral.count == count, "what is refused leaves no trace"

    def a_call(self, data: st.DataObject) -> int:
        return data.draw(st.sampled_from([call.call_id for call in self.stage.calls.all()] or [99]))

    @rule(n=NUMBERS)
    def login(self, n: int) -> None:
        self.attempt(self.stage.agents.login, f"100{n}", "secret", f"200{n}")

    @rule(n=NUMBERS, state=ASKED, reason=st.sampled_from([0, 7, 255, 999]), forced=st.booleans())
    def ask(self, n: int, state: AgentState, reason: int, forced: bool) -> None:
        self.attempt(self.stage.agents.set_state, f"100{n}", state, reason, forced=forced)

    @rule(device=DEVICES, number=DESTINATIONS)
    def make(self, device: str, number: str) -> None:
        self.attempt(self.stage.calls.make, device, number)

    @precondition(lambda self: self.stage.calls.all())
    @rule(
        data=st.data(),
        device=DEVICES,
        operation=st.sampled_from(["answer", "hold", "retrieve", "clear_connection", "clear_call"]),
    )
    def operate(self, data: st.DataObject, device: str, operation: str) -> None:
        self.attempt(getattr(self.stage.calls, operation), self.a_call(data), device)

    @precondition(lambda self: self.stage.calls.all())
    @rule(data=st.data())
    def answer_what_rings(self, data: st.DataObject) -> None:
        for call in self.stage.calls.all():
            for party in call.parties:
                if party.state is State.ALERTING and party.known:
                    self.stage.calls.answer(call.call_id, party.device)
                    return

    @precondition(lambda self: self.stage.calls.all())
    @rule(data=st.data(), device=DEVICES, number=DESTINATIONS)
    def consult(self, data: st.DataObject, device: str, number: str) -> None:
        self.attempt(self.stage.calls.consult, self.a_call(data), device, number)

    @precondition(lambda self: len(self.stage.calls.all()) > 1)
    @rule(data=st.data(), join=st.booleans())
    def join(self, data: st.DataObject, join: bool) -> None:
        calls = self.stage.calls
        device = data.draw(DEVICES)
        at = calls.at(device)
        held, active = (at[0][0], at[1][0]) if len(at) == 2 else (self.a_call(data), self.a_call(data))
        self.attempt(calls.conference if join else calls.transfer, held, active, device)

    @precondition(lambda self: self.stage.calls.all())
    @rule(data=st.data(), value=st.text("abc", max_size=3))
    def change_data(self, data: st.DataObject, value: str) -> None:
        self.attempt(self.stage.calls.set_data, self.a_call(data), {1: value})

    @rule(duration_s=st.sampled_from([0.5, 2.0, 130.0]))
    def wait(self, duration_s: float) -> None:
        self.stage.clock.pass_s(duration_s)

    @invariant()
    def agents_show_what_their_phone_does(self) -> None:
        for agent in self.stage.agents.all():
            states = set(self.stage.calls.states_at(agent.device))
            if agent.state is AgentState.TALKING:
                assert State.CONNECT in states
            elif agent.state is AgentState.HOLD:
                assert State.HOLD in states
                assert State.CONNECT not in states
            elif agent.state is AgentState.RESERVED:
                assert states == {State.ALERTING}
            elif agent.state is AgentState.AVAILABLE:
                assert not states
            else:
                assert agent.state is AgentState.LOGOUT or not ON_CALL & states
            assert (agent.state is AgentState.LOGOUT) == (agent.device == "")

    @invariant()
    def calls_are_whole(self) -> None:
        for call in self.stage.calls.all():
            assert any(party.known for party in call.parties)
            failed = [party.state for party in call.parties] == [State.FAIL]
            assert failed or len(call.parties) >= 2
            assert (call.conferenced_at is None) or call.call_type is CallType.CONFERENCE
        for device in self.stage.calls.devices:
            states = self.stage.calls.states_at(device)
            assert sum(state is not State.HOLD for state in states) <= 1

    @invariant()
    def what_was_told_adds_up_to_what_is(self) -> None:
        is_now = {
            (call.call_id, party.device): party.state
            for call in self.stage.calls.all()
            for party in call.parties
            if party.known
        }
        assert self.open == is_now
        for agent_id, told in self.agents.items():
            agent = self.stage.agents.get(agent_id)
            assert agent is not None
            seen = (told.state, told.reason, told.after_call, told.since_s)
            assert seen == (agent.state, agent.reason, agent.after_call, agent.since_s)


TestMachine = Machine.TestCase
TestMachine.settings = settings(max_examples=150, stateful_step_count=50, deadline=None)
