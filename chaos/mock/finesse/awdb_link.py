"""A node's way to the AWDB pair: one connection, made when a request needs it, by turns at both hosts."""

import asyncio
from collections import deque
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass

from chaos.mock.finesse import awdb_choice as choice_
from chaos.mock.finesse.administration import DatabaseSettings
from chaos.mock.finesse.awdb_choice import AwdbHost, Choice
from chaos.mock.finesse.awdb_connection import AwdbConnection, ConnectionEnded
from chaos.mock.finesse.config import Address
from chaos.mock.finesse.hooks import NodeDefects
from chaos.wire.awdb import Failed, Hello, Question, Reply, secret_of

CLOSE_LIMIT_S = 1.0


@dataclass(frozen=True, slots=True)
class AwdbOptions:
    """How a node deals with its AWDB.

    timeout_s: the database time-out: of a question, of an attempt to connect, and of the wait for the turn to make one.
    The product's is not published. cache_s: how long credentials are good without the database. cache_slides: whether
    every successful request begins that time anew, or only one that asked the database. attempts: how many hosts a
    request tries before it fails; the chapter does not say. keeps: a connection is kept for all questions; else it is
    closed once nobody waits for an answer on it, which is no loss, and the next question goes to the same database.

    The failover chapter says "when [somebody] makes a successful API request (such as a sign-in request or call control
    request), the credentials are cached […] for 30 minutes from the time of the request". A call control request hardly
    ever asks the database; so, word by word, the time slides.
    """

    timeout_s: float = 10.0
    cache_s: float = 1800.0
    cache_slides: bool = True
    attempts: int = 1
    keeps: bool = True


class DatabaseUnreachable(Exception):
    """No configured database can be reached: each one was tried in vain since one last answered."""


class DatabaseFailed(Exception):
    """No answer, though a database may be up: the one in use has just failed, or the other was not tried yet."""


