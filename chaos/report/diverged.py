"""Where a journal first shows that a violated statement does not hold. Pure.

Theory of operation: a finding against the product cites what led to it, what is wrong, and the frame in which that
was looked at: the notice that a gap begins or ends, what we did ourselves. A cause comes before its effect, so what
diverged is the last thing cited that is neither of the frame nor cited by a finding that holds. Of several states or
screens that were told one after the other the first one is meant: from then on it was wrong. Where a check says that
something did not come, what it cites is what that was to come of, and nothing of it is wrong.
"""

import itertools
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass

from chaos.history import Evidence
from chaos.journal import (
    ControlSent,
    DesktopActed,
    DesktopNotice,
    DesktopShown,
    EventSeen,
    FaultSeen,
    Header,
    Observation,
    PhoneActed,
    PhoneScreen,
    SteadyState,
    Step,
    StreamChange,
    StreamState,
    SwitchActed,
    SwitchAgentSeen,
    Timeline,
)
from chaos.verdicts import Outcome, Verdict
from chaos.verdicts.finding import Finding

OURS = (SwitchActed, DesktopActed, PhoneActed, FaultSeen, Step, SteadyState, ControlSent, Header)
"""What we did ourselves, or wrote down of it."""
# What is told or shown one after the other, each in the place of the one before.
_TOLD = (SwitchAgentSeen, PhoneScreen, DesktopNotice, DesktopShown)


@dataclass(frozen=True)
class Divergence:
    """Where a journal first shows that the statement does not hold. evidence: the line of it; None: only what did not
    come. seen: that observation. from_s: of an absence, since when something was to come; cause: what it was to come
    of, as far as that is one observation."""

    finding: Finding
    evidence: Evidence | None
    seen: Observation | None
    from_s: float | None
    cause: Observation | None = None

    @property
    def at_s(self) -> float:
        """When the statement stopped holding: of what took too long, when its bound was passed."""
        between, bound = measured_between(self.finding), self.finding.bound
        if between is not None and bound is not None:
            began_s, ended_s = between
            return min(ended_s, began_s + bound.max_s)
        at_s = self.evidence.at_s if self.evidence is not None else self.from_s
        return at_s if at_s is not None else 0.0

    @property
    def is_absence(self) -> bool:
        """Whether there is nothing to be seen of it, since nothing came."""
        return self.evidence is None and measured_between(self.finding) is None

    @property
    def due_s(self) -> float:
        """By when it was certain: of what did not come, until when it might have come, if the check says so."""
        return self.finding.to_s if self.is_absence and self.finding.to_s is not None else self.at_s

    @property
    def place(self) -> tuple[float, int]:
        """Its place in the journal: by time, and inside one instant by its line."""
        return (self.at_s, self.evidence.number or 0 if self.evidence is not None else 0)


def measured_between(finding: Finding) -> tuple[float, float] | None:
    """From when to when was measured, if that is from the first to the last thing that is cited; else None."""
    times = [item.at_s for item in finding.evidence if item.at_s is not None]
    if finding.measured is None or finding.bound is None or len(times) < 2:
        return None
    took_s = max(times) - min(times)
    is_it = finding.measured.lo_s - 0.001 <= took_s <= finding.measured.hi_s + 0.001
    return (min(times), max(times)) if is_it else None


def divergences(verdict: Verdict, timelines: Mapping[str, Timeline]) -> list[Divergence]:
    """Where the statement does not hold, the first one first; empty unless it is VIOLATED. timelines: experiment →
    journal, in the order in which they were played; of what is cited from others no more is known than is cited."""
    if verdict.outcome is not Outcome.VIOLATED:
        return []
    against = [one for one in verdict.findings if one.outcome is Outcome.VIOLATED]
    order = {name: n for n, name in enumerate(timelines)}
    found = _diverged(verdict, against, timelines)
    return sorted(found, key=lambda one: (order.get(one.finding.experiment, len(order)), *one.place))


def evidence_in_order(verdict: Verdict) -> list[Evidence]:
    """All that the findings which decided it cite, once each: experiment by experiment, in the order of time and,
    inside one instant, of the journal's lines; facts of a whole run last."""
    is_against = verdict.outcome is Outcome.VIOLATED
    deciding = [one for one in verdict.findings if one.outcome is verdict.outcome] if is_against else []
    cited = [
        Evidence(item.at_s, item.text, item.number, item.experiment or one.experiment or None)
        for one in deciding
        for item in one.evidence
    ]
    names = list(dict.fromkeys(item.experiment for item in (*verdict.evidence, *cited)))
    unique = dict.fromkeys(cited or verdict.evidence)
    infinity = float("inf")
    return sorted(
        unique,
        key=lambda item: (
            names.index(item.experiment), infinity if item.at_s is None else item.at_s, item.number or 0,
        ),
    )  # fmt: skip


def _diverged(verdict: Verdict, against: Iterable[Finding], timelines: Mapping[str, Timeline]) -> Iterator[Divergence]:
    by_number: dict[str, dict[int, Observation]] = {}
    good = {
        (one.experiment, item.number)
        for one in verdict.findings
        if one.outcome is Outcome.HELD
        for item in one.evidence
    }
    for one in against:
        if one.experiment not in by_number:
            only = next(iter(timelines.values())) if len(timelines) == 1 else ()
            timeline = timelines.get(one.experiment, only)
            by_number[one.experiment] = {seen.number: seen for seen in timeline}
        known = by_number[one.experiment]
        item = None if one.is_absence else _wrong(one, known, good)
        if item is not None:
            yield Divergence(one, item, known.get(item.number or 0), None)
        else:
            times = [item.at_s for item in one.evidence if item.at_s is not None]
            from_s = one.from_s if one.from_s is not None else max(times, default=None)
            causes = [known[item.number] for item in one.evidence if item.number in known]
            yield Divergence(one, None, None, from_s, causes[0] if causes else None)


def _wrong(
    finding: Finding, known: Mapping[int, Observation], good: Collection[tuple[str, int | None]]
) -> Evidence | None:
    """The thing cited that is wrong, if a single one is."""
    unframed = [
        item
        for item in finding.evidence
        if item.number is not None and not item.is_frame and not _is_frame(known.get(item.number))
    ]
    own = [item for item in unframed if (finding.experiment, item.number) not in good] or unframed
    if not own:
        return None
    newest_first = sorted(own, key=lambda item: (item.at_s or 0.0, item.number or 0), reverse=True)
    last = known.get(newest_first[0].number or 0)
    if not isinstance(last, _TOLD):
        return newest_first[0]
    alike = itertools.takewhile(lambda item: type(known.get(item.number or 0)) is type(last), newest_first)
    return list(alike)[-1]


def _is_frame(seen: Observation | None) -> bool:
    """Whether it only says in which frame was looked: what we did, and the notice that a gap begins or ends."""
    if isinstance(seen, EventSeen):
        return seen.control or seen.system_status is not None
    if isinstance(seen, StreamChange):
        return seen.state is StreamState.LEFT
    return isinstance(seen, OURS)
