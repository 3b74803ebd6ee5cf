"""AWDB-05, AWDB-06, AWDB-07 and AWDB-12: going to the other AWDB, and what happens meanwhile."""

import itertools
from dataclasses import dataclass

from chaos.errors import EvidenceError
from chaos.journal import (
    AwdbSeen,
    AwdbStep,
    RestExchange,
    SwitchAct,
    SwitchActed,
    Timeline,
)
from chaos.verdicts import bounds
from chaos.verdicts.awdb.story import (
    PRIMARY,
    SECONDARY,
    Down,
    Traffic,
    both_down,
    cited,
    downs,
    is_uncached,
    people,
    was_good,
)
from chaos.verdicts.common import each
from chaos.verdicts.cti.changes import state_told
from chaos.verdicts.cti.story import homes
from chaos.verdicts.proof import clock_error_s
from chaos.verdicts.verdict import Evidence, Outcome, Span, Verdict, held, inconclusive, timed, violated, worst


def _uncached(timeline: Timeline, down: Down) -> dict[tuple[str, str], list[RestExchange]]:
    """Requests of people whom no cache knew when they first asked, while that AWDB was lost."""
    found: dict[tuple[str, str], list[RestExchange]] = {}
    for who, requests in people(timeline).items():
        meanwhile = [one for one in requests if down.covers(one)]
        if meanwhile and is_uncached(requests, meanwhile[0]):
            found[who] = meanwhile
    return found


def goes_to_the_secondary(timeline: Timeline) -> Verdict:
    """With the primary lost, people whom no cache knows are authenticated by the secondary, at every node."""
    down = downs(timeline, PRIMARY)[0]
    traffic = Traffic(timeline)
    tried = _uncached(timeline, down)
    missing = set(timeline.header.nodes) - {node for node, _ in tried}
    if missing:
        raise EvidenceError(f"nobody whom no cache knew asked {', '.join(sorted(missing))} while the primary was lost")

    def judge(requests: list[RestExchange]) -> Verdict:
        who = f"{requests[0].agent} at {requests[0].node}"
        lines = (down.cited(), *(cited(one) for one in requests[:4]))
        good = next((one for one in requests if was_good(one)), None)
        if good is None:
            if len(requests) <= bounds.RETRIES:
                return inconclusive("AWDB-05", f"{who} asked {len(requests)} time(s) only", *lines)
            return violated("AWDB-05", f"{who} was never authenticated, though the secondary is there", *lines)
        asked = traffic.of(good, AwdbStep.ANSWERED, side=SECONDARY)
        if not asked:
            return inconclusive("AWDB-05", f"{who} was let in, but the secondary was not asked", *lines)
        by = Evidence(asked[0].at_s, "the secondary AWDB answered Finesse")
        return held("AWDB-05", f"{who} was authenticated by the secondary", *lines, by)

    return each("AWDB-05", [judge(one) for one in tried.values()], "every node went to the secondary AWDB")


def retry_succeeds(timeline: Timeline) -> Verdict:
    """With one AWDB lost, a first request may fail, no later than the database time-out; its retry succeeds."""
    down = downs(timeline, PRIMARY)[0]
    traffic, error_s = Traffic(timeline), clock_error_s(timeline)
    tried = _uncached(timeline, down)
    if not tried:
        raise EvidenceError("nobody whom no cache knew asked for anything while the primary AWDB was lost")

    def judge(requests: list[RestExchange]) -> Verdict:
        who = f"{requests[0].agent} at {requests[0].node}"
        lines = (down.cited(), *(cited(one) for one in requests[:4]))
        first = next((n for n, one in enumerate(requests) if was_good(one)), None)
        if first is None and len(requests) <= bounds.RETRIES:
            return inconclusive("AWDB-12", f"{who} did not try again", *lines)
        if first is None or first > bounds.RETRIES:
            return violated("AWDB-12", f"{who} tried again, in vain", *lines)
        if not traffic.of(requests[first], AwdbStep.ANSWERED, side=SECONDARY):
            return inconclusive("AWDB-12", f"{who} was let in, but not by the other AWDB", *lines)
        took = max((one.at_s - one.sent_s for one in requests[: first + 1]), default=0.0)
        measured = Span(max(0.0, took - error_s), took + error_s)
        return timed(
            "AWDB-12",
            f"{who} was let in at try {first + 1}; the longest answer",
            measured,
            bounds.DATABASE_TIMEOUT,
            *lines,
        )

    return each(
        "AWDB-12", [judge(one) for one in tried.values()], "whoever met the loss was let in, at the retry at latest"
    )


