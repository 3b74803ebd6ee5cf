"""One client's connection: two sockets, two links between them."""

import asyncio
import os
import socket
import struct
from collections.abc import Callable, Sequence
from random import Random

from chaos.toxiproxy.link import Link
from chaos.toxiproxy.toxics import Entry
from chaos.toxiproxy.toxics.base import Direction

CHUNK_BYTES_MAX = 32 * 1024
_LINGER_LAYOUT = "hh" if os.name == "nt" else "ii"


class End(asyncio.BufferedProtocol):
    """One of the two sockets. It is not read before it is part of a Connection; what arrives all the same is kept."""

    def __init__(self, on_made: Callable[["End"], None] | None = None) -> None:
        self._on_made = on_made
        self._transport: asyncio.Transport | None = None
        self._buffer = bytearray(CHUNK_BYTES_MAX)
        self._finishing = False
        self._early = b""
        self._early_end = False
        self.gone: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.connection: Connection | None = None
        self.feeds: Link | None = None
        self.fed_by: Link | None = None

    # asyncio calls these.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        transport.pause_reading()
        # No buffer above the kernel's counts as sent: `resume_writing` then means that all is sent.
        transport.set_write_buffer_limits(high=0)
        if self._on_made is not None:
            self._on_made(self)

    def get_buffer(self, sizehint: int) -> bytearray:
        return self._buffer

    def buffer_updated(self, nbytes: int) -> None:
        data = bytes(memoryview(self._buffer)[:nbytes])
        if self.feeds is not None:
            self.feeds.put(data)
            return
        # CPython before 3.11.4 starts to read after `connection_made` whatever was said there. A second pause would do
        # nothing, since the transport believes that it is paused; now that it reads, going on and pausing does.
        self._early += data
        self.resume()
        self.pause()

    def eof_received(self) -> bool:
        if self.feeds is not None:
            self.feeds.end()
        self._early_end = self.feeds is None
        return True  # the other direction goes on until the end has passed through the toxics

    def resume_writing(self) -> None:
        if self._finishing and self._transport is not None:
            self._transport.close()
        elif self.fed_by is not None:
            self.fed_by.unblock()

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.gone.done():
            self.gone.set_result(None)
        if self.feeds is not None:
            self.feeds.end()
        if self.connection is not None:
            self.connection.end_lost()

    # Connections and links call these.

    def begin(self) -> None:
        """Hand over what came before there was a link to feed."""
        early, self._early = self._early, b""
        if self.feeds is not None and early:
            self.feeds.put(early)
        if self.feeds is not None and self._early_end:
            self.feeds.end()

    def pause(self) -> None:
        if self._transport is not None:
            self._transport.pause_reading()

    def resume(self) -> None:
        if self._transport is not None and not self._transport.is_closing():
            self._transport.resume_reading()

    def write(self, data: bytes) -> None:
        """Send, or drop it if the peer is gone."""
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(data)

    def finish(self) -> None:
        self._finishing = True
        if self._transport is not None and not self.buffered_bytes():
            self._transport.close()

    def buffered_bytes(self) -> int:
        return 0 if self._transport is None else self._transport.get_write_buffer_size()

    def abort(self) -> None:
        """Close at once; what was not sent is lost."""
        if self._transport is not None:
            self._transport.abort()

    def reset_on_close(self) -> None:
        """Closing will send RST instead of FIN."""
        if self._transport is not None:
            sock = self._transport.get_extra_info("socket")
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack(_LINGER_LAYOUT, 1, 0))


class Connection:
    """A client, a server, and the links between them."""

    def __init__(
        self,
        client: End,
        server: End,
        toxics: dict[Direction, list[Entry]],
        *,
        rng: Random,
        on_gone: Callable[["Connection"], None],
    ) -> None:
        loop = asyncio.get_running_loop()
        self.ends = (client, server)
        self.labels = ("", "", "")
        self.links = {
            Direction.UPSTREAM: Link(client, server, toxics[Direction.UPSTREAM], rng=rng, loop=loop),
            Direction.DOWNSTREAM: Link(server, client, toxics[Direction.DOWNSTREAM], rng=rng, loop=loop),
        }
        self._on_gone = on_gone
        client.connection = server.connection = self
        client.feeds = server.fed_by = self.links[Direction.UPSTREAM]
        server.feeds = client.fed_by = self.links[Direction.DOWNSTREAM]
        if any(entry.toxic.RESETS for entry in _all(toxics)):
            client.reset_on_close()
            server.reset_on_close()

    def begin(self) -> None:
        for link in self.links.values():
            link.begin()
        for end in self.ends:
            end.begin()

    def abort(self) -> None:
        for end in self.ends:
            end.abort()

    def end_lost(self) -> None:
        if all(end.gone.done() for end in self.ends):
            for link in self.links.values():
                link.abandon()
            self._on_gone(self)


def _all(toxics: dict[Direction, list[Entry]]) -> Sequence[Entry]:
    return [entry for entries in toxics.values() for entry in entries]
