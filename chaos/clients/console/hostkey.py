"""Pinned host keys: what the inventory says against what the host offers."""

import base64
import binascii
import hashlib
import itertools
from dataclasses import dataclass

from chaos.clients.console.errors import HostKeyRefused
from chaos.errors import InventoryError


@dataclass(frozen=True, slots=True)
class HostKey:
    """A public host key. kind: `ssh-ed25519` and so on. blob: the key in SSH's wire form."""

    kind: str
    blob: bytes

    @property
    def line(self) -> str:
        """As the inventory and `known_hosts` write it."""
        return f"{self.kind} {base64.b64encode(self.blob).decode('ascii')}"

    @property
    def fingerprint(self) -> str:
        """As `ssh-keygen -l` prints it."""
        return "SHA256:" + base64.b64encode(hashlib.sha256(self.blob).digest()).decode("ascii").rstrip("=")

    @property
    def algorithms(self) -> tuple[str, ...]:
        """Signature algorithms that go with this kind of key, best first."""
        return ("rsa-sha2-512", "rsa-sha2-256", "ssh-rsa") if self.kind == "ssh-rsa" else (self.kind,)


def parse_pin(pin: str, host: str) -> HostKey | None:
    """Read `[host ]kind base64[ comment]`, as `ssh-keyscan` and the hosts' `.pub` files print it; None for no pin.

    Raises InventoryError: it is something else.
    """
    words = pin.split()
    if not words:
        return None
    for kind, encoded in itertools.pairwise(words):
        try:
            blob = base64.b64decode(encoded, validate=True)
        except (binascii.Error, ValueError):
            continue
        name = kind.encode()
        if blob[: 4 + len(name)] == len(name).to_bytes(4, "big") + name:
            return HostKey(kind, blob)
    raise InventoryError(
        f"host_key of {host} is no public key: {pin[:60]!r}; write it as 'ssh-ed25519 AAAA…', "
        "the last two words of a line that ssh-keyscan prints"
    )


def check(pinned: HostKey | None, offered: HostKey, *, host: str, address: str, port: int) -> None:
    """Raises HostKeyRefused unless the offered key is the pinned one; the message says what would pin it."""
    if pinned == offered:
        return
    where = f"{host} ({address}:{port})" if host != address else f"{address}:{port}"
    kind = offered.kind.removeprefix("ssh-").partition("-")[0]
    pin = (
        f"compare {offered.fingerprint} with what the host's own console shows, then pin it in the inventory with\n"
        f'    host_key: "{offered.line}"\n'
        f"(`ssh-keyscan -p {port} -t {kind} {address}` prints the key too)"
    )
    if pinned is None:
        raise HostKeyRefused(f"the host key of {where} is not pinned and was refused; {pin}")
    raise HostKeyRefused(
        f"the host key of {where} has changed: {pinned.fingerprint} ({pinned.kind}) is pinned, {offered.fingerprint} "
        f"({offered.kind}) was offered. Somebody may sit in between. If the host was reinstalled, {pin}"
    )
