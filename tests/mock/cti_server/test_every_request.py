"""Every request of the guide is answered: what the server can do by its confirmation, everything else by a refusal."""

import asyncio
from dataclasses import fields, replace
from typing import Any

import pytest

from chaos.wire import ged188 as wire
from chaos.wire.ged188 import (
    NULL_ID,
    AgentState,
    ControlFailure,
    LocalConnectionState,
    Message,
    MessageType,
    Service,
    Status,
    SupervisoryAction,
)
from chaos.wire.ged188.registry import CLASSES
from tests.mock.cti_server.client import OPEN, SERVICES, Stage, play

REQUESTS = [
    cls for kind, cls in CLASSES.items() if MessageType(kind).name.endswith("_REQ") and kind != MessageType.OPEN_REQ
]
ANSWERS = (wire.FailureConf, wire.ControlFailureConf)
MONITOR = int(SERVICES | Service.PERIPHERAL_MONITOR)


@pytest.mark.parametrize("cls", REQUESTS, ids=lambda cls: cls.__name__)
@pytest.mark.parametrize("named", [True, False], ids=["named", "empty"])
def test_every_request_is_answered_under_its_invoke_id(cls: type[Message], named: bool) -> None:
    """By the message that confirms it, whose number is the next one, or by a refusal; never by silence."""

    async def scene(stage: Stage) -> None:
        call_id = stage.talk()
        client = await stage.session(await stage.started(), services_requested=MONITOR)
        given: dict[str, Any] = {"agent_instrument": "2001", "agent_id": "1001", "connection_device_id": "2001"}
        given |= {"peripheral_id": 5000, "connection_call_id": call_id, "skill_group_number": 1, "dtmf_string": "1"}
        known = {field.name for field in fields(cls)}
        request = cls(**{name: value for name, value in given.items() if named and name in known})
        answer = await client.ask(request)
        conf = CLASSES[cls.TYPE + 1]
        assert isinstance(answer, (conf, *ANSWERS)), answer
        if cls is not wire.CloseReq:
            assert isinstance(await client.ask(wire.HeartbeatReq()), wire.HeartbeatConf)

    play(scene)


@pytest.mark.parametrize("kind", [kind for kind in MessageType if kind.name.endswith("_REQ") and kind not in CLASSES])
def test_a_request_that_the_codec_does_not_know_is_refused_all_the_same(kind: MessageType) -> None:
    async def scene(stage: Stage) -> None:
        client = await stage.session(await stage.started())
        client.send(wire.UnknownMessage(kind, bytes.fromhex("0000002a 00001388")))
        assert await client.next() == wire.FailureConf(42, Status.FUNCTION_NOT_AVAILABLE)

    play(scene)


def test_statistics_count_who_is_there_and_in_which_state() -> None:
    async def scene(stage: Stage) -> None:
        client = await stage.session(await stage.started())
        await stage.conference()
        stage.ready(3)
        await asyncio.sleep(5)
        group = await client.ask(wire.QuerySkillGroupStatisticsReq(0, 5000, 1, NULL_ID))
        assert isinstance(group, wire.QuerySkillGroupStatisticsConf)
        assert (group.agents_logged_on, group.agents_avail, group.agents_talking_out) == (3, 1, 1)
        assert (group.agents_ready, group.agents_not_ready, group.agents_talking_in) == (3, 0, 1)
        by_id = await client.ask(wire.QuerySkillGroupStatisticsReq(0, 5000, NULL_ID, 1))
        assert isinstance(by_id, wire.QuerySkillGroupStatisticsConf)
        unknown = await client.ask(wire.QuerySkillGroupStatisticsReq(0, 5000, 77))
        assert isinstance(unknown, wire.FailureConf)
        assert unknown.status is Status.INVALID_SKILL_GROUP
        agent = await client.ask(wire.QueryAgentStatisticsReq(peripheral_id=5000, agent_id="1003"))
        assert isinstance(agent, wire.QueryAgentStatisticsConf)
        assert (agent.agent_id, agent.avail_time_session) == ("1003", 5)

    play(scene)


