"""The undo log on disk: JSON lines, appended and synced before a change is made.

    {"undo-log": 1}
    {"undo": 1, "kind": "service", "host": …, "service": …, "state": "STARTED"}
    {"kept": 1}
    {"done": 1}

Theory of operation: an entry is written and synced before its change, so a line that is torn – no newline at its end –
belongs to a change that was never made, or says that something was done, which costs no more than undoing it again.
Each entry is followed by a line that only says so, in the same write: a disk that loses the last line, though it was
synced, loses no entry with it.
What cannot be read, or is of a kind that this version does not know, is never passed over: it is owed until somebody
has looked at it.
"""

import contextlib
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from chaos.clock import in_thread
from chaos.errors import RollbackFailed
from chaos.undo.entries import KINDS, Undo, UndoLog, UndoNotKept

FILE = "undo.jsonl"
_HEADER = {"undo-log": 1}
# A run owes a few dozen things; more than this is no undo log.
_MAX_BYTES = 16 * 1024 * 1024


class UndoLogUnreadable(RollbackFailed):
    """There is an undo log, but it cannot be opened: what an earlier run has left changed is not known."""


class Disk:
    """What the log asks of the file system; tests put their own in its place."""

    def open(self, path: Path) -> int:
        return os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)

    def write(self, file: int, data: bytes) -> int:
        return os.write(file, data)

    def sync(self, file: int) -> None:
        os.fsync(file)

    def sync_folder(self, path: Path) -> None:
        """So that a file that was just made in it is still there after a crash of the machine."""
        folder = os.open(path, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)

    def truncate(self, file: int, length: int) -> None:
        os.ftruncate(file, length)

    def close(self, file: int) -> None:
        os.close(file)


@dataclass(frozen=True, slots=True)
class Contents:
    """What a log says. owed: by number, oldest first. unreadable: lines that nobody could read, in words.

    whole: how many bytes of it are whole lines; what follows is torn. last: the highest number so far.
    """

    owed: Mapping[int, Undo]
    unreadable: tuple[str, ...]
    whole: int
    last: int


def read(data: bytes) -> Contents:
    """The contents of a log's bytes; raises nothing, whatever they are."""
    whole = data.rfind(b"\n") + 1
    owed: dict[int, Undo] = {}
    unreadable: dict[int | str, str] = {}
    last = 0
    for line_number, line in enumerate(data[:whole].split(b"\n")[:-1], 1):
        match shown := _line(line):
            case {"undo": int(number)}:
                last = max(last, number)
                undo = _undo(shown)
                if isinstance(undo, Undo):
                    owed[number] = undo
                else:
                    unreadable[number] = f"line {line_number}: {undo}"
            case {"done": int(number)}:
                owed.pop(number, None)
                unreadable.pop(number, None)
            case {"kept": int()} | {"undo-log": 1}:
                continue
            case _:
                unreadable[f"line {line_number}"] = f"line {line_number} is no line of an undo log"
    return Contents(owed, tuple(unreadable.values()), whole, last)


def _line(line: bytes) -> Any:
    try:
        return json.loads(line)
    except (ValueError, RecursionError):
        return None


def _undo(fields: Mapping[str, Any]) -> Undo | str:
    """The entry, or why it cannot be read."""
    kind = fields.get("kind")
    if not isinstance(kind, str) or kind not in KINDS:
        return f"an entry of kind {kind!r}, which this version of finesse-chaos does not know"
    try:
        return KINDS[kind].from_json(fields)
    except (KeyError, TypeError, ValueError) as error:
        return f"an entry of kind {kind!r} that makes no sense ({error})"


class FileUndoLog(UndoLog):
    """The log of one lab in its folder. Who opens it holds the lab's lease. Close it.

    unreadable: what stands in it that nobody could read; see `Contents`.
    """

    def __init__(self, folder: Path, disk: Disk | None = None) -> None:
        """Open the log, or begin one. Raises UndoLogUnreadable."""
        super().__init__()
        self.path = folder / FILE
        self._disk = disk or Disk()
        self._numbers: dict[str, int] = {}
        self._file: int | None = None
        self._broken: str | None = None
        try:
            self._open()
        except OSError as error:
            self.close()
            raise UndoLogUnreadable(f"the undo log {self.path} cannot be used: {error.strerror or error}") from error

    def _open(self) -> None:
        is_new = not self.path.exists()
        data = b"" if is_new else _bytes_of(self.path)
        contents = read(data)
        self._file = self._disk.open(self.path)
        self._length = contents.whole
        self.torn = len(data) > contents.whole
        if self.torn:
            self._disk.truncate(self._file, contents.whole)
        self.unreadable = contents.unreadable
        self._last = contents.last
        for number, undo in contents.owed.items():
            if undo.thing not in self._owed:  # who wrote it kept to this, and so does who reads it
                self._owed[undo.thing] = undo
                self._numbers[undo.thing] = number
        if not contents.whole:
            self._append(_HEADER)
            self._disk.sync_folder(self.path.parent)

    def start_afresh(self) -> None:
        """Empty a log that owes nothing: it would grow from run to run. Nothing happens if it owes something."""
        if self._owed or self.unreadable or self._file is None or self._broken:
            return
        self._disk.truncate(self._file, 0)
        self._length = 0
        self._append(_HEADER)

    def close(self) -> None:
        """Close the file. Safe twice."""
        file, self._file = self._file, None
        if file is not None:
            self._disk.close(file)

    async def _keep(self, undo: Undo) -> None:
        number = self._last = self._last + 1
        entry = {"undo": number, "kind": undo.kind, **undo.to_json()}
        try:
            await in_thread(self._append, entry, {"kept": number})
        except OSError as error:
            raise UndoNotKept(
                f"how to undo a change of the {undo.thing} could not be written to {self.path} "
                f"({error.strerror or error}); the change was not made"
            ) from error
        self._numbers[undo.thing] = number

    async def _strike(self, undo: Undo) -> None:
        number = self._numbers.pop(undo.thing)
        # A line that is not written costs one more look at a thing that is as it was found.
        with contextlib.suppress(OSError):
            await in_thread(self._append, {"done": number})

    def _append(self, *lines: Mapping[str, Any]) -> None:
        """Write the lines at the end, and wait until they are on disk. Raises OSError: none of them counts."""
        if self._file is None:
            raise OSError("it is closed")
        if self._broken is not None:
            raise OSError(self._broken)
        data = b"".join(json.dumps(line, ensure_ascii=False).encode() + b"\n" for line in lines)
        try:
            left = data
            while left:
                left = left[self._disk.write(self._file, left) :]
            self._disk.sync(self._file)
        except OSError as error:
            self._take_back(error)
            raise
        self._length += len(data)

    def _take_back(self, error: OSError) -> None:
        """Cut off what a failed write left; if even that fails, nothing may be written after it."""
        try:
            if self._file is not None:
                self._disk.truncate(self._file, self._length)
        except OSError:
            self._broken = f"an earlier write failed: {error.strerror or error}"


def _bytes_of(path: Path) -> bytes:
    with path.open("rb") as file:
        data = file.read(_MAX_BYTES + 1)
    if len(data) > _MAX_BYTES:
        raise OSError(f"it has more than {_MAX_BYTES} bytes")
    return data
