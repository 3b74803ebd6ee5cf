"""What the IP Phone Agent does about its server, for one phone that somebody is signed in at: a table. Pure.

Source: failover chapter, "Finesse IP Phone Agent Failover". Where the text leaves something open, it is ours and says
so.

    trigger ─► tries every 5 s ─► back: nothing was ever shown
                               └► three in vain: unavailable ─► goes on trying ─► both are back: sign-in
"""

from collections.abc import Mapping
from enum import Enum
from types import MappingProxyType

TRY_S = 5.0  # IPPA-03; the first try comes one interval after the trigger (ours), so that three make about 15 s
ATTEMPTS = 3  # IPPA-03


class Phase(Enum):
    """Where a phone's session stands."""

    SIGNED_OUT = "nobody is signed in"
    WORKING = "an agent is signed in"
    TRYING = "the server is lost, the agent sees nothing yet"
    UNAVAILABLE = "the agent sees that the server is unavailable"


class Seen(Enum):
    """What can happen to it."""

    TOLD_OUT = "a SystemInfo event says OUT_OF_SERVICE"
    XMPP_LOST = "the XMPP connection is disconnected"
    STILL_DOWN = "a try found one of both down"
    SPENT = "so did the last try"
    BACK = "a try found SystemInfo in service and XMPP connected"


class Order(Enum):
    """What it does then."""

    TRY = "try once more after an interval"
    SHOW_UNAVAILABLE = "show that the server is unavailable"
    WORK_ON = "go on as if nothing had been"
    SHOW_SIGN_IN = "show the sign-in screen"


TABLE: Mapping[tuple[Phase, Seen], tuple[Phase, tuple[Order, ...]]] = MappingProxyType(
    {
        (Phase.WORKING, Seen.TOLD_OUT): (Phase.TRYING, (Order.TRY,)),  # IPPA-06
        (Phase.WORKING, Seen.XMPP_LOST): (Phase.TRYING, (Order.TRY,)),  # IPPA-07
        (Phase.TRYING, Seen.STILL_DOWN): (Phase.TRYING, (Order.TRY,)),  # IPPA-03
        (Phase.TRYING, Seen.SPENT): (Phase.UNAVAILABLE, (Order.SHOW_UNAVAILABLE, Order.TRY)),  # IPPA-01
        (Phase.TRYING, Seen.BACK): (Phase.WORKING, (Order.WORK_ON,)),  # IPPA-12: a faster fail-over is never seen
        (Phase.UNAVAILABLE, Seen.STILL_DOWN): (Phase.UNAVAILABLE, (Order.TRY,)),  # IPPA-02, IPPA-09
        (Phase.UNAVAILABLE, Seen.BACK): (Phase.SIGNED_OUT, (Order.SHOW_SIGN_IN,)),  # IPPA-08
    }
)
"""(phase, seen) → (next phase, orders). Whatever else happens changes nothing; nothing ever asks the other node."""


def decide(phase: Phase, seen: Seen) -> tuple[Phase, tuple[Order, ...]]:
    """Next phase and its orders. No I/O, no clock, no memory."""
    return TABLE.get((phase, seen), (phase, ()))


def found(in_service: bool, xmpp_up: bool, tries_in_vain: int, attempts: int = ATTEMPTS) -> Seen:
    """What a try has found. tries_in_vain: this one counted, if it was in vain."""
    if in_service and xmpp_up:
        return Seen.BACK
    return Seen.SPENT if tries_in_vain == attempts else Seen.STILL_DOWN
