"""The decisions of the CTI link: when it is lost, which side is tried next, what is done. Pure.

Theory of operation
-------------------
One session at a time. From START on the link seeks: an attempt is a TCP connection plus an OPEN_REQ, and an attempt
that fails is followed by a pause and the next one. A session that is open is loaded (agents and calls are read), then
the node is in service. When a session in service is lost, the first attempt goes to the other side (at once, unless the
node is told to pause, of which the guides say nothing), then the sides alternate, one attempt each, until one opens
(CTI-02, CTI-03); without a B side only A is tried (CTI-01).

Loss is a failed socket (CTI-05), a session ended by the server, or heartbeats: they go out on a fixed timer, and when
the next one is due while the last three are all unanswered, the link is lost (CTI-04). An answer to a later heartbeat
settles the earlier ones.

Timers are inputs here, somebody else does the waiting. What comes from a connection that was given up is not an input:
the runner drops it.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from enum import Enum
from itertools import cycle

from chaos.errors import UnexpectedStep
from chaos.mock.finesse.config import Side


class Phase(Enum):
    """Where the link stands."""

    STOPPED = "stopped"
    CONNECTING = "connecting"
    OPENING = "opening"
    LOADING = "loading"
    UP = "up"
    PAUSED = "paused"


class Seen(Enum):
    """What happened. OVERDUE: the step under way took longer than it may. SILENT: heartbeats stay unanswered."""

    START = "start"
    STOP = "stop"
    SOCKET_UP = "socket up"
    SOCKET_DOWN = "socket down"
    OPENED = "opened"
    ENDED = "ended by the server"
    OVERDUE = "overdue"
    SILENT = "silent"
    LOADED = "loaded"
    PAUSE_OVER = "pause over"


class Order(Enum):
    """What is to be done. PAUSE and FAIL_OVER give the connection up first, CLOSE says goodbye on it."""

    CONNECT = "connect to the next side"
    OPEN = "send OPEN_REQ"
    LOAD = "read agents and calls"
    SERVE = "go in service"
    PAUSE = "drop and pause"
    FAIL_OVER = "go out of service, drop, pause if it does so before it connects to the next side"
    CLOSE = "close the session"
    DROP = "drop everything"


TABLE = {
    (Phase.STOPPED, Seen.START): (Phase.CONNECTING, Order.CONNECT),
    (Phase.CONNECTING, Seen.SOCKET_UP): (Phase.OPENING, Order.OPEN),
    (Phase.CONNECTING, Seen.SOCKET_DOWN): (Phase.PAUSED, Order.PAUSE),
    (Phase.CONNECTING, Seen.OVERDUE): (Phase.PAUSED, Order.PAUSE),
    (Phase.OPENING, Seen.OPENED): (Phase.LOADING, Order.LOAD),
    (Phase.OPENING, Seen.ENDED): (Phase.PAUSED, Order.PAUSE),
    (Phase.OPENING, Seen.SOCKET_DOWN): (Phase.PAUSED, Order.PAUSE),
    (Phase.OPENING, Seen.OVERDUE): (Phase.PAUSED, Order.PAUSE),
    (Phase.LOADING, Seen.LOADED): (Phase.UP, Order.SERVE),
    (Phase.LOADING, Seen.ENDED): (Phase.PAUSED, Order.PAUSE),
    (Phase.LOADING, Seen.SOCKET_DOWN): (Phase.PAUSED, Order.PAUSE),
    (Phase.LOADING, Seen.OVERDUE): (Phase.PAUSED, Order.PAUSE),
    (Phase.LOADING, Seen.SILENT): (Phase.PAUSED, Order.PAUSE),
    (Phase.UP, Seen.ENDED): (Phase.PAUSED, Order.FAIL_OVER),
    (Phase.UP, Seen.SOCKET_DOWN): (Phase.PAUSED, Order.FAIL_OVER),  # CTI-05: at once
    (Phase.UP, Seen.SILENT): (Phase.PAUSED, Order.FAIL_OVER),  # CTI-04
    (Phase.PAUSED, Seen.PAUSE_OVER): (Phase.CONNECTING, Order.CONNECT),
    (Phase.CONNECTING, Seen.STOP): (Phase.STOPPED, Order.DROP),
    (Phase.PAUSED, Seen.STOP): (Phase.STOPPED, Order.DROP),
    (Phase.OPENING, Seen.STOP): (Phase.STOPPED, Order.DROP),
    (Phase.LOADING, Seen.STOP): (Phase.STOPPED, Order.CLOSE),
    (Phase.UP, Seen.STOP): (Phase.STOPPED, Order.CLOSE),
}


def decide(phase: Phase, seen: Seen) -> tuple[Phase, Order]:
    """Next phase and its one order. No I/O, no clock, no memory. Raises UnexpectedStep."""
    try:
        return TABLE[phase, seen]
    except KeyError:
        raise UnexpectedStep(phase, seen) from None


def attempts(lost: Side | None, sides: Collection[Side]) -> Iterator[Side]:
    """Sides in the order in which they are tried, without end.

    lost: the side whose session was lost; None at start-up, which begins with A. sides: those that are configured.
    """
    if len(sides) == 1:
        return cycle(sides)
    same = lost or Side.B
    return cycle((same.other, same))


@dataclass(frozen=True, slots=True)
class Beats:
    """Heartbeats of one session. unanswered: invoke ids since the last answer, oldest first."""

    unanswered: tuple[int, ...] = ()

    @property
    def overdue(self) -> bool:
        """Is an answer missing, apart from the one to the newest heartbeat, which may be under way?"""
        return len(self.unanswered) > 1


def beat_sent(beats: Beats, invoke_id: int) -> Beats:
    """The interval is over, and the heartbeat `invoke_id` goes out."""
    return Beats((*beats.unanswered, invoke_id))


def beat_answered(beats: Beats, invoke_id: int) -> Beats:
    """An answer came: it settles its heartbeat and the earlier ones. An unknown id changes nothing."""
    if invoke_id not in beats.unanswered:
        return beats
    at = beats.unanswered.index(invoke_id)
    return Beats(beats.unanswered[at + 1 :])
