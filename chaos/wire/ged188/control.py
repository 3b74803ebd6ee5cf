"""Requests about calls and devices beyond the everyday ones of `requests`, and their confirmations.

Source: CTI Server Message Reference Guide (protocol 24), "Application Level Interfaces", call data update, client
control and server services.
"""

# ruff: noqa: RUF009 – the calls return dataclass fields, which is how a class body becomes the wire table.

from dataclasses import KW_ONLY, dataclass
from typing import ClassVar

from chaos.wire.ged188.catalogue import MessageType, Tag
from chaos.wire.ged188.events import Connection, Device
from chaos.wire.ged188.fields import (
    Message,
    NamedArray,
    NamedVariable,
    b2,
    count,
    entries,
    named_arrays,
    named_variables,
    number,
    raw,
    string,
    u2,
    u4,
    variables,
)
from chaos.wire.ged188.requests import AboutConnection, NewConnection, Taken
from chaos.wire.ged188.values import (
    NONE_16,
    NULL_ID,
    CallType,
    ConnectionDeviceIdType,
    DeviceIdType,
    LineType,
    PeripheralType,
)


@dataclass(frozen=True, slots=True)
class ReleaseCallReq(Message):
    """The client has no more to do with the call's data. The device id type stands before the call id here."""

    TYPE: ClassVar[int] = MessageType.RELEASE_CALL_REQ

    invoke_id: int = u4()
    peripheral_id: int = u4(NULL_ID)
    connection_device_id_type: Connection = u2(NONE_16, ConnectionDeviceIdType)
    connection_call_id: int = u4(NULL_ID)
    _: KW_ONLY
    connection_device_id: str | None = string(Tag.CONNECTION_DEVID, 64)


@dataclass(frozen=True, slots=True)
class ReleaseCallConf(Taken):
    TYPE: ClassVar[int] = MessageType.RELEASE_CALL_CONF


@dataclass(frozen=True, slots=True)
class BadCallReq(Message):
    """The agent complains of the line. The device id type stands before the call id here."""

    TYPE: ClassVar[int] = MessageType.BAD_CALL_REQ

    invoke_id: int = u4()
    peripheral_id: int = u4(NULL_ID)
    connection_device_id_type: Connection = u2(NONE_16, ConnectionDeviceIdType)
    connection_call_id: int = u4(NULL_ID)
    _: KW_ONLY
    connection_device_id: str | None = string(Tag.CONNECTION_DEVID, 64)
    agent_id: str | None = string(Tag.AGENT_ID, 12, alias=Tag.AGENT_ID_LONG)


@dataclass(frozen=True, slots=True)
class BadCallConf(Taken):
    TYPE: ClassVar[int] = MessageType.BAD_CALL_CONF


@dataclass(frozen=True, slots=True)
class AlternateCallReq(Message):
    """Hold the active call, and retrieve or answer the other one."""

    TYPE: ClassVar[int] = MessageType.ALTERNATE_CALL_REQ

    invoke_id: int = u4()
    peripheral_id: int = u4(NULL_ID)
    active_connection_call_id: int = u4(NULL_ID)
    other_connection_call_id: int = u4(NULL_ID)
    active_connection_device_id_type: Connection = u2(NONE_16, ConnectionDeviceIdType)
    other_connection_device_id_type: Connection = u2(NONE_16, ConnectionDeviceIdType)
    _: KW_ONLY
    active_connection_device_id: str | None = string(Tag.ACTIVE_CONN_DEVID, 64)
    other_connection_device_id: str | None = string(Tag.OTHER_CONN_DEVID, 64)
    agent_instrument: str | None = string(Tag.AGENT_INSTRUMENT, 64)


@dataclass(frozen=True, slots=True)
class AlternateCallConf(Taken):
    TYPE: ClassVar[int] = MessageType.ALTERNATE_CALL_CONF


