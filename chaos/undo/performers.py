"""Undoing one thing: one performer for each kind of entry, for rollback, guard, reaper and hand alike.

A performer changes nothing that is as it was found, so it may run twice. Whoever died, or was interrupted, may have
sent an order just before: what is as found at once is looked at again after a while.
A console that gives any answer but a state – a wall message, a refusal, a list without the service – is asked again
until patience ends; only what a person has to mend (a password, a host key, a host that is missing from the inventory)
ends it at once. Deadlines are not kept here, but by whoever performs: see `chaos.undo.undoing`.
"""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace

from chaos.clients.command import Stoppable
from chaos.clients.console.errors import NeverLetIn
from chaos.clients.cti import CtiClient, SwitchRefused
from chaos.clients.toxiproxy import NotFound
from chaos.clock import now
from chaos.errors import InventoryError, RollbackFailed
from chaos.undo.entries import (
    CommandAsFound,
    DatabaseConfigAsFound,
    MarkLeft,
    NoCallAsFound,
    ProxyAsFound,
    RestartDue,
    ServiceAsFound,
    SystemConfigAsFound,
    Undo,
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

AGAIN_S = 0.5
# Stages, in order; proxies and services are one. What a stage is for stands in `chaos.undo.undoing`.
THINGS, SETTINGS, RESTARTS, MARKS = 1, 2, 3, 4
_AT_REST = (ServiceState.STARTED, ServiceState.STOPPED)

Tell = Callable[[str], None]


class Hopeless(RollbackFailed):
    """Trying again would change nothing: a person has to do something first."""


@dataclass(frozen=True, slots=True)
class Patience:
    """How long undoing may take, in seconds: each entry of a kind in one stage, and all of it.

    settle_s: how long a service that is as it was found is watched, since an order to stop it may be on its way; so are
    telephones without a call.
    """

    proxy_s: float = 20.0
    service_s: float = 300.0
    settings_s: float = 600.0
    calls_s: float = 120.0
    all_s: float = 1200.0
    settle_s: float = 2.0


@dataclass(frozen=True, slots=True)
class Step:
    """One thing's part in one stage. queue: what has to wait for each other, in order. perform: is told where to say
    what it sees, and gives what was done, in words. Raises Hopeless, or anything that is worth another try."""

    stage: int
    queue: str
    within_s: float
    perform: Callable[[Tell], Awaitable[str]]


def steps_of(undo: Undo, hands: Hands, patience: Patience) -> list[Step]:
    """The parts of undoing one entry, in order. To add a kind of entry, add a case."""
    service_s = patience.service_s
    match undo:
        case ProxyAsFound():
            within_s = patience.proxy_s
            return [Step(THINGS, undo.thing, 2 * within_s, lambda _: _proxy(undo, hands, within_s))]
        case ServiceAsFound():
            return [Step(THINGS, undo.host, service_s, lambda tell: _service(undo, hands, patience.settle_s, tell))]
        case CommandAsFound():
            return [Step(THINGS, undo.thing, service_s, lambda tell: _command(undo, hands, patience.settle_s, tell))]
        case NoCallAsFound():
            # When services run again: it is a CTI server that has to be asked.
            return [Step(SETTINGS, undo.thing, patience.calls_s, lambda tell: _calls(undo, hands, patience, tell))]
        case SystemConfigAsFound():
            return [Step(SETTINGS, undo.thing, patience.settings_s, lambda tell: _system_config(undo, hands, tell))]
        case DatabaseConfigAsFound():
            return [Step(SETTINGS, undo.thing, patience.settings_s, lambda tell: _database_config(undo, hands, tell))]
        case RestartDue():
            return [
                Step(THINGS, undo.host, service_s, lambda tell: _running(undo, hands, tell)),
                Step(RESTARTS, undo.host, service_s, lambda tell: _restarted(undo, hands, tell)),
            ]
        case MarkLeft():
            return [Step(MARKS, undo.thing, patience.proxy_s, lambda _: _mark(undo, hands))]
        case _:

            async def nobody(_: Tell) -> str:
                raise Hopeless(f"nobody knows how to undo a {type(undo).__name__}")

            return [Step(THINGS, undo.thing, patience.proxy_s, nobody)]


def is_hopeless(error: BaseException) -> bool:
    """Whether another try would meet the same."""
    return isinstance(error, Hopeless | NeverLetIn | InventoryError)


async def _proxy(undo: ProxyAsFound, hands: Hands, within_s: float) -> str:
    proxies = hands.proxies(undo.api_url)
    done = await put_back(proxies, undo.name, undo.found, within_s=within_s)
    await asyncio.sleep(AGAIN_S)
    if await proxies.proxy(undo.name) != undo.found:
        done = await put_back(proxies, undo.name, undo.found, within_s=within_s)
    return done


async def _mark(undo: MarkLeft, hands: Hands) -> str:
    with contextlib.suppress(NotFound):
        await hands.proxies(undo.api_url).delete(undo.name)
    return "was taken away"


async def _service(undo: ServiceAsFound, hands: Hands, settle_s: float, tell: Tell) -> str:
    return await _as_found(hands.console(undo.host), undo.service, undo.state, settle_s, tell)


async def _command(undo: CommandAsFound, hands: Hands, settle_s: float, tell: Tell) -> str:
    return await _as_found(hands.command(undo), undo.name, undo.state, settle_s, tell)


async def _as_found(console: Console | Stoppable, name: str, state: ServiceState, settle_s: float, tell: Tell) -> str:
    """Bring it back to that state, whatever it does meanwhile, and look at it until an order on its way would show."""
    done = "is as it was found"
    calm_until_s = now() + settle_s
    while True:
        line = await _at_rest(console, name, tell)
        if line.state is state:
            if now() >= calm_until_s:
                return done
            await asyncio.sleep(AGAIN_S)
            continue
        tell(f"{line.state}, told to {'start' if state is ServiceState.STARTED else 'stop'}")
        order = console.start if state is ServiceState.STARTED else console.stop
        try:
            await order(name)
        except Exception as error:
            # What became of the order is seen at the next look: it may have been carried out all the same.
            await _again(error, tell)
        done = "was started again" if state is ServiceState.STARTED else "was stopped again"
        calm_until_s = now()


async def _running(undo: RestartDue, hands: Hands, tell: Tell) -> str:
    """Finesse's settings can be put back only while it runs; whoever died may have stopped in mid restart."""
    await _service(ServiceAsFound(undo.host, undo.service, ServiceState.STARTED), hands, 0.0, tell)
    return "runs"


async def _restarted(undo: RestartDue, hands: Hands, tell: Tell) -> str:
    console = hands.console(undo.host)
    await _at_rest(console, undo.service, tell)
    tell("told to restart")
    await _patiently(console.restart, undo.service, tell)  # it reads STARTED back itself
    return "was done"


async def _at_rest(console: Console | Stoppable, service: str, tell: Tell) -> ServiceLine:
    """The service's line once it neither starts nor stops."""
    while True:
        line = await _patiently(console.service, service, tell)
        if line.state in _AT_REST:
            return line
        tell(f"{line.state}")
        await asyncio.sleep(AGAIN_S)


async def _patiently(call: Callable[[str], Awaitable[ServiceLine]], service: str, tell: Tell) -> ServiceLine:
    """Call until the console gives a state: whoever died may have left it busy, and people's messages come between."""
    while True:
        try:
            return await call(service)
        except Exception as error:
            await _again(error, tell)


async def _again(error: Exception, tell: Tell) -> None:
    """Wait for the next try, or raise what makes one useless."""
    if is_hopeless(error):
        raise error
    tell(f"asked again: {error or type(error).__name__}")
    await asyncio.sleep(2 * AGAIN_S)


async def _calls(undo: NoCallAsFound, hands: Hands, patience: Patience, tell: Tell) -> str:
    devices = hands.devices(undo)
    async with hands.switch() as switch:
        ended = await calls_ended(switch, devices, tell, settle_s=patience.settle_s)
    return f"were ended ({ended})" if ended else "are none, as was found"


async def calls_ended(switch: CtiClient, devices: Sequence[str], tell: Tell, *, settle_s: float = 0.0) -> int:
    """Hang up every telephone until none has a call, and none comes for `settle_s`; how many connections were ended.

    A device that the switch will not speak of has nobody at it who could be on a call. Raises SwitchError.
    """
    ended = 0
    calm_until_s = now() + settle_s
    while True:
        found = 0
        for device in devices:
            with contextlib.suppress(SwitchRefused):
                for call in await switch.calls_at(device):
                    found += 1
                    tell(f"call {call.call_id} is up at {device}")
                    await switch.clear(device, call)  # refused: it has ended, or rings; its other end ends it
        if not found and now() >= calm_until_s:
            return ended
        ended += found
        calm_until_s = now() if found else calm_until_s
        await asyncio.sleep(AGAIN_S)


async def _settings(
    hands: Hands,
    resource: str,
    read: Callable[[object], object | None],
    found: object,
    body: Callable[[], bytes],
    tell: Tell,
) -> str:
    """Put the settings of that name back. read: them as they compare with `found`, None if a document is none."""
    admin = hands.admin()
    done = "is as it was found"
    calm = False
    while True:
        answer = await admin.get(resource, resource)
        if answer.status in (401, 403):
            # Not asked again: five wrong passwords lock the administrator out for half an hour.
            raise Hopeless(f"the publisher refuses its administrator (HTTP {answer.status}); put it back by hand")
        config = read(answer.document) if answer.status == 200 else None
        if config is None:
            tell(f"the publisher answers {answer.failure or answer.status}")
        elif config == found:
            if calm:
                return done
            calm = True
        else:
            await admin.send("PUT", resource, resource, body())
            done, calm = "was put back", True
            continue
        await asyncio.sleep(AGAIN_S)


async def _system_config(undo: SystemConfigAsFound, hands: Hands, tell: Tell) -> str:
    def read(document: object) -> object | None:
        return replace(document, uri=None) if isinstance(document, SystemConfig) else None

    found = replace(undo.found, uri=None)
    return await _settings(hands, "SystemConfig", read, found, lambda: write_system_config(undo.found), tell)


async def _database_config(undo: DatabaseConfigAsFound, hands: Hands, tell: Tell) -> str:
    def read(document: object) -> object | None:
        return replace(document, uri=None, password="") if isinstance(document, EnterpriseDatabaseConfig) else None

    def body() -> bytes:
        return write_enterprise_database_config(replace(undo.found, password=hands.awdb_password()))

    found = replace(undo.found, uri=None, password="")
    return await _settings(hands, "EnterpriseDatabaseConfig", read, found, body, tell)
