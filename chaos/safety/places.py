"""Where this machine keeps the leases and undo logs of its labs: one folder for all its users.

    /var/tmp/finesse-chaos/            sticky, for everybody, as /tmp is
        place                          a random name of this folder: whoever shares it shares its locks
        locks/<mark>                   one file a mark of a lab; who has the lab holds a lock on each of its marks
        users/<uid>/labs/<number>/     of one user, who alone writes there; others read it
            undo.jsonl                 what is owed to a lab, and whose it is
            heals.jsonl                what was healed

Neither HOME nor XDG_STATE_HOME moves it: a second run with another user or state folder must not get into a lab beside
the first. FINESSE_CHAOS_STATE does, for containers that are to share one folder, and for tests; whoever sets it
differently for two runs has taken the lock off himself. Where the folder cannot be used, the user's own takes its
place, and that is said.

A log says what is to be done with our rights and passwords, so it is believed by its owner: what stands in a user's own
folder only he (and root) can have written. Another user's log is undone as well, but only on hosts, proxy servers and
commands of the healer's own inventory; it cannot be struck, so its owner looks at the same things once more. Nothing is
followed that is no plain file or folder.
"""

import contextlib
import errno
import hashlib
import os
import secrets
import stat
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from chaos.errors import UsageError
from chaos.undo.whose import LabIdentity

MACHINE = Path("/var/tmp/finesse-chaos")
OVERRIDE = "FINESSE_CHAOS_STATE"
_OPEN_TO_ALL, _OURS = 0o1777, 0o755
_HASH_CHARS = 16


class NoPlace(UsageError):
    """There is nowhere to keep leases and undo logs, or what is there cannot be looked at. Nothing was touched."""


# What is not there, or is another user's and closed to us, is none of our affair. Any other error (no descriptors left,
# a broken disk) leaves open whether something is owed.
_ABSENT = (FileNotFoundError, NotADirectoryError, PermissionError)


@dataclass(frozen=True, slots=True)
class Place:
    """The folder. doubt: why it is not the machine's, in words; None if it is. name: whoever shares it knows it."""

    root: Path
    name: str
    doubt: str | None = None

    @property
    def locks(self) -> Path:
        return self.root / "locks"

    @property
    def users(self) -> Path:
        return self.root / "users"

    @property
    def labs(self) -> Path:
        """Our own user's."""
        return self.users / _user() / "labs"

    def all_labs(self) -> Iterator[Path]:
        """Every user's folders of labs, ours first."""
        own = self.users / _user()
        for user in (own, *sorted(one for one in _entries(self.users) if one != own)):
            if is_folder(user) and is_folder(user / "labs"):
                yield from (lab for lab in sorted(_entries(user / "labs")) if is_folder(lab))

    def lock_of(self, mark: str) -> Path:
        return self.locks / hashlib.sha256(mark.encode()).hexdigest()[: 2 * _HASH_CHARS]

    def folder_of(self, identity: LabIdentity) -> Path:
        """Where an inventory with just these marks keeps its log. Logs of others overlap, see `chaos.safety.debts`."""
        return self.labs / hashlib.sha256("\n".join(sorted(identity.marks)).encode()).hexdigest()[:_HASH_CHARS]


def user_state(env: Mapping[str, str]) -> Path:
    """Where this user's programs keep their state. Source: XDG Base Directory Specification."""
    given = env.get("XDG_STATE_HOME", "")
    base = Path(given) if os.path.isabs(given) else Path(env.get("HOME") or Path.home()) / ".local" / "state"
    return base / "finesse-chaos"


def candidates(env: Mapping[str, str]) -> tuple[Path, ...]:
    """Where the folder may be, the right one first."""
    given = env.get(OVERRIDE, "")
    return (Path(given),) if os.path.isabs(given) else (MACHINE, user_state(env))


def place_of(env: Mapping[str, str]) -> Place:
    """The folder, made if need be. Raises NoPlace: neither the machine's nor the user's own can be used."""
    doubts = []
    for root in candidates(env):
        try:
            name = _made(root)
        except OSError as error:
            doubts.append(f"{root} cannot be used: {error.strerror or error}")
        else:
            said = f"{doubts[0]}; runs of other users of this machine are not seen" if doubts else None
            return Place(root, name, said)
    raise NoPlace(
        f"what is owed to a lab cannot be kept: {'; '.join(doubts)}; set {OVERRIDE} to a folder that you can write to"
    )


