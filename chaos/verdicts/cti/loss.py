"""CTI-04 and CTI-05: what is taken for a loss of the CTI connection, and when."""

import itertools

from chaos.errors import EvidenceError
from chaos.journal import CtiSeen, CtiStep, FaultPhase, FaultSeen, Timeline
from chaos.verdicts import bounds
from chaos.verdicts.cti.common import each
from chaos.verdicts.cti.story import (
    OUT_OF_SERVICE,
    Attempt,
    attempts,
    ended_before,
    fault_begins_s,
    losses,
    notice_s,
)
from chaos.verdicts.proof import clock_error_s
from chaos.verdicts.verdict import Evidence, Outcome, Span, Verdict, held, inconclusive, timed, violated, worst


def _beats(timeline: Timeline, connection: int) -> list[CtiSeen]:
    """Confirmations of one session, passed or withheld, from the first withheld one on."""
    beats = timeline.of(
        CtiSeen,
        lambda seen: (
            seen.connection == connection and seen.step in (CtiStep.HEARTBEAT_CONF, CtiStep.HEARTBEAT_WITHHELD)
        ),
    )
    first = next((n for n, seen in enumerate(beats) if seen.step is CtiStep.HEARTBEAT_WITHHELD), len(beats))
    return beats[first:]


def _sessions_on_a(timeline: Timeline, at_s: float) -> list[Attempt]:
    """The sessions that stood open on side A at that time. Raises EvidenceError: fewer than there are nodes."""
    sessions = [
        one
        for tries in attempts(timeline).values()
        for one in tries
        if one.side == "a" and one.opened_s is not None and one.opened_s <= at_s and not ended_before(one.ended_s, at_s)
    ]
    nodes = timeline.header.nodes
    if len({one.client for one in sessions}) < len(nodes):
        raise EvidenceError(f"{len(sessions)} of {len(nodes)} nodes had a session on side A when the fault began")
    return sessions


def _tries_after(timeline: Timeline, client: str, at_s: float) -> list[Attempt]:
    return [one for one in attempts(timeline)[client] if one.at_s > at_s]


def misses_are_tolerated(timeline: Timeline, pattern: str) -> Verdict:
    """Withheld confirmations (x) and answers (.) in this pattern, never three x in a row, are not taken for a loss.

    Nothing that a loss would bring may be seen: no session given up, no other connection tried, no client told.
    """
    from_s = fault_begins_s(timeline)

    def judge(session: Attempt) -> Verdict:
        client = session.client
        beats = _beats(timeline, session.connection)
        seen = "".join("x" if beat.step is CtiStep.HEARTBEAT_WITHHELD else "." for beat in beats)
        cited = tuple(Evidence(beat.at_s, f"{client}: {beat.step}") for beat in beats[: len(pattern) + 2])
        tried = _tries_after(timeline, client, beats[0].at_s) if beats else []
        if session.ended_s is not None and beats:
            end = Evidence(session.ended_s, f"{client}: session {session.ended_by}")
            if session.ended_by is not CtiStep.CLOSED_BY_CLIENT:
                return inconclusive("CTI-04", f"{client}'s session was ended by somebody else", end, *cited)
            return violated("CTI-04", f"{client} gave its session up after misses {seen!r}", end, *cited)
        if tried:
            return violated("CTI-04", f"{client} looked for another session after {seen!r}", tried[0].cited(), *cited)
        if seen.startswith(pattern + ".."):
            return held("CTI-04", f"{client} tolerated {pattern!r}", *cited)
        return inconclusive("CTI-04", f"{client}'s session saw {seen!r}, not {pattern!r} and two answers", *cited)

    found = [judge(session) for session in _sessions_on_a(timeline, from_s)]
    for node in timeline.header.nodes:
        told_s = notice_s(timeline, node, OUT_OF_SERVICE, from_s)
        if told_s is not None:
            notice = Evidence(told_s, f"{node}: OUT_OF_SERVICE notice")
            found.append(violated("CTI-04", f"{node} went out of service after {pattern!r}", notice))
    return each("CTI-04", found, f"no node took the misses {pattern!r} for a loss")


