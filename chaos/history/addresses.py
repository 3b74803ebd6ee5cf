"""What documents name: the extension at which an agent works, why it is not ready, from whom to whom a call was made.

Of calls only those are spoken of that we made ourselves at the switch, from one device to another, as long as no other
call has become one with them: what a product shows of joined or routed ones the guides leave open.
"""

from collections.abc import Iterator, Mapping
from types import MappingProxyType

from chaos.history.absences import CONNECTION_FAILURE
from chaos.history.gaps import gaps
from chaos.history.happenings import EARLY_S, own_device
from chaos.history.hearing import TOLD_S
from chaos.history.history import History, fact
from chaos.history.screens import STATES
from chaos.journal import EventSeen, RestExchange, SwitchAct, SwitchActed, SwitchAgentSeen, SwitchCallSeen

_JOINED = frozenset({"conferenced", "transferred"})
_LOGOUT = "LOGOUT"


@fact
def made_calls(history: History) -> Mapping[str, tuple[str, str, float]]:
    """Call id → (from whose device, which number, when), of calls made at the switch."""
    spoiled = {seen.call_id for seen in history.of(SwitchCallSeen, lambda seen: seen.happening in _JOINED)}
    found = {}
    for act in history.of(SwitchActed, lambda act: act.ok and act.act is SwitchAct.MAKE_CALL):
        device = own_device(history, act.agent)
        if act.call_id is not None and act.call_id not in spoiled and device is not None and act.value:
            found[act.call_id] = (device, act.value, act.at_s)
    return MappingProxyType(found)


def _reason(history: History, agent: str, seen: EventSeen | RestExchange) -> tuple[int, int] | None:
    """(the reason code that a document shows, the one that the switch told last), if they differ. A code that is not
    shown is none of a known reason; and only what was told by an event of the same state is compared."""
    if seen.reason_code is None:
        return None
    own = history.of(SwitchAgentSeen, agent=agent, to_s=seen.at_s + EARLY_S)
    # What is told a moment later only adds to what may be shown; alone it does not say what was before.
    last = own[-1] if own and own[0].at_s <= seen.at_s else None
    if last is None or last.reason_code is None or STATES.get(last.state) != seen.user_state:
        return None
    if seen.reason_code == CONNECTION_FAILURE and any(
        gap.node == seen.node and last.at_s < gap.told_s <= seen.at_s for gap in gaps(history)
    ):
        return None  # what becomes of everybody after a gap (DESKTOP-09); our telephone may have been cut off too
    known = {one.reason_code for one in own if one.at_s >= seen.at_s - TOLD_S} | {last.reason_code}
    # A node asks for states when it is back, and the switch's answer (QUERY_AGENT_STATE_CONF) has no reason in it.
    heard = [one for one in own if not _in_a_gap(history, seen.node, one.at_s)]
    if last not in heard:
        if not heard or heard[-1].reason_code is None:
            return None
        known.add(heard[-1].reason_code)
    # What comes in at the same moment may be shown, or not yet.
    known |= {one.reason_code for one in [one for one in own if one.at_s < seen.at_s - EARLY_S][-1:]}
    if seen.reason_code not in known:
        known |= _gone_through(history, agent, seen)
    return None if seen.reason_code in known else (seen.reason_code, last.reason_code)


def _gone_through(history: History, agent: str, seen: EventSeen | RestExchange) -> set[int | None]:
    """Reasons of the states of a gap that has just ended, if the event is not the last: who catches up may tell one
    after the other."""
    ended = [gap for gap in gaps(history) if gap.node == seen.node and 0 <= seen.at_s - gap.ends_s <= TOLD_S]
    later = history.of(
        EventSeen,
        lambda one: one.user_state is not None and one.node == seen.node and one.number > seen.number,
        agent=agent,
        from_s=seen.at_s,
        to_s=seen.at_s + TOLD_S,
    )
    if not ended or not later or not isinstance(seen, EventSeen):
        return set()
    told = history.of(SwitchAgentSeen, agent=agent, from_s=ended[-1].told_s - EARLY_S, to_s=seen.at_s)
    return {one.reason_code for one in told}


def _in_a_gap(history: History, node: str, at_s: float) -> bool:
    return any(gap.node == node and gap.told_s <= at_s <= gap.ends_s for gap in gaps(history))


def misnamed(history: History, agent: str, seen: EventSeen | RestExchange) -> Iterator[tuple[str, str, str]]:
    """(what, the address that the document shows, the right one) for each that is wrong."""
    device = own_device(history, agent)
    if seen.user_state in STATES.values() and seen.extension is not None and device is not None:
        right = "" if seen.user_state == _LOGOUT else device
        if seen.extension != right:
            yield "the extension", seen.extension, right
    reason = _reason(history, agent, seen)
    if reason is not None:
        yield "the reason code", str(reason[0]), str(reason[1] or "")
    for call in seen.calls or ():
        made = made_calls(history).get(call.call_id)
        if made is None:
            continue
        calling, called, made_s = made
        # After a gap a call may have been read from a snapshot, which does not say who calls.
        is_known = not any(gap.told_s - 1.0 <= seen.at_s and made_s <= gap.ends_s + 1.0 for gap in gaps(history))
        for what, shown, right in (("a call from", call.calling, calling), ("a call to", call.called, called)):
            # Before it was dialled a call leads nowhere yet.
            is_missing = shown == "" and is_known and len(call.parties) > 1
            if shown != right and (shown or is_missing):
                yield what, shown or "", right
