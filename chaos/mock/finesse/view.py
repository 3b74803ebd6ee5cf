"""What a node knows of agents and calls: built from CTI messages alone. Pure.

Every call event concerns one connection (call id, device) and carries that connection's own state; the devices named
beside it tell of the other parties. A call that was never begun before our eyes is not invented from a later event
(CTI Server Message Reference Guide: BEGIN_CALL_EVENT precedes all others). After a new session the view is filled from
snapshots. There the conference caveat shows: of a conference, Unified CCE describes only the parties whose devices
belong to agents, and that picture stays until the call is over (CTI-11).
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from chaos.wire.ged188.agents import AgentStateEvent, QueryAgentStateConf
from chaos.wire.ged188.events import (
    BeginCallEvent,
    CallClearedEvent,
    CallConferencedEvent,
    CallConnectionClearedEvent,
    CallDataUpdateEvent,
    CallDeliveredEvent,
    CallEstablishedEvent,
    CallFailedEvent,
    CallHeldEvent,
    CallOriginatedEvent,
    CallRetrievedEvent,
    CallServiceInitiatedEvent,
    CallTransferredEvent,
    EndCallEvent,
)
from chaos.wire.ged188.fields import Message
from chaos.wire.ged188.requests import SnapshotCallConf
from chaos.wire.ged188.values import NONE_16, AgentState, CallType
from chaos.wire.ged188.values import LocalConnectionState as State

CONFERENCE_PARTIES = 3


@dataclass(frozen=True, slots=True)
class Agent:
    """An agent as the CTI server tells of him. extension: "" when signed out. since: None if no state was ever told."""

    state: AgentState | int = AgentState.LOGOUT
    extension: str = ""
    reason: int = 0
    since: datetime | None = None
    pending: AgentState | int | None = None

    @property
    def signed_in(self) -> bool:
        return self.state not in (AgentState.LOGOUT, AgentState.UNKNOWN)


@dataclass(frozen=True, slots=True)
class Party:
    """One party of a call. started: when it came in. since: when its state began."""

    state: State | int
    started: datetime
    since: datetime

    @property
    def gone(self) -> bool:
        return self.state == State.NULL


@dataclass(frozen=True, slots=True)
class CallFacts:
    """Data that travel with a call. variables: call variables 1 to 10. named: ECC variables, name to value."""

    dnis: str = ""
    dialed_number: str = ""
    variables: tuple[str, ...] = ("",) * 10
    wrap_up: str = ""
    named: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Call:
    """A call. originated: the number was dialled. incomplete: read from a snapshot that left parties out.

    associated: the call from which this one was made, to consult somebody. absorbed: the call that became part of this.
    """

    call_id: int
    call_type: CallType | int = NONE_16
    calling: str = ""
    called: str = ""
    facts: CallFacts = CallFacts()
    parties: Mapping[str, Party] = field(default_factory=dict)
    originated: bool = False
    incomplete: bool = False
    associated: int | None = None
    absorbed: int | None = None

    def with_party(self, device: str, state: State | int, now: datetime) -> "Call":
        """A copy in which the party is in that state; it is added if it is new."""
        old = self.parties.get(device)
        if old and old.state == state:
            return self
        party = Party(state, old.started if old else now, now)
        return replace(self, parties={**self.parties, device: party})


class View:
    """Agents by id, and the calls that are up by call id.

    concerned: the agents whose screens the last event that was taken into account may have changed, so that not all are
    drawn again for each event: with 2,000 agents that is most of what a node does.
    """

    def __init__(self) -> None:
        self.agents: dict[str, Agent] = {}
        self.calls: dict[int, Call] = {}
        self.concerned: frozenset[str] = frozenset()
        self._at: dict[str, set[str]] = {}
        self._inside: frozenset[str] | None = None
        self._by_device: dict[str, tuple[Call, ...]] | None = None

    def apply(self, message: Message, now: datetime) -> bool:
        """Take one event into account; False if it is of no concern here."""
        if isinstance(message, AgentStateEvent):
            return self._agent_event(message, now)
        named = {getattr(message, name, None) for name in _CALL_IDS}
        devices = {device for call_id in named if call_id in self.calls for device in self.calls[call_id].parties}
        self._by_device = None
        if not self._call_event(message, now):
            return False
        devices |= {device for call_id in named if call_id in self.calls for device in self.calls[call_id].parties}
        self.concerned = self._who_sees(devices)
        return True

    def _call_event(self, message: Message, now: datetime) -> bool:
        if isinstance(message, CallConferencedEvent | CallTransferredEvent):
            return self._merge(message, now)
        if isinstance(message, BeginCallEvent):
            return self._begin(message)
        change = _CHANGES.get(type(message))
        if change is None:
            return False
        call_id = getattr(message, "connection_call_id", None)
        call = self.calls.get(call_id) if call_id is not None else None
        if call is None:
            return False
        if isinstance(message, EndCallEvent):
            return self._end(call, message, now)
        self.calls[call.call_id] = change(call, message, now)
        return True

    def _who_sees(self, devices: Iterable[str]) -> frozenset[str]:
        """Agents at these devices, and at those that share a call with one: of a party it is shown what it may do,
        which depends on its other calls, and whether it is an agent's."""
        devices = set(devices)
        beside = {party for device in devices for call in self.calls_at(device) for party in call.parties}
        return frozenset(agent for device in devices | beside for agent in self._at.get(device, ()))

    def extensions(self) -> frozenset[str]:
        """Devices of the agents who are signed in."""
        if self._inside is None:
            self._inside = frozenset(agent.extension for agent in self.agents.values() if agent.extension)
        return self._inside

    def calls_at(self, device: str) -> tuple[Call, ...]:
        """Calls in which this device is a party that has not left."""
        if self._by_device is None:
            found: dict[str, list[Call]] = {}
            for call in self.calls.values():
                for party in (name for name, party in call.parties.items() if not party.gone):
                    found.setdefault(party, []).append(call)
            self._by_device = {name: tuple(calls) for name, calls in found.items()}
        return self._by_device.get(device, ())

    def _put(self, agent_id: str, agent: Agent) -> None:
        old = self.agents.get(agent_id)
        self.agents[agent_id] = agent
        if old is not None and old.extension == agent.extension:
            return
        self._inside = None
        if old is not None and old.extension:
            self._at[old.extension].discard(agent_id)
        if agent.extension:
            self._at.setdefault(agent.extension, set()).add(agent_id)

    # Filling from snapshots

    def take_agent(self, agent_id: str, conf: QueryAgentStateConf, before: Agent | None, now: datetime) -> None:
        """The answer to a query. It has no reason code: an unchanged state keeps the one known before."""
        signed_in = conf.agent_state not in (AgentState.LOGOUT, AgentState.UNKNOWN)
        extension = (conf.agent_extension or conf.agent_instrument or "") if signed_in else ""
        if before is not None and before.state == conf.agent_state and before.extension == extension:
            self._put(agent_id, replace(before, pending=None))  # a pending state does not survive a new session
            return
        since = now if before is not None and before.since is not None else None
        self._put(agent_id, Agent(conf.agent_state, extension, 0, since))

    def take_call(self, call_id: int, conf: SnapshotCallConf, before: Call | None, now: datetime) -> None:
        """The answer to a snapshot. Who calls whom is not in it: known from before, or guessed from the parties."""
        self._by_device = None
        told = {
            device.call_device_id: device.call_device_conn_state
            for device in conf.call_devices
            if device.call_device_id and device.call_device_conn_state is not None
        }
        conference = conf.call_type in (CallType.CONFERENCE, CallType.CONSULT_CONFERENCE) or len(told) > 2
        if before is not None and len([p for p in before.parties.values() if not p.gone]) >= CONFERENCE_PARTIES:
            conference = True
        inside = self.extensions()
        shown = {device: state for device, state in told.items() if not conference or device in inside}
        old = before.parties if before else {}
        known = shown.keys() | {device for device, party in old.items() if not party.gone}
        devices = list(told)
        facts = _facts(conf, before.facts if before else CallFacts())
        self.calls[call_id] = Call(
            call_id,
            conf.call_type,
            before.calling if before else (devices[0] if devices else ""),
            before.called if before else (facts.dialed_number or (devices[1] if len(devices) > 1 else "")),
            facts,
            {device: _same_or_new(old.get(device), state, now) for device, state in shown.items()},
            originated=True,
            incomplete=conference and (len(shown) < len(told) or known != shown.keys()),
            associated=before.associated if before else None,
            absorbed=before.absorbed if before else None,
        )

    # Events

    def _agent_event(self, message: AgentStateEvent, now: datetime) -> bool:
        if not message.agent_id or message.agent_state == AgentState.LOGIN:
            return False  # LOGIN is a step on the way, not a state that clients are shown
        signed_in = message.agent_state not in (AgentState.LOGOUT, AgentState.UNKNOWN)
        pending = message.next_agent_state
        old = self.agents.get(message.agent_id, Agent())
        new = Agent(
            message.agent_state,
            (message.agent_extension or message.agent_instrument or "") if signed_in else "",
            message.event_reason_code,
            now - timedelta(seconds=min(message.state_duration, 86400 * 365)),
            None if pending in (message.agent_state, NONE_16) else pending,
        )
        self._put(message.agent_id, new)
        moved = {old.extension, new.extension} if old.extension != new.extension else set()
        # Those who have left a call are shown in it, too, and as somebody known or not.
        beside = {party for call in self.calls.values() if not moved.isdisjoint(call.parties) for party in call.parties}
        self.concerned = self._who_sees(moved | beside) | {message.agent_id}
        return True

    def _begin(self, message: BeginCallEvent) -> bool:
        call_id = message.connection_call_id
        call = self.calls.get(call_id, Call(call_id))
        associated = call.associated
        if associated is None and message.call_type == CallType.CONSULT:
            others = self.calls_at(message.connection_device_id or "")
            associated = next((one.call_id for one in others if one.call_id != call_id), None)
        self.calls[call_id] = replace(
            call, call_type=message.call_type, facts=_facts(message, call.facts), associated=associated
        )
        return True

    def _end(self, call: Call, message: EndCallEvent, now: datetime) -> bool:
        device = message.connection_device_id or ""
        if device in call.parties:
            call = call.with_party(device, State.NULL, now)
        inside = self.extensions()
        if any(not party.gone and other in inside for other, party in call.parties.items()):
            self.calls[call.call_id] = call
        else:
            del self.calls[call.call_id]
        return True

    def _merge(self, message: CallConferencedEvent | CallTransferredEvent, now: datetime) -> bool:
        """Two calls became one: the secondary's parties move over, it is gone."""
        gone = self.calls.pop(message.secondary_call_id, None)
        call = self.calls.get(message.primary_call_id)
        if call is None:
            return gone is not None
        devices = [party.party_device_id for party in message.parties if party.party_device_id]
        controller = _controller(message)
        inside = self.extensions()
        parties = {device: party for device, party in call.parties.items() if device in devices or party.gone}
        for device in devices:
            if call.incomplete and device not in inside:
                continue
            old = call.parties.get(device)
            moved = gone.parties.get(device) if gone else None
            keep = (moved or old) if device != controller else None
            state = keep.state if keep and not keep.gone and keep.state != State.INITIATE else State.CONNECT
            parties[device] = _same_or_new(old if old and not old.gone else None, state, now)
        conferenced = isinstance(message, CallConferencedEvent)
        self.calls[call.call_id] = replace(
            call,
            parties=parties,
            call_type=CallType.CONFERENCE if conferenced else call.call_type,
            absorbed=message.secondary_call_id,
        )
        return True


