"""A Finesse without a side B: taken out of its administration."""

from dataclasses import dataclass, replace
from typing import ClassVar

from chaos.faults.base import Field
from chaos.faults.cti_proofs import nodes_opened
from chaos.faults.unconfigured import Unconfigured
from chaos.inventory import Inventory
from chaos.journal import RestExchange, Timeline
from chaos.undo.entries import SYSTEM_CONFIG, SystemConfigAsFound, Undo
from chaos.wire.finesse import SystemConfig, write_system_config


@dataclass(frozen=True, slots=True)
class UnconfiguredBSide(Unconfigured[SystemConfig]):
    """Side B is taken out of SystemConfig, and Tomcat is restarted on every node, which signs everybody out."""

    RESOURCE: ClassVar[str] = "SystemConfig"

    @property
    def name(self) -> str:
        return "b-side-unconfigured"

    @property
    def thing(self) -> str:
        return SYSTEM_CONFIG

    def lacks(self, inventory: Inventory) -> str | None:
        link = inventory.links.get("cti-b")
        if link is None or link.listen is None:
            return "the inventory has no link cti-b that Finesse's administration could name"
        return None

    def settings(self, document: object) -> SystemConfig | None:
        return document if isinstance(document, SystemConfig) else None

    def without(self, found: SystemConfig) -> SystemConfig:
        return replace(found, backup_host=None, backup_port=None)

    def body(self, config: SystemConfig, field: Field) -> bytes:
        return write_system_config(config)

    def debt(self, found: SystemConfig) -> Undo:
        return SystemConfigAsFound(found)

    def shown(self, seen: RestExchange) -> str | None:
        return seen.cti_b

    def started(self, timeline: Timeline, from_s: float) -> int:
        return nodes_opened(timeline, from_s)
