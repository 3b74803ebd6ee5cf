"""OPEN_REQ: every documented reason to refuse it, and what an accepted one brings."""

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from chaos.wire import ged188 as wire
from chaos.wire.ged188 import NULL_ID, AgentState, PeripheralType, Service, SessionType, Status, SystemEventId
from tests.mock.cti_server.client import OPEN, Stage, play

LITERAL_OPEN_REQ = bytes.fromhex(
    "00000048 00000003 00000001 00000018 00000014 00001388 00000096 00ffffff 000003ff 00000000 00000000 00000000"
    "00000000 0001 0008 46696e6573736500 0002 0000 0003 0008 46696e6573736500"
)
V14_OPEN_REQ = bytes.fromhex(
    "00000035 00000003 00000001 0000000e ffffffff ffffffff 00000012 0060637c 00000018 0000001f 00000000 00000000"
    "00000000 01 04 52545000 02 01 00"
)


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"version_number": 8}, Status.INVALID_VERSION),
        ({"version_number": 26}, Status.INVALID_VERSION),
        ({"reserved1": 1}, Status.INVALID_RESERVED_FIELD),
        ({"reserved2": 1}, Status.INVALID_RESERVED_FIELD),
        ({"reserved3": 1}, Status.INVALID_RESERVED_FIELD),
        ({"client_id": None}, Status.REQUIRED_DATA_MISSING),
        ({"client_password": None}, Status.REQUIRED_DATA_MISSING),
        ({"idle_timeout": 19}, Status.INVALID_TIMEOUT),
        ({"services_requested": 0x4000}, Status.INVALID_SERVICE_MASK),
        ({"version_number": 23, "call_msg_mask": 0x10000000}, Status.INVALID_CALL_MSG_MASK),
        ({"agent_state_mask": 0x4000}, Status.INVALID_AGENT_STATE_MASK),
        ({"config_msg_mask": 0x400}, Status.INVALID_CONFIG_MSG_MASK),
        ({"peripheral_id": 4711}, Status.INVALID_PERIPHERAL_ID),
        ({"services_requested": 1, "peripheral_id": NULL_ID}, Status.INVALID_PERIPHERAL_ID),
        ({"services_requested": 1}, Status.REQUIRED_DATA_MISSING),
        ({"client_password": b"wrong"}, Status.INVALID_PASSWORD),
        ({"unique_instance_id": ""}, Status.INVALID_UNIQUE_INSTANCE_ID),
    ],
)
def test_an_open_req_is_refused_with_the_documented_status_and_then_reset(
    change: dict[str, Any], status: Status
) -> None:
    async def scene(stage: Stage) -> None:
        server = await stage.started(client_password=b"")
        client = await stage.client(server)
        answer = await client.open(replace(OPEN, invoke_id=0x0A0B0C0D, **change))
        assert answer == wire.FailureConf(0x0A0B0C0D, status)
        assert client.raw == bytes.fromhex("00000008 00000001 0a0b0c0d") + status.to_bytes(4, "big")
        assert server.sessions == ()
        assert await client.ending() == ("reset", [])

    play(scene)


def test_a_field_that_is_too_long_is_refused_with_23() -> None:
    async def scene(stage: Stage) -> None:
        client = await stage.client(await stage.started())
        body = wire.encode(replace(OPEN, client_id=None))[8:] + b"\0\1\0\x41" + b"x" * 65
        client.send(len(body).to_bytes(4, "big") + b"\0\0\0\3" + body)
        assert await client.next() == wire.FailureConf(1, Status.INVALID_FIELD_LENGTH)
        assert await client.ending() == ("reset", [])

    play(scene)


def test_two_sessions_cannot_have_the_same_instance_id_until_the_first_is_gone() -> None:
    async def scene(stage: Stage) -> None:
        server = await stage.started()
        first = await stage.session(server, unique_instance_id="node-1")
        second = await stage.client(server)
        answer = await second.open(replace(OPEN, unique_instance_id="node-1"))
        assert answer == wire.FailureConf(1, Status.DUPLICATE_UNIQUE_INSTANCE_ID)
        await first.hang_up()
        await stage.session(server, unique_instance_id="node-1")
        assert len(server.sessions) == 1

    play(scene)


