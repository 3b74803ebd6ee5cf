"""The agents of the peripheral: signing in and out, states asked for, states that follow calls."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from chaos.mock.peripheral.events import AgentStateChanged
from chaos.mock.peripheral.states import (
    ALLOWED,
    BUSY,
    WRONG_REASON,
    AgentConfig,
    AgentSnapshot,
    Consequence,
    Load,
    Reason,
    Reconnected,
    Refused,
    consequence,
    shown_state,
)
from chaos.wire.ged188.values import AgentState, ControlFailure, LocalConnectionState

FIRST_AGENT_NUMBER = 5001
FORGETS_S = 20.0
"""Of a product that is broken: so long it is owed why an agent is Not Ready next."""


class Policy:
    """What is decided outside of the model; each method says what is proper, and a broken product says otherwise."""

    def consequence(self, agent: AgentSnapshot, load: Load, proper: Consequence) -> Consequence:
        """What becomes of an agent whose desktop is gone."""
        return proper

    def signs_nobody_in(self, agent_id: str) -> bool:
        """Is who was signed out left so by a forced logout?"""
        return True

    def sends_another_home(self, agent_id: str) -> bool:
        """Is somebody else signed out for somebody who was signed out, as if he had asked for it?"""
        return False

    def hurts_another(self, agent_id: str) -> bool:
        """Is somebody else logged out for somebody who was signed out?"""
        return False

    def lets_in(self, agent_id: str) -> bool:
        """May he sign in again?"""
        return True

    def keeps_reason(self, agent_id: str) -> bool:
        """Is he Not Ready for it at his next sign-in?"""
        return False

    def refuses_ready(self, agent_id: str) -> bool:
        """Can he not become Ready the first time after that?"""
        return False

    def keeps_for_s(self, agent_id: str) -> float | None:
        """How long after his next sign-in is he logged out by it? Never, None."""
        return None

    def reconnected(self, agent_id: str, client: str, state: AgentState) -> Reconnected:
        """What becomes of an agent whose CTI client is back."""
        return Reconnected.AS_DOCUMENTED


ON_THE_PHONE = frozenset({AgentState.TALKING, AgentState.HOLD})


@dataclass(slots=True)
class _Agent:
    """base, reason: his state apart from calls. after: what he takes after the call. shown…: what was last told.

    client: the CTI client that signed him in. owes_reason: it was lost while he was Ready, see `client_back`.
    owes: how, which a broken product has of its own.
    is_locked_out: a broken product lets him sign in no more. caught_s: one logs him out so long after he does.
    first_reason: one has him Not Ready for it at his next sign-in. is_held_back: one refuses him Ready once after that.
    ends_with_hold: one forgets `after` when a call is held. ends_with_partner: one does when another party hangs up.
    ends_with_transfer: one does when the call is handed over. ends_below: one does when he has fewer calls than that.
    """

    config: AgentConfig
    number: int
    device: str = ""
    base: AgentState = AgentState.LOGOUT
    reason: int = 0
    after: tuple[AgentState, int] | None = None
    shown: AgentState = AgentState.LOGOUT
    shown_reason: int = 0
    shown_after: AgentState | None = None
    since_s: float = 0.0
    client: str = ""
    owes_reason: bool = False
    owes: Reconnected = Reconnected.AS_DOCUMENTED
    is_locked_out: bool = False
    caught_s: float | None = None
    first_reason: int = 0
    is_held_back: bool = False
    ends_with_hold: bool = False
    ends_with_partner: bool = False
    ends_with_transfer: bool = False
    ends_below: int = 0

    def snapshot(self) -> AgentSnapshot:
        return AgentSnapshot(
            agent_id=self.config.agent_id,
            device=self.device,
            state=self.shown,
            reason=self.shown_reason,
            since_s=self.since_s,
            skill_group=self.config.skill_group,
            number=self.number,
            after_call=self.shown_after,
        )


class Agents:
    """All agents of one peripheral.

    devices: phones at which they may sign in. states_of: the connections at a phone. emit: where changes are told.
    now: loop time in seconds. policy: see there. later: runs something after a delay. hang_up: ends the calls at a
    phone. hung_up: the phone that was hung up last. drop_another: ends another one's part in conferences there.
    hold: puts the call there on hold.
    Every operation raises Refused, with the code the product would give.
    """

    def __init__(
        self,
        configs: Sequence[AgentConfig],
        *,
        devices: frozenset[str],
        states_of: Callable[[str], Sequence[LocalConnectionState]],
        emit: Callable[[AgentStateChanged], None],
        now: Callable[[], float],
        policy: Policy,
        later: Callable[[float, Callable[[], None]], object],
        hang_up: Callable[[str], None],
        hung_up: Callable[[], str],
        drop_another: Callable[[str], None],
        hold: Callable[[str], None],
    ) -> None:
        self._policy, self._later, self._hang_up, self._hung_up = policy, later, hang_up, hung_up
        self._drop_another, self._hold = drop_another, hold
        self._seats: dict[str, _Agent] = {}
        self._agents: Mapping[str, _Agent] = {
            config.agent_id: _Agent(config, number) for number, config in enumerate(configs, FIRST_AGENT_NUMBER)
        }
        self._devices = devices
        self._states_of = states_of
        self._emit = emit
        self._now = now

    def all(self) -> tuple[AgentSnapshot, ...]:
        """Every configured agent."""
        return tuple(agent.snapshot() for agent in self._agents.values())

    def get(self, agent_id: str) -> AgentSnapshot | None:
        """The agent with this id."""
        agent = self._agents.get(agent_id)
        return agent.snapshot() if agent else None

    def at(self, device: str) -> AgentSnapshot | None:
        """Who is signed in at this phone."""
        agent = self._at(device)
        return agent.snapshot() if agent else None

    def authenticate(self, agent_id: str, password: str | None) -> None:
        """Check the password, change nothing. None: somebody else has vouched for the agent (single sign-on)."""
        if password is not None and password != self._known(agent_id).config.password:
            raise Refused(ControlFailure.INVALID_PASSWORD, f"wrong password for agent {agent_id}")

    def login(self, agent_id: str, password: str | None, device: str, *, client: str = "") -> None:
        """Sign in at a phone: the agent shows LOGIN, then NOT_READY.

        password: as in `authenticate`. client: the CTI client that asks.
        """
        agent = self._known(agent_id)
        self.authenticate(agent_id, password)
        if agent.base is not AgentState.LOGOUT:
            raise Refused(ControlFailure.AGENT_ALREADY_SIGNED_ON, f"agent {agent_id} is signed in at {agent.device}")
        if device not in self._devices or agent.is_locked_out:
            raise Refused(ControlFailure.INVALID_LOGON_DEVICE, f"no phone {device!r}")
        if (other := self._at(device)) is not None:
            raise Refused(ControlFailure.EXTENSION_IN_USE, f"{device} is used by agent {other.config.agent_id}")
        self._sit(agent, device)
        agent.client, agent.owes_reason = client, False
        self._tell(agent, AgentState.LOGIN, 0)
        agent.base, agent.reason, agent.after = AgentState.NOT_READY, agent.first_reason, None
        agent.first_reason = 0
        self._settle(agent)
        if agent.caught_s is not None:
            self._later(agent.caught_s, lambda: self._sign_out(agent, Reason.CONNECTION_FAILURE))
            agent.caught_s = None

    def set_state(self, agent_id: str, state: AgentState, reason: int = 0, *, forced: bool = False) -> None:
        """Ask for a state, LOGIN excepted. While on the phone it waits until the call is over.

        reason: kept for NOT_READY and LOGOUT. forced: sign out from whatever state.
        LOGOUT with reason 255 means that the desktop is gone; what comes of it is the agent's LOAD setting.
        """
        agent = self._known(agent_id)
        if state is AgentState.LOGOUT and reason == Reason.DESKTOP_GONE:
            self._desktop_gone(agent)
        elif state is AgentState.LOGOUT and (forced or reason == Reason.SUPERVISOR):
            self._sign_out(agent, reason)
        else:
            self._ask(agent, state, reason if state in (AgentState.NOT_READY, AgentState.LOGOUT) else 0)

    def signed_in_by(self, client: str) -> tuple[str, ...]:
        """Ids of the agents who are signed in, and were by this CTI client."""
        return tuple(
            agent_id
            for agent_id, agent in self._agents.items()
            if client and agent.client == client and agent.base is not AgentState.LOGOUT
        )

    def client_back(self, agent_ids: Iterable[str]) -> None:
        """The CTI client that signed these agents in was gone, and has a session again (DESKTOP-09, DESKTOP-10).

        Whoever is Not Ready is so for the lost connection from now on, which is told even if it was told before: the
        client may not have heard it. Who is Ready stays so, and has that reason when he is Not Ready next.
        Source: failover chapter, Desktop Behavior, race conditions.
        """
        for agent in map(self._known, agent_ids):
            if agent.base is not AgentState.LOGOUT:
                self._come_back(agent, self._policy.reconnected(agent.config.agent_id, agent.client, agent.base))

    def _come_back(self, agent: _Agent, how: Reconnected) -> None:
        if how is Reconnected.NOTHING:
            return
        if how is Reconnected.LOGGED_OUT:
            self._sign_out(agent, Reason.CONNECTION_FAILURE)
        elif agent.base is AgentState.NOT_READY or how is Reconnected.NOT_READY:
            agent.base = AgentState.NOT_READY
            agent.reason = WRONG_REASON if how is Reconnected.WRONG_REASON else Reason.CONNECTION_FAILURE
            if not self._settle(agent):
                self._emit(AgentStateChanged(agent.snapshot()))
        elif how is Reconnected.CANCELS and agent.owes_reason:
            agent.owes_reason = False
        else:
            agent.owes_reason, agent.owes = True, how
            if how is Reconnected.FORGETS_SOON:
                self._later(FORGETS_S, lambda: setattr(agent, "owes_reason", False))

    def off_hook(self, device: str) -> None:
        """A phone begins to call: whoever is Ready there is Ready no more, which is a change to Not Ready like any."""
        agent = self._at(device)
        if agent is not None and agent.shown is AgentState.AVAILABLE:
            owes = agent.owes_reason and agent.owes is not Reconnected.FORGETS_OFF_HOOK
            reason = Reason.CONNECTION_FAILURE if owes else Reason.OFF_HOOK
            agent.base, agent.reason = AgentState.NOT_READY, reason
            self._settle(agent)

    def handed_over(self, devices: Iterable[str]) -> None:
        """A call at these phones has become another one, by a transfer."""
        for device in devices:
            agent = self._at(device)
            if agent is not None and agent.ends_with_transfer:
                agent.after, agent.ends_with_transfer = None, False

    def settle(self, devices: Iterable[str]) -> None:
        """Let the states follow the calls at these phones."""
        for device in devices:
            if (agent := self._at(device)) is not None:
                self._settle(agent)

    def _ask(self, agent: _Agent, state: AgentState, reason: int) -> None:
        busy = BUSY.intersection(self._states_of(agent.device))
        is_own = reason != 0 and agent.owes is Reconnected.OWN_REASON
        is_own = is_own or (agent.shown in ON_THE_PHONE and agent.owes is Reconnected.FORGETS_ON_CALL)
        is_own = is_own or (reason == Reason.SUPERVISOR and agent.owes is Reconnected.YIELDS)
        if state is AgentState.NOT_READY and agent.owes_reason and not is_own:
            reason = Reason.CONNECTION_FAILURE
        if state is agent.shown is AgentState.AVAILABLE and agent.owes is Reconnected.FORGETS_WHEN_ASKED:
            agent.owes_reason = False
        is_held_back = agent.is_held_back and state is AgentState.AVAILABLE
        agent.is_held_back = agent.is_held_back and not is_held_back
        if is_held_back or state not in ALLOWED[agent.shown] or (state is AgentState.LOGOUT and busy):
            raise Refused(
                ControlFailure.STATE_INCOMPATIBILITY,
                f"agent {agent.config.agent_id} cannot go from {agent.shown.name} to {state.name}",
            )
        if state is AgentState.LOGOUT:
            self._sign_out(agent, reason)
        elif agent.shown in ON_THE_PHONE or (state is AgentState.AVAILABLE and busy):
            agent.after = (state, reason)
            self._settle(agent)
        else:
            self._take(agent, state, reason)

    def _desktop_gone(self, agent: _Agent) -> None:
        if agent.base is AgentState.LOGOUT:
            agent.is_locked_out = not self._policy.lets_in(agent.config.agent_id)
            agent.caught_s = self._policy.keeps_for_s(agent.config.agent_id)
            if self._policy.keeps_reason(agent.config.agent_id):
                agent.first_reason = Reason.CONNECTION_FAILURE
            agent.is_held_back = self._policy.refuses_ready(agent.config.agent_id)
            idle = (one for one in self._agents.values() if one.base is AgentState.NOT_READY)
            if self._policy.hurts_another(agent.config.agent_id) and (other := next(idle, None)) is not None:
                self._sign_out(other, Reason.CONNECTION_FAILURE)
            if self._policy.sends_another_home(agent.config.agent_id) and (other := next(idle, None)) is not None:
                self._sign_out(other, Reason.DESKTOP_GONE)
            if not self._policy.signs_nobody_in(agent.config.agent_id):
                self._sit(agent, agent.config.extension)
                self._take(agent, AgentState.NOT_READY, 0)
            return
        proper = consequence(agent.config.load, on_the_phone=agent.shown in ON_THE_PHONE)
        comes = self._policy.consequence(agent.snapshot(), agent.config.load, proper)
        if comes.ends_calls or (comes.ends_two and len(self._states_of(agent.device)) > 1):
            device = agent.device
            self._later(comes.ends_calls_s, lambda: self._hang_up(device))
        if comes.holds_s is not None:
            self._later(comes.holds_s, lambda device=agent.device: self._hold(device))  # type: ignore[misc]
        if comes.drops_another:
            self._drop_another(agent.device)
        if comes.late_s > 0:
            self._later(comes.late_s, lambda: self._become(agent, comes))
        else:
            self._become(agent, comes)

    def _become(self, agent: _Agent, comes: Consequence) -> None:
        if comes.state is None:
            return
        if comes.wears_off_s is not None:
            self._later(comes.wears_off_s, lambda before=(agent.base, agent.device): self._wear_off(agent, *before))  # type: ignore[misc]
        if comes.waits:
            agent.after, agent.ends_with_hold = (comes.state, comes.reason), comes.ends_with_hold
            agent.ends_with_partner, agent.ends_with_transfer = comes.ends_with_partner, comes.ends_with_transfer
            agent.ends_below = len(self._states_of(agent.device)) if comes.ends_with_one else 0
            self._settle(agent)
        elif comes.state is AgentState.LOGOUT:
            agent.is_locked_out = comes.keeps_seat
            self._sign_out(agent, comes.reason)
        else:
            self._take(agent, comes.state, comes.reason)

    def _wear_off(self, agent: _Agent, before: AgentState, device: str) -> None:
        """What a sound product never does (DESKTOP-01, DESKTOP-20)."""
        if agent.base is AgentState.LOGOUT and agent.reason == Reason.CONNECTION_FAILURE and self._at(device) is None:
            self._sit(agent, device)
            self._take(agent, AgentState.NOT_READY, 0)
        elif agent.base is AgentState.NOT_READY and agent.reason == Reason.CONNECTION_FAILURE:
            self._take(agent, before, 0)

    def _take(self, agent: _Agent, state: AgentState, reason: int) -> None:
        agent.base, agent.reason, agent.after = state, reason, None
        self._settle(agent)

    def _sign_out(self, agent: _Agent, reason: int) -> None:
        if agent.base is not AgentState.LOGOUT:
            self._take(agent, AgentState.LOGOUT, reason)
            self._sit(agent, "")

    def _settle(self, agent: _Agent) -> bool:
        """Show what follows from his state and his calls; whether that is told as a change."""
        states = self._states_of(agent.device)
        if agent.ends_with_partner and not states:
            agent.after = agent.after if self._hung_up() == agent.device else None
            agent.ends_with_partner = False
        if states and len(states) < agent.ends_below:
            agent.after, agent.ends_below = None, 0
        if agent.after is not None and not BUSY.intersection(states):
            agent.base, agent.reason = agent.after
            agent.after = None
        shown = shown_state(agent.base, states)
        if agent.ends_with_hold and {agent.shown, shown} == ON_THE_PHONE:
            agent.after, agent.ends_with_hold = None, False
        if shown is AgentState.WORK_NOT_READY and agent.owes is Reconnected.FORGETS_WITH_WRAP_UP:
            agent.owes_reason = False
        if shown in ON_THE_PHONE and agent.owes is Reconnected.FORGETS_WITH_CALL:
            agent.owes_reason = False
        if shown is AgentState.NOT_READY and agent.owes is not Reconnected.FOR_EVER:
            agent.owes_reason = False
        return self._tell(agent, shown, agent.reason if shown is agent.base else 0)

    def _tell(self, agent: _Agent, state: AgentState, reason: int) -> bool:
        after = agent.after[0] if agent.after else None
        if (state, reason, after) == (agent.shown, agent.shown_reason, agent.shown_after):
            return False
        if (state, reason) != (agent.shown, agent.shown_reason):
            agent.since_s = self._now()
        agent.shown, agent.shown_reason, agent.shown_after = state, reason, after
        self._emit(AgentStateChanged(agent.snapshot()))
        return True

    def _known(self, agent_id: str) -> _Agent:
        try:
            return self._agents[agent_id]
        except KeyError:
            raise Refused(ControlFailure.INVALID_AGENT_ID, f"no agent {agent_id!r}") from None

    def _at(self, device: str) -> _Agent | None:
        return self._seats.get(device)

    def _sit(self, agent: _Agent, device: str) -> None:
        """Who sits where is looked up by the device: 2,000 who sign in would else be looked through 2,000 times."""
        if self._seats.get(agent.device) is agent:
            del self._seats[agent.device]
        agent.device = device
        if device:
            self._seats[device] = agent
