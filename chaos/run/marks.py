"""The marks of a clause's test: which clause it judges, and what is played for it."""

from typing import TYPE_CHECKING

import pytest

from chaos.errors import UsageError

if TYPE_CHECKING:
    from chaos.experiment import Experiment


def check_judging(item: pytest.Item) -> None:
    """A test that judges says of which clause, and on what. Raises UsageError: it does not."""
    from chaos.experiment import Experiment

    marks = len(list(item.iter_markers("clause")))
    if marks != 1:
        raise UsageError(f"{item.nodeid} judges and needs exactly one @pytest.mark.clause(…), it has {marks}")
    played = experiments_of(item)
    if not played:
        raise UsageError(f"{item.nodeid} plays nothing: mark it with @pytest.mark.plays(EXPERIMENT, …)")
    for one in played:
        if not isinstance(one, Experiment):
            raise UsageError(f"{item.nodeid} plays {one!r}, which is no Experiment: name one of the suite's")


def clause_of(item: pytest.Item) -> str:
    """The clause that a test judges; it has exactly one (`check_judging`)."""
    (mark,) = item.iter_markers("clause")
    return str(mark.args[0])


def experiments_of(item: pytest.Item) -> "tuple[Experiment, ...]":
    """What is played before anything is judged for that test."""
    return tuple(experiment for mark in item.iter_markers("plays") for experiment in mark.args)
