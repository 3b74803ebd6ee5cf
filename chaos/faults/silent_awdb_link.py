"""An AWDB that nothing is heard of: connections are accepted, and no byte comes through."""

from dataclasses import dataclass

from chaos.faults.link import PlacedAwdbLink
from chaos.faults.link_fault import AwdbLinkFault
from chaos.faults.silent_link import silence, unsilence


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

    async def break_(self, link: PlacedAwdbLink) -> None:
        await silence(link)

    async def mend(self, link: PlacedAwdbLink) -> None:
        await unsilence(link)
