"""Supervisors: assistance, emergencies, barging in, teams, desk settings.

Source: CTI Server Message Reference Guide (protocol 24), "Application Level Interfaces", supervisor and miscellaneous
services. DepartmentID came with protocol 19, AgentTeamName with 16.
"""

# ruff: noqa: RUF009 – the calls return dataclass fields, which is how a class body becomes the wire table.

from dataclasses import KW_ONLY, dataclass
from typing import ClassVar

from chaos.wire.ged188.catalogue import MessageType, Tag
from chaos.wire.ged188.events import Connection
from chaos.wire.ged188.fields import Message, b2, count, entries, i4, number, string, u2, u4
from chaos.wire.ged188.requests import AboutConnection, Taken
from chaos.wire.ged188.values import (
    NONE_16,
    NULL_ID,
    AgentState,
    ConnectionDeviceIdType,
    LineType,
    SupervisoryAction,
)


@dataclass(frozen=True, slots=True)
class _AgentsCall(AboutConnection):
    """A request about an agent's call, or about none: connection_call_id may be NULL_ID."""

    _: KW_ONLY
    connection_device_id: str | None = string(Tag.CONNECTION_DEVID, 64)
    agent_extension: str | None = string(Tag.AGENT_EXTENSION, 16)
    agent_id: str | None = string(Tag.AGENT_ID, 12, alias=Tag.AGENT_ID_LONG)
    agent_instrument: str | None = string(Tag.AGENT_INSTRUMENT, 64)


@dataclass(frozen=True, slots=True)
class _SupervisorCalled(Message):
    """The call that was made to the supervisor."""

    invoke_id: int = u4()
    connection_call_id: int = u4(NULL_ID)
    connection_device_id_type: Connection = u2(NONE_16, ConnectionDeviceIdType)
    line_handle: int = u2(NONE_16)
    line_type: LineType | int = u2(NONE_16, LineType)
    _: KW_ONLY
    connection_device_id: str | None = string(Tag.CONNECTION_DEVID, 64)


@dataclass(frozen=True, slots=True)
class SupervisorAssistReq(_AgentsCall):
    TYPE: ClassVar[int] = MessageType.SUPERVISOR_ASSIST_REQ


@dataclass(frozen=True, slots=True)
class SupervisorAssistConf(_SupervisorCalled):
    TYPE: ClassVar[int] = MessageType.SUPERVISOR_ASSIST_CONF


@dataclass(frozen=True, slots=True)
class EmergencyCallReq(_AgentsCall):
    TYPE: ClassVar[int] = MessageType.EMERGENCY_CALL_REQ


@dataclass(frozen=True, slots=True)
class EmergencyCallConf(_SupervisorCalled):
    TYPE: ClassVar[int] = MessageType.EMERGENCY_CALL_CONF


@dataclass(frozen=True, slots=True)
class EmergencyCallEvent(Message):
    TYPE: ClassVar[int] = MessageType.EMERGENCY_CALL_EVENT

    peripheral_id: int = u4(NULL_ID)
    connection_call_id: int = u4(NULL_ID)
    connection_device_id_type: Connection = u2(NONE_16, ConnectionDeviceIdType)
    session_id: int = u4()
    _: KW_ONLY
    connection_device_id: str | None = string(Tag.CONNECTION_DEVID, 64)
    client_id: str | None = string(Tag.CLIENT_ID, 64)
    client_address: str | None = string(Tag.CLIENT_ADDRESS, 64)
    agent_extension: str | None = string(Tag.AGENT_EXTENSION, 16)
    agent_id: str | None = string(Tag.AGENT_ID, 12, alias=Tag.AGENT_ID_LONG)
    agent_instrument: str | None = string(Tag.AGENT_INSTRUMENT, 64)


@dataclass(frozen=True, slots=True)
class SuperviseCallReq(Message):
    """Either the agent's connection or one of the agent's names says whose call it is."""

    TYPE: ClassVar[int] = MessageType.SUPERVISE_CALL_REQ

    invoke_id: int = u4()
    peripheral_id: int = u4(NULL_ID)
    agent_connection_call_id: int = u4(NULL_ID)
    supervisor_connection_call_id: int = u4(NULL_ID)
    agent_connection_device_id_type: Connection = u2(NONE_16, ConnectionDeviceIdType)
    supervisor_connection_device_id_type: Connection = u2(NONE_16, ConnectionDeviceIdType)
    supervisory_action: SupervisoryAction | int = u2(SupervisoryAction.BARGE_IN, SupervisoryAction)
    _: KW_ONLY
    agent_connection_device_id: str | None = string(Tag.AGENT_CONNECTION_DEVID, 64)
    supervisor_connection_device_id: str | None = string(Tag.SUPERVISOR_CONNECTION_DEVID, 64)
    agent_extension: str | None = string(Tag.AGENT_EXTENSION, 16)
    agent_id: str | None = string(Tag.AGENT_ID, 12, alias=Tag.AGENT_ID_LONG)
    agent_instrument: str | None = string(Tag.AGENT_INSTRUMENT, 64)
    supervisor_instrument: str | None = string(Tag.SUPERVISOR_INSTRUMENT, 64)


