"""What undoing works with: clients of the lab, by the names that undo entries use.

A fault's rollback lends its own, which note in the journal what they do (`chaos.faults.base`); whoever heals opens new
ones when they are first needed.
"""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Protocol

from pydantic import ValidationError

from chaos.clients.command import LabCommand, Stoppable
from chaos.clients.console import Console as Console
from chaos.clients.console import console_of
from chaos.clients.cti import CtiClient
from chaos.clients.rest import FinesseRest
from chaos.clients.tls import client_context
from chaos.clients.toxiproxy import Toxiproxy
from chaos.errors import InventoryError
from chaos.inventory import Command, Inventory
from chaos.journal import OUR_CLIENT
from chaos.undo.entries import CommandAsFound, NoCallAsFound
from chaos.undo.whose import LabIdentity, now_called

# Real seconds: a hung server must not keep healing, and answers of one that is not hung take milliseconds.
_PROXY_CALL_S = 3.0
_CONSOLE_POLL_S = 0.5
# As the guide advises clients to wait at least.
_SWITCH_REPLY_S = 10.0


class Hands(Protocol):
    """Clients. What is not there raises InventoryError: trying again would not help."""

    def proxies(self, api_url: str) -> Toxiproxy:
        """The Toxiproxy server there."""

    def console(self, host: str) -> Console:
        """The console of the host of that name."""

    def command(self, undo: CommandAsFound) -> Stoppable:
        """The lab's own command that the entry speaks of."""

    def switch(self) -> AbstractAsyncContextManager[CtiClient]:
        """A telephone at the switch, for as long as the block lasts; it opens its session by itself."""

    def devices(self, undo: NoCallAsFound) -> tuple[str, ...]:
        """Those of the entry's telephones at which calls may be ended."""

    def awdb_password(self) -> str:
        """Finesse's own at the AWDB."""

    def admin(self) -> FinesseRest:
        """Finesse's administration, on the publisher."""


class OwnHands:
    """Clients of our own, for one inventory and the entries of one log. They belong to one event loop; close them
    there.

    env: where secrets are looked up. then, today: the lab as whoever wrote the log knew it, and as the inventory shows
    it, so that a host is found under another name. is_trusted: False for another user's log, which may only name proxy
    servers of this inventory.
    """

    def __init__(
        self,
        inventory: Inventory,
        env: Mapping[str, str],
        *,
        then: LabIdentity = LabIdentity.NOBODY,
        today: LabIdentity = LabIdentity.NOBODY,
        is_trusted: bool = True,
    ) -> None:
        self._inventory = inventory
        self._env = env
        self._then = then
        self._today = today
        self._is_trusted = is_trusted
        self._proxies: dict[str, Toxiproxy] = {}
        self._consoles: dict[str, Console] = {}
        self._admin: FinesseRest | None = None

    def proxies(self, api_url: str) -> Toxiproxy:
        """The Toxiproxy server there, whether or not the inventory still names it. Raises InventoryError."""
        if not self._is_trusted and api_url not in {server.api for server in self._inventory.proxies.values()}:
            raise InventoryError(
                f"another user's undo log speaks of the proxy server {api_url}, which this inventory does not name: "
                "add it again, or let that user heal"
            )
        if api_url not in self._proxies:
            self._proxies[api_url] = Toxiproxy(api_url, timeout_s=_PROXY_CALL_S)
        return self._proxies[api_url]

    def console(self, host: str) -> Console:
        """The console of the host that had that name. Raises InventoryError: no such host, ssh, or secret."""
        if host not in self._consoles:
            name = now_called(host, self._then, self._today) or host
            machine = next((one for _, one in self._inventory.hosts() if one.host == name), None)
            if machine is None:
                known = next((one for one in self._then.hosts if one.name == host), None)
                said = f" (found at {known.at}, host key {known.key or 'unknown'})" if known else ""
                raise InventoryError(f"the inventory has no host {host}{said}: add it again")
            self._consoles[host] = console_of(machine, self._inventory, self._env, poll_s=_CONSOLE_POLL_S)
        return self._consoles[host]

    def command(self, undo: CommandAsFound) -> Stoppable:
        """The inventory's command of that name; if it has none any more, as it was written down, unless another user
        wrote it: what he wrote is not run. Raises InventoryError: neither, or a secret is missing."""
        command = self._inventory.commands.get(undo.name)
        if command is None:
            if not self._is_trusted:
                raise InventoryError(
                    f"another user's undo log speaks of a command '{undo.name}', which this inventory does not have: "
                    "add it again under 'commands', or let that user heal"
                )
            try:
                command = Command.model_validate_json(undo.written)
            except ValidationError:
                raise InventoryError(f"the inventory has no command '{undo.name}' any more: add it again") from None
        return LabCommand(undo.name, command, self._env, poll_s=_CONSOLE_POLL_S)

    @asynccontextmanager
    async def switch(self) -> AsyncIterator[CtiClient]:
        """A telephone of our own, at whichever CTI server of the inventory takes it. Raises SwitchLost."""
        inventory = self._inventory
        switch = CtiClient(
            [(server.dial, server.port) for server in inventory.cti_servers()],
            peripheral_id=inventory.peripheral_id,
            journal_of=lambda: None,
            protocol=inventory.cti_protocol,
            client_id=f"{OUR_CLIENT}-heal",
            reply_s=_SWITCH_REPLY_S,
        )
        try:
            await switch.open()  # whether it could shows at the first question
            yield switch
        finally:
            await switch.close()

    def devices(self, undo: NoCallAsFound) -> tuple[str, ...]:
        """All, unless another user wrote them: then those of this inventory. Raises InventoryError: one is not."""
        ours = {agent.extension for agent in self._inventory.everybody()}
        strangers = [one for one in undo.devices if one not in ours]
        if strangers and not self._is_trusted:
            raise InventoryError(
                f"another user's undo log speaks of telephones that this inventory does not have: "
                f"{', '.join(strangers)}; add their agents again, or let that user heal"
            )
        return undo.devices

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
        # At the same time, each for itself: one that will not be left must not keep the others' sessions.
        await asyncio.gather(*(console.close() for console in consoles.values()), return_exceptions=True)
        if admin is not None:
            await admin.close()
