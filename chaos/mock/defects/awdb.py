"""Defects that break clauses of the AWDB family."""

from chaos.mock.defects import scopes as of
from chaos.mock.defects.axes import EVENTS, SETTINGS, WORDS, Axis
from chaos.mock.defects.defect import Defect

_TOLD = {Axis.EVENT: EVENTS[:5]}
_DONE = {Axis.VERB: ("PUT", "POST"), Axis.RESOURCE: ("User", "Dialogs", "Dialog")}
_SETTINGS = {Axis.RESOURCE: SETTINGS}


class AwdbDefect(Defect):
    """AWDB-01 to AWDB-12."""

    # AWDB-01: a secondary only if it is configured, within reach, and its Distributor runs.
    STREAMS_USE_UNPREPARED = (
        "streams-use-unprepared", "AWDB-01", of.KEPT,
        "whoever opens an event stream is let in by a secondary whose Distributor does not run",
    )  # fmt: skip
    PAGE_USES_UNPREPARED = (
        "page-uses-unprepared", "AWDB-01", of.KEPT,
        "whoever signs in to the desktop is let in by a secondary whose Distributor does not run",
    )  # fmt: skip
    UNPREPARED_SECONDARY_USED = (
        "unprepared-secondary-used", "AWDB-01", of.UNFIT, "a secondary is used although its Distributor does not run"
    )  # fmt: skip
    KNOWN_SECONDARY_USED = (
        "known-secondary-used", "AWDB-01", of.UNFIT, "a secondary is used, as its Distributor was once seen to run"
    )  # fmt: skip
    UNFIT_SECONDARY_SHUNNED = (
        "unfit-secondary-shunned", "AWDB-01", of.UNFIT,
        "a secondary whose Distributor did not run once is not used again, though it does",
    )  # fmt: skip
    PRIMARY_DISTRIBUTOR_COUNTS = (
        "primary-distributor-counts", "AWDB-01", of.UNFIT,
        "a secondary is not used since the Distributor of the primary did not run",
    )  # fmt: skip
    UNCONFIGURED_SECONDARY_USED = (
        "unconfigured-secondary-used", "AWDB-01", of.UNCONFIGURED,
        "no secondary is configured, yet one it once knew is used",
    )  # fmt: skip
    KNOCKS_AT_UNCONFIGURED_SECONDARY = (
        "knocks-at-unconfigured-secondary", "AWDB-01", of.UNFIT, "no secondary is configured, yet one is connected to"
    )  # fmt: skip
    LETS_IN_WITHOUT_SECONDARY = (
        "lets-in-without-secondary", "AWDB-01", of.UNCACHED, "no secondary is configured, and anybody is let in"
    )  # fmt: skip

    # AWDB-02: cached for half an hour from the request.
    CACHE_LASTS = (
        "cache-lasts", "AWDB-02", of.CACHING, "credentials are cached for another time than 30 minutes",
        None, {Axis.MINUTES: 20},
    )  # fmt: skip
    NOT_CACHED = "not-cached", "AWDB-02", of.CACHING, "a request that succeeded does not make its credentials good"
    SECONDARY_NOT_CACHED = (
        "secondary-not-cached", "AWDB-02", of.KEPT, "whom the secondary has authenticated is not cached"
    )  # fmt: skip
    LED_DO_NOT_PROLONG = (
        "led-do-not-prolong", "AWDB-02", of.KEPT,
        "what supervisors ask of their agents does not begin their half hours anew, as everything else does",
    )  # fmt: skip
    LATE_SUCCESS_ADDS = (
        "late-success-adds", "AWDB-02", of.KEPT,
        "what succeeds in the last minutes of the half hour adds half an hour to its end",
        None, {Axis.MINUTES: 5},
    )  # fmt: skip
    FAILURES_PROLONG = "failures-prolong", "AWDB-02", of.CACHING, "a request that failed prolongs the cached time, too"

    # AWDB-03: within it, good without any database.
    CACHE_NEEDS_DATABASE = (
        "cache-needs-database", "AWDB-03", of.WITHOUT_ANY, "cached credentials are good only while a database answers"
    )  # fmt: skip
    CACHE_LOST_WITH_DATABASE = (
        "cache-lost-with-database", "AWDB-03", of.FORGOTTEN, "cached credentials are forgotten when a database is lost"
    )  # fmt: skip
    CACHE_HOLDS_FEW = (
        "cache-holds-few", "AWDB-03", of.KEPT, "only the last few people are cached", None, {Axis.PEOPLE: 2}
    )  # fmt: skip
    WRONG_PASSWORD_FORGETS = (
        "wrong-password-forgets", "AWDB-03", of.KEPT, "a wrong password makes the right one be forgotten"
    )  # fmt: skip

    STREAMS_NEED_DATABASE = (
        "streams-need-database", "AWDB-03", of.KEPT, "cached users open no event stream while no database answers"
    )  # fmt: skip
    PAGE_NEEDS_DATABASE = (
        "page-needs-database", "AWDB-03", of.KEPT, "cached users cannot sign in to the desktop while no AWDB answers"
    )  # fmt: skip
    CTI_LOSS_FORGETS = (
        "cti-loss-forgets", "AWDB-03", of.KEPT, "a node that loses its CTI server forgets whose credentials are cached"
    )  # fmt: skip
    SIGN_OUT_FORGETS = "sign-out-forgets", "AWDB-03", of.KEPT, "who signs out is not cached any more"
    LEADING_NEEDS_DATABASE = (
        "leading-needs-database", "AWDB-03", of.CACHED,
        "what cached supervisors ask of their agents is good only while a database answers",
        {Axis.RESOURCE: ("User", "Dialogs")},
    )  # fmt: skip
    CACHE_ONE_AT_A_TIME = (
        "cache-one-at-a-time", "AWDB-03", of.KEPT, "of two requests of a cached user at once one finds nothing cached"
    )  # fmt: skip

    # AWDB-04: and none is asked.
    ASKS_EVERY_TIME = "asks-every-time", "AWDB-04", of.CACHED, "the database is asked at each request, cached or not"
    LOOKS_UP_EVERY_TIME = "looks-up-every-time", "AWDB-04", of.CACHED, "the database is asked for the user's role"
    ASKS_AFTERWARDS = (
        "asks-afterwards", "AWDB-04", of.CACHED, "the database is asked after a cached user's answer was sent",
        None, {Axis.LATE: 3},
    )  # fmt: skip
    ASKS_AHEAD = (
        "asks-ahead", "AWDB-04", of.CACHED, "in the last minutes of the half hour the database is asked ahead",
        None, {Axis.MINUTES: 3},
    )  # fmt: skip
    ASKS_AFTER_WRONG = (
        "asks-after-wrong", "AWDB-04", of.KEPT, "a wrong password makes the database be asked about the right one again"
    )  # fmt: skip
    ASKS_AFTER_SIGN_OUT = (
        "asks-after-sign-out", "AWDB-04", of.KEPT, "who has signed out as an agent is asked about again"
    )  # fmt: skip
    ASKS_ALONG = (
        "asks-along", "AWDB-04", of.KEPT,
        "along with somebody who is not cached, the database is asked about whoever was cached first",
    )  # fmt: skip
    ASKS_AFTER_CTI_LOSS = (
        "asks-after-cti-loss", "AWDB-04", of.KEPT, "after a loss of the CTI server it asks about each cached user once"
    )  # fmt: skip
    ASKS_AT_PAGE = "asks-at-page", "AWDB-04", of.KEPT, "cached users who sign in to the desktop are asked about"
    ASKS_ONCE_AFTER_LOSS = (
        "asks-once-after-loss", "AWDB-04", of.KEPT, "once it has gone to another AWDB, it asks about each cached user"
    )  # fmt: skip
    ASKS_IN_BACKGROUND = (
        "asks-in-background", "AWDB-04", of.KEPT, "the database is asked about cached users, though nobody came",
        None, {Axis.MINUTES: 10},
    )  # fmt: skip

    # AWDB-05: losing the primary leads to the secondary.
    STAYS_WITH_PRIMARY = (
        "stays-with-primary", "AWDB-05", of.DATABASE_ATTEMPTS, "the primary is lost, yet the secondary is not tried"
    )  # fmt: skip
    TURNS_BACK = (
        "turns-back", "AWDB-05", of.SILENCE,
        "a connection to the AWDB that was found, unused for so long, is closed, and the lost one tried again",
        None, {Axis.LATE: 20},
    )  # fmt: skip
    SECONDARY_REFUSES = "secondary-refuses", "AWDB-05", of.CACHING, "at the secondary good credentials are refused"
    SECONDARY_FAILS = "secondary-fails", "AWDB-05", of.CACHING, "at the secondary requests fail, though it answers"
    SECONDARY_TAKES_ANY_PASSWORD = (
        "secondary-takes-any-password", "AWDB-05", of.CACHING, "at the secondary wrong passwords are taken, too"
    )  # fmt: skip
    SECONDARY_REFUSES_NAMES = (
        "secondary-refuses-names", "AWDB-05", of.CACHING, "at the secondary agents are not known by their login names"
    )  # fmt: skip
    SECONDARY_REFUSES_SUPERVISORS = (
        "secondary-refuses-supervisors", "AWDB-05", of.CACHING, "at the secondary supervisors are not known"
    )  # fmt: skip
    SECONDARY_REFUSES_STREAMS = (
        "secondary-refuses-streams", "AWDB-05", of.KEPT,
        "at the secondary nobody who is not cached opens an event stream",
    )  # fmt: skip
    SECONDARY_REFUSES_PAGE = (
        "secondary-refuses-page", "AWDB-05", of.KEPT,
        "at the secondary nobody who is not cached signs in to the desktop",
    )  # fmt: skip
    SECONDARY_CLOSES_SETTINGS = (
        "secondary-closes-settings", "AWDB-05", of.CACHING, "at the secondary settings are out of reach", _SETTINGS
    )  # fmt: skip

    # AWDB-06: at every request, until one answers.
    GIVES_UP_AFTER_FIRST_REQUEST = (
        "gives-up-after-first-request", "AWDB-06", of.UNCACHED, "both tried in vain, none is tried for a while",
        None, {Axis.LATE: 5},
    )  # fmt: skip
    REQUEST_DOES_NOT_TRY = (
        "request-does-not-try", "AWDB-06", of.UNCACHED, "both tried in vain, some requests try none"
    )  # fmt: skip
    REPEATS_WITH_ONE_HOST = (
        "repeats-with-one-host", "AWDB-06", of.UNCACHED, "both tried in vain, only one is tried again",
        {Axis.HOST: WORDS[Axis.HOST]},
    )  # fmt: skip

    SHARES_ATTEMPTS = (
        "shares-attempts", "AWDB-06", of.KEPT, "who asks while another one's attempt lasts is refused by its outcome"
    )  # fmt: skip
    TRIES_ON = (
        "tries-on", "AWDB-06", of.SILENCE, "once an AWDB has answered, the next questions try the other one, too",
        None, {Axis.TIMES: 3},
    )  # fmt: skip

    # AWDB-07: meanwhile no request is processed, and events are told.
    EVENTS_STOP_WITH_DATABASE = (
        "events-stop-with-database", "AWDB-07", of.WITHOUT_DATABASE, "no events while no AWDB answers", _TOLD
    )  # fmt: skip
    EVENTS_STOP_WHILE_TRYING = (
        "events-stop-while-trying", "AWDB-07", of.FAILING_OVER_EVENTS, "no events while an AWDB is being tried", _TOLD
    )  # fmt: skip
    EVENTS_WAIT_FOR_DATABASE = (
        "events-wait-for-database", "AWDB-07", of.FAILING_OVER_EVENTS, "events come late while one is being tried",
        _TOLD, {Axis.LATE: 30},
    )  # fmt: skip
    EVENTS_WAIT_FOR_ATTEMPT = (
        "events-wait-for-attempt", "AWDB-07", of.FAILING_OVER_EVENTS, "events are told once the attempt is over",
        {Axis.EVENT: EVENTS[:4]},
    )  # fmt: skip
    FORMER_TOLD_WHILE_TRYING = (
        "former-told-while-trying", "AWDB-07", of.FAILING_OVER_EVENTS, "events show what was before, meanwhile",
        {Axis.EVENT: ("user", "dialog-changed")},
    )  # fmt: skip
    BOSH_UNTOLD_WHILE_TRYING = (
        "bosh-untold-while-trying", "AWDB-07", of.FAILING_OVER_STREAMS, "clients by BOSH are told nothing meanwhile"
    )  # fmt: skip
    BOSH_TEAM_UNTOLD_WHILE_TRYING = (
        "bosh-team-untold-while-trying", "AWDB-07", of.FAILING_OVER_STREAMS,
        "clients by BOSH are told nothing of their teams meanwhile",
    )  # fmt: skip
    WAITING_UNTOLD_WHILE_TRYING = (
        "waiting-untold-while-trying", "AWDB-07", of.FAILING_OVER_EVENTS,
        "who has a request waiting is told events once the attempt is over", {Axis.EVENT: EVENTS[:4]},
    )  # fmt: skip
    SOCKET_UNTOLD_WHILE_TRYING = (
        "socket-untold-while-trying", "AWDB-07", of.FAILING_OVER_STREAMS,
        "clients by WebSocket are told nothing meanwhile",
    )  # fmt: skip
    SOCKET_TEAM_UNTOLD_WHILE_TRYING = (
        "socket-team-untold-while-trying", "AWDB-07", of.FAILING_OVER_STREAMS,
        "clients by WebSocket are told nothing of their teams meanwhile",
    )  # fmt: skip
    ANSWERS_WHILE_FAILING_OVER = (
        "answers-while-failing-over", "AWDB-07", of.FAILING_OVER, "requests of cached users are processed meanwhile"
    )  # fmt: skip

    FORGETS_WHO_WAITED = (
        "forgets-who-waited", "AWDB-07", of.FAILING_OVER, "cached users who waited meanwhile are never answered"
    )  # fmt: skip

    DONE_WHILE_FAILING_OVER = (
        "done-while-failing-over", "AWDB-07", of.FAILING_OVER,
        "what is asked for is done at once, though the answer waits", _DONE,
    )  # fmt: skip
    TEAM_UNTOLD_WHILE_TRYING = (
        "team-untold-while-trying", "AWDB-07", of.FAILING_OVER_EVENTS, "who follows a team is told nothing meanwhile",
        {Axis.EVENT: ("user",)},
    )  # fmt: skip

    # AWDB-08: the sign-in page says "Invalid user ID or password".
    SIGN_IN_SAYS_SOMETHING_ELSE = (
        "sign-in-says-something-else", "AWDB-08", of.PAGES, "the sign-in page has other words for it"
    )  # fmt: skip
    SIGN_IN_SAYS_NOTHING = "sign-in-says-nothing", "AWDB-08", of.PAGES, "the sign-in page comes back without a word"
    SIGN_IN_OPENS = "sign-in-opens", "AWDB-08", of.PAGES, "the sign-in page turns people away, who can go on"
    SIGN_IN_LETS_IN = "sign-in-lets-in", "AWDB-08", of.PAGES, "the sign-in page lets anybody in"

    # AWDB-09: settings can be neither read nor changed.
    SETTINGS_READABLE_WITHOUT_DATABASE = (
        "settings-readable-without-database", "AWDB-09", of.SETTING_REQUESTS, "settings can be read without any AWDB",
        _SETTINGS,
    )  # fmt: skip
    SETTINGS_WRITABLE_WITHOUT_DATABASE = (
        "settings-writable-without-database", "AWDB-09", of.SETTING_REQUESTS, "they can be changed without any AWDB",
        _SETTINGS,
    )  # fmt: skip
    CONSOLE_OPEN_WITHOUT_DATABASE = (
        "console-open-without-database", "AWDB-09", of.SETTING_REQUESTS,
        "reasons, phone books and layouts can be had without any AWDB",
    )  # fmt: skip
    CONSOLE_OPEN_BY_NUMBER = (
        "console-open-by-number", "AWDB-09", of.SETTING_REQUESTS, "… so it is with one of them by its number alone",
    )  # fmt: skip
    SETTINGS_SAVED_THOUGH_REFUSED = (
        "settings-saved-though-refused", "AWDB-09", of.SETTING_REQUESTS, "a change is refused, and made nevertheless",
        _SETTINGS,
    )  # fmt: skip
    SETTINGS_SHOWN_THOUGH_REFUSED = (
        "settings-shown-though-refused", "AWDB-09", of.SETTING_REQUESTS, "the error that refuses settings shows them",
        _SETTINGS,
    )  # fmt: skip
    CONSOLE_CHANGED_THOUGH_REFUSED = (
        "console-changed-though-refused", "AWDB-09", of.SETTING_REQUESTS,
        "a change of reasons, phone books, workflows or layouts is refused, and made nevertheless",
    )  # fmt: skip

    # AWDB-10: the desktop says "Operation timed out".
    NOTICE_SAYS_SOMETHING_ELSE = (
        "notice-says-something-else", "AWDB-10", of.NOTICED, "the desktop has other words for it"
    )  # fmt: skip
    NOTICE_SAYS_INVALID = "notice-says-invalid", "AWDB-10", of.NOTICED, "the desktop has the sign-in page's words"
    DONE_THOUGH_TIMED_OUT = (
        "done-though-timed-out", "AWDB-10", of.NOTICED, "the desktop says so, and what was asked for is done"
    )  # fmt: skip
    NOTICE_MISSING = "notice-missing", "AWDB-10", of.NOTICED, "the desktop says nothing"

    # AWDB-11: requests get 401.
    UNAUTHORIZED_IS_500 = "401-is-500", "AWDB-11", of.UNCACHED, "requests get 500 instead of 401"
    UNAUTHORIZED_IS_503 = "401-is-503", "AWDB-11", of.UNCACHED, "requests get 503 instead of 401"
    UNAUTHORIZED_IS_403 = "401-is-403", "AWDB-11", of.UNCACHED, "requests get 403 instead of 401"
    LED_401_IS_500 = (
        "led-401-is-500", "AWDB-11", of.UNCACHED, "what supervisors ask of their agents gets 500 instead of 401",
        {Axis.RESOURCE: ("User", "Dialogs")},
    )  # fmt: skip
    LETS_IN_UNCHECKED = "lets-in-unchecked", "AWDB-11", of.UNCACHED, "requests are served unchecked"
    ANY_PASSWORD_LETS_IN = (
        "any-password-lets-in", "AWDB-11", of.KEPT, "who is cached is let in with any password while no AWDB answers"
    )  # fmt: skip
    DONE_THOUGH_UNAUTHORIZED = (
        "done-though-401", "AWDB-11", of.UNCACHED, "what is asked for is refused with 401, and done all the same", _DONE
    )  # fmt: skip
    BODY_READ_FIRST = (
        "body-read-first", "AWDB-11", of.UNCACHED, "requests whose body is no document get 400 instead of 401"
    )  # fmt: skip
    UNAUTHORIZED_HANGS = "401-hangs", "AWDB-11", of.UNCACHED, "requests are not answered", None, {Axis.LATE: 120}

    # AWDB-12: a silent loss costs the first request, not its retry.
    RETRY_TIMES_OUT_TOO = (
        "retry-times-out-too", "AWDB-12", of.SILENCE, "a silent database is asked once more by the next request",
        None, {Axis.TIMES: 1},
    )  # fmt: skip
    TURNS_FOR_EACH_FAILURE = (
        "turns-for-each-failure", "AWDB-12", of.SILENCE,
        "each of several requests that time out turns to the other database, and the second one back to the lost one",
    )  # fmt: skip
    RETRY_FAILS_AT_ONCE = (
        "retry-fails-at-once", "AWDB-12", of.SILENCE, "after a loss the next request fails without a try",
        None, {Axis.TIMES: 1},
    )  # fmt: skip
    SETTINGS_OVERLOOK_SILENCE = (
        "settings-overlook-silence", "AWDB-12", of.SILENCE,
        "a question about who may have settings times out, and does not tell that the database is lost",
    )  # fmt: skip
    TIME_OUTS_LOCK_OUT = (
        "time-outs-lock-out", "AWDB-12", of.SILENCE,
        "a question that times out counts as so many wrong passwords, five of which lock a user out",
        None, {Axis.TIMES: 3},
    )  # fmt: skip
    EACH_FAILS_ONCE = (
        "each-fails-once", "AWDB-12", of.SILENCE, "after a silent loss everybody's first request fails, not one alone"
    )  # fmt: skip
    PAGE_OVERLOOKS_SILENCE = (
        "page-overlooks-silence", "AWDB-12", of.SILENCE,
        "a sign-in to the desktop times out, and does not tell that the database is lost",
    )  # fmt: skip
    FIRST_REQUEST_HANGS = (
        "first-request-hangs", "AWDB-12", of.SILENCE, "the request that meets the loss takes this much longer",
        None, {Axis.LATE: 80},
    )  # fmt: skip
