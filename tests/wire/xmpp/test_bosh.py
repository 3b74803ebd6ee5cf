"""The BOSH codec, by literal bodies: numbers, windows, resends, holding, pauses and ends (XEP-0124, XEP-0206)."""

from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chaos.wire import xmpp as x

OPEN = (
    b"<body xmlns='http://jabber.org/protocol/httpbind' xmlns:xmpp='urn:xmpp:xbosh' rid='100' to='any.example' "
    b"hold='1' wait='60' ver='1.6' xmpp:version='1.0' xml:lang='en'/>"
)


def body(text: str, *, max_bytes: int = 4096) -> x.BoshBody:
    return x.parse_body(f"<body xmlns='{x.BOSH}' xmlns:xmpp='urn:xmpp:xbosh' {text}".encode(), max_bytes=max_bytes)


@dataclass
class Played:
    """A session and what was answered, by number."""

    stream: x.BoshStream
    now_s: float = 0.0
    answers: list[tuple[int, str]] = field(default_factory=list)
    seen: list[str] = field(default_factory=list)

    @classmethod
    def opened(cls, text: str = "hold='1' wait='60' ver='1.6'", **terms: Any) -> "Played":
        first = body(f"rid='100' to='a' {text}/>")
        played = cls(x.BoshStream(first, "s1", x.BoshTerms(**terms)))
        played.take(first)
        return played

    def take(self, one: x.BoshBody) -> None:
        for event in self.stream.receive(one, self.now_s):
            self.seen.append(event.name if isinstance(event, x.Stanza) else type(event).__name__)
            if isinstance(event, x.StreamOpened):
                self.stream.open_stream("fin-a", "id1")
                self.stream.send(b"<stream:features></stream:features>")
        self.look()

    def ask(self, rid: int, inner: str = "", **attributes: str) -> None:
        given = "".join(f" {name.replace('_', ':')}='{value}'" for name, value in attributes.items())
        self.take(body(f"rid='{rid}' sid='s1'{given}>{inner}</body>"))

    def say(self, *stanzas: bytes) -> None:
        for stanza in stanzas:
            self.stream.send(stanza)
        self.look()

    def after(self, seconds: float) -> None:
        self.now_s += seconds
        self.look()

    def look(self) -> None:
        self.answers += [(rid, answer.decode()) for rid, answer in self.stream.answers(self.now_s)]

    @property
    def rids(self) -> list[int]:
        return [rid for rid, _ in self.answers]


def test_the_first_answer_grants_the_terms_and_brings_the_features() -> None:
    first = x.parse_body(OPEN, max_bytes=4096)
    assert first == x.BoshBody(
        rid=100, to="any.example", lang="en", hold=1, wait_s=60, version=(1, 6), xmpp_version="1.0"
    )
    stream = x.BoshStream(first, "s1", x.BoshTerms())
    assert stream.receive(first, 0.0) == [x.StreamOpened("any.example", None, None, "1.0", "en", x.CLIENT)]
    stream.open_stream("fin-a.lab.example", "4f2")
    stream.send(b"<stream:features></stream:features>")
    assert list(stream.answers(0.0)) == [
        (
            100,
            b'<body xmlns="http://jabber.org/protocol/httpbind" xmlns:xmpp="urn:xmpp:xbosh" '
            b'xmlns:stream="http://etherx.jabber.org/streams" from="fin-a.lab.example" authid="4f2" sid="s1" wait="60" '
            b'hold="1" requests="2" inactivity="30" polling="5" maxpause="120" ver="1.6" charsets="UTF-8" '
            b'xmpp:version="1.0" xmpp:restartlogic="true">'
            b'<stream:features xmlns:stream="http://etherx.jabber.org/streams"></stream:features></body>',
        )
    ]


@pytest.mark.parametrize(
    ("asked", "granted"),
    [
        ("ver='1.6'", 'ver="1.6"'),
        ("ver='1.10'", 'ver="1.10"'),
        ("ver='1.11'", 'ver="1.11"'),
        ("ver='1.12'", 'ver="1.11"'),
        ("ver='2.0'", 'ver="1.11"'),
        ("", 'ver="1.11"'),
        ("hold='2'", 'hold="2" requests="3"'),
        ("hold='7'", 'hold="2" requests="3"'),
        ("hold='0'", 'hold="0" requests="1"'),
        ("", 'hold="1" requests="2"'),
        ("wait='30'", 'wait="30"'),
        ("wait='86400'", 'wait="60"'),
        ("ack='1'", 'ack="100"'),
    ],
)
def test_what_is_granted_follows_what_was_asked_for_and_what_there_is(asked: str, granted: str) -> None:
    assert granted in Played.opened(asked).answers[0][1]


