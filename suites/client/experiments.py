"""The experiments of the CLIENT family."""

from collections.abc import Callable
from contextlib import AsyncExitStack

from chaos.experiment import Experiment, Stage
from chaos.experiment.seats import Desks
from chaos.faults.answered_way import AnsweredWay
from chaos.faults.base import Fault
from chaos.faults.blocked_way import BlockedWay
from chaos.faults.broken_sessions import BrokenSessions
from chaos.faults.lonely_node import LonelyNode, needs_named_nodes
from chaos.inventory import FinesseNode, Inventory
from chaos.subjects.agent import WorkingAgent
from chaos.subjects.desktops import BrowserDesktop
from chaos.verdicts import bounds
from chaos.wire.ged188 import AgentState
from suites.client.common import (
    NEEDS,
    NOTICED_S,
    PATIENCE_S,
    PAUSE_S,
    Takes,
    also_there,
    answered_no,
    at_desktops,
    attempted,
    back,
    change_states,
    comes_and_goes,
    cut,
    each,
    found_there,
    gone_to,
    has_read,
    lets_nobody_in,
    looked,
    moved,
    needs_webapp,
    no_bosh,
    no_cti,
    no_cti_in_silence,
    no_notification,
    no_tomcat,
    no_webapp,
    perhaps,
    touch,
    until_in_service,
)
from suites.cti.common import DUPLEX

# Those whose other server is out of reach all the time, and those who can go there after a while; of each state one.
WAITING, GOING = 3, 3
SEATS = WAITING + GOING
# Two looks at a server, and one more.
IN_VAIN_S = 25.0
# Far less than an interval, and much more than a browser's timers are late.
SLOW_ANSWER_S = 4.0
# More than a CTI session takes to be opened and read, and less than what a desktop does may take.
LATE_LOOK_S = 3.0
# Long enough to be a slow answer, and a page that is not loaded yet is not kept.
SLOW_LOOK_S = 3.0
# One more slow look, and the page upon it; and the next look at the other server has not been sent yet.
GOES_S = 2 * SLOW_LOOK_S
# More than an interval: the next look is due, and a page may have given up the last one.
HUNG_ANSWER_S = 12.0


def _away(desks: Desks, host: str) -> Fault:
    return BlockedWay(tuple(desk.id for desk in desks), host)


async def _loses(
    stage: Stage,
    people: list[WorkingAgent],
    node: FinesseNode,
    other: FinesseNode,
    takes: Takes,
    *,
    swapped: bool,
    slows: bool,
    outs: bool,
) -> None:
    """Everybody loses the node, nobody can reach the other one; then some can, and go there; then the node is back. Who
    goes has refreshed his page before it all.

    swapped: those wait who go in other experiments, so that everybody does both; and who goes is not let in at first.
    slows: answers take their time when the first of them can go, and when the node is back. outs: the other server can
    be reached, and is out of service, before they can go.
    """
    async with also_there(stage, people[0], node), at_desktops(stage, people, node) as desks:
        await comes_and_goes(stage, people[1], node)
        await change_states(stage, desks)
        waiting, going = desks[:WAITING], desks[WAITING:]
        if swapped:
            waiting, going = going, waiting
        await _refresh(stage, going)
        stage.step(f"the other server of {node.host} is out of reach")
        async with stage.fault(_away(waiting, other.host)) as away, AsyncExitStack() as for_a_while:
            await stage.bite(away, await for_a_while.enter_async_context(stage.fault(_away(going, other.host))))
            stage.step(f"{node.host} is lost")
            from_s = stage.now_s()
            async with stage.fault(takes(stage, node, desks)) as lost_node:
                await stage.bite(lost_node)
                await perhaps(stage, "looks", each(desks, looked(node.host)), within_s=NOTICED_S, from_s=from_s)
                await stage.watch(PATIENCE_S)
                if swapped:
                    await _in_vain(stage, going, other, for_a_while)
                if outs and needs_named_nodes(stage.inventory) is None:
                    await _out_of_service(stage, other, for_a_while)
                stage.step("some can reach the other server")
                from_s = stage.now_s()
                if slows:
                    await _goes_slowly(stage, going[:1], other, for_a_while)
                else:
                    await for_a_while.aclose()
                await perhaps(stage, "moves", each(going, moved), within_s=NOTICED_S, from_s=from_s)
                await stage.watch(2 * bounds.DESKTOP_ACTS_S)
                if slows:
                    await _slow(stage, waiting, SLOW_LOOK_S)
                mending_s = stage.now_s()
            stage.step(f"{node.host} is back")
            await perhaps(stage, "returns", each(waiting, back), within_s=NOTICED_S, from_s=mending_s)
            if slows:
                await _slow(stage, waiting, 0.0)
            await until_in_service(stage, node.host)
            await stage.watch(bounds.STAYS_S + 2 * bounds.DESKTOP_POLL.max_s)
        await stage.watch(2 * bounds.NOTICE_S)
        stage.step("something happens to everybody")
        await touch(stage, desks)
        await stage.watch(2 * bounds.DESKTOP_ACTS_S)
    stage.step(f"{node.host} was watched for long enough")


