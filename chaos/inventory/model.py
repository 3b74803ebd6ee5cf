"""The typed lab: what an inventory file says, and nothing that has to be asked over the network.

Every model is frozen and refuses unknown keys. Rules that concern more than one section live in
`chaos.inventory.rules`.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Annotated, Any, ClassVar, Final, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, field_validator, model_validator

from chaos.inventory.fieldtypes import (
    Address,
    Address4,
    AgentId,
    ApiUrl,
    Argv,
    BindPort,
    Dialable,
    Endpoint,
    EnvName,
    Extension,
    FilePath,
    Flag,
    HostKey,
    HostName,
    HostPort,
    Name,
    Port,
    Seconds,
    Text,
    Whole,
    Word,
    endpoint,
    refusal,
)
from chaos.inventory.secret import SHOW_LITERALS, Secret

Deployment = Literal["live", "mock"]
Release = Literal["11.6(1)", "12.0(1)", "12.5(1)", "12.6(1)", "12.6(2)", "15.0(1)"]
LinkName = Literal["cti-a", "cti-b", "awdb-a", "awdb-b"]
ConsoleKind = Literal["vos", "windows"]
CtiVariant = Literal["both-accept", "active-standby"]
# What the built-in mock does when it is ordered to, and a lab by its own commands of these names.
MOCK_ORDERS = ("webapp-publisher", "webapp-subscriber")
Transport = Literal["tcp", "bosh", "websocket"]
CtiStandby = Literal["refuses", "offline", "not-master", "invalid-client"]

CTI_PORT_A, CTI_PORT_B = 42027, 43027
"""Defaults of the CTI server's two sides (Port Utilization Guide for Contact Center Solutions)."""


RELEASES_WITHOUT_TLS = ("11.6(1)", "12.0(1)")
"""In which IP phones use Finesse over HTTP (administration guides)."""
PHONE_PORT = 8082


HOST_SECTIONS = ("publisher", "subscriber", "cti", "awdb")
"""The top-level keys under which hosts stand."""


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
    """A Finesse node (VOS appliance). web_port: of its notification service over HTTP, BOSH and WebSocket."""

    console_kind = "vos"

    https_port: Port = 8445
    xmpp_port: Port = 5223
    web_port: Port = 7443

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


class ToxiproxyServer(Model):
    """A server that speaks Toxiproxy's API.

    api: its URL. embedded: whether we start our own, at `api` if that is given, else on a free port; left out, it is
    true exactly when no `api` is given.
    """

    api: ApiUrl | None = None
    embedded: Flag = Field(default_factory=lambda data: data.get("api") is None)

    @model_validator(mode="after")
    def _somewhere(self) -> "ToxiproxyServer":
        if self.api is None and not self.embedded:
            raise refusal("'api' of the running server", "give api: http://host:8474, or let embedded be true")
        return self


class Link(Model):
    """A named path with a proxy in it: peer → `listen` (proxy) → [`relay` (ours)] → `upstream`.

    listen: what Finesse's administration is set to. relay: where our CTI relay listens, which is then the proxy's
    upstream; None: no relay. upstream: the real server. A mock may leave all three out, its launcher fills them in.
    """

    proxy: Word
    listen: BindPort | None = None
    relay: BindPort | None = None
    upstream: HostPort | None = None

    @property
    def listen_at(self) -> Endpoint | None:
        """`listen`, split."""
        return endpoint(self.listen) if self.listen else None

    @property
    def relay_at(self) -> Endpoint | None:
        """`relay`, split."""
        return endpoint(self.relay) if self.relay else None

    @property
    def upstream_at(self) -> Endpoint | None:
        """`upstream`, split."""
        return endpoint(self.upstream) if self.upstream else None


class Command(Model):
    """The lab's own commands for what no console can do: a web application, a network card of a hypervisor.

    stop, start, state: programs of the harness's machine with their arguments, run without a shell. stopped, started:
    patterns (Python's `re`, letter case ignored); the thing is in that state when `state` ends with exit status 0 and
    one whole line of its output fits one of the two, and none fits the other. env: what the commands find in their
    environment besides PATH, HOME and LANG. timeout_s: for each command. settle_s: until the state has to be reached.
    """

    stop: Argv
    start: Argv
    state: Argv
    stopped: Text
    started: Text
    env: dict[EnvName, Secret] = Field(default_factory=dict)
    timeout_s: Annotated[Seconds, Field(le=3600)] = 60.0
    settle_s: Annotated[Seconds, Field(le=3600)] = 300.0

    @field_validator("stopped", "started")
    @classmethod
    def _is_a_pattern(cls, value: str) -> str:
        try:
            re.compile(value)
        except (re.error, OverflowError, RecursionError):
            raise refusal(
                "a pattern of Python's 're'", "put a backslash before ( ) [ ] . * + ? | where meant"
            ) from None
        return value

    @property
    def written(self) -> str:
        """As JSON from which `Command.model_validate_json` makes an equal one; secrets stay references."""
        return self.model_dump_json(context={SHOW_LITERALS: True})

    @model_validator(mode="after")
    def _states_differ(self) -> "Command":
        if self.stopped == self.started:
            raise refusal("two patterns, 'stopped' and 'started'", "say how the output of 'state' differs")
        return self


