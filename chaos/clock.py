"""The one clock of a run: the running asyncio loop, ordinary for a lab, virtual for the mock.

Theory of operation
-------------------
All of `chaos` takes time from `loop.time()`. On the ordinary loop that is the monotonic clock. On the virtual loop
mock, proxies and harness share one process and one loop: while any callback or socket is ready the loop runs and time
stands still; when nothing is ready the clock jumps to the next timer. Sockets and TLS are real, durations are the
documented ones, and computing costs no time, so what is measured does not depend on how fast or busy the machine is.

The order of what happens within one instant is the same in every run: sockets that are ready come in the order in which
they were made; a connection of the mock is on the loop's own network, where no timer of the kernel's has a part
(see `network`); threads compute only while the loop stands still (`at_once`, `in_thread_asking`, `in_thread_passing`).

Three things could make the clock run ahead of work that is still under way, and each is met:

* *Bytes between two of our own sockets.* Linux delivers loopback segments while `send` is still running; other
  kernels, and Linux under `ksoftirqd`, queue them. Before a jump one sentinel byte goes through a loopback connection
  of its own: what was queued before it has arrived when it arrives. Only if the sockets are silent after that, the
  clock jumps. What the kernel answers by itself to what was queued comes later still: a connection that has neither
  been accepted nor refused yet is waited for, a short real while and once.
* *Blocking libraries in threads* (paramiko, toxiproxy-python, name resolution). Whatever is handed to a thread through
  the loop holds the clock until it returns.
* *A thread that waits for the lab*, for instance for a console reply that takes 12 s. `in_thread_passing` lets the
  clock pass while every thread of the process sleeps. Sleeping is read from the kernel's scheduler counters: no thread
  is runnable, and none has run during a short real grace that is longer than the interpreter's switch interval (a
  thread that wants the interpreter lock wakes at least once in that interval). Once that is established, it is enough
  before each further jump that no thread has run since: bytes that arrive for a thread make it runnable at once.

A foreign process is not on this clock. Whoever talks to one (Go Toxiproxy, a browser) uses the ordinary loop.

This is the only file of `chaos` that may call `time` or `datetime.now`; ruff holds the others to it.
"""

import asyncio
import contextlib
import functools
import importlib
import importlib.util
import itertools
import os
import queue
import selectors
import socket
import sys
import threading
import time
import weakref
from collections.abc import Callable, Coroutine, Iterator, Mapping
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any, ParamSpec, TypeVar, cast

from chaos import network
from chaos.errors import UsageError

T = TypeVar("T")
P = ParamSpec("P")

Ask = Callable[[Coroutine[Any, Any, Any]], Any]

# What a mock's calendar says when its clock begins: a Monday morning.
VIRTUAL_START = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)

# A held clock looks at its sockets this often (real seconds); the end of a thread's work wakes it at once.
_HOLD_POLL_S = 0.05
_PASS_POLL_S = 0.001
# Longer than three switch intervals of the interpreter (5 ms by default), see the theory of operation.
_GRACE_S = 3.2 * sys.getswitchinterval()
# Without the kernel's counters (other systems than Linux) processor time is all there is; it is coarse.
_COARSE_GRACE_S = 0.06
_WAITING_MAX = 64
# Nothing hangs: work that holds the clock for so long (seconds in which we have waited for it) is reported as a bug.
_HOLD_LIMIT_S = 120.0
# With no timer, nothing ready and no thread at work only a signal can come: so long (real seconds) it is waited for.
_OUTSIDE_LIMIT_S = 5.0
# So long (real seconds) a connection on its way holds the clock: ample for an answer on loopback on a busy machine, and
# a peer that drops what it cannot take does not answer at all.
_CONNECT_PATIENCE_S = 0.1
# What is said of a server besides where it listens.
_OF_SERVERS = ("backlog", "start_serving")
_SYN_SENT = 2  # of the kernel's TCP states, the first byte of TCP_INFO
# A sentinel byte that takes longer (real seconds) than this means that the loopback interface is out of order.
_SENTINEL_LIMIT_S = 10.0


class ClockStalled(UsageError):
    """The virtual clock can neither jump nor wait: a wait without deadline, or a thread that never returns."""


