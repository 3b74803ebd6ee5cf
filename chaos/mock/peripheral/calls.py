"""The calls of the peripheral: who is connected to whom, and what every operation makes of it."""

import re
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from typing import NamedTuple

from chaos.mock.peripheral.events import (
    BeginCall,
    CallEvent,
    Cleared,
    Conferenced,
    ConnectionCleared,
    DataUpdate,
    Delivered,
    EndCall,
    Established,
    Failed,
    Held,
    Joined,
    Originated,
    Retrieved,
    ServiceInitiated,
    Transferred,
)
from chaos.mock.peripheral.states import CallData, CallSnapshot, Party, Refused
from chaos.wire.ged188.values import CallType, ControlFailure, EventCause
from chaos.wire.ged188.values import LocalConnectionState as State

NUMBER = re.compile(r"[0-9*#+]{1,39}")
"""What can be dialled; the longest number fits the 40 bytes of the protocol."""

PARTIES_MAX = 16
ENDED_KEPT_S = 120.0

CallLater = Callable[[float, Callable[[], None]], object]


class ConnectionId(NamedTuple):
    """What names one party of one call."""

    call_id: int
    device: str


@dataclass(slots=True)
class _Call:
    """listens_to: the call that a supervisor hears by this one, in which the agent takes no part himself."""

    call_id: int
    call_type: CallType
    data: CallData
    calling: str
    called: str
    parties: dict[str, State] = field(default_factory=dict)
    conferenced_at: int | None = None
    listens_to: int | None = None
    told: list[CallEvent] = field(default_factory=list)
    began_s: float = 0.0


@dataclass(frozen=True, slots=True)
class EndedCall:
    """A call that is over. told: every event about it, in order. began_s, ended_s: loop time."""

    call_id: int
    began_s: float
    ended_s: float
    told: tuple[CallEvent, ...]


