"""How people ask in the AWDB experiments: one after the other, so that it can be told whose traffic it is.

Credentials are cached, so what is measured depends on who was asked when. Whoever is measured is spare: nothing but the
story asks anything in that name, and nobody has for half an hour.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from contextlib import asynccontextmanager

from chaos.clients.events import Leaving
from chaos.clients.rest import Answer
from chaos.errors import PeerError
from chaos.experiment import Stage, needs_awdb_pair, needs_link
from chaos.faults.broken_sessions import BrokenSessions
from chaos.history.awdb_links import SIDES
from chaos.subjects.administrator import Administrator
from chaos.subjects.agent import WorkingAgent
from chaos.verdicts import bounds
from chaos.verdicts.awdb.asks import ADMINISTRATOR_REQUESTS, AGENT_REQUESTS
from chaos.wire.finesse import Action, UserState
from chaos.wire.ged188 import AgentState

Person = WorkingAgent | Administrator

PAIR = (needs_awdb_pair,)
# How often somebody tries before giving up: once more than any product may take to notice that both AWDBs are lost.
TRIES = 4
# Nodes are back in service after a loss of their CTI server by then.
FAIL_OVER_S = 180.0
PAUSE_S = 1.0

# By the verb of the request, each resource that agents may ask for, and what any node shows an administrator.
AGENT_GETS = tuple(one for one in AGENT_REQUESTS if one.startswith("GET"))
AGENT_PUTS = tuple(one for one in AGENT_REQUESTS if one.startswith("PUT"))
AGENT_POSTS = tuple(one for one in AGENT_REQUESTS if one.startswith("POST"))
ADMINISTRATOR_GETS = tuple(one.partition(" ")[2] for one in ADMINISTRATOR_REQUESTS)

SIGN_IN = "GET User/{id}"
GET, PUT, POST = "GET Dialog/{id}", "PUT User/{id}", "POST User/{id}/Dialogs"
"""Requests that need good credentials and succeed for nobody who is not signed in: nothing is cached by them."""
NOBODYS = "GET User/{id}"
"""The same of an administrator: a user who does not exist is asked for."""


def was_let_in(answer: Answer) -> bool:
    return answer.status is not None and answer.status < 500 and answer.status != 401


async def ask_all(person: Person, requests: Iterable[str], times: int = 1) -> None:
    """Each of these once, and all of it so often."""
    for _ in range(times):
        for request in requests:
            await person.ask(request)


async def until_just_before(stage: Stage, end_s: float, host: str, requests: int) -> None:
    """Let time pass until somebody who has so many requests for that node just has them answered before the end of a
    half hour: on a mock at the margin, on a lab earlier by what its answers take."""
    room_s = min(stage.needed_s(host, requests), bounds.CACHE_EDGE_S - 2 * stage.margin_s)
    await stage.until_s(end_s - stage.margin_s - max(0.0, room_s))


async def ask_without_a_document(agent: WorkingAgent) -> None:
    """A state and a call, with a body that is no document: whoever is not known is told nothing of that."""
    await agent.rest.send("PUT", "User/{id}", f"User/{agent.id}", b"no document")
    await agent.rest.send("POST", "User/{id}/Dialogs", f"User/{agent.id}/Dialogs", b"no document")


async def ask_until_let_in(person: Person, request: str, tries: int = TRIES) -> bool:
    """Ask for the same thing until it is answered, a few times at most, with a short pause as a person makes it."""
    return await until_let_in(lambda: person.ask(request), tries)


async def until_let_in(ask: Callable[[], Awaitable[Answer | None]], tries: int = TRIES) -> bool:
    """The same, whatever it is that is asked for. What cannot be asked (None) is not let in."""
    for n in range(tries):
        if n:
            await asyncio.sleep(PAUSE_S)
        answer = await ask()
        if answer is None or was_let_in(answer):
            return answer is not None
    return False


async def ask_in_vain(person: Person, request: str, tries: int = bounds.TRIES_IN_VAIN) -> None:
    """Ask for the same thing so often, whatever comes of it."""
    for _ in range(tries):
        await person.ask(request)


@asynccontextmanager
async def signed_in_at_the_switch(stage: Stage, people: Sequence[WorkingAgent]) -> AsyncIterator[None]:
    """Spare people have a telephone that is signed in, past Finesse, so that what they ask for succeeds."""
    try:
        for one in people:
            await stage.switch.set_agent_state(one.id, AgentState.LOGIN, password=one.password)
        yield
    finally:
        for one in people:
            with contextlib.suppress(PeerError):  # the switch may have signed somebody out by itself
                await stage.switch.set_agent_state(one.id, AgentState.LOGOUT, password=one.password)


@asynccontextmanager
async def listening(people: Iterable[WorkingAgent]) -> AsyncIterator[None]:
    """Each of them has an event stream, if the node lets him, and leaves as a closed browser does."""
    try:
        for one in people:
            await one.events.open()
        yield
    finally:
        for one in people:
            await one.events.leave(Leaving.GOODBYE)


async def lose_cti_server(stage: Stage) -> None:
    """Where there are two of them and our links to them: nodes are out of service for a moment. Who is cached is cached
    all the same."""
    if any(needs_link(f"cti-{side}")(stage.inventory) for side in SIDES):
        return
    stage.step("nodes lose their CTI server, and go to the other one")
    from_s = stage.now_s()
    async with stage.fault(BrokenSessions(stage.side_in_use)) as lost:
        await stage.until_told("OUT_OF_SERVICE", "IN_SERVICE", within_s=FAIL_OVER_S, from_s=from_s)
        await stage.bite(lost)


async def call_and_hang_up(stage: Stage, caller: WorkingAgent, callee: WorkingAgent) -> None:
    """A request for a call that succeeds; the call is ended at the switch."""
    await caller.make_call(callee.agent.extension)
    for call in await stage.switch.calls_at(caller.agent.extension):
        await stage.switch.clear(caller.id, call)


# Between what is done at the switch and what is asked for: what happens then is nobody's doing but the node's.
APART_S = 1.5 * bounds.PUBLISH_S


async def ask_for_work_on_a_call(person: WorkingAgent, call_id: str) -> None:
    """Other data of a call that is up. (Its end shows nothing: whoever is outside may hang up by himself.)"""
    await person.act(Action.UPDATE_CALL_DATA, call_id, data={"callVariable2": f"asked by {person.id}"})


async def ask_for_work_without_a_call(person: WorkingAgent, number: str) -> None:
    """Another state, and a call."""
    await asyncio.gather(person.set_state(UserState.READY), person.make_call(number))


async def hang_up(stage: Stage, person: WorkingAgent) -> None:
    """At the switch: no call is up."""
    for left in await stage.switch.calls_at(person.agent.extension):
        await stage.switch.clear(person.id, left)


async def end_work(stage: Stage, person: WorkingAgent) -> None:
    """At the switch: no call is up, and the agent is Not Ready."""
    await hang_up(stage, person)
    await stage.switch.set_agent_state(person.id, AgentState.NOT_READY)
