"""Threads beside the virtual clock: who holds it, who asks the loop, and replies that take their time."""

import asyncio
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from chaos import clock
from tests.clock.labs import (
    REPLY_S,
    ask,
    blocking_socket,
    computes,
    hogs,
    serving,
    slow_console,
    socket_replies,
    ssh_replies,
)
from tests.clock.playing import BESIDE, virtually


async def ticking(ticks: list[float]) -> None:
    while True:
        await asyncio.sleep(1.0)
        ticks.append(clock.now())


# --- threads -----------------------------------------------------------------------------------------------------


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


# --- deadlines after a cancellation -------------------------------------------------------------------------------


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
