"""When agents had no client at a node, as we made it; which logouts their nodes then asked of the CTI server; and in
which state the switch said that they were."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from itertools import takewhile
from types import MappingProxyType

from chaos.history.asking import is_taken
from chaos.history.evidence import Evidence
from chaos.history.faults import fault_spans
from chaos.history.gaps import gaps
from chaos.history.happenings import EARLY_S
from chaos.history.history import History, fact
from chaos.history.people import at_work, homes
from chaos.history.relays import cti_blind
from chaos.history.screens import asked_about
from chaos.history.sessions import own_clients
from chaos.journal import (
    DesktopAct,
    DesktopActed,
    DesktopRequested,
    PhoneActed,
    RestExchange,
    StateAsked,
    StreamChange,
    StreamState,
    SwitchActed,
    SwitchAgentSeen,
    SwitchCallSeen,
)

SILENCE, SLOW = "silence", "slow"
# Of a desktop in a browser, which the node knows by its BOSH session alone.
CLOSED, BACK, CRASHED = "browser-closed", "browser-back", "browser-crashed"
LOGOUT, NOT_READY, AVAILABLE, TALKING = "LOGOUT", "NOT_READY", "AVAILABLE", "TALKING"
ON_CALL = frozenset({TALKING, "HOLD"})
CALLED = ON_CALL | {"RESERVED"}
"""States that a call brings, whoever makes it."""
# What a person asked for at a desktop is on its way to the CTI server within this time (ours).
_ASKED_S = 3.0
# A relay hears what a node asks for on behalf of somebody at a desktop within this time of the request (ours).
_PASSED_ON_S = 5.0
# So long after its return what agents lost by a node's CTI session may be told (ours).
_RECONNECTED_S = 15.0
# What is told to one client of the CTI server is told to all within this time (ours).
_AT_ONCE_S = 0.5
# What a CTI server makes of a logout is told within this time (ours).
_CAME_OF_IT_S = 5.0
# The reason of Not Ready and of Logged Out for a lost connection (Finesse administration guide, Manage Reasons).
CONNECTION_FAILURE = 50002
# A node waits a minute before it asks for a forced logout: what befalls somebody sooner is none that relays missed.
_NODE_ASKS_S = 55.0


@dataclass(frozen=True, slots=True)
class Absence:
    """A stretch in which a person had no client at a node.

    how: in which way the last one left, "goodbye", "end", "drop", "silence", or a browser with its desktop; "lost" if
    that was not our doing.
    back_s: when one was there again, infinity if none was.
    """

    agent: str
    node: str
    how: str
    left: StreamChange
    back_s: float

    @property
    def left_s(self) -> float:
        return self.left.at_s

    def cited(self) -> Evidence:
        return Evidence.frame(self.left, f"{self.node}: the client of {self.agent} leaves ({self.how})")


@fact
def absences(history: History) -> tuple[Absence, ...]:
    """Every absence of everybody whose clients came and went, in order."""
    there: dict[tuple[str, str], set[str]] = {}
    gone: dict[tuple[str, str], StreamChange] = {}
    found: list[Absence] = []
    for seen in history.of(StreamChange):
        key = (seen.agent, seen.node)
        if seen.state is StreamState.CONNECTED:
            there.setdefault(key, set()).add(seen.transport)
            if key in gone:
                found.append(_absence(gone.pop(key), seen.at_s))
        elif seen.transport in there.get(key, {seen.transport}):
            there.get(key, set()).discard(seen.transport)
            if not there.get(key):
                gone.setdefault(key, seen)
    found += [_absence(seen, float("inf")) for seen in gone.values()]
    return tuple(sorted(found, key=lambda one: one.left_s))


def _absence(left: StreamChange, back_s: float) -> Absence:
    how = left.reason if left.state is StreamState.LEFT and left.reason else "lost"
    return Absence(left.agent, left.node, how, left, back_s)


@fact
def is_there(history: History, agent: str, node: str, from_s: float, to_s: float) -> bool:
    """Was one and the same client of that person connected to that node from then until then?"""
    own = history.of(StreamChange, lambda seen: seen.agent == agent and seen.node == node, to_s=to_s)
    since: dict[str, float] = {}
    for seen in own:
        if seen.state is StreamState.CONNECTED:
            since.setdefault(seen.transport, seen.at_s)
        else:
            since.pop(seen.transport, None)
    if not own and agent in at_work(history) and homes(history).get(agent) == node:
        return True  # connected before the story began, and never lost
    return any(at_s <= from_s for at_s in since.values())


# --- logouts ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ForcedLogout:
    """A node asked the CTI server to log somebody out whom nobody had asked to."""

    node: str
    agent: str
    asked: StateAsked

    @property
    def at_s(self) -> float:
        return self.asked.at_s

    def cited(self) -> Evidence:
        how = "by force" if self.asked.forced else "and not by force"
        said = f"{self.node} asks the CTI server to log {self.agent} out, {how}, code {self.asked.reason_code}"
        return Evidence.of(self.asked, said)


@fact
def forced_logouts(history: History) -> tuple[ForcedLogout, ...]:
    """Logouts that nodes asked for and no request of the person explains, in order."""
    wanted = history.whole.of(RestExchange, lambda seen: ("state", LOGOUT) in seen.wanted)
    found = []
    for node in history.nodes:
        own = own_clients(history, node)
        for asked in history.of(StateAsked, lambda seen, own=own: seen.state == LOGOUT and seen.client in own):  # type: ignore[misc]
            agent = asked.agent or ""
            if not any(one.agent == agent and 0 <= asked.at_s - one.sent_s <= _ASKED_S for one in wanted):
                found.append(ForcedLogout(node, agent, asked))
    return tuple(sorted(found, key=lambda one: one.at_s))


@fact
def logouts_of(history: History, agent: str, node: str) -> tuple[ForcedLogout, ...]:
    return tuple(one for one in forced_logouts(history) if one.agent == agent and one.node == node)


@fact
def deaf_to_states(history: History) -> str | None:
    """Why the relays cannot be believed to have heard what states were asked for; None if they heard all that people
    asked of their nodes and were granted."""
    blind = cti_blind(history)
    if blind is not None:
        return blind
    heard: dict[str, list[float]] = {}
    for asked in history.whole.of(StateAsked):
        heard.setdefault(f"{asked.agent} {asked.state}", []).append(asked.at_s)
    for seen in history.whole.of(RestExchange, lambda seen: bool(seen.wanted) and is_taken(seen)):
        state = _CTI.get(dict(seen.wanted).get("state", ""))
        if state is None or seen.agent is None or seen.at_s > history.story.end_s - _PASSED_ON_S:
            continue
        times = heard.get(f"{seen.agent} {state}", [])
        if not any(seen.sent_s - _PASSED_ON_S <= at_s <= seen.at_s + _PASSED_ON_S for at_s in times):
            return f"no relay heard that {seen.agent} asked for {state} at {seen.sent_s:.3f} s"
    return None


@fact
def deaf_to_logouts(history: History) -> str | None:
    """The same, and whether they heard all that made an absent agent lose his state, once a node may have asked for it:
    nothing else does. What the switch makes of him before that is its own doing, and says nothing of the relays."""
    deaf = deaf_to_states(history)
    if deaf is not None:
        return deaf
    for one in absences(history):
        until_s = min(one.back_s, history.story.end_s)
        for seen in states_after(history, one.agent, one.left_s + _NODE_ASKS_S, until_s):
            # A node that has lost its CTI session meanwhile, whichever he signed in at, explains it, too (DESKTOP-09).
            from_s = seen.at_s - _RECONNECTED_S
            if not _is_news(history, seen) or any(
                is_disturbed(history, node, from_s, seen.at_s) for node in history.nodes
            ):
                continue
            if not was_asked(history, one.agent, one.left_s, seen.at_s + _AT_ONCE_S):
                return f"no relay heard what made {one.agent} {seen.state} for a lost connection at {seen.at_s:.3f} s"
    return None


def _is_news(history: History, seen: SwitchAgentSeen) -> bool:
    """Whether he was not in that state for a lost connection before, calls apart."""
    before = [one for one in states(history, seen.agent) if one.at_s < seen.at_s and one.state not in CALLED]
    is_same = bool(before) and (before[-1].state, before[-1].reason_code) == (seen.state, seen.reason_code)
    return seen.reason_code == CONNECTION_FAILURE and not is_same


def was_asked(history: History, agent: str, from_s: float, to_s: float) -> bool:
    """Did a node, or our telephone, ask to log that agent out?"""
    heard = history.whole.of(StateAsked, lambda seen: seen.agent == agent, from_s=from_s, to_s=to_s)
    ours = history.whole.of(SwitchActed, lambda seen: seen.agent == agent, from_s=from_s, to_s=to_s)
    return any(seen.state == LOGOUT for seen in heard) or any((act.value or "").startswith(LOGOUT) for act in ours)


@fact
def telephone_contradicted(history: History) -> str | None:
    """What a node shows of a lost connection, and our telephone at the switch was not told; None if nothing. Who was
    told at once what a logout had made of somebody, be it for another reason, has missed nothing of it."""
    looks = history.whole.of(
        RestExchange, lambda seen: seen.reason_code == CONNECTION_FAILURE and seen.user_state in (NOT_READY, LOGOUT)
    )
    for seen in looks:
        of = asked_about(seen) or ""
        told = state_before(history, of, seen.at_s)
        is_news = told is not None and (told.state, told.reason_code) != (seen.user_state, CONNECTION_FAILURE)
        near = states_after(history, of, seen.sent_s - _AT_ONCE_S, seen.at_s + _AT_ONCE_S)
        if told is not None and told.state == seen.user_state and _came_of_logout(history, told):
            continue
        if is_news and not near and not _signs_in_next(history, of, seen.at_s):
            return f"our telephone was not told that {of} is {seen.user_state} before {seen.at_s:.3f} s"
    return None


def _came_of_logout(history: History, told: SwitchAgentSeen) -> bool:
    """Was that told just after somebody had asked to log him out, or after a call during which somebody had?"""
    before = [seen for seen in states(history, told.agent) if seen.at_s < told.at_s]
    call = tuple(takewhile(lambda seen: seen.state in CALLED, reversed(before)))
    from_s = call[-1].at_s if call else told.at_s - _CAME_OF_IT_S
    return was_asked(history, told.agent, from_s, told.at_s + EARLY_S)


def _signs_in_next(history: History, agent: str, at_s: float) -> bool:
    """Is the next that the switch tells of him that he signs in? Then he was signed out, as our telephone had it."""
    told = history.whole.of(SwitchAgentSeen, lambda seen: seen.agent == agent)
    before = [seen for seen in told if seen.at_s < at_s]
    after = next((seen for seen in told if seen.at_s > at_s), None)
    return bool(before) and before[-1].state == LOGOUT and after is not None and after.state == "LOGIN"


# A sign-in by who is signed in already asks nothing of the CTI server, and proves nothing.
# Of a party: he talks, or has put it on hold.
_UP = ("CONNECT", "HOLD")
_CTI: Mapping[str, str] = MappingProxyType(
    {"READY": AVAILABLE, "NOT_READY": NOT_READY, "LOGOUT": LOGOUT, "WORK": "WORK_NOT_READY"}
)


# --- states at the switch --------------------------------------------------------------------------------------------


@fact
def states(history: History, agent: str) -> tuple[SwitchAgentSeen, ...]:
    """What the switch told of that agent's state, in order."""
    return tuple(history.whole.of(SwitchAgentSeen, lambda seen: seen.agent == agent and seen.state != "LOGIN"))


