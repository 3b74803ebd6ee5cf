"""One Finesse node: the notification service, Tomcat, and the Webapp inside Tomcat."""

import asyncio
import ssl
from collections.abc import Mapping
from typing import TYPE_CHECKING

from chaos.mock.finesse.administration import Administration
from chaos.mock.finesse.config import NodeConfig, NodeOptions
from chaos.mock.finesse.credentials import Credentials
from chaos.mock.finesse.doors.visitors import Visitors
from chaos.mock.finesse.fippa.application import Fippa
from chaos.mock.finesse.fippa.hooks import PhoneHooks
from chaos.mock.finesse.fippa.pushing import PhoneDirectory
from chaos.mock.finesse.hooks import NodeDefects
from chaos.mock.finesse.notification import NotificationService
from chaos.mock.finesse.rest import Tomcat
from chaos.mock.finesse.webapp import Webapp
from chaos.mock.service import Service
from chaos.wire.finesse import SystemStatus

if TYPE_CHECKING:
    from chaos.mock.identity.service import IdentityService


class FinesseNode:
    """A node of the pair, made of services that start, stop and die singly.

    administration: shared by both nodes of a pair. ssl_context: a server context with a certificate for the node's
    name; both services present it, as in the product. defects: what its code asks, and its credentials, too.
    phones: that its IP Phone Agent may push to, and phone_defects what that asks.
    identity: by whose tokens some people sign in.
    """

    def __init__(
        self,
        config: NodeConfig,
        *,
        ssl_context: ssl.SSLContext,
        credentials: Credentials,
        administration: Administration,
        options: NodeOptions | None = None,
        defects: NodeDefects | None = None,
        phones: PhoneDirectory | None = None,
        phone_defects: PhoneHooks | None = None,
        identity: "IdentityService | None" = None,
    ) -> None:
        options, defects = options or NodeOptions(), defects or NodeDefects()
        self.config = config
        self.notification = NotificationService(
            config, ssl_context=ssl_context, credentials=credentials, options=options, defects=defects
        )
        self.webapp = Webapp(
            config,
            administration=administration,
            notification=self.notification,
            options=options,
            defects=defects,
        )
        self.visitors = Visitors()
        self.visitors.listeners.append(self.notification.listeners)
        self.fippa = Fippa(
            config,
            self.webapp,
            self.notification,
            phones or PhoneDirectory(),
            options,
            phone_defects or PhoneHooks(),
            self.visitors,
        )
        self.tomcat = Tomcat(
            config,
            self.webapp,
            ssl_context=ssl_context,
            credentials=credentials,
            administration=administration,
            options=options,
            defects=defects,
            front=self.notification.web.add_to,
            fippa=self.fippa,
            identity=identity,
            visitors=self.visitors,
        )

    @property
    def services(self) -> Mapping[str, Service]:
        """The node's services by the names that its console shows; a web application is none of them."""
        return {service.name: service for service in (self.notification, self.tomcat)}

    async def start(self) -> None:
        """Start the notification service, then Tomcat. The node is in service once its CTI link is up."""
        await self.notification.start()
        await self.tomcat.start()

    async def until_in_service(self, limit_s: float = 60.0) -> None:
        """Wait until the node serves clients. Raises TimeoutError."""
        came = asyncio.Event()

        def look(status: SystemStatus) -> None:
            if status is SystemStatus.IN_SERVICE:
                came.set()

        self.webapp.status_watchers.append(look)
        try:
            look(self.webapp.status)
            async with asyncio.timeout(limit_s):
                await came.wait()
        finally:
            self.webapp.status_watchers.remove(look)

    async def stop(self) -> None:
        """Stop in good order, Tomcat first."""
        await self.tomcat.stop()
        await self.notification.stop()

    async def die(self) -> None:
        """As if the host lost its power, except that sockets are reset."""
        await self.tomcat.die()
        await self.notification.die()
