"""Agents whose clients are gone: waited for, and then logged out by force.

Theory of operation
-------------------
The notification service tells whose last client came or went. Who went while the node is in service is waited for; who
is back in time was never gone. When the time is over the CTI server is asked to log the agent out with code 255, at
once or, if he is on a call, after it. What becomes of him then is the CTI server's affair (see `peripheral`).

Out of service nobody is waited for: clients are about to move to the other node, and that is no fault of theirs. A wait
that ends then ends in nothing, since there is no CTI server to tell (ours: the chapter speaks of Finesse in service).
The notification service's own end is no Unavailable of anybody: Finesse's connection to it goes with it.

Who a desktop says has no refresh token any more is logged out at once, on a call, too: what becomes of him then is the
CTI server's affair, by LOAD.

Source: failover chapter, Desktop Behavior (DESKTOP-03, DESKTOP-05, DESKTOP-11 to DESKTOP-14).
"""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from chaos.mock.finesse.cti_link import CtiLost, CtiSilent
from chaos.mock.finesse.doors.session import GoneHow
from chaos.mock.finesse.hooks import NodeDefects
from chaos.mock.finesse.view import Agent, Call, View
from chaos.mock.tasks import report_failure
from chaos.wire.ged188.agents import SetAgentStateReq
from chaos.wire.ged188.fields import Message
from chaos.wire.ged188.values import AgentState, ForcedFlag
from chaos.wire.ged188.values import LocalConnectionState as State

CODE = 255
UNREADABLE_S = 60.0
"""Of a product that is broken: so long it cannot show whom it logged out though he was signed out."""
_IDLE = (AgentState.NOT_READY, AgentState.AVAILABLE)
_NOT_ON_IT = (State.NULL, State.ALERTING)

Ask = Callable[[Message], Awaitable[Message]]


@dataclass(slots=True)
class _Wait:
    """timer: until the time is over; None once it is, and only the call is waited for. state, since: the agent's when
    his client went. before_s: when the wait before it was due. begun_s: when it began. waits_in: his state when the
    time was over and the call was not. calls: how many he had at last."""

    timer: asyncio.TimerHandle | None
    how: GoneHow
    state: int
    since: datetime | None
    due_s: float
    before_s: float = 0.0
    begun_s: float = 0.0
    waits_in: int | None = None
    calls: int = 0