def test_the_literal_open_req_is_answered_by_the_literal_open_conf_and_a_system_event() -> None:
    async def scene(stage: Stage) -> None:
        client = await stage.client(await stage.started())
        client.send(LITERAL_OPEN_REQ)
        conf, event = await client.next(), await client.next()
        assert isinstance(conf, wire.OpenConf)
        assert isinstance(event, wire.SystemEvent)
        time = conf.icm_central_controller_time.to_bytes(4, "big").hex()
        assert conf.icm_central_controller_time > 1_600_000_000
        assert client.raw.hex().startswith(
            "0000002600000004000000010000009600000000" + "00000000" + time + "0001001100000000000000"
            "01"
            + "00e400020000"
            + "000000380000001f00000000"
            + time
            + "0000000300001388"
            + "00" * 8
            + "ffff"
            + "0007001a"
            + b"Peripheral 5000 is online\0".hex()
        )

    play(scene)


@pytest.mark.parametrize(("version", "size"), [(14, 26), (18, 26), (19, 30), (20, 30), (23, 30), (24, 32)])
def test_open_conf_has_the_size_of_its_protocol(version: int, size: int) -> None:
    async def scene(stage: Stage) -> None:
        client = await stage.client(await stage.started())
        conf = await client.open(replace(OPEN, version_number=version, peripheral_id=NULL_ID))
        assert isinstance(conf, wire.OpenConf)
        assert conf.session_type is (SessionType.ACTIVE if version == 24 else SessionType.UNKNOWN)
        float_head = 4 if version >= 20 else 2
        assert int.from_bytes(client.raw[:4], "big") == size + 3 * float_head + 2 + 4 + 2

    play(scene)


def test_a_client_of_protocol_14_is_served_in_its_own_width() -> None:
    async def scene(stage: Stage) -> None:
        server = await stage.started()
        client = await stage.client(server)
        client._decoder.version = 14
        client.send(V14_OPEN_REQ)
        conf = await client.next()
        assert isinstance(conf, wire.OpenConf)
        assert conf.services_granted == Service.ALL_EVENTS | Service.CALL_DATA_UPDATE
        assert await client.told() != []
        stage.talk()
        event = await client.until(wire.CallEstablishedEvent)
        assert event.connection_device_id == "2001"
        assert server.sessions[0].version == 14

    play(scene)


def test_without_a_peripheral_id_the_peripherals_are_listed() -> None:
    async def scene(stage: Stage) -> None:
        client = await stage.client(await stage.started())
        conf = await client.open(replace(OPEN, peripheral_id=NULL_ID))
        assert isinstance(conf, wire.OpenConf)
        assert [peripheral.peripheral_id for peripheral in conf.peripherals] == [5000]
        assert conf.peripheral_type is PeripheralType.ENTERPRISE_AGENT

    play(scene)


def test_an_all_events_session_is_told_of_each_peripheral_and_any_other_is_not() -> None:
    async def scene(stage: Stage) -> None:
        server = await stage.started()
        all_events = await stage.client(server)
        await all_events.open()
        event, _ = await all_events.told()
        assert isinstance(event, wire.SystemEvent)
        assert (event.system_event_id, event.system_event_arg1) == (SystemEventId.PERIPHERAL_ONLINE, 5000)
        other = await stage.client(server)
        await other.open(replace(OPEN, services_requested=int(Service.CLIENT_CONTROL)))
        assert await other.told() == []

    play(scene)


def test_services_granted_are_those_asked_for_that_the_server_has() -> None:
    async def scene(stage: Stage) -> None:
        client = await stage.client(await stage.started())
        conf = await client.open(replace(OPEN, services_requested=0x020C0296))
        assert isinstance(conf, wire.OpenConf)
        assert conf.services_granted == 0x020C0096

    play(scene)


def test_all_bits_of_the_call_mask_are_legal_in_protocol_24() -> None:
    async def scene(stage: Stage) -> None:
        await stage.session(await stage.started(), call_msg_mask=0xFFFFFFFF)

    play(scene)


