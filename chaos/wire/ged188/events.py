"""Call events. A call is keyed by connection_call_id, connection_device_id_type and connection_device_id together.

NONE_16 and NULL_ID are the documented "none" of their fields, and so the defaults.
Source: CTI Server Message Reference Guide (protocol 24), "Application Level Interfaces", call event messages.
"""

# ruff: noqa: RUF009 – the calls return dataclass fields, which is how a class body becomes the wire table.

from dataclasses import KW_ONLY, dataclass
from typing import ClassVar

from chaos.wire.ged188.catalogue import MessageType, Tag
from chaos.wire.ged188.fields import (
    Message,
    NamedArray,
    NamedVariable,
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
    EventCause,
    LineType,
    LocalConnectionState,
    PeripheralType,
)

Device = DeviceIdType | int
State = LocalConnectionState | int
Cause = EventCause | int
Connection = ConnectionDeviceIdType | int


@dataclass(frozen=True, slots=True)
class CtiClient:
    """A client that watches or owns a call. cti_client_timestamp: seconds since 1970-01-01 UTC."""

    _: KW_ONLY
    cti_client_signature: str | None = string(Tag.CTI_CLIENT_SIGNATURE, 64)
    cti_client_timestamp: int | None = number(Tag.CTI_CLIENT_TIMESTAMP, "I")


@dataclass(frozen=True, slots=True)
class Party:
    """One party of a conference or transfer: its new connection."""

    _: KW_ONLY
    party_call_id: int | None = number(Tag.PARTY_CALLID, "I")
    party_device_id_type: Connection | None = number(Tag.PARTY_DEVID_TYPE, "H", ConnectionDeviceIdType)
    party_device_id: str | None = string(Tag.PARTY_DEVID, 64)


@dataclass(frozen=True, slots=True)
class CallEvent(Message):
    """What most call events begin with. Not a message itself."""

    monitor_id: int = u4()
    peripheral_id: int = u4(NULL_ID)
    peripheral_type: PeripheralType | int = u2(PeripheralType.NONE, PeripheralType)
    connection_device_id_type: Connection = u2(NONE_16, ConnectionDeviceIdType)
    connection_call_id: int = u4(NULL_ID)
    _: KW_ONLY
    connection_device_id: str | None = string(Tag.CONNECTION_DEVID, 64)


@dataclass(frozen=True, slots=True)
class BeginCallEvent(Message):
    TYPE: ClassVar[int] = MessageType.BEGIN_CALL_EVENT

    monitor_id: int = u4()
    peripheral_id: int = u4(NULL_ID)
    peripheral_type: PeripheralType | int = u2(PeripheralType.NONE, PeripheralType)
    num_cti_clients: int | None = count("cti_clients")
    num_named_variables: int | None = count("named_variables")
    num_named_arrays: int | None = count("named_arrays")
    call_type: CallType | int = u2(NONE_16, CallType)
    connection_device_id_type: Connection = u2(NONE_16, ConnectionDeviceIdType)
    connection_call_id: int = u4(NULL_ID)
    called_party_disposition: int = u2()
    _: KW_ONLY
    connection_device_id: str | None = string(Tag.CONNECTION_DEVID, 64)
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
    call_reference_id: bytes | None = raw(Tag.CALL_REFERENCE_ID, 32, since=14)


@dataclass(frozen=True, slots=True)
class EndCallEvent(CallEvent):
    TYPE: ClassVar[int] = MessageType.END_CALL_EVENT


