"""The language between the mock's Finesse and its AWDB: literal lines, round trips, garbage."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chaos.errors import PeerError
from chaos.wire.awdb import (
    ID_MAX,
    LINE_BYTES,
    TEXT_CHARS,
    Authenticate,
    Authenticated,
    AwdbWireError,
    Decoder,
    Failed,
    Found,
    Hello,
    Lookup,
    Message,
    Refused,
    Role,
    TooLong,
    Welcome,
    encode,
    secret_of,
)

LITERAL = [
    (Hello("ucce_awdb", "fin", "ab"), b'{"type":"hello","database":"ucce_awdb","username":"fin","secret":"ab"}\n'),
    (Welcome("aw-a", True, 3), b'{"type":"welcome","host":"aw-a","distributor":true,"revision":3}\n'),
    (Refused("no such database"), b'{"type":"refused","reason":"no such database"}\n'),
    (Authenticate(7, "1001", "ab"), b'{"type":"authenticate","id":7,"user":"1001","secret":"ab"}\n'),
    (Authenticated(7, False, Role.AGENT), b'{"type":"authenticated","id":7,"good":false,"role":"agent"}\n'),
    (Lookup(8, "admin"), b'{"type":"lookup","id":8,"user":"admin"}\n'),
    (Found(8, Role.ADMINISTRATOR), b'{"type":"found","id":8,"role":"administrator"}\n'),
    (Failed(9, "going down"), b'{"type":"failed","id":9,"reason":"going down"}\n'),
]


@pytest.mark.parametrize(("message", "line"), LITERAL)
def test_each_message_is_the_literal_line_in_both_directions(message: Message, line: bytes) -> None:
    assert encode(message) == line
    assert Decoder().feed(line) == [message]


def test_lines_are_found_wherever_the_stream_is_cut() -> None:
    stream = b"".join(line for _, line in LITERAL)
    for cut in range(len(stream) + 1):
        decoder = Decoder()
        assert decoder.feed(stream[:cut]) + decoder.feed(stream[cut:]) == [message for message, _ in LITERAL]
        assert decoder.pending == 0


_TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=TEXT_CHARS)


@given(st.integers(0, ID_MAX), _TEXTS, _TEXTS)
def test_any_text_survives_the_way_or_is_refused_before_it(number: int, user: str, secret: str) -> None:
    message = Authenticate(number, user, secret)
    try:
        line = encode(message)
    except TooLong:
        assert len(json.dumps([user, secret])) > LINE_BYTES - 100
        return
    assert line.count(b"\n") == 1
    assert Decoder().feed(line) == [message]


def test_a_text_that_is_too_long_is_not_sent() -> None:
    encode(Lookup(1, "x" * TEXT_CHARS))
    with pytest.raises(TooLong, match="257 characters"):
        encode(Lookup(1, "x" * (TEXT_CHARS + 1)))


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"\xff\xfe",
        b"hello",
        b"[1]",
        b"null",
        b'"hello"',
        b"[" * 4000,
        b'{"a":' * 700,
        b"{}",
        b'{"type":"query","id":1}',
        b'{"type":["hello"]}',
        b'{"type":"lookup","id":1}',
        b'{"type":"lookup","id":1,"user":"a","more":1}',
        b'{"type":"lookup","id":true,"user":"a"}',
        b'{"type":"lookup","id":1.0,"user":"a"}',
        b'{"type":"lookup","id":-1,"user":"a"}',
        b'{"type":"lookup","id":2147483648,"user":"a"}',
        b'{"type":"lookup","id":1,"user":null}',
        b'{"type":"lookup","id":1,"user":"\\ud800"}',
        b'{"type":"lookup","id":1,"user":"' + b"x" * 257 + b'"}',
        b'{"type":"found","id":1,"role":"king"}',
        b'{"type":"found","id":1,"role":["agent"]}',
        b'{"type":"welcome","host":"a","distributor":1,"revision":1}',
        b'{"type":"lookup","id":' + b"9" * 4000 + b',"user":"a"}',
        b"x" * 4096,
    ],
)
def test_garbage_is_a_peer_error_and_what_came_before_it_is_kept(line: bytes) -> None:
    decoder = Decoder()
    with pytest.raises(AwdbWireError) as raised:
        decoder.feed(LITERAL[5][1] + line + b"\n" + LITERAL[6][1])
    assert isinstance(raised.value, PeerError)
    assert raised.value.decoded == (LITERAL[5][0],)
    assert len(str(raised.value)) < 250
    with pytest.raises(AwdbWireError):
        decoder.feed(LITERAL[0][1])


def test_a_line_without_end_is_refused_at_the_limit_and_not_before() -> None:
    decoder = Decoder()
    assert decoder.feed(b"x" * (LINE_BYTES - 1)) == []
    with pytest.raises(TooLong):
        decoder.feed(b"x")
    assert decoder.pending == 0


@given(st.lists(st.binary(max_size=200), max_size=6))
def test_no_bytes_raise_anything_else(chunks: list[bytes]) -> None:
    decoder = Decoder()
    for chunk in chunks:
        try:
            decoder.feed(chunk)
        except AwdbWireError:
            return


def test_a_secret_tells_passwords_apart_and_does_not_show_them() -> None:
    assert secret_of("swordfish") != secret_of("Swordfish")
    assert "swordfish" not in secret_of("swordfish")
    assert len(secret_of("\ud800" * 1000)) == 64
