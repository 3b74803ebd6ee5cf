"""What one Finesse node is told: its place in the pair, its users, and the knobs of its timers."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum

from chaos.wire.ged188.values import Service
from chaos.wire.xmpp import NOTIFICATION_PUSH

# Suggested start-up values; the product's own are not published (CTI Server Message Reference Guide, bit names).
SERVICES = (
    Service.SUPERVISOR
    | Service.ALL_EVENTS
    | Service.CLIENT_CONTROL
    | Service.CALL_DATA_UPDATE
    | Service.CONFIG_EVENTS
    | Service.UPDATE_EVENTS
)
CALL_MASK = 0x0FFFFFFF
AGENT_MASK = 0x3FFF
CONFIG_MASK = 0xFF


class Side(Enum):
    """Side of the CTI server pair."""

    A = "A"
    B = "B"

    @property
    def other(self) -> "Side":
        return Side.B if self is Side.A else Side.A


@dataclass(frozen=True, slots=True)
class Address:
    """Where something listens. host: a name or an address."""

    host: str
    port: int


@dataclass(frozen=True, slots=True)
class UserRecord:
    """A person who uses Finesse, as the AWDB has it. signs_on: by single sign-on alone, no password is good here."""

    login_id: str
    login_name: str = ""
    first_name: str = ""
    last_name: str = ""
    roles: tuple[str, ...] = ("Agent",)
    team_id: str = "5001"
    team_name: str = "Sales"
    skill_target_id: str = ""
    signs_on: bool = False

    @property
    def supervises(self) -> frozenset[str]:
        """The teams whose supervisor he is: his own, if he is one."""
        return frozenset({self.team_id}) if "Supervisor" in self.roles else frozenset()


@dataclass(frozen=True, slots=True)
class ReasonRecord:
    """A configured reason code. reason_id: its database key, used in requests. category: NOT_READY or LOGOUT."""

    reason_id: int
    code: int
    label: str
    category: str = "NOT_READY"
    for_all: bool = True


DEFAULT_REASONS = (
    ReasonRecord(16, 10, "Training"),
    ReasonRecord(17, 11, "Lunch"),
    ReasonRecord(18, 12, "Meeting"),
    ReasonRecord(26, 20, "End of Shift", "LOGOUT"),
)

SYSTEM_REASONS: Mapping[int, str] = {
    255: "Connection Failure",
    999: "Supervisor Initiated",
    20001: "Starting Force Logout",
    20002: "Force Logout",
    20003: "Agent Logout Request",
    32767: "Call Not Answered",
    50001: "System Disconnect",
    50002: "Connection Failure",
    50003: "Device Error",
    50004: "Inactivity Timeout",
    50005: "Non ACD Busy",
    50006: "Offhook",
    50010: "Call Overlap",
}
"""Reason codes that the system sets itself. Source: Finesse administration guide, Manage Reasons."""

LOGOUT_REASONS: Mapping[int, str] = {50002: "System Failure"}
"""Of these the label is another where an agent is logged out than where he is Not Ready."""


@dataclass(frozen=True, slots=True)
class NodeConfig:
    """One node of the pair.

    host: its FQDN, which is its XMPP domain, too. listen: address it binds. A port 0 is chosen at the first start and
    kept. xmpp_port: XMPP, TLS from the first byte. starttls_port: XMPP, in the clear until STARTTLS. web_port,
    web_clear_port: BOSH and WebSocket, the latter only where `NodeOptions.insecure_xmpp` is. hosts: names it can
    resolve besides numeric addresses. release: as its administration shows it.
    other: where the other node's Tomcat and its XMPP with TLS listen, None: there is none.
    short_ports: where Tomcat listens with TLS, too. clear_ports: where it does without. redirects: these only lead to
    TLS.
    """

    host: str
    primary_host: str
    secondary_host: str | None
    listen: str
    users: tuple[UserRecord, ...]
    other: tuple[Address, Address] | None = None
    rest_port: int = 8445
    xmpp_port: int = 5223
    starttls_port: int = 5222
    web_port: int = 7443
    web_clear_port: int = 7071
    hosts: Mapping[str, str] = field(default_factory=dict)
    release: str = "12.6(2)"
    short_ports: tuple[int, ...] = ()
    clear_ports: tuple[int, ...] = ()
    redirects: bool = True

    @property
    def is_primary(self) -> bool:
        return self.host == self.primary_host

    @property
    def auth_mode(self) -> str:
        """As SystemInfo has it: how its users sign in."""
        ways = {user.signs_on for user in self.users}
        return "HYBRID" if len(ways) > 1 else "SSO" if True in ways else "NON_SSO"


@dataclass(frozen=True, slots=True)
class NodeOptions:
    """Timers and protocol settings of a node; the defaults are the documented ones, or suggested where none are.

    misses: unanswered heartbeats in a row that are a loss. cti_reply_s: how long a request waits for the CTI server's
    word before it is answered with 500. dial_pause_s: from the loss of a session to the first attempt at the other
    side. loading_s: from an open session to IN_SERVICE, beyond what reading agents and calls takes. tells_everything:
    after a gap the latest state is told, changed or not, as the 15.0 guide has it. tomcat_start_s: from the start order
    to the first answer.
    queue_limit: requests that may wait for one object. insecure_xmpp: 7071 is open, and passwords are taken in the
    clear on 5222, as by `set_property webservices enableInsecureOpenfirePort true`, and by releases before 12.5.
    cors_origins: pages of these may use the API from a browser. user_auth_mode: UserAuthMode answers, see property
    `enableUserAuthMode`. reasons_required: whoever asks for Not Ready or to sign out names a reason, where his team has
    some for that (developer guide, User—Change Agent State With Reason Code).
    forced_logout_s: from Unavailable to the forced logout of an agent (failover chapter, Desktop Behavior).
    xmpp_silence_s: a client that has not answered for so long is gone (guides: a crashed browser is noticed within
    120 s). phone_inactivity_s: an IP phone
    that has asked for nothing for so long is signed out of the IP Phone Agent, None: never (the product's default of
    120 s hurts phones that show other screens, and guides have it disabled). phone_first_try_s: from OUT_OF_SERVICE to
    its first poll of SystemInfo, None: one interval. answer_s: what each answer of REST takes. tell_s: what each event
    takes to be sent. respells: documents and answers are spelled otherwise, see `spelling`. delivers_twice: each item
    of an event goes out twice. notification_namespace: captures differ by release, see there. connections: more than so
    many to one door are turned away; Tomcat's `maxConnections` as it is shipped. A desktop has two to a notification
    service, so that 2,000 that move to one node need 4,000.
    """

    heartbeat_interval_s: float = 5.0
    misses: int = 3
    retry_pause_s: float = 2.0
    connect_timeout_s: float = 5.0
    open_timeout_s: float = 5.0
    load_timeout_s: float = 10.0
    close_timeout_s: float = 5.0
    cti_reply_s: float = 2.0
    dial_pause_s: float = 0.0
    loading_s: float = 0.0
    tells_everything: bool = False
    cti_version: int = 24
    client_id: str = "Finesse"
    idle_timeout_s: int = 20
    services: int = int(SERVICES)
    call_mask: int = CALL_MASK
    agent_mask: int = AGENT_MASK
    config_mask: int = CONFIG_MASK
    tomcat_start_s: float = 0.0
    wrong_passwords: int = 5
    lockout_s: float = 300.0
    queue_limit: int = 64
    insecure_xmpp: bool = False
    cors_origins: tuple[str, ...] = ()
    user_auth_mode: bool = True
    reasons_required: bool = False
    xmpp_login_s: float = 30.0
    xmpp_silence_s: float = 120.0
    forced_logout_s: float = 60.0
    xmpp_buffer_bytes: int = 256 * 1024
    connections: int = 8192
    phone_inactivity_s: float | None = None
    phone_first_try_s: float | None = None
    answer_s: float = 0.0
    tell_s: float = 0.0
    respells: bool = False
    delivers_twice: bool = False
    notification_namespace: str = NOTIFICATION_PUSH
