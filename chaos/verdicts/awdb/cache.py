"""AWDB-02, AWDB-03 and AWDB-04: how long credentials are cached, and that nobody is asked meanwhile."""

from dataclasses import dataclass

from chaos.errors import EvidenceError
from chaos.journal import AwdbStep, RestExchange, Timeline
from chaos.verdicts import bounds
from chaos.verdicts.awdb.story import Down, Traffic, both_down, cited, people, was_good
from chaos.verdicts.common import each
from chaos.verdicts.proof import clock_error_s
from chaos.verdicts.verdict import Evidence, Outcome, Span, Verdict, held, inconclusive, violated, worst


@dataclass(frozen=True, slots=True)
class Again:
    """Somebody asked again whose credentials were cached once.

    authenticated: the last request before it that made Finesse ask an AWDB, and succeeded; None if none was seen. last:
    the last one that succeeded. age, idle: how long before the request each of them was, since nobody knows when on
    its way a request was looked at. Whether the half hour counts from the one or from the other is open: somebody
    must be let in as long as `age` is within it, and must not any more when `idle` is beyond it.
    """

    then: RestExchange
    last: RestExchange
    idle: Span
    authenticated: RestExchange | None
    age: Span | None

    @property
    def is_cached(self) -> bool:
        return self.age is not None and self.age.hi_s <= bounds.CACHE_LIFE_S

    @property
    def is_young(self) -> bool:
        return self.age is not None and self.age.hi_s < bounds.CACHE_LIFE_S / 2

    @property
    def is_just_before(self) -> bool:
        return self.is_cached and self.age is not None and self.age.lo_s >= bounds.CACHE_LIFE_S - bounds.CACHE_EDGE_S

    @property
    def is_just_after(self) -> bool:
        return self.idle.lo_s > bounds.CACHE_LIFE_S and self.idle.hi_s <= bounds.CACHE_LIFE_S + bounds.CACHE_EDGE_S

    @property
    def is_long_after(self) -> bool:
        return self.idle.lo_s > bounds.CACHE_GONE_S

    def cited(self) -> tuple[Evidence, ...]:
        lines = []
        if self.authenticated is not None:
            lines.append(cited(self.authenticated, "an AWDB was asked"))
        if self.last is not self.authenticated:
            lines.append(cited(self.last))
        since = self.age if self.is_cached and self.age is not None else self.idle
        return (*lines, cited(self.then, f"{since} later"))


def again(timeline: Timeline) -> list[Again]:
    """Each request of somebody who had been let in before, at the same node."""
    traffic, error_s = Traffic(timeline), clock_error_s(timeline)

    def since(first: RestExchange, then: RestExchange) -> Span:
        return Span(max(0.0, then.sent_s - first.at_s - error_s), then.at_s - first.sent_s + error_s)

    found = []
    for requests in people(timeline).values():
        for then in requests:
            good = [one for one in requests if was_good(one) and one.at_s <= then.sent_s and one is not then]
            asked = [one for one in good if traffic.of(one, AwdbStep.ANSWERED) and traffic.alone(one)]
            if good:
                base = asked[-1] if asked else None
                found.append(Again(then, good[-1], since(good[-1], then), base, since(base, then) if base else None))
    return found


def _in_the_dark(timeline: Timeline) -> tuple[Down, list[Again]]:
    down = both_down(timeline)
    return down, [one for one in again(timeline) if down.covers(one.then)]


def cached_for_half_an_hour(timeline: Timeline) -> Verdict:
    """With both AWDBs lost a person is let in until 30 minutes after the request that cached the credentials.

    Looked at just before and just after. Whether a request in between prolongs that time is noted, and not judged: the
    chapter can be read both ways.
    """
    down, found = _in_the_dark(timeline)
    before = [one for one in found if one.is_just_before]
    after = [one for one in found if one.is_just_after]
    verdicts = [_just_before(one, found) for one in before] + [_just_after(one) for one in after]
    for name, looked_at in (("before", before), ("after", after)):
        if not looked_at:
            verdicts.append(inconclusive("AWDB-02", f"nobody asked just {name} the half hour was over", down.cited()))
    verdict = worst(verdicts)
    if verdict.outcome is not Outcome.HELD:
        return verdict
    life = Span(max(one.age.lo_s for one in before if one.age), min(one.idle.hi_s for one in after))
    lines = (down.cited(), *(line for one in (*before, *after) for line in one.cited()), *_slides(timeline, down))
    return Verdict("AWDB-02", Outcome.HELD, "credentials were cached for half an hour", lines, life)


