"""Waiting for something to be seen in a journal."""

import asyncio
from collections.abc import Awaitable, Callable

from chaos import clock
from chaos.clock import now
from chaos.experiment.waiting import JournalUntil
from chaos.journal import Ended, Journal, Observation, Step, Timeline


def _play(story: Callable[[Journal], Awaitable[None]]) -> None:
    async def main() -> None:
        await story(Journal(None, now))

    clock.run(main(), virtual=True)


def _titled(title: str) -> Callable[[Timeline], str | None]:
    return lambda timeline: title if timeline.of(Step, lambda seen: seen.title == title) else None


def test_what_was_seen_before_is_found_at_once() -> None:
    async def story(journal: Journal) -> None:
        journal.record(Step(title="here"))
        assert await JournalUntil(journal)(_titled("here"), 0.0) == "here"
        assert now() == 0.0

    _play(story)


def test_whoever_waits_is_told_the_moment_it_is_seen() -> None:
    async def story(journal: Journal) -> None:
        loop = asyncio.get_running_loop()
        loop.call_later(3.0, lambda: journal.record(Step(title="something else")))
        loop.call_later(7.0, lambda: journal.record(Step(title="here")))
        assert await JournalUntil(journal)(_titled("here"), 60.0) == "here"
        assert now() == 7.0

    _play(story)


def test_what_is_never_seen_ends_at_the_deadline() -> None:
    async def story(journal: Journal) -> None:
        assert await JournalUntil(journal)(_titled("here"), 60.0) is None
        assert now() == 60.0

    _play(story)


def test_a_proof_that_needs_time_only_is_looked_for_once_more_at_the_deadline() -> None:
    """For instance: no heartbeat came until then. Nothing new is recorded meanwhile."""

    async def story(journal: Journal) -> None:
        until = JournalUntil(journal)
        assert await until(lambda _: "quiet" if journal.now_s() >= 5.0 else None, 5.0) == "quiet"
        assert now() == 5.0

    _play(story)


def test_nobody_watches_the_journal_any_more_when_the_wait_is_over_or_cancelled() -> None:
    async def story(journal: Journal) -> None:
        looks = 0

        def look(_: Timeline) -> None:
            nonlocal looks
            looks += 1

        waiting = asyncio.ensure_future(JournalUntil(journal)(look, 60.0))
        await asyncio.sleep(1.0)
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)
        assert looks == 1
        journal.record(Step(title="after"))
        await asyncio.sleep(0)
        assert looks == 1

    _play(story)


def test_a_wait_costs_in_proportion_to_what_is_recorded_meanwhile() -> None:
    """Looks at single observations are counted, not seconds: eight times as many may cost eight times as much."""

    async def looks(count: int) -> tuple[int, int]:
        journal = Journal(None, now)
        proofs, seen = 0, 0

        def proof(timeline: Timeline) -> str | None:
            nonlocal proofs
            proofs += 1
            return "here" if timeline.of(Ended) else None

        def see(_: Observation) -> str | None:
            nonlocal seen
            seen += 1
            return None

        waits = [asyncio.ensure_future(JournalUntil(journal)(proof, 60.0))]
        waits += [asyncio.ensure_future(JournalUntil(journal).seen(see, 60.0))]
        await asyncio.sleep(1.0)
        for n in range(count):
            journal.record(Step(title=str(n)))
            await asyncio.sleep(0)
        journal.record(Ended())
        await asyncio.gather(*waits)
        return proofs, seen

    assert clock.run(looks(1000), virtual=True) == (2, 1001)
    assert clock.run(looks(8000), virtual=True) == (2, 8001)


def test_a_wait_for_single_observations_ends_with_the_first_that_is_the_one() -> None:
    async def story(journal: Journal) -> None:
        loop = asyncio.get_running_loop()
        journal.record(Step(title="here"))  # before the wait: not new

        def see(seen: Observation) -> str | None:
            return "seen" if isinstance(seen, Step) and seen.title == "here" else None

        loop.call_later(7.0, lambda: journal.record(Step(title="here")))
        assert await JournalUntil(journal).seen(see, 60.0) == "seen"
        assert now() == 7.0
        assert await JournalUntil(journal).seen(see, 5.0) is None
        assert now() == 12.0

    _play(story)
