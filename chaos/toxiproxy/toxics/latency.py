"""Delays each chunk, counted from its arrival; throughput is not touched until the room before it is full."""

from dataclasses import dataclass

from chaos.toxiproxy.toxics.base import Chunk, Interrupted, Pipe, Stub, Take, Toxic, Wait


@dataclass
class Latency(Toxic):
    """latency, jitter: ms. Each chunk waits latency ± jitter, drawn for it alone; order is kept."""

    latency: int = 0
    jitter: int = 0

    GO_NAME = "LatencyToxic"
    ROOM_BYTES = 1024 * 1024

    def pipe(self, stub: Stub) -> Pipe:
        while (chunk := (yield Take())) is not None:
            try:
                yield Wait(chunk.at_s + self._delay_s(stub) - stub.now_s())
            except Interrupted:
                stub.emit(chunk)
                return
            # A second latency counts from here, so that several add up.
            stub.emit(Chunk(chunk.data, stub.now_s()))
        stub.close()

    def _delay_s(self, stub: Stub) -> float:
        swing_ms = stub.rng.randrange(2 * self.jitter) - self.jitter if self.jitter > 0 else 0
        return (self.latency + swing_ms) / 1000
