"""A saved run that broke off: what it never came to play is not taken for what its lab could not host."""

import json
from collections.abc import Sequence
from pathlib import Path

import pytest

from chaos.errors import Unfit
from chaos.run.intent import FILE, Intent, NotPlayed, intended, read_intent, write_intent
from tests.suites.runs import Ran, finesse_chaos, play
from tests.test_plugin import HEAD, clause_test


def test_what_a_run_is_to_play_is_read_back_as_it_was_written(tmp_path: Path) -> None:
    intent = intended(["a-cut", "simplex", "a-cut"], {"simplex": "no side B"}, ["CTI-05", "CTI-01", "CTI-05"])
    write_intent(intent, tmp_path)
    assert read_intent(tmp_path) == intent == Intent(("a-cut",), {"simplex": "no side B"}, ("CTI-05", "CTI-01"))
    assert [path.name for path in tmp_path.iterdir()] == [FILE]


def test_of_an_earlier_release_nobody_knows_what_was_asked_for(tmp_path: Path) -> None:
    (tmp_path / FILE).write_text('{"due": ["a-cut"], "left_out": {}}', encoding="utf-8")
    assert read_intent(tmp_path) == Intent(("a-cut",), {}, ())


@pytest.mark.parametrize(
    "text", [None, "", "[]", "{}", '{"due": 1, "left_out": {}}', '{"due": [], "left_out": []}', "[" * 100_000]
)
def test_without_a_file_that_can_be_read_nothing_is_known_to_have_been_due(tmp_path: Path, text: str | None) -> None:
    if text is not None:
        (tmp_path / FILE).write_text(text, encoding="utf-8")
    missing = read_intent(tmp_path).missing("a-cut", tmp_path)
    assert isinstance(missing, NotPlayed)
    assert not missing.was_due


def test_a_missing_journal_is_due_or_left_out_or_was_never_asked_for() -> None:
    intent, run = Intent(("a-cut",), {"simplex": "no side B"}), Path("run")
    due, left_out, other = (intent.missing(name, run) for name in ("a-cut", "simplex", "misses"))
    assert isinstance(due, NotPlayed)
    assert due.was_due
    assert (
        str(due) == "run holds no journal of a-cut: it was to be played in that run, which ended before; play it again"
    )
    assert isinstance(left_out, Unfit)
    assert str(left_out) == "no side B"
    assert isinstance(other, NotPlayed)
    assert not other.was_due


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    run = play("CTI-05", "--seed", "7", folder=tmp_path_factory.mktemp("saved") / "run")
    assert run.verdicts() == {"CTI-05": "HELD"}, run.said
    return run.folder


def judged_again(saved: Path, tmp_path: Path, *gone: str, what: Sequence[str] = ("CTI",)) -> Ran:
    run = tmp_path / "saved"
    for name in ("journals", "again"):
        (run / name).mkdir(parents=True)
    for path in saved.rglob("*.js*"):
        if path.name not in gone and path.parent.name in (saved.name, "journals"):
            (run / path.relative_to(saved)).write_bytes(path.read_bytes())
    return finesse_chaos("rejudge", str(run), *what, "--no-page", "--folder", str(run / "again"), folder=run / "again")


@pytest.mark.parametrize("lost", [(), ("summary.json",), ("summary.json", FILE)])
def test_a_clause_of_a_run_that_broke_off_before_its_last_experiment_is_not_held(
    saved: Path, tmp_path: Path, lost: tuple[str, ...]
) -> None:
    """Killed before a-killed began: its cells are neither held nor unfit. CTI-01 was not asked for, nor was all that
    belongs to it played; of CTI-07 nothing was."""
    again = judged_again(saved, tmp_path, "a-killed.jsonl", *lost)
    assert again.status == 3
    verdicts = again.verdicts()
    assert (verdicts["CTI-05"], verdicts["CTI-01"], verdicts["CTI-07"]) == ("INCONCLUSIVE", "INCONCLUSIVE", "UNFIT")
    row = next(row for row in again.summary()["clauses"] if row["id"] == "CTI-05")
    assert "holds no journal of a-killed" in row["reason"]
    assert ("was to be played in that run, which ended before" in row["reason"]) is (FILE not in lost)


def test_a_run_that_was_killed_is_judged_again_as_it_was_asked(saved: Path, tmp_path: Path) -> None:
    """It has no summary, and was judged by all 77 clauses."""
    again = judged_again(saved, tmp_path, "summary.json", "a-killed.jsonl", what=())
    assert (again.status, again.verdicts()) == (3, {"CTI-05": "INCONCLUSIVE"}), again.said


def test_nothing_of_a_whole_run_is_due(saved: Path, tmp_path: Path) -> None:
    assert judged_again(saved, tmp_path).verdicts()["CTI-05"] == "HELD"


def test_a_clause_that_the_run_never_came_to_is_inconclusive_and_not_unfit(saved: Path, tmp_path: Path) -> None:
    write = json.loads((saved / FILE).read_text(encoding="utf-8"))
    assert write["left_out"] == {}
    journals = [path.name for path in (saved / "journals").iterdir()]
    assert judged_again(saved, tmp_path, *journals).verdicts()["CTI-05"] == "INCONCLUSIVE"


def test_what_the_lab_could_not_host_stays_unfit_when_it_is_judged_again(tmp_path: Path) -> None:
    (tmp_path / "suites").mkdir()
    tests = f"""
PLAIN = experiment("plain", Trial())
CROWD = experiment("crowd", Trial(), agents=99)
{clause_test("whole", "holds", "PLAIN")}
{clause_test("crowded", "holds", "CROWD")}
"""
    (tmp_path / "suites" / "test_trial.py").write_text(HEAD + tests, encoding="utf-8")
    words = ("--suites", str(tmp_path / "suites"))
    run = play(*words, folder=tmp_path / "run")
    assert run.details() == {"whole": "HELD", "crowded": "UNFIT"}, run.said
    again = tmp_path / "again"
    ran = finesse_chaos("rejudge", str(run.folder), *words, "--no-page", "--folder", str(again), folder=again)
    assert ran.details() == {"whole": "HELD", "crowded": "UNFIT"}, ran.said
    assert "99 agents are needed" in ran.said
