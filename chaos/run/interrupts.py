"""Ctrl-C, SIGTERM and SIGHUP at any moment of a run: what runs is cancelled, heals, and only then the run ends.

Theory of operation: while work runs on the loop, the first signal cancels it, so that its `finally` blocks roll back
what was injected; healing itself is not cut off. Whoever waits is told at once what is being undone, and then every
second what still is and how much longer it may take. A second signal leaves at once, says what is owed to the lab and
how to heal it; the reaper of a live lab then goes on. Some launchers deliver one keystroke twice, so a signal right
after the first is taken for the same. Between two pieces of work a signal is an ordinary KeyboardInterrupt, but not
while the lab is left.

A terminal that is closed says so by SIGHUP, the kernel to everybody in front and a shell to its jobs, seconds apart:
nobody presses that twice, so it never counts as a second signal.
"""

import asyncio
import contextlib
import os
import signal
import threading
from collections.abc import Callable, Coroutine, Iterator, Sequence
from types import FrameType
from typing import Any, TypeVar

from chaos import clock
from chaos.run.exits import EXIT_INTERRUPTED, EXIT_NOT_RESTORED

T = TypeVar("T")
Words = Callable[[], Sequence[str]]

# Windows has none.
HANG_UP: signal.Signals | None = getattr(signal, "SIGHUP", None)
_NUMBERS = tuple(one for one in (signal.SIGINT, signal.SIGTERM, HANG_UP) if one is not None)
# A terminal and a launcher may both pass on one Ctrl-C; nobody presses it twice so fast.
_SAME_S = 0.3
_TELL_EVERY_S = 1.0
# For saying the last words; a terminal that takes none must not keep us.
_LAST_WORDS_S = 1.0


def _nothing() -> Sequence[str]:
    return ()


