"""A lab's links in proxy servers that outlive us: how each link's proxy stands while nobody tests, and making it.

Finesse's administration points at the proxies, so a proxy that is not there – a server was started again and came back
empty – is an outage of the lab. Our own it is to make: it listens where the inventory says, and leads straight to the
server behind the link.
"""

import asyncio
from collections.abc import Mapping

from chaos.clients.toxiproxy import Conflict, ProxyState, Toxiproxy, ToxiproxyError
from chaos.inventory import Inventory, Link


def straight(inventory: Inventory, name: str, link: Link) -> ProxyState | None:
    """How the link's proxy stands while nobody tests. None: the inventory does not say where it listens or leads."""
    target = inventory.link_target(name)  # type: ignore[arg-type]
    upstream = link.upstream or (f"{target.dial}:{target.port}" if target is not None else None)
    if link.listen is None or upstream is None:
        return None
    return ProxyState(name, link.listen, upstream, enabled=True)


def outside(inventory: Inventory) -> dict[str, list[ProxyState]]:
    """The proxies of all links through servers that outlive us, by the server's API address."""
    found: dict[str, list[ProxyState]] = {}
    for name, link in inventory.links.items():
        server, state = inventory.proxies[link.proxy], straight(inventory, name, link)
        if server.api is not None and not server.embedded and state is not None:
            found.setdefault(server.api, []).append(state)
    return found


def is_wanted(there: ProxyState, wanted: ProxyState) -> bool:
    """Whether a proxy is as it should be while nobody tests."""
    return listens_as(there, wanted) and (there.upstream, there.enabled) == (wanted.upstream, True) and not there.toxics


def listens_as(there: ProxyState, wanted: ProxyState) -> bool:
    """Whether it listens where it should; a server shows the address that it bound in place of the one it was given."""
    host, _, port = there.listen.rpartition(":")
    wanted_host, _, wanted_port = wanted.listen.rpartition(":")
    everywhere = ("", "0.0.0.0", "[::]")
    return port == wanted_port and (host == wanted_host or (host in everywhere and wanted_host in everywhere))


async def missing_made(proxies: Toxiproxy, wanted: list[ProxyState]) -> dict[str, ProxyState | ToxiproxyError]:
    """Make those that are not there; what became of each that was not. Raises ToxiproxyError: no answer at all."""
    there = await proxies.proxies()
    return {one.name: await _made(proxies, one) for one in wanted if one.name not in there}


async def all_missing_made(inventory: Inventory, *, timeout_s: float) -> Mapping[str, ProxyState]:
    """Make what is not there of all links through servers that outlive us; those that were made, by name.

    What cannot be made stays missing: whoever looks at the links says why.
    """

    async def of_one(api_url: str, wanted: list[ProxyState]) -> dict[str, ProxyState]:
        try:
            done = await missing_made(Toxiproxy(api_url, timeout_s=timeout_s), wanted)
        except ToxiproxyError:
            return {}
        return {name: state for name, state in done.items() if isinstance(state, ProxyState)}

    found = await asyncio.gather(*(of_one(api_url, wanted) for api_url, wanted in outside(inventory).items()))
    return {name: state for one in found for name, state in one.items()}


async def _made(proxies: Toxiproxy, wanted: ProxyState) -> ProxyState | ToxiproxyError:
    try:
        return await proxies.create(wanted.name, wanted.listen, wanted.upstream)
    except Conflict as error:  # somebody else made it meanwhile
        return await proxies.proxy(wanted.name) or error
    except ToxiproxyError as error:
        return error
