"""`finesse-chaos links up` and `links down`: the proxies that a lab's administration points at, while nobody tests.

A proxy server that runs elsewhere keeps them by itself until it is started again; `up --keep` stays, and makes anew
what is missing then. An embedded server lives in the process that starts it, so `up` stays for it, and holds the lab's
lease: a run starts a server of its own at the same addresses.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager

from chaos.clients import link_proxies
from chaos.clients.toxiproxy import NotFound, ProxyState, Toxiproxy, ToxiproxyError
from chaos.errors import LabRefused, RollbackFailed, UsageError
from chaos.inventory import Inventory, endpoint
from chaos.safety import mark
from chaos.safety.healing import HandHealing
from chaos.safety.identity import identity_of
from chaos.safety.lease import LINKS, Lease
from chaos.safety.places import place_of
from chaos.toxiproxy import AddressError, ToxiproxyServer
from chaos.undo.proxy import put_back

Say = Callable[[str], None]

KEEP_EVERY_S = 5.0
_WITHIN_S = 10.0
_CALL_S = 5.0


class LinksRefused(LabRefused):
    """Some proxies could not be made or taken away; what was said before names them."""


class Links:
    """The links of a live lab. say: told in words what was done. stays: whether `up` has done what ends, and keeps on.

    Both methods raise UsageError, LabInUse; RollbackFailed: an earlier run's changes remain; LinksRefused: some proxies
    could not be made or taken away, all were tried.
    """

    def __init__(self, inventory: Inventory, env: Mapping[str, str], say: Say) -> None:
        self.stays = False
        self._inventory = inventory
        self._env = env
        self._say = say

    async def up(self, *, keep: bool) -> None:
        """Make the proxies of all links, and put right those that are there; ends, or stays: see the file's head."""
        _check(self._inventory)
        outside, embedded = link_proxies.outside(self._inventory), _embedded(self._inventory)
        async with contextlib.AsyncExitStack() as stack:
            await stack.enter_async_context(self._alone())
            served = {}
            for url, states in embedded.items():
                server = await stack.enter_async_context(_served(url))
                served[server.api_url] = states
            troubles = []
            for url, states in (outside | served).items():
                troubles += await _put_right(url, states, self._say)
            if troubles:
                raise LinksRefused("; ".join(troubles))
            if embedded:
                self._say(f"the embedded proxy server at {', '.join(served)} lives as long as this command")
                self._say("a run starts one of its own, so end this with Ctrl-C before")
                self.stays = True
                await _kept(outside, self._say)
        if keep:
            self._say("keeping them: what has gone when a server was started again is made anew; Ctrl-C ends that")
            self.stays = True
            await _kept(outside, self._say)

    async def down(self) -> None:
        """Take the proxies of all links away."""
        _check(self._inventory)
        troubles = []
        async with self._alone():
            for url, states in link_proxies.outside(self._inventory).items():
                proxies = Toxiproxy(url, timeout_s=_CALL_S)
                for wanted in states:
                    try:
                        self._say(f"{wanted.name}: {await _taken_away(proxies, wanted)}")
                    except ToxiproxyError as error:
                        troubles.append(f"{wanted.name}: {error}")
        if troubles:
            raise LinksRefused("; ".join(troubles))
        self._say("where Finesse's administration still points there, it reaches nobody now")

    @asynccontextmanager
    async def _alone(self) -> AsyncIterator[None]:
        """With the lab's lease, and nothing owed to the lab: what a dead run left behind is healed first."""
        healed = await HandHealing(self._inventory, self._env, self._say).heal()
        if not healed.ok:
            raise RollbackFailed("an earlier run's changes could not all be undone, see above: heal the lab first")
        lease = await Lease.take(place_of(self._env), await identity_of(self._inventory), LINKS, wait_s=0.0)
        try:
            yield
        finally:
            lease.give_up()


def _check(inventory: Inventory) -> None:
    if inventory.deployment != "live":
        raise UsageError("a built-in mock's links come and go with its run; name the inventory of a live lab")
    if not inventory.links:
        raise UsageError(f"{inventory.name} has no links: describe them under 'links' in the inventory")


def _embedded(inventory: Inventory) -> dict[str, list[ProxyState]]:
    """The proxies of links through embedded servers, by the address at which each is to serve its API."""
    found: dict[str, list[ProxyState]] = {}
    for name, link in inventory.links.items():
        server, state = inventory.proxies[link.proxy], link_proxies.straight(inventory, name, link)
        if server.embedded and state is not None:
            found.setdefault(server.api or "http://127.0.0.1:0", []).append(state)
    return found


@asynccontextmanager
async def _served(url: str) -> AsyncIterator[ToxiproxyServer]:
    at = endpoint(url.removeprefix("http://"))
    server = ToxiproxyServer(host=at.host, port=at.port)
    try:
        await server.start()
    except AddressError as error:
        raise LinksRefused(f"the embedded proxy server cannot listen at {url}: {error}") from error
    try:
        yield server
    finally:
        await server.stop()


async def _put_right(url: str, states: list[ProxyState], say: Say) -> list[str]:
    """Make what is missing, put right what differs; what could not be, in words."""
    proxies, troubles = Toxiproxy(url, timeout_s=_CALL_S), []
    try:
        there = await proxies.proxies()
    except ToxiproxyError as error:
        return [str(error)]
    for wanted in states:
        found = there.get(wanted.name)
        try:
            if found is None:
                made = await proxies.create(wanted.name, wanted.listen, wanted.upstream)
                say(f"{wanted.name}: made at {url}, listens at {made.listen}, leads to {made.upstream}")
            elif link_proxies.is_wanted(found, wanted):
                say(f"{wanted.name}: is there, listens at {found.listen}, leads to {found.upstream}")
            else:
                listen = found.listen if link_proxies.listens_as(found, wanted) else wanted.listen
                right = ProxyState(wanted.name, listen, wanted.upstream, enabled=True)
                await put_back(proxies, wanted.name, right, within_s=_WITHIN_S)
                say(f"{wanted.name}: was otherwise; put right, listens at {listen}, leads to {wanted.upstream}")
        except (ToxiproxyError, RollbackFailed) as error:
            troubles.append(f"{wanted.name}: {error}")
    return troubles


async def _taken_away(proxies: Toxiproxy, wanted: ProxyState) -> str:
    found = await proxies.proxy(wanted.name)
    if found is None:
        return "is not there"
    try:
        await proxies.delete(wanted.name)
    except NotFound:
        return "is not there"
    return f"taken away; it listened at {found.listen} and led to {found.upstream}"


async def _kept(wanted: Mapping[str, list[ProxyState]], say: Say) -> None:
    """For ever: look whether they are there, and make anew what is missing, but while a run has the lab."""
    silent: set[str] = set()
    while True:
        await asyncio.sleep(KEEP_EVERY_S)
        for url, states in wanted.items():
            try:
                if any(not one.is_stale for one in await mark.marks_in(url)):
                    continue
                done = await link_proxies.missing_made(Toxiproxy(url, timeout_s=_CALL_S), states)
            except ToxiproxyError as error:
                if url not in silent:
                    say(str(error))
                silent.add(url)
                continue
            if url in silent:
                say(f"the proxy server at {url} answers again")
            silent.discard(url)
            for name, state in done.items():
                say(f"{name}: had gone; {'made anew' if isinstance(state, ProxyState) else state}")
