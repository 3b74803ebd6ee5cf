"""What the IP Phone Agent asks of nodes: SystemInfo of its own, which its node's log has; and what a broken one asks of
the other node, over connections from its own address as anything else that comes from this node."""

import asyncio
import ssl
from contextlib import suppress

from chaos.mock.finesse.config import Address, NodeConfig
from chaos.mock.finesse.doors.visitors import Visitors
from chaos.mock.finesse.fippa.hooks import Look
from chaos.mock.finesse.webapp import Webapp
from chaos.mock.service import ServiceState
from chaos.network import tcp_socket
from chaos.wire.http import request_bytes

SYSTEM_INFO = "/finesse/api/SystemInfo"
CLIENT = "Java/1.8.0"
_LOOK_S = 5.0
_READ_BYTES = 65536


class NodeAsker:
    """Of one node. visitors: where what comes and goes is noted."""

    def __init__(self, config: NodeConfig, webapp: Webapp, visitors: Visitors) -> None:
        self._config, self._webapp, self._visitors = config, webapp, visitors

    def polls(self) -> None:
        """Its own node's SystemInfo is asked for, in this process."""
        status = 200 if self._webapp.state is ServiceState.STARTED else 503
        self._visitors.came(f"GET {SYSTEM_INFO}", status, agent=CLIENT)

    async def looks(self, look: Look, device: str) -> None:
        """The other node is asked; what comes of it is nobody's business."""
        if self._config.other is None:
            return
        tomcat, xmpp = self._config.other
        path = f"/fippa/{device}/screen" if look is Look.PAGE else SYSTEM_INFO
        with suppress(OSError, TimeoutError, ssl.SSLError):
            async with asyncio.timeout(_LOOK_S):
                if look is Look.XMPP:
                    await self._exchanged(xmpp, b"")
                else:
                    fields = ((b"Host", tomcat.host.encode()), (b"Connection", b"close"))
                    await self._exchanged(tomcat, request_bytes("GET", path.encode(), fields, b""))

    async def _exchanged(self, there: Address, request: bytes) -> None:
        """Ask, read the beginning of the answer, and close first."""
        at = (there.host, there.port)
        sock = tcp_socket(there.host)
        try:
            sock.setblocking(False)
            sock.bind((self._config.listen, 0))
            await asyncio.get_running_loop().sock_connect(sock, at)
        except BaseException:
            sock.close()
            raise
        number = self._visitors.goes(sock.getsockname()[:2], at)
        try:
            reader, writer = await asyncio.open_connection(sock=sock, ssl=_trusting(), server_hostname=there.host)
            try:
                if request:
                    writer.write(request)
                    await reader.read(_READ_BYTES)
            finally:
                writer.close()
        finally:
            self._visitors.has_closed(number)


def _trusting() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context
