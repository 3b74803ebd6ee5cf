"""An AWDB that cannot be reached: its link is cut."""

from dataclasses import dataclass

from chaos.faults.base import Field
from chaos.faults.link import PlacedAwdbLink
from chaos.faults.link_fault import AwdbLinkFault, open_awdb_connections
from chaos.journal import Timeline


@dataclass(frozen=True, slots=True)
class CutAwdbLink(AwdbLinkFault):
    """The proxy before one AWDB listens no more: connections end, attempts are refused and reach no relay."""

    @property
    def name(self) -> str:
        return f"awdb-{self.side}-link-cut"

    @property
    def meets(self) -> str:
        return "refused"

    async def break_(self, link: PlacedAwdbLink) -> None:
        await link.proxies.update(link.name, enabled=False)

    async def mend(self, link: PlacedAwdbLink) -> None:
        await link.proxies.update(link.name, enabled=True)

    def bitten(self, timeline: Timeline, from_s: float, field: Field) -> str | None:
        """Nothing accepts connections, and those that stood open have ended."""
        if open_awdb_connections(timeline, self.side, timeline.end_s):
            return None
        return AwdbLinkFault.bitten(self, timeline, from_s, field)
