"""Plays one schedule on a mock of its own, and judges it: what a worker does."""

import contextlib
import itertools
import logging
import signal
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from chaos import clock
from chaos.errors import ChaosError
from chaos.explore.drawing import drawn
from chaos.explore.judging import Judged, Violation, judged
from chaos.explore.schedule import Schedule
from chaos.explore.shrinking import shrunk
from chaos.explore.story import NAME, experiment_of
from chaos.inventory import Inventory
from chaos.run.forked import end_with_parent
from chaos.run.options import RunOptions
from chaos.run.scratch import scratch
from chaos.run.session import ChaosSession


@dataclass(frozen=True, slots=True)
class Task:
    """One number to be played. Everything in it can be sent to another process, or another machine.

    inventory: a mock's. shrink: make it small if it fails by one of these clauses; None: only play it.
    """

    seed: int
    number: int
    inventory: Inventory
    families: tuple[str, ...] = ()
    defects: tuple[str, ...] = ()
    shrink: tuple[str, ...] | None = None

    @property
    def schedule(self) -> Schedule:
        return drawn(self.seed, self.number, self.families)


@dataclass(frozen=True, slots=True)
class Result:
    """What came of one number. error: why it could not be played to its end. missed: the acts, from 1, whose moment
    did not come, or that came to nothing. small: after shrinking. journal: of what violated something, as it was kept.
    processor_s: what it cost, with all plays that made it small.
    """

    number: int
    schedule: Schedule
    violations: tuple[Violation, ...] = ()
    held: tuple[str, ...] = ()
    error: str | None = None
    lab_s: float = 0.0
    missed: tuple[int, ...] = ()
    small: Schedule | None = None
    journal: bytes = b""
    processor_s: float = 0.0

    @property
    def clauses(self) -> tuple[str, ...]:
        """Whose violations there are, each once."""
        return tuple(sorted({one.clause for one in self.violations}))


@dataclass(frozen=True, slots=True)
class Played:
    """judged: None if it could not even begin. error: why it was cut short. missed: see `Result`."""

    judged: Judged | None
    error: str | None = None
    lab_s: float = 0.0
    missed: tuple[int, ...] = ()


def played(schedule: Schedule, inventory: Inventory, folder: Path, *, seed: int, defects: Sequence[str] = ()) -> Played:
    """Play it on a mock of its own, in a run of its own whose journal lies in that folder."""
    session = ChaosSession(RunOptions(folder=folder, seed=seed, inventory=inventory, defects=tuple(defects)))
    missed: list[int] = []
    try:
        timeline = session.timeline(experiment_of(schedule, missed=missed.append))
        error = timeline.ended.error if timeline.ended is not None else "its journal breaks off"
        return Played(judged(timeline), error, timeline.end_s, tuple(sorted(missed)))
    except ChaosError as error:
        return Played(None, str(error))
    finally:
        session.close()


def work(task: Task) -> Result:
    """Play that number, and make it small if that is wanted."""
    began_s = clock.processor_s()
    result = _worked(task)
    return replace(result, processor_s=clock.processor_s() - began_s)


def _worked(task: Task) -> Result:
    schedule = task.schedule
    with scratch() as folder:
        once = played(schedule, task.inventory, folder, seed=task.seed, defects=task.defects)
        if once.judged is None:
            return Result(task.number, schedule, error=once.error)
        found = once.judged
        result = Result(task.number, schedule, found.violations, found.held, once.error, once.lab_s, once.missed)
        if not found.violations:
            return result
        result = replace(result, journal=(folder / "journals" / f"{NAME}.jsonl").read_bytes())
        if task.shrink is None or not set(result.clauses) & set(task.shrink):
            return result
        return replace(result, small=_made_small(task, schedule, folder))


def _made_small(task: Task, schedule: Schedule, folder: Path) -> Schedule:
    tries = itertools.count(1)

    def fails(smaller: Schedule) -> bool:
        where = folder / f"smaller-{next(tries)}"
        where.mkdir()
        again = played(smaller, task.inventory, where, seed=task.seed, defects=task.defects).judged
        return again is not None and any(one.clause in (task.shrink or ()) for one in again.violations)

    return shrunk(schedule, fails)


@contextlib.contextmanager
def quiet_proxies() -> Iterator[None]:
    """What a proxy logs of servers that are down is what was ordered, and nothing for whoever plays schedules."""
    log = logging.getLogger("chaos.toxiproxy")
    before = log.level
    log.setLevel(logging.ERROR)
    try:
        yield
    finally:
        log.setLevel(before)


def quiet_worker() -> None:
    """In a process that only works: whoever started it answers Ctrl-C and a closed terminal, and who is dead needs no
    worker."""
    for name in ("SIGINT", "SIGHUP"):
        if hasattr(signal, name):  # Windows has no SIGHUP
            signal.signal(getattr(signal, name), signal.SIG_IGN)
    end_with_parent()  # a pool's worker waits for its next task for ever, whatever becomes of whoever would send it
    logging.disable(logging.WARNING)
