"""A run that is long enough for two labs: the same journals in one process and in two, and what may go wrong there."""

import re
import signal
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import pytest

from chaos.run.forked import can_fork
from chaos.run.shares import shares
from tests.run.test_live import on_a_terminal
from tests.same.same import difference
from tests.suites.runs import MOCK, Ran, play, running
from tests.test_plugin import HEAD, clause_test

# What is in no table counts a second: these are dealt out to two labs.
NAMES = [f"trial-{n}" for n in range(10)]
OURS, THEIRS = shares(NAMES, {})
apart = pytest.mark.skipif(not can_fork(), reason="one processor, or not Linux: one process plays both labs")


def suite(folder: Path, *, theirs: str = "", ours: str = "") -> Path:
    """Ten trials of CTI-01, each with a little to draw; one of each lab does more: Python of a story."""
    (folder / "suites").mkdir()
    stories = {THEIRS[2]: theirs, OURS[2]: ours}
    parts = [HEAD, "import os\n"]
    for n, name in enumerate(NAMES):
        more = "\n".join(f"    {line}" for line in stories.get(name, "").splitlines())
        parts.append(f"""
async def during_{n}(stage):
    await stage.watch(20.0)
{more}

E{n} = experiment({name!r}, Trial(), during_{n})
{clause_test(f"t{n}", "holds", f"E{n}")}""")
    (folder / "suites" / "test_trials.py").write_text("".join(parts), encoding="utf-8")
    return folder / "suites"


def played(suites: Path, folder: Path, *more: str) -> Ran:
    return play("--suites", str(suites), "--seed", "3", *more, folder=folder)


def journals(ran: Ran) -> Sequence[str]:
    return sorted(name.removesuffix(".jsonl") for name in ran.journals())


def test_two_labs_side_by_side_and_one_after_the_other_give_the_same_journals(tmp_path: Path) -> None:
    suites = suite(tmp_path)
    after = played(suites, tmp_path / "after", "--processes", "1")
    beside = played(suites, tmp_path / "beside")
    assert "in two labs, one after the other" in after.said
    assert (after.status, beside.status) == (0, 0), beside.said
    assert journals(after) == journals(beside) == sorted(NAMES)
    assert difference(after.folder, beside.folder) is None
    rows = [[row["experiment"] for row in ran.summary()["played"]] for ran in (after, beside)]
    assert rows == [NAMES, NAMES], "in the order in which they were wanted"


@apart
def test_while_the_second_lab_is_waited_for_the_live_line_says_what_it_plays_and_how_much_is_left(
    tmp_path: Path,
) -> None:
    """Its own waits are in another process; that nothing else is left to do here is worth a line."""
    suites = suite(tmp_path, theirs="os.system('sleep 8')")
    run = ("run", "--suites", str(suites), "--seed", "3", "--no-page", "--folder", str(tmp_path / "run"))
    text, status = on_a_terminal(*run)
    assert status == 0, text
    slow = re.escape(THEIRS[2])
    assert re.search(rf"waiting for the second lab: {slow} \(\d+ of 10, [^\r]*\)\r", text), text


@apart
def test_a_bug_in_the_second_lab_is_told_and_what_needs_its_experiments_is_inconclusive(tmp_path: Path) -> None:
    ran = played(suite(tmp_path, theirs="raise SystemError('a bug of ours')"), tmp_path / "run")
    assert ran.status != 0
    assert ran.verdicts() == {"CTI-01": "INCONCLUSIVE"}
    assert "a bug of ours" in (tmp_path / "run" / "summary.json").read_text(encoding="utf-8")
    details = list(ran.details().values())
    assert details.count("INCONCLUSIVE") >= len(NAMES) - NAMES.index(THEIRS[2]) - len(OURS)
    assert set(OURS) <= set(journals(ran)), "the first lab went on"


@apart
@pytest.mark.parametrize(
    ("dies", "said"),
    [
        ("os._exit(9)", "ended with status 9"),
        ("os.kill(os.getpid(), 9)", "was killed by SIGKILL: did this machine run out of memory?"),
        ("os.kill(os.getpid(), 15)", "was told to end (SIGTERM)"),
    ],
)
def test_a_second_lab_whose_process_dies_is_named(tmp_path: Path, dies: str, said: str) -> None:
    ran = played(suite(tmp_path, theirs=dies), tmp_path / "run")
    assert ran.status == 3
    assert ran.verdicts() == {"CTI-01": "INCONCLUSIVE"}
    told = (tmp_path / "run" / "summary.json").read_text(encoding="utf-8")
    assert f"the process in which it was played {said}" in told


def is_injected(journal: Path) -> bool:
    """Whether its fault is in force by now."""
    return journal.exists() and b'"phase":"injected"' in journal.read_bytes()


@apart
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_rolls_back_in_both_labs(tmp_path: Path, number: signal.Signals) -> None:
    busy = "for _ in range(100_000):\n    await stage.watch(3600.0)"
    suites = suite(tmp_path, ours=busy, theirs=busy)
    folder = tmp_path / "run"
    words = ["run", "--suites", str(suites), "-i", MOCK, "--no-page", "--folder", str(folder)]
    with running(*words, log=tmp_path / "log") as run:
        for name in (OURS[2], THEIRS[2]):
            run.until(f"{name} is broken", partial(is_injected, folder / "journals" / f"{name}.jsonl"))
        assert run.told(number) == 130, run.said
        for name in (OURS[2], THEIRS[2]):
            assert run.said.count(f"{name} was interrupted: rolled back: trial") == 1
    assert "Traceback" not in run.said
