"""The Distributor of an AW host: keeps its database in step with the central configuration while it runs.

Stopping it does not close the database: what was copied last goes on being served (Unified ICM/CCE Serviceability
Guide: `updateaw` is a process of the Distributor, SQL Server is a service of its own).
"""

from chaos.mock.awdb.central import Central
from chaos.mock.awdb.database import AwDatabase
from chaos.mock.service import Service, ServiceState


class Distributor(Service):
    """instance: the ICM instance, part of the service's Windows name."""

    def __init__(
        self, instance: str, central: Central, database: AwDatabase, *, start_s: float = 0.0, stop_s: float = 0.0
    ) -> None:
        super().__init__(f"Cisco ICM {instance} Distributor", start_s=start_s, stop_s=stop_s)
        self._central, self._database = central, database
        database.distributor_runs = lambda: self.state is ServiceState.STARTED

    async def _open(self) -> None:
        self._central.watchers.append(self._copy)
        self._database.watchers.append(self._database_changed)
        self._copy()

    async def _close(self) -> None:
        self._unwatch()

    async def _kill(self) -> None:
        self._unwatch()

    def _unwatch(self) -> None:
        if self._copy in self._central.watchers:
            self._central.watchers.remove(self._copy)
            self._database.watchers.remove(self._database_changed)

    def _database_changed(self) -> None:
        if self._database.state is ServiceState.STARTED:
            self._copy()

    def _copy(self) -> None:
        if self._database.revision != self._central.revision:
            self._database.replace_content(self._central.records, self._central.revision)
