"""A browser's connections: which are kept, and which end with the server that is left."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from chaos import clock
from chaos.mock.browsers.cookies import CookieJar
from chaos.mock.browsers.fetching import Fetcher
from tests.mock.finesse.lab import authority


class Answering(asyncio.Protocol):
    """A server that counts its connections."""

    now, ever = 0, 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        type(self).now += 1
        type(self).ever += 1
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        assert isinstance(self._transport, asyncio.Transport)
        self._transport.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")

    def connection_lost(self, exc: Exception | None) -> None:
        type(self).now -= 1


@asynccontextmanager
async def served(host: str) -> AsyncIterator[tuple[type[Answering], int]]:
    kind = type("Answering", (Answering,), {})
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority().issue_cert(host).configure_cert(context)
    server = await asyncio.get_running_loop().create_server(kind, "127.0.0.1", 0, ssl=context)
    try:
        yield kind, server.sockets[0].getsockname()[1]
    finally:
        server.close()


def test_idle_connections_to_a_server_that_is_left_end_and_others_are_kept() -> None:
    async def main() -> None:
        async with served("left.test") as (left, left_port), served("stays.test") as (stays, stays_port):
            client = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
            authority().configure_trust(client)
            names = {("left.test", 1): ("127.0.0.1", left_port), ("stays.test", 1): ("127.0.0.1", stays_port)}
            browser = Fetcher(names, client, CookieJar(), lambda *_: None, lambda *_: None)

            async def both() -> None:
                for host in ("left.test", "stays.test"):
                    assert (await browser.fetch("GET", f"https://{host}:1/", within_s=5.0)).is_good

            await both()
            assert (left.now, stays.now) == (1, 1)
            browser.forget("left.test")
            await asyncio.sleep(0.5)
            assert (left.now, stays.now) == (0, 1)
            await both()
            assert (left.ever, stays.ever) == (2, 1)
            browser.drop()
            await asyncio.sleep(0.5)

    clock.run(main(), virtual=True)
