"""The peripheral as a whole."""

from collections.abc import Callable

from chaos.mock.peripheral.agents import Agents, Policy
from chaos.mock.peripheral.calls import CallLater, Calls
from chaos.mock.peripheral.events import Event
from chaos.mock.peripheral.states import AgentSnapshot, PeripheralConfig
from chaos.mock.peripheral.teams import teams_of
from chaos.wire.ged188.values import LocalConnectionState

Listener = Callable[[Event], None]

NOTICED_S = 1.0
"""So long after a client is back agents are told that their connection had failed (ours; the guide names no time). By
then a client has read its agents, of whom a query tells the state and not the reason."""


class Peripheral:
    """Agents, phones and calls behind both CTI servers. No I/O, no clock of its own.

    agents, calls: the operations and what is. teams: as configured. count: events told so far, so that anything can be
    dated against them.
    last_session_at: the count when a CTI session was last opened, on either side. session_ended_s: when each client's
    last session ended, by its unique instance id or client id.
    policy: see `agents`. now: loop time in seconds. call_later: runs something after a delay in
    seconds (`loop.call_later` will do).
    """

    def __init__(
        self,
        config: PeripheralConfig,
        *,
        now: Callable[[], float],
        call_later: CallLater,
        policy: Policy | None = None,
    ) -> None:
        self.config = config
        self.now = now
        self._call_later = call_later
        self.count = 0
        self.last_session_at = 0
        self.session_ended_s: dict[str, float] = {}
        self.teams = teams_of(config.agents)
        self._listeners: list[Listener] = []
        devices = frozenset({*config.devices, *(agent.extension for agent in config.agents)})
        self.calls = Calls(
            devices,
            first_call_id=config.first_call_id,
            outside_answer_s=config.outside_answer_s,
            call_later=call_later,
            off_hook=lambda device: self.agents.off_hook(device),
            settled=lambda touched: self.agents.settle(touched),
            handed_over=lambda touched: self.agents.handed_over(touched),
            emit=self._emit,
            count=lambda: self.count,
            now=now,
        )
        self.agents = Agents(
            config.agents,
            devices=devices,
            states_of=self.calls.states_at,
            emit=self._emit,
            now=now,
            policy=policy or Policy(),
            later=call_later,
            hang_up=self._hang_up,
            hung_up=lambda: self.calls.hung_up,
            drop_another=self._drop_another,
            hold=self._put_on_hold,
        )

    def client_opened(self, client: str) -> None:
        """A CTI client has opened a session; if anybody is signed in by it, it was gone meanwhile."""
        failed = self.agents.signed_in_by(client)
        if failed:
            self._call_later(NOTICED_S, lambda: self.agents.client_back(failed))

    def _hang_up(self, device: str) -> None:
        for call_id, _ in self.calls.at(device):
            self.calls.clear_call(call_id, device)

    def _put_on_hold(self, device: str) -> None:
        """What a sound product never does (DESKTOP-19, DESKTOP-21)."""
        for call_id, state in self.calls.at(device):
            if state is LocalConnectionState.CONNECT:
                self.calls.hold(call_id, device)

    def _drop_another(self, device: str) -> None:
        """What a sound product never does (DESKTOP-21)."""
        for call_id, _ in self.calls.at(device):
            call = self.calls.get(call_id)
            others = [party.device for party in call.parties if party.device != device] if call else []
            if len(others) > 1:
                self.calls.clear_connection(call_id, others[-1])

    def subscribe(self, listener: Listener) -> Callable[[], None]:
        """Hear every event from now on, in order. Returns what ends it."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    def direction(self, agent: AgentSnapshot) -> int:
        """Of the agent's call, as AGENT_STATE_EVENT has it: 0 none, 1 in, 2 out, 3 other in, 4 other out.

        "Other" is a call among the peripheral's own phones. What is active goes before what is held.
        """
        calls = sorted(self.calls.at(agent.device), key=lambda call: call[1] is not LocalConnectionState.CONNECT)
        if not calls:
            return 0
        call = self.calls.get(calls[0][0])
        assert call is not None, "calls.at lists calls that are up"
        out = call.data.ani == agent.device
        inside = all(party.known for party in call.parties)
        return 1 + out + 2 * inside

    def _emit(self, event: Event) -> None:
        self.count += 1
        for listener in tuple(self._listeners):
            listener(event)
