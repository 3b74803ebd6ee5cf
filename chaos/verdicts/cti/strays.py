"""Events that say that a call began or is over: once each, and only of calls that the agent was in."""

from collections.abc import Iterator

from chaos.history import Evidence, History
from chaos.history.calls import ghosts, is_incomplete
from chaos.history.happenings import BEGUN, DIALOG, EARLY_S, OVER, STOOD_S, events_of, kind_of, own_device
from chaos.history.hearing import TOLD_S, first_loss_s
from chaos.history.screens import Aspect, truth
from chaos.journal import EventSeen
from chaos.verdicts.cti.failover import FailOver, after
from chaos.verdicts.finding import Finding, violated


def told_twice(history: History, one: FailOver, agent: str) -> Iterator[Finding]:
    """Having told since its notice that a call began, or is over, a node does not tell it again: clients would have a
    call too many, or miss one."""
    row, last = truth(history, agent), dict[str, EventSeen]()
    for event, call_id in _events(history, one, agent):
        before, up = last.get(call_id), Aspect("call", call_id)
        last[call_id] = event
        if before is None or kind_of(before) != kind_of(event):
            continue
        was = row.at(before.at_s + EARLY_S)
        steps = [*([was] if was else []), *row.between(before.at_s + EARLY_S, event.at_s + EARLY_S)]
        stood = all((up in step.screen) == (kind_of(event) == BEGUN) for step in steps)
        if steps and stood and not is_incomplete(history, agent, call_id, event.at_s):
            what = "began" if kind_of(event) == BEGUN else "is over"
            said = f"{one.node} published twice that a call {what}"
            cell = after(one, agent=agent, event=kind_of(event))
            yield violated(cell, said, _line(before), _line(event), *one.gap.cited())


def changed_after_end(history: History, one: FailOver, agent: str) -> Iterator[Finding]:
    """Having told that a call is over a node tells of no change of it: clients would show it again.

    Not where it did so before the first loss, too.
    """
    own = one.gap.own(agent)
    from_s = one.back_s if own is None or own[1] is None else own[1].at_s
    for over, event, call_id in _late_changes(history, agent, from_s, one.next_s):
        before = next(_late_changes(history, agent, 0.0, first_loss_s(history)), None)
        if before is None and not is_incomplete(history, agent, call_id, event.at_s):
            said = f"{one.node} published a change of a call after it had told that it is over"
            cell = after(one, agent=agent, event=DIALOG)
            yield violated(cell, said, _line(over), _line(event), *one.gap.cited())


def _late_changes(
    history: History, agent: str, from_s: float, to_s: float
) -> Iterator[tuple[EventSeen, EventSeen, str]]:
    """The event by which a call is over, and one that changes it later, while it is up no more at the switch."""
    row, gone = truth(history, agent), dict[str, EventSeen]()
    for event in events_of(history, agent, from_s, to_s):
        for call in event.calls:
            over = gone.get(call.call_id)
            if kind_of(event) == OVER:
                gone[call.call_id] = event
            elif kind_of(event) == BEGUN:
                gone.pop(call.call_id, None)
            elif over is not None and event.at_s - over.at_s >= STOOD_S:
                up = Aspect("call", call.call_id)
                steps = [*filter(None, [row.at(over.at_s + EARLY_S)]), *row.between(over.at_s + EARLY_S, event.at_s)]
                if steps and not any(up in step.screen for step in steps):
                    yield over, event, call.call_id


def told_of_nothing(history: History, one: FailOver, agent: str) -> Iterator[tuple[EventSeen, str]]:
    """Events about a call in which the agent, by the switch's word, never was: by which it is over, and, unless he was
    told such things before the first loss, too, any that show it without him; with that call's id. What is told of
    calls that lived in the gap only is CTI-10's."""
    ghostly = {life.call_id for life in ghosts(history, one.gap)}
    before = next(_without_him(history, agent, (0.0, first_loss_s(history))), None)
    for event, call_id in _without_him(history, agent, _since(one, agent)):
        if call_id not in ghostly and (kind_of(event) == OVER or before is None):
            yield event, call_id


def _without_him(history: History, agent: str, span: tuple[float, float]) -> Iterator[tuple[EventSeen, str]]:
    row, own = truth(history, agent), own_device(history, agent)
    for event in events_of(history, agent, *span):
        for call in event.calls if kind_of(event) in (BEGUN, DIALOG, OVER) else ():
            up = Aspect("call", call.call_id)
            never = not any(up in step.screen for step in row.steps if step.at_s <= event.at_s + TOLD_S)
            if never and (kind_of(event) == OVER or own not in dict(call.parties)):
                yield event, call.call_id


def _since(one: FailOver, agent: str) -> tuple[float, float]:
    """From its own notice of IN_SERVICE to the next loss."""
    own = one.gap.own(agent)
    return one.back_s if own is None or own[1] is None else own[1].at_s, one.next_s


def _events(history: History, one: FailOver, agent: str) -> Iterator[tuple[EventSeen, str]]:
    for event in events_of(history, agent, *_since(one, agent)):
        if kind_of(event) in (BEGUN, OVER):
            yield from ((event, call.call_id) for call in event.calls)


def _line(event: EventSeen) -> Evidence:
    return Evidence.of(event, f"{event.node} → {event.agent}: {kind_of(event)}")
