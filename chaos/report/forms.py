"""A run for machines: the schema of `summary.json`, and JUnit. Pure."""

import re
from collections.abc import Iterator
from typing import Any
from xml.etree import ElementTree as ET

from pydantic import TypeAdapter

from chaos.report.summary import NOT_RUN, SCHEMA, UNFIT, Summary, TestRow
from chaos.verdicts import Outcome

# What XML 1.0 cannot hold, written in any way.
_FORBIDDEN = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_ELEMENTS = {
    Outcome.VIOLATED.value: "failure",
    Outcome.INCONCLUSIVE.value: "error",
    UNFIT: "skipped",
    NOT_RUN: "skipped",
}


def summary_schema() -> dict[str, Any]:
    """The JSON schema of `summary.json`, as `docs/summary.schema.json` has it."""
    schema = TypeAdapter(Summary).json_schema()
    schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    schema["title"] = "summary.json of finesse-chaos"
    schema["properties"] |= {
        "conclusion": {"type": "string", "description": "the run in one line"},
        "schema": {
            "const": SCHEMA,
            "description": "raised when a field changes its meaning or goes; not for a new one",
        },
    }
    schema["required"] = [*schema["required"], "conclusion", "schema"]
    return schema


def junit(summary: Summary) -> str:
    """JUnit's XML: a suite a family, a case a test. VIOLATED is a failure, INCONCLUSIVE an error; what was not judged
    is skipped. Verdict, measured and bound are properties of the case."""
    root = ET.Element("testsuites", name=_text(f"finesse-chaos: {summary.conclusion()}"), time=f"{summary.wall_s:.3f}")
    for family in dict.fromkeys(row.id.partition("-")[0] for row in summary.clauses):
        cases = [case for id, one in _tests(summary) if id.startswith(f"{family}-") for case in (_case(id, one),)]
        suite = ET.SubElement(root, "testsuite", name=family, tests=str(len(cases)))
        for tag, count in (("failure", "failures"), ("error", "errors"), ("skipped", "skipped")):
            suite.set(count, str(sum(case.find(tag) is not None for case in cases)))
        suite.extend(cases)
    ET.indent(root)
    return ET.tostring(root, encoding="unicode", xml_declaration=True) + "\n"


def _tests(summary: Summary) -> Iterator[tuple[str, TestRow]]:
    """A clause that none of its tests came to is a case of its own: nobody may take it for judged."""
    for row in summary.clauses:
        yield from ((row.id, one) for one in row.details)
        if not row.details:
            yield row.id, TestRow("", "none of its tests ran", "", row.verdict, row.reason, None, None)


def _case(id: str, one: TestRow) -> ET.Element:
    case = ET.Element("testcase", classname=id, name=_text(one.name))
    properties = ET.SubElement(case, "properties")
    shown = {"verdict": one.verdict, "measured": one.measured, "bound": one.bound, "experiment": one.experiment}
    shown["known issue"] = ", ".join(one.known)
    for name, value in shown.items():
        if value:
            ET.SubElement(properties, "property", name=name, value=_text(value))
    if (tag := _ELEMENTS.get(one.verdict)) is not None:
        told = ET.SubElement(case, tag, message=_text(one.reason))
        if one.explained is not None:
            told.text = _text("\n".join(f"{label}: {text}" for label, text in one.explained.lines()))
    return case


def _text(text: str) -> str:
    return _FORBIDDEN.sub("\ufffd", text)
