"""The control over HTTP: state, orders, and the page that uses them."""

import asyncio
import hashlib
import json
import secrets
from collections.abc import Awaitable, Callable
from importlib.resources import files

from aiohttp import web

from chaos.errors import ChaosError
from chaos.mock.control.control import Control
from chaos.mock.control.door import HEADERS, is_token, refusal
from chaos.mock.control.orders import BadOrder, parse_order
from chaos.mock.finesse.doors.listener import LINGERING_S, Listener
from chaos.mock.finesse.doors.patience import Patience, noticing, patient

BODY_BYTES = 4096
BODY_S = 5.0
ORDER_S = 10.0
SHUTDOWN_S = 1.0
IDLE_S = 30.0
CONNECTIONS = 64
_PAGE = {
    "": ("index.html", "text/html"),
    "page.js": ("page.js", "text/javascript"),
    "page.css": ("page.css", "text/css"),
}

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class ControlServer:
    """control: who carries orders out. has_page: without it only programs are served. token: of the address."""

    def __init__(self, control: Control, *, has_page: bool, token: str | None = None) -> None:
        self._control = control
        self._has_page = has_page
        self._token = token or secrets.token_urlsafe(18)
        self._patience = Patience()
        self._runner: web.AppRunner | None = None
        self._listener: Listener | None = None
        self._at = ""

    @property
    def url(self) -> str:
        """Where everything stands below, with the token; it ends in a slash."""
        return f"http://{self._at}/{self._token}/"

    async def start(self, host: str, port: int) -> None:
        """Listen; port 0 takes a free one. Raises OSError."""
        application = web.Application(client_max_size=BODY_BYTES, middlewares=[noticing, self._guard])
        router = application.router
        router.add_get("/{token}/state", self._state)
        router.add_post("/{token}/orders", self._order)
        if self._has_page:
            for name, (file, kind) in _PAGE.items():
                router.add_get(f"/{{token}}/{name}", _served(file, kind))
        else:
            router.add_get("/{token}/", _without_page)
        self._runner = web.AppRunner(
            application,
            access_log=None,
            shutdown_timeout=SHUTDOWN_S,
            lingering_time=LINGERING_S,
            keepalive_timeout=IDLE_S,
        )
        await self._runner.setup()
        factory = patient(self._runner, self._patience, lingering_s=LINGERING_S)
        self._listener = Listener(factory, None, connections=CONNECTIONS)
        self._at = f"{host}:{self._listener.open(host, port)}"

    async def stop(self) -> None:
        """End every connection, and every order that is under way. Safe twice."""
        listener, self._listener = self._listener, None
        runner, self._runner = self._runner, None
        if listener is not None:
            await listener.close_door()
        await self._control.stop()
        self._patience.close()
        if runner is not None:
            await runner.cleanup()
        if listener is not None:
            await listener.end(reset=False)

    @web.middleware
    async def _guard(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Nobody gets past this who may not."""
        why = refusal(request.headers)
        try:
            if why is not None:
                response: web.StreamResponse = _plain(403, why)
            elif not is_token(request.path.split("/")[1], self._token):
                response = _plain(404, "not found: use the whole address that 'mock up' printed")
            else:
                response = await handler(request)
        except web.HTTPRequestEntityTooLarge:
            response = _plain(413, f"an order has at most {BODY_BYTES} bytes")
        except web.HTTPException as error:
            response = _plain(error.status, error.reason)
        response.headers.update(HEADERS)
        return response

    async def _state(self, request: web.Request) -> web.Response:
        """The clock is told apart: everything else may be the same as a moment ago."""
        shown = json.dumps(self._control.state(), ensure_ascii=False)
        tag = f'"{hashlib.sha256(shown.encode()).hexdigest()[:32]}"'
        headers = {"ETag": tag, "Mock-Clock-S": f"{asyncio.get_running_loop().time():.1f}"}
        if request.headers.get("If-None-Match") == tag:
            return web.Response(status=304, headers=headers)
        return web.Response(text=shown, content_type="application/json", headers=headers)

    async def _order(self, request: web.Request) -> web.Response:
        if request.content_type != "application/json":
            return _plain(415, "an order is sent as application/json")
        try:
            async with asyncio.timeout(BODY_S):
                body = await request.read()
        except TimeoutError:
            answer = _plain(408, "the order did not come to its end")
            answer.force_close()
            return answer
        try:
            order = parse_order(body)
        except BadOrder as error:
            return _said(400, str(error))
        try:
            async with asyncio.timeout(ORDER_S):
                done = await self._control.carry_out(order)
        except TimeoutError:
            return _said(504, f"not done within {ORDER_S:g} s")
        except (ChaosError, OSError) as error:
            return _said(409, str(error))
        return _said(200 if done.finished else 202, done.said)


def _served(file: str, kind: str) -> Callable[[web.Request], Awaitable[web.Response]]:
    content = files(__package__).joinpath("page", file).read_bytes()

    async def serve(request: web.Request) -> web.Response:
        return web.Response(body=content, content_type=kind, charset="utf-8")

    return serve


async def _without_page(request: web.Request) -> web.Response:
    return _plain(
        404, "the page is off, since 'mock up' runs at no terminal or with --no-web: 'mock up --web' serves it"
    )


def _said(status: int, text: str) -> web.Response:
    return web.json_response({"said": text}, status=status)


def _plain(status: int, text: str) -> web.Response:
    return web.Response(status=status, text=f"{text}\n")
