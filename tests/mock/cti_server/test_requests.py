"""Requests of an open session: confirmations, refusals, events by mask, snapshots, and the two defects of this room."""

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from chaos.mock.cti_server import Side
from chaos.mock.defects import CtiDefect
from chaos.wire import ged188 as wire
from chaos.wire.ged188 import (
    AgentState,
    CallMask,
    ConfigMask,
    ControlFailure,
    ForcedFlag,
    NamedVariable,
    Service,
    Status,
)
from tests.mock.cti_server.client import Stage, play

LITERAL_FORCED_LOGOUT = bytes.fromhex(
    "00000027 00000026 00000003 00001388 0001 0000 0000 00ff 01 00000000 0006 0005 3230303100 0005 0005 3130303100"
)


def kinds(messages: list[wire.Message]) -> list[str]:
    return [type(message).__name__ for message in messages]


def test_an_agent_signs_in_goes_ready_and_signs_out_over_the_wire() -> None:
    async def scene(stage: Stage) -> None:
        client = await stage.session(await stage.started())
        sign_in = wire.SetAgentStateReq(
            2, 5000, AgentState.LOGIN, agent_id="1001", agent_password="secret", agent_instrument="2001"
        )
        for request in (
            sign_in,
            wire.SetAgentStateReq(3, 5000, AgentState.AVAILABLE, agent_id="1001"),
            wire.SetAgentStateReq(4, 5000, AgentState.NOT_READY, event_reason_code=7, agent_instrument="2001"),
            wire.SetAgentStateReq(5, 5000, AgentState.LOGOUT, event_reason_code=3, agent_id="1001"),
        ):
            client.send(request)
        told = await client.told()
        states = [
            (event.agent_state, event.event_reason_code, event.agent_extension)
            for event in told
            if isinstance(event, wire.AgentStateEvent)
        ]
        assert states == [
            (AgentState.LOGIN, 0, "2001"),
            (AgentState.NOT_READY, 0, "2001"),
            (AgentState.AVAILABLE, 0, "2001"),
            (AgentState.NOT_READY, 7, "2001"),
            (AgentState.LOGOUT, 3, "2001"),
        ]
        assert kinds(told)[:2] == ["SetAgentStateConf", "AgentStateEvent"]

    play(scene)


def test_a_literal_forced_logout_ends_in_not_ready_50002() -> None:
    async def scene(stage: Stage) -> None:
        client = await stage.session(await stage.started())
        stage.ready(1)
        await client.told()
        client.send(LITERAL_FORCED_LOGOUT)
        assert await client.next() == wire.SetAgentStateConf(3)
        event = await client.next()
        assert isinstance(event, wire.AgentStateEvent)
        assert (event.agent_state, event.event_reason_code) == (AgentState.NOT_READY, 50002)

    play(scene)


def test_a_pending_state_is_told_as_the_next_state() -> None:
    async def scene(stage: Stage) -> None:
        client = await stage.session(await stage.started())
        stage.talk()
        await client.told()
        await client.ask(wire.SetAgentStateReq(0, 5000, AgentState.NOT_READY, agent_id="1002"))
        event = await client.until(wire.AgentStateEvent)
        assert (event.agent_state, event.next_agent_state) == (AgentState.TALKING, AgentState.NOT_READY)

    play(scene)


def test_authentication_alone_changes_nothing() -> None:
    async def scene(stage: Stage) -> None:
        client = await stage.session(await stage.started())
        good = wire.SetAgentStateReq(
            0,
            5000,
            AgentState.LOGIN,
            forced_flag=ForcedFlag.AUTHENTICATE_ONLY,
            agent_id="1001",
            agent_password="secret",
        )
        bad = replace(good, agent_password="wrong")
        assert isinstance(await client.ask(good), wire.SetAgentStateConf)
        answer = await client.ask(bad)
        assert isinstance(answer, wire.ControlFailureConf)
        assert answer.failure_code is ControlFailure.INVALID_PASSWORD
        assert await client.told() == []

    play(scene)


