"""The undo log on disk: JSON lines (see `chaos.undo.lines`), appended and synced before a change is made.

Theory of operation: an entry is written and synced before its change, so a line that is torn – no newline at its end –
belongs to a change that was never made, or says that something was done, which costs no more than undoing it again.
Each entry is followed by a line that only says so, in the same write: a disk that loses the last line, though it was
synced, loses no entry with it.
What cannot be read, or is of a kind that this version does not know, is never passed over: it is owed until somebody
has looked at it and struck it. It costs that line only; every other entry of the log is undone.
A log that cannot be written to can still be healed from: striking is a convenience, undoing twice is safe.
"""

import contextlib
import os
import stat
from pathlib import Path
from typing import cast

from chaos.clock import at_once
from chaos.errors import RollbackFailed, UsageError
from chaos.undo.entries import Entry, Undo, UndoLog, UndoNotKept
from chaos.undo.lines import Done, Header, Kept, Line, Owed, Struck, read
from chaos.undo.whose import LabIdentity

FILE = "undo.jsonl"
# A run owes a few dozen things; more than this is no undo log.
_MAX_BYTES = 16 * 1024 * 1024
_NO_FOLLOWING = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_CLOEXEC", 0)


class UndoLogUnreadable(RollbackFailed):
    """There is an undo log, but it cannot be opened: what an earlier run has left changed is not known."""


class Disk:
    """What the log asks of the file system; tests put their own in its place."""

    def open(self, path: Path) -> int:
        """Open, or make it: readable for all, since another user may have to heal, and writable for us alone, since it
        says what is done with our rights."""
        file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND | _NO_FOLLOWING, 0o644)
        with contextlib.suppress(OSError):
            os.chmod(path, 0o644)  # the umask has cut it
        return file

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


