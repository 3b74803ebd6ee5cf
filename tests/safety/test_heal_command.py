"""`finesse-chaos heal` as a user meets it: interrupted once and twice, with an edited inventory, with a bad line."""

import asyncio
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from chaos import clock
from chaos.inventory import load
from chaos.safety.identity import identity_of
from chaos.safety.places import OVERRIDE, make_own_folder, place_of
from chaos.undo.entries import MarkLeft, RestartDue, Undo
from chaos.undo.file import FILE, FileUndoLog
from tests.inventory.labs import LIVE, REPOSITORY, written

DEADLINE_S = 90.0


@pytest.fixture
def hung() -> Iterator[str]:
    """The API of a proxy server that accepts and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"http://127.0.0.1:{server.getsockname()[1]}"


def owe(path: Path, env: dict[str, str], *undos: Undo) -> Path:
    """A log of that lab that owes these; its file."""

    async def owing() -> Path:
        identity = await identity_of(load(path))
        folder = place_of(env).folder_of(identity)
        make_own_folder(folder)
        log = FileUndoLog(folder, identity)
        for undo in undos:
            await log.before(undo)
        log.close()
        return folder / FILE

    return asyncio.run(owing())


def heal(path: Path, env: dict[str, str], *more: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-m", "chaos", "heal", "-i", str(path), *more],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        cwd=REPOSITORY,
        env={**os.environ, "PYTHONUNBUFFERED": "1", **env},
    )


def until_said(process: "subprocess.Popen[str]", text: str) -> list[str]:
    assert process.stdout is not None
    said = []
    for line in process.stdout:
        said.append(line)
        if text in line:
            return said
    raise AssertionError(f"it never said {text!r}: {said}")


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_first_signal_does_not_cut_healing_off_and_a_second_leaves_with_what_is_owed(
    tmp_path: Path, hung: str, number: signal.Signals
) -> None:
    path = written(tmp_path, LIVE.replace("http://10.0.0.6:8474", hung))
    env = {OVERRIDE: str(tmp_path / "state"), "BOSS": "x", "VOS": "x"}
    owe(path, env, MarkLeft(hung, "finesse-chaos-lease-x-1-20261128T025004Z"))
    process = heal(path, env)
    until_said(process, "still undoing: mark finesse-chaos-lease-x")
    process.send_signal(number)
    until_said(process, f"{number.name}: what is being healed is healed to its end")
    until_said(process, "still undoing: mark finesse-chaos-lease-x")
    process.send_signal(number)
    began_s = time.monotonic()
    said, _ = process.communicate(timeout=DEADLINE_S)
    assert time.monotonic() - began_s < 3.0
    assert process.returncode == 4
    assert "still owed to the lab: mark finesse-chaos-lease-x" in said
    assert f"go on with: finesse-chaos heal -i {path}" in said
    assert "Traceback" not in said


@pytest.mark.slow
@pytest.mark.timeout(400)
def test_what_is_owed_is_found_with_an_edited_inventory_as_another_user_and_struck_by_its_line(tmp_path: Path) -> None:
    state = tmp_path / "state"
    path = written(tmp_path, lab := LIVE.replace("10.0.0.6:8474", "127.0.0.1:9"))
    log = owe(path, {OVERRIDE: str(state)}, RestartDue("a.host.that.is.gone", "Cisco Finesse Tomcat"))
    with log.open("ab") as file:
        file.write(b'{"undo": 2, "entry": {"kind": "coffee machine"}}\n')
    edited = tmp_path / "elsewhere" / "edited"
    edited.mkdir(parents=True)
    text = lab.replace("name: lab", "name: another").replace("host: fin-b", "host: renamed")
    moved = written(edited, text.replace("10.0.0.21", "10.0.9.9"))
    env = {OVERRIDE: str(state), "HOME": str(edited), "XDG_STATE_HOME": str(edited), "BOSS": "x", "VOS": "x"}
    process = heal(moved, env)
    said, _ = process.communicate(timeout=DEADLINE_S)
    assert process.returncode == 4, said
    assert f"REMAINS: line 5 of {log}: it makes no sense" in said
    assert "REMAINS: restart of 'Cisco Finesse Tomcat' on a.host.that.is.gone: the inventory has no host" in said
    for owed in (3, 5):
        assert f"finesse-chaos heal -i INVENTORY --strike {log.parent.name}:{owed}" in said
    for line, status in (("4", 2), ("\u00b2", 2), ("9" * 4400, 2), ("3", 4), ("5", 0)):
        process = heal(moved, env, "--strike", f"{log.parent.name}:{line}")
        said, _ = process.communicate(timeout=DEADLINE_S)
        assert process.returncode == status, said
        assert "Traceback" not in said


def test_a_lab_in_use_is_5_and_nothing_is_touched(tmp_path: Path) -> None:
    from chaos.safety.lease import RUNS, Lease

    path = written(tmp_path, LIVE)
    env = {OVERRIDE: str(tmp_path / "state"), "BOSS": "x", "VOS": "x"}

    async def story() -> None:
        lease = await Lease.take(place_of(env), await identity_of(load(path)), RUNS, wait_s=0.0)
        process = heal(path, env)
        said, _ = await clock.in_thread(process.communicate, timeout=DEADLINE_S)
        assert process.returncode == 5, said
        assert f"used by a run, process {os.getpid()} on " in said
        lease.give_up()

    asyncio.run(story())
