"""A journal in memory, and scripted CTI servers for the telephone."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any

from chaos import clock
from chaos.clients.cti import CtiClient
from chaos.journal import Journal, SwitchAct, SwitchActed
from chaos.wire import ged188 as wire
from chaos.wire.ged188 import Decoder, Message

DEADLINE_S = 300.0
Reply = Callable[[Message], Message | bytes | None]


@dataclass
class Journaled:
    """A journal in memory, and a client's way to it."""

    journal: Journal = field(default_factory=lambda: Journal(None, clock.now))

    def of(self) -> Journal:
        return self.journal

    def acts(self) -> list[tuple[SwitchAct, str, bool, str | None, str | None]]:
        return [(one.act, one.agent, one.ok, one.call_id, one.value) for one in self.all(SwitchActed)]

    def all(self, kind: type[Any]) -> list[Any]:
        return list(self.journal.timeline().of(kind))


class Peer:
    """A server of one script: `replies` maps a request to what is sent back; bytes go out as they are."""

    def __init__(self, reply: Reply) -> None:
        self.reply = reply
        self.heard: list[Message] = []
        self.writers: list[asyncio.StreamWriter] = []
        self._news = asyncio.Condition()
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    async def start(self) -> tuple[str, int]:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        host, port = self._server.sockets[0].getsockname()
        return host, port

    async def stop(self) -> None:
        assert self._server is not None
        self._server.close()
        for writer in self.writers:
            writer.transport.abort()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._server.wait_closed()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        self.writers.append(writer)
        decoder = Decoder()
        with contextlib.suppress(OSError):
            while data := await reader.read(65_536):
                for message in decoder.feed(data):
                    self.heard.append(message)
                    self.say(self.reply(message))
                async with self._news:
                    self._news.notify_all()

    async def has_heard(self, count: int) -> None:
        """Wait until so many messages have come."""
        async with self._news:
            await self._news.wait_for(lambda: len(self.heard) >= count)

    def say(self, *messages: Message | bytes | None) -> None:
        for message in messages:
            if message is not None:
                self.writers[-1].write(message if isinstance(message, bytes) else wire.encode(message))


def opens(then: Reply = lambda _: None) -> Reply:
    """A server that opens sessions, confirms heartbeats and closings, and answers the rest by `then`."""

    def reply(message: Message) -> Message | bytes | None:
        match message:
            case wire.OpenReq():
                return wire.OpenConf(message.invoke_id, message.services_requested)
            case wire.HeartbeatReq():
                return wire.HeartbeatConf(message.invoke_id)
            case wire.CloseReq():
                return wire.CloseConf(message.invoke_id)
        return then(message)

    return reply


@contextlib.asynccontextmanager
async def peers(*replies: Reply, **options: Any) -> AsyncIterator[tuple[CtiClient, list[Peer], Journaled]]:
    """A client before such servers; afterwards nothing is left."""
    before = asyncio.all_tasks()
    servers = [Peer(reply) for reply in replies]
    notes = Journaled()
    addresses = [await server.start() for server in servers]
    extensions = {"1001": "2001", "1002": "2002"}
    client = CtiClient(addresses, peripheral_id=5000, journal_of=notes.of, extensions=extensions, **options)
    try:
        yield client, servers, notes
    finally:
        await client.close()
        await client.close()
        for server in servers:
            await server.stop()
    await asyncio.sleep(0)
    assert asyncio.all_tasks() <= before


def play(main: Callable[[], Coroutine[Any, Any, None]]) -> None:
    async def bounded() -> None:
        async with asyncio.timeout(DEADLINE_S):
            await main()

    clock.run(bounded(), virtual=True)
