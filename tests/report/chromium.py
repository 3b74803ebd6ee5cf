"""Debian's Chromium, driven by our own DevTools client: opens a page of ours, clicks in it, says what went wrong."""

import asyncio
import base64
import contextlib
import json
import shutil
import signal
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from chaos.clients.devtools import Devtools, Handle

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
_FLAGS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
    "--remote-debugging-port=0",
)
_START_LIMIT_S = 60.0
_ANSWER_LIMIT_S = 60.0
_LOOK_S = 0.05


def browser_path() -> str | None:
    """Where the browser is; None if there is none."""
    return next((found for name in NAMES if (found := shutil.which(name))), None)


def _port_in(file: Path) -> int | None:
    """Where the browser listens, once it has written that down."""
    try:
        return int(file.read_text(encoding="ascii").split()[0])
    except (OSError, ValueError, IndexError):
        return None


class Look:
    """One page opened at one width, in light or dark."""

    def __init__(self, runner: asyncio.Runner, devtools: Devtools, handle: Handle, errors: list[str]) -> None:
        self._runner, self._devtools, self._handle = runner, devtools, handle
        self.errors = errors

    def js(self, expression: str) -> Any:
        """What the expression comes to in the page; promises are waited for."""
        answer = self._call("Runtime.evaluate", {"expression": expression, "returnByValue": True, "awaitPromise": True})
        assert "exceptionDetails" not in answer, answer["exceptionDetails"]
        return answer["result"].get("value")

    def wait(self, expression: str, limit_s: float = 30.0) -> Any:
        """What it comes to, once that is something. Fails after so many seconds."""
        return self._runner.run(self._waited(expression, limit_s))

    async def _waited(self, expression: str, limit_s: float) -> Any:
        asked = {"expression": expression, "returnByValue": True, "awaitPromise": True}
        try:
            async with asyncio.timeout(limit_s):
                while True:
                    answer = await self._devtools.call("Runtime.evaluate", asked, session=self._handle.session)
                    if answer["result"].get("value"):
                        return answer["result"]["value"]
                    await asyncio.sleep(_LOOK_S)
        except TimeoutError:
            raise AssertionError(f"not so within {limit_s:g} s: {expression}; errors: {self.errors}") from None

    def click(self, selector: str) -> None:
        """Click on what is found first, once it is there."""
        self.wait(f"!!document.querySelector({json.dumps(selector)})")
        self.js(f"document.querySelector({json.dumps(selector)}).click()")

    def screenshot(self, path: Path) -> None:
        path.write_bytes(base64.b64decode(self._call("Page.captureScreenshot", {"format": "png"})["data"]))

    def _call(self, method: str, params: Mapping[str, Any]) -> Mapping[str, Any]:
        return self._runner.run(self._devtools.call(method, params, session=self._handle.session))


class Chromium:
    """A browser of our own, its profile in `folder`."""

    def __init__(self, path: str, folder: Path) -> None:
        self._runner = asyncio.Runner()
        port_file = folder / "DevToolsActivePort"
        self._process = subprocess.Popen(
            [path, *_FLAGS, f"--user-data-dir={folder}", "about:blank"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        try:
            port = self._runner.run(self._port(port_file))
            self._devtools = Devtools(f"http://127.0.0.1:{port}", timeout_s=_ANSWER_LIMIT_S)
            self._runner.run(self._devtools.open())
        except BaseException:
            self.close()
            raise

    async def _port(self, file: Path) -> int:
        async with asyncio.timeout(_START_LIMIT_S):
            while True:
                if (port := _port_in(file)) is not None:
                    return port
                assert self._process.poll() is None, "the browser has ended by itself"
                await asyncio.sleep(_LOOK_S)

    @contextlib.contextmanager
    def look(self, url: str, *, width: int = 1280, height: int = 900, dark: bool = False) -> Iterator[Look]:
        """A page in a tab of its own, with nothing stored from before."""
        errors: list[str] = []

        def heard(method: str, told: Mapping[str, Any]) -> None:
            if method == "Runtime.exceptionThrown":
                errors.append(json.dumps(told["exceptionDetails"])[:600])
            elif method == "Runtime.consoleAPICalled" and told["type"] in ("error", "assert"):
                errors.append(json.dumps(told["args"])[:600])
            elif method == "Log.entryAdded" and told["entry"]["level"] == "error":
                errors.append(json.dumps(told["entry"])[:600])

        handle = self._runner.run(self._devtools.tab(heard))
        look = Look(self._runner, self._devtools, handle, errors)
        metrics = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
        scheme = {"features": [{"name": "prefers-color-scheme", "value": "dark" if dark else "light"}]}
        try:
            for method, params in (
                ("Runtime.enable", {}),
                ("Log.enable", {}),
                ("Page.enable", {}),
                ("Emulation.setDeviceMetricsOverride", metrics),
                ("Emulation.setEmulatedMedia", scheme),
                ("Page.navigate", {"url": url}),
            ):
                look._call(method, params)
            look.wait("document.readyState === 'complete'")
            yield look
        finally:
            self._runner.run(self._devtools.close_tab(handle))

    def close(self) -> None:
        with contextlib.suppress(AttributeError):
            self._runner.run(self._devtools.close())
        self._runner.close()
        with contextlib.suppress(ProcessLookupError):
            self._process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(20)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
