"""Cuts chunks into small pieces, with a pause after each."""

from collections.abc import Iterator
from dataclasses import dataclass
from random import Random

from chaos.toxiproxy.gojson import Kind
from chaos.toxiproxy.toxics.base import TAKE, Chunk, Interrupted, Pipe, Stub, Toxic, pay


@dataclass
class Slicer(Toxic):
    """average_size, size_variation: bytes; delay: µs. An average of 0 or less cuts nothing (it kills the Go server)."""

    average_size: int = 0
    size_variation: int = 0
    delay: int = 0

    GO_NAME = "SlicerToxic"
    GO_INTEGER = Kind.INT

    def pipe(self, stub: Stub) -> Pipe:
        owed_s = 0.0
        while (chunk := (yield TAKE)) is not None:
            sent = 0
            for end in cuts(len(chunk.data), self.average_size, self.size_variation, stub.rng):
                stub.emit(Chunk(chunk.data[sent:end], chunk.at_s))
                sent = end
                try:
                    owed_s = yield from pay(stub, owed_s + self.delay / 1_000_000)
                except Interrupted:
                    stub.emit(Chunk(chunk.data[sent:], chunk.at_s))
                    return
        stub.close()


def cuts(size: int, average: int, variation: int, rng: Random) -> Iterator[int]:
    """Where pieces end, ascending, the last at `size`: halved until a piece is at most average + variation long."""
    parts = [(0, size)]
    while parts:
        start, end = parts.pop()
        length = end - start
        if average <= 0 or length < 2 or length - average <= variation:
            yield end
            continue
        swing = rng.randrange(2 * variation) - variation if variation > 0 else 0
        # Go lets a large variation put the cut outside of the piece, and dies.
        middle = min(max(start + length // 2 + swing, start + 1), end - 1)
        parts += [(middle, end), (start, middle)]
