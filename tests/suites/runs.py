"""Runs of the command in a process of its own, as a user starts it, and what they left behind."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
MOCK = "inventories/mock.yaml"
COMMAND = (sys.executable, "-m", "chaos")
# A family on the mock takes some ten seconds of a free machine; who takes so much longer hangs.
PATIENCE_S = 240.0


@dataclass(frozen=True)
class Ran:
    """One finished run. folder: where its artefacts are, if it was given one."""

    status: int
    out: str
    err: str
    folder: Path

    @property
    def said(self) -> str:
        return self.out + self.err

    def summary(self) -> dict[str, Any]:
        """The clause map that it left."""
        shown: dict[str, Any] = json.loads((self.folder / "summary.json").read_text(encoding="utf-8"))
        return shown

    def verdicts(self) -> dict[str, str]:
        """Each clause's verdict."""
        return {row["id"]: row["verdict"] for row in self.summary()["clauses"]}

    def details(self) -> dict[str, str]:
        """Each test's verdict, by its name."""
        return {one["name"]: one["verdict"] for row in self.summary()["clauses"] for one in row["details"]}

    def journals(self) -> dict[str, bytes]:
        """The journals by file name."""
        return {path.name: path.read_bytes() for path in sorted((self.folder / "journals").glob("*.jsonl"))}


def environment(**more: str) -> dict[str, str]:
    """Of this process, without what the test run itself put there."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("PYTEST_", "COV_CORE"))}
    return {**kept, "COLUMNS": "200", "PYTHONWARNINGS": "error", **more}


def finesse_chaos(*arguments: str, folder: Path, cwd: Path = ROOT) -> Ran:
    """Run the command to its end. A traceback in what it says is a failure of whatever test asked for it."""
    done = subprocess.run(
        [*COMMAND, *arguments],
        cwd=cwd,
        env=environment(),
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    )
    ran = Ran(done.returncode, done.stdout, done.stderr, folder)
    assert "Traceback" not in ran.said, ran.said
    return ran


def play(*what: str, folder: Path, inventory: str = MOCK) -> Ran:
    """`finesse-chaos run`, without the page. `what`: families, clauses and options."""
    return finesse_chaos("run", *what, "-i", inventory, "--no-page", "--folder", str(folder), folder=folder)


class Running:
    """A command that runs; what it says goes into a file, so that it is never stopped by a full pipe."""

    def __init__(self, process: "subprocess.Popen[bytes]", log: Path) -> None:
        self.process = process
        self._log = log

    @property
    def said(self) -> str:
        return self._log.read_text(encoding="utf-8", errors="replace")

    def until(self, what: str, seen: Callable[[], bool], *, within_s: float = 60.0) -> None:
        """Wait until something outside shows; the process must live on meanwhile."""
        deadline_s = time.monotonic() + within_s
        while not seen():
            assert self.process.poll() is None, f"it ended before {what}:\n{self.said}"
            assert time.monotonic() < deadline_s, f"not within {within_s:g} s: {what}:\n{self.said}"
            time.sleep(0.02)

    def until_said(self, text: str, *, within_s: float = 60.0) -> None:
        self.until(f"it said {text!r}", lambda: text in self.said, within_s=within_s)

    def told(self, number: signal.Signals, *, within_s: float = 60.0) -> int:
        """Send it a signal; its exit status."""
        self.process.send_signal(number)
        return self.process.wait(within_s)


@contextmanager
def running(*arguments: str, log: Path, cwd: Path = ROOT, **env: str) -> Iterator[Running]:
    """The command in the background; killed at the end if it still runs."""
    with log.open("wb") as out:
        process = subprocess.Popen(
            [*COMMAND, *arguments],
            cwd=cwd,
            env=environment(PYTHONUNBUFFERED="1", **env),
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
        )
    try:
        yield Running(process, log)
    finally:
        if process.poll() is None:
            process.kill()
        process.wait()
