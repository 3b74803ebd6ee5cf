"""The typed lab: what an inventory file says, and nothing that has to be asked over the network.

Every model is frozen and refuses unknown keys. Rules that concern more than one section live in
`chaos.inventory.rules`.
"""

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Final, Literal

from pydantic import BeforeValidator, Field, model_validator

from chaos.inventory.fieldtypes import Dialable, Flag, Name, Seconds, Whole, refusal
from chaos.inventory.hosts import WEB_PROXY_LOG, Awdb, AwHost, Cti, CtiServer, FinesseNode, Host
from chaos.inventory.mocks import MockOptions
from chaos.inventory.people import Agent, Browsers, Phones, SingleSignOn
from chaos.inventory.section import Account, Model, Tls
from chaos.inventory.ways import Command, Link, ToxiproxyServer

Deployment = Literal["live", "mock"]
Release = Literal["11.6(1)", "12.0(1)", "12.5(1)", "12.6(1)", "12.6(2)", "15.0(1)"]
LinkName = Literal["cti-a", "cti-b", "awdb-a", "awdb-b"]
Transport = Literal["tcp", "bosh", "websocket"]
STREAMS = ("BOSH", "WebSocket")
"""Over what a desktop has its event stream, as journals and reports call it."""
# What the built-in mock does when it is ordered to, and a lab by its own commands of these names.
MOCK_ORDERS = ("webapp-publisher", "webapp-subscriber")

RELEASES_WITHOUT_TLS = ("11.6(1)", "12.0(1)")
"""In which IP phones use Finesse over HTTP (administration guides)."""
RELEASES_WITHOUT_WEB_PROXY = ("11.6(1)", "12.0(1)", "12.5(1)")
"""Whose nodes have no web proxy before Tomcat, and no access log of one (release notes of 12.6(1))."""
PHONE_PORT = 8082

HOST_SECTIONS = ("publisher", "subscriber", "cti", "awdb")
"""The top-level keys under which hosts stand."""

AT_WORK_LEAST: Final = 4
"""Stories are about so many agents."""


def _enough_agents(value: Any) -> Any:
    # Counted here because pydantic's own bound counts the well-formed ones only.
    if isinstance(value, list | tuple) and len(value) < 2:
        raise refusal("at least two agents", "a call needs two; all clauses need six: four at work, two spare")
    return value


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
    transport: how our own clients hear a node's events. request_ids: whether events bear the requestId of what caused
    them, which Cisco calls best-effort.
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
    request_ids: Flag = True
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
    def streams(self) -> tuple[str, ...]:
        """Over what desktops in browsers have their event stream, where there are browsers of both kinds."""
        both = self.browsers is not None and self.browsers.websocket is not None
        return STREAMS if both else ()

    @property
    def leaving_transport(self) -> Transport:
        """For clients that are there to leave: one whose loss a node sees. It sees no BOSH client's connection go."""
        return "websocket" if self.transport == "bosh" else self.transport

    @property
    def other_transports(self) -> tuple[Transport, ...]:
        """For clients that are to hear by other kinds of doors than everybody, as desktops in browsers do: over BOSH,
        over WebSocket."""
        both: tuple[Transport, ...] = ("bosh", "websocket")
        return tuple(one for one in both if one != self.transport)

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

    def access_log(self, node: FinesseNode) -> str | None:
        """Where that node says who came to it, None if it says so nowhere that its console can read."""
        is_usual = node.access_log == WEB_PROXY_LOG
        if node.ssh is None or (is_usual and self.release in RELEASES_WITHOUT_WEB_PROXY):
            return None
        return node.access_log

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
