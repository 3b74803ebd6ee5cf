"""The facts of `chaos.history`, as the checks that still read a timeline ask for them."""

from collections.abc import Iterable

from chaos.errors import EvidenceError
from chaos.history import History, people, sessions
from chaos.history import faults as fault_facts
from chaos.history import gaps as gap_facts
from chaos.history.gaps import IN_SERVICE, OUT_OF_SERVICE, Gap
from chaos.history.sessions import Attempt, Loss, ended_before
from chaos.journal import EventSeen, SwitchActed, Timeline
from chaos.verdicts.verdict import Evidence

__all__ = ["IN_SERVICE", "OUT_OF_SERVICE", "Attempt", "Gap", "Loss", "ended_before"]


def attempts(timeline: Timeline) -> dict[str, list[Attempt]]:
    return {client: list(tries) for client, tries in sessions.attempts(History(timeline)).items()}


def fault_begins_s(timeline: Timeline) -> float:
    return fault_facts.fault_begins_s(History(timeline))


def losses(timeline: Timeline, side: str) -> list[Loss]:
    return list(sessions.first_losses(History(timeline), side))


def strangers(timeline: Timeline, known: Iterable[Loss]) -> list[Attempt]:
    return list(sessions.strangers(History(timeline), known))


def gaps(timeline: Timeline) -> list[Gap]:
    history = History(timeline)
    return list(gap_facts.first_gaps(history, fault_facts.fault_begins_s(history)))


def closed_gaps(timeline: Timeline) -> list[tuple[Gap, float]]:
    """Gaps with the time at which CTI was there again. Raises EvidenceError: it never was."""
    closed = []
    for gap in gaps(timeline):
        if gap.reconnected_s is None:
            raise EvidenceError(f"after {gap.node} went out of service no CTI session opened again")
        closed.append((gap, gap.reconnected_s))
    return closed


def notice_s(timeline: Timeline, node: str, status: str, from_s: float) -> float | None:
    return gap_facts.notice_s(History(timeline), node, status, from_s)


def homes(timeline: Timeline) -> dict[str, str]:
    return dict(people.homes(History(timeline)))


def streams_lost(timeline: Timeline, agents: Iterable[str], *, from_s: float = 0.0) -> list[Evidence]:
    return people.streams_lost(History(timeline), agents, from_s=from_s)


def fell_silent(timeline: Timeline, agents: Iterable[str], from_s: float) -> list[str]:
    """Those of these agents whose event stream carried nothing at all from then on."""
    heard = {seen.agent for seen in timeline.of(EventSeen, from_s=from_s)}
    return sorted(set(agents) - heard)


def acts_within(timeline: Timeline, gap_list: Iterable[Gap]) -> list[SwitchActed]:
    """What was done at the switch while every node was out of service and none had a CTI session."""
    from_s = max(gap.told_s for gap in gap_list)
    to_s = min((gap.reconnected_s if gap.reconnected_s is not None else timeline.end_s) for gap in gap_list)
    return timeline.of(SwitchActed, lambda seen: seen.ok, from_s=from_s, to_s=to_s)
