"""What schedules are made of: the kinds of faults, and which moments, states and doings go with them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from chaos.explore.schedule import Seat
from chaos.faults.base import Fault
from chaos.faults.blocked_way import BlockedWay
from chaos.faults.broken_sessions import BrokenSessions
from chaos.faults.cut_awdb_link import CutAwdbLink
from chaos.faults.cut_link import CutLink
from chaos.faults.killed_process import KilledProcess
from chaos.faults.lonely_node import LonelyNode
from chaos.faults.refused_awdb import RefusedAwdb
from chaos.faults.refused_sessions import RefusedSessions
from chaos.faults.silent_awdb_link import SilentAwdbLink
from chaos.faults.silent_link import SilentLink
from chaos.faults.slow_awdb_link import SlowAwdbLink
from chaos.faults.slow_link import SlowLink
from chaos.faults.stopped_by_command import StoppedByCommand
from chaos.faults.stopped_service import StoppedService
from chaos.faults.withheld_heartbeats import WithheldHeartbeats
from chaos.inventory import Inventory

_AWDB = {"a": "awdb.primary", "b": "awdb.secondary"}
_NODE = {"a": "publisher", "b": "subscriber"}


@dataclass(frozen=True, slots=True)
class Place:
    """Where a fault is to be. side: "a" or "b"; of the nodes the publisher is A. desks: who sits at a browser there."""

    inventory: Inventory
    side: str
    desks: tuple[str, ...] = ()

    @property
    def host(self) -> str:
        """The node's."""
        nodes = self.inventory.finesse_nodes()
        return nodes[0].host if self.side == "a" else nodes[-1].host


def _on(make: Callable[[str], Fault]) -> Callable[[Place], Fault]:
    return lambda place: make(place.side)


def _stopped(what: str) -> Callable[[Place], Fault]:
    return lambda place: StoppedService(_NODE[place.side], f"Cisco Finesse {what}", alone=True)


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of fault. make: the fault at a place. by: what it works with; two that work with the same on one side take
    turns, since the rollback of one would undo the other. lasts_s: how long it may last, the shortest first. orderly:
    it needs sessions that end in good order, which is settled for a whole schedule (see `Experiment.lingers`).
    seat: where it is done, None: in the lab. both_sides: it works with both sides' at once."""

    make: Callable[[Place], Fault]
    by: str
    lasts_s: tuple[float, ...] = (0.5, 6.0, 25.0)
    orderly: bool = False
    seat: Seat | None = None
    both_sides: bool = False

    def works_with(self, side: str) -> tuple[tuple[str, str], ...]:
        """What it takes turns for, in the order in which everybody does."""
        return tuple((self.by, one) for one in ("ab" if self.both_sides else side))


_OUTAGES_S = (6.0, 25.0, 90.0)

CTI_FAULTS: Mapping[str, Kind] = {
    "sessions-reset": Kind(_on(BrokenSessions), "sessions", (0.5,)),
    "sessions-closed": Kind(_on(lambda side: BrokenSessions(side, reset=False)), "sessions", (0.5,), orderly=True),
    "sessions-refused": Kind(_on(RefusedSessions), "refusing"),
    "sessions-refused-once": Kind(_on(lambda side: RefusedSessions(side, times=1)), "refusing", (25.0,)),
    "link-cut": Kind(_on(CutLink), "proxy"),
    "link-silent": Kind(_on(SilentLink), "proxy", (6.0, 25.0)),
    "link-slow": Kind(_on(SlowLink), "proxy", (25.0,)),
    "two-heartbeats-withheld": Kind(_on(lambda side: WithheldHeartbeats(side, "xx")), "heartbeats", (20.0,)),
    "heartbeats-withheld": Kind(_on(lambda side: WithheldHeartbeats(side, "xxx")), "heartbeats", (25.0,)),
    "process-killed": Kind(_on(lambda side: KilledProcess(f"cti.{side}", "ctisvr.exe")), "process", (0.5,)),
    "server-stopped": Kind(_on(lambda side: StoppedService(f"cti.{side}", "Cisco ICM * CG*")), "process", (6.0, 25.0)),
}
AWDB_FAULTS: Mapping[str, Kind] = {
    "awdb-cut": Kind(_on(CutAwdbLink), "awdb-proxy"),
    "awdb-silent": Kind(_on(SilentAwdbLink), "awdb-proxy"),
    "awdb-slow": Kind(_on(SlowAwdbLink), "awdb-proxy"),
    "awdb-refused": Kind(_on(RefusedAwdb), "awdb-refusing"),
    "sql-server-stopped": Kind(_on(lambda side: StoppedService(_AWDB[side], "MSSQLSERVER")), "sql-server"),
}
# What takes a node from its desktops and IP phones. Side A is the publisher.
NODE_FAULTS: Mapping[str, Kind] = {
    "tomcat-stopped": Kind(_stopped("Tomcat"), "tomcat", _OUTAGES_S),
    "webapp-stopped": Kind(lambda place: StoppedByCommand(f"webapp-{_NODE[place.side]}"), "tomcat", _OUTAGES_S),
    "notification-stopped": Kind(_stopped("Notification Service"), "notification", _OUTAGES_S),
    "node-without-cti": Kind(lambda place: LonelyNode((place.host,)), "refusing", _OUTAGES_S, both_sides=True),
}
BROWSER_FAULTS: Mapping[str, Kind] = {
    "event-stream-blocked": Kind(
        lambda place: BlockedWay(place.desks, place.host, bosh=True), "browsers", _OUTAGES_S, seat=Seat.DESKTOP
    ),
    "node-out-of-reach": Kind(
        lambda place: BlockedWay(place.desks, place.host), "browsers", _OUTAGES_S, seat=Seat.DESKTOP
    ),
}
FAULTS: Mapping[str, Kind] = {**CTI_FAULTS, **AWDB_FAULTS, **NODE_FAULTS, **BROWSER_FAULTS}

LOSSES = ("sessions-reset", "sessions-closed", "link-cut", "link-silent", "heartbeats-withheld", "process-killed")
"""What ends the sessions of the side that is in use; anything else alone is survived without a fail-over."""
NEEDS_SESSIONS = ("sessions-reset", "sessions-closed", "two-heartbeats-withheld", "heartbeats-withheld")
"""What is done to sessions that stand on its side and to no others: where there are none it changes nothing."""
DESERTIONS = (*NODE_FAULTS, *BROWSER_FAULTS)
"""What takes a node from those who sit there."""
