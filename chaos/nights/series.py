"""The timings of many nights as series: what belongs together is drawn together, so that a small drift shows. Pure.

A single figure scatters by more than a drift is large; forty of the same kind in one night do not, and all recoveries
together scatter the least. So a night's value of a series is a mean, over its members, of how far each lies from its
own middle, as a ratio. It is Huber's, in one step from the night's median: a figure that took half as long again counts
as one that is a little late, and what moves all of them moves it by as much.

Source: P. Huber, Robust Estimation of a Location Parameter, Ann. Math. Statist. 35 (1964).
"""

import math
import statistics
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from chaos.nights.drift import Series
from chaos.report import Summary
from chaos.report.timings import LOADING, OUT_OF_SERVICE, STEADY_AGAIN
from chaos.verdicts import CLAUSES

ALL_RECOVERIES = "all recoveries"
_WHOLE = {ALL_RECOVERIES, OUT_OF_SERVICE, LOADING, STEADY_AGAIN} | {clause.id for clause in CLAUSES}
# Shorter ones say nothing as a ratio: half a second of probing is all that they are.
SECONDS_MIN = 1.0
# Of a normal distribution: 1.5 standard deviations lose 4 % of the mean's sharpness, and bound what a hiccup can do.
_HUBER = 1.5
_MAD = 1.4826
# Of fewer the median says little.
_FEW = 5
# A member that was measured in fewer of the nights is left out: its absence would look like a drift of the others.
_PRESENT_MIN = 0.8


@dataclass(frozen=True)
class Figure:
    """One timing of one night. groups: the series to which it belongs, by name."""

    key: tuple[str, ...]
    groups: tuple[str, ...]
    lo_s: float
    hi_s: float


def figures(summary: Summary) -> Iterator[Figure]:
    """Everything that was timed in a run, recoveries and statements."""
    for one in summary.recoveries:
        where = [f"{one.what}, {one.node}"] if one.node else []
        groups = (ALL_RECOVERIES, one.what, *where, f"{one.what}, {one.experiment}")
        yield Figure((one.what, one.experiment, one.node), groups, one.lo_s, one.hi_s)
    for row in summary.clauses:
        for test in row.details:
            for timing in test.timings:
                at = tuple(f"{axis} {value}" for axis, value in sorted(timing.at.items()))
                groups = (row.id, *(f"{row.id}, {one}" for one in at))
                yield Figure((row.id, test.name, timing.experiment, *at), groups, timing.lo_s, timing.hi_s)


def series_of(nights: Sequence[Summary]) -> list[Series]:
    """All series of these nights, oldest first; the same figures under two names are one series."""
    tables = [{figure.key: figure for figure in figures(night)} for night in nights]
    members = _members(tables)
    groups: dict[str, list[tuple[str, ...]]] = {}
    for key, figure in members.items():
        for name in figure.groups:
            groups.setdefault(name, []).append(key)
    columns = {key: _column(key, tables) for key in members}
    found: dict[frozenset[tuple[str, ...]], Series] = {}
    for name, keys in groups.items():
        found.setdefault(frozenset(keys), _drawn_together(name, [columns[key] for key in keys]))
    return list(found.values())


@dataclass(frozen=True)
class _Column:
    """One member through the nights. values: logarithms of seconds, their middle taken off."""

    values: tuple[float | None, ...]
    seconds: float
    width: float


def _members(tables: Sequence[Mapping[tuple[str, ...], Figure]]) -> dict[tuple[str, ...], Figure]:
    """Those that are long enough and were measured in most nights, with the latest figure of each."""
    seen: dict[tuple[str, ...], list[Figure]] = {}
    for table in tables:
        for key, figure in table.items():
            seen.setdefault(key, []).append(figure)
    return {
        key: some[-1]
        for key, some in seen.items()
        if len(some) >= _PRESENT_MIN * len(tables) and statistics.median(map(_middle, some)) >= SECONDS_MIN
    }


def _column(key: tuple[str, ...], tables: Sequence[Mapping[tuple[str, ...], Figure]]) -> _Column:
    there = [table.get(key) for table in tables]
    logs = [None if one is None else math.log(max(_middle(one), SECONDS_MIN / 100)) for one in there]
    middle = statistics.median(value for value in logs if value is not None)
    seconds = math.exp(middle)
    width = statistics.median(one.hi_s - one.lo_s for one in there if one is not None)
    return _Column(tuple(None if value is None else value - middle for value in logs), seconds, width / seconds)


def _drawn_together(name: str, columns: Sequence[_Column]) -> Series:
    nights = [
        [value for value in night if value is not None]
        for night in zip(*(column.values for column in columns), strict=True)
    ]
    off = [abs(value - statistics.median(night)) for night in nights for value in night]
    reach = _HUBER * _MAD * statistics.median(off) if off else 0.0
    values = [_huber(night, reach) if night else None for night in nights]
    seconds = statistics.median(column.seconds for column in columns)
    # A figure lies anywhere in its span: as if drawn evenly from it, and the mean of many as much less.
    resolution = math.sqrt(sum(column.width**2 for column in columns) / 12) / len(columns)
    return Series(name, tuple(values), seconds, resolution, is_whole=name in _WHOLE)


def _huber(values: Sequence[float], reach: float) -> float:
    """Their mean, where what lies farther than `reach` from their median counts as lying just there; 0: their mean."""
    if len(values) < _FEW or reach <= 0:
        return statistics.fmean(values)
    middle = statistics.median(values)
    return middle + statistics.fmean(max(-reach, min(reach, value - middle)) for value in values)


def _middle(figure: Figure) -> float:
    return (figure.lo_s + figure.hi_s) / 2
