"""What must be undone if we cannot do it ourselves any more: typed entries, and the log that holds them.

A change that outlives the harness – a proxy led elsewhere, a service stopped, settings saved – is made in this order:

    await field.undo.before(ServiceAsFound(host, name, "STARTED"))   # on disk when this returns
    …make the change…
    …roll it back, and read back that it is as it was found…
    await field.undo.done(service_thing(host, name))

and `field.undo.find(thing)` gives a rollback what was found, so that a fault need not remember it. What dies with the
harness anyway (a CTI relay, the embedded Toxiproxy server, a socket) needs no entry, and neither does a change within a
thing that is owed already: a link's proxy, for instance, is owed from when the link is placed until it is removed.

An entry says how a thing was *found*; undoing is putting it back to that, so it can be done twice, after half a
change, and after a change that was never made. It holds no secret. To add a kind: a frozen dataclass here with a `kind`
of its own that stands in `Entry`, and a performer for it in `chaos.undo.performers`.
"""

import asyncio
from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import ConfigDict, Discriminator, PlainSerializer, with_config

from chaos.clients.toxiproxy import ProxyState
from chaos.errors import FaultError
from chaos.undo.underway import Underway
from chaos.wire.console.service import ServiceState
from chaos.wire.finesse import EnterpriseDatabaseConfig, SystemConfig

_STRICT = ConfigDict(extra="forbid", strict=True)


class UndoNotKept(FaultError):
    """How to undo a change could not be put on disk: the change must not be made."""


class Undo(ABC):
    """One thing of the lab, and how it was found before we changed it."""

    @property
    @abstractmethod
    def thing(self) -> str:
        """What it concerns, in words; the same for every entry about the same thing."""


def proxy_thing(api_url: str, name: str) -> str:
    return f"proxy {name} at {api_url}"


def service_thing(host: str, service: str) -> str:
    return f"service '{service}' on {host}"


def command_thing(name: str) -> str:
    return f"command '{name}'"


def restart_thing(host: str, service: str) -> str:
    return f"restart of '{service}' on {host}"


CALLS = "calls at test agents' telephones"
SYSTEM_CONFIG = "Finesse's SystemConfig"
DATABASE_CONFIG = "Finesse's EnterpriseDatabaseConfig"


@with_config(_STRICT)
@dataclass(frozen=True, slots=True)
class ProxyAsFound(Undo):
    """A proxy of a Toxiproxy server that outlives us. found: None if it was not there."""

    api_url: str
    name: str
    found: ProxyState | None
    kind: Literal["proxy"] = field(default="proxy", kw_only=True)

    @property
    def thing(self) -> str:
        return proxy_thing(self.api_url, self.name)


@with_config(_STRICT)
@dataclass(frozen=True, slots=True)
class MarkLeft(Undo):
    """A proxy that leads nowhere and says to other machines that we have the lab, see `chaos.safety.mark`.

    It goes last: while anything else remains, others must still see who left it.
    """

    api_url: str
    name: str
    kind: Literal["mark"] = field(default="mark", kw_only=True)

    @property
    def thing(self) -> str:
        return f"mark {self.name} at {self.api_url}"


@with_config(_STRICT)
@dataclass(frozen=True, slots=True)
class ServiceAsFound(Undo):
    """A service. host: its host's name in the inventory. service: its exact name. state: STARTED or STOPPED.

    because_of: the service for whose sake this one is stopped, since it needs that one; "" if for its own.
    """

    host: str
    service: str
    state: ServiceState
    because_of: str = field(default="", kw_only=True)
    kind: Literal["service"] = field(default="service", kw_only=True)

    @property
    def thing(self) -> str:
        return service_thing(self.host, self.service)


@with_config(_STRICT)
@dataclass(frozen=True, slots=True)
class CommandAsFound(Undo):
    """What the lab's own command of that name stops and starts. state: STARTED or STOPPED.

    written: the command as the inventory had it, in JSON, so that it can be undone though the inventory has lost it;
    its secrets are references.
    """

    name: str
    state: ServiceState
    written: str
    kind: Literal["command"] = field(default="command", kw_only=True)

    @property
    def thing(self) -> str:
        return command_thing(self.name)


