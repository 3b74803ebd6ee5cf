"""What a fault is, and what it may touch.

A fault is a small value: a name for its effect, typed parameters, and a few answers. It proves from the journal that it
bit and that it lifted; without both proofs nothing that was seen meanwhile is green. `injection.py` has it from the
one to the other.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass
from dataclasses import field as dc_field
from typing import NoReturn, Protocol, runtime_checkable

from chaos.clients.command import Stoppable
from chaos.clients.console import Console
from chaos.clients.devtools import Reply
from chaos.clients.events import EventStream
from chaos.clients.rest import FinesseRest
from chaos.clients.toxiproxy import Toxiproxy
from chaos.errors import InventoryError
from chaos.faults.link import PlacedAwdbLink, PlacedLink
from chaos.inventory import FinesseNode, Inventory
from chaos.journal import FaultPhase, FaultSeen, Journal, Timeline
from chaos.undo.entries import CommandAsFound, UndoLog
from chaos.undo.undoing import put_right


@dataclass(frozen=True, slots=True)
class Field:
    """What faults may touch, and where they say what they did.

    links: to CTI servers, awdb: to AWDBs, by name. admin: the administration of the pair, None if the lab is not open.
    consoles: by host, as far as the inventory says how to open them. commands: the lab's own, by name. undo: where a
    fault says how to undo what would outlive us, before it changes anything (see `chaos.undo.entries`). until: waits
    until a proof can be read from the journal, at most so many seconds, and gives it, or None. awdb_password: Finesse's
    own at the AWDB, "" if the inventory does not name the account. browsers: by agent, as they are open now.
    streams: everybody's event streams, by agent. faults_do_nothing: injectors are left out, to show that no clause can
    be held without them.
    """

    inventory: Inventory
    journal: Journal
    links: Mapping[str, PlacedLink]
    heartbeat_interval_s: float
    until: "Until"
    admin: FinesseRest | None = None
    consoles: Mapping[str, Console] = dc_field(default_factory=dict)
    commands: Mapping[str, Stoppable] = dc_field(default_factory=dict)
    awdb: Mapping[str, PlacedAwdbLink] = dc_field(default_factory=dict)
    faults_do_nothing: bool = False
    undo: UndoLog = dc_field(default_factory=UndoLog)
    awdb_password: str = dc_field(default="", repr=False)
    browsers: Mapping[str, "Browsing"] = dc_field(default_factory=dict)
    streams: Mapping[str, EventStream] = dc_field(default_factory=dict)

    async def put_right(self, *things: str) -> None:
        """Undo these things, as far as they are owed, as every healing does it, with clients that note what they do.

        Raises RollbackFailed: what remains, in words.
        """
        await put_right(self.undo, _Lent(self), things)


@dataclass(frozen=True, slots=True)
class _Lent:
    """The field's own clients, as undoing wants them (see `chaos.undo.hands`)."""

    field: Field

    def proxies(self, api_url: str) -> Toxiproxy:
        for link in (*self.field.links.values(), *self.field.awdb.values()):
            if link.proxies.api_url == api_url:
                return link.proxies
        raise InventoryError(f"no link of this lab leads through the proxy server {api_url}")

    def console(self, host: str) -> Console:
        if host not in self.field.consoles:
            raise InventoryError(f"there is no console of {host}; give it ssh in the inventory")
        return self.field.consoles[host]

    def command(self, undo: CommandAsFound) -> Stoppable:
        if undo.name not in self.field.commands:
            raise InventoryError(f"the inventory has no command '{undo.name}': add it again under 'commands'")
        return self.field.commands[undo.name]

    def switch(self) -> NoReturn:
        raise InventoryError("a fault has no telephone")

    def devices(self, undo: object) -> NoReturn:
        raise InventoryError("a fault has no telephones")

    def awdb_password(self) -> str:
        return self.field.awdb_password

    def admin(self) -> FinesseRest:
        if self.field.admin is None:
            raise InventoryError("the lab is not open: there is no administration to ask")
        return self.field.admin


