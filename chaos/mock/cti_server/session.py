"""One client's connection to a mock CTI server.

Theory of operation
-------------------
A connection is OPENING until an OPEN_REQ is accepted, then OPEN, then CLOSING once one side has ended it. There is no
task: bytes come in by callback, each frame is answered at once, and one timer at a time runs: for the silence allowed
before OPEN_REQ, for IdleTimeout, or for how long a client may take to hang up after it was told to. Each ends in a
reset, so nothing a client does or leaves undone keeps a connection for ever. A confirmation goes out before the events
which its request caused; the guide leaves the order open. Source: CTI Server Message Reference Guide, "Session
Management".
"""

import asyncio
import socket
import struct
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import replace
from enum import Enum
from typing import Any, Protocol, cast

from chaos.clock import wall_now
from chaos.mock.cti_server import configuration, requests, translate, welcome
from chaos.mock.cti_server.asking import Asking, answered
from chaos.mock.cti_server.hooks import SwitchDefects
from chaos.mock.cti_server.monitors import MONITORING, Monitors
from chaos.mock.cti_server.opening import (
    IDLE_NEVER,
    KNOWN_CONFIG,
    STANDBY_SINCE,
    Terms,
    forgiven,
    granted,
    refusal,
)
from chaos.mock.cti_server.options import CtiOptions, SessionInfo
from chaos.mock.cti_server.seat import Seat
from chaos.mock.peripheral import AgentStateChanged, BeginCall, Event, Peripheral
from chaos.mock.sips import sip
from chaos.wire import ged188 as wire
from chaos.wire.ged188 import (
    BadField,
    BadLength,
    FieldTooLong,
    Frame,
    Framer,
    Ged188Error,
    Message,
    MessageType,
    Service,
    SessionType,
    Status,
)
from chaos.wire.ged188.values import AgentState

RESET = struct.pack("ii", 1, 0)
GHOSTS_S = 120.0
CLIENT_EVENT_TYPES = frozenset({MessageType.CONFIG_REQUEST_EVENT, MessageType.CONFIG_REQUEST_KEY_EVENT})
"""Sent by clients, but without an InvokeID, so FAILURE_CONF cannot answer them."""


class Phase(Enum):
    """Where a connection stands."""

    OPENING = "opening"
    OPEN = "open"
    CLOSING = "closing"


class Host(Protocol):
    """What a session needs of its server."""

    options: CtiOptions
    defects: SwitchDefects
    peripheral: Peripheral

    @property
    def is_standby(self) -> bool:
        """Is the server the inactive one of its pair?"""

    def turned_away(self, req: wire.OpenReq) -> Status | None:
        """The status for this OPEN_REQ while the server is inactive."""

    def is_taken(self, device: str | None, client_id: str | None) -> bool:
        """Does another client have a session for this phone?"""

    def deliver(self, event: Message, req: wire.UserMessageReq, sender: "Session") -> Status | None:
        """Hand a client's message to those it is for; why it cannot be."""

    def instances(self) -> Collection[str]:
        """Unique instance ids of the open sessions."""

    def connected(self, session: "Session") -> bool:
        """A client has connected; False when there are too many."""

    def opened(self, session: "Session") -> None:
        """The session is open."""

    def ended(self, session: "Session") -> None:
        """The session is over, or never came to be; the connection may last a while."""

    def disconnected(self, session: "Session") -> None:
        """The connection is no more."""


