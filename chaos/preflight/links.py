"""Links: do the proxies' servers answer, and are the addresses free on which proxies and relays will listen?"""

import contextlib
import errno
import socket

from chaos.clients.toxiproxy import ProxyState, Toxiproxy, ToxiproxyError, Unreachable
from chaos.inventory import Endpoint, Link, endpoint
from chaos.network import tcp_socket
from chaos.preflight import lease
from chaos.preflight.context import Context
from chaos.preflight.doors import Door, knock
from chaos.preflight.finding import Finding, NotLooked, bad, ok, warn
from chaos.safety.lease import NoLease
from chaos.safety.places import NoPlace


async def server(ctx: Context, name: str) -> Finding:
    """A check: a Toxiproxy server that runs elsewhere answers."""
    try:
        version, proxies = await _asked(ctx, name)
    except Unreachable as error:
        return bad(str(error), f"start it (`toxiproxy-server`, `finesse-chaos proxy`), or correct proxies.{name}.api")
    except ToxiproxyError as error:
        return bad(
            f"{ctx.inventory.proxies[name].api}: {error}", f"is proxies.{name}.api a Toxiproxy server, 2.6 or later?"
        )
    return ok(f"version {version}, {len(proxies)} proxies")


async def _asked(ctx: Context, name: str) -> tuple[str, dict[str, ProxyState]]:
    return await ctx.once(f"toxiproxy {name}", lambda: _ask(ctx, name))


async def _ask(ctx: Context, name: str) -> tuple[str, dict[str, ProxyState]]:
    api = ctx.inventory.proxies[name].api
    if api is None:
        raise NotLooked(f"proxies.{name} has no api address")
    client = Toxiproxy(api, timeout_s=ctx.inventory.timing.connect_timeout_s)
    version = await client.version()
    return version, await client.proxies()


async def proxy(ctx: Context, name: str, link: Link) -> Finding:
    """A check: the link's proxy is there and well, or can be made."""
    if link.listen is None:
        raise NotLooked(f"the inventory does not say where {name} listens")
    at = endpoint(link.listen)
    if ctx.inventory.proxies[link.proxy].embedded:
        return await _free_here(at, f"the proxy of {name}")
    try:
        _, proxies = await _asked(ctx, link.proxy)
    except ToxiproxyError:
        raise NotLooked(f"proxies.{link.proxy} does not answer") from None
    if made := ctx.proxies_made.get(name):
        return ok(f"the proxy was missing and has been made: at {made.listen}, leads straight to {made.upstream}")
    others = [one.name for one in proxies.values() if one.name != name and one.listen == link.listen]
    if others:
        return bad(
            f"{link.listen} is held by another proxy, '{others[0]}'",
            f"remove or move that proxy, or give {name} an address of its own",
        )
    if name in proxies:
        return _found(name, link, proxies[name], await _put_right(ctx))
    if (await knock(ctx, at.host, at.port)).door is Door.OPEN:
        return bad(
            f"somebody else listens at {link.listen}: it is no proxy of {ctx.inventory.proxies[link.proxy].api}",
            "end that program, or give the link another address",
        )
    return bad(
        f"there is no proxy '{name}', and none could be made at {link.listen}",
        f"see what `finesse-chaos links up` says; is {link.listen} an address of the proxy server's machine?",
    )


async def _put_right(ctx: Context) -> str:
    """How a proxy comes to be as it was; nobody can heal a lab while a run has it, and what is changed may be its."""
    with contextlib.suppress(NoLease, NoPlace):
        if await lease.is_others(ctx):
            return "look again when whoever has the lab has ended (see the lease): this is probably his doing"
    return f"{ctx.heal}: it puts right what a run that died left behind"


def _found(name: str, link: Link, state: ProxyState, heal: str) -> Finding:
    if state.listen != link.listen:
        return warn(
            f"proxy '{name}' listens at {state.listen}, the inventory says {link.listen}; a run moves it",
            f"correct links.{name}.listen, or remove the proxy if nobody uses it",
        )
    if state.toxics:
        toxics = ", ".join(toxic.name or toxic.type for toxic in state.toxics)
        return warn(f"proxy '{name}' has toxics left on it: {toxics}", heal)
    if not state.enabled:
        return warn(f"proxy '{name}' is switched off", heal)
    if link.upstream is not None and state.upstream != link.upstream:
        return warn(f"proxy '{name}' leads to {state.upstream}, not to {link.upstream}; a run leads it anew", heal)
    return ok(f"proxy at {state.listen}, leads to {state.upstream}")


async def relay(ctx: Context, name: str, at: Endpoint) -> Finding:
    """A check: the address of this machine on which the relay will listen is free."""
    return await _free_here(at, f"the relay of {name}")


async def _free_here(at: Endpoint, what: str) -> Finding:
    """Bind and let go at once; nobody can connect meanwhile, as nobody listens."""
    try:
        numeric = socket.AI_NUMERICHOST
        *_, address = socket.getaddrinfo(at.host.strip("[]"), at.port, type=socket.SOCK_STREAM, flags=numeric)[0]
        with tcp_socket(str(address[0])) as trial:
            trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            trial.bind(address)
    except OSError as error:
        return bad(f"{what} cannot listen at {at.host}:{at.port}: {error.strerror or error}", _why_not(error))
    return ok(f"{at.host}:{at.port} is free")


def _why_not(error: OSError) -> str:
    match error.errno:
        case errno.EADDRNOTAVAIL:
            return "give an address of this machine, or add that one to it"
        case errno.EADDRINUSE:
            return "end the program that listens there (another run?), or give the link another address"
        case errno.EACCES:
            return "ports below 1024 need rights here: run with them, or choose another port"
        case _:
            return "give an address of this machine, as a number"
