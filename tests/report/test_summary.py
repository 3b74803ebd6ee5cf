"""The clause map weighs verdicts, shows what was not judged, and reads well in a narrow log."""

import io
import json
from dataclasses import replace
from pathlib import Path

import pytest
from rich.console import Console

from chaos.report import Judged, Summary, explained, front_page, print_map, summarize, write_summary
from chaos.verdicts import Bound, Evidence, Outcome, Span, Verdict, finding
from chaos.verdicts.grid import Cell, grid, made_by
from chaos.verdicts.ruling import ruled
from tests.report.forged import held, inconclusive, timed, violated
from tests.verdicts.test_grid import header

FILE = "suites/cti/test_cti_failover.py"


def _judged(clause: str, name: str, verdict: Verdict | None, unfit: str | None = None) -> Judged:
    return Judged(clause, f"{FILE}::test_{name}", f"{name} happens.", "a-reset", verdict, unfit)


def _summary(*judged: Judged, wanted: tuple[str, ...] = (), **defects: tuple[str, ...]) -> Summary:
    return summarize(
        judged,
        {name.replace("_", "-").upper(): names for name, names in defects.items()},
        seed=7,
        clock="virtual",
        lab_s=1234.5,
        wall_s=4.2,
        lab="mock",
        release="12.6(2)",
        wanted=wanted,
        started="2026-11-22T15:00:00+00:00",
    )


LOSS = timed("CTI-04", "loss", Span(15.0, 15.0), Bound(12.5, 17.5, "CTI-04"), Evidence(15.0, "lost"))


@pytest.mark.parametrize(
    ("verdicts", "worst"),
    [
        ((held("CTI-04", "a"), held("CTI-04", "b")), "HELD"),
        ((held("CTI-04", "a"), inconclusive("CTI-04", "b")), "INCONCLUSIVE"),
        ((inconclusive("CTI-04", "a"), violated("CTI-04", "b"), held("CTI-04", "c")), "VIOLATED"),
    ],
)
def test_a_clause_has_the_verdict_of_its_worst_test(verdicts: tuple[Verdict, ...], worst: str) -> None:
    row = _summary(*(_judged("CTI-04", f"n{n}", verdict) for n, verdict in enumerate(verdicts))).clauses[0]
    assert row.verdict == worst
    assert row.reason == next(verdict.reason for verdict in verdicts if verdict.outcome == worst)
    assert [one.verdict for one in row.details] == [verdict.outcome for verdict in verdicts]


def test_what_was_wanted_but_not_judged_is_shown_as_such() -> None:
    summary = _summary(_judged("CTI-11", "conference", None, "no outside number"), wanted=("CTI-11", "CTI-02"))
    assert [(row.id, row.verdict) for row in summary.clauses] == [("CTI-02", "NOT RUN"), ("CTI-11", "UNFIT")]
    assert summary.clauses[1].reason == "no outside number"
    assert summary.conclusion() == "2 clauses: 1 UNFIT, 1 NOT RUN."


def test_an_unfit_test_beside_a_held_one_stays_visible() -> None:
    row = _summary(_judged("CTI-01", "a", held("CTI-01", "ok")), _judged("CTI-01", "b", None, "simplex")).clauses[0]
    assert row.verdict == "HELD"
    assert "1 of 2 tests unfit" in row.reason


def test_clauses_stand_in_the_catalogues_order_whoever_came_first() -> None:
    summary = _summary(_judged("AWDB-01", "x", held("AWDB-01", "ok")), wanted=("CTI-10", "CTI-02"))
    assert [row.id for row in summary.clauses] == ["CTI-02", "CTI-10", "AWDB-01"]


def test_summary_json_has_what_machines_ask_for(tmp_path: Path) -> None:
    path = tmp_path / "summary.json"
    write_summary(_summary(_judged("CTI-04", "loss", LOSS), cti_04=("two-misses-are-loss",)), path)
    document = json.loads(path.read_text(encoding="utf-8"))
    (row,) = document["clauses"]
    assert row["id"] == "CTI-04"
    assert row["verdict"] == "HELD"
    assert row["tests"] == [f"{FILE}::test_loss"]
    assert row["defects"] == ["two-misses-are-loss"]
    assert row["measured"] == "15.000 s"
    assert row["bound"] == "12.5 … 17.5 s"
    wanted = {"seed": 7, "clock": "virtual", "lab_s": 1234.5, "wall_s": 4.2, "lab": "mock", "release": "12.6(2)"}
    assert {name: document[name] for name in wanted} == wanted
    assert [one.name for one in tmp_path.iterdir()] == ["summary.json"]


