"""What a desktop does about the end of its refresh token: a table, and the times at which something is due. Pure.

Source: failover chapter, Desktop Behavior, "The Refresh Token has expired". The words are ours.

    calm ─ 10 min ─► warned ─ 5 min ─► warned again ─ 1 min ─► counting, each second ─ zero ─► over: logged out by force
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum
from types import MappingProxyType

WARNINGS_MIN = (10, 5)  # DESKTOP-15
COUNTDOWN_S = 60  # DESKTOP-16
RENEWED_AT = 0.75  # of an access token's life: developer guide, Refresh Existing Access Token

WARNING = "Your session expires in {minutes} minutes. Sign out and sign in again to continue."
COUNTDOWN = "Your session expires in {seconds} seconds."


class Phase(Enum):
    """How far it has come."""

    CALM = "no word of it yet"
    WARNED = "the first warning was shown"
    WARNED_AGAIN = "the second one, too"
    COUNTING = "the last minute"
    OVER = "the refresh token has expired"


class Due(Enum):
    """What can happen to it."""

    TEN_MINUTES = "ten minutes are left"
    FIVE_MINUTES = "five minutes are left"
    SECOND = "a second of the last minute begins"
    ZERO = "nothing is left"
    REFUSED = "no new access token is to be had any more"


class Order(Enum):
    """What it does then."""

    WARN = "show the warning"
    COUNT = "show the seconds that are left"
    LOG_OUT = "ask for the forced logout, and for somebody to sign in"


TABLE: Mapping[tuple[Phase, Due], tuple[Phase, tuple[Order, ...]]] = MappingProxyType(
    {
        (Phase.CALM, Due.TEN_MINUTES): (Phase.WARNED, (Order.WARN,)),
        # Whoever signs in with less than ten minutes left is warned at five.
        (Phase.CALM, Due.FIVE_MINUTES): (Phase.WARNED_AGAIN, (Order.WARN,)),
        (Phase.WARNED, Due.FIVE_MINUTES): (Phase.WARNED_AGAIN, (Order.WARN,)),
        (Phase.CALM, Due.SECOND): (Phase.COUNTING, (Order.COUNT,)),
        (Phase.WARNED, Due.SECOND): (Phase.COUNTING, (Order.COUNT,)),
        (Phase.WARNED_AGAIN, Due.SECOND): (Phase.COUNTING, (Order.COUNT,)),
        (Phase.COUNTING, Due.SECOND): (Phase.COUNTING, (Order.COUNT,)),
        **{
            (phase, due): (Phase.OVER, (Order.LOG_OUT,))
            for phase in Phase
            if phase is not Phase.OVER
            for due in (Due.ZERO, Due.REFUSED)
        },
    }
)


def decide(phase: Phase, due: Due) -> tuple[Phase, tuple[Order, ...]]:
    """The next phase, and what is done. What is not in the table changes nothing: a timer that came too late."""
    return TABLE.get((phase, due), (phase, ()))


def marks(end_s: float, now_s: float) -> Iterator[tuple[float, Due]]:
    """When which warning is still to come, and the end, be it over. Ascending; the countdown apart."""
    for minutes, due in zip(WARNINGS_MIN, (Due.TEN_MINUTES, Due.FIVE_MINUTES), strict=True):
        if end_s - 60 * minutes > now_s:
            yield end_s - 60 * minutes, due
    yield max(end_s, now_s), Due.ZERO


def seconds(end_s: float, now_s: float, from_s: int = COUNTDOWN_S) -> Iterator[tuple[float, int]]:
    """When which number of the countdown is to come. from_s: the first one of all."""
    for left_s in range(from_s, 0, -1):
        if end_s - left_s >= now_s:
            yield end_s - left_s, left_s


@dataclass(frozen=True, slots=True)
class Tokens:
    """Of one sign-on, as Finesse handed them out. end_s: of the refresh token; renew_s: when the access token is to be
    renewed; both on the loop's clock."""

    user: str
    access: str = field(repr=False)
    refresh: str = field(repr=False)
    end_s: float
    renew_s: float

    @staticmethod
    def read(body: bytes, now_s: float) -> "Tokens | None":
        """From JSON that came now; None: it holds none."""
        try:
            found = json.loads(body)
            return Tokens(
                str(found["user_id"]),
                str(found["token"]),
                str(found["refresh_token"]),
                now_s + float(found["refresh_token_expires_in"]),
                now_s + RENEWED_AT * float(found["expires_in"]),
            )
        except (ValueError, RecursionError, OverflowError, KeyError, TypeError):
            return None
