"""Desktops in browsers, which their nodes know by BOSH: closed, left by Back, crashed."""

import itertools

from chaos.experiment import Experiment, Stage, needs_browsers, seats
from chaos.experiment.experiment import needs_link
from chaos.faults.left_browser import LeavingBrowser, LeftBrowser
from chaos.subjects.agent import WorkingAgent
from chaos.verdicts.desktop.common import BROWSERS_EXPERIMENT
from chaos.wire.ged188 import AgentState
from suites.desktop.desks import (
    CRASH_NOTICED_S,
    CRASH_SURELY_S,
    GOODBYE,
    PAUSE_S,
    SURELY_S,
    all_at_once,
    desks_needed,
    second_window,
)

SEATS = 4
# Into the silence of a browser that crashed, again and again: a BOSH session may last for half a minute by itself.
TOLD_S = (25.0, 42.0, 59.0, 76.0, 93.0, 110.0)


async def _browsers_left(stage: Stage) -> None:
    """Of a desktop in a browser its node knows by BOSH: one is closed, one left by Back, one crashes; a fourth crashes
    while another window of the same person looks on."""
    rows = stage.desks(SEATS)
    stage.step("people sign in at desktops in browsers")
    desks = [
        desk
        for row, node in zip(rows, stage.nodes, strict=True)
        # At each node alike: whose crash another window sees is known by BOSH, whose silence has to be noticed.
        for desk in await seats.sit_down(stage, row, node, by_turns=1)
    ]
    for desk in desks:
        await stage.switch.look_at(desk.id)
    stage.step("the pages are refreshed")
    for desk in desks:
        await desk.refresh()
    await stage.watch(SURELY_S)
    stage.step("browsers are closed, left by Back, or crash")
    await all_at_once(
        *(_leaves_browser(stage, one, how) for row in rows for one, how in zip(row, _BROWSERS, strict=False))
    )
    stage.step("browsers crash, while another window is open")
    await all_at_once(*(_browser_crash_seen(stage, row[-1]) for row in rows))
    stage.step("they sign out")
    for row in rows:
        for one in row:
            for state in (AgentState.NOT_READY, AgentState.LOGOUT):
                await stage.switch.set_agent_state(one.id, state, password=one.password)
    await stage.watch(SURELY_S)


_BROWSERS = (LeavingBrowser.CLOSED, LeavingBrowser.BACK, LeavingBrowser.CRASHED)


async def _leaves_browser(stage: Stage, one: WorkingAgent, how: LeavingBrowser) -> None:
    left_s = stage.now_s()
    async with stage.fault(LeftBrowser(one.id, how)) as left:
        await stage.bite(left)
        await stage.until_s(left_s + (CRASH_SURELY_S if how is LeavingBrowser.CRASHED else SURELY_S))


async def _browser_crash_seen(stage: Stage, one: WorkingAgent) -> None:
    """The other window is told of a first goodbye, too, so that it is known to hear of such; and what becomes of him
    in the silence."""
    second = await second_window(stage, one)
    for how, for_s in ((LeavingBrowser.CLOSED, PAUSE_S), (LeavingBrowser.CRASHED, CRASH_NOTICED_S)):
        from_s = stage.now_s()
        async with stage.fault(LeftBrowser(one.id, how)) as left:
            await stage.bite(left)
            if how is LeavingBrowser.CRASHED:
                await _is_told(stage, one, from_s)
            await stage.until_s(from_s + for_s)
    await second.leave(GOODBYE)


async def _is_told(stage: Stage, one: WorkingAgent, from_s: float) -> None:
    """Something is to be told to his clients, which is no sign of life of one."""
    for after_s, state in zip(TOLD_S, itertools.cycle((AgentState.AVAILABLE, AgentState.NOT_READY)), strict=False):
        await stage.until_s(from_s + after_s)
        await stage.switch.set_agent_state(one.id, state)


BROWSERS_LEFT = Experiment(
    BROWSERS_EXPERIMENT,
    "Desktops in browsers are closed, left by Back, or crash",
    _browsers_left,
    needs=(needs_link("cti-a"), desks_needed(SEATS), needs_browsers),
    spare=SEATS * 2,
    polls=False,
)
