"""CTI-09 and CTI-10: what is told of things that happened at the switch during the gap."""

from collections.abc import Callable, Sequence
from dataclasses import replace

from chaos.errors import EvidenceError
from chaos.journal import (
    About,
    EventSeen,
    RestExchange,
    SwitchAct,
    SwitchActed,
    SwitchAgentSeen,
    SwitchCallSeen,
    Timeline,
)
from chaos.verdicts import bounds
from chaos.verdicts.cti.common import each
from chaos.verdicts.cti.story import acts_within, closed_gaps, fell_silent, homes, streams_lost
from chaos.verdicts.verdict import Evidence, Verdict, held, inconclusive, violated

# The switch's word for a state, and Finesse's.
STATES = {
    "AVAILABLE": "READY",
    "NOT_READY": "NOT_READY",
    "LOGOUT": "LOGOUT",
    "WORK_READY": "WORK_READY",
    "WORK_NOT_READY": "WORK",
    "RESERVED": "RESERVED",
    "TALKING": "TALKING",
    "HOLD": "HOLD",
}


def state_told(timeline: Timeline, act: SwitchActed, from_s: float) -> EventSeen | None:
    wanted = STATES.get(act.value or "", act.value)
    told = timeline.of(
        EventSeen,
        lambda seen: seen.agent == act.agent and seen.about is About.USER and seen.user_state == wanted,
        from_s=from_s,
        to_s=from_s + bounds.RESYNC_S,
    )
    return told[0] if told else None


def _call_told(timeline: Timeline, act: SwitchActed, from_s: float) -> EventSeen | None:
    told = timeline.of(EventSeen, lambda seen: _tells(seen, act), from_s=from_s, to_s=from_s + bounds.RESYNC_S)
    return told[0] if told else None


def _tells(seen: EventSeen, act: SwitchActed) -> bool:
    """Whether this event tells the agent of what was done to the call at the switch."""
    call = next((call for call in seen.calls if call.call_id == act.call_id), None)
    if call is None or seen.agent != act.agent:
        return False
    if act.act is SwitchAct.CLEAR:
        return seen.event == "DELETE" or call.state == "DROPPED"
    if act.act is SwitchAct.SET_DATA:
        wanted = (act.value or "").rpartition("=")[2]
        return any(value == wanted for _, value in call.variables)
    return seen.event != "DELETE" and call.state not in ("DROPPED", "FAILED")


_TOLD: dict[SwitchAct, Callable[[Timeline, SwitchActed, float], EventSeen | None]] = {
    SwitchAct.SET_STATE: state_told,
    SwitchAct.MAKE_CALL: _call_told,
    SwitchAct.ANSWER: _call_told,
    SwitchAct.CLEAR: _call_told,
    SwitchAct.SET_DATA: _call_told,
}


def _gap_calls(acts: Sequence[SwitchActed]) -> set[str]:
    """Calls that began and ended among these acts."""
    made = {act.call_id for act in acts if act.act is SwitchAct.MAKE_CALL and act.call_id is not None}
    return made & {act.call_id for act in acts if act.act is SwitchAct.CLEAR and act.call_id is not None}


def _last_of_each(acts: Sequence[SwitchActed]) -> list[SwitchActed]:
    """Of several states of one agent, or values of one call, only the last is left to be told: it is the true one."""
    last = {(act.act, act.agent, act.call_id): act for act in acts}
    return list(last.values())


def _calls_known(timeline: Timeline, until_s: float) -> set[str | None]:
    """Calls that were seen before that time, at the switch or in an event."""
    acts = timeline.of(SwitchActed, lambda seen: seen.act is not SwitchAct.CLEAR, to_s=until_s)
    events = timeline.of(EventSeen, to_s=until_s)
    return {act.call_id for act in acts} | {call.call_id for seen in events for call in seen.calls}


