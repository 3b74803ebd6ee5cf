"""What schedules are made of: the kinds of faults, and which moments, states and doings go with them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from chaos.faults.base import Fault
from chaos.faults.broken_sessions import BrokenSessions
from chaos.faults.cut_awdb_link import CutAwdbLink
from chaos.faults.cut_link import CutLink
from chaos.faults.killed_process import KilledProcess
from chaos.faults.refused_awdb import RefusedAwdb
from chaos.faults.refused_sessions import RefusedSessions
from chaos.faults.silent_awdb_link import SilentAwdbLink
from chaos.faults.silent_link import SilentLink
from chaos.faults.slow_awdb_link import SlowAwdbLink
from chaos.faults.stopped_service import StoppedService
from chaos.faults.withheld_heartbeats import WithheldHeartbeats

_AWDB = {"a": "awdb.primary", "b": "awdb.secondary"}


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of fault. make: the fault on a side. by: what it works with; two that work with the same on one side take
    turns, since the rollback of one would undo the other. lasts_s: how long it may last, the shortest first. orderly:
    it needs sessions that end in good order, which is settled for a whole schedule (see `Experiment.lingers`)."""

    make: Callable[[str], Fault]
    by: str
    lasts_s: tuple[float, ...] = (0.5, 6.0, 25.0)
    orderly: bool = False


FAULTS: Mapping[str, Kind] = {
    "sessions-reset": Kind(BrokenSessions, "sessions", (0.5,)),
    "sessions-closed": Kind(lambda side: BrokenSessions(side, reset=False), "sessions", (0.5,), orderly=True),
    "sessions-refused": Kind(RefusedSessions, "refusing"),
    "sessions-refused-once": Kind(lambda side: RefusedSessions(side, times=1), "refusing", (25.0,)),
    "link-cut": Kind(CutLink, "proxy"),
    "link-silent": Kind(SilentLink, "proxy", (6.0, 25.0)),
    "two-heartbeats-withheld": Kind(lambda side: WithheldHeartbeats(side, "xx"), "heartbeats", (20.0,)),
    "heartbeats-withheld": Kind(lambda side: WithheldHeartbeats(side, "xxx"), "heartbeats", (25.0,)),
    "process-killed": Kind(lambda side: KilledProcess(f"cti.{side}", "ctisvr.exe"), "process", (0.5,)),
    "server-stopped": Kind(lambda side: StoppedService(f"cti.{side}", "Cisco ICM * CG*"), "process", (6.0, 25.0)),
    "awdb-cut": Kind(CutAwdbLink, "awdb-proxy"),
    "awdb-silent": Kind(SilentAwdbLink, "awdb-proxy"),
    "awdb-slow": Kind(SlowAwdbLink, "awdb-proxy"),
    "awdb-refused": Kind(RefusedAwdb, "awdb-refusing"),
    "sql-server-stopped": Kind(lambda side: StoppedService(_AWDB[side], "MSSQLSERVER"), "sql-server"),
}

CTI_FAULTS = tuple(name for name in FAULTS if not name.startswith(("awdb", "sql")))
LOSSES = ("sessions-reset", "sessions-closed", "link-cut", "link-silent", "heartbeats-withheld", "process-killed")
"""What ends the sessions of the side that is in use; anything else alone is survived without a fail-over."""
