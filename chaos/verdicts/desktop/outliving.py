"""DESKTOP-19, DESKTOP-21: what becomes, for the others in it, of a call in which somebody is logged out by force."""

from collections.abc import Iterator

from chaos.history import Evidence, History
from chaos.history.absences import ON_CALL, is_broken, is_disturbed, state_before
from chaos.history.calls import is_incomplete
from chaos.history.happenings import EARLY_S, OVER, events_of, kind_of
from chaos.history.history import fact
from chaos.history.screens import asked_about, devices
from chaos.journal import CallSeen, EventSeen, RestExchange, SwitchAct, SwitchActed, SwitchCallSeen
from chaos.verdicts import bounds

Legs = dict[tuple[str, str], float]
"""Others' connections by call and device, and when each of these calls was told first."""

_UP = ("CONNECT", "HOLD")
_OVER = ("DROPPED", "FAILED")
_SHOWN = {"ACTIVE": "CONNECT", "HELD": "HOLD"}
# What we do with a call at a telephone that ends nobody's part in it.
_HARMLESS = (SwitchAct.HOLD, SwitchAct.RETRIEVE, SwitchAct.SET_DATA, SwitchAct.SET_STATE)


@fact
def others_legs(history: History, device: str, at_s: float) -> Legs:
    """Connections of others that are up then in the calls of that device."""
    up: dict[tuple[str, str], float] = {}
    began: dict[str, float] = {}
    for seen in history.whole.of(SwitchCallSeen, lambda seen: seen.device is not None, to_s=at_s):
        began.setdefault(seen.call_id, seen.at_s)
        leg = (seen.call_id, seen.device or "")
        if seen.state in _UP:
            up[leg] = began[seen.call_id]
        elif _is_end(seen):
            up.pop(leg, None)
    own = {call_id for call_id, party in up if party == device}
    return {leg: at_s for leg, at_s in up.items() if leg[0] in own and leg[1] != device}


def cut_off(history: History, device: str, asked_s: float, until_s: float) -> tuple[str, Evidence] | None:
    """How somebody else loses, by nobody's doing, the call in which who sits there is logged out by force then; or is
    told by his node that he does, while the switch has him on it; or is shown that call otherwise than it is, without
    who sits there, say; or how it is put on hold by nobody."""
    legs = others_legs(history, device, asked_s)
    to_s = min(until_s, _alone_until_s(history, legs, asked_s))
    own = {call_id for call_id, _ in legs}
    return (
        next(_ended(history, legs, asked_s, to_s), None)
        or next(_told_over(history, legs, asked_s, to_s), None)
        or next(_shown_without(history, legs, device, asked_s, to_s), None)
        or next(_put_on_hold(history, own, asked_s, min(to_s, _acted_s(history, own, asked_s))), None)
    )


def _is_end(seen: SwitchCallSeen) -> bool:
    return seen.happening == "end" or seen.state == "NULL"


def _alone_until_s(history: History, legs: Legs, from_s: float) -> float:
    """Until when nobody did anything that may end it for somebody. What comes of an act may be told before it."""
    calls, people = {call_id for call_id, _ in legs}, {devices(history).get(party) for _, party in legs}
    acts = history.whole.of(
        SwitchActed,
        lambda act: act.act not in _HARMLESS and (act.call_id in calls or act.agent in people),
        from_s=from_s,
    )
    asked = history.whole.of(
        RestExchange, lambda seen: "Dialog" in seen.resource and not seen.resource.startswith("GET ")
    )
    done = [act.at_s - bounds.AT_ONCE_S for act in acts] + [seen.sent_s - EARLY_S for seen in asked]
    return min((at_s for at_s in done if at_s > from_s - bounds.AT_ONCE_S), default=float("inf"))


def _ended(history: History, legs: Legs, from_s: float, to_s: float) -> Iterator[tuple[str, Evidence]]:
    for seen in history.of(SwitchCallSeen, _is_end, from_s=from_s, to_s=to_s):
        if (seen.call_id, seen.device) in legs and not is_broken(history, from_s, seen.at_s):
            who = devices(history).get(seen.device or "", seen.device)
            yield (
                f"the call is over for {who}, who was in it",
                Evidence.of(seen, f"the switch: call {seen.call_id} is over there"),
            )


def _acted_s(history: History, calls: set[str], from_s: float) -> float:
    """When somebody did anything with one of those calls at a telephone, or called for advice: that holds, too."""
    acts = history.whole.of(
        SwitchActed,
        lambda act: act.act is not SwitchAct.SET_STATE and (act.call_id in calls or act.act is SwitchAct.CONSULT),
        from_s=from_s,
    )
    # What comes of an act may be told before it.
    return min((act.at_s - bounds.AT_ONCE_S for act in acts), default=float("inf"))


def _put_on_hold(history: History, calls: set[str], from_s: float, to_s: float) -> Iterator[tuple[str, Evidence]]:
    """… which was no call on hold before."""
    for seen in history.of(SwitchCallSeen, lambda seen: seen.state == "HOLD", from_s=from_s, to_s=to_s):
        was = history.whole.of(
            SwitchCallSeen,
            lambda other, seen=seen: (other.call_id, other.device) == (seen.call_id, seen.device),  # type: ignore[misc]
            to_s=from_s,
        )
        if seen.call_id in calls and was and was[-1].state == "CONNECT" and not is_broken(history, from_s, seen.at_s):
            who = devices(history).get(seen.device or "", seen.device)
            yield (
                f"the call is put on hold for {who} by nobody in it",
                Evidence.of(seen, f"the switch: call {seen.call_id} is on hold there"),
            )


