"""The session that the harness's own CTI client keeps: with whichever CTI side accepts, opened again when it was lost.

What the switch tells unasked is recorded as it comes, and handed to whoever waits for it.

Source: CTI Server Message Reference Guide, "Session Management".
"""

import asyncio
import contextlib
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final, TypeVar

from chaos.clients.cti_events import heard
from chaos.clients.cti_session import Session, SwitchError, SwitchLost, SwitchRefused, SwitchSilent
from chaos.clock import now
from chaos.errors import UsageError
from chaos.journal import OUR_CLIENT, Journal, Observation, SwitchAgentSeen, SwitchCallSeen
from chaos.wire import ged188 as wire
from chaos.wire.ged188 import CallMask, Message, Service

M = TypeVar("M", bound=Message)

OPEN_S: Final = 30.0
"""How long a server may take to answer OPEN_REQ; the guide asks clients to wait that long."""
HEARTBEAT_S: Final = 10.0

_SERVICES = Service.CLIENT_CONTROL | Service.CALL_DATA_UPDATE | Service.ALL_EVENTS
_CALLS = CallMask(sum(bit for bit in CallMask if bit < CallMask.TRANSLATION_ROUTE)) | (
    CallMask.BEGIN_CALL | CallMask.END_CALL | CallMask.DATA_UPDATE | CallMask.FAILED
)
_REMEMBERED = 512


