"""CTI-08: which state comes after an agent's call, as far as that was told before the first loss, or asked for."""

from collections.abc import Iterator

from chaos.history import Evidence, History
from chaos.history.asking import is_taken
from chaos.history.happenings import EARLY_S, STOOD_S, USER, events_of
from chaos.history.hearing import TOLD_S, deaf, first_loss_s
from chaos.history.history import fact
from chaos.history.people import at_work, streams_lost
from chaos.history.screens import STATES, asked_about
from chaos.journal import EventSeen, RestExchange, SwitchActed, SwitchAgentSeen
from chaos.verdicts.cti.failover import FailOver, after
from chaos.verdicts.finding import Finding, missed, violated

_PENDING = "pendingState"
# What is answered so is asked for in vain.
_REFUSED = (400, 401, 403, 404, 503)


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


def pending_invented(history: History, one: FailOver) -> Iterator[Finding]:
    """Events that name a state that comes next, of which neither the switch nor the agent has said anything since
    before the gap: clients show what is not so. Only of a node that had named none but the switch's before."""
    if one.gap.back is None or deaf(history) or not (_are_told(history) and _are_the_switchs(history)):
        return
    for agent in one.people(history):
        own = one.gap.own(agent)
        from_s = one.back_s if own is None or own[1] is None else own[1].at_s
        for event in events_of(history, agent, from_s, one.next_s):
            if _is_invented(history, agent, event, one.gap.told_s - TOLD_S):
                said = f"{one.node} tells {agent} of a state that comes next, of which the switch knows nothing"
                line = Evidence.of(event, f"{one.node} → {agent}: {event.user_state}, and {_named(event)} comes next")
                yield violated(after(one, agent=agent, event=USER), said, line, *one.gap.cited())


@fact
def _are_the_switchs(history: History) -> bool:
    """Whether before the first loss no state was named as the next one but what the switch had said."""
    to_s = first_loss_s(history)
    return not any(
        _is_invented(history, agent, event, event.at_s - TOLD_S)
        for agent in at_work(history)
        for event in events_of(history, agent, 0.0, to_s)
    )


def _is_invented(history: History, agent: str, event: EventSeen, since_s: float) -> bool:
    """Whether it names a next state which since then nobody has: not the switch, and nobody who asked for it."""
    named = _named(event)
    if not named or named == event.user_state:
        return False
    told = history.of(SwitchAgentSeen, agent=agent, to_s=event.at_s + TOLD_S)
    stood = [seen for seen in told if seen.at_s <= since_s][-1:]
    known = [*stood, *(seen for seen in told if seen.at_s > since_s)]
    asked = history.of(
        RestExchange,
        lambda seen: dict(seen.wanted).get("state") == named and seen.status not in _REFUSED,
        from_s=since_s - TOLD_S,
        to_s=event.at_s + TOLD_S,
    )
    acts = history.of(SwitchActed, agent=agent, from_s=since_s, to_s=event.at_s)
    return (
        bool(stood)
        and all(STATES.get(seen.pending or "") != named for seen in known)
        and not any(asked_about(seen) == agent for seen in asked)
        and not any(STATES.get(act.value or "") == named for act in acts)
    )


def _named(event: EventSeen) -> str:
    return dict(event.more).get(_PENDING, "")


@fact
def _are_told(history: History) -> bool:
    """Whether such states were told before the first loss, all of them."""
    to_s = first_loss_s(history) - TOLD_S
    found = [seen for agent in at_work(history) for seen in _lasting(history, agent, 0.0, to_s)]
    return bool(found) and all(_is_told(history, seen) for seen in found)


def _was_asked_for(history: History, seen: SwitchAgentSeen) -> bool:
    """Whether the agent's own node accepted a request for that state just before."""
    asked = history.of(RestExchange, is_taken, agent=seen.agent, from_s=seen.at_s - TOLD_S)
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
