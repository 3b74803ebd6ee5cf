"""`explore`, `replay` and `soak` as a user calls them: what they say, what they leave, and their exit status."""

import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from chaos.commands.cli import cli
from chaos.commands.explore import _keep
from chaos.errors import EvidenceError, UsageError
from chaos.run.asked import alone_in
from tests.suites.runs import running

LOSS = """schedule: 1
begin: [talking, talking, ready, not-ready]
acts:
- {break: link-cut, side: a, for_s: 25.0}
"""


def told(*arguments: str) -> Result:
    return CliRunner().invoke(cli, list(arguments))


def usage(*arguments: str) -> str:
    """The sentence with which wrong usage is told."""
    result = told(*arguments)
    assert result.exit_code in (1, 2)
    return str(result.exception) if isinstance(result.exception, UsageError) else result.output


COMMANDS = (("explore", "CTI", "--schedules", "1"), ("soak", "10m"), ("replay",))


@pytest.fixture
def loss(tmp_path: Path) -> Path:
    path = tmp_path / "loss.yaml"
    path.write_text(LOSS)
    return path


def test_a_schedule_is_played_again_and_judged(loss: Path, tmp_path: Path) -> None:
    result = told("replay", str(loss), "--folder", str(tmp_path / "run"))
    assert result.exit_code == 0, result.output
    assert "loss: nothing is violated; something of CTI-01" in result.output
    assert (tmp_path / "run" / "journals" / "loss.jsonl").exists()
    left = json.loads((tmp_path / "run" / "replay.json").read_text())
    assert [(one["name"], one["verdict"]) for one in left["schedules"]] == [("loss", "HELD")]


def test_a_defect_of_the_mock_is_found_by_it(loss: Path, tmp_path: Path) -> None:
    result = told("replay", str(loss), "--folder", str(tmp_path / "run"), "--mock-defect", "never-fails-over")
    assert result.exit_code == 1, result.output
    assert "loss: VIOLATED CTI-01" in result.output


def test_what_comes_to_nothing_is_said(tmp_path: Path) -> None:
    path = tmp_path / "never.yaml"
    path.write_text("schedule: 1\nacts: [{do: ready, who: 1, at: {when: lost}}]")
    result = told("replay", str(tmp_path), "--folder", str(tmp_path / "run"))
    assert result.exit_code == 3, result.output
    assert "never: act 1 was left out or came to nothing: agent 1: ready at lost 1" in result.output


def test_exploring_leaves_what_it_played(tmp_path: Path) -> None:
    result = told("explore", "CTI", "--schedules", "2", "--seed", "7", "--workers", "1", "--folder", str(tmp_path))
    assert result.exit_code == 0, result.output
    assert "2 schedules, 0 violate a clause" in result.output
    assert json.loads((tmp_path / "explored.json").read_text())["schedules"] == 2
    text = (tmp_path / "explored.md").read_text()
    assert "## Fault × moment" in text
    assert text.splitlines()[2] == "Seed 7. Families: CTI. 2 schedules: 2 HELD."


def test_a_soak_is_judged_again_as_it_was(tmp_path: Path) -> None:
    """Its journals are of no suite's experiments: 77 clauses were UNFIT."""
    saved, again, one = tmp_path / "saved", tmp_path / "again", tmp_path / "one"
    defect = ("--mock-defect", "never-fails-over")
    assert told("soak", "5m", "--every", "5m", "--seed", "3", "--folder", str(saved), *defect).exit_code == 1
    result = told("rejudge", str(saved), "--folder", str(again))
    assert result.exit_code == 1, result.output
    assert "stretch-0001: VIOLATED CTI-01" in result.output
    assert "1 stretch, 5 min of the lab's time: 1 VIOLATED" in result.output
    assert (again / "soak.json").read_text() == (saved / "soak.json").read_text()
    assert not (again / "journals").exists()
    assert told("rejudge", str(saved), "CTI-01", "--folder", str(one)).exit_code == 1
    (stretch,) = json.loads((one / "soak.json").read_text())["stretches"]
    assert {each.partition(" ")[0] for each in stretch["violated"]} == {"CTI-01"}


def test_a_replay_is_judged_again_and_a_journal_that_was_edited_is_not(loss: Path, tmp_path: Path) -> None:
    saved = tmp_path / "saved"
    assert told("replay", str(loss), "--folder", str(saved)).exit_code == 0
    result = told("rejudge", str(saved), "--folder", str(tmp_path / "again"))
    assert result.exit_code == 0, result.output
    assert "loss: nothing is violated; something of CTI-01" in result.output
    journal = saved / "journals" / "loss.jsonl"
    journal.write_text(journal.read_text().replace("OUT_OF_SERVICE", "IN_SERVICE", 1))
    result = told("rejudge", str(saved), "--folder", str(tmp_path / "edited"))
    assert result.exit_code == 3, result.output
    assert "loss: could not be judged: " in result.output


@pytest.mark.parametrize("option", ["--strict", "--waivers=none.yaml", "--suites=suites"])
def test_what_says_nothing_of_a_soak_is_refused(tmp_path: Path, option: str) -> None:
    (tmp_path / "journals").mkdir()
    (tmp_path / "soak.json").write_text('{"seed": 3, "is_whole": true}')
    says = f"holds a soak, each stretch of which is judged by every check: leave {option.partition('=')[0]} out"
    assert says in usage("rejudge", str(tmp_path), option)


@pytest.mark.parametrize(
    "left", ["", "[]", "[" * 100_000, '{"seed": "x", "is_whole": 1}', '{"seed": Infinity, "is_whole": true}', "{}"]
)
def test_what_is_no_soak_is_told_to_be_none(tmp_path: Path, left: str) -> None:
    (tmp_path / "journals").mkdir()
    (tmp_path / "soak.json").write_text(left)
    assert "soak.json is not what a soak leaves" in usage("rejudge", str(tmp_path))


