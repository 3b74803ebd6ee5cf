"""A stream over TCP with TLS from the first byte, by slixmpp."""

import asyncio
import contextlib
from collections.abc import Callable
from typing import Any
from xml.etree.ElementTree import Element

from slixmpp import ClientXMPP
from slixmpp.exceptions import IqError, IqTimeout
from slixmpp.xmlstream.handler import Callback
from slixmpp.xmlstream.matcher import MatchXPath

from chaos.clients.streams.stream import Asked, Ears, StreamFailed, Wanted
from chaos.wire import xmpp

END_S = 5.0


class _Client(ClientXMPP):
    """slixmpp's client without its own reconnecting, which would hide a loss."""

    def reschedule_connection_attempt(self) -> None:
        self._current_connection_attempt = None


class TcpStream:
    """See `Stream`."""

    def __init__(self, wanted: Wanted, ears: Ears) -> None:
        self._wanted, self._ears = wanted, ears
        self._is_open = False
        client = self._client = _Client(
            f"{wanted.user}@{wanted.domain}/{wanted.resource}", wanted.password, ssl_context=wanted.tls
        )
        client.enable_direct_tls = True
        client.enable_starttls = False
        client.enable_plaintext = False
        client.use_message_ids = True
        events = MatchXPath("{jabber:client}message/{http://jabber.org/protocol/pubsub#event}event")
        client.register_handler(Callback("finesse events", events, lambda stanza: ears.event(stanza.xml)))
        client.add_event_handler("presence", lambda stanza: ears.presence(stanza.xml))

    @property
    def jid(self) -> str:
        return str(self._client.boundjid.full)

    async def open(self, within_s: float) -> None:
        client = self._client
        opened = asyncio.Event()
        failed: asyncio.Future[str] = asyncio.get_running_loop().create_future()

        def fail(what: str) -> Callable[[Any], None]:
            return lambda detail: None if failed.done() else failed.set_result(f"{what}: {detail}"[:200])

        async def begin(_: Any) -> None:
            client.send_presence(ppriority=0)
            opened.set()

        client.add_event_handler("session_start", begin)
        client.add_event_handler("failed_all_auth", fail("not authorized"))
        client.add_event_handler("connection_failed", fail("connection failed"))
        client.add_event_handler("disconnected", fail("disconnected"))
        client.connect(self._wanted.node.dial, self._wanted.node.xmpp_port)
        waiting: asyncio.Future[Any] = asyncio.ensure_future(opened.wait())
        either: set[asyncio.Future[Any]] = {waiting, failed}
        try:
            await asyncio.wait(either, timeout=within_s, return_when=asyncio.FIRST_COMPLETED)
        finally:
            waiting.cancel()
            await asyncio.gather(waiting, return_exceptions=True)
        if not opened.is_set():
            raise StreamFailed(failed.result() if failed.done() else "timeout")
        client.add_event_handler("disconnected", lambda reason: self._ears.lost(str(reason)[:200]))

    def send(self, stanza: bytes) -> None:
        # Past slixmpp's queue, out of which it would come after the end of the stream.
        self._client.send_raw(stanza)

    async def ask(self, payload: Element, to: str, within_s: float) -> Asked:
        iq = self._client.make_iq_get(ito=to)
        iq.xml.append(payload)
        try:
            await iq.send(timeout=within_s)  # type: ignore[no-untyped-call]
        except IqError as error:
            # What the node says of an address that it does not know (RFC 6121, 8.5.3.2.3); a client may refuse pings.
            return Asked.GONE if error.condition == "service-unavailable" else Asked.ANSWERED
        except IqTimeout:
            return Asked.SILENCE
        return Asked.ANSWERED

    async def order(self, payload: Element, to: str, within_s: float) -> bool:
        iq = self._client.make_iq_set(ito=to)
        iq.xml.append(payload)
        try:
            await iq.send(timeout=within_s)  # type: ignore[no-untyped-call]
        except (IqError, IqTimeout):
            return False
        return True

    def go_deaf(self) -> None:
        # What still comes is taken and forgotten: whoever does not read at all keeps a virtual clock waiting.
        self._client.data_received = lambda data: None  # type: ignore[method-assign]
        # Nor does it say anything: slixmpp sends a blank every five minutes, by which a node takes it to be alive.
        self._client.cancel_schedule("Whitespace Keepalive")

    def say_goodbye(self) -> None:
        self._client.send_raw(xmpp.presence(type="unavailable") + xmpp.STREAM_END)

    async def close(self, *, in_order: bool = False) -> None:
        """slixmpp leaves a task behind for each dropped client unless it is ended by hand."""
        client = self._client
        client.cancel_connection_attempt()
        transport = client.transport
        if transport is not None:
            gone = asyncio.get_running_loop().create_future()
            client.add_event_handler("disconnected", lambda _: None if gone.done() else gone.set_result(None))
            if in_order:
                client.send_raw(xmpp.STREAM_END)
                await asyncio.wait([gone], timeout=END_S)
            if not gone.done():
                transport.abort()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(gone, END_S)
        filters = client._run_out_filters
        if filters is not None:
            filters.cancel()
            await asyncio.gather(filters, return_exceptions=True)