async def _refresh(stage: Stage, desks: Desks) -> None:
    """They load the page again, and are back at the desktop."""
    from_s = stage.now_s()
    for desk in desks:
        await desk.refresh()
    await perhaps(stage, "a refreshed desktop", each(desks, has_read), within_s=NOTICED_S, from_s=from_s)
    await stage.watch(bounds.DESKTOP_ACTS_S)


async def _out_of_service(stage: Stage, other: FinesseNode, away: AsyncExitStack) -> None:
    """The other server is there, and says that it is out of service."""
    async with stage.fault(LonelyNode((other.host,))) as lonely:
        await stage.bite(lonely)
        stage.step(f"{other.host} can be reached, and is out of service")
        await away.aclose()
        await stage.watch(IN_VAIN_S)
    await until_in_service(stage, other.host)  # which may take it minutes: nobody can go there before


async def _goes_slowly(stage: Stage, desks: Desks, other: FinesseNode, away: AsyncExitStack) -> None:
    """The other server says slowly that it is in service, and nothing else is slow: a page takes many requests. Whoever
    does not go upon that has slow answers for a while."""
    await _slow(stage, desks, SLOW_LOOK_S)
    from_s = stage.now_s()
    await away.aclose()
    await perhaps(stage, "a look", each(desks, found_there(other.host)), within_s=NOTICED_S, from_s=from_s)
    await _slow(stage, desks, 0.0)
    if not await perhaps(stage, "a page", each(desks, gone_to(other.host)), within_s=GOES_S, from_s=from_s):
        await _slow(stage, desks, SLOW_LOOK_S)
        await stage.watch(PATIENCE_S)
        await _slow(stage, desks, 0.0)


async def _in_vain(stage: Stage, desks: Desks, other: FinesseNode, away: AsyncExitStack) -> None:
    """The other server is there, says that it is in service, its event stream cannot be reached; then it is gone."""
    async with stage.fault(BlockedWay(tuple(desk.id for desk in desks), other.host, bosh=True)) as no_events:
        await stage.bite(no_events)
        stage.step(f"{other.host} can be reached, and lets nobody in")
        await away.aclose()
        await stage.watch(IN_VAIN_S)
        # It goes away again: whoever was turned away goes on looking all the same.
        stage.step(f"{other.host} is out of reach once more")
        async with stage.fault(_away(desks, other.host)) as gone:
            await stage.bite(gone)
            await stage.watch(IN_VAIN_S)


def _lost(
    name: str,
    title: str,
    takes: Takes,
    *needs: Callable[[Inventory], str | None],
    swapped: bool = False,
    slows: bool = False,
    outs: bool = False,
) -> Experiment:
    async def story(stage: Stage) -> None:
        rows = stage.seats(SEATS, turn=int(swapped))
        for people, node, other in zip(rows, stage.nodes, reversed(stage.nodes), strict=True):
            await _loses(stage, list(people), node, other, takes, swapped=swapped, slows=slows, outs=outs)

    return Experiment(name, title, story, spare=SEATS * 2, polls=False, needs=(*NEEDS, *needs))


