"""All proxies of a server, and what may be done with them. Bodies come in as bytes, answers go out as shown values.

Names are looked up before a change begins; the change itself runs under one lock and waits for nothing but sockets of
our own to close. So no call hangs on a peer.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from random import Random
from typing import cast

from chaos.toxiproxy import errors
from chaos.toxiproxy.address import Address, resolve
from chaos.toxiproxy.connection import receive_buffer
from chaos.toxiproxy.errors import AddressError, ApiError, GoJsonError
from chaos.toxiproxy.gojson import Kind, Members, Numeral, Struct, Value, bind, decode
from chaos.toxiproxy.metrics import Metrics
from chaos.toxiproxy.proxy import Proxy
from chaos.toxiproxy.toxics import TOXICS, Entry
from chaos.toxiproxy.toxics.base import Direction
from chaos.toxiproxy.toxics.noop import Noop

_PROXY_FIELDS: Mapping[str, Kind | Struct] = {
    "name": Kind.STRING,
    "listen": Kind.STRING,
    "upstream": Kind.STRING,
    "enabled": Kind.BOOL,
    "Logger": Struct("zerolog.Logger", "Logger", {}),
}
_PROXY = Struct("toxiproxy.Proxy", "Proxy", _PROXY_FIELDS)
_ITEM_NAME = 'struct { toxiproxy.Proxy; Enabled *bool "json:\\"enabled\\"" }'
_ITEM = Struct(_ITEM_NAME, ".Proxy", {name: kind for name, kind in _PROXY_FIELDS.items() if name != "enabled"})
_ITEM_ENABLED = Struct(_ITEM_NAME, "", {"enabled": Kind.BOOL})
_CHANGE_NAME = 'struct { Attributes interface {} "json:\\"attributes\\""; Toxicity float32 "json:\\"toxicity\\"" }'
_STREAMS = {direction.value: direction for direction in Direction}


@dataclass(frozen=True, slots=True)
class _Wanted:
    """A proxy as a client asks for it."""

    name: str
    listen: str
    upstream: str
    enabled: bool


class Registry:
    """The proxies by name, in the order of creation."""

    def __init__(self, *, rng: Random, metrics: Metrics) -> None:
        self.proxies: dict[str, Proxy] = {}
        self._rng = rng
        self._metrics = metrics
        self._lock = asyncio.Lock()
        self._buffer = receive_buffer()

    def get(self, name: str) -> Proxy:
        """Raises ApiError: no such proxy."""
        try:
            return self.proxies[name]
        except KeyError:
            raise errors.proxy_not_found() from None

    async def create(self, body: bytes) -> Proxy:
        wanted = _wanted(_bound(body, _PROXY))
        address = await _resolved(wanted.listen)
        async with self._lock:
            if wanted.name in self.proxies:
                raise errors.proxy_exists()
            proxy = self._made(wanted)
            if wanted.enabled:
                _start(proxy, address)
            self.proxies[wanted.name] = proxy
            return proxy

    async def update(self, name: str, body: bytes) -> Proxy:
        """Change listen, upstream and enabled, whichever the body names. A change of address closes all connections."""
        proxy = self.get(name)
        changes = _bound(body, _PROXY)
        address = await _resolved(str(changes.get("listen", proxy.listen)))
        async with self._lock:
            listen = str(changes.get("listen", proxy.listen))
            upstream = str(changes.get("upstream", proxy.upstream))
            enabled = bool(changes.get("enabled", proxy.enabled))
            if isinstance(address, AddressError):
                raise ApiError(str(address), 500)
            if _differs(proxy, address, upstream):
                await proxy.stop()
                proxy.listen, proxy.upstream = listen, upstream
            if enabled:
                _start(proxy, address)
            else:
                await proxy.stop()
            return proxy

    async def delete(self, name: str) -> None:
        async with self._lock:
            await self.get(name).stop()
            del self.proxies[name]

    async def populate(self, body: bytes) -> tuple[list[Proxy], ApiError | None]:
        """Create or replace the proxies of a list, up to the first failure, which is returned beside them."""
        try:
            items = _items(body)
        except ApiError as problem:
            return [], problem
        addresses = [await _resolved(item.listen) for item in items]
        done: list[Proxy] = []
        async with self._lock:
            for item, address in zip(items, addresses, strict=True):
                try:
                    done.append(await self._add_or_replace(item, address))
                except ApiError as problem:
                    return done, problem
        return done, None

    async def reset(self) -> None:
        """Enable every proxy and remove every toxic. Raises the first failure, after all have been tried."""
        problem: ApiError | None = None
        addresses = {proxy: await _resolved(proxy.listen) for proxy in list(self.proxies.values())}
        async with self._lock:
            for proxy, address in addresses.items():
                if self.proxies.get(proxy.name) is not proxy:
                    continue
                try:
                    _start(proxy, address)
                except ApiError as found:
                    problem = problem or found
                for entry in proxy.entries():
                    proxy.remove_toxic(entry)
        if problem is not None:
            raise problem

    async def clear(self) -> None:
        """Stop all proxies and forget them."""
        async with self._lock:
            for proxy in self.proxies.values():
                await proxy.stop()
            self.proxies.clear()

    async def _add_or_replace(self, wanted: _Wanted, address: Address | AddressError) -> Proxy:
        existing = self.proxies.get(wanted.name)
        if existing is not None:
            if isinstance(address, AddressError):
                raise ApiError(str(address), 500)
            if not _differs(existing, address, wanted.upstream):
                return existing
            await existing.stop()
        proxy = self._made(wanted)
        if wanted.enabled:
            _start(proxy, address)
        self.proxies[wanted.name] = proxy
        return proxy

    def _made(self, wanted: _Wanted) -> Proxy:
        return Proxy(
            wanted.name, wanted.listen, wanted.upstream, rng=self._rng, metrics=self._metrics, buffer=self._buffer
        )


def add_toxic(proxy: Proxy, body: bytes) -> Entry:
    """Raises ApiError, with the checks in the order in which Toxiproxy makes them."""
    outer = Struct(
        "toxics.ToxicWrapper",
        "ToxicWrapper",
        {
            "attributes": Noop.struct(),
            "name": Kind.STRING,
            "type": Kind.STRING,
            "stream": Kind.STRING,
            "toxicity": Kind.FLOAT32,
        },
    )
    value = _decoded(body)
    wanted = _bind(value, outer)
    stream = str(wanted.get("stream", "downstream"))
    direction = _STREAMS.get(stream.lower())
    if direction is None:
        raise errors.invalid_stream()
    kind_name = str(wanted.get("type", ""))
    kind = TOXICS.get(kind_name)
    if kind is None:
        raise errors.invalid_toxic_type()
    name = str(wanted.get("name", "")) or f"{kind_name}_{stream}"
    if any(name == other.name for other in proxy.entries()):
        raise errors.toxic_exists()
    attributes = _bind(value, Struct("", "", {"attributes": kind.struct()})).get("attributes", {})
    toxic = kind(**cast("dict[str, int]", attributes))
    entry = Entry(toxic, name, kind_name, stream, float(cast("float", wanted.get("toxicity", 1.0))), direction)
    proxy.add_toxic(entry)
    return entry


def update_toxic(proxy: Proxy, name: str, body: bytes) -> Entry:
    """Change the attributes that the body names, and the toxicity; nothing else can change.

    Raises ApiError: nothing is changed.
    """
    entry = proxy.entry(name)
    changes = _bound(body, Struct(_CHANGE_NAME, "", {"attributes": entry.toxic.struct(), "toxicity": Kind.FLOAT32}))
    attributes = cast("dict[str, int]", changes.get("attributes", {}))
    proxy.update_toxic(entry, attributes, cast("float | None", changes.get("toxicity")))
    return entry


def _differs(proxy: Proxy, address: Address, upstream: str) -> bool:
    # `0.0.0.0:p` never equals the `[::]:p` that it was bound to: a trap of the original, which clients know.
    return proxy.listen != str(address) or proxy.upstream != upstream


def _start(proxy: Proxy, address: Address | AddressError) -> None:
    try:
        if proxy.enabled:
            return
        if isinstance(address, AddressError):
            raise address
        proxy.start(address)
    except AddressError as problem:
        raise ApiError(problem.listening, 500) from problem


async def _resolved(listen: str) -> Address | AddressError:
    """The address or what is wrong with it: whether it matters is known only later."""
    try:
        return await resolve(listen)
    except AddressError as problem:
        return problem


def _items(body: bytes) -> list[_Wanted]:
    value = _decoded(body)
    if value is None:
        return []
    if isinstance(value, (str, bool, Numeral, Members)):
        _bind_failed(value)
    bound = [{**_bind(item, _ITEM), **_bind(item, _ITEM_ENABLED)} for item in cast("list[Value]", value)]
    return [_wanted(item, f" at proxy {number}") for number, item in enumerate(bound, 1)]


def _bind_failed(value: Value) -> None:
    raise_for = Struct(f"[]{_ITEM_NAME}", "", {})
    if isinstance(value, Members):
        raise errors.bad_request(
            GoJsonError(f"json: cannot unmarshal object into Go value of type {raise_for.type_name}")
        )
    _bind(value, raise_for)


def _wanted(fields: Mapping[str, object], place: str = "") -> _Wanted:
    for name in ("name", "upstream"):
        if not fields.get(name):
            raise errors.missing_field(f"{name}{place}")
    listen, enabled = str(fields.get("listen", "")), bool(fields.get("enabled", True))
    return _Wanted(str(fields["name"]), listen, str(fields["upstream"]), enabled)


def _bound(body: bytes, into: Struct) -> dict[str, object]:
    return _bind(_decoded(body), into)


def _decoded(body: bytes) -> Value:
    try:
        return decode(body)
    except GoJsonError as problem:
        raise errors.bad_request(problem) from problem


def _bind(value: Value, into: Struct) -> dict[str, object]:
    try:
        return bind(value, into)
    except GoJsonError as problem:
        raise errors.bad_request(problem) from problem
