"""The house plan, kept: which room may import which, read from the source of every module.

An import under TYPE_CHECKING, inside a function or by importlib with a literal name is an arrow like any other.
"""

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

LEAVES = frozenset({"errors", "redaction", "clock", "network", "waits"})
_SEEING = LEAVES | {"wire", "inventory", "journal"}

# Room: what it may import besides itself. A file beside the rooms that has no row puts rooms together: it may import
# anything but the mock, and no room may import it.
ROOMS: Mapping[str, frozenset[str]] = {
    "errors": frozenset(),
    "redaction": frozenset(),
    "waits": frozenset(),
    "network": frozenset({"errors"}),
    "clock": frozenset({"errors", "network"}),
    "wire": frozenset({"errors"}),
    "inventory": LEAVES,
    "journal": LEAVES,
    "history": frozenset({"errors", "journal", "inventory"}),
    "verdicts": frozenset({"errors", "journal", "inventory", "history"}),
    "clients": _SEEING,
    "subjects": _SEEING | {"clients"},
    "undo": _SEEING | {"clients"},
    "faults": _SEEING | {"clients", "undo", "history"},
    "toxiproxy": LEAVES,
    "safety": _SEEING | {"clients", "undo"},
    "experiment": _SEEING | {"clients", "subjects", "undo", "faults", "history", "verdicts", "toxiproxy"},
    "report": LEAVES | {"journal", "history", "verdicts", "inventory"},
    "nights": LEAVES | {"inventory", "verdicts", "report"},
    "mock": LEAVES | {"wire"},
    "preflight": _SEEING | {"clients", "verdicts", "safety"},
    "run": _SEEING
    | {"clients", "history", "verdicts", "undo", "safety", "faults"}
    | {"toxiproxy", "experiment", "report", "nights", "preflight", "mock"},
    "explore": _SEEING | {"clients", "subjects", "experiment", "faults", "history", "verdicts", "run"},
    "commands": LEAVES | {"inventory", "safety", "toxiproxy", "report", "nights", "run", "explore"},
}
# Only the launcher and its kin may know of a mock.
MAY_MOCK = frozenset(
    f"chaos.run.{file}"
    for file in ("launcher", "blueprints", "places", "filling", "mock_up", "orders", "catalogue_map")
)

# What tells the time past the loop; chaos/clock alone may.
_TIMES = {"time", "time_ns", "monotonic", "monotonic_ns", "perf_counter", "perf_counter_ns", "sleep"}
_TIMES |= {"localtime", "gmtime", "process_time", "thread_time"}
_DATES = {"now", "utcnow", "today"}


@dataclass(frozen=True)
class Arrow:
    """One import: the file and line, and the module of ours that is imported, "chaos.journal.file"."""

    file: str
    line: int
    target: str


def room_of(module: str) -> str:
    """The room of "chaos.journal.file" is "journal"; of "chaos" itself ""."""
    return module.split(".")[1] if "." in module else ""


def arrows(source: str, file: str, package: str) -> Iterator[Arrow]:
    """Every import of `chaos` in this source; package: the dotted package the file is in, for relative imports."""
    for node in ast.walk(ast.parse(source, file)):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                above = package.split(".")[: len(package.split(".")) - node.level + 1]
                base = ".".join([*above, *([base] if base else [])])
            names = [f"{base}.{alias.name}" for alias in node.names] if base == "chaos" else [base]
        elif isinstance(node, ast.Call) and _name(node.func) in ("import_module", "__import__") and node.args:
            name = node.args[0].value if isinstance(node.args[0], ast.Constant) else None
            names = [name] if isinstance(name, str) else []
        else:
            continue
        for name in names:
            if name == "chaos" or name.startswith("chaos."):
                yield Arrow(file, node.lineno, name)


def _name(func: ast.expr) -> str:
    return func.attr if isinstance(func, ast.Attribute) else func.id if isinstance(func, ast.Name) else ""


def wrong_arrows(source: str, file: str, module: str) -> list[str]:
    """What is wrong with the imports of this module of ours, one sentence each."""
    room = room_of(module)
    package = module if file.endswith("__init__.py") else module.rpartition(".")[0]
    wrong = []
    for arrow in arrows(source, file, package):
        target = room_of(arrow.target)
        if target in ("", "__version__", room):
            continue
        if room not in ROOMS and module == f"chaos.{room}" and not file.endswith("__init__.py"):
            if target == "mock":
                wrong.append(f"{file}:{arrow.line}: {room} → mock; only {_listed(MAY_MOCK)} may know of a mock")
            continue
        allowed = ROOMS.get(room)
        if allowed is None:
            wrong.append(f"{file}:{arrow.line}: room {room!r} is not in the plan; give it its row in ROOMS")
        elif target == "mock" and module not in MAY_MOCK:
            wrong.append(f"{file}:{arrow.line}: {room} → mock; only {_listed(MAY_MOCK)} may know of a mock")
        elif target not in allowed:
            wrong.append(f"{file}:{arrow.line}: {room} → {target}; {room} may import {_listed(allowed) or 'nothing'}")
    return wrong


def _listed(rooms: frozenset[str]) -> str:
    return ", ".join(sorted(rooms))


def told_times(source: str, file: str) -> list[str]:
    """Where this source reads or waits for time past the loop."""
    tree = ast.parse(source, file)
    wrong = []
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module == "time":
            taken = {alias.name for alias in node.names} & _TIMES
            wrong += [f"{file}:{node.lineno}: from time import {name}; take time from the loop" for name in taken]
        elif isinstance(node, ast.Attribute):
            owner = node.value.id if isinstance(node.value, ast.Name) else _name(node.value)
            if (owner == "time" and node.attr in _TIMES) or (owner in ("datetime", "date") and node.attr in _DATES):
                wrong.append(f"{file}:{node.lineno}: {owner}.{node.attr}; take time from the loop, see chaos/clock")
    return wrong


