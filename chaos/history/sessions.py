"""CTI sessions as the relays saw them: attempts of each Finesse node, and the losses of what they had opened."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from chaos.errors import EvidenceError
from chaos.history.evidence import Evidence
from chaos.history.faults import KEEP_FROM_RELAYS, fault_begins_s, fault_spans
from chaos.history.history import History, fact
from chaos.journal import CtiSeen, CtiStep

_ENDS = {CtiStep.CLOSED_BY_CLIENT, CtiStep.CLOSED_BY_SERVER, CtiStep.CLOSED_BY_RELAY}
_FAILURES = _ENDS | {CtiStep.REFUSED, CtiStep.REJECTED, CtiStep.SERVER_DOWN}
# Who gives an attempt up may close it so long after he has begun the next one (ours).
_GIVES_UP_S = 1.0


@dataclass(frozen=True, slots=True)
class Attempt:
    """One connection of one Finesse node (`client`, as its OPEN_REQ names it) to one side.

    opened_s: OPEN_CONF, None if there was none. ended_s, ended_by: the end of the connection. failed_s: when the far
    side ended it or turned it down, before which the node could not know, or just before the node itself gave up what
    was never answered; None if that was not seen. number: of its first line in the journal.
    """

    at_s: float
    side: str
    connection: int
    client: str
    opened_s: float | None
    ended_s: float | None
    ended_by: CtiStep | None
    failed_s: float | None
    number: int | None = None

    def cited(self) -> Evidence:
        how = "opened a session" if self.opened_s is not None else "was refused or ended without a session"
        return Evidence(self.at_s, f"{self.client or 'somebody'} tried side {self.side.upper()}: {how}", self.number)


@fact
def attempts(history: History) -> Mapping[str, tuple[Attempt, ...]]:
    """All connections by client, in order.

    Raises EvidenceError: an attempt cannot be told to be one node's or another's, or none was seen.
    """
    stray = nameless(history)
    if stray:
        raise EvidenceError(
            f"connection {stray[0].connection} on side {stray[0].side.upper()} never said whose it was, and several "
            "Finesse nodes share the link: take one node out of service, or use nodes that name themselves"
        )
    return named_attempts(history)


@fact
def named_attempts(history: History) -> Mapping[str, tuple[Attempt, ...]]:
    """The connections that said whose they are, by client, in order; all of them where there is only one client.

    Raises EvidenceError: none was seen.
    """
    found: dict[str, list[Attempt]] = {}
    for client, about in _connections(history):
        if client is not None:
            found.setdefault(client, []).append(_attempt(client, about))
    if not found:
        raise EvidenceError("the CTI relays saw no connection at all: does Finesse's administration name the proxies?")
    if len(found) == 1:
        _require_apart(history, *found.values())
    return MappingProxyType({client: tuple(found[client]) for client in sorted(found)})


def _require_apart(history: History, tries: Sequence[Attempt]) -> None:
    """Raises EvidenceError: the only client is several nodes of one name. It had two sessions when the first fault
    began, where a node in order has one."""
    name = tries[0].client
    if any(node in name for node in history.nodes) or len(history.nodes) < 2:
        return
    from_s = fault_begins_s(history)
    stood = [one for one in tries if one.opened_s is not None and one.opened_s < from_s]
    if sum(not ended_before(one.ended_s, from_s) for one in stood) > 1:
        raise EvidenceError(
            f"{name} had two CTI sessions at a time: nodes go by one name, as before protocol 24, and cannot be told "
            "apart: take one node out of service"
        )


@fact
def nameless(history: History) -> tuple[CtiSeen, ...]:
    """The first line of each connection that never said whose it was, and may be any node's, as into a silence."""
    return tuple(about[0] for client, about in _connections(history) if client is None)


def looked_at_by_others(history: History) -> bool:
    """Whether somebody connects without a word in quiet times, too: who does so later need not be Finesse."""
    from_s = fault_begins_s(history)
    return any(seen.at_s < from_s for seen in nameless(history))


