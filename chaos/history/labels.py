"""What documents call the reason of a state: whether the name of a lost connection is that of another reason.

Theory of operation. The Finesse administration guide ("Manage Reasons") names the reasons that the system gives by
itself, and an administrator may have given them other words. So words of his own blame nobody; but a lost connection
that is shown under the name of another reason, or under its own in one place and under another in the next, is shown
wrongly.
"""

import re
from collections.abc import Mapping
from types import MappingProxyType

from chaos.history.absences import CONNECTION_FAILURE, LOGOUT, NOT_READY
from chaos.history.history import History, fact
from chaos.journal import EventSeen, RestExchange

PROPER: Mapping[str, re.Pattern[str]] = MappingProxyType(
    {
        NOT_READY: re.compile(r"connection\W*failure", re.IGNORECASE),
        LOGOUT: re.compile(r"system\W*failure|connection\W*failure", re.IGNORECASE),
    }
)
"""The words of the chapter, by the state (DESKTOP-09, DESKTOP-10, DESKTOP-18 to DESKTOP-21). Who is logged out may be
so by either: one code may have one label."""

_OTHERS = (
    *(
        "agent logout request",
        "call not answered",
        "call overlap",
        "device error",
        "force logout",
        "inactivity timeout",
    ),
    *("non acd busy", "offhook", "off hook", "starting force logout", "supervisor initiated", "system disconnect"),
    *("system failure", "system reset", "system reinitialized", "connection lost by agent"),
)


@fact
def labels(history: History) -> Mapping[tuple[str, int], frozenset[str]]:
    """(state, code) → all that it is called in this journal, in small letters."""
    found: dict[tuple[str, int], set[str]] = {}
    documents: list[EventSeen | RestExchange] = [*history.whole.of(EventSeen), *history.whole.of(RestExchange)]
    for seen in documents:
        label = dict(seen.more).get("label", "") if seen.user_state is not None else ""
        if label and seen.reason_code is not None:
            found.setdefault((seen.user_state or "", seen.reason_code), set()).add(_plain(label))
    return MappingProxyType({about: frozenset(said) for about, said in found.items()})


def wrong_label(history: History, seen: EventSeen | RestExchange) -> str | None:
    """What a document calls a lost connection, if that is the name of something else; None: it is not, or nothing."""
    label, state = dict(seen.more).get("label", ""), seen.user_state or ""
    if seen.reason_code != CONNECTION_FAILURE or not label or state not in PROPER or PROPER[state].search(label):
        return None
    others = {one for (_, code), said in labels(history).items() if code != CONNECTION_FAILURE for one in said}
    own = labels(history).get((state, CONNECTION_FAILURE), frozenset())
    words = re.sub(r"^(not ready|logged out|log ?out)\W*", "", _plain(label))
    is_contradicted = any(PROPER[state].search(one) for one in own)
    return label if words in _OTHERS or _plain(label) in others or is_contradicted else None


def _plain(label: str) -> str:
    return " ".join(label.lower().split())
