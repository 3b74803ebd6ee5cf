"""One tab of a simulated browser: where it is, what its page shows, and its network log."""

import asyncio
import json
import ssl
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from html import escape
from typing import Any

from chaos.mock.browsers.desktop import PAGE, Desktop, Entered
from chaos.mock.browsers.fetching import BLOCKED, Answer, Fetcher, Place, Request
from chaos.mock.browsers.hooks import DesktopHooks

BLANK = "about:blank"
LOAD_S = 10.0
BODIES_KEPT = 32
_FIELDS = ("user", "password", "extension")

Emit = Callable[[str, dict[str, Any]], None]


@dataclass
class Form:
    """The sign-in form: where the caret is, and what has been typed."""

    at: int = 0
    typed: dict[str, str] = field(default_factory=lambda: dict.fromkeys(_FIELDS, ""), repr=False)


class Tab:
    """emit: an event of the DevTools Protocol. bindings: functions that a script of the developer calls with what the
    page shows, see `devtools`."""

    def __init__(
        self,
        names: Mapping[Place, Place],
        tls: ssl.SSLContext,
        defects: Callable[[], DesktopHooks],
        *,
        rid: Callable[[], int],
        emit: Emit,
    ) -> None:
        self.url = BLANK
        self.is_crashed = False
        self.bindings: list[str] = []
        self.fetcher = Fetcher(names, tls, self._began, self._ended)
        self._defects, self._rid, self._emit = defects, rid, emit
        self._history = [BLANK]
        self._page: Desktop | None = None
        self._form = Form()
        self._notice: str | None = None
        self._shown = 0
        self._kept: Entered | None = None  # what the session's cookies hold
        self._bodies: OrderedDict[str, bytes] = OrderedDict()

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
        if not await self._load(self.url) and self._kept is not None and self._page is not None:
            await self._page.sign_in(self._kept)

    async def back(self) -> None:
        """The page before this one."""
        await self._unload()
        if len(self._history) > 1:
            self._history.pop()
        await self._load(self._history[-1])

    async def close(self) -> None:
        await self._unload()
        self.fetcher.drop()

    def crash(self) -> None:
        """The process is gone: no goodbye, and its connections are dropped."""
        self.is_crashed = True
        if self._page is not None:
            self._page.drop()
            self._page = None
        self.fetcher.drop()

    def type_in(self, text: str) -> None:
        self._form.typed[_FIELDS[self._form.at]] += text

    async def press(self, key: str) -> None:
        if key == "Tab":
            self._form.at = (self._form.at + 1) % len(_FIELDS)
        elif key == "Enter" and self._page is not None and not self._page.is_signed_in:
            form, self._form = self._form, Form()
            await self._page.sign_in(Entered(**form.typed))

    async def look_at(self, url: str) -> None:
        """A developer's own `fetch`."""
        await self.fetcher.fetch("GET", url, within_s=LOAD_S)

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
        return f"<html><head><base href='{escape(self.url)}'></head><body>{body}{alert}</body></html>"

    # Inside

    async def _load(self, url: str) -> str:
        self.url = url
        self._show(None)
        self._form = Form()
        if url != BLANK:
            answer = await self.fetcher.fetch("GET", url, within_s=LOAD_S)
            if not answer.is_good:
                return answer.failure or f"HTTP {answer.status}"
            if PAGE in url:
                self._page = Desktop(
                    url, self.fetcher, self._defects(), show=self._show, moved=self._goes, rid=self._rid
                )
        self._emit("Page.frameNavigated", {"frame": {"id": "main", "url": url}})
        return ""

    async def _unload(self) -> None:
        page, self._page = self._page, None
        if page is not None:
            await page.leave()

    def _goes(self, url: str) -> None:
        self.url = url
        self._history.append(url)
        self._emit("Page.frameNavigated", {"frame": {"id": "main", "url": url}})

    def _show(self, text: str | None) -> None:
        if text == self._notice:
            return
        self._notice = text
        self._call_bindings(text or "", control=False)

    def show_control(self, text: str) -> None:
        """A developer's own text, seen by his observer alone."""
        self._call_bindings(text, control=True)

    def _call_bindings(self, text: str, *, control: bool) -> None:
        self._shown += 1
        for name in self.bindings:
            told = {"role": "alert", "text": text, "at": _now_s(), "control": control, "nth": self._shown}
            self._emit("Runtime.bindingCalled", {"name": name, "payload": json.dumps(told), "executionContextId": 1})

    def _began(self, request: Request) -> None:
        described: dict[str, Any] = {"url": request.url, "method": request.method, "headers": {}}
        if request.body:
            described["postData"] = request.body.decode("utf-8", "replace")
        self._emit(
            "Network.requestWillBeSent",
            {"requestId": str(request.number), "request": described, "timestamp": request.sent_s, "type": "Fetch"},
        )

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


def _now_s() -> float:
    return asyncio.get_running_loop().time()
