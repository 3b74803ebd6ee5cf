"""What clients ask about each other and about single calls and devices: monitors, messages, reports.

Source: CTI Server Message Reference Guide (protocol 24), "Application Level Interfaces", peripheral monitor, client
monitor, connection monitor and miscellaneous services.
"""

# ruff: noqa: RUF009 – the calls return dataclass fields, which is how a class body becomes the wire table.

from dataclasses import KW_ONLY, dataclass
from typing import ClassVar

from chaos.wire.ged188.catalogue import MessageType, Tag
from chaos.wire.ged188.events import Connection, Device
from chaos.wire.ged188.fields import Message, string, u2, u4
from chaos.wire.ged188.requests import Taken
from chaos.wire.ged188.values import NONE_16, NULL_ID, ConnectionDeviceIdType, DeviceIdType, Status


@dataclass(frozen=True, slots=True)
class ClientEventReportReq(Message):
    """A client tells how one of its parts is. state: 0 green, 1 yellow, 2 red."""

    TYPE: ClassVar[int] = MessageType.CLIENT_EVENT_REPORT_REQ

    invoke_id: int = u4()
    state: int = u2()
    _: KW_ONLY
    object_name: str | None = string(Tag.OBJECT_NAME, 128)
    text: str | None = string(Tag.TEXT, 255)


@dataclass(frozen=True, slots=True)
class ClientEventReportConf(Taken):
    TYPE: ClassVar[int] = MessageType.CLIENT_EVENT_REPORT_CONF


@dataclass(frozen=True, slots=True)
class MonitorStartReq(Message):
    """Watch a call (connection_…) or a device (monitored_device_…)."""

    TYPE: ClassVar[int] = MessageType.MONITOR_START_REQ

    invoke_id: int = u4()
    peripheral_id: int = u4(NULL_ID)
    connection_call_id: int = u4()
    call_msg_mask: int = u4()
    agent_state_mask: int = u4()
    connection_device_id_type: Connection = u2(NONE_16, ConnectionDeviceIdType)
    monitored_device_type: Device = u2(NONE_16, DeviceIdType)
    _: KW_ONLY
    connection_device_id: str | None = string(Tag.CONNECTION_DEVID, 64)
    monitored_device_id: str | None = string(Tag.MONITORED_DEVID, 64)


@dataclass(frozen=True, slots=True)
class MonitorStartConf(Message):
    TYPE: ClassVar[int] = MessageType.MONITOR_START_CONF

    invoke_id: int = u4()
    monitor_id: int = u4()


@dataclass(frozen=True, slots=True)
class MonitorStopReq(Message):
    TYPE: ClassVar[int] = MessageType.MONITOR_STOP_REQ

    invoke_id: int = u4()
    monitor_id: int = u4()


@dataclass(frozen=True, slots=True)
class MonitorStopConf(Taken):
    TYPE: ClassVar[int] = MessageType.MONITOR_STOP_CONF


@dataclass(frozen=True, slots=True)
class ChangeMonitorMaskReq(Message):
    TYPE: ClassVar[int] = MessageType.CHANGE_MONITOR_MASK_REQ

    invoke_id: int = u4()
    monitor_id: int = u4()
    call_msg_mask: int = u4()
    agent_state_mask: int = u4()


@dataclass(frozen=True, slots=True)
class ChangeMonitorMaskConf(Taken):
    TYPE: ClassVar[int] = MessageType.CHANGE_MONITOR_MASK_CONF


@dataclass(frozen=True, slots=True)
class ClientSessionOpenedEvent(Message):
    TYPE: ClassVar[int] = MessageType.CLIENT_SESSION_OPENED_EVENT

    session_id: int = u4()
    peripheral_id: int = u4(NULL_ID)
    services_granted: int = u4()
    call_msg_mask: int = u4()
    agent_state_mask: int = u4()
    client_port: int = u4()
    _: KW_ONLY
    client_address: str | None = string(Tag.CLIENT_ADDRESS, 64)
    client_id: str | None = string(Tag.CLIENT_ID, 64)
    client_signature: str | None = string(Tag.CLIENT_SIGNATURE, 64)
    agent_extension: str | None = string(Tag.AGENT_EXTENSION, 16)
    agent_id: str | None = string(Tag.AGENT_ID, 12, alias=Tag.AGENT_ID_LONG)
    agent_instrument: str | None = string(Tag.AGENT_INSTRUMENT, 64)


@dataclass(frozen=True, slots=True)
class ClientSessionClosedEvent(Message):
    TYPE: ClassVar[int] = MessageType.CLIENT_SESSION_CLOSED_EVENT

    session_id: int = u4()
    peripheral_id: int = u4(NULL_ID)
    status: Status | int = u4(Status.NO_ERROR, Status)
    client_port: int = u4()
    _: KW_ONLY
    client_address: str | None = string(Tag.CLIENT_ADDRESS, 64)
    client_id: str | None = string(Tag.CLIENT_ID, 64)
    client_signature: str | None = string(Tag.CLIENT_SIGNATURE, 64)
    agent_extension: str | None = string(Tag.AGENT_EXTENSION, 16)
    agent_id: str | None = string(Tag.AGENT_ID, 12, alias=Tag.AGENT_ID_LONG)
    agent_instrument: str | None = string(Tag.AGENT_INSTRUMENT, 64)


@dataclass(frozen=True, slots=True)
class SessionMonitorStartReq(Message):
    """Hear what another session hears."""

    TYPE: ClassVar[int] = MessageType.SESSION_MONITOR_START_REQ

    invoke_id: int = u4()
    session_id: int = u4()


@dataclass(frozen=True, slots=True)
class SessionMonitorStartConf(Message):
    TYPE: ClassVar[int] = MessageType.SESSION_MONITOR_START_CONF

    invoke_id: int = u4()
    monitor_id: int = u4()


@dataclass(frozen=True, slots=True)
class SessionMonitorStopReq(Message):
    TYPE: ClassVar[int] = MessageType.SESSION_MONITOR_STOP_REQ

    invoke_id: int = u4()
    monitor_id: int = u4()


@dataclass(frozen=True, slots=True)
class SessionMonitorStopConf(Taken):
    TYPE: ClassVar[int] = MessageType.SESSION_MONITOR_STOP_CONF


@dataclass(frozen=True, slots=True)
class UserMessageReq(Message):
    """distribution: 0 one client, 1 the supervisor, 2 the team, 3 everybody."""

    TYPE: ClassVar[int] = MessageType.USER_MESSAGE_REQ

    invoke_id: int = u4()
    peripheral_id: int = u4(NULL_ID)
    distribution: int = u2()
    _: KW_ONLY
    client_id: str | None = string(Tag.CLIENT_ID, 64)
    agent_extension: str | None = string(Tag.AGENT_EXTENSION, 16)
    agent_id: str | None = string(Tag.AGENT_ID, 12, alias=Tag.AGENT_ID_LONG)
    agent_instrument: str | None = string(Tag.AGENT_INSTRUMENT, 64)
    text: str | None = string(Tag.TEXT, 255)


@dataclass(frozen=True, slots=True)
class UserMessageConf(Taken):
    TYPE: ClassVar[int] = MessageType.USER_MESSAGE_CONF


@dataclass(frozen=True, slots=True)
class UserMessageEvent(Message):
    """client_id: of the sender."""

    TYPE: ClassVar[int] = MessageType.USER_MESSAGE_EVENT

    icm_central_controller_time: int = u4()
    distribution: int = u2()
    _: KW_ONLY
    client_id: str | None = string(Tag.CLIENT_ID, 64)
    text: str | None = string(Tag.TEXT, 255)
