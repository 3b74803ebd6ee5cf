"""A virtual loop's own network: TCP as a lab has it, without the kernel's TCP, so that a run goes the same way twice.

Theory of operation: the kernel's TCP keeps real time. How many bytes a read gives depends on a congestion window and on
acknowledgements that are delayed by some milliseconds; a connection is accepted when the kernel comes to it; ports of a
run that ended a minute ago are not free. On a virtual clock, where all ends are in one process, none of that says
anything about a lab, and all of it makes two plays of one seed different. So the addresses of 198.18.0.0/15, which are
set aside for tests of networks (RFC 2544) and exist nowhere, are a virtual loop's own: a connection between two of them
is a pair of connected sockets of the system, which deliver what was sent before `send` returns and have no timer. They
are real descriptors, so selectors, asyncio's transports and TLS see nothing new. What TCP does and such a pair does not
is done here: addresses, refusals, resets, and that the first bytes to a peer who has gone are lost without an error.

Every other address is the kernel's, on a virtual loop too.
"""

import asyncio
import errno
import itertools
import os
import socket
import struct
from collections import deque
from typing import Any, NoReturn

Address = tuple[str, int]

HOSTS = "198.18.0"
"""The first three parts of the addresses of hosts; the fourth counts from 1."""
OURS = "198.18.255.1"
"""Where the harness itself listens and dials from."""
_PREFIXES = ("198.18.", "198.19.")
_FIRST_PORT = 49152  # of the ports that nobody has by name (RFC 6335)


def holds(host: object) -> bool:
    """Whether that numeric address is on a virtual loop's own network."""
    return isinstance(host, str) and host.startswith(_PREFIXES)


def own_address() -> str:
    """Where the harness listens for what only this process dials."""
    return "127.0.0.1" if _running() is None else OURS


def tcp_socket(host: str) -> socket.socket:
    """A TCP socket that is to be bound at, or connected to, that numeric address; the rest is as with any socket."""
    network = _running()
    if network is not None and holds(host):
        return Wire(network)
    # The protocol is named so that asyncio switches Nagle's delay off on what is accepted.
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    return socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)


def _running() -> "Network | None":
    network = getattr(asyncio.get_running_loop(), "network", None)
    return network if isinstance(network, Network) else None


class Network:
    """Who listens where. Each loop has one of its own: two runs at the same time do not meet."""

    def __init__(self) -> None:
        self._bound: dict[Address, Wire] = {}
        self._ports = itertools.count(_FIRST_PORT)

    def free_port(self) -> int:
        return next(self._ports)

    def bind(self, address: Address, wire: "Wire") -> None:
        """Raises OSError: somebody has that address."""
        if address in self._bound:
            raise OSError(errno.EADDRINUSE, f"{os.strerror(errno.EADDRINUSE).lower()}: {address[0]}:{address[1]}")
        self._bound[address] = wire

    def let_go(self, wire: "Wire") -> None:
        for address in [address for address, one in self._bound.items() if one is wire]:
            del self._bound[address]

    def listener(self, address: Address) -> "Wire":
        """Raises ConnectionRefusedError: nobody listens there."""
        wire = self._bound.get(address)
        if wire is None or not wire.is_listening:
            raise ConnectionRefusedError(errno.ECONNREFUSED, f"Connect call failed {address}")
        return wire

    def dialled(self, address: Address) -> "Wire":
        """A connection to there that does not block. Raises ConnectionRefusedError."""
        wire = Wire(self)
        try:
            wire.setblocking(False)
            wire.connect(address)
        except BaseException:
            wire.close()
            raise
        return wire

    def listening(self, address: Address) -> "Wire":
        """A socket bound there that does not block. Raises OSError."""
        wire = Wire(self)
        try:
            wire.setblocking(False)
            wire.bind(address)
        except BaseException:
            wire.close()
            raise
        return wire


