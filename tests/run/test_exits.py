"""Which status a run or an error comes to: the table of README.md, row by row."""

import pytest

from chaos.errors import ChaosError, InventoryError, RollbackFailed, UsageError
from chaos.preflight import NothingCanBeJudged
from chaos.run.exits import status_of_error, status_of_run
from chaos.run.launcher import MockNotStarted
from chaos.safety.lease import LabInUse, NoLease
from chaos.undo.file import UndoLogUnreadable
from chaos.verdicts import Outcome

HELD, VIOLATED, INCONCLUSIVE = Outcome.HELD, Outcome.VIOLATED, Outcome.INCONCLUSIVE


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (InventoryError("x"), 2),
        (UsageError("x"), 2),
        (NoLease("x"), 2),
        (ChaosError("x"), 3),
        (ZeroDivisionError("a bug is never 1"), 3),
        (RollbackFailed("x"), 4),
        (UndoLogUnreadable("what an earlier run left is not known"), 4),
        (LabInUse("x"), 5),
        (NothingCanBeJudged("x"), 5),
        (MockNotStarted("x"), 5),
        (KeyboardInterrupt(), 130),
    ],
    ids=lambda one: type(one).__name__ if isinstance(one, BaseException) else None,
)
def test_each_error_has_its_status(error: BaseException, status: int) -> None:
    assert status_of_error(error) == status


def test_verdicts_have_their_status_and_the_worst_counts() -> None:
    assert status_of_run([HELD, HELD]) == 0
    assert status_of_run([HELD, INCONCLUSIVE]) == 3
    assert status_of_run([HELD, INCONCLUSIVE, VIOLATED]) == 1
    assert status_of_run([]) == 5


def test_what_ended_a_run_outweighs_what_was_judged_before() -> None:
    assert status_of_run([HELD], ended_by=2) == 2
    assert status_of_run([HELD], ended_by=5) == 5
    assert status_of_run([VIOLATED], ended_by=130) == 130
    assert status_of_run([HELD], ended_by=4) == 4
    assert status_of_run([], ended_by=130) == 130


def test_a_lab_that_is_not_restored_outweighs_everything() -> None:
    assert status_of_run([VIOLATED], not_restored=True) == 4
    assert status_of_run([HELD], ended_by=130, not_restored=True) == 4


def test_a_bug_of_ours_is_never_green_and_never_taken_for_a_violation() -> None:
    assert status_of_run([HELD], broke=True) == 3
    assert status_of_run([], broke=True) == 3
