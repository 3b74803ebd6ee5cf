"""From REST request bodies to CTI requests, with the checks that Finesse makes itself. Pure.

Source: Finesse developer guide, User – Change agent state, User – Sign In, Dialog – Create and Take Action.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from chaos.mock.finesse.config import ReasonRecord
from chaos.mock.finesse.failures import ApiFailure, invalid, missing
from chaos.mock.finesse.view import Agent, Call, View
from chaos.wire.finesse import Action, CallVariable, DialogRequest, MobileAgent, UserRequest, UserState
from chaos.wire.ged188.agents import SetAgentStateReq
from chaos.wire.ged188.control import SendDtmfSignalReq
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
from chaos.wire.ged188.supervision import SuperviseCallReq
from chaos.wire.ged188.values import (
    NULL_ID,
    AgentState,
    AgentWorkMode,
    CallType,
    ConnectionDeviceIdType,
    SupervisoryAction,
)
from chaos.wire.ged188.values import LocalConnectionState as State

_Maker = Callable[[DialogRequest, Call, View, int], Message]

SUPERVISOR_INITIATED = 999
STATIC = ConnectionDeviceIdType.STATIC
EXTENSION = re.compile(r"[0-9]{1,15}")
DTMF = re.compile(r"[0-9*#A-D]{1,31}")
VARIABLE = re.compile(r"callVariable(10|[1-9])")
VARIABLE_BYTES = 40
NAME_BYTES, VALUE_BYTES = 32, 210

WORK_MODES: Mapping[str, AgentWorkMode] = {
    "CALL_BY_CALL": AgentWorkMode.REMOTE_CALL_BY_CALL,
    "NAILED_CONNECTION": AgentWorkMode.REMOTE_NAILED_UP,
}
SUPERVISORY = frozenset({Action.SILENT_MONITOR, Action.BARGE_CALL})
"""Ways to make a dialog that only supervisors have."""

ASKABLE: Mapping[str, AgentState] = {
    UserState.LOGIN: AgentState.LOGIN,
    UserState.LOGOUT: AgentState.LOGOUT,
    UserState.NOT_READY: AgentState.NOT_READY,
    UserState.READY: AgentState.AVAILABLE,
    UserState.WORK: AgentState.WORK_NOT_READY,
    UserState.WORK_READY: AgentState.WORK_READY,
}


def agent_state(
    request: UserRequest,
    agent_id: str,
    agent: Agent,
    *,
    password: str | None,
    reasons: Sequence[ReasonRecord],
    peripheral_id: int,
) -> SetAgentStateReq | None:
    """The CTI request for a change of state; None if the agent is signed in there already, which keeps his state.

    password: None, if somebody else vouches for him (single sign-on). Raises ApiFailure.
    """
    if request.state is None:
        raise missing("state")
    wanted = ASKABLE.get(request.state)
    if wanted is None:
        raise invalid("state")
    reason = _reason(request, reasons)
    extension, mode = agent.extension, AgentWorkMode.UNSPECIFIED
    if wanted is AgentState.LOGIN:
        extension = _login_extension(request)
        mode = _work_mode(request.mobile_agent)
        if agent.signed_in and agent.extension == extension:
            return None
    elif not agent.signed_in:
        raise ApiFailure(400, "Invalid State", "INVALID_STATE", agent_id)
    return SetAgentStateReq(
        peripheral_id=peripheral_id,
        agent_state=wanted,
        agent_work_mode=mode,
        event_reason_code=reason,
        agent_id=agent_id,
        agent_password=password,
        sso_enabled=1 if password is None else None,
        agent_instrument=extension,
    )


_LOGGED_OUT_BY_SUPERVISOR = frozenset(
    {
        AgentState.AVAILABLE,
        AgentState.NOT_READY,
        AgentState.RESERVED,
        AgentState.TALKING,
        AgentState.HOLD,
        AgentState.WORK_NOT_READY,
        AgentState.WORK_READY,
    }
)
SUPERVISOR_ASKS: Mapping[AgentState, frozenset[AgentState]] = {
    AgentState.LOGOUT: _LOGGED_OUT_BY_SUPERVISOR,
    AgentState.NOT_READY: frozenset({AgentState.AVAILABLE, AgentState.WORK_NOT_READY, AgentState.WORK_READY}),
    AgentState.AVAILABLE: _LOGGED_OUT_BY_SUPERVISOR,
}
"""What a supervisor may ask for somebody else, and of whom. Source: developer guide, User—Change Agent State."""


def state_of_another(
    request: UserRequest,
    agent_id: str,
    agent: Agent,
    *,
    password: str | None,
    reasons: Sequence[ReasonRecord],
    peripheral_id: int,
) -> SetAgentStateReq:
    """As `agent_state`, for a supervisor: only these states, no reason, and the product's own code for the change."""
    if request.state is None:
        raise missing("state")
    wanted = ASKABLE.get(request.state)
    if wanted is None or wanted not in SUPERVISOR_ASKS:
        raise invalid("state")
    if request.reason_code_id is not None:
        raise invalid("reasonCodeId")
    if agent.state not in SUPERVISOR_ASKS[wanted]:
        raise ApiFailure(400, "Invalid State", "INVALID_STATE", agent_id)
    return SetAgentStateReq(
        peripheral_id=peripheral_id,
        agent_state=wanted,
        event_reason_code=0 if wanted is AgentState.AVAILABLE else SUPERVISOR_INITIATED,
        agent_id=agent_id,
        agent_password=password,
        agent_instrument=agent.extension,
    )


