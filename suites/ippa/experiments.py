"""The experiments of the IPPA family. One story of a loss serves all clauses: at each node one agent waits at his phone
until his server is back, another one goes over to the other server by hand.

Who waits loses his server three times: while he talks, while he is Ready, and while he is Not Ready; who goes does it
twice. Whoever is on the telephone has his handset off the hook."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, suppress
from functools import partial

from chaos.clients.cti import SwitchError
from chaos.errors import EvidenceError
from chaos.experiment import Experiment, Stage, needs_outside_number, needs_phones
from chaos.experiment.asking import looking_closely
from chaos.experiment.seats import (
    comes_back_by_hand,
    goes_over_by_hand,
    hangs_up,
    leave_phone,
    lends_phone,
    pauses_at_phone,
    signs_in_anew,
    take_phone,
    takes_call,
    works_and_talks,
)
from chaos.experiment.watching import watching_doors
from chaos.faults.base import Fault
from chaos.faults.lonely_node import LonelyNode, needs_named_nodes
from chaos.history.gaps import IN_SERVICE, OUT_OF_SERVICE
from chaos.inventory import FinesseNode, Inventory
from chaos.journal import EventSeen, Observation, PresenceSeen, RestExchange, StreamChange, StreamState
from chaos.subjects.agent import WorkingAgent
from chaos.subjects.phones import IpPhone
from chaos.verdicts import bounds
from chaos.wire.ged188 import AgentState
from suites.client.common import BACK_S, needs_webapp, role_of, stopped, until_in_service, webapp_stopped
from suites.desktop.desks import all_at_once

# At each node: one who waits, and one who goes.
SEATS = 2
NEEDS = (needs_phones(SEATS), needs_outside_number)
# From the loss until the phone shows it, with room for one that is slow.
MESSAGE_S = 45.0
# From the end of the last fault until the node is back, and the phone shows that.
RETURN_S = 60.0
# From a rollback to a CTI session, and from there to IN_SERVICE, on the way of a node that looks for one every 2 s.
ACCEPTED_S = 2.0
RETRIES = 4
# From the message to a node that is back: just after eight times 10 s, so that whoever tries every 10 s has just done
# so, and sees it late; and just after three times 15 s.
BACK_AFTER_S = (80.8, 45.8)
# From a loss until a key is pressed: after the first try, if those come every 5 s, and before the third.
KEY_AFTER_S = 7.0
# Between two faults: more than a try, so that it shows whether the second one makes tries begin anew.
APART_S = 6.0
# From the loss of its CTI servers until a node has noticed it.
CHANGE_AFTER_S = 2.0
# From when a fail-over that was fast must have shown nothing until the next one.
SOON_AGAIN_S = 1.0
# Longer than a page takes, so that each screen is told apart.
RETRY_PAUSE_S = 3.0
# Before mending begins: his last Retry in vain, after which it is not for him to press anything until he is told.
LAST_RETRY_S = 4.0

Takes = Callable[[Stage, FinesseNode], tuple[Fault, ...]]
"""The faults that take the node from its phones, in the order in which they are taken away again."""


def no_webapp(stage: Stage, node: FinesseNode) -> tuple[Fault, ...]:
    return (webapp_stopped(role_of(stage, node)),)


def no_notification(stage: Stage, node: FinesseNode) -> tuple[Fault, ...]:
    return (stopped(role_of(stage, node), "Notification Service"),)


def no_cti(stage: Stage, node: FinesseNode) -> tuple[Fault, ...]:
    return (LonelyNode((node.host,)),)


def neither(stage: Stage, node: FinesseNode) -> tuple[Fault, ...]:
    return (*no_notification(stage, node), *no_cti(stage, node))


def neither_either(stage: Stage, node: FinesseNode) -> tuple[Fault, ...]:
    return (*no_cti(stage, node), *no_notification(stage, node))


async def _loses(
    stage: Stage,
    people: list[WorkingAgent],
    guest: WorkingAgent,
    node: FinesseNode,
    other: FinesseNode,
    takes: Takes,
) -> None:
    """guest: somebody else, who has no phone at the moment."""
    # What comes by XMPP is looked for where one service is lost: it costs a look at two consoles every 45 s.
    async with watching_doors(stage, node.host, other.host, tables=len(takes(stage, node)) == 1):
        await _loses_it(stage, people, guest, node, other, takes)


async def _loses_it(
    stage: Stage,
    people: list[WorkingAgent],
    guest: WorkingAgent,
    node: FinesseNode,
    other: FinesseNode,
    takes: Takes,
) -> None:
    faults = takes(stage, node)
    # Whether a lab lets somebody else sign in at a phone is its own affair: so he does before anything is lost, too.
    waiting = await take_phone(stage, people[0], node, guest=guest if len(faults) == 1 else None)
    going = await take_phone(stage, people[1], node)
    if takes is no_notification:
        await _blinks(stage, node)
    # Who goes is talking then; so is who waits, except where nothing but this loss shows what becomes of who is Ready.
    for phone in (going, waiting)[: 2 if len(faults) == 1 else 1]:
        await takes_call(stage, phone)
    stage.step(f"{node.host} is lost")
    async with AsyncExitStack() as all_of_them:
        stacks, under_way = [], []
        for n, fault in enumerate(faults):
            if (
                n
            ):  # not after the first has bitten: a node that tries every 9 s has been refused by both sides after 18 s
                await stage.watch(APART_S)
            stacks.append(await all_of_them.enter_async_context(AsyncExitStack()))
            under_way.append(await stacks[-1].enter_async_context(stage.fault(fault)))
        await stage.bite(*under_way)
        await waiting.until(lambda phone: phone.is_unavailable, within_s=MESSAGE_S)
        shown_s = stage.now_s()
        await stage.watch(bounds.PHONE_STAYS_S)
        await _retries(stage, going)  # and not who waits: he is told without having asked
        stage.step(f"one agent goes over to {other.host}")
        await goes_over_by_hand(stage, going, other, mistypes=True)
        await signs_in_anew(stage, going, other)
        if waiting.is_off_hook:  # one call ends and another begins, of which his server can tell him nothing
            await hangs_up(stage, waiting)
            await takes_call(stage, waiting)
        await stage.until_s(shown_s + bounds.PHONE_OUTAGE_S)
        for stack in stacks[:-1]:
            stage.step(f"one of two is back at {node.host}")
            await stack.aclose()
            await stage.watch(2 * bounds.PHONE_RETURN.max_s)
        stage.step(f"{node.host} is back")
        async with looking_closely(stage, node.host):
            mending_s = stage.now_s()
            await stacks[-1].aclose()
            mends_s = await _in_service_s(stage, node, mending_s) - mending_s
            await waiting.until(lambda phone: phone.asks_to_sign_in, within_s=RETURN_S)
        await stage.watch(bounds.PHONE_RETURN.max_s)
    if await _signs_in_again(stage, waiting, node) and len(faults) == 1:
        await comes_back_by_hand(stage, going, node)
        await going.press("NotReady")  # which leaves the list of reasons on his screen, if the lab has some
        over = partial(_goes_over_again, stage, going, node, other, tries=takes is not no_notification)
        await _again(stage, waiting, node, faults[0], BACK_AFTER_S[0] - mends_s, over)
        await _lends(stage, waiting, guest, node)
        await pauses_at_phone(stage, waiting)
        await _again(stage, waiting, node, faults[0], BACK_AFTER_S[1] - mends_s, at_once=True, key="Ready")
    for phone in (waiting, going):
        await leave_phone(stage, phone)
    stage.step(f"the phones of {node.host} are done")


async def _in_service_s(stage: Stage, node: FinesseNode, from_s: float) -> float:
    """When that node first said that it is in service, to whoever asked after that moment; it is waited for."""
    said: list[float] = []

    def see(seen: Observation) -> str | None:
        if not isinstance(seen, RestExchange) or seen.node != node.host or seen.sent_s < from_s:
            return None
        if seen.system_status != IN_SERVICE:
            return None
        said.append(seen.at_s)
        return "in service"

    await stage.until_seen(f"{node.host} in service", see, within_s=BACK_S, from_s=from_s)
    return said[0]


async def _lends(stage: Stage, phone: IpPhone, guest: WorkingAgent, node: FinesseNode) -> None:
    """Its agent signs out, somebody else in and out, and he himself in again."""
    stage.step(f"somebody else signs in at the phone, at {node.host}")
    await leave_phone(stage, phone)
    if await phone.open(node):
        await lends_phone(stage, phone, guest)
        await _signs_in_again(stage, phone, node)


async def _signs_in_again(stage: Stage, phone: IpPhone, node: FinesseNode) -> bool:
    """Whether the agent came in, and could try to work."""
    stage.step(f"the agent signs in again at {node.host}")
    if await phone.sign_in() or not phone.asks_to_sign_in:
        await works_and_talks(stage, phone)
        return True
    return False


async def _retries(stage: Stage, phone: IpPhone) -> None:
    """The key is pressed several times, and does the same each time."""
    for _ in range(RETRIES):
        await phone.press("Retry")
        await stage.watch(RETRY_PAUSE_S)


async def _goes_over_again(stage: Stage, phone: IpPhone, node: FinesseNode, other: FinesseNode, *, tries: bool) -> None:
    """To the other server by hand. tries: before that he opens the service that is lost twice more, having left it by
    the phone's own key and then by Exit. Whether one is let in there who signs in while XMPP alone is lost is not
    documented."""
    if tries:
        await phone.leave()
        await phone.open(node)  # which has not been told that he left
        if not await phone.press("Exit") or phone.kind != "services":
            await phone.leave()
        if await phone.open(node):
            await phone.sign_in()
    await goes_over_by_hand(stage, phone, other)


async def _again(
    stage: Stage,
    phone: IpPhone,
    node: FinesseNode,
    fault: Fault,
    back_s: float,
    meanwhile: Callable[[], Awaitable[None]] | None = None,
    *,
    at_once: bool = False,
    key: str = "",
) -> None:
    """The server is lost once more, at the same phone, whose agent has signed in anew. Mending it begins so long after
    the message; meanwhile another agent goes over to the other node. at_once: he signs in as soon as he is asked to.
    key: he presses that between two tries, of which nothing can come."""
    for agent in stage.agents:  # without their streams nobody would hear when that is
        if not agent.events.is_open:
            await agent.events.open()
    stage.step(f"{node.host} is lost again")
    async with AsyncExitStack() as looks:
        pressing = await looks.enter_async_context(asyncio.TaskGroup())
        if key:  # beside the fault: a console may take longer to say that a service has stopped than tries last
            pressing.create_task(_presses_soon(stage, phone, node, key))
        async with stage.fault(fault) as under_way:
            await stage.bite(under_way)
            await phone.until(lambda phone: phone.is_unavailable, within_s=MESSAGE_S)
            shown_s = stage.now_s()
            await _retries(stage, phone)
            if meanwhile is not None:
                await meanwhile()
            await stage.until_s(shown_s + back_s - LAST_RETRY_S)
            await phone.press("Retry")
            await stage.until_s(shown_s + back_s)
            await looks.enter_async_context(looking_closely(stage, node.host))
        stage.step(f"{node.host} is back again")
        await until_in_service(stage, node.host)
        await phone.until(lambda phone: phone.asks_to_sign_in, within_s=RETURN_S)
    if not at_once:
        await stage.watch(bounds.PHONE_RETURN.max_s)
    if not await _signs_in_again(stage, phone, node):
        await stage.watch(bounds.PHONE_RETURN.max_s)  # he has stayed for as long as it takes to be told


async def _presses_soon(stage: Stage, phone: IpPhone, node: FinesseNode, key: str) -> None:
    lost: list[float] = []

    def see(seen: Observation) -> str | None:
        is_lost = isinstance(seen, StreamChange) and seen.state in (StreamState.DISCONNECTED, StreamState.FAILED)
        is_out = isinstance(seen, EventSeen) and seen.system_status == OUT_OF_SERVICE
        is_gone = isinstance(seen, PresenceSeen) and seen.of == "finesse" and not seen.available
        if not isinstance(seen, StreamChange | EventSeen | PresenceSeen) or seen.node != node.host:
            return None
        if not (is_lost or is_out or is_gone):
            return None
        lost.append(seen.at_s)
        return "lost"

    with suppress(EvidenceError):  # whoever was never told of a loss had nothing between whose tries to press
        await stage.until_seen(f"{node.host} lost", see, within_s=MESSAGE_S)
        await stage.until_s(lost[0] + KEY_AFTER_S)
        await phone.press(key)


def _lost(name: str, title: str, takes: Takes, *needs: Callable[[Inventory], str | None]) -> Experiment:
    async def story(stage: Stage) -> None:
        rows = stage.people_at_phones(SEATS)
        for people, others, node, other in zip(rows, reversed(rows), stage.nodes, reversed(stage.nodes), strict=True):
            await _loses(stage, list(people), others[0], node, other, takes)

    return Experiment(name, title, story, spare=2 * SEATS, polls=False, needs=(*NEEDS, *needs))


NO_WEBAPP = _lost("phones-without-webapp", "IP phones lose the Webapp of their node", no_webapp, needs_webapp)
NO_NOTIFICATION = _lost(
    "phones-without-notification", "IP phones lose the Notification Service of their node", no_notification
)
NO_CTI = _lost("phones-without-cti", "IP phones' node loses both CTI servers", no_cti, needs_named_nodes)
NEITHER = _lost(
    "phones-without-either",
    "IP phones lose the Notification Service and both CTI servers of their node",
    neither,
    needs_named_nodes,
)
NEITHER_EITHER = _lost(
    "phones-without-cti-and-notification",
    "IP phones lose both CTI servers and the Notification Service of their node",
    neither_either,
    needs_named_nodes,
)
LOSSES = (NO_WEBAPP, NO_NOTIFICATION, NO_CTI, NEITHER, NEITHER_EITHER)


# --- without Tomcat --------------------------------------------------------------------------------------------------


async def _without_tomcat(stage: Stage) -> None:
    """The phone gets no page at all, and shows an error of its own; the agent goes over to the other server."""
    rows = stage.people_at_phones(SEATS)
    for people, node, other in zip(rows, stage.nodes, reversed(stage.nodes), strict=True):
        phone = await take_phone(stage, people[0], node)
        await takes_call(stage, phone)
        stage.step(f"{node.host} loses its Tomcat")
        async with stage.fault(stopped(role_of(stage, node), "Tomcat")) as lost:
            await stage.bite(lost)
            await stage.watch(MESSAGE_S)
            await phone.press("NotReady")
            await phone.leave()
            if await phone.open(other) and await phone.sign_in():
                await works_and_talks(stage, phone)
        await until_in_service(stage, node.host)
        await leave_phone(stage, phone)
    stage.step("both nodes have a Tomcat again")


NO_TOMCAT = Experiment(
    "phones-without-tomcat",
    "IP phones lose the Tomcat of their node",
    _without_tomcat,
    spare=2 * SEATS,
    polls=False,
    needs=NEEDS,
)


# --- the edge: a fail-over of 12 s, one of 20 s ----------------------------------------------------------------------


async def _edges(stage: Stage) -> None:
    """Both nodes lose both CTI servers for less than it takes until a phone gives up, for more, and for less again, and
    so much less that nodes are back in time; at each one agent is Ready and one is talking, and in the last one both
    change. Then each loses its Notification Service for less."""
    rows = stage.people_at_phones(SEATS)
    phones = [
        await take_phone(stage, agent, node) for people, node in zip(rows, stage.nodes, strict=True) for agent in people
    ]
    for phone in phones[1::SEATS]:
        await takes_call(stage, phone)
    hosts = tuple(node.host for node in stage.nodes)
    fast_s = bounds.PHONE_FAST_S
    for n, (is_fast, changes) in enumerate(((True, []), (False, []), (True, phones))):
        lasts_s = fast_s if is_fast else bounds.PHONE_SLOW_S
        stage.step(f"no CTI server for some {lasts_s:.0f} s")
        from_s = stage.now_s()
        await all_at_once(_lonely(stage, hosts, lasts_s), _changes(stage, changes))
        for host in hosts:
            await until_in_service(stage, host)
        if lasts_s == bounds.PHONE_FAST_S:
            fast_s = min(_fast_s(stage, host, from_s) for host in hosts)
        # The one after the first comes as soon as it can be told apart.
        watch_s = 2 * bounds.PHONE_RETURN.max_s if n else _settles_s(stage, hosts, from_s)
        await stage.watch(watch_s)
        # The last one that had come comes first: whoever waits for another one's turn shows.
        signed_in = [await phone.sign_in() for phone in reversed(phones) if phone.asks_to_sign_in]
        if n or signed_in:
            await stage.watch(2 * bounds.PHONE_RETURN.max_s)
    for node, other in zip(stage.nodes, reversed(stage.nodes), strict=True):
        async with watching_doors(stage, node.host, other.host, tables=False):
            await _blinks(stage, node)
        for phone in phones:
            if phone.asks_to_sign_in:
                await phone.sign_in()
    for phone in phones:
        await leave_phone(stage, phone)
    stage.step("all phones have been watched")


def _settles_s(stage: Stage, hosts: tuple[str, ...], from_s: float) -> float:
    """How long from now until phones must have shown it if they show anything of these nodes' being back."""
    ways = [stage.way_back_s(host, from_s) for host in hosts]
    back_s = max((from_s + way[1] for way in ways if way is not None), default=stage.now_s())
    return max(0.0, back_s + bounds.PHONE_RETURN.max_s + SOON_AGAIN_S - stage.now_s())


