"""An Administration & Data server whose Distributor stands still: its database still answers."""

from dataclasses import dataclass
from typing import ClassVar

from chaos.faults.base import Field
from chaos.faults.service_fault import ServiceFault
from chaos.inventory import Host
from chaos.journal import Timeline
from chaos.wire.console.service import ServiceState


@dataclass(frozen=True, slots=True)
class StoppedDistributor(ServiceFault):
    """The Distributor on the host of `role` ("awdb.primary" or "awdb.secondary") is stopped.

    Its Windows service is called `Cisco ICM <instance> Distributor`; the instance is the inventory's, else any. SQL
    Server is a service of its own and goes on answering, with a configuration that is not kept in step any more.
    """

    STAYS: ClassVar[ServiceState | None] = ServiceState.STOPPED

    @property
    def name(self) -> str:
        return f"{self.role}-distributor-stopped"

    def pattern(self, host: Host) -> str:
        instance = host.ssh.instance if host.ssh and host.ssh.instance else "*"
        return f"Cisco ICM {instance} Distributor"

    async def dependents(self, field: Field, host: str, service: str) -> tuple[str, ...]:
        return tuple([line.name for line in await field.consoles[host].dependents(service)])

    async def change(self, field: Field, host: str, service: str) -> None:
        await field.consoles[host].stop(service)
        await self.look(field, host, service)

    def bitten(self, timeline: Timeline, from_s: float, field: Field) -> str | None:
        return self.read_back(timeline, from_s, field, ServiceState.STOPPED)
