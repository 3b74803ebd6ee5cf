"""What can be seen, one frozen dataclass a kind. A kind's name is its `kind` in the journal file.

`at_s` is always seconds on the journal's clock: 0.0 is the beginning of the experiment. A field that was not seen is
None. `node` is a Finesse node's name in the inventory, `side` is "a" or "b" (CTI), `agent` an agent's id.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar

# How the harness names itself to a CTI server; what the relays see of it is not Finesse's doing.
OUR_CLIENT = "finesse-chaos"
# How the ids of requests begin that are meant to change something; others may be turned down for what they ask.
WORK = "work-"


@dataclass(frozen=True, slots=True, kw_only=True)
class Observation:
    """One thing seen. When (`at_s`), and the how manieth it is in its journal (`number`, from 1), the journal sets."""

    at_s: float = 0.0
    number: int = 0

    def __init_subclass__(cls) -> None:
        """Raises TypeError: a field has the name of something else that stands in a journal's line."""
        taken = {"kind", "chain"} & cls.__annotations__.keys()
        if taken:
            raise TypeError(f"{cls.__name__} has a field {taken.pop()!r}: a line of the journal has that name already")


@dataclass(frozen=True, slots=True, kw_only=True)
class Header(Observation):
    """The first line of a journal: what was played, where, and how exact its clock is.

    agents, spare: (id, the node where they work), who are at work all the time, and who are only asked for when a story
    does so. cached: (node, agent or "administrator", seconds) whose last request there that succeeded was so old.
    is_new: spare agents who are not among these had never asked this deployment for anything.
    logged_out: agents of LOAD 1, whom the CTI server logs out when their desktop is gone; others are of LOAD 0. links:
    names of the links that can be broken. consoles: the roles of hosts that have one, "awdb.primary".
    refresh_token_s: how long refresh tokens of single sign-on live, as the inventory has it; None: nobody has any.
    """

    experiment: str
    title: str
    lab: str
    deployment: str
    release: str
    started: str  # wall time, ISO 8601, UTC
    clock: str  # "virtual" or "real"
    seed: int
    heartbeat_interval_s: float
    nodes: tuple[str, ...]
    agents: tuple[tuple[str, str], ...] = ()
    spare: tuple[tuple[str, str], ...] = ()
    extensions: tuple[tuple[str, str], ...] = ()
    logged_out: tuple[str, ...] = ()
    links: tuple[str, ...] = ()
    consoles: tuple[str, ...] = ()
    faults_do_nothing: bool = False
    cached: tuple[tuple[str, str, float], ...] = ()
    is_new: bool = False
    refresh_token_s: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CallSeen:
    """A call as a client was shown it, or as the switch described it.

    parties: (address, state); variables: (name, value), the wrap-up reason among them as "wrapUpReason". calling,
    called: the addresses that it leads from and to, as a client was shown them; None if it was not. actions: (address,
    what its party may do, in alphabetical order), for parties of which a document said so. more: what else it said of
    the call, (name, value).
    """

    __pydantic_config__: ClassVar[dict[str, str]] = {"extra": "forbid"}  # for whoever reads a journal back

    call_id: str
    state: str
    parties: tuple[tuple[str, str], ...] = ()
    variables: tuple[tuple[str, str], ...] = ()
    calling: str | None = None
    called: str | None = None
    actions: tuple[tuple[str, str], ...] = ()
    more: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RestExchange(Observation):
    """One REST request and how it ended; `at_s` is the end.

    resource: what was asked for, without ids, for instance "GET User/{id}/Dialogs".
    status: HTTP status; None if no answer came, then `failure` says why: "timeout", "refused", "reset", "tls", …
    A request that timed out ended unknown: it may have been carried out. wrong_password: it was sent with a password
    that is not the account's, on purpose. document: what an answer of status 200 brought, by the name of its root,
    "Users"; "" if it brought none that can be read. cti_b: side B of the CTI servers as SystemConfig has it,
    host:port, "" if none is configured. awdb_b: the secondary AWDB's host as
    EnterpriseDatabaseConfig has it, "" if none is configured. extension: a User document's. wanted: what somebody at
    work asks to be done, (name, value): a state as "state", an action on a call as "action", call data by their names.
    more: what a User document said that nothing at the switch changes, (name, value); of settings and codes a digest
    of the document. listed: the users of a list of them, (id, state).
    """

    sent_s: float
    node: str
    agent: str | None
    resource: str
    path: str
    request_id: str | None = None
    status: int | None = None
    failure: str | None = None
    error_type: str | None = None
    error_message: str | None = None
    document: str | None = None
    system_status: str | None = None
    heartbeat_interval_s: float | None = None
    user_state: str | None = None
    reason_code: int | None = None
    extension: str | None = None
    calls: tuple[CallSeen, ...] | None = None
    wanted: tuple[tuple[str, str], ...] = ()
    cti_b: str | None = None
    awdb_b: str | None = None
    wrong_password: bool = False
    more: tuple[tuple[str, str], ...] = ()
    listed: tuple[tuple[str, str], ...] = ()


