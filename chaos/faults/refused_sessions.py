"""Sessions that are refused while the attempts are still counted."""

from collections import Counter
from dataclasses import dataclass
from typing import ClassVar

from chaos.faults.base import Field
from chaos.faults.cti_proofs import came_into
from chaos.faults.link import PROBE_NAME, PlacedLink
from chaos.faults.link_fault import CtiLinkFault
from chaos.faults.relay import Refusal
from chaos.journal import CtiSeen, CtiStep, FaultPhase, Timeline


@dataclass(frozen=True, slots=True)
class RefusedSessions(CtiLinkFault):
    """New sessions on one side are refused: `times` for each Finesse node, or until rollback if None.

    It lies in wait for somebody who tries, so inject it before the fault that makes Finesse try.
    """

    PROBES_AS: ClassVar[str] = PROBE_NAME  # which is refused like anybody until this is lifted

    times: int | None = None
    how: Refusal = Refusal.RESET

    @property
    def name(self) -> str:
        often = "" if self.times is None else f"-{self.times}-times"
        return f"{self.side}-sessions-refused{often}"

    @property
    def lies_in_wait(self) -> bool:
        return True

    @property
    def bites_within_s(self) -> float:
        return 60.0

    def slipped(self, timeline: Timeline, from_s: float, field: Field) -> str | None:
        """A node was let in that should have been refused, or was refused once more than that. Whoever had asked before
        the order was given may be let in."""
        injected = came_into(timeline, self.name, FaultPhase.INJECTED, from_s)
        before = injected.number if injected is not None else 0
        asked = timeline.of(CtiSeen, lambda one: one.step is CtiStep.OPEN_REQ and one.number < before)
        early = {one.connection for one in asked}
        steps = timeline.of(
            CtiSeen,
            lambda one: one.side == self.side and not one.is_ours and one.connection not in early,
            from_s=from_s,
        )
        refused: Counter[str | None] = Counter()
        for seen in steps:
            if seen.step is CtiStep.REFUSED:
                refused[seen.client] += 1
                if self.times is not None and refused[seen.client] > self.times:
                    return f"{seen.client} was refused {refused[seen.client]} times, at {seen.at_s:.3f} s"
            elif seen.step is CtiStep.OPEN_CONF and (self.times is None or refused[seen.client] < self.times):
                return f"{seen.client} was let in at {seen.at_s:.3f} s"
        return None

    async def inject(self, field: Field) -> None:
        self._placed(field).relay.refuse(self.times, self.how)

    async def mend(self, link: PlacedLink) -> None:
        link.relay.accept()

    def bitten(self, timeline: Timeline, from_s: float, field: Field) -> str | None:
        refused = timeline.of(
            CtiSeen,
            lambda seen: seen.side == self.side and seen.step is CtiStep.REFUSED and not seen.is_ours,
            from_s=from_s,
        )
        if not refused:
            return None
        return f"side {self.side.upper()} refused {refused[0].client or 'a client'} at {refused[0].at_s:.3f} s"
