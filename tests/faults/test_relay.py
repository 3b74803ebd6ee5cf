"""The relay passes everything, records what matters, and does what it is told, to the n-th confirmation."""

import asyncio
import contextlib
import itertools
import socket
from collections.abc import Awaitable, Callable, Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chaos import clock
from chaos.clients.cti import CtiClient
from chaos.errors import FaultError, UsageError
from chaos.faults.relay import CtiRelay, Cut, Refusal, fingerprint
from chaos.faults.relay_frames import FROM_SERVER, Follower
from chaos.journal import CtiStep, Journal
from chaos.mock.cti_server import CtiServer, Side
from chaos.mock.peripheral import AgentConfig, Peripheral, PeripheralConfig
from chaos.wire.ged188 import (
    AgentStateEvent,
    CloseConf,
    CloseReq,
    FailureConf,
    FailureEvent,
    HeartbeatConf,
    HeartbeatReq,
    Message,
    MessageType,
    OpenConf,
    OpenReq,
    Status,
    Tag,
    encode,
)
from tests.faults.relaying import Bench, bench, open_req

A_CONVERSATION: list[Message] = [
    OpenConf(1),
    HeartbeatConf(7),
    AgentStateEvent(agent_id="1001", agent_extension="3001"),
    FailureConf(9, Status.INVALID_CALLID),
    FailureEvent(Status.CTI_SERVER_OFFLINE),
]


def play(story: Callable[[Bench], Awaitable[None]]) -> None:
    async def main() -> None:
        async with bench() as on:
            await story(on)

    clock.run(main(), virtual=True)


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
        assert on.steps(1)[-1] == (CtiStep.CLOSED_BY_CLIENT, "fin")

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


# Recording


def test_a_session_is_recorded_from_its_attempt_to_its_end() -> None:
    async def story(on: Bench) -> None:
        near, far = await on.session("fin-b")
        assert await on.beats(near, far, 1, first_id=41) == "."
        far.send(FailureEvent(Status.CTI_SERVER_OFFLINE))
        near.send(CloseReq(42, Status.CTI_SERVER_OFFLINE))
        await far.receive()
        far.send(CloseConf(42))
        await near.receive()
        near.reset()
        await far.ending()
        seen = [(one.step.value, one.client, one.invoke_id, one.detail) for one in on.seen]
        assert seen == [
            ("attempt", None, None, None),
            ("open-req", "fin-b", 1, "protocol 24, idle 20 s"),
            ("open-conf", "fin-b", 1, None),
            ("heartbeat-req", "fin-b", 41, None),
            ("heartbeat-conf", "fin-b", 41, None),
            ("failure-event", "fin-b", None, "CTI_SERVER_OFFLINE"),
            ("closed-by-client", "fin-b", None, "reset"),
        ]
        assert {(one.side, one.connection) for one in on.seen} == {("a", 1)}

    play(story)


def test_a_server_that_rejects_is_recorded_with_its_status() -> None:
    async def story(on: Bench) -> None:
        near, far = await on.pair()
        near.send(open_req("fin-a"))
        await far.receive()
        far.send(FailureConf(1, Status.INVALID_CLIENT_FOR_STANDBY))
        await near.receive()
        assert on.steps(1)[-1] == (CtiStep.REJECTED, "INVALID_CLIENT_FOR_STANDBY")
        assert on.relay.sessions() == ()

    play(story)


def test_numbers_run_on_over_relays_and_sessions_tell_who_is_connected() -> None:
    async def main() -> None:
        numbers = itertools.count(1)
        async with bench(numbers) as a, bench(numbers) as b:
            await a.session("fin-a")
            await asyncio.sleep(3)
            near, far = await b.session("fin-b")
            assert await b.beats(near, far, 1) == "."
            (of_a,), (of_b,) = a.relay.sessions(), b.relay.sessions()
            assert (of_a.connection, of_a.client, of_a.since_s, of_a.last_heartbeat_s) == (1, "fin-a", 0.0, None)
            assert (of_b.connection, of_b.client, of_b.since_s, of_b.last_confirmed_s) == (2, "fin-b", 3.0, 3.0)
            assert b.relay.counts()[CtiStep.HEARTBEAT_CONF] == 1

    clock.run(main(), virtual=True)


