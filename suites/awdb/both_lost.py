"""Experiments in which both AWDBs are lost while people's credentials are cached, and while nothing is processed."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager

from chaos.experiment import Experiment, Stage, needs_outside_number
from chaos.faults.refused_awdb import RefusedAwdb
from chaos.faults.silent_awdb_link import SilentAwdbLink
from chaos.subjects.administrator import Administrator
from chaos.subjects.agent import WorkingAgent
from chaos.verdicts import bounds
from chaos.verdicts.awdb.asks import AGENT_REQUESTS
from chaos.verdicts.awdb.failing_over import LONG_S
from chaos.wire.finesse import UserState
from chaos.wire.ged188 import AgentState
from suites.awdb.asking import (
    ADMINISTRATOR_GETS,
    APART_S,
    GET,
    NOBODYS,
    PAIR,
    POST,
    PUT,
    SIGN_IN,
    Person,
    ask_all,
    ask_for_work_on_a_call,
    ask_for_work_without_a_call,
    ask_until_let_in,
    call_and_hang_up,
    end_work,
    listening,
    lose_cti_server,
    signed_in_at_the_switch,
    until_just_before,
)

_LIFE_S = bounds.CACHE_LIFE_S
# The nodes' half hours begin so far apart that the looks at their ends do not run into one another.
_APART_S = 20.0
# The second group's half hours begin so much later: time to lose both AWDBs in the other order before they end.
_LATER_S = 240.0
# From a request that needs an AWDB until its node begins to try one, with room.
_NOTICED_S = 0.5
# Until what has happened must have been told, with room.
_SETTLED_S = 1.5 * bounds.PUBLISH_S
# What is asked for just before the end by whoever is cached by a PUT or a POST.
_EARLY = (GET, "PUT Dialog/{id}", POST)


@asynccontextmanager
async def refusing(stage: Stage, *order: str) -> AsyncIterator[None]:
    """Both AWDBs refuse, and were lost in that order; both are back when this ends."""
    async with AsyncExitStack() as faults:
        for side in order:
            lost = await faults.enter_async_context(stage.fault(RefusedAwdb(side)))
            await stage.bite(lost)
            await stage.watch(1.0)
        await stage.look_at_awdbs()
        yield
        await stage.look_at_awdbs()


# --- credentials are cached ------------------------------------------------------------------------------------------


class _AtNode:
    """The people of one node, by what is looked at with them, and when their half hours began.

    early, late: ask just before the end, and just after; put_… and post_…: cached by another verb than GET. prolonged,
    prolonged_too, patient: succeed with something else in between, by a PUT, a POST, and several GETs.
    """

    def __init__(self, people: Sequence[WorkingAgent], administrator: Administrator) -> None:
        (
            self.early, self.late, self.prolonged, self.prolonged_too, self.patient,
            self.put_early, self.put_late, self.post_early, self.post_late,
        ) = people  # fmt: skip
        self.administrator = administrator
        self._begun_s: dict[str, float] = {}

    @property
    def with_telephones(self) -> tuple[WorkingAgent, ...]:
        """Whose requests to call, and for another state, are to succeed."""
        return self.prolonged, self.prolonged_too, self.put_early, self.put_late, self.post_early, self.post_late

    async def begin(self, stage: Stage, person: Person, request: Awaitable[object]) -> None:
        """The person's half hour begins with that request."""
        self._begun_s[person.id] = stage.now_s()
        await request

    def begun_s(self, person: Person) -> float:
        return self._begun_s[person.id]

    async def until_just_before(self, stage: Stage, person: Person, requests: int) -> None:
        await until_just_before(stage, self._begun_s[person.id] + _LIFE_S, person.node.host, requests)


