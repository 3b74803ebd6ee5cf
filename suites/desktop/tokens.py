"""People at desktops of single sign-on, until their refresh tokens expire: with no cookies, with those of an older
sign-on, and after these were cleared; and of desktops that have moved to the other node meanwhile. At each node one of
them is Not Ready, one Ready, one on a call.

An experiment takes as long as a refresh token lives; that without cookies twice as long, since whoever has signed on
again stays until that token expires, too, or signs on once more shortly before that.
"""

import contextlib

from chaos.clients.cti import SwitchRefused
from chaos.errors import EvidenceError
from chaos.experiment import Experiment, Stage, needs_browsers, needs_outside_number, needs_single_sign_on
from chaos.faults.blocked_way import BlockedWay
from chaos.faults.browser_cookies import BrowserCookies, Cookies
from chaos.faults.lonely_node import LonelyNode, needs_named_nodes
from chaos.inventory import FinesseNode
from chaos.subjects.signed_on import SignedOnDesktop
from chaos.verdicts import bounds
from chaos.verdicts.desktop.tokens import MOVES_EXPERIMENT
from chaos.wire.ged188 import AgentState
from suites.client.common import NOTICED_S, back, each, moved, perhaps, until_in_service
from suites.desktop.desks import all_at_once, two_nodes

EACH = 3
# For both warnings, for an older sign-on to grow old, and for people to sit down.
LEAST_S = 13 * 60.0
WARNED_S = 10 * 60.0
WARNED_AGAIN_S, AROUND_S = 5 * 60.0, 20.0
# From the end on: until something happens to the agent, which a desktop that goes on is told; until it is left alone
# no longer, so that what comes back by itself after a while is seen; and how long the page is left alone once it was
# loaded again.
NUDGED_S = 4.0
LEFT_ALONE_S = 45.0
RELOADED_S = 5.0
PAUSE_S = 2.0
# Who loads his page again does so when so much is left: before both warnings.
RELOADED_LEFT_S = 11 * 60.0
# So much later than at the first desktop who has two of them signs on at the other one: he is back at the first one
# when the other token expires.
LATER_S = 100.0
# Until a number outside has answered.
ANSWERED_S = 5.0
# Whoever signs on once more by his cookies does so when so much is left: after the first warning, or after both.
LEFT_S = {AgentState.AVAILABLE: 7 * 60.0, AgentState.TALKING: 3 * 60.0}

_STATES = (AgentState.NOT_READY, AgentState.AVAILABLE, AgentState.TALKING)


async def _sit_down(desk: SignedOnDesktop, node: FinesseNode) -> None:
    """Raises EvidenceError: the agent did not come in."""
    if not (await desk.open(node) and await desk.sign_in()):
        raise EvidenceError(f"{desk.id} could not sign in at the desktop of {node.host} by single sign-on")


async def _take(stage: Stage, desk: SignedOnDesktop, state: AgentState, *, holds: bool) -> None:
    """holds: whoever is on a call has put it on hold, which is a call all the same."""
    ready = state is AgentState.AVAILABLE
    await stage.switch.set_agent_state(desk.id, AgentState.AVAILABLE if ready else AgentState.NOT_READY)
    if state is AgentState.TALKING:
        call = await stage.switch.make_call(desk.id, stage.inventory.outside_number or "")
        if holds:
            await stage.watch(ANSWERED_S)
            await stage.switch.hold(desk.id, call)


async def _nudge(stage: Stage, desk: SignedOnDesktop) -> None:
    """Something happens to the agent, as far as the switch lets it: one that is signed out has no states."""
    await _hang_up(stage, desk)
    with contextlib.suppress(SwitchRefused):
        await stage.switch.set_agent_state(desk.id, AgentState.AVAILABLE)


async def _hang_up(stage: Stage, desk: SignedOnDesktop) -> None:
    for call in await stage.switch.calls_at(desk.agent.extension):
        await stage.switch.clear(desk.id, call)


async def _leaves_cookies(stage: Stage, desk: SignedOnDesktop, node: FinesseNode, state: AgentState) -> None:
    """Of a sign-on that is old enough to matter, and young enough for both warnings to come.

    Who is to be Not Ready had it at the other node, which then logs him out by force: that makes him Not Ready, too.
    """
    others = [other for other in stage.nodes if other.host != node.host]
    await _sit_down(desk, others[0] if others and state is AgentState.NOT_READY else node)
    await stage.watch((_life_s(stage) - WARNED_S) / 2)
    await desk.close()


