"""An experiment in which both AWDBs are lost after everybody's credentials have lapsed."""

import asyncio
import itertools
from collections.abc import Sequence
from dataclasses import dataclass

from chaos.experiment import Experiment, Stage, needs_outside_number, needs_plain_desktop
from chaos.faults.refused_awdb import RefusedAwdb
from chaos.faults.silent_awdb_link import SilentAwdbLink
from chaos.history.awdb_links import SIDES
from chaos.subjects.administrator import Administrator
from chaos.subjects.agent import WorkingAgent
from chaos.subjects.desktop import PlainDesktop
from chaos.verdicts.awdb.asks import AGENT_REQUESTS
from chaos.verdicts.awdb.settings import AT_EVERY_NODE, ON_THE_PUBLISHER
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
    ask_all,
    ask_for_work_on_a_call,
    ask_for_work_without_a_call,
    ask_until_let_in,
    ask_without_a_document,
    end_work,
    hang_up,
    signed_in_at_the_switch,
)
from suites.awdb.both_lost import administrator_asks_much, refusing

_LATER_S = 300.0
_TRIES = 3
# Until a number outside has answered.
ANSWERED_S = 5.0
# What somebody who is signed in asks for: whatever it is, nobody can say who that is.
_STATES = (UserState.LOGOUT, UserState.READY, UserState.NOT_READY)


@dataclass(frozen=True, slots=True)
class _AtNode:
    """Who is at one node. colleagues: two who work all the time. signed_in, newcomers: two desktops each, if this lab's
    can be read: of people who sign in before (signed_in_people), and of people who try to. everybody: whoever is spare,
    with a desktop of each kind but for those who try to, at which each is looked at once: what is shown must not depend
    on who it is."""

    host: str
    is_publisher: bool
    colleagues: Sequence[WorkingAgent]
    administrator: Administrator
    signed_in: Sequence[PlainDesktop]
    signed_in_people: Sequence[WorkingAgent]
    newcomers: Sequence[PlainDesktop]
    everybody: Sequence[tuple[WorkingAgent, Sequence[PlainDesktop]]]

    @property
    def signs_in(self) -> Sequence[PlainDesktop]:
        """Whoever signs in while there are AWDBs, and once more while he is cached."""
        return (*self.signed_in, *(desktops[0] for _, desktops in self.everybody if desktops))

    async def administrate(self, *, otherwise: bool = False) -> None:
        """Read settings, and save them as they are: nothing would change if it were let through. otherwise: then with
        names in other letters, too, which shows afterwards if it was refused and done all the same."""
        if self.is_publisher:
            for setting in ON_THE_PUBLISHER:
                await self.administrator.read(setting)
            for setting in ON_THE_PUBLISHER:
                await self.administrator.save(setting)
                if otherwise:
                    await self.administrator.save_otherwise(setting)
            await self.administrator.use_console()
            await (self.administrator.console.change() if otherwise else self.administrator.console.read())


async def _people(stage: Stage) -> tuple[Sequence[_AtNode], list[WorkingAgent], list[WorkingAgent]]:
    """The nodes, whoever has to be forgotten before both AWDBs are lost, and those of them who sign in to a desktop and
    have telephones: what they ask for there could be done."""
    rows = await stage.fresh(4)
    can_be_read = needs_plain_desktop(stage.inventory) is None
    new = {someone.id for row in rows[2:] for someone in row}
    nodes = []
    for n, administrator in enumerate(stage.administrators):
        desktops = [stage.desktop(row[n]) for row in rows] if can_be_read else []
        nodes.append(
            _AtNode(
                host=administrator.node.host,
                is_publisher=stage.is_at_publisher(administrator),
                colleagues=stage.agents[n :: len(stage.administrators)],
                administrator=administrator,
                signed_in=desktops[:2],
                signed_in_people=[row[n] for row in rows[:2]],
                newcomers=desktops[2:],
                everybody=[
                    (one, [stage.desktop(one), stage.desktop(one)] if can_be_read and one.id not in new else [])
                    for one in stage.spare
                    if one.node.host == administrator.node.host
                ],
            )
        )
    return nodes, list(stage.spare), [someone for row in rows[:2] for someone in row]


async def _nobody_cached(stage: Stage) -> None:
    nodes, spare, with_telephones = await _people(stage)
    async with signed_in_at_the_switch(stage, with_telephones):
        await _nobody_is_let_in(stage, nodes, spare)


