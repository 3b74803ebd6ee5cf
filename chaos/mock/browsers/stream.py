"""What a desktop's event stream is, over BOSH or over WebSocket: stanzas that come, a ping every 10 s, one end."""

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Callable, Coroutine
from itertools import count
from typing import Any
from xml.etree.ElementTree import Element

from chaos.mock.tasks import report_failure
from chaos.wire.xml import local_name
from chaos.wire.xmpp import iq_result, ping_request

OPEN_WITHIN_S = 8.0
PING_S = 10.0
PINGS_MAX = 2  # so many may be under way without an answer
GOODBYE_S = 2.0
RESOURCE = "desktop"


class EventStream(ABC):
    """One session at one node. heard: each stanza that comes in. lost: told once, when it has ended by itself.

    is_turned_down: what it asked for last was answered, by something that is no session. is_refused: there was one, and
    the sign-in to it was refused."""

    def __init__(self, domain: str, *, heard: Callable[[Element], None], lost: Callable[[], None]) -> None:
        self.is_up = self.is_turned_down = self.is_refused = False
        self._domain, self._heard, self._lost = domain, heard, lost
        self._under_way: set[asyncio.Task[None]] = set()
        self._pings: asyncio.Task[None] | None = None
        self._unanswered = 0

    @abstractmethod
    async def connect(self, user: str, password: str, *, is_present: bool = True, priority: int = 0) -> bool:
        """Create the session, sign in, bind, and be present; whether it came to that. is_present: a broken desktop may
        leave the last of it out; priority: with which it is present."""

    @abstractmethod
    def send(self, stanza: bytes) -> None:
        """Send it, in passing."""

    @abstractmethod
    async def leave(self) -> None:
        """Say goodbye as far as that is possible in passing: unavailable, and the end of the session."""

    def drop(self) -> None:
        """End without a word."""
        self._end()

    # For who derives from it

    def _stands(self) -> None:
        """The session is there."""
        self.is_up = True
        self._pings = asyncio.get_running_loop().create_task(self._ping())
        self._pings.add_done_callback(report_failure)

    def _take(self, stanza: Element) -> None:
        if local_name(stanza) == "iq":
            if stanza.get("type") == "get":
                self.send(iq_result(stanza.get("id"), to=stanza.get("from")))
            else:
                self._unanswered = 0  # an error is an answer too
        else:
            self._heard(stanza)

    def _ended(self) -> None:
        """It has ended by itself."""
        self._end()
        self._lost()

    async def _ping(self) -> None:
        for number in count(1):
            await asyncio.sleep(PING_S)
            if self._unanswered >= PINGS_MAX:
                self._ended()
                return
            self._unanswered += 1
            self.send(ping_request(f"ping{number}", to=self._domain))

    def _do(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)
        task.add_done_callback(report_failure)

    def _end(self) -> None:
        self.is_up = False
        me = asyncio.current_task()
        for task in (*self._under_way, self._pings):
            if task is not None and task is not me:
                task.cancel()
