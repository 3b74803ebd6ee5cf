"""The experiments of the DESKTOP family."""

from suites.desktop.absences import AWAY, GONE
from suites.desktop.reconnections import RECONNECTED

__all__ = ["AWAY", "GONE", "RECONNECTED"]
