"""Wall time, for documents that carry a date and for whoever waits; never to judge."""

import asyncio
import contextlib
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

from chaos.clock.virtual import VirtualLoop

# What a mock's calendar says when its clock begins: a Monday morning.
VIRTUAL_START = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)


def wall_now() -> datetime:
    """Wall time in UTC as the lab has it, for documents that carry a date.

    On a virtual loop: VIRTUAL_START plus what has passed on it, so that a mock's dates agree with its clock, and are
    the same in every run.
    """
    with contextlib.suppress(RuntimeError):
        loop = asyncio.get_running_loop()
        if isinstance(loop, VirtualLoop):
            return VIRTUAL_START + timedelta(seconds=loop.time())
    return real_now()


def real_now() -> datetime:
    """Wall time in UTC as the reader's own clock has it, on a virtual loop too: when something was begun."""
    return datetime.now(UTC)


def processor_s() -> float:
    """Seconds that processors have worked for this process: what work costs on a machine that others use, too."""
    return time.process_time()


@contextlib.contextmanager
def stopwatch() -> Iterator[Callable[[], float]]:
    """Real seconds since entry, to say how long a run took; never used to judge."""
    start_s = time.monotonic()
    yield lambda: time.monotonic() - start_s