async def _nobody_is_let_in(stage: Stage, nodes: Sequence[_AtNode], spare: Sequence[WorkingAgent]) -> None:
    (at_publisher,) = (one.administrator for one in nodes if one.is_publisher)
    await stage.until_lapsed(at_publisher, *stage.agents)
    await _are_cached(stage, nodes, at_publisher)
    stage.step("half an hour passes")
    await stage.until_lapsed(*stage.agents, *stage.administrators, *spare)
    async with stage.fault(RefusedAwdb("b")) as secondary:
        await stage.bite(secondary)
        async with stage.fault(RefusedAwdb("a")) as primary:
            await stage.bite(primary)
            await _ask_for_everything(stage, nodes)
        stage.step("the primary AWDB is back")
        await _until_one_answers(stage, nodes)
    async with stage.fault(RefusedAwdb("a")) as primary:
        await stage.bite(primary)
        async with stage.fault(RefusedAwdb("b")) as secondary:
            await stage.bite(secondary)
            await _ask_once_more(stage, nodes)
        stage.step("the secondary AWDB is back")
        await _until_one_answers(stage, nodes)
    async with stage.fault(SilentAwdbLink("b")) as secondary:
        async with stage.fault(SilentAwdbLink("a")) as primary:
            stage.step("both fall silent, and nobody is cached: people ask, and the administrator does")
            await stage.bite(secondary, primary)
            await stage.look_at_awdbs()
            for one in nodes:
                await _asks_into_silence(stage, one)
            await stage.look_at_awdbs()
        stage.step("the primary AWDB is back")
        await _until_one_answers(stage, nodes)
        await _are_let_in(stage, nodes, at_publisher)


async def _are_cached(stage: Stage, nodes: Sequence[_AtNode], at_publisher: Administrator) -> None:
    """People sign in and ask, once with both AWDBs there, and once while neither is and they are cached."""
    stage.step("two people sign in to each node's desktop; the administrator reads and saves settings")
    for one in nodes:
        await stage.hear(one.host)
        await ask_all(one.administrator, ADMINISTRATOR_GETS)
        await one.administrate()
        for colleague in one.colleagues:
            await colleague.find_out_whom_it_leads(stage.agents)
        for desktop in one.signs_in:
            await desktop.sign_in()
    async with refusing(stage, "b", "a"):
        stage.step("both AWDBs refuse for a moment; who is cached asks: administrator, supervisors, at desktops")
        await administrator_asks_much(at_publisher)
        for one in nodes:
            await stage.hear(one.host)
            for colleague in one.colleagues:
                await colleague.look_after(stage.agents)
            for desktop in one.signs_in:
                await desktop.sign_in()
            await stage.hear(one.host)


async def _ask_for_everything(stage: Stage, nodes: Sequence[_AtNode]) -> None:
    await stage.look_at_awdbs()
    stage.step("both AWDBs refuse, and nobody is cached: everybody asks for everything")
    for one in nodes:
        await _everybody_asks(stage, one, _TRIES)
    await stage.look_at_awdbs()
    for one in nodes:
        await _each_asks(stage, one)
        await _ask_at_once(stage, one)
        await stage.look_at_awdbs()
    stage.step("people who are at work ask for what could be done")
    for one in nodes:
        await _work_is_asked_for(stage, one)
        await _is_asked_at_work(stage, one)
    await stage.look_at_awdbs()
    await stage.watch(_LATER_S)
    stage.step("some minutes later everybody asks again")
    for one in nodes:
        await _everybody_asks(stage, one, 1)
    await stage.look_at_awdbs()


async def _ask_once_more(stage: Stage, nodes: Sequence[_AtNode]) -> None:
    await stage.look_at_awdbs()
    stage.step("both are lost again, the primary first")
    for one in nodes:
        await stage.hear(one.host)
        await ask_all(one.colleagues[0], (GET, "PUT Dialog/{id}", POST), 2)
        await ask_all(one.administrator, (NOBODYS,), 2)
        await stage.hear(one.host)
    await stage.look_at_awdbs()


async def _are_let_in(stage: Stage, nodes: Sequence[_AtNode], at_publisher: Administrator) -> None:
    stage.step("a control: everybody is let in, with the same passwords, and settings are as they were")
    for setting in ON_THE_PUBLISHER:
        await at_publisher.put_right(setting)
    await at_publisher.console.put_right()
    for one in nodes:
        first, *others = one.colleagues
        for colleague in others:
            await ask_until_let_in(colleague, SIGN_IN)
        # Others are cached now, and he is not: whatever he asks for, as he did when nobody was.
        await ask_all(first, ("PUT Dialog/{id}", POST), 2)
        await ask_until_let_in(first, SIGN_IN)
        for n, desktop in enumerate(one.newcomers):
            await desktop.sign_in(by_name=n % 2 == 1)


