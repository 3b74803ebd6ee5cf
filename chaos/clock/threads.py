"""Blocking calls in threads, and what a virtual clock does meanwhile."""

import asyncio
import functools
import queue
from collections.abc import Callable, Coroutine
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, ParamSpec, TypeVar

from chaos.clock.virtual import VirtualLoop

T = TypeVar("T")
P = ParamSpec("P")

Ask = Callable[[Coroutine[Any, Any, Any]], Any]


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
