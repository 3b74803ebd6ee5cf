"""What a timeline picture is made of, as values: lanes of rows of bars and marks."""

from dataclasses import dataclass
from enum import Enum


class Shape(Enum):
    """How a mark looks; kinds differ in shape, not in colour alone."""

    TICK = "tick"
    DOT = "dot"
    RING = "ring"
    DIAMOND = "diamond"
    UP = "triangle up"
    DOWN = "triangle down"
    RIGHT = "triangle right"
    SQUARE = "square"
    CROSS = "cross"
    CHECK = "check"


@dataclass(frozen=True)
class Bar:
    """Something that lasted. text: written inside where it fits. is_missing: it did not come, so it is an outline."""

    from_s: float
    to_s: float
    colour: str
    text: str = ""
    hint: str = ""
    is_hatched: bool = False
    is_missing: bool = False


@dataclass(frozen=True)
class Mark:
    """Something at one moment. label: written above where there is room; hint: shown when the pointer rests on it."""

    at_s: float
    shape: Shape
    colour: str
    hint: str
    label: str = ""


@dataclass(frozen=True)
class Stick:
    """A figure at one moment, as a stick from the row's foot. height: part of the row's, 0 to 1."""

    at_s: float
    height: float
    colour: str


@dataclass(frozen=True)
class Row:
    """One line of a lane. shelves: how many labels may stand above one another. empty: written where nothing is."""

    name: str
    marks: tuple[Mark, ...] = ()
    bars: tuple[Bar, ...] = ()
    shelves: int = 2
    thick_px: float = 12.0
    sticks: tuple[Stick, ...] = ()
    empty: str = ""


@dataclass(frozen=True)
class Lane:
    """All rows of one source."""

    title: str
    rows: tuple[Row, ...]
