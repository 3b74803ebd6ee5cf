"""Client of one Toxiproxy server, the embedded one or the Go one alike, over the library toxiproxy-python.

What the library leaves open is closed here: its address is a class attribute, so that a process can have only one
server; it has no time-outs and obeys proxy variables of the environment; it takes 403 and 5xx for answers; it does not
encode names; it cannot change a toxic or an address, nor ask for a single proxy; its `create` lists all proxies first,
which hangs with any of them; its `populate` destroys and recreates proxies by comparing texts. Its calls run in a
thread, in a private copy of its modules whose exchanges are ours: bounded in time and size (`chaos.clients.bounded`).
What it has no call for goes there directly.

A server that hung carries out, once it wakes, what it was sent meanwhile. So before each order the same connection asks
for something that costs nothing, and only a server that answers it is sent the order: one that hangs has nothing of
ours to carry out. What remains is the moment between the two. A call that ended there is known by `has_unknown_orders`,
and whoever undoes what it did looks again until it has stuck (`chaos.undo.proxy`).

The server has to be 2.6 or later.
"""

import functools
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, TypeVar
from urllib.parse import quote, urlsplit

from toxiproxy.exceptions import InvalidToxic, ProxyExists
from toxiproxy.exceptions import NotFound as LibraryNotFound

from chaos.clients.bounded import Answer, BadAnswer, BoundedHttp, NoAnswer, Wire
from chaos.clients.toxiproxy_answers import (
    Conflict,
    Json,
    NotFound,
    ProxyState,
    Rejected,
    ServerFailed,
    Toxic,
    ToxiproxyError,
    Unreachable,
    checked,
    list_in,
    object_in,
    plain,
    proxy_from,
    toxic_from,
    version_in,
)
from chaos.clients.toxiproxy_library import Library
from chaos.errors import UsageError

__all__ = [
    "Conflict",
    "NotFound",
    "ProxyState",
    "Rejected",
    "ServerFailed",
    "Toxic",
    "Toxiproxy",
    "ToxiproxyError",
    "Unreachable",
]

T = TypeVar("T")

# What a server is asked to see that it is awake; it needs no lock of a proxy.
_AWAKE = "/version"
# What an order about all proxies is about; no proxy has this name.
_ANY = ""


