"""A client's side of a BOSH session (XEP-0124, XEP-0206), sans-IO: its bodies out, a connection manager's bodies in."""

from collections.abc import Mapping
from dataclasses import dataclass
from xml.etree.ElementTree import Element

from chaos.wire.xml import escape_attribute, local_name, namespace
from chaos.wire.xmpp.bosh import NUMBER_DIGITS_MAX, BadBosh
from chaos.wire.xmpp.framing import stand_alone
from chaos.wire.xmpp.names import BOSH, CLIENT, XBOSH
from chaos.wire.xmpp.reader import BadStream, parse_stanza

VERSION = "1.11"
RID_MOST = 1_000_000
"""First request numbers stay below: far enough from 2^53 for any session (XEP-0124, 14.1)."""


@dataclass(frozen=True, slots=True)
class Granted:
    """What a connection manager said when it opened the session. requests: how many may be open at a time."""

    sid: str
    requests: int
    wait_s: int


class BoshClient:
    """One session. rid: of the first request. wait_s, hold: asked for; `granted` is what there is, once it is open."""

    def __init__(
        self,
        domain: str,
        *,
        rid: int,
        wait_s: int,
        hold: int = 1,
        from_: str | None = None,
        version: str = VERSION,
    ) -> None:
        self._domain, self._rid, self._wait_s, self._hold, self._from = domain, rid, wait_s, hold, from_
        self._version = version
        self.granted: Granted | None = None

    def opening(self) -> tuple[int, bytes]:
        """The first request: its number, and its body."""
        attributes = {
            "to": self._domain,
            "from": self._from,
            "hold": str(self._hold),
            "wait": str(self._wait_s),
            "ver": self._version,
            "xml:lang": "en",
            "xmpp:version": "1.0",
        }
        return self._body(attributes)

    def opened(self, body: Element) -> None:
        """Take the terms out of the first answer. Raises BadBosh: there are none."""
        sid = body.get("sid")
        if not sid:
            raise BadBosh("bad-request", "a first answer without a session's id")
        requests = _number(body.get("requests"), 2)
        self.granted = Granted(sid, max(1, requests), _number(body.get("wait"), self._wait_s))

    def restart(self) -> tuple[int, bytes]:
        """A request for a new stream, as after SASL success."""
        return self._body({"to": self._domain, "xml:lang": "en", "xmpp:restart": "true"})

    def body(self, *stanzas: bytes) -> tuple[int, bytes]:
        """A request with stanzas, as in a TCP stream; without any, to be held."""
        return self._body({}, *stanzas)

    def terminate(self, *stanzas: bytes) -> tuple[int, bytes]:
        """The last request, with last stanzas."""
        return self._body({"type": "terminate"}, *stanzas)

    def _body(self, attributes: Mapping[str, str | None], *stanzas: bytes) -> tuple[int, bytes]:
        rid, self._rid = self._rid, self._rid + 1
        sid = None if self.granted is None else self.granted.sid
        given = {"rid": str(rid), "sid": sid, **attributes}
        text = "".join(f' {name}="{escape_attribute(value)}"' for name, value in given.items() if value is not None)
        prefix = f' xmlns:xmpp="{XBOSH}"' if "xmpp:" in text else ""
        start, inner = f'<body xmlns="{BOSH}"{prefix}{text}'.encode(), b"".join(map(stand_alone, stanzas))
        return rid, start + (b">" + inner + b"</body>" if inner else b"/>")


def parse_answer(data: bytes, *, max_bytes: int) -> Element:
    """Read a connection manager's body. What has no namespace of its own in it counts as `jabber:client`.

    Raises BadBosh: it is none, or ends the session; `condition` says why, "" if it does not.
    """
    try:
        body = parse_stanza(data, max_bytes=max_bytes)
    except BadStream as error:
        raise BadBosh("bad-request", error.why) from None
    if local_name(body) != "body" or namespace(body) != BOSH:
        raise BadBosh("bad-request", f"<{local_name(body)[:80]}> where a BOSH body was expected")
    if body.get("type") == "terminate":
        raise BadBosh(body.get("condition", "")[:80], "the session was ended")
    for child in body:
        for inner in child.iter():
            if namespace(inner) == BOSH:
                inner.tag = f"{{{CLIENT}}}{local_name(inner)}"
    return body


def _number(text: str | None, default: int) -> int:
    sound = text is not None and text.isascii() and text.isdigit() and len(text) <= NUMBER_DIGITS_MAX
    return int(text) if sound and text is not None else default
