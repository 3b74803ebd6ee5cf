"""An AWDB that answers late."""

from dataclasses import dataclass

from chaos.clients.toxiproxy import NotFound, Toxic
from chaos.faults.base import Field
from chaos.faults.link import PlacedAwdbLink
from chaos.faults.link_fault import AwdbLinkFault
from chaos.journal import Timeline

_NAME = "finesse-chaos-latency"


@dataclass(frozen=True, slots=True)
class SlowAwdbLink(AwdbLinkFault):
    """Everything that one AWDB says comes `latency_s` late; at most 4 s, or a probe would take it for silence."""

    latency_s: float = 2.0

    @property
    def name(self) -> str:
        return f"awdb-{self.side}-link-slow-{self.latency_s:g}s"

    @property
    def meets(self) -> str:
        return "open"

    async def break_(self, link: PlacedAwdbLink) -> None:
        latency = {"latency": round(1000 * self.latency_s), "jitter": 0}
        await link.proxies.add_toxic(link.name, Toxic("latency", "downstream", _NAME, 1.0, latency))

    async def mend(self, link: PlacedAwdbLink) -> None:
        try:
            await link.proxies.remove_toxic(link.name, _NAME)
        except NotFound:
            return  # it had not been added, or is gone already

    def bitten(self, timeline: Timeline, from_s: float, field: Field) -> str | None:
        probe = self._last_probe(timeline, from_s)
        if probe is None or probe.took_s < 0.9 * self.latency_s:
            return None
        return f"a probe of {self.link} took {probe.took_s:.3f} s at {probe.at_s:.3f} s"

    def lifted(self, timeline: Timeline, from_s: float, field: Field) -> str | None:
        probe = self._last_probe(timeline, from_s)
        if probe is None or probe.took_s >= 0.9 * self.latency_s:
            return None
        return AwdbLinkFault.lifted(self, timeline, from_s, field)
