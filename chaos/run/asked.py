"""What a run is asked for, checked before anything is touched, and the folder in which it leaves its artefacts."""

import contextlib
import os
import random
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

import pytest

from chaos import clock
from chaos.errors import UsageError
from chaos.inventory import Inventory
from chaos.nights.waivers import read_waivers
from chaos.redaction import remember_environment
from chaos.run.launcher import breaks_named
from chaos.run.options import RunOptions, is_virtual

# As much as the first lines of a journal take. A file system that is full lets a folder be made, and no more.
_ROOM_BYTES = 4096
# What a command leaves that was ended, however it was: a second one would write over it.
_LEFT = {
    "journals/*": "the journals of another run",
    "explored.*": "another exploration",
    "found/*": "another exploration",
}


@dataclass(eq=False)
class Asked:
    """What the command hands to the plugin, as a plugin of its own; pytest's options could not hold it.

    page: whether the HTML page is wanted. strict: whether what this lab cannot host is held against it. interrupts:
    signals that came before the run took them itself. status: set at
    the end of the run; None: it never got as far. tty: the terminal, found before pytest took standard output away.
    bug: what broke pytest or us.
    """

    options: RunOptions
    page: bool = True
    strict: bool = False
    interrupts: Sequence[int] = ()
    tty: TextIO | None = None
    status: int | None = None
    bug: BaseException | None = None

    def pytest_internalerror(self, excinfo: pytest.ExceptionInfo[BaseException]) -> bool:
        """Kept for whoever asked; pytest would print its traceback in front of the user."""
        self.bug = excinfo.value
        return True


def run_options(
    *,
    inventory: Inventory | None,
    inventory_name: str = "INVENTORY",
    reports: Path,
    folder: str | Path | None = None,
    rejudge: str | Path | None = None,
    seed: int | None = None,
    real_time: bool = False,
    loop: str = "asyncio",
    defects: Sequence[str] = (),
    faults_do_nothing: bool = False,
    waivers: Path | None = None,
    keep: int | None = None,
    processes: int | None = None,
) -> RunOptions:
    """The options of a run; its folder is made last, when nothing else can be wrong.

    waivers: the file with them. inventory_name: its file, as the user would type it. reports: where a new folder is
    made if none is given. Raises UsageError: nothing was touched.
    """
    remember_environment(os.environ)
    _check_defects(defects, inventory)
    clock.check_loop(virtual=is_virtual(inventory, real_time), kind=loop)
    waived = read_waivers(waivers) if waivers is not None else ()
    saved = Path(rejudge) if rejudge else None
    if saved is not None:
        _require_journals(saved)
    return RunOptions(
        folder=_folder(folder, reports),
        seed=seed if seed is not None else new_seed(),
        inventory=inventory,
        inventory_name=inventory_name,
        rejudge=saved,
        real_time=real_time,
        loop=loop,
        defects=tuple(defects),
        faults_do_nothing=faults_do_nothing,
        waivers=waived,
        keep=keep,
        processes=processes,
        env=dict(os.environ),
    )


def _require_journals(saved: Path) -> None:
    """Raises UsageError: there is nothing to judge again."""
    if (saved / "journals").is_dir():
        return
    if not saved.is_dir():
        raise UsageError(f"there is no folder {saved}: name that of a run, for instance reports/latest")
    raise UsageError(f"{saved} holds no journals: name the folder of a run, for instance reports/latest")


def _check_defects(names: Sequence[str], inventory: Inventory | None) -> None:
    """Raises UsageError: there is no such defect, or nothing that could have it."""
    breaks_named(names)
    if names and inventory is not None and inventory.deployment != "mock":
        raise UsageError(f"{inventory.name} is a live lab: only the mock has defects to switch on")


def _folder(given: str | Path | None, reports: Path) -> Path:
    """Where artefacts go. Raises UsageError: it cannot be made, nothing can be written there, or another run has left
    something there."""
    try:
        was_there = given is not None and Path(given).exists()
        folder = Path(given) if given else run_folder(reports)
        folder.mkdir(parents=True, exist_ok=True)
        for pattern, what in _LEFT.items():
            if any(folder.glob(pattern)):
                raise UsageError(f"{folder} holds {what}: name a folder of its own for this one")
        _check_room(folder, was_there=was_there)
    except (OSError, ValueError) as error:
        why = (error.strerror if isinstance(error, OSError) else None) or str(error)
        raise UsageError(
            f"no folder for artefacts can be made at {given or reports}: {why}; name another one with --folder"
        ) from error
    return folder.resolve()


def _check_room(folder: Path, *, was_there: bool) -> None:
    """Whether a journal can be begun there: what is played could not be kept otherwise. Raises OSError."""
    try:
        with tempfile.TemporaryFile(dir=folder) as probe:
            probe.write(bytes(_ROOM_BYTES))
    except OSError:
        if not was_there:
            remove_if_empty(folder)
        raise


@contextlib.contextmanager
def alone_in(folder: Path) -> Iterator[None]:
    """That folder is this run's alone while it plays, by a lock of the kernel's, which ends with its holder.

    Raises UsageError: another run is at work there, whose journals may not have begun yet.
    """
    try:
        import fcntl
    except ImportError:  # Windows
        yield
        return
    place = os.open(folder, os.O_RDONLY)
    try:
        try:
            fcntl.flock(place, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise UsageError(f"another run is at work in {folder}: name a folder of its own for this one") from None
        except OSError:
            pass  # a file system that has no locks
        yield
    finally:
        os.close(place)


def run_folder(root: Path) -> Path:
    """A fresh folder below `root`: running numbers, so that names sort and nothing is overwritten."""
    root.mkdir(parents=True, exist_ok=True)
    number = 1 + max((int(path.name) for path in root.iterdir() if path.name.isdecimal()), default=0)
    while True:
        folder = root / f"{number:04d}"
        try:
            folder.mkdir()
        except FileExistsError:
            number += 1
        else:
            return folder


def remove_if_empty(*folders: Path) -> None:
    """Where nothing was done nothing is left behind either."""
    for path in folders:
        with contextlib.suppress(OSError):
            path.rmdir()


def new_seed() -> int:
    """A seed for a run that was given none; it is printed and kept, so that the run can be had again."""
    return random.SystemRandom().randrange(2**32)
