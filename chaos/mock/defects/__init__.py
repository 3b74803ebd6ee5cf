"""Defects of the mock: named ways to break a clause, each of which can be narrowed; see `catalogue` and `narrowing`."""

from chaos.mock.defects.axes import Axis
from chaos.mock.defects.catalogue import ALIASES, Defect
from chaos.mock.defects.hooks import Hooks
from chaos.mock.defects.narrowing import BadBreak, Break, Narrowing, parse_break

__all__ = ["ALIASES", "Axis", "BadBreak", "Break", "Defect", "Hooks", "Narrowing", "parse_break"]
