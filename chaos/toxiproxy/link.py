"""One direction of one connection: from the socket it reads, through a chain of toxics, to the socket it writes.

Theory of operation
-------------------
A link has no task of its own. A chunk that was read is queued before the first stub (a toxic's place in this link), and
the link then advances every stub that has something to do until none has. A stub runs its toxic's generator until it
waits: for a chunk, or for a timer. So nothing ever blocks on a peer, and a change of the chain is a plain function call
that is over when it returns, whatever the peers do.

Nobody is kept waiting by a toxic that makes much of little (a slicer that cuts 300 kB into bytes): after so many steps
a link leaves the loop to others and goes on in the loop's next turn.

Memory is bounded as it is in a chain of pipes: a stub makes no step while its successor's queue is full, the last one's
successor is the socket's write buffer, and while the first queue is full the source is not read. So a peer that stops
reading stalls the sender by TCP's own flow control.
"""

import asyncio
from collections import deque
from collections.abc import Sequence
from random import Random
from typing import Protocol

from chaos.toxiproxy.toxics import Entry
from chaos.toxiproxy.toxics.base import CHUNK_BYTES_MAX, GO_ON, TAKE, Chunk, Interrupted, Late, Pipe, Take, Wait
from chaos.toxiproxy.toxics.noop import Noop

# What a queued chunk costs beside its bytes, so that a flood of tiny ones is bounded too.
_CHUNK_COST_BYTES = 256
_OUTLET_ROOM_BYTES = 256 * 1024
# A step is a chunk or a piece of one, up to 32 KiB: 64 of them take a millisecond or less.
_STEPS_A_TURN = 64


class Source(Protocol):
    """The socket that a link reads."""

    def pause(self) -> None: ...
    def resume(self) -> None: ...


class Destination(Protocol):
    """The socket that a link writes. After `finish` nothing more is written; it closes once all is sent."""

    def write(self, data: bytes) -> None: ...
    def finish(self) -> None: ...
    def buffered_bytes(self) -> int: ...


class Sink(Protocol):
    """What a stub emits into: the next stub, or the outlet."""

    def put(self, chunk: Chunk) -> None: ...
    def end(self) -> None: ...
    def is_full(self) -> bool: ...


class Outlet:
    """The end of the chain."""

    __slots__ = ("_destination", "ended", "sent_bytes")

    def __init__(self, destination: Destination) -> None:
        self._destination = destination
        self.sent_bytes = 0
        self.ended = False

    def put(self, chunk: Chunk) -> None:
        self.write(chunk.data)

    def write(self, data: bytes) -> None:
        if not self.ended:
            self.sent_bytes += len(data)
            self._destination.write(data)

    def end(self) -> None:
        if not self.ended:
            self.ended = True
            self._destination.finish()

    def is_full(self) -> bool:
        return self._destination.buffered_bytes() > _OUTLET_ROOM_BYTES


