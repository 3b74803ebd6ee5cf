"""CTI-09 and CTI-10: what is told of things that happened at the switch during the gap."""

from collections.abc import Callable, Sequence

from chaos.errors import EvidenceError
from chaos.journal import About, EventSeen, SwitchAct, SwitchActed, Timeline
from chaos.verdicts import bounds
from chaos.verdicts.cti.common import each
from chaos.verdicts.cti.story import acts_within, closed_gaps
from chaos.verdicts.verdict import Evidence, Verdict, held, violated

# The switch's word for a state, and Finesse's.
STATES = {"AVAILABLE": "READY", "NOT_READY": "NOT_READY", "LOGOUT": "LOGOUT", "WORK_READY": "WORK_READY"}


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
        return any(value == act.value for _, value in call.variables)
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


def gap_changes_are_published(timeline: Timeline, *kinds: SwitchAct) -> Verdict:
    """Each change of those kinds that was made at the switch during the gap is told to its agent after the gap."""
    found_gaps = closed_gaps(timeline)
    acts = acts_within(timeline, [gap for gap, _ in found_gaps])
    ghosts = _gap_calls(acts)
    judged = [act for act in acts if act.act in kinds and act.call_id not in ghosts]
    missing = [kind for kind in kinds if not any(act.act is kind for act in judged)]
    if missing:
        raise EvidenceError(f"in the gap nothing of this kind was done at the switch: {', '.join(missing)}")
    from_s = min(to_s for _, to_s in found_gaps)
    cited = tuple(item for gap, _ in found_gaps for item in gap.cited())
    if timeline.end_s < from_s + bounds.RESYNC_S:
        raise EvidenceError(f"the clients were watched for {timeline.end_s - from_s:.1f} s only after the gap")

    def judge(act: SwitchActed) -> Verdict:
        done = Evidence(act.at_s, f"at the switch, in the gap: {act.act} {act.agent} {act.value or ''}".rstrip())
        told = _TOLD[act.act](timeline, act, from_s)
        if told is None:
            return violated("CTI-09", f"{act.agent} was never told of its {act.act} in the gap", done, *cited)
        event = Evidence(told.at_s, f"{told.node} → {told.agent}: {told.event} {told.source}")
        return held("CTI-09", f"{act.agent} was told of its {act.act}", done, event)

    return each("CTI-09", [judge(act) for act in judged], "everything changed in the gap was told after it")


def gap_call_leaves_no_event(timeline: Timeline) -> Verdict:
    """A call that began and ended inside the gap is never mentioned by any event, nor shown afterwards."""
    found_gaps = closed_gaps(timeline)
    acts = acts_within(timeline, [gap for gap, _ in found_gaps])
    ghosts = _gap_calls(acts)
    if not ghosts:
        raise EvidenceError("no call was made and ended inside the gap")
    back = [gap.back_s for gap, _ in found_gaps if gap.back_s is not None]
    if len(back) < len(found_gaps) or timeline.end_s < max(back) + bounds.GHOST_WATCH_S:
        raise EvidenceError("the clients were not watched long enough after the gap")
    calls = [
        Evidence(act.at_s, f"at the switch, in the gap: {act.act} {act.agent} call {act.call_id}")
        for act in acts
        if act.call_id in ghosts
    ]
    told = timeline.of(EventSeen, lambda seen: any(call.call_id in ghosts for call in seen.calls))
    if told:
        lines = [Evidence(seen.at_s, f"{seen.node} → {seen.agent}: {seen.event} {seen.source}") for seen in told]
        return violated("CTI-10", "a call that lived inside the gap only was published", *lines[:4], *calls)
    return held("CTI-10", f"no event ever mentioned call {', '.join(sorted(ghosts))}", *calls)
