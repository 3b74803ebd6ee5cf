"""What people do at desks of their own, which are left and come back to. Nothing here is judged."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any

from chaos.clients.cti import CallRef
from chaos.clients.events import EventStream, Leaving
from chaos.errors import EvidenceError
from chaos.experiment import Stage
from chaos.experiment.experiment import needs_link
from chaos.experiment.waiting import first_of
from chaos.faults.left_client import LeftClient
from chaos.inventory import Inventory
from chaos.inventory.model import Transport
from chaos.subjects.agent import WorkingAgent
from chaos.wire.finesse import UserState
from chaos.wire.ged188 import AgentState

GOODBYE, END, DROP, SILENCE, SLOW = Leaving
PAUSE_S = 0.7
# From Unavailable to a forced logout, and to where one that is due has surely come; and from a crash (clauses 03, 04).
SURELY_S = 70.0
CRASH_NOTICED_S = 125.0
CRASH_SURELY_S = 190.0


def two_nodes(inventory: Inventory) -> str | None:
    """A need of an experiment: another node to sign in at."""
    return None if len(inventory.finesse_nodes()) > 1 else "the inventory names one Finesse node only"


def with_desks(each: int, *more: object) -> dict[str, object]:
    """What an experiment needs in which so many people of each LOAD leave their desks at each node."""
    return {"needs": (needs_link("cti-a"), desks_needed(each), *more), "spare": 2 * each, "polls": False}


def desks_needed(each: int) -> Callable[[Inventory], str | None]:
    """A need of an experiment: so many spare people of LOAD 0 at each node. Of LOAD 1 a lab may have none."""

    def look(inventory: Inventory) -> str | None:
        nodes = len(inventory.finesse_nodes())
        for n in range(nodes):
            # Everybody works at the nodes by turns; the first of them are at work all the time.
            spare = [one for i, one in enumerate(inventory.agents) if i >= inventory.at_work and i % nodes == n]
            if sum(one.load == 0 for one in spare) < each:
                return f"{each} spare agents of LOAD 0 are needed at each node: name more of them"
        return None

    return look


async def all_at_once(*work: Coroutine[Any, Any, None]) -> None:
    """Raises what the first of them raises, once the others are ended."""
    try:
        async with asyncio.TaskGroup() as group:
            for one in work:
                group.create_task(one)
    except BaseExceptionGroup as failed:
        raise first_of(failed) from failed


async def sit_down(stage: Stage, one: WorkingAgent) -> None:
    """Sign in with an event stream, and be Not Ready. Nobody tells anything of whom an earlier experiment left signed
    in, so the switch is asked."""
    if not one.events.is_open and not await one.events.open():
        raise EvidenceError(f"{one.id} has no event stream at {one.node.host}")
    await one.sign_in()
    await stage.pause(PAUSE_S)
    await stage.switch.look_at(one.id)


async def stand_up(stage: Stage, one: WorkingAgent) -> None:
    """Be Not Ready, sign out, and go."""
    if await stage.switch.agent_state(one.id) is not AgentState.LOGOUT:
        await one.set_state(UserState.NOT_READY)
        await stage.pause(PAUSE_S)
        await one.set_state(UserState.LOGOUT)
        await stage.pause(PAUSE_S)
    await one.events.close()


async def be(stage: Stage, one: WorkingAgent, state: UserState, reason: int | None = None) -> None:
    """Ask for a state at the desktop, for a reason if one is given."""
    await one.set_state(state, reason)
    await stage.pause(PAUSE_S)


async def talk(stage: Stage, first: WorkingAgent, second: WorkingAgent) -> CallRef:
    """A call between two people."""
    made = await stage.switch.make_call(first.id, second.agent.extension)
    await stage.pause(PAUSE_S)
    await stage.switch.answer(second.id, made)
    await stage.pause(PAUSE_S)
    return made


async def consult(stage: Stage, one: WorkingAgent, call: CallRef, third: WorkingAgent) -> CallRef:
    """He puts that call on hold, and calls a third one, who answers."""
    consulted = await stage.switch.consult(one.id, call, third.agent.extension)
    await stage.pause(PAUSE_S)
    await stage.switch.answer(third.id, consulted)
    await stage.pause(PAUSE_S)
    return consulted


async def confer(stage: Stage, host: WorkingAgent, call: CallRef, third: WorkingAgent) -> CallRef:
    """The host of that call adds a third party to it."""
    consulted = await consult(stage, host, call, third)
    made = await stage.switch.conference(host.id, call, consulted)
    await stage.pause(PAUSE_S)
    return made


async def wrap_up(stage: Stage, first: WorkingAgent, second: WorkingAgent, wrap: UserState = UserState.WORK) -> None:
    """Both are in Wrap-Up, after a call of theirs. wrap: WORK, after which they would be Not Ready, or WORK_READY."""
    made = await talk(stage, first, second)
    for one in (first, second):
        await be(stage, one, wrap)
    await stage.switch.clear(first.id, made)
    await stage.pause(PAUSE_S)


@asynccontextmanager
async def away(stage: Stage, one: WorkingAgent, how: Leaving, *, for_s: float) -> AsyncIterator[None]:
    """The person's client leaves, and is back so long after, or when the block ends, if that takes longer."""
    left_s = stage.now_s()
    async with stage.fault(LeftClient(one.id, how)) as left:
        await stage.bite(left)
        yield
        await stage.until_s(left_s + for_s)


async def leave_and_come_back(stage: Stage, one: WorkingAgent, how: Leaving, *, for_s: float) -> None:
    async with away(stage, one, how, for_s=for_s):
        pass
    await stage.pause(PAUSE_S)
    await one.user()


async def until_forgotten(stage: Stage) -> None:
    """Whoever had a client at the other node in the experiment before this one is logged out by it within the minute:
    by then that is over (DESKTOP-12), and costs nobody here his state."""
    stage.step("a minute has passed since people left other nodes")
    await stage.watch(SURELY_S)


async def second_window(stage: Stage, one: WorkingAgent) -> EventStream:
    second = stage.second_client(one)
    if not await second.open():
        raise EvidenceError(f"{one.id} has no second event stream at {one.node.host}")
    return second


async def comes_by(stage: Stage, one: WorkingAgent, transport: Transport) -> None:
    await one.events.leave(GOODBYE)
    one.events.come_by(transport)
    await sit_down(stage, one)
