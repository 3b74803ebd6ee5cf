"""The run on one page, and what agents saw on another."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from chaos.report import Judged, explained, floor_page, front_page, write_run_files
from chaos.report.front import nearest
from chaos.verdicts import Bound, Span
from tests.report.forged import fail_over, held, inconclusive, timed, violated
from tests.report.test_summary import _summary

BOUND = Bound(0.0, 100.0, "x")


def _row(clause: str, verdict: object, unfit: str | None = None) -> Judged:
    assert verdict is None or hasattr(verdict, "outcome")
    return Judged(clause, "s::test_x", "X.", "e", verdict, unfit)  # type: ignore[arg-type]


def test_the_front_page_has_conclusion_lab_families_and_what_was_not_judged() -> None:
    rows = [_row("CTI-04", held("CTI-04", "fine")), _row("AWDB-01", inconclusive("AWDB-01", "nobody | looked"))]
    page = front_page(_summary(*rows, wanted=("CTI-09",)), rows)
    assert page.startswith("# 3 clauses: 1 HELD, 1 INCONCLUSIVE, 1 NOT RUN\n\nLab mock")
    assert (
        "Lab mock, Finesse 12.6(2), seed 7, virtual clock; 1234.5 s of the lab's time were played in 4.2 s of real"
        in page
    )
    assert "| CTI: CTI Failover | 2 | 1 | 0 | 1 | – |" in page
    assert "- **AWDB-01** INCONCLUSIVE: nobody \\| looked" in page
    assert "- **CTI-09** NOT RUN: none of its tests ran" in page


def test_what_failed_stands_on_it_in_words() -> None:
    verdict = violated("CTI-05", "never noticed")
    row = Judged(
        "CTI-05",
        "s::test_x",
        "X.",
        "e",
        verdict,
        None,
        explained(verdict, [], "finesse-chaos run CTI-05 -i my_lab.yaml"),
    )
    page = front_page(_summary(row), [row])
    assert "## CTI-05 is violated: x" in page
    assert "- **play it again**: `finesse-chaos run CTI-05 -i my_lab.yaml`" in page


def test_the_worst_margin_comes_first() -> None:
    rows = [_row(id, timed(id, "it", Span(at_s, at_s), BOUND)) for id, at_s in (("CTI-04", 50.0), ("CTI-05", 98.0))]
    assert [(one.clause, one.margin) for one in nearest(rows)] == [("CTI-05", 0.02), ("CTI-04", 0.5)]
    assert "| CTI-05 | 2.0% |" in front_page(_summary(*rows), rows)


def test_only_what_held_is_near_to_an_edge() -> None:
    late = timed("CTI-04", "it", Span(101.0, 101.0), BOUND)
    assert nearest([_row("CTI-04", late)]) == []


@pytest.mark.parametrize(
    ("bound", "measured", "margin"),
    [
        (Bound(0.0, 10.0, "x"), Span(1.0, 9.0), 0.1),
        (Bound(5.0, 15.0, "x"), Span(6.0, 9.0), 0.1),
        (Bound(0.0, 10.0, "x"), Span(11.0, 12.0), -0.2),
    ],
)
def test_a_margin_is_a_part_of_the_bound_s_width_and_no_lower_edge_at_nought(
    bound: Bound, measured: Span, margin: float
) -> None:
    assert bound.margin(measured) == pytest.approx(margin)


def test_what_agents_saw_has_a_paragraph_an_experiment_in_the_order_played() -> None:
    page = floor_page([fail_over(title="First"), fail_over(title="Second <b>")])
    assert page.index("## First") < page.index("## Second \\<b\\>")
    assert page.count("Agents at fin-a were told that the server is out of service for 38.9 s.") == 2


def test_pages_of_the_run_are_global_attachments_of_the_report(tmp_path: Path) -> None:
    page = tmp_path / "front.md"
    page.write_text("# It held\n", encoding="utf-8")
    write_run_files(tmp_path / "results", _summary(), pages={"Front page": page})
    document = json.loads((tmp_path / "results" / "run-globals.json").read_text(encoding="utf-8"))
    (one,) = document["attachments"]
    assert (one["name"], one["type"]) == ("Front page", "text/markdown")
    assert (tmp_path / "results" / one["source"]).read_text(encoding="utf-8") == "# It held\n"


def test_what_stands_at_the_report_s_head_is_not_said_again_on_its_front_page(tmp_path: Path) -> None:
    row = _row("CTI-04", held("CTI-04", "fine"))
    page = tmp_path / "front.md"
    page.write_text(front_page(_summary(row), [row]), encoding="utf-8")
    write_run_files(tmp_path / "results", _summary(row), pages={"Front page": page})
    text = (tmp_path / "results" / "front-attachment.md").read_text(encoding="utf-8")
    assert text.startswith("Lab mock, Finesse 12.6(2)")
    assert page.read_text(encoding="utf-8").startswith(f"# {_summary(row).headline()}\n\nLab mock")


def _told(clause: str, agents: str, *places: str) -> Judged:
    verdict = violated(clause, "wrong")
    one = explained(verdict, [])
    assert one is not None
    return replace(_row(clause, verdict), explained=replace(one, agents=agents, places=places))


def test_what_goes_together_stands_under_one_title_and_what_agents_noticed_once() -> None:
    rows = [_told("CTI-06", "Blind.", "a fin-a"), _told("CTI-07", "Blind.", "a fin-a"), _told("AWDB-01", "Blind.", "b")]
    page = front_page(_summary(*rows), rows)
    assert page.count("is violated: ") == 2
    assert "- **with it**: **CTI-07** (x): wrong. Seen only in the same experiments and at the same nodes." in page
    assert page.count("Blind.") == 1
    assert "- **agents noticed**: as under CTI-06" in page


def test_clauses_that_are_not_judged_for_one_reason_stand_in_one_line() -> None:
    rows = [_row(id, inconclusive(id, "a: torn; a: torn; b: torn")) for id in ("CTI-06", "CTI-07")]
    assert "- **CTI-06 and CTI-07** INCONCLUSIVE: a: torn; b: torn\n" in front_page(_summary(*rows), rows)
