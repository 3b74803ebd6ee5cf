"""Two sides as one installation: both accepting, or one active and one standby."""

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from chaos.errors import UsageError
from chaos.mock.cti_server import CtiPair, Role, Side, StandbyAnswer, Variant
from chaos.mock.service import ServiceState
from chaos.wire import ged188 as wire
from chaos.wire.ged188 import MessageType, Service, SessionType, Status
from tests.mock.cti_server.client import OPEN, SERVICES, Client, Stage, play


def pair_of(stage: Stage, variant: Variant = Variant.ACTIVE_STANDBY, **named: Any) -> CtiPair:
    a, b = stage.server(Side.A, **named), stage.server(Side.B, **named)
    return CtiPair(a, b, variant=variant)


def listening(pair: CtiPair) -> str:
    return "".join(server.side for server in (pair.a, pair.b) if server.is_listening)


def test_both_sides_accept_by_default() -> None:
    async def scene(stage: Stage) -> None:
        pair = CtiPair(stage.server(Side.A), stage.server(Side.B))
        await pair.start()
        await stage.session(pair.a)
        await stage.session(pair.b)
        await pair.a.die()
        await asyncio.sleep(100)
        assert listening(pair) == "B"
        assert pair.active is None
        await pair.stop()

    play(scene)


def test_the_standby_refuses_tcp_until_two_seconds_after_the_active_side_died() -> None:
    async def scene(stage: Stage) -> None:
        pair = pair_of(stage)
        await pair.start()
        assert (listening(pair), pair.active) == ("A", pair.a)
        await stage.session(pair.a, idle_timeout=0xFFFFFFFF)
        with pytest.raises(ConnectionRefusedError):
            await stage.client(pair.b)
        await pair.a.die()
        await asyncio.sleep(1.999)
        assert (listening(pair), pair.active) == ("", None)
        await asyncio.sleep(0.002)
        assert (listening(pair), pair.active) == ("B", pair.b)
        await stage.session(pair.b, idle_timeout=0xFFFFFFFF)
        await pair.a.start()
        await asyncio.sleep(100)
        assert (listening(pair), pair.a.role) == ("B", Role.STANDBY)
        await pair.stop()

    play(scene)


def test_an_orderly_stop_hands_over_as_well() -> None:
    async def scene(stage: Stage) -> None:
        pair = pair_of(stage)
        await pair.start()
        await pair.a.stop()
        await asyncio.sleep(2.001)
        assert listening(pair) == "B"
        await pair.stop()

    play(scene)


@pytest.mark.parametrize(
    "answer", [answer for answer in StandbyAnswer if answer is not StandbyAnswer.REFUSE_TCP], ids=lambda a: a.name
)
def test_a_standby_that_listens_answers_with_its_status_until_it_is_active(answer: StandbyAnswer) -> None:
    async def scene(stage: Stage) -> None:
        pair = pair_of(stage, standby_answer=answer)
        await pair.start()
        client = await stage.client(pair.b)
        assert await client.open(replace(OPEN, invoke_id=9)) == wire.FailureConf(9, answer.value)
        assert (await client.ending())[0] == "reset"
        await pair.a.die()
        await asyncio.sleep(2.001)
        await stage.session(pair.b)
        assert len(pair.b.sessions) == 1
        await pair.stop()

    play(scene)


def test_without_clients_for_twenty_seconds_the_pair_switches_and_a_client_prevents_it() -> None:
    async def scene(stage: Stage) -> None:
        pair = pair_of(stage)
        await pair.start()
        await asyncio.sleep(19.999)
        assert listening(pair) == "A"
        await asyncio.sleep(0.002)
        assert listening(pair) == ""
        await asyncio.sleep(2)
        assert (listening(pair), pair.active) == ("B", pair.b)
        client = await stage.session(pair.b, idle_timeout=0xFFFFFFFF)
        await asyncio.sleep(500)
        assert listening(pair) == "B"
        await client.hang_up()
        await asyncio.sleep(22.002)
        assert listening(pair) == "A"
        await pair.stop()

    play(scene)


def test_a_lone_side_stays_active_without_clients() -> None:
    async def scene(stage: Stage) -> None:
        pair = pair_of(stage)
        await pair.a.start()
        await asyncio.sleep(100)
        assert listening(pair) == "A"
        await pair.stop()

    play(scene)


