"""A long service: one fail-over after the other in one deployment, drawn from the seed, and judged all along.

Each stretch is an experiment with a journal of its own: a fault by which side A is lost, every other time a second one
somewhere in the fail-over, people at work; then nothing until the stretch is over. What was judged is let go of, so
that memory does not grow with the hours.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

from chaos.errors import ChaosError, InventoryError, LabRefused, RollbackFailed, UsageError
from chaos.explore.drawing import of_a_day
from chaos.explore.judging import Judged, judged
from chaos.explore.replaying import said
from chaos.explore.story import experiment_of
from chaos.history import History
from chaos.history.gaps import gaps
from chaos.journal import Timeline
from chaos.run.session import ChaosSession


@dataclass
class Soaked:
    """What came of it. fail_overs: how often a node was out of service. violated, broken: by stretch."""

    stretches: int = 0
    lab_s: float = 0.0
    fail_overs: int = 0
    held: set[str] = field(default_factory=set)
    violated: dict[str, tuple[str, ...]] = field(default_factory=dict)
    broken: dict[str, str] = field(default_factory=dict)


def soak(session: ChaosSession, for_s: float, every_s: float, tell: Callable[[str], None]) -> Soaked:
    """Play until so many lab seconds are over. Raises what ends a run: RollbackFailed, InventoryError, LabRefused,
    UsageError."""
    soaked = Soaked()
    while soaked.lab_s < for_s:
        name = f"stretch-{soaked.stretches + 1:04d}"
        _stretch(session, name, min(every_s, for_s - soaked.lab_s), soaked, tell)
        soaked.stretches += 1
    return soaked


def _stretch(session: ChaosSession, name: str, lasts_s: float, soaked: Soaked, tell: Callable[[str], None]) -> None:
    schedule = of_a_day(session.options.seed, soaked.stretches)
    try:
        timeline = session.timeline(experiment_of(schedule, name, lasts_s=lasts_s))
    except (RollbackFailed, InventoryError, LabRefused, UsageError):
        raise
    except ChaosError as error:
        soaked.broken[name] = str(error)
        soaked.lab_s += lasts_s
        tell(f"{name}: could not be played: {error}")
        return
    soaked.lab_s += timeline.end_s
    found = judged(timeline)
    soaked.held.update(found.held)
    soaked.fail_overs += len(gaps(History(timeline)))
    for line in _said(name, timeline, found, soaked):
        tell(line)
    session.forget(name)


def _said(name: str, timeline: Timeline, found: Judged, soaked: Soaked) -> list[str]:
    why = timeline.ended.error if timeline.ended is not None else "its journal breaks off"
    if why is not None:
        soaked.broken[name] = why
    if found.violations:
        soaked.violated[name] = tuple(str(one) for one in found.violations)
    lines = [f"{name}: {line}" for line in said(found.violations)]
    return [*lines, *([f"{name}: cut short: {why}"] if why is not None else [])]
