"""Since when somebody, or a party of a call, is in a state: by what documents say, and by the switch's word.

Only of what began while a node was in service, and was told it: of the rest a node knows no more than that it is so.
"""

import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import pairwise

from chaos.history.faults import fault_spans
from chaos.history.gaps import gaps
from chaos.history.happenings import EARLY_S, own_device
from chaos.history.history import History, fact
from chaos.history.people import at_work
from chaos.history.screens import STATE as OWN
from chaos.history.screens import Aspect, Step, asked_about, truth
from chaos.journal import CallSeen, EventSeen, RestExchange, SteadyState, SwitchAgentSeen

Seen = EventSeen | RestExchange

CHANGED, STARTED = "stateChangeTime", "startTime"
# On its way there a call passes through other states of its own.
STANDING = frozenset({"ACTIVE", "HELD", "ALERTING"})
# A node's clock goes beside ours, and may be set meanwhile (ours).
_OFF_S = 10.0
# So long after a state is over a document may still tell of it (ours).
_CLEAR_S = 5.0
# So many documents have to be right before one that is not is wrong (ours).
_OFTEN = 3
_FRACTION = re.compile(r"[.,](\d+)")


@fact
def measured_until_s(history: History) -> float:
    """Until when what documents say is the measure: the first fault or gap of the story. What was mended before the
    story began is no part of it."""
    steady_s = min((seen.at_s for seen in history.of(SteadyState, lambda seen: seen.ok)), default=0.0)
    begins = [span.injecting_s for span in fault_spans(history)]
    begins += [gap.told_s for gap in gaps(history) if gap.told_s >= steady_s]
    return min(begins, default=history.story.end_s)


@fact
def documents_of(history: History, agent: str) -> tuple[Seen, ...]:
    """Events to that agent and answers about it, in order."""
    events = history.of(EventSeen, lambda seen: not seen.control, agent=agent)
    answers = history.of(RestExchange, lambda seen: seen.status == 200 and asked_about(seen) == agent)
    return tuple(sorted((*events, *answers), key=lambda seen: seen.at_s))


def since_when(history: History, agent: str, seen: Seen, from_s: float) -> Iterator[tuple[str, str, str]]:
    """A state that began while its node was in service, and was told it, began when the switch says so, as far as our
    clock goes with the node's; only where nobody ever heard of a state may the time be left out (developer guide)."""
    begun_s, known_s = _begun_s(history, agent, seen), _clocks(history, seen.node)
    if begun_s is None or begun_s <= from_s or not _are_told(history, agent, isinstance(seen, EventSeen)):
        return
    said = dict(seen.more).get(CHANGED, "")
    said_s = _moment_s(said)
    if said_s is None:
        yield CHANGED, said, "when the state began"
    elif known_s and not min(known_s) - _OFF_S <= said_s - begun_s <= max(known_s) + _OFF_S:
        yield CHANGED, said, f"{said_s - begun_s - known_s[0]:+.0f} s from it: when the state began"


@fact
def _are_told(history: History, agent: str, is_event: bool) -> bool:
    """Whether events, or answers, about anybody else, or about that agent before the first loss, tell since when states
    are: there may be releases that know no such thing."""
    until_s = measured_until_s(history)
    return any(
        _moment_s(dict(seen.more).get(CHANGED, "")) is not None
        for other in at_work(history)
        for seen in documents_of(history, other)
        if isinstance(seen, EventSeen) == is_event and (other != agent or seen.at_s < until_s)
    )


def _begun_s(history: History, agent: str, seen: Seen) -> float | None:
    """When, by the switch, the state that a User document tells began; None if that is not clear: another state stands,
    one just like it was over a moment ago, or it was entered again for another reason, which may count as a new one."""
    turns = _turns(history, agent)
    n = bisect_right(turns, seen.at_s + EARLY_S, key=lambda step: step.at_s)
    if n == 0 or turns[n - 1].screen.get(OWN) != seen.user_state:
        return None
    like_it = next((m for m in range(n - 2, -1, -1) if turns[m].screen.get(OWN) == seen.user_state), None)
    # What stood before the first turn has no beginning that is known, and ends as any other.
    was = truth(history, agent).steps[0].screen.get(OWN) == seen.user_state
    left = turns[like_it + 1] if like_it is not None else turns[0] if was else None
    if left is not None and seen.at_s - left.at_s < _CLEAR_S:
        return None
    began = turns[n - 1].seen
    if not isinstance(began, SwitchAgentSeen):
        return None
    to_s = seen.at_s + EARLY_S
    again = history.of(
        SwitchAgentSeen, lambda told: told.state == began.state, agent=agent, from_s=began.at_s, to_s=to_s
    )
    return began.at_s if all(told.reason_code == began.reason_code for told in again) else None


