"""The Cisco Finesse Notification Service: an XMPP server that carries events to clients.

Theory of operation
-------------------
Clients sign in by SASL PLAIN inside TLS and announce themselves by presence; events go only to resources that have.
The Webapp publishes; a publication for a user goes to his bare JID and so to each of his available resources, one for
an explicit subscription to the JID that subscribed. The Webapp is present as the user `finesse`, who is on everybody's
roster: that is how clients learn of a Webapp that went (Finesse developer guide, Failure Scenarios).
"""

import asyncio
import ssl
from collections.abc import Callable, Iterable
from contextlib import suppress
from itertools import count
from uuid import NAMESPACE_DNS, uuid5
from xml.etree.ElementTree import Element

from chaos.mock.finesse.config import NodeConfig, NodeOptions
from chaos.mock.finesse.credentials import Checked, Credentials
from chaos.mock.finesse.listener import TlsListener
from chaos.mock.finesse.pubsub import Subscriptions
from chaos.mock.finesse.xmpp_answers import Asked, answer
from chaos.mock.finesse.xmpp_session import Phase, XmppSession
from chaos.mock.service import Service, ServiceState
from chaos.wire.xmpp import JID, BadJid, Iq, Presence, presence, pubsub_event, write_stanza

NAME = "Cisco Finesse Notification Service"
CLOSE_LIMIT_S = 1.0

PresenceWatcher = Callable[[str, bool], None]
"""Called with a user's login id, and whether any client of his is available, whenever that changes."""

StateWatcher = Callable[[], None]


