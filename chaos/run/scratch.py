"""Temporary folders: each goes with its process, and whoever makes one takes away those of processes that are dead.

Theory of operation: a killed process cannot clean up, and a `mock up` keeps passwords in its folder. So a folder is
marked by a file that its maker holds locked by the kernel for as long as he lives. Who finds that lock free finds
nobody at home. A folder without the mark is somebody else's, or is just being made.
"""

import contextlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from chaos.errors import UsageError

PREFIX = "finesse-chaos-"
_MARK, _UNMARKED = ".held", ".making"


class Scratch:
    """A folder of one's own. Take it away with `remove`, which is safe twice."""

    def __init__(self, purpose: str = "") -> None:
        """purpose: a part of its name. Raises UsageError: no folder can be made."""
        try:
            _remove_deserted()
            self.path = Path(tempfile.mkdtemp(prefix=f"{PREFIX}{purpose}"))
            self._held = _held(self.path)
        except OSError as error:
            raise UsageError(
                f"no temporary folder can be made: {error.strerror or error}; make room for one, or name another place "
                "in the environment variable TMPDIR"
            ) from error

    def remove(self) -> None:
        shutil.rmtree(self.path, ignore_errors=True)
        if self._held is not None:
            os.close(self._held)
            self._held = None


@contextlib.contextmanager
def scratch(purpose: str = "") -> Iterator[Path]:
    """The same, for a block."""
    own = Scratch(purpose)
    try:
        yield own.path
    finally:
        own.remove()


def _held(folder: Path) -> int | None:
    """The descriptor that holds its mark; None where there are no such locks: that folder is nobody's to take away."""
    place = os.open(folder / _UNMARKED, os.O_CREAT | os.O_RDWR, 0o600)
    if not _locked(place):
        os.close(place)
        return None
    # Only a mark that is locked already gets its name: nobody ever finds a free one of somebody who lives.
    (folder / _UNMARKED).rename(folder / _MARK)
    return place


def _locked(place: int) -> bool:
    try:
        import fcntl

        fcntl.flock(place, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except (ImportError, OSError):
        return False
    return True


def _remove_deserted() -> None:
    """Those of this user alone, and never through a link."""
    for folder in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
        with contextlib.suppress(OSError):
            if folder.is_symlink() or not hasattr(os, "getuid") or folder.stat().st_uid != os.getuid():
                continue
            place = os.open(folder / _MARK, os.O_RDWR | getattr(os, "O_NOFOLLOW", 0))
            try:
                if _locked(place):
                    shutil.rmtree(folder, ignore_errors=True)
            finally:
                os.close(place)
