"""Waiting for something to be seen: whoever waits looks again whenever the journal grows, and has a deadline."""

import asyncio
from typing import TypeVar

from chaos.clock import now
from chaos.faults.base import Proof, Until
from chaos.journal import Journal, Observation

T = TypeVar("T")


class JournalUntil(Until):
    """Looks at the journal whenever it has grown, and once more at the deadline."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal

    async def __call__(self, proof: Proof, within_s: float) -> str | None:
        deadline_s = now() + within_s
        grown = asyncio.Event()

        def note(_: Observation) -> None:
            grown.set()

        off = self._journal.watch(note)
        try:
            while True:
                found = proof(self._journal.timeline())
                if found is not None:
                    return found
                left_s = deadline_s - now()
                if left_s <= 0:
                    return None
                grown.clear()
                try:
                    async with asyncio.timeout(left_s):
                        await grown.wait()
                except TimeoutError:
                    return proof(self._journal.timeline())
        finally:
            off()
