"""What the people at work would have noticed of an experiment, in sentences with figures, from its journal alone. Pure.

Theory of operation: a table of tellers, each of which reads one kind of observation and knows nothing of the clauses. A
family of clauses that is added later, and is seen by these kinds of observation, is told of without code of its own.
"""

import math
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from statistics import median

from chaos.history import History
from chaos.history.absences import CONNECTION_FAILURE, LOGOUT, NOT_READY
from chaos.history.desktops import fail_overs
from chaos.history.phones import phone_losses
from chaos.journal import (
    DesktopNotice,
    EventSeen,
    Header,
    RestExchange,
    SteadyState,
    StreamChange,
    StreamState,
    SwitchAgentSeen,
    SwitchCallSeen,
    Timeline,
)

OUT_OF_SERVICE, IN_SERVICE = "OUT_OF_SERVICE", "IN_SERVICE"
# Finesse's code for a forced logout after the client has gone (clause DESKTOP-05).
_FORCED = 255
_TEXTS_MAX = 3
# Release notes of 12.5(1), of a CTI fail-over with an Agent PG of the same release.
_QUOTED = "Cisco quotes 50 to 110 s for a desktop in a CTI fail-over of release 12.5"


@dataclass(frozen=True, slots=True)
class Outage:
    """A stretch in which clients of a node knew it to be out of service; to_s: infinity if nothing else was told."""

    node: str
    from_s: float
    to_s: float

    def covers(self, at_s: float) -> bool:
        return self.from_s <= at_s < self.to_s


def noticed(timeline: Timeline) -> tuple[str, ...]:
    """Sentences, the most striking first; one that says so if there was nothing to notice."""
    played = _from_the_steady_state(timeline)
    sentences = tuple(sentence for tell in _TELLERS for sentence in tell(timeline if tell in _OF_THE_WHOLE else played))
    return sentences or ("Nothing that agents would have noticed was seen.",)


def _from_the_steady_state(timeline: Timeline) -> Timeline:
    """Without what came before: a lab that is brought to where an experiment can begin is nobody's day at work."""
    steady = [seen for seen in timeline.of(SteadyState) if seen.when == "before" and seen.ok]
    if not steady:
        return timeline
    kept = (seen for seen in timeline if isinstance(seen, Header) or seen.at_s >= steady[0].at_s)
    return Timeline(kept, torn=timeline.torn)


def outages(timeline: Timeline) -> list[Outage]:
    """By the notices that clients got: each node's, in the order of time."""
    found: list[Outage] = []
    since: dict[str, float] = {}
    for seen in timeline.of(EventSeen):
        if seen.control or seen.system_status is None:
            continue
        if seen.system_status == IN_SERVICE:
            if seen.node in since:
                found.append(Outage(seen.node, since.pop(seen.node), seen.at_s))
        else:
            since.setdefault(seen.node, seen.at_s)
    found += [Outage(node, from_s, math.inf) for node, from_s in since.items()]
    return sorted(found, key=lambda one: (one.from_s, one.node))


def short_names(nodes: Sequence[str]) -> Mapping[str, str]:
    """Node → its name without the domain, as people say it; the whole name where that would be ambiguous."""
    first = Counter(node.partition(".")[0] for node in nodes)
    return {node: host if first[host := node.partition(".")[0]] == 1 else node for node in nodes}


def listed(names: Iterable[str]) -> str:
    """ "a", "a and b", "a, b and c"."""
    *most, last = list(names) or ["nobody"]
    return f"{', '.join(most)} and {last}" if most else last


def counted(count: int, one: str, many: str = "") -> str:
    """ "1 agent", "3 agents"."""
    return f"{count:,} {one if count == 1 else many or one + 's'}"


def _names(timeline: Timeline) -> Mapping[str, str]:
    header = next(iter(timeline.of(Header)), None)
    return short_names(header.nodes if header else ())


