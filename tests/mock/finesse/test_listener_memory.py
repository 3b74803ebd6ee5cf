"""What many connections needed is given back once they are gone."""

import asyncio
import gc
import weakref

import pytest

from chaos import clock
from chaos.mock.finesse.doors import listener
from chaos.mock.finesse.doors.listener import LATER_S, LOOK_S, PLENTY, Listener
from chaos.mock.finesse.doors.memory import EACH_S, give_back


def test_memory_is_given_back_when_half_of_many_connections_are_gone_and_not_before(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    given: list[float] = []
    monkeypatch.setattr(listener, "give_back", lambda: given.append(clock.now()))

    async def main() -> None:
        made = Listener(asyncio.Protocol, None)
        port = made.open("127.0.0.1", 0)
        clients = [await asyncio.open_connection("127.0.0.1", port) for _ in range(PLENTY)]
        await asyncio.sleep(3 * LOOK_S)
        assert given == []
        for _, writer in clients[: PLENTY // 2 - 1]:
            writer.transport.abort()
        await asyncio.sleep(2 * LOOK_S)
        assert given == [], "more than half are there"
        for _, writer in clients[PLENTY // 2 - 1 :]:
            writer.transport.abort()
        await asyncio.sleep(5 * LOOK_S)
        assert len(given) == 1
        await asyncio.sleep(LATER_S)
        assert len(given) == 2, "sessions live longer than their connections"
        assert given[1] - given[0] == pytest.approx(LATER_S)
        await made.close_door()
        await made.end(reset=False)
        await asyncio.sleep(2 * LATER_S)
        assert len(given) == 2

    clock.run(main(), virtual=True)


class Knot:
    """Something that knows itself, as a session and its channel know each other."""

    def __init__(self) -> None:
        self.itself = self


def test_what_is_out_of_use_is_collected_however_old_it_is() -> None:
    async def main() -> None:
        knot = Knot()
        gc.collect()  # it is old now
        seen = weakref.ref(knot)
        del knot
        give_back()
        assert seen() is None

    clock.run(main(), virtual=True)


def test_several_listeners_with_the_same_thought_are_served_once(monkeypatch: pytest.MonkeyPatch) -> None:
    collected: list[float] = []
    monkeypatch.setattr(gc, "collect", lambda: collected.append(clock.now()))

    async def main() -> None:
        for _ in range(4):
            give_back()
            await asyncio.sleep(EACH_S / 3)
        await asyncio.sleep(EACH_S)
        give_back()

    clock.run(main(), virtual=True)
    assert len(collected) == 3
