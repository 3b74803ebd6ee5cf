"""Streams of stanzas, however they are cut, and whatever is in them."""

import contextlib
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chaos.errors import PeerError
from chaos.wire.xml import serialise
from chaos.wire.xmpp import BadStream, Stanza, StanzaReader, StreamClosed, StreamOpened, parse_stanza

HEADER = (
    b"<?xml version='1.0' encoding='UTF-8'?><stream:stream xmlns='jabber:client' "
    b"xmlns:stream='http://etherx.jabber.org/streams' to='fin-a.lab.example' version='1.0' xml:lang='en'>"
)
OPENED = StreamOpened("fin-a.lab.example", None, None, "1.0", "en", "jabber:client")
BODY = (
    "<presence><priority>0</priority></presence> \n"
    "<iq type='get' id='p>1' to='fin-a.lab.example'><ping xmlns='urn:xmpp:ping'/></iq>"
    "<message><body>J\u00f6rg &lt;\u20ac&gt; <![CDATA[>]]></body></message>"
    "<x:odd xmlns:x='u:x' x:k=\"a'b\"/>"
).encode()
STREAM = HEADER + BODY + b"</stream:stream>"
SEEN = [
    OPENED,
    '<presence xmlns="jabber:client"><priority>0</priority></presence>',
    '<iq xmlns="jabber:client" type="get" id="p&gt;1" to="fin-a.lab.example"><ping xmlns="urn:xmpp:ping"/></iq>',
    '<message xmlns="jabber:client"><body>J\u00f6rg &lt;\u20ac&gt; &gt;</body></message>',
    '<odd xmlns="u:x" xmlns:a0="u:x" a0:k="a\'b"/>',
    StreamClosed(),
]
AUTH = b"<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>AHUAcA==</auth>"
STARTTLS = b"<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>"
LAUGHS = b'<!DOCTYPE l [<!ENTITY a "lol"><!ENTITY b "&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;">]>'


def seen(reader: StanzaReader, *chunks: bytes) -> list[object]:
    """What the chunks give, with stanzas as text so that they compare."""
    events = [event for chunk in chunks for event in reader.feed(chunk)]
    return [serialise(event.element) if isinstance(event, Stanza) else event for event in events]


def test_a_stream_read_whole_gives_each_stanza_in_order() -> None:
    assert seen(StanzaReader(), STREAM) == SEEN


def test_a_stream_cut_in_two_anywhere_gives_the_same() -> None:
    for cut in range(len(STREAM) + 1):
        assert seen(StanzaReader(), STREAM[:cut], STREAM[cut:]) == SEEN


def test_a_stream_that_comes_byte_by_byte_gives_the_same() -> None:
    assert seen(StanzaReader(), *(STREAM[n : n + 1] for n in range(len(STREAM)))) == SEEN


@given(st.lists(st.integers(0, len(STREAM)), max_size=12).map(sorted))
def test_a_stream_cut_into_any_pieces_gives_the_same(cuts: list[int]) -> None:
    edges = [0, *cuts, len(STREAM)]
    assert seen(StanzaReader(), *(STREAM[a:b] for a, b in pairwise(edges))) == SEEN


def test_a_stanza_is_there_with_its_last_byte_and_not_before() -> None:
    reader = StanzaReader()
    assert reader.feed(HEADER[:-1]) == []
    assert reader.feed(b">") == [OPENED]
    assert reader.feed(b"<iq><ping xmlns='urn:xmpp:ping'/></iq") == []
    (event,) = reader.feed(b">")
    assert isinstance(event, Stanza)
    assert (event.name, event.namespace) == ("iq", "jabber:client")


def test_a_truncated_stream_gives_what_was_complete_and_no_error() -> None:
    whole = len(HEADER) + BODY.index(b"<iq")
    assert seen(StanzaReader(), STREAM[: whole + 5]) == SEEN[:2]


def test_bytes_after_the_end_of_the_stream_are_not_looked_at() -> None:
    reader = StanzaReader()
    assert seen(reader, STREAM + b"<!DOCTYPE x>", b"\xff\xff") == SEEN
    assert reader.feed(b"<") == []


