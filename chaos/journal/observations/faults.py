"""What became of the faults."""

from dataclasses import dataclass
from enum import StrEnum

from chaos.journal.observations.base import Observation


class FaultPhase(StrEnum):
    """Where a fault stands."""

    INJECTING = "injecting"
    INJECTED = "injected"
    BITTEN = "bitten"
    NOT_BITTEN = "not-bitten"
    HELD = "held"  # noted when its rollback begins: all looks since it bit found it in force
    NOT_HELD = "not-held"  # noted when a look found that it was not in force any more, or that nobody could look
    ROLLING_BACK = "rolling-back"
    ROLLED_BACK = "rolled-back"
    LIFTED = "lifted"
    NOT_LIFTED = "not-lifted"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class FaultSeen(Observation):
    """A fault came into a phase; detail: the proof, or what was missing.

    fault: its name in this experiment. of_kind: its class, "CutLink". target: what it aims at, "cti-a" or
    "awdb.primary/MSSQLSERVER". parameters: the rest of it, (name, value as text). lies_in_wait: it bites only if
    somebody comes its way, which the product may fail to do. in_force_s: the last look that found it in force, for HELD
    and NOT_HELD.
    """

    fault: str
    phase: FaultPhase
    of_kind: str = ""
    target: str = ""
    parameters: tuple[tuple[str, str], ...] = ()
    detail: str | None = None
    lies_in_wait: bool = False
    in_force_s: float | None = None
