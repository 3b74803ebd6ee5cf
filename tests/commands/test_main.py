"""The entry point: a bug is one sentence, an interrupt is 130 whenever it comes, streams may break."""

import errno
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from chaos.commands import main as command
from tests.suites.runs import COMMAND, ROOT, environment


def test_a_bug_is_one_sentence_with_the_place_of_its_traceback_and_never_status_1(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    def broken(_: object) -> None:
        raise ZeroDivisionError("by zero")

    monkeypatch.setattr("chaos.run.catalogue_map.print_catalogue", broken)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    assert command.status_of(["clauses"]) == 3
    out, err = capsys.readouterr()
    assert out == ""
    assert "this is a bug of the harness: ZeroDivisionError: by zero" in err
    assert "Traceback" not in err
    (kept,) = tmp_path.iterdir()
    assert str(kept) in err
    assert "Traceback" in kept.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("number", "remedy"),
    [
        (errno.ENOSPC, "make room there"),
        (errno.EACCES, "check the permissions of it and of its folders"),
        (errno.EROFS, "name a place that can be written to"),
    ],
)
def test_a_disk_that_is_full_or_closed_to_us_is_no_bug(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path, number: int, remedy: str
) -> None:
    def broken(_: object) -> None:
        raise OSError(number, os.strerror(number), "reports/0001/x")

    monkeypatch.setattr("chaos.run.catalogue_map.print_catalogue", broken)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    assert command.status_of(["clauses"]) == 3
    said = f"finesse-chaos: reports/0001/x: {os.strerror(number)}; {remedy}\n"
    assert (capsys.readouterr().err, list(tmp_path.iterdir())) == (said, [])


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere a current folder cannot be removed")
def test_a_current_folder_that_is_gone_is_wrong_usage(tmp_path: Path) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    done = _by_shell(f"cd {gone} && rmdir {gone} && exec", "run", "CTI-05")
    assert done.returncode == 2, done.stdout
    assert done.stdout == "finesse-chaos: the folder you are in is there no more: change to another one\n"


@pytest.mark.parametrize("name", ["run", "plan", "preflight"])
def test_an_interrupt_while_the_suites_are_collected_is_said(name: str, tmp_path: Path) -> None:
    """pytest takes it for itself; what it has collected until then is no answer."""
    suites = tmp_path / "suites"
    suites.mkdir()
    (suites / "test_one.py").write_text("raise KeyboardInterrupt\n")
    folder = ("--folder", str(tmp_path / "run")) if name == "run" else ()
    done = _finished(name, "--suites", str(suites), *folder)
    assert (done.returncode, done.stdout.splitlines()[-1]) == (130, "interrupted")
    assert "no test" not in done.stdout


def test_a_standard_stream_that_is_closed_leaves_its_number_to_no_file(tmp_path: Path) -> None:
    """A journal that got number 1 would have in it whatever is written to standard output by its number."""
    script = "from chaos.commands.streams import endure; endure(); import os, sys; "
    script += "number = os.open(sys.argv[1], os.O_CREAT | os.O_WRONLY); os.write(number, str(number).encode())"
    said = tmp_path / "said"
    shell = 'exec "$@" <&- >&- 2>&-'
    subprocess.run(["/bin/sh", "-c", shell, "sh", sys.executable, "-c", script, str(said)], cwd=ROOT, timeout=60)
    assert int(said.read_text()) > 2


def test_a_bug_inside_pytest_is_one_sentence_too(tmp_path: Path) -> None:
    """What pytest calls INTERNALERROR; its traceback stands in the run's folder."""
    suites = tmp_path / "suites"
    suites.mkdir()
    (suites / "conftest.py").write_text("def pytest_runtestloop(session):\n    raise ZeroDivisionError('by zero')\n")
    (suites / "test_one.py").write_text(
        "import pytest\n\nfrom suites.cti.losses import A_RESET\n\n\n@pytest.mark.clause('CTI-05')\n"
        "@pytest.mark.plays(A_RESET)\ndef test_one(judge):\n    pass\n"
    )
    done = _finished("run", "--suites", str(suites), "--folder", str(tmp_path / "run"), "--no-page")
    assert done.returncode == 3, done.stdout
    assert "ZeroDivisionError: by zero" in done.stdout
    assert "Traceback" not in done.stdout
    assert "INTERNALERROR" not in done.stdout
    assert "INTERNALERROR> Traceback" in (tmp_path / "run" / "pytest.log").read_text(encoding="utf-8")


