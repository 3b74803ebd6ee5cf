"""Allure results, read back from the files that a small pytest run of its own left."""

import itertools
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest

from chaos.journal import Ended, Step, SwitchAct, SwitchActed, Timeline
from chaos.report.allure import cited_lines, drop_plumbing, first_sentence, last_in_lab_time
from chaos.report.described import description
from chaos.report.explained import explained
from chaos.report.judged import Judged
from chaos.report.steps import Span, story
from chaos.verdicts import Evidence, clause
from tests.report.forged import BACK_S, END_S, LOST_S, fail_over, timed_verdict, violated

ROOT = Path(__file__).parents[2]
SMALL_RUN = """
import pytest
from pathlib import Path
from chaos.report import Judged, annotate, summarize, write_run_files
from chaos.verdicts import Evidence
from tests.report.forged import fail_over, held, inconclusive, timed_verdict, violated

ROWS = []
JOURNAL = Path(__file__).with_name("gap-b-back.jsonl")

class Inconclusive(Exception):
    pass

def say(clause, name, verdict, unfit=None, played=True):
    row = Judged(clause, f"suites/cti/test_x.py::test_{name}", "It <b>should</b> *work*.", "gap-b-back", verdict, unfit)
    ROWS.append(row)
    annotate(row, fail_over(JOURNAL) if played else None, JOURNAL if played else None)

def test_held():
    say("CTI-04", "side_b_is_tried", timed_verdict())

def test_violated():
    verdict = violated("CTI-05", "it was not noticed", Evidence(32.4, "the socket failed"))
    say("CTI-05", "loss", verdict)
    pytest.fail(str(verdict), pytrace=False)

def test_cited():
    seen = fail_over().observations[7]
    say("CTI-04", "cited", held("CTI-04", "it was answered", Evidence.of(seen, "the first answer")))

def test_inconclusive():
    verdict = inconclusive("CTI-06", "nobody looked")
    say("CTI-06", "gap", verdict, played=False)
    raise Inconclusive(str(verdict))

def test_unfit():
    say("CTI-11", "conference", None, "no outside number", played=False)
    pytest.skip("unfit for this lab: no outside number")

def test_twice():
    say("CTI-04", "twice", timed_verdict())
    say("CTI-04", "twice", timed_verdict())

def test_the_end():
    summary = summarize(ROWS, {}, seed=7, clock="virtual", lab_s=148.0, wall_s=1.0, lab="mock = \\\\ #1",
                        release="12.6(2)", wanted=["CTI-04"], started="2026-11-22T15:00:00+00:00")
    front = Path(__file__).with_name("front.md")
    front.write_text("# 4 clauses\\n\\n" + "A line of the front page.\\n\\n" * 60)
    write_run_files(Path(__file__).with_name("results"), summary, more={"Node": "fin-a: 8445"},
                    pages={"Front page": front})
"""


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("allure")
    return small_run(folder)


def small_run(folder: Path) -> Path:
    """Run it in a process of its own; where its results are."""
    (folder / "test_small.py").write_text(SMALL_RUN, encoding="utf-8")
    (folder / "conftest.py").write_text("", encoding="utf-8")
    arguments = ["-p", "no:cacheprovider", "-q", "--rootdir", str(folder), "--alluredir", str(folder / "results")]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *arguments, str(folder / "test_small.py")],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        encoding="utf-8",
        timeout=100,
        check=False,
    )
    assert "2 failed, 4 passed, 1 skipped" in done.stdout, done.stdout + done.stderr
    return folder / "results"


def _result(results: Path, function: str) -> dict[str, Any]:
    found = [json.loads(path.read_text(encoding="utf-8")) for path in results.glob("*-result.json")]
    return next(one for one in found if one["fullName"].endswith(f"#{function}"))


def _labels(result: dict[str, Any]) -> dict[str, str]:
    return {label["name"]: label["value"] for label in result["labels"]}