class _Task(asyncio.Task[Any]):
    """A task that a set keeps in the same place in every run: asyncio, and others, cancel and await what is in sets."""

    def __init__(self, number: int, work: Coroutine[Any, Any, Any], **more: Any) -> None:
        # Before the task is made: asyncio puts it into a set of all tasks then, by its hash of that moment for good.
        self.number = number
        super().__init__(work, **more)

    def __hash__(self) -> int:
        return self.number


class VirtualLoop(asyncio.SelectorEventLoop):
    """An event loop whose clock jumps over idle time. `time()` starts at 0.0 s and never depends on the machine."""

    def __init__(self) -> None:
        self._now_s = 0.0
        self._held: dict[int, str] = {}
        self._passing = 0
        self._threads = _Threads()
        # Calls that wait for the lab have threads of their own: a full pool would keep out the calls they wait for.
        self._waiting_room: ThreadPoolExecutor | None = None
        self._tasks_made = itertools.count()
        self.network = network.Network()
        self.selector = _JumpingSelector(self)
        super().__init__(self.selector)
        self.set_task_factory(cast("Any", self._numbered))

    def time(self) -> float:
        return self._now_s

    def run_in_executor(  # type: ignore[override]
        self, executor: Executor | None, func: Callable[..., T], *args: Any
    ) -> "asyncio.Future[T]":
        """As in asyncio; the clock holds until `func` has returned."""
        future = super().run_in_executor(executor, func, *args)
        if not future.done():
            key = id(future)
            self._held[key] = getattr(func, "__qualname__", repr(func))
            future.add_done_callback(lambda _: self._held.pop(key, None))
        return future

    async def shutdown_default_executor(self, timeout: float | None = None) -> None:
        """As in asyncio, with the clock held: since Python 3.12 a runner gives it 300 s, which would pass at once."""
        self._held[id(self)] = "the end of the thread pool"
        try:
            await super().shutdown_default_executor()
        finally:
            del self._held[id(self)]

    def close(self) -> None:
        super().close()
        if self._waiting_room is not None:
            self._waiting_room.shutdown(wait=False)

    def _numbered(self, _: asyncio.AbstractEventLoop, work: Coroutine[Any, Any, T], **more: Any) -> "asyncio.Task[T]":
        return _Task(next(self._tasks_made), work, loop=self, **more)

    async def getaddrinfo(self, *args: Any, **kwargs: Any) -> Any:
        """As in asyncio, in the loop's own thread: when a thread comes back with its answer is anybody's guess."""
        return socket.getaddrinfo(*args, **kwargs)

    async def create_connection(self, protocol_factory: Any, host: Any = None, port: Any = None, **more: Any) -> Any:
        """As in asyncio, over the loop's own network to the addresses of that."""
        if not network.holds(host) or more.get("sock") is not None:
            return await super().create_connection(protocol_factory, host, port, **more)
        kept = {name: value for name, value in more.items() if name.startswith("ssl") or name == "server_hostname"}
        if kept.get("ssl"):
            kept.setdefault("server_hostname", host)
        return await super().create_connection(protocol_factory, sock=self.network.dialled((host, port)), **kept)

    async def create_server(
        self, protocol_factory: Any, host: Any = None, port: Any = None, **more: Any
    ) -> asyncio.Server:
        """As in asyncio, in the loop's own network at the addresses of that."""
        if not network.holds(host) or more.get("sock") is not None:
            return await super().create_server(protocol_factory, host, port, **more)
        kept = {name: value for name, value in more.items() if name.startswith("ssl") or name in _OF_SERVERS}
        return await super().create_server(protocol_factory, sock=self.network.listening((host, port)), **kept)

    def run_passing(self, func: Callable[[], T]) -> "asyncio.Future[T]":
        """Run `func` in a thread; the clock passes while all threads sleep."""
        if self._waiting_room is None:
            self._waiting_room = ThreadPoolExecutor(_WAITING_MAX, "waits-for-the-lab")
        future = super().run_in_executor(self._waiting_room, func)
        self._passing += 1
        self._threads.unsettle()
        future.add_done_callback(self._passed)
        self.let_threads_sleep()
        return future

    def let_threads_sleep(self) -> None:
        """Stand still until whatever threads wait for the lab have done what there is to do for them.

        The loop computes while they sleep and they while it stands, so that the order of what both do is the same in
        every run. Whoever does not fall asleep holds the clock, and is reported there.
        """
        until_s = time.process_time() + _HOLD_LIMIT_S
        while self._passing and not self._threads.asleep() and time.process_time() < until_s:
            pass

    def _passed(self, _: object) -> None:
        self._passing -= 1

    def may_jump(self) -> bool:
        """Whether no thread has work under way; threads only count if they were started through this loop."""
        if self._held:
            return False
        return not self._passing or self._threads.asleep()

    def jump(self, by_s: float) -> None:
        self._now_s += by_s

    def held_by(self) -> str:
        return ", ".join(sorted(set(self._held.values()))) or f"{self._passing} thread(s) that never sleep"


