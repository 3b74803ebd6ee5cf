"""Which code is the product's, and which of its lines a clean run executes.

The product is Finesse: the room `chaos/mock/finesse`, and of `chaos/mock/browsers` what is the desktop's page and not
the browser; all but their hooks, which are what breaks it. What stands round it is what Finesse is held against, and no
clause is about it: the switch (`peripheral`) and its CTI servers, the AW hosts with SQL Server and Distributor
(`awdb`), the Identity Service, the consoles. A change there makes another deployment, not another Finesse.
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
FAMILIES = ("CTI", "AWDB", "IPPA", "CLIENT", "DESKTOP")
"""Those that take least come first: the first that notices ends a mutant's play."""
MUTATED = ("finesse", "browsers")
"""Rooms of `chaos/mock` that are the product."""
BROWSER = frozenset({"cookies", "devtools", "fetching", "sockets", "tab"})
"""Modules of `browsers` that are Chrome, and not the page that it shows."""
HOOKS = frozenset({"hooks", "token_hooks", "tables"})
"""Modules, and folders of such, in which the product asks how to behave."""
WORKERS = ("Callable", "Send", "Announce", "Ask", "OpenInVain")
"""Types by which a hook is handed work of the product."""
PATIENCE_S = 900.0


def files() -> list[Path]:
    """The product's modules, relative to the project."""
    return sorted(path for path in _modules() if not is_hooks(path) and not _is_browser(path))


def is_hooks(path: Path) -> bool:
    """Is it of what breaks the product?"""
    return bool(HOOKS & {path.stem, path.parent.name})


def _is_browser(path: Path) -> bool:
    return path.parent.name == "browsers" and path.stem in BROWSER


def _modules() -> list[Path]:
    return [path.relative_to(ROOT) for room in MUTATED for path in (ROOT / "chaos/mock" / room).rglob("*.py")]


def told() -> frozenset[str]:
    """Hooks by which the product merely tells its breaks what goes on: they give nothing back, and are handed nothing
    by which they could do the product's work."""
    found: set[str] = set()
    works: set[str] = set()
    for path in sorted(filter(is_hooks, _modules())):
        for node in ast.walk(ast.parse((ROOT / path).read_bytes())):
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
        if sys.version_info >= (3, 12):
            kept["COVERAGE_CORE"] = "sysmon"  # half of the time that tracing takes; of lines it says the same
        places = ("-i", MOCK, "--no-page", "--processes", "1", "--folder", str(Path(folder) / "run"))
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
