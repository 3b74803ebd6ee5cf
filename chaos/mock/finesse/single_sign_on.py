"""Single sign-on at one node: tokens that come from the Identity Service, and the forced logout when one has expired.

    GET  /desktop/sso/token   on to the Identity Service (302); back from there with a code, tokens as JSON
    POST /desktop/sso/token   token, refresh-token: a new access token as JSON
    GET  /desktop/sso/test    the same way there and back, and a page that says whether it worked
    POST /desktop/sso/forced-logout   Authorization: Bearer …, the desktop's own: its refresh token has expired (202)

The first three are the developer guide's. It does not say in which request the desktop asks for the forced logout, what
JSON holds besides `token`, nor what the test shows: these are ours.
"""

import secrets
from html import escape
from typing import TYPE_CHECKING

from aiohttp import web

from chaos.mock.finesse.answers import posted
from chaos.mock.finesse.config import NodeConfig
from chaos.mock.finesse.credentials import Checked, Credentials
from chaos.mock.finesse.webapp import Webapp
from chaos.mock.identity.grants import GrantRefused

if TYPE_CHECKING:
    from chaos.mock.identity.service import IdentityService, TokenAnswer

TOKEN, FORCED_LOGOUT = "/desktop/sso/token", "/desktop/sso/forced-logout"
TEST = "/desktop/sso/test"
LED_BACK = (TOKEN, TEST)
"""Where a browser may come back to from the Identity Service."""
STATE_COOKIE = "sso_state"
BAD_STATE = "invalid_state"


class TokenCredentials:
    """Credentials of a node where some people sign in by single sign-on alone: their password is an access token.

    So it is for the notification service, too; the guides do not say what its password is for them.
    """

    def __init__(self, others: Credentials, identity: "IdentityService") -> None:
        self._others, self._identity = others, identity
        self._users = identity.users

    def start(self) -> None:
        self._others.start()

    async def stop(self) -> None:
        await self._others.stop()

    async def check(self, user: str, password: str) -> Checked:
        if user not in self._users:
            return await self._others.check(user, password)
        whose = self._identity.user_of(password)
        return Checked.GOOD if whose is not None and self._identity.is_same(user, whose) else Checked.BAD

    def succeeded(self, user: str, password: str, *, asked_s: float) -> None:
        if user not in self._users:  # a token says itself how long it is good
            self._others.succeeded(user, password, asked_s=asked_s)

    async def consult(self, user: str) -> Checked:
        return await self._others.consult(user)

    def is_administrator(self, user: str) -> bool:
        return self._others.is_administrator(user)


class SingleSignOn:
    """The resources of one node."""

    def __init__(self, config: NodeConfig, webapp: Webapp, identity: "IdentityService") -> None:
        self._config, self._webapp, self._identity = config, webapp, identity

    def add_to(self, router: web.UrlDispatcher) -> None:
        """Serve them there."""
        router.add_get(TOKEN, self._fetch)
        router.add_post(TOKEN, self._renew)
        router.add_post(FORCED_LOGOUT, self._force_out)
        router.add_get(TEST, self._test)

    async def _fetch(self, request: web.Request) -> web.StreamResponse:
        if "code" not in request.query:
            return self._led_on(TOKEN)
        try:
            made = self._redeemed(request, TOKEN)
        except GrantRefused as error:
            return web.json_response({"error": error.error}, status=400 if error.error == BAD_STATE else 401)
        return web.json_response(shown(made), headers={"Cache-Control": "no-store"})

    async def _test(self, request: web.Request) -> web.StreamResponse:
        if "code" not in request.query:
            return self._led_on(TEST)
        try:
            made = self._redeemed(request, TEST)
        except GrantRefused as error:
            return _tested(f"Single sign-on failed: {error.error}", status=401)
        return _tested(f"Single sign-on succeeded for {made.user}")

    def _led_on(self, path: str) -> web.Response:
        state = secrets.token_urlsafe(12)
        back = redirect_uri(self._config.host, self._config.rest_port, path)
        answer = web.Response(status=302, headers={"Location": self._identity.authorize_url(back, state)})
        answer.set_cookie(STATE_COOKIE, state, path="/desktop/sso", secure=True, httponly=True)
        return answer

    def _redeemed(self, request: web.Request, path: str) -> "TokenAnswer":
        """Tokens for the code that a browser came back with. Raises GrantRefused."""
        if request.query.get("state") != request.cookies.get(STATE_COOKIE):
            raise GrantRefused(BAD_STATE)
        back = redirect_uri(self._config.host, self._config.rest_port, path)
        code = request.query["code"]
        return self._identity.granted({"grant_type": "authorization_code", "code": code, "redirect_uri": back})

    async def _renew(self, request: web.Request) -> web.StreamResponse:
        form = await posted(request)
        if "refresh-token" not in form:
            return web.json_response({"error": "invalid_request"}, status=400)
        asked = {"grant_type": "refresh_token", "refresh_token": form["refresh-token"]}
        try:
            made = self._identity.granted(asked)
        except GrantRefused as error:
            return web.json_response({"error": error.error}, status=401)
        return web.json_response(shown(made), headers={"Cache-Control": "no-store"})

    async def _force_out(self, request: web.Request) -> web.StreamResponse:
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        user = self._identity.user_of(token) if scheme.lower() == "bearer" else None
        record = None if user is None else self._webapp.record(user)
        if record is None:
            return web.json_response({"error": "invalid_token"}, status=401)
        if not self._webapp.is_serving:
            return web.json_response({"error": "temporarily_unavailable"}, status=503)
        self._webapp.force_out(record.login_id)
        return web.Response(status=202)


def redirect_uri(host: str, port: int, path: str) -> str:
    """Where a browser is sent back to by the Identity Service. path: one of LED_BACK."""
    return f"https://{host}:{port}{path}"


def _tested(words: str, *, status: int = 200) -> web.Response:
    head = "<head><title>SSO Test (mock)</title></head>"
    page = f"<!DOCTYPE html>\n<html>{head}<body><p>{escape(words)}</p></body></html>\n"
    return web.Response(status=status, text=page, content_type="text/html", charset="utf-8")


def shown(made: "TokenAnswer") -> dict[str, object]:
    """Tokens as Finesse hands them to a desktop."""
    return {
        "token": made.access_token,
        "expires_in": made.access_s,
        "refresh_token": made.refresh_token,
        "refresh_token_expires_in": made.refresh_s,
        "user_id": made.user,
    }