NO_TOMCAT = _lost("desktops-without-tomcat", "Desktops lose the Tomcat of their node", no_tomcat)
NO_WEBAPP = _lost(
    "desktops-without-webapp", "Desktops lose the Webapp of their node", no_webapp, needs_webapp, swapped=True
)
NO_NOTIFICATION = _lost(
    "desktops-without-notification",
    "Desktops lose the Notification Service of their node",
    no_notification,
    swapped=True,
)
NO_CTI = _lost("desktops-without-cti", "Desktops' node loses both CTI servers", no_cti, needs_named_nodes, slows=True)
NO_BOSH = _lost("desktops-without-bosh", "Desktops lose their BOSH connection, and nothing else", no_bosh, outs=True)
# Those of one trigger stand together: who waits in one of them goes in the other.
LOSSES = (NO_TOMCAT, NO_WEBAPP, NO_NOTIFICATION, NO_CTI, NO_BOSH)


def _says_nothing(desks: Desks, host: str) -> Fault:
    """Something else answers for what that node's API is asked for."""
    return AnsweredWay(tuple(desk.id for desk in desks), host, api=True)


# --- the bias to stay ------------------------------------------------------------------------------------------------


async def _turns(stage: Stage, people: list[WorkingAgent], node: FinesseNode, other: FinesseNode) -> None:
    """The other server comes within reach at the same time as the current one is back, between two looks."""
    async with at_desktops(stage, people, node) as desks, AsyncExitStack() as away, AsyncExitStack() as gone:
        await stage.bite(await away.enter_async_context(stage.fault(_away(desks, other.host))))
        stage.step(f"{node.host} is out of reach")
        from_s = stage.now_s()
        await stage.bite(await gone.enter_async_context(stage.fault(_away(desks, node.host))))
        await perhaps(stage, "looks", each(desks, looked(other.host)), within_s=NOTICED_S, from_s=from_s)
        stage.step(f"{node.host} is looked at, and is back before the other server's turn")
        await perhaps(stage, "a look", each(desks, looked(node.host)), within_s=NOTICED_S)
        await gone.aclose()
        await away.aclose()
        await perhaps(stage, "returns", each(desks, back), within_s=NOTICED_S)
        await stage.watch(2 * bounds.DESKTOP_ACTS_S)
    stage.step(f"the desktops of {node.host} have decided")


async def _turns_with_bosh(stage: Stage, people: list[WorkingAgent], node: FinesseNode, other: FinesseNode) -> None:
    """The same of a node that has lost both CTI servers: the desktop's BOSH connection stands all the time.

    The node is in service again before the desktop can see it: its way to the node's answers is blocked until then.
    """
    async with at_desktops(stage, people, node) as desks, AsyncExitStack() as away, AsyncExitStack() as unseen:
        await stage.bite(await away.enter_async_context(stage.fault(_away(desks, other.host))))
        stage.step(f"{node.host} loses both CTI servers")
        from_s = stage.now_s()
        async with stage.fault(LonelyNode((node.host,))) as lonely:
            await stage.bite(lonely)
            await perhaps(stage, "looks", each(desks, looked(node.host)), within_s=NOTICED_S, from_s=from_s)
            blocked = BlockedWay(tuple(desk.id for desk in desks), node.host, api=True)
            await stage.bite(await unseen.enter_async_context(stage.fault(blocked)))
        await until_in_service(stage, node.host)
        await perhaps(stage, "a look", each(desks, looked(node.host)), within_s=NOTICED_S)
        stage.step(f"{node.host} is back before the other server's turn")
        await _slow(stage, desks[:1], SLOW_LOOK_S)
        from_s = stage.now_s()
        await unseen.aclose()
        await away.aclose()
        await perhaps(stage, "returns", each(desks, back), within_s=NOTICED_S, from_s=from_s)
        await _slow(stage, desks[:1], 0.0)
        await stage.watch(2 * bounds.DESKTOP_ACTS_S)
    stage.step(f"the desktops of {node.host} have decided")


