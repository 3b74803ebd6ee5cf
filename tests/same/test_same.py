"""One seed, one run: on the virtual clock the same seed gives the same journals, byte for byte but for the date."""

import sys
from pathlib import Path

import pytest

from tests.clocking import hogs
from tests.same.same import ROOT, difference, play

MOCK = ROOT / "inventories" / "mock.yaml"
CLAUSES = ["CTI-05"]


def played(folder: Path, *, seed: int, hash_seed: int) -> Path:
    said = play(sys.executable, MOCK, CLAUSES, seed, folder, hash_seed=hash_seed)
    assert said is None, said
    assert any((folder / "journals").iterdir())
    return folder


@pytest.mark.slow
def test_a_seed_gives_the_same_journals_again_whatever_python_hashes_and_however_busy_the_machine_is(
    tmp_path: Path,
) -> None:
    first = played(tmp_path / "1", seed=7, hash_seed=1)
    with hogs(2):
        again = played(tmp_path / "2", seed=7, hash_seed=2)
    assert difference(first, again) is None


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
