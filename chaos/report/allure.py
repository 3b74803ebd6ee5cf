"""Allure results: what the report shows of a clause test, and the files beside the results that describe the run.

The steps are written from one place at the end, out of the journal, not while things happen: steps of concurrent
tasks would nest in each other. Their times are the lab's, laid from the test's start on, so that the report shows the
durations that matter; a run against the mock passes hours of the lab in seconds. So a test lasts as long, too.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol
from uuid import uuid4

import allure_commons
from allure_commons.model2 import Label, Parameter, Status, TestResult, TestStepResult
from allure_commons.reporter import AllureReporter
from allure_commons.types import AttachmentType, LabelType, Severity

from chaos.journal import Header, Timeline
from chaos.report.described import description
from chaos.report.displays import displays_svg
from chaos.report.diverged import evidence_in_order
from chaos.report.judged import Judged
from chaos.report.steps import Span, story
from chaos.report.summary import Summary
from chaos.report.timeline import timeline_svg
from chaos.verdicts import Clause, Evidence, Outcome, Verdict, clause

# So many lines of evidence are steps of their own; a page with thousands is read by nobody.
_CITED_MAX = 100

_STATUS = {
    Outcome.HELD: Status.PASSED,
    Outcome.VIOLATED: Status.FAILED,
    Outcome.INCONCLUSIVE: Status.BROKEN,
}

_LAB_TIME = "lab time"

# Everybody at once loses service, or one agent does.
_SEVERITY = {"CTI": Severity.CRITICAL, "AWDB": Severity.CRITICAL}

CATEGORIES = (
    {
        "name": "Known issues: violated, and waived until a day",
        "messageRegex": r"Known issue[\s\S]*",
        "matchedStatuses": ["failed"],
    },
    {
        "name": "VIOLATED: the product does not do what is documented",
        "matchedStatuses": ["failed"],
    },
    {
        "name": "The lab could not be restored: repair it by hand",
        "messageRegex": r"[\s\S]*(RollbackFailed|could not be rolled back|lab is still broken)[\s\S]*",
        "matchedStatuses": ["broken"],
    },
    {
        "name": "INCONCLUSIVE: it could not be judged",
        "messageRegex": r"[\s\S]*INCONCLUSIVE[\s\S]*",
        "matchedStatuses": ["broken"],
    },
    {
        "name": "Errors of the harness or the lab",
        "matchedStatuses": ["broken"],
    },
    {
        "name": "Unfit: this lab cannot host it",
        "matchedStatuses": ["skipped"],
    },
)


def annotate(judged: Judged, timeline: Timeline | None, journal: Path | None) -> None:
    """Describe the test that is running now. Without `--alluredir` this does nothing.

    timeline: what was judged, None if nothing was played. journal: its file; each thing that is cited opens to its line
    there. The whole of it stays beside the page: in there it would stand once a test, a hundred megabytes in all.
    """
    reporter = _reporter()
    test = None if reporter is None else reporter.get_test(None)
    if reporter is None or not isinstance(test, TestResult):
        return
    cited = () if judged.verdict is None else (judged.verdict,)
    picture = "" if timeline is None else timeline_svg(timeline, cited)
    if not any(label.name == "clause" for label in test.labels):  # a test may judge more than once
        _describe(test, judged, timeline, picture)
    if judged.verdict is not None:
        end_s = 0.0 if timeline is None else timeline.end_s
        lines = {} if journal is None or timeline is None else cited_lines(judged.verdict, timeline, journal)
        test.steps.append(_verdict_step(judged.verdict, end_s, test.start, lines))
        _attach(reporter, test, f"Verdict {judged.clause}", str(judged.verdict), AttachmentType.TEXT)
    if timeline is not None:
        _attach(reporter, test, "Timeline", picture, AttachmentType.SVG)


def cited_lines(verdict: Verdict, timeline: Timeline, journal: Path) -> dict[Evidence, str]:
    """Of what the verdict cites, as much as is shown: its line in its journal. journal: the timeline's; those of other
    experiments stand beside it, under their names."""
    own = timeline.header.experiment
    read: dict[str, list[str]] = {}
    found: dict[Evidence, str] = {}
    for item in evidence_in_order(verdict)[:_CITED_MAX]:
        name = item.experiment or own
        if name not in read:
            path = journal if name == own else journal.with_name(f"{name}{journal.suffix}")
            text = path.read_text(encoding="utf-8", errors="replace") if path.is_file() else ""
            read[name] = text.splitlines()
        if item.number and item.number <= len(read[name]):
            found[item] = read[name][item.number - 1]
    return found


def _describe(test: TestResult, judged: Judged, timeline: Timeline | None, picture: str) -> None:
    about = clause(judged.clause)
    # Tests are looked for by their names, and clauses by their ids.
    test.name = f"{judged.clause}: {judged.name}"
    displays = "" if timeline is None else displays_svg(timeline)
    test.descriptionHtml = description(judged, about, timeline, picture, displays)
    test.labels.extend(_labels(judged, about, timeline))
    test.parameters.extend(_parameters(judged, timeline))
    if timeline is not None:
        test.steps.extend(_step(span, test.start) for span in story(timeline))


class _Reporter(Protocol):
    """What we use of allure_commons' AllureReporter, which has no types of its own."""

    def get_test(self, uuid: str | None) -> Any: ...

    def attach_data(
        self, uuid: object, body: str | bytes, *, name: str, attachment_type: AttachmentType, parent_uuid: str
    ) -> None: ...