async def _story_of_turns(stage: Stage) -> None:
    rows = stage.seats(SEATS)
    for people, node, other in zip(rows, stage.nodes, reversed(stage.nodes), strict=True):
        await _turns(stage, list(people)[:WAITING], node, other)
        await _turns_with_bosh(stage, list(people)[WAITING:], node, other)


AT_THE_TURN = Experiment(
    "desktops-at-the-turn",
    "The current server is back when it is the other one's turn",
    _story_of_turns,
    spare=SEATS * 2,
    polls=False,
    needs=(*NEEDS, needs_named_nodes),
)


# --- both servers out of service -------------------------------------------------------------------------------------


async def _slow(stage: Stage, desks: Desks, latency_s: float) -> None:
    """Their browsers' network: every new request takes so much longer."""
    for desk in desks:
        await desk.slow(latency_s)


async def _nowhere(stage: Stage) -> None:
    """Both nodes lose both CTI servers: neither is in service, both answer, and for minutes there is nowhere to go."""
    first, second = stage.seats(SEATS, turn=1)
    node, other = stage.nodes
    async with (
        at_desktops(stage, list(first)[:WAITING], node) as here,
        at_desktops(stage, list(second)[:WAITING], other) as there,
    ):
        stage.step("both nodes lose both CTI servers")
        async with stage.fault(LonelyNode((node.host, other.host))) as lonely:
            await stage.bite(lonely)
            await stage.watch(PATIENCE_S)
            stage.step("some lose their event streams as well, and a server of the others is answered for")
            async with (
                stage.fault(no_bosh(stage, node, here[:1])) as first_cut,
                stage.fault(no_bosh(stage, other, there[:1])) as second_cut,
                stage.fault(_says_nothing(here[1:2], other.host)) as third_cut,
                stage.fault(_says_nothing(here[2:], node.host)) as fourth_cut,
                stage.fault(_says_nothing(there[1:2], node.host)) as fifth_cut,
                stage.fault(_says_nothing(there[2:], other.host)) as sixth_cut,
            ):
                await stage.bite(first_cut, second_cut, third_cut, fourth_cut, fifth_cut, sixth_cut)
                # What a stream brings has the browser ask for more, and find out, between two looks.
                await comes_and_goes(stage, first[0], node)
                await comes_and_goes(stage, second[0], other)
                await stage.watch(IN_VAIN_S)
            stage.step("every answer takes its time")
            await _slow(stage, (*here, *there), SLOW_ANSWER_S)
            await stage.watch(PATIENCE_S)
            stage.step("no answer comes before the next look is due")
            await _slow(stage, (*here, *there), HUNG_ANSWER_S)
            await stage.watch(PATIENCE_S)
            await _slow(stage, (*here, *there), 0.0)
            await stage.watch(IN_VAIN_S)
            mending_s = stage.now_s()
        stage.step("both nodes are back")
        for one in stage.nodes:
            await until_in_service(stage, one.host)
        await perhaps(stage, "returns", each((*here, *there), back), within_s=NOTICED_S, from_s=mending_s)
        await stage.watch(2 * bounds.DESKTOP_ACTS_S)
    stage.step("all desktops have decided")


NOWHERE = Experiment(
    "desktops-with-no-server",
    "Both nodes lose both CTI servers",
    _nowhere,
    spare=SEATS * 2,
    polls=False,
    needs=(*NEEDS, needs_named_nodes),
)


# --- the CTI server is found at the other side ------------------------------------------------------------------------


