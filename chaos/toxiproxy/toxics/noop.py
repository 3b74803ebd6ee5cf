"""Passes everything on."""

from dataclasses import dataclass

from chaos.toxiproxy.toxics.base import TAKE, Pipe, Stub, Toxic


@dataclass
class Noop(Toxic):
    GO_NAME = "NoopToxic"

    def pipe(self, stub: Stub) -> Pipe:
        while (chunk := (yield TAKE)) is not None:
            stub.emit(chunk)
        stub.close()
