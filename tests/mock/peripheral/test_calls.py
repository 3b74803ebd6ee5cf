"""Calls: states after each operation, and the order of what is told."""

import pytest

from chaos.mock.peripheral import Conferenced, DataUpdate, Failed, Refused, Transferred
from chaos.wire.ged188 import AgentState, CallType, ControlFailure, EventCause
from tests.mock.peripheral.stage import OUTSIDE, Stage


def test_a_call_from_agent_to_agent_is_told_in_order() -> None:
    stage = Stage()
    stage.ready(1, 2)
    stage.calls.make("2001", "2002")
    stage.calls.answer(1, "2002")
    stage.calls.hold(1, "2001")
    stage.calls.retrieve(1, "2001")
    stage.calls.clear_connection(1, "2001")
    assert stage.call_events() == [
        "BeginCall 1 2001 INITIATE",
        "ServiceInitiated 1 2001 INITIATE",
        "Originated 1 2001 INITIATE",
        "BeginCall 1 2002 ALERTING",
        "Delivered 1 2001 INITIATE",
        "Delivered 1 2002 ALERTING",
        "Established 1 2001 CONNECT",
        "Established 1 2002 CONNECT",
        "Held 1 2001 HOLD",
        "Held 1 2002 CONNECT",
        "Retrieved 1 2001 CONNECT",
        "Retrieved 1 2002 CONNECT",
        "ConnectionCleared 1 2002 CONNECT",
        "ConnectionCleared 1 2001 NULL",
        "ConnectionCleared 1 2001 NULL",
        "ConnectionCleared 1 2002 NULL",
        "Cleared 1 2001 NULL",
        "Cleared 1 2002 NULL",
        "EndCall 1 2001 NULL",
        "EndCall 1 2002 NULL",
    ]
    assert stage.calls.all() == ()


def test_agent_states_follow_the_call_and_the_caller_is_ready_no_more() -> None:
    stage = Stage()
    stage.ready(1, 2)
    stage.calls.make("2001", "2002")
    assert (stage.state(1), stage.state(2)) == (("NOT_READY", 50006), ("RESERVED", 0))
    stage.calls.answer(1, "2002")
    assert (stage.state(1), stage.state(2)) == (("TALKING", 0), ("TALKING", 0))
    stage.calls.hold(1, "2002")
    assert stage.state(2) == ("HOLD", 0)
    stage.calls.clear_connection(1, "2002")
    assert (stage.state(1), stage.state(2)) == (("NOT_READY", 50006), ("AVAILABLE", 0))


def test_who_calls_from_ready_is_not_ready_for_the_lost_connection_if_that_is_owed_and_once() -> None:
    stage = Stage()
    stage.ready(1, 2)
    stage.agents.client_back(["1001"])
    assert stage.state(1) == ("AVAILABLE", 0)
    for reason in (50002, 50006):
        stage.calls.make("2001", "2002")
        assert stage.state(1) == ("NOT_READY", reason)
        stage.calls.clear_connection(stage.calls.all()[0].call_id, "2002")
        stage.agents.set_state("1001", AgentState.AVAILABLE)


def test_a_rejected_call_frees_both() -> None:
    stage = Stage()
    stage.ready(1, 2)
    stage.calls.make("2001", "2002")
    stage.calls.clear_connection(1, "2002")
    assert stage.calls.all() == ()
    assert stage.state(2) == ("AVAILABLE", 0)


def test_an_outside_party_answers_by_itself_after_its_delay_and_not_before() -> None:
    stage = Stage()
    stage.ready(1)
    stage.calls.make("2001", OUTSIDE)
    stage.clock.pass_s(1.999)
    assert stage.state(1) == ("NOT_READY", 50006)
    stage.clock.pass_s(0.001)
    assert stage.state(1) == ("TALKING", 0)
    assert {event.split()[2] for event in stage.call_events()} == {"2001"}
    call = stage.calls.get(1)
    assert call is not None
    assert call.call_type is CallType.OUT
    assert [party.known for party in call.parties] == [True, False]


def test_an_outside_party_does_not_answer_a_call_that_is_over() -> None:
    stage = Stage()
    stage.ready(1)
    stage.calls.make("2001", OUTSIDE)
    stage.calls.clear_connection(1, "2001")
    stage.told.clear()
    stage.clock.pass_s(10)
    assert stage.told == []


def test_an_outside_party_can_hang_up() -> None:
    stage = Stage()
    stage.ready(1)
    stage.calls.make("2001", OUTSIDE)
    stage.clock.pass_s(2)
    stage.calls.clear_connection(1, OUTSIDE)
    assert stage.calls.all() == ()
    assert stage.state(1) == ("NOT_READY", 50006)


