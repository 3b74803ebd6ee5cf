"""Whether the relays can be believed: what they saw must make sense as a whole, and agree with what went through them.

Connections have running numbers over all relays, begin with an attempt, come to something, and each step has those that
must come before it. Sessions with a CTI server are kept alive; a probe of an AWDB link that came through proxy and
relay was seen by the relay. One thing that is missing means that others may be, and nothing may rest on what was not
seen.
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from typing import TypeVar

from chaos.history.faults import KEEP_FROM_RELAYS, fault_spans
from chaos.history.history import History, fact
from chaos.journal import AwdbSeen, AwdbStep, CtiSeen, CtiStep, LinkProbed

# An attempt comes to something within this time (ours: more than the relay's own patience with client and server).
COMES_TO_S = 15.0
# A session of which nothing is heard for so many intervals would have been ended by its server (GED-188, IdleTimeout).
INTERVALS_MAX = 4.5
# Between what a relay noted and what our probe made of it (ours).
_NEAR_S = 1.0

_CLOSED = frozenset({CtiStep.CLOSED_BY_CLIENT, CtiStep.CLOSED_BY_SERVER, CtiStep.CLOSED_BY_RELAY})
_COMES_TO = _CLOSED | {CtiStep.OPEN_CONF, CtiStep.REFUSED, CtiStep.REJECTED, CtiStep.SERVER_DOWN, CtiStep.GARBAGE}
_OPENED = frozenset({CtiStep.OPEN_CONF, CtiStep.STANDING})
_ANSWERS = frozenset({CtiStep.HEARTBEAT_CONF, CtiStep.HEARTBEAT_WITHHELD})
_BEATS = _ANSWERS | {CtiStep.HEARTBEAT_REQ}
_TALK = frozenset({AwdbStep.ASKED, AwdbStep.ANSWERED})
NO_HEARTBEATS = "answers no heartbeat"
"""What the relay says of a confirmation that answers nothing that it has seen."""
# What a probe of ours meets that came as far as the relay behind the proxy, and what that has noted of it then.
_MET = {"open": AwdbStep.CLOSED_BY_RELAY, "server-down": AwdbStep.SERVER_DOWN}


@fact
def cti_blind(history: History) -> str | None:
    """Why the CTI relays cannot be believed to have seen everything; None if nothing says so."""
    hole = _hole(history)
    if hole is not None:
        return hole
    for connection in _connections(history.of(CtiSeen)):
        why = next(_cti_troubles(history, connection), None)
        if why is not None:
            side = connection[0].side.upper()
            return f"the relay of side {side} does not see all: {why} (connection {connection[0].connection})"
    return None


@fact
def awdb_blind(history: History) -> str | None:
    """The same of the AWDB relays, and of the probes that look at their links."""
    hole = _hole(history)
    if hole is not None:
        return hole
    for connection in _connections(history.of(AwdbSeen)):
        why = next(_awdb_troubles(history, connection), None)
        if why is not None:
            name = f"awdb-{connection[0].side}"
            return f"the relay of {name} does not see all: {why} (connection {connection[0].connection})"
    return next(_unlike_probes(history), None)


@fact
def _first_try(history: History) -> int:
    """The first connection that this journal has seen to begin; those before it may have begun earlier."""
    return min(_tries(history), default=1 << 62)


@fact
def _tries(history: History) -> frozenset[int]:
    cti = history.of(CtiSeen, lambda seen: seen.step is CtiStep.ATTEMPT)
    awdb = history.of(AwdbSeen, lambda seen: seen.step is AwdbStep.ATTEMPT)
    return frozenset([seen.connection for seen in cti] + [seen.connection for seen in awdb])


@fact
def _hole(history: History) -> str | None:
    """A running number that no attempt has."""
    tries = _tries(history)
    missing = next((n for n in range(min(tries, default=0), max(tries, default=0)) if n not in tries), None)
    return None if missing is None else f"the relays do not see all: connection {missing} was never noted"


S = TypeVar("S", CtiSeen, AwdbSeen)


def _connections(seen: Iterable[S]) -> list[list[S]]:
    """By connection, in order."""
    found: dict[int, list[S]] = {}
    for one in seen:
        found.setdefault(one.connection, []).append(one)
    return list(found.values())


def _cti_troubles(history: History, steps: Sequence[CtiSeen]) -> Iterator[str]:
    first, interval_s = steps[0], history.header.heartbeat_interval_s
    if first.connection > _first_try(history) and first.step is not CtiStep.ATTEMPT:
        yield f"it begins with {first.step}"
    before: set[CtiStep] = set()
    asked: dict[int | None, float] = {}
    for seen in steps:
        if seen.step is CtiStep.OPEN_CONF and CtiStep.ATTEMPT in before and CtiStep.OPEN_REQ not in before:
            yield "a session was opened that nobody had asked for"
        if seen.step in _BEATS and CtiStep.ATTEMPT in before and not before & _OPENED:
            yield "a heartbeat came on a session that had not been opened"
        if seen.step is CtiStep.HEARTBEAT_REQ:
            if any(seen.at_s - at_s > 0.5 * interval_s for at_s in asked.values()):
                yield "a heartbeat was neither confirmed nor withheld"
            asked[seen.invoke_id] = seen.at_s
        elif seen.step in _ANSWERS and seen.detail != NO_HEARTBEATS:
            if asked.pop(seen.invoke_id, None) is None and len(before & {CtiStep.HEARTBEAT_REQ, CtiStep.ATTEMPT}):
                yield "a heartbeat was answered that had not been sent"
        elif seen.invoke_id is not None:
            asked.pop(seen.invoke_id, None)
        before.add(seen.step)
    yield from _cti_fate(history, steps, before, interval_s)


def _cti_fate(history: History, steps: Sequence[CtiSeen], had: set[CtiStep], interval_s: float) -> Iterator[str]:
    """An attempt comes to something; a session that is not closed is kept alive, unless the link is silent."""
    last, over_s = steps[-1], history.story.end_s
    if had & _CLOSED or _is_silent(history, last.side, last.at_s):
        return
    if not had & (_COMES_TO | _OPENED) and over_s - steps[0].at_s > COMES_TO_S:
        yield "nothing became of an attempt"
    if had & _OPENED and CtiStep.GARBAGE not in had and over_s - last.at_s > INTERVALS_MAX * interval_s:
        yield f"of an open session nothing was heard after {last.at_s:.3f} s"


def _is_silent(history: History, side: str, from_s: float) -> bool:
    """Whether a fault keeps everything on that side from its relay, then or later."""
    return any(
        span.kind in KEEP_FROM_RELAYS
        and span.target == f"cti-{side}"
        and (span.rolled_back_s is None or span.rolled_back_s >= from_s)
        for span in fault_spans(history)
    )


def _awdb_troubles(history: History, steps: Sequence[AwdbSeen]) -> Iterator[str]:
    first = steps[0]
    if first.connection > _first_try(history) and first.step is not AwdbStep.ATTEMPT:
        yield f"it begins with {first.step}"
    had = {seen.step for seen in steps}
    if AwdbStep.ATTEMPT in had and AwdbStep.ANSWERED in had and AwdbStep.ACCEPTED not in had:
        yield "somebody answered who had not accepted"
    talk = [seen.step for seen in steps if seen.step in _TALK]
    if AwdbStep.ATTEMPT in had and talk[:1] == [AwdbStep.ANSWERED]:
        yield "an answer came to no question"
    if any(one is other is AwdbStep.ANSWERED for one, other in pairwise(talk)):
        yield "an answer came to no question"
    if had == {AwdbStep.ATTEMPT} and history.story.end_s - first.at_s > COMES_TO_S:
        yield "nothing became of an attempt"


def _unlike_probes(history: History) -> Iterator[str]:
    """A probe that came as far as the relay was seen there, and met what the relay says that it did."""
    ours = history.of(AwdbSeen, lambda seen: seen.is_ours)
    for probe in history.of(LinkProbed, lambda seen: seen.link.startswith("awdb-") and seen.outcome in _MET):
        side = probe.link.removeprefix("awdb-")
        near = (seen for seen in ours if probe.at_s - probe.took_s - _NEAR_S <= seen.at_s <= probe.at_s + _NEAR_S)
        if not any(seen.side == side and seen.step is _MET[probe.outcome] for seen in near):
            yield f"a probe of {probe.link} met {probe.outcome} at {probe.at_s:.3f} s, of which its relay saw nothing"
