"""Delays each chunk, counted from its arrival; throughput is not touched until the room before it is full."""

from dataclasses import dataclass

from chaos.toxiproxy.toxics.base import CHUNK_BYTES_MAX, TAKE, Chunk, Interrupted, Pipe, Stub, Toxic, Wait


@dataclass
class Latency(Toxic):
    """latency, jitter: ms. Each chunk waits latency ± jitter, drawn for it alone; order is kept."""

    latency: int = 0
    jitter: int = 0

    GO_NAME = "LatencyToxic"
    # As many chunks as are in the original's channel: a delay of 1 s lets up to 33 MB a second pass.
    ROOM_BYTES = 1024 * CHUNK_BYTES_MAX

    def pipe(self, stub: Stub) -> Pipe:
        while (chunk := (yield TAKE)) is not None:
            taken_s = stub.now_s()
            due_s = chunk.at_s + self._delay_s(stub)
            if due_s > taken_s:
                try:
                    yield Wait(due_s - taken_s)
                except Interrupted:
                    stub.emit(chunk)
                    return
            # A second latency counts from here, so that several add up; that a timer was late does not.
            stub.emit(Chunk(chunk.data, max(due_s, taken_s)))
        stub.close()

    def _delay_s(self, stub: Stub) -> float:
        swing_ms = stub.rng.randrange(2 * self.jitter) - self.jitter if self.jitter > 0 else 0
        return (self.latency + swing_ms) / 1000
