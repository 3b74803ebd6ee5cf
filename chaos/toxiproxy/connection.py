"""One client's connection: two sockets, two links between them.

The sockets are driven by the loop's readers and writers, without asyncio's transports: a socket is then read exactly
when a link wants it to be, on every CPython and on uvloop (before 3.11.4 a transport could not be paused before it had
begun to read, and the first bytes were lost); an idle connection costs a few kB; closing is over when the call returns.
"""

import asyncio
import contextlib
import os
import socket
import struct
from collections.abc import Callable, Mapping, Sequence
from random import Random

from chaos.toxiproxy.link import Link
from chaos.toxiproxy.toxics import Entry
from chaos.toxiproxy.toxics.base import CHUNK_BYTES_MAX, Direction

_LINGER_LAYOUT = "hh" if os.name == "nt" else "ii"
_LINGER_NOT = struct.pack(_LINGER_LAYOUT, 1, 0)
# So many pieces are handed to the kernel in one call.
_PIECES_MAX = 64


class End:
    """One of the two sockets. It is not read before a link that it feeds wants it.

    buffer: what it reads into, shared by all ends of a loop: it is copied before anybody else reads.
    """

    __slots__ = (
        "_buffer",
        "_fd",
        "_finishing",
        "_loop",
        "_reading",
        "_sock",
        "_unsent",
        "_unsent_bytes",
        "connection",
        "fed_by",
        "feeds",
    )

    def __init__(self, sock: socket.socket, buffer: memoryview, loop: asyncio.AbstractEventLoop) -> None:
        self.connection: Connection | None = None
        self.feeds: Link | None = None
        self.fed_by: Link | None = None
        self._sock = sock
        self._fd = sock.fileno()
        self._buffer = buffer
        self._loop = loop
        self._reading = False
        self._finishing = False
        self._unsent: list[bytes] = []
        self._unsent_bytes = 0

    @property
    def is_closed(self) -> bool:
        return self._fd < 0

    # Links call these.

    def pause(self) -> None:
        if self._reading:
            self._reading = False
            self._loop.remove_reader(self._fd)

    def resume(self) -> None:
        if not self._reading and self._fd >= 0:
            self._reading = True
            self._loop.add_reader(self._fd, self._readable)

    def write(self, data: bytes) -> None:
        """Send, or drop it if the peer is gone."""
        if self._fd < 0:
            return
        if not self._unsent:
            try:
                sent = self._sock.send(data)
            except (BlockingIOError, InterruptedError):
                sent = 0
            except OSError:
                # The link that writes is in the middle of its work; it hears of the loss afterwards.
                self._loop.call_soon(self.abort)
                return
            if sent == len(data):
                return
            data = data[sent:]
            self._loop.add_writer(self._fd, self._writable)
        self._unsent.append(data)
        self._unsent_bytes += len(data)

    def finish(self) -> None:
        """Close once all is sent."""
        self._finishing = True
        if not self._unsent:
            self.abort()

    def buffered_bytes(self) -> int:
        return self._unsent_bytes

    # Connections call these.

    def abort(self) -> None:
        """Close at once; what was not sent is lost. Safe twice."""
        if self._fd < 0:
            return
        self.pause()
        if self._unsent:
            self._loop.remove_writer(self._fd)
            self._unsent.clear()
            self._unsent_bytes = 0
        self._fd = -1
        self._sock.close()
        if self.feeds is not None:
            self.feeds.end()
        if self.connection is not None:
            self.connection.end_lost()

    def reset_on_close(self) -> None:
        """Closing will send RST instead of FIN."""
        with contextlib.suppress(OSError):
            self._sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER_NOT)

    # The loop calls these.

    def _readable(self) -> None:
        try:
            count = self._sock.recv_into(self._buffer)
        except (BlockingIOError, InterruptedError):
            return
        except OSError:
            self.abort()
            return
        feeds = self.feeds
        assert feeds is not None
        if count:
            feeds.put(bytes(self._buffer[:count]))
            return
        # The other direction goes on until the end has passed through the toxics.
        self.pause()
        feeds.end()

    def _writable(self) -> None:
        try:
            sent = _send(self._sock, self._unsent)
        except (BlockingIOError, InterruptedError):
            return
        except OSError:
            self.abort()
            return
        self._unsent_bytes -= sent
        _drop(self._unsent, sent)
        if self._unsent:
            return
        self._loop.remove_writer(self._fd)
        if self._finishing:
            self.abort()
        elif self.fed_by is not None:
            self.fed_by.unblock()


def _send(sock: socket.socket, pieces: Sequence[bytes]) -> int:
    if len(pieces) > 1 and hasattr(sock, "sendmsg"):
        return sock.sendmsg(pieces[:_PIECES_MAX])
    return sock.send(pieces[0])


def _drop(pieces: list[bytes], count: int) -> None:
    """Take so many bytes off the front."""
    whole = 0
    while whole < len(pieces) and count >= len(pieces[whole]):
        count -= len(pieces[whole])
        whole += 1
    del pieces[:whole]
    if count:
        pieces[0] = pieces[0][count:]


class Connection:
    """A client, a server, and the links between them."""

    __slots__ = ("_links", "_on_gone", "ends", "labels")

    def __init__(
        self,
        client: End,
        server: End,
        toxics: Mapping[Direction, Sequence[Entry]],
        *,
        rng: Random,
        loop: asyncio.AbstractEventLoop,
        labels: tuple[str, str, str],
        on_gone: Callable[["Connection"], None],
    ) -> None:
        self.ends = (client, server)
        self.labels = labels
        up = Link(client, server, toxics[Direction.UPSTREAM], rng=rng, loop=loop)
        down = Link(server, client, toxics[Direction.DOWNSTREAM], rng=rng, loop=loop)
        self._links = (up, down)
        self._on_gone = on_gone
        client.connection = server.connection = self
        client.feeds = server.fed_by = up
        server.feeds = client.fed_by = down
        if any(entry.toxic.RESETS for entries in toxics.values() for entry in entries):
            client.reset_on_close()
            server.reset_on_close()

    def link(self, direction: Direction) -> Link:
        up, down = self._links
        return up if direction is Direction.UPSTREAM else down

    def begin(self) -> None:
        for link in self._links:
            link.begin()

    def abort(self) -> None:
        for end in self.ends:
            end.abort()

    def end_lost(self) -> None:
        if all(end.is_closed for end in self.ends):
            for link in self._links:
                link.abandon()
            # What refers to each other is let go, so that it is freed now and not at some later collection.
            for end in self.ends:
                end.connection = end.feeds = end.fed_by = None
            self._on_gone(self)


def receive_buffer() -> memoryview:
    """The buffer that all ends of a loop read into."""
    return memoryview(bytearray(CHUNK_BYTES_MAX))
