"""Limits the rate. With rate 0 nothing passes and nothing is lost: a partition that can heal."""

from dataclasses import dataclass

from chaos.toxiproxy.toxics.base import TAKE, Chunk, Interrupted, Pipe, Stub, Toxic, Wait, pay

_STEP_S = 0.1  # a chunk that takes longer goes out in pieces, one each step


@dataclass
class Bandwidth(Toxic):
    """rate: KB/s, 1000 bytes each. 0 or less stalls (a negative one kills the Go server)."""

    rate: int = 0

    GO_NAME = "BandwidthToxic"

    def pipe(self, stub: Stub) -> Pipe:
        owed_s = 0.0
        while (chunk := (yield TAKE)) is not None:
            try:
                if self.rate <= 0:
                    yield Wait(None)
                owed_s += len(chunk.data) / (self.rate * 1000)
                while len(chunk.data) > self.rate * 100:
                    yield Wait(_STEP_S)
                    owed_s -= stub.slept_s
                    stub.emit(Chunk(chunk.data[: self.rate * 100], chunk.at_s))
                    chunk = Chunk(chunk.data[self.rate * 100 :], chunk.at_s)
                # A timer that fired late is made good with the next chunk.
                owed_s = yield from pay(stub, owed_s)
            except Interrupted:
                stub.emit(chunk)
                return
            stub.emit(chunk)
        stub.close()