async def _other_side(stage: Stage) -> None:
    """Both nodes lose their CTI sessions, and open others at once at the other side: they are out of service for as
    long as that takes, and then both can be had. The second time it is over by the first look."""
    rows = stage.seats(SEATS)
    async with AsyncExitStack() as at_work:
        desks: list[BrowserDesktop] = []
        for people, node in zip(rows, stage.nodes, strict=True):
            desks += await at_work.enter_async_context(at_desktops(stage, list(people)[:WAITING], node))
        for side, latency_s in (("a", 0.0), ("b", LATE_LOOK_S)):
            stage.step(f"both nodes lose CTI side {side.upper()}")
            await _slow(stage, desks, latency_s)
            from_s = stage.now_s()
            async with stage.fault(BrokenSessions(side)) as broken:
                await perhaps(stage, "returns", each(desks, back), within_s=NOTICED_S, from_s=from_s)
                await stage.bite(broken)
                await stage.watch(2 * bounds.DESKTOP_POLL.max_s)
            await _slow(stage, desks, 0.0)
            await stage.watch(bounds.STAYS_S)
    stage.step("all desktops have decided")


OTHER_SIDE = Experiment(
    "desktops-and-cti-fail-overs",
    "Desktops' nodes lose a CTI server and find the other one",
    _other_side,
    spare=SEATS * 2,
    polls=False,
    needs=(*NEEDS, *DUPLEX),
)


# --- the same page loses its server again and again ------------------------------------------------------------------

# At each node one whose other server is out of reach, and who waits, and one who goes to and fro.
STAYING, WANDERING = 0, 1
# Three looks at each server.
WAITS_S = 32.0
# Less than what lies between two of the XMPP library's attempts, whose pauses are not documented.
BLINK_S = 0.25
# In peace after it is back; and so long that what it does upon its return can be seen, and no longer.
REST_S, SOON_S = 3 * bounds.DESKTOP_ACTS_S, bounds.DESKTOP_ACTS_S + PAUSE_S


async def _again(
    stage: Stage,
    takes: Takes,
    *,
    first_by: Takes | None,
    then: Takes | None,
    blinks: bool,
    mends: bool,
    hangs: bool,
    turn: int,
) -> None:
    first, second = stage.nodes
    rows = stage.seats(SEATS, turn=turn)
    async with (
        at_desktops(stage, list(rows[0])[WAITING - 1 : WAITING + 1], first) as here,
        at_desktops(stage, list(rows[1])[WAITING - 1 : WAITING + 1], second) as there,
        stage.fault(_away(here[:1], second.host)) as from_second,
        stage.fault(_away(there[:1], first.host)) as from_first,
    ):
        await stage.bite(from_second, from_first)
        wanderers = {first.host: [here[WANDERING]], second.host: [there[WANDERING]]}
        for nth, in_vain in (("for the first time", (0, 1)), ("again", (2,))):
            for node, other, stays in ((first, second, here[STAYING]), (second, first, there[STAYING])):
                goes = wanderers[node.host]
                for attempts in in_vain if blinks else ():
                    await _blinks(stage, [stays, *goes], node, takes, attempts)
                is_first = nth == "for the first time"
                if is_first and mends:
                    await _blinks(stage, [stays], node, no_bosh, 0)
                stage.step(f"{node.host} is lost {nth}")
                await _lost_for_a_while(
                    stage,
                    stays,
                    goes,
                    node,
                    (first_by if is_first else then) or takes,
                    rest_s=REST_S if is_first else SOON_S,
                    hangs=hangs and is_first,
                    stirs=not is_first,
                )
                if nth == "again":
                    stage.step(f"{node.host} is lost soon after it was back")
                    await _lost_for_a_while(stage, stays, [], node, takes, rest_s=REST_S)
                    await stage.watch(bounds.STAYS_S)
                wanderers = {node.host: [], other.host: [*wanderers[other.host], *goes]}
    stage.step("all of them have been watched")


