"""What the peripheral tells its listeners: the events of the CTI Server guide, before any wire format.

A call event is told once for each party whose device belongs to the peripheral: `call_id` and `device` name that
party's connection, `local_state` is that party's own state. So a call between two agents begins and ends once for each
of them, and a party that drops off a conference sees its own end while the others go on.
"""

from dataclasses import dataclass

from chaos.mock.peripheral.states import AgentSnapshot, CallData
from chaos.wire.ged188.values import CallType, EventCause, LocalConnectionState


@dataclass(frozen=True, slots=True, kw_only=True)
class CallEvent:
    """Base of what is told about one connection."""

    call_id: int
    device: str
    local_state: LocalConnectionState
    cause: EventCause = EventCause.NONE


@dataclass(frozen=True, slots=True, kw_only=True)
class BeginCall(CallEvent):
    """The first word about a connection."""

    call_type: CallType
    data: CallData


@dataclass(frozen=True, slots=True, kw_only=True)
class EndCall(CallEvent):
    """The last word about a connection."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DataUpdate(CallEvent):
    """Call data or call type changed."""

    call_type: CallType
    data: CallData


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceInitiated(CallEvent):
    """A phone went off hook to call."""

    calling: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Originated(CallEvent):
    """The number is dialled."""

    calling: str
    called: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivered(CallEvent):
    """A phone rings."""

    alerting: str
    calling: str
    called: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Established(CallEvent):
    """A ringing phone was answered."""

    answering: str
    calling: str
    called: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Failed(CallEvent):
    """The call could not be put through; the caller hears a tone until he hangs up."""

    failing: str
    called: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Held(CallEvent):
    """A party put the call on hold."""

    holding: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Retrieved(CallEvent):
    """A party took the call off hold."""

    retrieving: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Joined(CallEvent):
    """Base: two calls became one; `call_id` is the one that stays, `secondary_id` the one that is gone."""

    secondary_id: int
    controller: str
    added: str
    parties: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Conferenced(Joined):
    """… and the controller is in it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Transferred(Joined):
    """… and the controller has left."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectionCleared(CallEvent):
    """A party left the call."""

    releasing: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Cleared(CallEvent):
    """The call is over for everybody."""


@dataclass(frozen=True, slots=True)
class AgentStateChanged:
    """An agent's state or its reason changed."""

    agent: AgentSnapshot


Event = CallEvent | AgentStateChanged
