"""Bytes come as TCP likes: in pieces, too many, too few, or nonsense."""

import tracemalloc
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chaos.wire.ged188 import (
    MAX_MESSAGE,
    CloseReq,
    Decoder,
    Ged188Error,
    HeartbeatConf,
    HeartbeatReq,
    Message,
    OpenReq,
    Oversize,
    Truncated,
    UnknownMessage,
    encode,
)
from chaos.wire.ged188.framing import HEADER, Framer
from tests.wire.ged188.vectors import VECTORS

V24 = [vector for vector in VECTORS if vector.version == 24]
STREAM = b"".join(vector.wire for vector in V24)
MESSAGES = [vector.message for vector in V24]
TOO_MUCH = HEADER.pack(MAX_MESSAGE - HEADER.size + 1, 5)


def test_every_split_in_two_gives_the_same_messages() -> None:
    for cut in range(len(STREAM) + 1):
        decoder = Decoder()
        assert decoder.feed(STREAM[:cut]) + decoder.feed(STREAM[cut:]) == MESSAGES
        decoder.eof()


def test_byte_by_byte_gives_the_same_messages() -> None:
    decoder = Decoder()
    got: list[Message] = []
    for i in range(len(STREAM)):
        got += decoder.feed(STREAM[i : i + 1])
    assert got == MESSAGES
    decoder.eof()


@given(st.lists(st.integers(0, len(STREAM)), max_size=8))
def test_any_number_of_splits_gives_the_same_messages(cuts: list[int]) -> None:
    decoder = Decoder()
    edges = [0, *sorted(cuts), len(STREAM)]
    got = [message for i, j in pairwise(edges) for message in decoder.feed(STREAM[i:j])]
    assert got == MESSAGES


def test_frames_hold_the_bytes_as_they_came() -> None:
    framer = Framer()
    frames = framer.feed(STREAM)
    assert b"".join(frame.raw for frame in frames) == STREAM
    assert all(frame.raw[8:] == frame.body and frame.type == int.from_bytes(frame.raw[4:8], "big") for frame in frames)
    assert framer.offset == len(STREAM)


@pytest.mark.parametrize("vector", VECTORS, ids=lambda v: v.name)
def test_a_stream_that_ends_inside_a_message_is_truncated(vector: object) -> None:
    wire = vector.wire  # type: ignore[attr-defined]
    for cut in range(1, len(wire)):
        decoder = Decoder()
        assert decoder.feed(wire[:cut]) == []
        assert decoder.pending == cut
        with pytest.raises(Truncated) as caught:
            decoder.eof()
        assert caught.value.offset == cut
        assert caught.value.data == wire[:cut][-32:]


def test_an_announced_length_beyond_the_limit_is_refused_with_the_eighth_byte() -> None:
    decoder = Decoder()
    decoder.feed(encode(HeartbeatReq(1)))
    assert decoder.feed(TOO_MUCH[:7]) == []
    with pytest.raises(Oversize) as caught:
        decoder.feed(TOO_MUCH[7:])
    assert (caught.value.offset, caught.value.data) == (12, TOO_MUCH)


def test_the_largest_message_passes() -> None:
    largest = UnknownMessage(4711, bytes(MAX_MESSAGE - HEADER.size))
    wire = encode(largest)
    assert len(wire) == MAX_MESSAGE
    assert Decoder().feed(wire) == [largest]


def test_a_smaller_limit_can_be_set() -> None:
    wire = encode(UnknownMessage(4711, bytes(92)))
    assert len(Framer(limit=100).feed(wire)) == 1
    with pytest.raises(Oversize):
        Framer(limit=99).feed(wire)


def test_messages_before_the_trouble_come_with_the_error() -> None:
    decoder = Decoder()
    with pytest.raises(Oversize) as caught:
        decoder.feed(encode(HeartbeatReq(1)) + encode(CloseReq(2)) + TOO_MUCH)
    assert caught.value.decoded == (HeartbeatReq(1), CloseReq(2))
    assert caught.value.offset == 28


def test_the_first_trouble_is_the_one_that_counts() -> None:
    decoder = Decoder()
    with pytest.raises(Ged188Error) as caught:
        decoder.feed(encode(HeartbeatReq(1)) + bytes.fromhex("00000003 00000005 010203") + TOO_MUCH)
    assert caught.value.decoded == (HeartbeatReq(1),)
    assert not isinstance(caught.value, Oversize)
    assert caught.value.offset == 12 + 8 + 3


@pytest.mark.parametrize("poison", [TOO_MUCH, bytes.fromhex("00000003 00000005 010203")], ids=["frame", "field"])
def test_a_decoder_that_raised_stays_raised(poison: bytes) -> None:
    decoder = Decoder()
    with pytest.raises(Ged188Error) as first:
        decoder.feed(encode(HeartbeatReq(1)) + poison)
    for again in (lambda: decoder.feed(encode(HeartbeatReq(2))), lambda: decoder.feed(b""), decoder.eof):
        with pytest.raises(type(first.value)) as caught:
            again()
        assert (caught.value.offset, str(caught.value)) == (first.value.offset, str(first.value))
        assert caught.value.decoded == ()
    assert decoder.pending == 0


def test_a_stream_cut_short_stays_raised_too() -> None:
    framer = Framer()
    framer.feed(b"\0")
    with pytest.raises(Truncated):
        framer.eof()
    with pytest.raises(Truncated):
        framer.feed(encode(HeartbeatReq(1)))


def test_an_open_req_sets_the_version_for_what_follows() -> None:
    decoder = Decoder()
    old = OpenReq(1, 14, client_id="RTP", client_password=b"\0")
    assert decoder.feed(encode(old)) == [old]
    assert decoder.version == 14


def trouble_with(garbage: bytes, version: int) -> Ged188Error | None:
    decoder = Decoder(version)
    try:
        decoder.feed(garbage)
        decoder.eof()
    except Ged188Error as error:
        return error
    return None


FRAMES = st.builds(lambda kind, body: HEADER.pack(len(body), kind) + body, st.integers(0, 300), st.binary(max_size=150))


@given(st.binary(max_size=600) | st.lists(FRAMES, max_size=4).map(b"".join), st.integers(9, 25))
def test_garbage_gives_messages_or_a_typed_error(garbage: bytes, version: int) -> None:
    error = trouble_with(garbage, version)
    if error is not None:
        assert 0 <= error.offset <= len(garbage)
        assert len(error.data) <= 32
        assert error.data in garbage
        assert f"byte {error.offset}" in str(error)


def test_memory_never_exceeds_one_message() -> None:
    """A peer that never completes its messages must not make us hoard them."""
    framer = Framer()
    piece = encode(UnknownMessage(1, bytes(MAX_MESSAGE - HEADER.size)))[:-1]
    framer.feed(piece)
    tracemalloc.start()
    try:
        for _ in range(200):
            framer.feed(b"\0" + piece)
        held, _peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert framer.pending == len(piece)
    assert held < 3 * MAX_MESSAGE


def test_asking_a_poisoned_decoder_again_and_again_costs_nothing() -> None:
    decoder = Decoder()
    with pytest.raises(Oversize):
        decoder.feed(TOO_MUCH)
    depths = set()
    for _ in range(50):
        with pytest.raises(Oversize) as caught:
            decoder.feed(encode(HeartbeatConf(1)))
        depths.add(len(caught.traceback))
    assert len(depths) == 1
