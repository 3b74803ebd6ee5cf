"""Whether every other thread of this process sleeps: by the kernel's counters, or by processor time without them."""

import os
import sys
import threading
import time
from pathlib import Path

# Longer than three switch intervals of the interpreter (5 ms by default), see the theory of operation.
_GRACE_S = 3.2 * sys.getswitchinterval()
# Without the kernel's counters (other systems than Linux) processor time is all there is; it is coarse.
_COARSE_GRACE_S = 0.06


class Threads:
    """Whether every thread of this process but the loop's sleeps, and has slept since we last looked."""

    def __init__(self) -> None:
        self._settled: dict[str, str] | None = None
        self._exact = Path("/proc/self/task").is_dir() and _scheduler_counts(threading.get_native_id()) is not None

    def unsettle(self) -> None:
        self._settled = None

    def asleep(self) -> bool:
        if not self._exact:
            return self._used_no_processor()
        before = self._runs()
        if before is None:
            self._settled = None
            return False
        if before == self._settled:
            return True
        time.sleep(_GRACE_S)
        self._settled = before if self._runs() == before else None
        return self._settled is not None

    @staticmethod
    def _runs() -> dict[str, str] | None:
        """How often each other thread has been run so far; None if one of them is runnable now."""
        own = str(threading.get_native_id())
        runs: dict[str, str] = {}
        for task in os.listdir("/proc/self/task"):
            if task == own:
                continue
            counts = _scheduler_counts(int(task))
            if counts is None:  # it ended while we looked
                continue
            state, count = counts
            if state != "S":
                return None
            runs[task] = count
        return runs

    @staticmethod
    def _used_no_processor() -> bool:
        def others_s() -> float:
            return time.process_time() - time.thread_time()

        before_s = others_s()
        time.sleep(_COARSE_GRACE_S)
        return others_s() - before_s < 0.001


def _scheduler_counts(task: int) -> tuple[str, str] | None:
    """(state letter, number of times it was put on a processor) of one thread of ours, from the kernel."""
    try:
        with open(f"/proc/self/task/{task}/schedstat", encoding="ascii") as counters:
            count = counters.read().split()[2]
        with open(f"/proc/self/task/{task}/stat", encoding="utf-8", errors="replace") as status:
            state = status.read().rpartition(")")[2].split()[0]
    except (OSError, IndexError):
        return None
    return state, count
