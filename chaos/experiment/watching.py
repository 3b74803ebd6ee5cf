"""While a story goes on, nodes' own records of who came to their doors are read."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from chaos.experiment.stage import Stage
from chaos.experiment.waiting import first_of
from chaos.subjects.node_doors import NodeDoors
from chaos.wire.console.doors import TIME_WAIT_S

# Often enough for whatever was closed in between to stand there still.
TABLES_EVERY_S = 0.75 * TIME_WAIT_S


@asynccontextmanager
async def watching_doors(stage: Stage, *hosts: str, tables: bool = True) -> AsyncIterator[None]:
    """What comes to these nodes meanwhile, by their own word: marks of ours before and after, and the log at the end.

    tables: and tables of connections in between. Nodes whose records cannot be read are left out.
    """
    doors = [one for host in hosts if (one := stage.doors(host)) is not None]
    await _looked_at(stage, doors, tables=tables)
    try:
        async with asyncio.TaskGroup() as group:
            task = group.create_task(_tables(doors if tables else []))
            try:
                yield
            finally:
                task.cancel()
    except BaseExceptionGroup as failed:
        raise first_of(failed) from failed
    await _looked_at(stage, doors, tables=tables)
    for one in doors:
        await one.read_log()


async def _looked_at(stage: Stage, doors: list[NodeDoors], *, tables: bool) -> None:
    for one in doors:
        await one.mark(stage.next_mark())
        if tables:
            await one.read_connections()


async def _tables(doors: list[NodeDoors]) -> None:
    while doors:
        await asyncio.sleep(TABLES_EVERY_S)
        for one in doors:
            await one.read_connections()