def _fast_s(stage: Stage, host: str, from_s: float) -> float:
    """How long a loss may last so that this node is back before a phone gives up, by how it came back from the one at
    that moment: until just before a try after which there is time to load. One that tries every 9 s is back 18 s after
    a loss of 12 s."""
    found = stage.way_back_s(host, from_s)
    if found is None or found[1] <= bounds.PHONE_GIVES_UP.min_s:
        return bounds.PHONE_FAST_S
    tried, back_s = found
    loads_s = back_s - max(tried, default=0.0)
    in_time = [one_s for one_s in tried if ACCEPTED_S <= one_s <= bounds.PHONE_FAST_S - loads_s]
    return max(in_time, default=CHANGE_AFTER_S + ACCEPTED_S)


async def _lonely(stage: Stage, hosts: tuple[str, ...], lasts_s: float) -> None:
    async with stage.fault(LonelyNode(hosts, briefly=lasts_s < bounds.PHONE_FAST_S)) as lonely:
        from_s = stage.now_s()
        await stage.until_s(from_s + lasts_s - ACCEPTED_S)
        await stage.bite(lonely)


async def _changes(stage: Stage, phones: Sequence[IpPhone]) -> None:
    """In the loss that has just begun, past their node."""
    await stage.watch(CHANGE_AFTER_S)
    await asyncio.gather(*(_change(stage, phone) for phone in phones))


