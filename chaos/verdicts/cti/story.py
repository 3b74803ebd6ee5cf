"""What happened on the CTI links, read out of a journal: attempts per Finesse node, losses, gaps, switch acts."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from chaos.errors import EvidenceError
from chaos.journal import (
    About,
    CtiSeen,
    CtiStep,
    EventSeen,
    FaultPhase,
    FaultSeen,
    RestExchange,
    StreamChange,
    StreamState,
    SwitchActed,
    Timeline,
)
from chaos.verdicts.verdict import Evidence

OUT_OF_SERVICE = "OUT_OF_SERVICE"
IN_SERVICE = "IN_SERVICE"

_ENDS = {CtiStep.CLOSED_BY_CLIENT, CtiStep.CLOSED_BY_SERVER, CtiStep.CLOSED_BY_RELAY}
_FAILURES = _ENDS | {CtiStep.REFUSED, CtiStep.REJECTED, CtiStep.SERVER_DOWN}


@dataclass(frozen=True, slots=True)
class Attempt:
    """One connection of one Finesse node (`client`, as its OPEN_REQ names it) to one side.

    opened_s: OPEN_CONF, None if there was none. ended_s, ended_by: the end of the connection. failed_s: when the far
    side ended it or turned it down, before which the node could not know; None if that was not seen.
    """

    at_s: float
    side: str
    connection: int
    client: str
    opened_s: float | None
    ended_s: float | None
    ended_by: CtiStep | None
    failed_s: float | None

    def cited(self) -> Evidence:
        how = "opened a session" if self.opened_s is not None else "was refused or ended without a session"
        return Evidence(self.at_s, f"{self.client} tried side {self.side.upper()}: {how}")


def attempts(timeline: Timeline) -> dict[str, list[Attempt]]:
    """All connections by client, in order.

    Raises EvidenceError: an attempt cannot be told to be one node's or another's, or none was seen.
    """
    steps: dict[int, list[CtiSeen]] = {}
    ours = {seen.connection for seen in timeline.of(CtiSeen, lambda seen: seen.is_ours)}
    for seen in timeline.of(CtiSeen, lambda seen: seen.connection not in ours):
        steps.setdefault(seen.connection, []).append(seen)
    clients = sorted({seen.client for about in steps.values() for seen in about if seen.client is not None})
    found: dict[str, list[Attempt]] = {client: [] for client in clients}
    for connection, about in steps.items():
        client = next((seen.client for seen in about if seen.client is not None), None)
        if client is None and len(clients) == 1:
            client = clients[0]
        if client is None:
            raise EvidenceError(
                f"connection {connection} on side {about[0].side.upper()} never said whose it was, and {len(clients)} "
                "Finesse nodes share the link: take one node out of service, or use nodes that name themselves"
            )
        found[client].append(_attempt(client, about))
    if not found:
        raise EvidenceError("the CTI relays saw no connection at all: does Finesse's administration name the proxies?")
    return found


def _attempt(client: str, about: Sequence[CtiSeen]) -> Attempt:
    opened = next((seen for seen in about if seen.step is CtiStep.OPEN_CONF), None)
    end = next((seen for seen in about if seen.step in _ENDS), None)
    failure = next((seen for seen in about if seen.step in _FAILURES), None)
    return Attempt(
        at_s=about[0].at_s,
        side=about[0].side,
        connection=about[0].connection,
        client=client,
        opened_s=opened.at_s if opened else _joined_open(about),
        ended_s=end.at_s if end else None,
        ended_by=end.step if end else None,
        failed_s=failure.at_s if failure and failure.step is not CtiStep.CLOSED_BY_CLIENT else None,
    )


def _joined_open(about: Sequence[CtiSeen]) -> float | None:
    """A session that was open before the journal began was noted as standing when it did."""
    return about[0].at_s if about[0].step is CtiStep.STANDING else None


@dataclass(frozen=True, slots=True)
class Loss:
    """One node lost its session on `side`; `tries` are its attempts from then on."""

    client: str
    session: Attempt
    lost_s: float
    tries: tuple[Attempt, ...]

    @property
    def success(self) -> Attempt | None:
        """The first attempt that opened a session."""
        return next((attempt for attempt in self.tries if attempt.opened_s is not None), None)


def fault_begins_s(timeline: Timeline) -> float:
    """When the first fault began to be injected. Raises EvidenceError: none was."""
    return timeline.first(FaultSeen, lambda seen: seen.phase is FaultPhase.INJECTING).at_s


def losses(timeline: Timeline, side: str) -> list[Loss]:
    """The first loss of a session on `side` by each node, from the first fault on.

    Raises EvidenceError: a node had no session there, or did not lose it.
    """
    from_s = fault_begins_s(timeline)
    standing = {
        client: session
        for client, tries in attempts(timeline).items()
        if (session := _session_at(tries, side, from_s)) is not None
    }
    if len(standing) < len(timeline.header.nodes):
        raise EvidenceError(
            f"{len(standing)} of {len(timeline.header.nodes)} nodes had a session on side {side.upper()} when the "
            "fault began"
        )
    found = []
    for client, session in standing.items():
        if session.ended_s is None:
            raise EvidenceError(f"{client} never lost its session on side {side.upper()}")
        tries = [one for one in attempts(timeline)[client] if one.at_s > session.ended_s]
        found.append(Loss(client, session, session.ended_s, tuple(tries)))
    return found


def _session_at(tries: Iterable[Attempt], side: str, at_s: float) -> Attempt | None:
    return next(
        (
            one
            for one in tries
            if one.side == side
            and one.opened_s is not None
            and one.opened_s <= at_s
            and not ended_before(one.ended_s, at_s)
        ),
        None,
    )


def strangers(timeline: Timeline, known: Iterable[Loss]) -> list[Attempt]:
    """Attempts of clients that are none of these: sessions beside the one that each node is documented to have."""
    names = {loss.client for loss in known}
    return [one for client, tries in attempts(timeline).items() if client not in names for one in tries]


def ended_before(ended_s: float | None, at_s: float) -> bool:
    """Whether something that may still last had ended before that time."""
    return ended_s is not None and ended_s < at_s


@dataclass(frozen=True, slots=True)
class Gap:
    """One node's time out of service, as its clients were told.

    told_s: the OUT_OF_SERVICE notice. reconnected_s: the first CTI session that it opened after it, or that any node
    did where clients do not name their nodes. back_s: the IN_SERVICE notice; both None if they never came.
    """

    node: str
    told_s: float
    reconnected_s: float | None
    back_s: float | None

    def cited(self) -> tuple[Evidence, ...]:
        lines = [Evidence(self.told_s, f"{self.node}: OUT_OF_SERVICE notice")]
        if self.reconnected_s is not None:
            lines.append(Evidence(self.reconnected_s, "a CTI session opened again"))
        if self.back_s is not None:
            lines.append(Evidence(self.back_s, f"{self.node}: IN_SERVICE notice"))
        return tuple(lines)


def gaps(timeline: Timeline) -> list[Gap]:
    """The first gap of every node after the first fault. Raises EvidenceError: a node never said OUT_OF_SERVICE."""
    from_s = fault_begins_s(timeline)
    return [_gap(timeline, node, from_s) for node in timeline.header.nodes]


def _gap(timeline: Timeline, node: str, from_s: float) -> Gap:
    told_s = notice_s(timeline, node, OUT_OF_SERVICE, from_s)
    if told_s is None:
        raise EvidenceError(f"{node} never told its clients OUT_OF_SERVICE")
    own = clients_of(timeline, node)
    opened = timeline.of(CtiSeen, lambda seen: seen.step is CtiStep.OPEN_CONF and seen.client in own, from_s=told_s)
    return Gap(
        node=node,
        told_s=told_s,
        reconnected_s=opened[0].at_s if opened else None,
        back_s=notice_s(timeline, node, IN_SERVICE, told_s),
    )


def clients_of(timeline: Timeline, node: str) -> set[str | None]:
    """The CTI clients that may be this node: the one that names it, or all of Finesse's if the names do not say."""
    clients = {seen.client for seen in timeline.of(CtiSeen, lambda seen: not seen.is_ours)}
    named = {
        one: {client for client in clients if client is not None and one in client} for one in timeline.header.nodes
    }
    apart = all(len(own) == 1 for own in named.values()) and len(set().union(*named.values())) == len(named)
    return {*named[node]} if apart else clients


