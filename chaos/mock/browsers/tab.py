"""One tab of a simulated browser: where it is, what its page shows, and its network log."""

import asyncio
import json
import ssl
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from html import escape
from typing import Any
from urllib.parse import quote, urlencode, urljoin, urlsplit

from chaos.mock.browsers.asking import PAGE, TOKEN, Entered
from chaos.mock.browsers.cookies import CookieJar
from chaos.mock.browsers.desktop import INVALID, RETRY_PAUSES_S, Desktop
from chaos.mock.browsers.fetching import BLOCKED, Answer, Fetcher, Place, Request
from chaos.mock.browsers.hooks import DesktopHooks
from chaos.mock.browsers.sockets import Sockets
from chaos.mock.browsers.tokens import Tokens
from chaos.mock.tasks import report_failure
from chaos.wire.xml import BadDocument, children_named, parse_xml

BLANK = "about:blank"
LOAD_S = 10.0
BODIES_KEPT = 32
# The desktop's own form, the identity provider's, and the desktop's once that has said who somebody is.
_FIELDS = ("user", "password", "extension")
_PROVIDER_FIELDS = ("username", "password")
_SIGNED_ON_FIELDS = ("extension",)

Emit = Callable[[str, dict[str, Any]], None]


class Form:
    """A form on the page: where the caret is, and what has been typed."""

    def __init__(self, fields: tuple[str, ...] = _FIELDS) -> None:
        self.at = 0
        self._fields = fields
        self.typed = dict.fromkeys(fields, "")

    def type_in(self, text: str) -> None:
        self.typed[self._fields[self.at]] += text

    def next(self) -> None:
        self.at = (self.at + 1) % len(self._fields)

    @property
    def is_providers(self) -> bool:
        return self._fields is _PROVIDER_FIELDS