class _JumpingSelector(selectors.BaseSelector):
    """The loop's selector: real readiness, virtual waiting."""

    def __init__(self, loop: VirtualLoop) -> None:
        self._loop = loop
        self._inner = selectors.DefaultSelector()
        self._sentinel = _Sentinel()
        self._connecting: set[int] = set()
        self._numbers: dict[int, int] = {}
        self.order: Random | None = None
        self._count = 0

    def register(self, fileobj: Any, events: int, data: Any = None) -> selectors.SelectorKey:
        # Whoever waits to be able to write on a socket that is not read yet may be waiting for its connection.
        if events == selectors.EVENT_WRITE and isinstance(fileobj, int):
            self._connecting.add(fileobj)
        key = self._inner.register(fileobj, events, data)
        self._count += 1
        self._numbers[key.fd] = self._count
        return key

    def unregister(self, fileobj: Any) -> selectors.SelectorKey:
        key = self._inner.unregister(fileobj)
        del self._numbers[key.fd]
        return key

    def modify(self, fileobj: Any, events: int, data: Any = None) -> selectors.SelectorKey:
        return self._inner.modify(fileobj, events, data)

    def get_map(self) -> Mapping[Any, selectors.SelectorKey]:
        return self._inner.get_map()

    def close(self) -> None:
        self._sentinel.close()
        self._inner.close()

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if self._loop._passing:
            self._loop.let_threads_sleep()
        events = self._select(timeout)
        if len(events) > 1:
            # The kernel tells them in the order in which they became ready, which is not the same in every run.
            events.sort(key=lambda event: self._numbers[event[0].fd])
            if self.order is not None:
                # Not the first, by which threads wake the loop: when a thread's byte is there is not always the same.
                woken = self._numbers[events[0][0].fd] == 1
                others = events[woken:]
                self.order.shuffle(others)
                events[woken:] = others
        return events

    def _select(self, timeout: float | None) -> list[tuple[selectors.SelectorKey, int]]:
        events = self._inner.select(0)
        if events or (timeout is not None and timeout <= 0):
            return events
        held_s = 0.0
        while True:
            self._sentinel.round_trip()
            events = self._inner.select(0)
            if events:
                return events
            if self._loop.may_jump() and not self._is_connecting():
                # What a thread sent just before it fell asleep may have come after the look above.
                events = self._inner.select(0)
                if events:
                    return events
                break
            poll_s = _HOLD_POLL_S if self._loop._held else _PASS_POLL_S
            events = self._inner.select(poll_s)
            if events:
                return events
            # What was asked for, not what it took: a machine that is slow, or was suspended, makes a run slow.
            held_s += poll_s
            if held_s > _HOLD_LIMIT_S:
                raise ClockStalled(
                    f"the virtual clock was held for {_HOLD_LIMIT_S:.0f} real seconds by {self._loop.held_by()}; "
                    "give that call a time-out of its own, or run it with in_thread_passing"
                )
        if timeout is None:
            return self._wait_for_outside()
        self._loop.jump(timeout)
        return []

    def _is_connecting(self) -> bool:
        """Whether a connection is still on its way after it was waited for; each is waited for once."""
        until_s = time.monotonic() + _CONNECT_PATIENCE_S
        while self._connecting:
            self._connecting = {number for number in self._connecting if _is_on_its_way(number)}
            if self._inner.select(0):
                return True
            if time.monotonic() > until_s:
                self._connecting.clear()
        return False

    def _wait_for_outside(self) -> list[tuple[selectors.SelectorKey, int]]:
        """No timer is left. Only a thread or a signal can still wake us: wait for it in real time, not for ever."""
        events = self._inner.select(_HOLD_LIMIT_S if self._loop._passing else _OUTSIDE_LIMIT_S)
        if not events:
            raise ClockStalled("the virtual clock has no timer to jump to and nothing is ready: a wait has no deadline")
        return events