def _left_to_tell(act: SwitchActed, acts: Sequence[SwitchActed], before: set[str | None]) -> bool:
    """Whether clients must be told of it: the end of a call that they may know, all else unless it ended since."""
    if act.call_id is None:
        return True
    if act.act is SwitchAct.CLEAR:
        return act.call_id in before
    return not any(
        later.act is SwitchAct.CLEAR
        and later.call_id == act.call_id
        and later.agent == act.agent
        and later.at_s > act.at_s
        for later in acts
    )


def _also_concerned(
    acts: Sequence[SwitchActed], timeline: Timeline, judged: Sequence[SwitchActed]
) -> list[SwitchActed]:
    """The same changes once more for the other agent of a call: it has its end and its data to be told as well."""
    others: list[SwitchActed] = []
    for act in judged:
        if act.act not in (SwitchAct.CLEAR, SwitchAct.SET_DATA):
            continue
        if act.act is SwitchAct.CLEAR and not _wholly_cleared(timeline, act):
            continue
        party = {
            seen.agent
            for seen in timeline.of(SwitchActed, lambda seen: seen.ok, to_s=act.at_s)
            if seen.call_id == act.call_id and seen.act in (SwitchAct.MAKE_CALL, SwitchAct.ANSWER)
        }
        told_of = {seen.agent for seen in acts if seen.call_id == act.call_id and seen.act is act.act}
        others += [replace(act, agent=agent) for agent in sorted(party - told_of)]
    return others


def _wholly_cleared(timeline: Timeline, act: SwitchActed) -> bool:
    """Whether the switch reported that the whole call was over with this act, not only one party's part in it."""
    ends = timeline.of(SwitchCallSeen, lambda seen: seen.call_id == act.call_id and seen.happening == "cleared")
    return any(seen.at_s <= act.at_s for seen in ends)


def gap_changes_are_published(timeline: Timeline, *kinds: SwitchAct) -> Verdict:
    """Each change of those kinds that was made at the switch during the gap is told to its agents after the gap.

    The final state is what counts: of several changes the last one, and nothing that is told afterwards may belie it.
    """
    found_gaps = closed_gaps(timeline)
    acts = acts_within(timeline, [gap for gap, _ in found_gaps])
    ghosts = _gap_calls(acts)
    before = _calls_known(timeline, max(gap.told_s for gap, _ in found_gaps))
    judged = _last_of_each(
        [act for act in acts if act.act in kinds and act.call_id not in ghosts and _left_to_tell(act, acts, before)]
    )
    missing = [kind for kind in kinds if not any(act.act is kind for act in judged)]
    if missing:
        raise EvidenceError(f"in the gap nothing of this kind was done at the switch: {', '.join(missing)}")
    judged += _also_concerned(acts, timeline, judged)
    back_s = {gap.node: to_s for gap, to_s in found_gaps}
    if timeline.end_s < max(back_s.values()) + bounds.RESYNC_S:
        raise EvidenceError(
            f"the clients were watched for {timeline.end_s - max(back_s.values()):.1f} s only after the gap"
        )
    at = homes(timeline)
    cited = tuple(item for gap, _ in found_gaps for item in gap.cited())

    def judge(act: SwitchActed) -> Verdict:
        from_s = back_s.get(at.get(act.agent, ""), min(back_s.values()))
        done = Evidence(act.at_s, f"at the switch, in the gap: {act.act} {act.agent} {act.value or ''}".rstrip())
        told = _TOLD[act.act](timeline, act, from_s)
        lost = streams_lost(timeline, [act.agent])
        if told is None and (lost or act.agent not in at):
            return inconclusive("CTI-09", f"the event stream of {act.agent} was not up", done, *lost[:1], *cited)
        if told is None:
            return violated("CTI-09", f"{act.agent} was never told of its {act.act} in the gap", done, *cited)
        event = Evidence(told.at_s, f"{told.node} → {told.agent}: {told.event} {told.source}")
        belied = _belied(timeline, act, told)
        if belied is not None:
            return violated(
                "CTI-09", f"{act.agent} was told otherwise after its {act.act}", done, event, belied, *cited
            )
        return held("CTI-09", f"{act.agent} was told of its {act.act}", done, event)

    return each("CTI-09", [judge(act) for act in judged], "everything changed in the gap was told after it")