def closed_gaps(timeline: Timeline) -> list[tuple[Gap, float]]:
    """Gaps with the time at which CTI was there again. Raises EvidenceError: it never was."""
    closed = []
    for gap in gaps(timeline):
        if gap.reconnected_s is None:
            raise EvidenceError(f"after {gap.node} went out of service no CTI session opened again")
        closed.append((gap, gap.reconnected_s))
    return closed


def notice_s(timeline: Timeline, node: str, status: str, from_s: float) -> float | None:
    """The first SystemInfo notice or answer of that status from that node; None if none came."""
    events = timeline.of(
        EventSeen,
        lambda seen: seen.node == node and seen.about is About.SYSTEM and seen.system_status == status,
        from_s=from_s,
    )
    answers = timeline.of(
        RestExchange, lambda seen: seen.node == node and seen.system_status == status and seen.sent_s >= from_s
    )
    times = [seen.at_s for seen in (*events[:1], *answers[:1])]
    return min(times, default=None)


def homes(timeline: Timeline) -> dict[str, str]:
    """The node at which each agent works: where it asks, or else where it receives its events."""
    return {seen.agent: seen.node for seen in timeline.of(EventSeen)} | {
        seen.agent: seen.node for seen in timeline.of(RestExchange) if seen.agent is not None
    }


def streams_lost(timeline: Timeline, agents: Iterable[str], *, from_s: float = 0.0) -> list[Evidence]:
    """Event streams of these agents that were lost or refused from then on: what they did not show proves nothing."""
    who = set(agents)
    lost = timeline.of(
        StreamChange, lambda seen: seen.agent in who and seen.state is not StreamState.CONNECTED, from_s=from_s
    )
    return [Evidence(seen.at_s, f"{seen.agent}: {seen.transport} stream {seen.state}") for seen in lost]


def fell_silent(timeline: Timeline, agents: Iterable[str], from_s: float) -> list[str]:
    """Those of these agents whose event stream carried nothing at all from then on."""
    heard = {seen.agent for seen in timeline.of(EventSeen, from_s=from_s)}
    return sorted(set(agents) - heard)


def acts_within(timeline: Timeline, gap_list: Iterable[Gap]) -> list[SwitchActed]:
    """What was done at the switch while every node was out of service and none had a CTI session."""
    from_s = max(gap.told_s for gap in gap_list)
    to_s = min((gap.reconnected_s if gap.reconnected_s is not None else timeline.end_s) for gap in gap_list)
    return timeline.of(SwitchActed, lambda seen: seen.ok, from_s=from_s, to_s=to_s)
