"""The table of who fills which cell: it is of the suites as they are, is read as it was written, and may be missing."""

import json
from pathlib import Path

from chaos.commands.suites import alone
from chaos.report.summary import CellRow, ClauseRow, Summary, TestRow
from chaos.run.bundled import suites_folder
from chaos.run.cells import TABLE, fillings, lines, measured, named
from chaos.run.plan import tests_in as plan_of
from chaos.verdicts.hosting import place

NODES = ("fin-a.example.com", "fin-b.example.com")


def test_the_table_is_of_the_tests_that_there_are_and_of_what_they_play() -> None:
    """After a new test, experiment or value of an axis: `scripts/lengths`."""
    suites = suites_folder()
    table = fillings(suites)
    plays = {
        named(one.clause, one.name): {each.name for each in one.experiments} for one in plan_of(suites, alone(suites))
    }
    assert set(table) == set(plays)
    for test, filling in table.items():
        assert filling, test
        assert set().union(*filling.values()) <= plays[test], test


def test_suites_of_somebodys_own_have_no_such_table(tmp_path: Path) -> None:
    assert fillings(tmp_path) == {}
    (tmp_path / TABLE).write_text("[1]")
    assert fillings(tmp_path) == {}


def test_a_place_is_the_same_at_each_node_and_on_every_lab() -> None:
    at = {"side": "b", "node": NODES[0], "back": f"at {NODES[1]}"}
    assert place(at, NODES) == "back at *, node *, side b"


def test_what_a_run_shows_is_written_and_read_back(tmp_path: Path) -> None:
    grid = (
        CellRow({"node": NODES[0], "side": "a"}, "HELD", "", 2, ("one", "beside")),
        CellRow({"node": NODES[1], "side": "a"}, "HELD", "", 1, ("two",)),
        CellRow({"node": NODES[0], "side": "b"}, "UNJUDGED", "", 0),
        CellRow({"node": NODES[1], "side": "c"}, "HELD", "", 1, ("beside",)),
    )
    row = TestRow("suites/x.py::test_it", "it", "one", "HELD", "", None, None, grid)
    clause = ClauseRow("X-01", "", "HELD", "", None, None, (), (), (row,))
    run = Summary((clause,), 1, "virtual", 0.0, 0.0, "lab", "12.6(2)", "", nodes=NODES)
    table = measured(run, {"X-01 test_it": frozenset({"one", "two"})})
    (tmp_path / TABLE).write_text("\n".join(lines(table)))
    assert json.loads((tmp_path / TABLE).read_text()) == {"X-01 test_it": {"one two": ["node *, side a"]}}
    assert fillings(tmp_path) == {"X-01 test_it": {"node *, side a": frozenset({"one", "two"})}}
