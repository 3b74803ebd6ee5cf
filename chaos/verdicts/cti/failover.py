"""What the checks of CTI-06 … CTI-11 share: gaps that can be judged, their moments, and what there is to ask for."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from chaos.errors import EvidenceError
from chaos.history import History
from chaos.history.faults import fault_spans, times_away
from chaos.history.gaps import Gap, gaps, notices
from chaos.history.hearing import deaf
from chaos.history.history import fact
from chaos.history.lateness import clock_error_s
from chaos.history.people import at_work, homes
from chaos.history.sessions import sessions, silences
from chaos.journal import CtiStep, EventSeen, Header, RestExchange, SteadyState
from chaos.verdicts import bounds
from chaos.verdicts.finding import Finding
from chaos.verdicts.grid import Cell
from chaos.verdicts.outcome import Outcome

AGENT_ASKS = (
    "GET User/{id}",
    "PUT User/{id}",
    "GET User/{id}/Dialogs",
    "POST User/{id}/Dialogs",
    "GET Dialog/{id}",
    "PUT Dialog/{id}",
    "GET User/{id}/ReasonCodes",
    "GET ReasonCode/{id}",
)
"""What a desktop asks for in its agent's name."""

ADMIN_ASKS = (
    "GET User/{id}",
    "GET User/{id}/Dialogs",
    "GET Users",
    "GET ReasonCodes",
    "GET ReasonCode/{id}",
    "GET SystemConfig",
    "PUT SystemConfig",
    "GET EnterpriseDatabaseConfig",
    "PUT EnterpriseDatabaseConfig",
    "GET ClusterConfig",
    "PUT ClusterConfig",
    "GET ConnectedUsersInfo",
)
"""What the administration console asks for, and whoever counts the users of a node."""

SYSTEM_INFO = "GET SystemInfo"

ASKS = (*(f"agent {one}" for one in AGENT_ASKS), *(f"administrator {one}" for one in ADMIN_ASKS))
"""Every request that the clause speaks of; SystemInfo is how clients learn of the fail-over, and is looked at apart."""

FIRST_SECOND, MIDDLE, END = "first second", "middle", "end"
MOMENTS = (FIRST_SECOND, MIDDLE, END)
AT_ONCE, LATER = "at once", "later"
SIDES = ("a", "b")


def ask_of(seen: RestExchange) -> str:
    """The value of the axis `ask`: who asked for what."""
    if seen.resource == SYSTEM_INFO:
        return SYSTEM_INFO
    return f"{'administrator' if seen.agent is None else 'agent'} {seen.resource}"


def agents(header: Header) -> Sequence[str]:
    """The axis of people at work."""
    return [agent for agent, _ in header.agents]


def moment_of(gap: Gap, at_s: float) -> str:
    """Which part of the gap that is. Its end is reckoned back from IN_SERVICE, and there is none before that."""
    if at_s <= gap.told_s + bounds.FIRST_S:
        return FIRST_SECOND
    return END if gap.back_s is not None and at_s >= gap.back_s - bounds.END_S else MIDDLE


@dataclass(frozen=True, slots=True)
class FailOver:
    """A gap of a node that lost its CTI server. lost, back: the sides that it lost and found; "" if that was not seen.

    closes_s: until when answers and events belong to the gap, a little before its IN_SERVICE reached anybody. next_s:
    until when the time after it is its own: the next fault begins then, or the next gap, its link is silent, its
    session ends, or the story does.
    """

    gap: Gap
    lost: str
    back: str
    closes_s: float
    next_s: float

    @property
    def node(self) -> str:
        return self.gap.node

    @property
    def back_s(self) -> float:
        """Raises EvidenceError: it never came back."""
        if self.gap.back_s is None:
            raise EvidenceError(f"{self.node} was not seen in service again")
        return self.gap.back_s

    def people(self, history: History) -> tuple[str, ...]:
        """Those at work at this node."""
        return tuple(agent for agent in at_work(history) if homes(history).get(agent) == self.node)


