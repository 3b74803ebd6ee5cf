"""Undoing what a log owes, or a part of it: in stages, each thing within its time, all of it bounded, told in words.

Proxies and services come first and at the same time, but for services of one host, which go in reverse order of what
was done to them. Settings and calls come second: Finesse's administration answers only while its Tomcat and its link to
a CTI server are up, and it is a CTI server that hangs up telephones. Restarts come last, since it is the old settings
that they have to read; the mark that tells other machines of us goes when nothing else remains. One thing that cannot
be undone keeps no other from it.

A performer that does not let go at its deadline is left behind: no exchange with anything outside may hold up the rest.
"""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Coroutine, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from chaos.clock import now
from chaos.errors import RollbackFailed
from chaos.undo.entries import RestartDue, Undo, UndoLog
from chaos.undo.hands import Hands
from chaos.undo.performers import AGAIN_S, MARKS, RESTARTS, SETTINGS, Patience, Step, is_hopeless, steps_of
from chaos.undo.underway import Work

# How long whoever is told to stop may take to let go, before it is left behind.
_LET_GO_S = 5.0
# How often somebody who waits is told what is still being undone.
TELL_EVERY_S = 1.0

Say = Callable[[str], None]
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Undone:
    """What became of one thing. ok: whether it is as it was found. words: what was done, or what remains and why."""

    thing: str
    ok: bool
    words: str


@dataclass(frozen=True, slots=True)
class Healing:
    """What became of everything that a log owed. unreadable: lines of the log that nobody could read."""

    undone: tuple[Undone, ...]
    unreadable: tuple[str, ...] = ()
    took_s: float = field(default=0.0, compare=False)

    @property
    def ok(self) -> bool:
        """Whether the lab is as it was found."""
        return not self.unreadable and all(one.ok for one in self.undone)

    def words(self) -> list[str]:
        """One line for each thing, what remains first."""
        return self.remains() + [f"{one.thing} {one.words}" for one in self.undone if one.ok]

    def remains(self) -> list[str]:
        """One line for each thing that is not as it was found."""
        lines = [f"REMAINS: {line}" for line in self.unreadable]
        return lines + [f"REMAINS: {one.thing}: {one.words}" for one in self.undone if not one.ok]


@dataclass(frozen=True, slots=True)
class _Part:
    """One step of undoing one entry."""

    undo: Undo
    step: Step
    is_last: bool


async def undo_all(
    log: UndoLog,
    hands: Hands,
    *,
    only: Collection[str] | None = None,
    unreadable: Sequence[str] = (),
    patience: Patience | None = None,
    say: Say | None = None,
) -> Healing:
    """Undo what the log owes, strike what was done, and say what remains. Raises nothing for what goes wrong.

    only: things that are meant, None for all. say: is told every second what is still being undone, None: nobody waits.
    """
    patience = patience or Patience()
    began_s = now()
    found: dict[str, Undone] = {}
    undos = [undo for undo in reversed(log.owed()) if only is None or undo.thing in only]
    parts = []
    for undo in undos:
        steps = steps_of(undo, hands, patience)
        parts += [_Part(undo, step, step is steps[-1]) for step in steps]
    teller = asyncio.create_task(_telling(log, say)) if say and parts else None
    log.underway.is_told = teller is not None
    try:
        async with asyncio.timeout(patience.all_s):
            for stage in sorted({part.step.stage for part in parts}):
                now_due = [part for part in parts if part.step.stage == stage]
                reason = _too_early(stage, parts, found, is_whole=not unreadable)
                if reason is not None:
                    found |= {part.undo.thing: Undone(part.undo.thing, False, reason) for part in now_due}
                    continue
                queues: dict[str, list[_Part]] = {}
                for part in now_due:
                    queues.setdefault(part.step.queue, []).append(part)
                await asyncio.gather(*(_worked_off(queue, log, found) for queue in queues.values()))
    except TimeoutError:
        for undo in undos:
            late = f"not undone within {patience.all_s:g} s; heal the lab again{log.remedy(undo)}"
            found.setdefault(undo.thing, Undone(undo.thing, False, late))
    finally:
        if teller is not None:
            teller.cancel()
            await asyncio.wait({teller})
            log.underway.is_told = False
    return Healing(tuple(found.values()), tuple(unreadable), now() - began_s)


