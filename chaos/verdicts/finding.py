"""What a check says of one cell: what was seen there, how that compares to the statement, and on what it rests."""

from dataclasses import dataclass, field, replace

from chaos.history import Evidence
from chaos.verdicts.bound import Bound, Span
from chaos.verdicts.grid import Cell
from chaos.verdicts.outcome import Outcome


@dataclass(frozen=True, slots=True)
class Finding:
    """One look at one cell.

    from_s, to_s: the stretch of the journal that it speaks of; None: from the first to the last thing it cites.
    rests_on_faults: whether it would say something else if a fault had not been in force as claimed; True unless
    the statement does not depend on any. is_absence: what was to come did not; then it cites what that was to come
    of, and nothing that it cites is wrong. is_unfit: INCONCLUSIVE since this lab cannot host the cell at all, as
    was seen there; another look that decides outweighs it. minds_delay: whether it would be wrong if what a CTI
    server said had reached the node later than the relay saw it; True unless delays are what it is about.
    experiment: whose journal it is from, stamped by whoever calls the check.
    """

    cell: Cell
    outcome: Outcome
    reason: str
    evidence: tuple[Evidence, ...] = ()
    measured: Span | None = None
    bound: Bound | None = None
    from_s: float | None = None
    to_s: float | None = None
    rests_on_faults: bool = True
    is_absence: bool = False
    experiment: str = field(default="")
    is_unfit: bool = False
    minds_delay: bool = True

    @property
    def stretch(self) -> tuple[float, float]:
        """From when to when it speaks, in seconds of its journal."""
        times = [item.at_s for item in self.evidence if item.at_s is not None]
        from_s = self.from_s if self.from_s is not None else min(times, default=float("-inf"))
        to_s = self.to_s if self.to_s is not None else max(times, default=float("inf"))
        return from_s, to_s

    def doubted(self, why: str) -> "Finding":
        """The same, INCONCLUSIVE: it would have been what it was, but."""
        return replace(
            self, outcome=Outcome.INCONCLUSIVE, reason=f"would have been {self.outcome} ({self.reason}), but {why}"
        )

    def __str__(self) -> str:
        return f"{self.outcome} at {self.cell}: {self.reason}"


def held(cell: Cell, reason: str, *evidence: Evidence) -> Finding:
    return Finding(cell, Outcome.HELD, reason, evidence)


def violated(cell: Cell, reason: str, *evidence: Evidence) -> Finding:
    return Finding(cell, Outcome.VIOLATED, reason, evidence)


def missed(cell: Cell, reason: str, *evidence: Evidence) -> Finding:
    """VIOLATED, since something did not come; evidence: what it was to come of."""
    return Finding(cell, Outcome.VIOLATED, reason, evidence, is_absence=True)


def inconclusive(cell: Cell, reason: str, *evidence: Evidence) -> Finding:
    return Finding(cell, Outcome.INCONCLUSIVE, reason, evidence)


def not_here(cell: Cell, reason: str, *evidence: Evidence) -> Finding:
    """What was seen shows that this lab cannot host the cell."""
    return Finding(cell, Outcome.INCONCLUSIVE, reason, evidence, is_unfit=True)


def timed(cell: Cell, what: str, measured: Span, bound: Bound, *evidence: Evidence) -> Finding:
    """A timing: the measured span against the bound."""
    outcome = bound.judge(measured)
    relation = {
        Outcome.HELD: "lies inside the bound",
        Outcome.VIOLATED: "lies outside the bound",
        Outcome.INCONCLUSIVE: "straddles an edge of the bound: it was not measured finely enough",
    }[outcome]
    return Finding(cell, outcome, f"{what} {relation}", evidence, measured, bound)
