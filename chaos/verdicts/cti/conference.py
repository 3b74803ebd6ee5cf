"""CTI-11: a fail-over in the middle of a conference with devices of no agent."""

import itertools
from collections.abc import Iterator

from chaos.history import Evidence, History
from chaos.history.calls import Conference, is_incomplete, outside_conferences, stays_in
from chaos.history.gaps import gaps
from chaos.history.happenings import BEGUN, DIALOG, OVER, STOOD_S, USER, events_of, kind_of, tellers
from chaos.history.hearing import TOLD_S, deaf
from chaos.history.people import streams_lost
from chaos.history.relays import cti_blind
from chaos.history.screens import STATE, Aspect, answered, asked_about, told, truth
from chaos.history.telephone import telephone_missed
from chaos.journal import RestExchange, SwitchAct, SwitchActed
from chaos.verdicts import bounds
from chaos.verdicts.check import check
from chaos.verdicts.cti.doing import asked_line, in_vain
from chaos.verdicts.cti.failover import SIDES, FailOver, fail_overs
from chaos.verdicts.cti.outsiders import outsiders_unshown
from chaos.verdicts.cti.saying import said_otherwise
from chaos.verdicts.cti.strays import told_of_nothing
from chaos.verdicts.finding import Finding, held, inconclusive, missed, violated
from chaos.verdicts.grid import Cell, grid, nodes

AT_PHONE, AT_DESKTOP = "drop off", "drop off at the desktop"
PHONE = {SwitchAct.HOLD: "hold", SwitchAct.RETRIEVE: "retrieve", SwitchAct.CLEAR: AT_PHONE}
_AT_DESKTOP = {"HOLD": "hold", "RETRIEVE": "retrieve", "DROP": AT_DESKTOP}
EVENTS, ANSWERS = "events after the drop", "answers after the drop"
CALL_EVENTS = (BEGUN, DIALOG, OVER)
NEXT_STATE = "User PUT of the next state"
WORKS = (*PHONE.values(), AT_DESKTOP, EVENTS, ANSWERS)
WORKS += (*(f"{kind} of the next call" for kind in CALL_EVENTS), NEXT_STATE)


def conferred_through(history: History) -> bool:
    """The needs of what is said of a conference that was going on while a node failed over."""
    return any(True for _ in _through(history))


def _through(history: History) -> Iterator[tuple[FailOver, str, Conference]]:
    """Each agent who was in such a conference all through a fail-over of its node."""
    for one in fail_overs(history):
        if one.gap.back_s is None:
            continue
        for conference in outside_conferences(history):
            for agent in one.people(history):
                stay = stays_in(history, agent, conference)
                if stay is not None and stay[0] <= one.gap.told_s and one.gap.back_s <= stay[1]:
                    yield one, agent, conference


def _drops(cell: Cell) -> bool:
    """Who drops off can do so once: by telephone after one fail-over, at the desktop after the other."""
    return cell.get("works") != {"a": AT_PHONE, "b": AT_DESKTOP}[cell["back"]]


@check(
    grid(node=nodes, works=WORKS, back=SIDES, allowed=_drops),
    needs=conferred_through,
    rests_on=(
        cti_blind,
        deaf,
        telephone_missed,
    ),
)
def a_conference_is_survived(history: History) -> Iterator[Finding]:
    """Through a fail-over in a conference with an outside party the phone goes on working, and after the agent has
    dropped off, its desktop shows the truth again; until then what it shows may be incomplete or missing."""
    for one, agent, conference in _through(history):
        cell = Cell.of(node=one.node, agent=agent, lost=one.lost, back=one.back)
        yield from _phone(history, one, agent, conference, cell)
        yield from _desktop(history, one, agent, conference, cell)
        yield from _strangers(history, one, agent, cell)
        stay = stays_in(history, agent, conference)
        if stay is not None and stay[1] <= one.next_s:
            yield from _exact(history, one, agent, conference, stay[1], cell)
            yield from _next_call(history, one, agent, stay[1] + bounds.RESYNC_S, cell)
            yield from _next_state(history, one, agent, stay[1], _at(cell, NEXT_STATE))


