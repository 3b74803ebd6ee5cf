"""The VOS driver against the mock console, on the virtual clock: documented durations, exact times."""

import asyncio

import pytest

from chaos import clock
from chaos.clients.console import ConsoleExchange
from chaos.mock.consoles import ServerKey, VosVariants
from chaos.wire.console.service import ServiceLine, ServiceState
from tests.mock.consoles.lab import NOTIFICATION, OPERATOR, TOMCAT, FakeServices, vos_lab

KEY = ServerKey.generate()


def test_a_service_is_stopped_started_and_restarted_and_its_state_is_read_back() -> None:
    services = FakeServices()

    async def play() -> None:
        async with vos_lab(KEY, services) as console:
            stopped = await console.stop(TOMCAT)
            assert stopped == ServiceLine(TOMCAT, ServiceState.STOPPED, "Commanded Out of Service")
            assert (await console.start(TOMCAT)).state is ServiceState.STARTED
            assert (await console.restart(NOTIFICATION)).state is ServiceState.STARTED
            assert (await console.service("System SSH")).state is ServiceState.STARTED

    clock.run(play(), virtual=True)
    assert services.log == [f"stop {TOMCAT}", f"start {TOMCAT}", f"stop {NOTIFICATION}", f"start {NOTIFICATION}"]


def test_an_action_whose_goal_is_reached_already_is_not_sent() -> None:
    services = FakeServices()

    async def play() -> None:
        async with vos_lab(KEY, services) as console:
            assert (await console.start(TOMCAT)).state is ServiceState.STARTED

    clock.run(play(), virtual=True)
    assert services.log == []


def test_a_reply_documented_to_take_12_s_reads_12_s_each_of_20_times() -> None:
    took_s: list[float] = []

    async def play() -> None:
        async with vos_lab(KEY, FakeServices(), VosVariants(list_s=12.0)) as console:
            await console.services()
            for _ in range(20):
                before_s = clock.now()
                await console.services()
                took_s.append(clock.now() - before_s)

    clock.run(play(), virtual=True)
    assert took_s == pytest.approx([12.0] * 20, abs=0.1)


def test_the_time_of_a_reply_is_exact_while_other_timers_tick() -> None:
    async def tick() -> None:
        for _ in range(10_000):
            await asyncio.sleep(0.01)

    async def play() -> list[float]:
        took_s = []
        async with vos_lab(KEY, FakeServices(), VosVariants(list_s=12.0)) as console:
            await console.services()
            ticking = asyncio.create_task(tick())
            for _ in range(3):
                before_s = clock.now()
                await console.services()
                took_s.append(clock.now() - before_s)
            ticking.cancel()
            await asyncio.gather(ticking, return_exceptions=True)
        return took_s

    assert clock.run(play(), virtual=True) == pytest.approx([12.0] * 3, abs=0.011)


def test_every_exchange_is_recorded_and_the_password_is_in_none() -> None:
    seen: list[ConsoleExchange] = []

    async def play() -> None:
        async with vos_lab(KEY, FakeServices(), record=seen.append) as console:
            await console.stop(TOMCAT)

    clock.run(play(), virtual=True)
    assert [exchange.sent for exchange in seen][1:] == [
        "utils service list\r",
        f"utils service stop {TOMCAT}\r",
        "utils service list\r",
    ]
    assert "Welcome to the Platform" in seen[0].received
    assert f"{TOMCAT}[STOPPED]" in seen[2].received
    assert all(exchange.ended_s >= exchange.started_s for exchange in seen)
    assert OPERATOR.password not in repr(seen)
