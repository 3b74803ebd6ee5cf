"""A stand-in for the desktop: where a person would read what happens when credentials cannot be checked.

The product's desktop is a program in a browser. Until the mock has one, Tomcat shows two pages that do what a person
does there: sign in, and ask for another state. They keep the user's credentials for the session, as the desktop does,
and send requests with them. Only the words are the product's (failover chapter, AWDB Failover); paths, fields and
layout are ours:

    GET  /desktop/container                                  what a browser loads, without its program
    GET  /desktop/sign-in                                    the form
    POST /desktop/sign-in   user, password, extension        the words of a failure, or on to the desktop (303)
    GET  /desktop/home                                       who is signed in, a form for his state, the last notice
    POST /desktop/home      state, reason                    the same, after the request
    GET  /desktop/notice                                     the last notice alone, as plain text; empty if all is well

An empty extension signs in to the desktop alone, not to a telephone.
"""

import asyncio
import secrets
from dataclasses import dataclass, field
from html import escape

from aiohttp import web

from chaos.mock.finesse.answers import posted
from chaos.mock.finesse.callers import Callers
from chaos.mock.finesse.credentials import Checked
from chaos.mock.finesse.failures import ApiFailure
from chaos.mock.finesse.hooks import NodeDefects
from chaos.mock.finesse.webapp import Webapp
from chaos.wire.digits import whole_number
from chaos.wire.finesse import SystemStatus, UserRequest, UserState

INVALID = "Invalid user ID or password"
TIMED_OUT = "Operation timed out"
NOT_IN_SERVICE = "The server is not in service"
SIGN_IN, HOME, NOTICE = "/desktop/sign-in", "/desktop/home", "/desktop/notice"
CONTAINER = "/desktop/container"
COOKIE = "JSESSIONID"
SESSIONS_MAX = 1000


@dataclass
class DesktopSession:
    """Somebody who is signed in to the desktop. notice: what it told him last."""

    user: str
    password: str = field(repr=False)
    notice: str = ""


