"""What a node asks as it checks credentials and settings: whether the cache is enough, and what is said without it."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping

from chaos.mock.defects.awdb import AwdbDefect
from chaos.mock.defects.axes import Axis
from chaos.mock.defects.defect import Defect
from chaos.mock.defects.hooks import Fact
from chaos.mock.finesse.awdb_choice import AwdbHost
from chaos.mock.finesse.credentials import Checked
from chaos.mock.finesse.hooks.databases import DatabaseHooks

UNAUTHORIZED = 401
HALF_HOUR_MINUTES = 30
SERVED_S = 0.01
"""So long a cached user's request takes where only one of his is served at a time."""

Ask = Callable[[], Awaitable[Checked]]
"""Asks the database about a user."""

_INSTEAD_OF_401: tuple[tuple[Defect, int], ...] = (
    (AwdbDefect.UNAUTHORIZED_IS_500, 500),
    (AwdbDefect.UNAUTHORIZED_IS_503, 503),
    (AwdbDefect.UNAUTHORIZED_IS_403, 403),
)


class CredentialHooks(DatabaseHooks):
    """Asked by `AwdbCredentials` and by Tomcat."""

    def tomcat_began(self) -> None:
        super().tomcat_began()
        self._kept_s: dict[str, float] = {}
        self._asks_of: dict[str, Ask] = {}
        self._asked_since_cti_loss: set[str] = set()
        self._life_s = float("inf")
        self._forgotten: set[str] = set()
        self._leaving: set[str] = set()
        self._asking: set[asyncio.Task[None]] = set()
        self._served_users: set[str] = set()
        self._at_page: set[str] = set()
        self._strange_at_page = False
        self._erred: set[str] = set()
        self._parted: set[str] = set()
        self._asked_since: dict[str, int] = {}

    async def tomcat_ended(self) -> None:
        """Tomcat has stopped: nobody is asked about any more."""
        for task in self._asking:
            task.cancel()
        await asyncio.gather(*self._asking, return_exceptions=True)

    # The cache

    def succeeded(self, proper: bool) -> bool:
        """Does the request that is served now count as one that succeeded? proper: by its status (AWDB-02)."""
        return proper or self._bites(AwdbDefect.FAILURES_PROLONG, key=self._user()) is not None

    def cache_life_s(self, user: str, proper_s: float) -> float | None:
        """How long the request that is served now makes its credentials good: half an hour (AWDB-02). None: it does
        not, and leaves them as they were."""
        facts = self._whose(user)
        self._life_s = proper_s
        if self._bites(AwdbDefect.NOT_CACHED, key=user, facts=facts):
            return None
        request = self._served()
        is_led = request is not None and self._is_led(request)
        if is_led and self._is_kept(user) and self._bites(AwdbDefect.LED_DO_NOT_PROLONG, facts=facts):
            return None
        left_s = self._kept_s.get(user, float("-inf")) + proper_s - self._now_s()
        by_secondary = left_s <= 0 and self._in_use is AwdbHost.SECONDARY
        if by_secondary and self._bites(AwdbDefect.SECONDARY_NOT_CACHED, facts=facts):
            return None
        adds = self._bites(AwdbDefect.LATE_SUCCESS_ADDS, facts=facts) if left_s > 0 else None
        if adds is not None and left_s <= 60.0 * adds.number(Axis.MINUTES):
            return proper_s + left_s
        one = self._bites(AwdbDefect.CACHE_LASTS, key=user, facts=facts)
        return proper_s if one is None else 60.0 * one.number(Axis.MINUTES)

    def kept(self, user: str, ask: Ask) -> None:
        """The user's credentials are cached, from now on. ask: asks the database about them."""
        if not self._breaks:
            return
        self._kept_s.pop(user, None)
        self._kept_s[user] = self._now_s()  # the latest stands last
        self._asks_of[user] = ask
        self._forgotten.discard(user)
        if user in self._leaving:
            self._parted.add(user)
            if self._bites(AwdbDefect.SIGN_OUT_FORGETS, facts=self._whose(user)):
                self._forgotten.add(user)
        self._leaving.discard(user)
        one = self._bites(AwdbDefect.ASKS_IN_BACKGROUND, facts=self._whose(user))
        if one is not None:
            self._ask_in(60.0 * one.number(Axis.MINUTES), ask)

    def signs_out(self, user: str) -> None:
        """He asks to sign out as an agent, which has nothing to do with what is cached of him (AWDB-03)."""
        if self._breaks:
            self._leaving.add(user)

    def _ask_in(self, delay_s: float, ask: Ask, *, though_lost: bool = False) -> None:
        task = asyncio.get_running_loop().create_task(self._ask_later(delay_s, ask, though_lost))
        self._asking.add(task)
        task.add_done_callback(self._asking.discard)

    async def _ask_later(self, delay_s: float, ask: Ask, though_lost: bool) -> None:
        await asyncio.sleep(delay_s)
        if though_lost or not self._cut_off:
            await ask()

    def remembers(self, user: str) -> bool:
        """Are credentials still known that the cache holds? They are (AWDB-03)."""
        if not self._breaks or user not in self._kept_s:
            return True
        facts = self._whose(user)
        few = self._bites(AwdbDefect.CACHE_HOLDS_FEW, facts=facts)
        if few is not None and user not in list(self._kept_s)[-int(few.number(Axis.PEOPLE)) :]:
            return False
        for host, (how, lost_s) in self._losses_of_database.items():
            lost: dict[Axis, Fact] = {**facts, Axis.HOST: host.value, Axis.LOSS: how}
            if lost_s > self._kept_s[user] and self._bites(AwdbDefect.CACHE_LOST_WITH_DATABASE, facts=lost):
                return False
        if self._has_lost_cti_since(user) and self._bites(AwdbDefect.CTI_LOSS_FORGETS, facts=facts):
            return False
        return user not in self._forgotten

    def _has_lost_cti_since(self, user: str) -> bool:
        """Has the node lost a CTI session since the user's credentials were cached, or used, last?"""
        return self._losses > 0 and self._told_s > self._kept_s.get(user, float("inf"))

    def not_known(self, user: str) -> None:
        """Credentials came that the cache does not know: a wrong password, or one whose time is over."""
        if self._breaks and self._is_kept(user):
            self._erred.add(user)
        if self._bites(AwdbDefect.WRONG_PASSWORD_FORGETS, facts=self._whose(user)):
            self._forgotten.add(user)

    def takes_any_password(self, user: str) -> bool:
        """Is somebody who is cached let in with another password than that? He is not (AWDB-11)."""
        return self._cut_off and self._bites(AwdbDefect.ANY_PASSWORD_LETS_IN, facts=self._whose(user)) is not None

    async def may_wait(self, settled: Callable[[], Awaitable[None]]) -> None:
        """A cached user asks. As long as an attempt to reach a database is under way, he waits (AWDB-07)."""
        tries, user = self._trying_s is not None, self._user()
        if not tries or not self._bites(AwdbDefect.ANSWERS_WHILE_FAILING_OVER, key=self._outages):
            self._held_up.append(user)
            try:
                await settled()
            finally:
                self._held_up.remove(user)
        if tries and self._bites(AwdbDefect.FORGETS_WHO_WAITED, key=self._outages):
            await asyncio.Event().wait()  # until the client or Tomcat goes

    async def cached(self, user: str, ask: Ask, look_up: Ask, *, connected: bool) -> Checked:
        """Are cached credentials good? They are, whether there is a database (AWDB-03) or not, and none is asked
        about them (AWDB-04).

        ask, look_up: ask the database about them, and about the user's role. connected: is one in use?
        """
        if not self._breaks:
            return Checked.GOOD
        since_s, facts = self._now_s() - self._kept_s.get(user, self._now_s()), self._whose(user)
        if self._bites(AwdbDefect.CACHE_ONE_AT_A_TIME, facts=facts):
            if user in self._served_users:
                return await ask()
            self._served_users.add(user)
            await asyncio.sleep(SERVED_S)
            self._served_users.discard(user)
        cti_lost = self._has_lost_cti_since(user) and user not in self._asked_since_cti_loss
        if connected and cti_lost and self._bites(AwdbDefect.ASKS_AFTER_CTI_LOSS, facts=facts):
            self._asked_since_cti_loss.add(user)
            await ask()
        if connected and self._asks_again(user, facts):
            await ask()
        later = self._bites(AwdbDefect.ASKS_AFTERWARDS, since_s=since_s, key=user, facts=facts)
        if later is not None:
            self._ask_in(later.number(Axis.LATE), ask)
        ahead = self._bites(AwdbDefect.ASKS_AHEAD, since_s=since_s, key=user, facts=facts)
        if ahead is not None and self._life_s - since_s <= 60.0 * ahead.number(Axis.MINUTES):
            self._ask_in(0.0, ask, though_lost=True)
        if not connected:
            lost = {**facts, Axis.LOSS: self._database_loss}
            bites = self._bites(AwdbDefect.CACHE_NEEDS_DATABASE, since_s=since_s, key=user, facts=lost)
            request = self._served()
            if request is not None and self._is_led(request) and not bites:
                bites = self._bites(AwdbDefect.LEADING_NEEDS_DATABASE, since_s=since_s, key=user, facts=facts)
            return await ask() if bites else Checked.GOOD
        if self._bites(AwdbDefect.LOOKS_UP_EVERY_TIME, since_s=since_s, key=user, facts=facts):
            await look_up()
        if self._bites(AwdbDefect.ASKS_EVERY_TIME, since_s=since_s, key=user, facts=facts):
            checked = await ask()
            return checked if checked is Checked.BAD else Checked.GOOD
        return Checked.GOOD

    def _is_kept(self, user: str) -> bool:
        return self._now_s() - self._kept_s.get(user, float("-inf")) < self._life_s

    def _asks_again(self, user: str, facts: Mapping[Axis, Fact]) -> bool:
        """Is a database asked about him because of what came before, or of how he comes? None is (AWDB-04)."""
        at_page = user in self._at_page
        erred, parted = user in self._erred, user in self._parted
        is_elsewhere = self._asked_since.get(user, self._outages) != self._outages
        for some in (self._at_page, self._erred, self._parted):
            some.discard(user)
        self._asked_since[user] = self._outages
        occasions = (
            (erred, AwdbDefect.ASKS_AFTER_WRONG),
            (parted, AwdbDefect.ASKS_AFTER_SIGN_OUT),
            (at_page, AwdbDefect.ASKS_AT_PAGE),
            (is_elsewhere, AwdbDefect.ASKS_ONCE_AFTER_LOSS),
        )
        return any(is_so and self._bites(defect, facts=facts) is not None for is_so, defect in occasions)

    def comes_by_page(self, user: str) -> None:
        """He is about to be checked at the sign-in page."""
        if self._breaks:
            self._at_page.add(user)
            self._strange_at_page = not self._is_kept(user)

    def _asks_at_page(self) -> bool:
        return bool(self._at_page)

    # What a check comes to

    async def asks_along(self, user: str) -> None:
        """A database has been asked about somebody who was not cached: it is asked about nobody else (AWDB-04)."""
        if self._breaks and self._bites(AwdbDefect.ASKS_ALONG, facts=self._whose(user)):
            oldest_s = self._now_s() - 60.0 * HALF_HOUR_MINUTES
            other = next((one for one, at_s in self._kept_s.items() if one != user and at_s > oldest_s), None)
            if other is not None:
                await self._asks_of[other]()

    def checked(self, user: str, proper: Checked, *, duplex: bool, leads: bool) -> Checked:
        """What asking the databases came to: what they said (AWDB-05), or that none did (AWDB-01, AWDB-11).

        duplex: is a secondary configured? leads: is the user a supervisor?
        """
        if not self._breaks:
            return proper
        facts = self._whose(user)
        if self._fails_once(user, proper, facts):
            return Checked.FAILED
        if proper is Checked.BAD and self._in_use is AwdbHost.SECONDARY:
            takes_any = self._bites(AwdbDefect.SECONDARY_TAKES_ANY_PASSWORD, key=user, facts=facts)
            return Checked.GOOD if takes_any else proper
        if proper is Checked.GOOD and self._in_use is AwdbHost.SECONDARY:
            if self._bites(AwdbDefect.SECONDARY_REFUSES, key=user, facts=facts):
                return Checked.BAD
            by_name = not user.isdecimal() and user not in self._administrators  # ids are numbers
            if by_name and self._bites(AwdbDefect.SECONDARY_REFUSES_NAMES, key=user, facts=facts):
                return Checked.BAD
            if leads and self._bites(AwdbDefect.SECONDARY_REFUSES_SUPERVISORS, key=user, facts=facts):
                return Checked.BAD
            return Checked.FAILED if self._bites(AwdbDefect.SECONDARY_FAILS, key=user, facts=facts) else proper
        if proper in (Checked.FAILED, Checked.UNAVAILABLE) and self._cut_off:
            alone = not duplex and self._cut_off_bites(AwdbDefect.LETS_IN_WITHOUT_SECONDARY, facts)
            if alone or self._cut_off_bites(AwdbDefect.LETS_IN_UNCHECKED, facts):
                return Checked.GOOD
        return proper

    def _fails_once(self, user: str, proper: Checked, facts: Mapping[Axis, Fact]) -> bool:
        """Does it cost him a request, too, that a database was lost in silence? That is noticed once (AWDB-12)."""
        if self._silent is None or user in self._met_silence:
            return False
        if proper is Checked.GOOD and self._bites(
            AwdbDefect.EACH_FAILS_ONCE, facts={**facts, Axis.HOST: self._silent.value}
        ):
            self._met_silence.add(user)
            return True
        if proper is Checked.FAILED:
            self._met_silence.add(user)
        return False

    def checked_for_stream(self, user: str, proper: Checked) -> Checked:
        """What a check of somebody who opens an event stream came to: the same as for a request (AWDB-01, AWDB-03)."""
        if proper in (Checked.FAILED, Checked.UNAVAILABLE) and self._met_unfit:
            bites = self._cut_off_bites(AwdbDefect.STREAMS_USE_UNPREPARED, self._whose(user))
            return Checked.GOOD if bites else proper
        if (
            proper is Checked.GOOD
            and not self._is_kept(user)
            and self._refuses_at_secondary(AwdbDefect.SECONDARY_REFUSES_STREAMS, user)
        ):
            return Checked.FAILED
        if proper is not Checked.GOOD or not self._cut_off_bites(AwdbDefect.STREAMS_NEED_DATABASE, self._whose(user)):
            return proper
        return Checked.FAILED

    def _refuses_at_secondary(self, defect: Defect, user: str) -> bool:
        return self._in_use is AwdbHost.SECONDARY and self._bites(defect, facts=self._whose(user)) is not None

    def checked_at_page(self, user: str, proper: Checked) -> Checked:
        """What a check of somebody at the sign-in page came to: the same as for a request (AWDB-01, -03, -05)."""
        if not self._breaks:
            return proper
        self._at_page.discard(user)
        if proper in (Checked.FAILED, Checked.UNAVAILABLE) and self._met_unfit:
            bites = self._cut_off_bites(AwdbDefect.PAGE_USES_UNPREPARED, self._whose(user))
            return Checked.GOOD if bites else proper
        if (
            proper is Checked.GOOD
            and self._strange_at_page
            and self._refuses_at_secondary(AwdbDefect.SECONDARY_REFUSES_PAGE, user)
        ):
            self._kept_s.pop(user, None)  # not by this sign-in
            return Checked.BAD
        needs = proper is Checked.GOOD and self._cut_off_bites(AwdbDefect.PAGE_NEEDS_DATABASE, self._whose(user))
        return Checked.UNAVAILABLE if needs else proper

    def consulted(self, user: str, proper: Checked) -> Checked:
        """Whether a database that was asked says that this is an administrator: whichever does, it does (AWDB-05)."""
        if proper is not Checked.GOOD or self._in_use is not AwdbHost.SECONDARY:
            return proper
        bites = self._bites(AwdbDefect.SECONDARY_CLOSES_SETTINGS, key=user, facts=self._whose(user))
        return Checked.FAILED if bites else proper

    async def status_without_database(self) -> int:
        """The status of a request whose credentials nobody can check: 401 (AWDB-11)."""
        if not self._breaks:
            return UNAUTHORIZED
        hangs = self._cut_off_bites(AwdbDefect.UNAUTHORIZED_HANGS, {})
        if hangs is not None:
            await asyncio.sleep(hangs.number(Axis.LATE))
        request = self._served()
        if request is not None and self._is_led(request) and self._cut_off_bites(AwdbDefect.LED_401_IS_500, {}):
            return 500
        lost: dict[Axis, Fact] = {Axis.LOSS: self._database_loss}
        return next((status for defect, status in _INSTEAD_OF_401 if self._cut_off_bites(defect, lost)), UNAUTHORIZED)

    def does_while_failing_over(self) -> bool:
        """Is what a cached user asks for done while a database is tried? That waits as he does (AWDB-07)."""
        if self._trying_s is None:
            return False
        return self._bites(AwdbDefect.DONE_WHILE_FAILING_OVER, key=self._outages) is not None

    def reads_body_first(self) -> bool:
        """Is whoever sends no document told so, though nobody can say who he is? He is not (AWDB-11)."""
        return self._cut_off_bites(AwdbDefect.BODY_READ_FIRST, {}) is not None

    def does_though_unauthorized(self) -> bool:
        """Is what was refused with 401 now done all the same? It is not (AWDB-11)."""
        return self._cut_off_bites(AwdbDefect.DONE_THOUGH_UNAUTHORIZED, {}) is not None

    # Settings

    def opens_settings(self) -> bool:
        """Are settings shown and changed although no database says that this is an administrator? No (AWDB-09)."""
        readable = self._served_verb() == "GET"
        return self._opens(
            AwdbDefect.SETTINGS_READABLE_WITHOUT_DATABASE if readable else AwdbDefect.SETTINGS_WRITABLE_WITHOUT_DATABASE
        )

    def opens_console(self) -> bool:
        """Is the rest of what administrators configure shown and changed so? It is not (AWDB-09)."""
        request = self._served()
        by_number = request is not None and bool(request.number) and request.verb == "GET"
        if by_number and self._opens(AwdbDefect.CONSOLE_OPEN_BY_NUMBER):
            return True
        return self._opens(AwdbDefect.CONSOLE_OPEN_WITHOUT_DATABASE)

    def saves_though_refused(self) -> bool:
        """Is a change of settings made that is refused for want of a database? No (AWDB-09)."""
        return self._opens(AwdbDefect.SETTINGS_SAVED_THOUGH_REFUSED)

    def shows_though_refused(self) -> bool:
        """Are settings shown in the error that refuses them for want of a database? No (AWDB-09)."""
        return self._opens(AwdbDefect.SETTINGS_SHOWN_THOUGH_REFUSED)

    def changes_console_though_refused(self) -> bool:
        """Is a change of the rest made that is refused for want of a database? No (AWDB-09)."""
        return self._opens(AwdbDefect.CONSOLE_CHANGED_THOUGH_REFUSED)

    def _opens(self, defect: Defect) -> bool:
        request = self._served()
        return request is not None and self._cut_off_bites(defect, {}, request.resource) is not None

    def _served_verb(self) -> str:
        request = self._served()
        return "" if request is None else request.verb

    def _user(self) -> str:
        request = self._served()
        return "" if request is None else request.user

    def _whose(self, user: str) -> dict[Axis, Fact]:
        return {Axis.AGENT: self._agent(user)}
