"""What happened on the AWDB links and to requests, read out of a journal: traffic, losses, who was let in, and when."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from chaos.errors import EvidenceError
from chaos.journal import AwdbSeen, AwdbStep, FaultPhase, FaultSeen, LinkProbed, RestExchange, SteadyState, Timeline
from chaos.verdicts import bounds
from chaos.verdicts.verdict import Evidence

PRIMARY, SECONDARY = "a", "b"
NAMES = {PRIMARY: "the primary AWDB", SECONDARY: "the secondary AWDB"}

SYSTEM_INFO = "GET SystemInfo"
_SPOKEN = (AwdbStep.ATTEMPT, AwdbStep.ASKED, AwdbStep.ANSWERED)


@dataclass(frozen=True, slots=True)
class Down:
    """A time in which one AWDB could not be used: from the probe that met trouble to its mending, or to the end."""

    side: str
    from_s: float
    to_s: float
    met: str

    def covers(self, request: RestExchange) -> bool:
        """Whether all of the request lies within it."""
        return self.from_s <= request.sent_s and request.at_s <= self.to_s

    def cited(self) -> Evidence:
        return Evidence(self.from_s, f"{NAMES[self.side]} is lost: a probe of awdb-{self.side} met {self.met}")


def downs(timeline: Timeline, side: str) -> list[Down]:
    """The times in which that AWDB was down. Raises EvidenceError: there was none."""
    link = f"awdb-{side}"
    found: list[Down] = []
    down: LinkProbed | None = None
    for seen in timeline:
        if isinstance(seen, LinkProbed) and seen.link == link:
            if seen.outcome == "open" and down is not None:
                found.append(Down(side, down.at_s, seen.at_s - seen.took_s, down.outcome))
                down = None
            elif seen.outcome != "open" and down is None:
                down = seen
        elif down is not None and isinstance(seen, FaultSeen) and seen.phase is FaultPhase.ROLLING_BACK:
            if not _is_mended(seen.fault, side):
                continue
            found.append(Down(side, down.at_s, seen.at_s, down.outcome))
            down = None
    if down is not None:
        found.append(Down(side, down.at_s, timeline.end_s, down.outcome))
    if not found:
        raise EvidenceError(f"{NAMES[side]} was never seen to be lost")
    return found


def _is_mended(fault: str, side: str) -> bool:
    """Whether mending this fault may bring that AWDB back."""
    other = SECONDARY if side == PRIMARY else PRIMARY
    host = {PRIMARY: "awdb.secondary", SECONDARY: "awdb.primary"}[side]
    return not fault.startswith((f"awdb-{other}-", host))


def both_down(timeline: Timeline) -> Down:
    """The longest time in which neither AWDB could be used. Raises EvidenceError: there was none."""
    overlaps = [
        Down(one.side, max(one.from_s, other.from_s), min(one.to_s, other.to_s), one.met)
        for one in downs(timeline, PRIMARY)
        for other in downs(timeline, SECONDARY)
        if max(one.from_s, other.from_s) < min(one.to_s, other.to_s)
    ]
    if not overlaps:
        raise EvidenceError("there was no time in which both AWDBs were lost")
    return max(overlaps, key=lambda down: down.to_s - down.from_s)


# --- traffic ---------------------------------------------------------------------------------------------------------


class Traffic:
    """What Finesse, and nobody else, sent to the AWDBs."""

    def __init__(self, timeline: Timeline) -> None:
        ours = _ours(timeline)
        self._seen = timeline.of(AwdbSeen, lambda seen: seen.connection not in ours)
        self._requests = timeline.of(RestExchange, lambda seen: seen.resource != SYSTEM_INFO)
        self.any = bool(timeline.of(AwdbSeen))
        self.steady_s = min(
            (seen.at_s for seen in timeline.of(SteadyState, lambda seen: seen.ok)), default=float("-inf")
        )

    def of(self, request: RestExchange, *steps: AwdbStep, side: str | None = None) -> list[AwdbSeen]:
        """What was seen on the AWDB links while the request was under way; without `steps`, whatever was spoken."""
        return self.within(request.sent_s, request.at_s, *steps, side=side)

    def within(self, from_s: float, to_s: float, *steps: AwdbStep, side: str | None = None) -> list[AwdbSeen]:
        wanted = steps or _SPOKEN
        return [
            seen
            for seen in self._seen
            if from_s < seen.at_s <= to_s and seen.step in wanted and side in (None, seen.side)
        ]

    def end_of(self, connection: int) -> AwdbSeen | None:
        """How a connection ended; None if it did not."""
        return next((seen for seen in self._seen if seen.connection == connection and _is_end(seen)), None)

    def answered(self, connection: int) -> bool:
        return any(seen.connection == connection and seen.step is AwdbStep.ANSWERED for seen in self._seen)

    def alone(self, request: RestExchange) -> bool:
        """Whether nobody else asked anything of Finesse meanwhile: then traffic is the request's, if nobody's own."""
        return not any(
            other is not request and other.sent_s < request.at_s and other.at_s > request.sent_s
            for other in self._requests
        )

    def stray(self) -> list[AwdbSeen]:
        """Traffic while nobody asked for anything: Finesse talks to its AWDB by itself, and may do so at any time.

        Only from the steady state on: before it, event streams are opened, whose sign-in is a question too.
        """
        return [
            seen
            for seen in self._seen
            if seen.step in _SPOKEN
            and seen.at_s > self.steady_s
            and not any(request.sent_s <= seen.at_s <= request.at_s for request in self._requests)
        ]


def _ours(timeline: Timeline) -> set[int]:
    """Connections of our own probes. Into a silence a probe cannot say who it is: there it is the first attempt."""
    ours = {seen.connection for seen in timeline.of(AwdbSeen, lambda seen: seen.is_ours)}
    for probe in timeline.of(LinkProbed, lambda seen: seen.outcome in ("silence", "reset")):
        tried = timeline.of(
            AwdbSeen,
            lambda seen: seen.step is AwdbStep.ATTEMPT and probe.link == f"awdb-{seen.side}",  # noqa: B023
            from_s=probe.at_s - probe.took_s,
            to_s=probe.at_s,
        )
        if tried and not any(seen.connection in ours for seen in tried):
            ours.add(tried[0].connection)
    return ours


def _is_end(seen: AwdbSeen) -> bool:
    return seen.step in (AwdbStep.REFUSED, AwdbStep.SERVER_DOWN) or seen.step.value.startswith("closed-by")


# --- people ----------------------------------------------------------------------------------------------------------


def was_good(request: RestExchange) -> bool:
    return request.status is not None and 200 <= request.status < 300


def outcome(request: RestExchange) -> str:
    """How it ended, in words."""
    return str(request.status or request.failure)


def cited(request: RestExchange, remark: str = "") -> Evidence:
    """The request as evidence."""
    who = request.agent or "the administrator"
    text = f"{request.node}: {who} {request.resource} → {outcome(request)}"
    return Evidence(request.sent_s, f"{text} ({remark})" if remark else text)


def people(timeline: Timeline) -> dict[tuple[str, str], list[RestExchange]]:
    """The requests of each agent at each node, in the order in which they were sent."""
    found: dict[tuple[str, str], list[RestExchange]] = {}
    for seen in sorted(timeline.of(RestExchange, lambda seen: seen.agent is not None), key=lambda one: one.sent_s):
        found.setdefault((seen.node, seen.agent or ""), []).append(seen)
    return found


def last_good(requests: Iterable[RestExchange], before: RestExchange) -> RestExchange | None:
    """The last request of these that succeeded before that one was sent."""
    good = [one for one in requests if was_good(one) and one.at_s <= before.sent_s and one is not before]
    return good[-1] if good else None


def is_uncached(requests: Sequence[RestExchange], request: RestExchange) -> bool:
    """Whether nothing that was seen can have cached this person's credentials at the time of the request, by far.

    What came before the journal is not seen: whoever relies on it has to see that the AWDB was asked.
    """
    good = last_good(requests, request)
    return good is None or request.sent_s - good.at_s > bounds.CACHE_GONE_S