def _login_extension(request: UserRequest) -> str:
    if not request.extension:
        raise missing("extension")
    if not EXTENSION.fullmatch(request.extension):
        raise ApiFailure(400, "Bad Request", "INVALID_EXTENSION", request.extension)
    return request.extension


def _work_mode(mobile: MobileAgent | None) -> AgentWorkMode:
    """How a mobile agent is reached. Source: developer guide, User—Sign In as a Mobile Agent."""
    if mobile is None:
        return AgentWorkMode.UNSPECIFIED
    if not mobile.mode:
        raise missing("mode")
    if mobile.mode not in WORK_MODES:
        raise invalid("mode")
    if not mobile.dial_number:
        raise missing("dialNumber")
    return WORK_MODES[mobile.mode]


def _reason(request: UserRequest, reasons: Sequence[ReasonRecord]) -> int:
    if request.reason_code_id is None:
        return 0
    for record in reasons:
        if record.reason_id == request.reason_code_id and record.category == request.state:
            return record.code
    raise invalid("reasonCodeId")


def make_call(request: DialogRequest, agent: Agent, *, peripheral_id: int) -> MakeCallReq:
    """The CTI request for a new call. Raises ApiFailure."""
    if request.requested_action is None:
        raise missing("requestedAction")
    if request.requested_action != Action.MAKE_CALL:
        raise invalid("requestedAction")
    if not request.from_address:
        raise missing("fromAddress")
    if not request.to_address:
        raise missing("toAddress")
    if request.from_address == request.to_address:
        raise ApiFailure(400, "Invalid Destination", "INVALID_DESTINATION", request.to_address)
    if not agent.signed_in or request.from_address != agent.extension:
        raise invalid("fromAddress")
    variables, named = _call_data(request.call_variables)
    return MakeCallReq(
        peripheral_id=peripheral_id,
        agent_instrument=request.from_address,
        dialed_number=request.to_address,
        call_variables=variables,
        named_variables=named,
    )


def supervise(request: DialogRequest, agent: Agent, *, peripheral_id: int) -> SuperviseCallReq:
    """The CTI request of a supervisor who wants to hear an agent's call, or to join one that he hears.

    Whether the agent is one of his is checked elsewhere. Raises ApiFailure.
    """
    if not request.from_address:
        raise missing("fromAddress")
    if not request.to_address:
        raise missing("toAddress")
    if request.from_address == request.to_address:
        raise ApiFailure(400, "Invalid Destination", "INVALID_DESTINATION", request.to_address)
    if not agent.signed_in or request.from_address != agent.extension:
        raise invalid("fromAddress")
    heard_by = NULL_ID
    if request.requested_action == Action.BARGE_CALL:
        if not request.associated_dialog_uri:
            raise missing("associatedDialogUri")
        number = request.associated_dialog_uri.rpartition("/")[2]
        if not (number.isascii() and number.isdigit() and int(number) < NULL_ID):
            raise invalid("associatedDialogUri")
        heard_by = int(number)
    elif agent.state != AgentState.NOT_READY:
        raise ApiFailure(400, "Invalid State", "A supervisor must be NOT_READY to monitor", request.from_address)
    barges = request.requested_action == Action.BARGE_CALL
    return SuperviseCallReq(
        peripheral_id=peripheral_id,
        supervisor_connection_call_id=heard_by,
        supervisor_connection_device_id_type=STATIC,
        supervisory_action=SupervisoryAction.BARGE_IN if barges else SupervisoryAction.MONITOR,
        supervisor_connection_device_id=request.from_address,
        supervisor_instrument=request.from_address,
        agent_instrument=request.to_address,
        agent_extension=request.to_address,
    )


