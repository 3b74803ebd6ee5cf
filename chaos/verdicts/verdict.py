"""What a check says: HELD, VIOLATED or INCONCLUSIVE, with what it rests on."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import StrEnum

from chaos.errors import UsageError


class Outcome(StrEnum):
    """VIOLATED outweighs INCONCLUSIVE outweighs HELD."""

    HELD = "HELD"
    INCONCLUSIVE = "INCONCLUSIVE"
    VIOLATED = "VIOLATED"


_WEIGHT = {Outcome.HELD: 0, Outcome.INCONCLUSIVE: 1, Outcome.VIOLATED: 2}


@dataclass(frozen=True, slots=True)
class Evidence:
    """One thing that a verdict cites; at_s is its time in the journal, None for a whole-run fact."""

    at_s: float | None
    text: str

    def __str__(self) -> str:
        return self.text if self.at_s is None else f"{self.at_s:10.3f} s  {self.text}"


@dataclass(frozen=True, slots=True)
class Span:
    """A measured duration: it lies somewhere in lo_s … hi_s, ends included (probe interval, injection, clock error)."""

    lo_s: float
    hi_s: float

    def __post_init__(self) -> None:
        if self.lo_s > self.hi_s:
            raise UsageError(f"a span from {self.lo_s} s to {self.hi_s} s is upside down")

    def __str__(self) -> str:
        return f"{self.lo_s:.3f} … {self.hi_s:.3f} s" if self.hi_s > self.lo_s else f"{self.lo_s:.3f} s"


@dataclass(frozen=True, slots=True)
class Bound:
    """A figure with both edges, which belong to it. source: clause, or "(ours)" with the reason."""

    min_s: float
    max_s: float
    source: str

    def judge(self, measured: Span) -> Outcome:
        """HELD if the whole span lies inside, VIOLATED if wholly outside, else INCONCLUSIVE.

        To the microsecond, which is the journal's: a difference of two of its times is no float like 12.5 otherwise.
        """
        lo_s, hi_s = round(measured.lo_s, 6), round(measured.hi_s, 6)
        if self.min_s <= lo_s and hi_s <= self.max_s:
            return Outcome.HELD
        if hi_s < self.min_s or self.max_s < lo_s:
            return Outcome.VIOLATED
        return Outcome.INCONCLUSIVE

    def __str__(self) -> str:
        return f"{self.min_s:g} … {self.max_s:g} s ({self.source})"


@dataclass(frozen=True, slots=True)
class Verdict:
    """The answer to one clause from one journal."""

    clause: str
    outcome: Outcome
    reason: str
    evidence: tuple[Evidence, ...] = ()
    measured: Span | None = None
    bound: Bound | None = None

    def __str__(self) -> str:
        lines = [f"{self.clause} {self.outcome}: {self.reason}"]
        if self.measured is not None:
            lines.append(f"  measured {self.measured}")
        if self.bound is not None:
            lines.append(f"  bound    {self.bound}")
        lines += [f"  {item}" for item in self.evidence]
        return "\n".join(lines)


def held(clause: str, reason: str, *evidence: Evidence) -> Verdict:
    return Verdict(clause, Outcome.HELD, reason, evidence)


def violated(clause: str, reason: str, *evidence: Evidence) -> Verdict:
    return Verdict(clause, Outcome.VIOLATED, reason, evidence)


def inconclusive(clause: str, reason: str, *evidence: Evidence) -> Verdict:
    return Verdict(clause, Outcome.INCONCLUSIVE, reason, evidence)


def timed(clause: str, what: str, measured: Span, bound: Bound, *evidence: Evidence) -> Verdict:
    """A timing verdict: the measured span against the bound."""
    outcome = bound.judge(measured)
    relation = {
        Outcome.HELD: "lies inside the bound",
        Outcome.VIOLATED: "lies outside the bound",
        Outcome.INCONCLUSIVE: "straddles an edge of the bound: it was not measured finely enough",
    }[outcome]
    return Verdict(clause, outcome, f"{what} {relation}", evidence, measured, bound)


def worst(verdicts: Iterable[Verdict]) -> Verdict:
    """The verdict that outweighs the others; among equals the first. Raises UsageError: there is none."""
    weighed = sorted(verdicts, key=lambda verdict: -_WEIGHT[verdict.outcome])
    if not weighed:
        raise UsageError("nothing was judged: a clause test must hand its verdicts to judge()")
    return weighed[0]


def tempered(verdict: Verdict, doubts: Iterable[str]) -> Verdict:
    """A HELD whose experiment is in doubt is INCONCLUSIVE: without proof nothing is green."""
    doubts = tuple(doubts)
    if verdict.outcome is not Outcome.HELD or not doubts:
        return verdict
    reason = f"would have been HELD ({verdict.reason}), but " + "; ".join(doubts)
    return replace(verdict, outcome=Outcome.INCONCLUSIVE, reason=reason)
