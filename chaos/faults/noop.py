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
        """What would outlive the process is owed before it is changed: how it was found is on disk when this returns.

            await field.undo.before(ServiceAsFound(host, name, ServiceState.STARTED))
            await field.consoles[host].stop(name)

        These entries, and those for other things, stand in `chaos.undo.entries`. What dies with us, such as a relay,
        needs none.
        """

    async def rollback(self, field: Field) -> None:
        """Puts it back as it was found, reads that back, and strikes the debt; of what is not owed it does nothing.

            await field.put_right(service_thing(host, name))

        Where a fault does so itself it says `await field.undo.done(service_thing(host, name))` once that is read.
        """

    def bitten(self, timeline: Timeline, from_s: float, field: Field) -> str | None:
        return None

    def lifted(self, timeline: Timeline, from_s: float, field: Field) -> str | None:
        return "nothing was there to be lifted"
