"""The lane of a violated statement: where it does not hold, and what was to come there and did not."""

from collections.abc import Iterator, Mapping, Sequence

from chaos.report.drawing import VERMILION
from chaos.report.explained import Divergence
from chaos.report.marks import Bar, Lane, Mark, Row, Shape

_ROWS_MAX = 6


def violated_here(wrong: Sequence[Divergence], end_s: float, names: Mapping[str, str]) -> Iterator[Lane]:
    """One row for each cell that fails, nothing where nothing is wrong. names: what nodes are called in short."""
    cells: dict[str, list[Divergence]] = {}
    for one in wrong:
        named = ", ".join(names.get(value, value) for _, value in one.finding.cell.at)
        cells.setdefault(named or "everywhere", []).append(one)
    if not cells:
        return
    rows = [
        Row(cell, tuple(_marks(own)), tuple(_stretches(own, end_s)), shelves=1, thick_px=13.0)
        for cell, own in list(cells.items())[:_ROWS_MAX]
    ]
    more = len(cells) - _ROWS_MAX
    if more > 0:
        rows.append(Row(f"and {more} more cells", shelves=0))
    yield Lane("Violated here", tuple(rows))


def _marks(own: Sequence[Divergence]) -> Iterator[Mark]:
    for one in own:
        at_s, _ = one.place
        if one.evidence is not None:
            yield Mark(at_s, Shape.CROSS, VERMILION, f"{at_s:.3f} s: {one.evidence.text}", one.finding.reason)


def _stretches(own: Sequence[Divergence], end_s: float) -> Iterator[Bar]:
    """Of what did not come there is nothing but when it was to come."""
    for one in own:
        if one.evidence is None:
            from_s, to_s = one.finding.stretch
            from_s, to_s = max(0.0, from_s), min(end_s, to_s)
            hint = f"{from_s:.3f} … {to_s:.3f} s: {one.finding.reason}"
            yield Bar(from_s, max(from_s, to_s), VERMILION, "✗ did not come", hint, is_missing=True)
