"""The time axis keeps its scale where something happens, and says where it does not."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chaos.report.axis import make_axis


def test_a_short_experiment_is_drawn_to_scale_throughout() -> None:
    axis = make_axis([1.0, 59.0], 60.0, 200.0, 1160.0)
    assert [stretch.is_short for stretch in axis.stretches] == [False]
    assert axis.x(0.0) == 200.0
    assert axis.x(30.0) == pytest.approx(680.0)
    assert axis.x(60.0) == pytest.approx(1160.0)


def test_a_long_quiet_stretch_is_shortened_and_the_rest_keeps_one_scale() -> None:
    axis = make_axis([10.0, 20.0, 580.0, 590.0], 600.0, 200.0, 1160.0)
    assert [(stretch.from_s, stretch.to_s) for stretch in axis.stretches if stretch.is_short] == [(22.0, 578.0)]
    assert axis.x(20.0) - axis.x(10.0) == pytest.approx(axis.x(590.0) - axis.x(580.0))
    assert (axis.x(20.0) - axis.x(10.0)) / 10.0 > (axis.x(570.0) - axis.x(30.0)) / 540.0


def test_times_outside_are_drawn_at_the_edge() -> None:
    axis = make_axis([], 10.0, 200.0, 1160.0)
    assert axis.x(-5.0) == 200.0
    assert axis.x(99.0) == pytest.approx(1160.0)


def test_an_empty_journal_has_an_axis() -> None:
    axis = make_axis([], 0.0, 200.0, 1160.0)
    assert axis.left_px == 200.0
    assert axis.right_px == pytest.approx(1160.0)


@given(
    moments=st.lists(st.floats(0, 100_000, allow_nan=False), max_size=40),
    end_s=st.floats(0, 100_000, allow_nan=False),
)
def test_later_is_never_left_of_earlier_and_nothing_is_outside(moments: list[float], end_s: float) -> None:
    axis = make_axis(moments, end_s, 200.0, 1160.0)
    assert axis.right_px == pytest.approx(1160.0, abs=0.01)
    xs = [axis.x(at_s) for at_s in sorted([*moments, 0.0, end_s])]
    assert xs == sorted(xs)
    assert all(199.99 <= x <= 1160.01 for x in xs)
    figures = [(x, words) for _, x, words in axis.ticks() if words]
    assert all(after[0] - before[0] >= 20 for before, after in itertools.pairwise(figures))
