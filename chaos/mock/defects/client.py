"""Defects that break clauses of the CLIENT family: a desktop that does not do what the failover chapter says."""

from chaos.mock.defects import scopes as of
from chaos.mock.defects.axes import Axis
from chaos.mock.defects.defect import Defect

_DATA = {Axis.RESOURCE: ("User", "Dialogs")}
_BOSH = {Axis.TRIGGER: ("bosh",)}


class ClientDefect(Defect):
    """CLIENT-01 to CLIENT-20."""

    # CLIENT-01: the agent is told that the connection is lost.
    LOSS_NOT_SHOWN = "loss-not-shown", "CLIENT-01", of.DESKTOPS, "a lost connection is not shown"
    LOSS_SHOWN_LATE = (
        "loss-shown-late", "CLIENT-01", of.DESKTOPS, "a lost connection is shown late", None, {Axis.LATE: 15}
    )  # fmt: skip
    LOSS_SHOWN_OTHERWISE = (
        "loss-shown-otherwise", "CLIENT-01", of.DESKTOPS, "the notice does not say that the connection is lost"
    )  # fmt: skip

    LOSS_NOT_SHOWN_SOON = (
        "loss-not-shown-soon", "CLIENT-01", of.DESKTOPS, "a connection lost soon after a return is not shown",
        None, {Axis.LATE: 15},
    )  # fmt: skip
    LOSS_SHOWN_ONCE_DOWN = (
        "loss-shown-once-down", "CLIENT-01", of.DESKTOPS,
        "a lost connection is shown once a look has found the server down",
    )  # fmt: skip
    LOSS_SHOWN_BRIEFLY = (
        "loss-shown-briefly", "CLIENT-01", of.DESKTOPS, "the notice of a lost connection is taken away at once"
    )  # fmt: skip
    LOSS_OF_ANOTHER_SERVER = (
        "loss-of-another-server", "CLIENT-01", of.DESKTOPS, "the notice of the loss names the other server"
    )  # fmt: skip

    LAST_COMER_UNTOLD = (
        "last-comer-untold", "CLIENT-01", of.LOSSES_TOLD, "a node tells all of its clients of a loss but who came last"
    )  # fmt: skip

    # CLIENT-02, CLIENT-03: both servers are looked at.
    CURRENT_NOT_CHECKED = "current-not-checked", "CLIENT-02", of.LOOKS, "the current server is not looked at again"
    CURRENT_CHECKED_BY_PAGE = (
        "current-checked-by-page", "CLIENT-02", of.LOOKS, "the current server's page is loaded instead of SystemInfo"
    )  # fmt: skip
    CURRENT_CHECKED_ELSEWHERE = (
        "current-checked-elsewhere", "CLIENT-02", of.LOOKS, "the other server is asked in place of the current one"
    )  # fmt: skip
    GIVES_UP_IN_VAIN = (
        "gives-up-in-vain", "CLIENT-02", of.LOGIC, "the other server does not let it in, and the logic ends"
    )  # fmt: skip
    GIVES_UP_WHEN_THAT_GOES = (
        "gives-up-when-that-goes", "CLIENT-02", of.LOGIC,
        "the other server has not let it in, is down after that, and the logic ends",
    )  # fmt: skip
    GIVES_UP_WHEN_HUNG = (
        "gives-up-when-hung", "CLIENT-02", of.LOOKS, "three looks get no answer in time, and there are no more"
    )  # fmt: skip
    ALTERNATE_NOT_CHECKED = "alternate-not-checked", "CLIENT-03", of.LOOKS, "the other server is not looked at"
    ALTERNATE_CHECKED_BY_PAGE = (
        "alternate-checked-by-page", "CLIENT-03", of.LOOKS, "the other server's page is loaded instead of SystemInfo"
    )  # fmt: skip
    ALTERNATE_BELIEVED_LATE = (
        "alternate-believed-late", "CLIENT-03", of.LOOKS, "that the other server is in service is believed after 35 s",
        None, {Axis.LATE: 35},
    )  # fmt: skip
    UNREADABLE_IS_IN_SERVICE = (
        "unreadable-is-in-service", "CLIENT-02", of.LOOKS,
        "an answer of the current server that is no SystemInfo is taken for in service",
    )  # fmt: skip
    UNREADABLE_ALTERNATE_IS_IN_SERVICE = (
        "unreadable-alternate-is-in-service", "CLIENT-03", of.LOOKS,
        "an answer of the other server that is no SystemInfo is taken for in service",
    )  # fmt: skip
    LATE_ANSWER_OF_CURRENT = (
        "late-answer-of-current", "CLIENT-02", of.LOOKS, "an answer of the current server after 2 s counts for nothing"
    )  # fmt: skip
    LATE_ANSWER_OF_ALTERNATE = (
        "late-answer-of-alternate", "CLIENT-03", of.LOOKS, "an answer of the other server after 2 s counts for nothing"
    )  # fmt: skip
    ALTERNATE_WRITTEN_OFF = (
        "alternate-written-off", "CLIENT-03", of.LOOKS,
        "another server that has said OUT_OF_SERVICE once is not believed any more in this fail-over",
    )  # fmt: skip
    ALTERNATE_TAKEN_UNSEEN = (
        "alternate-taken-unseen", "CLIENT-03", of.LOOKS, "any answer of the other server is taken for in service"
    )  # fmt: skip

    # CLIENT-04: the agent is signed in there automatically.
    NOT_TAKEN_THERE = (
        "not-taken-there", "CLIENT-04", of.DESKTOPS, "the other server is available, and not even its page is loaded"
    )  # fmt: skip
    ASKS_TO_SIGN_IN = "asks-to-sign-in", "CLIENT-04", of.DESKTOPS, "at the other server the agent is not signed in"
    SIGNS_IN_WITHOUT_REQUEST = (
        "signs-in-without-request", "CLIENT-04", of.DESKTOPS, "the data are shown there, and the agent is not signed in"
    )  # fmt: skip
    SIGNS_IN_LATE = (
        "signs-in-late", "CLIENT-04", of.DESKTOPS, "at the other server the agent is signed in late",
        None, {Axis.LATE: 30},
    )  # fmt: skip

    MAKES_READY_THERE = (
        "makes-ready-there", "CLIENT-04", of.MOVES, "there it signs the agent in, and makes him Ready by itself"
    )  # fmt: skip
    LEAVES_AGAIN = "leaves-again", "CLIENT-04", of.MOVES, "there it signs the agent in, and ends its session at once"
    SIGNS_IN_TWICE = "signs-in-twice", "CLIENT-04", of.DESKTOPS, "there it signs the agent in a second time, 10 s later"

    SIGNS_OUT_LATER = (
        "signs-out-later", "CLIENT-04", of.MOVES, "there it signs the agent in, and out again after a while",
        None, {Axis.LATE: 40},
    )  # fmt: skip
    SIGNS_IN_ELSEWHERE = "signs-in-elsewhere", "CLIENT-04", of.MOVES, "there it signs the agent in at another telephone"

    # CLIENT-05: the agent is told that the desktop has reconnected.
    RETURN_NOT_SHOWN = "return-not-shown", "CLIENT-05", of.DESKTOPS, "that it has reconnected is not shown"
    RETURN_SHOWN_LATE = (
        "return-shown-late", "CLIENT-05", of.DESKTOPS, "that it has reconnected is shown late", None, {Axis.LATE: 15}
    )  # fmt: skip
    RETURN_SHOWN_OTHERWISE = (
        "return-shown-otherwise", "CLIENT-05", of.DESKTOPS, "the notice does not say that it has reconnected"
    )  # fmt: skip

    RETURN_SHOWN_BRIEFLY = (
        "return-shown-briefly", "CLIENT-05", of.DESKTOPS, "the notice of the return is taken away at once"
    )  # fmt: skip
    RETURN_OF_ANOTHER_SERVER = (
        "return-of-another-server", "CLIENT-05", of.DESKTOPS, "the notice of the return names the other server"
    )  # fmt: skip
    LOSS_SHOWN_AGAIN = (
        "loss-shown-again", "CLIENT-05", of.DESKTOPS, "after the return the notice of the loss is shown again",
        None, {Axis.LATE: 3},
    )  # fmt: skip
    RETURN_SHOWN_EARLY = (
        "return-shown-early", "CLIENT-05", of.LOGIC, "that it has reconnected is shown before BOSH is", _BOSH
    )  # fmt: skip

    # CLIENT-06 to CLIENT-08: each trigger alone.
    EVENT_IGNORED = "event-ignored", "CLIENT-06", of.TRIGGERED, "an event with OUT_OF_SERVICE starts nothing"
    EVENT_NOTICED_LATE = (
        "event-noticed-late", "CLIENT-06", of.TRIGGERED, "an event with OUT_OF_SERVICE is noticed late",
        None, {Axis.LATE: 30},
    )  # fmt: skip
    EVENT_TOLD_ONLY = (
        "event-told-only",
        "CLIENT-06",
        of.TRIGGERED,
        "an event with OUT_OF_SERVICE is told, and nothing done",
    )
    BOSH_LOSS_IGNORED = "bosh-loss-ignored", "CLIENT-07", of.TRIGGERED, "a lost BOSH connection starts nothing"
    BOSH_LOSS_NOTICED_LATE = (
        "bosh-loss-noticed-late", "CLIENT-07", of.TRIGGERED, "a lost BOSH connection is noticed late",
        None, {Axis.LATE: 90},
    )  # fmt: skip
    BOSH_LOSS_TOLD_ONLY = (
        "bosh-loss-told-only",
        "CLIENT-07",
        of.TRIGGERED,
        "a lost BOSH connection is told, and nothing done",
    )
    ANSWERED_LOSS_IGNORED = (
        "answered-loss-ignored", "CLIENT-07", of.TRIGGERED, "a BOSH poll that an error of HTTP answers is no loss"
    )  # fmt: skip
    PRESENCE_IGNORED = "presence-ignored", "CLIENT-08", of.TRIGGERED, "that finesse is unavailable starts nothing"
    ANYBODY_IS_FINESSE = (
        "anybody-is-finesse", "CLIENT-08", of.LOGIC, "another client of the agent's that goes is taken for finesse"
    )  # fmt: skip
    READY_IS_LOSS = (
        "ready-is-loss", "CLIENT-08", of.LOGIC, "an event that the agent is Ready is taken for a loss"
    )  # fmt: skip
    PRESENCE_NOTICED_LATE = (
        "presence-noticed-late", "CLIENT-08", of.TRIGGERED, "that finesse is unavailable is noticed late",
        None, {Axis.LATE: 30},
    )  # fmt: skip
    PRESENCE_TOLD_ONLY = (
        "presence-told-only",
        "CLIENT-08",
        of.TRIGGERED,
        "that finesse is unavailable is told, and nothing done",
    )

    # … each time, and soon after the last one, too.
    EVENT_IGNORED_AFTER_MOVE = (
        "event-ignored-after-move", "CLIENT-06", of.TRIGGERED, "OUT_OF_SERVICE soon after a move starts nothing",
        None, {Axis.LATE: 60},
    )  # fmt: skip
    BOSH_LOSS_IGNORED_AFTER_MOVE = (
        "bosh-loss-ignored-after-move", "CLIENT-07", of.TRIGGERED, "BOSH lost soon after a move starts nothing",
        None, {Axis.LATE: 60},
    )  # fmt: skip
    PRESENCE_IGNORED_AFTER_MOVE = (
        "presence-ignored-after-move", "CLIENT-08", of.TRIGGERED, "finesse that goes soon after a move starts nothing",
        None, {Axis.LATE: 60},
    )  # fmt: skip
    EVENT_IGNORED_SOON = (
        "event-ignored-soon", "CLIENT-06", of.TRIGGERED, "OUT_OF_SERVICE soon after a return starts nothing",
        None, {Axis.LATE: 60},
    )  # fmt: skip
    BOSH_LOSS_IGNORED_SOON = (
        "bosh-loss-ignored-soon", "CLIENT-07", of.TRIGGERED, "BOSH lost soon after a return starts nothing",
        None, {Axis.LATE: 60},
    )  # fmt: skip
    PRESENCE_IGNORED_SOON = (
        "presence-ignored-soon", "CLIENT-08", of.TRIGGERED, "finesse that goes soon after a return starts nothing",
        None, {Axis.LATE: 60},
    )  # fmt: skip

    # … over a stream that the XMPP library has mended, too.
    EVENT_IGNORED_AMID = (
        "event-ignored-amid", "CLIENT-06", of.DESKTOPS,
        "the event OUT_OF_SERVICE does nothing within 3 s of another event", None, {Axis.LATE: 3},
    )  # fmt: skip
    EVENT_IGNORED_ONCE_MENDED = (
        "event-ignored-once-mended", "CLIENT-06", of.TRIGGERED, "OUT_OF_SERVICE over a mended stream starts nothing"
    )  # fmt: skip
    BOSH_LOSS_IGNORED_AMID = (
        "bosh-loss-ignored-amid", "CLIENT-07", of.DESKTOPS,
        "a lost BOSH connection does nothing within 3 s of another event", None, {Axis.LATE: 3},
    )  # fmt: skip
    BOSH_LOSS_IGNORED_ONCE_MENDED = (
        "bosh-loss-ignored-once-mended", "CLIENT-07", of.TRIGGERED, "a mended stream that is lost starts nothing"
    )  # fmt: skip
    PRESENCE_IGNORED_AMID = (
        "presence-ignored-amid", "CLIENT-08", of.DESKTOPS,
        "an unavailable finesse does nothing within 3 s of another event", None, {Axis.LATE: 3},
    )  # fmt: skip
    PRESENCE_IGNORED_ONCE_MENDED = (
        "presence-ignored-once-mended", "CLIENT-08", of.TRIGGERED, "finesse gone over a mended stream starts nothing"
    )  # fmt: skip

    # CLIENT-09, CLIENT-12: every 10 s.
    CURRENT_CHECKED_OTHERWISE = (
        "current-checked-otherwise", "CLIENT-09", of.LOGIC, "the current server is looked at in another period",
        None, {Axis.LATE: 20},
    )  # fmt: skip
    ALTERNATE_CHECKED_OTHERWISE = (
        "alternate-checked-otherwise", "CLIENT-12", of.LOGIC, "the other server is looked at in another period",
        None, {Axis.LATE: 20},
    )  # fmt: skip
    LOOKS_BEGIN_ANEW = (
        "looks-begin-anew", "CLIENT-09", of.LOGIC,
        "another trigger while it looks for a server has it begin to look anew",
    )  # fmt: skip
    CURRENT_CHECK_SKIPPED = (
        "current-check-skipped", "CLIENT-09", of.LOGIC, "each so-many-th look at the current server is left out",
        None, {Axis.TIMES: 3},
    )  # fmt: skip
    CURRENT_CHECKS_SLOW_DOWN = (
        "current-checks-slow-down", "CLIENT-09", of.LOGIC, "looks at the current server come ever more seldom",
        None, {Axis.LATE: 2},
    )  # fmt: skip
    CURRENT_CHECKS_END = (
        "current-checks-end", "CLIENT-09", of.LOGIC, "after so many looks at the current server there are no more",
        None, {Axis.TIMES: 6},
    )  # fmt: skip
    ALTERNATE_CHECKED_LATE = (
        "alternate-checked-late", "CLIENT-12", of.LOGIC, "the other server is looked at late for the first time",
        None, {Axis.LATE: 15},
    )  # fmt: skip
    ALTERNATE_CHECK_SKIPPED = (
        "alternate-check-skipped", "CLIENT-12", of.LOGIC, "each so-many-th look at the other server is left out",
        None, {Axis.TIMES: 3},
    )  # fmt: skip
    ALTERNATE_CHECKS_END = (
        "alternate-checks-end", "CLIENT-12", of.LOGIC, "after so many looks at the other server there are no more",
        None, {Axis.TIMES: 6},
    )  # fmt: skip
    ALTERNATE_CHECKS_SLOW_DOWN = (
        "alternate-checks-slow-down", "CLIENT-12", of.LOGIC, "looks at the other server come ever more seldom",
        None, {Axis.LATE: 2},
    )  # fmt: skip

    CURRENT_CHECK_WAITS = (
        "current-check-waits", "CLIENT-09", of.LOGIC, "the next look comes 10 s after the last one's answer"
    )  # fmt: skip
    ALTERNATE_CHECK_WAITS = (
        "alternate-check-waits", "CLIENT-12", of.LOGIC, "the next look comes 10 s after the last one's answer"
    )  # fmt: skip
    ALTERNATE_WAITS_FOR_CURRENT = (
        "alternate-waits-for-current", "CLIENT-12", of.LOGIC,
        "while the current server has not answered, the other one's turn is left out",
    )  # fmt: skip
    ALTERNATE_CHECK_RESTS = (
        "alternate-check-rests", "CLIENT-12", of.LOGIC, "not let in by the other server, it leaves that alone first",
        None, {Axis.LATE: 10},
    )  # fmt: skip

    UNREADABLE_ENDS_LOOKS = (
        "unreadable-ends-looks", "CLIENT-09", of.LOGIC,
        "after an answer of the current server that is no SystemInfo there are no more looks at it",
    )  # fmt: skip
    UNREADABLE_ALTERNATE_ENDS_LOOKS = (
        "unreadable-alternate-ends-looks", "CLIENT-12", of.LOGIC,
        "after an answer of the other server that is no SystemInfo there are no more looks at it",
    )  # fmt: skip
    LOOKS_DOUBLE_IN_VAIN = (
        "looks-double-in-vain", "CLIENT-09", of.LOGIC, "not let in by the other server, it looks twice as often"
    )  # fmt: skip

    # CLIENT-10, CLIENT-11: in service, then BOSH, then the data.
    BOSH_UNCHECKED = (
        "bosh-unchecked", "CLIENT-10", of.LOGIC, "in service again after another trigger, BOSH is not looked at",
        {Axis.TRIGGER: ("event", "presence")},
    )  # fmt: skip
    BOSH_REQUESTED_ONCE_MORE = (
        "bosh-requested-once-more", "CLIENT-10", of.LOGIC,
        "the second request for BOSH of a fail-over is made once more, 3 s later, without another look", _BOSH,
        {Axis.LATE: 3},
    )  # fmt: skip
    BOSH_GIVEN_UP_ONCE_REFUSED = (
        "bosh-given-up-once-refused", "CLIENT-10", of.LOGIC,
        "a sign-in to BOSH was refused, and IN_SERVICE leads to no request any more in this fail-over", _BOSH,
    )  # fmt: skip
    BOSH_REQUESTED_ELSEWHERE = (
        "bosh-requested-elsewhere", "CLIENT-10", of.LOGIC, "in service again, BOSH is requested of the other server",
        _BOSH,
    )  # fmt: skip
    BOSH_REQUESTED_DOUBLY = (
        "bosh-requested-doubly", "CLIENT-10", of.LOGIC, "two BOSH connections are requested at a time", _BOSH
    )  # fmt: skip
    BOSH_REQUESTED_UNANSWERED = (
        "bosh-requested-unanswered", "CLIENT-10", of.LOGIC, "BOSH is requested of a server that answers nothing", _BOSH
    )  # fmt: skip
    BOSH_NOT_REQUESTED = (
        "bosh-not-requested", "CLIENT-10", of.LOGIC, "in service again, no BOSH connection is requested", _BOSH
    )  # fmt: skip
    BOSH_REQUESTED_LATE = (
        "bosh-requested-late", "CLIENT-10", of.LOGIC, "in service again, a BOSH connection is requested late",
        _BOSH, {Axis.LATE: 8},
    )  # fmt: skip
    BOSH_REQUESTED_UNASKED = (
        "bosh-requested-unasked", "CLIENT-10", of.LOGIC, "BOSH is requested of a server that is not in service"
    )  # fmt: skip
    BOSH_REQUESTED_AGAIN = (
        "bosh-requested-again", "CLIENT-10", of.LOGIC, "connected, it requests one more BOSH connection", _BOSH
    )  # fmt: skip
    BOSH_BRINGS_NOTHING = (
        "bosh-brings-nothing", "CLIENT-10", of.LOGIC, "requested again, BOSH brings no event of the agent", _BOSH
    )  # fmt: skip
    BOSH_REQUESTED_TWICE = (
        "bosh-requested-twice", "CLIENT-10", of.LOGIC, "BOSH is requested though the desktop is connected"
    )  # fmt: skip
    DATA_NOT_REFRESHED = (
        "data-not-refreshed", "CLIENT-11", of.REFRESHES, "reconnected, the data are not read again", _DATA
    )  # fmt: skip
    DATA_REFRESHED_LATE = (
        "data-refreshed-late", "CLIENT-11", of.LOGIC, "reconnected, the data are read again late",
        None, {Axis.LATE: 15},
    )  # fmt: skip
    DATA_READ_HALF_EARLY = (
        "data-read-half-early", "CLIENT-11", of.LOGIC, "the User is read before BOSH is there, the Dialogs after it",
        _BOSH,
    )  # fmt: skip
    DATA_READ_ELSEWHERE = (
        "data-read-elsewhere", "CLIENT-11", of.LOGIC, "reconnected, the data are read at the other server, if it is up"
    )  # fmt: skip
    IN_SERVICE_IS_ENOUGH = (
        "in-service-is-enough", "CLIENT-11", of.LOGIC, "the data are read again before BOSH is connected", _BOSH
    )  # fmt: skip

    # CLIENT-13 to CLIENT-15: bias to stay, moving, no return.
    NO_LAST_LOOK = "no-last-look", "CLIENT-13", of.LOGIC, "it moves without one more look at the current server"
    LAST_LOOK_IGNORED = "last-look-ignored", "CLIENT-13", of.LOGIC, "it moves although that look finds it back"
    LAST_LOOK_ELSEWHERE = (
        "last-look-elsewhere", "CLIENT-13", of.LOGIC, "it moves after one more look at the other server"
    )  # fmt: skip
    LAST_LOOK_IMPATIENT = (
        "last-look-impatient", "CLIENT-13", of.LOGIC, "it moves if that look is not answered within 2 s"
    )  # fmt: skip
    SIGNS_IN_THOUGH_BACK = (
        "signs-in-though-back", "CLIENT-13", of.LOGIC,
        "that look finds it back, it stays, and the agent is signed in at the other server as well",
    )  # fmt: skip
    ALTERNATE_PASSED_OVER = (
        "alternate-passed-over", "CLIENT-13", of.LOGIC, "that the other server is available brings about no look"
    )  # fmt: skip
    MOVES_WITHOUT_BOSH = (
        "moves-without-bosh", "CLIENT-14", of.LOGIC, "at the other server no BOSH connection is requested"
    )  # fmt: skip
    STAYS_THOUGH_DOWN = "stays-though-down", "CLIENT-14", of.LOGIC, "it stays although that look finds it down"
    STAYS_WITHOUT_BOSH = (
        "stays-without-bosh", "CLIENT-14", of.LOGIC, "that look finds it in service, BOSH does not come, and it stays"
    )  # fmt: skip
    MOVES_LATE = "moves-late", "CLIENT-14", of.LOGIC, "it moves late", None, {Axis.LATE: 30}
    GIVES_UP_INSTEAD = "gives-up-instead", "CLIENT-14", of.LOGIC, "that look finds it down, and the logic ends"
    NOT_PRESENT_THERE = (
        "not-present-there", "CLIENT-14", of.MOVES, "at the other server its event stream is opened, and not present"
    )  # fmt: skip
    PRESENT_LATE_THERE = (
        "present-late-there", "CLIENT-14", of.MOVES, "at the other server it is present only after a while",
        None, {Axis.LATE: 25},
    )  # fmt: skip
    HEARS_NOTHING_THERE = (
        "hears-nothing-there", "CLIENT-14", of.MOVES, "at the other server no event of the agent reaches it"
    )  # fmt: skip
    STREAM_DROPPED_THERE = (
        "stream-dropped-there", "CLIENT-14", of.MOVES, "at the other server it lets its event stream go after a while",
        None, {Axis.LATE: 8},
    )  # fmt: skip
    GOES_BACK = (
        "goes-back", "CLIENT-15", of.MOVES, "it goes back to the failed server once that is in service",
        None, {Axis.LATE: 15},
    )  # fmt: skip
    OLD_BOSH_RECONNECTED = (
        "old-bosh-reconnected", "CLIENT-15", of.MOVES, "it connects BOSH to the failed server again, once that is back",
        None, {Axis.LATE: 15},
    )  # fmt: skip
    OLD_PAGE_LOADED = (
        "old-page-loaded", "CLIENT-15", of.MOVES, "it loads the failed server's page, once that is back",
        None, {Axis.LATE: 15},
    )  # fmt: skip

    OLD_DATA_READ = (
        "old-data-read", "CLIENT-15", of.MOVES, "it reads the agent's data from the failed server, once that is back",
        None, {Axis.LATE: 15},
    )  # fmt: skip

    MOVE_TOLD_AS_RETURN = (
        "move-told-as-return", "CLIENT-15", of.MOVES, "it moves, and says that it has reconnected to the failed server"
    )  # fmt: skip
    OLD_SERVER_TRIED = (
        "old-server-tried", "CLIENT-15", of.MOVES, "losing its stream where it has moved to, it tries the failed server"
    )  # fmt: skip
    OLD_SERVER_ASKED = (
        "old-server-asked", "CLIENT-15", of.MOVES,
        "losing its stream where it has moved to, it goes to the failed server if that says that it is in service",
    )  # fmt: skip

    # CLIENT-16: three attempts.
    OTHER_ATTEMPTS = (
        "other-attempts", "CLIENT-16", of.LOGIC, "the XMPP library makes another number of attempts",
        _BOSH, {Axis.TIMES: 2},
    )  # fmt: skip
    ATTEMPTS_UPON_ANY_TRIGGER = (
        "attempts-upon-any-trigger", "CLIENT-16", of.LOGIC, "BOSH stands, and is reconnected before the logic begins",
        {Axis.TRIGGER: ("event", "presence")},
    )  # fmt: skip
    TURNED_DOWN_UNCOUNTED = (
        "turned-down-uncounted", "CLIENT-16", of.LOGIC, "an attempt that is turned down by an answer does not count",
        _BOSH,
    )  # fmt: skip
    TURNED_DOWN_IS_FINAL = (
        "turned-down-is-final", "CLIENT-16", of.LOGIC, "an attempt that is turned down by an answer is the last", _BOSH
    )  # fmt: skip
    ATTEMPT_AMID_LOGIC = (
        "attempt-amid-logic", "CLIENT-16", of.LOGIC, "another attempt comes once the logic has begun, by itself", _BOSH,
        {Axis.LATE: 4},
    )  # fmt: skip
    REFUSED_ATTEMPT_UNCOUNTED = (
        "refused-attempt-uncounted", "CLIENT-16", of.LOGIC,
        "an attempt that brings a session, the sign-in to which is refused, does not count", _BOSH,
    )  # fmt: skip
    HUNG_ATTEMPT_UNCOUNTED = (
        "hung-attempt-uncounted", "CLIENT-16", of.LOGIC, "an attempt that nothing answers does not count", _BOSH
    )  # fmt: skip
    LOGIC_BEFORE_ATTEMPTS = (
        "logic-before-attempts", "CLIENT-16", of.LOGIC, "the logic does not wait for the XMPP library", _BOSH
    )  # fmt: skip
    DISCONNECTED_THOUGH_MENDED = (
        "disconnected-though-mended",
        "CLIENT-16",
        of.LOGIC,
        "an attempt brings BOSH back, and it says that it is lost",
        _BOSH,
    )
    LAST_ATTEMPT_IN_VAIN = (
        "last-attempt-in-vain", "CLIENT-16", of.LOGIC, "the third attempt brings BOSH back, and counts as failed", _BOSH
    )  # fmt: skip
    DISCONNECTED_AT_ONCE = (
        "disconnected-at-once", "CLIENT-16", of.LOGIC, "the desktop is disconnected before the attempts", _BOSH
    )  # fmt: skip

    ATTEMPTS_ADD_UP = (
        "attempts-add-up", "CLIENT-16", of.LOGIC, "attempts that mended an earlier loss count for the next one", _BOSH
    )  # fmt: skip

    ALTERNATE_LOOKED_AT_EARLY = (
        "alternate-looked-at-early", "CLIENT-16", of.LOGIC, "before the last attempt the other server is looked at",
        _BOSH,
    )  # fmt: skip

    # CLIENT-17 to CLIENT-20: whatever the reason.
    SILENT_WITHOUT_TOMCAT = (
        "silent-without-tomcat", "CLIENT-17", of.LOGIC, "finesse gone: the agent is not told of the loss"
    )  # fmt: skip
    SILENT_WITHOUT_WEBAPP = (
        "silent-without-webapp", "CLIENT-18", of.LOGIC, "finesse gone: the agent is not told of the loss"
    )  # fmt: skip
    SILENT_WITHOUT_NOTIFICATION = (
        "silent-without-notification", "CLIENT-19", of.LOGIC, "BOSH lost: the agent is not told of the loss"
    )  # fmt: skip
    SILENT_WITHOUT_CTI = (
        "silent-without-cti", "CLIENT-20", of.LOGIC, "after the event: the agent is not told of the loss"
    )  # fmt: skip
    OTHERS_UNTOLD_WITHOUT_TOMCAT = (
        "others-untold-without-tomcat", "CLIENT-17", of.LOSSES_TOLD,
        "finesse gone: of each person's clients only the first is told",
    )  # fmt: skip
    LAST_COMER_UNTOLD_WITHOUT_TOMCAT = (
        "last-comer-untold-without-tomcat", "CLIENT-17", of.LOSSES_TOLD,
        "finesse gone: all clients are told but who came last",
    )  # fmt: skip
    OTHERS_UNTOLD_WITHOUT_WEBAPP = (
        "others-untold-without-webapp", "CLIENT-18", of.LOSSES_TOLD,
        "finesse gone: of each person's clients only the first is told",
    )  # fmt: skip
    LAST_COMER_UNTOLD_WITHOUT_WEBAPP = (
        "last-comer-untold-without-webapp", "CLIENT-18", of.LOSSES_TOLD,
        "finesse gone: all clients are told but who came last",
    )  # fmt: skip
    OTHERS_UNTOLD_WITHOUT_CTI = (
        "others-untold-without-cti", "CLIENT-20", of.LOSSES_TOLD,
        "the event OUT_OF_SERVICE: of each person's clients only the first is told",
    )  # fmt: skip
    LAST_COMER_UNTOLD_WITHOUT_CTI = (
        "last-comer-untold-without-cti", "CLIENT-20", of.LOSSES_TOLD,
        "the event OUT_OF_SERVICE: all clients are told but who came last",
    )  # fmt: skip
    SILENT_LOSS_UNTOLD = (
        "silent-loss-untold", "CLIENT-20", of.LOSSES_TOLD,
        "both CTI servers are lost by heartbeats, and no event says so", {Axis.TRIGGER: ("event",)},
    )  # fmt: skip
    SAYS_IN_SERVICE_WITHOUT_WEBAPP = (
        "says-in-service-without-webapp", "CLIENT-18", of.LOSSES_TOLD,
        "finesse gone: clients are told, and SystemInfo goes on to say IN_SERVICE for a while", None, {Axis.LATE: 3},
    )  # fmt: skip
    SAYS_IN_SERVICE_WITHOUT_CTI = (
        "says-in-service-without-cti", "CLIENT-20", of.LOSSES_TOLD,
        "clients are told OUT_OF_SERVICE, and SystemInfo goes on to say IN_SERVICE for a while", None, {Axis.LATE: 3},
    )  # fmt: skip
    STUCK_WITHOUT_TOMCAT = (
        "stuck-without-tomcat", "CLIENT-17", of.LOGIC, "a current server that does not answer ends the logic"
    )  # fmt: skip
    STUCK_WITHOUT_WEBAPP = (
        "stuck-without-webapp", "CLIENT-18", of.LOGIC, "finesse gone, OUT_OF_SERVICE answered: the logic ends"
    )  # fmt: skip
    STUCK_WITHOUT_NOTIFICATION = (
        "stuck-without-notification", "CLIENT-19", of.LOGIC, "BOSH lost, OUT_OF_SERVICE answered: the logic ends"
    )  # fmt: skip
    STUCK_WITHOUT_CTI = (
        "stuck-without-cti", "CLIENT-20", of.LOGIC, "after the event, OUT_OF_SERVICE answered: the logic ends"
    )  # fmt: skip
    NO_RETURN_WITHOUT_TOMCAT = (
        "no-return-without-tomcat", "CLIENT-17", of.LOGIC, "no answer: it never returns"
    )  # fmt: skip
    NO_MOVE_WITHOUT_TOMCAT = (
        "no-move-without-tomcat", "CLIENT-17", of.LOGIC, "no answer: it never moves"
    )  # fmt: skip
    NO_RETURN_WITHOUT_WEBAPP = (
        "no-return-without-webapp", "CLIENT-18", of.LOGIC, "finesse gone, OUT_OF_SERVICE: it never returns"
    )  # fmt: skip
    NO_MOVE_WITHOUT_WEBAPP = (
        "no-move-without-webapp", "CLIENT-18", of.LOGIC, "finesse gone, OUT_OF_SERVICE: it never moves"
    )  # fmt: skip
    NO_RETURN_WITHOUT_NOTIFICATION = (
        "no-return-without-notification", "CLIENT-19", of.LOGIC, "BOSH lost, OUT_OF_SERVICE: it never returns"
    )  # fmt: skip
    NO_MOVE_WITHOUT_NOTIFICATION = (
        "no-move-without-notification", "CLIENT-19", of.LOGIC, "BOSH lost, OUT_OF_SERVICE: it never moves"
    )  # fmt: skip
    NO_RETURN_WITHOUT_CTI = (
        "no-return-without-cti", "CLIENT-20", of.LOGIC, "after the event: it never returns"
    )  # fmt: skip
    NO_MOVE_WITHOUT_CTI = (
        "no-move-without-cti", "CLIENT-20", of.LOGIC, "after the event: it never moves"
    )  # fmt: skip
    ALTERNATE_LEFT_WITHOUT_TOMCAT = (
        "alternate-left-without-tomcat", "CLIENT-17", of.LOGIC, "no answer: the other server is looked at once",
        None, {Axis.TIMES: 1},
    )  # fmt: skip
    ALTERNATE_LEFT_WITHOUT_WEBAPP = (
        "alternate-left-without-webapp", "CLIENT-18", of.LOGIC, "it answers: the other server is looked at once",
        None, {Axis.TIMES: 1},
    )  # fmt: skip
    ALTERNATE_LEFT_WITHOUT_NOTIFICATION = (
        "alternate-left-without-notification", "CLIENT-19", of.LOGIC, "BOSH lost: the other server is looked at once",
        None, {Axis.TIMES: 1},
    )  # fmt: skip
    ALTERNATE_LEFT_WITHOUT_CTI = (
        "alternate-left-without-cti", "CLIENT-20", of.LOGIC, "after the event: the other server is looked at once",
        None, {Axis.TIMES: 1},
    )  # fmt: skip