def _reporter() -> _Reporter | None:
    """The reporter of the pytest session that is running, None if it writes no Allure results."""
    for plugin in allure_commons.plugin_manager.get_plugins():
        reporter = getattr(plugin, "allure_logger", None)
        if isinstance(reporter, AllureReporter):
            return reporter
    return None


def _header(timeline: Timeline | None) -> Header | None:
    """The journal's first line, if there is a journal and it has one."""
    return next(iter(timeline.of(Header)), None) if timeline is not None else None


def _attach(reporter: _Reporter, test: TestResult, name: str, body: str | bytes, type: AttachmentType) -> None:
    reporter.attach_data(uuid4(), body, name=name, attachment_type=type, parent_uuid=test.uuid)


def _labels(judged: Judged, about: Clause, timeline: Timeline | None) -> list[Label]:
    header = _header(timeline)
    played = judged.experiment if header is None else header.title
    severity = _SEVERITY.get(about.family, Severity.NORMAL)
    return [
        Label(LabelType.EPIC, f"{about.family}: {about.section}"),
        Label(LabelType.FEATURE, f"{about.id}: {first_sentence(about.text)}"),
        Label(LabelType.STORY, played),
        Label(LabelType.SEVERITY, severity.value),
        Label("clause", about.id),
    ]


def _parameters(judged: Judged, timeline: Timeline | None) -> list[Parameter]:
    """Shown beside the test; excluded from its history id, since the figures differ from run to run."""
    shown = {"clause": judged.clause, "experiment": judged.experiment}
    verdict = judged.verdict
    if verdict is None:
        shown["not judged"] = judged.unfit or "no reason given"
    else:
        shown["verdict"] = verdict.outcome.value
        if verdict.measured is not None:
            shown["measured"] = str(verdict.measured)
        if verdict.bound is not None:
            shown["bound"] = str(verdict.bound)
    if timeline is not None:
        shown[_LAB_TIME] = f"{timeline.end_s:.3f} s"
    return [Parameter(name=name, value=value, excluded=True) for name, value in shown.items()]


def _step(span: Span, zero_ms: int) -> TestStepResult:
    """Of the story. What was done to the lab passes nothing: its green tick would stand under a red verdict."""
    step = TestStepResult(
        name=f"{span.start_s:.3f} s – {span.title}",
        status=None if span.ok else Status.BROKEN,
        start=zero_ms + round(span.start_s * 1000),
        stop=zero_ms + round(span.end_s * 1000),
    )
    step.steps.extend(_step(child, zero_ms) for child in span.children)
    return step


def _verdict_step(verdict: Verdict, end_s: float, zero_ms: int, lines: Mapping[Evidence, str]) -> TestStepResult:
    """The judgement as the last step, with what it cites as steps inside: facts, each at its own time, and none of them
    passed or failed. Each opens to its line of the journal."""
    status = _STATUS[verdict.outcome]
    ended_ms = zero_ms + round(end_s * 1000)
    step = TestStepResult(name=f"{verdict.outcome}: {verdict.reason}", status=status, start=ended_ms, stop=ended_ms)
    everything = evidence_in_order(verdict)
    experiments = {item.experiment for item in everything}
    for cited in everything[:_CITED_MAX]:
        at_ms = ended_ms if cited.at_s is None else zero_ms + round(cited.at_s * 1000)
        name = cited.text if cited.at_s is None else f"{cited.at_s:.3f} s – {cited.text}"
        if cited.number is not None:
            name += f" – line {cited.number}"
        if cited.experiment is not None and len(experiments) > 1:
            name += f" in {cited.experiment}"
        fact = TestStepResult(name=name, start=at_ms, stop=at_ms)
        if cited in lines:
            # A step's name is wrapped; a parameter or an error would be cut, or red.
            fact.steps.append(TestStepResult(name=lines[cited], start=at_ms, stop=at_ms))
        step.steps.append(fact)
    left = len(everything) - _CITED_MAX
    if left > 0:
        name = f"and {left} more, which the journals have"
        step.steps.append(TestStepResult(name=name, start=ended_ms, stop=ended_ms))
    return step


