"""Undoing what a log owes: one performer for each kind of entry, in stages, bounded in time, told in words.

Proxies and services come first and at the same time, but for services of one host, which go in reverse order of what
was done to them. Settings come second: Finesse's administration answers only while its Tomcat and its link to a CTI
server are up. Restarts come last, since it is the old settings that they have to read.

A performer changes nothing that is as it was found, so it may run twice. The harness that died may have sent an order
just before: what is as found at once is looked at again after a while.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace

from chaos.clients.console.errors import ConsoleError, HostKeyRefused, LoginRefused, UnknownService
from chaos.clock import now
from chaos.errors import ChaosError, RollbackFailed
from chaos.undo.entries import (
    DatabaseConfigAsFound,
    ProxyAsFound,
    RestartDue,
    ServiceAsFound,
    SystemConfigAsFound,
    Undo,
    UndoLog,
)
from chaos.undo.hands import Console, Hands
from chaos.undo.proxy import put_back
from chaos.wire.console.service import ServiceLine, ServiceState
from chaos.wire.finesse import (
    EnterpriseDatabaseConfig,
    SystemConfig,
    write_enterprise_database_config,
    write_system_config,
)

_AGAIN_S = 0.5
# Stages, in order; proxies and services are one.
_THINGS, _SETTINGS, _RESTARTS = 1, 2, 3
_AT_REST = (ServiceState.STARTED, ServiceState.STOPPED)


@dataclass(frozen=True, slots=True)
class Patience:
    """How long undoing may take, in seconds: each entry of a kind in one stage, and all of it.

    settle_s: how long a service that is as it was found is watched, since an order to stop it may be on its way.
    """

    proxy_s: float = 20.0
    service_s: float = 300.0
    settings_s: float = 600.0
    all_s: float = 1200.0
    settle_s: float = 2.0


@dataclass(frozen=True, slots=True)
class Undone:
    """What became of one thing. ok: whether it is as it was found. words: what was done, or what remains and why."""

    thing: str
    ok: bool
    words: str


@dataclass(frozen=True, slots=True)
class Healing:
    """What became of everything that a log owed. unreadable: lines of the log that nobody could read."""

    undone: tuple[Undone, ...]
    unreadable: tuple[str, ...] = ()
    took_s: float = field(default=0.0, compare=False)

    @property
    def ok(self) -> bool:
        """Whether the lab is as it was found."""
        return not self.unreadable and all(one.ok for one in self.undone)

    def words(self) -> list[str]:
        """One line for each thing, what remains first."""
        lines = [
            f"REMAINS: {line} of the undo log: find out what it means, mend it by hand" for line in self.unreadable
        ]
        lines += [f"REMAINS: {one.thing}: {one.words}" for one in self.undone if not one.ok]
        return lines + [f"{one.thing} {one.words}" for one in self.undone if one.ok]


@dataclass(frozen=True, slots=True)
class _Work:
    """One thing's part in one stage. queue: what has to wait for each other, in order."""

    stage: int
    queue: str
    undo: Undo
    is_last: bool
    within_s: float
    perform: Callable[[], Awaitable[str]]


async def undo_all(
    log: UndoLog, hands: Hands, *, unreadable: Sequence[str] = (), patience: Patience | None = None
) -> Healing:
    """Undo what the log owes, strike what was done, and say what remains. Raises nothing for what goes wrong."""
    patience = patience or Patience()
    began_s = now()
    found: dict[str, Undone] = {}
    works = [work for undo in reversed(log.owed()) for work in _works(undo, hands, patience)]
    try:
        async with asyncio.timeout(patience.all_s):
            for stage in sorted({work.stage for work in works}):
                queues: dict[str, list[_Work]] = {}
                for work in works:
                    if work.stage == stage:
                        queues.setdefault(work.queue, []).append(work)
                if stage == _RESTARTS and not all(found[one.undo.thing].ok for one in works if one.stage == _SETTINGS):
                    queues = {}
                    found |= {one.undo.thing: _too_early(one.undo) for one in works if one.stage == stage}
                await asyncio.gather(*(_worked_off(queue, log, found) for queue in queues.values()))
    except TimeoutError:
        for undo in log.owed():
            late = f"not undone within {patience.all_s:g} s; heal the lab again"
            found.setdefault(undo.thing, Undone(undo.thing, False, late))
    return Healing(tuple(found.values()), tuple(unreadable), now() - began_s)


def _too_early(undo: Undo) -> Undone:
    """A restart now would read settings that are still changed, and then nobody would owe it any more."""
    return Undone(undo.thing, False, "waits until the settings are as they were found; mend those, then heal the lab")


async def _worked_off(queue: Sequence[_Work], log: UndoLog, found: dict[str, Undone]) -> None:
    for work in queue:
        thing = work.undo.thing
        if thing in found and not found[thing].ok:
            continue  # an earlier stage has failed
        undone = await _undone(work)
        if not undone.ok or work.is_last:
            found[thing] = undone
        if undone.ok and work.is_last:
            await log.done(thing)


async def _undone(work: _Work) -> Undone:
    thing = work.undo.thing
    try:
        async with asyncio.timeout(work.within_s):
            return Undone(thing, True, await work.perform())
    except TimeoutError:
        return Undone(thing, False, f"is not as it was found after {work.within_s:g} s; look at it, then heal the lab")
    except (ChaosError, OSError) as error:
        return Undone(thing, False, str(error))
    except Exception as error:  # a bug in one performer must not keep the others from healing; it is told
        return Undone(thing, False, f"undoing it failed unexpectedly: {error!r}")


