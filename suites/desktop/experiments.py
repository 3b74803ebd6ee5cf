"""The experiments of the DESKTOP family."""

from suites.desktop.away import AWAY
from suites.desktop.browsers_left import BROWSERS_LEFT
from suites.desktop.gone import GONE
from suites.desktop.reconnections import RECONNECTED
from suites.desktop.tokens import EXPIRED, EXPIRED_CLEARED, EXPIRED_MOVED, EXPIRED_STALE

__all__ = [
    "AWAY",
    "BROWSERS_LEFT",
    "EXPIRED",
    "EXPIRED_CLEARED",
    "EXPIRED_MOVED",
    "EXPIRED_STALE",
    "GONE",
    "RECONNECTED",
]
