"""The quick way through a plain document, beside the careful one: whatever it takes, both read alike."""

from xml.etree.ElementTree import Element

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chaos.wire.xml import MAX_DEPTH, BadDocument, ElementBuilder, XmlTooLarge, _parse_plain, parse_xml


def carefully(raw: bytes) -> Element | None:
    """The root as the builder makes it, which sees each token; None: it refuses."""
    roots: list[Element] = []
    builder = ElementBuilder(on_open=lambda element, depth: roots.append(element) if depth == 1 else None)
    try:
        builder.feed(raw)
        builder.close()
    except BadDocument:
        return None
    return roots[0]


def told(element: Element) -> object:
    """All there is of an element; the tail of the root is nothing's."""
    return element.tag, element.attrib, element.text, [(told(child), child.tail) for child in element]


PIECES = [
    '<?xml version="1.0" encoding="UTF-8"?>', '<?xml version="1.0" encoding="ISO-8859-1"?>', '<?xml version="1.0"?>',
    "<a>", "</a>", "<b c='d' e=\"&lt;\">", "</b>", "<f/>", "<x:g xmlns:x='u}v'/>", "<h xmlns='n' xml:lang='de'>",
    "</h>",
    " text ", "ä", "&amp;", "&#65;", "&#0;", "&none;", "\r\n", "<!-- c -->", "<![CDATA[d]]>", "<?pi?>", "<", "]]>",
    "<!DOCTYPE a [<!ENTITY none 'x'>]>",
]  # fmt: skip


@settings(max_examples=1000, deadline=None)
@given(st.lists(st.sampled_from(PIECES), max_size=9), st.sampled_from(["utf-8", "latin-1", "utf-16", "utf-16-le"]))
def test_a_plain_document_is_read_as_the_careful_parser_reads_it(pieces: list[str], encoding: str) -> None:
    for raw in ("".join(pieces).encode(encoding), "".join(["<a>", *pieces, "</a>"]).encode(encoding)):
        plain = _parse_plain(raw, MAX_DEPTH)
        if plain is not None:
            slow = carefully(raw)
            assert slow is not None
            assert told(plain) == told(slow)
            assert b"<!" not in raw


def test_most_of_what_finesse_sends_is_plain() -> None:
    for raw in (
        b"<User/>",
        b'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n<User><state>READY</state></User>',
    ):
        assert _parse_plain(raw, MAX_DEPTH) is not None


@pytest.mark.parametrize(
    "raw",
    [
        b"<!DOCTYPE a><a/>",
        b"<a><!-- c --></a>",
        b'<?xml version="1.0" encoding="windows-1252"?><a/>',
        "<a/>".encode("utf-16"),
        "<a/>".encode("utf-16-be"),
        b"\xef\xbb\xbf<a/>",
        b"<a>",
        b"<a>&none;</a>",
        b"",
        b"<a>" + b"x" * 70_000 + b"</a>",
    ],
)
def test_what_is_not_plain_is_left_to_the_careful_parser(raw: bytes) -> None:
    assert _parse_plain(raw, MAX_DEPTH) is None


@pytest.mark.parametrize("depth", [MAX_DEPTH, MAX_DEPTH + 1])
def test_both_count_levels_alike(depth: int) -> None:
    raw = b"<a>" * depth + b"</a>" * depth
    if depth > MAX_DEPTH:
        assert carefully(raw) is None
        with pytest.raises(XmlTooLarge):
            parse_xml(raw)
    else:
        slow = carefully(raw)
        assert slow is not None
        assert told(parse_xml(raw)) == told(slow)
