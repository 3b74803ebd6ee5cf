"""The experiments of the DESKTOP family."""

from suites.desktop.absences import AWAY, BROWSERS_LEFT, GONE
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
