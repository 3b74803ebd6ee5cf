"""An agent at a desktop in a browser: opens it, signs in, leaves it in every way, and is watched over the shoulder.

What the desktop does by itself is the product's; this only does what a person or a developer's tools can do, and notes
what those show: the network log and the notices on the screen. A browser is Chrome, or one of the mock's, by the same
protocol.
"""

import asyncio
import base64
import json
import re
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any

from chaos.clients.devtools import BrowserError, Devtools, Handle, Reply
from chaos.clock import now
from chaos.inventory import Agent, FinesseNode
from chaos.journal import DesktopAct, DesktopActed, DesktopNotice, DesktopRequested, Journal
from chaos.subjects.network_log import LOOK, Sent, requested
from chaos.subjects.socket_log import SocketLog

PAGE = "/desktop/container"
# A sign-in has gone through when the desktop has read its user.
SIGNED_IN = "GET User/{id}"
SIGN_IN_WITHIN_S = 30.0


_NOTICE = "finesseChaosNotice"
# Calls our binding whenever what the page shows as an alert or a dialog changes.
_WATCHER = """
(() => {
  let last = "", nth = 0;
  const tell = (text, control) =>
    window.finesseChaosNotice(JSON.stringify({role: "alert", text, at: null, control, nth: ++nth}));
  const look = () => {
    const roles = '[role="alert"], [role="alertdialog"], [role="dialog"]';
    const shown = [...document.querySelectorAll(roles)].filter(e => e.offsetParent !== null);
    const text = shown.map(e => e.textContent.trim()).filter(Boolean).join("\\n");
    if (text === last) return;
    last = text;
    tell(text, false);
  };
  window.finesseChaosControl = text => tell(text, true);
  const watch = () => new MutationObserver(look).observe(document, {subtree: true, childList: true,
    characterData: true, attributes: true});
  document.readyState === "loading" ? document.addEventListener("DOMContentLoaded", () => { watch(); look(); })
    : (watch(), look());
})();
"""


