"""People whose clients leave: by a goodbye, without one, in silence; who come back before or after the minute, are on a
call, sign in at the other node, or had signed out before. All nodes at the same time.

What is seen: forced logouts on the CTI links, states at the switch, presence by a second client of the same person.
"""

import contextlib
from collections.abc import Coroutine, Sequence
from typing import Any

from chaos.clients.cti import CallRef, SwitchRefused
from chaos.clients.events import EventStream, Leaving
from chaos.errors import EvidenceError
from chaos.experiment import Experiment, Stage, needs_browsers, people, seats
from chaos.experiment.experiment import needs_link
from chaos.faults.left_browser import LeavingBrowser, LeftBrowser
from chaos.inventory import Inventory
from chaos.inventory.model import RELEASES_WITHOUT_TLS, Transport
from chaos.subjects.agent import WorkingAgent
from chaos.verdicts.desktop.common import BROWSERS_EXPERIMENT
from chaos.wire.finesse import UserState
from chaos.wire.ged188 import AgentState
from suites.desktop.desks import (
    CRASH_NOTICED_S,
    CRASH_SURELY_S,
    PAUSE_S,
    SURELY_S,
    all_at_once,
    away,
    be,
    confer,
    desks_needed,
    leave_and_come_back,
    sit_down,
    stand_up,
    talk,
    wrap_up,
)

GOODBYE, END, DROP, SILENCE, SLOW = Leaving
# A refresh takes a few seconds; both edges of the minute that it may take are looked at from a second away.
REFRESHES_S = (5.0, 59.0, 61.0)
MOVES_AFTER_S = 15.0
# Between people of one node who leave: who has gone first is back, and who was there goes, in the minutes of others.
APART_S = 13.0
_TURNS = (2, 5, 0, 3, 1, 4)
# A page that is refreshed again in the minute of the first time.
AGAIN_S = 20.0
# Until a program asks for something in the name of who is away, and until the telephone rings of who is.
ASKS_S = 20.0
RINGS_S = 2.0
# A call that is over when it has long been noticed who is gone on it, and before the three minutes are.
GONE_CALL_S = 130.0
# A reason of an agent's own.
TRAINING = 16
CALL_LASTS_S = 90.0
AFTER_CALL_S = 6.0
HELD_S = 6.0
# From the logout on so long a call has to live on, and what comes of it after that has to last (ours).
LIVES_ON_S = 20.0
LASTS_S = 20.0
SHORT_CALL_S = 40.0
# Finesse's code of a forced logout, and until what comes of one has been told.
CODE = 255
SHOWN_S = 6.0


def two_nodes(inventory: Inventory) -> str | None:
    """A need of an experiment: another node to sign in at."""
    return None if len(inventory.finesse_nodes()) > 1 else "the inventory names one Finesse node only"


def _with_desks(each: int, *more: object) -> dict[str, object]:
    return {"needs": (needs_link("cti-a"), desks_needed(each), *more), "spare": 2 * each, "polls": False}


# --- gone ------------------------------------------------------------------------------------------------------------


async def _gone(stage: Stage) -> None:
    desks = stage.desks(3, logged_out=3)
    everybody = [one for row in desks for one in row]
    await _until_forgotten(stage)
    stage.step("people sit down at their desks, in each state")
    await all_at_once(*(_in_each_state(stage, *row, wrap=_WRAPS[0], reason=TRAINING) for row in desks))
    for states in (0, 1, 2):
        stage.step("they close the browser, leave the page, or their browser dies")
        await all_at_once(*(_goes(stage, one, _HOW[(n + states) % 3], after_s=_turn_s(row, states, one),
                                  asks=states == 1)
                            for row in desks for n, one in enumerate(row)))  # fmt: skip
        if states < 2:
            stage.step("they sit down again")
            turned = (_turned(row, states + 1) for row in desks)
            await all_at_once(*(_in_each_state(stage, *row, wrap=_WRAPS[1 - states]) for row in turned))
    stage.step("the CTI server is asked by our own telephone, too: of each state")
    await all_at_once(*(_in_each_state(stage, *row, wrap=_WRAPS[n % len(_WRAPS)]) for n, row in enumerate(desks)))
    await all_at_once(*(_asked_for_by_telephone(stage, one) for one in everybody))
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
    stage.step("they go home")
    await all_at_once(*(stand_up(stage, one) for one in everybody))
    await stage.watch(SURELY_S)


