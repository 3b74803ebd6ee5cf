"""Logging in with paramiko, step by step and without a thread that waits.

Theory of operation: a wrong password counts at the host, and after a few of them the account is locked. So the host is
first asked which methods it takes, by a request of the kind `none` that no host counts, and then one secret is handed
over once: the key if there is one, else the password, by one of the two methods that take passwords. Which of the two
differs: appliances that offer both may only mean keyboard-interactive, Windows offers it and never asks anything. A
method by which the password was not asked for has not used it up.

Each step is begun with an event that paramiko sets when the step is over, however it ended; waiting for it is the
session's business.
"""

import contextlib
import threading
from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING

from chaos.clients.console import errors, hostkey
from chaos.clients.console.boundary import Door
from chaos.clients.console.keyfile import read_key
from chaos.clients.console.method import Method

if TYPE_CHECKING:
    import paramiko

# Offered only to hosts of which the inventory says that they need it, after whatever is better.
_OLD_KEX = (
    "diffie-hellman-group14-sha1",
    "diffie-hellman-group-exchange-sha1",
    "diffie-hellman-group1-sha1",
)
_OLD_CIPHERS = ("aes128-cbc", "aes192-cbc", "aes256-cbc", "3des-cbc")
_OLD_KEYS = ("ssh-rsa",)
_OLD_MACS = ("hmac-sha1", "hmac-sha1-96", "hmac-md5", "hmac-md5-96")
_OLD = {"kex": _OLD_KEX, "ciphers": _OLD_CIPHERS, "digests": _OLD_MACS, "key_types": _OLD_KEYS}

# Paramiko's own time limits run on real time; ours run on the loop's clock and always end first.
NEVER_S = 3600.0
# Real seconds for paramiko's thread to end after its socket is closed.
_JOIN_S = 10.0

Begin = Callable[[threading.Event], object]
Step = Callable[[Begin], Awaitable[None]]


async def log_in(transport: "paramiko.Transport", door: Door, step: Step) -> None:
    """Key exchange, host key, authentication.

    step: begins something with an event and waits for the event; raises EOFError if the connection has ended by then.
    Raises HostKeyRefused before anything secret is sent, LoginRefused, LoginAsksBack, InventoryError (key file), and
    whatever paramiko makes of the peer.
    """
    pinned = hostkey.parse_pin(door.host_key, door.host)
    key = await read_key(door.key_file, door.passphrase) if door.key_file is not None else None
    _prepare(transport, door, pinned)
    await step(lambda event: transport.start_client(event))
    _raise_left_over(transport)
    offered = transport.get_remote_server_key()
    shown = hostkey.HostKey(offered.get_name(), offered.asbytes())
    hostkey.check(pinned, shown, host=door.host, address=door.address, port=door.port)
    await _Login(transport, door, key, step).run()


class _Login:
    """One login: which methods are tried in which order, and what is said when none has let us in."""

    def __init__(self, transport: "paramiko.Transport", door: Door, key: "paramiko.PKey | None", step: Step) -> None:
        self._transport = transport
        self._door = door
        self._step = step
        from chaos.clients.console.asker import Asker

        self._asker = Asker(transport, door, key)
        transport.auth_handler = self._asker
        by_password = [Method.PASSWORD, Method.INTERACTIVE]
        if not door.is_windows:
            by_password.reverse()
        self._plan = [*([Method.KEY] if key is not None else []), *(by_password if door.password else [])]
        self._tried: list[Method] = []

    async def run(self) -> None:
        """Raises LoginRefused, LoginAsksBack."""
        await self._stepped(self._asker.request_service)
        await self._stepped(self._asker.ask_what_is_offered)
        if self._transport.is_authenticated():
            return
        offered = self._asker.offered
        while (method := next((one for one in self._plan if one.value in offered), None)) is not None:
            self._plan.remove(method)
            self._tried.append(method)
            await self._stepped(lambda event, method=method: self._asker.try_method(method, event))  # type: ignore[misc]
            if self._asker.asked:
                raise errors.LoginAsksBack(
                    f"{self._door.place} asks at login for something else than the password: {self._asker.asked!r}; "
                    f"log in once as '{self._door.user}' by hand, and give it what it asks for"
                )
            if self._transport.is_authenticated():
                return
            if self._asker.is_partial:
                offered = self._asker.offered
            elif method is not Method.KEY and self._asker.password_given:
                break  # it was wrong; once is enough
        raise self._refused(offered)

    async def _stepped(self, begin: Begin) -> None:
        await self._step(begin)
        if not self._asker.asked:
            _raise_left_over(self._transport)

    def _refused(self, offered: Sequence[str]) -> errors.LoginRefused:
        door = self._door
        start = f"{door.place} did not let user '{door.user}' in: "
        if self._asker.password_given:
            advice = "check the account in the inventory (a VOS console wants the platform administrator)"
            return errors.LoginRefused(f"{start}user or password is wrong; {advice}")
        takes = ", ".join(offered) or "nothing"
        if Method.KEY in self._tried:
            advice = f"let the host know the public key of {door.key_file}, or give ssh.password"
            return errors.LoginRefused(f"{start}it does not know the key, and takes {takes}; {advice}")
        has = "a key" if door.key_file is not None else "a password"
        wants = "ssh.password" if has == "a key" else "ssh.key_file"
        return errors.LoginRefused(f"{start}it takes {takes} only, and the inventory has {has}; give {wants}")


def _raise_left_over(transport: "paramiko.Transport") -> None:
    error = transport.get_exception()
    if error is not None:
        raise error
    if not transport.is_active():
        raise EOFError


def _prepare(transport: "paramiko.Transport", door: Door, pinned: hostkey.HostKey | None) -> None:
    """Choose the algorithms: the pinned key's kind first, what is out of date last or not at all."""
    transport.banner_timeout = transport.handshake_timeout = transport.auth_timeout = NEVER_S
    options = transport.get_security_options()
    for name, old in _OLD.items():
        setattr(options, name, tuple(one for one in getattr(options, name) if one not in old))
        for algorithm in old if door.old_algorithms else ():
            with contextlib.suppress(ValueError):  # this paramiko no longer has it
                setattr(options, name, (*getattr(options, name), algorithm))
    known = options.key_types
    first = [name for name in (pinned.algorithms if pinned else ()) if name in known]
    options.key_types = tuple(dict.fromkeys((*first, *known)))


def close_transport(transport: "paramiko.Transport") -> None:
    """Close and wait for paramiko's thread. Blocks."""
    transport.close()
    wait_for_end(transport)
    # Its timer, a thread, outlives a handshake that failed; it may have been started only while we waited.
    transport.packetizer.complete_handshake()


def wait_for_end(transport: "paramiko.Transport") -> None:
    """Wait for paramiko's thread, which is about to end. Blocks."""
    if transport.is_alive():
        transport.join(_JOIN_S)