def test_a_suite_that_cannot_be_read_is_wrong_usage(tmp_path: Path) -> None:
    suites = tmp_path / "suites"
    suites.mkdir()
    (suites / "beside.py").write_text("\nimport nothing_of_that_name\n")
    (suites / "conftest.py").write_text("import sys\n\nsys.path.insert(0, __file__.rpartition('/')[0])\n")
    (suites / "test_one.py").write_text("import beside\n")
    done = _finished("run", "--suites", str(suites), "--folder", str(tmp_path / "run"), "--no-page")
    assert done.returncode == 2, done.stdout
    assert "test_one.py cannot be read: " in done.stdout
    assert re.search(r"nothing_of_that_name.* \(\S*beside\.py:2\)", done.stdout), "where it is, not only for whom"
    assert not (tmp_path / "run").exists()


def test_a_folder_without_clause_tests_is_wrong_usage(tmp_path: Path) -> None:
    suites = tmp_path / "suites"
    suites.mkdir()
    done = _finished("run", "--suites", str(suites), "--folder", str(tmp_path / "run"), "--no-page")
    assert done.returncode == 2, done.stdout
    assert "no test" in done.stdout


def test_output_that_nobody_reads_ends_no_command() -> None:
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run(
        [*COMMAND, "clauses"], cwd=ROOT, env=environment(), stdout=writing, stderr=subprocess.PIPE, timeout=60
    )
    os.close(writing)
    assert (done.returncode, done.stderr) == (0, b"")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
@pytest.mark.parametrize("after_s", [0.15, 0.4, 0.8, 1.6])
def test_an_interrupt_is_130_whenever_it_comes(tmp_path: Path, number: signal.Signals, after_s: float) -> None:
    """While Python imports us, while suites are collected, while the mock starts: no traceback, no other status."""
    process = _started("run", "--no-page", "--folder", str(tmp_path / "run"))
    time.sleep(after_s)
    process.send_signal(number)
    said, _ = process.communicate(timeout=30)
    # Until our first function runs Python itself is interrupted, in its own start or in reading our first file.
    nobody_yet = process.returncode == -number and ", in main" not in said
    assert process.returncode == 130 or nobody_yet, said
    assert "Traceback" not in said or nobody_yet
    assert not re.search(r"!!!|KeyboardInterrupt", said) or nobody_yet


@pytest.mark.parametrize("closed", [">&-", "2>&-", ">&- 2>&-"])
def test_a_stream_that_is_closed_keeps_no_command_from_its_work(closed: str, tmp_path: Path) -> None:
    """`plan` collects the suites by pytest, which takes both streams as Python began with them."""
    said = tmp_path / "said"
    shell = f'"$@" {closed}'
    with said.open("w") as out:
        done = subprocess.run(
            ["/bin/sh", "-c", shell, "sh", *COMMAND, "plan", "CTI-05"],
            cwd=ROOT,
            env=environment(),
            stdout=out,
            stderr=subprocess.STDOUT,
            timeout=120,
        )
    assert (done.returncode, "cannot be read" in said.read_text()) == (0, False)
    assert ("1 clause by" in said.read_text()) == (closed == "2>&-")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no device that is always full")
def test_output_that_finds_no_room_is_told_and_is_no_success() -> None:
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [*COMMAND, "inventory", "example"],
            cwd=ROOT,
            env=environment(),
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            timeout=60,
        )
    assert done.returncode == 3
    assert done.stderr == "finesse-chaos: not all output could be written: No space left on device; make room there\n"


def _started(*arguments: str) -> "subprocess.Popen[str]":
    # A shell in the background has SIGINT ignored for its children; a user's terminal has not.
    start = (
        f"import os, signal; signal.signal(signal.SIGINT, signal.default_int_handler); os.execv({sys.executable!r}, "
    )
    start += f"{[*COMMAND, *arguments]!r})"
    return subprocess.Popen(
        [sys.executable, "-c", start],
        cwd=ROOT,
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def _by_shell(before: str, *arguments: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        ["/bin/sh", "-c", f'{before} "$@"', "sh", *COMMAND, *arguments],
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=120,
    )


def _finished(*arguments: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [*COMMAND, *arguments],
        cwd=ROOT,
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=120,
    )