def _told_over(history: History, legs: Legs, from_s: float, to_s: float) -> Iterator[tuple[str, Evidence]]:
    for (call_id, party), began_s in legs.items():
        agent = devices(history).get(party)
        if agent is None:
            continue
        for seen in events_of(history, agent, from_s, to_s):
            if kind_of(seen) != OVER or not any(call.call_id == call_id for call in seen.calls):
                continue
            told = state_before(history, agent, seen.at_s)
            if told is None or told.state not in ON_CALL or seen.at_s + bounds.AT_ONCE_S > to_s:
                continue
            # A telephone may be told later than a node.
            if (call_id, party) not in _legs_up(history, call_id, seen.at_s + bounds.AT_ONCE_S):
                continue
            if is_disturbed(history, seen.node, began_s, seen.at_s):
                continue
            if is_incomplete(history, agent, call_id, seen.at_s):
                continue
            yield (
                f"{seen.node} tells {agent} that the call is over, which lives on",
                Evidence.of(seen, f"{seen.node} → {agent}: {OVER} of call {call_id}"),
            )


def _shown_without(
    history: History, legs: Legs, device: str, from_s: float, to_s: float
) -> Iterator[tuple[str, Evidence]]:
    for (call_id, party), began_s in legs.items():
        agent = devices(history).get(party)
        if agent is None:
            continue
        knew = _knows_of(history, agent, call_id, from_s)
        for seen in _shown_to(history, agent, from_s, to_s):
            own = [call for call in seen.calls or () if call.call_id == call_id]
            is_gone = knew and not own and _lists_calls(seen)
            wrong = next((how for call in own if (how := _otherwise(history, call, (device, party), seen.at_s))), None)
            if not is_gone and wrong is None:
                continue
            # A telephone may be told later than a node.
            up = _legs_up(history, call_id, seen.at_s + bounds.AT_ONCE_S)
            if not {(call_id, device), (call_id, party)} <= up or is_disturbed(history, seen.node, began_s, seen.at_s):
                continue
            if is_incomplete(history, agent, call_id, seen.at_s):
                continue
            if is_gone:
                what = f"{seen.node} does not show {agent} the call, which lives on"
                yield what, Evidence.of(seen, f"{seen.node} → {agent}: no call {call_id}")
                continue
            yield (
                f"{seen.node} shows {agent} {wrong}",
                Evidence.of(seen, f"{seen.node} → {agent}: call {call_id}, and {wrong}"),
            )


def _otherwise(history: History, call: CallSeen, parties: tuple[str, str], at_s: float) -> str | None:
    """How a call that lives on is shown otherwise than it is, to who is in it with the one who sits there."""
    if call.state in _OVER:
        return f"the call as {call.state}, which lives on"
    for device in parties:
        who, shown = devices(history).get(device, device), dict(call.parties).get(device)
        if shown == "DROPPED":
            return f"the call without {who}, who is in it"
        if shown in _SHOWN and _SHOWN[shown] not in _connections(history, call.call_id, device, at_s):
            return f"{who} as {shown} in the call, who is not"
    return None


def _connections(history: History, call_id: str, device: str, at_s: float) -> set[str | None]:
    """How that one was in the call about that time: a telephone may be told sooner, or later, than a node."""
    own = history.whole.of(
        SwitchCallSeen, lambda seen: (seen.call_id, seen.device) == (call_id, device), to_s=at_s + bounds.AT_ONCE_S
    )
    before = [seen.state for seen in own if seen.at_s < at_s - bounds.AT_ONCE_S]
    return {*before[-1:], *(seen.state for seen in own if seen.at_s >= at_s - bounds.AT_ONCE_S)}


def _lists_calls(seen: EventSeen | RestExchange) -> bool:
    """Is it an answer that brings all calls of who asks?"""
    return isinstance(seen, RestExchange) and seen.resource == "GET User/{id}/Dialogs" and seen.calls is not None


def _knows_of(history: History, agent: str, call_id: str, to_s: float) -> bool:
    """Was he shown that call before, by the number that the switch gives it?"""
    told = events_of(history, agent, 0.0, to_s)
    return any(call.call_id == call_id for seen in told for call in seen.calls)


def _shown_to(history: History, agent: str, from_s: float, to_s: float) -> list[EventSeen | RestExchange]:
    """Events and answers in which he may have been shown calls; what was asked for at once may not be new."""
    asked = history.of(
        RestExchange,
        lambda seen: asked_about(seen) == agent and seen.sent_s > from_s + bounds.ANSWERS_S,
        from_s=from_s,
        to_s=to_s,
    )
    return [*(seen for seen in events_of(history, agent, from_s, to_s) if kind_of(seen) != OVER), *asked]


def _legs_up(history: History, call_id: str, at_s: float) -> set[tuple[str, str]]:
    """All connections of that call that are up then."""
    up: set[tuple[str, str]] = set()
    for seen in history.whole.of(SwitchCallSeen, lambda seen: seen.call_id == call_id, to_s=at_s):
        leg = (call_id, seen.device or "")
        if seen.state in _UP:
            up.add(leg)
        elif _is_end(seen):
            up.discard(leg)
    return up