@pytest.mark.parametrize(("target", "first", "second"), [("2002", 4, 3), ("95551234", 2, 0)])
def test_an_agents_event_tells_the_direction_of_his_call(target: str, first: int, second: int) -> None:
    """Out and in with the outside, other out and other in among ourselves. Source: AGENT_STATE_EVENT, Direction."""

    async def scene(stage: Stage) -> None:
        stage.ready(1, 2)
        client = await stage.session(await stage.started())
        call = stage.peripheral.calls.make("2001", target)
        await asyncio.sleep(3)
        if target == "2002":
            stage.peripheral.calls.answer(call.call_id, "2002")
        told = [message for message in await client.told() if isinstance(message, wire.AgentStateEvent)]
        talking = {one.agent_id: one for one in told if one.agent_state is AgentState.TALKING}
        assert talking["1001"].direction == first
        assert talking["1001"].max_beyond_task_limit == talking["1001"].num_tasks == talking["1001"].mrd_id == 1
        assert ("1002" in talking) == bool(second)
        assert not second or talking["1002"].direction == second
        stage.peripheral.calls.clear_call(call.call_id, "2001")
        last = [message for message in await client.told() if isinstance(message, wire.AgentStateEvent)][-1]
        assert (last.direction, last.num_tasks) == (0, 0)

    play(scene)


def test_two_calls_are_alternated_and_one_is_gone_back_to() -> None:
    async def scene(stage: Stage) -> None:
        first, calls = stage.talk(), stage.peripheral.calls
        second = calls.consult(first, "2001", "95551234").call_id
        await asyncio.sleep(3)
        client = await stage.session(await stage.started())
        conf = await client.ask(wire.AlternateCallReq(0, 5000, second, first, active_connection_device_id="2001"))
        assert isinstance(conf, wire.AlternateCallConf)
        assert dict(calls.at("2001")) == {first: LocalConnectionState.CONNECT, second: LocalConnectionState.HOLD}
        again = await client.ask(wire.AlternateCallReq(0, 5000, second, first, active_connection_device_id="2001"))
        assert isinstance(again, wire.ControlFailureConf)
        assert again.failure_code is ControlFailure.NO_ACTIVE_CALL
        back = await client.ask(wire.ReconnectCallReq(0, 5000, first, second, active_connection_device_id="2001"))
        assert isinstance(back, wire.ReconnectCallConf)
        assert dict(calls.at("2001")) == {second: LocalConnectionState.CONNECT}

    play(scene)


def test_an_agent_who_asks_for_assistance_is_put_through_to_his_supervisor() -> None:
    async def scene(stage: Stage) -> None:
        first = stage.talk()
        client = await stage.session(await stage.started())
        request = wire.SupervisorAssistReq(peripheral_id=5000, connection_call_id=first, connection_device_id="2001")
        nobody = await client.ask(request)
        assert isinstance(nobody, wire.FailureConf)
        assert nobody.status is Status.SUPERVISOR_NOT_FOUND
        stage.ready(3)
        conf = await client.ask(request)
        assert isinstance(conf, wire.SupervisorAssistConf)
        assert dict(stage.peripheral.calls.at("2003")) == {conf.connection_call_id: LocalConnectionState.ALERTING}

    play(scene)


