"""A Finesse without a side B: taken out of its administration, which takes effect when Tomcat starts."""

from dataclasses import dataclass

from chaos.faults.base import Fault, Field
from chaos.inventory import Inventory
from chaos.journal import Timeline


@dataclass(frozen=True, slots=True)
class UnconfiguredBSide(Fault):
    """Placeholder while the consoles land."""

    @property
    def name(self) -> str:
        return "b-side-unconfigured"

    def unfit(self, inventory: Inventory) -> str | None:
        return None

    async def inject(self, field: Field) -> None:
        return None

    async def rollback(self, field: Field) -> None:
        return None

    def bitten(self, timeline: Timeline, from_s: float, field: Field) -> str | None:
        return None

    def lifted(self, timeline: Timeline, from_s: float, field: Field) -> str | None:
        return None
