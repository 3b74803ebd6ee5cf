"""What many connections needed is given back once they are gone."""

import asyncio

import pytest

from chaos import clock
from chaos.mock.finesse.doors import listener
from chaos.mock.finesse.doors.listener import LOOK_S, PLENTY, Listener
from chaos.mock.finesse.doors.memory import give_back


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
        await made.close_door()
        await made.end(reset=False)
        await asyncio.sleep(5 * LOOK_S)
        assert len(given) == 1

    clock.run(main(), virtual=True)


def test_giving_back_does_no_harm() -> None:
    give_back()
    give_back()
