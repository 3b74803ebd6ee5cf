"""Call requests and their confirmations, call data and snapshots.

Source: CTI Server Message Reference Guide (protocol 24), "Application Level Interfaces", client control and snapshots.
"""

# ruff: noqa: RUF009 – the calls return dataclass fields, which is how a class body becomes the wire table.

from dataclasses import KW_ONLY, dataclass
from typing import ClassVar

from chaos.wire.ged188.catalogue import MessageType, Tag
from chaos.wire.ged188.events import Connection, CtiClient, Device, Party, State
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
from chaos.wire.ged188.values import (
    NONE_16,
    NULL_ID,
    CallType,
    ConnectionDeviceIdType,
    DeviceIdType,
    LineType,
    LocalConnectionState,
)


@dataclass(frozen=True, slots=True)
class AboutConnection(Message):
    """A request about one connection of a call."""

    invoke_id: int = u4()
    peripheral_id: int = u4(NULL_ID)
    connection_call_id: int = u4(NULL_ID)
    connection_device_id_type: Connection = u2(NONE_16, ConnectionDeviceIdType)


@dataclass(frozen=True, slots=True)
class Taken(Message):
    """A confirmation that says nothing more than which request it is for."""

    invoke_id: int = u4()


@dataclass(frozen=True, slots=True)
class NewConnection(Message):
    """A confirmation that names the connection which the request made."""

    invoke_id: int = u4()
    new_connection_call_id: int = u4(NULL_ID)
    new_connection_device_id_type: Connection = u2(NONE_16, ConnectionDeviceIdType)
    line_handle: int = u2(NONE_16)
    line_type: LineType | int = u2(NONE_16, LineType)
    _: KW_ONLY
    new_connection_device_id: str | None = string(Tag.NEW_CONNECTION_DEVID, 64)


@dataclass(frozen=True, slots=True)
class _Joined(Message):
    """As NewConnection, with the parties of the joined call."""

    invoke_id: int = u4()
    new_connection_call_id: int = u4(NULL_ID)
    new_connection_device_id_type: Connection = u2(NONE_16, ConnectionDeviceIdType)
    num_parties: int | None = count("parties")
    line_handle: int = u2(NONE_16)
    line_type: LineType | int = u2(NONE_16, LineType)
    _: KW_ONLY
    new_connection_device_id: str | None = string(Tag.NEW_CONNECTION_DEVID, 64)
    parties: tuple[Party, ...] = entries(Party, 16)


@dataclass(frozen=True, slots=True)
class MakeCallReq(Message):
    """call_manner_type 2 (belligerent) from AVAILABLE makes the server force the agent to NOT_READY first."""

    TYPE: ClassVar[int] = MessageType.MAKE_CALL_REQ

    invoke_id: int = u4()
    peripheral_id: int = u4(NULL_ID)
    call_placement_type: int = u2()
    call_manner_type: int = u2()
    alert_rings: int = u2()
    call_option: int = u2()
    facility_type: int = u2()
    answering_machine: int = u2()
    priority: bool = b2()
    post_route: bool = b2()
    num_named_variables: int | None = count("named_variables")
    num_named_arrays: int | None = count("named_arrays")
    skill_group_number: int = u4(NULL_ID, since=14)
    _: KW_ONLY
    agent_instrument: str | None = string(Tag.AGENT_INSTRUMENT, 64)
    dialed_number: str | None = string(Tag.DIALED_NUMBER, 40)
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
class MakeCallConf(NewConnection):
    TYPE: ClassVar[int] = MessageType.MAKE_CALL_CONF


@dataclass(frozen=True, slots=True)
class AnswerCallReq(AboutConnection):
    TYPE: ClassVar[int] = MessageType.ANSWER_CALL_REQ

    _: KW_ONLY
    connection_device_id: str | None = string(Tag.CONNECTION_DEVID, 64)
    agent_instrument: str | None = string(Tag.AGENT_INSTRUMENT, 64)


@dataclass(frozen=True, slots=True)
class AnswerCallConf(Taken):
    TYPE: ClassVar[int] = MessageType.ANSWER_CALL_CONF


