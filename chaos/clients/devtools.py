"""Browsers by Chrome's DevTools Protocol: commands, their answers, and the events of each tab, over one WebSocket.

Source: chromedevtools.github.io/devtools-protocol, version 1.3, with flat sessions. Whatever speaks it will do: Chrome
started with `--remote-debugging-port`, or the mock's simulated browsers.
"""

import asyncio
import itertools
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import aiohttp

from chaos.clock import now
from chaos.errors import PeerError
from chaos.network import tcp_socket

MESSAGE_BYTES_MAX = 8 * 1024 * 1024
_ERROR_TEXT_MAX = 200

Heard = Callable[[str, Mapping[str, Any]], None]
"""Told of each event of one tab: the method's name and its parameters."""


class BrowserError(PeerError):
    """A browser that is not there, refused a command, or does not speak the protocol."""


@dataclass(frozen=True, slots=True)
class Handle:
    """One tab, as the protocol names it, and the session by which it is told things."""

    target: str
    session: str


@dataclass(frozen=True, slots=True)
class Reply:
    """What the browser answers in a server's place. upon: a pattern of what only requests ask for that are answered so;
    "": it takes its turn."""

    status: int
    kind: str = "text/html"
    body: bytes = b""
    upon: str = ""

    @property
    def fields(self) -> tuple[tuple[str, str], ...]:
        return (("Content-Type", self.kind),)


