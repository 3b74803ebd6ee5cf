"""The services of one host as its console lists them: some are real here, those of the platform are states only."""

import asyncio
import contextlib
from collections.abc import Mapping, Sequence

from chaos.errors import ChaosError
from chaos.mock.service import Service
from chaos.mock.service import ServiceState as Life
from chaos.wire.console.service import ServiceLine, ServiceState

# Source: Finesse Installation and Upgrade Guide, appendix on network and system services (a selection).
VOS_PLATFORM = (
    "A Cisco DB",
    "A Cisco DB Replicator",
    "Cisco AMC Service",
    "Cisco Audit Event Service",
    "Cisco CDP",
    "Cisco DRF Local",
    "Cisco Log Partition Monitoring Tool",
    "Cisco RIS Data Collector",
    "Cisco Syslog Agent",
    "Cisco Tomcat",
    "Cisco Trace Collection Service",
    "Cisco Web Proxy Service",
    "Host Resources Agent",
    "MIB2 Agent",
    "SNMP Primary Agent",
    "System Application Agent",
)
# Source: Unified ICM/CCE Serviceability Guide (a selection), and what a Windows Server has anyhow.
WINDOWS_PLATFORM = ("Cisco ICM Diagnostic Framework", "EventLog", "LanmanServer", "sshd", "W32Time")
# What a node cannot do without, and what the mock does not have apart: nobody may believe that it was stopped. The
# proxy is 8445 and 443 on a node, which are Tomcat's own here; the database is the configuration, which nodes share.
_NOT_APART = frozenset({"A Cisco DB", "Cisco Web Proxy Service"})
_STATES = {
    Life.STOPPED: ServiceState.STOPPED,
    Life.STARTING: ServiceState.STARTING,
    Life.STARTED: ServiceState.STARTED,
    Life.STOPPING: ServiceState.STOPPING,
}


class HostServices:
    """A `ServiceControl` (chaos.mock.consoles): what is stopped here is really gone.

    services: by the names that the console shows. platform: names of those that do nothing here: what an operator did
    to them is shown, and has no effect; of those whose end would have one on a real host a stop is refused. images: the
    services' names by the program whose process does their work. node_manager_s: how long after such a process died
    the Node Manager starts it again; None: it never does. The Windows service is the Node Manager itself, so the
    console goes on showing it as running meanwhile. Source: Unified ICM/CCE Serviceability Guide; ten seconds: ours.
    dependents: for a service the names of those that need it, in the order of stopping. Whoever is started has those
    started first that it needs; a console refuses to stop a service that others need.
    """

    def __init__(
        self,
        services: Mapping[str, Service],
        platform: Sequence[str],
        *,
        images: Mapping[str, str] | None = None,
        dependents: Mapping[str, Sequence[str]] | None = None,
        node_manager_s: float | None = 10.0,
    ) -> None:
        self._services = services
        self._platform = dict.fromkeys(platform, ServiceState.STARTED)
        self._images = {image.casefold(): name for image, name in (images or {}).items()}
        self._dependents = dict(dependents or {})
        self.node_manager_s = node_manager_s
        self._reviving: dict[str, asyncio.Task[None]] = {}

    def list(self) -> Sequence[ServiceLine]:
        ours = {
            name: ServiceLine(name, ServiceState.STARTED) if name in self._reviving else _line(name, service)
            for name, service in self._services.items()
        }
        lines = {name: _shown(name, state) for name, state in self._platform.items()} | ours
        return [lines[name] for name in sorted(lines)]

    def name_of(self, service: Service) -> str:
        """As the console lists it. Raises KeyError: it does not."""
        for name, one in self._services.items():
            if one is service:
                return name
        raise KeyError(service.name)

    def dependents(self, name: str) -> Sequence[str]:
        return self._dependents.get(name, ())

    async def start(self, name: str) -> None:
        for needed in [master for master, names in self._dependents.items() if name in names]:
            await self.start(needed)
        if name in self._services:
            await self._services[name].start()
        elif name in self._platform:
            self._platform[name] = ServiceState.STARTED

    async def stop(self, name: str) -> None:
        """Raises ChaosError: this service is none that the mock could do without."""
        if name in self._services:
            await self._give_up(name)
            await self._services[name].stop()
        elif name in _NOT_APART:
            raise ChaosError("this mock has it as a part of others, so it cannot be stopped")
        elif name in self._platform:
            self._platform[name] = ServiceState.STOPPED

    async def kill(self, image: str) -> bool:
        """End the process; its service's Node Manager starts it again. False: there is no such process."""
        name = self._images.get(image.casefold())
        if name is None or self._services[name].state is Life.STOPPED:
            return False
        await self._give_up(name)
        if self._services[name].state is Life.STOPPING:  # an operator stopped it: nobody starts it again
            await self._services[name].die()
            return True
        # Before the death, so that nobody who looks meanwhile sees the service stopped.
        self._reviving[name] = asyncio.create_task(self._revive(name), name=f"Node Manager of {name}")
        await self._services[name].die()
        return True

    async def die(self, name: str) -> None:
        """End the process that does this service's work, whatever its program is called. Its Node Manager, if it has
        one, starts it again."""
        image = next((image for image, of in self._images.items() if of == name), None)
        if image is not None:
            await self.kill(image)
        elif name in self._services:
            await self._services[name].die()

    def images(self) -> Sequence[str]:
        """The programs of which there is a process."""
        return [image for image, name in self._images.items() if self._services[name].state is not Life.STOPPED]

    async def close(self) -> None:
        """Start nothing again. Safe twice."""
        for name in tuple(self._reviving):
            await self._give_up(name)

    async def _revive(self, name: str) -> None:
        if self.node_manager_s is None:
            await asyncio.Event().wait()
            return
        await asyncio.sleep(self.node_manager_s)
        with contextlib.suppress(OSError):  # its port is taken: the service stands still, which the console shows
            await self._services[name].start()
        self._reviving.pop(name, None)  # it is gone already if somebody is just giving up on it

    async def _give_up(self, name: str) -> None:
        """The Node Manager ends, and a process that it is just starting ends with it."""
        reviving = self._reviving.pop(name, None)
        if reviving is not None:
            reviving.cancel()
            await asyncio.gather(reviving, return_exceptions=True)
            await self._services[name].die()


def _line(name: str, service: Service) -> ServiceLine:
    return _shown(name, _STATES[service.state])


def _shown(name: str, state: ServiceState) -> ServiceLine:
    return ServiceLine(name, state, "Commanded Out of Service" if state is ServiceState.STOPPED else "")
