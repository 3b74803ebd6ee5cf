"""CTI-04: sessions whose heartbeats are all confirmed are not given up."""

from collections.abc import Iterator
from dataclasses import replace

from chaos.history import Evidence, FaultSpan, History
from chaos.history.faults import fault_spans, times_away
from chaos.history.gaps import IN_SERVICE, notices
from chaos.history.relays import cti_blind
from chaos.history.sessions import Attempt, ended_before, named_attempts, node_of
from chaos.journal import CtiSeen, CtiStep, EventSeen, SteadyState
from chaos.verdicts import bounds
from chaos.verdicts.check import check
from chaos.verdicts.cti.causes import side_of, told_out
from chaos.verdicts.finding import Finding, held, violated
from chaos.verdicts.grid import Cell, grid, nodes

SIDES = ("a", "b")
LATE = "late, before the next heartbeat is due"
# So many heartbeats in a row are confirmed before anything is said of a session that lasts.
_BEATS_MIN = 3
_FINE = frozenset(
    {
        CtiStep.STANDING,
        CtiStep.ATTEMPT,
        CtiStep.OPEN_REQ,
        CtiStep.OPEN_CONF,
        CtiStep.HEARTBEAT_REQ,
        CtiStep.HEARTBEAT_CONF,
        CtiStep.CLOSED_BY_CLIENT,
    }
)
# A node tells its clients of a loss that it declares within this time, before or after it hangs up (ours).
_NEAR_S = 1.0


def has_sessions(history: History) -> bool:
    """Our relays saw sessions."""
    return bool(history.of(CtiSeen))


# `answers`: how confirmations came, other than at once.
@check(
    grid(pairs=(("node", "side"), ("node", "side", "answers")), node=nodes, side=SIDES, answers=(LATE,)),
    needs=has_sessions,
    rests_on=(cti_blind,),
)
def confirmed_sessions_are_kept(history: History) -> Iterator[Finding]:
    """A node in service gives no session up of which no heartbeat was missed and which nothing of ours had touched."""
    # What was mended before the story began is no part of it.
    steady_s = min((seen.at_s for seen in history.of(SteadyState, lambda seen: seen.ok)), default=float("inf"))
    for client, tries in named_attempts(history).items():
        node = node_of(history, client)
        if node is not None:
            for session in tries:
                if session.opened_s is not None and not ended_before(session.ended_s, steady_s):
                    yield from _kept(history, node, session)


def _kept(history: History, node: str, session: Attempt) -> Iterator[Finding]:
    slow = _slow(history, session)
    cell = Cell.of(node=node, side=session.side, **({"answers": LATE} if slow else {}))
    beats = history.of(CtiSeen, lambda seen: seen.connection == session.connection)
    opened = Evidence(session.opened_s, f"{node}: session on side {session.side.upper()}", session.number)
    if session.ended_by is CtiStep.CLOSED_BY_CLIENT and session.ended_s is not None:
        told = told_out(history, node, session.ended_s - _NEAR_S, session.ended_s + _NEAR_S)
        if told is not None and _was_serving(history, node, session) and not _touched(history, node, session):
            end = Evidence(session.ended_s, f"{node} gave it up", session.number)
            line = Evidence.of(told, f"{node} → {told.agent}: OUT_OF_SERVICE")
            found = violated(cell, f"{node} gave a session up of which no heartbeat was missed", opened, end, line)
            yield replace(found, minds_delay=False)  # what came late came in time
        return
    confirmed = [seen for seen in beats if seen.step is CtiStep.HEARTBEAT_CONF and seen.detail is None]
    if len(confirmed) >= _BEATS_MIN:
        cited = [Evidence.of(seen, f"{node}: a heartbeat was confirmed") for seen in confirmed[-2:]]
        yield held(cell, "it was kept while its heartbeats were confirmed", opened, *cited)


def _slow(history: History, session: Attempt) -> bool:
    """Whether its confirmations came late when it ended, or had done so for as many heartbeats as are to be seen."""
    long_s = bounds.BEATS_LATE * history.header.heartbeat_interval_s
    for span in fault_spans(history):
        if span.kind == "SlowLink" and side_of(span) == session.side and span.bit is not None:
            if _only_slows(span, session):
                return True
            opened_s = float("inf") if session.opened_s is None else session.opened_s
            stood = opened_s <= span.injecting_s and not ended_before(session.ended_s, span.bit.at_s + long_s)
            if stood and span.covers(span.bit.at_s, span.bit.at_s + long_s):
                return True
    return False


def _only_slows(span: FaultSpan, session: Attempt) -> bool:
    """Whether that fault was in force as the session ended, and had kept no confirmation back until the next heartbeat
    was due, as a session of ours beside it has heard."""
    if span.kind != "SlowLink" or span.bit is None or session.ended_s is None:
        return False
    return span.bit.at_s <= session.ended_s and span.covers(span.bit.at_s, session.ended_s)


def _was_serving(history: History, node: str, session: Attempt) -> bool:
    """Whether its clients had been told IN_SERVICE since the session was opened: one that is not loaded may be given up
    for other reasons."""
    assert session.opened_s is not None
    return any(
        isinstance(seen, EventSeen) and seen.system_status == IN_SERVICE and session.opened_s <= seen.at_s
        for seen in notices(history, node)
        if session.ended_s is not None and seen.at_s < session.ended_s
    )


def _touched(history: History, node: str, session: Attempt) -> bool:
    """Whether a heartbeat of it may have been missed, or anything of ours may have ended it."""
    assert session.opened_s is not None
    assert session.ended_s is not None
    since_s = session.ended_s - bounds.heartbeat_loss(history.header.heartbeat_interval_s).max_s
    steps = history.of(
        CtiSeen,
        lambda seen: seen.connection == session.connection,
        from_s=session.opened_s,
        to_s=session.ended_s,
    )
    asked = {seen.invoke_id for seen in steps if seen.step is CtiStep.HEARTBEAT_REQ}
    unanswered = asked - {seen.invoke_id for seen in steps if seen.step is CtiStep.HEARTBEAT_CONF}
    # The last one may be under way.
    bad = len(unanswered) > 1 or any(seen.step not in _FINE for seen in steps)
    away = any(from_s <= session.ended_s and since_s <= to_s for from_s, to_s in times_away(history, node))
    return bad or away or any(_may_touch(span, session, since_s) for span in fault_spans(history))


def _may_touch(span: FaultSpan, session: Attempt, since_s: float) -> bool:
    """A fault at that side in force meanwhile; one that only refuses new sessions touches none that stands."""
    if span.kind == "RefusedSessions" or side_of(span) not in ("", session.side) or _only_slows(span, session):
        return False
    assert session.ended_s is not None
    return span.injecting_s <= session.ended_s and (span.rolled_back_s is None or span.rolled_back_s >= since_s)
