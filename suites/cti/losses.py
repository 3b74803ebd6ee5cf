"""How Finesse is made to lose its CTI server: broken sockets, silence, heartbeats, a dead server; and refusals.

The steady state before each experiment has every node's session on side A. Most of them go there and back again: first
side A is lost, then side B, so that whatever is true of one side is looked at on the other as well.
"""

import asyncio
from collections import Counter
from collections.abc import Callable
from contextlib import AsyncExitStack

from chaos.experiment import Experiment, Stage, people
from chaos.experiment.asking import EVERYBODY, FEW, ask_for_everything
from chaos.faults.base import Fault
from chaos.faults.broken_sessions import BrokenSessions
from chaos.faults.cut_link import CutLink
from chaos.faults.killed_process import KilledProcess
from chaos.faults.lonely_node import LonelyNode, needs_named_nodes
from chaos.faults.refused_sessions import RefusedSessions
from chaos.faults.relay import Refusal
from chaos.faults.silent_link import SilentLink
from chaos.faults.slow_link import SlowLink
from chaos.faults.stopped_service import StoppedService
from chaos.faults.unconfigured_b_side import UnconfiguredBSide
from chaos.faults.withheld_heartbeats import WithheldHeartbeats
from chaos.journal import CtiSeen, CtiStep, Observation
from chaos.verdicts import bounds
from chaos.wire.finesse import UserState
from chaos.wire.ged188 import AgentState
from suites.cti.common import (
    CTI_SERVICE,
    DUPLEX,
    FAIL_OVER_S,
    IN_SERVICE,
    OUT_OF_SERVICE,
    SETTLE_S,
    asking_into_silence,
    hearing_otherwise,
    somebody_looking_on,
    two_nodes,
)

CTI_SERVER = "ctisvr.exe"
# Long after a success somebody may try once more.
LATE_S = 100.0
# All that the CTI server says comes so late that agents and calls are not read at once.
READ_SLOWLY_S = 2.5
# What somebody may ask for who is in that state, and stays in it.
_ASKED_FOR: dict[AgentState | int, UserState] = {
    AgentState.AVAILABLE: UserState.READY,
    AgentState.NOT_READY: UserState.NOT_READY,
}
Breaks = Callable[[str], Fault]
"""What ends the sessions on a side, "a" or "b"."""


def _killed(side: str) -> Fault:
    return KilledProcess(f"cti.{side}", CTI_SERVER)


def _stopped(side: str) -> Fault:
    return StoppedService(f"cti.{side}", CTI_SERVICE)


async def _at_work(stage: Stage, *states: AgentState) -> None:
    """At each node one talks, and one is in such a state, or as the last loss has left him: what a node does about a
    loss, and whom it tells, must not depend on it."""
    caller, called, *others = stage.agents[:4]
    await people.call(stage, caller, called)
    for agent in others:
        await people.states(stage, agent, *states)


async def _ask_on(stage: Stage) -> None:
    """At each node somebody asks for the state that he is in, which the CTI server confirms: what becomes of a loss
    must not depend on how lately it was heard."""
    for agent in stage.agents[2:4]:
        state = _ASKED_FOR.get(await stage.switch.agent_state(agent.id))
        if state is not None:
            await agent.stay_in(state)


# --- there and back again --------------------------------------------------------------------------------------------


async def _lose(stage: Stage, fault: Fault, *, then_s: float) -> None:
    """That fault, until every node is in service by the other side, and so long after."""
    # Each session has to have shown an answered heartbeat before a silence, or nobody knows when the next one is due.
    await stage.watch(1.5 * stage.heartbeat_interval_s)
    await _ask_on(stage)
    if isinstance(fault, SilentLink):
        await stage.until_between_heartbeats(fault.side)
    from_s = stage.now_s()
    async with AsyncExitStack() as answered, stage.fault(fault) as under_way:
        # Nobody is answered over a silent link: that is no heartbeat, and what was asked is under way at the loss.
        async with asking_into_silence(answered, stage.agents[2:4], isinstance(fault, SilentLink)):
            await stage.until_told(OUT_OF_SERVICE, IN_SERVICE, within_s=FAIL_OVER_S, from_s=from_s)
        await stage.bite(under_way)
        await stage.watch(then_s)