def test_a_supervisor_may_hear_a_call_join_it_and_leave_it() -> None:
    async def scene(stage: Stage) -> None:
        call_id = stage.talk()
        stage.ready(3)
        client = await stage.session(await stage.started())

        async def ask(action: int, call: int = 0, **more: Any) -> wire.Message:
            return await client.ask(
                wire.SuperviseCallReq(
                    peripheral_id=5000, supervisor_connection_call_id=call, supervisory_action=action, **more
                )
            )

        nobody = await ask(SupervisoryAction.MONITOR, supervisor_instrument="2003", agent_id="1003")
        assert isinstance(nobody, wire.ControlFailureConf), "an agent without a call is not heard"
        heard = await ask(SupervisoryAction.MONITOR, supervisor_instrument="2003", agent_id="1001")
        assert isinstance(heard, wire.SuperviseCallConf)
        assert stage.peripheral.calls.states_at("2003") == (LocalConnectionState.CONNECT,)
        assert stage.peripheral.calls.at("2001") == ((call_id, LocalConnectionState.CONNECT),), "he does not notice"
        joined = await ask(SupervisoryAction.BARGE_IN, heard.connection_call_id, supervisor_instrument="2003")
        assert isinstance(joined, wire.SuperviseCallConf)
        assert joined.connection_call_id == call_id
        parties = stage.peripheral.calls.get(call_id)
        assert parties is not None
        assert [party.device for party in parties.parties] == ["2001", "2002", "2003"]
        assert isinstance(
            await ask(SupervisoryAction.CLEAR, call_id, supervisor_instrument="2003"), wire.SuperviseCallConf
        )
        assert stage.peripheral.calls.at("2003") == ()
        for action, kind in ((9, wire.FailureConf), (SupervisoryAction.WHISPER, wire.ControlFailureConf)):
            assert isinstance(await ask(action, supervisor_instrument="2003"), kind)

    play(scene)


def test_whoever_hears_a_call_hears_nothing_more_when_it_or_the_agent_is_gone() -> None:
    async def scene(stage: Stage) -> None:
        calls = stage.peripheral.calls
        first = stage.talk()
        stage.ready(3)
        calls.monitor("2003", "2001")
        second = calls.consult(first, "2001", "95551234").call_id
        await asyncio.sleep(stage.peripheral.config.outside_answer_s)
        calls.conference(first, second, "2001")
        assert len(calls.all()) == 2, "the call that he hears, and his own"
        calls.clear_connection(first, "2001")
        assert [call.call_id for call in calls.all()] == [first]
        assert calls.at("2003") == ()
        calls.monitor("2003", "2002")
        calls.clear_call(first, "2002")
        assert calls.all() == ()

    play(scene)


def test_a_call_is_handed_over_in_one_step_and_rings_at_the_third_phone() -> None:
    async def scene(stage: Stage) -> None:
        call_id = stage.talk()
        stage.ready(3)
        client = await stage.session(await stage.started())
        request = wire.TransferCallReq(
            peripheral_id=5000,
            active_connection_call_id=call_id,
            active_connection_device_id="2002",
            agent_instrument="2002",
            dialed_number="2003",
        )
        assert isinstance(await client.ask(request), wire.TransferCallConf)
        assert stage.peripheral.calls.at("2002") == ()
        assert stage.peripheral.calls.at("2003") == ((call_id, LocalConnectionState.ALERTING),)
        stage.peripheral.calls.answer(call_id, "2003")
        assert stage.peripheral.calls.at("2001") == ((call_id, LocalConnectionState.CONNECT),)
        again = replace(request, active_connection_device_id="2003", agent_instrument="2003", dialed_number="2001")
        assert isinstance(await client.ask(again), wire.ControlFailureConf), "he is in the call already"
        outside = replace(again, dialed_number="95551234")
        assert isinstance(await client.ask(outside), wire.TransferCallConf)
        await asyncio.sleep(stage.peripheral.config.outside_answer_s)
        parties = stage.peripheral.calls.get(call_id)
        assert parties is not None
        assert {party.device: party.state for party in parties.parties} == {
            "2001": LocalConnectionState.CONNECT,
            "95551234": LocalConnectionState.CONNECT,
        }

    play(scene)


