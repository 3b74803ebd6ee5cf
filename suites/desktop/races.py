"""People who are gone for one node and sign in at the other one, idle or on a call, and people who had signed out
before: who is met by the forced logout that then comes. They are played within `away`.
"""

from collections.abc import Coroutine, Sequence
from typing import Any

from chaos.clients.cti import CallRef
from chaos.clients.events import Leaving
from chaos.experiment import Stage, people
from chaos.inventory.model import RELEASES_WITHOUT_TLS
from chaos.subjects.agent import WorkingAgent
from chaos.wire.finesse import UserState
from suites.desktop.desks import (
    CRASH_SURELY_S,
    DROP,
    END,
    GOODBYE,
    PAUSE_S,
    SILENCE,
    SURELY_S,
    all_at_once,
    away,
    be,
    comes_by,
    leave_and_come_back,
    sit_down,
    talk,
)

MOVES_AFTER_S = 15.0
CALL_LASTS_S = 90.0
AFTER_CALL_S = 6.0
HELD_S = 6.0
SHORT_CALL_S = 40.0
# Until a call is over that began after so long, when he was gone already: well beyond the minute.
NEW_CALL_LASTS_S = 76.0
# Until what has become of somebody has been told.
SHOWN_S = 6.0


def races(stage: Stage, row: Sequence[WorkingAgent], *, turn: int) -> list[Coroutine[Any, Any, None]]:
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


async def _called_within_the_minute(stage: Stage, one: WorkingAgent, partner: WorkingAgent) -> None:
    """He is on no call when he goes, and talks when the minute is over."""
    other = stage.elsewhere(one)
    left_s = stage.now_s()
    async with away(stage, one, DROP, for_s=NEW_CALL_LASTS_S + SURELY_S):
        await stage.until_s(left_s + MOVES_AFTER_S)
        await sit_down(stage, other)
        await be(stage, other, UserState.READY)
        await stage.until_s(left_s + SHORT_CALL_S)
        await talk(stage, partner, one)
        await stage.until_s(left_s + NEW_CALL_LASTS_S)
        await people.hang_up(stage, partner)
        await stage.watch(AFTER_CALL_S)
        await other.user()
        await _leaves_the_other(stage, other)


async def _glitches(stage: Stage, one: WorkingAgent) -> None:
    """And once more, by WebSocket, as desktops are connected, where there is that."""
    await _moves(stage, one, DROP, until_s=SURELY_S)
    if stage.inventory.release in RELEASES_WITHOUT_TLS:
        return
    usual = one.events.transport
    await comes_by(stage, one, "websocket")
    await _moves(stage, one, DROP, until_s=SURELY_S)
    await comes_by(stage, one, usual)


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
    """He is gone on a call that is over before the minute is. Then both sign out; and once more he is gone, and is
    called."""
    await _short_call(stage, one, partner, is_ready=True)
    await sit_down(stage, one)
    await all_at_once(signed_out(stage, one), signed_out(stage, partner))
    await _called_within_the_minute(stage, one, partner)


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


async def signed_out(stage: Stage, one: WorkingAgent) -> None:
    """Signed out properly, and then gone: there is nobody to be logged out any more. He can sign in again, and
    work."""
    await be(stage, one, UserState.NOT_READY)
    await be(stage, one, UserState.LOGOUT)
    await leave_and_come_back(stage, one, GOODBYE, for_s=SURELY_S)
    await stage.elsewhere(one).user()
    await sit_down(stage, one)
    await be(stage, one, UserState.READY)
    await stage.watch(SHOWN_S)
    await be(stage, one, UserState.NOT_READY)
