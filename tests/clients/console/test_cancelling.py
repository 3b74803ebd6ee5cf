"""Who is interrupted leaves at once, whatever the host does: says nothing, or never stops talking. In real time."""

import asyncio
import threading
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, suppress

import asyncssh
import pytest

from chaos import clock
from chaos.clients.console import Console, VosConsole, WindowsConsole, errors
from chaos.errors import PeerError
from chaos.mock.consoles import ServerKey
from chaos.mock.consoles.host import Process, SshHost
from tests.mock.consoles.lab import OPERATOR

KEY = ServerKey.generate()
# Two seconds are promised; a busy machine gets no more.
AT_ONCE_S = 2.0

Speak = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@pytest.fixture(autouse=True)
def _no_thread_is_left() -> Iterator[None]:
    before = set(threading.enumerate())
    yield
    left = [thread for thread in threading.enumerate() if thread not in before]
    for thread in left:
        thread.join(10.0)
    assert [thread for thread in left if thread.is_alive()] == []


async def nothing(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.read()


async def lines_without_end(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while True:
        writer.write(b"Welcome, SSH follows soon\r\n" * 1000)
        await writer.drain()


async def one_line_without_end(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while True:
        writer.write(b"x" * 30_000)
        await writer.drain()


async def drips(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while True:
        writer.write(b"x")
        await asyncio.sleep(0.05)


async def version_alone(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b"SSH-2.0-OpenSSH_8.0\r\n")
    await reader.read()


@asynccontextmanager
async def no_ssh(speak: Speak) -> AsyncIterator[int]:
    writers: list[asyncio.StreamWriter] = []

    async def on_connect(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writers.append(writer)
        with suppress(OSError):
            await speak(reader, writer)

    server = await asyncio.start_server(on_connect, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        for writer in writers:
            writer.transport.abort()


class LoginWithoutEnd(asyncssh.SSHServer):
    """Never says whether the password was right."""

    def password_auth_supported(self) -> bool:
        return True

    async def validate_password(self, username: str, password: str) -> bool:
        await asyncio.Event().wait()
        return False


class QuestionsWithoutEnd(asyncssh.SSHServer):
    """Asks one thing after the other."""

    def kbdint_auth_supported(self) -> bool:
        return True

    def get_kbdint_challenge(
        self, username: str, lang: str, submethods: str
    ) -> tuple[str, str, str, list[tuple[str, bool]]]:
        return "", "", "", []

    def validate_kbdint_response(
        self, username: str, responses: object
    ) -> tuple[str, str, str, list[tuple[str, bool]]]:
        return "", "", "", []


class NeverOpens(asyncssh.SSHServer):
    """Lets everybody in and never opens a session."""

    def password_auth_supported(self) -> bool:
        return True

    def validate_password(self, username: str, password: str) -> bool:
        return True

    async def session_requested(self) -> bool:
        await asyncio.Event().wait()
        return False


@asynccontextmanager
async def ssh_server(kind: type[asyncssh.SSHServer]) -> AsyncIterator[int]:
    key = asyncssh.import_private_key(KEY.private)
    async with asyncssh.listen("127.0.0.1", 0, server_factory=kind, server_host_keys=[key]) as acceptor:
        yield acceptor.get_port()


@asynccontextmanager
async def shell(say: Callable[[Process], Awaitable[None]]) -> AsyncIterator[int]:
    host = SshHost(KEY, [OPERATOR], say, interactive_only=False, version="OpenSSH_8.0")
    try:
        yield await host.start("127.0.0.1", 0)
    finally:
        await host.stop()


async def silent(process: Process) -> None:
    await asyncio.Event().wait()


async def silent_at_the_prompt(process: Process) -> None:
    process.stdout.write(b"admin:")
    await asyncio.Event().wait()


async def text_without_end(process: Process) -> None:
    while True:
        process.stdout.write(b"Getting list of all services\r\n" * 500)
        await process.stdout.drain()
        await asyncio.sleep(0.01)


async def prompts_without_end(process: Process) -> None:
    while True:
        process.stdout.write(b"\r\nadmin:")
        await process.stdout.drain()
        await asyncio.sleep(0.001)


async def dripping_status(process: Process) -> None:
    process.stdout.write(b"admin:")
    while True:
        process.stdout.write(b".")
        await asyncio.sleep(0.05)


def vos(port: int) -> Console:
    return VosConsole("127.0.0.1", port, OPERATOR.user, OPERATOR.password, KEY.public, deadline_s=60.0)


def windows(port: int) -> Console:
    return WindowsConsole("127.0.0.1", port, OPERATOR.user, OPERATOR.password, KEY.public, deadline_s=60.0)


PEERS = {
    "nothing": (no_ssh, nothing),
    "lines without end": (no_ssh, lines_without_end),
    "one line without end": (no_ssh, one_line_without_end),
    "drips": (no_ssh, drips),
    "version alone": (no_ssh, version_alone),
    "login without end": (ssh_server, LoginWithoutEnd),
    "questions without end": (ssh_server, QuestionsWithoutEnd),
    "never opens": (ssh_server, NeverOpens),
    "silent": (shell, silent),
    "silent at the prompt": (shell, silent_at_the_prompt),
    "text without end": (shell, text_without_end),
    "prompts without end": (shell, prompts_without_end),
    "dripping": (shell, dripping_status),
}


@pytest.mark.parametrize("make", [vos, windows], ids=["vos", "windows"])
@pytest.mark.parametrize("peer", PEERS)
def test_an_interrupted_call_and_its_close_take_less_than_two_seconds(
    peer: str, make: Callable[[int], Console]
) -> None:
    serve, what = PEERS[peer]

    async def play() -> float:
        async with serve(what) as port:  # type: ignore[operator]
            console = make(port)
            asking = asyncio.create_task(console.services())
            await asyncio.sleep(1.0)
            before_s = time.monotonic()
            asking.cancel()
            # Some of these are found out by themselves before.
            with suppress(asyncio.CancelledError, errors.ConsoleError, PeerError):
                await asking
            await console.close()
            return time.monotonic() - before_s

    assert clock.run(play(), virtual=False) < AT_ONCE_S


@pytest.mark.parametrize("what", [text_without_end, prompts_without_end], ids=["text", "prompts"])
@pytest.mark.parametrize("make", [vos, windows], ids=["vos", "windows"])
def test_the_loop_is_never_kept_busy_by_somebody_who_talks(
    what: Callable[[Process], Awaitable[None]], make: Callable[[int], Console]
) -> None:
    async def play() -> float:
        worst_s = 0.0
        async with shell(what) as port:
            console = make(port)
            asking = asyncio.create_task(console.services())
            for _ in range(60):
                before_s = time.monotonic()
                await asyncio.sleep(0.02)
                worst_s = max(worst_s, time.monotonic() - before_s - 0.02)
            asking.cancel()
            await asyncio.gather(asking, return_exceptions=True)
            await console.close()
        return worst_s

    assert clock.run(play(), virtual=False) < 1.0


def test_leaving_a_node_that_does_not_answer_the_goodbye_takes_less_than_two_seconds() -> None:
    async def deaf(process: Process) -> None:
        process.stdout.write(b"admin:")
        await process.stdin.read(100)
        process.stdout.write(b"utils service list\r\nA[STARTED]\r\nadmin:")
        await process.stdin.read(100)
        while True:
            process.stdout.write(b"bye? ")
            await asyncio.sleep(0.01)

    async def play() -> float:
        async with shell(deaf) as port:
            console = vos(port)
            assert await console.services()
            before_s = time.monotonic()
            await console.close()
            return time.monotonic() - before_s

    assert clock.run(play(), virtual=False) < AT_ONCE_S