def test_the_header_says_who_opened_it_and_in_which_namespace() -> None:
    text = b'<s:stream xmlns:s="http://etherx.jabber.org/streams" xmlns="jabber:server" from="a" id="7">'
    assert StanzaReader().feed(b" \r\n" + text) == [StreamOpened(None, "a", "7", None, None, "jabber:server")]


def test_after_sasl_a_new_stream_is_read_by_the_same_reader() -> None:
    reader = StanzaReader()
    assert len(reader.feed(HEADER + AUTH)) == 2
    assert not reader.pending
    assert reader.restart() == []
    assert seen(reader, STREAM) == SEEN


@pytest.mark.parametrize("blanks", [b"", b" \n"])
def test_a_new_stream_pipelined_behind_sasl_waits_for_the_restart(blanks: bytes) -> None:
    for cut in range(1, len(HEADER)):
        reader = StanzaReader()
        assert len(reader.feed(HEADER + AUTH + blanks + HEADER[:cut])) == 2
        assert reader.pending
        events = reader.restart()
        assert not reader.pending
        assert [*events, *reader.feed(HEADER[cut:])] == [OPENED]


def test_after_a_refused_sasl_the_old_stream_goes_on() -> None:
    reader = StanzaReader()
    assert len(reader.feed(HEADER + AUTH + AUTH + b"<iq/>")) == 2
    assert len(reader.feed(b"")) == 1
    assert seen(reader, b"<presence/>") == ['<iq xmlns="jabber:client"/>', '<presence xmlns="jabber:client"/>']


def test_what_was_sent_in_clear_behind_starttls_is_dropped() -> None:
    reader = StanzaReader()
    reader.feed(HEADER + STARTTLS + b"<iq id='injected'/>")
    assert reader.restart(drop_pending=True) == []
    assert seen(reader, STREAM) == SEEN


@pytest.mark.parametrize(
    ("stream", "condition", "before"),
    [
        (LAUGHS + HEADER, "restricted-xml", 0),
        (b"<!DOCTYPE s SYSTEM 'file:///etc/hostname'>" + HEADER, "restricted-xml", 0),
        (HEADER + b"<iq/>" + LAUGHS + b"<iq>&c;</iq>", "not-well-formed", 2),
        (HEADER + b"<iq>&c;</iq>", "not-well-formed", 1),
        (HEADER + b"<iq/><!-- c -->", "restricted-xml", 2),
        (HEADER + b"<iq><?pi x?></iq>", "restricted-xml", 1),
        (b"<?xml version='1.0' encoding='ISO-8859-1'?>" + HEADER, "unsupported-encoding", 0),
        (b"<?xml version='1.0' encoding='UTF-16'?>" + HEADER, "unsupported-encoding", 0),
        (STREAM.decode().encode("utf-16"), "not-well-formed", 0),
        (STREAM.decode().encode("utf-16-le"), "not-well-formed", 0),
        (STREAM.decode().encode("utf-16-be"), "not-well-formed", 0),
        (STREAM.decode().encode("utf-32"), "not-well-formed", 0),
        (HEADER + b"<iq>\xff</iq>", "not-well-formed", 1),
        (HEADER + "<iq>ö</iq>".encode("latin-1"), "not-well-formed", 1),
        (HEADER + b"<iq></presence>", "not-well-formed", 1),
        (HEADER + b"<iq><x:y/></iq>", "not-well-formed", 1),
        (HEADER + b"<iq/>hello<iq/>", "bad-format", 2),
        (HEADER + b"<iq/>\x00", "not-well-formed", 2),
        (b"GET / HTTP/1.1\r\n\r\n<", "not-well-formed", 0),
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03>", "not-well-formed", 0),
        (b"<iq/>", "bad-format", 0),
        (b"<stream>", "invalid-namespace", 0),
        (b"<s:stream xmlns:s='jabber:client'>", "invalid-namespace", 0),
    ],
)
def test_what_cannot_be_read_names_the_stream_error_and_what_came_before(
    stream: bytes, condition: str, before: int
) -> None:
    reader = StanzaReader()
    with pytest.raises(BadStream) as caught:
        reader.feed(stream)
    assert caught.value.condition == condition
    assert len(caught.value.events) == before
    assert isinstance(caught.value, PeerError)
    with pytest.raises(BadStream) as again:
        reader.feed(HEADER)
    assert again.value.condition == condition
    assert again.value.events == ()


