"""What a toxic is: a small generator that moves chunks through one link.

A toxic's `pipe` takes chunks with `chunk = yield Take()` (None: the sender has closed), waits with
`yield Wait(seconds)`, passes on with `stub.emit(chunk)` and ends the stream with `stub.close()`. When the toxic is
changed or removed, or a neighbour comes or goes, the pipe is stopped where it stands: `Interrupted` is raised at its
`yield`. A pipe that holds a chunk passes it on then; one that merely takes has nothing to do. It is started afresh
afterwards, if it is still there.

A pipe that emits many times for one chunk yields after each, `Wait(0)` if there is nothing to wait for: at a `yield`
other connections get their turn, and a pipe whose successor is full goes on only when there is room again.

To add a toxic, copy the shortest one (`noop.py`), name its attributes as dataclass fields in the order in which they
are to be shown, and enter it in the table in `__init__.py`.
"""

from collections.abc import Generator
from dataclasses import asdict, dataclass, fields
from enum import Enum
from random import Random
from typing import ClassVar, NamedTuple, Protocol

from chaos.toxiproxy.gojson import Kind, Struct

CHUNK_BYTES_MAX = 32 * 1024
"""What is read at once, as in the original: what a toxic does to a chunk depends on it."""
TIMER_S = 0.001
"""The shortest wait that a loop's timer keeps; a selector rounds shorter ones up to it."""


class Direction(Enum):
    UPSTREAM = "upstream"  # from the client to the server
    DOWNSTREAM = "downstream"  # from the server to the client


class Chunk(NamedTuple):
    """Bytes that were read at once. at_s: when they arrived, on the loop's clock."""

    data: bytes
    at_s: float


@dataclass(frozen=True, slots=True)
class Take:
    """Give me the next chunk. patience_s: raise Late if none comes for so long."""

    patience_s: float | None = None


@dataclass(frozen=True, slots=True)
class Wait:
    """Let time pass; zero or less does not wait, None is for ever. firm: not even a change of the toxic ends it."""

    for_s: float | None
    firm: bool = False


TAKE = Take()
GO_ON = Wait(0)


class Interrupted(Exception):
    """Raised in a pipe that has to stop: pass on what you hold, then return."""


class Late(Exception):
    """Raised in a pipe whose patience is at its end."""


Pipe = Generator[Take | Wait, Chunk | None, None]


class Stub(Protocol):
    """A toxic's place in one link of one connection."""

    rng: Random
    passed_bytes: int  # what limit_data has let through; outlives interruptions
    slept_s: float  # how long the last Wait took: a timer is late as a rule

    def now_s(self) -> float: ...
    def emit(self, chunk: Chunk) -> None: ...
    def close(self) -> None: ...


def pay(stub: Stub, owed_s: float) -> Generator[Take | Wait, Chunk | None, float]:
    """Wait for what is owed; returns what is owed still, below zero if the timer was late.

    Delays that are too short for a timer are not rounded up but stay owed, until they have added up to one.
    """
    if owed_s < TIMER_S:
        yield GO_ON
        return owed_s
    yield Wait(owed_s)
    return owed_s - stub.slept_s


@dataclass
class Toxic:
    """One toxic's attributes, shared by all links of a proxy. Each kind of toxic is a subclass."""

    GO_NAME: ClassVar[str]
    GO_INTEGER: ClassVar[Kind] = Kind.INT64
    ROOM_BYTES: ClassVar[int] = 256 * 1024  # what may queue before it; then its predecessor waits
    CLOSES_WHEN_REMOVED: ClassVar[bool] = False
    RESETS: ClassVar[bool] = False  # connections that begin under it end with RST

    def pipe(self, stub: Stub) -> Pipe:
        """Move chunks until the stream has ended. Attributes may change only while it is stopped."""
        raise NotImplementedError

    @classmethod
    def struct(cls) -> Struct:
        """The attributes as they are read from JSON."""
        return Struct(f"toxics.{cls.GO_NAME}", cls.GO_NAME, {field.name: cls.GO_INTEGER for field in fields(cls)})

    def attributes(self) -> dict[str, int]:
        return asdict(self)
