"""Which code is the product's, and which of its lines a clean run executes.

The product is Finesse: the room `chaos/mock/finesse`, all but its hooks, which are what breaks it. What stands round it
is what Finesse is held against, and no clause is about it: the switch (`peripheral`) and its CTI servers, the AW hosts
with SQL Server and Distributor (`awdb`), the consoles. A change there makes another deployment, not another Finesse.
"""

import ast
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
MUTATED = ("finesse",)
"""Rooms of `chaos/mock` that are the product."""
WORKERS = ("Callable", "Send", "Announce", "Ask", "OpenInVain")
"""Types by which a hook is handed work of the product."""
HOOKS = "chaos/mock/finesse/hooks"
PATIENCE_S = 900.0


def files() -> list[Path]:
    """The product's modules, relative to the project."""
    found = [path.relative_to(ROOT) for room in MUTATED for path in (ROOT / "chaos/mock" / room).rglob("*.py")]
    return sorted(path for path in found if "hooks" not in (path.stem, path.parent.name))


def told() -> frozenset[str]:
    """Hooks by which the product merely tells its breaks what goes on: they give nothing back, and are handed nothing
    by which they could do the product's work."""
    found: set[str] = set()
    works: set[str] = set()
    for path in sorted((ROOT / HOOKS).glob("*.py")):
        for node in ast.walk(ast.parse(path.read_bytes())):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and not node.name.startswith("_"):
                (found if _tells(node) else works).add(node.name)
    return frozenset(found - works)


def _tells(node: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    handed = [ast.unparse(one.annotation) for one in (*node.args.args, *node.args.kwonlyargs) if one.annotation]
    gives = node.returns is None or ast.unparse(node.returns) != "None"
    return not gives and not any(word in one for one in handed for word in WORKERS)


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
