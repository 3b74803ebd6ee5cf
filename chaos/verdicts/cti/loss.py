"""CTI-04: when heartbeats that are not confirmed are taken for a loss, and when they are not."""

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import replace

from chaos.history import Evidence, FaultSpan, History
from chaos.history.faults import fault_spans, times_away
from chaos.history.lateness import clock_error_s
from chaos.history.relays import cti_blind
from chaos.history.sessions import Attempt, ended_before, named_attempts, node_of
from chaos.journal import CtiSeen, CtiStep, RestExchange
from chaos.verdicts import bounds
from chaos.verdicts.bound import Span
from chaos.verdicts.check import check
from chaos.verdicts.cti.causes import cell_of, disturbed_by, is_out, side_of, told_out
from chaos.verdicts.cti.untold import left_out
from chaos.verdicts.finding import Finding, held, inconclusive, missed, timed, violated
from chaos.verdicts.grid import Cell, grid, nodes

TOLERATED = ("xx", "x.xx", "xx.xx.xx")
FATAL = ("xxx", "x.xxx", "xx.xxx")
SIDES = ("a", "b")

_KEY = "x: not confirmed, .: confirmed"
_MARKS = {CtiStep.HEARTBEAT_WITHHELD: "x", CtiStep.HEARTBEAT_CONF: "."}


def _withheld(history: History, *, fatal: bool) -> list[FaultSpan]:
    spans = [span for span in fault_spans(history) if span.kind == "WithheldHeartbeats"]
    return [span for span in spans if ("xxx" in _pattern(span)) is fatal]


def _pattern(span: FaultSpan) -> str:
    return span.parameter("pattern") or ""


def withholds_few(history: History) -> bool:
    """Confirmations are withheld, never three in a row."""
    return bool(_withheld(history, fatal=False))


def withholds_three(history: History) -> bool:
    """Three confirmations in a row are withheld."""
    return bool(_withheld(history, fatal=True))


def falls_silent(history: History) -> bool:
    """A link falls silent."""
    return any(span.kind == "SilentLink" for span in fault_spans(history))


def _standing(history: History, side: str, at_s: float) -> list[Attempt]:
    """Finesse's sessions that stood open on that side at that time."""
    return [
        one
        for tries in named_attempts(history).values()
        for one in tries
        if one.side == side
        and one.opened_s is not None
        and one.opened_s <= at_s
        and not ended_before(one.ended_s, at_s)
    ]


def _beats(history: History, session: Attempt, span: FaultSpan) -> list[CtiSeen]:
    """Confirmations of one session under that fault, passed or withheld, from the first withheld one on."""
    seen = history.of(
        CtiSeen,
        lambda one: one.connection == session.connection and one.step in _MARKS and one.detail is None,
        from_s=span.injecting_s,
        to_s=_end_s(history, span),
    )
    first = next((n for n, one in enumerate(seen) if one.step is CtiStep.HEARTBEAT_WITHHELD), len(seen))
    return seen[first:]


def _end_s(history: History, span: FaultSpan) -> float:
    return span.rolling_back_s if span.rolling_back_s is not None else history.story.end_s


def _tried(history: History, client: str, from_s: float, to_s: float) -> Attempt | None:
    """The first connection that the client tried in that stretch."""
    return next((one for one in named_attempts(history)[client] if from_s < one.at_s <= to_s), None)


def _nobody(history: History, span: FaultSpan, **more: str) -> Iterator[Finding]:
    """A node that had no session there when the fault began shows nothing."""
    there = {node_of(history, one.client) for one in _standing(history, side_of(span), span.injecting_s)}
    for node in history.nodes:
        if node not in there:
            cell = Cell.of(node=node, side=side_of(span), **more)
            yield inconclusive(cell, f"{node} had no session on side {side_of(span).upper()} when the fault began")


# --- few misses ------------------------------------------------------------------------------------------------------


@check(grid(node=nodes, side=SIDES, pattern=TOLERATED), needs=withholds_few, rests_on=(cti_blind,))
def misses_are_tolerated(history: History) -> Iterator[Finding]:
    """One or two unconfirmed heartbeats in a row are no loss, however often: nothing that a loss would bring is seen.

    No session is given up, no other connection is tried, no client is told.
    """
    for span in _withheld(history, fatal=False):
        yield from _nobody(history, span, pattern=_pattern(span))
        for session in _undisturbed(history, span):
            yield _tolerated(history, span, session)
            node, beats = node_of(history, session.client), _beats(history, session, span)
            # What is told before one is missing is of an earlier loss.
            told = told_out(history, node, beats[0].at_s, _end_s(history, span)) if beats else None
            if node is not None and told is not None:
                where = Cell.of(node=node, side=side_of(span), pattern=_pattern(span))
                yield violated(where, f"{node} went out of service after misses", Evidence.of(told, "OUT_OF_SERVICE"))


