"""The IP Phone Agent's web application within Tomcat: sessions of phones, their requests, and what is pushed to them.

Theory of operation. A phone opens `/fippa/<device>` and signs its agent in; what it shows from then on is a page of
this application, which the phone fetches when a key is pressed, or when it is pushed an Execute with the page's URL.
Each session watches its own node alone: two triggers, a try every 5 s, and what `logic` makes of it. It reads the
node's state where the product asks its own Tomcat and its own notification service, since both are in this process.
Paths are ours: they are not published.
"""

import asyncio
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

from aiohttp import web

from chaos.mock.finesse.callers import Callers
from chaos.mock.finesse.config import NodeConfig, NodeOptions
from chaos.mock.finesse.credentials import Checked
from chaos.mock.finesse.doors.visitors import Visitors
from chaos.mock.finesse.failures import ApiFailure
from chaos.mock.finesse.fippa import pages
from chaos.mock.finesse.fippa.asking import NodeAsker
from chaos.mock.finesse.fippa.hooks import Loss, PhoneHooks, Reason
from chaos.mock.finesse.fippa.logic import Order, Phase, Seen, decide, found
from chaos.mock.finesse.fippa.pushing import PhoneDirectory, pushed
from chaos.mock.finesse.fippa.sessions import FIELDS, PhoneSession, entered
from chaos.mock.finesse.notification import NotificationService
from chaos.mock.finesse.webapp import Webapp
from chaos.mock.service import ServiceState
from chaos.mock.tasks import report_failure
from chaos.wire.digits import whole_number
from chaos.wire.finesse import SystemStatus, UserRequest, UserState
from chaos.wire.phone import Execute, PhoneObject, write

SESSIONS_MAX = 1000
SAME_SERVICE = "/fippa"
INVALID = "Invalid ID, password or extension"
REFUSED = "The request was refused"