def _is_on_its_way(number: int) -> bool:
    """Whether that descriptor is a TCP connection which nobody has accepted or refused."""
    if not hasattr(socket, "TCP_INFO"):  # Linux has it
        return False
    try:
        with socket.socket(fileno=os.dup(number)) as twin:
            return twin.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 1)[:1] == bytes([_SYN_SENT])
    except OSError:  # no socket, no TCP, or gone
        return False


class _Sentinel:
    """One byte through a loopback TCP connection of our own: what was sent before it has arrived when it arrives."""

    def __init__(self) -> None:
        with socket.create_server(("127.0.0.1", 0)) as server:
            self._near = socket.create_connection(server.getsockname()[:2], timeout=_SENTINEL_LIMIT_S)
            self._far, _ = server.accept()
        for end in (self._near, self._far):
            end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            end.settimeout(_SENTINEL_LIMIT_S)

    def round_trip(self) -> None:
        self._near.send(b"\0")
        self._far.recv(1)

    def close(self) -> None:
        self._near.close()
        self._far.close()


class _Threads:
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


def _mend_timeouts() -> None:
    """Before CPython 3.11.3 a deadline that passes in a task which was cancelled earlier raises CancelledError.

    That is the rollback after Ctrl-C: what is bounded there must end with TimeoutError and go on, or the lab stays
    broken. This is what 3.11.3 does: only cancellations since the deadline was set are somebody else's.
    """
    enter, leave = asyncio.Timeout.__aenter__, asyncio.Timeout.__aexit__
    earlier: weakref.WeakKeyDictionary[asyncio.Timeout, int] = weakref.WeakKeyDictionary()

    async def entered(self: asyncio.Timeout) -> asyncio.Timeout:
        task = asyncio.current_task()
        earlier[self] = task.cancelling() if task is not None else 0
        return await enter(self)

    async def left(self: asyncio.Timeout, kind: Any, error: Any, trace: Any) -> None:
        await leave(self, kind, error, trace)
        task = asyncio.current_task()
        # `leave` has taken its own cancellation back; what is left now was there before.
        known = 0 if task is None else task.cancelling()
        if self.expired() and kind is asyncio.CancelledError and 0 < known <= earlier.get(self, 0):
            raise TimeoutError from error

    asyncio.Timeout.__aenter__, asyncio.Timeout.__aexit__ = entered, left  # type: ignore[method-assign, assignment]


if sys.version_info < (3, 11, 3):
    _mend_timeouts()


def new_loop(*, virtual: bool, kind: str = "asyncio") -> asyncio.AbstractEventLoop:
    """A fresh loop: virtual for the mock, ordinary for a lab.

    kind: which ordinary one: asyncio, uvloop, or auto for uvloop if it is installed. Raises what `check_loop` raises.
    """
    check_loop(virtual=virtual, kind=kind)
    if virtual:
        return VirtualLoop()
    if kind == "uvloop" or (kind == "auto" and _has_uvloop()):
        return cast("asyncio.AbstractEventLoop", importlib.import_module("uvloop").new_event_loop())
    return asyncio.SelectorEventLoop()


def check_loop(*, virtual: bool, kind: str) -> None:
    """Raises UsageError: uvloop is not installed, or the loop is to be virtual."""
    if kind == "uvloop" and virtual:
        raise UsageError("the virtual clock has a loop of its own; uvloop is for real time (--real-time)")
    if kind == "uvloop" and not _has_uvloop():
        raise UsageError("uvloop is not installed; install it with: pip install 'finesse-chaos[uvloop]'")


def _has_uvloop() -> bool:
    return importlib.util.find_spec("uvloop") is not None


def runner(*, virtual: bool, kind: str = "asyncio") -> asyncio.Runner:
    """An `asyncio.Runner` on a fresh loop of that kind; between two `run` calls a virtual clock stands still."""
    return asyncio.Runner(loop_factory=functools.partial(new_loop, virtual=virtual, kind=kind))


