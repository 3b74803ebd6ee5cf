"""The generator of the HTML report: Allure 3, a Node program. Installed once for a user, never needed for a verdict.

`finesse-chaos install-report` installs it, in the version that `node/package-lock.json` pins.
"""

import contextlib
import hashlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import IO

_PINS = Path(__file__).parent / "node"
_LOCK = "package-lock.json"
# A good network needs some ten seconds. Without one npm alone would try each of 160 packages for minutes, so it is
# asked for a single one first.
_INSTALL_LIMIT_S = 120.0
_ASK_LIMIT_S = 15.0
_FETCH_LIMITS = ("--fetch-retries=1", "--fetch-retry-mintimeout=1000", "--fetch-timeout=20000")
_ASK_LIMITS = ("--fetch-retries=0", "--fetch-timeout=10000")
_VERSION_LIMIT_S = 20.0
_NODE_MIN = 20
_HASH_CHARS = 12
_TAIL_BYTES = 800


def tools_folder(env: Mapping[str, str]) -> Path:
    """Where this user's generator is kept, one folder a version, for all checkouts and environments.

    Source: XDG Base Directory Specification.
    """
    given = env.get("XDG_CACHE_HOME", "")
    base = Path(given) if os.path.isabs(given) else Path(env.get("HOME") or Path.home()) / ".cache"
    version = hashlib.sha256((_PINS / _LOCK).read_bytes()).hexdigest()[:_HASH_CHARS]
    return base / "finesse-chaos" / f"report-{version}"


def tool_path(tools: Path) -> Path:
    """Where the generator is, or would be, under `tools`."""
    return tools / "node_modules" / ".bin" / ("allure.cmd" if sys.platform == "win32" else "allure")


def missing(tools: Path) -> str | None:
    """Why the generator cannot run, None if it can."""
    no_node = _no_node()
    if no_node is not None:
        return no_node
    if not tool_path(tools).exists():
        return "the report generator is not installed: finesse-chaos install-report (once; needs the network)"
    return None


def install_tool(tools: Path) -> str | None:
    """Install the pinned generator as the folder `tools`, if it is not there yet. Why not, or None."""
    no_node = _no_node()
    if no_node is not None:
        return no_node
    npm = shutil.which("npm")
    if npm is None:
        return "there is Node but no npm on the PATH"
    if tool_path(tools).exists():
        return None
    try:
        tools.parent.mkdir(parents=True, exist_ok=True)
        # Made beside its place and moved there whole: what was broken off is never taken for a generator.
        with tempfile.TemporaryDirectory(prefix=".new-", dir=tools.parent) as made:
            said = _npm_ci(npm, Path(made) / "tool")
            if said is not None:
                return f"npm could not install the report generator: {said}"
            shutil.rmtree(tools, ignore_errors=True)
            (Path(made) / "tool").rename(tools)
    except OSError as error:
        # Another one that was installed at the same moment is as good as ours.
        return None if tool_path(tools).exists() else f"{tools} cannot be made: {error.strerror or error}"
    return None


def _npm_ci(npm: str, folder: Path) -> str | None:
    folder.mkdir()
    for name in ("package.json", _LOCK):
        shutil.copyfile(_PINS / name, folder / name)
    quiet = ("--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error")
    unreachable = run_tool([npm, "view", "allure", "name", *quiet, *_ASK_LIMITS], _ASK_LIMIT_S, cwd=folder)
    return unreachable or run_tool([npm, "ci", *quiet, *_FETCH_LIMITS], _INSTALL_LIMIT_S, cwd=folder)


def run_tool(command: list[str], limit_s: float, *, cwd: Path | None = None) -> str | None:
    """Run a program to its end, at most `limit_s` real seconds. None if it went well, else the end of what it said."""
    with tempfile.TemporaryFile() as output:  # a pipe would be waited for as long as any child of it lives
        try:
            started = subprocess.Popen(
                command, cwd=cwd, stdin=subprocess.DEVNULL, stdout=output, stderr=output, start_new_session=True
            )
        except OSError as error:
            return f"{command[0]} cannot be run: {error.strerror}"
        try:
            status = started.wait(limit_s)
        except subprocess.TimeoutExpired:
            _end(started)
            return f"not done after {limit_s:.0f} s; it said: {_tail(output)}"
        except BaseException:
            _end(started)
            raise
        return None if status == 0 else f"status {status}; it said: {_tail(output)}"


def _end(started: "subprocess.Popen[bytes]") -> None:
    """Nothing of it lives on, after its time or after Ctrl-C, which a program in a session of its own never hears."""
    if sys.platform == "win32":
        started.kill()
    else:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(started.pid, signal.SIGKILL)
    started.wait()


def _tail(output: IO[bytes]) -> str:
    output.seek(max(0, output.seek(0, os.SEEK_END) - _TAIL_BYTES))
    return output.read(_TAIL_BYTES).decode("utf-8", "replace").strip() or "nothing"


def _no_node() -> str | None:
    node = shutil.which("node")
    if node is None:
        return (
            f"there is no Node on the PATH: install Node {_NODE_MIN} or later (nodejs.org, or your system's packages), "
            "then finesse-chaos install-report; everything else is there"
        )
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