def act(
    request: DialogRequest, call: Call, agent: Agent, view: View, *, peripheral_id: int, supervisor: bool = False
) -> Message:
    """The CTI request for an action on a call. supervisor: of somebody who is one. Raises ApiFailure."""
    if request.requested_action is None:
        raise missing("requestedAction")
    if request.requested_action == Action.START_RECORDING:
        raise ApiFailure(501, "Not Implemented", "Recording is not supported in this deployment", str(call.call_id))
    make = _ACTIONS.get(request.requested_action)
    if make is None:
        raise invalid("requestedAction")
    if not request.target_media_address:
        if request.requested_action != Action.UPDATE_CALL_DATA:
            raise missing("targetMediaAddress")
        request = replace(request, target_media_address=agent.extension)  # it is not said whose data they are
    if request.requested_action == Action.PARTICIPANT_DROP:
        _check_drop_of_another(request, call, agent, supervisor=supervisor)
    elif not agent.signed_in or request.target_media_address != agent.extension:
        raise invalid("targetMediaAddress")
    return make(request, call, view, peripheral_id)


def _check_drop_of_another(request: DialogRequest, call: Call, agent: Agent, *, supervisor: bool) -> None:
    """Only a supervisor who takes part drops others, as `enableDropParticipantFor` has it by default."""
    if not supervisor:
        raise ApiFailure(401, "Authorization Failure", "UNAUTHORIZED", request.target_media_address or "")
    party = call.parties.get(request.target_media_address or "")
    if call.call_type != CallType.CONFERENCE or party is None or party.gone:
        raise ApiFailure(400, "Generic Error", "There is no such participant in a conference", str(call.call_id))


def _dtmf(request: DialogRequest, call: Call, view: View, peripheral_id: int) -> Message:
    digits = next((one.value or "" for one in request.action_params if one.name == "dtmfString"), "")
    if not digits:
        raise missing("dtmfString")
    if not DTMF.fullmatch(digits):
        raise invalid("dtmfString")
    own = call.parties.get(request.target_media_address or "")
    if own is not None and own.state == State.HOLD:
        raise ApiFailure(401, "Invalid State", "The call is held", request.target_media_address or "")
    return SendDtmfSignalReq(
        peripheral_id=peripheral_id,
        connection_call_id=call.call_id,
        connection_device_id_type=STATIC,
        connection_device_id=request.target_media_address,
        dtmf_string=digits,
        agent_instrument=request.target_media_address,
    )


def _transfer_at_once(request: DialogRequest, call: Call, view: View, peripheral_id: int) -> Message:
    if not request.to_address:
        raise missing("toAddress")
    device = request.target_media_address
    if request.to_address in call.parties:
        raise ApiFailure(400, "Invalid Destination", "INVALID_DESTINATION", request.to_address)
    own = call.parties.get(device or "")
    if own is None or own.state != State.CONNECT:
        raise ApiFailure(400, "Generic Error", f"INVALID_ACTION TRANSFER_SST on extension {device}", str(call.call_id))
    return TransferCallReq(
        peripheral_id=peripheral_id,
        active_connection_call_id=call.call_id,
        active_connection_device_id_type=STATIC,
        active_connection_device_id=device,
        agent_instrument=device,
        dialed_number=request.to_address,
    )


def _at_call(kind: type[AnswerCallReq | HoldCallReq | ClearConnectionReq]) -> _Maker:
    """What is asked of one call at one device, and says nothing else."""

    def made(request: DialogRequest, call: Call, view: View, peripheral_id: int) -> Message:
        return kind(
            peripheral_id=peripheral_id,
            connection_call_id=call.call_id,
            connection_device_id_type=STATIC,
            connection_device_id=request.target_media_address,
            agent_instrument=request.target_media_address,
        )

    return made


