"""The lab's own commands, as real programs that behave and that do not."""

import asyncio
import os
import stat
import time
from collections.abc import Callable, Coroutine
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from chaos import clock
from chaos.clients.command import CommandFailed, CommandNotRun, LabCommand
from chaos.clients.console import ConsoleExchange
from chaos.clients.console.errors import ActionRefused, StateNotReached, may_pass
from chaos.errors import InventoryError
from chaos.inventory import Command
from chaos.wire.console.service import ServiceState

CARD = """\
#!/bin/sh
# A network card, beside this file: its state is what it says in `card`.
here=$(dirname "$0")
case $1 in
    connect|disconnect) echo "$1ed" > "$here/card"; echo "$1 done" ;;
    show) echo "card pg-a:"; cat "$here/card" ;;
esac
"""


def script(folder: Path, name: str, text: str) -> str:
    path = folder / name
    path.write_text(text)
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return str(path)


def card(folder: Path, **changes: Any) -> Command:
    """A card that is connected. changes: of the model's fields."""
    (folder / "card").write_text("connected\n")
    program = script(folder, "network", CARD)
    fields: dict[str, Any] = {
        "stop": [program, "disconnect"],
        "start": [program, "connect"],
        "state": [program, "show"],
        "stopped": "disconnected",
        "started": "connected",
    }
    return Command.model_validate(fields | changes)


def lab_command(command: Command, **more: Any) -> LabCommand:
    return LabCommand("pg-a-network", command, {"PATH": os.environ["PATH"], "CARD_TOKEN": "t0ken-s3cret"}, **more)


def played(story: Callable[[], Coroutine[Any, Any, Any]], *, virtual: bool = False) -> Any:
    return clock.run(story(), virtual=virtual)


@pytest.mark.parametrize("virtual", [False, True], ids=["ordinary", "virtual"])
def test_it_is_stopped_and_started_and_its_state_is_read_back(tmp_path: Path, virtual: bool) -> None:
    seen: list[ConsoleExchange] = []

    async def story() -> None:
        command = lab_command(card(tmp_path), poll_s=0.05, record=seen.append)
        assert (await command.service()).state is ServiceState.STARTED
        assert (await command.stop()).state is ServiceState.STOPPED
        assert (tmp_path / "card").read_text() == "disconnected\n"
        assert (await command.stop()).state is ServiceState.STOPPED
        assert (await command.start()).state is ServiceState.STARTED

    played(story, virtual=virtual)
    verbs = [exchange.sent.split()[-1] for exchange in seen]
    assert verbs == ["show", "show", "disconnect", "show", "show", "show", "connect", "show"]
    assert seen[2].received == "disconnect done\n"


def test_a_state_that_is_slow_to_come_is_waited_for(tmp_path: Path) -> None:
    slow = script(
        tmp_path, "slow", f'#!/bin/sh\n(sleep 0.6; echo disconnected > "{tmp_path}/card") > /dev/null 2>&1 &\n'
    )

    async def story() -> None:
        command = lab_command(card(tmp_path, stop=[slow]), poll_s=0.05)
        assert (await command.stop()).state is ServiceState.STOPPED

    played(story)


def test_a_state_that_never_comes_is_an_error_when_its_time_is_over(tmp_path: Path) -> None:
    async def story() -> None:
        command = lab_command(card(tmp_path, stop=["true"], settle_s=0.5), poll_s=0.05)
        with pytest.raises(StateNotReached, match=r"is STARTED instead of STOPPED after 0\.5 s"):
            await command.stop()

    played(story)


def test_a_command_that_fails_says_why(tmp_path: Path) -> None:
    failing = script(tmp_path, "failing", "#!/bin/sh\necho no such card >&2\nexit 3\n")

    async def story() -> None:
        command = lab_command(card(tmp_path, stop=[failing]), poll_s=0.05)
        with pytest.raises(ActionRefused, match="did not 'stop': it ended with 3: 'no such card'") as caught:
            await command.stop()
        assert may_pass(caught.value)

    played(story)


@pytest.mark.parametrize(
    ("printed", "said"),
    [
        ("echo something else", "fits neither 'stopped' nor 'started'"),
        ("echo connected; echo disconnected", "fits both"),
        ("true", "fits neither"),
        ("echo disconnected by operator", "fits neither"),
        ("echo connected; exit 1", "ended with 1"),
    ],
)
def test_what_is_no_state_is_none(tmp_path: Path, printed: str, said: str) -> None:
    state = script(tmp_path, "state", f"#!/bin/sh\n{printed}\n")

    async def story() -> None:
        with pytest.raises(CommandFailed, match=said) as caught:
            await lab_command(card(tmp_path, state=[state])).service()
        assert may_pass(caught.value), "it may become one"

    played(story)


def test_patterns_are_of_whole_lines_and_letter_case_does_not_matter(tmp_path: Path) -> None:
    state = script(tmp_path, "state", "#!/bin/sh\necho '   Link state: UP (1 Gbit/s)  '\n")

    async def story() -> None:
        patterns = {"started": r"link state: up .*", "stopped": r"link state: down.*"}
        command = lab_command(card(tmp_path, state=[state], **patterns))
        assert (await command.service()).state is ServiceState.STARTED

    played(story)


