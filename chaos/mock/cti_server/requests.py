"""What a server answers to each request of an open session. Sockets and sessions are elsewhere."""

from collections.abc import Mapping
from typing import Any

from chaos.mock.cti_server import counting, devices, supervising, translate
from chaos.mock.cti_server.asking import (
    ANY,
    CONTROL,
    DATA,
    STATE_CONTROL,
    Asking,
    BadRequest,
    Handlers,
    agent_named,
    answered,
    required,
)
from chaos.mock.peripheral import CallData, CallSnapshot, ConnectionId, Peripheral, Refused
from chaos.wire import ged188 as wire
from chaos.wire.ged188 import AgentState, AgentWorkMode, ControlFailure, ForcedFlag, Message, NamedVariable, Status
from chaos.wire.ged188.values import NULL_ID

NAMED_MAX = 2000
NAME_MAX, VALUE_MAX = 32, 210


def answer(request: Any, peripheral: Peripheral, asking: Asking) -> Message:
    """Carry out a request and return the confirmation, which may be a refusal. Events go their own way."""
    needed, handle = HANDLERS[type(request)]
    peripheral_id = peripheral.config.peripheral_id
    return answered(request, needed, asking.services, peripheral_id, lambda: handle(request, peripheral, asking))


def formed_before(call: CallSnapshot | None, asking: Asking) -> bool:
    """Is it a conference that is older than the session that asks?"""
    return call is not None and call.conferenced_at is not None and call.conferenced_at <= asking.opened_at


# Agents


def _set_agent_state(req: wire.SetAgentStateReq, peripheral: Peripheral, asking: Asking) -> Message:
    agents = peripheral.agents
    if not isinstance(req.agent_work_mode, AgentWorkMode):
        raise BadRequest(Status.INVALID_AGENT_WORK_MODE, f"no work mode {req.agent_work_mode}")
    if req.agent_state is AgentState.LOGIN:
        agent_id = required(req.agent_id, "AgentID")
        password = None if req.sso_enabled else required(req.agent_password, "AgentPassword", empty=True)
        if req.forced_flag is ForcedFlag.AUTHENTICATE_ONLY:
            agents.authenticate(agent_id, password)
        else:
            device = required(req.agent_instrument, "AgentInstrument")
            agents.login(agent_id, password, device, client=asking.client)
    elif not isinstance(req.agent_state, AgentState) or req.forced_flag is ForcedFlag.AUTHENTICATE_ONLY:
        raise Refused(ControlFailure.INVALID_PARAMETER, f"{req.agent_state!r} with {req.forced_flag!r}")
    else:
        if req.agent_state is AgentState.LOGOUT:
            required(req.agent_id, "AgentID")
        agent = agent_named(peripheral, req.agent_id, req.agent_instrument, None)
        forced = req.forced_flag is ForcedFlag.FORCE
        agents.set_state(agent.agent_id, req.agent_state, req.event_reason_code, forced=forced)
    return wire.SetAgentStateConf(req.invoke_id)


def _query_agent_state(req: wire.QueryAgentStateReq, peripheral: Peripheral, _: Asking) -> Message:
    if not (req.agent_id or req.agent_extension or req.agent_instrument):
        by_number = [agent for agent in peripheral.agents.all() if agent.number == req.icm_agent_id]
        if by_number:
            return translate.agent_state(req.invoke_id, by_number[0], view(peripheral))
    agent = agent_named(peripheral, req.agent_id, req.agent_instrument, req.agent_extension)
    return translate.agent_state(req.invoke_id, agent, view(peripheral))


# Calls


def _make_call(req: wire.MakeCallReq, peripheral: Peripheral, _: Asking) -> Message:
    device = required(req.agent_instrument, "AgentInstrument")
    number = required(req.dialed_number, "DialedNumber")
    if peripheral.agents.at(device) is None:
        raise Refused(ControlFailure.INVALID_CALLING_DEVICE, f"nobody is signed in at {device!r}")
    made = peripheral.calls.make(device, number, _data(req))
    return wire.MakeCallConf(req.invoke_id, **_new_connection(made))


