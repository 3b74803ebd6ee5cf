"""Who works at a lab, and at what: agents, browsers, IP phones."""

from typing import Annotated, Literal

from pydantic import Field

from chaos.inventory.fieldtypes import (
    AgentId,
    ApiUrl,
    Endpoint,
    Extension,
    Flag,
    HostName,
    HostPort,
    Pattern,
    Seconds,
    Text,
    Word,
    endpoint,
)
from chaos.inventory.secret import Secret
from chaos.inventory.section import Account, Model


class Browsers(Model):
    """Where desktops are opened, driven and watched: Chrome's `--remote-debugging-port`, or what speaks its protocol.

    devtools: its URL. The browser has to trust `tls.ca`, and to resolve the nodes' names. A mock's launcher gives one.
    websocket: of another one, if there is one, whose desktops have their event stream over WebSocket, while those of
    the first one have it over BOSH (`utils finesse show_property desktop notificationConnectionType`): both are judged.
    """

    devtools: ApiUrl
    websocket: ApiUrl | None = None


class Phone(Model):
    """An emulated IP phone. device: its name in CUCM, "SEP001122334455". extension: of its line, an agent's.
    listen: its own web server, `host:port`, which Finesse pushes to; where CUCM says that this device is."""

    device: Word
    extension: Extension
    listen: HostPort

    @property
    def listen_at(self) -> Endpoint:
        return endpoint(self.listen)


class Phones(Model):
    """IP phones for the IP Phone Agent. A mock's launcher gives them.

    account: who may control all of them, as in Finesse's IP Phone Agent Settings. unavailable: a pattern for the words
    of its screen for an unavailable server, which are not published. services: the URL of each node's service by its
    host, as CUCM has it, before `/#DEVICENAME#`; None: the one that guides give for this release. inactivity_s: after
    so long without a key the agent is asked to sign in again, as the lab has it (120 s by default on some phones);
    None: that is disabled.
    """

    account: Account
    devices: tuple[Phone, ...]
    unavailable: Pattern = "unavailable"
    services: dict[HostName, Text] = Field(default_factory=dict)
    inactivity_s: Seconds | None = None


class Agent(Model):
    """A person who takes calls. `login` defaults to `id`.

    load: what Unified CCE has for him as Logout on Agent Disconnect: 0 makes him Not Ready, 1 logs him out.
    """

    id: AgentId
    login: Word = Field(default_factory=lambda data: data.get("id", ""))
    password: Secret
    extension: Extension
    team: Text = "Default"
    supervisor: Flag = False
    load: Literal[0, 1] = 0


class SingleSignOn(Model):
    """Agents who sign in by single sign-on alone, at Cisco Identity Service, and at desktops in browsers.

    refresh_token_s: how long its refresh tokens live, as its administration has it. Whatever is judged of their end
    takes so long each time. agents: their passwords are the identity provider's. They are no others of the inventory's.
    """

    refresh_token_s: Annotated[Seconds, Field(ge=60, le=7 * 86_400)]
    agents: tuple[Agent, ...] = ()