class Interrupts:
    """Takes these signals from `install` to `restore`; `say` tells the user in words what they did.

    still: one line for each thing that is being undone now. last_words: what to say when a second signal leaves at
    once; if that is nothing, nothing is owed. what_goes_on: after a first signal, in words.
    A signal that whoever started us has had ignored (a job in the background) stays ignored.
    """

    def __init__(
        self,
        say: Callable[[str], None],
        *,
        still: Words = _nothing,
        last_words: Words = _nothing,
        what_goes_on: str = "rolling back what was injected",
    ) -> None:
        self._say = say
        self._what_goes_on = what_goes_on
        self._still = still
        self._last_words = last_words
        self._before: dict[signal.Signals, Any] = {}
        self._loop: asyncio.AbstractEventLoop | None = None
        self._task: asyncio.Task[Any] | None = None
        self._is_patient = False
        self._is_leaving = False
        self._doing = ""
        self._since_s: float | None = None
        self._is_hung_up = False
        self._why: str | None = None
        self._elapsed_s = contextlib.ExitStack().enter_context(clock.stopwatch())

    @property
    def came(self) -> bool:
        """Whether a signal has come, or `end` was called."""
        return self._since_s is not None

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
            is_over = self._is_hung_up and number == HANG_UP  # it may be told again, and must not cut off the report
            signal.signal(number, signal.SIG_IGN if is_over else before)

    def end(self, why: str) -> None:
        """End the run as a signal does, for this reason. From any thread."""
        self._why = why
        os.kill(os.getpid(), signal.SIGTERM)

    @contextlib.contextmanager
    def leaving(self) -> Iterator[None]:
        """While the lab is left: a first signal is answered in words, and cuts nothing off, nor between two works."""
        self._is_leaving = True
        try:
            yield
        finally:
            self._is_leaving = False

    def run(self, runner: asyncio.Runner, work: Coroutine[Any, Any, T], *, patient: bool = False, doing: str = "") -> T:
        """Run work to its end on the runner's loop; `patient` work (healing) is not cancelled by a signal.

        doing: in words, for who waits. Raises KeyboardInterrupt, once the work has ended, if a signal came meanwhile
        and it raised nothing else.
        """
        came_before = self.came
        self._is_patient, self._doing = patient or self._is_leaving, doing
        try:
            result = runner.run(self._noted(work))
        except asyncio.CancelledError:
            if self.came == came_before:
                raise
            raise KeyboardInterrupt from None
        if self.came != came_before and not self._is_patient:
            raise KeyboardInterrupt
        return result

    async def _noted(self, work: Coroutine[Any, Any, T]) -> T:
        self._loop, self._task = asyncio.get_running_loop(), asyncio.current_task()
        if self.came:
            self._tick()
        try:
            return await work
        finally:
            self._task = None

    def _handle(self, number: int, frame: FrameType | None) -> None:
        at_s = self._elapsed_s()
        self._is_hung_up = self._is_hung_up or number == HANG_UP
        if self._since_s is not None:
            if number != HANG_UP and at_s - self._since_s > _SAME_S:
                threading.Thread(target=self._leave_at_once, args=(signal.Signals(number).name,), daemon=True).start()
            return
        self._since_s = at_s
        if self._task is None or self._loop is None:
            if self._is_leaving:
                return
            raise KeyboardInterrupt
        # A handler may come in the middle of a write to the terminal; the loop says it in its own time.
        self._loop.call_soon_threadsafe(self._told, signal.Signals(number).name)

    def _told(self, name: str) -> None:
        if self._task is None:
            return
        said = self._why or name
        # Where a terminal was closed nobody can press anything there any more.
        leaves = f"{'SIGTERM' if self._is_hung_up else 'a second Ctrl-C'} leaves at once"
        if self._is_patient:
            self._say(f"{said}: the lab is still being healed; this ends by itself, {leaves}")
        else:
            self._say(f"{said}: {self._what_goes_on}; {leaves}")
            self._task.cancel()
        self._tick()

    def _tick(self) -> None:
        """Say what is still being undone, and again in a second. A virtual clock has no seconds for people."""
        if self._task is None or self._loop is None or self._since_s is None or clock.is_virtual():
            return
        still_s = self._elapsed_s() - self._since_s
        if still_s >= _TELL_EVERY_S / 2:
            lines = self._still() or [f"{self._doing or 'the experiment'}, for {still_s:.0f} s since the signal"]
            for line in lines:
                self._say(f"still undoing: {line}")
        else:
            for line in self._still():
                self._say(f"undoing: {line}")
        self._loop.call_later(_TELL_EVERY_S, self._tick)

    def _leave_at_once(self, name: str) -> None:
        """In a thread of its own, since the main one may be in the middle of anything."""
        owed = list(self._last_words())

        def last_words() -> None:
            for line in (f"{name} again: leaving at once", *(owed or ["nothing is owed to the lab"])):
                self._say(line)

        saying = threading.Thread(target=last_words, daemon=True)
        saying.start()
        saying.join(_LAST_WORDS_S)
        os._exit(EXIT_NOT_RESTORED if owed else EXIT_INTERRUPTED)


async def until_told_to_stop(for_s: float | None = None) -> None:
    """Wait for Ctrl-C, SIGTERM or SIGHUP, or for so many seconds: how a server for people comes to its end."""
    loop = asyncio.get_running_loop()
    told = asyncio.Event()
    with contextlib.suppress(NotImplementedError):  # Windows has no such handlers; Ctrl-C cancels us there
        for number in _NUMBERS:
            if number != HANG_UP or signal.getsignal(number) != signal.SIG_IGN:  # it was started by nohup
                loop.add_signal_handler(number, told.set)
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(for_s):
            await told.wait()


async def serve_until_told(serving: Coroutine[Any, Any, None]) -> None:
    """Run a server that never ends by itself until Ctrl-C, SIGTERM or SIGHUP. Raises what it raises if it does end."""
    server, told = asyncio.ensure_future(serving), asyncio.ensure_future(until_told_to_stop())
    try:
        await asyncio.wait({server, told}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        told.cancel()
        server.cancel()
        await asyncio.wait({server, told})
    if not server.cancelled():
        server.result()