@pytest.mark.parametrize(
    ("spoilt", "why"),
    [
        (b"", "not well-formed"),
        (b"<iq/>", "<iq>"),
        (b"<body xmlns='urn:other' rid='1'/>", "<body>"),
        (OPEN.replace(b"rid='100'", b""), "rid"),
        (OPEN.replace(b"'100'", b"'-1'"), "rid"),
        (OPEN.replace(b"'100'", b"'9007199254740993'"), "rid"),
        (OPEN.replace(b"'100'", b"'" + b"9" * 5000 + b"'"), "stanza of"),
        (OPEN.replace(b"hold='1'", b"hold='one'"), "hold='one'"),
        (b"<!DOCTYPE body>" + OPEN, "DOCTYPE"),
    ],
)
def test_what_is_no_body_is_a_bad_request(spoilt: bytes, why: str) -> None:
    with pytest.raises(x.BadBosh, match=why) as caught:
        x.parse_body(spoilt, max_bytes=4096)
    assert caught.value.condition == "bad-request"


@pytest.mark.parametrize("declared", ["", " xmlns='jabber:client'"])
def test_a_stanza_that_declares_no_namespace_is_a_clients(declared: str) -> None:
    found = body(f"rid='1' sid='s'><iq{declared} type='get'><query xmlns='jabber:iq:roster'/></iq></body>")
    (iq,) = found.stanzas
    assert iq.tag == "{jabber:client}iq"
    assert iq[0].tag == "{jabber:iq:roster}query"
    (bare,) = body("rid='1' sid='s'><presence><priority>0</priority></presence></body>").stanzas
    assert [element.tag for element in bare.iter()] == ["{jabber:client}presence", "{jabber:client}priority"]


def test_a_poll_is_held_until_there_is_news_and_for_as_long_as_was_agreed() -> None:
    played = Played.opened()
    played.ask(101)
    assert played.rids == [100]
    played.say(b"<presence/>", b"<message/>")
    assert played.answers[1] == (
        101,
        f'<body xmlns="{x.BOSH}" xmlns:xmpp="urn:xmpp:xbosh" xmlns:stream="{x.STREAMS}">'
        '<presence xmlns="jabber:client"/><message xmlns="jabber:client"/></body>',
    )
    played.ask(102)
    assert played.stream.due_s() == played.now_s + 60
    played.after(59.9)
    assert played.rids == [100, 101]
    played.after(0.1)
    assert played.answers[-1] == (102, f'<body xmlns="{x.BOSH}"/>')


def test_with_hold_1_the_second_request_frees_the_first_and_with_hold_2_the_third_does() -> None:
    for hold in (1, 2):
        played = Played.opened(f"hold='{hold}'")
        for rid in range(101, 105):
            played.ask(rid)
        assert played.rids == list(range(100, 105 - hold))


def test_news_goes_into_the_oldest_request() -> None:
    played = Played.opened("hold='2'")
    played.ask(101)
    played.ask(102)
    played.say(b"<message/>")
    assert [rid for rid, text in played.answers if "<message" in text] == [101]


def test_one_that_polls_is_answered_at_once() -> None:
    played = Played.opened("hold='0'")
    played.ask(101)
    assert played.answers[-1] == (101, f'<body xmlns="{x.BOSH}"/>')


def test_requests_count_by_their_numbers_whatever_order_they_come_in() -> None:
    played = Played.opened("hold='2'")
    played.ask(103, "<presence/>")
    played.ask(102, "<message/>")
    assert played.seen == ["StreamOpened"]
    played.ask(101, "<iq/>")
    assert played.seen == ["StreamOpened", "iq", "message", "presence"]
    assert played.rids == [100, 101]


def test_the_same_number_gets_the_same_answer_again_and_does_nothing_twice() -> None:
    played = Played.opened()
    played.ask(101, "<iq/>")
    played.say(b"<presence/>")
    played.ask(101, "<iq/>")
    assert played.answers[1] == played.answers[2]
    assert played.seen == ["StreamOpened", "iq"]
    played.ask(102)
    played.ask(102)
    assert played.rids == [100, 101, 101]
    played.say(b"<presence/>")
    assert played.rids == [100, 101, 101, 102]


@pytest.mark.parametrize("rid", [98, 99, 103, 110])
def test_a_number_outside_the_window_ends_the_session(rid: int) -> None:
    played = Played.opened()
    played.ask(rid)
    assert played.answers[-1][0] == rid
    assert 'type="terminate" condition="item-not-found"' in played.answers[-1][1]
    assert played.seen[-1] == "StreamClosed"
    assert played.stream.is_over


