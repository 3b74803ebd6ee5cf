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
change, and after a change that was never made. It holds no secret. To add a kind: a frozen dataclass here with a row in
`KINDS`, and a performer for it in `chaos.undo.performers`.
"""

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, cast

from chaos.clients.toxiproxy import ProxyState, Toxic
from chaos.errors import FaultError
from chaos.wire.console.service import ServiceState
from chaos.wire.finesse import EnterpriseDatabaseConfig, SystemConfig

Json = Mapping[str, Any]


class UndoNotKept(FaultError):
    """How to undo a change could not be put on disk: the change must not be made."""


class Undo(ABC):
    """One thing of the lab, and how it was found before we changed it."""

    kind: ClassVar[str]

    @property
    @abstractmethod
    def thing(self) -> str:
        """What it concerns, in words; the same for every entry about the same thing."""

    @abstractmethod
    def to_json(self) -> Json:
        """Its fields, of JSON's types."""

    @classmethod
    @abstractmethod
    def from_json(cls, shown: Json) -> "Undo":
        """From what `to_json` gave. Raises KeyError, TypeError, ValueError: it is not that."""


def proxy_thing(api_url: str, name: str) -> str:
    return f"proxy {name} at {api_url}"


def service_thing(host: str, service: str) -> str:
    return f"service '{service}' on {host}"


def restart_thing(host: str, service: str) -> str:
    return f"restart of '{service}' on {host}"


SYSTEM_CONFIG = "Finesse's SystemConfig"
DATABASE_CONFIG = "Finesse's EnterpriseDatabaseConfig"


@dataclass(frozen=True, slots=True)
class ProxyAsFound(Undo):
    """A proxy of a Toxiproxy server that outlives us. found: None if it was not there."""

    kind: ClassVar[str] = "proxy"

    api_url: str
    name: str
    found: ProxyState | None

    @property
    def thing(self) -> str:
        return proxy_thing(self.api_url, self.name)

    def to_json(self) -> Json:
        return {"api_url": self.api_url, "name": self.name, "found": self.found and _proxy_shown(self.found)}

    @classmethod
    def from_json(cls, shown: Json) -> "ProxyAsFound":
        found = shown["found"]
        return cls(_text(shown["api_url"]), _text(shown["name"]), None if found is None else _proxy_read(found))


@dataclass(frozen=True, slots=True)
class ServiceAsFound(Undo):
    """A service. host: its host's name in the inventory. service: its exact name. state: STARTED or STOPPED."""

    kind: ClassVar[str] = "service"

    host: str
    service: str
    state: ServiceState

    @property
    def thing(self) -> str:
        return service_thing(self.host, self.service)

    def to_json(self) -> Json:
        return {"host": self.host, "service": self.service, "state": self.state.value}

    @classmethod
    def from_json(cls, shown: Json) -> "ServiceAsFound":
        return cls(_text(shown["host"]), _text(shown["service"]), ServiceState(shown["state"]))


@dataclass(frozen=True, slots=True)
class RestartDue(Undo):
    """A service that we are about to restart while settings are changed: it must start once more with the old ones.

    Written before that restart, not before the settings are saved: a service that was not restarted has never read
    what we saved.
    """

    kind: ClassVar[str] = "restart"

    host: str
    service: str

    @property
    def thing(self) -> str:
        return restart_thing(self.host, self.service)

    def to_json(self) -> Json:
        return {"host": self.host, "service": self.service}

    @classmethod
    def from_json(cls, shown: Json) -> "RestartDue":
        return cls(_text(shown["host"]), _text(shown["service"]))


@dataclass(frozen=True, slots=True)
class SystemConfigAsFound(Undo):
    """The CTI servers in Finesse's administration, as the publisher showed them."""

    kind: ClassVar[str] = "system-config"

    found: SystemConfig

    @property
    def thing(self) -> str:
        return SYSTEM_CONFIG

    def to_json(self) -> Json:
        found = self.found
        return {
            "host": found.host,
            "port": found.port,
            "backup_host": found.backup_host,
            "backup_port": found.backup_port,
            "peripheral_id": found.peripheral_id,
            "secure": found.secure,
            "uri": found.uri,
        }

    @classmethod
    def from_json(cls, shown: Json) -> "SystemConfigAsFound":
        secure = shown["secure"]
        if secure is not None and not isinstance(secure, bool):
            raise TypeError(f"secure is {secure!r}")
        return cls(
            SystemConfig(
                host=_text_or_none(shown["host"]),
                port=_number_or_none(shown["port"]),
                backup_host=_text_or_none(shown["backup_host"]),
                backup_port=_number_or_none(shown["backup_port"]),
                peripheral_id=_number_or_none(shown["peripheral_id"]),
                secure=secure,
                uri=_text_or_none(shown["uri"]),
            )
        )


