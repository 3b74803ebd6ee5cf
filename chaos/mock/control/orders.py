"""What can be ordered of a mock, read from JSON. Pure.

{"do": "stop" | "start" | "kill", "service": "tomcat-publisher"}
{"do": "cut" | "mend", "link": "cti-a"}
{"do": "disconnect", "node": "fin-a.mock.test", "client": "1001001@fin-a.mock.test/desktop"}
{"do": "state", "agent": "1001001", "state": "LOGIN" | "AVAILABLE" | …, "reason": 0}
{"do": "call", "phone": "2001", "number": "2002"}
{"do": "answer" | "hold" | "retrieve" | "hang-up", "call": 201, "phone": "2001"}
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from chaos.errors import ChaosError
from chaos.wire.ged188.values import AgentState

TEXT_MAX = 200


class BadOrder(ChaosError):
    """What was sent is no order; says which field, and what is expected there."""


class OrderRefused(ChaosError):
    """An order that cannot be carried out as things are; says why."""


@dataclass(frozen=True, slots=True)
class ServiceOrder:
    """do: start, stop or kill. service: as of `things`."""

    do: str
    service: str


@dataclass(frozen=True, slots=True)
class LinkOrder:
    """do: cut or mend."""

    do: str
    link: str


@dataclass(frozen=True, slots=True)
class DisconnectOrder:
    """Reset the connection of one client of a node's notification service. client: its full JID."""

    do: str
    node: str
    client: str


@dataclass(frozen=True, slots=True)
class StateOrder:
    """LOGIN signs in at the agent's own phone, without a password; other states are those of GED-188."""

    do: str
    agent: str
    state: AgentState
    reason: int = 0


@dataclass(frozen=True, slots=True)
class CallOrder:
    """A phone dials."""

    do: str
    phone: str
    number: str


@dataclass(frozen=True, slots=True)
class PhoneOrder:
    """What somebody at a phone does with a call that is there. do: answer, hold, retrieve or hang-up."""

    do: str
    call: int
    phone: str


Order = ServiceOrder | LinkOrder | DisconnectOrder | StateOrder | CallOrder | PhoneOrder

_KINDS: Mapping[str, type[Order]] = {
    **dict.fromkeys(("start", "stop", "kill"), ServiceOrder),
    **dict.fromkeys(("cut", "mend"), LinkOrder),
    "disconnect": DisconnectOrder,
    "state": StateOrder,
    "call": CallOrder,
    **dict.fromkeys(("answer", "hold", "retrieve", "hang-up"), PhoneOrder),
}
_NUMBERS = frozenset({"call", "reason"})
_NUMBER_MAX = 2**31 - 1
_OPTIONAL = frozenset({"reason"})


def parse_order(body: bytes) -> Order:
    """Read one order. Raises BadOrder."""
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        raise BadOrder("an order is one JSON object") from None
    if not isinstance(value, dict):
        raise BadOrder("an order is one JSON object")
    do = value.get("do")
    if not isinstance(do, str) or do not in _KINDS:
        raise BadOrder(f"'do' is one of {', '.join(_KINDS)}")
    make: Callable[..., Order] = _KINDS[do]
    names = list(_KINDS[do].__dataclass_fields__)
    unknown = [name for name in value if name not in names]
    if unknown:
        raise BadOrder(f"'{do}' has no field {unknown[0][:TEXT_MAX]!r}; it has {', '.join(names)}")
    return make(**{name: _field(do, name, value) for name in names if name in value or name not in _OPTIONAL})


def _field(do: str, name: str, value: Mapping[str, object]) -> object:
    given = value.get(name)
    if name in _NUMBERS:
        if not isinstance(given, int) or isinstance(given, bool) or not 0 <= given <= _NUMBER_MAX:
            raise BadOrder(f"'{name}' of '{do}' is a number from 0 to {_NUMBER_MAX}")
        return given
    if not isinstance(given, str) or not 0 < len(given) <= TEXT_MAX:
        raise BadOrder(f"'{name}' of '{do}' is a text of 1 to {TEXT_MAX} characters")
    if name == "state":
        if given not in AgentState.__members__:
            raise BadOrder(f"'state' is one of {', '.join(AgentState.__members__)}")
        return AgentState[given]
    return given
