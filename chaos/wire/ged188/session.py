"""Session messages: open, heartbeat, close, failure, system events, planned switch-over, start of configuration.

Source: CTI Server Message Reference Guide (protocol 24), "Session Management" and "Application Level Interfaces".
"""

# ruff: noqa: RUF009 – the calls return dataclass fields, which is how a class body becomes the wire table.

from dataclasses import KW_ONLY, dataclass
from typing import ClassVar

from chaos.wire.ged188.catalogue import MessageType, Tag
from chaos.wire.ged188.fields import Message, b2, entries, i4, number, raw, string, u2, u4
from chaos.wire.ged188.values import (
    NONE_16,
    NULL_ID,
    AgentState,
    ControlFailure,
    DeviceIdType,
    PeripheralType,
    SessionType,
    Status,
    SystemEventId,
)


@dataclass(frozen=True, slots=True)
class OpenReq(Message):
    """Opens a session. Its own `version_number` decides how it is encoded, whatever version the codec was given.

    idle_timeout: seconds without any client message after which the server resets; 0xFFFFFFFF for never.
    client_id and client_password are required by the server; the password may be b"".
    """

    TYPE: ClassVar[int] = MessageType.OPEN_REQ

    invoke_id: int = u4()
    version_number: int = u4(24)
    idle_timeout: int = u4(NULL_ID)
    peripheral_id: int = u4(NULL_ID)
    services_requested: int = u4()
    call_msg_mask: int = u4()
    agent_state_mask: int = u4()
    config_msg_mask: int = u4()
    reserved1: int = u4()
    reserved2: int = u4()
    reserved3: int = u4()
    _: KW_ONLY
    client_id: str | None = string(Tag.CLIENT_ID, 64)
    client_password: bytes | None = raw(Tag.CLIENT_PASSWORD, 64)
    client_signature: str | None = string(Tag.CLIENT_SIGNATURE, 64)
    agent_extension: str | None = string(Tag.AGENT_EXTENSION, 16)
    agent_id: str | None = string(Tag.AGENT_ID, 12, alias=Tag.AGENT_ID_LONG)
    agent_instrument: str | None = string(Tag.AGENT_INSTRUMENT, 64)
    application_path_id: int | None = number(Tag.APP_PATH_ID, "i")
    unique_instance_id: str | None = string(Tag.UNIQUE_INSTANCE_ID, 64, since=24)


@dataclass(frozen=True, slots=True)
class Peripheral:
    """One peripheral of OPEN_CONF. multiline_agent_control: 0 single line, 1 multi-line."""

    _: KW_ONLY
    peripheral_id: int | None = number(Tag.PERIPHERAL_ID, "I")
    multiline_agent_control: int | None = number(Tag.MULTI_LINE_AGENT_CONTROL, "H")


@dataclass(frozen=True, slots=True)
class OpenConf(Message):
    """The session is open. 26 fixed bytes up to protocol 18, 30 (DepartmentID) up to 23, 32 (SessionType) from 24."""

    TYPE: ClassVar[int] = MessageType.OPEN_CONF

    invoke_id: int = u4()
    services_granted: int = u4()
    monitor_id: int = u4()
    pg_status: int = u4()
    icm_central_controller_time: int = u4()
    peripheral_online: bool = b2()
    peripheral_type: PeripheralType | int = u2(PeripheralType.NONE, PeripheralType)
    agent_state: AgentState | int = u2(AgentState.LOGIN, AgentState)
    department_id: int = i4(since=19)
    session_type: SessionType | int = u2(SessionType.UNKNOWN, SessionType, since=24)
    _: KW_ONLY
    agent_extension: str | None = string(Tag.AGENT_EXTENSION, 16)
    agent_id: str | None = string(Tag.AGENT_ID, 12, alias=Tag.AGENT_ID_LONG)
    agent_instrument: str | None = string(Tag.AGENT_INSTRUMENT, 64)
    num_peripherals: int | None = number(Tag.NUM_PERIPHERALS, "H", counts="peripherals", since=14)
    peripherals: tuple[Peripheral, ...] = entries(Peripheral, 1000, since=14)