class FileUndoLog(UndoLog):
    """The log of one lab in its folder. Who opens it holds the lab's lease. Close it.

    lab: whose it is, as it says itself; what an inventory that opens it anew knows is added by `start_afresh`.
    is_foreign: another user has written it. unreadable: in words, with the remedy.
    """

    def __init__(self, folder: Path, lab: LabIdentity = LabIdentity.NOBODY, disk: Disk | None = None) -> None:
        """Open the log, or begin one for that lab. Raises UndoLogUnreadable."""
        super().__init__()
        self.path = folder / FILE
        self.is_foreign = False
        self._disk = disk or Disk()
        self._numbers: dict[str, int] = {}
        self._lines: dict[str, int] = {}
        self._file: int | None = None
        self._broken: str | None = None
        try:
            self._open(lab)
        except OSError as error:
            self.close()
            raise UndoLogUnreadable(f"the undo log {self.path} cannot be used: {error.strerror or error}") from error

    def _open(self, lab: LabIdentity) -> None:
        data = _bytes_of(self.path)
        contents = read(data or b"")
        self.lab = contents.lab if contents.whole else lab
        self.unreadable = tuple(
            f"line {one.line} of {self.path}: {one.why}; look at what it speaks of, put that right by hand, then "
            f"{self._strike_words(one.line)}"
            for one in contents.unreadable
        )
        self._last = contents.last
        for number, undo in contents.owed.items():
            if undo.thing not in self._owed:  # who wrote it kept to this, and so does who reads it
                self._owed[undo.thing] = undo
                self._numbers[undo.thing] = number
                self._lines[undo.thing] = contents.lines[number]
        self._length = contents.whole
        self._line_count = (data or b"")[: contents.whole].count(b"\n")
        self.torn = len(data or b"") > contents.whole
        if data is not None:
            uid = self.path.lstat().st_uid
            self.is_foreign = hasattr(os, "geteuid") and uid not in (0, os.geteuid())
        try:
            self._file = self._disk.open(self.path)
            if self.torn:
                self._disk.truncate(self._file, contents.whole)
        except OSError as error:
            if not contents.whole:
                raise
            self._broken = f"it cannot be written to: {error.strerror or error}"
        if not contents.whole:
            self._begin(lab)
            self._disk.sync_folder(self.path.parent)

    def _begin(self, lab: LabIdentity) -> None:
        self._append(Header(lab=lab), Header(lab=lab))

    def start_afresh(self, lab: LabIdentity | None = None) -> None:
        """Empty a log that owes nothing, and say whose it is: it would grow from run to run.

        A log that owes something only learns the lab's present marks. Raises UndoNotKept: it cannot be written to.
        """
        lab = lab or self.lab
        try:
            if self._broken is not None:
                raise OSError(self._broken)
            if self._owed or self.unreadable:
                if not lab.marks <= self.lab.marks:
                    self._append(Header(lab=lab))
                return
            if self._file is not None:
                self._disk.truncate(self._file, 0)
            self._length = self._line_count = 0
            self._begin(lab)
            self.lab = lab
        except OSError as error:
            raise UndoNotKept(
                f"the undo log {self.path} cannot be written to: {error.strerror or error}; nothing was changed"
            ) from error

    def strike(self, line: int) -> None:
        """Strike a line that a person has looked at. Raises UndoNotKept, UsageError: it is not owed."""
        known = {self._lines[thing]: thing for thing in self._owed}
        unreadable = [words for words in self.unreadable if words.startswith(f"line {line} of ")]
        if line not in known and not unreadable:
            owed = ", ".join(str(number) for number in sorted(known)) or "none"
            raise UsageError(f"line {line} of {self.path} is not owed; what is: {owed}")
        try:
            self._append(Struck(struck=line))
        except OSError as error:
            who = "; its owner can strike it, or root" if self.is_foreign else ""
            raise UndoNotKept(f"{self.path} cannot be written to: {error.strerror or error}{who}") from error
        self.unreadable = tuple(words for words in self.unreadable if words not in unreadable)
        if line in known:
            del self._owed[known[line]]

    def remedy(self, undo: Undo) -> str:
        """Where the entry stands, and how to strike it once it was put right by hand."""
        line = self._lines.get(undo.thing)
        return f"; once it is right by whatever means: {self._strike_words(line)}" if line else ""

    def _strike_words(self, line: int) -> str:
        return f"strike it with finesse-chaos heal -i INVENTORY --strike {self.path.parent.name}:{line}"

    def close(self) -> None:
        """Close the file. Safe twice."""
        file, self._file = self._file, None
        if file is not None:
            self._disk.close(file)

    async def _keep(self, undo: Undo) -> None:
        number = self._last = self._last + 1
        try:
            await at_once(self._append, Owed(undo=number, entry=cast("Entry", undo)), Kept(kept=number))
        except OSError as error:
            raise UndoNotKept(
                f"how to undo a change of the {undo.thing} could not be written to {self.path} "
                f"({error.strerror or error}); the change was not made"
            ) from error
        self._numbers[undo.thing] = number
        self._lines[undo.thing] = self._line_count - 1  # its own, before the line that says that it is kept

    async def _strike(self, undo: Undo) -> None:
        number = self._numbers.pop(undo.thing)
        # A line that is not written costs one more look at a thing that is as it was found.
        with contextlib.suppress(OSError):
            await at_once(self._append, Done(done=number))

    def _append(self, *lines: Line) -> None:
        """Write the lines at the end, and wait until they are on disk. Raises OSError: none of them counts."""
        if self._file is None:
            raise OSError(self._broken or "it is closed")
        if self._broken is not None:
            raise OSError(self._broken)
        data = b"".join(line.bytes() for line in lines)
        try:
            left = data
            while left:
                left = left[self._disk.write(self._file, left) :]
            self._disk.sync(self._file)
        except OSError as error:
            self._take_back(error)
            raise
        self._length += len(data)
        self._line_count += len(lines)

    def _take_back(self, error: OSError) -> None:
        """Cut off what a failed write left; if even that fails, nothing may be written after it."""
        try:
            if self._file is not None:
                self._disk.truncate(self._file, self._length)
        except OSError:
            self._broken = f"an earlier write failed: {error.strerror or error}"


def whose(path: Path) -> LabIdentity | None:
    """Whose log that is, NOBODY if it does not say, None if it owes nothing to anybody. Raises OSError."""
    contents = read(_bytes_of(path) or b"")
    return contents.lab if contents.owed or contents.unreadable else None


def owed_in(path: Path) -> tuple[str, ...]:
    """What that log owes, in words, oldest first. It is read and not opened: that is for whoever holds the lease."""
    try:
        contents = read(_bytes_of(path) or b"")
    except OSError as error:
        return (f"what stands in {path}, which cannot be read ({error.strerror or error})",)
    unread = (f"what line {one.line} of {path} speaks of" for one in contents.unreadable)
    return (*dict.fromkeys(undo.thing for undo in contents.owed.values()), *unread)


def _bytes_of(path: Path) -> bytes | None:
    """None: there is no such file. Raises OSError: it is no plain file, or too long."""
    try:
        file = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | _NO_FOLLOWING)
    except FileNotFoundError:
        return None
    with os.fdopen(file, "rb") as opened:
        if not stat.S_ISREG(os.fstat(opened.fileno()).st_mode):
            raise OSError("it is no plain file")
        data = opened.read(_MAX_BYTES + 1)
    if len(data) > _MAX_BYTES:
        raise OSError(f"it has more than {_MAX_BYTES} bytes")
    return data
