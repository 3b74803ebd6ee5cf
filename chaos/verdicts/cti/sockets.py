"""CTI-05: a CTI socket that fails is a loss at once."""

from collections.abc import Iterator, Sequence

from chaos.history import Evidence, History
from chaos.history.asking import cited, is_refused, is_taken, refusal
from chaos.history.faults import fault_spans
from chaos.history.hearing import deaf_to_notices
from chaos.history.lateness import clock_error_s
from chaos.history.people import STREAMS
from chaos.history.relays import cti_blind
from chaos.history.sessions import Loss, losses, node_of
from chaos.journal import CtiSeen, CtiStep, RestExchange
from chaos.verdicts import bounds
from chaos.verdicts.bound import Span
from chaos.verdicts.check import check
from chaos.verdicts.cti.causes import (
    CLOSE,
    CUT,
    KILLED,
    RESET,
    SEEN_LATER_S,
    STOPPED,
    cause,
    cell_of,
    is_out,
    silence_that_ended,
    still_in_service,
    told_out,
)
from chaos.verdicts.cti.untold import SIGNED_OUT, left_out, no_such_stream
from chaos.verdicts.finding import Finding, inconclusive, missed, timed
from chaos.verdicts.grid import Cell, any_of, grid, made_by, nodes

_BEATS = (CtiStep.HEARTBEAT_WITHHELD, CtiStep.HEARTBEAT_CONF)
SOCKETS = (RESET, CLOSE, CUT, KILLED, STOPPED)
MISSING, JUST_BEFORE, UNDER_WAY = "missing", "just before", "under way"
# What was confirmed so shortly before a loss is the last that its session was good for (ours: a heartbeat's time).
_LATELY_S = 5.0


def breaks_sockets(history: History) -> bool:
    """CTI sockets are made to fail."""
    return bool(fault_spans(history) and history.of(CtiSeen)) and any(
        (owed := cause(history, loss)) is not None and owed[1] in SOCKETS for loss in losses(history)
    )


@check(
    grid(
        pairs=(
            ("node", "side", "loss"),
            ("node", "side", "beats"),
            ("node", "side", "asked"),
            ("node", "stream"),
            ("node", "state"),
        ),
        node=nodes,
        side=("a", "b"),
        loss=SOCKETS,
        beats=(MISSING,),
        asked=(JUST_BEFORE, UNDER_WAY),
        stream=STREAMS,
        state=(SIGNED_OUT,),
        unfit=any_of(made_by("loss", {KILLED: "a-killed", STOPPED: "a-stopped"}), no_such_stream),
    ),
    needs=breaks_sockets,
    rests_on=(
        cti_blind,
        deaf_to_notices,
    ),
)
def socket_failure_is_loss_at_once(history: History) -> Iterator[Finding]:
    """When the CTI socket fails the loss is declared at once: clients are told OUT_OF_SERVICE.

    Looking for another server is CTI-02's: a node may say OUT_OF_SERVICE at once and dial a little later.
    """
    for loss in losses(history):
        owed = cause(history, loss)
        if owed is not None and owed[1] in SOCKETS:
            span, how = owed
            from_s = min(loss.lost_s, max(span.injecting_s, loss.lost_s - SEEN_LATER_S))
            if is_out(history, node_of(history, loss.client), from_s):
                continue
            amid = {"beats": MISSING} if _missed_one(history, loss) else {}
            asked = _asked_before(history, loss)
            amid |= {"asked": JUST_BEFORE} if any(is_taken(one) for one in asked) else {}
            yield _noticed(history, loss, from_s, how, amid)
            node = node_of(history, loss.client)
            within_s = bounds.socket_loss(history.header.heartbeat_interval_s).max_s
            cell = Cell.of(**cell_of(history, loss.client, side=loss.side, loss=how, **amid))
            due_s = loss.lost_s + within_s
            yield from left_out(history, node, cell, from_s, due_s, within_s, by_stream=True)
            yield from _refused(history, loss, asked)
        elif owed is None:
            yield from _amid_requests(history, loss)


def _missed_one(history: History, loss: Loss) -> bool:
    """Whether the last heartbeat of that session that could be answered was not: a node may wait for the next one."""
    beats = history.of(
        CtiSeen,
        lambda seen: seen.connection == loss.session.connection and seen.step in _BEATS and seen.detail is None,
        to_s=loss.lost_s,
    )
    return bool(beats) and beats[-1].step is CtiStep.HEARTBEAT_WITHHELD


