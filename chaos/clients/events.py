"""One agent's event stream: XMPP over TLS by slixmpp; everything that comes in is recorded the moment it comes."""

import asyncio
import contextlib
import ssl
from collections.abc import Callable
from enum import StrEnum
from typing import Any

from slixmpp import ClientXMPP
from slixmpp.exceptions import IqError, IqTimeout
from slixmpp.xmlstream.handler import Callback
from slixmpp.xmlstream.matcher import MatchXPath

from chaos.clients.documents import calls_seen, lasting
from chaos.errors import PeerError
from chaos.inventory import Agent, FinesseNode
from chaos.journal import About, ControlSent, EventSeen, Journal, PresenceSeen, StreamChange, StreamState
from chaos.wire import finesse, xmpp

# The resource `desktop` is reserved for the Finesse desktop; two clients with one resource throw each other out.
RESOURCE = "finesse-chaos"
SECOND = "finesse-chaos-2"
# What our own events, which are only there to be heard, have in their names.
CONTROL = "finesse-chaos-control"
_SOURCES = {
    About.USER: "User/{id}",
    About.DIALOG: "Dialog/0",
    About.DIALOGS: "User/{id}/Dialogs",
    About.SYSTEM: "SystemInfo",
}
# As Cisco's own tunnel does it: a ping every 10 s, 10 s to answer, dead after two without an answer.
PING_INTERVAL_S = 10.0
PING_TIMEOUT_S = 10.0
PING_TRIES = 2
# Longer than anybody waits for a client of which nothing comes.
SLOW_S = 240.0


class Leaving(StrEnum):
    """How a client leaves. What it is worth is for the node to say."""

    GOODBYE = "goodbye"
    """It says that it is unavailable, and ends its stream: a browser that is closed, or a page that is left."""
    END = "end"
    """It ends its stream without a word of presence."""
    DROP = "drop"
    """Its connection is reset: its process has died."""
    SILENCE = "silence"
    """Its connection stands, and nothing comes from it any more: its machine has died, or its network."""
    SLOW = "slow"
    """It says goodbye as a closed browser does, over a network on which that takes minutes."""


class _Client(ClientXMPP):
    """slixmpp's client without its own reconnecting, which would hide a loss."""

    def reschedule_connection_attempt(self) -> None:
        self._current_connection_attempt = None