def asks_at_every_request(timeline: Timeline) -> Verdict:
    """With both AWDBs lost every request makes Finesse try, by turns at both; once one answers, a request succeeds."""
    down = both_down(timeline)
    traffic = Traffic(timeline)
    nodes: dict[str, list[RestExchange]] = {}
    for (node, _), requests in people(timeline).items():
        nodes.setdefault(node, []).extend(
            one for one in requests if down.covers(one) and not was_good(one) and traffic.alone(one)
        )
    everything = timeline.of(RestExchange)
    verdicts = [
        _tries(
            node,
            sorted(requests, key=lambda one: one.sent_s),
            traffic,
            down,
            uses_secondary=any(traffic.of(one, side=SECONDARY) for one in everything if one.node == node),
        )
        for node, requests in nodes.items()
    ]
    if worst(verdicts).outcome is Outcome.HELD:
        verdicts.append(_until_one_answers(timeline, down, traffic))
    return each("AWDB-06", verdicts, "every request made Finesse try, at both AWDBs, until one answered")


def _tries(node: str, requests: list[RestExchange], traffic: Traffic, down: Down, *, uses_secondary: bool) -> Verdict:
    if len(requests) < bounds.ATTEMPTS_MIN:
        return inconclusive(
            "AWDB-06", f"only {len(requests)} requests in need of an AWDB were seen at {node}", down.cited()
        )
    sides = [{seen.side for seen in traffic.of(one, AwdbStep.ATTEMPT, AwdbStep.ASKED)} for one in requests]
    lines = tuple(
        cited(one, f"tried: {', '.join(f'awdb-{side}' for side in sorted(tried)) or 'nothing'}")
        for one, tried in zip(requests[:6], sides, strict=False)
    )
    if not uses_secondary:
        return inconclusive("AWDB-06", f"{node} never tried the secondary AWDB: see AWDB-05", down.cited(), *lines)
    for one, tried in zip(requests, sides, strict=True):
        if not tried:
            return violated("AWDB-06", f"{node} did not try any AWDB at a request", cited(one), *lines)
    for n, (tried, after) in enumerate(itertools.pairwise(sides)):
        if {PRIMARY, SECONDARY} - (tried | after):
            side = min(tried)
            return violated(
                "AWDB-06", f"{node} tried awdb-{side} again, and not the other", cited(requests[n + 1]), *lines
            )
    return held("AWDB-06", f"{node} tried at each of {len(requests)} requests", down.cited(), *lines)


def _until_one_answers(timeline: Timeline, down: Down, traffic: Traffic) -> Verdict:
    """Once an AWDB is back, somebody is let in by it, after one failure for each AWDB at most."""
    found = []
    for requests in people(timeline).values():
        failed = [one for one in requests if down.covers(one) and not was_good(one)]
        later = [one for one in requests if one.sent_s > down.to_s]
        if failed and later:
            found.append(later)
    if not found:
        return inconclusive("AWDB-06", "nobody asked again once an AWDB was back", down.cited())

    def judge(requests: list[RestExchange]) -> Verdict:
        lines = tuple(cited(one) for one in requests[:3])
        good = next((n for n, one in enumerate(requests) if was_good(one)), None)
        if good is not None and good <= bounds.UNNOTICED_REQUESTS:
            if not traffic.of(requests[good], AwdbStep.ANSWERED):
                return inconclusive("AWDB-06", f"{requests[0].agent} was let in, but no AWDB was asked", *lines)
            return held("AWDB-06", f"{requests[0].agent} was let in once an AWDB answered", *lines)
        if good is None and len(requests) <= bounds.UNNOTICED_REQUESTS:
            return inconclusive("AWDB-06", f"{requests[0].agent} gave up asking", *lines)
        return violated("AWDB-06", f"an AWDB is back, and {requests[0].agent} is not let in", *lines)

    return each("AWDB-06", [judge(one) for one in found], "once an AWDB answered people were let in")