def test_a_span_of_no_length_at_a_millisecond_is_one_figure() -> None:
    verdict = timed("CTI-05", "noticed", Span(0.000001, 0.000002), Bound(0.0, 1.0, "CTI-05"))
    assert _summary(_judged("CTI-05", "x", verdict)).clauses[0].measured == "0.000 s"


def _printed(summary: Summary, width: int, *, piped: bool = False) -> str:
    stream = io.StringIO()
    print_map(summary, Console(file=stream, width=width, force_terminal=not piped, color_system=None))
    return stream.getvalue()


def test_what_an_interrupted_run_never_came_to_is_said_once() -> None:
    wanted = ("CTI-01", "CTI-02", "CTI-03", "CTI-09", "AWDB-01")
    printed = _printed(_summary(_judged("CTI-05", "gap", LOSS), wanted=wanted), 200)
    assert "CTI-01 … CTI-03, CTI-09, AWDB-01 NOT RUN: none of its tests ran" in printed
    assert printed.count("none of its tests ran") == 1


@pytest.mark.parametrize("width", [80, 132, 200])
def test_the_map_fits_its_terminal_and_needs_no_colour(width: int) -> None:
    defects = ("two-misses-are-loss", "keeps-trying-after-success", "later-rounds-twice")
    summary = _summary(
        _judged("CTI-04", "two_missed_heartbeats_are_tolerated", LOSS),
        _judged("CTI-05", "a_reset_socket_is_a_loss_at_once", violated("CTI-05", "never [bold]noticed")),
        _judged("CTI-06", "gap", Verdict("CTI-06", Outcome.INCONCLUSIVE, "nobody looked")),
        wanted=("CTI-09",),
        cti_04=defects,
    )
    printed = _printed(summary, width)
    assert "\x1b" not in printed
    assert max(len(line) for line in printed.splitlines()) <= width
    for told in (
        "CTI-04",
        "HELD",
        "15.000 s",
        "(12.5 … 17.5 s)",
        *(defects if width >= 132 else ("3",)),
        "NOT RUN",
        "CTI-05 VIOLATED",
        "[bold]noticed",
    ):
        assert told in printed
    assert printed.rstrip().endswith("4 clauses: 1 HELD, 1 VIOLATED, 1 INCONCLUSIVE, 1 NOT RUN.")
    assert ("two missed heartbeats are tolerated" in printed) == (width >= 132)


@pytest.mark.parametrize("width", [40, 60, 71])
def test_on_a_narrow_terminal_clauses_verdicts_and_cells_stand_whole(width: int) -> None:
    rows = [_judged(id, "x", Verdict(id, Outcome.INCONCLUSIVE, "nobody")) for id in ("DESKTOP-21", "DESKTOP-22")]
    printed = _printed(_summary(*rows, desktop_22=("a-defect",)), width)
    assert max(len(line) for line in printed.splitlines()) <= width
    table = printed.partition("lab ")[0]
    assert [line.split() for line in table.splitlines() if "DESKTOP" in line] == [
        ["DESKTOP-21", "INCONCLUSIVE", "–"],
        ["DESKTOP-22", "INCONCLUSIVE", "–"],
    ]


def test_what_is_piped_is_not_wrapped() -> None:
    reason = "a long reason that goes on " * 10
    tests = [_judged("CTI-04", name * 20, LOSS) for name in ("one", "two")]
    lines = _printed(_summary(*tests, cti_04=("some-defect", "another-one")), 10_000, piped=True).splitlines()
    (line,) = [line for line in lines if "CTI-04" in line]
    assert line.split() == ["CTI-04", "HELD", "–", "15.000", "s", "(12.5", "…", "17.5", "s)", "2", "2"], (
        "names are counted"
    )
    piped = _printed(_summary(_judged("CTI-05", "x", violated("CTI-05", reason.strip()))), 80, piped=True)
    assert f"    {reason.strip()}\n" in piped


def test_a_violated_clause_is_explained_last_and_its_command_stands_on_one_line() -> None:
    command = f"finesse-chaos run CTI-05 -i inventories/mock.yaml --mock-defect {'-' * 60}"
    verdict = violated("CTI-05", "never noticed")
    one = replace(_judged("CTI-05", "x", verdict), explained=explained(verdict, [], command))
    printed = _printed(_summary(one), 80)
    assert f"    play it again: {command}\n" in printed
    assert (
        printed.index("seed 7") < printed.index("expected: Loss is declared at once") < printed.index("play it again")
    )