class Fippa:
    """Of one node, for all lives of its Tomcat: each begins with `add_to` and ends with `stop`."""

    def __init__(
        self,
        config: NodeConfig,
        webapp: Webapp,
        notification: NotificationService,
        directory: PhoneDirectory,
        options: NodeOptions,
        defects: PhoneHooks,
        visitors: Visitors,
    ) -> None:
        self._config, self._webapp, self._notification = config, webapp, notification
        self._directory, self._options, self._defects = directory, options, defects
        self._asker = NodeAsker(config, webapp, visitors)
        defects.beside = self._beside
        self._callers: Callers | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._leavers: list[tuple[str, str, bool]] = []
        self.sessions: dict[str, PhoneSession] = {}
        webapp.status_watchers.append(lambda _: self._look())
        webapp.view_watchers.append(self._view_changed)
        notification.state_watchers.append(self._look)

    # Life

    def add_to(self, router: web.UrlDispatcher, callers: Callers) -> None:
        """Serve phones there."""
        self._callers = callers
        self.sessions.clear()
        for path, handler in (
            ("", self._open),
            ("/sign-in", self._sign_in),
            ("/screen", self._screen),
            ("/retry", self._retry),
            ("/home", self._refreshed_home),
            ("/exit", self._exit),
            ("/reasons", self._reasons),
            ("/state", self._state),
        ):
            router.add_get(SAME_SERVICE + "/{device}" + path, self._handled(handler))

    async def stop(self) -> None:
        """Every session is forgotten, nothing is pushed any more. Safe twice."""
        self._callers = None
        for session in self.sessions.values():
            self._drop_timer(session)
        self.sessions.clear()
        tasks = tuple(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    # Requests of phones

    def _handled(
        self, handler: Callable[[web.Request, PhoneSession], Coroutine[Any, Any, PhoneObject]]
    ) -> Callable[[web.Request], Coroutine[Any, Any, web.StreamResponse]]:
        async def handle(request: web.Request) -> web.StreamResponse:
            session = self._session(request)
            made = await handler(request, session)
            lost = session.loss if session.phase is Phase.UNAVAILABLE else None
            answer = web.Response(content_type=self._defects.content_type(lost), charset="utf-8")
            refresh = self._defects.refreshes(lost, session.base, self._alternate(session))
            if refresh is not None:
                answer.headers["Refresh"] = refresh
            answer.body = self._defects.sent(lost, write(made))
            return answer

        return handle

    def _session(self, request: web.Request) -> PhoneSession:
        device = request.match_info["device"]
        session = self.sessions.get(device)
        if session is None:
            while len(self.sessions) >= SESSIONS_MAX:
                self._forget(next(iter(self.sessions.values())))
            session = self.sessions[device] = PhoneSession(device, "")
        session.base = f"{request.scheme}://{request.host}{SAME_SERVICE}/{device}"
        self._touch(session)
        return session

    async def _open(self, request: web.Request, session: PhoneSession) -> PhoneObject:
        """The service's URL. What it has as parameters is not asked for; with all of them the agent is signed in."""
        if session.phase is Phase.SIGNED_OUT:
            session.known, session.words = entered(request), ""
            if len(session.known) == len(FIELDS):
                return await self._sign_in(request, session)
        elif session.phase is Phase.UNAVAILABLE and self._defects.reopening_leads_home(session.loss):
            return self._home(session)
        return self._page(session)

    async def _sign_in(self, request: web.Request, session: PhoneSession) -> PhoneObject:
        if session.phase is not Phase.SIGNED_OUT:
            return self._page(session)
        typed = entered(request)
        session.words = await self._come_in(session.device, typed)
        session.known = typed if not session.words else {}
        if not session.words:
            session.phase, session.loss = Phase.WORKING, None
            self._look_at(session)
        return self._page(session)

    async def _come_in(self, device: str, entered: Mapping[str, str]) -> str:
        """What is wrong, in words; empty if the agent is signed in."""
        user, password, extension = (entered.get(name, "") for name in FIELDS)
        record = self._webapp.record(user)
        if self._webapp.status is not SystemStatus.IN_SERVICE:
            return "" if self._defects.lets_in_while_lost(user) else pages.UNAVAILABLE
        # On CCE the ID has to be the agent's, not his login name.
        if self._callers is None or record is None or record.login_id != user:
            return INVALID
        asked_s = asyncio.get_running_loop().time()
        if await self._callers.check(user, password) is Checked.GOOD:
            self._callers.succeeded(user, password, asked_s)
        elif not self._defects.takes_any_password(user):
            return INVALID
        if not (self._defects.lets_in_at(device, user) and self._defects.lets_in(user)):
            return REFUSED
        at = self._defects.extension(user, extension)
        return await self._put(user, password, UserRequest(UserState.LOGIN, extension=at))

    async def _screen(self, request: web.Request, session: PhoneSession) -> PhoneObject:
        return self._page(session)

    async def _refreshed_home(self, request: web.Request, session: PhoneSession) -> PhoneObject:
        """Where no page leads, unless one is broken."""
        return self._home(session) if session.phase is Phase.UNAVAILABLE else self._page(session)

    async def _retry(self, request: web.Request, session: PhoneSession) -> PhoneObject:
        """A try at once, which does not count; while all is down the same screen comes again."""
        if session.phase is Phase.UNAVAILABLE and session.loss is not None:
            self._asks(session, session.loss)
            if self._is_back(session.loss):
                self._see(session, Seen.BACK)
                return self._page(session)
            self._defects.retried(session.loss)
            if (leads := self._defects.retry_leads(session.loss)) is not None:
                return self._home(session) if leads == "home" else pages.sign_in(session.base, {})
        return self._page(session)

    async def _exit(self, request: web.Request, session: PhoneSession) -> PhoneObject:
        """The agent leaves the service: the phone is no longer looked after."""
        if session.phase is Phase.UNAVAILABLE and self._defects.exit_fails(session.loss):
            raise web.HTTPNotFound
        if not self._defects.exit_leaves(session.loss):
            return self._page(session)
        if self._defects.signs_out_later(session.loss):
            self._leavers.append((session.user, session.known.get("password", ""), True))
        elif self._defects.sets_state_later(session.loss):
            self._leavers.append((session.user, session.known.get("password", ""), False))
        if self._defects.forgets(session.loss):
            self._forget(session)
        return pages.leave()

    async def _reasons(self, request: web.Request, session: PhoneSession) -> PhoneObject:
        if session.phase is not Phase.WORKING:
            return self._not_now(session)
        session.picks = True
        category = request.query.get("category", "NOT_READY")
        shown = self._webapp.reasons() if self._defects.shows_reasons(session.user) else ()
        return pages.reasons(session.base, category, shown)

    async def _state(self, request: web.Request, session: PhoneSession) -> PhoneObject:
        if session.phase is not Phase.WORKING:
            return self._not_now(session)
        state, reason = request.query.get("state", ""), request.query.get("reason", "")
        wanted = UserRequest(state, reason_code_id=whole_number(reason))
        if wanted.reason_code_id is not None and not self._defects.takes_reason(session.user):
            known = [one.reason_id for one in self._webapp.reasons() if one.category == state]
            wanted = replace(wanted, reason_code_id=next((one for one in known if one != wanted.reason_code_id), None))
        session.words = ""
        if self._defects.changes_state(session.user, state):
            session.words = await self._put(session.user, session.known.get("password", ""), wanted)
        if state == UserState.LOGOUT and not session.words:
            self._sign_out(session)
        return self._page(session)

    def _not_now(self, session: PhoneSession) -> PhoneObject:
        """Nothing comes of his key, and of what is under way it changes nothing."""
        session.tries = self._defects.tries_after_key(session.loss, session.tries)
        return self._page(session)

    async def _put(self, user: str, password: str, wanted: UserRequest) -> str:
        """Send it on as a request to the API would be; what went wrong, in words."""
        if self._webapp.status is not SystemStatus.IN_SERVICE:
            return pages.UNAVAILABLE
        answered = asyncio.Event()
        try:
            await self._webapp.control.put_user(user, wanted, password=password, request_id="", answered=answered)
        except ApiFailure as failure:
            return str(failure)
        finally:
            answered.set()
        return ""

    # Screens

    def _page(self, session: PhoneSession) -> PhoneObject:
        """What this phone is to show now."""
        session.picks = False
        if session.phase is Phase.SIGNED_OUT:
            return pages.sign_in(session.base, session.known, session.words)
        hides = session.phase is Phase.UNAVAILABLE and self._defects.hides_later(session.loss)
        if session.phase is Phase.UNAVAILABLE and not session.is_sent_home and not hides:
            return self._defects.unavailable(session.loss, pages.unavailable(session.base), self._alternate(session))
        return self._home(session)

    def _home(self, session: PhoneSession) -> PhoneObject:
        user, dialogs = self._webapp.user(session.user), self._webapp.dialogs(session.user)
        session.shown = (user.state, dialogs)
        session.has_worked = session.has_worked or user.state != UserState.LOGOUT
        user = replace(user, state=self._defects.shown_state(session.user, str(user.state)))
        shown = dialogs if self._defects.shows_calls(session.user) else ()
        return self._defects.home(session.user, pages.home(session.base, user, shown, session.words))

    def _view_changed(self) -> None:
        """State or call of somebody may have changed: what his phone shows is then pushed anew."""
        for session in tuple(self.sessions.values()):
            if session.phase is not Phase.WORKING or session.shown is None or not self._webapp.is_serving:
                continue
            state = self._webapp.user(session.user).state
            if state == UserState.LOGOUT and session.has_worked:
                self._sign_out(session)  # by somebody else: a supervisor, or the CTI server
                self._push(session, pages.look_at(session.base))
            elif self._has_changed(session) and self._tells_change(session):
                session.shown = None  # not twice before the phone has fetched it
                self._push(session, pages.look_at(session.base))

    def _tells_change(self, session: PhoneSession) -> bool:
        _, dialogs = session.shown if isinstance(session.shown, tuple) else ("", ())
        return self._defects.pushes_states(session.user) or dialogs != self._webapp.dialogs(session.user)

    def _has_changed(self, session: PhoneSession) -> bool:
        """Whether state or calls of the agent are not those that his home screen shows."""
        return session.shown != (self._webapp.user(session.user).state, self._webapp.dialogs(session.user))

    def _alternate(self, session: PhoneSession) -> str | None:
        other = self._config.secondary_host if self._config.is_primary else self._config.primary_host
        return None if other is None else session.base.replace(f"//{self._config.host}", f"//{other}", 1)

    def _push(self, session: PhoneSession, order: Execute, *, authorization: str | None = None) -> None:
        at = self._directory.devices.get(session.device)
        if at is not None:
            self._do(pushed(at, order, authorization or self._directory.authorization))

    # Watching its own node

    @property
    def _xmpp_up(self) -> bool:
        return self._notification.state is ServiceState.STARTED

    @property
    def _in_service(self) -> bool:
        return self._webapp.status is SystemStatus.IN_SERVICE

    def _look(self) -> None:
        """Something has changed with the node: that may be a trigger."""
        if self._callers is not None:  # it runs
            for session in tuple(self.sessions.values()):
                self._look_at(session)
        if self._leavers and self._in_service and self._xmpp_up:
            leavers, self._leavers = self._leavers, []
            for user, password, goes in leavers:
                self._do(self._put_later(user, password, goes))

    async def _put_later(self, user: str, password: str, goes: bool) -> None:
        """What a sound agent never does (IPPA-05)."""
        for state in (UserState.NOT_READY, UserState.LOGOUT) if goes else (UserState.NOT_READY,):
            await asyncio.sleep(1.0)
            await self._put(user, password, UserRequest(state))

    def _look_at(self, session: PhoneSession) -> None:
        if session.phase is not Phase.WORKING or (self._in_service and self._xmpp_up):
            return
        seen, reason = Seen.TOLD_OUT, Reason.CTI
        if not self._xmpp_up:
            seen, reason = Seen.XMPP_LOST, Reason.NOTIFICATION
        elif self._webapp.state is not ServiceState.STARTED:
            # Its presence tells: a Webapp that is going down says nothing. That it is a trigger of this kind is ours.
            reason = Reason.WEBAPP
        session.loss = self._defects.loses(session.user, seen, reason)
        session.tries = self._defects.tries_at_first(session.loss, session.tries)
        session.is_sent_home = False
        late_s = self._defects.noticed_late_s(session.loss)
        if late_s is not None:
            self._see(session, seen, late_s=late_s)

    def _see(self, session: PhoneSession, seen: Seen, *, late_s: float = 0.0) -> None:
        loss = session.loss
        session.phase, orders = decide(session.phase, seen)
        for order in orders:
            if order is Order.SHOW_UNAVAILABLE and loss is not None:
                self._show_unavailable(session, loss)
            elif (order is Order.SHOW_SIGN_IN and loss is not None) or (
                order is Order.WORK_ON and loss is not None and not self._works_on(session, loss)
            ):
                self._show_sign_in(session, loss)
            elif order is Order.WORK_ON:
                if loss is not None:
                    self._is_over(session, loss)
                self._view_changed()  # in the meantime, too
            elif order is Order.TRY and loss is not None and session.watch is None:
                session.watch = self._do(self._watch(session, late_s))

    def _is_over(self, session: PhoneSession, loss: Loss) -> None:
        self._defects.is_over(loss)
        for look in self._defects.asks_when_over(loss):
            self._do(self._asker.looks(look, session.device))

    def _works_on(self, session: PhoneSession, loss: Loss) -> bool:
        is_idle = self._webapp.user(session.user).state == UserState.NOT_READY
        return self._defects.works_on(loss, changed=self._has_changed(session), is_idle=is_idle)

    async def _watch(self, session: PhoneSession, late_s: float) -> None:
        """A try after each interval, as long as the table wants one."""
        try:
            await asyncio.sleep(late_s)
            is_polled = session.loss is not None and session.loss.trigger is Seen.TOLD_OUT
            first_s = self._options.phone_first_try_s if is_polled else None
            while session.loss is not None and session.phase in (Phase.TRYING, Phase.UNAVAILABLE):
                if session.phase is Phase.UNAVAILABLE and not self._defects.tries_on(session.loss):
                    return
                is_shown = session.phase is Phase.UNAVAILABLE
                every_s = self._defects.try_s(session.loss, is_shown=is_shown, tries=session.tries)
                await asyncio.sleep(every_s if first_s is None else first_s)
                first_s = None
                if self.sessions.get(session.device) is not session:
                    return  # the agent has left
                if self._defects.tries_now(session.loss):
                    self._try(session, session.loss)
        finally:
            session.watch = None

    def _asks(self, session: PhoneSession, loss: Loss) -> None:
        """XMPP first, where that was lost: while it is down nothing else is asked. The other node never is."""
        if self._xmpp_up or loss.trigger is not Seen.XMPP_LOST:
            self._asker.polls()
        for look in self._defects.looks_elsewhere(loss):
            self._do(self._asker.looks(look, session.device))

    def _try(self, session: PhoneSession, loss: Loss) -> None:
        self._asks(session, loss)
        if session.phase is Phase.UNAVAILABLE:
            self._see(session, Seen.BACK if self._is_back(loss) else Seen.STILL_DOWN)
        elif session.phase is Phase.TRYING:
            in_service = self._defects.is_in_service(loss, self._in_service, tries=session.tries)
            xmpp_up = self._defects.is_connected(loss, self._xmpp_up)
            session.tries += not (in_service and xmpp_up)
            if loss.trigger is Seen.XMPP_LOST and xmpp_up and not in_service:
                # XMPP is connected again, and says OUT_OF_SERVICE: that is the other trigger, with tries of its own.
                session.loss, session.tries = self._defects.loses(session.user, Seen.TOLD_OUT, loss.reason), 0
            self._see(session, found(in_service, xmpp_up, session.tries, self._defects.attempts(loss)))

    def _is_back(self, loss: Loss) -> bool:
        return self._defects.is_back(loss, self._in_service, self._xmpp_up)

    def _show_unavailable(self, session: PhoneSession, loss: Loss) -> None:
        alternate = self._alternate(session)
        query = urlencode(session.known)
        elsewhere = self._defects.sent_elsewhere(loss, alternate, query)
        if elsewhere is not None:
            self._push(session, pages.go_to(elsewhere))
        elif self._defects.shows_unavailable(
            loss,
            session.device,
            talks=bool(self._webapp.dialogs(session.user)),
            picks=session.picks,
            is_first=session is next(iter(self.sessions.values())),
        ):
            self._push(session, pages.look_at(session.base))
        self._defects.is_shown(loss)
        goes_s = self._defects.goes_away_s(loss)
        if goes_s is not None:
            self._do(self._go_away(session, goes_s))

    def _beside(self, out: bool) -> None:
        """What a sound product does not do since another node is lost (IPPA-10, IPPA-11). out: or asks to sign in."""
        for session in tuple(self.sessions.values()):
            if session.phase is Phase.WORKING:
                if out:
                    session.phase, session.loss = Phase.UNAVAILABLE, None
                else:
                    self._sign_out(session)
                self._push(session, pages.look_at(session.base))

    async def _go_away(self, session: PhoneSession, after_s: float) -> None:
        await asyncio.sleep(after_s)
        if session.phase is Phase.UNAVAILABLE:
            session.is_sent_home = True
            self._push(session, pages.look_at(session.base))

    def _show_sign_in(self, session: PhoneSession, loss: Loss) -> None:
        self._defects.is_told_back(loss)
        for look in self._defects.asks_at_return(loss):
            self._do(self._asker.looks(look, session.device))
        if self._defects.asks_to_sign_in(loss):
            self._sign_out(session)
        else:
            session.phase = Phase.WORKING
        late_s = self._defects.return_late_s(loss, talks=bool(self._webapp.dialogs(loss.user)))
        if late_s is not None:
            told = next(iter(self.sessions.values())) if self._defects.tells_one(loss) else session
            others = (one.base for one in self.sessions.values() if one is not told)
            base = next(others, told.base) if self._defects.sends_to_another(loss) else told.base
            self._do(self._push_later(told, base, late_s, self._defects.pushes_by(loss)))

    async def _push_later(self, session: PhoneSession, base: str, late_s: float, authorization: str | None) -> None:
        await asyncio.sleep(late_s)
        self._push(session, pages.look_at(base), authorization=authorization)

    # Sessions

    def _sign_out(self, session: PhoneSession) -> None:
        session.phase, session.known, session.shown = Phase.SIGNED_OUT, {}, None
        session.is_sent_home = session.has_worked = False

    def _forget(self, session: PhoneSession) -> None:
        self._drop_timer(session)
        if self.sessions.get(session.device) is session:
            del self.sessions[session.device]

    def _drop_timer(self, session: PhoneSession) -> None:
        if session.idle is not None:
            session.idle.cancel()

    def _touch(self, session: PhoneSession) -> None:
        """A phone that asks for nothing for so long shows something else: its session is over, if it may time out."""
        self._drop_timer(session)
        after_s = self._options.phone_inactivity_s
        if after_s is not None:
            session.idle = asyncio.get_running_loop().call_later(after_s, self._time_out, session)

    def _time_out(self, session: PhoneSession) -> None:
        self._forget(session)
        if session.phase is not Phase.SIGNED_OUT:  # who is asked to sign in anyway may show whatever he likes
            self._push(session, pages.look_at(session.base))

    def _do(self, work: Coroutine[Any, Any, None]) -> "asyncio.Task[None]":
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        task.add_done_callback(report_failure)
        return task
