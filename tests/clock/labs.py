"""What the tests and the benchmark of the clock are made of: little labs on one loop, blocking clients, CPU hogs."""

import asyncio
import contextlib
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from dataclasses import dataclass, field
from typing import Any

import asyncssh
import paramiko
import trustme

from chaos import clock

HEARTBEAT_S = 5.0
POLL_S = 10.0
LINKS = 4
POLLERS = 2
REPLY_S = 12.0
_DEADLINE_S = 60.0


Handle = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Coroutine[Any, Any, None]]


@dataclass
class Measured:
    """Seconds of the lab, as its parties saw them. round_trips_s: of every beat and poll; intervals_s: between beats as
    they arrived at the far end, by link."""

    round_trips_s: list[float] = field(default_factory=list)
    intervals_s: list[list[float]] = field(default_factory=list)


@contextlib.contextmanager
def hogs(count: int) -> Iterator[None]:
    """So many processes beside us that do nothing but compute."""
    running = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(count)]
    try:
        yield
    finally:
        for hog in running:
            hog.kill()
            hog.wait()


def count_jumps() -> Callable[[], int]:
    """Counts the running virtual loop's jumps from now on."""
    loop = asyncio.get_running_loop()
    assert isinstance(loop, clock.VirtualLoop)
    jumps = 0
    jump = loop.jump

    def counted(by_s: float) -> None:
        nonlocal jumps
        jumps += 1
        jump(by_s)

    loop.jump = counted  # type: ignore[method-assign]
    return lambda: jumps