def _just_before(one: Again, found: list[Again]) -> Verdict:
    if was_good(one.then):
        return held("AWDB-02", f"{one.then.agent} was let in just before", *one.cited())
    if not any(was_good(other.then) for other in found if other.is_young):
        return inconclusive("AWDB-02", "no cached credentials were of any use: how long they last cannot be seen")
    return violated("AWDB-02", f"{one.then.agent}'s credentials lapsed before half an hour was over", *one.cited())


def _just_after(one: Again) -> Verdict:
    if was_good(one.then):
        return violated("AWDB-02", f"{one.then.agent}'s credentials were still good after half an hour", *one.cited())
    return held("AWDB-02", f"{one.then.agent} was not let in just after", *one.cited())


def _slides(timeline: Timeline, down: Down) -> list[Evidence]:
    """What became of somebody who asked within the half hour, and once more after its end."""
    for one in again(timeline):
        if down.covers(one.then) and one.age and one.age.lo_s > bounds.CACHE_LIFE_S and one.idle.hi_s < one.age.lo_s:
            said = "prolonged" if was_good(one.then) else "did not prolong"
            return [cited(one.then, f"noted only: the request at {one.last.sent_s:.0f} s {said} the half hour")]
    return []


def cached_users_stay(timeline: Timeline) -> Verdict:
    """With both AWDBs lost, everybody whose credentials are cached is let in.

    How long they are cached is AWDB-02's: here they are young, and others count only if these are turned away.
    """
    down, found = _in_the_dark(timeline)
    young = [one for one in found if one.is_young]
    if not young:
        raise EvidenceError("nobody who was authenticated shortly before asked for anything with both AWDBs lost")

    def judge(one: Again) -> Verdict:
        if was_good(one.then):
            return held("AWDB-03", f"{one.then.agent} was let in", *one.cited())
        return violated("AWDB-03", f"{one.then.agent} was not let in, though cached", down.cited(), *one.cited())

    verdicts = [judge(one) for one in young]
    verdicts += [judge(one) for one in found if one.is_just_before and was_good(one.then)]
    return each("AWDB-03", verdicts, "everybody whose credentials were cached was let in without any AWDB")


def asked_only_after_expiry(timeline: Timeline) -> Verdict:
    """While credentials are cached no AWDB is asked about them, though one is there; long after, one is."""
    traffic = Traffic(timeline)
    if not traffic.any:
        raise EvidenceError("nothing was seen on the AWDB links: does Finesse's administration name the proxies?")
    stray = traffic.stray()
    found = [
        one
        for one in again(timeline)
        if one.authenticated and was_good(one.then) and traffic.alone(one.then) and one.then.sent_s > traffic.steady_s
    ]
    cached = [one for one in found if one.is_cached]
    after = [one for one in found if one.is_long_after]

    def judge(one: Again, wanted: bool) -> Verdict:
        seen = traffic.of(one.then, AwdbStep.ASKED, AwdbStep.ATTEMPT)
        lines = (*one.cited(), *(Evidence(step.at_s, f"awdb-{step.side}: {step.step}") for step in seen[:2]))
        if bool(seen) is wanted and not (seen and stray):
            return held("AWDB-04", f"{one.then.agent}: as documented", *lines)
        if seen and stray:
            return inconclusive(
                "AWDB-04", "Finesse talks to its AWDB unasked, too: whose traffic it is, is open", *lines
            )
        what = "was asked about cached credentials" if seen else "was not asked after the credentials had lapsed"
        return violated("AWDB-04", f"an AWDB {what}", *lines)

    verdicts = [judge(one, wanted=False) for one in cached] + [judge(one, wanted=True) for one in after]
    if not any(one.is_just_before for one in cached):
        verdicts.append(inconclusive("AWDB-04", "nobody's credentials were looked at just before they lapsed"))
    if not after:
        verdicts.append(inconclusive("AWDB-04", "nobody's credentials were looked at long after they had lapsed"))
    return each("AWDB-04", verdicts, "no AWDB was asked about cached credentials, and one was after they had lapsed")