def first_sentence(text: str) -> str:
    """Up to the first full stop that ends a sentence."""
    return text.partition(". ")[0].rstrip(".") + "."


def write_run_files(
    results: Path, summary: Summary, *, more: Mapping[str, str] | None = None, pages: Mapping[str, Path] | None = None
) -> None:
    """Write environment.properties, categories.json and executor.json beside the results, once all tests have run.

    more: further lines for the environment, for instance versions or where links lead. pages: Markdown that belongs
    to the run as a whole, by title: global attachments.
    """
    results.mkdir(parents=True, exist_ok=True)
    drop_plumbing(results)
    last_in_lab_time(results)
    environment = {
        "Conclusion": summary.conclusion(),
        "Lab": summary.lab,
        "Finesse release": summary.release,
        "Clock": summary.clock,
        "Seed": str(summary.seed),
        "Lab time": f"{summary.lab_s:.1f} s",
        "Real time": f"{summary.wall_s:.1f} s",
        "Started": summary.started,
        "Seeded defects": ", ".join(summary.seeded),
        **(more or {}),
    }
    lines = [f"{_property(name)}={_property(value)}\n" for name, value in environment.items() if value]
    (results / "environment.properties").write_text("".join(lines), encoding="utf-8")
    (results / "categories.json").write_text(json.dumps(CATEGORIES, indent=2) + "\n", encoding="utf-8")
    executor = {"name": "finesse-chaos", "type": "finesse-chaos", "buildName": f"{summary.lab}, seed {summary.seed}"}
    (results / "executor.json").write_text(json.dumps(executor, indent=2) + "\n", encoding="utf-8")
    _write_pages(results, pages or {}, summary.headline())


def _write_pages(results: Path, pages: Mapping[str, Path], headline: str) -> None:
    """headline: what stands at the report's head already, above all of its pages."""
    attachments = []
    for title, page in pages.items():
        source = f"{page.stem}-attachment{page.suffix}"
        text = page.read_text(encoding="utf-8").removeprefix(f"# {headline}\n").lstrip("\n")
        (results / source).write_text(text, encoding="utf-8")
        attachments.append({"name": title, "source": source, "type": "text/markdown"})
    (results / "run-globals.json").write_text(json.dumps({"attachments": attachments}) + "\n", encoding="utf-8")


def last_in_lab_time(results: Path) -> None:
    """Let each test last as long as what was played, as its steps do, and not as it took to judge it: real times and
    the lab's are not to stand side by side. One for which nothing was played lasts no time."""
    for path in results.glob("*-result.json"):
        document = json.loads(path.read_text(encoding="utf-8"))
        lasted = [one["value"] for one in document.get("parameters", ()) if one.get("name") == _LAB_TIME]
        if not any(label.get("name") == "clause" for label in document.get("labels", ())):
            continue  # not a test of a clause: it has nothing of the lab
        seconds = float(lasted[0].removesuffix(" s")) if lasted else 0.0
        document["stop"] = document.get("start", 0) + round(seconds * 1000)
        path.write_text(json.dumps(document, ensure_ascii=False), encoding="utf-8")


def drop_plumbing(results: Path) -> None:
    """Leave the fixtures out in which nothing went wrong: a reader looks for the lab, not for pytest."""
    for container in results.glob("*-container.json"):
        document = json.loads(container.read_text(encoding="utf-8"))
        parts = [*document.get("befores", ()), *document.get("afters", ())]
        if not any(part.get("status") in (Status.FAILED, Status.BROKEN) for part in parts):
            container.unlink()


def _property(text: str) -> str:
    """Text as a key or value of a .properties file."""
    escaped = text.replace("\\", "\\\\").replace("\n", "\\n").replace("\r", "\\r")
    return "".join("\\" + letter if letter in "=:#! " else letter for letter in escaped)
