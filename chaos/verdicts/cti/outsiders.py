"""CTI-09 and CTI-11: that somebody outside is in a call is shown, but for a conference that may be incomplete."""

from collections.abc import Iterator

from chaos.history import Evidence, History
from chaos.history.calls import is_incomplete
from chaos.history.happenings import BEGUN, DIALOG, OVER, events_of, kind_of, own_device
from chaos.history.hearing import TOLD_S
from chaos.history.history import fact
from chaos.history.screens import asked_about, devices
from chaos.history.since import STANDING, documents_of, measured_until_s
from chaos.journal import CallSeen, EventSeen, RestExchange, SwitchActed, SwitchCallSeen, SwitchLooked
from chaos.verdicts import bounds

Seen = EventSeen | RestExchange
_UP = frozenset({"CONNECT", "HOLD"})
_GONE = frozenset({"NULL", "DROPPED"})
_CONFERENCE = 3


def outsiders_unshown(history: History, agent: str, from_s: float, to_s: float) -> Iterator[tuple[Seen, str, Evidence]]:
    """Documents that show a call without whoever is in it from outside, though the switch, asked about then, says that
    he is: with what is wrong, and the switch's word.

    Somebody is shown alone in an answered call, or a conference as one of agents only, by a product that did otherwise.
    """
    for look in history.of(SwitchLooked, agent=agent, from_s=from_s, to_s=to_s):
        for call in look.calls:
            if not _has_outsider(history, agent, call) or is_incomplete(history, agent, call.call_id, look.at_s):
                continue
            for seen in _shown(history, agent, call.call_id, look):
                if any(one.call_id == call.call_id and _is_without(history, agent, one) for one in seen.calls or ()):
                    parties = ", ".join(device for device, _ in call.parties)
                    line = Evidence.of(look, f"the switch, asked about {agent}: {parties} are in call {call.call_id}")
                    yield seen, f"{agent} is shown call {call.call_id} without its party of no agent", line


def _has_outsider(history: History, agent: str, call: CallSeen) -> bool:
    own, inside = own_device(history, agent), devices(history)
    up = {device for device, state in call.parties if state in _UP}
    return own in up and any(device not in inside for device in up)


def _shown(history: History, agent: str, call_id: str, look: SwitchLooked) -> Iterator[Seen]:
    """The last event about that call when the switch was asked, and answers soon after, unless it may still change."""
    if _happens(history, call_id, look.at_s - TOLD_S, look.at_s):
        return
    about = [
        seen
        for seen in events_of(history, agent, 0.0, look.at_s)
        if kind_of(seen) in (BEGUN, DIALOG, OVER) and any(call.call_id == call_id for call in seen.calls)
    ]
    yield from about[-1:]
    for seen in history.of(
        RestExchange,
        lambda seen: seen.calls is not None and asked_about(seen) == agent and seen.sent_s >= look.at_s,
        from_s=look.at_s,
        to_s=look.at_s + bounds.LOOKED_S,
    ):
        if not _happens(history, call_id, look.at_s, seen.at_s):
            yield seen


def _happens(history: History, call_id: str, from_s: float, to_s: float) -> bool:
    acts = history.of(SwitchActed, lambda act: act.call_id == call_id, from_s=from_s, to_s=to_s)
    told = history.of(SwitchCallSeen, lambda seen: seen.call_id == call_id, from_s=from_s, to_s=to_s)
    return bool(acts or told)


def _is_without(history: History, agent: str, call: CallSeen) -> bool:
    """Whether a document shows only agents, in a way that this product is known not to."""
    up = [device for device, state in call.parties if state not in _GONE]
    if dict(call.parties).get(own_device(history, agent) or "") not in STANDING or not _are_agents(history, up):
        return False
    return not _some_are_alone(history) if len(up) == 1 else _shows_outsiders(history)


def _are_agents(history: History, parties: list[str]) -> bool:
    inside = devices(history)
    return all(device in inside for device in parties)


@fact
def _some_are_alone(history: History) -> bool:
    """Whether documents before the first loss showed somebody alone in a call that has been answered."""
    until_s = measured_until_s(history)
    return any(
        [state for _, state in call.parties] == ["ACTIVE"]
        for agent in devices(history).values()
        for seen in documents_of(history, agent)
        if seen.at_s < until_s
        for call in seen.calls or ()
    )


@fact
def _shows_outsiders(history: History) -> bool:
    """Whether documents have shown conferences with somebody who is no agent."""
    return any(
        len(call.parties) >= _CONFERENCE and not _are_agents(history, [device for device, _ in call.parties])
        for agent in devices(history).values()
        for seen in documents_of(history, agent)
        for call in seen.calls or ()
    )