async def _everybody_asks(stage: Stage, one: _AtNode, times: int) -> None:
    await stage.hear(one.host)
    first, *others = one.colleagues
    await ask_all(first, AGENT_REQUESTS, times + 1)
    await ask_without_a_document(first)
    for colleague in others:
        await ask_all(colleague, AGENT_REQUESTS)
    for colleague in one.colleagues:  # what supervisors ask of their agents is asked in their own names, too
        await colleague.look_after(stage.agents)
    await ask_all(one.administrator, ADMINISTRATOR_GETS, times)
    for _ in range(times):
        await one.administrate(otherwise=True)
    for n, desktop in enumerate(one.newcomers):
        for _ in range(times):
            await desktop.sign_in(by_name=n % 2 == 1)
    for desktop in one.signed_in:
        for state in itertools.islice(itertools.cycle(_STATES), times):
            await desktop.ask_for(state)
    await stage.hear(one.host)


async def _asks_into_silence(stage: Stage, one: _AtNode) -> None:
    """Each of these waits for an attempt, as spare people do; the first requests tell the node that both are lost."""
    first, _ = one.everybody[0]
    for _ in range(2 * len(SIDES)):
        await first.ask(GET)
    for desktop in one.newcomers[:1]:
        await desktop.sign_in()
    for desktop in one.signed_in[:1]:
        await desktop.ask_for(UserState.READY)
    await first.ask(PUT)
    for request in AT_EVERY_NODE:
        await one.administrator.ask(f"GET {request}")
    if one.is_publisher:
        for setting in ON_THE_PUBLISHER:
            await one.administrator.read(setting)
            await one.administrator.save(setting)
    await first.ask(POST)


async def _each_asks(stage: Stage, one: _AtNode) -> None:
    await stage.hear(one.host)
    for someone, desktops in one.everybody:
        await ask_all(someone, (GET, PUT, POST))
        for signed_in, newcomer in (desktops,) if desktops else ():
            await newcomer.sign_in()
            await signed_in.ask_for(UserState.READY)
    await stage.hear(one.host)


async def _ask_at_once(stage: Stage, one: _AtNode) -> None:
    """Several people: whoever comes while the node is trying for another one needs an attempt, too."""
    await stage.hear(one.host)
    for request in (GET, PUT, POST):
        await asyncio.gather(*(colleague.ask(request) for colleague in one.colleagues))
    await stage.hear(one.host)


async def _work_is_asked_for(stage: Stage, one: _AtNode) -> None:
    """Another state and a call; then, on a call, other data of it: that none of it is done shows at the switch."""
    number, worker = stage.inventory.outside_number or "", one.colleagues[0]
    await stage.hear(one.host)
    await end_work(stage, worker)
    await stage.watch(APART_S)
    await ask_for_work_without_a_call(worker, number)
    await stage.watch(APART_S)
    await end_work(stage, worker)
    call = await stage.switch.make_call(worker.id, number)
    await stage.watch(ANSWERED_S)
    await ask_for_work_on_a_call(worker, str(call.call_id))
    await stage.watch(APART_S)
    await end_work(stage, worker)
    await stage.hear(one.host)


async def _is_asked_at_work(stage: Stage, one: _AtNode) -> None:
    """At the desktop, by those who are Ready, who talk, and who are in Wrap-Up: the notice must not depend on that."""
    number = stage.inventory.outside_number or ""
    for someone, desktop in zip(one.signed_in_people, one.signed_in, strict=False):
        await stage.switch.set_agent_state(someone.id, AgentState.AVAILABLE)
        await stage.watch(APART_S)
        await desktop.ask_for(UserState.NOT_READY)
        await stage.watch(APART_S)
        await stage.switch.make_call(someone.id, number)
        await stage.watch(ANSWERED_S)
        await desktop.ask_for(UserState.NOT_READY)
        await stage.watch(APART_S)
        await stage.switch.set_agent_state(someone.id, AgentState.WORK_NOT_READY)  # once the call has ended
        await hang_up(stage, someone)
        await stage.watch(APART_S)
        await desktop.ask_for(UserState.READY)
        await stage.watch(APART_S)
        await end_work(stage, someone)


async def _until_one_answers(stage: Stage, nodes: Sequence[_AtNode]) -> None:
    """Everybody asks until let in, for what caches nothing: they are to be strangers the next time, too."""
    await stage.look_at_awdbs()
    for one in nodes:
        for request in (GET, "PUT Dialog/{id}", POST):
            await ask_until_let_in(one.colleagues[0], request)
        await ask_until_let_in(one.administrator, NOBODYS)
    await stage.look_at_awdbs()


NOBODY_CACHED = Experiment(
    "nobody-cached", "Both AWDBs refuse, and nobody's credentials are cached",
    _nobody_cached, agents=4, spare=8, quiet=True, needs=(*PAIR, needs_outside_number),
)  # fmt: skip