def _retrieve(request: DialogRequest, call: Call, view: View, peripheral_id: int) -> Message:
    return RetrieveCallReq(
        peripheral_id=peripheral_id,
        held_connection_call_id=call.call_id,
        held_connection_device_id_type=STATIC,
        held_connection_device_id=request.target_media_address,
        agent_instrument=request.target_media_address,
    )


def _consult(request: DialogRequest, call: Call, view: View, peripheral_id: int) -> Message:
    if not request.to_address:
        raise missing("toAddress")
    variables, named = _call_data(request.call_variables)
    return ConsultationCallReq(
        peripheral_id=peripheral_id,
        active_connection_call_id=call.call_id,
        active_connection_device_id_type=STATIC,
        active_connection_device_id=request.target_media_address,
        agent_instrument=request.target_media_address,
        dialed_number=request.to_address,
        call_variables=variables,
        named_variables=named,
    )


def _joined(kind: type[ConferenceCallReq | TransferCallReq]) -> _Maker:
    """What joins a device's held call and its active one."""

    def made(request: DialogRequest, call: Call, view: View, peripheral_id: int) -> Message:
        device = request.target_media_address or ""
        held, active = _held_and_active(device, call, view)
        return kind(
            peripheral_id=peripheral_id,
            held_connection_call_id=held.call_id,
            active_connection_call_id=active.call_id,
            held_connection_device_id_type=STATIC,
            active_connection_device_id_type=STATIC,
            held_connection_device_id=device,
            active_connection_device_id=device,
            agent_instrument=device,
        )

    return made


def _held_and_active(device: str, call: Call, view: View) -> tuple[Call, Call]:
    """The two calls to be joined: the one that is named, and the device's other one."""
    calls = view.calls_at(device)
    held = [one for one in calls if one.parties[device].state == State.HOLD]
    active = [one for one in calls if one.parties[device].state != State.HOLD]
    if not held or not active:
        raise ApiFailure(400, "Generic Error", "No other call to join", str(call.call_id))
    return (call if call in held else held[0]), (call if call in active else active[0])


def _data(request: DialogRequest, call: Call, view: View, peripheral_id: int) -> Message:
    variables, named = _call_data(request.call_variables)
    if not any(value is not None for value in variables) and not named and request.wrap_up_reason is None:
        raise missing("mediaProperties")
    return SetCallDataReq(
        peripheral_id=peripheral_id,
        connection_device_id_type=STATIC,
        connection_call_id=call.call_id,
        connection_device_id=request.target_media_address,
        call_variables=variables,
        call_wrapup_data=request.wrap_up_reason,
        named_variables=named,
    )


def _call_data(given: Sequence[CallVariable]) -> tuple[tuple[str | None, ...], tuple[NamedVariable, ...]]:
    variables: list[str | None] = [None] * 10
    named: list[NamedVariable] = []
    for variable in given:
        name, value = variable.name or "", variable.value or ""
        numbered = VARIABLE.fullmatch(name)
        if numbered:
            _check_text(name, value, VARIABLE_BYTES)
            variables[int(numbered.group(1)) - 1] = value
        elif name and len(name) <= NAME_BYTES and name.isascii():
            _check_text(name, value, VALUE_BYTES)
            named.append(NamedVariable(name, value))
        else:
            raise invalid("callvariables")
    return tuple(variables), tuple(named)


def _check_text(name: str, value: str, limit: int) -> None:
    """CTI strings are Latin-1, and their NUL counts."""
    try:
        size = len(value.encode("latin-1")) + 1
    except UnicodeEncodeError:
        raise invalid(name) from None
    if size > limit + 1:
        raise invalid(name)


_ACTIONS: Mapping[str, _Maker] = {
    Action.ANSWER: _at_call(AnswerCallReq),
    Action.HOLD: _at_call(HoldCallReq),
    Action.RETRIEVE: _retrieve,
    Action.DROP: _at_call(ClearConnectionReq),
    Action.CONSULT_CALL: _consult,
    Action.CONFERENCE: _joined(ConferenceCallReq),
    Action.TRANSFER: _joined(TransferCallReq),
    Action.UPDATE_CALL_DATA: _data,
    Action.SEND_DTMF: _dtmf,
    Action.TRANSFER_SST: _transfer_at_once,
    Action.PARTICIPANT_DROP: _at_call(ClearConnectionReq),
}
