"""HTTP answers as literal bytes, whole and in pieces, and beside h11, which we did not write."""

import h11
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chaos.wire.http import AnswerReader, BadHttp, BodyTooLarge, EndedEarly, HttpAnswer, request_bytes

BODY_MAX = 1000
HEAD_MAX = 2000


def read(data: bytes, method: str = "GET", *, piece: int = 1 << 20, ends: bool = False) -> HttpAnswer | None:
    """The answer in these bytes, fed in pieces of that size; ends: the connection ends after them."""
    reader = AnswerReader(method, body_max=BODY_MAX, head_max=HEAD_MAX)
    for start in range(0, len(data), piece):
        answer = reader.feed(data[start : start + piece])
        if answer is not None:
            return answer if start + piece >= len(data) else reader_with_rest(answer)
    return reader.end() if ends else None


def reader_with_rest(answer: HttpAnswer) -> HttpAnswer:
    """It was whole before the bytes were over."""
    return HttpAnswer(answer.version, answer.status, answer.reason, answer.fields, answer.body, is_last=True)


CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
INTERIM = b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Hints\r\nA: b\r\n\r\n"

LONG = b"abc0123456789"

WHOLE = [
    (b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", "GET", b"hello", False),
    (b"HTTP/1.1 200 OK\r\ncontent-length:5\t\r\n\r\nhello", "GET", b"hello", False),
    (b"HTTP/1.1 200\r\nContent-Length: 0\r\n\r\n", "GET", b"", False),
    (b"HTTP/1.1 200 OK\nContent-Length: 2\n\nhi", "GET", b"hi", False),
    (b"HTTP/1.1 200 OK\r\nContent-Length: 2, 2\r\nContent-Length: 2\r\n\r\nhi", "GET", b"hi", False),
    (b"HTTP/1.1 200 OK\r\nX: a\r\n b\r\nContent-Length: 2\r\n\r\nhi", "GET", b"hi", False),
    (b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: keep-alive, Close\r\n\r\nhi", "GET", b"hi", True),
    (b"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nhi", "GET", b"hi", True),
    (CHUNKED + b"3\r\nabc\r\n0\r\n\r\n", "GET", b"abc", False),
    (CHUNKED.replace(b"ch", b"Ch") + b"3;a=b\r\nabc\r\n0a \r\n0123456789\r\n0\r\n\r\n", "GET", LONG, False),
    (CHUNKED + b"1\r\na\r\n0\r\nX: y\r\nZ: z\r\n\r\n", "GET", b"a", False),
    (CHUNKED + b"0\r\n\r\n", "GET", b"", False),
    (INTERIM + b"HTTP/1.1 201 Made\r\nContent-Length: 1\r\n\r\nx", "PUT", b"x", False),
    (b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", "HEAD", b"", False),
    (b"HTTP/1.1 204 No Content\r\n\r\n", "PUT", b"", False),
    (b"HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n", "GET", b"", False),
]  # fmt: skip


@pytest.mark.parametrize("piece", [1, 2, 3, 7, 1 << 20])
@pytest.mark.parametrize(("data", "method", "body", "is_last"), WHOLE)
def test_an_answer_is_read_however_it_is_cut(data: bytes, method: str, body: bytes, is_last: bool, piece: int) -> None:
    answer = read(data, method, piece=piece)
    assert answer is not None
    assert answer.body == body
    assert answer.is_last is is_last


@pytest.mark.parametrize(("data", "method", "body", "is_last"), WHOLE)
def test_half_an_answer_is_none_and_its_end_is_no_answer(data: bytes, method: str, body: bytes, is_last: bool) -> None:
    for cut in range(len(data)):
        assert read(data[:cut], method) is None, data[:cut]
        with pytest.raises(EndedEarly):
            read(data[:cut], method, ends=True)


def test_an_answer_without_a_length_ends_with_its_connection() -> None:
    data = b"HTTP/1.1 200 OK\r\nServer: x\r\n\r\nhello"
    assert read(data) is None
    answer = read(data, piece=3, ends=True)
    assert answer is not None
    assert (answer.body, answer.is_last) == (b"hello", True)


def test_status_reason_and_fields_are_told_as_they_were_sent() -> None:
    answer = read(
        b"HTTP/1.1 503 Service Un\xe4vailable\r\nSet-Cookie: a\r\nset-cookie:  b \r\nContent-Length: 0\r\n\r\n"
    )
    assert answer is not None
    assert (answer.version, answer.status, answer.reason) == (b"HTTP/1.1", 503, b"Service Un\xe4vailable")
    assert answer.fields == ((b"Set-Cookie", b"a"), (b"set-cookie", b"b"), (b"Content-Length", b"0"))


def test_what_comes_after_an_answer_makes_it_the_last() -> None:
    answer = read(b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\naHTTP/1.1 200 OK\r\n")
    assert answer is not None
    assert answer.is_last


@pytest.mark.parametrize(
    "data",
    [
        b"SSH-2.0-OpenSSH_9.2\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\r\n\r\n",
        b"HTTP/2.0 200 OK\r\n\r\n",
        b"HTTP/1.1 2000 OK\r\n\r\n",
        b"HTTP/1.1 20 OK\r\n\r\n",
        b"HTTP/1.1 200 O\0K\r\n\r\n",
        b" HTTP/1.1 200 OK\r\n\r\n",
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nno field\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n: empty\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nA B: c\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nA : c\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nA: c\0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nA: c\rd\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n folded: first\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 0x10\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: \r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: identity\r\n\r\n",
        CHUNKED + b"xyz\r\n",
        CHUNKED + b"-1\r\n",
        CHUNKED + b"1\r\nab\r\n0\r\n\r\n",
        CHUNKED + b"0\r\nno field\r\n\r\n",
    ],
)
def test_what_is_no_answer_or_has_no_sure_end_is_refused(data: bytes) -> None:
    for piece in (1, 1 << 20):
        with pytest.raises(BadHttp):
            read(data, piece=piece)


@pytest.mark.parametrize(
    "data",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 1001\r\n\r\n",
        CHUNKED + b"3e8\r\n" + b"a" * 1000 + b"\r\n1\r\n",
        CHUNKED + b"ffffffffffffffff\r\n",
        b"HTTP/1.1 200 OK\r\n\r\n" + b"a" * 1001,
    ],
)
def test_a_body_beyond_the_limit_is_refused_as_soon_as_that_is_known(data: bytes) -> None:
    for piece in (1, 1 << 20):
        with pytest.raises(BodyTooLarge, match="more than 1000 bytes") as refused:
            read(data, piece=piece)
        assert refused.value.status == 200


@pytest.mark.parametrize(
    "data",
    [
        b"x" * 2001,
        b"HTTP/1.1 200 OK\r\n" + b"A: b\r\n" * 400,
        CHUNKED + b"0\r\n" + b"A: b\r\n" * 400,
        CHUNKED + b"1;" + b"x" * 5000,
    ],
)
def test_a_head_that_does_not_end_is_refused(data: bytes) -> None:
    for piece in (1, 1 << 20):
        with pytest.raises(BadHttp, match="more than"):
            read(data, piece=piece)


@pytest.mark.parametrize("value", ["a\r\nX: y", "a\n", "a\r", "a\0"])
def test_a_request_cannot_be_made_into_two(value: str) -> None:
    with pytest.raises(ValueError, match="may be"):
        request_bytes("GET", b"/", [(b"Host", value.encode())], b"")
    with pytest.raises(ValueError, match="may be"):
        request_bytes("GET", b"/ HTTP/1.1" + value.encode(), [(b"Host", b"h")], b"")


def test_a_request_as_it_stands_on_the_wire() -> None:
    sent = request_bytes("PUT", b"/a?b=c", [(b"Host", b"h:1"), (b"Content-Length", b"2")], b"hi")
    assert sent == b"PUT /a?b=c HTTP/1.1\r\nHost: h:1\r\nContent-Length: 2\r\n\r\nhi"


def by_h11(data: bytes, method: str) -> tuple[int, bytes] | None:
    """What h11 reads there; None: nothing whole, or it refuses."""
    connection = h11.Connection(h11.CLIENT, max_incomplete_event_size=HEAD_MAX)
    connection.send(h11.Request(method=method, target="/", headers=[("Host", "x")]))
    connection.send(h11.EndOfMessage())
    connection.receive_data(data)
    connection.receive_data(b"")
    status, body = 0, b""
    while True:
        try:
            event = connection.next_event()
        except h11.RemoteProtocolError:
            return None
        if isinstance(event, h11.Response):
            status = event.status_code
        elif isinstance(event, h11.Data):
            body += bytes(event.data)
        elif isinstance(event, h11.EndOfMessage):
            return status, body
        elif not isinstance(event, h11.InformationalResponse):
            return None


PIECES = st.sampled_from(
    [
        b"HTTP/1.1 200 OK", b"HTTP/1.0 200 OK", b"HTTP/1.1 204 No", b"HTTP/1.1 100 Go", b"\r\n", b"\r\n\r\n", b"\n",
        b"Content-Length: 3", b"content-length: 3, 3", b"Transfer-Encoding: chunked", b"Connection: close", b"A:b",
        b"3\r\nabc\r\n", b"0\r\n\r\n", b"0\r\nT: u\r\n\r\n", b"abc", b"3;e\r\n", b"\r", b"\0", b" x",
    ]
)  # fmt: skip


@settings(max_examples=400, deadline=None)
@given(st.lists(PIECES, max_size=8).map(b"".join), st.sampled_from(["GET", "HEAD"]), st.integers(1, 30))
def test_what_is_read_is_what_h11_reads(rest: bytes, method: str, piece: int) -> None:
    data = b"HTTP/1.1 200 OK\r\n" + rest
    try:
        answer = read(data, method, piece=piece, ends=True)
    except BadHttp:
        answer = None
    theirs = by_h11(data, method)
    if answer is not None:  # we may refuse what h11 lets pass, never the reverse
        assert theirs == (answer.status, answer.body)
    elif theirs is not None and b"\r" not in rest.replace(b"\r\n", b"\n"):
        pytest.fail(f"h11 reads {theirs}")
