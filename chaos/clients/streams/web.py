"""What streams over BOSH and WebSocket share: signing in, and where what comes in goes.

Both are written on the codecs of `wire/xmpp`. A request or a frame that fails ends the stream: whatever a client could
do to hide a loss (asking again, another connection) is left out, for losses are what is looked for.
"""

import asyncio
import itertools
from abc import ABC, abstractmethod
from xml.etree.ElementTree import Element

from chaos.clients.streams.stream import Asked, Ears, StreamFailed, Wanted
from chaos.errors import PeerError
from chaos.wire import xmpp
from chaos.wire.xml import children_named, local_name

STANZA_BYTES_MAX = 1 << 20
END_S = 5.0
_ORDER = "order"
"""How ids of orders begin, of which an error says that they were not done."""


class WebStream(ABC):
    """See `Stream`. What comes over is for who derives from it: `_connect`, `_restart`, `_send`, `_end`, `_drop`."""

    def __init__(self, wanted: Wanted, ears: Ears) -> None:
        self._wanted, self._ears = wanted, ears
        self._sign_in = xmpp.SignIn(wanted.user, wanted.password, wanted.resource)
        self._ids = itertools.count(1)
        self._waiting: dict[str, asyncio.Future[Asked]] = {}
        self._is_open = self._is_deaf = self._is_closed = False
        self._opened: asyncio.Future[None] | None = None
        self._ended = asyncio.Event()

    @property
    def jid(self) -> str:
        wanted = self._wanted
        return self._sign_in.jid or f"{wanted.user}@{wanted.domain}/{wanted.resource}"

    async def open(self, within_s: float) -> None:
        self._opened = asyncio.get_running_loop().create_future()
        try:
            async with asyncio.timeout(within_s):
                await self._connect(within_s)
                await self._opened
        except TimeoutError:
            raise StreamFailed("timeout") from None
        finally:
            self._opened.cancel()
        self._is_open = True

    def send(self, stanza: bytes) -> None:
        if not self._is_closed:
            self._send(stanza)

    async def ask(self, payload: Element, to: str, within_s: float) -> Asked:
        number = f"ask{next(self._ids)}"
        return await self._answer_to(xmpp.iq_get(number, payload, to=to), number, within_s)

    async def order(self, payload: Element, to: str, within_s: float) -> bool:
        number = f"{_ORDER}{next(self._ids)}"
        return await self._answer_to(xmpp.iq_set(number, payload, to=to), number, within_s) is Asked.ANSWERED

    async def _answer_to(self, stanza: bytes, number: str, within_s: float) -> Asked:
        answer: asyncio.Future[Asked] = asyncio.get_running_loop().create_future()
        self._waiting[number] = answer
        try:
            self.send(stanza)
            async with asyncio.timeout(within_s):
                return await answer
        except TimeoutError:
            return Asked.SILENCE
        finally:
            del self._waiting[number]

    def go_deaf(self) -> None:
        self._is_deaf = True

    def say_goodbye(self) -> None:
        self._end(xmpp.presence(type="unavailable"))

    async def close(self, *, in_order: bool = False) -> None:
        was_open, self._is_open = self._is_open and not self._is_closed, False
        if in_order and was_open:
            self._end(b"")
            try:
                async with asyncio.timeout(END_S):
                    await self._ended.wait()
            except TimeoutError:
                pass
        self._is_closed = True
        await self._drop()

    # For who derives from it

    @abstractmethod
    async def _connect(self, within_s: float) -> None:
        """Connect and open the stream; from then on `_take` is told each element. Raises StreamFailed."""

    @abstractmethod
    def _restart(self) -> None:
        """Open the stream anew, after SASL."""

    @abstractmethod
    def _send(self, stanza: bytes) -> None:
        """Send it after whatever waits."""

    @abstractmethod
    def _end(self, last: bytes) -> None:
        """Send a last stanza, if there is one, and the end of the stream; `_over` follows once the node ends it."""

    @abstractmethod
    async def _drop(self) -> None:
        """Let go of connections and tasks. Safe twice."""

    def _take(self, element: Element) -> None:
        """An element has come."""
        if self._is_deaf:
            return
        if not self._sign_in.is_done:
            self._sign_on(element)
            return
        name = local_name(element)
        if name == "message" and next(children_named(element, "event"), None) is not None:
            self._ears.event(element)
        elif name == "presence":
            self._ears.presence(element)
        elif name == "iq":
            self._iq(element)
        elif name == "error":
            self._over(f"stream error {xmpp.parse_error_condition(element)}")

    def _over(self, reason: str) -> None:
        """The stream has ended, for this reason."""
        if self._ended.is_set():
            return
        self._ended.set()
        self._is_closed = True
        if self._opened is not None and not self._opened.done():
            self._opened.set_exception(StreamFailed(reason[:200]))
        elif self._is_open and not self._is_deaf:
            self._ears.lost(reason[:200])

    def _sign_on(self, element: Element) -> None:
        try:
            step = self._sign_in.take(element)
        except PeerError as error:
            self._over(str(error))
            return
        if step.restart:
            self._restart()
        if step.send is not None:
            self._send(step.send)
        if self._sign_in.is_done and self._opened is not None and not self._opened.done():
            # At once: whoever is told that the stream is open may do what is to be heard on it.
            self._send(xmpp.presence(priority=0))
            self._opened.set_result(None)

    def _iq(self, element: Element) -> None:
        iq = xmpp.parse_iq(element)
        if iq.kind in ("result", "error"):
            answer = self._waiting.get(iq.id or "")
            if answer is not None and not answer.done():
                # As RFC 6121, 8.5.3.2.3 has it of an address that a server does not know; a client may refuse pings.
                is_refused = iq.error is not None and (iq.id or "").startswith(_ORDER)
                is_gone = is_refused or iq.error == "service-unavailable"
                answer.set_result(Asked.GONE if is_gone else Asked.ANSWERED)
        elif iq.payload is not None and iq.payload.tag == f"{{{xmpp.PING}}}ping":
            self.send(xmpp.iq_result(iq.id, to=iq.from_))
        else:
            self.send(xmpp.refusal(element, "service-unavailable", to=iq.from_))