@contextlib.asynccontextmanager
async def serving(handle: Handle, tls: ssl.SSLContext | None = None) -> AsyncIterator[int]:
    """A server on a port of its own; its connections end with it."""
    writers: list[asyncio.StreamWriter] = []
    tasks: list[asyncio.Task[None]] = []

    async def handled(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            await handle(reader, writer)
        writer.close()

    def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writers.append(writer)
        tasks.append(asyncio.create_task(handled(reader, writer)))

    server = await asyncio.start_server(connected, "127.0.0.1", 0, ssl=tls)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for writer in writers:
            writer.close()
            with contextlib.suppress(ConnectionError):
                await writer.wait_closed()


@contextlib.asynccontextmanager
async def proxied(port: int) -> AsyncIterator[int]:
    """A transparent TCP proxy before that port."""

    async def pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
        writer.close()

    async def through(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        far_reader, far_writer = await asyncio.open_connection("127.0.0.1", port)
        try:
            await asyncio.gather(pump(reader, far_writer), pump(far_reader, writer))
        finally:
            far_writer.close()

    async with serving(through) as own:
        yield own


async def _beat(port: int, until_s: float, measured: Measured) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    due_s = clock.now()
    while (due_s := due_s + HEARTBEAT_S) <= until_s:
        await asyncio.sleep(due_s - clock.now())
        sent_s = clock.now()
        writer.write(b"beat\n")
        async with asyncio.timeout(_DEADLINE_S):
            await reader.readexactly(5)
        measured.round_trips_s.append(clock.now() - sent_s)
    writer.close()


async def _poll(port: int, until_s: float, tls: ssl.SSLContext, measured: Measured) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port, ssl=tls, server_hostname="localhost")
    while clock.now() + POLL_S <= until_s:
        await asyncio.sleep(POLL_S)
        sent_s = clock.now()
        writer.write(b"GET\n" + b"x" * 2000 + b"\n")
        async with asyncio.timeout(_DEADLINE_S):
            await reader.readexactly(5000)
        measured.round_trips_s.append(clock.now() - sent_s)
    writer.close()


async def little_lab(for_s: float) -> Measured:
    """Four heartbeat links through two TCP proxies each, and two TLS pollers, for so many seconds of the lab."""
    measured = Measured()
    authority = trustme.CA()
    server_tls, client_tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH), ssl.create_default_context()
    authority.issue_cert("localhost").configure_cert(server_tls)
    authority.configure_trust(client_tls)

    async def beats(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        arrivals: list[float] = []
        measured.intervals_s.append(arrivals)
        last_s = clock.now()
        while True:
            await reader.readexactly(5)
            arrivals.append(clock.now() - last_s)
            last_s = clock.now()
            writer.write(b"conf\n")

    async def polls(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            await reader.readexactly(2005)
            writer.write(b"y" * 5000)

    async with contextlib.AsyncExitStack() as stack:
        far = await stack.enter_async_context(serving(beats))
        polled = await stack.enter_async_context(serving(polls, server_tls))
        until_s = clock.now() + for_s
        work = []
        for _ in range(LINKS):
            near = await stack.enter_async_context(proxied(await stack.enter_async_context(proxied(far))))
            work.append(_beat(near, until_s, measured))
        work += [_poll(polled, until_s, client_tls, measured) for _ in range(POLLERS)]
        await asyncio.gather(*work)
    return measured


async def slow_console(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Answers each line 12 s later."""
    while line := await reader.readline():
        await asyncio.sleep(REPLY_S)
        writer.write(b"done " + line)


def ask(console: socket.socket) -> bytes:
    """One line and its answer, in the plainest blocking way."""
    console.sendall(b"utils service list\n")
    return console.recv(100)


def blocking_socket(port: int) -> socket.socket:
    console = socket.create_connection(("127.0.0.1", port), timeout=_DEADLINE_S)
    console.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return console


async def socket_replies(count: int) -> list[float]:
    """How long, on the loop's clock, a plain blocking socket waited for each of so many replies."""
    waited_s = []
    async with serving(slow_console) as port:
        console = await clock.in_thread(blocking_socket, port)
        with console:
            for _ in range(count):
                sent_s = clock.now()
                assert await clock.in_thread_passing(ask, console) == b"done utils service list\n"
                waited_s.append(clock.now() - sent_s)
    return waited_s


class _Anybody(asyncssh.SSHServer):
    """Lets everybody in, and remembers the connections, which asyncssh does not end with its listener."""

    def __init__(self, connections: list[asyncssh.SSHServerConnection]) -> None:
        self._connections = connections

    def connection_made(self, conn: asyncssh.SSHServerConnection) -> None:
        self._connections.append(conn)

    def begin_auth(self, username: str) -> bool:
        return False


async def _slow_command(process: "asyncssh.SSHServerProcess[str]") -> None:
    await asyncio.sleep(REPLY_S)
    process.stdout.write(f"done {process.command}")
    process.exit(0)


def _connected(port: int, key: asyncssh.SSHKey) -> paramiko.SSHClient:
    client = paramiko.SSHClient()
    host_key = paramiko.PKey.from_type_string("ssh-ed25519", key.public_data)
    client.get_host_keys().add(f"[127.0.0.1]:{port}", "ssh-ed25519", host_key)
    client.connect(
        "127.0.0.1",
        port,
        "administrator",
        password="x",
        look_for_keys=False,
        allow_agent=False,
        sock=blocking_socket(port),
    )
    return client


def _commanded(client: paramiko.SSHClient) -> bytes:
    _, out, _ = client.exec_command("utils service list", timeout=_DEADLINE_S)
    return out.read()


async def ssh_replies(count: int) -> list[float]:
    """The same through paramiko, which has threads of its own, from an asyncssh server on the loop."""
    key = asyncssh.generate_private_key("ssh-ed25519")
    waited_s = []
    connections: list[asyncssh.SSHServerConnection] = []
    server = await asyncssh.listen(
        "127.0.0.1",
        0,
        server_factory=lambda: _Anybody(connections),
        server_host_keys=[key],
        process_factory=_slow_command,
    )
    async with server:
        port = server.sockets[0].getsockname()[1]
        client = await clock.in_thread_passing(_connected, port, key)
        try:
            for _ in range(count):
                sent_s = clock.now()
                assert await clock.in_thread_passing(_commanded, client) == b"done utils service list"
                waited_s.append(clock.now() - sent_s)
        finally:
            await clock.in_thread_passing(client.close)
            for connection in connections:
                connection.abort()
                await connection.wait_closed()
    return waited_s


def computes(for_s: float) -> None:
    """Keeps the processor and the interpreter busy for so many real seconds."""
    until_s = time.monotonic() + for_s
    while time.monotonic() < until_s:
        sum(range(1000))
