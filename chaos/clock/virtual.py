"""The loop whose clock jumps; see the theory of operation in `chaos.clock`."""

import asyncio
import itertools
import socket
import time
from collections.abc import Callable, Coroutine
from concurrent.futures import Executor, ThreadPoolExecutor
from typing import Any, TypeVar, cast

from chaos import network
from chaos.clock.jumping import HOLD_LIMIT_S, JumpingSelector
from chaos.clock.sleeping import Threads

T = TypeVar("T")

_WAITING_MAX = 64
# What is said of a server besides where it listens.
_OF_SERVERS = ("backlog", "start_serving")


class Task(asyncio.Task[Any]):
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
        self._threads = Threads()
        # Calls that wait for the lab have threads of their own: a full pool would keep out the calls they wait for.
        self._waiting_room: ThreadPoolExecutor | None = None
        self._tasks_made = itertools.count()
        self.network = network.Network()
        self.selector = JumpingSelector(self)
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
        return Task(next(self._tasks_made), work, loop=self, **more)

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
        until_s = time.process_time() + HOLD_LIMIT_S
        while self._passing and not self._threads.asleep() and time.process_time() < until_s:
            pass

    def _passed(self, _: object) -> None:
        self._passing -= 1

    @property
    def is_held(self) -> bool:
        """Whether a call in a thread holds the clock until it returns."""
        return bool(self._held)

    @property
    def is_passing(self) -> bool:
        """Whether calls in threads wait for the lab."""
        return self._passing > 0

    def may_jump(self) -> bool:
        """Whether no thread has work under way; threads only count if they were started through this loop."""
        if self._held:
            return False
        return not self._passing or self._threads.asleep()

    def jump(self, by_s: float) -> None:
        self._now_s += by_s

    def held_by(self) -> str:
        return ", ".join(sorted(set(self._held.values()))) or f"{self._passing} thread(s) that never sleep"
