"""Reading a small file that somebody else wrote: never a pipe, a device or a gigabyte, and never for ever."""

import errno
import os
import stat
from dataclasses import dataclass
from pathlib import Path

NO_SUCH_FILE = "no such file"

_REASONS = {
    errno.ENOENT: (NO_SUCH_FILE, "check the path"),
    errno.ENOTDIR: ("a path through something that is no folder", "check the path"),
    errno.ELOOP: ("a loop of symbolic links", "name the file itself"),
    errno.EACCES: ("a file that this user may not read", "check the permissions of the file and of its folders"),
    errno.ENAMETOOLONG: ("a path that is too long", "check the path"),
}
_KINDS = (
    (stat.S_ISDIR, "a directory"),
    (stat.S_ISFIFO, "a pipe"),
    (stat.S_ISSOCK, "a socket"),
    (stat.S_ISCHR, "a device"),
    (stat.S_ISBLK, "a device"),
)


class NotReadable(Exception):
    """The file cannot be had; whoever reads it says so in words of its own. found, remedy: what for, in words."""

    def __init__(self, found: str, remedy: str) -> None:
        super().__init__(f"{found}; {remedy}")
        self.found, self.remedy = found, remedy


@dataclass(frozen=True, slots=True)
class SmallFile:
    """A file's content, and whether somebody else than its owner may read it. mode: the permission bits."""

    data: bytes
    mode: int
    is_open_to_others: bool


def read_small(path: Path, bytes_max: int) -> SmallFile:
    """The whole file. Raises NotReadable: it is no regular file, cannot be read, or is larger than that."""
    try:
        _require_regular(os.stat(path).st_mode)  # before it is opened: opening a device or a pipe may have effects
        file = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
        with open(file, "rb") as opened:
            about = os.fstat(file)
            _require_regular(about.st_mode)
            data = opened.read(bytes_max + 1)
    except ValueError:
        raise NotReadable("an impossible path", "check the path") from None
    except OSError as error:
        why = (error.strerror or str(error), "check the path and its permissions")
        raise NotReadable(*_REASONS.get(error.errno or 0, why)) from None
    if len(data) > bytes_max:
        raise NotReadable(f"more than {bytes_max} bytes", "is this the right file?")
    mode = stat.S_IMODE(about.st_mode)
    # Windows has no such bits: Python makes them up there.
    return SmallFile(data, mode, os.name == "posix" and bool(mode & 0o077))


def _require_regular(mode: int) -> None:
    if not stat.S_ISREG(mode):
        what = next((name for is_kind, name in _KINDS if is_kind(mode)), "something else")
        raise NotReadable(what, "name the file itself")
