"""What a client is told of the configuration: skill groups and agents, as the peripheral has them.

Source: CTI Server Message Reference Guide, CONFIG_REQUEST_EVENT; the order of the blocks is the guide's. Of services,
devices, call types and the rest nothing is told: the mock has none.
"""

from collections.abc import Iterator, Sequence
from typing import TypeVar

from chaos.mock.peripheral import Peripheral
from chaos.wire import ged188 as wire
from chaos.wire.ged188 import ConfigMask, Message

R = TypeVar("R")

CONFIG_KEY = bytes(7) + b"\1"
"""The configuration does not change while the mock is up, and neither does its key."""
SOLICITED = 1


def keys() -> Message:
    """The answer to CONFIG_REQUEST_KEY_EVENT."""
    return wire.ConfigKeyEvent(agent_config_key=CONFIG_KEY, skill_group_config_key=CONFIG_KEY)


def told(peripheral: Peripheral, wanted: int) -> Iterator[Message]:
    """All messages that answer a request for these parts (`ConfigMask`)."""
    groups, agents = bool(wanted & ConfigMask.SKILL_GROUP), bool(wanted & ConfigMask.AGENT)
    yield wire.ConfigBeginEvent(
        SOLICITED,
        wanted,
        skill_group_config_key=CONFIG_KEY if groups else None,
        agent_config_key=CONFIG_KEY if agents else None,
    )
    if groups:
        for some in _parts(_skill_groups(peripheral)):
            yield wire.ConfigSkillGroupEvent(records=some)
    if agents:
        for few in _parts(_agents(peripheral)):
            yield wire.ConfigAgentEvent(records=few)
    yield wire.ConfigEndEvent()


def _skill_groups(peripheral: Peripheral) -> list[wire.SkillGroupRecord]:
    return [
        wire.SkillGroupRecord(
            record_type=0,
            peripheral_id=peripheral.config.peripheral_id,
            peripheral_number=number,
            skill_group_skill_target_id=number,
            peripheral_name=f"Skill group {number}",
        )
        for number in sorted({agent.skill_group for agent in peripheral.config.agents})
    ]


def _agents(peripheral: Peripheral) -> list[wire.AgentRecord]:
    return [
        wire.AgentRecord(
            record_type=0,
            peripheral_id=peripheral.config.peripheral_id,
            login_id=config.agent_id,
            login_name=config.login_name or config.agent_id,
            last_name=config.last_name or None,
            first_name=config.first_name or None,
            extension=config.extension,
            agent_skill_target_id=agent.number,
        )
        for config, agent in zip(peripheral.config.agents, peripheral.agents.all(), strict=True)
    ]


def _parts(records: Sequence[R]) -> Iterator[tuple[R, ...]]:
    for start in range(0, len(records), wire.RECORDS_MAX):
        yield tuple(records[start : start + wire.RECORDS_MAX])