class Calls:
    """All calls of one peripheral.

    devices: the phones it knows; every other number is an outside party, which picks up by itself `outside_answer_s`
    after it began to ring. off_hook: told before a phone dials. settled: told which phones an operation touched;
    handed_over: at which a call has become another one, just before.
    emit: where events go. count: events told so far. Every operation raises Refused, with the product's code.
    """

    def __init__(
        self,
        devices: frozenset[str],
        *,
        first_call_id: int,
        outside_answer_s: float,
        call_later: CallLater,
        off_hook: Callable[[str], None],
        settled: Callable[[Iterable[str]], None],
        handed_over: Callable[[Iterable[str]], None],
        emit: Callable[[CallEvent], None],
        count: Callable[[], int],
        now: Callable[[], float],
    ) -> None:
        self.devices = devices
        self._next_id = first_call_id
        self._outside_answer_s = outside_answer_s
        self._call_later = call_later
        self._off_hook = off_hook
        self._settled, self._handed_over = settled, handed_over
        self._emit = emit
        self._count = count
        self._now = now
        self._calls: dict[int, _Call] = {}
        self._ended: deque[EndedCall] = deque()
        self.hung_up = ""
        """The phone that was hung up last."""

    # What is

    def get(self, call_id: int) -> CallSnapshot | None:
        """The call with this id, None when there is none or it is over."""
        call = self._calls.get(call_id)
        return self._snapshot(call) if call else None

    def all(self) -> tuple[CallSnapshot, ...]:
        """Every call that is up."""
        return tuple(self._snapshot(call) for call in self._calls.values())

    def at(self, device: str) -> tuple[tuple[int, State], ...]:
        """Calls at a phone: (call id, state of its connection), oldest first."""
        return tuple(
            (call.call_id, call.parties[device])
            for call in self._calls.values()
            if device in call.parties and not (call.listens_to and device == call.called)
        )

    def states_at(self, device: str) -> tuple[State, ...]:
        """States of the connections at a phone."""
        return tuple(state for _, state in self.at(device))

    def ended_since(self, since_s: float) -> tuple[EndedCall, ...]:
        """Calls that ended at loop time `since_s` or later; at most two minutes are kept."""
        return tuple(ended for ended in self._ended if ended.ended_s >= since_s)

    # Operations

    def make(self, device: str, number: str, data: CallData | None = None) -> ConnectionId:
        """Call a number from a phone that has no call, or held ones only."""
        if device not in self.devices:
            raise Refused(ControlFailure.INVALID_CALLING_DEVICE, f"no phone {device!r}")
        self._check_number(device, number)
        if any(state is not State.HOLD for state in self.states_at(device)):
            raise Refused(ControlFailure.STATE_INCOMPATIBILITY, f"{device} has a call that is not held")
        inside = number in self.devices
        return self._dial(device, number, CallType.AGENT_INSIDE if inside else CallType.OUT, data)

    def answer(self, call_id: int, device: str) -> None:
        """Pick up a ringing phone."""
        call = self._with(call_id, device, State.ALERTING, ControlFailure.NO_CALL_TO_ANSWER)
        self._establish(call, device)

    def hold(self, call_id: int, device: str) -> None:
        """Put a connected call on hold."""
        call = self._with(call_id, device, State.CONNECT, ControlFailure.NO_ACTIVE_CALL)
        call.parties[device] = State.HOLD
        self._tell(call, partial(Held, holding=device))
        self._settled([device])

    def retrieve(self, call_id: int, device: str) -> None:
        """Take a held call back. Any other call at the phone must be held."""
        call = self._with(call_id, device, State.HOLD, ControlFailure.NO_HELD_CALL)
        if any(state is not State.HOLD for state in self.states_at(device)):
            raise Refused(ControlFailure.STATE_INCOMPATIBILITY, f"{device} has a call that is not held")
        call.parties[device] = State.CONNECT
        self._tell(call, partial(Retrieved, retrieving=device))
        self._settled([device])

    def clear_connection(self, call_id: int, device: str) -> None:
        """Let one party hang up, also an outside one. A call with one party left, or outside parties only, is over."""
        call = self._connected_to(call_id, device, ControlFailure.NO_CONNECTION_TO_CLEAR)
        self.hung_up = device
        involved = list(call.parties)
        rest = [party for party in call.parties if party != device]
        if len(rest) < 2 or self.devices.isdisjoint(rest):
            self._finish(call, [device, *rest])
        else:
            self._leave(call, device)
            if len(rest) == 2:
                call.conferenced_at = None
        self._settled(involved)

    def clear_call(self, call_id: int, device: str) -> None:
        """End a call for all its parties. device: one of them."""
        call = self._connected_to(call_id, device, ControlFailure.NO_CALL_TO_CLEAR)
        self.hung_up = device
        involved = list(call.parties)
        self._finish(call, involved)
        self._settled(involved)

    def set_data(
        self,
        call_id: int,
        variables: Mapping[int, str] | None = None,
        *,
        wrap_up: str | None = None,
        named: Mapping[str, str] | None = None,
    ) -> None:
        """Change data of a call. variables: by number, 1 to 10."""
        call = self._known(call_id)
        call.data = call.data.changed(variables, wrap_up=wrap_up, named=named)
        self._tell_data(call)

    def consult(self, call_id: int, device: str, number: str, data: CallData | None = None) -> ConnectionId:
        """Hold the active call and call a third party."""
        call = self._with(call_id, device, State.CONNECT, ControlFailure.NO_ACTIVE_CALL)
        self._check_number(device, number)
        if len(self.at(device)) > 1:
            raise Refused(ControlFailure.STATE_INCOMPATIBILITY, f"{device} has another call already")
        self.hold(call_id, device)
        return self._dial(device, number, CallType.CONSULT, data or call.data)

    def conference(self, held_id: int, active_id: int, device: str) -> ConnectionId:
        """Join the held call and the active one; the held one's id stays."""
        held, active = self._pair(held_id, active_id, device)
        held.parties[device] = State.CONNECT
        self._confer(held, active, device)
        return ConnectionId(held_id, device)

    def transfer(self, held_id: int, active_id: int, device: str) -> ConnectionId:
        """Join the held call and the active one and leave them alone; the held one's id stays."""
        return self._hand_over(*self._pair(held_id, active_id, device), device)

    def transfer_at_once(self, call_id: int, device: str, number: str) -> ConnectionId:
        """Hand the active call to a third party, whose phone rings (single-step transfer)."""
        call = self._with(call_id, device, State.CONNECT, ControlFailure.NO_ACTIVE_CALL)
        self._check_number(device, number)
        if number in call.parties or (number in self.devices and self.at(number)):
            raise Refused(ControlFailure.INVALID_DESTINATION, f"{number} is busy")
        made = self.consult(call_id, device, number)
        over = self._hand_over(call, self._calls[made.call_id], device)
        if number not in self.devices:
            self._call_later(self._outside_answer_s, partial(self._outside_answers, call, number))
        return over

    def monitor(self, device: str, target: str) -> ConnectionId:
        """Let a supervisor hear the active call at that phone: a call of his own, with the agent as a silent party."""
        if device not in self.devices or self.at(device):
            raise Refused(ControlFailure.STATE_INCOMPATIBILITY, f"{device} is not free")
        heard = next((call_id for call_id, state in self.at(target) if state is State.CONNECT), None)
        if heard is None or device == target:
            raise Refused(ControlFailure.INVALID_OBJECT_STATE, f"{target} has no active call")
        if any(call.listens_to == heard for call in self._calls.values()):
            raise Refused(ControlFailure.OPERATION_REJECTION, f"call {heard} is heard already")
        data = replace(self._calls[heard].data, ani=device, dnis=target, dialed_number=target)
        call = _Call(
            self._next_id, CallType.SUPERVISOR_MONITOR, data, device, target, listens_to=heard, began_s=self._now()
        )
        self._next_id += 1
        self._calls[call.call_id] = call
        for party in (device, target):
            call.parties[party] = State.CONNECT
            self._begin(call, party)
        self._tell(call, partial(Originated, calling=device, called=target))
        self._tell(call, partial(Established, answering=target, calling=device, called=target))
        self._settled([device, target])
        return ConnectionId(call.call_id, device)

    def barge_in(self, call_id: int, device: str) -> ConnectionId:
        """Make the supervisor who hears a call by this one a party of it."""
        heard_by = self._with(call_id, device, State.CONNECT, ControlFailure.NO_ACTIVE_CALL)
        if heard_by.listens_to not in self._calls or device == heard_by.called:
            raise Refused(ControlFailure.INVALID_OBJECT_STATE, f"{device} hears no call by {call_id}")
        call = self._calls[heard_by.listens_to]
        if len(call.parties) + 1 > PARTIES_MAX:
            raise Refused(ControlFailure.STATE_INCOMPATIBILITY, f"more than {PARTIES_MAX} parties")
        self._confer(call, heard_by, heard_by.called)
        return ConnectionId(call.call_id, device)

    def intercept(self, call_id: int, device: str, target: str) -> ConnectionId:
        """Take the place of whoever is at that phone in a call: who hears it joins it first, then he is out of it."""
        if target not in (self._with(call_id, device, State.CONNECT, ControlFailure.NO_ACTIVE_CALL)).parties:
            raise Refused(ControlFailure.INVALID_OBJECT_STATE, f"{target} takes no part in call {call_id}")
        if device == target:
            raise Refused(ControlFailure.INVALID_OBJECT_STATE, f"{device} cannot take its own place")
        joined = self.barge_in(call_id, device).call_id if self._calls[call_id].listens_to else call_id
        self.clear_connection(joined, target)
        return ConnectionId(joined, device)

    def _confer(self, call: _Call, other: _Call, device: str) -> None:
        """Move the parties of another call at this phone over; the other call ends."""
        call.call_type = CallType.CONFERENCE
        added = self._merge(call, other, device)
        call.conferenced_at = self._count()
        self._tell(call, self._joined(Conferenced, call, other, device, added))
        self._tell_data(call)
        self._end(other, other.parties)
        self._settled(call.parties)

    def _hand_over(self, held: _Call, active: _Call, device: str) -> ConnectionId:
        added = self._merge(held, active, device)
        involved = list(held.parties)
        gone = held.parties
        held.parties = {party: state for party, state in gone.items() if party != device}
        self._stop_listening(held, device)
        self._tell(held, self._joined(Transferred, held, active, device, added), also=[device])
        self._end_for(held, [device])
        self._end(active, active.parties)
        if self.devices.isdisjoint(held.parties):
            self._finish(held, list(held.parties))
        self._handed_over(held.parties)
        self._settled(involved)
        return ConnectionId(held.call_id, added)

    # How

    def _dial(self, device: str, number: str, call_type: CallType, data: CallData | None) -> ConnectionId:
        self._off_hook(device)
        data = replace(data or CallData(), ani=device, dnis=number, dialed_number=number)
        call = _Call(self._next_id, call_type, data, calling=device, called=number, began_s=self._now())
        self._next_id += 1
        self._calls[call.call_id] = call
        call.parties[device] = State.INITIATE
        self._begin(call, device)
        self._tell(call, partial(ServiceInitiated, calling=device))
        self._tell(call, partial(Originated, calling=device, called=number))
        if number in self.devices and self.at(number):
            call.parties[device] = State.FAIL
            self._tell(call, partial(Failed, failing=number, called=number, cause=EventCause.BUSY))
        else:
            self._ring(call, number)
        self._settled([device, number])
        return ConnectionId(call.call_id, device)

    def _ring(self, call: _Call, number: str) -> None:
        call.parties[number] = State.ALERTING
        if number in self.devices:
            self._begin(call, number)
        else:
            self._call_later(self._outside_answer_s, partial(self._outside_answers, call, number))
        self._tell(call, partial(Delivered, alerting=number, calling=call.calling, called=call.called))

    def _outside_answers(self, call: _Call, number: str) -> None:
        if call.call_id in self._calls and call.parties.get(number) is State.ALERTING:
            self._establish(call, number)

    def _establish(self, call: _Call, device: str) -> None:
        call.parties[device] = State.CONNECT
        if call.parties.get(call.calling) is State.INITIATE:
            call.parties[call.calling] = State.CONNECT
        self._tell(call, partial(Established, answering=device, calling=call.calling, called=call.called))
        self._settled(call.parties)

    def _pair(self, held_id: int, active_id: int, device: str) -> tuple[_Call, _Call]:
        held = self._with(held_id, device, State.HOLD, ControlFailure.NO_HELD_CALL)
        active = self._with(active_id, device, State.CONNECT, ControlFailure.NO_ACTIVE_CALL)
        others = active.parties.keys() - {device}
        if others & held.parties.keys():
            raise Refused(ControlFailure.INVALID_DESTINATION, "a party is in both calls")
        if len(others) + len(held.parties) > PARTIES_MAX:
            raise Refused(ControlFailure.STATE_INCOMPATIBILITY, f"more than {PARTIES_MAX} parties")
        return held, active

    def _merge(self, held: _Call, active: _Call, device: str) -> str:
        """Move the active call's other parties over; the first of them is the one that was added."""
        movers = [party for party in active.parties if party != device]
        for party in movers:
            held.parties[party] = active.parties[party]
            if party in self.devices:
                self._begin(held, party)
        return movers[0]

    @staticmethod
    def _joined(kind: type[Joined], held: _Call, active: _Call, device: str, added: str) -> Callable[..., CallEvent]:
        return partial(kind, secondary_id=active.call_id, controller=device, added=added, parties=tuple(held.parties))

    def _leave(self, call: _Call, device: str) -> None:
        del call.parties[device]
        self._stop_listening(call, device)
        self._tell(call, partial(ConnectionCleared, releasing=device), also=[device])
        self._end_for(call, [device])

    def _finish(self, call: _Call, order: list[str]) -> None:
        """End a call, its parties leaving in `order`."""
        for number, party in enumerate(order):
            del call.parties[party]
            self._tell(call, partial(ConnectionCleared, releasing=party), also=order[: number + 1])
        self._tell(call, Cleared, also=order)
        self._end(call, order)

    def _stop_listening(self, call: _Call, gone: str | None = None) -> None:
        """Whoever hears a call hears nothing more once it is over, or the agent whom he hears has left it."""
        for other in [one for one in self._calls.values() if one.listens_to == call.call_id]:
            if gone in (None, other.called):
                parties = list(other.parties)
                self._finish(other, parties)
                self._settled(parties)

    def _end(self, call: _Call, devices: Iterable[str]) -> None:
        del self._calls[call.call_id]
        self._stop_listening(call)
        self._end_for(call, devices)
        now_s = self._now()
        self._ended.append(EndedCall(call.call_id, call.began_s, now_s, tuple(call.told)))
        while self._ended[0].ended_s < now_s - ENDED_KEPT_S:
            self._ended.popleft()

    def _end_for(self, call: _Call, devices: Iterable[str]) -> None:
        for device in devices:
            if device in self.devices:
                self._send(call, EndCall(call_id=call.call_id, device=device, local_state=State.NULL))

    def _begin(self, call: _Call, device: str) -> None:
        self._send(
            call,
            BeginCall(
                call_id=call.call_id,
                device=device,
                local_state=call.parties[device],
                call_type=call.call_type,
                data=call.data,
            ),
        )

    def _tell_data(self, call: _Call) -> None:
        self._tell(call, partial(DataUpdate, call_type=call.call_type, data=call.data))

    def _tell(self, call: _Call, make: Callable[..., CallEvent], also: Iterable[str] = ()) -> None:
        """Tell an event to each known party, and to those of `also` that have just left."""
        for device in [*call.parties, *also]:
            if device in self.devices:
                state = call.parties.get(device, State.NULL)
                self._send(call, make(call_id=call.call_id, device=device, local_state=state))

    def _send(self, call: _Call, event: CallEvent) -> None:
        call.told.append(event)
        self._emit(event)

    def _check_number(self, device: str, number: str) -> None:
        if not NUMBER.fullmatch(number) or number == device:
            raise Refused(ControlFailure.INVALID_DESTINATION, f"{device} cannot call {number!r}")

    def _with(self, call_id: int, device: str, state: State, code: ControlFailure) -> _Call:
        if device not in self.devices:
            raise Refused(ControlFailure.INVALID_DEVICE_ID, f"no phone {device!r}")
        call = self._connected_to(call_id, device, ControlFailure.INVALID_CONNECTION_ID)
        if call.parties[device] is not state:
            raise Refused(code, f"call {call_id} at {device} is {call.parties[device].name}, not {state.name}")
        return call

    def _connected_to(self, call_id: int, device: str, code: ControlFailure) -> _Call:
        call = self._known(call_id)
        if device not in call.parties:
            raise Refused(code, f"{device} is not in call {call_id}")
        return call

    def _known(self, call_id: int) -> _Call:
        try:
            return self._calls[call_id]
        except KeyError:
            raise Refused(ControlFailure.INVALID_CALL_ID, f"no call {call_id}") from None

    def _snapshot(self, call: _Call) -> CallSnapshot:
        parties = tuple(Party(device, state, device in self.devices) for device, state in call.parties.items())
        return CallSnapshot(call.call_id, call.call_type, call.data, parties, call.conferenced_at)
