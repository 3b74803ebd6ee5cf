"""Small tools for hand-written SVG: colours by class, safe text, how wide it is, where labels find room.

What is drawn bears classes, not attributes: the picture is a third of the size, and dark mode is one rule of the sheet.
"""

import re
from dataclasses import dataclass, field

# Classes of colours that people with any of the common colour-vision deficiencies can tell apart (after Okabe and Ito,
# somewhat darker, so that white text on a bar has a contrast of 4.5).
BLACK, ORANGE, SKY, GREEN, BLUE, VERMILION, PURPLE, GREY, PALE = "k", "o", "s", "g", "b", "v", "p", "y", "l"
INK = "n"  # of what is said beside
ON_BAR, ON_LIGHT = "w", "W"  # of text on a dark bar, on a light one
YELLOW = "h"  # of what a verdict cites
GROUND, SHADE, FAULT = "z", "u", "q"  # behind everything, behind every second lane, while a fault is in force

# class: (light, dark)
_COLOURS = {
    BLACK: ("#1a1a1a", "#e8eaed"),
    ORANGE: ("#e69f00", "#f0b429"),
    SKY: ("#56b4e9", "#6fbdf0"),
    GREEN: ("#00805a", "#35c79a"),
    BLUE: ("#0072b2", "#5aaef0"),
    VERMILION: ("#c24f00", "#ff8a4c"),
    PURPLE: ("#a8508a", "#e29cc6"),
    GREY: ("#6b7280", "#9aa4b1"),
    PALE: ("#c9ced6", "#454d57"),
    INK: ("#4a5361", "#b4bcc8"),
    ON_BAR: ("#ffffff", "#10151b"),
    ON_LIGHT: ("#1a1a1a", "#10151b"),
    YELLOW: ("#f0c800", "#c9a800"),
    GROUND: ("#ffffff", "#1b2127"),
    SHADE: ("#f3f5f8", "#222a32"),
    FAULT: ("#e69f00", "#f0b429"),
}

FONT = "Helvetica,Arial,'Liberation Sans','DejaVu Sans',sans-serif"

# Sizes of text, by class. The picture is as wide as the place where the report shows it, so that these are its pixels.
SMALL, TEXT, TITLE, HEAD = 10.5, 12.0, 13.0, 16.0
SIZES = {SMALL: "", TEXT: "t2", TITLE: "t3", HEAD: "t6"}

_SHAPES = (
    "text,rect,path{fill:currentColor}line{stroke:currentColor}"
    ".B{font-weight:bold}.I{font-style:italic}.e{text-anchor:end}.m{text-anchor:middle}"
    ".x{fill:none;stroke:currentColor;stroke-width:2.2}.i{fill:none;stroke:currentColor;stroke-width:1.6}"
    ".L{paint-order:stroke;stroke-width:2.5px;stroke-opacity:.75}"
    ".f{stroke-width:.7}.r{stroke:currentColor;stroke-width:2}.d{stroke-dasharray:3 3}.D{stroke-dasharray:7 3}"
    ".E{fill-opacity:.35;stroke:currentColor}.O{fill:none;stroke:currentColor;stroke-dasharray:4 3}"
    ".T{opacity:.22}.H{opacity:.42}.N{pointer-events:none}"
    "line.h{stroke-width:5}line.v{stroke-width:2}.a{fill:url(#hatch)}.c{fill:url(#quiet)}.j{fill:url(#fault)}"
)


def sheet() -> str:
    """The picture's style sheet: light, and dark where the reader prefers that."""
    sizes = "".join(f".{name}{{font-size:{num(size)}px}}" for size, name in SIZES.items() if name)
    rules = [f"svg{{font:{num(SMALL)}px {FONT}}}{_SHAPES}{sizes}", _colours(0)]
    rules.append(f"@media(prefers-color-scheme:dark){{{_colours(1)}}}")
    return "<style>" + "".join(rules) + "</style>"


def _colours(which: int) -> str:
    rules = "".join(f".{name}{{color:{both[which]}}}" for name, both in _COLOURS.items())
    ground = _COLOURS[GROUND][which]
    return f"svg{{color:{_COLOURS[BLACK][which]}}}{rules}.f,.L{{stroke:{ground}}}.r{{fill:{ground}}}"


_ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;"}

_IS_SAFE = re.compile("[ !#-%(-;=?-~\xa0-\ud7ff]*").fullmatch

