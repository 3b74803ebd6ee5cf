"""What nodes' own records say of the IP Phone Agent: how often it tries, and that the other node is not asked."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from chaos.history import Evidence, History
from chaos.history.desktops import CTI, WEBAPP
from chaos.history.doors import (
    CONNECTIONS,
    asked_at,
    device_of,
    door_cited,
    door_clocks,
    held_at,
    log_heard,
    own_polls,
    tables_heard,
    unheard,
)
from chaos.history.phones import RETRY, PhoneLoss, phone_losses
from chaos.journal import DoorAsked, DoorMarked, DoorsRead, Header, PhoneAct
from chaos.verdicts import bounds
from chaos.verdicts.finding import Finding, held, inconclusive, not_here, violated
from chaos.verdicts.grid import Cell

WEB, XMPP = "web", "XMPP"
DOORS = (WEB, XMPP)
POLLED = (WEBAPP, CTI)
"""For these SystemInfo is polled; how often XMPP is tried leaves no trace where nobody listens."""


def no_records(header: Header, cell: Cell, _: Mapping[str, str]) -> str | None:
    """A cell is unfit where it rests on records of a node that cannot be read."""
    node = cell.get("node")
    if cell.get("door") is not None:
        wanted = [one for one in header.nodes if one != node]
    elif cell.get("polls") is not None:
        wanted = [one for one in header.nodes if one == node]
    else:
        return None
    missing = [one for one in wanted if one not in header.doors]
    if not missing:
        return None
    return f"who comes to {missing[0]} is not known: give it ssh and access_log, which nodes have from 12.6 on"


# --- the other node ---------------------------------------------------------------------------------------------------


def other_doors_are_quiet(history: History) -> Iterator[Finding]:
    """For each loss, by the records of the other node."""
    for one in phone_losses(history):
        for other in history.nodes:
            if other == one.node or other not in history.header.doors:
                continue
            if history.whole.of(DoorMarked):
                yield _web(history, one, other)
            if history.whole.of(DoorsRead, lambda seen: seen.what == CONNECTIONS):
                yield _xmpp(history, one, other)


def _until_s(history: History, one: PhoneLoss, other: str) -> float:
    """The next loss at that phone; else until its server is back and seen, and as long after that as the other node's
    log is known: afterwards it is not asked, either."""
    back_s = float("inf") if one.in_s is None else one.in_s + bounds.PHONE_RETURN.max_s
    marks = history.whole.of(DoorMarked, lambda seen: seen.node == other)
    known_s = max((mark.sent_s for mark in marks), default=0.0)
    return min(one.until_s, max(back_s, known_s))


def _web(history: History, one: PhoneLoss, other: str) -> Finding:
    at, until_s = Cell.of(node=one.node, door=WEB), _until_s(history, one, other)
    heard = log_heard(history, other, one.lost_s, until_s)
    if heard is None:
        why = unheard(history, (other,)) or "its log does not have what we asked for on purpose"
        return inconclusive(at, f"what {other} was asked meanwhile is not known: {why}", one.cited())
    clock = door_clocks(history)[other]
    begun_s = _first_lost_s(history)
    usual = {seen.asked for _, seen in asked_at(history, other, float("-inf"), begun_s) if seen.came_from == one.node}
    stretch = asked_at(history, other, one.lost_s - clock.error_s, until_s)
    asked = [seen for _, seen in stretch if seen.came_from == one.node]
    new = next((seen for seen in asked if seen.asked not in usual), None)
    by_phone = _by_phone(history, one, stretch, clock.error_s)
    if by_phone is not None:
        return violated(at, f"{other} was asked by the phone of {one.agent}", one.cited(), door_cited(by_phone))
    if new is not None:
        what = f"{other} was asked by {one.node}, whose phones have lost it"
        return violated(at, what, one.cited(), door_cited(new))
    if asked:
        what = f"{one.node} asks {other} for {asked[0].asked} without a loss, too"
        return inconclusive(at, what, one.cited(), door_cited(asked[0]))
    return held(at, f"{other} was asked nothing, by its own log", one.cited(), *map(door_cited, heard))


def _by_phone(
    history: History, one: PhoneLoss, stretch: Sequence[tuple[float, DoorAsked]], error_s: float
) -> DoorAsked | None:
    """What his phone asked of the other node before he opened the service there himself."""
    device = device_of(history, one.agent)
    opened_s = one.opened.begun_s if one.opened is not None else one.stays_until_s
    return next(
        (seen for at_s, seen in stretch if seen.device == device is not None and at_s < opened_s - error_s), None
    )


def _first_lost_s(history: History) -> float:
    return min((one.lost_s for one in phone_losses(history)), default=0.0)


def _xmpp(history: History, one: PhoneLoss, other: str) -> Finding:
    at, until_s = Cell.of(node=one.node, door=XMPP), _until_s(history, one, other)
    tables = [tables_heard(history, node, one.lost_s, until_s) for node in (other, one.node)]
    held_there = held_at(history, other, one.node)
    usual = {seen.port for seen in held_there if seen.at_s <= _first_lost_s(history)}
    meanwhile = [seen for seen in held_there if one.lost_s < seen.at_s <= until_s + bounds.DOOR_LOOK_S]
    new = next((seen for seen in meanwhile if seen.port not in usual), None)
    if new is not None:
        what = f"{one.node}, whose phones have lost it, has connected to {other}"
        return violated(at, what, one.cited(), door_cited(new))
    if tables[0] is None or tables[1] is None or not all(look.others for look in tables[0]):
        why = unheard(history, (other, one.node)) or "its table was not looked at often enough, or has nobody"
        return inconclusive(at, f"who was connected to {other} meanwhile is not known: {why}", one.cited())
    if meanwhile:
        what = f"{one.node} is connected to {other} without a loss, too"
        return inconclusive(at, what, one.cited(), door_cited(meanwhile[0]))
    return held(at, f"nothing of it came to {other}", one.cited(), *(door_cited(look) for look in tables[0][:1]))


# --- tries at its own server ------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Tries:
    """Polls of SystemInfo in one loss, as the node's own log has them. problem: "" if they are as they should be."""

    problem: str
    lines: tuple[Evidence, ...]


