"""A service that an operator stopped: it stays down until somebody starts it."""

from dataclasses import dataclass
from typing import ClassVar

from chaos.faults.base import Field
from chaos.faults.service_fault import ServiceFault
from chaos.inventory import Host
from chaos.journal import LinkProbed, Timeline
from chaos.wire.console.service import ServiceState

_WITNESSES = {("awdb.primary", "MSSQLSERVER"): "awdb-a", ("awdb.secondary", "MSSQLSERVER"): "awdb-b"}


@dataclass(frozen=True, slots=True)
class StoppedService(ServiceFault):
    """`service` on the host of `role` is stopped by its console, and started again at the end.

    Services that need it are stopped before and started after it, as Windows demands and the guides prescribe for
    appliances. alone: they are left as they are; Windows refuses that while one of them runs.
    """

    STAYS: ClassVar[ServiceState | None] = ServiceState.STOPPED

    service: str
    alone: bool = False

    @property
    def name(self) -> str:
        return f"{self.role} {self.service} stopped".replace(" ", "-").lower()

    def pattern(self, host: Host) -> str:
        return self.service

    @property
    def target(self) -> str:
        return f"{self.role}/{self.service}"

    @property
    def _witness(self) -> str | None:
        """The link behind which the service answers, whose probes see it gone whatever its console says."""
        return _WITNESSES.get((self.role, self.service))

    async def look_again(self, field: Field) -> None:
        await ServiceFault.look_again(self, field)
        link = field.awdb.get(self._witness or "")
        if link is not None:
            await link.looked_at(field.journal)

    def slipped(self, timeline: Timeline, from_s: float, field: Field) -> str | None:
        answered = timeline.of(
            LinkProbed, lambda seen: seen.link == self._witness and seen.outcome == "open", from_s=from_s
        )
        if answered:
            return f"it answered a probe of {self._witness} at {answered[0].at_s:.3f} s"
        return ServiceFault.slipped(self, timeline, from_s, field)

    async def dependents(self, field: Field, host: str, service: str) -> tuple[str, ...]:
        return () if self.alone else tuple([line.name for line in await field.consoles[host].dependents(service)])

    async def change(self, field: Field, host: str, service: str) -> None:
        await field.consoles[host].stop(service)

    def bitten(self, timeline: Timeline, from_s: float, field: Field) -> str | None:
        """The console reads it stopped, and nothing answers any more where it answered."""
        if self._witness in field.awdb:
            probes = timeline.of(LinkProbed, lambda seen: seen.link == self._witness, from_s=from_s)
            if not probes or probes[-1].outcome == "open":
                return None
        return self.read_back(timeline, from_s, field, ServiceState.STOPPED)
