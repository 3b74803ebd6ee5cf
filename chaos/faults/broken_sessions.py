"""Sessions that break: their sockets are reset or closed once, and what comes after is let through."""

from dataclasses import dataclass

from chaos.faults.base import Field
from chaos.faults.cti_proofs import reaches_relay, sessions_ended
from chaos.faults.link import PlacedLink
from chaos.faults.link_fault import CtiLinkFault
from chaos.journal import Timeline


@dataclass(frozen=True, slots=True)
class BrokenSessions(CtiLinkFault):
    """Every session on one side is ended by its proxy: reset, or closed in an orderly way if not `reset`.

    A reset needs sessions that were made while the link lingers (`PlacedLink.linger`): the experiment sees to that.
    """

    reset: bool = True

    @property
    def name(self) -> str:
        return f"{self.side}-sessions-{'reset' if self.reset else 'closed'}"

    async def inject(self, field: Field) -> None:
        link = self._placed(field)
        await link.proxies.update(link.name, enabled=False)
        await link.proxies.update(link.name, enabled=True)

    async def mend(self, link: PlacedLink) -> None:
        await link.proxies.update(link.name, enabled=True)

    def bitten(self, timeline: Timeline, from_s: float, field: Field) -> str | None:
        return sessions_ended(timeline, self.side, from_s, "reset" if self.reset else "fin")

    def lifted(self, timeline: Timeline, from_s: float, field: Field) -> str | None:
        return reaches_relay(timeline, self.side, from_s)