def tries(history: History, one: PhoneLoss) -> Tries | None:
    """Of who watches that node for its phones; None: they are not known, or cannot be told apart."""
    if one.reason not in POLLED or one.message is None or one.node not in door_clocks(history):
        return None
    together = [
        more for more in phone_losses(history) if more.node == one.node and abs(more.lost_s - one.lost_s) <= _AT_ONCE_S
    ]
    messages = [more.message.at_s for more in together if more.message is not None]
    end_s = max(_watched_until_s(more) for more in together)
    if log_heard(history, one.node, one.lost_s, end_s) is None:
        return None
    error_s = door_clocks(history)[one.node].error_s + _SLACK_S
    first_s = _first_lost_s(history)
    if own_polls(history, one.node, float("-inf"), first_s - error_s):
        return None  # it asks itself for other reasons, too
    polls = own_polls(history, one.node, one.lost_s - error_s, end_s + error_s)
    if not polls:
        return None
    lines = (one.cited(), *(door_cited(seen) for _, seen in polls[:3]))
    shown_s = max(messages) + error_s
    # The key Retry may try, too.
    before = sum(at_s <= shown_s for at_s, _ in polls) - len(_retries(together, one.lost_s, shown_s))
    if max(messages) - min(messages) <= _AT_ONCE_S and len(messages) == len(together):
        series = range(1, len(together) + 1)
        if before not in [n * bounds.PHONE_TRIES for n in series]:
            many = f"{before} tries in vain" + (f" of {len(together)} phones" if len(together) > 1 else "")
            return Tries(f"{many} came before the message at {one.node}, not {bounds.PHONE_TRIES} of each", lines)
        first = _without_retries([at_s for at_s, _ in polls if at_s <= shown_s], together, one.lost_s, shown_s, error_s)
        if not any(_is_paced(first, number) for number in range(1, len(together) + 1)):
            return Tries(f"the tries before the message at {one.node} are not 5 s apart", lines)
    return Tries(_paced(one.node, together, max(messages), polls, error_s), lines)


