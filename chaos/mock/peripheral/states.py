"""What agents and calls are made of, and the pure rules by which an agent's state follows from them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import Enum, IntEnum

from chaos.errors import ChaosError, UsageError
from chaos.wire.ged188.values import AgentState, CallType, ControlFailure, LocalConnectionState, PeripheralType

AGENT_ID_MAX = 11
EXTENSION_MAX = 15
"""Characters that the protocol's fields hold besides their NUL."""


class Reason(IntEnum):
    """Reason codes with a meaning of their own to the peripheral."""

    DESKTOP_GONE = 255
    SUPERVISOR = 999
    CONNECTION_FAILURE = 50002
    OFF_HOOK = 50006


WRONG_REASON = 50001
"""Of another trouble ("System Disconnect"), for a product that is broken."""


class Load(IntEnum):
    """What the peripheral does with an agent whose desktop is gone (code 255)."""

    NOT_READY = 0
    LOGOUT = 1


@dataclass(frozen=True, slots=True)
class Consequence:
    """What becomes of an agent whose desktop is gone.

    state: None leaves him as he is. waits: it comes when his call is over. In a product that is broken: late_s, how
    late it comes; ends_calls, ends_calls_s, whether his calls are ended for it, and how much later; drops_another,
    whether somebody's part is who is in a conference with him; wears_off_s, after which time he is as he was, or Not
    Ready if he was logged out; ends_with_partner, whether nothing comes of it if it is not he who hangs up;
    ends_with_hold, whether nothing comes of it once his call is put on hold, or taken back; ends_with_one, whether
    nothing does once one of several calls is over; ends_with_transfer, once his call is another one; ends_two, whether
    the calls of who has several are ended; holds_s, how much later his call is put on hold; keeps_seat, whether he
    cannot sign in any more.
    """

    state: AgentState | None
    reason: int
    waits: bool = False
    late_s: float = 0.0
    ends_calls: bool = False
    ends_calls_s: float = 0.0
    drops_another: bool = False
    wears_off_s: float | None = None
    ends_with_hold: bool = False
    ends_with_partner: bool = False
    ends_with_one: bool = False
    ends_with_transfer: bool = False
    ends_two: bool = False
    holds_s: float | None = None
    keeps_seat: bool = False


class Reconnected(Enum):
    """What becomes of an agent whose CTI client is back; all but the first in a product that is broken."""

    AS_DOCUMENTED = "as documented"
    NOTHING = "nothing"
    WRONG_REASON = "wrong reason"
    NOT_READY = "not ready"
    LOGGED_OUT = "logged out"
    OWN_REASON = "a reason of his own is the next one"
    FORGETS_SOON = "after a while it is not owed any more"
    FOR_EVER = "each time"
    FORGETS_WITH_CALL = "after a call it is not owed any more"
    FORGETS_ON_CALL = "who asks for it during a call has his own reason"
    YIELDS = "a supervisor's reason is the next one"
    CANCELS = "a second loss cancels what is owed of the first"
    FORGETS_OFF_HOOK = "who lifts the receiver is Not Ready for that"
    FORGETS_WITH_WRAP_UP = "after Wrap-Up it is not owed any more"
    FORGETS_WHEN_ASKED = "Ready, asked for once more, cancels what is owed"


def consequence(load: Load, *, on_the_phone: bool) -> Consequence:
    """What the CTI server does with LOGOUT and code 255. Pure.

    Source: failover chapter, Desktop Behavior, Load parameter (DESKTOP-18 to DESKTOP-21).
    """
    if load is Load.LOGOUT:
        return Consequence(AgentState.LOGOUT, Reason.CONNECTION_FAILURE)
    return Consequence(AgentState.NOT_READY, Reason.CONNECTION_FAILURE, waits=on_the_phone)


class Refused(ChaosError):
    """The peripheral refuses an operation, as the product would."""

    def __init__(self, code: ControlFailure, what: str) -> None:
        super().__init__(f"{code.name} ({code.value}): {what}")
        self.code = code


@dataclass(frozen=True, slots=True)
class AgentConfig:
    """An agent as configured. extension: the phone that is usually his; he may sign in at any known one."""

    agent_id: str
    password: str
    extension: str
    first_name: str = ""
    last_name: str = ""
    login_name: str = ""
    skill_group: int = 1
    load: Load = Load.NOT_READY
    team: str = "Sales"
    supervisor: bool = False


