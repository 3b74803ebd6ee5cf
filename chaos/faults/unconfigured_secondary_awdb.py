"""A Finesse without a secondary AWDB: taken out of its administration."""

from dataclasses import dataclass, replace
from typing import ClassVar

from chaos.faults.base import Field
from chaos.faults.cti_proofs import nodes_opened
from chaos.faults.unconfigured import Unconfigured
from chaos.inventory import Inventory
from chaos.journal import RestExchange, Timeline
from chaos.undo.entries import DATABASE_CONFIG, DatabaseConfigAsFound, Undo
from chaos.wire.finesse import EnterpriseDatabaseConfig, write_enterprise_database_config


@dataclass(frozen=True, slots=True)
class UnconfiguredSecondaryAwdb(Unconfigured[EnterpriseDatabaseConfig]):
    """The secondary is taken out of EnterpriseDatabaseConfig, and Tomcat is restarted on every node.

    Settings are saved as a whole and the password in them is not shown, so the inventory must name the account. That a
    node has started is seen by its new CTI session; what that start costs its clients is the same as with side B.
    """

    RESOURCE: ClassVar[str] = "EnterpriseDatabaseConfig"

    @property
    def name(self) -> str:
        return "secondary-awdb-unconfigured"

    @property
    def thing(self) -> str:
        return DATABASE_CONFIG

    def lacks(self, inventory: Inventory) -> str | None:
        awdb = inventory.awdb
        if awdb is None or awdb.secondary is None:
            return "the inventory has no awdb.secondary that could be taken out"
        if awdb.account is None:
            return "the AWDB settings can only be saved with their password: give awdb.account"
        return None

    def settings(self, document: object) -> EnterpriseDatabaseConfig | None:
        return replace(document, password="") if isinstance(document, EnterpriseDatabaseConfig) else None

    def without(self, found: EnterpriseDatabaseConfig) -> EnterpriseDatabaseConfig:
        return replace(found, backup_host=None, backup_port=None)

    def body(self, config: EnterpriseDatabaseConfig, field: Field) -> bytes:
        return write_enterprise_database_config(replace(config, password=field.awdb_password))

    def debt(self, found: EnterpriseDatabaseConfig) -> Undo:
        return DatabaseConfigAsFound(found)

    def shown(self, seen: RestExchange) -> str | None:
        return seen.awdb_b

    def started(self, timeline: Timeline, from_s: float) -> int:
        return nodes_opened(timeline, from_s)