def _asked_before(history: History, loss: Loss) -> list[RestExchange]:
    """What the node was asked to have the CTI server confirm just before: it may take its session for good so long."""
    node = node_of(history, loss.client)
    return history.of(
        RestExchange,
        lambda seen: seen.node == node and seen.resource == "PUT User/{id}",
        from_s=loss.lost_s - _LATELY_S,
        to_s=loss.lost_s,
    )


def _amid_requests(history: History, loss: Loss) -> Iterator[Finding]:
    """A session that lay silent, for too short a time to be lost by that, ends with the silence: then the proxy closes
    it. What the node had been asked meanwhile to have confirmed was under way."""
    node = node_of(history, loss.client)
    span = silence_that_ended(history, loss)
    if node is None or span is None or span.rolling_back_s is None or is_out(history, node, span.rolling_back_s):
        return
    asked = history.of(
        RestExchange,
        lambda seen: seen.node == node and seen.resource == "PUT User/{id}",
        from_s=span.injecting_s,
    )
    # Whoever is told at once that it was accepted waits for the event.
    waits = [
        seen
        for seen in asked
        if span.injecting_s < seen.sent_s < span.rolling_back_s and (seen.at_s > loss.lost_s or is_taken(seen))
    ]
    cell = Cell.of(**cell_of(history, loss.client, side=loss.side, asked=UNDER_WAY))
    told = told_out(history, node, span.rolling_back_s)
    if not waits:
        yield inconclusive(cell, f"no request to {node} was under way when its session ended")
    elif told is not None:
        error_s = clock_error_s(history, span.rolling_back_s, told.at_s)
        over_s = loss.lost_s if span.rolled_back_s is None else max(loss.lost_s, span.rolled_back_s)
        shortest_s, longest_s = told.at_s - over_s - error_s, told.at_s - span.rolling_back_s + error_s
        bound = bounds.socket_loss(history.header.heartbeat_interval_s)
        lines = [cited(waits[0], "under way"), Evidence(loss.lost_s, f"{loss.client}: its session was closed")]
        lines.append(Evidence.of(told, f"{told.node}: OUT_OF_SERVICE notice"))
        what = f"{loss.client}: time to notice"
        yield timed(cell, what, Span(max(0.0, shortest_s), max(0.0, longest_s)), bound, *lines)


def _refused(history: History, loss: Loss, asked: Sequence[RestExchange]) -> Iterator[Finding]:
    """Whoever wonders why nobody looked just before is told that somebody was to, and what he was answered."""
    refused = [one for one in asked if is_refused(one)]
    if refused and not any(is_taken(one) for one in asked):
        cell = Cell.of(**cell_of(history, loss.client, side=loss.side, asked=JUST_BEFORE))
        why = refusal(refused[-1])
        yield inconclusive(cell, f"the request that was to show it was refused: {why}", *map(cited, refused))


def _noticed(history: History, loss: Loss, from_s: float, how: str, amid: dict[str, str]) -> Finding:
    client = loss.client
    cell = Cell.of(**cell_of(history, client, side=loss.side, loss=how, **amid))
    bound = bounds.socket_loss(history.header.heartbeat_interval_s)
    failure = Evidence(loss.lost_s, f"{client}: its socket had failed ({how})", loss.session.number)
    told = told_out(history, node_of(history, client), from_s)
    if told is None:
        return _unheard(history, loss, cell, failure)
    error_s = clock_error_s(history, from_s, told.at_s)
    measured = Span(max(0.0, told.at_s - loss.lost_s - error_s), max(0.0, told.at_s - from_s) + error_s)
    sign = Evidence.of(told, f"{told.node}: OUT_OF_SERVICE notice")
    return timed(cell, f"{client}: time to notice", measured, bound, failure, sign)


def _unheard(history: History, loss: Loss, cell: Cell, failure: Evidence) -> Finding:
    """Nobody heard the node tell its clients. That it did not is certain only if it still takes itself for in service
    and looks for no other server, once the bound is over."""
    bound = bounds.socket_loss(history.header.heartbeat_interval_s)
    late_s = loss.lost_s + bound.max_s + clock_error_s(history, loss.lost_s, history.story.end_s)
    still = still_in_service(history, node_of(history, loss.client), late_s)
    if still is not None and not any(one.at_s <= still.at_s for one in loss.tries):
        said = Evidence.of(still, f"{still.node} still says {still.system_status}")
        return missed(cell, f"{loss.client} did not notice that its CTI socket had failed", failure, said)
    return inconclusive(
        cell, f"nobody heard {cell.get('node') or loss.client} tell its clients OUT_OF_SERVICE", failure
    )
