"""What an inventory refers to is looked at before anything is touched: file, line, key, remedy, and no secret."""

import os
import re
from datetime import datetime
from pathlib import Path

import pytest

from chaos import clock
from chaos.commands import main as command
from chaos.errors import InventoryError
from chaos.inventory import load
from tests.inventory.hostile_material import ENV, NOW, Spoilt, certificate, table, well
from tests.inventory.labs import LIVE, written

TABLE = table()


@pytest.fixture(autouse=True)
def in_june(monkeypatch: pytest.MonkeyPatch) -> None:
    def june() -> datetime:
        return NOW

    monkeypatch.setattr(clock, "real_now", june)


@pytest.mark.parametrize("row", TABLE, ids=[row.id for row in TABLE])
def test_what_is_wrong_is_said_with_file_line_key_and_remedy(row: Spoilt, tmp_path: Path) -> None:
    env = well(tmp_path)
    path = written(tmp_path, row.text)
    load(path, env)
    row.spoil(tmp_path, env)
    with pytest.raises(InventoryError) as caught:
        load(path, env)
    said = str(caught.value)
    place = rf"^{re.escape(str(path))}:(\d+):\d+: {re.escape(row.key)}: expected .+, found (.+)\n    (.+)$"
    found = re.search(place, said, re.MULTILINE)
    assert found, said
    # The key's last name stands in that very line.
    assert row.key.rpartition(".")[2] in row.text.splitlines()[int(found.group(1)) - 1]
    assert row.found in found.group(2), said
    assert row.remedy in found.group(3), said
    assert "nothing was touched" in said
    assert "sec" not in re.sub(r"secrets?/|the secret", "", said), "no part of a secret"
    assert str(caught.value).count(": expected ") == 1, "one problem, though three agents share the file"


def test_a_self_signed_certificate_of_each_node_is_a_ca(tmp_path: Path) -> None:
    env = well(tmp_path)
    path = written(tmp_path, LIVE)
    (tmp_path / "ca.pem").write_bytes(certificate("fin-a", is_ca=False) + certificate("fin-b", is_ca=None))
    load(path, env)
    (tmp_path / "ca.pem").write_bytes(certificate("issuing", issuer="root"))
    load(path, env)


def test_everything_that_is_wrong_is_said_at_once(tmp_path: Path) -> None:
    path = written(tmp_path, LIVE)
    with pytest.raises(InventoryError) as caught:
        load(path, {})
    keys = re.findall(r"yaml:\d+:\d+: (.+?): expected", str(caught.value))
    assert keys == ["tls.ca", "publisher.ssh.password.env", "admin.password.env", "agents[0].password.file"]


def test_healing_asks_for_what_healing_needs(tmp_path: Path) -> None:
    """A lab is not left broken because an agent's password is not at hand, or because the CA has just expired."""
    env = well(tmp_path)
    path = written(tmp_path, LIVE)
    (tmp_path / "secrets" / "agents").unlink()
    (tmp_path / "ca.pem").write_bytes(certificate("old-ca", begins=-20, ends=-1))
    with pytest.raises(InventoryError, match="2 problems"):
        load(path, env)
    load(path, env, healing=True)
    with pytest.raises(InventoryError, match=r"admin\.password\.env"):
        load(path, {"VOS": ENV["VOS"]}, healing=True)


@pytest.mark.parametrize("row", TABLE[::7], ids=[row.id for row in TABLE[::7]])
@pytest.mark.parametrize("arguments", [["run", "CTI"], ["preflight"]], ids=["run", "preflight"])
def test_the_command_leaves_with_2_before_anything_is_touched(
    row: Spoilt,
    arguments: list[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def forbidden(*_: object, **__: object) -> None:
        raise AssertionError("something was opened")

    monkeypatch.setattr("pytest.main", forbidden)
    monkeypatch.setattr("socket.socket.connect", forbidden)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.chdir(tmp_path)
    env = well(tmp_path)
    for name in ENV:
        monkeypatch.delenv(name, raising=False)
    row.spoil(tmp_path, env)
    for name, value in env.items():
        monkeypatch.setenv(name, value)
    before = sorted(path.name for path in tmp_path.iterdir())
    path = written(tmp_path, row.text)
    assert command.status_of([*arguments, "-i", str(path)]) == 2
    said = capsys.readouterr().err
    assert f"{row.key}: expected" in said
    assert "Traceback" not in said
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted([*before, path.name]), "no report, no state"


def test_a_problem_of_the_file_itself_comes_first(tmp_path: Path) -> None:
    with pytest.raises(InventoryError) as caught:
        load(written(tmp_path, LIVE.replace("disposable: true", "disposable: false")), {})
    assert "1 problem" in str(caught.value)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_secret_that_we_may_not_read_is_said_so(tmp_path: Path) -> None:
    env = well(tmp_path)
    (tmp_path / "secrets" / "agents").chmod(0)
    with pytest.raises(InventoryError, match="a file that this user may not read"):
        load(written(tmp_path, LIVE), env)
