"""One connection of the harness's CTI client: framing, requests and their answers, heartbeats, and how it ends.

Everything that can go wrong with the peer or the network leaves here as a SwitchError; nothing else does.
"""

import asyncio
import contextlib
import itertools
import socket
import struct
import sys
from collections import deque
from collections.abc import Callable
from dataclasses import replace
from enum import Enum
from typing import Any, Final, TypeVar, cast

from chaos.errors import PeerError
from chaos.wire import ged188 as wire
from chaos.wire.ged188 import Frame, Framer, Ged188Error, Message

M = TypeVar("M", bound=Message)

DIAL_S: Final = 5.0
CLOSE_S: Final = 5.0
MISSED_MAX: Final = 3
"""So many heartbeats without an answer, and the session is taken for lost, whatever else the server says meanwhile."""
UNREADABLE_MAX: Final = 3
"""So many messages in a row that cannot be read, and the peer is none that speaks GED-188."""

_LINGER_0 = struct.pack("hh" if sys.platform == "win32" else "ii", 1, 0)

_CONFIRMATIONS: tuple[type[Message], ...] = (
    wire.OpenConf,
    wire.CloseConf,
    wire.FailureConf,
    wire.ControlFailureConf,
    wire.SetAgentStateConf,
    wire.QueryAgentStateConf,
    wire.MakeCallConf,
    wire.AnswerCallConf,
    wire.HoldCallConf,
    wire.RetrieveCallConf,
    wire.ClearConnectionConf,
    wire.SetCallDataConf,
    wire.ConsultationCallConf,
    wire.ConferenceCallConf,
    wire.SnapshotDeviceConf,
    wire.SnapshotCallConf,
    wire.TransferCallConf,
)
_EVENTS: tuple[type[Message], ...] = (
    wire.AgentStateEvent,
    wire.BeginCallEvent,
    wire.EndCallEvent,
    wire.CallDataUpdateEvent,
    wire.CallServiceInitiatedEvent,
    wire.CallOriginatedEvent,
    wire.CallDeliveredEvent,
    wire.CallEstablishedEvent,
    wire.CallFailedEvent,
    wire.CallHeldEvent,
    wire.CallRetrievedEvent,
    wire.CallConferencedEvent,
    wire.CallTransferredEvent,
    wire.CallConnectionClearedEvent,
    wire.CallClearedEvent,
)
# All others, known or not, are passed over.
_HEARD: tuple[type[Message], ...] = (*_CONFIRMATIONS, *_EVENTS, wire.FailureEvent, wire.HeartbeatConf)
_CONFIRMING = frozenset(cls.TYPE for cls in _CONFIRMATIONS)
_OF_INTEREST = frozenset(cls.TYPE for cls in _HEARD)


class SwitchError(PeerError):
    """The switch did not do what it was asked, or nobody knows whether it did."""


class SwitchRefused(SwitchError):
    """The switch said no. code: its ControlFailure, or the Status of a FAILURE_CONF; a number where it has no name."""

    def __init__(self, what: str, code: int) -> None:
        super().__init__(f"the switch refused {what}: {name_of(code)}")
        self.code = code


class SwitchLost(SwitchError):
    """There is no session, or it was lost before the answer: what was asked may have been done all the same."""


class SwitchSilent(SwitchError):
    """No answer, or not the event waited for, in time: what was asked may have been done all the same."""


