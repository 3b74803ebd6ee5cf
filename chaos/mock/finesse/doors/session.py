"""One client of the notification service: stream negotiation, SASL PLAIN, bind, and then its stanzas.

Theory of operation
-------------------
A session is the same whatever way its stream comes: it takes stream events (opened, stanza, closed) and writes stanzas
to a `Channel`. Doors (`tcp`, `bosh`, `websocket`) turn bytes, requests or frames into the one and the other. While a
password is being checked, a channel gives the session nothing; `resume` lets it go on.

A client from which nothing comes is pinged half-way to `silence_s`, and gone after it: a client that lives answers a
ping, if only with an error. Cisco's guides have Finesse notice a crashed browser within 120 s.
"""

import asyncio
import re
from collections.abc import Iterable
from enum import Enum, StrEnum
from typing import Protocol
from xml.etree.ElementTree import Element

from chaos.mock.finesse.config import NodeOptions
from chaos.mock.finesse.credentials import Checked
from chaos.wire.xmpp import (
    BIND,
    CLIENT,
    JID,
    SASL,
    STREAM_MANAGEMENT,
    TLS,
    BadJid,
    BadSasl,
    BadStream,
    Features,
    Iq,
    Stanza,
    StreamClosed,
    StreamEvent,
    StreamOpened,
    bind_result,
    features,
    iq_error,
    management_failure,
    parse_iq,
    parse_sasl_plain,
    ping_request,
    requested_resource,
    sasl_challenge,
    sasl_failure,
    sasl_success,
    stream_error,
    tls_proceed,
)

STANZA_BYTES = 64 * 1024
WRONG_PASSWORDS = 5
_VERSION = re.compile(r"[1-9][0-9]*\.[0-9]+")
_TICK_S = 1e-6


class Phase(Enum):
    """How far a client has come. HEADER and NEW_HEADER expect a stream's opening, before and after SASL."""

    HEADER = "header"
    SASL = "sasl"
    CHECKING = "checking the password"
    NEW_HEADER = "new header"
    BIND = "bind"
    BOUND = "bound"
    CLOSED = "closed"


class GoneHow(StrEnum):
    """How a client ceased to be available. PRESENCE: it said so. ENDED: its stream ended in order. DROPPED: its
    connection broke. SILENT: nothing came from it any more."""

    PRESENCE = "presence"
    ENDED = "ended"
    DROPPED = "dropped"
    SILENT = "silent"


class Door(StrEnum):
    """By which of a node's doors a client came."""

    TLS = "XMPP over TLS"
    STARTTLS = "XMPP"
    BOSH = "BOSH"
    WEBSOCKET = "WebSocket"


class Channel(Protocol):
    """How a session's stanzas reach its client. is_encrypted: by TLS. can_start_tls: by STARTTLS, from now on.
    is_by_bosh: by requests of their own, as a browser has them."""

    door: Door
    is_encrypted: bool
    can_start_tls: bool
    is_by_bosh: bool

    def open_stream(self, domain: str, id: str, to: str | None) -> None:
        """Send the server's stream header. to: whoever the client said that he is."""

    def send(self, stanza: bytes) -> None:
        """Write one stanza, as inside a TCP stream. A client that lets too much pile up is dropped."""

    def start_tls(self) -> None:
        """The handshake comes next."""

    def resume(self, *, restart: bool) -> None:
        """Go on reading. restart: a new stream begins."""

    def close(self) -> None:
        """End the stream in good order, and then what it came over. The session takes nothing any more."""

    def abort(self) -> None:
        """End what the stream comes over as a killed process does."""


class SessionOwner(Protocol):
    """Whom a session asks."""

    domain: str

    def began(self, session: "XmppSession") -> None:
        """Somebody has connected."""

    async def check(self, user: str, password: str) -> Checked:
        """Is this the user's password?"""

    def user_of(self, name: str) -> str:
        """The id of the user who signs in with this name. Raises BadJid: nobody can be called that."""

    def silence_s(self, session: "XmppSession") -> float:
        """After how long a silence the client is gone."""

    def keeps_silent(self, session: "XmppSession") -> bool:
        """Does a session by BOSH stay whose client has no request open any more?"""

    def bound(self, session: "XmppSession") -> None:
        """The session has its full JID now."""

    def stanza(self, session: "XmppSession", element: Element) -> None:
        """The client sent an iq, a message or a presence."""

    def left(self, session: "XmppSession") -> None:
        """The session is over; its connection may still be closing."""

    def ended(self, session: "XmppSession") -> None:
        """The connection is gone."""

    def new_id(self) -> str:
        """A fresh id."""