class AwdbLink:
    """hosts: names that the node can resolve by itself. attempts: made since `start`, for tests of the harness."""

    def __init__(self, *, hosts: Mapping[str, str], options: AwdbOptions, defects: NodeDefects) -> None:
        self._hosts, self._options, self._defects = hosts, options, defects
        self._settings: DatabaseSettings | None = None
        self._lives = 0
        self._choice = Choice(frozenset())
        self._connection: AwdbConnection | None = None
        self._at = AwdbHost.PRIMARY
        self._connections: dict[AwdbConnection, None] = {}
        self._is_tried = False
        self._waiters: deque[asyncio.Future[bool]] = deque()
        self._under_way: asyncio.Event | None = None
        self._unanswered = 0
        self.attempts = 0

    # Life

    def start(self, settings: DatabaseSettings) -> None:
        """From now on questions can be asked; nothing is opened before one is."""
        configured = {AwdbHost.PRIMARY} | ({AwdbHost.SECONDARY} if settings.secondary else set())
        self._settings = settings
        self._lives += 1
        self._choice = choice_.hosts_to_try(configured)
        self._unanswered = self.attempts = 0

    async def stop(self) -> None:
        """Reset every connection and wait until it is closed; questions under way fail. Safe twice."""
        self._settings = None
        self._lives += 1
        self._connection = None
        connections = tuple(self._connections)
        for connection in connections:
            connection.give_up()
        open_ones = [one.closed for one in connections if not one.closed.done()]
        if open_ones:
            await asyncio.wait(open_ones, timeout=CLOSE_LIMIT_S)
        self._connections.clear()

    # What is known

    @property
    def duplex(self) -> bool:
        """Is a secondary configured?"""
        return self._settings is not None and self._settings.secondary is not None

    @property
    def connected_to(self) -> AwdbHost | None:
        """The host in use now."""
        return self._at if self._connection is not None else None

    async def settled(self) -> None:
        """Wait while a request tries to reach a database: at most the database time-out an attempt."""
        if self._under_way is not None:
            await self._under_way.wait()

    # Questions

    async def ask(self, make: Callable[[int], Question], *, of_settings: bool = False) -> Reply:
        """Ask the database in use, or try to reach one first. make: the question from its id. of_settings: it is
        whether somebody may have them.

        Raises DatabaseUnreachable, DatabaseFailed.
        """
        if self._connection is not None and self._defects.turns_back(self._at):
            self._leave(self._connection)
        if self._connection is not None and self.duplex and self._defects.tries_on(self._at):
            await self._knock(self._at.other)
        connection = self._connection or await self._reach()
        try:
            async with asyncio.timeout(self._defects.question_timeout_s(self._at, self._options.timeout_s)):
                reply = await connection.ask(make)
        except TimeoutError:
            self._no_answer(connection, of_settings=of_settings)
            raise DatabaseFailed from None
        except ConnectionEnded:
            self._ended(connection)  # it may have ended before it was ours
            raise DatabaseFailed from None
        if not self._options.keeps and connection is self._connection and not connection.is_asked:
            self._connection = None
            connection.close()
        self._unanswered = 0
        if isinstance(reply, Failed):
            raise DatabaseFailed
        return reply

    def _leave(self, connection: AwdbConnection) -> None:
        """What a sound product does not do while nothing is wrong with it."""
        self._connection = None
        connection.close()
        self._choice = choice_.after_loss(self._choice, self._at)

    def _no_answer(self, connection: AwdbConnection, *, of_settings: bool) -> None:
        """Only now is it noticed that the database in use is gone (AWDB-12)."""
        self._unanswered += 1
        if self._defects.notices_silence(self._at, self._unanswered, of_settings=of_settings):
            connection.give_up()
            self._lose(connection, "silent")

    def _ended(self, connection: AwdbConnection) -> None:
        self._lose(connection, "reset" if connection.was_reset else "closed")

    def _lose(self, connection: AwdbConnection, how: str) -> None:
        if connection is self._connection:
            self._connection = None
            self._unanswered = 0
            self._choice = choice_.after_loss(self._choice, self._at)
            self._defects.database_lost(self._at, how)
        elif self._connection is None and self._defects.turns_again(self._at):
            self._choice = choice_.after_loss(self._choice, self._choice.next)

    # Attempts

    async def _reach(self) -> AwdbConnection:
        """A connection, by as many attempts as a request makes if there is none: those that need one take turns."""
        waits = self._is_tried
        try:
            async with asyncio.timeout(self._options.timeout_s * self._options.attempts):
                connection = await self._connection_or_turn()
        except TimeoutError:
            raise self._refusal() from None
        if connection is not None:
            return connection
        if waits and self._defects.shares_attempts():
            self._pass_on()
            raise self._refusal()
        over = self._under_way = asyncio.Event()
        self._defects.began_to_try()
        try:
            for _ in range(self._options.attempts - 1):
                with suppress(DatabaseFailed, DatabaseUnreachable):
                    return self._connection or await self._attempt()
            return self._connection or await self._attempt()
        finally:
            self._under_way = None
            over.set()
            self._defects.has_tried()
            self._pass_on()

    async def _connection_or_turn(self) -> AwdbConnection | None:
        """The connection that somebody else has found, or None: it is one's own turn, which is to be passed on.

        Whoever waits is told of a connection with all others, and not one after the other: 600 people who sign in while
        a node finds its database were let in one a turn of the loop, and the last of them too late.
        """
        while self._is_tried:
            waiter: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
            self._waiters.append(waiter)
            try:
                if await waiter:
                    return None
            except BaseException:
                if waiter in self._waiters:
                    self._waiters.remove(waiter)
                elif not waiter.cancelled() and waiter.result():
                    self._pass_on()  # it was this one's turn
                raise
        if self._connection is None:
            self._is_tried = True
        return self._connection

    def _pass_on(self) -> None:
        """A turn is over: it is the next one's, or there is a connection, which is for all who wait."""
        self._is_tried = False
        while self._waiters and not self._is_tried:
            waiter = self._waiters.popleft()
            if not waiter.done():
                self._is_tried = self._connection is None
                waiter.set_result(self._is_tried)

    async def _attempt(self) -> AwdbConnection:
        if self._settings is None or not self._defects.tries_now():
            raise DatabaseUnreachable
        settings, life, turn = self._settings, self._lives, self._choice.next
        former = settings.secondary is None and settings.former_secondary is not None
        host = self._defects.host_to_try(turn, former=former, exhausted=self._choice.exhausted)
        self.attempts += 1
        try:
            async with asyncio.timeout(self._options.timeout_s):
                if self._defects.knocks(former=former):
                    await self._knock(AwdbHost.SECONDARY)
                connection = await self._opened(settings, host)
        except (TimeoutError, OSError, UnicodeError, ConnectionEnded) as error:
            # A UnicodeError says that the host's name is no name at all.
            if self._lives == life:  # else Tomcat went meanwhile, and this attempt says nothing any more
                self._choice = choice_.after_failure(self._choice, turn)
                self._defects.attempt_failed(host, _how(error), exhausted=self._choice.exhausted)
            raise self._refusal() from None
        if self._lives != life:  # Tomcat went just now
            connection.give_up()
            raise DatabaseFailed
        self._connection, self._at = connection, host
        self._choice = choice_.after_success(self._choice)
        self._defects.database_found(host)
        return connection

    async def _opened(self, settings: DatabaseSettings, host: AwdbHost) -> AwdbConnection:
        """Connected, welcome, and fit to serve. Raises OSError, ConnectionEnded."""
        connection = AwdbConnection(self._ended)
        self._connections[connection] = None
        connection.closed.add_done_callback(lambda _: self._connections.pop(connection, None))
        try:
            at = self._address(settings, host)
            loop = asyncio.get_running_loop()
            await loop.create_connection(lambda: connection, self._hosts.get(at.host, at.host), at.port)
            welcome = await connection.greet(Hello(settings.database, settings.username, secret_of(settings.password)))
            fit = choice_.may_serve(host, distributor=welcome.distributor)
            if not self._defects.may_serve(fit, host, distributor=welcome.distributor):
                raise ConnectionEnded
        except BaseException:
            connection.give_up()
            raise
        return connection

    async def _knock(self, host: AwdbHost) -> None:
        """Connect to that database, and leave without a word: what a broken node does."""
        assert self._settings is not None, "nobody is asked by a node that does not run"
        at, connection = self._address(self._settings, host), AwdbConnection(lambda _: None)
        with suppress(OSError, TimeoutError):
            async with asyncio.timeout(CLOSE_LIMIT_S):
                await asyncio.get_running_loop().create_connection(
                    lambda: connection, self._hosts.get(at.host, at.host), at.port
                )
        connection.give_up()

    def _address(self, settings: DatabaseSettings, host: AwdbHost) -> Address:
        if host is AwdbHost.PRIMARY:
            return settings.primary
        secondary = settings.secondary or settings.former_secondary
        assert secondary is not None, "a secondary is known only if there is or was one"
        return secondary

    def _refusal(self) -> DatabaseUnreachable | DatabaseFailed:
        return DatabaseUnreachable() if self._choice.exhausted else DatabaseFailed()


def _how(error: Exception) -> str:
    """An attempt in vain in the words of a narrowing."""
    if isinstance(error, TimeoutError):
        return "silent"
    return "closed" if isinstance(error, ConnectionEnded) else "refused"
