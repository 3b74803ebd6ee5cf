"""Incremental reading of an XMPP stream over TCP, client's or server's.

The stream is one XML document that never ends, so expat is fed up to each `>`: then a stanza is handed out with its
last byte, its size is known without asking expat, and the reader can stop exactly behind a stanza after which the
peer may start a new stream (SASL, STARTTLS) although those bytes came in the same segment.
"""

import re
from dataclasses import dataclass
from xml.etree.ElementTree import Element

from chaos.errors import PeerError
from chaos.wire.xml import (
    MAX_DEPTH,
    XML_NAMESPACE,
    BadDocument,
    ElementBuilder,
    ForbiddenXml,
    ForeignEncoding,
    XmlTooLarge,
    local_name,
    namespace,
)
from chaos.wire.xmpp.names import CLIENT, SASL, STREAMS, TLS

MAX_STANZA_BYTES = 1024 * 1024

_BLANKS = re.compile(rb"[ \t\r\n]*")
_RESTARTS = frozenset({(SASL, "auth"), (SASL, "response"), (SASL, "success"), (TLS, "starttls"), (TLS, "proceed")})


@dataclass(frozen=True, slots=True)
class StreamOpened:
    """The peer's stream header. Attributes it did not give are None."""

    to: str | None
    from_: str | None
    id: str | None
    version: str | None
    lang: str | None
    default_namespace: str


@dataclass(frozen=True, slots=True)
class Stanza:
    """One complete child of the stream: a stanza proper, features, a SASL or TLS element, a stream error."""

    element: Element

    @property
    def name(self) -> str:
        """The element's local name."""
        return local_name(self.element)

    @property
    def namespace(self) -> str:
        """The element's namespace."""
        return namespace(self.element)


@dataclass(frozen=True, slots=True)
class StreamClosed:
    """The peer closed its stream in good order. What it sends afterwards is not looked at."""


StreamEvent = StreamOpened | Stanza | StreamClosed


class BadStream(PeerError):
    """The peer's stream cannot be read any further.

    condition: the stream error to answer with (RFC 6120, 4.9.3). events: what came before, in the same bytes.
    """

    def __init__(self, condition: str, why: str, events: tuple[StreamEvent, ...] = ()) -> None:
        super().__init__(f"{condition}: {why}")
        self.condition = condition
        self.why = why
        self.events = events


