"""The Identity Service's doors: where a browser is sent to sign on, and where Finesse has its tokens from.

    GET  /ids/v1/oauth/authorize?response_type=code&redirect_uri=…&state=…   a form, or on with a code (302)
    POST the same            username, password                              on with a code (302), or the form again
    POST /ids/v1/oauth/token grant_type=…                                    RFC 6749: tokens as JSON, or an error

The service stands on a host of its own. Between it and the identity provider the product speaks SAML; here the provider
is part of it, and its form stands at the same address. Port and paths are not in the guides that this mock follows.
"""

import asyncio
import secrets
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from html import escape
from urllib.parse import urlencode, urlsplit

from aiohttp import web

from chaos.clock import wall_now
from chaos.mock.finesse.answers import posted
from chaos.mock.finesse.doors.banner import without_banner
from chaos.mock.finesse.doors.listener import LINGERING_S, Listener
from chaos.mock.finesse.doors.patience import Handler, Patience, noticing, patient
from chaos.mock.finesse.failures import ApiFailure
from chaos.mock.identity.grants import GrantRefused, Lifetimes, SignOn, SignOns
from chaos.mock.identity.hooks import IdentityHooks

IDS_PORT = 8553
AUTHORIZE, TOKEN = "/ids/v1/oauth/authorize", "/ids/v1/oauth/token"
COOKIE = "IDSSESSION"
BODY_BYTES = 64 * 1024
SHUTDOWN_S = 1.0
CONNECTIONS = 256


@dataclass(frozen=True, slots=True)
class TokenAnswer:
    """Both tokens of one user, and how long each is good."""

    user: str
    access_token: str = field(repr=False)
    refresh_token: str = field(repr=False)
    access_s: float
    refresh_s: float