async def _blinks(stage: Stage, desks: Desks, node: FinesseNode, takes: Takes, in_vain: int) -> None:
    """It is gone for so short a time that the XMPP library's attempts are enough, after so many in vain; of each alone,
    since one notices it earlier than the other."""
    for desk in desks:
        from_s = stage.now_s()
        async with stage.fault(takes(stage, node, [desk])) as gone:
            await stage.bite(gone)
            for what, sign in (("a lost stream", cut), *[("an attempt", attempted)] * in_vain):
                await perhaps(stage, what, each([desk], sign), within_s=NOTICED_S, from_s=from_s)
                await stage.watch(BLINK_S)
                from_s = stage.now_s()
    await stage.watch(2 * bounds.DESKTOP_POLL.max_s)


async def _lost_for_a_while(
    stage: Stage,
    stays: BrowserDesktop,
    goes: Desks,
    node: FinesseNode,
    takes: Takes,
    *,
    rest_s: float,
    hangs: bool = False,
    stirs: bool = False,
) -> None:
    """hangs: whoever stays is not answered before his attempts and the first look are over. stirs: he is told of
    himself just before."""
    if hangs:
        await _slow(stage, [stays], HUNG_ANSWER_S)
    if stirs:
        for state in (AgentState.AVAILABLE, AgentState.NOT_READY):
            await stage.switch.set_agent_state(stays.id, state)
    from_s = stage.now_s()
    async with stage.fault(takes(stage, node, [stays, *goes])) as lost:
        await stage.bite(lost)
        await perhaps(stage, "looks", each([stays], looked(node.host)), within_s=NOTICED_S, from_s=from_s)
        if hangs:
            await _slow(stage, [stays], 0.0)
        await stage.watch(WAITS_S)
        if goes:
            await perhaps(stage, "moves", each(goes, moved), within_s=NOTICED_S, from_s=from_s)
            await stage.watch(bounds.DESKTOP_ACTS_S)
        mending_s = stage.now_s()
    stage.step(f"{node.host} is back")
    await perhaps(stage, "returns", each([stays], back), within_s=NOTICED_S, from_s=mending_s)
    await until_in_service(stage, node.host)
    await stage.watch(rest_s)


def _lost_again(
    name: str,
    title: str,
    takes: Takes,
    *needs: Callable[[Inventory], str | None],
    first_by: Takes | None = None,
    then: Takes | None = None,
    blinks: bool = False,
    mends: bool = False,
    hangs: bool = False,
    turn: int = 1,
) -> Experiment:
    """mends: whoever stays has an event stream by then that the XMPP library has mended. first_by, then: what takes it
    from them for the first time, and again, if it is not what does so soon after that. turn: others sit there than when
    the node is lost for that reason for the first time."""

    async def story(stage: Stage) -> None:
        await _again(stage, takes, first_by=first_by, then=then, blinks=blinks, mends=mends, hangs=hangs, turn=turn)

    return Experiment(name, title, story, spare=SEATS * 2, polls=False, needs=(*NEEDS, *needs))


NO_TOMCAT_AGAIN = _lost_again(
    "desktops-without-tomcat-again", "The same desktops lose one Tomcat after the other", no_tomcat, mends=True
)
NO_WEBAPP_AGAIN = _lost_again(
    "desktops-without-webapp-again",
    "The same desktops lose one Webapp after the other",
    no_webapp,
    needs_webapp,
    turn=0,
)
NO_NOTIFICATION_AGAIN = _lost_again(
    "desktops-without-notification-again",
    "The same desktops lose one Notification Service after the other",
    no_notification,
    hangs=True,
    turn=0,
)
NO_CTI_AGAIN = _lost_again(
    "desktops-without-cti-again",
    "One node after the other loses both CTI servers, with the same desktops",
    no_cti,
    needs_named_nodes,
    first_by=no_cti_in_silence,
    mends=True,
)
NO_BOSH_AGAIN = _lost_again(
    "desktops-without-bosh-again",
    "The same desktops lose their BOSH connection several times, for a moment and for longer",
    no_bosh,
    first_by=lets_nobody_in,
    then=answered_no,
    blinks=True,
)

AGAIN = (NO_TOMCAT_AGAIN, NO_WEBAPP_AGAIN, NO_NOTIFICATION_AGAIN, NO_CTI_AGAIN, NO_BOSH_AGAIN)
