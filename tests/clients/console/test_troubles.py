"""Whatever a peer does, it ends in a typed error within the deadline, and nothing is left behind."""

import asyncio
import inspect
import struct
import threading
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, suppress

import asyncssh
import paramiko
import pytest
from cryptography.exceptions import InvalidSignature
from paramiko.packet import Packetizer

from chaos import clock
from chaos.clients.console import ConsoleExchange, VosConsole, WindowsConsole, errors
from chaos.clients.console.boundary import Door, boundary, within
from chaos.errors import InventoryError, PeerError
from chaos.mock.consoles import ServerKey, VosVariants
from chaos.mock.consoles.host import Process, SshHost
from tests.mock.consoles.lab import OPERATOR, TOMCAT, FakeServices, vos_lab

KEY, OTHER_KEY = ServerKey.generate(), ServerKey.generate()
DEADLINE_S = 30.0
VIRTUAL_AND_ORDINARY = pytest.mark.parametrize("virtual", [True, False], ids=["virtual", "ordinary"])

Speak = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@pytest.fixture(autouse=True)
def _no_thread_is_left() -> Iterator[None]:
    before = set(threading.enumerate())
    yield
    left = [thread for thread in threading.enumerate() if thread not in before]
    for thread in left:
        thread.join(10.0)  # paramiko's cancelled timers need a moment of the processor to end
    assert [thread for thread in left if thread.is_alive()] == []


