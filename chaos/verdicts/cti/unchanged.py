"""CTI-08: what people ask for that is so already is answered, and told or not, as before the loss."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from chaos.history import Evidence, History
from chaos.history.asking import is_taken
from chaos.history.happenings import EARLY_S, STOOD_S, own_device
from chaos.history.hearing import TOLD_S, deaf
from chaos.history.history import fact
from chaos.history.people import homes, streams_lost
from chaos.history.screens import STATE, Aspect, Screen, truth
from chaos.history.since import measured_until_s
from chaos.journal import WORK, About, EventSeen, RestExchange
from chaos.verdicts.cti.failover import FailOver, after
from chaos.verdicts.finding import Finding, held, missed, violated

A_STATE, DATA = "a state that one is in", "data that a call has"
RETRIEVED = "the retrieval of a call that is not on hold"
SO_ALREADY = (A_STATE, DATA, RETRIEVED)
# So often before the loss all of a kind have to have ended alike before it is a measure (ours).
_OFTEN = 2
_UPDATE, _RETRIEVE = "UPDATE_CALL_DATA", "RETRIEVE"
_LET = frozenset({200, 202})
_NO_DATA = frozenset({"action", "number", "state", "reason"})


def unchanged(history: History, one: FailOver) -> Iterator[Finding]:
    """Requests that change nothing: what a product makes of them is its own affair, as long as it goes on doing so, and
    does so at each of its nodes: one of them may have been broken by a fail-over before this story."""
    for seen, kind in _asked(history, one.back_s, one.next_s - TOLD_S):
        if seen.node != one.node or seen.sent_s < one.back_s:
            continue
        cell = after(one, so_already=kind)
        line = _line(seen, kind)
        usual = {node: said for (node, of), said in _usual(history).items() if of == kind}
        if any(_answers_otherwise(seen, said, is_own=node == one.node) for node, said in usual.items()):
            yield violated(cell, f"{one.node} answers otherwise than before to what is so already", line)
        elif any(said.tellings == {True} for said in usual.values()) and _event(history, seen) is None:
            assert seen.agent is not None
            if deaf(history) is None and not streams_lost(history, [seen.agent], to_s=seen.at_s + TOLD_S):
                yield missed(
                    cell, f"{one.node} does not tell, as before, of what was asked for and is so already", line
                )
        else:
            yield held(cell, "answered as before", line)


@dataclass(frozen=True, slots=True)
class _Said:
    """How requests of one kind were answered, and whether events told of them."""

    statuses: frozenset[int | None]
    tellings: frozenset[bool]


def _answers_otherwise(seen: RestExchange, said: _Said, *, is_own: bool) -> bool:
    """Whether it was answered as never before at its node; or refused, where the other one has let in all of them."""
    if is_own:
        return seen.status not in said.statuses
    return not is_taken(seen) and said.statuses <= _LET


@fact
def _usual(history: History) -> Mapping[tuple[str, str], _Said]:
    """(node, kind) → what was made of requests of that kind before the first loss, where there were enough of them."""
    found: dict[tuple[str, str], list[RestExchange]] = {}
    for seen, kind in _asked(history, 0.0, measured_until_s(history) - TOLD_S):
        found.setdefault((seen.node, kind), []).append(seen)
    return MappingProxyType(
        {
            of: _Said(
                frozenset(one.status for one in asked),
                frozenset(_event(history, one) is not None for one in asked),
            )
            for of, asked in found.items()
            if len(asked) >= _OFTEN
        }
    )


def _event(history: History, seen: RestExchange) -> EventSeen | None:
    """The event that tells him of the state that he has asked for, or that what he asked for has failed. Of a call the
    mark of a request that changes nothing may be borne by what changes it next, so that nothing else can be said."""
    wanted = dict(seen.wanted)
    state, fails = wanted.get("state"), wanted.get("action") == _RETRIEVE
    told = history.of(
        EventSeen,
        lambda event: (
            event.request_id == seen.request_id
            and (event.about is About.ERRORS if fails else event.user_state == state)
        ),
        agent=seen.agent,
        from_s=seen.sent_s,
        to_s=seen.at_s + TOLD_S,
    )
    return told[0] if told and (fails or state is not None) else None


def _asked(history: History, from_s: float, to_s: float) -> Iterator[tuple[RestExchange, str]]:
    """Requests of people at work for what is so at the switch all the while, and had been for a moment."""
    people = homes(history)
    for seen in history.of(RestExchange, lambda seen: bool(seen.wanted), from_s=from_s, to_s=to_s):
        if seen.agent is None or people.get(seen.agent) != seen.node or not (seen.request_id or "").startswith(WORK):
            continue
        row, device = truth(history, seen.agent), own_device(history, seen.agent)
        before = row.at(seen.sent_s - STOOD_S)
        kind = None if before is None else _kind(seen, before.screen, device)
        during = row.between(seen.sent_s - STOOD_S, seen.at_s + EARLY_S)
        if kind is not None and all(_kind(seen, step.screen, device) == kind for step in during):
            yield seen, kind


def _kind(seen: RestExchange, screen: Screen, device: str | None) -> str | None:
    """Which kind it is if the screen shows what it asks for; None if it does not."""
    wanted = dict(seen.wanted)
    if "state" in wanted:
        # Another reason for it is a change; and during a call a state may be asked for that comes after it.
        in_call = any(one.what == "call" for one in screen)
        return A_STATE if wanted["state"] == screen.get(STATE) and "reason" not in wanted and not in_call else None
    if wanted.get("action") == _RETRIEVE and device is not None:
        return RETRIEVED if is_retrieved(screen, seen, device) else None
    if wanted.get("action") != _UPDATE:
        return None
    return DATA if has_data(screen, seen) else None


def has_data(screen: Screen, seen: RestExchange) -> bool:
    """Whether its call has the data that it asks for."""
    call_id = seen.path.rpartition("/")[2]
    data = {name: value for name, value in seen.wanted if name not in _NO_DATA}
    return bool(data) and all(screen.get(Aspect("data", call_id, name)) == value for name, value in data.items())


def is_retrieved(screen: Screen, seen: RestExchange, device: str) -> bool:
    """Whether the call that it asks to be retrieved at that device is active there."""
    call_id = seen.path.rpartition("/")[2]
    is_asked = dict(seen.wanted).get("action") == _RETRIEVE
    return is_asked and screen.get(Aspect("party", call_id, device)) == "ACTIVE"


def _line(seen: RestExchange, kind: str) -> Evidence:
    return Evidence.of(seen, f"{seen.agent} asks {seen.node} for {kind} → {seen.status or seen.failure}")
