"""Judges journals of a soak or a replay again, by every check or by some: plays nothing."""

from collections.abc import Collection, Iterator
from pathlib import Path

from chaos.errors import ChaosError
from chaos.explore.judgements import Judgement, judgement
from chaos.explore.judging import judged
from chaos.run.one_lab import loaded


def rejudgements(saved: Path, clauses: Collection[str]) -> Iterator[Judgement]:
    """Of each journal there, in the order of their names. clauses: by whose checks."""
    for path in sorted((saved / "journals").glob("*.jsonl")):
        yield _one(path, clauses)


def _one(path: Path, clauses: Collection[str]) -> Judgement:
    name = path.stem
    try:
        timeline = loaded(path, name)
    except ChaosError as error:
        return Judgement(name, trouble=f"could not be judged: {error}")
    return judgement(name, timeline, judged(timeline, clauses))
