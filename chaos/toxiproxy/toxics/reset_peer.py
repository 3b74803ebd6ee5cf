"""Ends the connection at the first sign of life; with RST, if the connection began under this toxic."""

from dataclasses import dataclass

from chaos.toxiproxy.toxics.base import Pipe, Stub, Take, Toxic, Wait


@dataclass
class ResetPeer(Toxic):
    """timeout: ms from the first chunk, or the end of the stream, to the reset."""

    timeout: int = 0

    GO_NAME = "ResetToxic"
    RESETS = True

    def pipe(self, stub: Stub) -> Pipe:
        yield Take()
        yield Wait(self.timeout / 1000, firm=True)  # once hit, a connection is lost even if the toxic is removed
        stub.close()