def _consult(req: wire.ConsultationCallReq, peripheral: Peripheral, _: Asking) -> Message:
    device = required(req.active_connection_device_id or req.agent_instrument, "ActiveConnectionDeviceID")
    number = required(req.dialed_number, "DialedNumber")
    made = peripheral.calls.consult(req.active_connection_call_id, device, number, _data(req))
    return wire.ConsultationCallConf(req.invoke_id, **_new_connection(made))


def _conference(req: wire.ConferenceCallReq, peripheral: Peripheral, _: Asking) -> Message:
    made = peripheral.calls.conference(req.held_connection_call_id, req.active_connection_call_id, _controller(req))
    return wire.ConferenceCallConf(req.invoke_id, **_new_connection(made), parties=_parties(peripheral, made))


def _transfer(req: wire.TransferCallReq, peripheral: Peripheral, _: Asking) -> Message:
    """With a number instead of a held call, in a single step."""
    if req.held_connection_call_id == NULL_ID and req.dialed_number:
        made = peripheral.calls.transfer_at_once(req.active_connection_call_id, _controller(req), req.dialed_number)
        return wire.TransferCallConf(req.invoke_id, **_new_connection(made), parties=_parties(peripheral, made))
    made = peripheral.calls.transfer(req.held_connection_call_id, req.active_connection_call_id, _controller(req))
    return wire.TransferCallConf(req.invoke_id, **_new_connection(made), parties=_parties(peripheral, made))


def _controller(req: wire.ConferenceCallReq | wire.TransferCallReq) -> str:
    device = req.agent_instrument or req.active_connection_device_id or req.held_connection_device_id
    return required(device, "ActiveConnectionDeviceID")


def _answer_call(req: wire.AnswerCallReq, peripheral: Peripheral, _: Asking) -> Message:
    peripheral.calls.answer(req.connection_call_id, _device(req))
    return wire.AnswerCallConf(req.invoke_id)


def _hold(req: wire.HoldCallReq, peripheral: Peripheral, asking: Asking) -> Message:
    _check_phone(peripheral, req.connection_call_id, _device(req), "hold", asking)
    peripheral.calls.hold(req.connection_call_id, _device(req))
    return wire.HoldCallConf(req.invoke_id)


def _retrieve(req: wire.RetrieveCallReq, peripheral: Peripheral, asking: Asking) -> Message:
    device = required(req.held_connection_device_id or req.agent_instrument, "HeldConnectionDeviceID")
    _check_phone(peripheral, req.held_connection_call_id, device, "retrieve", asking)
    peripheral.calls.retrieve(req.held_connection_call_id, device)
    return wire.RetrieveCallConf(req.invoke_id)


def _clear_connection(req: wire.ClearConnectionReq, peripheral: Peripheral, asking: Asking) -> Message:
    _check_phone(peripheral, req.connection_call_id, _device(req), "drop", asking)
    peripheral.calls.clear_connection(req.connection_call_id, _device(req))
    return wire.ClearConnectionConf(req.invoke_id)


def _clear_call(req: wire.ClearCallReq, peripheral: Peripheral, asking: Asking) -> Message:
    _check_phone(peripheral, req.connection_call_id, _device(req), "drop", asking)
    peripheral.calls.clear_call(req.connection_call_id, _device(req))
    return wire.ClearCallConf(req.invoke_id)


def _check_phone(peripheral: Peripheral, call_id: int, device: str, act: str, asking: Asking) -> None:
    """Raises Refused: the telephone does not work on a conference since a session was opened, by anybody."""
    call = peripheral.calls.get(call_id)
    since = call.conferenced_at if call is not None else None
    if since is None or since > peripheral.last_session_at:
        return
    if not asking.defects.phone_works(call_id, device, act):
        raise Refused(ControlFailure.OPERATION_REJECTION, f"{act} of call {call_id}")


def _set_call_data(req: wire.SetCallDataReq, peripheral: Peripheral, _: Asking) -> Message:
    call = peripheral.calls.get(req.connection_call_id)
    _check_named(dict(call.data.named) if call else {}, req.named_variables)
    peripheral.calls.set_data(
        req.connection_call_id,
        _variables(req.call_variables),
        wrap_up=req.call_wrapup_data,
        named={variable.name: variable.value for variable in req.named_variables},
    )
    return wire.SetCallDataConf(req.invoke_id)


