"""The clock's figures: `python -m tests.clock.bench`. Virtual seconds are exact on every machine, real ones are not."""

import sys
import time
from collections.abc import Callable, Coroutine
from typing import Any

from chaos import clock
from tests.clock.labs import REPLY_S, count_jumps, hogs, little_lab, socket_replies, ssh_replies

RUNS = 50
REPLIES = 200
TWO_HOURS_S = 7200.0


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def _two_hours(beside: str) -> None:
    async def main() -> tuple[int, float, int]:
        jumps = count_jumps()
        measured = await little_lab(TWO_HOURS_S)
        return jumps(), max(measured.round_trips_s), len(measured.round_trips_s)

    began_s = time.monotonic()
    jumps, worst_s, trips = clock.run(main(), virtual=True)
    real_s = time.monotonic() - began_s
    _say(f"2 h of a lab, {beside}: {real_s:.2f} real s, {jumps} jumps, {trips} round trips, worst {worst_s:.6f} s")


def _equal_intervals(beside: str) -> None:
    async def main() -> list[list[float]]:
        return (await little_lab(120.0)).intervals_s

    began_s = time.monotonic()
    runs = [clock.run(main(), virtual=True) for _ in range(RUNS)]
    different = sum(run != runs[0] for run in runs)
    _say(f"{RUNS} runs of 120 s, {beside}: {different} differ, {time.monotonic() - began_s:.2f} real s")


def _replies(name: str, ask: Callable[[int], Coroutine[Any, Any, list[float]]], beside: str) -> None:
    began_s = time.monotonic()
    waited_s = clock.run(ask(REPLIES), virtual=True)
    good = sum(abs(one - REPLY_S) <= 0.1 for one in waited_s)
    real_s = time.monotonic() - began_s
    _say(
        f"{name}, {beside}: {good} of {REPLIES} replies read {REPLY_S} ± 0.1 s "
        f"({min(waited_s):.6f} … {max(waited_s):.6f} s), {1000 * real_s / REPLIES:.1f} real ms each"
    )


def main() -> None:
    for count in (0, 3):
        beside = f"{count} hogs beside it"
        with hogs(count):
            _two_hours(beside)
            _equal_intervals(beside)
            _replies("a blocking socket", socket_replies, beside)
            _replies("paramiko", ssh_replies, beside)


if __name__ == "__main__":
    main()