@fact
def wordless(history: History) -> tuple[Attempt, ...]:
    """Connections of the story that their client ended without a word, though it was listened to. Whose they are is not
    known (`client` is empty); none where others look at that port."""
    if looked_at_by_others(history):
        return ()
    silent = (CtiStep.ATTEMPT, CtiStep.CLOSED_BY_CLIENT)
    return tuple(
        _attempt("", about)
        for client, about in _connections(history)
        if client is None and about[-1].step is silent[-1] and all(seen.step in silent for seen in about)
    )


@fact
def _connections(history: History) -> tuple[tuple[str | None, Sequence[CtiSeen]], ...]:
    steps: dict[int, list[CtiSeen]] = {}
    ours = {seen.connection for seen in history.of(CtiSeen, lambda seen: seen.is_ours)}
    for seen in history.of(CtiSeen, lambda seen: seen.connection not in ours):
        steps.setdefault(seen.connection, []).append(seen)
    clients = {seen.client for about in steps.values() for seen in about if seen.client is not None}
    only = next(iter(clients)) if len(clients) == 1 else None
    return tuple(
        (next((seen.client for seen in about if seen.client is not None), only), about) for about in steps.values()
    )


def _attempt(client: str, about: Sequence[CtiSeen]) -> Attempt:
    opened = next((seen for seen in about if seen.step is CtiStep.OPEN_CONF), None)
    end = next((seen for seen in about if seen.step in _ENDS), None)
    failure = next((seen for seen in about if seen.step in _FAILURES and not _is_left_waiting(seen)), None)
    given_up = failure is not None and failure.step is CtiStep.CLOSED_BY_CLIENT
    unanswered = any(map(_is_left_waiting, about))
    return Attempt(
        at_s=about[0].at_s,
        side=about[0].side,
        connection=about[0].connection,
        client=client,
        opened_s=opened.at_s if opened else _joined_open(about),
        ended_s=end.at_s if end else None,
        ended_by=end.step if end else None,
        failed_s=(failure.at_s - _GIVES_UP_S if given_up else failure.at_s)
        if failure is not None and (unanswered or not given_up)
        else None,
        number=about[0].number or None,
    )


def _is_left_waiting(seen: CtiSeen) -> bool:
    """It was turned down by silence, of which the node learns nothing."""
    return seen.step is CtiStep.REFUSED and seen.detail == "silence"


def _joined_open(about: Sequence[CtiSeen]) -> float | None:
    """A session that was open before the journal began was noted as standing when it did."""
    return about[0].at_s if about[0].step is CtiStep.STANDING else None


@fact
def clients_of(history: History, node: str) -> frozenset[str | None]:
    """The CTI clients that may be this node: the one that names it, or all of Finesse's if the names do not say."""
    clients = {seen.client for seen in history.of(CtiSeen, lambda seen: not seen.is_ours)}
    named = {one: {client for client in clients if client is not None and one in client} for one in history.nodes}
    apart = all(len(own) == 1 for own in named.values()) and len(set().union(*named.values())) == len(named)
    return frozenset(named[node] if apart and node in named else clients)


def own_clients(history: History, node: str) -> frozenset[str | None]:
    """The same, for what one node alone may be blamed of. Raises EvidenceError: nodes go by one name."""
    named = clients_of(history, node)
    if not any(node in (client or "") for client in named) and named - {None}:
        named_attempts(history)
    return named


@dataclass(frozen=True, slots=True)
class Session:
    """One session that a node had. opened: when it was opened, or seen to stand; ended_s: None while it lasts."""

    side: str
    opened: CtiSeen
    ended_s: float | None


