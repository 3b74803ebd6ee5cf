"""One live line below what a run says: what is being waited for, and for how much longer. On a terminal only.

Theory of operation: pytest takes standard output away while tests run, and a line that is painted over belongs into no
file anyhow; so it is written to the terminal itself, by a thread, which lives while the loop waits or computes. Whoever
prints below it takes it off first.
"""

import contextlib
import os
import shutil
import sys
import threading
from collections.abc import Callable
from typing import TextIO

EVERY_S = 0.5
_OFF = "\r\x1b[2K"


class LiveLine:
    """`text` gives the line, "" for none; asked in a thread, twice a second. out: the terminal; None: there is none."""

    def __init__(self, text: Callable[[], str], out: TextIO | None) -> None:
        self._text = text
        self._out = out
        self._lock = threading.Lock()
        self._over = threading.Event()
        self._is_on = False
        if out is not None:
            threading.Thread(target=self._paint, name="live line", daemon=True).start()

    def off(self) -> None:
        """Take it off, so that something else can be printed; it comes back by itself."""
        with self._lock:
            self._wipe()

    def close(self) -> None:
        """For good. Safe twice."""
        self._over.set()
        self.off()

    def _paint(self) -> None:
        while not self._over.wait(EVERY_S):
            line = self._text()
            with self._lock:
                if self._over.is_set():
                    return
                self._wipe()
                if line and self._out is not None:
                    self._write(fitted(line, columns_of(self._out)))
                    self._is_on = True

    def _wipe(self) -> None:
        if self._is_on:
            self._write(_OFF)
            self._is_on = False

    def _write(self, text: str) -> None:
        with contextlib.suppress(OSError, ValueError):  # the terminal is gone; the run goes on
            if self._out is not None:
                self._out.write(text)
                self._out.flush()


def columns_of(terminal: TextIO) -> int:
    """As wide as that terminal is now. Standard output is pytest's file meanwhile, and has no width."""
    size = (80, 24)
    with contextlib.suppress(OSError, ValueError):
        size = os.get_terminal_size(terminal.fileno())
    return shutil.get_terminal_size(size).columns


def fitted(line: str, columns: int) -> str:
    """On one row, without whatever would move the cursor; the end counts, so the middle is left out."""
    plain = "".join(letter if letter.isprintable() else " " for letter in line)
    room = max(columns - 1, 1)
    if len(plain) <= room:
        return plain
    tail = plain[len(plain) - min(24, room // 2) :]
    return plain[: max(0, room - len(tail) - 1)] + "…" + tail


def terminal() -> TextIO | None:
    """The terminal, if standard output is one that takes orders; None if it is piped, or there is none."""
    if not sys.stdout.isatty() or os.environ.get("TERM", "dumb") == "dumb":
        return None
    try:
        return open("/dev/tty", "w", encoding="utf-8", errors="replace")
    except OSError:
        return None