class StanzaReader:
    """Bytes in, events out.

    max_stanza_bytes: also bounds the stream header, and so what the reader ever holds.
    max_depth: elements below the stream's own root count.
    """

    def __init__(self, *, max_stanza_bytes: int = MAX_STANZA_BYTES, max_depth: int = MAX_DEPTH) -> None:
        self._max_stanza_bytes, self._max_depth = max_stanza_bytes, max_depth
        self._pending = b""
        self._broken: BadStream | None = None
        self._begin()

    @property
    def pending(self) -> bool:
        """Bytes wait behind a stanza after which a new stream may begin: call `restart`, or `feed(b"")` to go on."""
        return bool(self._pending)

    def feed(self, data: bytes) -> list[StreamEvent]:
        """The events that these bytes complete.

        Returns early behind `auth`, `response`, `success`, `starttls` and `proceed`: see `pending`.
        Raises BadStream, and again at each later call; its `events` came before in the same bytes.
        """
        if self._broken:
            raise BadStream(self._broken.condition, self._broken.why)
        data, self._pending = self._pending + data, b""
        try:
            self._parse(data)
        except BadDocument as error:
            self._broken = BadStream(_condition(error), str(error))
            raise BadStream(self._broken.condition, self._broken.why, tuple(self._take())) from None
        except BadStream as error:
            self._broken = error
            raise BadStream(error.condition, error.why, tuple(self._take())) from None
        return self._take()

    def restart(self, *, drop_pending: bool = False) -> list[StreamEvent]:
        """Expect a new stream header, as after SASL success; returns the events that were already waiting.

        drop_pending: after STARTTLS, where bytes sent before TLS began must not count as sent within it.
        Raises BadStream: the waiting bytes are bad.
        """
        waiting = b"" if drop_pending else self._pending
        self._pending, self._broken = b"", None
        self._begin()
        return self.feed(waiting) if waiting else []

    def _begin(self) -> None:
        self._events: list[StreamEvent] = []
        self._since_boundary = 0
        self._closed = self._paused = False
        self._builder = ElementBuilder(
            on_open=self._opened,
            on_close=self._ended,
            on_text=_only_blanks_between_stanzas,
            keep=3,
            encoding="utf-8",
            encodings=frozenset({"utf-8", "utf8"}),
            strict=True,
            max_depth=self._max_depth + 1,
        )

    def _take(self) -> list[StreamEvent]:
        events, self._events = self._events, []
        return events

    def _parse(self, data: bytes) -> None:
        position = 0
        while not self._closed:
            if self._since_boundary == 0:
                # Keep-alive blanks are no part of a stanza's size, and expat allows none before an XML declaration.
                position = _end_of_blanks(data, position)
            if position == len(data):
                return
            end = data.find(b">", position) + 1 or len(data)
            self._since_boundary += end - position
            if self._since_boundary > self._max_stanza_bytes:
                raise XmlTooLarge(f"a stanza of more than {self._max_stanza_bytes} bytes")
            self._builder.feed(data[position:end])
            position = end
            if self._paused:
                self._paused, self._pending = False, data[position:]
                return

    def _opened(self, element: Element, depth: int) -> None:
        if depth > 1:
            return
        if local_name(element) != "stream":
            raise BadStream("bad-format", f"<{local_name(element)[:80]}> where a stream header was expected")
        if namespace(element) != STREAMS:
            raise BadStream("invalid-namespace", f"a stream in the namespace {namespace(element)[:80]!r}")
        self._since_boundary = 0
        declared = self._builder.default_namespaces
        self._events.append(opened_by(element, declared[0] if declared else ""))

    def _ended(self, element: Element, depth: int) -> None:
        if depth == 2:
            self._since_boundary = 0
            self._events.append(Stanza(element))
            self._paused = (namespace(element), local_name(element)) in _RESTARTS
        elif depth == 1:
            self._closed = True
            self._events.append(StreamClosed())


def parse_stanza(data: bytes | str, *, max_bytes: int = MAX_STANZA_BYTES) -> Element:
    """One stanza that stands alone, as in a WebSocket frame; without any namespace it counts as `jabber:client`.

    Raises BadStream.
    """
    stanzas: list[Element] = []
    raw = data.encode("utf-8", "surrogatepass") if isinstance(data, str) else data
    builder = ElementBuilder(
        on_close=lambda element, depth: stanzas.append(element) if depth == 1 else None,
        encoding="utf-8",
        encodings=frozenset({"utf-8", "utf8"}),
        strict=True,
    )
    try:
        if len(raw) > max_bytes:
            raise XmlTooLarge(f"a stanza of {len(raw)} bytes; at most {max_bytes} are read")
        builder.feed(raw)
        builder.close()
    except BadDocument as error:
        raise BadStream(_condition(error), str(error)) from None
    stanza = stanzas[0]
    if not namespace(stanza):
        for element in stanza.iter():
            if not namespace(element):
                element.tag = f"{{{CLIENT}}}{element.tag}"
    return stanza


def opened_by(element: Element, default_namespace: str) -> StreamOpened:
    """What the element says that opens a stream."""
    return StreamOpened(
        to=element.get("to"),
        from_=element.get("from"),
        id=element.get("id"),
        version=element.get("version"),
        lang=element.get(f"{{{XML_NAMESPACE}}}lang"),
        default_namespace=default_namespace,
    )


def _end_of_blanks(data: bytes, position: int) -> int:
    found = _BLANKS.match(data, position)
    return found.end() if found else position


def _only_blanks_between_stanzas(data: str, depth: int) -> None:
    if depth == 1 and data.strip(" \t\r\n"):
        raise BadStream("bad-format", f"text between stanzas: {data[:40]!r}")


def _condition(error: BadDocument) -> str:
    if isinstance(error, ForeignEncoding):
        return "unsupported-encoding"
    if isinstance(error, ForbiddenXml):
        return "restricted-xml"
    return "policy-violation" if isinstance(error, XmlTooLarge) else "not-well-formed"
