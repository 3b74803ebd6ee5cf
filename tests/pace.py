"""How fast this machine is just now: bounds on a processor's time are given for a machine at its usual pace."""

from time import process_time

# What `_work` takes on the machine on which bounds were set, idle: about 0.1 s of its processor.
_USUAL_S = 0.1


def slowness() -> float:
    """How many times as long as usual a fixed piece of work takes here now; 1.0 where it takes less.

    Shared processors take two or three times as long at some hours, in their own seconds, too.
    """
    began_s = process_time()
    _work()
    return max(1.0, (process_time() - began_s) / _USUAL_S)


def _work() -> None:
    found = 0
    for number in range(1_000_000):
        found += number * number % 7