@dataclass(frozen=True, slots=True)
class SuperviseCallConf(Message):
    TYPE: ClassVar[int] = MessageType.SUPERVISE_CALL_CONF

    invoke_id: int = u4()
    connection_call_id: int = u4(NULL_ID)
    connection_device_id_type: Connection = u2(NONE_16, ConnectionDeviceIdType)
    _: KW_ONLY
    connection_device_id: str | None = string(Tag.CONNECTION_DEVID, 64)


@dataclass(frozen=True, slots=True)
class TeamMember:
    """agent_flags: 0 an agent, 1 primary supervisor, 2 temporary agent, 4 supervisor. state_duration: seconds."""

    _: KW_ONLY
    agent_id: str | None = string(Tag.ATC_AGENT_ID, 12)
    agent_flags: int | None = number(Tag.AGENT_FLAGS, "H")
    agent_state: AgentState | int | None = number(Tag.ATC_AGENT_STATE, "H", AgentState)
    state_duration: int | None = number(Tag.ATC_STATE_DURATION, "I")


@dataclass(frozen=True, slots=True)
class AgentTeamConfigEvent(Message):
    """A team as configured, or a change of it. config_operation: 0 as configured, 1 agents added, 2 removed."""

    TYPE: ClassVar[int] = MessageType.AGENT_TEAM_CONFIG_EVENT

    peripheral_id: int = u4(NULL_ID)
    team_id: int = u4()
    number_of_agents: int | None = count("members")
    config_operation: int = u2()
    department_id: int = i4(since=19)
    _: KW_ONLY
    agent_team_name: str | None = string(Tag.AGENT_TEAM_NAME, 32, since=16)
    members: tuple[TeamMember, ...] = entries(TeamMember, 64)


@dataclass(frozen=True, slots=True)
class ListAgentTeamReq(Message):
    """supervisor_id: the ICM agent id of the supervisor."""

    TYPE: ClassVar[int] = MessageType.LIST_AGENT_TEAM_REQ

    invoke_id: int = u4()
    supervisor_id: int = u4()


@dataclass(frozen=True, slots=True)
class ListedTeam:
    _: KW_ONLY
    team_id: int | None = number(Tag.LIST_TEAM_ID, "I")


@dataclass(frozen=True, slots=True)
class ListAgentTeamConf(Message):
    """more: another segment follows."""

    TYPE: ClassVar[int] = MessageType.LIST_AGENT_TEAM_CONF

    invoke_id: int = u4()
    number_of_agent_teams: int | None = count("teams")
    segment_number: int = u2()
    more: bool = b2()
    _: KW_ONLY
    teams: tuple[ListedTeam, ...] = entries(ListedTeam, 64)


@dataclass(frozen=True, slots=True)
class MonitorAgentTeamStartReq(Message):
    TYPE: ClassVar[int] = MessageType.MONITOR_AGENT_TEAM_START_REQ

    invoke_id: int = u4()
    team_id: int = u4()


@dataclass(frozen=True, slots=True)
class MonitorAgentTeamStartConf(Message):
    TYPE: ClassVar[int] = MessageType.MONITOR_AGENT_TEAM_START_CONF

    invoke_id: int = u4()
    monitor_id: int = u4()


@dataclass(frozen=True, slots=True)
class MonitorAgentTeamStopReq(Message):
    TYPE: ClassVar[int] = MessageType.MONITOR_AGENT_TEAM_STOP_REQ

    invoke_id: int = u4()
    monitor_id: int = u4()


@dataclass(frozen=True, slots=True)
class MonitorAgentTeamStopConf(Taken):
    TYPE: ClassVar[int] = MessageType.MONITOR_AGENT_TEAM_STOP_CONF


@dataclass(frozen=True, slots=True)
class AgentDeskSettingsReq(Message):
    TYPE: ClassVar[int] = MessageType.AGENT_DESK_SETTINGS_REQ

    invoke_id: int = u4()
    peripheral_id: int = u4(NULL_ID)
    _: KW_ONLY
    agent_extension: str | None = string(Tag.AGENT_EXTENSION, 16)
    agent_id: str | None = string(Tag.AGENT_ID, 12, alias=Tag.AGENT_ID_LONG)
    agent_instrument: str | None = string(Tag.AGENT_INSTRUMENT, 64)


@dataclass(frozen=True, slots=True)
class AgentDeskSettingsConf(Message):
    """…_time, work_mode_timer: seconds. wrapup_data_…_mode: 0 required, 1 optional, 2 not allowed, 3 with data."""

    TYPE: ClassVar[int] = MessageType.AGENT_DESK_SETTINGS_CONF

    invoke_id: int = u4()
    peripheral_id: int = u4(NULL_ID)
    desk_settings_mask: int = u4()
    wrapup_data_incoming_mode: int = u4()
    wrapup_data_outgoing_mode: int = u4()
    logout_non_activity_time: int = u4()
    quality_recording_rate: int = u4()
    ring_no_answer_time: int = u4()
    silent_monitor_warning_message: int = u4()
    silent_monitor_audible_indication: int = u4()
    supervisor_assist_call_method: int = u4()
    emergency_call_method: int = u4()
    auto_record_on_emergency: int = u4()
    recording_mode: int = u4()
    work_mode_timer: int = u4()
    ring_no_answer_dn: int = u4()
    _: KW_ONLY
    default_device_port_address: str | None = string(Tag.DEFAULT_DEVICE_PORT_ADDRESS, 32)