@dataclass(frozen=True, slots=True)
class ClearCallReq(AboutConnection):
    TYPE: ClassVar[int] = MessageType.CLEAR_CALL_REQ

    _: KW_ONLY
    connection_device_id: str | None = string(Tag.CONNECTION_DEVID, 64)
    agent_instrument: str | None = string(Tag.AGENT_INSTRUMENT, 64)


@dataclass(frozen=True, slots=True)
class ClearCallConf(Taken):
    TYPE: ClassVar[int] = MessageType.CLEAR_CALL_CONF


@dataclass(frozen=True, slots=True)
class ClearConnectionReq(AboutConnection):
    """The guide prints RequestingDeviceIDType among the fixed fields, too; it has a tag and is taken as floating."""

    TYPE: ClassVar[int] = MessageType.CLEAR_CONNECTION_REQ

    _: KW_ONLY
    connection_device_id: str | None = string(Tag.CONNECTION_DEVID, 64)
    agent_instrument: str | None = string(Tag.AGENT_INSTRUMENT, 64)
    requesting_device_id: str | None = string(Tag.REQUESTING_DEVICE_ID, 64)
    requesting_device_id_type: Device | None = number(Tag.REQUESTING_DEVICE_ID_TYPE, "H", DeviceIdType)


@dataclass(frozen=True, slots=True)
class ClearConnectionConf(Taken):
    TYPE: ClassVar[int] = MessageType.CLEAR_CONNECTION_CONF


@dataclass(frozen=True, slots=True)
class HoldCallReq(AboutConnection):
    TYPE: ClassVar[int] = MessageType.HOLD_CALL_REQ

    reservation: bool = b2()
    _: KW_ONLY
    connection_device_id: str | None = string(Tag.CONNECTION_DEVID, 64)
    agent_instrument: str | None = string(Tag.AGENT_INSTRUMENT, 64)


@dataclass(frozen=True, slots=True)
class HoldCallConf(Taken):
    TYPE: ClassVar[int] = MessageType.HOLD_CALL_CONF


@dataclass(frozen=True, slots=True)
class RetrieveCallReq(Message):
    TYPE: ClassVar[int] = MessageType.RETRIEVE_CALL_REQ

    invoke_id: int = u4()
    peripheral_id: int = u4(NULL_ID)
    held_connection_call_id: int = u4(NULL_ID)
    held_connection_device_id_type: Connection = u2(NONE_16, ConnectionDeviceIdType)
    _: KW_ONLY
    held_connection_device_id: str | None = string(Tag.HELD_CONN_DEVID, 64)
    agent_instrument: str | None = string(Tag.AGENT_INSTRUMENT, 64)


@dataclass(frozen=True, slots=True)
class RetrieveCallConf(Taken):
    TYPE: ClassVar[int] = MessageType.RETRIEVE_CALL_CONF


@dataclass(frozen=True, slots=True)
class ConsultationCallReq(Message):
    """consult_type: 0 unspecified, 1 transfer, 2 conference."""

    TYPE: ClassVar[int] = MessageType.CONSULTATION_CALL_REQ

    invoke_id: int = u4()
    peripheral_id: int = u4(NULL_ID)
    active_connection_call_id: int = u4(NULL_ID)
    active_connection_device_id_type: Connection = u2(NONE_16, ConnectionDeviceIdType)
    call_placement_type: int = u2()
    call_manner_type: int = u2()
    consult_type: int = u2()
    alert_rings: int = u2()
    call_option: int = u2()
    facility_type: int = u2()
    answering_machine: int = u2()
    priority: bool = b2()
    post_route: bool = b2()
    num_named_variables: int | None = count("named_variables")
    num_named_arrays: int | None = count("named_arrays")
    _: KW_ONLY
    active_connection_device_id: str | None = string(Tag.ACTIVE_CONN_DEVID, 64)
    dialed_number: str | None = string(Tag.DIALED_NUMBER, 40)
    agent_instrument: str | None = string(Tag.AGENT_INSTRUMENT, 64)
    uui: bytes | None = raw(Tag.UUI, 131)
    call_variables: tuple[str | None, ...] = variables()
    call_wrapup_data: str | None = string(Tag.CALL_WRAPUP_DATA, 40)
    named_variables: tuple[NamedVariable, ...] = named_variables()
    named_arrays: tuple[NamedArray, ...] = named_arrays()
    facility_code: str | None = string(Tag.FACILITY_CODE, 40)
    authorization_code: str | None = string(Tag.AUTHORIZATION_CODE, 40)
    account_code: str | None = string(Tag.ACCOUNT_CODE, 40)


