"""The virtual loop's selector: real readiness, virtual waiting."""

import os
import selectors
import socket
import time
from collections.abc import Mapping
from random import Random
from typing import Any, Protocol

from chaos.errors import UsageError

# A held clock looks at its sockets this often (real seconds); the end of a thread's work wakes it at once.
_HOLD_POLL_S = 0.05
_PASS_POLL_S = 0.001
# Nothing hangs: work that holds the clock for so long (seconds in which we have waited for it) is reported as a bug.
HOLD_LIMIT_S = 120.0
# With no timer, nothing ready and no thread at work only a signal can come: so long (real seconds) it is waited for.
_OUTSIDE_LIMIT_S = 5.0
# So long (real seconds) a connection on its way holds the clock: ample for an answer on loopback on a busy machine, and
# a peer that drops what it cannot take does not answer at all.
_CONNECT_PATIENCE_S = 0.1
_SYN_SENT = 2  # of the kernel's TCP states, the first byte of TCP_INFO
# Computing costs no time, but whoever never comes to rest would let none pass at all: a product that asks again at once
# for ever. After so many turns within one instant, more where many sockets are open (a crowd of desktops opened
# at once takes 130 each), each further one takes so long, so that what waits for its end comes to it.
_TURNS_MAX = 20_000
_TURNS_MAX_A_SOCKET = 200
_TURN_S = 0.01
# A sentinel byte that takes longer (real seconds) than this means that the loopback interface is out of order.
_SENTINEL_LIMIT_S = 10.0


class ClockStalled(UsageError):
    """The virtual clock can neither jump nor wait: a wait without deadline, or a thread that never returns."""


class Jumper(Protocol):
    """What the selector needs of its loop."""

    @property
    def is_held(self) -> bool:
        """Whether a call holds the clock until it returns."""

    @property
    def is_passing(self) -> bool:
        """Whether threads wait for the lab."""

    def let_threads_sleep(self) -> None: ...

    def may_jump(self) -> bool: ...

    def jump(self, by_s: float) -> None: ...

    def held_by(self) -> str: ...


class JumpingSelector(selectors.BaseSelector):
    """The loop's selector: real readiness, virtual waiting."""

    def __init__(self, loop: Jumper) -> None:
        self._loop = loop
        self._inner = selectors.DefaultSelector()
        self._sentinel = _Sentinel()
        self._connecting: set[int] = set()
        self._numbers: dict[int, int] = {}
        self.order: Random | None = None
        self._count = 0
        self._turns = 0

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
        if self._loop.is_passing:
            self._loop.let_threads_sleep()
        events = self._select(timeout)
        self._turns += 1
        if self._turns > _TURNS_MAX + _TURNS_MAX_A_SOCKET * len(self._numbers):
            self._loop.jump(_TURN_S)
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
            poll_s = _HOLD_POLL_S if self._loop.is_held else _PASS_POLL_S
            events = self._inner.select(poll_s)
            if events:
                return events
            # What was asked for, not what it took: a machine that is slow, or was suspended, makes a run slow.
            held_s += poll_s
            if held_s > HOLD_LIMIT_S:
                raise ClockStalled(
                    f"the virtual clock was held for {HOLD_LIMIT_S:.0f} real seconds by {self._loop.held_by()}; "
                    "give that call a time-out of its own, or run it with in_thread_passing"
                )
        if timeout is None:
            return self._wait_for_outside()
        self._loop.jump(timeout)
        self._turns = 0
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
        events = self._inner.select(HOLD_LIMIT_S if self._loop.is_passing else _OUTSIDE_LIMIT_S)
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
