"""Putting a proxy back to how it was, whatever has become of it and of its server.

Toxiproxy can hang: a toxic that is blocked at a peer which reads no more holds its proxy's lock, and whoever then
touches toxics waits for good. So a proxy is always switched off before its toxics are touched, which ends what they are
blocked at. If that is not enough, the proxy is deleted and made anew, and a server of our own is restarted. A server
that was started again in the meantime has lost its proxies; ours is made anew there. No other proxy is touched.

A server that hung may wake and carry out an order that it was sent before: ours, or that of a harness that died. The
client sends nothing to a server that does not answer (`chaos.clients.toxiproxy`), so such an order has to fall into the
moment between an answer and the next request. Where that may have happened – an order is unknown, or the server failed
while we were at it – what was put back is watched until it has stuck, and put back again if it has not. What is
possible still: an order that sleeps for longer than the watch, in a server that answers everything else meanwhile.
"""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from typing import TypeVar

from chaos.clients.toxiproxy import NotFound, ProxyState, Toxic, Toxiproxy, ToxiproxyError
from chaos.clock import now
from chaos.errors import RollbackFailed

# Between two tries; a server that is being started again needs a moment.
_TRY_EVERY_S = 1.0
# A server that woke has then carried out what it had: its oldest requests were there before ours.
_WATCH_S = 3.0
_LOOK_EVERY_S = 0.25

T = TypeVar("T")
Restart = Callable[[], Awaitable[None]]


async def put_back(
    proxies: Toxiproxy, name: str, found: ProxyState | None, *, within_s: float, restart: Restart | None = None
) -> str:
    """Bring the proxy back to `found` (None: it was not there), read it back, and say what was done.

    restart: starts the server again, if it is one of ours. Safe twice and at the same time as its server fails. Raises
    RollbackFailed when it is not as found after `within_s` (and no more than one call, and 3 s of watching, later).
    """
    until_s = now() + within_s
    ways = [_in_place, _anew]
    trouble, done_first = "", ""
    while True:
        for way in ways:
            if trouble and now() >= until_s:
                break
            try:
                done = await way(proxies, name, found)
                state = await proxies.proxy(name)
            except ToxiproxyError as error:
                trouble = str(error)
                continue
            if state == found:
                done_first = done_first or done
                if not (trouble or proxies.has_unknown_orders(name)) or await _has_stuck(proxies, name, found):
                    proxies.forget_unknown_orders(name)
                    return done_first
                trouble = "it did not stay as it was put back"
                continue
            trouble = f"it is now {_words(state)}"
        if restart is not None:
            await restart()
            restart = None
        elif now() + _TRY_EVERY_S >= until_s:
            raise RollbackFailed(
                f"proxy {name} at {proxies.api_url} could not be put back: {trouble}; it was {_words(found)}. "
                "Restart that Toxiproxy server, then heal the lab"
            )
        else:
            await asyncio.sleep(_TRY_EVERY_S)


async def _has_stuck(proxies: Toxiproxy, name: str, found: ProxyState | None) -> bool:
    """Whether it stays as it was found while a server that woke does what it still has to do."""
    until_s = now() + _WATCH_S
    while now() < until_s:
        await asyncio.sleep(_LOOK_EVERY_S)
        try:
            if await proxies.proxy(name) != found:
                return False
        except ToxiproxyError:
            return False
    return True


async def _in_place(proxies: Toxiproxy, name: str, found: ProxyState | None) -> str:
    """The gentle way: what is as found stays, and if all of it is, so do its connections."""
    state = await proxies.proxy(name)
    if state == found:
        return "is as it was found"
    if found is None:
        await _gone(proxies.delete(name))
        return "was removed: it had not been there"
    if state is None:
        await _make(proxies, found)
        return "was made anew: it had gone"
    if state.toxics != found.toxics:
        await proxies.update(name, enabled=False)
        kept = _kept(state.toxics, found.toxics)
        for toxic in state.toxics:
            if toxic not in kept:
                await _gone(proxies.remove_toxic(name, toxic.name))
        for toxic in found.toxics[len(kept) :]:
            await proxies.add_toxic(name, toxic)
    await proxies.update(name, listen=found.listen, upstream=found.upstream, enabled=found.enabled)
    return "was put back"


async def _anew(proxies: Toxiproxy, name: str, found: ProxyState | None) -> str:
    """The rough way: off, away, and made as it was found."""
    with contextlib.suppress(ToxiproxyError):
        await proxies.update(name, enabled=False)
    await _gone(proxies.delete(name))
    if found is None:
        return "was removed: it had not been there"
    await _make(proxies, found)
    return "was deleted and made anew: it could not be changed"


async def _make(proxies: Toxiproxy, found: ProxyState) -> None:
    """Made disabled, so that no connection escapes the toxics that it had."""
    await proxies.create(found.name, found.listen, found.upstream, enabled=False)
    for toxic in found.toxics:
        await proxies.add_toxic(found.name, toxic)
    if found.enabled:
        await proxies.update(found.name, enabled=True)


def _kept(there: tuple[Toxic, ...], wanted: tuple[Toxic, ...]) -> tuple[Toxic, ...]:
    """Which toxics may stay: those that the wanted ones begin with. New ones can only be added behind them."""
    kept = tuple(toxic for toxic in there if toxic in wanted)
    return kept if kept == wanted[: len(kept)] else ()


async def _gone(removing: Awaitable[None]) -> None:
    with contextlib.suppress(NotFound):
        await removing


def _words(state: ProxyState | None) -> str:
    if state is None:
        return "not there"
    toxics = ", ".join(toxic.name for toxic in state.toxics) or "no toxics"
    switched = "on" if state.enabled else "off"
    return f"{switched}, {state.listen} to {state.upstream}, with {toxics}"
