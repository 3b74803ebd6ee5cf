"""The CTI link at work: carries out what `link` decides, keeps its timers, and pairs requests with their answers."""

import asyncio
from collections.abc import Collection, Coroutine, Mapping
from dataclasses import replace
from functools import partial
from typing import Any, Protocol

from chaos.mock.finesse.config import Address, NodeOptions, Side
from chaos.mock.finesse.cti_connection import CtiConnection, OnEnd, OnMessage
from chaos.mock.finesse.cti_opening import knock, open_in_vain, open_request
from chaos.mock.finesse.hooks import NodeDefects
from chaos.mock.finesse.link import (
    Beats,
    Order,
    Phase,
    Seen,
    attempts,
    beat_answered,
    beat_sent,
    decide,
)
from chaos.mock.tasks import report_failure
from chaos.wire.ged188.fields import Message
from chaos.wire.ged188.session import (
    CloseConf,
    CloseReq,
    FailureConf,
    FailureEvent,
    HeartbeatConf,
    HeartbeatReq,
    OpenConf,
    OpenReq,
)
from chaos.wire.ged188.values import SessionType

INVOKE_ID_MAX = 0xFFFFFFFE
BEHIND_S = 0.05
"""Whoever is woken so much too late cannot tell a silent server from one whose answer has not been read yet."""
ANSWER_S_MAX = 15.0
"""A CTI server may take 10 to 15 s to answer. Source: CTI Server Message Reference Guide, Application Level
Interfaces."""


class CtiLost(Exception):
    """The link was lost while a request waited for its answer, or there is none."""


class CtiSilent(Exception):
    """The CTI server did not answer a request in time."""


class LinkOwner(Protocol):
    """Whom the link serves."""

    def link_opened(self) -> None:
        """A session has just opened: what the server tells from now on belongs to its loading."""

    async def load(self) -> None:
        """Read agents and calls over a session that has just opened. May raise CtiLost or CtiSilent."""

    def link_up(self, side: Side) -> None:
        """The session is loaded and in service."""

    def link_lost(self) -> None:
        """The session in service was lost."""

    def link_event(self, message: Message) -> None:
        """The CTI server told something unasked."""

    def link_answer(self, message: Message) -> None:
        """A request was answered. Whoever asked hears of it a little later, perhaps after further events."""