@dataclass(frozen=True, slots=True)
class ConsultationCallConf(NewConnection):
    TYPE: ClassVar[int] = MessageType.CONSULTATION_CALL_CONF


@dataclass(frozen=True, slots=True)
class ConferenceCallReq(Message):
    """Joins the active with the held call; with `dialed_number` instead of a held call, a single-step conference."""

    TYPE: ClassVar[int] = MessageType.CONFERENCE_CALL_REQ

    invoke_id: int = u4()
    peripheral_id: int = u4(NULL_ID)
    held_connection_call_id: int = u4(NULL_ID)
    active_connection_call_id: int = u4(NULL_ID)
    held_connection_device_id_type: Connection = u2(NONE_16, ConnectionDeviceIdType)
    active_connection_device_id_type: Connection = u2(NONE_16, ConnectionDeviceIdType)
    call_placement_type: int = u2()
    call_manner_type: int = u2()
    alert_rings: int = u2()
    call_option: int = u2()
    facility_type: int = u2()
    answering_machine: int = u2()
    priority: bool = b2()
    post_route: bool = b2()
    num_named_variables: int | None = count("named_variables")
    num_named_arrays: int | None = count("named_arrays")
    _: KW_ONLY
    active_connection_device_id: str | None = string(Tag.ACTIVE_CONN_DEVID, 64)
    held_connection_device_id: str | None = string(Tag.HELD_CONN_DEVID, 64)
    agent_instrument: str | None = string(Tag.AGENT_INSTRUMENT, 64)
    dialed_number: str | None = string(Tag.DIALED_NUMBER, 40)
    uui: bytes | None = raw(Tag.UUI, 131)
    call_variables: tuple[str | None, ...] = variables()
    call_wrapup_data: str | None = string(Tag.CALL_WRAPUP_DATA, 40)
    named_variables: tuple[NamedVariable, ...] = named_variables()
    named_arrays: tuple[NamedArray, ...] = named_arrays()
    facility_code: str | None = string(Tag.FACILITY_CODE, 40)
    authorization_code: str | None = string(Tag.AUTHORIZATION_CODE, 40)
    account_code: str | None = string(Tag.ACCOUNT_CODE, 40)


@dataclass(frozen=True, slots=True)
class ConferenceCallConf(_Joined):
    TYPE: ClassVar[int] = MessageType.CONFERENCE_CALL_CONF


@dataclass(frozen=True, slots=True)
class TransferCallReq(Message):
    """As CONFERENCE_CALL_REQ, but with the active call first."""

    TYPE: ClassVar[int] = MessageType.TRANSFER_CALL_REQ

    invoke_id: int = u4()
    peripheral_id: int = u4(NULL_ID)
    active_connection_call_id: int = u4(NULL_ID)
    held_connection_call_id: int = u4(NULL_ID)
    active_connection_device_id_type: Connection = u2(NONE_16, ConnectionDeviceIdType)
    held_connection_device_id_type: Connection = u2(NONE_16, ConnectionDeviceIdType)
    call_placement_type: int = u2()
    call_manner_type: int = u2()
    alert_rings: int = u2()
    call_option: int = u2()
    facility_type: int = u2()
    answering_machine: int = u2()
    priority: bool = b2()
    post_route: bool = b2()
    num_named_variables: int | None = count("named_variables")
    num_named_arrays: int | None = count("named_arrays")
    _: KW_ONLY
    active_connection_device_id: str | None = string(Tag.ACTIVE_CONN_DEVID, 64)
    held_connection_device_id: str | None = string(Tag.HELD_CONN_DEVID, 64)
    agent_instrument: str | None = string(Tag.AGENT_INSTRUMENT, 64)
    dialed_number: str | None = string(Tag.DIALED_NUMBER, 40)
    uui: bytes | None = raw(Tag.UUI, 131)
    call_variables: tuple[str | None, ...] = variables()
    call_wrapup_data: str | None = string(Tag.CALL_WRAPUP_DATA, 40)
    named_variables: tuple[NamedVariable, ...] = named_variables()
    named_arrays: tuple[NamedArray, ...] = named_arrays()
    facility_code: str | None = string(Tag.FACILITY_CODE, 40)
    authorization_code: str | None = string(Tag.AUTHORIZATION_CODE, 40)
    account_code: str | None = string(Tag.ACCOUNT_CODE, 40)


