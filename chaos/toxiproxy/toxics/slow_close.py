"""Delays the end of the stream, and nothing else."""

from dataclasses import dataclass

from chaos.toxiproxy.toxics.base import TAKE, Pipe, Stub, Toxic, Wait


@dataclass
class SlowClose(Toxic):
    """delay: ms."""

    delay: int = 0

    GO_NAME = "SlowCloseToxic"

    def pipe(self, stub: Stub) -> Pipe:
        while (chunk := (yield TAKE)) is not None:
            stub.emit(chunk)
        yield Wait(self.delay / 1000)
        stub.close()
