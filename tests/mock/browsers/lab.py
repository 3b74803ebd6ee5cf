"""A mock with a browser in it, and what a developer's tools see of that."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from chaos import clock
from chaos.clients.devtools import Devtools, Handle
from chaos.inventory import MockOptions, MockVariants, load
from chaos.run.launcher import Launched, launch

ROOT = Path(__file__).parents[3]
A, B = "fin-a.mock.test", "fin-b.mock.test"
WHO, PASSWORD, EXTENSION = "1001020", "mock-tina", "2020"


class Seat:
    """Somebody at a browser. requests: (method, url, status or failure); notices: what the page showed as an alert."""

    def __init__(self, launched: Launched, devtools: Devtools) -> None:
        self.mock = launched.deployment
        self.devtools = devtools
        self.requests: list[tuple[float, str, str, int | str]] = []
        self.notices: list[str] = []
        self.events: list[str] = []
        self.blind_s = 0.0
        self._sent: dict[str, tuple[float, str, str]] = {}
        self._handle: Handle | None = None

    async def sit_down(self) -> None:
        self._handle = await self.devtools.tab(self._heard)
        await self.tell("Runtime.addBinding", name="shown")

    async def tell(self, method: str, **params: Any) -> Any:
        assert self._handle is not None
        return await self.devtools.call(method, params, session=self._handle.session)

    async def sign_in(
        self, server: str = A, password: str = PASSWORD, *, who: str = WHO, extension: str = EXTENSION
    ) -> None:
        await self.tell("Page.navigate", url=f"https://{server}:8445/desktop/container")
        for text in (who, password, extension):
            await self.tell("Input.insertText", text=text)
            await self.tell("Input.dispatchKeyEvent", type="keyDown", key="Enter" if text == extension else "Tab")

    async def close(self) -> None:
        assert self._handle is not None
        await self.devtools.close_tab(self._handle)

    def asked(self, part: str, *, from_s: float = 0.0) -> list[tuple[float, int | str]]:
        """When something with that in its URL was asked for, and what came of it."""
        return [(sent_s, end) for sent_s, _, url, end in self.requests if part in url and sent_s >= from_s]

    def _heard(self, method: str, params: Any) -> None:
        self.events.append(method)
        if method == "Network.requestWillBeSent":
            request = params["request"]
            self._sent[params["requestId"]] = (params["timestamp"], request["method"], request["url"])
        elif method == "Network.responseReceived":
            self.requests.append((*self._sent[params["requestId"]], params["response"]["status"]))
        elif method == "Network.loadingFailed":
            self.requests.append((*self._sent[params["requestId"]], params["errorText"]))
        elif method == "Runtime.bindingCalled":
            self.notices.append(json.loads(params["payload"])["text"])


def seated(
    work: Callable[[Seat], Awaitable[None]],
    *defects: str,
    by_socket: bool = False,
    variants: MockVariants | None = None,
) -> None:
    """Play that with a mock of two nodes without proxies, on a virtual clock. by_socket: desktops have their event
    stream over WebSocket. variants: how it is where documents leave it free."""

    async def main() -> None:
        inventory = load(ROOT / "inventories/mock.yaml").model_copy(update={"links": {}})
        if variants is not None:
            mock = (inventory.mock or MockOptions()).model_copy(update={"variants": variants})
            inventory = inventory.model_copy(update={"mock": mock})
        launched = await launch(inventory, defects=defects, fast=True)
        browsers = launched.inventory.browsers
        assert browsers is not None
        assert browsers.websocket is not None
        devtools = Devtools(browsers.websocket if by_socket else browsers.devtools, timeout_s=60.0)
        try:
            await asyncio.gather(*(node.until_in_service() for node in launched.deployment.nodes.values()))
            await devtools.open()
            seat = Seat(launched, devtools)
            await seat.sit_down()
            await work(seat)
        finally:
            await devtools.close()
            await launched.stop()

    clock.run(main(), virtual=True)
