"""Stanzas as bytes, written out by hand, and what is read from them."""

import base64
from xml.etree.ElementTree import Element

import pytest

from chaos.wire import xmpp as x
from chaos.wire.finesse import SystemInfo, SystemStatus, Update, UpdateEvent, parse_update, write_update
from chaos.wire.xml import parse_xml

UPDATE = Update(
    UpdateEvent.PUT, "/finesse/api/SystemInfo", "", SystemInfo(SystemStatus.OUT_OF_SERVICE, current_timestamp=None)
)
# As captured from 12.5 in 2023, and from CCE in 2017.
PUSH = (
    '<message from="pubsub.fin-a.lab.example" to="1101@fin-a.lab.example" id="QM0FAiNp">'
    '<event xmlns="http://jabber.org/protocol/pubsub#event"><items node="/finesse/api/User/1101">'
    '<item id="7d1f0c52-5a8e-4f0e-9b1e-2f2f0e5a11c5301"><notification xmlns="urn:xmpp:push:0">'
    "&lt;Update&gt;a &amp;amp; b&lt;/Update&gt;</notification></item></items></event></message>"
)
PUBSUB = PUSH.replace("urn:xmpp:push:0", "http://jabber.org/protocol/pubsub")
SEEN = x.PubsubEvent("/finesse/api/User/1101", "7d1f0c52-5a8e-4f0e-9b1e-2f2f0e5a11c5301", "<Update>a &amp; b</Update>")


def read(*stanzas: bytes) -> list[Element]:
    """The elements, as the reader of a stream gives them."""
    events = x.StanzaReader().feed(x.stream_header("fin-a.lab.example", "1") + b"".join(stanzas))
    return [event.element for event in events if isinstance(event, x.Stanza)]


def payload(stanza: bytes) -> Element:
    """What an iq carries."""
    found = x.parse_iq(read(stanza)[0]).payload
    assert found is not None
    return found


def test_stream_headers_are_spelt_with_double_quotes_and_the_clients_namespace() -> None:
    assert x.stream_header("fin-a.lab.example", "4f2").decode() == (
        '<?xml version="1.0" encoding="UTF-8"?><stream:stream xmlns:stream="http://etherx.jabber.org/streams" '
        'xmlns="jabber:client" from="fin-a.lab.example" id="4f2" xml:lang="en" version="1.0">'
    )
    assert b' to="a&amp;b" version="1.0">' in x.stream_header(to="a&b", lang=None)
    assert x.STREAM_END == b"</stream:stream>"


def test_features_before_and_after_sasl() -> None:
    before = x.Features(mechanisms=("PLAIN",), starttls=True, starttls_required=True)
    assert x.features(before).decode() == (
        '<stream:features><starttls xmlns="urn:ietf:params:xml:ns:xmpp-tls"><required/></starttls>'
        '<mechanisms xmlns="urn:ietf:params:xml:ns:xmpp-sasl"><mechanism>PLAIN</mechanism></mechanisms>'
        "</stream:features>"
    )
    after = x.Features(bind=True, session=True, session_optional=True)
    assert x.stand_alone(x.features(after)).decode() == (
        '<stream:features xmlns:stream="http://etherx.jabber.org/streams">'
        '<bind xmlns="urn:ietf:params:xml:ns:xmpp-bind"/>'
        '<session xmlns="urn:ietf:params:xml:ns:xmpp-session"><optional/></session></stream:features>'
    )
    for offer in (before, after, x.Features(), x.Features(starttls=True, session=True)):
        assert x.parse_features(read(x.features(offer))[0]) == offer


