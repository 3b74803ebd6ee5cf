"""Whoever notes what he sees of a lab counts it: one who did not would take away the verdicts of whoever does."""

import ast
from collections.abc import Iterator

from chaos.journal import About, EventSeen, Journal, Step, SwitchAgentSeen
from tests.suites.runs import ROOT

# Who notes the course of an experiment, which nobody counts; and who numbers what he notes (`Journal.nth`).
UNCOUNTED = {
    "chaos/experiment/player.py": "its head, its end and how late we were",
    "chaos/experiment/stage.py": "its steps",
    "chaos/experiment/steady.py": "its steady state",
    "chaos/faults/injection.py": "its faults",
    "chaos/faults/watching.py": "its faults",
    "chaos/clients/rest.py": "numbered",
    "chaos/clients/events.py": "numbered",
    "chaos/clients/cti_link.py": "numbered",
}


def records(source: str) -> Iterator[ast.Call]:
    """Calls of `record` on a journal."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "record":
            of = ast.unparse(node.func.value)
            if of.lower().endswith("journal"):
                yield node


def test_only_these_note_without_counting() -> None:
    found = {
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / "chaos").rglob("*.py")
        if path.parent.name != "journal" and any(records(path.read_text(encoding="utf-8")))
    }
    assert found == set(UNCOUNTED)


def test_what_is_observed_or_numbered_is_counted_and_what_is_recorded_is_not() -> None:
    journal = Journal(None, lambda: 0.0)
    journal.record(Step(title="begins"))
    journal.observe(SwitchAgentSeen(agent="1001", state="READY"))
    journal.observe(SwitchAgentSeen(agent="1001", state="NOT_READY"))
    for due in (1, 2, 3):
        nth = journal.nth(EventSeen)
        assert nth == due
        journal.record(EventSeen(node="fin-a", agent="1001", about=About.USER, event="PUT", source="x", nth=nth))
    assert journal.counted() == (("EventSeen", 3), ("SwitchAgentSeen", 2))
    assert [type(seen).__name__ for seen in journal.timeline()] == ["Step"] + ["SwitchAgentSeen"] * 2 + [
        "EventSeen"
    ] * 3
