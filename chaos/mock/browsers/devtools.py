"""Simulated browsers behind the DevTools Protocol, as Chrome serves it with `--remote-debugging-port`.

    GET /json/version            {"Browser": …, "webSocketDebuggerUrl": "ws://…/devtools/browser"}
    ws  /devtools/browser        one JSON object a message: {id, method, params, sessionId} → {id, result | error}

Of the protocol (chromedevtools.github.io/devtools-protocol) this knows what a harness needs to drive a desktop and to
watch it: `Target` (contexts, create, attach flat, close), `Storage` (cookies), `Page` (navigate, reload, history,
crash, snapshot), `Network` (the log, bodies, conditions, blocked URLs), `Fetch` (requests that wait to
be answered or sent), `Input` (typing), `Runtime.addBinding` and
`Performance.getMetrics`. There is no script engine: `Page.addScriptToEvaluateOnNewDocument` is accepted, and a binding
is called with each change of an element whose role is `alert` or `dialog`, as the observer that such a script installs
would do; `Runtime.evaluate` knows `fetch("URL")`, and `finesseChaosControl("TEXT")` of such a script, alone.
"""

import asyncio
import base64
import itertools
import json
import re
import ssl
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, cast

from aiohttp import WSMsgType, web

from chaos.mock.browsers.cookies import CookieJar
from chaos.mock.browsers.desktop import RETRY_PAUSES_S
from chaos.mock.browsers.fetching import Answer, Place
from chaos.mock.browsers.hooks import DesktopHooks
from chaos.mock.browsers.tab import Tab
from chaos.mock.finesse.doors.listener import Listener
from chaos.mock.tasks import report_failure

MESSAGE_BYTES_MAX = 1 << 20
SHUTDOWN_S = 1.0
RID_STEP = 100_000
_SHOW = re.compile(r'finesseChaosControl\("([^"\\]*)"\)')
_FETCH = re.compile(r'fetch\("([^"\\]+)"\)')

Params = Mapping[str, Any]
Result = dict[str, Any]


class Refused(Exception):
    """A command that cannot be carried out, as Chrome would say it."""


class BrowserServer:
    """All browsers of a deployment. names: as of `Fetcher`. tls: a client's context with the deployment's CA.

    defects: makes what one page's code asks. by_socket: its desktops have their event stream over WebSocket.
    pauses_s, gadgets_s: as of `Desktop`.
    """

    def __init__(
        self,
        names: Mapping[Place, Place],
        tls: ssl.SSLContext,
        defects: Callable[[], DesktopHooks],
        *,
        by_socket: bool = False,
        pauses_s: Sequence[float] = RETRY_PAUSES_S,
        gadgets_s: float | None = None,
    ) -> None:
        self.names, self.tls, self._defects, self._by_socket = names, tls, defects, by_socket
        self._pauses_s, self._gadgets_s = pauses_s, gadgets_s
        self._numbers, self._rids = itertools.count(1), itertools.count(1)
        self._tabs: dict[str, Tab] = {}
        self._contexts: dict[str, CookieJar] = {}
        self._jar = CookieJar()
        self._runner: web.AppRunner | None = None
        self._listener: Listener | None = None
        self._at = ""

    async def start(self, host: str, port: int) -> None:
        """Serve the protocol there. Raises OSError: the port is taken."""
        application = web.Application()
        application.router.add_get("/json/version", self._version)
        application.router.add_get("/devtools/browser", self._serve)
        self._runner = web.AppRunner(application, access_log=None, shutdown_timeout=SHUTDOWN_S, auto_decompress=False)
        await self._runner.setup()
        factory = cast(Callable[[], asyncio.BaseProtocol], self._runner.server)
        self._listener = Listener(factory, None, connections=64)
        self._at = f"{host}:{self._listener.open(host, port)}"

    async def stop(self) -> None:
        """Every browser is closed. Safe twice."""
        tabs, self._tabs = self._tabs, {}
        for tab in tabs.values():
            tab.crash()
        runner, self._runner = self._runner, None
        listener, self._listener = self._listener, None
        if listener is not None:
            await listener.close_door()
            await listener.end(reset=False)
        if runner is not None:
            await runner.cleanup()

    # For clients

    def context(self) -> str:
        """A browser context with cookies of its own."""
        name = f"context{next(self._numbers)}"
        self._contexts[name] = CookieJar()
        return name

    def jar(self, context: str | None) -> CookieJar:
        """The cookies of that context, or of the default one. Raises Refused."""
        if context is None:
            return self._jar
        if context not in self._contexts:
            raise Refused(f"Failed to find browser context with id {context}")
        return self._contexts[context]

    def dispose(self, context: str) -> None:
        self._contexts.pop(context, None)

    def opened(self, emit: Callable[[str, str, Result], None], jar: CookieJar) -> tuple[str, Tab]:
        """A new tab, with its id; its events go to `emit` with that id. jar: its browser's cookies."""
        target = f"tab{next(self._numbers)}"
        tab = Tab(
            self.names,
            self.tls,
            jar,
            self._defects,
            rid=lambda: RID_STEP * next(self._rids),
            emit=lambda method, params: emit(target, method, params),
            by_socket=self._by_socket,
            pauses_s=self._pauses_s,
            gadgets_s=self._gadgets_s,
        )
        self._tabs[target] = tab
        return target, tab

    def tab(self, target: str) -> Tab:
        """Raises Refused."""
        if target not in self._tabs:
            raise Refused(f"No target with given id found: {target}")
        return self._tabs[target]

    def forget(self, target: str) -> None:
        self._tabs.pop(target, None)

    # HTTP

    async def _version(self, request: web.Request) -> web.Response:
        url = f"ws://{self._at}/devtools/browser"
        return web.json_response(
            {"Browser": "finesse-chaos simulated browser", "Protocol-Version": "1.3", "webSocketDebuggerUrl": url}
        )

    async def _serve(self, request: web.Request) -> web.StreamResponse:
        socket = web.WebSocketResponse(compress=False, max_msg_size=MESSAGE_BYTES_MAX)
        await socket.prepare(request)
        await _Client(self, socket).run()
        return socket


