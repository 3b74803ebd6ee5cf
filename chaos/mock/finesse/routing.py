"""What becomes of a stanza that a client sends: it is answered, taken to another client, or refused, and never lost.

Source: RFC 6120, 8 and 10; RFC 6121, 4.3 and 8.5. Rosters are Finesse's own: everybody has the user `finesse` on his,
and nobody can have anybody else on it.
"""

from collections.abc import Callable
from xml.etree.ElementTree import Element

from chaos.mock.finesse.addresses import Addresses
from chaos.mock.finesse.doors.session import XmppSession
from chaos.wire.xml import local_name
from chaos.wire.xmpp import (
    JID,
    BadJid,
    Iq,
    Presence,
    parse_iq,
    parse_presence,
    presence,
    refusal,
    write_stanza,
)

# RFC 6121, 8.5.2.2.1: of these nobody is told that they reached nobody. An error is never answered by an error.
_SILENT_MESSAGES = ("headline", "error")


def passed_on(stanza: Element, from_: JID | None, to: JID | None) -> bytes:
    """A client's presence as it is told to another one: with everything that is in it (RFC 6121, 4.2.2 and 4.7.3)."""
    told = Element(stanza.tag, {**stanza.attrib, "from": str(from_), "to": str(to)})
    told.extend(stanza)
    return write_stanza(told)


class Router:
    """Of one node. finesse: whose presence everybody gets. is_finesse_available: whether he is there now.

    answer: to a get or set for the node itself or its publish-subscribe service. changed: a client told his own
    presence, by this stanza. meant: whom an address is for, which may be made of a login name.
    """

    def __init__(
        self,
        domain: str,
        addresses: Addresses,
        *,
        finesse: JID,
        is_finesse_available: Callable[[], bool],
        answer: Callable[[XmppSession, Iq], bytes],
        changed: Callable[[XmppSession, Presence, Element], None],
        meant: Callable[[JID], JID],
    ) -> None:
        self._domains = (domain, f"pubsub.{domain}")
        self._addresses = addresses
        self._finesse, self._is_finesse_available = finesse, is_finesse_available
        self._answer, self._changed, self._meant = answer, changed, meant

    def take(self, session: XmppSession, stanza: Element) -> None:
        """A client sent an iq, a message or a presence."""
        kind = local_name(stanza)
        try:
            to = None if stanza.get("to") is None else self._meant(JID.parse(stanza.get("to") or ""))
        except BadJid:
            self._refuse(session, stanza, "jid-malformed")
            return
        if kind == "iq":
            self._iq(session, stanza, to)
        elif to is not None and to.domain not in self._domains:
            self._refuse(session, stanza, "remote-server-not-found")
        elif kind == "message":
            assert session.jid is not None
            self._message(session, stanza, to or session.jid.bare)
        else:
            self._presence(session, stanza, to)

    def tell_finesse(self, session: XmppSession) -> None:
        """Tell a client whether the user finesse is there."""
        kind = None if self._is_finesse_available() else "unavailable"
        session.send(presence(self._finesse, session.jid, kind))

    # Iqs

    def _iq(self, session: XmppSession, stanza: Element, to: JID | None) -> None:
        iq = parse_iq(stanza)
        if iq.kind not in ("get", "set", "result", "error"):
            self._refuse(session, stanza, "bad-request")
            return
        asks = iq.kind in ("get", "set")
        if asks and len(stanza) != 1:  # RFC 6120, 8.2.3
            self._refuse(session, stanza, "bad-request")
            return
        assert session.jid is not None
        if to is None or to.local is None or to in (session.jid, session.jid.bare):
            if asks:
                served = to is None or to.domain in self._domains
                if served:
                    session.send(self._answer(session, iq))
                else:
                    self._refuse(session, stanza, "remote-server-not-found")
            return
        other = self._addresses.at(to) if to.domain == self._domains[0] and to.resource else None
        if other is not None:
            self._hand_over(session, stanza, other)
        elif asks:
            self._refuse(session, stanza, "service-unavailable")

    # Messages

    def _message(self, session: XmppSession, stanza: Element, to: JID) -> None:
        kind = stanza.get("type")
        one = self._addresses.at(to) if to.resource else None
        others: tuple[XmppSession, ...] = (one,) if one is not None else ()
        if one is None and kind != "groupchat" and (to.resource is None or kind == "chat"):
            others = tuple(s for s in self._addresses.available(to.local or "") if s.priority >= 0)
        for other in others:
            self._hand_over(session, stanza, other)
        if not others and kind not in _SILENT_MESSAGES:
            self._refuse(session, stanza, "service-unavailable")

    # Presence

    def _presence(self, session: XmppSession, stanza: Element, to: JID | None) -> None:
        found = parse_presence(stanza)
        if to is None:
            if found.kind in (None, "unavailable"):
                self._changed(session, found, stanza)
            else:
                self._refuse(session, stanza, "bad-request")
        elif to.bare == self._finesse.bare:
            self._to_finesse(session, stanza, found)
        elif found.kind == "probe":
            self._probe(session, to)
        elif found.kind in (None, "unavailable", "error"):
            one = self._addresses.at(to) if to.resource else None
            others = self._addresses.available(to.local or "") if to.is_bare else (one,) if one is not None else ()
            for other in others:
                self._hand_over(session, stanza, other)
            if not others:
                self._refuse(session, stanza, "service-unavailable")
        else:
            self._refuse(session, stanza, "not-allowed")

    def _to_finesse(self, session: XmppSession, stanza: Element, found: Presence) -> None:
        """He is on everybody's roster already, and what he is told he keeps to himself."""
        if found.kind == "subscribe":
            session.send(presence(self._finesse.bare, session.jid, "subscribed"))
        if found.kind in ("subscribe", "probe"):
            self.tell_finesse(session)
        elif found.kind not in (None, "unavailable"):
            self._refuse(session, stanza, "not-allowed")

    def _probe(self, session: XmppSession, to: JID) -> None:
        """One may know of oneself alone (RFC 6121, 4.3.2)."""
        assert session.jid is not None
        if to.bare != session.jid.bare:
            session.send(presence(to.bare, session.jid, "unsubscribed"))
            return
        seen = [other for other in self._addresses.available(to.local or "") if to.is_bare or other.jid == to]
        for other in seen:
            told = other.presence
            session.send(presence(other.jid, session.jid) if told is None else passed_on(told, other.jid, session.jid))
        if not seen:
            session.send(presence(to, session.jid, "unavailable"))

    # Both

    def _hand_over(self, session: XmppSession, stanza: Element, other: XmppSession) -> None:
        stanza.set("from", str(session.jid))
        other.send(write_stanza(stanza))

    def _refuse(self, session: XmppSession, stanza: Element, condition: str) -> None:
        """An error is never answered by an error."""
        if stanza.get("type") not in ("error", "result"):
            session.send(refusal(stanza, condition, to=session.jid))
