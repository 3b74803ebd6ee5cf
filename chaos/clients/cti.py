"""The harness's own CTI client: a telephone at the switch, past Finesse and past the proxies.

It opens one session on whichever CTI side accepts, hears everything (ALL_EVENTS), and acts as a phone or a supervisor
would. What it hears and does goes into the journal of the moment. A session that is lost is opened again, on either
side, before the next operation.

Source: CTI Server Message Reference Guide, "Session Management" and "Application Level Interfaces".
"""

from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar

from chaos.clients.cti_events import WRAP_UP, call_data
from chaos.clients.cti_link import SwitchLink
from chaos.clients.cti_session import SwitchError, SwitchLost, SwitchRefused, SwitchSilent, name_of
from chaos.journal import CallSeen, SwitchAct, SwitchActed, SwitchAgentSeen, SwitchLooked
from chaos.wire import ged188 as wire
from chaos.wire.ged188 import AgentState, Message, NamedVariable

__all__ = ["CallRef", "CtiClient", "SwitchError", "SwitchLost", "SwitchRefused", "SwitchSilent", "only_to_be_heard"]

T = TypeVar("T")

_JOINS: Final[Mapping[SwitchAct, tuple[type[Any], type[Message]]]] = {
    SwitchAct.CONFERENCE: (wire.ConferenceCallReq, wire.ConferenceCallConf),
    SwitchAct.TRANSFER: (wire.TransferCallReq, wire.TransferCallConf),
}
# Of whoever acts, not of the client: several people act at once.
_CONTROL: ContextVar[bool] = ContextVar("control", default=False)


@contextmanager
def only_to_be_heard() -> Iterator[None]:
    """What is done inside is done so that clients are told something, and recorded as that."""
    token = _CONTROL.set(True)
    try:
        yield
    finally:
        _CONTROL.reset(token)


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


