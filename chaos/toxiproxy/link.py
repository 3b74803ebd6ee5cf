"""One direction of one connection: from the socket it reads, through a chain of toxics, to the socket it writes.

Theory of operation
-------------------
A link has no task of its own. A chunk that was read is queued before the first stub (a toxic's place in this link), and
the link then advances every stub that has something to do until none has. A stub runs its toxic's generator until it
waits: for a chunk, or for a timer. So nothing ever blocks on a peer, and a change of the chain is a plain function call
that is over when it returns, whatever the peers do.

Memory is bounded as it is in a chain of pipes: a stub takes nothing while its successor's queue is full, the last one's
successor is the socket's write buffer, and while the first queue is full the source is not read. So a peer that stops
reading stalls the sender by TCP's own flow control.
"""

import asyncio
from collections import deque
from collections.abc import Sequence
from random import Random
from typing import Protocol

from chaos.toxiproxy.toxics import Entry
from chaos.toxiproxy.toxics.base import Chunk, Interrupted, Late, Pipe, Take, Wait
from chaos.toxiproxy.toxics.noop import Noop

# What a queued chunk costs beside its bytes, so that a flood of tiny ones is bounded too.
_CHUNK_COST_BYTES = 256
_OUTLET_ROOM_BYTES = 256 * 1024


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

    def __init__(self, destination: Destination) -> None:
        self._destination = destination
        self.sent_bytes = 0
        self.ended = False

    def put(self, chunk: Chunk) -> None:
        if not self.ended:
            self.sent_bytes += len(chunk.data)
            self._destination.write(chunk.data)

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
        self.next: Sink = link.outlet
        self.closed = False
        self._link = link
        self._queue: deque[Chunk] = deque()
        self._queued_bytes = 0
        self._ended = False
        self._pipe: Pipe | None = None
        self._want: Take | Wait = Take()
        self._timer: asyncio.TimerHandle | None = None

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
        while self._queue:
            self.emit(self._pop())
        if self._ended:
            self.close()

    def abandon(self) -> None:
        """The connection is gone."""
        self.closed = True
        self._clear()

    def advance(self) -> None:
        """Run the pipe for as long as it need not wait."""
        while self._pipe is not None and not self.closed:
            if isinstance(self._want, Wait):
                if self._want.for_s is None or self._timer is not None:
                    return
                if self._want.for_s > 0:
                    self._arm(self._want.for_s)
                    return
                self._step()
            elif self._queue:
                if self.next.is_full():
                    return
                self._step(chunk=self._pop())
            elif self._ended:
                self._step()
            else:
                if self._want.patience_s is not None and self._timer is None:
                    self._arm(self._want.patience_s)
                return

    def _step(self, problem: Exception | None = None, *, chunk: Chunk | None = None) -> None:
        """Resume the pipe once, up to its next wish."""
        pipe = self._pipe
        assert pipe is not None
        self._disarm()
        try:
            self._want = pipe.throw(problem) if problem is not None else pipe.send(chunk)
        except (StopIteration, Interrupted):
            self._pipe, self._want = None, Take()

    def _pop(self) -> Chunk:
        chunk = self._queue.popleft()
        self._queued_bytes -= len(chunk.data) + _CHUNK_COST_BYTES
        self._link.wake_before(self)
        return chunk

    def _clear(self) -> None:
        self._disarm()
        self._queue.clear()
        self._queued_bytes = 0

    def _arm(self, delay_s: float) -> None:
        self._timer = self._link.loop.call_later(delay_s, self._ring)

    def _disarm(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _ring(self) -> None:
        self._timer = None
        self._step(Late() if isinstance(self._want, Take) else None)
        self._link.wake(self)
        self._link.settle()


class Link:
    """The chain of one direction. `entries` are the toxics it begins with, in their order."""

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
        self._awake: deque[Stub] = deque()
        self._stubs = [Stub(entry, self) for entry in entries]
        self._wire()

    def begin(self) -> None:
        for stub in self._stubs:
            stub.start()
        self.settle()

    def put(self, data: bytes) -> None:
        """Bytes were read from the source."""
        self.received_bytes += len(data)
        self._first().put(Chunk(data, self.loop.time()))
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
        self._awake.append(stub)

    def wake_before(self, stub: Stub) -> None:
        index = self._stubs.index(stub)
        if index:
            self._awake.append(self._stubs[index - 1])

    def stop_reading(self) -> None:
        """A toxic has closed: what the source still sends stays in the kernel, so that closing then resets."""
        if not self._ended:
            self._reads = False

    def settle(self) -> None:
        """Advance whatever can, then let the source be read or not."""
        if self._settling:
            return
        self._settling = True
        try:
            while self._awake:
                self._awake.popleft().advance()
        finally:
            self._settling = False
        if self._reads and not self._first().is_full():
            self._source.resume()
        else:
            self._source.pause()

    def _first(self) -> Sink:
        return self._stubs[0] if self._stubs else self.outlet

    def _of(self, entry: Entry) -> list[Stub]:
        return [stub for stub in self._stubs if stub.entry is entry]

    def _wire(self) -> None:
        for stub, following in zip(self._stubs, self._stubs[1:], strict=False):
            stub.next = following
        if self._stubs:
            self._stubs[-1].next = self.outlet
