"""The experiments of the CTI family."""

from suites.cti.gaps import CONFERENCE, GAP_A_BACK, GAP_B_BACK
from suites.cti.losses import (
    A_CLOSED,
    A_CUT,
    A_RESET,
    A_SILENT,
    B_REFUSES_ONCE,
    MISS_ANSWER_TWO_MISSES,
    SIMPLEX,
    THREE_MISSES,
    TWO_MISSES,
)

__all__ = [
    "A_CLOSED",
    "A_CUT",
    "A_RESET",
    "A_SILENT",
    "B_REFUSES_ONCE",
    "CONFERENCE",
    "GAP_A_BACK",
    "GAP_B_BACK",
    "MISS_ANSWER_TWO_MISSES",
    "SIMPLEX",
    "THREE_MISSES",
    "TWO_MISSES",
]
