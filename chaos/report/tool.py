"""The generator of the HTML report: Allure 3, a Node program. Installed beside the project, never needed for a verdict.

`python -m chaos.report FOLDER` installs it there, in the version that `node/package-lock.json` pins.
"""

import shutil
import subprocess
import sys
from pathlib import Path

_PINS = Path(__file__).parent / "node"
_INSTALL_LIMIT_S = 300.0
_VERSION_LIMIT_S = 20.0
_NODE_MIN = 20


def tool_path(tools: Path) -> Path:
    """Where the generator is, or would be, under `tools`."""
    return tools / "node_modules" / ".bin" / ("allure.cmd" if sys.platform == "win32" else "allure")


def missing(tools: Path) -> str | None:
    """Why the generator cannot run, None if it can."""
    no_node = _no_node()
    if no_node is not None:
        return no_node
    if not tool_path(tools).exists():
        return f"the report generator is not installed in {tools}: run python -m chaos.report {tools}"
    return None


def install_tool(tools: Path) -> str | None:
    """Install the pinned generator under `tools`, if it is not there yet. Why not, or None."""
    no_node = _no_node()
    if no_node is not None:
        return no_node
    npm = shutil.which("npm")
    if npm is None:
        return "there is Node but no npm on the PATH"
    lock = _PINS / "package-lock.json"
    installed = tools / "package-lock.json"
    if tool_path(tools).exists() and installed.is_file() and installed.read_bytes() == lock.read_bytes():
        return None
    tools.mkdir(parents=True, exist_ok=True)
    for name in ("package.json", "package-lock.json"):
        shutil.copyfile(_PINS / name, tools / name)
    said = run_tool(
        [npm, "ci", "--prefix", str(tools), "--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error"],
        _INSTALL_LIMIT_S,
    )
    if said is not None:
        installed.unlink(missing_ok=True)  # so that the next run tries again
        return f"npm could not install the report generator: {said}"
    return None


def run_tool(command: list[str], limit_s: float, *, cwd: Path | None = None) -> str | None:
    """Run a program to its end, at most `limit_s` real seconds. None if it went well, else the end of what it said."""
    try:
        done = subprocess.run(
            command,
            cwd=cwd,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=limit_s,
            encoding="utf-8",
            errors="replace",
            check=False,
        )
    except subprocess.TimeoutExpired as late:
        said = late.output.decode("utf-8", "replace") if isinstance(late.output, bytes) else late.output
        return f"not done after {limit_s:.0f} s; it said: {_tail(said)}"
    except OSError as error:
        return f"{command[0]} cannot be run: {error.strerror}"
    return None if done.returncode == 0 else f"status {done.returncode}; it said: {_tail(done.stdout)}"


def _tail(said: str | None) -> str:
    return (said or "").strip()[-800:] or "nothing"


def _no_node() -> str | None:
    node = shutil.which("node")
    if node is None:
        return f"there is no Node on the PATH (version {_NODE_MIN} or later makes the HTML report)"
    try:
        said = subprocess.run(
            [node, "--version"], capture_output=True, timeout=_VERSION_LIMIT_S, encoding="utf-8", check=False
        ).stdout.strip()
    except (OSError, subprocess.TimeoutExpired):
        return f"{node} does not run"
    major = said.removeprefix("v").partition(".")[0]
    if not major.isdecimal() or int(major) < _NODE_MIN:
        return f"Node {said or '(unknown)'} is too old: version {_NODE_MIN} or later makes the HTML report"
    return None


def main(arguments: list[str]) -> int:
    """The command: 0 if the generator is there afterwards, 1 with the reason if not, 2 for wrong usage."""
    if len(arguments) != 1:
        sys.stderr.write("usage: python -m chaos.report FOLDER\n")
        return 2
    reason = install_tool(Path(arguments[0]))
    if reason is not None:
        sys.stderr.write(f"no HTML report: {reason}\n")
        return 1
    return 0