async def put_right(log: UndoLog, hands: Hands, things: Collection[str], patience: Patience | None = None) -> None:
    """Undo these things, if they are owed. Raises RollbackFailed: what remains, in words."""
    healing = await undo_all(log, hands, only=things, patience=patience)
    if not healing.ok:
        raise RollbackFailed("; ".join(f"{one.thing} {one.words}" for one in healing.undone if not one.ok))


async def to_the_end(healing: Coroutine[Any, Any, T]) -> T:
    """Do it to its end, even if whoever waits for it is cancelled meanwhile; the cancellation comes after that."""
    task = asyncio.ensure_future(healing)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.wait({task})
        if not task.cancelled():
            task.exception()
        raise


def _too_early(stage: int, parts: Sequence[_Part], found: dict[str, Undone], *, is_whole: bool) -> str | None:
    """Why this stage must not begin, None if it may. is_whole: whether every line of the log could be read."""
    settings = [part.undo.thing for part in parts if part.step.stage == SETTINGS]
    if stage == RESTARTS and not all(found[thing].ok for thing in settings):
        # A restart now would read settings that are still changed, and then nobody would owe it any more.
        return "waits until the settings are as they were found; mend those, then heal the lab"
    if stage == MARKS and not (is_whole and all(one.ok for one in found.values())):
        return "stays until everything else is as it was found, so that other machines see whose damage it is"
    return None


async def _worked_off(queue: Sequence[_Part], log: UndoLog, found: dict[str, Undone]) -> None:
    for part in queue:
        thing = part.undo.thing
        if thing in found and not found[thing].ok:
            continue  # an earlier stage has failed
        with log.underway.work(_words(part.undo), part.step.within_s) as work:
            undone = await _undone(part, work, log)
        if not undone.ok or part.is_last:
            found[thing] = undone
        if undone.ok and part.is_last:
            await log.done(thing)


async def _undone(part: _Part, work: Work, log: UndoLog) -> Undone:
    """Perform until it succeeds, is hopeless, or its time is over."""
    thing = part.undo.thing
    trouble = ""
    while (left_s := work.until_s - now()) > 0:
        try:
            return Undone(thing, True, await _within(part.step.perform(work.tell), left_s))
        except _Late:
            break
        except Exception as error:  # a bug in one performer must not keep the others from healing; it is told
            trouble = str(error) or repr(error)
            if is_hopeless(error):
                return Undone(thing, False, f"{trouble}{log.remedy(part.undo)}")
            if not isinstance(error, RollbackFailed | OSError) and type(error).__module__ == "builtins":
                trouble = f"undoing it failed unexpectedly: {error!r}"
            work.tell(trouble)
            await asyncio.sleep(AGAIN_S)
    seen = f" ({trouble or work.seen})" if trouble or work.seen else ""
    late = f"is not as it was found after {part.step.within_s:g} s{seen}; look at it, then heal the lab"
    return Undone(thing, False, f"{late}{log.remedy(part.undo)}")


class _Late(Exception):
    """The deadline has passed; not TimeoutError, which a performer may raise itself."""


async def _within(performing: Awaitable[str], within_s: float) -> str:
    """Its outcome. Raises _Late at the deadline, whether or not the performer lets go."""
    task = asyncio.ensure_future(performing)
    try:
        done, _ = await asyncio.wait({task}, timeout=within_s)
    except asyncio.CancelledError:
        await _let_go(task)
        raise
    if not done:
        await _let_go(task)
        raise _Late
    return task.result()


async def _let_go(task: "asyncio.Future[str]") -> None:
    task.cancel()
    task.add_done_callback(lambda over: over.cancelled() or over.exception())  # whatever it ends with, nobody waits
    await asyncio.wait({task}, timeout=_LET_GO_S)


async def _telling(log: UndoLog, say: Say) -> None:
    while True:
        await asyncio.sleep(TELL_EVERY_S)
        for line in log.underway.words():
            say(f"still undoing: {line}")


def _words(undo: Undo) -> str:
    return undo.thing if not isinstance(undo, RestartDue) else f"what the {undo.thing} needs"