class DesktopPages:
    """The pages of one node. callers: who checks credentials for Tomcat's other resources, too."""

    def __init__(self, webapp: Webapp, callers: Callers, defects: NodeDefects) -> None:
        self._webapp, self._callers, self._defects = webapp, callers, defects
        self._sessions: dict[str, DesktopSession] = {}

    def add_to(self, router: web.UrlDispatcher) -> None:
        """Serve the pages there."""
        for typed in ("/desktop", "/desktop/"):  # the guides' address for people
            router.add_get(typed, self._lead_to_container)
        router.add_get(CONTAINER, self._show_container)
        router.add_get(SIGN_IN, self._show_sign_in)
        router.add_post(SIGN_IN, self._sign_in)
        router.add_get(HOME, self._show_home)
        router.add_post(HOME, self._request)
        router.add_get(NOTICE, self._show_notice)

    # Signing in

    async def _lead_to_container(self, request: web.Request) -> web.StreamResponse:
        return web.Response(status=302, headers={"Location": CONTAINER})

    async def _show_container(self, request: web.Request) -> web.StreamResponse:
        return _page(_sign_in_form())

    async def _show_sign_in(self, request: web.Request) -> web.StreamResponse:
        return _page(_sign_in_form())

    async def _sign_in(self, request: web.Request) -> web.StreamResponse:
        form = await posted(request)
        session = DesktopSession(form.get("user", ""), form.get("password", ""))
        self._defects.comes_by_page(session.user)
        checked = self._defects.checked_at_page(session.user, await self._checked(session))
        if checked is not Checked.GOOD and not self._signs_in_unchecked(session, checked):
            words = INVALID if checked is Checked.BAD else self._defects.sign_in_words(session.user, INVALID)
            page = _page(_sign_in_form(words, user=session.user))
            if checked is not Checked.BAD and self._defects.opens(session.user):
                self._begin(session, page)
            return page
        extension = form.get("extension", "")
        if extension:
            words = await self._put(session, UserRequest(UserState.LOGIN, extension=extension))
            if words:
                return _page(_sign_in_form(words, user=session.user))
        response = _elsewhere(HOME)
        self._begin(session, response)
        return response

    def _begin(self, session: DesktopSession, response: web.Response) -> None:
        """Give a session a cookie."""
        token = secrets.token_hex(16)
        while len(self._sessions) >= SESSIONS_MAX:
            self._sessions.pop(next(iter(self._sessions)))
        self._sessions[token] = session
        response.set_cookie(COOKIE, token, path="/desktop", secure=True, httponly=True)

    def _signs_in_unchecked(self, session: DesktopSession, checked: Checked) -> bool:
        return checked is not Checked.BAD and self._defects.signs_in(session.user)

    # Signed in

    async def _show_home(self, request: web.Request) -> web.StreamResponse:
        session = self._session(request)
        return _elsewhere(SIGN_IN) if session is None else _page(_home(session))

    async def _show_notice(self, request: web.Request) -> web.StreamResponse:
        session = self._session(request)
        return _elsewhere(SIGN_IN) if session is None else web.Response(text=session.notice)

    async def _request(self, request: web.Request) -> web.StreamResponse:
        session = self._session(request)
        if session is None:
            return _elsewhere(SIGN_IN)
        form = await posted(request)
        session.notice = await self._outcome(session, form)
        return _page(_home(session))

    async def _outcome(self, session: DesktopSession, form: dict[str, str]) -> str:
        """What the desktop tells after the request; empty if it was accepted."""
        checked = await self._checked(session)
        if checked is Checked.BAD:
            return INVALID
        reason = form.get("reason", "")
        wanted = UserRequest(form.get("state", ""), reason_code_id=whole_number(reason))
        if checked is not Checked.GOOD:
            state = self._state(session)
            if self._defects.does_it_all_the_same(session.user, state):
                await self._put(session, wanted)
            return self._defects.notice_words(session.user, state, TIMED_OUT)
        return await self._put(session, wanted)

    # Requests

    async def _checked(self, session: DesktopSession) -> Checked:
        asked_s = asyncio.get_running_loop().time()
        checked = await self._callers.check(session.user, session.password)
        if checked is Checked.GOOD:
            self._callers.succeeded(session.user, session.password, asked_s)
        return checked

    async def _put(self, session: DesktopSession, wanted: UserRequest) -> str:
        """Send it on as a request to the API would be; what went wrong, in words."""
        record = self._webapp.record(session.user)
        if record is None:
            return INVALID
        if self._webapp.status is not SystemStatus.IN_SERVICE:
            return NOT_IN_SERVICE
        answered = asyncio.Event()
        try:
            await self._webapp.control.put_user(
                record.login_id, wanted, password=session.password, request_id="", answered=answered
            )
        except ApiFailure as failure:
            return str(failure)
        finally:
            answered.set()
        return ""

    def _state(self, session: DesktopSession) -> str:
        record = self._webapp.record(session.user)
        return "" if record is None else str(self._webapp.user(record.login_id).state)

    def _session(self, request: web.Request) -> DesktopSession | None:
        return self._sessions.get(request.cookies.get(COOKIE, ""))


def _elsewhere(path: str) -> web.Response:
    return web.Response(status=303, headers={"Location": path})


def _page(body: str) -> web.Response:
    text = f"<!DOCTYPE html>\n<html><head><title>Cisco Finesse (mock)</title></head><body>\n{body}</body></html>\n"
    return web.Response(text=text, content_type="text/html", charset="utf-8")


def _sign_in_form(error: str = "", *, user: str = "") -> str:
    return (
        f'<form method="post" action="{SIGN_IN}">\n'
        f'<input name="user" value="{escape(user)}"><input name="password" type="password"><input name="extension">\n'
        f'<button>Sign In</button>\n<p id="error" role="alert">{escape(error)}</p>\n</form>\n'
    )


def _home(session: DesktopSession) -> str:
    return (
        f'<p id="user">{escape(session.user)}</p>\n'
        f'<form method="post" action="{HOME}">\n<input name="state"><input name="reason"><button>OK</button>\n</form>\n'
        f'<p id="notice" role="alert">{escape(session.notice)}</p>\n'
    )
