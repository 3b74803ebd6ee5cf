"""Which code is the product's, and which of its lines a clean run executes."""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

ROOT = Path(__file__).parents[2]
MOCK = "inventories/mock.yaml"
FAMILIES = ("CTI", "AWDB")
MUTATED = ("awdb", "cti_server", "finesse", "peripheral")
"""Rooms of `chaos/mock` that stand for the product. Consoles are not: no clause is about them."""
PATIENCE_S = 900.0


def files() -> list[Path]:
    """The product's modules, relative to the project. Its hooks are no product: they are what breaks it."""
    found = [path.relative_to(ROOT) for room in MUTATED for path in (ROOT / "chaos/mock" / room).rglob("*.py")]
    return sorted(path for path in found if "hooks" not in (path.stem, path.parent.name))


def executed(family: str) -> Mapping[str, frozenset[int]]:
    """The lines of each of these modules that one clean run of a family executes."""
    with tempfile.TemporaryDirectory(prefix="finesse-chaos-coverage-") as folder:
        data, report = Path(folder) / "data", Path(folder) / "report.json"
        coverage = (sys.executable, "-m", "coverage")
        kept = {name: value for name, value in os.environ.items() if not name.startswith("COV_")}
        places = ("-i", MOCK, "--no-page", "--folder", str(Path(folder) / "run"))
        ran = subprocess.run(
            [
                *coverage,
                "run",
                f"--data-file={data}",
                "--source=chaos/mock",
                "-m",
                "tests.mutation.sound",
                "run",
                family,
                *places,
            ],
            cwd=ROOT,
            env=kept,
            capture_output=True,
            text=True,
            timeout=PATIENCE_S,
            check=False,
        )
        if ran.returncode:
            raise RuntimeError(f"a clean run of {family} ended with {ran.returncode}:\n{ran.stdout}{ran.stderr}")
        arguments = ["json", f"--data-file={data}", "-o", str(report), "-q"]
        subprocess.run([*coverage, *arguments], cwd=ROOT, env=kept, check=True, timeout=PATIENCE_S)
        seen = json.loads(report.read_text(encoding="utf-8"))["files"]
    return {name: frozenset(one["executed_lines"]) for name, one in seen.items()}
