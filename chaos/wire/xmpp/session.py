"""Building and reading what sets a session up: stream, TLS, SASL, bind, session, presence, roster, errors.

Builders return bytes, one stanza each. Readers take elements, find children by local name, and leave odd things as
None. Source: RFC 6120, RFC 6121; the older `session` request (RFC 3921, 3), on which some clients still insist.
"""

import base64
import binascii
from collections.abc import Iterable
from dataclasses import dataclass
from xml.etree.ElementTree import Element

from chaos.errors import PeerError
from chaos.wire.xml import XML_NAMESPACE, children_named, escape_attribute, local_name, namespace
from chaos.wire.xmpp.names import (
    BIND,
    CLIENT,
    PUBSUB_ERRORS,
    ROSTER,
    SASL,
    SESSION,
    STANZA_ERRORS,
    STREAM_ERRORS,
    STREAMS,
    TLS,
    make,
    write_stanza,
)

STREAM_END = b"</stream:stream>"

# RFC 6120, 8.3.3: the error type that belongs to each condition.
ERROR_TYPES = {
    "bad-request": "modify",
    "conflict": "cancel",
    "feature-not-implemented": "cancel",
    "forbidden": "auth",
    "gone": "cancel",
    "internal-server-error": "cancel",
    "item-not-found": "cancel",
    "jid-malformed": "modify",
    "not-acceptable": "modify",
    "not-allowed": "cancel",
    "not-authorized": "auth",
    "policy-violation": "modify",
    "recipient-unavailable": "wait",
    "redirect": "modify",
    "registration-required": "auth",
    "remote-server-not-found": "cancel",
    "remote-server-timeout": "wait",
    "resource-constraint": "wait",
    "service-unavailable": "cancel",
    "subscription-required": "auth",
    "undefined-condition": "cancel",
    "unexpected-request": "wait",
}


class BadStanza(PeerError):
    """A stanza that is not what it had to be."""


class BadSasl(PeerError):
    """SASL text that is no PLAIN message. condition: the SASL failure to answer with."""

    def __init__(self, condition: str, why: str) -> None:
        super().__init__(f"{condition}: {why}")
        self.condition = condition


@dataclass(frozen=True, slots=True)
class Features:
    """What a server offers on its stream."""

    mechanisms: tuple[str, ...] = ()
    starttls: bool = False
    starttls_required: bool = False
    bind: bool = False
    session: bool = False
    session_optional: bool = False


@dataclass(frozen=True, slots=True)
class Iq:
    """An iq. kind: get, set, result or error. error: the condition of an error, by name."""

    kind: str | None
    id: str | None
    from_: str | None
    to: str | None
    payload: Element | None
    error: str | None = None

    @property
    def asks(self) -> tuple[str, str]:
        """Namespace and name of the payload, empty if there is none."""
        return ("", "") if self.payload is None else (namespace(self.payload), local_name(self.payload))


@dataclass(frozen=True, slots=True)
class Presence:
    """A presence. kind: None is available, else `unavailable`, `subscribe`, `error` and so on."""

    from_: str | None
    to: str | None
    kind: str | None = None
    priority: int | None = None
    show: str | None = None
    status: str | None = None

    @property
    def is_available(self) -> bool:
        """Is the sender there?"""
        return self.kind is None


@dataclass(frozen=True, slots=True)
class RosterItem:
    """One contact."""

    jid: str
    subscription: str = "both"
    name: str | None = None
    groups: tuple[str, ...] = ()


def stream_header(
    from_: str | None = None,
    id: str | None = None,
    lang: str | None = "en",
    *,
    to: str | None = None,
    version: str = "1.0",
) -> bytes:
    """The opening of a stream, a server's (`from_`, `id`) or a client's (`to`). It is to be sent by itself."""
    attributes = {"to": to, "from": from_, "id": id, "xml:lang": lang, "version": version}
    given = "".join(f' {name}="{escape_attribute(value)}"' for name, value in attributes.items() if value is not None)
    return (
        f'<?xml version="1.0" encoding="UTF-8"?><stream:stream xmlns:stream="{STREAMS}" xmlns="{CLIENT}"{given}>'
    ).encode()


def features(offer: Features) -> bytes:
    """A server's features."""
    children: list[Element] = []
    if offer.starttls:
        required = [make(TLS, "required")] if offer.starttls_required else []
        children.append(make(TLS, "starttls", None, *required))
    if offer.mechanisms:
        names = (make(SASL, "mechanism", text=name) for name in offer.mechanisms)
        children.append(make(SASL, "mechanisms", None, *names))
    if offer.bind:
        children.append(make(BIND, "bind"))
    if offer.session:
        optional = [make(SESSION, "optional")] if offer.session_optional else []
        children.append(make(SESSION, "session", None, *optional))
    return _in_stream_namespace("features", children)