def state_before(history: History, agent: str, at_s: float) -> SwitchAgentSeen | None:
    """The last that was told before that time."""
    before = [seen for seen in states(history, agent) if seen.at_s < at_s]
    return before[-1] if before else None


def states_after(history: History, agent: str, from_s: float, to_s: float) -> Sequence[SwitchAgentSeen]:
    return [seen for seen in states(history, agent) if from_s <= seen.at_s <= to_s]


@fact
def touched_s(history: History, agent: str) -> tuple[float, ...]:
    """When we asked for something that changes the agent's state, at a desktop, as a supervisor, or at the switch."""
    asked = history.whole.of(RestExchange, lambda seen: seen.agent == agent and bool(seen.wanted))
    asked += asked_by_others(history, agent)
    done = history.whole.of(SwitchActed, lambda seen: seen.agent == agent)
    # An act is noted when the switch has answered; what it causes is told just before.
    return tuple(sorted([seen.sent_s for seen in asked] + [seen.at_s - EARLY_S for seen in done]))


@fact
def asked_by_others(history: History, agent: str) -> list[RestExchange]:
    """Requests of others for a state of his that were accepted: supervisors may."""
    return history.whole.of(
        RestExchange,
        lambda seen: (
            seen.resource == "PUT User/{id}"
            and seen.path.endswith(f"/{agent}")
            and seen.agent != agent
            and is_taken(seen)
        ),
    )


