"""Grids: which cells there are on a lab, which of them a finding fills, and which a lab cannot host."""

import pytest

from chaos.errors import UsageError
from chaos.journal import Header
from chaos.verdicts.grid import Cell, any_of, grid, made_by, nodes


def header(*hosts: str) -> Header:
    return Header(
        experiment="trial", title="A trial", lab="mock", deployment="mock", release="12.6(2)", started="",
        clock="virtual", seed=1, heartbeat_interval_s=5.0, nodes=hosts or ("fin-a", "fin-b"),
    )  # fmt: skip


def test_all_axes_are_crossed_in_their_order_and_values_come_from_the_lab() -> None:
    cells = grid(node=nodes, side=("a", "b")).cells(header())
    assert [str(cell) for cell in cells] == [
        "node fin-a, side a", "node fin-a, side b", "node fin-b, side a", "node fin-b, side b",
    ]  # fmt: skip
    assert len(grid(node=nodes, side=("a", "b")).cells(header("only"))) == 2


def test_pairs_cross_only_the_axes_that_they_name() -> None:
    space = grid(pairs=(("node", "verb"), ("node", "kind")), node=nodes, verb=("GET", "PUT", "POST"), kind=("x", "y"))
    assert len(space.cells(header())) == 2 * 3 + 2 * 2
    assert Cell.of(node="fin-a", verb="GET") in space.cells(header())


def test_a_group_that_names_no_axis_is_refused_when_the_grid_is_made() -> None:
    with pytest.raises(UsageError, match="no axis 'vreb'; it has node, verb"):
        grid(pairs=(("node", "vreb"),), node=nodes, verb=("GET",))


def test_combinations_that_do_not_exist_are_no_cells() -> None:
    space = grid(node=nodes, verb=("GET", "PUT"), allowed=lambda cell: cell["verb"] == "GET" or cell["node"] == "fin-a")
    assert [str(cell) for cell in space.cells(header())] == [
        "node fin-a, verb GET", "node fin-a, verb PUT", "node fin-b, verb GET",
    ]  # fmt: skip


def test_a_cell_is_unfit_where_only_an_experiment_that_the_lab_cannot_host_makes_it() -> None:
    space = grid(node=nodes, loss=("reset", "killed"), unfit=made_by("loss", {"killed": "a-killed"}))
    killed, reset = Cell.of(node="fin-a", loss="killed"), Cell.of(node="fin-a", loss="reset")
    assert space.lacks(header(), killed, {"a-killed": "no console"}) == "no console"
    assert space.lacks(header(), reset, {"a-killed": "no console"}) is None
    assert space.lacks(header(), killed, {}) is None


def test_a_cell_is_unfit_for_any_of_several_reasons() -> None:
    either = any_of(None, made_by("loss", {"killed": "a-killed"}), made_by("again", {"reset": "a-reset-again"}))
    away = {"a-killed": "no console", "a-reset-again": "one node only"}
    assert either(header(), Cell.of(loss="killed"), away) == "no console"
    assert either(header(), Cell.of(again="reset"), away) == "one node only"
    assert either(header(), Cell.of(loss="reset"), away) is None
