"""What the experiments of the CTI family share."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager

from chaos.clients.events import Leaving
from chaos.experiment import Stage, needs_link, people
from chaos.inventory import Inventory, Transport
from chaos.inventory.model import RELEASES_WITHOUT_TLS
from chaos.journal import About
from chaos.subjects.agent import WorkingAgent
from chaos.wire.finesse import UserState

OUT_OF_SERVICE = "OUT_OF_SERVICE"
IN_SERVICE = "IN_SERVICE"
# The service of a CTI server is named for its instance and its CG (CTI group).
CTI_SERVICE = "Cisco ICM * CG*"

# Guides quote up to 75 s for a CTI fail-over, up to 40 s more with older gateways; whoever waits longer gives up.
FAIL_OVER_S = 180.0
# A little longer than the checks want to have looked.
SETTLE_S = 35.0
DUPLEX = (needs_link("cti-a"), needs_link("cti-b"))
# Near the end of a gap everything is asked for so often, and states twice as often while nobody hears a node.
ASK_EVERY_S = 5.0
# Somebody who only looks on sends himself something so often, to be known to hear.
HEAR_EVERY_S = 10.0
# Whoever is answered at once asks again so soon.
ASK_AGAIN_S = 0.5


def two_nodes(inventory: Inventory) -> str | None:
    """A need of an experiment: one node that has what another one lacks."""
    return None if len(inventory.finesse_nodes()) > 1 else "the inventory names one Finesse node only"


@asynccontextmanager
async def hearing_otherwise(stage: Stage) -> AsyncIterator[None]:
    """Those at work hear by the other kinds of doors of their nodes meanwhile, at each node by each kind."""
    doors = tuple(
        one
        for one in stage.inventory.other_transports
        if one != "websocket" or stage.inventory.release not in RELEASES_WITHOUT_TLS
    )
    usual = {agent.id: agent.events.transport for agent in stage.agents}
    for n, agent in enumerate(stage.agents if doors else ()):
        await _hear_by(agent, doors[n // len(stage.nodes) % len(doors)])
    try:
        yield
    finally:
        for agent in stage.agents if doors else ():
            await _hear_by(agent, usual[agent.id])


async def _hear_by(agent: WorkingAgent, door: Transport) -> None:
    await agent.events.close()
    agent.events.come_by(door)
    await agent.events.open()


@asynccontextmanager
async def somebody_looking_on(stage: Stage) -> AsyncIterator[None]:
    """One at each node who has not signed in has a desktop open meanwhile, if there are such."""
    others = stage.one_at_each_node()
    await asyncio.gather(*(people.come(stage, one) for one in others))
    hearing = asyncio.create_task(_hear_themselves(others))
    try:
        yield
    finally:
        hearing.cancel()
        await asyncio.gather(*(one.events.leave(Leaving.GOODBYE) for one in others))


async def _hear_themselves(others: Sequence[WorkingAgent]) -> None:
    """Nothing else may happen to them by which they are known to hear."""
    while True:
        await asyncio.sleep(HEAR_EVERY_S)
        for one in others:
            one.events.send_control(About.USER, "PUT")


@asynccontextmanager
async def asking_into_silence(
    until: AsyncExitStack, who: Sequence[WorkingAgent], into_silence: bool
) -> AsyncIterator[None]:
    """People go on asking for states while their node does not know yet that nobody hears it: of each of them something
    is under way when it learns so, and may be told to have failed once it is back at the earliest; and whatever their
    node makes of a request that nobody answers, it is no heartbeat. until: answers may take so long.
    """
    asking: list[asyncio.Task[object]] = []

    async def ask(agent: WorkingAgent) -> None:
        # After what time a request is given up is the node's own affair.
        while into_silence:
            asking.append(asyncio.create_task(agent.set_state(UserState.READY)))
            again = asyncio.create_task(asyncio.sleep(ASK_AGAIN_S))
            await asyncio.wait((asking[-1], again), timeout=ASK_EVERY_S / 2, return_when=asyncio.ALL_COMPLETED)

    async def answered() -> None:
        await asyncio.gather(*asking, return_exceptions=True)

    until.push_async_callback(answered)
    go_on = [asyncio.create_task(ask(agent)) for agent in who]
    try:
        yield
    finally:
        for one in go_on:
            one.cancel()
        await asyncio.gather(*go_on, return_exceptions=True)
