"""The AWDB of one host: SQLite behind a TCP service, in the loop.

Theory of operation
-------------------
Queries take well under a millisecond, so they run in the loop itself. The content lives in memory; when the service
ends, however it ends, an image of it is kept as a disk would keep it. Only the host's Distributor writes.

A connection is nothing but its bytes: it has no task of its own, so nothing can outlive the service.
"""

import asyncio
import sqlite3
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import cast

from chaos.mock.awdb.central import Record
from chaos.mock.awdb.sockets import reset
from chaos.mock.service import Service
from chaos.wire.awdb import (
    Authenticate,
    Authenticated,
    AwdbWireError,
    Decoder,
    Failed,
    Found,
    Hello,
    Lookup,
    Message,
    Question,
    Refused,
    Reply,
    Role,
    Welcome,
    encode,
    secret_of,
)

NAME = "MSSQLSERVER"
"""Windows name of the service: SQL Server's default instance."""
BACKLOG = 64
SETTLE_LIMIT_S = 1.0
WRITE_LIMIT_BYTES = 1 << 18
ACCEPT_TURNS = 4
"""Turns of the loop from an accepted socket to the end of a connection that is turned away."""
QUERIES_KEPT = 10_000

_SCHEMA = """
create table t_person (user_id text primary key, login_name text not null, secret text not null, role text not null);
create index t_person_by_name on t_person (login_name);
create table t_revision (revision integer not null);
insert into t_revision values (0);
"""


@dataclass(frozen=True, slots=True)
class DatabaseAccount:
    """Whom the database lets in, and what it is called."""

    database: str
    username: str
    password: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class DatabaseOptions:
    """start_s, stop_s: how long the service takes. login_s: from the connection to its Hello. clients_max: more
    connections than so many at a time are turned away."""

    start_s: float = 0.0
    stop_s: float = 0.0
    login_s: float = 15.0
    clients_max: int = 200


@dataclass(frozen=True, slots=True)
class Asked:
    """One question as it came. at_s: on the loop's clock. user: whom it was about."""

    at_s: float
    user: str
    question: type[Question]


