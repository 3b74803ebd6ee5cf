"""Labs whose description is right, and whose secrets, key files or CA are not: each is a folder that is spoilt.

The certificates are made here with `cryptography`, and say of themselves what is wrong with them.
"""

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.inventory.labs import LIVE

KEY_FILE = LIVE.replace("password: {env: VOS}", "key_file: keys/id, key_passphrase: {env: VOS}")
ENV = {"VOS": "secret-of-vos", "BOSS": "secret-of-boss"}
NOW = datetime(2026, 6, 1, tzinfo=UTC)
DAY = timedelta(days=1)


@dataclass(frozen=True)
class Spoilt:
    """One row. key, found, remedy: parts of what must be said. spoil: what is done to a folder in which all is well,
    and to the environment. text: of the inventory."""

    id: str
    key: str
    found: str
    remedy: str
    spoil: Callable[[Path, dict[str, str]], None]
    text: str = LIVE


def well(folder: Path) -> dict[str, str]:
    """Make everything that LIVE and KEY_FILE refer to; the environment to read them in."""
    for name in ("secrets", "keys"):
        (folder / name).mkdir(mode=0o700)
    for path, text in ((folder / "secrets" / "agents", "secret-of-agents\n"), (folder / "keys" / "id", "a key\n")):
        path.write_text(text, encoding="utf-8")
        path.chmod(0o600)
    (folder / "ca.pem").write_bytes(certificate("lab-ca"))
    return dict(ENV)


