"""One Administration & Data host: its database and its Distributor, each a service of its own."""

from collections.abc import Mapping

from chaos.mock.awdb.central import Central
from chaos.mock.awdb.database import AwDatabase, DatabaseAccount, DatabaseOptions
from chaos.mock.awdb.distributor import Distributor
from chaos.mock.service import Service


class AwHost:
    """name: the host's. instance: the ICM instance. central: shared by both hosts of a pair."""

    def __init__(
        self,
        name: str,
        central: Central,
        account: DatabaseAccount,
        *,
        instance: str = "ucce",
        address: str = "127.0.0.1",
        port: int = 1433,
        options: DatabaseOptions | None = None,
    ) -> None:
        self.name = name
        self.database = AwDatabase(name, account, host=address, port=port, options=options)
        self.distributor = Distributor(instance, central, self.database)

    @property
    def services(self) -> Mapping[str, Service]:
        """The host's services by their Windows names."""
        return {service.name: service for service in (self.database, self.distributor)}

    async def start(self) -> None:
        """Raises OSError: the port is taken."""
        await self.database.start()
        await self.distributor.start()

    async def stop(self) -> None:
        """In good order. Safe twice."""
        await self.distributor.stop()
        await self.database.stop()
