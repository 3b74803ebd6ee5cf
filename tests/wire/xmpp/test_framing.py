"""Frames of RFC 7395, by literal text."""

import pytest

from chaos.wire import xmpp as x

OPEN = '<open xmlns="urn:ietf:params:xml:ns:xmpp-framing" to="any.example" version="1.0" xml:lang="de"/>'


def test_open_and_close_are_the_streams_beginning_and_end() -> None:
    assert x.parse_frame(OPEN, max_bytes=999) == x.StreamOpened("any.example", None, None, "1.0", "de", x.CLIENT)
    assert x.parse_frame('<close xmlns="urn:ietf:params:xml:ns:xmpp-framing"/>', max_bytes=999) == x.StreamClosed()
    assert x.FRAME_CLOSE == b'<close xmlns="urn:ietf:params:xml:ns:xmpp-framing"/>'
    assert x.frame_open(from_="fin-a", id="7", to='a"b').decode() == (
        '<open xmlns="urn:ietf:params:xml:ns:xmpp-framing" to="a&quot;b" from="fin-a" id="7" xml:lang="en" '
        'version="1.0"/>'
    )


@pytest.mark.parametrize("declared", ["", ' xmlns="jabber:client"'])
def test_a_stanza_that_declares_no_namespace_is_a_clients(declared: str) -> None:
    found = x.parse_frame(f"<presence{declared}><priority>1</priority></presence>", max_bytes=999)
    assert isinstance(found, x.Stanza)
    assert (found.namespace, found.name) == (x.CLIENT, "presence")
    assert x.parse_presence(found.element).priority == 1


@pytest.mark.parametrize(
    ("text", "condition"),
    [
        ("<stream:stream xmlns:stream='http://etherx.jabber.org/streams'>", "not-well-formed"),
        ("<iq/><iq/>", "not-well-formed"),
        ("<open", "not-well-formed"),
        (OPEN.replace("<open", "<odd"), "bad-format"),
        ("<iq>" + "x" * 999 + "</iq>", "policy-violation"),
        ("<!DOCTYPE iq><iq/>", "restricted-xml"),
    ],
)
def test_what_is_no_frame_names_its_stream_error(text: str, condition: str) -> None:
    with pytest.raises(x.BadStream) as caught:
        x.parse_frame(text, max_bytes=999)
    assert caught.value.condition == condition
