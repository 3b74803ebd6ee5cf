"""The services of one host as its console lists them: some are real here, those of the platform always run."""

from collections.abc import Mapping, Sequence

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
_STATES = {
    Life.STOPPED: ServiceState.STOPPED,
    Life.STARTING: ServiceState.STARTING,
    Life.STARTED: ServiceState.STARTED,
    Life.STOPPING: ServiceState.STOPPING,
}


class HostServices:
    """A `ServiceControl` (chaos.mock.consoles): what is stopped here is really gone.

    services: by the names that the console shows. platform: names of those that always run.
    """

    def __init__(self, services: Mapping[str, Service], platform: Sequence[str]) -> None:
        self._services = services
        self._platform = platform

    def list(self) -> Sequence[ServiceLine]:
        ours = {name: _line(name, service) for name, service in self._services.items()}
        lines = {name: ServiceLine(name, ServiceState.STARTED) for name in self._platform} | ours
        return [lines[name] for name in sorted(lines)]

    async def start(self, name: str) -> None:
        if name in self._services:
            await self._services[name].start()

    async def stop(self, name: str) -> None:
        if name in self._services:
            await self._services[name].stop()


def _line(name: str, service: Service) -> ServiceLine:
    reason = "Commanded Out of Service" if service.state is Life.STOPPED else ""
    return ServiceLine(name, _STATES[service.state], reason)
