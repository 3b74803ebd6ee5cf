"""A simulated browser at the mock: what the desktop in it does, as a developer's tools see it."""

import asyncio
import itertools

import pytest

from chaos.clients.devtools import BrowserError
from chaos.inventory import MockVariants
from chaos.mock.finesse.doors.session import GoneHow
from tests.mock.browsers.lab import EXTENSION, WHO, A, B, Seat, seated

LOST, BACK, MOVED = "Lost connection to", "Successfully reconnected to", "Successfully connected to"


def home(seat: Seat) -> list[str]:
    """The nodes at which the agent has a desktop now, as the nodes have it."""
    return [host for host, node in seat.mock.nodes.items() if f"{WHO}@{host}/desktop" in node.notification.clients]


def test_somebody_signs_in_and_stays() -> None:
    async def story(seat: Seat) -> None:
        await seat.sign_in()
        await asyncio.sleep(100.0)
        assert home(seat) == [A]
        assert not seat.notices
        assert [end for _, end in seat.asked(f"/User/{WHO}")] == [202, 200, 200]
        snapshot = await seat.tell("Page.captureSnapshot", format="mhtml")
        assert WHO in snapshot["data"]

    seated(story)


def test_a_wrong_password_is_told() -> None:
    async def story(seat: Seat) -> None:
        await seat.sign_in(password="wrong")
        assert seat.notices
        assert home(seat) == []

    seated(story)


def test_without_its_webapp_the_desktop_moves_and_does_not_come_back() -> None:
    async def story(seat: Seat) -> None:
        await seat.sign_in()
        webapp = seat.mock.nodes[A].webapp
        await webapp.stop()
        await asyncio.sleep(30.0)
        assert home(seat) == [B]
        assert [words.partition("fin")[0].strip().removesuffix(".") for words in seat.notices] == [LOST, MOVED]
        await webapp.start()
        came_s = asyncio.get_running_loop().time()
        await asyncio.sleep(120.0)
        assert home(seat) == [B]
        assert not [end for end in seat.asked(A, from_s=came_s) if "http-bind" not in str(end)]

    seated(story)


def test_with_the_other_server_out_of_reach_it_waits_and_reconnects() -> None:
    async def story(seat: Seat) -> None:
        await seat.sign_in()
        await asyncio.sleep(1.0)
        await seat.tell("Network.setBlockedURLs", urls=[f"https://{B}*"])
        webapp = seat.mock.nodes[A].webapp
        await webapp.stop()
        gone_s = asyncio.get_running_loop().time()
        await asyncio.sleep(65.0)
        looks = [at_s - gone_s for at_s, _ in seat.asked(f"{A}:8445/finesse/api/SystemInfo", from_s=gone_s)]
        assert looks == pytest.approx([0, 10, 20, 30, 40, 50, 60])
        others = [at_s - gone_s for at_s, _ in seat.asked(f"{B}:8445/finesse/api/SystemInfo", from_s=gone_s)]
        assert others == pytest.approx([5, 15, 25, 35, 45, 55])
        await webapp.start()
        await asyncio.sleep(20.0)
        assert home(seat) == [A]
        assert seat.notices[-1].startswith(BACK)
        assert [end for _, end in seat.asked(f"/User/{WHO}", from_s=gone_s)] == [200, 200]

    seated(story)


def test_three_attempts_come_before_the_desktop_is_disconnected() -> None:
    async def story(seat: Seat) -> None:
        await seat.sign_in()
        begun_s = asyncio.get_running_loop().time()
        await seat.tell("Network.setBlockedURLs", urls=[f"https://{A}:7443/*", f"https://{B}*"])
        await asyncio.sleep(40.0)
        assert seat.notices[0].startswith(LOST)
        since = [(url, end) for at_s, _, url, end in seat.requests if at_s > begun_s]
        before = since[: next(n for n, (url, _) in enumerate(since) if "SystemInfo" in url)]
        failed = [end for url, end in before if "http-bind" in url and end == "net::ERR_BLOCKED_BY_CLIENT"]
        assert len(failed) == 1 + 3  # the ping that failed, and they

    seated(story)


