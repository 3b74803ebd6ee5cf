"""A long service: one fail-over after the other in one deployment, drawn from the seed, and judged all along.

Each stretch is an experiment with a journal of its own: a fault by which side A is lost, every other time a second one
somewhere in the fail-over, people at work; then nothing until the stretch is over. What was judged is let go of, so
that memory does not grow with the hours.
"""

import itertools
from collections.abc import Iterator

from chaos.errors import ChaosError, InventoryError, LabRefused, RollbackFailed, UsageError
from chaos.explore.drawing import of_a_day
from chaos.explore.judgements import Judgement, judgement, not_played
from chaos.explore.judging import judged
from chaos.explore.story import experiment_of
from chaos.run.session import ChaosSession


def stretches(session: ChaosSession, for_s: float, every_s: float) -> Iterator[Judgement]:
    """Play until so many lab seconds are over, and judge each stretch as it is. Raises what ends a run: RollbackFailed,
    InventoryError, LabRefused, UsageError."""
    left_s = for_s
    for number in itertools.count():
        if left_s <= 0.0:
            return
        lasts_s = min(every_s, left_s)
        one = _stretch(session, number, lasts_s)
        left_s -= one.lab_s or lasts_s  # what could not be played takes its time all the same: it may never be
        yield one


def _stretch(session: ChaosSession, number: int, lasts_s: float) -> Judgement:
    name = f"stretch-{number + 1:04d}"
    schedule = of_a_day(session.options.seed, number)
    try:
        timeline = session.timeline(experiment_of(schedule, name, lasts_s=lasts_s))
    except (RollbackFailed, InventoryError, LabRefused, UsageError):
        raise
    except ChaosError as error:
        return not_played(name, error)
    try:
        return judgement(name, timeline, judged(timeline))
    finally:
        session.forget(name)
