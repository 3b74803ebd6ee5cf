"""Our own clients by every door of Prosody and ejabberd, which nobody here wrote."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
from pydantic import SecretStr

from chaos import clock
from chaos.clients.events import EventStream, Leaving
from chaos.clock import now
from chaos.inventory import Agent, FinesseNode, Secret, Transport
from chaos.journal import About, EventSeen, Journal, Observation, PresenceSeen, StreamChange, StreamState
from tests.foreign.servers import HOST, PASSWORD, USERS, Server, Started, ejabberd, prosody

PATIENCE_S = 20.0

DOORS: tuple[Transport, ...] = ("tcp", "bosh", "websocket")
at_every_server = pytest.mark.parametrize("started", [prosody, ejabberd], ids=["prosody", "ejabberd"])


class Room:
    """A server, and clients of it that write one journal."""

    def __init__(self, server: Server, door: Transport) -> None:
        self.server = server
        self.journal = Journal(None, now)
        self.door: Transport = door
        self._streams: list[EventStream] = []
        self._news = asyncio.Event()
        self.journal.watch(lambda _: self._news.set())

    def client(self, user: str = USERS[0], password: str = PASSWORD, *, resource: str = "r") -> EventStream:
        node = FinesseNode(host=HOST, address="127.0.0.1", xmpp_port=self.server.tcp, web_port=self.server.web)
        agent = Agent(id=user, password=Secret(literal=SecretStr(password)), extension="2001")
        stream = EventStream(
            node, agent, password, HOST, lambda: self.journal,
            tls=self.server.tls, timeout_s=PATIENCE_S, transport=self.door, resource=resource,
        )  # fmt: skip
        self._streams.append(stream)
        return stream

    async def __aenter__(self) -> "Room":
        return self

    async def __aexit__(self, *problem: object) -> None:
        for stream in self._streams:
            await stream.close()

    async def until(self, what: str, seen: Callable[[], bool]) -> None:
        try:
            async with asyncio.timeout(PATIENCE_S):
                while not seen():
                    self._news.clear()
                    await self._news.wait()
        except TimeoutError:
            raise AssertionError(f"not {what}: {self.journal.timeline().of(Observation)}") from None

    async def until_events(self, count: int) -> None:
        await self.until(f"{count} events", lambda: len(self.journal.timeline().of(EventSeen)) == count)

    async def until_shown(self, resource: str, *, available: bool) -> None:
        """Until that presence of another client has been seen."""

        def seen() -> bool:
            found = self.journal.timeline().of(PresenceSeen, lambda one: one.resource == resource)
            return any(one.available is available for one in found)

        await self.until(f"{resource} {'come' if available else 'gone'}", seen)

    async def until_lost(self) -> None:
        await self.until("lost", lambda: StreamState.DISCONNECTED in self.states())

    def states(self) -> list[StreamState]:
        return [one.state for one in self.journal.timeline().of(StreamChange)]


def at(started: Started, folder: Path, work: Callable[[Server], Awaitable[None]]) -> None:
    """Play that with a server of its own; afterwards no task is left."""

    async def main() -> None:
        async with started(folder) as server:
            before = asyncio.all_tasks()
            await work(server)
            assert asyncio.all_tasks() - before == set()

    clock.run(main(), virtual=False)


@at_every_server
def test_by_every_door_a_client_signs_in_asks_hears_events_in_their_order_and_leaves(
    started: Started, tmp_path: Path
) -> None:
    async def work(server: Server) -> None:
        for door in DOORS:
            async with Room(server, door) as room:
                stream = room.client()
                assert await stream.open(), room.journal.timeline().of(StreamChange)
                # Together, so that they share bodies and requests where the door has such.
                for number in range(20):
                    stream.send_control((About.USER, About.DIALOG)[number % 2], "PUT")
                here, nobody = await asyncio.gather(stream.ping(HOST), stream.ping(f"{USERS[0]}@{HOST}/nobody"))
                assert (here, nobody) == ("answered", "gone"), door
                await room.until_events(20)
                heard = room.journal.timeline().of(EventSeen, lambda seen: seen.control)
                assert [int((seen.request_id or "").rpartition("-")[2]) for seen in heard] == list(range(1, 21)), door
                await stream.leave(Leaving.GOODBYE)
                assert room.states() == [StreamState.CONNECTED, StreamState.LEFT], door

    at(started, tmp_path, work)


@at_every_server
def test_by_every_door_another_client_of_the_same_user_is_seen_to_come_and_to_go(
    started: Started, tmp_path: Path
) -> None:
    async def work(server: Server) -> None:
        for door in DOORS:
            async with Room(server, door) as room:
                first, second = room.client(resource="first"), room.client(resource="second")
                assert await first.open(), door
                assert await second.open(), door
                await room.until_shown("second", available=True)
                assert await first.ping(second.jid) == "answered", door
                await second.leave(Leaving.GOODBYE)
                await room.until_shown("second", available=False)
                assert await first.ping(second.jid) == "gone", door

    at(started, tmp_path, work)


@at_every_server
def test_by_every_door_a_wrong_password_and_a_server_that_dies_are_told_apart(started: Started, tmp_path: Path) -> None:
    async def work(server: Server) -> None:
        async with AsyncExitStack() as stack:
            rooms = [await stack.enter_async_context(Room(server, door)) for door in DOORS]
            for room in rooms:
                assert not await room.client(password="wrong").open(), room.door
                (failed,) = room.journal.timeline().of(StreamChange)
                assert (failed.state, "not" in (failed.reason or "")) == (StreamState.FAILED, True), room.door
            streams = [room.client(USERS[1], resource=room.door) for room in rooms]
            assert [await stream.open() for stream in streams] == [True] * 3
            await server.die()
            for room, stream in zip(rooms, streams, strict=True):
                await room.until_lost()
                assert not await stream.open(), room.door
                assert room.states()[-1] is StreamState.FAILED, room.door

    at(started, tmp_path, work)
