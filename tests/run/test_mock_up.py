"""The inventory that a `mock up` prints: as a lab's, and with it every clause can be played."""

import fcntl
import os
import sys
from pathlib import Path

import pytest

from chaos import clock
from chaos.errors import UsageError
from chaos.faults.stopped_by_command import StoppedByCommand
from chaos.inventory import Inventory, dump, load
from chaos.run.launcher import launch
from chaos.run.mock_up import Wanted, as_live, next_block, serve
from tests.places import own_block
from tests.suites.runs import ROOT

CONTROL = "http://127.0.0.1:8475/secret-token/"


def printed(folder: Path) -> tuple[Inventory, Inventory, str]:
    """What was started, and what is read of the file that is written for it, with its text."""

    async def main() -> tuple[Inventory, Inventory, str]:
        launched = await launch(load(ROOT / "inventories/mock.yaml"), folder=folder, fast=True)
        try:
            text = dump(as_live(launched.inventory, "http://127.0.0.1:8474", folder, CONTROL))
            (folder / "inventory.yaml").write_text(text, encoding="utf-8")
            return launched.inventory, load(folder / "inventory.yaml", {}), text
        finally:
            await launched.stop()

    return clock.run(main(), virtual=True)


def test_the_block_after_the_last_is_the_first() -> None:
    blocks = ("127.0.10", "127.0.255", "127.255.255")
    assert [next_block(block) for block in blocks] == ["127.0.11", "127.1.0", "127.0.0"]


def test_agents_are_as_unified_cce_has_them_with_their_load(tmp_path: Path) -> None:
    """Without `load` the harness would expect of whom the mock logs out that he is made Not Ready."""
    started, lab, _ = printed(tmp_path)
    assert [agent.load for agent in lab.agents] == [agent.load for agent in started.agents]
    assert {agent.load for agent in lab.agents} == {0, 1}
    kept = {"id", "login", "extension", "team", "supervisor", "load"}
    assert [agent.model_dump(include=kept) for agent in lab.agents] == [
        agent.model_dump(include=kept) for agent in started.agents
    ]


def test_no_password_and_no_address_of_the_control_stands_in_it(tmp_path: Path) -> None:
    started, lab, text = printed(tmp_path)
    assert started.phones is not None
    assert lab.phones is not None
    secrets = [agent.password.reveal({}) for agent in started.agents]
    secrets += [started.phones.account.password.reveal({}), "secret-token"]
    assert [secret for secret in secrets if secret in text] == []
    assert lab.phones.account.password.reveal({}) == started.phones.account.password.reveal({})


def test_the_web_applications_have_commands_which_are_given_the_controls_address_as_a_secret(tmp_path: Path) -> None:
    _, lab, _ = printed(tmp_path)
    for role in ("publisher", "subscriber"):
        assert StoppedByCommand(f"webapp-{role}").unfit(lab) is None
        command = lab.commands[f"webapp-{role}"]
        assert {name: secret.reveal({}) for name, secret in command.env.items()} == {"FINESSE_CHAOS_MOCK": CONTROL}
        assert all("token" not in " ".join(argv) for argv in (command.stop, command.start, command.state))


def test_what_stops_a_mock_is_said_when_it_is_up_and_that_it_has_ended_when_it_has(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    serve(ROOT / "inventories/mock.yaml", tmp_path, Wanted(block=own_block(), for_s=0.0))
    assert capsys.readouterr().out.splitlines()[-2:] == [
        "it stops by itself after 0 s; Ctrl-C stops it before",
        "the mock has ended",
    ]


def test_a_folder_in_which_another_mock_is_up_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    place = os.open(tmp_path / ".mock-up", os.O_CREAT | os.O_RDWR)
    wanted = Wanted(block=own_block(), for_s=0.0)
    try:
        fcntl.flock(place, fcntl.LOCK_EX)
        with pytest.raises(UsageError, match=f"--folder {tmp_path} is in use by another `mock up`.*: end that one, or"):
            serve(ROOT / "inventories/mock.yaml", tmp_path, wanted)
    finally:
        os.close(place)
    assert [path.name for path in tmp_path.iterdir()] == [".mock-up"]


@pytest.mark.skipif(sys.platform != "linux", reason="a folder of the kernel's, in which not even root can write")
def test_a_folder_that_takes_no_file_is_named_and_no_other_mock_is_blamed_for_it() -> None:
    with pytest.raises(UsageError, match=r"^/proc/self/ca.pem cannot be written: .*; make room there, or name another"):
        serve(ROOT / "inventories/mock.yaml", Path("/proc/self"), Wanted(block=own_block(), for_s=0.0))
