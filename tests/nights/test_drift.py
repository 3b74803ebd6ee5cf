"""A drift is told from chance: it is flagged in time, and hardly ever where there is none."""

import math
import random
from collections.abc import Sequence

import pytest

from chaos.nights.drift import ALPHA, NEW_MAX, Series, drifts, shift_of
from chaos.nights.series import _huber, series_of
from tests.nights.__main__ import OLD, flagged_after
from tests.nights.labs import MadeLab, nights

SMALL = MadeLab(experiments=5)


def _series(name: str, seconds: Sequence[float | None], *, whole: bool = True) -> Series:
    return Series(name, tuple(None if one is None else math.log(one) for one in seconds), 1.0, is_whole=whole)


def test_a_recovery_that_is_five_per_cent_slower_is_flagged_within_ten_nights() -> None:
    """`scripts/drifts` has the figures of hundreds of labs."""
    rng = random.Random(1)
    assert all(flagged_after(SMALL, rng, 0.05) is not None for _ in range(3))


def test_nights_that_are_alike_flag_nothing_but_once_in_a_hundred_comparisons() -> None:
    rng = random.Random(2)
    flagged = sum(bool(drifts(series_of(nights(SMALL, rng, OLD + NEW_MAX)), OLD + NEW_MAX).found) for _ in range(40))
    # With one in a hundred, three or more of forty come once in a hundred and twenty-five times.
    assert flagged <= 2


def test_pure_chance_stays_below_its_bound_whatever_the_scatter_is_like() -> None:
    """Cauchy's scatter has no variance at all: whoever takes a normal one for granted flags far too often."""
    rng = random.Random(3)
    flagged = 0
    for _ in range(100):
        heavy = [
            Series(f"s{n}", tuple(math.tan(math.pi * (rng.random() - 0.5)) for _ in range(18)), 10.0) for n in range(6)
        ]
        flagged += bool(drifts(heavy, 18).found)
    assert flagged <= 4  # one expected; five or more come once in 290 times


def test_a_drift_says_since_when_how_much_and_how_sure_that_is() -> None:
    rng = random.Random(4)
    figures = [20 * math.exp(rng.gauss(0, 0.01)) * (1.1 if n >= 20 else 1) for n in range(26)]
    (drift,) = drifts([_series("CTI-04", figures)], 26).found
    assert drift.since == 20
    assert drift.lo < 0.1 < drift.hi
    assert drift.change == pytest.approx(0.1, abs=0.02)
    assert drift.before_s == pytest.approx(20, rel=0.02)
    assert drift.after_s == pytest.approx(22, rel=0.02)
    assert drift.p <= ALPHA


def test_what_became_faster_is_a_drift_too() -> None:
    figures = [20.0 + 0.01 * (n % 3) for n in range(15)] + [15.0] * 5
    (drift,) = drifts([_series("IPPA-03", figures)], 20).found
    assert drift.change == pytest.approx(-0.25, abs=0.01)


def test_a_figure_that_never_scatters_is_no_drift_for_a_change_that_is_no_news() -> None:
    figures: Sequence[float | None] = [15.0] * 15 + [15.05] * 5
    assert drifts([_series("CTI-04", figures)], 20).found == ()


def test_one_slow_night_is_no_drift_and_does_not_hide_one() -> None:
    rng = random.Random(5)
    figures = [20 * math.exp(rng.gauss(0, 0.01)) for _ in range(20)]
    figures[18] = 60.0
    assert drifts([_series("a", figures)], 20).found == ()
    slower = [one * (1.06 if n >= 15 else 1) for n, one in enumerate(figures)]
    slower[3] = 60.0
    assert [drift.name for drift in drifts([_series("a", slower)], 20).found] == ["a"]


def test_a_night_without_the_figure_counts_on_neither_side() -> None:
    all_nights = [(20.0 if n < 15 else 22.0) + 0.1 * (n % 4) for n in range(21)]
    figures = [None if n in (2, 7, 17) else one for n, one in enumerate(all_nights)]
    (drift,) = drifts([_series("a", figures)], 21).found
    assert drift.change == pytest.approx(0.1, abs=0.02)


@pytest.mark.parametrize("count", [0, 1, 7])
def test_too_few_nights_flag_nothing(count: int) -> None:
    found = drifts([_series("a", [20.0] * count)], count)
    assert (found.found, found.series) == ((), 0)


def test_the_same_nights_get_the_same_answer() -> None:
    some = series_of(nights(SMALL, random.Random(6), 20, [0.03] * 6))
    assert drifts(some, 20) == drifts(some, 20)


def test_one_figure_that_took_half_as_long_again_hardly_moves_its_night_and_what_moves_all_of_them_moves_it_whole() -> (
    None
):
    rng = random.Random(8)
    values = [rng.gauss(0.0, 0.05) for _ in range(40)]
    calm = _huber(values, 0.075)
    assert abs(_huber([*values[:-1], values[-1] + 0.4], 0.075) - calm) < 0.004, "the mean would move by 0.01"
    assert _huber([value + 0.05 for value in values], 0.075) == pytest.approx(calm + 0.05)


def test_all_recoveries_together_are_one_series() -> None:
    names = {one.name: one.is_whole for one in series_of(nights(SMALL, random.Random(9), 8))}
    assert names["all recoveries"]


def test_the_span_of_a_shift_holds_it_and_gets_narrower_with_more_nights() -> None:
    rng = random.Random(7)

    def drawn(count: int, middle: float) -> list[float]:
        return [rng.gauss(middle, 1.0) for _ in range(count)]

    inside = 0
    for _ in range(200):
        _, lo, hi = shift_of(drawn(20, 0.0), drawn(8, 1.0))
        inside += lo <= 1.0 <= hi
    assert inside >= 193  # 198 are expected; fewer come once in some 300 times
    few, many = shift_of(drawn(8, 0.0), drawn(4, 1.0)), shift_of(drawn(60, 0.0), drawn(40, 1.0))
    assert many[2] - many[1] < few[2] - few[1]
