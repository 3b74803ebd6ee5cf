"""What a run measured, in figures."""

import pytest

from chaos.history import History
from chaos.report.timings import LOADING, OUT_OF_SERVICE, STEADY_AGAIN, recoveries, timings_of
from chaos.verdicts import Bound, Outcome, Span, Verdict
from chaos.verdicts.finding import Finding
from chaos.verdicts.grid import Cell
from tests.report.forged import BACK_S, LOST_S, fail_over

BOUND = Bound(12.5, 17.5, "CTI-04")


def _look(node: str, span: Span, experiment: str = "e") -> Finding:
    return Finding(Cell.of(node=node), Outcome.HELD, "in time", (), span, BOUND, experiment=experiment)


def test_every_timed_look_is_kept_by_experiment_and_cell_and_those_of_one_cell_are_their_median() -> None:
    looks = (
        _look("a", Span(14.0, 15.0)),
        _look("a", Span(15.0, 15.5)),
        _look("a", Span(17.0, 17.5)),
        _look("b", Span(13.0, 13.0)),
        _look("a", Span(16.0, 16.0), "f"),
        Finding(Cell.of(node="a"), Outcome.HELD, "not timed"),
    )
    rows = timings_of(Verdict("CTI-04", Outcome.HELD, "held", findings=looks))
    assert [(row.experiment, row.at["node"], row.lo_s, row.hi_s, row.looks) for row in rows] == [
        ("e", "a", 15.0, 15.5, 3),
        ("e", "b", 13.0, 13.0, 1),
        ("f", "a", 16.0, 16.0, 1),
    ]
    assert {(row.min_s, row.max_s) for row in rows} == {(12.5, 17.5)}


def test_a_recovery_is_from_the_first_word_of_it_and_from_the_new_session_and_from_the_rollback() -> None:
    rows = recoveries([History(fail_over())], 1.0)
    of_node = {row.what: row for row in rows if row.node == "fin-a.mock.test"}
    assert of_node.keys() == {OUT_OF_SERVICE, LOADING}
    assert BACK_S - LOST_S - 1 < of_node[OUT_OF_SERVICE].lo_s < BACK_S - LOST_S + 10
    assert of_node[LOADING].hi_s < of_node[OUT_OF_SERVICE].lo_s
    (steady,) = [row for row in rows if row.what == STEADY_AGAIN]
    assert steady.hi_s - steady.lo_s == pytest.approx(1.0)
