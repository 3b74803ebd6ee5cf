"""An experiment in which one AWDB is there all the time: whose credentials are cached, and about whom it is asked."""

from chaos.experiment import Experiment, Stage, needs_plain_desktop
from chaos.faults.refused_awdb import RefusedAwdb
from chaos.subjects.administrator import Administrator
from chaos.subjects.agent import WorkingAgent
from chaos.verdicts import bounds
from chaos.verdicts.awdb.asks import AGENT_REQUESTS
from suites.awdb.asking import (
    ADMINISTRATOR_GETS,
    AGENT_GETS,
    AGENT_POSTS,
    AGENT_PUTS,
    GET,
    NOBODYS,
    PAIR,
    POST,
    PUT,
    SIGN_IN,
    ask_all,
    lose_cti_server,
    until_just_before,
)

# So many of each kind that every resource has come three times, and no fewer than are to be seen in a row.
_SERIES = ((AGENT_GETS, 3), (AGENT_PUTS, 5), (AGENT_POSTS, bounds.IN_A_ROW))
_MIDDLE_S = bounds.CACHE_LIFE_S / 2
# The nodes' half hours begin so far apart that the looks at their ends do not run into one another.
_APART_S = 20.0


async def _credentials_are_cached(stage: Stage) -> None:
    known, short, lapsed, longer = await stage.fresh(4)
    await stage.until_lapsed(*stage.administrators)
    stage.step("agents and the administrator are authenticated by the primary AWDB, and then ask many times")
    await stage.look_at_awdbs()
    since_s = []
    for one, administrator, *others in zip(known, stage.administrators, short, lapsed, longer, strict=True):
        for someone in others:
            await someone.ask(SIGN_IN)
        since_s.append(stage.now_s())
        await one.ask(SIGN_IN)
        await administrator.ask("GET Users")
        await _many_in_a_row(stage, one)
        await ask_all(administrator, ADMINISTRATOR_GETS, 4)
        await stage.hear(one.node.host)
        await _now_and_then(stage, one)
        await stage.hear(one.node.host)
        if needs_plain_desktop(stage.inventory) is None:
            for _ in range(2):
                await stage.desktop(one).sign_in()
            await stage.hear(one.node.host)
        await stage.watch(_APART_S)
    async with stage.fault(RefusedAwdb("a")) as lost:
        await stage.bite(lost)
        stage.step("the primary AWDB is lost, Finesse goes to the secondary, and the same agents ask on")
        await stage.hear()
        for one in known:
            await _many_in_a_row(stage, one)
        await lose_cti_server(stage)
        stage.step("a quarter of an hour later")
        await stage.until_s(since_s[-1] + _MIDDLE_S)
        for one, administrator in zip(known, stage.administrators, strict=True):
            await stage.hear(one.node.host)
            await ask_all(one, AGENT_REQUESTS)
            await administrator.ask(NOBODYS)
            await stage.hear(one.node.host)
        stage.step("the half hour ends: some ask just before, some just after")
        for begun_s, one, other, administrator in zip(since_s, known, short, stage.administrators, strict=True):
            await _around_the_end(stage, begun_s, one, other, administrator)
        stage.step("long after: about everybody an AWDB has to be asked again")
        await stage.until_lapsed(*lapsed, *longer)
        for one, other, someone in zip(lapsed, longer, stage.agents, strict=False):
            await stage.hear(one.node.host)
            await ask_all(one, (GET, "GET ReasonCode/{id}", *AGENT_PUTS, POST, SIGN_IN))
            await other.ask("GET User/{id}/Dialogs")
            await someone.ask("GET User/{id}/ReasonCodes")
            await stage.hear(one.node.host)
    stage.step("the primary AWDB is back, the secondary is lost; people ask whose credentials have lapsed")
    async with stage.fault(RefusedAwdb("b")) as lost:
        await stage.bite(lost)
        for someone in stage.agents[len(known) : 2 * len(known)]:
            await stage.hear(someone.node.host)
            await ask_all(someone, (POST, PUT))


async def _many_in_a_row(stage: Stage, known: WorkingAgent) -> None:
    for requests, times in _SERIES:
        await stage.hear(known.node.host)
        await ask_all(known, requests, times)
    await stage.hear(known.node.host)


async def _now_and_then(stage: Stage, known: WorkingAgent) -> None:
    """Long before and after each nothing is asked at all: an AWDB that is asked only after the answer is seen to be;
    and of what is asked much later it is seen whether it follows upon what succeeds or upon everything."""
    for request in (SIGN_IN, PUT, POST, SIGN_IN, POST, PUT):
        await stage.watch(2 * bounds.ALONE_S)
        await known.ask(request)
    await stage.watch(2 * bounds.ALONE_S)


async def _around_the_end(
    stage: Stage, begun_s: float, known: WorkingAgent, short: WorkingAgent, administrator: Administrator
) -> None:
    """At one node. The administrator asks before it at the publisher, and after it at the other node."""
    is_publisher = stage.is_at_publisher(administrator)
    await stage.until_s(begun_s + bounds.CACHE_LIFE_S - bounds.CACHE_EDGE_S - 5.0)
    await stage.hear(known.node.host)
    asks = len(AGENT_REQUESTS) + is_publisher
    await until_just_before(stage, begun_s + bounds.CACHE_LIFE_S, known.node.host, asks)
    await ask_all(known, AGENT_REQUESTS)
    if is_publisher:
        await administrator.ask(NOBODYS)
    await stage.hear(known.node.host)
    await stage.until_idle(short, bounds.CACHE_LIFE_S + stage.margin_s)
    await ask_all(short, (GET, PUT, POST))
    if not is_publisher:
        await stage.until_idle(administrator, bounds.CACHE_LIFE_S + stage.margin_s)
        await administrator.ask(NOBODYS)
    await stage.hear(known.node.host)


CACHED = Experiment(
    "credentials-cached", "One AWDB is there all the time; people ask for more than half an hour",
    _credentials_are_cached, agents=4, spare=8, quiet=True, needs=PAIR,
)  # fmt: skip
