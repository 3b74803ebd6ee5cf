"""From request bodies to CTI requests, and back to what clients are told of a refusal."""

from datetime import UTC, datetime

import pytest

from chaos.mock.finesse.commands import act, make_call
from chaos.mock.finesse.failures import ApiFailure, asynchronous
from chaos.mock.finesse.turns import TooMany, Turns
from chaos.mock.finesse.view import Agent, Call, Party, View
from chaos.wire.finesse import Action, CallVariable, DialogRequest
from chaos.wire.ged188.fields import Message, NamedVariable
from chaos.wire.ged188.requests import (
    AnswerCallReq,
    ClearConnectionReq,
    ConferenceCallReq,
    ConsultationCallReq,
    HoldCallReq,
    MakeCallReq,
    RetrieveCallReq,
    SetCallDataReq,
    TransferCallReq,
)
from chaos.wire.ged188.session import ControlFailureConf, FailureConf, HeartbeatConf
from chaos.wire.ged188.values import AgentState, ControlFailure, Status
from chaos.wire.ged188.values import LocalConnectionState as State

NOW = datetime(2026, 3, 1, tzinfo=UTC)
ANN = Agent(AgentState.NOT_READY, "2001")


def call(call_id: int, state: State) -> Call:
    return Call(call_id, parties={"2001": Party(state, NOW, NOW), "2002": Party(State.CONNECT, NOW, NOW)})


def view() -> View:
    """Ann holds call 7 and talks in call 8."""
    made = View()
    made.agents["1101"] = ANN
    made.calls = {7: call(7, State.HOLD), 8: call(8, State.CONNECT)}
    return made


def asked(action: Action | str | None, call_id: int = 7, **more: object) -> Message:
    request = DialogRequest(action, **{"target_media_address": "2001", **more})  # type: ignore[arg-type]
    known = view()
    return act(request, known.calls[call_id], ANN, known, peripheral_id=5000)


@pytest.mark.parametrize(
    ("action", "kind"),
    [
        (Action.ANSWER, AnswerCallReq),
        (Action.HOLD, HoldCallReq),
        (Action.DROP, ClearConnectionReq),
    ],
)
def test_an_action_becomes_the_request_about_the_agents_own_connection(
    action: Action, kind: type[AnswerCallReq | HoldCallReq | ClearConnectionReq]
) -> None:
    made = asked(action)
    assert isinstance(made, kind)
    assert (made.connection_call_id, made.connection_device_id, made.peripheral_id) == (7, "2001", 5000)


def test_retrieve_and_consult_name_the_held_and_the_active_connection() -> None:
    retrieve = asked(Action.RETRIEVE)
    assert isinstance(retrieve, RetrieveCallReq)
    assert (retrieve.held_connection_call_id, retrieve.held_connection_device_id) == (7, "2001")
    consult = asked(Action.CONSULT_CALL, 8, to_address="2003")
    assert isinstance(consult, ConsultationCallReq)
    assert (consult.active_connection_call_id, consult.dialed_number) == (8, "2003")


@pytest.mark.parametrize("named", [7, 8])
@pytest.mark.parametrize(
    ("action", "kind"), [(Action.CONFERENCE, ConferenceCallReq), (Action.TRANSFER, TransferCallReq)]
)
def test_joining_takes_the_held_and_the_active_call_whichever_is_named(
    action: Action, kind: type[ConferenceCallReq | TransferCallReq], named: int
) -> None:
    made = asked(action, named)
    assert isinstance(made, kind)
    assert (made.held_connection_call_id, made.active_connection_call_id) == (7, 8)


def test_call_data_are_split_into_numbered_and_named_variables() -> None:
    variables = (CallVariable("callVariable10", "ten"), CallVariable("user.account", "named"))
    made = asked(Action.UPDATE_CALL_DATA, call_variables=variables, wrap_up_reason="done")
    assert isinstance(made, SetCallDataReq)
    assert (made.call_variables[9], made.call_variables[0]) == ("ten", None)
    assert made.named_variables == (NamedVariable("user.account", "named"),)
    assert made.call_wrapup_data == "done"