@dataclass(frozen=True, slots=True)
class HeartbeatReq(Message):
    TYPE: ClassVar[int] = MessageType.HEARTBEAT_REQ
    EXACT: ClassVar[bool] = True

    invoke_id: int = u4()


@dataclass(frozen=True, slots=True)
class HeartbeatConf(Message):
    TYPE: ClassVar[int] = MessageType.HEARTBEAT_CONF
    EXACT: ClassVar[bool] = True

    invoke_id: int = u4()


@dataclass(frozen=True, slots=True)
class CloseReq(Message):
    TYPE: ClassVar[int] = MessageType.CLOSE_REQ
    EXACT: ClassVar[bool] = True

    invoke_id: int = u4()
    status: Status | int = u4(Status.NO_ERROR, Status)


@dataclass(frozen=True, slots=True)
class CloseConf(Message):
    TYPE: ClassVar[int] = MessageType.CLOSE_CONF
    EXACT: ClassVar[bool] = True

    invoke_id: int = u4()


@dataclass(frozen=True, slots=True)
class FailureConf(Message):
    """A request failed. The guides print two forms, told apart by length.

    Short form (8 bytes, what implementations use): `status`. Long form (10 bytes, printed for protocol 24 and 25): sent
    and decoded when `failure_code` is not None; `status` is then None on decoding and ignored on encoding.
    """

    TYPE: ClassVar[int] = MessageType.FAILURE_CONF

    invoke_id: int = 0
    status: Status | int | None = Status.UNSPECIFIED_FAILURE
    failure_code: ControlFailure | int | None = None
    peripheral_error_code: int = 0
    _: KW_ONLY
    text: str | None = string(Tag.TEXT, 255)


@dataclass(frozen=True, slots=True)
class FailureEvent(Message):
    TYPE: ClassVar[int] = MessageType.FAILURE_EVENT
    EXACT: ClassVar[bool] = True

    status: Status | int = u4(Status.CTI_SERVER_OFFLINE, Status)


@dataclass(frozen=True, slots=True)
class ControlFailureConf(Message):
    TYPE: ClassVar[int] = MessageType.CONTROL_FAILURE_CONF

    invoke_id: int = u4()
    failure_code: ControlFailure | int = u2(ControlFailure.UNSPECIFIED, ControlFailure)
    peripheral_error_code: int = u4()


@dataclass(frozen=True, slots=True)
class SystemEvent(Message):
    """icm_central_controller_time: seconds since 1970-01-01 UTC. The meaning of the arguments depends on the event."""

    TYPE: ClassVar[int] = MessageType.SYSTEM_EVENT

    pg_status: int = u4()
    icm_central_controller_time: int = u4()
    system_event_id: SystemEventId | int = u4(SystemEventId.TEXT_FYI, SystemEventId)
    system_event_arg1: int = u4()
    system_event_arg2: int = u4()
    system_event_arg3: int = u4()
    event_device_type: DeviceIdType | int = u2(NONE_16, DeviceIdType, since=10)
    _: KW_ONLY
    text: str | None = string(Tag.TEXT, 255)
    event_device_id: str | None = string(Tag.EVENT_DEVICE_ID, 64, since=10)


@dataclass(frozen=True, slots=True)
class ActiveMaintenanceReq(Message):
    """The active server asks whether it may hand over (protocol 24, ACTIVE_STANDBY clients)."""

    TYPE: ClassVar[int] = MessageType.ACTIVE_MAINTENANCE_REQ_MSG

    invoke_id: int = u4()


@dataclass(frozen=True, slots=True)
class ActiveMaintenanceResp(Message):
    TYPE: ClassVar[int] = MessageType.ACTIVE_MAINTENANCE_RESP_MSG

    invoke_id: int = u4()
    maintenance_mode_accepted: bool = b2(True)