@dataclass(frozen=True, slots=True)
class PeripheralConfig:
    """One peripheral.

    devices: phones beyond the agents' own. peripheral_type: of the PG. outside_answer_s: an outside party picks up so
    long after it began to ring.
    """

    agents: tuple[AgentConfig, ...]
    devices: tuple[str, ...] = ()
    peripheral_id: int = 5000
    first_call_id: int = 16777217
    peripheral_type: PeripheralType = PeripheralType.ENTERPRISE_AGENT
    outside_answer_s: float = 2.0

    def __post_init__(self) -> None:
        for agent in self.agents:
            if not 0 < len(agent.agent_id) <= AGENT_ID_MAX:
                raise UsageError(f"agent id {agent.agent_id!r} must have 1 to {AGENT_ID_MAX} characters")
        for device in (*self.devices, *(agent.extension for agent in self.agents)):
            if not 0 < len(device) <= EXTENSION_MAX:
                raise UsageError(f"extension {device!r} must have 1 to {EXTENSION_MAX} characters")


@dataclass(frozen=True, slots=True)
class CallData:
    """Data that travel with a call. variables: call variables 1 to 10. named: name to value."""

    ani: str = ""
    dnis: str = ""
    dialed_number: str = ""
    variables: tuple[str, ...] = ("",) * 10
    wrap_up: str = ""
    named: Mapping[str, str] = field(default_factory=dict)

    def changed(
        self,
        variables: Mapping[int, str] | None = None,
        *,
        wrap_up: str | None = None,
        named: Mapping[str, str] | None = None,
    ) -> "CallData":
        """A copy with some values replaced. variables: by their number, 1 to 10."""
        news = variables or {}
        return replace(
            self,
            variables=tuple(news.get(number, old) for number, old in enumerate(self.variables, 1)),
            wrap_up=self.wrap_up if wrap_up is None else wrap_up,
            named={**self.named, **(named or {})},
        )


@dataclass(frozen=True, slots=True)
class AgentSnapshot:
    """An agent as he is now. device: "" when signed out. since_s: loop time of the last change of state or reason.

    after_call: the state he takes when the call at his phone ends, if one was asked for meanwhile.
    """

    agent_id: str
    device: str
    state: AgentState
    reason: int
    since_s: float
    skill_group: int
    number: int
    after_call: AgentState | None = None


@dataclass(frozen=True, slots=True)
class Party:
    """One party of a call. known: its device belongs to the peripheral."""

    device: str
    state: LocalConnectionState
    known: bool


@dataclass(frozen=True, slots=True)
class CallSnapshot:
    """A call as it is now. conferenced_at: the event count when it became a conference, None if it is none."""

    call_id: int
    call_type: CallType
    data: CallData
    parties: tuple[Party, ...]
    conferenced_at: int | None = None


_N, _A, _W, _R = AgentState.NOT_READY, AgentState.AVAILABLE, AgentState.WORK_NOT_READY, AgentState.WORK_READY

ALLOWED: Mapping[AgentState, frozenset[AgentState]] = {
    AgentState.LOGOUT: frozenset(),
    AgentState.NOT_READY: frozenset({_N, _A, AgentState.LOGOUT}),
    AgentState.AVAILABLE: frozenset({_N, _A}),
    AgentState.RESERVED: frozenset({_N, _A}),
    AgentState.TALKING: frozenset({_N, _A, _W, _R}),
    AgentState.HOLD: frozenset({_N, _A, _W, _R}),
    AgentState.WORK_NOT_READY: frozenset({_N, _A}),
    AgentState.WORK_READY: frozenset({_N, _A}),
}
"""Shown state to the states an agent may ask for (signing in apart). Signing out goes by way of Not Ready only."""

BUSY = frozenset(
    {LocalConnectionState.INITIATE, LocalConnectionState.CONNECT, LocalConnectionState.HOLD, LocalConnectionState.FAIL}
)
"""Connections during which a state that is asked for waits until the call is over."""


def shown_state(base: AgentState, connections: Iterable[LocalConnectionState]) -> AgentState:
    """The state an agent shows, given his state apart from calls and the connections at his phone. Pure."""
    if base is AgentState.LOGOUT:
        return base
    states = set(connections)
    if LocalConnectionState.CONNECT in states:
        return AgentState.TALKING
    if LocalConnectionState.HOLD in states:
        return AgentState.HOLD
    if LocalConnectionState.ALERTING in states and base is AgentState.AVAILABLE:
        return AgentState.RESERVED
    return base
