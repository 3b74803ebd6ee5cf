"""Lanes as SVG: bars, marks and labels of each row, thinned to what can be told apart; what is left out is counted."""

import itertools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from chaos.report.axis import Axis
from chaos.report.drawing import (
    BLUE,
    GREEN,
    GREY,
    INK,
    ON_BAR,
    ON_LIGHT,
    PALE,
    SMALL,
    TITLE,
    VERMILION,
    Shelves,
    cut_inside,
    line,
    num,
    path,
    rect,
    shortened,
    text,
    text_px,
)
from chaos.report.marks import Bar, Lane, Mark, Row, Shape, Stick

GUTTER_PX = 158.0
_NAME_PX = GUTTER_PX - 30
_SHELF_PX = 13.0
_LABEL_PX_MAX = 260.0
_BAR_PX_MIN = 3.0
# So many marks of one shape and colour have a hint each; more are one path, which is a tenth of the size.
_HINTED_MAX = 40
# In a row with more marks than these, shapes keep their own width from each other.
_CROWD_MIN = 400
_DARK = (GREEN, VERMILION, BLUE, GREY)


_Placed = tuple[float, Mark]


@dataclass
class LeftOut:
    """What found no room. labels: not written; marks: they lie on others of their kind."""

    labels: int = 0
    marks: int = 0


def lane_drawn(lane: Lane, axis: Axis, y: float, left_out: LeftOut) -> tuple[str, float]:
    """The lane from `y` down, and the y below it."""
    # Rows with names of their own begin below the title, which then has the whole width.
    has_names = any(row.name for row in lane.rows)
    room_px = axis.right_px - 16 if has_names else GUTTER_PX - 20
    parts = [text(16, y + 15, shortened(lane.title, room_px, TITLE, bold=True), TITLE, "B")]
    y += 20 if has_names else 6
    for row in lane.rows:
        drawn, y = _row(row, axis, y, left_out)
        parts.append(drawn)
    return "\n".join(parts), y + 6


def _row(row: Row, axis: Axis, y: float, left_out: LeftOut) -> tuple[str, float]:
    placed = [(axis.x(mark.at_s), mark) for mark in row.marks]
    labels, used = _labels(placed, axis, row.shelves, left_out)
    # A name that is too long for one line gets a second one, where labels have not made room for it anyway.
    is_long = text_px(row.name, SMALL) > _NAME_PX
    top = y + max(used, 1 if is_long else 0) * _SHELF_PX + 2
    middle = top + row.thick_px / 2
    parts = _name(row.name, middle + 4)
    parts.append(line(axis.left_px, middle, axis.right_px, middle, PALE))
    xs = sorted({round(x) for x, _ in placed}) if row.bars else []
    parts += _bars(row.bars, xs, axis, top, row.thick_px, left_out)
    parts += _sticks(row.sticks, axis, top + row.thick_px, row.thick_px)
    parts += _marks(placed, middle, row.thick_px, left_out)
    parts += [label.drawn(top - 3) for label in labels]
    if row.empty and not (row.marks or row.bars or row.sticks):
        parts.append(text(axis.left_px + 4, middle + 4, row.empty, SMALL, f"I {INK}"))
    return "\n".join(part for part in parts if part), top + row.thick_px + 3


def _name(name: str, baseline: float) -> list[str]:
    """A row's name, on two lines where one is too short; names of faults have hyphens for blanks."""
    name = " ".join(name.split())
    if text_px(name, SMALL) <= _NAME_PX:
        return [text(28, baseline, name, SMALL, INK)] if name else []
    ends = [at for at, letter in enumerate(name, 1) if letter in " -,/" and text_px(name[:at], SMALL) <= _NAME_PX]
    if not ends:  # its first word alone is too long
        return [text(28, baseline, cut_inside(name, _NAME_PX, SMALL), SMALL, INK)]
    rest = cut_inside(name[ends[-1] :].strip(), _NAME_PX, SMALL)
    return [text(28, baseline - 12, name[: ends[-1]].strip(), SMALL, INK), text(28, baseline, rest, SMALL, INK)]


