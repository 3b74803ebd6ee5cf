"""What any clause has against one journal."""

from collections.abc import Collection
from dataclasses import dataclass

from chaos.history import Evidence, History
from chaos.journal import Timeline
from chaos.verdicts import Outcome
from chaos.verdicts.checks import CHECKS
from chaos.verdicts.ruling import found


@dataclass(frozen=True, slots=True)
class Violation:
    """clause: whose. cell: where. reason: in words, with its times. evidence: what was seen."""

    clause: str
    cell: str
    reason: str
    evidence: tuple[Evidence, ...] = ()

    def __str__(self) -> str:
        return f"{self.clause} at {self.cell}: {self.reason}"


@dataclass(frozen=True, slots=True)
class Judged:
    """violations: of all checks. held: clauses of which something was seen to hold. doubts: how many findings were
    inconclusive, by clause."""

    violations: tuple[Violation, ...]
    held: tuple[str, ...]
    doubts: tuple[tuple[str, str], ...]


def judged(timeline: Timeline, clauses: Collection[str] = CHECKS.keys()) -> Judged:
    """Every check's findings on this one journal, or those of these clauses; a grid need not be full."""
    history = History(timeline)
    violations, held, doubts = [], [], []
    for clause, checks in CHECKS.items():
        for check in checks if clause in clauses else ():
            for finding in found(check, history):
                if finding.outcome is Outcome.VIOLATED:
                    violations.append(Violation(clause, str(finding.cell), finding.reason, finding.evidence))
                elif finding.outcome is Outcome.HELD:
                    held.append(clause)
                else:
                    doubts.append((clause, finding.reason))
    return Judged(tuple(violations), tuple(dict.fromkeys(held)), tuple(doubts))