async def _both_lost(stage: Stage) -> None:
    rows = await stage.fresh(9)
    nodes = [_AtNode(people, one) for *people, one in zip(*rows, stage.administrators, strict=True)]
    # The publisher's is looked at after the end, which takes no fresh credentials, the others' before it.
    others = [one for one in nodes if not stage.is_at_publisher(one.administrator)]
    await stage.until_lapsed(*(one.administrator for one in others))
    async with signed_in_at_the_switch(stage, [someone for one in nodes for someone in one.with_telephones]):
        stage.step("the first group is authenticated, and the administrator")
        await _first_begins(stage, nodes)
        async with refusing(stage, "b", "a"):
            stage.step("both AWDBs refuse, the secondary was lost first; people ask whose credentials are cached")
            for one in nodes:
                await _asks_much(one.early)
            for one in others:
                await administrator_asks_much(one.administrator)
        stage.step("both are back; the second group is authenticated")
        await _second_begins(stage, nodes)
        async with refusing(stage, "a", "b"):
            stage.step("both AWDBs refuse, the primary was lost first; people ask whose credentials are cached")
            for one in nodes:
                await _asks_much(one.put_early)
                await ask_all(one.put_late, (GET, PUT, POST))
                await _in_between(stage, one)
            await lose_cti_server(stage)
            stage.step("a quarter of an hour later")
            await stage.until_s(nodes[-1].begun_s(nodes[-1].early) + _LIFE_S / 2)
            for one in nodes:
                await ask_all(one.early, AGENT_REQUESTS)
                await _opens_a_stream(one.early)
            stage.step("the half hours of the first group end: some ask just before, some just after")
            for one in nodes:
                await _first_ends(stage, one, is_publisher=one not in others)
        stage.step("both are back for a moment")
        await stage.hear()
        async with refusing(stage, "b", "a"):
            stage.step("both are lost once more, the secondary first; the half hours of the second group end")
            for one in nodes:
                await _second_ends(stage, one)
            stage.step("half an hour after what the first group asked for in between")
            for one in nodes:
                await _after_in_between(stage, one)


async def _first_begins(stage: Stage, nodes: Sequence[_AtNode]) -> None:
    for one in nodes:
        await stage.hear(one.early.node.host)
        for someone in (one.early, one.late, one.prolonged, one.prolonged_too, one.patient):
            await one.begin(stage, someone, someone.ask(SIGN_IN))
        await _opens_a_stream(one.early)
        await one.prolonged.learn_reasons()  # his PUT is to succeed, wherever a reason is demanded
        await one.begin(stage, one.administrator, one.administrator.ask("GET Users"))
        await stage.watch(_APART_S)


async def _second_begins(stage: Stage, nodes: Sequence[_AtNode]) -> None:
    """By a sign-in, and by a call."""
    await stage.until_s(nodes[0].begun_s(nodes[0].early) + _LATER_S)
    for one in nodes:
        await stage.hear(one.early.node.host)
        for someone in (one.put_early, one.put_late):
            await one.begin(stage, someone, someone.sign_in())
        for someone in (one.post_early, one.post_late):
            await one.begin(stage, someone, call_and_hang_up(stage, someone, one.put_early))
        # Who is signed out as an agent is cached as he was: that is another thing.
        await one.put_late.go_away(UserState.LOGOUT)
        await stage.watch(_APART_S)


async def _opens_a_stream(someone: WorkingAgent) -> None:
    """As his desktop does, and leaves: he signs in for that with the same credentials."""
    async with listening([someone]):
        pass


async def _asks_much(someone: WorkingAgent) -> None:
    """Everything, twice; each verb after a wrong password, after a request that failed, and after a good one; and
    several at once, as a desktop does that has just been loaded."""
    await ask_all(someone, AGENT_REQUESTS)
    await asyncio.gather(*(someone.ask(request) for request in (SIGN_IN, PUT, POST, GET)))
    for request in (SIGN_IN, PUT, POST):
        await someone.ask_wrongly()
        await someone.ask(request)
        await someone.ask(GET)
        await someone.ask(request)
    await ask_all(someone, (*AGENT_REQUESTS, SIGN_IN, PUT, SIGN_IN, POST))


async def administrator_asks_much(administrator: Administrator) -> None:
    await ask_all(administrator, ADMINISTRATOR_GETS, 2)
    await administrator.ask_wrongly()
    await administrator.ask("GET Users")
    await administrator.ask(NOBODYS)
    await administrator.ask("GET Users")


