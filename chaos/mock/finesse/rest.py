"""The Cisco Finesse Tomcat: REST over TLS, and the life of the Webapp within it."""

import asyncio
import ssl
from collections.abc import Awaitable, Callable
from typing import cast

from aiohttp import web
from aiohttp.typedefs import Middleware

from chaos.mock.finesse.administration import Administration
from chaos.mock.finesse.agent_api import AgentApi
from chaos.mock.finesse.answers import basic, failed, request_id
from chaos.mock.finesse.callers import CALLER, Callers
from chaos.mock.finesse.config import NodeConfig, NodeOptions
from chaos.mock.finesse.credentials import Credentials
from chaos.mock.finesse.desktop import DesktopPages
from chaos.mock.finesse.doors.listener import LINGERING_S, Listener
from chaos.mock.finesse.failures import ApiFailure, of_status
from chaos.mock.finesse.hooks import NodeDefects
from chaos.mock.finesse.resources.configuring import Configuring
from chaos.mock.finesse.resources.desk import Desk
from chaos.mock.finesse.resources.gate import Gate, normal_path
from chaos.mock.finesse.resources.route import Route
from chaos.mock.finesse.resources.service import Serviceability
from chaos.mock.finesse.resources.teams import Teams
from chaos.mock.finesse.settings_api import SettingsApi
from chaos.mock.finesse.webapp import Webapp
from chaos.mock.service import Service

NAME = "Cisco Finesse Tomcat"
API = "/finesse/api"
PORTAL = "/finesse-dp/rest/DiagnosticPortal"
BODY_BYTES = 256 * 1024
SHUTDOWN_S = 1.0

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Tomcat(Service):
    """REST of one node, on port 8445. It starts the Webapp and takes it down with itself.

    port: where it listens, from the first start on. routes: its resources, for tests. front: adds what
    else is reached by this port, which in the product is a proxy's before Tomcat.
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
    ) -> None:
        super().__init__(NAME, start_s=options.tomcat_start_s)
        self.port = config.rest_port
        self._front = front
        self.webapp = webapp
        self._config, self._ssl, self._options, self._defects = config, ssl_context, options, defects
        self._credentials, self._administration = credentials, administration
        self.routes: tuple[Route, ...] = ()
        self._runner: web.AppRunner | None = None
        self._listener: Listener | None = None

    # Service

    async def _open(self) -> None:
        self._credentials.start()
        runner = web.AppRunner(
            self._application(), access_log=None, shutdown_timeout=SHUTDOWN_S, lingering_time=LINGERING_S
        )
        await runner.setup()
        self._runner = runner
        server = runner.server
        assert server is not None
        self._listener = Listener(
            cast(Callable[[], asyncio.BaseProtocol], server), self._ssl, connections=self._options.connections
        )
        self.port = self.webapp.rest_port = self._listener.open(self._config.listen, self.port)
        await self.webapp.start()

    async def _close(self) -> None:
        if self._listener is not None:
            await self._listener.close_door()
        await self.webapp.stop()
        await self._end(reset=False)

    async def _kill(self) -> None:
        if self._listener is not None:
            await self._listener.close_door()
            await self._listener.end(reset=True)
        await self.webapp.die()
        await self._end(reset=True)

    async def _end(self, *, reset: bool) -> None:
        runner, self._runner = self._runner, None
        listener, self._listener = self._listener, None
        if runner is not None:
            await runner.cleanup()
        if listener is not None:
            await listener.end(reset=reset)
        await self._credentials.stop()

    def _application(self) -> web.Application:
        callers = Callers(self._config, self.webapp, self._credentials, self._options, self._defects)
        application = web.Application(client_max_size=BODY_BYTES, middlewares=[self._guard(callers)])
        self._gate(callers).add_to(application.router, API)
        self._portal(callers).add_to(application.router, PORTAL)
        DesktopPages(self.webapp, callers, self._defects).add_to(application.router)
        self._front(application.router)
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

        @web.middleware
        async def guard(request: web.Request, handler: Handler) -> web.StreamResponse:
            self._defects.request_came(request.method, normal_path(request.path), basic(request)[0])
            try:
                response = await self._refused(request) or await handler(request)
            except ApiFailure as failure:
                response = failed(failure)
            except web.HTTPMethodNotAllowed as error:
                allowed = ",".join(sorted({*error.allowed_methods, "OPTIONS"}))
                response = failed(ApiFailure(405, "Method Not Allowed", headers={"Allow": allowed}))
            except web.HTTPNotFound:
                response = failed(ApiFailure(404, "Not Found", "", request.path))
            except web.HTTPRequestEntityTooLarge:
                response = failed(ApiFailure(400, "Bad Request", "The body is too long"))
            caller = request.get(CALLER)
            if caller is not None and self._defects.succeeded(response.status < 400):
                callers.succeeded(caller.user, caller.password, caller.asked_s)
            if not response.prepared and request_id(request):
                response.headers["requestId"] = request_id(request)
            return response

        return guard

    async def _refused(self, request: web.Request) -> web.StreamResponse | None:
        """What every request gets while out of service. SystemInfo is how clients learn of it, and excepted."""
        path = normal_path(request.path)
        if path == f"{API}/SystemInfo" or not path.startswith(f"{API}/"):
            return None
        refusal = await self._defects.refusal(self.webapp.status)
        if refusal is None or refusal < 400:
            return None if refusal is None else web.Response(status=refusal)
        raise of_status(refusal)