def _at(cell: Cell, works: str) -> Cell:
    return Cell.of(**dict(cell.at), works=works)


def _phone(history: History, one: FailOver, agent: str, conference: Conference, cell: Cell) -> Iterator[Finding]:
    acts = history.of(
        SwitchActed,
        lambda act: act.call_id == conference.call_id and act.act in PHONE,
        agent=agent,
        from_s=one.back_s,
        to_s=one.next_s,
    )
    joined = Evidence.of(conference.joined, f"conference {conference.call_id}")
    for act in acts:
        line = Evidence.of(act, f"{act.act} on the phone of {agent}: {'done' if act.ok else act.detail}")
        if act.ok:
            yield held(_at(cell, PHONE[act.act]), "the phone worked on", joined, line)
        else:
            yield violated(_at(cell, PHONE[act.act]), "the phone did not go on working", joined, line, *one.gap.cited())


def _desktop(history: History, one: FailOver, agent: str, conference: Conference, cell: Cell) -> Iterator[Finding]:
    """What the agent asks its node to do to the conference, as long as it is in it: the call may be incomplete there,
    or missing; but of what is accepted, and of what the node itself shows, something comes."""
    vain = [(asked, why) for asked, why in in_vain(history, one) if _is_of(asked, agent, conference)]
    numbers = {asked.number for asked, _ in vain}
    joined = Evidence.of(conference.joined, f"conference {conference.call_id}")
    for asked in history.of(
        RestExchange,
        lambda seen: _is_of(seen, agent, conference) and ("action", "DROP") in seen.wanted,
        from_s=one.back_s,
        to_s=one.next_s,
    ):
        if asked.number not in numbers:
            yield held(_at(cell, AT_DESKTOP), "done, or not to be done", joined, asked_line(asked))
    for asked, why in vain:
        works = _AT_DESKTOP.get(dict(asked.wanted).get("action", ""))
        yield violated(cell if works is None else _at(cell, works), why, joined, asked_line(asked), *one.gap.cited())


def _is_of(seen: RestExchange, agent: str, conference: Conference) -> bool:
    return seen.agent == agent and seen.path.rpartition("/")[2] == conference.call_id


def _strangers(history: History, one: FailOver, agent: str, cell: Cell) -> Iterator[Finding]:
    """A call may be incomplete or missing; one of somebody else has no place on his screen at any time."""
    conferences = {conference.call_id for conference in outside_conferences(history)}
    for event, call_id in told_of_nothing(history, one, agent):
        if call_id not in conferences:
            line = Evidence.of(event, f"{event.node} → {agent}: {kind_of(event)}")
            said = f"{agent} was told of call {call_id}, which it was never in"
            yield violated(_at(cell, EVENTS), said, line, *one.gap.cited())
            return


def _exact(
    history: History, one: FailOver, agent: str, conference: Conference, dropped_s: float, cell: Cell
) -> Iterator[Finding]:
    settled_s = dropped_s + bounds.RESYNC_S
    other = [gap.told_s for gap in gaps(history) if gap.node == one.node and gap.told_s > dropped_s]
    until_s = min([one.next_s, *other])
    drop = Evidence(dropped_s, f"{agent} is in conference {conference.call_id} no more")
    if until_s >= settled_s:
        yield _events_exact(history, agent, conference, until_s, _at(cell, EVENTS), drop)
        yield from _end_told(history, one, agent, conference, dropped_s, cell)
        yield from _told_once_more(history, agent, conference, (settled_s, until_s), _at(cell, EVENTS), drop)
    for answer in history.of(
        RestExchange,
        lambda seen: (
            seen.sent_s >= settled_s
            and seen.node == one.node
            and (asked_about(seen) == agent or agent in dict(seen.listed))
        ),
        to_s=until_s,
    ):
        yield from _answer_exact(history, agent, conference, answer, _at(cell, ANSWERS), drop)