class Browsers(Model):
    """Where desktops are opened, driven and watched: Chrome's `--remote-debugging-port`, or what speaks its protocol.

    devtools: its URL. The browser has to trust `tls.ca`, and to resolve the nodes' names. A mock's launcher gives one.
    """

    devtools: ApiUrl


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
    host, as CUCM has it, before `/#DEVICENAME#`; None: the one that guides give for this release.
    """

    account: Account
    devices: tuple[Phone, ...]
    unavailable: Text = "unavailable"
    services: dict[HostName, Text] = Field(default_factory=dict)

    @field_validator("unavailable")
    @classmethod
    def _is_a_pattern(cls, value: str) -> str:
        try:
            re.compile(value)
        except re.error as error:
            raise refusal("a regular expression", f"mend it: {error}") from error
        return value


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


AT_WORK_LEAST: Final = 4
"""Stories are about so many agents."""


def _enough_agents(value: Any) -> Any:
    # Counted here because pydantic's own bound counts the well-formed ones only.
    if isinstance(value, list | tuple) and len(value) < 2:
        raise refusal("at least two agents", "a call needs two; all clauses need six: four at work, two spare")
    return value


class MockVariants(Model):
    """Where the documents leave a product free, how the mock behaves: whatever stands here, it breaks no clause.

    told_after_gap: whether clients are told the changes of a CTI gap only (12.6), or the latest state, changed or not
    (15.0). dial_pause_s: from OUT_OF_SERVICE to the first attempt at the other CTI side (left out: none). loading_s:
    from a CTI session to IN_SERVICE, of which guides quote up to 150 s. awdb_attempts: how many databases one request
    tries before it fails. insecure_xmpp: whether the notification service can be used in the clear, with passwords on
    5222 (left out: as the release has it, which is before 12.5). cors_origins: pages of these origins may use REST from
    a browser, as by `utils finesse cors` (`*`: of all). user_auth_mode: the property `enableUserAuthMode`.
    """

    told_after_gap: Literal["changes", "everything"] = "changes"
    dial_pause_s: Annotated[Seconds, Field(le=4)] | None = None
    loading_s: Annotated[Seconds, Field(le=150)] | None = None
    awdb_attempts: Annotated[Whole, Field(ge=1, le=2)] = 1
    insecure_xmpp: Flag | None = None
    cors_origins: tuple[Text, ...] = ()
    user_auth_mode: Flag = True


class MockOptions(Model):
    """What only the built-in deployment is asked. Only with `deployment: mock`.

    cti_variant: whether both CTI sides accept connections, or one is active. cti_standby: how the inactive one turns
    clients away, by refusing TCP or by a status; by a status only can clients of protocol 24 stand by there.
    cti_openings: whether the CTI servers take openings that public clients send against the guide. access_token_s: how
    long access tokens of single sign-on live. defects: switched on in every run, as `--mock-defect` would.
    """

    cti_variant: CtiVariant = "both-accept"
    cti_standby: CtiStandby = "refuses"
    cti_openings: Literal["tolerant", "by-the-book"] = "tolerant"
    access_token_s: Annotated[Seconds, Field(ge=10, le=7 * 86_400)] = 3600.0
    variants: MockVariants = Field(default_factory=MockVariants)
    defects: tuple[Text, ...] = ()


class Timing(Model):
    """How often we look and how long we wait. None of these is a bound of a clause.

    probe_interval_s: between two probes of one kind; verdicts carry it as their resolution. connect_timeout_s,
    request_timeout_s: of one attempt. recovery_timeout_s: until a steady state must be back. console_timeout_s: until
    an SSH console must show its prompt (slow VOS nodes take a minute), and each listing. service_timeout_s: until a
    service that a console starts or stops must be there.
    """

    probe_interval_s: Annotated[Seconds, Field(ge=0.05, le=60)] = 1.0
    connect_timeout_s: Seconds = 5.0
    request_timeout_s: Seconds = 10.0
    recovery_timeout_s: Seconds = 600.0
    console_timeout_s: Seconds = 120.0
    service_timeout_s: Seconds = 600.0


class Inventory(Model):
    """A lab. Made by `chaos.inventory.load`; rules across sections are those of `chaos.inventory.check`.

    disposable, max_foreign_agents: the owner's word that it may be broken, and how many signed-in agents that are not
    ours are tolerated. admin: Finesse's application administrator. at_work: how many of the agents, from the first on,
    are signed in and at work all the time; stories are about the first four, and everybody is looked at. The others
    are spare. outside_number: a number that answers, for conferences. browsers: for desktops. phones: for the IP Phone
    Agent. sso: who signs in by single sign-on. commands: what the lab's own commands stop and start, by name.
    transport: how our own clients hear a node's events.
    """

    name: Name
    deployment: Deployment = "live"
    disposable: Flag = False
    max_foreign_agents: Annotated[Whole, Field(ge=0, le=1_000_000)] = 0
    release: Release
    peripheral_id: Annotated[Whole, Field(ge=1, le=32_767)] = 5000
    cti_protocol: Annotated[Whole, Field(ge=14, le=25)] = 24
    tls: Tls = Tls()
    publisher: FinesseNode
    subscriber: FinesseNode | None = None
    cti: Cti
    awdb: Awdb | None = None
    proxies: dict[Name, ToxiproxyServer] = Field(default_factory=dict)
    links: dict[LinkName, Link] = Field(default_factory=dict)
    admin: Account
    agents: Annotated[tuple[Agent, ...], BeforeValidator(_enough_agents)]
    at_work: Annotated[Whole, Field(ge=AT_WORK_LEAST, le=10_000)] = AT_WORK_LEAST
    outside_number: Dialable | None = None
    browsers: Browsers | None = None
    phones: Phones | None = None
    transport: Transport = "tcp"
    sso: SingleSignOn | None = None
    commands: dict[Name, Command] = Field(default_factory=dict)
    mock: MockOptions | None = None
    timing: Timing = Timing()

    @model_validator(mode="before")
    @classmethod
    def _a_mock_is_disposable(cls, value: Any) -> Any:
        if isinstance(value, Mapping) and value.get("deployment") == "mock" and "disposable" not in value:
            return {**value, "disposable": True}
        return value

    def finesse_nodes(self) -> tuple[FinesseNode, ...]:
        """The publisher, then the subscriber if there is one."""
        return (self.publisher,) if self.subscriber is None else (self.publisher, self.subscriber)

    def everybody(self) -> tuple[Agent, ...]:
        """All test agents: those with passwords of their own, and those of single sign-on."""
        return self.agents if self.sso is None else (*self.agents, *self.sso.agents)

    @property
    def leaving_transport(self) -> Transport:
        """For clients that are there to leave: one whose loss a node sees. It sees no BOSH client's connection go."""
        return "websocket" if self.transport == "bosh" else self.transport

    def events_port(self, node: FinesseNode) -> int:
        """Where our own clients hear that node's events."""
        return node.xmpp_port if self.transport == "tcp" else node.web_port

    @property
    def orders(self) -> tuple[str, ...]:
        """What faults by command can stop without a command of the lab: the built-in mock obeys."""
        return MOCK_ORDERS if self.deployment == "mock" else ()

    def cti_servers(self) -> tuple[CtiServer, ...]:
        """Side A, then side B if there is one."""
        return (self.cti.a,) if self.cti.b is None else (self.cti.a, self.cti.b)

    def aw_hosts(self) -> tuple[AwHost, ...]:
        """The primary, then the secondary; empty without an AWDB."""
        if self.awdb is None:
            return ()
        return (self.awdb.primary,) if self.awdb.secondary is None else (self.awdb.primary, self.awdb.secondary)

    def phone_services(self) -> dict[str, str]:
        """The URL of the IP Phone Agent's service by node, before `/#DEVICENAME#`: as the inventory has it, else as
        guides give it for this release, over HTTP before 12.5 and over HTTPS since."""
        said = self.phones.services if self.phones is not None else {}
        clear = self.release in RELEASES_WITHOUT_TLS
        return {
            node.host: said.get(node.host)
            or (f"http://{node.host}:{PHONE_PORT}/fippa" if clear else f"{node.base_url}/fippa")
            for node in self.finesse_nodes()
        }

    def hosts(self) -> Iterator[tuple[tuple[str, ...], Host]]:
        """Every host with its key path: ("publisher",), ("cti", "a"), …"""
        for section in HOST_SECTIONS:
            yield from self.hosts_in(section)

    def hosts_in(self, section: str) -> Iterator[tuple[tuple[str, ...], Host]]:
        """The hosts of one of HOST_SECTIONS with their key paths."""
        content = getattr(self, section)
        if isinstance(content, Host):
            yield (section,), content
        elif content is not None:
            yield from (((section, key), host) for key, host in content if isinstance(host, Host))

    def agent(self, key: str) -> Agent:
        """The agent with this id, login or extension. Raises KeyError."""
        for agent in self.agents:
            if key in (agent.id, agent.login, agent.extension):
                return agent
        raise KeyError(key)

    def link(self, name: LinkName) -> Link:
        """The link of this name. Raises KeyError: no such link in this lab."""
        return self.links[name]

    def link_target(self, name: LinkName) -> CtiServer | AwHost | None:
        """The host that a link of this name leads to, or None when this lab has no such host."""
        return link_target(name, self.cti, self.awdb)


def link_target(name: str, cti: Cti, awdb: Awdb | None) -> CtiServer | AwHost | None:
    """The host behind link `name`, or None when there is none."""
    targets = {
        "cti-a": cti.a,
        "cti-b": cti.b,
        "awdb-a": awdb.primary if awdb else None,
        "awdb-b": awdb.secondary if awdb else None,
    }
    return targets.get(name)
