"""A CTI server that is heard late, and in time: no heartbeat goes unconfirmed until the next one is due."""

from dataclasses import dataclass

from chaos.clients.toxiproxy import NotFound, Toxic
from chaos.faults.base import Field
from chaos.faults.cti_proofs import companion_heard, companion_is_mute
from chaos.faults.link import PlacedLink
from chaos.faults.link_fault import CtiLinkFault
from chaos.journal import CtiSeen, CtiStep, Heard, Timeline

_NAME = "finesse-chaos-latency"
# Of what it was told to wait a proxy may lose a little on its way (ours).
_NEARLY = 0.9


@dataclass(frozen=True, slots=True)
class SlowLink(CtiLinkFault):
    """Everything that the CTI server of one side says comes `latency_s` late, in the sessions that there are, too."""

    latency_s: float = 3.5

    @property
    def name(self) -> str:
        return f"{self.side}-link-slow-{self.latency_s:g}s"

    @property
    def accompanied(self) -> str | None:
        return self.link

    @property
    def bites_within_s(self) -> float:
        return 60.0

    async def inject(self, field: Field) -> None:
        latency = {"latency": round(1000 * self.latency_s), "jitter": 0}
        await self._placed(field).proxies.add_toxic(self.link, Toxic("latency", "downstream", _NAME, 1.0, latency))

    async def mend(self, link: PlacedLink) -> None:
        try:
            await link.proxies.remove_toxic(link.name, _NAME)
        except NotFound:
            return  # it had not been added, or is gone already

    def bitten(self, timeline: Timeline, from_s: float, field: Field) -> str | None:
        """A heartbeat of ours was confirmed late, and before the next one was due."""
        late_s = self._late_s(timeline, from_s)
        if not late_s or not _NEARLY * self.latency_s <= late_s[-1] < field.heartbeat_interval_s:
            return None
        return f"a confirmation reached a session of ours {late_s[-1]:.3f} s after it was sent"

    def slipped(self, timeline: Timeline, from_s: float, field: Field) -> str | None:
        """A confirmation of ours was missing, or came sooner than was meant."""
        if any(one.heard is Heard.MISSED for one in companion_heard(timeline, self.link, from_s)):
            return "a heartbeat of ours was not confirmed before the next one was due"
        soon = [one for one in self._late_s(timeline, from_s) if one < _NEARLY * self.latency_s]
        if soon:
            return f"a confirmation reached a session of ours {soon[0]:.3f} s after it was sent"
        return companion_is_mute(timeline, self.link, from_s, field.heartbeat_interval_s)

    def _late_s(self, timeline: Timeline, from_s: float) -> list[float]:
        """How long confirmations of our own session were on their way from the relay through the proxy."""
        sent_s = [
            seen.at_s
            for seen in timeline.of(
                CtiSeen, lambda one: one.side == self.side and one.is_ours and one.step is CtiStep.HEARTBEAT_CONF
            )
            if seen.at_s >= from_s
        ]
        heard = [one.at_s for one in companion_heard(timeline, self.link, from_s) if one.heard is Heard.CONFIRMED]
        return [at_s - max(before) for at_s in heard if (before := [one for one in sent_s if one <= at_s])]
