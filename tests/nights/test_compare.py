"""`finesse-chaos compare`: what changed between two runs, and what is wrong with what was named."""

import json
import random
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from chaos.commands.compare import compare
from chaos.commands.main import status_of
from chaos.explore.kinds import Kind
from chaos.report import CellRow, ClauseRow, RecoveryRow, Summary, TestRow, write_summary
from chaos.report.timings import LOADING, OUT_OF_SERVICE
from tests.nights.labs import MadeLab, nights, summary


def _clause(id: str, verdict: str, cells: Mapping[str, str] | None = None, reason: str = "because") -> ClauseRow:
    grid = tuple(CellRow({"node": node}, outcome, f"{node} {reason}", 1) for node, outcome in (cells or {}).items())
    test = TestRow(f"s::{id}", f"it holds {id}", "e", verdict, reason, None, None, grid)
    return ClauseRow(id, "text", verdict, reason, None, None, (test.test,), (), (test,))


def _night(reports: Path, number: int, saved: Summary) -> Path:
    folder = reports / f"{number:04d}"
    folder.mkdir(parents=True)
    write_summary(saved, folder / "summary.json")
    return folder


def _compared(tmp_path: Path, before: Sequence[ClauseRow], after: Sequence[ClauseRow], *options: str) -> Result:
    one = _night(tmp_path, 1, summary(clauses=tuple(before)))
    two = _night(tmp_path, 2, summary(clauses=tuple(after)))
    return CliRunner().invoke(compare, [str(one), str(two), *options])


def test_two_runs_that_are_alike_are_no_news(tmp_path: Path) -> None:
    rows = [_clause("CTI-01", "HELD", {"a": "HELD"})]
    said = _compared(tmp_path, rows, rows)
    assert said.exit_code == 0
    assert said.output.splitlines()[-1] == "0002 against 0001: nothing got worse."


@pytest.mark.parametrize(
    ("before", "after", "status", "told"),
    [
        ("HELD", "VIOLATED", 1, "1 verdict got worse"),
        ("INCONCLUSIVE", "VIOLATED", 1, "1 verdict got worse"),
        ("HELD", "INCONCLUSIVE", 3, "1 verdict got worse"),
        ("HELD", "UNFIT", 3, "1 verdict got worse"),
        ("VIOLATED", "INCONCLUSIVE", 3, "1 got better"),
        ("VIOLATED", "HELD", 0, "1 got better"),
        ("NOT RUN", "HELD", 0, "1 got better"),
        ("UNFIT", "INCONCLUSIVE", 0, "1 got better"),
    ],
)
def test_a_verdict_that_flips_is_told_and_the_status_says_whether_it_is_worse(
    tmp_path: Path, before: str, after: str, status: int, told: str
) -> None:
    said = _compared(tmp_path, [_clause("CTI-01", before)], [_clause("CTI-01", after, reason="fin-a answered")])
    assert said.exit_code == status
    assert f"  CTI-01: {before} → {after}: fin-a answered\n" in said.output
    assert told in said.output.splitlines()[-1]


def test_a_grid_that_shrank_is_told_though_its_clause_is_held_all_the_same(tmp_path: Path) -> None:
    before = [_clause("CTI-06", "HELD", {"a": "HELD", "b": "HELD", "c": "HELD"})]
    after = [_clause("CTI-06", "HELD", {"a": "HELD", "b": "UNFIT"})]
    said = _compared(tmp_path, before, after)
    assert said.exit_code == 3
    assert "  CTI-06 (it holds CTI-06): no longer judged at 2 cells: node b; node c (UNFIT: b because)" in said.output


def test_a_violation_at_more_cells_is_worse_though_its_verdict_is_the_same(tmp_path: Path) -> None:
    before = [_clause("CTI-06", "VIOLATED", {"a": "VIOLATED", "b": "HELD"})]
    after = [_clause("CTI-06", "VIOLATED", {"a": "VIOLATED", "b": "VIOLATED"})]
    said = _compared(tmp_path, before, after)
    assert said.exit_code == 1
    assert "  CTI-06 (it holds CTI-06): now at 1 cell: node b (b because)" in said.output


def test_clauses_that_only_one_run_was_asked_for_are_one_line(tmp_path: Path) -> None:
    before = [_clause("CTI-01", "HELD"), _clause("CTI-02", "HELD"), _clause("CTI-03", "HELD")]
    said = _compared(tmp_path, before, before[2:])
    assert said.exit_code == 3
    assert "  CTI-01, CTI-02: HELD → not asked for\n" in said.output
    assert said.output.splitlines()[-1] == "0002 against 0001: 2 clauses were not asked for any more."