# Snapshots


def _snapshot_call(req: wire.SnapshotCallReq, peripheral: Peripheral, asking: Asking) -> Message:
    call = peripheral.calls.get(req.connection_call_id)
    if call is None:
        raise Refused(ControlFailure.INVALID_CALL_ID, f"no call {req.connection_call_id}")
    # CTI-11: of a conference that is older than the session, parties whose device is no agent's are not told.
    shown = [party for party in call.parties if party.known or not formed_before(call, asking)]
    return translate.call_snapshot(req.invoke_id, call, shown, view(peripheral))


def _snapshot_device(req: wire.SnapshotDeviceReq, peripheral: Peripheral, _: Asking) -> Message:
    device = required(req.agent_instrument, "AgentInstrument")
    if device not in peripheral.calls.devices:
        raise Refused(ControlFailure.INVALID_DEVICE_ID, f"no phone {device!r}")
    return translate.device_snapshot(req.invoke_id, device, peripheral.calls.at(device))


def view(peripheral: Peripheral) -> translate.View:
    """What translations need to know of the peripheral now."""
    return translate.View(peripheral)


# Fields


def _device(req: wire.AnswerCallReq | wire.HoldCallReq | wire.ClearConnectionReq | wire.ClearCallReq) -> str:
    return required(req.connection_device_id or req.agent_instrument, "ConnectionDeviceID")


def _variables(values: tuple[str | None, ...]) -> dict[int, str]:
    return {number: value for number, value in enumerate(values, 1) if value is not None}


def _data(req: wire.MakeCallReq | wire.ConsultationCallReq) -> CallData | None:
    _check_named({}, req.named_variables)
    named = {variable.name: variable.value for variable in req.named_variables}
    variables = _variables(req.call_variables)
    if not (variables or named or req.call_wrapup_data):
        return None
    return CallData().changed(variables, wrap_up=req.call_wrapup_data, named=named)


def _check_named(had: Mapping[str, str], news: tuple[NamedVariable, ...]) -> None:
    if any(len(variable.name) > NAME_MAX or len(variable.value) > VALUE_MAX for variable in news):
        raise BadRequest(Status.VALUE_TOO_LONG, "a named variable is too long")
    merged = {**had, **{variable.name: variable.value for variable in news}}
    if sum(len(name) + len(value) + 2 for name, value in merged.items()) > NAMED_MAX:
        raise BadRequest(Status.TOO_MUCH_DATA, f"more than {NAMED_MAX} bytes of named variables")


def _new_connection(made: ConnectionId) -> dict[str, Any]:
    return {
        "new_connection_call_id": made.call_id,
        "new_connection_device_id_type": translate.STATIC,
        "new_connection_device_id": made.device,
    }


def _parties(peripheral: Peripheral, made: ConnectionId) -> tuple[wire.Party, ...]:
    call = peripheral.calls.get(made.call_id)
    return translate.parties(made.call_id, [party.device for party in call.parties]) if call else ()


HANDLERS: Handlers = {
    wire.SetAgentStateReq: (STATE_CONTROL, _set_agent_state),
    wire.QueryAgentStateReq: (ANY, _query_agent_state),
    wire.MakeCallReq: (CONTROL, _make_call),
    wire.AnswerCallReq: (CONTROL, _answer_call),
    wire.HoldCallReq: (CONTROL, _hold),
    wire.RetrieveCallReq: (CONTROL, _retrieve),
    wire.ClearConnectionReq: (CONTROL, _clear_connection),
    wire.ClearCallReq: (CONTROL, _clear_call),
    wire.ConsultationCallReq: (CONTROL, _consult),
    wire.ConferenceCallReq: (CONTROL, _conference),
    wire.TransferCallReq: (CONTROL, _transfer),
    wire.SetCallDataReq: (DATA, _set_call_data),
    wire.SnapshotCallReq: (ANY, _snapshot_call),
    wire.SnapshotDeviceReq: (ANY, _snapshot_device),
    **devices.HANDLERS,
    **counting.HANDLERS,
    **supervising.HANDLERS,
}
