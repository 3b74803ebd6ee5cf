"""The configuration of the pair, as the administration console and the configuration API change it.

One object serves both nodes of a pair: only the primary may change it, both read it. A node reads it when its Tomcat
starts, so a change takes effect at the next start (Finesse developer guide, SystemConfig).
"""

import re
from dataclasses import dataclass, field

from chaos.mock.finesse.config import Address, Side
from chaos.mock.finesse.resources.catalogue import Catalogue
from chaos.mock.finesse.resources.examples import stocked
from chaos.wire.finesse import ClusterConfig, EnterpriseDatabaseConfig, SystemConfig

_HOST = re.compile(r"[A-Za-z0-9.-]{1,253}")
PERIPHERAL_ID_MAX = 32767
NAME_CHARS = 128


@dataclass(frozen=True, slots=True)
class CtiSettings:
    """Where the CTI servers are. b: None in a simplex deployment. former_b: a B side that was configured once."""

    a: Address
    b: Address | None = None
    peripheral_id: int = 5000
    secure: bool = False
    former_b: Address | None = None

    def sides(self) -> dict[Side, Address]:
        """The configured sides."""
        return {Side.A: self.a} if self.b is None else {Side.A: self.a, Side.B: self.b}


@dataclass(frozen=True, slots=True)
class DatabaseSettings:
    """Where the AWDBs are, and the account there. secondary: None if there is none. former_secondary: one that was
    configured once. domain: with one, the account is a domain user's."""

    primary: Address
    secondary: Address | None = None
    database: str = "ucce_awdb"
    username: str = ""
    password: str = field(default="", repr=False)
    domain: str = ""
    former_secondary: Address | None = None


class InvalidSetting(Exception):
    """A setting that the console refuses: its name and why."""

    def __init__(self, name: str, *, missing: bool = False) -> None:
        super().__init__(name)
        self.name = name
        self.missing = missing


class Administration:
    """The saved settings of a pair. database: None where credentials are not kept in an AWDB.

    catalogue: what desktops show and offer (None: some of each kind, as an example).
    """

    def __init__(
        self,
        cti: CtiSettings,
        *,
        secondary_host: str | None = None,
        database: DatabaseSettings | None = None,
        catalogue: Catalogue | None = None,
    ) -> None:
        self.cti = cti
        self.catalogue = catalogue or stocked()
        self.secondary_host = secondary_host
        self.database = database

    def system_config(self) -> SystemConfig:
        """The settings as the configuration API shows them."""
        cti = self.cti
        return SystemConfig(
            host=cti.a.host,
            port=cti.a.port,
            backup_host=cti.b.host if cti.b else None,
            backup_port=cti.b.port if cti.b else None,
            peripheral_id=cti.peripheral_id,
            secure=cti.secure,
        )

    def save_system_config(self, wanted: SystemConfig) -> None:
        """Check and save. Raises InvalidSetting, and then nothing was changed."""
        self.cti = _checked(wanted, self.cti)

    def enterprise_database_config(self) -> EnterpriseDatabaseConfig | None:
        """The AWDB pair as the configuration API shows it: the password is left out, a backup port that is the
        primary's, too."""
        saved = self.database
        if saved is None:
            return None
        backup = saved.secondary
        return EnterpriseDatabaseConfig(
            host=saved.primary.host,
            port=saved.primary.port,
            backup_host=backup.host if backup else None,
            backup_port=backup.port if backup and backup.port != saved.primary.port else None,
            database_name=saved.database,
            domain=saved.domain,
            username=saved.username,
        )

    def save_enterprise_database_config(self, wanted: EnterpriseDatabaseConfig) -> None:
        """Check and save; an empty password leaves the saved one. Raises InvalidSetting, and nothing was changed."""
        self.database = _checked_database(wanted, self.database)

    def cluster_config(self) -> ClusterConfig:
        """The pair as the configuration API shows it."""
        return ClusterConfig(self.secondary_host or "")

    def save_cluster_config(self, wanted: ClusterConfig) -> None:
        """Check and save. Raises InvalidSetting."""
        if not wanted.secondary_host:
            raise InvalidSetting("host", missing=True)
        if not _HOST.fullmatch(wanted.secondary_host):
            raise InvalidSetting("host")
        self.secondary_host = wanted.secondary_host


def _checked(wanted: SystemConfig, old: CtiSettings) -> CtiSettings:
    if not wanted.host:
        raise InvalidSetting("host", missing=True)
    a = _address("host", wanted.host, "port", wanted.port)
    b = None
    if wanted.backup_host:
        if wanted.backup_host == wanted.host and wanted.backup_port == wanted.port:
            raise InvalidSetting("backupHost")
        b = _address("backupHost", wanted.backup_host, "backupPort", wanted.backup_port)
    elif wanted.backup_port is not None:
        raise InvalidSetting("backupHost", missing=True)
    peripheral_id = old.peripheral_id if wanted.peripheral_id is None else wanted.peripheral_id
    if not 1 <= peripheral_id <= PERIPHERAL_ID_MAX:
        raise InvalidSetting("peripheralId")
    return CtiSettings(a, b, peripheral_id, bool(wanted.secure), b or old.b or old.former_b)


def _checked_database(wanted: EnterpriseDatabaseConfig, old: DatabaseSettings | None) -> DatabaseSettings:
    for name, value in (("host", wanted.host), ("databaseName", wanted.database_name), ("username", wanted.username)):
        if not value:
            raise InvalidSetting(name, missing=True)
        if len(value) > NAME_CHARS and name != "host":
            raise InvalidSetting(name)
    primary = _address("host", wanted.host or "", "port", wanted.port)
    secondary = None
    if wanted.backup_host:
        port = wanted.port if wanted.backup_port is None else wanted.backup_port
        secondary = _address("backupHost", wanted.backup_host, "backupPort", port)
        if secondary == primary:
            raise InvalidSetting("backupHost")
    elif wanted.backup_port is not None:
        raise InvalidSetting("backupHost", missing=True)
    return DatabaseSettings(
        primary,
        secondary,
        database=wanted.database_name or "",
        username=wanted.username or "",
        password=wanted.password or (old.password if old else ""),
        domain=wanted.domain or "",
        former_secondary=secondary or (old.secondary or old.former_secondary if old else None),
    )


def _address(host_name: str, host: str, port_name: str, port: int | None) -> Address:
    if not _HOST.fullmatch(host):
        raise InvalidSetting(host_name)
    if port is None:
        raise InvalidSetting(port_name, missing=True)
    if not 1 <= port <= 65535:
        raise InvalidSetting(port_name)
    return Address(host, port)
