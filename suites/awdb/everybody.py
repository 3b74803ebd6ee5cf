"""An experiment about everybody: who is cached, and for how long, must not depend on who it is.

Others look at a few people closely; here each of the spare ones is looked at once at every turn: while an AWDB is
there, without one, just before the half hour is over, and just after.
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
_SPARE = 4


async def _everybody(stage: Stage) -> None:
    rows = await stage.fresh(stage.spare_at_each_node)
    people = [someone for at_node in zip(*rows, strict=True) for someone in at_node]
    # Each at the other node as well: as many as this lab has must be cached at once, and each node for itself.
    if len(stage.nodes) > 1:
        people += [stage.elsewhere(someone) for someone in people]
    stage.step("everybody is authenticated, one after the other, and asks for other things")
    begun_s = {}
    for someone in people:
        begun_s[someone.id] = stage.now_s()
        await someone.ask(SIGN_IN)
        await stage.until_s(begun_s[someone.id] + _APART_S)
    await _all_ask(stage, people, _IN_VAIN)
    async with refusing(stage, "b", "a"):
        stage.step("both AWDBs refuse, and everybody is cached")
        await _all_ask(stage, people, _IN_VAIN)
        stage.step("one half hour after the other ends: each asks just before, and just after")
        for someone in people:
            end_s = begun_s[someone.id] + bounds.CACHE_LIFE_S
            await until_just_before(stage, end_s, someone.node.host, len(_AT_THE_EDGE))
            await ask_all(someone, _AT_THE_EDGE)
            await stage.until_idle(someone, bounds.CACHE_LIFE_S + stage.margin_s)
            await ask_all(someone, _AT_THE_EDGE)


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
