"""A stream over BOSH: one request always held by the node, another one when there is something to say.

Requests do not leave at once one after the other: on two connections they could arrive in either order. XEP-0124 allows
that, but ejabberd 23.01 then leaves both open for as long as it holds one. What waits meanwhile goes in one body.
"""

import asyncio
import random
from collections.abc import Iterator
from xml.etree.ElementTree import Element

import httpx

from chaos.clients.http import HttpSession
from chaos.clients.streams.stream import Ears, StreamFailed, Wanted
from chaos.clients.streams.web import STANZA_BYTES_MAX, WebStream
from chaos.wire import xmpp
from chaos.wire.xmpp import BadBosh

WAIT_S = 30
LATE_S = 10.0
"""So much later than its time an answer may come that the node should have given."""
APART_S = 0.01
_FIELDS = {"Content-Type": "text/xml; charset=utf-8"}
_PATH = "http-bind/"


class BoshStream(WebStream):
    """See `Stream`. A node does not see a client's connection go: that is what its inactivity time is for."""

    def __init__(self, wanted: Wanted, ears: Ears, *, rng: random.Random | None = None) -> None:
        super().__init__(wanted, ears)
        node = wanted.node
        host = f"[{node.dial}]" if ":" in node.dial else node.dial
        self._http = HttpSession(
            f"https://{host}:{node.web_port}/",
            tls=wanted.tls,
            fields={"Host": f"{node.host}:{node.web_port}"},
            connect_s=LATE_S,
            read_s=WAIT_S + LATE_S,
        )
        rid = (rng or random.Random()).randrange(1, xmpp.RID_MOST)
        self._bosh = xmpp.BoshClient(wanted.domain, rid=rid, wait_s=WAIT_S)
        self._out: list[bytes] = []
        self._restarts = self._ends = False
        self._apart: asyncio.TimerHandle | None = None
        self._under_way: dict[int, asyncio.Task[None]] = {}
        self._answers: dict[int, Element] = {}
        self._next_rid = rid

    async def _connect(self, within_s: float) -> None:
        rid, body = self._bosh.opening()
        try:
            answer = await self._exchange(body)
            self._bosh.opened(answer)
        except (BadBosh, OSError, httpx.HTTPError) as error:
            raise StreamFailed(_words(error)) from error
        self._next_rid = rid + 1
        for element in answer:
            self._take(element)
        self._go_on()

    def _restart(self) -> None:
        self._restarts = True
        self._go_on()

    def _send(self, stanza: bytes) -> None:
        self._out.append(stanza)
        self._go_on()

    def _end(self, last: bytes) -> None:
        if last:
            self._out.append(last)
        self._ends = True
        self._go_on()

    async def _drop(self) -> None:
        if self._apart is not None:
            self._apart.cancel()
        tasks = list(self._under_way.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self._http.aclose()

    # Inside

    def _go_on(self) -> None:
        """Send what waits as far as a request may be open; if none is, leave the node one to answer."""
        granted = self._bosh.granted
        if granted is None or self._is_closed or (self._under_way and self._apart is not None):
            return
        has_news = bool(self._out) or self._restarts or self._ends
        if len(self._under_way) < (granted.requests if has_news else 0 if self._is_deaf else 1):
            rid, body = self._next()
            self._under_way[rid] = asyncio.get_running_loop().create_task(self._posted(rid, body), name=f"BOSH {rid}")
            if self._apart is not None:
                self._apart.cancel()
            self._apart = asyncio.get_running_loop().call_later(APART_S, self._is_apart)

    def _is_apart(self) -> None:
        self._apart = None
        self._go_on()

    def _next(self) -> tuple[int, bytes]:
        if self._restarts:
            self._restarts = False
            return self._bosh.restart()
        out, self._out = self._out, []
        if self._ends:
            self._ends, self._is_deaf = False, True  # nothing is left to be asked for
            return self._bosh.terminate(*out)
        return self._bosh.body(*out)

    async def _posted(self, rid: int, body: bytes) -> None:
        try:
            self._answers[rid] = await self._exchange(body)
        except BadBosh as error:
            self._over(str(error))
        except (OSError, httpx.HTTPError) as error:
            self._over(_words(error))
        finally:
            self._under_way.pop(rid, None)
        for answer in self._in_turn():
            for element in answer:
                self._take(element)
        self._go_on()

    def _in_turn(self) -> Iterator[Element]:
        """Answers in the order of their requests: two connections do not keep it."""
        while self._next_rid in self._answers:
            answer = self._answers.pop(self._next_rid)
            self._next_rid += 1
            yield answer

    async def _exchange(self, body: bytes) -> Element:
        """Raises BadBosh, OSError, httpx.HTTPError."""
        node = self._wanted.node
        response = await self._http.request("POST", _PATH, fields=_FIELDS, content=body, sni=node.host)
        if response.status_code != 200:
            raise BadBosh("", f"HTTP status {response.status_code}")
        return xmpp.parse_answer(response.content, max_bytes=STANZA_BYTES_MAX)


def _words(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"