def run(main: Coroutine[Any, Any, T], *, virtual: bool, kind: str = "asyncio") -> T:
    """Run one coroutine to its end on a fresh loop of that kind."""
    with runner(virtual=virtual, kind=kind) as on:
        return on.run(main)


def now() -> float:
    """Seconds on the running loop's clock; its zero has no meaning."""
    return asyncio.get_running_loop().time()


def is_virtual() -> bool:
    """Whether the running loop's clock jumps."""
    return isinstance(asyncio.get_running_loop(), VirtualLoop)


def order_within_an_instant(rng: Random | None) -> None:
    """Have a virtual loop's sockets that are ready in one instant come in an order drawn from there, from now on.

    None: in the order in which they were made. What comes over one connection keeps its order in any case. An ordinary
    loop goes by the kernel's.
    """
    loop = asyncio.get_running_loop()
    if isinstance(loop, VirtualLoop):
        loop.selector.order = rng


async def in_thread(fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
    """Run a blocking call in a thread. A virtual clock holds until it returns, so it costs no lab time.

    The call needs a time-out of its own: it cannot be interrupted. Cancelling the awaiting task does not stop it.
    """
    return await asyncio.get_running_loop().run_in_executor(None, functools.partial(fn, *args, **kwargs))


async def at_once(fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
    """As `in_thread`, for a short call that needs nothing of the loop: on a virtual clock the loop does it itself.

    When a thread comes back depends on the machine; what is to be the same in every run is not left to one.
    """
    loop = asyncio.get_running_loop()
    if not isinstance(loop, VirtualLoop):
        return await in_thread(fn, *args, **kwargs)
    try:
        return fn(*args, **kwargs)
    finally:
        loop.let_threads_sleep()


async def in_thread_asking(fn: "Callable[[Ask], T]") -> T:
    """Run a blocking call in a thread of its own. `ask`, which it is given, waits there for a coroutine on the loop.

    On a virtual clock the loop stands still while the call computes. Cancelled, it is over when the call has ended:
    whatever it asks for then is cancelled.
    """
    loop = asyncio.get_running_loop()
    stands_still = isinstance(loop, VirtualLoop)
    said: queue.SimpleQueue[tuple[Coroutine[Any, Any, Any], Future[Any]] | None] = queue.SimpleQueue()
    woken = asyncio.Event()

    def say(what: tuple[Coroutine[Any, Any, Any], Future[Any]] | None) -> None:
        said.put(what)
        if not stands_still:
            loop.call_soon_threadsafe(woken.set)

    def ask(work: Coroutine[Any, Any, Any]) -> Any:
        answer: Future[Any] = Future()
        say((work, answer))
        return answer.result()

    def call() -> T:
        try:
            return fn(ask)
        finally:
            say(None)

    with ThreadPoolExecutor(1, "asks-the-loop") as own:
        called = own.submit(call)
        try:
            while True:
                while said.empty() and not stands_still:
                    woken.clear()
                    await woken.wait()
                if (asked := said.get()) is None:
                    return called.result()
                await _answer(*asked)
        except asyncio.CancelledError:
            while not called.done() and (asked := said.get()) is not None:
                asked[0].close()
                asked[1].set_exception(asyncio.CancelledError())
            raise


async def _answer(work: Coroutine[Any, Any, Any], answer: "Future[Any]") -> None:
    try:
        result = await work
    except BaseException as error:
        answer.set_exception(error)
        if not isinstance(error, Exception):
            raise
    else:
        answer.set_result(result)


async def in_thread_passing(fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
    """As `in_thread`, for a call that waits for the lab: a virtual clock passes while every thread sleeps.

    TCP sockets that the call makes need TCP_NODELAY: what Nagle's algorithm keeps back until a delayed acknowledgement
    (40 ms) is seen by nobody, both ends sleep, and the clock runs ahead of it.
    """
    loop = asyncio.get_running_loop()
    call = functools.partial(fn, *args, **kwargs)
    if isinstance(loop, VirtualLoop):
        return await loop.run_passing(call)
    return await loop.run_in_executor(None, call)


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


@contextlib.contextmanager
def stopwatch() -> Iterator[Callable[[], float]]:
    """Real seconds since entry, to say how long a run took; never used to judge."""
    start_s = time.monotonic()
    yield lambda: time.monotonic() - start_s
