"""Documents that contradict one another: one product tells the same by events and by answers, and at each of its nodes.

Theory of operation. What was said before the first loss is the measure for what is said after it (`likeness`). But the
product may have failed over before this journal began, and be broken since: then the measure is wrong, too. What a
break seldom reaches is all ways by which the same is told: to somebody by events and by answers, of equal calls at one
node and at the other. Where all others agree, and often enough, whoever differs is wrong. Empty fields differ from
nothing here: what is told by one way and not by another is the product's affair.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from types import MappingProxyType

from chaos.history.addresses import made_calls
from chaos.history.gaps import gaps
from chaos.history.happenings import EARLY_S, own_device
from chaos.history.history import History, fact
from chaos.history.people import at_work
from chaos.history.screens import STATE as OWN
from chaos.history.screens import devices, truth
from chaos.history.since import STANDING, Seen, documents_of
from chaos.journal import CallSeen, EventSeen

LOGOUT = "LOGOUT"
# Who somebody is, and where he belongs.
_IDENTITY = ("loginId", "loginName", "firstName", "lastName", "teamId", "teamName", "skillTargetId")
PLAIN = ("callType", "mediaType", "mediaId", "DNIS", "dialedNumber")
"""What is said of a call that we made from one agent to another, whoever they are."""
# So many documents of one way agree before one of another way is wrong (ours).
_OFTEN = 3
_NO_REASON = "-1"

_Said = tuple[str, ...]


def contradicted_of_user(history: History, agent: str, seen: Seen) -> Iterator[tuple[str, str, str]]:
    """(what, what that document says, what all by the other way say) of an agent, and of the reason of its state."""
    more = dict(seen.more)
    for name in _IDENTITY:
        yield from _otherwise(history, ("user", agent, name), seen, more.get(name, ""))
    yield from _otherwise(history, _reason(seen, "label"), seen, more.get("label", ""))
    yield from _otherwise(history, _reason(seen, "reasonCodeId"), seen, _reason_id(more))


def contradicted_of_call(history: History, agent: str, seen: Seen, call: CallSeen) -> Iterator[tuple[str, str, str]]:
    """The same of a plain call."""
    for about, said in _of_call(history, agent, seen, call):
        yield from _otherwise(history, about, seen, said)


def _otherwise(history: History, about: _Said, seen: Seen, said: str) -> Iterator[tuple[str, str, str]]:
    if not said:
        return
    other = next(
        (one for one in _told_by_others(history, about, isinstance(seen, EventSeen), seen.node) if one != said), None
    )
    if other is not None:
        yield about[-1], said, other


@fact
def _told_by_others(history: History, about: _Said, is_event: bool, node: str) -> tuple[str, ...]:
    """The one text that is told in the other way, and the one that is told in this way at the other node; either only
    where it is told often, and no other is."""
    told = _told(history).get(about, {})
    by_other_way = sum((many for (one, _), many in told.items() if one != is_event), Counter[str]())
    at_other_node = sum((many for (one, at), many in told.items() if one == is_event and at != node), Counter[str]())
    alike = (many for many in (by_other_way, at_other_node) if len(many) == 1 and many.total() >= _OFTEN)
    return tuple(next(iter(many)) for many in alike)


@fact
def _told(history: History) -> Mapping[_Said, Mapping[tuple[bool, str], Counter[str]]]:
    """About what → (by an event, at which node) → how often which text was told."""
    found: dict[_Said, dict[tuple[bool, str], Counter[str]]] = {}
    for agent in at_work(history):
        for seen in documents_of(history, agent):
            for about, said in _texts(history, agent, seen):
                if said:
                    ways = found.setdefault(about, {})
                    ways.setdefault((isinstance(seen, EventSeen), seen.node), Counter())[said] += 1
    return MappingProxyType(found)


def _reason_id(more: Mapping[str, str]) -> str:
    """Where there is none, one document may say so, and the other leave it out."""
    return more.get("reasonCodeId", "").replace(_NO_REASON, "")


def _texts(history: History, agent: str, seen: Seen) -> Iterator[tuple[_Said, str]]:
    more = dict(seen.more)
    if seen.user_state is not None:
        yield from ((("user", agent, name), more.get(name, "")) for name in _IDENTITY)
        yield _reason(seen, "label"), more.get("label", "")
        yield _reason(seen, "reasonCodeId"), _reason_id(more)
    for call in seen.calls or ():
        yield from _of_call(history, agent, seen, call)


def _reason(seen: Seen, name: str) -> _Said:
    return ("reason", seen.user_state or "", "" if seen.reason_code is None else str(seen.reason_code), name)


def _of_call(history: History, agent: str, seen: Seen, call: CallSeen) -> Iterator[tuple[_Said, str]]:
    devices_of = {} if _was_read(history, seen, call) else plain(history, call, seen.at_s)
    own, states, more = own_device(history, agent), dict(call.parties), dict(call.more)
    if not devices_of or len(states) != len(devices_of) or states.get(own or "") not in STANDING:
        return
    roles = {device: role for role, device in devices_of.items()}
    about = (
        "call",
        roles.get(own or "", ""),
        *(f"{roles.get(one, one)} {state}" for one, state in sorted(call.parties)),
    )
    yield from (((*about, name), roles.get(more.get(name, ""), more.get(name, ""))) for name in PLAIN)


def _was_read(history: History, seen: Seen, call: CallSeen) -> bool:
    """Whether that call was there when the node came back from a gap: what a snapshot does not say is guessed."""
    made = made_calls(history).get(call.call_id)
    return made is not None and any(
        gap.node == seen.node and made[2] - EARLY_S <= gap.ends_s <= seen.at_s for gap in gaps(history)
    )


def plain(history: History, call: CallSeen, at_s: float) -> Mapping[str, str]:
    """Whose device that call leads from and to, if it is one that we made between two agents who are signed in."""
    made = made_calls(history).get(call.call_id)
    if made is None:
        return {}
    owners = [devices(history).get(device) for device in made[:2]]
    steps = [truth(history, owner).at(at_s) for owner in owners if owner is not None]
    are_in = all(step is not None and step.screen.get(OWN) not in (None, LOGOUT) for step in steps)
    return {"who calls": made[0], "who is called": made[1]} if len(steps) == len(owners) and are_in else {}
