"""What a node asks as it checks credentials and settings: whether the cache is enough, and what is said without it."""

from collections.abc import Awaitable, Callable

from chaos.mock.defects.axes import Axis
from chaos.mock.defects.catalogue import Defect
from chaos.mock.finesse.credentials import Checked
from chaos.mock.finesse.hooks.databases import DatabaseHooks

UNAUTHORIZED = 401


class CredentialHooks(DatabaseHooks):
    """Asked by `AwdbCredentials` and by Tomcat."""

    def tomcat_began(self) -> None:
        super().tomcat_began()
        self._kept_s: dict[str, float] = {}

    def cache_life_s(self, user: str, proper_s: float) -> float:
        """How long the request that is served now makes its credentials good: half an hour (AWDB-02)."""
        one = self._bites(Defect.CACHE_LASTS, key=user, facts={Axis.AGENT: self._agent(user)})
        return proper_s if one is None else 60.0 * one.number(Axis.MINUTES)

    def kept(self, user: str) -> None:
        """The user's credentials are cached, from now on."""
        if self._breaks:
            self._kept_s[user] = self._now_s()

    async def may_wait(self, settled: Callable[[], Awaitable[None]]) -> None:
        """A cached user asks. As long as an attempt to reach a database is under way, he waits (AWDB-07)."""
        if not self._bites(Defect.ANSWERS_WHILE_FAILING_OVER):
            await settled()

    async def cached(self, user: str, ask: Callable[[], Awaitable[Checked]], *, connected: bool) -> Checked:
        """Are cached credentials good? They are, whether there is a database (AWDB-03) or not, and none is asked
        about them (AWDB-04). ask: asks the database about them. connected: is one in use?"""
        if not self._breaks:
            return Checked.GOOD
        since_s, facts = self._now_s() - self._kept_s.get(user, self._now_s()), {Axis.AGENT: self._agent(user)}
        if not connected and self._bites(Defect.CACHE_NEEDS_DATABASE, since_s=since_s, key=user, facts=facts):
            return await ask()
        if connected and self._bites(Defect.ASKS_EVERY_TIME, since_s=since_s, key=user, facts=facts):
            checked = await ask()
            return checked if checked is Checked.BAD else Checked.GOOD
        return Checked.GOOD

    def status_without_database(self) -> int:
        """The status of a request whose credentials nobody can check: 401 (AWDB-11)."""
        bites = self._bites(Defect.UNAUTHORIZED_IS_500, since_s=self._cut_off_for_s(), key=self._outages)
        return 500 if bites else UNAUTHORIZED

    def opens_settings(self) -> bool:
        """Are settings shown and changed although no database says that this is an administrator? No (AWDB-09)."""
        request = self._served()
        if not self._cut_off or request is None:
            return False
        reading = request.verb == "GET"
        defect = Defect.SETTINGS_READABLE_WITHOUT_DATABASE if reading else Defect.SETTINGS_WRITABLE_WITHOUT_DATABASE
        key = (self._outages, request.resource)
        return self._bites(defect, since_s=self._cut_off_for_s(), key=key) is not None
