"""The AWDB relay: transparent, and exact in what it records."""

import asyncio
import contextlib
import itertools
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field

import pytest

from chaos import clock
from chaos.clock import now
from chaos.errors import UsageError
from chaos.faults.awdb_relay import ASKS_ANEW_S, PROBE, PROBE_DOWN, PROBE_OPEN, AwdbRelay
from chaos.faults.relay_base import LEAVE_S, NAME_S, Cut
from chaos.journal import AwdbSeen, Journal
from tests.faults.relaying import Wire

DEADLINE_S = 60.0


@dataclass
class Bench:
    relay: AwdbRelay
    journal: Journal
    arrivals: "asyncio.Queue[Wire]" = field(default_factory=asyncio.Queue)
    wires: list[Wire] = field(default_factory=list)

    async def client(self) -> Wire:
        wire = Wire(*await asyncio.open_connection(*self.relay.address))
        self.wires.append(wire)
        return wire

    async def pair(self) -> tuple[Wire, Wire]:
        near = await self.client()
        async with asyncio.timeout(DEADLINE_S):
            return near, await self.arrivals.get()

    def names(self) -> list[str]:
        return [seen.step.value for seen in self.journal.timeline().of(AwdbSeen)]

    def last(self) -> AwdbSeen:
        return self.journal.timeline().of(AwdbSeen)[-1]

    async def settle(self) -> None:
        await asyncio.sleep(0.01)