class NotificationService(Service):
    """XMPP over TCP with TLS, for one node.

    presence_watchers: told when a user's first client comes or his last one goes. state_watchers: told when the service
    changed its state. port: where it listens, from the first start on.
    """

    def __init__(
        self, config: NodeConfig, *, ssl_context: ssl.SSLContext, credentials: Credentials, options: NodeOptions
    ) -> None:
        super().__init__(NAME)
        self.domain = config.host.lower()
        self.port = config.xmpp_port
        self.presence_watchers: list[PresenceWatcher] = []
        self.state_watchers: list[StateWatcher] = []
        self._listen, self._credentials, self._options = config.listen, credentials, options
        self._listener = TlsListener(self._new_session, ssl_context, connections=options.connections)
        self._subscriptions = Subscriptions()
        self._sessions: set[XmppSession] = set()
        self._empty = asyncio.Event()
        self._empty.set()
        self._by_user: dict[str, dict[str, XmppSession]] = {}
        self._finesse = JID("finesse", self.domain, "finesse")
        self._finesse_available = False
        self._ids = count(1)
        self._publisher = 0
        self._item_prefix = ""
        self._items = count(1)

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
        for session in self._available():
            self._tell_finesse(session)

    def publish(self, node: str, update: bytes, users: Iterable[str] | None) -> None:
        """Deliver an Update: to these users' bare JIDs, and to whoever subscribed to the node.

        users: login ids; None is everybody. Nobody gets it while the service is down; nothing is kept.
        """
        if self.state is not ServiceState.STARTED:
            return
        item_id = f"{self._item_prefix}{next(self._items)}"
        for user in tuple(self._by_user) if users is None else users:
            for session in self._available(user.lower()):
                if session.priority >= 0 and session.jid is not None:
                    self._deliver(session, session.jid.bare, node, item_id, update)
        for jid in self._subscriptions.to(node):
            for session in self._available(jid.local or ""):
                if session.jid is not None and (jid.is_bare or session.jid == jid):
                    self._deliver(session, jid, node, item_id, update)

    def is_available(self, user: str) -> bool:
        """Has this user an available client here?"""
        return bool(self._available(user.lower()))

    @property
    def clients(self) -> tuple[str, ...]:
        """Full JIDs that are bound, for those who look."""
        return tuple(sorted(str(session.jid) for session in self._sessions if session.phase is Phase.BOUND))

    # For sessions

    def began(self, session: XmppSession) -> None:
        self._sessions.add(session)
        self._empty.clear()

    async def check(self, user: str, password: str) -> Checked:
        return await self._credentials.check(user, password)

    def new_id(self) -> str:
        return f"{next(self._ids):08x}"

    def bound(self, session: XmppSession) -> None:
        assert session.jid is not None
        mine = self._by_user.setdefault(session.jid.local or "", {})
        older = mine.get(session.jid.resource or "")
        if older is not None:
            self._gone(older)
            older.close("conflict")
        mine[session.jid.resource or ""] = session

    def answer(self, session: XmppSession, iq: Iq) -> bytes:
        assert session.jid is not None
        return answer(Asked(iq, session.jid, self.domain, self._subscriptions))

    def message(self, session: XmppSession, message: Element) -> None:
        """Pass it on to a client of this node, with the sender's name on it. Source: RFC 6120, 10.5; RFC 6121, 8.5."""
        try:
            to = JID.parse(message.get("to") or "")
        except BadJid:
            return
        if to.domain != self.domain:
            return
        message.set("from", str(session.jid))
        for other in self._available(to.local or ""):
            if other.jid is not None and (to.is_bare or other.jid == to):
                other.send(write_stanza(message))

    def presence_changed(self, session: XmppSession, told: Presence) -> None:
        assert session.jid is not None
        if not told.is_available:
            self._gone(session, keep=True)
            return
        user = session.jid.local or ""
        first = not session.available
        came = not self.is_available(user)
        session.available, session.priority = True, told.priority or 0
        for other in self._available(user):
            assert other.jid is not None
            other.send(presence(session.jid, other.jid, priority=told.priority, show=told.show, status=told.status))
        if first:
            self._tell_finesse(session)
        if came:
            self._tell_watchers(user, True)

    def ended(self, session: XmppSession) -> None:
        self._sessions.discard(session)
        self._gone(session)
        if not self._sessions:
            self._empty.set()

    # Service

    async def _open(self) -> None:
        self.port = self._listener.open(self._listen, self.port)

    async def _close(self) -> None:
        await self._listener.close_door()
        for session in tuple(self._sessions):
            session.close("system-shutdown")
        await self._until_gone()
        await self._end(reset=False)

    async def _kill(self) -> None:
        await self._listener.close_door()
        for session in tuple(self._sessions):
            session.abort()
        await self._end(reset=True)

    async def _end(self, *, reset: bool) -> None:
        checks = [session.check_under_way for session in self._sessions]
        await self._listener.end(reset=reset)
        await asyncio.gather(*(check for check in checks if check is not None), return_exceptions=True)

    async def _until_gone(self) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(CLOSE_LIMIT_S):
                await self._empty.wait()

    def _changed(self) -> None:
        for watcher in tuple(self.state_watchers):
            watcher()

    def _new_session(self) -> XmppSession:
        return XmppSession(self, login_s=self._options.xmpp_login_s, buffer_bytes=self._options.xmpp_buffer_bytes)

    def _available(self, user: str | None = None) -> tuple[XmppSession, ...]:
        if user is not None:
            return tuple(session for session in self._by_user.get(user, {}).values() if session.available)
        return tuple(s for mine in self._by_user.values() for s in mine.values() if s.available)

    def _gone(self, session: XmppSession, *, keep: bool = False) -> None:
        """The session is no longer available; unless `keep`, it is not bound any more either."""
        jid = session.jid
        if jid is None:
            return
        user = jid.local or ""
        was_available, session.available = session.available, False
        mine = self._by_user.get(user, {})
        if not keep and mine.get(jid.resource or "") is session:
            del mine[jid.resource or ""]
            if not mine:
                del self._by_user[user]
        if was_available:
            for other in self._available(user):
                other.send(presence(jid, other.jid, "unavailable"))
            if not self.is_available(user):
                self._tell_watchers(user, False)

    def _deliver(self, session: XmppSession, to: JID, node: str, item_id: str, update: bytes) -> None:
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

    def _tell_finesse(self, session: XmppSession) -> None:
        kind = None if self._finesse_available else "unavailable"
        session.send(presence(self._finesse, session.jid, kind))

    def _tell_watchers(self, user: str, available: bool) -> None:
        for watcher in tuple(self.presence_watchers):
            watcher(user, available)
