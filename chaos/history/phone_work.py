"""What an agent could do at an IP phone once he had signed in: change his state, see the data of his call, sign out.

Theory of operation. The switch says what came of a state that was asked for at the phone. A call's data are set at the
switch to something that no other call has; so a screen that shows them shows that call, whatever the layout looks like.
That the layout has the variable at all is known from a call that the phones showed before.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType

from chaos.history.absences import CONNECTION_FAILURE
from chaos.history.evidence import Evidence
from chaos.history.history import History, fact
from chaos.history.phones import PhoneLoss, cited, phone_losses
from chaos.journal import PhoneAct, PhoneActed, PhoneScreen, SwitchAct, SwitchActed, SwitchAgentSeen, SwitchLooked

AVAILABLE, NOT_READY, LOGOUT = "AVAILABLE", "NOT_READY", "LOGOUT"


@dataclass(frozen=True, slots=True)
class PhoneCall:
    """A call at an agent's line. token: what its data have, and nothing else. data_s, cleared_s: when it got them, when
    it was hung up, infinite if it was not."""

    agent: str
    token: str
    data_s: float
    cleared_s: float
    seen: SwitchActed


@dataclass(frozen=True, slots=True)
class Work:
    """What came of it. problem: what the agent could not do, "" if he could do all. has_call: a call was seen, too."""

    problem: str
    has_call: bool
    lines: tuple[Evidence, ...]


@fact
def phone_calls(history: History) -> tuple[PhoneCall, ...]:
    """The calls whose data we set, with a value of its own each."""
    done = history.of(SwitchActed, lambda one: one.ok)
    found = []
    for one in done:
        token = (one.value or "").partition("=")[2]
        if one.act is not SwitchAct.SET_DATA or not token or one.call_id is None:
            continue
        ends = (
            end.at_s
            for end in done
            if end.act is SwitchAct.CLEAR and end.call_id == one.call_id and end.at_s > one.at_s
        )
        found.append(PhoneCall(one.agent, token, one.at_s, min(ends, default=float("inf")), one))
    return tuple(found)


def shows(screen: PhoneScreen, call: PhoneCall) -> bool:
    """Whether the data of that call stand there."""
    return any(call.token in words for words in (screen.title, screen.prompt, screen.text, *screen.items))


@fact
def layout_shows_data(history: History) -> bool:
    """Whether a phone showed the data of its call at all, so that one that does not show them hides them."""
    screens = history.of(PhoneScreen)
    return any(shows(screen, call) for call in phone_calls(history) for screen in screens if screen.agent == call.agent)


def worked(history: History, one: PhoneLoss, sent: PhoneActed, *, within_s: float) -> Work | None:
    """What the agent could do once he had signed in by `sent`; None: too little of it was seen.

    within_s: so soon the phone has to show a call, and its end. His state is kept over a loss: so he has to have asked
    for Not Ready and then for Ready, since Ready alone would show nothing. A page that another node pushes over it is
    not this node's: what he does from then on says nothing.
    """
    one = _until_covered(one, sent)
    away = next((act for act in one.acts if act.act is PhoneAct.PICK and act.at_s >= sent.at_s), None)
    if away is None and (vain := _no_way_to_pause(history, one, sent)) is not None:
        return Work(f"{one.agent} cannot become Not Ready at {sent.node}", False, (cited(vain),))
    ready = next((act for act in one.acts if act.detail == "Ready" and away is not None and act.at_s > away.at_s), None)
    if away is None or ready is None:
        return None
    looked = history.of(SwitchLooked, lambda seen: seen.agent == one.agent, from_s=away.at_s, to_s=one.until_s)
    before = [seen for seen in looked if seen.at_s <= ready.at_s]
    after = [seen for seen in looked if seen.at_s > ready.at_s]
    if not before or not after:
        return None
    if before[-1].state == AVAILABLE:
        return Work(f"{one.agent} cannot become Not Ready at {sent.node}", False, (cited(away),))
    if (other := _for_another_reason(history, away)) is not None:
        return Work(f"{one.agent} is Not Ready for another reason than he picked at {sent.node}", False, other)
    if after[0].state != AVAILABLE:
        return Work(f"{one.agent} cannot become Ready at {sent.node}", False, (cited(ready),))
    calls = [
        call for call in phone_calls(history) if call.agent == one.agent and sent.at_s < call.cleared_s <= one.until_s
    ]
    problems = [found for call in calls if (found := _hidden(history, one, sent, call, within_s)) is not None]
    if problems:
        return Work(f"{problems[0][0]} at {sent.node}", True, problems[0][1])
    stale = next((look for look in looked if look.at_s >= sent.at_s and _is_stale(history, one, look)), None)
    if stale is not None:
        line = Evidence.of(stale, f"the switch: {one.agent} {stale.state}")
        shown_then = [cited(screen) for screen in one.screens if screen.at_s <= stale.at_s][-1:]
        what = f"the phone of {one.agent} shows him in another state than he is in at {sent.node}"
        return Work(what, bool(calls), (line, *shown_then))
    stays = _cannot_sign_out(one, sent, looked)
    if stays is not None:
        return Work(f"{one.agent} cannot sign out at {sent.node}", bool(calls), (cited(stays),))
    return Work("", bool(calls), (cited(ready),))


def _until_covered(one: PhoneLoss, sent: PhoneActed) -> PhoneLoss:
    """The same, as far as no other node's page lies over that of the node where he signed in."""
    others = (seen.at_s for seen in one.screens if seen.at_s > sent.at_s and seen.node not in (None, sent.node))
    over_s = next(others, None)
    if over_s is None:
        return one
    return replace(one, until_s=over_s, seen=tuple(seen for seen in one.seen if seen.at_s < over_s))


