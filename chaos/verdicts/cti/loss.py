"""CTI-04 and CTI-05: what is taken for a loss of the CTI connection, and when."""

from chaos.journal import CtiSeen, CtiStep, Timeline
from chaos.verdicts import bounds
from chaos.verdicts.cti.common import each
from chaos.verdicts.cti.story import OUT_OF_SERVICE, attempts, ended_before, fault_begins_s, losses, notice_s
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


def _sessions_on_a(timeline: Timeline, at_s: float) -> list[tuple[str, int, float | None]]:
    """(client, connection, end) of the sessions that stood open on side A at that time."""
    return [
        (client, one.connection, one.ended_s)
        for client, tries in attempts(timeline).items()
        for one in tries
        if one.side == "a" and one.opened_s is not None and one.at_s <= at_s and not ended_before(one.ended_s, at_s)
    ]


def misses_are_tolerated(timeline: Timeline, pattern: str) -> Verdict:
    """Withheld confirmations (x) and answers (.) in this pattern, never three x in a row, are not taken for a loss."""
    from_s = fault_begins_s(timeline)

    def judge(client: str, connection: int, ended_s: float | None) -> Verdict:
        beats = _beats(timeline, connection)
        seen = "".join("x" if beat.step is CtiStep.HEARTBEAT_WITHHELD else "." for beat in beats)
        cited = tuple(Evidence(beat.at_s, f"{client}: {beat.step}") for beat in beats[: len(pattern) + 2])
        if seen.startswith(pattern + ".."):
            return held("CTI-04", f"{client} tolerated {pattern!r}", *cited)
        if ended_s is not None and "x" in seen:
            return violated("CTI-04", f"{client} gave its session up after misses {seen!r}", *cited)
        return inconclusive("CTI-04", f"{client}'s session saw {seen!r}, not {pattern!r} and two answers", *cited)

    sessions = _sessions_on_a(timeline, from_s)
    found = [judge(*session) for session in sessions]
    for node in timeline.header.nodes:
        told_s = notice_s(timeline, node, OUT_OF_SERVICE, from_s)
        if told_s is not None:
            notice = Evidence(told_s, f"{node}: OUT_OF_SERVICE notice")
            found.append(violated("CTI-04", f"{node} went out of service after {pattern!r}", notice))
    return each("CTI-04", found, f"no node took the misses {pattern!r} for a loss")


def three_misses_are_loss(timeline: Timeline) -> Verdict:
    """Three unconfirmed heartbeats in a row are a loss, about three intervals after the first of them was sent."""
    interval_s = timeline.header.heartbeat_interval_s
    bound = bounds.heartbeat_loss(interval_s)
    error_s = clock_error_s(timeline)

    def judge(client: str, connection: int, ended_s: float | None) -> Verdict:
        withheld = [beat for beat in _beats(timeline, connection) if beat.step is CtiStep.HEARTBEAT_WITHHELD]
        if not withheld:
            return inconclusive("CTI-04", f"no heartbeat confirmation to {client} was withheld")
        first = withheld[0]
        cited = (*(Evidence(beat.at_s, f"{client}: confirmation withheld") for beat in withheld[:4]),)
        if ended_s is None:
            waited_s = timeline.end_s - first.at_s
            if waited_s <= bound.max_s:
                return inconclusive("CTI-04", f"{client} was watched for {waited_s:.1f} s only", *cited)
            return violated("CTI-04", f"{client} never noticed {len(withheld)} misses in a row", *cited)
        measured = Span(ended_s - first.at_s - error_s, ended_s - first.at_s + error_s)
        end = Evidence(ended_s, f"{client} gave its session up")
        return timed("CTI-04", f"{client}: loss declared after {len(withheld)} misses", measured, bound, *cited, end)

    from_s = fault_begins_s(timeline)
    sessions = _sessions_on_a(timeline, from_s)
    found = [judge(*session) for session in sessions]
    if found and worst(found).outcome is Outcome.HELD:
        found += [_told("CTI-04", timeline, node, from_s) for node in timeline.header.nodes]
    return each("CTI-04", found, "three misses in a row were a loss for every node")


def _told(clause: str, timeline: Timeline, node: str, from_s: float) -> Verdict:
    told_s = notice_s(timeline, node, OUT_OF_SERVICE, from_s)
    if told_s is None:
        return inconclusive(clause, f"{node} never told its clients OUT_OF_SERVICE")
    return held(clause, f"{node} told its clients", Evidence(told_s, f"{node}: OUT_OF_SERVICE notice"))


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
            if waited_s <= bound.max_s:
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

    def judge(client: str, connection: int) -> Verdict:
        answered = timeline.of(
            CtiSeen, lambda seen: seen.connection == connection and seen.step is CtiStep.HEARTBEAT_CONF, to_s=from_s
        )
        if not answered:
            return inconclusive("CTI-04", f"no heartbeat of {client} was seen before the silence")
        due_s = answered[-1].at_s + interval_s
        cited = Evidence(answered[-1].at_s, f"{client}: last confirmed heartbeat before the silence")
        tried = next((one for one in attempts(timeline)[client] if one.at_s > from_s), None)
        if tried is None:
            if timeline.end_s - due_s <= bound.max_s:
                return inconclusive("CTI-04", f"{client} was watched for {timeline.end_s - due_s:.1f} s only", cited)
            return violated("CTI-04", f"{client} never noticed that its link was silent", cited)
        measured = Span(tried.at_s - due_s - error_s, tried.at_s - due_s + error_s)
        return timed("CTI-04", f"{client}: silence declared a loss", measured, bound, cited, tried.cited())

    found = [judge(client, connection) for client, connection, _ in _sessions_on_a(timeline, from_s)]
    return each("CTI-04", found, "a silent link was a loss after three intervals for every node")