class EventStream:
    """Notifications and presence for one agent at one node. `is_open` after sign-in, bind and initial presence."""

    def __init__(
        self,
        node: FinesseNode,
        agent: Agent,
        password: str,
        domain: str,
        journal_of: Callable[[], Journal | None],
        *,
        tls: ssl.SSLContext,
        timeout_s: float,
        resource: str = RESOURCE,
    ) -> None:
        self.node = node
        self.agent = agent
        self.is_open = False
        self._resource = resource
        self._silent: list[_Client] = []
        self._late: list[asyncio.TimerHandle] = []
        self._domain = domain
        self._password = password
        self._journal_of = journal_of
        self._tls = tls
        self._timeout_s = timeout_s
        self._client: _Client | None = None
        self._pings: asyncio.Task[None] | None = None
        self._controls = 0
        self.ping_every_s = PING_INTERVAL_S
        """How often the stream is pinged; from the next ping on."""

    async def open(self) -> bool:
        """Connect; False if it did not come to a session within the time-out (recorded as FAILED)."""
        await self.close()
        client = self._client = self._make()
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
        client.connect(self.node.dial, self.node.xmpp_port)
        waiting: asyncio.Future[Any] = asyncio.ensure_future(opened.wait())
        either: set[asyncio.Future[Any]] = {waiting, failed}
        try:
            await asyncio.wait(either, timeout=self._timeout_s, return_when=asyncio.FIRST_COMPLETED)
        finally:
            waiting.cancel()
            await asyncio.gather(waiting, return_exceptions=True)
        if not opened.is_set():
            self._note(StreamState.FAILED, failed.result() if failed.done() else "timeout")
            await self.close()
            return False
        self.is_open = True
        self._note(StreamState.CONNECTED)
        client.add_event_handler("disconnected", self._lost)
        self._pings = asyncio.create_task(self._ping(client), name=f"pings of {self.agent.id}")
        return True

    def send_control(self, about: About, event: str) -> None:
        """Send an event of that kind to this very stream, by the node's notification service, only to be heard.

        It takes the way that Finesse's own events take from there on, and is recorded like them when it comes back.
        Nothing is sent while the stream is not open.
        """
        journal, client = self._journal_of(), self._client
        if journal is None or client is None or not self.is_open:
            return
        self._controls += 1
        mark = f"{CONTROL}-{self.agent.id}-{self._controls}"
        # Named like Finesse's own, so that whatever keeps those from us keeps this.
        source = f"/finesse/api/{_SOURCES[about].format(id=self.agent.id)}"
        update = finesse.write_update(finesse.Update(event, source, mark, _controls_payload(about)))
        journal.record(ControlSent(node=self.node.host, agent=self.agent.id, about=about, event=event, request_id=mark))
        client.send_raw(xmpp.pubsub_event(None, client.boundjid.full, source, mark, update, mark))

    @property
    def jid(self) -> str:
        """Full, of this client or of its next stream."""
        return f"{self.agent.id}@{self._domain}/{self._resource}"

    async def leave(self, how: Leaving) -> None:
        """Leave in that way, and note it; nothing if the stream is not open."""
        client = self._client
        if client is None or not self.is_open:
            return
        self.is_open = False
        await self._stop_pings()
        self._client = None
        self._note(StreamState.LEFT, how.value)
        if how in (Leaving.SILENCE, Leaving.SLOW):
            # What still comes is taken and forgotten: whoever does not read at all keeps a virtual clock waiting.
            client.data_received = lambda data: None  # type: ignore[method-assign]
            self._silent.append(client)
            if how is Leaving.SLOW:
                goodbye = xmpp.presence(type="unavailable") + xmpp.STREAM_END
                self._late.append(asyncio.get_running_loop().call_later(SLOW_S, client.send_raw, goodbye))
            return
        if how is Leaving.GOODBYE:
            # Past slixmpp's queue, out of which it would come after the end of the stream.
            client.send_raw(xmpp.presence(type="unavailable"))
        await _discard(client, in_order=how is not Leaving.DROP)

    async def ping(self, jid: str) -> str | None:
        """Ask another client at this node whether it is there: "answered", "gone" or "silence"; None if we are not."""
        client = self._client
        if client is None or not self.is_open:
            return None
        iq = client.make_iq_get(ito=jid)
        iq.xml.append(xmpp.make(xmpp.PING, "ping"))
        try:
            await iq.send(timeout=PING_TIMEOUT_S)  # type: ignore[no-untyped-call]
        except IqError as error:
            # What the node says of an address that it does not know (RFC 6121, 8.5.3.2.3); a client may refuse pings.
            return "gone" if error.condition == "service-unavailable" else "answered"
        except IqTimeout:
            return "silence"
        return "answered"

    async def close(self) -> None:
        """Leave; safe twice. Nothing of slixmpp's stays behind."""
        self.is_open = False
        await self._stop_pings()
        for late in self._late:
            late.cancel()
        self._late.clear()
        left, self._silent = self._silent, []
        if self._client is not None:
            left.append(self._client)
        self._client = None
        for client in left:
            await _discard(client)

    async def _stop_pings(self) -> None:
        pings, self._pings = self._pings, None
        if pings is not None:
            pings.cancel()
            await asyncio.gather(pings, return_exceptions=True)

    def _make(self) -> _Client:
        client = _Client(self.jid, self._password, ssl_context=self._tls)
        client.enable_direct_tls = True
        client.enable_starttls = False
        client.enable_plaintext = False
        client.use_message_ids = True
        events = MatchXPath("{jabber:client}message/{http://jabber.org/protocol/pubsub#event}event")
        client.register_handler(Callback("finesse events", events, self._event))
        client.add_event_handler("presence", self._presence)
        return client

    def _note(self, state: StreamState, reason: str | None = None) -> None:
        journal = self._journal_of()
        if journal is not None:
            journal.record(
                StreamChange(
                    node=self.node.host,
                    agent=self.agent.id,
                    transport="xmpp" if self._resource == RESOURCE else f"xmpp {self._resource}",
                    state=state,
                    reason=reason,
                )
            )

    def _lost(self, reason: Any) -> None:
        if self.is_open:
            self.is_open = False
            self._note(StreamState.DISCONNECTED, str(reason)[:200])

    def _presence(self, stanza: Any) -> None:
        journal = self._journal_of()
        of, own = stanza["from"].local, None if self._client is None else self._client.boundjid.full
        if journal is not None and of and stanza["from"].full != own:
            journal.record(
                PresenceSeen(
                    node=self.node.host,
                    agent=self.agent.id,
                    of=of,
                    available=stanza.xml.get("type") is None,
                    resource=stanza["from"].resource,
                )
            )

    def _event(self, stanza: Any) -> None:
        journal = self._journal_of()
        if journal is None:
            return
        # The server says who sent it, so nobody else's event can pass for one of ours.
        own = self._client is not None and stanza["from"].full == self._client.boundjid.full
        for event in xmpp.parse_pubsub_events(stanza.xml):
            fields = event_fields(event.payload_text)
            journal.record(EventSeen(node=self.node.host, agent=self.agent.id, control=own, **fields))

    async def _ping(self, client: _Client) -> None:
        unanswered = 0
        while unanswered < PING_TRIES:
            await asyncio.sleep(self.ping_every_s)
            iq = client.make_iq_get(ito=self._domain)
            iq.xml.append(xmpp.make(xmpp.PING, "ping"))
            try:
                await iq.send(timeout=PING_TIMEOUT_S)  # type: ignore[no-untyped-call]
                unanswered = 0
            except IqError:
                unanswered = 0  # an error is an answer too
            except IqTimeout:
                unanswered += 1
        self._lost(f"{PING_TRIES} pings without an answer")


