"""A link that is cut: connections end, and new ones are refused by TCP."""

from dataclasses import dataclass

from chaos.faults.base import Field
from chaos.faults.cti_proofs import reaches_relay, sessions_ended
from chaos.faults.link import PlacedLink
from chaos.faults.link_fault import CtiLinkFault
from chaos.journal import Timeline


@dataclass(frozen=True, slots=True)
class CutLink(CtiLinkFault):
    """The proxy of one side listens no more; attempts at it are refused, and reach no relay that could count them."""

    @property
    def name(self) -> str:
        return f"{self.side}-link-cut"

    async def inject(self, field: Field) -> None:
        link = self._placed(field)
        await link.proxies.update(link.name, enabled=False)

    async def mend(self, link: PlacedLink) -> None:
        await link.proxies.update(link.name, enabled=True)

    def bitten(self, timeline: Timeline, from_s: float, field: Field) -> str | None:
        return sessions_ended(timeline, self.side, from_s)

    def lifted(self, timeline: Timeline, from_s: float, field: Field) -> str | None:
        return reaches_relay(timeline, self.side, from_s)
