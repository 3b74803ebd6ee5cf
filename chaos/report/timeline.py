"""The timeline picture: an experiment at a glance, as an SVG without scripts, outside fonts or anything that varies.

Lanes run from cause to effect, time from left to right. What the verdicts cite is numbered, marked by a yellow line
through all lanes, and written out below; where a violated statement first shows, a flag says so. The same journal and
verdicts give the same bytes. What finds no room is not drawn, and the picture says how much that is.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from chaos.journal import (
    About,
    CtiSeen,
    CtiStep,
    DesktopNotice,
    DesktopShown,
    Ended,
    EventSeen,
    FaultPhase,
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
from chaos.report.diverged import Divergence, divergences
from chaos.report.drawing import (
    BLACK,
    FAULT,
    GREY,
    INK,
    SHADE,
    SMALL,
    TEXT,
    TITLE,
    VERMILION,
    YELLOW,
    Shelves,
    line,
    num,
    path,
    rect,
    text,
    text_px,
    wrapped,
)
from chaos.report.head import WIDTH_PX, badge_px, head, step_badge, told_story
from chaos.report.lanes import lanes, nodes
from chaos.report.lanes_wrong import violated_here
from chaos.report.legend import legend
from chaos.report.marks import Lane
from chaos.report.noticed import short_names
from chaos.report.rows import GUTTER_PX, LeftOut, lane_drawn, mark_drawn
from chaos.verdicts import Verdict

_LEFT_PX = GUTTER_PX + 8
_RIGHT_PX = WIDTH_PX - 16
_CITED_MAX = 30
_TELLING = (FaultSeen, Step, SteadyState, StreamChange, SwitchActed, ServiceSeen, DesktopShown, DesktopNotice, Ended)
_QUIET_KINDS = (CtiStep.HEARTBEAT_REQ, CtiStep.HEARTBEAT_CONF)


@dataclass(frozen=True)
class _Cited:
    """One piece of evidence with its number in the picture; at_line: its number in the journal."""

    number: int
    at_s: float | None
    words: str
    at_line: int | None


def timeline_svg(timeline: Timeline, verdicts: Sequence[Verdict] = ()) -> str:
    """The picture of one experiment, with what `verdicts` cite from it highlighted."""
    cited = _numbered(verdicts)
    wrong = list(_diverged_here(timeline, verdicts))
    axis = make_axis(_moments(timeline, cited, wrong), timeline.end_s, _LEFT_PX, _RIGHT_PX)
    left_out = LeftOut()
    first, y = head(timeline, verdicts)
    story, y = told_story(timeline, y)
    scale, y = _scale(timeline, axis, y)
    flag, flag_y, y = _flag(wrong, axis, y)
    top = y
    failed = violated_here(wrong, timeline.end_s, short_names(nodes(timeline)))
    shades: list[str] = []
    rows: list[str] = []
    shown = (*failed, *lanes(timeline))
    for number, lane in enumerate(shown):
        drawn, bottom = lane_drawn(lane, axis, y, left_out)
        rows.append(drawn)
        if number % 2 == 0:
            shades.append(rect(0, y, WIDTH_PX, bottom - y, SHADE))
        y = bottom
    badges, badges_end = _badges(cited, axis, y)
    said, said_end = _said_of_left_out(left_out, badges_end)
    explained, legend_end = _legend(shown, said_end)
    listed, bottom = _listed(cited, legend_end)
    under = [
        *shades,
        *_in_force(timeline, axis, top, y),
        _grid(axis, top, y),
        _highlights(cited, axis, top, badges_end),
    ]
    under += [_rules(timeline, axis, top, y), _divergence(wrong, axis, flag_y, y)]
    parts = [first, story, *under, scale, flag, *rows, badges, said, explained, listed]
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
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {num(WIDTH_PX)} {height}" width="{num(WIDTH_PX)}" '
        f'height="{height}" role="img" aria-labelledby="title desc">\n<title id="title">{drawing.safe(title)}</title>\n'
        f'<desc id="desc">{drawing.safe(desc)}</desc>\n{drawing.sheet()}\n{_PATTERNS}\n'
        f"{rect(0, 0, WIDTH_PX, height_px, drawing.GROUND)}\n{body}\n</svg>\n"
    )


def _pattern(name: str, size: int, stripe: int, classes: str, opacity: str) -> str:
    return (
        f'<pattern id="{name}" width="{size}" height="{size}" patternUnits="userSpaceOnUse" '
        f'patternTransform="rotate(45)"><rect class="{classes}" width="{stripe}" height="{size}" '
        f'fill-opacity="{opacity}"/></pattern>'
    )


_PATTERNS = (
    "<defs>"
    + _pattern("hatch", 6, 2, drawing.ON_BAR, "0.25")
    + _pattern("quiet", 5, 1, GREY, "0.45")
    + f'<pattern id="fault" width="6" height="6" patternUnits="userSpaceOnUse"><rect class="{FAULT}" width="6" '
    'height="6" fill-opacity="0.07"/><rect class="q" width="6" height="1" fill-opacity="0.13"/></pattern>' + "</defs>"
)


def _diverged_here(timeline: Timeline, verdicts: Sequence[Verdict]) -> Iterator[Divergence]:
    """What is wrong in this journal, verdict by verdict, the first of each first."""
    name = next((header.experiment for header in timeline.of(Header)), "")
    for verdict in verdicts:
        for one in divergences(verdict, {name: timeline}):
            if one.finding.experiment in ("", name):
                yield one


def _numbered(verdicts: Sequence[Verdict]) -> list[_Cited]:
    """What the verdicts cite, in the order of time and, inside one instant, of the journal, numbered from 1."""
    pieces = dict.fromkeys((one.at_s, one.text, one.number) for verdict in verdicts for one in verdict.evidence)
    ordered = sorted(pieces, key=lambda piece: (piece[0] is None, piece[0] or 0.0, piece[2] or 0))
    return [_Cited(number, at_s, words, at_line) for number, (at_s, words, at_line) in enumerate(ordered, 1)]


def _moments(timeline: Timeline, cited: Sequence[_Cited], wrong: Sequence[Divergence]) -> list[float]:
    """When something happened that must not be in a shortened stretch; polls and regular heartbeats go on anyway."""
    telling = [seen.at_s for seen in timeline.of_any(CtiSeen, EventSeen, *_TELLING) if _is_telling(seen)]
    telling += [one.at_s for one in wrong[:1]]
    return telling + [piece.at_s for piece in cited if piece.at_s is not None]


def _is_telling(seen: object) -> bool:
    if isinstance(seen, CtiSeen):
        return seen.step not in _QUIET_KINDS and not seen.is_ours
    if isinstance(seen, EventSeen):
        return not seen.control and seen.about in (About.SYSTEM, About.USER, About.DIALOG, About.DIALOGS, About.ERRORS)
    return True


def _scale(timeline: Timeline, axis: Axis, y: float) -> tuple[str, float]:
    """The axis with its figures, below the numbers of the steps."""
    parts = []
    steps = [(axis.x(seen.at_s), number) for number, seen in enumerate(timeline.of(Step), 1)]
    shelves = Shelves(len(steps), gap_px=1.0)
    placed = []
    for x, number in reversed(steps):
        half = badge_px(number) / 2 + 1
        placed.append((x, shelves.place(x - half, x + half) or 0, number))
    y += shelves.used * 16
    parts += [step_badge(x, y - 7 - shelf * 16, number) for x, shelf, number in placed]
    parts.append(text(16, y + 14, "lab seconds", SMALL, f"B {INK}"))
    room = Shelves(1, gap_px=4.0)
    figures = [
        ((stretch.from_px + stretch.to_px) / 2, f"⋯ {stretch.to_s - stretch.from_s:.0f} s", f"I m {INK}")
        for stretch in axis.stretches
        if stretch.is_short
    ]
    figures += [(x, words, f"m {INK}") for _, x, words in axis.ticks()]
    for x, words, classes in figures:
        half = text_px(words, SMALL) / 2
        if words and room.place(x - half, x + half) is not None:
            parts.append(text(x, y + 14, words, SMALL, classes))
    return "\n".join(parts), y + 20


def _grid(axis: Axis, top: float, bottom: float) -> str:
    ticks = "".join(f"M{num(x)} {num(top - 4)}V{num(bottom)}" for _, x, _ in axis.ticks())
    parts = [path(ticks, f"x T {GREY}")] if ticks else []
    parts += [
        rect(
            stretch.from_px,
            top - 4,
            stretch.to_px - stretch.from_px,
            bottom - top + 4,
            "c",
            f"{stretch.from_s:.1f} … {stretch.to_s:.1f} s: nothing but regular traffic; drawn shorter than its scale",
        )
        for stretch in axis.stretches
        if stretch.is_short
    ]
    return "\n".join(parts)


def _in_force(timeline: Timeline, axis: Axis, top: float, bottom: float) -> Iterator[str]:
    """A shade through all lanes while at least one fault is in force."""
    for from_s, to_s in _stretches(timeline):
        left, right = axis.x(from_s), axis.x(to_s)
        yield rect(left, top, right - left, bottom - top, "j", f"{from_s:.3f} … {to_s:.3f} s: a fault is in force")


def _stretches(timeline: Timeline) -> Iterator[tuple[float, float]]:
    in_force: set[str] = set()
    since_s = 0.0
    for seen in timeline.of(FaultSeen):
        was = bool(in_force)
        if seen.phase is FaultPhase.INJECTED:
            in_force.add(seen.fault)
        elif seen.phase is FaultPhase.ROLLED_BACK:
            in_force.discard(seen.fault)
        if in_force and not was:
            since_s = seen.at_s
        elif was and not in_force:
            yield since_s, seen.at_s
    if in_force:
        yield since_s, timeline.end_s


def _rules(timeline: Timeline, axis: Axis, top: float, bottom: float) -> str:
    """A dashed rule where each step of the story begins, below its number."""
    xs = dict.fromkeys(num(axis.x(seen.at_s)) for seen in timeline.of(Step))
    return "\n".join(line(float(x), top, float(x), bottom, f"d {BLACK}") for x in xs)


def _flag(wrong: Sequence[Divergence], axis: Axis, y: float) -> tuple[str, float, float]:
    """The label of the first divergence, in a line of its own; where its line begins, and the y below."""
    if not wrong:
        return "", y, y
    at_s = wrong[0].at_s
    words = f"✗ first divergence, {at_s:.3f} s" + (": it did not come" if wrong[0].is_absence else "")
    width = text_px(words, SMALL, bold=True) + 12
    left = min(max(axis.x(at_s) - width / 2, 16), _RIGHT_PX - width)
    drawn = rect(left, y + 2, width, 16, VERMILION, round_px=3)
    return drawn + text(left + 6, y + 13.6, words, SMALL, f"B {drawing.ON_BAR}"), y + 18, y + 24


def _divergence(wrong: Sequence[Divergence], axis: Axis, top: float, bottom: float) -> str:
    if not wrong:
        return ""
    x = axis.x(wrong[0].at_s)
    return line(x, top, x, bottom, f"D {VERMILION}")


def _highlights(cited: Sequence[_Cited], axis: Axis, top: float, bottom: float) -> str:
    columns = dict.fromkeys(num(axis.x(piece.at_s)) for piece in cited if piece.at_s is not None)
    return "\n".join(line(float(x), top, float(x), bottom - 14, f"H {YELLOW}") for x in columns)


def _badges(cited: Sequence[_Cited], axis: Axis, y: float) -> tuple[str, float]:
    """The numbers of what is cited, below the lanes, those at the same place together."""
    columns: dict[str, list[_Cited]] = {}
    for piece in cited[:_CITED_MAX]:
        if piece.at_s is not None:
            columns.setdefault(num(axis.x(piece.at_s)), []).append(piece)
    if not columns:
        return "", y
    shelves = Shelves(_CITED_MAX)
    parts = [text(16, y + 14, "Cited by the verdict", TEXT, "B")]
    lowest = 0
    for x, pieces in columns.items():
        words = _numbers([piece.number for piece in pieces])
        width = text_px(words, SMALL) + 8
        left = min(max(float(x) - width / 2, _LEFT_PX), _RIGHT_PX - width)
        shelf = shelves.place(left, left + width) or 0
        lowest = max(lowest, shelf)
        top = y + 3 + shelf * 18
        hint = "; ".join(f"{piece.at_s:.3f} s {piece.words}" for piece in pieces)
        parts.append(rect(left, top, width, 15, f"E {YELLOW}", hint, 7))
        parts.append(text(left + width / 2, top + 11.3, words, SMALL, "m"))
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


def _said_of_left_out(left_out: LeftOut, y: float) -> tuple[str, float]:
    parts = []
    if left_out.marks:
        parts.append(f"{left_out.marks:,} marks lie on others of their kind and are one with them")
    if left_out.labels:
        parts.append(f"{left_out.labels:,} labels found no room")
    if not parts:
        return "", y
    lines = wrapped(f"Left out: {'; '.join(parts)}. The journal has everything.", WIDTH_PX - 32, SMALL, 2)
    drawn = "\n".join(text(16, y + 14 + n * 14, words, SMALL, INK) for n, words in enumerate(lines))
    return drawn, y + 6 + len(lines) * 14


def _legend(shown: Sequence[Lane], y: float) -> tuple[str, float]:
    """Lane by lane what its signs mean, those that this picture has."""
    parts = [text(16, y + 20, "Legend", TITLE, "B")]
    x = left = 76.0
    y += 16
    for name, signs in legend(shown):
        name_px = text_px(name, SMALL, bold=True) + 8
        for number, (shape, colour, words) in enumerate(signs):
            before_px = name_px if number == 0 else 0.0
            width = before_px + 20 + text_px(words, SMALL) + 10
            if x + width > _RIGHT_PX:
                x, y = left, y + 18
            if number == 0:
                parts.append(text(x, y + 4, name, SMALL, "B"))
            x += before_px
            if shape is None:
                parts.append(rect(x, y - 5, 14, 10, colour, round_px=2))
            else:
                parts.append(mark_drawn(shape, colour, x + 7, y, 10))
            parts.append(text(x + 20, y + 4, words))
            x += width - before_px
        x += _BETWEEN_LANES_PX
    for words in wrapped(_WORDS, _RIGHT_PX - left, SMALL, 4):
        y += 16
        parts.append(text(left, y + 6, words, SMALL, INK))
    return "\n".join(parts), y + 18


_BETWEEN_LANES_PX = 8.0
_WORDS = (
    "dashed line: a step of the story begins · shaded: a fault is in force · hatched grey: a quiet stretch, shortened "
    "· yellow: cited by the verdict · latency: logarithmic, 1 ms at the foot, 10 s at the top · dashed outline: when "
    "it was allowed or to come"
)


def _listed(cited: Sequence[_Cited], y: float) -> tuple[str, float]:
    """What is cited, written out, with its line in the journal."""
    if not cited:
        return "", y + 6
    parts = [text(16, y + 14, "Evidence", TITLE, "B")]
    y += 18
    shown = cited[:_CITED_MAX]
    times = ["whole run" if piece.at_s is None else f"{piece.at_s:.3f} s" for piece in shown]
    places = ["" if piece.at_line is None else f"line {piece.at_line}" for piece in shown]
    number_px = 20 + max(text_px(str(piece.number), TEXT, bold=True) for piece in shown)
    time_px = number_px + 10 + max(text_px(words, TEXT) for words in times)
    place_px = time_px + max((text_px(words, TEXT) + 10 for words in places if words), default=0.0)
    for piece, at, place in zip(shown, times, places, strict=True):
        parts.append(text(number_px, y + 14, str(piece.number), TEXT, "B e"))
        parts.append(text(time_px, y + 14, at, TEXT, "e"))
        parts += [text(place_px, y + 14, place, TEXT, f"e {INK}")] if place else []
        for words in wrapped(piece.words, _RIGHT_PX - place_px - 10, TEXT, 2):
            parts.append(text(place_px + 10, y + 14, words, TEXT))
            y += 16
    if len(cited) > len(shown):
        more = f"… and {len(cited) - len(shown)} more: see the verdict’s text"
        parts.append(text(place_px + 10, y + 14, more, TEXT))
        y += 16
    return "\n".join(parts), y + 12