def _controller(message: CallConferencedEvent | CallTransferredEvent) -> str | None:
    if isinstance(message, CallConferencedEvent):
        return message.controller_device_id
    return message.transferring_device_id


def _same_or_new(old: Party | None, state: State | int, now: datetime) -> Party:
    if old and old.state == state:
        return old
    return Party(state, old.started if old else now, now)


def _facts(message: Any, old: CallFacts) -> CallFacts:
    """Call data of a message laid over what was known; what the message leaves out stays."""
    given = message.call_variables
    variables = old.variables
    if given:
        variables = tuple(
            was if new is None else new for was, new in zip(old.variables, (*given, *(None,) * 10), strict=False)
        )
    named = {**dict(old.named), **{v.name: v.value for v in message.named_variables}}
    return CallFacts(
        message.dnis if message.dnis is not None else old.dnis,
        message.dialed_number if message.dialed_number is not None else old.dialed_number,
        variables,
        message.call_wrapup_data if message.call_wrapup_data is not None else old.wrap_up,
        tuple(named.items()),
    )


def _own(call: Call, message: Any, now: datetime) -> Call:
    """The connection's own state."""
    device, state = message.connection_device_id, message.local_connection_state
    return call.with_party(device, state, now) if device and state != NONE_16 else call


def _initiated(call: Call, message: CallServiceInitiatedEvent, now: datetime) -> Call:
    return _own(replace(call, calling=message.calling_device_id or call.calling), message, now)


