"""Orders to the built-in mock: what a live lab does by its own command, and no console of a node can.

A Finesse node lists no service for its web application, and no verb of its CLI stops it alone; a lab has to find a way
of its own (`commands` of the inventory). In the mock the same fault gives its deployment the order.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from chaos.clients.command import Stoppable
from chaos.undo.entries import command_thing
from chaos.wire.console.service import ServiceLine, ServiceState

if TYPE_CHECKING:
    from chaos.mock.deployment import Deployment
    from chaos.mock.service import Service


class ServiceOrder:
    """One service of the deployment that no console shows, as something that is started or stopped."""

    written = ""
    """There is nothing to write down: the mock ends with whoever could heal it."""

    def __init__(self, name: str, service: "Service") -> None:
        self.name = name
        self._service = service

    @property
    def place(self) -> str:
        return command_thing(self.name)

    async def service(self, name: str = "") -> ServiceLine:
        """What the deployment says of it."""
        return ServiceLine(self.name, ServiceState[self._service.state.name])

    async def stop(self, name: str = "") -> ServiceLine:
        """Stop it; safe twice."""
        await self._service.stop()
        return await self.service()

    async def start(self, name: str = "") -> ServiceLine:
        """Start it; safe twice."""
        await self._service.start()
        return await self.service()


def orders_to(deployment: "Deployment") -> Mapping[str, Stoppable]:
    """By the names that the inventory's `orders` has."""
    roles = ("publisher", "subscriber")
    return {
        f"webapp-{role}": ServiceOrder(f"webapp-{role}", node.webapp)
        for role, node in zip(roles, deployment.nodes.values(), strict=False)
    }
