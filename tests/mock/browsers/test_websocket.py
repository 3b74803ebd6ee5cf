"""A desktop whose event stream comes over WebSocket: what it hears, how it leaves, and what it does without it."""

import asyncio
from collections import Counter

from chaos.mock.finesse.doors.session import GoneHow
from tests.mock.browsers.lab import WHO, A, B, Seat, seated


def home(seat: Seat) -> list[str]:
    return [host for host, node in seat.mock.nodes.items() if f"{WHO}@{host}/desktop" in node.notification.clients]


def test_it_signs_in_without_bosh_and_stays() -> None:
    async def story(seat: Seat) -> None:
        await seat.sign_in()
        await asyncio.sleep(100.0)
        assert home(seat) == [A]
        assert not seat.notices
        assert not seat.asked("http-bind")
        log = Counter(seat.events)
        assert log["Network.webSocketCreated"] == log["Network.webSocketHandshakeResponseReceived"] == 1
        assert log["Network.webSocketFrameReceived"] >= 10, "answers to its pings"
        assert not log["Network.webSocketClosed"]

    seated(story, by_socket=True)


def test_it_hears_that_finesse_is_gone_and_moves() -> None:
    async def story(seat: Seat) -> None:
        await seat.sign_in()
        await seat.mock.nodes[A].webapp.stop()
        await asyncio.sleep(30.0)
        assert home(seat) == [B]

    seated(story, by_socket=True)


def test_three_attempts_come_before_it_is_disconnected() -> None:
    async def story(seat: Seat) -> None:
        await seat.sign_in()
        seat.events.clear()
        await seat.mock.nodes[A].notification.stop()
        await asyncio.sleep(9.5)
        assert seat.events.count("Network.webSocketCreated") == 3
        assert [words.partition(" fin")[0] for words in seat.notices] == ["Lost connection to"]

    seated(story, by_socket=True)


def test_a_blocked_address_ends_it_and_the_next_attempt_mends_that() -> None:
    async def story(seat: Seat) -> None:
        await seat.sign_in()
        await seat.tell("Network.setBlockedURLs", urls=[f"wss://{A}*"])
        await asyncio.sleep(4.0)
        await seat.tell("Network.setBlockedURLs", urls=[])
        await asyncio.sleep(10.0)
        assert home(seat) == [A]
        assert not seat.notices
        assert seat.events.count("Network.webSocketCreated") == 3, "at first, in vain, and again"

    seated(story, by_socket=True)


def test_who_leaves_says_so_and_who_crashes_does_not() -> None:
    async def story(seat: Seat) -> None:
        went: list[GoneHow | None] = []
        seat.mock.nodes[A].notification.presence_watchers.append(lambda _, how: went.append(how))
        await seat.sign_in()
        await seat.close()
        await seat.sit_down()
        await seat.sign_in()
        await seat.tell("Page.crash")
        await asyncio.sleep(5.0)
        assert went == [None, GoneHow.PRESENCE, None, GoneHow.DROPPED]

    seated(story, by_socket=True)