@contextlib.asynccontextmanager
async def bench(*, server_is_there: bool = True) -> AsyncIterator[Bench]:
    before = asyncio.all_tasks()
    journal = Journal(None, now)
    numbers = itertools.count(1)
    relay = AwdbRelay(
        "b",
        listen=("127.0.0.1", 0),
        upstream=("127.0.0.1", 1),
        journal_of=lambda: journal,
        connections=numbers,
    )
    on = Bench(relay, journal)

    async def arrived(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        wire = Wire(reader, writer)
        on.wires.append(wire)
        on.arrivals.put_nowait(wire)

    server = await asyncio.start_server(arrived, "127.0.0.1", 0)
    relay.upstream = server.sockets[0].getsockname()
    if not server_is_there:
        server.close()
        await server.wait_closed()
    await relay.start()
    try:
        yield on
    finally:
        await relay.stop()
        for wire in on.wires:
            await wire.close()
        server.close()
        await server.wait_closed()
    await asyncio.sleep(0)
    assert asyncio.all_tasks() <= before, "a task is left behind"


def play(story: Callable[[Bench], Awaitable[None]], *, server_is_there: bool = True) -> None:
    async def main() -> None:
        async with bench(server_is_there=server_is_there) as on:
            await story(on)

    clock.run(main(), virtual=True)


def test_bytes_pass_both_ways_and_each_change_of_direction_is_noted_once() -> None:
    async def story(on: Bench) -> None:
        near, far = await on.pair()
        near.raw(b"hello")
        assert await far.read(5) == b"hello"
        far.raw(b"wel")
        assert await near.read(3) == b"wel"
        far.raw(b"come")
        assert await near.read(4) == b"come"
        near.raw(b"who?")
        assert await far.read(4) == b"who?"
        assert on.names() == ["attempt", "accepted", "asked", "answered", "asked"]
        seen = on.journal.timeline().of(AwdbSeen)
        assert [one.size for one in seen] == [None, None, 5, 3, 4]
        assert {(one.side, one.connection, one.is_ours) for one in seen} == {("b", 1, False)}

    play(story)


def test_a_client_that_asks_again_after_a_pause_asks_anew() -> None:
    async def story(on: Bench) -> None:
        near, far = await on.pair()
        for pause_s in (0.5 * ASKS_ANEW_S, 1.5 * ASKS_ANEW_S):
            near.raw(b"x")
            await far.read(1)
            await asyncio.sleep(pause_s)
        near.raw(b"x")
        await far.read(1)
        assert on.names().count("asked") == 2

    play(story)


@pytest.mark.parametrize("by_client", [True, False])
@pytest.mark.parametrize("how", ["fin", "reset"])
def test_an_end_is_passed_on_as_it_is_and_noted_once(by_client: bool, how: str) -> None:
    async def story(on: Bench) -> None:
        near, far = await on.pair()
        near.raw(b"x")
        await far.read(1)
        one, other = (near, far) if by_client else (far, near)
        if how == "reset":
            one.reset()
        else:
            await one.close()
        assert await other.ending() == how
        await other.close()
        await on.settle()
        assert on.names()[-1] == f"closed-by-{'client' if by_client else 'server'}"
        assert (on.last().detail, on.last().size) == (how, 1)
        assert sum(name.startswith("closed") for name in on.names()) == 1
        assert on.relay.standing() == ()

    play(story)


def test_a_probe_is_answered_by_the_relay_and_the_awdb_hears_no_byte_of_it() -> None:
    async def story(on: Bench) -> None:
        near, far = await on.pair()
        near.raw(PROBE[:7])
        await asyncio.sleep(0.1)
        near.raw(PROBE[7:])
        assert await near.read(len(PROBE_OPEN)) == PROBE_OPEN
        assert await far.reader.read(1) == b""
        assert on.last().is_ours
        assert on.names() == ["attempt", "accepted", "closed-by-relay"]

    play(story)


def test_what_only_begins_like_a_probe_is_passed_on_whole() -> None:
    async def story(on: Bench) -> None:
        near, far = await on.pair()
        near.raw(PROBE[:7])
        await on.settle()
        near.raw(b"!")
        assert await far.read(8) == PROBE[:7] + b"!"
        near.writer.write_eof()
        assert await far.reader.read(1) == b""

    play(story)


def test_the_beginning_of_a_probe_and_then_the_end_is_passed_on_whole() -> None:
    async def story(on: Bench) -> None:
        near, far = await on.pair()
        near.raw(PROBE[:7])
        await on.settle()
        near.writer.write_eof()
        assert await far.read(7) == PROBE[:7]

    play(story)


def test_an_awdb_that_is_not_there_is_noted_and_the_client_reset() -> None:
    async def story(on: Bench) -> None:
        near = await on.client()
        near.raw(b"hello")
        assert await near.ending() == "reset"
        assert on.names() == ["attempt", "asked", "server-down"]
        assert on.last().detail == "refused"

    play(story, server_is_there=False)


def test_a_silent_client_of_an_awdb_that_is_not_there_is_reset_after_a_moment() -> None:
    async def story(on: Bench) -> None:
        near = await on.client()
        began_s = now()
        assert await near.ending() == "reset"
        assert now() - began_s == pytest.approx(NAME_S, abs=0.01)
        assert not on.last().is_ours

    play(story, server_is_there=False)


def test_a_probe_learns_that_the_awdb_is_not_there() -> None:
    async def story(on: Bench) -> None:
        near = await on.client()
        near.raw(PROBE)
        assert await near.read(len(PROBE_DOWN)) == PROBE_DOWN
        assert on.last().is_ours

    play(story, server_is_there=False)


def test_refusing_resets_new_connections_which_the_awdb_never_sees_and_accepting_ends_it() -> None:
    async def story(on: Bench) -> None:
        on.relay.refuse()
        on.relay.refuse()
        for first in (b"hello", PROBE):
            near = await on.client()
            near.raw(first)
            assert await near.ending() == "reset"
        assert on.arrivals.empty()
        assert on.names() == ["attempt", "asked", "refused", "attempt", "refused"]
        assert on.last().is_ours
        waiting = await on.client()
        await on.settle()
        on.relay.accept()
        waiting.raw(b"hello")
        async with asyncio.timeout(DEADLINE_S):
            far = await on.arrivals.get()
        assert await far.read(5) == b"hello"

    play(story)


def test_refusing_a_client_that_says_nothing_takes_a_moment() -> None:
    async def story(on: Bench) -> None:
        on.relay.refuse()
        near = await on.client()
        began_s = now()
        assert await near.ending() == "reset"
        assert now() - began_s == pytest.approx(NAME_S, abs=0.01)

    play(story)


@pytest.mark.parametrize("how", list(Cut))
def test_a_cut_ends_what_stands_at_both_ends_and_lets_others_in(how: Cut) -> None:
    async def story(on: Bench) -> None:
        near, far = await on.pair()
        near.raw(b"x")
        await far.read(1)
        assert on.relay.standing() == (1,)
        on.relay.cut(how)
        assert await near.ending() == how.value
        assert await far.ending() == how.value
        assert (on.names()[-1], on.last().detail) == ("closed-by-relay", how.value)
        assert on.relay.standing() == ()
        near, far = await on.pair()
        near.raw(b"y")
        assert await far.read(1) == b"y"

    play(story)


def test_peers_that_do_not_close_after_an_orderly_cut_are_reset_in_time() -> None:
    async def story(on: Bench) -> None:
        near, far = await on.pair()
        near.raw(b"x")
        await far.read(1)
        on.relay.cut(Cut.CLOSE)
        await asyncio.sleep(LEAVE_S + 0.1)
        assert await on.client() is not None
        await on.relay.stop()

    play(story)


def test_much_data_passes_whole_though_the_reader_is_slow() -> None:
    async def story(on: Bench) -> None:
        near, far = await on.pair()
        data = bytes(range(256)) * 8192
        near.raw(data)
        await asyncio.sleep(1.0)
        assert await far.read(len(data)) == data

    play(story)


def test_stopping_resets_what_is_left_and_a_stopped_relay_has_no_address() -> None:
    async def story(on: Bench) -> None:
        near, far = await on.pair()
        near.raw(b"x")
        await far.read(1)
        await on.relay.stop()
        assert await near.ending() == "reset"
        with pytest.raises(UsageError, match="AWDB relay of side b"):
            _ = on.relay.address
        await on.relay.stop()

    play(story)