class ForcedLogouts:
    """Of one run of the Webapp.

    wait_s: from Unavailable to the forced logout. view: what is known of agents and calls now. is_serving: does the
    node serve clients? is_there: has a user a client? ask: the CTI server, over the link; may raise CtiLost or
    CtiSilent. defects: asked how to behave. break_session: what a broken product does to its link.
    """

    def __init__(
        self,
        users: Iterable[str],
        *,
        wait_s: float,
        peripheral_id: int,
        view: Callable[[], View],
        is_serving: Callable[[], bool],
        is_there: Callable[[str], bool],
        ask: Ask,
        defects: NodeDefects,
        break_session: Callable[[], None],
    ) -> None:
        self._ids = {user.lower(): user for user in users}
        self._wait_s, self._peripheral_id = wait_s, peripheral_id
        self._view, self._is_serving, self._is_there, self._ask = view, is_serving, is_there, ask
        self._defects, self._break_session = defects, break_session
        self._waits: dict[str, _Wait] = {}
        self._last: dict[str, float] = {}
        self._after_calls: set[str] = set()
        self._idle: dict[str, int] = {}
        self._unreadable: dict[str, float] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._met: set[str] = set()

    def client_came(self, user: str) -> None:
        """A user has a client again."""
        login_id, now_s = self._ids.get(user, ""), asyncio.get_running_loop().time()
        state = self._agent(login_id).state
        if login_id not in self._met:
            late_s = self._defects.logs_newcomer_out_s(login_id, state)
            if late_s is not None:
                self._do(self._sent_again(login_id, self._request(login_id), late_s))
        self._met.add(login_id)
        wait = self._waits.get(login_id)
        if wait is None:
            return
        is_again, after_s = wait.before_s > now_s, now_s - wait.begun_s
        if self._defects.forgives(login_id, wait.how, wait.state, state, is_again=is_again, after_s=after_s):
            self._forget(login_id)

    def asked(self, login_id: str) -> None:
        """A user has asked for something, which makes no client of him (DESKTOP-03)."""
        self._defects.was_asked_for(login_id)
        wait = self._waits.get(login_id)
        if wait is not None and self._defects.takes_for_client(login_id, wait.how, wait.state):
            self._forget(login_id)

    def has_met(self, login_id: str) -> bool:
        """Has that user ever had a client here?"""
        return login_id in self._met

    def client_went(self, user: str, how: GoneHow) -> None:
        """A user's last client is gone."""
        login_id = self._ids.get(user)
        if login_id is None or not self._is_serving():
            return
        agent, before = self._agent(login_id), self._last.get(login_id)
        silent = sum(wait.how is GoneHow.SILENT for wait in self._waits.values())
        wait_s = self._defects.logout_wait_s(login_id, how, agent.state, self._wait_s, silent)
        self._forget(login_id)
        if wait_s is None:
            return
        loop = asyncio.get_running_loop()
        due_s = loop.time() + wait_s
        if before is not None and before > loop.time() and not self._defects.begins_anew(login_id, how, agent.state):
            due_s = before
        timer = loop.call_at(due_s, self._due, login_id)
        self._waits[login_id] = _Wait(timer, how, agent.state, agent.since, due_s, before or 0.0, loop.time())
        self._last[login_id] = due_s
        if self._defects.restarts_all(login_id, how, agent.state):
            self._restart(wait_s, but=login_id)

    def _restart(self, wait_s: float, *, but: str) -> None:
        """What a sound product never does (DESKTOP-03)."""
        for login_id, wait in self._waits.items():
            if login_id != but and wait.timer is not None:
                wait.timer.cancel()
                wait.timer = asyncio.get_running_loop().call_later(wait_s, self._due, login_id)

    def expired(self, login_id: str) -> None:
        """A user's desktop asks for it: his refresh token has expired."""
        state = self._agent(login_id).state
        if self._is_on_call(login_id) and self._defects.forwards_after_call(login_id, state):
            self._after_calls.add(login_id)
            return
        again_s = self._defects.forwards_again_s(login_id, state)
        if again_s is not None:
            self._do(self._forward_later(login_id, again_s))
        after_s = self._defects.forwards_after_s(login_id, state)
        if after_s is None:
            return
        if after_s:
            self._do(self._forward_later(login_id, after_s))
        else:
            self._forward(login_id)

    async def _forward_later(self, login_id: str, after_s: float) -> None:
        await asyncio.sleep(after_s)
        self._forward(login_id)

    def _forward(self, login_id: str) -> None:
        agent = self._agent(login_id)
        request = self._defects.forwarded(self._request(login_id), agent.state, self._present)
        if self._defects.forwards_for_another_telephone(login_id, agent.state):
            request = self._at_another_telephone(request)
        self._do(self._sent(request))

    def _at_another_telephone(self, request: SetAgentStateReq) -> SetAgentStateReq:
        """What a sound product never asks for (DESKTOP-05, DESKTOP-14)."""
        agents = self._view().agents.items()
        others = (agent.extension for login_id, agent in agents if login_id != request.agent_id)
        return replace(request, agent_instrument=next((one for one in others if one), None))

    def view_changed(self) -> None:
        """The CTI server told something: a call may be over."""
        if self._defects.minds_what_was:
            self._idle.update((one, agent.state) for one, agent in self._view().agents.items() if agent.state in _IDLE)
        for login_id in tuple(self._after_calls):
            if not self._is_on_call(login_id):
                self._after_calls.discard(login_id)
                self._forward(login_id)
        for login_id, wait in tuple(self._waits.items()):
            if wait.timer is None and not self._is_on_call(login_id):
                if self._defects.spares_ready(login_id, wait.how, wait.state, self._after_call(login_id)):
                    self._forget(login_id)
                    continue
                after_s = self._defects.after_call_s(login_id, wait.how, wait.state)
                if after_s > 0:
                    wait.timer = asyncio.get_running_loop().call_later(after_s, self._due, login_id)
                else:
                    self._send(login_id)
            elif wait.timer is None and self._ends_wait(login_id, wait):
                self._send(login_id)
            elif wait.timer is not None:
                self._begin_anew(login_id, wait)

    def _begin_anew(self, login_id: str, wait: _Wait) -> None:
        """What a sound product never does: it waits anew, of who has changed his state (DESKTOP-03)."""
        since = self._agent(login_id).since
        if since == wait.since or wait.timer is None:
            return
        if self._defects.begins_anew_with_state(login_id, wait.how, wait.state):
            wait.since = since
            wait.timer.cancel()
            wait.timer = asyncio.get_running_loop().call_later(self._wait_s, self._due, login_id)

    def _after_call(self, login_id: str) -> int:
        """In which state he will be after a call that is just over: that is told after it."""
        agent = self._agent(login_id)
        return self._idle.get(login_id, agent.state) if agent.pending is None else agent.pending

    def _ends_wait(self, login_id: str, wait: _Wait) -> bool:
        """What a sound product never does while a call is up (DESKTOP-13)."""
        before, wait.calls = wait.calls, len(self._calls_of(login_id))
        if wait.calls < before and self._defects.takes_one_for_all(login_id, wait.how, wait.state):
            return True
        has_changed = self._agent(login_id).state != wait.waits_in
        return has_changed and self._defects.takes_for_over(login_id, wait.how, wait.state)

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
        wait = self._waits[login_id]
        moved = self._agent(login_id).since != wait.since
        if not self._is_serving() or self._defects.spares(login_id, wait.how, wait.state, has_moved=moved):
            self._forget(login_id)
        elif not self._is_on_call(login_id):
            if self._defects.forgets_call(login_id, wait.how, wait.state):
                self._forget(login_id)
            else:
                self._send(login_id)
        else:
            waits = self._defects.waits_for_call(login_id, wait.how, wait.state)
            if waits is None:
                self._forget(login_id)
            elif waits:
                wait.timer, wait.waits_in = None, self._agent(login_id).state
            else:
                self._send(login_id)

    def _is_on_call(self, login_id: str) -> bool:
        return bool(self._calls_of(login_id))

    def _calls_of(self, login_id: str) -> list[Call]:
        device = self._agent(login_id).extension
        calls = self._view().calls_at(device) if device else ()
        return [call for call in calls if call.parties[device].state not in _NOT_ON_IT]

    def _agent(self, login_id: str) -> Agent:
        return self._view().agents.get(login_id, Agent())

    def _send(self, login_id: str) -> None:
        """Ask for the logout, of an agent who is logged out already, too (race 1 of the chapter)."""
        wait = self._waits[login_id]
        self._forget(login_id)
        request = self._defects.forced_logout(self._request(login_id), wait.how, wait.state, self._present)
        state = self._agent(login_id).state
        if self._defects.names_another_telephone(login_id, wait.how, wait.state):
            request = self._at_another_telephone(request)
        if self._defects.ends_session(login_id, state):
            self._break_session()
            return
        if self._defects.ends_all_waits(login_id, state):
            for other in tuple(self._waits):
                self._forget(other)
        if self._defects.cannot_read(login_id, state):
            self._unreadable[login_id] = asyncio.get_running_loop().time() + UNREADABLE_S
        self._do(self._sent(request))
        again_s = self._defects.asks_again_s(login_id, wait.how, wait.state)
        if again_s is not None:
            self._do(self._sent_again(login_id, request, again_s))

    def is_unreadable(self, login_id: str) -> bool:
        """Can this user not be shown? He can, unless a product is broken (DESKTOP-06)."""
        return self._unreadable.get(login_id, 0.0) > asyncio.get_running_loop().time() if self._unreadable else False

    async def _sent_again(self, login_id: str, request: SetAgentStateReq, after_s: float) -> None:
        """What a sound product never does (DESKTOP-03)."""
        await asyncio.sleep(after_s)
        if self._is_there(login_id.lower()):
            await self._sent(request)

    def _request(self, login_id: str) -> SetAgentStateReq:
        return SetAgentStateReq(
            peripheral_id=self._peripheral_id,
            agent_state=AgentState.LOGOUT,
            event_reason_code=CODE,
            forced_flag=ForcedFlag.FORCE,
            agent_instrument=self._agent(login_id).extension or None,
            agent_id=login_id,
        )

    def _do(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        task.add_done_callback(report_failure)

    def _present(self) -> str | None:
        """Somebody who is signed in and has a client here."""
        agents = self._view().agents
        return next((one for one in self._ids.values() if self._is_there(one) and agents[one].signed_in), None)

    async def _sent(self, request: SetAgentStateReq) -> None:
        try:
            await self._ask(request)
        except (CtiLost, CtiSilent):
            return  # nothing is said of a second try
