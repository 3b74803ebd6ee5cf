"""The administrator at one node: reads what any node shows an administrator, and reads and saves settings."""

from dataclasses import replace

from chaos.clients.rest import Answer, FinesseRest
from chaos.inventory import FinesseNode
from chaos.wire.finesse import (
    ClusterConfig,
    EnterpriseDatabaseConfig,
    SystemConfig,
    write_cluster_config,
    write_enterprise_database_config,
    write_system_config,
)

# No agent has this id: whoever asks for it is told so (404) once it is known who asks, and nothing has succeeded.
NOBODY = "0"


class Administrator:
    """rest: the account at that node. awdb_password: Finesse's own at the AWDB, "" if the inventory does not name it.

    Settings are saved as they were read last, so that nothing changes if it is let through.
    """

    def __init__(self, node: FinesseNode, rest: FinesseRest, *, awdb_password: str) -> None:
        self.node = node
        self.rest = rest
        self._awdb_password = awdb_password
        self._read: dict[str, bytes] = {}

    @property
    def id(self) -> str:
        return "administrator"

    async def ask(self, request: str) -> Answer:
        """One request for something that any node shows, by its name in observations: "GET Users". "GET User/{id}" is
        for nobody's, which is answered and does not succeed."""
        resource = request.partition(" ")[2]
        return await self.rest.get(resource, resource.replace("{id}", NOBODY))

    async def ask_wrongly(self) -> Answer:
        """The same as GET Users with a wrong password, which Finesse cannot have cached."""
        return await self.rest.get("Users", "Users", wrong_password=True)

    async def read(self, setting: str) -> Answer:
        """GET SystemConfig, EnterpriseDatabaseConfig or ClusterConfig."""
        answer = await self.rest.get(setting, setting)
        body = self._body(answer.document)
        if answer.status == 200 and body is not None:
            self._read[setting] = body
        return answer

    async def save(self, setting: str) -> Answer | None:
        """PUT it as it was read; None if it was not, or cannot be saved without changing it."""
        body = self._read.get(setting)
        return None if body is None else await self.rest.send("PUT", setting, setting, body)

    async def look_at(self, agent: str) -> None:
        """Everything that an administrator is shown of what that agent is doing now."""
        await self.rest.get("User/{id}", f"User/{agent}")
        await self.rest.get("User/{id}/Dialogs", f"User/{agent}/Dialogs")
        await self.rest.get("Users", "Users")

    async def ask_for_everything(self, agent: str) -> None:
        """Every kind of request once, about that agent where it is about one. None of them changes anything: settings
        without content are turned down by whoever takes requests."""
        await self.rest.get("User/{id}", f"User/{agent}")
        await self.rest.get("User/{id}/Dialogs", f"User/{agent}/Dialogs")
        for name in ("Users", "ReasonCodes", "ConnectedUsersInfo"):
            await self.rest.get(name, name)
        await self.rest.get("ReasonCode/{id}", f"ReasonCode/{NOBODY}")
        for name in ("SystemConfig", "EnterpriseDatabaseConfig", "ClusterConfig"):
            await self.rest.get(name, name)
            await self.rest.send("PUT", name, name, f"<{name}></{name}>".encode())

    async def use_console(self) -> None:
        """What the administration console reads and changes besides, as the publisher alone lets: reason codes that are
        made, changed and taken away have no content, or are none, so that nothing changes where it is let through."""
        for name in ("WrapUpReasons", "PhoneBooks", "Workflows", "MediaPropertiesLayouts"):
            await self.rest.get(name, name)
        body = b"<ReasonCode></ReasonCode>"
        await self.rest.send("POST", "ReasonCode", "ReasonCode", body)
        for verb in ("PUT", "DELETE"):
            await self.rest.send(verb, "ReasonCode/{id}", f"ReasonCode/{NOBODY}", body)

    def _body(self, document: object) -> bytes | None:
        """The settings as they are saved: AWDB settings have a password, which nobody is shown."""
        match document:
            case SystemConfig():
                return write_system_config(document)
            case ClusterConfig():
                return write_cluster_config(document)
            case EnterpriseDatabaseConfig() if self._awdb_password:
                return write_enterprise_database_config(replace(document, password=self._awdb_password))
            case _:
                return None
