"""Agents whose clients are gone: waited for, and then logged out by force.

Theory of operation
-------------------
The notification service tells whose last client came or went. Who went while the node is in service is waited for; who
is back in time was never gone. When the time is over the CTI server is asked to log the agent out with code 255, at
once or, if he is on a call, after it. What becomes of him then is the CTI server's affair (see `peripheral`).

Out of service nobody is waited for: clients are about to move to the other node, and that is no fault of theirs. A wait
that ends then ends in nothing, since there is no CTI server to tell (ours: the chapter speaks of Finesse in service).
The notification service's own end is no Unavailable of anybody: Finesse's connection to it goes with it.

Source: failover chapter, Desktop Behavior (DESKTOP-03, DESKTOP-05, DESKTOP-11 to DESKTOP-13).
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass

from chaos.mock.finesse.cti_link import CtiLost, CtiSilent
from chaos.mock.finesse.doors.session import GoneHow
from chaos.mock.finesse.view import Agent, View
from chaos.mock.tasks import report_failure
from chaos.wire.ged188.agents import SetAgentStateReq
from chaos.wire.ged188.fields import Message
from chaos.wire.ged188.values import AgentState, ForcedFlag
from chaos.wire.ged188.values import LocalConnectionState as State

CODE = 255
_NOT_ON_IT = (State.NULL, State.ALERTING)

Ask = Callable[[Message], Awaitable[Message]]


@dataclass(slots=True)
class _Wait:
    """timer: until the time is over; None once it is, and only the call is waited for."""

    timer: asyncio.TimerHandle | None
    how: GoneHow


class ForcedLogouts:
    """Of one run of the Webapp.

    wait_s: from Unavailable to the forced logout. view: what is known of agents and calls now. is_serving: does the
    node serve clients? ask: the CTI server, over the link; may raise CtiLost or CtiSilent.
    """

    def __init__(
        self,
        users: Iterable[str],
        *,
        wait_s: float,
        peripheral_id: int,
        view: Callable[[], View],
        is_serving: Callable[[], bool],
        ask: Ask,
    ) -> None:
        self._ids = {user.lower(): user for user in users}
        self._wait_s, self._peripheral_id = wait_s, peripheral_id
        self._view, self._is_serving, self._ask = view, is_serving, ask
        self._waits: dict[str, _Wait] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    def client_came(self, user: str) -> None:
        """A user has a client again."""
        self._forget(self._ids.get(user, ""))

    def client_went(self, user: str, how: GoneHow) -> None:
        """A user's last client is gone."""
        login_id = self._ids.get(user)
        if login_id is None or not self._is_serving():
            return
        self._forget(login_id)
        timer = asyncio.get_running_loop().call_later(self._wait_s, self._due, login_id)
        self._waits[login_id] = _Wait(timer, how)

    def view_changed(self) -> None:
        """The CTI server told something: a call may be over."""
        for login_id, wait in tuple(self._waits.items()):
            if wait.timer is None and not self._is_on_call(login_id):
                self._send(login_id)

    async def stop(self) -> None:
        """Nobody is waited for any more."""
        for login_id in tuple(self._waits):
            self._forget(login_id)
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _forget(self, login_id: str) -> None:
        wait = self._waits.pop(login_id, None)
        if wait is not None and wait.timer is not None:
            wait.timer.cancel()

    def _due(self, login_id: str) -> None:
        if not self._is_serving():
            self._forget(login_id)
        elif self._is_on_call(login_id):
            self._waits[login_id].timer = None
        else:
            self._send(login_id)

    def _is_on_call(self, login_id: str) -> bool:
        device = self._agent(login_id).extension
        calls = self._view().calls_at(device) if device else ()
        return any(call.parties[device].state not in _NOT_ON_IT for call in calls)

    def _agent(self, login_id: str) -> Agent:
        return self._view().agents.get(login_id, Agent())

    def _send(self, login_id: str) -> None:
        """Ask for the logout, of an agent who is logged out already, too (race 1 of the chapter)."""
        self._forget(login_id)
        task = asyncio.get_running_loop().create_task(self._sent(login_id))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        task.add_done_callback(report_failure)

    async def _sent(self, login_id: str) -> None:
        request = SetAgentStateReq(
            peripheral_id=self._peripheral_id,
            agent_state=AgentState.LOGOUT,
            event_reason_code=CODE,
            forced_flag=ForcedFlag.FORCE,
            agent_instrument=self._agent(login_id).extension or None,
            agent_id=login_id,
        )
        try:
            await self._ask(request)
        except (CtiLost, CtiSilent):
            return  # nothing is said of a second try
