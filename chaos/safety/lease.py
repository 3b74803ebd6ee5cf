"""One run at a time per lab: locks that lapse with whoever holds them, one for each mark that the lab is known by.

The locks are the kernel's (flock) on open files. Whoever inherits the open files holds the same locks: so the reaper
has them from the first moment, without a gap in which another run could slip in after the harness has died. Two
inventories that share one mark (see `chaos.safety.identity`) want one file in common, and only one of them gets it.
Locks in other folders (the machine's could not be written to when somebody else began, or is full now) count as well.
What stands in the files only says who holds them; it may be missing, and nothing depends on it.
"""

import asyncio
import contextlib
import os
import socket
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from pydantic import TypeAdapter, ValidationError
from pydantic_core import to_json

from chaos.clock import now, wall_now
from chaos.errors import LabRefused, UsageError
from chaos.safety.places import Place
from chaos.undo.whose import LabIdentity

_LOOK_EVERY_S = 0.2
# A run that has just been killed looks alive until its parent has noticed and its reaper has taken over.
_SURE_AFTER_S = 2.0
_NOTE_BYTES_MAX = 4096

RUNS, HEALS, LINKS = "runs", "heals", "links"
_WORDS = {HEALS: "healed by the reaper", RUNS: "used by a run", LINKS: "used by `finesse-chaos links`"}


class LabInUse(LabRefused):
    """Somebody else has the lab. Nothing was touched."""


class NoLease(UsageError):
    """The lease cannot be taken on this machine. Nothing was touched."""


@dataclass(frozen=True, slots=True)
class Holder:
    """Who has a lab, and why. machine: its name, and its space of process numbers. doing: RUNS, HEALS
    or LINKS. since: ISO 8601."""

    pid: int
    machine: str
    doing: str
    since: str

    @classmethod
    def ourselves(cls, doing: str) -> "Holder":
        return cls(os.getpid(), _machine(), doing, wall_now().isoformat(timespec="seconds"))

    def is_running(self) -> bool:
        """Whether it is used, and not only healed; a run that has just died leaves it to its reaper, who heals."""
        if self.doing == HEALS or self.machine != _machine():
            return self.doing != HEALS
        try:
            os.kill(self.pid, 0)
        except ProcessLookupError:
            return False
        except (PermissionError, OverflowError):
            return True
        return True

    def __str__(self) -> str:
        what = _WORDS.get(self.doing, "used")
        return f"{what}, process {self.pid} on {self.machine.partition(' ')[0]}, since {self.since}"


_HOLDER = TypeAdapter(Holder)


class Lease:
    """The lease of one lab, from `take` to `give_up`; it lapses when the last process that holds `files` is gone."""

    def __init__(self, files: Sequence[int]) -> None:
        self.files = tuple(files)

    @classmethod
    async def take(
        cls,
        place: Place,
        identity: LabIdentity,
        doing: str,
        *,
        wait_s: float,
        waiting: Callable[[str], None] = lambda _: None,
        others: Sequence[Place] = (),
    ) -> "Lease":
        """The lease of that lab. wait_s: how long to wait for who is healing it; a run is not waited for. others: other
        folders in which somebody may hold it. Who heals needs no lock that cannot be made: nobody else can make it.

        Raises LabInUse, NoLease.
        """
        until_s, sure_s = now() + wait_s, now() + _SURE_AFTER_S
        told = False
        while True:
            got = _locked_all((place, *others), identity, may_lack=doing == HEALS)
            if isinstance(got, tuple):
                lease = cls(got)
                lease.note(doing)
                return lease
            holder = got.holder
            is_run = holder is not None and holder.is_running()
            if now() >= (min(until_s, sure_s) if is_run else until_s):
                raise LabInUse(
                    f"the lab is {holder or 'used by somebody'}; wait until that has ended. That lab and this one have"
                    f" {got.mark} in common ({got.path})"
                )
            if not told and not is_run:
                waiting(f"waiting: the lab is {holder or 'used by somebody'}")
                told = True
            await asyncio.sleep(_LOOK_EVERY_S)

    @classmethod
    def inherited(cls, files: Sequence[int]) -> "Lease":
        """The lease that another process has handed on. Raises NoLease: it holds no lock."""
        for file in files:
            os.set_inheritable(file, False)
            if not _locked(file):
                raise NoLease("the lease was not handed on")
        return cls(files)

    def note(self, doing: str) -> None:
        """Say who holds it, for those who are refused. A full disk, or another user's file, does not matter."""
        data = to_json(asdict(Holder.ourselves(doing)))
        for file in self.files:
            with contextlib.suppress(OSError):
                os.ftruncate(file, 0)
                os.pwrite(file, data, 0)

    def give_up(self) -> None:
        """Let others in, whoever else has inherited it. Safe twice."""
        files, self.files = self.files, ()
        for file in files:
            _unlock(file)
            os.close(file)


