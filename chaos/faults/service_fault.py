"""What faults of services share: a host by its role, its console, and the state as a console read it back."""

from abc import abstractmethod
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import ClassVar

from chaos.errors import InjectFailed
from chaos.faults.base import Fault, Field
from chaos.inventory import Host, Inventory
from chaos.journal import ServiceSeen, Timeline
from chaos.undo.entries import ServiceAsFound, service_thing
from chaos.wire.console.service import ServiceState


def host_of(role: str, inventory: Inventory) -> Host | None:
    """The host of a role: "publisher", "subscriber", "cti.a", "cti.b", "awdb.primary", "awdb.secondary"."""
    return next((host for path, host in inventory.hosts() if ".".join(path) == role), None)


@dataclass(frozen=True, slots=True)
class ServiceFault(Fault):
    """A fault of one service on the host of `role`; whatever is done to it, it ends as it was found, which is running.

    Nothing can be learnt from stopping what stood still, so such a service is left alone.
    """

    STAYS: ClassVar[ServiceState | None] = None
    """In which state the service stays from the change to the rollback; None: in none that can be told beforehand."""

    role: str

    @property
    def target(self) -> str:
        return self.role

    @abstractmethod
    def pattern(self, host: Host) -> str:
        """The service's name on that host; on Windows a pattern will do that fits exactly one."""

    @abstractmethod
    async def change(self, field: Field, host: str, service: str) -> None:
        """What is done to the service, which runs."""

    async def dependents(self, field: Field, host: str, service: str) -> tuple[str, ...]:
        """Other services that are to be stopped before and started after it, in the order of stopping, by exact name;
        none where nothing is stopped."""
        return ()

    def unfit(self, inventory: Inventory) -> str | None:
        host = host_of(self.role, inventory)
        if host is None:
            return f"the inventory has no {self.role}"
        return None if host.ssh else f"there is no console to reach the services of {host.host}: give {self.role} ssh"

    @property
    def bites_within_s(self) -> float:
        return 60.0

    @property
    def lifts_within_s(self) -> float:
        return 600.0

    async def inject(self, field: Field) -> None:
        host, service = await self._place(field)
        found = await self.look(field, host, service)
        if found is not ServiceState.STARTED:
            raise InjectFailed(f"'{service}' on {host} is {found.value}; start it, the lab is not in order")
        # Written in the order of stopping: what is owed last is put back first, which is the order of starting.
        dependents = await self._running_dependents(field, host, service)
        for name in dependents:
            await field.undo.before(ServiceAsFound(host, name, ServiceState.STARTED, because_of=service))
        await field.undo.before(ServiceAsFound(host, service, found))
        for name in dependents:
            await field.consoles[host].stop(name)
        await self.change(field, host, service)

    async def rollback(self, field: Field) -> None:
        """Put it back to how it was found, read that back, and strike the debt. What we did not change is looked at."""
        owed = await self.owed(field)
        if owed is not None:
            gone = [one.thing for one in _services(field, owed.host) if one.because_of == owed.service]
            await field.put_right(owed.thing, *gone)
        host, service = (owed.host, owed.service) if owed else await self._place(field)
        await self.look(field, host, service)

    async def owed(self, field: Field) -> ServiceAsFound | None:
        """How our service was found, None if nothing of it is owed. A console, which may be busy, is asked only if the
        pattern fits the service's other name."""
        host = host_of(self.role, field.inventory)
        if host is None:
            return None
        there = _services(field, host.host)
        if not there:
            return None
        wanted = self.pattern(host).casefold()
        fitting = [undo for undo in there if fnmatchcase(undo.service.casefold(), wanted)]
        if not fitting:
            thing = service_thing(*await self._place(field))
            fitting = [undo for undo in there if undo.thing == thing]
        return fitting[0] if fitting else None

    @property
    def look_every_s(self) -> float | None:
        """A service may come back by itself within seconds; consoles take a second for an answer."""
        return 15.0 if self.STAYS is not None else None

    async def look_again(self, field: Field) -> None:
        if self.STAYS is not None:
            await self.look(field, *await self._place(field))

    def slipped(self, timeline: Timeline, from_s: float, field: Field) -> str | None:
        """The console read another state than the one in which the service is to stay."""
        wanted = self.STAYS.value if self.STAYS is not None else ""
        left = [seen for seen in self.states(timeline, from_s, field) if wanted and seen.state != wanted]
        return f"the console of {left[0].host} read {left[0].state} at {left[0].at_s:.3f} s" if left else None

    async def _running_dependents(self, field: Field, host: str, service: str) -> tuple[str, ...]:
        """Those that do not stand still: each is to end as it was found."""
        console = field.consoles[host]
        names = await self.dependents(field, host, service)
        return tuple([name for name in names if (await console.service(name)).state is not ServiceState.STOPPED])

    def lifted(self, timeline: Timeline, from_s: float, field: Field) -> str | None:
        return self.read_back(timeline, from_s, field, ServiceState.STARTED)

    async def look(self, field: Field, host: str, service: str) -> ServiceState:
        """Ask the console, and note what it says."""
        line = await field.consoles[host].service(service)
        field.journal.observe(ServiceSeen(host=host, service=line.name, state=line.state.value))
        return line.state

    def states(self, timeline: Timeline, from_s: float, field: Field) -> list[ServiceSeen]:
        """What consoles read of this service since then."""
        host = host_of(self.role, field.inventory)
        if host is None:
            return []
        wanted = self.pattern(host).casefold()
        return timeline.of(
            ServiceSeen,
            lambda seen: seen.host == host.host and fnmatchcase(seen.service.casefold(), wanted),
            from_s=from_s,
        )

    def read_back(self, timeline: Timeline, from_s: float, field: Field, state: ServiceState) -> str | None:
        """A proof: the last state that the console read since then is this one."""
        seen = self.states(timeline, from_s, field)
        if not seen or seen[-1].state != state.value:
            return None
        return f"the console of {seen[-1].host} reads '{seen[-1].service}' {state.value} at {seen[-1].at_s:.3f} s"

    async def _place(self, field: Field) -> tuple[str, str]:
        """The host's name and the service's exact name. Raises InjectFailed, errors of the console."""
        host = host_of(self.role, field.inventory)
        console = field.consoles.get(host.host) if host else None
        if host is None or console is None:
            raise InjectFailed(f"there is no console of {self.role}; give it ssh in the inventory")
        pattern = self.pattern(host)
        return host.host, await console.find(pattern)


def _services(field: Field, host: str) -> list[ServiceAsFound]:
    """What is owed of that host's services."""
    return [undo for undo in field.undo.owed() if isinstance(undo, ServiceAsFound) and undo.host == host]
