"""Heartbeats that are not confirmed, exactly those that are meant."""

from dataclasses import dataclass

from chaos.faults.base import Field
from chaos.faults.cti_proofs import open_sessions
from chaos.faults.link import PlacedLink
from chaos.faults.link_fault import CtiLinkFault
from chaos.journal import CtiSeen, CtiStep, Timeline


@dataclass(frozen=True, slots=True)
class WithheldHeartbeats(CtiLinkFault):
    """Confirmations of the sessions on one side are withheld by `pattern`: "x" withheld, "." passed, then all pass.

    Counted for each session by itself. Everything else on the link passes.
    """

    pattern: str = "xxx"

    @property
    def name(self) -> str:
        return f"{self.side}-heartbeats-withheld-{self.pattern}"

    @property
    def bites_within_s(self) -> float:
        return 60.0

    async def inject(self, field: Field) -> None:
        self._placed(field).relay.withhold(self.pattern, new_sessions=False)

    async def mend(self, link: PlacedLink) -> None:
        link.relay.pass_heartbeats()

    def bitten(self, timeline: Timeline, from_s: float, field: Field) -> str | None:
        standing = open_sessions(timeline, self.side, from_s)
        withheld = timeline.of(CtiSeen, lambda seen: seen.step is CtiStep.HEARTBEAT_WITHHELD, from_s=from_s)
        if not standing or standing - {seen.connection for seen in withheld}:
            return None
        return f"{len(withheld)} confirmation(s) withheld from {len(standing)} session(s) by {withheld[-1].at_s:.3f} s"