@pytest.mark.parametrize(
    ("function", "status"),
    [("test_held", "passed"), ("test_violated", "failed"), ("test_inconclusive", "broken"), ("test_unfit", "skipped")],
)
def test_each_outcome_has_its_status_and_its_clause(results: Path, function: str, status: str) -> None:
    result = _result(results, function)
    assert result["status"] == status
    assert _labels(result)["epic"] == "CTI: CTI Failover"
    assert _labels(result)["feature"].startswith(_labels(result)["clause"] + ": ")
    assert "<b>What should happen.</b> It &lt;b&gt;should&lt;/b&gt; *work*." in result["descriptionHtml"]


def test_labels_name_and_parameters_tell_what_was_judged(results: Path) -> None:
    result = _result(results, "test_held")
    assert result["name"] == "CTI-04: side B is tried"
    assert _labels(result)["story"] == "Both sides refuse, then B is back"
    assert _labels(result)["severity"] == "critical"
    shown = {one["name"]: one["value"] for one in result["parameters"]}
    assert shown["measured"] == "15.000 s"
    assert shown["lab time"] == "148.000 s"
    assert all(one["excluded"] for one in result["parameters"]), "figures must not make another history"
    assert _labels(_result(results, "test_unfit"))["story"] == "gap-b-back"


def test_a_test_lasts_as_long_as_what_was_played_and_not_as_it_took_to_judge_it(results: Path) -> None:
    last_in_lab_time(results)
    lasted = {name: (one := _result(results, name))["stop"] - one["start"] for name in ("test_held", "test_unfit")}
    assert lasted == {"test_held": 148_000, "test_unfit": 0}


def test_steps_have_the_labs_times_and_durations(results: Path) -> None:
    result = _result(results, "test_held")
    steps = {step["name"]: step for step in result["steps"]}
    lost = steps["32.400 s – side A is lost, both sides refuse"]
    assert lost["start"] - result["start"] == 32_400
    assert lost["stop"] - lost["start"] == 15_600
    assert any("has bitten" in child["name"] for child in lost["steps"])
    verdict = result["steps"][-1]
    assert verdict["name"].startswith("HELD: ")
    assert [child["name"] for child in verdict["steps"]][1] == "32.500 s – fin-a.mock.test: OUT_OF_SERVICE notice"
    assert _result(results, "test_violated")["steps"][-1]["status"] == "failed"


def test_what_a_verdict_cites_is_neither_passed_nor_failed(results: Path) -> None:
    verdict = _result(results, "test_violated")["steps"][-1]
    assert [child.get("status") for child in verdict["steps"]] == [None]


def test_no_step_is_passed_under_a_verdict_that_is_not_held(results: Path) -> None:
    """Nothing green stands under a red verdict: what was done to the lab is neither passed nor failed."""

    def statuses(steps: list[dict[str, Any]]) -> list[str | None]:
        return [status for one in steps for status in (one.get("status"), *statuses(one.get("steps", [])))]

    for name, verdict in (("test_violated", "failed"), ("test_inconclusive", "broken")):
        found = statuses(_result(results, name)["steps"])
        assert "passed" not in found
        assert verdict in found
    assert any("has bitten" in name for name in _names(_result(results, "test_violated")["steps"]))


def _names(steps: list[dict[str, Any]]) -> list[str]:
    return [name for one in steps for name in (one["name"], *_names(one.get("steps", [])))]


def test_what_is_cited_opens_to_its_line_of_the_journal(results: Path) -> None:
    cited = _result(results, "test_cited")["steps"][-1]["steps"][0]
    assert cited["name"].endswith(" s – the first answer – line 8")
    assert [json.loads(one["name"])["number"] for one in cited["steps"]] == [8]


