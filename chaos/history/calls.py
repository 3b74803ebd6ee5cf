"""Calls as the switch told of them: when each lived, which lived in a gap only, which conferences hold outsiders."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from chaos.history.gaps import Gap, gaps
from chaos.history.history import History, fact
from chaos.history.people import homes
from chaos.history.screens import Aspect, devices, truth
from chaos.journal import SwitchAct, SwitchActed, SwitchCallSeen, SwitchLooked


@dataclass(frozen=True, slots=True)
class Life:
    """One call. began, ended: the switch's first and last word of it; ended is None while somebody is in it.

    agents: who was in it. answered: whether it was ever established.
    """

    call_id: str
    began: SwitchCallSeen
    ended: SwitchCallSeen | None
    agents: frozenset[str]
    answered: bool


@fact
def lives(history: History) -> Mapping[str, Life]:
    """Calls that began while somebody listened at the switch, by their ids, in order."""
    words: dict[str, list[SwitchCallSeen]] = {}
    for seen in history.of(SwitchCallSeen):
        words.setdefault(seen.call_id, []).append(seen)
    known = {call.call_id for looked in history.of(SwitchLooked)[: len(history.header.agents)] for call in looked.calls}
    return MappingProxyType({call_id: _life(history, seen) for call_id, seen in words.items() if call_id not in known})


def _life(history: History, words: list[SwitchCallSeen]) -> Life:
    owners = devices(history)
    inside = {seen.device: seen.state for seen in words if seen.device is not None and seen.state is not None}
    over = bool(inside) and set(inside.values()) == {"NULL"}
    return Life(
        call_id=words[0].call_id,
        began=words[0],
        ended=words[-1] if over else None,
        agents=frozenset(owners[device] for device in inside if device in owners),
        answered=any(seen.happening == "established" for seen in words),
    )


@fact
def ghosts(history: History, gap: Gap) -> tuple[Life, ...]:
    """Calls that agents of that node were in, and that lived in its gap only, before it had a session again.

    A call that was still there when the node opened its session again may have been read by it.
    """
    if gap.reconnected_s is None:
        return ()
    node_of = homes(history)
    return tuple(
        life
        for life in lives(history).values()
        if life.ended is not None
        and gap.told_s <= life.began.at_s
        and life.ended.at_s < gap.reconnected_s
        and any(node_of.get(agent) == gap.node for agent in life.agents)
    )


@dataclass(frozen=True, slots=True)
class Conference:
    """A conference with somebody whose device is no agent's. joined: what made it one. call_id: of the call it is."""

    call_id: str
    joined: SwitchActed


@fact
def outside_conferences(history: History) -> tuple[Conference, ...]:
    """In order. Who was consulted last before it was joined is who was added."""
    found = []
    consulted: dict[str, str] = {}
    inside = devices(history)
    for act in history.of(SwitchActed, lambda act: act.ok):
        if act.act is SwitchAct.CONSULT:
            consulted[act.agent] = act.value or ""
        elif act.act is SwitchAct.CONFERENCE and act.call_id is not None:
            number = consulted.get(act.agent)
            if number and number not in inside:
                found.append(Conference(act.call_id, act))
    return tuple(found)


@fact
def stays_in(history: History, agent: str, conference: Conference) -> tuple[float, float] | None:
    """From when to when that agent was in it; infinite if it still is; None if it never was."""
    up = Aspect("call", conference.call_id)
    from_s: float | None = None
    for step in truth(history, agent).steps:
        if step.at_s < conference.joined.at_s:
            from_s = conference.joined.at_s if up in step.screen else None
        elif up in step.screen:
            from_s = step.at_s if from_s is None else from_s
        elif from_s is not None:
            return from_s, step.at_s
    return None if from_s is None else (from_s, float("inf"))


def is_incomplete(history: History, agent: str, call_id: str, at_s: float) -> bool:
    """Whether what a client is shown of that call may be incomplete or missing then: the conference caveat (CTI-11).

    It holds for who was in such a conference while its node failed over, until that agent has left it.
    """
    return bool(call_id) and any(
        one == call_id and from_s <= at_s <= to_s for one, from_s, to_s in _incomplete(history, agent)
    )


@fact
def _incomplete(history: History, agent: str) -> tuple[tuple[str, float, float], ...]:
    """(call, from when, to when) its picture may be incomplete."""
    node = homes(history).get(agent)
    found = []
    for conference in outside_conferences(history):
        stay = stays_in(history, agent, conference)
        for gap in gaps(history):
            if stay is not None and gap.node == node and stay[0] <= gap.ends_s and gap.told_s <= stay[1]:
                found.append((conference.call_id, gap.told_s, stay[1]))
    return tuple(found)
