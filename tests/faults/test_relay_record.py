"""The relay records who tried, opened, beat and closed, whatever the bytes are."""

import asyncio
import itertools

import pytest

from chaos import clock
from chaos.faults.relay import Refusal, fingerprint
from chaos.journal import CtiStep, Journal
from chaos.wire.ged188 import (
    CloseConf,
    CloseReq,
    FailureConf,
    FailureEvent,
    HeartbeatConf,
    HeartbeatReq,
    OpenConf,
    OpenReq,
    Status,
    Tag,
    encode,
)
from tests.faults.relaying import Bench, bench, open_req, play, unreachable

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
            assert (of_a.connection, of_a.client, of_a.since_s) == (1, "fin-a", 0.0)
            assert (of_b.connection, of_b.client, of_b.since_s) == (2, "fin-b", 3.0)
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


def test_only_sessions_that_are_open_count_as_such() -> None:
    async def story(on: Bench) -> None:
        await on.session("fin-a")
        gone, far = await on.session("fin-b")
        await on.pair()
        gone.reset()
        await far.ending()
        assert [(session.connection, session.client) for session in on.relay.sessions()] == [(1, "fin-a")]

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


def test_bytes_that_are_no_ged188_are_recorded_once_a_direction_and_passed_on() -> None:
    hello = bytes.fromhex("160301020001000100") + bytes(100)

    async def story(on: Bench) -> None:
        near, far = await on.pair()
        near.raw(hello)
        assert await far.read(len(hello)) == hello
        far.raw(b"HTTP/1.0 400 Bad Request\r\n")
        assert await near.read(26) == b"HTTP/1.0 400 Bad Request\r\n"
        near.raw(hello)
        assert await far.read(len(hello)) == hello
        assert on.names(1) == ["attempt", "garbage", "garbage"]
        assert (on.seen[-1].detail or "").startswith("from the server, at byte 0: 48 54 54 50")
        assert (on.seen[-2].detail or "").startswith("from the client, at byte 0: 16 03 01 02 00")

    play(story)


def test_garbage_after_good_messages_is_recorded_with_its_offset() -> None:
    async def story(on: Bench) -> None:
        near, far = await on.session()
        size = len(encode(OpenConf(1)))
        far.raw(encode(HeartbeatConf(1)) + b"\x16\x03\x01\x05\x00\x00\x00\x06" + b"rest")
        assert len(await near.read(24)) == 24
        assert on.steps(1)[-1] == (
            CtiStep.GARBAGE,
            f"from the server, at byte {size + 12}: 16 03 01 05 00 00 00 06 72 65 73 74",
        )

    play(story)


@pytest.mark.parametrize(
    "frame",
    [
        (0).to_bytes(4, "big") + (1500).to_bytes(4, "big"),
        (12493).to_bytes(4, "big") + (76).to_bytes(4, "big") + bytes(12493),
        (9).to_bytes(4, "big") + (2).to_bytes(4, "big") + (10).to_bytes(4, "big") + bytes(5),  # FAILURE_EVENT, more
        (8).to_bytes(4, "big") + (8).to_bytes(4, "big") + bytes(8),  # CLOSE_CONF, twice as long as documented
        (2).to_bytes(4, "big") + (6).to_bytes(4, "big") + bytes(2),  # HEARTBEAT_CONF without a whole invoke id
    ],
    ids=["type 1500", "length 12493", "long failure", "long close", "short confirmation"],
)
def test_a_frame_that_is_not_known_is_passed_on_and_blinds_nobody(frame: bytes) -> None:
    """What comes after it is still followed, and still withheld."""

    async def story(on: Bench) -> None:
        near, far = await on.session()
        far.raw(frame)
        assert await near.read(len(frame)) == frame
        on.relay.withhold("x")
        near.send(HeartbeatReq(7))
        await far.read(12)
        far.raw(encode(HeartbeatConf(7)))
        await on.until(CtiStep.HEARTBEAT_WITHHELD)
        assert "garbage" not in on.names(1)

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
    assert len(fingerprint(OpenReq(client_id="x", extra=((301, b"\xff" * 200),) * 50))) < 1000


def test_what_changes_between_sessions_of_one_client_does_not_change_its_name() -> None:
    one = OpenReq(1, 24, 20, 5000, 0x96, client_id="Finesse", client_signature="fin-a", client_password=b"")
    other = OpenReq(9, 23, 100, 5000, 0x10, client_id="Finesse", client_signature="fin-a", client_password=b"new")
    assert fingerprint(one) == fingerprint(other)