class AwDatabase(Service):
    """The database service of one AW host.

    host, port: where it listens; port 0 takes a free one at the first start and keeps it. host_name: as it introduces
    itself. distributor_runs: what it says about the host's Distributor, asked at each Hello. asked: the last questions,
    for tests of the harness. watchers: called after every change of state.
    """

    def __init__(
        self,
        host_name: str,
        account: DatabaseAccount,
        *,
        host: str = "127.0.0.1",
        port: int = 1433,
        options: DatabaseOptions | None = None,
    ) -> None:
        self.options = options or DatabaseOptions()
        super().__init__(NAME, start_s=self.options.start_s, stop_s=self.options.stop_s)
        self.host_name, self.host, self.port = host_name, host, port
        self.distributor_runs: Callable[[], bool] = lambda: False
        self.asked: deque[Asked] = deque(maxlen=QUERIES_KEPT)
        self.watchers: list[Callable[[], None]] = []
        self._account = account
        self._image: bytes | None = None
        self._content: sqlite3.Connection | None = None
        self._server: asyncio.Server | None = None
        self._sessions: dict[DatabaseSession, None] = {}  # in the order of arrival

    @property
    def clients(self) -> int:
        """Connections that are open now."""
        return len(self._sessions)

    # For the Distributor

    @property
    def revision(self) -> int:
        """Of the content; 0 before the first copy, and while the service is down."""
        return (
            0 if self._content is None else int(self._content.execute("select revision from t_revision").fetchone()[0])
        )

    def replace_content(self, records: tuple[Record, ...], revision: int) -> None:
        """Copy all people in, in one transaction. Without effect while the service is down."""
        if self._content is None:
            return
        with self._content as content:
            content.execute("delete from t_person")
            rows = [(record.user_id, record.login_name, record.secret, record.role.value) for record in records]
            content.executemany("insert into t_person values (?, ?, ?, ?)", rows)
            content.execute("update t_revision set revision = ?", (revision,))

    # For sessions

    def connected(self, session: "DatabaseSession") -> bool:
        """Count a connection; False when it is to be turned away."""
        if self._content is None or len(self._sessions) >= self.options.clients_max:
            return False
        self._sessions[session] = None
        return True

    def disconnected(self, session: "DatabaseSession") -> None:
        self._sessions.pop(session, None)

    def greet(self, hello: Hello) -> Welcome | Refused:
        if hello.database.casefold() != self._account.database.casefold():
            return Refused("no such database")
        if (hello.username, hello.secret) != (self._account.username, secret_of(self._account.password)):
            return Refused("wrong user name or password")
        return Welcome(self.host_name, self.distributor_runs(), self.revision)

    def answer(self, question: Question) -> Reply:
        self.asked.append(Asked(asyncio.get_running_loop().time(), question.user, type(question)))
        if self._content is None:
            return Failed(question.id, "the database is going down")
        row = self._content.execute(
            "select secret, role from t_person where user_id = ? or login_name = ? order by user_id = ? desc limit 1",
            (question.user, question.user, question.user),
        ).fetchone()
        secret, role = row or ("", Role.NONE.value)
        if isinstance(question, Lookup):
            return Found(question.id, Role(role))
        return Authenticated(question.id, bool(row) and secret == question.secret, Role(role))

    # Service

    async def _open(self) -> None:
        content = sqlite3.connect(":memory:")
        self._content = content
        if self._image is None:
            content.executescript(_SCHEMA)
        else:
            content.deserialize(self._image)
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(
            lambda: DatabaseSession(self),
            self.host,
            self.port,
            backlog=BACKLOG,
            reuse_address=True,
            # Named first: cancelled while it starts to listen, `create_server` would keep it from whoever closes it.
            start_serving=False,
        )
        self.port = int(self._server.sockets[0].getsockname()[1])
        await self._server.start_serving()

    async def _close(self) -> None:
        await self._end(lambda session: session.close())

    async def _kill(self) -> None:
        await self._end(lambda session: session.reset())

    async def _end(self, end_one: "Callable[[DatabaseSession], None]") -> None:
        server, self._server = self._server, None
        if server is not None:
            server.close()
        content, self._content = self._content, None
        if content is not None:
            self._image = content.serialize()
            content.close()
        for _ in range(ACCEPT_TURNS):  # asyncio may be accepting one just now: `connected` turns it away
            await asyncio.sleep(0)
        sessions = tuple(self._sessions)
        for session in sessions:
            end_one(session)
        if sessions:
            _, left = await asyncio.wait([session.closed for session in sessions], timeout=SETTLE_LIMIT_S)
            for session in sessions:  # whoever does not read keeps an orderly close from ending
                session.reset()
            if left:
                await asyncio.wait(left, timeout=SETTLE_LIMIT_S)

    def _changed(self) -> None:
        for watcher in tuple(self.watchers):
            watcher()


class DatabaseSession(asyncio.Protocol):
    """One connection: a Hello within its time, then questions. Garbage ends it by a reset."""

    def __init__(self, database: AwDatabase) -> None:
        loop = asyncio.get_running_loop()
        self._database = database
        self._decoder = Decoder()
        self._transport: asyncio.Transport | None = None
        self._login: asyncio.TimerHandle | None = None
        self._greeted = False
        self.closed: asyncio.Future[None] = loop.create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        if not self._database.connected(self):
            self.reset()
            return
        self._login = asyncio.get_running_loop().call_later(self._database.options.login_s, self.reset)

    def connection_lost(self, exc: Exception | None) -> None:
        self._logged_in()
        self._database.disconnected(self)
        if not self.closed.done():
            self.closed.set_result(None)

    def data_received(self, data: bytes) -> None:
        if self._transport is None or self._transport.is_closing():
            return
        try:
            messages = self._decoder.feed(data)
        except AwdbWireError as error:
            for message in error.decoded:
                self._take(message)
            self.reset()
            return
        for message in messages:
            self._take(message)

    def close(self) -> None:
        """Send what is left to send, then close."""
        if self._transport is not None:
            self._transport.close()

    def reset(self) -> None:
        """End at once, by a TCP reset."""
        if self._transport is not None:
            reset(self._transport)

    def _take(self, message: Message) -> None:
        match message:
            case Hello() if not self._greeted:
                said = self._database.greet(message)
                self._send(said)
                if isinstance(said, Refused):
                    self.close()
                    return
                self._greeted = True
                self._logged_in()
            case Authenticate() | Lookup() if self._greeted:
                self._send(self._database.answer(message))
            case _:
                self.reset()

    def _send(self, message: Message) -> None:
        if self._transport is None or self._transport.is_closing():
            return
        self._transport.write(encode(message))
        if self._transport.get_write_buffer_size() > WRITE_LIMIT_BYTES:
            self.reset()

    def _logged_in(self) -> None:
        if self._login is not None:
            self._login.cancel()
            self._login = None
