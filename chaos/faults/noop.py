"""The fault that breaks nothing: copy it to add one.

1. Give it a name for its effect and typed parameters. 2. `inject` breaks, `rollback` undoes: safe twice, and after
half an inject. 3. `bitten` and `lifted` read the proof from the journal, never from what you just did. 4. Say in
`unfit` what a lab must have. 5. Use it in an experiment of a suite, and give the mock a defect that only its clause
test catches.
"""

from dataclasses import dataclass

from chaos.faults.base import Fault, Field
from chaos.journal import Timeline


@dataclass(frozen=True, slots=True)
class NothingHappens(Fault):
    """Breaks nothing, and therefore never bites: whatever is judged under it is INCONCLUSIVE."""

    @property
    def name(self) -> str:
        return "nothing-happens"

    @property
    def bites_within_s(self) -> float:
        return 0.0

    async def inject(self, field: Field) -> None:
        return None

    async def rollback(self, field: Field) -> None:
        return None

    def bitten(self, timeline: Timeline, from_s: float, field: Field) -> str | None:
        return None

    def lifted(self, timeline: Timeline, from_s: float, field: Field) -> str | None:
        return "nothing was there to be lifted"
