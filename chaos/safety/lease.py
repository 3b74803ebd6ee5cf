"""One run at a time per lab: a lock that lapses with whoever holds it, and the folder in which a lab's state is kept.

The lock is the kernel's (flock) on an open file. Whoever inherits that open file holds the same lock: so the reaper has
it from the first moment, without a gap in which another run could slip in after the harness has died.
"""

import asyncio
import hashlib
import json
import os
import socket
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from chaos.clock import now, wall_now
from chaos.errors import LabRefused, UsageError
from chaos.inventory import Inventory

_FILE = "lease"
_LOOK_EVERY_S = 0.2
# A run that has just been killed looks alive until its parent has noticed and its reaper has taken over.
_SURE_AFTER_S = 2.0
_HASH_CHARS = 12

RUNS, HEALS = "runs", "heals"


class LabInUse(LabRefused):
    """Somebody else has the lab. Nothing was touched."""


class NoLease(UsageError):
    """The lease cannot be taken on this machine. Nothing was touched."""


@dataclass(frozen=True, slots=True)
class Holder:
    """Who has a lab, and why. doing: RUNS or HEALS. since: ISO 8601."""

    pid: int
    machine: str
    doing: str
    since: str

    def is_running(self) -> bool:
        """Whether a run has it; one that has just died leaves it to its reaper, who heals."""
        if self.doing != RUNS or self.machine != socket.gethostname():
            return self.doing == RUNS
        try:
            os.kill(self.pid, 0)
        except ProcessLookupError:
            return False
        except PermissionError:
            return True
        return True

    def __str__(self) -> str:
        what = "healed by the reaper" if self.doing == HEALS else "used by a run"
        return f"{what}, process {self.pid} on {self.machine}, since {self.since}"


def state_folder(env: Mapping[str, str]) -> Path:
    """Where this user's programs keep their state. Source: XDG Base Directory Specification."""
    given = env.get("XDG_STATE_HOME", "")
    base = Path(given) if os.path.isabs(given) else Path(env.get("HOME") or Path.home()) / ".local" / "state"
    return base / "finesse-chaos"


def lab_folder(inventory: Inventory, env: Mapping[str, str]) -> Path:
    """The folder of this lab: the same for every inventory that names the same hosts, whatever else it says."""
    hosts = [(*path, host.host, host.dial, getattr(host, "port", None)) for path, host in inventory.hosts()]
    known = hashlib.sha256(json.dumps(hosts).encode()).hexdigest()
    return state_folder(env) / f"{inventory.name}-{known[:_HASH_CHARS]}"


def made(folder: Path) -> Path:
    """The folder, made for us alone, and known to the disk. Raises NoLease."""
    try:
        missing = [one for one in (folder, *folder.parents) if not one.exists()]
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        for one in missing:
            _sync(one.parent)
    except OSError as error:
        raise NoLease(
            f"the lab's state cannot be kept in {folder}: {error.strerror or error}; set XDG_STATE_HOME to a folder "
            "that you can write to"
        ) from error
    return folder


class Lease:
    """The lease of one lab, from `take` to `give_up`; it lapses when the last process that holds `file` is gone."""

    def __init__(self, file: int, path: Path) -> None:
        self.file = file
        self._path = path

    @classmethod
    async def take(
        cls, folder: Path, doing: str, *, wait_s: float, waiting: Callable[[str], None] = lambda _: None
    ) -> "Lease":
        """The lease of the lab of that folder. wait_s: how long to wait for who is healing it; a run is not waited for.

        Raises LabInUse, NoLease.
        """
        path = made(folder) / _FILE
        until_s, sure_s = now() + wait_s, now() + _SURE_AFTER_S
        try:
            file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise NoLease(f"the lease {path} cannot be opened: {error.strerror or error}") from error
        told = False
        try:
            while not _locked(file):
                holder = _holder(file)
                is_run = holder is not None and holder.is_running()
                if now() >= (min(until_s, sure_s) if is_run else until_s):
                    raise LabInUse(f"the lab is {holder or 'used by somebody'}; wait until that has ended ({path})")
                if not told and not is_run:
                    waiting(f"waiting: the lab is {holder or 'used by somebody'}")
                    told = True
                await asyncio.sleep(_LOOK_EVERY_S)
        except BaseException:
            os.close(file)
            raise
        lease = cls(file, path)
        lease.note(doing)
        return lease

    @classmethod
    def inherited(cls, file: int, folder: Path) -> "Lease":
        """The lease that another process has handed on. Raises NoLease: it holds no lock."""
        os.set_inheritable(file, False)
        if not _locked(file):
            raise NoLease(f"the lease of {folder} was not handed on")
        return cls(file, folder / _FILE)

    def note(self, doing: str) -> None:
        """Say who holds it, for those who are refused."""
        holder = Holder(os.getpid(), socket.gethostname(), doing, wall_now().isoformat(timespec="seconds"))
        os.ftruncate(self.file, 0)
        os.pwrite(self.file, json.dumps(asdict(holder)).encode(), 0)

    def give_up(self) -> None:
        """Let others in, whoever else has inherited it. Safe twice."""
        file, self.file = self.file, -1
        if file >= 0:
            _unlock(file)
            os.close(file)

    def let_go(self) -> None:
        """Close it here; who has inherited it holds it on."""
        file, self.file = self.file, -1
        if file >= 0:
            os.close(file)


def _locked(file: int) -> bool:
    """Whether the lock is ours now."""
    try:
        import fcntl
    except ImportError as error:
        raise NoLease("this system has no flock, which keeps two runs from one lab; run from Linux or macOS") from error
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError as error:
        raise NoLease(f"the lab cannot be locked: {error.strerror or error}; keep the state on a local disk") from error
    return True


def _unlock(file: int) -> None:
    import fcntl

    fcntl.flock(file, fcntl.LOCK_UN)


def _holder(file: int) -> Holder | None:
    """Who holds it, None if that cannot be read (it is being written)."""
    try:
        return Holder(**json.loads(os.pread(file, 4096, 0)))
    except (ValueError, TypeError):
        return None


def _sync(folder: Path) -> None:
    file = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(file)
    finally:
        os.close(file)