async def _until_forgotten(stage: Stage) -> None:
    """Whoever had a client at the other node in the experiment before this one is logged out by it within the minute:
    by then that is over (DESKTOP-12), and costs nobody here his state."""
    stage.step("a minute has passed since people left other nodes")
    await stage.watch(SURELY_S)


def _turn_s(row: Sequence[WorkingAgent], turned: int, one: WorkingAgent) -> float:
    """When he leaves: those who are in Wrap-Up, which may end by itself, are the first."""
    return APART_S * _TURNS.index(_turned(row, turned).index(one))


async def _goes(stage: Stage, one: WorkingAgent, how: Leaving, *, after_s: float, asks: bool) -> None:
    """Not all at once: others come and go while somebody is waited for, and that is none of his affair. asks: a program
    asks for something in his name meanwhile, which is no client of his."""
    await stage.watch(after_s)
    async with away(stage, one, how, for_s=SURELY_S):
        if asks:
            await stage.watch(ASKS_S)
            await one.user()
    await stage.pause(PAUSE_S)
    await one.user()
    await _looks_elsewhere(stage, one)


async def _looks_elsewhere(stage: Stage, one: WorkingAgent) -> None:
    """A node that did not ask for the logout is told what came of it, too."""
    if len(stage.nodes) > 1:
        await stage.elsewhere(one).user()


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
    await stage.watch(LIVES_ON_S)
    if holds is None:
        with contextlib.suppress(SwitchRefused):  # a call that was cut cannot be held
            await stage.switch.hold(stays.id, call)
            await stage.watch(HELD_S)
            await stage.switch.retrieve(stays.id, call)
        await stage.watch(HELD_S)
    await people.hang_up(stage, ends, *(() if third is None else (third,)))
    await stage.watch(LASTS_S)


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
    **_with_desks(3),  # type: ignore[arg-type]
)


# --- away ------------------------------------------------------------------------------------------------------------


async def _away(stage: Stage) -> None:
    desks = stage.desks(7, logged_out=3)
    everybody = [one for row in desks for one in row]
    await _until_forgotten(stage)
    stage.step("people sit down at their desks")
    await all_at_once(*(sit_down(stage, one) for one in everybody))
    stage.step("some are in Wrap-Up")
    await all_at_once(*(wrap_up(stage, row[2], row[3]) for row in desks))
    stage.step("browsers crash in silence; others are refreshed, in time and too late")
    await all_at_once(*(work for row in desks for work in _crashes_and_refreshes(stage, row)))
    stage.step("everybody sits down again")
    await all_at_once(*(sit_down(stage, one) for one in everybody))
    stage.step("people on a call refresh their page, or are gone; others are called while they refresh it")
    await all_at_once(
        *(_refresh_on_calls(stage, *row[2:6]) for row in desks),
        *(_called_and_gone(stage, row[0], row[1], row[6]) for row in desks),
    )
    stage.step("some are in Wrap-Up when their browser crashes")
    await all_at_once(*(wrap_up(stage, row[0], row[6]) for row in desks))
    await all_at_once(*(be(stage, row[6], UserState.NOT_READY) for row in desks))
    stage.step("people are gone for one node before or after they have signed in at the other, or had signed out")
    await all_at_once(*(work for n, row in enumerate(desks) for work in _races(stage, row, turn=n)))
    stage.step("everybody goes home")
    await all_at_once(*(stand_up(stage, one) for one in everybody))
    await stage.watch(SURELY_S)