@dataclass(frozen=True, slots=True)
class ReconnectCallReq(Message):
    """Clear the active call, and retrieve the held one."""

    TYPE: ClassVar[int] = MessageType.RECONNECT_CALL_REQ

    invoke_id: int = u4()
    peripheral_id: int = u4(NULL_ID)
    active_connection_call_id: int = u4(NULL_ID)
    held_connection_call_id: int = u4(NULL_ID)
    active_connection_device_id_type: Connection = u2(NONE_16, ConnectionDeviceIdType)
    held_connection_device_id_type: Connection = u2(NONE_16, ConnectionDeviceIdType)
    _: KW_ONLY
    active_connection_device_id: str | None = string(Tag.ACTIVE_CONN_DEVID, 64)
    held_connection_device_id: str | None = string(Tag.HELD_CONN_DEVID, 64)
    agent_instrument: str | None = string(Tag.AGENT_INSTRUMENT, 64)


@dataclass(frozen=True, slots=True)
class ReconnectCallConf(Taken):
    TYPE: ClassVar[int] = MessageType.RECONNECT_CALL_CONF


@dataclass(frozen=True, slots=True)
class DeflectCallReq(AboutConnection):
    """Send a ringing call on to another device."""

    TYPE: ClassVar[int] = MessageType.DEFLECT_CALL_REQ

    called_device_type: Device = u2(NONE_16, DeviceIdType)
    _: KW_ONLY
    connection_device_id: str | None = string(Tag.CONNECTION_DEVID, 64)
    called_device_id: str | None = string(Tag.CALLED_DEVID, 64)
    agent_instrument: str | None = string(Tag.AGENT_INSTRUMENT, 64)


@dataclass(frozen=True, slots=True)
class DeflectCallConf(Taken):
    TYPE: ClassVar[int] = MessageType.DEFLECT_CALL_CONF


@dataclass(frozen=True, slots=True)
class SendDtmfSignalReq(AboutConnection):
    """tone_duration, pause_duration: milliseconds, 0 for the switch's own."""

    TYPE: ClassVar[int] = MessageType.SEND_DTMF_SIGNAL_REQ

    tone_duration: int = u2()
    pause_duration: int = u4()
    _: KW_ONLY
    connection_device_id: str | None = string(Tag.CONNECTION_DEVID, 64)
    dtmf_string: str | None = string(Tag.DTMF_STRING, 32)
    agent_instrument: str | None = string(Tag.AGENT_INSTRUMENT, 64)


@dataclass(frozen=True, slots=True)
class SendDtmfSignalConf(Taken):
    TYPE: ClassVar[int] = MessageType.SEND_DTMF_SIGNAL_CONF


@dataclass(frozen=True, slots=True)
class MakePredictiveCallReq(Message):
    TYPE: ClassVar[int] = MessageType.MAKE_PREDICTIVE_CALL_REQ

    invoke_id: int = u4()
    peripheral_id: int = u4(NULL_ID)
    call_placement_type: int = u2()
    call_manner_type: int = u2()
    alert_rings: int = u2()
    call_option: int = u2()
    facility_type: int = u2()
    answering_machine: int = u2()
    priority: bool = b2()
    allocation_state: int = u2()
    destination_country: int = u2()
    answer_detect_mode: int = u2()
    answer_detect_time: int = u2()
    answer_detect_control1: int = u4()
    answer_detect_control2: int = u4()
    num_named_variables: int | None = count("named_variables")
    num_named_arrays: int | None = count("named_arrays")
    _: KW_ONLY
    originating_device_id: str | None = string(Tag.ORIGINATING_DEVID, 64)
    dialed_number: str | None = string(Tag.DIALED_NUMBER, 40)
    originating_line_id: str | None = string(Tag.ORIGINATING_LINE_ID, 40)
    uui: bytes | None = raw(Tag.UUI, 131)
    call_variables: tuple[str | None, ...] = variables()
    call_wrapup_data: str | None = string(Tag.CALL_WRAPUP_DATA, 40)
    named_variables: tuple[NamedVariable, ...] = named_variables()
    named_arrays: tuple[NamedArray, ...] = named_arrays()
    facility_code: str | None = string(Tag.FACILITY_CODE, 40)
    authorization_code: str | None = string(Tag.AUTHORIZATION_CODE, 40)
    account_code: str | None = string(Tag.ACCOUNT_CODE, 40)
    call_control_table: str | None = string(Tag.CALL_CONTROL_TABLE, 4)


@dataclass(frozen=True, slots=True)
class MakePredictiveCallConf(NewConnection):
    TYPE: ClassVar[int] = MessageType.MAKE_PREDICTIVE_CALL_CONF


