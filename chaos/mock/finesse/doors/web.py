"""The notification service over HTTP: BOSH and WebSocket, on ports of its own and on the one that Tomcat answers."""

import ssl
from collections.abc import Callable

from aiohttp import web

from chaos.mock.finesse.config import NodeConfig, NodeOptions
from chaos.mock.finesse.doors.banner import without_banner
from chaos.mock.finesse.doors.bosh import BoshDoor
from chaos.mock.finesse.doors.listener import LINGERING_S, Listener
from chaos.mock.finesse.doors.patience import Patience, noticing, patient
from chaos.mock.finesse.doors.session import STANZA_BYTES, SessionOwner
from chaos.mock.finesse.doors.websocket import WebSocketDoor

SHUTDOWN_S = 1.0


class WebDoors:
    """7443 with TLS, and 7071 in the clear where the node is insecure.

    port, clear_port: where they listen, from the first start on. is_open: whether the service serves.
    """

    def __init__(
        self,
        owner: SessionOwner,
        config: NodeConfig,
        ssl_context: ssl.SSLContext,
        options: NodeOptions,
        is_open: Callable[[], bool],
    ) -> None:
        self.port, self.clear_port = config.web_port, config.web_clear_port
        self._config, self._ssl, self._options = config, ssl_context, options
        self._bosh = BoshDoor(owner, options, is_open)
        self._websocket = WebSocketDoor(owner, options, is_open)
        self._patience = Patience()
        self._runner: web.AppRunner | None = None
        self._listeners: tuple[Listener, ...] = ()

    def add_to(self, router: web.UrlDispatcher) -> None:
        """Serve both there."""
        self._bosh.add_to(router)
        self._websocket.add_to(router)

    async def open(self) -> None:
        """Listen. Raises OSError."""
        application = web.Application(client_max_size=STANZA_BYTES, middlewares=[noticing])
        application.on_response_prepare.append(without_banner)
        self.add_to(application.router)
        self._runner = web.AppRunner(
            application, access_log=None, shutdown_timeout=SHUTDOWN_S, lingering_time=LINGERING_S
        )
        await self._runner.setup()
        factory = patient(self._runner, self._patience, lingering_s=LINGERING_S)
        secured = Listener(factory, self._ssl, connections=self._options.connections)
        clear = Listener(factory, None, connections=self._options.connections)
        self._listeners = (secured, clear)
        self.port = secured.open(self._config.listen, self.port)
        if self._options.insecure_xmpp:
            self.clear_port = clear.open(self._config.listen, self.clear_port)

    async def close_doors(self) -> None:
        """Accept no more."""
        for listener in self._listeners:
            await listener.close_door()

    async def end(self, *, reset: bool) -> None:
        """Nothing is left. Sessions have been told before, as far as they were to be."""
        self._bosh.close()
        self._patience.close()
        runner, self._runner = self._runner, None
        listeners, self._listeners = self._listeners, ()
        if reset:
            for listener in listeners:
                await listener.end(reset=True)
        if runner is not None:
            await runner.cleanup()
        for listener in listeners:
            await listener.end(reset=reset)
