"""Masked frames pass as they are however they are cut; one that is not masked ends it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chaos.mock.finesse.doors.masking import MaskedFrames

MASK = b"\x01\x02\x03\x04"


def frame(length: int, *, is_masked: bool = True, opcode: int = 0x81) -> bytes:
    """One with so many bytes, in the shortest form. What is in them is nobody's business here."""
    bit = 0x80 if is_masked else 0
    if length < 126:
        head = bytes([opcode, bit | length])
    elif length < 1 << 16:
        head = bytes([opcode, bit | 126]) + length.to_bytes(2)
    else:
        head = bytes([opcode, bit | 127]) + length.to_bytes(8)
    return head + (MASK if is_masked else b"") + b"x" * length


def passed(pieces: list[bytes]) -> bytes:
    frames = MaskedFrames()
    return b"".join(frames.passed(piece) for piece in pieces)


def cut(data: bytes, places: list[int]) -> list[bytes]:
    at = sorted({min(place, len(data)) for place in places})
    return [data[a:b] for a, b in zip([0, *at], [*at, len(data)], strict=True)]


LENGTHS = st.lists(st.sampled_from([0, 1, 125, 126, 127, 300, 65_535, 65_536]), min_size=1, max_size=4)
PLACES = st.lists(st.integers(0, 700), max_size=12)


@given(LENGTHS, PLACES)
def test_masked_frames_pass_as_they_are(lengths: list[int], places: list[int]) -> None:
    data = b"".join(map(frame, lengths))
    assert passed(cut(data, places)) == data


@given(st.lists(st.sampled_from([0, 1, 126]), max_size=3), PLACES)
def test_the_first_bare_frame_is_refused_in_its_place_and_nothing_follows(
    lengths: list[int], places: list[int]
) -> None:
    before = b"".join(map(frame, lengths))
    data = before + frame(5, is_masked=False) + frame(3)
    read = passed(cut(data, places))
    assert read[: len(before)] == before
    assert read[len(before)] == 0x83, "a reserved opcode"
    assert len(read) == len(before) + 6


@pytest.mark.parametrize("length", [5, 126, 65_536])
def test_every_byte_alone(length: int) -> None:
    data = frame(length) + frame(0)
    assert passed([data[at : at + 1] for at in range(len(data))]) == data