def _bars(
    bars: Sequence[Bar], marks_px: Sequence[float], axis: Axis, top: float, thick_px: float, left_out: LeftOut
) -> list[str]:
    """The longest first, so that one that lasted no time at all is not hidden by its neighbours; then their texts."""
    drawn: list[str] = []
    placed: dict[tuple[int, int, str], tuple[float, float, Bar]] = {}
    for bar in sorted(bars, key=lambda bar: bar.from_s - bar.to_s):
        left = axis.x(bar.from_s)
        right = max(left + _BAR_PX_MIN, axis.x(bar.to_s))
        key = (round(left * 2), round(right * 2), bar.colour)
        if key in placed:
            left_out.marks += 1
            continue
        placed[key] = (left, right, bar)
        classes = f"O {bar.colour}" if bar.is_missing else bar.colour
        drawn.append(rect(left, top, right - left, thick_px, classes, bar.hint, 2))
        if bar.is_hatched:
            drawn.append(rect(left, top, right - left, thick_px, "a N"))
    room = Shelves(1)
    for left, right, bar in placed.values():
        width = text_px(bar.text, SMALL, bold=True)
        if not bar.text or width > right - left - 8:
            continue
        over = [(a, b) for a, b, other in placed.values() if b - a < right - left and b > left and a < right]
        taken = sorted([*over, *((x - 7, x + 7) for x in marks_px if left - 7 < x < right + 7)])
        start = _gap(left + 4, right - 4, width, taken)
        if start is not None and room.place(start, start + width) is not None:
            colour = ON_BAR if bar.colour in _DARK else "" if bar.colour == PALE else ON_LIGHT
            colour = bar.colour if bar.is_missing else colour
            drawn.append(text(start, top + thick_px / 2 + 3.6, bar.text, SMALL, f"B N {colour}".strip()))
    return drawn


def _gap(left: float, right: float, width: float, taken: Iterable[tuple[float, float]]) -> float | None:
    """The first x from `left` on at which something of that width has room; `taken` in the order of its left ends."""
    for from_px, to_px in taken:
        if from_px - left >= width:
            break
        left = max(left, to_px + 2)
    return left if left + width <= right else None


@dataclass(frozen=True)
class _Label:
    words: str
    x: float
    left: float
    shelf: int
    leads: bool

    def drawn(self, baseline: float) -> str:
        y = baseline - self.shelf * _SHELF_PX
        lead = line(self.x, y - SMALL * 0.7, self.x, baseline + 3, PALE) if self.leads else ""
        if self.left < self.x:
            return lead + text(self.x - 4, y, self.words, SMALL, "e L")
        return lead + text(self.left, y, self.words, SMALL, "L")


def _labels(marks: Sequence[_Placed], axis: Axis, count: int, left_out: LeftOut) -> tuple[list[_Label], int]:
    """Labels that found room, and how many shelves that took.

    Labels stand right of their mark. They are placed from right to left, so that the line which leads from a higher
    shelf down to its mark runs left of every label below it.
    """
    shelves = Shelves(count)
    found: list[_Label] = []
    for x, words in sorted(_lines(marks), key=lambda one: -one[0]):
        width = text_px(words, SMALL) + 3
        left = x + 4 if x + 4 + width <= axis.right_px + 8 else x - 4 - width
        shelf = shelves.place(left, left + width) if left >= axis.left_px - 4 else None
        if shelf is None:
            left_out.labels += 1
        else:
            found.append(_Label(words, x, left, shelf, shelf > 0 and not shelves.crosses(x, shelf)))
    return found, shelves.used


def _lines(marks: Sequence[_Placed]) -> list[tuple[float, str]]:
    """(x, label) with labels at one place joined in the order of time; of several at one place the last comes first."""
    columns: dict[float, list[str]] = {}
    short = {label: shortened(label, _LABEL_PX_MAX, SMALL) for label in {mark.label for _, mark in marks}}
    for x, mark in marks:
        if not mark.label:
            continue
        words = short[mark.label]
        lines = columns.setdefault(round(x, 1), [])
        if not words or any(words in line.split(" → ") for line in lines):
            continue
        joined = f"{lines[-1]} → {words}" if lines else ""
        if joined and text_px(joined, SMALL) <= _LABEL_PX_MAX:
            lines[-1] = joined
        else:
            lines.append(words)
    return [(x, words) for x, lines in columns.items() for words in reversed(lines)]


