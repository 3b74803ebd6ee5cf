"""What a run is asked for."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from chaos.inventory import Inventory
from chaos.nights.waivers import Waiver


def is_virtual(inventory: Inventory | None, real_time: bool) -> bool:
    """Whether a run has a virtual clock: the mock's, unless real time was asked for."""
    return not real_time and inventory is not None and inventory.deployment == "mock"


@dataclass(frozen=True, slots=True)
class RunOptions:
    """What a run is asked for.

    folder: where its artefacts go. inventory_name: as the user would type it. rejudge: the folder of a saved run to
    judge again instead of playing. real_time: an ordinary clock for a mock too. loop: the event loop in real time:
    asyncio, uvloop or auto. defects: names of the mock's defects to switch on. faults_do_nothing: leave the injectors
    out. waivers: failures that are known. keep: so many runs stay in the folder of runs (None: all of them).
    processes: in how many a long run is played at most (None: as many as there is use for).
    """

    folder: Path
    seed: int
    inventory: Inventory | None = None
    inventory_name: str = "INVENTORY"
    rejudge: Path | None = None
    real_time: bool = False
    loop: str = "asyncio"
    defects: Sequence[str] = ()
    faults_do_nothing: bool = False
    waivers: Sequence[Waiver] = ()
    keep: int | None = None
    processes: int | None = None
    env: Mapping[str, str] = field(default_factory=lambda: dict(os.environ))

    @property
    def virtual(self) -> bool:
        return is_virtual(self.inventory, self.real_time)
