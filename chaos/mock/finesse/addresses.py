"""Who is connected to a node, by address: the full JIDs that are bound, and those of them that are available."""

from chaos.mock.finesse.doors.session import XmppSession
from chaos.wire.xmpp import JID


class Addresses:
    """Sessions by user and resource."""

    def __init__(self) -> None:
        self._by_user: dict[str, dict[str, XmppSession]] = {}

    def add(self, session: XmppSession) -> XmppSession | None:
        """The session has a full JID now; the older session that had the same until now."""
        assert session.jid is not None
        mine = self._by_user.setdefault(session.jid.local or "", {})
        older = mine.get(session.jid.resource or "")
        mine[session.jid.resource or ""] = session
        return older

    def remove(self, session: XmppSession) -> None:
        """The session is over."""
        jid = session.jid
        mine = self._by_user.get(jid.local or "", {}) if jid is not None else {}
        if jid is not None and mine.get(jid.resource or "") is session:
            del mine[jid.resource or ""]
            if not mine:
                del self._by_user[jid.local or ""]

    def at(self, jid: JID) -> XmppSession | None:
        """The session with this full JID."""
        return self._by_user.get(jid.local or "", {}).get(jid.resource or "")

    def users(self) -> tuple[str, ...]:
        """Whoever has a session."""
        return tuple(self._by_user)

    def available(self, user: str | None = None) -> tuple[XmppSession, ...]:
        """This user's sessions that are available; everybody's, if no user is named."""
        if user is not None:
            return tuple(session for session in self._by_user.get(user, {}).values() if session.available)
        return tuple(s for mine in self._by_user.values() for s in mine.values() if s.available)