@dataclass(frozen=True, slots=True)
class CallDataUpdateEvent(Message):
    """connection_* name the call as known so far, new_connection_* what it is called from now on (both required)."""

    TYPE: ClassVar[int] = MessageType.CALL_DATA_UPDATE_EVENT

    monitor_id: int = u4()
    peripheral_id: int = u4(NULL_ID)
    peripheral_type: PeripheralType | int = u2(PeripheralType.NONE, PeripheralType)
    num_cti_clients: int | None = count("cti_clients")
    num_named_variables: int | None = count("named_variables")
    num_named_arrays: int | None = count("named_arrays")
    call_type: CallType | int = u2(NONE_16, CallType)
    connection_device_id_type: Connection = u2(NONE_16, ConnectionDeviceIdType)
    connection_call_id: int = u4(NULL_ID)
    new_connection_device_id_type: Connection = u2(NONE_16, ConnectionDeviceIdType)
    new_connection_call_id: int = u4(NULL_ID)
    called_party_disposition: int = u2()
    campaign_id: int = u4()
    query_rule_id: int = u4()
    _: KW_ONLY
    connection_device_id: str | None = string(Tag.CONNECTION_DEVID, 64)
    new_connection_device_id: str | None = string(Tag.NEW_CONNECTION_DEVID, 64)
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
    customer_phone_number: str | None = string(Tag.CUSTOMER_PHONE_NUMBER, 20)
    customer_account_number: str | None = string(Tag.CUSTOMER_ACCOUNT_NUMBER, 32)
    cti_clients: tuple[CtiClient, ...] = entries(CtiClient, 16)
    call_reference_id: bytes | None = raw(Tag.CALL_REFERENCE_ID, 32, since=14)


@dataclass(frozen=True, slots=True)
class CallServiceInitiatedEvent(CallEvent):
    TYPE: ClassVar[int] = MessageType.CALL_SERVICE_INITIATED_EVENT

    line_handle: int = u2(NONE_16)
    line_type: LineType | int = u2(NONE_16, LineType)
    service_number: int = u4(NULL_ID)
    service_id: int = u4(NULL_ID)
    skill_group_number: int = u4(NULL_ID)
    skill_group_id: int = u4(NULL_ID)
    skill_group_priority: int = u2()
    calling_device_type: Device = u2(NONE_16, DeviceIdType)
    local_connection_state: State = u2(NONE_16, LocalConnectionState)
    event_cause: Cause = u2(NONE_16, EventCause)
    _: KW_ONLY
    calling_device_id: str | None = string(Tag.CALLING_DEVID, 64)
    call_reference_id: bytes | None = raw(Tag.CALL_REFERENCE_ID, 32, since=14)
    coc_connection_call_id: int | None = number(Tag.COC_CONNECTION_CALL_ID, "I")
    coc_connection_device_id_type: Connection | None = number(
        Tag.COC_CONNECTION_DEVICE_ID_TYPE, "H", ConnectionDeviceIdType
    )
    coc_connection_device_id: str | None = string(Tag.COC_CONNECTION_DEVICE_ID, 64)


@dataclass(frozen=True, slots=True)
class CallOriginatedEvent(CallEvent):
    TYPE: ClassVar[int] = MessageType.CALL_ORIGINATED_EVENT

    line_handle: int = u2(NONE_16)
    line_type: LineType | int = u2(NONE_16, LineType)
    service_number: int = u4(NULL_ID)
    service_id: int = u4(NULL_ID)
    skill_group_number: int = u4(NULL_ID)
    skill_group_id: int = u4(NULL_ID)
    skill_group_priority: int = u2()
    calling_device_type: Device = u2(NONE_16, DeviceIdType)
    called_device_type: Device = u2(NONE_16, DeviceIdType)
    local_connection_state: State = u2(NONE_16, LocalConnectionState)
    event_cause: Cause = u2(NONE_16, EventCause)
    _: KW_ONLY
    calling_device_id: str | None = string(Tag.CALLING_DEVID, 64)
    called_device_id: str | None = string(Tag.CALLED_DEVID, 64)