class Session(asyncio.Protocol):
    """One connection to a CTI server. Requests go out at once, answers find their request by InvokeID."""

    def __init__(
        self,
        address: tuple[str, int],
        protocol: int,
        heartbeat_s: float,
        on_event: Callable[[Message], None],
        on_loss: Callable[["Session", str], None],
    ) -> None:
        self.address = address
        self.is_open = False
        self._version = protocol
        self._heartbeat_s = heartbeat_s
        self._on_event = on_event
        self._on_loss = on_loss
        self._loop = asyncio.get_running_loop()
        self._ids = itertools.count(1)
        self._framer = Framer()
        self._pending: dict[int, asyncio.Future[Message]] = {}
        self._transport: asyncio.Transport | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._unreadable = 0
        self._beats: deque[int] = deque()
        """Heartbeats that are not confirmed."""
        self._why: str | None = None
        self._gone = self._loop.create_future()

    async def dial(self) -> None:
        """Connect. Raises SwitchLost."""
        try:
            async with asyncio.timeout(DIAL_S):
                await self._loop.create_connection(lambda: self, *self.address)
        except TimeoutError:
            raise SwitchLost(f"the server did not accept within {DIAL_S:g} s") from None
        except (OSError, UnicodeError, OverflowError) as error:
            raise SwitchLost(f"the server did not accept: {error}") from error

    async def ask(self, request: Any, conf: type[M], within_s: float) -> M:
        """Send `request` with the next InvokeID and return its confirmation."""
        what = type(request).__name__.removesuffix("Req")
        invoke_id = next(self._ids)
        data = wire.encode(replace(request, invoke_id=invoke_id), self._version)
        if self._why is not None or self._transport is None:
            raise SwitchLost(f"{what}: {self._why}")
        answer: asyncio.Future[Message] = self._loop.create_future()
        self._pending[invoke_id] = answer
        self._transport.write(data)
        try:
            async with asyncio.timeout(within_s):
                message = await answer
        except TimeoutError:
            raise SwitchSilent(f"{what}: no answer within {within_s:g} s") from None
        finally:
            self._pending.pop(invoke_id, None)
        if isinstance(message, wire.ControlFailureConf):
            raise SwitchRefused(what, message.failure_code)
        if isinstance(message, wire.FailureConf):
            raise SwitchRefused(what, _code(message))
        if not isinstance(message, conf):
            self.reset(f"the server answered {what} with {type(message).__name__}")
            raise SwitchLost(f"{what}: {self._why}")
        return message

    def keep_alive(self) -> None:
        """The session is open: send heartbeats from now on."""
        self.is_open = self._why is None
        if self.is_open:
            self._timer = self._loop.call_later(self._heartbeat_s, self._beat)

    async def close(self) -> None:
        """CLOSE_REQ, at most 5 s for its answer, then a reset, as the guide wants it."""
        if self._why is None:
            with contextlib.suppress(SwitchError):
                await self.ask(wire.CloseReq(), wire.CloseConf, CLOSE_S)
        self.reset("closed by us")
        await self._gone

    def reset(self, why: str) -> None:
        """Give the connection up; whoever waits for an answer is told why."""
        if self._why is None:
            self._why = why
            self.is_open = False
            if self._timer is not None:
                self._timer.cancel()
            for answer in self._pending.values():
                if not answer.done():
                    answer.set_exception(SwitchLost(f"lost before the answer: {why}"))
            self._on_loss(self, why)
        if self._transport is not None and not self._gone.done():
            with contextlib.suppress(OSError):
                self._transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER_0)
            self._transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)  # uvloop's is none by its class
        with contextlib.suppress(OSError):  # some systems refuse it once the peer has reset
            transport.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if self._why is not None:  # given up while it was dialled
            self.reset(self._why)

    def connection_lost(self, exc: Exception | None) -> None:
        if not self._gone.done():
            self._gone.set_result(None)
        self.reset(f"reset by the server ({exc})" if exc is not None else "closed by the server")

    def eof_received(self) -> bool:
        self.reset("closed by the server")
        return False

    def data_received(self, data: bytes) -> None:
        try:
            frames, trouble = self._framer.feed(data), None
        except Ged188Error as error:
            frames, trouble = [frame for frame in error.decoded if isinstance(frame, Frame)], error
        for frame in frames:
            if self._why is not None:
                return
            try:
                self._on_frame(frame)
                self._unreadable = 0
            except Ged188Error as error:
                self._on_unreadable(frame, error)
        if trouble is not None:
            self.reset(f"the server speaks no GED-188: {trouble}")

    def _on_frame(self, frame: Frame) -> None:
        if frame.type in _OF_INTEREST:
            # One field that cannot be read must not cost the message, nor one message the session.
            message = wire.parse(frame, self._version, lenient=True)
            if isinstance(message, wire.FailureEvent):
                self.reset(f"ended by the server: {name_of(message.status)}")
            elif isinstance(message, wire.HeartbeatConf):
                self._on_beat(message.invoke_id)
            elif isinstance(message, _CONFIRMATIONS):
                self._on_confirmation(message)
            else:
                self._on_event(message)

    def _on_unreadable(self, frame: Frame, error: Ged188Error) -> None:
        """An event is missed; an answer fails its request, which may have been done all the same."""
        self._unreadable += 1
        answer = self._pending.get(int.from_bytes(frame.body[:4], "big")) if len(frame.body) >= 4 else None
        confirms = frame.type in _CONFIRMING
        if self._unreadable >= UNREADABLE_MAX or (confirms and answer is None):
            self.reset(f"the server speaks no GED-188: {error}")
        elif confirms and answer is not None and not answer.done():
            answer.set_exception(SwitchSilent(f"the answer cannot be read: {error}"))

    def _on_beat(self, invoke_id: int) -> None:
        """A heartbeat is confirmed, and so is every one before it: the connection keeps the order."""
        if invoke_id in self._beats:
            while self._beats.popleft() != invoke_id:
                pass

    def _on_confirmation(self, message: Any) -> None:
        answer = self._pending.get(message.invoke_id)
        if answer is not None and not answer.done():
            answer.set_result(message)
        elif isinstance(message, wire.FailureConf) and message.invoke_id in self._beats:
            self.reset(f"a heartbeat was answered with {name_of(_code(message))}")

    def _beat(self) -> None:
        if len(self._beats) >= MISSED_MAX:
            self.reset(f"{MISSED_MAX} heartbeats were not answered")
            return
        assert self._transport is not None
        self._beats.append(next(self._ids))
        self._transport.write(wire.encode(wire.HeartbeatReq(self._beats[-1]), self._version))
        self._timer = self._loop.call_later(self._heartbeat_s, self._beat)


def _code(failure: wire.FailureConf) -> int:
    code = failure.status if failure.failure_code is None else failure.failure_code
    return 0 if code is None else code


def name_of(value: int | None) -> str:
    """An enumeration's member by its name, another number as it is."""
    return value.name if isinstance(value, Enum) else str(value)
