"""What IP phones showed, drawn as their displays, one after the other, in hand-written SVG. Pure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from chaos.journal import PhoneScreen, Timeline
from chaos.report.drawing import (
    BLACK,
    GREY,
    INK,
    PALE,
    SHADE,
    SMALL,
    TEXT,
    TITLE,
    VERMILION,
    num,
    rect,
    safe,
    sheet,
    shortened,
    text,
    wrapped,
)

WIDTH = 840
# As many displays of a phone as are looked at, and for so long that an agent sees them; the journal has the rest.
SHOWN_MAX = 16
SEEN_S = 0.1
_COLUMNS, _GAP, _MARGIN = 4, 12, 14
_CARD = (WIDTH - 2 * _MARGIN - (_COLUMNS - 1) * _GAP) / _COLUMNS
_CAPTION, _DISPLAY, _KEYS, _PAD = 18, 112, 18, 8
_LINES_MAX, _LINE = 4, 14
_KEYS_MAX = 4
_EMPTY = {"services": "Services", "error": "Error"}


@dataclass(frozen=True, slots=True)
class Display:
    """A screen, from when to when it stood there."""

    screen: PhoneScreen
    from_s: float
    to_s: float

    @property
    def is_bad(self) -> bool:
        """Whether the agent can do nothing with it."""
        return self.screen.unavailable or self.screen.page == "error"


def displays(timeline: Timeline, agent: str) -> list[Display]:
    """What that agent's phone showed, each thing once as long as it stood; what we made it show is left out."""
    screens = timeline.of(PhoneScreen, lambda seen: seen.agent == agent and not seen.control)
    found: list[Display] = []
    for screen, until_s in zip(screens, [*(one.at_s for one in screens[1:]), timeline.end_s], strict=True):
        if found and _words(found[-1].screen) == _words(screen):
            found[-1] = Display(found[-1].screen, found[-1].from_s, until_s)
        else:
            found.append(Display(screen, screen.at_s, until_s))
    return found


def displays_svg(timeline: Timeline) -> str:
    """The displays of every phone; empty where nobody had one."""
    parts: list[str] = []
    y = 4.0
    for agent in dict.fromkeys(seen.agent for seen in timeline.of(PhoneScreen)):
        drawn, y = _phone(agent, displays(timeline, agent), y)
        parts += drawn
    if not parts:
        return ""
    height = num(y + _MARGIN)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}" '
        f'role="img" aria-labelledby="title"><title id="title">{safe("What the IP phones showed")}</title>{sheet()}'
        f"{rect(0, 0, WIDTH, y + _MARGIN, 'z')}{''.join(parts)}</svg>"
    )


def _phone(agent: str, shown: Sequence[Display], y: float) -> tuple[list[str], float]:
    device = shown[0].screen.device if shown else ""
    parts = [text(_MARGIN, y + 18, f"IP phone of {agent}, {device}", TITLE, "B")]
    y += 28
    height = _CAPTION + _DISPLAY + _GAP
    seen = [one for one in shown if one.to_s - one.from_s >= SEEN_S or one.is_bad][:SHOWN_MAX]
    for n, one in enumerate(seen):
        x = _MARGIN + (n % _COLUMNS) * (_CARD + _GAP)
        parts += _card(one, x, y + (n // _COLUMNS) * height)
    y += -(-len(seen) // _COLUMNS) * height
    if len(shown) > len(seen):
        left = f"{len(shown) - len(seen)} more stand in the journal: later, or for less than {SEEN_S:g} s"
        parts.append(text(_MARGIN, y + 10, left, SMALL, f"{INK} I"))
        y += 18
    return parts, y


def _card(one: Display, x: float, y: float) -> Iterator[str]:
    screen = one.screen
    when = f"{one.from_s:.1f} … {one.to_s:.1f} s"
    where = f"{screen.node.partition('.')[0]}: " if screen.node else ""
    yield text(x, y + 12, shortened(f"{where}{when}", _CARD, SMALL), SMALL, INK)
    top = y + _CAPTION
    yield rect(x, top, _CARD, _DISPLAY, SHADE, round_px=6)
    yield rect(x, top, _CARD, _DISPLAY, f"{VERMILION if one.is_bad else PALE} {'x' if one.is_bad else 'i'}", round_px=6)
    inside = _CARD - 2 * _PAD
    title = screen.title or _EMPTY.get(screen.page, screen.page)
    yield text(x + _PAD, top + 17, shortened(title, inside, TEXT, bold=True), TEXT, f"{BLACK} B")
    if screen.prompt:
        yield text(x + _PAD, top + 31, shortened(screen.prompt, inside, SMALL), SMALL, INK)
    for n, line in enumerate(_lines(screen, inside)):
        yield text(x + _PAD, top + 46 + n * _LINE, line, SMALL, BLACK)
    keys = screen.keys[:_KEYS_MAX]
    wide = inside / max(len(keys), 1) - 4
    for n, key in enumerate(keys):
        left = x + _PAD + n * (inside / len(keys))
        yield rect(left, top + _DISPLAY - _KEYS - 5, wide, _KEYS, f"{GREY} i", round_px=3)
        words = shortened(key, wide, SMALL)
        yield text(left + wide / 2, top + _DISPLAY - 10, words, SMALL, f"{BLACK} m")


def _lines(screen: PhoneScreen, px: float) -> list[str]:
    """Its words, the items of a menu, or the fields of a form."""
    told = [f"{n}  {item}" for n, item in enumerate(screen.items, 1)] or [f"{name}: ____" for name in screen.fields]
    lines = told or [part for line in screen.text.splitlines() for part in wrapped(line, px, SMALL, _LINES_MAX)]
    if len(lines) > _LINES_MAX - 1:
        lines = [*lines[: _LINES_MAX - 2], "…"]
    return [shortened(line, px, SMALL) for line in lines]


def _words(screen: PhoneScreen) -> tuple[object, ...]:
    return (
        screen.node,
        screen.page,
        screen.title,
        screen.prompt,
        screen.text,
        screen.keys,
        screen.items,
        screen.fields,
    )
