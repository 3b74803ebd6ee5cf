"""What an inventory refers to – secrets, key files, the CA – looked at before anything is touched.

A lab is left half broken if a password turns out to be missing in the middle of a run. So whoever is about to use a lab
asks for all of it at once; each problem has its key, so that it is reported with its line.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from chaos.inventory.files import NotReadable, read_small
from chaos.inventory.model import Inventory
from chaos.inventory.rules import secrets_of
from chaos.inventory.secret import SECRET_BYTES_MAX, Secret
from chaos.inventory.yamltree import Loc, Problem

if TYPE_CHECKING:
    from cryptography.x509 import Certificate

_CA_BYTES_MAX = 1024 * 1024
_CA = "a PEM file with the CA, or with the self-signed certificates of both nodes"


def problems_outside(
    inventory: Inventory, env: Mapping[str, str], now: datetime, *, healing: bool = False
) -> Iterator[Problem]:
    """Everything that is wrong with what the inventory refers to. Opens those files and nothing else.

    env: where secrets are looked up. now: wall time, aware. healing: only what healing needs: agents' passwords are not
    asked for, and a CA that has expired does not keep services and proxies from being put back.
    """
    seen: set[object] = set()
    for loc, secret in secrets_of(inventory):
        if healing and loc[0] == "agents":
            continue
        reference = (secret.env, secret.file)
        if not secret.is_literal and reference not in seen:  # one that is used at twelve places is one problem
            seen.add(reference)
            yield from _of_env(loc, secret.env, env) if secret.env else _of_file(loc, secret)
    for path, host in inventory.hosts():
        key_file = host.ssh.key_file if host.ssh is not None else None
        if key_file is not None and key_file not in seen:
            seen.add(key_file)
            yield from _of_private((*path, "ssh", "key_file"), key_file, "the private key")
    if inventory.deployment == "live" and inventory.tls.ca is not None and not healing:
        yield from _of_ca(inventory.tls.ca, now)


def _of_env(loc: Loc, name: str, env: Mapping[str, str]) -> Iterator[Problem]:
    loc, expected = (*loc, "env"), f"the secret in the environment variable {name}"
    remedy = f"set it before the command is started: export {name}=…"
    value = env.get(name)
    if not value:
        yield Problem(loc, expected, "an empty variable" if value == "" else "no such variable", remedy)
    elif (what := _not_a_secret(value)) is not None:
        yield Problem(loc, expected, what, "a password is one line of printable text: set the variable again")


def _of_file(loc: Loc, secret: Secret) -> Iterator[Problem]:
    assert secret.file is not None
    loc = (*loc, "file")
    problem = next(_of_private(loc, secret.file, "the secret"), None)
    if problem is not None:
        yield problem
        return
    expected = f"the secret alone in {secret.file}"
    try:
        text = read_small(secret.file, SECRET_BYTES_MAX).data.decode("utf-8")
    except UnicodeDecodeError:
        yield Problem(loc, expected, "a file that is not UTF-8 text", "save it as UTF-8, with the secret in one line")
        return
    text = text.removesuffix("\n").removesuffix("\r")
    if not text:
        yield Problem(loc, expected, "an empty file", "write the secret into it, in one line")
    elif (what := _not_a_secret(text)) is not None:
        yield Problem(loc, expected, what, "the file holds the secret in one line, and nothing else")


def _not_a_secret(text: str) -> str | None:
    """What is wrong with the text of a secret, without any of it."""
    if "\n" in text or "\r" in text:
        return "several lines"
    if any(ord(char) < 0x20 or char == "\x7f" or "\ud800" <= char <= "\udfff" for char in text):
        return "control characters, or bytes that are no UTF-8"
    return None


def _of_private(loc: Loc, path: Path, what: str) -> Iterator[Problem]:
    """A file that is to be had, and by nobody else."""
    try:
        file = read_small(path, SECRET_BYTES_MAX)
    except NotReadable as error:
        yield Problem(loc, f"a file with {what}", f"{path}: {error.found}", error.remedy)
        return
    if file.is_open_to_others:
        yield Problem(
            loc, "a file that nobody else can read", f"{path} with mode {file.mode:04o}", f"chmod 600 {path}"
        )  # fmt: skip


def _of_ca(path: Path, now: datetime) -> Iterator[Problem]:
    loc: Loc = ("tls", "ca")
    try:
        data = read_small(path, _CA_BYTES_MAX).data
    except NotReadable as error:
        yield Problem(loc, _CA, f"{path}: {error.found}", error.remedy)
        return
    if b"PRIVATE KEY" in data:
        yield Problem(
            loc, "certificates alone", f"a private key in {path}",
            "remove the key from this file; with it anybody can pretend to be the lab",
        )  # fmt: skip
        return
    for found, remedy in _not_a_ca(data, now):
        yield Problem(loc, _CA, f"{path}: {found}", remedy)


def _not_a_ca(data: bytes, now: datetime) -> Iterator[tuple[str, str]]:
    from cryptography import x509

    if b"-----BEGIN CERTIFICATE-----" not in data:
        if data[:1] == b"\x30":
            yield "a certificate in DER", "convert it: openssl x509 -inform der -in FILE -out lab-ca.pem"
        else:
            yield "no certificate", "export the certificates as PEM, one after the other"
        return
    try:
        certificates = x509.load_pem_x509_certificates(data)
        for number, certificate in enumerate(certificates, 1):
            yield from _not_an_authority(f"certificate {number} ({_name(certificate)})", certificate, now)
    except Exception as error:  # the parser has a dozen kinds of its own, for each thing that can be damaged
        first = (str(error).splitlines() or [type(error).__name__])[0]
        yield f"a certificate that cannot be read ({first[:120]})", "export it again, whole"


def _not_an_authority(which: str, certificate: "Certificate", now: datetime) -> Iterator[tuple[str, str]]:
    from cryptography import x509

    ends, begins = certificate.not_valid_after_utc, certificate.not_valid_before_utc
    if ends < now:
        yield f"{which} expired on {ends:%Y-%m-%d}", "renew it, or take it out of the file"
    elif begins > now:
        yield f"{which} is not valid before {begins:%Y-%m-%d}", "look at this machine's clock, or take it out"
    if certificate.issuer == certificate.subject:
        return  # a node's own certificate proves that node
    try:
        is_authority = certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    except x509.ExtensionNotFound:
        is_authority = False
    if not is_authority:
        yield (
            f"{which} is no CA and not self-signed",
            f"put the certificate of its issuer here ({_issuer(certificate)})",
        )


def _name(certificate: "Certificate") -> str:
    return _printable(certificate.subject.rfc4514_string() or "without a name")


def _issuer(certificate: "Certificate") -> str:
    return _printable(certificate.issuer.rfc4514_string() or "without a name")


def _printable(text: str) -> str:
    return "".join(char if char.isprintable() else "?" for char in text[:100])
