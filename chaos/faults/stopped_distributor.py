"""An Administration & Data server whose Distributor stands still: its database still answers."""

from dataclasses import dataclass
from typing import ClassVar

from chaos.clients.console import WindowsConsole
from chaos.errors import InjectFailed
from chaos.faults.base import Field
from chaos.faults.service_fault import ServiceFault, host_of
from chaos.inventory import Host
from chaos.journal import ConsoleSaid, Timeline
from chaos.wire.console.service import ServiceState, TranscriptError
from chaos.wire.console.windows import parse_tasks, tasks_command

# What the Distributor keeps the configuration in step with. Source: Unified ICM/CCE Serviceability Guide, processes.
IMAGE = "updateaw.exe"


@dataclass(frozen=True, slots=True)
class StoppedDistributor(ServiceFault):
    """The Distributor on the host of `role` ("awdb.primary" or "awdb.secondary") is stopped.

    Its Windows service is called `Cisco ICM <instance> Distributor`; the instance is the inventory's, else any. SQL
    Server is a service of its own and goes on answering, with a configuration that is not kept in step any more: no
    probe could tell. So what the service manager says is believed only if no process of the Distributor's is there.
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

    async def look_again(self, field: Field) -> None:
        """The service's state, and its process."""
        await ServiceFault.look_again(self, field)
        host, _ = await self._place(field)
        console = field.consoles[host]
        if not isinstance(console, WindowsConsole):
            raise InjectFailed(f"the console of {host} shows no processes, as that of a Windows host does")
        await console.processes(IMAGE)

    def slipped(self, timeline: Timeline, from_s: float, field: Field) -> str | None:
        running = [said for said in self._tasks(timeline, from_s, field) if _runs(said)]
        if running:
            return f"{IMAGE} ran on {running[0].host} at {running[0].at_s:.3f} s, whatever is said of its service"
        return ServiceFault.slipped(self, timeline, from_s, field)

    def bitten(self, timeline: Timeline, from_s: float, field: Field) -> str | None:
        """The console reads it stopped, and its process is gone."""
        told = self._tasks(timeline, from_s, field)
        if not told or _runs(told[-1]):
            return None
        return self.read_back(timeline, from_s, field, ServiceState.STOPPED)

    def _tasks(self, timeline: Timeline, from_s: float, field: Field) -> list[ConsoleSaid]:
        """What the console said of its process since then."""
        host, asked = host_of(self.role, field.inventory), tasks_command(IMAGE)
        return timeline.of(
            ConsoleSaid,
            lambda said: host is not None and said.host == host.host and said.sent == asked,
            from_s=from_s,
        )


def _runs(said: ConsoleSaid) -> bool:
    """Whether there is such a process; an answer that says nothing of it does not say that there is none."""
    try:
        return bool(parse_tasks(IMAGE, said.received))
    except TranscriptError:
        return True