@with_config(_STRICT)
@dataclass(frozen=True, slots=True)
class RestartDue(Undo):
    """A service that we are about to restart while settings are changed: it must start once more with the old ones.

    Written before that restart, not before the settings are saved: a service that was not restarted has never read
    what we saved.
    """

    host: str
    service: str
    kind: Literal["restart"] = field(default="restart", kw_only=True)

    @property
    def thing(self) -> str:
        return restart_thing(self.host, self.service)


@with_config(_STRICT)
@dataclass(frozen=True, slots=True)
class NoCallAsFound(Undo):
    """No call is at these devices when a run begins; those that it makes stay up at the switch if it dies, and whoever
    looks next takes its agents for people at work."""

    devices: tuple[str, ...]
    kind: Literal["calls"] = field(default="calls", kw_only=True)

    @property
    def thing(self) -> str:
        return CALLS


@with_config(_STRICT)
@dataclass(frozen=True, slots=True)
class SystemConfigAsFound(Undo):
    """The CTI servers in Finesse's administration, as the publisher showed them."""

    found: SystemConfig
    kind: Literal["system-config"] = field(default="system-config", kw_only=True)

    @property
    def thing(self) -> str:
        return SYSTEM_CONFIG


def _without_password(config: EnterpriseDatabaseConfig) -> dict[str, Any]:
    return {
        "host": config.host,
        "port": config.port,
        "backup_host": config.backup_host,
        "backup_port": config.backup_port,
        "database_name": config.database_name,
        "domain": config.domain,
        "username": config.username,
        "uri": config.uri,
    }


@with_config(_STRICT)
@dataclass(frozen=True, slots=True)
class DatabaseConfigAsFound(Undo):
    """The AWDB pair in Finesse's administration, as the publisher showed it; its password is not shown, nor kept."""

    found: Annotated[EnterpriseDatabaseConfig, PlainSerializer(_without_password)]
    kind: Literal["database-config"] = field(default="database-config", kw_only=True)

    @property
    def thing(self) -> str:
        return DATABASE_CONFIG


Entry: TypeAlias = Annotated[
    ProxyAsFound
    | MarkLeft
    | ServiceAsFound
    | CommandAsFound
    | RestartDue
    | NoCallAsFound
    | SystemConfigAsFound
    | DatabaseConfigAsFound,
    Discriminator("kind"),
]
"""Every kind of entry, as the log on disk tells them apart."""


class UndoLog:
    """What is owed to the lab, by thing, oldest first. This one keeps it in memory, for a lab that ends with us.

    A thing that is owed already keeps its entry: how it was found first is what it is put back to. underway: what is
    being undone at the moment, for those who wait.
    """

    def __init__(self) -> None:
        self._owed: dict[str, Undo] = {}
        self._turn = asyncio.Lock()
        self.underway = Underway()

    def owed(self) -> tuple[Undo, ...]:
        """What has not been undone yet, oldest first."""
        return tuple(self._owed.values())

    def remedy(self, undo: Undo) -> str:
        """What somebody can do about an entry that cannot be undone, in words; "" if it ends with us."""
        return ""

    def find(self, thing: str) -> Undo | None:
        """The entry about this thing, None if it is not owed."""
        return self._owed.get(thing)

    async def before(self, undo: Undo) -> None:
        """Call it before the change is made. Raises UndoNotKept: then the change must not be made."""
        async with self._turn:
            if undo.thing in self._owed:
                return
            keeping = asyncio.ensure_future(self._keep(undo))
            try:
                await asyncio.shield(keeping)
            except asyncio.CancelledError:
                await asyncio.wait({keeping})  # it may be on disk now, and then somebody must know of it
                if keeping.cancelled() or keeping.exception() is not None:
                    raise
                self._owed[undo.thing] = undo
                raise
            self._owed[undo.thing] = undo

    async def done(self, thing: str) -> None:
        """Call it once the thing was read back as it was found; nothing happens if it is not owed."""
        async with self._turn:
            if thing in self._owed:
                await self._strike(self._owed[thing])
                del self._owed[thing]

    async def _keep(self, undo: Undo) -> None:
        """Make it outlive us."""

    async def _strike(self, undo: Undo) -> None:
        """Note that it was undone."""
