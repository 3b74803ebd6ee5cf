"""CTI-06, CTI-07 and CTI-08: requests and events while failing over, and once it is over."""

from chaos.journal import (
    About,
    EventSeen,
    RestExchange,
    StreamChange,
    StreamState,
    SwitchAct,
    SwitchActed,
    Timeline,
)
from chaos.verdicts import bounds
from chaos.verdicts.cti.changes import state_told
from chaos.verdicts.cti.common import each
from chaos.verdicts.cti.story import IN_SERVICE, OUT_OF_SERVICE, Gap, closed_gaps, homes, streams_lost
from chaos.verdicts.verdict import Evidence, Verdict, held, inconclusive, violated

# What clients ask of Finesse; SystemInfo is how they learn of the fail-over and is excepted by the clause.
RESOURCES = (
    "GET User/{id}",
    "PUT User/{id}",
    "GET User/{id}/Dialogs",
    "POST User/{id}/Dialogs",
    "GET Dialog/{id}",
    "PUT Dialog/{id}",
    "GET User/{id}/ReasonCodes",
)
# What a signed-in agent is always shown; the rest may be turned down for what was asked (a call that does not exist).
PLAIN = ("GET User/{id}", "GET User/{id}/Dialogs", "GET User/{id}/ReasonCodes")
SYSTEM_INFO = "GET SystemInfo"


def requests_get_503(timeline: Timeline) -> Verdict:
    """From the OUT_OF_SERVICE notice until CTI is back every request but SystemInfo is answered with 503."""
    within = {gap: _requests_within(timeline, gap, to_s) for gap, to_s in closed_gaps(timeline)}
    verdicts = [_all_503(gap, requests) for gap, requests in within.items()]
    return each("CTI-06", verdicts, "every request in the gap was answered with 503")


def _requests_within(timeline: Timeline, gap: Gap, to_s: float) -> list[RestExchange]:
    return timeline.of(
        RestExchange,
        lambda seen: (
            seen.node == gap.node and seen.resource != SYSTEM_INFO and seen.sent_s >= gap.told_s and seen.at_s < to_s
        ),
    )


def _all_503(gap: Gap, requests: list[RestExchange]) -> Verdict:
    odd = [seen for seen in requests if seen.status != 503]
    if odd:
        lines = [Evidence(seen.at_s, f"{seen.node}: {seen.resource} → {seen.status or seen.failure}") for seen in odd]
        return violated("CTI-06", f"{gap.node} did not answer 503 in the gap", *lines[:5], *gap.cited())
    asked = {seen.resource for seen in requests}
    missing = [resource for resource in RESOURCES if resource not in asked]
    if missing:
        return inconclusive("CTI-06", f"{gap.node} was never asked in the gap for {', '.join(missing)}", *gap.cited())
    count = Evidence(None, f"{gap.node}: {len(requests)} requests, all answered 503")
    return held("CTI-06", f"{gap.node} answered 503", count, *gap.cited())


def no_events_in_the_gap(timeline: Timeline) -> Verdict:
    """From the OUT_OF_SERVICE notice until CTI is back no event but SystemInfo's reaches a client.

    Only worth something if things happened at the switch meanwhile, to agents whose stream was up.
    """
    verdicts = [_silent(timeline, gap, to_s) for gap, to_s in closed_gaps(timeline)]
    return each("CTI-07", verdicts, "no event was published in the gap, though things happened at the switch")


def _silent(timeline: Timeline, gap: Gap, to_s: float) -> Verdict:
    events = _events_within(timeline, gap)
    if events:
        lines = [Evidence(seen.at_s, f"{seen.node} → {seen.agent}: {seen.event} {seen.source}") for seen in events]
        return violated("CTI-07", f"{gap.node} published in the gap", *lines[:5], *gap.cited())
    at = homes(timeline)
    lost = timeline.of(
        StreamChange, lambda seen: seen.node == gap.node and seen.state is not StreamState.CONNECTED, to_s=to_s
    )
    if lost:
        return inconclusive("CTI-07", f"an event stream of {gap.node} was lost", *gap.cited())
    told = _told(timeline, gap, OUT_OF_SERVICE, to_s=to_s)
    untold = [seen for seen in _published(timeline, gap, to_s) if seen.agent not in told]
    if untold:
        line = Evidence(untold[0].at_s, f"{gap.node} → {untold[0].agent}: {untold[0].event} {untold[0].source}")
        return inconclusive(
            "CTI-07", f"{gap.node} published to {untold[0].agent}, whom it had not told", line, *gap.cited()
        )
    acts = timeline.of(
        SwitchActed,
        lambda seen: seen.ok and seen.agent in told and at.get(seen.agent) == gap.node,
        from_s=gap.told_s,
        to_s=to_s - bounds.PUBLISH_S,
    )
    if not acts:
        return inconclusive("CTI-07", f"nothing happened to an agent of {gap.node} in the gap", *gap.cited())
    lines = [Evidence(act.at_s, f"at the switch: {act.act} {act.agent} {act.value or ''}".rstrip()) for act in acts]
    return held("CTI-07", f"{gap.node} kept silent", *lines[:3], *gap.cited())