def _works(undo: Undo, hands: Hands, patience: Patience) -> list[_Work]:
    """The parts of undoing one entry. To add a kind of entry, add a case."""
    thing = undo.thing
    match undo:
        case ProxyAsFound():
            within_s = patience.proxy_s
            return [_Work(_THINGS, thing, undo, True, 2 * within_s, lambda: _proxy(undo, hands, within_s))]
        case ServiceAsFound():
            within_s = patience.service_s
            return [_Work(_THINGS, undo.host, undo, True, within_s, lambda: _service(undo, hands, patience.settle_s))]
        case SystemConfigAsFound():
            return [_Work(_SETTINGS, thing, undo, True, patience.settings_s, lambda: _system_config(undo, hands))]
        case DatabaseConfigAsFound():
            return [_Work(_SETTINGS, thing, undo, True, patience.settings_s, lambda: _database_config(undo, hands))]
        case RestartDue():
            within_s = patience.service_s
            return [
                _Work(_THINGS, undo.host, undo, False, within_s, lambda: _running(undo, hands)),
                _Work(_RESTARTS, undo.host, undo, True, within_s, lambda: _restarted(undo, hands)),
            ]
        case _:

            async def nobody() -> str:
                raise RollbackFailed(f"nobody knows how to undo an entry of kind {undo.kind!r}")

            return [_Work(_THINGS, thing, undo, True, patience.proxy_s, nobody)]


async def _proxy(undo: ProxyAsFound, hands: Hands, within_s: float) -> str:
    proxies = hands.proxies(undo.api_url)
    done = await put_back(proxies, undo.name, undo.found, within_s=within_s)
    await asyncio.sleep(_AGAIN_S)
    if await proxies.proxy(undo.name) != undo.found:
        done = await put_back(proxies, undo.name, undo.found, within_s=within_s)
    return done


async def _service(undo: ServiceAsFound, hands: Hands, settle_s: float) -> str:
    console = hands.console(undo.host)
    done = "is as it was found"
    calm_until_s = now() + settle_s
    while True:
        line = await _at_rest(console, undo.service)
        if line.state is undo.state:
            if now() >= calm_until_s:
                return done
            await asyncio.sleep(_AGAIN_S)
            continue
        await _patiently(console.start if undo.state is ServiceState.STARTED else console.stop, undo.service)
        done = "was started again" if undo.state is ServiceState.STARTED else "was stopped again"
        calm_until_s = now()


async def _running(undo: RestartDue, hands: Hands) -> str:
    """Finesse's settings can be put back only while it runs; whoever died may have stopped in mid restart."""
    await _service(ServiceAsFound(undo.host, undo.service, ServiceState.STARTED), hands, 0.0)
    return "runs"


async def _restarted(undo: RestartDue, hands: Hands) -> str:
    console = hands.console(undo.host)
    await _at_rest(console, undo.service)
    await _patiently(console.restart, undo.service)  # it reads STARTED back itself
    return "was done"


async def _at_rest(console: Console, service: str) -> ServiceLine:
    """The service's line once it neither starts nor stops."""
    while True:
        line = await _patiently(console.service, service)
        if line.state in _AT_REST:
            return line
        await asyncio.sleep(_AGAIN_S)


async def _patiently(call: Callable[[str], Awaitable[ServiceLine]], service: str) -> ServiceLine:
    """Call until the console can be used: whoever died may have left it busy, or its sessions used up."""
    while True:
        try:
            return await call(service)
        except (HostKeyRefused, LoginRefused, UnknownService):
            raise
        except ConsoleError:
            await asyncio.sleep(2 * _AGAIN_S)


async def _settings(
    hands: Hands, resource: str, read: Callable[[object], object | None], found: object, body: Callable[[], bytes]
) -> str:
    """Put the settings of that name back. read: them as they compare with `found`, None if a document is none."""
    admin = hands.admin()
    done = "is as it was found"
    calm = False
    while True:
        answer = await admin.get(resource, resource)
        if answer.status in (401, 403):
            raise RollbackFailed(f"the publisher refuses its administrator (HTTP {answer.status}); put it back by hand")
        config = read(answer.document) if answer.status == 200 else None
        if config is not None:
            if config == found:
                if calm:
                    return done
                calm = True
            else:
                await admin.send("PUT", resource, resource, body())
                done, calm = "was put back", True
                continue
        await asyncio.sleep(_AGAIN_S)


async def _system_config(undo: SystemConfigAsFound, hands: Hands) -> str:
    def read(document: object) -> object | None:
        return replace(document, uri=None) if isinstance(document, SystemConfig) else None

    found = replace(undo.found, uri=None)
    return await _settings(hands, "SystemConfig", read, found, lambda: write_system_config(undo.found))


async def _database_config(undo: DatabaseConfigAsFound, hands: Hands) -> str:
    def read(document: object) -> object | None:
        return replace(document, uri=None, password="") if isinstance(document, EnterpriseDatabaseConfig) else None

    def body() -> bytes:
        return write_enterprise_database_config(replace(undo.found, password=hands.awdb_password()))

    return await _settings(hands, "EnterpriseDatabaseConfig", read, replace(undo.found, uri=None, password=""), body)