def _there_and_back(
    name: str, title: str, breaks: Breaks, *, lingers: bool = True, otherwise: bool = False
) -> Experiment:
    """otherwise: people hear of it by other kinds of doors than usual, and so does who has not signed in."""

    async def story(stage: Stage) -> None:
        async with AsyncExitStack() as meanwhile:
            if otherwise:
                await meanwhile.enter_async_context(hearing_otherwise(stage))
                await meanwhile.enter_async_context(somebody_looking_on(stage))
            await there_and_back(stage)

    async def there_and_back(stage: Stage) -> None:
        stage.step(f"{title}: side A")
        await _at_work(stage, AgentState.AVAILABLE)
        await _lose(stage, breaks("a"), then_s=2 * stage.heartbeat_interval_s)
        await people.at_rest(stage)
        await stage.watch(SETTLE_S)
        stage.step(f"{title}: side B")
        await _at_work(stage)
        await _lose(stage, breaks("b"), then_s=SETTLE_S)

    needs = (*DUPLEX, breaks("a").unfit, breaks("b").unfit)
    return Experiment(name, f"{title}, on side A and then on side B", story, lingers=lingers, needs=needs)


A_RESET = _there_and_back("a-reset", "Sessions are reset", BrokenSessions)
A_CLOSED = _there_and_back(
    "a-closed", "Sessions are closed", lambda side: BrokenSessions(side, reset=False), lingers=False, otherwise=True
)
A_CUT = _there_and_back("a-cut", "The link is cut off", CutLink)
A_SILENT = _there_and_back("a-silent", "The link falls silent", SilentLink)
A_STOPPED = _there_and_back("a-stopped", "The CTI server's service is stopped, which says goodbye", _stopped)
A_KILLED = _there_and_back("a-killed", "The CTI server's process is killed", _killed)


# --- heartbeats ------------------------------------------------------------------------------------------------------


async def _withhold(stage: Stage, side: str, pattern: str, *, busy: bool) -> None:
    stage.step(f"side {side.upper()}: confirmations of heartbeats are withheld by the pattern {pattern}")
    async with stage.fault(WithheldHeartbeats(side, pattern)) as withheld:
        await stage.bite(withheld)
        until_s = stage.now_s() + (len(pattern) + 3) * stage.heartbeat_interval_s
        while busy and stage.now_s() < until_s:
            await people.busy(stage)
        await stage.until_s(until_s)


def _heartbeats(
    name: str, title: str, on_a: tuple[str, ...], on_b: tuple[str, ...], *, busy: bool = False
) -> Experiment:
    """The last pattern on side A takes Finesse to side B, the last one there takes it back.

    busy: meanwhile people do all kinds of things at the telephone and at the desktop, of which the CTI server tells on
    the same connections, and which it confirms there: only heartbeats count, not that something comes through.
    """

    async def story(stage: Stage) -> None:
        for side, patterns in (("a", on_a), ("b", on_b)):
            for pattern in patterns:
                await _withhold(stage, side, pattern, busy=busy)
            await stage.watch(SETTLE_S)

    return Experiment(name, title, story, needs=DUPLEX)


MISSES = _heartbeats(
    "misses", "One and two misses, then three", ("xx", "x.xx", "xx.xx.xx", "xx.xxx"), ("xx", "x.xx", "xx.xx.xx", "xxx")
)
THREE_MISSES = _heartbeats("three-misses", "Three misses at once, or after others", ("xxx",), ("x.xxx",), busy=True)
LATER_MISSES = _heartbeats("later-misses", "Three misses after one", ("x.xxx",), ("xx.xxx",))


# The least that can be told from a link in order.
_LATE_MIN_S = 0.5


async def _answers_come_late(stage: Stage) -> None:
    """All that the CTI server of a side says comes late, and each confirmation before the next heartbeat is due. The
    sessions there have been opened in this story, so that their nodes are known to be in service by them."""
    for lost, side in (("a", "b"), ("b", "a")):
        if stage.side_in_use == lost:
            await _lose(stage, BrokenSessions(lost), then_s=SETTLE_S)
        stage.step(f"side {side.upper()}: heartbeats are confirmed late, and in time")
        # What the server itself is late counts, too; SETTLE_S has seen a heartbeat.
        late_s = bounds.BEAT_LATE * stage.heartbeat_interval_s - stage.confirms_within_s(side)
        async with stage.fault(SlowLink(side, round(max(late_s, _LATE_MIN_S), 1))) as slow:
            await stage.bite(slow)
            await stage.watch((bounds.BEATS_LATE + 2) * stage.heartbeat_interval_s)
        await stage.watch(SETTLE_S)


LATE_ANSWERS = Experiment(
    "late-answers", "Heartbeats are confirmed late, and before the next one is due", _answers_come_late, needs=DUPLEX
)


