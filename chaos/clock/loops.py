"""The loop of a run: made, run, and asked what it is."""

import asyncio
import functools
import importlib
import importlib.util
import sys
from collections.abc import Coroutine
from random import Random
from typing import Any, TypeVar, cast

from chaos.clock.timeouts import mend_timeouts
from chaos.clock.virtual import VirtualLoop
from chaos.errors import UsageError

T = TypeVar("T")

if sys.version_info < (3, 11, 3):
    mend_timeouts()


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
