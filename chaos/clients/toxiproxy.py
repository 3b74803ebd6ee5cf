"""Client of one Toxiproxy server, the embedded one or the Go one alike, over the library toxiproxy-python.

What the library leaves open is closed here: its address is a class attribute, so that a process can have only one
server; it has no time-outs and obeys proxy variables of the environment; it takes 403 and 5xx for answers; it does not
encode names; it cannot change a toxic or an address, nor ask for a single proxy; its `populate` destroys and recreates
proxies by comparing texts. Its calls run in a private copy of its modules, bound to one server; what it has no call
for goes over HTTP directly.

All calls run in threads, which hold a virtual clock. The server has to be 2.6 or later.
"""

import asyncio
import importlib.util
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType, ModuleType
from typing import Any, TypeVar, cast
from urllib.parse import quote, urlsplit

import requests
from toxiproxy.exceptions import InvalidToxic, ProxyExists
from toxiproxy.exceptions import NotFound as LibraryNotFound

from chaos.clock import in_thread
from chaos.errors import FaultError, UsageError

T = TypeVar("T")
Json = dict[str, Any]


class ToxiproxyError(FaultError):
    """A Toxiproxy server did not do what it was asked."""


class Unreachable(ToxiproxyError):
    """No answer: refused, reset, or later than the time-out. Whether the call was carried out is unknown."""


