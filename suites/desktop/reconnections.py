"""People at work while both nodes lose their CTI server, Ready or not, and what they are afterwards."""

from collections.abc import Mapping, Sequence

from chaos.experiment import Experiment, Stage, people
from chaos.experiment.experiment import needs_link
from chaos.faults.base import Fault
from chaos.faults.broken_sessions import BrokenSessions
from chaos.subjects.agent import WorkingAgent
from chaos.wire.finesse import UserState
from chaos.wire.ged188 import AgentState
from suites.cti.common import DUPLEX, FAIL_OVER_S, IN_SERVICE, OUT_OF_SERVICE
from suites.desktop.desks import PAUSE_S, all_at_once, be, talk

# After IN_SERVICE, until whatever comes of the fail-over has been told and looked at.
SHOWN_S = 12.0
TRAINING = 16


async def _reconnected(stage: Stage) -> None:
    stage.step("everybody signs in anew at the desktop")
    await all_at_once(*(_sign_in_anew(stage, one) for one in stage.agents))
    first, second = stage.agents[: len(stage.nodes)], stage.agents[len(stage.nodes) :]
    for side, idle, ready in (("a", first, second), ("b", second, first)):
        reason, after_s = _NEXT[side]
        await _side_is_lost(stage, side, idle, ready, later_s=after_s)
        if side == "b":
            stage.step("… and has had a call before")
            await all_at_once(*(_called(stage, *two) for two in zip(idle, ready, strict=False)))
        await all_at_once(*(_not_ready(stage, one, reason) for one in ready))
    await _side_is_lost(stage, "a", first, second)
    stage.step("… during a call")
    await all_at_once(*(_not_ready_on_call(stage, *two) for two in zip(first, second, strict=False)))
    await _both_are_lost(stage, first, second)
    for one in stage.agents:
        await one.find_out_whom_it_leads(stage.agents)
    await _is_lost_with_all_ready(stage, "b", "somebody else asks for it")
    led = _led(stage.agents)
    await all_at_once(*(_is_put_not_ready(stage, one, led.get(one)) for one in stage.agents))
    await _is_lost_with_all_ready(stage, "a", "he asks for it, and has asked for Ready once more before")
    await _all_be_ready(stage)
    await stage.watch(SHOWN_S / 2)
    await all_at_once(*(_not_ready(stage, one, None) for one in stage.agents))
    await _is_lost_with_all_ready(stage, "b", "he asks for it, or is called and in Wrap-Up before")
    await all_at_once(*(_wraps_up(stage, *two) for two in zip(first, second, strict=False)))
    stage.step("over")


async def _side_is_lost(
    stage: Stage, side: str, idle: Sequence[WorkingAgent], ready: Sequence[WorkingAgent], *, later_s: float = 0.0
) -> None:
    """later_s: so long it is quiet before, and so long after, until those who are Ready are Not Ready."""
    stage.step(f"side {side.upper()} is lost; some are Ready, the others Not Ready for another reason, or for none")
    for one in idle:
        await be(stage, one, UserState.READY)
        await one.set_state(UserState.NOT_READY, _WHY[side])
        await stage.pause(PAUSE_S)
        if _WHY[side] is None and one.must_say_why:  # there nobody has none but who has just signed in
            await _sign_in_anew(stage, one)
    for one in ready:
        await be(stage, one, UserState.READY)
    await stage.watch(SHOWN_S + later_s)  # for a while, too, before it
    await _lose(stage, BrokenSessions(side))
    stage.step("who was Ready is Not Ready now, by his own request")
    await stage.watch(later_s)


async def _both_are_lost(stage: Stage, first: Sequence[WorkingAgent], second: Sequence[WorkingAgent]) -> None:
    stage.step("both sides are lost, one after the other, while some are Ready, who are Not Ready only then")
    await _all_be_ready(stage)
    # Who calls is Not Ready since, for a reason that is neither his own nor the lost connection's.
    await all_at_once(*(_called(stage, *two) for two in zip(second, first, strict=False)))
    for one in first:
        await be(stage, one, UserState.READY)
    await stage.watch(SHOWN_S)
    for side in ("b", "a"):
        await _lose(stage, BrokenSessions(side))
    await all_at_once(*(_not_ready(stage, one, None) for one in first))


