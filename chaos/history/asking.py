"""What agents and administrators asked of Finesse, and how it ended."""

from collections.abc import Mapping
from types import MappingProxyType

from chaos.history.evidence import Evidence
from chaos.history.history import History, fact
from chaos.journal import RestExchange

SYSTEM_INFO = "GET SystemInfo"
ADMINISTRATOR = "administrator"
UNAUTHORIZED = 401
UNAVAILABLE = 503

Person = tuple[str, str]
"""A node, and an agent's id or "administrator"."""
_ASYNCHRONOUS = ("PUT User/{id}", "POST User/{id}/Dialogs", "PUT Dialog/{id}")
_TAKEN = (200, 202)


def was_good(request: RestExchange) -> bool:
    """Whether it succeeded."""
    return request.status is not None and 200 <= request.status < 300


def was_let_in(request: RestExchange) -> bool:
    """Whether its credentials were found good: it succeeded, or failed for what was asked in it (400, 403, 404, …)."""
    return request.status is not None and 200 <= request.status < 500 and request.status != UNAUTHORIZED


def was_turned_away(request: RestExchange) -> bool:
    """Whether it failed for want of credentials or of whoever could check them. A node that is out of service (503)
    has looked at neither."""
    return not was_let_in(request) and request.status != UNAVAILABLE


def is_taken(request: RestExchange) -> bool:
    """Whether it asked for a state, a call or something of one, and was sent on to the CTI server: 202 or 200 say so,
    and no more (developer guide, asynchronous requests)."""
    return request.resource in _ASYNCHRONOUS and request.status in _TAKEN


def is_refused(request: RestExchange) -> bool:
    """Whether it was answered and turned down for what was asked, or who asked (4xx): nothing of it was begun."""
    return request.status is not None and 400 <= request.status < 500


def refusal(request: RestExchange) -> str:
    """What was answered to whoever was turned down, in words: "400 Invalid Input: ReasonCodeId missing"."""
    why = ": ".join(said for said in (request.error_type, request.error_message) if said)
    return f"{outcome(request)} {why}".rstrip()


def outcome(request: RestExchange) -> str:
    """How it ended, in words."""
    return str(request.status or request.failure)


def who(request: RestExchange) -> str:
    return request.agent or ADMINISTRATOR


def verb_of(request: RestExchange) -> str:
    return request.resource.partition(" ")[0]


def asker_of(request: RestExchange) -> str:
    """ "agent GET", "agent PUT", "agent POST", or "administrator"."""
    return f"agent {verb_of(request)}" if request.agent else ADMINISTRATOR


def ask_of(request: RestExchange) -> str:
    """ "PUT User/{id}", or "administrator GET Users"."""
    return request.resource if request.agent else f"{ADMINISTRATOR} {request.resource}"


CONSOLE = (
    *(f"GET {name}" for name in ("WrapUpReasons", "PhoneBooks", "Workflows", "MediaPropertiesLayouts")),
    *(f"GET {name}/{{id}}" for name in ("WrapUpReason", "PhoneBook", "Workflow", "MediaPropertiesLayout")),
    *(f"PUT {name}/{{id}}" for name in ("WrapUpReason", "PhoneBook", "Workflow", "MediaPropertiesLayout")),
    *("POST ReasonCode", "PUT ReasonCode/{id}", "DELETE ReasonCode/{id}"),
    *("GET LayoutConfig/default", "PUT LayoutConfig/default"),
)
"""What the administration console reads and changes besides settings of the whole pair: only an administrator may."""


def is_about_settings(request: RestExchange) -> bool:
    """Whether it reads or changes what the administration console holds, on which the AWDB may have the last word."""
    return request.resource.endswith("Config") or (request.agent is None and request.resource in CONSOLE)


def cited(request: RestExchange, remark: str = "") -> Evidence:
    """The request as evidence, at the time when it was sent."""
    password = " with a wrong password" if request.wrong_password else ""
    text = f"{request.node}: {who(request)}{password} {request.resource} → {outcome(request)}"
    return Evidence(request.sent_s, f"{text} ({remark})" if remark else text, request.number or None)


@fact
def asked(history: History) -> tuple[RestExchange, ...]:
    """All requests of the story but those for SystemInfo, which nobody has to be known for; as they were sent."""
    return tuple(
        sorted(history.of(RestExchange, lambda seen: seen.resource != SYSTEM_INFO), key=lambda one: one.sent_s)
    )


@fact
def people(history: History) -> Mapping[Person, tuple[RestExchange, ...]]:
    """The requests that each person made at each node with the right password, as they were sent."""
    found: dict[Person, list[RestExchange]] = {}
    for request in asked(history):
        if not request.wrong_password:
            found.setdefault((request.node, who(request)), []).append(request)
    return MappingProxyType({person: tuple(requests) for person, requests in found.items()})


@fact
def ever_let_in(history: History) -> frozenset[Person]:
    """Who was let in at some time at some node: a control of the password. Our own mending counts, too."""
    seen = history.whole.of(RestExchange, lambda seen: seen.resource != SYSTEM_INFO and not seen.wrong_password)
    return frozenset((one.node, who(one)) for one in seen if was_let_in(one))