class XmppSession:
    """A client's session. jid: from bind on. available, priority: its presence; presence: the
    stanza that said so last. gone_how: how it ended, or would."""

    def __init__(self, owner: SessionOwner, channel: Channel, options: NodeOptions) -> None:
        self._owner, self._channel, self._options = owner, channel, options
        self._check: asyncio.Task[None] | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._heard_s = 0.0
        self._user = ""
        self._wrong = 0
        self._header_sent = False
        self.phase = Phase.HEADER
        self.jid: JID | None = None
        self.available = False
        self.priority = 0
        self.presence: Element | None = None
        self.gone_how = GoneHow.DROPPED

    @property
    def door(self) -> Door:
        """Where the client came in."""
        return self._channel.door

    @property
    def is_encrypted(self) -> bool:
        """Whether TLS protects the stream."""
        return self._channel.is_encrypted

    # The channel's side

    def began(self) -> None:
        """The client has connected."""
        self._timer = asyncio.get_running_loop().call_later(
            self._options.xmpp_login_s, self.close, "connection-timeout"
        )
        self._owner.began(self)

    def heard(self) -> None:
        """Something came from the client, be it a blank."""
        self._heard_s = asyncio.get_running_loop().time()

    def take(self, events: Iterable[StreamEvent]) -> None:
        """The client's stream goes on."""
        self.heard()
        for event in events:
            if self.phase is Phase.CLOSED:
                return
            match event:
                case StreamOpened():
                    self._opened(event)
                case Stanza():
                    self._stanza(event)
                case StreamClosed():
                    self.close()

    def broken(self, error: BadStream) -> None:
        """The client's stream cannot be read any further."""
        self.take(error.events)
        self.close(error.condition)

    def lost(self) -> None:
        """The connection is gone."""
        self._over()
        if self._check is not None:
            self._check.cancel()
        self._owner.ended(self)

    @property
    def is_kept(self) -> bool:
        """Whether it stays though its client has had no request open for longer than it may."""
        return self.phase is Phase.BOUND and self._owner.keeps_silent(self)

    @property
    def is_by_bosh(self) -> bool:
        """Whether the stream comes by BOSH."""
        return self._channel.is_by_bosh

    @property
    def is_checking(self) -> bool:
        """Whether the channel has to wait with whatever comes."""
        return self.phase is Phase.CHECKING

    # The owner's side

    def send(self, stanza: bytes) -> None:
        """Write one stanza."""
        self._channel.send(stanza)

    def close(self, condition: str | None = None) -> None:
        """End the stream, with a stream error if one is named."""
        if self.phase is Phase.CLOSED:
            return
        if not self._header_sent:
            self._open_stream(None)
        if condition is not None:
            self.send(stream_error(condition))
        self.gone_how = GoneHow.SILENT if condition == "connection-timeout" else GoneHow.ENDED
        self._over()
        self._owner.left(self)
        self._channel.close()

    def abort(self) -> None:
        """Reset the connection."""
        self._over()
        self._channel.abort()

    @property
    def check_under_way(self) -> "asyncio.Task[None] | None":
        """The password check, if one is going on."""
        return self._check

    def _over(self) -> None:
        self.phase = Phase.CLOSED
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    # The stream

    def _opened(self, header: StreamOpened) -> None:
        self._open_stream(header.from_)
        if header.default_namespace != CLIENT:
            self.close("invalid-namespace")
        elif not _VERSION.fullmatch(header.version or ""):  # a later one is answered with ours (RFC 6120, 4.7.5)
            self.close("unsupported-version")
        elif self.phase is Phase.HEADER:
            self.phase = Phase.SASL
            self.send(features(self._offer()))
        elif self.phase is Phase.NEW_HEADER:
            self.phase = Phase.BIND
            self.send(features(Features(bind=True, session=True, session_optional=True)))
        else:
            self.close("bad-format")

    def _offer(self) -> Features:
        return Features(
            mechanisms=("PLAIN",) if self._takes_passwords else (),
            starttls=self._channel.can_start_tls,
            starttls_required=self._channel.can_start_tls and not self._takes_passwords,
        )

    @property
    def _takes_passwords(self) -> bool:
        return self._channel.is_encrypted or self._options.insecure_xmpp

    def _open_stream(self, to: str | None) -> None:
        self._header_sent = True
        self._channel.open_stream(self._owner.domain, self._owner.new_id(), to)

    def _stanza(self, stanza: Stanza) -> None:
        match self.phase:
            case Phase.SASL:
                self._sasl(stanza)
            case Phase.BIND:
                self._bind(stanza)
            case Phase.BOUND if stanza.namespace == CLIENT and stanza.name in ("iq", "message", "presence"):
                self._owner.stanza(self, stanza.element)
            case Phase.BOUND if stanza.namespace in STREAM_MANAGEMENT and stanza.name in ("enable", "resume"):
                self.send(management_failure(stanza.namespace))  # not offered; who asks all the same goes on without
            case Phase.BOUND:
                self.close("unsupported-stanza-type")
            case _:
                self.close("not-authorized")

    # TLS and SASL

    def _sasl(self, stanza: Stanza) -> None:
        if (stanza.namespace, stanza.name) == (TLS, "starttls") and self._channel.can_start_tls:
            self.phase = Phase.HEADER
            self.send(tls_proceed())
            self._channel.start_tls()
        elif stanza.namespace != SASL:
            self.close("not-authorized")
        elif not self._takes_passwords:
            self._refuse("encryption-required")
        elif stanza.name == "auth" and stanza.element.get("mechanism") != "PLAIN":
            self._refuse("invalid-mechanism")
        elif stanza.name == "auth" and not (stanza.element.text or "").strip():
            self.send(sasl_challenge())
            self._channel.resume(restart=False)
        elif stanza.name in ("auth", "response"):
            self._plain(stanza.element.text or "")
        else:
            self._refuse("aborted" if stanza.name == "abort" else "malformed-request")

    def _plain(self, text: str) -> None:
        try:
            wanted, name, password = parse_sasl_plain(text)
            self._user = self._owner.user_of(name)
            acts_as = self._owner.user_of(wanted) if wanted else self._user
        except BadSasl as error:
            self._refuse(error.condition)
        except BadJid:
            self._refuse("not-authorized")
        else:
            if acts_as != self._user:
                self._refuse("invalid-authzid")
                return
            self.phase = Phase.CHECKING
            self._check = asyncio.get_running_loop().create_task(self._checked(name, password))

    async def _checked(self, name: str, password: str) -> None:
        checked = await self._owner.check(name.partition("@")[0], password)
        self._check = None
        if self.phase is not Phase.CHECKING:
            return
        self.phase = Phase.SASL
        if checked is Checked.GOOD:
            self.phase = Phase.NEW_HEADER
            self.send(sasl_success())
            self._channel.resume(restart=True)
        else:
            self._refuse("not-authorized" if checked is Checked.BAD else "temporary-auth-failure")

    def _refuse(self, condition: str) -> None:
        self._wrong += 1
        self.send(sasl_failure(condition))
        if self._wrong >= WRONG_PASSWORDS:
            self.close("policy-violation")
        else:
            self._channel.resume(restart=False)

    # Bind, and being heard from

    def _bind(self, stanza: Stanza) -> None:
        if stanza.name != "iq":
            self.close("not-authorized")
            return
        iq = parse_iq(stanza.element)
        if iq.kind != "set" or iq.asks != (BIND, "bind") or iq.payload is None:
            self.send(iq_error(iq.id, "not-allowed", payload=iq.payload))
            return
        self._bind_to(iq, iq.payload)

    def _bind_to(self, iq: Iq, payload: Element) -> None:
        try:
            jid = JID(self._user, self._owner.domain, requested_resource(payload) or self._owner.new_id())
        except BadJid:
            self.send(iq_error(iq.id, "bad-request", payload=payload))
            return
        self.jid = jid
        self.phase = Phase.BOUND
        self._listen_for(self._owner.silence_s(self) / 2, pinged=False)
        self._owner.bound(self)
        self.send(bind_result(iq.id, jid))

    def _listen_for(self, wait_s: float, *, pinged: bool) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = asyncio.get_running_loop().call_later(wait_s, self._look, pinged)

    def _look(self, pinged: bool) -> None:
        """One timer a session, set anew when it is due and not at every byte that comes."""
        limit_s = self._owner.silence_s(self)
        silent_s = asyncio.get_running_loop().time() - self._heard_s
        # Floats: the difference may fall short by less than the clock can wait for, again and again.
        if pinged and silent_s > limit_s - _TICK_S:
            self.close("connection-timeout")
        elif silent_s > limit_s / 2 - _TICK_S:
            self.send(ping_request(self._owner.new_id(), to=str(self.jid), from_=self._owner.domain))
            self._listen_for(limit_s - silent_s, pinged=True)
        else:
            self._listen_for(limit_s / 2 - silent_s, pinged=False)