class ServerFailed(ToxiproxyError):
    """The server answered, but not as it should: 5xx, 403, or a body that makes no sense. `text` is what it said."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(f"toxiproxy answered {status}: {text}")
        self.status = status
        self.text = text


class NotFound(ToxiproxyError):
    """There is no such proxy or toxic."""


class Conflict(ToxiproxyError):
    """A proxy or toxic of that name exists already."""


class Rejected(ToxiproxyError):
    """The server calls the request wrong, or the name cannot be part of an address."""


@dataclass(frozen=True, slots=True)
class Toxic:
    """A toxic on a proxy. stream: upstream or downstream; name: empty for `<type>_<stream>`; toxicity: 0 to 1."""

    type: str
    stream: str = "downstream"
    name: str = ""
    toxicity: float = 1.0
    attributes: Mapping[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        object.__setattr__(self, "attributes", MappingProxyType(dict(self.attributes)))


@dataclass(frozen=True, slots=True)
class ProxyState:
    """A proxy as the server shows it. listen: the bound address, once it has listened."""

    name: str
    listen: str
    upstream: str
    enabled: bool
    toxics: tuple[Toxic, ...] = ()


class Toxiproxy:
    """One server. api_url: http://host:port; timeout_s: real seconds to connect, and for each pause of an answer.

    Every method raises Unreachable or ServerFailed, and what its own line names. Several may run at once.
    """

    def __init__(self, api_url: str, *, timeout_s: float = 5.0) -> None:
        parts = urlsplit(api_url)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.path not in ("", "/") or parts.query:
            raise UsageError(f"the Toxiproxy API address {api_url!r} is not of the form http://host:port")
        self.api_url = api_url.rstrip("/")
        self._http = _Http(self.api_url, timeout_s)
        self._library = _library_bound_to(self._http)

    async def version(self) -> str:
        """The server's version, in each of the forms that 2.x has given it."""
        return await self._call(lambda: _version_in(self._http.get("/version").text))

    async def proxies(self) -> dict[str, ProxyState]:
        """All proxies by name, with their toxics."""

        def ask() -> dict[str, ProxyState]:
            shown = _object_in(self._http.get("/proxies"))
            return {name: _proxy_from(value) for name, value in shown.items()}

        return await self._call(ask)

    async def proxy(self, name: str) -> ProxyState | None:
        """One proxy, or None if there is none of that name. Raises Rejected."""
        path = _path(name)
        try:
            return await self._call(lambda: _proxy_from(_object_in(self._http.get(path))))
        except NotFound:
            return None

    async def create(self, name: str, listen: str, upstream: str, enabled: bool = True) -> ProxyState:
        """Make a proxy. Raises Conflict, Rejected; ServerFailed if it cannot listen."""
        _path(name)

        def ask() -> ProxyState:
            made = self._library.Toxiproxy().create(upstream=upstream, name=name, listen=listen, enabled=enabled)
            return ProxyState(str(made.name), str(made.listen), str(made.upstream), bool(made.enabled))

        return await self._call(ask)

    async def update(
        self, name: str, *, enabled: bool | None = None, listen: str | None = None, upstream: str | None = None
    ) -> ProxyState:
        """Change what is named. A new address, and disabling, close all connections. Raises NotFound, Rejected.

        ServerFailed if it cannot listen: it is disabled then, and keeps the new address.
        """
        path = _path(name)
        wanted = {"enabled": enabled, "listen": listen, "upstream": upstream}
        changes = {key: value for key, value in wanted.items() if value is not None}
        return await self._call(lambda: _proxy_from(_object_in(self._http.patch(path, json=changes))))

    async def delete(self, name: str) -> None:
        """Remove a proxy and close its connections. Raises NotFound, Rejected."""
        proxy = self._handle(name)
        await self._call(proxy.destroy)

    async def add_toxic(self, proxy: str, toxic: Toxic) -> Toxic:
        """Put a toxic on a proxy, and return it as the server shows it. Raises NotFound, Conflict, Rejected."""
        handle, name = self._handle(proxy), toxic.name or f"{toxic.type}_{toxic.stream}"
        path = _path(proxy, name)

        def ask() -> Toxic:
            handle.add_toxic(
                type=toxic.type,
                stream=toxic.stream,
                name=name,
                toxicity=toxic.toxicity,
                attributes=dict(toxic.attributes),
            )
            return _toxic_from(_object_in(self._http.get(path)))

        return await self._call(ask)

    async def update_toxic(
        self, proxy: str, name: str, *, attributes: Mapping[str, int] | None = None, toxicity: float | None = None
    ) -> Toxic:
        """Change the attributes that are named, and the toxicity. Raises NotFound, Rejected."""
        path = _path(proxy, name)
        wanted: Json = {"attributes": None if attributes is None else dict(attributes), "toxicity": toxicity}
        changes = {key: value for key, value in wanted.items() if value is not None}
        return await self._call(lambda: _toxic_from(_object_in(self._http.patch(path, json=changes))))

    async def remove_toxic(self, proxy: str, name: str) -> None:
        """Take a toxic off a proxy; removing a `timeout` closes its connections. Raises NotFound, Rejected."""
        handle = self._handle(proxy)
        _path(proxy, name)
        await self._call(lambda: handle.destroy_toxic(quote(name, safe="")))

    async def reset(self) -> None:
        """Enable every proxy and remove every toxic."""
        await self._call(self._library.Toxiproxy().reset)

    async def populate(self, proxies: Sequence[ProxyState]) -> tuple[ProxyState, ...]:
        """Create or replace proxies, without toxics. One whose addresses are the same stays untouched.

        That includes its `enabled`. Raises Rejected, ServerFailed: those before the failure have been made.
        """
        wanted = [{"name": p.name, "listen": p.listen, "upstream": p.upstream, "enabled": p.enabled} for p in proxies]
        for proxy in proxies:
            _path(proxy.name)

        def ask() -> tuple[ProxyState, ...]:
            shown = _object_in(self._http.post("/populate", json=wanted)).get("proxies")
            return tuple(_proxy_from(value) for value in _list_in(shown))

        return await self._call(ask)

    def _handle(self, name: str) -> Any:
        """The library's proxy object; it puts its name into addresses as it is, so it gets the encoded one."""
        _path(name)
        return self._library.Proxy(name=quote(name, safe=""), upstream="", enabled=True, listen="")

    async def _call(self, ask: Callable[[], T]) -> T:
        """Whoever is cancelled meanwhile waits for the answer all the same: what undoes a call must not overtake it."""
        call = asyncio.ensure_future(in_thread(_mapped, ask))
        try:
            return await asyncio.shield(call)
        except asyncio.CancelledError:
            await asyncio.gather(call, return_exceptions=True)
            raise


def _mapped(ask: Callable[[], T]) -> T:
    """Run a call; whatever the library or requests raises becomes an error of ours."""
    try:
        return ask()
    except ProxyExists as problem:
        raise Conflict(_words(problem)) from problem
    except LibraryNotFound as problem:
        raise NotFound(_words(problem)) from problem
    except InvalidToxic as problem:
        raise Rejected(_words(problem)) from problem
    except requests.JSONDecodeError as problem:
        raise ServerFailed(200, f"not JSON: {problem}") from problem
    except (KeyError, TypeError, AttributeError) as problem:
        raise ServerFailed(200, f"an answer without what belongs in it: {problem!r}") from problem


