"""The head of a timeline picture: what was played and where, the verdicts with their figures, and the story's steps."""

from collections.abc import Sequence

from chaos.journal import Header, Step, Timeline
from chaos.report.drawing import (
    BLACK,
    GREEN,
    GREY,
    HEAD,
    INK,
    ON_BAR,
    ORANGE,
    SMALL,
    TEXT,
    TITLE,
    VERMILION,
    line,
    num,
    path,
    rect,
    shortened,
    text,
    text_px,
    wrapped,
)
from chaos.verdicts import Bound, Outcome, Span, Verdict

WIDTH_PX = 840.0
"""As wide as the place in which the report shows it, so that its letters are as large as they say."""

_INNER_PX = WIDTH_PX - 32
_OUTCOME_COLOURS = {Outcome.HELD: GREEN, Outcome.VIOLATED: VERMILION, Outcome.INCONCLUSIVE: ORANGE}
_OUTCOME_SIGNS = {Outcome.HELD: "✓", Outcome.VIOLATED: "✗", Outcome.INCONCLUSIVE: "?"}
_GAUGE_LEFT_PX, _GAUGE_RIGHT_PX = 190.0, 640.0
_LINE_PX = 15.0


def head(timeline: Timeline, verdicts: Sequence[Verdict]) -> tuple[str, float]:
    """Title, where it was played, the verdicts; and the y below them."""
    header = next(iter(timeline.of(Header)), None)
    name = "An experiment whose journal has no header" if header is None else header.title
    parts: list[str] = []
    y = 26.0
    for words in wrapped(name, _INNER_PX, HEAD, 2, bold=True):
        parts.append(text(16, y, words, HEAD, "B"))
        y += 20
    for words in wrapped("  ·  ".join(_facts(timeline, header)), _INNER_PX, TEXT, 2):
        parts.append(text(16, y, words, TEXT, INK))
        y += _LINE_PX
    trouble = _trouble(timeline)
    if trouble is not None:
        for words in wrapped(trouble, _INNER_PX, TEXT, 2, bold=True):
            parts.append(text(16, y, words, TEXT, f"B {VERMILION}"))
            y += _LINE_PX
    y -= 4
    for verdict in verdicts:
        drawn, y = _verdict(verdict, y)
        parts.append(drawn)
    return "\n".join(parts), y + 4


def _facts(timeline: Timeline, header: Header | None) -> list[str]:
    took = f"{timeline.end_s:.1f} s of the lab’s time"
    if header is None:
        return [took]
    clock = "virtual clock: lab seconds are not the reader’s" if header.clock == "virtual" else f"{header.clock} clock"
    facts = [f"lab {header.lab}", f"release {header.release}", took, clock, f"seed {header.seed}"]
    return [*facts, f"started {header.started}"] + (["faults did nothing"] if header.faults_do_nothing else [])


def _trouble(timeline: Timeline) -> str | None:
    """Why the journal is not whole, None if it is."""
    ended = timeline.ended
    if ended is None:
        return "The journal breaks off" + (" in the middle of a line." if timeline.torn else ".")
    return None if ended.error is None else f"Cut short: {ended.error}."


def _verdict(verdict: Verdict, y: float) -> tuple[str, float]:
    """Its badge with a sign, its reason beside it, and its figure as a gauge."""
    words = f"{_OUTCOME_SIGNS[verdict.outcome]} {verdict.clause} {verdict.outcome}"
    width = text_px(words, TEXT, bold=True) + 16
    ink = "k" if verdict.outcome is Outcome.INCONCLUSIVE else ON_BAR
    parts = [
        rect(16, y, width, 20, _OUTCOME_COLOURS[verdict.outcome], round_px=4),
        text(24, y + 14, words, TEXT, f"B {ink}"),
    ]
    lines = wrapped(verdict.reason, WIDTH_PX - 44 - width, TEXT, 3)
    parts += [text(28 + width, y + 14 + n * _LINE_PX, told, TEXT) for n, told in enumerate(lines)]
    y += 26 + _LINE_PX * max(0, len(lines) - 1)
    # A figure that lies where it may is not what a violation is about: no green tick under a red verdict.
    if verdict.measured is not None and verdict.bound is not None and not _is_beside_it(verdict):
        drawn, y = _gauge(verdict.measured, verdict.bound, y)
        parts.append(drawn)
    return "\n".join(parts), y


