"""One SSH connection: paramiko behind a boundary that nothing foreign crosses.

What blocks runs in threads (`_Login`, sending, closing); the loop owns the socket (see `pipe`) and all deadlines. A
deadline or a cancellation closes the pipe, which wakes every thread that paramiko keeps waiting.
"""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, TypeVar

from chaos import clock
from chaos.clients.console import errors, hostkey
from chaos.clients.console.pipe import Pipe
from chaos.errors import ChaosError

if TYPE_CHECKING:
    import paramiko

T = TypeVar("T")

# Old VOS releases know nothing newer. Whatever the installed paramiko still has of these is offered last.
_OLD_KEX = (
    "diffie-hellman-group-exchange-sha256",
    "diffie-hellman-group14-sha1",
    "diffie-hellman-group-exchange-sha1",
    "diffie-hellman-group1-sha1",
)
_OLD_CIPHERS = ("aes128-cbc", "aes192-cbc", "aes256-cbc", "3des-cbc")
_OLD_KEYS = ("rsa-sha2-512", "rsa-sha2-256", "ssh-rsa")
_OLD_MACS = ("hmac-sha1", "hmac-sha1-96")

# Paramiko's own time limits run on real time; ours run on the loop's clock and always end first.
_NEVER_S = 3600.0
# Real seconds for paramiko's thread to end after its socket is closed.
_JOIN_S = 10.0
_PIECE_BYTES = 65536
_HEARD_BYTES = 200
_COLUMNS, _ROWS = 250, 100

# Paramiko reports a peer's mistakes with tracebacks; they reach the user as our errors instead.
_LOG_NAME = "chaos.clients.console.paramiko"
logging.getLogger(_LOG_NAME).addHandler(logging.NullHandler())
logging.getLogger(_LOG_NAME).propagate = False


class Method(Enum):
    """How a password is handed over. Releases differ in which of the two they accept; each is tried on a connection
    of its own, since paramiko asks for the authentication service anew and not every server takes that twice."""

    PASSWORD = "password"
    INTERACTIVE = "keyboard-interactive"


METHODS = (Method.PASSWORD, Method.INTERACTIVE)


@dataclass(frozen=True, slots=True)
class Door:
    """Where a console is and how one gets in. host: its name in the inventory. host_key: the pinned public key."""

    host: str
    address: str
    port: int
    user: str
    password: str = field(repr=False)
    host_key: str

    @property
    def place(self) -> str:
        return (
            f"{self.host} ({self.address}:{self.port})" if self.host != self.address else f"{self.address}:{self.port}"
        )


@dataclass(frozen=True, slots=True)
class ExecReply:
    """Answer to an exec request. exit_status: None if the server sent none."""

    text: str
    exit_status: int | None


@contextlib.contextmanager
def _boundary(door: Door, doing: str, hung_up: Callable[[], bool] = bool) -> Iterator[None]:
    """Turn what paramiko, its cryptography or the socket raise into our errors.

    hung_up: whether the peer has ended the connection; whatever paramiko makes of that, it is a loss.
    Broad on purpose: paramiko re-raises whatever its thread stumbled over, and that depends on the peer's bytes.
    """
    try:
        yield
    except (ChaosError, asyncio.CancelledError):
        raise
    except Exception as error:
        raise _mapped(door, doing, error, hung_up=hung_up()) from error


def _mapped(door: Door, doing: str, error: Exception, *, hung_up: bool) -> errors.ConsoleError:
    import paramiko

    said = str(error) or ("it hung up" if isinstance(error, EOFError) else type(error).__name__)
    if isinstance(error, paramiko.AuthenticationException):
        return errors.LoginRefused(
            f"{door.place} did not let user '{door.user}' in: {said}; check the account in the inventory "
            "(a VOS console wants the platform administrator, not the application's)"
        )
    if isinstance(error, paramiko.ssh_exception.IncompatiblePeer):
        return errors.ConsoleGarbled(
            f"{door.place} and the installed paramiko {paramiko.__version__} have no algorithm in common: {said}; "
            "for a host that only knows SHA-1 key exchange or ssh-rsa keys install 'paramiko<5'"
        )
    if hung_up or isinstance(error, EOFError | OSError | paramiko.ChannelException):
        return errors.ConsoleLost(f"{door.place} ended the connection while {doing}: {said}")
    return errors.ConsoleGarbled(f"{door.place} does not speak SSH as expected while {doing}: {said}")


