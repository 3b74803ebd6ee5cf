"""Named switches, each breaking one clause, so that tests can prove that the suites notice."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType


class Defect(StrEnum):
    """One way in which a product could break a clause. The value is the name on a command line."""

    UNCONFIGURED_SIDE_TRIED = "unconfigured-side-tried"
    NEVER_FAILS_OVER = "never-fails-over"
    B_TWICE_IN_FIRST_ROUND = "b-twice-in-first-round"
    A_AGAIN_BEFORE_B = "a-again-before-b"
    LATER_ROUNDS_TWICE = "later-rounds-twice"
    KEEPS_TRYING_AFTER_SUCCESS = "keeps-trying-after-success"
    TWO_MISSES_ARE_LOSS = "two-misses-are-loss"
    FOUR_MISSES_NEEDED = "four-misses-needed"
    MISSES_ACCUMULATE = "misses-accumulate"
    SOCKET_LOSS_WAITS = "socket-loss-waits"
    GAP_ANSWERS_DIALOGS = "gap-answers-dialogs"
    GAP_500 = "gap-500"
    GAP_EVENTS = "gap-events"
    MUTE_AFTER_RECONNECT = "mute-after-reconnect"
    STILL_503_AFTER_RECONNECT = "still-503-after-reconnect"
    NO_IN_SERVICE_NOTICE = "no-in-service-notice"
    GAP_STATE_LOST = "gap-state-lost"
    GAP_CALL_START_LOST = "gap-call-start-lost"
    GAP_CALL_END_LOST = "gap-call-end-lost"
    GAP_CALL_DATA_LOST = "gap-call-data-lost"
    GHOST_CALL = "ghost-call"
    CONFERENCE_STUCK = "conference-stuck"
    CONFERENCE_FREEZES_PHONE = "conference-freezes-phone"
    UNPREPARED_SECONDARY_USED = "unprepared-secondary-used"
    UNCONFIGURED_SECONDARY_USED = "unconfigured-secondary-used"
    CACHE_29_MINUTES = "cache-29-minutes"
    CACHE_31_MINUTES = "cache-31-minutes"
    CACHE_NEEDS_DATABASE = "cache-needs-database"
    ASKS_EVERY_TIME = "asks-every-time"
    STAYS_WITH_PRIMARY = "stays-with-primary"
    GIVES_UP_AFTER_FIRST_REQUEST = "gives-up-after-first-request"
    REPEATS_WITH_ONE_HOST = "repeats-with-one-host"
    EVENTS_STOP_WITH_DATABASE = "events-stop-with-database"
    ANSWERS_WHILE_FAILING_OVER = "answers-while-failing-over"
    SIGN_IN_SAYS_SOMETHING_ELSE = "sign-in-says-something-else"
    SETTINGS_READABLE_WITHOUT_DATABASE = "settings-readable-without-database"
    SETTINGS_WRITABLE_WITHOUT_DATABASE = "settings-writable-without-database"
    NOTICE_SAYS_SOMETHING_ELSE = "notice-says-something-else"
    UNAUTHORIZED_IS_500 = "401-is-500"
    RETRY_TIMES_OUT_TOO = "retry-times-out-too"


@dataclass(frozen=True, slots=True)
class DefectInfo:
    """clause: the id of the one clause it breaks. what: what the broken product does, in one line."""

    clause: str
    what: str


DEFECTS: Mapping[Defect, DefectInfo] = MappingProxyType(
    {
        Defect.UNCONFIGURED_SIDE_TRIED: DefectInfo("CTI-01", "no B side is configured, yet a B it once knew is tried"),
        Defect.NEVER_FAILS_OVER: DefectInfo("CTI-01", "a B side is configured, yet only A is ever tried"),
        Defect.B_TWICE_IN_FIRST_ROUND: DefectInfo("CTI-02", "after losing A, B is tried twice before A"),
        Defect.A_AGAIN_BEFORE_B: DefectInfo("CTI-02", "after losing A, A is tried again before B"),
        Defect.LATER_ROUNDS_TWICE: DefectInfo("CTI-03", "from the second round on each side is tried twice in a row"),
        Defect.KEEPS_TRYING_AFTER_SUCCESS: DefectInfo("CTI-03", "attempts go on after one has succeeded"),
        Defect.TWO_MISSES_ARE_LOSS: DefectInfo("CTI-04", "two missed heartbeats are taken for a loss"),
        Defect.FOUR_MISSES_NEEDED: DefectInfo("CTI-04", "three missed heartbeats are not yet taken for a loss"),
        Defect.MISSES_ACCUMULATE: DefectInfo("CTI-04", "a miss, an answer and two misses are taken for a loss"),
        Defect.SOCKET_LOSS_WAITS: DefectInfo(
            "CTI-05", "a failed socket is noticed after three heartbeat intervals only"
        ),
        Defect.GAP_ANSWERS_DIALOGS: DefectInfo("CTI-06", "GET Dialogs is answered with 200 while failing over"),
        Defect.GAP_500: DefectInfo("CTI-06", "PUT User is answered with 500 all through the fail-over"),
        Defect.GAP_EVENTS: DefectInfo("CTI-07", "User events are published while out of service"),
        Defect.MUTE_AFTER_RECONNECT: DefectInfo("CTI-08", "after reconnecting, what happens later is not published"),
        Defect.STILL_503_AFTER_RECONNECT: DefectInfo("CTI-08", "after reconnecting, requests still get 503"),
        Defect.NO_IN_SERVICE_NOTICE: DefectInfo("CTI-08", "after reconnecting, IN_SERVICE is not announced"),
        Defect.GAP_STATE_LOST: DefectInfo("CTI-09", "an agent state changed in the gap is not published afterwards"),
        Defect.GAP_CALL_START_LOST: DefectInfo("CTI-09", "a call begun in the gap is not published afterwards"),
        Defect.GAP_CALL_END_LOST: DefectInfo("CTI-09", "the end of a call in the gap is not published afterwards"),
        Defect.GAP_CALL_DATA_LOST: DefectInfo("CTI-09", "call data changed in the gap are not published afterwards"),
        Defect.GHOST_CALL: DefectInfo("CTI-10", "a new session is told of calls that ended in the last two minutes"),
        Defect.CONFERENCE_STUCK: DefectInfo("CTI-11", "the dialog stays after the agent dropped off the conference"),
        Defect.CONFERENCE_FREEZES_PHONE: DefectInfo(
            "CTI-11", "after a new session, phone operations on a conference are refused"
        ),
        Defect.UNPREPARED_SECONDARY_USED: DefectInfo(
            "AWDB-01", "a secondary AWDB is used although its Distributor does not run"
        ),
        Defect.UNCONFIGURED_SECONDARY_USED: DefectInfo(
            "AWDB-01", "no secondary AWDB is configured, yet one it once knew is used"
        ),
        Defect.CACHE_29_MINUTES: DefectInfo("AWDB-02", "credentials are cached for 29 minutes only"),
        Defect.CACHE_31_MINUTES: DefectInfo("AWDB-02", "credentials are cached for 31 minutes"),
        Defect.CACHE_NEEDS_DATABASE: DefectInfo(
            "AWDB-03", "cached credentials are good only as long as a database answers"
        ),
        Defect.ASKS_EVERY_TIME: DefectInfo("AWDB-04", "the database is asked at each request, cached or not"),
        Defect.STAYS_WITH_PRIMARY: DefectInfo("AWDB-05", "the primary is lost, yet the secondary is never tried"),
        Defect.GIVES_UP_AFTER_FIRST_REQUEST: DefectInfo(
            "AWDB-06", "once both AWDBs were tried in vain, none is tried for the next 5 s"
        ),
        Defect.REPEATS_WITH_ONE_HOST: DefectInfo(
            "AWDB-06", "once both AWDBs were tried in vain, only the primary is tried again"
        ),
        Defect.EVENTS_STOP_WITH_DATABASE: DefectInfo("AWDB-07", "no events are published while no AWDB answers"),
        Defect.ANSWERS_WHILE_FAILING_OVER: DefectInfo("AWDB-07", "requests of cached users are processed meanwhile"),
        Defect.SIGN_IN_SAYS_SOMETHING_ELSE: DefectInfo("AWDB-08", "the sign-in page has other words for it"),
        Defect.SETTINGS_READABLE_WITHOUT_DATABASE: DefectInfo("AWDB-09", "settings can be read without any AWDB"),
        Defect.SETTINGS_WRITABLE_WITHOUT_DATABASE: DefectInfo("AWDB-09", "settings can be changed without any AWDB"),
        Defect.NOTICE_SAYS_SOMETHING_ELSE: DefectInfo("AWDB-10", "the desktop has other words for it"),
        Defect.UNAUTHORIZED_IS_500: DefectInfo("AWDB-11", "requests get 500 instead of 401"),
        Defect.RETRY_TIMES_OUT_TOO: DefectInfo(
            "AWDB-12", "a database that did not answer one request is asked once more by the next"
        ),
    }
)
"""Every defect, with the clause whose own test must catch it."""
