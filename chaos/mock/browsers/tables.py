"""What a defect makes of each moment of a desktop's logic, and which defect it is where a loss is one of several."""

from collections.abc import Mapping

from chaos.mock.browsers.logic import Order, Phase, Seen
from chaos.mock.defects.client import ClientDefect

TRIGGER_WORDS = {Seen.TOLD_OUT: "event", Seen.BOSH_LOST: "bosh", Seen.FINESSE_GONE: "presence"}
IGNORED = {
    Seen.TOLD_OUT: ClientDefect.EVENT_IGNORED,
    Seen.BOSH_LOST: ClientDefect.BOSH_LOSS_IGNORED,
    Seen.FINESSE_GONE: ClientDefect.PRESENCE_IGNORED,
}
# (phase, seen) → what a defect makes of it.
INSTEAD: Mapping[tuple[Phase, Seen], tuple[tuple[ClientDefect, tuple[Phase, tuple[Order, ...]]], ...]] = {
    (Phase.SEEKING, Seen.CURRENT_DOWN): (
        (ClientDefect.BOSH_REQUESTED_UNASKED, (Phase.CONNECTING, (Order.CONNECT_BOSH,))),
    ),
    (Phase.SEEKING, Seen.CURRENT_IN_SERVICE): (
        (ClientDefect.BOSH_NOT_REQUESTED, (Phase.SEEKING, ())),
        (ClientDefect.IN_SERVICE_IS_ENOUGH, (Phase.WORKING, (Order.RETURN,))),
    ),
    (Phase.SEEKING, Seen.CURRENT_READY): (
        (ClientDefect.BOSH_REQUESTED_TWICE, (Phase.CONNECTING, (Order.CONNECT_BOSH,))),
    ),
    (Phase.SEEKING, Seen.ALTERNATE_UP): (
        (ClientDefect.NO_LAST_LOOK, (Phase.MOVING, (Order.SIGN_IN,))),
        (ClientDefect.ALTERNATE_PASSED_OVER, (Phase.SEEKING, ())),
    ),
    (Phase.LAST_LOOK, Seen.CURRENT_READY): (
        (ClientDefect.LAST_LOOK_IGNORED, (Phase.MOVING, (Order.SIGN_IN,))),
        (ClientDefect.BOSH_REQUESTED_TWICE, (Phase.LAST_CONNECTING, (Order.CONNECT_BOSH,))),
    ),
    (Phase.LAST_LOOK, Seen.CURRENT_IN_SERVICE): (
        (ClientDefect.LAST_LOOK_IGNORED, (Phase.MOVING, (Order.SIGN_IN,))),
        (ClientDefect.BOSH_NOT_REQUESTED, (Phase.MOVING, (Order.SIGN_IN,))),
    ),
    (Phase.LAST_LOOK, Seen.CURRENT_DOWN): (
        (ClientDefect.STAYS_THOUGH_DOWN, (Phase.SEEKING, ())),
        (ClientDefect.GIVES_UP_INSTEAD, (Phase.SEEKING, (Order.STOP,))),
    ),
    (Phase.WORKING, Seen.TOLD_OUT): ((ClientDefect.ATTEMPTS_UPON_ANY_TRIGGER, (Phase.RETRYING, (Order.TRY_BOSH,))),),
    (Phase.WORKING, Seen.FINESSE_GONE): (
        (ClientDefect.ATTEMPTS_UPON_ANY_TRIGGER, (Phase.RETRYING, (Order.TRY_BOSH,))),
    ),
    (Phase.WORKING, Seen.BOSH_LOST): (
        (ClientDefect.LOGIC_BEFORE_ATTEMPTS, (Phase.SEEKING, (Order.SEEK, Order.TRY_BOSH))),
        (ClientDefect.DISCONNECTED_AT_ONCE, (Phase.RETRYING, (Order.TELL, Order.TRY_BOSH))),
    ),
    (Phase.RETRYING, Seen.BOSH_UP): (
        (ClientDefect.DISCONNECTED_THOUGH_MENDED, (Phase.WORKING, (Order.TELL, Order.CATCH_UP))),
    ),
    (Phase.MOVING, Seen.MOVE_FAILED): ((ClientDefect.GIVES_UP_IN_VAIN, (Phase.SEEKING, (Order.STOP,))),),
    (Phase.LAST_CONNECTING, Seen.BOSH_FAILED): (
        (ClientDefect.STAYS_THOUGH_DOWN, (Phase.SEEKING, ())),
        (ClientDefect.STAYS_WITHOUT_BOSH, (Phase.SEEKING, ())),
    ),
}
WORDS = {
    "lost": (ClientDefect.LOSS_NOT_SHOWN, ClientDefect.LOSS_SHOWN_OTHERWISE, ClientDefect.LOSS_SHOWN_LATE),
    "back": (ClientDefect.RETURN_NOT_SHOWN, ClientDefect.RETURN_SHOWN_OTHERWISE, ClientDefect.RETURN_SHOWN_LATE),
}
OTHER_WORDS = "Please wait."
BRIEF = {"lost": ClientDefect.LOSS_SHOWN_BRIEFLY, "back": ClientDefect.RETURN_SHOWN_BRIEFLY}
OF_ANOTHER = {
    "lost": ClientDefect.LOSS_OF_ANOTHER_SERVER,
    "back": ClientDefect.RETURN_OF_ANOTHER_SERVER,
    "moved": ClientDefect.MOVE_TOLD_AS_RETURN,
}
IGNORED_SOON = {
    Seen.TOLD_OUT: ClientDefect.EVENT_IGNORED_SOON,
    Seen.BOSH_LOST: ClientDefect.BOSH_LOSS_IGNORED_SOON,
    Seen.FINESSE_GONE: ClientDefect.PRESENCE_IGNORED_SOON,
}
IGNORED_AFTER_MOVE = {
    Seen.TOLD_OUT: ClientDefect.EVENT_IGNORED_AFTER_MOVE,
    Seen.BOSH_LOST: ClientDefect.BOSH_LOSS_IGNORED_AFTER_MOVE,
    Seen.FINESSE_GONE: ClientDefect.PRESENCE_IGNORED_AFTER_MOVE,
}
IGNORED_ONCE_MENDED = {
    Seen.TOLD_OUT: ClientDefect.EVENT_IGNORED_ONCE_MENDED,
    Seen.BOSH_LOST: ClientDefect.BOSH_LOSS_IGNORED_ONCE_MENDED,
    Seen.FINESSE_GONE: ClientDefect.PRESENCE_IGNORED_ONCE_MENDED,
}
IGNORED_AMID = {
    Seen.TOLD_OUT: ClientDefect.EVENT_IGNORED_AMID,
    Seen.BOSH_LOST: ClientDefect.BOSH_LOSS_IGNORED_AMID,
    Seen.FINESSE_GONE: ClientDefect.PRESENCE_IGNORED_AMID,
}
LATE = {
    Seen.TOLD_OUT: ClientDefect.EVENT_NOTICED_LATE,
    Seen.BOSH_LOST: ClientDefect.BOSH_LOSS_NOTICED_LATE,
    Seen.FINESSE_GONE: ClientDefect.PRESENCE_NOTICED_LATE,
}
TOLD_ONLY = {
    "event": ClientDefect.EVENT_TOLD_ONLY,
    "bosh": ClientDefect.BOSH_LOSS_TOLD_ONLY,
    "presence": ClientDefect.PRESENCE_TOLD_ONLY,
}
# What takes the server away shows in the trigger, and in whether all looks at it were answered.
STUCK = {
    ("presence", False): ClientDefect.STUCK_WITHOUT_TOMCAT,
    ("presence", True): ClientDefect.STUCK_WITHOUT_WEBAPP,
    ("bosh", True): ClientDefect.STUCK_WITHOUT_NOTIFICATION,
    ("event", True): ClientDefect.STUCK_WITHOUT_CTI,
}
NO_RETURN = {
    ("presence", False): ClientDefect.NO_RETURN_WITHOUT_TOMCAT,
    ("presence", True): ClientDefect.NO_RETURN_WITHOUT_WEBAPP,
    ("bosh", True): ClientDefect.NO_RETURN_WITHOUT_NOTIFICATION,
    ("event", True): ClientDefect.NO_RETURN_WITHOUT_CTI,
}
NO_MOVE = {
    ("presence", False): ClientDefect.NO_MOVE_WITHOUT_TOMCAT,
    ("presence", True): ClientDefect.NO_MOVE_WITHOUT_WEBAPP,
    ("bosh", True): ClientDefect.NO_MOVE_WITHOUT_NOTIFICATION,
    ("event", True): ClientDefect.NO_MOVE_WITHOUT_CTI,
}
LEFT = {
    ("presence", False): ClientDefect.ALTERNATE_LEFT_WITHOUT_TOMCAT,
    ("presence", True): ClientDefect.ALTERNATE_LEFT_WITHOUT_WEBAPP,
    ("bosh", True): ClientDefect.ALTERNATE_LEFT_WITHOUT_NOTIFICATION,
    ("event", True): ClientDefect.ALTERNATE_LEFT_WITHOUT_CTI,
}
UNREADABLE = {
    True: (ClientDefect.UNREADABLE_IS_IN_SERVICE, ClientDefect.UNREADABLE_ENDS_LOOKS),
    False: (ClientDefect.UNREADABLE_ALTERNATE_IS_IN_SERVICE, ClientDefect.UNREADABLE_ALTERNATE_ENDS_LOOKS),
}
SILENT = {
    "presence": (ClientDefect.SILENT_WITHOUT_TOMCAT, ClientDefect.SILENT_WITHOUT_WEBAPP),
    "bosh": (ClientDefect.SILENT_WITHOUT_NOTIFICATION,),
    "event": (ClientDefect.SILENT_WITHOUT_CTI,),
}
FOUND = (Seen.CURRENT_READY, Seen.CURRENT_IN_SERVICE)
AFTERWARDS = {
    ClientDefect.GOES_BACK: "sign-in",
    ClientDefect.OLD_BOSH_RECONNECTED: "bosh",
    ClientDefect.OLD_PAGE_LOADED: "page",
    ClientDefect.OLD_DATA_READ: "data",
}
"""What a desktop that does not stay does at the failed server, once that is back."""
