"""The lab's machines, and how a console of them is opened."""

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

from pydantic import model_validator

from chaos.inventory.fieldtypes import Address, Address4, FilePath, Flag, HostKey, HostName, Port, Text, Word, refusal
from chaos.inventory.secret import Secret
from chaos.inventory.section import Account, Model

ConsoleKind = Literal["vos", "windows"]

CTI_PORT_A, CTI_PORT_B = 42027, 43027
"""Defaults of the CTI server's two sides (Port Utilization Guide for Contact Center Solutions)."""

WEB_PROXY_LOG = "webproxy/access.log"
"""Of a node's web proxy, from 12.6 on (administration guide, `file get activelog webproxy`)."""


class Ssh(Model):
    """How to open a console.

    password, key_file: how to sign in; with both, the key goes first. host_key: the pinned public key, `TYPE BASE64`.
    old_algorithms: whether SHA-1 key exchange, `ssh-rsa` signatures and CBC ciphers may be used at this host, as old
    appliances need them. kind: VOS appliance or Windows; left out, it follows from the host's role. instance: the ICM
    instance in Windows service names (`Cisco ICM <instance> CG1A`); None where it is to be discovered.
    """

    port: Port = 22
    user: Text
    password: Secret | None = None
    key_file: FilePath | None = None
    key_passphrase: Secret | None = None
    host_key: HostKey | None = None
    old_algorithms: Flag = False
    kind: ConsoleKind
    instance: Word | None = None

    @model_validator(mode="after")
    def _some_way_in(self) -> "Ssh":
        if self.password is None and self.key_file is None:
            raise refusal("'password' or 'key_file'", "say how to sign in, for example password: {env: VOS_PASSWORD}")
        if self.key_passphrase is not None and self.key_file is None:
            raise refusal("'key_file' beside 'key_passphrase'", "name the key file, or drop the passphrase")
        return self


class Host(Model):
    """A machine. `host` is its name in certificates and in Finesse's administration, `address` the IP to dial if the
    name does not resolve here (None: resolve it)."""

    console_kind: ClassVar[ConsoleKind]

    host: HostName
    address: Address | None = None
    ssh: Ssh | None = None

    @model_validator(mode="before")
    @classmethod
    def _console_follows_role(cls, value: Any) -> Any:
        if not isinstance(value, Mapping) or not isinstance(ssh := value.get("ssh"), Mapping):
            return value
        return {**value, "ssh": {"kind": cls.console_kind, **ssh}}

    @model_validator(mode="after")
    def _console_fits_role(self) -> "Host":
        if self.ssh is not None and self.ssh.kind != self.console_kind:
            raise refusal(f"ssh.kind {self.console_kind} on this kind of host", "leave 'kind' out: it follows the role")
        return self

    @property
    def dial(self) -> str:
        """What to hand to `connect`: the address if one is given, else the name."""
        return self.address or self.host


class FinesseNode(Host):
    """A Finesse node (VOS appliance). web_port: of its notification service over HTTP, BOSH and WebSocket. access_log:
    of its web proxy, below `activelog`, in which it says who came to it; None: there is none that can be read."""

    console_kind = "vos"

    https_port: Port = 8445
    xmpp_port: Port = 5223
    web_port: Port = 7443
    access_log: Text | None = WEB_PROXY_LOG

    @property
    def base_url(self) -> str:
        """`https://host:port`, by name, as certificates and documents have it."""
        return f"https://{self.host}:{self.https_port}"


class CtiServer(Host):
    """One side of the CTI server pair (Windows). In a file, the port of side B defaults to 43027."""

    console_kind = "windows"

    address: Address4 | None = None
    port: Port = CTI_PORT_A


class Cti(Model):
    """The CTI server pair. Without `b` the deployment is simplex."""

    a: CtiServer
    b: CtiServer | None = None

    @model_validator(mode="before")
    @classmethod
    def _port_of_side_b(cls, value: Any) -> Any:
        if isinstance(value, Mapping) and isinstance(b := value.get("b"), Mapping) and "port" not in b:
            return {**value, "b": {**b, "port": CTI_PORT_B}}
        return value


class AwHost(Host):
    """An Administration & Data server (Windows) with the AWDB on it."""

    console_kind = "windows"

    address: Address4 | None = None
    port: Port = 1433


class Awdb(Model):
    """The AWDB pair as Finesse's administration has it. `database` is `<instance>_awdb`.

    account: Finesse's own at the database. Only who is to change these settings needs it: they are saved as a whole,
    and the password is not shown.
    """

    primary: AwHost
    secondary: AwHost | None = None
    database: Word | None = None
    account: Account | None = None
