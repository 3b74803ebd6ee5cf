"""The command that plays a run again names all that decides what happens."""

import json
import shlex
from pathlib import Path

import pytest

from chaos.experiment import Experiment, Stage
from chaos.inventory import load
from chaos.run.again import judged_in, replay_of
from chaos.run.options import RunOptions
from chaos.run.session import ChaosSession
from tests.inventory.labs import REPOSITORY

INVENTORY = REPOSITORY / "inventories" / "mock.yaml"


def test_everything_that_decides_what_happens_is_in_the_command_and_quoted_for_a_shell(tmp_path: Path) -> None:
    options = RunOptions(
        folder=tmp_path, seed=7, inventory_name="my lab.yaml", defects=("gap-answers@node=b",), faults_do_nothing=True
    )
    assert shlex.split(replay_of(options).command("CTI-06")) == [
        "finesse-chaos", "run", "CTI-06", "-i", "my lab.yaml", "--seed", "7",
        "--mock-defect", "gap-answers@node=b", "--no-faults",
    ]  # fmt: skip


def test_a_run_that_is_judged_again_is_played_again_as_its_own_summary_says(tmp_path: Path) -> None:
    saved = {"replay": ["-i", "mock", "--seed", "9"], "seeded": ["gap-answers"]}
    (tmp_path / "summary.json").write_text(json.dumps(saved), encoding="utf-8")
    replay = replay_of(RunOptions(folder=tmp_path, seed=1, rejudge=tmp_path))
    assert replay.command("CTI-06") == "finesse-chaos run CTI-06 -i mock --seed 9"
    assert replay.seeded == ("gap-answers",)


@pytest.mark.parametrize(
    ("text", "clauses"),
    [
        (
            '{"clauses": [{"id": "CTI-05"}, {"id": "CTI-04"}, {"id": "CTI-99"}, {"id": []}, {}, 3]}',
            ("CTI-05", "CTI-04"),
        ),
        ('{"clauses": 3}', ()),
        ("[]", ()),
        ("{", ()),
    ],
)
def test_what_a_saved_run_was_asked_for_stands_in_its_summary(
    text: str, clauses: tuple[str, ...], tmp_path: Path
) -> None:
    (tmp_path / "summary.json").write_text(text, encoding="utf-8")
    assert judged_in(tmp_path) == clauses
    assert judged_in(tmp_path / "nowhere") == ()


@pytest.mark.parametrize("text", [None, "", "[]", '{"replay": 3, "seeded": "x"}', '{"replay": [1, {}]}', "[" * 100_000])
def test_without_a_usable_summary_the_journals_are_judged_again(tmp_path: Path, text: str | None) -> None:
    if text is not None:
        (tmp_path / "summary.json").write_text(text, encoding="utf-8")
    replay = replay_of(RunOptions(folder=tmp_path, seed=1, rejudge=tmp_path))
    assert replay.command("CTI-06") == f"finesse-chaos rejudge {tmp_path} CTI-06"


def test_what_was_played_for_another_clause_alone_is_asked_for_with_it(tmp_path: Path) -> None:
    """A standing rule is judged on every journal: the command has to play the one in which it was broken."""

    async def nothing(stage: Stage) -> None: ...

    misses, gap = (Experiment(name, name, nothing) for name in ("misses", "gap"))
    session = ChaosSession(RunOptions(folder=tmp_path, seed=1, inventory=load(INVENTORY)))
    session.want("CTI-04", [misses])
    session.want("CTI-08", [gap])
    session.want("CTI-09", [gap])
    assert session.asked_with("CTI-08", ["misses"]) == ("CTI-08", "CTI-04")
    assert session.asked_with("CTI-08", ["misses", "gap"]) == ("CTI-08",)
    assert session.asked_with("CTI-08", ["of-nobody"]) == ("CTI-08",)
    assert session.asked_with("CTI-08", []) == ("CTI-08",)
