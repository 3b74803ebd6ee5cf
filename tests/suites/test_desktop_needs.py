"""What the experiments of desks need of a lab: spare people of each LOAD at each node."""

import pytest

from chaos.inventory import Inventory, load
from suites.desktop.desks import desks_needed
from tests.wall.playing import MOCK, ROOT


@pytest.fixture
def mock() -> Inventory:
    return load(ROOT / MOCK)


def test_the_mock_has_enough_people_of_each_load_at_each_node(mock: Inventory) -> None:
    assert desks_needed(7, 3)(mock) is None


@pytest.mark.parametrize(("each", "logged_out"), [(20, 0), (1, 4)])
def test_too_few_people_of_either_load_are_said_to_be_missing(mock: Inventory, each: int, logged_out: int) -> None:
    said = desks_needed(each, logged_out)(mock)
    assert said is not None
    assert "`load: 1`" in said


def test_people_who_are_at_work_all_the_time_are_not_spare(mock: Inventory) -> None:
    busy = mock.model_copy(update={"at_work": 24})
    assert desks_needed(7, 3)(busy) is not None
