"""Plays given schedules in one run, on the mock or on a lab, with everything that guards a lab."""

from collections.abc import Callable, Mapping, Sequence

from chaos.errors import ChaosError, InventoryError, LabRefused, RollbackFailed, UsageError
from chaos.explore.file import Filed
from chaos.explore.judging import Violation, judged
from chaos.explore.story import experiment_of
from chaos.run.exits import EXIT_HELD, EXIT_INCONCLUSIVE, EXIT_NOT_RESTORED, EXIT_VIOLATED
from chaos.run.options import RunOptions
from chaos.run.session import ChaosSession

_SAID_MAX = 3


def replayed(schedules: Mapping[str, Filed], options: RunOptions, say: Callable[[str], None]) -> int:
    """The exit status. schedules: by name, which is also their journal's.

    Raises what ends a run before anything can be played: InventoryError, LabRefused, UsageError, RollbackFailed.
    """
    session = ChaosSession(options, say)
    statuses: list[int] = []
    try:
        for name, filed in schedules.items():
            statuses.append(_one(session, name, filed, say))
    finally:
        session.close()
    if session.not_restored is not None:
        return EXIT_NOT_RESTORED
    return next((status for status in (EXIT_VIOLATED, EXIT_INCONCLUSIVE) if status in statuses), EXIT_HELD)


def said(violations: Sequence[Violation]) -> list[str]:
    """Lines for people: the first few of each clause, and how many more there are."""
    lines = []
    for clause in dict.fromkeys(one.clause for one in violations):
        own = [one for one in violations if one.clause == clause]
        lines += [f"VIOLATED {one}" for one in own[:_SAID_MAX]]
        if len(own) > _SAID_MAX:
            lines.append(f"and {len(own) - _SAID_MAX} more of {clause}")
    return lines


def _one(session: ChaosSession, name: str, filed: Filed, say: Callable[[str], None]) -> int:
    missed: list[int] = []
    try:
        timeline = session.timeline(experiment_of(filed.schedule, name, missed.append, seed=filed.seed))
    except (RollbackFailed, InventoryError, LabRefused, UsageError):
        raise
    except ChaosError as error:
        say(f"{name}: could not be played: {error}")
        return EXIT_INCONCLUSIVE
    for number in missed:
        say(f"{name}: act {number} was left out or came to nothing: {filed.schedule.acts[number - 1]}")
    found = judged(timeline)
    for line in said(found.violations):
        say(f"{name}: {line}")
    if found.violations:
        return EXIT_VIOLATED
    why = timeline.ended.error if timeline.ended is not None else "its journal breaks off"
    if why is not None or not found.held:
        say(f"{name}: could not be judged: {why or 'no check can speak about it'}")
        return EXIT_INCONCLUSIVE
    say(f"{name}: nothing is violated; something of {', '.join(found.held)} was seen to hold")
    return EXIT_HELD
