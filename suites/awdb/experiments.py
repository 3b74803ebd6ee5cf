"""The experiments of the AWDB family: how Finesse is made to lose its databases, and what is asked of it meanwhile.

Credentials are cached, so what is measured depends on who was asked when. Whoever is measured is spare: nothing but the
story asks anything in that name, and nobody has for half an hour. The steady state before each experiment has nodes
turn to the primary AWDB next.
"""

import asyncio
from collections.abc import Sequence
from contextlib import AsyncExitStack

from chaos.experiment import Experiment, Stage, needs_awdb_pair, needs_plain_desktop
from chaos.faults.base import Fault
from chaos.faults.cut_awdb_link import CutAwdbLink
from chaos.faults.refused_awdb import RefusedAwdb
from chaos.faults.silent_awdb_link import SilentAwdbLink
from chaos.faults.stopped_distributor import StoppedDistributor
from chaos.faults.stopped_service import StoppedService
from chaos.faults.unconfigured_secondary_awdb import UnconfiguredSecondaryAwdb
from chaos.subjects.agent import WorkingAgent
from chaos.verdicts import bounds
from chaos.wire.finesse import SystemConfig, UserState, write_system_config
from chaos.wire.ged188 import AgentState

PAIR = (needs_awdb_pair,)
SQL_SERVER = "MSSQLSERVER"
# The last request within the half hour, and the first after it.
INSIDE_S = bounds.CACHE_LIFE_S - 1.0
OUTSIDE_S = bounds.CACHE_LIFE_S + 1.0
# How often somebody tries before giving up: lock-out is at five, and would hide what is looked for.
TRIES = 4


async def _until_let_in(agent: WorkingAgent, tries: int = TRIES) -> None:
    """Ask for the same thing until it is answered, a few times at most, with a short pause as a person makes it."""
    for n in range(tries):
        if n:
            await asyncio.sleep(1.0)
        answer = await agent.user()
        if answer.status is not None and answer.status < 300:
            return


async def _each_let_in(agents: Sequence[WorkingAgent], tries: int = TRIES) -> None:
    """One after the other: whose traffic it is can be told only if nobody else asks meanwhile."""
    for agent in agents:
        await _until_let_in(agent, tries)
        await asyncio.sleep(1.0)


# --- the primary is lost, the secondary is there ---------------------------------------------------------------------


async def _primary_lost(stage: Stage) -> None:
    kept, lapsed = await stage.fresh(2)
    stage.step("the primary AWDB is cut off")
    async with stage.fault(CutAwdbLink("a")) as cut:
        await stage.bite(cut)
        stage.step("people whom no cache knows ask for something, at one node and the other")
        since_s = stage.now_s()
        await _each_let_in((kept, lapsed))
        stage.step("half an hour later: one asks just before his credentials lapse, the other long after")
        await stage.until_s(since_s + INSIDE_S)
        await kept.user()
        await stage.until_s(stage.now_s() + bounds.CACHE_GONE_S - bounds.CACHE_LIFE_S + 10.0)
        await _until_let_in(lapsed)


PRIMARY_LOST = Experiment(
    "primary-lost", "The primary AWDB is cut off, the secondary is there", _primary_lost,
    spare=2, quiet=True, needs=PAIR,
)  # fmt: skip


async def _primary_stopped(stage: Stage) -> None:
    people = await stage.fresh(2)
    stage.step("SQL Server on the primary AWDB's host is stopped")
    async with stage.fault(StoppedService("awdb.primary", SQL_SERVER)) as stopped:
        await stage.bite(stopped)
        await stage.probe_awdb("awdb-a")
        stage.step("people whom no cache knows ask for something, at one node and the other")
        await _each_let_in(people)


PRIMARY_STOPPED = Experiment(
    "primary-stopped", "SQL Server of the primary AWDB is stopped", _primary_stopped,
    spare=2, quiet=True, needs=PAIR,
)  # fmt: skip


async def _primary_silent(stage: Stage) -> None:
    people = await stage.fresh(2)
    stage.step("the primary AWDB falls silent")
    async with stage.fault(SilentAwdbLink("a")) as silent:
        await stage.bite(silent)
        stage.step("people whom no cache knows ask for something, and try again if it fails")
        await _each_let_in(people)


PRIMARY_SILENT = Experiment(
    "primary-silent", "The primary AWDB falls silent, the secondary is there", _primary_silent,
    spare=2, quiet=True, needs=PAIR,
)  # fmt: skip


# --- a prerequisite is missing ---------------------------------------------------------------------------------------


def _no_fail_over(name: str, title: str, missing: Fault) -> Experiment:
    async def story(stage: Stage) -> None:
        stage.step(title)
        async with stage.fault(missing) as prepared:
            await stage.bite(prepared)
            people = await stage.fresh(2)
            async with stage.fault(RefusedAwdb("a")) as lost:
                stage.step("the primary AWDB is lost; people whom no cache knows ask for something")
                await stage.bite(lost)
                await _each_let_in(people, tries=3)
            stage.step("the primary AWDB is back, and the same people ask again")
            await _each_let_in(people)

    def fit(inventory: object) -> str | None:
        return missing.unfit(inventory)  # type: ignore[arg-type]

    return Experiment(name, title, story, spare=2, quiet=True, needs=(*PAIR, fit))