def _originated(call: Call, message: CallOriginatedEvent, now: datetime) -> Call:
    calling, called = message.calling_device_id or call.calling, message.called_device_id or call.called
    return _own(replace(call, originated=True, calling=calling, called=called), message, now)


def _delivered(call: Call, message: CallDeliveredEvent, now: datetime) -> Call:
    calling, called = message.calling_device_id or call.calling, message.called_device_id or call.called
    call = replace(call, originated=True, calling=calling, called=called)
    alerting = message.alerting_device_id
    if alerting and alerting not in call.parties:
        call = call.with_party(alerting, State.ALERTING, now)
    return _own(call, message, now)


def _established(call: Call, message: CallEstablishedEvent, now: datetime) -> Call:
    answering, calling = message.answering_device_id, message.calling_device_id or ""
    if answering and (answering not in call.parties or call.parties[answering].state == State.ALERTING):
        call = call.with_party(answering, State.CONNECT, now)
    if calling in call.parties and call.parties[calling].state == State.INITIATE:
        call = call.with_party(calling, State.CONNECT, now)
    return _own(call, message, now)


def _held(call: Call, message: CallHeldEvent, now: datetime) -> Call:
    holding = message.holding_device_id or ""
    if holding in call.parties:
        call = call.with_party(holding, State.HOLD, now)
    return _own(call, message, now)