@fact
def sessions(history: History, node: str) -> tuple[Session, ...]:
    """Every session of that node, in order; of any node, where clients do not name theirs."""
    own = clients_of(history, node)
    begins = (CtiStep.STANDING, CtiStep.OPEN_CONF)
    opened = history.of(CtiSeen, lambda seen: seen.step in begins and seen.client in own and not seen.is_ours)
    ends = {seen.connection: seen.at_s for seen in reversed(history.of(CtiSeen, lambda seen: seen.step in _ENDS))}
    return tuple(Session(seen.side, seen, ends.get(seen.connection)) for seen in opened)


@fact
def silences(history: History, node: str) -> tuple[tuple[float, float], ...]:
    """When a link of ours was silent under a session that node had, which it cannot know at first: nothing is told or
    asked over it. From when to when, in order of the faults."""
    return tuple(
        (max(span.injecting_s, session.opened.at_s), min(until_s, ended_s))
        for span in fault_spans(history)
        for session in sessions(history, node)
        if span.kind in KEEP_FROM_RELAYS and span.target == f"cti-{session.side}"
        for until_s in [span.rolled_back_s if span.rolled_back_s is not None else float("inf")]
        for ended_s in [session.ended_s if session.ended_s is not None else float("inf")]
        if max(span.injecting_s, session.opened.at_s) <= min(until_s, ended_s)
    )


def is_unreached(history: History, node: str, from_s: float, to_s: float) -> bool:
    """Whether its session lay silent anywhere in that stretch."""
    return any(begins_s <= to_s and from_s <= ends_s for begins_s, ends_s in silences(history, node))


def node_of(history: History, client: str) -> str | None:
    """The node that this client is, as far as its name says so."""
    return next((node for node in history.nodes if clients_of(history, node) == {client}), None)


@dataclass(frozen=True, slots=True)
class Loss:
    """One node lost its session on `side`; `tries` are its attempts from then until it lost what they had opened."""

    client: str
    session: Attempt
    lost_s: float
    tries: tuple[Attempt, ...]

    @property
    def side(self) -> str:
        return self.session.side

    @property
    def success(self) -> Attempt | None:
        """The first attempt that opened a session."""
        return next((attempt for attempt in self.tries if attempt.opened_s is not None), None)


@fact
def losses(history: History) -> tuple[Loss, ...]:
    """Every session of every node that ended after the first fault began, in the order in which they did.

    Their tries are those that said whose they were; `nameless` has the others.
    Raises EvidenceError: as `named_attempts`; no fault was injected.
    """
    from_s = fault_begins_s(history)
    found: list[Loss] = []
    for client, tries in named_attempts(history).items():
        ended = [one for one in tries if one.opened_s is not None and not ended_before(one.ended_s, from_s)]
        lost = sorted((one for one in ended if one.ended_s is not None), key=lambda one: one.ended_s or 0.0)
        for n, session in enumerate(lost):
            next_s = lost[n + 1].ended_s if n + 1 < len(lost) else None
            found.append(_loss(client, session, tries, until_s=float("inf") if next_s is None else next_s))
    return tuple(sorted(found, key=lambda loss: loss.lost_s))


def _loss(client: str, session: Attempt, tries: Iterable[Attempt], *, until_s: float = float("inf")) -> Loss:
    assert session.ended_s is not None
    lost_s = session.ended_s
    return Loss(client, session, lost_s, tuple(one for one in tries if lost_s < one.at_s <= until_s))


def strangers(history: History, known: Iterable[Loss]) -> tuple[Attempt, ...]:
    """Attempts of clients that are none of these: sessions beside the one that each node is documented to have.

    A node that lost nothing may have its own from before the first fault; it may stand, but not be tried for.
    """
    names, from_s = {loss.client for loss in known}, fault_begins_s(history)
    others = [(client, tries) for client, tries in attempts(history).items() if client not in names]
    return tuple(
        one for client, tries in others for one in tries if one.at_s >= from_s or node_of(history, client) is None
    )


def ended_before(ended_s: float | None, at_s: float) -> bool:
    """Whether something that may still last had ended before that time."""
    return ended_s is not None and ended_s < at_s