class Stub:
    """A toxic's place in a link. While the dice say so (`toxicity`), it does nothing instead."""

    def __init__(self, entry: Entry, link: "Link") -> None:
        self.entry = entry
        self.rng = link.rng
        self.passed_bytes = 0
        self.slept_s = 0.0
        self.before: Stub | None = None
        self.next: Sink = link.outlet
        self.closed = False
        self.is_awake = False
        self._link = link
        self._queue: deque[Chunk] = deque()
        self._queued_bytes = 0
        self._ended = False
        self._pipe: Pipe | None = None
        self._want: Take | Wait = TAKE
        self._timer: asyncio.TimerHandle | None = None
        self._armed_s = 0.0

    # What a toxic sees.

    def now_s(self) -> float:
        return self._link.loop.time()

    def emit(self, chunk: Chunk) -> None:
        if chunk.data:
            self.next.put(chunk)

    def close(self) -> None:
        """End the stream here: nothing more is taken, and what comes after ends in its turn."""
        if not self.closed:
            self.closed = True
            self._clear()
            self.next.end()
            self._link.stop_reading()

    # What the predecessor sees.

    def put(self, chunk: Chunk) -> None:
        if not self.closed:
            self._queue.append(chunk)
            self._queued_bytes += len(chunk.data) + _CHUNK_COST_BYTES
            self._link.wake(self)

    def end(self) -> None:
        self._ended = True
        self._link.wake(self)

    def is_full(self) -> bool:
        return self._queued_bytes > self.entry.toxic.ROOM_BYTES

    # What the link does with it.

    @property
    def is_doomed(self) -> bool:
        """Whether it is past saving: closed, or waiting to close whatever happens."""
        return self.closed or (isinstance(self._want, Wait) and self._want.firm)

    def start(self) -> None:
        """Begin the toxic's pipe, or a harmless one if the dice say so."""
        if self.is_doomed or self._pipe is not None:
            return
        bites = self.rng.random() < self.entry.toxicity
        self._pipe = (self.entry.toxic if bites else Noop()).pipe(self)
        self._step()
        self._link.wake(self)

    def interrupt(self) -> None:
        """Stop the pipe; what it holds is passed on, what is queued stays."""
        if self._pipe is not None and not self.is_doomed:
            self._step(Interrupted())

    def drain(self) -> None:
        """Pass on all that is queued, and the end if it has come: the toxic is being removed."""
        for chunk in _joined(self._queue):
            self.emit(chunk)
        self._clear()
        if self._ended:
            self.close()

    def abandon(self) -> None:
        """The connection is gone."""
        self.closed = True
        self._clear()

    def advance(self, steps_max: int) -> int:
        """Run the pipe for as long as it need not wait, and at most so many steps; returns how many it made."""
        steps = 0
        while self._pipe is not None and not self.closed:
            if steps == steps_max:
                self._link.wake(self)
                break
            if not self._may_step():
                break
            chunk = self._pop() if self._queue and isinstance(self._want, Take) else None
            self._step(chunk=chunk)
            steps += 1
        return steps

    def _may_step(self) -> bool:
        """Whether what the pipe wishes for is there; otherwise a timer, a chunk or room will wake it."""
        want = self._want
        if isinstance(want, Wait):
            if want.for_s is None or self._timer is not None:
                return False
            if want.for_s > 0:
                self._arm(want.for_s)
                return False
            return want.firm or not self.next.is_full()
        if self._queue:
            return not self.next.is_full()
        if not self._ended and want.patience_s is not None and self._timer is None:
            self._arm(want.patience_s)
        return self._ended

    def _step(self, problem: Exception | None = None, *, chunk: Chunk | None = None) -> None:
        """Resume the pipe once, up to its next wish."""
        pipe = self._pipe
        assert pipe is not None
        self._disarm()
        try:
            self._want = pipe.throw(problem) if problem is not None else pipe.send(chunk)
        except (StopIteration, Interrupted):
            self._pipe, self._want = None, TAKE

    def _pop(self) -> Chunk:
        chunk = self._queue.popleft()
        self._queued_bytes -= len(chunk.data) + _CHUNK_COST_BYTES
        if self.before is not None:
            self._link.wake(self.before)
        return chunk

    def _clear(self) -> None:
        self._disarm()
        self._queue.clear()
        self._queued_bytes = 0

    def _arm(self, delay_s: float) -> None:
        self._armed_s = self.now_s()
        self._timer = self._link.loop.call_later(delay_s, self._ring)

    def _disarm(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _ring(self) -> None:
        self._timer = None
        if isinstance(self._want, Take):
            self._step(Late())
        else:
            self.slept_s = self.now_s() - self._armed_s
            # What is left is to step on, as soon as there is room.
            self._want = Wait(0, self._want.firm) if self._want.firm else GO_ON
        self._link.wake(self)
        self._link.settle()


def _joined(chunks: Sequence[Chunk]) -> list[Chunk]:
    """The same bytes in as few chunks as may be, each with the time of its first: passing them on is done in one go."""
    joined: list[Chunk] = []
    parts: list[bytes] = []
    size, at_s = 0, 0.0
    for chunk in chunks:
        if parts and size + len(chunk.data) > CHUNK_BYTES_MAX:
            joined.append(Chunk(b"".join(parts), at_s))
            parts, size = [], 0
        if not parts:
            at_s = chunk.at_s
        parts.append(chunk.data)
        size += len(chunk.data)
    if parts:
        joined.append(Chunk(b"".join(parts), at_s))
    return joined


class Link:
    """The chain of one direction. `entries` are the toxics it begins with, in their order."""

    __slots__ = (
        "_awake",
        "_ended",
        "_reads",
        "_settling",
        "_source",
        "_stubs",
        "_turn",
        "loop",
        "outlet",
        "received_bytes",
        "rng",
    )

    def __init__(
        self,
        source: Source,
        destination: Destination,
        entries: Sequence[Entry],
        *,
        rng: Random,
        loop: asyncio.AbstractEventLoop,
    ) -> None:
        self.rng = rng
        self.loop = loop
        self.outlet = Outlet(destination)
        self.received_bytes = 0
        self._source = source
        self._reads = True
        self._ended = False
        self._settling = False
        self._turn: asyncio.Handle | None = None
        self._awake: list[Stub] = []
        self._stubs = [Stub(entry, self) for entry in entries]
        self._wire()

    def begin(self) -> None:
        for stub in self._stubs:
            stub.start()
        self.settle()

    def put(self, data: bytes) -> None:
        """Bytes were read from the source."""
        self.received_bytes += len(data)
        if self._stubs:
            self._stubs[0].put(Chunk(data, self.loop.time()))
        else:
            self.outlet.write(data)
        self.settle()

    def end(self) -> None:
        """The source will send nothing more. Once is enough."""
        if not self._ended:
            self._ended = True
            self._first().end()
            self.settle()

    def unblock(self) -> None:
        """The destination has sent all that was written."""
        if self._stubs:
            self.wake(self._stubs[-1])
        self.settle()

    def abandon(self) -> None:
        """Both sockets are gone."""
        for stub in self._stubs:
            stub.abandon()
        if self._turn is not None:
            self._turn.cancel()
            self._turn = None

    # Changes of the chain. What a neighbour holds is passed on, and its dice are cast again, as in Toxiproxy.

    def add(self, entry: Entry) -> None:
        if self.outlet.ended:
            return
        last = self._stubs[-1] if self._stubs else None
        if last is not None:
            last.interrupt()
        added = Stub(entry, self)
        self._stubs.append(added)
        self._wire()
        if last is None and self._ended:
            added.end()
        added.start()
        if last is not None:
            last.start()
        self.settle()

    def update(self, entry: Entry) -> None:
        for stub in self._of(entry):
            stub.interrupt()
            stub.start()
        self.settle()

    def remove(self, entry: Entry) -> None:
        for stub in self._of(entry):
            stub.interrupt()
            if stub.entry.toxic.CLOSES_WHEN_REMOVED:
                stub.close()
            if not stub.is_doomed:
                self._take_out(stub)
        self.settle()

    def _take_out(self, stub: Stub) -> None:
        index = self._stubs.index(stub)
        before = self._stubs[index - 1] if index else None
        if before is not None:
            before.interrupt()
        stub.drain()
        stub.abandon()
        self._stubs.remove(stub)
        self._wire()
        if before is not None:
            before.start()

    # What stubs call.

    def wake(self, stub: Stub) -> None:
        if not stub.is_awake:
            stub.is_awake = True
            self._awake.append(stub)

    def stop_reading(self) -> None:
        """A toxic has closed: what the source still sends stays in the kernel, so that closing then resets."""
        if not self._ended:
            self._reads = False

    def settle(self) -> None:
        """Advance whatever can, up to a turn's work, then let the source be read or not."""
        if self._settling:
            return
        if self._awake and self._turn is None:
            self._settling = True
            try:
                self._advance()
            finally:
                self._settling = False
        if self._reads and not self._ended and not self._first().is_full():
            self._source.resume()
        else:
            self._source.pause()

    def _advance(self) -> None:
        left = _STEPS_A_TURN
        while self._awake:
            if left <= 0:
                self._turn = self.loop.call_soon(self._next_turn)
                return
            stub = self._awake.pop(0)
            stub.is_awake = False
            left -= stub.advance(left)

    def _next_turn(self) -> None:
        self._turn = None
        self.settle()

    def _first(self) -> Sink:
        return self._stubs[0] if self._stubs else self.outlet

    def _of(self, entry: Entry) -> list[Stub]:
        return [stub for stub in self._stubs if stub.entry is entry]

    def _wire(self) -> None:
        before: Stub | None = None
        for stub in self._stubs:
            stub.before, stub.next = before, self.outlet
            if before is not None:
                before.next = stub
            before = stub
