"""`python -m tests.bench`: what a run costs, as tables: one process, one experiment in an open lab, crowds of agents.

Processor time is what is compared, since the machine may be busy with other work; each figure comes from a process of
its own. Ratios are within one table, that is within one call of this script.
"""

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from chaos import clock
from tests.bench.crowd import crowd
from tests.inventory.labs import REPOSITORY

MOCK = REPOSITORY / "inventories" / "mock.yaml"
_LIMIT_S = 3600.0


def main() -> int:
    parser = argparse.ArgumentParser(prog="scripts/bench", description=__doc__)
    parser.add_argument("--agents", default="12,200,800,2000", help="how many are at work")
    parser.add_argument("--times", type=int, default=3, help="how often the short ones are measured")
    parser.add_argument("--only", choices=("process", "experiment", "crowd"))
    parser.add_argument("--one-crowd", type=Path, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.one_crowd is not None:
        sys.stdout.write(json.dumps(crowd(asked.one_crowd)) + "\n")
        return 0
    if asked.only in (None, "process"):
        _process(asked.times)
    if asked.only in (None, "experiment"):
        _experiment(asked.times)
    if asked.only in (None, "crowd"):
        _crowds([int(count) for count in asked.agents.split(",")])
    return 0


def _say(*lines: str) -> None:
    sys.stdout.write("\n".join(lines) + "\n")
    sys.stdout.flush()


def _timed(*command: str) -> tuple[float, float]:
    """Processor and wall seconds of a process and of what it started."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    with clock.stopwatch() as elapsed_s:
        subprocess.run(command, check=True, capture_output=True, timeout=_LIMIT_S, cwd=REPOSITORY)
        wall_s = elapsed_s()
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime, wall_s


def _process(times: int) -> None:
    imports, runs = [], []
    for _ in range(times):
        imports.append(_timed(sys.executable, "-c", "import pytest, chaos.run.asked"))
        with tempfile.TemporaryDirectory() as folder:
            asked = ["run", "CTI-05", "-i", str(MOCK), "--no-page", "--folder", f"{folder}/run"]
            runs.append(_timed(sys.executable, "-m", "chaos", *asked))
    _say("| one process | processor, s | wall, s |", "|---|---:|---:|")
    for what, found in (("imports", imports), ("`run CTI-05`, no page", runs)):
        _say(f"| {what} | {_median(found, 0):.2f} | {_median(found, 1):.2f} |")
    _say("")


def _median(found: list[tuple[float, float]], column: int) -> float:
    return statistics.median(one[column] for one in found)


def _experiment(times: int) -> None:
    found = [_crowd_of(4, MOCK) for _ in range(times)]
    again = statistics.median(one["experiment_s"] for one in found)
    first = statistics.median(one["opened_s"] for one in found)
    _say("| in an open lab | processor, s |", "|---|---:|", f"| opening it | {first:.2f} |")
    _say(f"| `a-reset`: two fail-overs of two nodes, and judging CTI-05 | {again:.3f} |", "")


def _crowds(counts: list[int]) -> None:
    _say(
        "| at work | opening, s | `a-reset`, s | a fail-over, ms an agent | largest, MB | more MB an agent | CTI-05 |",
        "|---:|---:|---:|---:|---:|---:|---|",
    )
    least: dict[str, Any] | None = None
    for count in counts:
        with tempfile.TemporaryDirectory() as folder:
            found = _crowd_of(count, crowded(MOCK, Path(folder) / "crowd.yaml", count))
        least = least or found
        more = (found["largest_mb"] - least["largest_mb"]) / max(1, count - least["at_work"])
        each_ms = 1000 * found["experiment_s"] / 2 / count
        _say(
            f"| {count} | {found['opened_s']:.1f} | {found['experiment_s']:.1f} | {each_ms:.1f} "
            f"| {found['largest_mb']:.0f} | {more:.2f} | {found['verdict']} |"
        )
    _say("")


def crowded(inventory: Path, path: Path, count: int) -> Path:
    """That mock with so many agents at work, and as many spare ones as it takes for the clauses."""
    head, rest = inventory.read_text(encoding="utf-8").split("\nagents:\n")
    rows = (f"  - {{id: {1001001 + n}, password: p, extension: {200001 + n}}}\n" for n in range(count + 24))
    tail = rest[rest.index("outside_number") :]
    path.write_text(f"{head}\nat_work: {count}\nagents:\n{''.join(rows)}{tail}", encoding="utf-8")
    return path


def _crowd_of(count: int, inventory: Path) -> dict[str, Any]:
    ended = subprocess.run(
        [sys.executable, "-m", "tests.bench", "--one-crowd", str(inventory)],
        check=True,
        stdout=subprocess.PIPE,
        timeout=_LIMIT_S,
        cwd=REPOSITORY,
        env=os.environ,
    )
    found: dict[str, Any] = json.loads(ended.stdout.splitlines()[-1])
    assert found["at_work"] == count
    return found


if __name__ == "__main__":
    sys.exit(main())
