"""Nothing hangs, nothing is left open, and deadlines hold where a task was cancelled."""

import asyncio
import contextlib
import itertools
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from chaos import clock
from chaos.clock import jumping, virtual
from tests.clock.playing import ROOT, real_time, virtually

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
from tests.clock.labs import little_lab, socket_replies, ssh_replies
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
