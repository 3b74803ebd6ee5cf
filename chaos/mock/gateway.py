"""The Peripheral Gateway of one side, as far as clients notice it: without it, the side's CTI server is inactive."""

from collections.abc import Callable

from chaos.mock.cti_server.options import Role
from chaos.mock.cti_server.server import CtiServer
from chaos.mock.service import Service, ServiceState


class PeripheralGateway(Service):
    """Make it after the pair that the server belongs to.

    While it is down, its CTI server ends its sessions and turns clients away as the inactive side does. When it is
    back, the server is active again if `may_be_active` says so, else it waits for its pair to make it active.
    Our reading: guides say that the CTI server serves what its own side's gateway tells it.
    """

    def __init__(self, name: str, server: CtiServer, *, may_be_active: Callable[[], bool]) -> None:
        super().__init__(name)
        self._server, self._may_be_active = server, may_be_active
        self._role_by_pair = server.role_at_start
        server.role_at_start = self._role_at_start

    def _role_at_start(self) -> Role:
        return self._role_by_pair() if self.state is ServiceState.STARTED else Role.STANDBY

    async def _open(self) -> None:
        if self._may_be_active():
            await self._server.set_role(Role.ACTIVE)

    async def _close(self) -> None:
        await self._server.set_role(Role.STANDBY)

    async def _kill(self) -> None:
        await self._server.set_role(Role.STANDBY)