def _belied(timeline: Timeline, act: SwitchActed, told: EventSeen) -> Evidence | None:
    """An event soon after the one that told the truth which told otherwise, though nobody had done anything."""
    until_s = told.at_s + bounds.RESYNC_S
    asked = timeline.of(RestExchange, lambda seen: seen.agent == act.agent and not seen.resource.startswith("GET"))
    moved_s = [
        *(seen.at_s for seen in timeline.of(SwitchActed, lambda seen: act.agent == seen.agent)),
        *(seen.at_s for seen in timeline.of(SwitchAgentSeen, lambda seen: seen.agent == act.agent)),
        *(seen.at_s for seen in timeline.of(SwitchCallSeen, lambda seen: seen.call_id == act.call_id)),
        *(seen.sent_s for seen in asked),
    ]
    undisturbed_s = min((at_s for at_s in moved_s if at_s > told.at_s), default=until_s)
    later = timeline.of(
        EventSeen,
        lambda seen: seen.agent == act.agent and told.at_s < seen.at_s < undisturbed_s,
        to_s=until_s,
    )
    otherwise = [seen for seen in later if _says_otherwise(seen, act)]
    if not otherwise:
        return None
    first = otherwise[0]
    return Evidence(first.at_s, f"{first.node} → {first.agent}: {first.event} {first.source} {first.user_state or ''}")


def _says_otherwise(seen: EventSeen, act: SwitchActed) -> bool:
    if act.act is SwitchAct.SET_STATE:
        return seen.about is About.USER and seen.user_state != STATES.get(act.value or "", act.value)
    call = next((call for call in seen.calls if call.call_id == act.call_id), None)
    if call is None:
        return False
    over = seen.event == "DELETE" or call.state == "DROPPED"
    if act.act is SwitchAct.SET_DATA:
        wanted = (act.value or "").rpartition("=")[2]
        return bool(call.variables) and not any(value == wanted for _, value in call.variables)
    return over is not (act.act is SwitchAct.CLEAR)


def gap_call_leaves_no_event(timeline: Timeline) -> Verdict:
    """A call that began and ended inside the gap is never mentioned by any event, nor shown afterwards.

    Only worth something if those whose call it was were listening: their streams carried something after the gap.
    """
    found_gaps = closed_gaps(timeline)
    acts = acts_within(timeline, [gap for gap, _ in found_gaps])
    ghosts = _gap_calls(acts)
    if not ghosts:
        raise EvidenceError("no call was made and ended inside the gap")
    calls = [
        Evidence(act.at_s, f"at the switch, in the gap: {act.act} {act.agent} call {act.call_id}")
        for act in acts
        if act.call_id in ghosts
    ]
    told = timeline.of(EventSeen, lambda seen: any(call.call_id in ghosts for call in seen.calls))
    shown = timeline.of(RestExchange, lambda seen: any(call.call_id in ghosts for call in seen.calls or ()))
    if told or shown:
        lines = [Evidence(seen.at_s, f"{seen.node} → {seen.agent}: {seen.event} {seen.source}") for seen in told]
        lines += [Evidence(seen.at_s, f"{seen.node} → {seen.agent}: {seen.resource} shows it") for seen in shown]
        return violated("CTI-10", "a call that lived inside the gap only was published", *lines[:4], *calls)
    back = [gap.back_s for gap, _ in found_gaps if gap.back_s is not None]
    if len(back) < len(found_gaps) or timeline.end_s < max(back) + bounds.GHOST_WATCH_S:
        raise EvidenceError("the clients were not watched long enough after the gap")
    party = {act.agent for act in acts if act.call_id in ghosts}
    deaf = fell_silent(timeline, party, min(to_s for _, to_s in found_gaps))
    if deaf or streams_lost(timeline, party):
        raise EvidenceError(
            f"the event streams of {', '.join(sorted(party))} did not all stay up: silence shows nothing"
        )
    return held("CTI-10", f"no event ever mentioned call {', '.join(sorted(ghosts))}", *calls)
