"""What happens to agents and calls while Finesse has no CTI server, and once it has one again.

Each experiment has two fail-overs, from side A to side B and back, after losses of one kind. Both sides refuse for a
while, so that there is time for things to happen, and to be asked for, while both nodes are out of service.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager

from chaos.clients.events import Leaving
from chaos.experiment import Experiment, Stage, needs_outside_number, people
from chaos.experiment.asking import (
    ALL_AGENTS,
    EVERYBODY,
    FEW,
    Askers,
    ask_for_everything,
    asking_until_told,
    asking_when_told,
    at_each_node,
)
from chaos.faults.base import Fault
from chaos.faults.broken_sessions import BrokenSessions
from chaos.faults.cut_link import CutLink
from chaos.faults.injection import Injected
from chaos.faults.refused_sessions import RefusedSessions
from chaos.faults.silent_link import SilentLink
from chaos.faults.stopped_service import StoppedService
from chaos.faults.withheld_heartbeats import WithheldHeartbeats
from chaos.inventory import Inventory
from chaos.subjects.agent import WorkingAgent
from chaos.verdicts import bounds
from suites.cti.common import (
    ASK_EVERY_S,
    CTI_SERVICE,
    DUPLEX,
    FAIL_OVER_S,
    IN_SERVICE,
    OUT_OF_SERVICE,
    asking_into_silence,
    hearing_otherwise,
)
from suites.cti.scenes import (
    Answered,
    Consults,
    DataChanged,
    GetsReady,
    Joined,
    LeavesConference,
    OutsideConference,
    PutOnHold,
    Retrieved,
    Scene,
    SignsIn,
    ThenACallBegins,
    ThenNotReady,
    ThenOneRings,
    ThenReady,
    ThenSignedOut,
    ThenWrapUp,
)

# The middle of a gap is so far from its beginning and its end.
MIDDLE_S = 8.0
# After IN_SERVICE: until everything must have been told, and until a call of the gap would have been.
RESYNC_S = bounds.RESYNC_S + 2.0
GHOST_S = bounds.GHOST_WATCH_S + 2.0

Needs = tuple[Callable[[Inventory], str | None], ...]
Break = Callable[[str], Fault]
Work = Callable[[Stage], Awaitable[None]]


async def fail_over(
    stage: Stage,
    lost: str,
    broken: Break,
    scenes: Iterable[Scene],
    work: Work,
    askers: Askers,
    *,
    comes_in_gap: bool = False,
) -> None:
    """Side `lost` breaks, both sides refuse for a while, then the other one accepts; then everybody works on.

    comes_in_gap: so does somebody at each node who opens his desktop meanwhile, and not once it is over.

    A side that is cut off, silent or stopped stays so until the end: attempts at it come nowhere. One whose sessions
    were only broken has to refuse new ones.
    """
    back = "b" if lost == "a" else "a"
    fault, scenes = broken(lost), tuple(scenes)
    there = stage.agents[: len(stage.nodes)]
    lasts = isinstance(fault, CutLink | SilentLink | StoppedService)
    stage.step(f"people are at work, and side {lost.upper()} is about to be lost")
    await _all(scene.before(stage) for scene in scenes)
    await stage.pause(people.PAUSE_S)
    await stage.look_at_switch()
    calls, from_s = await people.calls_up(stage), stage.now_s()
    async with AsyncExitStack() as until_the_end, AsyncExitStack() as until_back:
        waits: list[Injected] = []

        async def begin(stack: AsyncExitStack, what: Fault) -> None:
            waits.append(await stack.enter_async_context(stage.fault(what)))

        async with asking_when_told(stage, OUT_OF_SERVICE, askers, within_s=FAIL_OVER_S):
            stage.step(f"side {lost.upper()} is lost, and no side accepts")
            # Whoever breaks sessions makes Finesse try at once: by then it is to be refused. Heartbeats take a while.
            if isinstance(fault, WithheldHeartbeats):
                await begin(until_the_end, fault)
            if not lasts:
                await begin(until_the_end, RefusedSessions(lost))
            await begin(until_back, RefusedSessions(back))
            if not isinstance(fault, WithheldHeartbeats):
                await begin(until_the_end if lasts else until_back, fault)
            async with asking_into_silence(until_the_end, there, isinstance(fault, SilentLink)):
                await stage.until_told(OUT_OF_SERVICE, within_s=FAIL_OVER_S)
            stage.step("in the gap")
            await _all(scene.at_once(stage) for scene in scenes)
        await _in_the_gap(stage, scenes, askers, calls)
        if comes_in_gap:
            await _all(_come_twice(stage, one) for one in stage.one_at_each_node())
        await stage.bite(*waits)
        async with (
            _working_at_once(stage, [one for one in stage.one_at_each_node() if one.events.is_open]),
            asking_until_told(stage, IN_SERVICE, askers, every_s=ASK_EVERY_S, within_s=FAIL_OVER_S),
        ):
            stage.step(f"side {back.upper()} accepts")
            await until_back.aclose()
            await _until_one_is_back(stage, scenes)
        await _after_it(stage, scenes, work, askers, from_s)


async def _in_the_gap(stage: Stage, scenes: Iterable[Scene], askers: Askers, calls: Mapping[str, list[str]]) -> None:
    """calls: those that were up when CTI was lost, by agents."""
    few = askers if askers.administrator else FEW
    stage.send_controls()
    await stage.watch(MIDDLE_S)
    await _everything(stage, few)
    await people.ask_in_vain(stage, calls)
    for agent in stage.agents[: len(stage.nodes)]:
        await agent.ask_for_the_rest()
        await agent.ask_for_more()
    await _all(agent.system_info() for agent in stage.agents)
    await _all(scene.meanwhile(stage) for scene in scenes)
    stage.send_controls()
    await stage.watch(MIDDLE_S)
    await _all(scene.at_last(stage) for scene in scenes)
    await _everything(stage, few)
    # Finesse's next attempt may come at once when a side accepts again, and what is answered in the last moment of a
    # gap may belong to what comes after it.
    await stage.watch(bounds.NOTICE_S + stage.margin_s)


async def _until_one_is_back(stage: Stage, scenes: Iterable[Scene]) -> None:
    """Minutes may pass from a CTI session to IN_SERVICE, and nobody knows when a gap's last seconds begin: things go on
    happening until a node is back."""
    told = [
        asyncio.create_task(stage.until_told(IN_SERVICE, within_s=FAIL_OVER_S, nodes=[node.host]))
        for node in stage.nodes
    ]
    try:
        while not (await asyncio.wait(told, timeout=ASK_EVERY_S, return_when=asyncio.FIRST_COMPLETED))[0]:
            await _all(scene.again(stage) for scene in scenes)
    finally:
        for one in told:
            one.cancel()
        await asyncio.gather(*told, return_exceptions=True)


async def _after_it(stage: Stage, scenes: Iterable[Scene], work: Work, askers: Askers, from_s: float) -> None:
    """from_s: when CTI was about to be lost."""
    back_s = stage.now_s()
    stage.send_controls()
    await stage.watch(RESYNC_S)
    await stage.look()
    await people.ask_by_number(stage, from_s)
    await _all(agent.team() for agent in stage.agents[: len(stage.nodes)])
    await _all(agent.system_info() for agent in stage.agents)
    await people.look_after_each_other(stage)
    await asyncio.gather(*(one.ask("GET Users") for one in stage.administrators))
    await stage.pause(people.PAUSE_S)  # what ends as soon as it has been asked for need not have been shown
    stage.step("people use their telephones, and go back to work at their desktops")
    await _all(scene.after(stage) for scene in scenes)
    await people.at_rest(stage)
    await _all((work(stage), *(people.come_and_go(stage, one) for one in stage.one_at_each_node())))
    await _all(agent.ask_for_the_rest() for agent in stage.agents[: len(stage.nodes)])
    if askers.administrator:
        await _everything(stage, askers)
    stage.send_controls()
    await stage.watch(RESYNC_S)
    await stage.look()
    await stage.until_s(back_s + GHOST_S)


@asynccontextmanager
async def _working_at_once(stage: Stage, comers: Sequence[WorkingAgent]) -> AsyncIterator[None]:
    """Those who have come in the gap go to work as soon as their node is back; the block ends after that."""
    at_once = people.AtOnce(comers)

    async def work(host: str) -> None:
        await stage.until_told(IN_SERVICE, within_s=FAIL_OVER_S, nodes=[host])
        for one in comers:
            if one.node.host == host:
                await at_once.work(stage, one)

    async with at_each_node(stage, work):
        yield


async def _come_twice(stage: Stage, newcomer: WorkingAgent) -> None:
    """What was published last may be told to whoever comes; who comes again is told nothing else."""
    if await newcomer.events.open():
        await stage.watch(people.SETTLED_S)
        await newcomer.events.leave(Leaving.GOODBYE)
    await people.come(stage, newcomer)


async def _everything(stage: Stage, who: Askers) -> None:
    await _all(ask_for_everything(stage, node.host, who) for node in stage.nodes)


async def _all(work: Iterable[Awaitable[object]]) -> None:
    await asyncio.gather(*work)


async def short_days(stage: Stage) -> None:
    first, second, third, fourth = stage.agents[:4]
    await asyncio.gather(people.short_day(stage, first, second), people.short_day(stage, fourth, third))


async def whole_days(stage: Stage) -> None:
    first, second, third, fourth = stage.agents[:4]
    await people.whole_day(stage, first, second, third)
    await people.whole_day(stage, fourth, third, second)


def _there_and_back(
    name: str,
    title: str,
    broken: Break,
    to_b: Iterable[Scene],
    to_a: Iterable[Scene],
    *,
    work: Work = short_days,
    askers: Askers = ALL_AGENTS,
    lingers: bool = True,
    needs: Needs = (),
    comes_in_gap: bool = False,
    otherwise: bool = False,
) -> Experiment:
    """otherwise: people hear by other kinds of doors than usual."""

    async def story(stage: Stage) -> None:
        async with AsyncExitStack() as meanwhile:
            if otherwise:
                await meanwhile.enter_async_context(hearing_otherwise(stage))
            await there_and_back(stage)

    async def there_and_back(stage: Stage) -> None:
        await people.prove_ears(stage)
        await _all(agent.ask_for_more() for agent in stage.agents[: len(stage.nodes)])
        if askers.administrator:
            await _everything(stage, askers)
        await fail_over(stage, "a", broken, to_b, work, askers, comes_in_gap=comes_in_gap)
        await fail_over(stage, "b", broken, to_a, work, askers, comes_in_gap=comes_in_gap)

    return Experiment(name, title, story, lingers=lingers, agents=4, polls=False, needs=(*DUPLEX, *needs))


GAPS_BY_RESET = _there_and_back(
    "gaps-by-reset",
    "Side A is reset and lost for a while, then side B",
    BrokenSessions,
    [PutOnHold((0, 1)), ThenACallBegins((2, 3))],
    [Retrieved((2, 3)), ThenReady((0, 1))],
    work=whole_days,
    askers=EVERYBODY,
)
GAPS_BY_CLOSE = _there_and_back(
    "gaps-by-close",
    "Side A is closed and lost for a while, then side B",
    lambda side: BrokenSessions(side, reset=False),
    [Joined((0, 1, 2)), SignsIn((3,))],
    [Joined((1, 0, 3), leaves=False), SignsIn((2,))],
    lingers=False,
    comes_in_gap=True,
)
GAPS_BY_SILENCE = _there_and_back(
    "gaps-by-silence",
    "Side A falls silent and is lost for a while, then side B",
    SilentLink,
    [Answered((2, 3)), ThenWrapUp((0, 1))],
    [PutOnHold((1, 0)), ThenWrapUp((3, 2))],
)
GAPS_BY_HEARTBEATS = _there_and_back(
    "gaps-by-heartbeats",
    "Side A confirms no heartbeats and is lost for a while, then side B, while people confer with somebody outside",
    lambda side: WithheldHeartbeats(side, "xxx"),
    [OutsideConference((0, 1)), ThenOneRings((2, 3))],
    [OutsideConference((3, 2), drops_at_desktop=True), ThenOneRings((1, 0))],
    needs=(needs_outside_number,),
)
GAPS_BY_CUT = _there_and_back(
    "gaps-by-cut",
    "Side A is cut off and lost for a while, then side B",
    CutLink,
    [LeavesConference((1, 0, 3)), GetsReady((2,))],
    [DataChanged((3, 2)), ThenSignedOut((0, 1))],
    otherwise=True,
)
GAPS_BY_STOP = _there_and_back(
    "gaps-by-stop",
    "The CTI server of side A is stopped, and lost for a while, then that of side B",
    lambda side: StoppedService(f"cti.{side}", CTI_SERVICE),
    [DataChanged((1, 0)), ThenNotReady((2, 3))],
    [Consults((0, 1)), ThenACallBegins((3, 2))],
    needs=(StoppedService("cti.a", CTI_SERVICE).unfit, StoppedService("cti.b", CTI_SERVICE).unfit),
)