def test_a_program_that_is_not_there_is_told_and_not_tried_again(tmp_path: Path) -> None:
    async def story() -> None:
        for program in (str(tmp_path / "nowhere"), "no-such-program-anywhere", str(tmp_path)):
            with pytest.raises(CommandNotRun, match="'state' cannot be run") as caught:
                await lab_command(card(tmp_path, state=[program])).service()
            assert not may_pass(caught.value)

    played(story)


def test_it_sees_path_and_what_the_inventory_names_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FINESSE_ADMIN_PASSWORD", "not for commands")
    env = script(tmp_path, "env", "#!/bin/sh\nenv\necho connected\n")
    seen: list[ConsoleExchange] = []

    async def story() -> None:
        named = {"TOKEN": {"env": "CARD_TOKEN"}, "URL": "https://esx"}
        await lab_command(card(tmp_path, state=[env], env=named), record=seen.append).service()

    played(story)
    said = dict(line.partition("=")[::2] for line in seen[0].received.splitlines())
    assert said["URL"] == "https://esx"
    assert said["TOKEN"] == "•••"
    assert "FINESSE_ADMIN_PASSWORD" not in said
    assert "t0ken-s3cret" not in repr(seen)


def test_a_secret_that_is_missing_is_an_error_of_the_inventory(tmp_path: Path) -> None:
    async def story() -> None:
        with pytest.raises(InventoryError, match="NOWHERE is unset"):
            lab_command(card(tmp_path, env={"TOKEN": {"env": "NOWHERE"}}))

    played(story)


# --- bounds

HANGS = "#!/bin/sh\necho $$ > {pid}\nsleep 1000\n"
IGNORES = "#!/bin/sh\ntrap '' TERM INT HUP\necho $$ > {pid}\nwhile :; do sleep 1000; done\n"
TALKS = "#!/bin/sh\necho $$ > {pid}\nexec yes\n"


def running_in(group: int) -> list[int]:
    """Processes of that group that have not ended; nobody may have reaped those that have."""
    found = []
    for entry in Path("/proc").iterdir():
        with suppress(OSError, ValueError):
            state, _, of = (entry / "stat").read_text().rpartition(")")[2].split()[:3]
            if int(of) == group and state != "Z":
                found.append(int(entry.name))
    return found


def is_gone(group: int) -> bool:
    """Whether nobody of that group runs; a killed process needs a moment of the processor to end."""
    until_s = time.monotonic() + 2.0
    while running_in(group) and time.monotonic() < until_s:
        time.sleep(0.01)
    return not running_in(group)


def group_of(pid_file: Path) -> int:
    return int(pid_file.read_text())


CHILD = "#!/bin/sh\n(trap '' TERM; echo deaf; while :; do sleep 1000; done) &\necho $$ > {pid}\nsleep 1000\n"


@pytest.mark.parametrize("text", [HANGS, IGNORES, CHILD], ids=["hangs", "ignores signals", "has a deaf child"])
def test_who_does_not_end_is_killed_with_all_that_it_started(tmp_path: Path, text: str) -> None:
    pid = tmp_path / "pid"
    state = script(tmp_path, "state", text.format(pid=pid))

    async def story() -> float:
        before_s = time.monotonic()
        with pytest.raises(CommandFailed, match=r"did not end within 0\.5 s and was killed"):
            await lab_command(card(tmp_path, state=[state], timeout_s=0.5)).service()
        return time.monotonic() - before_s

    assert played(story) < 2.5
    assert is_gone(group_of(pid))


def test_who_prints_without_end_is_killed(tmp_path: Path) -> None:
    pid = tmp_path / "pid"
    state = script(tmp_path, "state", TALKS.format(pid=pid))

    async def story() -> None:
        with pytest.raises(CommandFailed, match="printed more than 65536 bytes"):
            await lab_command(card(tmp_path, state=[state])).service()

    played(story)
    assert is_gone(group_of(pid))


@pytest.mark.parametrize("text", [HANGS, IGNORES, TALKS], ids=["hangs", "ignores signals", "talks"])
def test_who_is_cancelled_leaves_within_two_seconds_and_nothing_behind(tmp_path: Path, text: str) -> None:
    pid = tmp_path / "pid"
    stop = script(tmp_path, "stop", text.format(pid=pid))

    async def story() -> float:
        command = lab_command(card(tmp_path, stop=[stop]))
        stopping = asyncio.create_task(command.stop())
        while not pid.exists() or not pid.read_text():  # noqa: ASYNC110 – another process writes it
            await asyncio.sleep(0.02)
        before_s = time.monotonic()
        stopping.cancel()
        with suppress(asyncio.CancelledError, CommandFailed):
            await stopping
        return time.monotonic() - before_s

    assert played(story) < 2.0
    assert is_gone(group_of(pid))


def test_a_child_that_keeps_the_output_open_is_not_waited_for(tmp_path: Path) -> None:
    state = script(tmp_path, "state", "#!/bin/sh\nsleep 5 &\necho connected\n")

    async def story() -> float:
        before_s = time.monotonic()
        assert (await lab_command(card(tmp_path, state=[state])).service()).state is ServiceState.STARTED
        return time.monotonic() - before_s

    assert played(story) < 3.0