def test_an_answer_that_may_no_longer_be_asked_for_is_forgotten() -> None:
    played = Played.opened()
    for rid in range(101, 106):
        played.ask(rid)
    played.ask(103)
    assert played.rids[-1] == 103
    played.ask(101)
    assert 'condition="item-not-found"' in played.answers[-1][1]


def test_a_restart_opens_the_stream_anew() -> None:
    played = Played.opened()
    played.take(body("rid='101' sid='s1' to='a' xmpp:restart='true'/>"))
    assert played.seen == ["StreamOpened", "StreamOpened"]
    assert "<stream:features" in played.answers[-1][1]
    assert "authid" not in played.answers[-1][1]


def test_a_client_that_has_nothing_open_is_silent_after_the_agreed_time() -> None:
    played = Played.opened()
    played.after(29.9)
    assert not played.stream.is_silent(played.now_s)
    played.after(0.1)
    assert played.stream.is_silent(played.now_s)
    waiting = Played.opened()
    waiting.ask(101)
    waiting.after(59)
    assert not waiting.stream.is_silent(waiting.now_s)


def test_a_pause_frees_what_is_open_and_lasts_until_the_next_request() -> None:
    played = Played.opened()
    played.ask(101)
    played.ask(102, pause="600")
    assert played.rids == [100, 101, 102]
    assert played.stream.due_s() == 120
    played.after(100)
    assert not played.stream.is_silent(played.now_s)
    played.ask(103)
    played.after(60)
    assert played.stream.due_s() == 190


def test_a_goodbye_is_answered_by_one_with_what_was_left_to_say() -> None:
    played = Played.opened()
    played.ask(101)
    played.ask(102, "<presence type='unavailable'/>", type="terminate")
    assert played.seen == ["StreamOpened", "presence", "StreamClosed"]
    played.stream.send(b"<message/>")
    played.stream.end()
    played.look()
    texts = dict(played.answers)
    assert '<message xmlns="jabber:client"/>' in texts[101] or 'type="terminate"' in texts[102]
    assert 'type="terminate"' in texts[102]
    assert 'condition="' not in texts[102]
    played.ask(103)
    assert played.answers[-1] == (103, f'<body xmlns="{x.BOSH}" type="terminate" condition="item-not-found"/>')


def test_the_end_is_told_to_all_that_is_open_and_to_who_asks_later() -> None:
    played = Played.opened("hold='2'")
    played.ask(101)
    played.ask(102)
    played.stream.send(b"<stream:error><conflict/></stream:error>")
    played.stream.end("remote-stream-error")
    played.look()
    played.ask(103)
    assert played.rids == [100, 101, 102, 103]
    assert [text.count("<conflict") for _, text in played.answers] == [0, 1, 0, 0]
    assert all('type="terminate" condition="remote-stream-error"' in text for _, text in played.answers[1:])


def test_an_acknowledging_client_hears_how_far_its_requests_have_come() -> None:
    played = Played.opened("hold='1' ack='1'")
    played.ask(101)
    played.ask(102)
    played.say(b"<presence/>")
    assert 'ack="102"' in played.answers[1][1]
    assert "ack=" not in played.answers[2][1]


def test_what_waits_for_a_client_that_does_not_ask_is_bounded() -> None:
    played = Played.opened(kept_bytes_max=1000)
    for _ in range(90):
        played.say(b"<presence/>")
    assert played.stream.is_over
    played.ask(101)
    assert 'condition="policy-violation"' in played.answers[-1][1]
    assert "presence" not in played.answers[-1][1]


@given(
    st.lists(st.tuples(st.integers(0, 8), st.booleans(), st.sampled_from([0.0, 1.0, 40.0])), max_size=30),
    st.integers(0, 2),
)
def test_whatever_comes_each_number_gets_one_answer_in_order_and_stanzas_are_taken_once(
    steps: list[tuple[int, bool, float]], hold: int
) -> None:
    played = Played.opened(f"hold='{hold}'")
    for ahead, speaks, seconds in steps:
        rid = 98 + ahead + len(set(played.rids))
        played.ask(rid, f"<n{rid}/>")
        if speaks:
            played.say(b"<presence/>")
        played.after(seconds)
    taken = [int(name[1:]) for name in played.seen if name.startswith("n")]
    assert taken == list(range(101, 101 + len(taken)))
    by_rid: dict[int, set[str]] = {}
    for rid, text in played.answers:
        by_rid.setdefault(rid, set()).add(text)
    if not played.stream.is_over:
        assert all(len(texts) == 1 for texts in by_rid.values())
        assert list(by_rid) == sorted(by_rid)