def _undisturbed(history: History, span: FaultSpan) -> list[Attempt]:
    """The sessions that stood open when that fault began; none where another one may have ended them as well, and none
    of a node that was stopped meanwhile: it ends its own."""
    if disturbed_by(history, span):
        return []
    end_s = _end_s(history, span)
    return [
        one for one in _standing(history, side_of(span), span.injecting_s) if not _is_away(history, one, span, end_s)
    ]


def _is_away(history: History, session: Attempt, span: FaultSpan, end_s: float) -> bool:
    node = node_of(history, session.client)
    away = () if node is None else times_away(history, node)
    return any(from_s <= end_s and span.injecting_s <= back_s for from_s, back_s in away)


def _tolerated(history: History, span: FaultSpan, session: Attempt) -> Finding:
    client, pattern, end_s = session.client, _pattern(span), _end_s(history, span)
    beats = _beats(history, session, span)
    seen = "".join(_MARKS[beat.step] for beat in beats)
    cited = tuple(Evidence.of(beat, f"{client}: {beat.step.value}") for beat in beats[: len(pattern) + 2])
    cell = Cell.of(**cell_of(history, client, side=session.side, pattern=pattern))
    if not beats:
        return inconclusive(cell, f"no heartbeat confirmation to {client} was withheld")
    if session.ended_s is not None and session.ended_s <= end_s:
        end = Evidence(session.ended_s, f"{client}: session {session.ended_by}", session.number)
        if session.ended_by is not CtiStep.CLOSED_BY_CLIENT:
            return inconclusive(cell, f"{client}'s session was ended by somebody else", end, *cited)
        return violated(cell, f"{client} gave its session up after heartbeats {seen!r} ({_KEY})", end, *cited)
    tried = _tried(history, client, beats[0].at_s, end_s)
    if tried is not None:
        return violated(
            cell, f"{client} looked for another session after heartbeats {seen!r} ({_KEY})", tried.cited(), *cited
        )
    if seen.startswith(pattern + ".."):
        return held(cell, f"{client} tolerated {pattern!r}", *cited)
    return inconclusive(cell, f"{client}'s session saw {seen!r}, not {pattern!r} and two answers", *cited)


# --- three misses ----------------------------------------------------------------------------------------------------


@check(
    grid(pairs=(("node", "side"), ("node", "pattern")), node=nodes, side=SIDES, pattern=FATAL),
    needs=withholds_three,
    rests_on=(cti_blind,),
)
def three_misses_are_loss(history: History) -> Iterator[Finding]:
    """The third unconfirmed heartbeat in a row is a loss, about three intervals after the first of them was sent.

    Declared is a loss when the node gives its session up or tries another one, whichever comes first; its clients must
    have been told within the same bound.
    """
    for span in _withheld(history, fatal=True):
        yield from _nobody(history, span, pattern=_pattern(span))
        for session in _undisturbed(history, span):
            yield from _lost(history, span, session)


def _lost(history: History, span: FaultSpan, session: Attempt) -> Iterator[Finding]:
    client, interval_s = session.client, history.header.heartbeat_interval_s
    cell = Cell.of(**cell_of(history, client, side=session.side, pattern=_pattern(span)))
    beats = _beats(history, session, span)
    misses = _fatal_run(beats, _pattern(span))
    cited = tuple(Evidence.of(beat, f"{client}: {beat.step.value}") for beat in beats[-5:])
    gave_up_s = session.ended_s if session.ended_by is CtiStep.CLOSED_BY_CLIENT else None
    tried = _tried(history, client, beats[0].at_s, _end_s(history, span)) if beats else None
    declared_s = min((at_s for at_s in (gave_up_s, tried.at_s if tried else None) if at_s is not None), default=None)
    if not beats:
        yield inconclusive(cell, f"no heartbeat confirmation to {client} was withheld")
    elif session.ended_s is not None and (declared_s is None or session.ended_s < declared_s):
        # The server gives up on whoever is silent, too; by then the node may have been late already.
        yield _unnoticed(history, session.ended_s, cell, client, misses, cited)
    elif declared_s is None:
        yield _unnoticed(history, _end_s(history, span), cell, client, misses, cited)
    elif len([beat for beat in misses if beat.at_s <= declared_s]) < 3:
        yield _too_early(history, session, beats, declared_s, cell, cited)
    else:
        error_s = clock_error_s(history, misses[0].at_s, declared_s)
        took_s = declared_s - misses[0].at_s
        end = Evidence(declared_s, f"{client} gave its session up or tried another one", session.number)
        bound = bounds.heartbeat_loss(interval_s)
        measured = Span(max(0.0, took_s - error_s), took_s + error_s)
        yield timed(cell, f"{client}: loss declared after three misses", measured, bound, *cited, end)
        yield from _told_in_time(history, client, cell, misses[0].at_s, _end_s(history, span))


