"""What is done at the telephone switch, and what it says itself."""

from dataclasses import dataclass
from enum import StrEnum

from chaos.journal.observations.base import Observation
from chaos.journal.observations.calls import CallSeen


class SwitchAct(StrEnum):
    """What was done, or happened, at the switch itself, beside Finesse."""

    SET_STATE = "set-state"
    MAKE_CALL = "make-call"
    ANSWER = "answer"
    HOLD = "hold"
    RETRIEVE = "retrieve"
    CLEAR = "clear"
    SET_DATA = "set-data"
    CONSULT = "consult"
    CONFERENCE = "conference"
    TRANSFER = "transfer"


@dataclass(frozen=True, slots=True, kw_only=True)
class SwitchActed(Observation):
    """We did something at the switch, past Finesse, as a telephone would; `at_s` is when the switch confirmed it.

    agent: whose device. ok: the switch confirmed it; else `detail` says why not. control: it was done only so that
    clients are told something, and is no part of what the story is about.
    """

    act: SwitchAct
    agent: str
    ok: bool
    call_id: str | None = None
    value: str | None = None  # the state, the dialled number, or the call data as name=value
    detail: str | None = None
    control: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class SwitchAgentSeen(Observation):
    """The switch itself reported an agent's state. pending: the one that it will have next, at the end of a call. nth:
    the how manieth such report it is, 0 where nobody counted."""

    agent: str
    state: str
    reason_code: int | None = None
    pending: str | None = None
    nth: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class SwitchCallSeen(Observation):
    """The switch itself reported something of a call; happening: the event's name, for instance "established".

    state: the connection's of that device, "CONNECT", "NULL" once it has left; None if it was not told. variables: call
    data that were told, (name, value); what is not named stays as it was. nth: as of SwitchAgentSeen.
    """

    call_id: str
    happening: str
    device: str | None = None
    state: str | None = None
    variables: tuple[tuple[str, str], ...] = ()
    nth: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class SwitchLooked(Observation):
    """The switch was asked in what state the agent is, and which calls are at his device: all that it knows of them.

    What it says outweighs whatever was heard before. Parties of calls: (device, connection state).
    """

    agent: str
    state: str
    calls: tuple[CallSeen, ...] = ()