def _events_exact(
    history: History, agent: str, conference: Conference, until_s: float, cell: Cell, drop: Evidence
) -> Finding:
    """What events left on the screen of the call and of the agent's state, long after the drop."""
    shown, true = told(history, agent).at(until_s), truth(history, agent).at(until_s)
    up = Aspect("call", conference.call_id)
    assert shown is not None
    assert true is not None
    wrong = [aspect for aspect in (up, STATE) if shown.screen.get(aspect) != true.screen.get(aspect)]
    why = deaf(history)
    lost = streams_lost(history, [agent], to_s=until_s)
    if why is not None or lost:
        return inconclusive(cell, why or "its event stream was lost", drop, *lost[:1])
    if wrong:
        line = Evidence.of(shown.seen, f"the last that events left on its screen of {wrong[0]}")
        return violated(cell, "the desktop does not show the truth after the agent dropped off", drop, line)
    return held(cell, "the desktop was exact after the drop", drop, Evidence.of(shown.seen, "the last event"))


def _end_told(
    history: History, one: FailOver, agent: str, conference: Conference, dropped_s: float, cell: Cell
) -> Iterator[Finding]:
    """A desktop on which the conference stood after the fail-over, incomplete or not, takes it away when it is told
    that it is over; that somebody has left it is not enough. Where it was missing nothing is owed."""
    shown = [
        seen
        for seen in events_of(history, agent, one.back_s, dropped_s - STOOD_S)
        if kind_of(seen) in (BEGUN, DIALOG) and any(call.call_id == conference.call_id for call in seen.calls)
    ]
    over = [
        seen
        for seen in events_of(history, agent, one.back_s, dropped_s + bounds.RESYNC_S)
        if kind_of(seen) == OVER and any(call.call_id == conference.call_id for call in seen.calls)
    ]
    lost = streams_lost(history, [agent], to_s=dropped_s + bounds.RESYNC_S)
    if shown and not over and not deaf(history) and not lost:
        lines = (Evidence.of(shown[-1], f"{agent} was shown it"), Evidence(dropped_s, f"{agent} is in it no more"))
        yield missed(_at(cell, EVENTS), "the desktop was never told that the conference is over", *lines)


def _told_once_more(
    history: History, agent: str, conference: Conference, span: tuple[float, float], cell: Cell, drop: Evidence
) -> Iterator[Finding]:
    """Of a conference in which the agent is no more, and of which it was told so, it hears nothing more."""
    settled_s, until_s = span
    row, up = truth(history, agent), Aspect("call", conference.call_id)
    of_it = [
        seen
        for seen in events_of(history, agent, 0.0, until_s)
        if kind_of(seen) in (BEGUN, DIALOG, OVER) and any(call.call_id == conference.call_id for call in seen.calls)
    ]
    ended = [seen for seen in of_it if kind_of(seen) == OVER and (drop.at_s or 0.0) <= seen.at_s <= settled_s]
    steps = [*filter(None, [row.at(settled_s)]), *row.between(settled_s, until_s)]
    again = [seen for seen in of_it if seen.at_s > settled_s]
    if ended and again and not any(up in step.screen for step in steps):
        line = Evidence.of(again[0], f"{again[0].node} → {agent}: {kind_of(again[0])}")
        said = "the desktop was told of the conference once more, long after it was told that it is over"
        yield violated(cell, said, drop, Evidence.of(ended[0], "told that it is over"), line)


