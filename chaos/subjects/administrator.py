"""The administrator at one node: reads what any node shows an administrator, and reads and saves settings."""

import re
from dataclasses import replace

from chaos.clients.rest import Answer, FinesseRest
from chaos.inventory import FinesseNode
from chaos.journal import OTHERWISE
from chaos.subjects.console import Console
from chaos.wire.finesse import (
    ClusterConfig,
    EnterpriseDatabaseConfig,
    SystemConfig,
    UnknownPayload,
    write_cluster_config,
    write_enterprise_database_config,
    write_system_config,
)

# No agent has this id: whoever asks for it is told so (404) once it is known who asks, and nothing has succeeded.
NOBODY = "0"


class Administrator:
    """rest: the account at that node. awdb_password: Finesse's own at the AWDB, "" if the inventory does not name it.

    Settings are saved as they were read last, so that nothing changes if it is let through; or with their hosts' names
    in other letters, which changes nothing but what is shown afterwards.
    """

    def __init__(self, node: FinesseNode, rest: FinesseRest, *, awdb_password: str) -> None:
        self.node = node
        self.rest = rest
        self._awdb_password = awdb_password
        self._read: dict[str, bytes] = {}
        self._otherwise: dict[str, bytes] = {}
        self._numbers: dict[str, str] = {}
        self.console = Console(rest)

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
        other = self._body(_in_other_letters(answer.document))
        if answer.status == 200 and body is not None and other is not None:
            self._read[setting], self._otherwise[setting] = body, other
        return answer

    async def save(self, setting: str) -> Answer | None:
        """PUT it as it was read; None if it was not, or cannot be saved without changing it."""
        body = self._read.get(setting)
        return None if body is None else await self.rest.send("PUT", setting, setting, body)

    async def save_otherwise(self, setting: str) -> Answer | None:
        """PUT it with its hosts' names in other letters; None as of `save`, or if they have none."""
        body = self._otherwise.get(setting)
        if body is None or body == self._read.get(setting):
            return None
        return await self.rest.send("PUT", setting, setting, body, wanted={OTHERWISE: setting})

    async def put_right(self, setting: str) -> None:
        """Read it again, and save it as it was read before if it is otherwise now."""
        before = self._read.get(setting)
        await self.read(setting)
        if before is not None and self._read.get(setting) != before:
            await self.rest.send("PUT", setting, setting, before)

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
        made, changed and taken away have no content, or are none, so that nothing changes where it is let through, as
        is a layout that is saved. Of each kind the first one that was ever listed is asked for by its number, too."""
        for name in ("WrapUpReasons", "PhoneBooks", "Workflows", "MediaPropertiesLayouts"):
            one = name.removesuffix("s")
            listed = (await self.rest.get(name, name)).document
            found = re.search(rf"/{one}/(\d+)", listed.xml) if isinstance(listed, UnknownPayload) else None
            if found is not None:
                self._numbers[one] = found[1]
            if one in self._numbers:
                await self.rest.get(f"{one}/{{id}}", f"{one}/{self._numbers[one]}")
        body = b"<ReasonCode></ReasonCode>"
        await self.rest.send("POST", "ReasonCode", "ReasonCode", body)
        for verb in ("PUT", "DELETE"):
            await self.rest.send(verb, "ReasonCode/{id}", f"ReasonCode/{NOBODY}", body)
        await self.rest.get("LayoutConfig/default", "LayoutConfig/default")
        await self.rest.send("PUT", "LayoutConfig/default", "LayoutConfig/default", b"<LayoutConfig></LayoutConfig>")

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


def _in_other_letters(document: object) -> object:
    """The same settings, since names of hosts and domains are the same in capitals and small letters."""
    names = ("host", "backup_host", "secondary_host", "domain")
    if not isinstance(document, SystemConfig | ClusterConfig | EnterpriseDatabaseConfig):
        return document
    had = {name: getattr(document, name, None) for name in names}
    return replace(document, **{name: value.swapcase() for name, value in had.items() if value})