class StreamState(StrEnum):
    """What became of an event stream."""

    CONNECTED = "connected"
    DISCONNECTED = "disconnected"
    FAILED = "failed"
    LEFT = "left"  # we left, in the way that `reason` says


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamChange(Observation):
    """A client's event stream (XMPP or BOSH) was connected, lost or refused."""

    node: str
    agent: str
    transport: str
    state: StreamState
    reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientProbed(Observation):
    """Another client at that node asked the agent's client whether it is there (an XMPP ping).

    outcome: "answered" by it; "gone", which is what the node says of a client that it does not know; "silence".
    """

    node: str
    agent: str
    outcome: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PresenceSeen(Observation):
    """The presence of another XMPP user, `of` its local part, or of another client of one's own; the user `finesse`
    speaks for the web application."""

    node: str
    agent: str
    of: str
    available: bool
    resource: str = ""


class About(StrEnum):
    """What an event's payload is about."""

    SYSTEM = "system"
    USER = "user"
    DIALOG = "dialog"  # one call changed
    DIALOGS = "dialogs"  # a call appeared for, or vanished from, a user
    ERRORS = "errors"
    OTHER = "other"


@dataclass(frozen=True, slots=True, kw_only=True)
class EventSeen(Observation):
    """One notification that reached a client. event: PUT, POST or DELETE, upper case; source: the resource's path.

    control: it is one of our own (see `ControlSent`), and says nothing of Finesse. extension: a User document's. more:
    as of RestExchange.
    """

    node: str
    agent: str
    about: About
    event: str
    source: str
    request_id: str | None = None
    system_status: str | None = None
    user_id: str | None = None
    user_state: str | None = None
    reason_code: int | None = None
    extension: str | None = None
    calls: tuple[CallSeen, ...] = ()
    error_type: str | None = None
    garbage: str | None = None
    control: bool = False
    more: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ControlSent(Observation):
    """A client sent an event of that kind to itself through the node's notification service, only to be heard.

    It takes the way that Finesse's events take, and comes back as an `EventSeen` with the same `request_id`.
    """

    node: str
    agent: str
    about: About
    event: str
    request_id: str


class CtiStep(StrEnum):
    """What the CTI relay saw or did on one connection."""

    STANDING = "standing"  # a session that stood open when the journal began
    ATTEMPT = "attempt"  # a connection arrived
    OPEN_REQ = "open-req"
    OPEN_CONF = "open-conf"
    REJECTED = "rejected"  # the server answered OPEN_REQ with FAILURE_CONF
    REFUSED = "refused"  # by the relay, on our order
    SERVER_DOWN = "server-down"  # the CTI server did not accept the connection
    HEARTBEAT_REQ = "heartbeat-req"
    HEARTBEAT_CONF = "heartbeat-conf"
    HEARTBEAT_WITHHELD = "heartbeat-withheld"
    FAILURE_EVENT = "failure-event"
    CLOSED_BY_CLIENT = "closed-by-client"
    CLOSED_BY_SERVER = "closed-by-server"
    CLOSED_BY_RELAY = "closed-by-relay"  # on our order
    GARBAGE = "garbage"  # not GED-188; the bytes are passed on all the same


@dataclass(frozen=True, slots=True, kw_only=True)
class CtiSeen(Observation):
    """One step of one CTI connection through the relay of `side`.

    connection: running number over both sides. client: what tells one Finesse node from the other in its OPEN_REQ; None
    until that came; ours begins with OUR_CLIENT. detail: status names, reset or fin, an excerpt of garbage.
    """

    side: str
    connection: int
    step: CtiStep
    client: str | None = None
    invoke_id: int | None = None
    detail: str | None = None

    @property
    def is_ours(self) -> bool:
        """Whether it is a probe of the harness, not a Finesse node."""
        return self.client is not None and self.client.startswith(OUR_CLIENT)