class _Client:
    """One connection of a developer's tool."""

    def __init__(self, server: BrowserServer, socket: web.WebSocketResponse) -> None:
        self._server, self._socket = server, socket
        self._out: asyncio.Queue[str | None] = asyncio.Queue()
        self._tasks: set[asyncio.Task[None]] = set()
        self._owned: list[str] = []

    async def run(self) -> None:
        """Until the tool leaves; what it opened is closed with it, as with a browser started for it alone."""
        writing = asyncio.get_running_loop().create_task(self._write())
        try:
            async for message in self._socket:
                if message.type is WSMsgType.TEXT:
                    self._take(message.data)
        finally:
            for task in tuple(self._tasks):
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)
            for target in self._owned:
                await self._closed(target)
            self._out.put_nowait(None)
            await asyncio.gather(writing, return_exceptions=True)

    def _take(self, text: str) -> None:
        task = asyncio.get_running_loop().create_task(self._answer(text))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        task.add_done_callback(report_failure)

    async def _answer(self, text: str) -> None:
        try:
            asked = json.loads(text)
            number, method = asked["id"], str(asked["method"])
            params, session = asked.get("params") or {}, asked.get("sessionId")
        except (ValueError, RecursionError, KeyError, TypeError):
            self._say({"error": {"code": -32700, "message": "Message must be a JSON object with id and method"}})
            return
        answer: Result = {"id": number} | ({"sessionId": session} if session else {})
        try:
            answer["result"] = await self._carried_out(method, params, session)
        except Refused as why:
            answer["error"] = {"code": -32000, "message": str(why)}
        except (KeyError, TypeError, ValueError) as wrong:
            answer["error"] = {"code": -32602, "message": f"Invalid parameters: {wrong!r}"}
        self._say(answer)

    async def _carried_out(self, method: str, params: Params, session: str | None) -> Result:
        if session is None:
            return await self._of_browser(method, params)
        tab = self._server.tab(session)
        if tab.is_crashed:
            raise Refused("Target crashed")
        command = _COMMANDS.get(method)
        if command is None:
            raise Refused(f"'{method}' wasn't found")
        result = command(tab, params)
        if isinstance(result, dict):
            return result
        return await result or {}

    async def _of_browser(self, method: str, params: Params) -> Result:
        match method:
            case "Target.createTarget":
                target, tab = self._server.opened(self._event, self._server.jar(params.get("browserContextId")))
                self._owned.append(target)
                if params["url"] != tab.url:
                    raise Refused("open about:blank, attach, and navigate then")
                return {"targetId": target}
            case "Target.attachToTarget":
                self._server.tab(params["targetId"])
                return {"sessionId": params["targetId"]}
            case "Target.createBrowserContext":
                return {"browserContextId": self._server.context()}
            case "Target.disposeBrowserContext":
                self._server.dispose(str(params["browserContextId"]))
                return {}
            case "Storage.getCookies":
                found = self._server.jar(params.get("browserContextId")).all()
                return {"cookies": [{"domain": host, "path": path, "name": name} for host, path, name in found]}
            case "Storage.clearCookies":
                self._server.jar(params.get("browserContextId")).clear()
                return {}
            case "Target.closeTarget":
                await self._closed(params["targetId"])
                return {"success": True}
            case _:
                raise Refused(f"'{method}' wasn't found")

    async def _closed(self, target: str) -> None:
        try:
            tab = self._server.tab(target)
        except Refused:
            return
        if not tab.is_crashed:
            await tab.close()
        self._server.forget(target)
        self._event(target, "Inspector.detached", {"reason": "target_closed"})

    def _event(self, target: str, method: str, params: Result) -> None:
        self._say({"method": method, "params": params, "sessionId": target})

    def _say(self, message: Result) -> None:
        self._out.put_nowait(json.dumps(message))

    async def _write(self) -> None:
        while (text := await self._out.get()) is not None:
            try:
                await self._socket.send_str(text)
            except ConnectionError:
                return