def test_a_monitor_of_one_phone_tells_of_that_phone_under_its_number_until_it_is_stopped() -> None:
    async def scene(stage: Stage) -> None:
        stage.ready(1, 2)
        services = int(Service.PERIPHERAL_MONITOR)
        client = await stage.session(await stage.started(), services_requested=services)
        start = wire.MonitorStartReq(
            peripheral_id=5000, call_msg_mask=0x2004, agent_state_mask=0x3FFF, monitored_device_id="2002"
        )
        conf = await client.ask(start)
        assert isinstance(conf, wire.MonitorStartConf)
        twice = await client.ask(start)
        assert isinstance(twice, wire.FailureConf)
        assert twice.status is Status.MONITOR_ALREADY_EXISTS
        call_id = stage.peripheral.calls.make("2001", "2002").call_id
        stage.peripheral.calls.answer(call_id, "2002")
        told: list[Any] = await client.told()
        assert [type(message).__name__ for message in told] == [
            "BeginCallEvent",
            "AgentStateEvent",
            "CallEstablishedEvent",
            "AgentStateEvent",
        ]
        assert {message.monitor_id for message in told} == {conf.monitor_id}
        changed = await client.ask(wire.ChangeMonitorMaskReq(0, conf.monitor_id, 0x10, 0))
        assert isinstance(changed, wire.ChangeMonitorMaskConf)
        stage.peripheral.calls.hold(call_id, "2002")
        stage.peripheral.calls.retrieve(call_id, "2002")
        assert [type(message) for message in await client.told()] == [wire.CallRetrievedEvent]
        stopped = await client.ask(wire.MonitorStopReq(0, conf.monitor_id))
        assert isinstance(stopped, wire.MonitorStopConf)
        stage.peripheral.calls.hold(call_id, "2002")
        assert await client.told() == []
        again = await client.ask(wire.MonitorStopReq(0, conf.monitor_id))
        assert isinstance(again, wire.FailureConf)
        assert again.status is Status.INVALID_MONITORID

    play(scene)


def test_a_monitor_of_a_call_ends_with_the_call() -> None:
    async def scene(stage: Stage) -> None:
        call_id = stage.talk()
        client = await stage.session(await stage.started(), services_requested=int(Service.PERIPHERAL_MONITOR))
        conf = await client.ask(
            wire.MonitorStartReq(peripheral_id=5000, connection_call_id=call_id, call_msg_mask=0x4000)
        )
        assert isinstance(conf, wire.MonitorStartConf)
        stage.peripheral.calls.clear_call(call_id, "2001")
        assert [type(message) for message in await client.told()] == [wire.EndCallEvent] * 2
        stage.peripheral.calls.make("2001", "2002")
        assert await client.told() == []
        over = await client.ask(wire.MonitorStopReq(0, conf.monitor_id))
        assert isinstance(over, wire.FailureConf)

    play(scene)


def test_a_supervisor_hears_the_states_of_a_team_that_he_monitors() -> None:
    async def scene(stage: Stage) -> None:
        client = await stage.session(
            await stage.started(), services_requested=int(Service.SUPERVISOR), agent_state_mask=0
        )
        teams = await client.ask(wire.ListAgentTeamReq(0, stage.number_of("1003")))
        assert isinstance(teams, wire.ListAgentTeamConf)
        assert [team.team_id for team in teams.teams] == [5001]
        none = await client.ask(wire.ListAgentTeamReq(0, stage.number_of("1001")))
        assert isinstance(none, wire.FailureConf)
        assert none.status is Status.SUPERVISOR_NOT_FOUND
        conf = await client.ask(wire.MonitorAgentTeamStartReq(0, 5001))
        assert isinstance(conf, wire.MonitorAgentTeamStartConf)
        stage.ready(1)
        told: list[Any] = await client.told()
        assert [(one.agent_id, one.monitor_id) for one in told] == [("1001", conf.monitor_id)] * 3
        assert isinstance(
            await client.ask(wire.MonitorAgentTeamStopReq(0, conf.monitor_id)), wire.MonitorAgentTeamStopConf
        )
        stage.ready(2)
        assert await client.told() == []

    play(scene)