# --- AWDB-07 ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class FailingOver:
    """A time in which one node was trying to connect to an AWDB, at somebody's request."""

    request: RestExchange
    attempt: AwdbSeen
    to_s: float

    @property
    def from_s(self) -> float:
        return self.attempt.at_s

    def cited(self) -> tuple[Evidence, ...]:
        begins = f"{self.request.node} tries to connect to awdb-{self.attempt.side}"
        return Evidence(self.from_s, begins), Evidence(self.to_s, f"{self.request.node} gives that attempt up")


def _failing_over(timeline: Timeline) -> list[FailingOver]:
    """Attempts that came to nothing and lasted, each with the one request in need of an AWDB that was under way.

    Raises EvidenceError: there was none.
    """
    down = both_down(timeline)
    traffic = Traffic(timeline)
    found = []
    for requests in _uncached(timeline, down).values():
        for one in requests:
            for attempt in traffic.of(one, AwdbStep.ATTEMPT):
                end = traffic.end_of(attempt.connection)
                to_s = min(one.at_s, end.at_s if end else one.at_s)
                if to_s - attempt.at_s >= bounds.FAIL_OVER_S_MIN and not traffic.answered(attempt.connection):
                    found.append(FailingOver(one, attempt, to_s))
    if not found:
        raise EvidenceError("no attempt to connect to an AWDB lasted long enough to look at what happened meanwhile")
    return found


def serves_nobody_but_tells_events(timeline: Timeline) -> Verdict:
    """While a node tries to connect to an AWDB, it answers no request of anybody, and events reach its clients."""
    spans = _failing_over(timeline)
    verdicts = [_serves_nobody(timeline, span) for span in spans] + [_tells(timeline, span) for span in spans]
    missing = set(timeline.header.nodes) - {span.request.node for span in spans}
    verdicts += [inconclusive("AWDB-07", f"{node} was not seen to fail over") for node in sorted(missing)]
    return each("AWDB-07", verdicts, "while failing over no request was processed, and events were told")


def _serves_nobody(timeline: Timeline, span: FailingOver) -> Verdict:
    node = span.request.node
    asked = timeline.of(
        RestExchange,
        lambda seen: seen.node == node and seen.agent is not None and span.from_s < seen.sent_s < span.to_s,
    )
    if not asked:
        return inconclusive("AWDB-07", f"nobody asked {node} for anything while it was failing over", *span.cited())
    served = [one for one in asked if was_good(one) and one.at_s < span.to_s]
    if served:
        return violated("AWDB-07", f"{node} processed a request while failing over", cited(served[0]), *span.cited())
    return held("AWDB-07", f"{node} processed no request", *span.cited(), *(cited(one) for one in asked[:2]))


def _tells(timeline: Timeline, span: FailingOver) -> Verdict:
    node = span.request.node
    at = homes(timeline)
    acts = timeline.of(
        SwitchActed,
        lambda act: act.ok and act.act is SwitchAct.SET_STATE and at.get(act.agent) == node,
        from_s=span.from_s,
        to_s=span.to_s - bounds.PUBLISH_S,
    )
    if not acts:
        return inconclusive(
            "AWDB-07", f"nothing happened to an agent of {node} while it was failing over", *span.cited()
        )
    lines: list[Evidence] = []
    for act in acts:
        lines.append(Evidence(act.at_s, f"at the switch: {act.act} {act.agent} {act.value or ''}".rstrip()))
        # The event may overtake the switch's own confirmation to us.
        told = state_told(timeline, act, max(span.from_s, act.at_s - bounds.PUBLISH_S))
        if told is None or told.at_s > span.to_s:
            return violated("AWDB-07", f"{node} told no event while failing over", *lines, *span.cited())
        lines.append(Evidence(told.at_s, f"{told.node} → {told.agent}: {told.event} {told.source}"))
    return held("AWDB-07", f"{node} told events", *lines)