@dataclass(frozen=True, slots=True)
class CallDeliveredEvent(CallEvent):
    """A call rings (local_connection_state ALERTING), or seized a trunk (INITIATE, ALL_EVENTS clients only)."""

    TYPE: ClassVar[int] = MessageType.CALL_DELIVERED_EVENT

    line_handle: int = u2(NONE_16)
    line_type: LineType | int = u2(NONE_16, LineType)
    service_number: int = u4(NULL_ID)
    service_id: int = u4(NULL_ID)
    skill_group_number: int = u4(NULL_ID)
    skill_group_id: int = u4(NULL_ID)
    skill_group_priority: int = u2()
    alerting_device_type: Device = u2(NONE_16, DeviceIdType)
    calling_device_type: Device = u2(NONE_16, DeviceIdType)
    called_device_type: Device = u2(NONE_16, DeviceIdType)
    last_redirect_device_type: Device = u2(NONE_16, DeviceIdType)
    local_connection_state: State = u2(NONE_16, LocalConnectionState)
    event_cause: Cause = u2(NONE_16, EventCause)
    num_named_variables: int | None = count("named_variables")
    num_named_arrays: int | None = count("named_arrays")
    _: KW_ONLY
    alerting_device_id: str | None = string(Tag.ALERTING_DEVID, 64)
    calling_device_id: str | None = string(Tag.CALLING_DEVID, 64)
    called_device_id: str | None = string(Tag.CALLED_DEVID, 64)
    last_redirect_device_id: str | None = string(Tag.LAST_REDIRECT_DEVID, 64)
    trunk_number: int | None = number(Tag.TRUNK_NUMBER, "I")
    trunk_group_number: int | None = number(Tag.TRUNK_GROUP_NUMBER, "I")
    secondary_connection_call_id: int | None = number(Tag.SECONDARY_CONNECTION_CALL_ID, "I")
    ani: str | None = string(Tag.ANI, 40)
    ani_ii: bytes | None = raw(Tag.ANI_II, 255)
    uui: bytes | None = raw(Tag.UUI, 131)
    dnis: str | None = string(Tag.DNIS, 32)
    dialed_number: str | None = string(Tag.DIALED_NUMBER, 40)
    ced: str | None = string(Tag.CED, 40)
    call_variables: tuple[str | None, ...] = variables()
    call_wrapup_data: str | None = string(Tag.CALL_WRAPUP_DATA, 40)
    named_variables: tuple[NamedVariable, ...] = named_variables()
    named_arrays: tuple[NamedArray, ...] = named_arrays()


@dataclass(frozen=True, slots=True)
class CallEstablishedEvent(CallEvent):
    TYPE: ClassVar[int] = MessageType.CALL_ESTABLISHED_EVENT

    line_handle: int = u2(NONE_16)
    line_type: LineType | int = u2(NONE_16, LineType)
    service_number: int = u4(NULL_ID)
    service_id: int = u4(NULL_ID)
    skill_group_number: int = u4(NULL_ID)
    skill_group_id: int = u4(NULL_ID)
    skill_group_priority: int = u2()
    answering_device_type: Device = u2(NONE_16, DeviceIdType)
    calling_device_type: Device = u2(NONE_16, DeviceIdType)
    called_device_type: Device = u2(NONE_16, DeviceIdType)
    last_redirect_device_type: Device = u2(NONE_16, DeviceIdType)
    local_connection_state: State = u2(NONE_16, LocalConnectionState)
    event_cause: Cause = u2(NONE_16, EventCause)
    _: KW_ONLY
    answering_device_id: str | None = string(Tag.ANSWERING_DEVID, 64)
    calling_device_id: str | None = string(Tag.CALLING_DEVID, 64)
    called_device_id: str | None = string(Tag.CALLED_DEVID, 64)
    last_redirect_device_id: str | None = string(Tag.LAST_REDIRECT_DEVID, 64)
    trunk_number: int | None = number(Tag.TRUNK_NUMBER, "I")
    trunk_group_number: int | None = number(Tag.TRUNK_GROUP_NUMBER, "I")


@dataclass(frozen=True, slots=True)
class CallHeldEvent(CallEvent):
    TYPE: ClassVar[int] = MessageType.CALL_HELD_EVENT

    holding_device_type: Device = u2(NONE_16, DeviceIdType)
    local_connection_state: State = u2(NONE_16, LocalConnectionState)
    event_cause: Cause = u2(NONE_16, EventCause)
    _: KW_ONLY
    holding_device_id: str | None = string(Tag.HOLDING_DEVID, 64)


@dataclass(frozen=True, slots=True)
class CallRetrievedEvent(CallEvent):
    TYPE: ClassVar[int] = MessageType.CALL_RETRIEVED_EVENT

    retrieving_device_type: Device = u2(NONE_16, DeviceIdType)
    local_connection_state: State = u2(NONE_16, LocalConnectionState)
    event_cause: Cause = u2(NONE_16, EventCause)
    _: KW_ONLY
    retrieving_device_id: str | None = string(Tag.RETRIEVING_DEVID, 64)


