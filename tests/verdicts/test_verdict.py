"""Spans against bounds, and the worst of several verdicts."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chaos.errors import UsageError
from chaos.verdicts import Bound, Evidence, Outcome, Span, Verdict, bounds, worst
from chaos.verdicts.finding import timed
from chaos.verdicts.grid import Cell

BOUND = Bound(12.5, 17.5, "a test's")


@pytest.mark.parametrize(
    ("lo_s", "hi_s", "outcome"),
    [
        (12.5, 17.5, Outcome.HELD),
        (12.5, 12.5, Outcome.HELD),
        (17.5, 17.5, Outcome.HELD),
        (12.499999, 15.0, Outcome.INCONCLUSIVE),
        (15.0, 17.500001, Outcome.INCONCLUSIVE),
        (12.0, 18.0, Outcome.INCONCLUSIVE),
        (12.0, 12.5, Outcome.INCONCLUSIVE),
        (17.5, 18.0, Outcome.INCONCLUSIVE),
        (12.0, 12.499999, Outcome.VIOLATED),
        (17.500001, 18.0, Outcome.VIOLATED),
    ],
)
def test_a_span_is_held_inside_violated_outside_and_else_inconclusive(lo_s: float, hi_s: float, outcome: str) -> None:
    assert BOUND.judge(Span(lo_s, hi_s)) is outcome


@given(first_us=st.integers(0, 10**9))
def test_an_edge_that_is_met_to_the_microsecond_is_met_whenever_it_is(first_us: int) -> None:
    """Differences of the journal's times are not exact in binary; the edges belong to the bound all the same."""
    at_s = round(first_us * 1e-6, 6)
    for edge_s in (12.5, 17.5):
        later_s = round((first_us + int(edge_s * 1e6)) * 1e-6, 6)
        assert BOUND.judge(Span(later_s - at_s, later_s - at_s)) is Outcome.HELD
    beyond_s = round((first_us + 17_500_001) * 1e-6, 6)
    assert BOUND.judge(Span(beyond_s - at_s, beyond_s - at_s)) is Outcome.VIOLATED


@given(st.floats(0, 30), st.floats(0, 10), st.floats(0, 10))
def test_less_exact_measurement_never_turns_one_certain_verdict_into_the_other(
    mid_s: float, error_s: float, more_s: float
) -> None:
    fine = BOUND.judge(Span(mid_s - error_s, mid_s + error_s))
    coarse = BOUND.judge(Span(mid_s - error_s - more_s, mid_s + error_s + more_s))
    assert coarse in (fine, Outcome.INCONCLUSIVE)


def test_a_span_upside_down_is_our_mistake() -> None:
    with pytest.raises(UsageError):
        Span(2.0, 1.0)


@pytest.mark.parametrize("interval_s", [1.0, 5.0, 20.0])
def test_two_and_four_misses_lie_outside_the_bound_of_three(interval_s: float) -> None:
    bound = bounds.heartbeat_loss(interval_s)
    judged = [bound.judge(Span(n * interval_s, n * interval_s)) for n in (2, 3, 4)]
    assert judged == [Outcome.VIOLATED, Outcome.HELD, Outcome.VIOLATED]
    assert bounds.socket_loss(interval_s).max_s < interval_s / 2


V, I, H = (Verdict("X-01", one, "r") for one in (Outcome.VIOLATED, Outcome.INCONCLUSIVE, Outcome.HELD))  # noqa: E741


@pytest.mark.parametrize(
    ("given_", "expected"),
    [((H, I, V), V), ((V, I, H), V), ((H, I), I), ((H, H), H), ((I,), I)],
)
def test_violated_outweighs_inconclusive_outweighs_held(given_: tuple[Verdict, ...], expected: Verdict) -> None:
    assert worst(given_) is expected


def test_among_equals_the_first_counts_and_no_verdict_at_all_is_our_mistake() -> None:
    other = Verdict("X-01", Outcome.VIOLATED, "another")
    assert worst([H, other, V]) is other
    with pytest.raises(UsageError):
        worst([])


def test_a_verdict_prints_its_figure_its_bound_and_its_evidence() -> None:
    found = timed(Cell(), "the loss", Span(16, 16.5), BOUND, Evidence(2.0, "first miss"), Evidence(None, "all run"))
    text = str(Verdict("X-01", found.outcome, found.reason, found.evidence, found.measured, found.bound))
    for part in ("X-01 HELD", "16.000 … 16.500 s", "12.5 … 17.5 s", "2.000 s  first miss", "all run"):
        assert part in text


def test_a_span_whose_ends_read_alike_is_one_figure() -> None:
    assert str(Span(15.0, 15.0)) == "15.000 s"
    assert str(Span(15.0, 15.0001)) == "15.000 s"
    assert str(Span(15.0, 15.25)) == "15.000 … 15.250 s"
