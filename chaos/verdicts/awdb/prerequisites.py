"""AWDB-01: without its prerequisites there is no fail-over to the secondary AWDB."""

from chaos.errors import EvidenceError
from chaos.journal import AwdbStep, RestExchange, Timeline
from chaos.verdicts.awdb.story import PRIMARY, SECONDARY, Down, Traffic, cited, downs, people, was_good
from chaos.verdicts.common import each
from chaos.verdicts.verdict import Verdict, held, inconclusive, violated


def no_fail_over_without(timeline: Timeline, missing: str) -> Verdict:
    """With the primary lost and that prerequisite of the secondary missing, nobody is authenticated.

    Whoever is let in without any traffic to an AWDB was cached, and shows nothing. That the failures were the AWDB's
    doing is seen by the same people's being let in once the primary is back, the prerequisite still missing.
    """
    lost = downs(timeline, PRIMARY)
    traffic = Traffic(timeline)
    found = [
        verdict
        for requests in people(timeline).values()
        if (verdict := _of_one(requests, lost, traffic, missing)) is not None
    ]
    if not found:
        raise EvidenceError("nobody whom no cache knew asked for anything while the primary AWDB was lost")
    return each("AWDB-01", found, f"nobody was authenticated while {missing}")


def _of_one(requests: list[RestExchange], lost: list[Down], traffic: Traffic, missing: str) -> Verdict | None:
    meanwhile = [one for one in requests if any(down.covers(one) for down in lost)]
    by_secondary = [one for one in meanwhile if was_good(one) and traffic.of(one, AwdbStep.ANSWERED, side=SECONDARY)]
    if by_secondary:
        asked = cited(by_secondary[0], "the secondary AWDB was asked, and answered")
        return violated("AWDB-01", f"Finesse went to the secondary AWDB although {missing}", lost[0].cited(), asked)
    refused = [one for one in meanwhile if not was_good(one)]
    if not refused:
        return None
    who = f"{refused[0].agent} at {refused[0].node}"
    lines = (lost[0].cited(), *(cited(one) for one in refused[:3]))
    if any(was_good(one) for one in meanwhile):
        return inconclusive("AWDB-01", f"{who} was let in meanwhile, without traffic to an AWDB", *lines)
    later = [one for one in requests if one.sent_s > refused[-1].at_s and was_good(one)]
    if not later:
        return inconclusive("AWDB-01", f"{who} was not let in once the primary AWDB was back, either", *lines)
    control = cited(later[0], "the primary AWDB is back")
    return held("AWDB-01", f"{who} was not authenticated", *lines, control)