class _Login:
    """The blocking part: key exchange, host key, authentication. Runs in one thread, once.

    transport: paramiko's, from the moment that it exists; whoever made the login closes it, however the login ends.
    """

    def __init__(self, door: Door, pipe: Pipe, method: "Method") -> None:
        self._door = door
        self._pipe = pipe
        self._method = method
        self.transport: paramiko.Transport | None = None
        self.done = False

    def run(self) -> None:
        """Raises what paramiko raises, and HostKeyRefused."""
        import paramiko

        door = self._door
        pinned = hostkey.parse_pin(door.host_key, door.host)
        self.transport = transport = paramiko.Transport(self._pipe)  # type: ignore[arg-type]
        self._prepare(transport, pinned)
        transport.start_client(timeout=_NEVER_S)
        offered = transport.get_remote_server_key()
        key = hostkey.HostKey(offered.get_name(), offered.asbytes())
        hostkey.check(pinned, key, host=door.host, address=door.address, port=door.port)
        try:
            self._authenticate(transport)
        except paramiko.AuthenticationException as error:
            if "shut down" in str(error):  # paramiko's word for a connection that ended while it waited
                raise EOFError(str(error)) from error
            raise
        self.done = True

    @staticmethod
    def _prepare(transport: "paramiko.Transport", pinned: hostkey.HostKey | None) -> None:
        transport.set_log_channel(_LOG_NAME)
        transport.banner_timeout = transport.handshake_timeout = transport.auth_timeout = _NEVER_S
        options = transport.get_security_options()
        first = pinned.algorithms if pinned else ()
        known = options.key_types
        options.key_types = tuple(dict.fromkeys((*(name for name in first if name in known), *known)))
        for name, old in (
            ("kex", _OLD_KEX),
            ("ciphers", _OLD_CIPHERS),
            ("digests", _OLD_MACS),
            ("key_types", _OLD_KEYS),
        ):
            for algorithm in old:
                if algorithm not in getattr(options, name):
                    with contextlib.suppress(ValueError):  # this paramiko no longer has it
                        setattr(options, name, (*getattr(options, name), algorithm))

    def _authenticate(self, transport: "paramiko.Transport") -> None:
        user, password = self._door.user, self._door.password
        if self._method is Method.PASSWORD:
            transport.auth_password(user, password, fallback=False)
        else:
            transport.auth_interactive(user, lambda _title, _text, prompts: [password for _ in prompts])
        if not transport.is_authenticated():
            import paramiko

            raise paramiko.AuthenticationException("it wants more than one proof of identity")


def close_transport(transport: "paramiko.Transport") -> None:
    """Close and wait for paramiko's thread. Blocks."""
    transport.packetizer.complete_handshake()  # else its timer, a thread, outlives a handshake that failed
    transport.close()
    if transport.is_alive():
        transport.join(_JOIN_S)


