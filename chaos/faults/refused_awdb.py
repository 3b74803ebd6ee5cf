"""An AWDB that refuses everybody, while the attempts are still counted."""

from dataclasses import dataclass

from chaos.faults.base import Field
from chaos.faults.link import PlacedAwdbLink
from chaos.faults.link_fault import AwdbLinkFault, open_awdb_connections
from chaos.faults.relay_base import Cut
from chaos.journal import Timeline


@dataclass(frozen=True, slots=True)
class RefusedAwdb(AwdbLinkFault):
    """Connections to one AWDB are reset, those that stand and those that come; unlike a cut, each attempt is seen."""

    @property
    def name(self) -> str:
        return f"awdb-{self.side}-refused"

    @property
    def meets(self) -> str:
        return "reset"

    async def break_(self, link: PlacedAwdbLink) -> None:
        link.relay.refuse()
        link.relay.cut(Cut.RESET)

    async def mend(self, link: PlacedAwdbLink) -> None:
        link.relay.accept()

    def bitten(self, timeline: Timeline, from_s: float, field: Field) -> str | None:
        """Connections are reset, and those that stood open have ended."""
        if open_awdb_connections(timeline, self.side, timeline.end_s):
            return None
        return AwdbLinkFault.bitten(self, timeline, from_s, field)