class CtiLink:
    """The one CTI session of a node.

    host: the node's own name, its UniqueInstanceID. sides: the configured ones, A first. known: every side that has an
    address. hosts: names it can resolve by itself.
    """

    def __init__(
        self,
        host: str,
        sides: Collection[Side],
        known: Mapping[Side, Address],
        peripheral_id: int,
        *,
        options: NodeOptions,
        defects: NodeDefects,
        hosts: Mapping[str, str],
        owner: LinkOwner,
    ) -> None:
        self._host, self._sides, self._known, self._peripheral_id = host, tuple(sides), dict(known), peripheral_id
        self._options, self._defects, self._hosts, self._owner = options, defects, hosts, owner
        self._loop = asyncio.get_running_loop()
        self._phase = Phase.STOPPED
        self._attempts = defects.attempts(attempts(None, self._sides), self._known)
        self._connection: CtiConnection | None = None
        self._step_timer: asyncio.TimerHandle | None = None
        self._beat_timer: asyncio.TimerHandle | None = None
        self._beats = Beats()
        self._invoke_id = 0
        self._open_id = 0
        self._waiting: dict[int, asyncio.Future[Message]] = {}
        self._answered_s = 0.0
        self._goodbye: asyncio.Future[None] | None = None
        self._was_reset = False
        self._tasks: set[asyncio.Task[None]] = set()
        self._closing: dict[CtiConnection, None] = {}
        self.side: Side | None = None
        self.up_since_s: float | None = None
        self.last_beat_s: float | None = None

    @property
    def is_up(self) -> bool:
        """Is a session in service?"""
        return self._phase is Phase.UP

    @property
    def is_heard(self) -> bool:
        """Was the last heartbeat that was due answered? False without a session."""
        return self._phase in (Phase.LOADING, Phase.UP) and not self._beats.overdue

    def start(self) -> None:
        """Begin to seek a session."""
        self._see(Seen.START)

    async def stop(self) -> None:
        """Close the session in good order, or stop seeking one."""
        if self._phase is not Phase.STOPPED:
            self._phase, order = decide(self._phase, Seen.STOP)
            self._cancel_step()
            self._cancel(self._beat_timer)
            if order is Order.CLOSE:
                await self._say_goodbye()
        await self.die()

    async def die(self) -> None:
        """Reset the connection and forget everything."""
        self._phase = Phase.STOPPED
        self._drop()
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await asyncio.gather(*(connection.closed for connection in self._closing))
        self._closing.clear()

    async def request(self, message: Message, timeout_s: float) -> Message:
        """Send a request under a new invoke id; its answer, good or bad. Raises CtiLost, CtiSilent.

        timeout_s: without any answer. A server that is busy with 500 sign-ins answers one after the other, and those
        who wait are not told that it is lost; nor are they where it is our own loop that is behind.
        """
        connection = self._connection
        if connection is None or self._phase not in (Phase.LOADING, Phase.UP):
            raise CtiLost
        invoke_id = self._next_id()
        future: asyncio.Future[Message] = self._loop.create_future()
        self._waiting[invoke_id] = future
        connection.send(replace(message, invoke_id=invoke_id))  # type: ignore[call-arg]
        sent_s = now_s = behind_s = self._loop.time()
        try:
            while not future.done():
                silent_s = max(behind_s, self._answered_s) + timeout_s
                until_s = max(sent_s + timeout_s, min(silent_s, sent_s + ANSWER_S_MAX))
                if until_s <= now_s:
                    unanswered = len(self._beats.unanswered)
                    if self._phase is Phase.UP and self._defects.request_unanswered(missed=unanswered):
                        self._lose(Seen.SILENT)
                    raise CtiSilent
                await asyncio.wait((future,), timeout=until_s - now_s)
                now_s = self._loop.time()
                if now_s - until_s > BEHIND_S:
                    behind_s = now_s
            return future.result()
        finally:
            self._waiting.pop(invoke_id, None)

    def lose(self) -> None:
        """As if the socket had failed: what a broken product makes of it."""
        self._ended(Seen.SOCKET_DOWN)

    # Decisions and what follows from them

    def _see(self, seen: Seen) -> None:
        self._phase, order = decide(self._phase, seen)
        match order:
            case Order.CONNECT:
                self._connect()
            case Order.OPEN:
                self._open()
            case Order.LOAD:
                self._load()
            case Order.SERVE:
                self._serve()
            case Order.PAUSE:
                self._drop()
                assert self.side is not None
                self._defects.attempt_in_vain(overdue=seen is Seen.OVERDUE)
                pause_s = self._defects.pause_s(self.side, self._options.retry_pause_s, sides=len(self._sides))
                self._after(pause_s, Seen.PAUSE_OVER)
            case Order.FAIL_OVER:
                self._fail_over(seen)

    def _connect(self) -> None:
        self.side = next(self._attempts)
        self._spawn(self._attempt(self._known[self.side]))
        for work in self._defects.beside(self.side, self._open_in_vain, self._knock):
            self._spawn(work)

    async def _attempt(self, address: Address) -> None:
        try:
            connection = await self._connected(address, self._on_message, self._on_end)
        except TimeoutError:
            self._see(Seen.OVERDUE)
        except OSError:
            self._see(Seen.SOCKET_DOWN)
        else:
            self._connection = connection
            self._see(Seen.SOCKET_DOWN if connection.ended else Seen.SOCKET_UP)

    async def _connected(self, address: Address, on_message: OnMessage, on_end: OnEnd) -> CtiConnection:
        connection = CtiConnection(self._options.cti_version, on_message, on_end)
        host = self._hosts.get(address.host, address.host)
        async with asyncio.timeout(self._options.connect_timeout_s):
            await self._loop.create_connection(lambda: connection, host, address.port)
        self._closing[connection] = None
        connection.closed.add_done_callback(lambda _: self._closing.pop(connection, None))
        return connection

    def _open(self) -> None:
        self._open_id = self._next_id()
        self._send(self._open_request(self._open_id))
        self._after(self._options.open_timeout_s, Seen.OVERDUE)

    def _open_request(self, invoke_id: int) -> OpenReq:
        options, peripheral_id = self._options, self._peripheral_id
        return open_request(options, invoke_id=invoke_id, peripheral_id=peripheral_id, instance=self._host)

    def _load(self) -> None:
        self._after(self._options.load_timeout_s + self._options.loading_s, Seen.OVERDUE)
        self._beats = Beats()
        assert self.side is not None
        self._defects.session_opened(self.side)
        self._owner.link_opened()
        self._set_beat()
        self._spawn(self._loaded())
        for work in self._defects.while_read(self.side, self._knock):
            self._spawn(work)

    async def _loaded(self) -> None:
        connection = self._connection
        try:
            await self._owner.load()
            if self._options.loading_s > 0:
                await asyncio.sleep(self._options.loading_s)
        except (CtiLost, CtiSilent):
            seen = Seen.OVERDUE
        else:
            assert self.side is not None
            seen = Seen.OVERDUE if self._defects.gives_up_read(self.side) else Seen.LOADED
        if self._phase is Phase.LOADING and connection is self._connection:
            self._see(seen)

    def _serve(self) -> None:
        self._cancel_step()
        self.up_since_s = self._loop.time()
        assert self.side is not None
        self._defects.session_found(self.side)
        self._owner.link_up(self.side)
        for work in self._defects.after_success(self._open_in_vain, self._knock):
            self._spawn(work)

    def _fail_over(self, seen: Seen) -> None:
        self._drop()
        assert self.side is not None
        self._defects.session_lost(self.side, self._how(seen))
        self._attempts = self._defects.attempts(attempts(self.side, self._sides), self._known)
        self._owner.link_lost()
        if self._options.dial_pause_s > 0:
            self._after(self._options.dial_pause_s, Seen.PAUSE_OVER)
        else:
            self._see(Seen.PAUSE_OVER)

    def _beat(self) -> None:
        if self._defects.heartbeat_due(len(self._beats.unanswered), needed=self._options.misses):
            self._lose(Seen.SILENT)
            return
        invoke_id = self._next_id()
        self._beats = beat_sent(self._beats, invoke_id)
        self._defects.heartbeat_sent(invoke_id)
        self._send(HeartbeatReq(invoke_id))
        self._set_beat()

    def _set_beat(self) -> None:
        after_s = self._defects.heartbeat_interval_s(self._options.heartbeat_interval_s)
        self._beat_timer = self._loop.call_later(after_s, self._beat)

    # What the connection tells

    def _on_message(self, connection: CtiConnection, message: Message) -> None:
        if connection is not self._connection:
            return
        match message:
            case HeartbeatConf() if self._defects.answer_counts(message.invoke_id):
                if message.invoke_id in self._beats.unanswered:
                    self.last_beat_s = self._loop.time()
                self._beats = beat_answered(self._beats, message.invoke_id)
            case OpenConf() if self._phase is Phase.OPENING and message.invoke_id == self._open_id:
                self._cancel_step()
                self.last_beat_s = self._loop.time()
                self._see(Seen.ENDED if message.session_type == SessionType.STANDBY else Seen.OPENED)
            case FailureEvent():
                self._ended(Seen.ENDED)
            case FailureConf() if message.invoke_id in (self._open_id, *self._beats.unanswered):
                self._ended(Seen.ENDED)
            case CloseConf() if self._goodbye is not None and not self._goodbye.done():
                self._goodbye.set_result(None)
            case _:
                self._answer_or_event(message)

    def _answer_or_event(self, message: Message) -> None:
        if self._defects.counts_as_answer():
            self._beats = Beats()
        future = self._waiting.get(getattr(message, "invoke_id", 0))
        if future is None:
            if self._phase in (Phase.LOADING, Phase.UP):
                self._owner.link_event(message)
        elif not future.done():
            self._answered_s = self._loop.time()
            self._owner.link_answer(message)
            future.set_result(message)

    def _on_end(self, connection: CtiConnection) -> None:
        if connection is self._connection:
            self._was_reset = connection.was_reset
            self._ended(Seen.SOCKET_DOWN)

    def _ended(self, seen: Seen) -> None:
        if self._goodbye is not None and not self._goodbye.done():
            self._goodbye.set_result(None)
        if self._phase not in (Phase.OPENING, Phase.LOADING, Phase.UP):
            return
        self._lose(seen)

    def _lose(self, seen: Seen) -> None:
        """The session is lost, which the node notices at once."""
        assert self.side is not None
        wait_s, missed = 0.0, len(self._beats.unanswered) - 1  # the answer to the newest may be under way
        if self._phase is Phase.UP:
            how, waits = self._how(seen), bool(self._waiting)
            wait_s = self._defects.loss_shows_after_s(self.side, how, missed=missed, waits=waits)
        if wait_s > 0:
            self._cancel(self._beat_timer)
            self._after(wait_s, seen)
        else:
            self._see(seen)

    def _how(self, seen: Seen) -> str:
        """A loss in the words of a narrowing."""
        if seen is Seen.SOCKET_DOWN:
            return "reset" if self._was_reset else "closed"
        return "silent" if seen is Seen.SILENT else "ended"

    # Small change

    async def _say_goodbye(self) -> None:
        self._goodbye = self._loop.create_future()
        self._send(CloseReq(self._next_id()))
        try:
            async with asyncio.timeout(self._options.close_timeout_s):
                await self._goodbye
        except TimeoutError:
            return
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    async def _open_in_vain(self, side: Side) -> None:
        if side in self._known:
            connect = partial(self._connected, self._known[side])
            await open_in_vain(connect, self._open_request(1), limit_s=self._options.open_timeout_s)

    async def _knock(self, side: Side) -> None:
        if side in self._known:
            await knock(partial(self._connected, self._known[side]))

    def _drop(self) -> None:
        """Give the connection up, with all that belongs to it."""
        self._cancel_step()
        self._cancel(self._beat_timer)
        self.up_since_s = None
        self._beats = Beats()
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.give_up()
        waiting, self._waiting = self._waiting, {}
        for future in waiting.values():
            if not future.done():
                future.set_exception(CtiLost())
                future.exception()  # whoever waited may be cancelled in this instant, and asyncio would complain
        current = asyncio.current_task()
        for task in self._tasks:
            if task is not current:
                task.cancel()

    def _send(self, message: Message) -> None:
        if self._connection is not None:
            self._connection.send(message)

    def _after(self, delay_s: float, seen: Seen) -> None:
        self._cancel_step()
        self._step_timer = self._loop.call_later(delay_s, self._see, seen)

    def _cancel_step(self) -> None:
        self._cancel(self._step_timer)

    @staticmethod
    def _cancel(timer: asyncio.TimerHandle | None) -> None:
        if timer is not None:
            timer.cancel()

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = self._loop.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        task.add_done_callback(report_failure)

    def _next_id(self) -> int:
        self._invoke_id = self._invoke_id % INVOKE_ID_MAX + 1
        return self._invoke_id
