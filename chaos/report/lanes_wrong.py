"""The lane of a violated statement: where it does not hold, and what was to come there and did not."""

from collections.abc import Iterator, Mapping, Sequence

from chaos.report.diverged import Divergence, measured_between
from chaos.report.drawing import GREEN, VERMILION
from chaos.report.marks import Bar, Lane, Mark, Row, Shape

_ROWS_MAX = 6


def violated_here(wrong: Sequence[Divergence], end_s: float, names: Mapping[str, str]) -> Iterator[Lane]:
    """One row for each cell that fails, nothing where nothing is wrong. names: what nodes are called in short."""
    cells: dict[str, list[Divergence]] = {}
    for one in wrong:
        # An axis is named where its value alone would say nothing: "side a".
        named = ", ".join(
            names.get(value, f"{axis} {value}" if len(value) < 3 else value) for axis, value in one.finding.cell.at
        )
        cells.setdefault(named or "everywhere", []).append(one)
    if not cells:
        return
    rows = [
        Row(cell, tuple(_marks(own, names)), tuple(_stretches(own, end_s)), shelves=1, thick_px=13.0)
        for cell, own in list(cells.items())[:_ROWS_MAX]
    ]
    more = len(cells) - _ROWS_MAX
    if more > 0:
        rows.append(Row(f"and {more} more cells", shelves=0))
    yield Lane("Violated here", tuple(rows))


def _marks(own: Sequence[Divergence], names: Mapping[str, str]) -> Iterator[Mark]:
    for one in own:
        at_s = one.at_s
        reason = one.finding.reason
        for node, name in names.items():
            reason = reason.removeprefix(f"{node}: ").replace(node, name)  # the row says whose it is
        if not one.is_absence:
            seen = one.evidence.text if one.evidence is not None else reason
            yield Mark(at_s, Shape.CROSS, VERMILION, f"{at_s:.3f} s: {seen}", reason)
        between = measured_between(one.finding)
        if between is not None and between[1] > at_s:
            ended_s = between[1]
            yield Mark(ended_s, Shape.DIAMOND, VERMILION, f"{ended_s:.3f} s: where it ends that was measured")


def _stretches(own: Sequence[Divergence], end_s: float) -> Iterator[Bar]:
    """When it might have come: by its bound, or of what did not come at all, when it was to."""
    for one in own:
        bound, between = one.finding.bound, measured_between(one.finding)
        if bound is not None and between is not None:
            began_s, _ = between
            hint = f"allowed: {began_s + bound.min_s:.3f} … {began_s + bound.max_s:.3f} s"
            yield Bar(began_s + bound.min_s, began_s + bound.max_s, GREEN, "allowed", hint, is_missing=True)
        if one.is_absence:
            # A check that says until when it was due says so; else it has not come to the end.
            due_s = one.finding.to_s if one.finding.to_s is not None else end_s
            from_s, to_s = max(0.0, one.at_s), min(end_s, due_s)
            hint = f"{from_s:.3f} … {to_s:.3f} s: {one.finding.reason}"
            yield Bar(from_s, max(from_s, to_s), VERMILION, "✗ did not come", hint, is_missing=True)