def test_sessions_live_on_when_the_journal_changes_and_nothing_is_recorded_without_one() -> None:
    async def story(on: Bench) -> None:
        near, far = await on.session()
        on.journal = None
        assert await on.beats(near, far, 2) == ".."
        assert len(on.names()) == 3
        on.journal = Journal(None, clock.now)
        on.journal.watch(on.seen.append)  # type: ignore[arg-type]
        assert await on.beats(near, far, 1, first_id=200) == "."
        assert on.names()[3:] == ["heartbeat-req", "heartbeat-conf"]

    play(story)


def test_a_journal_that_begins_is_told_of_the_sessions_that_stand() -> None:
    async def story(on: Bench) -> None:
        await on.session("fin-a")
        gone, far = await on.session("fin-b")
        await on.pair()
        gone.reset()
        await far.ending()
        on.seen.clear()
        on.relay.record_standing()
        assert [(seen.step, seen.connection, seen.client) for seen in on.seen] == [(CtiStep.STANDING, 1, "fin-a")]

    play(story)


def test_a_server_that_refuses_resets_the_client_after_its_open_req_told_who_it_was() -> None:
    async def story(on: Bench) -> None:
        assert on.server is not None
        on.server.close()
        await on.server.wait_closed()
        near = await on.client()
        near.send(open_req("fin-a"))
        assert await near.ending() == "reset"
        assert on.seen[-1].client == "fin-a"
        assert on.steps(1)[-1] == (CtiStep.SERVER_DOWN, "refused")
        mute = await on.client()
        since_s = clock.now()
        assert await mute.ending() == "reset"
        assert clock.now() - since_s == pytest.approx(1.0)
        assert on.names(2) == ["attempt", "server-down"]

    play(story)


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


def test_a_server_that_does_not_answer_the_dial_is_given_up_after_five_seconds() -> None:
    async def story(on: Bench) -> None:
        with unreachable() as on.relay.upstream:
            near = await on.client()
            near.send(open_req("fin-a"))
            since_s = clock.now()
            assert await near.ending() == "reset"
            assert clock.now() - since_s == pytest.approx(5.0)
            assert on.steps(1)[-1] == (CtiStep.SERVER_DOWN, "timeout")

    play(story)


@pytest.mark.parametrize("how", ["fin", "reset", "flood"])
def test_a_client_that_leaves_or_floods_while_the_server_is_dialled_is_bounded(how: str) -> None:
    async def story(on: Bench) -> None:
        with unreachable() as on.relay.upstream:
            near = await on.client()
            await on.until(CtiStep.ATTEMPT)
            if how == "flood":
                near.raw(bytes(32_000_000))
                await asyncio.sleep(1)
                assert near.writer.transport.get_write_buffer_size() > 0
                assert await near.ending() == "reset"
                assert on.names(1) == ["attempt", "garbage", "server-down"]
            elif how == "reset":
                near.reset()
                await on.until(CtiStep.CLOSED_BY_CLIENT)
                assert clock.now() < 1.0
            else:
                near.writer.write_eof()
                assert await near.ending() == "reset"
                assert on.steps(1) == [(CtiStep.ATTEMPT, None), (CtiStep.CLOSED_BY_CLIENT, "fin")]

    play(story)


def test_a_fin_that_came_while_the_server_was_dialled_is_passed_on() -> None:
    async def story(on: Bench) -> None:
        on.relay.refuse(None, Refusal.RESET)
        near = await on.client()
        await on.until(CtiStep.ATTEMPT)
        near.raw(b"all of it")
        await asyncio.sleep(0.1)
        on.relay.accept()
        near.writer.write_eof()
        far = await on.accepted()
        assert await far.read(9) == b"all of it"
        assert await far.ending() == "fin"

    play(story)


def test_bytes_that_are_no_ged188_are_recorded_once_and_passed_on() -> None:
    hello = bytes.fromhex("160301020001000100") + bytes(100)

    async def story(on: Bench) -> None:
        near, far = await on.pair()
        near.raw(hello)
        assert await far.read(len(hello)) == hello
        far.raw(b"HTTP/1.0 400 Bad Request\r\n")
        assert await near.read(26) == b"HTTP/1.0 400 Bad Request\r\n"
        near.raw(hello)
        assert await far.read(len(hello)) == hello
        assert on.names(1) == ["attempt", "garbage"]
        assert (on.seen[-1].detail or "").startswith("from the client, at byte 0: 16 03 01 02 00")

    play(story)