class _Http:
    """What the library calls its consumer, for one server: each request has a time-out and a session of its own."""

    def __init__(self, base_url: str, timeout_s: float) -> None:
        self._base_url = base_url
        self._timeout_s = timeout_s

    def get(self, url: str, params: Mapping[str, str] | None = None, **options: Any) -> requests.Response:
        return self._request("GET", url, params=params, **options)

    def delete(self, url: str, **options: Any) -> requests.Response:
        return self._request("DELETE", url, **options)

    def post(self, url: str, data: Any = None, json: Any = None, **options: Any) -> requests.Response:
        return self._request("POST", url, data=data, json=json, **options)

    def patch(self, url: str, json: Any) -> requests.Response:
        return self._request("PATCH", url, json=json)

    def _request(self, method: str, url: str, **options: Any) -> requests.Response:
        # A session of its own, since requests does not promise that threads may share one.
        try:
            with requests.Session() as session:
                session.trust_env = False
                answer = session.request(
                    method, f"{self._base_url}{url}", timeout=self._timeout_s, allow_redirects=False, **options
                )
        except (requests.RequestException, UnicodeError) as problem:
            reason = f"{type(problem).__name__}: {_root_of(problem)}"
            raise Unreachable(f"no answer from the Toxiproxy server at {self._base_url} ({reason})") from problem
        return _checked(answer)


def _checked(answer: requests.Response) -> requests.Response:
    status = int(answer.status_code)
    if status in (200, 201, 204):
        return answer
    text = _error_in(answer.text)
    match status:
        case 400:
            raise Rejected(text)
        case 404:
            raise NotFound(text)
        case 409:
            raise Conflict(text)
        case _:
            raise ServerFailed(status, text)


def _root_of(problem: BaseException) -> str:
    """What lies under the layers of requests and urllib3."""
    while (deeper := problem.__cause__ or problem.__context__) is not None:
        problem = deeper
    return str(problem)


def _library_bound_to(http: _Http) -> ModuleType:
    """A private copy of the library's modules that speaks to one server; the shared ones stay as they are."""
    proxy, server = _copy_of("toxiproxy.proxy"), _copy_of("toxiproxy.server")
    setattr(proxy, "APIConsumer", http)  # noqa: B010 – a module has no such attribute in the eyes of mypy
    setattr(server, "APIConsumer", http)  # noqa: B010
    setattr(server, "Proxy", proxy.Proxy)  # noqa: B010
    return server


def _copy_of(name: str) -> ModuleType:
    spec = importlib.util.find_spec(name)
    if spec is None or spec.loader is None:
        raise UsageError(f"the library module {name} is missing; install toxiproxy-python")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _path(proxy: str, toxic: str | None = None) -> str:
    """The address of a proxy or toxic. Raises Rejected: the server cannot reach such a name, however encoded."""
    for name in (proxy, toxic):
        if name is not None and (name in ("", ".", "..") or "/" in name):
            raise Rejected(f"the name {name!r} cannot be part of an address; use letters, digits, '-' and '_'")
    path = f"/proxies/{quote(proxy, safe='')}"
    return path if toxic is None else f"{path}/toxics/{quote(toxic, safe='')}"


def _proxy_from(value: Any) -> ProxyState:
    shown = _as_object(value)
    toxics = tuple(_toxic_from(toxic) for toxic in _list_in(shown["toxics"]))
    enabled = shown["enabled"]
    if not isinstance(enabled, bool):
        raise TypeError(f"enabled is {enabled!r}")
    return ProxyState(str(shown["name"]), str(shown["listen"]), str(shown["upstream"]), enabled, toxics)


def _toxic_from(value: Any) -> Toxic:
    shown = _as_object(value)
    attributes = {str(key): _integer(number) for key, number in _as_object(shown["attributes"]).items()}
    toxicity = shown["toxicity"]
    if isinstance(toxicity, bool) or not isinstance(toxicity, int | float):
        raise TypeError(f"toxicity is {toxicity!r}")
    return Toxic(str(shown["type"]), str(shown["stream"]), str(shown["name"]), float(toxicity), attributes)


def _integer(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError(f"an attribute is {value!r}")
    return value


def _object_in(answer: requests.Response) -> Json:
    return _as_object(answer.json())


def _as_object(value: Any) -> Json:
    if not isinstance(value, dict):
        raise TypeError(f"an object was expected instead of {value!r}")
    return cast("Json", value)


def _list_in(value: Any) -> list[Any]:
    """A list; the server writes an empty one as null in places."""
    if value is None:
        return []
    if not isinstance(value, list):
        raise TypeError(f"a list was expected instead of {value!r}")
    return value


def _error_in(text: str) -> str:
    try:
        shown = json.loads(text)
    except ValueError:
        return text.strip()[:200]
    return str(shown.get("error", text)) if isinstance(shown, dict) else text.strip()[:200]


def _version_in(text: str) -> str:
    """JSON since 2.6 (there followed by a literal backslash and n), bare text before."""
    text = text.strip().removesuffix("\\n")
    try:
        shown = json.loads(text)
    except ValueError:
        return text
    return str(shown["version"]) if isinstance(shown, dict) else text


def _words(problem: Exception) -> str:
    said = problem.args[0] if problem.args else ""
    return said.decode(errors="replace") if isinstance(said, bytes) else str(said)