_Words = tuple[str | None, str | None, str | None]


@fact
def _shown_in(history: History, agent: str) -> Mapping[str, frozenset[_Words]]:
    """State → what that agent's phone showed when he was in it, without a call, before it lost its server first."""
    own = (one.lost_s for one in phone_losses(history) if one.agent == agent)
    first_s = min(own, default=float("inf"))
    screens = history.of(PhoneScreen, lambda one: one.agent == agent and not one.control, to_s=first_s)
    found: dict[str, set[_Words]] = {}
    for look in history.of(SwitchLooked, lambda one: one.agent == agent, to_s=first_s):
        words = _standing(screens, look.at_s)
        if words is not None and not look.calls and look.state != LOGOUT and _is_settled(history, look):
            found.setdefault(look.state, set()).add(words)
    return MappingProxyType({state: frozenset(known) for state, known in found.items()})


def _standing(screens: Sequence[PhoneScreen], at_s: float) -> _Words | None:
    before = [one for one in screens if one.at_s <= at_s]
    return (before[-1].title, before[-1].prompt, before[-1].text) if before else None


def _is_settled(history: History, look: SwitchLooked) -> bool:
    """Whether that agent has been in this state for long enough to be shown in it."""
    told = history.whole.of(
        SwitchAgentSeen, lambda one: one.agent == look.agent, from_s=look.at_s - _SHOWN_S, to_s=look.at_s
    )
    return not told


def _is_stale(history: History, one: PhoneLoss, look: SwitchLooked) -> bool:
    """Whether his phone shows what it showed in another state before, and never in this one. What words it has for
    states is not published."""
    known = _shown_in(history, one.agent)
    words = _standing(one.screens, look.at_s)
    if words is None or look.calls or look.state not in known or not _is_settled(history, look):
        return False
    others = [shown for state, shown in known.items() if state != look.state]
    return words not in known[look.state] and any(words in shown for shown in others)


# From a state to a phone that shows it (ours).
_SHOWN_S = 3.0


@fact
def _picked(history: History) -> Mapping[str, frozenset[int]]:
    """Item → for which reasons somebody was Not Ready who had picked it before any phone lost its server."""
    first_s = min((one.lost_s for one in phone_losses(history)), default=float("inf"))
    found: dict[str, set[int]] = {}
    for act in history.of(PhoneActed, lambda act: act.act is PhoneAct.PICK and act.at_s < first_s):
        told = _told_of(history, act)
        if told is not None and act.detail:
            found.setdefault(act.detail, set()).add(told.reason_code or 0)
    return MappingProxyType({item: frozenset(codes) for item, codes in found.items()})


