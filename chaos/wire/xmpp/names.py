"""Namespaces, and the one way in which elements are made and turned into bytes."""

from collections.abc import Mapping
from xml.etree.ElementTree import Element

from chaos.wire.xml import serialise

CLIENT = "jabber:client"
STREAMS = "http://etherx.jabber.org/streams"
STREAM_ERRORS = "urn:ietf:params:xml:ns:xmpp-streams"
STANZA_ERRORS = "urn:ietf:params:xml:ns:xmpp-stanzas"
TLS = "urn:ietf:params:xml:ns:xmpp-tls"
SASL = "urn:ietf:params:xml:ns:xmpp-sasl"
BIND = "urn:ietf:params:xml:ns:xmpp-bind"
SESSION = "urn:ietf:params:xml:ns:xmpp-session"
ROSTER = "jabber:iq:roster"
PING = "urn:xmpp:ping"
DISCO_INFO = "http://jabber.org/protocol/disco#info"
DISCO_ITEMS = "http://jabber.org/protocol/disco#items"
FRAMING = "urn:ietf:params:xml:ns:xmpp-framing"
STREAM_MANAGEMENT = ("urn:xmpp:sm:2", "urn:xmpp:sm:3")
BOSH = "http://jabber.org/protocol/httpbind"
XBOSH = "urn:xmpp:xbosh"
PUBSUB = "http://jabber.org/protocol/pubsub"
PUBSUB_EVENT = "http://jabber.org/protocol/pubsub#event"
PUBSUB_ERRORS = "http://jabber.org/protocol/pubsub#errors"

# The namespace of `notification` in captures of 2023 (12.5) and in those of 2017 and Cisco's 11.0 samples.
NOTIFICATION_PUSH = "urn:xmpp:push:0"
NOTIFICATION_PUBSUB = PUBSUB


def make(
    namespace: str,
    name: str,
    attributes: Mapping[str, str | None] | None = None,
    *children: Element,
    text: str | None = None,
) -> Element:
    """An element; attributes that are None are left out."""
    element = Element(f"{{{namespace}}}{name}")
    for key, value in (attributes or {}).items():
        if value is not None:
            element.set(key, value)
    element.text = text
    element.extend(children)
    return element


def write_stanza(element: Element) -> bytes:
    """One stanza as bytes, to be sent in one segment of a TCP stream, whose header has declared `jabber:client`."""
    return serialise(element, CLIENT).encode()
