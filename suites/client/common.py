"""What all experiments of desktops share: who sits where, what they do before anything is broken, and the faults."""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress

from chaos.clients.cti import SwitchError
from chaos.clients.events import Leaving
from chaos.errors import EvidenceError
from chaos.experiment import Stage, needs_browsers, needs_outside_number
from chaos.experiment.seats import Desks, go_home, prove_sight, sit_down
from chaos.experiment.waiting import See
from chaos.faults.answered_way import AnsweredWay
from chaos.faults.base import Fault
from chaos.faults.blocked_way import BlockedWay
from chaos.faults.lonely_node import LonelyNode
from chaos.faults.stopped_by_command import StoppedByCommand
from chaos.faults.stopped_service import StoppedService
from chaos.history.desktops import BOSH, NOTIFICATION, TOMCAT, renders_a_gadget, says_back, trigger_of
from chaos.history.gaps import IN_SERVICE
from chaos.inventory import FinesseNode, Inventory
from chaos.journal import BoshPart, DesktopNotice, DesktopRequested, Observation, RestExchange
from chaos.subjects.agent import WorkingAgent
from chaos.wire.ged188 import AgentState

NEEDS = (needs_browsers, needs_outside_number)
# Longer than a browser's ping, the XMPP library's attempts and one look take together.
NOTICED_S = 90.0
# From the rollback to a node in service: a Tomcat takes minutes on a lab.
BACK_S = 600.0
# Six intervals of 10 s and one more, so that each server has been looked at so often.
PATIENCE_S = 75.0
PAUSE_S = 2.0
# Until a number outside has answered.
ANSWERED_S = 5.0


def role_of(stage: Stage, node: FinesseNode) -> str:
    """The console's role of that node."""
    return "publisher" if node.host == stage.inventory.publisher.host else "subscriber"


def webapp_stopped(role: str) -> Fault:
    """By the lab's own command, or the mock's order: no console of a node can stop a web application alone."""
    return StoppedByCommand(f"webapp-{role}")


def stopped(role: str, what: str) -> Fault:
    """That service alone: the appliance lets the Notification Service be stopped under a Tomcat that needs it."""
    return StoppedService(role, f"Cisco Finesse {what}", alone=True)


Takes = Callable[[Stage, FinesseNode, Desks], Fault]
"""The fault that takes a node from those desktops."""


def no_tomcat(stage: Stage, node: FinesseNode, desks: Desks) -> Fault:
    return stopped(role_of(stage, node), TOMCAT)


def no_webapp(stage: Stage, node: FinesseNode, desks: Desks) -> Fault:
    return webapp_stopped(role_of(stage, node))


def no_notification(stage: Stage, node: FinesseNode, desks: Desks) -> Fault:
    return stopped(role_of(stage, node), NOTIFICATION)


def no_cti(stage: Stage, node: FinesseNode, desks: Desks) -> Fault:
    return LonelyNode((node.host,))


def no_cti_in_silence(stage: Stage, node: FinesseNode, desks: Desks) -> Fault:
    """As `no_cti`, but that the node has to find it out by its heartbeats."""
    return LonelyNode((node.host,), silently=True)


def no_bosh(stage: Stage, node: FinesseNode, desks: Desks) -> Fault:
    return BlockedWay(tuple(desk.id for desk in desks), node.host, bosh=True)


def answered_no(stage: Stage, node: FinesseNode, desks: Desks) -> Fault:
    """As `no_bosh`, but that what asks for BOSH is turned down by answers."""
    return AnsweredWay(tuple(desk.id for desk in desks), node.host, bosh=True)


def lets_nobody_in(stage: Stage, node: FinesseNode, desks: Desks) -> Fault:
    """As `no_bosh`, but that there are sessions of BOSH, to which nobody can sign in."""
    return AnsweredWay(tuple(desk.id for desk in desks), node.host, bosh=True, sign_in=True)


def needs_webapp(inventory: Inventory) -> str | None:
    """A need of an experiment: that the web application can be stopped alone."""
    faults = [webapp_stopped(role) for role in ("publisher", "subscriber")]
    return next((why for fault in faults if (why := fault.unfit(inventory)) is not None), None)


# --- at desktops -----------------------------------------------------------------------------------------------------


async def take_states(stage: Stage, desks: Desks) -> None:
    """By turns: Not Ready, Ready, talking to the outside."""
    for n, desk in enumerate(desks):
        wanted = (AgentState.NOT_READY, AgentState.AVAILABLE, AgentState.NOT_READY)[n % 3]
        await stage.switch.set_agent_state(desk.id, wanted)
        if n % 3 == 2:
            await stage.switch.make_call(desk.id, stage.inventory.outside_number or "")
    await stage.watch(ANSWERED_S)
    for desk in desks:
        await stage.switch.look_at(desk.id)


