"""One agent's event stream: XMPP by one of a node's doors; everything that comes in is recorded the moment it comes."""

import asyncio
import ssl
from collections.abc import Callable
from enum import StrEnum
from typing import Any
from xml.etree.ElementTree import Element

from chaos.clients.documents import as_path, calls_seen, error_of, more_of
from chaos.clients.streams import Asked, Ears, Stream, StreamFailed, Wanted, stream_over
from chaos.clock import now
from chaos.errors import EvidenceError, PeerError
from chaos.inventory import Agent, FinesseNode, Transport
from chaos.journal import About, ControlSent, EventSeen, Journal, PresenceSeen, StreamChange, StreamState, TeamSeen
from chaos.wire import finesse, xmpp

# The resource `desktop` is reserved for the Finesse desktop; two clients with one resource throw each other out.
RESOURCE = "finesse-chaos"
SECOND = "finesse-chaos-2"
# What our own events, which are only there to be heard, have in their names.
CONTROL = "finesse-chaos-control"
_TEAM = "/finesse/api/Team/"
_QUEUE = "/finesse/api/Queue/"
_SOURCES = {
    About.USER: "User/{id}",
    About.DIALOG: "Dialog/0",
    About.DIALOGS: "User/{id}/Dialogs",
    About.SYSTEM: "SystemInfo",
    About.TEAM: "Team/0/Users",
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


class EventStream:
    """Notifications and presence for one agent at one node. `is_open` after sign-in, bind and initial presence.

    transport: by which door it comes.
    """

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
        transport: Transport = "tcp",
        resource: str = RESOURCE,
    ) -> None:
        self.node = node
        self.agent = agent
        self.is_open = False
        self.left_s: float | None = None
        """When it was there last and is not any more, on the lab's clock."""
        self._resource = resource
        self._bound = ""
        self.transport: Transport = transport
        self._silent: list[Stream] = []
        self._late: list[asyncio.TimerHandle] = []
        self._domain = domain
        self._password = password
        self._journal_of = journal_of
        self._tls = tls
        self._timeout_s = timeout_s
        self._stream: Stream | None = None
        self._pings: asyncio.Task[None] | None = None
        self._controls = 0
        self._followed: list[str] = []
        self.ping_every_s = PING_INTERVAL_S
        """How often the stream is pinged; from the next ping on."""

    def come_by(self, transport: Transport) -> None:
        """Come by that door from now on. Raises EvidenceError if the stream is open."""
        if self.is_open:
            raise EvidenceError(f"{self.agent.id} has an event stream that comes by {self.transport}")
        self.transport = transport

    async def open(self) -> bool:
        """Connect; False if it did not come to a session within the time-out (recorded as FAILED)."""
        await self.close()
        journal = self._journal_of()
        asked_s = journal.moment_s() if journal is not None else None
        stream = self._stream = self._make()
        try:
            await stream.open(self._timeout_s)
        except StreamFailed as error:
            self._note(StreamState.FAILED, str(error), journal, asked_s)
            await self.close()
            return False
        self.is_open, self._bound = True, stream.jid
        self._note(StreamState.CONNECTED, None, journal, asked_s)
        self._pings = asyncio.create_task(self._ping(stream), name=f"pings of {self.agent.id}")
        return True

    def send_control(self, about: About, event: str) -> None:
        """Send an event of that kind to this very stream, by the node's notification service, only to be heard.

        It takes the way that Finesse's own events take from there on, and is recorded like them when it comes back.
        Nothing is sent while the stream is not open.
        """
        journal, stream = self._journal_of(), self._stream
        if journal is None or stream is None or not self.is_open:
            return
        self._controls += 1
        mark = f"{CONTROL}-{self.agent.id}-{self._controls}"
        # Named like Finesse's own, so that whatever keeps those from us keeps this.
        source = f"/finesse/api/{_SOURCES[about].format(id=self.agent.id)}"
        update = finesse.write_update(finesse.Update(event, source, mark, _controls_payload(about)))
        journal.observe(
            ControlSent(node=self.node.host, agent=self.agent.id, about=about, event=event, request_id=mark)
        )
        stream.send(xmpp.pubsub_event(None, stream.jid, source, mark, update, mark))

    async def follow_team(self, team: str) -> bool:
        """From now on hear of everybody in that team, as a supervisor's desktop does, until the stream is closed; False
        if the node does not let one."""
        return await self._follow(f"{_TEAM}{team}/Users")

    async def follow_queue(self, queue: str) -> bool:
        """Likewise of that queue's statistics."""
        return await self._follow(f"{_QUEUE}{queue}")

    async def _follow(self, source: str) -> bool:
        stream = self._stream
        if stream is None or not self.is_open:
            return False
        self._followed.append(source)
        wanted = xmpp.make(xmpp.PUBSUB, "subscribe", {"node": source, "jid": stream.jid})
        return await stream.order(xmpp.make(xmpp.PUBSUB, "pubsub", {}, wanted), self._pubsub, self._timeout_s)

    def _unfollow(self) -> None:
        """Subscriptions are kept when their client is gone. The answer is not waited for: a node may be down."""
        followed, self._followed = self._followed, []
        if self._stream is None or not self.is_open:
            return
        for n, source in enumerate(followed):
            mark = f"{CONTROL}-unfollow-{n}"
            self._stream.send(xmpp.pubsub_unsubscribe(mark, self._pubsub, source, self._stream.jid))

    @property
    def _pubsub(self) -> str:
        return f"pubsub.{self._domain}"

    @property
    def jid(self) -> str:
        """Full, of this client, or of the one that was here last, as its server bound it: that may be another one than
        was asked for (RFC 6120, 7.7)."""
        return self._bound or f"{self.agent.id}@{self._domain}/{self._resource}"

    async def leave(self, how: Leaving) -> None:
        """Leave in that way, and note it; nothing if the stream is not open."""
        stream = self._stream
        if stream is None or not self.is_open:
            return
        self._is_gone()
        await self._stop_pings()
        self._stream = None
        self._note(StreamState.LEFT, how.value)
        if how in (Leaving.SILENCE, Leaving.SLOW):
            stream.go_deaf()
            self._silent.append(stream)
            if how is Leaving.SLOW:
                self._late.append(asyncio.get_running_loop().call_later(SLOW_S, stream.say_goodbye))
            return
        if how is Leaving.GOODBYE:
            stream.send(xmpp.presence(type="unavailable"))
        await stream.close(in_order=how is not Leaving.DROP)

    async def ping(self, jid: str) -> str | None:
        """Ask another client at this node whether it is there: "answered", "gone" or "silence"; None if we are not."""
        stream = self._stream
        if stream is None or not self.is_open:
            return None
        return (await stream.ask(xmpp.make(xmpp.PING, "ping"), jid, PING_TIMEOUT_S)).value

    async def close(self) -> None:
        """Leave; safe twice. Nothing stays behind."""
        self._unfollow()
        if self.is_open or self._silent:
            self._is_gone()
        await self._stop_pings()
        for late in self._late:
            late.cancel()
        self._late.clear()
        left, self._silent = self._silent, []
        if self._stream is not None:
            left.append(self._stream)
        self._stream = None
        for stream in left:
            await stream.close()

    def _is_gone(self) -> None:
        self.is_open, self.left_s = False, now()

    async def _stop_pings(self) -> None:
        pings, self._pings = self._pings, None
        if pings is not None:
            pings.cancel()
            await asyncio.gather(pings, return_exceptions=True)

    def _make(self) -> Stream:
        wanted = Wanted(self.node, self._domain, self.agent.id, self._password, self._resource, self._tls)
        return stream_over(self.transport, wanted, Ears(self._event, self._presence, self._lost))

    def _note(
        self,
        state: StreamState,
        reason: str | None = None,
        asked_of: Journal | None = None,
        asked_s: float | None = None,
    ) -> None:
        """asked_of: the journal by whose clock asked_s is, which may be over by now."""
        journal = self._journal_of()
        if journal is not None:
            journal.observe(
                StreamChange(
                    node=self.node.host,
                    agent=self.agent.id,
                    transport=self._named,
                    state=state,
                    reason=reason,
                    asked_s=asked_s if journal is asked_of else None,
                )
            )

    @property
    def _named(self) -> str:
        """How records call this stream."""
        door = "xmpp" if self.transport == "tcp" else self.transport
        return door if self._resource == RESOURCE else f"{door} {self._resource}"

    def _lost(self, reason: str) -> None:
        if self.is_open:
            self._is_gone()
            self._note(StreamState.DISCONNECTED, reason)

    def _presence(self, stanza: Element) -> None:
        journal = self._journal_of()
        own = None if self._stream is None else self._stream.jid
        try:
            from_ = xmpp.JID.parse(stanza.get("from", ""))
        except xmpp.BadJid:
            return
        if journal is not None and from_.local and str(from_) != own:
            journal.observe(
                PresenceSeen(
                    node=self.node.host,
                    agent=self.agent.id,
                    of=from_.local,
                    available=stanza.get("type") is None,
                    resource=from_.resource or "",
                )
            )

    def _event(self, stanza: Element) -> None:
        journal = self._journal_of()
        if journal is None:
            return
        # The server says who sent it, so nobody else's event can pass for one of ours.
        own = self._stream is not None and stanza.get("from") == self._stream.jid
        for event in xmpp.parse_pubsub_events(stanza):
            fields = event_fields(event.payload_text)
            if (event.node or "").startswith(_TEAM) and not own:
                of, state, why = (fields.get(name) for name in ("user_id", "user_state", "reason_code"))
                nth, who = journal.nth(TeamSeen), self.agent.id
                journal.record(TeamSeen(node=self.node.host, agent=who, of=of, state=state, nth=nth, reason_code=why))
            else:
                nth = journal.nth(EventSeen)
                item = event.item_id or ""
                journal.record(
                    EventSeen(node=self.node.host, agent=self.agent.id, control=own, nth=nth, item=item, **fields)
                )

    async def _ping(self, stream: Stream) -> None:
        unanswered = 0
        while unanswered < PING_TRIES:
            await asyncio.sleep(self.ping_every_s)
            asked = await stream.ask(xmpp.make(xmpp.PING, "ping"), self._domain, PING_TIMEOUT_S)
            unanswered = unanswered + 1 if asked is Asked.SILENCE else 0  # an error is an answer too
        self._lost(f"{PING_TRIES} pings without an answer")


def _controls_payload(about: About) -> finesse.Payload:
    if about in (About.USER, About.TEAM):
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
        "source": as_path(update.source or ""),
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
            return About.USER, {**told, "extension": payload.extension, "more": more_of(payload)}
        case finesse.Dialog():
            return About.DIALOG, {"calls": calls_seen((payload,))}
        case finesse.DialogsChange():
            return About.DIALOGS, {"calls": calls_seen(payload.dialogs)}
        case finesse.ApiErrors():
            return About.ERRORS, {"error_type": error_of(payload)[0]}
        case _:
            return About.OTHER, {}