def test_garbage_after_good_messages_is_recorded_with_its_offset() -> None:
    async def story(on: Bench) -> None:
        near, far = await on.session()
        size = len(encode(OpenConf(1)))
        far.raw(encode(HeartbeatConf(1)) + b"\x00\x00\x00\x05\x00\x00\x00\x06" + b"rest")
        assert len(await near.read(24)) == 24
        assert on.steps(1)[-1] == (
            CtiStep.GARBAGE,
            f"from the server, at byte {size + 12}: 00 00 00 05 00 00 00 06 72 65 73 74",
        )

    play(story)


def test_an_unreadable_open_req_is_passed_on_and_its_password_kept_out_of_the_journal() -> None:
    async def story(on: Bench) -> None:
        near, far = await on.pair()
        bad = encode(OpenReq(1, client_id="x", extra=((Tag.CLIENT_PASSWORD, b"secret" * 12),)))
        near.raw(bad)
        assert await far.read(len(bad)) == bad
        assert on.names(1) == ["attempt", "open-req"]
        assert (on.seen[-1].detail or "").startswith("unreadable: ")
        assert b"secret".hex(" ") not in (on.seen[-1].detail or "")

    play(story)


# Telling clients apart


def test_clients_are_told_apart_by_what_their_open_req_says_of_them() -> None:
    node = OpenReq(client_id="Finesse", client_signature="fin-a")
    assert fingerprint(OpenReq(client_id="Finesse", unique_instance_id="fin-a-17")) == "fin-a-17"
    assert fingerprint(node) == "Finesse/fin-a"
    assert fingerprint(OpenReq(client_id="Finesse")) == "Finesse/"
    assert fingerprint(OpenReq(client_id="x", application_path_id=5001)) == "x/ path=5001"
    assert fingerprint(OpenReq(client_id="x", extra=((301, b"node-b\0"), (2, b"pw")))) == "x/ 301=node-b"
    assert fingerprint(OpenReq(client_id="x", extra=((301, b"\x01\xff"),))) == "x/ 301=01ff"


def test_what_changes_between_sessions_of_one_client_does_not_change_its_name() -> None:
    one = OpenReq(1, 24, 20, 5000, 0x96, client_id="Finesse", client_signature="fin-a", client_password=b"")
    other = OpenReq(9, 23, 100, 5000, 0x10, client_id="Finesse", client_signature="fin-a", client_password=b"new")
    assert fingerprint(one) == fingerprint(other)


# Withholding


@pytest.mark.parametrize("pattern", ["x", "xx", "xxx", "x.xx", ".x", "..x.x"])
def test_exactly_the_confirmations_of_the_pattern_are_withheld(pattern: str) -> None:
    async def story(on: Bench) -> None:
        near, far = await on.session()
        assert await on.beats(near, far, 2) == ".."
        on.relay.withhold(pattern)
        assert await on.beats(near, far, 8, first_id=200) == pattern + "." * (8 - len(pattern))
        withheld = [seen.invoke_id for seen in on.seen if seen.step is CtiStep.HEARTBEAT_WITHHELD]
        assert withheld == [200 + at for at, turn in enumerate(pattern) if turn == "x"]

    play(story)


def test_each_connection_counts_for_itself_and_those_to_come_from_their_first() -> None:
    async def story(on: Bench) -> None:
        first = await on.session("fin-a")
        on.relay.withhold("x.x")
        second = await on.session("fin-b")
        assert await on.beats(*first, 2) == "x."
        assert await on.beats(*second, 4) == "x.x."
        assert await on.beats(*first, 2, first_id=300) == "x."

    play(story)


def test_sessions_to_come_can_be_left_alone() -> None:
    async def story(on: Bench) -> None:
        first = await on.session("fin-a")
        on.relay.withhold("xxx", new_sessions=False)
        second = await on.session("fin-b")
        assert await on.beats(*second, 3) == "..."
        assert await on.beats(*first, 4) == "xxx."

    play(story)


def test_withholding_all_lasts_until_heartbeats_are_passed_and_is_safe_twice() -> None:
    async def story(on: Bench) -> None:
        near, far = await on.session()
        on.relay.withhold_all()
        on.relay.withhold_all()
        assert await on.beats(near, far, 5) == "xxxxx"
        on.relay.pass_heartbeats()
        on.relay.pass_heartbeats()
        assert await on.beats(near, far, 2, first_id=300) == ".."

    play(story)