@pytest.mark.parametrize(
    ("verdicts", "told"),
    [
        (["VIOLATED"], "1 clause is VIOLATED that 0001 was not asked for, 1 clause was not asked for any more."),
        (["VIOLATED", "HELD", "VIOLATED"], "2 clauses are VIOLATED that 0001 was not asked for, 1 clause was not"),
    ],
)
def test_a_violation_that_the_first_run_was_not_asked_for_stands_in_the_conclusion(
    tmp_path: Path, verdicts: list[str], told: str
) -> None:
    """The status is 1 because of it: whoever reads that line alone has to find the reason there."""
    after = [_clause(f"AWDB-{number:02}", verdict) for number, verdict in enumerate(verdicts, 1)]
    said = _compared(tmp_path, [_clause("CTI-01", "HELD")], after)
    assert said.exit_code == 1
    assert said.output.splitlines()[-1].startswith(f"0002 against 0001: {told}")


def test_a_recovery_that_got_slower_is_flagged_with_the_night_in_which_it_began(tmp_path: Path) -> None:
    some = nights(MadeLab(experiments=4), random.Random(1), 20, [0.05] * 6)
    folders = [_night(tmp_path, n, one) for n, one in enumerate(some, 1)]
    said = CliRunner().invoke(compare, [str(folders[-2]), str(folders[-1]), "--json"])
    document = json.loads(said.output)
    assert said.exit_code == 1
    assert document["is_worse"]
    first = document["drifted"][0]
    assert document["nights"][first["since"]] in ("0014", "0015", "0016")
    assert 0 < first["lo"] <= 0.05 <= first["hi"] < 0.12
    told = CliRunner().invoke(compare, [str(folders[-2]), str(folders[-1])]).output
    assert f"{first['name']}: {first['change']:.1%} slower (" in told
    assert "20 nights were looked at; ten nights of it would show a drift of out of service: " in told


def test_nights_of_another_release_or_lab_or_with_a_defect_are_no_nights_of_this_lab(tmp_path: Path) -> None:
    some = nights(MadeLab(experiments=4), random.Random(1), 20, [0.5] * 6)
    others = (
        replace(some[1], release="15.0(1)"),
        replace(some[2], lab="berlin"),
        replace(some[3], seeded=("ghost-call",)),
        replace(some[4], clock="virtual"),
        replace(some[5], replay=("--no-faults",)),
    )
    folders = [_night(tmp_path, n, one) for n, one in enumerate((*others, some[18], some[19]), 1)]
    document = json.loads(CliRunner().invoke(compare, [str(folders[-2]), str(folders[-1]), "--json"]).output)
    assert document["nights"] == []
    assert any("2 nights of made up to this one" in note for note in document["notes"])
    assert document["moved"] == [] or len(document["moved"]) <= 10


@pytest.mark.parametrize(
    ("clock", "seeds", "told"),
    [
        ("virtual", (1, 2), {LOADING}),
        ("virtual", (1, 1), {LOADING, OUT_OF_SERVICE}),
        ("real", (1, 2), {LOADING, OUT_OF_SERVICE}),
    ],
)
def test_a_time_out_of_service_that_was_drawn_otherwise_has_not_moved(
    tmp_path: Path, clock: str, seeds: tuple[int, int], told: set[str]
) -> None:
    def night(number: int, seed: int, took_s: float) -> Path:
        rows = tuple(RecoveryRow("e", what, "fin-a", took_s, took_s, 1) for what in (OUT_OF_SERVICE, LOADING))
        return _night(tmp_path, number, summary(recoveries=rows, clock=clock, seed=seed))

    one, two = night(1, seeds[0], 30.0), night(2, seeds[1], 38.0)
    said = json.loads(CliRunner().invoke(compare, [str(one), str(two), "--json"]).output)
    assert {row["name"].partition(",")[0] for row in said["moved"]} == told
    assert any("drawn from the seed" in note for note in said["notes"]) == (OUT_OF_SERVICE not in told)


def test_two_runs_alone_name_single_figures_that_moved_and_call_none_a_drift(tmp_path: Path) -> None:
    one, two = nights(MadeLab(night=0, each=0, hiccups=0, missing=0, experiments=2), random.Random(1), 2, [0.5])
    folders = [_night(tmp_path, 1, one), _night(tmp_path, 2, two)]
    said = CliRunner().invoke(compare, list(map(str, folders)))
    assert said.exit_code == 0
    assert "Single figures that moved" in said.output
    assert "Timings that drifted" not in said.output


def test_markdown_begins_with_the_conclusion_and_holds_no_markup_of_others(tmp_path: Path) -> None:
    page = _compared(
        tmp_path, [_clause("CTI-01", "HELD")], [_clause("CTI-01", "VIOLATED", reason="<b>*")], "--markdown"
    )
    assert page.output.startswith("# 0002 against 0001: 1 verdict got worse.\n")
    assert "\\<b\\>\\*" in page.output