def test_a_password_with_its_nul_is_the_same_password() -> None:
    async def scene(stage: Stage) -> None:
        server = await stage.started(client_password=b"open sesame")
        await stage.session(server, client_password=b"open sesame\0")
        assert len(server.sessions) == 1

    play(scene)


def test_a_second_open_req_is_refused_and_the_session_goes_on() -> None:
    async def scene(stage: Stage) -> None:
        client = await stage.session(await stage.started())
        client.send(replace(OPEN, invoke_id=77))
        assert await client.next() == wire.FailureConf(77, Status.SESSION_ALREADY_OPEN)
        assert await client.told() == []

    play(scene)


def test_requests_and_heartbeats_before_open_req_are_refused_and_opening_still_works() -> None:
    async def scene(stage: Stage) -> None:
        client = await stage.client(await stage.started())
        client.send(wire.HeartbeatReq(5))
        assert await client.next() == wire.FailureConf(5, Status.SESSION_NOT_OPEN)
        client.send(wire.QueryAgentStateReq(6, 5000, agent_id="1001"))
        assert await client.next() == wire.FailureConf(6, Status.SESSION_NOT_OPEN)
        client.send(wire.ConfigRequestEvent())
        assert await client.next() == wire.FailureEvent(Status.SESSION_NOT_OPEN)
        assert isinstance(await client.open(), wire.OpenConf)

    play(scene)


@pytest.mark.parametrize("seat", [{"agent_instrument": "2002"}, {"agent_id": "1002"}])
def test_a_client_that_watches_one_device_is_told_its_agent_and_the_calls_up_there(seat: dict[str, str]) -> None:
    async def scene(stage: Stage) -> None:
        client = await stage.client(await stage.started())
        call_id = stage.talk()
        conf = await client.open(replace(OPEN, services_requested=int(Service.CLIENT_EVENTS), **seat))  # type: ignore[arg-type]
        assert isinstance(conf, wire.OpenConf)
        assert (conf.agent_state, conf.agent_id, conf.agent_extension) == (AgentState.TALKING, "1002", "2002")
        (begin,) = await client.told()
        assert isinstance(begin, wire.BeginCallEvent)
        assert (begin.connection_call_id, begin.connection_device_id) == (call_id, "2002")
        stage.peripheral.calls.hold(call_id, "2002")
        held, state = await client.told()
        assert isinstance(held, wire.CallHeldEvent)
        assert isinstance(state, wire.AgentStateEvent)

    play(scene)


def test_the_same_client_at_the_same_device_ends_its_older_session() -> None:
    async def scene(stage: Stage) -> None:
        server = await stage.started()
        stage.ready(1)
        seat = {"services_requested": int(Service.CLIENT_EVENTS), "agent_instrument": "2001"}
        first = await stage.session(server, **seat)
        await stage.session(server, **seat)
        assert await first.ending() == ("closed", [wire.FailureEvent(Status.NEW_SESSION_OPENED)])
        assert len(server.sessions) == 1

    play(scene)


def test_a_supervisors_session_is_told_of_its_teams_with_everybodys_state() -> None:
    async def scene(stage: Stage) -> None:
        stage.ready(2)
        await asyncio.sleep(7)
        client = await stage.client(await stage.started())
        await client.open()
        _, team = await client.told()
        assert isinstance(team, wire.AgentTeamConfigEvent)
        assert (team.peripheral_id, team.team_id, team.agent_team_name) == (5000, 5001, "Sales")
        told = [(one.agent_id, one.agent_flags, one.agent_state) for one in team.members]
        assert told == [
            ("1001", 0, AgentState.LOGOUT),
            ("1002", 0, AgentState.AVAILABLE),
            ("1003", 1, AgentState.LOGOUT),
        ]
        assert team.members[1].state_duration == 7

    play(scene)


@pytest.mark.parametrize("asked", [{"call_msg_mask": 0x7FFFFF}, {"services_requested": int(Service.ALL_EVENTS)}])
def test_who_does_not_ask_for_teams_is_not_told_of_them(asked: dict[str, int]) -> None:
    async def scene(stage: Stage) -> None:
        client = await stage.client(await stage.started())
        await client.open(replace(OPEN, **asked))  # type: ignore[arg-type]
        assert [type(message) for message in await client.told()] == [wire.SystemEvent]

    play(scene)