def test_only_the_confirmation_is_dropped_whatever_stands_around_it_and_however_it_is_split() -> None:
    async def story(on: Bench) -> None:
        near, far = await on.session()
        on.relay.withhold_all()
        event = encode(AgentStateEvent(agent_id="1001"))
        other_failure = encode(FailureConf(77, Status.INVALID_CALLID))
        for size in range(1, 40):
            near.send(HeartbeatReq(size))
            await far.receive()
            stream = event + other_failure + encode(HeartbeatConf(size)) + event
            for at in range(0, len(stream), size):
                far.raw(stream[at : at + size])
                await asyncio.sleep(0.001)
            expected = event + other_failure + event
            assert await near.read(len(expected)) == expected
            assert await near.is_quiet(1.0)
        assert on.relay.counts()[CtiStep.HEARTBEAT_WITHHELD] == 39

    play(story)


def test_a_failure_that_answers_a_heartbeat_is_withheld_too() -> None:
    async def story(on: Bench) -> None:
        near, far = await on.session()
        on.relay.withhold("x")
        for invoke_id in (5, 6):
            near.send(HeartbeatReq(invoke_id))
            await far.receive()
            far.send(FailureConf(invoke_id, Status.CTI_SERVER_OFFLINE))
        assert await near.receive() == FailureConf(6, Status.CTI_SERVER_OFFLINE)
        assert on.names(1)[-4:] == ["heartbeat-req", "heartbeat-withheld", "heartbeat-req", "failure-event"]
        assert on.seen[-1].detail == "answer to a heartbeat: CTI_SERVER_OFFLINE"

    play(story)


def test_a_confirmation_of_no_heartbeat_is_passed_and_does_not_use_up_the_pattern() -> None:
    async def story(on: Bench) -> None:
        near, far = await on.session()
        on.relay.withhold("x")
        far.send(HeartbeatConf(999))
        assert await near.receive() == HeartbeatConf(999)
        assert await on.beats(near, far, 2) == "x."

    play(story)


def test_a_confirmation_that_was_half_passed_before_the_order_is_passed_whole() -> None:
    async def story(on: Bench) -> None:
        near, far = await on.session()
        near.send(HeartbeatReq(5))
        await far.receive()
        answer = encode(HeartbeatConf(5))
        far.raw(answer[:9])
        assert await near.read(9) == answer[:9]
        on.relay.withhold("x")
        far.raw(answer[9:])
        assert await near.read(3) == answer[9:]
        assert await on.beats(near, far, 2) == "x."

    play(story)


def test_bytes_kept_back_go_on_when_the_order_ends_or_the_server_closes() -> None:
    async def story(on: Bench) -> None:
        near, far = await on.session()
        on.relay.withhold_all()
        far.raw(b"\x00\x00")
        assert await near.is_quiet(1.0)
        on.relay.pass_heartbeats()
        assert await near.read(2) == b"\x00\x00"
        near, far = await on.session()
        on.relay.withhold_all()
        far.raw(b"\x00\x00")
        await far.close()
        assert await near.read(2) == b"\x00\x00"
        assert await near.ending() == "fin"

    play(story)


@pytest.mark.parametrize("pattern", ["", "xy", "3"])
def test_a_wrong_pattern_is_refused(pattern: str) -> None:
    async def story(on: Bench) -> None:
        with pytest.raises(UsageError, match="pattern"):
            on.relay.withhold(pattern)

    play(story)


# Refusing


@pytest.mark.parametrize(
    ("how", "ending", "detail"),
    [(Refusal.RESET, "reset", "reset"), (Refusal.CLOSE, "fin", "close")],
)
def test_refused_once_means_once_for_each_client(how: Refusal, ending: str, detail: str) -> None:
    async def story(on: Bench) -> None:
        old = await on.session("fin-a")
        on.relay.refuse(1, how)
        for client in ("fin-a", "fin-b"):
            near = await on.client()
            near.send(open_req(client))
            assert await near.ending() == ending
            assert (on.seen[-1].client, on.steps()[-1]) == (client, (CtiStep.REFUSED, detail))
        assert on.arrivals.empty(), "the server was told of a refused session"
        await on.session("fin-a")
        await on.session("fin-b")
        assert on.names().count("attempt") == 5
        assert await on.beats(*old, 1) == "."

    play(story)