@dataclass(frozen=True, slots=True, kw_only=True)
class StateAsked(Observation):
    """A client asked the CTI server for an agent's state, as the relay of `side` saw it on its way there.

    connection, client: as of CtiSeen. agent: his id, as it was sent, or None. state: by its name. forced: with the flag
    that makes a sign-in or sign-out forced.
    """

    side: str
    connection: int
    client: str | None
    agent: str | None
    state: str
    reason_code: int
    forced: bool


class AwdbStep(StrEnum):
    """What the relay before an AWDB saw or did on one connection; what the bytes mean is not looked at."""

    STANDING = "standing"  # a connection that stood open when the journal began
    ATTEMPT = "attempt"  # a connection arrived
    ACCEPTED = "accepted"  # the AWDB accepted it
    REFUSED = "refused"  # by the relay, on our order
    SERVER_DOWN = "server-down"  # the AWDB did not accept it
    ASKED = "asked"  # the client began to send, for the first time or after the server had sent
    ANSWERED = "answered"  # the server began to send
    CLOSED_BY_CLIENT = "closed-by-client"
    CLOSED_BY_SERVER = "closed-by-server"
    CLOSED_BY_RELAY = "closed-by-relay"  # on our order


@dataclass(frozen=True, slots=True, kw_only=True)
class AwdbSeen(Observation):
    """One step of one connection to an AWDB through the relay of `side` ("a": the primary, "b": the secondary).

    connection: running number over both sides. size: of the first piece in bytes (ASKED, ANSWERED); of everything that
    went up and down at the end. is_ours: a probe of the harness, not Finesse.
    """

    side: str
    connection: int
    step: AwdbStep
    size: int | None = None
    detail: str | None = None
    is_ours: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkProbed(Observation):
    """We went through the proxy of a link as a client would: what came of it.

    link: its name. outcome: "open" (through to the server), "refused" (the proxy accepts nothing), "reset" (accepted,
    then reset: what lies behind refuses), "server-down" (the relay was reached, the server was not), "silence".
    took_s: until the outcome was clear.
    """

    link: str
    outcome: str
    took_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkSeen(Observation):
    """The proxy server said how the proxy of a link stands. toxics: their names."""

    link: str
    enabled: bool
    toxics: tuple[str, ...]


class Heard(StrEnum):
    """What a companion heard on its session."""

    OPENED = "opened"
    CONFIRMED = "confirmed"  # a heartbeat of its own was confirmed
    MISSED = "missed"  # one was not, before the next was due
    RESET = "reset"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True, kw_only=True)
class CompanionHeard(Observation):
    """What came of a CTI session of our own, which goes the same way as Finesse's: through proxy and relay of `link`.

    It sees a fault from the side on which Finesse is: a reset as a reset, a withheld confirmation as a missing one.
    """

    link: str
    heard: Heard


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceSeen(Observation):
    """A console said in what state a service is. state: STOPPED, STARTING, STARTED, STOPPING or UNKNOWN."""

    host: str
    service: str
    state: str


class Screen(StrEnum):
    """Where on a desktop a text was shown."""

    SIGN_IN = "sign-in"  # the sign-in page
    NOTICE = "notice"  # a notice to somebody who is signed in


@dataclass(frozen=True, slots=True, kw_only=True)
class DesktopShown(Observation):
    """What an agent's desktop showed after something was done there; asked_s: when that was done.

    text: its warning, None if it has none. ok: what was done went through, as far as the desktop shows it. came: a page
    came at all.
    """

    node: str
    agent: str
    screen: Screen
    asked_s: float
    ok: bool
    text: str | None = None
    came: bool = True


class DesktopAct(StrEnum):
    """What was done at a desktop in a browser, by whoever sits there or to the browser itself."""

    OPEN = "open"
    SIGN_IN = "sign-in"  # typed, by hand
    CLOSE = "close"
    BACK = "back"
    REFRESH = "refresh"
    CRASH = "crash"
    SLOW = "slow"
    OFFLINE = "offline"
    ONLINE = "online"
    BLOCK = "block"  # some addresses only; `detail` has which
    CONTROL = "control"  # the page is made to show something, only to be seen; `detail` has what
    COOKIES = "cookies"  # the browser's are counted; `detail` has how many there are
    CLEAR = "clear-cookies"  # all of the browser's; `detail` has how many there were


