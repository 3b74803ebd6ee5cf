"""What the experiments of desks need of a lab: spare people of LOAD 0 at each node."""

import pytest

from chaos.inventory import Inventory, load
from suites.desktop.desks import desks_needed
from tests.wall.playing import MOCK, ROOT


@pytest.fixture
def mock() -> Inventory:
    return load(ROOT / MOCK)


def test_the_mock_has_enough_people_of_load_0_at_each_node(mock: Inventory) -> None:
    assert desks_needed(7)(mock) is None


def test_too_few_people_are_said_to_be_missing(mock: Inventory) -> None:
    assert "20 spare agents of LOAD 0" in (desks_needed(20)(mock) or "")


def test_people_who_are_at_work_all_the_time_are_not_spare(mock: Inventory) -> None:
    busy = mock.model_copy(update={"at_work": 24})
    assert desks_needed(7)(busy) is not None
