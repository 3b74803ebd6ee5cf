"""What Finesse asked of its AWDBs: connections through our relays, whose they are, and at whose request.

What goes over such a link cannot be read on a live lab, and both nodes come through one proxy. So a connection is taken
for a node's if only that node had a request under way whenever something was begun or asked on it; if that holds for
none or for several, it is nobody's, and whatever rests on it is open. Traffic belongs to the request during which it
was seen, if its node had no other one then.
"""

from bisect import bisect_right
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from itertools import accumulate
from types import MappingProxyType

from chaos.history.asking import asked
from chaos.history.history import History, fact
from chaos.journal import (
    AwdbSeen,
    AwdbStep,
    DesktopActed,
    DesktopShown,
    LinkProbed,
    PhoneActed,
    ProbeLeft,
    RestExchange,
    SteadyState,
    StreamChange,
)

TRIED = (AwdbStep.ATTEMPT, AwdbStep.ASKED)
_SPOKEN = (*TRIED, AwdbStep.ANSWERED)
# A probe that meets silence, or is broken off, can say nothing: its attempt reaches the relay within this time (ours).
_PROBE_ARRIVES_S = 1.0
# Attempts that come so soon after one another cannot be told apart by their order (ours).
# What happens in one instant is written down one after the other.
_INSTANT_S = 0.001
# When a probe began is worked out from how long it took: its own attempt may seem to have come before.
_ROUNDING_S = 5e-7
_TOGETHER_S = 0.05


@dataclass(frozen=True, slots=True)
class Connection:
    """One connection to an AWDB. is_ours: it is a probe of ours, or may be: into a silence one cannot say who it is.
    node: whose it is, None if that is open. strays: something was asked on it while nobody's request was under way:
    Finesse does so by itself."""

    number: int
    side: str
    steps: tuple[AwdbSeen, ...]
    is_ours: bool
    node: str | None
    strays: bool

    @property
    def answered(self) -> bool:
        return any(seen.step is AwdbStep.ANSWERED for seen in self.steps)

    @property
    def ended_s(self) -> float | None:
        """When it ended, however; None if it did not."""
        return next((seen.at_s for seen in self.steps if _is_end(seen)), None)


@dataclass(frozen=True, slots=True)
class _Window:
    """Something under way at a node that may make it ask an AWDB."""

    from_s: float
    to_s: float
    node: str


@fact
def connections(history: History) -> Mapping[int, Connection]:
    """All connections of the journal by number, in order."""
    steps: dict[int, list[AwdbSeen]] = {}
    for seen in history.of(AwdbSeen):
        steps.setdefault(seen.connection, []).append(seen)
    ours = _ours(history, steps)
    nodes = _nodes_under_way(history)
    found = {}
    for number, about in steps.items():
        under_way = [nodes[seen.number] for seen in about if seen.number in nodes]
        one = set.intersection(*map(set, under_way)) if under_way else set()
        is_ours = number in ours
        found[number] = Connection(
            number=number,
            side=about[0].side,
            steps=tuple(about),
            is_ours=is_ours,
            node=next(iter(one)) if len(one) == 1 and not is_ours else None,
            strays=not is_ours and not all(under_way),
        )
    return MappingProxyType(found)


def _ours(history: History, steps: Mapping[int, list[AwdbSeen]]) -> set[int]:
    """Connections of our own probes; where one that met silence may be one of several, all of these."""
    named = {number for number, about in steps.items() if any(seen.is_ours for seen in about)}
    ours = set(named)
    # A reset is what a silence turns into for a probe that is under way as the link is mended, when the story is over.
    whole = history.whole
    silent: list[LinkProbed | ProbeLeft] = [*whole.of(LinkProbed, lambda seen: seen.outcome in ("silence", "reset"))]
    for probe in [*silent, *whole.of(ProbeLeft)]:
        from_s = probe.at_s - probe.took_s - _ROUNDING_S
        just_now = history.of(AwdbSeen, from_s=probe.at_s - _INSTANT_S, to_s=probe.at_s)
        if any(seen.is_ours and probe.link == f"awdb-{seen.side}" for seen in just_now):
            continue  # this is the probe that the relay has just named
        tried = [
            seen
            for seen in history.of(AwdbSeen, from_s=from_s, to_s=min(probe.at_s, from_s + _PROBE_ARRIVES_S))
            if seen.step is AwdbStep.ATTEMPT and probe.link == f"awdb-{seen.side}"
        ]
        together = {seen.connection for seen in tried if seen.at_s - tried[0].at_s <= _TOGETHER_S}
        if together.isdisjoint(named):
            ours |= together
    return ours


def _nodes_under_way(history: History) -> dict[int, frozenset[str]]:
    """For each step that a client of an AWDB began, the nodes that had something under way: by the step's number.

    Only from the steady state on: before it event streams are opened, whose sign-in is a question too.
    """
    steady_s = steady_from_s(history)
    windows = sorted(_windows(history), key=lambda one: one.from_s)
    found: dict[int, frozenset[str]] = {}
    active: list[_Window] = []
    begun = 0
    for seen in history.of(AwdbSeen, lambda seen: seen.step in TRIED and seen.at_s > steady_s):
        while begun < len(windows) and windows[begun].from_s <= seen.at_s:
            active.append(windows[begun])
            begun += 1
        active = [one for one in active if one.to_s >= seen.at_s]
        found[seen.number] = frozenset(one.node for one in active)
    return found


