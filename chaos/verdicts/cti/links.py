"""CTI-01, CTI-02 and CTI-03: which side is tried, how often and in which order."""

import itertools

from chaos.journal import Timeline
from chaos.verdicts import bounds
from chaos.verdicts.cti.common import each
from chaos.verdicts.cti.story import Loss, ended_before, losses, strangers
from chaos.verdicts.verdict import Evidence, Verdict, held, inconclusive, violated


def fails_over_to_b(timeline: Timeline) -> Verdict:
    """With a B side configured, each node that loses side A opens a session on side B."""

    def judge(loss: Loss) -> Verdict:
        tried = [one for one in loss.tries if one.side == "b"]
        cited = tuple(one.cited() for one in loss.tries[:4])
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

    return each("CTI-01", [judge(loss) for loss in losses(timeline, "a")], "every node kept to side A")


def b_is_tried_once_before_a(timeline: Timeline) -> Verdict:
    """Between the loss of side A and the next attempt at it lies exactly one attempt at side B."""

    def judge(loss: Loss) -> Verdict:
        tried_b = len(list(itertools.takewhile(lambda one: one.side == "b", loss.tries)))
        cited = tuple(one.cited() for one in loss.tries[:4])
        if not loss.tries or (tried_b == 1 and len(loss.tries) == 1):
            return inconclusive("CTI-02", f"{loss.client} was not seen to come back to side A", *cited)
        if tried_b != 1:
            return violated("CTI-02", f"{loss.client} tried side B {tried_b} times before side A", *cited)
        return held("CTI-02", f"{loss.client} tried side B once, then side A", *cited)

    found = [judge(loss) for loss in losses(timeline, "a")]
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


def _quiet_after(timeline: Timeline, loss: Loss, cited: tuple[Evidence, ...]) -> Verdict:
    success = loss.success
    if success is None or success.opened_s is None:
        return inconclusive("CTI-03", f"{loss.client} never succeeded", *cited)
    later = [one for one in loss.tries if one.at_s > success.at_s]
    if later and not ended_before(success.ended_s, later[0].at_s):
        return violated("CTI-03", f"{loss.client} went on trying after a success", later[0].cited(), *cited)
    tried_s = [one.at_s for one in loss.tries if one.at_s <= success.at_s]
    period_s = max((b - a for a, b in itertools.pairwise(tried_s)), default=0.0)
    watched_s = (later[0].at_s if later else timeline.end_s) - success.opened_s
    if watched_s < bounds.QUIET_RETRIES * period_s:
        return inconclusive("CTI-03", f"{loss.client} was watched for {watched_s:.1f} s only after its success", *cited)
    return held("CTI-03", f"{loss.client} alternated and stopped", *cited)