class CtiClient(SwitchLink):
    """A CTI client that works agents' telephones.

    addresses: (host, port) of the CTI servers, tried in this order. journal_of: the journal of the moment, or None.
    protocol: of the session, 9 to 25. extensions: agent id to extension, as far as known beforehand; it learns from
    what the switch tells. reply_s: how long an answer may take; the guide speaks of 10 to 15 s.

    Where an operation takes an agent, an agent's id or an extension will do; observations carry the id. Operations open
    the session anew if it was lost. Each is recorded, and raises SwitchRefused, SwitchLost or SwitchSilent when it was
    not confirmed, and UsageError if what it was given cannot be sent.
    """

    # -- agents ------------------------------------------------------------------------------------------------------

    async def set_agent_state(
        self, agent: str, state: AgentState, reason: int = 0, *, password: str | None = None, forced: bool = False
    ) -> None:
        """Ask for an agent's state; the switch confirms that it took the request, the change itself is an event.

        reason: for NOT_READY and LOGOUT. password: the agent's, for LOGIN and LOGOUT. forced: with the flag that makes
        a sign-out forced.
        """

        async def act(agent_id: str, _: str) -> None:
            request = wire.SetAgentStateReq(
                peripheral_id=self._peripheral_id,
                agent_state=state,
                event_reason_code=reason,
                agent_instrument=self._known(agent_id)[1],
                agent_id=agent_id,
                agent_password=password,
                forced_flag=wire.ForcedFlag.FORCE if forced else wire.ForcedFlag.NO,
            )
            await self._ask(request, wire.SetAgentStateConf)

        await self._act(SwitchAct.SET_STATE, agent, act, value=f"{state.name} {reason}" if forced else state.name)

    async def agent_state(self, agent: str) -> AgentState | int:
        """The state that the switch says the agent is in. Not recorded as an act; what it says is recorded as seen."""
        agent_id, _ = self._known(agent)
        conf = await self._query(agent_id)
        self._record(SwitchAgentSeen(agent=conf.agent_id or agent_id, state=name_of(conf.agent_state)))
        return conf.agent_state

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

    async def set_call_data(self, call: CallRef, data: Mapping[str, str]) -> None:
        """Write call data: "callVariable1" to "callVariable10", "wrapUpReason"; any other name is a named variable."""
        numbered = {f"callVariable{n}": n for n in range(1, 11)}
        variables: list[str | None] = [None] * 10
        for name in numbered.keys() & data.keys():
            variables[numbered[name] - 1] = data[name]
        named = tuple(
            NamedVariable(name, value) for name, value in data.items() if name not in numbered and name != WRAP_UP
        )

        async def act(_: str, __: str) -> None:
            request = wire.SetCallDataReq(
                peripheral_id=self._peripheral_id,
                connection_device_id_type=call.connection_type,
                connection_call_id=call.call_id,
                connection_device_id=call.connection,
                call_variables=tuple(variables),
                call_wrapup_data=data.get(WRAP_UP),
                named_variables=named,
            )
            await self._ask(request, wire.SetCallDataConf)

        await self._act(SwitchAct.SET_DATA, call.device, act, call=call, value=_text(data))

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
        return await self._join(SwitchAct.CONFERENCE, agent, held, active)

    async def transfer(self, agent: str, held: CallRef, active: CallRef) -> CallRef:
        """Join the held and the active call of the agent, who leaves them alone."""
        return await self._join(SwitchAct.TRANSFER, agent, held, active)

    async def look_at(self, agent: str) -> None:
        """Ask the switch in what state the agent is and which calls are at his device, and record what it says."""
        agent_id, device = await self._device(agent)
        state = (await self._query(agent_id)).agent_state
        calls = [await self._described(call) for call in await self.calls_at(device)]
        self._record(SwitchLooked(agent=agent_id, state=name_of(state), calls=tuple(calls)))

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

    # -- how it is done ----------------------------------------------------------------------------------------------

    async def _join(self, what: SwitchAct, agent: str, held: CallRef, active: CallRef) -> CallRef:
        request, conf = _JOINS[what]

        async def act(_: str, device: str) -> CallRef:
            on_hold, talking = await self._connection(device, held), await self._connection(device, active)
            about = {
                "peripheral_id": self._peripheral_id,
                "held_connection_call_id": on_hold.call_id,
                "held_connection_device_id_type": on_hold.connection_type,
                "held_connection_device_id": on_hold.connection,
                "active_connection_call_id": talking.call_id,
                "active_connection_device_id_type": talking.connection_type,
                "active_connection_device_id": talking.connection,
                "agent_instrument": device,
            }
            return _made(await self._ask(request(**about), conf), device)

        return await self._act(what, agent, act)

    async def _described(self, call: CallRef) -> CallSeen:
        request = wire.SnapshotCallReq(
            peripheral_id=self._peripheral_id,
            connection_call_id=call.call_id,
            connection_device_id_type=call.connection_type,
            connection_device_id=call.connection,
        )
        conf = await self._ask(request, wire.SnapshotCallConf)
        parties = tuple(
            (party.call_device_id or "", name_of(party.call_device_conn_state)) for party in conf.call_devices
        )
        state = "" if call.state is None else name_of(call.state)
        return CallSeen(call_id=str(call.call_id), state=state, parties=parties, variables=call_data(conf))

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
            self._record(_acted(act, agent_id, call_id, value, ok=False, detail=str(error)))
            raise
        if isinstance(done, CallRef):
            call_id = str(done.call_id)
        self._record(_acted(act, agent_id, call_id, value, ok=True))
        return done

    async def _connection(self, device: str, call: CallRef) -> CallRef:
        """The connection of that call at this device; only the switch knows what it is called at another than it is."""
        if call.device == device:
            return call
        there = next((one for one in await self.calls_at(device) if one.call_id == call.call_id), None)
        return there or CallRef(call.call_id, device, device)


def _acted(
    act: SwitchAct, agent: str, call_id: str | None, value: str | None, *, ok: bool, detail: str | None = None
) -> SwitchActed:
    return SwitchActed(act=act, agent=agent, ok=ok, call_id=call_id, value=value, detail=detail, control=_CONTROL.get())


def _text(data: Mapping[str, str]) -> str:
    return ", ".join(f"{name}={value}" for name, value in data.items())


def _made(conf: Any, device: str) -> CallRef:
    """The connection that a confirmation names."""
    return CallRef(
        conf.new_connection_call_id,
        device,
        conf.new_connection_device_id or device,
        conf.new_connection_device_id_type,
    )


def _or(value: int | None, other: int) -> int:
    return other if value is None else value
