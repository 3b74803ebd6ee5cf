"""Plays number after number on workers, keeps what fails, and makes the first of each clause small.

Workers are any executor of the standard library's kind: processes of this machine, or those of a Dask cluster, whose
client offers itself as one. Both are handed the same tasks, and what comes back is told apart by its number, so that
it makes no difference who played what, or how often one was lost on the way.
"""

import concurrent.futures
import itertools
import multiprocessing
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor, Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, field

from chaos.errors import UsageError
from chaos.explore.playing import Result, Task, quiet_worker, work
from chaos.inventory import Inventory

# A worker that died with a task in hand (out of memory, killed) is replaced; one task that kills each of them is not.
_DEATHS_MAX = 3
_LOOK_EVERY_S = 0.5


@dataclass(frozen=True, slots=True)
class Plan:
    """What is explored. numbers: how many from `first` on, None: until `is_over` says so."""

    seed: int
    inventory: Inventory
    families: tuple[str, ...] = ()
    defects: tuple[str, ...] = ()
    numbers: int | None = None
    first: int = 0

    def task(self, number: int) -> Task:
        return Task(self.seed, number, self.inventory, self.families, self.defects)


@dataclass
class Explored:
    """What came of it. results: of every number that was played, in the order in which they came. small: the numbers
    that were made small. unsteady: those that violated nothing when they were played again for that, which is a bug of
    ours. lost: numbers that no worker survived."""

    results: list[Result] = field(default_factory=list)
    small: dict[int, Result] = field(default_factory=dict)
    unsteady: list[int] = field(default_factory=list)
    lost: list[int] = field(default_factory=list)

    @property
    def silent(self) -> list[Result]:
        """What was played to its end and showed nothing, neither for nor against any clause."""
        return [one for one in self.results if not (one.violations or one.held or one.error)]

    @property
    def found(self) -> list[Result]:
        return sorted((one for one in self.results if one.violations), key=lambda one: one.number)

    @property
    def broken(self) -> list[Result]:
        """What could not be played to its end."""
        return [one for one in self.results if one.error is not None]

    @property
    def lab_s(self) -> float:
        return sum(one.lab_s for one in self.results)


@dataclass(frozen=True)
class Workers:
    """How workers are had. make: an executor of them; asked again after its processes have died. width: how many.
    stop: end at once what works for an executor on these. close: what is to be done once nobody is needed any more."""

    make: Callable[[], Executor]
    width: int
    stop: Callable[[Executor, Iterable[Future[Result]]], None]
    close: Callable[[], None] = lambda: None


def processes(count: int) -> Workers:
    """Processes of this machine."""
    spawn = multiprocessing.get_context("spawn")
    return Workers(lambda: ProcessPoolExecutor(count, mp_context=spawn, initializer=quiet_worker), count, _kill)


def _kill(executor: Executor, _: Iterable[Future[Result]]) -> None:
    """No future is cancelled: the pool's own thread, which tells each of its end, does not expect that."""
    for process in multiprocessing.active_children():
        process.kill()  # they play on mocks of their own, which nobody else sees
    executor.shutdown(wait=True)  # its thread has nobody to wait for, and lets go of what the system counts


def cluster(address: str) -> Workers:
    """The workers of a Dask cluster whose scheduler is there; finesse-chaos has to be installed on each of them.

    Raises UsageError: Dask is not installed, or nobody answers there.
    """
    try:
        from distributed import Client
    except ImportError:
        raise UsageError("--scheduler needs Dask: pip install 'finesse-chaos[cluster]'") from None
    try:
        client = Client(address, timeout="10s")
        width = max(1, sum(client.nthreads().values()))
    except (OSError, ValueError) as error:
        raise UsageError(f"no Dask scheduler answers at {address}: {error}") from error
    return Workers(lambda: client.get_executor(pure=False), width, _cancel, client.close)


def _cancel(executor: Executor, futures: Iterable[Future[Result]]) -> None:
    for future in futures:
        future.cancel()
    executor.shutdown(wait=True)


class Explorer:
    """explore: plays until the plan is done or `is_over`, and tells `tell` of each result. Interrupted, it ends what
    works for it and lets the interrupt pass; what had come until then stands in `explored`."""

    def __init__(self, plan: Plan, workers: Workers, tell: Callable[[Result], None]) -> None:
        self.explored = Explored()
        self._plan, self._workers, self._tell = plan, workers, tell
        self._waiting: dict[Future[Result], Task] = {}
        self._again: list[Task] = []
        self._deaths: dict[int, int] = {}
        self._clauses: set[str] = set()

    def explore(self, is_over: Callable[[], bool]) -> Explored:
        executor = self._workers.make()
        tasks = self._tasks(is_over)
        try:
            while True:
                executor = self._hand_out(executor, tasks)
                if not self._waiting:
                    executor.shutdown(wait=True)  # else Python warns of what the system counts for the pool
                    return self.explored
                done, _ = concurrent.futures.wait(
                    self._waiting, timeout=_LOOK_EVERY_S, return_when=concurrent.futures.FIRST_COMPLETED
                )
                for future in done:
                    self._take(future)
        except BaseException:
            self._workers.stop(executor, self._waiting)
            raise
        finally:
            executor.shutdown(wait=False)
            self._workers.close()

    def _tasks(self, is_over: Callable[[], bool]) -> Iterator[Task]:
        for number in itertools.count():
            if (self._plan.numbers is not None and number >= self._plan.numbers) or is_over():
                return
            yield self._plan.task(self._plan.first + number)

    def _hand_out(self, executor: Executor, tasks: Iterator[Task]) -> Executor:
        """Keep every worker busy, with one more task waiting for each."""
        while len(self._waiting) < 2 * self._workers.width:
            task = self._again.pop() if self._again else next(tasks, None)
            if task is None:
                return executor
            try:
                future = executor.submit(work, task)
            except BrokenProcessPool:
                self._again.append(task)
                executor.shutdown(wait=False)
                executor = self._workers.make()
                continue
            self._waiting[future] = task
        return executor

    def _take(self, future: Future[Result]) -> None:
        task = self._waiting.pop(future)
        try:
            result = future.result()
        except (BrokenProcessPool, concurrent.futures.CancelledError):
            self._lost(task)
            return
        except Exception as bug:  # of ours, in one schedule: the others are played all the same, and it is said
            result = Result(task.number, task.schedule, error=f"a bug of the harness: {type(bug).__name__}: {bug}")
        if task.shrink is not None:
            if result.violations:
                self.explored.small[task.number] = result
            else:
                self.explored.unsteady.append(task.number)
            self._tell(result)
            return
        self.explored.results.append(result)
        self._tell(result)
        new = tuple(clause for clause in result.clauses if clause not in self._clauses)
        if new:
            self._clauses.update(new)
            self._again.append(Task(task.seed, task.number, task.inventory, task.families, task.defects, new))

    def _lost(self, task: Task) -> None:
        """A worker died. Whoever else was at work in that pool dies with it, and is not to blame."""
        self._deaths[task.number] = self._deaths.get(task.number, 0) + 1
        if self._deaths[task.number] < _DEATHS_MAX:
            self._again.append(task)
        else:
            self.explored.lost.append(task.number)
