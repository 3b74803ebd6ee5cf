"""What changed between two runs: verdicts that flipped, violations that spread, grids that shrank. Pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from chaos.report import CellRow, ClauseRow, Summary, TestRow
from chaos.verdicts import Outcome

ABSENT = "not asked for"
_JUDGED = (Outcome.HELD.value, Outcome.VIOLATED.value)
# How bad each is; what is not here (unfit, not run, not asked for) is as little as what could not be judged.
_WEIGHT = {Outcome.HELD.value: 0, Outcome.VIOLATED.value: 2}

Cell = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Flip:
    """A clause whose verdict is another one. reason: of the new verdict."""

    clause: str
    before: str
    after: str
    reason: str

    @property
    def is_worse(self) -> bool:
        return _WEIGHT.get(self.after, 1) > _WEIGHT.get(self.before, 1)

    @property
    def is_asked_for_in_both(self) -> bool:
        return ABSENT not in (self.before, self.after)


@dataclass(frozen=True)
class Cells:
    """Cells of one test's grid of which something is to be told. why: a reason, that of the first one."""

    clause: str
    test: str
    cells: tuple[str, ...]
    why: str


def flips(before: Summary, after: Summary) -> tuple[Flip, ...]:
    """Every clause of either run that came to another verdict; those that got worse first."""
    old, new = _by_id(before), _by_id(after)
    found = [
        Flip(id, _verdict(old.get(id)), _verdict(new.get(id)), new[id].reason if id in new else "")
        for id in dict.fromkeys((*old, *new))
        if _verdict(old.get(id)) != _verdict(new.get(id))
    ]
    return tuple(sorted(found, key=lambda flip: (not flip.is_worse, -_WEIGHT.get(flip.after, 1))))


def spread(before: Summary, after: Summary) -> tuple[Cells, ...]:
    """Cells that are VIOLATED now and were not, of clauses that were VIOLATED before."""
    return tuple(
        Cells(clause, name, tuple(map(_said, cells)), new[cells[0]].reason)
        for clause, name, old, new in _grids(before, after, both=Outcome.VIOLATED.value)
        if (
            cells := [
                at
                for at, cell in new.items()
                if cell.outcome == Outcome.VIOLATED and _outcome(old.get(at)) != Outcome.VIOLATED
            ]
        )
    )


def shrunk(before: Summary, after: Summary) -> tuple[Cells, ...]:
    """Cells that were judged and are no longer, of clauses that still are: a HELD that speaks of less than it did."""
    found = []
    for clause, name, old, new in _grids(before, after):
        left = [at for at, cell in old.items() if cell.outcome in _JUDGED and _outcome(new.get(at)) not in _JUDGED]
        if left:
            now = new.get(left[0])
            why = f"{now.outcome}: {now.reason}" if now is not None else "the grid has it no longer"
            found.append(Cells(clause, name, tuple(map(_said, left)), why))
    return tuple(found)


def _grids(
    before: Summary, after: Summary, both: str | None = None
) -> Iterator[tuple[str, str, Mapping[Cell, CellRow], Mapping[Cell, CellRow]]]:
    """The grids of the tests that both runs have, of clauses that both judged. both: only with that verdict."""
    old, new = _by_id(before), _by_id(after)
    for id, row in old.items():
        if id not in new or row.verdict not in _JUDGED or new[id].verdict not in _JUDGED:
            continue
        if both is not None and (row.verdict, new[id].verdict) != (both, both):
            continue
        tests = {one.name: one for one in new[id].details}
        for one in row.details:
            if one.name in tests or one.grid:
                yield id, one.name, _cells(one), _cells(tests.get(one.name))


def _cells(test: TestRow | None) -> dict[Cell, CellRow]:
    return {tuple(sorted(cell.at.items())): cell for cell in test.grid} if test is not None else {}


def _by_id(summary: Summary) -> dict[str, ClauseRow]:
    return {row.id: row for row in summary.clauses}


def _verdict(row: ClauseRow | None) -> str:
    return ABSENT if row is None else row.verdict


def _outcome(cell: CellRow | None) -> str | None:
    return None if cell is None else cell.outcome


def _said(at: Cell) -> str:
    return ", ".join(f"{axis} {value}" for axis, value in at) or "everywhere"
