"""How much of what a peer has sent is read in one turn of the loop."""

import asyncio
from contextlib import suppress

SIP_BYTES = 4096


def sip(transport: asyncio.BaseTransport) -> None:
    """Read so much at a time from now on; what is left stays with the kernel until the next turn.

    asyncio reads 256 KiB at a time, which are 2,000 CTI requests or more: when 2,000 agents were logged out by force in
    one moment, all of it was done in one turn of 5 s, in which no heartbeat was answered. uvloop cannot be told.
    """
    with suppress(AttributeError):
        transport.max_size = SIP_BYTES  # type: ignore[attr-defined]