def _controls_payload(about: About) -> finesse.Payload:
    if about is About.USER:
        return finesse.User(login_id=CONTROL)
    if about is About.SYSTEM:
        return finesse.SystemInfo(status=None)
    dialog = finesse.Dialog(id=None)
    return dialog if about is About.DIALOG else finesse.DialogsChange((dialog,))


def event_fields(payload: str | None) -> dict[str, Any]:
    """A notification's payload as fields of EventSeen; garbage is kept as an excerpt."""
    try:
        update = finesse.parse_update(payload or "")
    except PeerError as error:
        return {"about": About.OTHER, "event": "", "source": "", "garbage": f"{error}: {payload!r}"[:300]}
    fields: dict[str, Any] = {
        "event": str(update.event or "").upper(),
        "source": update.source or "",
        "request_id": update.request_id or None,
    }
    about, more = _payload(update.payload)
    return {"about": about, **fields, **more}


def _payload(payload: object) -> tuple[About, dict[str, Any]]:
    match payload:
        case finesse.SystemInfo():
            return About.SYSTEM, {"system_status": str(payload.status or "") or None}
        case finesse.User():
            code = payload.reason_code.code if payload.reason_code else None
            state = str(payload.state or "") or None
            told = {"user_id": payload.login_id, "user_state": state, "reason_code": code}
            return About.USER, {**told, "extension": payload.extension, "more": lasting(payload)}
        case finesse.Dialog():
            return About.DIALOG, {"calls": calls_seen((payload,))}
        case finesse.DialogsChange():
            return About.DIALOGS, {"calls": calls_seen(payload.dialogs)}
        case finesse.ApiErrors():
            return About.ERRORS, {"error_type": payload.errors[0].error_type if payload.errors else None}
        case _:
            return About.OTHER, {}


async def _discard(client: _Client, *, in_order: bool = False) -> None:
    """Close for good; in_order: end the stream first, and wait for the node to do so, too. slixmpp leaves a task behind
    for each dropped client unless it is ended by hand."""
    client.cancel_connection_attempt()
    transport = client.transport
    if transport is not None:
        gone = asyncio.get_running_loop().create_future()
        client.add_event_handler("disconnected", lambda _: None if gone.done() else gone.set_result(None))
        if in_order:
            client.send_raw(xmpp.STREAM_END)
            await asyncio.wait([gone], timeout=5.0)
        if not gone.done():
            transport.abort()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(gone, 5.0)
    filters = client._run_out_filters
    if filters is not None:
        filters.cancel()
        await asyncio.gather(filters, return_exceptions=True)