def test_when_both_die_the_first_to_come_back_is_active() -> None:
    async def scene(stage: Stage) -> None:
        pair = pair_of(stage)
        await pair.start()
        await pair.b.die()
        await pair.a.die()
        await pair.b.start()
        await pair.a.start()
        assert (listening(pair), pair.active) == ("B", pair.b)
        await pair.stop()

    play(scene)


def test_a_successor_that_dies_before_its_turn_leaves_it_to_the_one_that_came_back() -> None:
    async def scene(stage: Stage) -> None:
        pair = pair_of(stage)
        await pair.start()
        await pair.a.die()
        await asyncio.sleep(1)
        await pair.a.start()
        await pair.b.die()
        await asyncio.sleep(5)
        assert (listening(pair), pair.active) == ("A", pair.a)
        await pair.stop()

    play(scene)


def test_a_side_made_standby_says_server_offline_to_its_sessions() -> None:
    async def scene(stage: Stage) -> None:
        server = await stage.started()
        client = await stage.session(server)
        await server.set_role(Role.STANDBY)
        assert await client.ending() == ("closed", [wire.FailureEvent(Status.CTI_SERVER_OFFLINE)])
        with pytest.raises(ConnectionRefusedError):
            await stage.client(server)
        await server.set_role(Role.ACTIVE)
        await stage.session(server)

    play(scene)


def test_a_pair_stops_and_dies_in_the_middle_of_a_switch_without_leaving_a_task() -> None:
    async def scene(stage: Stage) -> None:
        pair = pair_of(stage)
        for end in (pair.stop, pair.die):
            await pair.start()
            await pair.a.die()
            await asyncio.sleep(1)
            await end()
            assert (listening(pair), pair.active) == ("", None)
            assert asyncio.all_tasks() == {asyncio.current_task()}

    play(scene)


def test_a_pair_is_made_of_servers_that_do_not_run_yet() -> None:
    async def scene(stage: Stage) -> None:
        server = await stage.started()
        with pytest.raises(UsageError, match="before its servers start"):
            CtiPair(server, stage.server(Side.B))

    play(scene)


STANDS_BY = int(SERVICES | Service.ACTIVE_STANDBY)


async def _both(stage: Stage) -> tuple[CtiPair, Client, Client]:
    """A pair whose inactive side listens, and a client that has a session with both sides."""
    options = {"standby_answer": StandbyAnswer.INVALID_CLIENT}
    pair = CtiPair(stage.server(Side.A, **options), stage.server(Side.B, **options), variant=Variant.ACTIVE_STANDBY)
    await pair.start()
    at_a = await stage.session(pair.a, services_requested=STANDS_BY)
    at_b = await stage.client(pair.b)
    conf = await at_b.open(replace(OPEN, services_requested=STANDS_BY))
    assert isinstance(conf, wire.OpenConf)
    assert conf.session_type is SessionType.STANDBY
    return pair, at_a, at_b


def test_a_client_of_protocol_24_may_stand_by_on_the_inactive_side_and_is_told_nothing_there() -> None:
    async def scene(stage: Stage) -> None:
        pair, at_a, at_b = await _both(stage)
        stage.ready(1)
        assert await at_a.told() != []
        assert await at_b.told() == []
        at_b.send(wire.QueryAgentStateReq(7, 5000, agent_id="1001"))
        assert await at_b.next() == wire.FailureConf(7, Status.SERVER_NOT_MASTER)
        old = await stage.client(pair.b)
        refused = await old.open(replace(OPEN, services_requested=STANDS_BY, version_number=23))
        assert refused == wire.FailureConf(1, Status.INVALID_CLIENT_FOR_STANDBY)
        other = await stage.client(pair.b)
        assert await other.open() == wire.FailureConf(1, Status.INVALID_CLIENT_FOR_STANDBY)
        at_b.send(wire.CloseReq(8))
        assert await at_b.next() == wire.CloseConf(8)
        await pair.stop()

    play(scene)


