"""Settings taken out of Finesse's administration, which takes effect when Tomcat starts again, on every node."""

import asyncio
from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Generic, TypeVar

from chaos.clients.rest import FinesseRest
from chaos.errors import InjectFailed
from chaos.faults.base import Fault, Field
from chaos.inventory import Inventory
from chaos.journal import RestExchange, Timeline
from chaos.undo.entries import RestartDue, Undo

TOMCAT = "Cisco Finesse Tomcat"
# The administration of a node that has just been started answers 503 until the node is in service.
ANSWERS_WITHIN_S = 600.0
_ASK_EVERY_S = 5.0

S = TypeVar("S")


@dataclass(frozen=True, slots=True)
class Unconfigured(Fault, Generic[S]):
    """Something is taken out of the settings S, and Tomcat is restarted on every node, which signs everybody out.

    Rollback puts the settings back as they were found, and restarts Tomcat again wherever it was restarted.
    """

    RESOURCE: ClassVar[str]
    """The settings' name in the configuration API."""

    @abstractmethod
    def lacks(self, inventory: Inventory) -> str | None:
        """What the inventory must have to put the settings back, in words; None if it has it."""

    @abstractmethod
    def settings(self, document: object) -> S | None:
        """The settings, if the document is that."""

    @abstractmethod
    def without(self, found: S) -> S:
        """The settings without what is to be missing."""

    @abstractmethod
    def body(self, config: S, field: Field) -> bytes:
        """The settings as they are saved."""

    @abstractmethod
    def debt(self, found: S) -> Undo:
        """How the settings were found, for the undo log."""

    @property
    @abstractmethod
    def thing(self) -> str:
        """What the debt concerns."""

    @abstractmethod
    def shown(self, seen: RestExchange) -> str | None:
        """What an answer showed of what is missing: "" if it is not configured, None if the answer is about else."""

    @abstractmethod
    def started(self, timeline: Timeline, from_s: float) -> int:
        """How many nodes have been seen to start, and to read settings, since then."""

    def unfit(self, inventory: Inventory) -> str | None:
        lacks = self.lacks(inventory)
        if lacks is not None:
            return lacks
        blind = [node.host for node in inventory.finesse_nodes() if node.ssh is None]
        return f"there is no console to restart Tomcat on {', '.join(blind)}: give it ssh" if blind else None

    @property
    def bites_within_s(self) -> float:
        return ANSWERS_WITHIN_S

    @property
    def lifts_within_s(self) -> float:
        return ANSWERS_WITHIN_S

    async def inject(self, field: Field) -> None:
        config = await self._read(field)
        if config is None:
            raise InjectFailed(f"{self.RESOURCE} could not be read from the publisher")
        await field.undo.before(self.debt(config))
        await self._save(field, self.without(config))
        nodes = [node.host for node in field.inventory.finesse_nodes()]
        for host in nodes:
            await field.undo.before(RestartDue(host, TOMCAT))
        await _restart(field, nodes)
        await self._read(field)

    async def rollback(self, field: Field) -> None:
        """Safe twice; a node that was restored but not restarted yet is restarted by the second try."""
        restarts = [undo for undo in field.undo.owed() if isinstance(undo, RestartDue) and undo.service == TOMCAT]
        await field.put_right(self.thing, *(undo.thing for undo in restarts))
        if restarts:
            await self._read(field)

    def bitten(self, timeline: Timeline, from_s: float, field: Field) -> str | None:
        return self._in_force(timeline, from_s, field, configured=False)

    def lifted(self, timeline: Timeline, from_s: float, field: Field) -> str | None:
        return self._in_force(timeline, from_s, field, configured=True)

    def _in_force(self, timeline: Timeline, from_s: float, field: Field, *, configured: bool) -> str | None:
        """The settings say so, and every node has started before they were last asked for."""
        shown = [
            value
            for seen in timeline.of(RestExchange, lambda seen: seen.status == 200, from_s=from_s)
            if (value := self.shown(seen)) is not None
        ]
        if not shown or bool(shown[-1]) is not configured:
            return None
        started = self.started(timeline, from_s)
        if started < len(field.inventory.finesse_nodes()):
            return None
        return f"{self.RESOURCE} names {shown[-1] or 'nothing there'}; {started} node(s) have started with it"

    async def _read(self, field: Field) -> S | None:
        """The settings, as soon as the publisher tells them; None if it does not in time."""
        admin = _admin(field)
        try:
            async with asyncio.timeout(ANSWERS_WITHIN_S):
                while True:
                    answer = await admin.get(self.RESOURCE, self.RESOURCE)
                    config = self.settings(answer.document)
                    if answer.status == 200 and config is not None:
                        return config
                    await asyncio.sleep(_ASK_EVERY_S)
        except TimeoutError:
            return None

    async def _save(self, field: Field, config: S) -> None:
        answer = await _admin(field).send("PUT", self.RESOURCE, self.RESOURCE, self.body(config, field))
        if answer.status is None or answer.status >= 300:
            raise InjectFailed(f"the publisher did not take {self.RESOURCE}: {answer.failure or answer.status}")


def _admin(field: Field) -> FinesseRest:
    if field.admin is None:
        raise InjectFailed("the lab is not open: there is no administration to ask")
    return field.admin


async def _restart(field: Field, hosts: Sequence[str]) -> None:
    """Tomcat on these nodes, at the same time. Raises what the first console that failed raised."""
    restarts: list[Any] = [field.consoles[host].restart(TOMCAT) for host in hosts]
    for result in await asyncio.gather(*restarts, return_exceptions=True):
        if isinstance(result, BaseException):
            raise result