@fact
def _turns(history: History, agent: str) -> tuple[Step, ...]:
    """The steps by which the agent's state became another one."""
    steps = truth(history, agent).steps
    return tuple(after for before, after in pairwise(steps) if before.screen.get(OWN) != after.screen.get(OWN))


@fact
def _clocks(history: History, node: str) -> tuple[float, ...]:
    """How far a node's clock is from ours, by what its SystemInfo says."""
    answers = history.of(RestExchange, lambda seen: seen.node == node and seen.resource == "GET SystemInfo")
    said = [(_moment_s(dict(seen.more).get("currentTimestamp", "")), seen.at_s) for seen in answers]
    return tuple(moment_s - at_s for moment_s, at_s in said if moment_s is not None)


def grain_s(said: str) -> float:
    """What a time as it is written can be off: its last digit's worth. How many a product writes is its own affair."""
    fraction = _FRACTION.search(said)
    if fraction is None:
        return 0.0 if _moment_s(said) is None else 1.0
    return 10.0 ** -len(fraction[1])


def _moment_s(said: str) -> float | None:
    try:
        return datetime.fromisoformat(said).timestamp()
    except ValueError:
        return None


# --- parties of calls ------------------------------------------------------------------------------------------------


def party_since_when(history: History, agent: str, seen: Seen, call: CallSeen) -> Iterator[tuple[str, str, str]]:
    """The agent's part of a call that began while the node was in service: it came to its state, and into the call,
    when the switch says so."""
    for name, state, said, is_right in _party_times(history, agent, seen, call):
        if not is_right and (name, state) in _known_to_go_right(history):
            right = "when its state began" if name == CHANGED else "when it came into the call"
            yield f"{name} of one's own part", said, right


@fact
def _known_to_go_right(history: History) -> frozenset[tuple[str, str]]:
    """(which time, state of the party) of which documents have often told what the switch says: of the rest nobody
    knows what a product means by it."""
    right: Counter[tuple[str, str]] = Counter()
    for agent in at_work(history):
        for seen in documents_of(history, agent):
            for call in seen.calls or ():
                right.update((one[0], one[1]) for one in _party_times(history, agent, seen, call) if one[3])
    return frozenset(what for what, times in right.items() if times >= _OFTEN)


def _party_times(history: History, agent: str, seen: Seen, call: CallSeen) -> Iterator[tuple[str, str, str, bool]]:
    """(which time, the state of the agent's part, what is said, whether it is right) where it can be told."""
    own, known_s = own_device(history, agent), _clocks(history, seen.node)
    state = dict(call.parties).get(own or "", "")
    steps = _party_steps(history, agent, call.call_id, own or "")
    n = bisect_right(steps, seen.at_s + EARLY_S, key=lambda step: step[0])
    if state not in STANDING or not known_s or n == 0 or steps[n - 1][1] != state:
        return
    began_s, came_s = steps[n - 1][0], steps[0][0]
    changed, started = (dict(call.more).get(f"{name} of {own}", "") for name in (CHANGED, STARTED))
    ended_s = [after[0] for before, after in pairwise(steps[:n]) if before[1] == state]
    # A document may still tell of the state before, if that was the same.
    if (said_s := _moment_s(changed)) is not None and all(at_s < seen.at_s - _CLEAR_S for at_s in ended_s):
        yield CHANGED, state, changed, _is_near(said_s, began_s, began_s, known_s)
    # When a part is taken to begin, once it has come into the call, is the product's affair.
    if (said_s := _moment_s(started)) is not None:
        yield STARTED, state, started, _is_near(said_s, came_s, seen.at_s, known_s)


def _is_near(said_s: float, from_s: float, to_s: float, clocks_s: Sequence[float]) -> bool:
    return min(clocks_s) - _OFF_S <= said_s - from_s and said_s - to_s <= max(clocks_s) + _OFF_S


@fact
def _party_steps(history: History, agent: str, call_id: str, device: str) -> tuple[tuple[float, str | None], ...]:
    """(when, what the agent's part of that call became), by the switch; empty if it did not begin before our ears."""
    aspect, steps = Aspect("party", call_id, device), truth(history, agent).steps
    found: list[tuple[float, str | None]] = []
    for before, after in pairwise(steps):
        if before.screen.get(aspect) != after.screen.get(aspect):
            found.append((after.at_s, after.screen.get(aspect)))
    return () if steps and aspect in steps[0].screen else tuple(found)
