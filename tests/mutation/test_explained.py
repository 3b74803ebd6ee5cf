"""Reasons for survivors: which mutants one is about, and that none is about nothing."""

from pathlib import Path

import pytest

from tests.mutation.explained import Explained, explained, reason_for, unused
from tests.mutation.mutants import mutants
from tests.mutation.product import ROOT, files, told

SOURCE = b"class C:\n    def f(self):\n        return 1\n\n    def g(self):\n        return 1 < 2\n"
MUTANTS = mutants(SOURCE, "a.py")


def covered(reason: Explained) -> set[tuple[str, str, str]]:
    return {(one.function, one.was, one.became) for one in MUTANTS if reason.covers(one)}


def test_a_reason_can_be_about_one_mutant_alone() -> None:
    reason = Explained("a.py", True, "so", function="C.f", was="1", became="2")
    assert covered(reason) == {("C.f", "1", "2")}


def test_a_reason_can_be_about_a_function_or_a_class() -> None:
    assert covered(Explained("a.py", True, "so", function="C.f")) == {("C.f", "1", "2")}
    assert len(covered(Explained("a.py", True, "so", function="C"))) == len(MUTANTS)
    assert covered(Explained("a.py", True, "so", function="")) == set(), "the module alone, not what stands in it"
    assert covered(Explained("b.py", True, "so", function="C")) == set()


def test_a_reason_can_be_about_what_was_changed_wherever_it_stands_in_the_file() -> None:
    assert covered(Explained("a.py", True, "so", was="1")) == {("C.f", "1", "2"), ("C.g", "1", "2")}


def test_the_first_reason_that_fits_is_given_and_those_that_fit_nothing_are_said() -> None:
    wide, narrow = Explained("a.py", True, "w", function="C"), Explained("a.py", False, "n", was="1")
    nothing = Explained("a.py", False, "x", function="C.h")
    assert reason_for(MUTANTS[0], [nothing, narrow, wide]) is narrow
    assert reason_for(MUTANTS[0], [nothing]) is None
    assert unused([nothing, narrow, wide], MUTANTS) == [nothing]


def test_every_explanation_is_about_a_mutant_that_there_is() -> None:
    known = [one for path in files() for one in mutants((ROOT / path).read_bytes(), str(path), told=told())]
    assert unused(explained(), known) == []


@pytest.mark.parametrize(
    ("named", "complaint"),
    [
        ('function = "f"\nwhy = ""', "says no reason"),
        ('became = "2"\nwhy = "so"', "covers a whole file"),
    ],
)
def test_a_reason_without_words_or_place_is_refused(tmp_path: Path, named: str, complaint: str) -> None:
    path = tmp_path / "explained.toml"
    path.write_text(f'[[survivor]]\nfile = "a"\nallowed = true\n{named}\n')
    with pytest.raises(ValueError, match=complaint):
        explained(path)
