"""How fast this machine is just now: bounds on a processor's time are given for a machine at its usual pace."""

from collections.abc import Callable
from time import thread_time
from typing import TypeVar

T = TypeVar("T")

# What `_pace` takes on the machine on which bounds were set, idle: about 0.1 s of its processor.
_USUAL_S = 0.1
# Noise only ever adds to a time, so the least of a few is the nearest to what the work itself takes.
_TIMES = 3


def within_s(limit_s: float, work: Callable[[], T]) -> T:
    """What `work()` returns, once it is asserted that it takes `limit_s` of a processor at its usual pace at most.

    Only this thread's own seconds count, so whoever else is at work does not. But processors that are shared take two
    or three times as long in their own seconds, too, at some hours or for a moment: where the first time is over the
    limit, the machine's pace is measured before and after each, and the least of three has to keep it.
    """
    result, took_s = _timed(work)
    times = [took_s]
    while min(times) >= limit_s and len(times) < _TIMES:
        before = _slowness()
        result, took_s = _timed(work)
        times.append(took_s / max(before, _slowness()))
    assert min(times) < limit_s, f"took {', '.join(f'{each:.2f}' for each in times)} s of {limit_s} s"
    return result


def _timed(work: Callable[[], T]) -> tuple[T, float]:
    began_s = thread_time()
    return work(), thread_time() - began_s


def _slowness() -> float:
    """How many times as long as usual a fixed piece of work takes here now; 1.0 where it takes less."""
    return max(1.0, _timed(_pace)[1] / _USUAL_S)


def _pace() -> None:
    found = 0
    for number in range(1_000_000):
        found += number * number % 7
