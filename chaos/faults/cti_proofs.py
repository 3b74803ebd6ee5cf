"""Proofs that faults on CTI links share: what the relays must have seen."""

from chaos.journal import CompanionHeard, CtiSeen, CtiStep, FaultPhase, FaultSeen, Heard, Timeline

ENDS = (CtiStep.CLOSED_BY_CLIENT, CtiStep.CLOSED_BY_SERVER, CtiStep.CLOSED_BY_RELAY)
_OPEN = (CtiStep.STANDING, CtiStep.OPEN_CONF)


# What is done once is done when its injection ends, but for what the journal itself may be late; whatever comes later
# may have another cause, and whoever waited has waited for nothing.
AT_ONCE_S = 2.0


def at_once_s(timeline: Timeline, fault: str, from_s: float) -> float:
    """Until when a fault that is done once, and whose injection began at `from_s`, must have shown."""
    injected = came_into(timeline, fault, FaultPhase.INJECTED, from_s)
    return injected.at_s + AT_ONCE_S if injected else float("inf")


def open_sessions(timeline: Timeline, side: str, at_s: float) -> set[int]:
    """Finesse's sessions on that side that stood open at that time."""
    steps = timeline.of(CtiSeen, lambda seen: seen.side == side and not seen.is_ours, to_s=at_s)
    opened = {seen.connection for seen in steps if seen.step in _OPEN}
    return opened - {seen.connection for seen in steps if seen.step in ENDS and seen.at_s < at_s}


# Attempts that the side itself or an order of ours turned down ended by that.
_TURNED_DOWN = (CtiStep.REFUSED, CtiStep.REJECTED, CtiStep.SERVER_DOWN)


def came_into(timeline: Timeline, fault: str, phase: FaultPhase, from_s: float) -> FaultSeen | None:
    """When a fault whose injection began at `from_s` came into that phase; None if it has not yet."""
    return next(
        iter(timeline.of(FaultSeen, lambda seen: seen.fault == fault and seen.phase is phase, from_s=from_s)), None
    )


def sessions_ended(
    timeline: Timeline, side: str, fault: str, from_s: float, how: str | None = None, *, to_s: float = float("inf")
) -> str | None:
    """What that fault, whose injection began at `from_s`, met of Finesse's sessions on that side has ended since, and
    until `to_s`, as `how` says ("reset", "fin", any): all that stood or were about to be opened as it began, or some
    that began until it was in force."""
    begins = came_into(timeline, fault, FaultPhase.INJECTING, from_s)
    if begins is None:
        return None
    injected = came_into(timeline, fault, FaultPhase.INJECTED, from_s)
    steps = timeline.of(CtiSeen, lambda seen: seen.side == side)
    others = {seen.connection for seen in steps if seen.is_ours or seen.step in _TURNED_DOWN}
    came = {seen.connection: seen.number for seen in reversed(steps) if seen.step in (*_OPEN, CtiStep.ATTEMPT)}
    gone = {seen.connection for seen in steps if seen.step in ENDS and seen.number < begins.number}
    there = {one for one, number in came.items() if number < begins.number} - gone - others
    ends = {
        seen.connection: seen
        for seen in steps
        if seen.step in ENDS and from_s <= seen.at_s <= to_s and (how is None or seen.detail == how)
    }
    if there - ends.keys():
        return None
    begun = {one for one, number in came.items() if injected and begins.number < number < injected.number} - others
    met = [ends[one] for one in there | begun if one in ends]
    if not met:
        return None
    last = max(met, key=lambda seen: seen.number)
    return f"{len(met)} session(s) on side {side.upper()} ended ({last.detail}) by {last.at_s:.3f} s"


def reaches_relay(timeline: Timeline, side: str, from_s: float) -> str | None:
    """A connection came through the proxy to the relay, and spoke; what the relay made of it is not asked."""
    spoke = timeline.of(CtiSeen, lambda seen: seen.side == side and seen.step is CtiStep.OPEN_REQ, from_s=from_s)
    if not spoke:
        return None
    return f"{spoke[0].client or 'a connection'} reached the relay of side {side.upper()} at {spoke[0].at_s:.3f} s"


def passes_again(timeline: Timeline, side: str, from_s: float) -> str | None:
    """A connection came through proxy and relay to the server: opened and kept alive, or turned down by the server."""
    good = (CtiStep.HEARTBEAT_CONF, CtiStep.REJECTED, CtiStep.SERVER_DOWN)
    through = timeline.of(CtiSeen, lambda seen: seen.side == side and seen.step in good, from_s=from_s)
    if not through:
        return None
    return f"{through[0].client or 'a connection'} got through to side {side.upper()} at {through[0].at_s:.3f} s"


def nodes_opened(timeline: Timeline, from_s: float) -> int:
    """How many Finesse nodes have opened a CTI session since then, as each does when its Tomcat starts. Where all go by
    one name each session is another one's."""
    opened = timeline.of(CtiSeen, lambda seen: seen.step is CtiStep.OPEN_CONF and not seen.is_ours, from_s=from_s)
    names = {seen.client for seen in opened}
    return len(names) if len(names) > 1 else len({seen.connection for seen in opened})


def companion_heard(timeline: Timeline, link: str, from_s: float) -> list[CompanionHeard]:
    """What our own session on that link heard since then."""
    return timeline.of(CompanionHeard, lambda seen: seen.link == link, from_s=from_s)


# A companion beats at each interval, and knows at the next one that a beat was missed; by then it has said something.
_SPEAKS_AFTER_INTERVALS = 3


def companion_is_mute(timeline: Timeline, link: str, from_s: float, interval_s: float) -> str | None:
    """Why nobody can say what the fault looks like on the far side: our own session there says nothing at all."""
    spoken = [seen for seen in companion_heard(timeline, link, from_s) if seen.heard is not Heard.OPENED]
    if spoken or timeline.end_s < from_s + _SPEAKS_AFTER_INTERVALS * interval_s:
        return None
    return f"a session of ours on {link}, which shares it, has said nothing since"


def companion_ended(timeline: Timeline, link: str, from_s: float) -> CompanionHeard | None:
    """How our own session on that link came to its end since then; None if it did not."""
    heard = companion_heard(timeline, link, from_s)
    return next((seen for seen in heard if seen.heard in (Heard.RESET, Heard.CLOSED)), None)
