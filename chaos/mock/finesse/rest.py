"""The Cisco Finesse Tomcat: REST over TLS, and the life of the Webapp within it."""

import asyncio
import re
import ssl
from collections.abc import Awaitable, Callable
from functools import partial
from itertools import count
from typing import TYPE_CHECKING

from aiohttp import web
from aiohttp.typedefs import Middleware

from chaos.mock.finesse.administration import Administration
from chaos.mock.finesse.agent_api import AgentApi
from chaos.mock.finesse.answers import ACCEPTED, basic, failed, request_id
from chaos.mock.finesse.callers import CALLER, Callers
from chaos.mock.finesse.config import NodeConfig, NodeOptions
from chaos.mock.finesse.cors import cors
from chaos.mock.finesse.credentials import Credentials
from chaos.mock.finesse.desktop import DesktopPages
from chaos.mock.finesse.doors.banner import without_banner
from chaos.mock.finesse.doors.listener import LINGERING_S, Listener
from chaos.mock.finesse.doors.paths import read_plain_paths
from chaos.mock.finesse.doors.patience import Patience, noticing, patient
from chaos.mock.finesse.doors.visitors import Visitors, noting
from chaos.mock.finesse.failures import ApiFailure, of_status
from chaos.mock.finesse.fippa.application import Fippa
from chaos.mock.finesse.hooks import NodeDefects
from chaos.mock.finesse.resources.configuring import Configuring
from chaos.mock.finesse.resources.desk import Desk
from chaos.mock.finesse.resources.gate import Gate, normal_path
from chaos.mock.finesse.resources.route import Route
from chaos.mock.finesse.resources.service import Serviceability
from chaos.mock.finesse.resources.teams import Teams
from chaos.mock.finesse.settings_api import SettingsApi
from chaos.mock.finesse.single_sign_on import SingleSignOn
from chaos.mock.finesse.spelling import BESIDE, CLOSED_EVERY, small_letters, spelled_answer
from chaos.mock.finesse.webapp import Webapp
from chaos.mock.service import Service

if TYPE_CHECKING:
    from chaos.mock.identity.service import IdentityService

