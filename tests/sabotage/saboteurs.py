"""The table of saboteurs: what of ours is broken, and how; which clauses rest on it."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from unittest.mock import patch

from chaos.clients.events import EventStream, Leaving
from chaos.faults.answered_way import AnsweredWay
from chaos.faults.awdb_relay import AwdbRelay
from chaos.faults.base import Fault
from chaos.faults.blocked_way import BlockedWay
from chaos.faults.broken_sessions import BrokenSessions
from chaos.faults.browser_cookies import BrowserCookies
from chaos.faults.cut_awdb_link import CutAwdbLink
from chaos.faults.cut_link import CutLink
from chaos.faults.killed_process import KilledProcess
from chaos.faults.lonely_node import LonelyNode
from chaos.faults.refused_awdb import RefusedAwdb
from chaos.faults.refused_sessions import RefusedSessions
from chaos.faults.relay_connection import Connection
from chaos.faults.relay_orders import Refusing
from chaos.faults.silent_awdb_link import SilentAwdbLink
from chaos.faults.silent_link import SilentLink
from chaos.faults.slow_link import SlowLink
from chaos.faults.stopped_by_command import StoppedByCommand
from chaos.faults.stopped_distributor import StoppedDistributor
from chaos.faults.stopped_service import StoppedService
from chaos.faults.unconfigured_b_side import UnconfiguredBSide
from chaos.faults.unconfigured_secondary_awdb import UnconfiguredSecondaryAwdb
from chaos.faults.withheld_heartbeats import WithheldHeartbeats
from chaos.journal import (
    About,
    AwdbSeen,
    AwdbStep,
    ClientProbed,
    CompanionHeard,
    CtiSeen,
    CtiStep,
    DesktopActed,
    DesktopNotice,
    DesktopRequested,
    DoorAsked,
    DoorMarked,
    DoorsRead,
    EventSeen,
    LinkProbed,
    LinkSeen,
    PhoneActed,
    PhonePushed,
    PhoneRequested,
    PhoneScreen,
    PresenceSeen,
    RestExchange,
    ServiceSeen,
    StateAsked,
    StreamChange,
    StreamState,
    SwitchActed,
    SwitchAgentSeen,
    SwitchCallSeen,
    SwitchLooked,
    TeamSeen,
)
from chaos.wire.console.service import ServiceState
from tests.sabotage import faults as f
from tests.sabotage import observers as o

Made = Callable[[], AbstractContextManager[None]]


@dataclass(frozen=True, slots=True)
class Saboteur:
    """name: what is broken, and how. made: it, for one run. rests: the clauses that rest on it, none of which may be
    HELD or VIOLATED. plays: others that are played beside, which may be HELD, and not VIOLATED."""

    name: str
    made: Made
    rests: tuple[str, ...]
    plays: tuple[str, ...] = ()


def clauses(family: str, *numbers: int) -> tuple[str, ...]:
    return tuple(f"{family}-{n:02}" for n in numbers)


def cti(*numbers: int) -> tuple[str, ...]:
    return clauses("CTI", *numbers)


def awdb(*numbers: int) -> tuple[str, ...]:
    return clauses("AWDB", *numbers)


def client(*numbers: int) -> tuple[str, ...]:
    return clauses("CLIENT", *numbers)


def ippa(*numbers: int) -> tuple[str, ...]:
    return clauses("IPPA", *numbers)


def desktop(*numbers: int) -> tuple[str, ...]:
    return clauses("DESKTOP", *numbers)


GOODBYES = (Leaving.GOODBYE, Leaving.END, Leaving.DROP)
TOLD = cti(7, 8, 9, 10)
GAP = cti(6, 7, 8, 9, 10)
LINKS = cti(1, 2, 3, 4, 5)
BERT, NODE_B = "1001002", "fin-b.mock.test"
ABEL = "1001101"  # signs in by single sign-on, see TOKENS
BODO = "1001028"
ONE_EACH = (BODO, "1001016")  # one of them sits at a desktop in each experiment of the CLIENT family


@contextmanager
def _both(*made: AbstractContextManager[None]) -> Iterator[None]:
    with ExitStack() as stack:
        for one in made:
            stack.enter_context(one)
        yield


def _about(about: About) -> o.Where:
    return lambda seen: seen.about is about


def _same_event(seen: EventSeen) -> object:
    return seen.agent, seen.about, seen.control


def _rest(seen: RestExchange) -> object:
    return seen.node, seen.agent, seen.resource


def _system(seen: RestExchange) -> bool:
    return seen.resource == "GET SystemInfo"


def _step(*steps: CtiStep) -> o.Where:
    return lambda seen: seen.step in steps


# --- observers --------------------------------------------------------------------------------------------------------

_EVENTS = (
    Saboteur("event streams: deaf", lambda: o.deaf(EventSeen), (*TOLD, "CTI-11", "AWDB-07")),
    Saboteur(
        "event streams: deaf at one node", lambda: o.deaf(EventSeen, lambda s: s.node == NODE_B), TOLD, ("CTI-06",)
    ),
    Saboteur(
        "event streams: one agent's deaf", lambda: o.deaf(EventSeen, lambda s: s.agent == BERT), TOLD, ("CTI-05",)
    ),
    *(
        Saboteur(
            f"event streams: deaf to {about} events", partial(o.deaf, EventSeen, _about(about)), rests, ("CTI-06",)
        )
        for about, rests in (
            (About.USER, TOLD),
            (About.DIALOG, TOLD),
            (About.DIALOGS, TOLD),
            (About.SYSTEM, cti(5, 6, 7, 8)),
        )
    ),
    Saboteur("event streams: one event in twenty lost", lambda: o.deaf(EventSeen, every=20), (*TOLD, "AWDB-07")),
    Saboteur(
        "event streams: one of Finesse's own in twenty lost",
        lambda: o.deaf(EventSeen, lambda s: not s.control, every=20),
        TOLD,
    ),
    Saboteur(
        "event streams: one of Finesse's own in a hundred lost",
        lambda: o.deaf(EventSeen, lambda s: not s.control, every=100),
        TOLD,
    ),
    Saboteur(
        "event streams: deaf to Finesse, not to themselves", lambda: o.deaf(EventSeen, lambda s: not s.control), TOLD
    ),
    Saboteur("event streams: stop after two minutes", lambda: o.deaf(EventSeen, from_s=120.0), TOLD, ("CTI-06",)),
    Saboteur(
        "event streams: one agent's stops after two minutes",
        lambda: o.deaf(EventSeen, lambda s: s.agent == BERT, from_s=120.0),
        TOLD,
    ),
    Saboteur(
        "event streams: repeat an old event, one in twenty", lambda: o.stale(EventSeen, _same_event, every=20), TOLD
    ),
    Saboteur(
        "event streams: repeat an old event of Finesse's, one in twenty",
        lambda: o.stale(EventSeen, _same_event, lambda s: not s.control, every=20),
        TOLD,
    ),
)

_BESIDE = (
    Saboteur(
        "event streams: one loss or opening in three is not noted",
        lambda: o.deaf(StreamChange, every=3),
        desktop(1, 18),
    ),
    Saboteur("event streams: one presence in five is not seen", lambda: o.deaf(PresenceSeen, every=5), desktop(2)),
    Saboteur("event streams: deaf to the team", lambda: o.deaf(TeamSeen), cti(8)),
    Saboteur("event streams: one event of the team in three lost", lambda: o.deaf(TeamSeen, every=3), cti(8)),
    Saboteur("clients: are not asked whether they are there", lambda: o.deaf(ClientProbed), desktop(2, 4)),
    Saboteur("telephone: one act in five is not noted", lambda: o.deaf(SwitchActed, every=5), cti(8, 9)),
    Saboteur("telephone: one look at an agent in three is lost", lambda: o.deaf(SwitchLooked, every=3), cti(8)),
    Saboteur("browsers: one thing done there in three is not noted", lambda: o.deaf(DesktopActed, every=3), client(1)),
)

_REST = (
    Saboteur("REST: every answer an old one", lambda: o.stale(RestExchange, _rest), (*GAP, "CTI-11")),
    Saboteur("REST: SystemInfo an old one", lambda: o.stale(RestExchange, _rest, _system), cti(6, 8), ("CTI-05",)),
    Saboteur("REST: one answer in twenty an old one", lambda: o.stale(RestExchange, _rest, every=20), cti(6, 8, 9)),
    Saboteur(
        "REST: every answer at one node an old one",
        lambda: o.stale(RestExchange, _rest, lambda s: s.node == NODE_B),
        cti(6, 8, 9),
    ),
    Saboteur("REST: one answer in twenty is not noted", lambda: o.deaf(RestExchange, every=20), cti(6, 8, 9)),
    Saboteur("REST: one answer in twenty is one that was kept", lambda: o.kept_answers(every=20), cti(6, 8, 9)),
    Saboteur("REST: every answer at one node is one that was kept", lambda: o.kept_answers(NODE_B), cti(6, 8, 9)),
    Saboteur(
        "REST: nothing noted at one node",
        lambda: o.deaf(RestExchange, lambda s: s.node == NODE_B),
        (*cti(6, 8, 9), *awdb(1, 2, 3, 5, 7, 11)),
    ),
    Saboteur(
        "REST: AWDB answers are old ones",
        lambda: o.stale(RestExchange, _rest),
        awdb(1, 2, 3, 5, 6, 7, 8, 9, 11, 12),
        awdb(4, 10),
    ),
    Saboteur("REST: the probe of SystemInfo dies", lambda: o.rest_raises(8, "SystemInfo"), (*GAP, *LINKS)),
    Saboteur(
        "REST: the probe of SystemInfo dies late", lambda: o.rest_raises(60, "SystemInfo"), (), ("CTI", "AWDB-05")
    ),
)

_RELAY = (
    Saboteur("CTI relay: sees nothing", lambda: o.deaf(CtiSeen), LINKS, ("CTI-06",)),
    Saboteur(
        "CTI relay: sees one node only",
        lambda: o.deaf(CtiSeen, lambda s: s.client is not None and NODE_B in s.client),
        cti(1, 2, 3, 5),
    ),
    *(
        Saboteur(f"CTI relay: does not see {step}", partial(o.deaf, CtiSeen, _step(step)), rests, LINKS)
        for step, rests in (
            (CtiStep.ATTEMPT, cti(3)),
            (CtiStep.OPEN_REQ, cti(2, 3)),
            (CtiStep.OPEN_CONF, cti(1, 3)),
            (CtiStep.REFUSED, cti(2, 3)),
            (CtiStep.HEARTBEAT_REQ, cti(4)),
            (CtiStep.HEARTBEAT_CONF, cti(4)),
            (CtiStep.HEARTBEAT_WITHHELD, cti(4)),
            (CtiStep.CLOSED_BY_RELAY, cti(5)),
            (CtiStep.CLOSED_BY_CLIENT, cti(4)),
        )
    ),
    Saboteur("CTI relay: one thing in twenty unseen", lambda: o.deaf(CtiSeen, every=20), cti(2, 3, 4), LINKS),
    Saboteur(
        "CTI relay: one attempt in twenty unseen",
        lambda: o.deaf(CtiSeen, _step(CtiStep.ATTEMPT), every=20),
        cti(3),
        LINKS,
    ),
    Saboteur(
        "CTI relay: every fourth connection unseen",
        lambda: o.deaf(CtiSeen, lambda s: s.connection % 4 == 0),
        cti(2, 3),
        LINKS,
    ),
    Saboteur("CTI relay: sees nothing more after a minute", lambda: o.deaf(CtiSeen, from_s=60.0), cti(2, 3, 4), LINKS),
    Saboteur(
        "CTI relay: can follow no connection for long",
        lambda: o.relay_follows_no_longer(4),
        cti(1, 2, 3, 4, 5),
        ("CTI-06",),
    ),
    Saboteur(
        "CTI relay: can follow no connection for long and does not say so",
        lambda: o.relay_follows_no_longer(4, silently=True),
        cti(4),
        LINKS,
    ),
)

_AWDB = (
    Saboteur("AWDB relays: see nothing", lambda: o.deaf(AwdbSeen), awdb(4, 6), awdb(2, 3)),
    Saboteur(
        "AWDB relays: that of the primary sees nothing", lambda: o.deaf(AwdbSeen, lambda s: s.side == "a"), awdb(4, 6)
    ),
    Saboteur(
        "AWDB relays: do not see what is asked", lambda: o.deaf(AwdbSeen, lambda s: s.step is AwdbStep.ASKED), awdb(4)
    ),
    Saboteur(
        "AWDB relays: do not see attempts", lambda: o.deaf(AwdbSeen, lambda s: s.step is AwdbStep.ATTEMPT), awdb(6)
    ),
    Saboteur("AWDB relays: one thing in twenty unseen", lambda: o.deaf(AwdbSeen, every=20), awdb(4, 6)),
    Saboteur(
        "AWDB relays: every fourth connection unseen",
        lambda: o.deaf(AwdbSeen, lambda s: s.connection % 4 == 0),
        awdb(4, 6),
    ),
    Saboteur("AWDB relays: see nothing more after ten minutes", lambda: o.deaf(AwdbSeen, from_s=600.0), awdb(4, 6)),
    Saboteur("probes of AWDB links: say nothing", lambda: o.deaf(LinkProbed), awdb(1, 2, 3, 4, 5, 6, 8, 9, 10, 11)),
    Saboteur(
        "probes of AWDB links: repeat their first",
        lambda: o.stale(LinkProbed, lambda s: s.link),
        awdb(1, 2, 3, 4, 5, 6, 8, 9, 10, 11),
    ),
    Saboteur("looks at proxies: say nothing", lambda: o.deaf(LinkSeen), (), ("CTI-04", "AWDB-07", "AWDB-12")),
)

_SWITCH = (
    Saboteur("telephone: deaf", lambda: _both(o.deaf(SwitchAgentSeen), o.deaf(SwitchCallSeen)), cti(7, 8, 9, 10)),
    Saboteur("telephone: deaf to agents", lambda: o.deaf(SwitchAgentSeen), cti(8, 9)),
    Saboteur("telephone: deaf to calls", lambda: o.deaf(SwitchCallSeen), cti(8, 9, 10)),
    Saboteur("telephone: one event in twenty lost", lambda: o.deaf(SwitchCallSeen, every=20), cti(8, 9)),
    Saboteur("telephone: one agent event in twenty lost", lambda: o.deaf(SwitchAgentSeen, every=20), cti(8, 9)),
    Saboteur("telephone: deaf to one agent", lambda: o.deaf(SwitchAgentSeen, lambda s: s.agent == BERT), cti(8, 9)),
    Saboteur(
        "telephone: deaf to held calls", lambda: o.deaf(SwitchCallSeen, lambda s: s.happening == "held"), cti(8, 9)
    ),
    Saboteur(
        "telephone: deaf to call data",
        lambda: o.deaf(SwitchCallSeen, lambda s: s.happening == "data-update"),
        cti(8, 9),
    ),
    Saboteur(
        "telephone: stops after two minutes",
        lambda: _both(o.deaf(SwitchAgentSeen, from_s=120.0), o.deaf(SwitchCallSeen, from_s=120.0)),
        cti(8, 9),
    ),
    Saboteur(
        "telephone: repeats an old agent state",
        lambda: o.stale(SwitchAgentSeen, lambda s: s.agent, every=20),
        cti(8, 9),
    ),
)

_CONSOLES = (
    Saboteur(
        "consoles: say STOPPED of a Distributor that runs",
        lambda: o.console_says(ServiceState.STOPPED, "Distributor"),
        awdb(1),
    ),
    Saboteur(
        "consoles: say STOPPED of SQL Server that runs", lambda: o.console_says(ServiceState.STOPPED, "MSSQL"), awdb(5)
    ),
    Saboteur("consoles: say STOPPED of CTI servers that run", lambda: o.console_says(ServiceState.STOPPED, "CG"), GAP),
    Saboteur("consoles: their states are not noted", lambda: o.deaf(ServiceSeen), awdb(1, 5)),
    Saboteur("companion: says nothing", lambda: o.deaf(CompanionHeard), cti(1, 2, 3, 4, 5)),
    Saboteur("companion: always says the same", lambda: o.stale(CompanionHeard, lambda s: s.link), cti(1, 2, 4, 5)),
)

DESKS = client(*range(1, 21))


def _of_browser(seen: DesktopRequested) -> object:
    return seen.agent, seen.node, seen.resource


def _of(agent: str) -> o.Where:
    return lambda seen: seen.agent == agent


def _brings_tokens(seen: DesktopRequested) -> bool:
    return seen.resource.endswith("sso/token")


def _logs_out(seen: DesktopRequested) -> bool:
    return seen.resource.endswith(" logout")


def _forced(seen: StateAsked) -> bool:
    return seen.reason_code == 255


def _of_phone(seen: PhoneScreen) -> object:
    return seen.agent


_BROWSERS = (
    Saboteur("network logs: deaf", lambda: o.deaf(DesktopRequested), DESKS),
    Saboteur("network logs: one person's deaf", lambda: o.deaf(DesktopRequested, lambda s: s.agent in ONE_EACH), DESKS),
    Saboteur("network logs: one request in twenty lost", lambda: o.deaf(DesktopRequested, every=20), DESKS),
    Saboteur(
        "network logs: deaf to SystemInfo",
        lambda: o.deaf(DesktopRequested, lambda s: s.resource == "GET SystemInfo"),
        DESKS,
    ),
    Saboteur("network logs: stop after a minute", lambda: o.deaf(DesktopRequested, from_s=60.0), DESKS),
    Saboteur(
        "network logs: one request in twenty an old one",
        lambda: o.stale(DesktopRequested, _of_browser, every=20),
        DESKS,
    ),
    Saboteur("screens: not seen", lambda: o.deaf(DesktopNotice), client(1, 5, 9)),
    Saboteur(
        "screens: one person's not seen", lambda: o.deaf(DesktopNotice, lambda s: s.agent in ONE_EACH), client(1, 5)
    ),
    Saboteur(
        "screens: the product's own notices not seen",
        lambda: o.deaf(DesktopNotice, lambda s: not s.control),
        client(1, 5),
    ),
    Saboteur("screens: not seen after a minute", lambda: o.deaf(DesktopNotice, from_s=60.0), client(1, 5)),
    Saboteur(
        "screens: one notice in five an old one",
        lambda: o.stale(DesktopNotice, lambda s: s.agent, every=5),
        client(1, 5),
    ),
    Saboteur("the switch is not asked for states", lambda: o.deaf(SwitchLooked), client(1, 2, 9, 17)),
)

TOKENS = desktop(14, 15, 16, 17, 22)
_SHOWN = desktop(15, 16)
_SIGN_ONS = (
    Saboteur("network logs of sign-ons: deaf to tokens", lambda: o.deaf(DesktopRequested, _brings_tokens), TOKENS),
    Saboteur("network logs of sign-ons: deaf to logouts", lambda: o.deaf(DesktopRequested, _logs_out), TOKENS),
    Saboteur("network logs of sign-ons: one person's deaf", lambda: o.deaf(DesktopRequested, _of(ABEL)), TOKENS),
    Saboteur("screens of sign-ons: not seen", lambda: o.deaf(DesktopNotice), _SHOWN),
    Saboteur("screens of sign-ons: one person's not seen", lambda: o.deaf(DesktopNotice, _of(ABEL)), _SHOWN),
    Saboteur("screens of sign-ons: one dialog in ten lost", lambda: o.deaf(DesktopNotice, every=10), _SHOWN),
    Saboteur(
        "screens of sign-ons: one dialog in seven an old one",
        lambda: o.stale(DesktopNotice, lambda s: s.agent, every=7),
        _SHOWN,
    ),
    Saboteur("cookies: counted as none", f.no_cookies, TOKENS),
    Saboteur("CTI relay: hears no logout of an expired token", lambda: o.deaf(StateAsked, _forced), desktop(14, 17)),
    Saboteur(
        "CTI relay: one logout of an expired token in four unheard",
        lambda: o.deaf(StateAsked, _forced, every=4),
        desktop(14, 17),
    ),
)

HANDSETS = ippa(*range(1, 13))


def _of_tables(seen: DoorsRead) -> bool:
    return seen.what == "connections"


_PHONES = (
    Saboteur("phones: their screens are not seen", lambda: o.deaf(PhoneScreen), HANDSETS),
    Saboteur(
        "phones: one person's screens are not seen",
        lambda: o.deaf(PhoneScreen, lambda s: s.agent == BODO),
        HANDSETS,
    ),
    Saboteur("phones: one screen in five is not seen", lambda: o.deaf(PhoneScreen, every=5), HANDSETS),
    Saboteur("phones: screens are not seen after a minute", lambda: o.deaf(PhoneScreen, from_s=60.0), ippa(2, 8, 9)),
    Saboteur("phones: one screen in five is an old one", lambda: o.stale(PhoneScreen, _of_phone, every=5), HANDSETS),
    Saboteur("phones: requests are not seen", lambda: o.deaf(PhoneRequested, every=3), ippa(4)),
    Saboteur("phones: orders are not seen", lambda: o.deaf(PhonePushed, every=2), ippa(4)),
    Saboteur("phones: what is done there is not noted", lambda: o.deaf(PhoneActed), HANDSETS),
    Saboteur("doors: logs of nodes are not seen", lambda: o.deaf(DoorAsked), ippa(3, 4)),
    Saboteur("doors: one line of a log in five is not seen", lambda: o.deaf(DoorAsked, every=5), ippa(3, 4)),
    Saboteur("doors: tables of connections are not looked at", lambda: o.deaf(DoorsRead, _of_tables), ippa(4)),
    Saboteur("doors: nothing is asked on purpose", lambda: o.deaf(DoorMarked), ippa(3, 4)),
)

# --- faults -----------------------------------------------------------------------------------------------------------

_ON_FAULTS = {
    BrokenSessions: cti(1, 2, 3, 5, 6, 7, 8, 9, 10),
    CutLink: cti(1, 5, 6, 7, 8, 9, 10),
    SilentLink: cti(1, 4, 6, 7, 8, 9, 10),
    WithheldHeartbeats: cti(1, 2, 3, 4, 6, 7, 8, 9, 10, 11),
    RefusedSessions: cti(2, 3, 6, 7, 8, 9, 10, 11),
    KilledProcess: cti(1, 2, 3, 5),
    StoppedService: (*cti(6, 7, 8, 9, 10), "AWDB-05", *client(8, 17, 19), *ippa(7, 11)),
    StoppedByCommand: (*client(18), *ippa(10)),
    BlockedWay: client(7, 9, 12, 13),
    AnsweredWay: client(9, 12, 16),
    BrowserCookies: TOKENS,
    LonelyNode: (*client(6, 20), *ippa(6, 12)),
    SlowLink: cti(4),
    UnconfiguredBSide: cti(1),
    UnconfiguredSecondaryAwdb: awdb(1),
    CutAwdbLink: awdb(1, 5),
    RefusedAwdb: awdb(1, 2, 3, 4, 5, 6, 8, 9, 10, 11),
    SilentAwdbLink: awdb(5, 7, 12),
    StoppedDistributor: awdb(1),
}
_TURNS = (
    BrokenSessions,
    CutLink,
    SilentLink,
    SlowLink,
    WithheldHeartbeats,
    RefusedSessions,
    KilledProcess,
    StoppedService,
    CutAwdbLink,
    RefusedAwdb,
    SilentAwdbLink,
    StoppedDistributor,
)
_LASTS = (
    CutLink,
    SilentLink,
    SlowLink,
    WithheldHeartbeats,
    RefusedSessions,
    StoppedService,
    CutAwdbLink,
    RefusedAwdb,
    SilentAwdbLink,
    StoppedByCommand,
    BlockedWay,
    AnsweredWay,
    LonelyNode,
)


# What is away for a few seconds only: who lifts it after 8 s changes nothing.
_BRIEF: dict[type[Fault], tuple[str, ...]] = {
    StoppedService: ("AWDB-05",),
    CutAwdbLink: ("AWDB-01",),
    RefusedAwdb: ("AWDB-01",),
}
# Both sides refuse at once, ten seconds before anybody comes: who mixes them up, or is late by 6 s, does the same.
_AT_BOTH: dict[type[Fault], tuple[str, ...]] = {RefusedSessions: ("CTI-11",)}


def _longer(fault: type[Fault]) -> tuple[str, ...]:
    return tuple(one for one in _ON_FAULTS[fault] if one not in _BRIEF.get(fault, ()))


def _of_one_side(fault: type[Fault]) -> tuple[str, ...]:
    return tuple(one for one in _ON_FAULTS[fault] if one not in _AT_BOTH.get(fault, ()))


_FAULTS = (
    *(Saboteur(f"{k.__name__}: does nothing", partial(f.does_nothing, k), rests) for k, rests in _ON_FAULTS.items()),
    *(Saboteur(f"{k.__name__}: on the wrong side", partial(f.on_the_wrong_side, k), _of_one_side(k)) for k in _TURNS),
    *(Saboteur(f"{k.__name__}: 6 s late", partial(f.late, k, 6.0), _of_one_side(k)) for k in _TURNS),
    *(Saboteur(f"{k.__name__}: lifts after 8 s", partial(f.lifts_early, k, 8.0), _longer(k)) for k in _LASTS),
    Saboteur("BrokenSessions: one session only", f.cuts_one_connection_only, cti(1, 2, 3, 5)),
    Saboteur("BrokenSessions: a close where a reset was meant", f.cuts_softly, cti(1, 2, 3, 5)),
    Saboteur("SilentLink: one way only", f.one_stream_only, (*cti(1, 4), *awdb(7, 12))),
    Saboteur("SlowLink: half as late", f.half_as_late, cti(4)),
    Saboteur("RefusedSessions: one node let in", partial(f.spares_one_node, Refusing, "is_due"), cti(2, 3, 6)),
    Saboteur("WithheldHeartbeats: one node's delivered", partial(f.spares_one_node, Connection, "_take"), cti(4)),
    Saboteur("AnsweredWay: every second request gets through", f.answers_every_second, client(9, 12, 16)),
    Saboteur("AnsweredWay: ends 20 s late", partial(f.ends_late, AnsweredWay, 20.0), client(9, 12, 16)),
    Saboteur("RefusedAwdb: one connection goes on", lambda: f.cuts_one_connection_only(AwdbRelay), awdb(4, 6)),
)

_ABSENCES = desktop(3, 4, 5, 11, 12, 13)
_CONSEQUENCES = desktop(1, 18, 19, 20, 21)


def _own_presence(seen: PresenceSeen) -> bool:
    return seen.of == seen.agent


def _failed(seen: SwitchAgentSeen) -> bool:
    return seen.reason_code == 50002


@contextmanager
def _stays(how: Leaving) -> Iterator[None]:
    """Clients that are to leave so only say that they did."""
    leave = EventStream.leave

    async def sabotaged(stream: EventStream, wanted: Leaving) -> None:
        if wanted is how:
            stream._note(StreamState.LEFT, how.value)
        else:
            await leave(stream, wanted)

    with patch.object(EventStream, "leave", sabotaged):
        yield


_DESKTOP = (
    Saboteur("CTI relay: hears no state that is asked for", lambda: o.deaf(StateAsked), _ABSENCES),
    Saboteur("CTI relay: hears one state in five", lambda: o.deaf(StateAsked, every=5), _ABSENCES),
    Saboteur("CTI relay: hears no forced logout", lambda: o.deaf(StateAsked, _forced), _ABSENCES),
    Saboteur(
        "CTI relay: one forced logout in four unheard", lambda: o.deaf(StateAsked, _forced, every=4), desktop(3, 5)
    ),
    Saboteur(
        "event streams: no presence of one's own", lambda: o.deaf(PresenceSeen, lambda s: s.of == s.agent), desktop(2)
    ),
    Saboteur("event streams: nobody ever goes", lambda: o.deaf(PresenceSeen, lambda s: not s.available), desktop(2)),
    Saboteur("telephone: hears of no lost connection", lambda: o.deaf(SwitchAgentSeen, _failed), _CONSEQUENCES),
    Saboteur(
        "telephone: one lost connection in six unheard",
        lambda: o.deaf(SwitchAgentSeen, _failed, every=6),
        desktop(18, 20),
    ),
    *(Saboteur(f"LeftClient: {how} is only said", partial(_stays, how), desktop(3, 5)) for how in GOODBYES),
    Saboteur("LeftClient: silence is only said", partial(_stays, Leaving.SILENCE), desktop(2, 4, 7)),
)

_ALL = (
    *_EVENTS,
    *_BESIDE,
    *_REST,
    *_RELAY,
    *_AWDB,
    *_SWITCH,
    *_CONSOLES,
    *_BROWSERS,
    *_SIGN_ONS,
    *_PHONES,
    *_FAULTS,
    *_DESKTOP,
)
SABOTEURS = {one.name: one for one in _ALL}
