"""Defects that break clauses of the IPPA family: an IP Phone Agent that does not do what the failover chapter says."""

from chaos.mock.defects import scopes as of
from chaos.mock.defects.axes import Axis
from chaos.mock.defects.defect import Defect

_LATE = {Axis.LATE: 10}
_RETURN = {Axis.LATE: 20}


class PhoneDefect(Defect):
    """IPPA-01 to IPPA-12."""

    # IPPA-01: the phone shows that the server is unavailable.
    UNAVAILABLE_NOT_SHOWN = (
        "unavailable-not-shown", "IPPA-01", of.PHONE_LOSSES, "an unavailable server is not shown"
    )  # fmt: skip
    UNAVAILABLE_SHOWN_OTHERWISE = (
        "unavailable-shown-otherwise", "IPPA-01", of.PHONE_LOSSES, "the screen does not say that it is unavailable"
    )  # fmt: skip
    UNAVAILABLE_WITHOUT_RETRY = (
        "unavailable-without-retry", "IPPA-01", of.PHONE_LOSSES, "the screen has no key Retry"
    )  # fmt: skip
    UNAVAILABLE_WITHOUT_EXIT = (
        "unavailable-without-exit", "IPPA-01", of.PHONE_LOSSES, "the screen has no key Exit"
    )  # fmt: skip

    RETRY_LEADS_NOWHERE = (
        "retry-leads-nowhere", "IPPA-01", of.PHONE_LOSSES, "the key Retry leads to a page that there is not"
    )  # fmt: skip

    UNAVAILABLE_HIDDEN_BY_CALL = (
        "unavailable-hidden-by-call", "IPPA-01", of.PHONE_LOSSES, "whoever is on a call is not shown it"
    )  # fmt: skip

    UNAVAILABLE_HIDDEN_BY_LIST = (
        "unavailable-hidden-by-list", "IPPA-01", of.PHONE_LOSSES, "a phone with a list of reasons is not shown it"
    )  # fmt: skip
    UNAVAILABLE_IS_NO_XML = (
        "unavailable-is-no-xml", "IPPA-01", of.PHONE_LOSSES, "the screen is sent with a tag that is not closed"
    )  # fmt: skip
    UNAVAILABLE_SENT_AS_HTML = (
        "unavailable-sent-as-html", "IPPA-01", of.PHONE_LOSSES,
        "the screen is sent as text/html, which phones show as plain text",
    )  # fmt: skip

    UNAVAILABLE_TOLD_TO_FIRST_PHONE = (
        "unavailable-told-to-first-phone", "IPPA-01", of.PHONE_LOSSES,
        "of several phones only the one that signed in first is shown it",
    )  # fmt: skip

    UNAVAILABLE_UNTOLD_AFTER_OTHERS = (
        "unavailable-untold-after-others", "IPPA-01", of.PHONE_LOSSES,
        "it is not shown at a phone at which somebody else has signed in before",
    )  # fmt: skip

    UNAVAILABLE_ONCE = (
        "unavailable-once", "IPPA-01", of.PHONE_LOSSES, "whatever the phone fetches later shows the home screen"
    )  # fmt: skip
    UNAVAILABLE_FOR_A_MINUTE = (
        "unavailable-for-a-minute", "IPPA-01", of.PHONE_LOSSES,
        "whatever the phone fetches a minute later shows the home screen",
    )  # fmt: skip

    # IPPA-02: it keeps checking, and tells when the server is back.
    SERVER_NOT_CHECKED_AGAIN = (
        "server-not-checked-again", "IPPA-02", of.PHONE_LOSSES, "once it is shown as unavailable, nothing is tried"
    )  # fmt: skip
    RETURN_NOT_PUSHED = (
        "return-not-pushed", "IPPA-02", of.PHONE_LOSSES, "that the server is back is shown only when a key is pressed"
    )  # fmt: skip
    RETURN_PUSHED_LATE = (
        "return-pushed-late", "IPPA-02", of.PHONE_LOSSES, "that the server is back is shown late", None, _RETURN
    )  # fmt: skip

    RETURN_HIDDEN_BY_CALL = (
        "return-hidden-by-call", "IPPA-02", of.PHONE_LOSSES, "whoever is on a call is not told that the server is back"
    )  # fmt: skip
    RETURN_TOLD_TO_FIRST_PHONE = (
        "return-told-to-first-phone", "IPPA-02", of.PHONE_LOSSES,
        "of several phones the one that signed in first is told each time",
    )  # fmt: skip
    RETURN_PUSHED_IN_VAIN = (
        "return-pushed-in-vain", "IPPA-02", of.PHONE_LOSSES, "the return is pushed with a wrong password"
    )  # fmt: skip
    SERVER_CHECKED_FOR_A_MINUTE = (
        "server-checked-for-a-minute", "IPPA-02", of.PHONE_LOSSES, "after a minute of tries it tries no more"
    )  # fmt: skip
    RETRY_PAUSES_CHECKS = (
        "retry-pauses-checks", "IPPA-02", of.PHONE_LOSSES, "Retry in vain keeps it from trying by itself for so long",
        None, {Axis.LATE: 30},
    )  # fmt: skip

    RETURN_UNTOLD_AFTER_RETRY = (
        "return-untold-after-retry", "IPPA-02", of.PHONE_LOSSES, "who has pressed Retry is not told of the return"
    )  # fmt: skip
    SERVER_CHECKED_FOR = (
        "server-checked-for", "IPPA-02", of.PHONE_LOSSES, "after so long it tries no more", None, {Axis.MINUTES: 3}
    )  # fmt: skip

    # IPPA-03: every 5 s, three times.
    PHONE_TRIES_SLOWLY = (
        "phone-tries-slowly", "IPPA-03", of.PHONE_LOSSES, "it tries so many seconds later each time", None,
        {Axis.LATE: 5},
    )  # fmt: skip
    PHONE_GIVES_UP_EARLY = (
        "phone-gives-up-early", "IPPA-03", of.PHONE_LOSSES, "it tries less often", None, {Axis.TIMES: 2}
    )  # fmt: skip
    PHONE_GIVES_UP_LATE = (
        "phone-gives-up-late", "IPPA-03", of.PHONE_LOSSES, "it tries more often", None, {Axis.TIMES: 5}
    )  # fmt: skip

    PHONE_TRIES_SELDOM = (
        "phone-tries-seldom", "IPPA-03", of.PHONE_LOSSES, "once it is shown as unavailable it tries every 10 s"
    )  # fmt: skip

    PHONE_TRIES_QUICKLY = (
        "phone-tries-quickly", "IPPA-03", of.PHONE_LOSSES, "it tries so many seconds sooner each time", None,
        {Axis.LATE: 0.5},
    )  # fmt: skip
    PHONE_TRIES_UNEVENLY = (
        "phone-tries-unevenly", "IPPA-03", of.PHONE_LOSSES, "its first try comes sooner, its third so much later", None,
        {Axis.LATE: 3},
    )  # fmt: skip
    PHONE_GIVES_UP_BY_TIME = (
        "phone-gives-up-by-time", "IPPA-03", of.PHONE_LOSSES, "it gives up after so long, whatever it tried", None,
        {Axis.LATE: 13.5},
    )  # fmt: skip

    PHONE_TRIES_ADD_UP = (
        "phone-tries-add-up", "IPPA-03", of.PHONE_LOSSES, "tries of a loss that was too short count for the next one"
    )  # fmt: skip

    KEY_BEGINS_TRIES_ANEW = (
        "key-begins-tries-anew", "IPPA-03", of.PHONE_LOSSES, "a key that is pressed meanwhile begins its tries anew"
    )  # fmt: skip

    # IPPA-04: the alternate server is never looked at.
    PHONE_SENT_TO_ALTERNATE = (
        "phone-sent-to-alternate", "IPPA-04", of.PHONE_LOSSES, "the phone fetches the screen from the other node"
    )  # fmt: skip
    RETRY_LEADS_TO_ALTERNATE = (
        "retry-leads-to-alternate", "IPPA-04", of.PHONE_LOSSES, "Retry opens the service of the other node"
    )  # fmt: skip
    ALTERNATE_OFFERED = (
        "alternate-offered", "IPPA-04", of.PHONE_LOSSES, "a key of the screen opens the service of the other node"
    )  # fmt: skip

    REFRESH_LEADS_TO_ALTERNATE = (
        "refresh-leads-to-alternate", "IPPA-04", of.PHONE_LOSSES,
        "the screen has the phone refresh to the other node after a while", None, {Axis.LATE: 20},
    )  # fmt: skip
    ALTERNATE_IS_POLLED = (
        "alternate-is-polled", "IPPA-04", of.PHONE_TRIES, "with each try it polls SystemInfo of the other node, too"
    )  # fmt: skip
    ALTERNATE_PAGE_IS_FETCHED = (
        "alternate-page-is-fetched", "IPPA-04", of.PHONE_TRIES, "with each try it fetches the screen of the other node"
    )  # fmt: skip
    ALTERNATE_XMPP_IS_TRIED = (
        "alternate-xmpp-is-tried", "IPPA-04", of.PHONE_TRIES, "with each try it connects to XMPP of the other node"
    )  # fmt: skip

    ALTERNATE_ASKED_AT_RETURN = (
        "alternate-asked-at-return", "IPPA-04", of.PHONE_LOSSES, "once it is back it polls SystemInfo of the other node"
    )  # fmt: skip

    ALTERNATE_ASKED_WHEN_OVER = (
        "alternate-asked-when-over", "IPPA-04", of.PHONE_LOSSES,
        "of a loss that is over before it is shown it fetches a page of the other node",
    )  # fmt: skip

    # IPPA-05: by hand.
    PHONE_FAILS_OVER = (
        "phone-fails-over", "IPPA-05", of.PHONE_LOSSES, "the agent is signed in at the other node by itself"
    )  # fmt: skip
    EXIT_DOES_NOT_LEAVE = (
        "exit-does-not-leave", "IPPA-05", of.PHONE_LOSSES, "Exit comes back to the same screen"
    )  # fmt: skip
    EXIT_FAILS = (
        "exit-fails", "IPPA-05", of.PHONE_EXITS, "Exit leads to a page that there is not"
    )  # fmt: skip
    ALTERNATE_TAKES_ANY_PASSWORD = (
        "alternate-takes-any-password", "IPPA-05", of.PHONES_IN,
        "who was signed in at the other server before is let in with any password",
    )  # fmt: skip
    ALTERNATE_REFUSES = (
        "alternate-refuses", "IPPA-05", of.PHONES_IN, "who was signed in at the other node is not let in"
    )  # fmt: skip
    ALTERNATE_IS_IDLE = (
        "alternate-is-idle", "IPPA-05", of.PHONES_IN, "who was signed in at the other node can change no state"
    )  # fmt: skip

    ALTERNATE_PUTS_ELSEWHERE = (
        "alternate-puts-elsewhere", "IPPA-05", of.PHONES_IN, "who signs in at the other node is put at another phone"
    )  # fmt: skip
    ALTERNATE_HIDES_CALLS = (
        "alternate-hides-calls", "IPPA-05", of.PHONES_IN, "who was signed in at the other node is shown no call"
    )  # fmt: skip
    ALTERNATE_KEEPS_SIGNED_IN = (
        "alternate-keeps-signed-in", "IPPA-05", of.PHONES_IN, "who was signed in at the other node cannot sign out"
    )  # fmt: skip
    OLD_SERVER_SIGNS_OUT = (
        "old-server-signs-out", "IPPA-05", of.PHONE_LOSSES, "the old server, back again, signs out who has left it"
    )  # fmt: skip
    OLD_SERVER_SETS_STATE = (
        "old-server-sets-state", "IPPA-05", of.PHONE_LOSSES,
        "the old server, back again, makes Not Ready who has left it",
    )  # fmt: skip
    PHONE_IS_CALLED_BACK = (
        "phone-is-called-back", "IPPA-05", of.PHONE_LOSSES, "a phone that has left is still sent to the old server"
    )  # fmt: skip

    # IPPA-06: SystemInfo says OUT_OF_SERVICE.
    TOLD_OUT_IGNORED = "told-out-ignored", "IPPA-06", of.PHONE_TRIGGERS, "OUT_OF_SERVICE starts nothing"
    TOLD_OUT_NOTICED_LATE = (
        "told-out-noticed-late", "IPPA-06", of.PHONE_TRIGGERS, "OUT_OF_SERVICE is noticed late", None, _LATE
    )  # fmt: skip
    SOON_AGAIN_IGNORED = (
        "soon-again-ignored", "IPPA-06", of.PHONE_TRIGGERS, "OUT_OF_SERVICE so soon after another one starts nothing",
        None, {Axis.LATE: 30},
    )  # fmt: skip
    ANY_ANSWER_IS_GOOD = (
        "any-answer-is-good", "IPPA-06", of.PHONE_TRIGGERS, "any answer of SystemInfo is taken for in service"
    )  # fmt: skip

    LAST_POLL_IGNORED = (
        "last-poll-ignored", "IPPA-06", of.PHONE_TRIGGERS, "after two polls in vain the third one counts for nothing"
    )  # fmt: skip

    # IPPA-07: XMPP is disconnected.
    XMPP_RETURN_IGNORED = (
        "xmpp-return-ignored", "IPPA-07", of.PHONE_TRIGGERS, "that a try has brought XMPP back counts for nothing"
    )  # fmt: skip
    XMPP_LOSS_IGNORED = "xmpp-loss-ignored", "IPPA-07", of.PHONE_TRIGGERS, "a lost XMPP connection starts nothing"
    XMPP_LOSS_NOTICED_LATE = (
        "xmpp-loss-noticed-late", "IPPA-07", of.PHONE_TRIGGERS, "a lost XMPP connection is noticed late", None, _LATE
    )  # fmt: skip
    DEAF_AFTER_SHORT_LOSS = (
        "deaf-after-short-loss", "IPPA-07", of.PHONE_TRIGGERS,
        "whose XMPP connection was lost and was back before it was shown does not notice it again",
    )  # fmt: skip
    XMPP_NOT_RETRIED = (
        "xmpp-not-retried", "IPPA-07", of.PHONE_TRIGGERS, "after the first try it is given up"
    )  # fmt: skip

    # IPPA-08: the sign-in screen when both are back, and work goes on after it.
    RESUMES_SILENTLY = (
        "resumes-silently", "IPPA-08", of.PHONE_LOSSES, "the agent is signed in again without being asked"
    )  # fmt: skip
    PUSHED_ANOTHER_PAGE = (
        "pushed-another-page", "IPPA-08", of.PHONE_LOSSES, "at the return a phone is sent to the page of another one"
    )  # fmt: skip
    HALF_BACK_IS_ENOUGH = (
        "half-back-is-enough", "IPPA-08", of.PHONE_LOSSES, "the sign-in screen comes when XMPP alone is back"
    )  # fmt: skip
    REFUSES_AFTER_RETURN = (
        "refuses-after-return", "IPPA-08", of.PHONES_IN, "who signs in again after a loss is not let in"
    )  # fmt: skip
    IDLE_AFTER_RETURN = (
        "idle-after-return", "IPPA-08", of.PHONES_IN, "who has signed in again after a loss can change no state"
    )  # fmt: skip

    IDLE_AT_FIRST_AFTER_RETURN = (
        "idle-at-first-after-return", "IPPA-08", of.PHONES_IN,
        "the first state that is asked for after such a sign-in is not asked of the CTI server",
    )  # fmt: skip

    STATE_STANDS_AFTER_RETURN = (
        "state-stands-after-return", "IPPA-08", of.PHONES_IN,
        "who has signed in again after a loss is shown in the state that he had then",
    )  # fmt: skip
    CALL_HIDDEN_AFTER_RETURN = (
        "call-hidden-after-return", "IPPA-08", of.PHONES_IN, "who has signed in again after a loss is shown no call"
    )  # fmt: skip

    REFUSES_AT_FIRST_AFTER_RETURN = (
        "refuses-at-first-after-return", "IPPA-08", of.PHONES_IN, "nobody is let in for so long after the return",
        None, {Axis.LATE: 10},
    )  # fmt: skip
    STATES_UNPUSHED_AFTER_RETURN = (
        "states-unpushed-after-return", "IPPA-08", of.PHONES_IN,
        "who has signed in again after a loss is shown no other state unless he asks for one",
    )  # fmt: skip
    DATA_HIDDEN_AFTER_RETURN = (
        "data-hidden-after-return", "IPPA-08", of.PHONES_IN, "who has signed in again is shown calls without their data"
    )  # fmt: skip
    NO_SIGN_OUT_AFTER_RETURN = (
        "no-sign-out-after-return", "IPPA-08", of.PHONES_IN, "who has signed in again has no key to sign out"
    )  # fmt: skip
    ANOTHER_REASON_AFTER_RETURN = (
        "another-reason-after-return", "IPPA-08", of.PHONES_IN, "who signs in again is Not Ready for another reason"
    )  # fmt: skip
    OTHERS_REFUSED_AFTER_RETURN = (
        "others-refused-after-return", "IPPA-08", of.PHONES_IN,
        "at a phone that had lost its server nobody is let in but who had been there",
    )  # fmt: skip
    SIGN_INS_BY_TURNS = (
        "sign-ins-by-turns", "IPPA-08", of.PHONES_IN,
        "of those who wait after a return only the one who had come first is let in",
    )  # fmt: skip
    NO_REASONS_AFTER_RETURN = (
        "no-reasons-after-return", "IPPA-08", of.PHONES_IN, "who signs in again is shown empty lists of reasons"
    )  # fmt: skip

    # IPPA-09: as long as they are not back, nothing else goes on.
    RETRY_LEADS_HOME = (
        "retry-leads-home", "IPPA-09", of.PHONE_LOSSES, "Retry shows the agent's home screen, though all is down"
    )  # fmt: skip
    RETRY_LEADS_TO_SIGN_IN = (
        "retry-leads-to-sign-in", "IPPA-09", of.PHONE_LOSSES, "Retry shows the sign-in screen, though all is down"
    )  # fmt: skip
    RETRIES_LEAD_HOME = (
        "retries-lead-home", "IPPA-09", of.PHONE_LOSSES, "the second Retry shows the home screen, though all is down"
    )  # fmt: skip
    REFRESH_LEADS_HOME = (
        "refresh-leads-home", "IPPA-09", of.PHONE_LOSSES,
        "the screen has the phone refresh to the home screen after a while", None, {Axis.LATE: 40},
    )  # fmt: skip
    EXIT_GOES_AFTER_RETRY = (
        "exit-goes-after-retry", "IPPA-09", of.PHONE_LOSSES, "once Retry was pressed in vain the screen has no key Exit"
    )  # fmt: skip
    REOPENING_LEADS_HOME = (
        "reopening-leads-home", "IPPA-09", of.PHONE_LOSSES, "the lost service, opened again, shows the home screen"
    )  # fmt: skip
    LOST_SERVICE_LETS_IN = (
        "lost-service-lets-in", "IPPA-09", of.PHONES_IN, "who opens the lost service once more can sign in"
    )  # fmt: skip
    UNAVAILABLE_GOES_AWAY = (
        "unavailable-goes-away", "IPPA-09", of.PHONE_LOSSES,
        "after a while the home screen is back, though all is down", None, {Axis.LATE: 20},
    )  # fmt: skip

    # IPPA-10 to IPPA-12: each reason.
    DEAF_TO_WEBAPP = "deaf-to-webapp", "IPPA-10", of.PHONE_TRIGGERS, "a lost Webapp is not noticed"
    LATE_WITHOUT_WEBAPP = (
        "late-without-webapp", "IPPA-10", of.PHONE_TRIGGERS, "a lost Webapp is noticed late", None, _LATE
    )  # fmt: skip
    OTHERS_SHOWN_WEBAPP = (
        "others-shown-webapp", "IPPA-10", of.PHONE_LOSSES, "phones at the other node, which is well, are shown it, too"
    )  # fmt: skip
    OTHERS_SIGNED_OUT = (
        "others-signed-out", "IPPA-11", of.PHONE_LOSSES,
        "phones at the other node, which is well, are asked to sign in, once it is shown",
    )  # fmt: skip
    STUCK_AFTER_WEBAPP = (
        "stuck-after-webapp", "IPPA-10", of.PHONE_TRIGGERS, "that the Webapp is back is not noticed"
    )  # fmt: skip
    DEAF_TO_NOTIFICATION = (
        "deaf-to-notification", "IPPA-11", of.PHONE_TRIGGERS, "a lost Notification Service is not noticed"
    )  # fmt: skip
    LATE_WITHOUT_NOTIFICATION = (
        "late-without-notification", "IPPA-11", of.PHONE_TRIGGERS, "a lost Notification Service is noticed late",
        None, _LATE,
    )  # fmt: skip
    STUCK_AFTER_NOTIFICATION = (
        "stuck-after-notification", "IPPA-11", of.PHONE_TRIGGERS, "that the Notification Service is back is not noticed"
    )  # fmt: skip
    SILENT_AFTER_NOTIFICATION = (
        "silent-after-notification", "IPPA-11", of.PHONE_TRIGGERS, "after that the agent is not asked to sign in again"
    )  # fmt: skip
    FAST_CTI_ASKS_TO_SIGN_IN = (
        "fast-cti-asks-to-sign-in", "IPPA-12", of.PHONE_TRIGGERS, "after a fast CTI fail-over a sign-in is asked for"
    )  # fmt: skip
    FAST_CTI_ASKS_WHO_IS_IDLE = (
        "fast-cti-asks-who-is-idle", "IPPA-12", of.PHONE_TRIGGERS,
        "after a fast CTI fail-over a sign-in is asked for of who is Not Ready",
    )  # fmt: skip
    FAST_CTI_ASKS_WHO_CHANGED = (
        "fast-cti-asks-who-changed", "IPPA-12", of.PHONE_TRIGGERS,
        "after a fast CTI fail-over a sign-in is asked for if state or call of the agent have changed in it",
    )  # fmt: skip
    DEAF_TO_SLOW_CTI = (
        "deaf-to-slow-cti", "IPPA-12", of.PHONE_TRIGGERS, "a slow CTI fail-over is not noticed"
    )  # fmt: skip
    LATE_WITHOUT_CTI = (
        "late-without-cti", "IPPA-12", of.PHONE_TRIGGERS, "a slow CTI fail-over is noticed late", None, _LATE
    )  # fmt: skip
    CTI_HAS_A_LIMIT = (
        "cti-has-a-limit", "IPPA-12", of.PHONE_TRIGGERS, "a CTI fail-over is shown after so long, whatever was tried",
        None, {Axis.LATE: 13.5},
    )  # fmt: skip
    FAST_CTI_IS_SHOWN = (
        "fast-cti-is-shown", "IPPA-12", of.PHONE_TRIGGERS, "a fast CTI fail-over is shown as an unavailable server"
    )  # fmt: skip