class Tab:
    """jar: its browser's cookies. emit: an event of the DevTools Protocol. bindings: functions that a script of the
    developer calls with what the page shows, see `devtools`. by_socket: its desktops have their event stream over
    WebSocket, and not over BOSH. pauses_s, gadgets_s: as of `Desktop`."""

    def __init__(
        self,
        names: Mapping[Place, Place],
        tls: ssl.SSLContext,
        jar: CookieJar,
        defects: Callable[[], DesktopHooks],
        *,
        rid: Callable[[], int],
        emit: Emit,
        by_socket: bool = False,
        pauses_s: Sequence[float] = RETRY_PAUSES_S,
        gadgets_s: float | None = None,
    ) -> None:
        self.url = BLANK
        self.is_crashed = False
        self.bindings: list[str] = []
        self.fetcher = Fetcher(names, tls, jar, self._began, self._ended, self._wait)
        self.sockets = Sockets(names, tls, self.fetcher.conditions, self.fetcher.next_number, emit)
        self._by_socket, self._pauses_s, self._gadgets_s = by_socket, pauses_s, gadgets_s
        self._jar = jar
        self._defects, self._rid, self._emit = defects, rid, emit
        self._history = [BLANK]
        self._page: Desktop | None = None
        self._form = Form()
        self._notice: str | None = None
        self._dialog: str | None = None
        self._on_screen = ""
        self._shown = 0
        self._kept: Entered | None = None  # what the session's cookies hold
        self._cookie = ""
        self._is_shut = self._has_expired = False
        self._tasks: set[asyncio.Task[None]] = set()
        self._bodies: OrderedDict[str, bytes] = OrderedDict()
        self._waiting: dict[str, asyncio.Future[Answer | None]] = {}

    # What a person does

    async def navigate(self, url: str) -> str:
        """Go there; why that failed, "" if it did not."""
        await self._unload()
        self._history.append(url)
        return await self._load(url)

    async def reload(self) -> None:
        """The page again; whoever was signed in is signed in again, since the session lives on."""
        self._kept = self._page.entered if self._page is not None else None
        await self._unload()
        if await self._load(self.url) or self._kept is None:
            return
        if self._kept.is_token:
            kind = self._cookie
            await self._sign_on(self._kept.user, kind)
            if self._page is not None:
                self._page.is_loaded_again()
            await self._enter(self._kept.extension)
        elif self._page is not None:
            await self._page.sign_in(self._kept)

    async def back(self) -> None:
        """The page before this one."""
        await self._unload()
        if len(self._history) > 1:
            self._history.pop()
        await self._load(self._history[-1])

    async def close(self) -> None:
        self._cancel()
        await self._unload()
        self.fetcher.drop()
        self.sockets.drop()

    def crash(self) -> None:
        """The process is gone: no goodbye, and its connections are dropped."""
        self.is_crashed = True
        self._cancel()
        if self._page is not None:
            self._page.drop()
            self._page = None
        self.fetcher.drop()
        self.sockets.drop()

    def _cancel(self) -> None:
        for task in tuple(self._tasks):
            task.cancel()

    def type_in(self, text: str) -> None:
        self._form.type_in(text)

    async def press(self, key: str) -> None:
        if key == "Tab":
            self._form.next()
        elif key == "Enter":
            form, self._form = self._form, Form()
            await self._submit(form)

    async def _submit(self, form: Form) -> None:
        typed = form.typed
        if form.is_providers:
            await self._prove(typed)
        elif self._page is None or self._page.is_signed_in or self._is_shut:
            return
        elif self._page.tokens is not None:
            await self._enter(typed["extension"])
        elif not typed["password"]:
            await self._sign_on(typed["user"])  # the desktop asks for a name first, and then knows who asks for more
        else:
            await self._page.sign_in(Entered(typed["user"], typed["password"], typed["extension"]))

    # Single sign-on

    async def _sign_on(self, user: str, kind: str | None = None) -> None:
        """On to the Identity Service, and back if that knows who it is; else its form is shown. kind: of cookies, if
        that is what they were when the user of a page that is loaded again had signed on.

        Source: developer guide, Single Sign-On, Fetch Access Token, and Get User Authentication Mode.
        """
        parts = urlsplit(self.url)
        node = f"{parts.scheme}://{parts.netloc}"
        mode = await self.fetcher.fetch("GET", f"{node}/finesse/api/UserAuthMode/{quote(user)}", within_s=LOAD_S)
        if not mode.is_good or _auth_mode(mode.body) != "SSO":
            self._show(INVALID)
            return
        found = "stale" if self._had_signed_on() else "cleared" if self._jar.was_cleared else "fresh"
        self._cookie = found if kind is None else kind
        await self._unload()
        asked = urlencode({"cc_username": user, "return_refresh_token": "true"})
        await self._landed(*await self.fetcher.follow("GET", f"{node}{TOKEN}?{asked}", within_s=LOAD_S))

    async def _prove(self, typed: Mapping[str, str]) -> None:
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        body = urlencode(typed).encode()
        await self._landed(*await self.fetcher.follow("POST", self.url, headers=headers, body=body, within_s=LOAD_S))

    async def _landed(self, answer: Answer, url: str) -> None:
        """Where a sign-on has come to."""
        parts = urlsplit(url)
        if parts.path != TOKEN:
            self.url, self._form = url, Form(_PROVIDER_FIELDS)
            self._emit("Page.frameNavigated", {"frame": {"id": "main", "url": url}})
            return
        tokens = Tokens.read(answer.body, _now_s()) if answer.is_good else None
        if await self._load(f"{parts.scheme}://{parts.netloc}{PAGE}"):
            return
        if tokens is None:
            self._show(INVALID)
        elif self._page is not None:
            self._page = self._made(self.url, tokens)
            self._form = Form(_SIGNED_ON_FIELDS)

    async def _enter(self, extension: str) -> None:
        """Whoever has signed on says at which telephone he is."""
        page = self._page
        if page is not None and page.tokens is not None:
            await page.sign_in(Entered(page.tokens.user, page.tokens.access, extension, is_token=True))

    def _had_signed_on(self) -> bool:
        return any(path == "/ids" for _, path, _ in self._jar.all())

    def _expired(self) -> None:
        """The refresh token is over: the page is loaded anew, for somebody to sign in."""
        self._is_shut = self._page is not None and self._page.is_final
        self._has_expired = True
        task = asyncio.get_running_loop().create_task(self._start_anew())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        task.add_done_callback(report_failure)

    async def _start_anew(self) -> None:
        await self._unload()
        await self._load(self.url)

    async def look_at(self, url: str) -> None:
        """A developer's own `fetch`."""
        await self.fetcher.fetch("GET", url, within_s=LOAD_S)

    def pause(self, patterns: tuple[str, ...]) -> None:
        """Requests to these addresses wait for a developer's word; those to others that did go on their way."""
        self.fetcher.conditions.paused = patterns
        if not patterns:
            for waits in self._waiting.values():
                if not waits.done():
                    waits.set_result(None)

    def go_on(self, interception: str, answer: Answer | None) -> bool:
        """Whether that request was waiting; None: it is sent."""
        waits = self._waiting.get(interception)
        if waits is None or waits.done():
            return False
        waits.set_result(answer)
        return True

    # What a developer sees

    def body_of(self, request_id: str) -> bytes | None:
        return self._bodies.get(request_id)

    def history(self) -> list[str]:
        return list(self._history)

    def snapshot(self) -> str:
        """What is on the screen, as a page without script."""
        signed_in = self._page is not None and self._page.entered is not None
        who = self._page.entered.user if self._page is not None and self._page.entered is not None else ""
        body = f'<p id="user">{escape(who)}</p>' if signed_in else "<form><input name='user' autofocus></form>"
        alert = f'<p role="alert">{escape(self._notice)}</p>' if self._notice else ""
        alert += f'<div role="dialog">{escape(self._dialog)}</div>' if self._dialog else ""
        return f"<html><head><base href='{escape(self.url)}'></head><body>{body}{alert}</body></html>"

    # Inside

    async def _load(self, url: str) -> str:
        self.url = url
        self._notice = self._dialog = None
        self._review()
        self._form = Form()
        if url != BLANK:
            answer = await self.fetcher.fetch("GET", url, within_s=LOAD_S)
            if not answer.is_good:
                return answer.failure or f"HTTP {answer.status}"
            if PAGE in url:
                self._page = self._made(url, None)
        self._emit("Page.frameNavigated", {"frame": {"id": "main", "url": url}})
        return ""

    def _made(self, url: str, tokens: Tokens | None) -> Desktop:
        return Desktop(
            url,
            self.fetcher,
            self._defects(),
            show=self._show,
            moved=self._goes,
            rid=self._rid,
            tokens=tokens,
            cookie=self._cookie,
            is_again=self._has_expired,
            warn=self._warn,
            expired=self._expired,
            sockets=self.sockets if self._by_socket else None,
            pauses_s=self._pauses_s,
            gadgets_s=self._gadgets_s,
        )

    async def _unload(self) -> None:
        page, self._page = self._page, None
        if page is not None:
            await page.leave()

    def _goes(self, url: str) -> None:
        self.url = url
        self._history.append(url)
        self._emit("Page.frameNavigated", {"frame": {"id": "main", "url": url}})

    def _show(self, text: str | None) -> None:
        self._notice = text
        self._review()

    def _warn(self, text: str | None) -> None:
        self._dialog = text
        self._review()

    def _review(self) -> None:
        """Whoever watches the screen is told when it has changed."""
        shown = "\n".join(filter(None, (self._notice, self._dialog)))
        if shown != self._on_screen:
            self._on_screen = shown
            self._call_bindings(shown, control=False)

    def show_control(self, text: str) -> None:
        """A developer's own text, seen by his observer alone."""
        self._call_bindings(text, control=True)

    def _call_bindings(self, text: str, *, control: bool) -> None:
        self._shown += 1
        for name in self.bindings:
            told = {"role": "alert", "text": text, "at": _now_s(), "control": control, "nth": self._shown}
            self._emit("Runtime.bindingCalled", {"name": name, "payload": json.dumps(told), "executionContextId": 1})

    def _began(self, request: Request, led_on: Answer | None) -> None:
        about = {"requestId": str(request.number), "request": _described(request), "timestamp": request.sent_s}
        about["documentURL"] = urljoin(self.url, request.document)
        about["frameId"] = "gadget" if request.document else "main"
        led = {"redirectResponse": {"status": led_on.status}} if led_on is not None else {}
        self._emit("Network.requestWillBeSent", {**about, "type": "Fetch", **led})

    async def _wait(self, request: Request) -> Answer | None:
        name = f"interception-{request.number}"
        self._waiting[name] = asyncio.get_running_loop().create_future()
        self._emit(
            "Fetch.requestPaused",
            {
                "requestId": name,
                "networkId": str(request.number),
                "request": _described(request),
                "frameId": "main",
                "resourceType": "Fetch",
            },
        )
        try:
            return await self._waiting[name]
        finally:
            del self._waiting[name]

    def _ended(self, request: Request, answer: Answer) -> None:
        number = str(request.number)
        about = {"requestId": number, "timestamp": _now_s()}
        if answer.status is None:
            reason = {"blockedReason": "inspector"} if answer.failure == BLOCKED else {}
            failed = {**about, "type": "Fetch", "errorText": answer.failure, **reason}
            self._emit("Network.loadingFailed", failed)
            return
        self._bodies[number] = answer.body
        while len(self._bodies) > BODIES_KEPT:
            self._bodies.popitem(last=False)
        response = {"url": request.url, "status": answer.status}
        self._emit("Network.responseReceived", {**about, "type": "Fetch", "response": response})
        self._emit("Network.loadingFinished", {**about, "encodedDataLength": len(answer.body)})


def _described(request: Request) -> dict[str, Any]:
    sent = {"postData": request.body.decode("utf-8", "replace")} if request.body else {}
    return {"url": request.url, "method": request.method, "headers": {}, **sent}


def _auth_mode(document: bytes) -> str | None:
    """What a UserAuthMode says; None if it says nothing, or is none."""
    try:
        modes = children_named(parse_xml(document), "authMode")
    except BadDocument:
        return None
    return next(((mode.text or "").strip() for mode in modes), None)


def _now_s() -> float:
    return asyncio.get_running_loop().time()
