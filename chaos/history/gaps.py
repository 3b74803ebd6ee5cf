"""When each node was out of service, as its clients were told, and who of them heard it when."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from chaos.history.evidence import Evidence
from chaos.history.history import History, fact
from chaos.history.sessions import clients_of, ended_before, sessions
from chaos.journal import About, CtiSeen, EventSeen, RestExchange

OUT_OF_SERVICE = "OUT_OF_SERVICE"
IN_SERVICE = "IN_SERVICE"
# A busy node may tell its clients of a loss so much later than it has a session again (ours).
_LATE_S = 2.0
# All clients hear of one thing within this time (ours).
_TOGETHER_S = 0.5

Notice = EventSeen | RestExchange
"""Either says in what state of service a node is."""


@dataclass(frozen=True, slots=True)
class Gap:
    """One time of one node out of service.

    told: the first word of OUT_OF_SERVICE, an event or an answer of SystemInfo. reconnected: the last CTI session that
    the node opened before it was back (or that any node did, where clients do not name their nodes). back: the first
    event that said IN_SERVICE once a session had been opened; an answer only where no event did. Both None if they
    never came. heard: for each agent whose stream carried them, its own notices of OUT_OF_SERVICE and IN_SERVICE.
    until_s: where the next gap of that node begins, or the story ends.
    """

    node: str
    told: Notice
    reconnected: CtiSeen | None
    back: Notice | None
    heard: tuple[tuple[str, EventSeen, EventSeen | None], ...]
    until_s: float

    @property
    def told_s(self) -> float:
        return self.told.at_s

    @property
    def reconnected_s(self) -> float | None:
        return self.reconnected.at_s if self.reconnected else None

    @property
    def back_s(self) -> float | None:
        return self.back.at_s if self.back else None

    @property
    def ends_s(self) -> float:
        """When it was over; the end of the story if it was not."""
        return self.until_s if self.back is None else self.back.at_s

    def own(self, agent: str) -> tuple[EventSeen, EventSeen | None] | None:
        """That agent's own notices, None if its stream carried none."""
        return next(((out, back) for who, out, back in self.heard if who == agent), None)

    def cited(self) -> tuple[Evidence, ...]:
        lines = [Evidence.frame(self.told, f"{self.node}: OUT_OF_SERVICE {_how(self.told)}")]
        if self.reconnected is not None:
            lines.append(Evidence.frame(self.reconnected, "a CTI session opened again"))
        if self.back is not None:
            lines.append(Evidence.frame(self.back, f"{self.node}: IN_SERVICE {_how(self.back)}"))
        return tuple(lines)


def _how(seen: Notice) -> str:
    return "notice" if isinstance(seen, EventSeen) else "in SystemInfo"


@fact
def gaps(history: History) -> tuple[Gap, ...]:
    """Every gap of every node in the story, in the nodes' order."""
    return tuple(gap for node in history.nodes for gap in _gaps_of(history, node))


def _gaps_of(history: History, node: str) -> Iterator[Gap]:
    out = [seen for seen in notices(history, node) if seen.system_status == OUT_OF_SERVICE and _begins(history, seen)]
    while out:
        told = out[0]
        back = _back(history, node, told.at_s)
        ends_s = history.story.end_s if back is None else back.at_s
        of_it = _first_words(out)
        out = [seen for seen in out if back is not None and _asked_s(seen) > ends_s and seen.number not in of_it]
        until_s = min((seen.at_s for seen in out), default=history.story.end_s)
        yield Gap(
            node=node,
            told=told,
            reconnected=_reconnected(history, node, told.at_s, ends_s),
            back=back,
            heard=tuple(_heard(history, node, told.at_s, until_s)),
            until_s=until_s,
        )


def _first_words(out: Sequence[Notice]) -> set[int]:
    """The events by which each client first hears of the gap that begins with the first of these: of one that is over
    at once some may hear when others have heard of its end."""
    found: dict[str, int] = {}
    for seen in out:
        if isinstance(seen, EventSeen) and seen.at_s <= out[0].at_s + _TOGETHER_S:
            found.setdefault(seen.agent, seen.number)
    return set(found.values())


def _begins(history: History, seen: Notice) -> bool:
    """Whether this word may begin a gap. An answer may not while the node has its session: then it is an odd answer."""
    return isinstance(seen, EventSeen) or not _has_session(history, seen.node, seen.at_s)


def _has_session(history: History, node: str, at_s: float) -> bool:
    return any(one.opened.at_s < at_s and not ended_before(one.ended_s, at_s) for one in sessions(history, node))


def _asked_s(seen: Notice) -> float:
    """From when on it may speak: an answer is no newer than its request."""
    return seen.sent_s if isinstance(seen, RestExchange) else seen.at_s


@fact
def notices(history: History, node: str) -> tuple[Notice, ...]:
    """What that node said of its own service, in order: events to anybody, and answers to anybody."""
    events = history.of(EventSeen, lambda seen: seen.node == node and seen.about is About.SYSTEM)
    answers = history.of(RestExchange, lambda seen: seen.node == node and seen.system_status is not None)
    return tuple(sorted((*events, *answers), key=lambda seen: seen.at_s))


def _opened(history: History, node: str, from_s: float, to_s: float) -> list[CtiSeen]:
    return [one.opened for one in sessions(history, node) if from_s <= one.opened.at_s <= to_s]


def _earliest_s(history: History, node: str, told_s: float) -> float:
    """A node cannot be back before it has a session again, whatever it says; without relays any word will do."""
    if _found_before(history, node, told_s):
        return told_s
    opened = _opened(history, node, told_s, float("inf"))
    if opened:
        return opened[0].at_s
    return float("inf") if history.of(CtiSeen) else told_s


def _found_before(history: History, node: str, told_s: float) -> list[CtiSeen]:
    """The session that it had found just before clients heard of the loss, and still had when they heard of its end: a
    fail-over that was faster than its events."""
    back = [seen.at_s for seen in notices(history, node) if seen.system_status == IN_SERVICE and seen.at_s >= told_s]
    return [
        one.opened
        for one in sessions(history, node)
        if back and told_s - _LATE_S <= one.opened.at_s < told_s and not ended_before(one.ended_s, back[0])
    ]


def _back(history: History, node: str, told_s: float) -> Notice | None:
    from_s = _earliest_s(history, node, told_s)
    said = [seen for seen in notices(history, node) if seen.system_status == IN_SERVICE and _asked_s(seen) >= from_s]
    return next((seen for seen in said if isinstance(seen, EventSeen)), said[0] if said else None)


def _reconnected(history: History, node: str, told_s: float, ends_s: float) -> CtiSeen | None:
    opened = _found_before(history, node, told_s) or _opened(history, node, told_s, ends_s)
    if not opened:
        return None
    # Whose session it is may not be known: then the first may be this node's.
    return opened[-1] if len(clients_of(history, node)) == 1 else opened[0]


def _heard(
    history: History, node: str, from_s: float, to_s: float
) -> Iterator[tuple[str, EventSeen, EventSeen | None]]:
    own = history.of(EventSeen, lambda seen: seen.node == node and seen.about is About.SYSTEM, from_s=from_s, to_s=to_s)
    earliest_s = _earliest_s(history, node, from_s)
    for agent in dict.fromkeys(seen.agent for seen in own):
        said = [seen for seen in own if seen.agent == agent]
        out = next((seen for seen in said if seen.system_status == OUT_OF_SERVICE), None)
        if out is not None:
            back = (seen for seen in said if seen.system_status == IN_SERVICE and seen.at_s >= earliest_s)
            yield agent, out, next(back, None)
