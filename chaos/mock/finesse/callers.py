"""Who asks Tomcat, and what he may ask: credentials, lock-out after wrong ones, administrators, one's own things."""

import asyncio
import secrets
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from aiohttp import web

from chaos.mock.finesse.answers import basic, bearer, parsed
from chaos.mock.finesse.config import NodeConfig, NodeOptions, UserRecord
from chaos.mock.finesse.credentials import Checked, Credentials, Lockout
from chaos.mock.finesse.failures import ApiFailure, database_error, no_team, no_user, of_status, unauthorized
from chaos.mock.finesse.hooks import NodeDefects
from chaos.mock.finesse.webapp import Webapp
from chaos.wire.finesse import parse_dialog_request, parse_user_request
from chaos.wire.xml import parse_xml

if TYPE_CHECKING:
    from chaos.mock.identity.service import IdentityService


@dataclass(frozen=True, slots=True)
class Caller:
    """Who sent a request, and when it came, on the loop's clock."""

    user: str
    password: str = field(repr=False)
    administrator: bool
    asked_s: float


MISMATCH = "The user specified in the authentication credentials and the uri don't match"

COOKIE = "JSESSIONID"
SESSIONS_MAX = 10_000

CALLER = web.RequestKey("caller", Caller)
"""Where a request's checked caller stands."""


def mismatch(asked: str) -> ApiFailure:
    """401: that is about somebody else."""
    return ApiFailure(401, "Invalid Authorization User Specified", MISMATCH, asked)