REFUSED: list[tuple[Any, ControlFailure]] = [
    (wire.SetAgentStateReq(0, 5000, AgentState.LOGOUT, agent_id="1001"), ControlFailure.STATE_INCOMPATIBILITY),
    (wire.SetAgentStateReq(0, 5000, 99, agent_id="1001"), ControlFailure.INVALID_PARAMETER),
    (wire.SetAgentStateReq(0, 5000, AgentState.AVAILABLE, agent_id="1999"), ControlFailure.INVALID_AGENT_ID),
    (wire.QueryAgentStateReq(0, 5000, agent_id="1999"), ControlFailure.INVALID_AGENT_ID),
    (wire.MakeCallReq(0, 5000, agent_instrument="2003", dialed_number="2001"), ControlFailure.INVALID_CALLING_DEVICE),
    (wire.MakeCallReq(0, 5000, agent_instrument="2001", dialed_number="2001"), ControlFailure.INVALID_DESTINATION),
    (wire.AnswerCallReq(0, 5000, 99, connection_device_id="2001"), ControlFailure.INVALID_CALL_ID),
    (wire.HoldCallReq(0, 5000, 99, connection_device_id="2001"), ControlFailure.INVALID_CALL_ID),
    (wire.RetrieveCallReq(0, 5000, 99, held_connection_device_id="2001"), ControlFailure.INVALID_CALL_ID),
    (wire.ClearCallReq(0, 5000, 99, connection_device_id="2001"), ControlFailure.INVALID_CALL_ID),
    (wire.ClearConnectionReq(0, 5000, 99, connection_device_id="2001"), ControlFailure.INVALID_CALL_ID),
    (wire.ConferenceCallReq(0, 5000, 98, 99, agent_instrument="2001"), ControlFailure.INVALID_CALL_ID),
    (wire.TransferCallReq(0, 5000, 98, 99, agent_instrument="2001"), ControlFailure.INVALID_CALL_ID),
    (wire.SetCallDataReq(0, 5000, connection_call_id=99), ControlFailure.INVALID_CALL_ID),
    (wire.SnapshotCallReq(0, 5000, 99), ControlFailure.INVALID_CALL_ID),
    (wire.SnapshotDeviceReq(0, 5000, agent_instrument="2999"), ControlFailure.INVALID_DEVICE_ID),
]


@pytest.mark.parametrize(("request_", "code"), REFUSED, ids=lambda value: type(value).__name__)
def test_what_the_peripheral_refuses_is_a_control_failure(request_: Any, code: ControlFailure) -> None:
    async def scene(stage: Stage) -> None:
        client = await stage.session(await stage.started())
        stage.ready(1)
        await client.told()
        answer = await client.ask(request_)
        assert isinstance(answer, wire.ControlFailureConf), answer
        assert answer.failure_code is code
        assert await client.told() == []

    play(scene)


BAD: list[tuple[Any, Status]] = [
    (wire.SetAgentStateReq(0, 4711, AgentState.AVAILABLE, agent_id="1001"), Status.INVALID_PERIPHERAL_ID),
    (wire.SetAgentStateReq(0, 5000, AgentState.AVAILABLE), Status.REQUIRED_DATA_MISSING),
    (wire.SetAgentStateReq(0, 5000, AgentState.LOGOUT, agent_instrument="2001"), Status.REQUIRED_DATA_MISSING),
    (wire.SetAgentStateReq(0, 5000, AgentState.LOGIN, agent_password="x"), Status.REQUIRED_DATA_MISSING),
    (wire.SetAgentStateReq(0, 5000, AgentState.LOGIN, agent_id="1002"), Status.REQUIRED_DATA_MISSING),
    (wire.QueryAgentStateReq(0, 5000), Status.REQUIRED_DATA_MISSING),
    (wire.MakeCallReq(0, 5000, dialed_number="2001"), Status.REQUIRED_DATA_MISSING),
    (wire.MakeCallReq(0, 5000, agent_instrument="2001"), Status.REQUIRED_DATA_MISSING),
    (wire.AnswerCallReq(0, 5000, 1), Status.REQUIRED_DATA_MISSING),
    (wire.SnapshotDeviceReq(0, 5000), Status.REQUIRED_DATA_MISSING),
]


@pytest.mark.parametrize(("request_", "status"), BAD, ids=lambda value: type(value).__name__)
def test_a_request_that_is_itself_wrong_is_a_failure(request_: Any, status: Status) -> None:
    async def scene(stage: Stage) -> None:
        client = await stage.session(await stage.started())
        stage.ready(1)
        await client.told()
        answer = await client.ask(request_)
        assert isinstance(answer, wire.FailureConf), answer
        assert answer.status is status
        assert await client.told() == []

    play(scene)


def test_named_variables_are_kept_within_what_one_message_may_carry() -> None:
    async def scene(stage: Stage) -> None:
        client = await stage.session(await stage.started())
        stage.talk()
        for n in range(9):
            fits = wire.SetCallDataReq(
                0, 5000, connection_call_id=1, named_variables=(NamedVariable(f"user.v{n}", "x" * 200),)
            )
            assert isinstance(await client.ask(fits), wire.SetCallDataConf)
        answer = await client.ask(replace(fits, named_variables=(NamedVariable("user.v9", "x" * 200),)))
        assert isinstance(answer, wire.FailureConf)
        assert answer.status is Status.TOO_MUCH_DATA
        long_name = wire.SetCallDataReq(0, 5000, connection_call_id=1, extra=((82, b"n" * 33 + b"\0\0"),))
        answer = await client.ask(long_name)
        assert isinstance(answer, wire.FailureConf)
        assert answer.status is Status.VALUE_TOO_LONG

    play(scene)


