"""A saved run that is judged again is one run: the journals of two are no evidence of one lab."""

import errno
import os
from itertools import count
from pathlib import Path

import pytest

from chaos.errors import EvidenceError
from chaos.journal import Header, Journal
from chaos.run.asked import run_options
from chaos.run.one_lab import OneLab
from suites.cti.experiments import GAPS

ONE, OTHER = GAPS[:2]


def saved(folder: Path, experiment: str, **other: object) -> None:
    """A journal of which nobody asks more than whose it is."""
    facts: dict[str, object] = {
        "experiment": experiment, "title": "a title", "lab": "lab-1", "deployment": "live", "release": "12.6(2)",
        "started": "2026-12-01T00:00:00+00:00", "clock": "real", "seed": 1, "heartbeat_interval_s": 5.0,
        "nodes": ("fin-a",),
    }  # fmt: skip
    seconds = count()
    journal = Journal(folder / "journals" / f"{experiment}.jsonl", lambda: float(next(seconds)))
    journal.record(Header(at_s=0.0, **(facts | other)))  # type: ignore[arg-type]
    journal.close()


def lab_of(tmp_path: Path) -> OneLab:
    options = run_options(inventory=None, rejudge=tmp_path, reports=tmp_path, folder=tmp_path / "again")
    return OneLab(options, lambda said: None, lambda experiment: None)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "journals").mkdir()
    saved(tmp_path, ONE.name)
    return tmp_path


def test_the_journals_of_one_run_are_all_read(folder: Path) -> None:
    saved(folder, OTHER.name, started="2026-12-01T01:00:00+00:00", nodes=("fin-a", "fin-b"))
    lab = lab_of(folder)
    assert [len(lab.timeline(one)) for one in (ONE, OTHER)] == [1, 1]


@pytest.mark.parametrize(
    ("name", "value"),
    [("lab", "lab-2"), ("deployment", "mock"), ("release", "15.0(1)"), ("clock", "virtual"), ("seed", 2)],
)
def test_a_journal_of_another_run_is_none_of_this_one(folder: Path, name: str, value: object) -> None:
    saved(folder, OTHER.name, **{name: value})
    lab = lab_of(folder)
    lab.timeline(ONE)
    with pytest.raises(EvidenceError, match=f"of another run: its {name} is"):
        lab.timeline(OTHER)


def test_a_journal_without_a_whole_line_was_cut_off(folder: Path) -> None:
    (folder / "journals" / f"{OTHER.name}.jsonl").write_text('{"kind":"Header","at_s":0.0', encoding="utf-8")
    with pytest.raises(EvidenceError, match="has no whole line: was it cut off"):
        lab_of(folder).timeline(OTHER)


def test_a_journal_that_may_not_be_looked_at_is_named(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(path: Path, **_: object) -> bool:
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path))

    lab = lab_of(folder)
    monkeypatch.setattr(Path, "exists", refused)
    with pytest.raises(EvidenceError, match=f"{ONE.name}.jsonl cannot be read: Permission denied; check"):
        lab.timeline(ONE)