@dataclass(frozen=True, slots=True)
class TransferCallConf(_Joined):
    TYPE: ClassVar[int] = MessageType.TRANSFER_CALL_CONF


@dataclass(frozen=True, slots=True)
class SetCallDataReq(Message):
    """Only the call variables that are not None are changed. The device id type stands before the call id here."""

    TYPE: ClassVar[int] = MessageType.SET_CALL_DATA_REQ

    invoke_id: int = u4()
    peripheral_id: int = u4(NULL_ID)
    connection_device_id_type: Connection = u2(NONE_16, ConnectionDeviceIdType)
    connection_call_id: int = u4(NULL_ID)
    num_named_variables: int | None = count("named_variables")
    num_named_arrays: int | None = count("named_arrays")
    call_type: CallType | int = u2(NONE_16, CallType)
    called_party_disposition: int = u2()
    campaign_id: int = u4()
    query_rule_id: int = u4()
    _: KW_ONLY
    connection_device_id: str | None = string(Tag.CONNECTION_DEVID, 64)
    ani: str | None = string(Tag.ANI, 40)
    ani_ii: bytes | None = raw(Tag.ANI_II, 255)
    uui: bytes | None = raw(Tag.UUI, 131)
    ced: str | None = string(Tag.CED, 40)
    call_variables: tuple[str | None, ...] = variables()
    call_wrapup_data: str | None = string(Tag.CALL_WRAPUP_DATA, 40)
    named_variables: tuple[NamedVariable, ...] = named_variables()
    named_arrays: tuple[NamedArray, ...] = named_arrays()
    customer_phone_number: str | None = string(Tag.CUSTOMER_PHONE_NUMBER, 20)
    customer_account_number: str | None = string(Tag.CUSTOMER_ACCOUNT_NUMBER, 32)
    router_call_key_day: int | None = number(Tag.ROUTER_CALL_KEY_DAY, "I")
    router_call_key_call_id: int | None = number(Tag.ROUTER_CALL_KEY_CALLID, "I")
    router_call_key_sequence_number: int | None = number(Tag.ROUTER_CALL_KEY_SEQUENCE_NUM, "I")
    call_originated_from: int | None = number(Tag.CALL_ORIGINATED_FROM, "B")


@dataclass(frozen=True, slots=True)
class SetCallDataConf(Taken):
    TYPE: ClassVar[int] = MessageType.SET_CALL_DATA_CONF


@dataclass(frozen=True, slots=True)
class SnapshotCallReq(AboutConnection):
    TYPE: ClassVar[int] = MessageType.SNAPSHOT_CALL_REQ

    _: KW_ONLY
    connection_device_id: str | None = string(Tag.CONNECTION_DEVID, 64)


@dataclass(frozen=True, slots=True)
class CallDevice:
    """A device that takes part in a call, and its connection to it."""

    _: KW_ONLY
    call_conn_call_id: int | None = number(Tag.CALL_CONN_CALLID, "I")
    call_conn_device_id_type: Connection | None = number(Tag.CALL_CONN_DEVID_TYPE, "H", ConnectionDeviceIdType)
    call_conn_device_id: str | None = string(Tag.CALL_CONN_DEVID, 64)
    call_device_id_type: Device | None = number(Tag.CALL_DEVID_TYPE, "H", DeviceIdType)
    call_device_id: str | None = string(Tag.CALL_DEVID, 64)
    call_device_conn_state: State | None = number(Tag.CALL_DEV_CONN_STATE, "H", LocalConnectionState)


