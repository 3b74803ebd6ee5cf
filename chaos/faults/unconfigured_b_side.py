"""A Finesse without a side B: taken out of its administration, which takes effect when Tomcat starts again."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace

from chaos.clients.rest import FinesseRest
from chaos.errors import InjectFailed, RollbackFailed
from chaos.faults.base import Fault, Field
from chaos.faults.undo import SYSTEM_CONFIG, RestartDue, SystemConfigAsFound, restart_thing
from chaos.inventory import Inventory
from chaos.journal import CtiSeen, CtiStep, RestExchange, Timeline
from chaos.wire.finesse import SystemConfig, write_system_config

TOMCAT = "Cisco Finesse Tomcat"
# The administration of a node that has just been started answers 503 until the node is in service.
_ANSWERS_WITHIN_S = 600.0
_ASK_EVERY_S = 5.0


@dataclass(frozen=True, slots=True)
class UnconfiguredBSide(Fault):
    """Side B is taken out of SystemConfig, and Tomcat is restarted on every node, which signs everybody out.

    Rollback puts the settings back as they were found, and restarts Tomcat again wherever it was restarted.
    """

    @property
    def name(self) -> str:
        return "b-side-unconfigured"

    def unfit(self, inventory: Inventory) -> str | None:
        link = inventory.links.get("cti-b")
        if link is None or link.listen is None:
            return "the inventory has no link cti-b that Finesse's administration could name"
        blind = [node.host for node in inventory.finesse_nodes() if node.ssh is None]
        return f"there is no console to restart Tomcat on {', '.join(blind)}: give it ssh" if blind else None

    @property
    def bites_within_s(self) -> float:
        return _ANSWERS_WITHIN_S

    @property
    def lifts_within_s(self) -> float:
        return _ANSWERS_WITHIN_S

    async def inject(self, field: Field) -> None:
        admin, config = await _config(field, _ANSWERS_WITHIN_S)
        if config is None:
            raise InjectFailed("SystemConfig could not be read from the publisher")
        await field.undo.before(SystemConfigAsFound(config))
        await _save(admin, replace(config, backup_host=None, backup_port=None))
        nodes = [node.host for node in field.inventory.finesse_nodes()]
        for host in nodes:
            await field.undo.before(RestartDue(host, TOMCAT))
        await _restart(field, nodes)
        await _config(field, _ANSWERS_WITHIN_S)

    async def rollback(self, field: Field) -> None:
        """Safe twice; a node that was restored but not restarted yet is restarted by the second try."""
        owed = field.undo.find(SYSTEM_CONFIG)
        if isinstance(owed, SystemConfigAsFound):
            await _put_back(field, owed.found)
            await field.undo.done(SYSTEM_CONFIG)
        nodes = [undo.host for undo in field.undo.owed() if isinstance(undo, RestartDue) and undo.service == TOMCAT]
        await _restart(field, nodes)
        for host in nodes:
            await field.undo.done(restart_thing(host, TOMCAT))
        if nodes:
            await _config(field, _ANSWERS_WITHIN_S)

    def bitten(self, timeline: Timeline, from_s: float, field: Field) -> str | None:
        return _in_force(timeline, from_s, field, configured=False)

    def lifted(self, timeline: Timeline, from_s: float, field: Field) -> str | None:
        return _in_force(timeline, from_s, field, configured=True)


def _in_force(timeline: Timeline, from_s: float, field: Field, *, configured: bool) -> str | None:
    """SystemConfig says so, and every node has opened a new CTI session before it was last asked."""
    shown = timeline.of(RestExchange, lambda seen: seen.cti_b is not None and seen.status == 200, from_s=from_s)
    if not shown or bool(shown[-1].cti_b) is not configured:
        return None
    opened = {
        seen.client
        for seen in timeline.of(
            CtiSeen, lambda seen: seen.step is CtiStep.OPEN_CONF and not seen.is_ours, from_s=from_s
        )
    }
    if len(opened) < len(field.inventory.finesse_nodes()):
        return None
    return f"SystemConfig names side B {shown[-1].cti_b or 'not at all'}; {len(opened)} node(s) have started with it"


async def _put_back(field: Field, found: SystemConfig) -> None:
    admin, config = await _config(field, _ANSWERS_WITHIN_S)
    if config != found:
        await _save(admin, found)
        _, config = await _config(field, _ANSWERS_WITHIN_S)
    if config != found:
        raise RollbackFailed("SystemConfig does not read as it was found on the publisher; put side B back by hand")


async def _restart(field: Field, hosts: Sequence[str]) -> None:
    """Tomcat on these nodes, at the same time. Raises what the first console that failed raised."""
    restarts = (field.consoles[host].restart(TOMCAT) for host in hosts)
    for result in await asyncio.gather(*restarts, return_exceptions=True):
        if isinstance(result, BaseException):
            raise result


async def _config(field: Field, within_s: float) -> tuple[FinesseRest, SystemConfig | None]:
    """The settings, as soon as the publisher tells them; None if it does not in time."""
    if field.admin is None:
        raise InjectFailed("the lab is not open: there is no administration to ask")
    try:
        async with asyncio.timeout(within_s):
            while True:
                answer = await field.admin.get("SystemConfig", "SystemConfig")
                if answer.status == 200 and isinstance(answer.document, SystemConfig):
                    return field.admin, answer.document
                await asyncio.sleep(_ASK_EVERY_S)
    except TimeoutError:
        return field.admin, None


async def _save(admin: FinesseRest, config: SystemConfig) -> None:
    answer = await admin.send("PUT", "SystemConfig", "SystemConfig", write_system_config(config))
    if answer.status is None or answer.status >= 300:
        raise InjectFailed(f"the publisher did not take SystemConfig: {answer.failure or answer.status}")
