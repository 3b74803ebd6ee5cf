"""One SSH connection: paramiko behind a boundary that nothing foreign crosses.

The loop owns the socket (see `pipe`) and all deadlines. Logging in and opening channels go by events; only what has to
wait before it can be sent runs in a thread. A deadline or a cancellation closes the pipe, which wakes
every thread that paramiko keeps waiting.
"""

import asyncio
import contextlib
import importlib
import logging
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from chaos import clock
from chaos.clients.console import errors, hostkey
from chaos.clients.console.boundary import Door, boundary, within
from chaos.clients.console.channels import Request, begin_session, check_opened
from chaos.clients.console.login import Begin, close_transport, log_in, wait_for_end
from chaos.clients.console.pipe import Pipe
from chaos.wire.console.service import TranscriptError

if TYPE_CHECKING:
    import paramiko

T = TypeVar("T")

_PIECE_BYTES = 65536
_HEARD_BYTES = 200
_COLUMNS, _ROWS = 250, 100

# Paramiko reports a peer's mistakes with tracebacks; they reach the user as our errors instead.
_LOG_NAME = "chaos.clients.console.paramiko"
logging.getLogger(_LOG_NAME).addHandler(logging.NullHandler())
logging.getLogger(_LOG_NAME).propagate = False


# A listing of all services of a Windows server has some 200 kB in UTF-16.
LIMIT_BYTES = 2_000_000


@dataclass(frozen=True, slots=True)
class ExecReply:
    """Answer to an exec request. exit_status: None if the server sent none."""

    out: bytes
    err: bytes
    exit_status: int | None


