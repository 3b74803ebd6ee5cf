"""Sessions that break: their sockets are reset or closed once, and what comes after is let through."""

from dataclasses import dataclass

from chaos.faults.base import Field
from chaos.faults.cti_proofs import reaches_relay, sessions_ended
from chaos.faults.link import PlacedLink
from chaos.faults.link_fault import CtiLinkFault
from chaos.faults.relay import Cut
from chaos.journal import Timeline


@dataclass(frozen=True, slots=True)
class BrokenSessions(CtiLinkFault):
    """Every session on one side is ended: reset, or closed in an orderly way if not `reset`.

    The relay ends them and the proxy passes that on; the proxy itself goes on listening, so that no attempt that
    follows is lost on the way to the relay that counts it. A reset reaches Finesse as a reset only if the session was
    made while the link lingers (`PlacedLink.linger`): the experiment sees to that.
    """

    reset: bool = True

    @property
    def _how(self) -> Cut:
        return Cut.RESET if self.reset else Cut.CLOSE

    @property
    def name(self) -> str:
        return f"{self.side}-sessions-{'reset' if self.reset else 'closed'}"

    async def inject(self, field: Field) -> None:
        self._placed(field).relay.cut(self._how)

    async def mend(self, link: PlacedLink) -> None:
        return None  # it happened once; there is nothing to undo

    def bitten(self, timeline: Timeline, from_s: float, field: Field) -> str | None:
        return sessions_ended(timeline, self.side, from_s, self._how.value)

    def lifted(self, timeline: Timeline, from_s: float, field: Field) -> str | None:
        return reaches_relay(timeline, self.side, from_s)
