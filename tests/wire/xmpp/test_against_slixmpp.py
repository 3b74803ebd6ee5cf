"""The same stanzas in the eyes of slixmpp, which we did not write: its stanza classes, and its client on a socket."""

import asyncio
import ssl
from collections.abc import Awaitable, Callable
from typing import Any
from xml.etree.ElementTree import Element, XMLPullParser

import pytest
import slixmpp
from slixmpp.features.feature_bind.stanza import Bind
from slixmpp.features.feature_mechanisms.stanza import Failure, Mechanisms
from slixmpp.features.feature_session.stanza import Session
from slixmpp.features.feature_starttls.stanza import STARTTLS
from slixmpp.plugins.xep_0030.stanza.info import DiscoInfo
from slixmpp.plugins.xep_0030.stanza.items import DiscoItems
from slixmpp.plugins.xep_0060 import stanza as pubsub
from slixmpp.plugins.xep_0199.stanza import Ping
from slixmpp.stanza import StreamError, StreamFeatures
from slixmpp.stanza.roster import Roster
from slixmpp.xmlstream import register_stanza_plugin
from slixmpp.xmlstream.tostring import tostring

from chaos import clock
from chaos.wire import xmpp as x

for parent, child in (
    (StreamFeatures, Mechanisms),
    (StreamFeatures, Bind),
    (StreamFeatures, Session),
    (StreamFeatures, STARTTLS),
    (slixmpp.Iq, Bind),
    (slixmpp.Iq, Roster),
    (slixmpp.Iq, DiscoInfo),
    (slixmpp.Iq, DiscoItems),
    (slixmpp.Iq, Ping),
    (slixmpp.Iq, pubsub.Pubsub),
):
    register_stanza_plugin(parent, child)


def parsed(stanza: bytes) -> Any:
    """The stanza out of a stream of ours by the parser that slixmpp uses, ElementTree's."""
    parser: Any = XMLPullParser(("end",))
    parser.feed(x.stream_header("fin-a.lab.example", "1") + stanza + x.STREAM_END)
    parser.close()
    elements = [element for _, element in parser.read_events()]
    return elements[-2]


def as_theirs(cls: Any, stanza: bytes) -> Any:
    """The stanza in one of slixmpp's classes."""
    return cls(xml=parsed(stanza))


def read(text: str) -> Element:
    """A stanza of slixmpp's as our reader gives it."""
    stanza = x.StanzaReader().feed(x.stream_header() + text.encode())[-1]
    assert isinstance(stanza, x.Stanza)
    return stanza.element


def test_features() -> None:
    offer = x.Features(mechanisms=("PLAIN",), starttls=True, starttls_required=True, bind=True, session=True)
    theirs = as_theirs(StreamFeatures, x.features(offer))
    assert list(theirs["mechanisms"]) == ["PLAIN"]
    assert set(theirs["features"]) == {"mechanisms", "starttls", "bind", "session"}
    after = as_theirs(StreamFeatures, x.features(x.Features(session=True, session_optional=True)))
    assert after["session"]["optional"]


def test_bind_roster_and_ping() -> None:
    bound = as_theirs(slixmpp.Iq, x.bind_result("b", x.JID("1101", "fin-a", "r")))
    assert (bound["type"], bound["id"], bound["bind"]["jid"]) == ("result", "b", "1101@fin-a/r")
    item = x.RosterItem("finesse@fin-a", "to", "Finesse", ("g",))
    roster = as_theirs(slixmpp.Iq, x.roster_result("r", [item], to="1101@fin-a/r"))
    assert roster["to"] == slixmpp.JID("1101@fin-a/r")
    ((jid, entry),) = roster["roster"]["items"].items()
    assert (jid, entry["subscription"], entry["name"], entry["groups"]) == ("finesse@fin-a", "to", "Finesse", ["g"])
    ping = as_theirs(slixmpp.Iq, x.ping_request("p", to="fin-a"))
    assert (ping["type"], ping["to"]) == ("get", "fin-a")
    assert ping.get_plugin("ping", check=True) is not None


@pytest.mark.parametrize(
    ("kind", "is_type"), [(None, "available"), ("unavailable", "unavailable"), ("subscribed", "subscribed")]
)
def test_presence(kind: str | None, is_type: str) -> None:
    theirs = as_theirs(slixmpp.Presence, x.presence("finesse@fin-a/x", "1101@fin-a/r", kind, priority=0, status="&"))
    assert (theirs["type"], theirs["from"], theirs["status"]) == (is_type, slixmpp.JID("finesse@fin-a/x"), "&")
    assert theirs["priority"] == 0


