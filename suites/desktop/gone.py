"""People whose clients leave by a goodbye, without one, or by a reset, and who do not come back in time, in each state;
and people of whom our telephone asks the same while they are idle, or on a call. All nodes at the same time.

What is seen: forced logouts on the CTI links, states at the switch, what nodes show of it.
"""

import contextlib
from collections.abc import Sequence

from chaos.clients.cti import SwitchRefused
from chaos.clients.events import Leaving
from chaos.experiment import Experiment, Stage, people
from chaos.subjects.agent import WorkingAgent
from chaos.wire.finesse import UserState
from chaos.wire.ged188 import AgentState
from suites.desktop.desks import (
    DROP,
    END,
    GOODBYE,
    PAUSE_S,
    SURELY_S,
    all_at_once,
    away,
    be,
    confer,
    consult,
    second_window,
    sit_down,
    stand_up,
    talk,
    until_forgotten,
    with_desks,
    wrap_up,
)

# Between people of one node who leave: who has gone first is back, and who was there goes, in the minutes of others.
APART_S = 13.0
_TURNS = (2, 5, 0, 3, 1, 4)
# Until a program asks for something in the name of who is away.
ASKS_S = 20.0
# A reason of an agent's own.
TRAINING = 16
HELD_S = 6.0
# From the logout on so long a call has to live on, and what comes of it after that has to last (ours).
LIVES_ON_S = 20.0
LASTS_S = 20.0
# Finesse's code of a forced logout, and until what comes of one has been told.
CODE = 255
SHOWN_S = 6.0


async def _gone(stage: Stage) -> None:
    desks = stage.desks(3, logged_out=3)
    everybody = [one for row in desks for one in row]
    await until_forgotten(stage)
    stage.step("whoever is at work all the time follows the team; people sit down at their desks, in each state")
    await all_at_once(*(one.follow_team() for one in stage.agents))
    await all_at_once(*(_in_each_state(stage, *row, wrap=_WRAPS[0], reason=TRAINING) for row in desks))
    for states in (0, 1, 2):
        stage.step("they close the browser, leave the page, or their browser dies")
        await all_at_once(*(_goes(stage, one, _HOW[(n + states) % 3], after_s=_turn_s(row, states, one),
                                  meanwhile=_meanwhile(states, n))
                            for row in desks for n, one in enumerate(row)))  # fmt: skip
        await _seen_by_others(stage, everybody)
        if states < 2:
            stage.step("they sit down again")
            turned = (_turned(row, states + 1) for row in desks)
            await all_at_once(*(_in_each_state(stage, *row, wrap=_WRAPS[1 - states]) for row in turned))
    stage.step("the CTI server is asked by our own telephone, too: of each state")
    await all_at_once(*(_in_each_state(stage, *row, wrap=_WRAPS[n % len(_WRAPS)]) for n, row in enumerate(desks)))
    await all_at_once(*(_asked_for_by_telephone(stage, one) for one in everybody))
    await _seen_by_others(stage, everybody)
    # Once more, of who is Not Ready for it already.
    await all_at_once(*(_asked_for_by_telephone(stage, one) for row in desks for one in row[:2]))
    stage.step("… and of people on a call")
    await all_at_once(*(sit_down(stage, one) for one in everybody))
    for calls, holds, wants, ends, confers in (
        (False, None, False, 1, False),
        (True, None, True, 0, False),
        (False, 0, True, 1, False),
        (True, 1, False, 0, True),
    ):
        trios = [(row[0], row[3] if row[3:] else row[1], row[2]) for row in desks]
        await all_at_once(
            *(
                _on_a_call(
                    stage,
                    *trio[:2],
                    calls=calls,
                    holds=None if holds is None else trio[holds],
                    wants=wants,
                    ends=trio[ends],
                    third=trio[2] if confers else None,
                )
                for trio in trios
            )
        )
    stage.step("… and of people who have called a third one for advice, of which calls one is handed over")
    await all_at_once(*(_asking_for_advice(stage, *_four(row)) for row in desks))
    stage.step("they go home")
    await all_at_once(*(stand_up(stage, one) for one in everybody))
    await stage.watch(SURELY_S)


