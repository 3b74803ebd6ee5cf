"""What is installed is whole: imports are declared dependencies, the lock is complete, the wheel plays alone."""

import ast
import re
import subprocess
import sys
import tomllib
import zipfile
from collections.abc import Iterator
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

from tests.suites.runs import ROOT, environment

OURS = {"chaos", "suites"}
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def normal(distribution: str) -> str:
    """The name of a requirement or distribution as indexes compare it. Source: packaging's name normalization."""
    name = re.match(r"[A-Za-z0-9._-]+", distribution)
    assert name is not None, distribution
    return re.sub(r"[-_.]+", "-", name[0]).lower()


def imported(source: str) -> Iterator[str]:
    """The top names of all absolute imports in a source, wherever they stand."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module.partition(".")[0]


def needed(folder: str) -> dict[str, str]:
    """Each distribution that the sources in a folder import from, and one file that does."""
    distributions = packages_distributions()
    found: dict[str, str] = {}
    for path in sorted((ROOT / folder).rglob("*.py")):
        for module in set(imported(path.read_text(encoding="utf-8"))) - sys.stdlib_module_names - OURS - {"tests"}:
            for distribution in distributions.get(module, [f"(nothing installed has {module})"]):
                found.setdefault(normal(distribution), str(path.relative_to(ROOT)))
    return found


def declared() -> set[str]:
    project = PROJECT["project"]
    extras = project.get("optional-dependencies", {}).values()
    return {normal(one) for group in (project["dependencies"], *extras) for one in group}


def test_every_import_is_a_declared_dependency_and_every_declared_dependency_is_imported() -> None:
    imports = needed("chaos") | needed("suites")
    # See chaos/commands/suites.py, chaos/clock/loops.py, and pyproject.toml.
    by_name = {"allure-pytest", "uvloop", "sniffio"}
    assert not {name: file for name, file in imports.items() if name not in declared()}
    assert declared() - imports.keys() - by_name == set()


def test_the_tests_import_nothing_that_the_lock_does_not_name() -> None:
    locked = {normal(line) for line in _lock() if line[:1].isalnum()}
    wanted = needed("tests").keys() | declared() | {normal(one) for one in PROJECT["dependency-groups"]["dev"]}
    wanted |= {normal(one) for one in PROJECT["build-system"]["requires"]}
    assert wanted - locked == set()


def _lock() -> list[str]:
    return (ROOT / "requirements.lock").read_text(encoding="utf-8").splitlines()


def test_every_line_of_the_lock_is_pinned_and_hashed_and_says_nothing_of_an_index() -> None:
    lines = _lock()
    pins = [line for line in lines if line[:1].isalnum()]
    assert pins
    assert [line for line in pins if not re.match(r"[\w.-]+(\[[\w,-]+\])?==[\w.]+ ( *; .+ )?\\$", line)] == []
    after = {line: lines[number + 1] for number, line in enumerate(lines) if line in pins}
    assert [pin for pin, hashed in after.items() if not hashed.startswith("    --hash=sha256:")] == []
    assert [line for line in lines if line.startswith("-") or "://" in line] == []


# --- the wheel -------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("wheel")
    build = (sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(out))
    done = subprocess.run(build, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    (made,) = out.glob("*.whl")
    return made


def test_the_wheel_carries_suites_and_inventories_and_no_name_but_ours(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as packed:
        names = packed.namelist()
        for folder in ("suites", "inventories"):
            files = [path for path in (ROOT / folder).rglob("*") if path.suffix in (".py", ".yaml", ".ini")]
            assert files
            for path in files:
                assert packed.read(f"chaos/bundled/{path.relative_to(ROOT).as_posix()}") == path.read_bytes()
        page = [path for path in (ROOT / "chaos/mock/control/page").iterdir() if path.is_file()]
        assert len(page) == 3
        for path in page:
            assert packed.read(path.relative_to(ROOT).as_posix()) == path.read_bytes()
    assert {name.partition("/")[0] for name in names} == {"chaos", "finesse_chaos-0.1.0.dist-info"}
    assert not [name for name in names if "__pycache__" in name]


FOREIGN = {
    "pytest.ini": "[pytest]\naddopts = --no-such-option\nrequired_plugins = no-such-plugin\n",
    "conftest.py": "raise SystemExit('a foreign conftest was read')\n",
    "suites/__init__.py": "raise SystemExit('foreign suites were imported')\n",
    "reports/README": "not ours\n",
}


def test_the_wheel_alone_plays_the_mock_in_anybodys_folder(wheel: Path, tmp_path: Path) -> None:
    """Unpacked below a project whose pytest is not ours: its options, its conftest and its suites change nothing."""
    installed, cwd = tmp_path / "project" / "site", tmp_path / "project"
    with zipfile.ZipFile(wheel) as packed:
        packed.extractall(installed)
    for name, text in FOREIGN.items():
        (cwd / name).parent.mkdir(exist_ok=True)
        (cwd / name).write_text(text, encoding="utf-8")
    hostile = {"PYTEST_ADDOPTS": "--no-such-option", "PYTEST_PLUGINS": "no_such_plugin"}
    script = f"import sys; sys.path.insert(0, {str(installed)!r})\n"
    script += f"import chaos; assert chaos.__file__.startswith({str(installed)!r})\n"
    script += "from chaos.commands.main import main; main()"
    done = subprocess.run(
        [sys.executable, "-c", script, "run", "CTI-05", "--no-page"],
        cwd=cwd,
        env=environment(**hostile),
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "1 clause: 1 HELD." in done.stdout
    summary = cwd / "reports" / "0001" / "summary.json"
    assert done.stdout.splitlines()[-1] == f"report: {summary}"
    assert '"suites/cti/test_cti_loss.py::' in summary.read_text(encoding="utf-8")
    assert (cwd / "reports" / "latest" / "summary.json").samefile(summary)
