"""People whose clients crash, or leave and are back before or after the minute, idle or on a call; who sign in at the
other node meanwhile, or had signed out before. All nodes at the same time.

What is seen: forced logouts on the CTI links, states at the switch, presence by a second client of the same person.
"""

import itertools
from collections.abc import Coroutine, Sequence
from typing import Any

from chaos.clients.events import Leaving
from chaos.experiment import Experiment, Stage, people
from chaos.inventory.model import RELEASES_WITHOUT_TLS, Transport
from chaos.subjects.agent import WorkingAgent
from chaos.wire.finesse import UserState
from chaos.wire.ged188 import AgentState
from suites.desktop.desks import (
    CRASH_NOTICED_S,
    CRASH_SURELY_S,
    DROP,
    END,
    GOODBYE,
    PAUSE_S,
    SILENCE,
    SLOW,
    SURELY_S,
    all_at_once,
    away,
    be,
    comes_by,
    leave_and_come_back,
    second_window,
    sit_down,
    stand_up,
    talk,
    two_nodes,
    until_forgotten,
    with_desks,
    wrap_up,
)
from suites.desktop.races import races, signed_out

# A refresh takes a few seconds; both edges of the minute that it may take are looked at from a second away.
REFRESHES_S = (5.0, 59.0, 61.0)
# A page that is refreshed again in the minute of the first time.
AGAIN_S = 20.0
# Back after a crash, before that can be noticed by silence.
CRASHED_S = 15.0
# Into the silence of a client that is gone.
ASKS_S = (35.0, 70.0, 105.0)
# Until the telephone rings of who is away.
RINGS_S = 2.0
# A call that is over when it has long been noticed who is gone on it, and before the three minutes are.
GONE_CALL_S = 130.0
AFTER_CALL_S = 6.0


async def _away(stage: Stage) -> None:
    desks = stage.desks(7, logged_out=3)
    everybody = [one for row in desks for one in row]
    await until_forgotten(stage)
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
    await all_at_once(*(work for n, row in enumerate(desks) for work in races(stage, row, turn=n)))
    stage.step("everybody goes home")
    await all_at_once(*(stand_up(stage, one) for one in everybody))
    await stage.watch(SURELY_S)


def _crashes_and_refreshes(stage: Stage, row: Sequence[WorkingAgent]) -> list[Coroutine[Any, Any, None]]:
    crashing, seen, goodbye, end, drop, slow, ready, *more = row  # goodbye and end are in Wrap-Up
    work = [
        _crashes_ready(stage, ready),
        _crashes_and_slow_by_bosh(stage, crashing),
        _crash_seen_and_back_by_another_door(stage, seen),
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
            signed_out(stage, out_1),
        ]
    return work


async def _slow(stage: Stage, one: WorkingAgent) -> None:
    """Not Ready, and then Ready, by WebSocket, where there is that. Into the first silence something is told."""
    await _silent_and_told(stage, one, SLOW)
    await sit_down(stage, one)
    usual = one.events.transport
    if stage.inventory.release not in RELEASES_WITHOUT_TLS:
        await comes_by(stage, one, "websocket")
    await be(stage, one, UserState.READY)
    await leave_and_come_back(stage, one, SLOW, for_s=CRASH_SURELY_S)
    if one.events.transport != usual:
        await comes_by(stage, one, usual)


async def _silent_and_told(stage: Stage, one: WorkingAgent, how: Leaving) -> None:
    """His state changes at his telephone, which is to be told to his client, and is no sign of life of it."""
    left_s = stage.now_s()
    async with away(stage, one, how, for_s=CRASH_SURELY_S):
        for after_s, state in zip(ASKS_S, itertools.cycle((AgentState.AVAILABLE, AgentState.NOT_READY)), strict=False):
            await stage.until_s(left_s + after_s)
            await stage.switch.set_agent_state(one.id, state)
    await stage.pause(PAUSE_S)
    await one.user()


async def _crashes_and_slow(stage: Stage, one: WorkingAgent) -> None:
    await leave_and_come_back(stage, one, SILENCE, for_s=CRASH_SURELY_S)
    await sit_down(stage, one)
    await leave_and_come_back(stage, one, SLOW, for_s=CRASH_SURELY_S)


async def _crashes_and_slow_by_bosh(stage: Stage, one: WorkingAgent) -> None:
    """A client that comes by BOSH, as many desktops do, is known to be gone by its silence alone. Into that of the
    first something is told."""
    await _silent_and_told(stage, one, SILENCE)
    usual = one.events.transport
    await comes_by(stage, one, "bosh")
    await leave_and_come_back(stage, one, SLOW, for_s=CRASH_SURELY_S)
    await comes_by(stage, one, usual)


async def _crashes_ready(stage: Stage, one: WorkingAgent) -> None:
    """Once he is back before that is noticed, in the place of the client that crashed."""
    await be(stage, one, UserState.READY)
    left_s = stage.now_s()
    await leave_and_come_back(stage, one, SILENCE, for_s=CRASHED_S)
    await stage.until_s(left_s + CRASH_SURELY_S)
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
    await comes_by(stage, slow, "bosh")
    second = await second_window(stage, crashing)
    await leave_and_come_back(stage, crashing, GOODBYE, for_s=PAUSE_S)
    await talk(stage, slow, crashing)
    left_s = stage.now_s()
    await all_at_once(
        leave_and_come_back(stage, slow, SLOW, for_s=CRASH_SURELY_S),
        leave_and_come_back(stage, crashing, SILENCE, for_s=CRASH_NOTICED_S),
        _hangs_up(stage, crashing, at_s=left_s + GONE_CALL_S),
    )
    await second.leave(GOODBYE)
    await comes_by(stage, slow, usual)


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


async def _crash_seen_and_back_by_another_door(stage: Stage, one: WorkingAgent) -> None:
    """Once by BOSH, and from that just in time by WebSocket, where there is that."""
    await _crash_seen(stage, one)
    usual = one.events.transport
    doors: tuple[Transport, ...] = ("bosh", "websocket")
    for transport, for_s in zip(doors, REFRESHES_S, strict=False):
        if transport == "bosh" or stage.inventory.release not in RELEASES_WITHOUT_TLS:
            async with away(stage, one, GOODBYE, for_s=for_s):
                one.events.come_by(transport)
            await stage.watch(SURELY_S)
    await comes_by(stage, one, usual)


async def _crash_seen(stage: Stage, one: WorkingAgent) -> None:
    """A second window of the same person is told that the first one is gone, and that it is back. A program that asks
    for something in his name meanwhile is no sign of life of that one."""
    second = await second_window(stage, one)
    await leave_and_come_back(stage, one, GOODBYE, for_s=PAUSE_S)
    crashed_s = stage.now_s()
    async with away(stage, one, SILENCE, for_s=CRASH_NOTICED_S):
        for after_s in ASKS_S:
            await stage.until_s(crashed_s + after_s)
            await one.user()
    await stage.pause(PAUSE_S)
    await one.user()
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


AWAY = Experiment(
    "away",
    "Browsers crash, are refreshed, or are gone for one node while their people work at the other",
    _away,
    **with_desks(7, two_nodes),  # type: ignore[arg-type]
)