def test_a_busy_phone_makes_the_call_fail_until_the_caller_hangs_up() -> None:
    stage = Stage()
    stage.talk()
    stage.ready(3)
    made = stage.calls.make("2003", "2002")
    (failed,) = [event for event in stage.told if isinstance(event, Failed)]
    assert (failed.cause, failed.failing) == (EventCause.BUSY, "2002")
    assert stage.state(3) == ("NOT_READY", 50006)
    stage.calls.clear_connection(made.call_id, "2003")
    assert stage.calls.get(made.call_id) is None
    assert stage.state(2) == ("TALKING", 0)


@pytest.mark.parametrize(
    ("device", "number", "code"),
    [
        ("2999", "2001", ControlFailure.INVALID_CALLING_DEVICE),
        ("2003", "2003", ControlFailure.INVALID_DESTINATION),
        ("2003", "", ControlFailure.INVALID_DESTINATION),
        ("2003", "12a", ControlFailure.INVALID_DESTINATION),
        ("2003", "9" * 40, ControlFailure.INVALID_DESTINATION),
        ("2001", "2003", ControlFailure.STATE_INCOMPATIBILITY),
    ],
)
def test_a_call_that_cannot_be_made_is_refused_and_leaves_no_trace(
    device: str, number: str, code: ControlFailure
) -> None:
    stage = Stage()
    stage.talk()
    with pytest.raises(Refused) as refused:
        stage.calls.make(device, number)
    assert refused.value.code is code
    assert stage.told == []
    assert len(stage.calls.all()) == 1


@pytest.mark.parametrize(
    ("operation", "args", "code"),
    [
        ("answer", (1, "2001"), ControlFailure.NO_CALL_TO_ANSWER),
        ("answer", (9, "2001"), ControlFailure.INVALID_CALL_ID),
        ("hold", (1, OUTSIDE), ControlFailure.INVALID_DEVICE_ID),
        ("consult", (1, OUTSIDE, "2003"), ControlFailure.INVALID_DEVICE_ID),
        ("answer", (1, "2003"), ControlFailure.INVALID_CONNECTION_ID),
        ("retrieve", (1, "2001"), ControlFailure.NO_HELD_CALL),
        ("clear_connection", (1, "2003"), ControlFailure.NO_CONNECTION_TO_CLEAR),
        ("clear_call", (1, "2003"), ControlFailure.NO_CALL_TO_CLEAR),
        ("consult", (1, "2003", "2004"), ControlFailure.INVALID_CONNECTION_ID),
        ("consult", (1, "2001", "x"), ControlFailure.INVALID_DESTINATION),
        ("conference", (1, 2, "2001"), ControlFailure.NO_HELD_CALL),
        ("set_data", (9, {1: "x"}), ControlFailure.INVALID_CALL_ID),
    ],
)
def test_an_operation_out_of_place_is_refused_and_leaves_no_trace(
    operation: str, args: tuple[object, ...], code: ControlFailure
) -> None:
    stage = Stage()
    stage.talk()
    before = stage.calls.all()
    with pytest.raises(Refused) as refused:
        getattr(stage.calls, operation)(*args)
    assert refused.value.code is code
    assert stage.told == []
    assert stage.calls.all() == before


def test_holding_a_held_call_is_refused() -> None:
    stage = Stage()
    stage.talk()
    stage.calls.hold(1, "2001")
    with pytest.raises(Refused) as refused:
        stage.calls.hold(1, "2001")
    assert refused.value.code is ControlFailure.NO_ACTIVE_CALL


def test_call_data_change_for_all_parties() -> None:
    stage = Stage()
    stage.talk()
    stage.calls.set_data(1, {3: "gold"}, wrap_up="done", named={"user.x": "1"})
    stage.calls.set_data(1, {4: "blue"})
    updates = [event for event in stage.told if isinstance(event, DataUpdate)]
    assert [event.device for event in updates] == ["2001", "2002"] * 2
    data = updates[-1].data
    assert (data.variables[2], data.variables[3], data.wrap_up, data.named) == ("gold", "blue", "done", {"user.x": "1"})
    assert (data.ani, data.dialed_number) == ("2001", "2002")


def test_clearing_a_call_ends_it_for_all() -> None:
    stage = Stage()
    call_id = stage.conference()
    stage.calls.clear_call(call_id, "2002")
    assert stage.calls.all() == ()
    assert (stage.state(1), stage.state(2)) == (("NOT_READY", 50006), ("AVAILABLE", 0))