@pytest.mark.parametrize(
    ("services", "request_"),
    [
        (Service.ALL_EVENTS, wire.MakeCallReq(0, 5000, agent_instrument="2001", dialed_number="2002")),
        (Service.ALL_EVENTS, wire.SetAgentStateReq(0, 5000, AgentState.NOT_READY, agent_id="1001")),
        (Service.CLIENT_CONTROL, wire.SetCallDataReq(0, 5000, connection_call_id=1)),
        (
            Service.AGENT_STATE_CONTROL_ONLY,
            wire.MakeCallReq(0, 5000, agent_instrument="2001", dialed_number="2002"),
        ),
    ],
)
def test_a_service_that_was_not_granted_is_not_available(services: Service, request_: Any) -> None:
    async def scene(stage: Stage) -> None:
        client = await stage.session(await stage.started(), services_requested=int(services))
        stage.ready(1)
        await client.told()
        answer = await client.ask(request_)
        assert isinstance(answer, wire.FailureConf)
        assert answer.status is Status.FUNCTION_NOT_AVAILABLE

    play(scene)


def test_control_of_agent_states_alone_can_be_granted() -> None:
    async def scene(stage: Stage) -> None:
        services = int(Service.AGENT_STATE_CONTROL_ONLY)
        client = await stage.session(await stage.started(), services_requested=services)
        stage.ready(1)
        request = wire.SetAgentStateReq(0, 5000, AgentState.NOT_READY, agent_id="1001")
        assert isinstance(await client.ask(request), wire.SetAgentStateConf)

    play(scene)


def test_a_whole_call_over_the_wire() -> None:
    async def scene(stage: Stage) -> None:
        client = await stage.session(await stage.started(), agent_state_mask=0)
        stage.ready(1, 2)
        made = await client.ask(
            wire.MakeCallReq(
                0,
                5000,
                agent_instrument="2001",
                dialed_number="2002",
                call_variables=("gold", *[None] * 9),
                named_variables=(NamedVariable("user.x", "1"),),
            )
        )
        assert isinstance(made, wire.MakeCallConf)
        assert (made.new_connection_call_id, made.new_connection_device_id) == (1, "2001")
        begin = await client.next()
        assert isinstance(begin, wire.BeginCallEvent)
        assert (begin.call_variables[0], begin.named_variables) == ("gold", (NamedVariable("user.x", "1"),))
        assert (begin.ani, begin.dialed_number) == ("2001", "2002")
        await client.told()
        steps: list[tuple[Any, list[str]]] = [
            (wire.AnswerCallReq(0, 5000, 1, connection_device_id="2002"), ["CallEstablishedEvent"] * 2),
            (wire.HoldCallReq(0, 5000, 1, connection_device_id="2002"), ["CallHeldEvent"] * 2),
            (wire.RetrieveCallReq(0, 5000, 1, held_connection_device_id="2002"), ["CallRetrievedEvent"] * 2),
            (
                wire.SetCallDataReq(0, 5000, connection_call_id=1, call_variables=("blue", *[None] * 9)),
                ["CallDataUpdateEvent"] * 2,
            ),
            (
                wire.ClearConnectionReq(0, 5000, 1, connection_device_id="2002"),
                ["CallConnectionClearedEvent"] * 4 + ["CallClearedEvent"] * 2 + ["EndCallEvent"] * 2,
            ),
        ]
        for request, told in steps:
            answer = await client.ask(request)
            assert type(answer).__name__ == type(request).__name__.replace("Req", "Conf")
            assert kinds(await client.told()) == told

    play(scene)