@fact
def fail_overs(history: History) -> tuple[FailOver, ...]:
    """Every gap but those in which a fault of ours had the node stopped or restarted it."""
    return tuple(_judged(history))


def _judged(history: History) -> Iterator[FailOver]:
    begins = [span.injecting_s for span in fault_spans(history)]
    steady_s = min((seen.at_s for seen in history.of(SteadyState, lambda seen: seen.ok)), default=0.0)
    for gap in gaps(history):
        away = any(from_s <= gap.ends_s and gap.told_s <= to_s for from_s, to_s in times_away(history, gap.node))
        # What was mended before the story began is no part of it, whenever its clients hear of that.
        stood = gap.reconnected is not None and gap.reconnected.step is CtiStep.STANDING
        if away or stood or gap.told_s < steady_s:
            continue
        later = [at_s for at_s in begins if gap.back_s is not None and at_s > gap.back_s]
        yield FailOver(
            gap,
            lost=_lost(history, gap),
            back=gap.reconnected.side if gap.reconnected is not None else "",
            closes_s=_closes_s(history, gap),
            next_s=min([*later, *_silent_s(history, gap), *_lost_again_s(history, gap), gap.until_s]),
        )


def _silent_s(history: History, gap: Gap) -> Iterator[float]:
    """Since when the session by which it came back has lain silent, at the earliest since it was back."""
    if gap.back_s is not None:
        for begins_s, ends_s in silences(history, gap.node):
            if begins_s < gap.until_s and gap.back_s <= ends_s:
                yield max(begins_s, gap.back_s)


def _lost_again_s(history: History, gap: Gap) -> Iterator[float]:
    """When the session by which it came back ended, which clients may be told a little later than answers say it."""
    for one in sessions(history, gap.node):
        if gap.back_s is not None and one.ended_s is not None and gap.back_s <= one.ended_s <= gap.until_s:
            yield one.ended_s


def _closes_s(history: History, gap: Gap) -> float:
    """A little before its end. Of a gap that never ended nothing is said once the node claims, by event, to be back:
    whether it has a session again only the relay can tell, which may have missed it."""
    slack_s = bounds.NOTICE_S + min(1.0, clock_error_s(history, gap.ends_s - 1.0, gap.ends_s + 1.0))
    if isinstance(gap.back, RestExchange) and gap.reconnected_s is not None:
        return min(gap.ends_s, gap.reconnected_s) - slack_s  # nobody asked sooner: it may have been back since then
    if gap.back is not None:
        return gap.ends_s - slack_s
    said = (seen for seen in notices(history, gap.node) if isinstance(seen, EventSeen) and seen.at_s > gap.told_s)
    return min((seen.at_s - slack_s for seen in said if seen.system_status == "IN_SERVICE"), default=gap.ends_s)


def _lost(history: History, gap: Gap) -> str:
    """The node may tell its clients before it hangs up itself: what it had until then is what it lost."""
    own = sessions(history, gap.node)
    before = [one.side for one in own if one.opened.at_s < gap.told_s and one.opened is not gap.reconnected]
    return before[-1] if before else ""


def returned(history: History) -> bool:
    """The needs of what can only be said once a node has failed over and is back."""
    return any(one.gap.back is not None for one in fail_overs(history))


def told_out_of_service(history: History) -> bool:
    """The needs of what is said of the gap itself."""
    return bool(fail_overs(history))


def as_heard(history: History, findings: Iterable[Finding]) -> Iterator[Finding]:
    """Findings that rest on what clients heard: none is HELD where they are known not to hear all."""
    why = deaf(history)
    for finding in findings:
        yield finding.doubted(why) if why is not None and finding.outcome is Outcome.HELD else finding


def after(one: FailOver, **more: str) -> Cell:
    """A cell of what is said of a node that is back."""
    return Cell.of(node=one.node, back=one.back, lost=one.lost, **more)


def moment_after(one: FailOver, seen: RestExchange) -> str:
    """Whether that was asked as soon as the node was back."""
    return AT_ONCE if seen.sent_s <= one.back_s + bounds.SOON_BACK_S else LATER