def _turn_s(row: Sequence[WorkingAgent], turned: int, one: WorkingAgent) -> float:
    """When he leaves: those who are in Wrap-Up, which may end by itself, are the first."""
    return APART_S * _TURNS.index(_turned(row, turned).index(one))


async def _goes(stage: Stage, one: WorkingAgent, how: Leaving, *, after_s: float, meanwhile: str) -> None:
    """Not all at once: others come and go while somebody is waited for, and that is none of his affair. meanwhile: a
    program asks for something in his name, which is no client of his; his state is changed at his telephone; or he has
    another window, which is gone some time before this one."""
    window = await second_window(stage, one) if meanwhile == _WINDOW else None
    await stage.watch(after_s)
    if window is not None:
        await window.leave(how)
        await stage.watch(ASKS_S)
    async with away(stage, one, how, for_s=SURELY_S):
        if meanwhile == _ASKS:
            await stage.watch(ASKS_S)
            await one.user()
        elif meanwhile == _CHANGES:
            await stage.watch(ASKS_S)
            is_idle = await stage.switch.agent_state(one.id) is AgentState.NOT_READY
            await stage.switch.set_agent_state(one.id, AgentState.AVAILABLE if is_idle else AgentState.NOT_READY)
    await stage.pause(PAUSE_S)
    await one.user()
    await _looks_elsewhere(stage, one)


_ASKS, _CHANGES, _WINDOW = "asks", "changes", "window"


def _meanwhile(states: int, n: int) -> str:
    """In the second round each is asked for something; in the third one of a row has another window, and one is put
    into another state."""
    return _ASKS if states == 1 else {0: _WINDOW, 1: _CHANGES}.get(n, "") if states == 2 else ""


async def _looks_elsewhere(stage: Stage, one: WorkingAgent) -> None:
    """A node that did not ask for the logout is told what came of it, too."""
    if len(stage.nodes) > 1:
        await stage.elsewhere(one).user()


async def _seen_by_others(stage: Stage, people: Sequence[WorkingAgent]) -> None:
    """Whoever follows their team looks at it, and a supervisor at each of them."""

    async def looks(one: WorkingAgent) -> None:
        await one.team()
        for other in people if one.leads_team else ():
            await one.user_of(other)

    await all_at_once(*(looks(one) for one in stage.agents))


async def _asked_for_by_telephone(stage: Stage, one: WorkingAgent) -> None:
    await stage.switch.set_agent_state(one.id, AgentState.LOGOUT, CODE, password=one.password, forced=True)
    await stage.watch(SHOWN_S)
    await one.user()
    await _looks_elsewhere(stage, one)


async def _on_a_call(
    stage: Stage,
    stays: WorkingAgent,
    goes: WorkingAgent,
    *,
    calls: bool,
    holds: WorkingAgent | None,
    wants: bool,
    ends: WorkingAgent,
    third: WorkingAgent | None,
) -> None:
    """Who is made Not Ready, and who is logged out if there is somebody, talk to each other; the call goes on for a
    while. calls: the first of them calls, who is Not Ready then, and is Ready when called. holds: who has put it on
    hold, which is a call all the same; where nobody has, it is put on hold after the logout, and taken back. wants: the
    first of them has asked for another state, to be in after it. ends: who hangs up. third: who is in a conference with
    them, if anybody is, and hangs up, too."""
    for one in (stays, goes):  # whoever was logged out before; a broken product does that to both
        await sit_down(stage, one)
    await be(stage, stays, UserState.NOT_READY if calls else UserState.READY)
    call = await (talk(stage, stays, goes) if calls else talk(stage, goes, stays))
    if third is not None:
        call = await confer(stage, stays, call, third)
    if holds is not None:
        await stage.switch.hold(holds.id, call)
        await stage.pause(PAUSE_S)
    if wants:
        await stays.set_state(UserState.READY if calls else UserState.NOT_READY, None if calls else TRAINING)
        await stage.pause(PAUSE_S)
    await all_at_once(*(_asked_for_by_telephone(stage, one) for one in (stays, goes)))
    for one in (stays, *(() if third is None else (third,))):
        await one.dialogs()
    await stage.watch(LIVES_ON_S)
    if holds is None:
        with contextlib.suppress(SwitchRefused):  # a call that was cut cannot be held
            await stage.switch.hold(stays.id, call)
            await stage.watch(HELD_S)
            await stage.switch.retrieve(stays.id, call)
        await stage.watch(HELD_S)
    await people.hang_up(stage, ends, *(() if third is None else (third,)))
    await _is_shown(stage, stays, goes)
    await stage.watch(LASTS_S - SHOWN_S)


