"""CTI-01, CTI-02 and CTI-03: which side is tried, how often and in which order."""

import itertools

from chaos.journal import Timeline
from chaos.verdicts import bounds
from chaos.verdicts.cti.common import each
from chaos.verdicts.cti.story import Attempt, Loss, attempts, ended_before, losses, strangers
from chaos.verdicts.verdict import Evidence, Verdict, held, inconclusive, violated


def fails_over_to_b(timeline: Timeline) -> Verdict:
    """With a B side configured, each node that loses side A opens a session on side B."""

    def judge(loss: Loss) -> Verdict:
        tried = [one for one in loss.tries if one.side == "b"]
        cited = tuple(one.cited() for one in loss.tries[:4])
        reserve = _in_reserve(timeline, loss)
        if not tried and reserve is not None:
            return inconclusive(
                "CTI-01", f"{loss.client} had a session on side B before it lost side A", reserve.cited()
            )
        if not tried:
            return violated("CTI-01", f"{loss.client} lost side A and never tried side B", *cited)
        if not any(one.opened_s is not None for one in tried):
            return inconclusive("CTI-01", f"{loss.client} tried side B, which never accepted it", *cited)
        return held("CTI-01", f"{loss.client} failed over to side B", *cited)

    return each("CTI-01", [judge(loss) for loss in losses(timeline, "a")], "every node failed over to side B")


def only_a_is_tried(timeline: Timeline) -> Verdict:
    """With no B side configured, a node that loses side A keeps trying side A and nothing else."""

    def judge(loss: Loss) -> Verdict:
        cited = tuple(one.cited() for one in loss.tries[:8])
        strayed = [one for one in loss.tries if one.side != "a"]
        if strayed:
            return violated("CTI-01", f"{loss.client} tried side B, which is not configured", strayed[0].cited())
        if len(loss.tries) < bounds.ATTEMPTS_MIN:
            return inconclusive("CTI-01", f"only {len(loss.tries)} attempts of {loss.client} were seen", *cited)
        return held("CTI-01", f"{loss.client} tried side A {len(loss.tries)} times and side B never", *cited)

    lost = losses(timeline, "a")
    found = [judge(loss) for loss in lost]
    found += [
        violated("CTI-01", f"{one.client} tried side B, which is not configured", one.cited())
        for one in strangers(timeline, lost)
        if one.side != "a" and one.at_s > min(loss.lost_s for loss in lost)
    ]
    return each("CTI-01", found, "every node kept to side A")


def b_is_tried_once_before_a(timeline: Timeline) -> Verdict:
    """Between the loss of side A and the next attempt at it lies exactly one attempt at side B."""

    def judge(loss: Loss) -> Verdict:
        tried_b = len(list(itertools.takewhile(lambda one: one.side == "b", loss.tries)))
        cited = tuple(one.cited() for one in loss.tries[:4])
        if _in_reserve(timeline, loss) is not None:
            return inconclusive("CTI-02", f"{loss.client} had a session on side B before it lost side A", *cited)
        if not loss.tries or (tried_b == 1 and len(loss.tries) == 1):
            return inconclusive("CTI-02", f"{loss.client} was not seen to come back to side A", *cited)
        if tried_b != 1:
            return violated("CTI-02", f"{loss.client} tried side B {tried_b} times before side A", *cited)
        first, second = loss.tries[:2]
        if first.opened_s is not None:
            return inconclusive("CTI-02", f"side B accepted {loss.client}: nothing made it turn to side A", *cited)
        if _overlap(first, second):
            return violated("CTI-02", f"{loss.client} tried side A before its attempt at side B had failed", *cited)
        return held("CTI-02", f"{loss.client} tried side B once, then side A", *cited)

    lost = losses(timeline, "a")
    found = [judge(loss) for loss in lost]
    found += [
        inconclusive("CTI-02", f"{one.client} tries too, and is none of the nodes that lost side A", one.cited())
        for one in strangers(timeline, lost)[:1]
    ]
    return each("CTI-02", found, "every node tried side B exactly once before side A again")


def alternates_until_success(timeline: Timeline) -> Verdict:
    """From the first return to side A on, sides take turns, one attempt each, until one opens; then it is quiet."""

    def judge(loss: Loss) -> Verdict:
        sides = [one.side for one in loss.tries]
        cited = tuple(one.cited() for one in loss.tries[:10])
        success = loss.success
        if success is None or "a" not in sides:
            return inconclusive("CTI-03", f"{loss.client} was not seen to alternate and to succeed: {sides}", *cited)
        rounds = [one for one in loss.tries[sides.index("a") :] if one.at_s <= success.at_s]
        repeat = next((b for a, b in itertools.pairwise(rounds) if a.side == b.side), None)
        if repeat is not None:
            return violated(
                "CTI-03", f"{loss.client} tried side {repeat.side.upper()} twice in a row", repeat.cited(), *cited
            )
        both = next((b for a, b in itertools.pairwise(rounds) if _overlap(a, b)), None)
        if both is not None:
            return violated("CTI-03", f"{loss.client} tried both sides at once", both.cited(), *cited)
        if len(rounds) < bounds.ATTEMPTS_MIN:
            return inconclusive("CTI-03", f"only {len(rounds)} attempts of {loss.client} after the first round", *cited)
        return _quiet_after(timeline, loss, cited)

    lost = losses(timeline, "a")
    found = [judge(loss) for loss in lost]
    found += [
        violated("CTI-03", f"{one.client} tries beside the sessions of the nodes", one.cited())
        for one in strangers(timeline, lost)[:3]
    ]
    return each("CTI-03", found, "every node alternated one attempt a side, and stopped after the first success")


def _in_reserve(timeline: Timeline, loss: Loss) -> Attempt | None:
    """A session that the node had on side B already when it lost side A."""
    return next(
        (
            one
            for one in attempts(timeline)[loss.client]
            if one.side == "b"
            and one.opened_s is not None
            and one.at_s <= loss.lost_s
            and not ended_before(one.ended_s, loss.lost_s)
        ),
        None,
    )


def _overlap(first: Attempt, second: Attempt) -> bool:
    """Whether the second began before the first had failed. Nothing is said of one whose failure was not seen."""
    return first.failed_s is not None and second.at_s < first.failed_s


def _quiet_after(timeline: Timeline, loss: Loss, cited: tuple[Evidence, ...]) -> Verdict:
    success = loss.success
    if success is None or success.opened_s is None:
        return inconclusive("CTI-03", f"{loss.client} never succeeded", *cited)
    later = [one for one in loss.tries if one.at_s > success.at_s]
    if later and not ended_before(success.ended_s, later[0].at_s):
        return violated("CTI-03", f"{loss.client} went on trying after a success", later[0].cited(), *cited)
    tried_s = [one.at_s for one in loss.tries if one.at_s <= success.at_s]
    period_s = max((b - a for a, b in itertools.pairwise(tried_s)), default=0.0)
    wanted_s = max(bounds.QUIET_RETRIES * period_s, timeline.header.heartbeat_interval_s)
    watched_s = (later[0].at_s if later else timeline.end_s) - success.opened_s
    if watched_s < wanted_s:
        return inconclusive("CTI-03", f"{loss.client} was watched for {watched_s:.1f} s only after its success", *cited)
    return held("CTI-03", f"{loss.client} alternated and stopped", *cited)