@dataclass(frozen=True, slots=True)
class ActiveMaintenanceEvent(Message):
    """maintenance_mode_status: True go on, False cancelled."""

    TYPE: ClassVar[int] = MessageType.ACTIVE_MAINTENANCE_EVENT_MSG

    maintenance_mode_status: bool = b2(True)


@dataclass(frozen=True, slots=True)
class ConfigRequestEvent(Message):
    """Sent by the client, despite its name. 8 fixed bytes before protocol 24, 12 (ConfigMsgMask) from 24 on."""

    TYPE: ClassVar[int] = MessageType.CONFIG_REQUEST_EVENT

    config_information: int = u4()
    config_msg_mask: int = u4(since=24)
    peripheral_id: int = u4(NULL_ID)
    _: KW_ONLY
    customer_id: int | None = number(Tag.CUSTOMER_ID, "I")


@dataclass(frozen=True, slots=True)
class ConfigRequestKeyEvent(Message):
    """Asks for the keys of the configuration, which change with it. Sent by the client, despite its name."""

    TYPE: ClassVar[int] = MessageType.CONFIG_REQUEST_KEY_EVENT

    peripheral_id: int = u4(NULL_ID)
    _: KW_ONLY
    customer_id: int | None = number(Tag.CUSTOMER_ID, "I")


@dataclass(frozen=True, slots=True)
class ConfigKeyEvent(Message):
    """Keys are opaque, 8 bytes each; who has the same one need not ask for that part of the configuration again."""

    TYPE: ClassVar[int] = MessageType.CONFIG_KEY_EVENT

    config_key_status: int = u4()
    _: KW_ONLY
    service_config_key: bytes | None = raw(Tag.SERVICE_CONFIG_KEY, 8)
    skill_group_config_key: bytes | None = raw(Tag.SKILL_GROUP_CONFIG_KEY, 8)
    agent_config_key: bytes | None = raw(Tag.AGENT_CONFIG_KEY, 8)
    device_config_key: bytes | None = raw(Tag.DEVICE_CONFIG_KEY, 8)
    call_type_config_key: bytes | None = raw(Tag.CALL_TYPE_KEY_CONFIG, 8)
    peripheral_config_key: bytes | None = raw(Tag.PERIPHERAL_CONFIG_KEY, 8, since=22)
    agent_desk_settings_config_key: bytes | None = raw(Tag.AGENT_DESK_SETTINGS_CONFIG_KEY, 8, since=22)


@dataclass(frozen=True, slots=True)
class ConfigBeginEvent(Message):
    """config_type: 1 solicited, 2 update."""

    TYPE: ClassVar[int] = MessageType.CONFIG_BEGIN_EVENT

    config_type: int = u2(1)
    config_information: int = u4()
    _: KW_ONLY
    service_config_key: bytes | None = raw(Tag.SERVICE_CONFIG_KEY, 8)
    skill_group_config_key: bytes | None = raw(Tag.SKILL_GROUP_CONFIG_KEY, 8)
    agent_config_key: bytes | None = raw(Tag.AGENT_CONFIG_KEY, 8)
    device_config_key: bytes | None = raw(Tag.DEVICE_CONFIG_KEY, 8)
    call_type_config_key: bytes | None = raw(Tag.CALL_TYPE_KEY_CONFIG, 8)
    peripheral_config_key: bytes | None = raw(Tag.PERIPHERAL_CONFIG_KEY, 8, since=22)
    agent_desk_settings_config_key: bytes | None = raw(Tag.AGENT_DESK_SETTINGS_CONFIG_KEY, 8, since=22)


@dataclass(frozen=True, slots=True)
class ConfigEndEvent(Message):
    TYPE: ClassVar[int] = MessageType.CONFIG_END_EVENT

    config_end_status: int = u4()
    _: KW_ONLY
    text: str | None = string(Tag.TEXT, 255)
