"""What the clients of a node see: REST answers, event streams, events, presence."""

from dataclasses import dataclass
from enum import StrEnum

from chaos.journal.observations.base import Observation
from chaos.journal.observations.calls import CallSeen

# How the ids of requests begin that are meant to change something; others may be turned down for what they ask.
WORK = "work-"
OTHERWISE = "otherwise"
"""The name in `RestExchange.wanted` of a setting that is to be saved otherwise than it was read."""
SHOWN = "shown"
"""The name in `RestExchange.more` of a setting that was refused, and stands in the refusal."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RestExchange(Observation):
    """One REST request and how it ended; `at_s` is the end.

    resource: what was asked for, without ids, for instance "GET User/{id}/Dialogs".
    status: HTTP status; None if no answer came, then `failure` says why: "timeout", "refused", "reset", "tls", …
    A request that timed out ended unknown: it may have been carried out. wrong_password: it was sent with a password
    that is not the account's, on purpose. document: what an answer of status 200 brought, by the name of its root,
    "Users"; "" if it brought none that can be read. cti_b: side B of the CTI servers as SystemConfig has it,
    host:port, "" if none is configured. awdb_b: the secondary AWDB's host as
    EnterpriseDatabaseConfig has it, "" if none is configured. extension: a User document's. wanted: what somebody at
    work asks to be done, (name, value): a state as "state", an action on a call as "action", call data by their names.
    more: what a User document said that nothing at the switch changes, (name, value); of settings and codes a digest
    of the document. listed: the users of a list of them, (id, state). nth: the how manieth request of all clients it
    is that ended, 0 where nobody counted. dated_s: when the answer was made by the node's own clock, in whole seconds
    since 1970 (its Date).
    """

    sent_s: float
    node: str
    agent: str | None
    resource: str
    path: str
    request_id: str | None = None
    status: int | None = None
    failure: str | None = None
    error_type: str | None = None
    error_message: str | None = None
    document: str | None = None
    system_status: str | None = None
    heartbeat_interval_s: float | None = None
    user_state: str | None = None
    reason_code: int | None = None
    extension: str | None = None
    calls: tuple[CallSeen, ...] | None = None
    wanted: tuple[tuple[str, str], ...] = ()
    cti_b: str | None = None
    awdb_b: str | None = None
    wrong_password: bool = False
    more: tuple[tuple[str, str], ...] = ()
    listed: tuple[tuple[str, str], ...] = ()
    nth: int = 0
    dated_s: int | None = None


class StreamState(StrEnum):
    """What became of an event stream."""

    CONNECTED = "connected"
    DISCONNECTED = "disconnected"
    FAILED = "failed"
    LEFT = "left"  # we left, in the way that `reason` says


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamChange(Observation):
    """A client's event stream (XMPP or BOSH) was connected, lost or refused. asked_s: when we began to open it."""

    node: str
    agent: str
    transport: str
    state: StreamState
    reason: str | None = None
    asked_s: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientProbed(Observation):
    """Another client at that node asked the agent's client whether it is there (an XMPP ping).

    outcome: "answered" by it; "gone", which is what the node says of a client that it does not know; "silence".
    """

    node: str
    agent: str
    outcome: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PresenceSeen(Observation):
    """The presence of another XMPP user, `of` its local part, or of another client of one's own; the user `finesse`
    speaks for the web application."""

    node: str
    agent: str
    of: str
    available: bool
    resource: str = ""


class About(StrEnum):
    """What an event's payload is about."""

    SYSTEM = "system"
    USER = "user"
    DIALOG = "dialog"  # one call changed
    DIALOGS = "dialogs"  # a call appeared for, or vanished from, a user
    ERRORS = "errors"
    TEAM = "team"  # somebody of a team, told those who follow the team
    OTHER = "other"


@dataclass(frozen=True, slots=True, kw_only=True)
class EventSeen(Observation):
    """One notification that reached a client. event: PUT, POST or DELETE, upper case; source: the resource's path.

    control: it is one of our own (see `ControlSent`), and says nothing of Finesse. extension: a User document's. more:
    as of RestExchange. nth: the how manieth of all that reached a client it is, 0 where nobody counted. item: the id of
    the published item, by which one that is delivered again is known (XEP-0060); "" if it has none.
    """

    node: str
    agent: str
    about: About
    event: str
    source: str
    request_id: str | None = None
    system_status: str | None = None
    user_id: str | None = None
    user_state: str | None = None
    reason_code: int | None = None
    extension: str | None = None
    calls: tuple[CallSeen, ...] = ()
    error_type: str | None = None
    garbage: str | None = None
    control: bool = False
    more: tuple[tuple[str, str], ...] = ()
    nth: int = 0
    item: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class TeamFollowed(Observation):
    """A node accepted that this agent's client follows a team. leads: the agent is its supervisor."""

    node: str
    agent: str
    team: str
    leads: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class TeamSeen(Observation):
    """A notification about somebody of a team reached a client that follows the team: apart from `EventSeen`, for it is
    not about whoever it reached.

    agent: whom it reached. of: whom it is about, None if it does not say. state, reason_code: those that it tells. nth:
    as of EventSeen.
    """

    node: str
    agent: str
    of: str | None = None
    state: str | None = None
    nth: int = 0
    reason_code: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ControlSent(Observation):
    """A client sent an event of that kind to itself through the node's notification service, only to be heard.

    It takes the way that Finesse's events take, and comes back as an `EventSeen` with the same `request_id`.
    """

    node: str
    agent: str
    about: About
    event: str
    request_id: str
