"""The experiments of the CTI family."""

from suites.cti.gaps import CONFERENCE, GAP_A_BACK, GAP_B_BACK
from suites.cti.losses import (
    A_CLOSED,
    A_CUT,
    A_KILLED,
    A_RESET,
    A_SILENT,
    LATER_MISSES,
    LONG_A_BACK,
    LONG_B_BACK,
    MISSES,
    REFUSED_AFTER_CLOSE,
    REFUSED_AFTER_HEARTBEATS,
    REFUSED_AFTER_KILL,
    REFUSED_AFTER_RESET,
    SIMPLEX,
    THREE_MISSES,
)

__all__ = [
    "A_CLOSED",
    "A_CUT",
    "A_KILLED",
    "A_RESET",
    "A_SILENT",
    "CONFERENCE",
    "GAP_A_BACK",
    "GAP_B_BACK",
    "LATER_MISSES",
    "LONG_A_BACK",
    "LONG_B_BACK",
    "MISSES",
    "REFUSED_AFTER_CLOSE",
    "REFUSED_AFTER_HEARTBEATS",
    "REFUSED_AFTER_KILL",
    "REFUSED_AFTER_RESET",
    "SIMPLEX",
    "THREE_MISSES",
]