def test_latest_is_the_run_that_it_leads_to(tmp_path: Path) -> None:
    _night(tmp_path, 1, summary())
    _night(tmp_path, 2, summary())
    (tmp_path / "latest").symlink_to("0002")
    said = CliRunner().invoke(compare, [str(tmp_path / "0001"), str(tmp_path / "latest")])
    assert said.output.splitlines()[-1].startswith("0002 against 0001")


def _wrong(capsys: pytest.CaptureFixture[str], *runs: Path) -> str:
    assert status_of(["compare", *map(str, runs)]) == 2
    return " ".join(capsys.readouterr().err.split())


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (None, "is no run: it has no summary.json; name the folder of a run"),
        (b"", "is no summary of a run"),
        (b'{"schema": 1, "clauses": [', "was it cut off?"),
        (b"[" * 100_000, "is no summary of a run"),
        (b'{"schema": 1}', "clauses: Field required"),
        (b'{"schema": 99}', "has schema 99, and this finesse-chaos reads 1"),
        (b"[1, 2]", "is no summary of a run"),
        (b"\xff\xfe\x00", "is no summary of a run"),
        (b'{"schema": 1, "lab_s": NaN}', "is no summary of a run"),
    ],
)
def test_a_folder_that_is_no_run_is_told_with_what_to_do(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], content: bytes | None, told: str
) -> None:
    good = _night(tmp_path, 1, summary())
    bad = tmp_path / "0002"
    bad.mkdir()
    if content is not None:
        (bad / "summary.json").write_bytes(content)
    said = _wrong(capsys, good, bad)
    assert str(bad) in said
    assert told in said


@pytest.mark.parametrize("lo_s", [1e308, -1e308])
def test_a_time_that_nobody_measured_is_told_with_its_place(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], lo_s: float
) -> None:
    good = _night(tmp_path, 1, summary())
    bad = _night(tmp_path, 2, summary(recoveries=(RecoveryRow("a-cut", "out of service", "fin-a", lo_s, 1.0, 1),)))
    said = _wrong(capsys, good, bad)
    assert f"recoveries.0.lo_s: {lo_s:g} s is no time that anybody measured" in said


def test_a_run_that_was_broken_off_can_be_judged_first(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    good = _night(tmp_path, 1, summary())
    (tmp_path / "0002" / "journals").mkdir(parents=True)
    (tmp_path / "0002" / "journals" / "a.jsonl").write_text("{}\n")
    assert "`finesse-chaos rejudge" in _wrong(capsys, good, tmp_path / "0002")
    assert "there is no such folder" in _wrong(capsys, good, tmp_path / "0003")


@pytest.mark.parametrize("kind", Kind)
@pytest.mark.parametrize("first", [False, True])
def test_a_soak_and_a_replay_are_told_from_a_run_that_was_broken_off(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], kind: Kind, first: bool
) -> None:
    runs = [_night(tmp_path, 1, summary()), tmp_path / "0002"]
    (runs[1] / "journals").mkdir(parents=True)
    (runs[1] / "journals" / "a.jsonl").write_text("{}\n")
    kind.file_in(runs[1]).write_text("{}")
    said = _wrong(capsys, *(reversed(runs) if first else runs))
    assert f"0002 is a {kind.value}: `compare` takes runs; name the folder of a run" in said
    assert "broken off" not in said


@pytest.mark.parametrize(
    ("other", "told"),
    [
        ({"lab": "berlin"}, "runs of different labs: lab 'made' and 'berlin'"),
        ({"deployment": "mock"}, "runs of different labs: deployment 'lab' and 'mock'"),
        ({"nodes": ("x", "y")}, "runs of different labs: nodes fin-a, fin-b and x, y"),
    ],
)
def test_runs_of_different_labs_are_not_compared(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], other: dict[str, object], told: str
) -> None:
    runs = [_night(tmp_path, 1, summary()), _night(tmp_path, 2, summary(**other))]
    assert told in _wrong(capsys, *runs)


def test_one_run_is_not_compared_with_itself(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run = _night(tmp_path, 1, summary())
    assert "are one run: name two" in _wrong(capsys, run, run)


def test_a_night_between_that_cannot_be_read_is_named_and_left_out(tmp_path: Path) -> None:
    folders = [_night(tmp_path, n, summary()) for n in (1, 2, 3)]
    (folders[1] / "summary.json").write_text("{")
    said = CliRunner().invoke(compare, [str(folders[0]), str(folders[2])])
    assert said.exit_code == 0
    assert "0002/summary.json is no summary of a run" in said.output
