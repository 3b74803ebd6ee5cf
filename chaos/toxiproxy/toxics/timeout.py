"""Discards everything; closes after a while without traffic, or never. Removing it closes its connections."""

from dataclasses import dataclass

from chaos.toxiproxy.toxics.base import Late, Pipe, Stub, Take, Toxic


@dataclass
class Timeout(Toxic):
    """timeout: ms without traffic in this direction, each chunk starts it again; 0 or less never closes."""

    timeout: int = 0

    GO_NAME = "TimeoutToxic"
    CLOSES_WHEN_REMOVED = True

    def pipe(self, stub: Stub) -> Pipe:
        patience_s = self.timeout / 1000 if self.timeout > 0 else None
        try:
            while (yield Take(patience_s)) is not None:
                pass
        except Late:
            pass  # the same end as that of the stream
        stub.close()
