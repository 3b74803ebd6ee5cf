"""CTI-10: a call that lives in the gap only."""

import itertools
from collections.abc import Iterator

from chaos.history import Evidence, History
from chaos.history.calls import Life, ghosts, lives
from chaos.history.happenings import BEGUN, DIALOG, EARLY_S, OVER, events_of, kind_of
from chaos.history.hearing import TOLD_S, deaf, first_loss_s, heard_after, heard_before
from chaos.history.people import homes, streams_lost
from chaos.history.relays import cti_blind
from chaos.history.screens import STATE, Aspect, Row, Step, truth
from chaos.history.telephone import telephone_missed
from chaos.journal import EventSeen, RestExchange, TeamSeen
from chaos.verdicts import bounds
from chaos.verdicts.check import check
from chaos.verdicts.cti.failover import SIDES, FailOver, fail_overs, returned
from chaos.verdicts.finding import Finding, held, inconclusive, violated
from chaos.verdicts.grid import Cell, grid, made_by, nodes

ANSWERED, UNANSWERED, SEVERAL = "answered and ended", "never answered", "one of several of one agent"
OUTSIDE = "to somebody outside"
GHOSTS = (ANSWERED, UNANSWERED, SEVERAL, OUTSIDE)
EVENTS, ANSWERS = "events", "answers"
_CITED_MAX = 4
# Under these names a document says which other call its call belongs to.
_OTHER_CALL = frozenset({"associatedDialogUri", "secondaryId"})
# States that come of calls: nobody asks for them, or sets them at the switch without one.
_OF_CALLS = ("RESERVED", "TALKING", "HOLD", "WORK", "WORK_READY")


@check(
    grid(
        pairs=(("node", "ghost", "shown"), ("node", "lost", "back")),
        node=nodes,
        ghost=GHOSTS,
        shown=(EVENTS, ANSWERS),
        lost=SIDES,
        back=SIDES,
        unfit=made_by("ghost", {OUTSIDE: "gaps-by-heartbeats"}),
        allowed=lambda cell: cell.get("lost") != cell.get("back") or cell.get("lost") is None,
    ),
    needs=returned,
    rests_on=(
        cti_blind,
        deaf,
        telephone_missed,
    ),
)
def a_call_of_the_gap_leaves_no_trace(history: History) -> Iterator[Finding]:
    """Of a call that began and ended while a node was failing over its clients never hear, nor are they shown it."""
    for one in fail_overs(history):
        if one.gap.back is None:
            continue
        found = ghosts(history, one.gap)
        for life in found:
            for kind in _kinds(history, one, life, found):
                cell = Cell.of(node=one.node, lost=one.lost, back=one.back, ghost=kind)
                yield _events(history, one, life, cell)
                yield from _answers(history, one, life, cell)
            for agent in life.agents:
                yield from _side_effects(history, one, life, agent)


def _kinds(history: History, one: FailOver, life: Life, found: tuple[Life, ...]) -> Iterator[str]:
    if len(life.agents) == 1:
        yield OUTSIDE
    else:
        yield ANSWERED if life.answered else UNANSWERED
    here = [agent for agent in life.agents if homes(history).get(agent) == one.node]
    if any(sum(agent in other.agents for other in found) > 1 for agent in here):
        yield SEVERAL


def _events(history: History, one: FailOver, life: Life, cell: Cell) -> Finding:
    cell = Cell.of(**dict(cell.at), shown=EVENTS)
    assert life.ended is not None
    acts = (_at_switch(life), Evidence.of(life.ended, f"at the switch: call {life.call_id} is over"))
    told = [
        seen
        for seen in history.whole.of(EventSeen, lambda seen: seen.node == one.node and not seen.control)
        if any(call.call_id == life.call_id for call in seen.calls)
        or _names(seen, life)
        or _comes_of(history, seen, life)
    ]
    if told:
        lines = [Evidence.of(seen, f"{seen.node} → {seen.agent}: {kind_of(seen)} {seen.source}") for seen in told]
        return violated(cell, "a call that lived in the gap only was published", *lines[:_CITED_MAX], *acts)
    people = [agent for agent in sorted(life.agents) if homes(history).get(agent) == one.node]
    if one.next_s < one.back_s + bounds.GHOST_WATCH_S:
        return inconclusive(cell, f"its clients were watched for {one.next_s - one.back_s:.1f} s only", *acts)
    why = deaf(history)
    lost = streams_lost(history, people)
    if why is not None or lost:
        return inconclusive(cell, why or "an event stream was lost", *lost[:1], *acts)
    for agent in people:
        for kind in (BEGUN, DIALOG, OVER):
            if heard_before(history, agent, kind, one.back_s) is None:
                return inconclusive(cell, f"{agent} was not heard to hear a {kind} shortly before", *acts)
            if heard_after(history, agent, kind, one.back_s) is None:
                return inconclusive(cell, f"{agent} was not heard to hear a {kind} shortly after", *acts)
    return held(cell, "it left no trace", *acts)