async def _change(stage: Stage, phone: IpPhone) -> None:
    """Who talks hangs up, and who is Ready is made Not Ready."""
    if phone.is_off_hook:
        await hangs_up(stage, phone)
        return
    with suppress(SwitchError):
        await stage.switch.set_agent_state(phone.id, AgentState.NOT_READY)
    await stage.switch.look_at(phone.id)


async def _blinks(stage: Stage, node: FinesseNode) -> None:
    """Its Notification Service is gone, and back before the third try."""
    stage.step(f"the Notification Service of {node.host} is gone for a moment")
    from_s = stage.now_s()
    async with looking_closely(stage, node.host):
        async with stage.fault(stopped(role_of(stage, node), "Notification Service")) as lost:
            await stage.bite(lost)
            await stage.until_s(from_s + bounds.PHONE_FAST_S - ACCEPTED_S)
        await until_in_service(stage, node.host)
    await stage.watch(2 * bounds.PHONE_RETURN.max_s)
    for agent in stage.agents:  # without their streams nobody would hear of what comes next
        if not agent.events.is_open:
            await agent.events.open()


EDGES = Experiment(
    "phones-and-cti-fail-overs",
    "CTI fail-overs of 12 s and of 20 s, and XMPP lost for 10 s",
    _edges,
    spare=2 * SEATS,
    polls=False,
    needs=(*NEEDS, needs_named_nodes),
)