Proof = Callable[[Timeline], str | None]


class Browsing(Protocol):
    """Somebody's browser, as far as a fault needs it. blocked: addresses that are blocked now. node: whose desktop was
    opened last."""

    blocked: tuple[str, ...]
    node: FinesseNode | None

    async def block(self, urls: Sequence[str]) -> bool: ...

    async def answer(self, urls: Sequence[str], replies: Sequence[Reply]) -> bool: ...

    async def look(self, url: str) -> None: ...

    async def open(self, node: FinesseNode) -> bool: ...

    async def sign_in(self) -> bool: ...

    async def close(self) -> bool: ...

    async def back(self) -> bool: ...

    async def crash(self) -> bool: ...


@runtime_checkable
class KeepsCookies(Protocol):
    """A browser whose cookies are its user's own."""

    async def count_cookies(self) -> bool: ...

    async def clear_cookies(self) -> bool: ...


class Until(ABC):
    """Waiting for something to be seen."""

    @abstractmethod
    async def __call__(self, proof: Proof, within_s: float) -> str | None:
        """The proof's text as soon as the journal holds it, None if it does not within that time."""


class Fault(ABC):
    """Something we break. Subclasses are frozen dataclasses, one file each."""

    @property
    @abstractmethod
    def name(self) -> str:
        """Its name in journal and report, for its effect; unique among those that last at the same time."""

    @property
    def target(self) -> str:
        """What it aims at, as its journal and verdicts name it: a link's name, or a host's role and a service."""
        return ""

    @property
    def parameters(self) -> tuple[tuple[str, str], ...]:
        """The rest of it, by name, as text."""
        return tuple((one.name, str(getattr(self, one.name))) for one in fields(self)) if is_dataclass(self) else ()

    def seen(self, phase: FaultPhase, detail: str | None = None, in_force_s: float | None = None) -> FaultSeen:
        """That it came into that phase, for the journal."""
        return FaultSeen(
            fault=self.name,
            phase=phase,
            of_kind=type(self).__name__,
            target=self.target,
            parameters=self.parameters,
            detail=detail,
            lies_in_wait=self.lies_in_wait,
            in_force_s=in_force_s,
        )

    def unfit(self, inventory: Inventory) -> str | None:
        """Why this lab cannot host it, None if it can."""
        return None

    @abstractmethod
    async def inject(self, field: Field) -> None:
        """Break it. Raises FaultError."""

    @abstractmethod
    async def rollback(self, field: Field) -> None:
        """Undo it; safe twice, and after half an inject. Raises FaultError."""

    @abstractmethod
    def bitten(self, timeline: Timeline, from_s: float, field: Field) -> str | None:
        """The proof that it bit after `from_s`, None if the journal holds none."""

    @abstractmethod
    def lifted(self, timeline: Timeline, from_s: float, field: Field) -> str | None:
        """The proof that it is gone since `from_s`, None if the journal holds none."""

    @property
    def accompanied(self) -> str | None:
        """The CTI link on which a companion of ours shares what the fault does to Finesse's sessions; None: on none."""
        return None

    @property
    def look_every_s(self) -> float | None:
        """How often somebody looks whether it is still in force, as the bounds that rest on it need it; None: what is
        seen anyhow is enough to tell."""
        return None

    async def look_again(self, field: Field) -> None:
        """Look once how things stand, and note that. Raises what a client raises that could not look."""
        return

    def slipped(self, timeline: Timeline, from_s: float, field: Field) -> str | None:
        """Why it was not in force all the time since `from_s`, as the journal has it; None if nothing says so."""
        return None

    @property
    def lies_in_wait(self) -> bool:
        """Whether it bites only if somebody comes its way: then a clause can be violated though it never bit."""
        return False

    @property
    def bites_within_s(self) -> float:
        return 30.0

    @property
    def lifts_within_s(self) -> float:
        return 60.0
