"""One Finesse node that can reach neither CTI server, while the other node keeps its session."""

from dataclasses import dataclass

from chaos.faults.base import Fault, Field
from chaos.faults.cti_proofs import ENDS
from chaos.faults.relay import Cut, Refusal
from chaos.inventory import Inventory
from chaos.journal import CtiSeen, CtiStep, Timeline

SIDES = ("a", "b")


@dataclass(frozen=True, slots=True)
class LonelyNode(Fault):
    """The relays of both sides reset that node's sessions and refuse it new ones, until rollback.

    host: the node, which has to name itself to the CTI servers: so the relays tell it from the other one behind the
    same proxies.
    """

    host: str

    @property
    def name(self) -> str:
        return f"{self.host}-refused-by-both-cti-sides"

    @property
    def target(self) -> str:
        return f"cti/{self.host}"

    def unfit(self, inventory: Inventory) -> str | None:
        missing = [f"cti-{side}" for side in SIDES if f"cti-{side}" not in inventory.links]
        return f"the inventory has no link {missing[0]}" if missing else None

    @property
    def bites_within_s(self) -> float:
        return 60.0

    async def inject(self, field: Field) -> None:
        relays = [field.links[f"cti-{side}"].relay for side in SIDES]
        for relay in relays:
            relay.refuse(None, Refusal.RESET, only=self.host)
        for relay in relays:
            relay.cut(Cut.RESET, only=self.host)

    async def rollback(self, field: Field) -> None:
        for side in SIDES:
            field.links[f"cti-{side}"].relay.accept()

    def _steps(self, timeline: Timeline, from_s: float, *steps: CtiStep) -> list[CtiSeen]:
        return timeline.of(
            CtiSeen,
            lambda seen: seen.step in steps and self.host in (seen.client or "") and not seen.is_ours,
            from_s=from_s,
        )

    def bitten(self, timeline: Timeline, from_s: float, field: Field) -> str | None:
        """Its session has ended, and each side has refused it since."""
        ended = self._steps(timeline, from_s, *ENDS)
        refused = self._steps(timeline, from_s, CtiStep.REFUSED)
        if not ended or {seen.side for seen in refused} != set(SIDES):
            return None
        return f"{self.host} lost its CTI session at {ended[0].at_s:.3f} s, and was refused by both sides"

    def slipped(self, timeline: Timeline, from_s: float, field: Field) -> str | None:
        opened = self._steps(timeline, from_s, CtiStep.OPEN_CONF)
        return f"{self.host} was let in at {opened[0].at_s:.3f} s" if opened else None

    def lifted(self, timeline: Timeline, from_s: float, field: Field) -> str | None:
        opened = self._steps(timeline, from_s, CtiStep.OPEN_CONF)
        return f"{self.host} has a CTI session again since {opened[0].at_s:.3f} s" if opened else None
