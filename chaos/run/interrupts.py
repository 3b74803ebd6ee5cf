"""Ctrl-C and SIGTERM in the middle of an experiment: what runs is cancelled once, heals, and only then the run ends.

Theory of operation: while work runs on the loop, the first signal cancels it, so that its `finally` blocks roll back
what was injected. Every later signal is answered with words only: an impatient second Ctrl-C would break off the
rollback and leave the lab broken. Nothing can wait for ever there, every wait has a deadline. Between two pieces of
work a signal is an ordinary KeyboardInterrupt.
"""

import asyncio
import contextlib
import signal
import threading
from collections.abc import Callable, Coroutine
from types import FrameType
from typing import Any, TypeVar

T = TypeVar("T")

_NUMBERS = (signal.SIGINT, signal.SIGTERM)


class Interrupts:
    """Takes both signals from `install` to `restore`; `say` tells the user in words what they did.

    A signal that whoever started us has had ignored (a job in the background) stays ignored.
    """

    def __init__(self, say: Callable[[str], None]) -> None:
        self._say = say
        self._before: dict[signal.Signals, Any] = {}
        self._loop: asyncio.AbstractEventLoop | None = None
        self._task: asyncio.Task[Any] | None = None
        self._is_patient = False
        self._seen = 0

    def install(self) -> None:
        if threading.current_thread() is not threading.main_thread():
            return  # only the main thread is told of signals
        for number in _NUMBERS:
            if signal.getsignal(number) not in (signal.SIG_IGN, None):
                self._before[number] = signal.signal(number, self._handle)

    def restore(self) -> None:
        """Leave the signals as they were found. Safe twice."""
        while self._before:
            number, before = self._before.popitem()
            signal.signal(number, before)

    def run(self, runner: asyncio.Runner, work: Coroutine[Any, Any, T], *, patient: bool = False) -> T:
        """Run work to its end on the runner's loop; `patient` work (healing) is not cancelled by a signal.

        Raises KeyboardInterrupt, once the work has ended, if a signal came meanwhile and it raised nothing else.
        """
        seen_before = self._seen
        self._is_patient = patient
        try:
            result = runner.run(self._noted(work))
        except asyncio.CancelledError:
            if self._seen == seen_before:
                raise
            raise KeyboardInterrupt from None
        if self._seen != seen_before and not patient:
            raise KeyboardInterrupt
        return result

    async def _noted(self, work: Coroutine[Any, Any, T]) -> T:
        self._loop, self._task = asyncio.get_running_loop(), asyncio.current_task()
        try:
            return await work
        finally:
            self._task = None

    def _handle(self, number: int, frame: FrameType | None) -> None:
        self._seen += 1
        if self._task is None or self._loop is None:
            raise KeyboardInterrupt
        # A handler may come in the middle of a write to the terminal; the loop says it in its own time.
        self._loop.call_soon_threadsafe(self._told, signal.Signals(number).name, self._seen == 1)

    def _told(self, name: str, is_first: bool) -> None:
        if self._task is None:
            return
        if is_first and not self._is_patient:
            self._say(f"{name}: rolling back what was injected")
            self._task.cancel()
        else:
            self._say(f"{name}: the lab is still being healed; this ends by itself")


async def until_told_to_stop(for_s: float | None = None) -> None:
    """Wait for Ctrl-C or SIGTERM, or for so many seconds: how a server that runs for people comes to its end."""
    loop = asyncio.get_running_loop()
    told = asyncio.Event()
    with contextlib.suppress(NotImplementedError):  # Windows has no such handlers; Ctrl-C cancels us there
        for number in _NUMBERS:
            loop.add_signal_handler(number, told.set)
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(for_s):
            await told.wait()


async def serve_until_told(serving: Coroutine[Any, Any, None]) -> None:
    """Run a server that never ends by itself until Ctrl-C or SIGTERM. Raises what it raises if it does end."""
    server, told = asyncio.ensure_future(serving), asyncio.ensure_future(until_told_to_stop())
    try:
        await asyncio.wait({server, told}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        told.cancel()
        server.cancel()
        await asyncio.wait({server, told})
    if not server.cancelled():
        server.result()
