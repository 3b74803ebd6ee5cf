"""A schedule as an experiment: people come into their states, each act waits for its moment, then life goes on."""

import asyncio
from collections import defaultdict
from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import replace

from chaos.errors import EvidenceError, InjectFailed, PeerError, Unfit
from chaos.experiment import Experiment, Stage, needs_browsers, needs_phones, people
from chaos.experiment.asking import FEW, ask_for_everything
from chaos.experiment.waiting import first_of
from chaos.explore.doings import DOINGS, bring, partner
from chaos.explore.grammar import FAULTS, Place
from chaos.explore.schedule import (
    IN_USE,
    ROLES,
    SEAT_OF,
    SEATED,
    Act,
    Break,
    Do,
    Moment,
    Schedule,
    Seat,
    When,
    begins,
)
from chaos.explore.seated import Seated
from chaos.history.desktops import says_lost
from chaos.inventory import Inventory
from chaos.journal import (
    AwdbSeen,
    AwdbStep,
    CtiSeen,
    CtiStep,
    DesktopNotice,
    DesktopRequested,
    EventSeen,
    Observation,
    PhoneScreen,
    RestExchange,
)

# A moment that has not come so long after the story began does not come in this run.
MOMENT_WITHIN_S = 120.0
# Guides quote up to 75 s for a CTI fail-over, up to 40 s more with older gateways.
_BACK_WITHIN_S = 180.0
# After everything is back: until every check has what it wants to have looked at.
_AFTERWARDS_S = 13.0
_LONG_S = 300.0
_ASK_EVERY_S = 3.0
# Longer than any story; whoever waits so long is told when it is over.
_FOR_EVER_S = 86400.0
# What was told just before somebody looks counts, too.
_JUST_S = 0.001
OUT_OF_SERVICE, IN_SERVICE = "OUT_OF_SERVICE", "IN_SERVICE"

_ENDS = frozenset({CtiStep.CLOSED_BY_CLIENT, CtiStep.CLOSED_BY_SERVER, CtiStep.CLOSED_BY_RELAY})
_CTI = {
    When.BEAT: frozenset({CtiStep.HEARTBEAT_CONF}),
    When.LOST: _ENDS,
    When.ATTEMPT: frozenset({CtiStep.OPEN_REQ}),
    When.OPENED: frozenset({CtiStep.OPEN_CONF}),
    When.MESSAGE: frozenset(CtiStep) - {CtiStep.STANDING},
}


def is_seen(when: When, seen: Observation) -> bool:
    """Whether that observation is one that a moment of this kind counts."""
    match seen:
        case CtiSeen():
            return seen.step in _CTI.get(when, ()) and seen.client is not None and not seen.is_ours
        case EventSeen():
            told = {When.TOLD_OUT: "OUT_OF_SERVICE", When.TOLD_IN: "IN_SERVICE"}.get(when)
            return told is not None and not seen.control and seen.system_status == told
        case RestExchange():
            return when is When.TOLD_OUT and seen.system_status == "OUT_OF_SERVICE"
        case AwdbSeen():
            return when is When.ASKED and seen.step is AwdbStep.ASKED and not seen.is_ours
        case DesktopNotice():
            return when is When.SCREEN_LOST and not seen.control and says_lost(seen.text)
        case PhoneScreen():
            return when is When.SCREEN_LOST and seen.unavailable
        case DesktopRequested():
            return when is When.MOVED and seen.wanted == "LOGIN"
    return False


NAME = "schedule"


def experiment_of(
    schedule: Schedule,
    name: str = NAME,
    missed: Callable[[int], object] = lambda number: None,
    *,
    lasts_s: float = 0.0,
    seed: int | None = None,
) -> Experiment:
    """What `play` plays. It needs every link and console that its faults need.

    missed: told the number of each act, from 1, whose moment did not come or that came to nothing. lasts_s: how long it
    is looked on for at least; with few probes, if that is long. seed: what is drawn from, None: the run's.
    """

    async def story(stage: Stage) -> None:
        await _Played(stage, schedule, missed).play()
        if lasts_s:
            stage.step("nothing else happens for a while")
            await stage.until_s(lasts_s)
            stage.step("that was the stretch")

    def hosts(inventory: Inventory) -> str | None:
        places = [(act.fault, side) for act in schedule.breaks for side in ("ab" if act.side in ROLES else act.side)]
        faults = [FAULTS[fault].make(Place(inventory, side)) for fault, side in places]
        return next((lack for fault in faults if (lack := fault.unfit(inventory)) is not None), None)

    both = len(schedule.seats) > 1
    seated = {Seat.DESKTOP: needs_browsers, Seat.PHONE: needs_phones(2 if both else 1)}

    lingers = not any(FAULTS[act.fault].orderly for act in schedule.breaks)
    return Experiment(
        name,
        str(schedule)[:300],
        story,
        lingers=lingers,
        agents=len(schedule.begin),
        spare=SEATED * len(schedule.seats),
        needs=(hosts, *(seated[seat] for seat in schedule.seats)),
        quiet=lasts_s > _LONG_S,
        seed=seed,
        drawn_as=NAME,  # whatever its journal is called, what is drawn for it stays the same
    )


