"""Whether our telephone at the switch hears all that is told there: its word is what everything shown is compared to.

What we do at the switch ourselves, and it confirms, is told to all its clients, to us too; a call begins before
anything becomes of it; and asked, the switch never says anything new. One thing that is missing means that others may
be.
"""

from collections.abc import Iterator

from chaos.history.history import History, fact
from chaos.history.people import at_work
from chaos.history.screens import truth
from chaos.journal import SwitchAct, SwitchActed, SwitchAgentSeen, SwitchCallSeen, SwitchLooked

# The event that tells what was confirmed may come so long before or after the confirmation (ours).
NEAR_S = 5.0

_TELLS = {
    SwitchAct.MAKE_CALL: "originated",
    SwitchAct.CONSULT: "originated",
    SwitchAct.ANSWER: "established",
    SwitchAct.HOLD: "held",
    SwitchAct.RETRIEVE: "retrieved",
    SwitchAct.CLEAR: "connection-cleared",
    SwitchAct.SET_DATA: "data-update",
    SwitchAct.CONFERENCE: "conferenced",
    SwitchAct.TRANSFER: "transferred",
}
# Between these an agent goes at once; in a call a state may be kept for its end.
_AT_ONCE = frozenset({"AVAILABLE", "NOT_READY"})
# What tells of a state may come so long before its confirmation (ours).
_SOON_S = 0.25
_BEGIN, _END = "begin", "end"


@fact
def telephone_missed(history: History) -> str | None:
    """What our telephone did not hear; None if nothing says that it missed anything."""
    return next(_missed(history), None)


@fact
def switch_has_news(history: History) -> str | None:
    """What the switch, asked, said that our telephone had not heard; None if nothing."""
    return next(_news(history), None)


def _missed(history: History) -> Iterator[str]:
    yield from _news(history)
    until_s = history.story.end_s - NEAR_S
    for act in history.of(SwitchActed, lambda act: act.ok, to_s=until_s):
        heard = _state_told(history, act) if act.act is SwitchAct.SET_STATE else _call_told(history, act)
        if not heard:
            yield f"our telephone at the switch did not hear of its own {act.act} of {act.agent} at {act.at_s:.3f} s"
    yield from _out_of_nothing(history)


def _news(history: History) -> Iterator[str]:
    """Asked, the switch must not say anything new: everything that happens there is told to our telephone."""
    looked_at = dict.fromkeys(one.agent for one in history.of(SwitchLooked))
    for agent in dict.fromkeys((*at_work(history), *looked_at)):
        steps = truth(history, agent).steps
        news = next((step for step in steps[1:] if isinstance(step.seen, SwitchLooked)), None)
        if news is not None:
            yield f"our telephone at the switch missed something about {agent} before {news.at_s:.3f} s"


def _call_told(history: History, act: SwitchActed) -> bool:
    tells = _TELLS.get(act.act)
    if tells is None or act.call_id is None:
        return True
    told = history.of(
        SwitchCallSeen,
        lambda seen: seen.happening == tells,
        from_s=act.at_s - NEAR_S,
        to_s=act.at_s + NEAR_S,
    )
    # A call that two calls have become may have the number of either.
    joins = act.act in (SwitchAct.CONFERENCE, SwitchAct.TRANSFER)
    return any(joins or seen.call_id == act.call_id for seen in told)


def _state_told(history: History, act: SwitchActed) -> bool:
    own = history.of(SwitchAgentSeen, agent=act.agent, to_s=act.at_s + NEAR_S)
    before = [seen for seen in own if seen.at_s < act.at_s - _SOON_S]
    if act.value not in _AT_ONCE or not before or before[-1].state not in _AT_ONCE or before[-1].state == act.value:
        return True
    return any(seen.state == act.value for seen in own[len(before) :])


def _out_of_nothing(history: History) -> Iterator[str]:
    """Whatever happens to a call happens after it began, as far as it did not stand before."""
    looks = history.of(SwitchLooked)
    known = {call.call_id for look in looks[: len(at_work(history))] for call in look.calls}
    begun: dict[str, int] = {}
    for seen in history.of(SwitchCallSeen):
        if not looks or seen.at_s < looks[0].at_s or seen.call_id in known:
            known.add(seen.call_id)
        elif seen.happening == _BEGIN:
            begun[seen.call_id] = begun.get(seen.call_id, 0) + 1
        elif seen.call_id not in begun:
            yield f"our telephone at the switch heard {seen.happening} of call {seen.call_id}, and not that it began"
        elif seen.happening == _END:
            begun[seen.call_id] -= 1
            if begun[seen.call_id] < 0:
                yield f"our telephone at the switch heard call {seen.call_id} end once more than it began"