def _retrieved(call: Call, message: CallRetrievedEvent, now: datetime) -> Call:
    retrieving = message.retrieving_device_id or ""
    if retrieving in call.parties:
        call = call.with_party(retrieving, State.CONNECT, now)
    return _own(call, message, now)


def _left(call: Call, message: CallConnectionClearedEvent, now: datetime) -> Call:
    releasing = message.releasing_device_id or ""
    if releasing in call.parties:
        call = call.with_party(releasing, State.NULL, now)
    return call if message.connection_device_id not in call.parties else _own(call, message, now)


def _cleared(call: Call, message: CallClearedEvent, now: datetime) -> Call:
    for device in call.parties:
        call = call.with_party(device, State.NULL, now)
    return call


def _data(call: Call, message: CallDataUpdateEvent, now: datetime) -> Call:
    kind = message.call_type if message.call_type != NONE_16 else call.call_type
    return replace(call, call_type=kind, facts=_facts(message, call.facts))


def _unchanged(call: Call, message: EndCallEvent, now: datetime) -> Call:
    return call


_CALL_IDS = ("connection_call_id", "primary_call_id", "secondary_call_id")
"""The fields by which events name calls."""

_CHANGES: Mapping[type[Message], Callable[[Call, Any, datetime], Call]] = {
    CallServiceInitiatedEvent: _initiated,
    CallOriginatedEvent: _originated,
    CallDeliveredEvent: _delivered,
    CallEstablishedEvent: _established,
    CallHeldEvent: _held,
    CallRetrievedEvent: _retrieved,
    CallFailedEvent: _own,
    CallConnectionClearedEvent: _left,
    CallClearedEvent: _cleared,
    CallDataUpdateEvent: _data,
    EndCallEvent: _unchanged,
}
