"""DESKTOP-09, DESKTOP-10: what agents are Not Ready for after their node had lost its CTI session."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from chaos.errors import EvidenceError
from chaos.history import Evidence, History
from chaos.history.absences import (
    AVAILABLE,
    CALLED,
    CONNECTION_FAILURE,
    NOT_READY,
    asked_by_others,
    state_before,
    states_after,
    telephone_contradicted,
    touched_s,
)
from chaos.history.asking import is_taken
from chaos.history.faults import times_away
from chaos.history.gaps import Gap, gaps
from chaos.history.happenings import EARLY_S
from chaos.history.hearing import deaf_clients
from chaos.history.history import fact
from chaos.history.labels import wrong_label
from chaos.history.people import at_work, homes, stream_gone
from chaos.history.relays import cti_blind
from chaos.history.screens import asked_about
from chaos.history.sessions import is_unreached
from chaos.history.telephone import telephone_missed
from chaos.journal import EventSeen, RestExchange, StateAsked, SwitchAct, SwitchActed, SwitchAgentSeen
from chaos.verdicts import bounds
from chaos.verdicts.check import check
from chaos.verdicts.desktop.common import said
from chaos.verdicts.finding import Finding, held, inconclusive, missed, violated
from chaos.verdicts.grid import Cell, grid, nodes

SIDES = ("a", "b")
READY = "READY"
"""As an API asks for what the switch calls AVAILABLE."""
SHOWN = ("switch", "events", "answers")
ASKERS = ("himself", "somebody at the telephone")
BETWEEN = (
    "nothing",
    "a call",
    "a call, during which he asks for it",
    "another fail-over",
    "Ready, which he is, asked for once more",
    "Wrap-Up, after a call",
)
_WRAP_UP = ("WORK", "WORK_READY")
_IN_WRAP_UP = ("WORK_NOT_READY", "WORK_READY")
"""Of an API, and of the switch."""
WHY = ("for a reason of his own", "for none")


@dataclass(frozen=True, slots=True)
class _Return:
    """A node that was back from a gap, and one of its people, who had signed in there by himself. before: as the switch
    told him before it."""

    gap: Gap
    back_s: float
    lost: str
    agent: str
    before: SwitchAgentSeen

    def cited(self) -> tuple[Evidence, ...]:
        return (*self.gap.cited(), _line(self.before))

    def cell(self, shown: str, **more: str) -> Cell:
        return Cell.of(node=self.gap.node, lost=self.lost, shown=shown, **more)


def has_returns(history: History) -> bool:
    """Does a node come back from a gap, for somebody who signed in there?"""
    try:
        return any(True for _ in _returns(history))
    except EvidenceError:
        return False


def _returns(history: History) -> Iterator[_Return]:
    for gap in gaps(history):
        if gap.back_s is None or gap.back_s + bounds.RECONNECTED_S > min(gap.until_s, history.story.end_s):
            continue
        if is_unreached(history, gap.node, gap.back_s, gap.back_s + bounds.RECONNECTED_S):
            continue  # what the CTI server makes of its agents does not come through
        lost = _lost_side(history, gap)
        for agent in at_work(history):
            before = state_before(history, agent, gap.told_s - bounds.ANSWERS_S)
            if lost is None or before is None or homes(history).get(agent) != gap.node:
                continue
            if _signed_in_there(history, agent, gap):
                yield _Return(gap, gap.back_s, lost, agent, before)


def _lost_side(history: History, gap: Gap) -> str | None:
    """The side of the session that ended last before the gap was told, which found its end on the other one."""
    if gap.reconnected is None:
        return None
    return "b" if gap.reconnected.side == "a" else "a"


def _signed_in_there(history: History, agent: str, gap: Gap) -> bool:
    """By a request of his own, and not at the telephone since: of whose agents the CTI server says nothing here."""
    own = history.of(
        RestExchange,
        lambda seen: seen.agent == agent and seen.node == gap.node and ("state", "LOGIN") in seen.wanted,
        to_s=gap.told_s,
    )
    by_phone = history.of(SwitchActed, lambda act: act.agent == agent and act.value == "LOGIN", to_s=gap.told_s)
    return bool(own) and is_taken(own[-1]) and not any(act.at_s > own[-1].at_s for act in by_phone)


def _untouched(history: History, one: _Return, until_s: float) -> bool:
    # Since `before` was told; what an act causes comes up to so much after the time that `touched_s` gives.
    since_s = one.gap.told_s - bounds.ANSWERS_S - EARLY_S
    return not any(since_s <= at_s <= until_s for at_s in touched_s(history, one.agent))


@check(
    grid(pairs=(("node", "lost", "shown"), ("node", "why")), node=nodes, lost=SIDES, shown=SHOWN, why=WHY),
    needs=has_returns,
    rests_on=(cti_blind, deaf_clients, telephone_missed, telephone_contradicted),
)
def not_ready_says_why(history: History) -> Iterator[Finding]:
    """Who was Not Ready before the fail-over is Not Ready, "Connection Failure", after it."""
    for one in _returns(history):
        until_s = one.back_s + bounds.RECONNECTED_S
        if one.before.state != NOT_READY or one.before.reason_code == CONNECTION_FAILURE:
            continue
        called = any(seen.state in CALLED for seen in states_after(history, one.agent, one.gap.told_s, until_s))
        # What an earlier loss made of him may have been told in the instant of this one: then nothing changes.
        just = states_after(history, one.agent, one.gap.told_s - bounds.ANSWERS_S, one.gap.told_s)
        if any(seen.reason_code == CONNECTION_FAILURE for seen in just):
            continue
        if _untouched(history, one, until_s) and not called:
            why = WHY[0] if one.before.reason_code else WHY[1]
            yield from _shown(history, one, one.gap.told_s, until_s, why=why)


@check(
    grid(
        pairs=(("node", "lost", "shown"), ("node", "between"), ("node", "asker")),
        node=nodes,
        lost=SIDES,
        shown=SHOWN,
        between=BETWEEN,
        asker=ASKERS,
    ),
    needs=has_returns,
    rests_on=(cti_blind, deaf_clients, telephone_missed, telephone_contradicted),
)
def ready_says_why_next(history: History) -> Iterator[Finding]:
    """Who was Ready before the fail-over stays so, and is Not Ready, "Connection Failure", when he is that next."""
    for one in _returns(history):
        if one.before.state != AVAILABLE or not _untouched(history, one, one.back_s):
            continue
        answered = _answered_s(history, one.agent)
        ready = _asked_in_vain_s(history, one)
        wraps = _wraps_up_s(history, one)
        idle = answered | ready | wraps
        touched = [at_s for at_s in touched_s(history, one.agent) if at_s > one.back_s and at_s not in idle]
        told = states_after(history, one.agent, one.gap.told_s, min([*touched, history.story.end_s]))
        stays = (AVAILABLE, *CALLED, *(_IN_WRAP_UP if wraps else ()))
        moved = next((seen for seen in told if seen.state not in stays), None)
        talks = moved is None and bool(told) and told[-1].state in CALLED
        if moved is not None:
            cell = Cell.of(node=one.gap.node, lost=one.lost)
            yield violated(cell, f"{one.agent}, who was Ready, is {moved.state} after it", *one.cited(), _line(moved))
            continue
        if touched and touched[0] < one.back_s + bounds.RECONNECTED_S:
            continue  # the CTI server may not have seen as yet that this node is back, and then owes nobody anything
        own = history.of(RestExchange, lambda seen, one=one: seen.agent == one.agent, from_s=one.back_s)  # type: ignore[misc]
        asked = [seen for seen in own if ("state", NOT_READY) in seen.wanted and is_taken(seen)]
        if not asked or asked[0].sent_s != touched[0]:
            yield from _asked_by_others(history, one, touched, talks=talks)
            yield from _off_hook(history, one, touched)
            continue
        asked_s = asked[0].sent_s
        if is_unreached(history, one.gap.node, asked_s, asked_s + bounds.CONSEQUENCE_S):
            continue
        if talks:  # then his state changes when the call is over
            after = states_after(history, one.agent, asked_s, history.story.end_s)
            over = next((seen for seen in after if seen.state not in CALLED), None)
            if over is not None and over.at_s + bounds.CONSEQUENCE_S <= min(one.gap.until_s, history.story.end_s):
                yield from _shown(history, one, asked_s, over.at_s + bounds.CONSEQUENCE_S, between=BETWEEN[2])
            continue
        between = BETWEEN[any(seen.state in CALLED for seen in told)]
        if asked_s > one.gap.until_s:
            between = BETWEEN[3]
        elif any(seen.state in _IN_WRAP_UP for seen in told):
            between = BETWEEN[5]
        elif any(at_s < asked_s for at_s in ready):
            between = BETWEEN[4]
        until_s = asked_s + bounds.CONSEQUENCE_S
        yield from _shown(history, one, asked_s, until_s, between=between, asker=ASKERS[0])
        yield from _owed_once(history, one, asked)


def _asked_by_others(history: History, one: _Return, touched: Sequence[float], *, talks: bool) -> Iterator[Finding]:
    """Who is asked to be Not Ready by somebody else, at his telephone or as his supervisor, is so for it, too.

    Whoever leads whom is the lab's affair, so that supervisors are no cell of their own.
    """
    if not touched or talks or touched[0] + bounds.CONSEQUENCE_S > min(one.gap.until_s, history.story.end_s):
        return
    from_s, until_s = touched[0], touched[0] + bounds.CONSEQUENCE_S
    acts = history.of(SwitchActed, lambda act: act.ok and act.value == NOT_READY, agent=one.agent)
    at_phone = any(act.act is SwitchAct.SET_STATE and act.at_s - EARLY_S == from_s for act in acts)
    wanted = history.of(StateAsked, lambda seen: seen.agent == one.agent and seen.state == NOT_READY)
    is_led = any(seen.sent_s == from_s for seen in asked_by_others(history, one.agent))
    is_led = is_led and any(from_s <= seen.at_s <= until_s for seen in wanted)
    is_away = any(away_s <= until_s and from_s <= back_s for away_s, back_s in times_away(history, one.gap.node))
    if (at_phone or is_led) and not is_away and not is_unreached(history, one.gap.node, from_s, until_s):
        more = {"asker": ASKERS[1]} if at_phone else {}
        yield from _shown(history, one, from_s, until_s, **more)


@fact
def _answered_s(history: History, agent: str) -> frozenset[float]:
    """When we answered a call for him at his telephone, as `touched_s` has it: which asks for no state."""
    acts = history.whole.of(SwitchActed, lambda act: act.agent == agent and act.act is SwitchAct.ANSWER)
    return frozenset(act.at_s - EARLY_S for act in acts)


def _wraps_up_s(history: History, one: _Return) -> frozenset[float]:
    """When he asked, on a call, for Wrap-Up after it: which is no change to Not Ready."""
    own = history.of(
        RestExchange,
        lambda seen: seen.agent == one.agent and any(("state", state) in seen.wanted for state in _WRAP_UP),
        from_s=one.back_s,
    )
    before = ((seen.sent_s, state_before(history, one.agent, seen.sent_s)) for seen in own)
    return frozenset(at_s for at_s, was in before if was is not None and was.state in CALLED)


def _off_hook(history: History, one: _Return, touched: Sequence[float]) -> Iterator[Finding]:
    """Who lifts the receiver while he is Ready is Not Ready for it, if a switch tells that at all, which is a change to
    Not Ready like any: so there is no cell for it."""
    acts = history.of(SwitchActed, lambda act: act.ok and act.act is SwitchAct.MAKE_CALL, agent=one.agent)
    act = next((act for act in acts if act.at_s - EARLY_S == touched[0]), None) if touched else None
    if act is None or act.at_s + bounds.CONSEQUENCE_S > min(one.gap.until_s, history.story.end_s):
        return
    after = states_after(history, one.agent, touched[0], act.at_s + bounds.CONSEQUENCE_S)
    idle = next((seen for seen in after if seen.state == NOT_READY), None)
    if idle is None or is_unreached(history, one.gap.node, touched[0], act.at_s + bounds.CONSEQUENCE_S):
        return
    cell, line = Cell.of(node=one.gap.node, lost=one.lost), Evidence.of(act, f"{one.agent} calls somebody")
    if _is_it(idle):
        yield held(cell, "Not Ready, Connection Failure, who calls somebody", *one.cited(), line, _line(idle))
    else:
        reason = f"{one.agent} is not Not Ready for the lost connection, but for another reason, when he calls somebody"
        yield violated(cell, reason, *one.cited(), line, _line(idle))


def _asked_in_vain_s(history: History, one: _Return) -> frozenset[float]:
    """When he asked for Ready though he was that: which is no change, and none to Not Ready."""
    own = history.of(RestExchange, lambda seen: seen.agent == one.agent and ("state", READY) in seen.wanted)
    in_vain = (seen.sent_s for seen in own if seen.sent_s > one.back_s)
    before = ((at_s, state_before(history, one.agent, at_s)) for at_s in in_vain)
    return frozenset(at_s for at_s, was in before if was is not None and was.state == AVAILABLE)


def _owed_once(history: History, one: _Return, asked: Sequence[RestExchange]) -> Iterator[Finding]:
    """The next time, and not the time after that, if he was Ready in between and nothing was lost again."""
    again = asked[1] if asked[1:] else None
    if again is None or again.sent_s + bounds.CONSEQUENCE_S > min(one.gap.until_s, history.story.end_s):
        return
    between = states_after(history, one.agent, asked[0].sent_s, again.sent_s)
    told = states_after(history, one.agent, again.sent_s, again.sent_s + bounds.CONSEQUENCE_S)
    if not between or between[-1].state != AVAILABLE or not told:
        return
    if (told[-1].state, told[-1].reason_code) == (NOT_READY, CONNECTION_FAILURE):
        cell = Cell.of(node=one.gap.node, lost=one.lost)
        reason = f"{one.agent} is Not Ready for the lost connection a second time, though nothing was lost again"
        line = Evidence.of(again, f"{one.agent} asks for Not Ready")
        yield violated(cell, reason, *one.cited(), line, _line(told[-1]))


def _shown(history: History, one: _Return, from_s: float, until_s: float, **more: str) -> Iterator[Finding]:
    """Not Ready with that reason: at the switch, in events, in answers; the last of each counts, before we touch it."""
    touched_at_s = min((at_s for at_s in touched_s(history, one.agent) if at_s > from_s), default=float("inf"))
    # A call makes something else of him, and somebody else may have taken it up.
    by_call_s = (seen.at_s for seen in states_after(history, one.agent, until_s, float("inf")) if seen.state in CALLED)
    told = history.of(EventSeen, lambda seen: seen.agent == one.agent and seen.user_state is not None, from_s=from_s)
    looks = history.of(
        RestExchange,
        lambda seen: asked_about(seen) == one.agent and seen.user_state is not None,
        from_s=until_s - bounds.ANSWERS_S,
        to_s=min(until_s + bounds.LOOKED_S, touched_at_s, next(by_call_s, float("inf"))),
    )
    until_s = min(until_s, touched_at_s)
    rows: dict[str, list[SwitchAgentSeen | EventSeen | RestExchange]] = {
        "switch": list(states_after(history, one.agent, from_s, until_s)),
        "events": [seen for seen in told if seen.at_s <= until_s],
        "answers": list(looks[:1]),
    }
    gone = stream_gone(history, one.agent, from_s, until_s)
    for shown, seen in rows.items():
        if not seen and shown == "answers":
            continue  # nobody looked
        if shown == "events" and gone and not (seen and _is_it(seen[-1])):
            yield inconclusive(one.cell(shown, **more), "its event stream was lost", *one.cited(), *gone[:1])
            continue
        if not seen:
            yield missed(one.cell(shown, **more), f"{one.agent} is not told to be Not Ready for it", *one.cited())
        elif _is_it(seen[-1]) and (label := _wrong_label(history, seen[-1])) is not None:
            reason = f"{one.agent} is shown as Not Ready for “{label}”"
            yield violated(one.cell(shown, **more), reason, *one.cited(), _line(seen[-1]))
        elif _is_it(seen[-1]):
            yield held(one.cell(shown, **more), "Not Ready, Connection Failure", *one.cited(), _line(seen[-1]))
        else:
            reason = f"{one.agent} is not Not Ready for the lost connection"
            yield violated(one.cell(shown, **more), reason, *one.cited(), _line(seen[-1]))


def _wrong_label(history: History, seen: SwitchAgentSeen | EventSeen | RestExchange) -> str | None:
    return None if isinstance(seen, SwitchAgentSeen) else wrong_label(history, seen)


def _is_it(seen: SwitchAgentSeen | EventSeen | RestExchange) -> bool:
    state = seen.state if isinstance(seen, SwitchAgentSeen) else seen.user_state
    return (state, seen.reason_code) == (NOT_READY, CONNECTION_FAILURE)


def _line(seen: SwitchAgentSeen | EventSeen | RestExchange) -> Evidence:
    if isinstance(seen, SwitchAgentSeen):
        return said(seen)
    return Evidence.of(seen, f"{seen.node} shows {seen.agent} {seen.user_state} {seen.reason_code or ''}".rstrip())
