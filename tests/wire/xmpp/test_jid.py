"""Addresses."""

import pytest
import slixmpp
from hypothesis import given
from hypothesis import strategies as st

from chaos.wire.xmpp import JID, BadJid


@pytest.mark.parametrize(
    ("text", "jid"),
    [
        ("1101@fin-a.lab.example/harness1", JID("1101", "fin-a.lab.example", "harness1")),
        ("1101@fin-a.lab.example", JID("1101", "fin-a.lab.example")),
        ("fin-a.lab.example", JID(None, "fin-a.lab.example")),
        ("fin-a.lab.example/x", JID(None, "fin-a.lab.example", "x")),
        ("A.Agent@FIN-A.lab.example/Desk@1/2", JID("a.agent", "fin-a.lab.example", "Desk@1/2")),
        ("1101@fin-a.lab.example.", JID("1101", "fin-a.lab.example")),
    ],
)
def test_an_address_is_read_and_its_first_two_parts_ignore_letter_case(text: str, jid: JID) -> None:
    assert JID.parse(text) == jid
    assert JID.parse(str(jid)) == jid


@pytest.mark.parametrize(
    "text",
    [
        *("", ".", "/", "@", "a@", "@b", "a@b/", "a b@c", "a@b@c", "a<b@c", "a'b@c", "a@b c", "a@b/\x00", "\n@b"),
        *("x" * 1024, "é" * 512 + "@b", "a@b/" + "x" * 1024),
    ],
)
def test_what_is_no_address_is_a_typed_error(text: str) -> None:
    with pytest.raises(BadJid, match="XMPP address"):
        JID.parse(text)


def test_bare_drops_the_resource() -> None:
    full = JID.parse("1101@fin-a.lab.example/harness1")
    assert not full.is_bare
    assert full.bare == JID("1101", "fin-a.lab.example")
    assert full.bare.is_bare
    assert str(full.bare) == "1101@fin-a.lab.example"


@given(st.text(max_size=40))
def test_any_text_is_an_address_or_a_typed_error(text: str) -> None:
    try:
        jid = JID.parse(text)
    except BadJid:
        return
    assert JID.parse(str(jid)) == jid


NAMES = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9._-]{0,10}[A-Za-z0-9]", fullmatch=True)

DOMAINS = st.from_regex(
    r"[A-Za-z][A-Za-z0-9]{0,8}(\.[A-Za-z]([A-Za-z0-9]{0,8}-)?[A-Za-z0-9]{1,8}){0,3}", fullmatch=True
)


@given(NAMES, DOMAINS, st.none() | NAMES)
def test_slixmpp_reads_our_addresses_as_we_do(local: str, domain: str, resource: str | None) -> None:
    ours = JID(local, domain, resource)
    theirs = slixmpp.JID(str(ours))
    assert (theirs.local, theirs.domain, theirs.resource) == (ours.local, ours.domain, ours.resource or "")
    assert theirs.bare == str(ours.bare)
