"""The one clock of a run: exact while virtual, never ahead of work under way, never a hang; plain in real time."""

import asyncio
import contextlib
import itertools
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Coroutine
from pathlib import Path
from random import Random
from typing import Any

import pytest

from chaos import clock
from chaos.clock import jumping, loops, virtual
from chaos.errors import UsageError
from tests.clocking import (
    LINKS,
    POLLERS,
    REPLY_S,
    ask,
    blocking_socket,
    computes,
    count_jumps,
    hogs,
    little_lab,
    serving,
    slow_console,
    socket_replies,
    ssh_replies,
)

ROOT = Path(__file__).parents[1]
BESIDE = pytest.mark.parametrize("beside", [0, 3], ids=["alone", "three hogs beside"])


@contextlib.contextmanager
def real_time(at_most_s: float) -> Any:
    """Other work shares this machine, so the limit is generous; the figures are the benchmark's."""
    began_s = time.monotonic()
    yield
    assert time.monotonic() - began_s < at_most_s


def virtually(main: Coroutine[Any, Any, Any]) -> Any:
    return clock.run(main, virtual=True)


# --- the virtual clock is exact ----------------------------------------------------------------------------------


def test_waits_take_exactly_as_long_as_they_say_and_no_real_time() -> None:
    async def main() -> list[float]:
        seen = [clock.now()]
        for wait_s in (0.25, 12.0, 1800.0, 86_400.0, 0.0):
            await asyncio.sleep(wait_s)
            seen.append(clock.now())
        return seen

    with real_time(5.0):
        assert virtually(main()) == [0.0, 0.25, 12.25, 1812.25, 88_212.25, 88_212.25]


def test_computing_on_the_loop_costs_no_time() -> None:
    async def main() -> float:
        computes(0.3)
        await asyncio.sleep(1.0)
        return clock.now()

    assert virtually(main()) == 1.0


def test_a_deadline_strikes_at_its_time_and_not_before() -> None:
    async def main() -> float:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(15.0):
                await asyncio.get_running_loop().create_future()
        return clock.now()

    assert virtually(main()) == 15.0


@pytest.mark.slow
def test_two_hours_of_a_lab_pass_in_seconds_and_its_round_trips_take_no_time(
    record_property: Callable[[str, object], None],
) -> None:
    async def main() -> tuple[float, int, int]:
        jumps = count_jumps()
        measured = await little_lab(7200.0)
        return max(measured.round_trips_s), len(measured.round_trips_s), jumps()

    began_s = time.monotonic()
    worst_s, trips, jumps = virtually(main())
    real_s = time.monotonic() - began_s
    record_property("real_s", real_s)
    record_property("jumps", jumps)
    assert worst_s == 0.0
    assert trips == LINKS * 1440 + POLLERS * 720
    assert 1440 <= jumps <= trips
    assert real_s < 30.0  # 5 s on an idle machine


@BESIDE
def test_measured_intervals_are_the_same_in_every_run(beside: int) -> None:
    async def main() -> list[list[float]]:
        return (await little_lab(60.0)).intervals_s

    with hogs(beside):
        runs = [virtually(main()) for _ in range(10)]
    assert runs == [runs[0]] * 10
    assert runs[0] == [[5.0] * 12] * LINKS


def test_wall_time_goes_with_the_virtual_clock() -> None:
    async def main() -> tuple[float, float]:
        before = clock.wall_now()
        await asyncio.sleep(1800.0)
        after = clock.wall_now()
        return (after - before).total_seconds(), after.utcoffset().total_seconds()  # type: ignore[union-attr]

    assert virtually(main()) == (1800.0, 0.0)


def test_between_two_runs_on_one_runner_the_virtual_clock_stands_still() -> None:
    async def waits() -> float:
        await asyncio.sleep(3.0)
        return clock.now()

    with clock.runner(virtual=True) as runner:
        assert runner.run(waits()) == 3.0
        computes(0.2)
        assert runner.run(waits()) == 6.0


# --- threads -----------------------------------------------------------------------------------------------------


async def ticking(ticks: list[float]) -> None:
    while True:
        await asyncio.sleep(1.0)
        ticks.append(clock.now())