SECONDARY_UNCONFIGURED = _no_fail_over(
    "secondary-unconfigured", "No secondary AWDB is configured, and the primary is lost", UnconfiguredSecondaryAwdb()
)
SECONDARY_UNREACHABLE = _no_fail_over(
    "secondary-unreachable", "Finesse cannot connect to the secondary AWDB, and the primary is lost", CutAwdbLink("b")
)
DISTRIBUTOR_STOPPED = _no_fail_over(
    "distributor-stopped",
    "The Distributor of the secondary AWDB stands still, and the primary is lost",
    StoppedDistributor("awdb.secondary"),
)


# --- both are lost ---------------------------------------------------------------------------------------------------


async def _administrate(stage: Stage) -> None:
    """Read settings, and save them as they are: nothing would change if it were let through."""
    await stage.admin.get("EnterpriseDatabaseConfig", "EnterpriseDatabaseConfig")
    answer = await stage.admin.get("SystemConfig", "SystemConfig")
    if isinstance(answer.document, SystemConfig):
        stage.kept = write_system_config(answer.document)
    if stage.kept is not None:
        await stage.admin.send("PUT", "SystemConfig", "SystemConfig", stage.kept)


async def _both_lost(stage: Stage) -> None:
    inside, outside = await stage.fresh(2)
    stage.step("people whom no cache knows are authenticated; an administrator reads and saves settings")
    await _administrate(stage)
    since_s = stage.now_s()
    await _each_let_in((inside, outside))
    async with stage.fault(RefusedAwdb("b")) as b:
        async with stage.fault(RefusedAwdb("a")) as a:
            stage.step("both AWDBs refuse; who was authenticated a moment ago asks again")
            await stage.bite(b, a)
            await stage.watch(5.0)
            await inside.user()
            stage.step("half an hour later: just before, and just after the credentials lapse")
            await stage.until_s(since_s + INSIDE_S)
            await inside.user()
            await stage.until_good(outside, OUTSIDE_S)
            await outside.user()
            await stage.until_s(since_s + INSIDE_S + 30.0)
            await inside.user()  # whether his request before has prolonged it: noted, and judged by nobody
            stage.step("everybody's credentials have lapsed: people, and the administrator, ask for things")
            await stage.watch(bounds.CACHE_GONE_S - bounds.CACHE_LIFE_S + 30.0)
            for n in range(3):
                for agent in stage.agents:
                    await (agent.dialogs() if n % 2 else agent.user())
            await _administrate(stage)
        stage.step("the primary AWDB answers again")
        await _until_let_in(outside)
        await _until_let_in(stage.agents[0])


BOTH_LOST = Experiment(
    "both-lost", "Both AWDBs refuse for more than half an hour", _both_lost,
    agents=4, spare=2, quiet=True, needs=PAIR,
)  # fmt: skip


async def _both_silent(stage: Stage) -> None:
    people = await stage.fresh(2)
    async with AsyncExitStack() as faults:
        stage.step("both AWDBs fall silent")
        under_way = [await faults.enter_async_context(stage.fault(SilentAwdbLink(side))) for side in ("b", "a")]
        await stage.bite(*under_way)
        for someone in people:
            cached = next(agent for agent in stage.agents if agent.node.host == someone.node.host)
            stage.step(f"at {someone.node.host}: somebody whom no cache knows asks; meanwhile others ask, and work")
            for state in (AgentState.AVAILABLE, AgentState.NOT_READY):
                asking = asyncio.ensure_future(someone.user())
                await stage.watch(1.0)
                other = asyncio.ensure_future(cached.user())
                await stage.phone.set_agent_state(cached.id, state)
                await asyncio.gather(asking, other)
                await stage.watch(1.0)


BOTH_SILENT = Experiment(
    "both-silent", "Both AWDBs fall silent", _both_silent, agents=2, spare=2, quiet=True, needs=PAIR
)


async def _both_lost_at_the_desktop(stage: Stage) -> None:
    signed_in, coming = await stage.fresh(2)
    stage.step("somebody signs in to the desktop")
    desktops = [stage.desktop(one) for one in (signed_in, coming)]
    await desktops[0].sign_in()
    async with stage.fault(RefusedAwdb("b")) as b, stage.fault(RefusedAwdb("a")) as a:
        await stage.bite(b, a)
        stage.step("both AWDBs refuse, and all credentials lapse")
        await stage.watch(bounds.CACHE_GONE_S + 30.0)
        await _each_let_in((coming,), tries=2)
        stage.step("another one tries to sign in; the first one asks for another state")
        await desktops[1].sign_in()
        await desktops[0].ask_for(UserState.NOT_READY)


BOTH_LOST_AT_THE_DESKTOP = Experiment(
    "both-lost-desktop", "Both AWDBs refuse, seen from the desktop", _both_lost_at_the_desktop,
    spare=2, quiet=True, needs=(*PAIR, needs_plain_desktop),
)  # fmt: skip
