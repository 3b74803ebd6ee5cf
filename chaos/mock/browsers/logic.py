"""What a desktop does about its server: a table, and the times at which it looks. Pure.

Source: failover chapter, "Finesse Client Failover". Where the text leaves something open, it is ours and says so.

    trigger ─► (BOSH alone: three attempts of the XMPP library) ─► told, seeking ─► current is back ─► reconnected
                                                                          └─► alternate is there ─► one more look at
                                                                              current ─► back: stays · down: moves
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import Enum
from types import MappingProxyType

POLL_S = 10.0  # CLIENT-09, CLIENT-12
ATTEMPTS = 3  # CLIENT-16
ALTERNATE_AFTER_S = POLL_S / 2  # ours: the alternate's turn comes between two looks at the current server


class Phase(Enum):
    """Where a desktop stands that somebody is signed in to. SEEKING and what follows is the fail-over logic."""

    WORKING = "working"
    RETRYING = "the XMPP library tries to reconnect"
    SEEKING = "looks for a server"
    CONNECTING = "the current server is in service, BOSH is asked for"
    LAST_LOOK = "the alternate is there, the current server is looked at once more"
    LAST_CONNECTING = "it is in service, BOSH is asked for"
    MOVING = "signs in to the alternate"


class Seen(Enum):
    """What can happen to it."""

    TOLD_OUT = "a SystemInfo event says OUT_OF_SERVICE"
    BOSH_LOST = "the BOSH connection is disconnected"
    FINESSE_GONE = "the user finesse is unavailable"
    REFUSED = "the data are refused: the server went out of service while nobody could be told"
    BOSH_UP = "BOSH is connected"
    BOSH_FAILED = "an attempt to connect BOSH failed"
    ATTEMPTS_SPENT = "the XMPP library's last attempt failed"
    CURRENT_DOWN = "the current server is not in service, or does not answer"
    CURRENT_IN_SERVICE = "the current server is in service, BOSH is disconnected"
    CURRENT_READY = "the current server is in service, BOSH is connected"
    ALTERNATE_DOWN = "the alternate is not in service, or does not answer"
    ALTERNATE_UP = "the alternate is in service"
    MOVED = "signed in to the alternate"
    MOVE_FAILED = "the alternate did not let the agent in"


TRIGGERS = (Seen.TOLD_OUT, Seen.BOSH_LOST, Seen.FINESSE_GONE)


class Order(Enum):
    """What it does then."""

    TELL = "say that the connection is lost"
    TRY_BOSH = "one more attempt of the XMPP library"
    SEEK = "say that the connection is lost, and look for a server"
    CONNECT_BOSH = "request a BOSH connection"
    LOOK_ONCE_MORE = "look at the current server"
    SIGN_IN = "sign in to the alternate"
    CATCH_UP = "refresh the data"
    STOP = "look for a server no longer"
    RETURN = "say that it is reconnected, and refresh the data"
    SETTLE = "be at home at the alternate"


_NONE: tuple[Order, ...] = ()
_SEEK = (Phase.SEEKING, (Order.SEEK,))
_BACK = (Phase.WORKING, (Order.RETURN,))
_GO = (Phase.MOVING, (Order.SIGN_IN,))

TABLE: Mapping[tuple[Phase, Seen], tuple[Phase, tuple[Order, ...]]] = MappingProxyType(
    {
        (Phase.WORKING, Seen.TOLD_OUT): _SEEK,  # CLIENT-06
        (Phase.WORKING, Seen.BOSH_LOST): (Phase.RETRYING, (Order.TRY_BOSH,)),  # CLIENT-07, CLIENT-16
        (Phase.WORKING, Seen.FINESSE_GONE): _SEEK,  # CLIENT-08
        (Phase.WORKING, Seen.REFUSED): _SEEK,  # ours: the event was missed while BOSH was away
        (Phase.RETRYING, Seen.BOSH_FAILED): (Phase.RETRYING, (Order.TRY_BOSH,)),  # CLIENT-16
        (Phase.RETRYING, Seen.ATTEMPTS_SPENT): _SEEK,  # CLIENT-16: the logic begins only then
        (Phase.RETRYING, Seen.BOSH_UP): (Phase.WORKING, (Order.CATCH_UP,)),  # ours: events were missed meanwhile
        (Phase.SEEKING, Seen.CURRENT_DOWN): (Phase.SEEKING, _NONE),  # CLIENT-02
        (Phase.SEEKING, Seen.CURRENT_IN_SERVICE): (Phase.CONNECTING, (Order.CONNECT_BOSH,)),  # CLIENT-10
        (Phase.SEEKING, Seen.CURRENT_READY): _BACK,  # CLIENT-05, CLIENT-11
        (Phase.SEEKING, Seen.ALTERNATE_DOWN): (Phase.SEEKING, _NONE),  # CLIENT-03
        (Phase.SEEKING, Seen.ALTERNATE_UP): (Phase.LAST_LOOK, (Order.LOOK_ONCE_MORE,)),  # CLIENT-13
        (Phase.CONNECTING, Seen.BOSH_UP): _BACK,  # CLIENT-11
        (Phase.CONNECTING, Seen.BOSH_FAILED): (Phase.SEEKING, _NONE),
        (Phase.LAST_LOOK, Seen.CURRENT_DOWN): _GO,  # CLIENT-14
        (Phase.LAST_LOOK, Seen.CURRENT_IN_SERVICE): (Phase.LAST_CONNECTING, (Order.CONNECT_BOSH,)),  # CLIENT-10
        (Phase.LAST_LOOK, Seen.CURRENT_READY): _BACK,  # CLIENT-13
        (Phase.LAST_CONNECTING, Seen.BOSH_UP): _BACK,  # CLIENT-13
        (Phase.LAST_CONNECTING, Seen.BOSH_FAILED): _GO,  # CLIENT-14: in service alone is not recovered
        (Phase.MOVING, Seen.MOVED): (Phase.WORKING, (Order.SETTLE,)),  # CLIENT-04
        (Phase.MOVING, Seen.MOVE_FAILED): (Phase.SEEKING, _NONE),
    }
)
"""(phase, seen) → (next phase, orders). Whatever else happens changes nothing: a second trigger while it seeks, what
the other server says while one of both is already being connected to."""


def decide(phase: Phase, seen: Seen) -> tuple[Phase, tuple[Order, ...]]:
    """Next phase and its orders. No I/O, no clock, no memory."""
    return TABLE.get((phase, seen), (phase, _NONE))


@dataclass(frozen=True, slots=True)
class Polls:
    """When the current server and the alternate are looked at next, in seconds of any clock; each every 10 s.

    It goes by the clock and not by the answers: one that does not come makes the next look no later.
    """

    current_s: float
    alternate_s: float
    period_s: float = POLL_S
    alternate_period_s: float = POLL_S

    @staticmethod
    def begun(now_s: float) -> "Polls":
        """The current server is looked at now (ours), the alternate half a period later."""
        return Polls(now_s, now_s + ALTERNATE_AFTER_S)

    @property
    def due_s(self) -> float:
        return min(self.current_s, self.alternate_s)

    def at(self, now_s: float) -> tuple[bool, bool, "Polls"]:
        """Whether the current server and the alternate are to be looked at now, and what comes after that."""
        current, alternate = now_s >= self.current_s, now_s >= self.alternate_s
        later = replace(
            self,
            current_s=self.current_s + self.period_s if current else self.current_s,
            alternate_s=self.alternate_s + self.alternate_period_s if alternate else self.alternate_s,
        )
        return current, alternate, later
