"""How a node introduces itself to a CTI server."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress

from chaos.mock.finesse.config import NodeOptions
from chaos.mock.finesse.cti_connection import CtiConnection, OnEnd, OnMessage
from chaos.wire.ged188.fields import Message
from chaos.wire.ged188.session import OpenReq

Connect = Callable[[OnMessage, OnEnd], Awaitable[CtiConnection]]
"""Makes a connection. Raises TimeoutError, OSError."""


def open_request(options: NodeOptions, *, invoke_id: int, peripheral_id: int, instance: str) -> OpenReq:
    """The OPEN_REQ of a node. instance: the node's own name, its UniqueInstanceID."""
    return OpenReq(
        invoke_id=invoke_id,
        version_number=options.cti_version,
        idle_timeout=options.idle_timeout_s,
        peripheral_id=peripheral_id,
        services_requested=options.services,
        call_msg_mask=options.call_mask,
        agent_state_mask=options.agent_mask,
        config_msg_mask=options.config_mask,
        client_id=options.client_id,
        client_password=b"",
        client_signature=options.client_id,
        unique_instance_id=instance,
    )


async def open_in_vain(connect: Connect, request: OpenReq, *, limit_s: float) -> None:
    """Open a session that nobody needs, and drop it: what a broken node does, see `LinkHooks.after_success`."""
    done: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def settle(_: CtiConnection, __: Message | None = None) -> None:
        if not done.done():
            done.set_result(None)

    with suppress(TimeoutError, OSError):
        connection = await connect(settle, settle)
        try:
            connection.send(request)
            async with asyncio.timeout(limit_s):
                await done
        finally:
            connection.give_up()


async def knock(connect: Connect) -> None:
    """Connect, and leave without a word: what a broken node does."""

    def ignore(_: CtiConnection, __: Message | None = None) -> None:
        pass

    with suppress(TimeoutError, OSError):
        (await connect(ignore, ignore)).close()
