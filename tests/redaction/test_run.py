"""A run in which everybody repeats a thousand secrets leaves none of them anywhere, and can be judged again."""

import os
import subprocess
from pathlib import Path

from tests.redaction.planted import AWKWARD, repeated, secrets
from tests.suites.runs import COMMAND, PATIENCE_S, ROOT, environment

SUITE = """
import os
import pytest
from chaos.errors import EvidenceError, Unfit
from chaos.experiment import Experiment
from chaos.journal import ConsoleSaid, Step
from chaos.verdicts.check import check
from chaos.verdicts.finding import held, inconclusive, violated
from chaos.verdicts.grid import Cell, grid
from suites.cti.losses import A_RESET
from tests.redaction.planted import repeated, secrets

SAID = [said for secret in secrets() for said, _ in repeated(secret)]
PARTS = [" | ".join(SAID[n::50]) for n in range(50)]


async def _tells(stage):
    for said in SAID[::7]:
        stage._journal.record(ConsoleSaid(host="fin-a.mock.test", sent="show", received=said, sent_s=1.0))
    stage._journal.record(Step(title=PARTS[0]))
    await A_RESET.story(stage)


async def _dies(stage):
    raise EvidenceError(PARTS[1])


def _unfit(inventory):
    return PARTS[2]


TELLS, DIES = Experiment("tells", "It tells", _tells), Experiment("dies", "It dies", _dies)
NEVER = Experiment("never", "Never", _tells, needs=(_unfit,))


@check(grid(node=("fin-a.mock.test",)))
def tells(history):
    yield held(Cell.of(node="fin-a.mock.test"), history.whole.first(Step).title)


@check(grid(node=("fin-a.mock.test",)))
def tells_wrong(history):
    yield violated(Cell.of(node="fin-a.mock.test"), next(iter(history.whole.of(ConsoleSaid))).received)


@pytest.mark.clause("CTI-01")
@pytest.mark.plays(TELLS)
def test_tells(judge):
    print(PARTS[3])
    judge(tells)


@pytest.mark.clause("CTI-02")
@pytest.mark.plays(TELLS)
def test_tells_wrong(judge):
    judge(tells_wrong)


@pytest.mark.clause("CTI-03")
@pytest.mark.plays(DIES)
def test_dies(judge):
    judge(tells)


@pytest.mark.clause("CTI-04")
@pytest.mark.plays(NEVER)
def test_never(judge):
    judge(tells)


@pytest.mark.clause("CTI-05")
@pytest.mark.plays(TELLS)
def test_breaks(judge):
    raise RuntimeError(PARTS[4])
"""
# Passwords of people: a letter, a figure, his own id, a word of the product's, and what no markup takes as it is.
OWN = {"mock-anna": '"a"', "mock-bert": '"1"', "mock-clara": '"1001003"', "mock-david": "READY", "mock-emma": "'<p&\"'"}


def _ran(tmp_path: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    planted = {f"PLANTED_{n}_PASSWORD": secret for n, secret in enumerate(secrets())}
    env = environment(PYTHONPATH=os.pathsep.join((str(ROOT), str(tmp_path))), **planted)
    env.pop("PYTHONWARNINGS")
    return subprocess.run(
        [*COMMAND, *arguments], cwd=tmp_path, env=env, capture_output=True, text=True, timeout=PATIENCE_S, check=False
    )


def test_a_thousand_secrets_are_in_no_artefact_of_a_run_and_it_can_be_judged_again(tmp_path: Path) -> None:
    (tmp_path / "own_suite").mkdir()
    (tmp_path / "own_suite" / "test_own.py").write_text(SUITE, encoding="utf-8")
    inventory = (ROOT / "inventories" / "mock.yaml").read_text(encoding="utf-8")
    for theirs, ours in OWN.items():
        assert theirs in inventory
        inventory = inventory.replace(theirs, ours)
    (tmp_path / "lab.yaml").write_text(inventory, encoding="utf-8")
    run = ("--suites", "own_suite", "--no-page", "--folder", "run")
    done = _ran(tmp_path, "run", "-i", "lab.yaml", *run)
    assert done.returncode == 1, done.stdout + done.stderr
    again = _ran(tmp_path, "rejudge", "run", "--suites", "own_suite", "--no-page", "--folder", "again")
    assert again.returncode == 1, again.stdout + again.stderr
    verdicts = [line for line in done.stdout.splitlines() if line.lstrip().startswith("CTI-0")]
    assert any("CTI-01 HELD" in line for line in verdicts)
    assert "playing tells" in done.stdout
    texts = {"console": done.stdout + done.stderr, "console, again": again.stdout + again.stderr}
    files = [path for folder in ("run", "again") for path in (tmp_path / folder).rglob("*") if path.is_file()]
    texts |= {str(path.relative_to(tmp_path)): path.read_bytes().decode("utf-8", "replace") for path in files}
    assert len(texts) > 15
    assert any("journals" in name for name in texts)
    # Some of the awkward ones are XML or JSON of our own; the other tests look for those.
    told = [(secret, form) for secret in secrets() if secret not in (*AWKWARD, "&") for _, form in repeated(secret)]
    left = [(name, secret, form) for name, text in texts.items() for secret, form in _found(told, text)]
    assert left == []


def _found(told: list[tuple[str, str]], text: str) -> list[tuple[str, str]]:
    """Which of them the text holds; twenty thousand are looked for in megabytes, so by their beginnings first."""
    there = {text[n : n + 5] for n in range(len(text))}
    return [(secret, form) for secret, form in told if form[:5] in there and form in text]


def test_what_is_looked_for_is_found() -> None:
    assert _found([("x", "password=x"), ("y", "password=y")], "a password=y b") == [("y", "password=y")]
