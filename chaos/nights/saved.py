"""Runs as they were saved, read back: one by its folder, and the nights of its lab beside it."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from pydantic import TypeAdapter, ValidationError
from pydantic_core import from_json

from chaos.errors import UsageError
from chaos.inventory.files import NotReadable, read_small
from chaos.report import Summary
from chaos.report.summary import SCHEMA

SUMMARY = "summary.json"
_SIZE_MAX = 64 * 1024 * 1024
# Thirty years: whatever was measured is less.
_FIGURE_S_MAX = 1e9
_RUNS = "name the folder of a run, for instance reports/latest"


@dataclass(frozen=True)
class Saved:
    """A run. folder: where it really is, whatever link led there."""

    folder: Path
    summary: Summary

    @property
    def name(self) -> str:
        return self.folder.name

    @property
    def number(self) -> int | None:
        """Its place among the runs of its folder; None if whoever ran it named a folder of his own."""
        return int(self.folder.name) if self.folder.name.isdecimal() else None


def saved_run(path: Path) -> Saved:
    """The run in that folder. Raises UsageError: it holds none that can be read."""
    folder = (path.parent if path.name == SUMMARY else path).resolve()
    if not folder.is_dir():
        raise UsageError(f"{path} is no run: there is no such folder; {_those_beside(folder) or _RUNS}")
    if not (folder / SUMMARY).exists():
        broken_off = any(folder.glob("journals/*"))
        remedy = f"it was broken off; `finesse-chaos rejudge {path}` judges what was played" if broken_off else _RUNS
        raise UsageError(f"{path} is no run: it has no {SUMMARY}; {remedy}")
    return Saved(folder, _summary(folder / SUMMARY, path))


def _those_beside(gone: Path) -> str | None:
    """What is left where a night was: `--keep` lets the last ones stay. None: no night is, or that was none."""
    if not gone.name.isdecimal() or not gone.parent.is_dir():
        return None
    left = sorted((path.name for path in gone.parent.iterdir() if path.name.isdecimal()), key=int)
    return (
        f"the runs there are {left[0]} to {left[-1]} (`--keep` takes away older ones): name one of these"
        if left
        else None
    )


def nights_beside(run: Saved) -> tuple[list[Saved], list[str]]:
    """The runs of the same lab up to that one in its folder, oldest first, itself last; and what could not be read.

    Nights are runs of the same lab, release and clock; one with other defects of the mock, or none, is another lab.
    """
    if run.number is None:
        return [run], []
    numbered = [path for path in run.folder.parent.iterdir() if path.name.isdecimal() and not path.is_symlink()]
    found, unread = [], []
    for path in sorted(numbered, key=lambda path: int(path.name)):
        if int(path.name) >= run.number or not (path / SUMMARY).exists():
            continue
        try:
            one = saved_run(path)
        except UsageError as error:
            unread.append(str(error))
            continue
        if _kind(one.summary) == _kind(run.summary):
            found.append(one)
    return [*found, run], unread


def _kind(summary: Summary) -> tuple[object, ...]:
    faults_left_out = "--no-faults" in summary.replay
    return (*lab_of(summary), summary.clock, summary.release, summary.seeded, faults_left_out)


def lab_of(summary: Summary) -> tuple[object, ...]:
    """What makes two runs those of one lab. An older summary has no more of it than the name."""
    return (summary.lab, summary.deployment, tuple(sorted(summary.nodes)))


def _summary(path: Path, named: Path) -> Summary:
    again = f"`finesse-chaos rejudge {named}` makes a new one of its journals"
    try:
        data = read_small(path, _SIZE_MAX).data
    except NotReadable as error:
        raise UsageError(f"{path} cannot be read: {error}") from None
    try:
        document = from_json(data, allow_inf_nan=False)
        schema = document.get("schema") if isinstance(document, dict) else None
        if isinstance(schema, int) and schema > SCHEMA:
            raise UsageError(f"{path} has schema {schema}, and this finesse-chaos reads {SCHEMA}: install a newer one")
        summary = _SHAPE.validate_python(document)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(str(part) for part in first["loc"]) or "the file"
        found = repr(first["input"])[:80]
        raise UsageError(
            f"{path} is no summary of a run: {where}: {first['msg']}, found {found}; was it edited? {again}"
        ) from None
    except ValueError as error:
        raise UsageError(f"{path} is no summary of a run: {str(error)[:200]}; was it cut off? {again}") from None
    for where, figure_s in _figures(summary):
        if abs(figure_s) > _FIGURE_S_MAX:
            raise UsageError(
                f"{path} is no summary of a run: {where}: {figure_s:g} s is no time that anybody measured; "
                f"was it edited? {again}"
            )
    return summary


def _figures(summary: Summary) -> Iterator[tuple[str, float]]:
    """What is reckoned with, and where it stands. Squares of the largest floats are none any more."""
    for number, row in enumerate(summary.recoveries):
        yield from ((f"recoveries.{number}.{name}", getattr(row, name)) for name in ("lo_s", "hi_s"))
    for clause in summary.clauses:
        for detail in clause.details:
            for number, timing in enumerate(detail.timings):
                where = f"timings.{number} of {clause.id}"
                yield from ((f"{where}, {name}", getattr(timing, name)) for name in ("lo_s", "hi_s"))


_SHAPE = TypeAdapter(Summary)
