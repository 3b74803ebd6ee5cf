"""What sections of an inventory are made of: their base, accounts, certificates."""

from pydantic import BaseModel, ConfigDict

from chaos.inventory.fieldtypes import FilePath, Flag, Word
from chaos.inventory.secret import Secret


class Model(BaseModel):
    """Base of all sections: frozen, no unknown keys, and no value in pydantic's own messages."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


class Tls(Model):
    """How Finesse's certificates are checked.

    ca: PEM bundle that signs both nodes' certificates (self-signed ones simply stand in it, both of them).
    check_hostname: off only where the certificates carry other names than `host`.
    """

    ca: FilePath | None = None
    check_hostname: Flag = True


class Account(Model):
    """A user name and where its password is found."""

    user: Word
    password: Secret