def _lost_connection(timeline: Timeline) -> Iterator[str]:
    names = _names(timeline)
    by_node: dict[str, list[Outage]] = {}
    for one in outages(timeline):
        by_node.setdefault(one.node, []).append(one)
    by_stretch: dict[str, list[str]] = {}
    for node, some in by_node.items():
        by_stretch.setdefault(_stretches(some), []).append(names.get(node, node))
    for stretch, nodes in by_stretch.items():
        yield f"Agents at {listed(sorted(nodes))} were told that the server is out of service{stretch}."


def _stretches(some: Sequence[Outage]) -> str:
    """ " for 8.0 s", " 2 times, for 8.0 s each", " 3 times, for 8.0 s (2 times) and from 31.0 s on, to the end"."""
    told = Counter(_lasted(one.to_s - one.from_s) for one in some if one.to_s < math.inf)
    lasting = [f"from {one.from_s:.1f} s on, to the end" for one in some if one.to_s == math.inf]
    often = f" {counted(len(some), 'time')}," if len(some) > 1 else ""
    if len(told) == 1 and told.total() == len(some) > 1:
        return f"{often} for {next(iter(told))} each"
    times = [one + (f" ({counted(count, 'time')})" if count > 1 else "") for one, count in told.items()]
    return f"{often} {'for ' if times else ''}{listed([*times, *lasting])}"


def _lasted(took_s: float) -> str:
    """What a figure would tell as no time at all was a notice that agents got, all the same."""
    return f"{took_s:.1f} s" if took_s >= 0.05 else "less than 0.1 s"


def _requests(timeline: Timeline) -> Iterator[str]:
    """Of people's own requests: who polls only to see whether a server is in service is nobody at work."""
    asked = [one for one in timeline.of(RestExchange) if one.agent is not None and one.resource != "GET SystemInfo"]
    refused = [one for one in asked if one.status == 503]
    if refused:
        from_s, to_s = f"{refused[0].at_s:.1f} s", f"{refused[-1].at_s:.1f} s"
        when = f"from {from_s} to {to_s}" if from_s != to_s else f"at {from_s}"
        yield f"{_requests_were(len(refused))} refused with 503, {when}."
    known = outages(timeline)
    through = [
        one
        for one in asked
        if one.status is not None and one.status < 300 and _is_inside(known, one.node, one.sent_s, one.at_s)
    ]
    if through:
        yield (
            f"{_requests_were(len(through))} answered although the server was out of service, first at "
            f"{through[0].at_s:.1f} s: a desktop would have shown and accepted what was not true or did not last."
        )
    failed = [one for one in asked if one.status is None and one.failure is not None]
    if failed:
        why = ", ".join(f"{count} {failure}" for failure, count in Counter(one.failure for one in failed).most_common())
        yield f"{counted(len(failed), 'request')} got no answer ({why}), first at {failed[0].at_s:.1f} s."
    wrong = Counter(one.status for one in asked if one.status is not None and one.status >= 500 and one.status != 503)
    for status, count in sorted(wrong.items()):
        yield f"{_requests_were(count)} answered with {status}."


def _requests_were(count: int) -> str:
    return f"{counted(count, 'request')} {'was' if count == 1 else 'were'}"


def _is_inside(known: Sequence[Outage], node: str, sent_s: float, at_s: float) -> bool:
    return any(one.node == node and one.from_s < sent_s and at_s < one.to_s for one in known)


def _streams(timeline: Timeline) -> Iterator[str]:
    lost = [one for one in timeline.of(StreamChange) if one.state in (StreamState.DISCONNECTED, StreamState.FAILED)]
    if lost:
        whose = counted(len({one.agent for one in lost}), "agent")
        first = f"first at {lost[0].at_s:.1f} s"
        yield f"The event stream of {whose} was lost, {first}: nothing on a screen moved until it was back."


def _calls(timeline: Timeline) -> Iterator[str]:
    known = outages(timeline)
    if not known:
        return
    first: dict[str, float] = {}
    last: dict[str, float] = {}
    for seen in timeline.of(SwitchCallSeen):
        first.setdefault(seen.call_id, seen.at_s)
        last[seen.call_id] = seen.at_s
    on = [id for id in first if any(first[id] < one.from_s and one.to_s < last[id] for one in known)]
    inside = [id for id in first if any(one.from_s < first[id] and last[id] < one.to_s for one in known)]
    if on:
        yield f"{counted(len(on), 'call')} went on through it."
    if inside:
        yield f"{counted(len(inside), 'call')} began and ended while the server was out of service."


