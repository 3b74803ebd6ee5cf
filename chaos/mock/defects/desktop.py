"""Defects that break clauses of the DESKTOP family: presence, forced logout, and what the CTI server makes of it."""

from chaos.mock.defects import scopes as of
from chaos.mock.defects.axes import Axis
from chaos.mock.defects.defect import Defect

_IDLE = ("NOT_READY", "READY", "WORK")
_AT_0 = {Axis.LOAD: ("0",), Axis.STATE: _IDLE}
_AT_1 = {Axis.LOAD: ("1",), Axis.STATE: _IDLE}
_TALKING_0 = {Axis.LOAD: ("0",), Axis.STATE: ("TALKING", "HOLD")}
_TALKING_1 = {Axis.LOAD: ("1",), Axis.STATE: ("TALKING", "HOLD")}
_OUT = {Axis.STATE: ("LOGOUT",)}
_HEARD = {Axis.GONE: ("presence", "ended", "dropped")}
_DROPPED = {Axis.GONE: ("dropped",)}


class DesktopDefect(Defect):
    """DESKTOP-01 to DESKTOP-13, DESKTOP-18 to DESKTOP-21. Those of refresh tokens stand in `tokens`."""

    # DESKTOP-01: LOAD 0, the default, is Not Ready.
    LOAD_0_LOGS_OUT = "load-0-logs-out", "DESKTOP-01", of.CONSEQUENCES, "LOAD 0 logs the agent out", _AT_0
    LOAD_0_STAYS = "load-0-stays", "DESKTOP-01", of.CONSEQUENCES, "LOAD 0 leaves the agent as he is", _AT_0
    LOAD_0_WEARS_OFF = (
        "load-0-wears-off", "DESKTOP-01", of.CONSEQUENCES, "whom LOAD 0 made Not Ready is as he was after a while",
        {**_AT_0, Axis.STATE: ("READY", "WORK")}, {Axis.LATE: 7},
    )  # fmt: skip
    LOAD_0_IN_WRAP_UP = "load-0-in-wrap-up", "DESKTOP-01", of.CONSEQUENCES, "LOAD 0 puts the agent into Wrap-Up", _AT_0

    # DESKTOP-02: a crash is noticed within 120 s.
    CRASH_NOTICED_LATE = (
        "crash-noticed-late", "DESKTOP-02", of.CRASHES, "a client that fell silent is noticed late",
        None, {Axis.LATE: 10},
    )  # fmt: skip
    CRASH_NOT_NOTICED = "crash-not-noticed", "DESKTOP-02", of.CRASHES, "a client that fell silent is never noticed"
    CRASH_NOT_TOLD = "crash-not-told", "DESKTOP-02", of.CRASHES, "nobody is told that such a client is unavailable"

    BROWSER_CRASH_NOT_NOTICED = (
        "browser-crash-not-noticed", "DESKTOP-02", of.CRASHES, "a desktop's BOSH session that fell silent stays"
    )  # fmt: skip

    TOLD_BROWSER_STAYS = (
        "told-browser-stays", "DESKTOP-02", of.CRASHES,
        "a desktop's BOSH session that fell silent stays if something was to be told to it since",
    )  # fmt: skip

    ASKING_IS_LIVING = (
        "asking-is-living", "DESKTOP-02", of.CRASHES,
        "a client that fell silent stays if something was asked for in its user's name since",
    )  # fmt: skip

    # DESKTOP-03: 60 s from Unavailable to the forced logout, for those who are gone alone.
    LOGOUT_EARLY = (
        "logout-early", "DESKTOP-03", of.ABSENCES, "the forced logout comes so much earlier", _HEARD, {Axis.LATE: 10}
    )  # fmt: skip
    LOGOUT_LATE = "logout-late", "DESKTOP-03", of.ABSENCES, "the forced logout comes late", _HEARD, {Axis.LATE: 10}
    LOGOUT_OF_SOMEBODY_ELSE = (
        "logout-of-somebody-else", "DESKTOP-03", of.ABSENCES, "somebody at work is logged out instead", _HEARD
    )  # fmt: skip

    WAIT_IS_SHARED = (
        "wait-is-shared", "DESKTOP-03", of.ABSENCES, "who goes begins the wait of all who have gone anew", _HEARD
    )  # fmt: skip
    LOGOUT_TWICE = (
        "logout-twice", "DESKTOP-03", of.ABSENCES, "who is back after the forced logout is logged out once more",
        _HEARD, {Axis.LATE: 5},
    )  # fmt: skip

    OTHER_CLIENT_IGNORED = (
        "other-client-ignored", "DESKTOP-03", of.ABSENCES, "whose other client is there is logged out all the same",
        _HEARD,
    )  # fmt: skip

    REQUEST_FORGIVES = (
        "request-forgives", "DESKTOP-03", of.ABSENCES, "who asks for something meanwhile is not logged out",
        _HEARD,
    )  # fmt: skip

    WAIT_FROM_FIRST_CLIENT = (
        "wait-from-first-client", "DESKTOP-03", of.ABSENCES, "of two clients the first that goes begins the wait",
        _HEARD,
    )  # fmt: skip
    TWO_CLIENTS_FORGOTTEN = (
        "two-clients-forgotten", "DESKTOP-03", of.ABSENCES, "who had two clients is not logged out when both are gone",
        _HEARD,
    )  # fmt: skip
    STATE_BEGINS_ANEW = (
        "state-begins-anew", "DESKTOP-03", of.ABSENCES, "who changes his state meanwhile is waited for anew", _HEARD
    )  # fmt: skip
    NEWCOMER_LOGGED_OUT = (
        "newcomer-logged-out", "DESKTOP-03", of.ABSENCES,
        "who comes to a node for the first time, and is signed in, is logged out by it so long after that",
        {Axis.GONE: ("presence",)}, {Axis.LATE: 20},
    )  # fmt: skip

    # DESKTOP-04: a crash ends in a sign-out within 180 s.
    CRASH_WAITED_FOR = (
        "crash-waited-for", "DESKTOP-04", of.CRASHES, "after a crash the wait is longer", None, {Axis.LATE: 20}
    )  # fmt: skip
    CRASH_WITHOUT_CODE = (
        "crash-without-code", "DESKTOP-04", of.CRASHES, "the forced logout after a crash bears no code"
    )  # fmt: skip
    CRASH_FORGOTTEN = "crash-forgotten", "DESKTOP-04", of.CRASHES, "after a crash nobody is logged out"
    CRASHES_ONE_BY_ONE = (
        "crashes-one-by-one", "DESKTOP-04", of.CRASHES, "a crash is not waited for while another one is",
    )  # fmt: skip

    CRASH_STAYS_WHEN_TOLD = (
        "crash-stays-when-told", "DESKTOP-04", of.CRASHES,
        "a client that fell silent stays if something was to be told to it since",
    )  # fmt: skip

    # DESKTOP-05: Unavailable, 60 s, forced logout with code 255.
    ANOTHER_CODE = "another-code", "DESKTOP-05", of.ABSENCES, "the forced logout bears no code", _HEARD
    GOODBYE_FORGOTTEN = "goodbye-forgotten", "DESKTOP-05", of.ABSENCES, "who goes so is not logged out", _HEARD
    NOT_READY_INSTEAD = "not-ready-instead", "DESKTOP-05", of.ABSENCES, "Not Ready is asked for, no logout", _HEARD

    SECOND_LEAVING_EARLY = (
        "second-leaving-early", "DESKTOP-05", of.ABSENCES,
        "who was logged out by force before is logged out so much earlier the next time", _HEARD, {Axis.LATE: 20},
    )  # fmt: skip
    LOGOUT_AT_ANOTHER_TELEPHONE = (
        "logout-at-another-telephone", "DESKTOP-05", of.ABSENCES, "the forced logout names another agent's telephone",
        _HEARD,
    )  # fmt: skip
    LOGOUT_NOT_FORCED = "logout-not-forced", "DESKTOP-05", of.ABSENCES, "the logout is not a forced one", _HEARD

    # DESKTOP-06: race 1, of somebody who is signed out.
    NOBODY_IS_SIGNED_IN = (
        "nobody-is-signed-in", "DESKTOP-06", of.CONSEQUENCES, "who was signed out is signed in by it", _OUT
    )  # fmt: skip
    NOBODY_ENDS_THE_SESSION = (
        "nobody-ends-the-session", "DESKTOP-06", of.ABSENCES, "the node loses its CTI session over it", _OUT
    )  # fmt: skip
    NOBODY_COMES_BACK = (
        "nobody-comes-back", "DESKTOP-06", of.CONSEQUENCES, "who was signed out can not sign in again", _OUT
    )  # fmt: skip

    NOBODY_SENDS_ANOTHER_HOME = (
        "nobody-sends-another-home", "DESKTOP-06", of.CONSEQUENCES, "somebody else is signed out over it", _OUT
    )  # fmt: skip
    NOBODY_HURTS_ANOTHER = (
        "nobody-hurts-another", "DESKTOP-06", of.CONSEQUENCES, "somebody else is logged out over it", _OUT
    )  # fmt: skip

    NOBODY_ENDS_ALL_WAITS = (
        "nobody-ends-all-waits", "DESKTOP-06", of.ABSENCES, "whom the node waits for then is never logged out", _OUT
    )  # fmt: skip

    NOBODY_IS_CAUGHT_LATER = (
        "nobody-is-caught-later", "DESKTOP-06", of.CONSEQUENCES,
        "who was signed out is logged out by it so long after his next sign-in", _OUT, {Axis.LATE: 5},
    )  # fmt: skip

    NOBODY_KEEPS_REASON = (
        "nobody-keeps-reason", "DESKTOP-06", of.CONSEQUENCES,
        "who was signed out is Not Ready for it at his next sign-in", _OUT,
    )  # fmt: skip
    NOBODY_IS_NOT_READY = (
        "nobody-is-not-ready", "DESKTOP-06", of.CONSEQUENCES,
        "who was signed out cannot become Ready the first time after his next sign-in", _OUT,
    )  # fmt: skip

    NOBODY_CANNOT_BE_READ = (
        "nobody-cannot-be-read", "DESKTOP-06", of.ABSENCES, "for a minute the node cannot show who was signed out", _OUT
    )  # fmt: skip

    NOBODY_SHOWN_NOT_READY = (
        "nobody-shown-not-ready", "DESKTOP-06", of.ABSENCES,
        "the node shows who was signed out Not Ready after it", _OUT,
    )  # fmt: skip

    # DESKTOP-07: race 2, signed in at the other node before the crash is noticed.
    CRASH_RACE_ENDS_AT_WORK = (
        "crash-race-ends-at-work", "DESKTOP-07", of.CONSEQUENCES, "such a race ends in Wrap-Up", {Axis.STATE: _IDLE}
    )  # fmt: skip
    CRASH_RACE_NOT_SHOWN = (
        "crash-race-not-shown", "DESKTOP-07", of.CRASHES, "the other node goes on to show him as he was"
    )  # fmt: skip
    CRASH_RACE_SHOWN_OTHERWISE = (
        "crash-race-shown-otherwise", "DESKTOP-07", of.CRASHES, "the other node shows him talking"
    )  # fmt: skip

    CRASH_RACE_NOT_TOLD = (
        "crash-race-not-told", "DESKTOP-07", of.CRASHES, "the other node has no event of what becomes of him"
    )  # fmt: skip
    CRASH_RACE_ASKS_OTHERWISE = (
        "crash-race-asks-otherwise", "DESKTOP-07", of.CRASHES,
        "Ready is asked for of who crashed, and no logout",
    )  # fmt: skip

    # DESKTOP-08: on a slow network no goodbye comes.
    SLOW_NOT_NOTICED = "slow-not-noticed", "DESKTOP-08", of.CRASHES, "a client whose goodbye is on its way stays"
    SLOW_BOSH_NOT_NOTICED = (
        "slow-bosh-not-noticed", "DESKTOP-08", of.CRASHES, "a client by BOSH whose goodbye is on its way stays"
    )  # fmt: skip
    SLOW_SOCKET_NOT_NOTICED = (
        "slow-socket-not-noticed", "DESKTOP-08", of.CRASHES, "a client by WebSocket whose goodbye is on its way stays"
    )  # fmt: skip
    SLOW_STAYS_WHEN_TOLD = (
        "slow-stays-when-told", "DESKTOP-08", of.CRASHES,
        "a client whose goodbye is on its way stays if something was to be told to it since",
    )  # fmt: skip
    SLOW_NOT_FORCED = (
        "slow-not-forced", "DESKTOP-08", of.CRASHES, "after a goodbye that did not come the logout is not a forced one"
    )  # fmt: skip
    SLOW_FORGOTTEN = "slow-forgotten", "DESKTOP-08", of.CRASHES, "whose goodbye did not come is not logged out"
    SLOW_ON_CALL_FORGOTTEN = (
        "slow-on-call-forgotten", "DESKTOP-08", of.CRASHES, "who talks when it is noticed is not logged out after it"
    )  # fmt: skip
    SLOW_WAITED_FOR = (
        "slow-waited-for", "DESKTOP-08", of.CRASHES, "after a goodbye that did not come the wait is longer",
        None, {Axis.LATE: 20},
    )  # fmt: skip

    # DESKTOP-09: Not Ready before the fail-over.
    RECONNECT_WITHOUT_REASON = (
        "reconnect-without-reason", "DESKTOP-09", of.RECONNECTIONS, "after a fail-over the old reason stays"
    )  # fmt: skip
    RECONNECT_WRONG_REASON = (
        "reconnect-wrong-reason", "DESKTOP-09", of.RECONNECTIONS, "after a fail-over another reason is given"
    )  # fmt: skip
    LOST_BY_ANOTHER_NAME = (
        "lost-by-another-name", "DESKTOP-09", of.RECONNECTIONS, "the node calls the reason by the name of another one"
    )  # fmt: skip
    RECONNECT_REASON_NOT_TOLD = (
        "reconnect-reason-not-told", "DESKTOP-09", of.RECONNECTIONS, "the node goes on to show the old reason"
    )  # fmt: skip

    # DESKTOP-10: Ready before the fail-over.
    RECONNECT_NOT_READY = (
        "reconnect-not-ready", "DESKTOP-10", of.RECONNECTIONS, "who was Ready is Not Ready at once"
    )  # fmt: skip
    RECONNECT_FORGETS = (
        "reconnect-forgets", "DESKTOP-10", of.RECONNECTIONS, "who was Ready is Not Ready for no reason next"
    )  # fmt: skip
    RECONNECT_LOGS_OUT = "reconnect-logs-out", "DESKTOP-10", of.RECONNECTIONS, "who was Ready is logged out"

    RECONNECT_OWN_REASON = (
        "reconnect-own-reason", "DESKTOP-10", of.RECONNECTIONS, "who was Ready is Not Ready next for his own reason"
    )  # fmt: skip
    RECONNECT_FORGETS_SOON = (
        "reconnect-forgets-soon", "DESKTOP-10", of.RECONNECTIONS, "after 20 s it is forgotten why he is to be Not Ready"
    )  # fmt: skip
    RECONNECT_OWES_FOR_EVER = (
        "reconnect-owes-for-ever", "DESKTOP-10", of.RECONNECTIONS, "who was Ready is Not Ready for it each time"
    )  # fmt: skip

    RECONNECT_FORGETS_WITH_CALL = (
        "reconnect-forgets-with-call", "DESKTOP-10", of.RECONNECTIONS,
        "after a call it is forgotten why he is to be Not Ready",
    )  # fmt: skip

    RECONNECT_FORGETS_ON_CALL = (
        "reconnect-forgets-on-call", "DESKTOP-10", of.RECONNECTIONS,
        "who asks for Not Ready during a call is so for his own reason",
    )  # fmt: skip

    RECONNECT_CANCELS = (
        "reconnect-cancels", "DESKTOP-10", of.RECONNECTIONS,
        "who is Ready through a second loss is Not Ready for no reason next",
    )  # fmt: skip

    RECONNECT_YIELDS = (
        "reconnect-yields", "DESKTOP-10", of.RECONNECTIONS,
        "whom a supervisor makes Not Ready next is so for the supervisor's reason",
    )  # fmt: skip

    RECONNECT_FORGETS_OFF_HOOK = (
        "reconnect-forgets-off-hook", "DESKTOP-10", of.RECONNECTIONS,
        "who is Not Ready next since he calls somebody is so for that reason",
    )  # fmt: skip
    RECONNECT_FORGETS_WITH_WRAP_UP = (
        "reconnect-forgets-with-wrap-up", "DESKTOP-10", of.RECONNECTIONS,
        "after Wrap-Up it is forgotten why he is to be Not Ready",
    )  # fmt: skip
    RECONNECT_FORGETS_WHEN_ASKED = (
        "reconnect-forgets-when-asked", "DESKTOP-10", of.RECONNECTIONS,
        "who asks for Ready once more is Not Ready for no reason next",
    )  # fmt: skip

    # DESKTOP-11: back within 60 s, no forced logout.
    REFRESH_LOGS_OUT = "refresh-logs-out", "DESKTOP-11", of.ABSENCES, "who is back in time is logged out", _HEARD
    REFRESH_TOO_LONG = (
        "refresh-too-long", "DESKTOP-11", of.ABSENCES, "who is back after the minute is not logged out", _HEARD,
        {Axis.LATE: 8},
    )  # fmt: skip
    CHANGE_LOGS_OUT = (
        "change-logs-out", "DESKTOP-11", of.ABSENCES, "who is back in time, and in another state, is logged out", _HEARD
    )  # fmt: skip
    REFRESH_ADDS_UP = (
        "refresh-adds-up",
        "DESKTOP-11",
        of.ABSENCES,
        "the wait for the last absence is gone on with",
        _HEARD,
    )

    SECOND_REFRESH_LOGS_OUT = (
        "second-refresh-logs-out", "DESKTOP-11", of.ABSENCES,
        "who is back in time for the second time within a minute is logged out", _HEARD,
    )  # fmt: skip

    RING_LOGS_OUT = (
        "ring-logs-out", "DESKTOP-11", of.ABSENCES, "who is back while his telephone rings is logged out", _HEARD
    )  # fmt: skip

    CRASH_RETURN_LOGS_OUT = (
        "crash-return-logs-out", "DESKTOP-11", of.ABSENCES,
        "who crashed, and is back before that is noticed, is logged out",
        {Axis.GONE: ("ended", "dropped")},
    )  # fmt: skip
    ANOTHER_DOOR_LOGS_OUT = (
        "another-door-logs-out", "DESKTOP-11", of.ABSENCES, "who is back in time by another door is logged out", _HEARD
    )  # fmt: skip
    BACK_BY_SOCKET_LOGS_OUT = (
        "back-by-socket-logs-out", "DESKTOP-11", of.ABSENCES, "who is back in time by WebSocket is logged out", _HEARD
    )  # fmt: skip

    # DESKTOP-12: the first node logs out who went to the other one.
    MOVED_ARE_SPARED = (
        "moved-are-spared", "DESKTOP-12", of.ABSENCES, "who has done something since is not logged out", _HEARD
    )  # fmt: skip
    GLITCH_ENDS_AT_WORK = (
        "glitch-ends-at-work", "DESKTOP-12", of.CONSEQUENCES, "such a logout ends in Wrap-Up", {Axis.STATE: _IDLE}
    )  # fmt: skip
    GLITCH_WAITED_FOR = (
        "glitch-waited-for", "DESKTOP-12", of.ABSENCES, "after a glitch the forced logout comes late", _DROPPED,
        {Axis.LATE: 12},
    )  # fmt: skip
    GLITCH_NOT_SHOWN = (
        "glitch-not-shown", "DESKTOP-12", of.ABSENCES, "the other node goes on to show him as he was", _DROPPED
    )  # fmt: skip

    SOCKET_GLITCH_FORGOTTEN = (
        "socket-glitch-forgotten", "DESKTOP-12", of.ABSENCES, "whose WebSocket broke off is not logged out", _DROPPED
    )  # fmt: skip

    # DESKTOP-13: race 3, on a call.
    CALL_NOT_WAITED_FOR = (
        "call-not-waited-for", "DESKTOP-13", of.ABSENCES, "the forced logout comes while the call lasts",
        {**_HEARD, Axis.STATE: ("TALKING", "HOLD")},
    )  # fmt: skip
    NEW_CALL_NOT_WAITED_FOR = (
        "new-call-not-waited-for", "DESKTOP-13", of.ABSENCES,
        "the forced logout comes during a call that began within the minute", _HEARD,
    )  # fmt: skip
    CALL_FORGETS_LOGOUT = (
        "call-forgets-logout", "DESKTOP-13", of.ABSENCES, "who was on a call is not logged out",
        {**_HEARD, Axis.STATE: ("TALKING", "HOLD")},
    )  # fmt: skip
    LOGOUT_LONG_AFTER_CALL = (
        "logout-long-after-call", "DESKTOP-13", of.ABSENCES, "the forced logout comes long after the call",
        {**_HEARD, Axis.STATE: ("TALKING", "HOLD")}, {Axis.LATE: 15},
    )  # fmt: skip

    ONE_CALL_IS_ENOUGH = (
        "one-call-is-enough", "DESKTOP-13", of.ABSENCES, "of several calls the logout comes when the first one is over",
        {**_HEARD, Axis.STATE: ("TALKING", "HOLD")},
    )  # fmt: skip
    HELD_CALL_IS_OVER = (
        "held-call-is-over", "DESKTOP-13", of.ABSENCES, "the forced logout comes when the call is put on hold, or back",
        {**_HEARD, Axis.STATE: ("TALKING", "HOLD")},
    )  # fmt: skip
    SHORT_CALL_FORGETS_LOGOUT = (
        "short-call-forgets-logout", "DESKTOP-13", of.ABSENCES, "whose call is over before the minute stays signed in",
        {**_HEARD, Axis.STATE: ("TALKING", "HOLD")},
    )  # fmt: skip

    READY_IS_SPARED = (
        "ready-is-spared", "DESKTOP-13", of.ABSENCES, "who is Ready after the call is not logged out",
        {**_HEARD, Axis.STATE: ("TALKING", "HOLD")},
    )  # fmt: skip

    # DESKTOP-18 to DESKTOP-21: LOAD by state.
    LOAD_0_WITHOUT_REASON = (
        "load-0-without-reason", "DESKTOP-18", of.CONSEQUENCES, "LOAD 0 makes Not Ready for no reason", _AT_0
    )  # fmt: skip
    LOAD_0_WRONG_REASON = (
        "load-0-wrong-reason", "DESKTOP-18", of.CONSEQUENCES, "LOAD 0 makes Not Ready for another reason", _AT_0
    )  # fmt: skip
    LOAD_0_SHOWN_WITHOUT_REASON = (
        "load-0-shown-without-reason",
        "DESKTOP-18",
        of.RECONNECTIONS,
        "whom LOAD 0 made Not Ready is shown without the reason",
    )
    LOAD_0_UNTOLD_ELSEWHERE = (
        "load-0-untold-elsewhere",
        "DESKTOP-18",
        of.RECONNECTIONS,
        "a node where he had no client shows whom LOAD 0 made Not Ready without the reason",
    )
    LOAD_0_NOT_TOLD = (
        "load-0-not-told", "DESKTOP-18", of.RECONNECTIONS, "whom LOAD 0 made Not Ready is not told so by an event"
    )  # fmt: skip
    LOAD_0_TOLD_WITHOUT_REASON = (
        "load-0-told-without-reason", "DESKTOP-18", of.RECONNECTIONS,
        "whom LOAD 0 made Not Ready is told so without the reason",
    )  # fmt: skip
    LOAD_0_TOLD_BY_ANOTHER_NAME = (
        "load-0-told-by-another-name", "DESKTOP-18", of.RECONNECTIONS,
        "the event tells the reason by the name of another one",
    )  # fmt: skip
    LOAD_0_REASON_FOR_NODES_ALONE = (
        "load-0-reason-for-nodes-alone", "DESKTOP-18", of.CONSEQUENCES,
        "the CTI server tells telephones no reason of whom LOAD 0 made Not Ready", _AT_0,
    )  # fmt: skip
    LOAD_0_UNTOLD_TO_TEAM = (
        "load-0-untold-to-team", "DESKTOP-18", of.RECONNECTIONS,
        "who follows the team of whom LOAD 0 made Not Ready is not told of it",
    )  # fmt: skip
    LOAD_0_TOLD_TO_TEAM_WITHOUT_REASON = (
        "load-0-told-to-team-without-reason", "DESKTOP-18", of.RECONNECTIONS,
        "who follows the team of whom LOAD 0 made Not Ready is told so without the reason",
    )  # fmt: skip
    LOAD_0_KEEPS_REASON = (
        "load-0-keeps-reason", "DESKTOP-18", of.CONSEQUENCES, "LOAD 0 leaves who is Not Ready for a reason as he is",
        {**_AT_0, Axis.STATE: ("NOT_READY",)},
    )  # fmt: skip
    LOAD_0_LATE = "load-0-late", "DESKTOP-18", of.CONSEQUENCES, "LOAD 0 makes Not Ready late", _AT_0, {Axis.LATE: 6}
    LOAD_0_CUTS_CALL = "load-0-cuts-call", "DESKTOP-19", of.CONSEQUENCES, "LOAD 0 ends the call", _TALKING_0
    LOAD_0_FORGETS_CALL = (
        "load-0-forgets-call", "DESKTOP-19", of.CONSEQUENCES, "LOAD 0 makes nothing of who is on a call", _TALKING_0
    )  # fmt: skip
    LOAD_0_LASTS_NOT_AFTER_CALL = (
        "load-0-lasts-not-after-call", "DESKTOP-19", of.CONSEQUENCES,
        "whom LOAD 0 made Not Ready after a call is as he was so long after the logout", _TALKING_0, {Axis.LATE: 36},
    )  # fmt: skip
    LOAD_0_NOT_TOLD_AFTER_CALL = (
        "load-0-not-told-after-call", "DESKTOP-19", of.RECONNECTIONS,
        "whom LOAD 0 made Not Ready after a call is not told so by an event",
    )  # fmt: skip
    LOAD_0_UNTOLD_TO_TEAM_AFTER_CALL = (
        "load-0-untold-to-team-after-call", "DESKTOP-19", of.RECONNECTIONS,
        "who follows the team of whom LOAD 0 made Not Ready after a call is not told of it",
    )  # fmt: skip
    LOAD_0_SHOWN_WITHOUT_REASON_AFTER_CALL = (
        "load-0-shown-without-reason-after-call", "DESKTOP-19", of.RECONNECTIONS,
        "whom LOAD 0 made Not Ready after a call is shown without the reason",
    )  # fmt: skip
    LOAD_0_HOLDS_CALL = (
        "load-0-holds-call", "DESKTOP-19", of.CONSEQUENCES, "LOAD 0 puts the call on hold so long after the logout",
        {Axis.LOAD: ("0",), Axis.STATE: ("TALKING",)}, {Axis.LATE: 3},
    )  # fmt: skip
    LOAD_0_ENDS_WITH_ONE_CALL = (
        "load-0-ends-with-one-call", "DESKTOP-19", of.CONSEQUENCES,
        "nothing comes of it once one of his two calls is over", _TALKING_0,
    )  # fmt: skip
    LOAD_0_ENDS_WITH_TRANSFER = (
        "load-0-ends-with-transfer", "DESKTOP-19", of.CONSEQUENCES,
        "nothing comes of it once his call is handed over to somebody else", _TALKING_0,
    )  # fmt: skip
    LOAD_0_ENDS_WITH_PARTNER = (
        "load-0-ends-with-partner", "DESKTOP-19", of.CONSEQUENCES, "nothing comes of it if it is not he who hangs up",
        _TALKING_0,
    )  # fmt: skip
    LOAD_0_ENDS_WITH_HOLD = (
        "load-0-ends-with-hold", "DESKTOP-19", of.CONSEQUENCES, "a call put on hold since ends what is to come",
        _TALKING_0,
    )  # fmt: skip
    LOAD_0_YIELDS = (
        "load-0-yields", "DESKTOP-19", of.CONSEQUENCES, "LOAD 0 makes nothing of who has asked for a state on a call",
        _TALKING_0,
    )  # fmt: skip
    LOAD_0_OUT_ON_CALL = (
        "load-0-out-on-call", "DESKTOP-19", of.CONSEQUENCES, "LOAD 0 logs out who is on a call", _TALKING_0
    )  # fmt: skip
    LOAD_1_NOT_READY = "load-1-not-ready", "DESKTOP-20", of.CONSEQUENCES, "LOAD 1 makes the agent Not Ready", _AT_1
    LOAD_1_WRONG_REASON = (
        "load-1-wrong-reason", "DESKTOP-20", of.CONSEQUENCES, "LOAD 1 logs out for another reason", _AT_1
    )  # fmt: skip
    LOAD_1_WEARS_OFF = (
        "load-1-wears-off", "DESKTOP-20", of.CONSEQUENCES, "whom LOAD 1 logged out is Not Ready after a while",
        _AT_1, {Axis.LATE: 7},
    )  # fmt: skip
    LOAD_1_UNTOLD_ELSEWHERE = (
        "load-1-untold-elsewhere",
        "DESKTOP-20",
        of.RECONNECTIONS,
        "a node where he had no client shows whom LOAD 1 logged out Not Ready",
    )
    LOAD_1_NOT_TOLD = (
        "load-1-not-told", "DESKTOP-20", of.RECONNECTIONS, "whom LOAD 1 logged out is not told so by an event"
    )  # fmt: skip
    LOAD_1_UNTOLD_TO_TEAM = (
        "load-1-untold-to-team", "DESKTOP-20", of.RECONNECTIONS,
        "who follows the team of whom LOAD 1 logged out is not told of it",
    )  # fmt: skip
    LOAD_1_LISTED_AT_WORK = (
        "load-1-listed-at-work", "DESKTOP-20", of.RECONNECTIONS,
        "lists of his team show whom LOAD 1 logged out Not Ready",
    )  # fmt: skip
    LOAD_1_KEEPS_SEAT = (
        "load-1-keeps-seat", "DESKTOP-20", of.CONSEQUENCES, "whom LOAD 1 logged out cannot sign in any more", _AT_1
    )  # fmt: skip
    LOAD_1_STAYS = "load-1-stays", "DESKTOP-20", of.CONSEQUENCES, "LOAD 1 leaves the agent as he is", _AT_1
    LOAD_1_WAITS_FOR_CALL = (
        "load-1-waits-for-call", "DESKTOP-21", of.CONSEQUENCES, "LOAD 1 waits for the end of the call", _TALKING_1
    )  # fmt: skip
    LOAD_1_CUTS_CALL = "load-1-cuts-call", "DESKTOP-21", of.CONSEQUENCES, "LOAD 1 ends the call", _TALKING_1
    LOAD_1_CUTS_CALL_LATER = (
        "load-1-cuts-call-later", "DESKTOP-21", of.CONSEQUENCES, "LOAD 1 ends the call some seconds after the logout",
        _TALKING_1, {Axis.LATE: 10},
    )  # fmt: skip
    LOAD_1_DROPS_ANOTHER = (
        "load-1-drops-another", "DESKTOP-21", of.CONSEQUENCES, "LOAD 1 ends another one's part in a conference",
        _TALKING_1,
    )  # fmt: skip
    LOAD_1_TELLS_CALL_IS_OVER = (
        "load-1-tells-call-is-over",
        "DESKTOP-21",
        of.RECONNECTIONS,
        "the node tells others in it that a call is over in which LOAD 1 logged somebody out",
    )
    LOAD_1_NOT_TOLD_ON_CALL = (
        "load-1-not-told-on-call", "DESKTOP-21", of.RECONNECTIONS,
        "whom LOAD 1 logged out on a call is not told so by an event",
    )  # fmt: skip
    LOAD_1_UNTOLD_TO_TEAM_ON_CALL = (
        "load-1-untold-to-team-on-call", "DESKTOP-21", of.RECONNECTIONS,
        "who follows the team of whom LOAD 1 logged out on a call is not told of it",
    )  # fmt: skip
    LOAD_1_TOLD_AS_DROPPED = (
        "load-1-told-as-dropped", "DESKTOP-21", of.RECONNECTIONS,
        "others in a call are told that whom LOAD 1 logged out has left it",
    )  # fmt: skip
    LOAD_1_CALL_TOLD_AS_DROPPED = (
        "load-1-call-told-as-dropped", "DESKTOP-21", of.RECONNECTIONS,
        "others in a call in which LOAD 1 logged somebody out are told that its state is DROPPED",
    )  # fmt: skip
    LOAD_1_HOLDS_CALL = (
        "load-1-holds-call", "DESKTOP-21", of.CONSEQUENCES, "LOAD 1 puts the call on hold so long after the logout",
        {Axis.LOAD: ("1",), Axis.STATE: ("TALKING",)}, {Axis.LATE: 3},
    )  # fmt: skip
    LOAD_1_CUTS_CONSULTATION = (
        "load-1-cuts-consultation", "DESKTOP-21", of.CONSEQUENCES, "LOAD 1 ends the calls of who has two", _TALKING_1
    )  # fmt: skip
    LOAD_1_STAYS_ON_CALL = (
        "load-1-stays-on-call", "DESKTOP-21", of.CONSEQUENCES, "LOAD 1 makes nothing of who is on a call", _TALKING_1
    )  # fmt: skip
