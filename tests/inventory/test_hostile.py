"""Every hostile inventory is refused by the command: status 2, file, line, key and remedy, nothing touched."""

import os
import re
import time
from pathlib import Path

import pytest

from chaos.commands import main as command
from chaos.inventory import load
from tests.inventory.hostile import WHOLE, Hostile, table
from tests.inventory.labs import written

TABLE = table()
# Of this process's own time, imports of a first call included; reading the largest file that is allowed takes most.
READ_S_MAX = 5.0


def said_to(arguments: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> str:
    """What the command says to the user before it leaves with status 2."""

    def forbidden(*_: object, **__: object) -> None:
        raise AssertionError("pytest was started for an inventory that is wrong")

    monkeypatch.setattr("pytest.main", forbidden)
    before_s = time.process_time()
    assert command.status_of(arguments) == 2
    assert time.process_time() - before_s < READ_S_MAX
    out, err = capsys.readouterr()
    assert out == ""
    assert "Traceback" not in err
    return err


def test_ids_are_stable_and_no_row_stands_twice() -> None:
    assert len({row.id for row in TABLE}) == len(TABLE)
    assert len({row.text for row in TABLE}) == len(TABLE)
    assert all(re.fullmatch(r"[A-Za-z0-9_./\[\]-]+", row.id) for row in TABLE)


@pytest.mark.parametrize("row", TABLE, ids=[row.id for row in TABLE])
def test_a_hostile_inventory_is_refused_with_file_line_key_and_remedy(
    row: Hostile, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    path = written(tmp_path, row.text)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    said = said_to(["run", "CTI", "-i", str(path)], monkeypatch, capsys)
    place = re.escape(str(path)) + (rf":{row.line}:\d+: " if row.line else r":\d+:\d+: ")
    key = re.escape(f"{row.key}: ") if row.key else ""
    found = re.search(rf"^{place}{key}expected .+, found .+\n    (.+)$", said, re.MULTILINE)
    assert found, said
    assert row.remedy in found.group(1), said
    assert "nothing was touched" in said
    assert os.listdir(tmp_path) == [path.name], "no report, no state"


def test_what_the_rows_spoil_is_itself_accepted(tmp_path: Path) -> None:
    """Else a row could be refused for something that it does not say."""
    assert load(written(tmp_path, WHOLE)).name == "lab"
