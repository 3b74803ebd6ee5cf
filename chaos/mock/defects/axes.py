"""Along which axes a defect can be narrowed, and what may stand on each. Pure.

A broken product is seldom broken everywhere: one node, one verb, one kind of event, the second try. So a defect is
written `gap-500@node=b,verb=PUT,within=3s`: a name, and after the `@` axes with their values. Several words on one
axis are joined by `+` (`verb=PUT+POST`). Words say what must be so for the defect to show, counts how often it had
the occasion before, times how long something lasted already, figures how bad it is.
"""

from collections.abc import Mapping
from enum import Enum, StrEnum
from types import MappingProxyType


class Axis(StrEnum):
    """An axis, by its name in a narrowing."""

    NODE = "node"
    VERB = "verb"
    RESOURCE = "resource"
    BY = "by"
    AGENT = "agent"
    EVENT = "event"
    STATE = "state"
    ACT = "act"
    VARIABLE = "variable"
    FIELD = "field"
    LOST = "lost"
    LOSS = "loss"
    BACK = "back"
    ORDER = "order"
    FAILED = "failed"
    SIDE = "side"
    HOST = "host"
    TRIGGER = "trigger"
    GONE = "gone"
    DOOR = "door"
    LOAD = "load"
    WARNING = "warning"
    COOKIE = "cookie"
    SIGN_ON = "sign-on"
    FIRST = "first"
    AFTER = "after"
    EVERY = "every"
    WITHIN = "within"
    BEYOND = "beyond"
    LATE = "late"
    TIMES = "times"
    MINUTES = "minutes"
    PEOPLE = "people"


class Value(Enum):
    """What stands on an axis: words joined by `+`, a count from 1 on, or seconds above 0 with their unit (`3s`)."""

    WORDS = "words"
    COUNT = "a count"
    SECONDS = "seconds"


COUNTING = frozenset({Axis.FIRST, Axis.AFTER, Axis.EVERY})
"""How many occasions there were: `first=2` the first two only, `after=2` not these, `every=3` each third."""

TIMING = frozenset({Axis.WITHIN, Axis.BEYOND})
"""How long something lasts already: `within=3s` not longer than that, `beyond=3s` longer. Each defect says what."""

VALUES: Mapping[Axis, Value] = MappingProxyType(
    dict.fromkeys(Axis, Value.WORDS)
    | dict.fromkeys((*COUNTING, Axis.TIMES, Axis.MINUTES, Axis.PEOPLE), Value.COUNT)
    | dict.fromkeys((*TIMING, Axis.LATE), Value.SECONDS)
)

_VERBS = ("GET", "HEAD", "POST", "PUT")
_READ = frozenset({"GET", "HEAD"})
ROUTES: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "User": _READ | {"PUT"},
        "Dialogs": _READ | {"POST"},
        "Dialog": _READ | {"PUT"},
        "SystemConfig": _READ | {"PUT"},
        "EnterpriseDatabaseConfig": _READ | {"PUT"},
        "ClusterConfig": _READ | {"PUT"},
        "ClientLog": frozenset({"POST"}),
    }
    | dict.fromkeys(("ReasonCodes", "ReasonCode", "Users", "ConnectedUsersInfo"), _READ)
    | dict.fromkeys(("Queues", "Queue", "Team", "Teams", "TeamMessages", "Media", "MediaDomain"), _READ)
    | dict.fromkeys(("PhoneBooks", "WrapUpReasons", "MediaPropertiesLayouts", "LayoutConfig", "Workflows"), _READ)
)
"""Resources of the API by the last word of their path that is no id, with the verbs that each takes. SystemInfo is
none of them: it is how clients learn of a fail-over, and no request in the sense of CTI-06."""

SETTINGS = ("SystemConfig", "EnterpriseDatabaseConfig", "ClusterConfig")
"""Resources that hold the settings of the administration console."""

EVENTS = ("user", "dialog-new", "dialog-changed", "dialog-gone", "error", "in-service")
"""Kinds of events: a User document; a dialog that appeared (POST), changed (PUT) or went (DELETE); the failure of a
request; the notice that the node is in service."""

FIELDS = (
    *("reasonCodeId", "label", "loginName", "skillTargetId"),
    *("callType", "dialedNumber", "startTime", "stateChangeTime"),
)
"""Fields of User documents, and of calls and their parties, by the names of their elements."""

DIALOG_EVENTS = ("dialog-new", "dialog-changed", "dialog-gone")

