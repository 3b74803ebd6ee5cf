"""A client's way to its session, from the literal elements of servers."""

from xml.etree.ElementTree import Element, fromstring

import pytest

from chaos.wire.xmpp import BadSignIn, SignIn

STREAMS = "xmlns:stream='http://etherx.jabber.org/streams'"
SASL = "xmlns='urn:ietf:params:xml:ns:xmpp-sasl'"
MECHANISMS = f"<mechanisms {SASL}><mechanism>SCRAM-SHA-1</mechanism><mechanism>PLAIN</mechanism></mechanisms>"
BIND = "<bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/>"
SESSION = "<session xmlns='urn:ietf:params:xml:ns:xmpp-session'/>"
OPTIONAL = "<session xmlns='urn:ietf:params:xml:ns:xmpp-session'><optional/></session>"
BOUND = (
    "<iq xmlns='jabber:client' type='result' id='bind'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'>"
    "<jid>1001@h/r</jid></bind></iq>"
)


def features(*inner: str) -> str:
    return f"<stream:features {STREAMS}>{''.join(inner)}</stream:features>"


def element(text: str) -> Element:
    return fromstring(text)


def played(*texts: str) -> tuple[SignIn, list[bytes]]:
    """What the client did: what it sent, and b"restart"."""
    sign_in, did = SignIn("1001", "pass", "r"), []
    for text in texts:
        step = sign_in.take(element(text))
        did += [b"restart"] if step.restart else []
        did += [step.send] if step.send is not None else []
    return sign_in, did


def test_a_client_signs_in_restarts_binds_and_is_done() -> None:
    sign_in, did = played(features(MECHANISMS), f"<success {SASL}/>", features(BIND, OPTIONAL), BOUND)
    auth, restart, bind = did
    assert b">ADEwMDEAcGFzcw==</auth>" in auth
    assert restart == b"restart"
    assert b"<resource>r</resource>" in bind
    assert (sign_in.is_done, sign_in.jid) == (True, "1001@h/r")


def test_a_server_that_wants_a_session_is_asked_for_one() -> None:
    begin = (features(MECHANISMS), f"<success {SASL}/>", features(BIND, SESSION), BOUND)
    sign_in, did = played(*begin)
    assert (sign_in.is_done, b'id="session"' in did[-1]) == (False, True)
    sign_in, _ = played(*begin, "<iq xmlns='jabber:client' type='result' id='session'/>")
    assert sign_in.is_done


def test_what_is_not_for_signing_in_changes_nothing() -> None:
    begin = (features(MECHANISMS), f"<success {SASL}/>", features(BIND))
    others = (
        "<message xmlns='jabber:client'/>",
        "<iq xmlns='jabber:client' type='result' id='7'/>",
        "<iq xmlns='jabber:client' type='get' id='bind'/>",
        f"<success {SASL}/>",
    )
    sign_in, did = played(*begin, *others)
    assert (sign_in.is_done, len(did)) == (False, 3)


@pytest.mark.parametrize(
    ("texts", "said"),
    [
        ([features(f"<mechanisms {SASL}><mechanism>SCRAM-SHA-1</mechanism></mechanisms>")], "no PLAIN"),
        ([features()], "no PLAIN among the mechanisms: none"),
        ([features(MECHANISMS), f"<failure {SASL}><not-authorized/></failure>"], "not let in: not-authorized"),
        ([features(MECHANISMS), f"<success {SASL}/>", features()], "no resource can be bound"),
        (
            [features(MECHANISMS), f"<success {SASL}/>", features(BIND), "<iq type='error' id='bind'/>"],
            "no bind",
        ),
        ([features(MECHANISMS), f"<success {SASL}/>", features(BIND), "<iq type='result' id='bind'/>"], "no JID"),
        (
            [
                f"<stream:error {STREAMS}><conflict xmlns='urn:ietf:params:xml:ns:xmpp-streams'/></stream:error>",
            ],
            "stream error conflict",
        ),
    ],
)
def test_who_is_not_let_in_is_told_why(texts: list[str], said: str) -> None:
    with pytest.raises(BadSignIn, match=said):
        played(*texts)
