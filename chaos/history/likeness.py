"""What documents say besides who is in which state: it is the same for the same, before a loss and after it.

Theory of operation. What a product writes into a document is its own affair, as long as it goes on doing so. So what
documents said before the first loss, of people and of calls in the same state, is the measure for what they say after
it. Of that for which there is no such measure nothing is said. Nodes may have failed over before a journal began, so
that a product may be broken then already, but seldom in all that it says: answers are the measure where there are any.
"""

from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType

from chaos.history.absences import LOGOUT, state_before
from chaos.history.agreement import PLAIN, contradicted_of_call, contradicted_of_user, plain
from chaos.history.calls import is_incomplete
from chaos.history.happenings import BEGUN, DIALOG, EARLY_S, OVER, STOOD_S, USER, kind_of, own_device
from chaos.history.history import History, fact
from chaos.history.people import at_work
from chaos.history.screens import Aspect, devices, truth
from chaos.history.since import (
    CHANGED,
    STANDING,
    Seen,
    documents_of,
    grain_s,
    measured_until_s,
    party_since_when,
    since_when,
)
from chaos.journal import CallSeen, EventSeen, RestExchange

Said = Mapping[str, str]
_Key = tuple[str, ...]

ALLOWED = "what the state of that call allows"
STATE, ACTIONS, CALL_TYPE = "the state of a call", "what may be done to a call", "the callType of a conference"
_OF_ANY_CALL = frozenset({STATE, ACTIONS, CALL_TYPE})
# What a party may do depends on its other calls, too: for so long around a document there was none (ours).
_ALONE_S = 1.0
# Of these the value counts in calls that we made between agents, and of the rest whether there is one: numbers and
# addresses are each call's own.
_FILLED, _EMPTY, _NO_WORD = "something", "nothing", "no word of it"
_ANY = (
    *("secondaryId", "associatedDialogUri", "queueNumber", "queueName", "outboundClassification"),
    *("callKeyCallId", "callKeyPrefix", "callKeySequenceNum"),
)
_JOINED = frozenset({"ACTIVE", "HELD"})
_CONFERENCE = 3
_WHY = {"the reason of a state": "reasonCode", "the id of a reason": "reasonCodeId"}
_PASSING = frozenset({CHANGED, "pendingState", "label", *_WHY.values()})
# Finesse developer guide, notifications: where events come from, numbers left out. Told by the guide, so no measure.
_OF_CALLS = "/finesse/api/User/{id}/Dialogs"
_DOCUMENTED = {USER: "/finesse/api/User/{id}", DIALOG: "/finesse/api/Dialog/{id}", BEGUN: _OF_CALLS, OVER: _OF_CALLS}
# Of a party it counts that they are there.
_OF_PARTIES = ("mediaAddressType", "startTime", CHANGED)


def unlike(history: History, agent: str, seen: Seen, from_s: float) -> Iterator[tuple[str, str, str]]:
    """(what, what that document says, what was said before the first loss) where they differ.

    agent: whom it was sent to or asks about. from_s: since when its node is in service again: of calls that had begun
    before that, which may have been read as a whole, only some is compared.
    """
    if _is_of_user(seen) and (stood := _stood_still(history, agent, seen)):
        yield CHANGED, stood, "that of this change"
    if _is_of_user(seen):
        yield from since_when(history, agent, seen, from_s)
        yield from contradicted_of_user(history, agent, seen)
        for what, name in _WHY.items():
            why, known_why = dict(seen.more).get(name, ""), _reasons(history, name).get(_reason_of(seen), frozenset())
            if any(known_why) and why not in known_why:
                yield what, why, " or ".join(sorted(known_why))
    if isinstance(seen, EventSeen) and (source := _source(seen)) is not None:
        documented = _DOCUMENTED.get(kind_of(seen), source)
        if source != documented:
            yield "the source of an event", source, documented
    is_event = isinstance(seen, EventSeen)
    for name, was in _lasting(history, agent, is_event=is_event).items() if _is_of_user(seen) else ():
        now = dict(seen.more).get(name, "")
        # Answers that leave out what only events are known to have said have not changed.
        if now != was and (now or is_event or _values(history, agent, is_event=False)):
            yield f"{name} of a user", now, was
    for call in seen.calls or ():
        if is_incomplete(history, agent, call.call_id, seen.at_s):
            continue
        is_new = _began_s(history, agent, call.call_id) > from_s
        if is_new and _is_of_one(history, agent, call) and not _some_are_of_one(history):
            yield "the parties of an answered call", "one alone", "both"
        key = _key(history, agent, seen, call)
        if key is None:
            continue
        known = _known(history).get(key, {})
        if _is_idle(call, own_device(history, agent)):
            yield ACTIONS, "", ALLOWED
        if is_new:
            yield from party_since_when(history, agent, seen, call)
            yield from contradicted_of_call(history, agent, seen, call)
        for name, said in _said(history, agent, call, seen.at_s).items():
            # Whoever says more than before has not left anything out.
            before = known.get(name, frozenset()) - {_NO_WORD, _EMPTY, ""}
            if before and said not in known[name] and (is_new or name in _OF_ANY_CALL):
                yield name, said, " or ".join(sorted(before))


