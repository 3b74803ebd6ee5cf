"""`asyncio.timeout` as it has been since Python 3.11.3."""

import asyncio
import weakref
from typing import Any


def mend_timeouts() -> None:
    """Before CPython 3.11.3 a deadline that passes in a task which was cancelled earlier raises CancelledError.

    That is the rollback after Ctrl-C: what is bounded there must end with TimeoutError and go on, or the lab stays
    broken. This is what 3.11.3 does: only cancellations since the deadline was set are somebody else's.
    """
    enter, leave = asyncio.Timeout.__aenter__, asyncio.Timeout.__aexit__
    earlier: weakref.WeakKeyDictionary[asyncio.Timeout, int] = weakref.WeakKeyDictionary()

    async def entered(self: asyncio.Timeout) -> asyncio.Timeout:
        task = asyncio.current_task()
        earlier[self] = task.cancelling() if task is not None else 0
        return await enter(self)

    async def left(self: asyncio.Timeout, kind: Any, error: Any, trace: Any) -> None:
        await leave(self, kind, error, trace)
        task = asyncio.current_task()
        # `leave` has taken its own cancellation back; what is left now was there before.
        known = 0 if task is None else task.cancelling()
        if self.expired() and kind is asyncio.CancelledError and 0 < known <= earlier.get(self, 0):
            raise TimeoutError from error

    asyncio.Timeout.__aenter__, asyncio.Timeout.__aexit__ = entered, left  # type: ignore[method-assign, assignment]
