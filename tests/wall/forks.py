"""Runs of the command in children of one warm process: what takes half of a short run, the imports, is done once.

A child is forked while this process has one thread only, leads a process group of its own, and is ended with all its
kin when its time is over. What it says goes into a file.
"""

import contextlib
import importlib
import logging
import os
import signal
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

# Whatever a run needs that is not ours, and with it ours: `ours` are left out where another tree is to be run.
FOREIGN = (
    "aiohttp.web",
    "allure_commons",
    "allure_pytest.plugin",
    "asyncssh",
    "click",
    "cryptography.x509",
    "httpx",
    "paramiko",
    "pydantic",
    "pytest",
    "rich.console",
    "rich.table",
    "slixmpp",
    "toxiproxy",
    "trustme",
    "yaml",
)
OURS = (
    "chaos.commands.main",
    "chaos.experiment",
    "chaos.mock.deployment",
    "chaos.plugin",
    "chaos.run.launcher",
    "chaos.run.reporting",
    "chaos.run.session",
    "chaos.verdicts",
)
CRASHED = 70
"""Status of a child that ended by an error of ours."""


@dataclass(frozen=True, slots=True)
class Job:
    """One run. arguments: of `finesse-chaos`. root: the tree that is run. folder: for what the child says. under: what
    the child is put under while it runs."""

    name: str
    arguments: tuple[str, ...]
    root: Path
    folder: Path
    under: Callable[[], AbstractContextManager[object]] = contextlib.nullcontext


@dataclass(frozen=True, slots=True)
class Ended:
    """How a run ended. status: the command's, None if its time was over. wall_s: how long it took."""

    job: Job
    status: int | None
    wall_s: float

    @property
    def said(self) -> str:
        path = self.job.folder / "said"
        return path.read_text(encoding="utf-8", errors="replace") if path.exists() else ""

    @property
    def shown(self) -> bool:
        """Did a break of the mock show?"""
        return (self.job.folder / "shown").exists()


def warm(names: Iterable[str]) -> None:
    """Import these now; one that is not there is left to whoever needs it."""
    for name in names:
        with contextlib.suppress(ImportError):
            importlib.import_module(name)


def run_all(jobs: Iterable[Job], *, at_once: int, within_s: float) -> Iterator[Ended]:
    """Run all of them, so many at once; in the order in which they end. within_s: for each.

    A job is asked for only when it is its turn.
    """
    waiting = iter(jobs)
    left = True
    running: dict[int, tuple[Job, float]] = {}
    try:
        while left or running:
            while left and len(running) < at_once:
                job = next(waiting, None)
                left = job is not None
                if job is not None:
                    running[_fork(job)] = job, time.monotonic()
            if not running:
                return
            pid, status = os.waitpid(-1, os.WNOHANG)
            if pid in running:
                job, began_s = running.pop(pid)
                _end_kin(pid)
                yield Ended(job, os.waitstatus_to_exitcode(status), time.monotonic() - began_s)
                continue
            for late in [pid for pid, (_, began_s) in running.items() if time.monotonic() - began_s > within_s]:
                job, began_s = running.pop(late)
                _end(late)
                yield Ended(job, None, time.monotonic() - began_s)
            time.sleep(0.02)
    finally:
        for pid in running:
            _end(pid)


def _end(pid: int) -> None:
    _end_kin(pid)
    os.waitpid(pid, 0)


def _end_kin(pid: int) -> None:
    """Whatever a child has started and not ended, and the child itself."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, signal.SIGKILL)


def _fork(job: Job) -> int:
    job.folder.mkdir(parents=True, exist_ok=True)
    sys.stdout.flush()
    sys.stderr.flush()
    pid = os.fork()
    if pid:
        with contextlib.suppress(PermissionError, ProcessLookupError):  # it has done so itself, or is gone
            os.setpgid(pid, pid)
        return pid
    status = CRASHED
    try:
        os.setpgid(0, 0)
        status = _child(job)
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)


def _child(job: Job) -> int:
    said = os.open(job.folder / "said", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644)
    os.dup2(said, 1)
    os.dup2(said, 2)
    sys.stdout, sys.stderr = (os.fdopen(fd, "w", buffering=1, closefd=False) for fd in (1, 2))
    os.environ["COLUMNS"] = "200"
    defects = logging.getLogger("chaos.mock.defects")
    defects.setLevel(logging.INFO)
    defects.addHandler(logging.FileHandler(job.folder / "shown", delay=True))
    os.chdir(job.root)
    sys.path.insert(0, str(job.root))
    try:
        with job.under():
            return int(importlib.import_module("chaos.commands.main").status_of(list(job.arguments)))
    except BaseException:
        sys.excepthook(*sys.exc_info())
        return CRASHED