async def _in_between(stage: Stage, one: _AtNode) -> None:
    """What succeeds may make the half hour begin anew; what fails, and a wrong password, must not."""
    await one.prolonged.ask(PUT)
    await call_and_hang_up(stage, one.prolonged_too, one.put_early)
    await ask_all(one.patient, (SIGN_IN, "GET User/{id}/Dialogs", "GET User/{id}/ReasonCodes", SIGN_IN))
    await one.late.ask_wrongly()
    await ask_all(one.late, (GET, "PUT Dialog/{id}", POST))


async def _first_ends(stage: Stage, one: _AtNode, *, is_publisher: bool) -> None:
    host = one.early.node.host
    await stage.until_s(one.begun_s(one.early) + _LIFE_S - bounds.CACHE_EDGE_S - 5.0)
    await stage.hear(host)
    await one.until_just_before(stage, one.early, len(AGENT_REQUESTS) + (not is_publisher))
    await ask_all(one.early, AGENT_REQUESTS)
    if is_publisher:
        await stage.until_idle(one.administrator, _LIFE_S + stage.margin_s)
        await one.administrator.ask(NOBODYS)
    else:
        await one.until_just_before(stage, one.administrator, 1)
        await one.administrator.ask(NOBODYS)
    await stage.until_idle(one.late, _LIFE_S + stage.margin_s)
    await ask_all(one.late, (GET, PUT, POST))
    await stage.hear(host)
    # These were let in since, and whether that has prolonged their half hours has to be the same for all of them.
    for someone in (one.early, one.prolonged, one.prolonged_too):
        await someone.ask(GET)


async def _second_ends(stage: Stage, one: _AtNode) -> None:
    for someone in (one.put_early, one.post_early):
        await one.until_just_before(stage, someone, len(_EARLY))
        await ask_all(someone, _EARLY)
    for someone in (one.put_late, one.post_late):
        await stage.until_idle(someone, _LIFE_S + stage.margin_s)
        await ask_all(someone, (GET, PUT, POST))


async def _after_in_between(stage: Stage, one: _AtNode) -> None:
    for someone in (one.prolonged, one.prolonged_too):
        await stage.until_idle(someone, _LIFE_S - stage.margin_s)
        await someone.ask(GET)
    await stage.until_idle(one.patient, _LIFE_S + stage.margin_s)
    await ask_all(one.patient, (GET, PUT, POST))


BOTH_LOST = Experiment(
    "both-lost", "Both AWDBs refuse for more than half an hour, lost in either order, while credentials are cached",
    _both_lost, awdb_lingers=True, agents=4, spare=18, quiet=True, needs=PAIR,
)  # fmt: skip


# --- both fall silent: whoever tries to connect waits ----------------------------------------------------------------


async def _both_silent(stage: Stage) -> None:
    doors = stage.inventory.other_transports
    strangers, known, *others = await stage.fresh(2 + len(doors))
    half = len(strangers)
    listeners = [stage.by_door(one, door) for row, door in zip(others, doors, strict=True) for one in row]
    async with listening(listeners), signed_in_at_the_switch(stage, listeners):
        await _both_fall_silent(stage, strangers, known, [*stage.agents[half : 2 * half], *listeners])


async def _both_fall_silent(
    stage: Stage, strangers: Sequence[WorkingAgent], known: Sequence[WorkingAgent], workers: Sequence[WorkingAgent]
) -> None:
    """workers: to whom things happen at the switch, of each node one, and one more for each other kind of door by which
    people are told."""
    for administrator in stage.administrators:
        await administrator.ask("GET Users")
    for someone in (*known, *workers):
        await someone.ask(SIGN_IN)
    stage.step("at the switch something happens to an agent of each node, who is told of it, as his team is")
    followers = {one.id: one for one in (*stage.agents, *workers)}
    await asyncio.gather(*(one.follow_team() for one in followers.values()))
    for worker in workers:
        await _happen(stage, worker)
    async with stage.fault(SilentAwdbLink("b")) as secondary:
        async with stage.fault(SilentAwdbLink("a")) as primary:
            stage.step("both AWDBs fall silent")
            await stage.bite(secondary, primary)
            await stage.look_at_awdbs()
            await _both_fail_over(stage, strangers, workers)
            await stage.look_at_awdbs()
            stage.step("nobody makes a node try: who is cached asks, and then who is not")
            for someone in known:
                await ask_all(someone, (SIGN_IN, GET, PUT, POST))
            await stage.look_at_awdbs()
            for stranger in strangers:
                await ask_all(stranger, (GET, PUT))
                await stage.look_at_awdbs()
        stage.step("the primary AWDB is back, and the same happens to the same agents once more")
        for n, stranger in enumerate(strangers):
            await ask_until_let_in(stranger, GET)
            for worker in workers[n :: len(strangers)]:
                await _happen(stage, worker)


