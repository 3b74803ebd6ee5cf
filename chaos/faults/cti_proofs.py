"""Proofs that faults on CTI links share: what the relays must have seen."""

from chaos.journal import CompanionHeard, CtiSeen, CtiStep, FaultPhase, FaultSeen, Heard, Timeline

ENDS = (CtiStep.CLOSED_BY_CLIENT, CtiStep.CLOSED_BY_SERVER, CtiStep.CLOSED_BY_RELAY)
_OPEN = (CtiStep.STANDING, CtiStep.OPEN_CONF)


# What is done once is done when its injection ends, but for what the journal itself may be late; whatever comes later
# may have another cause, and whoever waited has waited for nothing.
AT_ONCE_S = 2.0


def at_once_s(timeline: Timeline, fault: str, from_s: float) -> float:
    """Until when a fault that is done once, and whose injection began at `from_s`, must have shown."""
    injected = timeline.of(
        FaultSeen, lambda seen: seen.fault == fault and seen.phase is FaultPhase.INJECTED, from_s=from_s
    )
    return injected[0].at_s + AT_ONCE_S if injected else float("inf")


def open_sessions(timeline: Timeline, side: str, at_s: float) -> set[int]:
    """Finesse's sessions on that side that stood open at that time."""
    steps = timeline.of(CtiSeen, lambda seen: seen.side == side and not seen.is_ours, to_s=at_s)
    opened = {seen.connection for seen in steps if seen.step in _OPEN}
    return opened - {seen.connection for seen in steps if seen.step in ENDS and seen.at_s < at_s}


def sessions_ended(
    timeline: Timeline, side: str, from_s: float, how: str | None = None, *, to_s: float = float("inf")
) -> str | None:
    """Every session that stood open on that side at `from_s` has ended since, and until `to_s`, as `how` says ("reset",
    "fin", any)."""
    standing = open_sessions(timeline, side, from_s)
    ends = [
        seen
        for seen in timeline.of(CtiSeen, lambda seen: seen.step in ENDS, from_s=from_s, to_s=to_s)
        if seen.connection in standing and (how is None or seen.detail == how)
    ]
    if not standing or standing != {seen.connection for seen in ends}:
        return None
    return f"{len(ends)} session(s) on side {side.upper()} ended ({ends[-1].detail}) by {ends[-1].at_s:.3f} s"


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
    """How many Finesse nodes have opened a CTI session since then, as each does when its Tomcat starts."""
    opened = timeline.of(CtiSeen, lambda seen: seen.step is CtiStep.OPEN_CONF and not seen.is_ours, from_s=from_s)
    return len({seen.client for seen in opened})


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
