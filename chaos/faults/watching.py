"""Whether a fault that is under way is still in force: somebody looks, again and again, until its rollback.

A fault proves that it bit, that it *held* from then until its rollback, and that it lifted. What lifted early, was
undone by somebody else or only half worked makes a correct product look guilty, and a guilty one innocent.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from chaos.errors import ChaosError
from chaos.faults.base import Fault, Field
from chaos.journal import FaultPhase

# So many looks in a row may fail (a busy console, a proxy server that starts again) before nobody knows any more.
FAILED_LOOKS_MAX = 2


@asynccontextmanager
async def watched(fault: Fault, field: Field, from_s: float) -> AsyncIterator[None]:
    """Look at once, and on until the block ends; then once more, and note whether the fault held. Notes at once if it
    did not: one that comes late, or does nothing, is not in force from the beginning.

    from_s: since when it is in force, on the journal's clock. After a block that was broken off nothing is noted: its
    journal says why it proves nothing.
    """
    if field.faults_do_nothing:
        yield
        return
    watch = _Watch(fault, field, from_s)
    await watch.begin()
    try:
        async with asyncio.TaskGroup() as group:
            looking = group.create_task(watch.go_on())
            yield
            looking.cancel()
    except BaseExceptionGroup as died:
        raise _first(died) from died
    await watch.conclude()


class _Watch:
    """in_force_s: the last look that found it in force."""

    def __init__(self, fault: Fault, field: Field, from_s: float) -> None:
        self._fault = fault
        self._field = field
        self._from_s = from_s
        self._in_force_s = from_s
        self._looks = 0
        self._failed = 0
        self._is_over = False

    async def begin(self) -> None:
        if self._fault.look_every_s is not None:
            await self._look()

    async def go_on(self) -> None:
        every_s = self._fault.look_every_s
        while every_s is not None and not self._is_over:
            await asyncio.sleep(every_s)
            await self._look()

    async def conclude(self) -> None:
        if self._is_over:
            return
        self._failed = FAILED_LOOKS_MAX  # the last look has to succeed
        await self._look()
        if self._is_over:
            return
        often = f"{self._looks} looks found it in force" if self._fault.look_every_s else "nothing says otherwise"
        self._note(FaultPhase.HELD, often)

    async def _look(self) -> None:
        field = self._field
        sent_s = field.journal.now_s()
        try:
            await self._fault.look_again(field)
        except ChaosError as error:
            self._failed += 1
            if self._failed > FAILED_LOOKS_MAX:
                self._broke(f"nobody could look whether it is in force: {error}")
            return
        why = self._fault.slipped(field.journal.timeline(), self._from_s, field)
        if why is not None:
            self._broke(why)
            return
        self._failed, self._looks, self._in_force_s = 0, self._looks + 1, sent_s

    def _broke(self, why: str) -> None:
        self._is_over = True
        self._note(FaultPhase.NOT_HELD, why)

    def _note(self, phase: FaultPhase, detail: str) -> None:
        self._field.journal.record(self._fault.seen(phase, detail, self._in_force_s))


def _first(died: BaseExceptionGroup[BaseException]) -> BaseException:
    """The one error that ended the block, or that of the looks."""
    first = died.exceptions[0]
    return _first(first) if isinstance(first, BaseExceptionGroup) else first
