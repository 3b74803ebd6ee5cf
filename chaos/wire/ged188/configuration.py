"""Records of the configuration, between CONFIG_BEGIN_EVENT and CONFIG_END_EVENT.

Source: CTI Server Message Reference Guide (protocol 24), "Application Level Interfaces", configuration messages. The
guide prints no tag for AutoWork, and two each for an agent's skill groups and for AgentSkillTargetID: the former are
left out, the latter is 185 here.
"""

from dataclasses import KW_ONLY, dataclass
from typing import ClassVar

from chaos.wire.ged188.catalogue import MessageType, Tag
from chaos.wire.ged188.fields import Message, count, entries, number, string

RECORDS_MAX = 10
"""In one message."""


@dataclass(frozen=True, slots=True)
class SkillGroupRecord:
    """record_type: 0 added, 1 changed, 2 deleted. peripheral_number: the group's, as agents' events have it."""

    _: KW_ONLY
    record_type: int | None = number(Tag.RECORD_TYPE, "H")
    peripheral_id: int | None = number(Tag.PERIPHERAL_ID, "I")
    peripheral_number: int | None = number(Tag.PERIPHERAL_NUMBER, "I")
    skill_group_skill_target_id: int | None = number(Tag.SKILL_GROUP_SKILL_TARGET_ID, "I")
    extension: str | None = string(Tag.EXTENSION, 16)
    peripheral_name: str | None = string(Tag.PERIPHERAL_NAME, 64)
    description: str | None = string(Tag.DESCRIPTION, 128)


@dataclass(frozen=True, slots=True)
class ConfigSkillGroupEvent(Message):
    TYPE: ClassVar[int] = MessageType.CONFIG_SKILL_GROUP_EVENT

    num_records: int | None = count("records")
    _: KW_ONLY
    records: tuple[SkillGroupRecord, ...] = entries(SkillGroupRecord, RECORDS_MAX)


@dataclass(frozen=True, slots=True)
class AgentRecord:
    """record_type: as of `SkillGroupRecord`. login_id: by which the agent signs in."""

    _: KW_ONLY
    record_type: int | None = number(Tag.RECORD_TYPE, "H")
    peripheral_id: int | None = number(Tag.PERIPHERAL_ID, "I")
    agent_type: int | None = number(Tag.AGENT_TYPE, "H")
    login_id: str | None = string(Tag.LOGIN_ID, 64)
    login_name: str | None = string(Tag.LOGIN_NAME, 255)
    last_name: str | None = string(Tag.LAST_NAME, 32)
    first_name: str | None = string(Tag.FIRST_NAME, 32)
    extension: str | None = string(Tag.EXTENSION, 16)
    description: str | None = string(Tag.DESCRIPTION, 128)
    agent_skill_target_id: int | None = number(Tag.AGENT_SKILL_TARGET_ID, "I")


@dataclass(frozen=True, slots=True)
class ConfigAgentEvent(Message):
    TYPE: ClassVar[int] = MessageType.CONFIG_AGENT_EVENT

    num_records: int | None = count("records")
    _: KW_ONLY
    records: tuple[AgentRecord, ...] = entries(AgentRecord, RECORDS_MAX)