def three_misses_are_loss(timeline: Timeline) -> Verdict:
    """Three unconfirmed heartbeats in a row are a loss, about three intervals after the first of them was sent.

    Declared is a loss when the node gives its session up or tries another one, whichever comes first; clients must be
    told within the same bound, as far as it can be said whose first miss counts.
    """
    interval_s = timeline.header.heartbeat_interval_s
    bound = bounds.heartbeat_loss(interval_s)
    error_s = clock_error_s(timeline)

    def judge(session: Attempt) -> Verdict:
        client = session.client
        misses = [beat for beat in _beats(timeline, session.connection) if beat.step is CtiStep.HEARTBEAT_WITHHELD]
        if not misses:
            return inconclusive("CTI-04", f"no heartbeat confirmation to {client} was withheld")
        first = misses[0]
        cited = (*(Evidence(beat.at_s, f"{client}: confirmation withheld") for beat in misses[:4]),)
        tried = _tries_after(timeline, client, first.at_s)
        gave_up_s = session.ended_s if session.ended_by is CtiStep.CLOSED_BY_CLIENT else None
        declared_s = min(
            (at_s for at_s in (gave_up_s, tried[0].at_s if tried else None) if at_s is not None), default=None
        )
        if session.ended_s is not None and (declared_s is None or session.ended_s < declared_s):
            end = Evidence(session.ended_s, f"{client}: session {session.ended_by}")
            return inconclusive("CTI-04", f"{client}'s session was ended by somebody else", end, *cited)
        if declared_s is None:
            waited_s = timeline.end_s - first.at_s
            if waited_s <= bound.max_s + error_s or len(misses) < 3:
                seen = f"{len(misses)} misses and {waited_s:.1f} s"
                return inconclusive("CTI-04", f"of {client} only {seen} were seen", *cited)
            return violated("CTI-04", f"{client} never noticed {len(misses)} misses in a row", *cited)
        end = Evidence(declared_s, f"{client} gave its session up")
        before = [beat for beat in misses if beat.at_s <= declared_s]
        if len(before) < 3:
            if not _accounted_for(timeline, session, [*(beat.at_s for beat in before), declared_s]):
                return inconclusive("CTI-04", f"a heartbeat of {client} is not accounted for", *cited, end)
            return violated("CTI-04", f"{client} declared a loss after {len(before)} misses", *cited, end)
        measured = Span(declared_s - first.at_s - error_s, declared_s - first.at_s + error_s)
        return timed("CTI-04", f"{client}: loss declared after {len(before)} misses", measured, bound, *cited, end)

    from_s = fault_begins_s(timeline)
    sessions = _sessions_on_a(timeline, from_s)
    found = [judge(session) for session in sessions]
    if worst(found).outcome is Outcome.HELD:
        firsts_s = [_beats(timeline, session.connection)[0].at_s for session in sessions]
        found += [_told_in_time(timeline, node, from_s, firsts_s) for node in timeline.header.nodes]
    return each("CTI-04", found, "three misses in a row were a loss for every node")


def _accounted_for(timeline: Timeline, session: Attempt, times_s: list[float]) -> bool:
    """Whether no heartbeat is missing from the record between the last answered one and the last of these times."""
    answered = timeline.of(
        CtiSeen,
        lambda seen: seen.connection == session.connection and seen.step is CtiStep.HEARTBEAT_CONF,
        to_s=times_s[0],
    )
    known_s = [seen.at_s for seen in answered[-1:]] + times_s
    return all(b - a <= 1.5 * timeline.header.heartbeat_interval_s for a, b in itertools.pairwise(known_s))


def _told_in_time(timeline: Timeline, node: str, from_s: float, firsts_s: list[float]) -> Verdict:
    """Whether the node's clients were told within the bound after some node's first miss."""
    told_s = notice_s(timeline, node, OUT_OF_SERVICE, from_s)
    if told_s is None:
        return inconclusive("CTI-04", f"{node} never told its clients OUT_OF_SERVICE")
    bound = bounds.heartbeat_loss(timeline.header.heartbeat_interval_s)
    error_s = clock_error_s(timeline)
    measured = Span(told_s - max(firsts_s) - error_s, told_s - min(firsts_s) + error_s)
    notice = Evidence(told_s, f"{node}: OUT_OF_SERVICE notice")
    if bound.judge(measured) is Outcome.VIOLATED:
        return timed("CTI-04", f"{node}: the time until its clients were told", measured, bound, notice)
    return held("CTI-04", f"{node} told its clients", notice)