@pytest.mark.parametrize(
    ("request_", "expected"),
    [
        (DialogRequest(None, "2001"), (400, "Parameter Missing")),
        (DialogRequest("JUGGLE", "2001"), (400, "Invalid Input")),
        (DialogRequest(Action.HOLD), (400, "Parameter Missing")),
        (DialogRequest(Action.HOLD, "2002"), (400, "Invalid Input")),
        (DialogRequest(Action.CONSULT_CALL, "2001"), (400, "Parameter Missing")),
        (DialogRequest(Action.UPDATE_CALL_DATA, "2001"), (400, "Parameter Missing")),
        (
            DialogRequest(Action.UPDATE_CALL_DATA, "2001", call_variables=(CallVariable("callVariable1", "\u4e2d"),)),
            (400, "Invalid Input"),
        ),
        (
            DialogRequest(Action.UPDATE_CALL_DATA, "2001", call_variables=(CallVariable("callVariable1", "x" * 41),)),
            (400, "Invalid Input"),
        ),
        (
            DialogRequest(Action.UPDATE_CALL_DATA, "2001", call_variables=(CallVariable("", "x"),)),
            (400, "Invalid Input"),
        ),
    ],
)
def test_actions_that_cannot_be_are_refused_at_once(request_: DialogRequest, expected: tuple[int, str]) -> None:
    known = view()
    with pytest.raises(ApiFailure) as refused:
        act(request_, known.calls[7], ANN, known, peripheral_id=5000)
    assert (refused.value.http, refused.value.errors.errors[0].error_type) == expected


def test_a_call_variable_of_forty_bytes_still_fits() -> None:
    made = asked(Action.UPDATE_CALL_DATA, call_variables=(CallVariable("callVariable1", "x" * 40),))
    assert isinstance(made, SetCallDataReq)
    assert made.call_variables[0] == "x" * 40


def test_one_call_cannot_be_joined_with_nothing() -> None:
    known = view()
    del known.calls[8]
    with pytest.raises(ApiFailure, match="No other call to join"):
        act(DialogRequest(Action.CONFERENCE, "2001"), known.calls[7], ANN, known, peripheral_id=5000)


@pytest.mark.parametrize(
    ("from_", "to", "action", "expected"),
    [
        (None, "2002", Action.MAKE_CALL, "Parameter Missing"),
        ("2001", None, Action.MAKE_CALL, "Parameter Missing"),
        ("2001", "2001", Action.MAKE_CALL, "Invalid Destination"),
        ("2009", "2002", Action.MAKE_CALL, "Invalid Input"),
        ("2001", "2002", Action.HOLD, "Invalid Input"),
    ],
)
def test_calls_that_cannot_be_are_refused_at_once(
    from_: str | None, to: str | None, action: Action, expected: str
) -> None:
    with pytest.raises(ApiFailure) as refused:
        make_call(DialogRequest(action, None, from_, to), ANN, peripheral_id=5000)
    assert refused.value.errors.errors[0].error_type == expected


def test_a_call_is_made_from_the_agents_phone() -> None:
    made = make_call(DialogRequest(Action.MAKE_CALL, None, "2001", "2002"), ANN, peripheral_id=5000)
    assert isinstance(made, MakeCallReq)
    assert (made.agent_instrument, made.dialed_number) == ("2001", "2002")


@pytest.mark.parametrize(
    ("conf", "on_call", "expected"),
    [
        (ControlFailureConf(1, ControlFailure.INVALID_LOGON_DEVICE, 10125), False, ("Invalid Device", "260", "10125")),
        (ControlFailureConf(1, ControlFailure.EXTENSION_IN_USE), False, ("Device Busy", "283", "0")),
        (ControlFailureConf(1, ControlFailure.INVALID_OBJECT_STATE), True, ("Call Operation Failure", "22", "0")),
        (ControlFailureConf(1, 4711), False, ("Generic Error", "4711", "0")),
        (FailureConf(1, Status.FUNCTION_NOT_AVAILABLE), False, ("Generic Error", "12", "0")),
        (FailureConf(1, None, ControlFailure.REQUEST_TIMEOUT, 9), False, ("Generic Error", "78", "9")),
        (HeartbeatConf(1), False, ("Generic Error", "0", "0")),
    ],
)
def test_a_refusal_of_the_cti_server_is_told_with_its_number(
    conf: Message, on_call: bool, expected: tuple[str, str, str]
) -> None:
    error = asynchronous(conf, on_call=on_call).errors[0]
    assert (error.error_type, error.error_data, error.peripheral_error_code) == expected


def test_more_requests_than_may_wait_for_an_object_are_turned_away() -> None:
    from chaos import clock

    async def main() -> None:
        turns = Turns(1)
        async with turns.turn("User/1"):
            with pytest.raises(TooMany):
                async with turns.turn("User/1"):
                    raise AssertionError("must not be reached")
            async with turns.turn("User/2"):
                pass
        async with turns.turn("User/1"):
            pass

    clock.run(main(), virtual=True)