def _windows(history: History) -> Iterable[_Window]:
    for request in asked(history):
        yield _Window(request.sent_s, request.at_s, request.node)
    for shown in history.of(DesktopShown):
        yield _Window(shown.asked_s, shown.at_s, shown.node)
    for change in history.of(StreamChange):
        if change.asked_s is not None:
            yield _Window(change.asked_s, change.at_s, change.node)


def needs_awdb(history: History, cached: Collection[int]) -> Callable[[float], bool]:
    """Whether anything was under way at a time, at any node, that may need an AWDB. cached: numbers of the requests
    that need none."""
    windows = sorted(
        [
            *((one.sent_s, one.at_s) for one in asked(history) if one.number not in cached),
            *((shown.asked_s, shown.at_s) for shown in history.of(DesktopShown)),
            *((one.asked_s, one.at_s) for one in history.of(StreamChange) if one.asked_s is not None),
        ]
    )
    until_s = list(accumulate((to_s for _, to_s in windows), max))

    def is_needed(at_s: float) -> bool:
        n = bisect_right(windows, at_s, key=lambda window: window[0])
        return n > 0 and at_s <= until_s[n - 1]

    return is_needed


@fact
def has_seats(history: History) -> bool:
    """Whether anybody sits at a desktop in a browser or at an IP phone, which ask of Finesse what they like."""
    return bool(history.of(DesktopActed) or history.of(PhoneActed))


@fact
def steady_from_s(history: History) -> float:
    """When the steady state before the story was first seen to hold; the beginning if it never was."""
    steady = history.of(SteadyState, lambda seen: seen.ok)
    return steady[0].at_s if steady else float("-inf")


@dataclass(frozen=True, slots=True)
class Heard:
    """What was seen on the AWDB links while a request was under way, as far as it may be its node's.

    is_certain: all of it is that node's, which had no other request under way, and never talks to an AWDB by itself.
    """

    steps: tuple[AwdbSeen, ...]
    is_certain: bool

    def of(self, *steps: AwdbStep, side: str | None = None) -> tuple[AwdbSeen, ...]:
        return tuple(seen for seen in self.steps if seen.step in steps and side in (None, seen.side))

    def sides(self) -> frozenset[str]:
        """The AWDBs that were tried or asked."""
        return frozenset(seen.side for seen in self.of(*TRIED))


@fact
def heard(history: History, request: RestExchange) -> Heard:
    """What was seen on the AWDB links while that request was under way."""
    known = connections(history)
    seen = [
        one
        for one in history.of(AwdbSeen, from_s=request.sent_s, to_s=request.at_s)
        if one.step in _SPOKEN
        and not known[one.connection].is_ours
        and known[one.connection].node in (None, request.node)
    ]
    is_certain = (
        all(known[one.connection].node == request.node for one in seen)
        and is_alone(history, request)
        and not talks_unasked(history, request.node)
    )
    return Heard(tuple(seen), is_certain)


@fact
def is_alone(history: History, request: RestExchange) -> bool:
    """Whether its node had no other request under way meanwhile."""
    return request.number not in _crowded(history)


@fact
def _crowded(history: History) -> frozenset[int]:
    """Numbers of the requests that overlap with another one at their node."""
    found: set[int] = set()
    last: dict[str, RestExchange] = {}
    for request in asked(history):
        before = last.get(request.node)
        if before is not None and before.at_s > request.sent_s:
            found |= {before.number, request.number}
        if before is None or request.at_s > before.at_s:
            last[request.node] = request
    besides = [(shown.node, shown.asked_s, shown.at_s) for shown in history.of(DesktopShown)]
    besides += [(one.node, one.asked_s, one.at_s) for one in history.of(StreamChange) if one.asked_s is not None]
    for node, from_s, to_s in besides:
        found |= {one.number for one in asked(history) if one.node == node and one.sent_s < to_s and from_s < one.at_s}
    return frozenset(found)


@fact
def talks_unasked(history: History, node: str) -> bool:
    """Whether that node may have talked to an AWDB while nobody asked anything of it: then traffic is nobody's."""
    return any(one.strays and one.node in (None, node) for one in connections(history).values())


@fact
def heard_times_s(history: History, node: str) -> tuple[float, ...]:
    """When that node was heard to try or ask an AWDB, in order: what its silence at other times is held against."""
    return tuple(
        sorted(
            seen.at_s
            for one in connections(history).values()
            if one.node == node
            for seen in one.steps
            if seen.step in TRIED
        )
    )


def tried_between(history: History, node: str, from_s: float, to_s: float) -> bool:
    """Whether anything was tried or asked then that may be that node's."""
    known = connections(history)
    return any(
        not known[seen.connection].is_ours and known[seen.connection].node in (None, node)
        for seen in history.of(AwdbSeen, lambda seen: seen.step in TRIED, from_s=from_s, to_s=to_s)
    )


def in_use(history: History, node: str, at_s: float) -> str | None:
    """The side whose AWDB answered that node last before that time; None if it was not heard to ask."""
    answers = [
        seen
        for one in connections(history).values()
        if one.node == node
        for seen in one.steps
        if seen.step is AwdbStep.ANSWERED and seen.at_s <= at_s
    ]
    return max(answers, key=lambda seen: seen.at_s).side if answers else None


def _is_end(seen: AwdbSeen) -> bool:
    return seen.step in (AwdbStep.REFUSED, AwdbStep.SERVER_DOWN) or seen.step.value.startswith("closed-by")
