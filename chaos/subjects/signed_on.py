"""An agent who signs in by single sign-on, at a desktop in a browser whose cookies are his own.

Whoever sits there types what is asked for: at the desktop his name, at the identity provider name and password, and at
the desktop again at which telephone he is. A browser that still has cookies of an older sign-on may not be asked by the
provider at all; a system where everybody signs in so asks no name at the desktop.
"""

import asyncio
import contextlib
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

from chaos.clients.devtools import BrowserError
from chaos.inventory import FinesseNode
from chaos.journal import DesktopAct, DesktopRequested
from chaos.subjects.desktops import SIGN_IN_WITHIN_S, BrowserDesktop

TOKENS = "GET sso/token"
# A page that was loaded again is at work by itself within this time, if it ever is (ours).
BY_ITSELF_S = 10.0


class SignedOnDesktop(BrowserDesktop):
    """As its base; the browser's cookies outlive its windows, until `end`."""

    expires_s: float | None = None
    """When its refresh token is over on the journal's clock, as the last answer with tokens said; None: none did."""
    _is_elsewhere = False

    def _begin(self) -> None:
        self._changed = asyncio.Event()
        self._has_tokens = False

    async def open(self, node: FinesseNode) -> bool:
        """As of the base. How many cookies there are is noted before."""
        self.node = node
        self._is_elsewhere = False
        self._begin()
        counted = await self.count_cookies()
        return counted and await super().open(node)

    async def sign_in(self) -> bool:
        """Type what is asked for; whether the desktop then reads the agent's data."""

        async def act() -> bool:
            self._is_signed_in.clear()
            self._begin()
            try:
                async with asyncio.timeout(SIGN_IN_WITHIN_S):
                    if not self._is_elsewhere:
                        await self._type(self.agent.id)
                        await self._until(lambda: self._is_elsewhere or self._has_tokens)
                    if not self._has_tokens:
                        await self._type(self.agent.id, self._password)
                        await self._until(lambda: self._has_tokens)
                    await self._type(self.agent.extension)
                    await self._is_signed_in.wait()
            except TimeoutError:
                return False
            return True

        return await self._act(DesktopAct.SIGN_IN, act)

    async def reload(self) -> bool:
        """Load the page again; whether it then reads the agent's data by itself, so that nothing has to be typed."""
        self._is_signed_in.clear()
        if not await self.refresh():
            return False
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(BY_ITSELF_S):
                await self._is_signed_in.wait()
        return self._is_signed_in.is_set()

    async def count_cookies(self) -> bool:
        """How many the browser has."""
        found = 0

        async def act() -> bool:
            nonlocal found
            found = await self._devtools.cookies(await self._own_context())
            return True

        return await self._act(DesktopAct.COOKIES, act, lambda: str(found))

    async def clear_cookies(self) -> bool:
        """All of the browser's; whether none is left."""
        found = 0

        async def act() -> bool:
            nonlocal found
            context = await self._own_context()
            found = await self._devtools.cookies(context)
            await self._devtools.clear_cookies(context)
            return await self._devtools.cookies(context) == 0

        return await self._act(DesktopAct.CLEAR, act, lambda: str(found))

    async def end(self) -> bool:
        """As of the base; its cookies go, too."""
        done = await super().end()
        context, self._context = self._context, None
        if context is not None:
            with contextlib.suppress(BrowserError):
                await self._devtools.dispose(context)
        return done

    # Inside

    async def _own_context(self) -> str:
        if self._context is None:
            self._context = await self._devtools.context()
        return self._context

    async def _type(self, *texts: str) -> None:
        for n, text in enumerate(texts, 1):
            await self._call("Input.insertText", text=text)
            await self._key("Enter" if n == len(texts) else "Tab")

    async def _until(self, what: Callable[[], bool]) -> None:
        while not what():
            self._changed.clear()
            await self._changed.wait()

    async def _noted(self, method: str, params: Mapping[str, Any]) -> None:
        await super()._noted(method, params)
        if method == "Page.frameNavigated" and "parentId" not in params["frame"]:
            self._is_elsewhere = urlsplit(str(params["frame"]["url"])).hostname not in self._hosts
            self._changed.set()

    def _learn(self, seen: DesktopRequested) -> None:
        super()._learn(seen)
        if seen.lasts_s is not None:
            self.expires_s = seen.ended_s + seen.lasts_s
        if seen.resource == TOKENS and seen.status == 200:
            self._has_tokens = True
            self._changed.set()