@fact
def left_alone_until_s(history: History, agent: str, from_s: float) -> float:
    """Until when nobody did anything that may change that agent's state: at the switch, by REST, at a browser or at a
    phone; the end of the story, if nobody did."""
    at_screen = history.of(DesktopActed, lambda seen: seen.agent == agent and seen.act in _SITS_DOWN, from_s=from_s)
    at_phone = history.of(PhoneActed, lambda seen: seen.agent == agent, from_s=from_s)
    asked = history.of(DesktopRequested, lambda seen: seen.agent == agent and bool(seen.wanted), from_s=from_s)
    done = [seen.begun_s for seen in at_screen] + [seen.begun_s for seen in at_phone] + [seen.sent_s for seen in asked]
    done += [at_s for at_s in touched_s(history, agent) if at_s > from_s]
    return min([*done, history.story.end_s])


# What people do at browsers that may sign them in.
_SITS_DOWN = (DesktopAct.OPEN, DesktopAct.SIGN_IN, DesktopAct.REFRESH)


def undone(
    history: History, agent: str, from_s: float, until_s: float, states: Collection[str]
) -> SwitchAgentSeen | None:
    """The first state other than these that the agent is told to be in by nobody's doing, calls apart: what has become
    of him does not last."""
    to_s = min(until_s, left_alone_until_s(history, agent, from_s))
    told = states_after(history, agent, from_s, to_s - _AT_ONCE_S)
    return next((seen for seen in told if seen.state not in states and seen.state not in CALLED), None)


