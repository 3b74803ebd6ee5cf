"""Observers of ours that are broken for one run, each as a context manager that patches the class they are.

An observer tells what it sees by noting it in the journal. One that is deaf notes nothing, one that is stale notes what
it saw before once more; `where` narrows that to a node, an agent, a kind; `every` to each n-th time; `from_s` to what
comes later in an experiment.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any
from unittest.mock import patch

from chaos.clients.console.vos import VosConsole
from chaos.clients.console.windows import WindowsConsole
from chaos.clients.rest import FinesseRest
from chaos.faults.relay_frames import Follower
from chaos.journal import Journal, Observation, RestExchange
from chaos.wire.console.service import ServiceLine, ServiceState

Where = Callable[[Any], bool]
Keyed = Callable[[Any], object]


def anything(_: Any) -> bool:
    return True


@contextmanager
def told_otherwise(
    kind: type[Observation], tell: Callable[[Journal, Any], Observation | None], where: Where, every: int, from_s: float
) -> Iterator[None]:
    """What of that kind is to be noted is noted as `tell` says; None: not at all."""
    record = Journal.record
    count = 0

    def sabotaged(journal: Journal, seen: Any) -> Any:
        nonlocal count
        if type(seen) is not kind or journal.now_s() < from_s or not where(seen):
            return record(journal, seen)
        count += 1
        if count % every:
            return record(journal, seen)
        told = tell(journal, seen)
        return replace(seen, at_s=journal.moment_s()) if told is None else record(journal, told)

    with patch.object(Journal, "record", sabotaged):
        yield


def deaf(kind: type[Observation], where: Where = anything, *, every: int = 1, from_s: float = 0.0) -> Any:
    """It misses what it should have seen."""
    return told_otherwise(kind, lambda _, __: None, where, every, from_s)


@contextmanager
def stale(
    kind: type[Observation], of: Keyed, where: Where = anything, *, every: int = 1, from_s: float = 0.0
) -> Iterator[None]:
    """It says once more what it said before of the same thing (`of`), in the same experiment."""
    last: dict[tuple[int, object], Any] = {}

    def tell(journal: Journal, seen: Any) -> Observation:
        before = last.setdefault((id(journal), of(seen)), seen)
        fresh = {"sent_s": seen.sent_s, "path": seen.path} if isinstance(seen, RestExchange) else {}
        told: Observation = replace(before, **fresh)
        return told

    with told_otherwise(kind, tell, where, every, from_s):
        yield


@contextmanager
def kept_answers(node: str | None = None, *, every: int = 1) -> Iterator[None]:
    """Whoever asks is given the first answer that came from there, at that node (None: at each), as by a cache on the
    way."""
    exchange, count = FinesseRest._exchange, 0
    kept: dict[object, Any] = {}

    async def cached(rest: FinesseRest, method: str, path: str, *more: Any) -> Any:
        nonlocal count
        came = await exchange(rest, method, path, *more)
        if method != "GET" or came[0] is None or node not in (None, rest.node.host):
            return came
        count += 1
        first = kept.setdefault((rest.node.host, more[-1], path), came)
        return came if count % every else first

    with patch.object(FinesseRest, "_exchange", cached):
        yield


@contextmanager
def rest_raises(after: int, resource: str) -> Iterator[None]:
    """A request of ours ends by a bug, after so many in experiments; whatever repeats it dies."""
    get, count = FinesseRest.get, 0

    async def dying(rest: FinesseRest, what: str, path: str, **more: Any) -> Any:
        nonlocal count
        count += what == resource and rest._journal_of() is not None
        if what == resource and count > after:
            raise ZeroDivisionError("a bug of ours")
        return await get(rest, what, path, **more)

    with patch.object(FinesseRest, "get", dying):
        yield


@contextmanager
def relay_follows_no_longer(after: int, *, silently: bool = False) -> Iterator[None]:
    """A direction of a relayed connection is not followed any more after so many pieces; silently: nothing says so."""
    feed = Follower.feed
    fed: dict[int, int] = {}

    def losing(follower: Follower, data: bytes) -> bytes:
        fed[id(follower)] = fed.get(id(follower), 0) + 1
        if fed[id(follower)] > after and not follower._deaf:
            follower._deaf = True
            if not silently:
                follower._garbage(follower._offset, b"sabotage")
        return feed(follower, data)

    with patch.object(Follower, "feed", losing):
        yield


@contextmanager
def console_says(state: ServiceState, fits: str) -> Iterator[None]:
    """Consoles say of such services that they are in that state, once they were asked to bring it about, and do not
    do it."""
    stopped: set[tuple[int, str]] = set()
    kinds = (WindowsConsole, VosConsole)
    stops = {kind: kind.stop for kind in kinds}
    looks = {kind: kind.service for kind in kinds}
    starts = {kind: kind.start for kind in kinds}

    async def stop(console: Any, name: str) -> ServiceLine:
        exact = await console.find(name)
        if fits not in exact:
            return await stops[type(console)](console, name)
        stopped.add((id(console), exact))
        return ServiceLine(exact, state)

    async def start(console: Any, name: str) -> ServiceLine:
        stopped.discard((id(console), await console.find(name)))
        return await starts[type(console)](console, name)

    async def service(console: Any, name: str) -> ServiceLine:
        exact = await console.find(name)
        if (id(console), exact) in stopped:
            return ServiceLine(exact, state)
        return await looks[type(console)](console, name)

    with (
        patch.object(WindowsConsole, "stop", stop),
        patch.object(VosConsole, "stop", stop),
        patch.object(WindowsConsole, "service", service),
        patch.object(VosConsole, "service", service),
        patch.object(WindowsConsole, "start", start),
        patch.object(VosConsole, "start", start),
    ):
        yield
