"""How often whoever waits is told of long work: by real time, whatever clock the work has."""

from collections.abc import Callable

SAY_EVERY_S = 10.0


def paced(passed_s: Callable[[], float], every_s: float = SAY_EVERY_S) -> Callable[[], bool]:
    """Asked again and again, it says yes once so long is over since it last did. passed_s: real seconds so far."""
    said_s = 0.0

    def is_due() -> bool:
        nonlocal said_s
        if passed_s() - said_s < every_s:
            return False
        said_s = passed_s()
        return True

    return is_due