async def _broken_amid_misses(stage: Stage) -> None:
    """Each side's sessions break while two of their heartbeats are missing, which is no loss yet. On side B nodes were
    told of one loss at the same time, so that they beat together. Before that they end while requests wait."""
    for side in ("a", "b"):
        await _broken_amid_requests(stage, side)
    for side in ("a", "b"):
        stage.step(f"side {side.upper()}: two heartbeats are not confirmed, then the sessions are reset")
        await stage.watch(1.5 * stage.heartbeat_interval_s)
        from_s = stage.now_s()
        async with stage.fault(WithheldHeartbeats(side, "xx")) as withheld:
            await stage.bite(withheld)
            await _until_two_are_missing(stage, from_s)
            from_s = stage.now_s()
            async with stage.fault(BrokenSessions(side)) as broken:
                await stage.until_told(OUT_OF_SERVICE, IN_SERVICE, within_s=FAIL_OVER_S, from_s=from_s)
                await stage.bite(broken)
        await stage.watch(SETTLE_S)


async def _broken_amid_requests(stage: Stage, side: str) -> None:
    """People wait for what they have asked for over a silent link, which is no loss yet; as the silence ends the proxy
    closes the connections that lay in it."""
    stage.step(f"side {side.upper()}: nobody is answered, and the sessions end")
    await stage.watch(1.5 * stage.heartbeat_interval_s)
    await stage.until_between_heartbeats(side)
    async with AsyncExitStack() as answered, asking_into_silence(answered, stage.agents[2:4], into_silence=True):
        async with stage.fault(SilentLink(side)) as silent:
            await stage.bite(silent)
            await stage.pause(people.PAUSE_S)
            from_s = stage.now_s()
        await stage.until_told(OUT_OF_SERVICE, IN_SERVICE, within_s=FAIL_OVER_S, from_s=from_s)
    await stage.watch(SETTLE_S)
    await people.at_rest(stage)


async def _until_two_are_missing(stage: Stage, from_s: float) -> None:
    missing: Counter[int] = Counter()

    def see(seen: Observation) -> str | None:
        if isinstance(seen, CtiSeen) and seen.step is CtiStep.HEARTBEAT_WITHHELD and not seen.is_ours:
            missing[seen.connection] += 1
        return "two of each" if sum(one > 1 for one in missing.values()) >= len(stage.nodes) else None

    await stage.until_seen("two heartbeats of each node missing", see, within_s=FAIL_OVER_S, from_s=from_s)


BROKEN_AMID_MISSES = Experiment(
    "broken-amid-misses", "Sessions are reset while heartbeats are missing", _broken_amid_misses, needs=DUPLEX
)


def _quiet_s(stage: Stage, from_s: float) -> float:
    """For how long nodes have to be quiet that have tried since then, so that they are known to have stopped. How long
    they wait between two attempts is not documented."""
    return (bounds.QUIET_RETRIES + 1) * stage.longest_pause_s(from_s)


# --- both sides refuse -----------------------------------------------------------------------------------------------


def _b_refuses_twice(
    name: str, title: str, lost: Fault, *, how: Refusal, lingers: bool = True, again: bool = False
) -> Experiment:
    """again: so it is once more in the same life of the nodes, which by then have been led back to side A."""

    async def lose(stage: Stage, *states: AgentState) -> None:
        stage.step(f"side A is lost for good ({title}), side B refuses each node twice")
        await _at_work(stage, *states)
        from_s = stage.now_s()
        async with (
            stage.fault(RefusedSessions("a", how=how)) as a,
            stage.fault(RefusedSessions("b", times=2, how=how)) as b,
            stage.fault(lost) as under_way,
        ):
            await stage.until_told(OUT_OF_SERVICE, IN_SERVICE, within_s=FAIL_OVER_S, from_s=from_s)
            await stage.bite(under_way, b, a)
            await people.at_rest(stage)
            await stage.watch(max(SETTLE_S, _quiet_s(stage, from_s)))

    async def story(stage: Stage) -> None:
        await lose(stage, AgentState.AVAILABLE)
        if again:
            stage.step("side B is lost, and side A accepts")
            await _lose(stage, BrokenSessions("b"), then_s=2 * stage.heartbeat_interval_s)
            await lose(stage)

    needs = (*DUPLEX, lost.unfit)
    return Experiment(name, f"Side A is lost ({title}), side B refuses twice", story, lingers=lingers, needs=needs)


