"""What a lab is known by, worked out from its inventory: its hosts' keys and certificates, and where they are found.

Marks, strongest first:

    ssh SHA256:…           a pinned SSH host key; it cannot be edited away, since without it no console is opened
    cert SHA256:…          a host's own certificate in tls.ca
    ca SHA256:… HOST       an authority in tls.ca, and the name that a node proves under it: a company's authority signs
                           for many labs, the pair is one machine
    api HOST:PORT          a proxy server that outlives us: two runs that use it fight for its proxies
    at HOST:PORT           a host's service, by name and by address

Not covered: two machines that share no state folder (the mark in the proxy server is for them, see
`chaos.safety.mark`), and an inventory that was edited until it has neither key, certificate, proxy server nor address
in common with the old.
"""

import asyncio
import base64
import contextlib
import hashlib
import ipaddress
import socket
import threading
from collections.abc import Iterator, Mapping
from pathlib import Path
from urllib.parse import urlsplit

from chaos.inventory import Host, Inventory
from chaos.undo.whose import KnownHost, LabIdentity

# Looking up names is a help, not a need: the text itself is a mark as well.
_LOOK_UP_WITHIN_S = 3.0
_CA_BYTES_MAX = 4 * 1024 * 1024


async def identity_of(inventory: Inventory) -> LabIdentity:
    """What this lab is known by. Asks for the addresses of its names, and nothing else; raises nothing."""
    names = {host.dial for _, host in inventory.hosts()}
    names |= {_place(server.api)[0] for server in inventory.proxies.values() if server.api}
    return identity_with(inventory, await _addresses(names))


def identity_with(inventory: Inventory, addresses: Mapping[str, frozenset[str]]) -> LabIdentity:
    """As `identity_of`, with the addresses of names given. Reads tls.ca."""
    marks: set[str] = set()
    hosts = []
    for _, host in inventory.hosts():
        key = _fingerprint(host)
        marks |= {f"ssh {key}"} if key else set()
        marks |= {f"at {at}" for at in _places(host.dial, _service_port(host), addresses)}
        hosts.append(KnownHost(host.host, key, f"{host.dial}:{host.ssh.port if host.ssh else _service_port(host)}"))
    for server in inventory.proxies.values():
        if server.api and not server.embedded:
            marks |= {f"api {at}" for at in _places(*_place(server.api), addresses)}
    marks |= set(_certificates(inventory))
    return LabIdentity(frozenset(marks), tuple(hosts))


def _service_port(host: Host) -> int:
    port = getattr(host, "https_port", None) or getattr(host, "port", None)
    return int(port) if port else 22


def _places(name: str, port: int, addresses: Mapping[str, frozenset[str]]) -> set[str]:
    return {f"{one.lower()}:{port}" for one in (name, *addresses.get(name, ()))}


def _place(url: str) -> tuple[str, int]:
    parts = urlsplit(url)
    return parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)


def _fingerprint(host: Host) -> str | None:
    """The pinned key's, as `ssh-keygen -l` prints it; kind, host name and comment around it do not matter."""
    for word in (host.ssh.host_key or "").split() if host.ssh else ():
        with contextlib.suppress(ValueError):
            blob = base64.b64decode(word, validate=True)
            if blob[:3] == b"\0\0\0":  # SSH's wire form begins with the length of the key's kind
                return "SHA256:" + base64.b64encode(hashlib.sha256(blob).digest()).decode("ascii").rstrip("=")
    return None


def _certificates(inventory: Inventory) -> Iterator[str]:
    """Marks of the certificates in tls.ca; what cannot be read gives none, whoever connects is told of that."""
    from cryptography import x509
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    try:
        pem = _bytes_of(inventory.tls.ca) if inventory.tls.ca else b""
        certificates = x509.load_pem_x509_certificates(pem)
    except (OSError, ValueError):
        return
    nodes = {node.host.lower() for node in inventory.finesse_nodes()}
    for certificate in certificates:
        spki = certificate.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        key = f"SHA256:{hashlib.sha256(spki).hexdigest()}"
        if _is_authority(certificate) and not nodes & _names(certificate):
            yield from (f"ca {key} {node}" for node in nodes)
        else:
            yield f"cert {key}"


def _is_authority(certificate: object) -> bool:
    from cryptography import x509

    assert isinstance(certificate, x509.Certificate)
    try:
        return bool(certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca)
    except (x509.ExtensionNotFound, ValueError):
        return False


def _names(certificate: object) -> set[str]:
    from cryptography import x509

    assert isinstance(certificate, x509.Certificate)
    names = {str(part.value).lower() for part in certificate.subject.get_attributes_for_oid(x509.NameOID.COMMON_NAME)}
    with contextlib.suppress(x509.ExtensionNotFound, ValueError):
        others = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        names |= {name.lower() for name in others.get_values_for_type(x509.DNSName)}
    return names


def _bytes_of(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(_CA_BYTES_MAX)


async def _addresses(names: set[str]) -> dict[str, frozenset[str]]:
    """What these names resolve to; without those that are addresses, or take too long."""
    loop = asyncio.get_running_loop()
    found: dict[str, frozenset[str]] = {}
    waiting = {name for name in names if name and not _is_address(name)}
    over = asyncio.Event()

    def noted(name: str, addresses: frozenset[str]) -> None:
        found[name] = addresses
        if found.keys() >= waiting:
            over.set()

    def look_up(name: str) -> None:
        try:
            addresses = frozenset(str(info[4][0]) for info in socket.getaddrinfo(name, None, type=socket.SOCK_STREAM))
        except (OSError, UnicodeError):
            addresses = frozenset()
        with contextlib.suppress(RuntimeError):  # nobody waits any more
            loop.call_soon_threadsafe(noted, name, addresses)

    # Threads of their own: a resolver that hangs must not hold up the end of the program, as the loop's pool would.
    for name in waiting:
        threading.Thread(target=look_up, args=(name,), daemon=True).start()
    if waiting:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_LOOK_UP_WITHIN_S):
                await over.wait()
    return dict(found)


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True
