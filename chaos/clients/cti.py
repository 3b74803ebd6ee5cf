"""The harness's own CTI client: a telephone at the switch, past Finesse and past the proxies.

It opens one session on whichever CTI side accepts, hears everything (ALL_EVENTS), and acts as a phone or a supervisor
would. What it hears and does goes into the journal of the moment. A session that is lost is opened again, on either
side, before the next operation.

Source: CTI Server Message Reference Guide, "Session Management" and "Application Level Interfaces".
"""

import asyncio
import contextlib
from collections import deque
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar

from chaos.clients.cti_session import Session, SwitchError, SwitchLost, SwitchRefused, SwitchSilent, name_of
from chaos.clock import now
from chaos.errors import UsageError
from chaos.journal import OUR_CLIENT, Journal, Observation, SwitchAct, SwitchActed, SwitchAgentSeen, SwitchCallSeen
from chaos.wire import ged188 as wire
from chaos.wire.ged188 import AgentState, CallMask, Message, MessageType, Service

__all__ = ["CallRef", "CtiClient", "SwitchError", "SwitchLost", "SwitchRefused", "SwitchSilent"]

T = TypeVar("T")
M = TypeVar("M", bound=Message)

OPEN_S: Final = 30.0
"""How long a server may take to answer OPEN_REQ; the guide asks clients to wait that long."""
HEARTBEAT_S: Final = 10.0

_SERVICES = Service.CLIENT_CONTROL | Service.CALL_DATA_UPDATE | Service.ALL_EVENTS
_CALLS = CallMask(sum(bit for bit in CallMask if bit < CallMask.TRANSLATION_ROUTE)) | (
    CallMask.BEGIN_CALL | CallMask.END_CALL | CallMask.DATA_UPDATE | CallMask.FAILED
)
# With a reason code: it means nothing in any other state.
_REASONED = frozenset({AgentState.NOT_READY, AgentState.LOGOUT})
_REMEMBERED = 512


@dataclass(frozen=True, slots=True)
class CallRef:
    """One connection of a call.

    call_id: ConnectionCallID, also the number of Finesse's Dialog. device: the extension at which it is. connection,
    connection_type: ConnectionDeviceID and its type, which the switch chooses. state: as last told, None if it was not.
    """

    call_id: int
    device: str
    connection: str
    connection_type: int = wire.ConnectionDeviceIdType.STATIC
    state: wire.LocalConnectionState | int | None = field(default=None, compare=False)


