"""CTI-01: side B is failed over to where there is one, and side A alone is tried where there is none."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import replace

from chaos.history import Evidence, FaultSpan, History
from chaos.history.faults import fault_spans
from chaos.history.gaps import IN_SERVICE, notices
from chaos.history.relays import cti_blind
from chaos.history.sessions import (
    Attempt,
    Loss,
    ended_before,
    looked_at_by_others,
    losses,
    nameless,
    node_of,
    sessions,
    strangers,
)
from chaos.journal import CtiStep
from chaos.verdicts import bounds
from chaos.verdicts.check import check
from chaos.verdicts.cti.causes import (
    CLOSE,
    CUT,
    HEARTBEATS,
    KILLED,
    RESET,
    SILENCE,
    STOPPED,
    attempts_unseen,
    cause,
    cell_of,
    gave_up_s,
    refused_alone,
    side_of,
    stopped_after_s,
    watched_until_s,
)
from chaos.verdicts.cti.sides import (
    HOSTED_ALONE,
    PEER,
    TURNS,
    in_reserve,
    is_simplex,
    loses_a_with_b,
    simplex_spans,
    turns_away,
    was_put_back,
    with_b,
    without_b,
)
from chaos.verdicts.finding import Finding, held, inconclusive, missed, violated
from chaos.verdicts.grid import Cell, any_of, grid, made_by, nodes

# The experiments that alone can make these cells: a lab without consoles kills no process.
_KILLS = made_by("loss", {KILLED: "a-killed", STOPPED: "a-stopped"})

# Side B was out of the administration, and has been put back: nodes that have been started since have to know of it.
PUT_BACK = ("side B",)
_PUT_BACK = made_by("put_back", dict.fromkeys(PUT_BACK, "simplex"))


@check(
    grid(
        pairs=(("node", "loss"), ("node", "put_back")),
        node=nodes,
        loss=(RESET, CLOSE, CUT, SILENCE, HEARTBEATS, KILLED, STOPPED),
        put_back=PUT_BACK,
        unfit=any_of(_KILLS, _PUT_BACK),
    ),
    needs=loses_a_with_b,
    rests_on=(cti_blind,),
)
def fails_over_to_b(history: History) -> Iterator[Finding]:
    """With a B side configured, each node that loses side A opens a session on side B."""
    for loss in losses(history):
        owed = cause(history, loss)
        if loss.side == "a" and owed is not None and with_b(history, loss.lost_s):
            yield from _went_to_b(history, loss, *owed)


def _went_to_b(history: History, loss: Loss, span: FaultSpan, how: str) -> Iterator[Finding]:
    put_back = {"put_back": PUT_BACK[0]} if was_put_back(history, loss.lost_s) else {}
    cell = Cell.of(**cell_of(history, loss.client, loss=how, **put_back))
    until_s = watched_until_s(history, loss, span)
    tried = [one for one in loss.tries if one.side == "b" and one.at_s <= until_s]
    cited = tuple(one.cited() for one in loss.tries[:4])
    reserve = in_reserve(history, loss)
    if not tried and reserve is not None:
        yield inconclusive(cell, f"{loss.client} had a session on side B before it lost side A", reserve.cited())
    elif not tried:
        yield replace(_untried(history, loss, cell, until_s), from_s=span.injecting_s, to_s=until_s)
    elif (left := _given_up(history, loss.client, tried)) is not None:
        said = f"{loss.client} gave its session on side B up before it was in service by it"
        yield violated(cell, said, left.cited(), Evidence(left.ended_s, f"{loss.client} closes it"))
    elif any(one.opened_s is not None for one in tried):
        yield held(cell, f"{loss.client} failed over to side B", *cited)
    elif not turns_away(history, "b"):
        yield inconclusive(cell, f"{loss.client} tried side B, which never accepted it", *cited)


def _given_up(history: History, client: str, tried: Iterable[Attempt]) -> Attempt | None:
    """A session that the node itself ended before it told that it is in service by it, which nothing of ours explains,
    and on a side that serves nodes at other times: what a node has to read there can be read."""
    node = node_of(history, client)
    for one in tried:
        if node is None or one.opened_s is None or one.ended_s is None or one.ended_by is not CtiStep.CLOSED_BY_CLIENT:
            continue
        if any(
            span.injecting_s <= one.ended_s and not ended_before(span.rolled_back_s, one.at_s)
            for span in fault_spans(history)
            if side_of(span) != "a"
        ):
            continue
        if not _told_in(history, node, one.opened_s, one.ended_s + bounds.NOTICE_S) and _serves(history, one.side):
            return one
    return None


def _told_in(history: History, node: str, from_s: float, to_s: float) -> bool:
    said = notices(history, node)
    return any(seen.system_status == IN_SERVICE and from_s <= seen.at_s <= to_s for seen in said)


def _serves(history: History, side: str) -> bool:
    """Whether some node was in service by a session on that side in this journal."""
    return any(
        session.side == side
        and _told_in(history, node, session.opened.at_s, float("inf") if session.ended_s is None else session.ended_s)
        for node in history.nodes
        for session in sessions(history, node)
    )


def _untried(history: History, loss: Loss, cell: Cell, until_s: float) -> Finding:
    """It was not seen to try side B: nobody could see it, it was given no time for it, or it never did."""
    watched_s = until_s - loss.lost_s
    lost = Evidence(loss.lost_s, f"{loss.client} lost side A", loss.session.number)
    tries = [one for one in loss.tries if one.at_s <= until_s]
    cited = (lost, *(one.cited() for one in tries[:4]))
    success_s = loss.success.at_s if loss.success else until_s
    if attempts_unseen(history, "b", loss.lost_s, min(success_s, until_s)):
        return inconclusive(cell, f"side B could be tried where nobody saw it, by {loss.client} too", *cited)
    if any(seen.side == "b" and loss.lost_s <= seen.at_s <= until_s for seen in nameless(history)):
        return inconclusive(cell, f"who tried side B is not known, it may have been {loss.client}", *cited)
    if watched_s < bounds.QUIET_RETRIES * history.header.heartbeat_interval_s and not tries:
        return inconclusive(cell, f"{loss.client} was watched for {watched_s:.1f} s only", *cited)
    return missed(cell, f"{loss.client} lost side A and never tried side B", *cited)


@check(
    grid(
        pairs=(("node", "turn"), ("node", "loss"), ("node", "peer")),
        node=nodes,
        turn=TURNS,
        loss=(RESET, HEARTBEATS),
        peer=PEER,
        unfit=HOSTED_ALONE,
    ),
    needs=is_simplex,
    rests_on=(cti_blind,),
)
def only_a_is_tried(history: History) -> Iterator[Finding]:
    """With no B side configured, a node that loses side A keeps trying side A and nothing else, each time."""
    without = [loss for loss in losses(history) if loss.side == "a" and without_b(history, loss.lost_s)]
    owed = [(loss, cause(history, loss)) for loss in without]
    lost = [loss for loss, why in owed if why is not None]
    before: Counter[str] = Counter()
    for loss, why in owed:
        if why is not None:
            turn = TURNS[min(before[loss.client], len(TURNS) - 1)]
            before[loss.client] += 1
            cell = Cell.of(**cell_of(history, loss.client, turn=turn, loss=why[1]))
            yield _kept_to_a(history, loss, cell, wanted=bounds.ATTEMPTS_LONG / 2)
        elif (alone := refused_alone(history, loss)) is not None:
            cell = Cell.of(**cell_of(history, loss.client, peer=PEER[0]))
            found = _kept_to_a(history, loss, cell, wanted=bounds.ATTEMPTS_MIN)
            yield found if found.from_s is not None else replace(found, from_s=alone.injecting_s)
    if lost:
        from_s = min(loss.lost_s for loss in lost)
        # However it ended, if it did: nobody has any business there.
        stray = nameless(history) if not looked_at_by_others(history) else ()
        unnamed = [seen for seen in stray if seen.side != "a" and from_s < seen.at_s and without_b(history, seen.at_s)]
        for seen in unnamed[:1]:
            line = Evidence.of(seen, "somebody connected to side B")
            yield violated(Cell(), "somebody connected to side B, which is not configured, without a word", line)
        for one in strangers(history, lost) if not unnamed else ():
            if one.side != "a" and one.at_s > from_s and without_b(history, one.at_s):
                yield violated(Cell(), f"{one.client} tried side B, which is not configured", one.cited())


def _kept_to_a(history: History, loss: Loss, cell: Cell, *, wanted: float) -> Finding:
    """wanted: attempts that have to be seen for a HELD."""
    cited = tuple(one.cited() for one in loss.tries[:8])
    strayed = [one for one in loss.tries if one.side != "a" and without_b(history, one.at_s)]
    gave_up = gave_up_s(history, loss, history.story.end_s)
    if strayed:
        return violated(cell, f"{loss.client} tried side B, which is not configured", strayed[0].cited())
    if gave_up is not None:
        last = [one.cited() for one in loss.tries if one.at_s <= gave_up][-1:]
        return replace(missed(cell, f"{loss.client} stopped trying side A at {gave_up:.1f} s", *last), from_s=gave_up)
    if (idle_s := _idle_s(history, loss)) > bounds.GIVES_UP_S:
        said = f"{loss.client} lost side A and did not try it for {idle_s:.1f} s"
        line = Evidence(loss.lost_s, f"{loss.client} lost side A", loss.session.number)
        return replace(missed(cell, said, line), from_s=loss.lost_s)
    if len(loss.tries) < wanted:
        return inconclusive(cell, f"only {len(loss.tries)} attempts of {loss.client} were seen", *cited)
    return held(cell, f"{loss.client} tried side A {len(loss.tries)} times and side B never", *cited)


def _idle_s(history: History, loss: Loss) -> float:
    """How long nothing at all was tried after that loss, as far as it can be put down to the node: no longer than side
    B was out of the administration and its services ran, and 0 where somebody may have tried unseen or unnamed."""
    back_s = [span.rolling_back_s for span in simplex_spans(history)]
    ends_s = [history.story.end_s, *(at_s for at_s in back_s if at_s is not None and at_s > loss.lost_s)]
    until_s = min(*ends_s, *(one.at_s for one in loss.tries), stopped_after_s(history, loss))
    unnamed = any(seen.side == loss.side and loss.lost_s <= seen.at_s <= until_s for seen in nameless(history))
    if unnamed or attempts_unseen(history, loss.side, loss.lost_s, until_s):
        return 0.0
    return until_s - loss.lost_s
