"""Runs in forked children: their status, what they say, their time, and that nothing of them is left."""

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

from tests.wall.forks import CRASHED, Job, run_all

COMMAND = """
import logging, os, subprocess, sys, time
def status_of(arguments):
    word = arguments[0]
    print(word, os.getcwd())
    if word == "shows":
        logging.getLogger("chaos.mock.defects").info("gap-500")
    if word == "fails":
        raise ValueError("broken")
    if word == "hangs":
        child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
        open("child", "w").write(str(child.pid))
        time.sleep(600)
    return 3
"""


def job(folder: Path, word: str) -> Job:
    package = folder / word / "tree" / "chaos" / "commands"
    package.mkdir(parents=True)
    (package / "main.py").write_text(COMMAND)
    for each in (package, package.parent):
        (each / "__init__.py").write_text("")
    return Job(word, (word,), folder / word / "tree", folder / word)


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    state = Path(f"/proc/{pid}/stat")
    return not (state.exists() and state.read_text().split()[2] == "Z")


def in_a_child(work: Iterator[str]) -> list[str]:
    """This process may have threads and has imported `chaos`: what forks from it is made in one that it forks first."""
    reading, writing = os.pipe()
    pid = os.fork()
    if not pid:
        import sys

        for name in [name for name in sys.modules if name == "chaos" or name.startswith("chaos.")]:
            del sys.modules[name]
        for line in work:
            os.write(writing, f"{line}\n".encode())
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as lines:
        said = lines.read().splitlines()
    assert os.waitpid(pid, 0)[1] == 0
    return said


def test_each_run_has_its_status_and_its_words_and_the_tree_that_it_was_given(tmp_path: Path) -> None:
    def work() -> Iterator[str]:
        jobs = [job(tmp_path, word) for word in ("ends", "shows", "fails")]
        for ended in run_all(jobs, at_once=2, within_s=60.0):
            yield f"{ended.job.name} {ended.status} {ended.shown} {ended.said.split()[1:2]} {ended.said[-7:-1]}"

    assert sorted(in_a_child(work())) == [
        f"ends 3 False ['{tmp_path}/ends/tree'] s/tree",
        f"fails {CRASHED} False ['{tmp_path}/fails/tree'] broken",
        f"shows 3 True ['{tmp_path}/shows/tree'] s/tree",
    ]


def test_a_run_whose_time_is_over_is_ended_with_all_that_it_started(tmp_path: Path) -> None:
    def work() -> Iterator[str]:
        for ended in run_all([job(tmp_path, "hangs")], at_once=1, within_s=5.0):
            yield f"{ended.job.name} {ended.status}"

    assert in_a_child(work()) == ["hangs None"]
    child = int((tmp_path / "hangs" / "tree" / "child").read_text())
    deadline_s = time.monotonic() + 10.0
    while is_alive(child):
        assert time.monotonic() < deadline_s
        time.sleep(0.05)


def test_no_jobs_are_no_runs() -> None:
    assert list(run_all([], at_once=2, within_s=1.0)) == []
    assert signal.getsignal(signal.SIGCHLD) is signal.SIG_DFL
