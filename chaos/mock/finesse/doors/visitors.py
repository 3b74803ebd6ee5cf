"""What a node notes of who comes to it, as its console can read it: an access log, and its table of connections.

Theory of operation: in the product a web proxy before Tomcat writes the log; here a middleware of Tomcat's does. What
the node's own applications ask of it, which in this process is no request at all, they note themselves. The table has
the connections that stand, and for a minute those of its own that this node has closed first, as Linux has it; of what
clients closed first it has nothing any more.
"""

import asyncio
import re
from collections import deque
from collections.abc import Awaitable, Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from aiohttp import web
from aiohttp.typedefs import Middleware

from chaos.clock import wall_now
from chaos.mock.finesse.doors.listener import Listener
from chaos.wire.console.doors import TIME_WAIT_S, Connection, format_connections, format_log_line, format_search

LINES_MAX = 50_000
LOCAL = "127.0.0.1"

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass(frozen=True, slots=True)
class _Visit:
    came_from: str
    at: datetime
    asked: str
    status: int
    agent: str


class Visitors:
    """Of one node, for all lives of its services. listeners: of its doors, each adds its own."""

    def __init__(self) -> None:
        self._visits: deque[_Visit] = deque(maxlen=LINES_MAX)
        self._closed: deque[tuple[float, Connection]] = deque()
        self._going: dict[int, Connection] = {}
        self.listeners: list[Callable[[], Iterable[Listener]]] = []

    def came(self, asked: str, status: int, *, came_from: str = LOCAL, agent: str = "-") -> None:
        """A request was answered. asked: method and path."""
        self._visits.append(_Visit(came_from, wall_now(), asked, status, agent))

    def goes(self, near: tuple[str, int], far: tuple[str, int]) -> int:
        """This node has made a connection to somebody. Returns its number, for `has_closed`."""
        number = near[1]
        self._going[number] = Connection(near, far, "ESTABLISHED")
        return number

    def has_closed(self, number: int) -> None:
        """This node has closed it first."""
        one = self._going.pop(number)
        self._closed.append((asyncio.get_running_loop().time(), Connection(one.near, one.far, "TIME_WAIT")))

    # For the console

    def search(self, path: str, pattern: str) -> list[str] | None:
        """The answer to a search of the log; None: that is no pattern."""
        try:
            wanted = re.compile(pattern)
        except re.error:
            return None
        lines = (format_log_line(one.came_from, one.at, one.asked, one.status, one.agent) for one in self._visits)
        return format_search(path, (line for line in lines if wanted.search(line)))

    def table(self) -> list[str]:
        """The answer to a look at the connections."""
        return format_connections(self._connections())

    def _connections(self) -> Iterator[Connection]:
        for listeners in self.listeners:
            for listener in listeners():
                for near, far in listener.connections():
                    yield Connection(near, far, "ESTABLISHED")
        yield from self._going.values()
        until_s = asyncio.get_running_loop().time() - TIME_WAIT_S
        while self._closed and self._closed[0][0] < until_s:
            self._closed.popleft()
        yield from (one for _, one in self._closed)


def noting(visitors: Visitors) -> Middleware:
    """The middleware that notes each request when it is answered."""

    @web.middleware
    async def note(request: web.Request, handler: Handler) -> web.StreamResponse:
        status = 500
        try:
            answer = await handler(request)
            status = answer.status
        except web.HTTPException as refusal:
            status = refusal.status
            raise
        finally:
            asked = f"{request.method} {request.raw_path}"
            agent = request.headers.get("User-Agent", "-")
            visitors.came(asked, status, came_from=request.remote or "-", agent=agent)
        return answer

    return note
