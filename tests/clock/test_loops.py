"""The ordinary loop, which loop real time has, and that nobody else tells the time."""

import asyncio
import re
import socket
import subprocess
import sys
import time

import pytest

from chaos import clock
from chaos.clock import loops
from chaos.errors import UsageError
from tests.clock.playing import ROOT

# --- the ordinary loop -------------------------------------------------------------------------------------------


def test_the_ordinary_loop_goes_with_real_time() -> None:
    async def main() -> tuple[float, float, bool]:
        began_s, real_s = clock.now(), time.monotonic()
        await asyncio.sleep(0.1)
        await clock.in_thread(time.sleep, 0.1)
        await clock.in_thread_passing(time.sleep, 0.1)
        return clock.now() - began_s, time.monotonic() - real_s, clock.is_virtual()

    took_s, real_s, virtual = clock.run(main(), virtual=False)
    assert not virtual
    assert took_s >= 0.29
    assert took_s == pytest.approx(real_s, abs=0.05)


def test_the_ordinary_loop_tells_the_wall_s_time() -> None:
    async def main() -> float:
        return clock.wall_now().timestamp()

    assert clock.run(main(), virtual=False) == pytest.approx(time.time(), abs=1.0)
    assert clock.wall_now().timestamp() == pytest.approx(time.time(), abs=1.0)


def test_the_two_kinds_of_loop_know_which_they_are() -> None:
    async def main() -> bool:
        return clock.is_virtual()

    assert [clock.run(main(), virtual=virtual) for virtual in (True, False)] == [True, False]


FORBIDDEN = (
    "import time\n\nx = time.time()\n",
    "import time\n\nx = time.monotonic()\n",
    "import time\n\ntime.sleep(1)\n",
    "import time\n\nx = time.perf_counter_ns()\n",
    "from time import monotonic\n\nx = monotonic()\n",
    "import datetime\n\nx = datetime.datetime.now(datetime.UTC)\n",
    "from datetime import UTC, datetime\n\nx = datetime.now(UTC)\n",
    "from datetime import date\n\nx = date.today()\n",
)


def _ruff(source: str, name: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "ruff", "check", "--no-cache", "--output-format=concise", "--stdin-filename", name, "-"],
        input=source,
        capture_output=True,
        text=True,
        cwd=ROOT,
        timeout=60,
        check=False,
    )
    return done.stdout + done.stderr


# --- and nobody else tells the time ------------------------------------------------------------------------------


@pytest.mark.parametrize("source", FORBIDDEN)
def test_another_clock_is_a_lint_error_in_chaos_and_not_in_the_clock_itself(source: str) -> None:
    assert re.search(r"chaos/forged\.py:\d+:\d+: TID251", _ruff(source, "chaos/forged.py"))
    assert "TID251" not in _ruff(source, "chaos/clock/forged.py")


def test_time_from_the_loop_is_no_lint_error() -> None:
    source = "import asyncio\n\n\nasync def now() -> float:\n    return asyncio.get_running_loop().time()\n"
    assert "All checks passed" in _ruff(source, "chaos/forged.py")


# --- which loop real time has -------------------------------------------------------------------------------------


@pytest.mark.parametrize(("kind", "module"), [("asyncio", "asyncio"), ("uvloop", "uvloop"), ("auto", "uvloop")])
def test_the_loop_of_real_time_can_be_chosen_and_auto_takes_uvloop_if_it_is_there(kind: str, module: str) -> None:
    pytest.importorskip("uvloop")

    async def main() -> str:
        await asyncio.sleep(0)
        return type(asyncio.get_running_loop()).__module__.partition(".")[0]

    assert clock.run(main(), virtual=False, kind=kind) == module


def test_without_uvloop_auto_is_asyncio_and_uvloop_says_how_it_is_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loops, "_has_uvloop", lambda: False)
    with pytest.raises(UsageError, match=r"pip install 'finesse-chaos\[uvloop\]'"):
        clock.new_loop(virtual=False, kind="uvloop")
    loop = clock.new_loop(virtual=False, kind="auto")
    assert isinstance(loop, asyncio.SelectorEventLoop)
    loop.close()


def test_a_virtual_clock_on_uvloop_is_refused() -> None:
    with pytest.raises(UsageError, match="--real-time"):
        clock.new_loop(virtual=True, kind="uvloop")
    loop = clock.new_loop(virtual=True, kind="auto")
    assert isinstance(loop, clock.VirtualLoop)
    loop.close()


# --- deadlines after a cancellation -------------------------------------------------------------------------------


def test_a_refusal_is_never_taken_for_silence() -> None:
    async def story() -> list[str]:
        with socket.create_server(("127.0.0.1", 0)) as server:
            nobody = server.getsockname()
        met = []
        for _ in range(200):
            try:
                async with asyncio.timeout(5.0):
                    await asyncio.open_connection(*nobody)
            except ConnectionRefusedError:
                met.append("refused")
            except TimeoutError:
                met.append("silence")
        return met

    assert set(clock.run(story(), virtual=True)) == {"refused"}