@dataclass(frozen=True, slots=True, kw_only=True)
class DesktopActed(Observation):
    """We did something at an agent's desktop; noted when it was done. begun_s: when we began it, and what came of it
    may stand before this. node: where it was opened last by us. ok: the browser did it, and a sign-in went through, as
    far as its network log shows."""

    act: DesktopAct
    agent: str
    node: str
    ok: bool
    begun_s: float
    detail: str | None = None


class BoshPart(StrEnum):
    """What a request is in a BOSH session."""

    OPEN = "open"  # it asks for a session
    GO_ON = "go-on"  # one of a session that stands
    END = "end"  # it ends the session


@dataclass(frozen=True, slots=True, kw_only=True)
class DesktopRequested(Observation):
    """A request of a desktop, from its browser's network log; times are the browser's, on the journal's clock.

    node: whom it asked, "" if no node of this lab. resource: as of RestExchange, "GET SystemInfo"; "BOSH" for its event
    stream, "page" for a page, "GET sso/token" for tokens, "POST logout" for a logout that is none of the API's. status:
    None if no answer came, then `failure` is the browser's name for why. wanted: the state that it asks for.
    system_status, user_state: what the answer says. part: of a BOSH session. told: what a BOSH answer brought:
    "session", "terminate", "finesse available", "finesse unavailable", "OUT_OF_SERVICE", "IN_SERVICE", "User".
    is_look: it was ours, only to see whether the way is open. request: its running number in the browser, as far as
    that numbers them. lasts_s: how long the refresh token is good from then on, as far as a token answer says so.
    """

    agent: str
    node: str
    resource: str
    sent_s: float
    ended_s: float
    status: int | None = None
    failure: str | None = None
    wanted: str | None = None
    system_status: str | None = None
    user_state: str | None = None
    part: BoshPart | None = None
    told: tuple[str, ...] = ()
    is_look: bool = False
    request: int | None = None
    lasts_s: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DesktopNotice(Observation):
    """A desktop's screen shows this notice from then on, or no notice any more (text ""). shown_s: the browser's time,
    on the journal's clock. control: we made it show that, and it says nothing of the product. nth: of those that this
    page has shown, controls too, as our observer in it counts them."""

    agent: str
    text: str
    shown_s: float
    control: bool = False
    nth: int | None = None


class PhoneAct(StrEnum):
    """What was done at an IP phone, by whoever sits there."""

    OPEN = "open"  # a service was picked in the phone's menu
    PRESS = "press"  # a soft key; `detail` has which
    PICK = "pick"  # an item of a menu; `detail` has which
    SEND = "send"  # a form was filled in and sent
    LEAVE = "leave"  # the phone's own key for its services
    OFF_HOOK = "off-hook"
    ON_HOOK = "on-hook"
    CONTROL = "control"  # the phone was made to show something, only to be seen; `detail` has what


@dataclass(frozen=True, slots=True, kw_only=True)
class PhoneActed(Observation):
    """We did something at an IP phone; noted when it was done. begun_s: when we began it, and what came of it may stand
    before this. node: whose service it shows then, "" for none. ok: the phone has such a key, item or form, and what it
    led to was shown, not an error of the phone's own."""

    act: PhoneAct
    agent: str
    device: str
    node: str
    ok: bool
    begun_s: float
    detail: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PhoneRequested(Observation):
    """A request of an IP phone, noted when it has ended. node: whom it asked, "" if no node of this lab. path: without
    the device and the query. pushed: it was told to by an order, and not by a key. status: None if no answer came, then
    `failure` says why. request: its running number at this phone."""

    agent: str
    device: str
    node: str
    path: str
    sent_s: float
    pushed: bool
    request: int
    status: int | None = None
    failure: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PhonePushed(Observation):
    """An IP phone was sent an order. hosts: of its URLs, as named there. let_in: who sent it may control the phone."""

    agent: str
    device: str
    hosts: tuple[str, ...]
    let_in: bool
    push: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PhoneScreen(Observation):
    """An IP phone shows this from then on. page: its kind, "text", "menu", "input", "directory", "image"; "services"
    for the phone's own menu, "error" for an error of its own, whose words `text` has.

    node: whose page it is, "" if none's. keys: the soft keys by their names; fields: of a form, by their parameters;
    items: of a menu; hosts: that keys, items and form lead to. unavailable: its words say that the server is
    unavailable, by the inventory's pattern. control: we made it show that. nth: of those that this phone has shown.
    """

    agent: str
    device: str
    node: str
    page: str
    nth: int
    title: str = ""
    prompt: str = ""
    text: str = ""
    keys: tuple[str, ...] = ()
    fields: tuple[str, ...] = ()
    items: tuple[str, ...] = ()
    hosts: tuple[str, ...] = ()
    unavailable: bool = False
    control: bool = False