def _fatal_run(beats: Sequence[CtiSeen], pattern: str) -> list[CtiSeen]:
    """The withheld confirmations from where three in a row begin; as far as they have come."""
    begin = pattern.index("xxx")
    return list(itertools.takewhile(lambda beat: beat.step is CtiStep.HEARTBEAT_WITHHELD, beats[begin:]))


def _unnoticed(
    history: History, end_s: float, cell: Cell, client: str, misses: Sequence[CtiSeen], cited: tuple[Evidence, ...]
) -> Finding:
    bound = bounds.heartbeat_loss(history.header.heartbeat_interval_s)
    waited_s = end_s - misses[0].at_s if misses else 0.0
    error_s = clock_error_s(history, end_s - waited_s, end_s)
    if len(misses) < 3 or waited_s <= bound.max_s + error_s:
        return inconclusive(cell, f"of {client} only {len(misses)} misses and {waited_s:.1f} s were seen", *cited)
    return missed(cell, f"{client} never noticed {len(misses)} misses in a row", *cited)


def _too_early(
    history: History,
    session: Attempt,
    beats: Sequence[CtiSeen],
    declared_s: float,
    cell: Cell,
    cited: tuple[Evidence, ...],
) -> Finding:
    """Fewer than three misses were seen before the loss was declared: too early, or one of them went by unseen."""
    before = [beat for beat in beats if beat.at_s <= declared_s]
    answered = history.of(
        CtiSeen,
        lambda seen: seen.connection == session.connection and seen.step is CtiStep.HEARTBEAT_CONF,
        to_s=before[0].at_s,
    )
    known_s = [seen.at_s for seen in answered[-1:]] + [*(beat.at_s for beat in before), declared_s]
    if any(b - a > 1.5 * history.header.heartbeat_interval_s for a, b in itertools.pairwise(known_s)):
        return inconclusive(cell, f"a heartbeat of {session.client} is not accounted for", *cited)
    seen = "".join(_MARKS[beat.step] for beat in before)
    end = Evidence(declared_s, f"{session.client} gave its session up or tried another one", session.number)
    return violated(cell, f"{session.client} declared a loss after heartbeats {seen!r} ({_KEY})", *cited, end)


def _told_in_time(history: History, client: str, cell: Cell, first_s: float, end_s: float) -> Iterator[Finding]:
    """Whether the node's clients were told within the bound, too."""
    node = node_of(history, client)
    if node is None:
        return
    told = told_out(history, node, first_s, end_s)
    bound = bounds.heartbeat_loss(history.header.heartbeat_interval_s)
    yield from _left_out(history, node, cell, first_s, first_s + bound.max_s)
    if told is None:
        yield inconclusive(cell, f"{node} was not heard to tell its clients OUT_OF_SERVICE")
        return
    error_s = clock_error_s(history, first_s, told.at_s)
    measured = Span(max(0.0, told.at_s - first_s - error_s), told.at_s - first_s + error_s)
    if measured.lo_s > bound.max_s or measured.hi_s < bound.min_s:
        yield timed(cell, f"{node}: the time until its clients were told", measured, bound, Evidence.of(told, "told"))


def _left_out(history: History, node: str | None, cell: Cell, from_s: float, due_s: float) -> Iterator[Finding]:
    """Whom the node did not tell that it is out of service, though it had not said so to anybody before."""
    if not is_out(history, node, from_s):
        within_s = bounds.socket_loss(history.header.heartbeat_interval_s).max_s
        yield from left_out(history, node, cell, from_s, due_s, within_s)


# --- silence ---------------------------------------------------------------------------------------------------------

# A confirmation is seen at the server's end of a link: a silence that comes within this time may still drop it.
_ON_ITS_WAY_S = 0.05


# When a node was asked for what cannot be answered over a silent link: that is no heartbeat, whatever is missing.
ASKED_IN_VAIN = (
    "before a heartbeat is missing",
    "while one heartbeat is missing",
    "while two heartbeats are missing",
    "while three heartbeats are missing",
)


