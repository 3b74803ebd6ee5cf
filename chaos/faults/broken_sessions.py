"""Sessions that break: their sockets are reset or closed once, and what comes after is let through."""

from dataclasses import dataclass

from chaos.faults.base import Field
from chaos.faults.cti_proofs import at_once_s, companion_ended, reaches_relay, sessions_ended
from chaos.faults.link import PlacedLink
from chaos.faults.link_fault import CtiLinkFault
from chaos.faults.relay import Cut
from chaos.journal import Heard, Timeline


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

    @property
    def accompanied(self) -> str | None:
        return self.link

    def bitten(self, timeline: Timeline, from_s: float, field: Field) -> str | None:
        """Every session has ended at once; the one of ours among them saw a reset as a reset, a close as a close."""
        ended = companion_ended(timeline, self.link, from_s)
        if ended is None or ended.heard is not (Heard.RESET if self.reset else Heard.CLOSED):
            return None
        to_s = at_once_s(timeline, self.name, from_s)
        return sessions_ended(timeline, self.side, self.name, from_s, self._how.value, to_s=to_s)

    def lifted(self, timeline: Timeline, from_s: float, field: Field) -> str | None:
        return reaches_relay(timeline, self.side, from_s)
