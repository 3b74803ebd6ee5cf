"""A mock with IP phones at it, and what they show."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

from chaos import clock
from chaos.clients.console import VosConsole
from chaos.clients.cti import CtiClient
from chaos.clients.rest import FinesseRest
from chaos.clients.tls import client_context
from chaos.inventory import FinesseNode, Inventory, load, resolved
from chaos.journal import Journal, PhoneScreen
from chaos.run.launcher import Launched, launch
from chaos.subjects.phones import IpPhone

ROOT = Path(__file__).parents[3]
A, B = "fin-a.mock.test", "fin-b.mock.test"


class Desk:
    """IP phones of a mock, and the journal of what they showed."""

    def __init__(self, launched: Launched) -> None:
        self.mock, self.inventory = launched.deployment, launched.inventory
        self.journal = Journal(None, clock.now)
        self.phones: list[IpPhone] = []
        self.switch: CtiClient | None = None
        self.clients: list[VosConsole | FinesseRest] = []
        """More that are closed at the end."""

    async def phone(self, number: int = 0, *, password: str | None = None) -> IpPhone:
        """The phone of that number, switched on."""
        inventory = self.inventory
        assert inventory.phones is not None
        one = inventory.phones.devices[number]
        agent = inventory.agent(one.extension)
        account = inventory.phones.account
        made = IpPhone(
            one,
            agent,
            inventory.finesse_nodes(),
            inventory.phone_services(),
            password or agent.password.reveal({}),
            (account.user, account.password.reveal({})),
            lambda: self.journal,
            unavailable=inventory.phones.unavailable,
            tls=client_context(inventory),
            timeout_s=5.0,
        )
        await made.start()
        self.phones.append(made)
        return made

    async def telephone(self) -> CtiClient:
        """Our own telephone at the switch."""
        self.switch = CtiClient(
            [(server.dial, server.port) for server in self.inventory.cti_servers()],
            peripheral_id=self.inventory.peripheral_id,
            journal_of=lambda: self.journal,
            protocol=self.inventory.cti_protocol,
            client_id="test-phone",
            extensions={agent.id: agent.extension for agent in self.inventory.everybody()},
        )
        assert await self.switch.open()
        return self.switch

    def node(self, host: str = A) -> FinesseNode:
        return next(one for one in self.inventory.finesse_nodes() if one.host == host)

    def screens(self) -> list[PhoneScreen]:
        """Everything that phones showed."""
        return self.journal.timeline().of(PhoneScreen)


def at_phones(
    story: Callable[[Desk], Awaitable[None]],
    *,
    defects: tuple[str, ...] = (),
    release: str | None = None,
    inactivity_s: float | None = None,
) -> None:
    """Play that at the mock. inactivity_s: phones that ask for nothing for so long are signed out."""
    inventory: Inventory = load(ROOT / "inventories" / "mock.yaml").model_copy(update={"links": {}})
    if release is not None:
        inventory = inventory.model_copy(update={"release": release})

    if inactivity_s is not None:
        inventory = resolved(inventory, {"mock": {"variants": {"phone_inactivity_s": inactivity_s}}})

    async def main() -> None:
        launched = await launch(inventory, defects=defects, fast=True)
        desk = Desk(launched)
        try:
            await asyncio.gather(*(node.until_in_service() for node in launched.deployment.nodes.values()))
            await story(desk)
        finally:
            for phone in desk.phones:
                await phone.close()
            for client in (desk.switch, *desk.clients):
                if client is not None:
                    await client.close()
            await launched.stop()

    clock.run(main(), virtual=True)