async def _to_the_end(
    stage: Stage, desk: SignedOnDesktop, node: FinesseNode, state: AgentState, *, holds: bool, reloads: bool
) -> None:
    """reloads: he loads his page again before there is any word of the end."""
    await _sit_down(desk, node)
    if reloads and desk.expires_s is not None:
        await stage.until_s(desk.expires_s - RELOADED_LEFT_S)
        if not await desk.reload():
            await desk.sign_in()
    await _stays(stage, desk, state, holds=holds)


async def _stays(stage: Stage, desk: SignedOnDesktop, state: AgentState, *, holds: bool) -> None:
    await _take(stage, desk, state, holds=holds)
    await _watched(stage, desk)


async def _watched(stage: Stage, desk: SignedOnDesktop) -> None:
    await desk.control()
    end_s = stage.now_s() + _life_s(stage) if desk.expires_s is None else desk.expires_s
    await stage.until_s(end_s + NUDGED_S)
    await _nudge(stage, desk)
    await stage.until_s(end_s + LEFT_ALONE_S)
    await desk.control()
    await desk.refresh()
    await stage.watch(RELOADED_S)
    await desk.sign_in()
    await stage.watch(PAUSE_S)
    await desk.control()


async def _at_another_desktop(stage: Stage, first: SignedOnDesktop, node: FinesseNode) -> None:
    """He signs on in another browser at the other node, too, if that lets him in, and stays there until that token has
    expired as well: by then he has long signed in once more at the first one."""
    others = [other for other in stage.nodes if other.host != node.host]
    if not others:
        return
    await stage.watch(LATER_S)
    second = await stage.signed_on(first.agent, window=2)
    if await second.open(others[0]) and await second.sign_in():
        await _watched(stage, second)
    await second.close()


async def _once_more(stage: Stage, desk: SignedOnDesktop, node: FinesseNode, state: AgentState) -> None:
    """The page is open, and the agent has signed on again: he stays until that token has expired, too, or closes the
    window shortly before that, and opens another one with the cookies that are there. Who is Not Ready is at a desktop
    of the other node, too."""
    left_s = LEFT_S.get(state)
    if left_s is not None and desk.expires_s is not None:
        await stage.until_s(desk.expires_s - left_s)
        await desk.close()
        await _sit_down(desk, node)
    stays = _stays(stage, desk, state, holds=False)
    if state is AgentState.NOT_READY:
        await all_at_once(stays, _at_another_desktop(stage, desk, node))
    else:
        await stays


def _life_s(stage: Stage) -> float:
    sso = stage.inventory.sso
    return 0.0 if sso is None else sso.refresh_token_s


async def _goes_home(stage: Stage, desk: SignedOnDesktop) -> None:
    await _hang_up(stage, desk)
    await desk.close()
    with contextlib.suppress(SwitchRefused):  # whoever is signed out already is at home
        await stage.switch.set_agent_state(desk.id, AgentState.NOT_READY)
        await stage.switch.set_agent_state(desk.id, AgentState.LOGOUT, password=desk.password)


def _expires(how: Cookies, title: str) -> Experiment:
    async def story(stage: Stage) -> None:
        desks = [
            (await stage.signed_on(agent), node, state)
            for people, node in zip(stage.signing_on(EACH), stage.nodes, strict=True)
            for agent, state in zip(people, _STATES, strict=True)
        ]
        for desk, _, _ in desks:
            await stage.switch.look_at(desk.id)
        if how is not Cookies.FRESH:
            stage.step("people sign on, and close the browser")
            await all_at_once(*(_leaves_cookies(stage, *about) for about in desks))
        async with stage.fault(BrowserCookies(tuple(desk.id for desk, _, _ in desks), how)) as cookies:
            await stage.bite(cookies)
            stage.step(f"people sign on with {how} cookies, and stay until that expires")
            try:
                fresh, stale = how is Cookies.FRESH, how is Cookies.STALE
                await all_at_once(
                    *(
                        _to_the_end(stage, *about, holds=stale, reloads=fresh and about[2] is AgentState.NOT_READY)
                        for about in desks
                    )
                )
                if how is Cookies.FRESH:
                    stage.step("they stay once more; some close the window meanwhile, and sign on by their cookies")
                    await all_at_once(*(_once_more(stage, *about) for about in desks))
            finally:
                for desk, _, _ in desks:
                    await _goes_home(stage, desk)
            stage.step("they went home")

    return Experiment(
        f"tokens-{how}",
        title,
        story,
        polls=False,
        needs=(needs_browsers, needs_outside_number, needs_single_sign_on(EACH, LEAST_S)),
    )


