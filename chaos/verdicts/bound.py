"""A measured duration, and the figure that it is held against."""

from dataclasses import dataclass

from chaos.errors import UsageError
from chaos.verdicts.outcome import Outcome


@dataclass(frozen=True, slots=True)
class Span:
    """A measured duration: it lies somewhere in lo_s … hi_s, ends included (probe interval, injection, clock error)."""

    lo_s: float
    hi_s: float

    def __post_init__(self) -> None:
        if self.lo_s > self.hi_s:
            raise UsageError(f"a span from {self.lo_s} s to {self.hi_s} s is upside down")

    def __str__(self) -> str:
        """To the millisecond; one whose ends read alike is one figure."""
        ends = [f"{end_s:.3f}" for end_s in (self.lo_s, self.hi_s)]
        return f"{' … '.join(dict.fromkeys(ends))} s"


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

    def margin(self, measured: Span) -> float:
        """How far from the nearer edge, as a part of the bound's width; its lower edge counts only if it is above 0."""
        edges = [self.max_s - measured.hi_s]
        if self.min_s > 0:
            edges.append(measured.lo_s - self.min_s)
        return min(edges) / (self.max_s - self.min_s or 1.0)

    def __str__(self) -> str:
        return f"{self.min_s:g} … {self.max_s:g} s ({self.source})"
