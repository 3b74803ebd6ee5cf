"""Each fault that was played: what it aimed at, when it was in force, and what it proved."""

from dataclasses import dataclass
from types import MappingProxyType

from chaos.history.history import History, fact
from chaos.journal import FaultPhase, FaultSeen

# Until a node has found an AWDB that is there again (ours).
FOUND_AGAIN_S = 30.0


@dataclass(frozen=True, slots=True)
class FaultSpan:
    """One fault from its injection to its end, from the journal alone.

    name: unique among those that last at the same time. kind: the fault's class, "CutLink". target: what it aimed at,
    "cti-a" or "awdb.primary/MSSQLSERVER". parameters: the rest of it by name, as text. injected_s: the last moment at
    which it had not wholly been injected (the end of injecting). rolling_back_s: when it began to be taken away, None
    if never. bit, held, lifted: the proofs, None where one is missing. broke_off: why it did not hold, if seen.
    """

    name: str
    kind: str
    target: str
    parameters: tuple[tuple[str, str], ...]
    lies_in_wait: bool
    injecting_s: float
    injected_s: float | None
    rolling_back_s: float | None
    rolled_back_s: float | None
    bit: FaultSeen | None
    held: FaultSeen | None
    lifted: FaultSeen | None
    broke_off: FaultSeen | None
    failed: FaultSeen | None

    @property
    def in_force_until_s(self) -> float:
        """Until when looks have found it in force."""
        if self.broke_off is not None:
            return self.broke_off.in_force_s if self.broke_off.in_force_s is not None else self.injecting_s
        return self.rolling_back_s if self.rolling_back_s is not None else float("inf")

    def parameter(self, name: str) -> str | None:
        return MappingProxyType(dict(self.parameters)).get(name)

    def covers(self, from_s: float, to_s: float) -> bool:
        """Whether it was in force, as far as it proved that, over all of that stretch."""
        begins_s = self.bit.at_s if self.lies_in_wait and self.bit else self.injected_s
        end_s = self.rolling_back_s if self.rolling_back_s is not None else float("inf")
        if self.broke_off is not None:
            end_s = min(end_s, self.in_force_until_s)
        return begins_s is not None and begins_s <= from_s and to_s <= end_s


@fact
def fault_spans(history: History) -> tuple[FaultSpan, ...]:
    """Every fault of the journal, in the order in which they were injected."""
    spans: list[list[FaultSeen]] = []
    last: dict[str, list[FaultSeen]] = {}
    for seen in history.whole.of(FaultSeen):
        # The same fault may be injected again once it is over.
        if seen.fault not in last or seen.phase is FaultPhase.INJECTING:
            last[seen.fault] = []
            spans.append(last[seen.fault])
        last[seen.fault].append(seen)
    return tuple(_span(seen) for seen in spans)


@fact
def awdb_faults(history: History) -> tuple[FaultSpan, ...]:
    """Those that were aimed at an AWDB: its link, its host, what it is made of."""
    return tuple(span for span in fault_spans(history) if span.target.startswith("awdb"))


def is_awdb_disturbed(history: History, from_s: float, to_s: float) -> bool:
    """Whether somebody whose credentials are not cached may have been turned away then: for want of an AWDB, or since
    the node had not come back to one yet."""
    return any(
        span.injecting_s <= to_s and (span.rolled_back_s is None or from_s <= span.rolled_back_s + FOUND_AGAIN_S)
        for span in awdb_faults(history)
    )


def _span(seen: list[FaultSeen]) -> FaultSpan:
    def at(phase: FaultPhase) -> FaultSeen | None:
        return next((one for one in seen if one.phase is phase), None)

    def when_s(phase: FaultPhase) -> float | None:
        found = at(phase)
        return found.at_s if found else None

    first = seen[0]
    return FaultSpan(
        name=first.fault,
        kind=first.of_kind,
        target=first.target,
        parameters=first.parameters,
        lies_in_wait=first.lies_in_wait,
        injecting_s=first.at_s,
        injected_s=when_s(FaultPhase.INJECTED),
        rolling_back_s=when_s(FaultPhase.ROLLING_BACK),
        rolled_back_s=when_s(FaultPhase.ROLLED_BACK),
        bit=at(FaultPhase.BITTEN),
        held=at(FaultPhase.HELD),
        lifted=at(FaultPhase.LIFTED),
        broke_off=at(FaultPhase.NOT_HELD),
        failed=at(FaultPhase.FAILED),
    )


def fault_begins_s(history: History) -> float:
    """When the first fault began to be injected. Raises EvidenceError: none was."""
    return history.whole.first(FaultSeen, lambda seen: seen.phase is FaultPhase.INJECTING).at_s


KEEP_FROM_RELAYS = frozenset({"SilentLink", "CutLink"})
"""Faults that keep what a client sends from the relay behind the proxy."""

# Faults that stop or restart the nodes themselves: what a node does not answer or say meanwhile is no fail-over.
_STOPS = frozenset({"StoppedService"})
_RESTARTS_ALL = frozenset({"UnconfiguredBSide", "UnconfiguredSecondaryAwdb"})
_NODES = ("publisher", "subscriber")


def stops(history: History, span: FaultSpan, node: str) -> bool:
    """Whether that fault stops that node, or a service of it: what it does not answer then is no fault of our sight."""
    place = history.nodes.index(node) if node in history.nodes else -1
    role = _NODES[place] if 0 <= place < len(_NODES) else ""
    if span.kind == "StoppedByCommand":
        return bool(role) and span.target.endswith(f"-{role}")  # as the inventory names its commands
    return span.kind in _STOPS and (span.target.partition("/")[0] in (role, "finesse") or node in span.target)


@fact
def slow_links(history: History) -> tuple[FaultSpan, ...]:
    """Faults for which all that CTI servers say reaches the nodes later than the relays have seen it."""
    return tuple(span for span in fault_spans(history) if span.kind == "SlowLink")


def slowed_by_s(history: History) -> float:
    """By how much the slowest of our slow links keeps back what CTI servers say; 0.0 without one."""
    return max((float(span.parameter("latency_s") or 0.0) for span in slow_links(history)), default=0.0)


@fact
def times_away(history: History, node: str) -> tuple[tuple[float, float], ...]:
    """When faults of ours had that node stopped, or were restarting it."""
    found: list[tuple[float, float]] = []
    for span in fault_spans(history):
        over_s = span.rolled_back_s if span.rolled_back_s is not None else float("inf")
        if stops(history, span, node):
            found.append((span.injecting_s, over_s))
        elif span.kind in _RESTARTS_ALL:
            found.append((span.injecting_s, span.injected_s if span.injected_s is not None else over_s))
            if span.rolling_back_s is not None:
                found.append((span.rolling_back_s, over_s))
    return tuple(found)
