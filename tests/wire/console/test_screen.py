"""What a reader sees of terminal bytes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chaos.wire.console.screen import LIMIT_CHARS, Screen
from chaos.wire.console.service import TranscriptError


def shown(*pieces: bytes) -> Screen:
    screen = Screen()
    for piece in pieces:
        screen.feed(piece)
    return screen


@pytest.mark.parametrize(
    ("said", "lines", "current"),
    [
        (b"one\r\ntwo\r\nadmin:", ["one", "two"], "admin:"),
        (b"admin:\r\n\radmin:", ["admin:"], "admin:"),
        (b"\x1b[Kadmin:", [], "admin:"),
        (b"\x1b[1mPress\x1b[0m\r\x1b[Knext", [], "next"),
        (b"text\x1b[24;1Hadmin:", ["text"], "admin:"),
        (b"ab\x08\x08xy", [], "xy"),
        (b"abc\x1b[2DX", [], "aXc"),
        (b"a\x1b[3Cb", [], "a   b"),
        (b"abc\x1b[2K", [], ""),
        (b"\x1b]0;title\x07admin:", [], "admin:"),
        (b"\x1b(Badmin:\x1b=", [], "admin:"),
        (b"10%\r20%\r100%", [], "100%"),
        (b"\xffa", [], "\ufffda"),
        (b"bell\x07\x00", [], "bell"),
        (b"\x1b", [], ""),
        (b"\x1b[12", [], ""),
        (b"\t1 vCPU", [], "\t1 vCPU"),
    ],
)
def test_a_reader_sees_these_lines(said: bytes, lines: list[str], current: str) -> None:
    screen = shown(said)
    assert (screen.lines, screen.current) == (lines, current)
    bytewise = shown(*(said[at : at + 1] for at in range(len(said))))
    assert (bytewise.lines, bytewise.current) == (lines, current)


@given(
    st.lists(
        st.sampled_from(
            [b"\x1b", b"[", b"K", b"1", b";", b"m", b"\r", b"\n", b"\x08", b"]", b"\x07", b"(", b"a", b"\xc3"]
        )
        | st.binary(max_size=3),
        max_size=40,
    )
)
def test_how_the_bytes_are_cut_makes_no_difference(pieces: list[bytes]) -> None:
    whole, cut = shown(b"".join(pieces)), shown(*pieces)
    assert (cut.lines, cut.current, cut.plain) == (whole.lines, whole.current, whole.plain)


def test_the_record_keeps_what_was_overwritten_but_no_escape_sequence() -> None:
    assert shown(b"\x1b[1mold\x1b[0m\r\x1b[Knew\r\n").plain == "oldnew\n"


def test_a_peer_that_never_stops_talking_is_stopped() -> None:
    screen = shown(*[(b"x" * 1023 + b"\n") * 64] * (LIMIT_CHARS // 65536))
    with pytest.raises(TranscriptError, match=f"more than {LIMIT_CHARS} bytes"):
        screen.feed(b"x\n" * 32768)


@pytest.mark.parametrize(
    "said", [b"x" * 5000, b"\x1b[999C" * 5 + b"x", b"\t" * 4001, b"ab\x1b[999C\x1b[999C" * 3 + b"x"]
)
def test_a_line_without_end_is_stopped_before_it_costs_time(said: bytes) -> None:
    with pytest.raises(TranscriptError, match="a line of more than 4000 columns"):
        shown(said)


def test_what_a_wall_message_wipes_stays_readable() -> None:
    screen = shown(b"Cisco Fin\r" + b" " * 79 + b"\r\nBroadcast message from a@b (c) (d):\r\n" + b" " * 79)
    assert [line.strip() for line in screen.lines] == ["Cisco Fin", "", "Broadcast message from a@b (c) (d):"]
