"""Standard output and error that never break a command: a closed pipe or a full disk must not end a healing."""

import errno
import io
import logging
import os
import sys
import threading
from typing import TextIO

log = logging.getLogger("chaos")
# Whoever hangs up does not want the rest; a file wants it.
_NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
# What kept output from its file.
lost: list[OSError] = []


def endure() -> None:
    """Have both streams take every character and outlive whoever reads them, and warnings say one line. Safe twice."""
    _occupy()
    sys.stdout, sys.stderr = _enduring(sys.stdout), _enduring(sys.stderr)
    # Each by itself, one that was closed too: pytest takes them, and cannot do with a detached stream, or with none.
    if sys.__stdout__ is None or type(sys.__stdout__) is io.TextIOWrapper:
        sys.__stdout__ = sys.stdout  # type: ignore[assignment, misc]
    if sys.__stderr__ is None or type(sys.__stderr__) is io.TextIOWrapper:
        sys.__stderr__ = sys.stderr  # type: ignore[assignment, misc]
    if logging.lastResort is not None:
        logging.lastResort.setFormatter(_OneLine())
    sys.unraisablehook = _unraised
    threading.excepthook = _ended_thread


def _occupy() -> None:
    """Whoever started us may have closed some of the three standard descriptors. What is opened next would get their
    numbers, a journal for instance; pytest and whatever writes to standard output by its number would write into it."""
    for number in (0, 1, 2):
        try:
            os.fstat(number)
        except OSError:
            os.set_inheritable(os.open(os.devnull, os.O_RDWR), True)  # takes the lowest number that is free: this one


def _unraised(what: "sys.UnraisableHookArgs") -> None:
    """Python's own hook prints a traceback for what was raised while an object was being destroyed."""
    if not isinstance(what.exc_value, KeyboardInterrupt):  # which is remembered elsewhere
        log.debug("while an object was destroyed: %r", what.exc_value)


def _ended_thread(what: threading.ExceptHookArgs) -> None:
    log.warning("a thread ended: %r", what.exc_value)


def _enduring(stream: TextIO | None) -> TextIO:
    if stream is None:  # it was closed by whoever started us
        return open(os.devnull, "w", encoding="utf-8")
    if type(stream) is not io.TextIOWrapper:
        return stream  # a test's, or ours already
    is_line_buffered = stream.line_buffering
    return _Enduring(
        stream.detach(), encoding=stream.encoding, errors="backslashreplace", line_buffering=is_line_buffered
    )


class _Enduring(io.TextIOWrapper):
    """Goes on without its reader: what is written after that is lost, and nothing is raised."""

    def write(self, text: str) -> int:
        try:
            return super().write(text)
        except OSError as error:
            self._give_up(error)
            return len(text)

    def flush(self) -> None:
        try:
            super().flush()
        except OSError as error:
            self._give_up(error)

    def _give_up(self, error: OSError) -> None:
        if error.errno in _NO_ROOM:
            lost.append(error)
        nowhere = os.open(os.devnull, os.O_WRONLY)
        try:
            os.dup2(nowhere, self.fileno())
        finally:
            os.close(nowhere)


class _OneLine(logging.Formatter):
    """A library's warning in one line, without its traceback."""

    def format(self, record: logging.LogRecord) -> str:
        said = record.getMessage().strip().splitlines() or [record.name]
        cause = record.exc_info[1] if record.exc_info else None
        return f"{record.levelname.lower()}: {said[0]}" + (f" ({type(cause).__name__}: {cause})" if cause else "")
