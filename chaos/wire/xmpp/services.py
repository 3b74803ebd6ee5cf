"""Building and reading what a session is used for: ping, service discovery, publish-subscribe.

Source: XEP-0199, XEP-0030, XEP-0060; the notification's shape as in public captures of Finesse.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from xml.etree.ElementTree import Element

from chaos.wire.xml import children_named, local_name, serialise
from chaos.wire.xmpp.names import (
    CLIENT,
    DISCO_INFO,
    DISCO_ITEMS,
    NOTIFICATION_PUSH,
    PING,
    PUBSUB,
    PUBSUB_EVENT,
    make,
    write_stanza,
)
from chaos.wire.xmpp.session import iq_get, iq_result, iq_set


@dataclass(frozen=True, slots=True)
class Identity:
    """What an entity says it is."""

    category: str
    type: str
    name: str | None = None


@dataclass(frozen=True, slots=True)
class DiscoItem:
    """One entity or node that another one lists."""

    jid: str
    name: str | None = None
    node: str | None = None


class PubsubAction(StrEnum):
    """What a client asks of the publish-subscribe service."""

    SUBSCRIBE = "subscribe"
    UNSUBSCRIBE = "unsubscribe"
    SUBSCRIPTIONS = "subscriptions"


@dataclass(frozen=True, slots=True)
class PubsubRequest:
    """A request to the publish-subscribe service; an action unknown here stays text."""

    action: PubsubAction | str
    node: str | None = None
    jid: str | None = None
    subid: str | None = None


@dataclass(frozen=True, slots=True)
class Subscription:
    """One subscription of a JID to a node."""

    node: str
    jid: str
    subid: str | None = None
    state: str = "subscribed"


@dataclass(frozen=True, slots=True)
class PubsubEvent:
    """One published item. payload_text: what `notification` holds, unescaped once; for Finesse an `Update`."""

    node: str | None
    item_id: str | None
    payload_text: str


def ping_request(id: str, *, to: str | None = None, from_: str | None = None) -> bytes:
    """A ping; the answer is an empty result."""
    return iq_get(id, make(PING, "ping"), to=to, from_=from_)


def disco_info_request(id: str, to: str, node: str | None = None) -> bytes:
    """Ask an entity, or one of its nodes, what it is."""
    return iq_get(id, make(DISCO_INFO, "query", {"node": node}), to=to)


def disco_info_result(
    id: str | None,
    identities: Iterable[Identity],
    features: Iterable[str],
    *,
    node: str | None = None,
    to: str | None = None,
    from_: str | None = None,
) -> bytes:
    """Say what the entity, or the node, is."""
    children = [
        make(DISCO_INFO, "identity", {"category": i.category, "type": i.type, "name": i.name}) for i in identities
    ]
    children += [make(DISCO_INFO, "feature", {"var": feature}) for feature in features]
    return iq_result(id, make(DISCO_INFO, "query", {"node": node}, *children), to=to, from_=from_)


def parse_disco_info(payload: Element) -> tuple[tuple[Identity, ...], tuple[str, ...]]:
    """Identities and features of a disco#info answer."""
    identities = tuple(
        Identity(found.get("category", ""), found.get("type", ""), found.get("name"))
        for found in children_named(payload, "identity")
    )
    return identities, tuple(found.get("var", "") for found in children_named(payload, "feature"))


def disco_items_request(id: str, to: str, node: str | None = None) -> bytes:
    """Ask an entity what it holds."""
    return iq_get(id, make(DISCO_ITEMS, "query", {"node": node}), to=to)


def disco_items_result(
    id: str | None,
    items: Iterable[DiscoItem],
    *,
    node: str | None = None,
    to: str | None = None,
    from_: str | None = None,
) -> bytes:
    """List what the entity holds."""
    children = (make(DISCO_ITEMS, "item", {"jid": i.jid, "node": i.node, "name": i.name}) for i in items)
    return iq_result(id, make(DISCO_ITEMS, "query", {"node": node}, *children), to=to, from_=from_)


def parse_disco_items(payload: Element) -> tuple[DiscoItem, ...]:
    """The items of a disco#items answer."""
    return tuple(
        DiscoItem(found.get("jid", ""), found.get("name"), found.get("node"))
        for found in children_named(payload, "item")
    )


def pubsub_subscribe(id: str, to: str, node: str, jid: object) -> bytes:
    """Subscribe a JID to a node; for Finesse the full JID, and again after every move to another node."""
    return iq_set(id, make(PUBSUB, "pubsub", None, make(PUBSUB, "subscribe", {"node": node, "jid": str(jid)})), to=to)