def test_a_conference_with_an_outside_party_over_the_wire() -> None:
    async def scene(stage: Stage) -> None:
        client = await stage.session(await stage.started(), agent_state_mask=0)
        stage.talk()
        consult = await client.ask(
            wire.ConsultationCallReq(0, 5000, 1, active_connection_device_id="2001", dialed_number="95551234")
        )
        assert isinstance(consult, wire.ConsultationCallConf)
        await asyncio.sleep(2)
        joined = await client.ask(
            wire.ConferenceCallReq(0, 5000, 1, consult.new_connection_call_id, agent_instrument="2001")
        )
        assert isinstance(joined, wire.ConferenceCallConf)
        assert [party.party_device_id for party in joined.parties] == ["2001", "2002", "95551234"]
        event = await client.until(wire.CallConferencedEvent)
        assert (event.primary_call_id, event.secondary_call_id, event.added_party_device_id) == (1, 2, "95551234")
        call = await client.ask(wire.SnapshotCallReq(0, 5000, 1))
        assert isinstance(call, wire.SnapshotCallConf)
        assert [device.call_device_id for device in call.call_devices] == ["2001", "2002", "95551234"]
        cleared = await client.ask(wire.ClearCallReq(0, 5000, 1, connection_device_id="2001"))
        assert isinstance(cleared, wire.ClearCallConf)
        assert stage.peripheral.calls.all() == ()

    play(scene)


def test_a_transfer_over_the_wire() -> None:
    async def scene(stage: Stage) -> None:
        client = await stage.session(await stage.started(), agent_state_mask=0)
        stage.talk()
        stage.ready(3)
        second = stage.peripheral.calls.consult(1, "2001", "2003").call_id
        stage.peripheral.calls.answer(second, "2003")
        answer = await client.ask(wire.TransferCallReq(0, 5000, second, 1, active_connection_device_id="2001"))
        assert isinstance(answer, wire.TransferCallConf)
        assert [party.party_device_id for party in answer.parties] == ["2002", "2003"]
        assert "CallTransferredEvent" in kinds(await client.told())

    play(scene)


def test_a_busy_destination_over_the_wire() -> None:
    async def scene(stage: Stage) -> None:
        client = await stage.session(await stage.started())
        stage.talk()
        stage.ready(3)
        await client.ask(wire.MakeCallReq(0, 5000, agent_instrument="2003", dialed_number="2002"))
        failed = await client.until(wire.CallFailedEvent)
        assert failed.failing_device_id == "2002"

    play(scene)


def test_snapshots_and_queries_tell_what_is() -> None:
    async def scene(stage: Stage) -> None:
        client = await stage.session(await stage.started())
        stage.talk()
        stage.peripheral.calls.set_data(1, {2: "gold"})
        stage.peripheral.calls.hold(1, "2001")
        device = await client.ask(wire.SnapshotDeviceReq(0, 5000, agent_instrument="2001"))
        assert isinstance(device, wire.SnapshotDeviceConf)
        assert [(call.call_conn_call_id, call.call_state) for call in device.calls] == [(1, 4)]
        idle = await client.ask(wire.SnapshotDeviceReq(0, 5000, agent_instrument="2003"))
        assert isinstance(idle, wire.SnapshotDeviceConf)
        assert idle.calls == ()
        call = await client.ask(wire.SnapshotCallReq(0, 5000, 1))
        assert isinstance(call, wire.SnapshotCallConf)
        assert call.call_variables[1] == "gold"
        states = [(device.call_device_id, device.call_device_conn_state) for device in call.call_devices]
        assert states == [("2001", 4), ("2002", 3)]
        for query in (
            wire.QueryAgentStateReq(0, 5000, agent_id="1001"),
            wire.QueryAgentStateReq(0, 5000, agent_extension="2001"),
            wire.QueryAgentStateReq(0, 5000, icm_agent_id=5001),
        ):
            agent = await client.ask(query)
            assert isinstance(agent, wire.QueryAgentStateConf)
            assert (agent.agent_id, agent.agent_state, agent.agent_extension) == ("1001", AgentState.HOLD, "2001")

    play(scene)


def test_a_configuration_request_is_answered_by_the_records_between_begin_and_end() -> None:
    async def scene(stage: Stage) -> None:
        client = await stage.session(await stage.started())
        client.send(wire.ConfigRequestKeyEvent(5000))
        (keys,) = await client.told()
        client.send(wire.ConfigRequestEvent(int(ConfigMask.SKILL_GROUP | ConfigMask.AGENT), 0xFF, 5000))
        begin, groups, agents, end = await client.told()
        assert isinstance(keys, wire.ConfigKeyEvent)
        assert isinstance(begin, wire.ConfigBeginEvent)
        assert (begin.config_information, begin.agent_config_key) == (6, keys.agent_config_key)
        assert isinstance(groups, wire.ConfigSkillGroupEvent)
        assert [(one.record_type, one.peripheral_number) for one in groups.records] == [(0, 1)]
        assert isinstance(agents, wire.ConfigAgentEvent)
        found = [(one.login_id, one.extension, one.agent_skill_target_id) for one in agents.records]
        configured = stage.peripheral.config.agents
        assert found == [(one.agent_id, one.extension, 5001 + n) for n, one in enumerate(configured)]
        assert end == wire.ConfigEndEvent()
        for asked in (int(ConfigMask.DEVICE), 0):  # what there is none of, and who only wants to be told of changes
            client.send(wire.ConfigRequestEvent(asked, 0, 5000))
            assert await client.told() == [wire.ConfigBeginEvent(1, asked), wire.ConfigEndEvent()]
        client.send(wire.ConfigRequestEvent(0x400, 0, 5000))
        assert await client.told() == [wire.FailureEvent(Status.INVALID_CONFIG_MSG_MASK)]

    play(scene)