def socket_failure_is_loss_at_once(timeline: Timeline) -> Verdict:
    """When the CTI socket fails, the loss is declared at once: clients are told, or another connection is tried.

    The socket failed at some time between the order to break it and the relay's seeing it end.
    """
    ordered_s = fault_begins_s(timeline)
    bound = bounds.socket_loss(timeline.header.heartbeat_interval_s)
    error_s = clock_error_s(timeline)
    lost = losses(timeline, "a")
    failed_s = max(loss.lost_s for loss in lost)

    def judge(who: str, noticed_s: float | None, failed_from_s: float, failed_to_s: float) -> Verdict:
        failure = Evidence(failed_to_s, "the CTI socket had failed")
        if noticed_s is None:
            waited_s = timeline.end_s - failed_to_s
            if waited_s <= bound.max_s + error_s:
                return inconclusive("CTI-05", f"{who} was watched for {waited_s:.1f} s only", failure)
            return violated("CTI-05", f"{who} never noticed that its CTI socket had failed", failure)
        measured = Span(max(0.0, noticed_s - failed_to_s - error_s), noticed_s - failed_from_s + error_s)
        return timed(
            "CTI-05", f"{who}: time to notice", measured, bound, failure, Evidence(noticed_s, f"{who} noticed")
        )

    found = [
        judge(loss.client, loss.tries[0].at_s if loss.tries else None, min(ordered_s, loss.lost_s), loss.lost_s)
        for loss in lost
        if loss.tries or not _told_everywhere(timeline, ordered_s)
    ]
    found += [
        judge(node, notice_s(timeline, node, OUT_OF_SERVICE, ordered_s), ordered_s, failed_s)
        for node in timeline.header.nodes
    ]
    return each("CTI-05", found, "every node noticed the failed socket at once")


def _told_everywhere(timeline: Timeline, from_s: float) -> bool:
    return all(notice_s(timeline, node, OUT_OF_SERVICE, from_s) is not None for node in timeline.header.nodes)


def silence_is_loss_after_three_misses(timeline: Timeline) -> Verdict:
    """A link that falls silent is lost when the third heartbeat after the last answered one is overdue.

    Nothing is seen on a silent link, so the first missed heartbeat is taken to be due one interval after the last
    one that was seen to be confirmed.
    """
    interval_s = timeline.header.heartbeat_interval_s
    bound = bounds.heartbeat_loss(interval_s)
    error_s = clock_error_s(timeline)
    from_s = fault_begins_s(timeline)
    silent_s = timeline.first(FaultSeen, lambda seen: seen.phase is FaultPhase.INJECTED).at_s

    def judge(session: Attempt) -> Verdict:
        client = session.client
        answered = timeline.of(
            CtiSeen, lambda seen: seen.connection == session.connection and seen.step is CtiStep.HEARTBEAT_CONF
        )
        last = next((seen for seen in reversed(answered) if seen.at_s <= from_s), None)
        if last is None or from_s - last.at_s > interval_s + error_s:
            return inconclusive("CTI-04", f"no heartbeat of {client} was seen in the interval before the silence")
        # One that was confirmed while the silence was being made may or may not have reached the node.
        dues_s = [seen.at_s + interval_s for seen in (last, *answered) if seen.at_s >= last.at_s]
        if max(dues_s) - interval_s > silent_s:
            return inconclusive("CTI-04", f"the link of {client} was not silent: a heartbeat was confirmed on it")
        cited = Evidence(last.at_s, f"{client}: last confirmed heartbeat before the silence")
        tried = next(iter(_tries_after(timeline, client, from_s)), None)
        if tried is None:
            waited_s = timeline.end_s - max(dues_s)
            if waited_s <= bound.max_s + error_s:
                return inconclusive("CTI-04", f"{client} was watched for {waited_s:.1f} s only", cited)
            return violated("CTI-04", f"{client} never noticed that its link was silent", cited)
        measured = Span(tried.at_s - max(dues_s) - error_s, tried.at_s - min(dues_s) + error_s)
        return timed("CTI-04", f"{client}: silence declared a loss", measured, bound, cited, tried.cited())

    found = [judge(session) for session in _sessions_on_a(timeline, from_s)]
    return each("CTI-04", found, "a silent link was a loss after three intervals for every node")
