"""Credentials that are checked against the AWDB, and cached.

Theory of operation
-------------------
A user whose request has succeeded is good for half an hour without any database (AWDB-02, AWDB-03), and the database
is not asked about him meanwhile (AWDB-04). Everybody else is asked about. If there is no connection, asking includes
one attempt to make one, and as long as that attempt lasts the node is failing over: cached users wait, too (AWDB-07).

Three things can come of asking in vain. A question on a connection that seemed to be up fails after the database
time-out (FAILED: whoever asked has to try again, AWDB-12). An attempt at one host fails while the other has not been
tried: FAILED as well. When each was tried in vain since one last answered: UNAVAILABLE (AWDB-08 … AWDB-11).

The notification service asks here, too, but only requests to the API are remembered, as the failover chapter says.
"""

import asyncio
from collections.abc import Callable, Mapping
from functools import partial

from chaos.mock.finesse.administration import Administration
from chaos.mock.finesse.awdb_link import AwdbLink, AwdbOptions, DatabaseFailed, DatabaseUnreachable
from chaos.mock.finesse.credential_cache import CredentialCache
from chaos.mock.finesse.credentials import Checked
from chaos.mock.finesse.hooks import NodeDefects
from chaos.wire.awdb import TEXT_CHARS, Authenticate, Authenticated, Found, Lookup, Question, Reply, Role, secret_of


class AwdbCredentials:
    """The `Credentials` of one node. administration: where `start` reads which databases there are.

    link: for tests of the harness.
    """

    def __init__(
        self,
        administration: Administration,
        *,
        hosts: Mapping[str, str] | None = None,
        options: AwdbOptions | None = None,
        defects: NodeDefects | None = None,
    ) -> None:
        options, self._defects = options or AwdbOptions(), defects or NodeDefects()
        self._administration, self._life_s = administration, options.cache_s
        self._cache = CredentialCache(slides=options.cache_slides)
        self._roles: dict[str, Role] = {}
        self.link = AwdbLink(hosts=hosts or {}, options=options, defects=self._defects)

    # Credentials

    def start(self) -> None:
        """Tomcat starts: settings are read, nobody is cached."""
        self._cache.clear()
        self._defects.tomcat_began()
        settings = self._administration.database
        if settings is not None:
            self.link.start(settings)

    async def stop(self) -> None:
        """Tomcat has stopped: connections go. Safe twice."""
        self._cache.clear()
        await self._defects.tomcat_ended()
        await self.link.stop()

    async def check(self, user: str, password: str) -> Checked:
        """Is this the user's password? From the cache if possible, else from the database."""
        if len(user) > TEXT_CHARS:
            return Checked.BAD  # nobody's name is that long
        now_s = asyncio.get_running_loop().time()
        known = self._cache.knows(user, password, now_s=now_s)
        if known and self._defects.remembers(user):
            await self._defects.may_wait(self.link.settled)
            connected = self.link.connected_to is not None
            ask, look_up = partial(self._asked, user, password), partial(self.consult, user)
            return await self._defects.cached(user, ask, look_up, connected=connected)
        if self._cache.holds(user, now_s=now_s) and self._defects.takes_any_password(user):
            return Checked.GOOD
        self._defects.not_known(user)
        checked = await self._asked(user, password)
        if checked is Checked.GOOD:
            await self._defects.asks_along(user)
        leads = self._roles.get(user) is Role.SUPERVISOR
        return self._defects.checked(user, checked, duplex=self.link.duplex, leads=leads)

    def succeeded(self, user: str, password: str, *, asked_s: float) -> None:
        """A request to the API, made at that time of the loop, has succeeded with these credentials."""
        life_s = self._defects.cache_life_s(user, self._life_s)
        if life_s is not None:
            self._cache.keep(user, password, asked_s=asked_s, life_s=life_s)
            self._defects.kept(user, partial(self._asked, user, password))

    async def consult(self, user: str) -> Checked:
        """Does the database itself say, now, that this is an administrator?"""
        if len(user) > TEXT_CHARS:
            return Checked.BAD
        reply = await self._reply(partial(Lookup, user=user), of_settings=True)
        if isinstance(reply, Checked):
            return reply
        if isinstance(reply, Found):
            good = Checked.GOOD if reply.role is Role.ADMINISTRATOR else Checked.BAD
            return self._defects.consulted(user, good)
        return Checked.FAILED

    def is_administrator(self, user: str) -> bool:
        """By what the database said last about him."""
        return self._roles.get(user) is Role.ADMINISTRATOR

    # Asking

    async def _asked(self, user: str, password: str) -> Checked:
        reply = await self._reply(partial(Authenticate, user=user, secret=secret_of(password)))
        if isinstance(reply, Checked):
            return reply
        if not isinstance(reply, Authenticated):
            return Checked.FAILED
        if reply.good:
            self._roles[user] = reply.role
        return Checked.GOOD if reply.good else Checked.BAD

    async def _reply(self, make: Callable[[int], Question], *, of_settings: bool = False) -> Reply | Checked:
        """The database's answer, or what its lack amounts to."""
        try:
            return await self.link.ask(make, of_settings=of_settings)
        except DatabaseUnreachable:
            return Checked.UNAVAILABLE
        except DatabaseFailed:
            return Checked.FAILED
