"""Nodes' own records of who came to their doors: requests in access logs, connections in tables.

Theory of operation. What a log does not have was not asked, if it has what we asked on purpose before and after. Its
times are the node's own, to a second; our marks tell that clock against ours. A table shows a moment; what was closed
between two looks still stands in it, at the end that closed it first, for a minute.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise

from chaos.history.evidence import Evidence
from chaos.history.history import History, fact
from chaos.journal import ITSELF, DoorAsked, DoorHeld, DoorMarked, DoorsRead, PhoneScreen

LOG, CONNECTIONS = "log", "connections"
# So long a connection that was closed stands in a table of its own host (Linux, TIME_WAIT).
STANDS_S = 60.0
SYSTEM_INFO = "GET /finesse/api/SystemInfo"


@dataclass(frozen=True, slots=True)
class DoorClock:
    """A node's clock against ours: what its log says of a moment lies between these two later than our seconds."""

    least_s: float
    most_s: float

    def at_s(self, seen: DoorAsked) -> float:
        """When that was, in our seconds; off by `error_s` at most."""
        return seen.said_s + 0.5 - (self.least_s + self.most_s) / 2

    @property
    def error_s(self) -> float:
        return 0.5 + max(0.0, self.most_s - self.least_s) / 2


@fact
def door_clocks(history: History) -> Mapping[str, DoorClock]:
    """By node, where a mark of ours was found in the log."""
    found: dict[str, DoorClock] = {}
    for node, marked, seen in _marks(history):
        now = DoorClock(seen.said_s - marked.at_s, seen.said_s + 1.0 - marked.sent_s)
        before = found.get(node, now)
        found[node] = DoorClock(max(before.least_s, now.least_s), min(before.most_s, now.most_s))
    return found


def _marks(history: History) -> Iterator[tuple[str, DoorMarked, DoorAsked]]:
    """Marks that we made, as the node's log has them."""
    seen = {one.mark: one for one in history.whole.of(DoorAsked) if one.mark is not None}
    for marked in history.whole.of(DoorMarked):
        if (one := seen.get(marked.mark)) is not None and one.node == marked.node:
            yield marked.node, marked, one


def asked_at(history: History, node: str, from_s: float, to_s: float) -> list[tuple[float, DoorAsked]]:
    """What that node's log has of that stretch, our marks left out, with our seconds; none where it has no mark."""
    clock = door_clocks(history).get(node)
    if clock is None:
        return []
    seen = ((clock.at_s(one), one) for one in history.whole.of(DoorAsked) if one.node == node and one.mark is None)
    return [(at_s, one) for at_s, one in seen if from_s <= at_s <= to_s]


def log_heard(history: History, node: str, from_s: float, to_s: float) -> tuple[DoorMarked, ...] | None:
    """Marks before and after that stretch that the node's log has; None: one of both is missing."""
    found = [marked for one, marked, _ in _marks(history) if one == node]
    before = [one for one in found if one.at_s <= from_s]
    after = [one for one in found if one.sent_s >= to_s]
    return (before[-1], after[0]) if before and after else None


def tables_heard(history: History, node: str, from_s: float, to_s: float) -> tuple[DoorsRead, ...] | None:
    """Looks at that node's table often enough through that stretch, from before it until after it; None: they are not.
    Each has to have connections of others at its XMPP doors, where none were, nothing shows that it would have any."""
    looks = [
        one for one in history.whole.of(DoorsRead) if one.node == node and one.what == CONNECTIONS and not one.failure
    ]
    begin = max((n for n, one in enumerate(looks) if one.at_s <= from_s), default=None)
    end = min((n for n, one in enumerate(looks) if one.at_s >= to_s), default=None)
    if begin is None or end is None:
        return None
    through = looks[begin : end + 1]
    is_dense = all(later.at_s - one.at_s <= STANDS_S for one, later in pairwise(through))
    return tuple(through) if is_dense else None


def held_at(history: History, node: str, far: str) -> list[DoorHeld]:
    """Connections of node `far` at the doors of that one, by whosever table."""
    return [one for one in history.whole.of(DoorHeld) if one.node == node and one.far == far]


def device_of(history: History, agent: str) -> str | None:
    """The name of his phone."""
    return next((one.device for one in history.whole.of(PhoneScreen) if one.agent == agent), None)


def own_polls(history: History, node: str, from_s: float, to_s: float) -> list[tuple[float, DoorAsked]]:
    """SystemInfo that the node's own applications asked of it."""
    seen = asked_at(history, node, from_s, to_s)
    return [(at_s, one) for at_s, one in seen if one.came_from == ITSELF and one.asked == SYSTEM_INFO]


def door_cited(seen: DoorAsked | DoorHeld | DoorMarked | DoorsRead) -> Evidence:
    """One of them in words."""
    if isinstance(seen, DoorAsked):
        words = f"the log of {seen.node}: {seen.came_from or 'somebody else'}: {seen.asked}: {seen.status}"
    elif isinstance(seen, DoorHeld):
        words = f"the table of {seen.table}: {seen.far} at port {seen.port} of {seen.node}: {seen.state}"
    elif isinstance(seen, DoorMarked):
        words = f"we asked {seen.node} for something that its log has"
    else:
        words = f"the {seen.what} of {seen.node} was read"
    return Evidence.of(seen, words)


@fact
def doors_blind(history: History) -> str | None:
    """Why what nodes' records said is not to be believed: something that was noted of them is missing."""
    return next(_holes(history), None)


def _holes(history: History) -> Iterator[str]:
    read = history.whole.of(DoorsRead)
    for what, noted in (
        (LOG, [one.node for one in history.whole.of(DoorAsked)]),
        (CONNECTIONS, [one.table for one in history.whole.of(DoorHeld)]),
    ):
        for node in history.nodes:
            told = sum(one.noted for one in read if one.node == node and one.what == what)
            if told != noted.count(node):
                yield f"of the {what} of {node} {noted.count(node)} lines were noted, which had {told}"


def unheard(history: History, nodes: Iterable[str]) -> str | None:
    """Why the records of one of these nodes could not be read, by its console's word."""
    failed = (one for one in history.whole.of(DoorsRead) if one.failure and one.node in nodes)
    return next((f"{one.node}: {one.failure}" for one in failed), None)
