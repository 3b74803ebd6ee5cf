"""Every hostile inventory is refused by the command: status 2, file, line, key and remedy, nothing touched."""

import os
import re
from pathlib import Path

import pytest

from chaos.commands import main as command
from chaos.inventory import load
from tests.inventory.hostile import WHOLE, Hostile, table
from tests.inventory.labs import written
from tests.pace import within_s
from tests.suites.runs import finesse_chaos

TABLE = table()
# Of this process's own time, imports of a first call included; reading the largest file that is allowed takes most.
READ_S_MAX = 5.0


def said_to(arguments: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> str:
    """What the command says to the user before it leaves with status 2."""

    def forbidden(*_: object, **__: object) -> None:
        raise AssertionError("pytest was started for an inventory that is wrong")

    monkeypatch.setattr("pytest.main", forbidden)
    assert within_s(READ_S_MAX, lambda: command.status_of(arguments)) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert "Traceback" not in err
    return err


def test_there_are_enough_of_them() -> None:
    assert len(TABLE) >= 214


def test_ids_are_stable_and_no_row_stands_twice() -> None:
    assert len({row.id for row in TABLE}) == len(TABLE)
    assert len({row.text if isinstance(row.text, bytes) else row.text.encode("utf-8") for row in TABLE}) == len(TABLE)
    assert all(re.fullmatch(r"[A-Za-z0-9_./\[\]-]+", row.id) for row in TABLE)


@pytest.mark.parametrize("row", TABLE, ids=[row.id for row in TABLE])
def test_a_hostile_inventory_is_refused_with_file_line_key_and_remedy(
    row: Hostile, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    path = written(tmp_path, row.text)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    said = said_to(["run", "CTI", "-i", str(path)], monkeypatch, capsys)
    place = re.escape(str(path)) + (rf":(?P<line>{row.line or chr(92) + 'd+'}):\d+: ")
    key = re.escape(f"{row.key}: ") if row.key else ""
    found = re.search(rf"^{place}{key}expected .+, found .+\n    (?P<remedy>.+)$", said, re.MULTILINE)
    assert found, said
    assert row.remedy in found.group("remedy"), said
    if not row.id.startswith("file/"):  # the line is that of the key, or of the section from which it is missing
        line = path.read_text(encoding="utf-8").splitlines()[int(found.group("line")) - 1]
        assert any(part in line for part in re.split(r"[.\[]", row.key)), line
    assert "nothing was touched" in said
    assert os.listdir(tmp_path) == [path.name], "no report, no state"


def test_what_the_rows_spoil_is_itself_accepted(tmp_path: Path) -> None:
    """Else a row could be refused for something that it does not say."""
    assert load(written(tmp_path, WHOLE)).name == "lab"


ROWS_AS_PROCESSES = [row for row in TABLE if row.id in ("file/billion-laughs", "file/utf-32", "flag/disposable/on")]


@pytest.mark.parametrize("row", ROWS_AS_PROCESSES, ids=[row.id for row in ROWS_AS_PROCESSES])
@pytest.mark.parametrize("command", ["run", "preflight", "heal"])
def test_the_real_command_leaves_with_2_and_touches_nothing(row: Hostile, command: str, tmp_path: Path) -> None:
    path = written(tmp_path, row.text)
    ran = finesse_chaos(command, "-i", str(path), folder=tmp_path, cwd=tmp_path)
    assert (ran.status, ran.out) == (2, "")
    assert re.match(rf"finesse-chaos: {re.escape(str(path))}: \d+ problems?; nothing was touched\n", ran.err)
    assert os.listdir(tmp_path) == [path.name]


@pytest.mark.parametrize("what", ["pipe", "device", "folder", "loop", "nothing"])
def test_an_inventory_that_is_no_file_keeps_nobody_waiting(what: str, tmp_path: Path) -> None:
    path = tmp_path / "lab.yaml"
    if what == "pipe":
        os.mkfifo(path)
    elif what == "device":
        path.symlink_to("/dev/zero")
    elif what == "folder":
        path.mkdir()
    elif what == "loop":
        path.symlink_to(path)
    ran = finesse_chaos("run", "-i", str(path), folder=tmp_path, cwd=tmp_path)
    assert (ran.status, ran.out) == (2, "")
    assert f"{path}:1:1: expected an inventory file, found " in ran.err
