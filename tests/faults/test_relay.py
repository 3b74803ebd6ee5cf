"""The relay passes everything, keeps sessions apart, and leaves nothing behind."""

import asyncio
import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chaos.clients.cti import CtiClient
from chaos.errors import FaultError, UsageError
from chaos.faults.relay import CtiRelay, Refusal
from chaos.faults.relay_frames import FROM_SERVER, Follower
from chaos.journal import CtiStep
from chaos.mock.cti_server import CtiServer, Side
from chaos.mock.peripheral import AgentConfig, Peripheral, PeripheralConfig
from chaos.wire.ged188 import (
    AgentStateEvent,
    FailureConf,
    FailureEvent,
    HeartbeatConf,
    HeartbeatReq,
    Message,
    MessageType,
    OpenConf,
    OpenReq,
    Status,
    encode,
)
from tests.faults.relaying import Bench, open_req, play

A_CONVERSATION: list[Message] = [
    OpenConf(1),
    HeartbeatConf(7),
    AgentStateEvent(agent_id="1001", agent_extension="3001"),
    FailureConf(9, Status.INVALID_CALLID),
    FailureEvent(Status.CTI_SERVER_OFFLINE),
]


# Passing on


def test_every_split_of_a_stream_arrives_byte_for_byte_and_at_once() -> None:
    stream = b"".join(encode(message) for message in A_CONVERSATION)

    async def story(on: Bench) -> None:
        near, far = await on.pair()
        for size in (1, 2, 3, 5, 7, 11, 64, len(stream)):
            for at in range(0, len(stream), size):
                piece = stream[at : at + size]
                far.raw(piece)
                near.raw(piece)
                assert await near.read(len(piece)) == piece
                assert await far.read(len(piece)) == piece

    play(story)


def test_a_megabyte_passes_both_ways_though_one_side_reads_late() -> None:
    data = bytes(range(256)) * 4096

    async def story(on: Bench) -> None:
        near, far = await on.pair()
        near.raw(data)
        far.raw(data)
        await asyncio.sleep(30)
        assert await far.read(len(data)) == data
        assert await near.read(len(data)) == data

    play(story)


def test_a_reader_that_hangs_stops_its_own_sender_and_no_other() -> None:
    async def story(on: Bench) -> None:
        hanging_near, hanging_far = await on.pair()
        hanging_far.reader._transport.pause_reading()  # type: ignore[attr-defined]
        hanging_near.raw(bytes(32_000_000))
        await asyncio.sleep(1)
        assert hanging_near.writer.transport.get_write_buffer_size() > 0
        near, far = await on.session()
        assert await on.beats(near, far, 3) == "..."
        hanging_far.reset()

    play(story)


def test_what_a_client_sends_before_the_server_accepted_is_not_lost() -> None:
    async def story(on: Bench) -> None:
        near = await on.client()
        near.raw(b"\x00\x00\x00\x04\x00\x00\x00\x05abcd" * 5)
        far = await on.accepted()
        assert await far.read(60) == b"\x00\x00\x00\x04\x00\x00\x00\x05abcd" * 5

    play(story)


def test_a_half_closed_side_can_still_be_answered() -> None:
    async def story(on: Bench) -> None:
        near, far = await on.pair()
        near.raw(b"last words")
        near.writer.write_eof()
        assert await far.read(10) == b"last words"
        assert await far.ending() == "fin"
        far.raw(b"an answer")
        assert await near.read(9) == b"an answer"
        await far.close()
        assert await near.ending() == "fin"
        assert [step for step in on.steps(1) if step[0] is not CtiStep.GARBAGE][-1] == (CtiStep.CLOSED_BY_CLIENT, "fin")

    play(story)


@pytest.mark.parametrize("by_client", [True, False])
def test_a_reset_of_one_side_becomes_a_reset_of_the_other(by_client: bool) -> None:
    async def story(on: Bench) -> None:
        near, far = await on.session()
        (near if by_client else far).reset()
        assert await (far if by_client else near).ending() == "reset"
        step = CtiStep.CLOSED_BY_CLIENT if by_client else CtiStep.CLOSED_BY_SERVER
        assert on.steps(1)[-1] == (step, "reset")
        assert on.relay.sessions() == ()

    play(story)


@pytest.mark.parametrize("by_client", [True, False])
def test_a_fin_of_one_side_becomes_a_fin_of_the_other(by_client: bool) -> None:
    async def story(on: Bench) -> None:
        near, far = await on.session()
        await (near if by_client else far).close()
        assert await (far if by_client else near).ending() == "fin"
        step = CtiStep.CLOSED_BY_CLIENT if by_client else CtiStep.CLOSED_BY_SERVER
        assert on.steps(1)[-1] == (step, "fin")

    play(story)


# Many, and the end


def test_two_hundred_sessions_are_kept_apart() -> None:
    async def story(on: Bench) -> None:
        async def one(number: int) -> str:
            near = await on.client()
            near.send(open_req(f"client-{number}"))
            assert await near.receive() == OpenConf(number)
            near.send(HeartbeatReq(number))
            assert await near.receive() == HeartbeatConf(number)
            return f"client-{number}"

        async def answer_all() -> None:
            async with asyncio.TaskGroup() as group:
                for _ in range(200):
                    group.create_task(answer(on))

        async def answer(on: Bench) -> None:
            far = await on.accepted()
            request = await far.receive()
            assert isinstance(request, OpenReq)
            number = int((request.unique_instance_id or "").removeprefix("client-"))
            far.send(OpenConf(number))
            beat = await far.receive()
            assert beat == HeartbeatReq(number)
            far.send(HeartbeatConf(number))

        answering = asyncio.create_task(answer_all())
        names = await asyncio.gather(*(one(number) for number in range(200)))
        await answering
        assert {session.client for session in on.relay.sessions()} == set(names)
        assert len({session.connection for session in on.relay.sessions()}) == 200

    play(story)