WORDS: Mapping[Axis, tuple[str, ...] | None] = MappingProxyType(
    {
        Axis.NODE: ("a", "b"),
        Axis.VERB: _VERBS,
        Axis.RESOURCE: tuple(ROUTES),
        Axis.BY: ("agent", "administrator"),
        Axis.AGENT: None,
        Axis.EVENT: EVENTS,
        Axis.STATE: ("LOGOUT", "NOT_READY", "READY", "RESERVED", "TALKING", "HOLD", "WORK", "WORK_READY"),
        Axis.ACT: ("answer", "hold", "retrieve", "join", "drop", "data"),
        Axis.VARIABLE: (*(f"callVariable{number}" for number in range(1, 11)), "wrapUp", "named"),
        Axis.FIELD: FIELDS,
        Axis.LOST: ("A", "B"),
        Axis.LOSS: ("reset", "closed", "silent", "ended", "refused"),
        Axis.BACK: ("A", "B"),
        Axis.ORDER: ("again", "soon-again", "half-way"),
        Axis.FAILED: ("refused", "overdue"),
        Axis.SIDE: ("A", "B"),
        Axis.HOST: ("primary", "secondary"),
        Axis.GONE: ("presence", "ended", "dropped", "silent"),
        Axis.DOOR: ("xmpp", "bosh", "websocket"),
        Axis.LOAD: ("0", "1"),
        Axis.WARNING: ("10", "5"),
        Axis.COOKIE: ("fresh", "stale", "cleared"),
        Axis.SIGN_ON: ("first", "again", "late", "later"),
        Axis.TRIGGER: ("event", "bosh", "presence"),
    }
)
"""Every word that an axis knows; None: whatever names an agent of the deployment, by id or login name."""

LOSSES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {"CTI": ("reset", "closed", "silent", "ended"), "AWDB": ("reset", "closed", "silent", "refused")}
)
"""How a connection is lost, per family of clauses: only a CTI server says goodbye, and only a database can be missed
first by an attempt in vain."""

MEANING: Mapping[Axis, str] = MappingProxyType(
    {
        Axis.NODE: "at the publisher (a) or the subscriber (b)",
        Axis.VERB: "requests of this verb",
        Axis.RESOURCE: "requests for this resource",
        Axis.BY: "requests of agents, or of an administrator",
        Axis.AGENT: "what concerns this agent",
        Axis.EVENT: "events of this kind",
        Axis.STATE: "agents who are, or are told to be, in this state",
        Axis.ACT: "what was done to a call",
        Axis.VARIABLE: "one piece of call data",
        Axis.FIELD: "one field of a document",
        Axis.LOST: "after the loss of this CTI side",
        Axis.LOSS: "after a loss of this kind: reset, closed in order, silent, ended by the server, or refused",
        Axis.BACK: "after a fail-over that ended on this CTI side",
        Axis.ORDER: "in a fail-over that is not the first one since the Webapp was started (again), that follows on "
        "another one within 10 s (soon-again), or in which a session was found and lost again before the node was in "
        "service (half-way)",
        Axis.FAILED: "after an attempt that was turned down (refused), or given up without an answer (overdue)",
        Axis.SIDE: "with this CTI side in use, or about to be tried",
        Axis.HOST: "with this AWDB in use, or about to be tried",
        Axis.TRIGGER: "after a SystemInfo event (event), a lost BOSH connection (bosh), or finesse gone (presence)",
        Axis.GONE: "a client that said that it is unavailable, ended its stream, was reset, or fell silent",
        Axis.DOOR: "clients who hear by this kind of door",
        Axis.LOAD: "agents of this LOAD, Logout on Agent Disconnect",
        Axis.WARNING: "the warning so many minutes before a refresh token expires",
        Axis.COOKIE: "signed on in a browser without cookies (fresh), with those of an older sign-on (stale), or after "
        "they were cleared while that one lived (cleared)",
        Axis.SIGN_ON: "a window's first sign-on (first), one after a token of it has expired (again), or one with less "
        "than ten (late) or five minutes (later) left",
        Axis.FIRST: "the first so many occasions only",
        Axis.AFTER: "only after so many occasions",
        Axis.EVERY: "each so-many-th occasion only",
        Axis.WITHIN: "not longer than so many seconds",
        Axis.BEYOND: "only after so many seconds",
        Axis.LATE: "so many seconds late",
        Axis.TIMES: "so many times",
        Axis.MINUTES: "so many minutes",
        Axis.PEOPLE: "so many people",
    }
)