@dataclass(frozen=True, slots=True)
class CallFailedEvent(CallEvent):
    TYPE: ClassVar[int] = MessageType.CALL_FAILED_EVENT

    failing_device_type: Device = u2(NONE_16, DeviceIdType)
    called_device_type: Device = u2(NONE_16, DeviceIdType)
    local_connection_state: State = u2(NONE_16, LocalConnectionState)
    event_cause: Cause = u2(NONE_16, EventCause)
    _: KW_ONLY
    failing_device_id: str | None = string(Tag.FAILING_DEVID, 64)
    called_device_id: str | None = string(Tag.CALLED_DEVID, 64)


@dataclass(frozen=True, slots=True)
class CallClearedEvent(CallEvent):
    TYPE: ClassVar[int] = MessageType.CALL_CLEARED_EVENT

    local_connection_state: State = u2(NONE_16, LocalConnectionState)
    event_cause: Cause = u2(NONE_16, EventCause)


@dataclass(frozen=True, slots=True)
class CallConnectionClearedEvent(CallEvent):
    TYPE: ClassVar[int] = MessageType.CALL_CONNECTION_CLEARED_EVENT

    releasing_device_type: Device = u2(NONE_16, DeviceIdType)
    local_connection_state: State = u2(NONE_16, LocalConnectionState)
    event_cause: Cause = u2(NONE_16, EventCause)
    _: KW_ONLY
    releasing_device_id: str | None = string(Tag.RELEASING_DEVID, 64)


@dataclass(frozen=True, slots=True)
class _MergeEvent(Message):
    """What a conference and a transfer have in common: two calls become one."""

    monitor_id: int = u4()
    peripheral_id: int = u4(NULL_ID)
    peripheral_type: PeripheralType | int = u2(PeripheralType.NONE, PeripheralType)
    primary_device_id_type: Connection = u2(NONE_16, ConnectionDeviceIdType)
    primary_call_id: int = u4(NULL_ID)
    line_handle: int = u2(NONE_16)
    line_type: LineType | int = u2(NONE_16, LineType)
    skill_group_number: int = u4(NULL_ID)
    skill_group_id: int = u4(NULL_ID)
    skill_group_priority: int = u2()
    num_parties: int | None = count("parties")
    secondary_device_id_type: Connection = u2(NONE_16, ConnectionDeviceIdType)
    secondary_call_id: int = u4(NULL_ID)
    _: KW_ONLY
    primary_device_id: str | None = string(Tag.PRIMARY_DEVID, 64)
    secondary_device_id: str | None = string(Tag.SECONDARY_DEVID, 64)


@dataclass(frozen=True, slots=True)
class CallConferencedEvent(_MergeEvent):
    TYPE: ClassVar[int] = MessageType.CALL_CONFERENCED_EVENT

    controller_device_type: Device = u2(NONE_16, DeviceIdType)
    added_party_device_type: Device = u2(NONE_16, DeviceIdType)
    local_connection_state: State = u2(NONE_16, LocalConnectionState)
    event_cause: Cause = u2(NONE_16, EventCause)
    _: KW_ONLY
    controller_device_id: str | None = string(Tag.CONTROLLER_DEVID, 64)
    added_party_device_id: str | None = string(Tag.ADDED_PARTY_DEVID, 64)
    parties: tuple[Party, ...] = entries(Party, 16)


@dataclass(frozen=True, slots=True)
class CallTransferredEvent(_MergeEvent):
    TYPE: ClassVar[int] = MessageType.CALL_TRANSFERRED_EVENT

    transferring_device_type: Device = u2(NONE_16, DeviceIdType)
    transferred_device_type: Device = u2(NONE_16, DeviceIdType)
    local_connection_state: State = u2(NONE_16, LocalConnectionState)
    event_cause: Cause = u2(NONE_16, EventCause)
    _: KW_ONLY
    transferring_device_id: str | None = string(Tag.TRANSFERRING_DEVID, 64)
    transferred_device_id: str | None = string(Tag.TRANSFERRED_DEVID, 64)
    parties: tuple[Party, ...] = entries(Party, 16)
