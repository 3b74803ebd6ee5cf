"""Plays given schedules in one run, on the mock or on a lab, with everything that guards a lab."""

from collections.abc import Iterator, Mapping

from chaos.errors import ChaosError, InventoryError, LabRefused, RollbackFailed, UsageError
from chaos.explore.file import Filed
from chaos.explore.judgements import Judgement, judgement, not_played
from chaos.explore.judging import judged
from chaos.explore.story import experiment_of
from chaos.run.session import ChaosSession


def replays(session: ChaosSession, schedules: Mapping[str, Filed]) -> Iterator[Judgement]:
    """Play one after the other, and judge each. schedules: by name, which is also their journal's.

    Raises what ends a run: InventoryError, LabRefused, UsageError, RollbackFailed.
    """
    for name, filed in schedules.items():
        yield _one(session, name, filed)


def _one(session: ChaosSession, name: str, filed: Filed) -> Judgement:
    missed: list[int] = []
    try:
        timeline = session.timeline(experiment_of(filed.schedule, name, missed.append, seed=filed.seed))
    except (RollbackFailed, InventoryError, LabRefused, UsageError):
        raise
    except ChaosError as error:
        return not_played(name, error)
    acts = filed.schedule.acts
    remarks = [f"act {number} was left out or came to nothing: {acts[number - 1]}" for number in missed]
    return judgement(name, timeline, judged(timeline), remarks)
