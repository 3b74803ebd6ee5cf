"""XMPP over WebSocket (RFC 7395): one frame, one stanza that stands alone; `open` and `close` instead of a header.

And how a stanza that was written for a TCP stream, whose header declares the namespaces, is made to stand alone.
"""

import re

from chaos.wire.xml import escape_attribute, local_name, namespace
from chaos.wire.xmpp.names import CLIENT, FRAMING, STREAMS
from chaos.wire.xmpp.reader import BadStream, Stanza, StreamClosed, StreamEvent, opened_by, parse_stanza

SUBPROTOCOL = "xmpp"
FRAME_CLOSE = f'<close xmlns="{FRAMING}"/>'.encode()

_NAME = re.compile(rb"<[^\s/>]+")


def stand_alone(stanza: bytes) -> bytes:
    """A stanza as `write_stanza`, `features` or `stream_error` write it, with what it leaves to a header in itself.

    `serialise` writes a namespace of its own first of all; what has none there is in `jabber:client`.
    """
    found = _NAME.match(stanza)
    if found is None:
        raise ValueError(f"no stanza: {stanza[:40]!r}")
    end = found.end()
    if found.group().startswith(b"<stream:"):
        declared = f' xmlns:stream="{STREAMS}"'
    elif stanza.startswith(b' xmlns="', end):
        return stanza
    else:
        declared = f' xmlns="{CLIENT}"'
    return stanza[:end] + declared.encode() + stanza[end:]


def frame_open(*, to: str | None = None, from_: str | None = None, id: str | None = None) -> bytes:
    """The opening of a stream, a client's (`to`) or a server's (`from_`, `id`)."""
    attributes = {"to": to, "from": from_, "id": id, "xml:lang": "en", "version": "1.0"}
    given = "".join(f' {name}="{escape_attribute(value)}"' for name, value in attributes.items() if value is not None)
    return f'<open xmlns="{FRAMING}"{given}/>'.encode()


def parse_frame(text: str, *, max_bytes: int) -> StreamEvent:
    """What a frame brings. Raises BadStream."""
    element = parse_stanza(text, max_bytes=max_bytes)
    if namespace(element) != FRAMING:
        return Stanza(element)
    match local_name(element):
        case "open":
            return opened_by(element, CLIENT)
        case "close":
            return StreamClosed()
        case name:
            raise BadStream("bad-format", f"<{name[:80]}> where a frame's open or close was expected")