def test_a_violated_clause_opens_with_what_it_means_and_says_what_agents_saw_once() -> None:
    verdict = violated("CTI-05", "it was *not* noticed", Evidence(32.4, "the socket failed"))
    told = explained(verdict, [fail_over()], "finesse-chaos run CTI-05 --seed 7")
    said = description(Judged("CTI-05", "x::test_y", "", "e", verdict, explained=told), clause("CTI-05"), fail_over())
    assert said.startswith("<p><b>CTI-05 is violated.</b> </p>\n<p><b>Expected.</b> Loss is declared at once")
    assert "<b>Seen.</b> it was *not* noticed" in said
    assert "<b>Play it again.</b> <code>finesse-chaos run CTI-05 --seed 7</code>" in said
    assert "What agents saw." not in said
    held = description(Judged("CTI-04", "x::test_y", "", "e", timed_verdict()), clause("CTI-04"), fail_over())
    assert "<b>What agents saw.</b> Agents at fin-a were told that" in held


def test_the_picture_stands_in_the_text_and_holds_all_of_itself() -> None:
    svg = "<svg a='1'>100 % & #1 \"x\" \\ ` é\n\t</svg>"
    said = description(Judged("CTI-04", "x::test_y", "", "<e>", timed_verdict()), clause("CTI-04"), fail_over(), svg)
    address = re.findall(r'<img alt="Timeline of &lt;e&gt;, 148.0 s of[^"]*" src="([^"]*)"', said)[0]
    assert address.startswith("data:image/svg+xml,")
    assert not set(address) & set("<>\"'&#\\\n\t`")
    assert unquote(address.partition(",")[2]) == svg


def test_verdict_picture_and_journal_are_attached(results: Path) -> None:
    attached = {one["name"]: one for one in _result(results, "test_violated")["attachments"]}
    assert set(attached) == {"Verdict CTI-05", "Timeline"}
    assert attached["Timeline"]["type"] == "image/svg+xml"
    verdict = (results / attached["Verdict CTI-05"]["source"]).read_text(encoding="utf-8")
    assert "32.400 s  the socket failed" in verdict
    assert (results / attached["Timeline"]["source"]).read_text(encoding="utf-8").startswith("<svg")


def test_lines_that_are_cited_are_shown_as_they_stand_in_the_journal_with_their_numbers(tmp_path: Path) -> None:
    journal = tmp_path / "j.jsonl"
    timeline = fail_over(journal)
    written = journal.read_text(encoding="utf-8").splitlines()
    first, second = timeline.observations[3], timeline.observations[7]
    evidence = (Evidence.of(second, "later"), Evidence.of(first, "earlier"), Evidence(9.0, "no single line"))
    cited = cited_lines(violated("CTI-05", "it was", *evidence), timeline, journal)
    assert {item.number: line for item, line in cited.items()} == {4: written[3], 8: written[7]}
    of_another = violated("CTI-05", "it was", Evidence(1.0, "of another", 2, "another"))
    assert cited_lines(of_another, timeline, journal) == {}
    assert cited_lines(of_another, timeline, tmp_path / "gone.jsonl") == {}
    (tmp_path / "another.jsonl").write_text("one\ntwo\n", encoding="utf-8")
    assert list(cited_lines(of_another, timeline, journal).values()) == ["two"]


def test_a_test_that_judges_twice_is_described_once(results: Path) -> None:
    result = _result(results, "test_twice")
    assert [label["name"] for label in result["labels"]].count("epic") == 1
    assert sum(step["name"].startswith("HELD") for step in result["steps"]) == 2
    assert sum("Steady state before" in step["name"] for step in result["steps"]) == 1


def test_environment_categories_and_executor_stand_beside_the_results(results: Path) -> None:
    environment = (results / "environment.properties").read_text(encoding="utf-8")
    assert "Finesse\\ release=12.6(2)\n" in environment
    assert "Lab=mock\\ \\=\\ \\\\\\ \\#1\n" in environment
    assert "Node=fin-a\\:\\ 8445\n" in environment
    categories = json.loads((results / "categories.json").read_text(encoding="utf-8"))
    assert {status for one in categories for status in one["matchedStatuses"]} == {"failed", "broken", "skipped"}
    assert json.loads((results / "executor.json").read_text(encoding="utf-8"))["name"] == "finesse-chaos"