@pytest.mark.parametrize("name", [x.NOTIFICATION_PUSH, x.NOTIFICATION_PUBSUB])
def test_pubsub_event(name: str) -> None:
    update = '<Update>\n  <data>a &amp; "b"</data>\n</Update>'
    stanza = x.pubsub_event("pubsub.a", "1@a", "/finesse/api/User/1", "i1", update, "m1", notification_namespace=name)
    theirs = as_theirs(slixmpp.Message, stanza)
    assert (theirs["from"], theirs["to"], theirs["id"]) == ("pubsub.a", "1@a", "m1")
    items = theirs["pubsub_event"]["items"]
    assert items["node"] == "/finesse/api/User/1"
    assert items["item"]["id"] == "i1"
    assert items["item"]["payload"].text == update
    assert x.parse_pubsub_event(theirs.xml) == x.PubsubEvent("/finesse/api/User/1", "i1", update)


def test_pubsub_requests_of_slixmpp_are_read() -> None:
    iq: Any = slixmpp.Iq()  # type: ignore[no-untyped-call]
    iq["type"], iq["id"], iq["to"] = "set", "s", "pubsub.a"
    iq["pubsub"]["subscribe"]["node"] = "/n"
    iq["pubsub"]["subscribe"]["jid"] = "1@a/r"
    ours = x.parse_iq(read(str(iq)))
    assert (ours.kind, ours.to, ours.asks) == ("set", "pubsub.a", (x.PUBSUB, "pubsub"))
    assert ours.payload is not None
    assert x.parse_pubsub_request(ours.payload) == x.PubsubRequest(x.PubsubAction.SUBSCRIBE, "/n", "1@a/r")
    answer = as_theirs(slixmpp.Iq, x.pubsub_subscribe_result("s", x.Subscription("/n", "1@a/r", "7")))
    found = answer["pubsub"]["subscription"]
    assert (found["node"], found["jid"], found["subid"], found["subscription"]) == ("/n", "1@a/r", "7", "subscribed")


def test_disco() -> None:
    stanza = x.disco_info_result("d", [x.Identity("pubsub", "leaf", "n")], ["urn:xmpp:ping"], node="/n", from_="p.a")
    info = as_theirs(slixmpp.Iq, stanza)["disco_info"]
    assert info["node"] == "/n"
    assert info["identities"] == {("pubsub", "leaf", None, "n")}
    assert info["features"] == {"urn:xmpp:ping"}
    items = as_theirs(slixmpp.Iq, x.disco_items_result("d", [x.DiscoItem("pubsub.a", "P", "/n")]))["disco_items"]
    assert items["items"] == {(slixmpp.JID("pubsub.a"), "/n", "P")}


def test_errors() -> None:
    refused = as_theirs(slixmpp.Iq, x.iq_error("q", "forbidden", to="1@a", text="no"))
    assert (refused["type"], refused["error"]["condition"], refused["error"]["type"]) == ("error", "forbidden", "auth")
    assert refused["error"]["text"] == "no"
    ended = as_theirs(StreamError, x.stream_error("conflict", "again"))
    assert (ended["condition"], ended["text"]) == ("conflict", "again")
    assert as_theirs(Failure, x.sasl_failure("not-authorized"))["condition"] == "not-authorized"


def test_what_slixmpp_writes_is_read_by_us_as_it_meant_it() -> None:
    theirs = slixmpp.Presence()
    theirs["to"], theirs["type"], theirs["priority"], theirs["status"] = "a@b/c", "unavailable", 5, '<&">\u20ac'
    assert x.parse_presence(read(str(theirs))) == x.Presence(None, "a@b/c", "unavailable", 5, None, '<&">\u20ac')
    again = x.write_stanza(read(tostring(theirs.xml, xmlns="jabber:client")))
    assert x.parse_presence(read(again.decode())) == x.parse_presence(read(str(theirs)))


DOMAIN = "fin-a.lab.example"
NODE = "/finesse/api/User/1101"


