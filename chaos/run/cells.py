"""The table `cells.json` beside the suites: which of a test's experiments fill which cell of its grid, as on the mock.

`scripts/lengths` writes it from a whole run, which fills every cell.

    {"AWDB-03 test_name": {"both-lost credentials-cached": ["node *, request GET User/{id}", …]}}
"""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path

from chaos.report import Summary
from chaos.verdicts import Outcome
from chaos.verdicts.hosting import Filling, place

TABLE = "cells.json"
Table = Mapping[str, Filling]
"""By clause and name of its test."""


def fillings(suites: Path) -> Table:
    """What stands beside these suites; nothing beside suites of somebody's own."""
    try:
        document = json.loads((suites / TABLE).read_text(encoding="utf-8"))
        return {
            str(test): {str(cell): frozenset(by.split()) for by, cells in groups.items() for cell in cells}
            for test, groups in document.items()
        }
    except (OSError, ValueError, RecursionError, TypeError, AttributeError):
        return {}


def named(clause: str, test: str) -> str:
    """A test in that table, by its function."""
    return f"{clause} {test}"


def measured(run: Summary, plays: Mapping[str, frozenset[str]]) -> Table:
    """As they were filled in that run. plays: test → the experiments that it names; what others fill besides is left
    out, since they need not be played with it. Of several nodes each experiment that filled it at one counts."""
    found: dict[str, dict[str, frozenset[str]]] = {}
    for clause in run.clauses:
        for test in clause.details:
            name = named(clause.id, test.test.rpartition("::")[2])
            own = found.setdefault(name, {})
            for cell in test.grid:
                if cell.outcome == Outcome.HELD.value:
                    where = place(cell.at, run.nodes)
                    own[where] = own.get(where, frozenset()) | (frozenset(cell.by) & plays.get(name, frozenset()))
    return found


def lines(table: Table) -> Iterator[str]:
    """The table as it is written: a line for each set of experiments of each test."""
    tests = sorted(table)
    yield "{"
    for test in tests:
        groups: dict[str, list[str]] = {}
        for cell, by in table[test].items():
            if by:
                groups.setdefault(" ".join(sorted(by)), []).append(cell)
        yield f"  {json.dumps(test)}: {{"
        yield ",\n".join(f"    {json.dumps(by)}: {json.dumps(sorted(cells))}" for by, cells in sorted(groups.items()))
        yield "  }" + ("," if test != tests[-1] else "")
    yield "}"