async def change_states(stage: Stage, desks: Desks) -> None:
    """Whoever is on no call takes another state in peace, and is back in his own."""
    for wanted in (0, 1):
        for n, desk in enumerate(desks):
            if n % 3 != 2:
                states = (AgentState.AVAILABLE, AgentState.NOT_READY)
                await stage.switch.set_agent_state(desk.id, states[(n + wanted) % 2])
        await stage.watch(PAUSE_S)
    for desk in desks:
        await stage.switch.look_at(desk.id)


async def touch(stage: Stage, desks: Desks) -> None:
    """Calls end, and everybody takes another state at the switch, as far as that lets him."""
    for desk in desks:
        for call in await stage.switch.calls_at(desk.agent.extension):
            await stage.switch.clear(desk.id, call)
        for state in (AgentState.AVAILABLE, AgentState.NOT_READY):
            with suppress(SwitchError):
                await stage.switch.set_agent_state(desk.id, state)


@asynccontextmanager
async def at_desktops(stage: Stage, people: Sequence[WorkingAgent], node: FinesseNode) -> AsyncIterator[Desks]:
    """These people sit at the desktop of that node, in their states, with event streams of both kinds, and are seen;
    they go home at the end."""
    desks = await sit_down(stage, people, node, by_turns=list(stage.nodes).index(node))
    try:
        await take_states(stage, desks)
        await prove_sight(desks)
        yield desks
    finally:
        await prove_sight(desks)
        await go_home(stage, desks)


@asynccontextmanager
async def also_there(stage: Stage, someone: WorkingAgent, node: FinesseNode) -> AsyncIterator[None]:
    """Another client of that person's is signed in to the event stream of that node: what a node tells people it tells
    each of their clients."""
    if someone.node.host != node.host:
        someone = stage.elsewhere(someone)
    await someone.events.open()
    try:
        yield
    finally:
        await someone.events.leave(Leaving.GOODBYE)


async def comes_and_goes(stage: Stage, someone: WorkingAgent, node: FinesseNode) -> None:
    """Another client of that person's comes and leaves, which is no affair of his desktop's."""
    async with also_there(stage, someone, node):
        await stage.watch(PAUSE_S)
    await stage.watch(PAUSE_S)


# --- waiting for what they show --------------------------------------------------------------------------------------


def each(desks: Desks, sign: Callable[[Observation], bool]) -> See:
    """Once each of these people's desktops has shown that."""
    left = {desk.id for desk in desks}

    def see(seen: Observation) -> str | None:
        agent = getattr(seen, "agent", None)
        if agent in left and sign(seen):
            left.discard(agent)
        return None if left else "all of them"

    return see


def back(seen: Observation) -> bool:
    """It says that it is back. That it reads its data is no sign: gadgets do so all along."""
    return isinstance(seen, DesktopNotice) and says_back(seen.text)


def has_read(seen: Observation) -> bool:
    """It has read its data."""
    return isinstance(seen, DesktopRequested) and seen.resource.startswith("GET User") and seen.status == 200


def moved(seen: Observation) -> bool:
    return isinstance(seen, DesktopRequested) and seen.wanted == "LOGIN" and seen.status in range(200, 300)


def attempted(seen: Observation) -> bool:
    """It asked for a BOSH connection."""
    return isinstance(seen, DesktopRequested) and seen.part is BoshPart.OPEN


def cut(seen: Observation) -> bool:
    """Its BOSH connection is lost."""
    return isinstance(seen, DesktopRequested) and trigger_of(seen) == BOSH


def found_there(host: str) -> Callable[[Observation], bool]:
    """That node has answered it that it is in service."""
    return lambda seen: looked(host)(seen) and getattr(seen, "system_status", None) == IN_SERVICE


def gone_to(host: str) -> Callable[[Observation], bool]:
    """It has loaded that node's page."""
    return lambda seen: isinstance(seen, DesktopRequested) and seen.resource == "page" and seen.node == host


def looked(host: str) -> Callable[[Observation], bool]:
    """It asked that node for SystemInfo; a gadget in it that does so is not it."""

    def sign(seen: Observation) -> bool:
        return (
            isinstance(seen, DesktopRequested)
            and seen.resource == "GET SystemInfo"
            and seen.node == host
            and not seen.is_look
            and not renders_a_gadget(seen.document)
        )

    return sign


async def until_in_service(stage: Stage, host: str, *, within_s: float = BACK_S) -> None:
    """Until that node answers a probe that it is in service."""

    def see(seen: Observation) -> str | None:
        is_there = isinstance(seen, RestExchange) and seen.node == host and seen.system_status == IN_SERVICE
        return "in service" if is_there else None

    await stage.until_seen(f"{host} in service", see, within_s=within_s)


async def perhaps(stage: Stage, what: str, see: See, *, within_s: float, from_s: float | None = None) -> bool:
    """As `until_seen`, for what a broken product does not do: the story goes on. Whether it was seen."""
    try:
        await stage.until_seen(what, see, within_s=within_s, from_s=from_s)
    except EvidenceError:
        return False
    return True