def _next_call(history: History, one: FailOver, agent: str, from_s: float, cell: Cell) -> Iterator[Finding]:
    """Behaviour is normal again: whatever becomes of calls at that agent's device is told by events of its kind."""
    for seen, said, line in itertools.islice(said_otherwise(history, one, agent, from_s), 1):
        shown = ANSWERS if isinstance(seen, RestExchange) else EVENTS
        yield violated(_at(cell, shown), said, line, *one.gap.cited())
    for seen, said, look in itertools.islice(outsiders_unshown(history, agent, from_s, one.next_s), 1):
        shown = ANSWERS if isinstance(seen, RestExchange) else EVENTS
        yield violated(_at(cell, shown), said, look, Evidence.of(seen, said), *one.gap.cited())
    for asked, why in in_vain(history, one):
        if asked.agent == agent and asked.sent_s > from_s:
            yield violated(_at(cell, ANSWERS), why, asked_line(asked), *one.gap.cited())
    for happening, event in tellers(history, agent, TOLD_S).items():
        in_time = from_s < happening.at_s <= one.next_s - TOLD_S
        if happening.kind not in CALL_EVENTS or not in_time or happening.until_s - happening.at_s < STOOD_S:
            continue
        if is_incomplete(history, agent, happening.aspect.call_id, happening.at_s):
            continue
        at = _at(cell, f"{happening.kind} of the next call")
        act = Evidence.of(happening.seen, str(happening))
        lost = streams_lost(history, [agent], to_s=happening.at_s + TOLD_S)
        if event is not None:
            yield held(
                at, "the next call was told", act, Evidence.of(event, f"{event.node} → {agent}: {happening.kind}")
            )
        elif lost:
            yield inconclusive(at, "its event stream was lost", act, *lost[:1])
        else:
            yield missed(at, "the desktop is not told of the next call after the agent dropped off", act)


def _next_state(history: History, one: FailOver, agent: str, dropped_s: float, cell: Cell) -> Iterator[Finding]:
    """The first state that the agent is in after it has dropped off is told, and so is the next one; nothing is owed of
    one that its desktop was shown already, on which the call may have been missing."""
    tellers_of = tellers(history, agent, bounds.RESYNC_S)
    owed = [
        happening
        for happening in tellers_of
        if happening.kind == USER
        and dropped_s - STOOD_S < happening.at_s <= one.next_s - bounds.RESYNC_S
        and happening.until_s - happening.at_s >= STOOD_S
    ]
    for happening in owed:
        event, shown = tellers_of[happening], told(history, agent).at(happening.at_s)
        act = Evidence.of(happening.seen, str(happening))
        if event is not None:
            line = Evidence.of(event, f"{event.node} → {agent}: {event.user_state}")
            yield held(cell, "the next state was told", act, line)
        elif shown is None or shown.screen.get(STATE) == happening.value:
            continue
        elif lost := streams_lost(history, [agent], to_s=happening.at_s + bounds.RESYNC_S):
            yield inconclusive(cell, "its event stream was lost", act, *lost[:1])
        else:
            yield missed(cell, "the desktop is not told of the next state after the agent dropped off", act)


def _answer_exact(
    history: History, agent: str, conference: Conference, answer: RestExchange, cell: Cell, drop: Evidence
) -> Iterator[Finding]:
    screen = answered(history, answer, agent)
    true = truth(history, agent).at(answer.sent_s)
    if screen is None or true is None:
        return
    aspect = STATE if answer.user_state is not None or answer.listed else Aspect("call", conference.call_id)
    line = Evidence.of(answer, f"{answer.resource} of {agent} shows {aspect}: {screen.get(aspect) or 'none'}")
    now_s = [step.screen.get(aspect) for step in truth(history, agent).between(answer.sent_s, answer.at_s)]
    before = truth(history, agent).at(answer.sent_s - bounds.ANSWERS_S)
    allowed = {true.screen.get(aspect), *now_s, before.screen.get(aspect) if before else None}
    if screen.get(aspect) in allowed:
        yield held(cell, "the desktop was exact after the drop", drop, line)
    else:
        yield violated(cell, "the desktop does not show the truth after the agent dropped off", drop, line)
