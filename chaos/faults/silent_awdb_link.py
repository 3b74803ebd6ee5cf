"""An AWDB that nothing is heard of: connections are accepted, and no byte comes through."""

from dataclasses import dataclass

from chaos.faults.base import Field
from chaos.faults.link import PlacedAwdbLink
from chaos.faults.link_fault import AwdbLinkFault
from chaos.faults.silent_link import silence, still_silent, unsilence
from chaos.journal import Timeline


@dataclass(frozen=True, slots=True)
class SilentAwdbLink(AwdbLinkFault):
    """Data are dropped both ways on the link to one AWDB, for new connections too; attempts are still seen.

    Its rollback is not neutral: removing the toxics closes the connections that they silenced.
    """

    @property
    def name(self) -> str:
        return f"awdb-{self.side}-link-silent"

    @property
    def meets(self) -> str:
        return "silence"

    async def inject(self, field: Field) -> None:
        await AwdbLinkFault.inject(self, field)
        await self._placed(field).looked_at(field.journal)

    async def look_again(self, field: Field) -> None:
        """Into a silence a probe cannot say who it is: the proxy server is asked instead."""
        await self.link_seen(field)

    def slipped(self, timeline: Timeline, from_s: float, field: Field) -> str | None:
        return AwdbLinkFault.slipped(self, timeline, from_s, field) or still_silent(
            self.last_link_seen(timeline, from_s)
        )

    async def break_(self, link: PlacedAwdbLink) -> None:
        await silence(link)

    async def mend(self, link: PlacedAwdbLink) -> None:
        await unsilence(link)
