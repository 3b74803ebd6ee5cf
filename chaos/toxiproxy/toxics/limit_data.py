"""Closes the connection after so many bytes."""

from dataclasses import dataclass

from chaos.toxiproxy.toxics.base import TAKE, Chunk, Pipe, Stub, Toxic


@dataclass
class LimitData(Toxic):
    """bytes: how many pass, per connection, from when the toxic was added; 0 or less closes at the first chunk."""

    bytes: int = 0

    GO_NAME = "LimitDataToxic"

    def pipe(self, stub: Stub) -> Pipe:
        while (chunk := (yield TAKE)) is not None:
            passing = chunk.data[: max(0, self.bytes - stub.passed_bytes)]
            stub.passed_bytes += len(passing)
            stub.emit(Chunk(passing, chunk.at_s))
            if stub.passed_bytes >= self.bytes:
                break
        stub.close()
