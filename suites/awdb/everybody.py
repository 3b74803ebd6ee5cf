"""An experiment about everybody: who is cached, and for how long, must not depend on who it is.

Others look at a few people closely; here each of the spare ones is looked at once at every turn: while an AWDB is
there, without one, just before the half hour is over, and just after. In its last minutes each asks for something with
success, one for this and one for that: whether the half hour begins anew by it may not depend on what it is.
"""

from collections.abc import Sequence

from chaos.experiment import Experiment, Stage
from chaos.subjects.agent import WorkingAgent
from chaos.verdicts import bounds
from suites.awdb.asking import GET, PAIR, POST, PUT, SIGN_IN, ask_all, until_just_before
from suites.awdb.both_lost import refusing

# Everybody's half hour ends by itself: two looks fit in before the next one's.
_APART_S = 5.0
# By none of these does the half hour begin anew, in whichever way it is counted: they succeed for nobody here.
_IN_VAIN = (GET, "PUT Dialog/{id}", "GET ReasonCode/{id}", PUT, POST)
_AT_THE_EDGE = (GET, PUT, POST)
# What is answered with success to somebody who is not signed in; supervisors ask about one of their agents.
_IN_BETWEEN = (SIGN_IN, "GET User/{id}/Dialogs", "GET User/{id}/ReasonCodes")
# So long before the end of the half hour; all of these requests are over before the first half hour ends.
_LAST_S = 280.0
_SPARE = 4
# So many people a supervisor asks about, until there is one of its own.
_LED = 4


async def _everybody(stage: Stage) -> None:
    rows = await stage.fresh(stage.spare_at_each_node)
    people = [someone for at_node in zip(*rows, strict=True) for someone in at_node]
    # Each at the other node as well: as many as this lab has must be cached at once, and each node for itself.
    if len(stage.nodes) > 1:
        people += [stage.elsewhere(someone) for someone in people]
    stage.step("everybody is authenticated, one after the other, and asks for other things")
    begun_s = {}
    for someone in people:
        begun_s[someone.node.host, someone.id] = stage.now_s()
        await _find_one_to_lead(stage, someone)
        await someone.ask(SIGN_IN)
        await stage.until_s(begun_s[someone.node.host, someone.id] + _APART_S)
    await _all_ask(stage, people, _IN_VAIN)
    async with refusing(stage, "b", "a"):
        stage.step("both AWDBs refuse, and everybody is cached")
        await _all_ask(stage, people, _IN_VAIN)
        stage.step("in the last minutes of each half hour, something with success")
        ends_s = [begun_s[one.node.host, one.id] + bounds.CACHE_LIFE_S for one in people]
        for n, (someone, end_s) in enumerate(zip(people, ends_s, strict=True)):
            await stage.until_s(end_s - _LAST_S)
            await _succeeds(stage, someone, _IN_BETWEEN[n % len(_IN_BETWEEN)])
        stage.step("one half hour after the other ends: each asks just before, and just after")
        for someone, end_s in zip(people, ends_s, strict=True):
            await until_just_before(stage, end_s, someone.node.host, len(_AT_THE_EDGE))
            await ask_all(someone, _AT_THE_EDGE)
            await stage.until_s(end_s + stage.margin_s)
            await ask_all(someone, _AT_THE_EDGE)
        stage.step("half an hour after that success: each asks just after")
        for someone in people:
            await stage.until_idle(someone, bounds.CACHE_LIFE_S + stage.margin_s)
            await ask_all(someone, _AT_THE_EDGE)


async def _find_one_to_lead(stage: Stage, someone: WorkingAgent) -> None:
    """Of the first few people somebody whom the node shows it, if it is a supervisor."""
    for other in [*stage.agents, *stage.spare][:_LED] if someone.agent.supervisor else ():
        await someone.find_out_whom_it_leads([other])
        if someone.leads(other):
            return


async def _succeeds(stage: Stage, someone: WorkingAgent, request: str) -> None:
    led = [one for one in (*stage.agents, *stage.spare) if someone.leads(one)]
    await (someone.look_after(led[:1]) if led else someone.ask(request))


async def _all_ask(stage: Stage, people: Sequence[WorkingAgent], requests: Sequence[str]) -> None:
    """By nodes, one after the other; between them our relays are seen to hear that node."""
    for node in stage.nodes:
        there = [someone for someone in people if someone.node.host == node.host]
        await stage.hear(node.host)
        for someone in there:
            await ask_all(someone, requests)
        await stage.hear(node.host)


EVERYBODY = Experiment(
    "everybody-cached", "Everybody is cached for half an hour, and for no longer, without any AWDB",
    _everybody, agents=4, spare=_SPARE, quiet=True, needs=PAIR,
)  # fmt: skip
