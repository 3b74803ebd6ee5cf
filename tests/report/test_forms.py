"""What machines read of a run: the schema holds what is written, JUnit says what each test came to."""

import json
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from pydantic import TypeAdapter

from chaos.report import Judged, Summary, explained, junit, summary_schema, write_summary
from tests.report.forged import held, inconclusive, timed_verdict, violated
from tests.report.test_summary import _summary

DOCS = Path(__file__).parents[2] / "docs"


def _row(clause: str, name: str, verdict: object, unfit: str | None = None) -> Judged:
    return Judged(clause, f"s::test_{name}", "X.", "e", verdict, unfit)  # type: ignore[arg-type]


WRONG = violated("CTI-05", "never \x00 <noticed>")
ROWS = (
    _row("CTI-04", "loss", timed_verdict()),
    replace(_row("CTI-05", "reset", WRONG), explained=explained(WRONG, [], "finesse-chaos run CTI-05")),
    _row("AWDB-01", "asked", inconclusive("AWDB-01", "nobody looked")),
    _row("AWDB-02", "cache", None, "no console"),
)


def test_the_schema_in_the_docs_is_that_of_what_is_written() -> None:
    """After a change, write what `json.dumps(summary_schema(), indent=2)` gives there."""
    assert json.loads((DOCS / "summary.schema.json").read_text(encoding="utf-8")) == summary_schema()


def test_what_is_written_has_each_field_of_the_schema_and_no_other_and_can_be_read_back(tmp_path: Path) -> None:
    summary = _summary(*ROWS, wanted=("CTI-09",))
    write_summary(summary, tmp_path / "summary.json")
    document = json.loads((tmp_path / "summary.json").read_text(encoding="utf-8"))
    assert document["schema"] == 1
    assert set(document) == set(summary_schema()["properties"])
    document.pop("schema")
    assert document.pop("conclusion") == summary.conclusion()
    assert TypeAdapter(Summary).validate_json(json.dumps(document)) == summary


@pytest.mark.parametrize(
    ("name", "tag", "message"),
    [
        ("reset", "failure", "never \ufffd <noticed>"),
        ("asked", "error", "nobody looked"),
        ("cache", "skipped", "no console"),
        ("none of its tests ran", "skipped", "none of its tests ran"),
    ],
)
def test_junit_says_what_each_test_came_to(name: str, tag: str, message: str) -> None:
    root = ET.fromstring(junit(_summary(*ROWS, wanted=("CTI-09",))))
    case = next(case for case in root.iter("testcase") if case.get("name") == name)
    told = case.find(tag)
    assert told is not None
    assert told.get("message") == message
    assert ("play it again" in (told.text or "")) == (name == "reset")


def test_junit_has_measured_and_bound_and_counts_each_family() -> None:
    root = ET.fromstring(junit(_summary(*ROWS, _row("CTI-02", "once", held("CTI-02", "fine")))))
    case = next(case for case in root.iter("testcase") if case.get("name") == "loss")
    shown = {one.get("name"): one.get("value") for one in case.iter("property")}
    assert shown["verdict"] == "HELD"
    assert shown["measured"] == "15.000 s"
    assert shown["bound"] == "12.5 … 17.5 s"
    assert case.find("failure") is None
    counts = {suite.get("name"): (suite.get("tests"), suite.get("failures"), suite.get("errors")) for suite in root}
    assert counts == {"CTI": ("3", "1", "0"), "AWDB": ("2", "0", "1")}
