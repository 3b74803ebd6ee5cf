"""HTTP/1.1 as a client speaks it: a request in bytes, and a reader that takes an answer apart as its bytes come.

Theory of operation: the reader gets bytes in whatever pieces the network cuts, and gives back the answer once it is
whole. Head and body have each a largest size, and no byte is looked at over and over, so that a hostile peer costs
no more than it sends. What RFC 9112 lets a client accept is accepted (bare line feeds, folded fields, several equal
lengths), what leaves the end of an answer in doubt is refused. What comes after the end belongs to no request of ours:
such a connection is not used again.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

from chaos.errors import PeerError

HEAD_BYTES_MAX = 100 * 1024
# A chunk's length may have comments after it (RFC 9112, 7.1.1); nobody needs more than this.
_CHUNK_LINE_BYTES_MAX = 4096

_HEAD_END = re.compile(rb"\n\r?\n")
_STATUS_LINE = re.compile(rb"HTTP/([0-9])\.([0-9]) ([0-9]{3})(?: ([^\x00\r\n]*))?")
_NAME = re.compile(rb"[-!#$%&'*+.^_`|~0-9A-Za-z]+")
_VALUE = re.compile(rb"[^\x00\v\f\r\n]*")
_LENGTH = re.compile(rb"[0-9]{1,20}")
_CHUNK_LINE = re.compile(rb"([0-9A-Fa-f]{1,16})[ \t]*(?:;[^\n]*)?\r?\n")


class BadHttp(PeerError):
    """What came is no HTTP answer, or one whose end nobody can know."""


class BodyTooLarge(BadHttp):
    """The body is longer than what is read; the answer's status is known."""

    def __init__(self, status: int, body_max: int) -> None:
        super().__init__(f"an answer of more than {body_max} bytes")
        self.status = status


class EndedEarly(BadHttp):
    """The connection ended before the answer did."""


@dataclass(frozen=True, slots=True)
class HttpAnswer:
    """A whole answer, its body as it was sent.

    reason, fields: as they were sent, in order. is_last: the connection is of no further use.
    """

    version: bytes
    status: int
    reason: bytes
    fields: tuple[tuple[bytes, bytes], ...]
    body: bytes
    is_last: bool


def request_bytes(method: str, target: bytes, fields: Sequence[tuple[bytes, bytes]], body: bytes) -> bytes:
    """A request. target: path and query, quoted. fields: with Host, and Content-Length if there is a body.

    Raises ValueError: a line end or a NUL in any of it, which would make another request of it.
    """
    lines = [b"%b %b HTTP/1.1" % (method.encode("ascii"), target)]
    lines += [name + b": " + value for name, value in fields]
    head = b"\r\n".join(lines)
    ends = len(lines) - 1
    if head.count(b"\n") != ends or head.count(b"\r") != ends or b"\0" in head or target.count(b" "):
        raise ValueError(f"a line end, a NUL or a blank where none may be: {method} {target!r:.100}")
    return head + b"\r\n\r\n" + body


class _At(Enum):
    """What the reader reads next."""

    HEAD = "head"
    LENGTH = "body of a known length"
    CLOSE = "body up to the end of the connection"
    CHUNK_LINE = "a chunk's length"
    CHUNK = "a chunk"
    CHUNK_END = "the line end after a chunk"
    TRAILERS = "fields after the last chunk"
    DONE = "nothing"


