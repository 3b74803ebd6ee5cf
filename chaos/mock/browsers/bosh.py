"""A desktop's XMPP stream over BOSH, as JabberWerx keeps it: one empty poll always open, a ping every 10 s.

Source: XEP-0124, XEP-0206; what public clients of Finesse send (hold 1, wait 30, ver 1.9).
"""

import asyncio
from collections.abc import Callable, Coroutine, Iterator
from typing import Any
from xml.etree.ElementTree import Element

from chaos.mock.browsers.fetching import Answer, Fetcher
from chaos.mock.tasks import report_failure
from chaos.wire.xml import local_name
from chaos.wire.xmpp import (
    BadBosh,
    BoshClient,
    bind_request,
    iq_result,
    parse_answer,
    ping_request,
    presence,
    sasl_auth_plain,
)

WAIT_S, VERSION = 30, "1.9"
PATIENCE_S = WAIT_S + 5.0
OPEN_WITHIN_S = 8.0
PING_S = 10.0
PINGS_MAX = 2  # so many may be under way without an answer
GOODBYE_S = 2.0
BODY_BYTES_MAX = 1 << 20
RESOURCE = "desktop"
_HEADERS = {"Content-Type": "text/xml; charset=utf-8"}


class Bosh:
    """One session at one node. heard: each stanza that comes in. lost: told once, when it has ended by itself."""

    def __init__(
        self,
        fetcher: Fetcher,
        url: str,
        domain: str,
        *,
        rid: int,
        heard: Callable[[Element], None],
        lost: Callable[[], None],
    ) -> None:
        self.is_up = False
        self._fetcher, self._url, self._domain = fetcher, url, domain
        self._heard, self._lost = heard, lost
        self._rid = rid
        self._bosh = BoshClient(domain, rid=rid, wait_s=WAIT_S, version=VERSION)
        self._under_way: set[asyncio.Task[None]] = set()
        self._pings: asyncio.Task[None] | None = None
        self._unanswered = 0

    async def connect(self, user: str, password: str) -> bool:
        """Create the session, sign in, bind, and be present; whether it came to that."""
        self._bosh = BoshClient(
            self._domain, rid=self._rid + 1, wait_s=WAIT_S, from_=f"{user}@{self._domain}", version=VERSION
        )
        first = await self._post(self._bosh.opening(), within_s=OPEN_WITHIN_S)
        if first is None or not first.get("sid"):
            return False
        self._bosh.opened(first)
        if not await self._step(sasl_auth_plain(user, password), "success"):
            return False
        if await self._post(self._bosh.restart(), within_s=OPEN_WITHIN_S) is None:
            return False
        if not await self._step(bind_request("bind", RESOURCE), "iq"):
            return False
        self.is_up = True
        self.send(presence(priority=0))
        self._pings = asyncio.get_running_loop().create_task(self._ping())
        self._pings.add_done_callback(report_failure)
        return True

    def send(self, stanza: bytes) -> None:
        """Send it in a request of its own."""
        self._do(self._asked(stanza))

    async def leave(self) -> None:
        """Say goodbye as far as that is possible in passing: unavailable, and the end of the session."""
        if self.is_up:
            self._end()
            await self._post(self._bosh.terminate(presence(type="unavailable")), within_s=GOODBYE_S)

    def drop(self) -> None:
        """End without a word."""
        self._end()

    # Inside

    async def _step(self, stanza: bytes, wanted: str) -> bool:
        answer = await self._post(self._bosh.body(stanza), within_s=OPEN_WITHIN_S)
        return answer is not None and any(local_name(child) == wanted for child in answer)

    async def _post(self, request: tuple[int, bytes], *, within_s: float = PATIENCE_S) -> Element | None:
        """The answer's body; None if it is none, or ends the session. request: its number, and its body."""
        self._rid, body = request
        answer = await self._fetcher.fetch("POST", self._url, headers=_HEADERS, body=body, within_s=within_s)
        return _body_of(answer)

    async def _asked(self, *stanzas: bytes) -> None:
        answer = await self._post(self._bosh.body(*stanzas))
        if not self.is_up:
            return
        if answer is None:
            self._end()
            self._lost()
            return
        for child in answer:
            self._take(child)
        if self.is_up and len(self._under_way) <= 1:  # this one alone: something has to stay open
            self._do(self._asked())

    def _take(self, stanza: Element) -> None:
        if local_name(stanza) == "iq":
            if stanza.get("type") == "get":
                self.send(iq_result(stanza.get("id"), to=stanza.get("from")))
            else:
                self._unanswered = 0  # an error is an answer too
        else:
            self._heard(stanza)

    async def _ping(self) -> None:
        for number in _numbers():
            await asyncio.sleep(PING_S)
            if self._unanswered >= PINGS_MAX:
                self._end()
                self._lost()
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


def _numbers() -> Iterator[int]:
    number = 0
    while True:
        number += 1
        yield number


def _body_of(answer: Answer) -> Element | None:
    if not answer.is_good:
        return None
    try:
        return parse_answer(answer.body, max_bytes=BODY_BYTES_MAX)
    except BadBosh:
        return None
