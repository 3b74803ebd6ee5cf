"""What a peer may send instead of a document, and that nothing of it is expanded, fetched or endless."""

import contextlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chaos.errors import PeerError
from chaos.wire.finesse import parse_document, parse_system_info
from chaos.wire.xml import (
    MAX_DEPTH,
    BadDocument,
    ElementBuilder,
    ForbiddenXml,
    ForeignEncoding,
    MalformedXml,
    WrongRoot,
    XmlTooLarge,
    escape_text,
    parse_xml,
    pretty,
    serialise,
)

LAUGHS = (
    '<?xml version="1.0"?><!DOCTYPE lolz [<!ENTITY lol "lol">'
    + "".join(f'<!ENTITY lol{n + 1} "{f"&lol{n or str()};" * 10}">' for n in range(9))
    + "]><User><state>&lol9;</state></User>"
)
EXTERNAL = '<!DOCTYPE User [<!ENTITY x SYSTEM "file://{path}">]><User><state>&x;</state></User>'
BOMBS = {
    "billion laughs": LAUGHS,
    "external entity": EXTERNAL.format(path="/etc/hostname"),
    "external subset": '<!DOCTYPE User SYSTEM "http://127.0.0.1:9/x.dtd"><User/>',
    "public subset": '<!DOCTYPE User PUBLIC "-//X//Y" "http://127.0.0.1:9/x.dtd"><User/>',
    "parameter entity": '<!DOCTYPE User [<!ENTITY % p SYSTEM "file:///etc/hostname"> %p;]><User/>',
    "harmless DOCTYPE": "<!DOCTYPE User><User/>",
    "quadratic blow-up": f'<!DOCTYPE User [<!ENTITY a "{"a" * 50000}">]><User>{"&a;" * 1000}</User>',
}


def fed(chunks: list[bytes]) -> ElementBuilder:
    """A builder that was given these chunks, one after the other."""
    builder = ElementBuilder()
    for chunk in chunks:
        builder.feed(chunk)
    return builder


@pytest.mark.parametrize("bomb", BOMBS.values(), ids=BOMBS.keys())
def test_a_doctype_is_refused_whatever_is_in_it(bomb: str) -> None:
    for data in (bomb, bomb.encode(), bomb.encode("utf-16")):
        with pytest.raises(ForbiddenXml, match="DOCTYPE"):
            parse_document(data)


@pytest.mark.parametrize("bomb", BOMBS.values(), ids=BOMBS.keys())
def test_a_doctype_is_refused_however_it_is_cut_into_chunks(bomb: str) -> None:
    raw = bomb.encode()[:400]
    for cut in range(1, len(raw)):
        with pytest.raises(ForbiddenXml, match="DOCTYPE"):
            fed([raw[:cut], raw[cut:]])
    with pytest.raises(ForbiddenXml, match="DOCTYPE"):
        fed([bytes([byte]) for byte in raw])


