"""What all faults of one link share: the link they need, and the probe that proves that they lifted."""

from abc import abstractmethod
from dataclasses import dataclass
from typing import ClassVar

from chaos.faults.base import Fault, Field
from chaos.faults.cti_proofs import passes_again
from chaos.faults.link import PlacedAwdbLink, PlacedLink
from chaos.faults.relay_orders import COMPANION
from chaos.inventory import Inventory
from chaos.journal import AwdbSeen, AwdbStep, LinkProbed, LinkSeen, Timeline

AWDB_LOOK_EVERY_S = 20.0

_AWDB = {"a": "the primary AWDB", "b": "the secondary AWDB"}


@dataclass(frozen=True, slots=True)
class LinkFault(Fault):
    """A fault on the link of `side` ("a" or "b") of a family of links."""

    FAMILY: ClassVar[str]

    side: str

    @property
    def link(self) -> str:
        return f"{self.FAMILY}-{self.side}"

    @property
    def target(self) -> str:
        return self.link

    async def link_seen(self, field: Field) -> None:
        """Ask the proxy server how the link's proxy stands, and note it. Raises ToxiproxyError."""
        placed = field.links.get(self.link) or field.awdb[self.link]
        await placed.seen(field.journal)

    def last_link_seen(self, timeline: Timeline, from_s: float) -> LinkSeen | None:
        seen = timeline.of(LinkSeen, lambda one: one.link == self.link, from_s=from_s)
        return seen[-1] if seen else None

    @property
    @abstractmethod
    def server(self) -> str:
        """What the link leads to, in words."""

    def unfit(self, inventory: Inventory) -> str | None:
        if self.link in inventory.links:
            return None
        return f"the inventory has no link {self.link}: put a proxy between Finesse and {self.server}"


@dataclass(frozen=True, slots=True)
class CtiLinkFault(LinkFault):
    """A fault on the CTI link of `side`."""

    FAMILY: ClassVar[str] = "cti"
    PROBES_AS: ClassVar[str] = COMPANION
    """As a companion the probe is let in also while another fault refuses sessions."""

    @property
    def server(self) -> str:
        return f"CTI side {self.side.upper()}"

    def _placed(self, field: Field) -> PlacedLink:
        return field.links[self.link]

    async def rollback(self, field: Field) -> None:
        """Mend the link, then go through it: a proof that does not depend on where Finesse is."""
        link = self._placed(field)
        await link.mended(self.mend(link))
        await link.probe(field.inventory.peripheral_id, field.inventory.cti_protocol, self.PROBES_AS)

    @abstractmethod
    async def mend(self, link: PlacedLink) -> None:
        """Undo the fault on its link; safe twice."""

    def lifted(self, timeline: Timeline, from_s: float, field: Field) -> str | None:
        """A probe got through to the server; a fault of the proxy alone is content with the relay."""
        return passes_again(timeline, self.side, from_s)


@dataclass(frozen=True, slots=True)
class AwdbLinkFault(LinkFault):
    """A fault on the link to the primary ("a") or secondary ("b") AWDB.

    Finesse need not go there while the fault lasts, so both proofs are probes of ours: what they meet before and after.
    """

    FAMILY: ClassVar[str] = "awdb"

    @property
    def server(self) -> str:
        return _AWDB[self.side]

    def _placed(self, field: Field) -> PlacedAwdbLink:
        return field.awdb[self.link]

    async def inject(self, field: Field) -> None:
        """Break the link; what a client meets there is looked at from then on."""
        await self.break_(self._placed(field))

    async def rollback(self, field: Field) -> None:
        link = self._placed(field)
        await link.mended(self.mend(link))
        await self._placed(field).looked_at(field.journal)

    @abstractmethod
    async def break_(self, link: PlacedAwdbLink) -> None:
        """Break the link."""

    @abstractmethod
    async def mend(self, link: PlacedAwdbLink) -> None:
        """Undo the fault on its link; safe twice."""

    @property
    @abstractmethod
    def meets(self) -> str:
        """What a probe meets while the fault lasts: an outcome of LinkProbed."""

    @property
    def look_every_s(self) -> float:
        """The tightest bounds that rest on it are those of the half hour, some seconds wide; a look is one connection,
        and stays well away from the requests that these are about."""
        return AWDB_LOOK_EVERY_S

    async def look_again(self, field: Field) -> None:
        await self._placed(field).looked_at(field.journal)

    def slipped(self, timeline: Timeline, from_s: float, field: Field) -> str | None:
        """A probe met something else."""
        met = timeline.of(LinkProbed, lambda seen: seen.link == self.link and seen.outcome != self.meets, from_s=from_s)
        return f"a probe of {self.link} met {met[0].outcome} at {met[0].at_s:.3f} s" if met else None

    def bitten(self, timeline: Timeline, from_s: float, field: Field) -> str | None:
        """A probe met what it should, and no connection of Finesse's that stood open before still answers."""
        probe = self._last_probe(timeline, from_s)
        if probe is None or probe.outcome != self.meets:
            return None
        return f"a probe of {self.link} met {probe.outcome} at {probe.at_s:.3f} s"

    def lifted(self, timeline: Timeline, from_s: float, field: Field) -> str | None:
        probe = self._last_probe(timeline, from_s)
        if probe is None or probe.outcome not in ("open", "server-down"):
            return None
        return f"a probe of {self.link} came through proxy and relay at {probe.at_s:.3f} s: {probe.outcome}"

    def _last_probe(self, timeline: Timeline, from_s: float) -> LinkProbed | None:
        probes = timeline.of(LinkProbed, lambda seen: seen.link == self.link, from_s=from_s)
        return probes[-1] if probes else None


def open_awdb_connections(timeline: Timeline, side: str, at_s: float) -> set[int]:
    """Finesse's connections to that AWDB that stood open at that time."""
    seen = timeline.of(AwdbSeen, lambda one: one.side == side, to_s=at_s)
    opened = {one.connection for one in seen if one.step in (AwdbStep.STANDING, AwdbStep.ACCEPTED)}
    # A probe of ours says who it is with its first bytes; until then it looks like one of Finesse's.
    ours = {one.connection for one in seen if one.is_ours}
    return opened - ours - {one.connection for one in seen if one.step.value.startswith("closed-by")}