def test_a_refusal_can_be_an_answer() -> None:
    async def story(on: Bench) -> None:
        on.relay.refuse(None, Refusal.FAILURE)
        for status in (Status.CTI_SERVER_OFFLINE, Status.SERVER_NOT_MASTER):
            on.relay.refuse(None, Refusal.FAILURE, status=status)
            near = await on.client()
            near.send(open_req("fin-a", invoke_id=17), HeartbeatReq(18))
            assert await near.receive() == FailureConf(17, status)
            assert await near.ending() == "fin"
            assert on.steps()[-1] == (CtiStep.REFUSED, f"failure {status.name}")

    play(story)


def test_a_refusal_can_come_as_soon_as_a_client_connects() -> None:
    async def story(on: Bench) -> None:
        on.relay.refuse(2, Refusal.TCP_RESET)
        for _ in range(2):
            near = await on.client()
            assert await near.ending() == "reset"
        assert on.names() == ["attempt", "refused"] * 2
        assert {seen.client for seen in on.seen} == {None}
        await on.session("fin-a")

    play(story)


def test_a_client_that_does_not_say_who_it_is_is_refused_after_a_second() -> None:
    async def story(on: Bench) -> None:
        on.relay.refuse(None, Refusal.RESET)
        near = await on.client()
        since_s = clock.now()
        assert await near.ending() == "reset"
        assert clock.now() - since_s == pytest.approx(1.0)
        assert on.steps(1) == [(CtiStep.ATTEMPT, None), (CtiStep.REFUSED, "reset")]

    play(story)


def test_accepting_again_lets_a_waiting_connection_through_and_is_safe_twice() -> None:
    async def story(on: Bench) -> None:
        on.relay.refuse(None, Refusal.RESET)
        near = await on.client()
        near.raw(encode(open_req("fin-a"))[:20])
        await asyncio.sleep(0.5)
        on.relay.accept()
        on.relay.accept()
        near.raw(encode(open_req("fin-a"))[20:])
        far = await on.accepted()
        assert await far.receive() == open_req("fin-a")

    play(story)


def test_a_session_that_connected_before_the_order_but_opens_after_it_is_refused() -> None:
    async def story(on: Bench) -> None:
        near, far = await on.pair()
        on.relay.refuse(None, Refusal.RESET)
        near.send(open_req("fin-a"))
        assert await near.ending() == "reset"
        assert await far.ending() == "reset"
        assert on.names(1) == ["attempt", "open-req", "refused"]

    play(story)


def test_a_client_that_leaves_before_it_was_refused_was_not_refused() -> None:
    async def story(on: Bench) -> None:
        on.relay.refuse(1, Refusal.RESET)
        near = await on.client()
        await near.close()
        await on.until(CtiStep.CLOSED_BY_CLIENT)
        assert on.names(1) == ["attempt", "closed-by-client"]

    play(story)


def test_refusing_fewer_times_than_once_is_an_error() -> None:
    async def story(on: Bench) -> None:
        with pytest.raises(UsageError, match="times=0"):
            on.relay.refuse(0, Refusal.RESET)

    play(story)


def test_clients_that_stay_unknown_count_as_one() -> None:
    async def story(on: Bench) -> None:
        on.relay.refuse(1, Refusal.CLOSE)
        assert await (await on.client()).ending() == "fin"
        second = await on.client()
        far = await on.accepted()
        second.raw(b"passed")
        assert await far.read(6) == b"passed"

    play(story)


def test_a_refusal_by_answer_reaches_a_session_that_had_connected_before_the_order() -> None:
    async def story(on: Bench) -> None:
        near, far = await on.pair()
        on.relay.refuse(None, Refusal.FAILURE)
        near.send(open_req("fin-a"))
        assert await near.receive() == FailureConf(1, Status.CTI_SERVER_OFFLINE)
        assert await near.ending() == "fin"
        assert await far.ending() == "reset"

    play(story)


# Cutting and silence


