"""What checks share while they look: the lab's description, clients, and looks that several of them lean on.

Such a look is taken once, whoever asks for it first; with passwords that is not for speed, but so that each is tried
once only.
"""

import asyncio
import ssl
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar, cast

from chaos.clients.rest import FinesseRest
from chaos.clients.tls import client_context
from chaos.clients.toxiproxy import ProxyState
from chaos.inventory import FinesseNode, Inventory, Ssh, secrets_of
from chaos.wire.console.service import ServiceLine

T = TypeVar("T")


@dataclass
class Accounts:
    """How one console account has fared so far; hosts that share it take turns until it has been let in once."""

    turn: asyncio.Lock = field(default_factory=asyncio.Lock)
    let_in: bool = False
    refused_at: str | None = None


@dataclass(frozen=True, slots=True)
class Services:
    """A console let us in and listed these."""

    lines: tuple[ServiceLine, ...]


class Context:
    """One preflight's view of a lab. `close` ends everything that was opened.

    in_run: the lab's lease is ours. links_placed: the run's own proxies are up already. agents_asked: only so many of
    the first agents are asked anything (None: all). proxies_made: links whose proxies were missing, and have just been
    made.
    name: of the inventory, as commands are given it.
    Raises InventoryError: a secret or the CA cannot be had.
    """

    def __init__(
        self,
        inventory: Inventory,
        env: Mapping[str, str],
        *,
        links_placed: bool = False,
        agents_asked: int | None = None,
        name: str = "INVENTORY",
        in_run: bool = False,
    ) -> None:
        self.inventory = inventory
        self.in_run = in_run
        self.heal = f"run `finesse-chaos heal -i {name}`"
        self.env = env
        self.links_placed = links_placed
        self.proxies_made: Mapping[str, ProxyState] = {}
        self.agents_asked = agents_asked
        self.tls: ssl.SSLContext = client_context(inventory)
        self.admin_password = inventory.admin.password.reveal(env)
        self.agent_passwords = {agent.id: agent.password.reveal(env) for agent in inventory.agents}
        for _, secret in secrets_of(inventory):
            secret.reveal(env)
        self._looks: dict[str, asyncio.Task[Any]] = {}
        self._clients: list[FinesseRest] = []
        self._accounts: dict[tuple[str, str], Accounts] = {}

    @property
    def awaits_own_proxies(self) -> bool:
        """Whether Finesse's CTI links lead through proxies that the run itself will start, and has not yet.

        One that was missing, and was only just made, counts as such: Finesse needs a while to find it.
        """
        if self.links_placed:
            return False
        links = {name: link for name, link in self.inventory.links.items() if name.startswith("cti-")}
        return any(
            name in self.proxies_made or self.inventory.proxies[link.proxy].embedded for name, link in links.items()
        )

    async def once(self, key: str, look: Callable[[], Awaitable[T]]) -> T:
        """What that look gives, or raises; it is taken when first asked for, and never again.

        Who gives up waiting does not end it for the others.
        """
        if key not in self._looks:
            self._looks[key] = asyncio.ensure_future(look())
        return cast("T", await asyncio.shield(self._looks[key]))

    def rest(self, node: FinesseNode, user: str | None = None, password: str | None = None) -> FinesseRest:
        """A client of that node, closed with us."""
        client = FinesseRest(
            node,
            lambda: None,
            tls=self.tls,
            timeout_s=self.inventory.timing.request_timeout_s,
            user=user,
            password=password,
        )
        self._clients.append(client)
        return client

    def account(self, ssh: Ssh) -> Accounts:
        """The account behind these credentials; a Windows domain has it once for all hosts."""
        return self._accounts.setdefault((ssh.kind, ssh.user.casefold()), Accounts())

    async def close(self) -> None:
        """Give up looks that nobody waits for any more, close clients. Safe twice."""
        looks, self._looks = list(self._looks.values()), {}
        for look in looks:
            look.cancel()
        await asyncio.gather(*looks, return_exceptions=True)
        clients, self._clients = self._clients, []
        for client in clients:
            await client.close()
