"""The library toxiproxy-python, made to speak through our own wire: bounded, cancellable, one server for each copy.

A call of the library's waits in a thread for exchanges that the loop makes.
"""

import importlib.util
import threading
from collections.abc import Callable
from types import ModuleType
from typing import Any, TypeVar, cast

from chaos.clients.bounded import Answer, Wire
from chaos.clients.toxiproxy_answers import checked, json_in
from chaos.clock import Ask, in_thread_asking
from chaos.errors import UsageError

T = TypeVar("T")


class Library:
    """A private copy of the library's modules. `server` and `proxy` give its objects, whose calls `run` carries out."""

    def __init__(self) -> None:
        self._consumer = _Consumer()
        self._modules = _library_bound_to(self._consumer)

    def server(self) -> Any:
        return self._modules.Toxiproxy()

    def proxy(self, name: str) -> Any:
        """Its proxy object; it puts its name into addresses as it is."""
        return self._modules.Proxy(name=name, upstream="", enabled=True, listen="")

    async def run(self, wire: Wire, order: Callable[[], object]) -> None:
        """Run a call of the library's in a thread; its exchanges go over the wire. Raises what it raises."""
        await in_thread_asking(lambda ask: self._consumer.over(_Bridge(wire, ask), order))


class _Bridge:
    """The exchanges of one call of the library's."""

    def __init__(self, wire: Wire, run: Ask) -> None:
        self._wire = wire
        self._run = run

    def ask(self, path: str) -> "_LibraryAnswer":
        return _LibraryAnswer(checked(self._run(self._wire.ask(path))))

    def order(self, method: str, path: str, json: Any) -> "_LibraryAnswer":
        return _LibraryAnswer(checked(self._run(self._wire.order(method, path, json))))


class _LibraryAnswer:
    """An answer as the library looks at it, as it would at one of requests'."""

    def __init__(self, answer: Answer) -> None:
        self.status_code = answer.status
        self.content = answer.body
        self._answer = answer

    def json(self) -> Any:
        return json_in(self._answer)


class _Consumer:
    """What the library calls its consumer. Each thread's exchanges go over the bridge of the call that runs there."""

    def __init__(self) -> None:
        self._here = threading.local()

    def over(self, bridge: _Bridge, ask: Callable[[], T]) -> T:
        self._here.bridge = bridge
        try:
            return ask()
        finally:
            del self._here.bridge

    def get(self, url: str) -> _LibraryAnswer:
        return self._bridge.ask(url)

    def delete(self, url: str) -> _LibraryAnswer:
        return self._bridge.order("DELETE", url, None)

    def post(self, url: str, json: Any = None) -> _LibraryAnswer:
        return self._bridge.order("POST", url, json)

    @property
    def _bridge(self) -> _Bridge:
        return cast("_Bridge", self._here.bridge)


def _library_bound_to(consumer: _Consumer) -> ModuleType:
    """A private copy of the library's modules that speaks to one server; the shared ones stay as they are."""
    proxy, server = _copy_of("toxiproxy.proxy"), _copy_of("toxiproxy.server")
    setattr(proxy, "APIConsumer", consumer)  # noqa: B010 – a module has no such attribute in the eyes of mypy
    setattr(server, "APIConsumer", consumer)  # noqa: B010
    setattr(server, "Proxy", proxy.Proxy)  # noqa: B010
    return server


def _copy_of(name: str) -> ModuleType:
    spec = importlib.util.find_spec(name)
    if spec is None or spec.loader is None:
        raise UsageError(f"the library module {name} is missing; install toxiproxy-python")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