def _marks(marks: Sequence[_Placed], y: float, thick_px: float, left_out: LeftOut) -> list[str]:
    """Marks by shape and colour. Ticks, and what is too many to be pointed at, are one path of each kind."""
    kinds: dict[tuple[Shape, str], dict[int, Mark]] = {}
    # A mark exactly over its like cannot be seen; where there are very many, those beside each other would be one blot.
    apart = 1 if len(marks) <= _CROWD_MIN else round(2 * min(5.0, thick_px / 2) * 2)
    for x, mark in marks:
        half = round(x * 2)
        own = kinds.setdefault((mark.shape, mark.colour), {})
        if own.setdefault(half if mark.shape is Shape.TICK else half // apart * apart, mark) is not mark:
            left_out.marks += 1
    drawn: list[str] = []
    for (shape, colour), own in kinds.items():
        outline, classes = _outline(shape, thick_px)
        if shape is Shape.TICK or len(own) > _HINTED_MAX:
            d = "".join(f"M{num(half / 2)} {num(y)}{outline}" for half in sorted(own))
            drawn.append(path(d, f"{classes} {colour}"))
        else:
            drawn += [path(f"M{num(h / 2)} {num(y)}{outline}", f"{classes} {colour}", m.hint) for h, m in own.items()]
    return drawn


def mark_drawn(shape: Shape, colour: str, x: float, y: float, thick_px: float) -> str:
    """One mark by itself, for the legend."""
    outline, classes = _outline(shape, thick_px)
    return path(f"M{num(x)} {num(y)}{outline}", f"{classes} {colour}")


def _outline(shape: Shape, thick_px: float) -> tuple[str, str]:
    """A shape as a path relative to its middle, and the classes with which it is drawn."""
    r = min(5.0, thick_px / 2)
    if shape is Shape.TICK:
        return f"m0 {num(-thick_px / 2)}v{num(thick_px)}", "i"
    if shape in (Shape.DOT, Shape.RING):
        r -= 0.5 if shape is Shape.DOT else 1.0
        d = f"m{num(-r)} 0a{num(r)} {num(r)} 0 1 0 {num(2 * r)} 0a{num(r)} {num(r)} 0 1 0 {num(-2 * r)} 0"
        return d, "f" if shape is Shape.DOT else "r"
    if shape is Shape.CROSS:
        return f"m{num(-r)} {num(-r)}l{num(2 * r)} {num(2 * r)}m{num(-2 * r)} 0l{num(2 * r)} {num(-2 * r)}", "x"
    if shape is Shape.CHECK:
        return f"m{num(-r)} 0l{num(r * 2 / 3)} {num(r)}l{num(r * 4 / 3)} {num(-2 * r)}", "x"
    corners = [(dx * r, dy * r) for dx, dy in _CORNERS[shape]]
    moves = itertools.pairwise(corners)
    d = f"m{num(corners[0][0])} {num(corners[0][1])}"
    return d + "".join(f"l{num(b[0] - a[0])} {num(b[1] - a[1])}" for a, b in moves) + "z", "f"


_CORNERS: dict[Shape, tuple[tuple[float, float], ...]] = {
    Shape.UP: ((-1, 1), (1, 1), (0, -1)),
    Shape.DOWN: ((-1, -1), (1, -1), (0, 1)),
    Shape.RIGHT: ((-1, -1), (1, 0), (-1, 1)),
    Shape.DIAMOND: ((0, -1.2), (1.2, 0), (0, 1.2), (-1.2, 0)),
    Shape.SQUARE: ((-0.8, -0.8), (0.8, -0.8), (0.8, 0.8), (-0.8, 0.8)),
}


def _sticks(sticks: Iterable[Stick], axis: Axis, foot: float, thick_px: float) -> list[str]:
    """One path a colour; of those at one place the highest."""
    highest: dict[str, dict[int, float]] = {}
    for stick in sticks:
        own = highest.setdefault(stick.colour, {})
        half = round(axis.x(stick.at_s) * 2)
        own[half] = max(own.get(half, 0.0), stick.height)
    return [
        path("".join(f"M{num(half / 2)} {num(foot)}v{num(-max(1.0, own[half] * thick_px))}" for half in sorted(own)),
             f"i {colour}")
        for colour, own in highest.items()
    ]  # fmt: skip