class Session(asyncio.Protocol):
    """Protocol of one accepted connection."""

    def __init__(self, host: Host) -> None:
        self._host = host
        self._loop = asyncio.get_running_loop()
        self._framer = Framer()
        self._transport: asyncio.Transport | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._held: list[Message] | None = None
        self.phase = Phase.OPENING
        self.request = wire.OpenReq()
        self.services = 0
        self.seat = Seat(self.request, 0, host.peripheral)
        self.is_standby = False
        self.leaving: asyncio.Future[bool] | None = None
        """What the client says of a planned change of sides, once it was asked."""
        self._monitors = Monitors(host.peripheral)
        self._opened_at = 0
        self._opened_s = 0.0
        self._peer = ("", 0)
        self.closed: asyncio.Future[None] = self._loop.create_future()

    @property
    def info(self) -> SessionInfo:
        """What is known of an open session."""
        return SessionInfo(
            peer=self._peer,
            client_id=self.request.client_id or "",
            version=self.request.version_number,
            services=self.services,
            idle_timeout_s=self.request.idle_timeout,
            opened_s=self._opened_s,
        )

    # What the transport tells

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)  # uvloop's is none by its class
        sip(transport)
        self._peer = transport.get_extra_info("peername")[:2]
        self._transport.set_write_buffer_limits(high=self._host.options.write_limit)
        if self._host.connected(self):
            self._arm(self._host.options.open_limit_s)
        else:
            self.reset()

    def connection_lost(self, exc: Exception | None) -> None:
        self._end()
        self._host.disconnected(self)
        self.closed.set_result(None)

    def pause_writing(self) -> None:
        self.reset()  # it does not read what it asked for

    def data_received(self, data: bytes) -> None:
        try:
            frames, trouble = self._framer.feed(data), None
        except Ged188Error as error:
            frames, trouble = [frame for frame in error.decoded if isinstance(frame, Frame)], error
        for frame in frames:
            if self.phase is not Phase.CLOSING:
                self._on_frame(frame)
        if trouble is not None and self.phase is not Phase.CLOSING:
            self._dismiss(wire.FailureEvent(Status.INVALID_MESSAGE_LENGTH))

    # What the server does

    def tell(self, event: Event) -> None:
        """Send an event if this session asked for such."""
        if self.phase is not Phase.OPEN or self.is_standby:
            return
        under = [0] if self._wants(event) else []
        under += self._monitors.matching(event)
        if under:
            told = self._host.defects.told(self.client, event)
            message = translate.message(told, requests.view(self._host.peripheral))
            for monitor_id in under:
                self._send_later(replace(cast("Any", message), monitor_id=monitor_id) if monitor_id else message)

    def post(self, message: Message) -> None:
        """Send something that is no event of the peripheral."""
        if self.phase is Phase.OPEN:
            self._send(message)

    def say_goodbye(self, status: Status | None) -> None:
        """End in good order: a word, if there is one to say, then the end of the stream."""
        if self.phase is Phase.OPEN and status is not None:
            self._send(wire.FailureEvent(status))
        self._end()
        self._arm(self._host.options.close_limit_s)
        if self._transport is not None:
            self._transport.close()

    def reset(self) -> None:
        """End at once, by a TCP reset."""
        self._end()
        if self._transport is None:
            return
        sock = self._transport.get_extra_info("socket")
        if sock is not None and sock.fileno() >= 0:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
        self._transport.abort()

    def _fail(self, invoke_id: int, status: Status) -> None:
        if self._host.options.long_failure and self.request.version_number >= STANDBY_SINCE:
            self._send(wire.FailureConf(invoke_id, None, status))
        else:
            self._send(wire.FailureConf(invoke_id, status))

    # Frames

    def _on_frame(self, frame: Frame) -> None:
        if self.phase is Phase.OPEN:
            self._arm_idle()
        try:
            message = wire.parse(frame, self.request.version_number)
        except Ged188Error as error:
            self._on_malformed(frame, error)
            return
        if isinstance(message, wire.OpenReq):
            self._on_open(message)
        elif self.phase is Phase.OPENING and isinstance(message, wire.HeartbeatReq) and self._host.options.tolerant:
            self._on_heartbeat(message)  # a public client sends its first beside OPEN_REQ
        elif self.phase is Phase.OPENING:
            self._refuse(frame, Status.SESSION_NOT_OPEN)
        elif frame.type == MessageType.STOPPING_REQUESTS_TO_THIS_SIDE_IND:
            self._on_last_request()
        elif self.is_standby and type(message) not in STANDBY_MESSAGES:
            self._refuse(frame, Status.SERVER_NOT_MASTER)
        elif type(message) in requests.HANDLERS:
            self._on_request(message)
        elif type(message) in SESSION_MESSAGES:
            SESSION_MESSAGES[type(message)](self, message)
        else:
            self._refuse(frame, _unserved(frame.type))

    def _on_malformed(self, frame: Frame, error: Ged188Error) -> None:
        opening = frame.type == MessageType.OPEN_REQ and self.phase is Phase.OPENING
        # How wide tags are goes by the version: a version that is not spoken cannot be read any further, and is named.
        oldest, newest = self._host.options.versions
        spoken = oldest <= int.from_bytes(frame.body[4:8], "big") <= newest
        self._refuse(frame, Status.INVALID_VERSION if opening and not spoken else _malformed(error))
        if opening:
            self._hang_up_soon()

    def _refuse(self, frame: Frame, status: Status) -> None:
        if len(frame.body) >= 4 and frame.type not in CLIENT_EVENT_TYPES:
            self._fail(int.from_bytes(frame.body[:4], "big"), status)
        else:
            self._send(wire.FailureEvent(status))

    def _on_open(self, req: wire.OpenReq) -> None:
        if self.phase is Phase.OPEN:
            self._fail(req.invoke_id, Status.SESSION_ALREADY_OPEN)
            return
        host = self._host
        if host.options.tolerant:
            req = forgiven(req)
        services = granted(req)
        seat = Seat(req, services, host.peripheral)
        status = host.turned_away(req) or refusal(req, self._terms(req, seat))
        if status is not None:
            self._fail(req.invoke_id, status)
            self._hang_up_soon()
            return
        self.request, self.services, self.seat = req, services, seat
        self.is_standby = host.is_standby
        self.phase = Phase.OPEN
        self._opened_at, self._opened_s = host.peripheral.count, self._loop.time()
        self._arm_idle()
        self._welcome()
        host.opened(self)

    def _terms(self, req: wire.OpenReq, seat: Seat) -> Terms:
        options = self._host.options
        return Terms(
            options.versions,
            options.client_password,
            self._host.peripheral.config.peripheral_id,
            self._host.instances(),
            is_known=seat.is_known(),
            is_consistent=seat.is_consistent(),
            in_use=self._host.is_taken(seat.device(), req.client_id),
        )

    def _welcome(self) -> None:
        peripheral, time_s = self._host.peripheral, int(wall_now().timestamp())
        kind = SessionType.STANDBY if self.is_standby else SessionType.ACTIVE
        self._send(welcome.open_conf(self.request, self.services, self.seat, peripheral, time_s, kind))
        if not self.is_standby:
            self._tell_all_there_is(time_s)

    def _tell_all_there_is(self, time_s: int) -> None:
        peripheral = self._host.peripheral
        peripheral.last_session_at = self._opened_at
        for message in welcome.unasked(self.request, self.services, self.seat, peripheral, time_s):
            self._send(message)
        if self.services & Service.ALL_EVENTS:
            self._haunt()
        elif device := self.seat.device():
            self._tell_calls_at(device)

    def promote(self) -> None:
        """The standby side has become the active one (protocol 24): say so, and serve from now on."""
        if self.phase is not Phase.OPEN or not self.is_standby:
            return
        self.is_standby = False
        self._opened_at = self._host.peripheral.count
        self._send(wire.UnknownMessage(MessageType.STANDBY_ACTIVE_EVENT_MSG))
        self._tell_all_there_is(int(wall_now().timestamp()))

    def _tell_calls_at(self, device: str) -> None:
        """A client that watches one device is told of the calls that are up there."""
        calls = self._host.peripheral.calls
        for call_id, state in calls.at(device):
            call = calls.get(call_id)
            assert call is not None, "calls.at lists calls that are up"
            self.tell(
                BeginCall(call_id=call_id, device=device, local_state=state, call_type=call.call_type, data=call.data)
            )

    @property
    def client(self) -> str:
        """Who it is that has the session, whichever session of his it is."""
        return self.request.unique_instance_id or self.request.client_id or ""

    def _haunt(self) -> None:
        """What a broken server tells of calls that were up only while this client had no session: see `hooks`."""
        peripheral = self._host.peripheral
        absent_since_s = peripheral.session_ended_s.get(self.client, 0.0)
        for ended in peripheral.calls.ended_since(self._loop.time() - GHOSTS_S):
            if ended.began_s < absent_since_s:
                continue
            states_s = self._host.defects.states_told_after_s(self.client, ended, absent_since_s)
            if states_s is not None:
                self._loop.call_later(states_s, self._tell_states, {event.device for event in ended.told})
            after_s = self._host.defects.ghost_told_after_s(self.client, ended, absent_since_s)
            if after_s:
                self._loop.call_later(after_s, self._tell_all, ended.told)
            elif after_s is not None:
                self._tell_all(ended.told)

    def _tell_states(self, devices: Iterable[str]) -> None:
        agents = self._host.peripheral.agents
        for agent in filter(None, map(agents.at, sorted(devices))):
            self._tell_all(AgentStateChanged(one) for one in (replace(agent, state=AgentState.TALKING), agent))

    def _tell_all(self, events: Iterable[Event]) -> None:
        for event in events:
            self.tell(event)

    def _on_request(self, message: Message) -> None:
        self._held = []
        asking = Asking(self.services, self._opened_at, self._host.defects, self.client)
        confirmation = requests.answer(message, self._host.peripheral, asking)
        held, self._held = self._held, None
        for one in (confirmation, *held):
            self._send(one)

    def _on_monitor(self, message: Message) -> None:
        """Start, change and stop of monitors, which belong to the session."""
        request: Any = message
        needed, handle = MONITORING[type(message)]
        services, peripheral_id = self.services, self._host.peripheral.config.peripheral_id
        self._send(answered(request, needed, services, peripheral_id, lambda: handle(self._monitors, request)))

    def _on_user_message(self, message: Message) -> None:
        assert isinstance(message, wire.UserMessageReq)
        time_s = int(wall_now().timestamp())
        event = wire.UserMessageEvent(time_s, message.distribution, client_id=self.request.client_id, text=message.text)
        status = self._host.deliver(event, message, self)
        if status is None:
            self._send(wire.UserMessageConf(message.invoke_id))
        else:
            self._fail(message.invoke_id, status)

    def _on_config_keys(self, message: Message) -> None:
        assert isinstance(message, wire.ConfigRequestKeyEvent)
        self._send(configuration.keys())

    def _on_leave(self, message: Message) -> None:
        assert isinstance(message, wire.ActiveMaintenanceResp)
        if self.leaving is not None and not self.leaving.done():
            self.leaving.set_result(message.maintenance_mode_accepted)

    def _on_last_request(self) -> None:
        """The client has gone over to the other side, and this one may drop it."""
        self.say_goodbye(None)

    def _on_heartbeat(self, message: Message) -> None:
        assert isinstance(message, wire.HeartbeatReq)
        self._send(wire.HeartbeatConf(message.invoke_id))

    def _on_close(self, message: Message) -> None:
        assert isinstance(message, wire.CloseReq)
        self._send(wire.CloseConf(message.invoke_id))
        self._hang_up_soon()

    def _on_config(self, message: Message) -> None:
        assert isinstance(message, wire.ConfigRequestEvent)
        if message.config_information & ~KNOWN_CONFIG or message.config_msg_mask & ~KNOWN_CONFIG:
            self._send(wire.FailureEvent(Status.INVALID_CONFIG_MSG_MASK))
            return
        for part in configuration.told(self._host.peripheral, message.config_information):
            self._send(part)

    # Whether an event is for us

    def _wants(self, event: Event) -> bool:
        if isinstance(event, AgentStateChanged):
            asked = self.request.agent_state_mask & (1 << event.agent.state)
        else:
            asked = self.request.call_msg_mask & translate.CALL_BITS[type(event)]
        return bool(asked) and (bool(self.services & Service.ALL_EVENTS) or self.seat.owns(event))

    # Sending and ending

    def _send_later(self, message: Message) -> None:
        if self._held is not None:
            self._held.append(message)
        else:
            self._send(message)

    def _send(self, message: Message) -> None:
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(wire.encode(message, self.request.version_number))

    def _dismiss(self, last: Message) -> None:
        self._send(last)
        self.say_goodbye(None)

    def _hang_up_soon(self) -> None:
        """The client is to reset the connection now; it is given a while, as it may be told to wait for us."""
        self._end()
        self._arm(self._host.options.close_limit_s)

    def _end(self) -> None:
        self._disarm()
        self.phase = Phase.CLOSING
        self._host.ended(self)

    def _arm_idle(self) -> None:
        if self.request.idle_timeout < IDLE_NEVER:
            self._arm(self.request.idle_timeout)
        else:
            self._disarm()

    def _arm(self, limit_s: float) -> None:
        self._disarm()
        self._timer = self._loop.call_later(limit_s, self.reset)

    def _disarm(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None


SESSION_MESSAGES: Mapping[type[Message], Callable[[Session, Message], None]] = {
    wire.HeartbeatReq: Session._on_heartbeat,
    wire.CloseReq: Session._on_close,
    wire.ConfigRequestEvent: Session._on_config,
    wire.ConfigRequestKeyEvent: Session._on_config_keys,
    wire.UserMessageReq: Session._on_user_message,
    wire.ActiveMaintenanceResp: Session._on_leave,
    **dict.fromkeys(MONITORING, Session._on_monitor),
}
STANDBY_MESSAGES = frozenset({wire.HeartbeatReq, wire.CloseReq})
"""What the standby side takes besides OPEN_REQ."""


def _unserved(kind: int) -> Status:
    known = kind in set(MessageType) and MessageType(kind).name.endswith("_REQ")
    return Status.FUNCTION_NOT_AVAILABLE if known else Status.INVALID_REQUEST_TYPE


def _malformed(error: Ged188Error) -> Status:
    if isinstance(error, FieldTooLong):
        return Status.INVALID_FIELD_LENGTH
    if isinstance(error, BadLength):
        return Status.INVALID_MESSAGE_LENGTH
    return Status.INVALID_FIELD_LENGTH if isinstance(error, BadField) else Status.BAD_MESSAGE_FORMAT