SEAT = {"services_requested": int(Service.CLIENT_EVENTS)}


@pytest.mark.parametrize(
    ("seat", "status"),
    [
        ({"agent_id": "4711"}, Status.INVALID_AGENT_DATA),
        ({"agent_instrument": "4711"}, Status.INVALID_AGENT_DATA),
        ({"agent_id": "1001", "agent_instrument": "2002"}, Status.INCONSISTENT_AGENT_DATA),
        ({"agent_id": "1001", "agent_extension": "2001", "agent_instrument": "2002"}, Status.INCONSISTENT_AGENT_DATA),
        ({"agent_id": "1001", "agent_instrument": "2001"}, None),
        ({"agent_id": "1003", "agent_instrument": "2002"}, None),
    ],
)
def test_contradictory_agent_data_are_refused(seat: dict[str, str], status: Status | None) -> None:
    """1001 is signed in at 2001; 1003 is not signed in, and may do so at any phone."""

    async def scene(stage: Stage) -> None:
        stage.ready(1)
        client = await stage.client(await stage.started())
        answer = await client.open(replace(OPEN, **SEAT, **seat))  # type: ignore[arg-type]
        assert status is None or answer == wire.FailureConf(1, status)
        assert isinstance(answer, wire.OpenConf) == (status is None)

    play(scene)


def test_who_is_signed_out_is_told_with_his_skill_group_and_an_empty_extension() -> None:
    """A public client in Rust, used at a site, reads id, extension and skill group of every agent of its teams."""

    async def scene(stage: Stage) -> None:
        client = await stage.session(await stage.started())
        conf = await client.ask(wire.QueryAgentStateReq(peripheral_id=5000, agent_id="1001"))
        assert isinstance(conf, wire.QueryAgentStateConf)
        assert (conf.agent_state, conf.agent_id, conf.agent_extension) == (AgentState.LOGOUT, "1001", "")
        assert [group.skill_group_id for group in conf.skill_groups] == [1]

    play(scene)


def test_a_phone_that_another_client_watches_is_in_use_until_he_is_gone() -> None:
    async def scene(stage: Stage) -> None:
        server = await stage.started()
        first = await stage.session(server, **SEAT, agent_instrument="2001", client_id="desktop")
        mine = replace(OPEN, **SEAT, agent_extension="2001", client_id="wallboard")  # type: ignore[arg-type]
        assert await (await stage.client(server)).open(mine) == wire.FailureConf(1, Status.DEVICE_IN_USE)
        await first.hang_up()
        assert isinstance(await (await stage.client(server)).open(mine), wire.OpenConf)

    play(scene)


def test_the_agents_own_phone_is_named_as_his_instrument_too() -> None:
    async def scene(stage: Stage) -> None:
        stage.ready(1)
        client = await stage.client(await stage.started())
        conf = await client.open(replace(OPEN, **SEAT, agent_id="1001"))  # type: ignore[arg-type]
        assert isinstance(conf, wire.OpenConf)
        assert (conf.agent_instrument, conf.agent_extension) == ("2001", "2001")

    play(scene)


# What a public client in Go sends as it is shipped: no password, every mask bit, a seat's events without a seat.
AS_SHIPPED = bytes.fromhex(
    "0000003b 00000003 00000001 00000018 00000078 00000000 00000011 ffffffff ffffffff ffffffff 00000000 00000000"
    "00000000 0001 000b 435449536572766963 6500"
)


