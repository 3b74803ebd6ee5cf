"""A client's side of BOSH: bodies as XEP-0124 prints them, a manager's answers, and both sides against each other."""

import pytest

from chaos.wire.xmpp import BadBosh, BoshClient, BoshStream, BoshTerms, parse_answer, parse_body, presence
from chaos.wire.xmpp.bosh_client import VERSION

MAX = 1 << 16
OPENED = (
    b"<body xmpp:version='1.0' authid='2' xmlns='http://jabber.org/protocol/httpbind' sid='af28' wait='20' ver='1.11' "
    b"polling='2' inactivity='30' hold='1' xmpp:restartlogic='true' requests='3' xmlns:xmpp='urn:xmpp:xbosh' "
    b"xmlns:stream='http://etherx.jabber.org/streams' from='h'><stream:features/></body>"
)


def test_the_first_request_asks_for_its_terms_and_the_answer_grants_them() -> None:
    client = BoshClient("h", rid=7, wait_s=30, hold=1)
    rid, body = client.opening()
    assert (rid, body) == (
        7,
        b'<body xmlns="http://jabber.org/protocol/httpbind" xmlns:xmpp="urn:xmpp:xbosh" rid="7" to="h" hold="1" '
        b'wait="30" ver="1.11" xml:lang="en" xmpp:version="1.0"/>',
    )
    client.opened(parse_answer(OPENED, max_bytes=MAX))
    assert client.granted is not None
    assert (client.granted.sid, client.granted.requests, client.granted.wait_s) == ("af28", 3, 20)


def test_requests_are_numbered_and_carry_the_sessions_id_and_stanzas_that_stand_alone() -> None:
    client = BoshClient("h", rid=7, wait_s=30)
    client.opening()
    client.opened(parse_answer(OPENED, max_bytes=MAX))
    assert client.body() == (8, b'<body xmlns="http://jabber.org/protocol/httpbind" rid="8" sid="af28"/>')
    rid, body = client.body(presence(priority=0), presence())
    assert (rid, body.count(b'<presence xmlns="jabber:client"')) == (9, 2)
    assert b'xmpp:restart="true"' in client.restart()[1]
    rid, last = client.terminate(presence(type="unavailable"))
    assert (rid, b'type="terminate"' in last, b'type="unavailable"' in last) == (11, True, True)


@pytest.mark.parametrize(
    ("data", "condition"),
    [
        (b"", "bad-request"),
        (b"<html><body/></html>", "bad-request"),
        (b"<body/>", "bad-request"),
        (b"<body xmlns='http://jabber.org/protocol/httpbind'", "bad-request"),
        (b"<body xmlns='http://jabber.org/protocol/httpbind' type='terminate'/>", ""),
        (
            b"<body xmlns='http://jabber.org/protocol/httpbind' type='terminate' condition='item-not-found'/>",
            "item-not-found",
        ),
        (b"<body xmlns='http://jabber.org/protocol/httpbind'>" + b"x" * MAX + b"</body>", "bad-request"),
    ],
)
def test_what_is_no_answer_and_what_ends_the_session_is_told(data: bytes, condition: str) -> None:
    with pytest.raises(BadBosh) as raised:
        parse_answer(data, max_bytes=MAX)
    assert raised.value.condition == condition


def test_stanzas_without_a_namespace_of_their_own_are_read_as_such() -> None:
    body = parse_answer(
        b"<body xmlns='http://jabber.org/protocol/httpbind'><message><body>hi</body></message></body>", max_bytes=MAX
    )
    assert [one.tag for one in body[0].iter()] == ["{jabber:client}message", "{jabber:client}body"]


@pytest.mark.parametrize("sid", ["", "sid=''"])
def test_a_first_answer_without_a_session_is_refused(sid: str) -> None:
    answer = parse_answer(f"<body xmlns='http://jabber.org/protocol/httpbind' {sid}/>".encode(), max_bytes=MAX)
    with pytest.raises(BadBosh):
        BoshClient("h", rid=1, wait_s=30).opened(answer)


@pytest.mark.parametrize("number", ["", "x", "-1", "1e3", "9" * 40])
def test_terms_that_are_no_numbers_are_as_if_they_were_not_there(number: str) -> None:
    client = BoshClient("h", rid=1, wait_s=30)
    given = f"sid='s' requests='{number}' wait='{number}'"
    client.opened(parse_answer(f"<body xmlns='http://jabber.org/protocol/httpbind' {given}/>".encode(), max_bytes=MAX))
    assert client.granted is not None
    assert (client.granted.requests, client.granted.wait_s) == (2, 30)


def test_our_managers_side_reads_what_our_clients_side_writes() -> None:
    client = BoshClient("h", rid=1, wait_s=30)
    first = parse_body(client.opening()[1], max_bytes=MAX)
    manager = BoshStream(first, "sid", BoshTerms())
    manager.receive(first, 0.0)
    manager.open_stream("h", "id")
    ((_, answer),) = manager.answers(0.0)
    client.opened(parse_answer(answer, max_bytes=MAX))
    again = parse_body(client.restart()[1], max_bytes=MAX)
    assert (again.restart, again.sid, again.rid) == (True, "sid", 2)
    assert parse_body(client.body(presence())[1], max_bytes=MAX).stanzas[0].tag == "{jabber:client}presence"
    assert parse_body(client.terminate()[1], max_bytes=MAX).terminate
    assert VERSION == "1.11"
