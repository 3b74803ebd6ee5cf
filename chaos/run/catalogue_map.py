"""The catalogue beside what covers it: tests by their clause marks, defects of the mock by their table."""

import ast
import json
from collections.abc import Mapping
from pathlib import Path

from rich.table import Table

from chaos.mock.defects import DEFECTS
from chaos.run.console import result_console
from chaos.verdicts import CLAUSES


def tests_by_clause(suites: Path) -> dict[str, list[str]]:
    """Names of the tests that bear each clause's mark, read from the suites' sources; nothing is imported."""
    found: dict[str, list[str]] = {}
    for path in sorted(suites.rglob("test_*.py")):
        # As in a run's summary.json, wherever the suites lie.
        name = (Path(suites.name) / path.relative_to(suites)).as_posix()
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef):
                for clause in _marks(node):
                    found.setdefault(clause, []).append(f"{name}::{node.name}")
    return found


def _marks(function: ast.FunctionDef) -> list[str]:
    calls = [mark for mark in function.decorator_list if isinstance(mark, ast.Call)]
    return [
        str(call.args[0].value)
        for call in calls
        if isinstance(call.func, ast.Attribute)
        and call.func.attr == "clause"
        and call.args
        and isinstance(call.args[0], ast.Constant)
    ]


def defects_by_clause() -> Mapping[str, list[str]]:
    """Names of the mock's defects that each clause's tests must catch."""
    found: dict[str, list[str]] = {}
    for defect in DEFECTS.values():
        found.setdefault(defect.clause, []).append(defect.value)
    return found


def catalogue_json(suites: Path) -> str:
    """The catalogue for machines: a list of clauses with id, section, text, tests and defects."""
    tests, defects = tests_by_clause(suites), defects_by_clause()
    rows = [
        {
            "id": row.id,
            "section": row.section,
            "text": row.text,
            "seen_by": row.seen_by,
            "tests": tests.get(row.id, []),
            "defects": list(defects.get(row.id, [])),
        }
        for row in CLAUSES
    ]
    return json.dumps(rows, ensure_ascii=False, indent=2)


def print_catalogue(suites: Path) -> None:
    """Print the catalogue: every clause, where it is tested, and by which defects the tests are tested."""
    tests, defects = tests_by_clause(suites), defects_by_clause()
    table = Table(title="clauses", show_lines=True)
    for column in ("clause", "what must hold", "tested by", "defects that its tests catch"):
        table.add_column(column, overflow="fold")
    for row in CLAUSES:
        names = [name.rpartition("::")[2] for name in tests.get(row.id, [])]
        table.add_row(row.id, row.text, "\n".join(names) or "not yet", "\n".join(defects.get(row.id, [])))
    console = result_console()
    console.print(table)
    console.print(f"{sum(1 for row in CLAUSES if row.id in tests)} of {len(CLAUSES)} clauses are tested")