def test_stopping_resets_everyone_waits_for_it_and_is_safe_twice() -> None:
    async def story(on: Bench) -> None:
        near, far = await on.session()
        waiting = await on.client()
        on.relay.refuse(None, Refusal.RESET)
        unnamed = await on.client()
        await on.until(CtiStep.ATTEMPT, 3)
        await on.relay.stop()
        await on.relay.stop()
        for wire in (near, far, waiting, unnamed):
            assert await wire.ending() == "reset"
        assert on.names().count("closed-by-relay") == 3
        with pytest.raises(UsageError, match="does not listen"):
            _ = on.relay.address
        on.relay.accept()
        await on.relay.start()
        await on.relay.start()
        assert on.relay.address

    play(story)


def test_stopping_while_clients_arrive_and_the_server_is_dialled_leaves_nothing() -> None:
    async def story(on: Bench) -> None:
        before = asyncio.all_tasks()
        for turns in range(8):
            arriving = [asyncio.create_task(on.client()) for _ in range(3)]
            for _ in range(turns):
                await asyncio.sleep(0)
            await on.relay.stop()
            await asyncio.gather(*arriving, return_exceptions=True)
            # Who had just been accepted is let go of in the loop's own time.
            if under_way := asyncio.all_tasks() - before:
                await asyncio.wait(under_way, timeout=5.0)
            assert not asyncio.all_tasks() - before, "a task of the relay outlives it"
            await on.relay.start()

    play(story)


def test_an_address_that_is_taken_is_named() -> None:
    async def story(on: Bench) -> None:
        host, port = on.relay.address
        second = CtiRelay(
            "b", listen=(host, port), upstream=(host, 1), journal_of=lambda: None, connections=itertools.count()
        )
        with pytest.raises(FaultError, match=f"side b cannot listen on {host}:{port}"):
            await second.start()
        await second.stop()

    play(story)


def test_a_client_and_the_mocks_server_get_along_through_it_until_heartbeats_are_withheld() -> None:
    async def story(on: Bench) -> None:
        loop = asyncio.get_running_loop()
        agents = (AgentConfig("1001", "pw", "2001"), AgentConfig("1002", "pw", "2002"))
        server = CtiServer(Side.A, Peripheral(PeripheralConfig(agents), now=loop.time, call_later=loop.call_later))
        await server.start()
        server.peripheral.agents.login("1001", "pw", "2001")
        on.relay.upstream = ("127.0.0.1", server.port)
        phone = CtiClient([on.relay.address], peripheral_id=5000, journal_of=lambda: None, heartbeat_s=5.0)
        assert await phone.open()
        call = await phone.make_call("1001", "2002")
        await asyncio.sleep(12)
        on.relay.withhold("xx.xxx")
        await asyncio.sleep(33)
        await phone.clear("1001", call)
        await asyncio.sleep(15)
        assert phone.failure == "3 heartbeats were not answered"
        beats = "".join({"heartbeat-conf": ".", "heartbeat-withheld": "x"}.get(name, "") for name in on.names(1))
        assert beats == "..xx.xxx"
        assert on.steps(1)[-1] == (CtiStep.CLOSED_BY_CLIENT, "reset")
        assert "garbage" not in on.names()
        await phone.close()
        await server.stop()

    play(story)


# The follower by itself


@given(st.lists(st.binary(max_size=40), max_size=20), st.booleans())
@settings(max_examples=300)
def test_whatever_comes_in_goes_out_in_order_and_nothing_is_lost(pieces: list[bytes], armed: bool) -> None:
    garbage: list[int] = []
    follower = Follower(FROM_SERVER, lambda *_: False, lambda at, _: garbage.append(at), lambda: armed)
    out = b"".join(follower.feed(piece) for piece in pieces) + follower.release()
    assert out == b"".join(pieces)
    assert len(garbage) <= 1


@given(st.data())
@settings(max_examples=300)
def test_dropped_frames_and_only_they_are_missing_however_the_stream_is_split(data: st.DataObject) -> None:
    ids = data.draw(st.lists(st.integers(0, 9), max_size=12))
    frames = [encode(HeartbeatConf(i) if i < 7 else AgentStateEvent(monitor_id=i)) for i in ids]
    stream = b"".join(frames)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=20)))
    follower = Follower(
        FROM_SERVER,
        lambda kind, frame, whole: kind == MessageType.HEARTBEAT_CONF and frame[11] % 2 == 1,
        lambda *_: pytest.fail("good frames were taken for garbage"),
        lambda: True,
    )
    edges = [0, *cuts, len(stream)]
    out = b"".join(follower.feed(stream[a:b]) for a, b in itertools.pairwise(edges))
    assert out == b"".join(frame for i, frame in zip(ids, frames, strict=True) if i >= 7 or i % 2 == 0)
