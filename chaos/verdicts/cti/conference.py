"""CTI-11: a fail-over in the middle of a conference."""

from chaos.errors import EvidenceError
from chaos.journal import RestExchange, SwitchAct, SwitchActed, SwitchAgentSeen, Timeline
from chaos.verdicts import bounds
from chaos.verdicts.cti.changes import STATES
from chaos.verdicts.cti.story import gaps, homes
from chaos.verdicts.verdict import Evidence, Verdict, held, violated


def conference_is_survived(timeline: Timeline) -> Verdict:
    """Through a fail-over in a conference with an outside party the phone goes on working, and after the agent has
    dropped off, its desktop shows the truth again. What it shows until then may be incomplete or missing."""
    joined = timeline.first(SwitchActed, lambda seen: seen.act is SwitchAct.CONFERENCE and seen.ok)
    at = homes(timeline)
    gap = next((one for one in gaps(timeline) if one.node == at.get(joined.agent)), None)
    if gap is None:
        raise EvidenceError(f"it was not seen at which node {joined.agent} works")
    if gap.back_s is None or joined.at_s > gap.told_s:
        raise EvidenceError("there was no whole fail-over during the conference")
    back_s = gap.back_s
    told = Evidence(joined.at_s, f"conference {joined.call_id} of {joined.agent}")
    phone = timeline.of(
        SwitchActed, lambda seen: seen.agent == joined.agent and seen.act is not SwitchAct.SET_STATE, from_s=back_s
    )
    failed = [act for act in phone if not act.ok]
    if failed:
        lines = [Evidence(act.at_s, f"{act.act} on the phone failed: {act.detail}") for act in failed]
        return violated("CTI-11", "the phone did not go on working", *lines, told, *gap.cited())
    wanted = {SwitchAct.HOLD, SwitchAct.RETRIEVE, SwitchAct.CLEAR}
    missing = wanted - {act.act for act in phone}
    if missing:
        raise EvidenceError(f"not tried on the phone after the fail-over: {', '.join(sorted(missing))}")
    shown = _shown(timeline, joined.agent, back_s)
    dropped = next(act for act in phone if act.act is SwitchAct.CLEAR)
    return _exact_after(timeline, joined, dropped, (told, *shown, *gap.cited()))


def _shown(timeline: Timeline, agent: str, back_s: float) -> tuple[Evidence, ...]:
    """What the agent's desktop showed of the conference: recorded, not judged."""
    answers = timeline.of(
        RestExchange, lambda seen: seen.agent == agent and seen.calls is not None and seen.sent_s > back_s
    )
    if not answers or answers[0].calls is None:
        return ()
    calls = "; ".join(f"call {call.call_id} with {len(call.parties)} parties" for call in answers[0].calls) or "no call"
    return (Evidence(answers[0].at_s, f"{agent}'s desktop showed {calls} after the fail-over (any is documented)"),)


def _exact_after(timeline: Timeline, joined: SwitchActed, dropped: SwitchActed, cited: tuple[Evidence, ...]) -> Verdict:
    drop = Evidence(dropped.at_s, f"{dropped.agent} dropped off")
    settled_s = dropped.at_s + bounds.RESYNC_S
    answers = timeline.of(
        RestExchange,
        lambda seen: seen.agent == joined.agent and seen.calls is not None and seen.status == 200,
        from_s=settled_s,
    )
    if not answers:
        raise EvidenceError(f"{joined.agent}'s calls were not asked for {bounds.RESYNC_S:g} s after it dropped off")
    last = answers[-1]
    if last.calls:
        left = Evidence(last.at_s, f"{joined.agent} is still shown call {last.calls[0].call_id}")
        return violated("CTI-11", "the conference stays on the desktop after the agent dropped off", left, drop, *cited)
    shown = timeline.of(RestExchange, lambda seen: seen.agent == joined.agent and seen.user_state is not None)
    true = timeline.of(
        SwitchAgentSeen,
        lambda seen: seen.agent == joined.agent and seen.state in STATES,
        from_s=dropped.at_s - bounds.PUBLISH_S,
    )
    if not true or not shown or shown[-1].at_s < settled_s:
        raise EvidenceError(
            f"{joined.agent}'s state was not seen at the switch and on the desktop after it dropped off"
        )
    if shown[-1].user_state != STATES[true[-1].state]:
        odd = Evidence(shown[-1].at_s, f"{joined.agent} is shown as {shown[-1].user_state}, and is {true[-1].state}")
        return violated("CTI-11", "the desktop shows a wrong state after the agent dropped off", odd, drop, *cited)
    return held("CTI-11", "the phone worked on, and the desktop was exact after the drop", drop, *cited)
