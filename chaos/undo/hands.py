"""What undoing works with: clients of the lab, opened when they are first needed."""

import asyncio
from collections.abc import Mapping

from chaos.clients.console import Console as Console
from chaos.clients.console import console_of
from chaos.clients.rest import FinesseRest
from chaos.clients.tls import client_context
from chaos.clients.toxiproxy import Toxiproxy
from chaos.errors import InventoryError
from chaos.inventory import Inventory

# Real seconds: a hung server must not keep healing, and answers of one that is not hung take milliseconds.
_PROXY_CALL_S = 3.0
_CONSOLE_POLL_S = 0.5


class Hands:
    """Clients by the names that undo entries use. They belong to one event loop; close them there.

    env: where secrets are looked up.
    """

    def __init__(self, inventory: Inventory, env: Mapping[str, str]) -> None:
        self._inventory = inventory
        self._env = env
        self._proxies: dict[str, Toxiproxy] = {}
        self._consoles: dict[str, Console] = {}
        self._admin: FinesseRest | None = None

    def proxies(self, api_url: str) -> Toxiproxy:
        """The Toxiproxy server there, whether or not the inventory still names it."""
        if api_url not in self._proxies:
            self._proxies[api_url] = Toxiproxy(api_url, timeout_s=_PROXY_CALL_S)
        return self._proxies[api_url]

    def console(self, host: str) -> Console:
        """The console of the host of that name. Raises InventoryError: no such host, ssh, or secret."""
        if host not in self._consoles:
            machine = next((one for _, one in self._inventory.hosts() if one.host == host), None)
            if machine is None:
                raise InventoryError(f"the inventory has no host {host}: add it again")
            self._consoles[host] = console_of(machine, self._inventory, self._env, poll_s=_CONSOLE_POLL_S)
        return self._consoles[host]

    def awdb_password(self) -> str:
        """Finesse's own at the AWDB. Raises InventoryError: the inventory does not say, or it is missing."""
        account = self._inventory.awdb.account if self._inventory.awdb else None
        if account is None:
            raise InventoryError("the inventory has no awdb.account: its password has to be saved with the settings")
        return account.password.reveal(self._env)

    def admin(self) -> FinesseRest:
        """Finesse's administration, on the publisher. Raises InventoryError: its password is missing."""
        if self._admin is None:
            inventory = self._inventory
            self._admin = FinesseRest(
                inventory.publisher,
                lambda: None,
                tls=client_context(inventory),
                timeout_s=inventory.timing.request_timeout_s,
                user=inventory.admin.user,
                password=inventory.admin.password.reveal(self._env),
            )
        return self._admin

    async def close(self) -> None:
        """Leave the consoles with `exit`. Safe twice."""
        consoles, self._consoles = self._consoles, {}
        admin, self._admin = self._admin, None
        await asyncio.gather(*(console.close() for console in consoles.values()))
        if admin is not None:
            await admin.close()
