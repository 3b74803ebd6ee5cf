"""Groups of defects: where those of a group can be narrowed, and what is timed and counted there."""

from dataclasses import dataclass

from chaos.mock.defects.axes import COUNTING, TIMING, Axis


@dataclass(frozen=True, slots=True)
class Scope:
    """axes: where its defects can be narrowed. since: what `within` and `beyond` count from. counted: what `first`,
    `after` and `every` count."""

    axes: frozenset[Axis]
    since: str = ""
    counted: str = ""


_REQUEST = frozenset({Axis.NODE, Axis.VERB, Axis.RESOURCE, Axis.BY, Axis.AGENT, *COUNTING})
_EVENT = frozenset({Axis.NODE, Axis.EVENT, Axis.AGENT, *COUNTING, *TIMING})
_FAIL_OVER = frozenset({Axis.LOST, Axis.LOSS, Axis.ORDER})
_LOSSES = "losses of a session since the Webapp was started"

# --- the CTI link ----------------------------------------------------------------------------------------------------

ATTEMPTS = Scope(
    frozenset({Axis.NODE, Axis.LOST, Axis.LOSS, Axis.ORDER, Axis.FAILED, Axis.SIDE, *COUNTING, *TIMING}),
    "the loss",
    "attempts of one fail-over",
)
ROUNDS = Scope(ATTEMPTS.axes, "the loss", "attempts of one fail-over after the first round")
LOSSES = Scope(frozenset({Axis.NODE, Axis.LOSS, Axis.ORDER, *COUNTING}), "", _LOSSES)
FOUND = Scope(LOSSES.axes | {Axis.SIDE}, "", "sessions found since the Webapp was started")
FIRST_ROUND = Scope(LOSSES.axes | {Axis.FAILED}, "", _LOSSES)
SOCKETS = Scope(frozenset({Axis.NODE, Axis.LOST, Axis.LOSS, Axis.ORDER, *COUNTING}), "", _LOSSES)
NOTICES = Scope(
    frozenset({Axis.NODE, Axis.AGENT, Axis.STATE, Axis.LOST, Axis.LOSS, Axis.ORDER, *COUNTING}), "", _LOSSES
)
NOTICES_BY_DOOR = Scope(NOTICES.axes - {Axis.STATE} | {Axis.DOOR}, "", _LOSSES)
SUCCESS = Scope(
    frozenset({Axis.NODE, Axis.LOSS, Axis.ORDER, Axis.BACK, *COUNTING, *TIMING}),
    "IN_SERVICE",
    "retry periods after one success",
)
BEATS = Scope(
    frozenset({Axis.NODE, Axis.SIDE, *TIMING, *COUNTING}), "the session was opened", "sessions since the Webapp began"
)

# --- the gap, and after it -------------------------------------------------------------------------------------------

GAP_REQUESTS = Scope(_REQUEST | _FAIL_OVER | TIMING, "the loss", "such requests in one gap")
READING_REQUESTS = Scope(GAP_REQUESTS.axes, "the session was opened", GAP_REQUESTS.counted)
GAP_LOOKS = Scope(
    frozenset({Axis.NODE, Axis.AGENT, *_FAIL_OVER, *COUNTING, *TIMING}), "the loss", "looks at SystemInfo in one gap"
)
GAP_EVENTS = Scope(_EVENT | _FAIL_OVER, "the loss", "such events in one gap")
GAP_EVENTS_BY_DOOR = Scope(frozenset({Axis.NODE, Axis.AGENT, Axis.DOOR, *_FAIL_OVER, *TIMING}), "the loss")
GAP_COMERS = Scope(frozenset({Axis.NODE, Axis.AGENT, *_FAIL_OVER, *COUNTING, *TIMING}), "the loss", "such clients")
READING_EVENTS = Scope(GAP_COMERS.axes, "the session was opened", "such changes in one gap")
GAP_QUEUES = Scope(frozenset({Axis.NODE, *_FAIL_OVER, *COUNTING, *TIMING}), "the loss", "such events in one gap")
BACK_REQUESTS = Scope(GAP_REQUESTS.axes | {Axis.BACK}, "IN_SERVICE", "such requests after one gap")
BACK_STATES = Scope(BACK_REQUESTS.axes | {Axis.STATE}, BACK_REQUESTS.since, BACK_REQUESTS.counted)
BACK_LOOKS = Scope(GAP_LOOKS.axes | {Axis.BACK}, "IN_SERVICE", "looks at SystemInfo after one gap")
BACK_EVENTS = Scope(GAP_EVENTS.axes | {Axis.BACK, Axis.STATE, Axis.ACT}, "IN_SERVICE", "such events after one gap")
BACK_FIELDS = Scope(BACK_EVENTS.axes | {Axis.FIELD}, BACK_EVENTS.since, BACK_EVENTS.counted)
BACK_ANSWERS = Scope(BACK_REQUESTS.axes | {Axis.FIELD}, BACK_REQUESTS.since, BACK_REQUESTS.counted)
BACK_NOTICE = Scope(
    frozenset({Axis.NODE, Axis.AGENT, Axis.BACK, *_FAIL_OVER, *COUNTING}), "", "gaps since the Webapp was started"
)
CATCHING_UP = Scope(
    frozenset({Axis.NODE, Axis.AGENT, Axis.BACK, *_FAIL_OVER, *COUNTING}), "", "such changes after one gap"
)
PLACES = Scope(frozenset({Axis.NODE, Axis.AGENT, Axis.BACK, *_FAIL_OVER}))
GHOSTS = Scope(frozenset({Axis.NODE, Axis.EVENT, Axis.AGENT, Axis.ACT, *COUNTING}), "", "calls of one gap")
CONFERENCES = Scope(frozenset({Axis.NODE, Axis.AGENT, Axis.BACK, *_FAIL_OVER}))
CONFERENCE_ANSWERS = Scope(CONFERENCES.axes | {Axis.VERB, Axis.RESOURCE, Axis.BY})
CONFERENCE_EVENTS = Scope(CONFERENCES.axes | {Axis.EVENT, *COUNTING}, "", "such events of one agent")
PHONES = Scope(frozenset({Axis.AGENT, Axis.ACT, *COUNTING}), "", "such operations at one conference")