class Wire(socket.socket):
    """One end of a connection, or what listens. In the words of `socket.socket`; a TCP socket's errors."""

    def __init__(self, network: Network, fileno: int | None = None) -> None:
        super().__init__(socket.AF_UNIX, socket.SOCK_STREAM, 0, fileno)
        self._network = network
        self._own: Address | None = None
        self._far: Address | None = None
        self._peer: Wire | None = None
        self._arrivals: deque[Wire] = deque()
        self._bell: socket.socket | None = None
        self._closes_by_reset = False
        self._was_reset = False
        self._has_finished = False
        self._has_sent_to_nobody = False

    @property
    def is_listening(self) -> bool:
        return self._bell is not None

    # Listening

    def bind(self, address: Any) -> None:
        host, port = address[:2]
        own = (host, port or self._network.free_port())
        self._network.bind(own, self)
        self._own = own

    def listen(self, backlog: int = 0) -> None:
        """Listen, with as many waiting as there are. A byte lies in the descriptor while somebody waits."""
        if self._bell is None:
            self._bell = self._became_one_of_two()
            self._bell.setblocking(False)

    def accept(self) -> tuple[socket.socket, Address]:
        if not self._arrivals:
            raise BlockingIOError(errno.EAGAIN, os.strerror(errno.EAGAIN))
        came = self._arrivals.popleft()
        if not self._arrivals:
            super().recv(1)
        return came, came.getpeername()

    # Connecting

    def connect(self, address: Any) -> None:
        """Over at once: whoever listens is asked later, as with TCP."""
        host, port = address[:2]
        listener = self._network.listener((host, port))
        if self._own is None:
            self._own = (OURS, self._network.free_port())
        self._far = (host, port)
        far = Wire(self._network, self._became_one_of_two().detach())
        far._own, far._far = self._far, self._own
        self._peer, far._peer = far, self
        listener._arrives(far)

    def _arrives(self, wire: "Wire") -> None:
        self._arrivals.append(wire)
        if len(self._arrivals) == 1 and self._bell is not None:
            self._bell.send(b"\0")

    def _became_one_of_two(self) -> socket.socket:
        """Make this descriptor one end of a connected pair; the other end."""
        near, far = socket.socketpair()
        with near:
            near.settimeout(self.gettimeout())
            os.dup2(near.fileno(), self.fileno(), inheritable=False)
        return far

    def getsockname(self) -> Any:
        return self._own or ("0.0.0.0", 0)

    def getpeername(self) -> Any:
        if self._far is None:
            raise OSError(errno.ENOTCONN, os.strerror(errno.ENOTCONN))
        return self._far

    def setsockopt(self, level: int, option: int, value: Any, *more: Any) -> None:
        if level == socket.SOL_SOCKET and option == socket.SO_LINGER:
            self._closes_by_reset = _linger(value) == (1, 0)
        elif level == socket.SOL_SOCKET:
            super().setsockopt(level, option, value, *more)
        # What is TCP's own (Nagle's delay, keep-alives) a pair has not.

    # Bytes

    def recv(self, size: int, flags: int = 0) -> bytes:
        data = super().recv(size, flags)
        if not data and size:
            self._end_of_file()
        return data

    def recv_into(self, buffer: Any, nbytes: int = 0, flags: int = 0) -> int:
        count = super().recv_into(buffer, nbytes, flags)
        if not count and len(buffer):
            self._end_of_file()
        return count

    def send(self, data: Any, flags: int = 0) -> int:
        try:
            return super().send(data, flags)
        except BrokenPipeError:
            return self._to_nobody(memoryview(data).nbytes)

    def sendmsg(self, buffers: Any, *more: Any) -> int:
        pieces = [memoryview(piece) for piece in buffers]
        try:
            return super().sendmsg(pieces, *more)
        except BrokenPipeError:
            return self._to_nobody(sum(piece.nbytes for piece in pieces))

    def _end_of_file(self) -> None:
        """Raises ConnectionResetError: it was no orderly end."""
        if self._was_reset:
            self._was_reset = False
            _raise(errno.ECONNRESET)

    def _to_nobody(self, count: int) -> int:
        """The peer is gone: TCP takes the first bytes, and the reset that answers them meets the next."""
        self._end_of_file()
        if self._has_finished or self._has_sent_to_nobody:
            _raise(errno.EPIPE)
        self._has_sent_to_nobody = True
        return count

    # The end

    def shutdown(self, how: int) -> None:
        super().shutdown(how)
        self._has_finished = self._has_finished or how != socket.SHUT_RD

    def close(self) -> None:
        if self.fileno() >= 0:
            self._leave()
        super().close()

    def _leave(self) -> None:
        self._network.let_go(self)
        peer, self._peer = self._peer, None
        if peer is not None:
            peer._peer = None
            peer._was_reset = self._closes_by_reset
        for came in self._arrivals:
            came._closes_by_reset = True
            came.close()
        self._arrivals.clear()
        if self._bell is not None:
            self._bell.close()
            self._bell = None


def _linger(value: Any) -> tuple[int, ...]:
    layout = "hh" if len(value) == struct.calcsize("hh") else "ii"
    return struct.unpack(layout, value)


def _raise(number: int) -> NoReturn:
    raise OSError(number, os.strerror(number))  # of the class that belongs to the number