@asynccontextmanager
async def peer(speak: Speak) -> AsyncIterator[int]:
    """A TCP server that is no console; its connections are reset at the end."""
    serving: list[tuple[asyncio.StreamWriter, asyncio.Task[None] | None]] = []

    async def on_connect(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        serving.append((writer, asyncio.current_task()))
        with suppress(OSError):
            await speak(reader, writer)

    server = await asyncio.start_server(on_connect, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        for writer, _ in serving:
            writer.transport.abort()
        await asyncio.gather(*(task for _, task in serving if task), return_exceptions=True)
        await server.wait_closed()


@asynccontextmanager
async def shell_peer(say: Callable[[Process], Awaitable[None]]) -> AsyncIterator[int]:
    """An SSH server that lets the operator in and then runs `say`."""
    host = SshHost(KEY, [OPERATOR], say, interactive_only=False, version="OpenSSH_8.0")
    try:
        yield await host.start("127.0.0.1", 0)
    finally:
        await host.stop()


def console(port: int, *, deadline_s: float = DEADLINE_S, password: str = OPERATOR.password) -> VosConsole:
    return VosConsole("127.0.0.1", port, OPERATOR.user, password, KEY.public, host="finesse-a", deadline_s=deadline_s)


async def silence(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.read()


async def version_then_silence(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b"SSH-2.0-OpenSSH_5.3\r\n")
    await reader.read()


async def hang_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.transport.abort()


async def version_then_hang_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b"SSH-2.0-OpenSSH_5.3\r\n")
    await reader.read(1)
    writer.transport.abort()


async def another_protocol(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n<html>\r\n" * 20)
    await reader.read()


async def noise(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(bytes(range(256)) * 64)
    await reader.read()


async def noise_after_the_version(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b"SSH-2.0-OpenSSH_5.3\r\n" + bytes(range(256)) * 64)
    await reader.read()


async def a_huge_packet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b"SSH-2.0-OpenSSH_5.3\r\n" + b"\x7f\xff\xff\xff" + bytes(4000))
    await reader.read()


@pytest.mark.parametrize(
    ("speak", "kind"),
    [
        (silence, errors.ConsoleSilent),
        (version_then_silence, errors.ConsoleSilent),
        (hang_up, errors.ConsoleLost),
        (version_then_hang_up, errors.ConsoleLost),
        (another_protocol, errors.ConsoleSilent),  # SSH allows text before the version
        (noise, errors.ConsoleGarbled),
        (noise_after_the_version, errors.ConsoleGarbled),
        (a_huge_packet, errors.ConsoleGarbled),
    ],
)
@VIRTUAL_AND_ORDINARY
def test_a_peer_that_is_no_console_is_a_typed_error_within_the_deadline(
    speak: Speak, kind: type[errors.ConsoleError], virtual: bool
) -> None:
    deadline_s = DEADLINE_S if virtual else 1.0

    async def play() -> float:
        async with peer(speak) as port, console(port, deadline_s=deadline_s) as driver:
            with pytest.raises(kind, match="finesse-a"):
                await driver.services()
            return clock.now()

    ended_s = clock.run(play(), virtual=virtual)
    if virtual:
        assert ended_s == pytest.approx(DEADLINE_S if kind is errors.ConsoleSilent else 0.0, abs=0.01)


def test_silence_lasts_to_the_deadline_and_not_a_moment_longer() -> None:
    async def play() -> float:
        async with peer(silence) as port, console(port) as driver:
            with pytest.raises(errors.ConsoleSilent, match="within 30 s; it said nothing"):
                await driver.services()
            return clock.now()

    assert clock.run(play(), virtual=True) == pytest.approx(DEADLINE_S, abs=0.01)


@VIRTUAL_AND_ORDINARY
def test_a_closed_port_is_unreachable(virtual: bool) -> None:
    async def play() -> None:
        async with peer(silence) as port:
            pass
        with pytest.raises(errors.ConsoleUnreachable, match="is the address right and SSH enabled"):
            await console(port).services()

    clock.run(play(), virtual=virtual)


@VIRTUAL_AND_ORDINARY
@pytest.mark.parametrize("interactive_only", [True, False])
def test_a_wrong_password_is_refused_and_not_repeated_in_the_message(virtual: bool, interactive_only: bool) -> None:
    seen: list[ConsoleExchange] = []

    async def play() -> None:
        variants = VosVariants(interactive_only=interactive_only)
        async with vos_lab(KEY, FakeServices(), variants, password="Wr0ng-one", record=seen.append) as driver:
            with pytest.raises(errors.LoginRefused, match="did not let user 'administrator' in") as caught:
                await driver.services()
            assert "Wr0ng-one" not in str(caught.value)

    clock.run(play(), virtual=virtual)
    assert "Wr0ng-one" not in repr(seen)


@pytest.mark.parametrize(
    ("pin", "word"), [("", "not pinned"), (OTHER_KEY.public, "has changed")], ids=["none", "another"]
)
def test_no_password_goes_to_a_host_whose_key_is_not_the_pinned_one(pin: str, word: str) -> None:
    async def play() -> None:
        async with vos_lab(KEY, FakeServices(), host_key=pin) as driver:
            with pytest.raises(errors.HostKeyRefused, match=word) as caught:
                await driver.services()
            assert f'host_key: "{KEY.public}"' in str(caught.value)

    clock.run(play(), virtual=True)


def test_a_malformed_pin_is_an_error_of_the_inventory_before_anything_is_opened() -> None:
    async def play() -> None:
        with pytest.raises(InventoryError):
            await VosConsole("127.0.0.1", 1, "u", "p", "no key").services()

    clock.run(play(), virtual=True)


@pytest.mark.parametrize("algorithm", ["ssh-rsa", "ecdsa-sha2-nistp256"])
def test_other_kinds_of_host_keys_are_pinned_alike(algorithm: str) -> None:
    key = ServerKey.generate(algorithm)

    async def play() -> None:
        async with vos_lab(key, FakeServices()) as driver:
            assert await driver.services()

    clock.run(play(), virtual=True)


@VIRTUAL_AND_ORDINARY
def test_a_node_that_dies_in_mid_command_is_lost_at_once(virtual: bool) -> None:
    seen: list[ConsoleExchange] = []

    async def say(process: Process) -> None:
        process.stdout.write(b"admin:")
        await process.stdin.read(100)
        process.stdout.write(b"utils service list\r\nRequesting service status, please wait...\r\n")
        await process.stdout.drain()
        process.channel.get_connection().abort()

    async def play() -> None:
        async with shell_peer(say) as port:
            driver = VosConsole(
                "127.0.0.1", port, OPERATOR.user, OPERATOR.password, KEY.public, deadline_s=30, record=seen.append
            )
            before_s = clock.now()
            with pytest.raises(errors.ConsoleLost, match="ended the session while 'utils service list'"):
                await driver.services()
            assert clock.now() - before_s < 5.0
            await driver.close()

    clock.run(play(), virtual=virtual)
    assert "Requesting service status" in seen[-1].received, "what came before the loss is evidence"


def test_a_node_that_falls_silent_in_mid_command_is_given_up_at_the_deadline() -> None:
    async def play() -> float:
        async with vos_lab(KEY, FakeServices(), VosVariants(banner_s=0, list_s=1000), deadline_s=45.0) as driver:
            with pytest.raises(errors.ConsoleSilent, match=r"it said at last .*Requesting service status"):
                await driver.services()
            return clock.now()

    assert clock.run(play(), virtual=True) == pytest.approx(46.0, abs=1.1)


def test_a_shell_that_never_stops_talking_is_stopped() -> None:
    async def say(process: Process) -> None:
        while True:
            process.stdout.write(bytes(range(32, 127)) * 500)
            await process.stdout.drain()

    async def play() -> None:
        async with shell_peer(say) as port, console(port) as driver:
            with pytest.raises(PeerError, match="more than"):
                await driver.services()

    clock.run(play(), virtual=True)


def test_a_shell_of_another_kind_is_no_console() -> None:
    async def say(process: Process) -> None:
        process.stdout.write(b"Welcome to Ubuntu\r\nroot@host:~# ")
        while data := await process.stdin.read(100):
            process.stdout.write(data + b"\r\nbash: utils: command not found\r\nroot@host:~# ")

    async def play() -> None:
        async with shell_peer(say) as port, console(port) as driver:
            with pytest.raises(
                errors.ConsoleSilent, match=r"showing its prompt within 30 s; it said at last .*root@host"
            ):
                await driver.services()

    clock.run(play(), virtual=True)


def test_an_answer_that_is_no_listing_is_a_peer_error() -> None:
    async def say(process: Process) -> None:
        process.stdout.write(b"admin:")
        while data := await process.stdin.read(100):
            process.stdout.write(data + b"\r\nNo valid command entered\r\nadmin:")

    async def play() -> None:
        async with shell_peer(say) as port, console(port) as driver:
            with pytest.raises(PeerError, match="No valid command entered"):
                await driver.services()

    clock.run(play(), virtual=True)


class NeverOpens(asyncssh.SSHServer):
    """Lets everybody in and never answers when a session is asked for."""

    def password_auth_supported(self) -> bool:
        return True

    def validate_password(self, username: str, password: str) -> bool:
        return True

    async def session_requested(self) -> bool:
        await asyncio.Event().wait()
        return False


@VIRTUAL_AND_ORDINARY
def test_a_node_that_never_opens_a_session_is_given_up_at_the_deadline(virtual: bool) -> None:
    deadline_s = DEADLINE_S if virtual else 1.0

    async def play() -> None:
        key = asyncssh.import_private_key(KEY.private)
        async with asyncssh.listen("127.0.0.1", 0, server_factory=NeverOpens, server_host_keys=[key]) as acceptor:
            driver = console(acceptor.get_port(), deadline_s=deadline_s)
            before_s = clock.now()
            with pytest.raises(errors.ConsoleSilent, match="did not finish opening a shell"):
                await driver.services()
            assert clock.now() - before_s == pytest.approx(deadline_s, abs=0.5)
            await driver.close()

    clock.run(play(), virtual=virtual)


def test_the_session_is_left_with_exit() -> None:
    typed = bytearray()

    async def say(process: Process) -> None:
        process.stdout.write(b"admin:")
        while data := await process.stdin.read(100):
            typed.extend(data)
            if b"exit" in data:
                process.exit(0)
                return
            process.stdout.write(b"utils service list\r\nA[STARTED]\r\nadmin:")

    async def play() -> None:
        async with shell_peer(say) as port, console(port) as driver:
            await driver.services()

    clock.run(play(), virtual=True)
    assert bytes(typed) == b"utils service list\rexit\r"


def test_a_transport_that_ends_by_itself_is_waited_for_to_its_last_word(monkeypatch: pytest.MonkeyPatch) -> None:
    """Paramiko closes its socket first and says why afterwards; the clock must not run off in between."""
    close = Packetizer.close

    def close_and_linger(packetizer: Packetizer) -> None:
        close(packetizer)
        time.sleep(0.1)

    monkeypatch.setattr(Packetizer, "close", close_and_linger)

    async def play() -> float:
        async with peer(a_huge_packet) as port, console(port) as driver:
            with pytest.raises(errors.ConsoleGarbled):
                await driver.services()
            return clock.now()

    assert clock.run(play(), virtual=True) == 0.0


def test_a_timeout_of_somebody_else_is_not_taken_for_the_deadline() -> None:
    door = Door("finesse-a", "10.0.0.1", 22, "u", "p", "")

    async def play() -> None:
        with pytest.raises(errors.ConsoleLost, match="timed out while testing: no route"):
            async with within(door, 10.0, "testing"):
                raise TimeoutError("no route")

    clock.run(play(), virtual=True)


def test_a_password_that_a_node_repeats_is_blotted_out_everywhere() -> None:
    seen: list[ConsoleExchange] = []

    async def say(process: Process) -> None:
        process.stdout.write(f"last login with {OPERATOR.password}\r\nadmin:".encode())
        while data := await process.stdin.read(100):
            process.stdout.write(data + f"\r\nX {OPERATOR.password}\r\nadmin:".encode())

    async def play() -> str:
        async with shell_peer(say) as port:
            driver = VosConsole(
                "127.0.0.1", port, OPERATOR.user, OPERATOR.password, KEY.public, deadline_s=30, record=seen.append
            )
            with pytest.raises(PeerError, match="holds no service") as caught:
                await driver.services()
            await driver.close()
            return str(caught.value)

    message = clock.run(play(), virtual=True)
    assert "•••" in message
    assert OPERATOR.password not in message + repr(seen)


def test_a_session_that_the_node_ended_while_idle_is_replaced_without_an_error() -> None:
    logins: list[str] = []

    async def say(process: Process) -> None:
        logins.append("login")
        process.stdout.write(b"admin:")
        await process.stdin.read(100)
        process.stdout.write(b"utils service list\r\nA[STARTED]\r\nadmin:")
        await asyncio.sleep(600.0)
        process.exit(0)

    async def play() -> None:
        async with shell_peer(say) as port, console(port) as driver:
            await driver.services()
            await asyncio.sleep(601.0)
            await driver.services()

    clock.run(play(), virtual=True)
    assert logins == ["login", "login"]


@pytest.mark.parametrize("after_s", [0.0, 0.5, 3.0, 8.5, 9.2])
def test_a_cancelled_caller_leaves_a_console_that_can_be_used_again(after_s: float) -> None:
    async def play() -> None:
        async with vos_lab(KEY, FakeServices()) as driver:
            asking = asyncio.create_task(driver.stop(TOMCAT))
            await asyncio.sleep(after_s)
            asking.cancel()
            with pytest.raises(asyncio.CancelledError):
                await asking
            assert await driver.services()

    clock.run(play(), virtual=True)


def test_a_windows_host_that_hangs_up_or_says_nonsense_is_a_typed_error() -> None:
    async def hang(process: Process) -> None:
        process.channel.get_connection().abort()

    async def babble(process: Process) -> None:
        process.stdout.write(b"\xff\xfe nonsense \r\n")
        process.exit(0)

    async def play() -> None:
        for say, kind in ((hang, errors.ConsoleLost), (babble, PeerError)):
            async with shell_peer(say) as port:
                driver = WindowsConsole("127.0.0.1", port, OPERATOR.user, OPERATOR.password, KEY.public, deadline_s=9)
                with pytest.raises(kind):
                    await driver.services()
                await driver.close()

    clock.run(play(), virtual=True)


def test_a_silent_windows_host_is_given_up_at_the_deadline() -> None:
    async def quiet(process: Process) -> None:
        await process.stdin.read()

    async def play() -> float:
        async with shell_peer(quiet) as port:
            driver = WindowsConsole("127.0.0.1", port, OPERATOR.user, OPERATOR.password, KEY.public, deadline_s=9)
            with pytest.raises(errors.ConsoleSilent, match=r"did not finish 'sc.exe query"):
                await driver.services()
            await driver.close()
            return clock.now()

    assert clock.run(play(), virtual=True) == pytest.approx(9.0, abs=0.2)


FOREIGN = [
    kind
    for _, kind in inspect.getmembers(paramiko.ssh_exception, inspect.isclass)
    if issubclass(kind, Exception) and kind.__module__.startswith("paramiko")
]
ARGUMENTS: dict[str, tuple[object, ...]] = {
    "BadAuthenticationType": ("bad", ["publickey"]),
    "ChannelException": (2, "refused"),
    "BadHostKeyException": ("host", paramiko.RSAKey.generate(1024), paramiko.RSAKey.generate(1024)),
    "CouldNotCanonicalize": ("host",),
    "ConfigParseError": ("x",),
    "NoValidConnectionsError": ({("127.0.0.1", 22): OSError("refused")},),
    "ProxyCommandFailure": ("cmd", 1),
}


@pytest.mark.parametrize("kind", FOREIGN, ids=[kind.__name__ for kind in FOREIGN])
def test_no_exception_of_paramiko_escapes(kind: type[Exception]) -> None:
    foreign = kind(*ARGUMENTS.get(kind.__name__, ("what it says",)))
    check_mapping(foreign)


@pytest.mark.parametrize(
    "foreign",
    [
        EOFError(),
        OSError(104, "Connection reset by peer"),
        TimeoutError("timed out"),
        ValueError("bad"),
        struct.error("unpack requires a buffer of 4 bytes"),
        IndexError("index out of range"),
        UnicodeDecodeError("utf-8", b"\xff", 0, 1, "invalid"),
        InvalidSignature(),
        AssertionError("server_auth"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_nothing_that_its_thread_may_stumble_over_escapes(foreign: Exception) -> None:
    check_mapping(foreign)


def check_mapping(foreign: Exception) -> None:
    door = Door("finesse-a", "10.0.0.1", 22, "administrator", OPERATOR.password, "")
    with pytest.raises(errors.ConsoleError, match=r"finesse-a \(10.0.0.1:22\)") as caught:
        raise_within(door, foreign)
    assert caught.value.__cause__ is foreign
    assert OPERATOR.password not in str(caught.value)


def raise_within(door: Door, foreign: BaseException) -> None:
    with boundary(door, "testing"):
        raise foreign


def test_our_own_errors_and_cancellation_pass_the_boundary_unchanged() -> None:
    door = Door("finesse-a", "10.0.0.1", 22, "u", "p", "")
    with pytest.raises(errors.HostKeyRefused):
        raise_within(door, errors.HostKeyRefused("x"))
    with pytest.raises(asyncio.CancelledError):
        raise_within(door, asyncio.CancelledError())


def test_a_peer_of_another_protocol_is_quoted() -> None:
    async def play() -> None:
        async with peer(another_protocol) as port, console(port) as driver:
            with pytest.raises(errors.ConsoleSilent, match=r"it said at last 'HTTP/1\.1 400 Bad Request'"):
                await driver.services()

    clock.run(play(), virtual=True)