@fact
def calls_ended_s(history: History, device: str) -> tuple[float, ...]:
    """When a call at that device was over, and no other one was up there, as the switch told it."""
    up: set[str] = set()
    over: list[float] = []
    for seen in history.whole.of(SwitchCallSeen, lambda seen: seen.device == device):
        if seen.state in _UP:
            up.add(seen.call_id)
        elif seen.happening == "end" or seen.state == "NULL":
            up.discard(seen.call_id)
        if seen.happening == "end" and not up:
            over.append(seen.at_s)
    return tuple(over)


@fact
def our_faults(history: History) -> tuple[tuple[float, float], ...]:
    """When a fault of ours was about anything but clients: what is due then may not come."""
    spans = (span for span in fault_spans(history) if not span.target.startswith("client."))
    return tuple((one.injecting_s, float("inf") if one.rolled_back_s is None else one.rolled_back_s) for one in spans)


@fact
def outages(history: History, node: str) -> tuple[tuple[float, float], ...]:
    """When that node was out of service, for whatever reason."""
    own = (gap for gap in gaps(history) if gap.node == node)
    return tuple((gap.told_s, float("inf") if gap.back_s is None else gap.back_s) for gap in own)


def is_broken(history: History, from_s: float, to_s: float) -> bool:
    """Was anything but clients broken by us meanwhile?"""
    return any(begin_s <= to_s and from_s <= end_s for begin_s, end_s in our_faults(history))


def is_disturbed(history: History, node: str, from_s: float, to_s: float) -> bool:
    """The same, or was the node out of service?"""
    out = any(begin_s <= to_s and from_s <= end_s for begin_s, end_s in outages(history, node))
    return out or is_broken(history, from_s, to_s)
