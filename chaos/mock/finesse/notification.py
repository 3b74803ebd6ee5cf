"""The Cisco Finesse Notification Service: an XMPP server that carries events to clients.

Theory of operation
-------------------
Clients come by the doors of `doors/`, sign in by SASL PLAIN and announce themselves by presence; events go only to
resources that have. Whoever signs in by his login name is the user with that name's id.
The Webapp publishes; a publication for a user goes to his bare JID and so to each of his available resources, one for
an explicit subscription to the JID that subscribed. The Webapp is present as the user `finesse`, who is on everybody's
roster: that is how clients learn of a Webapp that went (Finesse developer guide, Failure Scenarios).
"""

import asyncio
import ssl
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from itertools import count
from uuid import NAMESPACE_DNS, uuid5
from xml.etree.ElementTree import Element

from chaos.mock.finesse.addresses import Addresses
from chaos.mock.finesse.config import NodeConfig, NodeOptions
from chaos.mock.finesse.credentials import Checked, Credentials
from chaos.mock.finesse.doors.listener import Listener
from chaos.mock.finesse.doors.session import Door, GoneHow, Phase, XmppSession
from chaos.mock.finesse.doors.tcp import CLOSE_LIMIT_S, TcpChannel
from chaos.mock.finesse.doors.web import WebDoors
from chaos.mock.finesse.hooks import NodeDefects
from chaos.mock.finesse.hooks.telling import EVENT, PRESENCE
from chaos.mock.finesse.pubsub import SYSTEM_INFO, Subscriptions, nodes
from chaos.mock.finesse.routing import Router, passed_on
from chaos.mock.finesse.spelling import respelled
from chaos.mock.finesse.xmpp_answers import Asked, answer
from chaos.mock.service import Service, ServiceState
from chaos.wire.xmpp import JID, Iq, Presence, presence, pubsub_event

NAME = "Cisco Finesse Notification Service"

PresenceWatcher = Callable[[str, GoneHow | None], None]
"""Called with a user's login id, in small letters, when his first client became available (None), and when the last one
ceased to be."""

StateWatcher = Callable[[], None]


