"""The toxics, one file each, and the table of them."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

from chaos.toxiproxy.toxics.bandwidth import Bandwidth
from chaos.toxiproxy.toxics.base import Direction, Toxic
from chaos.toxiproxy.toxics.latency import Latency
from chaos.toxiproxy.toxics.limit_data import LimitData
from chaos.toxiproxy.toxics.noop import Noop
from chaos.toxiproxy.toxics.reset_peer import ResetPeer
from chaos.toxiproxy.toxics.slicer import Slicer
from chaos.toxiproxy.toxics.slow_close import SlowClose
from chaos.toxiproxy.toxics.timeout import Timeout

TOXICS: Mapping[str, type[Toxic]] = MappingProxyType(
    {
        "latency": Latency,
        "bandwidth": Bandwidth,
        "slow_close": SlowClose,
        "timeout": Timeout,
        "reset_peer": ResetPeer,
        "slicer": Slicer,
        "limit_data": LimitData,
        "noop": Noop,
    }
)


@dataclass
class Entry:
    """A toxic on a proxy, as the API shows it. stream: the direction, in the letter case in which it was sent."""

    toxic: Toxic
    name: str
    type: str
    stream: str
    toxicity: float
    direction: Direction

    def change(self, attributes: Mapping[str, int], toxicity: float | None) -> None:
        """Set the attributes that are named, and the toxicity unless it is None."""
        self.toxic = replace(self.toxic, **attributes)
        if toxicity is not None:
            self.toxicity = toxicity

    def shown(self) -> dict[str, object]:
        return {
            "attributes": self.toxic.attributes(),
            "name": self.name,
            "type": self.type,
            "stream": self.stream,
            "toxicity": float(self.toxicity),
        }