@pytest.mark.parametrize("joins_first", [False, True])
def test_a_supervisor_takes_an_agents_place_in_a_call_that_he_hears_or_has_joined(joins_first: bool) -> None:
    async def scene(stage: Stage) -> None:
        call_id = stage.talk()
        stage.ready(3)
        client = await stage.session(await stage.started())

        async def ask(action: SupervisoryAction, call: int = 0, agent: str = "1001") -> wire.Message:
            return await client.ask(
                wire.SuperviseCallReq(
                    peripheral_id=5000, supervisor_connection_call_id=call, supervisory_action=action,
                    supervisor_instrument="2003", agent_id=agent,
                )
            )  # fmt: skip

        assert isinstance(await ask(SupervisoryAction.INTERCEPT, call_id), wire.ControlFailureConf), "he hears nothing"
        heard = await ask(SupervisoryAction.MONITOR)
        assert isinstance(heard, wire.SuperviseCallConf)
        at = heard.connection_call_id
        if joins_first:
            joined = await ask(SupervisoryAction.BARGE_IN, at)
            assert isinstance(joined, wire.SuperviseCallConf)
            at = joined.connection_call_id
        assert isinstance(await ask(SupervisoryAction.INTERCEPT, at, "1003"), wire.ControlFailureConf), "himself"
        taken = await ask(SupervisoryAction.INTERCEPT, at)
        assert isinstance(taken, wire.SuperviseCallConf)
        assert taken.connection_call_id == call_id
        left = stage.peripheral.calls.get(call_id)
        assert left is not None
        assert [(one.device, one.state) for one in left.parties] == [
            ("2002", LocalConnectionState.CONNECT), ("2003", LocalConnectionState.CONNECT),
        ]  # fmt: skip
        assert stage.peripheral.calls.at("2001") == ()
        assert len(stage.peripheral.calls.all()) == 1, "the call by which he heard it is over"

    play(scene)


@pytest.mark.parametrize(
    ("distribution", "to", "status"),
    [
        (0, "board", None),
        (0, "nobody", Status.CLIENT_NOT_FOUND),
        (1, None, None),
        (2, None, Status.TEAM_NOT_FOUND),
        (3, None, None),
        (9, None, Status.INVALID_DISTRIBUTION_TYPE),
    ],
)
def test_a_clients_message_reaches_those_it_is_for(distribution: int, to: str | None, status: Status | None) -> None:
    async def scene(stage: Stage) -> None:
        server = await stage.started()
        sender, board = await stage.session(server), await stage.session(server, client_id="board")
        answer = await sender.ask(wire.UserMessageReq(0, 5000, distribution, client_id=to, text="lunch"))
        assert isinstance(answer, wire.UserMessageConf) == (status is None)
        assert status is None or (isinstance(answer, wire.FailureConf) and answer.status is status)
        told = await board.told()
        assert bool(told) == (status is None)
        for message in told:
            assert isinstance(message, wire.UserMessageEvent)
            assert (message.client_id, message.text) == ("Finesse", "lunch")
        assert await sender.told() == []

    play(scene)


def test_a_client_is_given_the_keys_of_the_configuration() -> None:
    async def scene(stage: Stage) -> None:
        client = await stage.session(await stage.started())
        client.send(wire.ConfigRequestKeyEvent(5000))
        keys = await client.next()
        assert isinstance(keys, wire.ConfigKeyEvent)
        assert len(keys.agent_config_key or b"") == 8

    play(scene)


def test_a_query_that_names_an_agent_and_a_strangers_phone_is_refused() -> None:
    async def scene(stage: Stage) -> None:
        stage.ready(1, 2)
        client = await stage.session(await stage.started())
        answer = await client.ask(wire.QueryAgentStateReq(peripheral_id=5000, agent_id="1001", agent_extension="2002"))
        assert isinstance(answer, wire.FailureConf)
        assert answer.status is Status.INCONSISTENT_AGENT_DATA

    play(scene)


def test_a_close_is_confirmed_and_the_connection_is_given_up() -> None:
    async def scene(stage: Stage) -> None:
        server = await stage.started()
        client = await stage.client(server)
        await client.open(OPEN)
        client.send(wire.CloseReq(9))
        assert await client.until(wire.CloseConf) == wire.CloseConf(9)
        assert server.sessions == ()
        client.send(wire.HeartbeatReq(10))
        assert await client.ending() == ("reset", [])

    play(scene)
