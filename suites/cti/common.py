"""What the experiments of the CTI family share."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager

from chaos.experiment import needs_link
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


@asynccontextmanager
async def asking_into_silence(
    until: AsyncExitStack, people: Sequence[WorkingAgent], into_silence: bool, *, after_s: float = 0.0
) -> AsyncIterator[None]:
    """People go on asking for states while their node does not know yet that nobody hears it: some of that is under way
    when it learns so, and may be told to have failed once it is back at the earliest. until: answers may take so long.
    """
    asking: list[asyncio.Task[object]] = []

    async def ask() -> None:
        await asyncio.sleep(after_s)
        while into_silence:
            asking.extend(asyncio.create_task(agent.set_state(UserState.READY)) for agent in people)
            await asyncio.sleep(ASK_EVERY_S / 2)

    async def answered() -> None:
        await asyncio.gather(*asking, return_exceptions=True)

    until.push_async_callback(answered)
    goes_on = asyncio.create_task(ask())
    try:
        yield
    finally:
        goes_on.cancel()
        await asyncio.gather(goes_on, return_exceptions=True)
