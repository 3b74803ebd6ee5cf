"""Nothing that can be drawn blames the clean mock: whatever it is blamed for is a wrong blame, or a bug of the mock."""

import os
import random
from pathlib import Path
from typing import Any

import pytest

from chaos.explore import file
from chaos.explore.drawing import drawn
from chaos.explore.playing import played
from chaos.explore.schedule import Schedule
from chaos.inventory import Inventory, load
from chaos.inventory.mocks import MockOptions, MockVariants

INVENTORY = load(Path(__file__).parents[2] / "inventories" / "mock.yaml", os.environ)
_FAMILIES = ((), ("CTI",), ("AWDB",), ("CTI", "AWDB"), ("CLIENT",), ("DESKTOP",), ("IPPA",), ("CTI", "CLIENT", "IPPA"))
# Single faults, pairs, and three at a time.
_NUMBERS = 4000
# The same few each time, so that what fails has been made by a change. A night of others is `finesse-chaos explore`.
_SAMPLE = tuple(random.Random(77).sample(range(_NUMBERS), 48))


# By the file's name: what the mock is to be like, which a sound product is free to be.
_LAWFUL: dict[str, dict[str, Any]] = {
    "client-01-lost-while-it-moves": {"answer_s": 0.2},
    "cti-08-lost-again-before-it-is-told": {"dial_pause_s": 0.5, "answer_s": 0.2, "tell_s": 0.3},
    "cti-02-the-webapp-stops-at-once": {"tell_s": 0.3},
    "cti-04-told-of-the-loss-before": {"loading_s": 3, "tell_s": 0.3},
    "cti-08-a-reason-is-wanted": {"answer_s": 0.06, "reasons_required": True},
}


def _inventory(name: str) -> Inventory:
    variants = MockVariants(**_LAWFUL.get(name, {}))
    return INVENTORY.model_copy(update={"mock": MockOptions(variants=variants)})


def _blamed(schedule: Schedule, seed: int, folder: Path, inventory: Inventory = INVENTORY) -> list[str]:
    once = played(schedule, inventory, folder, seed=seed)
    assert once.error is None
    assert once.judged is not None
    return [str(one) for one in once.judged.violations]


@pytest.mark.parametrize(
    "found", sorted((Path(__file__).parent / "found").glob("*.yaml")), ids=lambda found: found.stem
)
def test_what_once_blamed_a_sound_product_does_so_no_more(found: Path, tmp_path: Path) -> None:
    """Found by exploring, and made small; `found` says what it was."""
    filed = file.read(found.read_text())
    assert filed.seed is not None
    assert _blamed(filed.schedule, filed.seed, tmp_path, _inventory(found.stem)) == []


@pytest.mark.parametrize(("place", "number"), tuple(enumerate(_SAMPLE)))
def test_a_schedule_drawn_at_random_blames_nobody(place: int, number: int, tmp_path: Path) -> None:
    families = _FAMILIES[place % len(_FAMILIES)]
    assert _blamed(drawn(place, number, families), place, tmp_path) == []
