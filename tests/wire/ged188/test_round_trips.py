"""What is written is read again, for every message and every protocol version."""

from dataclasses import fields

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chaos.wire.ged188 import BadLength, Decoder, EncodeError, Ged188Error, Message, Truncated, encode, parse
from chaos.wire.ged188.framing import HEADER, Frame
from chaos.wire.ged188.registry import CLASSES
from tests.wire.ged188.strategies import messages

EVERY_CLASS = pytest.mark.parametrize("cls", list(CLASSES.values()), ids=lambda cls: cls.__name__)
EVERY_LAYOUT = pytest.mark.parametrize(
    "cls",
    # Two dozen confirmations are an InvokeID and nothing else.
    list({(cls if cls.EXACT else tuple(map(str, fields(cls)))): cls for cls in CLASSES.values()}.values()),
    ids=lambda cls: cls.__name__,
)
VERSIONS = (9, 10, 14, 16, 18, 19, 20, 22, 24, 25)
"""Those that brought or lost a field, by the guide's list of changes, and the oldest and newest that are spoken."""
TRIP = settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)


@EVERY_LAYOUT
@TRIP
@given(data=st.data(), version=st.sampled_from(VERSIONS))
def test_what_is_written_is_read_again(cls: type[Message], data: st.DataObject, version: int) -> None:
    message = data.draw(messages(cls, version))
    wire = encode(message, version)
    assert Decoder(version).feed(wire) == [message]
    assert encode(message, version) == wire


@EVERY_CLASS
def test_a_message_of_defaults_is_read_again(cls: type[Message]) -> None:
    assert Decoder().feed(encode(cls())) == [cls()]


@EVERY_CLASS
def test_a_body_shorter_than_the_fixed_part_is_refused_at_every_byte(cls: type[Message]) -> None:
    wire = encode(cls())
    shortest = len(encode(cls(), 9))
    for cut in range(HEADER.size, min(len(wire), shortest)):
        body = wire[HEADER.size : cut]
        with pytest.raises((Truncated, BadLength)) as caught:
            parse(Frame(int(cls.TYPE), body, b""))
        assert caught.value.offset == cut


@EVERY_LAYOUT
@TRIP
@given(data=st.data(), version=st.sampled_from(VERSIONS), tail=st.binary(max_size=60))
def test_a_good_fixed_part_with_garbage_behind_it_never_surprises(
    cls: type[Message], data: st.DataObject, version: int, tail: bytes
) -> None:
    """Garbage must end in a message or a typed error, and a message made of it can be handled like any other."""
    body = encode(data.draw(messages(cls, version)), version)[HEADER.size :] + tail
    try:
        message = parse(Frame(int(cls.TYPE), body, b""), version)
    except Ged188Error:
        return
    try:
        # It may have been understood as of a neighbouring version: 19 and 25 carry everything of their width.
        wires = {known: encode(message, known) for known in (version, 19 if version < 20 else 25)}
    except EncodeError:
        return
    assert any(Decoder(known).feed(wire) == [message] for known, wire in wires.items())
