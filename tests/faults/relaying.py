"""A relay with a scripted CTI server behind it and scripted clients before it."""

import asyncio
import contextlib
import itertools
import socket
import struct
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass, field

from chaos import clock
from chaos.clock import now
from chaos.faults.relay import CtiRelay
from chaos.journal import CtiSeen, CtiStep, Journal
from chaos.wire.ged188 import (
    Decoder,
    HeartbeatConf,
    HeartbeatReq,
    Message,
    OpenConf,
    OpenReq,
    Service,
    encode,
)

DEADLINE_S = 60.0
LINGER_0 = struct.pack("hh" if sys.platform == "win32" else "ii", 1, 0)


def open_req(client: str, invoke_id: int = 1) -> OpenReq:
    return OpenReq(
        invoke_id,
        24,
        20,
        5000,
        Service.ALL_EVENTS,
        client_id="Finesse",
        client_password=b"",
        unique_instance_id=client,
    )


class Wire:
    """One end of a TCP connection in a script: raw bytes, messages, and how it ended. Every wait has a deadline."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer
        self.decoder = Decoder()
        self.inbox: list[Message] = []

    async def read(self, count: int) -> bytes:
        async with asyncio.timeout(DEADLINE_S):
            return await self.reader.readexactly(count)

    async def receive(self) -> Message:
        async with asyncio.timeout(DEADLINE_S):
            while not self.inbox:
                data = await self.reader.read(65_536)
                assert data, "closed while a message was awaited"
                self.inbox += self.decoder.feed(data)
        return self.inbox.pop(0)

    async def ending(self) -> str:
        """How the peer ended it: "fin" or "reset"; bytes before that are skipped."""
        try:
            async with asyncio.timeout(DEADLINE_S):
                while await self.reader.read(65_536):
                    pass
        except ConnectionResetError:
            return "reset"
        return "fin"

    async def is_quiet(self, for_s: float) -> bool:
        """Whether neither a byte nor an end comes in that time."""
        try:
            async with asyncio.timeout(for_s):
                self.inbox += self.decoder.feed(await self.reader.read(65_536))
        except TimeoutError:
            return True
        return False

    def send(self, *messages: Message) -> None:
        self.writer.write(b"".join(encode(message) for message in messages))

    def raw(self, data: bytes) -> None:
        self.writer.write(data)

    def reset(self) -> None:
        sock = self.writer.get_extra_info("socket")
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, LINGER_0)
        self.writer.transport.abort()

    async def close(self) -> None:
        self.writer.close()
        with contextlib.suppress(OSError):
            await self.writer.wait_closed()


@dataclass
class Bench:
    """Relay, server and journal of one test."""

    relay: CtiRelay
    journal: Journal | None
    seen: list[CtiSeen] = field(default_factory=list)
    arrivals: "asyncio.Queue[Wire]" = field(default_factory=asyncio.Queue)
    wires: list[Wire] = field(default_factory=list)
    server: asyncio.Server | None = None

    async def serve(self, host: str = "127.0.0.1", port: int = 0) -> None:
        async def arrived(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            wire = Wire(reader, writer)
            self.wires.append(wire)
            self.arrivals.put_nowait(wire)

        self.server = await asyncio.start_server(arrived, host, port, backlog=512)
        self.relay.upstream = self.server.sockets[0].getsockname()

    async def client(self) -> Wire:
        wire = Wire(*await asyncio.open_connection(*self.relay.address))
        self.wires.append(wire)
        return wire

    async def accepted(self) -> Wire:
        async with asyncio.timeout(DEADLINE_S):
            return await self.arrivals.get()

    async def pair(self) -> tuple[Wire, Wire]:
        """Both ends of a new connection."""
        return await self.client(), await self.accepted()

    async def session(self, client: str = "fin-a") -> tuple[Wire, Wire]:
        """Both ends of a new, open session."""
        near = await self.client()
        near.send(open_req(client))
        far = await self.accepted()
        assert isinstance(await far.receive(), OpenReq)
        far.send(OpenConf(1))
        assert isinstance(await near.receive(), OpenConf)
        return near, far

    async def beats(self, near: Wire, far: Wire, count: int, first_id: int = 100) -> str:
        """So many heartbeats, each answered at once; "." for each confirmation that came, "x" for each that did not."""
        came = ""
        for invoke_id in range(first_id, first_id + count):
            near.send(HeartbeatReq(invoke_id))
            assert await far.receive() == HeartbeatReq(invoke_id)
            far.send(HeartbeatConf(invoke_id))
            if await near.is_quiet(5.0):
                came += "x"
            else:
                assert near.inbox.pop() == HeartbeatConf(invoke_id)
                came += "."
        return came

    def steps(self, connection: int | None = None) -> list[tuple[CtiStep, str | None]]:
        """(step, detail) of one connection, or of all."""
        return [(seen.step, seen.detail) for seen in self.seen if connection in (None, seen.connection)]

    def names(self, connection: int | None = None) -> list[str]:
        return [step.value for step, _ in self.steps(connection)]

    async def until(self, step: CtiStep, count: int = 1) -> None:
        """Wait until the journal has that step so many times."""
        changed = asyncio.Event()
        assert self.journal is not None
        off = self.journal.watch(lambda _: changed.set())
        try:
            async with asyncio.timeout(DEADLINE_S):
                while sum(seen.step is step for seen in self.seen) < count:
                    changed.clear()
                    await changed.wait()
        finally:
            off()


@contextlib.asynccontextmanager
async def bench(numbers: Iterator[int] | None = None) -> AsyncIterator[Bench]:
    """A started relay before a server that does what the test says. Nothing is left of either afterwards."""
    before = asyncio.all_tasks()
    journal = Journal(None, now)
    current: Bench
    relay = CtiRelay(
        "a",
        listen=("127.0.0.1", 0),
        upstream=("127.0.0.1", 1),
        journal_of=lambda: current.journal,
        connections=numbers or itertools.count(1),
    )
    current = Bench(relay, journal)
    journal.watch(lambda seen: current.seen.append(seen) if isinstance(seen, CtiSeen) else None)
    await current.serve()
    await relay.start()
    try:
        yield current
    finally:
        await relay.stop()
        for wire in current.wires:
            await wire.close()
        assert current.server is not None
        current.server.close()
        await current.server.wait_closed()
    await asyncio.sleep(0)
    assert asyncio.all_tasks() <= before, "a task is left behind"


def play(story: Callable[[Bench], Awaitable[None]]) -> None:
    async def main() -> None:
        async with bench() as on:
            await story(on)

    clock.run(main(), virtual=True)


@contextlib.contextmanager
def unreachable() -> Iterator[tuple[str, int]]:
    """An address whose queue is full: the kernel lets further attempts wait."""
    with socket.socket() as listener, contextlib.ExitStack() as fillers:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        for _ in range(4):
            filler = fillers.enter_context(socket.socket())
            filler.setblocking(False)
            filler.connect_ex(listener.getsockname())
        yield listener.getsockname()
