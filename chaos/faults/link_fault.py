"""What all faults of one CTI link share: the link they need, and the probe that proves that they lifted."""

from abc import abstractmethod
from dataclasses import dataclass

from chaos.faults.base import Fault, Field
from chaos.faults.cti_proofs import passes_again
from chaos.faults.link import PlacedLink
from chaos.inventory import Inventory
from chaos.journal import Timeline


@dataclass(frozen=True, slots=True)
class CtiLinkFault(Fault):
    """A fault on the CTI link of `side` ("a" or "b")."""

    side: str

    @property
    def link(self) -> str:
        return f"cti-{self.side}"

    def unfit(self, inventory: Inventory) -> str | None:
        if self.link in inventory.links:
            return None
        return f"the inventory has no link {self.link}: put a proxy between Finesse and CTI side {self.side.upper()}"

    def _placed(self, field: Field) -> PlacedLink:
        return field.links[self.link]

    async def rollback(self, field: Field) -> None:
        """Mend the link, then go through it: a proof that does not depend on where Finesse is."""
        await self.mend(self._placed(field))
        await self._placed(field).probe(field.inventory.peripheral_id, field.inventory.cti_protocol)

    @abstractmethod
    async def mend(self, link: PlacedLink) -> None:
        """Undo the fault on its link; safe twice."""

    def lifted(self, timeline: Timeline, from_s: float, field: Field) -> str | None:
        """A probe got through to the server; a fault of the proxy alone is content with the relay."""
        return passes_again(timeline, self.side, from_s)