async def _is_lost_with_all_ready(stage: Stage, side: str, by: str) -> None:
    stage.step(f"side {side.upper()} is lost; who was Ready is Not Ready afterwards because {by}")
    await _all_be_ready(stage)
    await stage.watch(SHOWN_S)
    await _lose(stage, BrokenSessions(side))


async def _all_be_ready(stage: Stage) -> None:
    for one in stage.agents:
        await be(stage, one, UserState.READY)


async def _sign_in_anew(stage: Stage, one: WorkingAgent) -> None:
    await be(stage, one, UserState.LOGOUT)
    await one.sign_in()
    await stage.pause(PAUSE_S)


async def _lose(stage: Stage, fault: Fault) -> None:
    from_s = stage.now_s()
    async with stage.fault(fault) as under_way:
        await stage.until_told(OUT_OF_SERVICE, IN_SERVICE, within_s=FAIL_OVER_S, from_s=from_s)
        await stage.bite(under_way)
        await stage.watch(SHOWN_S)
        await all_at_once(*(_looks(one) for one in stage.agents))


async def _called(stage: Stage, calling: WorkingAgent, called: WorkingAgent) -> None:
    await talk(stage, calling, called)
    await people.hang_up(stage, calling)
    await stage.watch(SHOWN_S / 2)


async def _wraps_up(stage: Stage, calling: WorkingAgent, called: WorkingAgent) -> None:
    await talk(stage, calling, called)
    await be(stage, called, UserState.WORK)
    await people.hang_up(stage, calling)
    await stage.watch(SHOWN_S / 2)
    await _not_ready(stage, called, None)


# What those are Not Ready for who are so before it.
_WHY = {"a": TRAINING, "b": None}
# The next change to Not Ready: at once and without a reason, or after a while and for one. What is owed, is so for it.
_NEXT = {"a": (None, 0.0), "b": (TRAINING, 45.0)}


async def _not_ready(stage: Stage, one: WorkingAgent, reason: int | None) -> None:
    """And once more, for a reason of his own, which is his own then."""
    await one.set_state(UserState.NOT_READY, reason)
    await stage.watch(SHOWN_S / 2)
    await one.user()
    await be(stage, one, UserState.READY)
    await one.set_state(UserState.NOT_READY, TRAINING)
    await stage.watch(SHOWN_S / 2)


async def _not_ready_on_call(stage: Stage, calling: WorkingAgent, called: WorkingAgent) -> None:
    """He asks for it while he talks, and is it when the call is over."""
    await talk(stage, calling, called)
    await called.set_state(UserState.NOT_READY, TRAINING)
    await stage.watch(SHOWN_S / 2)
    await people.hang_up(stage, calling)
    await stage.watch(SHOWN_S / 2)
    await called.user()


def _led(people: Sequence[WorkingAgent]) -> Mapping[WorkingAgent, WorkingAgent]:
    """At each node one of these who is led by another, and by whom, if anybody is."""
    pairs = [(one, other) for one in people for other in people if other.leads(one) and other.node == one.node]
    return dict({one.node.host: (one, other) for one, other in pairs}.values())


async def _is_put_not_ready(stage: Stage, one: WorkingAgent, leader: WorkingAgent | None) -> None:
    """By a supervisor of his, or at his telephone."""
    if leader is None:
        await stage.switch.set_agent_state(one.id, AgentState.NOT_READY)
    else:
        await leader.set_state_of(one, UserState.NOT_READY)
    await stage.watch(SHOWN_S / 2)
    await one.user()


async def _looks(one: WorkingAgent) -> None:
    await one.user()


RECONNECTED = Experiment(
    "reconnected",
    "Both nodes lose their CTI server and find the other one, while people are Ready and Not Ready",
    _reconnected,
    agents=4,
    needs=(*DUPLEX, needs_link("cti-b")),
)
