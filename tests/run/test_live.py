"""One live line says what is being waited for; what is piped has none, and nothing is printed into it."""

import asyncio
import fcntl
import io
import os
import pty
import re
import select
import struct
import subprocess
import sys
import termios
import threading
from pathlib import Path

import pytest

from chaos import clock
from chaos.run.live import LiveLine, columns_of, fitted, terminal
from chaos.waits import Waits
from tests.suites.runs import COMMAND, ROOT, environment


def test_the_innermost_wait_is_told_with_what_is_left_of_it() -> None:
    async def scene() -> list[str]:
        waits = Waits()
        told = [waits.shown()]
        with waits.on("the steady state", 60.0):
            await asyncio.sleep(10)
            told.append(waits.shown())
            with waits.on("side B to be back", 30.0):
                await asyncio.sleep(25)
                told += [waits.shown(), waits.shown_all()]
            told.append(waits.shown())
        return [*told, waits.shown(), waits.shown_all()]

    assert clock.run(scene(), virtual=True) == [
        "",
        "the steady state, at most 50 s more",
        "side B to be back, at most 5 s more",
        "the steady state and 1 more, at most 25 s more",
        "the steady state, at most 25 s more",
        "",
        "",
    ]


def test_a_wait_that_is_broken_off_is_over() -> None:
    async def scene() -> str:
        waits = Waits()
        try:
            with waits.on("nothing", 60.0):
                raise TimeoutError
        except TimeoutError:
            return waits.shown()

    assert clock.run(scene(), virtual=True) == ""


def test_a_line_fits_one_row_and_moves_no_cursor() -> None:
    assert fitted("short", 80) == "short"
    assert fitted("a\nb\x1b[2Jc", 80) == "a b [2Jc"
    long = fitted("x" * 200 + "at most 34 s more", 60)
    assert len(long) == 59
    assert long.endswith("at most 34 s more")
    assert len(fitted("x" * 200, 1)) == 1


def test_a_line_is_as_wide_as_the_terminal_and_not_as_the_file_that_pytest_has_for_standard_output(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("COLUMNS", raising=False)
    primary, secondary = pty.openpty()
    fcntl.ioctl(secondary, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 40, 0, 0))
    with open(secondary, "w", encoding="utf-8") as terminal:
        assert columns_of(terminal) == 40
    os.close(primary)
    assert columns_of(io.StringIO()) == 80


class _Painted(io.StringIO):
    def __init__(self) -> None:
        super().__init__()
        self.seen = threading.Event()

    def write(self, text: str) -> int:
        self.seen.set()
        return super().write(text)


def test_the_line_is_taken_off_before_anything_else_is_printed_and_at_the_end() -> None:
    out = _Painted()
    line = LiveLine(lambda: "waiting", out)
    assert out.seen.wait(30)
    line.off()
    assert out.getvalue().endswith("waiting\r\x1b[2K")
    line.close()
    line.close()
    assert out.getvalue().endswith("\x1b[2K")


def test_where_there_is_no_terminal_there_is_no_line() -> None:
    assert terminal() is None
    LiveLine(lambda: "waiting", None).close()


def on_a_terminal(*arguments: str, patience_s: float = 120.0) -> tuple[str, int]:
    """What a command writes on a terminal of its own, without its colours, and its status."""
    primary, secondary = pty.openpty()
    run = [*COMMAND, *arguments]
    process = subprocess.Popen(
        ["setsid", "--ctty", *run] if sys.platform == "linux" else run,
        cwd=ROOT,
        env=environment(TERM="xterm", COLUMNS="100"),
        stdin=secondary,
        stdout=secondary,
        stderr=secondary,
    )
    os.close(secondary)
    said = b""
    try:
        while select.select([primary], [], [], patience_s)[0]:
            try:
                said += os.read(primary, 65536)
            except OSError:  # nobody holds the other end any more
                break
        status = process.wait(60)
    finally:
        process.kill()
        os.close(primary)
    return re.sub(r"\x1b\[[0-9;]*m", "", said.decode("utf-8", "replace")), status


def test_a_run_on_a_terminal_has_a_live_line_and_its_other_lines_stand_whole(tmp_path: Path) -> None:
    """On a terminal of its own, as a user has one; what is left on the screen is what is piped."""
    text, status = on_a_terminal("run", "CTI-05", "--no-page", "--folder", str(tmp_path / "run"), "--seed", "1")
    assert status == 0
    assert re.search(r"(a-\w+ \(\d of \d, about [^\r]*): [^\r]*, at most \d+ s more\r\x1b\[2K", text)
    left = re.sub(r"(?m)[^\r\n]*\r\x1b\[2K", "", text)
    lines = [line.strip() for line in left.splitlines()]
    assert any(line.startswith("to be played: ") for line in lines)
    assert any(line.startswith("playing a-reset: ") for line in lines)
    assert "CTI-05 HELD: a socket that fails is a loss at once" in lines
    assert "at most" not in left