def fed(reader: StanzaReader, chunks: list[bytes]) -> int:
    """How many events the chunks give."""
    return sum(len(reader.feed(chunk)) for chunk in chunks)


@pytest.mark.parametrize("cut", range(1, len(LAUGHS)))
def test_an_entity_bomb_is_refused_however_it_is_cut(cut: int) -> None:
    stream = LAUGHS + HEADER
    with pytest.raises(BadStream, match="restricted-xml"):
        fed(StanzaReader(), [stream[:cut], stream[cut:]])


def test_depth_is_allowed_up_to_the_limit_and_not_one_deeper() -> None:
    reader = StanzaReader(max_depth=64)
    assert fed(reader, [HEADER, b"<a>" * 64 + b"</a>" * 64]) == 2
    with pytest.raises(BadStream, match="policy-violation"):
        reader.feed(b"<a>" * 65)


def test_a_stanza_is_allowed_up_to_the_limit_and_not_one_byte_more() -> None:
    reader = StanzaReader(max_stanza_bytes=1000)
    stanza = b"<iq>" + b"x" * 991 + b"</iq>"
    assert fed(reader, [HEADER, *([stanza] * 5), stanza * 5, b" " * 5000, stanza, b" " * 5000 + stanza]) == 13
    with pytest.raises(BadStream, match="policy-violation"):
        reader.feed(stanza.replace(b"xx", b"xxx", 1))


@pytest.mark.parametrize("endless", [b"<iq>x", b"<iq x='", b"<", b"<iq>" * 2, b"<!--", b"<iq><![CDATA["])
def test_a_stanza_that_never_ends_is_refused_before_it_fills_the_memory(endless: bytes) -> None:
    reader = StanzaReader(max_stanza_bytes=1000)
    reader.feed(HEADER)
    with pytest.raises(BadStream):
        fed(reader, [endless, *([b"y" * 100] * 11)])


def test_a_header_that_never_ends_is_refused() -> None:
    with pytest.raises(BadStream, match="policy-violation"):
        fed(StanzaReader(max_stanza_bytes=1000), [HEADER[:-1] + b" x='", *([b"y" * 100] * 11)])


@given(st.lists(st.binary(max_size=60), max_size=4), st.booleans())
def test_garbage_raises_nothing_but_bad_stream(chunks: list[bytes], with_header: bool) -> None:
    reader = StanzaReader()
    with contextlib.suppress(BadStream):
        fed(reader, [HEADER, *chunks] if with_header else chunks)


@given(st.integers(0, len(STREAM) - 1), st.integers(0, 255))
def test_a_spoilt_byte_gives_events_or_a_typed_error(position: int, value: int) -> None:
    spoilt = bytearray(STREAM)
    spoilt[position] = value
    with contextlib.suppress(BadStream):
        assert len(StanzaReader().feed(bytes(spoilt))) <= len(SEEN) + 3


def test_a_stanza_alone_counts_as_a_clients_without_a_namespace() -> None:
    assert serialise(parse_stanza("<iq><ping xmlns='urn:xmpp:ping'/><error/></iq>")) == (
        '<iq xmlns="jabber:client"><ping xmlns="urn:xmpp:ping"/><error/></iq>'
    )
    assert parse_stanza(b"<open xmlns='urn:ietf:params:xml:ns:xmpp-framing'/>").tag.endswith("framing}open")


@pytest.mark.parametrize(
    ("data", "condition"),
    [
        ("<iq>", "not-well-formed"),
        ("", "not-well-formed"),
        (b"<iq/><iq/>", "not-well-formed"),
        ("<!DOCTYPE x><iq/>", "restricted-xml"),
        ("<iq><!-- x --></iq>", "restricted-xml"),
        ("<iq>" + "x" * 2000 + "</iq>", "policy-violation"),
        ("<a>" * 65, "policy-violation"),
        ("<iq>\ud800</iq>", "not-well-formed"),
        ("<iq/>".encode("utf-16"), "not-well-formed"),
    ],
)
def test_a_bad_stanza_alone_names_the_stream_error(data: bytes | str, condition: str) -> None:
    with pytest.raises(BadStream) as caught:
        parse_stanza(data, max_bytes=1000)
    assert caught.value.condition == condition
