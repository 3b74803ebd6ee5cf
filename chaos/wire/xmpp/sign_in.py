"""A client's way from a stream's first features to its session, sans-IO: SASL PLAIN, a new stream, bind, session.

It is the same whatever the stream comes over. Source: RFC 6120, 6 and 7; RFC 3921, 3 for servers that still want it.
"""

from dataclasses import dataclass
from enum import Enum
from xml.etree.ElementTree import Element

from chaos.errors import PeerError
from chaos.wire.xml import local_name, namespace
from chaos.wire.xmpp.names import SASL, STREAMS
from chaos.wire.xmpp.session import (
    bind_request,
    bound_jid,
    parse_error_condition,
    parse_features,
    parse_iq,
    sasl_auth_plain,
    session_request,
)

_BIND, _SESSION = "bind", "session"


class BadSignIn(PeerError):
    """The server does not let the client in, or goes another way than any that is known."""


class _Phase(Enum):
    SASL = "password"
    BIND = "resource"
    DONE = "done"


@dataclass(frozen=True, slots=True)
class Step:
    """What comes next. send: a stanza, as in a TCP stream. restart: a new stream begins."""

    send: bytes | None = None
    restart: bool = False


class SignIn:
    """One client's. jid: the full one, once `is_done`. Each element that the server sends goes to `take`."""

    def __init__(self, user: str, password: str, resource: str) -> None:
        self._user, self._password, self._resource = user, password, resource
        self._phase = _Phase.SASL
        self._wants_session = False
        self.jid = ""

    @property
    def is_done(self) -> bool:
        """Whether the session stands."""
        return self._phase is _Phase.DONE

    def take(self, element: Element) -> Step:
        """What the client does now, which may be nothing. Raises BadSignIn, BadStanza."""
        kind = (namespace(element), local_name(element))
        if kind == (STREAMS, "error"):
            raise BadSignIn(f"stream error {parse_error_condition(element)}")
        if kind == (STREAMS, "features"):
            return self._features(element)
        if self._phase is _Phase.SASL and kind == (SASL, "success"):
            self._phase = _Phase.BIND
            return Step(restart=True)
        if self._phase is _Phase.SASL and kind == (SASL, "failure"):
            raise BadSignIn(f"not let in: {parse_error_condition(element)}")
        if self._phase is _Phase.BIND and kind[1] == "iq":
            return self._answered(element)
        return Step()

    def _features(self, element: Element) -> Step:
        offered = parse_features(element)
        if self._phase is _Phase.SASL:
            if "PLAIN" not in offered.mechanisms:
                raise BadSignIn(f"no PLAIN among the mechanisms: {', '.join(offered.mechanisms) or 'none'}")
            return Step(sasl_auth_plain(self._user, self._password))
        if not offered.bind:
            raise BadSignIn("no resource can be bound")
        self._wants_session = offered.session and not offered.session_optional
        return Step(bind_request(_BIND, self._resource))

    def _answered(self, element: Element) -> Step:
        iq = parse_iq(element)
        if iq.id not in (_BIND, _SESSION) or iq.kind not in ("result", "error"):
            return Step()
        if iq.kind == "error":
            raise BadSignIn(f"no {iq.id}: {iq.error}")
        if iq.id == _BIND:
            self.jid = (bound_jid(iq.payload) if iq.payload is not None else None) or ""
            if not self.jid:
                raise BadSignIn("no JID was granted")
            if self._wants_session:
                return Step(session_request(_SESSION))
        self._phase = _Phase.DONE
        return Step()