def test_an_opening_of_a_public_client_is_taken_by_a_tolerant_server_and_refused_by_the_book() -> None:
    async def scene(stage: Stage) -> None:
        strict = await stage.client(await stage.started())
        strict.send(AS_SHIPPED)
        assert await strict.next() == wire.FailureConf(1, Status.REQUIRED_DATA_MISSING)
        client = await stage.client(await stage.started(tolerant=True))
        client.send(AS_SHIPPED)
        conf = await client.next()
        assert isinstance(conf, wire.OpenConf)
        assert conf.services_granted == Service.ALL_EVENTS
        stage.ready(1)
        assert isinstance(await client.until(wire.AgentStateEvent), wire.AgentStateEvent)

    play(scene)


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"version_number": 26}, Status.INVALID_VERSION),
        ({"reserved1": 1}, Status.INVALID_RESERVED_FIELD),
        ({"idle_timeout": 3}, Status.INVALID_TIMEOUT),
        ({"client_id": None}, Status.REQUIRED_DATA_MISSING),
        ({"client_password": b"wrong"}, Status.INVALID_PASSWORD),
        ({"client_password": None}, Status.INVALID_PASSWORD),
    ],
)
def test_a_tolerant_server_does_not_forgive_everything(change: dict[str, Any], status: Status) -> None:
    async def scene(stage: Stage) -> None:
        client = await stage.client(await stage.started(tolerant=True, client_password=b"right"))
        request = replace(OPEN, client_password=b"right")
        assert await client.open(replace(request, **change)) == wire.FailureConf(1, status)

    play(scene)


@pytest.mark.parametrize("version", [9, 14, 19, 20, 23])
def test_all_bits_of_every_mask_are_taken_by_a_tolerant_server_in_any_protocol(version: int) -> None:
    async def scene(stage: Stage) -> None:
        every = 0xFFFFFFFF
        request = replace(
            OPEN, version_number=version, call_msg_mask=every, agent_state_mask=every, config_msg_mask=every
        )
        strict = await stage.client(await stage.started())
        assert await strict.open(request) == wire.FailureConf(1, Status.INVALID_CALL_MSG_MASK)
        client = await stage.client(await stage.started(tolerant=True))
        assert isinstance(await client.open(request), wire.OpenConf)
        stage.ready(1)
        assert isinstance(await client.until(wire.AgentStateEvent), wire.AgentStateEvent)

    play(scene)


def test_a_heartbeat_beside_the_opening_is_taken_by_a_tolerant_server() -> None:
    async def scene(stage: Stage) -> None:
        client = await stage.client(await stage.started(tolerant=True))
        client.send(wire.HeartbeatReq(5))
        client.send(OPEN)
        assert await client.next() == wire.HeartbeatConf(5)
        assert isinstance(await client.next(), wire.OpenConf)

    play(scene)


@pytest.mark.parametrize("version", [24, 23])
def test_the_long_failure_is_sent_where_it_is_switched_on_and_the_protocol_has_it(version: int) -> None:
    async def scene(stage: Stage) -> None:
        client = await stage.session(await stage.started(long_failure=True), version_number=version)
        client.raw = b""
        client.send(wire.MakePredictiveCallReq(9, 5000))
        await client.next()
        long = "0000000a 00000001 00000009 000c 00000000"
        short = "00000008 00000001 00000009 0000000c"
        assert client.raw == bytes.fromhex(long if version == 24 else short)

    play(scene)


@pytest.mark.parametrize("version", range(9, 26))
def test_every_protocol_from_9_to_25_is_spoken(version: int) -> None:
    async def scene(stage: Stage) -> None:
        client = await stage.session(await stage.started(), version_number=version)
        call_id = stage.talk()
        event = await client.until(wire.CallEstablishedEvent)
        assert (event.connection_call_id, event.calling_device_id) == (call_id, "2001")
        conf = await client.ask(wire.QueryAgentStateReq(peripheral_id=5000, agent_id="1001"))
        assert isinstance(conf, wire.QueryAgentStateConf)
        assert conf.max_beyond_task_limit == (1 if version >= 22 else None)

    play(scene)


@pytest.mark.parametrize("version", [0, 1, 8, 26, 0xFFFFFFFF])
@pytest.mark.parametrize("floats", ["0001 0002 7800 0002 0001 00", "01 02 7800 02 01 00", "ff"])
def test_a_version_that_is_not_spoken_is_named_however_its_tags_are_laid_out(version: int, floats: str) -> None:
    async def scene(stage: Stage) -> None:
        client = await stage.client(await stage.started())
        body = bytes.fromhex(f"00000009 {version:08x} 00000064 00001388 00000010" + " 00000000" * 6 + floats)
        client.send((len(body)).to_bytes(4, "big") + bytes.fromhex("00000003") + body)
        await client.next()
        assert client.raw == bytes.fromhex("00000008 00000001 00000009 00000001")

    play(scene)