# --- what a tab can be told ------------------------------------------------------------------------------------------

Command = Callable[[Tab, Params], Result | Awaitable[Result | None]]


def _nothing(tab: Tab, params: Params) -> Result:
    return {}


async def _navigate(tab: Tab, params: Params) -> Result:
    why = await tab.navigate(str(params["url"]))
    return {"frameId": "main"} | ({"errorText": why} if why else {})


async def _reload(tab: Tab, params: Params) -> None:
    await tab.reload()


async def _back(tab: Tab, params: Params) -> None:
    if int(params["entryId"]) != len(tab.history()) - 2:
        raise Refused("No entry with passed id, but the one before this")
    await tab.back()


def _history(tab: Tab, params: Params) -> Result:
    entries = [{"id": n, "url": url} for n, url in enumerate(tab.history())]
    return {"currentIndex": len(entries) - 1, "entries": entries}


def _crash(tab: Tab, params: Params) -> Result:
    tab.crash()
    return {}


def _snapshot(tab: Tab, params: Params) -> Result:
    return {"data": tab.snapshot()}


def _block(tab: Tab, params: Params) -> Result:
    tab.fetcher.conditions.blocked = tuple(str(url) for url in params["urls"])
    tab.sockets.review()
    return {}


def _emulate(tab: Tab, params: Params) -> Result:
    tab.fetcher.conditions.offline = bool(params["offline"])
    tab.fetcher.conditions.latency_s = float(params["latency"]) / 1000
    tab.sockets.review()
    return {}


def _pause(tab: Tab, params: Params) -> Result:
    tab.pause(tuple(str(one["urlPattern"]) for one in params["patterns"]))
    return {}


def _pause_none(tab: Tab, params: Params) -> Result:
    tab.pause(())
    return {}


def _fulfill(tab: Tab, params: Params) -> Result:
    answer = Answer(int(params["responseCode"]), base64.b64decode(str(params.get("body") or "")))
    if not tab.go_on(str(params["requestId"]), answer):
        raise Refused("Invalid InterceptionId.")
    return {}


def _go_on(tab: Tab, params: Params) -> Result:
    if not tab.go_on(str(params["requestId"]), None):
        raise Refused("Invalid InterceptionId.")
    return {}


def _body(tab: Tab, params: Params) -> Result:
    body = tab.body_of(str(params["requestId"]))
    if body is None:
        raise Refused("No resource with given identifier found")
    return {"body": base64.b64encode(body).decode(), "base64Encoded": True}


def _bind(tab: Tab, params: Params) -> Result:
    tab.bindings.append(str(params["name"]))
    return {}


async def _evaluate(tab: Tab, params: Params) -> Result:
    shown = _SHOW.fullmatch(str(params["expression"]))
    if shown is not None:
        tab.show_control(shown.group(1))
        return {"result": {"type": "undefined"}}
    matched = _FETCH.fullmatch(str(params["expression"]))
    if matched is None:
        raise Refused('this browser has no script engine: it knows fetch("URL") alone')
    await tab.look_at(matched.group(1))
    return {"result": {"type": "undefined"}}


def _insert(tab: Tab, params: Params) -> Result:
    tab.type_in(str(params["text"]))
    return {}


async def _key(tab: Tab, params: Params) -> None:
    if params["type"] == "keyDown":
        await tab.press(str(params["key"]))


def _metrics(tab: Tab, params: Params) -> Result:
    return {"metrics": [{"name": "Timestamp", "value": asyncio.get_running_loop().time()}]}


_COMMANDS: Mapping[str, Command] = {
    "Page.enable": _nothing,
    "Network.enable": _nothing,
    "Runtime.enable": _nothing,
    "Performance.enable": _nothing,
    "Page.addScriptToEvaluateOnNewDocument": _nothing,
    "Page.navigate": _navigate,
    "Page.reload": _reload,
    "Page.getNavigationHistory": _history,
    "Page.navigateToHistoryEntry": _back,
    "Page.crash": _crash,
    "Page.captureSnapshot": _snapshot,
    "Network.setBlockedURLs": _block,
    "Network.emulateNetworkConditions": _emulate,
    "Network.getResponseBody": _body,
    "Fetch.enable": _pause,
    "Fetch.disable": _pause_none,
    "Fetch.fulfillRequest": _fulfill,
    "Fetch.continueRequest": _go_on,
    "Runtime.addBinding": _bind,
    "Runtime.evaluate": _evaluate,
    "Input.insertText": _insert,
    "Input.dispatchKeyEvent": _key,
    "Performance.getMetrics": _metrics,
}