def _is_beside_it(verdict: Verdict) -> bool:
    assert verdict.measured is not None
    assert verdict.bound is not None
    return verdict.outcome is Outcome.VIOLATED and verdict.bound.judge(verdict.measured) is Outcome.HELD


def _gauge(measured: Span, bound: Bound, y: float) -> tuple[str, float]:
    """The bound as brackets on a scale of durations, the measured span as a bar between them or beside them."""
    lo_s, hi_s = min(bound.min_s, measured.lo_s), max(bound.max_s, measured.hi_s)
    wide_s = (hi_s - lo_s) or 1.0

    def x(at_s: float) -> float:
        return _GAUGE_LEFT_PX + (at_s - lo_s) / wide_s * (_GAUGE_RIGHT_PX - _GAUGE_LEFT_PX)

    foot = y + 26
    left, right = x(bound.min_s), x(bound.max_s)
    from_px, to_px = x(measured.lo_s), max(x(measured.hi_s), x(measured.lo_s) + 3)
    told = f"measured {measured}"
    if measured.hi_s - measured.lo_s >= 0.0005:
        told += f" (uncertain by {measured.hi_s - measured.lo_s:.3f} s)"
    half = text_px(told, SMALL, bold=True) / 2
    middle = min(max((from_px + to_px) / 2, _GAUGE_LEFT_PX + half - 60), WIDTH_PX - 16 - half)
    bracket = f"M{num(left + 5)} {num(foot - 8)}h-5v16h5M{num(right - 5)} {num(foot - 8)}h5v16h-5"
    source = shortened(f"in brackets: the bound, {bound}", WIDTH_PX - 32, SMALL)
    parts = [
        text(16, foot + 4, "a duration", SMALL, f"B {INK}"),
        line(_GAUGE_LEFT_PX, foot, _GAUGE_RIGHT_PX, foot, GREY),
        path(bracket, f"x {BLACK}", f"bound {bound}"),
        rect(from_px, foot - 4, to_px - from_px, 8, _OUTCOME_COLOURS[bound.judge(measured)], told),
        text(middle, foot - 14, told, SMALL, "B m"),
        text(_GAUGE_LEFT_PX - 8, foot + 4, f"{lo_s:g} s", SMALL, "e"),
        text(_GAUGE_RIGHT_PX + 8, foot + 4, f"{hi_s:g} s", SMALL),
        text(16, foot + 22, source, SMALL, INK),
    ]
    return "\n".join(parts), foot + 32


def told_story(timeline: Timeline, y: float) -> tuple[str, float]:
    """The steps, numbered as their rules are, in two columns if that leaves them whole; and the y below."""
    steps = timeline.of(Step)
    if not steps:
        return "", y
    parts = [text(16, y + 12, "Story", TITLE, "B")]
    times = [f"{seen.at_s:.3f} s" for seen in steps]
    time_px = max(text_px(words, TEXT) for words in times)
    left, full = 76.0, WIDTH_PX - 16 - 76.0
    room = full - time_px - 40
    columns = 2 if all(text_px(seen.title, TEXT) <= full / 2 - time_px - 40 for seen in steps) else 1
    per_column = -(-len(steps) // columns)
    row = 0
    for number, (seen, at) in enumerate(zip(steps, times, strict=True)):
        if number == per_column:
            left, row = left + full / 2, 0
        baseline = y + 12 + row * 16
        parts.append(step_badge(left + 10, baseline - 4, number + 1))
        parts.append(text(left + 24 + time_px, baseline, at, TEXT, f"e {INK}"))
        lines = [seen.title] if columns == 2 else wrapped(seen.title, room, TEXT, 2)
        for n, words in enumerate(lines):
            parts.append(text(left + 32 + time_px, baseline + n * 16, words, TEXT))
        row += len(lines) or 1
    rows = per_column if columns == 2 else row
    return "\n".join(parts), y + rows * 16 + 10


def step_badge(x: float, y: float, number: int) -> str:
    """A step's number, in the story and at the place where its rule begins."""
    width = badge_px(number)
    return rect(x - width / 2, y - 7, width, 14, BLACK, round_px=7) + text(
        x, y + 3.8, str(number), SMALL, f"m B {ON_BAR}"
    )


def badge_px(number: int) -> float:
    return max(16.0, text_px(str(number), SMALL, bold=True) + 8)
