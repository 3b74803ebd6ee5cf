"""One client of the notification service: stream negotiation, SASL PLAIN, bind, and then its stanzas.

It is written to one stanza a segment, as Openfire does, and dropped when it does not read what it is sent.
"""

import asyncio
from collections.abc import Callable
from enum import Enum
from typing import Protocol, cast
from xml.etree.ElementTree import Element

from chaos.mock.finesse.credentials import Checked
from chaos.mock.finesse.cti_connection import reset
from chaos.wire.xmpp import (
    BIND,
    CLIENT,
    JID,
    SASL,
    STREAM_END,
    BadJid,
    BadSasl,
    BadStream,
    Features,
    Iq,
    Presence,
    Stanza,
    StanzaReader,
    StreamClosed,
    StreamEvent,
    StreamOpened,
    bind_result,
    features,
    iq_error,
    parse_iq,
    parse_presence,
    parse_sasl_plain,
    requested_resource,
    sasl_challenge,
    sasl_failure,
    sasl_success,
    stream_error,
    stream_header,
)

STANZA_BYTES = 64 * 1024
WRONG_PASSWORDS = 5


class Phase(Enum):
    """How far a client has come. HEADER and NEW_HEADER expect a stream's opening, before and after SASL."""

    HEADER = "header"
    SASL = "sasl"
    CHECKING = "checking the password"
    NEW_HEADER = "new header"
    BIND = "bind"
    BOUND = "bound"
    CLOSED = "closed"


class SessionOwner(Protocol):
    """Whom a session asks."""

    domain: str

    def began(self, session: "XmppSession") -> None:
        """The TLS handshake is over."""

    async def check(self, user: str, password: str) -> Checked:
        """Is this the user's password?"""

    def bound(self, session: "XmppSession") -> None:
        """The session has its full JID now."""

    def answer(self, session: "XmppSession", iq: Iq) -> bytes:
        """The answer to a get or set."""

    def message(self, session: "XmppSession", message: Element) -> None:
        """The client sent a message to somebody."""

    def presence_changed(self, session: "XmppSession", presence: Presence) -> None:
        """The client told its own presence."""

    def ended(self, session: "XmppSession") -> None:
        """The connection is gone."""

    def new_id(self) -> str:
        """A fresh id."""


