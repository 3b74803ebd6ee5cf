"""A mock CTI server: one side, in front of a peripheral that it may share with the other side."""

import asyncio
import socket
from collections.abc import Awaitable, Callable, Collection, Mapping

from chaos.errors import UsageError
from chaos.mock.cti_server.hooks import SwitchDefects
from chaos.mock.cti_server.opening import STANDBY_SINCE
from chaos.mock.cti_server.options import CtiOptions, Role, SessionInfo, Side, StandbyAnswer
from chaos.mock.cti_server.session import Phase, Session
from chaos.mock.peripheral import Event, Peripheral
from chaos.mock.service import Service, ServiceState
from chaos.network import tcp_socket
from chaos.wire import ged188 as wire
from chaos.wire.ged188 import Message, Status
from chaos.wire.ged188 import Service as Granted

BACKLOG = 64
SETTLE_LIMIT_S = 1.0
SEND_BUFFER = 1 << 16
"""Bytes of the kernel's buffer a connection, which would else take megabytes for a client that does not read."""
MAINTENANCE_ID = 1
ACCEPT_TURNS = 4
"""Turns of the loop from an accepted socket to the end of a connection that is turned away."""


class CtiServer(Service):
    """One side's CTI server.

    port: 0 takes a free one at the first start and keeps it for later starts. peripheral: shared by both sides; it goes
    on while servers come and go. watchers: called after every change of state, role or sessions. before_stop: awaited
    before an orderly stop begins.
    """

    def __init__(
        self,
        side: Side,
        peripheral: Peripheral,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        options: CtiOptions | None = None,
        defects: SwitchDefects | None = None,
    ) -> None:
        self.options = options or CtiOptions()
        super().__init__(f"CTI Server {side}", start_s=self.options.start_s, stop_s=self.options.stop_s)
        self.side = side
        self.peripheral = peripheral
        self.host = host
        self.defects = defects or SwitchDefects()
        self.watchers: list[Callable[[], None]] = []
        self.role_at_start: Callable[[], Role] = lambda: Role.ACTIVE
        self.before_stop: Callable[[], Awaitable[None]] | None = None
        self.role = Role.ACTIVE
        self._port = port
        self._socket: socket.socket | None = None
        self._server: asyncio.Server | None = None
        self._connections: dict[Session, None] = {}  # in the order of arrival
        self._open_sessions: list[Session] = []
        self._unsubscribe: Callable[[], None] | None = None

    @property
    def port(self) -> int:
        """The TCP port; known from the first start on."""
        if not self._port:
            raise UsageError(f"{self.name} has no port before its first start; start it or name a port")
        return self._port

    @property
    def sessions(self) -> tuple[SessionInfo, ...]:
        """Open sessions, oldest first."""
        return tuple(session.info for session in self._open_sessions)

    @property
    def connections(self) -> int:
        """TCP connections, with or without a session."""
        return len(self._connections)

    @property
    def is_listening(self) -> bool:
        """Does the port accept connections?"""
        return self._server is not None

    async def set_role(self, role: Role, goodbye: Status = Status.CTI_SERVER_OFFLINE) -> None:
        """Make a started server active or standby. A server that becomes standby ends its sessions with a status."""
        if self.state is not ServiceState.STARTED or role is self.role:
            return
        self.role = role
        if role is Role.STANDBY:
            await self._drop_all(goodbye)
            if not self._answers():
                self._close_port()
                self._bind()
        else:
            if not self.is_listening:
                await self._listen()
            for session in tuple(self._open_sessions):
                session.promote()
        self._changed()

    # What sessions ask of their host

    @property
    def is_standby(self) -> bool:
        """Is this the inactive side? It has sessions only with clients of protocol 24 that asked for ACTIVE_STANDBY."""
        return self.role is Role.STANDBY

    def turned_away(self, req: wire.OpenReq) -> Status | None:
        """The status for an OPEN_REQ while this side is inactive; None for a client that may stand by."""
        waits = req.version_number >= STANDBY_SINCE and req.services_requested & Granted.ACTIVE_STANDBY
        return self.options.standby_answer.value if self.is_standby and not waits else None

    def is_taken(self, device: str | None, client_id: str | None) -> bool:
        """Does another client have a session for this phone?"""
        return device is not None and any(
            session.services & Granted.CLIENT_EVENTS
            and session.seat.device() == device
            and session.request.client_id != client_id
            for session in self._open_sessions
        )

    def deliver(self, event: Message, req: wire.UserMessageReq, sender: Session) -> Status | None:
        """Hand a client's message to those it is for; why it cannot be.

        Source: CTI Server Message Reference Guide, USER_MESSAGE_REQ. A team's members and its supervisor are known by
        their own sessions only.
        """
        others = [session for session in self._open_sessions if session is not sender]
        if req.distribution not in DISTRIBUTIONS:
            return Status.INVALID_DISTRIBUTION_TYPE
        chosen, missing = DISTRIBUTIONS[req.distribution]
        found = [session for session in others if chosen(session, req)]
        for session in found:
            session.post(event)
        return None if found else missing

    def instances(self) -> Collection[str]:
        """Unique instance ids of the open sessions."""
        return {session.request.unique_instance_id or "" for session in self._open_sessions} - {""}

    def connected(self, session: Session) -> bool:
        """Count a connection; False when there are too many."""
        self._connections[session] = None
        up = self.state in (ServiceState.STARTING, ServiceState.STARTED)
        return up and len(self._connections) <= self.options.clients_max

    def opened(self, session: Session) -> None:
        """Count a session; an older one of the same client for the same device is ended (status 11)."""
        for other in tuple(self._open_sessions):
            if _same_seat(session, other):
                other.say_goodbye(Status.NEW_SESSION_OPENED)
        self._open_sessions.append(session)
        self.peripheral.client_opened(session.client)
        self._changed()

    def ended(self, session: Session) -> None:
        """Forget a session."""
        if session in self._open_sessions:
            self._open_sessions.remove(session)
            self.peripheral.session_ended_s[session.client] = asyncio.get_running_loop().time()
            self._changed()

    def disconnected(self, session: Session) -> None:
        """Forget a connection."""
        self._connections.pop(session, None)

    async def agrees_to_leave(self, within_s: float) -> bool:
        """Ask every client that stands by on both sides whether this one may go; whoever is silent says no.

        Source: CTI Server Message Reference Guide 24, ACTIVE_MAINTENANCE_REQ_MSG.
        """
        asked = [one for one in self._open_sessions if one.services & Granted.ACTIVE_STANDBY]
        loop = asyncio.get_running_loop()
        for session in asked:
            session.leaving = loop.create_future()
            session.post(wire.ActiveMaintenanceReq(MAINTENANCE_ID))
        answers = [session.leaving for session in asked if session.leaving is not None]
        done, _ = await asyncio.wait(answers, timeout=within_s) if answers else (set(), set())
        agreed = len(done) == len(answers) and all(answer.result() for answer in done)
        for session in asked:
            session.leaving = None
            session.post(wire.ActiveMaintenanceEvent(agreed))
        return agreed

    async def left(self, within_s: float) -> None:
        """Wait until the clients that stood by on both sides have sent their last word, or for so long."""
        going = [one.closed for one in self._open_sessions if one.services & Granted.ACTIVE_STANDBY]
        if going:
            await asyncio.wait(going, timeout=within_s)

    @property
    def is_stood_by(self) -> bool:
        """Has it clients that may stand by on the other side?"""
        return any(session.services & Granted.ACTIVE_STANDBY for session in self._open_sessions)

    # Life

    async def stop(self) -> None:
        """As every service; the pair first has the chance to change sides in good order."""
        if self.before_stop is not None and self.state is ServiceState.STARTED:
            await self.before_stop()
        await super().stop()

    async def _open(self) -> None:
        self.role = self.role_at_start()
        self._unsubscribe = self.peripheral.subscribe(self._on_event)
        self._bind()
        if self._answers():
            await self._listen()

    async def _close(self) -> None:
        self._detach()
        await _arrivals_done()
        await self._drop_all(Status.CTI_SERVER_OFFLINE if self.options.goodbye else None)
        self._close_port()

    async def _kill(self) -> None:
        self._detach()
        self._close_port()
        await self._reset_all()
        await _arrivals_done()

    def _changed(self) -> None:
        for watcher in tuple(self.watchers):
            watcher()

    def _on_event(self, event: Event) -> None:
        for session in tuple(self._open_sessions):
            session.tell(event)

    def _answers(self) -> bool:
        return self.role is Role.ACTIVE or self.options.standby_answer is not StandbyAnswer.REFUSE_TCP

    def _detach(self) -> None:
        if self._unsubscribe is not None:
            self._unsubscribe()
            self._unsubscribe = None
        if self._server is not None:
            self._server.close()

    # The port

    def _bind(self) -> None:
        """Take the port without listening: connections are refused, and nobody else can take it."""
        sock = tcp_socket(self.host)
        try:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER)
            sock.setblocking(False)
            sock.bind((self.host, self._port))
        except OSError:
            sock.close()
            raise
        self._socket = sock
        self._port = sock.getsockname()[1]

    async def _listen(self) -> None:
        assert self._socket is not None, "_bind comes first"
        loop = asyncio.get_running_loop()
        # Named first: cancelled while it starts to listen, `create_server` would keep it from whoever closes it.
        self._server = await loop.create_server(
            lambda: Session(self), sock=self._socket, backlog=BACKLOG, start_serving=False
        )
        await self._server.start_serving()

    def _close_port(self) -> None:
        if self._server is not None:
            self._server.close()
            self._server = None
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    async def _drop_all(self, goodbye: Status | None) -> None:
        connections = tuple(self._connections)
        for session in connections:
            session.say_goodbye(goodbye)
        await _all_closed(connections, self.options.close_limit_s + SETTLE_LIMIT_S)

    async def _reset_all(self) -> None:
        connections = tuple(self._connections)
        for session in connections:
            session.reset()
        await _all_closed(connections, SETTLE_LIMIT_S)