@dataclass(frozen=True, slots=True)
class QueryDeviceInfoReq(Message):
    TYPE: ClassVar[int] = MessageType.QUERY_DEVICE_INFO_REQ

    invoke_id: int = u4()
    peripheral_id: int = u4(NULL_ID)
    reserved: int = u2()
    _: KW_ONLY
    agent_instrument: str | None = string(Tag.AGENT_INSTRUMENT, 64)


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a device."""

    _: KW_ONLY
    line_handle: int | None = number(Tag.LINE_HANDLE, "H")
    line_type: LineType | int | None = number(Tag.LINE_TYPE, "H", LineType)


@dataclass(frozen=True, slots=True)
class QueryDeviceInfoConf(Message):
    """What a device can do. max_…: 0xFFFF for not known. The last five are masks."""

    TYPE: ClassVar[int] = MessageType.QUERY_DEVICE_INFO_CONF

    invoke_id: int = u4()
    peripheral_type: PeripheralType | int = u2(PeripheralType.NONE, PeripheralType)
    type_of_device: int = u2()
    class_of_device: int = u2()
    num_lines: int | None = count("lines")
    reserved: int = u2()
    max_active_calls: int = u2(NONE_16)
    max_held_calls: int = u2(NONE_16)
    max_devices_in_conference: int = u2(NONE_16)
    make_call_setup: int = u4()
    transfer_conference_setup: int = u4()
    call_events_supported: int = u4()
    call_control_supported: int = u4()
    other_features_supported: int = u4()
    _: KW_ONLY
    lines: tuple[Line, ...] = entries(Line, 10)


@dataclass(frozen=True, slots=True)
class SetDeviceAttributesReq(Message):
    TYPE: ClassVar[int] = MessageType.SET_DEVICE_ATTRIBUTES_REQ

    invoke_id: int = u4()
    peripheral_id: int = u4(NULL_ID)
    service_number: int = u4(NULL_ID)
    service_id: int = u4(NULL_ID)
    skill_group_number: int = u4(NULL_ID)
    skill_group_id: int = u4(NULL_ID)
    skill_group_priority: int = u2()
    call_type: CallType | int = u2(NONE_16, CallType)
    calling_device_type: Device = u2(NONE_16, DeviceIdType)
    _: KW_ONLY
    calling_device_id: str | None = string(Tag.CALLING_DEVID, 64)


@dataclass(frozen=True, slots=True)
class SetDeviceAttributesConf(Taken):
    TYPE: ClassVar[int] = MessageType.SET_DEVICE_ATTRIBUTES_CONF


@dataclass(frozen=True, slots=True)
class AgentGreetingControlReq(Message):
    """agent_action: 0 stop the greeting that plays, 1 disable greetings, 2 enable them."""

    TYPE: ClassVar[int] = MessageType.AGENT_GREETING_CONTROL_REQ

    invoke_id: int = u4()
    peripheral_id: int = u4(NULL_ID)
    agent_action: int = u2()
    _: KW_ONLY
    agent_id: str | None = string(Tag.AGENT_ID, 12, alias=Tag.AGENT_ID_LONG)


@dataclass(frozen=True, slots=True)
class AgentGreetingControlConf(Taken):
    TYPE: ClassVar[int] = MessageType.AGENT_GREETING_CONTROL_CONF


@dataclass(frozen=True, slots=True)
class SetAppDataReq(Message):
    """Data of the application that handles the call. Most of its fields are documented by name only, and are kept."""

    TYPE: ClassVar[int] = MessageType.SET_APP_DATA_REQ

    invoke_id: int = u4()
    _: KW_ONLY
    call_type_id: int | None = number(Tag.CALL_TYPE_ID, "I")
    pre_call_invoke_id: int | None = number(Tag.PRE_CALL_INVOKE_ID, "I")


@dataclass(frozen=True, slots=True)
class SetAppDataConf(Taken):
    TYPE: ClassVar[int] = MessageType.SET_APP_DATA_CONF


@dataclass(frozen=True, slots=True)
class RegisterVariablesReq(Message):
    """Which call variables the client wants to hear of. call_variable_mask: bit 0 is variable 1."""

    TYPE: ClassVar[int] = MessageType.REGISTER_VARIABLES_REQ

    invoke_id: int = u4()
    call_variable_mask: int = u2()
    num_named_variables: int | None = count("named_variables")
    num_named_arrays: int | None = count("named_arrays")
    _: KW_ONLY
    named_variables: tuple[NamedVariable, ...] = named_variables()
    named_arrays: tuple[NamedArray, ...] = named_arrays()


@dataclass(frozen=True, slots=True)
class RegisterVariablesConf(Taken):
    TYPE: ClassVar[int] = MessageType.REGISTER_VARIABLES_CONF


@dataclass(frozen=True, slots=True)
class RegisterServiceReq(Message):
    TYPE: ClassVar[int] = MessageType.REGISTER_SERVICE_REQ

    invoke_id: int = u4()
    server_mode: int = u2()
    _: KW_ONLY
    service_name: str | None = string(Tag.SERVICE_NAME, 64)


@dataclass(frozen=True, slots=True)
class RegisterServiceConf(Message):
    TYPE: ClassVar[int] = MessageType.REGISTER_SERVICE_CONF

    invoke_id: int = u4()
    registered_service_id: int = u4()


@dataclass(frozen=True, slots=True)
class UnregisterServiceReq(Message):
    TYPE: ClassVar[int] = MessageType.UNREGISTER_SERVICE_REQ

    invoke_id: int = u4()
    registered_service_id: int = u4()


@dataclass(frozen=True, slots=True)
class UnregisterServiceConf(Taken):
    TYPE: ClassVar[int] = MessageType.UNREGISTER_SERVICE_CONF


@dataclass(frozen=True, slots=True)
class StartRecordingReq(Message):
    TYPE: ClassVar[int] = MessageType.START_RECORDING_REQ

    invoke_id: int = u4()
    peripheral_id: int = u4(NULL_ID)
    connection_call_id: int = u4(NULL_ID)
    client_port: int = u4()
    bit_rate: int = u4()
    packet_size: int = u4()
    connection_device_id_type: Connection = u2(NONE_16, ConnectionDeviceIdType)
    direction: int = u2()
    rtp_type: int = u2()
    echo_cancellation: bool = b2()
    payload_type: int = u2()
    _: KW_ONLY
    connection_device_id: str | None = string(Tag.CONNECTION_DEVID, 64)
    client_address: str | None = string(Tag.CLIENT_ADDRESS, 64)
    agent_extension: str | None = string(Tag.AGENT_EXTENSION, 16)
    agent_id: str | None = string(Tag.AGENT_ID, 12, alias=Tag.AGENT_ID_LONG)
    agent_instrument: str | None = string(Tag.AGENT_INSTRUMENT, 64)


@dataclass(frozen=True, slots=True)
class StartRecordingConf(Message):
    TYPE: ClassVar[int] = MessageType.START_RECORDING_CONF

    invoke_id: int = u4()
    session_id: int = u4()
    server_data: int = u4()
    _: KW_ONLY
    client_id: str | None = string(Tag.CLIENT_ID, 64)
    client_address: str | None = string(Tag.CLIENT_ADDRESS, 64)


@dataclass(frozen=True, slots=True)
class StopRecordingReq(Message):
    TYPE: ClassVar[int] = MessageType.STOP_RECORDING_REQ

    invoke_id: int = u4()
    peripheral_id: int = u4(NULL_ID)
    connection_call_id: int = u4(NULL_ID)
    client_port: int = u4()
    session_id: int = u4()
    server_data: int = u4()
    connection_device_id_type: Connection = u2(NONE_16, ConnectionDeviceIdType)
    direction: int = u2()
    _: KW_ONLY
    connection_device_id: str | None = string(Tag.CONNECTION_DEVID, 64)
    client_address: str | None = string(Tag.CLIENT_ADDRESS, 64)
    agent_extension: str | None = string(Tag.AGENT_EXTENSION, 16)
    agent_id: str | None = string(Tag.AGENT_ID, 12, alias=Tag.AGENT_ID_LONG)
    agent_instrument: str | None = string(Tag.AGENT_INSTRUMENT, 64)


@dataclass(frozen=True, slots=True)
class StopRecordingConf(Taken):
    TYPE: ClassVar[int] = MessageType.STOP_RECORDING_CONF
