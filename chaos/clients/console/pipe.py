"""The socket that paramiko is given: its bytes come from the event loop and go back there.

Theory of operation: paramiko reads its socket in a thread of its own. Were that a real socket, nobody could say when
the bytes which arrived have been worked off, and a virtual clock would have to guess. Here the loop reads the real
socket, puts the bytes in (`feed`) and waits, in a thread that holds the clock, until paramiko asks for more than there
is (`settle`). Then everything that followed from those bytes has happened, and what the loop finds is exact to the
tick, with no grace and on every system.
"""

import errno
import threading
from collections.abc import Callable

# Real seconds. Working off one piece takes milliseconds; whoever takes this long is stuck, and is not waited for.
_SETTLE_LIMIT_S = 120.0
# Paramiko would look up from its socket ten times a second; once is enough, each look disturbs a virtual clock.
_LOOK_UP_S = 1.0


class Pipe:
    """Both ends in one object: `feed`, `end`, `settle` for the loop; the rest is what paramiko calls in its threads."""

    def __init__(self, send: Callable[[bytes], None], closed: Callable[[], None]) -> None:
        """send: hands bytes to the loop. closed: tells it that paramiko's thread has ended. Both are called in foreign
        threads and must not block."""
        self._send = send
        self._tell_closed = closed
        self._buffer = bytearray()
        self._changed = threading.Condition()
        self._ended = False
        self._hungry = False
        self._closed = False  # paramiko looks at this name

    def feed(self, data: bytes) -> None:
        """The peer said `data`."""
        with self._changed:
            self._buffer += data
            self._changed.notify_all()

    def end(self) -> None:
        """The peer, or we, hung up."""
        with self._changed:
            self._ended = True
            self._changed.notify_all()

    def has_ended(self) -> bool:
        """Whether somebody hung up."""
        return self._ended

    def is_closed(self) -> bool:
        """Whether paramiko has closed its end."""
        return self._closed

    def settle(self) -> bool:
        """Block until everything fed has been worked off; False if the reader is stuck."""
        with self._changed:
            return self._changed.wait_for(self._is_settled, _SETTLE_LIMIT_S)

    def _is_settled(self) -> bool:
        return self._closed or (self._hungry and not self._buffer and not self._ended)

    def recv(self, size: int) -> bytes:
        """As a socket's: at least one byte, none at the end, TimeoutError after a while of nothing."""
        with self._changed:
            if not self._buffer and not self._ended:
                self._hungry = True
                self._changed.notify_all()
                self._changed.wait_for(lambda: self._buffer or self._ended or self._closed, _LOOK_UP_S)
                self._hungry = False
            if self._buffer:
                piece = bytes(self._buffer[:size])
                del self._buffer[:size]
                return piece
            if self._ended or self._closed:
                return b""
        raise TimeoutError("nothing to read")

    def send(self, data: bytes) -> int:
        if self._closed or self._ended:
            raise OSError(errno.EPIPE, "the console connection is closed")
        self._send(bytes(data))
        return len(data)

    def settimeout(self, timeout_s: float | None) -> None:
        """Paramiko's own interval is not used, see above."""

    def close(self) -> None:
        with self._changed:
            self._closed = True
            self._changed.notify_all()
        self._tell_closed()