@pytest.mark.parametrize("left", ["explored.json", "explored.md", "found/cti-09-7.yaml", "journals/a.jsonl"])
@pytest.mark.parametrize("command", COMMANDS, ids=lambda one: one[0])
def test_what_another_one_has_left_is_not_written_over(
    loss: Path, tmp_path: Path, command: tuple[str, ...], left: str
) -> None:
    folder = tmp_path / "used"
    (folder / left).parent.mkdir(parents=True)
    (folder / left).write_text("evidence")
    files = [str(loss)] if command[0] == "replay" else []
    assert f"{folder} holds " in usage(*command, *files, "--folder", str(folder))
    assert [path for path in folder.rglob("*") if path.is_file()] == [folder / left]
    assert (folder / left).read_text() == "evidence"


def test_a_result_that_finds_no_room_is_named_with_what_to_do(tmp_path: Path) -> None:
    path = tmp_path / "explored.md"
    path.mkdir()
    with pytest.raises(EvidenceError, match=r"explored.md cannot be written: .*; make room there, .* --seed 7"):
        _keep(path, b"", 7)


@pytest.mark.parametrize("command", COMMANDS, ids=lambda one: one[0])
def test_two_at_once_do_not_share_a_folder(loss: Path, tmp_path: Path, command: tuple[str, ...]) -> None:
    files = [str(loss)] if command[0] == "replay" else []
    folder = tmp_path / "run"
    folder.mkdir()
    with alone_in(folder):
        assert f"another run is at work in {folder}" in usage(*command, *files, "--folder", str(folder))
    assert list(folder.iterdir()) == []


def test_a_soak_plays_stretch_after_stretch(tmp_path: Path) -> None:
    result = told("soak", "10m", "--every", "5m", "--seed", "7", "--folder", str(tmp_path))
    assert result.exit_code == 0, result.output
    assert "2 stretches, 10 min of the lab's time: 2 HELD" in result.output
    assert len(list((tmp_path / "journals").iterdir())) == 2
    left = json.loads((tmp_path / "soak.json").read_text())
    assert left["is_whole"]
    assert [(one["name"], one["verdict"]) for one in left["stretches"]] == [
        ("stretch-0001", "HELD"),
        ("stretch-0002", "HELD"),
    ]
    assert "| stretch-0002 | HELD |" in (tmp_path / "soak.md").read_text()


def test_a_soak_that_is_interrupted_leaves_what_was_judged_until_then(tmp_path: Path) -> None:
    """It said "interrupted", and left nothing but journals."""
    folder = tmp_path / "soak"
    command = ("soak", "6h", "--every", "5m", "--seed", "5", "--folder", str(folder))
    with running(*command, log=tmp_path / "log") as soak:
        soak.until("a stretch was judged", (folder / "journals" / "stretch-0002.jsonl").exists)
        assert json.loads((folder / "soak.json").read_text())["is_whole"] is False
        assert soak.told(signal.SIGINT) == 130, soak.said
    left = json.loads((folder / "soak.json").read_text())
    assert left["is_whole"] is False
    assert left["stretches"][0]["verdict"] == "HELD"
    assert f"{len(left['stretches'])} HELD; nodes were out of service" in soak.said
    assert "was not played to its end" in (folder / "soak.md").read_text()


def test_a_soak_of_a_product_that_is_broken_is_violated(tmp_path: Path) -> None:
    defect = ("--mock-defect", "never-fails-over")  # of this seed the first loss is a reset
    result = told("soak", "10m", "--every", "5m", "--seed", "3", "--folder", str(tmp_path), *defect)
    assert result.exit_code == 1, result.output
    assert "stretch-0001: VIOLATED CTI-01" in result.output
    violated = json.loads((tmp_path / "soak.json").read_text())["stretches"][0]["violated"]
    assert any(one.startswith("CTI-01 at ") for one in violated)
    assert "- stretch-0001: VIOLATED CTI-01" in (tmp_path / "soak.md").read_text()


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("explore", "CTI-05"), "'CTI-05' has no schedules: name some of CTI, AWDB, CLIENT, DESKTOP, IPPA"),
        (("explore", "--for", "soon"), "'soon' is no length of time: write 90s, 30m, 24h or 1d"),
        (("soak", "0h"), "'0h' is no length of time"),
        (("soak", "1h", "--every", "10s"), "shorter than a fail-over"),
        (("replay", "none.yaml"), "none.yaml: expected a schedule's file, found no such file"),
    ],
)
def test_wrong_usage_is_told_in_a_sentence(arguments: tuple[str, ...], says: str) -> None:
    assert says in usage(*arguments)


ASKS = """
import sys
from chaos.commands.main import status_of
status = status_of(sys.argv[1:])
print(status, *sorted(name for name in sys.modules if name in ("chaos.faults", "chaos.run.session", "chaos.clients")))
"""


@pytest.mark.parametrize(
    "arguments",
    [
        ("replay", "nonesuch.yaml"),
        ("replay", "README.md"),
        ("soak", "24h", "--every", "1s"),
        ("soak", "24h", "-i", "nonesuch.yaml"),
        ("explore", "FOO"),
        ("explore", "-i", "nonesuch.yaml"),
    ],
    ids=" ".join,
)
def test_what_is_wrong_is_refused_before_anything_is_imported_that_plays(arguments: tuple[str, ...]) -> None:
    """Whoever mistypes a name does not wait for some thousand modules."""
    said = subprocess.run([sys.executable, "-c", ASKS, *arguments], capture_output=True, text=True, check=True)
    assert said.stdout.splitlines()[-1] == "2", said.stdout + said.stderr