@dataclass(frozen=True, slots=True)
class DatabaseConfigAsFound(Undo):
    """The AWDB pair in Finesse's administration, as the publisher showed it; its password is not shown, nor kept."""

    kind: ClassVar[str] = "database-config"

    found: EnterpriseDatabaseConfig

    @property
    def thing(self) -> str:
        return DATABASE_CONFIG

    def to_json(self) -> Json:
        found = self.found
        return {
            "host": found.host,
            "port": found.port,
            "backup_host": found.backup_host,
            "backup_port": found.backup_port,
            "database_name": found.database_name,
            "domain": found.domain,
            "username": found.username,
            "uri": found.uri,
        }

    @classmethod
    def from_json(cls, shown: Json) -> "DatabaseConfigAsFound":
        return cls(
            EnterpriseDatabaseConfig(
                host=_text_or_none(shown["host"]),
                port=_number_or_none(shown["port"]),
                backup_host=_text_or_none(shown["backup_host"]),
                backup_port=_number_or_none(shown["backup_port"]),
                database_name=_text_or_none(shown["database_name"]),
                domain=_text_or_none(shown["domain"]),
                username=_text_or_none(shown["username"]),
                uri=_text_or_none(shown["uri"]),
            )
        )


KINDS: Mapping[str, type[Undo]] = {
    kind.kind: kind for kind in (ProxyAsFound, ServiceAsFound, RestartDue, SystemConfigAsFound, DatabaseConfigAsFound)
}


class UndoLog:
    """What is owed to the lab, by thing, oldest first. This one keeps it in memory, for a lab that ends with us.

    A thing that is owed already keeps its entry: how it was found first is what it is put back to.
    """

    def __init__(self) -> None:
        self._owed: dict[str, Undo] = {}
        self._turn = asyncio.Lock()

    def owed(self) -> tuple[Undo, ...]:
        """What has not been undone yet, oldest first."""
        return tuple(self._owed.values())

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


def _proxy_shown(state: ProxyState) -> Json:
    return {
        "listen": state.listen,
        "upstream": state.upstream,
        "enabled": state.enabled,
        "name": state.name,
        "toxics": [
            {
                "type": toxic.type,
                "stream": toxic.stream,
                "name": toxic.name,
                "toxicity": toxic.toxicity,
                "attributes": dict(toxic.attributes),
            }
            for toxic in state.toxics
        ],
    }


def _proxy_read(value: object) -> ProxyState:
    shown = _object(value)
    if not isinstance(shown["enabled"], bool) or not isinstance(shown["toxics"], list):
        raise TypeError("enabled or toxics are of the wrong type")
    toxics = tuple(_toxic_read(_object(toxic)) for toxic in shown["toxics"])
    return ProxyState(_text(shown["name"]), _text(shown["listen"]), _text(shown["upstream"]), shown["enabled"], toxics)


def _toxic_read(shown: Json) -> Toxic:
    attributes = {_text(name): _number(value) for name, value in _object(shown["attributes"]).items()}
    toxicity = shown["toxicity"]
    if isinstance(toxicity, bool) or not isinstance(toxicity, int | float):
        raise TypeError(f"toxicity is {toxicity!r}")
    return Toxic(_text(shown["type"]), _text(shown["stream"]), _text(shown["name"]), float(toxicity), attributes)


def _object(value: object) -> Json:
    if not isinstance(value, dict):
        raise TypeError(f"an object was expected instead of {value!r}")
    return cast("Json", value)


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(f"a text was expected instead of {value!r}")
    return value


def _text_or_none(value: object) -> str | None:
    return None if value is None else _text(value)


def _number(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError(f"a whole number was expected instead of {value!r}")
    return value


def _number_or_none(value: object) -> int | None:
    return None if value is None else _number(value)
