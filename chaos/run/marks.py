"""The marks of a clause's test: which clause it judges, and what is played for it."""

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from chaos.experiment import Experiment


def clause_of(item: pytest.Item) -> str:
    """The clause that a test judges. Raises UsageError: it has no mark, or several."""
    marks = list(item.iter_markers("clause"))
    if len(marks) != 1:
        raise pytest.UsageError(f"{item.nodeid} needs exactly one @pytest.mark.clause(...), it has {len(marks)}")
    return str(marks[0].args[0])


def experiments_of(item: pytest.Item) -> "tuple[Experiment, ...]":
    """What is played before anything is judged for that test."""
    return tuple(experiment for mark in item.iter_markers("plays") for experiment in mark.args)