@pytest.mark.parametrize(
    ("stanza", "text"),
    [
        (x.starttls(), '<starttls xmlns="urn:ietf:params:xml:ns:xmpp-tls"/>'),
        (x.tls_proceed(), '<proceed xmlns="urn:ietf:params:xml:ns:xmpp-tls"/>'),
        (x.sasl_challenge(), '<challenge xmlns="urn:ietf:params:xml:ns:xmpp-sasl"/>'),
        (x.sasl_success(), '<success xmlns="urn:ietf:params:xml:ns:xmpp-sasl"/>'),
        (x.sasl_failure(), '<failure xmlns="urn:ietf:params:xml:ns:xmpp-sasl"><not-authorized/></failure>'),
        (
            x.sasl_auth_plain("1101", "pä"),
            '<auth xmlns="urn:ietf:params:xml:ns:xmpp-sasl" mechanism="PLAIN">ADExMDEAcMOk</auth>',
        ),
        (x.bind_request("b"), '<iq type="set" id="b"><bind xmlns="urn:ietf:params:xml:ns:xmpp-bind"/></iq>'),
        (
            x.bind_request("b", "r"),
            '<iq type="set" id="b"><bind xmlns="urn:ietf:params:xml:ns:xmpp-bind"><resource>r</resource></bind></iq>',
        ),
        (
            x.bind_result("b", x.JID("1", "a", "r")),
            '<iq type="result" id="b"><bind xmlns="urn:ietf:params:xml:ns:xmpp-bind"><jid>1@a/r</jid></bind></iq>',
        ),
        (x.session_request("s"), '<iq type="set" id="s"><session xmlns="urn:ietf:params:xml:ns:xmpp-session"/></iq>'),
        (x.session_result("s", to="1@a/r"), '<iq type="result" id="s" to="1@a/r"/>'),
        (x.roster_request("r"), '<iq type="get" id="r"><query xmlns="jabber:iq:roster"/></iq>'),
        (
            x.roster_result("r", [x.RosterItem("finesse@a", name="f", groups=("g",))]),
            '<iq type="result" id="r"><query xmlns="jabber:iq:roster"><item jid="finesse@a" name="f" '
            'subscription="both"><group>g</group></item></query></iq>',
        ),
        (x.presence(priority=0), "<presence><priority>0</priority></presence>"),
        (
            x.presence(x.JID("finesse", "a", "x"), "1@a/r", "unavailable"),
            '<presence type="unavailable" from="finesse@a/x" to="1@a/r"/>',
        ),
        (x.ping_request("p", to="a"), '<iq type="get" id="p" to="a"><ping xmlns="urn:xmpp:ping"/></iq>'),
        (x.iq_result("p", from_="a", to="1@a/r"), '<iq type="result" id="p" from="a" to="1@a/r"/>'),
        (
            x.iq_error("q", "service-unavailable", text="no"),
            '<iq type="error" id="q"><error type="cancel"><service-unavailable '
            'xmlns="urn:ietf:params:xml:ns:xmpp-stanzas"/><text xmlns="urn:ietf:params:xml:ns:xmpp-stanzas">no</text>'
            "</error></iq>",
        ),
        (
            x.stream_error("conflict"),
            '<stream:error><conflict xmlns="urn:ietf:params:xml:ns:xmpp-streams"/></stream:error>',
        ),
        (
            x.disco_info_result("d", [x.Identity("pubsub", "leaf")], ["urn:xmpp:ping"], node="/n"),
            '<iq type="result" id="d"><query xmlns="http://jabber.org/protocol/disco#info" node="/n">'
            '<identity category="pubsub" type="leaf"/><feature var="urn:xmpp:ping"/></query></iq>',
        ),
        (
            x.disco_items_result("d", [x.DiscoItem("pubsub.a", "Pub")]),
            '<iq type="result" id="d"><query xmlns="http://jabber.org/protocol/disco#items">'
            '<item jid="pubsub.a" name="Pub"/></query></iq>',
        ),
        (
            x.pubsub_subscribe("s1", "pubsub.a", "/finesse/api/Team/5001/Users", "1101@a/r"),
            '<iq type="set" id="s1" to="pubsub.a"><pubsub xmlns="http://jabber.org/protocol/pubsub">'
            '<subscribe node="/finesse/api/Team/5001/Users" jid="1101@a/r"/></pubsub></iq>',
        ),
        (
            x.pubsub_subscribe_result("s1", x.Subscription("/n", "1@a", "7")),
            '<iq type="result" id="s1"><pubsub xmlns="http://jabber.org/protocol/pubsub">'
            '<subscription node="/n" jid="1@a" subid="7" subscription="subscribed"/></pubsub></iq>',
        ),
    ],
)
def test_a_stanza_is_spelt_so(stanza: bytes, text: str) -> None:
    assert stanza.decode() == text


def test_a_stanza_alone_declares_the_clients_namespace_itself() -> None:
    assert x.stand_alone(x.ping_request("p")).startswith(b'<iq xmlns="jabber:client" ')
    assert x.stand_alone(b"<presence/>") == b'<presence xmlns="jabber:client"/>'
    assert x.stand_alone(x.starttls()) == x.starttls()
    assert x.stand_alone(x.stream_error("conflict")).startswith(
        b'<stream:error xmlns:stream="http://etherx.jabber.org/streams"><conflict xmlns='
    )
    (element,) = read(x.ping_request("p"))
    assert x.write_stanza(element) == x.ping_request("p")