def _crashes_and_refreshes(stage: Stage, row: Sequence[WorkingAgent]) -> list[Coroutine[Any, Any, None]]:
    crashing, seen, goodbye, end, drop, slow, ready, *more = row  # goodbye and end are in Wrap-Up
    work = [
        _crashes_ready(stage, ready),
        _crashes_and_slow_by_bosh(stage, crashing),
        _crash_seen(stage, seen),
        _slow(stage, slow),
        _refreshes(stage, goodbye, GOODBYE),
        _refreshes(stage, end, END),
        _refreshes(stage, drop, DROP),
    ]
    if more:
        crashing_1, refreshing_1, out_1 = more
        work += [
            _crashes_and_slow(stage, crashing_1),
            _refreshes(stage, refreshing_1, DROP),
            _signed_out(stage, out_1),
        ]
    return work


async def _slow(stage: Stage, one: WorkingAgent) -> None:
    """Not Ready, and then Ready."""
    await leave_and_come_back(stage, one, SLOW, for_s=CRASH_SURELY_S)
    await sit_down(stage, one)
    await be(stage, one, UserState.READY)
    await leave_and_come_back(stage, one, SLOW, for_s=CRASH_SURELY_S)


async def _crashes_and_slow(stage: Stage, one: WorkingAgent) -> None:
    await leave_and_come_back(stage, one, SILENCE, for_s=CRASH_SURELY_S)
    await sit_down(stage, one)
    await leave_and_come_back(stage, one, SLOW, for_s=CRASH_SURELY_S)


async def _crashes_and_slow_by_bosh(stage: Stage, one: WorkingAgent) -> None:
    """A client that comes by BOSH, as many desktops do, is known to be gone by its silence alone."""
    await leave_and_come_back(stage, one, SILENCE, for_s=CRASH_SURELY_S)
    usual = one.events.transport
    await _comes_by(stage, one, "bosh")
    await leave_and_come_back(stage, one, SLOW, for_s=CRASH_SURELY_S)
    await _comes_by(stage, one, usual)


async def _comes_by(stage: Stage, one: WorkingAgent, transport: Transport) -> None:
    await one.events.leave(GOODBYE)
    one.events.come_by(transport)
    await sit_down(stage, one)


async def _crashes_ready(stage: Stage, one: WorkingAgent) -> None:
    await be(stage, one, UserState.READY)
    await leave_and_come_back(stage, one, SILENCE, for_s=CRASH_SURELY_S)


async def _refresh_on_calls(
    stage: Stage, first: WorkingAgent, called: WorkingAgent, second: WorkingAgent, also_called: WorkingAgent
) -> None:
    """At once; and then just in time, with a call on hold. Whose call is over by then is in another state than he left
    in."""
    await _refreshes_on_call(stage, first, called, lasts_s=75.0)
    await _refreshes_on_call(stage, second, also_called, lasts_s=45.0, holds=True)
    last_s = REFRESHES_S[1]
    await all_at_once(
        _refreshes_on_call(stage, first, called, lasts_s=75.0, holds=True, for_s=last_s),
        _refreshes_on_call(stage, second, also_called, lasts_s=45.0, holds=True, for_s=last_s),
    )


async def _called_and_gone(stage: Stage, slow: WorkingAgent, crashing: WorkingAgent, called: WorkingAgent) -> None:
    await all_at_once(_rings(stage, called, crashing), _gone_on_a_call(stage, slow, crashing))


async def _rings(stage: Stage, one: WorkingAgent, caller: WorkingAgent) -> None:
    """The telephone of who is Ready rings while his page is away, and still when it is back."""
    await be(stage, one, UserState.READY)
    async with away(stage, one, GOODBYE, for_s=REFRESHES_S[0]):
        await stage.watch(RINGS_S)
        await stage.switch.make_call(caller.id, one.agent.extension)
    await stage.pause(PAUSE_S)
    await people.hang_up(stage, caller)
    await stage.watch(SURELY_S)


