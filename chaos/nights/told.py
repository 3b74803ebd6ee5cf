"""A comparison in words: for a terminal or a pipe, as Markdown for a CI job's page, as JSON. Pure."""

import json
from collections.abc import Iterator
from dataclasses import asdict

from chaos.nights.comparison import Comparison, Moved
from chaos.nights.drift import Drift
from chaos.nights.flips import ABSENT, Cells
from chaos.report.timings import LOADING, OUT_OF_SERVICE, STEADY_AGAIN
from chaos.verdicts import Outcome

SCHEMA = 1
_NAMED_MAX = 5
_DRIFTS_MAX = 10

Section = tuple[str, list[str]]


def conclusion(found: Comparison) -> str:
    """The comparison in one line."""
    asked = [flip for flip in found.flips if flip.is_asked_for_in_both]
    worse = sum(flip.is_worse for flip in asked)
    gone = sum(flip.after == ABSENT for flip in found.flips)
    new = sum(flip.before == ABSENT and flip.after == Outcome.VIOLATED for flip in found.flips)
    parts = [
        _counted(
            new,
            f"clause is VIOLATED that {found.before} was not asked for",
            f"clauses are VIOLATED that {found.before} was not asked for",
        ),
        _counted(worse, "verdict got worse", "verdicts got worse"),
        _counted(len(asked) - worse, "got better", "got better"),
        _counted(gone, "clause was not asked for any more", "clauses were not asked for any more"),
        _counted(len(found.spread), "violation spread", "violations spread"),
        _counted(len(found.shrunk), "grid shrank", "grids shrank"),
        _counted(len(found.drifted), "timing drifted", "timings drifted"),
    ]
    said = ", ".join(part for part in parts if part) or "nothing got worse"
    return f"{found.after} against {found.before}: {said}."


def sections(found: Comparison) -> Iterator[Section]:
    """What there is to say, a title and its lines each; what has nothing to say is left out."""
    yield "Verdicts that flipped", [*_flips(found)]
    yield "Violations that spread", [_cells(one, "now at") for one in found.spread]
    yield "Grids that shrank", [_cells(one, "no longer judged at") for one in found.shrunk]
    yield "Timings that drifted", [*_drifts(found)]
    yield "Single figures that moved (two runs alone cannot tell a drift from a night)", [*map(_moved, found.moved)]
    yield "To know", [*found.notes, *_seen_from(found)]


def plain(found: Comparison) -> str:
    """Lines for a terminal or a pipe; the conclusion stands last."""
    told = [f"{title}\n" + "\n".join(f"  {line}" for line in lines) for title, lines in sections(found) if lines]
    return "\n\n".join([*told, conclusion(found)])


def markdown(found: Comparison) -> str:
    """A page for a CI job; the conclusion stands first."""
    told = [
        f"## {title}\n\n" + "\n".join(f"- {_escaped(x)}" for x in lines) for title, lines in sections(found) if lines
    ]
    return "\n\n".join([f"# {_escaped(conclusion(found))}", *told]) + "\n"


def as_json(found: Comparison) -> str:
    """For machines."""
    document = {"schema": SCHEMA, "conclusion": conclusion(found)} | asdict(found)
    document |= {"is_worse": found.is_worse, "says_less": found.says_less}
    return json.dumps(document, ensure_ascii=False, indent=2)


def _flips(found: Comparison) -> Iterator[str]:
    """Those that only one of the runs was asked for are one line."""
    partly: dict[str, list[str]] = {}
    for flip in found.flips:
        change = f"{flip.before} → {flip.after}"
        if flip.is_asked_for_in_both:
            yield f"{flip.clause}: {change}: {flip.reason}"
        else:
            partly.setdefault(change, []).append(flip.clause)
    for change, clauses in partly.items():
        yield f"{', '.join(clauses)}: {change}"


def _counted(count: int, one: str, many: str) -> str:
    return f"{count} {one if count == 1 else many}" if count else ""


def _cells(one: Cells, how: str) -> str:
    named = "; ".join(one.cells[:_NAMED_MAX])
    more = f"; and {len(one.cells) - _NAMED_MAX} more" if len(one.cells) > _NAMED_MAX else ""
    count = f"{len(one.cells)} cell{'s' if len(one.cells) > 1 else ''}"
    return f"{one.clause} ({one.test}): {how} {count}: {named}{more} ({one.why})"


def _drifts(found: Comparison) -> Iterator[str]:
    """What a whole kind of timing did its parts did, too; they are counted."""
    told = [drift for drift in found.drifted if drift.is_whole or not _whole_of(drift, found)]
    for drift in told[:_DRIFTS_MAX]:
        parts = sum(not other.is_whole and _whole_of(other, found) is drift for other in found.drifted)
        yield _drift(drift, found.nights) + (f"; {parts} of its parts alone, too (--json names them)" if parts else "")
    if len(told) > _DRIFTS_MAX:
        yield f"and {len(told) - _DRIFTS_MAX} more, which --json names"


def _whole_of(part: Drift, found: Comparison) -> Drift | None:
    """The whole kind that drifted the same way, if it did."""
    kind = part.name.partition(", ")[0]
    return next(
        (one for one in found.drifted if one.is_whole and one.name == kind and one.change * part.change > 0), None
    )


def _drift(drift: Drift, nights: tuple[str, ...]) -> str:
    how = "slower" if drift.change > 0 else "faster"
    span = " … ".join(f"{value:+.1%}" for value in (drift.lo, drift.hi))
    return (
        f"{drift.name}: {abs(drift.change):.1%} {how} ({span}, 99 %) since {nights[drift.since]}: about "
        f"{drift.before_s:.2f} → {drift.after_s:.2f} s; by chance in {drift.p:.1%} of comparisons at most"
    )


def _moved(one: Moved) -> str:
    return (
        f"{one.name}: {one.before_lo_s:.3f} … {one.before_hi_s:.3f} s → {one.after_lo_s:.3f} … {one.after_hi_s:.3f} s"
    )


def _seen_from(found: Comparison) -> list[str]:
    """What silence means: how small a drift would have been seen."""
    told = [
        f"{name}: {found.seen_from[name]:.1%}"
        for name in (OUT_OF_SERVICE, LOADING, STEADY_AGAIN)
        if name in found.seen_from
    ]
    if not told:
        return []
    return [f"{len(found.nights)} nights were looked at; ten nights of it would show a drift of {', '.join(told)}"]


def _escaped(text: str) -> str:
    return "".join("\\" + letter if letter in "\\`*_{}[]<>#|~" else letter for letter in " ".join(text.split()))