class SshSession:
    """A connection that is logged in. Make it with `open`; always `close` it.

    Every method raises errors of `chaos.clients.console.errors` only. Deadlines are the caller's (`asyncio.timeout`):
    an interrupted call ends the session.
    """

    def __init__(
        self,
        door: Door,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        heard: bytearray,
    ) -> None:
        """heard: takes the peer's first bytes, for a message should it be no SSH server."""
        self._door = door
        self._heard = heard
        self._reader = reader
        self._writer = writer
        self._loop = asyncio.get_running_loop()
        self._pipe = Pipe(self._write_from_thread, self._wake_from_thread)
        self._transport: paramiko.Transport | None = None
        self._moved = asyncio.Event()
        # Its own thread: were it to queue behind threads that wait for what it delivers, nothing would move.
        self._settler = ThreadPoolExecutor(1, thread_name_prefix=f"settle-{door.host}")
        self._pump = asyncio.create_task(self._pump_bytes(), name=f"console pump of {door.host}")

    @classmethod
    async def open(cls, door: Door, deadline_s: float) -> "SshSession":
        """Connect, check the host key, log in.

        Raises ConsoleUnreachable, ConsoleSilent, ConsoleLost, ConsoleGarbled, HostKeyRefused, LoginRefused,
        LoginAsksBack, NoCommonAlgorithm, InventoryError (a malformed pin, a key file that cannot be used).
        """
        hostkey.parse_pin(door.host_key, door.host)
        heard = bytearray()
        async with within(door, deadline_s, "connecting and logging in", lambda: _first_line(heard)):
            try:
                reader, writer = await asyncio.open_connection(door.address, door.port)
            except OSError as error:
                raise errors.ConsoleUnreachable(
                    f"no connection to {door.place}: {error.strerror or error}; is the address right and SSH enabled?"
                ) from error
            session = cls(door, reader, writer, heard)
            try:
                with boundary(door, "logging in", session._pipe.has_ended):
                    await session._log_in()
            except BaseException:
                await session.close()
                raise
            return session

    @property
    def is_open(self) -> bool:
        """Whether the connection still stands, as far as it has told us."""
        transport = self._transport
        return not self._pump.done() and transport is not None and transport.is_active()

    async def shell(self) -> "Shell":
        """An interactive shell on a terminal wide enough that nothing is wrapped."""
        transport = self._logged_in()

        with self._doing("opening a shell"):
            channel = await self._channel(transport)
            await self._answered(
                Request(channel, lambda: channel.get_pty("vt100", width=_COLUMNS, height=_ROWS)), transport
            )
            await self._answered(Request(channel, channel.invoke_shell), transport)
        return Shell(self, channel)

    async def execute(self, command: str) -> ExecReply:
        """Run one command and read it to its end. Raises TranscriptError beyond LIMIT_BYTES."""
        transport = self._logged_in()

        with self._doing(f"starting '{command}'"):
            channel = await self._channel(transport)
            await self._answered(Request(channel, lambda: channel.exec_command(command)), transport)
        out, err = bytearray(), bytearray()
        try:
            while await self.wait_for(channel):
                if channel.recv_ready():
                    out += await clock.at_once(channel.recv, _PIECE_BYTES)
                if channel.recv_stderr_ready():
                    err += await clock.at_once(channel.recv_stderr, _PIECE_BYTES)
                if len(out) + len(err) > LIMIT_BYTES:
                    raise TranscriptError(
                        f"{self._door.place} sent more than {LIMIT_BYTES} bytes in answer to '{command}'"
                    )
        finally:
            await clock.at_once(channel.close)
        status = channel.recv_exit_status() if channel.exit_status_ready() else -1
        if status < 0 and not self.is_open:
            raise errors.ConsoleLost(f"{self._door.place} ended the connection in the middle of '{command}'")
        return ExecReply(bytes(out), bytes(err), None if status < 0 else status)

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
        transport = self._logged_in()
        with self._doing("sending"):
            await self._sent(lambda: channel.sendall(data), transport, has_room=channel.out_window_size >= len(data))

    async def close(self) -> None:
        """Close everything and wait for it. Safe twice; raises nothing."""
        self._hang_up()
        self._writer.transport.abort()
        self._pump.cancel()
        await asyncio.gather(self._pump, return_exceptions=True)
        if self._transport is not None:
            await clock.at_once(close_transport, self._transport)
        self._pipe.close()
        self._settler.shutdown(wait=True)
        with contextlib.suppress(OSError):
            await self._writer.wait_closed()

    def _hang_up(self) -> None:
        """No byte comes or goes any more. On a virtual clock paramiko's thread has ended then, and has told the loop
        what it had to tell; were it left to end by itself, it would do so at any moment."""
        self._pipe.end()
        if clock.is_virtual() and self._transport is not None and self._transport.is_alive():
            self._work_off()

    def _logged_in(self) -> "paramiko.Transport":
        if self._transport is None:
            raise errors.ConsoleLost(f"{self._door.place} is not logged in")
        return self._transport

    async def _log_in(self) -> None:
        await clock.at_once(importlib.import_module, "paramiko")  # takes a third of a second, once
        import paramiko

        self._transport = paramiko.Transport(self._pipe)  # type: ignore[arg-type]
        self._transport.set_log_channel(_LOG_NAME)
        await log_in(self._transport, self._door, self._step)

    async def _step(self, begin: Begin) -> None:
        """Begin something of paramiko's and wait until its event is set; its thread sets it between two settlings."""
        over = threading.Event()
        begin(over)
        await self._settle()  # it may have been a thread that it began
        await self._until(over.is_set)

    @contextlib.contextmanager
    def _doing(self, what: str) -> Iterator[None]:
        """Errors become ours; whoever is interrupted hangs up."""
        with boundary(self._door, what, self._pipe.has_ended):
            try:
                yield
            except asyncio.CancelledError:
                self._hang_up()
                raise

    async def _channel(self, transport: "paramiko.Transport") -> "paramiko.Channel":
        answered = threading.Event()
        channel = await self._sent(lambda: begin_session(transport, answered), transport)
        await self._until(answered.is_set)
        check_opened(transport, channel)
        return channel

    async def _answered(self, request: Request, transport: "paramiko.Transport") -> None:
        await self._sent(request.send, transport)
        await self._until(request.is_answered)

    async def _until(self, is_so: Callable[[], bool]) -> None:
        """Until paramiko's thread has made it so, between two settlings."""
        while not is_so():
            await self._moved.wait()
            self._moved.clear()

    async def _sent(self, send: Callable[[], T], transport: "paramiko.Transport", *, has_room: bool = True) -> T:
        """Do what sends; in a thread that may wait for the host while that changes keys or takes nothing more."""
        if has_room and transport.clear_to_send.is_set():
            return await clock.at_once(send)
        work = asyncio.ensure_future(clock.in_thread_passing(send))
        try:
            return await asyncio.shield(work)
        except asyncio.CancelledError:
            self._hang_up()
            await asyncio.wait({work})
            if not work.cancelled():
                work.exception()
            raise

    def _write_from_thread(self, data: bytes) -> None:
        try:
            self._loop.call_soon_threadsafe(self._write, data)
        except RuntimeError as error:  # the loop is closed
            raise OSError(f"the event loop has ended: {error}") from error

    def _wake_from_thread(self) -> None:
        with contextlib.suppress(RuntimeError):  # the loop is closed: nobody waits any more
            self._loop.call_soon_threadsafe(self._moved.set)

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
        # Not in the pool of `clock.in_thread`, which may be full of threads that wait for what is delivered here.
        if clock.is_virtual():
            await clock.at_once(self._work_off)
        else:
            await self._loop.run_in_executor(self._settler, self._work_off)
        self._moved.set()

    def _work_off(self) -> None:
        if self._pipe.settle() and self._pipe.is_closed() and self._transport is not None:
            wait_for_end(self._transport)  # it closes its socket first and tells everybody afterwards


def _first_line(heard: bytearray) -> str:
    line = bytes(heard).partition(b"\n")[0].decode("ascii", errors="replace")
    return "".join(char for char in line if char.isprintable())


class Shell:
    """An interactive shell of a session."""

    def __init__(self, session: SshSession, channel: "paramiko.Channel") -> None:
        self._session = session
        self._channel = channel

    @property
    def is_open(self) -> bool:
        """Whether the shell and its connection still stand; a node ends idle sessions by itself."""
        return self._session.is_open and not self._channel.closed and not self._channel.eof_received

    async def send(self, text: str) -> None:
        await self._session.send(self._channel, text.encode())

    def has_more(self) -> bool:
        """Whether something has come that nobody has read."""
        return self._channel.recv_ready()

    async def receive(self, quiet_s: float | None = None) -> bytes | None:
        """The next bytes; none at the end of the shell; None after a silence of quiet_s."""
        try:
            async with asyncio.timeout(quiet_s):
                more = await self._session.wait_for(self._channel)
        except TimeoutError:
            return None
        return await clock.at_once(self._channel.recv, _PIECE_BYTES) if more else b""
