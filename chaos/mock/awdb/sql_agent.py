"""SQL Server's Agent: a service of its own that runs jobs, and cannot run without SQL Server.

Nothing of Finesse speaks to it. It is here because Windows refuses to stop SQL Server as long as it runs.
"""

from chaos.mock.service import Service

NAME = "SQLSERVERAGENT"


class SqlAgent(Service):
    """It has no socket: only its console shows whether it runs."""

    def __init__(self) -> None:
        super().__init__(NAME)

    async def _open(self) -> None:
        """It serves nobody here."""

    async def _close(self) -> None:
        """It holds nothing."""

    async def _kill(self) -> None:
        """It holds nothing."""