class AnswerReader:
    """Reads one answer. method: of the request, for an answer to HEAD has no body. body_max: bytes."""

    def __init__(self, method: str, *, body_max: int, head_max: int = HEAD_BYTES_MAX) -> None:
        self._method, self._body_max, self._head_max = method, body_max, head_max
        self._buffer = bytearray()
        self._looked = 0  # so many bytes of the buffer hold no end of what is read now
        self._at = _At.HEAD
        self._left = 0
        self._body = bytearray()
        self._is_last = False
        self._version, self._status, self._reason = b"", 0, b""
        self._fields: list[tuple[bytes, bytes]] = []

    @property
    def is_untouched(self) -> bool:
        """Whether nothing of an answer has come."""
        return self._at is _At.HEAD and not self._status and not self._buffer

    def feed(self, data: bytes) -> HttpAnswer | None:
        """The answer, once it is whole. Raises BadHttp; after that the reader is of no further use."""
        self._buffer += data
        while self._step():
            if self._at is _At.DONE:
                return self._answer()
        return None

    def end(self) -> HttpAnswer:
        """The connection has ended: the answer, if that was its end. Raises EndedEarly."""
        if self._at is not _At.CLOSE:
            raise EndedEarly("the connection ended " + ("without an answer" if self.is_untouched else "in an answer"))
        self._is_last = True
        return self._answer()

    def _answer(self) -> HttpAnswer:
        is_last = self._is_last or bool(self._buffer)
        fields = tuple(self._fields)
        return HttpAnswer(self._version, self._status, self._reason, fields, bytes(self._body), is_last)

    def _step(self) -> bool:
        """Read on by one part; whether there was enough of it."""
        if self._at is _At.HEAD:
            return self._read_head()
        if self._at is _At.CHUNK_LINE:
            return self._read_chunk_line()
        if self._at is _At.CHUNK_END:
            return self._read_chunk_end()
        if self._at is _At.TRAILERS:
            return self._read_trailers()
        return self._read_body()

    def _read_head(self) -> bool:
        head = self._head()
        if head is None:
            return False
        lines = head.replace(b"\r\n", b"\n").split(b"\n")
        found = _STATUS_LINE.fullmatch(lines[0])
        if found is None:
            raise BadHttp(f"no HTTP answer begins with {lines[0]!r:.100}")
        major, minor, status = int(found[1]), int(found[2]), int(found[3])
        if major != 1:
            raise BadHttp(f"HTTP/{major}.{minor}; expected HTTP/1.1")
        fields = _fields(lines[1:])
        if 100 <= status < 200:
            if status == 101:
                raise BadHttp("101: a change of protocol nobody asked for")
            return True  # an interim answer; the real one follows
        self._version, self._status, self._reason = b"HTTP/%d.%d" % (major, minor), status, found[4] or b""
        self._fields = fields
        self._frame(is_old=minor == 0)
        return True

    def _head(self) -> bytes | None:
        """The bytes up to the blank line that ends a head, taken out of the buffer; None if there is none yet."""
        found = _HEAD_END.search(self._buffer, self._looked)
        if (len(self._buffer) if found is None else found.end()) > self._head_max:
            raise BadHttp(f"the head of an answer of more than {self._head_max} bytes")
        if found is None:
            self._looked = max(0, len(self._buffer) - 2)
            return None
        head = bytes(self._buffer[: found.start()]).removesuffix(b"\r")
        self._take(found.end())
        return head

    def _frame(self, *, is_old: bool) -> None:
        """Where the body ends (RFC 9112, 6.3), and whether another answer may follow."""
        codings: list[bytes] = []
        lengths: set[bytes] = set()
        options: set[bytes] = set()
        for name, value in self._fields:
            lower = name.lower()
            if lower == b"transfer-encoding":
                codings += [one.strip().lower() for one in value.split(b",")]
            elif lower == b"content-length":
                lengths |= {one.strip() for one in value.split(b",")}
            elif lower == b"connection":
                options |= {one.strip().lower() for one in value.split(b",")}
        self._is_last = b"close" in options or is_old
        if len(lengths) > 1 or not all(_LENGTH.fullmatch(one) for one in lengths):
            raise BadHttp(f"Content-Length: {b', '.join(sorted(lengths))!r:.100}")
        if codings and codings != [b"chunked"]:
            raise BadHttp(f"Transfer-Encoding: {b', '.join(codings)!r:.100}; expected chunked")
        if self._method == "HEAD" or self._status in (204, 304):
            self._at = _At.DONE
        elif codings:
            self._is_last = self._is_last or bool(lengths)  # both: somebody on the way may see another end
            self._at = _At.CHUNK_LINE
        elif lengths:
            self._expect(int(lengths.pop()))
            self._at = _At.LENGTH if self._left else _At.DONE
        else:
            self._at = _At.CLOSE

    def _expect(self, size: int) -> None:
        """So many bytes of the body come next."""
        self._left = size
        if len(self._body) + size > self._body_max:
            raise BodyTooLarge(self._status, self._body_max)

    def _read_body(self) -> bool:
        if self._at is _At.CLOSE:
            self._expect(len(self._buffer))
        size = min(self._left, len(self._buffer))
        self._body += self._buffer[:size]
        self._take(size)
        self._left -= size
        if self._at is _At.CLOSE or self._left:
            return False
        self._at = _At.DONE if self._at is _At.LENGTH else _At.CHUNK_END
        return True

    def _read_chunk_end(self) -> bool:
        """The line end after a chunk's bytes."""
        if self._buffer[:1] == b"\n" or self._buffer[:2] == b"\r\n":
            self._take(1 if self._buffer[0] == 10 else 2)
            self._at = _At.CHUNK_LINE
            return True
        if bytes(self._buffer) not in (b"", b"\r"):
            raise BadHttp(f"a chunk is longer than it says: {bytes(self._buffer[:20])!r}")
        return False

    def _read_chunk_line(self) -> bool:
        end = self._buffer.find(b"\n", self._looked)
        if (len(self._buffer) if end < 0 else end) > _CHUNK_LINE_BYTES_MAX:
            raise BadHttp(f"a chunk's length of more than {_CHUNK_LINE_BYTES_MAX} bytes")
        if end < 0:
            self._looked = len(self._buffer)
            return False
        line = bytes(self._buffer[: end + 1])
        found = _CHUNK_LINE.fullmatch(line)
        if found is None:
            raise BadHttp(f"no chunk's length: {line!r:.100}")
        self._take(end + 1)
        self._expect(int(found[1], 16))
        self._at = _At.CHUNK if self._left else _At.TRAILERS
        return True

    def _read_trailers(self) -> bool:
        if self._buffer.startswith((b"\n", b"\r\n")):
            self._take(1 if self._buffer[0] == 10 else 2)
        elif len(self._buffer) < 2:
            return False
        else:
            trailers = self._head()
            if trailers is None:
                return False
            _fields(trailers.replace(b"\r\n", b"\n").split(b"\n"))  # nobody asks for them; they have to be sound
        self._at = _At.DONE
        return True

    def _take(self, size: int) -> None:
        del self._buffer[:size]
        self._looked = 0


def _fields(lines: Sequence[bytes]) -> list[tuple[bytes, bytes]]:
    """Raises BadHttp: one is no field."""
    fields: list[tuple[bytes, bytes]] = []
    for line in lines:
        if line[:1] in (b" ", b"\t") and fields:  # folded: it goes on with the field before (RFC 9112, 5.2)
            name, before = fields.pop()
            value = before + b" " + line.strip(b" \t")
        else:
            name, colon, value = line.partition(b":")
            if not colon or _NAME.fullmatch(name) is None:
                raise BadHttp(f"no header field: {line!r:.100}")
            value = value.strip(b" \t")
        if _VALUE.fullmatch(value) is None:
            raise BadHttp(f"no header field: {line!r:.100}")
        fields.append((name, value))
    return fields
