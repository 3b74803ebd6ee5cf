"""HTTP with a server that may be hung, half dead or hostile: bounded in time and size, and over when it is cancelled.

httpx bounds each pause of an answer, not the answer: a byte a second keeps it for ever, and a small compressed body may
unfold to gigabytes. Here a call has one deadline for all that it does, an answer has a largest size (its headers too:
100 kB), nothing is decompressed, no redirect is followed, no proxy variable is obeyed, nothing is sent
twice.
"""

import asyncio
import ssl
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, TypeVar

import httpx

from chaos.clients.http import AnswerTooLarge, HttpTransport

T = TypeVar("T")

ANSWER_BYTES_MAX = 4 * 1024 * 1024
# Someone who cancels an order that is on its way waits this long for its answer: what undoes it must not overtake it.
_LAST_ANSWER_S = 1.0


class NoAnswer(Exception):
    """No whole answer came; the reason in words. Whether an order was carried out is unknown."""


class BadAnswer(Exception):
    """An answer that nobody should read: too large, or compressed although that was not asked for."""

    def __init__(self, status: int, why: str) -> None:
        super().__init__(why)
        self.status = status


@dataclass(frozen=True, slots=True)
class Answer:
    """A whole answer, its body as it was sent."""

    status: int
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode("utf-8", errors="replace")


class Wire:
    """What one call says to its server, one exchange after the other, over one connection as long as it stands.

    orders_out: how many orders have been sent that have not been answered: what the server has made of them is unknown.
    """

    def __init__(self, transport: HttpTransport, base_url: str) -> None:
        self.orders_out = 0
        self._transport = transport
        self._base_url = base_url

    async def ask(self, path: str) -> Answer:
        """GET. Raises NoAnswer, BadAnswer."""
        return await self._exchange("GET", path, None)

    async def order(self, method: str, path: str, json: Any = None) -> Answer:
        """Send what changes something. Raises NoAnswer, BadAnswer."""
        self.orders_out += 1
        answer = await self._exchange(method, path, json)
        self.orders_out -= 1
        return answer

    async def _exchange(self, method: str, path: str, json: Any) -> Answer:
        headers = {"User-Agent": "finesse-chaos", "Accept-Encoding": "identity"}
        try:
            request = httpx.Request(method, f"{self._base_url}{path}", headers=headers, json=json)
            response = await self._transport.handle_async_request(request)
            if (coding := response.headers.get("Content-Encoding", "identity")) != "identity":
                raise BadAnswer(response.status_code, f"an answer in the encoding {coding!r:.40}")
            body = await response.aread()
        except AnswerTooLarge as problem:
            raise BadAnswer(problem.status, str(problem)) from problem
        except (httpx.HTTPError, httpx.InvalidURL, OSError, UnicodeError) as problem:
            raise NoAnswer(f"{type(problem).__name__}: {_root_of(problem)}") from problem
        return Answer(response.status_code, body)


class BoundedHttp:
    """One server. timeout_s: how long a call may take, with all of its exchanges."""

    def __init__(self, base_url: str, timeout_s: float) -> None:
        self._base_url = base_url
        self._timeout_s = timeout_s
        self._tls = ssl.create_default_context() if base_url.startswith("https:") else None

    async def call(self, ask: Callable[[Wire], Awaitable[T]], on_unknown: Callable[[], None] = lambda: None) -> T:
        """Do what `ask` does on a wire of its own. Raises NoAnswer, and what `ask` raises.

        on_unknown: called if an order was sent whose answer never came: a server that hangs may carry it out when it
        wakes. Cancelled, a call is over at once; with an order on its way, after a second at most.
        """
        transport = HttpTransport(self._tls, answer_bytes_max=ANSWER_BYTES_MAX)
        wire = Wire(transport, self._base_url)
        task = asyncio.ensure_future(self._within_time(transport, wire, ask))
        try:
            return await asyncio.shield(task)
        except asyncio.CancelledError:
            try:
                if wire.orders_out:
                    await asyncio.wait({task}, timeout=_LAST_ANSWER_S)
            finally:
                task.cancel()
                await asyncio.gather(task, return_exceptions=True)
            raise
        finally:
            if wire.orders_out:
                on_unknown()

    async def _within_time(self, transport: HttpTransport, wire: Wire, ask: Callable[[Wire], Awaitable[T]]) -> T:
        try:
            async with asyncio.timeout(self._timeout_s):
                return await ask(wire)
        except TimeoutError as late:
            raise NoAnswer(f"timed out: no whole answer within {self._timeout_s:g} s") from late
        finally:
            await transport.aclose()


def _root_of(problem: BaseException) -> str:
    """What lies under the layers of httpx."""
    while (deeper := problem.__cause__ or problem.__context__) is not None:
        problem = deeper
    return str(problem) or type(problem).__name__
