"""Has a timing drifted in the last nights? Distribution-free, for all timings of a lab at once. Pure.

Theory of operation: nothing is known of how a lab's timings scatter, hundreds of them are looked at, one slow night
slows all of them, and nobody knows in which night a drift began. So there is one test, of the largest of all figures:
for each series and each night in which a drift may have begun, how far the nights from then on lie from those before,
in units of the series' own scatter. If nothing has drifted, the nights could have come in any order: the nights are
put into random orders (the whole of a night together), and a drift is flagged if less than one in a hundred orders
has a figure as large anywhere (Westfall and Young's maxT). So one comparison in a hundred flags anything at all in a
lab that has not changed, however many series there are and whatever they hang together by. Half of that hundredth is
kept for the few series that speak of a whole kind of recovery or a whole clause: among hundreds of parts of them they
would be hard to see.

A night's hiccup is clipped at three robust standard deviations before that, or it would hide a drift in its scatter.
Scatter is at least what the measurement's resolution makes, and 0.2 %: on the mock's clock a figure may never
scatter.

Source: P. Westfall, S. Young, Resampling-Based Multiple Testing (1993), 2.3; J. Hodges, E. Lehmann, Ann. Math.
Statist. 34 (1963).
"""

import math
import random
import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

ALPHA = 0.01
"""So many comparisons of a lab that has not changed flag something."""
CHANGE_MIN = 0.01
"""A smaller change is no news, however sure it is."""
NEW_MAX = 10
"""A drift is looked for in so many of the last nights."""
NEW_MIN = 3
OLD_MIN = 5
NIGHTS_MAX = 40
"""Older ones tell of another lab."""
_ORDERS = 999
_CLIP = 3.0
_MAD = 1.4826  # of a normal distribution's standard deviation
_SCATTER_MIN = 0.002
_Z = 2.576  # 99 %, two-sided


@dataclass(frozen=True)
class Series:
    """One timing through the nights, oldest first. values: logarithms of seconds; None: not measured in that night.
    seconds: what stands for it in seconds. resolution: the standard deviation that measuring alone makes, relative.
    is_whole: whether it speaks of a whole kind of thing, and not of a part."""

    name: str
    values: tuple[float | None, ...]
    seconds: float
    resolution: float = 0.0
    is_whole: bool = False


@dataclass(frozen=True)
class Drift:
    """A series that drifted. since: place of the first night that is different. change: 0.05 is 5 % slower; it lies in
    lo … hi with 99 %. p: part of the orders of nights that show a figure as large anywhere."""

    name: str
    since: int
    change: float
    lo: float
    hi: float
    before_s: float
    after_s: float
    p: float
    is_whole: bool


@dataclass(frozen=True)
class Drifts:
    """found: those of whole kinds first, and the surest. seen_from: the least change of each series that ten nights
    would show nine times of ten, by name. series: how many were looked at."""

    found: tuple[Drift, ...]
    seen_from: dict[str, float]
    series: int


def drifts(
    series: Iterable[Series], nights: int, *, new_max: int = NEW_MAX, new_min: int = NEW_MIN, seed: int = 0
) -> Drifts:
    """What drifted in the last nights. new_min, new_max: how many nights may lie on the new side. seed: of the orders;
    the same one gives the same answer."""
    splits = range(new_min, min(new_max, nights - OLD_MIN) + 1)
    looked = [_Looked(one, splits) for one in series if len(one.values) == nights] if splits else []
    looked = [one for one in looked if one.present >= OLD_MIN + new_min]
    if not looked:
        return Drifts((), {}, 0)
    families = [one for one in ([x for x in looked if x.series.is_whole is whole] for whole in (True, False)) if one]
    largest = _largest(families, nights, splits, seed)
    tail = list(range(nights))[: -splits.stop : -1]
    found: list[Drift] = []
    seen_from = {}
    for family, ordered in zip(families, largest, strict=True):
        alpha = ALPHA / len(families)
        threshold = ordered[math.ceil((1 - alpha) * (_ORDERS + 1)) - 1]
        for one in family:
            seen_from[one.series.name] = one.seen_from(threshold)
            figure, new = one.figure(tail)
            p = (1 + sum(each >= figure for each in ordered)) / (_ORDERS + 1)
            if p <= alpha and (drift := one.drift(nights - new, p)) is not None and abs(drift.change) >= CHANGE_MIN:
                found.append(drift)
    found.sort(key=lambda drift: (not drift.is_whole, drift.p, -abs(drift.change)))
    return Drifts(tuple(found), seen_from, len(looked))


