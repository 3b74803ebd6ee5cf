"""Private keys as `ssh-keygen` writes them, with or without a passphrase."""

import io
from pathlib import Path
from typing import TYPE_CHECKING

from chaos.clock import at_once
from chaos.errors import InventoryError
from chaos.inventory.files import NotReadable, read_small

if TYPE_CHECKING:
    import paramiko

_MAX_BYTES = 64 * 1024


async def read_key(path: Path, passphrase: str | None) -> "paramiko.PKey":
    """The key in that file. Raises InventoryError, without any of it, in words that say what to do."""
    return await at_once(_read_key, path, passphrase)


def _read_key(path: Path, passphrase: str | None) -> "paramiko.PKey":
    text = _text_of(path)
    import paramiko

    for kind in (paramiko.Ed25519Key, paramiko.ECDSAKey, paramiko.RSAKey):
        try:
            return kind.from_private_key(io.StringIO(text), passphrase)
        except paramiko.PasswordRequiredException:
            raise InventoryError(
                f"key file {path} is protected by a passphrase: give ssh.key_passphrase, for example {{env: NAME}}"
            ) from None
        except Exception:  # a key of another kind; what else there is cannot be told from one by the exception
            continue
    if "ENCRYPTED" in text or "-----BEGIN OPENSSH PRIVATE KEY-----" in text:
        what = "the passphrase does not open it" if passphrase is not None else "it is damaged"
        raise InventoryError(f"key file {path} cannot be used: {what}, or it is of a kind that paramiko does not know")
    raise InventoryError(
        f"key file {path} holds no private key of OpenSSH's form: name the file that ssh-keygen wrote, "
        "not its .pub (from PuTTY: puttygen KEY.ppk -O private-openssh)"
    )


def _text_of(path: Path) -> str:
    try:
        file = read_small(path, _MAX_BYTES)
    except NotReadable as error:
        raise InventoryError(f"key file {path} cannot be read: {error.found}; {error.remedy}") from None
    if file.is_open_to_others:
        raise InventoryError(f"key file {path} can be read by others: chmod 600 it")
    return file.data.decode("ascii", errors="replace")
