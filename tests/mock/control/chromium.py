"""A real Chromium, driven by its DevTools Protocol: what a person sees and does on a page."""

import asyncio
import json
import shutil
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from chaos.clients.devtools import Devtools, Handle
from tests.mock.control.lab import until

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
FLAGS = [
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
    "--remote-debugging-port=0",
    "--window-size=1280,1000",
]


def program() -> str:
    """Skips the test, with the reason, where there is none."""
    found = next((path for name in NAMES if (path := shutil.which(name))), None)
    if found is None:
        pytest.skip("no chromium is installed to open the page with")
    return found


class Page:
    """One tab. troubles: whatever the browser complained of: exceptions, its console, what the policy forbade. That an
    order was refused is none. requested: every address that was asked for.
    """

    def __init__(self, devtools: Devtools) -> None:
        self._devtools = devtools
        self._handle: Handle | None = None
        self.troubles: list[str] = []
        self.requested: list[str] = []

    async def open(self) -> None:
        self._handle = await self._devtools.tab(self._heard)
        for domain in ("Page", "Runtime", "Log", "Network", "Accessibility"):
            await self.tell(f"{domain}.enable")

    async def tell(self, method: str, **params: Any) -> Mapping[str, Any]:
        assert self._handle is not None
        return await self._devtools.call(method, params, session=self._handle.session)

    async def go(self, url: str) -> None:
        await self.tell("Page.navigate", url=url)

    async def js(self, expression: str) -> Any:
        """The value of a JavaScript expression; a promise is awaited."""
        answer = await self.tell("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in answer, answer
        return answer["result"].get("value")

    async def until(self, expression: str, *, within_s: float = 30.0) -> None:
        """Wait until it is true. Fails with what the page shows."""

        async def seen() -> bool:
            return bool(await self.js(expression))

        try:
            await until(seen, within_s=within_s)
        except TimeoutError:
            text = await self.js("document.body.innerText")
            raise AssertionError(f"not within {within_s:g} s: {expression}\n{text}\n{self.troubles}") from None

    async def press(self, name: str) -> None:
        """Press the button that is called so to whoever hears the page. Fails: there is none, or more than one."""
        wanted = json.dumps(name)
        fits = f"(one) => one.ariaLabel === {wanted} && one.ariaDisabled === null"
        button = f"[...document.querySelectorAll('button')].filter({fits})"
        await self.until(f"{button}.length === 1")
        await self.js(f"{button}[0].focus(); {button}[0].click()")

    async def tree(self) -> list[tuple[str, str]]:
        """What a screen reader is told: roles and names."""
        nodes = (await self.tell("Accessibility.getFullAXTree"))["nodes"]
        told = [node for node in nodes if not node.get("ignored")]
        return [(node["role"]["value"], node.get("name", {}).get("value", "")) for node in told]

    def _heard(self, method: str, params: Mapping[str, Any]) -> None:
        if method == "Network.requestWillBeSent":
            self.requested.append(params["request"]["url"])
        elif method == "Runtime.exceptionThrown":
            self.troubles.append(str(params["exceptionDetails"]))
        elif method == "Runtime.consoleAPICalled" and params["type"] in ("error", "warning", "assert"):
            self.troubles.append(str(params["args"]))
        elif method == "Log.entryAdded" and params["entry"]["level"] in ("error", "warning"):
            entry = params["entry"]
            if not (entry["source"] == "network" and entry.get("url", "").endswith("/orders")):
                self.troubles.append(str(entry))


@asynccontextmanager
async def browsing(folder: Path) -> AsyncIterator[Page]:
    """A page of a browser with a new profile in that folder."""
    nothing = asyncio.subprocess.DEVNULL
    command = [program(), *FLAGS, f"--user-data-dir={folder / 'profile'}"]
    process = await asyncio.create_subprocess_exec(*command, stdout=nothing, stderr=nothing)
    port = folder / "profile" / "DevToolsActivePort"

    async def listens() -> bool:
        return port.exists() and len(port.read_text().splitlines()) == 2

    try:
        await until(listens, within_s=30.0)
        devtools = Devtools(f"http://127.0.0.1:{port.read_text().splitlines()[0]}", timeout_s=20.0)
        try:
            await devtools.open()
            page = Page(devtools)
            await page.open()
            yield page
        finally:
            await devtools.close()
    finally:
        process.kill()
        await process.wait()
