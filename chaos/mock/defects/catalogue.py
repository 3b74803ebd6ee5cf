"""The defects that the mock can have: each breaks one clause, so that tests can prove that the suites notice.

A defect belongs to a scope, which says where it can be narrowed and what is counted and timed there. Where the clause
allows a narrowing less than its scope does, the defect's own table says so.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from chaos.mock.defects.axes import COUNTING, EVENTS, SETTINGS, TIMING, WORDS, Axis
from chaos.mock.defects.axes import LOSSES as HOW_LOST

Allowed = tuple[str, ...] | None
"""Words that may stand on an axis; None where it takes no words, or any name."""


@dataclass(frozen=True, slots=True)
class Scope:
    """axes: where its defects can be narrowed. since: what `within` and `beyond` count from. counted: what `first`,
    `after` and `every` count."""

    axes: frozenset[Axis]
    since: str = ""
    counted: str = ""


_REQUEST = frozenset({Axis.NODE, Axis.VERB, Axis.RESOURCE, Axis.BY, Axis.AGENT, *COUNTING})
_FAIL_OVER = frozenset({Axis.LOST, Axis.LOSS})

ATTEMPTS = Scope(
    frozenset({Axis.NODE, Axis.LOSS, Axis.SIDE, *COUNTING, *TIMING}), "the loss", "attempts of one fail-over"
)
LOSSES = Scope(frozenset({Axis.NODE, Axis.LOSS, *COUNTING}), "", "losses of a session since the Webapp was started")
SOCKETS = Scope(frozenset({Axis.NODE, Axis.LOST, Axis.LOSS, Axis.LATE, *COUNTING}), "", LOSSES.counted)
SUCCESS = Scope(
    frozenset({Axis.NODE, Axis.LOSS, Axis.BACK, *COUNTING, *TIMING}), "IN_SERVICE", "attempts after one success"
)
BEATS = Scope(frozenset({Axis.NODE, Axis.SIDE, *TIMING, *COUNTING}), "the session was opened", "sessions")
GAP_REQUESTS = Scope(_REQUEST | _FAIL_OVER | TIMING, "the notice", "such requests in one gap")
GAP_EVENTS = Scope(
    frozenset({Axis.NODE, Axis.EVENT, Axis.AGENT, *COUNTING, *TIMING, *_FAIL_OVER}), "the notice", "events in one gap"
)
BACK_REQUESTS = Scope(GAP_REQUESTS.axes | {Axis.BACK}, "IN_SERVICE", "such requests after one gap")
BACK_EVENTS = Scope(GAP_EVENTS.axes | {Axis.BACK}, "IN_SERVICE", "such events after one gap")
BACK_NOTICE = Scope(
    frozenset({Axis.NODE, Axis.AGENT, Axis.BACK, *_FAIL_OVER, *COUNTING}), "", "gaps since the Webapp was started"
)
CATCHING_UP = Scope(
    frozenset({Axis.NODE, Axis.AGENT, Axis.BACK, *_FAIL_OVER, *COUNTING}), "", "such changes after one gap"
)
NEW_SESSIONS = Scope(frozenset({Axis.NODE, Axis.SIDE, *COUNTING}), "", "calls of one gap")
CONFERENCES = Scope(frozenset({Axis.NODE, Axis.AGENT, Axis.BACK, *_FAIL_OVER}))
PHONES = Scope(frozenset({Axis.AGENT, Axis.ACT, *COUNTING}), "", "such operations at one conference")
DATABASE_ATTEMPTS = Scope(
    _REQUEST | {Axis.LOSS} | TIMING, "the loss", "attempts since one was lost that would have gone there"
)
DATABASES = Scope(frozenset({Axis.NODE, *COUNTING}), "", "attempts at a secondary that is not fit")
CACHING = Scope(_REQUEST, "", "requests of one user")
CACHED = Scope(_REQUEST | TIMING, "the request that made the credentials good", "such requests of one cached user")
UNCACHED = Scope(_REQUEST | TIMING, "the first attempt in vain", "such requests since then")
WITHOUT_DATABASE = Scope(
    frozenset({Axis.NODE, Axis.EVENT, Axis.AGENT, *COUNTING, *TIMING}), "the loss", "events since then"
)
FAILING_OVER = Scope(_REQUEST, "", "such requests while an attempt was under way")
SETTING_REQUESTS = Scope(
    frozenset({Axis.RESOURCE, *COUNTING, *TIMING}), "the loss", "such requests for one resource since then"
)
PAGES = Scope(frozenset({Axis.NODE, Axis.AGENT, *COUNTING, *TIMING}), "the loss", "tries of one person since then")
SILENCE = Scope(frozenset({Axis.NODE, Axis.VERB, Axis.RESOURCE, Axis.BY, Axis.AGENT, Axis.HOST, Axis.TIMES}), "", "")


class Defect(StrEnum):
    """One way in which a product could break a clause. The value is its name on a command line.

    clause: the id of the one clause it breaks. what: what the broken product does, in one line. axes: where it can be
    narrowed, with the words that may stand there. figures: how bad it is, unless narrowed.
    """

    clause: str
    what: str
    scope: Scope
    axes: Mapping[Axis, Allowed]
    figures: Mapping[Axis, float]

    def __new__(
        cls,
        name: str,
        clause: str,
        scope: Scope,
        what: str,
        words: Mapping[Axis, Allowed] | None = None,
        how_bad: Mapping[Axis, float] | None = None,
    ) -> "Defect":
        made = str.__new__(cls, name)
        made._value_ = name
        made.clause, made.what, made.scope = clause, what, scope
        bad = dict(how_bad or {})
        of_scope = {axis: WORDS.get(axis) for axis in scope.axes}
        if Axis.LOSS in of_scope:
            of_scope[Axis.LOSS] = HOW_LOST[clause.partition("-")[0]]
        made.axes = MappingProxyType({**of_scope, **dict.fromkeys(bad), **(words or {})})
        made.figures = MappingProxyType(bad)
        return made

    # CTI-01: fail-over to side B only where it is configured; else side A is retried.
    UNCONFIGURED_SIDE_TRIED = (
        "unconfigured-side-tried",
        "CTI-01",
        ATTEMPTS,
        "no B side is configured, yet a B it once knew is tried",
    )
    NEVER_FAILS_OVER = "never-fails-over", "CTI-01", ATTEMPTS, "a B side is configured, yet only A is ever tried"

    # CTI-02: after losing A, B once before A again.
    B_TWICE_IN_FIRST_ROUND = "b-twice-in-first-round", "CTI-02", LOSSES, "after losing A, B is tried twice before A"
    A_AGAIN_BEFORE_B = "a-again-before-b", "CTI-02", LOSSES, "after losing A, A is tried again before B"

    # CTI-03: then by turns until one succeeds.
    LATER_ROUNDS_TWICE = (
        "later-rounds-twice",
        "CTI-03",
        ATTEMPTS,
        "from the second round on each side is tried twice in a row",
    )
    KEEPS_TRYING_AFTER_SUCCESS = (
        "keeps-trying-after-success",
        "CTI-03",
        SUCCESS,
        "attempts go on after one has succeeded",
    )

    # CTI-04: three missed heartbeats in a row, never two.
    TWO_MISSES_ARE_LOSS = "two-misses-are-loss", "CTI-04", BEATS, "two missed heartbeats are taken for a loss"
    FOUR_MISSES_NEEDED = "four-misses-needed", "CTI-04", BEATS, "three missed heartbeats are not yet taken for a loss"
    MISSES_ACCUMULATE = (
        "misses-accumulate",
        "CTI-04",
        BEATS,
        "a miss, an answer and two misses are taken for a loss",
    )

    # CTI-05: a failed socket is a loss at once.
    SOCKET_LOSS_WAITS = (
        "socket-loss-waits",
        "CTI-05",
        SOCKETS,
        "a failed socket is noticed after three heartbeat intervals only",
        {Axis.LOSS: ("reset", "closed")},
        {Axis.LATE: 15.0},
    )

    # CTI-06: 503 for every request in the gap.
    GAP_ANSWERS = "gap-answers", "CTI-06", GAP_REQUESTS, "requests are answered as usual while failing over"
    GAP_500 = "gap-500", "CTI-06", GAP_REQUESTS, "requests are answered with 500 while failing over"

    # CTI-07: no events in the gap.
    GAP_EVENTS = (
        "gap-events",
        "CTI-07",
        GAP_EVENTS,
        "events are published while out of service",
        {Axis.EVENT: ("user", "dialog-changed")},
    )

    # CTI-08: requests and events again, once it is over.
    MUTE_AFTER_RECONNECT = (
        "mute-after-reconnect",
        "CTI-08",
        BACK_EVENTS,
        "after reconnecting, what happens later is not published",
        {Axis.EVENT: EVENTS[:5]},
    )
    REFUSES_AFTER_RECONNECT = (
        "refuses-after-reconnect",
        "CTI-08",
        BACK_REQUESTS,
        "after reconnecting, requests still get 503",
    )
    NO_IN_SERVICE_NOTICE = (
        "no-in-service-notice",
        "CTI-08",
        BACK_NOTICE,
        "after reconnecting, IN_SERVICE is not announced",
    )

    # CTI-09: what happened in the gap is told after it.
    GAP_STATE_LOST = (
        "gap-state-lost",
        "CTI-09",
        CATCHING_UP,
        "an agent state changed in the gap is not published afterwards",
        {Axis.STATE: WORDS[Axis.STATE]},
    )
    GAP_CALL_START_LOST = (
        "gap-call-start-lost",
        "CTI-09",
        CATCHING_UP,
        "a call begun in the gap is not published afterwards",
    )
    GAP_CALL_END_LOST = (
        "gap-call-end-lost",
        "CTI-09",
        CATCHING_UP,
        "the end of a call in the gap is not published afterwards",
    )
    GAP_CALL_DATA_LOST = (
        "gap-call-data-lost",
        "CTI-09",
        CATCHING_UP,
        "call data changed in the gap are not published afterwards",
        {Axis.VARIABLE: WORDS[Axis.VARIABLE]},
    )

    # CTI-10: a call wholly inside the gap leaves no trace.
    GHOST_CALL = "ghost-call", "CTI-10", NEW_SESSIONS, "a new session is told of calls that ended in the gap"

    # CTI-11: conferences.
    CONFERENCE_STUCK = (
        "conference-stuck",
        "CTI-11",
        CONFERENCES,
        "the dialog stays after the agent dropped off the conference",
    )
    CONFERENCE_FREEZES_PHONE = (
        "conference-freezes-phone",
        "CTI-11",
        PHONES,
        "after a new session, phone operations on a conference are refused",
        {Axis.ACT: ("hold", "retrieve", "drop")},
    )

    # AWDB-01: a secondary only if it is configured, within reach, and its Distributor runs.
    UNPREPARED_SECONDARY_USED = (
        "unprepared-secondary-used",
        "AWDB-01",
        DATABASES,
        "a secondary AWDB is used although its Distributor does not run",
    )
    UNCONFIGURED_SECONDARY_USED = (
        "unconfigured-secondary-used",
        "AWDB-01",
        DATABASES,
        "no secondary AWDB is configured, yet one it once knew is used",
    )

    # AWDB-02: cached for half an hour from the request.
    CACHE_LASTS = (
        "cache-lasts",
        "AWDB-02",
        CACHING,
        "credentials are cached for another time than 30 minutes",
        None,
        {Axis.MINUTES: 20},
    )

    # AWDB-03: within it, good without any database.
    CACHE_NEEDS_DATABASE = (
        "cache-needs-database",
        "AWDB-03",
        CACHED,
        "cached credentials are good only as long as a database answers",
    )

    # AWDB-04: and none is asked.
    ASKS_EVERY_TIME = "asks-every-time", "AWDB-04", CACHED, "the database is asked at each request, cached or not"

    # AWDB-05: losing the primary leads to the secondary.
    STAYS_WITH_PRIMARY = (
        "stays-with-primary",
        "AWDB-05",
        DATABASE_ATTEMPTS,
        "the primary is lost, yet the secondary is not tried",
    )

    # AWDB-06: at every request, until one answers.
    GIVES_UP_AFTER_FIRST_REQUEST = (
        "gives-up-after-first-request",
        "AWDB-06",
        UNCACHED,
        "once both AWDBs were tried in vain, none is tried for a while",
        None,
        {Axis.LATE: 5.0},
    )
    REPEATS_WITH_ONE_HOST = (
        "repeats-with-one-host",
        "AWDB-06",
        UNCACHED,
        "once both AWDBs were tried in vain, only the primary is tried again",
        {Axis.HOST: WORDS[Axis.HOST]},
    )

    # AWDB-07: meanwhile no request is processed, and events are told.
    EVENTS_STOP_WITH_DATABASE = (
        "events-stop-with-database",
        "AWDB-07",
        WITHOUT_DATABASE,
        "no events are published while no AWDB answers",
        {Axis.EVENT: EVENTS[:5]},
    )
    ANSWERS_WHILE_FAILING_OVER = (
        "answers-while-failing-over",
        "AWDB-07",
        FAILING_OVER,
        "requests of cached users are processed meanwhile",
    )

    # AWDB-08 … AWDB-11: nothing answers, and nothing is cached.
    SIGN_IN_SAYS_SOMETHING_ELSE = (
        "sign-in-says-something-else",
        "AWDB-08",
        PAGES,
        "the sign-in page has other words for it",
    )
    SETTINGS_READABLE_WITHOUT_DATABASE = (
        "settings-readable-without-database",
        "AWDB-09",
        SETTING_REQUESTS,
        "settings can be read without any AWDB",
        {Axis.RESOURCE: SETTINGS},
    )
    SETTINGS_WRITABLE_WITHOUT_DATABASE = (
        "settings-writable-without-database",
        "AWDB-09",
        SETTING_REQUESTS,
        "settings can be changed without any AWDB",
        {Axis.RESOURCE: SETTINGS},
    )
    NOTICE_SAYS_SOMETHING_ELSE = "notice-says-something-else", "AWDB-10", PAGES, "the desktop has other words for it"
    UNAUTHORIZED_IS_500 = "401-is-500", "AWDB-11", UNCACHED, "requests get 500 instead of 401"

    # AWDB-12: a silent loss costs the first request, not its retry.
    RETRY_TIMES_OUT_TOO = (
        "retry-times-out-too",
        "AWDB-12",
        SILENCE,
        "a database that did not answer is asked once more by the next request",
        None,
        {Axis.TIMES: 1},
    )


ALIASES: Mapping[str, str] = MappingProxyType(
    {
        "gap-answers-dialogs": "gap-answers@verb=GET,resource=Dialogs",
        "still-503-after-reconnect": "refuses-after-reconnect@verb=GET,resource=Dialogs",
        "cache-29-minutes": "cache-lasts@minutes=29",
        "cache-31-minutes": "cache-lasts@minutes=31",
    }
)
"""Names that stand for a narrowed defect."""