class _Played:
    """One playing of a schedule: who waits for which act, and who may break what."""

    def __init__(self, stage: Stage, schedule: Schedule, missed: Callable[[int], object]) -> None:
        self._stage, self._schedule, self._missed = stage, schedule, missed
        self._begun = [asyncio.Event() for _ in schedule.acts]
        self._over = [asyncio.Event() for _ in schedule.acts]
        self._turns: dict[tuple[str, str], asyncio.Lock] = defaultdict(asyncio.Lock)
        self._from_s = 0.0
        self._seated = Seated(stage, schedule.seats)

    async def play(self) -> None:
        stage = self._stage
        stage.step("people come into the states in which the schedule finds them")
        for first in (0, 2):
            await bring(stage, first, self._schedule.begin[first : first + 2])
        await self._seated.come()
        stage.send_controls(people.CONTROLS)
        # Each session has to have shown an answered heartbeat before a silence, or nobody knows when the next is due.
        await stage.watch(1.5 * stage.heartbeat_interval_s)
        await stage.look_at_switch()
        stage.step("the schedule begins")
        self._from_s = stage.now_s()
        try:
            async with asyncio.TaskGroup() as beside:
                asking = [
                    beside.create_task(_asks_in_gaps(stage, node.host)) for node in stage.inventory.finesse_nodes()
                ]
                async with asyncio.TaskGroup() as group:
                    for number, act in enumerate(self._schedule.acts):
                        group.create_task(self._in_its_time(number, act))
                await _life_goes_on(stage, self._seated)
                for one in asking:
                    one.cancel()
        except BaseExceptionGroup as failed:
            raise first_of(failed) from failed
        stage.step("that was it")  # what is seen until here is judged, see `chaos.history.history`

    async def _in_its_time(self, number: int, act: Act) -> None:
        """Whoever waits for the end of an act that never came waits no longer."""
        try:
            if await self._comes(act.at):
                self._stage.step(begins(number + 1, act))
                await (self._break(number, act) if isinstance(act, Break) else self._do(number, act))
            else:
                self._note(number, f"is left out, its moment has not come: {act}")
        finally:
            self._begun[number].set()
            self._over[number].set()

    async def _comes(self, moment: Moment) -> bool:
        """Wait for the moment; whether it came."""
        if moment.when in (When.BEGUN, When.OVER):
            events = self._begun if moment.when is When.BEGUN else self._over
            if not 1 <= moment.nth <= len(events):
                return False
            await events[moment.nth - 1].wait()
        elif moment.when is not When.START:
            left = moment.nth

            def see(seen: Observation) -> str | None:
                nonlocal left
                left -= is_seen(moment.when, seen)
                return "seen" if left <= 0 else None

            within_s = self._from_s + MOMENT_WITHIN_S - self._stage.now_s()
            try:
                await self._stage.until_seen(str(moment), see, within_s=within_s, from_s=self._from_s)
            except EvidenceError:
                return False
        if moment.then_s > 0:
            await self._stage.watch(moment.then_s)
        return True

    async def _break(self, number: int, act: Break) -> None:
        kind, side = FAULTS[act.fault], self._side_of(act)
        place = Place(self._stage.inventory, side)
        place = replace(place, desks=self._seated.desks_of(place.host))
        async with AsyncExitStack() as turns:
            for what in kind.works_with(side):
                await turns.enter_async_context(self._turns[what])
            try:
                async with self._stage.fault(kind.make(place)):
                    self._begun[number].set()
                    await self._stage.watch(act.for_s)
            except Unfit as lack:
                self._note(number, f"is left out, this lab cannot host it: {lack}")
            except InjectFailed as failed:  # another fault is in its way, for instance
                self._note(number, f"came to nothing: {failed}")

    def _side_of(self, act: Break) -> str:
        if act.side not in ROLES:
            return act.side
        in_use = self._stage.side_in_use
        return in_use if act.side == IN_USE else "ba"["ab".index(in_use)]

    async def _do(self, number: int, act: Do) -> None:
        self._begun[number].set()
        try:
            if act.do in SEAT_OF:
                await self._seated.do(act.do, act.who)
                return
            agent, other = self._stage.agents[act.who - 1], self._stage.agents[partner(act.who) - 1]
            await DOINGS[act.do](self._stage, agent, other)
        except (PeerError, EvidenceError) as refused:
            self._note(number, f"came to nothing: {refused}")

    def _note(self, number: int, what: str) -> None:
        self._stage.step(f"act {number + 1} {what}")
        self._missed(number + 1)


async def _asks_in_gaps(stage: Stage, node: str) -> None:
    """Somebody at that node asks for everything as soon as it is out of service, and again until it is back."""
    while True:
        await stage.until_told(OUT_OF_SERVICE, within_s=_FOR_EVER_S, nodes=[node])
        # It may be back in the instant in which it went, before anybody looks: first the one, then the other.
        statuses, from_s = (OUT_OF_SERVICE, IN_SERVICE), stage.now_s() - _JUST_S
        back = asyncio.create_task(stage.until_told(*statuses, within_s=_FOR_EVER_S, nodes=[node], from_s=from_s))
        try:
            while not back.done():
                await ask_for_everything(stage, node, FEW)
                await asyncio.wait({back}, timeout=_ASK_EVERY_S)
            await back
        finally:
            back.cancel()


async def _life_goes_on(stage: Stage, seated: Seated) -> None:
    """Every node is in service again, people are shown the truth, rest, and work a little at their desktops."""
    stage.step("everything is over; the nodes come back, and life goes on")
    await stage.until_told(IN_SERVICE, within_s=_BACK_WITHIN_S)
    for agent in stage.agents:
        if not agent.events.is_open:  # a stopped service took it away, and whoever works opens it again
            await agent.events.open()
    await seated.decide()
    stage.send_controls()
    await stage.watch(_AFTERWARDS_S)
    await stage.look()
    await people.at_rest(stage)
    first, second, third, fourth = stage.agents[:4]
    await asyncio.gather(people.short_day(stage, first, second), people.short_day(stage, fourth, third))
    stage.send_controls()
    await stage.watch(_AFTERWARDS_S)
    await stage.look()
    await seated.go()