def place_to_heal_from(env: Mapping[str, str]) -> Place:
    """As `place_of`; where nothing can be written, the folder that is there will do. Raises NoPlace: there is none."""
    try:
        return place_of(env)
    except NoPlace:
        found = existing(env)
        if not found:
            raise
        return found[0]


def existing(env: Mapping[str, str]) -> tuple[Place, ...]:
    """Every folder that is there already and can be read; makes nothing, so that healing needs no room on the disk."""
    return tuple(Place(root, _name_in(root) or "") for root in candidates(env) if is_folder(root / "users"))


def make_folder(path: Path) -> None:
    """A folder that every user may put things into and nobody may take others' things out of. Raises OSError."""
    with contextlib.suppress(FileExistsError):
        path.mkdir(parents=True)
        sync_folder(path.parent)
        os.chmod(path, _OPEN_TO_ALL)  # mkdir's own mode is cut by the umask
    if not is_folder(path):
        raise NotADirectoryError(errno.ENOTDIR, "it is no folder of its own", str(path))


def make_own_folder(path: Path) -> None:
    """A folder that we alone write to and everybody reads. Raises OSError: also if what is there is no such one."""
    with contextlib.suppress(FileExistsError):
        path.mkdir()
        sync_folder(path.parent)
        os.chmod(path, _OURS)  # mkdir's own mode is cut by the umask
    seen = path.lstat()
    if (
        not stat.S_ISDIR(seen.st_mode)
        or (hasattr(os, "geteuid") and seen.st_uid != os.geteuid())
        or seen.st_mode & 0o022
    ):
        raise PermissionError(errno.EPERM, "it is not ours alone", str(path))


def is_folder(path: Path) -> bool:
    """Whether it is a folder itself: a link that somebody has put there is not followed. Raises NoPlace: unknown."""
    try:
        return stat.S_ISDIR(path.lstat().st_mode)
    except _ABSENT:
        return False
    except OSError as error:
        raise _unseen(path, error) from error


def sync_folder(path: Path) -> None:
    """So that what was just made in it is still there after a crash of the machine. Raises OSError."""
    file = os.open(path, os.O_RDONLY)
    try:
        os.fsync(file)
    finally:
        os.close(file)


def _made(root: Path) -> str:
    for folder in (root, root / "locks", root / "users"):
        make_folder(folder)
    own = root / "users" / _user()
    for folder in (own, own / "labs"):
        make_own_folder(folder)
    # What cannot be written to is no place for an undo log, whoever owns it.
    trial = own / f".trial-{os.getpid()}-{secrets.token_hex(4)}"
    os.close(os.open(trial, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    trial.unlink()
    path = root / "place"
    if (name := _name_in(root)) is None:
        name = secrets.token_hex(8)
        fresh = root / f".place-{name}"
        fresh.write_text(name, encoding="ascii")
        fresh.chmod(0o644)
        try:
            os.link(fresh, path)  # the first one wins
        except FileExistsError:
            name = _name_in(root) or name
        finally:
            fresh.unlink()
    return name


def _user() -> str:
    return str(os.geteuid()) if hasattr(os, "geteuid") else "user"


def _entries(folder: Path) -> list[Path]:
    """Raises NoPlace: what is in it cannot be told, and nothing owed must not be read from that."""
    try:
        return list(folder.iterdir())
    except _ABSENT:
        return []
    except OSError as error:
        raise _unseen(folder, error) from error


def _unseen(path: Path, error: OSError) -> NoPlace:
    why = error.strerror or error
    return NoPlace(f"{path} cannot be looked at: {why}; whether a lab is in use, or owed something, is not known")


def _name_in(root: Path) -> str | None:
    try:
        with (root / "place").open(encoding="ascii") as file:
            name = file.read(64).strip()
    except (OSError, ValueError):
        return None
    return name if name.isalnum() else None
