"""Requests about devices and single calls that no desktop of ours sends: every one is answered as documented.

What Unified CCE does not do for a CTI client (deflect, predictive calls, recording, server services) is refused; see
`session` for how.
"""

from chaos.mock.cti_server import translate
from chaos.mock.cti_server.asking import ANY, CONTROL, DATA, Asking, BadRequest, Handlers, required
from chaos.mock.peripheral import Peripheral, Refused
from chaos.wire import ged188 as wire
from chaos.wire.ged188 import CallMask, ControlFailure, LineType, LocalConnectionState, Message, Status
from chaos.wire.ged188.control import Line

CALLS_AT_ONCE = 2
DTMF = frozenset("0123456789*#ABCDabcd,")


def _release(req: wire.ReleaseCallReq, peripheral: Peripheral, _: Asking) -> Message:
    _call(peripheral, req.connection_call_id)
    return wire.ReleaseCallConf(req.invoke_id)


def _bad_call(req: wire.BadCallReq, peripheral: Peripheral, _: Asking) -> Message:
    _call(peripheral, req.connection_call_id)
    return wire.BadCallConf(req.invoke_id)


def _register_variables(req: wire.RegisterVariablesReq, _: Peripheral, __: Asking) -> Message:
    return wire.RegisterVariablesConf(req.invoke_id)


def _report(req: wire.ClientEventReportReq, _: Peripheral, __: Asking) -> Message:
    if req.state > 2:
        raise BadRequest(Status.INVALID_OBJECT_STATE, f"state {req.state} is neither green, yellow nor red")
    required(req.object_name, "ObjectName")
    return wire.ClientEventReportConf(req.invoke_id)


def _alternate(req: wire.AlternateCallReq, peripheral: Peripheral, _: Asking) -> Message:
    calls = peripheral.calls
    device = required(req.active_connection_device_id or req.agent_instrument, "ActiveConnectionDeviceID")
    there = dict(calls.at(device))
    if there.get(req.active_connection_call_id) is not LocalConnectionState.CONNECT:
        raise Refused(ControlFailure.NO_ACTIVE_CALL, f"call {req.active_connection_call_id} is not active at {device}")
    other = there.get(req.other_connection_call_id)
    if other not in (LocalConnectionState.HOLD, LocalConnectionState.ALERTING):
        raise Refused(ControlFailure.NO_HELD_CALL, f"call {req.other_connection_call_id} neither waits nor rings there")
    calls.hold(req.active_connection_call_id, device)
    again = calls.retrieve if other is LocalConnectionState.HOLD else calls.answer
    again(req.other_connection_call_id, device)
    return wire.AlternateCallConf(req.invoke_id)


def _reconnect(req: wire.ReconnectCallReq, peripheral: Peripheral, _: Asking) -> Message:
    calls = peripheral.calls
    device = required(req.active_connection_device_id or req.agent_instrument, "ActiveConnectionDeviceID")
    if dict(calls.at(device)).get(req.held_connection_call_id) is not LocalConnectionState.HOLD:
        raise Refused(ControlFailure.NO_HELD_CALL, f"call {req.held_connection_call_id} is not held at {device}")
    calls.clear_connection(req.active_connection_call_id, device)
    calls.retrieve(req.held_connection_call_id, device)
    return wire.ReconnectCallConf(req.invoke_id)


def _deflect(req: wire.DeflectCallReq, _: Peripheral, __: Asking) -> Message:
    raise Refused(ControlFailure.UNRECOGNISED_OPERATION, "calls are not deflected")


def _dtmf(req: wire.SendDtmfSignalReq, peripheral: Peripheral, _: Asking) -> Message:
    device = required(req.connection_device_id or req.agent_instrument, "ConnectionDeviceID")
    digits = required(req.dtmf_string, "DTMFString")
    if not DTMF.issuperset(digits):
        raise BadRequest(Status.INVALID_DIGITS, f"{digits!r} has something that is no tone")
    _call(peripheral, req.connection_call_id)
    if dict(peripheral.calls.at(device)).get(req.connection_call_id) is not LocalConnectionState.CONNECT:
        raise Refused(ControlFailure.NO_ACTIVE_CALL, f"call {req.connection_call_id} is not active at {device}")
    return wire.SendDtmfSignalConf(req.invoke_id)


def _device_info(req: wire.QueryDeviceInfoReq, peripheral: Peripheral, _: Asking) -> Message:
    device = required(req.agent_instrument, "AgentInstrument")
    if device not in peripheral.calls.devices:
        raise Refused(ControlFailure.INVALID_DEVICE_ID, f"no phone {device!r}")
    return wire.QueryDeviceInfoConf(
        req.invoke_id,
        peripheral_type=peripheral.config.peripheral_type,
        max_active_calls=1,
        max_held_calls=CALLS_AT_ONCE,
        make_call_setup=int(wire.AgentMask.NOT_READY | wire.AgentMask.AVAILABLE),
        call_events_supported=int(sum(translate.CALL_BITS.values(), CallMask(0))),
        lines=(Line(line_handle=1, line_type=LineType.INBOUND_ACD),),
    )


def _call(peripheral: Peripheral, call_id: int) -> None:
    if peripheral.calls.get(call_id) is None:
        raise Refused(ControlFailure.INVALID_CALL_ID, f"no call {call_id}")


HANDLERS: Handlers = {
    wire.ReleaseCallReq: (DATA, _release),
    wire.BadCallReq: (CONTROL, _bad_call),
    wire.RegisterVariablesReq: (ANY, _register_variables),
    wire.ClientEventReportReq: (ANY, _report),
    wire.AlternateCallReq: (CONTROL, _alternate),
    wire.ReconnectCallReq: (CONTROL, _reconnect),
    wire.DeflectCallReq: (CONTROL, _deflect),
    wire.SendDtmfSignalReq: (CONTROL, _dtmf),
    wire.QueryDeviceInfoReq: (ANY, _device_info),
}