def test_fixtures_are_left_out_unless_they_broke(tmp_path: Path) -> None:
    for name, status in (("good", "passed"), ("bad", "broken")):
        document = {"uuid": name, "children": [], "afters": [{"name": "chaos_session", "status": status}]}
        (tmp_path / f"{name}-container.json").write_text(json.dumps(document), encoding="utf-8")
    drop_plumbing(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["bad-container.json"]


def _named(spans: tuple[Span, ...], start: str) -> Span:
    return next(span for span in spans if span.title.startswith(start))


def test_a_story_is_whole_and_in_order() -> None:
    spans = story(fail_over())
    assert spans[0].title == "Steady state before: it holds"
    assert spans[-1].title == "Steady state after: it holds"
    assert all(one.end_s == other.start_s for one, other in itertools.pairwise(spans))
    assert spans[-1].end_s == END_S
    lost = _named(spans, "side A is lost")
    assert (lost.start_s, lost.ok) == (LOST_S, True)
    assert any(child.title.startswith("At the switch: 1001001: make-call 2002") for child in spans[2].children)
    back = _named(spans, "side B accepts again")
    assert back.start_s < BACK_S < back.end_s


def test_many_acts_at_a_stretch_are_one_step_and_a_call_that_is_gone_is_no_failure() -> None:
    act: dict[str, Any] = {"agent": "1001", "call_id": "7", "detail": "no such call"}
    cleared = [SwitchActed(at_s=2.0 + n, act=SwitchAct.CLEAR, ok=n < 2, **act) for n in range(243)]
    answered = SwitchActed(at_s=1.0, act=SwitchAct.ANSWER, ok=True, agent="1001", call_id="7")
    spans = story(Timeline((Step(at_s=0.5, title="we leave"), answered, *cleared, Ended(at_s=300.0))))
    assert [(child.title, child.ok) for child in spans[0].children] == [
        ("At the switch, 244 acts: 243 × clear, 1 × answer; 241 of them refused", True)
    ]
    refused = SwitchActed(at_s=1.0, act=SwitchAct.ANSWER, ok=False, agent="1001", call_id="7")
    assert not story(Timeline((Step(at_s=0.5, title="x"), refused, Ended(at_s=3.0))))[0].ok


def test_what_shares_an_instant_belongs_to_the_step_before_it() -> None:
    """Three steps and a fault at one instant of a virtual clock: the order of the lines decides."""
    whole = [seen for seen in fail_over() if not isinstance(seen, Ended)]
    squeezed = Timeline(tuple(type(seen)(**{**_fields(seen), "at_s": 1.0}) for seen in whole))
    spans = story(squeezed)
    assert [len(span.children) > 0 for span in spans if span.title.startswith("a call before")] == [True]
    assert spans[-1].title == "The journal breaks off here"
    assert not spans[-1].ok


def _fields(seen: object) -> dict[str, Any]:
    return {name: getattr(seen, name) for name in seen.__dataclass_fields__}  # type: ignore[attr-defined]


def test_a_story_cut_short_ends_with_its_reason() -> None:
    whole = tuple(fail_over())
    cut = Timeline((*whole[:200], Ended(at_s=whole[200].at_s, error="interrupted")))
    assert story(cut)[-1].title == "Cut short: interrupted"
    assert story(Timeline(())) == ()


def test_a_description_without_a_journal_or_a_verdict_says_why() -> None:
    judged = Judged("CTI-11", "x::test_y_z", "", "conference", None, "no outside number")
    said = description(judged, clause("CTI-11"), None)
    assert "<b>What should happen.</b> y z" in said
    assert "<b>Not judged.</b> no outside number" in said
    assert first_sentence("One. Two.") == "One."