# --- after a move ----------------------------------------------------------------------------------------------------


async def _lose(stage: Stage, node: FinesseNode, moving: list[SignedOnDesktop], waiting: list[SignedOnDesktop]) -> None:
    """The node loses both CTI servers, until those have moved; these are there, too, and can go nowhere else."""
    others = [other.host for other in stage.nodes if other.host != node.host]
    async with contextlib.AsyncExitStack() as away:
        if waiting:
            blocked = BlockedWay(tuple(desk.id for desk in waiting), others[0])
            await stage.bite(await away.enter_async_context(stage.fault(blocked)))
        stage.step(f"{node.host} is lost")
        from_s = stage.now_s()
        async with stage.fault(LonelyNode((node.host,))) as lonely:
            await stage.bite(lonely)
            await perhaps(stage, "moves", each(moving, moved), within_s=NOTICED_S, from_s=from_s)
            # Who still has a client here when the node is back, and leaves it then, is signed out by it (DESKTOP-12).
            await stage.watch(bounds.DESKTOP_ACTS_S)
        await until_in_service(stage, node.host)
        if waiting:
            await perhaps(stage, "returns", each(waiting, back), within_s=NOTICED_S)
            await stage.watch(bounds.DESKTOP_ACTS_S)


async def _without_a_server(stage: Stage, desks: list[SignedOnDesktop]) -> None:
    """From shortly before the second warning of the first of them until shortly after that of the last no node is in
    service, and they look for one."""
    ends = [desk.expires_s for desk in desks if desk.expires_s is not None]
    if not ends:
        return
    await stage.until_s(min(ends) - WARNED_AGAIN_S - AROUND_S)
    hosts = tuple(node.host for node in stage.nodes)
    async with stage.fault(LonelyNode(hosts)) as lonely:
        await stage.bite(lonely)
        await stage.until_s(max(ends) - WARNED_AGAIN_S + AROUND_S)
    for host in hosts:
        await until_in_service(stage, host)


async def _moves_before(stage: Stage) -> None:
    """Those of each node move to the other one; those who are there by then lose it for a while, and stay."""
    rows = [[await stage.signed_on(agent) for agent in people] for people in stage.signing_on(EACH)]
    desks = [desk for row in rows for desk in row]
    for desk in desks:
        await stage.switch.look_at(desk.id)
    async with stage.fault(BrowserCookies(tuple(desk.id for desk in desks), Cookies.FRESH)) as cookies:
        await stage.bite(cookies)
        try:
            waiting: list[SignedOnDesktop] = []
            for row, node in zip(rows, stage.nodes, strict=True):
                stage.step(f"people sign on at {node.host}")
                await all_at_once(*(_sit_down(desk, node) for desk in row))
                await _lose(stage, node, row, waiting)
                waiting = row
            stage.step("all have moved, and stay until their token expires")
            places = [one for row in rows for one in zip(row, _STATES, strict=True)]
            await all_at_once(
                *(_stays(stage, desk, state, holds=False) for desk, state in places), _without_a_server(stage, desks)
            )
        finally:
            for desk in desks:
                await _goes_home(stage, desk)
        stage.step("they went home")


EXPIRED_MOVED = Experiment(
    MOVES_EXPERIMENT,
    "Refresh tokens expire, of desktops that have moved to the other node",
    _moves_before,
    polls=False,
    needs=(two_nodes, needs_named_nodes, needs_browsers, needs_outside_number, needs_single_sign_on(EACH, LEAST_S)),
)

_TITLES = (
    "Refresh tokens expire, of browsers without cookies",
    "Refresh tokens expire, of browsers with cookies of an older sign-on",
    "Refresh tokens expire, of browsers whose cookies were cleared",
)
EXPIRED, EXPIRED_STALE, EXPIRED_CLEARED = (_expires(how, title) for how, title in zip(Cookies, _TITLES, strict=True))
