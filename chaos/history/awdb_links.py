"""When each AWDB was lost, and when it was there, as probes of ours met it.

Nothing is known but between two looks: a loss lasts from the first probe that met trouble to the last one that met the
same, with no more than LOOK_S between two of them; what was before, between two that differ, or after is open. Whoever
says that an AWDB was lost while something happened needs a look before it and one after it. An answer that Finesse got
there belies the loss between the two looks around it.
"""

from bisect import bisect_left, bisect_right
from dataclasses import dataclass

from chaos.errors import EvidenceError
from chaos.history.evidence import Evidence
from chaos.history.history import History, fact
from chaos.journal import AwdbSeen, AwdbStep, LinkProbed, RestExchange

PRIMARY, SECONDARY = "a", "b"
SIDES = (PRIMARY, SECONDARY)
NAMES = {PRIMARY: "the primary AWDB", SECONDARY: "the secondary AWDB"}
PLACES = {PRIMARY: "primary", SECONDARY: "secondary"}

OPEN = "open"
LOSSES = {"refused": "cut", "reset": "refused", "server-down": "stopped", "silence": "silent"}
"""What a probe met, and how an AWDB is called that is met so."""

# At most so much time lies between two looks of which both count for what lies between them (ours: the periodic look
# of a quiet experiment, and a little more).
LOOK_S = 75.0


@dataclass(frozen=True, slots=True)
class Stretch:
    """A time over which one AWDB was met in one way. met: an outcome of LinkProbed. first, last: the looks."""

    side: str
    from_s: float
    to_s: float
    met: str
    first: LinkProbed
    last: LinkProbed

    @property
    def loss(self) -> str:
        """How it was lost: cut, refused, stopped or silent."""
        return LOSSES.get(self.met, self.met)

    def lasts(self, from_s: float, to_s: float) -> bool:
        """Whether all of that time lies within it."""
        return self.from_s <= from_s and to_s <= self.to_s

    def covers(self, request: RestExchange) -> bool:
        """Whether all of the request lies within it."""
        return self.lasts(request.sent_s, request.at_s)

    def cited(self) -> Evidence:
        what = f"{NAMES[self.side]} is " + ("there" if self.met == OPEN else "lost")
        return Evidence.frame(self.first, f"{what}: probes of awdb-{self.side} met {self.met} until {self.to_s:.3f} s")


@dataclass(frozen=True, slots=True)
class Dark:
    """A time in which neither AWDB could be used."""

    primary: Stretch
    secondary: Stretch

    @property
    def from_s(self) -> float:
        return max(self.primary.from_s, self.secondary.from_s)

    @property
    def to_s(self) -> float:
        return min(self.primary.to_s, self.secondary.to_s)

    @property
    def order(self) -> str:
        """Which of them was lost first."""
        return "primary first" if self.primary.from_s < self.secondary.from_s else "secondary first"

    def lasts(self, from_s: float, to_s: float) -> bool:
        return self.from_s <= from_s and to_s <= self.to_s

    def covers(self, request: RestExchange) -> bool:
        return self.lasts(request.sent_s, request.at_s)

    def cited(self) -> tuple[Evidence, ...]:
        return self.primary.cited(), self.secondary.cited()


@fact
def stretches(history: History, side: str) -> tuple[Stretch, ...]:
    """The times over which that AWDB was seen to be lost, or to be there, in order."""
    link = f"awdb-{side}"
    probes = history.whole.of(LinkProbed, lambda seen: seen.link == link, to_s=history.story.end_s)
    runs: list[list[LinkProbed]] = []
    for probe in probes:
        if not runs or not _goes_on(history, side, runs[-1][-1], probe):
            runs.append([])
        runs[-1].append(probe)
    return tuple(Stretch(side, run[0].at_s, run[-1].at_s, run[0].outcome, run[0], run[-1]) for run in runs)


def _goes_on(history: History, side: str, last: LinkProbed, probe: LinkProbed) -> bool:
    """Whether nothing can have been otherwise between two looks."""
    if probe.outcome != last.outcome or probe.at_s - probe.took_s - last.at_s > LOOK_S:
        return False
    if probe.outcome == OPEN:
        return True
    answers = history.of(
        AwdbSeen,
        lambda seen: seen.side == side and seen.step is AwdbStep.ANSWERED and not seen.is_ours,
        from_s=last.at_s,
        to_s=probe.at_s,
    )
    return not answers


def is_deaf(history: History, request: RestExchange) -> bool:
    """Whether Finesse may have tried or asked an AWDB then without our relays' seeing it: where a link is silent what
    is asked on a connection that stands is dropped before them, where it is cut an attempt is refused before them."""
    near = (probe.outcome for side in SIDES for probe in _looks_around(history, side, request.sent_s, request.at_s))
    return any(LOSSES.get(outcome) in ("cut", "silent") for outcome in near)


def _looks_around(history: History, side: str, from_s: float, to_s: float) -> tuple[LinkProbed, ...]:
    """All looks from the last one before that time to the first one after it."""
    probes = _looks(history, side)
    first = max(0, bisect_right(probes, from_s, key=_at_s) - 1)
    last = bisect_left(probes, to_s, key=_at_s)
    return probes[first : last + 1]


@fact
def _looks(history: History, side: str) -> tuple[LinkProbed, ...]:
    return tuple(history.whole.of(LinkProbed, lambda seen: seen.link == f"awdb-{side}"))


def _at_s(probe: LinkProbed) -> float:
    return probe.at_s


def losses(history: History, side: str) -> tuple[Stretch, ...]:
    """The times over which that AWDB was lost."""
    return tuple(one for one in stretches(history, side) if one.met != OPEN)


@fact
def one_lost(history: History) -> tuple[tuple[Stretch, Stretch], ...]:
    """Each loss of an AWDB, and each time over which the other one was there meanwhile."""
    return tuple(
        (lost, there)
        for side, other in zip(SIDES, reversed(SIDES), strict=True)
        for lost in losses(history, side)
        for there in stretches(history, other)
        if there.met == OPEN and max(lost.from_s, there.from_s) < min(lost.to_s, there.to_s)
    )


def was_there(history: History, side: str, request: RestExchange) -> bool:
    """Whether that AWDB was there while the request was under way."""
    return any(one.met == OPEN and one.covers(request) for one in stretches(history, side))


@fact
def darks(history: History) -> tuple[Dark, ...]:
    """The times in which neither AWDB could be used. Raises EvidenceError: there was none."""
    found = [
        Dark(one, other)
        for one in losses(history, PRIMARY)
        for other in losses(history, SECONDARY)
        if max(one.from_s, other.from_s) < min(one.to_s, other.to_s)
    ]
    if not found:
        raise EvidenceError("there was no time in which both AWDBs were seen to be lost")
    return tuple(sorted(found, key=lambda dark: dark.from_s))


def dark_of(history: History, request: RestExchange) -> Dark | None:
    """The time without any AWDB in which all of the request lies."""
    return next((dark for dark in darks(history) if dark.covers(request)), None)


def was_dark(history: History) -> bool:
    """Whether both AWDBs were seen to be lost at the same time."""
    try:
        return bool(darks(history))
    except EvidenceError:
        return False