@pytest.mark.parametrize("blocks", [lambda: time.sleep(0.4), lambda: computes(0.4)], ids=["sleeping", "computing"])
def test_a_blocking_call_holds_the_clock_until_it_returns(blocks: Callable[[], None]) -> None:
    async def main() -> tuple[float, int]:
        ticks: list[float] = []
        ticker = asyncio.create_task(ticking(ticks))
        await asyncio.sleep(11.5)
        began_s, before = clock.now(), len(ticks)
        await clock.in_thread(blocks)
        took_s, meanwhile = clock.now() - began_s, len(ticks) - before
        ticker.cancel()
        return took_s, meanwhile

    assert virtually(main()) == (0.0, 0)


def test_what_is_ready_runs_while_a_thread_holds_the_clock() -> None:
    async def main() -> bytes:
        async with serving(_echo) as port:
            return await clock.in_thread(_asks_at_once, port)

    async def _echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(await reader.readline())

    def _asks_at_once(port: int) -> bytes:
        with blocking_socket(port) as console:
            return ask(console)

    assert virtually(main()) == b"utils service list\n"


def test_what_a_thread_returns_or_raises_reaches_the_loop() -> None:
    async def main() -> None:
        for run in (clock.in_thread, clock.in_thread_passing):
            assert await run(lambda: 42) == 42
            with pytest.raises(ValueError, match="no number"):
                await run(lambda: int("no number"))

    virtually(main())


def test_what_is_called_at_once_is_over_before_the_loop_goes_on() -> None:
    async def main() -> tuple[list[str], int]:
        order: list[str] = []
        asyncio.get_running_loop().call_soon(order.append, "the loop goes on")
        thread = await clock.at_once(lambda: order.append("called") or threading.get_ident())  # type: ignore[func-returns-value]
        with pytest.raises(ValueError, match="no number"):
            await clock.at_once(lambda: int("no number"))
        return list(order), thread

    assert virtually(main()) == (["called"], threading.get_ident())
    assert clock.run(main(), virtual=False)[1] != threading.get_ident(), "in real time the loop is not kept waiting"


@pytest.mark.parametrize("virtual", [True, False], ids=["virtual", "real time"])
def test_a_call_in_a_thread_asks_the_loop_and_gets_answers_and_errors(virtual: bool) -> None:
    async def doubled(number: int) -> int:
        await asyncio.sleep(0.01)
        if number < 0:
            raise ValueError(f"no {number}")
        return 2 * number

    def call(ask: clock.Ask) -> list[object]:
        found: list[object] = [ask(doubled(1)), ask(doubled(2))]
        try:
            ask(doubled(-1))
        except ValueError as error:
            found.append(str(error))
        return found

    async def main() -> list[object]:
        return await clock.in_thread_asking(call)

    assert clock.run(main(), virtual=virtual) == [2, 4, "no -1"]


def test_while_a_call_that_asks_computes_a_virtual_loop_stands_still() -> None:
    async def main() -> tuple[float, list[str]]:
        order: list[str] = []

        async def noted() -> None:
            order.append("asked")

        def call(ask: clock.Ask) -> None:
            computes(0.1)
            order.append("computed")
            ask(noted())

        asyncio.get_running_loop().call_soon(order.append, "meanwhile")
        await clock.in_thread_asking(call)
        return clock.now(), list(order)

    for _ in range(5):
        assert virtually(main()) == (0.0, ["computed", "asked"])


@pytest.mark.parametrize("virtual", [True, False], ids=["virtual", "real time"])
def test_a_call_that_asks_is_over_when_it_is_cancelled_and_gets_no_more_answers(virtual: bool) -> None:
    ends: list[str] = []

    async def never() -> None:
        try:
            await asyncio.sleep(3600.0)
        finally:
            ends.append("what was asked for")

    def call(ask: clock.Ask) -> None:
        for _ in range(2):
            try:
                ask(never())
            except asyncio.CancelledError:
                ends.append("refused")
        ends.append("the call")

    async def main() -> None:
        task = asyncio.create_task(clock.in_thread_asking(call))
        await asyncio.sleep(0.2)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    clock.run(main(), virtual=virtual)
    assert ends == ["what was asked for", "refused", "refused", "the call"]


