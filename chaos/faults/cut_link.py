"""A link that is cut: connections end, and new ones are refused by TCP."""

from dataclasses import dataclass

from chaos.faults.base import Field
from chaos.faults.cti_proofs import companion_ended, reaches_relay, sessions_ended
from chaos.faults.link import PlacedLink
from chaos.faults.link_fault import CtiLinkFault
from chaos.journal import CtiSeen, CtiStep, LinkProbed, Timeline


@dataclass(frozen=True, slots=True)
class CutLink(CtiLinkFault):
    """The proxy of one side listens no more; attempts at it are refused, and reach no relay that could count them."""

    @property
    def name(self) -> str:
        return f"{self.side}-link-cut"

    @property
    def accompanied(self) -> str | None:
        return self.link

    @property
    def look_every_s(self) -> float:
        return 10.0

    async def look_again(self, field: Field) -> None:
        """Try to connect, as Finesse would."""
        await self._placed(field).knocked_at(field.journal)

    def slipped(self, timeline: Timeline, from_s: float, field: Field) -> str | None:
        """Somebody was let in: a look of ours, or anybody whom the relay behind the proxy has heard of."""
        met = timeline.of(LinkProbed, lambda one: one.link == self.link and one.outcome != "refused", from_s=from_s)
        if met:
            return f"a connection to {self.link} met {met[0].outcome} at {met[0].at_s:.3f} s"
        came = timeline.of(CtiSeen, lambda one: one.side == self.side and one.step is CtiStep.ATTEMPT, from_s=from_s)
        return f"a connection came through at {came[0].at_s:.3f} s" if came else None

    async def inject(self, field: Field) -> None:
        link = self._placed(field)
        await link.proxies.update(link.name, enabled=False)

    async def mend(self, link: PlacedLink) -> None:
        await link.proxies.update(link.name, enabled=True)

    def bitten(self, timeline: Timeline, from_s: float, field: Field) -> str | None:
        """Every session has ended, ours too, and new connections are refused."""
        if companion_ended(timeline, self.link, from_s) is None:
            return None
        knocked = timeline.of(LinkProbed, lambda one: one.link == self.link, from_s=from_s)
        if not knocked or knocked[0].outcome != "refused":
            return None
        return sessions_ended(timeline, self.side, self.name, from_s)

    def lifted(self, timeline: Timeline, from_s: float, field: Field) -> str | None:
        return reaches_relay(timeline, self.side, from_s)
