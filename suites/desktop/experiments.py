"""The experiments of the DESKTOP family."""

from suites.desktop.absences import AWAY, BROWSERS_LEFT, GONE
from suites.desktop.reconnections import RECONNECTED

__all__ = ["AWAY", "BROWSERS_LEFT", "GONE", "RECONNECTED"]