async def _gone_on_a_call(stage: Stage, slow: WorkingAgent, crashing: WorkingAgent) -> None:
    """Two talk to each other. Of the one, by BOSH, no goodbye arrives; the other one's browser crashes, and a second
    window of his is told so."""
    await stage.watch(2 * REFRESHES_S[0] + AFTER_CALL_S)  # until the other telephone has rung
    usual = slow.events.transport
    await _comes_by(stage, slow, "bosh")
    second = await _second_window(stage, crashing)
    await leave_and_come_back(stage, crashing, GOODBYE, for_s=PAUSE_S)
    await talk(stage, slow, crashing)
    left_s = stage.now_s()
    await all_at_once(
        leave_and_come_back(stage, slow, SLOW, for_s=CRASH_SURELY_S),
        leave_and_come_back(stage, crashing, SILENCE, for_s=CRASH_NOTICED_S),
        _hangs_up(stage, crashing, at_s=left_s + GONE_CALL_S),
    )
    await second.leave(GOODBYE)
    await _comes_by(stage, slow, usual)


async def _second_window(stage: Stage, one: WorkingAgent) -> EventStream:
    second = stage.second_client(one)
    if not await second.open():
        raise EvidenceError(f"{one.id} has no second event stream at {one.node.host}")
    return second


async def _refreshes_on_call(
    stage: Stage,
    one: WorkingAgent,
    called: WorkingAgent,
    *,
    lasts_s: float,
    holds: bool = False,
    for_s: float = REFRESHES_S[0],
) -> None:
    """The call ends before the minute after the refresh, or after it; also while the page is away. holds: he has put it
    on hold. for_s: how long the page takes to be back."""
    call = await talk(stage, one, called)
    if holds:
        await stage.switch.hold(one.id, call)
        await stage.pause(PAUSE_S)
    left_s = stage.now_s()
    await all_at_once(
        leave_and_come_back(stage, one, GOODBYE, for_s=for_s), _hangs_up(stage, called, at_s=left_s + lasts_s)
    )
    await stage.until_s(left_s + SURELY_S + AFTER_CALL_S)


async def _hangs_up(stage: Stage, one: WorkingAgent, *, at_s: float) -> None:
    await stage.until_s(at_s)
    await people.hang_up(stage, one)


async def _crash_seen(stage: Stage, one: WorkingAgent) -> None:
    """A second window of the same person is told that the first one is gone, and that it is back."""
    second = await _second_window(stage, one)
    await leave_and_come_back(stage, one, GOODBYE, for_s=PAUSE_S)
    await leave_and_come_back(stage, one, SILENCE, for_s=CRASH_NOTICED_S)
    await second.leave(GOODBYE)


async def _refreshes(stage: Stage, one: WorkingAgent, how: Leaving) -> None:
    """In another state each time. Whoever is in Wrap-Up refreshes once in that, before anything else."""
    if how in _WRAPPED_UP:
        await leave_and_come_back(stage, one, how, for_s=REFRESHES_S[0])
        await stage.watch(SURELY_S)
    at_once_s, in_time_s, too_late_s = REFRESHES_S
    # The second absence lasts beyond the minute that the first one has begun: it has a minute of its own. The fourth is
    # over before the minute is that the third has begun.
    lengths_s = (at_once_s, in_time_s, at_once_s, at_once_s, too_late_s)
    for nth, (for_s, state) in enumerate(zip(lengths_s, _STATES[how], strict=True)):
        await be(stage, one, state)
        await leave_and_come_back(stage, one, how, for_s=for_s)
        # Another absence begins another wait, and hides what comes of this one: so it is but twice, within the minute.
        await stage.watch(AGAIN_S if nth in _SOON_AGAIN else SURELY_S)


_WRAPPED_UP = (GOODBYE, END)
_READY, _IDLE = UserState.READY, UserState.NOT_READY
# After these of the absences the next one comes soon.
_SOON_AGAIN = (0, 2)
_STATES = {
    GOODBYE: (_READY, _IDLE, _IDLE, _IDLE, _READY),
    END: (_IDLE, _READY, _READY, _READY, _IDLE),
    DROP: (_READY, _IDLE, _IDLE, _IDLE, _IDLE),
}
"""At once, after 59 s, at once and at once again, and after 61 s: all of both states together."""