@pytest.mark.parametrize("how", list(Cut))
def test_a_cut_ends_what_is_connected_at_both_ends_and_nothing_else(how: Cut) -> None:
    async def story(on: Bench) -> None:
        near, far = await on.session()
        on.relay.cut(how)
        on.relay.cut(how)
        assert await near.ending() == how.value
        assert await far.ending() == how.value
        assert on.steps(1)[-1] == (CtiStep.CLOSED_BY_RELAY, how.value)
        assert on.names().count("closed-by-relay") == 1
        await on.session()

    play(story)


def test_a_peer_that_does_not_close_after_a_cut_is_reset_in_the_end() -> None:
    async def story(on: Bench) -> None:
        near, _ = await on.session()
        on.relay.cut(Cut.CLOSE)
        assert await near.ending() == "fin"
        await asyncio.sleep(4.9)
        near.raw(b"the relay still reads, and drops, what comes")
        await near.writer.drain()
        await asyncio.sleep(0.05)
        assert not near.writer.transport.is_closing()
        await asyncio.sleep(0.1)
        with contextlib.suppress(ConnectionError):
            for _ in range(3):  # the first write draws the reset, a later one tells of it
                near.raw(b"gone?")
                await near.writer.drain()
                await asyncio.sleep(0.01)
        assert near.writer.transport.is_closing()

    play(story)


def test_a_silence_passes_nothing_either_way_and_its_end_resets_whom_it_hit() -> None:
    async def story(on: Bench) -> None:
        near, far = await on.session()
        on.relay.silence()
        on.relay.silence()
        near.send(HeartbeatReq(5))
        far.raw(encode(AgentStateEvent(agent_id="1001")))
        newcomer = await on.client()
        newcomer.send(open_req("fin-b"))
        for wire in (near, far, newcomer):
            assert await wire.is_quiet(20.0)
        assert on.arrivals.empty()
        assert on.names(2) == ["attempt", "open-req"]
        on.relay.unsilence()
        on.relay.unsilence()
        for wire in (near, far, newcomer):
            assert await wire.ending() == "reset"
        assert on.names(1)[-2:] == ["heartbeat-req", "closed-by-relay"]
        assert on.names(2)[-1] == "closed-by-relay"
        again = await on.session()
        assert await on.beats(*again, 1) == "."

    play(story)


@pytest.mark.parametrize("how", ["fin", "reset"])
def test_a_client_that_gives_up_in_a_silence_is_seen_at_once_and_the_server_hears_of_it_afterwards(how: str) -> None:
    async def story(on: Bench) -> None:
        near, far = await on.session()
        on.relay.silence()
        await asyncio.sleep(15)
        if how == "reset":
            near.reset()
        else:
            await near.close()
        await on.until(CtiStep.CLOSED_BY_CLIENT)
        assert on.steps(1)[-1] == (CtiStep.CLOSED_BY_CLIENT, how)
        assert await far.is_quiet(10.0)
        on.relay.unsilence()
        assert await far.ending() == "reset"
        assert on.names(1)[-1] == "closed-by-client"

    play(story)


def test_a_silence_covers_those_that_are_being_connected_or_refused() -> None:
    async def story(on: Bench) -> None:
        with unreachable() as address:
            on.relay.upstream = address
            dialling = await on.client()
            dialling.send(open_req("fin-a"))
            on.relay.refuse(None, Refusal.RESET)
            await on.until(CtiStep.REFUSED)
            on.relay.accept()
            dialling = await on.client()
            dialling.send(open_req("fin-b"))
            await on.until(CtiStep.OPEN_REQ, 2)
            on.relay.silence()
            assert await dialling.is_quiet(4.0)
            on.relay.unsilence()
            assert await dialling.ending() == "reset"
            assert on.names(2) == ["attempt", "open-req", "closed-by-relay"]
        on.relay.refuse(None, Refusal.RESET)
        asked = await on.client()
        await on.until(CtiStep.ATTEMPT, 3)
        on.relay.silence()
        asked.send(open_req("fin-c"))
        assert await asked.is_quiet(10.0)
        on.relay.unsilence()
        assert on.names(3) == ["attempt", "open-req", "closed-by-relay"]

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
        for turns in range(8):
            arriving = [asyncio.create_task(on.client()) for _ in range(3)]
            for _ in range(turns):
                await asyncio.sleep(0)
            await on.relay.stop()
            await asyncio.gather(*arriving, return_exceptions=True)
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
