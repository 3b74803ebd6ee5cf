"""How a desktop that has lost its node looks for one: by the clock, at both, whatever becomes of the answers."""

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import replace
from typing import Any

from chaos.mock.browsers.asking import FETCH_S, Asking
from chaos.mock.browsers.hooks import DesktopHooks, Look
from chaos.mock.browsers.logic import Polls, Seen
from chaos.mock.browsers.stream import EventStream
from chaos.wire.finesse import SystemStatus

Do = Callable[[Coroutine[Any, Any, None]], asyncio.Task[None]]


class Whereabouts:
    """Where a desktop is: its node, that node's peer as the node named it, and its event stream (`bosh`, as the chapter
    calls it, whatever it comes over)."""

    def __init__(self, server: str) -> None:
        self.server = server
        self.alternate: str | None = None
        self.bosh: EventStream | None = None


class Seeking:
    """CLIENT-09, CLIENT-12. do: runs work of the page. is_seeking: whether an answer still matters; see: told of it."""

    def __init__(
        self,
        at: Whereabouts,
        asking: Asking,
        defects: DesktopHooks,
        *,
        do: Do,
        is_seeking: Callable[[], bool],
        see: Callable[[Seen], None],
    ) -> None:
        self._at, self._asking, self._defects = at, asking, defects
        self._do, self._is_seeking, self._see = do, is_seeking, see
        self._task: asyncio.Task[None] | None = None
        self._under_way = self._hung = 0  # looks at the current server; those that got no answer in time

    def start(self) -> None:
        """From now on; what was under way is no more."""
        self.stop()
        self._hung = 0
        if self._defects.seeks():
            self._task = self._do(self._run())

    def double(self) -> None:
        """What a sound desktop never does (CLIENT-09)."""
        self._do(self._run())

    def stop(self) -> None:
        """Safe twice. Requests that are on their way still come back."""
        if self._task is not None:
            self._task.cancel()
            self._task = None

    async def look_at_current(self) -> Seen:
        """One request to the desktop's own node, and what it says."""
        begun_s = asyncio.get_running_loop().time()
        info = await self._asking.system_info(self._at.server)
        if self._defects.is_too_late(asyncio.get_running_loop().time() - begun_s, current=True):
            info = None
        if not self._defects.goes_on(info is not None) and self._is_seeking():
            self.stop()
        is_taken = self._asking.is_unreadable and self._defects.takes_unreadable(current=True)
        if not is_taken and (info is None or info.status != SystemStatus.IN_SERVICE):
            return Seen.CURRENT_DOWN
        is_up = (self._at.bosh is not None and self._at.bosh.is_up) or self._defects.bosh_unchecked()
        return Seen.CURRENT_READY if is_up else Seen.CURRENT_IN_SERVICE

    async def _run(self) -> None:
        loop = asyncio.get_running_loop()
        polls = self._defects.polls(Polls.begun(loop.time()))
        while True:
            await asyncio.sleep(max(0.0, polls.due_s - loop.time()))
            current, alternate, polls = polls.at(loop.time())
            polls = self._defects.next_polls(polls, current=current, alternate=alternate)
            if current:
                look = self._do(self._poll_current(self._defects.current_look()))
                if self._defects.waits_for_answer(current=True):
                    await asyncio.wait({look})
                    polls = replace(polls, current_s=loop.time() + polls.period_s)
            if alternate and self._at.alternate is not None:
                look = self._do(self._poll_alternate(self._at.alternate, self._defects.alternate_look()))
                if self._defects.waits_for_answer(current=False):
                    await asyncio.wait({look})
                    polls = replace(polls, alternate_s=loop.time() + polls.alternate_period_s)

    async def _poll_current(self, how: Look) -> None:
        if how is Look.NONE or self._defects.gives_up_hung(self._hung):
            return
        loop = asyncio.get_running_loop()
        begun_s = loop.time()
        self._under_way += 1
        try:
            await self._ask_current(how)
        finally:
            self._under_way -= 1
        self._hung += loop.time() - begun_s >= FETCH_S

    async def _ask_current(self, how: Look) -> None:
        if how is Look.ELSEWHERE:
            await self._asking.system_info(self._at.alternate or "")
            return
        if how is Look.PAGE:
            seen = Seen.CURRENT_READY if await self._asking.has_page(self._at.server) else Seen.CURRENT_DOWN
        else:
            seen = await self.look_at_current()
        if self._is_seeking():  # the last look has an answer of its own
            self._see(seen)

    async def _poll_alternate(self, alternate: str, how: Look) -> None:
        if how is Look.NONE or (self._under_way and self._defects.waits_for_current()):
            return
        if how is Look.PAGE:
            is_there = await self._asking.has_page(alternate)
        else:
            begun_s = asyncio.get_running_loop().time()
            info = await self._asking.system_info(alternate)
            if self._defects.is_too_late(asyncio.get_running_loop().time() - begun_s, current=False):
                info = None
            is_taken = self._asking.is_unreadable and self._defects.takes_unreadable(current=False)
            is_there = is_taken or self._defects.is_available(None if info is None else str(info.status))
        if self._is_seeking():
            self._see(Seen.ALTERNATE_UP if is_there else Seen.ALTERNATE_DOWN)