def _stood_still(history: History, agent: str, seen: Seen) -> str | None:
    """The time since when the agent is in its state, if it is told to be that of the state before, too, which had
    stood for a while: for longer than its last digit's worth, since two states of one second may have one time."""
    at = dict(seen.more).get(CHANGED, "")
    told = _told_states(history, agent)
    n = bisect_right(told, seen.at_s, key=lambda one: one.at_s) - 1
    if not isinstance(seen, EventSeen) or n < 0 or told[n].user_state != seen.user_state:
        return None
    first = told[_since_told(told, n)]  # a state that is told once more has not begun anew
    to_s = first.at_s - STOOD_S - grain_s(at)
    before = bisect_right(told, to_s, key=lambda one: one.at_s) - 1
    last = told[before] if before >= 0 else None
    same = last is not None and last.user_state != seen.user_state and dict(last.more).get(CHANGED, "") == at
    return at if same else None


@fact
def _told_states(history: History, agent: str) -> tuple[EventSeen, ...]:
    return tuple(history.of(EventSeen, lambda seen: seen.user_state is not None, agent=agent))


def _since_told(told: Sequence[EventSeen], n: int) -> int:
    """Which of these events told the state of the n-th first."""
    while n > 0 and told[n - 1].user_state == told[n].user_state:
        n -= 1
    return n


def _is_of_user(seen: Seen) -> bool:
    return seen.user_state is not None


def _is_idle(call: CallSeen, own: str | None) -> bool:
    """Whether nothing may be done to a call that is up (developer guide: each state of a party has its actions)."""
    return dict(call.parties).get(own or "") in STANDING and dict(call.actions).get(own or "") == ""


def _is_of_one(history: History, agent: str, call: CallSeen) -> bool:
    own = own_device(history, agent)
    return len(call.parties) == 1 and dict(call.parties).get(own or "") == "ACTIVE"


@fact
def _some_are_of_one(history: History) -> bool:
    """Whether there were answered calls before the first loss that showed one party alone."""
    until_s = measured_until_s(history)
    return any(
        _is_of_one(history, agent, call)
        for agent in at_work(history)
        for seen in documents_of(history, agent)
        if seen.at_s < until_s
        for call in seen.calls or ()
    )


@fact
def _lasting(history: History, agent: str, *, is_event: bool) -> Said:
    """What all User documents of that agent said before the first loss, events or answers.

    Where all answers say the same, and events as well as not, or those of others, the events that do not are broken
    already. Where nobody asked, events are the measure for answers.
    """
    answers, events = _values(history, agent, is_event=False), _values(history, agent, is_event=True)
    found = {}
    for name in answers.keys() | events.keys():
        said, by_answers = (events if is_event else answers or events).get(name, set()), answers.get(name, set())
        is_left_out = is_event and bool(events) and name not in events and name in _told_of_others(history)
        is_by_answers = len(by_answers) == 1 and (by_answers <= said or is_left_out)
        measure = said if len(said) == 1 else by_answers if is_by_answers else set()
        value = next(iter(measure), "")
        if value:
            found[name] = value
    return MappingProxyType(found)


@fact
def _values(history: History, agent: str, *, is_event: bool) -> Mapping[str, set[str]]:
    """Name → what those documents said under it before the first loss, "" for nothing."""
    until_s = measured_until_s(history)
    whole = [
        dict(seen.more)
        for seen in documents_of(history, agent)
        if seen.at_s < until_s and _is_of_user(seen) and isinstance(seen, EventSeen) == is_event
    ]
    names = {name for one in whole for name in one} - _PASSING
    return {name: {one.get(name, "") for one in whole} for name in names}


@fact
def _told_of_others(history: History) -> frozenset[str]:
    """What events say of anybody at work, before the first loss."""
    return frozenset(
        name for agent in at_work(history) for name, said in _values(history, agent, is_event=True).items() if any(said)
    )


@fact
def _reasons(history: History, name: str) -> Mapping[_Key, frozenset[str]]:
    """What documents said under that name before the first loss, whoever it was about, for the same state and code."""
    found: dict[_Key, set[str]] = {}
    for seen in _before(history):
        if _is_of_user(seen):
            found.setdefault(_reason_of(seen), set()).add(dict(seen.more).get(name, ""))
    return MappingProxyType({code: frozenset(said) for code, said in found.items()})


