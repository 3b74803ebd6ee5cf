"""Defects of the mock: named ways to break a clause, each of which can be narrowed; see `catalogue` and `narrowing`."""

from chaos.mock.defects.awdb import AwdbDefect
from chaos.mock.defects.axes import Axis
from chaos.mock.defects.catalogue import ALIASES, DEFECTS
from chaos.mock.defects.cti import CtiDefect
from chaos.mock.defects.defect import Defect
from chaos.mock.defects.desktop import DesktopDefect
from chaos.mock.defects.hooks import Hooks
from chaos.mock.defects.narrowing import BadBreak, Break, Narrowing, parse_break

__all__ = [
    "ALIASES",
    "DEFECTS",
    "AwdbDefect",
    "Axis",
    "BadBreak",
    "Break",
    "CtiDefect",
    "Defect",
    "DesktopDefect",
    "Hooks",
    "Narrowing",
    "parse_break",
]