NAME = "Cisco Finesse Tomcat"
API = "/finesse/api"
PORTAL = "/finesse-dp/rest/DiagnosticPortal"
BODY_BYTES = 256 * 1024
SHUTDOWN_S = 1.0

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Tomcat(Service):
    """REST of one node, on port 8445 and others. It starts the Webapp and takes it down with itself.

    port: where it listens, from the first start on. further_ports: where it does so as well. routes: its
    resources, for tests. fippa: the IP Phone Agent, if it has one. front: adds what else is reached by these ports,
    which in the product is a proxy's before it.
    identity: whose tokens are good here, if anybody signs in by single sign-on. visitors: where requests are noted.
    """

    def __init__(
        self,
        config: NodeConfig,
        webapp: Webapp,
        *,
        ssl_context: ssl.SSLContext,
        credentials: Credentials,
        administration: Administration,
        options: NodeOptions,
        defects: NodeDefects,
        front: Callable[[web.UrlDispatcher], None],
        fippa: Fippa | None = None,
        identity: "IdentityService | None" = None,
        visitors: Visitors | None = None,
    ) -> None:
        super().__init__(NAME, start_s=options.tomcat_start_s)
        self.port = config.rest_port
        self.further_ports: tuple[int, ...] = ()
        self._front, self._fippa, self._identity = front, fippa, identity
        self.webapp = webapp
        self._config, self._ssl, self._options, self._defects = config, ssl_context, options, defects
        self._credentials, self._administration = credentials, administration
        self.routes: tuple[Route, ...] = ()
        self._runner: web.AppRunner | None = None
        self._listeners: list[Listener] = []
        self._visitors = visitors or Visitors()
        self._visitors.listeners.append(lambda: self._listeners)
        self._patience = Patience()

    # Service

    async def _open(self) -> None:
        self._credentials.start()
        runner = web.AppRunner(
            self._application(), access_log=None, shutdown_timeout=SHUTDOWN_S, lingering_time=LINGERING_S
        )
        await runner.setup()
        self._runner = runner
        assert runner.server is not None
        read_plain_paths(runner.server)
        await self._listen(patient(runner, self._patience, lingering_s=LINGERING_S))
        await self.webapp.start()

    async def _listen(self, factory: Callable[[], asyncio.BaseProtocol]) -> None:
        """8445 first, whose port is chosen if need be; then the others, as far as they may be bound."""

        def listener(context: ssl.SSLContext | None) -> Listener:
            made = Listener(factory, context, connections=self._options.connections)
            self._listeners.append(made)
            return made

        self.port = self.webapp.rest_port = listener(self._ssl).open(self._config.listen, self.port)
        self.further_ports = ()
        further: list[tuple[int, ssl.SSLContext | None]] = [(port, self._ssl) for port in self._config.short_ports]
        for port, context in (*further, *((port, None) for port in self._config.clear_ports)):
            try:
                listener(context).open(self._config.listen, port)
            except PermissionError:  # ports below 1024 are not everybody's
                self._listeners.pop()
                continue
            self.further_ports += (port,)

    async def _close(self) -> None:
        for listener in self._listeners:
            await listener.close_door()
        await self.webapp.stop()
        await self._end(reset=False)

    async def _kill(self) -> None:
        for listener in self._listeners:
            await listener.close_door()
        for listener in self._listeners:
            await listener.end(reset=True)
        await self.webapp.die()
        await self._end(reset=True)

    async def _end(self, *, reset: bool) -> None:
        runner, self._runner = self._runner, None
        listeners, self._listeners = self._listeners, []
        if self._fippa is not None:
            await self._fippa.stop()
        self._patience.close()
        if runner is not None:
            await runner.cleanup()
        for listener in listeners:
            await listener.end(reset=reset)
        await self._credentials.stop()

    def _application(self) -> web.Application:
        callers = Callers(self._config, self.webapp, self._credentials, self._options, self._defects, self._identity)
        around = [noticing, noting(self._visitors), self._guard(callers)]
        application = web.Application(client_max_size=BODY_BYTES, middlewares=around)
        application.on_response_prepare.append(without_banner)
        if self._options.respells:
            application.on_response_prepare.append(small_letters)
        self._gate(callers).add_to(application.router, API)
        self._portal(callers).add_to(application.router, PORTAL)
        DesktopPages(self.webapp, callers, self._defects).add_to(application.router)
        if self._identity is not None:
            SingleSignOn(self._config, self.webapp, self._identity).add_to(application.router)
        if self._fippa is not None:
            self._fippa.add_to(application.router, callers)
        self._front(application.router)
        if self._options.cors_origins:
            application.on_response_prepare.append(cors(self._options.cors_origins))
        return application

    def _gate(self, callers: Callers) -> Gate:
        catalogue = self._administration.catalogue
        gate = Gate(
            callers,
            (
                *AgentApi(self.webapp, callers).routes(),
                *SettingsApi(self._administration, callers).routes(),
                *Desk(catalogue).routes(),
                *Configuring(self.webapp, catalogue).routes(),
                *Teams(self.webapp, callers).routes(),
                *Serviceability(self.webapp, version=self._config.release).routes(),
            ),
        )
        self.routes = gate.routes
        return gate

    def _portal(self, callers: Callers) -> Gate:
        return Gate(callers, Serviceability(self.webapp, version=self._config.release).portal_routes())

    def _guard(self, callers: Callers) -> Middleware:
        """Errors as documents, 503 first, and the requestId on every answer."""

        respells, answers = self._options.respells, count(1)

        @web.middleware
        async def guard(request: web.Request, handler: Handler) -> web.StreamResponse:
            if respells:
                request[ACCEPTED] = 200
            self._defects.request_came(request.method, normal_path(request.path), basic(request)[0])
            if self._options.answer_s:
                await asyncio.sleep(self._options.answer_s)
            try:
                response = await self._refused(request, handler) or await handler(request)
            except ApiFailure as failure:
                response = failed(failure, (BESIDE,) if respells else ())
            except web.HTTPMethodNotAllowed as error:
                allowed = ",".join(sorted({*error.allowed_methods, "OPTIONS"}))
                response = failed(ApiFailure(405, "Method Not Allowed", headers={"Allow": allowed}))
            except web.HTTPNotFound:
                response = failed(ApiFailure(404, "Not Found", "", request.path))
            except web.HTTPRequestEntityTooLarge:
                response = failed(ApiFailure(400, "Bad Request", "The body is too long"))
            except web.RequestPayloadError:
                response = failed(ApiFailure(400, "Bad Request", "The body cannot be read"))
            if response.status == 408:
                response.force_close()
            caller = request.get(CALLER)
            if caller is not None and self._defects.succeeded(response.status < 400):
                callers.succeeded(caller.user, caller.password, caller.asked_s)
            if not response.prepared and request_id(request):
                response.headers["requestId"] = request_id(request)
            if respells and normal_path(request.path).startswith(f"{API}/"):
                response = spelled_answer(response, self._secured_host(request), is_head=request.method == "HEAD")
                if next(answers) % CLOSED_EVERY == 0:
                    response.force_close()
            return response

        return guard

    async def _refused(self, request: web.Request, handler: Handler) -> web.StreamResponse | None:
        """What every request gets while out of service. SystemInfo is how clients learn of it, and excepted."""
        if not request.secure and self._config.redirects:
            return web.Response(status=302, headers={"Location": self._secured(request)})
        path = normal_path(request.path)
        if path == f"{API}/SystemInfo" or not path.startswith(f"{API}/"):
            return None
        refusal = await self._defects.refusal(self.webapp.status)
        if refusal is None or refusal < 400:
            return None if refusal is None else web.Response(status=refusal)
        if self._defects.serves_respelled(is_so=request.path.endswith("/") or "//" in request.path):
            return None
        if await self._defects.takes_sign_in(request.read):
            return web.Response(status=202)
        if await self._defects.reads_first(request.read):
            raise ApiFailure(400, "Bad Request", "The body is no document")
        if self._defects.keeps_for_later():
            await request.read()  # there is no reading it once it is answered
            self._defects.carry_out_later(partial(handler, request))
        raise self._defects.worded(of_status(refusal))

    def _secured(self, request: web.Request) -> str:
        """The same address over TLS. From 12.5 on that is all that is left of HTTP."""
        return f"{self._secured_host(request)}{request.rel_url}"

    def _secured_host(self, request: web.Request) -> str:
        host = request.host.rpartition(":")[0] if re.search(r":\d*$", request.host) else request.host
        port = "" if 443 in self.further_ports else f":{self.port}"
        return f"https://{host}{port}"
