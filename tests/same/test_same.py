"""One seed, one run: on the virtual clock the same seed gives the same journals, byte for byte but for the date."""

import json
import sys
from pathlib import Path

import pytest

from tests.clock.labs import hogs
from tests.same.same import ROOT, difference, play

MOCK = ROOT / "inventories" / "mock.yaml"
CLAUSES = ["CTI-05"]


def played(folder: Path, *, seed: int, hash_seed: int) -> Path:
    said = play(sys.executable, MOCK, CLAUSES, seed, folder, hash_seed=hash_seed)
    assert said is None, said
    assert any((folder / "journals").iterdir())
    return folder


@pytest.mark.slow
def test_a_seed_gives_the_same_journals_again_on_a_busy_machine_with_other_hashes_and_another_seed_others(
    tmp_path: Path,
) -> None:
    first = played(tmp_path / "1", seed=7, hash_seed=1)
    with hogs(2):
        again = played(tmp_path / "2", seed=7, hash_seed=2)
    assert difference(first, again) is None
    other = played(tmp_path / "3", seed=8, hash_seed=1)
    told = _events(first), _events(other)
    assert told[0] != told[1], "another seed gives another story"
    assert len(told[0]) > 50


def _events(folder: Path) -> list[tuple[float, str]]:
    """When something was seen, and what, past the seed in the header and the seals."""
    lines = [json.loads(line) for path in (folder / "journals").iterdir() for line in path.read_text().splitlines()]
    return [(line["at_s"], line["kind"]) for line in lines]


def journals(folder: Path, **texts: str) -> Path:
    (folder / "journals").mkdir(parents=True)
    for name, text in texts.items():
        (folder / "journals" / f"{name}.jsonl").write_text(text)
    return folder


def test_a_difference_is_told_with_its_place_and_what_stands_before_and_a_date_is_none(tmp_path: Path) -> None:
    header = '{"kind":"Header","started":"2026-01-0%d"}\n'
    one = journals(tmp_path / "1", a=header % 1, b=header % 1 + "x\ny\nz\n")
    same = journals(tmp_path / "2", a=header % 2, b=header % 2 + "x\ny\nz\n")
    other = journals(tmp_path / "3", a=header % 3, b=header % 3 + "x\ny\nw\n")
    fewer = journals(tmp_path / "4", a=header % 3)
    assert difference(one, same) is None
    assert difference(one, other) == "b.jsonl:4\nx\ny\n- z\n+ w"
    assert difference(one, fewer) == 'b.jsonl:1\n- {"kind":"Header",}\n+ (no line)'