async def _both_fail_over(stage: Stage, strangers: Sequence[WorkingAgent], workers: Sequence[WorkingAgent]) -> None:
    """One node after the other: whose attempts these are must be told."""
    for n, (stranger, administrator) in enumerate(zip(strangers, stage.administrators, strict=True)):
        colleague, there = stage.agents[n], workers[n :: len(strangers)]
        stage.step(f"at {stranger.node.host}: an agent without cached credentials asks; others ask, and work")
        await stranger.ask(GET)  # the connection that has fallen silent is given up
        for on_call in (True, False):
            await _meanwhile(stage, stranger, administrator, colleague, there, on_call=on_call)


async def _meanwhile(
    stage: Stage,
    stranger: WorkingAgent,
    administrator: Administrator,
    colleague: WorkingAgent,
    workers: Sequence[WorkingAgent],
    *,
    on_call: bool,
) -> None:
    """The node tries to connect to an AWDB for the stranger; meanwhile everybody else asks, and events happen.

    on_call: the colleague has a call, and asks for other data of it; else for another state, and for a call, and what
    happens does so once the node has been trying for some time, to whoever has a request waiting himself.
    """
    number = _number(stage)
    call = await stage.switch.make_call(colleague.id, number) if on_call else None
    await stage.watch(APART_S)
    asked_s = stage.now_s()
    asking = asyncio.ensure_future(stranger.ask(GET))
    await stage.watch(1.0)
    others = [asyncio.ensure_future(colleague.ask(request)) for request in AGENT_REQUESTS]
    others += [asyncio.ensure_future(administrator.ask(request)) for request in ADMINISTRATOR_GETS]
    if on_call:
        await _happen_to_all(stage, workers, settles=True)
    else:
        others += [asyncio.ensure_future(worker.ask(GET)) for worker in workers]
    await stage.watch(APART_S)
    if call is None:
        work = ask_for_work_without_a_call(colleague, number)
    else:
        work = ask_for_work_on_a_call(colleague, str(call.call_id))
    under_way = asyncio.gather(asking, work, *others)
    if not on_call:
        await stage.until_s(asked_s + LONG_S + _NOTICED_S)
        await _happen_to_all(stage, workers)
    await under_way
    await stage.watch(1.0)
    await end_work(stage, colleague)


async def _happen_to_all(stage: Stage, workers: Sequence[WorkingAgent], *, settles: bool = False) -> None:
    for worker in workers:
        await _happen(stage, worker, settles=settles)


async def _happen(stage: Stage, worker: WorkingAgent, *, settles: bool = False) -> None:
    """At the switch: other states, and a call that comes, has other data, and goes. settles: nothing more happens to
    the call until it must have been told."""
    for state in (AgentState.AVAILABLE, AgentState.NOT_READY):
        await stage.switch.set_agent_state(worker.id, state)
    call = await stage.switch.make_call(worker.id, _number(stage))
    await stage.watch(0.2)
    await stage.switch.set_call_data(call, {"callVariable1": "changed"})
    await stage.watch(_SETTLED_S if settles else 0.2)
    for left in await stage.switch.calls_at(worker.agent.extension):
        await stage.switch.clear(worker.id, left)
    await stage.watch(0.2)


def _number(stage: Stage) -> str:
    """Whom people call."""
    return stage.inventory.outside_number or ""


BOTH_SILENT = Experiment(
    "both-silent",
    "Both AWDBs fall silent",
    _both_silent,
    agents=4,
    spare=8,
    quiet=True,
    needs=(*PAIR, needs_outside_number),
)
