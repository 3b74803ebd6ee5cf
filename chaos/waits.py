"""What is being waited for, and for how much longer at most: told by whoever waits, read by whoever shows it. A leaf.

A wait inside another one is nearer to what keeps things up; of those side by side (a preflight's checks) the one that
ends last counts, and how many there are.
"""

import asyncio
import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass


@dataclass(frozen=True)
class Wait:
    """what: in words. until_s: on the loop's clock."""

    what: str
    until_s: float


class Waits:
    """Noted on the loop; `shown` may be called from any thread."""

    def __init__(self) -> None:
        self._standing: dict[int, Wait] = {}
        self._numbers = itertools.count()
        self._loop: asyncio.AbstractEventLoop | None = None

    @contextmanager
    def on(self, what: str, within_s: float) -> Iterator[None]:
        """While this lasts, that is waited for, at most so many seconds of the loop's clock."""
        self._loop = asyncio.get_running_loop()
        number = next(self._numbers)
        self._standing[number] = Wait(what, self._loop.time() + within_s)
        try:
            yield
        finally:
            del self._standing[number]

    def shown(self) -> str:
        """In one line: the wait that began last and what is left of it; "" if nothing is waited for."""
        standing = self._now()
        return self._told(standing[-1]) if standing else ""

    def shown_all(self) -> str:
        """In one line, of waits that go on side by side: how many, and the one that may take longest."""
        standing = self._now()
        if not standing:
            return ""
        longest = max(standing, key=lambda wait: wait.until_s)
        others = f" and {len(standing) - 1} more" if len(standing) > 1 else ""
        return self._told(Wait(f"{longest.what}{others}", longest.until_s))

    def _now(self) -> list[Wait]:
        return list(self._standing.copy().values())

    def _told(self, wait: Wait) -> str:
        left_s = wait.until_s - self._loop.time() if self._loop is not None else 0.0
        return f"{wait.what}, at most {max(0.0, left_s):.0f} s more"