@pytest.mark.parametrize(("text", "name"), [(PUSH, x.NOTIFICATION_PUSH), (PUBSUB, x.NOTIFICATION_PUBSUB)])
def test_an_event_is_written_and_read_as_captured(text: str, name: str) -> None:
    item = "7d1f0c52-5a8e-4f0e-9b1e-2f2f0e5a11c5301"
    written = x.pubsub_event(
        "pubsub.fin-a.lab.example",
        x.JID("1101", "fin-a.lab.example"),
        "/finesse/api/User/1101",
        item,
        "<Update>a &amp; b</Update>",
        "QM0FAiNp",
        notification_namespace=name,
    )
    assert written.decode() == text
    assert x.parse_pubsub_event(read(written)[0]) == SEEN
    assert x.parse_pubsub_event(x.parse_stanza(text)) == SEEN


@pytest.mark.parametrize("namespace", ["", "u:anything", "jabber:client"])
def test_an_event_is_known_by_local_names_only(namespace: str) -> None:
    text = PUSH.replace("urn:xmpp:push:0", namespace).replace("http://jabber.org/protocol/pubsub#event", namespace)
    assert x.parse_pubsub_event(parse_xml(text)) == SEEN


def test_an_update_goes_through_a_notification_unharmed() -> None:
    (message,) = read(x.pubsub_event("pubsub.a", "1@a", "/finesse/api/SystemInfo", "i", write_update(UPDATE), "m"))
    event = x.parse_pubsub_event(message)
    assert event is not None
    assert event.payload_text.encode() == write_update(UPDATE)
    assert parse_update(event.payload_text) == UPDATE


def test_several_items_are_all_read_and_an_unescaped_payload_too() -> None:
    text = (
        "<message><event><items node='n'><item id='1'><notification>\n a \n</notification></item><item/>"
        "<item id='2'><notification xmlns='u:n'> <Update><data/></Update> </notification></item></items>"
        "</event></message>"
    )
    first, second = x.parse_pubsub_events(parse_xml(text))
    assert first == x.PubsubEvent("n", "1", "a")
    assert (second.item_id, parse_update(second.payload_text)) == ("2", Update(None, None, None, None))


@pytest.mark.parametrize("text", ["<message/>", "<message><body>x</body></message>", "<message><event/></message>"])
def test_a_message_without_items_is_no_event(text: str) -> None:
    assert x.parse_pubsub_event(parse_xml(text)) is None


@pytest.mark.parametrize(
    ("raw", "parts"),
    [
        (b"\x001101\0secret", ("", "1101", "secret")),
        (b"1@a\x001101\0", ("1@a", "1101", "")),
        ("\0j\u00f6rg\0p\u00e4".encode(), ("", "j\u00f6rg", "p\u00e4")),
    ],
)
def test_sasl_plain_is_read(raw: bytes, parts: tuple[str, str, str]) -> None:
    assert x.parse_sasl_plain(base64.b64encode(raw).decode()) == parts
    assert x.parse_sasl_plain("\n " + base64.b64encode(raw).decode() + " ") == parts
    assert x.parse_sasl_plain(read(x.sasl_auth_plain(parts[1], parts[2], parts[0]))[0].text) == parts


@pytest.mark.parametrize(
    ("text", "condition"),
    [
        (None, "malformed-request"),
        ("", "malformed-request"),
        ("=", "incorrect-encoding"),
        ("????", "incorrect-encoding"),
        ("AHVzZXI", "incorrect-encoding"),
        ("\u00e9", "incorrect-encoding"),
        (base64.b64encode(b"user\0secret").decode(), "malformed-request"),
        (base64.b64encode(b"\0\0secret").decode(), "malformed-request"),
        (base64.b64encode(b"\0u\0secret\0x").decode(), "malformed-request"),
        (base64.b64encode(b"\0u\0secret\xff").decode(), "malformed-request"),
    ],
)
def test_sasl_that_is_not_plain_is_a_typed_error_that_keeps_the_secret(text: str | None, condition: str) -> None:
    with pytest.raises(x.BadSasl) as caught:
        x.parse_sasl_plain(text)
    assert caught.value.condition == condition
    assert "secret" not in str(caught.value)


def test_an_iq_is_read_with_what_it_asks() -> None:
    iq = x.parse_iq(read(x.ping_request("p", to="a", from_="1@a/r"))[0])
    assert (iq.kind, iq.id, iq.to, iq.from_, iq.error) == ("get", "p", "a", "1@a/r", None)
    assert iq.asks == (x.PING, "ping")
    assert x.parse_iq(read(b"<iq/>")[0]) == x.Iq(None, None, None, None, None)
    assert x.Iq(None, None, None, None, None).asks == ("", "")