class SwitchLink:
    """A session with the switch: see `chaos.clients.cti.CtiClient`, which works telephones over it."""

    def __init__(
        self,
        addresses: Sequence[tuple[str, int]],
        *,
        peripheral_id: int,
        journal_of: Callable[[], Journal | None],
        protocol: int = 24,
        client_id: str = f"{OUR_CLIENT}-phone",
        password: bytes = b"",
        extensions: Mapping[str, str] | None = None,
        reply_s: float = 20.0,
        heartbeat_s: float = HEARTBEAT_S,
    ) -> None:
        if not addresses:
            raise UsageError("a CTI client needs the address of at least one CTI server")
        self.failure: str | None = None
        """Why the last session, or the last attempt to open one, ended; None if nothing went wrong so far."""
        self._addresses = tuple(addresses)
        self._peripheral_id = peripheral_id
        self._journal_of = journal_of
        self._protocol = protocol
        self._client_id = client_id
        self._password = password
        self._extensions = dict(extensions or {})
        self._reply_s = reply_s
        self._heartbeat_s = heartbeat_s
        self._session: Session | None = None
        self._trying: Session | None = None
        self._wanted = False
        self._lost = asyncio.Event()
        self._opening = asyncio.Lock()
        self._events: deque[tuple[float, Message]] = deque(maxlen=_REMEMBERED)
        self._waiters: dict[asyncio.Future[Message], Callable[[Message], bool]] = {}

    @property
    def is_open(self) -> bool:
        """Whether there is a session now."""
        return self._session is not None and self._session.is_open

    @property
    def address(self) -> tuple[str, int] | None:
        """The server that it has a session with."""
        return self._session.address if self._session is not None and self._session.is_open else None

    async def open(self) -> bool:
        """Open a session with the first server that accepts; False if none does, then `failure` says why."""
        self._wanted = True
        async with self._opening:
            if self.is_open:
                return True
            failures = []
            for address in self._addresses:
                if not self._wanted:
                    failures.append("closed meanwhile")
                    break
                try:
                    self._session = await self._opened(address)
                except SwitchError as error:
                    failures.append(f"{address[0]}:{address[1]}: {error}")
                else:
                    self._lost.clear()
                    return True
            self.failure = "; ".join(failures)
            return False

    async def until_lost(self) -> None:
        """Return when a session has been lost since it was opened last, at once if one was."""
        await self._lost.wait()

    async def close(self) -> None:
        """End the session in good order, or without it after 5 s; an attempt to open one is given up. Safe twice."""
        self._wanted = False
        if self._trying is not None:
            self._trying.reset("closed by us")
        async with self._opening:
            session, self._session = self._session, None
            if session is not None:
                await session.close()
        self._fail_waiters("the client was closed")

    async def wait_for(
        self, predicate: Callable[[Message], bool], within_s: float, *, since_s: float | None = None
    ) -> Message:
        """The first agent or call event that satisfies the predicate.

        since_s: loop time from which events count that have come already; None: only those to come.
        Raises SwitchSilent: none came in time. SwitchLost: the session is lost, events can no longer come.
        """
        if since_s is not None:
            for at_s, event in self._events:
                if at_s >= since_s and predicate(event):
                    return event
        if not self.is_open:
            raise SwitchLost(f"no session with a CTI server: {self.failure or 'open it first'}")
        waiter: asyncio.Future[Message] = asyncio.get_running_loop().create_future()
        self._waiters[waiter] = predicate
        try:
            async with asyncio.timeout(within_s):
                return await waiter
        except TimeoutError:
            raise SwitchSilent(f"the switch did not tell the event waited for within {within_s:g} s") from None
        finally:
            self._waiters.pop(waiter, None)

    # -- how it is done ----------------------------------------------------------------------------------------------

    async def _ask(self, request: Any, conf: type[M]) -> M:
        """Send a request, with an InvokeID of ours, and wait for its confirmation. Opens a lost session first."""
        if not self._wanted:
            raise SwitchLost("no session with a CTI server: open it first")
        if not self.is_open and not await self.open():
            raise SwitchLost(f"no session with a CTI server: {self.failure}")
        assert self._session is not None
        return await self._session.ask(request, conf, self._reply_s)

    async def _query(self, agent_id: str) -> wire.QueryAgentStateConf:
        request = wire.QueryAgentStateReq(peripheral_id=self._peripheral_id, agent_id=agent_id)
        conf = await self._ask(request, wire.QueryAgentStateConf)
        self._learn(conf.agent_id or agent_id, conf.agent_extension or conf.agent_instrument)
        return conf

    def _known(self, agent: str) -> tuple[str, str | None]:
        """(agent id, extension) of an agent given by either; the extension is None if it is not known."""
        if agent in self._extensions:
            return agent, self._extensions[agent]
        owner = next((who for who, device in reversed(self._extensions.items()) if device == agent), None)
        return (agent, None) if owner is None else (owner, agent)

    async def _device(self, agent: str) -> tuple[str, str]:
        """As `_known`; asks the switch if need be. What it does not know either is taken for a device of nobody."""
        agent_id, device = self._known(agent)
        if device is None:
            with contextlib.suppress(SwitchRefused):
                await self._query(agent_id)
            agent_id, device = self._known(agent)
        return agent_id, device or agent

    def _learn(self, agent_id: str | None, extension: str | None) -> None:
        """A telephone is whose who was there last: others may sign in at it, too."""
        if agent_id and extension:
            self._extensions.pop(agent_id, None)
            self._extensions[agent_id] = extension

    async def _opened(self, address: tuple[str, int]) -> "Session":
        session = Session(address, self._protocol, self._heartbeat_s, self._on_event, self._on_loss)
        self._trying = session
        try:
            await session.dial()
            opening = wire.OpenReq(
                version_number=self._protocol,
                idle_timeout=max(20, int(4 * self._heartbeat_s)),
                peripheral_id=self._peripheral_id,
                services_requested=_SERVICES,
                call_msg_mask=_CALLS,
                agent_state_mask=wire.AgentMask.ALL,
                client_id=self._client_id,
                client_password=self._password,
                client_signature=self._client_id,
            )
            conf = await session.ask(opening, wire.OpenConf, OPEN_S)
            if conf.services_granted & _SERVICES != _SERVICES:
                lacking = Service(_SERVICES & ~conf.services_granted)
                raise SwitchRefused(f"to open: it does not grant {lacking!r}", wire.Status.FUNCTION_NOT_AVAILABLE)
        except BaseException:
            session.reset("not opened")
            raise
        finally:
            self._trying = None
        session.keep_alive()
        return session

    def _on_event(self, event: Message) -> None:
        if isinstance(event, wire.AgentStateEvent):
            self._learn(event.agent_id, event.agent_extension or event.agent_instrument)
        seen = heard(event)
        if seen is not None:
            self._record(seen)
        self._events.append((now(), event))
        for waiter, predicate in tuple(self._waiters.items()):
            if waiter.done():
                continue
            try:
                if predicate(event):
                    waiter.set_result(event)
            except Exception as error:  # the caller's own, and it is to reach the caller
                waiter.set_exception(error)

    def _on_loss(self, session: "Session", why: str) -> None:
        if session is self._session:
            self.failure = why
            self._lost.set()
            self._fail_waiters(why)

    def _fail_waiters(self, why: str) -> None:
        for waiter in tuple(self._waiters):
            if not waiter.done():
                waiter.set_exception(SwitchLost(f"the session with the CTI server is lost: {why}"))

    def _record(self, seen: Observation) -> None:
        journal = self._journal_of()
        if journal is None:
            return
        if isinstance(seen, SwitchAgentSeen | SwitchCallSeen):
            journal.record(replace(seen, nth=journal.nth(type(seen))))
        else:
            journal.observe(seen)
