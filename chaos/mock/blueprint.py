"""What the mock deployment is built from: hosts with addresses and ports, people, and how its CTI sides behave."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from chaos.mock.consoles.vos import VosVariants
from chaos.mock.cti_server.options import CtiOptions
from chaos.mock.cti_server.pair import Variant
from chaos.mock.defects import Break
from chaos.mock.identity.grants import Lifetimes


@dataclass(frozen=True, slots=True)
class At:
    """Where something listens. address: an IP of this machine."""

    address: str
    port: int

    def __str__(self) -> str:
        return f"{self.address}:{self.port}"


@dataclass(frozen=True, slots=True)
class NodePlan:
    """A Finesse node.

    host: its FQDN and XMPP domain. xmpp: XMPP with TLS from the first byte. starttls: in the clear until STARTTLS.
    web, web_clear: BOSH and WebSocket, the latter only where XMPP is insecure. short_ports, clear_ports: where Tomcat
    listens besides `https`, at the same address, with TLS and without.
    """

    host: str
    https: At
    xmpp: At
    starttls: At
    web: At
    web_clear: At
    ssh: At
    short_ports: tuple[int, ...] = ()
    clear_ports: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class AwPlan:
    """An Administration & Data host. database: where its AWDB listens. finesse: where Finesse's administration says
    that it does, usually a proxy before it."""

    host: str
    database: At
    finesse: At
    ssh: At


@dataclass(frozen=True, slots=True)
class PgPlan:
    """The Windows host of one CTI server."""

    host: str
    ssh: At


@dataclass(frozen=True, slots=True)
class PhonePlan:
    """An IP phone, as CUCM knows it. device: its name there. web: where its own web server takes orders."""

    device: str
    web: At


@dataclass(frozen=True, slots=True)
class IdentityPlan:
    """The host of Cisco Identity Service, and how long its tokens are good."""

    host: str
    https: At
    lifetimes: Lifetimes


@dataclass(frozen=True, slots=True)
class Person:
    """An agent or supervisor. logged_out: LOAD 1, Logout on Agent Disconnect. signs_on: by single sign-on alone; then
    the password is the identity provider's."""

    id: str
    login: str
    password: str
    extension: str
    team: str
    supervisor: bool = False
    logged_out: bool = False
    signs_on: bool = False


@dataclass(frozen=True, slots=True)
class Lawful:
    """What a sound product is free to do, and how this one does it.

    tells_everything: after a CTI gap the latest state goes to all clients, changed or not. dial_pause_s: from
    OUT_OF_SERVICE to the first attempt at the other CTI side, retry_pause_s: between two attempts. loading_s: from a
    CTI session to IN_SERVICE, beyond what reading agents and calls takes. awdb_attempts: databases that one request
    tries. phone_inactivity_s: an IP phone that asks for nothing for so long has to sign in again; None: never.
    phone_first_try_s: from OUT_OF_SERVICE to the IP Phone Agent's first poll; None: one interval. answer_s: what each
    answer of REST takes. tell_s: what each event takes to be sent. respells: documents and answers are spelled
    otherwise. delivers_twice: each item of an event goes out twice. keeps_awdb: a connection to the AWDB is kept, and
    not made for each question. library_pauses_s: before each attempt of a desktop's XMPP library, the last one before
    all further ones. gadgets_s: how often a gadget in each desktop asks for SystemInfo and the agent's calls.
    """

    tells_everything: bool = False
    dial_pause_s: float = 0.0
    retry_pause_s: float = 2.0
    loading_s: float = 0.0
    awdb_attempts: int = 1
    phone_inactivity_s: float | None = None
    phone_first_try_s: float | None = None
    answer_s: float = 0.0
    tell_s: float = 0.0
    respells: bool = False
    delivers_twice: bool = False
    keeps_awdb: bool = True
    library_pauses_s: tuple[float, ...] = (3.0,)
    gadgets_s: float | None = None


@dataclass(frozen=True, slots=True)
class Blueprint:
    """A whole deployment.

    cti_a, cti_b: where the CTI servers listen. finesse_cti_a, finesse_cti_b: what Finesse's administration says about
    them, usually the proxies before them; None as B side is a simplex deployment. hosts: names that the nodes can
    resolve. tomcat_start_s: how long Cisco Finesse Tomcat takes to start. vos: how
    the nodes' consoles behave. cti_options: of both CTI servers. admin, console: (user, password).
    aw: the primary and the secondary, as far as there are any; without one, nodes know all passwords themselves.
    pg: the hosts of side A and B, as far as they have consoles. instance: of ICM, part of Windows service names.
    windows_start_s, windows_stop_s: how long a Windows service takes. insecure_xmpp, cors_origins, user_auth_mode,
    reasons_required: as of NodeOptions. release: as its administration shows it. clear_rest: Finesse is used without
    TLS, too, and does not only lead there. lawful: what the documents leave open. breaks: how the product breaks its
    clauses.
    browsers: where simulated browsers are driven; browsers_by_socket: others, whose desktops have their event stream
    over WebSocket. phones: IP phones that the IP Phone Agent may push to, as the user of
    phone_account. identity: needed where people sign in by single sign-on.
    """

    nodes: tuple[NodePlan, ...]
    cti_a: At
    cti_b: At
    finesse_cti_a: At
    finesse_cti_b: At | None
    people: tuple[Person, ...]
    admin: tuple[str, str]
    console: tuple[str, str]
    peripheral_id: int = 5000
    cti_version: int = 24
    cti_options: CtiOptions = field(default_factory=CtiOptions)
    variant: Variant = Variant.BOTH_ACCEPT
    tomcat_start_s: float = 32.0
    vos: VosVariants = field(default_factory=VosVariants)
    hosts: Mapping[str, str] = field(default_factory=dict)
    aw: tuple[AwPlan, ...] = ()
    pg: tuple[PgPlan, ...] = ()
    instance: str = "ucce"
    database_name: str = "ucce_awdb"
    database_account: tuple[str, str] = ("finesse", "finesse")
    windows_start_s: float = 5.0
    windows_stop_s: float = 3.0
    insecure_xmpp: bool = False
    cors_origins: tuple[str, ...] = ()
    user_auth_mode: bool = True
    reasons_required: bool = False
    release: str = "12.6(2)"
    clear_rest: bool = False
    lawful: Lawful = field(default_factory=Lawful)
    breaks: tuple[Break, ...] = ()
    browsers: At | None = None
    browsers_by_socket: At | None = None
    phones: tuple[PhonePlan, ...] = ()
    phone_account: tuple[str, str] = ("", "")
    identity: IdentityPlan | None = None

    def ssh(self) -> tuple[tuple[str, At], ...]:
        """Every host that has a console, and where it listens."""
        nodes = [(plan.host, plan.ssh) for plan in self.nodes]
        windows = [(plan.host, plan.ssh) for plan in self.pg] + [(plan.host, plan.ssh) for plan in self.aw]
        return (*nodes, *windows)