def test_the_condition_of_a_refusal_is_read() -> None:
    (bare, whole, odd) = read(
        x.iq_error("1", "item-not-found"),
        x.iq_error("2", "forbidden", text="no", payload=x.make(x.PING, "ping")),
        b"<iq type='error'><error><text>x</text></error></iq>",
    )
    assert x.parse_iq(bare).error == "item-not-found"
    assert x.parse_iq(bare).payload is None
    assert (x.parse_iq(whole).error, x.parse_iq(whole).asks) == ("forbidden", (x.PING, "ping"))
    assert x.parse_iq(odd).error == "undefined-condition"
    failure, error = read(x.sasl_failure("account-disabled"), x.stream_error("conflict", "again"))
    assert x.parse_error_condition(failure) == "account-disabled"
    assert x.parse_error_condition(error) == "conflict"


def test_another_stanza_than_expected_is_a_typed_error() -> None:
    with pytest.raises(x.BadStanza, match="<presence> where an iq"):
        x.parse_iq(parse_xml("<presence/>"))
    with pytest.raises(x.BadStanza, match="<iq> where a presence"):
        x.parse_presence(parse_xml("<iq/>"))


@pytest.mark.parametrize(
    ("stanza", "presence"),
    [
        (x.presence(priority=-5, show="away", status="x"), x.Presence(None, None, None, -5, "away", "x")),
        (x.presence("finesse@a", "1@a", "unavailable"), x.Presence("finesse@a", "1@a", "unavailable")),
        (b"<presence type=''><priority>high</priority></presence>", x.Presence(None, None)),
        (b"<presence><priority>128</priority></presence>", x.Presence(None, None)),
    ],
)
def test_a_presence_is_read(stanza: bytes, presence: x.Presence) -> None:
    assert x.parse_presence(read(stanza)[0]) == presence
    assert presence.is_available is (presence.kind is None)


def test_answers_are_read_back() -> None:
    items = (x.RosterItem("finesse@a", "both", "f", ("g", "h")), x.RosterItem("b@a", "none"))
    assert x.parse_roster(payload(x.roster_result("1", items))) == items
    info = ((x.Identity("server", "im", "n"),), ("urn:xmpp:ping",))
    assert x.parse_disco_info(payload(x.disco_info_result("1", *info))) == info
    listed = (x.DiscoItem("pubsub.a", "n", "/x"), x.DiscoItem("b"))
    assert x.parse_disco_items(payload(x.disco_items_result("1", listed))) == listed
    subscriptions = (x.Subscription("/n", "1@a", "7"), x.Subscription("/m", "1@a/r", None, "pending"))
    assert x.parse_pubsub_subscriptions(payload(x.pubsub_subscriptions_result("1", subscriptions))) == subscriptions
    assert x.bound_jid(payload(x.bind_result("1", "1@a/r"))) == "1@a/r"


def test_requests_are_read_back() -> None:
    assert x.requested_resource(payload(x.bind_request("1", "r"))) == "r"
    assert x.requested_resource(payload(x.bind_request("1"))) is None
    assert x.parse_pubsub_request(payload(x.pubsub_subscribe("1", "p", "/n", "1@a/r"))) == x.PubsubRequest(
        x.PubsubAction.SUBSCRIBE, "/n", "1@a/r"
    )
    assert x.parse_pubsub_request(payload(x.pubsub_unsubscribe("1", "p", "/n", "1@a/r", "7"))) == x.PubsubRequest(
        x.PubsubAction.UNSUBSCRIBE, "/n", "1@a/r", "7"
    )
    assert x.parse_pubsub_request(payload(x.pubsub_subscriptions_request("1", "p"))) == x.PubsubRequest(
        x.PubsubAction.SUBSCRIPTIONS
    )
    assert x.parse_pubsub_request(parse_xml("<pubsub><create node='n'/></pubsub>")) == x.PubsubRequest("create", "n")
    assert x.parse_pubsub_request(parse_xml("<pubsub/>")) is None
    assert payload(x.disco_info_request("1", "a", "/n")).get("node") == "/n"
    assert x.parse_iq(read(x.disco_items_request("1", "a"))[0]).asks == (x.DISCO_ITEMS, "query")


def test_quotes_and_signs_in_values_do_not_break_out() -> None:
    nasty = "\"'<&>\n\t]]>"
    (element,) = read(x.pubsub_event(nasty, nasty, nasty, nasty, "x" + nasty + "x", nasty))
    assert element.get("from") == nasty
    assert x.parse_pubsub_event(element) == x.PubsubEvent(nasty, nasty, "x" + nasty + "x")