def test_sockets_that_are_ready_in_the_same_instant_come_in_the_order_in_which_they_were_made() -> None:
    async def main() -> list[int]:
        heard: list[int] = []

        def hear(number: int, near: socket.socket) -> None:
            near.recv(1)
            heard.append(number)

        pairs = [socket.socketpair() for _ in range(20)]
        loop = asyncio.get_running_loop()
        for number, (near, _) in enumerate(pairs):
            loop.add_reader(near, hear, number, near)
        for _, far in reversed(pairs):
            far.send(b"x")
        await asyncio.sleep(1.0)
        for near, far in pairs:
            loop.remove_reader(near)
            near.close()
            far.close()
        return heard

    assert virtually(main()) == list(range(20))


def test_the_order_within_an_instant_can_be_drawn_and_a_connection_keeps_its_own() -> None:
    async def main(seed: int) -> list[tuple[int, bytes]]:
        heard: list[tuple[int, bytes]] = []
        clock.order_within_an_instant(Random(seed))
        pairs = [socket.socketpair() for _ in range(5)]
        loop = asyncio.get_running_loop()

        def hear(number: int, near: socket.socket) -> None:
            heard.append((number, near.recv(1)))

        for number, (near, far) in enumerate(pairs):
            loop.add_reader(near, hear, number, near)
            far.send(b"xyz")
        await asyncio.sleep(1.0)
        for near, far in pairs:
            loop.remove_reader(near)
            near.close()
            far.close()
        return heard

    stories = [virtually(main(seed)) for seed in (1, 1, 2, 3)]
    assert stories[0] == stories[1]
    assert len({str(story) for story in stories}) == 3
    for story in stories:
        for number in range(5):
            assert b"".join(byte for one, byte in story if one == number) == b"xyz"


@BESIDE
@pytest.mark.parametrize("replies", [socket_replies, ssh_replies], ids=["a blocking socket", "paramiko"])
def test_a_console_reply_that_takes_twelve_seconds_reads_twelve_seconds(
    replies: Callable[[int], Coroutine[Any, Any, list[float]]], beside: int
) -> None:
    with hogs(beside):
        waited_s = virtually(replies(50))
    assert len(waited_s) == 50
    assert all(abs(one - REPLY_S) <= 0.1 for one in waited_s), waited_s


def test_a_thread_that_computes_between_its_waits_holds_the_clock() -> None:
    def asks_computes_asks(port: int) -> None:
        with blocking_socket(port) as console:
            ask(console)
            computes(0.3)
            ask(console)

    async def main() -> float:
        async with serving(slow_console) as port:
            ticker = asyncio.create_task(ticking([]))
            began_s = clock.now()
            await clock.in_thread_passing(asks_computes_asks, port)
            took_s = clock.now() - began_s
            ticker.cancel()
            return took_s

    assert virtually(main()) == pytest.approx(2 * REPLY_S, abs=0.1)