def test_when_the_active_side_dies_whoever_stands_by_is_told_and_served() -> None:
    async def scene(stage: Stage) -> None:
        pair, at_a, at_b = await _both(stage)
        await pair.a.die()
        assert (await at_a.ending())[0] == "reset"
        active = await at_b.next()
        assert active == wire.UnknownMessage(MessageType.STANDBY_ACTIVE_EVENT_MSG)
        assert isinstance(await at_b.next(), wire.SystemEvent)
        conf = await at_b.ask(wire.QueryAgentStateReq(peripheral_id=5000, agent_id="1001"))
        assert isinstance(conf, wire.QueryAgentStateConf)
        stage.ready(1)
        assert isinstance(await at_b.until(wire.AgentStateEvent), wire.AgentStateEvent)
        await pair.stop()

    play(scene)


def test_a_planned_change_of_sides_is_agreed_with_the_clients_first() -> None:
    async def scene(stage: Stage) -> None:
        pair, at_a, at_b = await _both(stage)
        idle = await stage.session(pair.a)
        changing = asyncio.create_task(pair.hand_over())
        request = await at_a.next()
        assert request == wire.ActiveMaintenanceReq(1)
        at_a.send(wire.ActiveMaintenanceResp(1, True))
        assert await at_a.next() == wire.ActiveMaintenanceEvent(True)
        assert await at_b.next() == wire.UnknownMessage(MessageType.STANDBY_ACTIVE_EVENT_MSG)
        at_a.send(wire.UnknownMessage(MessageType.STOPPING_REQUESTS_TO_THIS_SIDE_IND))
        assert await at_a.ending() == ("closed", [])
        assert await changing
        assert pair.active is pair.b
        assert await idle.ending() == ("closed", [wire.FailureEvent(Status.SERVER_IN_MAINTENANCE_MODE)])
        assert pair.a.is_listening
        await pair.stop()

    play(scene)


@pytest.mark.parametrize("says", [False, None], ids=["no", "nothing"])
def test_a_client_that_refuses_or_is_silent_keeps_the_sides_as_they_are(says: bool | None) -> None:
    async def scene(stage: Stage) -> None:
        pair, at_a, at_b = await _both(stage)
        changing = asyncio.create_task(pair.hand_over())
        await at_a.next()
        asked_s = asyncio.get_running_loop().time()
        if says is not None:
            at_a.send(wire.ActiveMaintenanceResp(1, says))
        assert await at_a.next() == wire.ActiveMaintenanceEvent(False)
        assert not await changing
        assert asyncio.get_running_loop().time() - asked_s == (5.0 if says is None else 0.0)
        assert pair.active is pair.a
        assert await at_a.told() == await at_b.told() == []
        await pair.stop()

    play(scene)


def test_sides_are_not_changed_without_another_side() -> None:
    async def scene(stage: Stage) -> None:
        pair, _, _ = await _both(stage)
        await pair.b.stop()
        with pytest.raises(UsageError, match="the other one started"):
            await pair.hand_over()
        await pair.stop()

    play(scene)


@pytest.mark.parametrize("says", [True, False])
def test_an_orderly_stop_takes_over_those_who_stand_by_and_agree(says: bool) -> None:
    """Who agrees hears no failure at all; who does not is told 15, and served by the other side 2 s later."""

    async def scene(stage: Stage) -> None:
        pair, at_a, at_b = await _both(stage)
        stopping = asyncio.create_task(pair.a.stop())
        await at_a.next()
        at_a.send(wire.ActiveMaintenanceResp(1, says))
        assert await at_a.next() == wire.ActiveMaintenanceEvent(says)
        if says:
            at_a.send(wire.UnknownMessage(MessageType.STOPPING_REQUESTS_TO_THIS_SIDE_IND))
        ended = await at_a.ending()
        assert ended == ("closed", [] if says else [wire.FailureEvent(Status.CTI_SERVER_OFFLINE)])
        assert await at_b.next() == wire.UnknownMessage(MessageType.STANDBY_ACTIVE_EVENT_MSG)
        await stopping
        assert (pair.a.state, pair.active) == (ServiceState.STOPPED, pair.b)
        await pair.stop()

    play(scene)


def test_a_side_that_dies_while_its_clients_are_asked_is_followed_all_the_same() -> None:
    async def scene(stage: Stage) -> None:
        pair, at_a, at_b = await _both(stage)
        stopping = asyncio.create_task(pair.a.stop())
        await at_a.next()
        await pair.a.die()
        assert await at_b.next() == wire.UnknownMessage(MessageType.STANDBY_ACTIVE_EVENT_MSG)
        await stopping
        await asyncio.sleep(10)
        assert pair.active is pair.b
        await pair.stop()

    play(scene)
