"""Everybody asks a node for everything: at one moment, when it is told that something is the case, or until then."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from chaos.experiment.experiment import AT_WORK
from chaos.experiment.stage import Stage
from chaos.experiment.waiting import first_of


@dataclass(frozen=True, slots=True)
class Askers:
    """Who asks a node for everything: so many of those at work there, and its administrator or not."""

    agents: int
    administrator: bool


EVERYBODY = Askers(AT_WORK, administrator=True)
ALL_AGENTS = Askers(AT_WORK, administrator=False)
FEW = Askers(1, administrator=False)

# Between two close looks at a node.
CLOSE_S = 1.0


async def ask_for_everything(stage: Stage, node: str, who: Askers = EVERYBODY) -> None:
    """Whoever is to ask asks that node for all they can, and a probe for SystemInfo, at the same time.

    None of it changes anything.
    """
    people = [agent for agent in stage.agents if agent.node.host == node]
    asks: list[Awaitable[object]] = [agent.ask_for_everything() for agent in people[: who.agents]]
    asks += [probe.get("SystemInfo", "SystemInfo") for probe in stage.probes if probe.node.host == node]
    if who.administrator and people:
        there = [one for one in stage.administrators if one.node.host == node]
        asks += [one.ask_for_everything(people[0].id) for one in there]
    await asyncio.gather(*asks)


@asynccontextmanager
async def asking_when_told(stage: Stage, status: str, who: Askers, *, within_s: float) -> AsyncIterator[None]:
    """As soon as a node tells its clients that status, they ask it for everything; the block ends after that."""

    async def ask(node: str) -> None:
        await stage.until_told(status, within_s=within_s, nodes=[node])
        await ask_for_everything(stage, node, who)

    async with at_each_node(stage, ask):
        yield


@asynccontextmanager
async def asking_until_told(
    stage: Stage, status: str, who: Askers, *, every_s: float, within_s: float
) -> AsyncIterator[None]:
    """Ask each node for everything, again and again until it tells its clients that status, and then at once.

    It may take minutes, and nobody knows when its last seconds begin: few people ask meanwhile.
    """
    few = Askers(FEW.agents, administrator=who.administrator)

    async def ask(node: str) -> None:
        told = asyncio.create_task(stage.until_told(status, within_s=within_s, nodes=[node]))
        try:
            while not (await asyncio.wait({told}, timeout=every_s))[0]:
                await ask_for_everything(stage, node, few)
            await told
        finally:
            told.cancel()
        await ask_for_everything(stage, node, who)

    async with at_each_node(stage, ask):
        yield


@asynccontextmanager
async def at_each_node(stage: Stage, work: Callable[[str], Coroutine[Any, Any, None]]) -> AsyncIterator[None]:
    """Do that for each node meanwhile, by its host; the block ends after that."""
    try:
        async with asyncio.TaskGroup() as group:
            for node in stage.nodes:
                group.create_task(work(node.host))
            await asyncio.sleep(0)  # they look on before anything is done
            yield
    except BaseExceptionGroup as failed:
        raise first_of(failed) from failed


@asynccontextmanager
async def looking_closely(stage: Stage, host: str) -> AsyncIterator[None]:
    """That node is asked for SystemInfo every second meanwhile: when it was back is then known so well."""

    async def look() -> None:
        while True:
            for probe in stage.probes:
                if probe.node.host == host:
                    await probe.get("SystemInfo", "SystemInfo")
            await asyncio.sleep(CLOSE_S)

    try:
        async with asyncio.TaskGroup() as group:
            task = group.create_task(look())
            try:
                yield
            finally:
                task.cancel()
    except BaseExceptionGroup as failed:
        raise first_of(failed) from failed
