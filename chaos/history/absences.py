"""When agents had no client at a node, as we made it; which logouts their nodes then asked of the CTI server; and in
which state the switch said that they were."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from chaos.history.evidence import Evidence
from chaos.history.faults import fault_spans
from chaos.history.gaps import gaps
from chaos.history.history import History, fact
from chaos.history.relays import cti_blind
from chaos.history.sessions import clients_of
from chaos.journal import (
    RestExchange,
    StateAsked,
    StreamChange,
    StreamState,
    SwitchActed,
    SwitchAgentSeen,
    SwitchCallSeen,
)

SILENCE = "silence"
LOGOUT, NOT_READY, AVAILABLE, TALKING = "LOGOUT", "NOT_READY", "AVAILABLE", "TALKING"
ON_CALL = frozenset({TALKING, "HOLD"})
# What a person asked for at a desktop is on its way to the CTI server within this time (ours).
_ASKED_S = 3.0
# A relay hears what a node asks for on behalf of somebody at a desktop within this time of the request (ours).
_PASSED_ON_S = 5.0


@dataclass(frozen=True, slots=True)
class Absence:
    """A stretch in which a person had no client at a node.

    how: in which way the last one left, "goodbye", "end", "drop" or "silence"; "lost" if that was not our doing.
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
        return Evidence.of(self.left, f"{self.node}: the client of {self.agent} leaves ({self.how})")


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
        return Evidence.of(self.asked, f"{self.node} asks to log {self.agent} out, code {self.asked.reason_code}")


@fact
def forced_logouts(history: History) -> tuple[ForcedLogout, ...]:
    """Logouts that nodes asked for and no request of the person explains, in order."""
    wanted = history.whole.of(RestExchange, lambda seen: ("state", LOGOUT) in seen.wanted)
    found = []
    for node in history.nodes:
        own = clients_of(history, node)
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
    for seen in history.whole.of(RestExchange, lambda seen: bool(seen.wanted) and seen.status == 202):
        state = _CTI.get(dict(seen.wanted).get("state", ""))
        if state is None or seen.agent is None or seen.at_s > history.story.end_s - _PASSED_ON_S:
            continue
        times = heard.get(f"{seen.agent} {state}", [])
        if not any(seen.sent_s - _PASSED_ON_S <= at_s <= seen.at_s + _PASSED_ON_S for at_s in times):
            return f"no relay heard that {seen.agent} asked for {state} at {seen.sent_s:.3f} s"
    return None


# A sign-in by who is signed in already asks nothing of the CTI server, and proves nothing.
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
    """When we asked for something that changes the agent's state, at a desktop or at the switch."""
    asked = history.whole.of(RestExchange, lambda seen: seen.agent == agent and bool(seen.wanted))
    done = history.whole.of(SwitchActed, lambda seen: seen.agent == agent)
    return tuple(sorted([seen.sent_s for seen in asked] + [seen.at_s for seen in done]))


@fact
def calls_ended_s(history: History, device: str) -> tuple[float, ...]:
    """When calls at that device were over, as the switch told it."""
    over = history.whole.of(SwitchCallSeen, lambda seen: seen.happening == "end" and seen.device == device)
    return tuple(seen.at_s for seen in over)


@fact
def outages(history: History, node: str) -> tuple[tuple[float, float], ...]:
    """When that node was out of service, or a fault of ours was about CTI: what is due then may not come."""
    own = (gap for gap in gaps(history) if gap.node == node)
    found = [(gap.told_s, float("inf") if gap.back_s is None else gap.back_s) for gap in own]
    for span in fault_spans(history):
        if not span.target.startswith("client."):
            over_s = span.rolled_back_s if span.rolled_back_s is not None else float("inf")
            found.append((span.injecting_s, over_s))
    return tuple(found)


def is_disturbed(history: History, node: str, from_s: float, to_s: float) -> bool:
    return any(begin_s <= to_s and from_s <= end_s for begin_s, end_s in outages(history, node))