def _told(timeline: Timeline, gap: Gap, status: str, *, to_s: float = float("inf")) -> dict[str, float]:
    """Agents whose own stream carried the node's notice of that status since the gap began, and when."""
    notices = timeline.of(
        EventSeen,
        lambda seen: seen.node == gap.node and seen.about is About.SYSTEM and seen.system_status == status,
        from_s=gap.told_s,
        to_s=to_s,
    )
    return {seen.agent: seen.at_s for seen in reversed(notices)}


def _published(timeline: Timeline, gap: Gap, to_s: float) -> list[EventSeen]:
    return timeline.of(
        EventSeen, lambda seen: seen.node == gap.node and seen.about is not About.SYSTEM, from_s=gap.told_s, to_s=to_s
    )


def _events_within(timeline: Timeline, gap: Gap) -> list[EventSeen]:
    """Events other than SystemInfo's that reached a client of the node after its own notice and before CTI was back.

    After its own notice: each agent has a stream of its own, and only a stream keeps the order of what it carries.
    """
    to_s = gap.reconnected_s if gap.reconnected_s is not None else timeline.end_s
    told = _told(timeline, gap, OUT_OF_SERVICE, to_s=to_s)
    return [seen for seen in _published(timeline, gap, to_s) if seen.at_s > told.get(seen.agent, to_s)]


def answers_and_publishes_again(timeline: Timeline) -> Verdict:
    """Once reconnected: an IN_SERVICE notice, requests are answered, and what happens then is published."""
    verdicts = [_back(timeline, gap) for gap, _ in closed_gaps(timeline)]
    return each("CTI-08", verdicts, "every node gave notice, answered and published again")


def _back(timeline: Timeline, gap: Gap) -> Verdict:
    back = _told(timeline, gap, IN_SERVICE)
    if not back and gap.back_s is None:
        return inconclusive("CTI-08", f"{gap.node} was not seen in service again", *gap.cited())
    forgotten = sorted(_told(timeline, gap, OUT_OF_SERVICE).keys() - back.keys())
    refused = _refused(timeline, gap, min(back.values())) if back else None
    if refused is not None:
        return refused
    lost = streams_lost(timeline, [agent for agent, at in homes(timeline).items() if at == gap.node])
    if lost:
        return inconclusive("CTI-08", f"an event stream of {gap.node} was lost", *lost[:2], *gap.cited())
    if not back:
        return violated("CTI-08", f"{gap.node} is in service again but sent no IN_SERVICE notice", *gap.cited())
    notice_s = min(back.values())
    cited = (*gap.cited(), Evidence(notice_s, f"{gap.node}: IN_SERVICE notice"))
    if forgotten:
        if timeline.end_s < notice_s + bounds.RESYNC_S:
            return inconclusive("CTI-08", f"{forgotten[0]} was not watched long enough for its notice", *cited)
        return violated("CTI-08", f"{gap.node} never told {forgotten[0]} that it is in service again", *cited)
    return _publishes(timeline, gap, notice_s, cited)


def _refused(timeline: Timeline, gap: Gap, notice_s: float) -> Verdict | None:
    """What is wrong with the node's answers after its notice, None if nothing is."""
    cited = (*gap.cited(), Evidence(notice_s, f"{gap.node}: IN_SERVICE notice"))
    later = timeline.of(RestExchange, lambda seen: seen.node == gap.node and seen.sent_s >= notice_s)
    refused = [seen for seen in later if seen.status is None or seen.status >= 500 or seen.status in (401, 403)]
    if refused:
        lines = [Evidence(seen.at_s, f"{seen.resource} → {seen.status or seen.failure}") for seen in refused[:4]]
        return violated("CTI-08", f"{gap.node} still refused requests after its notice", *lines, *cited)
    unasked = [name for name in RESOURCES if not any(seen.resource == name for seen in later)]
    if unasked:
        return inconclusive("CTI-08", f"after its notice {gap.node} was not asked for {', '.join(unasked)}", *cited)
    unserved = [name for name in PLAIN if not any(seen.resource == name and seen.status == 200 for seen in later)]
    if unserved:
        lines = [Evidence(seen.at_s, f"{seen.resource} → {seen.status}") for seen in later if seen.resource in unserved]
        return violated("CTI-08", f"{gap.node} never answered {', '.join(unserved)} with 200", *lines[:4], *cited)
    return None


def _publishes(timeline: Timeline, gap: Gap, from_s: float, cited: tuple[Evidence, ...]) -> Verdict:
    at = homes(timeline)
    acts = timeline.of(
        SwitchActed,
        lambda seen: seen.ok and seen.act is SwitchAct.SET_STATE and at.get(seen.agent) == gap.node,
        from_s=from_s,
        to_s=timeline.end_s - bounds.RESYNC_S,
    )
    if not acts:
        return inconclusive("CTI-08", f"nothing happened to an agent of {gap.node} after its notice", *cited)
    for act in acts:
        if not state_told(timeline, act, act.at_s):
            silent = Evidence(act.at_s, f"{act.agent} became {act.value} at the switch; no event told so")
            return violated("CTI-08", f"{gap.node} does not publish after its notice", silent, *cited)
    told = Evidence(acts[0].at_s, f"{acts[0].agent} became {acts[0].value} at the switch, and an event told so")
    return held("CTI-08", f"{gap.node} works again", told, *cited)
