"""The end of a refresh token at the mock: what the desktop shows, what Finesse forwards, and how long a token lives."""

import asyncio
import re
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from chaos import clock
from chaos.clients.devtools import Devtools
from chaos.inventory import load
from chaos.run.launcher import launch
from chaos.wire.ged188 import AgentState
from tests.mock.browsers.lab import ROOT, A, Seat

ABEL, PASSWORD, EXTENSION = "1001101", "mock-abel", "2101"
LIFE_S = 800.0


class SignedOn(Seat):
    """Abel at a browser of his own; shown: what was on the screen from when on."""

    def __init__(self, *about: Any) -> None:
        super().__init__(*about)
        self.shown: list[tuple[float, str]] = []
        self.context = ""

    async def window(self) -> None:
        self.context = self.context or await self.devtools.context()
        self._handle = await self.devtools.tab(self._heard, context=self.context)
        await self.tell("Runtime.addBinding", name="shown")
        await self.tell("Page.navigate", url=f"https://{A}:8445/desktop/container")

    async def type(self, *texts: str) -> None:
        for n, text in enumerate(texts, 1):
            await self.tell("Input.insertText", text=text)
            await self.tell("Input.dispatchKeyEvent", type="keyDown", key="Enter" if n == len(texts) else "Tab")

    async def sign_on(self, *, asked: bool = True) -> None:
        await self.type(ABEL)
        if asked:
            await self.type(ABEL, PASSWORD)
        await self.type(EXTENSION)

    def _heard(self, method: str, params: Any) -> None:
        super()._heard(method, params)
        if method == "Runtime.bindingCalled":
            self.shown.append((asyncio.get_running_loop().time(), self.notices[-1]))

    @property
    def state(self) -> AgentState:
        agent = self.mock.peripheral.agents.get(ABEL)
        assert agent is not None
        return agent.state

    def is_home(self) -> bool:
        return f"{ABEL}@{A}/desktop" in self.mock.nodes[A].notification.clients


def seated(work: Callable[[SignedOn], Awaitable[None]], *defects: str) -> None:
    async def main() -> None:
        inventory = load(ROOT / "inventories/mock.yaml").model_copy(update={"links": {}})
        launched = await launch(inventory, defects=defects, fast=True)
        assert launched.inventory.browsers is not None
        devtools = Devtools(launched.inventory.browsers.devtools, timeout_s=60.0)
        try:
            await asyncio.gather(*(node.until_in_service() for node in launched.deployment.nodes.values()))
            await devtools.open()
            seat = SignedOn(launched, devtools)
            await seat.window()
            await work(seat)
        finally:
            await devtools.close()
            await launched.stop()

    clock.run(main(), virtual=True)


def left_s(end_s: float, shown: list[tuple[float, str]], pattern: str) -> list[float]:
    """How long before the end something with those words was shown."""
    return [round(end_s - at_s, 3) for at_s, text in shown if re.search(pattern, text)]


def test_the_whole_story_of_a_refresh_token() -> None:
    async def story(seat: SignedOn) -> None:
        await seat.sign_on()
        assert seat.is_home()
        assert [end for _, end in seat.asked(f"/User/{ABEL}")] == [202, 200, 200]
        end_s = asyncio.get_running_loop().time() + LIFE_S
        await asyncio.sleep(LIFE_S - 0.5)
        assert seat.is_home()
        assert left_s(end_s, seat.shown, "10 minutes") == [600]
        assert left_s(end_s, seat.shown, "5 minutes") == [300]
        assert left_s(end_s, seat.shown, "seconds") == list(range(60, 0, -1))
        await asyncio.sleep(1.0)
        ((asked_s, status),) = seat.asked("/desktop/sso/forced-logout")
        assert (round(asked_s - end_s, 3), status) == (0.0, 202)
        assert not seat.is_home()
        assert seat.state is AgentState.NOT_READY  # LOAD 0
        await seat.tell("Page.reload")
        assert not seat.is_home()
        await seat.sign_on()
        assert seat.is_home()

    seated(story)


def test_a_stale_cookie_lets_the_token_expire_early_and_cleared_ones_do_not() -> None:
    async def story(seat: SignedOn) -> None:
        loop = asyncio.get_running_loop()
        await seat.sign_on()
        begun_s = loop.time()
        await asyncio.sleep(60.0)
        await seat.close()
        await seat.window()
        await seat.sign_on(asked=False)
        assert seat.is_home()
        await asyncio.sleep(145.0)
        assert left_s(begun_s + LIFE_S, seat.shown, "10 minutes") == [600]
        await seat.close()
        assert await seat.devtools.cookies(seat.context) > 0
        await seat.devtools.clear_cookies(seat.context)
        await seat.window()
        await seat.sign_on()
        again_s = loop.time()
        seat.shown.clear()
        await asyncio.sleep(LIFE_S - 1.0)
        assert left_s(again_s + LIFE_S, seat.shown, "10 minutes") == [600]
        assert seat.is_home()

    seated(story)


def test_a_wrong_password_is_told_by_the_provider_and_none_at_the_desktop_is_good() -> None:
    async def story(seat: SignedOn) -> None:
        await seat.type(ABEL)
        await seat.type(ABEL, "wrong")
        assert not seat.is_home()
        await seat.type(ABEL, PASSWORD)
        await seat.type(EXTENSION)
        assert seat.is_home()
        await seat.close()
        await seat.window()
        await seat.type(ABEL, PASSWORD, EXTENSION)
        assert not seat.is_home()

    seated(story)


@pytest.mark.parametrize(
    ("defect", "pattern", "left"),
    [
        ("warning-missing@warning=10", "10 minutes", []),
        ("warning-missing@warning=10,node=b", "10 minutes", [600]),
        ("warning-late@warning=5,late=3s", "5 minutes", [297]),
        ("warning-early@late=3s", "10 minutes", [603]),
        ("warning-says-otherwise@warning=5", "5 minutes", []),
        ("warning-out-of-turn@warning=10", "10 minutes", [600, 540]),
        ("countdown-missing@cookie=fresh", "seconds", []),
        ("countdown-missing@cookie=stale", "seconds", list(range(60, 0, -1))),
        ("countdown-late", "seconds", list(range(55, 0, -1))),
        ("countdown-early", "seconds", list(range(65, 0, -1))),
        ("countdown-stops@late=20s", "seconds", list(range(60, 19, -1))),
    ],
)
def test_broken_desktops_show_otherwise(defect: str, pattern: str, left: list[float]) -> None:
    async def story(seat: SignedOn) -> None:
        await seat.sign_on()
        end_s = asyncio.get_running_loop().time() + LIFE_S
        await asyncio.sleep(LIFE_S)
        assert left_s(end_s, seat.shown, pattern) == left

    seated(story, defect)


def test_a_broken_desktop_lets_nobody_in_any_more_once_its_token_has_expired() -> None:
    async def story(seat: SignedOn) -> None:
        await seat.sign_on()
        await asyncio.sleep(LIFE_S + 5.0)
        await seat.tell("Page.reload")
        await seat.sign_on()
        assert not seat.is_home()

    seated(story, "zero-is-final")


def test_a_broken_desktop_stays_or_comes_back_though_its_token_has_expired() -> None:
    async def story(seat: SignedOn) -> None:
        await seat.sign_on()
        await asyncio.sleep(LIFE_S + 5.0)
        assert seat.is_home()
        assert seat.asked("/desktop/sso/forced-logout")

    for defect in ("zero-stays", "zero-comes-back"):
        seated(story, defect)
