"""What is said of a clause: HELD, VIOLATED or INCONCLUSIVE, with what it rests on."""

from collections.abc import Iterable
from dataclasses import dataclass

from chaos.errors import UsageError
from chaos.history import Evidence
from chaos.verdicts.bound import Bound, Span
from chaos.verdicts.finding import Finding
from chaos.verdicts.grid import CellState
from chaos.verdicts.outcome import Outcome

UNFIT, UNJUDGED = "UNFIT", "UNJUDGED"

_WEIGHT = {Outcome.HELD: 0, Outcome.INCONCLUSIVE: 1, Outcome.VIOLATED: 2}


@dataclass(frozen=True, slots=True)
class Verdict:
    """The answer to one clause from the journals of a run.

    findings: all that was found, the weightiest first. grid: what came of each cell, in the grid's order; empty where
    nothing could be played. evidence, measured, bound: of what decided it.
    """

    clause: str
    outcome: Outcome
    reason: str
    evidence: tuple[Evidence, ...] = ()
    measured: Span | None = None
    bound: Bound | None = None
    findings: tuple[Finding, ...] = ()
    grid: tuple[CellState, ...] = ()

    @property
    def fit(self) -> int:
        """How many cells this lab can host."""
        return sum(1 for state in self.grid if state.outcome != UNFIT)

    @property
    def covered(self) -> str:
        """ "12 of 14 cells", where 2 are unfit for this lab; "" without a grid."""
        held = sum(1 for state in self.grid if state.outcome == Outcome.HELD)
        return f"{held} of {len(self.grid)}" if self.grid else ""

    def __str__(self) -> str:
        lines = [f"{self.clause} {self.outcome}: {self.reason}"]
        if self.measured is not None:
            lines.append(f"  measured {self.measured}")
        if self.bound is not None:
            lines.append(f"  bound    {self.bound}")
        lines += [f"  {item}" for item in sorted(self.evidence, key=_place)]
        return "\n".join(lines)


def _place(item: Evidence) -> tuple[float, int]:
    """By time, and inside one instant by its line in the journal; facts of the whole run last."""
    return (float("inf") if item.at_s is None else item.at_s, item.number or 0)


def worst(verdicts: Iterable[Verdict]) -> Verdict:
    """The verdict that outweighs the others; among equals the first. Raises UsageError: there is none."""
    weighed = sorted(verdicts, key=lambda verdict: -_WEIGHT[verdict.outcome])
    if not weighed:
        raise UsageError("nothing was judged: a clause test must hand its verdicts to judge()")
    return weighed[0]
