"""What happened to agents at the switch, each with the kind of event that is to tell it, and whether one did."""

import itertools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

from chaos.history.gaps import gaps
from chaos.history.history import History, fact
from chaos.history.people import homes
from chaos.history.screens import STATE, Aspect, Screen, Step, devices, shown, truth
from chaos.journal import About, EventSeen, Observation

USER, DIALOG, BEGUN, OVER = "User PUT", "Dialog PUT", "Dialogs POST", "Dialogs DELETE"
KINDS = (USER, BEGUN, DIALOG, OVER)
"""The kinds of events that Finesse publishes of agents and calls."""
NOTICE = "SystemInfo PUT"

# What lasted shorter may be told together with what followed (ours).
STOOD_S = 0.5
# An item that is delivered again comes so soon after the first time (ours: both are sent at once).
AGAIN_S = 1.0
# A telephone may hear of a change a little later than the clients of a node do (ours).
EARLY_S = 0.25
# What happens is told within this time, and not as it was before (ours).
_AS_BEFORE_S = 5.0


def kind_of(event: EventSeen) -> str:
    """The kind of an event, "Dialogs POST"; events of other sorts by what they are about."""
    names = {About.USER: "User", About.DIALOG: "Dialog", About.DIALOGS: "Dialogs", About.SYSTEM: "SystemInfo"}
    return f"{names.get(event.about, event.about)} {event.event}".strip()


@dataclass(frozen=True, slots=True)
class Happening:
    """At that time an aspect of what is the case for the agent became `value`, None if it is no more.

    until_s: when it became something else again, infinite if it did not. was: its value before. seen: what the switch
    said.
    """

    agent: str
    at_s: float
    until_s: float
    aspect: Aspect
    was: str | None
    value: str | None
    kind: str
    seen: Observation

    def __str__(self) -> str:
        return f"at the switch {self.aspect} of {self.agent} became {self.value or 'none'}"


@fact
def happenings(history: History, agent: str) -> tuple[Happening, ...]:
    """Everything that happened to that agent since the switch was first asked about it, in order."""
    steps = truth(history, agent).steps
    found: list[Happening] = []
    open_since: dict[Aspect, int] = {}
    for before, after in itertools.pairwise(steps):
        over = {one.call_id for one in before.screen if one.what == "call" and one not in after.screen}
        for aspect in list(open_since):
            if before.screen.get(aspect) != after.screen.get(aspect) or aspect.call_id in over:
                former = open_since.pop(aspect)
                found[former] = replace(found[former], until_s=after.at_s)
        for happening in _between(agent, before.screen, after):
            open_since[happening.aspect] = len(found)
            found.append(happening)
    return tuple(found)


def _between(agent: str, before: Screen, after: Step) -> Iterator[Happening]:
    for aspect in sorted(before.keys() | after.screen.keys()):
        was, value = before.get(aspect), after.screen.get(aspect)
        if was == value:
            continue
        is_up = Aspect("call", aspect.call_id) in after.screen
        if aspect.what in ("party", "data") and not is_up:
            continue  # gone with its call
        yield Happening(agent, after.at_s, float("inf"), aspect, was, value, _kind(aspect, value), after.seen)


def _kind(aspect: Aspect, value: str | None) -> str:
    if aspect == STATE:
        return USER
    if aspect.what == "call":
        return OVER if value is None else BEGUN
    return DIALOG


def events_of(history: History, agent: str, from_s: float, to_s: float) -> list[EventSeen]:
    """That agent's events in that time, our own left out, and items that were delivered again."""
    again = _delivered_again(history)
    seen = history.of(EventSeen, lambda seen: not seen.control, agent=agent, from_s=from_s, to_s=to_s)
    return [one for one in seen if one.number not in again] if again else seen