# --- the AWDB --------------------------------------------------------------------------------------------------------

DATABASE_ATTEMPTS = Scope(
    _REQUEST | {Axis.LOSS} | TIMING, "the loss", "attempts since one was lost that would have gone there"
)
UNFIT = Scope(_REQUEST, "", "attempts at a secondary that is not fit, since the loss")
UNCONFIGURED = Scope(UNFIT.axes | {Axis.LOSS}, UNFIT.since, UNFIT.counted)
CACHING = Scope(_REQUEST, "", "such requests of one user")
CACHED = Scope(_REQUEST | TIMING, "the request that made the credentials good", "such requests of one cached user")
WITHOUT_ANY = Scope(CACHED.axes | {Axis.LOSS}, CACHED.since, CACHED.counted)
KEPT = Scope(frozenset({Axis.NODE, Axis.BY, Axis.AGENT}))
FORGOTTEN = Scope(KEPT.axes | {Axis.HOST, Axis.LOSS})
UNCACHED = Scope(_REQUEST | {Axis.LOSS} | TIMING, "the loss", "such requests since then")
WITHOUT_DATABASE = Scope(_EVENT, "the loss", "such events since then")
FAILING_OVER = Scope(_REQUEST, "", "such requests while an attempt was under way")
FAILING_OVER_EVENTS = Scope(_EVENT, "the attempt began", "such events while attempts were under way")
FAILING_OVER_STREAMS = Scope(frozenset({Axis.NODE, Axis.AGENT, *TIMING}), "the attempt began")
SETTING_REQUESTS = Scope(
    frozenset({Axis.RESOURCE, Axis.LOSS, *COUNTING, *TIMING}), "the loss", "such requests for one resource since then"
)
PAGES = Scope(
    frozenset({Axis.NODE, Axis.AGENT, Axis.LOSS, *COUNTING, *TIMING}), "the loss", "tries of one person since then"
)
NOTICED = Scope(PAGES.axes | {Axis.STATE}, PAGES.since, PAGES.counted)
SILENCE = Scope(frozenset({Axis.NODE, Axis.VERB, Axis.RESOURCE, Axis.BY, Axis.AGENT, Axis.HOST}))

# --- the desktop -----------------------------------------------------------------------------------------------------

_DESKTOP = frozenset({Axis.NODE, Axis.AGENT, Axis.TRIGGER, *COUNTING})
DESKTOPS = Scope(_DESKTOP | TIMING, "the trigger", "such fail-overs of one desktop")
TRIGGERED = Scope(frozenset({Axis.NODE, Axis.AGENT, *COUNTING}), "", "such triggers at one desktop")
LOOKS = Scope(_DESKTOP | TIMING, "the trigger", "such looks in one fail-over")
LOGIC = Scope(_DESKTOP | TIMING, "the trigger", "such occasions in one fail-over")
REFRESHES = Scope(_DESKTOP | {Axis.RESOURCE}, "", "such data in one fail-over")
LOSSES_TOLD = Scope(frozenset({Axis.NODE, Axis.TRIGGER, *COUNTING}), "", "such losses of one node")
MOVES = Scope(_DESKTOP, "", "moves of one desktop")

# --- agents whose desktops are gone ----------------------------------------------------------------------------------

ABSENCES = Scope(
    frozenset({Axis.NODE, Axis.AGENT, Axis.STATE, Axis.GONE, *COUNTING}),
    "",
    "clients of that kind that went at one node",
)
CRASHES = Scope(frozenset({Axis.NODE, Axis.AGENT, *COUNTING}), "", "clients that fell silent at one node")
CONSEQUENCES = Scope(frozenset({Axis.AGENT, Axis.STATE, Axis.LOAD, *COUNTING}), "", "forced logouts of that kind")
RECONNECTIONS = Scope(
    frozenset({Axis.NODE, Axis.AGENT, *COUNTING}), "", "such agents of one node's sessions that are back"
)

# --- refresh tokens of single sign-on --------------------------------------------------------------------------------

TOKENS = Scope(frozenset({Axis.NODE, Axis.AGENT, Axis.STATE, Axis.COOKIE, Axis.SIGN_ON}))
WARNINGS = Scope(TOKENS.axes | {Axis.WARNING})
EXPIRIES = Scope(frozenset({Axis.NODE, Axis.AGENT, Axis.STATE, *COUNTING}), "", "such expiries at one node")
SIGN_ONS = Scope(frozenset({Axis.NODE, Axis.AGENT, Axis.COOKIE, *COUNTING}), "", "such sign-ons or renewals")

# --- the IP phone ----------------------------------------------------------------------------------------------------

_PHONE = frozenset({Axis.NODE, Axis.AGENT, *COUNTING})
PHONE_LOSSES = Scope(_PHONE, "", "losses of the server at the phone of one agent")
PHONE_TRIGGERS = Scope(_PHONE, "", "such triggers at the phone of one agent")
PHONE_TRIES = Scope(_PHONE | TIMING, "the loss", "tries at the phone of one agent in one loss")
PHONE_EXITS = Scope(_PHONE, "", "presses of Exit by one agent whose server is lost")
PHONES_IN = Scope(_PHONE, "", "such sign-ins of one agent at a phone")
