"""CTI-08: which state comes after an agent's call, as far as that was told before the first loss, or asked for."""

from collections.abc import Iterator

from chaos.history import Evidence, History
from chaos.history.happenings import EARLY_S, STOOD_S, USER, events_of
from chaos.history.hearing import TOLD_S, deaf, first_loss_s
from chaos.history.history import fact
from chaos.history.people import at_work, streams_lost
from chaos.history.screens import STATES
from chaos.journal import RestExchange, SwitchAgentSeen
from chaos.verdicts.cti.failover import FailOver, after
from chaos.verdicts.finding import Finding, missed

_PENDING = "pendingState"


def pending_untold(history: History, one: FailOver) -> Iterator[Finding]:
    """What the switch says will come after a call, and the node's events do not, though they did before, or though the
    agent asked that node for it."""
    if one.gap.back is None or deaf(history):
        return
    for agent in one.people(history):
        own = one.gap.own(agent)
        from_s = one.back_s if own is None or own[1] is None else own[1].at_s
        if streams_lost(history, [agent], to_s=one.next_s):
            continue
        for seen in _lasting(history, agent, from_s, one.next_s - TOLD_S):
            if (_are_told(history) or _was_asked_for(history, seen)) and not _is_told(history, seen):
                said = f"{one.node} does not tell {agent} which state comes after its call"
                line = Evidence.of(seen, f"at the switch {agent} is {seen.state}, and {seen.pending} comes next")
                yield missed(after(one, agent=agent, event=USER), said, line, *one.gap.cited())


@fact
def _are_told(history: History) -> bool:
    """Whether such states were told before the first loss, all of them."""
    to_s = first_loss_s(history) - TOLD_S
    found = [seen for agent in at_work(history) for seen in _lasting(history, agent, 0.0, to_s)]
    return bool(found) and all(_is_told(history, seen) for seen in found)


def _was_asked_for(history: History, seen: SwitchAgentSeen) -> bool:
    """Whether the agent's own node accepted a request for that state just before."""
    asked = history.of(RestExchange, lambda one: one.status == 202, agent=seen.agent, from_s=seen.at_s - TOLD_S)
    return any(
        one.sent_s <= seen.at_s and dict(one.wanted).get("state") == STATES.get(seen.pending or "") for one in asked
    )


def _lasting(history: History, agent: str, from_s: float, to_s: float) -> Iterator[SwitchAgentSeen]:
    """What became pending in that time, and stood for a while."""
    told = history.of(SwitchAgentSeen, agent=agent)
    for before, seen, *after_it in zip([None, *told], told, [*told[1:], None], strict=False):
        is_new = seen.pending is not None and (before is None or before.pending != seen.pending)
        stood = after_it[0] is None or after_it[0].at_s - seen.at_s >= STOOD_S
        if is_new and stood and from_s < seen.at_s <= to_s:
            yield seen


def _is_told(history: History, seen: SwitchAgentSeen) -> bool:
    events = events_of(history, seen.agent, seen.at_s - EARLY_S, seen.at_s + TOLD_S)
    return any(dict(event.more).get(_PENDING) == STATES.get(seen.pending or "") for event in events)