def test_a_lab_s_map_has_no_column_for_the_mock_s_defects() -> None:
    one = _judged("CTI-04", "loss", LOSS)
    assert "Defects" not in _printed(_summary(one), 132)
    assert "Defects" in _printed(_summary(one, cti_04=("two-misses-are-loss",)), 132)


def test_a_lab_that_is_still_changed_is_told_where_everybody_looks() -> None:
    summary = replace(_summary(_judged("CTI-04", "loss", LOSS)), changed="side B is not configured")
    assert summary.conclusion() == "1 clause: 1 HELD. THE LAB IS STILL CHANGED: side B is not configured."


def test_a_run_with_a_seeded_defect_says_so_in_its_conclusion() -> None:
    summary = replace(_summary(_judged("CTI-04", "loss", LOSS)), seeded=("gap-answers",))
    assert summary.conclusion() == "1 clause: 1 HELD. The mock had defects switched on: gap-answers."


def test_the_conclusion_says_what_is_wrong_of_the_first_two_and_counts_the_others() -> None:
    rows = []
    for clause in ("CTI-05", "CTI-06", "CTI-07"):
        verdict = violated(clause, f"{clause} went wrong")
        rows.append(replace(_judged(clause, "x", verdict), explained=explained(verdict, [])))
    assert _summary(*rows[:1]).conclusion() == "1 clause: 1 VIOLATED; CTI-05: CTI-05 went wrong."
    assert _summary(*rows).conclusion() == (
        "3 clauses: 3 VIOLATED; CTI-05: CTI-05 went wrong; CTI-06: CTI-06 went wrong; and 1 more."
    )


def test_of_several_violated_clauses_the_one_that_was_seen_most_often_is_told_first() -> None:
    rows = []
    for clause, nodes in (("CTI-06", ["fin-a"]), ("CTI-08", ["fin-a", "fin-b"])):
        findings = [finding.violated(Cell.of(node=node, verb="GET"), "went wrong") for node in nodes]
        verdict = ruled(clause, CELLS, header(), findings)
        rows.append(replace(_judged(clause, "x", verdict), explained=explained(verdict, [])))
    summary = _summary(*rows)
    assert summary.conclusion().startswith("2 clauses: 2 VIOLATED; CTI-08: went wrong")
    page = front_page(summary, rows)
    assert "look there first" in page
    assert page.index("## CTI-08 is violated") < page.index("## CTI-06 is violated")


CELLS = grid(node=("fin-a", "fin-b"), verb=("GET", "PUT"), unfit=made_by("verb", {"PUT": "b-lost"}))


def test_the_conclusion_names_both_clauses_where_nothing_tells_them_apart() -> None:
    rows = []
    for clause in ("IPPA-11", "IPPA-07"):
        verdict = violated(clause, "silent")
        told = explained(verdict, [])
        assert told is not None
        rows.append(replace(_judged(clause, "x", verdict), explained=replace(told, places=("phones fin-a",))))
    assert _summary(*rows).conclusion() == "2 clauses: 2 VIOLATED; IPPA-07 or IPPA-11: silent."


def test_a_grid_stands_in_the_map_and_what_the_lab_cannot_host_in_the_conclusion(tmp_path: Path) -> None:
    findings = [finding.held(Cell.of(node=node, verb="GET"), "503") for node in ("fin-a", "fin-b")]
    verdict = ruled("CTI-06", CELLS, header(), findings, {"b-lost": "no link cti-b"})
    one = _judged("CTI-06", "gap", verdict)
    summary = _summary(one)
    assert one.leaves_something_out
    assert summary.clauses[0].covered == "2 of 4"
    assert summary.conclusion() == "1 clause: 1 HELD. 2 of 4 cells are unfit for this lab."
    assert "2 of 4" in _printed(summary, 80)
    write_summary(summary, tmp_path / "summary.json")
    (test,) = json.loads((tmp_path / "summary.json").read_text(encoding="utf-8"))["clauses"][0]["details"]
    assert test["grid"][1] == {
        "at": {"node": "fin-a", "verb": "PUT"}, "outcome": "UNFIT", "reason": "no link cti-b", "looks": 0, "by": [],
    }  # fmt: skip


def test_an_empty_run_says_so() -> None:
    assert _summary().conclusion() == "No clause was to be judged."
    assert "No clause" in _printed(_summary(), 80)
