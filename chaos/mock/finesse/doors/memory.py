"""Memory that was needed once, and is not any more, goes back to the system."""

import asyncio
import ctypes
import gc
from functools import lru_cache
from weakref import WeakKeyDictionary

EACH_S = 10.0
_given_s: WeakKeyDictionary[asyncio.AbstractEventLoop, float] = WeakKeyDictionary()


@lru_cache
def _trim() -> "ctypes._NamedFuncPointer | None":
    try:
        return getattr(ctypes.CDLL(None), "malloc_trim", None)
    except OSError:
        return None


def give_back() -> None:
    """Collect what is out of use, and ask the allocator to let go of what is free. Only glibc has to be asked.

    500 TLS clients need 43 MB for their buffers, all of which glibc keeps for later after they have left, since some
    small thing always lies above them in its heap. Sessions and their channels know each other: once they are old, only
    a whole collection finds them, which comes late in a process that has nothing to do. It takes a fifth of a second
    with 2,000 agents, so several listeners that have the same thought within EACH_S are served once.
    """
    loop = asyncio.get_running_loop()
    if loop.time() - _given_s.get(loop, -EACH_S) < EACH_S:
        return
    _given_s[loop] = loop.time()
    gc.collect()
    trim = _trim()
    if trim is not None:
        trim(0)