def test_several_threads_wait_at_once_each_for_its_own_reply() -> None:
    async def late(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while line := await reader.readline():
            await asyncio.sleep(float(line))
            writer.write(b"done\n")

    def asks(port: int, for_s: float) -> bytes:
        with blocking_socket(port) as console:
            console.sendall(b"%f\n" % for_s)
            reply = console.recv(100)
            computes(0.05)
            return reply

    async def timed(port: int, for_s: float) -> float:
        began_s = clock.now()
        assert await clock.in_thread_passing(asks, port, for_s) == b"done\n"
        return clock.now() - began_s

    waits_s = [12.0, 3.0, 7.0, 30.0]

    async def main() -> list[float]:
        async with serving(late) as port:
            return list(await asyncio.gather(*(timed(port, wait_s) for wait_s in waits_s)))

    for took_s, wait_s in zip(virtually(main()), waits_s, strict=True):
        assert took_s == pytest.approx(wait_s, abs=0.1)


def test_the_end_of_a_wait_in_a_thread_lets_the_clock_be_exact_again() -> None:
    async def main() -> tuple[float, float]:
        async with serving(slow_console) as port:
            with await clock.in_thread(blocking_socket, port) as console:
                await clock.in_thread_passing(ask, console)
        began_s = clock.now()
        await asyncio.sleep(3600.0)
        return clock.now() - began_s, began_s

    took_s, began_s = virtually(main())
    assert took_s == 3600.0
    assert began_s == pytest.approx(REPLY_S, abs=0.1)


# --- nothing hangs -----------------------------------------------------------------------------------------------


def test_a_wait_for_nothing_without_a_deadline_is_reported_and_no_hang(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jumping, "_OUTSIDE_LIMIT_S", 0.2)

    async def main() -> None:
        await asyncio.get_running_loop().create_future()

    with real_time(10.0), pytest.raises(clock.ClockStalled, match="no deadline"):
        virtually(main())


@pytest.mark.parametrize("run", [clock.in_thread, clock.in_thread_passing], ids=["holding", "passing"])
def test_a_thread_that_never_returns_is_reported_by_name_and_no_hang(
    monkeypatch: pytest.MonkeyPatch, run: Callable[..., Coroutine[Any, Any, None]]
) -> None:
    monkeypatch.setattr(jumping, "HOLD_LIMIT_S", 0.5)
    released = threading.Event()
    # So late that the report comes first, and in time for the pool, which waits for its threads.
    release = threading.Timer(2.0, released.set)

    def never_returns() -> None:
        released.wait()

    async def main() -> None:
        release.start()
        await run(never_returns)

    try:
        with real_time(20.0), pytest.raises(clock.ClockStalled):
            virtually(main())
    finally:
        released.set()
        release.join()


def test_whoever_never_comes_to_rest_does_not_hold_the_clock_for_good() -> None:
    async def asks_again_at_once() -> None:
        for _ in itertools.count():
            await asyncio.sleep(0)

    async def main() -> tuple[float, float]:
        spinning = asyncio.create_task(asks_again_at_once())
        await asyncio.sleep(2.0)
        ended_s = clock.now()
        spinning.cancel()
        await asyncio.sleep(3.0)
        return ended_s, clock.now()

    with real_time(60.0):
        ended_s, rested_s = virtually(main())
    assert ended_s == pytest.approx(2.0, abs=0.02)
    assert rested_s - ended_s == pytest.approx(3.0, abs=0.001)


def test_work_without_a_pause_that_comes_to_an_end_takes_no_time() -> None:
    async def main() -> float:
        for _ in range(10_000):
            await asyncio.sleep(0)
        return clock.now()

    assert virtually(main()) == 0.0


def test_an_interrupt_ends_a_virtual_run_promptly_and_cleanly() -> None:
    for waiting in ("await busy()", "await clock.in_thread(time.sleep, 2.0)", "await asyncio.sleep(0); await idle()"):
        script = f"""
import asyncio, sys, time
from chaos import clock
async def busy():
    while True:
        await asyncio.sleep(1.0)
async def idle():
    await clock.in_thread_passing(time.sleep, 2.0)
async def main():
    try:
        sys.stdout.write("ready\\n"); sys.stdout.flush()
        {waiting}
        await busy()
    finally:
        sys.stdout.write("rolled back\\n")
clock.run(main(), virtual=True)
"""
        process = subprocess.Popen(
            [sys.executable, "-X", "dev", "-W", "error", "-c", script],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=ROOT,
        )
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"
            began_s = time.monotonic()
            process.send_signal(signal.SIGINT)
            out, err = process.communicate(timeout=30)
        finally:
            process.kill()
            process.wait()
        assert time.monotonic() - began_s < 15.0, waiting
        assert out == "rolled back\n", (waiting, out, err)
        assert err.rstrip().endswith("KeyboardInterrupt"), (waiting, err)
        assert "Warning" not in err, (waiting, err)


def test_nothing_is_left_open() -> None:
    script = """
import asyncio
from chaos import clock
from tests.clocking import little_lab, socket_replies, ssh_replies
for virtual in (True, True):
    clock.run(little_lab(30.0), virtual=virtual)
    clock.run(socket_replies(2), virtual=virtual)
    clock.run(ssh_replies(2), virtual=virtual)
"""
    done = subprocess.run(
        [sys.executable, "-X", "dev", "-W", "error", "-c", script],
        capture_output=True,
        text=True,
        cwd=ROOT,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_a_closed_loop_leaves_no_file_behind() -> None:
    def descriptors() -> int:
        return len(os.listdir("/proc/self/fd"))

    virtually(asyncio.sleep(1.0))
    before = descriptors()
    for _ in range(5):
        virtually(asyncio.sleep(1.0))
    assert descriptors() == before


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


# --- and nobody else tells the time ------------------------------------------------------------------------------

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


def test_a_deadline_in_the_rollback_of_a_cancelled_task_ends_it_and_not_the_rollback() -> None:
    """On CPython 3.11.0 to 3.11.2 it raised CancelledError, and what came after it in the rollback was not done."""

    async def main() -> list[str]:
        done: list[str] = []

        async def work() -> None:
            try:
                await asyncio.sleep(100)
            finally:
                for step in ("first", "second"):
                    try:
                        async with asyncio.timeout(1):
                            await asyncio.sleep(100)
                    except TimeoutError:
                        done.append(step)
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(1), asyncio.timeout(50):
                        await asyncio.sleep(100)
                done.append("third")

        task = asyncio.create_task(work())
        await asyncio.sleep(1)
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
        assert task.cancelled()
        return done

    assert virtually(main()) == ["first", "second", "third"]


def test_a_cancellation_within_a_deadline_is_no_time_out() -> None:
    async def main() -> None:
        async def work() -> None:
            async with asyncio.timeout(50):
                await asyncio.sleep(100)

        task = asyncio.create_task(work())
        await asyncio.sleep(1)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    virtually(main())


def test_a_connection_that_nobody_accepts_or_refuses_holds_the_clock_for_a_moment_only() -> None:
    """A full backlog drops what comes: the connection stays on its way, and the clock goes on after a real moment."""

    async def story() -> float:
        loop = asyncio.get_running_loop()
        with socket.socket() as server:
            server.bind(("127.0.0.1", 0))
            server.listen(0)
            begun_s = time.monotonic()
            tries = [asyncio.ensure_future(asyncio.open_connection(*server.getsockname())) for _ in range(4)]
            await asyncio.sleep(60.0)
            assert loop.time() == 60.0
            assert [one.done() for one in tries].count(False) >= 1, "one at least is still on its way"
            took_s = time.monotonic() - begun_s
            for one in tries:
                one.cancel()
            for result in await asyncio.gather(*tries, return_exceptions=True):
                if isinstance(result, tuple):
                    result[1].transport.abort()
            return took_s

    assert clock.run(story(), virtual=True) < 5.0


def test_tasks_have_hashes_of_their_own_from_the_first_moment() -> None:
    """asyncio keeps them in a set of all tasks; if they were alike there, each more would cost a look at each other."""
    hashes: list[int] = []

    class Task(virtual.Task):
        def __hash__(self) -> int:
            hashes.append(super().__hash__())
            return hashes[-1]

    async def story() -> None:
        hashes.clear()
        loop = asyncio.get_running_loop()
        tasks = [Task(number, asyncio.sleep(0), loop=loop) for number in range(1000, 1003)]
        asyncio.all_tasks()
        await asyncio.gather(*tasks)
        assert {1000, 1001, 1002} <= set(hashes) <= {1000, 1001, 1002}

    clock.run(story(), virtual=True)


SUSPENDED = """
import asyncio, sys, time
from chaos import clock
from chaos.clock import jumping

jumping.HOLD_LIMIT_S = 1.0

async def story():
    print("under way", flush=True)
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.readline)
    await asyncio.sleep(3600)
    print(asyncio.get_running_loop().time(), flush=True)

clock.run(story(), virtual=True)
"""


@pytest.mark.skipif(not hasattr(signal, "SIGSTOP"), reason="this system cannot suspend a process")
def test_a_machine_that_slept_while_a_thread_held_the_clock_makes_the_run_slow_and_no_more() -> None:
    with subprocess.Popen(
        [sys.executable, "-c", SUSPENDED], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == b"under way\n"
        child.send_signal(signal.SIGSTOP)
        assert os.waitid(os.P_PID, child.pid, os.WSTOPPED | os.WNOWAIT) is not None
        threading.Event().wait(2.0)
        child.send_signal(signal.SIGCONT)
        threading.Event().wait(0.4)
        said, complained = child.communicate(b"go\n", timeout=60)
    assert (said, complained) == (b"3600.0\n", b"")


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
