"""What a run measured, in figures: each timed statement at each cell, and how long each recovery took. Pure.

One figure of a clause, the tightest, stands beside its verdict; to tell whether a product has become slower from night
to night takes all of them, each with its span.
"""

import statistics
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from chaos.history import History
from chaos.history.gaps import gaps
from chaos.journal import FaultPhase, FaultSeen, RestExchange, SteadyState
from chaos.verdicts import Verdict

OUT_OF_SERVICE = "out of service"
LOADING = "in service after its CTI session"
STEADY_AGAIN = "steady again"


@dataclass(frozen=True)
class TimingRow:
    """One timed statement at one cell in one experiment. lo_s, hi_s: the span in which the figure lies, the median of
    its looks. min_s, max_s: its bound."""

    experiment: str
    at: Mapping[str, str]
    lo_s: float
    hi_s: float
    min_s: float
    max_s: float
    looks: int


@dataclass(frozen=True)
class RecoveryRow:
    """One recovery of an experiment. what: "out of service" (a node, from the first word of it to IN_SERVICE), "in
    service after its CTI session" (the part of it that is the node's own doing), or "steady again" (the lab, from the
    end of the last rollback). lo_s, hi_s: the span, the median of its times."""

    experiment: str
    what: str
    node: str
    lo_s: float
    hi_s: float
    times: int


@dataclass(frozen=True)
class PlayedRow:
    """One experiment of the run. lab_s: seconds of the lab's clock; wall_s: what it took whoever waited."""

    experiment: str
    lab_s: float
    wall_s: float


def timings_of(verdict: Verdict) -> tuple[TimingRow, ...]:
    """Every timed finding, those of one experiment and cell together."""
    found: dict[tuple[str, tuple[tuple[str, str], ...]], list[tuple[float, float, float, float]]] = {}
    for finding in verdict.findings:
        if finding.measured is not None and finding.bound is not None:
            figures = (finding.measured.lo_s, finding.measured.hi_s, finding.bound.min_s, finding.bound.max_s)
            found.setdefault((finding.experiment, finding.cell.at), []).append(figures)
    rows = []
    for (experiment, at), looks in found.items():
        lo_s, hi_s, min_s, max_s = (_middle(column) for column in zip(*looks, strict=True))
        rows.append(TimingRow(experiment, dict(at), lo_s, hi_s, min_s, max_s, len(looks)))
    return tuple(rows)


def recoveries(histories: Iterable[History], probe_interval_s: float) -> tuple[RecoveryRow, ...]:
    """How long nodes were out of service and the lab not steady, by experiment. probe_interval_s: between two looks at
    what is not told by an event."""
    rows: list[RecoveryRow] = []
    for history in histories:
        experiment = history.whole.header.experiment
        spans: dict[tuple[str, str], list[tuple[float, float]]] = {}
        for what, node, span in (*_gaps(history, probe_interval_s), *_steady(history, probe_interval_s)):
            spans.setdefault((what, node), []).append(span)
        for (what, node), some in spans.items():
            lo_s, hi_s = (_middle(column) for column in zip(*some, strict=True))
            rows.append(RecoveryRow(experiment, what, node, lo_s, hi_s, len(some)))
    return tuple(rows)


Named = Iterator[tuple[str, str, tuple[float, float]]]


def _gaps(history: History, probe_interval_s: float) -> Named:
    """Both ends are somebody's event where there was one; an answer to a probe comes up to one interval late."""
    for gap in gaps(history):
        if gap.back is not None:
            late_s = probe_interval_s if isinstance(gap.told, RestExchange) else 0.0
            later_s = probe_interval_s if isinstance(gap.back, RestExchange) else 0.0
            took_s = gap.back.at_s - gap.told_s
            yield OUT_OF_SERVICE, gap.node, (max(0.0, took_s - later_s), took_s + late_s)
            if gap.reconnected is not None:
                took_s = gap.back.at_s - gap.reconnected.at_s
                yield LOADING, gap.node, (max(0.0, took_s - later_s), took_s)


def _steady(history: History, probe_interval_s: float) -> Named:
    back = [seen.at_s for seen in history.whole.of(FaultSeen) if seen.phase is FaultPhase.ROLLED_BACK]
    after = [seen.at_s for seen in history.whole.of(SteadyState) if seen.when == "after" and seen.ok]
    if back and after and after[-1] >= back[-1]:
        took_s = after[-1] - back[-1]
        yield STEADY_AGAIN, "", (max(0.0, took_s - probe_interval_s), took_s)


def _middle(figures: Sequence[float]) -> float:
    return round(statistics.median(figures), 6)
