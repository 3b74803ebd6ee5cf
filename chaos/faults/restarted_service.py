"""A service that goes down and comes back by itself, as one does that its guardian process starts again."""

from dataclasses import dataclass

from chaos.faults.base import Field
from chaos.faults.service_fault import ServiceFault
from chaos.inventory import Host
from chaos.journal import Timeline
from chaos.wire.console.service import ServiceState


@dataclass(frozen=True, slots=True)
class RestartedService(ServiceFault):
    """`service` on the host of `role` is stopped, and started again at once.

    An appliance has no command that kills a process, so this is the nearest to a crash that every console can do:
    connections end in good order where a crash would reset them. On Unified CCE hosts `KilledProcess` is a real one.
    """

    service: str

    @property
    def name(self) -> str:
        return f"{self.role} {self.service} restarted".replace(" ", "-").lower()

    @property
    def bites_within_s(self) -> float:
        return 600.0

    def pattern(self, host: Host) -> str:
        return self.service

    async def change(self, field: Field, host: str, service: str) -> None:
        await field.consoles[host].stop(service)
        await self.look(field, host, service)
        await field.consoles[host].start(service)
        await self.look(field, host, service)

    def bitten(self, timeline: Timeline, from_s: float, field: Field) -> str | None:
        """It was read down, and up after that."""
        if not any(seen.state == ServiceState.STOPPED for seen in self.states(timeline, from_s, field)):
            return None
        return self.read_back(timeline, from_s, field, ServiceState.STARTED)