# An attempt that is never answered is given up by the node itself: what it does then need not be what it does when it
# is turned down. By a reset both sides refuse in the long ones.
REFUSED_AFTER_RESET = _b_refuses_twice("refused-after-reset", "reset", BrokenSessions("a"), how=Refusal.SILENCE)
REFUSED_AFTER_CLOSE = _b_refuses_twice(
    "refused-after-close", "closed", BrokenSessions("a", reset=False), how=Refusal.CLOSE, lingers=False
)
REFUSED_AFTER_HEARTBEATS = _b_refuses_twice(
    "refused-after-heartbeats", "three misses", WithheldHeartbeats("a", "xxx"), how=Refusal.FAILURE, again=True
)
REFUSED_AFTER_KILL = _b_refuses_twice("refused-after-kill", "its process killed", _killed("a"), how=Refusal.RESET)


def _long(name: str, title: str, *, last: str) -> Experiment:
    """Both sides refuse for so many attempts, then side `last` accepts."""
    other = "a" if last == "b" else "b"

    async def story(stage: Stage) -> None:
        async with AsyncExitStack() as faults:
            stage.step("side A is lost, both sides refuse for a long time")
            stays = await faults.enter_async_context(stage.fault(RefusedSessions(other)))
            async with stage.fault(RefusedSessions(last)) as refused, stage.fault(BrokenSessions("a")) as reset:
                await stage.bite(reset, refused, stays)
                await stage.until_attempts(bounds.ATTEMPTS_LONG + 2, within_s=3 * FAIL_OVER_S)
                await asyncio.gather(*(ask_for_everything(stage, node.host, FEW) for node in stage.nodes))
            stage.step(f"side {last.upper()} accepts again")
            await stage.until_told(IN_SERVICE, within_s=FAIL_OVER_S)
            await stage.watch(LATE_S)
            if last == "b":
                await _asked_while_read(stage, last)
        if needs_named_nodes(stage.inventory) is None:
            await _lost_while_read(stage, last)

    return Experiment(name, title, story, needs=DUPLEX)


async def _asked_while_read(stage: Stage, side: str) -> None:
    """That side's sessions are lost while the other one refuses, and opened again, and before agents and calls have
    been read over them everybody asks for everything."""
    stage.step(f"side {side.upper()} is lost, too, and accepts again; people ask while agents and calls are being read")
    from_s = stage.now_s()
    async with stage.fault(RefusedSessions(side)) as refused, stage.fault(BrokenSessions(side)) as broken:
        await stage.until_told(OUT_OF_SERVICE, within_s=FAIL_OVER_S, from_s=from_s)
        await stage.bite(broken, refused)
    # Each has just been turned away there, and comes back in its turn.
    from_s = stage.now_s()
    async with stage.fault(SlowLink(side, READ_SLOWLY_S)) as slow:
        await _until_opened(stage, side)
        # The node itself is told so late, and may take its time over each of the things that it reads.
        await stage.watch(READ_SLOWLY_S + stage.margin_s)
        for agent in stage.agents:
            await stage.switch.set_agent_state(agent.id, AgentState.AVAILABLE)
        await asyncio.gather(*(ask_for_everything(stage, node.host, EVERYBODY) for node in stage.nodes))
        # What is answered in the last moment of a gap may belong to what comes after it; and the node learns late what
        # became of people.
        await stage.watch(READ_SLOWLY_S + bounds.NOTICE_S + stage.margin_s)
        await stage.bite(slow)
    await stage.until_told(IN_SERVICE, within_s=FAIL_OVER_S, from_s=from_s)
    await stage.watch(SETTLE_S)
    await people.at_rest(stage)


async def _lost_while_read(stage: Stage, side: str) -> None:
    """That side's sessions are lost, and those that nodes open on the other one while agents and calls are being read
    over them; then both sides refuse for a few attempts."""
    other = "a" if side == "b" else "b"
    stage.step(f"side {side.upper()} is lost, and the sessions on side {other.upper()} while they are being read over")
    async with stage.fault(SlowLink(other, READ_SLOWLY_S)) as slow:
        opened = asyncio.create_task(_until_opened(stage, other))
        async with stage.fault(BrokenSessions(side)) as broken:
            await stage.bite(broken)
            await opened
        await stage.watch(READ_SLOWLY_S + stage.margin_s)
        async with stage.fault(LonelyNode(tuple(node.host for node in stage.nodes))) as refused:
            await stage.until_attempts(bounds.ATTEMPTS_MIN + 1, within_s=FAIL_OVER_S)
            await stage.bite(refused, slow)
            from_s = stage.now_s()
    await stage.until_told(IN_SERVICE, within_s=FAIL_OVER_S, from_s=from_s)
    await stage.watch(SETTLE_S)
    stage.step("nodes have been in service for a while")