def _names(seen: EventSeen, life: Life) -> bool:
    """Whether an event comes from that call's resource, though it shows no call, and answers no request."""
    return seen.request_id is None and (seen.source or "").rstrip("/").endswith(f"/Dialog/{life.call_id}")


def _comes_of(history: History, seen: EventSeen | RestExchange, life: Life) -> bool:
    """Whether it says of another call that it belongs to that one, which was over before the other one began."""
    assert life.ended is not None
    for call in seen.calls or ():
        said = [value for name, value in call.more if name in _OTHER_CALL]
        if any(value.rstrip("/").rpartition("/")[2] == life.call_id for value in said):
            other = lives(history).get(call.call_id)
            if other is not None and other.began.at_s > life.ended.at_s:
                return True
    return False


def _side_effects(history: History, one: FailOver, life: Life, agent: str) -> Iterator[Finding]:
    """What is told because of such a call though it does not name it: a state that comes of calls only, and in which
    its agent has not been since the node had a session again; and that some call is over, when none was."""
    cell = Cell.of(node=one.node, lost=one.lost, back=one.back, shown=EVENTS)
    own = one.gap.own(agent)
    from_s = one.back_s if own is None or own[1] is None else own[1].at_s
    row, opened_s = truth(history, agent), one.gap.reconnected_s or one.gap.told_s
    for seen, state in _states_told(history, one, agent, from_s):
        steps = [*filter(None, [row.at(opened_s)]), *row.between(opened_s, seen.at_s + EARLY_S)]
        # With a call of his own since then it may be that one's, and our telephone may have missed that he was in it.
        has_called = any(_calls(step) for step in steps)
        if steps and not has_called and all(step.screen.get(STATE) != state for step in steps):
            line = Evidence.of(seen, f"{one.node} → {seen.agent}: {agent} is {state}")
            said = "a state of a call that lived in the gap only was published"
            yield violated(cell, said, _at_switch(life), *one.gap.cited(), line)
            break
    for event in events_of(history, agent, from_s, one.next_s):
        if event.node != one.node or not _ends_nothing(event) or _some_call_ends(row, event.at_s):
            continue
        if not any(_ends_nothing(each) for each in history.of(EventSeen, to_s=first_loss_s(history))):
            line = Evidence.of(event, f"{one.node} → {agent}: {kind_of(event)} {event.source}, of no call")
            said = "the end of a call that lived in the gap only was published"
            yield violated(cell, said, _at_switch(life), *one.gap.cited(), line)
            break


def _states_told(
    history: History, one: FailOver, agent: str, from_s: float
) -> Iterator[tuple[EventSeen | TeamSeen, str]]:
    """What that node tells of the states of an agent that come of calls, to himself and to who follows his team."""
    for event in events_of(history, agent, from_s, one.next_s):
        if event.node == one.node and event.user_id in (None, agent) and event.user_state in _OF_CALLS:
            yield event, event.user_state
    for seen in history.of(TeamSeen, lambda seen: (seen.node, seen.of) == (one.node, agent), from_s=one.back_s):
        if seen.state in _OF_CALLS and seen.at_s <= one.next_s:
            yield seen, seen.state


def _ends_nothing(event: EventSeen) -> bool:
    return kind_of(event) == OVER and not event.calls and event.garbage is None


def _some_call_ends(row: Row, at_s: float) -> bool:
    """Whether a call of that agent was over at the switch about then."""
    steps = [*filter(None, [row.at(at_s - TOLD_S)]), *row.between(at_s - TOLD_S, at_s + EARLY_S)]
    return any(before - after for before, after in itertools.pairwise(map(_calls, steps)))


def _calls(step: Step) -> set[Aspect]:
    """Those that are up."""
    return {aspect for aspect in step.screen if aspect.what == "call"}


def _at_switch(life: Life) -> Evidence:
    people = ", ".join(sorted(life.agents))
    return Evidence.of(life.began, f"at the switch, in the gap: call {life.call_id} of {people}")


def _answers(history: History, one: FailOver, life: Life, cell: Cell) -> Iterator[Finding]:
    """What GET Dialogs showed of it once the node was back; nothing is said where nobody asked."""
    cell = Cell.of(**dict(cell.at), shown=ANSWERS)
    asked = history.whole.of(
        RestExchange,
        lambda seen: seen.node == one.node and seen.calls is not None and seen.sent_s >= one.gap.told_s,
    )
    odd = [
        seen
        for seen in asked
        if any(call.call_id == life.call_id for call in seen.calls or ()) or _comes_of(history, seen, life)
    ]
    if odd:
        lines = [Evidence.of(seen, f"{seen.resource} of {seen.agent} shows it") for seen in odd[:_CITED_MAX]]
        yield violated(cell, "a call that lived in the gap only is shown", *lines, _at_switch(life))
        return
    after = [seen for seen in asked if seen.agent in life.agents and one.back_s <= seen.sent_s <= one.next_s]
    if after:
        line = Evidence.of(after[0], f"{after[0].agent} is not shown it, first")
        yield held(cell, "it left no trace", _at_switch(life), line)