def _reason_of(seen: Seen) -> _Key:
    kind = "event" if isinstance(seen, EventSeen) else "answer"
    return kind, seen.user_state or "", "" if seen.reason_code is None else str(seen.reason_code)


def _source(seen: EventSeen) -> str | None:
    """None: of what such an event is about there is no number."""
    if seen.user_state is None and len(seen.calls) != 1:
        return None
    numbers = {seen.agent, *(call.call_id for call in seen.calls)}
    return "/".join("{id}" if part in numbers else part for part in seen.source.split("/"))


def _before(history: History) -> Iterator[Seen]:
    """All documents of people at work before the first loss."""
    until_s = measured_until_s(history)
    for agent in at_work(history):
        yield from (seen for seen in documents_of(history, agent) if seen.at_s < until_s)


@fact
def _known(history: History) -> Mapping[_Key, Mapping[str, frozenset[str]]]:
    """What documents of anybody's calls said before the first loss, for parties in the same states."""
    found: dict[_Key, dict[str, set[str]]] = {}
    by_answers: set[tuple[_Key, str]] = set()
    until_s = measured_until_s(history)
    for agent in at_work(history):
        # Answers first: what events say has to agree with them.
        for seen in sorted(documents_of(history, agent), key=lambda seen: isinstance(seen, EventSeen)):
            for call in seen.calls or () if seen.at_s < until_s else ():
                key = _key(history, agent, seen, call)
                for name, said in _said(history, agent, call, seen.at_s).items() if key is not None else ():
                    assert key is not None
                    if isinstance(seen, RestExchange):
                        by_answers.add((key, name))
                    elif (key, name) in by_answers:
                        continue
                    found.setdefault(key, {}).setdefault(name, set()).add(said)
    return MappingProxyType(
        {key: MappingProxyType({name: frozenset(said) for name, said in names.items()}) for key, names in found.items()}
    )


def _key(history: History, agent: str, seen: Seen, call: CallSeen) -> _Key | None:
    """What makes documents of calls comparable; None where too much may make a difference."""
    own = own_device(history, agent)
    if own is None:
        return None
    told = state_before(history, agent, seen.at_s)
    if told is not None and told.state == LOGOUT:
        return None  # his telephone may go on, but his part is no agent's, and what may be done at his desktop nobody's
    if isinstance(seen, EventSeen) and kind_of(seen) == OVER:
        return (OVER, str(len(call.parties)))
    states = dict(call.parties)
    inside = devices(history)
    if own not in states or any(device not in inside for device in states) or not _is_alone(history, agent, seen, call):
        return None
    others = sorted(state for device, state in call.parties if device != own)
    return (states[own], *others)


def _is_alone(history: History, agent: str, seen: Seen, call: CallSeen) -> bool:
    """Whether that was the agent's only call around then, by the switch's word."""
    row = truth(history, agent)
    begun_s = seen.sent_s if isinstance(seen, RestExchange) else seen.at_s
    first = row.at(begun_s - _ALONE_S)
    steps = [*([first] if first else []), *row.between(begun_s - _ALONE_S, seen.at_s + EARLY_S)]
    return all(one.call_id in ("", call.call_id) for step in steps for one in step.screen)


@fact
def _began_s(history: History, agent: str, call_id: str) -> float:
    up = Aspect("call", call_id)
    return next((step.at_s for step in truth(history, agent).steps if up in step.screen), float("-inf"))


def _said(history: History, agent: str, call: CallSeen, at_s: float) -> Said:
    own, devices_of = own_device(history, agent), plain(history, call, at_s)
    more, actions = dict(call.more), dict(call.actions)
    own_state = dict(call.parties).get(own or "", "")
    said = {
        "its own part": "going on" if own_state in STANDING else "over or not begun",
        ACTIONS: actions.get(own or "", _NO_WORD),
        "uri": more.get("uri", "").replace(call.call_id, "{id}"),
    }
    if own_state in STANDING:
        said[STATE] = call.state
    if sum(state in _JOINED for _, state in call.parties) >= _CONFERENCE:
        # Of two parties it depends on how they came together.
        said[CALL_TYPE] = more.get("callType", "")
    said |= {f"{name} of one's own part": _FILLED if more.get(f"{name} of {own}") else _EMPTY for name in _OF_PARTIES}
    said |= {name: _FILLED if more.get(name) else _EMPTY for name in (*PLAIN, *_ANY)}
    if devices_of:
        numbers = {number: role for role, number in devices_of.items()}
        said |= {f"{name} of a plain call": numbers.get(more.get(name, ""), more.get(name, "")) for name in PLAIN}
    return said