@check(
    grid(pairs=(("node", "side"), ("node", "asked")), node=nodes, side=SIDES, asked=ASKED_IN_VAIN),
    needs=falls_silent,
    rests_on=(cti_blind,),
)
def silence_is_loss_after_three_misses(history: History) -> Iterator[Finding]:
    """A link that falls silent is lost when the third heartbeat after the last answered one is overdue.

    Nothing is seen on a silent link, so the first missed heartbeat is taken to be due one interval after the last
    one that was seen to be confirmed.
    """
    for span in fault_spans(history):
        if span.kind == "SilentLink":
            yield from _nobody(history, span)
            for session in _undisturbed(history, span):
                finding = _silent(history, span, session)
                yield finding
                if finding.measured is not None:
                    for when in _asked_in_vain(history, span, session, finding):
                        yield replace(finding, cell=Cell.of(**dict(finding.cell.at), asked=when))
                    node = node_of(history, session.client)
                    interval_s = history.header.heartbeat_interval_s
                    due_s = span.injecting_s + interval_s + bounds.heartbeat_loss(interval_s).max_s
                    yield from _left_out(history, node, finding.cell, span.injecting_s, due_s)


def _silent(history: History, span: FaultSpan, session: Attempt) -> Finding:
    client, interval_s = session.client, history.header.heartbeat_interval_s
    bound = bounds.heartbeat_loss(interval_s)
    cell = Cell.of(**cell_of(history, client, side=session.side))
    answered = history.of(
        CtiSeen, lambda seen: seen.connection == session.connection and seen.step is CtiStep.HEARTBEAT_CONF
    )
    error_s = clock_error_s(history, span.injecting_s, _end_s(history, span))
    sure_s = span.injecting_s - error_s - _ON_ITS_WAY_S
    last = next((seen for seen in reversed(answered) if seen.at_s <= sure_s), None)
    if last is None or sure_s - last.at_s > interval_s + error_s:
        return inconclusive(cell, f"no heartbeat of {client} was seen in the interval before the silence")
    # One that was confirmed as the silence was being made, or just before, may or may not have reached the node.
    dues_s = [seen.at_s + interval_s for seen in (last, *answered) if seen.at_s >= last.at_s]
    if span.injected_s is None or max(dues_s) - interval_s > span.injected_s:
        return inconclusive(cell, f"the link of {client} was not silent: a heartbeat was confirmed on it")
    cited = Evidence.of(last, f"{client}: last confirmed heartbeat before the silence")
    declared = _declared(history, client, session, span)
    # A fault of the node's own, which is no side's: an end that we made is one that it may notice at once.
    if session.ended_by is CtiStep.CLOSED_BY_RELAY and (declared is None or _ends_before(session, declared)):
        return inconclusive(cell, f"{client}'s session was ended by somebody else", cited)
    if declared is None:
        waited_s = _end_s(history, span) - max(dues_s)
        if waited_s <= bound.max_s + error_s:
            return inconclusive(cell, f"{client} was watched for {waited_s:.1f} s only", cited)
        return missed(cell, f"{client} never noticed that its link was silent", cited)
    assert declared.at_s is not None
    measured = Span(declared.at_s - max(dues_s) - error_s, declared.at_s - min(dues_s) + error_s)
    return timed(cell, f"{client}: silence declared a loss", measured, bound, cited, declared)


def _ends_before(session: Attempt, declared: Evidence) -> bool:
    return session.ended_s is not None and declared.at_s is not None and session.ended_s <= declared.at_s


def _asked_in_vain(history: History, span: FaultSpan, session: Attempt, finding: Finding) -> list[str]:
    """How many heartbeats were missing as somebody asked that node for a state, which only a CTI server can grant."""
    node = node_of(history, session.client)
    last_s, declared_s = (each.at_s or 0.0 for each in finding.evidence)
    from_s = span.injecting_s if span.injected_s is None else span.injected_s
    asked = history.of(RestExchange, lambda seen: seen.node == node and "state" in dict(seen.wanted), from_s=from_s)
    missing = {
        int((seen.sent_s - last_s) / history.header.heartbeat_interval_s)
        for seen in asked
        if from_s <= seen.sent_s <= declared_s
    }
    return [when for number, when in enumerate(ASKED_IN_VAIN) if number in missing]


def _declared(history: History, client: str, session: Attempt, span: FaultSpan) -> Evidence | None:
    """When the node was first seen to take its link for lost: it tried another one, or told its clients."""
    end_s = _end_s(history, span)
    tried = _tried(history, client, span.injecting_s, end_s)
    node = node_of(history, client)
    told = told_out(history, node, span.injecting_s, end_s)
    signs = [one.cited() for one in (tried,) if one is not None]
    signs += [Evidence.of(told, f"{node}: OUT_OF_SERVICE")] if told is not None else []
    return min(signs, key=lambda sign: sign.at_s or 0.0, default=None)