def test_a_refused_document_leaves_no_trace_of_a_file_it_named(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("do-not-read")
    with pytest.raises(BadDocument) as caught:
        parse_document(EXTERNAL.format(path=secret))
    assert "do-not-read" not in str(caught.value)


def test_an_entity_nobody_declared_is_malformed_and_the_five_of_xml_are_read() -> None:
    with pytest.raises(MalformedXml, match="undefined entity"):
        parse_document("<User>&nbsp;</User>")
    assert parse_xml("<a>&lt;&gt;&amp;&quot;&apos;&#65;&#x42;</a>").text == "<>&\"'AB"


def test_depth_is_allowed_up_to_the_limit_and_not_one_deeper() -> None:
    assert parse_xml("<a>" * MAX_DEPTH + "</a>" * MAX_DEPTH).tag == "a"
    with pytest.raises(XmlTooLarge, match="deeper than 64"):
        parse_xml("<a>" * (MAX_DEPTH + 1) + "</a>" * (MAX_DEPTH + 1))


def test_size_is_allowed_up_to_the_limit_and_not_one_byte_more() -> None:
    document = "<a>" + "x" * 93 + "</a>"
    assert parse_xml(document, max_bytes=100).text == "x" * 93
    with pytest.raises(XmlTooLarge, match="101 bytes"):
        parse_xml(document + " ", max_bytes=100)


@pytest.mark.parametrize(
    "data",
    [
        *(b"", b" ", "", b"not xml", b"<User>", b"<User></user>", b"<User/><User/>", b"<User/>x", b"\x00"),
        *(b"<\xff/>", "<a>\ud800</a>", b"<a>\x01</a>", b"<a b='1' b='2'/>", b"<x:a/>", b"<a>&#0;</a>"),
        b"\xfe\xff\x00<",
    ],
)
def test_what_is_not_well_formed_is_a_typed_error(data: bytes | str) -> None:
    with pytest.raises(MalformedXml):
        parse_document(data)


@pytest.mark.parametrize("encoding", ["zlib", "utf-7", "cp037", "x-nonsense", "unicode_escape", "idna"])
def test_an_encoding_that_no_finesse_sends_is_refused_by_name(encoding: str) -> None:
    with pytest.raises(ForeignEncoding, match=encoding):
        parse_document(f'<?xml version="1.0" encoding="{encoding}"?><User/>'.encode())


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "iso-8859-1", "windows-1252", "UTF-8"])
def test_usual_encodings_are_read_and_text_ignores_what_it_declares(encoding: str) -> None:
    text = f'<?xml version="1.0" encoding="{encoding}"?><a>Jörg</a>'
    assert parse_xml(text.encode(encoding)).text == "Jörg"
    assert parse_xml(text).text == "Jörg"


def test_another_root_is_named_in_the_error_and_all_errors_are_peer_errors() -> None:
    with pytest.raises(WrongRoot, match="<html> where <SystemInfo>"):
        parse_system_info("<html><body>502 Bad Gateway</body></html>")
    assert issubclass(BadDocument, PeerError)
    for error in (WrongRoot, MalformedXml, ForbiddenXml, ForeignEncoding, XmlTooLarge):
        assert issubclass(error, BadDocument)


def test_a_builder_that_failed_or_ended_takes_no_more_bytes() -> None:
    builder = ElementBuilder()
    with pytest.raises(ForbiddenXml):
        builder.feed(b"<!DOCTYPE a>")
    with pytest.raises(MalformedXml, match="start a new parser"):
        builder.feed(b"<a/>")


@given(st.one_of(st.binary(max_size=200), st.text(max_size=200)))
def test_garbage_raises_nothing_but_bad_document(data: bytes | str) -> None:
    with contextlib.suppress(BadDocument):
        parse_document(data)


def test_what_xml_cannot_hold_is_replaced_and_never_spoils_our_answer() -> None:
    assert escape_text("a\x00b\ud800c\ufffe") == "a\ufffdb\ufffdc\ufffd"
    assert parse_xml(f"<a>{escape_text(chr(0) + '<&>' + chr(13))}</a>").text == "\ufffd<&>\r"


def test_serialising_declares_default_namespaces_where_they_change_and_keeps_everything() -> None:
    text = '<a xmlns="u:1" k="&quot;&lt;&#10;&#9;"><b xmlns="u:2">t<c xmlns=""/>u</b>&amp;v</a>'
    assert serialise(parse_xml(text)) == text
    assert serialise(parse_xml(text), "u:1") == text.replace(' xmlns="u:1"', "")
    assert serialise(parse_xml('<a xml:lang="de" xmlns:p="u:9" p:q="1"/>')) == (
        '<a xml:lang="de" xmlns:a1="u:9" a1:q="1"/>'
    )


def test_pretty_tells_an_empty_text_from_an_empty_container() -> None:
    root = parse_xml("<a k='1'><b>x</b><c/><d/></a>")
    root[1].text = ""
    assert pretty(root) == '<a k="1">\n  <b>x</b>\n  <c></c>\n  <d/>\n</a>'


def test_of_an_endless_root_neither_children_nor_text_are_kept() -> None:
    closed: list[str] = []
    builder = ElementBuilder(keep=3, on_close=lambda element, depth: closed.append(f"{depth}{serialise(element)}"))
    for chunk in (b"<r>", b" \n", b"<a>t<b>u</b>v</a>", b" ", b"</r>"):
        builder.feed(chunk)
    assert closed == ["3<b>u</b>", "2<a>t<b>u</b>v</a>", "1<r/>"]
