"""A service that an operator stopped: it stays down until somebody starts it."""

from dataclasses import dataclass

from chaos.faults.base import Field
from chaos.faults.service_fault import ServiceFault
from chaos.inventory import Host
from chaos.journal import Timeline
from chaos.wire.console.service import ServiceState


@dataclass(frozen=True, slots=True)
class StoppedService(ServiceFault):
    """`service` on the host of `role` is stopped by its console, and started again at the end."""

    service: str

    @property
    def name(self) -> str:
        return f"{self.role} {self.service} stopped".replace(" ", "-").lower()

    def pattern(self, host: Host) -> str:
        return self.service

    async def change(self, field: Field, host: str, service: str) -> None:
        await field.consoles[host].stop(service)
        await self.look(field, host, service)

    def bitten(self, timeline: Timeline, from_s: float, field: Field) -> str | None:
        return self.read_back(timeline, from_s, field, ServiceState.STOPPED)
