"""XMPP over BOSH (XEP-0124, XEP-0206), sans-IO: bodies, and one session of a connection manager.

Theory of operation
-------------------
A client numbers its requests (`rid`) and keeps `hold` of them open; what the server has to say goes into the answer of
the oldest. Requests may come out of order or twice, on whatever connections. `BoshStream` takes bodies and gives back
the events of the client's stream, in the order of their numbers; stanzas go in by `send`, and `answers` says which
request is to be answered with which bytes now. An answer is kept for as long as its request may be sent again: the same
`rid` gets the same bytes. It has no clock: `now_s` comes in, `due_s` says when to call `answers` again.
"""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from xml.etree.ElementTree import Element

from chaos.errors import PeerError
from chaos.wire.xml import XML_NAMESPACE, escape_attribute, local_name, namespace
from chaos.wire.xmpp.framing import stand_alone
from chaos.wire.xmpp.names import BOSH, CLIENT, STREAMS, XBOSH
from chaos.wire.xmpp.reader import BadStream, Stanza, StreamClosed, StreamEvent, StreamOpened, parse_stanza

RID_MAX = 2**53  # XEP-0124, 14.1: larger ones lose digits in some clients
NUMBER_DIGITS_MAX = 16
_BODY = (f'<body xmlns="{BOSH}"', f' xmlns:xmpp="{XBOSH}" xmlns:stream="{STREAMS}"')


class BadBosh(PeerError):
    """A request that is none. condition: what to terminate with (XEP-0124, 17.2)."""

    def __init__(self, condition: str, why: str) -> None:
        super().__init__(f"{condition}: {why}")
        self.condition = condition


@dataclass(frozen=True, slots=True)
class BoshBody:
    """A client's request. What it did not give is None; `version` is (1, 6) for "1.6"."""

    rid: int
    sid: str | None = None
    to: str | None = None
    from_: str | None = None
    lang: str | None = None
    hold: int | None = None
    wait_s: int | None = None
    version: tuple[int, int] | None = None
    xmpp_version: str | None = None
    pause_s: int | None = None
    acks: bool = False
    restart: bool = False
    terminate: bool = False
    stanzas: tuple[Element, ...] = ()


@dataclass(frozen=True, slots=True)
class BoshTerms:
    """What a connection manager grants.

    wait_s_max: how long a request is held. hold_max: how many at a time. inactivity_s: how long a client may have none
    open. pause_s_max: how long, if it says so before. polling_s: the shortest time between two requests of one that
    polls; it is told, and not enforced. kept_bytes_max: what may wait for a client that does not ask.
    """

    wait_s_max: int = 60
    hold_max: int = 2
    inactivity_s: int = 30
    pause_s_max: int = 120
    polling_s: int = 5
    version: tuple[int, int] = (1, 11)
    kept_bytes_max: int = 256 * 1024


def parse_body(data: bytes, *, max_bytes: int) -> BoshBody:
    """Read a request. A stanza without any namespace, which inherits the body's, counts as `jabber:client`.

    Raises BadBosh.
    """
    try:
        element = parse_stanza(data, max_bytes=max_bytes)
    except BadStream as error:
        raise BadBosh("bad-request", error.why) from None
    if local_name(element) != "body" or namespace(element) not in (BOSH, CLIENT):
        raise BadBosh("bad-request", f"<{local_name(element)[:80]}> where a BOSH body was expected")
    rid = _number(element, "rid")
    if rid is None or rid > RID_MAX:
        raise BadBosh("bad-request", "a BOSH body without a number `rid` below 2^53")
    for inner in element.iter():
        if namespace(inner) == BOSH:
            inner.tag = f"{{{CLIENT}}}{local_name(inner)}"
    return BoshBody(
        rid=rid,
        sid=element.get("sid"),
        to=element.get("to"),
        from_=element.get("from"),
        lang=element.get(f"{{{XML_NAMESPACE}}}lang"),
        hold=_number(element, "hold"),
        wait_s=_number(element, "wait"),
        version=_version(element.get("ver")),
        xmpp_version=element.get(f"{{{XBOSH}}}version"),
        pause_s=_number(element, "pause"),
        acks=element.get("ack") is not None,
        restart=element.get(f"{{{XBOSH}}}restart") in ("true", "1"),
        terminate=element.get("type") == "terminate",
        stanzas=tuple(element),
    )


