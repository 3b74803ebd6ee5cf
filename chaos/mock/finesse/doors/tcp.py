"""A client's stream over TCP: TLS from the first byte (5223), or by STARTTLS (5222).

It is written to one stanza a segment, as Openfire does, and dropped when it does not read what it is sent.
"""

import asyncio
import ssl
from collections.abc import Callable
from typing import cast

from chaos.mock.finesse.config import NodeOptions
from chaos.mock.finesse.cti_connection import reset
from chaos.mock.finesse.doors.listener import HANDSHAKE_S, SHUTDOWN_S
from chaos.mock.finesse.doors.session import STANZA_BYTES, Door, SessionOwner, XmppSession
from chaos.mock.tasks import report_failure
from chaos.wire.xmpp import STREAM_END, BadStream, StanzaReader, StreamEvent, stream_header

CLOSE_LIMIT_S = 1.0
HEADER_GAP_S = 0.02
"""Between a stream's header and its features in the clear: some clients read a segment a step, and two that are sent at
once arrive as one. Over TLS each is a record, which is read by itself."""


class TcpChannel(asyncio.Protocol):
    """One connection. starttls: the context for it; None: the connection is encrypted as it comes."""

    is_by_bosh = False

    def __init__(self, owner: SessionOwner, options: NodeOptions, starttls: ssl.SSLContext | None = None) -> None:
        self._context = starttls
        self._buffer_bytes = options.xmpp_buffer_bytes
        self._reader = StanzaReader(max_stanza_bytes=STANZA_BYTES)
        self._transport: asyncio.Transport | None = None
        self._securing: asyncio.Task[None] | None = None
        self._held = b""
        self._gap: asyncio.TimerHandle | None = None
        self._waiting: list[bytes] = []
        self._lost = False
        self._closing: asyncio.TimerHandle | None = None
        self.door = Door.TLS if starttls is None else Door.STARTTLS
        self._session = XmppSession(owner, self, options)
        self.is_encrypted = starttls is None
        self.can_start_tls = starttls is not None

    # asyncio's side

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._session.began()

    def connection_lost(self, exc: Exception | None) -> None:
        if self._lost:
            return
        self._lost = True
        for under_way in (self._securing, self._closing, self._gap):
            if under_way is not None:
                under_way.cancel()
        self._session.lost()

    def data_received(self, data: bytes) -> None:
        self._session.heard()
        if self._closing is not None:
            return
        # A client may speak in the turn in which its handshake ended, before `_secure` has heard of that.
        if not self._session.is_checking and self._securing is None:
            self._read(lambda: self._reader.feed(data))
            return
        self._held += data
        if len(self._held) > STANZA_BYTES:
            self._session.close("policy-violation")

    def _read(self, feed: Callable[[], list[StreamEvent]]) -> None:
        try:
            events = feed()
        except BadStream as error:
            self._session.broken(error)
        else:
            self._session.take(events)

    # The session's side

    def open_stream(self, domain: str, id: str, to: str | None) -> None:
        self.send(stream_header(domain, id, to=to))
        if not self.is_encrypted and self._gap is None:
            self._gap = asyncio.get_running_loop().call_later(HEADER_GAP_S, self._end_gap)

    def _end_gap(self) -> None:
        """Send what has waited for the header to be read."""
        if self._gap is not None:
            self._gap.cancel()
            self._gap = None
        waiting, self._waiting = self._waiting, []
        for stanza in waiting:
            self.send(stanza)

    def send(self, stanza: bytes) -> None:
        transport = self._transport
        if transport is None or transport.is_closing() or self._securing is not None:
            return
        if self._gap is not None:
            self._waiting.append(stanza)
            return
        transport.write(stanza)
        if transport.get_write_buffer_size() > self._buffer_bytes:
            transport.abort()

    def start_tls(self) -> None:
        assert self._transport is not None
        self._end_gap()
        # From now on bytes belong to the handshake, and none may come here before the task below has begun.
        self._transport.pause_reading()
        self._reader.restart(drop_pending=True)
        self.can_start_tls = False
        self._securing = asyncio.get_running_loop().create_task(self._secure(self._transport))
        self._securing.add_done_callback(report_failure)

    async def _secure(self, transport: asyncio.Transport) -> None:
        assert self._context is not None
        try:
            secured = await asyncio.get_running_loop().start_tls(
                transport,
                self,
                self._context,
                server_side=True,
                ssl_handshake_timeout=HANDSHAKE_S,
                ssl_shutdown_timeout=SHUTDOWN_S,
            )
        except (OSError, ssl.SSLError):  # the client went away, or speaks something else
            transport.abort()
            self.connection_lost(None)
            return
        self._securing = None
        if secured is None or self._lost:  # it went away in the same turn
            transport.abort()
            self.connection_lost(None)
            return
        self._transport = secured
        self.is_encrypted = True
        self._go_on()

    def resume(self, *, restart: bool) -> None:
        if restart:
            self._read(self._reader.restart)
        elif self._reader.pending:
            self._read(lambda: self._reader.feed(b""))
        self._go_on()

    def _go_on(self) -> None:
        held, self._held = self._held, b""
        if held:
            self.data_received(held)

    def close(self) -> None:
        if self._transport is None:
            return
        if self._securing is not None:
            self._transport.abort()
            return
        self._end_gap()
        self.send(STREAM_END)
        # Somebody who does not read, or is not there any more, is not waited for.
        self._closing = asyncio.get_running_loop().call_later(CLOSE_LIMIT_S, self._transport.abort)
        self._transport.close()

    def abort(self) -> None:
        if self._transport is not None:
            reset(self._transport)