class SshSession:
    """A connection that is logged in. Make it with `open`; always `close` it.

    Every method raises errors of `chaos.clients.console.errors` only. Deadlines are the caller's (`asyncio.timeout`):
    an interrupted call ends the session.
    """

    def __init__(
        self,
        door: Door,
        method: Method,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        heard: bytearray,
    ) -> None:
        """heard: takes the peer's first bytes, for a message should it be no SSH server."""
        self._door = door
        self._heard = heard
        self.method = method
        self._reader = reader
        self._writer = writer
        self._loop = asyncio.get_running_loop()
        self._pipe = Pipe(self._write_from_thread)
        self._login = _Login(door, self._pipe, method)
        self._moved = asyncio.Event()
        # Its own thread: were it to queue behind threads that wait for what it delivers, nothing would move.
        self._settler = ThreadPoolExecutor(1, thread_name_prefix=f"settle-{door.host}")
        self._pump = asyncio.create_task(self._pump_bytes(), name=f"console pump of {door.host}")

    @classmethod
    async def open(cls, door: Door, deadline_s: float, methods: Sequence[Method] = METHODS) -> "SshSession":
        """Connect, check the host key, log in by the first method that the host accepts.

        Raises ConsoleUnreachable, ConsoleSilent, ConsoleLost, ConsoleGarbled, HostKeyRefused, LoginRefused,
        InventoryError (a malformed pin).
        """
        hostkey.parse_pin(door.host_key, door.host)
        refused: errors.LoginRefused | None = None
        heard = bytearray()
        async with within(door, deadline_s, "connecting and logging in", lambda: _first_line(heard)):
            for method in methods:
                try:
                    return await cls._try(door, method, heard)
                except errors.LoginRefused as error:
                    refused = refused or error
        raise refused or errors.LoginRefused(f"no method is left to log in at {door.place}")

    @classmethod
    async def _try(cls, door: Door, method: Method, heard: bytearray) -> "SshSession":
        try:
            reader, writer = await asyncio.open_connection(door.address, door.port)
        except OSError as error:
            raise errors.ConsoleUnreachable(
                f"no connection to {door.place}: {error.strerror or error}; is the address right and SSH enabled?"
            ) from error
        session = cls(door, method, reader, writer, heard)
        try:
            await session._blocking(session._login.run, "logging in")
        except BaseException:
            await session.close()
            raise
        return session

    @property
    def is_open(self) -> bool:
        """Whether the connection still stands, as far as it has told us."""
        transport = self._login.transport
        return not self._pump.done() and transport is not None and transport.is_active()

    async def shell(self) -> "Shell":
        """An interactive shell on a terminal wide enough that nothing is wrapped."""
        transport = self._logged_in()

        def start() -> "paramiko.Channel":
            channel = transport.open_session(timeout=_NEVER_S)
            channel.get_pty("vt100", width=_COLUMNS, height=_ROWS)
            channel.invoke_shell()
            return channel

        return Shell(self, await self._blocking(start, "opening a shell"))

    async def execute(self, command: str) -> ExecReply:
        """Run one command and read it to its end; stdout, then stderr."""
        transport = self._logged_in()

        def start() -> "paramiko.Channel":
            channel = transport.open_session(timeout=_NEVER_S)
            channel.exec_command(command)
            return channel

        channel = await self._blocking(start, f"starting '{command}'")
        out, err = bytearray(), bytearray()
        try:
            while await self.wait_for(channel):
                if channel.recv_ready():
                    out += await clock.in_thread(channel.recv, _PIECE_BYTES)
                if channel.recv_stderr_ready():
                    err += await clock.in_thread(channel.recv_stderr, _PIECE_BYTES)
        finally:
            await clock.in_thread(channel.close)
        status = channel.recv_exit_status() if channel.exit_status_ready() else -1
        if status < 0 and not self.is_open:
            raise errors.ConsoleLost(f"{self._door.place} ended the connection in the middle of '{command}'")
        return ExecReply((out + err).decode("utf-8", errors="replace"), None if status < 0 else status)

    async def wait_for(self, channel: "paramiko.Channel") -> bool:
        """Wait until the channel has something to read; False: it has ended, and everything was read."""
        while True:
            ended = channel.closed or (channel.eof_received and channel.exit_status_ready())
            if channel.recv_ready() or channel.recv_stderr_ready():
                return True
            if ended:
                return False
            self._moved.clear()
            await self._moved.wait()

    async def send(self, channel: "paramiko.Channel", data: bytes) -> None:
        """Send on a channel. Raises ConsoleLost."""
        await self._blocking(lambda: channel.sendall(data), "sending")

    async def close(self) -> None:
        """Close everything and wait for it. Safe twice; raises nothing."""
        self._pipe.end()
        self._writer.transport.abort()
        self._pump.cancel()
        await asyncio.gather(self._pump, return_exceptions=True)
        if self._login.transport is not None:
            await clock.in_thread(close_transport, self._login.transport)
        self._pipe.close()
        self._settler.shutdown(wait=True)
        with contextlib.suppress(OSError):
            await self._writer.wait_closed()

    def _logged_in(self) -> "paramiko.Transport":
        if self._login.transport is None or not self._login.done:
            raise errors.ConsoleLost(f"{self._door.place} is not logged in")
        return self._login.transport

    async def _blocking(self, call: Callable[[], T], doing: str) -> T:
        """Run what waits for the host in a thread; if we are interrupted, hang up and wait for the thread."""
        with _boundary(self._door, doing, self._pipe.has_ended):
            work = asyncio.ensure_future(clock.in_thread_passing(call))
            try:
                return await asyncio.shield(work)
            except asyncio.CancelledError:
                self._pipe.end()
                await asyncio.wait({work})
                if not work.cancelled():
                    work.exception()
                raise

    def _write_from_thread(self, data: bytes) -> None:
        try:
            self._loop.call_soon_threadsafe(self._write, data)
        except RuntimeError as error:  # the loop is closed
            raise OSError(f"the event loop has ended: {error}") from error

    def _write(self, data: bytes) -> None:
        if not self._writer.is_closing():
            self._writer.write(data)

    async def _pump_bytes(self) -> None:
        """Bring the peer's bytes to paramiko, each piece worked off before the next."""
        try:
            while piece := await self._reader.read(_PIECE_BYTES):
                self._heard += piece[: max(0, _HEARD_BYTES - len(self._heard))]
                self._pipe.feed(piece)
                await self._settle()
        except OSError:
            pass  # a reset ends the connection as an end of file does; who waits is told below
        finally:
            self._pipe.end()
        await self._settle()

    async def _settle(self) -> None:
        # Through the loop and not the pool of `clock.in_thread`; a virtual clock holds here as well.
        await self._loop.run_in_executor(self._settler, self._pipe.settle)
        self._moved.set()