class NotificationService(Service):
    """XMPP for one node.

    presence_watchers: told when a user's first client comes or his last one goes. state_watchers: told when the service
    changed its state. port, starttls_port: where it listens, from the first start on; `web` has more ports.
    """

    def __init__(
        self,
        config: NodeConfig,
        *,
        ssl_context: ssl.SSLContext,
        credentials: Credentials,
        options: NodeOptions,
        defects: NodeDefects | None = None,
    ) -> None:
        super().__init__(NAME)
        self.domain = config.host.lower()
        self.port = config.xmpp_port
        self.presence_watchers: list[PresenceWatcher] = []
        self.state_watchers: list[StateWatcher] = []
        self.starttls_port = config.starttls_port
        self._listen, self._credentials, self._options = config.listen, credentials, options
        self._rest_port = config.rest_port
        self._defects = defects or NodeDefects()
        self._tls = Listener(lambda: TcpChannel(self, options), ssl_context, connections=options.connections)
        self._clear = Listener(lambda: TcpChannel(self, options, ssl_context), None, connections=options.connections)
        self.web = WebDoors(self, config, ssl_context, options, lambda: self.state is ServiceState.STARTED)
        self._names = {record.login_name.lower(): record.login_id.lower() for record in config.users}
        self._nodes = nodes(config.users)
        self._subscriptions = Subscriptions()
        self._sessions: dict[XmppSession, None] = {}  # in the order of arrival
        self._empty = asyncio.Event()
        self._empty.set()
        self._addresses = Addresses()
        self._finesse_available = False
        self._router = Router(
            self.domain,
            self._addresses,
            finesse=JID("finesse", self.domain, "finesse"),
            is_finesse_available=lambda: self._finesse_available,
            answer=self._answer,
            changed=self._presence_changed,
            meant=self._meant,
        )
        self._ids = count(1)
        self._publisher = 0
        self._item_prefix = ""
        self._items = count(1)
        self._waiting: deque[tuple[str, bytes, tuple[str, ...] | None]] = deque()

    # For the Webapp

    def set_finesse(self, available: bool) -> None:
        """The Webapp came or went: tell every available client."""
        if available == self._finesse_available:
            return
        self._finesse_available = available
        if available:
            self._publisher += 1
            self._item_prefix = str(uuid5(NAMESPACE_DNS, f"{self._publisher}.{self.domain}"))
            self._items = count(1)
        if not available:
            self._defects.tells_loss(PRESENCE)
        left_out = () if available else self._left_out(PRESENCE)
        for session in self._addresses.available():
            if session not in left_out:
                self._router.tell_finesse(session)

    def publish(self, node: str, update: bytes, users: Iterable[str] | None) -> None:
        """Deliver an Update: to these users' bare JIDs, and to whoever subscribed to the node.

        users: login ids; None is everybody. Nobody gets it while the service is down; nothing is kept.
        """
        named = None if users is None else tuple(users)
        if not self._options.tell_s:
            self._publish(node, update, named)
            return
        self._waiting.append((node, update, named))
        asyncio.get_running_loop().call_later(self._options.tell_s, self._publish_next)

    def _publish_next(self) -> None:
        """One after the other: whatever a clock makes of equal times, the first to be told is the first that was."""
        self._publish(*self._waiting.popleft())

    def _publish(self, node: str, update: bytes, users: tuple[str, ...] | None) -> None:
        if self.state is not ServiceState.STARTED:
            return
        item_id = f"{self._item_prefix}{next(self._items)}"
        is_loss = node == SYSTEM_INFO and b"OUT_OF_SERVICE" in update
        if is_loss:
            self._defects.tells_loss(EVENT)
        left_out = self._left_out(EVENT) if is_loss else ()
        if self._options.respells:
            update = respelled(update, f"https://{self.domain}:{self._rest_port}")
        for user in self._addresses.users() if users is None else users:
            for session in self._addresses.available(user.lower()):
                if session.priority >= 0 and session.jid is not None and session not in left_out:
                    self._deliver(session, session.jid.bare, node, item_id, update)
        for jid in self._subscriptions.to(node):
            for session in self._addresses.available(jid.local or ""):
                if session.jid is not None and (jid.is_bare or session.jid == jid):
                    self._deliver(session, jid, node, item_id, update)

    def _left_out(self, by: str) -> Sequence[XmppSession]:
        """Who is not told of a loss: nobody in a sound product."""
        there = [session for session in self._sessions if session.available]
        if self._defects.tells_first_only(by):
            first = {session.jid.local: session for session in reversed(there) if session.jid is not None}
            return [session for session in there if session not in first.values()]
        return there[-1:] if len(there) > 1 and self._defects.leaves_out_last(by) else ()

    def has_subscribers(self, node: str) -> bool:
        """Has anybody subscribed to it explicitly?"""
        return bool(self._subscriptions.to(node))

    def is_available(self, user: str) -> bool:
        """Has this user an available client here?"""
        return bool(self._addresses.available(user.lower()))

    def listeners(self) -> tuple[Listener, ...]:
        """Of XMPP over TCP."""
        return (self._tls, self._clear)

    @property
    def clients(self) -> tuple[str, ...]:
        """Full JIDs that are bound, for those who look."""
        return tuple(sorted(str(session.jid) for session in self._sessions if session.phase is Phase.BOUND))

    @property
    def sessions(self) -> tuple[XmppSession, ...]:
        """The clients that are bound, in the order in which they came."""
        return tuple(session for session in self._sessions if session.phase is Phase.BOUND)

    # For sessions

    def began(self, session: XmppSession) -> None:
        self._sessions[session] = None
        self._empty.clear()

    async def check(self, user: str, password: str) -> Checked:
        return self._defects.checked_for_stream(user, await self._credentials.check(user, password))

    def new_id(self) -> str:
        return f"{next(self._ids):08x}"

    def user_of(self, name: str) -> str:
        """The domain that a client adds is of no account, as is the one that its stream is for."""
        local = JID(name.partition("@")[0], self.domain).local or ""
        return self._names.get(local, local)

    def silence_s(self, session: XmppSession) -> float:
        user = "" if session.jid is None else session.jid.local or ""
        by_socket = session.door is Door.WEBSOCKET
        return self._defects.silence_s(
            user, self._options.xmpp_silence_s, by_bosh=session.is_by_bosh, by_socket=by_socket
        )

    def keeps_silent(self, session: XmppSession) -> bool:
        return self._defects.keeps_silent("" if session.jid is None else session.jid.local or "")

    def bound(self, session: XmppSession) -> None:
        older = self._addresses.add(session)
        if older is not None:
            self._gone(older, GoneHow.ENDED)
            older.close("conflict")

    def stanza(self, session: XmppSession, element: Element) -> None:
        self._router.take(session, element)

    def left(self, session: XmppSession) -> None:
        self._addresses.remove(session)
        self._gone(session, session.gone_how)

    def ended(self, session: XmppSession) -> None:
        self._sessions.pop(session, None)
        self.left(session)
        if not self._sessions:
            self._empty.set()

    # Service

    async def _open(self) -> None:
        self.port = self._tls.open(self._listen, self.port)
        self.starttls_port = self._clear.open(self._listen, self.starttls_port)
        await self.web.open()

    async def _close(self) -> None:
        await self._close_doors()
        for session in tuple(self._sessions):
            session.close("system-shutdown")
        await self._until_gone()
        await self._end(reset=False)

    async def _kill(self) -> None:
        await self._close_doors()
        for session in tuple(self._sessions):
            session.abort()
        await self._end(reset=True)

    async def _close_doors(self) -> None:
        for listener in (self._tls, self._clear):
            await listener.close_door()
        await self.web.close_doors()

    async def _end(self, *, reset: bool) -> None:
        checks = [session.check_under_way for session in self._sessions]
        for listener in (self._tls, self._clear):
            await listener.end(reset=reset)
        await self.web.end(reset=reset)
        await asyncio.gather(*(check for check in checks if check is not None), return_exceptions=True)

    async def _until_gone(self) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(CLOSE_LIMIT_S):
                await self._empty.wait()

    def _changed(self) -> None:
        for watcher in tuple(self.state_watchers):
            watcher()

    def _answer(self, session: XmppSession, iq: Iq) -> bytes:
        assert session.jid is not None
        return answer(Asked(iq, session.jid, self.domain, self._subscriptions, self._nodes, self._meant))

    def _meant(self, jid: JID) -> JID:
        """Clients that signed in by login name may go on to make addresses of it."""
        local = None if jid.local is None or jid.domain != self.domain else self._names.get(jid.local)
        return jid if local is None else JID(local, jid.domain, jid.resource)

    def _presence_changed(self, session: XmppSession, told: Presence, stanza: Element) -> None:
        assert session.jid is not None
        if not told.is_available:
            self._gone(session, GoneHow.PRESENCE, stanza)
            return
        user = session.jid.local or ""
        first = not session.available
        came = not self.is_available(user)
        session.available, session.priority, session.presence = True, told.priority or 0, stanza
        for other in self._addresses.available(user):
            other.send(passed_on(stanza, session.jid, other.jid))
            if first and other is not session and other.presence is not None:  # RFC 6121, 4.2.2: one knows of oneself
                session.send(passed_on(other.presence, other.jid, session.jid))
        if first:
            self._router.tell_finesse(session)
        if came:
            self._defects.came_by(user, session.door)
            self._tell_watchers(user, None)

    def _gone(self, session: XmppSession, how: GoneHow, stanza: Element | None = None) -> None:
        """The session is no longer available. stanza: how its client said so."""
        jid = session.jid
        if jid is None or not session.available:
            return
        session.available, session.presence = False, None
        user = jid.local or ""
        told = self._defects.tells_unavailable(user, how)
        for other in self._addresses.available(user) if told else ():
            if stanza is None:
                other.send(presence(jid, other.jid, "unavailable"))
            else:
                other.send(passed_on(stanza, jid, other.jid))
        self._defects.went_by(user, session.door, is_last=not self.is_available(user))
        if session.door is Door.WEBSOCKET and self._defects.overlooks_socket(user, how):
            return
        if not self.is_available(user) or not self._defects.counts_others(user, how):
            self._tell_watchers(user, how)

    def _deliver(self, session: XmppSession, to: JID, node: str, item_id: str, update: bytes) -> None:
        if self._defects.loses(to.local or "", node, door=session.door):
            return
        for _ in range(2 if self._options.delivers_twice else 1):
            session.send(
                pubsub_event(
                    f"pubsub.{self.domain}",
                    to,
                    node,
                    item_id,
                    update,
                    self.new_id(),
                    notification_namespace=self._options.notification_namespace,
                )
            )

    def _tell_watchers(self, user: str, gone: GoneHow | None) -> None:
        for watcher in tuple(self.presence_watchers):
            watcher(user, gone)
