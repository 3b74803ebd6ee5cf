"""Bytes in, whole frames out. Knows the header and nothing of what a message holds.

Source: CTI Server Message Reference Guide, "Messaging Conventions": an 8-byte header (MessageLength, MessageType, both
UINT, big-endian), MessageLength counting the bytes after it; 12500 bytes at most, header included.
"""

from dataclasses import dataclass
from struct import Struct
from typing import Final, NoReturn

from chaos.wire.ged188.errors import EXCERPT, Ged188Error, Oversize, Truncated

MAX_MESSAGE: Final = 12500
"""Bytes of the largest legal message, header included."""
HEADER: Final = Struct(">II")


@dataclass(frozen=True, slots=True)
class Frame:
    """One message as it came. type: its MessageType, known or not; body: after the header; raw: all of it."""

    type: int
    body: bytes
    raw: bytes


class Framer:
    """Cuts a byte stream into frames. It holds less than one message; once it has raised, it raises the same for good.

    limit: bytes of the largest message accepted, header included.
    """

    def __init__(self, limit: int = MAX_MESSAGE) -> None:
        self._limit = limit
        self._buffer = bytearray()
        self._offset = 0
        self._error: Ged188Error | None = None

    @property
    def pending(self) -> int:
        """Bytes of a message that is not complete yet."""
        return len(self._buffer)

    @property
    def offset(self) -> int:
        """Bytes of the stream that were handed out as frames."""
        return self._offset

    def feed(self, data: bytes) -> list[Frame]:
        """All frames that `data` completes.

        Raises Oversize as soon as a header announces too much; `decoded` of that error holds the frames before it.
        """
        self._check()
        buffer = self._buffer
        buffer += data
        frames: list[Frame] = []
        position, end = 0, len(buffer)
        while end - position >= HEADER.size:
            length, kind = HEADER.unpack_from(buffer, position)
            stop = position + HEADER.size + length
            if stop - position > self._limit:
                self._fail_oversize(length, position, frames)
            if stop > end:
                break
            raw = bytes(buffer[position:stop])
            frames.append(Frame(kind, raw[HEADER.size :], raw))
            position = stop
        if position:
            del buffer[:position]
            self._offset += position
        return frames

    def eof(self) -> None:
        """The stream has ended. Raises Truncated when it did so inside a message."""
        self._check()
        if self._buffer:
            left = bytes(self._buffer)
            reason = f"the stream ended {len(left)} bytes into a message"
            error = Truncated(reason, self._offset + len(left), left[-EXCERPT:])
            self.poison(error)
            raise error

    def poison(self, error: Ged188Error) -> None:
        """Give the stream up: every later call raises `error`."""
        self._error = error
        self._buffer.clear()

    def _check(self) -> None:
        if self._error is not None:
            raise self._error.again()

    def _fail_oversize(self, length: int, position: int, frames: list[Frame]) -> NoReturn:
        reason = f"MessageLength {length} exceeds {self._limit - HEADER.size}"
        error = Oversize(reason, self._offset + position, bytes(self._buffer[position : position + EXCERPT]))
        error.decoded = tuple(frames)
        self.poison(error)
        raise error