def _largest(families: Sequence[Sequence["_Looked"]], nights: int, splits: range, seed: int) -> list[list[float]]:
    """For each family the largest figure in each of many random orders of the nights, ascending."""
    rng = random.Random(seed)
    order = list(range(nights))
    largest: list[list[float]] = [[] for _ in families]
    for _ in range(_ORDERS):
        rng.shuffle(order)
        tail = order[: -splits.stop : -1]
        for family, ordered in zip(families, largest, strict=True):
            ordered.append(max(one.figure(tail)[0] for one in family))
    for ordered in largest:
        ordered.sort()
    return largest


class _Looked:
    """A series made ready: clipped, with what is the same in whatever order the nights come."""

    def __init__(self, series: Series, splits: range) -> None:
        self.series = series
        self._splits = splits
        there = [value for value in series.values if value is not None]
        self.present = len(there)
        if not there:
            return
        middle = statistics.median(there)
        reach = _CLIP * max(_MAD * statistics.median(abs(value - middle) for value in there), _SCATTER_MIN)
        clipped = [None if value is None else max(-reach, min(reach, value - middle)) for value in series.values]
        mean = statistics.fmean(value for value in clipped if value is not None)
        # A night without the figure counts nothing on either side.
        self._values = [0.0 if value is None else value - mean for value in clipped]
        self._counts = [int(value is not None) for value in clipped]
        self._squares = sum(value * value for value in self._values)
        self._least = max(series.resolution, _SCATTER_MIN) ** 2

    def figure(self, tail: Sequence[int]) -> tuple[float, int]:
        """The largest |t| over all splits, and how many nights lie on its new side. tail: the nights, newest first."""
        best, new_best, total, count = 0.0, 0, 0.0, 0
        values, counts, whole = self._values, self._counts, self.present
        first = self._splits.start
        for new, night in enumerate(tail, 1):
            total += values[night]
            count += counts[night]
            if new < first or count == 0 or count == whole:
                continue
            # The values have a mean of zero, so the new side's sum says all of both.
            between = total * total * whole / (count * (whole - count))
            scatter = max(self._squares - between, 0.0) / (whole - 2) + self._least
            squared = between / scatter
            if squared > best:
                best, new_best = squared, new
        return math.sqrt(best), new_best

    def drift(self, since: int, p: float) -> Drift | None:
        """The change from that night on, with its span; None if there is nothing on one side."""
        old = [value for value in self.series.values[:since] if value is not None]
        new = [value for value in self.series.values[since:] if value is not None]
        if not old or not new:
            return None
        shift, lo, hi = shift_of(old, new)
        before_s = self.series.seconds * math.exp(statistics.median(old))
        return Drift(
            self.series.name,
            since,
            math.expm1(shift),
            math.expm1(lo),
            math.expm1(hi),
            before_s,
            before_s * math.exp(shift),
            p,
            self.series.is_whole,
        )

    def seen_from(self, threshold: float) -> float:
        """The least change that shows nine times of ten, once there are as many new nights as there may be."""
        new = self._splits.stop - 1
        scatter = math.sqrt(self._squares / max(self.present - 2, 1) + self._least)
        return math.expm1((threshold + 1.28) * scatter * math.sqrt(1 / new + 1 / max(self.present - new, 1)))


def shift_of(old: Sequence[float], new: Sequence[float]) -> tuple[float, float, float]:
    """How far the new ones lie from the old: Hodges and Lehmann's estimate and its span with 99 %, or with as much as
    so few can give."""
    pairs = sorted(after - before for after in new for before in old)
    m, n = len(old), len(new)
    cut = math.floor(m * n / 2 - _Z * math.sqrt(m * n * (m + n + 1) / 12))
    cut = max(0, min(cut, (len(pairs) - 1) // 2))
    return statistics.median(pairs), pairs[cut], pairs[-1 - cut]
