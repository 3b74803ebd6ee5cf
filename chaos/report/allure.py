"""Allure results: what the report shows of a clause test, and the files beside the results that describe the run.

The steps are written from one place at the end, out of the journal, not while things happen: steps of concurrent
tasks would nest in each other. Their times are the lab's, laid from the test's start on, so that the report shows the
durations that matter; a run against the mock passes hours of the lab in seconds.
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
from chaos.report.explained import evidence_in_order
from chaos.report.judged import Judged, span_text
from chaos.report.noticed import noticed
from chaos.report.steps import Span, story
from chaos.report.summary import Summary
from chaos.report.timeline import timeline_svg
from chaos.verdicts import Clause, Outcome, Verdict, clause

# So many lines of evidence are steps of their own; a page with thousands is read by nobody.
_CITED_MAX = 100

_STATUS = {
    Outcome.HELD: Status.PASSED,
    Outcome.VIOLATED: Status.FAILED,
    Outcome.INCONCLUSIVE: Status.BROKEN,
}

# Everybody at once loses service, or one agent does.
_SEVERITY = {"CTI": Severity.CRITICAL, "AWDB": Severity.CRITICAL}

CATEGORIES = (
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

    timeline: what was judged, None if nothing was played. journal: its file, of which the lines that are cited are
    attached. The whole of it stays beside the page: in there each would stand once a test, a hundred megabytes in all.
    """
    reporter = _reporter()
    test = None if reporter is None else reporter.get_test(None)
    if reporter is None or not isinstance(test, TestResult):
        return
    if not any(label.name == "clause" for label in test.labels):  # a test may judge more than once
        _describe(test, judged, timeline)
    if judged.verdict is not None:
        end_s = 0.0 if timeline is None else timeline.end_s
        test.steps.append(_verdict_step(judged.verdict, end_s, test.start))
        _attach(reporter, test, f"Verdict {judged.clause}", str(judged.verdict), AttachmentType.TEXT)
    if timeline is not None:
        cited = () if judged.verdict is None else (judged.verdict,)
        _attach(reporter, test, "Timeline", timeline_svg(timeline, cited), AttachmentType.SVG)
    if journal is not None and journal.is_file() and judged.verdict is not None and timeline is not None:
        lines = cited_lines(judged.verdict, timeline, journal)
        _attach(reporter, test, f"Lines cited of {journal.name}", lines, AttachmentType.TEXT)


def cited_lines(verdict: Verdict, timeline: Timeline, journal: Path) -> str:
    """Each line of that journal which the verdict cites, with its number there, in order; and where the whole is."""
    experiment = timeline.header.experiment
    own = [item for item in evidence_in_order(verdict) if item.experiment in (None, experiment)]
    numbers = sorted({item.number for item in own if item.number is not None})
    lines = journal.read_text(encoding="utf-8", errors="replace").splitlines()
    shown = [f"{number}: {lines[number - 1]}" for number in numbers[:_CITED_MAX] if number <= len(lines)]
    left = len(numbers) - len(shown)
    more = f"; {left} more are cited" if left else ""
    return "\n".join([f"{len(lines)} lines in journals/{journal.name}, beside the page{more}", *shown]) + "\n"


def _describe(test: TestResult, judged: Judged, timeline: Timeline | None) -> None:
    about = clause(judged.clause)
    test.name = judged.name[:1].upper() + judged.name[1:]
    test.description = description(judged, about, timeline)
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
            shown["measured"] = span_text(verdict.measured)
        if verdict.bound is not None:
            shown["bound"] = str(verdict.bound)
    if timeline is not None:
        shown["lab time"] = f"{timeline.end_s:.3f} s"
    return [Parameter(name=name, value=value, excluded=True) for name, value in shown.items()]


def _step(span: Span, zero_ms: int) -> TestStepResult:
    step = TestStepResult(
        name=f"{span.start_s:.3f} s – {span.title}",
        status=Status.PASSED if span.ok else Status.BROKEN,
        start=zero_ms + round(span.start_s * 1000),
        stop=zero_ms + round(span.end_s * 1000),
    )
    step.steps.extend(_step(child, zero_ms) for child in span.children)
    return step


def _verdict_step(verdict: Verdict, end_s: float, zero_ms: int) -> TestStepResult:
    """The judgement as the last step, with what it cites as steps inside: facts, each at its own time."""
    status = _STATUS[verdict.outcome]
    ended_ms = zero_ms + round(end_s * 1000)
    step = TestStepResult(name=f"{verdict.outcome}: {verdict.reason}", status=status, start=ended_ms, stop=ended_ms)
    everything = evidence_in_order(verdict)
    experiments = {item.experiment for item in everything}
    for cited in everything[:_CITED_MAX]:
        at_ms = ended_ms if cited.at_s is None else zero_ms + round(cited.at_s * 1000)
        name = cited.text if cited.at_s is None else f"{cited.at_s:.3f} s – {cited.text}"
        if cited.experiment is not None and len(experiments) > 1:
            name += f" (in {cited.experiment})"
        step.steps.append(TestStepResult(name=name, status=status, start=at_ms, stop=at_ms))
    left = len(everything) - _CITED_MAX
    if left > 0:
        name = f"and {left} more, which the journals have"
        step.steps.append(TestStepResult(name=name, status=status, start=ended_ms, stop=ended_ms))
    return step


