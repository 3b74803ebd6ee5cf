"""The services of a deployment by names of our own, whatever host and console they are on."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from chaos.mock.appliance import HostServices
from chaos.mock.control.orders import OrderRefused
from chaos.mock.deployment import Deployment
from chaos.mock.service import Service, ServiceState

NODE_ROLES = ("publisher", "subscriber")
AW_ROLES = ("primary", "secondary")


@dataclass(frozen=True, slots=True)
class Thing:
    """One service. id: ours, "tomcat-publisher". title: as people call it. host: where it runs.

    console: its host's, by which it is started and stopped as an operator does; None: no console lists it.
    needs: what must run before it can.
    """

    id: str
    title: str
    host: str
    service: Service
    console: HostServices | None = None
    needs: Service | None = None

    @property
    def state(self) -> ServiceState:
        return self.service.state

    @property
    def orders(self) -> tuple[str, ...]:
        """What can be ordered now."""
        if self.state is ServiceState.STOPPED:
            return ("start",)
        return ("stop", "kill") if self.state is ServiceState.STARTED else ("kill",)

    async def start(self) -> None:
        """Raises OSError: a port is taken. OrderRefused: what it needs does not run."""
        if self.needs is not None and self.needs.state is not ServiceState.STARTED:
            raise OrderRefused(f"{self.title} runs inside {self.needs.name}: start that first")
        await (self.service.start() if self.console is None else self.console.start(self._listed(self.console)))

    async def stop(self) -> None:
        """In good order; whatever needs it on its host is stopped before."""
        if self.console is None:
            await self.service.stop()
            return
        listed = self._listed(self.console)
        for name in (*self.console.dependents(listed), listed):
            await self.console.stop(name)

    async def kill(self) -> None:
        """As a process dies."""
        await (self.service.die() if self.console is None else self.console.die(self._listed(self.console)))

    def _listed(self, console: HostServices) -> str:
        return console.name_of(self.service)


def things(deployment: Deployment) -> Mapping[str, Thing]:
    """Every service, by its id: nodes first, then CTI sides, then AW hosts."""
    found = (*_of_nodes(deployment), *_of_sides(deployment), *_of_aw_hosts(deployment))
    return {thing.id: thing for thing in found}


def _of_nodes(deployment: Deployment) -> Iterator[Thing]:
    for role, (host, node) in zip(NODE_ROLES, deployment.nodes.items(), strict=False):
        console = deployment.appliances[host]
        yield Thing(f"notification-{role}", "Notification Service", host, node.notification, console)
        yield Thing(f"tomcat-{role}", "Tomcat", host, node.tomcat, console)
        yield Thing(f"webapp-{role}", "Web application", host, node.webapp, needs=node.tomcat)


def _of_sides(deployment: Deployment) -> Iterator[Thing]:
    hosts = [plan.host for plan in deployment.blueprint.pg] or [f"side {name}" for name in "AB"]
    sides = zip(hosts, (deployment.pair.a, deployment.pair.b), deployment.gateways, strict=True)
    for host, server, gateway in sides:
        console, side = deployment.windows.get(host), server.side.lower()
        yield Thing(f"cti-{side}", "CTI server", host, server, console)
        yield Thing(f"pg-{side}", "Peripheral Gateway", host, gateway, console)


def _of_aw_hosts(deployment: Deployment) -> Iterator[Thing]:
    for role, (host, aw) in zip(AW_ROLES, deployment.aw_hosts.items(), strict=False):
        console = deployment.windows.get(host)
        yield Thing(f"awdb-{role}", "SQL Server (AWDB)", host, aw.database, console)
        yield Thing(f"sql-agent-{role}", "SQL Server Agent", host, deployment.sql_agents[host], console)
        yield Thing(f"distributor-{role}", "Distributor", host, aw.distributor, console)