@fact
def _delivered_again(history: History) -> frozenset[int]:
    """Numbers of events that are an item which the same client was given shortly before: whoever has subscribed besides
    what is automatic may get each of them so (developer guide, Subscription Management), and that is no second event.

    An item has to say the same again, for a service that began anew may begin to count anew.
    """
    found: set[int] = set()
    last: dict[tuple[str, str, str], EventSeen] = {}
    for seen in history.whole.of(EventSeen, lambda seen: bool(seen.item) and not seen.control):
        key = (seen.node, seen.agent, seen.item)
        before = last.setdefault(key, seen)
        if before is seen or seen.at_s - before.at_s > AGAIN_S or _content(before) != _content(seen):
            last[key] = seen
        else:
            found.add(seen.number)
    return frozenset(found)


def _content(seen: EventSeen) -> EventSeen:
    return replace(seen, at_s=0.0, number=0, nth=0)


@fact
def own_device(history: History, agent: str) -> str | None:
    """The device where that agent works."""
    return next((device for device, owner in devices(history).items() if owner == agent), None)


@fact
def tellers(history: History, agent: str, within_s: float) -> Mapping[Happening, EventSeen | None]:
    """The event of its kind that told each happening, at most so many seconds after it; None where none did.

    Each needs an event of its own: what is told after the next thing has happened to the same call, or state, tells of
    that. Only what followed within `STOOD_S` may have been told together, and what happened while the node was out of
    service: what has become of all that is told at once, and leaves the next event to what happens next.
    """
    out = [(gap.told_s, gap.ends_s) for gap in gaps(history) if gap.node == homes(history).get(agent)]
    told: dict[Happening, EventSeen | None] = {}
    lines: dict[tuple[str, str], list[Happening]] = {}
    for one in happenings(history, agent):
        lines.setdefault((one.kind, one.aspect.call_id), []).append(one)
    for line in lines.values():
        used, last_s, begun = 0, float("-inf"), 0
        for one in line:
            is_out = any(from_s <= one.at_s < to_s for from_s, to_s in out)
            if one.at_s - last_s >= STOOD_S and not is_out:
                begun = used
            last_s = one.at_s
            events = events_of(history, agent, one.at_s - EARLY_S, one.at_s + within_s)
            event = next((seen for seen in events if seen.number > begun and _tells(history, seen, one)), None)
            told[one] = event
            used = max(used, event.number if event is not None and not is_out else 0)
    return MappingProxyType(told)


@fact
def told_as_before(history: History, one: Happening) -> bool:
    """Whether an event about the same call, or state, came as that happened, and all that came until the next thing
    happened to it showed everything that had just changed there as it had been.

    A client that had lost the event which told it would have heard nothing then; one of something else that happened
    about then would show that.
    """
    if one.kind not in (USER, DIALOG):
        return False
    line = [other for other in happenings(history, one.agent) if _is_alike(one, other)]
    at_once = [other for other in line if abs(other.at_s - one.at_s) < STOOD_S]
    next_s = min((other.at_s for other in line if other.at_s >= one.at_s + STOOD_S), default=float("inf"))
    from_s = min(other.at_s for other in at_once)
    heard = [
        seen
        for seen in events_of(history, one.agent, from_s, min(next_s - EARLY_S, one.at_s + _AS_BEFORE_S))
        if kind_of(seen) == one.kind and (one.kind == USER or any(x.call_id == one.aspect.call_id for x in seen.calls))
    ]
    return any(seen.at_s <= one.at_s + EARLY_S for seen in heard) and all(
        _tells(history, seen, replace(other, value=other.was)) for seen in heard for other in at_once
    )


def _is_alike(one: Happening, other: Happening) -> bool:
    """Whether both are of one line: of that agent's state, or of one call of its."""
    return (one.kind == USER) == (other.kind == USER) and one.aspect.call_id == other.aspect.call_id


def _tells(history: History, event: EventSeen, happening: Happening) -> bool:
    aspect, value = happening.aspect, happening.value
    if happening.kind == USER:
        return event.about is About.USER and event.user_state == value
    call = next((one for one in event.calls if one.call_id == aspect.call_id), None)
    if call is None:
        return False
    if happening.kind in (BEGUN, OVER):
        return kind_of(event) == happening.kind
    screen = dict(shown(call, own_device(history, happening.agent), devices(history)))
    # A call that has just begun is told whole by the event that says so.
    return kind_of(event) in (DIALOG, BEGUN) and screen.get(aspect) == value