class TinyServer:
    """Just enough of a server to let a client in and push one event, on our codec; the peer is slixmpp."""

    def __init__(self, password: str) -> None:
        self.password = password
        self.asked: list[tuple[str, str]] = []

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        stanzas, signed_in = x.StanzaReader(), False
        while data := await reader.read(4096):
            events = stanzas.feed(data)
            while events:
                event = events.pop(0)
                if isinstance(event, x.StreamOpened):
                    writer.write(x.stream_header(DOMAIN, "id1"))
                    writer.write(x.features(x.Features(bind=True) if signed_in else x.Features(mechanisms=("PLAIN",))))
                elif isinstance(event, x.StreamClosed):
                    writer.write(x.STREAM_END)
                elif event.name == "auth":
                    signed_in = x.parse_sasl_plain(event.element.text)[1:] == ("1101", self.password)
                    writer.write(x.sasl_success() if signed_in else x.sasl_failure())
                    events = stanzas.restart() if signed_in else events
                else:
                    writer.write(self.answer(event.element))
        writer.close()

    def answer(self, element: Element) -> bytes:
        if element.tag.endswith("}presence"):
            update = "<Update><event>PUT</event></Update>"
            return x.presence(f"finesse@{DOMAIN}/x", f"1101@{DOMAIN}/r") + x.pubsub_event(
                f"pubsub.{DOMAIN}", f"1101@{DOMAIN}", NODE, "i1", update, "m1"
            )
        iq = x.parse_iq(element)
        self.asked.append(iq.asks)
        if iq.asks == (x.BIND, "bind") and iq.payload is not None:
            return x.bind_result(iq.id, x.JID("1101", DOMAIN, x.requested_resource(iq.payload)))
        if iq.asks == (x.ROSTER, "query"):
            return x.roster_result(iq.id, [x.RosterItem(f"finesse@{DOMAIN}", "to")])
        if iq.asks == (x.PING, "ping"):
            return x.iq_result(iq.id, from_=iq.to, to=iq.from_)
        return x.iq_error(iq.id, "service-unavailable", from_=iq.to, to=iq.from_)


async def with_client(server: TinyServer, password: str, use: Callable[[slixmpp.ClientXMPP], Awaitable[None]]) -> None:
    """Connect slixmpp's client to the server on a loopback socket, use it, and leave nothing running."""
    listener = await asyncio.start_server(server.serve, "127.0.0.1", 0)
    port = listener.sockets[0].getsockname()[1]
    client = slixmpp.ClientXMPP(
        f"1101@{DOMAIN}/r", password, sasl_mech="PLAIN", ssl_context=ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT),
        plugin_config={"feature_mechanisms": {"unencrypted_plain": True}},
    )  # fmt: skip
    client.enable_starttls = client.enable_direct_tls = False
    client.enable_plaintext = True
    for plugin in ("xep_0060", "xep_0199"):
        client.register_plugin(plugin)
    try:
        async with asyncio.timeout(20):
            client.connect("127.0.0.1", port)
            await use(client)
    finally:
        gone = client.wait_until("disconnected", timeout=5) if client.transport else None
        client.abort()
        if gone is not None:
            await gone
        client.cancel_connection_attempt()
        filters = client._run_out_filters
        if filters is not None:
            filters.cancel()
            await asyncio.gather(filters, return_exceptions=True)
        listener.close()
        await listener.wait_closed()


def test_slixmpps_client_signs_in_and_receives_an_event() -> None:
    server = TinyServer("s3cret")

    async def use(client: slixmpp.ClientXMPP) -> None:
        events: asyncio.Queue[x.PubsubEvent | None] = asyncio.Queue()
        seen: asyncio.Queue[str] = asyncio.Queue()
        client.add_event_handler("pubsub_publish", lambda message: events.put_nowait(x.parse_pubsub_event(message.xml)))
        client.add_event_handler("presence_available", lambda presence: seen.put_nowait(str(presence["from"])))
        await client.wait_until("session_start", timeout=15)
        assert str(client.boundjid) == f"1101@{DOMAIN}/r"
        await client.get_roster()
        client.send_presence(ppriority=0)
        assert await seen.get() == f"finesse@{DOMAIN}/x"
        event = await events.get()
        assert event == x.PubsubEvent(NODE, "i1", "<Update><event>PUT</event></Update>")
        assert await client.plugin["xep_0199"].ping(slixmpp.JID(DOMAIN), timeout=10) >= 0
        subscribe: Any = client.plugin["xep_0060"].subscribe
        with pytest.raises(slixmpp.exceptions.IqError) as refused:
            await subscribe(f"pubsub.{DOMAIN}", NODE, timeout=10)
        assert refused.value.condition == "service-unavailable"

    clock.run(with_client(server, "s3cret", use), virtual=False)
    assert {(x.BIND, "bind"), (x.ROSTER, "query"), (x.PING, "ping"), (x.PUBSUB, "pubsub")} <= set(server.asked)


def test_slixmpps_client_is_told_of_a_wrong_password() -> None:
    async def use(client: slixmpp.ClientXMPP) -> None:
        failure = await client.wait_until("failed_auth", timeout=15)
        assert failure["condition"] == "not-authorized"

    clock.run(with_client(TinyServer("s3cret"), "wrong", use), virtual=False)