def terminated(condition: str | None = None) -> bytes:
    """The answer that ends a session, or says that there is none."""
    return _body({"type": "terminate", "condition": condition})


class BoshStream:
    """One session. first: the request that opened it; it has been taken. sid: what the session is called.

    Whoever holds it registers a request, calls `receive`, lets the stream's events be worked on, calls `send` for what
    that brings, and then `answers`.
    """

    def __init__(self, first: BoshBody, sid: str, terms: BoshTerms) -> None:
        self.sid, self._terms = sid, terms
        self.hold = min(1 if first.hold is None else first.hold, terms.hold_max)
        self.wait_s = min(terms.wait_s_max if first.wait_s is None else first.wait_s, terms.wait_s_max)
        self._version = min(first.version or terms.version, terms.version)
        self._acks = first.acks
        self._granted: dict[str, str | None] | None = None
        self._opening: dict[str, str | None] = {}
        self._expected = first.rid
        self._early: dict[int, BoshBody] = {}
        self._open: deque[tuple[int, float]] = deque()
        self._again: list[int] = []
        self._answered: dict[int, bytes] = {}
        self._out: list[bytes] = []
        self._out_bytes = 0
        self._idle_since_s = 0.0
        self._pause_s: int | None = None
        self._end: bytes | None = None
        self._end_again = terminated()
        self._is_end_told = False
        self._condition: str | None = None

    @property
    def requests(self) -> int:
        """How many requests a client may have open."""
        return self.hold + 1

    @property
    def is_over(self) -> bool:
        """Whether it has ended, for whatever reason; who asks again is told so."""
        return self._end is not None

    # In

    def receive(self, body: BoshBody, now_s: float) -> list[StreamEvent]:
        """A request has come. The events of the client's stream that follow; none while an earlier one is missing."""
        rid = body.rid
        if rid in (number for number, _ in self._open):
            return []
        if self._end is not None:
            if self._is_end_told:  # for whoever asks after a goodbye there is no such session any more
                self._end_again = terminated(self._condition or "item-not-found")
            self._hold(rid, now_s)
            return []
        if rid < self._expected:
            if rid in self._answered:
                self._again.append(rid)
                return []
            return self._out_of_window(rid, now_s)
        if rid >= self._expected + self.requests:
            return self._out_of_window(rid, now_s)
        self._early[rid] = body
        events: list[StreamEvent] = []
        while self._expected in self._early and self._end is None:
            events += self._taken(self._early.pop(self._expected), now_s)
        return events

    def open_stream(self, from_: str, id: str) -> None:
        """The server's stream header; its words go into the session's first answer."""
        self._opening = {"from": from_, "authid": id}

    def send(self, stanza: bytes) -> None:
        """A stanza for the client, as in a TCP stream. One who lets too much wait is given up."""
        if self._end is not None:
            return
        self._out.append(stand_alone(stanza))
        self._out_bytes += len(self._out[-1])
        if self._out_bytes > self._terms.kept_bytes_max:
            self._out, self._out_bytes = [], 0
            self.end("policy-violation")

    def end(self, condition: str | None = None) -> None:
        """The session ends: what waits goes out with the word of it."""
        if self._end is None:
            self._condition = condition
            self._end = _body({"type": "terminate", "condition": condition}, self._take_out())
            self._end_again = terminated(condition)

    # Out

    def answers(self, now_s: float) -> Iterator[tuple[int, bytes]]:
        """What is to be answered now: number of the request, and body."""
        for rid in self._again:
            yield rid, self._answered[rid]
        self._again.clear()
        while self._open:
            rid, since_s = self._open[0]
            if self._end is not None:
                body = self._end_again if self._is_end_told else self._end
                self._is_end_told = True
            elif now_s >= since_s + self.wait_s or self._has_to_answer:
                body = self._next(rid)
            else:
                return
            yield self._answer(rid, body, now_s)

    @property
    def _has_to_answer(self) -> bool:
        has_news = bool(self._out) or self._granted is None
        return has_news or len(self._open) > self.hold or self._pause_s is not None

    def due_s(self) -> float:
        """When something has to be done if nothing comes: an answer, or the end of a client that has gone silent."""
        if self._open:
            return self._open[0][1] + self.wait_s
        return self._idle_since_s + (self._terms.inactivity_s if self._pause_s is None else self._pause_s)

    def is_silent(self, now_s: float) -> bool:
        """Whether the client has had nothing open for longer than it may."""
        return not self._open and now_s >= self.due_s()

    # Inside

    def _taken(self, body: BoshBody, now_s: float) -> Iterator[StreamEvent]:
        is_first = self._granted is None and not self._open and not self._answered
        self._expected = body.rid + 1
        self._pause_s = None
        self._hold(body.rid, now_s)
        if is_first or body.restart:
            yield StreamOpened(body.to, body.from_, None, body.xmpp_version or "1.0", body.lang, CLIENT)
        yield from (Stanza(element) for element in body.stanzas)
        if body.pause_s is not None:
            self._pause_s = min(body.pause_s, self._terms.pause_s_max)
        if body.terminate:
            yield StreamClosed()

    def _out_of_window(self, rid: int, now_s: float) -> list[StreamEvent]:
        self._hold(rid, now_s)
        self.end("item-not-found")
        return [StreamClosed()]

    def _hold(self, rid: int, now_s: float) -> None:
        self._open.append((rid, now_s))

    def _next(self, rid: int) -> bytes:
        attributes: dict[str, str | None] = {}
        if self._granted is None:
            attributes = self._granted = self._opening | self._terms_granted()
        highest = self._expected - 1
        if self._acks and (highest != rid or attributes):
            attributes = attributes | {"ack": str(highest)}
        return _body(attributes, self._take_out())

    def _terms_granted(self) -> dict[str, str | None]:
        terms = self._terms
        return {
            "sid": self.sid,
            "wait": str(self.wait_s),
            "hold": str(self.hold),
            "requests": str(self.requests),
            "inactivity": str(terms.inactivity_s),
            "polling": str(terms.polling_s),
            "maxpause": str(terms.pause_s_max),
            "ver": "{}.{}".format(*self._version),
            "charsets": "UTF-8",
            "xmpp:version": "1.0",
            "xmpp:restartlogic": "true",
        }

    def _answer(self, rid: int, body: bytes, now_s: float) -> tuple[int, bytes]:
        self._open.popleft()
        self._answered[rid] = body
        # As many as may be asked for again: those of the window that the client may not have got.
        while len(self._answered) > self.requests:
            del self._answered[next(iter(self._answered))]
        self._idle_since_s = now_s
        return rid, body

    def _take_out(self) -> bytes:
        out, self._out, self._out_bytes = b"".join(self._out), [], 0
        return out


def _body(attributes: dict[str, str | None], inner: bytes = b"") -> bytes:
    given = "".join(f' {name}="{escape_attribute(value)}"' for name, value in attributes.items() if value is not None)
    # The prefixes are declared where they may be needed: an empty poll is the most frequent answer of all.
    prefixes = _BODY[1] if inner or ":" in given else ""
    start = f"{_BODY[0]}{prefixes}{given}".encode()
    return start + b">" + inner + b"</body>" if inner else start + b"/>"


def _number(element: Element, name: str) -> int | None:
    """Raises BadBosh: it is given and no number."""
    text = element.get(name)
    if text is None:
        return None
    if not text.isascii() or not text.isdigit() or len(text) > NUMBER_DIGITS_MAX:
        raise BadBosh("bad-request", f"{name}={text[:40]!r} where a number was expected")
    return int(text)


def _version(text: str | None) -> tuple[int, int] | None:
    major, _, minor = (text or "").partition(".")
    sound = all(part.isascii() and part.isdigit() and len(part) < 6 for part in (major, minor))
    return (int(major), int(minor)) if sound else None