@dataclass(frozen=True, slots=True)
class Taken:
    """A mark of the lab that somebody holds. holder: None if that cannot be read (it is being written)."""

    mark: str
    path: Path
    holder: Holder | None


def held_by(place: Place, identity: LabIdentity) -> Taken | None:
    """Who has the lab now, without taking it. Raises NoLease."""
    for mark in sorted(identity.marks):
        path = place.lock_of(mark)
        try:
            file = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
        except FileNotFoundError:
            continue  # nobody on this machine has ever used a lab with this mark
        except OSError as error:
            raise NoLease(f"the lease {path} cannot be looked at: {error.strerror or error}") from error
        try:
            # A shared lock disturbs no other look, and is gone at once.
            if not _locked(file, shared=True):
                return Taken(mark, path, _holder(file))
        finally:
            os.close(file)
    return None


def _locked_all(places: Sequence[Place], identity: LabIdentity, *, may_lack: bool) -> tuple[int, ...] | Taken:
    """All locks of the lab, in an order that is everybody's, or which one somebody else has. Raises NoLease.

    places: the first is ours; of the others only what is there counts. may_lack: one that cannot be made is left out.
    """
    files: list[int] = []
    try:
        for mark in sorted(identity.marks):
            for place in places:
                is_ours = place is places[0]
                file = _opened(place.lock_of(mark), make=is_ours, may_lack=may_lack or not is_ours)
                if file is None:
                    continue
                files.append(file)
                if not _locked(file):
                    return Taken(mark, place.lock_of(mark), _holder(file))
        done, files = tuple(files), []
        return done
    finally:
        for file in files:
            os.close(file)


def _opened(path: Path, *, make: bool, may_lack: bool) -> int | None:
    """The lock's file, None if it is not there and may lack.

    A lock needs no right to write: another user's file, or one on a disk that takes no more, will do. Without O_CREAT
    first: the kernel refuses it for others' files in a sticky folder (fs.protected_regular).
    """
    flags = os.O_CLOEXEC | os.O_NOFOLLOW
    made = (os.O_RDWR | os.O_CREAT | os.O_EXCL, os.O_RDWR) if make else ()
    for more in (os.O_RDWR, os.O_RDONLY, *made):
        try:
            file = os.open(path, flags | more, 0o666)
        except OSError as error:
            trouble = error
            continue
        if more & os.O_CREAT:
            with contextlib.suppress(OSError):
                os.fchmod(file, 0o666)  # the umask has cut it
        return file
    if may_lack and not os.path.lexists(path):
        return None
    raise NoLease(f"the lease {path} cannot be opened: {trouble.strerror or trouble}") from trouble


def _locked(file: int, *, shared: bool = False) -> bool:
    """Whether the lock is ours now."""
    try:
        import fcntl
    except ImportError as error:
        raise NoLease("this system has no flock, which keeps two runs from one lab; run from Linux or macOS") from error
    try:
        fcntl.flock(file, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError as error:
        raise NoLease(f"the lab cannot be locked: {error.strerror or error}; keep the state on a local disk") from error
    return True


def _unlock(file: int) -> None:
    import fcntl

    fcntl.flock(file, fcntl.LOCK_UN)


def _holder(file: int) -> Holder | None:
    try:
        return _HOLDER.validate_json(os.pread(file, _NOTE_BYTES_MAX, 0), strict=True)
    except (ValidationError, OSError):
        return None


def _machine() -> str:
    """The machine, and the space in which process numbers mean something: a container has its own."""
    try:
        space = os.readlink("/proc/self/ns/pid")
    except OSError:
        space = ""
    return f"{socket.gethostname()} {space}".strip()