class SwitchAct(StrEnum):
    """What was done, or happened, at the switch itself, beside Finesse."""

    SET_STATE = "set-state"
    MAKE_CALL = "make-call"
    ANSWER = "answer"
    HOLD = "hold"
    RETRIEVE = "retrieve"
    CLEAR = "clear"
    SET_DATA = "set-data"
    CONSULT = "consult"
    CONFERENCE = "conference"
    TRANSFER = "transfer"


@dataclass(frozen=True, slots=True, kw_only=True)
class SwitchActed(Observation):
    """We did something at the switch, past Finesse, as a telephone would; `at_s` is when the switch confirmed it.

    agent: whose device. ok: the switch confirmed it; else `detail` says why not. control: it was done only so that
    clients are told something, and is no part of what the story is about.
    """

    act: SwitchAct
    agent: str
    ok: bool
    call_id: str | None = None
    value: str | None = None  # the state, the dialled number, or the call data as name=value
    detail: str | None = None
    control: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class SwitchAgentSeen(Observation):
    """The switch itself reported an agent's state."""

    agent: str
    state: str
    reason_code: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SwitchCallSeen(Observation):
    """The switch itself reported something of a call; happening: the event's name, for instance "established".

    state: the connection's of that device, "CONNECT", "NULL" once it has left; None if it was not told. variables: call
    data that were told, (name, value); what is not named stays as it was.
    """

    call_id: str
    happening: str
    device: str | None = None
    state: str | None = None
    variables: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SwitchLooked(Observation):
    """The switch was asked in what state the agent is, and which calls are at his device: all that it knows of them.

    What it says outweighs whatever was heard before. Parties of calls: (device, connection state).
    """

    agent: str
    state: str
    calls: tuple[CallSeen, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsoleSaid(Observation):
    """One exchange with a console; secrets are left out by the client."""

    host: str
    sent: str
    received: str
    sent_s: float


class FaultPhase(StrEnum):
    """Where a fault stands."""

    INJECTING = "injecting"
    INJECTED = "injected"
    BITTEN = "bitten"
    NOT_BITTEN = "not-bitten"
    HELD = "held"  # noted when its rollback begins: all looks since it bit found it in force
    NOT_HELD = "not-held"  # noted when a look found that it was not in force any more, or that nobody could look
    ROLLING_BACK = "rolling-back"
    ROLLED_BACK = "rolled-back"
    LIFTED = "lifted"
    NOT_LIFTED = "not-lifted"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class FaultSeen(Observation):
    """A fault came into a phase; detail: the proof, or what was missing.

    fault: its name in this experiment. of_kind: its class, "CutLink". target: what it aims at, "cti-a" or
    "awdb.primary/MSSQLSERVER". parameters: the rest of it, (name, value as text). lies_in_wait: it bites only if
    somebody comes its way, which the product may fail to do. in_force_s: the last look that found it in force, for HELD
    and NOT_HELD.
    """

    fault: str
    phase: FaultPhase
    of_kind: str = ""
    target: str = ""
    parameters: tuple[tuple[str, str], ...] = ()
    detail: str | None = None
    lies_in_wait: bool = False
    in_force_s: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SteadyState(Observation):
    """Whether the steady state held. when: "before" or "after"; missing: what did not."""

    when: str
    ok: bool
    missing: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Step(Observation):
    """A step of the experiment's story begins; it lasts until the next one."""

    title: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Lateness(Observation):
    """The loop woke this late in the worst case since `since_s`: the clock error of a real-time run."""

    worst_s: float
    since_s: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended(Observation):
    """The last line of a whole journal. error: why the story was cut short, None if it was played to its end."""

    error: str | None = None


KINDS: dict[str, type[Observation]] = {
    kind.__name__: kind
    for kind in (
        Header, RestExchange, StreamChange, PresenceSeen, EventSeen, CtiSeen, StateAsked, AwdbSeen, LinkProbed,
        LinkSeen, CompanionHeard, ClientProbed, ServiceSeen, DesktopShown, DesktopActed, DesktopRequested,
        DesktopNotice, PhoneActed, PhoneRequested, PhonePushed, PhoneScreen, SwitchActed, SwitchAgentSeen,
        SwitchCallSeen, SwitchLooked, ControlSent, ConsoleSaid, FaultSeen, SteadyState, Step, Lateness, Ended,
    )
}  # fmt: skip