def _told_of(history: History, act: PhoneActed) -> SwitchAgentSeen | None:
    """That he is Not Ready, as the switch told it of what he picked; of a lost connection that is owed: none."""
    told = history.of(
        SwitchAgentSeen,
        lambda seen: (seen.agent, seen.state) == (act.agent, NOT_READY),
        from_s=act.begun_s - _CLOCKS_S,
        to_s=act.at_s + _PICKED_S,
    )
    return told[0] if told and told[0].reason_code != CONNECTION_FAILURE else None


_CLOCKS_S, _PICKED_S = 0.01, 2.0


def _for_another_reason(history: History, act: PhoneActed) -> tuple[Evidence, ...] | None:
    """The same item stood for another reason before the first loss, and for one alone."""
    told, known = _told_of(history, act), _picked(history).get(act.detail or "", frozenset())
    if told is None or len(known) != 1 or (told.reason_code or 0) in known:
        return None
    line = Evidence.of(told, f"the switch: {told.agent} {told.state} {told.reason_code or ''}, not {min(known)}")
    return cited(act), line


def _no_way_to_pause(history: History, one: PhoneLoss, sent: PhoneActed) -> PhoneActed | None:
    """He pressed NotReady in vain, though the switch had him in another state."""
    for act in one.acts:
        if act.detail == "NotReady" and act.at_s > sent.at_s and not act.ok:
            before = history.of(SwitchLooked, lambda seen: seen.agent == one.agent, from_s=sent.at_s, to_s=act.begun_s)
            if before and before[-1].state not in (NOT_READY, LOGOUT, None):
                return act
    return None


def _hidden(
    history: History, one: PhoneLoss, sent: PhoneActed, call: PhoneCall, within_s: float
) -> tuple[str, tuple[Evidence, ...]] | None:
    """What is wrong with how the phone shows that call, and its end."""
    from_s = max(call.data_s, sent.begun_s)
    line = Evidence.of(call.seen, f"the call of {one.agent} has the data {call.token}")
    there = [screen for screen in one.screens if screen.at_s < call.cleared_s]
    is_owed = call.cleared_s - from_s >= within_s and layout_shows_data(history)
    if is_owed and not any(shows(screen, call) for screen in there if screen.at_s >= from_s):
        return f"the phone of {one.agent} does not show his call", (line, *(cited(screen) for screen in there[-1:]))
    over_s = call.cleared_s + within_s
    stood = [screen for screen in one.screens if screen.at_s <= over_s]
    if over_s <= min(one.until_s, _left_s(one, call.cleared_s)) and stood and shows(stood[-1], call):
        return f"the phone of {one.agent} still shows a call that is over", (line, cited(stood[-1]))
    return None


def _left_s(one: PhoneLoss, from_s: float) -> float:
    """When the agent did something that may have led to another page."""
    return min((act.begun_s for act in one.acts if act.begun_s > from_s and act.act in _LEADS), default=one.until_s)


_LEADS = (PhoneAct.PRESS, PhoneAct.PICK, PhoneAct.LEAVE, PhoneAct.OPEN)


def _cannot_sign_out(one: PhoneLoss, sent: PhoneActed, looked: Sequence[SwitchLooked]) -> PhoneActed | None:
    """He asked to be signed out, and the switch still has him after that."""
    pressed = next((act for act in one.acts if act.detail == "SignOut" and act.at_s > sent.at_s), None)
    if pressed is None:
        return None
    before = [seen for seen in looked if seen.at_s <= pressed.begun_s]
    after = [seen for seen in looked if seen.at_s > pressed.at_s]
    if not before or not after or before[-1].state != NOT_READY:
        return None  # it is offered to who is Not Ready alone
    picked = any(act.act is PhoneAct.PICK for act in one.acts if pressed.at_s < act.at_s < after[0].at_s)
    if pressed.ok and not picked:
        return None
    return pressed if after[0].state != LOGOUT else None