async def _is_shown(stage: Stage, *row: WorkingAgent) -> None:
    """What has become of them after a call is looked at, here and at another node."""
    await stage.watch(SHOWN_S)
    for one in row:
        await one.user()
        await _looks_elsewhere(stage, one)
    await _seen_by_others(stage, row)


def _four(row: Sequence[WorkingAgent]) -> tuple[WorkingAgent, WorkingAgent, WorkingAgent, WorkingAgent | None]:
    """Who is made Not Ready and who is logged out, if there is somebody, and whom each of them calls besides."""
    return (row[0], row[3], row[2], row[4]) if row[4:] else (row[0], row[1], row[2], None)


async def _asking_for_advice(
    stage: Stage, stays: WorkingAgent, goes: WorkingAgent, advisor: WorkingAgent, other: WorkingAgent | None
) -> None:
    """Two are on a call with each other, and each on another one: he has two calls when he is logged out by force. Then
    the one hands their call over to whom he had called, and the other one's advisor hangs up: a call of his is over,
    and the other one goes on with somebody else."""
    everybody = [one for one in (stays, goes, advisor, other) if one is not None]
    await all_at_once(*(sit_down(stage, one) for one in everybody))
    await be(stage, stays, UserState.READY)
    call = await talk(stage, goes, stays)
    await consult(stage, stays, call, advisor)
    asked = None if other is None else await consult(stage, goes, call, other)
    await all_at_once(*(_asked_for_by_telephone(stage, one) for one in (stays, goes)))
    await stage.watch(LIVES_ON_S)
    if asked is not None:
        with contextlib.suppress(SwitchRefused):  # a call that was cut cannot be handed over
            await stage.switch.transfer(goes.id, call, asked)
            await stage.watch(HELD_S)
    await people.hang_up(stage, advisor)
    await stage.watch(HELD_S)
    await people.hang_up(stage, goes if other is None else other)
    await _is_shown(stage, stays, goes)
    await stage.watch(LASTS_S - SHOWN_S)


_HOW = (GOODBYE, END, DROP)
# After which somebody would be Not Ready, or Ready.
_WRAPS = (UserState.WORK, UserState.WORK_READY)


def _turned(row: Sequence[WorkingAgent], by: int) -> tuple[WorkingAgent, ...]:
    """Each three of them in another order."""
    stay, go = list(row[:3]), list(row[3:])
    return (*stay[by:], *stay[:by], *go[by:], *go[:by])


async def _in_each_state(stage: Stage, *row: WorkingAgent, wrap: UserState, reason: int | None = None) -> None:
    """Of three people of each LOAD one is Not Ready, for that reason, one Ready, one in Wrap-Up."""
    await all_at_once(*(sit_down(stage, one) for one in row))
    threes = [row[n : n + 3] for n in range(0, len(row), 3)]
    # Whoever is to be Ready has a call with who is to be in Wrap-Up, where nobody else is.
    partner = threes[1][2] if threes[1:] else threes[0][1]
    await wrap_up(stage, threes[0][2], partner, wrap)
    for idle, ready, _ in threes:
        await be(stage, idle, UserState.NOT_READY, reason)
        await be(stage, ready, UserState.READY)


GONE = Experiment(
    "gone",
    "Browsers are closed, left or die, and nobody comes back in time",
    _gone,
    **with_desks(3),  # type: ignore[arg-type]
)
