"""Debian's Firefox, driven by WebDriver BiDi (W3C): opens a page of ours, and says what its console says is wrong."""

import asyncio
import contextlib
import re
import shutil
from pathlib import Path
from typing import Any

import aiohttp

NAMES = ("firefox-esr", "firefox")
_START_LIMIT_S = 120.0
_ANSWER_LIMIT_S = 120.0
_LOOK_S = 0.1
_LISTENS = re.compile(r"WebDriver BiDi listening on (ws://\S+)")


def firefox_path() -> str | None:
    """Where the browser is; None if there is none."""
    return next((found for name in NAMES if (found := shutil.which(name))), None)


def console_errors(path: str, profile: Path, url: str, until: str) -> list[str]:
    """Errors in the console from opening `url` until the expression `until` holds in it."""
    return asyncio.run(_errors(path, profile, url, until))


async def _errors(path: str, profile: Path, url: str, until: str) -> list[str]:
    process = await asyncio.create_subprocess_exec(
        *(path, "--headless", "--no-remote", "--profile", str(profile), "--remote-debugging-port=0", "about:blank"),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        address = await _address(process)
        async with aiohttp.ClientSession() as session, session.ws_connect(f"{address}/session", max_msg_size=0) as door:
            return await _looked(_Bidi(door), url, until)
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.terminate()
        # What it still says is read, so that it cannot hang on a full pipe.
        await process.communicate()


async def _address(process: asyncio.subprocess.Process) -> str:
    assert process.stderr is not None
    async with asyncio.timeout(_START_LIMIT_S):
        while line := await process.stderr.readline():
            if found := _LISTENS.search(line.decode("utf-8", "replace")):
                return found[1]
    raise AssertionError("the browser has ended by itself")


class _Bidi:
    def __init__(self, door: aiohttp.ClientWebSocketResponse) -> None:
        self._door, self._number = door, 0
        self.errors: list[str] = []

    async def call(self, method: str, **params: Any) -> Any:
        self._number += 1
        await self._door.send_json({"id": self._number, "method": method, "params": params})
        while True:
            said = await self._door.receive_json(timeout=_ANSWER_LIMIT_S)
            if said.get("method") == "log.entryAdded" and said["params"]["level"] == "error":
                self.errors.append(said["params"]["text"])
            if said.get("id") == self._number:
                assert said["type"] == "success", said
                return said["result"]


async def _looked(bidi: _Bidi, url: str, until: str) -> list[str]:
    await bidi.call("session.new", capabilities={})
    await bidi.call("session.subscribe", events=["log.entryAdded"])
    context = (await bidi.call("browsingContext.getTree"))["contexts"][0]["context"]
    await bidi.call("browsingContext.navigate", context=context, url=url, wait="complete")
    async with asyncio.timeout(_ANSWER_LIMIT_S):
        asked = {"expression": until, "target": {"context": context}, "awaitPromise": False}
        while True:
            if (await bidi.call("script.evaluate", **asked))["result"].get("value") is True:
                return bidi.errors
            await asyncio.sleep(_LOOK_S)