def _paced(
    node: str, together: Sequence[PhoneLoss], from_s: float, polls: Sequence[tuple[float, DoorAsked]], error_s: float
) -> str:
    """What is wrong with how often it tried after the message, from each phone's leaving to the next; "" if nothing."""
    until_s = sorted(_watched_until_s(one) for one in together)
    # From just after the message, or after a phone has left: a try of that instant may still be of before.
    for begin_s, end_s in pairwise([from_s, *until_s]):
        here = [one for one in together if _watched_until_s(one) >= end_s]
        if end_s - begin_s < bounds.PHONE_STAYS_S:
            continue
        polled = [at_s for at_s, _ in polls if begin_s + error_s < at_s <= end_s - error_s]
        seen = _without_retries(polled, here, begin_s + error_s, end_s, error_s)
        # Whether one watches for all phones, or each phone is watched for, is not documented: both are good.
        if not any(_is_paced(seen, many) for many in range(1, len(here) + 1)):
            phones = "the phone" if len(here) == 1 else f"{len(here)} phones"
            return f"{len(seen)} tries in {end_s - begin_s:.0f} s at {node} for {phones} are not one every 5 s"
    return ""


def _without_retries(
    polled: Sequence[float], together: Sequence[PhoneLoss], from_s: float, to_s: float, error_s: float
) -> list[float]:
    """Without those that the key Retry may have brought about meanwhile."""
    seen = list(polled)
    for act_s in _retries(together, from_s, to_s):
        near = [at_s for at_s in seen if abs(at_s - act_s) <= error_s]
        if near:
            seen.remove(min(near, key=lambda at_s: abs(at_s - act_s)))
    return seen


def _is_paced(seen: Sequence[float], many: int) -> bool:
    """Whether these are tries of so many who try every 5 s each, in whatever phase. Times are whole seconds."""
    gaps = [later - one for one, later in zip(seen, seen[many:], strict=False)]
    if len(gaps) < many:
        return False
    mean_s, slack_s = sum(gaps) / len(gaps), many / len(gaps)
    pace = bounds.PHONE_TRY_EVERY
    is_steady = all(pace.min_s - 1.0 <= gap <= pace.max_s + 1.0 for gap in gaps)
    return is_steady and pace.min_s - slack_s <= mean_s <= pace.max_s + slack_s


def _retries(together: Sequence[PhoneLoss], from_s: float, to_s: float) -> list[float]:
    """When somebody pressed Retry meanwhile."""
    acts = (act for one in together for act in one.acts if act.act is PhoneAct.PRESS and act.detail == RETRY)
    return [act.begun_s for act in acts if from_s <= act.begun_s <= to_s]


def _watched_until_s(one: PhoneLoss) -> float:
    return min(one.mending_s, one.stays_until_s)


# Phones lose their node at the same moment, and are told so within this time (ours).
_AT_ONCE_S = 1.5
# A poll takes a moment, and so does what it brings to a phone (ours).
_SLACK_S = 0.5


def polls_finding(history: History, one: PhoneLoss) -> Iterator[Finding]:
    """Of the axis `polls`."""
    if one.reason not in POLLED or one.message is None or one.node not in history.header.doors:
        return
    at, found = Cell.of(node=one.node, polls=one.reason), tries(history, one)
    if found is not None:
        if not found.problem:
            yield held(at, "three tries, and on, every 5 s, by the node's own log", *found.lines)
        return
    why = unheard(history, (one.node,)) or "it lacks what we asked for"
    heard = log_heard(history, one.node, one.lost_s, min(_watched_until_s(one), one.until_s))
    if heard is not None:
        what = f"the IP Phone Agent of {one.node} asks past its log, or its node asks itself for other reasons, too"
        yield not_here(at, what, one.cited(), *map(door_cited, heard))
    else:
        yield inconclusive(at, f"the log of {one.node} is not known: {why}", one.cited())