def pubsub_unsubscribe(id: str, to: str, node: str, jid: object, subid: str | None = None) -> bytes:
    """End a subscription."""
    attributes = {"node": node, "jid": str(jid), "subid": subid}
    return iq_set(id, make(PUBSUB, "pubsub", None, make(PUBSUB, "unsubscribe", attributes)), to=to)


def pubsub_subscriptions_request(id: str, to: str, node: str | None = None) -> bytes:
    """Ask for one's own subscriptions."""
    return iq_get(id, make(PUBSUB, "pubsub", None, make(PUBSUB, "subscriptions", {"node": node})), to=to)


def parse_pubsub_request(payload: Element) -> PubsubRequest | None:
    """Read the `pubsub` element of a request; None if it asks nothing."""
    asked = next(iter(payload), None)
    if asked is None:
        return None
    name = local_name(asked)
    action = PubsubAction(name) if name in PubsubAction._value2member_map_ else name
    return PubsubRequest(action, asked.get("node"), asked.get("jid"), asked.get("subid"))


def pubsub_subscribe_result(
    id: str | None, subscription: Subscription, *, to: str | None = None, from_: str | None = None
) -> bytes:
    """Confirm a subscription. An unsubscription is confirmed by an empty `iq_result`."""
    return iq_result(id, make(PUBSUB, "pubsub", None, _subscription(subscription)), to=to, from_=from_)


def pubsub_subscriptions_result(
    id: str | None, subscriptions: Iterable[Subscription], *, to: str | None = None, from_: str | None = None
) -> bytes:
    """List the subscriptions of the one who asked."""
    listed = make(PUBSUB, "subscriptions", None, *(_subscription(found) for found in subscriptions))
    return iq_result(id, make(PUBSUB, "pubsub", None, listed), to=to, from_=from_)


def parse_pubsub_subscriptions(payload: Element) -> tuple[Subscription, ...]:
    """The subscriptions in the answer to a subscribe or subscriptions request."""
    return tuple(
        Subscription(
            found.get("node", ""), found.get("jid", ""), found.get("subid"), found.get("subscription", "subscribed")
        )
        for found in payload.iter()
        if local_name(found) == "subscription"
    )


def pubsub_event(
    pubsub_domain: str | None,
    to: object,
    node: str,
    item_id: str,
    payload_xml: bytes | str,
    message_id: str,
    *,
    notification_namespace: str = NOTIFICATION_PUSH,
) -> bytes:
    """A published item as Finesse delivers it.

    pubsub_domain: who sends it; None where the server is to say so. to: the bare JID for automatic subscriptions, the
    subscribed JID for explicit ones.
    payload_xml: an `Update`; it becomes escaped text inside `notification`.
    notification_namespace: captures differ by release, see `names`.
    """
    text = payload_xml.decode() if isinstance(payload_xml, bytes) else payload_xml
    item = make(PUBSUB_EVENT, "item", {"id": item_id}, make(notification_namespace, "notification", text=text))
    event = make(PUBSUB_EVENT, "event", None, make(PUBSUB_EVENT, "items", {"node": node}, item))
    sender = {} if pubsub_domain is None else {"from": pubsub_domain}
    return write_stanza(make(CLIENT, "message", {**sender, "to": str(to), "id": message_id}, event))


def parse_pubsub_events(message: Element) -> tuple[PubsubEvent, ...]:
    """Every published item of a message, in order; none if it is no such message.

    Elements are matched by local name, since releases differ in the namespace of `notification`. A payload that came
    as elements instead of escaped text is given as their text.
    """
    return tuple(
        PubsubEvent(items.get("node"), item.get("id"), _payload_text(notification))
        for event in children_named(message, "event")
        for items in children_named(event, "items")
        for item in children_named(items, "item")
        for notification in children_named(item, "notification")
    )


def parse_pubsub_event(message: Element) -> PubsubEvent | None:
    """The first published item of a message, None if there is none. Finesse sends one a message."""
    return next(iter(parse_pubsub_events(message)), None)


def _payload_text(notification: Element) -> str:
    if len(notification):
        return "".join(serialise(child) for child in notification)
    return (notification.text or "").strip(" \t\r\n")


def _subscription(subscription: Subscription) -> Element:
    attributes = {
        "node": subscription.node,
        "jid": subscription.jid,
        "subid": subscription.subid,
        "subscription": subscription.state,
    }
    return make(PUBSUB, "subscription", attributes)