def parse_features(element: Element) -> Features:
    """Read a server's features."""
    found = {local_name(child): child for child in element}
    mechanisms, starttls, session = found.get("mechanisms"), found.get("starttls"), found.get("session")
    return Features(
        mechanisms=()
        if mechanisms is None
        else tuple(_text(child) for child in children_named(mechanisms, "mechanism")),
        starttls=starttls is not None,
        starttls_required=starttls is not None and _has(starttls, "required"),
        bind="bind" in found,
        session=session is not None,
        session_optional=session is not None and _has(session, "optional"),
    )


def stream_error(condition: str, text: str | None = None) -> bytes:
    """A stream error, after which the stream is to be closed with STREAM_END."""
    children = [make(STREAM_ERRORS, condition)]
    if text is not None:
        children.append(make(STREAM_ERRORS, "text", {f"{{{XML_NAMESPACE}}}lang": "en"}, text=text))
    return _in_stream_namespace("error", children)


def parse_error_condition(element: Element) -> str | None:
    """The defined condition inside a stream error, a stanza's `error` or a SASL failure: its first child but `text`."""
    return next((local_name(child) for child in element if local_name(child) != "text"), None)


def starttls() -> bytes:
    """A client asks for TLS."""
    return write_stanza(make(TLS, "starttls"))


def tls_proceed() -> bytes:
    """A server grants TLS: the handshake follows, then a new stream."""
    return write_stanza(make(TLS, "proceed"))


def sasl_auth_plain(user: str, password: str, authzid: str = "") -> bytes:
    """A client signs in with SASL PLAIN (RFC 4616)."""
    message = base64.b64encode("\0".join((authzid, user, password)).encode()).decode()
    return write_stanza(make(SASL, "auth", {"mechanism": "PLAIN"}, text=message))


def management_failure(version: str) -> bytes:
    """A server has no stream management (XEP-0198, 3 and 5); the stream goes on. version: one of STREAM_MANAGEMENT."""
    return write_stanza(make(version, "failed", None, make(STANZA_ERRORS, "feature-not-implemented")))


def sasl_challenge() -> bytes:
    """The empty challenge, for a client that sent PLAIN without initial response."""
    return write_stanza(make(SASL, "challenge"))


def sasl_success() -> bytes:
    """A server accepts: both sides start a new stream."""
    return write_stanza(make(SASL, "success"))


def sasl_failure(condition: str = "not-authorized") -> bytes:
    """A server refuses."""
    return write_stanza(make(SASL, "failure", None, make(SASL, condition)))


def parse_sasl_plain(text: str | None) -> tuple[str, str, str]:
    """Authorisation id, user and password of a PLAIN message, as the text of `auth` or `response` has it.

    Raises BadSasl: it is not base64, not UTF-8, or not three parts; the user is empty. The text is never quoted, since
    it holds a password.
    """
    try:
        raw = base64.b64decode("".join((text or "").split()), validate=True)
    except (binascii.Error, ValueError):
        raise BadSasl("incorrect-encoding", "SASL text that is not base64") from None
    try:
        parts = raw.decode().split("\0")
    except UnicodeDecodeError:
        raise BadSasl("malformed-request", "SASL PLAIN that is not UTF-8") from None
    if len(parts) != 3 or not parts[1]:
        raise BadSasl("malformed-request", "SASL PLAIN must be authorisation id, user and password") from None
    return parts[0], parts[1], parts[2]


def iq_get(id: str, payload: Element, *, to: str | None = None, from_: str | None = None) -> bytes:
    """An iq that asks."""
    return _iq("get", id, to, from_, payload)


def iq_set(id: str, payload: Element, *, to: str | None = None, from_: str | None = None) -> bytes:
    """An iq that changes something."""
    return _iq("set", id, to, from_, payload)


def iq_result(
    id: str | None, payload: Element | None = None, *, to: str | None = None, from_: str | None = None
) -> bytes:
    """A good answer to an iq, empty without payload."""
    return _iq("result", id, to, from_, *([] if payload is None else [payload]))


def iq_error(
    id: str | None,
    condition: str,
    *,
    to: str | None = None,
    from_: str | None = None,
    text: str | None = None,
    payload: Element | None = None,
    because: str | None = None,
) -> bytes:
    """A bad answer to an iq. payload: what had been asked, given back as Openfire does.

    because: what the publish-subscribe service adds to it (XEP-0060, 16.4), which is never worth another try.
    """
    children = [make(STANZA_ERRORS, condition)]
    if because is not None:
        children.append(make(PUBSUB_ERRORS, because))
    if text is not None:
        children.append(make(STANZA_ERRORS, "text", text=text))
    kind = ERROR_TYPES.get(condition, "cancel")
    error = make(CLIENT, "error", {"type": "cancel" if because and kind == "wait" else kind}, *children)
    return _iq("error", id, to, from_, *([error] if payload is None else [payload, error]))


