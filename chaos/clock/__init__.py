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

Whoever never comes to rest, a product that asks again at once for ever, would hold the clock for good: after some ten
thousand turns of the loop within one instant each further one takes ten milliseconds, until there is rest again.

A foreign process is not on this clock. Whoever talks to one (Go Toxiproxy, a browser) uses the ordinary loop.

This is the only room of `chaos` that may call `time` or `datetime.now`; ruff holds the others to it.
"""

from chaos.clock.jumping import ClockStalled
from chaos.clock.loops import check_loop, is_virtual, new_loop, now, order_within_an_instant, run, runner
from chaos.clock.threads import Ask, at_once, in_thread, in_thread_asking, in_thread_passing
from chaos.clock.virtual import VirtualLoop
from chaos.clock.wall import VIRTUAL_START, processor_s, real_now, stopwatch, wall_now

__all__ = [
    "VIRTUAL_START",
    "Ask",
    "ClockStalled",
    "VirtualLoop",
    "at_once",
    "check_loop",
    "in_thread",
    "in_thread_asking",
    "in_thread_passing",
    "is_virtual",
    "new_loop",
    "now",
    "order_within_an_instant",
    "processor_s",
    "real_now",
    "run",
    "runner",
    "stopwatch",
    "wall_now",
]
