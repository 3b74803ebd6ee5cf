"""Logging in with paramiko, step by step and without a thread that waits.

Each step is begun with an event that paramiko sets when the step is over, however it ended; waiting for it is the
session's business. Releases of VOS differ in what they accept, so the widest choice is offered.
"""

import contextlib
import threading
from collections.abc import Awaitable, Callable
from enum import Enum
from typing import TYPE_CHECKING

from chaos.clients.console import hostkey
from chaos.clients.console.boundary import Door

if TYPE_CHECKING:
    import paramiko

# Old VOS releases know nothing newer. Whatever the installed paramiko still has of these is offered last.
_OLD_KEX = (
    "diffie-hellman-group-exchange-sha256",
    "diffie-hellman-group14-sha1",
    "diffie-hellman-group-exchange-sha1",
    "diffie-hellman-group1-sha1",
)
_OLD_CIPHERS = ("aes128-cbc", "aes192-cbc", "aes256-cbc", "3des-cbc")
_OLD_KEYS = ("rsa-sha2-512", "rsa-sha2-256", "ssh-rsa")
_OLD_MACS = ("hmac-sha1", "hmac-sha1-96")

# Paramiko's own time limits run on real time; ours run on the loop's clock and always end first.
NEVER_S = 3600.0
# Real seconds for paramiko's thread to end after its socket is closed.
_JOIN_S = 10.0

Begin = Callable[[threading.Event], object]
Step = Callable[[Begin], Awaitable[None]]


class Method(Enum):
    """How a password is handed over. Releases differ in which of the two they accept; each is tried on a connection
    of its own, since paramiko asks for the authentication service anew and not every server takes that twice."""

    PASSWORD = "password"
    INTERACTIVE = "keyboard-interactive"


METHODS = (Method.PASSWORD, Method.INTERACTIVE)


async def log_in(transport: "paramiko.Transport", door: Door, method: Method, step: Step) -> None:
    """Key exchange, host key, authentication.

    step: begins something with an event and waits for the event; raises EOFError if the connection has ended by then.
    Raises HostKeyRefused before anything secret is sent, and whatever paramiko makes of the peer.
    """
    pinned = hostkey.parse_pin(door.host_key, door.host)
    _prepare(transport, pinned)
    await step(lambda event: transport.start_client(event))
    _raise_left_over(transport)
    offered = transport.get_remote_server_key()
    key = hostkey.HostKey(offered.get_name(), offered.asbytes())
    hostkey.check(pinned, key, host=door.host, address=door.address, port=door.port)
    await step(lambda event: _authenticate(transport, door, method, event))
    if transport.is_authenticated():
        return
    import paramiko

    _raise_left_over(transport)
    raise paramiko.AuthenticationException("user or password is wrong")


def _raise_left_over(transport: "paramiko.Transport") -> None:
    error = transport.get_exception()
    if error is not None:
        raise error
    if not transport.is_active():
        raise EOFError


def _prepare(transport: "paramiko.Transport", pinned: hostkey.HostKey | None) -> None:
    transport.banner_timeout = transport.handshake_timeout = transport.auth_timeout = NEVER_S
    options = transport.get_security_options()
    first = pinned.algorithms if pinned else ()
    known = options.key_types
    options.key_types = tuple(dict.fromkeys((*(name for name in first if name in known), *known)))
    for name, old in (
        ("kex", _OLD_KEX),
        ("ciphers", _OLD_CIPHERS),
        ("digests", _OLD_MACS),
        ("key_types", _OLD_KEYS),
    ):
        for algorithm in old:
            if algorithm not in getattr(options, name):
                with contextlib.suppress(ValueError):  # this paramiko no longer has it
                    setattr(options, name, (*getattr(options, name), algorithm))


def _authenticate(transport: "paramiko.Transport", door: Door, method: Method, event: threading.Event) -> None:
    if method is Method.PASSWORD:
        transport.auth_password(door.user, door.password, event, fallback=False)
        return
    from paramiko.auth_handler import AuthHandler

    # As Transport.auth_interactive, which knows no event and would wait.
    handler = AuthHandler(transport)
    transport.auth_handler = handler
    handler.auth_interactive(door.user, lambda _title, _text, prompts: [door.password for _ in prompts], event)


def close_transport(transport: "paramiko.Transport") -> None:
    """Close and wait for paramiko's thread. Blocks."""
    transport.packetizer.complete_handshake()  # else its timer, a thread, outlives a handshake that failed
    transport.close()
    wait_for_end(transport)


def wait_for_end(transport: "paramiko.Transport") -> None:
    """Wait for paramiko's thread, which is about to end. Blocks."""
    if transport.is_alive():
        transport.join(_JOIN_S)