class IdentityService:
    """host, port: its name, and what it is reached at. passwords: the provider's, by every name of each person; ids:
    the id by every name. redirect_uris: where browsers may be sent back to, of each Finesse node.
    """

    def __init__(
        self,
        host: str,
        port: int,
        *,
        passwords: Mapping[str, str],
        ids: Mapping[str, str],
        redirect_uris: frozenset[str],
        lifetimes: Lifetimes,
        ssl_context: ssl.SSLContext,
        defects: IdentityHooks | None = None,
    ) -> None:
        self.host, self.port = host, port
        self._passwords, self._ids, self._redirect_uris = passwords, ids, redirect_uris
        self._ssl = ssl_context
        self._sign_ons = SignOns(
            lifetimes, new_id=lambda: secrets.token_urlsafe(24), defects=defects or IdentityHooks()
        )
        # Here, since its library takes a fifth of a second to import, and most deployments have no single sign-on.
        from chaos.mock.identity.tokens import AccessTokens

        self._tokens = AccessTokens(host, now=lambda: wall_now().timestamp())
        self._patience = Patience()
        self._runner: web.AppRunner | None = None
        self._listener: Listener | None = None

    # For Finesse

    @property
    def users(self) -> frozenset[str]:
        """Every name of everybody who signs in by single sign-on."""
        return frozenset(self._ids)

    def authorize_url(self, redirect_uri: str, state: str) -> str:
        """Where a browser is sent to sign on."""
        asked = {"response_type": "code", "redirect_uri": redirect_uri, "state": state}
        return f"https://{self.host}:{self.port}{AUTHORIZE}?{urlencode(asked)}"

    def granted(self, asked: Mapping[str, str]) -> TokenAnswer:
        """Tokens for a grant, by the names of RFC 6749. Raises GrantRefused."""
        granted = self._sign_ons.grant(asked, _now_s())
        access_s = self._sign_ons.lifetimes.access_s
        made = self._tokens.make(granted.user, access_s)
        return TokenAnswer(granted.user, made, granted.refresh_token, access_s, granted.left_s)

    def user_of(self, access_token: str) -> str | None:
        """Whose it is, if it is good."""
        return self._tokens.user_of(access_token)

    def is_same(self, name: str, user: str) -> bool:
        """Are these names of one person?"""
        return self._ids.get(name) == self._ids.get(user) is not None

    # Its doors

    async def start(self, address: str, port: int) -> None:
        """Serve there. Raises OSError: the port is taken."""
        application = web.Application(client_max_size=BODY_BYTES, middlewares=[noticing, _refusing])
        application.on_response_prepare.append(without_banner)
        application.router.add_get(AUTHORIZE, self._show_form)
        application.router.add_post(AUTHORIZE, self._sign_on)
        application.router.add_post(TOKEN, self._token)
        self._runner = web.AppRunner(
            application, access_log=None, shutdown_timeout=SHUTDOWN_S, lingering_time=LINGERING_S
        )
        await self._runner.setup()
        factory = patient(self._runner, self._patience, lingering_s=LINGERING_S)
        self._listener = Listener(factory, self._ssl, connections=CONNECTIONS)
        self._listener.open(address, port)

    async def stop(self) -> None:
        """Safe twice, and if it was never started."""
        self._patience.close()
        runner, self._runner = self._runner, None
        listener, self._listener = self._listener, None
        if listener is not None:
            await listener.close_door()
            await listener.end(reset=False)
        if runner is not None:
            await runner.cleanup()

    async def _show_form(self, request: web.Request) -> web.StreamResponse:
        self._must_be_known(request)
        sign_on = self._sign_ons.of(request.cookies.get(COOKIE, ""), _now_s())
        return _form() if sign_on is None else self._on_with_code(request, sign_on)

    async def _sign_on(self, request: web.Request) -> web.StreamResponse:
        redirect_uri = self._must_be_known(request)
        said = await posted(request)
        name = said.get("username", "")
        if name not in self._passwords or self._passwords[name] != said.get("password"):
            return _form("Incorrect user ID or password.", user=name)
        node = urlsplit(redirect_uri).hostname or ""
        sign_on = self._sign_ons.begin(self._ids[name], _now_s(), node=node)
        answer = self._on_with_code(request, sign_on)
        answer.set_cookie(COOKIE, sign_on.cookie, path="/ids", secure=True, httponly=True)
        return answer

    async def _token(self, request: web.Request) -> web.StreamResponse:
        asked = await posted(request)
        try:
            made = self.granted(asked)
        except GrantRefused as refused:
            return web.json_response({"error": refused.error}, status=400)
        return web.json_response(
            {
                "access_token": made.access_token,
                "token_type": "Bearer",
                "expires_in": made.access_s,
                "refresh_token": made.refresh_token,
                "refresh_token_expires_in": made.refresh_s,
            },
            headers={"Cache-Control": "no-store"},
        )

    def _must_be_known(self, request: web.Request) -> str:
        """The address to go back to. A browser is sent nowhere else (RFC 6749, 4.1.2.1)."""
        redirect_uri = request.query.get("redirect_uri", "")
        if redirect_uri not in self._redirect_uris or request.query.get("response_type") != "code":
            raise web.HTTPBadRequest(text="invalid_request")
        return redirect_uri

    def _on_with_code(self, request: web.Request, sign_on: SignOn) -> web.Response:
        redirect_uri = request.query["redirect_uri"]
        code = self._sign_ons.code(sign_on, redirect_uri, _now_s())
        back = {"code": code, "state": request.query.get("state", "")}
        return web.Response(status=302, headers={"Location": f"{redirect_uri}?{urlencode(back)}"})


def _form(error: str = "", *, user: str = "") -> web.Response:
    text = (
        "<!DOCTYPE html>\n<html><head><title>Sign On (mock)</title></head><body>\n"
        f'<form method="post">\n<input name="username" value="{escape(user)}"><input name="password" type="password">\n'
        f'<button>Sign in</button>\n<p id="error" role="alert">{escape(error)}</p>\n</form></body></html>\n'
    )
    return web.Response(text=text, content_type="text/html", charset="utf-8")


@web.middleware
async def _refusing(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Half a form: its client is told, and let go."""
    try:
        return await handler(request)
    except ApiFailure as failure:
        answer = web.Response(status=failure.http, text=f"{failure}\n")
        answer.force_close()
        return answer


def _now_s() -> float:
    return asyncio.get_running_loop().time()
