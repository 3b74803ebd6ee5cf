"""Shells that behave as real ones were seen to: late second prompts, answers in pieces, walls, questions at login."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import pytest

from chaos import clock
from chaos.clients.console import VosConsole, errors
from chaos.mock.consoles import ServerKey
from chaos.mock.consoles.host import Process, SshHost
from chaos.wire.console.service import ServiceState, TranscriptError
from tests.mock.consoles.lab import OPERATOR, TOMCAT

KEY = ServerKey.generate()


@dataclass
class Shell:
    """A VOS shell of few words. Each hook may be replaced.

    takes: what counts as Enter. prompts_s: when further prompts follow each one. listing: made anew for each answer.
    pause_s: in the middle of an answer.
    """

    takes: bytes = b"\r"
    prompts_s: tuple[float, ...] = ()
    pause_s: float = 0.0
    think_s: float = 0.0
    greeting: bytes = b"   Welcome to the Platform Command Line Interface\r\n\r\nadmin:"
    states: dict[str, str] = field(default_factory=lambda: {"A Cisco DB": "STARTED", TOMCAT: "STARTED"})
    between: list[bytes] = field(default_factory=list)
    typed: bytearray = field(default_factory=bytearray)
    logins: int = 0
    _late: set["asyncio.Task[None]"] = field(default_factory=set)

    async def say(self, process: Process) -> None:
        self.logins += 1
        process.stdout.write(self.greeting)
        self._more_prompts(process)
        line = b""
        while data := await process.stdin.read(100):
            self.typed += data
            for byte in data:
                key = bytes([byte])
                if key != self.takes:
                    line += key
                    process.stdout.write(key)
                    continue
                process.stdout.write(b"\r\n")
                if line == b"exit":
                    process.exit(0)
                    return
                await self._answer(process, line.decode())
                process.stdout.write(b"admin:")
                self._more_prompts(process)
                line = b""

    def _more_prompts(self, process: Process) -> None:
        async def show(after_s: float) -> None:
            await asyncio.sleep(after_s)
            if not process.is_closing():
                process.stdout.write(b"\r\nadmin:")

        for after_s in self.prompts_s:
            task = asyncio.create_task(show(after_s))
            self._late.add(task)
            task.add_done_callback(self._late.discard)

    async def _answer(self, process: Process, line: str) -> None:
        if line.startswith("utils service stop "):
            process.stdout.write(b"Service Manager is running\r\n")
            await asyncio.sleep(1.0)
            self.states[line.removeprefix("utils service stop ")] = "STOPPED"
            process.stdout.write(f"{TOMCAT}[STOPPED]  \r\n\r\n".encode())
            return
        process.stdout.write(b"Requesting service status, please wait...\r\n")
        await asyncio.sleep(self.think_s)
        rows = [f"{name}[{state}]\r\n".encode() for name, state in self.states.items()]
        parts = [b"Getting list of all services\r\n", *rows, b"Primary Node =true\r\n\r\n"]
        for part in parts:
            process.stdout.write(part[:7])
            await asyncio.sleep(self.pause_s)
            process.stdout.write(self.between.pop(0) if self.between else b"")
            process.stdout.write(part[7:])


@asynccontextmanager
async def served(say: Callable[[Process], Awaitable[None]], *, deadline_s: float = 60.0) -> AsyncIterator[VosConsole]:
    host = SshHost(KEY, [OPERATOR], say, interactive_only=False, version="OpenSSH_8.0")
    port = await host.start("127.0.0.1", 0)
    console = VosConsole(
        "127.0.0.1", port, OPERATOR.user, OPERATOR.password, KEY.public, host="fin-a", deadline_s=deadline_s
    )
    try:
        async with console:
            yield console
    finally:
        await host.stop()


@pytest.mark.parametrize("takes", [b"\r"])
def test_a_shell_that_takes_enter_as_a_carriage_return_alone_runs_commands(takes: bytes) -> None:
    shell = Shell(takes=takes)

    async def play() -> None:
        async with served(shell.say) as console:
            assert (await console.service(TOMCAT)).state is ServiceState.STARTED

    clock.run(play(), virtual=True)
    assert b"\n" not in shell.typed


@pytest.mark.parametrize("think_s", [0.0, 0.7, 3.0])
@pytest.mark.parametrize("prompts_s", [(0.4,), (0.8,), (1.2,), (0.4, 1.2)], ids=str)
def test_further_prompts_never_lead_to_the_answer_of_another_command(
    prompts_s: tuple[float, ...], think_s: float
) -> None:
    shell = Shell(prompts_s=prompts_s, think_s=think_s)

    async def play() -> None:
        async with served(shell.say) as console:
            for _ in range(3):
                for state in ("STOPPED", "STARTED"):
                    shell.states[TOMCAT] = state
                    assert (await console.service(TOMCAT)).state.value == state
            assert (await console.stop(TOMCAT)).state is ServiceState.STOPPED

    clock.run(play(), virtual=True)


def test_a_node_without_further_prompts_is_not_waited_for() -> None:
    async def play() -> float:
        async with served(Shell().say) as console:
            await console.services()
            before_s = clock.now()
            for _ in range(10):
                await console.services()
            return clock.now() - before_s

    assert clock.run(play(), virtual=True) == pytest.approx(0.0, abs=0.01)


@pytest.mark.parametrize("pause_s", [0.3, 1.0, 4.0])
def test_an_answer_in_pieces_is_read_to_its_end(pause_s: float) -> None:
    shell = Shell(pause_s=pause_s)

    async def play() -> None:
        async with served(shell.say) as console:
            for state in ("STOPPED", "STARTED", "STOPPED"):
                shell.states[TOMCAT] = state
                assert (await console.service(TOMCAT)).state.value == state

    clock.run(play(), virtual=True)
    assert shell.logins == 1


def test_an_answer_in_the_middle_of_which_a_prompt_stands_is_asked_for_again_on_a_new_session() -> None:
    shell = Shell(pause_s=0.5, between=[b"", b"\r\nadmin:"])

    async def play() -> None:
        async with served(shell.say) as console:
            assert [line.name for line in await console.services()] == ["A Cisco DB", TOMCAT]

    clock.run(play(), virtual=True)
    assert shell.logins == 2


WALL = b"\r\nBroadcast message from admin@fin-a (pts/1) (Tue Jan  6 10:00:00 2026):\r\n\r\nmaintenance at noon\r\n\r\n"


def test_a_wall_message_in_the_middle_of_a_line_is_no_answer_and_the_next_one_is() -> None:
    shell = Shell(between=[b"", b"", WALL])

    async def play() -> None:
        async with served(shell.say) as console:
            with pytest.raises(TranscriptError, match="wall message") as caught:
                await console.services()
            assert errors.may_pass(caught.value)
            assert len(await console.services()) == 2

    clock.run(play(), virtual=True)
    assert shell.logins == 2


def test_while_an_action_is_under_way_answers_that_are_no_states_are_asked_for_again() -> None:
    """k1: the service manager is busy, and says so instead of listing."""
    shell = Shell()
    answer, troubled = Shell._answer, 0

    async def troubled_answer(self: Shell, process: Process, line: str) -> None:
        nonlocal troubled
        if line == "utils service list" and self.states[TOMCAT] == "STOPPED" and troubled < 3:
            troubled += 1
            said = (WALL, b"Service Manager is busy\r\nExecuted command unsuccessfully\r\n", b"")[troubled - 1]
            process.stdout.write(said)
            return
        await answer(self, process, line)

    async def play() -> None:
        shell._answer = troubled_answer.__get__(shell)  # type: ignore[method-assign]
        async with served(shell.say) as console:
            assert (await console.stop(TOMCAT)).state is ServiceState.STOPPED

    clock.run(play(), virtual=True)
    assert troubled == 3


@pytest.mark.parametrize(
    "question",
    [
        b"You are required to change your password immediately (root enforced)\r\nChanging password for admin.\r\n"
        b"(current) UNIX password: ",
        b"By logging in you accept the terms.\r\naccept (yes/no)? ",
    ],
)
def test_a_question_at_login_is_told_and_nothing_is_typed(question: bytes) -> None:
    shell = Shell(greeting=question)

    async def play() -> None:
        async with served(shell.say) as console:
            with pytest.raises(errors.LoginAsksBack, match="log in once as 'administrator' by hand") as caught:
                await console.services()
            assert not errors.may_pass(caught.value)

    clock.run(play(), virtual=True)
    assert shell.typed == b""
