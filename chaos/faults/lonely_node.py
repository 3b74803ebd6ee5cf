"""Finesse nodes that can reach neither CTI server: one, while the other keeps its session, or both."""

from dataclasses import dataclass

from chaos.faults.base import Fault, Field
from chaos.faults.cti_proofs import ENDS
from chaos.faults.relay import Cut, Refusal
from chaos.inventory import Inventory
from chaos.journal import CtiSeen, CtiStep, Timeline

SIDES = ("a", "b")
# More than anybody waits for.
_BEATS = 60
# Whoever is refused comes to the other side in less time, however long it waits.
_COMES_S = 40.0
NAMED_SINCE = 24
"""UniqueInstanceID of OPEN_REQ. Source: CTI Server Message Reference Guide 12.6(1), Changes and Additions."""


@dataclass(frozen=True, slots=True)
class LonelyNode(Fault):
    """The relays of both sides reset these nodes' sessions and refuse them new ones, until rollback.

    hosts: the nodes, which have to name themselves to the CTI servers: so the relays tell one from the other behind the
    same proxies. briefly: it may be over before any of them looks for a server, and has bitten once they lost theirs.
    silently: their sessions are not reset; their heartbeats are answered no more, until they give those sessions up.
    """

    hosts: tuple[str, ...]
    briefly: bool = False
    silently: bool = False

    @property
    def name(self) -> str:
        how = "-in-silence" if self.silently else ""
        return f"{'-and-'.join(self.hosts)}-refused-by-both-cti-sides{how}"

    @property
    def target(self) -> str:
        return f"cti/{'+'.join(self.hosts)}"

    def unfit(self, inventory: Inventory) -> str | None:
        missing = [f"cti-{side}" for side in SIDES if f"cti-{side}" not in inventory.links]
        if missing:
            return f"the inventory has no link {missing[0]}"
        if len(inventory.finesse_nodes()) > 1 and inventory.cti_protocol < NAMED_SINCE:
            return (
                f"Finesse nodes do not name themselves to CTI servers by protocol {inventory.cti_protocol}: one alone "
                f"can be refused from protocol {NAMED_SINCE} on"
            )
        return None

    @property
    def bites_within_s(self) -> float:
        return 60.0

    async def inject(self, field: Field) -> None:
        relays = [field.links[f"cti-{side}"].relay for side in SIDES]
        for relay in relays:
            relay.refuse(None, Refusal.RESET, only=self.hosts)
        for relay in relays:
            if self.silently:
                relay.withhold("x" * _BEATS, new_sessions=False, only=self.hosts)
            else:
                relay.cut(Cut.RESET, only=self.hosts)

    async def rollback(self, field: Field) -> None:
        for side in SIDES:
            relay = field.links[f"cti-{side}"].relay
            if self.silently:
                relay.pass_heartbeats()
            relay.accept()

    def _steps(self, timeline: Timeline, from_s: float, host: str, *steps: CtiStep) -> list[CtiSeen]:
        return timeline.of(
            CtiSeen,
            lambda seen: seen.step in steps and host in (seen.client or "") and not seen.is_ours,
            from_s=from_s,
        )

    def bitten(self, timeline: Timeline, from_s: float, field: Field) -> str | None:
        """Each one's session has ended, and each side has refused it since; or so much time has passed since then that
        whoever has not come to both sides does not come in turns, and none was let in. Neither is waited for of a brief
        one."""
        if self.slipped(timeline, from_s, field) is not None:
            return None
        ends = [self._steps(timeline, from_s, host, *ENDS) for host in self.hosts]
        if not all(ends):
            return None
        if self.briefly:
            return f"{', '.join(self.hosts)} lost their CTI session"
        if all(self._refusers(timeline, from_s, host) == set(SIDES) for host in self.hosts):
            return f"{', '.join(self.hosts)} lost their CTI session, and were refused by both sides"
        if timeline.end_s < max(ended[0].at_s for ended in ends) + _COMES_S:
            return None
        return f"{', '.join(self.hosts)} lost their CTI session, and had none for {_COMES_S:g} s"

    def _refusers(self, timeline: Timeline, from_s: float, host: str) -> set[str]:
        return {seen.side for seen in self._steps(timeline, from_s, host, CtiStep.REFUSED)}

    def slipped(self, timeline: Timeline, from_s: float, field: Field) -> str | None:
        opened = [one for host in self.hosts for one in self._steps(timeline, from_s, host, CtiStep.OPEN_CONF)]
        return f"{opened[0].client} was let in at {opened[0].at_s:.3f} s" if opened else None

    def lifted(self, timeline: Timeline, from_s: float, field: Field) -> str | None:
        opened = [self._steps(timeline, from_s, host, CtiStep.OPEN_CONF) for host in self.hosts]
        if not all(opened):
            return None
        return f"{', '.join(self.hosts)} have CTI sessions again by {max(one[0].at_s for one in opened):.3f} s"


def needs_named_nodes(inventory: Inventory) -> str | None:
    """A need of an experiment: that one node alone can be refused."""
    return LonelyNode(()).unfit(inventory)