def _races(stage: Stage, row: Sequence[WorkingAgent], *, turn: int) -> list[Coroutine[Any, Any, None]]:
    """turn: at every other node who is on a call was Ready before it, and at those between Not Ready; of LOAD 1 it is
    the other way round."""
    is_ready = turn % 2 == 0
    crashing, glitch, talking, other, out, also_out, third, *more = row
    work = [
        _moves(stage, crashing, SILENCE, until_s=CRASH_SURELY_S),
        _glitches(stage, glitch),
        _moves_on_a_long_and_a_short_call(stage, talking, other, is_ready=is_ready),
        _short_call_and_out(stage, also_out, out),
    ]
    if more:
        crashing_1, glitch_1, talking_1 = more
        work += [
            _moves(stage, crashing_1, SILENCE, until_s=CRASH_SURELY_S),
            _moves(stage, glitch_1, DROP, until_s=SURELY_S),
            _moves_on_two_calls(stage, talking_1, third, is_ready=not is_ready),
        ]
    return work


async def _moves(stage: Stage, one: WorkingAgent, how: Leaving, *, until_s: float) -> None:
    """Gone for one node, the person signs in at the other one, as a desktop does that fails over."""
    other = stage.elsewhere(one)
    left_s = stage.now_s()
    async with away(stage, one, how, for_s=until_s):
        await stage.until_s(left_s + MOVES_AFTER_S)
        await sit_down(stage, other)
        await be(stage, other, UserState.READY)
        await stage.until_s(left_s + until_s)
        await other.user()
        await _leaves_the_other(stage, other)


async def _glitches(stage: Stage, one: WorkingAgent) -> None:
    """And once more, by WebSocket, as desktops are connected, where there is that."""
    await _moves(stage, one, DROP, until_s=SURELY_S)
    if stage.inventory.release in RELEASES_WITHOUT_TLS:
        return
    usual = one.events.transport
    await _comes_by(stage, one, "websocket")
    await _moves(stage, one, DROP, until_s=SURELY_S)
    await _comes_by(stage, one, usual)


async def _leaves_the_other(stage: Stage, other: WorkingAgent) -> None:
    await other.events.leave(GOODBYE)
    await stage.watch(SURELY_S)


async def _moves_on_call(
    stage: Stage,
    one: WorkingAgent,
    partner: WorkingAgent,
    *,
    is_ready: bool,
    holds: bool = False,
    wants: bool = False,
) -> None:
    """The same on a call, which lasts beyond the minute, and is put on hold and taken back after that, which ends no
    call. holds: it is on hold already, and is taken back once he has had another one, which is not its end. wants: he
    asks for Ready during it, at the other node."""
    other = stage.elsewhere(one)
    call = await _talks(stage, one, partner, is_ready=is_ready)
    if holds:
        await stage.switch.hold(one.id, call)
        await stage.pause(PAUSE_S)
    left_s = stage.now_s()
    async with away(stage, one, DROP, for_s=CALL_LASTS_S + SURELY_S):
        await stage.until_s(left_s + MOVES_AFTER_S)
        await sit_down(stage, other)
        if wants:
            await be(stage, other, UserState.READY)
        await stage.until_s(left_s + SURELY_S)
        if not holds:
            await stage.switch.hold(one.id, call)
            await stage.watch(HELD_S)
        elif stage.inventory.outside_number is not None:
            await _calls_outside(stage, one, stage.inventory.outside_number)
        await stage.switch.retrieve(one.id, call)
        await stage.until_s(left_s + CALL_LASTS_S)
        await people.hang_up(stage, partner)
        await stage.watch(AFTER_CALL_S)
        await other.user()
        await _leaves_the_other(stage, other)


async def _talks(stage: Stage, one: WorkingAgent, partner: WorkingAgent, *, is_ready: bool) -> CallRef:
    """Who is Ready is called: who calls is Ready no more."""
    if not is_ready:
        return await talk(stage, one, partner)
    await be(stage, one, UserState.READY)
    return await talk(stage, partner, one)


