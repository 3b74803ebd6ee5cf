"""The relay does what it is told, to the n-th confirmation."""

import asyncio
import contextlib

import pytest

from chaos import clock
from chaos.errors import UsageError
from chaos.faults.relay import Cut, Refusal
from chaos.journal import CtiStep
from chaos.wire.ged188 import (
    AgentStateEvent,
    FailureConf,
    HeartbeatConf,
    HeartbeatReq,
    Status,
    encode,
)
from tests.faults.relaying import Bench, open_req, play, unreachable

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
            # Both ends send at any time: the answer to the first may come after the second was sent.
            await on.until(CtiStep.HEARTBEAT_WITHHELD)
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


def test_one_client_alone_is_cut_and_refused_by_its_name() -> None:
    async def story(on: Bench) -> None:
        near, _ = await on.session("fin-a.lab.example")
        other = await on.session("fin-b.lab.example")
        on.relay.refuse(None, Refusal.RESET, only=["fin-a.lab.example"])
        on.relay.cut(Cut.RESET, only=["fin-a.lab.example"])
        assert await near.ending() == "reset"
        again = await on.client()
        again.send(open_req("fin-a.lab.example"))
        assert await again.ending() == "reset"
        assert await on.beats(*other, 1) == "."
        await on.session("fin-b.lab.example")
        on.relay.accept()
        await on.session("fin-a.lab.example")

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


def test_who_is_refused_by_silence_gives_up_by_himself_and_counts_once() -> None:
    async def story(on: Bench) -> None:
        on.relay.refuse(1, Refusal.SILENCE)
        near = await on.client()
        near.send(open_req("fin-a"))
        assert await near.is_quiet(5.0)
        assert (on.seen[-1].client, on.steps()[-1]) == ("fin-a", (CtiStep.REFUSED, "silence"))
        await near.close()
        await asyncio.sleep(0.1)
        assert on.steps()[-1][0] is CtiStep.CLOSED_BY_CLIENT
        assert on.arrivals.empty(), "the server was told of a refused session"
        await on.session("fin-a")

    play(story)


def test_who_waits_still_when_nobody_is_refused_any_more_is_let_go() -> None:
    async def story(on: Bench) -> None:
        on.relay.refuse(None, Refusal.SILENCE)
        near = await on.client()
        near.send(open_req("fin-a"))
        await asyncio.sleep(3.0)
        on.relay.accept()
        assert await near.ending() == "reset"
        assert on.steps()[-1][0] is CtiStep.CLOSED_BY_RELAY
        assert on.arrivals.empty()

    play(story)