def _modules() -> list[tuple[Path, str]]:
    found = []
    for path in sorted((ROOT / "chaos").rglob("*.py")):
        parts = path.relative_to(ROOT).with_suffix("").parts
        found.append((path, ".".join(parts[:-1] if parts[-1] == "__init__" else parts)))
    return found


MODULES = _modules()


def _said(path: Path) -> str:
    return str(path.relative_to(ROOT))


def test_no_arrow_of_the_house_plan_turns_back() -> None:
    wrong = [line for path, module in MODULES for line in wrong_arrows(path.read_text("utf-8"), _said(path), module)]
    assert not wrong, "\n" + "\n".join(wrong)


def test_every_room_is_in_the_plan_and_every_row_of_the_plan_is_a_room() -> None:
    rooms = {path.name for path in (ROOT / "chaos").iterdir() if list(path.glob("*.py"))}
    files = {path.stem for path in (ROOT / "chaos").glob("*.py")}
    assert rooms <= ROOMS.keys(), f"not in the plan: {_listed(frozenset(rooms - ROOMS.keys()))}"
    assert ROOMS.keys() <= rooms | files, f"no such room: {_listed(frozenset(ROOMS.keys() - rooms - files))}"


def test_no_module_but_the_clock_tells_the_time_past_the_loop() -> None:
    files = [path for path, module in MODULES if room_of(module) != "clock"]
    wrong = [line for path in files for line in told_times(path.read_text("utf-8"), _said(path))]
    assert not wrong, "\n" + "\n".join(wrong)
    clocks = [path for path, module in MODULES if room_of(module) == "clock"]
    assert any(told_times(path.read_text("utf-8"), _said(path)) for path in clocks), "the clock tells no time?"


def test_every_module_says_what_it_is() -> None:
    mute = [_said(path) for path, _ in MODULES if not ast.get_docstring(ast.parse(path.read_text("utf-8")))]
    assert not mute, f"without a docstring: {', '.join(mute)}"


def test_the_suites_see_an_inventory_and_never_a_mock() -> None:
    suites = sorted((ROOT / "suites").rglob("*.py"))
    assert suites
    wrong = [
        f"{_said(path)}:{arrow.line}: a suite imports {arrow.target}"
        for path in suites
        for arrow in arrows(path.read_text("utf-8"), _said(path), ".".join(path.relative_to(ROOT).parent.parts))
        if room_of(arrow.target) in ("mock", "run", "commands")
    ]
    assert not wrong, "\n" + "\n".join(wrong)


@pytest.mark.parametrize(
    ("module", "source", "arrow"),
    [
        ("chaos.verdicts.forged", "from chaos.clients.rest import FinesseRest", "verdicts → clients"),
        ("chaos.verdicts.forged", "import chaos.clock", "verdicts → clock"),
        ("chaos.clients.forged", "from chaos import faults", "clients → faults"),
        ("chaos.clients.forged", "from ..verdicts import held", "clients → verdicts"),
        ("chaos.faults.forged", "def f():\n    from chaos.subjects import agent", "faults → subjects"),
        ("chaos.journal.forged", "if TYPE_CHECKING:\n    from chaos.wire import xml", "journal → wire"),
        ("chaos.mock.forged", "from chaos.journal import Journal", "mock → journal"),
        ("chaos.mock.finesse.forged", "from ...faults import relay", "mock → faults"),
        ("chaos.experiment.forged", "import chaos.mock.defects", "experiment → mock"),
        ("chaos.run.session", "from chaos.mock import deployment", "run → mock"),
        ("chaos.report.forged", "from chaos import run", "report → run"),
        ("chaos.wire.forged", "import importlib\nimportlib.import_module('chaos.clock')", "wire → clock"),
        ("chaos.errors", "from chaos.clock import now", "errors → clock"),
        ("chaos.cellar.forged", "from chaos.errors import ChaosError", "'cellar' is not in the plan"),
    ],
)
def test_a_wrong_arrow_is_named_with_file_line_and_what_is_allowed(module: str, source: str, arrow: str) -> None:
    file = module.replace(".", "/") + ".py"
    (message,) = wrong_arrows(source, file, module)
    assert arrow in message
    line = 1 + source[: source.index("chaos." if "chaos." in source else "from")].count("\n")
    assert message.startswith(f"{file}:{line}: ")
    assert "may" in message or "ROOMS" in message


def test_right_arrows_are_let_through() -> None:
    for module, source in (
        ("chaos.experiment.forged", "from chaos.faults.base import Fault\nfrom chaos.experiment import play"),
        ("chaos.run.launcher", "from chaos.mock.deployment import Deployment"),
        ("chaos.mock.forged", "from chaos.wire import xml\nfrom . import service\nimport asyncio"),
        ("chaos.faults.forged", "from chaos.clients.rest import FinesseRest\nimport chaos"),
    ):
        assert wrong_arrows(source, module.replace(".", "/") + ".py", module) == []


@pytest.mark.parametrize(
    "source",
    [
        "import time\ntime.sleep(1)",
        "from time import monotonic",
        "import time\nnow = time.perf_counter",
        "from datetime import datetime\ndatetime.now()",
        "import datetime\ndatetime.datetime.utcnow()",
        "from datetime import date\ndate.today()",
    ],
)
def test_a_forged_look_at_another_clock_is_noticed(source: str) -> None:
    assert told_times(source, "chaos/forged.py")
    assert not told_times("import time\ntime.strftime('%Y')\nloop.time()\nself.time()", "chaos/forged.py")
