"""Bringing a service into a state, whatever state it is in now: look, order, look again.

Theory of operation: what an order has done is never taken from the order's own answer. A service that is on its way is
waited for, in whichever direction; one at rest in the wrong state is ordered, again if nothing came of it, since a
start that meets a service which is still stopping is swallowed. A look that gives no state is repeated.
"""

import asyncio
from collections.abc import Awaitable, Callable

from chaos import clock
from chaos.clients.console import errors
from chaos.errors import ChaosError
from chaos.wire.console.service import ServiceLine, ServiceState

AT_REST = (ServiceState.STARTED, ServiceState.STOPPED)

# So long an order may leave no trace in what is read; then it is taken for lost and given again.
_UNNOTICED_S = 15.0
_ORDERS_MAX = 3

Look = Callable[[], Awaitable[ServiceLine]]
# Gives the order; the host's reason if it said no, None if it said nothing against it.
Give = Callable[[], Awaitable[str | None]]


async def reach(
    target: ServiceState, look: Look, give: Give, *, doing: str, place: str, settle_s: float, poll_s: float
) -> ServiceLine:
    """The service's line once it is in the target state; nothing is ordered if it is already.

    look, give: raise errors of the console; only before the first order they pass through, then whatever `may_pass` is
    tried again until settle_s is over. doing: "stop 'X'", for messages.
    Raises ActionRefused: the host said no and the service is at rest elsewhere. StateNotReached.
    """
    line = await look()
    until_s = clock.now() + settle_s
    ordered_s, orders = float("-inf"), 0
    while line.state is not target:
        is_idle = line.state not in (ServiceState.STARTING, ServiceState.STOPPING)
        if is_idle and orders < _ORDERS_MAX and clock.now() - ordered_s > _UNNOTICED_S:
            refusal = await _given(give)
            ordered_s, orders = clock.now(), orders + 1
            line = await look_again(look, line, until_s=until_s, poll_s=poll_s)
            if refusal is not None and line.state in AT_REST and line.state is not target:
                raise errors.ActionRefused(f"{place} did not {doing}: {refusal}")
            if line.state is target:
                break
        if clock.now() + poll_s > until_s:
            raise errors.StateNotReached(place, line, target, settle_s)
        await asyncio.sleep(poll_s)
        line = await look_again(look, line, until_s=until_s, poll_s=poll_s)
    return line


async def _given(give: Give) -> str | None:
    """Give the order. One that broke off may have been carried out: what is read next decides."""
    try:
        return await give()
    except ChaosError as error:
        if not errors.may_pass(error) or isinstance(error, errors.ActionRefused):
            raise
        return None


async def look_again(look: Look, last: ServiceLine | None, *, until_s: float, poll_s: float) -> ServiceLine:
    """The next reading that is one; at the end of the time the last that was, or the error."""
    while True:
        try:
            return await look()
        except ChaosError as error:
            if not errors.may_pass(error):
                raise
            if clock.now() + poll_s > until_s:
                if last is None:
                    raise
                return last
        await asyncio.sleep(poll_s)