class Callers:
    """Those who ask one node, for one life of its Tomcat. identity: whose tokens are good here, if anybody's are."""

    def __init__(
        self,
        config: NodeConfig,
        webapp: Webapp,
        credentials: Credentials,
        options: NodeOptions,
        defects: NodeDefects,
        identity: "IdentityService | None" = None,
    ) -> None:
        self._identity = identity
        self._config, self._webapp, self._credentials, self._defects = config, webapp, credentials, defects
        self._sessions: dict[str, tuple[str, str]] = {}
        self.shows: Callable[[str], str] = lambda _: ""
        self._lockout = Lockout(
            wrong_passwords=options.wrong_passwords,
            lockout_s=options.lockout_s,
            now=lambda: asyncio.get_running_loop().time(),
        )

    def opened(self, caller: Caller, request: web.Request) -> Mapping[str, str]:
        """The headers that give who has signed in a web session, unless he has one already."""
        if self._sessions.get(request.cookies.get(COOKIE, "")) == (caller.user, caller.password):
            return {}
        while len(self._sessions) >= SESSIONS_MAX:
            del self._sessions[next(iter(self._sessions))]
        token = secrets.token_hex(16).upper()
        self._sessions[token] = (caller.user, caller.password)
        return {"Set-Cookie": f"{COOKIE}={token}; Path=/finesse; Secure; HttpOnly"}

    def _said(self, request: web.Request) -> tuple[str, str]:
        """User and password: as the request has them, else as its web session does. A token is both."""
        if "Authorization" in request.headers:
            token = bearer(request)
            if token and self._identity is not None:
                return self._identity.user_of(token) or "", token
            return basic(request)
        return self._sessions.get(request.cookies.get(COOKIE, ""), ("", ""))

    async def check(self, user: str, password: str) -> Checked:
        """Are these good? Wrong ones are counted; a database that is down is no wrong password."""
        if not user or self._lockout.is_locked(user):
            return Checked.BAD
        checked = await self._credentials.check(user, password)
        if checked is Checked.BAD:
            self._lockout.wrong(user)
        elif checked is Checked.GOOD:
            self._lockout.right(user)
        elif checked is Checked.FAILED:
            for _ in range(self._defects.failure_counts()):
                self._lockout.wrong(user)
        return checked

    def succeeded(self, user: str, password: str, asked_s: float) -> None:
        """A request made at that time has succeeded: its credentials are good for a while."""
        self._credentials.succeeded(user, password, asked_s=asked_s)

    def signs_out(self, caller: Caller) -> None:
        """He asks to sign out as an agent. What is known of his credentials has nothing to do with that."""
        self._defects.signs_out(caller.user)

    async def caller(self, request: web.Request) -> Caller:
        """Check the credentials. Raises ApiFailure 401 or 500."""
        asked_s = asyncio.get_running_loop().time()
        user, password = self._said(request)
        await self._do_all_the_same(request, user, self._defects.does_while_failing_over)
        checked = await self.check(user, password)
        if checked is Checked.FAILED:
            raise database_error()
        if checked is Checked.UNAVAILABLE:
            await self._do_all_the_same(request, user, self._defects.does_though_unauthorized)
            if request.method != "GET" and self._defects.reads_body_first():
                await parsed(request, parse_xml)
            raise of_status(await self._defects.status_without_database(), user)
        if checked is not Checked.GOOD:
            raise unauthorized(user)
        self._webapp.asked(user)
        caller = Caller(user, password, self._credentials.is_administrator(user), asked_s)
        request[CALLER] = caller
        return caller

    async def _do_all_the_same(self, request: web.Request, user: str, does: Callable[[], bool]) -> None:
        """Do what is asked for and not to be done, now or at all, if a product is broken so."""
        record = self._webapp.record(user)
        if record is None:
            return
        control, answered, path = self._webapp.control, asyncio.Event(), request.path
        with suppress(ApiFailure):
            if request.method == "PUT" and path.endswith(f"/User/{record.login_id}") and does():
                state = await parsed(request, parse_user_request)
                await control.put_user(record.login_id, state, password="", request_id="", answered=answered)
            elif request.method == "POST" and path.endswith(f"/User/{record.login_id}/Dialogs") and does():
                call = await parsed(request, parse_dialog_request)
                await control.make_call(record.login_id, call, request_id="", answered=answered)
            elif request.method == "PUT" and path.rpartition("/")[0].endswith("/Dialog") and does():
                act = await parsed(request, parse_dialog_request)
                dialog = path.rpartition("/")[2]
                await control.act(record.login_id, dialog, act, request_id="", answered=answered)

    def console_opens(self, request: web.Request) -> bool:
        """Is a request for what administrators configure let through, though nobody knows who asks? None is, unless a
        product is broken."""
        known = self._config.is_primary and self._credentials.is_administrator(basic(request)[0])
        return known and self._defects.opens_console()

    def console_changes_though_refused(self, request: web.Request) -> bool:
        """Is such a request done though it is refused? None is, unless a product is broken."""
        known = self._config.is_primary and self._credentials.is_administrator(basic(request)[0])
        return known and request.method != "GET" and self._defects.changes_console_though_refused()

    async def administrator(self, request: web.Request) -> Caller:
        """As `caller`, who must be an administrator."""
        caller = await self.caller(request)
        self.must_administrate(caller)
        return caller

    def must_administrate(self, caller: Caller) -> None:
        """Raises ApiFailure: he is no administrator."""
        if not caller.administrator:
            raise ApiFailure(401, "Authorization Failure", "UNAUTHORIZED", caller.user)

    def must_be_primary(self) -> None:
        """Raises ApiFailure: on CCE the configuration API runs on the primary node only."""
        if not self._config.is_primary:
            raise ApiFailure(403, "Forbidden", "Configuration is possible on the primary node only")

    def must_supervise(self, caller: Caller) -> None:
        """Raises ApiFailure: he is neither a supervisor nor an administrator."""
        if not caller.administrator and not self.supervised_by(caller):
            raise ApiFailure(401, "Authorization Failure", "UNAUTHORIZED", caller.user)

    def must_belong(self, caller: Caller, team: str) -> None:
        """Raises ApiFailure: there is no such team, or he is neither in it nor its supervisor nor an administrator."""
        if team not in self._webapp.teams():
            raise no_team(team)
        record = self._webapp.record(caller.user)
        if not caller.administrator and (record is None or record.team_id != team):
            raise ApiFailure(401, "Authorization Failure", "UNAUTHORIZED", caller.user)

    def supervised_by(self, caller: Caller) -> frozenset[str]:
        """The teams that he supervises."""
        record = self._webapp.record(caller.user)
        return record.supervises if record is not None else frozenset()

    def looked_after(self, caller: Caller) -> Iterator[str]:
        """Whose calls he may look at, by login ids: an administrator everybody's, a supervisor those of his teams."""
        teams = self.supervised_by(caller)
        for record in self._webapp.records():
            if caller.administrator or record.team_id in teams:
                yield record.login_id

    async def configuring(self, request: web.Request, save: Callable[[], Awaitable[None]] | None = None) -> None:
        """Whether settings may be read or changed. Raises ApiFailure: they may not. save: changes them as is asked.

        On CCE the configuration API runs on the primary node only. The database has the last word on who is an
        administrator, so that without any of them settings are out of reach even while credentials are cached.
        """
        try:
            await self._configuring(request)
        except ApiFailure:
            known = self._config.is_primary and self._credentials.is_administrator(basic(request)[0])
            if known and self._defects.opens_settings():
                return
            if known and request.method == "GET" and self._defects.shows_though_refused():
                text = self.shows(request.path.rpartition("/")[2])
                raise ApiFailure(401, "Authorization Failure", "UNAUTHORIZED", text) from None
            if known and save is not None and self._defects.saves_though_refused():
                await save()
            raise

    async def _configuring(self, request: web.Request) -> None:
        caller = await self.administrator(request)
        self.must_be_primary()
        consulted = await self._credentials.consult(caller.user)
        if consulted is Checked.BAD:
            raise unauthorized(caller.user)
        if consulted is not Checked.GOOD:
            raise database_error()

    def login_id(self, caller: Caller) -> str:
        """The id of the agent who asks."""
        record = self._webapp.record(caller.user)
        return record.login_id if record else caller.user

    def user_for(
        self, caller: Caller, asked: str, *, administrators: bool, supervisors: bool, acting: bool
    ) -> UserRecord:
        """The user of the address, if the caller may ask about him. Raises ApiFailure.

        acting: he wants to change something, so that a supervisor is told that the agent is not his.
        Source: Finesse developer guide, User API errors.
        """
        record = self._webapp.record(asked)
        if record is not None and record.login_id == self.login_id(caller):
            return record
        if caller.administrator and administrators:
            if record is None:
                raise no_user(asked)
            return record
        teams = self.supervised_by(caller) if supervisors else frozenset()
        if teams and record is None:
            raise no_user(asked)
        if record is not None and record.team_id in teams:
            return record
        if teams and acting:
            raise ApiFailure(401, "Invalid Supervisor", "The agent does not belong to a team of the supervisor", asked)
        raise mismatch(asked)