def test_events_go_to_whom_they_concern_and_by_their_masks() -> None:
    async def scene(stage: Stage) -> None:
        server = await stage.started()
        stage.ready(1, 2)
        everything = await stage.session(server)
        ends = await stage.session(server, call_msg_mask=int(CallMask.END_CALL), agent_state_mask=1 << 4)
        own = await stage.session(
            server, services_requested=int(Service.CLIENT_EVENTS), agent_instrument="2002", agent_id="1002"
        )
        control = await stage.session(server, services_requested=int(Service.CLIENT_CONTROL))
        call_id = stage.peripheral.calls.make("2001", "2002").call_id
        stage.peripheral.calls.answer(call_id, "2002")
        stage.peripheral.calls.clear_connection(call_id, "2001")
        assert len(await everything.told()) > 20
        assert kinds(await ends.told()) == ["AgentStateEvent"] * 2 + ["EndCallEvent"] * 2
        told = await own.told()
        assert {getattr(event, "connection_device_id", "2002") for event in told} == {"2002"}
        assert {getattr(event, "agent_id", "1002") for event in told} == {"1002"}
        assert await control.told() == []

    play(scene)


def test_both_sides_show_the_same_peripheral() -> None:
    async def scene(stage: Stage) -> None:
        a, b = await stage.started(), await stage.started(side=Side.B)
        at_a, at_b = await stage.session(a), await stage.session(b)
        stage.ready(1)
        assert await at_a.told() == await at_b.told() != []

    play(scene)


@pytest.mark.parametrize("later", [False, True])
def test_a_session_younger_than_the_conference_is_not_told_of_the_outside_party(later: bool) -> None:
    # CTI-11, the documented caveat: it shows after a fail-over, and only there.
    async def scene(stage: Stage) -> None:
        server = await stage.started()
        early = await stage.session(server)
        call_id = await stage.conference()
        client = await stage.session(server) if later else early
        call = await client.ask(wire.SnapshotCallReq(0, 5000, call_id))
        assert isinstance(call, wire.SnapshotCallConf)
        known = ["2001", "2002"] if later else ["2001", "2002", "95551234"]
        assert [device.call_device_id for device in call.call_devices] == known
        assert isinstance(
            await client.ask(wire.HoldCallReq(0, 5000, call_id, connection_device_id="2001")), wire.HoldCallConf
        )

    play(scene)


@pytest.mark.parametrize("later", [False, True])
def test_the_defect_conference_freezes_phone_bites_in_a_younger_session_only(later: bool) -> None:
    async def scene(stage: Stage) -> None:
        server = await stage.started(defects={CtiDefect.CONFERENCE_FREEZES_PHONE})
        early = await stage.session(server)
        call_id = await stage.conference()
        client = await stage.session(server) if later else early
        hold = await client.ask(wire.HoldCallReq(0, 5000, call_id, connection_device_id="2001"))
        assert isinstance(hold, wire.ControlFailureConf if later else wire.HoldCallConf)
        clear = await client.ask(wire.ClearConnectionReq(0, 5000, call_id, connection_device_id="2001"))
        assert isinstance(clear, wire.ControlFailureConf if later else wire.ClearConnectionConf)

    play(scene)


@pytest.mark.parametrize("defects", [(), (CtiDefect.GHOST_CALL,)])
def test_the_defect_ghost_call_tells_a_new_session_of_calls_that_are_over(defects: tuple[str, ...]) -> None:
    async def scene(stage: Stage) -> None:
        server = await stage.started(defects=defects)
        stage.peripheral.calls.clear_connection(stage.talk(), "2001")
        client = await stage.client(server)
        await client.open()
        told = kinds(await client.told())
        assert ("BeginCallEvent" in told) == ("EndCallEvent" in told) == bool(defects)
        await asyncio.sleep(121)
        later = await stage.client(server)
        await later.open()
        assert kinds(await later.told()) == ["SystemEvent", "AgentTeamConfigEvent"]

    play(scene)
