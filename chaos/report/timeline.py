"""The timeline picture: an experiment at a glance, as an SVG without scripts, outside fonts or anything that varies.

Lanes run from cause to effect, time from left to right. What the verdicts cite is numbered, marked by a yellow line
through all lanes, and written out below. The same journal and verdicts give the same bytes.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from chaos.journal import (
    About,
    CtiSeen,
    CtiStep,
    DesktopNotice,
    DesktopShown,
    Ended,
    EventSeen,
    FaultSeen,
    Header,
    ServiceSeen,
    SteadyState,
    Step,
    StreamChange,
    SwitchActed,
    Timeline,
)
from chaos.report import drawing
from chaos.report.axis import Axis, make_axis
from chaos.report.drawing import Shelves, line, num, path, rect, shortened, text, text_px, wrapped
from chaos.report.judged import span_text
from chaos.report.lanes import LEGEND, lanes
from chaos.report.marks import Bar, Lane, Mark, Row, Shape
from chaos.verdicts import Outcome, Verdict

_WIDTH_PX = 1200.0
_GUTTER_PX = 206.0
_LEFT_PX = _GUTTER_PX + 8
_RIGHT_PX = _WIDTH_PX - 16
_SHELF_PX = 13.0
_SMALL = 10.5
_TEXT = 12.0
_LABEL_PX_MAX = 250.0
_BAR_PX_MIN = 3.0
_INK = "#4a5361"
_CITED_MAX = 30
_OUTCOME_COLOURS = {
    Outcome.HELD: drawing.GREEN,
    Outcome.VIOLATED: drawing.VERMILION,
    Outcome.INCONCLUSIVE: drawing.ORANGE,
}
_TELLING = (FaultSeen, Step, SteadyState, StreamChange, SwitchActed, ServiceSeen, DesktopShown, DesktopNotice, Ended)
_QUIET_KINDS = (CtiStep.HEARTBEAT_REQ, CtiStep.HEARTBEAT_CONF)


@dataclass(frozen=True)
class _Cited:
    """One piece of evidence with its number in the picture."""

    number: int
    at_s: float | None
    words: str


def timeline_svg(timeline: Timeline, verdicts: Sequence[Verdict] = ()) -> str:
    """The picture of one experiment, with what `verdicts` cite from it highlighted."""
    cited = _numbered(verdicts)
    axis = make_axis(_moments(timeline, cited), timeline.end_s, _LEFT_PX, _RIGHT_PX)
    head, y = _head(timeline, verdicts)
    story, y = _story(timeline, y)
    scale, y = _scale(timeline, axis, y)
    top = y
    shades: list[str] = []
    rows: list[str] = []
    for number, lane in enumerate(lanes(timeline)):
        drawn, bottom = _lane(lane, axis, y)
        rows.append(drawn)
        if number % 2 == 0:
            shades.append(rect(0, y, _WIDTH_PX, bottom - y, fill="#f3f5f8"))
        y = bottom
    badges, badges_end = _badges(cited, axis, y)
    legend, legend_end = _legend(badges_end)
    listed, bottom = _listed(cited, legend_end)
    under = [*shades, _grid(axis, top, y), _highlights(cited, axis, top, badges_end), _rules(timeline, axis, top, y)]
    parts = [head, story, *under, scale, *rows, badges, legend, listed]
    return _document(timeline, verdicts, bottom, "\n".join(part for part in parts if part))


def _document(timeline: Timeline, verdicts: Sequence[Verdict], height_px: float, body: str) -> str:
    header = next(iter(timeline.of(Header)), None)
    title = "Timeline of an experiment" if header is None else f"Timeline: {header.title}"
    told = "; ".join(f"{verdict.clause} {verdict.outcome}: {verdict.reason}" for verdict in verdicts)
    desc = (
        f"{timeline.end_s:.1f} seconds of the lab's time, {len(timeline)} observations, in lanes for faults, both CTI "
        f"sides, each Finesse node, the agents' events and the telephone switch. {told}"
    )
    height = num(height_px)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {num(_WIDTH_PX)} {height}" width="{num(_WIDTH_PX)}" '
        f'height="{height}" role="img" aria-labelledby="title desc" font-family="{drawing.safe(drawing.FONT)}" '
        f'fill="{drawing.BLACK}">\n<title id="title">{drawing.safe(title)}</title>\n'
        f'<desc id="desc">{drawing.safe(desc)}</desc>\n{_PATTERNS}\n'
        f'<rect width="{num(_WIDTH_PX)}" height="{height}" fill="#ffffff"/>\n{body}\n</svg>\n'
    )


_PATTERNS = (
    '<defs><pattern id="hatch" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">'
    '<rect width="2" height="6" fill="#ffffff" fill-opacity="0.2"/></pattern>'
    '<pattern id="quiet" width="5" height="5" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">'
    '<rect width="1" height="5" fill="#8a94a3" fill-opacity="0.45"/></pattern></defs>'
)


def _numbered(verdicts: Sequence[Verdict]) -> list[_Cited]:
    """What the verdicts cite, in the order of time, numbered from 1."""
    pieces = dict.fromkeys((one.at_s, one.text) for verdict in verdicts for one in verdict.evidence)
    ordered = sorted(pieces, key=lambda piece: (piece[0] is None, piece[0] or 0.0))
    return [_Cited(number, at_s, words) for number, (at_s, words) in enumerate(ordered, 1)]


def _moments(timeline: Timeline, cited: Sequence[_Cited]) -> list[float]:
    """When something happened that must not be in a shortened stretch; polls and regular heartbeats go on anyway."""
    telling = [seen.at_s for seen in timeline if _is_telling(seen)]
    return telling + [piece.at_s for piece in cited if piece.at_s is not None]


def _is_telling(seen: object) -> bool:
    if isinstance(seen, CtiSeen):
        return seen.step not in _QUIET_KINDS and not seen.is_ours
    if isinstance(seen, EventSeen):
        return not seen.control and seen.about in (About.SYSTEM, About.USER, About.DIALOG, About.DIALOGS, About.ERRORS)
    return isinstance(seen, _TELLING)


def _head(timeline: Timeline, verdicts: Sequence[Verdict]) -> tuple[str, float]:
    """Title, where it was played, the verdicts; and the y below them."""
    header = next(iter(timeline.of(Header)), None)
    name = "An experiment whose journal has no header" if header is None else header.title
    parts = [text(16, 26, shortened(name, _WIDTH_PX - 32, 17), 17, font_weight="bold")]
    facts = [f"{timeline.end_s:.1f} s of the lab’s time"]
    if header is not None:
        facts = [
            f"lab {header.lab}",
            f"release {header.release}",
            *facts,
            f"{header.clock} clock",
            f"seed {header.seed}",
        ]
        facts += [f"started {header.started}"] + (["faults did nothing"] if header.faults_do_nothing else [])
    parts.append(text(16, 44, shortened("  ·  ".join(facts), _WIDTH_PX - 32, _TEXT), _TEXT, fill=_INK))
    y = 56.0
    trouble = _trouble(timeline)
    if trouble is not None:
        words = shortened(trouble, _WIDTH_PX - 32, _TEXT)
        parts.append(text(16, 60, words, _TEXT, fill=drawing.VERMILION, font_weight="bold"))
        y += 14
    for verdict in verdicts:
        words = f"{verdict.clause}  {verdict.outcome}"
        width = text_px(words, 12) + 16
        parts.append(rect(16, y, width, 20, rx="4", fill=_OUTCOME_COLOURS[verdict.outcome]))
        parts.append(text(24, y + 14, words, 12, font_weight="bold", fill="#ffffff"))
        reason = verdict.reason + (f" – measured {span_text(verdict.measured)}" if verdict.measured is not None else "")
        reason += f", bound {verdict.bound}" if verdict.bound is not None else ""
        for number, words in enumerate(wrapped(reason, _WIDTH_PX - 48 - width, 12, 3)):
            parts.append(text(28 + width, y + 14 + number * 15, words, 12))
            y += 15 if number else 0
        y += 26
    return "\n".join(parts), y


def _trouble(timeline: Timeline) -> str | None:
    """Why the journal is not whole, None if it is."""
    ended = timeline.ended
    if ended is None:
        return "The journal breaks off" + (" in the middle of a line." if timeline.torn else ".")
    return None if ended.error is None else f"Cut short: {ended.error}."


def _story(timeline: Timeline, y: float) -> tuple[str, float]:
    """The steps, numbered as their rules are, in two columns if that leaves them whole; and the y below."""
    steps = timeline.of(Step)
    if not steps:
        return "", y
    parts = [text(16, y + 12, "Story", 13, font_weight="bold")]
    full = _RIGHT_PX - _LEFT_PX
    columns = 2 if all(text_px(seen.title, _TEXT) <= full / 2 - 96 for seen in steps) else 1
    per_column = -(-len(steps) // columns)
    width = full / columns
    for number, seen in enumerate(steps):
        left = _LEFT_PX + (number // per_column) * width
        baseline = y + 12 + (number % per_column) * 16
        parts.append(_step_badge(left + 8, baseline - 4, number + 1))
        parts.append(text(left + 78, baseline, f"{seen.at_s:.3f} s", _TEXT, text_anchor="end", fill=_INK))
        parts.append(text(left + 86, baseline, shortened(seen.title, width - 96, _TEXT), _TEXT))
    return "\n".join(parts), y + per_column * 16 + 10


def _step_badge(x: float, y: float, number: int) -> str:
    width = 16.0 if number < 10 else 20.0
    badge = rect(x - width / 2, y - 7, width, 14, rx="7", fill=drawing.BLACK)
    return badge + text(x, y + 3.6, str(number), 10, text_anchor="middle", fill="#ffffff", font_weight="bold")


def _scale(timeline: Timeline, axis: Axis, y: float) -> tuple[str, float]:
    """The axis with its figures, below the numbers of the steps."""
    parts = []
    steps = [(axis.x(seen.at_s), number) for number, seen in enumerate(timeline.of(Step), 1)]
    shelves = Shelves(len(steps), gap_px=1.0)
    placed = [(x, shelves.place(x - 9, x + 9) or 0, number) for x, number in reversed(steps)]
    y += shelves.used * 16
    parts += [_step_badge(x, y - 7 - shelf * 16, number) for x, shelf, number in placed]
    parts.append(text(16, y + 14, "lab seconds", 11, fill=_INK))
    for _, x, words in axis.ticks():
        parts.append(text(x, y + 14, words, 11, text_anchor="middle", fill=_INK))
    for stretch in axis.stretches:
        if stretch.is_short:
            words = f"⋯ {stretch.to_s - stretch.from_s:.0f} s"
            middle = (stretch.from_px + stretch.to_px) / 2
            parts.append(text(middle, y + 14, words, _SMALL, text_anchor="middle", font_style="italic", fill=_INK))
    return "\n".join(parts), y + 20


def _grid(axis: Axis, top: float, bottom: float) -> str:
    parts = [line(x, top - 4, x, bottom, stroke="#8a94a3", stroke_opacity="0.22") for _, x, _ in axis.ticks()]
    parts += [
        rect(
            stretch.from_px,
            top - 4,
            stretch.to_px - stretch.from_px,
            bottom - top + 4,
            f"{stretch.from_s:.1f} … {stretch.to_s:.1f} s: nothing but regular traffic; drawn shorter than its scale",
            fill="url(#quiet)",
        )
        for stretch in axis.stretches
        if stretch.is_short
    ]
    return "\n".join(parts)


def _rules(timeline: Timeline, axis: Axis, top: float, bottom: float) -> str:
    """A dashed rule where each step of the story begins, below its number."""
    return "\n".join(
        line(axis.x(seen.at_s), top, axis.x(seen.at_s), bottom, stroke=drawing.BLACK, stroke_dasharray="3 3")
        for seen in timeline.of(Step)
    )


def _highlights(cited: Sequence[_Cited], axis: Axis, top: float, bottom: float) -> str:
    columns = dict.fromkeys(num(axis.x(piece.at_s)) for piece in cited if piece.at_s is not None)
    return "\n".join(
        f'<line x1="{x}" y1="{num(top)}" x2="{x}" y2="{num(bottom - 14)}" stroke="#f0c800" stroke-width="5" '
        'stroke-opacity="0.42"/>'
        for x in columns
    )


def _badges(cited: Sequence[_Cited], axis: Axis, y: float) -> tuple[str, float]:
    """The numbers of what is cited, below the lanes, those at the same place together."""
    columns: dict[str, list[_Cited]] = {}
    for piece in cited[:_CITED_MAX]:
        if piece.at_s is not None:
            columns.setdefault(num(axis.x(piece.at_s)), []).append(piece)
    if not columns:
        return "", y
    shelves = Shelves(_CITED_MAX)
    parts = [text(16, y + 14, "Cited by the verdict", 13, font_weight="bold")]
    lowest = 0
    for x, pieces in columns.items():
        words = _numbers([piece.number for piece in pieces])
        width = text_px(words, 10) + 8
        left = min(max(float(x) - width / 2, _LEFT_PX), _RIGHT_PX - width)
        shelf = shelves.place(left, left + width) or 0
        lowest = max(lowest, shelf)
        top = y + 3 + shelf * 18
        hint = "; ".join(f"{piece.at_s:.3f} s {piece.words}" for piece in pieces)
        parts.append(rect(left, top, width, 15, hint, rx="7", fill="#fff3bf", stroke="#b38f00"))
        parts.append(text(left + width / 2, top + 11, words, 10, text_anchor="middle"))
    return "\n".join(parts), y + (lowest + 1) * 18 + 6


def _numbers(numbers: Sequence[int]) -> str:
    """1, 2, 3 as "1–3"; what does not follow on is set apart by commas."""
    runs: list[list[int]] = []
    for number in numbers:
        if runs and number == runs[-1][-1] + 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    return ", ".join(str(run[0]) if len(run) == 1 else f"{run[0]}–{run[-1]}" for run in runs)


def _lane(lane: Lane, axis: Axis, y: float) -> tuple[str, float]:
    parts = [text(16, y + 15, shortened(lane.title, _GUTTER_PX - 20, 13), 13, font_weight="bold")]
    y += 20 if any(row.name for row in lane.rows) else 6
    for row in lane.rows:
        drawn, y = _row(row, axis, y)
        parts.append(drawn)
    return "\n".join(parts), y + 6


def _row(row: Row, axis: Axis, y: float) -> tuple[str, float]:
    labels, used = _labels(row.marks, axis, row.shelves, _SMALL, _SHELF_PX)
    top = y + used * _SHELF_PX + 2
    middle = top + row.thick_px / 2
    parts = [text(28, middle + 4, shortened(row.name, _GUTTER_PX - 32, 11.5), 11.5, fill=_INK)] if row.name else []
    parts.append(line(axis.left_px, middle, axis.right_px, middle, stroke="#c9ced6"))
    # The longest first, so that one that lasted no time at all is not hidden by its neighbours.
    for bar in sorted(row.bars, key=lambda bar: bar.from_s - bar.to_s):
        parts.append(_bar(bar, axis, top, row.thick_px))
    drawn: set[tuple[int, Shape, str]] = set()
    for mark in row.marks:
        key = (round(axis.x(mark.at_s) * 2), mark.shape, mark.colour)
        if key not in drawn:  # a mark exactly over its like cannot be seen
            drawn.add(key)
            parts.append(_mark(mark, axis.x(mark.at_s), middle, row.thick_px))
    parts += [label(top - 3) for label in labels]
    return "\n".join(parts), top + row.thick_px + 3


def _bar(bar: Bar, axis: Axis, top: float, thick_px: float) -> str:
    left = axis.x(bar.from_s)
    right = max(left + _BAR_PX_MIN, axis.x(bar.to_s))
    drawn = rect(left, top, right - left, thick_px, bar.hint, fill=bar.colour, rx="2")
    if bar.is_hatched:
        drawn += rect(left, top, right - left, thick_px, fill="url(#hatch)", pointer_events="none")
    words = bar.text if text_px(bar.text, _SMALL) <= right - left - 8 else ""
    ink = "#ffffff" if bar.colour in (drawing.GREEN, drawing.VERMILION, drawing.BLUE, drawing.GREY) else drawing.BLACK
    if words:
        drawn += text(
            left + 4, top + thick_px / 2 + 3.4, words, _SMALL, fill=ink, font_weight="bold", pointer_events="none"
        )
    return drawn


def _labels(
    marks: Sequence[Mark], axis: Axis, count: int, size: float, step_px: float
) -> tuple[list[Callable[[float], str]], int]:
    """Labels that found room, each to be drawn once the lowest shelf's baseline is known, and how many shelves it took.

    Labels stand right of their mark. They are placed from right to left, so that the line which leads from a higher
    shelf down to its mark runs left of every label below it.
    """
    shelves = Shelves(count)
    found: list[Callable[[float], str]] = []
    for x, words in sorted(_lines(marks, axis, size), key=lambda one: -one[0]):
        width = text_px(words, size) + 3
        left = x + 4 if x + 4 + width <= axis.right_px + 8 else x - 4 - width
        shelf = shelves.place(left, left + width) if left >= axis.left_px - 4 else None
        if shelf is not None:
            leads = shelf > 0 and not shelves.crosses(x, shelf)
            found.append(_label(words, x, left, shelf, size, step_px, leads=leads))
    return found, shelves.used


def _lines(marks: Sequence[Mark], axis: Axis, size: float) -> list[tuple[float, str]]:
    """(x, label) with labels at one place joined in the order of time; of several at one place the last comes first."""
    columns: dict[str, list[str]] = {}
    for mark in marks:
        words = shortened(mark.label, _LABEL_PX_MAX, size)
        lines = columns.setdefault(num(axis.x(mark.at_s)), [])
        if not words or any(words in line.split(" → ") for line in lines):
            continue
        joined = f"{lines[-1]} → {words}" if lines else ""
        if joined and text_px(joined, size) <= _LABEL_PX_MAX:
            lines[-1] = joined
        else:
            lines.append(words)
    return [(float(x), words) for x, lines in columns.items() for words in reversed(lines)]


def _label(
    words: str, x: float, left: float, shelf: int, size: float, step_px: float, *, leads: bool
) -> Callable[[float], str]:
    def drawn(baseline: float) -> str:
        y = baseline - shelf * step_px
        lead = line(x, y - size * 0.7, x, baseline + 3, stroke="#b3bac6") if leads else ""
        if left < x:
            return lead + text(x - 4, y, words, size, text_anchor="end")
        return lead + text(left, y, words, size)

    return drawn


def _mark(mark: Mark, x: float, y: float, thick_px: float) -> str:
    r = min(5.0, thick_px / 2)
    colour, hint = mark.colour, mark.hint
    if mark.shape is Shape.TICK:
        return line(x, y - thick_px / 2, x, y + thick_px / 2, hint, stroke=colour, stroke_width="1.6")
    if mark.shape in (Shape.DOT, Shape.RING):
        ring = {"fill": "#ffffff", "stroke": colour, "stroke_width": "2"}
        looks = ring if mark.shape is Shape.RING else {"fill": colour, "stroke": "#ffffff", "stroke_width": "0.7"}
        around = (
            f"M{num(x - r)} {num(y)}a{num(r)} {num(r)} 0 1 0 {num(2 * r)} 0a{num(r)} {num(r)} 0 1 0 {num(-2 * r)} 0z"
        )
        return path(around, hint, **looks)
    if mark.shape is Shape.CROSS:
        d = f"M{num(x - r)} {num(y - r)}L{num(x + r)} {num(y + r)}M{num(x - r)} {num(y + r)}L{num(x + r)} {num(y - r)}"
        return path(d, hint, fill="none", stroke=colour, stroke_width="2.2")
    if mark.shape is Shape.CHECK:
        d = f"M{num(x - r)} {num(y)}L{num(x - r / 3)} {num(y + r)}L{num(x + r)} {num(y - r)}"
        return path(d, hint, fill="none", stroke=colour, stroke_width="2.4")
    corners = _CORNERS[mark.shape]
    d = "M" + "L".join(f"{num(x + dx * r)} {num(y + dy * r)}" for dx, dy in corners) + "z"
    return path(d, hint, fill=colour, stroke="#ffffff", stroke_width="0.7")


_CORNERS: dict[Shape, tuple[tuple[float, float], ...]] = {
    Shape.UP: ((-1, 1), (1, 1), (0, -1)),
    Shape.DOWN: ((-1, -1), (1, -1), (0, 1)),
    Shape.RIGHT: ((-1, -1), (1, 0), (-1, 1)),
    Shape.DIAMOND: ((0, -1.2), (1.2, 0), (0, 1.2), (-1.2, 0)),
    Shape.SQUARE: ((-0.8, -0.8), (0.8, -0.8), (0.8, 0.8), (-0.8, 0.8)),
}


def _legend(y: float) -> tuple[str, float]:
    parts = [text(16, y + 20, "Legend", 13, font_weight="bold")]
    x = _LEFT_PX
    y += 16
    for shape, colour, words in LEGEND:
        width = 20 + text_px(words, _SMALL) + 10
        if x + width > _RIGHT_PX:
            x, y = _LEFT_PX, y + 18
        if shape is None:
            bar = Bar(0, 1, colour)
            parts.append(rect(x, y - 5, 14, 10, rx="2", fill=bar.colour))
        else:
            parts.append(_mark(Mark(0, shape, colour, ""), x + 7, y, 10))
        parts.append(text(x + 20, y + 4, words, _SMALL))
        x += width
    words = (
        "dashed line: a step of the story begins · hatched: a quiet stretch, shortened · yellow: cited by the verdict"
    )
    parts.append(text(_LEFT_PX, y + 22, words, _SMALL, fill=_INK))
    return "\n".join(parts), y + 34


def _listed(cited: Sequence[_Cited], y: float) -> tuple[str, float]:
    """What is cited, written out."""
    if not cited:
        return "", y + 6
    parts = [text(16, y + 14, "Evidence", 13, font_weight="bold")]
    shown = cited[:_CITED_MAX]
    for piece in shown:
        at = "whole run" if piece.at_s is None else f"{piece.at_s:.3f} s"
        parts.append(text(_LEFT_PX + 20, y + 14, str(piece.number), _TEXT, text_anchor="end", font_weight="bold"))
        parts.append(text(_LEFT_PX + 96, y + 14, at, _TEXT, text_anchor="end"))
        parts.append(text(_LEFT_PX + 108, y + 14, shortened(piece.words, _RIGHT_PX - _LEFT_PX - 108, _TEXT), _TEXT))
        y += 16
    if len(cited) > len(shown):
        parts.append(
            text(_LEFT_PX + 108, y + 14, f"… and {len(cited) - len(shown)} more: see the verdict’s text", _TEXT)
        )
        y += 16
    return "\n".join(parts), y + 12