# Widths of the letters from space to tilde, in hundredths of an em, as DejaVu Sans has them: the widest of the fonts
# that a reader may have, so that what fits by these fits in all of them.
_REGULAR = (
    "32 41 46 84 64 96 78 28 40 40 50 84 32 37 32 34 64 64 64 64 64 64 64 64 64 64 34 34 84 84 84 54 100 69 69 70 "
    "78 64 58 78 76 30 30 66 56 87 75 79 61 79 70 64 62 74 69 99 69 62 69 40 34 40 84 50 50 62 64 55 64 62 36 64 "
    "64 28 28 58 28 98 64 62 64 64 42 53 40 64 60 82 60 60 53 64 34 64 84 "
)
_BOLD = (
    "35 46 53 84 70 101 88 31 46 46 53 84 38 42 38 37 70 70 70 70 70 70 70 70 70 70 40 40 84 84 84 59 100 78 77 "
    "74 84 69 69 83 84 38 38 78 64 100 84 86 74 86 78 73 69 82 78 111 78 73 73 46 37 46 84 50 50 68 72 60 72 68 "
    "44 72 72 35 35 67 35 105 72 69 72 72 50 60 48 72 66 93 65 66 59 72 37 72 84 "
)


class _Ems(dict[str, float]):
    """Width by letter, in em; of other letters than those above as wide as they may be."""

    def __missing__(self, letter: str) -> float:
        code = ord(letter)
        self[letter] = 0.85 if code < 0x250 else 1.1 if code > 0x2E7F else 1.0
        return self[letter]


_EMS = [
    _Ems({chr(code): int(width) / 100 for code, width in enumerate(widths.split(), 0x20)})
    for widths in (_REGULAR, _BOLD)
]


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


def text_px(text: str, size: float, *, bold: bool = False) -> float:
    """About how wide `text` is in a font of that size; rather too much than too little."""
    return size * sum(map(_EMS[bold].__getitem__, text))


def shortened(text: str, px: float, size: float, *, bold: bool = False) -> str:
    """`text` on one line, cut with an ellipsis so that it is at most `px` wide; empty if not even that fits."""
    text = _on_one_line(text)
    if text_px(text, size, bold=bold) <= px:
        return text
    left_px = px - text_px("…", size, bold=bold)
    kept = ""
    for letter in text:
        left_px -= size * _EMS[bold][letter]
        if left_px < 0:
            break
        kept += letter
    return f"{kept.rstrip()}…" if kept else ""


def cut_inside(text: str, px: float, size: float) -> str:
    """`text` on one line, cut in its middle: names of one kind begin alike and differ at their ends."""
    text = _on_one_line(text)
    if text_px(text, size) <= px:
        return text
    for kept in range(len(text) - 1, 1, -1):
        words = f"{text[: kept - kept // 2]}…{text[-(kept // 2) :]}"
        if text_px(words, size) <= px:
            return words
    return shortened(text, px, size)


def wrapped(text: str, px: float, size: float, lines_max: int, *, bold: bool = False) -> list[str]:
    """`text` in lines at most `px` wide; what does not go into `lines_max` lines is cut with an ellipsis."""
    lines: list[str] = []
    words = _on_one_line(text).split(" ")
    while words and len(lines) < lines_max:
        line = words.pop(0)
        while words and text_px(f"{line} {words[0]}", size, bold=bold) <= px:
            line = f"{line} {words.pop(0)}"
        if len(lines) == lines_max - 1:
            line = " ".join([line, *words])
        lines.append(shortened(line, px, size, bold=bold))
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


def text(x: float, y: float, words: str, size: float = SMALL, classes: str = "") -> str:
    """A text element of one of the sizes."""
    return f'<text{_classes(SIZES[size], classes)} x="{num(x)}" y="{num(y)}">{safe(words)}</text>'


def rect(x: float, y: float, width: float, height: float, classes: str, hint: str = "", round_px: float = 0) -> str:
    """A rectangle, at least one pixel wide; `hint` is shown when the pointer rests on it."""
    opening = (
        f'<rect{_classes(classes)} x="{num(x)}" y="{num(y)}" width="{num(max(1.0, width))}" height="{num(height)}"'
    )
    return _hinted("rect", opening + (f' rx="{num(round_px)}"' if round_px else ""), hint)


def line(x1: float, y1: float, x2: float, y2: float, classes: str) -> str:
    """A straight line."""
    return f'<line{_classes(classes)} x1="{num(x1)}" y1="{num(y1)}" x2="{num(x2)}" y2="{num(y2)}"/>'


def path(d: str, classes: str, hint: str = "") -> str:
    """A path; `hint` is shown when the pointer rests on it."""
    return _hinted("path", f'<path{_classes(classes)} d="{d}"', hint)


def num(value: float) -> str:
    """A coordinate in the fewest digits, to a tenth of a pixel."""
    shown = f"{value:.1f}".removesuffix(".0")
    return "0" if shown == "-0" else shown


def _classes(*names: str) -> str:
    joined = " ".join(name for name in names if name)
    return f' class="{joined}"' if joined else ""


def _hinted(element: str, opening: str, hint: str) -> str:
    return f"{opening}><title>{safe(hint)}</title></{element}>" if hint else f"{opening}/>"