def refusal(element: Element, condition: str, *, to: object | None = None) -> bytes:
    """The error that answers a client's iq, message or presence, from whom that was for.

    to: who sent it. An iq has what was asked given back, as Openfire does.
    """
    error = make(CLIENT, "error", {"type": ERROR_TYPES.get(condition, "cancel")}, make(STANZA_ERRORS, condition))
    attributes = {"type": "error", "id": element.get("id"), "from": element.get("to"), "to": _optional(to)}
    asked = list(element)[:1] if local_name(element) == "iq" else []
    return write_stanza(make(CLIENT, local_name(element), attributes, *asked, error))


def parse_iq(element: Element) -> Iq:
    """Read an iq. Raises BadStanza: it is none."""
    if local_name(element) != "iq":
        raise BadStanza(f"<{local_name(element)[:80]}> where an iq was expected")
    error = next(children_named(element, "error"), None)
    return Iq(
        kind=element.get("type"),
        id=element.get("id"),
        from_=element.get("from"),
        to=element.get("to"),
        payload=next((child for child in element if child is not error), None),
        error=None if error is None else parse_error_condition(error) or "undefined-condition",
    )


def bind_request(id: str, resource: str | None = None) -> bytes:
    """A client asks for a resource; without one, for any."""
    wanted = [] if resource is None else [make(BIND, "resource", text=resource)]
    return iq_set(id, make(BIND, "bind", None, *wanted))


def requested_resource(payload: Element) -> str | None:
    """The resource that a `bind` asks for, None if it leaves the choice."""
    return next((_text(child) or None for child in children_named(payload, "resource")), None)


def bind_result(id: str | None, jid: object) -> bytes:
    """A server grants a full JID."""
    return iq_result(id, make(BIND, "bind", None, make(BIND, "jid", text=str(jid))))


def bound_jid(payload: Element) -> str | None:
    """The JID that a server granted."""
    return next((_text(child) for child in children_named(payload, "jid")), None)


def session_request(id: str) -> bytes:
    """A client asks for a session (RFC 3921, 3)."""
    return iq_set(id, make(SESSION, "session"))


def session_result(id: str | None, *, to: str | None = None, from_: str | None = None) -> bytes:
    """A server grants a session."""
    return iq_result(id, to=to, from_=from_)


def roster_request(id: str) -> bytes:
    """A client asks for its roster."""
    return iq_get(id, make(ROSTER, "query"))


def roster_result(
    id: str | None, items: Iterable[RosterItem], *, to: str | None = None, from_: str | None = None
) -> bytes:
    """A server lists the contacts."""
    children = (
        make(
            ROSTER,
            "item",
            {"jid": item.jid, "name": item.name, "subscription": item.subscription},
            *(make(ROSTER, "group", text=group) for group in item.groups),
        )
        for item in items
    )
    return iq_result(id, make(ROSTER, "query", None, *children), to=to, from_=from_)


def parse_roster(payload: Element) -> tuple[RosterItem, ...]:
    """The contacts of a roster answer."""
    return tuple(
        RosterItem(
            jid=item.get("jid", ""),
            subscription=item.get("subscription", "none"),
            name=item.get("name"),
            groups=tuple(_text(group) for group in children_named(item, "group")),
        )
        for item in children_named(payload, "item")
    )


def presence(
    from_: object | None = None,
    to: object | None = None,
    type: str | None = None,
    *,
    priority: int | None = None,
    show: str | None = None,
    status: str | None = None,
) -> bytes:
    """A presence. type: None is available. priority: -128 to 127; a client of Finesse uses 0 or more."""
    texts = {"show": show, "status": status, "priority": None if priority is None else str(priority)}
    children = (make(CLIENT, name, text=text) for name, text in texts.items() if text is not None)
    attributes = {"type": type, "from": _optional(from_), "to": _optional(to)}
    return write_stanza(make(CLIENT, "presence", attributes, *children))


def parse_presence(element: Element) -> Presence:
    """Read a presence. Raises BadStanza: it is none."""
    if local_name(element) != "presence":
        raise BadStanza(f"<{local_name(element)[:80]}> where a presence was expected")
    texts = {local_name(child): _text(child) for child in element}
    return Presence(
        from_=element.get("from"),
        to=element.get("to"),
        kind=element.get("type") or None,
        priority=_priority(texts.get("priority")),
        show=texts.get("show"),
        status=texts.get("status"),
    )


def _priority(text: str | None) -> int | None:
    try:
        number = int(text or "")
    except ValueError:
        return None
    return number if -128 <= number <= 127 else None


def _iq(kind: str, id: str | None, to: str | None, from_: str | None, *children: Element) -> bytes:
    return write_stanza(make(CLIENT, "iq", {"type": kind, "id": id, "from": from_, "to": to}, *children))


def _in_stream_namespace(name: str, children: list[Element]) -> bytes:
    inner = b"".join(write_stanza(child) for child in children)
    return f"<stream:{name}>".encode() + inner + f"</stream:{name}>".encode()


def _optional(value: object | None) -> str | None:
    return None if value is None else str(value)


def _text(element: Element) -> str:
    return (element.text or "").strip(" \t\r\n")


def _has(element: Element, name: str) -> bool:
    return next(children_named(element, name), None) is not None