async def _arrivals_done() -> None:
    """Let connections end that asyncio was just accepting, each in a task of its own: `connected` turns them away."""
    for _ in range(ACCEPT_TURNS):
        await asyncio.sleep(0)


async def _all_closed(connections: Collection[Session], limit_s: float) -> None:
    if connections:
        await asyncio.wait([session.closed for session in connections], timeout=limit_s)


def _same_seat(session: Session, other: Session) -> bool:
    mine, theirs = session.request, other.request
    return (
        bool(session.services & other.services & Granted.CLIENT_EVENTS)
        and mine.client_id == theirs.client_id
        and (mine.agent_instrument, mine.agent_extension, mine.agent_id)
        == (theirs.agent_instrument, theirs.agent_extension, theirs.agent_id)
        and other.phase is Phase.OPEN
    )


def _named(session: Session, req: wire.UserMessageReq) -> bool:
    """Is it the client that the message names, by its id, its agent or its phone?"""
    if req.client_id is not None:
        return session.request.client_id == req.client_id
    if req.agent_id is not None:
        agent = session.seat.agent()
        return agent is not None and agent.agent_id == req.agent_id
    return session.seat.device() in {req.agent_instrument, req.agent_extension} - {None}


DISTRIBUTIONS: Mapping[int, tuple[Callable[[Session, wire.UserMessageReq], bool], Status | None]] = {
    0: (_named, Status.CLIENT_NOT_FOUND),
    1: (lambda session, _: bool(session.services & Granted.SUPERVISOR), Status.SUPERVISOR_NOT_FOUND),
    2: (lambda session, _: session.seat.agent() is not None, Status.TEAM_NOT_FOUND),
    3: (lambda _, __: True, None),
}
"""Whom USER_MESSAGE_REQ reaches by its Distribution, and the status when there is nobody."""
