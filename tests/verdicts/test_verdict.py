"""Spans against bounds, the worst of several verdicts, and what doubts do to them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chaos.errors import UsageError
from chaos.verdicts import (
    Bound,
    Evidence,
    Outcome,
    Span,
    Verdict,
    bounds,
    held,
    inconclusive,
    tempered,
    timed,
    violated,
    worst,
)
from chaos.verdicts.cti.common import each

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


V, I, H = violated("X-01", "v"), inconclusive("X-01", "i"), held("X-01", "h")  # noqa: E741


@pytest.mark.parametrize(
    ("given_", "expected"),
    [((H, I, V), V), ((V, I, H), V), ((H, I), I), ((H, H), H), ((I,), I)],
)
def test_violated_outweighs_inconclusive_outweighs_held(given_: tuple[Verdict, ...], expected: Verdict) -> None:
    assert worst(given_) is expected


def test_among_equals_the_first_counts_and_no_verdict_at_all_is_our_mistake() -> None:
    other = violated("X-01", "another")
    assert worst([H, other, V]) is other
    with pytest.raises(UsageError):
        worst([])


def test_doubt_takes_the_green_and_nothing_else() -> None:
    assert tempered(H, ["the journal breaks off"]).outcome is Outcome.INCONCLUSIVE
    assert "the journal breaks off" in tempered(H, ["the journal breaks off"]).reason
    assert tempered(V, ["the journal breaks off"]) is V
    assert tempered(I, ["the journal breaks off"]) is I
    assert tempered(H, []) is H


def test_nobody_to_be_judged_is_not_green() -> None:
    assert each("X-01", [], "all held").outcome is Outcome.INCONCLUSIVE


def test_one_verdict_over_several_nodes_cites_everybody_and_the_slowest_figure() -> None:
    fast = timed("X-01", "fast", Span(13, 13), BOUND, Evidence(1.0, "fast"))
    slow = timed("X-01", "slow", Span(16, 16), BOUND, Evidence(2.0, "slow"))
    found = each("X-01", [fast, slow, H], "all held")
    assert found.outcome is Outcome.HELD
    assert found.measured == Span(16, 16)
    assert [item.text for item in found.evidence] == ["fast", "slow"]
    assert each("X-01", [fast, V, slow], "all held") is V


def test_a_verdict_prints_its_figure_its_bound_and_its_evidence() -> None:
    text = str(timed("X-01", "the loss", Span(16, 16.5), BOUND, Evidence(2.0, "first miss"), Evidence(None, "all run")))
    for part in ("X-01 HELD", "16.000 … 16.500 s", "12.5 … 17.5 s", "2.000 s  first miss", "all run"):
        assert part in text