class Toxiproxy:
    """One server. api_url: http://host:port; timeout_s: how long a call may take, from connecting to the last byte.

    Every method raises Unreachable or ServerFailed, and what its own line names. Several may run at once. One that is
    cancelled ends at once, or after a second if an order is on its way: what undoes it must not overtake it.
    """

    def __init__(self, api_url: str, *, timeout_s: float = 5.0) -> None:
        parts = urlsplit(api_url)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.path not in ("", "/") or parts.query:
            raise UsageError(f"the Toxiproxy API address {api_url!r} is not of the form http://host:port")
        self.api_url = api_url.rstrip("/")
        self._http = BoundedHttp(self.api_url, timeout_s)
        self._library = Library()
        self._unknown: set[str] = set()

    def has_unknown_orders(self, proxy: str) -> bool:
        """Whether an order about this proxy was sent whose answer never came: the server may still carry it out."""
        return not self._unknown.isdisjoint((proxy, _ANY))

    def forget_unknown_orders(self, proxy: str) -> None:
        """Call it once that proxy has been seen to stay as it should be."""
        self._unknown.discard(proxy)

    async def version(self) -> str:
        """The server's version, in each of the forms that 2.x has given it."""

        async def ask(wire: Wire) -> str:
            return version_in((await _get(wire, _AWAKE)).text)

        return await self._call(ask)

    async def proxies(self) -> dict[str, ProxyState]:
        """All proxies by name, with their toxics."""

        async def ask(wire: Wire) -> dict[str, ProxyState]:
            shown = object_in(await _get(wire, "/proxies"))
            return {name: proxy_from(value) for name, value in shown.items()}

        return await self._call(ask)

    async def proxy(self, name: str) -> ProxyState | None:
        """One proxy, or None if there is none of that name. Raises Rejected."""
        path = _path(name)

        async def ask(wire: Wire) -> ProxyState:
            return proxy_from(object_in(await _get(wire, path)))

        try:
            return await self._call(ask)
        except NotFound:
            return None

    async def create(self, name: str, listen: str, upstream: str, enabled: bool = True) -> ProxyState:
        """Make a proxy. Raises Conflict, Rejected; ServerFailed if it cannot listen."""
        _path(name)
        wanted = {"name": name, "listen": listen, "upstream": upstream, "enabled": enabled}

        async def ask(wire: Wire) -> ProxyState:
            await _get(wire, _AWAKE)
            return proxy_from(object_in(await _order(wire, "POST", "/proxies", wanted)))

        return await self._call(ask, name)

    async def update(
        self, name: str, *, enabled: bool | None = None, listen: str | None = None, upstream: str | None = None
    ) -> ProxyState:
        """Change what is named. A new address, and disabling, close all connections. Raises NotFound, Rejected.

        ServerFailed if it cannot listen: it is disabled then, and keeps the new address.
        """
        path = _path(name)
        wanted = {"enabled": enabled, "listen": listen, "upstream": upstream}
        changes = {key: value for key, value in wanted.items() if value is not None}

        async def ask(wire: Wire) -> ProxyState:
            # Not asked for the proxy itself: switching off is what helps when its lock is held for good.
            await _get(wire, _AWAKE)
            return proxy_from(object_in(await _order(wire, "PATCH", path, changes)))

        return await self._call(ask, name)

    async def delete(self, name: str) -> None:
        """Remove a proxy and close its connections. Raises NotFound, Rejected."""
        await self._order_by_library(self._handle(name).destroy, about=name, awake=_AWAKE)

    async def add_toxic(self, proxy: str, toxic: Toxic) -> Toxic:
        """Put a toxic on a proxy, and return it as the server shows it. Raises NotFound, Conflict, Rejected."""
        name = toxic.name or f"{toxic.type}_{toxic.stream}"
        path = _path(proxy, name)
        add = functools.partial(
            self._handle(proxy).add_toxic,
            type=toxic.type,
            stream=toxic.stream,
            name=name,
            toxicity=toxic.toxicity,
            attributes=dict(toxic.attributes),
        )

        async def ask(wire: Wire) -> Toxic:
            await _get(wire, _path(proxy))
            await self._library.run(wire, add)
            return toxic_from(object_in(await _get(wire, path)))

        return await self._call(ask, proxy)

    async def update_toxic(
        self, proxy: str, name: str, *, attributes: Mapping[str, int] | None = None, toxicity: float | None = None
    ) -> Toxic:
        """Change the attributes that are named, and the toxicity. Raises NotFound, Rejected."""
        path = _path(proxy, name)
        wanted: Json = {"attributes": None if attributes is None else dict(attributes), "toxicity": toxicity}
        changes = {key: value for key, value in wanted.items() if value is not None}

        async def ask(wire: Wire) -> Toxic:
            await _get(wire, _path(proxy))
            return toxic_from(object_in(await _order(wire, "PATCH", path, changes)))

        return await self._call(ask, proxy)

    async def remove_toxic(self, proxy: str, name: str) -> None:
        """Take a toxic off a proxy; removing a `timeout` closes its connections. Raises NotFound, Rejected."""
        remove = functools.partial(self._handle(proxy).destroy_toxic, quote(name, safe=""))
        _path(proxy, name)
        await self._order_by_library(remove, about=proxy, awake=_path(proxy))

    async def reset(self) -> None:
        """Enable every proxy and remove every toxic."""
        await self._order_by_library(self._library.server().reset, about=_ANY, awake=_AWAKE)

    async def populate(self, proxies: Sequence[ProxyState]) -> tuple[ProxyState, ...]:
        """Create or replace proxies, without toxics. One whose addresses are the same stays untouched.

        That includes its `enabled`. Raises Rejected, ServerFailed: those before the failure have been made.
        """
        wanted = [{"name": p.name, "listen": p.listen, "upstream": p.upstream, "enabled": p.enabled} for p in proxies]
        for proxy in proxies:
            _path(proxy.name)

        async def ask(wire: Wire) -> tuple[ProxyState, ...]:
            await _get(wire, _AWAKE)
            shown = object_in(await _order(wire, "POST", "/populate", wanted)).get("proxies")
            return tuple(proxy_from(value) for value in list_in(shown))

        return await self._call(ask)

    def _handle(self, name: str) -> Any:
        """The library's proxy object; it puts its name into addresses as it is, so it gets the encoded one."""
        _path(name)
        return self._library.proxy(quote(name, safe=""))

    async def _order_by_library(self, order: Callable[[], object], *, about: str, awake: str) -> None:
        """An order that is a call of the library's, once the server has answered for the path `awake`."""

        async def ask(wire: Wire) -> None:
            await _get(wire, awake)
            await self._library.run(wire, order)

        await self._call(ask, about)

    async def _call(self, ask: Callable[[Wire], Awaitable[T]], about: str = _ANY) -> T:
        """Run a call; whatever the library or httpx raises becomes an error of ours. about: the proxy, or all."""
        try:
            return await self._http.call(ask, on_unknown=lambda: self._unknown.add(about))
        except NoAnswer as problem:
            raise Unreachable(f"no answer from the Toxiproxy server at {self.api_url} ({problem})") from problem
        except BadAnswer as problem:
            raise ServerFailed(problem.status, plain(str(problem))) from problem
        except ProxyExists as problem:
            raise Conflict(_words(problem)) from problem
        except LibraryNotFound as problem:
            raise NotFound(_words(problem)) from problem
        except InvalidToxic as problem:
            raise Rejected(_words(problem)) from problem
        except (KeyError, TypeError, AttributeError) as problem:
            raise ServerFailed(200, plain(f"an answer without what belongs in it: {problem!r}")) from problem


async def _get(wire: Wire, path: str) -> Answer:
    return checked(await wire.ask(path))


async def _order(wire: Wire, method: str, path: str, json: Any) -> Answer:
    return checked(await wire.order(method, path, json))


def _path(proxy: str, toxic: str | None = None) -> str:
    """The address of a proxy or toxic. Raises Rejected: the server cannot reach such a name, however encoded."""
    for name in (proxy, toxic):
        if name is not None and (name in ("", ".", "..") or "/" in name):
            raise Rejected(f"the name {name!r} cannot be part of an address; use letters, digits, '-' and '_'")
    path = f"/proxies/{quote(proxy, safe='')}"
    return path if toxic is None else f"{path}/toxics/{quote(toxic, safe='')}"


def _words(problem: Exception) -> str:
    said = problem.args[0] if problem.args else ""
    return plain(said.decode(errors="replace") if isinstance(said, bytes) else str(said))
