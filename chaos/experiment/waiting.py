"""Waiting for something to be seen: whoever waits looks at what is new, and has a deadline."""

import asyncio
from collections.abc import Callable

from chaos.clock import now
from chaos.errors import RollbackFailed
from chaos.faults.base import Proof, Until
from chaos.journal import FaultPhase, FaultSeen, Journal, Observation, Step
from chaos.waits import Waits

See = Callable[[Observation], str | None]
"""Handed each observation once, in order; the text of what was waited for as soon as that has been seen."""


def first_of(died: BaseExceptionGroup[BaseException]) -> BaseException:
    """What went wrong first in a group of tasks; a lab that stays broken outweighs the rest."""
    left = [error for error in died.exceptions if not isinstance(error, asyncio.CancelledError)]
    worst = next((error for error in left if isinstance(error, RollbackFailed)), left[0] if left else died)
    return first_of(worst) if isinstance(worst, BaseExceptionGroup) and worst is not died else worst


def doing_in(journal: Journal) -> str:
    """What goes on, in words: the last thing that the story or a fault came to."""
    timeline = journal.timeline()
    told: tuple[Step | FaultSeen, ...] = (*timeline.of(Step)[-1:], *timeline.of(FaultSeen)[-1:])
    last = max(told, key=lambda seen: seen.number, default=None)
    if isinstance(last, FaultSeen):
        return _PHASES[last.phase].format(last.fault)
    return "the story begins" if last is None else last.title


_PHASES = {
    FaultPhase.INJECTING: "{} is injected",
    FaultPhase.INJECTED: "{} to bite",
    FaultPhase.BITTEN: "{} is in force",
    FaultPhase.NOT_BITTEN: "{} has not bitten",
    FaultPhase.HELD: "{} has been in force",
    FaultPhase.NOT_HELD: "{} is not in force any more",
    FaultPhase.ROLLING_BACK: "{} is rolled back",
    FaultPhase.ROLLED_BACK: "{} to lift",
    FaultPhase.LIFTED: "{} has lifted",
    FaultPhase.NOT_LIFTED: "{} has not lifted",
    FaultPhase.FAILED: "{} has failed",
}


class JournalUntil(Until):
    """Waits at one journal.

    A proof is read from the whole timeline, so it is looked for again only when something came of a kind that it asked
    for the last time; `seen` looks at each observation once. Neither costs more the longer the journal is.
    """

    def __init__(self, journal: Journal, waits: Waits | None = None) -> None:
        self._journal = journal
        self._waits = waits or Waits()

    async def __call__(self, proof: Proof, within_s: float) -> str | None:
        timeline = self._journal.timeline()
        asked: set[type[Observation]] = {Observation}

        def look(seen: Observation | None) -> str | None:
            nonlocal asked
            # A proof that asked for nothing looks at something else; whatever is seen is a reason to look there again.
            if seen is not None and asked and Observation not in asked and type(seen) not in asked:
                return None
            with timeline.noting_what_is_asked() as asked:
                return proof(timeline)

        found = look(None)
        if found is not None:
            return found
        found = await self._watched(look, within_s)
        return found if found is not None else proof(timeline)

    async def seen(self, see: See, within_s: float) -> str | None:
        """Hand `see` what is recorded from now on, until it finds what it looks for; None if it does not in time."""
        return await self._watched(see, within_s)

    async def _watched(self, see: See, within_s: float) -> str | None:
        with self._waits.on(doing_in(self._journal), within_s):
            return await self._looked_on(see, within_s)

    async def _looked_on(self, see: See, within_s: float) -> str | None:
        fresh: list[Observation] = []
        grown = asyncio.Event()

        def note(seen: Observation) -> None:
            fresh.append(seen)
            grown.set()

        deadline_s = now() + within_s
        off = self._journal.watch(note)
        try:
            while (left_s := deadline_s - now()) > 0 or fresh:
                if not fresh:
                    try:
                        async with asyncio.timeout(left_s):
                            await grown.wait()
                    except TimeoutError:
                        continue
                batch, fresh = fresh, []
                grown.clear()
                for seen in batch:
                    found = see(seen)
                    if found is not None:
                        return found
            return None
        finally:
            off()