def test_the_library_waits_before_its_attempts_as_long_as_it_is_told() -> None:
    async def story(seat: Seat) -> None:
        await seat.sign_in()
        await seat.tell("Network.setBlockedURLs", urls=[f"https://{A}:7443/*", f"https://{B}*"])
        await asyncio.sleep(40.0)
        failed = [
            at_s for at_s, _, url, end in seat.requests if "http-bind" in url and end == "net::ERR_BLOCKED_BY_CLIENT"
        ]
        assert [after - before for before, after in itertools.pairwise(failed[:4])] == pytest.approx([1, 2, 8])

    seated(story, variants=MockVariants(library_pauses_s=(1.0, 2.0, 8.0)))


def test_a_gadget_may_ask_for_the_agents_calls_all_along() -> None:
    async def story(seat: Seat) -> None:
        await seat.sign_in()
        begun_s = asyncio.get_running_loop().time()
        await asyncio.sleep(30.0)
        asked = [at_s - begun_s for at_s, _ in seat.asked(f"/User/{WHO}/Dialogs", from_s=begun_s + 1)]
        assert asked == pytest.approx([7, 14, 21, 28], abs=0.1)
        assert len(seat.asked("/SystemInfo", from_s=begun_s + 1)) == 4
        await seat.mock.nodes[A].webapp.stop()
        await asyncio.sleep(60.0)
        assert home(seat) == [B]
        assert seat.asked(f"{B}:8445/finesse/api/User/{WHO}/Dialogs", from_s=begun_s + 60)

    seated(story, variants=MockVariants(gadgets_s=7.0))


def test_closing_and_going_back_say_goodbye_and_a_crash_does_not() -> None:
    async def leave(seat: Seat, how: str) -> bool:
        await seat.sign_in()
        told: list[GoneHow | None] = []
        seat.mock.nodes[A].notification.presence_watchers.append(
            lambda user, how: told.append(how) if user == WHO else None
        )
        if how == "back":
            await seat.tell("Page.navigateToHistoryEntry", entryId=0)
        elif how == "close":
            await seat.close()
        else:
            await seat.tell("Page.crash")
        await asyncio.sleep(1.0)
        return told == [GoneHow.PRESENCE]

    async def story(seat: Seat) -> None:
        assert await leave(seat, "back")
        await seat.sit_down()
        assert await leave(seat, "close")
        await seat.sit_down()
        assert not await leave(seat, "crash")
        with pytest.raises(BrowserError, match="crashed"):
            await seat.tell("Page.reload")

    seated(story)


def test_a_refreshed_page_is_signed_in_again() -> None:
    async def story(seat: Seat) -> None:
        await seat.sign_in()
        await seat.tell("Page.reload")
        assert home(seat) == [A]
        assert len(seat.asked("/desktop/container")) == 2
        assert [end for _, end in seat.asked(f"/User/{WHO}")].count(202) == 2

    seated(story)


def test_a_browser_off_the_network_and_a_slow_one() -> None:
    async def story(seat: Seat) -> None:
        await seat.sign_in()
        slow = {"latency": 1500, "downloadThroughput": -1, "uploadThroughput": -1}
        await seat.tell("Network.emulateNetworkConditions", offline=False, **slow)
        begun_s = asyncio.get_running_loop().time()
        await seat.tell("Runtime.evaluate", expression=f'fetch("https://{A}:8445/finesse/api/SystemInfo")')
        assert asyncio.get_running_loop().time() - begun_s == pytest.approx(1.5)
        await seat.tell("Network.emulateNetworkConditions", offline=True, **slow)
        await asyncio.sleep(40.0)
        assert seat.notices[0].startswith(LOST)
        assert seat.asked("SystemInfo")[-1][1] == "net::ERR_INTERNET_DISCONNECTED"

    seated(story)


@pytest.mark.parametrize(
    ("method", "params", "why"),
    [
        ("Page.fly", {}, "wasn't found"),
        ("Page.navigate", {}, "Invalid parameters"),
        ("Runtime.evaluate", {"expression": "1 + 1"}, "no script engine"),
        ("Network.getResponseBody", {"requestId": "none"}, "No resource"),
    ],
)
def test_what_cannot_be_done_is_refused_as_the_protocol_has_it(method: str, params: dict[str, str], why: str) -> None:
    async def story(seat: Seat) -> None:
        with pytest.raises(BrowserError, match=why):
            await seat.tell(method, **params)

    seated(story)


def test_passwords_are_in_no_representation() -> None:
    from chaos.mock.browsers.asking import Entered

    assert "secret" not in repr(Entered(WHO, "secret", EXTENSION))