def _first_line(heard: bytearray) -> str:
    line = bytes(heard).partition(b"\n")[0].decode("ascii", errors="replace")
    return "".join(char for char in line if char.isprintable())


class Shell:
    """An interactive shell of a session."""

    def __init__(self, session: SshSession, channel: "paramiko.Channel") -> None:
        self._session = session
        self._channel = channel

    async def send(self, text: str) -> None:
        await self._session.send(self._channel, text.encode())

    async def receive(self, quiet_s: float | None = None) -> bytes | None:
        """The next bytes; none at the end of the shell; None after a silence of quiet_s."""
        try:
            async with asyncio.timeout(quiet_s):
                more = await self._session.wait_for(self._channel)
        except TimeoutError:
            return None
        return await clock.in_thread(self._channel.recv, _PIECE_BYTES) if more else b""


@contextlib.asynccontextmanager
async def within(door: Door, deadline_s: float, doing: str, said: Callable[[], str] = str) -> AsyncIterator[None]:
    """A deadline on the loop's clock. Raises ConsoleSilent when it has passed; said: what has come so far."""
    try:
        async with asyncio.timeout(deadline_s) as deadline:
            yield
    except TimeoutError as error:
        if not deadline.expired():
            raise errors.ConsoleLost(f"{door.place} timed out while {doing}: {error}") from error
        so_far = said().strip()
        tail = f"; it said at last {so_far[-200:]!r}" if so_far else "; it said nothing"
        raise errors.ConsoleSilent(f"{door.place} did not finish {doing} within {deadline_s:g} s{tail}") from None