@dataclass(frozen=True, slots=True)
class SnapshotCallConf(Message):
    TYPE: ClassVar[int] = MessageType.SNAPSHOT_CALL_CONF

    invoke_id: int = u4()
    call_type: CallType | int = u2(NONE_16, CallType)
    num_cti_clients: int | None = count("cti_clients")
    num_call_devices: int | None = count("call_devices")
    num_named_variables: int | None = count("named_variables")
    num_named_arrays: int | None = count("named_arrays")
    called_party_disposition: int = u2()
    _: KW_ONLY
    ani: str | None = string(Tag.ANI, 40)
    ani_ii: bytes | None = raw(Tag.ANI_II, 255)
    uui: bytes | None = raw(Tag.UUI, 131)
    dnis: str | None = string(Tag.DNIS, 32)
    dialed_number: str | None = string(Tag.DIALED_NUMBER, 40)
    ced: str | None = string(Tag.CED, 40)
    router_call_key_day: int | None = number(Tag.ROUTER_CALL_KEY_DAY, "I")
    router_call_key_call_id: int | None = number(Tag.ROUTER_CALL_KEY_CALLID, "I")
    router_call_key_sequence_number: int | None = number(Tag.ROUTER_CALL_KEY_SEQUENCE_NUM, "I")
    call_variables: tuple[str | None, ...] = variables()
    call_wrapup_data: str | None = string(Tag.CALL_WRAPUP_DATA, 40)
    named_variables: tuple[NamedVariable, ...] = named_variables()
    named_arrays: tuple[NamedArray, ...] = named_arrays()
    cti_clients: tuple[CtiClient, ...] = entries(CtiClient, 16)
    call_devices: tuple[CallDevice, ...] = entries(CallDevice, 16)
    call_reference_id: bytes | None = raw(Tag.CALL_REFERENCE_ID, 32, since=14)
    coc_connection_call_id: int | None = number(Tag.COC_CONNECTION_CALL_ID, "I")
    coc_connection_device_id_type: Connection | None = number(
        Tag.COC_CONNECTION_DEVICE_ID_TYPE, "H", ConnectionDeviceIdType
    )
    coc_connection_device_id: str | None = string(Tag.COC_CONNECTION_DEVICE_ID, 64)


@dataclass(frozen=True, slots=True)
class SnapshotDeviceReq(Message):
    TYPE: ClassVar[int] = MessageType.SNAPSHOT_DEVICE_REQ

    invoke_id: int = u4()
    peripheral_id: int = u4(NULL_ID)
    snapshot_device_type: Device = u2(DeviceIdType.DEVICE, DeviceIdType)
    _: KW_ONLY
    agent_instrument: str | None = string(Tag.AGENT_INSTRUMENT, 64)


@dataclass(frozen=True, slots=True)
class DeviceCall:
    """A call at a device. call_state: its local connection state there."""

    _: KW_ONLY
    call_conn_call_id: int | None = number(Tag.CALL_CONN_CALLID, "I")
    call_conn_device_id_type: Connection | None = number(Tag.CALL_CONN_DEVID_TYPE, "H", ConnectionDeviceIdType)
    call_conn_device_id: str | None = string(Tag.CALL_CONN_DEVID, 64)
    call_state: State | None = number(Tag.CALL_STATE, "H", LocalConnectionState)


@dataclass(frozen=True, slots=True)
class SnapshotDeviceConf(Message):
    TYPE: ClassVar[int] = MessageType.SNAPSHOT_DEVICE_CONF

    invoke_id: int = u4()
    num_calls: int | None = count("calls")
    _: KW_ONLY
    calls: tuple[DeviceCall, ...] = entries(DeviceCall, 16)
    silent_monitor_status: int | None = number(Tag.SILENT_MONITOR_STATUS, "H")
