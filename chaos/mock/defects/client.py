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

    # CLIENT-02, CLIENT-03: both servers are looked at.
    CURRENT_NOT_CHECKED = "current-not-checked", "CLIENT-02", of.LOOKS, "the current server is not looked at again"
    ALTERNATE_NOT_CHECKED = "alternate-not-checked", "CLIENT-03", of.LOOKS, "the other server is not looked at"
    ALTERNATE_TAKEN_UNSEEN = (
        "alternate-taken-unseen", "CLIENT-03", of.LOOKS, "any answer of the other server is taken for in service"
    )  # fmt: skip

    # CLIENT-04: the agent is signed in there automatically.
    ASKS_TO_SIGN_IN = "asks-to-sign-in", "CLIENT-04", of.DESKTOPS, "at the other server the agent is not signed in"

    # CLIENT-05: the agent is told that the desktop has reconnected.
    RETURN_NOT_SHOWN = "return-not-shown", "CLIENT-05", of.DESKTOPS, "that it has reconnected is not shown"
    RETURN_SHOWN_LATE = (
        "return-shown-late", "CLIENT-05", of.DESKTOPS, "that it has reconnected is shown late", None, {Axis.LATE: 15}
    )  # fmt: skip
    RETURN_SHOWN_OTHERWISE = (
        "return-shown-otherwise", "CLIENT-05", of.DESKTOPS, "the notice does not say that it has reconnected"
    )  # fmt: skip

    # CLIENT-06 to CLIENT-08: each trigger alone.
    EVENT_IGNORED = "event-ignored", "CLIENT-06", of.TRIGGERED, "an event with OUT_OF_SERVICE starts nothing"
    BOSH_LOSS_IGNORED = "bosh-loss-ignored", "CLIENT-07", of.TRIGGERED, "a lost BOSH connection starts nothing"
    PRESENCE_IGNORED = "presence-ignored", "CLIENT-08", of.TRIGGERED, "that finesse is unavailable starts nothing"

    # CLIENT-09, CLIENT-12: every 10 s.
    CURRENT_CHECKED_OTHERWISE = (
        "current-checked-otherwise", "CLIENT-09", of.LOGIC, "the current server is looked at in another period",
        None, {Axis.LATE: 20},
    )  # fmt: skip
    ALTERNATE_CHECKED_OTHERWISE = (
        "alternate-checked-otherwise", "CLIENT-12", of.LOGIC, "the other server is looked at in another period",
        None, {Axis.LATE: 20},
    )  # fmt: skip

    # CLIENT-10, CLIENT-11: in service, then BOSH, then the data.
    BOSH_NOT_REQUESTED = (
        "bosh-not-requested", "CLIENT-10", of.LOGIC, "in service again, no BOSH connection is requested", _BOSH
    )  # fmt: skip
    BOSH_REQUESTED_UNASKED = (
        "bosh-requested-unasked", "CLIENT-10", of.LOGIC, "BOSH is requested of a server that is not in service"
    )  # fmt: skip
    DATA_NOT_REFRESHED = (
        "data-not-refreshed", "CLIENT-11", of.REFRESHES, "reconnected, the data are not read again", _DATA
    )  # fmt: skip
    IN_SERVICE_IS_ENOUGH = (
        "in-service-is-enough", "CLIENT-11", of.LOGIC, "the data are read again before BOSH is connected", _BOSH
    )  # fmt: skip

    # CLIENT-13 to CLIENT-15: bias to stay, moving, no return.
    NO_LAST_LOOK = "no-last-look", "CLIENT-13", of.LOGIC, "it moves without one more look at the current server"
    LAST_LOOK_IGNORED = "last-look-ignored", "CLIENT-13", of.LOGIC, "it moves although that look finds it back"
    STAYS_THOUGH_DOWN = "stays-though-down", "CLIENT-14", of.LOGIC, "it stays although that look finds it down"
    GOES_BACK = (
        "goes-back", "CLIENT-15", of.MOVES, "it goes back to the failed server once that is in service",
        None, {Axis.LATE: 15},
    )  # fmt: skip

    # CLIENT-16: three attempts.
    OTHER_ATTEMPTS = (
        "other-attempts", "CLIENT-16", of.LOGIC, "the XMPP library makes another number of attempts",
        _BOSH, {Axis.TIMES: 2},
    )  # fmt: skip

    # CLIENT-17 to CLIENT-20: whatever the reason.
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
