"""Two sides as one installation: both accepting, or one active and one standby."""

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from chaos.errors import UsageError
from chaos.mock.cti_server import CtiPair, Role, Side, StandbyAnswer, Variant
from chaos.wire import ged188 as wire
from chaos.wire.ged188 import Status
from tests.mock.cti_server.client import OPEN, Stage, play


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
