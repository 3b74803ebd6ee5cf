"""How the notification service answers an iq of a client. Pure, but for the subscriptions it changes."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from chaos.mock.finesse.pubsub import Subscriptions, automatic_nodes
from chaos.wire.xmpp import (
    DISCO_INFO,
    DISCO_ITEMS,
    JID,
    PING,
    PUBSUB,
    ROSTER,
    SESSION,
    BadJid,
    DiscoItem,
    Identity,
    Iq,
    PubsubAction,
    PubsubRequest,
    RosterItem,
    Subscription,
    disco_info_result,
    disco_items_result,
    iq_error,
    iq_result,
    parse_pubsub_request,
    pubsub_subscribe_result,
    pubsub_subscriptions_result,
    roster_result,
    session_result,
)

SERVER_FEATURES = (DISCO_INFO, DISCO_ITEMS, PING, ROSTER)
PUBSUB_FEATURES = (DISCO_INFO, DISCO_ITEMS, PUBSUB)


@dataclass(frozen=True, slots=True)
class Asked:
    """An iq and what belongs to it. jid: who asks. domain: the server's own. nodes: those that are published on.

    meant: whom an address is for, which may be made of a login name.
    """

    iq: Iq
    jid: JID
    domain: str
    subscriptions: Subscriptions
    nodes: frozenset[str]
    meant: Callable[[JID], JID]

    @property
    def pubsub_domain(self) -> str:
        return f"pubsub.{self.domain}"

    def failed(self, condition: str, because: str | None = None) -> bytes:
        """because: the publish-subscribe service's own word for it (XEP-0060, 16.4)."""
        return iq_error(
            self.iq.id, condition, to=str(self.jid), from_=self.iq.to, payload=self.iq.payload, because=because
        )

    def done(self) -> bytes:
        return iq_result(self.iq.id, to=str(self.jid), from_=self.iq.to)


def answer(asked: Asked) -> bytes:
    """The answer to a get or set for the server, for its publish-subscribe service, or for the client's own account.

    It comes from whom it was for; from nobody if that was left out (RFC 6120, 8.1.2.1), for some clients take no other.
    """
    iq = asked.iq
    if iq.payload is None:
        return asked.failed("bad-request")
    of_pubsub = iq.to is not None and JID.parse(iq.to).domain == asked.pubsub_domain
    asker = (_OF_PUBSUB if of_pubsub else _OF_SERVER).get((iq.kind or "", *iq.asks))
    return asker(asked) if asker else asked.failed("service-unavailable")


def _roster(asked: Asked) -> bytes:
    items = [RosterItem(f"finesse@{asked.domain}", "both", "finesse")]
    return roster_result(asked.iq.id, items, to=str(asked.jid), from_=asked.iq.to)


def _roster_change(asked: Asked) -> bytes:
    """Rosters are Finesse's own."""
    return asked.failed("not-allowed")


def _session(asked: Asked) -> bytes:
    return session_result(asked.iq.id, to=str(asked.jid), from_=asked.iq.to)


def _server_info(asked: Asked) -> bytes:
    if _node_of(asked):  # ad-hoc commands, say: there are none
        return asked.failed("item-not-found")
    identity = Identity("server", "im", "Cisco Finesse Notification Service")
    return disco_info_result(asked.iq.id, [identity], SERVER_FEATURES, to=str(asked.jid), from_=asked.iq.to)


def _server_items(asked: Asked) -> bytes:
    if _node_of(asked):
        return asked.failed("item-not-found")
    items = [DiscoItem(asked.pubsub_domain, "Publish-Subscribe service")]
    return disco_items_result(asked.iq.id, items, to=str(asked.jid), from_=asked.iq.to)


def _node_of(asked: Asked) -> str | None:
    return asked.iq.payload.get("node") if asked.iq.payload is not None else None


def _pubsub_info(asked: Asked) -> bytes:
    node = _node_of(asked)
    if node is not None and node not in asked.nodes:
        return asked.failed("item-not-found")
    identity = Identity("pubsub", "leaf" if node else "service", node or "Publish-Subscribe service")
    return disco_info_result(asked.iq.id, [identity], PUBSUB_FEATURES, node=node, to=str(asked.jid), from_=asked.iq.to)


def _pubsub_items(asked: Asked) -> bytes:
    names = () if _node_of(asked) else automatic_nodes(asked.jid.local or "")
    items = [DiscoItem(asked.pubsub_domain, name, name) for name in names]
    return disco_items_result(asked.iq.id, items, node=_node_of(asked), to=str(asked.jid), from_=asked.iq.to)


def _pubsub_get(asked: Asked) -> bytes:
    request = _pubsub_request(asked)
    if request is None or request.action is not PubsubAction.SUBSCRIPTIONS:
        return asked.failed("feature-not-implemented" if request else "bad-request")
    found = asked.subscriptions.of(asked.jid, request.node)
    return pubsub_subscriptions_result(asked.iq.id, found, to=str(asked.jid), from_=asked.iq.to)


def _pubsub_set(asked: Asked) -> bytes:
    request = _pubsub_request(asked)
    if request is None or request.action not in (PubsubAction.SUBSCRIBE, PubsubAction.UNSUBSCRIBE):
        return asked.failed("feature-not-implemented" if request else "bad-request")
    try:
        jid = asked.meant(JID.parse(request.jid or ""))
    except BadJid:
        return asked.failed("jid-malformed")
    if jid.bare != asked.jid.bare:
        return asked.failed("bad-request", "invalid-jid")  # XEP-0060, 6.1.3.1: only for oneself
    if request.node is None or request.node not in asked.nodes:
        return asked.failed("item-not-found")
    if request.action is PubsubAction.UNSUBSCRIBE:
        is_over = asked.subscriptions.remove(request.node, jid)
        return asked.done() if is_over else asked.failed("unexpected-request", "not-subscribed")  # 6.2.3.2
    if not asked.subscriptions.add(request.node, jid):
        return asked.failed("resource-constraint")
    subscribed = Subscription(request.node, str(jid))
    return pubsub_subscribe_result(asked.iq.id, subscribed, to=str(asked.jid), from_=asked.iq.to)


def _pubsub_request(asked: Asked) -> PubsubRequest | None:
    return parse_pubsub_request(asked.iq.payload) if asked.iq.payload is not None else None


_Table = Mapping[tuple[str, str, str], Callable[[Asked], bytes]]

_OF_SERVER: _Table = {
    ("get", PING, "ping"): Asked.done,
    ("get", ROSTER, "query"): _roster,
    ("set", ROSTER, "query"): _roster_change,
    ("set", SESSION, "session"): _session,
    ("get", DISCO_INFO, "query"): _server_info,
    ("get", DISCO_ITEMS, "query"): _server_items,
}

_OF_PUBSUB: _Table = {
    ("get", PING, "ping"): Asked.done,
    ("get", DISCO_INFO, "query"): _pubsub_info,
    ("get", DISCO_ITEMS, "query"): _pubsub_items,
    ("get", PUBSUB, "pubsub"): _pubsub_get,
    ("set", PUBSUB, "pubsub"): _pubsub_set,
}
