"""Work in a process of its own, forked from this one: it says what it has to say, and whoever started it hears it.

A fork has everything that was imported and collected here, suites of somebody's own among them, and needs nothing that
could be sent. It must be made before this process has a loop. Only on Linux: elsewhere a forked Python is not safe.
"""

import contextlib
import multiprocessing
import multiprocessing.process
import os
import signal
import sys
import threading
import traceback
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from chaos.redaction import KNOWN

Tell = Callable[[Any], None]
# For healing a mock on the virtual clock, which takes no lab's seconds; on a machine that others keep busy.
_HEALED_WITHIN_S = 20.0


@dataclass(frozen=True, slots=True)
class Broke:
    """The last that is heard of work that ended by itself too early. why: in words."""

    why: str


def can_fork() -> bool:
    """Whether work can go on in a process of its own here, and would gain by it."""
    return sys.platform == "linux" and len(os.sched_getaffinity(0)) > 1


def labs_at_once(labs: int, processes: int | None = None) -> int:
    """How many of so many labs are played side by side, if they may be in so many processes (None: any number)."""
    return min(labs, processes or labs) if can_fork() else 1


class Forked:
    """work: called in the other process with what it tells by; what it tells is pickled. log: the file for a bug's
    traceback. Ctrl-C and a closed terminal are not for it: who started it stops it. It ends with this process, however
    that ends."""

    def __init__(self, work: Callable[[Tell], None], log: Path) -> None:
        fork = multiprocessing.get_context("fork")
        self._ear, mouth = fork.Pipe(duplex=False)
        self._is_over = False
        self._process = fork.Process(target=_work, args=(work, mouth, log), daemon=True, name="another lab")
        with warnings.catch_warnings():  # what paints the live line is the one thread here, and has no part in it
            warnings.simplefilter("ignore", DeprecationWarning)
            self._process.start()
        mouth.close()

    def heard(self) -> Iterator[Any]:
        """What it has said since the last time; does not wait."""
        while not self._is_over and self._ear.poll():
            yield from self._next()

    def rest(self) -> Iterator[Any]:
        """All that it says until it ends; `Broke` last if it did not end well."""
        while not self._is_over:
            yield from self._next()

    def stop(self) -> None:
        """It puts back what it has changed, and ends. Safe twice, and when it has ended."""
        self._process.terminate()
        self._process.join(_HEALED_WITHIN_S)
        if self._process.is_alive():
            self._process.kill()
            self._process.join()

    def _next(self) -> Iterator[Any]:
        try:
            yield self._ear.recv()
        except EOFError:
            self._is_over = True
            self._process.join()
            if self._process.exitcode:
                yield Broke(f"the process in which it was played {_ended(self._process.exitcode)}")


def _ended(status: int) -> str:
    """In words. status: negative if a signal ended it."""
    if status >= 0:
        return f"ended with status {status}"
    try:
        name = signal.Signals(-status).name
    except ValueError:
        name = f"signal {-status}"
    return f"was killed by {name}" + (": did this machine run out of memory?" if name == "SIGKILL" else "")


def _work(work: Callable[[Tell], None], mouth: Connection, log: Path) -> None:
    for number in (signal.SIGINT, signal.SIGHUP):  # only on Linux
        signal.signal(number, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    end_with_parent()
    try:
        work(mouth.send)
    except KeyboardInterrupt:  # whoever started us did it, and does not listen, or somebody else
        with contextlib.suppress(OSError):
            mouth.send(Broke("the process in which it was played was told to end (SIGTERM)"))
    except Exception as error:
        with contextlib.suppress(OSError):
            log.write_text(KNOWN.told(traceback.format_exc()), encoding="utf-8")
        mouth.send(Broke(f"the harness broke: {_last_of(error)}; please report it with its traceback ({log})"))
    finally:
        with contextlib.suppress(OSError):
            mouth.close()


def _last_of(error: BaseException) -> str:
    """The error that is at the bottom of groups."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return f"{type(error).__name__}: {error}"


def end_with_parent() -> None:
    """In a process that only works: who is dead needs no worker."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_ends_with, args=(parent,), daemon=True, name="ends with its parent").start()


def _ends_with(parent: multiprocessing.process.BaseProcess) -> None:
    parent.join()
    os._exit(1)