class CtiClient:
    """A CTI client that works agents' telephones.

    addresses: (host, port) of the CTI servers, tried in this order. journal_of: the journal of the moment, or None.
    protocol: of the session, 14 to 24. extensions: agent id to extension, as far as known beforehand; it learns from
    what the switch tells. reply_s: how long an answer may take; the guide speaks of 10 to 15 s.

    Where an operation takes an agent, an agent's id or an extension will do; observations carry the id. Operations open
    the session anew if it was lost. Each is recorded, and raises SwitchRefused, SwitchLost or SwitchSilent when it was
    not confirmed, and UsageError if what it was given cannot be sent.
    """

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
                    return True
            self.failure = "; ".join(failures)
            return False

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

    # -- agents ------------------------------------------------------------------------------------------------------

    async def set_agent_state(
        self, agent: str, state: AgentState, reason: int = 0, *, password: str | None = None
    ) -> None:
        """Ask for an agent's state; the switch confirms that it took the request, the change itself is an event.

        reason: for NOT_READY and LOGOUT. password: the agent's, for LOGIN and LOGOUT.
        """

        async def act(agent_id: str, _: str) -> None:
            request = wire.SetAgentStateReq(
                peripheral_id=self._peripheral_id,
                agent_state=state,
                event_reason_code=reason,
                agent_instrument=self._known(agent_id)[1],
                agent_id=agent_id,
                agent_password=password,
            )
            await self._ask(request, wire.SetAgentStateConf)

        await self._act(SwitchAct.SET_STATE, agent, act, value=state.name)

    async def agent_state(self, agent: str) -> AgentState | int:
        """The state that the switch says the agent is in. Not recorded as an act; what it says is recorded as seen."""
        agent_id, _ = self._known(agent)
        conf = await self._query(agent_id)
        self._record(SwitchAgentSeen(agent=conf.agent_id or agent_id, state=name_of(conf.agent_state)))
        return conf.agent_state

    # -- calls -------------------------------------------------------------------------------------------------------

    async def make_call(self, agent: str, number: str) -> CallRef:
        """Dial from the agent's phone."""

        async def act(_: str, device: str) -> CallRef:
            request = wire.MakeCallReq(peripheral_id=self._peripheral_id, agent_instrument=device, dialed_number=number)
            return _made(await self._ask(request, wire.MakeCallConf), device)

        return await self._act(SwitchAct.MAKE_CALL, agent, act, value=number)

    async def answer(self, agent: str, call: CallRef) -> None:
        """Pick up the agent's ringing phone."""
        await self._at_phone(SwitchAct.ANSWER, agent, call, wire.AnswerCallReq, wire.AnswerCallConf)

    async def hold(self, agent: str, call: CallRef) -> None:
        """Put the agent's connection on hold."""
        await self._at_phone(SwitchAct.HOLD, agent, call, wire.HoldCallReq, wire.HoldCallConf)

    async def retrieve(self, agent: str, call: CallRef) -> None:
        """Take the agent's connection off hold."""

        async def act(_: str, device: str) -> None:
            at = await self._connection(device, call)
            request = wire.RetrieveCallReq(
                peripheral_id=self._peripheral_id,
                held_connection_call_id=at.call_id,
                held_connection_device_id_type=at.connection_type,
                held_connection_device_id=at.connection,
                agent_instrument=device,
            )
            await self._ask(request, wire.RetrieveCallConf)

        await self._act(SwitchAct.RETRIEVE, agent, act, call=call)

    async def clear(self, agent: str, call: CallRef) -> None:
        """Hang up the agent's phone; who else is in the call stays connected, if there are two or more."""
        await self._at_phone(SwitchAct.CLEAR, agent, call, wire.ClearConnectionReq, wire.ClearConnectionConf)

    async def set_call_data(self, call: CallRef, variable: int, value: str) -> None:
        """Write one of the call variables 1 to 10. Raises UsageError: there is no such variable."""
        if not 1 <= variable <= 10:
            raise UsageError(f"call variable {variable}: give one of 1 to 10")
        variables: list[str | None] = [None] * 10
        variables[variable - 1] = value

        async def act(_: str, __: str) -> None:
            request = wire.SetCallDataReq(
                peripheral_id=self._peripheral_id,
                connection_device_id_type=call.connection_type,
                connection_call_id=call.call_id,
                connection_device_id=call.connection,
                call_variables=tuple(variables),
            )
            await self._ask(request, wire.SetCallDataConf)

        await self._act(SwitchAct.SET_DATA, call.device, act, call=call, value=value)

    async def consult(self, agent: str, active: CallRef, number: str) -> CallRef:
        """Dial a third party for a conference; the active call is held meanwhile."""

        async def act(_: str, device: str) -> CallRef:
            at = await self._connection(device, active)
            request = wire.ConsultationCallReq(
                peripheral_id=self._peripheral_id,
                active_connection_call_id=at.call_id,
                active_connection_device_id_type=at.connection_type,
                consult_type=2,
                active_connection_device_id=at.connection,
                dialed_number=number,
                agent_instrument=device,
            )
            return _made(await self._ask(request, wire.ConsultationCallConf), device)

        return await self._act(SwitchAct.CONSULT, agent, act, value=number)

    async def conference(self, agent: str, held: CallRef, active: CallRef) -> CallRef:
        """Join the held and the active call of the agent into one."""

        async def act(_: str, device: str) -> CallRef:
            on_hold, talking = await self._connection(device, held), await self._connection(device, active)
            request = wire.ConferenceCallReq(
                peripheral_id=self._peripheral_id,
                held_connection_call_id=on_hold.call_id,
                active_connection_call_id=talking.call_id,
                held_connection_device_id_type=on_hold.connection_type,
                active_connection_device_id_type=talking.connection_type,
                active_connection_device_id=talking.connection,
                held_connection_device_id=on_hold.connection,
                agent_instrument=device,
            )
            return _made(await self._ask(request, wire.ConferenceCallConf), device)

        return await self._act(SwitchAct.CONFERENCE, agent, act)

    async def calls_at(self, extension: str) -> tuple[CallRef, ...]:
        """The calls at a device, as the switch sees them; nothing is recorded."""
        request = wire.SnapshotDeviceReq(peripheral_id=self._peripheral_id, agent_instrument=extension)
        conf = await self._ask(request, wire.SnapshotDeviceConf)
        return tuple(
            CallRef(
                call.call_conn_call_id,
                extension,
                call.call_conn_device_id or extension,
                _or(call.call_conn_device_id_type, wire.ConnectionDeviceIdType.STATIC),
                call.call_state,
            )
            for call in conf.calls
            if call.call_conn_call_id is not None
        )

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

    async def _at_phone(
        self, act: SwitchAct, agent: str, call: CallRef, request: type[Any], conf: type[Message]
    ) -> None:
        """A request that is about the agent's connection to the call and nothing else."""

        async def do(_: str, device: str) -> None:
            at = await self._connection(device, call)
            about = {
                "peripheral_id": self._peripheral_id,
                "connection_call_id": at.call_id,
                "connection_device_id_type": at.connection_type,
                "connection_device_id": at.connection,
                "agent_instrument": device,
            }
            await self._ask(request(**about), conf)

        await self._act(act, agent, do, call=call)

    async def _act(
        self,
        act: SwitchAct,
        agent: str,
        do: Callable[[str, str], Awaitable[T]],
        *,
        call: CallRef | None = None,
        value: str | None = None,
    ) -> T:
        """Do something at an agent's device, `do(agent id, extension)`, and record how it ended."""
        agent_id, call_id = self._known(agent)[0], None if call is None else str(call.call_id)
        try:
            agent_id, device = await self._device(agent)
            done = await do(agent_id, device)
        except SwitchError as error:
            self._record(
                SwitchActed(act=act, agent=agent_id, ok=False, call_id=call_id, value=value, detail=str(error))
            )
            raise
        if isinstance(done, CallRef):
            call_id = str(done.call_id)
        self._record(SwitchActed(act=act, agent=agent_id, ok=True, call_id=call_id, value=value))
        return done

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
        owner = next((who for who, device in self._extensions.items() if device == agent), None)
        return (agent, None) if owner is None else (owner, agent)

    async def _device(self, agent: str) -> tuple[str, str]:
        """As `_known`; asks the switch if need be. What it does not know either is taken for a device of nobody."""
        agent_id, device = self._known(agent)
        if device is None:
            with contextlib.suppress(SwitchRefused):
                await self._query(agent_id)
            agent_id, device = self._known(agent)
        return agent_id, device or agent

    async def _connection(self, device: str, call: CallRef) -> CallRef:
        """The connection of that call at this device; only the switch knows what it is called at another than it is."""
        if call.device == device:
            return call
        there = next((one for one in await self.calls_at(device) if one.call_id == call.call_id), None)
        return there or CallRef(call.call_id, device, device)

    def _learn(self, agent_id: str | None, extension: str | None) -> None:
        if agent_id and extension:
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
            reason = event.event_reason_code if event.agent_state in _REASONED else None
            if event.agent_id:
                state = name_of(event.agent_state)
                self._record(SwitchAgentSeen(agent=event.agent_id, state=state, reason_code=reason))
        else:
            call_id, device = _about(event)
            self._record(SwitchCallSeen(call_id=str(call_id), happening=_happening(event), device=device))
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
            self._fail_waiters(why)

    def _fail_waiters(self, why: str) -> None:
        for waiter in tuple(self._waiters):
            if not waiter.done():
                waiter.set_exception(SwitchLost(f"the session with the CTI server is lost: {why}"))

    def _record(self, seen: Observation) -> None:
        journal = self._journal_of()
        if journal is not None:
            journal.record(seen)


def _made(conf: Any, device: str) -> CallRef:
    """The connection that a confirmation names."""
    return CallRef(
        conf.new_connection_call_id,
        device,
        conf.new_connection_device_id or device,
        conf.new_connection_device_id_type,
    )


def _about(event: Any) -> tuple[int, str | None]:
    """(call id, device) that a call event is about."""
    if isinstance(event, wire.CallConferencedEvent | wire.CallTransferredEvent):
        return event.primary_call_id, event.primary_device_id
    return event.connection_call_id, event.connection_device_id


def _happening(event: Message) -> str:
    """ "established" for CALL_ESTABLISHED_EVENT, "begin" for BEGIN_CALL_EVENT."""
    words = MessageType(event.TYPE).name.removesuffix("_EVENT").split("_")
    return "-".join(word for word in words if word != "CALL").lower()


def _or(value: int | None, other: int) -> int:
    return other if value is None else value