class BrowserDesktop:
    """One person at one browser. What a node does never raises; a browser that fails is noted, and the act was not ok.

    nodes: of the lab. was_good: called when something went through that takes good credentials. window: which of his
    browsers it is, where he has several.
    """

    def __init__(
        self,
        agent: Agent,
        nodes: Sequence[FinesseNode],
        password: str,
        devtools: Devtools,
        journal_of: Callable[[], Journal | None],
        *,
        was_good: Callable[[], None] = lambda: None,
        window: int = 1,
    ) -> None:
        self.agent = agent
        self.window = window
        self.node: FinesseNode | None = None
        self.left_s: float | None = None
        """When its last window was closed, on the lab's clock."""
        self.blocked: tuple[str, ...] = ()
        self._hosts = [node.host for node in nodes]
        self._password, self._devtools, self._journal_of = password, devtools, journal_of
        self._was_good = was_good
        self._context: str | None = None
        self._handle: Handle | None = None
        self._offset_s = 0.0
        self._sent: dict[str, Sent] = {}
        self._statuses: dict[str, int] = {}
        self._sockets: dict[str, SocketLog] = {}
        self._events: asyncio.Queue[tuple[str, Mapping[str, Any]]] = asyncio.Queue()
        self._noting: asyncio.Task[None] | None = None
        self._is_signed_in = asyncio.Event()
        self._controls = 0
        self._replies: tuple[Reply, ...] = ()
        self._replied = 0

    @property
    def id(self) -> str:
        return self.agent.id

    @property
    def password(self) -> str:
        """The one that is typed at the identity provider."""
        return self._password

    # What a person does

    async def open(self, node: FinesseNode) -> bool:
        """A browser, and the desktop's page of that node in it; whether the page came."""
        self.node = node

        async def act() -> bool:
            self._handle = await self._devtools.tab(
                lambda method, params: self._events.put_nowait((method, params)), context=self._context
            )
            self._noting = asyncio.create_task(self._note(), name=f"network log of {self.id}")
            self._offset_s, _ = await self._devtools.clock_offset(self._handle)
            for domain in ("Page", "Network", "Runtime"):
                await self._call(f"{domain}.enable")
            await self._call("Runtime.addBinding", name=_NOTICE)
            await self._call("Page.addScriptToEvaluateOnNewDocument", source=_WATCHER)
            answer = await self._call("Page.navigate", url=f"{node.base_url}{PAGE}")
            return not answer.get("errorText")

        return await self._act(DesktopAct.OPEN, act)

    async def sign_in(self) -> bool:
        """Type user, password and extension into the page's form; whether the desktop then reads the agent's data."""

        async def act() -> bool:
            self._is_signed_in.clear()
            for text in (self.agent.id, self._password, self.agent.extension):
                await self._call("Input.insertText", text=text)
                last = text == self.agent.extension
                await self._key("Enter" if last else "Tab")
            try:
                async with asyncio.timeout(SIGN_IN_WITHIN_S):
                    await self._is_signed_in.wait()
            except TimeoutError:
                return False
            return True

        return await self._act(DesktopAct.SIGN_IN, act)

    async def close(self) -> bool:
        """Close the browser; the page may say goodbye."""
        handle = self._handle
        if handle is None:
            return True

        async def act() -> bool:
            await self._devtools.close_tab(handle)
            return True

        done = await self._act(DesktopAct.CLOSE, act)
        await self._end()
        return done

    async def end(self) -> bool:
        """As `close`; nobody needs this browser any more."""
        return await self.close()

    async def back(self) -> bool:
        """Click Back, which leads away from the desktop."""

        async def act() -> bool:
            history = await self._call("Page.getNavigationHistory")
            before = history["entries"][int(history["currentIndex"]) - 1]
            await self._call("Page.navigateToHistoryEntry", entryId=before["id"])
            return True

        return await self._act(DesktopAct.BACK, act)

    async def refresh(self) -> bool:
        """Load the page again."""
        return await self._act(DesktopAct.REFRESH, lambda: self._does("Page.reload"))

    async def crash(self) -> bool:
        """The browser is gone from one moment to the next."""
        done = await self._act(DesktopAct.CRASH, lambda: self._does("Page.crash"))
        await self._end()
        return done

    # What a developer does

    async def slow(self, latency_s: float) -> bool:
        """Every request takes so much longer from now on; 0 for none."""
        return await self._act(
            DesktopAct.SLOW, lambda: self._conditions(offline=False, latency_s=latency_s), f"{latency_s:g} s"
        )

    async def offline(self, is_off: bool) -> bool:
        """Take it off the network, or put it back."""
        act = DesktopAct.OFFLINE if is_off else DesktopAct.ONLINE
        return await self._act(act, lambda: self._conditions(offline=is_off, latency_s=0.0))

    async def block(self, urls: Sequence[str]) -> bool:
        """New requests to these addresses fail, `*` stands for anything; none: no longer."""
        self.blocked = tuple(urls)
        return await self._act(
            DesktopAct.BLOCK, lambda: self._does("Network.setBlockedURLs", urls=list(urls)), " ".join(urls) or "nothing"
        )

    async def answer(self, urls: Sequence[str], replies: Sequence[Reply]) -> bool:
        """New requests to these addresses are answered by the browser and not sent: by what there is for what they
        ask, else by the others by turns, our own looks by the first of those; none: no longer. What comes over a
        WebSocket is not answered so."""
        self._replies, self._replied = tuple(replies), 0
        patterns = [{"urlPattern": url} for url in urls]
        return await self._act(
            DesktopAct.ANSWER,
            lambda: self._does("Fetch.enable", patterns=patterns) if urls else self._does("Fetch.disable"),
            " ".join(urls) or "nothing",
        )

    async def look(self, url: str) -> None:
        """Have the browser ask there once, in our name; what comes of it is in the network log. Raises BrowserError."""
        mark = "&" if "?" in url else "?"
        await self._call("Runtime.evaluate", expression=f"fetch({json.dumps(f'{url}{mark}{LOOK}')})", awaitPromise=True)

    async def control(self) -> bool:
        """Make the screen show something, and the browser ask for something, only to be seen: whoever does not see that
        sees no notice and no request, either."""
        self._controls += 1
        text = f"finesse-chaos-control-{self.id}-{self._controls}"

        async def act() -> bool:
            await self._call("Runtime.evaluate", expression=f"finesseChaosControl({json.dumps(text)})")
            if self.node is not None:
                await self.look(f"{self.node.base_url}/finesse/api/SystemInfo")
            return True

        return await self._act(DesktopAct.CONTROL, act, text)

    async def picture(self) -> str:
        """The page as it is shown, as MHTML. Raises BrowserError."""
        return str((await self._call("Page.captureSnapshot", format="mhtml"))["data"])

    # Inside

    async def _act(
        self, act: DesktopAct, work: Callable[[], Any], detail: str | Callable[[], str] | None = None
    ) -> bool:
        """detail: or what says it once the work is done."""
        journal, ok = self._journal_of(), False
        begun_s = journal.now_s() if journal is not None else 0.0
        try:
            ok = bool(await work())
            detail = detail() if callable(detail) else detail
        except BrowserError as error:
            detail = str(error)
        except (KeyError, TypeError, ValueError) as error:
            detail = f"the browser's answer cannot be read: {error!r}"
        await self._events_noted()
        if journal is not None and journal is self._journal_of():
            node = self.node.host if self.node is not None else ""
            said = detail if isinstance(detail, str) else None
            acted = DesktopActed(act=act, agent=self.id, node=node, ok=ok, begun_s=begun_s, detail=said)
            journal.observe(replace(acted, window=self.window))
        return ok

    async def _does(self, method: str, **params: Any) -> bool:
        await self._call(method, **params)
        return True

    async def _conditions(self, *, offline: bool, latency_s: float) -> bool:
        return await self._does(
            "Network.emulateNetworkConditions",
            offline=offline,
            latency=latency_s * 1000,
            downloadThroughput=-1,
            uploadThroughput=-1,
        )

    async def _key(self, key: str) -> None:
        for kind in ("keyDown", "keyUp"):
            await self._call("Input.dispatchKeyEvent", type=kind, key=key, code=key)

    async def _call(self, method: str, **params: Any) -> Mapping[str, Any]:
        if self._handle is None:
            raise BrowserError(f"{method}: the browser of {self.id} is not open")
        return await self._devtools.call(method, params, session=self._handle.session)

    async def _end(self) -> None:
        noting, self._noting = self._noting, None
        handle, self._handle = self._handle, None
        if handle is not None:
            self.left_s = now()
            self._devtools.forget(handle)
        if noting is not None:
            noting.cancel()
            await asyncio.gather(noting, return_exceptions=True)

    # What it shows

    async def _events_noted(self) -> None:
        """Until everything that has been told so far stands in the journal."""
        if self._noting is not None and not self._noting.done():
            joining = asyncio.ensure_future(self._events.join())
            await asyncio.wait({joining, self._noting}, return_when=asyncio.FIRST_COMPLETED)
            joining.cancel()

    async def _note(self) -> None:
        """One event after the other, so that the journal has them in the order in which they were told."""
        while True:
            method, params = await self._events.get()
            try:
                await self._noted(method, params)
            except (KeyError, TypeError, ValueError):
                pass  # what cannot be read is not there; a check that needs it finds nothing
            finally:
                self._events.task_done()

    async def _noted(self, method: str, params: Mapping[str, Any]) -> None:
        match method:
            case "Network.requestWillBeSent":
                if "redirectResponse" in params:  # what went before, under the same id, has ended
                    self._statuses[str(params["requestId"])] = int(params["redirectResponse"]["status"])
                    await self._ended(params, None, led_on=True)
                self._sent[str(params["requestId"])] = Sent.of(params)
            case "Network.responseReceived":
                self._statuses[str(params["requestId"])] = int(params["response"]["status"])
            case "Network.loadingFinished":
                await self._ended(params, None)
            case "Network.loadingFailed":
                await self._ended(params, str(params["errorText"]))
            case "Network.webSocketCreated":
                number = str(params["requestId"])
                self._sockets[number] = SocketLog(self.id, number, str(params["url"]), self._hosts)
            case "Fetch.requestPaused":
                await self._reply(params)
            case _ if method.startswith("Network.webSocket"):
                self._of_socket(method.removeprefix("Network."), params)
            case "Runtime.bindingCalled" if params["name"] == _NOTICE:
                self._shown(json.loads(params["payload"]))

    async def _reply(self, params: Mapping[str, Any]) -> None:
        """A request that is not to be sent. Whoever reads the answer from another origin has to be allowed to."""
        number, request = str(params["requestId"]), params["request"]
        with suppress(BrowserError):
            if not self._replies:
                await self._call("Fetch.continueRequest", requestId=number)
                return
            is_ours = LOOK in str(request["url"]) or request["method"] == "OPTIONS"
            reply = self._reply_to("" if is_ours else str(request.get("postData") or ""), is_ours=is_ours)
            allowed = [("Access-Control-Allow-Origin", "*"), ("Access-Control-Allow-Headers", "*")]
            await self._call(
                "Fetch.fulfillRequest",
                requestId=number,
                responseCode=204 if request["method"] == "OPTIONS" else reply.status,
                responseHeaders=[{"name": name, "value": value} for name, value in (*allowed, *reply.fields)],
                body=base64.b64encode(reply.body).decode(),
            )

    def _reply_to(self, body: str, *, is_ours: bool) -> Reply:
        fits = next((one for one in self._replies if one.upon and re.search(one.upon, body)), None)
        if fits is not None:
            return fits
        turns = [one for one in self._replies if not one.upon]
        reply = turns[0 if is_ours else self._replied % len(turns)]
        self._replied += not is_ours
        return reply

    async def _ended(self, params: Mapping[str, Any], failure: str | None, *, led_on: bool = False) -> None:
        number = str(params["requestId"])
        sent, status = self._sent.pop(number, None), self._statuses.pop(number, None)
        if sent is None:
            return
        body = b""
        if failure is None and sent.needs_body and not led_on:
            body = await self._body(number)
        journal = self._journal_of()
        if journal is None:
            return
        seen = requested(
            self.id,
            sent,
            self._hosts,
            sent_s=journal.on_clock(sent.sent_s + self._offset_s),
            ended_s=journal.on_clock(float(params["timestamp"]) + self._offset_s),
            status=status if failure is None else None,
            failure=failure,
            body=body,
            number=number,
        )
        journal.observe(replace(seen, window=self.window))
        self._learn(seen)

    def _of_socket(self, event: str, params: Mapping[str, Any]) -> None:
        socket, journal = self._sockets.get(str(params["requestId"])), self._journal_of()
        if socket is None or journal is None:
            return
        seen = socket.take(event, params, journal.on_clock(float(params["timestamp"]) + self._offset_s))
        if seen is not None:
            journal.observe(replace(seen, window=self.window))
        if socket.is_over:
            del self._sockets[socket.number]

    def _learn(self, seen: DesktopRequested) -> None:
        if seen.status is not None and seen.status < 300 and "User" in seen.resource:
            self._was_good()
            if seen.resource == SIGNED_IN:
                self._is_signed_in.set()

    async def _body(self, number: str) -> bytes:
        try:
            found = await self._call("Network.getResponseBody", requestId=number)
        except BrowserError:
            return b""
        text = str(found.get("body", ""))
        return base64.b64decode(text) if found.get("base64Encoded") else text.encode()

    def _shown(self, told: Mapping[str, Any]) -> None:
        journal = self._journal_of()
        if journal is None:
            return
        at = told.get("at")
        shown_s = journal.now_s() if at is None else journal.on_clock(float(at) + self._offset_s)
        text, control = str(told.get("text") or ""), bool(told.get("control"))
        nth = told.get("nth")
        journal.observe(
            DesktopNotice(
                agent=self.id,
                text=text,
                shown_s=shown_s,
                control=control,
                nth=nth if isinstance(nth, int) else None,
                window=self.window,
            )
        )
