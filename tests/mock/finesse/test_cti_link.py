"""The link at work against a small scripted CTI peer, and against an active-standby pair."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine, Iterable
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import pytest

from chaos import clock
from chaos.mock.cti_server import CtiOptions, CtiPair, CtiServer, StandbyAnswer, Variant
from chaos.mock.cti_server import Side as CtiSide
from chaos.mock.finesse import Address, NodeOptions, Side
from chaos.mock.finesse.cti_link import CtiLink, CtiLost, CtiSilent
from chaos.mock.finesse.hooks import NodeDefects
from chaos.mock.peripheral import Peripheral, PeripheralConfig
from chaos.wire.ged188.agents import AgentStateEvent, QueryAgentStateReq
from chaos.wire.ged188.codec import Decoder, encode
from chaos.wire.ged188.fields import Message
from chaos.wire.ged188.session import (
    CloseConf,
    CloseReq,
    FailureConf,
    FailureEvent,
    HeartbeatConf,
    HeartbeatReq,
    OpenConf,
    OpenReq,
)
from chaos.wire.ged188.values import AgentState, SessionType, Status
from tests.mock.finesse.lab import agents, lab

Script = Callable[[Message], Iterable[Message]]


def play(main: Coroutine[Any, Any, None]) -> None:
    clock.run(main, virtual=True)


def polite(message: Message) -> Iterable[Message]:
    """What a good server says to session messages."""
    match message:
        case OpenReq():
            return [OpenConf(message.invoke_id, session_type=SessionType.ACTIVE)]
        case HeartbeatReq():
            return [HeartbeatConf(message.invoke_id)]
        case CloseReq():
            return [CloseConf(message.invoke_id)]
    return []


class Peer:
    """A CTI server of a few lines: what it hears, and the script by which it answers."""

    def __init__(self, script: Script = polite) -> None:
        self.script = script
        self.heard: list[tuple[float, Message]] = []
        self.port = 0
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._writers: list[asyncio.StreamWriter] = []

    async def open(self) -> "Peer":
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    def say(self, message: Message) -> None:
        self._writers[-1].write(encode(message, 24))

    def of(self, kind: type[Message]) -> list[float]:
        return [time_s for time_s, message in self.heard if isinstance(message, kind)]

    async def close(self) -> None:
        assert self._server is not None
        self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for writer in self._writers:  # that of a task which was cancelled before its first step too
            writer.close()
        await self._server.wait_closed()

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.append(writer)
        self._tasks.add(asyncio.get_running_loop().create_task(self._serve(reader, writer)))

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        decoder = Decoder(24)
        try:
            while data := await reader.read(65536):
                for message in decoder.feed(data):
                    self.heard.append((clock.now(), message))
                    for answer in self.script(message):
                        writer.write(encode(answer, 24))
        except ConnectionError:
            return
        finally:
            writer.close()


class Owner:
    """Records what the link tells."""

    def __init__(self) -> None:
        self.told: list[tuple[float, str]] = []
        self.events: list[Message] = []
        self.changed = asyncio.Event()

    def _tell(self, what: str) -> None:
        self.told.append((clock.now(), what))
        self.changed.set()

    def link_opened(self) -> None:
        self._tell("opened")

    async def load(self) -> None:
        return

    def link_up(self, side: Side) -> None:
        self._tell(f"up {side.value}")

    def link_lost(self) -> None:
        self._tell("lost")

    def link_event(self, message: Message) -> None:
        self.events.append(message)

    def link_answer(self, message: Message) -> None:
        return

    async def until(self, *whats: str) -> None:
        async with asyncio.timeout(120):
            while tuple(what for _, what in self.told if what != "opened")[-len(whats) :] != whats:
                self.changed.clear()
                await self.changed.wait()


@asynccontextmanager
async def linked(
    a: Script = polite, b: Script = polite, *, version: int = 24
) -> AsyncIterator[tuple[CtiLink, Owner, Peer, Peer]]:
    peers = [await Peer(script).open() for script in (a, b)]
    owner = Owner()
    sides = {side: Address("cti.lab", peer.port) for side, peer in zip(Side, peers, strict=True)}
    link = CtiLink(
        "fin-a.lab.example",
        tuple(sides),
        sides,
        5000,
        options=NodeOptions(cti_version=version),
        defects=NodeDefects(),
        hosts={"cti.lab": "127.0.0.1"},
        owner=owner,
    )
    link.start()
    try:
        yield link, owner, peers[0], peers[1]
    finally:
        await link.stop()
        for peer in peers:
            await peer.close()


def test_the_open_request_says_what_finesse_is_and_wants() -> None:
    async def main() -> None:
        async with linked() as (_, owner, a, b):
            await owner.until("up A")
            request = a.heard[0][1]
            assert isinstance(request, OpenReq)
            assert (request.client_id, request.version_number, request.idle_timeout) == ("Finesse", 24, 20)
            assert (request.unique_instance_id, request.peripheral_id) == ("fin-a.lab.example", 5000)
            assert (request.services_requested, request.client_password) == (0x000C0096, b"")
            assert b.heard == []

    play(main())


def test_heartbeats_go_out_every_five_seconds_whatever_else_is_said() -> None:
    async def main() -> None:
        async with linked() as (link, owner, a, _):
            await owner.until("up A")
            for _ in range(7):
                a.say(AgentStateEvent(agent_id="1101", agent_state=AgentState.AVAILABLE))
                await asyncio.sleep(3)
            assert a.of(HeartbeatReq) == pytest.approx([5, 10, 15, 20], abs=1e-6)
            assert len(owner.events) == 7
            assert link.is_heard
            a.script = lambda message: []
            await asyncio.sleep(8)
            assert link.is_heard
            await asyncio.sleep(2)
            assert not link.is_heard

    play(main())


def test_a_server_that_never_answers_the_open_request_is_given_five_seconds_and_then_the_other_side() -> None:
    async def main() -> None:
        async with linked(lambda message: []) as (_, owner, a, b):
            await owner.until("up B")
            assert a.of(OpenReq) == pytest.approx([0.0], abs=1e-6)
            assert b.of(OpenReq) == pytest.approx([7.0], abs=1e-6)

    play(main())


@pytest.mark.parametrize(
    "answer",
    [
        FailureConf(1, Status.CTI_SERVER_OFFLINE),
        FailureConf(1, Status.INVALID_CLIENT_FOR_STANDBY),
        FailureConf(1, Status.SERVER_NOT_MASTER),
        OpenConf(1, session_type=SessionType.STANDBY),
        FailureEvent(Status.CTI_SERVER_OFFLINE),
    ],
)
def test_a_refused_open_request_is_a_failed_attempt(answer: Message) -> None:
    async def main() -> None:
        async with linked(lambda message: [answer]) as (_, owner, a, b):
            await owner.until("up B")
            assert (len(a.of(OpenReq)), len(b.of(OpenReq))) == (1, 1)
            assert b.of(OpenReq) == pytest.approx([2.0], abs=1e-6)

    play(main())


@pytest.mark.parametrize("kind", ["event", "heartbeat refused", "close"])
def test_a_session_that_the_server_ends_is_lost_at_once(kind: str) -> None:
    def refusing(message: Message) -> Iterable[Message]:
        if isinstance(message, HeartbeatReq) and kind == "heartbeat refused":
            return [FailureConf(message.invoke_id, Status.CTI_SERVER_OFFLINE)]
        return polite(message)

    async def main() -> None:
        async with linked(refusing) as (_, owner, a, _):
            await owner.until("up A")
            if kind == "event":
                a.say(FailureEvent(Status.CTI_SERVER_OFFLINE))
            elif kind == "close":
                a._writers[-1].close()
            await owner.until("lost", "up B")
            times_s = [time_s for time_s, what in owner.told if what in ("lost", "up B")]
            assert times_s == pytest.approx([5.0, 5.0] if kind == "heartbeat refused" else [0.0, 0.0], abs=1e-6)

    play(main())


def test_a_request_finds_its_own_answer_a_silent_server_and_a_lost_link() -> None:
    async def main() -> None:
        async with linked() as (link, owner, a, _):
            await owner.until("up A")
            query = QueryAgentStateReq(agent_id="1101")
            a.script = lambda message: [FailureConf(getattr(message, "invoke_id", 0), Status.INVALID_AGENT_DATA)]
            assert isinstance(await link.request(query, 2.0), FailureConf)
            a.script = polite
            start_s = clock.now()
            with pytest.raises(CtiSilent):
                await link.request(query, 2.0)
            assert clock.now() - start_s == pytest.approx(2.0)
            waiting = asyncio.get_running_loop().create_task(link.request(query, 60.0))
            await asyncio.sleep(0.1)
            await a.close()
            with pytest.raises(CtiLost):
                await waiting

    play(main())


def test_a_stop_closes_the_session_with_close_req_and_waits_no_longer_than_five_seconds_for_its_answer() -> None:
    async def main() -> None:
        async with linked() as (link, owner, a, _):
            await owner.until("up A")
            await link.stop()
            assert isinstance(a.heard[-1][1], CloseReq)
        async with linked() as (link, owner, a, _):
            await owner.until("up A")
            a.script = lambda message: []
            start_s = clock.now()
            await link.stop()
            assert clock.now() - start_s == pytest.approx(5.0)

    play(main())


def test_a_stop_while_seeking_ends_the_seeking() -> None:
    async def main() -> None:
        async with linked(lambda message: [], lambda message: []) as (link, _, a, b):
            await asyncio.sleep(8)
            await link.stop()
            attempts = len(a.of(OpenReq)), len(b.of(OpenReq))
            await asyncio.sleep(60)
            assert (len(a.of(OpenReq)), len(b.of(OpenReq))) == attempts == (1, 1)

    play(main())


@pytest.mark.parametrize("version", [14, 17, 19, 23])
def test_older_protocols_open_too(version: int) -> None:
    async def main() -> None:
        options = NodeOptions(cti_version=version)
        async with lab(options=options) as found:
            assert [session.version for session in found.a.sessions] == [version]
            ann = await found.client()
            await ann.sign_in("2001")

    play(main())


@pytest.mark.parametrize("answer", list(StandbyAnswer))
def test_in_an_active_standby_pair_the_node_alternates_until_the_other_side_has_become_active(
    answer: StandbyAnswer,
) -> None:
    async def main() -> None:
        async with lab(start=False) as found:
            loop = asyncio.get_running_loop()
            peripheral = Peripheral(PeripheralConfig(agents()), now=loop.time, call_later=loop.call_later)
            options = CtiOptions(standby_answer=answer)
            a, b = (CtiServer(side, peripheral, options=options) for side in CtiSide)
            pair = CtiPair(a, b, variant=Variant.ACTIVE_STANDBY, switch_over_s=5.0)
            await pair.start()
            where_a, where_b = (Address("127.0.0.1", server.port) for server in (a, b))
            found.administration.cti = replace(found.administration.cti, a=where_a, b=where_b)
            await found.node.start()
            await found.node.until_in_service()
            start_s = clock.now()
            await a.die()
            await asyncio.sleep(1)
            assert found.node.webapp.status == "OUT_OF_SERVICE"
            await found.node.until_in_service()
            assert len(b.sessions) == 1
            assert 5.0 <= clock.now() - start_s <= 9.0
            await found.node.stop()
            await pair.stop()

    play(main())


def test_a_server_that_answers_one_request_after_the_other_is_not_silent_and_one_that_stops_is() -> None:
    """CTI Server Message Reference Guide: it may take 10 to 15 s to answer."""

    async def main() -> None:
        async with linked() as (link, owner, a, _):
            await owner.until("up A")
            due = 0

            def slowly(message: Message) -> Iterable[Message]:
                nonlocal due
                if isinstance(message, QueryAgentStateReq) and due < 9:
                    due += 1
                    conf = FailureConf(message.invoke_id, Status.INVALID_AGENT_DATA)
                    asyncio.get_running_loop().call_later(1.5 * due, a.say, conf)
                return polite(message)

            a.script, start_s = slowly, clock.now()
            query = QueryAgentStateReq(agent_id="1101")
            asked = [asyncio.create_task(link.request(query, 2.0)) for _ in range(11)]
            ended = await asyncio.gather(*asked, return_exceptions=True)
            assert [type(one) for one in ended] == [FailureConf] * 9 + [CtiSilent] * 2
            assert clock.now() - start_s == pytest.approx(13.5 + 1.5)  # 2 s after the last answer, but 15 s at most

    play(main())