def certificate(
    name: str,
    *,
    issuer: str | None = None,
    is_ca: bool | None = True,
    begins: int = -10,
    ends: int = 10,
    der: bool = False,
) -> bytes:
    """A certificate as PEM. begins, ends: days from NOW. is_ca: None leaves the extension out."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    by = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, issuer or name)])
    made = x509.CertificateBuilder().subject_name(subject).issuer_name(by).public_key(key.public_key())
    made = made.serial_number(x509.random_serial_number())
    made = made.not_valid_before(NOW + begins * DAY).not_valid_after(NOW + ends * DAY)
    if is_ca is not None:
        made = made.add_extension(x509.BasicConstraints(ca=is_ca, path_length=None), critical=True)
    encoding = serialization.Encoding.DER if der else serialization.Encoding.PEM
    return made.sign(key, hashes.SHA256()).public_bytes(encoding)


def private_key() -> bytes:
    """A private key as PEM."""
    key = ec.generate_private_key(ec.SECP256R1())
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def _write(name: str, content: bytes, mode: int = 0o600) -> Callable[[Path, dict[str, str]], None]:
    def spoil(folder: Path, _: dict[str, str]) -> None:
        (folder / name).write_bytes(content)
        (folder / name).chmod(mode)

    return spoil


def _instead(name: str, make: Callable[[Path], object]) -> Callable[[Path, dict[str, str]], None]:
    """Something else at that place than a file."""

    def spoil(folder: Path, _: dict[str, str]) -> None:
        (folder / name).unlink()
        make(folder / name)

    return spoil


def _env(name: str, value: str | None) -> Callable[[Path, dict[str, str]], None]:
    def spoil(_: Path, env: dict[str, str]) -> None:
        env.pop(name)
        if value is not None:
            env[name] = value

    return spoil


def _mode(name: str, mode: int) -> Callable[[Path, dict[str, str]], None]:
    return lambda folder, _: (folder / name).chmod(mode)


NO_FILES: dict[str, tuple[Callable[[Path], object], str]] = {
    "missing": (lambda path: None, "no such file"),
    "directory": (lambda path: path.mkdir(), "a directory"),
    "pipe": (lambda path: os.mkfifo(path, 0o600), "a pipe"),
    "device": (lambda path: path.symlink_to("/dev/zero"), "a device"),
    "loop": (lambda path: path.symlink_to(path), "a loop of symbolic links"),
    "dangling": (lambda path: path.symlink_to(path.parent / "nowhere"), "no such file"),
}


def secrets() -> Iterator[Spoilt]:
    """Secrets in variables and files, and the file of an SSH key."""
    agents, key = "agents[0].password.file", "publisher.ssh.key_file"
    for name, (make, found) in NO_FILES.items():
        yield Spoilt(f"secret-file/{name}", agents, found, "", _instead("secrets/agents", make))
        yield Spoilt(f"key-file/{name}", key, found, "", _instead("keys/id", make), KEY_FILE)
    for mode in (0o644, 0o640, 0o604, 0o666, 0o660, 0o601, 0o610):
        yield Spoilt(
            f"secret-file/mode-{mode:o}", agents, f"mode 0{mode:o}", "chmod 600", _mode("secrets/agents", mode)
        )
    yield Spoilt("key-file/mode-644", key, "mode 0644", "chmod 600", _mode("keys/id", 0o644), KEY_FILE)
    for name, content, found in (
        ("empty", b"", "an empty file"),
        ("line-end-only", b"\r\n", "an empty file"),
        ("several-lines", b"one\ntwo\n", "several lines"),
        ("latin-1", b"caf\xe9\n", "not UTF-8"),
        ("utf-16", "secret".encode("utf-16"), "not UTF-8"),
        ("nul", b"sec\0ret", "control characters"),
        ("escape", b"sec\x1b[1mret", "control characters"),
        ("large", b"x" * 70_000, "more than 65536 bytes"),
    ):
        yield Spoilt(f"secret-file/{name}", agents, found, "", _write("secrets/agents", content))
    for variable, at in (("BOSS", "admin.password.env"), ("VOS", "publisher.ssh.password.env")):
        yield Spoilt(f"variable/{variable}/unset", at, "no such variable", f"export {variable}=", _env(variable, None))
        yield Spoilt(f"variable/{variable}/empty", at, "an empty variable", f"export {variable}=", _env(variable, ""))
    yield Spoilt("variable/line-end", "admin.password.env", "several lines", "one line", _env("BOSS", "secret\n"))
    yield Spoilt("variable/escape", "admin.password.env", "control char", "printable", _env("BOSS", "sec\x07ret"))
    passphrase = "publisher.ssh.key_passphrase.env"
    yield Spoilt("variable/passphrase", passphrase, "no such variable", "export VOS=", _env("VOS", None), KEY_FILE)


def authorities() -> Iterator[Spoilt]:
    """The CA that proves both nodes."""
    for name, (make, found) in NO_FILES.items():
        yield Spoilt(f"ca/{name}", "tls.ca", found, "", _instead("ca.pem", make))
    good = certificate("good-ca")
    for name, content, found, remedy in (
        ("empty", b"", "no certificate", "as PEM"),
        ("text", b"this is our CA\n", "no certificate", "as PEM"),
        ("der", certificate("der", der=True), "a certificate in DER", "openssl x509 -inform der"),
        ("key-only", private_key(), "a private key", "remove the key"),
        ("key-beside", good + private_key(), "a private key", "remove the key"),
        ("damaged", good.replace(b"M", b"N", 3), "cannot be read", "export it again"),
        ("cut", good[: len(good) // 2] + b"\n", "cannot be read", "export it again"),
        ("expired", certificate("old-ca", begins=-20, ends=-1), "expired on 2026-05-31", "renew it"),
        (
            "one-expired",
            good + certificate("old", begins=-20, ends=-1),
            "certificate 2 (CN=old) expired",
            "take it out",
        ),
        ("future", certificate("new-ca", begins=5), "not valid before 2026-06-06", "clock"),
        (
            "leaf",
            certificate("fin-a", issuer="corp", is_ca=False),
            "no CA and not self-signed",
            "issuer here (CN=corp)",
        ),
        ("leaf-v1", certificate("fin-a", issuer="corp", is_ca=None), "no CA and not self-signed", "of its issuer"),
        ("large", b"x" * 1_100_000, "more than 1048576 bytes", "the right file"),
    ):
        yield Spoilt(f"ca/{name}", "tls.ca", found, remedy, _write("ca.pem", content, 0o644))


def table() -> list[Spoilt]:
    """All rows, in a fixed order."""
    return [*secrets(), *authorities()]