def test_a_consultation_holds_the_first_call_and_a_conference_joins_both() -> None:
    stage = Stage()
    stage.talk()
    stage.ready(3)
    stage.calls.consult(1, "2001", "2003")
    assert stage.calls.at("2001")[0][1].name == "HOLD"
    stage.calls.answer(2, "2003")
    stage.told.clear()
    stage.calls.conference(1, 2, "2001")
    assert stage.call_events() == [
        "BeginCall 1 2003 CONNECT",
        "Conferenced 1 2001 CONNECT",
        "Conferenced 1 2002 CONNECT",
        "Conferenced 1 2003 CONNECT",
        "DataUpdate 1 2001 CONNECT",
        "DataUpdate 1 2002 CONNECT",
        "DataUpdate 1 2003 CONNECT",
        "EndCall 2 2001 NULL",
        "EndCall 2 2003 NULL",
    ]
    joined = next(event for event in stage.told if isinstance(event, Conferenced))
    assert (joined.secondary_id, joined.controller, joined.added) == (2, "2001", "2003")
    assert joined.parties == ("2001", "2002", "2003")
    (call,) = stage.calls.all()
    assert call.call_type is CallType.CONFERENCE
    assert call.conferenced_at is not None


def test_whoever_drops_off_a_conference_sees_its_end_and_the_others_go_on() -> None:
    stage = Stage()
    call_id = stage.conference()
    stage.calls.clear_connection(call_id, "2001")
    assert stage.call_events() == [
        f"ConnectionCleared {call_id} 2002 CONNECT",
        f"ConnectionCleared {call_id} 2001 NULL",
        f"EndCall {call_id} 2001 NULL",
    ]
    call = stage.calls.get(call_id)
    assert call is not None
    assert [party.device for party in call.parties] == ["2002", OUTSIDE]
    assert call.conferenced_at is None
    assert stage.state(2) == ("TALKING", 0)


def test_a_call_among_outside_parties_only_is_over_for_the_peripheral() -> None:
    stage = Stage()
    stage.ready(1)
    first = stage.calls.make("2001", OUTSIDE).call_id
    stage.clock.pass_s(2)
    second = stage.calls.consult(first, "2001", "95550000").call_id
    stage.clock.pass_s(2)
    stage.calls.conference(first, second, "2001")
    stage.calls.clear_connection(first, "2001")
    assert stage.calls.all() == ()


def test_a_party_that_still_rings_cannot_be_joined() -> None:
    stage = Stage()
    stage.talk()
    second = stage.calls.consult(1, "2001", OUTSIDE).call_id
    with pytest.raises(Refused) as refused:
        stage.calls.conference(1, second, "2001")
    assert refused.value.code is ControlFailure.NO_ACTIVE_CALL


def test_one_party_cannot_be_in_a_conference_twice() -> None:
    stage = Stage()
    call_id = stage.conference()
    second = stage.calls.consult(call_id, "2001", OUTSIDE).call_id
    stage.clock.pass_s(2)
    with pytest.raises(Refused) as refused:
        stage.calls.conference(call_id, second, "2001")
    assert refused.value.code is ControlFailure.INVALID_DESTINATION


def test_a_transfer_joins_the_others_and_leaves_them_alone() -> None:
    stage = Stage()
    stage.talk()
    second = stage.calls.consult(1, "2001", OUTSIDE).call_id
    stage.clock.pass_s(2)
    stage.told.clear()
    made = stage.calls.transfer(1, second, "2001")
    assert made == (1, OUTSIDE)
    assert stage.call_events() == [
        "Transferred 1 2002 CONNECT",
        "Transferred 1 2001 NULL",
        "EndCall 1 2001 NULL",
        "EndCall 2 2001 NULL",
    ]
    assert next(event for event in stage.told if isinstance(event, Transferred)).parties == ("2002", OUTSIDE)
    assert (stage.state(1), stage.state(2)) == (("NOT_READY", 50006), ("TALKING", 0))


def test_ended_calls_are_remembered_for_two_minutes() -> None:
    stage = Stage()
    stage.talk()
    stage.calls.clear_connection(1, "2001")
    stage.clock.pass_s(60)
    stage.calls.clear_connection(stage.calls.make("2001", "2002").call_id, "2001")
    assert [ended.call_id for ended in stage.calls.ended_since(0)] == [1, 2]
    assert type(stage.calls.ended_since(0)[0].told[0]).__name__ == "BeginCall"
    stage.clock.pass_s(60.1)
    stage.calls.clear_connection(stage.calls.make("2001", "2002").call_id, "2001")
    assert [ended.call_id for ended in stage.calls.ended_since(0)] == [2, 3]


def test_who_has_unsubscribed_is_told_no_more() -> None:
    stage = Stage()
    told: list[object] = []
    stop = stage.peripheral.subscribe(told.append)
    stage.ready(1)
    count = len(told)
    stop()
    stage.ready(2)
    assert len(told) == count > 0