def _explanation(judged: Judged) -> list[str]:
    """What a violated clause opens with."""
    if judged.explained is None:
        return []
    opening = f"**{judged.clause} is violated.**"
    return [opening, *(_labelled(label, text) for label, text in judged.explained.lines())]


def _labelled(label: str, text: str) -> str:
    shown = f"`{text}`" if label == "play it again" and "`" not in text else _markdown(text)
    return f"**{label[:1].upper()}{label[1:]}.** {shown}"


def description(judged: Judged, about: Clause, timeline: Timeline | None) -> str:
    """What should happen, how it was judged and where it was played, as Markdown."""
    parts = _explanation(judged)
    parts += [f"**What should happen.** {_markdown(judged.title or judged.name)}"]
    seen_by = f" {_markdown(_seen_by(about.seen_by))}" if about.seen_by else ""
    parts.append(f"**Clause {about.id}** (section “{_markdown(about.section)}”). {_markdown(about.text)}{seen_by}")
    verdict = judged.verdict
    if verdict is None:
        parts.append(f"**Not judged.** {_markdown(judged.unfit or 'no reason given')}")
    else:
        figures = ""
        if verdict.measured is not None:
            figures += f" Measured: {_markdown(span_text(verdict.measured))}."
        if verdict.bound is not None:
            figures += f" Bound: {_markdown(str(verdict.bound))}."
        parts.append(f"**How it was judged.** {verdict.outcome}: {_markdown(verdict.reason)}.{figures}")
    played = _header(timeline)
    if timeline is not None and played is not None:
        parts.append(
            f"**What was played.** {_markdown(played.title)} ({_markdown(played.experiment)}), on lab "
            f"{_markdown(played.lab)}, release {_markdown(played.release)}, {played.clock} clock, seed {played.seed}. "
            f"It took {timeline.end_s:.1f} s of the lab's time; the steps below show the lab's times."
        )
        if judged.explained is None:  # which has the same, of the experiment in which it shows first
            parts.append(f"**What agents saw.** {_markdown(' '.join(noticed(timeline)))}")
    return "\n\n".join(parts)


def _seen_by(short: str) -> str:
    """The catalogue's shorthand for how a clause is judged, in words: O for what is observed, B for a bound."""
    kind, colon, rest = short.partition(": ")
    if kind == "O" and colon:
        return f"What is looked at: {rest}."
    if kind == "B":
        return f"It has a bound: {rest}." if rest else "It has a bound."
    return f"It is judged by: {short}."


def first_sentence(text: str) -> str:
    """Up to the first full stop that ends a sentence."""
    return text.partition(". ")[0].rstrip(".") + "."


def _markdown(text: str) -> str:
    """Plain text for Markdown: what would be markup stands as it is."""
    return "".join("\\" + letter if letter in "\\`*_{}[]<>#|~" else letter for letter in text)


def write_run_files(
    results: Path, summary: Summary, *, more: Mapping[str, str] | None = None, pages: Mapping[str, Path] | None = None
) -> None:
    """Write environment.properties, categories.json and executor.json beside the results, once all tests have run.

    more: further lines for the environment, for instance versions or where links lead. pages: Markdown that belongs
    to the run as a whole, by title: global attachments.
    """
    results.mkdir(parents=True, exist_ok=True)
    drop_plumbing(results)
    environment = {
        "Lab": summary.lab,
        "Finesse release": summary.release,
        "Clock": summary.clock,
        "Seed": str(summary.seed),
        "Lab time": f"{summary.lab_s:.1f} s",
        "Wall time": f"{summary.wall_s:.1f} s",
        "Started": summary.started,
        "Clauses": summary.conclusion(),
        "Seeded defects": ", ".join(summary.seeded),
        **(more or {}),
    }
    lines = [f"{_property(name)}={_property(value)}\n" for name, value in environment.items() if value]
    (results / "environment.properties").write_text("".join(lines), encoding="utf-8")
    (results / "categories.json").write_text(json.dumps(CATEGORIES, indent=2) + "\n", encoding="utf-8")
    executor = {"name": "finesse-chaos", "type": "finesse-chaos", "buildName": f"{summary.lab}, seed {summary.seed}"}
    (results / "executor.json").write_text(json.dumps(executor, indent=2) + "\n", encoding="utf-8")
    _write_pages(results, pages or {})


def _write_pages(results: Path, pages: Mapping[str, Path]) -> None:
    attachments = []
    for title, page in pages.items():
        source = f"{page.stem}-attachment{page.suffix}"
        (results / source).write_bytes(page.read_bytes())
        attachments.append({"name": title, "source": source, "type": "text/markdown"})
    (results / "run-globals.json").write_text(json.dumps({"attachments": attachments}) + "\n", encoding="utf-8")


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
