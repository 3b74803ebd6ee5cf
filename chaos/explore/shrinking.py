"""Makes a schedule that fails small: acts left out, moments and states made plain, as long as it still fails.

Greedy and bounded by plays, since each costs most of a second: what it keeps has been seen to fail. Hypothesis would
shrink its own choices, not a schedule that was enumerated or written by hand, and spends hundreds of plays.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace

from chaos.explore.grammar import FAULTS
from chaos.explore.schedule import AT_WORK, SEAT_OF, Act, Break, Moment, Schedule, Seat, State, When

PLAYS_MAX = 60
_ABOUT_ACTS = (When.BEGUN, When.OVER)


def shrunk(schedule: Schedule, fails: Callable[[Schedule], bool], plays: int = PLAYS_MAX) -> Schedule:
    """The smallest that was found to fail in so many plays; the schedule itself if none was."""
    best, left = schedule, plays
    tried = {schedule}
    while True:
        for smaller in simpler(best):
            if smaller in tried:
                continue
            if left <= 0:
                return best
            tried.add(smaller)
            left -= 1
            if fails(smaller):
                best = smaller
                break
        else:
            return best


def simpler(schedule: Schedule) -> Iterator[Schedule]:
    """What is one step simpler, the greatest steps first."""
    acts = schedule.acts
    doings = [number for number, act in enumerate(acts) if not isinstance(act, Break)]
    if len(doings) > 1:
        yield without(schedule, doings)
    for number in reversed(range(len(acts))):
        if len(acts) > 1:
            yield without(schedule, [number])
    plain = (State.NOT_READY,) * AT_WORK
    if schedule.begin != plain:
        yield replace(schedule, begin=plain)
        for first in (0, 2):
            begin = list(schedule.begin)
            begin[first : first + 2] = [State.NOT_READY, State.NOT_READY]
            if tuple(begin) != schedule.begin:
                yield replace(schedule, begin=tuple(begin))
    for seat in schedule.seats:
        if seat not in _sat_at(schedule):
            yield replace(schedule, seats=tuple(one for one in schedule.seats if one is not seat))
    for number, act in enumerate(acts):
        for plainer in _plainer(act):
            yield replace(schedule, acts=(*acts[:number], plainer, *acts[number + 1 :]))


def _sat_at(schedule: Schedule) -> set[Seat | None]:
    """Where somebody has to sit for what is done or broken."""
    return {FAULTS[act.fault].seat if isinstance(act, Break) else SEAT_OF.get(act.do) for act in schedule.acts}


def _plainer(act: Act) -> Iterator[Act]:
    if act.at.then_s:
        yield replace(act, at=replace(act.at, then_s=0.0))
    if act.at.nth > 1:
        yield replace(act, at=replace(act.at, nth=1))
    if isinstance(act, Break):
        shortest = FAULTS[act.fault].lasts_s[0]
        if act.for_s > shortest:
            yield replace(act, for_s=shortest)


def without(schedule: Schedule, numbers: list[int]) -> Schedule:
    """It without these acts (from 0); moments that were counted from them are counted from the beginning."""
    kept = [number for number in range(len(schedule.acts)) if number not in numbers]
    place = {old + 1: new + 1 for new, old in enumerate(kept)}
    return replace(schedule, acts=tuple(_renumbered(schedule.acts[number], place) for number in kept))


def _renumbered(act: Act, place: dict[int, int]) -> Act:
    at = act.at
    if at.when not in _ABOUT_ACTS:
        return act
    if at.nth in place:
        return replace(act, at=replace(at, nth=place[at.nth]))
    return replace(act, at=Moment(When.START, 1, at.then_s))