def _states(timeline: Timeline) -> Iterator[str]:
    told = list(timeline.of(SwitchAgentSeen))
    kinds: tuple[tuple[str, Callable[[SwitchAgentSeen], bool]], ...] = (
        ("made Not Ready – Connection Failure", lambda one: (one.state, one.reason_code) == _not_ready()),
        ("logged out for a lost connection", lambda one: (one.state, one.reason_code) == (LOGOUT, CONNECTION_FAILURE)),
        ("logged out by force (code 255)", lambda one: (one.state, one.reason_code) == (LOGOUT, _FORCED)),
    )
    for what, is_it in kinds:
        own = [one for one in told if is_it(one)]
        agents = sorted({one.agent for one in own})
        if agents:
            were = "was" if len(agents) == 1 else "were"
            yield f"{counted(len(agents), 'agent')} {were} {what}, first at {own[0].at_s:.1f} s."


def _not_ready() -> tuple[str, int]:
    return NOT_READY, CONNECTION_FAILURE


def _notices(timeline: Timeline) -> Iterator[str]:
    shown = [one for one in timeline.of(DesktopNotice) if one.text and not one.control]
    texts = Counter(one.text for one in shown)
    told = [text for text, _ in texts.most_common(_TEXTS_MAX)]
    for text in told:
        agents = {one.agent for one in shown if one.text == text}
        yield f"The desktop of {counted(len(agents), 'agent')} showed “{text}”."
    if others := texts.keys() - set(told):
        agents = {one.agent for one in shown if one.text in others}
        yield f"The desktop of {counted(len(agents), 'agent')} showed {counted(len(others), 'other notice')}, too."


def _blind_desktops(timeline: Timeline) -> Iterator[str]:
    """How long desktops had no server that they trusted: from what told them of the loss to their return or move."""
    lost = fail_overs(History(timeline))
    stretches = sorted(one.solved_s - one.trigger_s for one in lost if one.solved_s is not None)
    if stretches:
        moved = sum(one.sign_in is not None and one.returned_s is None for one in lost)
        yield (
            f"Desktops lost their server {counted(len(lost), 'time')}, and were without one for {_spread(stretches)}; "
            f"{moved} of these ended at the other server. ({_QUOTED})"
        )
    left = len(lost) - len(stretches)
    if left:
        yield f"{counted(left, 'desktop')} had found no server when last seen."


def _blind_phones(timeline: Timeline) -> Iterator[str]:
    shown = [(one.message, one.back) for one in phone_losses(History(timeline)) if one.message is not None]
    stretches = sorted(back.at_s - message.at_s for message, back in shown if back is not None)
    if shown:
        yield f"{counted(len(shown), 'IP phone')} showed that the server is unavailable."
    if stretches:
        yield f"Phones showed it for {_spread(stretches)}, and then asked their agents to sign in again."


def _spread(ascending_s: Sequence[float]) -> str:
    """ "12.0 s", or "12.0 s (median), 14.0 s (95 %), 20.1 s (worst)"; the percentile is one that was measured."""
    if ascending_s[0] == ascending_s[-1]:
        return f"{ascending_s[0]:.1f} s"
    at = math.ceil(0.95 * len(ascending_s)) - 1
    return f"{median(ascending_s):.1f} s (median), {ascending_s[at]:.1f} s (95 %), {ascending_s[-1]:.1f} s (worst)"


_TELLERS: tuple[Callable[[Timeline], Iterator[str]], ...] = (
    _lost_connection, _blind_desktops, _blind_phones, _requests, _streams, _notices, _calls, _states,
)  # fmt: skip
# Who was at a screen that shows something is known from before.
_OF_THE_WHOLE = (_blind_desktops, _blind_phones)
