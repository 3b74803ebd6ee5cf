"""What starts, stops and dies singly."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from chaos import clock
from chaos.mock.service import Service, ServiceState


class Recorder(Service):
    """Writes down what it is asked to do, and every change of state."""

    def __init__(self, start_s: float = 0.0, stop_s: float = 0.0, *, broken: bool = False) -> None:
        super().__init__("Recorder", start_s=start_s, stop_s=stop_s)
        self.log: list[str] = []
        self.broken = broken

    async def _open(self) -> None:
        self.log.append("open")
        await asyncio.sleep(0)
        if self.broken:
            raise OSError("no port")

    async def _close(self) -> None:
        self.log.append("close")

    async def _kill(self) -> None:
        self.log.append("kill")

    def _changed(self) -> None:
        self.log.append(self.state.value)


def play(scene: Callable[[], Coroutine[Any, Any, None]]) -> None:
    clock.run(scene(), virtual=True)


def test_starting_and_stopping_take_their_time_and_pass_through_every_state() -> None:
    async def scene() -> None:
        service = Recorder(12.0, 3.0)
        await service.start()
        assert clock.now() == 12.0
        await service.stop()
        assert clock.now() == 15.0
        assert service.log == ["Starting", "open", "Started", "Stopping", "close", "Stopped"]

    play(scene)


def test_starting_twice_and_stopping_twice_change_nothing() -> None:
    async def scene() -> None:
        service = Recorder(1.0)
        await asyncio.gather(service.start(), service.start())
        await asyncio.gather(service.stop(), service.stop())
        assert service.log.count("open") == service.log.count("close") == 1

    play(scene)


def test_a_stop_that_comes_while_starting_waits_its_turn() -> None:
    async def scene() -> None:
        service = Recorder(5.0)
        start = asyncio.create_task(service.start())
        await asyncio.sleep(1)
        await service.stop()
        await start
        assert (clock.now(), service.state) == (5.0, ServiceState.STOPPED)
        assert service.log[-3:] == ["Stopping", "close", "Stopped"]

    play(scene)


@pytest.mark.parametrize("start_s", [5.0, 0.0])
def test_death_ends_a_start_under_way_at_once(start_s: float) -> None:
    async def scene() -> None:
        service = Recorder(start_s)
        start = asyncio.create_task(service.start())
        await asyncio.sleep(0)
        await service.die()
        await start
        assert (clock.now(), service.state) == (0.0, ServiceState.STOPPED)
        assert "Started" not in service.log
        assert service.log[-1] != "open"

    play(scene)


def test_death_ends_a_stop_under_way_and_a_new_start_works() -> None:
    async def scene() -> None:
        service = Recorder(0.0, 60.0)
        await service.start()
        stop = asyncio.create_task(service.stop())
        await asyncio.sleep(1)
        await service.die()
        await stop
        assert (clock.now(), service.state) == (1.0, ServiceState.STOPPED)
        await service.start()
        assert service.state is ServiceState.STARTED

    play(scene)


def test_a_start_that_fails_leaves_the_service_stopped_and_everything_closed() -> None:
    async def scene() -> None:
        service = Recorder(broken=True)
        with pytest.raises(OSError, match="no port"):
            await service.start()
        assert service.log == ["Starting", "open", "kill", "Stopped"]

    play(scene)
