"""Addresses as Go writes and reads them, and listening sockets on them."""

import asyncio
import ipaddress
import os
import re
import socket
from dataclasses import dataclass

from chaos.clock import at_once
from chaos.network import tcp_socket
from chaos.toxiproxy.errors import AddressError

_RESOLVE_DEADLINE_S = 5.0
# A full backlog delays a client by a second of real time, which a virtual clock does not see.
BACKLOG = 1024


@dataclass(frozen=True, slots=True)
class Address:
    """A resolved address. host: numeric, empty for every interface."""

    host: str
    port: int

    def __str__(self) -> str:
        return join(self.host, self.port)


def join(host: str, port: int) -> str:
    """host:port, with brackets around IPv6."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def split(text: str) -> tuple[str, str]:
    """Host and port of `host:port` or `[host]:port`. Raises AddressError with Go's words."""
    if text.startswith("["):
        host, bracket, rest = text[1:].partition("]")
        if not bracket:
            raise AddressError(f"address {text}: missing ']' in address")
        if not rest.startswith(":"):
            raise AddressError(f"address {text}: missing port in address")
        port = rest[1:]
    else:
        host, colon, port = text.rpartition(":")
        if not colon:
            raise AddressError(f"address {text}: missing port in address")
    if ":" in port or (":" in host and not text.startswith("[")):
        raise AddressError(f"address {text}: too many colons in address")
    return host, port


async def resolve(text: str) -> Address:
    """The first address, IPv4 before IPv6. Empty means any port on every interface. Raises AddressError."""
    if not text:
        return Address("", 0)
    host, port_text = split(text)
    port = _port(port_text)
    if not host:
        return Address("", port)
    return Address((await lookup(host))[0], port)


async def endpoints(text: str) -> list[tuple[str, int]]:
    """All addresses that a `host:port` can be dialled at, IPv4 first, with one look-up. Raises AddressError."""
    host, port_text = split(text)
    port = _port(port_text)
    return [(numeric, port) for numeric in (await lookup(host) if host else ["127.0.0.1"])]


async def lookup(host: str) -> list[str]:
    """Numeric addresses of a host, IPv4 first. Raises AddressError; gives up after 5 s."""
    try:
        return [str(ipaddress.ip_address(host))]
    except ValueError:
        pass
    try:
        async with asyncio.timeout(_RESOLVE_DEADLINE_S):
            found = await at_once(socket.getaddrinfo, host, None, 0, socket.SOCK_STREAM)
    except (OSError, UnicodeError, TimeoutError):
        raise AddressError(f"lookup {host}: no such host") from None
    found.sort(key=lambda info: info[0] != socket.AF_INET)
    return [str(info[4][0]) for info in found]


def listening(address: Address) -> socket.socket:
    """A socket that listens there; every interface means IPv6 and IPv4. Raises AddressError with Go's words."""
    everywhere = address.host in ("", "0.0.0.0", "::")
    try:
        return _bound("::" if everywhere else address.host, address.port, dual=everywhere)
    except OSError as problem:
        if everywhere and not socket.has_dualstack_ipv6():
            return _bound("0.0.0.0", address.port, dual=False)
        text = os.strerror(problem.errno or 0)
        text = text[:1].lower() + text[1:]
        raise AddressError(text, listening=f"listen tcp {address}: bind: {text}") from problem


def name_of(sock: socket.socket) -> str:
    """The bound address of a listening socket."""
    host, port = sock.getsockname()[:2]
    return join(host, port)


def _bound(host: str, port: int, *, dual: bool) -> socket.socket:
    sock = tcp_socket(host)
    try:
        if os.name == "posix":
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if sock.family == socket.AF_INET6:
            sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0 if dual else 1)
        sock.bind((host, port))
        sock.listen(BACKLOG)
        sock.setblocking(False)
    except BaseException:
        sock.close()
        raise
    return sock


def _port(text: str) -> int:
    if not text:
        return 0
    if re.fullmatch(r"[+-]?[0-9]+", text):
        if 0 <= int(text) < 65536:
            return int(text)
        raise AddressError(f"address {text}: invalid port")
    try:
        return socket.getservbyname(text, "tcp")
    except OSError:
        raise AddressError(f"lookup tcp/{text}: unknown port") from None