class XmppSession(asyncio.Protocol):
    """A client's connection.

    jid: from bind on. available, priority: its presence. login_s: time to get as far as bind.
    buffer_bytes: what may wait for a client that does not read.
    """

    def __init__(self, owner: SessionOwner, *, login_s: float, buffer_bytes: int) -> None:
        self._owner = owner
        self._buffer_bytes = buffer_bytes
        self._reader = StanzaReader(max_stanza_bytes=STANZA_BYTES)
        self._transport: asyncio.Transport | None = None
        self._check: asyncio.Task[None] | None = None
        self._user = ""
        self._wrong = 0
        self._held = b""
        self._header_sent = False
        self._login_s = login_s
        self._login: asyncio.TimerHandle | None = None
        self.phase = Phase.HEADER
        self.jid: JID | None = None
        self.available = False
        self.priority = 0

    # asyncio's side

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._login = asyncio.get_running_loop().call_later(self._login_s, self.close, "connection-timeout")
        self._owner.began(self)

    def connection_lost(self, exc: Exception | None) -> None:
        self._logged_in()
        self.phase = Phase.CLOSED
        if self._check is not None:
            self._check.cancel()
        self._owner.ended(self)

    def data_received(self, data: bytes) -> None:
        if self.phase is Phase.CLOSED:
            return
        if self.phase is Phase.CHECKING:
            self._held += data
            if len(self._held) > STANZA_BYTES:
                self.close("policy-violation")
            return
        self._read(lambda: self._reader.feed(data))

    def send(self, stanza: bytes) -> None:
        """Write one stanza. A client that lets too much pile up is dropped."""
        transport = self._transport
        if transport is None or transport.is_closing():
            return
        transport.write(stanza)
        if transport.get_write_buffer_size() > self._buffer_bytes:
            transport.abort()

    def close(self, condition: str | None = None) -> None:
        """End the stream, with a stream error if one is named."""
        if self.phase is Phase.CLOSED or self._transport is None:
            return
        self.phase = Phase.CLOSED
        if not self._header_sent:
            self._send_header(None)
        if condition is not None:
            self.send(stream_error(condition))
        self.send(STREAM_END)
        self._transport.close()

    def abort(self) -> None:
        """Reset the connection."""
        self.phase = Phase.CLOSED
        if self._transport is not None:
            reset(self._transport)

    @property
    def check_under_way(self) -> "asyncio.Task[None] | None":
        """The password check, if one is going on."""
        return self._check

    # The stream

    def _read(self, feed: Callable[[], list[StreamEvent]]) -> None:
        try:
            events = feed()
        except BadStream as error:
            self._take(list(error.events))
            self.close(error.condition)
            return
        self._take(events)

    def _take(self, events: list[StreamEvent]) -> None:
        for event in events:
            match event:
                case StreamOpened():
                    self._opened(event)
                case Stanza():
                    self._stanza(event)
                case StreamClosed():
                    self.close()
            if self.phase is Phase.CLOSED:
                return

    def _opened(self, header: StreamOpened) -> None:
        self._send_header(header.from_)
        if header.default_namespace != CLIENT:
            self.close("invalid-namespace")
        elif header.version is None or not header.version.startswith("1."):
            self.close("unsupported-version")
        elif self.phase is Phase.HEADER:
            self.phase = Phase.SASL
            self.send(features(Features(mechanisms=("PLAIN",))))
        else:
            self.phase = Phase.BIND
            self.send(features(Features(bind=True, session=True, session_optional=True)))

    def _send_header(self, to: str | None) -> None:
        self._header_sent = True
        self.send(stream_header(self._owner.domain, self._owner.new_id(), to=to))

    def _stanza(self, stanza: Stanza) -> None:
        match self.phase:
            case Phase.SASL:
                self._sasl(stanza)
            case Phase.BIND:
                self._bind(stanza)
            case Phase.BOUND:
                self._client_stanza(stanza)
            case _:
                self.close("not-authorized")

    # SASL

    def _sasl(self, stanza: Stanza) -> None:
        if stanza.namespace != SASL:
            self.close("not-authorized")
        elif stanza.name == "auth" and stanza.element.get("mechanism") != "PLAIN":
            self._refuse("invalid-mechanism")
        elif stanza.name == "auth" and not (stanza.element.text or "").strip():
            self.send(sasl_challenge())
            self._go_on()
        elif stanza.name in ("auth", "response"):
            self._plain(stanza.element.text or "")
        else:
            self._refuse("aborted" if stanza.name == "abort" else "malformed-request")

    def _plain(self, text: str) -> None:
        try:
            _, user, password = parse_sasl_plain(text)
            self._user = JID(user, self._owner.domain).local or ""
        except BadSasl as error:
            self._refuse(error.condition)
        except BadJid:
            self._refuse("not-authorized")
        else:
            self.phase = Phase.CHECKING
            self._check = asyncio.get_running_loop().create_task(self._checked(user, password))

    async def _checked(self, user: str, password: str) -> None:
        checked = await self._owner.check(user, password)
        self._check = None
        if self.phase is not Phase.CHECKING:
            return
        self.phase = Phase.SASL
        if checked is Checked.GOOD:
            self.phase = Phase.NEW_HEADER
            self.send(sasl_success())
            self._read(self._reader.restart)
            self._resume()
        else:
            self._refuse("not-authorized" if checked is Checked.BAD else "temporary-auth-failure")
            self._resume()

    def _resume(self) -> None:
        held, self._held = self._held, b""
        if held:
            self.data_received(held)

    def _refuse(self, condition: str) -> None:
        self._wrong += 1
        self.send(sasl_failure(condition))
        if self._wrong >= WRONG_PASSWORDS:
            self.close("policy-violation")
        else:
            self._go_on()

    def _go_on(self) -> None:
        if self._reader.pending:
            self._read(lambda: self._reader.feed(b""))

    # Bind and what follows

    def _logged_in(self) -> None:
        if self._login is not None:
            self._login.cancel()

    def _bind(self, stanza: Stanza) -> None:
        if stanza.name != "iq":
            self.close("not-authorized")
            return
        iq = parse_iq(stanza.element)
        if iq.kind != "set" or iq.asks != (BIND, "bind") or iq.payload is None:
            self.send(iq_error(iq.id, "not-allowed", payload=iq.payload))
            return
        try:
            jid = JID(self._user, self._owner.domain, requested_resource(iq.payload) or self._owner.new_id())
        except BadJid:
            self.send(iq_error(iq.id, "bad-request", payload=iq.payload))
            return
        self.jid = jid
        self.phase = Phase.BOUND
        self._logged_in()
        self._owner.bound(self)
        self.send(bind_result(iq.id, jid))

    def _client_stanza(self, stanza: Stanza) -> None:
        match stanza.name if stanza.namespace == CLIENT else "":
            case "iq":
                iq = parse_iq(stanza.element)
                if iq.kind in ("get", "set"):
                    self.send(self._owner.answer(self, iq))
                elif iq.kind not in ("result", "error"):
                    self.send(iq_error(iq.id, "bad-request", to=str(self.jid), payload=iq.payload))
            case "presence":
                found = parse_presence(stanza.element)
                if found.to is None and found.kind in (None, "unavailable"):
                    self._owner.presence_changed(self, found)
            case "message":
                self._owner.message(self, stanza.element)
            case _:
                self.close("unsupported-stanza-type")