async def _each_alone(stage: Stage) -> None:
    """Each node by itself loses its session and is refused any other, while the other one is in service."""
    for node in stage.nodes:
        stage.step(f"{node.host} alone is refused")
        begins_s = stage.now_s()
        async with stage.fault(LonelyNode((node.host,))) as refused:
            await stage.until_attempts(bounds.ATTEMPTS_MIN + 1, within_s=FAIL_OVER_S, host=node.host)
            await stage.bite(refused)
            from_s = stage.now_s()
        await stage.until_told(IN_SERVICE, within_s=FAIL_OVER_S, from_s=from_s, nodes=[node.host])
        await stage.watch(_quiet_s(stage, begins_s))
        stage.step(f"{node.host} has been in service again for a while")


async def _until_opened(stage: Stage, side: str) -> None:
    """Until each node has opened a session there, from now on."""
    opened: set[str | int] = set()

    def see(seen: Observation) -> str | None:
        if isinstance(seen, CtiSeen) and seen.step is CtiStep.OPEN_CONF and seen.side == side and not seen.is_ours:
            opened.add(seen.connection if seen.client is None else seen.client)
        return "opened" if len(opened) >= len(stage.nodes) else None

    await stage.until_seen(f"a session of each node on side {side.upper()}", see, within_s=FAIL_OVER_S)


LONG_B_BACK = _long("long-b-back", "Both sides refuse for a long time, then B is back", last="b")
LONG_A_BACK = _long("long-a-back", "Both sides refuse for a long time, then A is back", last="a")


ONE_ALONE = Experiment(
    "one-node-alone",
    "Each node alone loses its session, and both sides refuse it",
    _each_alone,
    needs=(*DUPLEX, needs_named_nodes, two_nodes),
)


# --- no B side -------------------------------------------------------------------------------------------------------


async def _simplex(stage: Stage) -> None:
    stage.step("side B is taken out of Finesse's administration")
    async with stage.fault(UnconfiguredBSide()) as simplex:
        await stage.bite(simplex)
        stage.step("side A is lost and refuses")
        async with stage.fault(RefusedSessions("a")) as refused, stage.fault(BrokenSessions("a")) as reset:
            await stage.bite(reset, refused)
            await stage.until_attempts(bounds.ATTEMPTS_LONG, within_s=3 * FAIL_OVER_S)
        stage.step("side A accepts again")
        await stage.until_told(IN_SERVICE, within_s=FAIL_OVER_S)
        await stage.watch(SETTLE_S)
        # What a node has been through once need not leave it as it was, and it notices this loss in another way.
        stage.step("side A is lost once more, by its heartbeats, and refuses otherwise")
        from_s = stage.now_s()
        async with (
            stage.fault(RefusedSessions("a", how=Refusal.CLOSE)) as refused,
            stage.fault(WithheldHeartbeats("a", "xxx")) as withheld,
        ):
            await stage.until_told(OUT_OF_SERVICE, within_s=FAIL_OVER_S, from_s=from_s)
            await stage.bite(withheld, refused)
            await stage.until_attempts(bounds.ATTEMPTS_LONG // 2 + 1, within_s=3 * FAIL_OVER_S)
        stage.step("side A accepts again")
        await stage.until_told(IN_SERVICE, within_s=FAIL_OVER_S)
        await stage.watch(SETTLE_S)
        if needs_named_nodes(stage.inventory) is None and two_nodes(stage.inventory) is None:
            await _each_alone(stage)
    await _duplex_again(stage)


async def _duplex_again(stage: Stage) -> None:
    """Side B is in the administration again, nodes have started with it, and side A is lost once more."""
    stage.step("side B is configured again")
    await stage.until_told(IN_SERVICE, within_s=FAIL_OVER_S)
    # To which side a node goes that has just been started is its own affair.
    for side in ("b", "a") if stage.side_in_use == "b" else ("a",):
        await stage.watch(SETTLE_S)
        stage.step(f"side {side.upper()} is lost, with both sides configured")
        await _lose(stage, BrokenSessions(side), then_s=2 * stage.heartbeat_interval_s)


SIMPLEX = Experiment(
    "simplex",
    "No B side is configured and side A is lost, twice; then once more, with a B side",
    _simplex,
    needs=(*DUPLEX, UnconfiguredBSide().unfit),
)
