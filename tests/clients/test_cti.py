"""The telephone at the switch, against scripted servers that refuse, stall, lie and vanish."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from chaos import clock
from chaos.clients.cti import CallRef, CtiClient, SwitchError, SwitchLost, SwitchRefused, SwitchSilent
from chaos.errors import ChaosError, UsageError
from chaos.journal import Observation, SwitchActed, SwitchAgentSeen, SwitchCallSeen
from chaos.wire import ged188 as wire
from chaos.wire.ged188 import AgentState, ControlFailure, Message, Status
from tests.clients.phoning import opens, peers, play

CALL = CallRef(7, "2001", "2001")
CALL_2 = CallRef(7, "2002", "2002")
OPERATIONS: dict[str, Callable[[CtiClient], Awaitable[object]]] = {
    "set_agent_state": lambda phone: phone.set_agent_state("1001", AgentState.NOT_READY, 3),
    "agent_state": lambda phone: phone.agent_state("1001"),
    "make_call": lambda phone: phone.make_call("1001", "2002"),
    "answer": lambda phone: phone.answer("1001", CALL),
    "hold": lambda phone: phone.hold("1001", CALL),
    "retrieve": lambda phone: phone.retrieve("1001", CALL),
    "clear": lambda phone: phone.clear("1001", CALL),
    "set_call_data": lambda phone: phone.set_call_data(CALL, {"callVariable3": "x"}),
    "consult": lambda phone: phone.consult("1001", CALL, "2002"),
    "conference": lambda phone: phone.conference("1001", CALL, CallRef(8, "2001", "2001")),
    "calls_at": lambda phone: phone.calls_at("2001"),
}
UNRECORDED = ("agent_state", "calls_at")


def test_it_opens_with_the_first_server_that_accepts_and_names_itself_ours() -> None:
    def refuses(message: Message) -> Message:
        assert isinstance(message, wire.OpenReq)
        return wire.FailureConf(message.invoke_id, Status.SERVER_NOT_MASTER)

    async def main() -> None:
        async with peers(refuses, opens()) as (phone, (_, second), _notes):
            assert not phone.is_open
            assert await phone.open()
            assert await phone.open()
            host, port = phone.address or ("", 0)
            assert (host, port) == second.writers[0].get_extra_info("sockname")
            (request,) = second.heard
            assert isinstance(request, wire.OpenReq)
            assert (request.client_id, request.peripheral_id) == ("finesse-chaos-phone", 5000)

    play(main)


def test_when_nobody_accepts_it_says_of_each_server_why() -> None:
    async def main() -> None:
        async with peers(lambda _: None, lambda _: b"HTTP/1.1 400 Bad Request\r\n\r\n") as (phone, servers, _):
            await servers[0].stop()
            await servers[0].start()
            assert not await phone.open()
            assert not phone.is_open
            assert "Connect call failed" in (phone.failure or "")
            assert "speaks no GED-188" in (phone.failure or "")
            with pytest.raises(SwitchLost, match="no session"):
                await phone.make_call("1001", "2002")

    play(main)


def test_a_server_that_grants_too_little_is_not_taken() -> None:
    def stingy(message: Message) -> Message | None:
        return wire.OpenConf(message.invoke_id, 0x10) if isinstance(message, wire.OpenReq) else None

    async def main() -> None:
        async with peers(stingy) as (phone, _, _notes):
            assert not await phone.open()
            assert "CLIENT_CONTROL" in (phone.failure or "")

    play(main)


@pytest.mark.parametrize("operation", OPERATIONS)
def test_what_the_switch_refuses_is_a_typed_error_with_its_code_and_an_observation(operation: str) -> None:
    def refuses(message: Any) -> Message:
        return wire.ControlFailureConf(message.invoke_id, ControlFailure.OPERATION_REJECTION)

    async def main() -> None:
        async with peers(opens(refuses)) as (phone, _, notes):
            await phone.open()
            with pytest.raises(SwitchRefused, match="OPERATION_REJECTION") as caught:
                await OPERATIONS[operation](phone)
            assert caught.value.code is ControlFailure.OPERATION_REJECTION
            assert phone.is_open
            acts = notes.all(SwitchActed)
            assert [(act.agent, act.ok) for act in acts] == [("1001", False)] * (operation not in UNRECORDED)

    play(main)


def test_a_request_that_is_called_malformed_has_the_status_as_its_code() -> None:
    def fails(message: Any) -> Message:
        return wire.FailureConf(message.invoke_id, Status.FUNCTION_NOT_AVAILABLE)

    async def main() -> None:
        async with peers(opens(fails)) as (phone, _, _notes):
            await phone.open()
            with pytest.raises(SwitchRefused) as caught:
                await phone.hold("1001", CALL)
            assert caught.value.code is Status.FUNCTION_NOT_AVAILABLE

    play(main)


MISBEHAVIOUR: dict[str, tuple[Callable[[Any], Message | bytes | None], type[SwitchError]]] = {
    "silence": (lambda _: None, SwitchSilent),
    "no GED-188": (lambda _: b"\xff" * 16, SwitchLost),
    "a broken confirmation": (lambda _: b"\0\0\0\x02\0\0\0\x23\0\0", SwitchLost),
    "another's confirmation": (lambda message: wire.CloseConf(message.invoke_id), SwitchLost),
    "the end": (lambda _: wire.FailureEvent(Status.CTI_SERVER_OFFLINE), SwitchLost),
    "half an answer": (lambda _: b"\0\0\0\x04\0\0\0\x27\0", SwitchSilent),
    "an answer to another": (lambda message: wire.SetAgentStateConf(message.invoke_id + 100), SwitchSilent),
}


@pytest.mark.parametrize("how", MISBEHAVIOUR)
@pytest.mark.parametrize("operation", OPERATIONS)
def test_whatever_the_peer_does_an_operation_ends_in_a_typed_error_in_time(operation: str, how: str) -> None:
    reply, error = MISBEHAVIOUR[how]

    async def main() -> None:
        async with peers(opens(reply), reply_s=15.0, heartbeat_s=60.0) as (phone, _, notes):
            await phone.open()
            since_s = clock.now()
            with pytest.raises(error):
                await OPERATIONS[operation](phone)
            assert clock.now() - since_s <= 15.0
            assert [act.ok for act in notes.all(SwitchActed)] == [False] * (operation not in UNRECORDED)

    play(main)


@pytest.mark.parametrize("how", ["reset", "fin"])
def test_a_peer_that_vanishes_fails_every_outstanding_request_at_once(how: str) -> None:
    async def main() -> None:
        async with peers(opens()) as (phone, (server,), notes):
            await phone.open()
            asked = [asyncio.create_task(phone.hold("1001", CALL)), asyncio.create_task(phone.answer("1002", CALL_2))]
            waiting = asyncio.create_task(phone.wait_for(lambda _: True, 100.0))
            await server.has_heard(3)
            since_s = clock.now()
            if how == "reset":
                server.writers[0].transport.abort()
            else:
                server.writers[0].write_eof()
            answers = await asyncio.gather(*asked, waiting, return_exceptions=True)
            assert [type(answer) for answer in answers] == [SwitchLost] * 3
            assert clock.now() == since_s
            assert [act.ok for act in notes.all(SwitchActed)] == [False, False]
            assert not phone.is_open
            assert phone.failure

    play(main)


def test_random_bytes_never_raise_anything_foreign() -> None:
    rng = random.Random(188)

    def noise(message: Any) -> bytes:
        data = bytearray(wire.encode(wire.MakeCallConf(message.invoke_id, 1, new_connection_device_id="2001")))
        for _ in range(rng.randint(1, 6)):
            data[rng.randrange(len(data))] = rng.randrange(256)
        return bytes(data[: rng.randint(1, len(data))] if rng.random() < 0.3 else data)

    async def main() -> None:
        async with peers(opens(noise), reply_s=5.0, heartbeat_s=3600) as (phone, _, _notes):
            for _ in range(150):
                try:
                    call = await phone.make_call("1001", "2002")
                except SwitchError:
                    continue
                assert isinstance(call, CallRef)

    clock.run(main(), virtual=True)


def test_answers_find_their_requests_in_any_order() -> None:
    held: list[Any] = []

    def later(message: Any) -> None:
        held.append(message)

    async def main() -> None:
        async with peers(opens(later)) as (phone, (server,), _):
            await phone.open()
            first = asyncio.create_task(phone.make_call("1001", "9001"))
            second = asyncio.create_task(phone.make_call("1002", "9002"))
            await server.has_heard(3)
            for request in reversed(held):
                number = int(request.dialed_number)
                server.say(wire.MakeCallConf(request.invoke_id, number, 0, new_connection_device_id="x"))
            assert (await first, await second) == (CallRef(9001, "2001", "x"), CallRef(9002, "2002", "x"))

    play(main)


def test_three_unanswered_heartbeats_end_the_session_and_the_next_operation_opens_another() -> None:
    sleeping = False

    def drowsy(message: Message) -> Message | bytes | None:
        return None if sleeping else opens(lambda m: wire.HoldCallConf(getattr(m, "invoke_id", 0)))(message)

    async def main() -> None:
        nonlocal sleeping
        async with peers(drowsy) as (phone, (server,), _):
            await phone.open()
            await asyncio.sleep(105)
            assert phone.is_open
            sleeping = True
            await asyncio.sleep(34)
            assert phone.is_open
            await asyncio.sleep(2)
            assert not phone.is_open
            assert phone.failure == "3 heartbeats were not answered"
            sleeping = False
            await phone.hold("1001", CALL)
            assert len(server.writers) == 2

    play(main)


def test_events_do_not_stand_for_the_heartbeats_that_are_not_confirmed() -> None:
    """The guide counts unconfirmed heartbeats; a server that still tells events may have stopped to listen."""

    def deaf(message: Message) -> Message | bytes | None:
        return None if isinstance(message, wire.HeartbeatReq) else opens()(message)

    async def main() -> None:
        async with peers(deaf) as (phone, (server,), notes):
            await phone.open()
            opened_s = clock.now()
            while phone.is_open and clock.now() - opened_s < 100:
                server.say(wire.AgentStateEvent(agent_id="1001", agent_state=AgentState.TALKING))
                await asyncio.sleep(1)
            assert clock.now() - opened_s == pytest.approx(40, abs=1.1)
            assert phone.failure == "3 heartbeats were not answered"
            assert len(notes.all(SwitchAgentSeen)) >= 39

    play(main)


def test_one_confirmed_heartbeat_forgives_those_before_it() -> None:
    beats = 0

    def every_third(message: Message) -> Message | bytes | None:
        nonlocal beats
        if isinstance(message, wire.HeartbeatReq):
            beats += 1
            return wire.HeartbeatConf(message.invoke_id) if beats % 3 == 0 else None
        return opens()(message)

    async def main() -> None:
        async with peers(every_third) as (phone, _, _notes):
            await phone.open()
            await asyncio.sleep(200)
            assert phone.is_open
            assert beats == 19 or beats == 20

    play(main)


BAD_TRUNK = (int(wire.Tag.TRUNK_NUMBER), b"\1\2\3")


def test_one_malformed_field_costs_neither_the_event_nor_the_session() -> None:
    async def main() -> None:
        async with peers(opens()) as (phone, (server,), notes):
            await phone.open()
            server.say(wire.CallEstablishedEvent(connection_call_id=7, connection_device_id="2001", extra=(BAD_TRUNK,)))
            await phone.wait_for(lambda event: isinstance(event, wire.CallEstablishedEvent), 5, since_s=0)
            assert phone.is_open
            (seen,) = notes.all(SwitchCallSeen)
            assert (seen.call_id, seen.device) == ("7", "2001")

    play(main)


def test_messages_that_cannot_be_read_are_missed_until_three_have_come_in_a_row() -> None:
    torn = wire.encode(wire.AgentStateEvent(agent_id="1001"))
    torn = (len(torn) - 8 - 2).to_bytes(4, "big") + torn[4:-2]

    async def main() -> None:
        async with peers(opens()) as (phone, (server,), notes):
            await phone.open()
            for _ in range(3):
                server.say(torn, torn, wire.AgentStateEvent(agent_id="1002", agent_state=AgentState.TALKING))
            await asyncio.sleep(1)
            assert phone.is_open
            assert {seen.agent for seen in notes.all(SwitchAgentSeen)} == {"1002"}
            server.say(torn, torn, torn)
            await asyncio.sleep(1)
            assert phone.failure
            assert "speaks no GED-188" in phone.failure

    play(main)


def test_a_heartbeat_that_is_answered_with_a_failure_ends_the_session() -> None:
    def offline(message: Message) -> Message | bytes | None:
        if isinstance(message, wire.HeartbeatReq):
            return wire.FailureConf(message.invoke_id, Status.CTI_SERVER_OFFLINE)
        return opens()(message)

    async def main() -> None:
        async with peers(offline) as (phone, _, _notes):
            await phone.open()
            await asyncio.sleep(11)
            assert phone.failure == "a heartbeat was answered with CTI_SERVER_OFFLINE"

    play(main)


def test_closing_asks_first_and_takes_no_longer_than_five_seconds() -> None:
    def deaf(message: Message) -> Message | bytes | None:
        return None if isinstance(message, wire.CloseReq) else opens()(message)

    async def main() -> None:
        for reply, limit_s in ((opens(), 0.0), (deaf, 5.0)):
            async with peers(reply) as (phone, (server,), _):
                await phone.open()
                since_s = clock.now()
                await phone.close()
                assert clock.now() - since_s == pytest.approx(limit_s)
                assert isinstance(server.heard[-1], wire.CloseReq)
                with pytest.raises(SwitchLost, match="open it first"):
                    await phone.calls_at("2001")

    play(main)


def test_closing_gives_up_an_attempt_to_open() -> None:
    async def main() -> None:
        async with peers(lambda _: None, opens()) as (phone, (stalled, other), _):
            opening = asyncio.create_task(phone.open())
            await stalled.has_heard(1)
            since_s = clock.now()
            await phone.close()
            assert not await opening
            assert clock.now() == since_s
            assert "closed by us" in (phone.failure or "")
            assert other.heard == []
            opening = asyncio.create_task(phone.open())
            await asyncio.sleep(0)
            await phone.close()
            assert not await opening
            assert not phone.is_open

    play(main)


def test_waiting_for_an_event_without_a_session_fails_at_once() -> None:
    async def main() -> None:
        async with peers(opens()) as (phone, _, _notes):
            with pytest.raises(SwitchLost, match="open it first"):
                await phone.wait_for(lambda _: True, 10.0)
            assert clock.now() == 0.0

    play(main)


def test_events_are_recorded_and_waited_for_with_a_deadline() -> None:
    async def main() -> None:
        async with peers(opens()) as (phone, (server,), notes):
            await phone.open()
            since_s = clock.now()
            told = wire.AgentStateEvent(
                agent_state=AgentState.NOT_READY, event_reason_code=50002, agent_id="1001", agent_extension="2001"
            )
            talking = wire.AgentStateEvent(agent_state=AgentState.TALKING, event_reason_code=7, agent_id="1001")
            rings = wire.CallDeliveredEvent(connection_call_id=7, connection_device_id="2002")
            ends = wire.EndCallEvent(connection_call_id=7, connection_device_id="2002")
            waiting = asyncio.create_task(phone.wait_for(lambda event: event == rings, 5.0))
            await asyncio.sleep(1)
            server.say(told, talking, wire.SystemEvent(), wire.UnknownMessage(500, b"?"), rings, ends)
            assert await waiting == rings
            assert await phone.wait_for(lambda event: event == told, 1.0, since_s=since_s) == told
            with pytest.raises(SwitchSilent, match="within 3 s"):
                await phone.wait_for(lambda event: event == told, 3.0)
            assert clock.now() == since_s + 4.0
            seen: list[Observation] = list(notes.journal.timeline())
            assert [tuple(getattr(one, name) for name in one.__slots__[:3]) for one in seen] == [
                ("1001", "NOT_READY", 50002),
                ("1001", "TALKING", None),
                ("7", "delivered", "2002"),
                ("7", "end", "2002"),
            ]

    play(main)


def test_a_predicate_that_fails_fails_its_caller_and_not_the_session() -> None:
    async def main() -> None:
        async with peers(opens()) as (phone, (server,), _):
            await phone.open()
            waiting = asyncio.create_task(phone.wait_for(lambda event: bool(event.nonsense), 5.0))  # type: ignore[attr-defined]
            await asyncio.sleep(1)
            server.say(wire.AgentStateEvent(agent_id="1001"))
            with pytest.raises(AttributeError, match="nonsense"):
                await waiting
            assert phone.is_open

    play(main)


def test_what_cannot_be_sent_is_our_error_and_leaves_the_session_alone() -> None:
    async def main() -> None:
        async with peers(opens()) as (phone, _, _notes):
            await phone.open()
            with pytest.raises(UsageError, match="call_variables"):
                await phone.set_call_data(CALL, {"callVariable1": "x" * 41})
            assert phone.is_open
        with pytest.raises(UsageError, match="address"):
            CtiClient([], peripheral_id=1, journal_of=lambda: None)

    play(main)


def test_hosts_that_make_no_sense_are_failures_to_open_and_nothing_else() -> None:
    async def main() -> None:
        phone = CtiClient(
            [("a..b", 1), ("127.0.0.1", 70_000), ("127.0.0.1", 1)], peripheral_id=1, journal_of=lambda: None
        )
        assert not await phone.open()
        assert (phone.failure or "").count("did not accept") == 3
        await phone.close()

    play(main)


def test_nothing_is_recorded_between_experiments() -> None:
    async def main() -> None:
        async with peers(opens(lambda m: wire.HoldCallConf(getattr(m, "invoke_id", 0)))) as (phone, _, notes):
            phone._journal_of = lambda: None
            await phone.open()
            await phone.hold("1001", CALL)
            assert notes.all(Observation) == []

    play(main)


def test_every_error_is_of_the_house() -> None:
    assert all(issubclass(error, ChaosError) for error in (SwitchError, SwitchLost, SwitchRefused, SwitchSilent))