class Devtools:
    """One connection to one browser. timeout_s: for connecting, and for each command.

    `call` may be used by many at the same time. Once the connection has ended every call raises BrowserError.
    """

    def __init__(self, url: str, *, timeout_s: float) -> None:
        self._url, self._timeout_s = url.rstrip("/"), timeout_s
        self._session: aiohttp.ClientSession | None = None
        self._socket: aiohttp.ClientWebSocketResponse | None = None
        self._reading: asyncio.Task[None] | None = None
        self._numbers = itertools.count(1)
        self._waiting: dict[int, asyncio.Future[Mapping[str, Any]]] = {}
        self._heard: dict[str, Heard] = {}
        self._gone = "it was not opened"

    async def open(self) -> None:
        """Connect. Raises BrowserError."""
        await self.close()
        connector = aiohttp.TCPConnector(socket_factory=lambda place: tcp_socket(str(place[4][0])))
        self._session = aiohttp.ClientSession(connector=connector, trust_env=False)
        try:
            async with asyncio.timeout(self._timeout_s):
                async with self._session.get(f"{self._url}/json/version") as answer:
                    about = json.loads(await answer.content.read(MESSAGE_BYTES_MAX))
                self._socket = await self._session.ws_connect(
                    str(about["webSocketDebuggerUrl"]), max_msg_size=MESSAGE_BYTES_MAX, compress=0
                )
        except (TimeoutError, OSError, aiohttp.ClientError, ValueError, RecursionError, KeyError, TypeError) as error:
            await self.close()
            raise BrowserError(f"no browser can be driven at {self._url}: {error!r}"[:_ERROR_TEXT_MAX]) from error
        self._gone = ""
        self._reading = asyncio.create_task(self._read(self._socket), name=f"browser at {self._url}")

    async def close(self) -> None:
        """Leave; a browser that was started for us alone closes what we opened. Safe twice."""
        reading, self._reading = self._reading, None
        socket, self._socket = self._socket, None
        session, self._session = self._session, None
        if socket is not None:
            await socket.close()
        if reading is not None:
            reading.cancel()
            await asyncio.gather(reading, return_exceptions=True)
        if session is not None:
            await session.close()
        self._end("it was closed")

    async def context(self) -> str:
        """A browser context, with cookies of its own, as a private window has them. Raises BrowserError."""
        return str((await self.call("Target.createBrowserContext"))["browserContextId"])

    async def cookies(self, context: str) -> int:
        """How many cookies that context has. Raises BrowserError."""
        return len((await self.call("Storage.getCookies", {"browserContextId": context}))["cookies"])

    async def clear_cookies(self, context: str) -> None:
        """All of that context. Raises BrowserError."""
        await self.call("Storage.clearCookies", {"browserContextId": context})

    async def dispose(self, context: str) -> None:
        """It is not needed any more. Raises BrowserError."""
        await self.call("Target.disposeBrowserContext", {"browserContextId": context})

    async def tab(self, heard: Heard, *, context: str | None = None) -> Handle:
        """Open an empty tab and watch it. context: of `context`, None: the browser's own. Raises BrowserError."""
        where = {} if context is None else {"browserContextId": context}
        target = str((await self.call("Target.createTarget", {"url": "about:blank", **where}))["targetId"])
        answer = await self.call("Target.attachToTarget", {"targetId": target, "flatten": True})
        session = str(answer["sessionId"])
        self._heard[session] = heard
        return Handle(target, session)

    async def close_tab(self, handle: Handle) -> None:
        """Close it as its user would; nothing more is heard of it. Raises BrowserError."""
        try:
            await self.call("Target.closeTarget", {"targetId": handle.target})
        finally:
            self._heard.pop(handle.session, None)

    def forget(self, handle: Handle) -> None:
        """Nothing more is to be heard of that tab."""
        self._heard.pop(handle.session, None)

    async def call(
        self, method: str, params: Mapping[str, Any] | None = None, *, session: str | None = None
    ) -> Mapping[str, Any]:
        """A command's result. Raises BrowserError."""
        if self._gone or self._socket is None:
            raise BrowserError(f"{method}: the browser at {self._url} is gone: {self._gone}")
        number = next(self._numbers)
        message: dict[str, Any] = {"id": number, "method": method, "params": params or {}}
        if session is not None:
            message["sessionId"] = session
        answer: asyncio.Future[Mapping[str, Any]] = asyncio.get_running_loop().create_future()
        self._waiting[number] = answer
        try:
            async with asyncio.timeout(self._timeout_s):
                await self._socket.send_str(json.dumps(message))
                return await answer
        except TimeoutError:
            raise BrowserError(f"{method}: no answer within {self._timeout_s:g} s") from None
        except (OSError, aiohttp.ClientError) as error:
            raise BrowserError(f"{method}: {error!r}"[:_ERROR_TEXT_MAX]) from error
        finally:
            self._waiting.pop(number, None)

    async def clock_offset(self, handle: Handle) -> tuple[float, float]:
        """What to add to the browser's time stamps to have the loop's, and how far that may be off, in seconds.

        Raises BrowserError.
        """
        before_s = now()
        found = await self.call("Performance.getMetrics", session=handle.session)
        after_s = now()
        stamps = [one["value"] for one in found.get("metrics", ()) if one.get("name") == "Timestamp"]
        if not stamps:
            raise BrowserError("Performance.getMetrics tells no Timestamp")
        return (before_s + after_s) / 2 - float(stamps[0]), (after_s - before_s) / 2

    async def _read(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        why = "it closed the connection"
        try:
            async for message in socket:
                if message.type is aiohttp.WSMsgType.TEXT:
                    self._take(json.loads(message.data))
        except (ValueError, RecursionError, KeyError, TypeError, AttributeError) as error:
            why = f"it does not speak the protocol: {error!r}"[:_ERROR_TEXT_MAX]
        finally:
            self._end(why)

    def _take(self, message: Mapping[str, Any]) -> None:
        if "id" in message:
            waiting = self._waiting.get(message["id"])
            if waiting is None or waiting.done():
                return
            if "error" in message:
                said = str(message["error"].get("message", message["error"]))[:_ERROR_TEXT_MAX]
                waiting.set_exception(BrowserError(f"the browser refused: {said}"))
            else:
                waiting.set_result(message.get("result", {}))
            return
        heard = self._heard.get(message.get("sessionId", ""))
        if heard is not None:
            heard(message["method"], message.get("params", {}))

    def _end(self, why: str) -> None:
        self._gone = self._gone or why
        for waiting in self._waiting.values():
            if not waiting.done():
                waiting.set_exception(BrowserError(f"the browser at {self._url} is gone: {why}"))
