"""The virtual clock: exact, the same in every run, never ahead of work under way."""

import asyncio
import socket
import time
from collections.abc import Callable
from random import Random

import pytest

from chaos import clock
from tests.clock.labs import (
    LINKS,
    POLLERS,
    computes,
    count_jumps,
    hogs,
    little_lab,
)
from tests.clock.playing import BESIDE, real_time, virtually

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