async def _calls_outside(stage: Stage, one: WorkingAgent, number: str) -> None:
    second = await stage.switch.make_call(one.id, number)
    await stage.watch(HELD_S)
    await stage.switch.clear(one.id, second)
    await stage.watch(HELD_S)


async def _moves_on_a_long_and_a_short_call(
    stage: Stage, one: WorkingAgent, partner: WorkingAgent, *, is_ready: bool
) -> None:
    """Who is Not Ready before the long one is to be Ready after it."""
    await _moves_on_call(stage, one, partner, is_ready=is_ready, wants=not is_ready)
    await sit_down(stage, one)
    await _short_call(stage, one, partner, is_ready=False)


async def _moves_on_two_calls(stage: Stage, one: WorkingAgent, partner: WorkingAgent, *, is_ready: bool) -> None:
    """One call is on hold and outlasts the minute; another one is over before it."""
    await _moves_on_call(stage, one, partner, is_ready=is_ready, holds=True)
    await sit_down(stage, one)
    await _short_call(stage, one, partner, is_ready=True)


async def _short_call_and_out(stage: Stage, one: WorkingAgent, partner: WorkingAgent) -> None:
    """He is gone on a call that is over before the minute is. Then both sign out."""
    await _short_call(stage, one, partner, is_ready=True)
    await sit_down(stage, one)
    await all_at_once(_signed_out(stage, one), _signed_out(stage, partner))


async def _short_call(stage: Stage, one: WorkingAgent, partner: WorkingAgent, *, is_ready: bool) -> None:
    other = stage.elsewhere(one)
    await _talks(stage, one, partner, is_ready=is_ready)
    left_s = stage.now_s()
    async with away(stage, one, END, for_s=2 * SURELY_S):
        await stage.until_s(left_s + MOVES_AFTER_S)
        await sit_down(stage, other)
        await stage.until_s(left_s + SHORT_CALL_S)
        await people.hang_up(stage, partner)
        await stage.until_s(left_s + SURELY_S)
        await other.user()
        await _leaves_the_other(stage, other)


async def _signed_out(stage: Stage, one: WorkingAgent) -> None:
    """Signed out properly, and then gone: there is nobody to be logged out any more. He can sign in again, and
    work."""
    await be(stage, one, UserState.NOT_READY)
    await be(stage, one, UserState.LOGOUT)
    await leave_and_come_back(stage, one, GOODBYE, for_s=SURELY_S)
    await sit_down(stage, one)
    await be(stage, one, UserState.READY)
    await stage.watch(SHOWN_S)
    await be(stage, one, UserState.NOT_READY)


AWAY = Experiment(
    "away",
    "Browsers crash, are refreshed, or are gone for one node while their people work at the other",
    _away,
    **_with_desks(7, two_nodes),  # type: ignore[arg-type]
)


# --- browsers --------------------------------------------------------------------------------------------------------

SEATS = 4


async def _browsers_left(stage: Stage) -> None:
    """Of a desktop in a browser its node knows by BOSH: one is closed, one left by Back, one crashes; a fourth crashes
    while another window of the same person looks on."""
    rows = stage.desks(SEATS)
    stage.step("people sign in at desktops in browsers")
    desks = [
        desk
        for n, (row, node) in enumerate(zip(rows, stage.nodes, strict=True))
        for desk in await seats.sit_down(stage, row, node, by_turns=n)
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
    """The other window is told of a first goodbye, too, so that it is known to hear of such."""
    second = await _second_window(stage, one)
    for how, for_s in ((LeavingBrowser.CLOSED, PAUSE_S), (LeavingBrowser.CRASHED, CRASH_NOTICED_S)):
        async with stage.fault(LeftBrowser(one.id, how)) as left:
            await stage.bite(left)
            await stage.watch(for_s)
    await second.leave(GOODBYE)


BROWSERS_LEFT = Experiment(
    BROWSERS_EXPERIMENT,
    "Desktops in browsers are closed, left by Back, or crash",
    _browsers_left,
    needs=(needs_link("cti-a"), desks_needed(SEATS), needs_browsers),
    spare=SEATS * 2,
    polls=False,
)
