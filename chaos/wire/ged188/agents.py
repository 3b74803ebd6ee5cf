"""Agent state: events, queries, changes.

Source: CTI Server Message Reference Guide (protocol 24), "Application Level Interfaces"; "Changes and Additions" for
what came when. What came with "10 to 13" is taken to have come with 10.
"""

# ruff: noqa: RUF009 – the calls return dataclass fields, which is how a class body becomes the wire table.

from dataclasses import KW_ONLY, dataclass
from typing import ClassVar

from chaos.wire.ged188.catalogue import MessageType, Tag
from chaos.wire.ged188.fields import Message, count, entries, i4, number, string, u1, u2, u4
from chaos.wire.ged188.values import NULL_ID, AgentState, AgentWorkMode, ForcedFlag, PeripheralType


@dataclass(frozen=True, slots=True)
class SkillGroup:
    """A skill group in a list. What a message does not carry is None."""

    _: KW_ONLY
    skill_group_number: int | None = number(Tag.SKILL_GROUP_NUMBER, "I")
    skill_group_id: int | None = number(Tag.SKILL_GROUP_ID, "I")
    skill_group_priority: int | None = number(Tag.SKILL_GROUP_PRIORITY, "H")
    skill_group_state: AgentState | int | None = number(Tag.SKILL_GROUP_STATE, "H", AgentState)


@dataclass(frozen=True, slots=True)
class AgentStateEvent(Message):
    """state_duration: seconds in the state. event_reason_code has a meaning for NOT_READY and LOGOUT only.

    agent_mode: 1 routable. agent_availability_status: 0 no, 1 by ICM, 2 by the application.
    direction: 0 none, 1 in, 2 out, 3 other in, 4 other out, 5 reserve, 6 preview, 7 predictive.
    """

    TYPE: ClassVar[int] = MessageType.AGENT_STATE_EVENT

    monitor_id: int = u4()
    peripheral_id: int = u4(NULL_ID)
    session_id: int = u4()
    peripheral_type: PeripheralType | int = u2(PeripheralType.NONE, PeripheralType)
    skill_group_state: AgentState | int = u2(AgentState.UNKNOWN, AgentState)
    state_duration: int = u4()
    skill_group_number: int = u4(NULL_ID)
    skill_group_id: int = u4(NULL_ID)
    skill_group_priority: int = u2()
    agent_state: AgentState | int = u2(AgentState.UNKNOWN, AgentState)
    event_reason_code: int = u2()
    mrd_id: int = i4()
    num_tasks: int = u4()
    agent_mode: int = u2()
    max_task_limit: int = u4()
    icm_agent_id: int = i4()
    agent_availability_status: int = u4()
    num_flt_skill_groups: int | None = count("skill_groups", since=10)
    department_id: int = i4(since=19)
    _: KW_ONLY
    cti_client_signature: str | None = string(Tag.CLIENT_SIGNATURE, 64)
    agent_id: str | None = string(Tag.AGENT_ID, 12, alias=Tag.AGENT_ID_LONG)
    agent_extension: str | None = string(Tag.AGENT_EXTENSION, 16)
    active_terminal: str | None = string(Tag.ACTIVE_TERMINAL, 64, since=24)
    agent_instrument: str | None = string(Tag.AGENT_INSTRUMENT, 64)
    duration: int | None = number(Tag.DURATION, "I")
    next_agent_state: AgentState | int | None = number(Tag.NEXT_AGENT_STATE, "H", AgentState)
    direction: int | None = number(Tag.DIRECTION, "I", since=16)
    skill_groups: tuple[SkillGroup, ...] = entries(SkillGroup, 99, since=10)
    max_beyond_task_limit: int | None = number(Tag.MAX_BEYOND_TASK_LIMIT, "I", since=22)


@dataclass(frozen=True, slots=True)
class QueryAgentStateReq(Message):
    """One of the three floating names, or icm_agent_id, says which agent is meant."""

    TYPE: ClassVar[int] = MessageType.QUERY_AGENT_STATE_REQ

    invoke_id: int = u4()
    peripheral_id: int = u4(NULL_ID)
    mrd_id: int = i4()
    icm_agent_id: int = i4(-1)
    _: KW_ONLY
    agent_extension: str | None = string(Tag.AGENT_EXTENSION, 16)
    agent_id: str | None = string(Tag.AGENT_ID, 12, alias=Tag.AGENT_ID_LONG)
    agent_instrument: str | None = string(Tag.AGENT_INSTRUMENT, 64)


@dataclass(frozen=True, slots=True)
class QueryAgentStateConf(Message):
    TYPE: ClassVar[int] = MessageType.QUERY_AGENT_STATE_CONF

    invoke_id: int = u4()
    agent_state: AgentState | int = u2(AgentState.UNKNOWN, AgentState)
    num_skill_groups: int | None = count("skill_groups")
    mrd_id: int = i4()
    num_tasks: int = u4()
    agent_mode: int = u2()
    max_task_limit: int = u4()
    icm_agent_id: int = i4(-1)
    agent_availability_status: int = u4()
    department_id: int = i4(since=19)
    _: KW_ONLY
    agent_id: str | None = string(Tag.AGENT_ID, 12, alias=Tag.AGENT_ID_LONG)
    agent_extension: str | None = string(Tag.AGENT_EXTENSION, 16)
    agent_instrument: str | None = string(Tag.AGENT_INSTRUMENT, 64)
    skill_groups: tuple[SkillGroup, ...] = entries(SkillGroup, 20)
    internal_agent_state: int | None = number(Tag.INTERNAL_AGENT_STATE, "H")
    max_beyond_task_limit: int | None = number(Tag.MAX_BEYOND_TASK_LIMIT, "I", since=22)


@dataclass(frozen=True, slots=True)
class SetAgentStateReq(Message):
    """agent_id and agent_password are required for LOGIN and LOGOUT. forced_flag is a single byte on the wire."""

    TYPE: ClassVar[int] = MessageType.SET_AGENT_STATE_REQ

    invoke_id: int = u4()
    peripheral_id: int = u4(NULL_ID)
    agent_state: AgentState | int = u2(AgentState.NOT_READY, AgentState)
    agent_work_mode: AgentWorkMode | int = u2(AgentWorkMode.UNSPECIFIED, AgentWorkMode)
    num_skill_groups: int | None = count("skill_groups")
    event_reason_code: int = u2()
    forced_flag: ForcedFlag | int = u1(ForcedFlag.NO, ForcedFlag, since=10)
    agent_service_req: int = u4(since=10)
    _: KW_ONLY
    agent_instrument: str | None = string(Tag.AGENT_INSTRUMENT, 64)
    active_terminal: str | None = string(Tag.ACTIVE_TERMINAL, 64, since=24)
    agent_id: str | None = string(Tag.AGENT_ID, 12, alias=Tag.AGENT_ID_LONG)
    agent_password: str | None = string(Tag.AGENT_PASSWORD, 64)
    position_id: str | None = string(Tag.POSITION_ID, 12)
    supervisor_id: str | None = string(Tag.SUPERVISOR_ID, 12)
    sso_enabled: int | None = number(Tag.SSO_ENABLED, "H", since=20)
    skill_groups: tuple[SkillGroup, ...] = entries(SkillGroup, 10)


@dataclass(frozen=True, slots=True)
class SetAgentStateConf(Message):
    """Only says that the request was taken; the change itself is an AGENT_STATE_EVENT, before or after."""

    TYPE: ClassVar[int] = MessageType.SET_AGENT_STATE_CONF

    invoke_id: int = u4()
