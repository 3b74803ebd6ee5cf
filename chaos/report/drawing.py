"""Small tools for hand-written SVG: safe text, how wide it is, where labels find room."""

import re
from dataclasses import dataclass, field
from functools import cache

# Colours that people with any of the common colour-vision deficiencies can tell apart (Okabe and Ito's set).
BLACK = "#1a1a1a"
ORANGE = "#e69f00"
SKY = "#56b4e9"
GREEN = "#009e73"
BLUE = "#0072b2"
VERMILION = "#d55e00"
PURPLE = "#cc79a7"
GREY = "#767676"
PALE = "#c9ced6"

FONT = "Helvetica, Arial, 'Liberation Sans', 'DejaVu Sans', sans-serif"

_ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;"}

_IS_SAFE = re.compile("[ !#-%(-;=?-~\xa0-\ud7ff]*").fullmatch

# Widths in em, somewhat above those of the first fonts above, so that an estimate errs on the safe side.
_NARROW = frozenset("iIjl.,:;'|!()[]{}ftr/ -")
_BROAD = frozenset("mwMW@%—…")


def safe(text: str) -> str:
    """Text for element content and attributes; what XML cannot hold becomes U+FFFD, line breaks become spaces."""
    line = _on_one_line(text)
    if _IS_SAFE(line):  # nearly all that is drawn
        return line
    return "".join(_ENTITIES.get(letter, letter if _is_legal(letter) else "\ufffd") for letter in line)


def _on_one_line(text: str) -> str:
    return " ".join(text.split())


def _is_legal(letter: str) -> bool:
    code = ord(letter)
    return 0x20 <= code < 0x7F or 0xA0 <= code <= 0xD7FF or 0xE000 <= code <= 0xFFFD or 0x10000 <= code <= 0x10FFFF


def text_px(text: str, size: float) -> float:
    """About how wide `text` is in a font of that size; rather too much than too little."""
    return size * sum(_em(letter) for letter in text)


@cache  # of letters there are not many
def _em(letter: str) -> float:
    if letter in _NARROW:
        return 0.36
    if letter in _BROAD:
        return 0.92
    if ord(letter) > 0x2E7F:
        return 1.1
    return 0.7 if letter.isupper() else 0.57


def shortened(text: str, px: float, size: float) -> str:
    """`text` on one line, cut with an ellipsis so that it is at most `px` wide; empty if not even that fits."""
    text = _on_one_line(text)
    if text_px(text, size) <= px:
        return text
    left_px = px - text_px("…", size)
    kept = ""
    for letter in text:
        left_px -= size * _em(letter)
        if left_px < 0:
            break
        kept += letter
    return f"{kept.rstrip()}…" if kept else ""


def wrapped(text: str, px: float, size: float, lines_max: int) -> list[str]:
    """`text` in lines at most `px` wide; what does not go into `lines_max` lines is cut with an ellipsis."""
    lines: list[str] = []
    words = _on_one_line(text).split(" ")
    while words and len(lines) < lines_max:
        line = words.pop(0)
        while words and text_px(f"{line} {words[0]}", size) <= px:
            line = f"{line} {words.pop(0)}"
        if len(lines) == lines_max - 1:
            line = " ".join([line, *words])
        lines.append(shortened(line, px, size))
    return lines


@dataclass
class Shelves:
    """Horizontal shelves, 0 the lowest, on which labels stand without touching each other."""

    count: int
    gap_px: float = 6.0
    _taken: list[list[tuple[float, float]]] = field(default_factory=list)

    def place(self, from_px: float, to_px: float) -> int | None:
        """The lowest shelf with room for that stretch, now taken; None if there is none."""
        for number in range(self.count):
            if number == len(self._taken):
                self._taken.append([])
            shelf = self._taken[number]
            if all(to_px + self.gap_px <= start or end + self.gap_px <= from_px for start, end in shelf):
                shelf.append((from_px, to_px))
                return number
        return None

    def crosses(self, x_px: float, below: int) -> bool:
        """Whether a line down from shelf `below` at `x_px` would run through a label."""
        return any(start - 1 < x_px < end + 1 for shelf in self._taken[:below] for start, end in shelf)

    @property
    def used(self) -> int:
        """How many shelves hold something."""
        return sum(bool(shelf) for shelf in self._taken)


def text(x: float, y: float, words: str, size: float = 10.0, **attributes: str) -> str:
    """A text element; attribute names with _ for -."""
    return f'<text x="{num(x)}" y="{num(y)}" font-size="{num(size)}"{_attributes(attributes)}>{safe(words)}</text>'


def rect(x: float, y: float, width: float, height: float, hint: str = "", **attributes: str) -> str:
    """A rectangle, at least one pixel wide; `hint` is shown when the pointer rests on it."""
    opening = f'<rect x="{num(x)}" y="{num(y)}" width="{num(max(1.0, width))}" height="{num(height)}"'
    return _hinted("rect", opening + _attributes(attributes), hint)


def line(x1: float, y1: float, x2: float, y2: float, hint: str = "", **attributes: str) -> str:
    opening = f'<line x1="{num(x1)}" y1="{num(y1)}" x2="{num(x2)}" y2="{num(y2)}"'
    return _hinted("line", opening + _attributes(attributes), hint)


def path(d: str, hint: str = "", **attributes: str) -> str:
    return _hinted("path", f'<path d="{d}"' + _attributes(attributes), hint)


def num(value: float) -> str:
    """A coordinate in the fewest digits, to a tenth of a pixel."""
    return (
        f"{value:.1f}".removesuffix(".0").replace("-0", "0") if abs(value) < 0.05 else f"{value:.1f}".removesuffix(".0")
    )


def _attributes(attributes: dict[str, str]) -> str:
    return "".join(f' {name.replace("_", "-")}="{value}"' for name, value in attributes.items())


def _hinted(element: str, opening: str, hint: str) -> str:
    return f"{opening}><title>{safe(hint)}</title></{element}>" if hint else f"{opening}/>"
