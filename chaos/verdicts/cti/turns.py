"""CTI-02 and CTI-03: how often each side is tried, and in which order."""

import itertools
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace

from chaos.history import History
from chaos.history.faults import fault_spans, slowed_by_s
from chaos.history.relays import cti_blind
from chaos.history.sessions import (
    Attempt,
    Loss,
    ended_before,
    losses,
    named_attempts,
    node_of,
    strangers,
    wordless,
)
from chaos.journal import CtiSeen, CtiStep
from chaos.verdicts import bounds
from chaos.verdicts.check import check
from chaos.verdicts.cti.causes import (
    CLOSE,
    HEARTBEATS,
    KILLED,
    RESET,
    attempts_unseen,
    cause,
    cell_of,
    gave_up_s,
    is_out,
    refused_alone,
    silence_that_ended,
    stopped_after_s,
)
from chaos.verdicts.cti.sides import HOSTED_ALONE, PEER, TURNS, WHILE_READ, in_reserve, loses_a, refuses_b
from chaos.verdicts.finding import Finding, held, inconclusive, missed, violated
from chaos.verdicts.grid import Cell, any_of, grid, made_by, nodes
from chaos.verdicts.outcome import Outcome

_KILLS_REFUSED = made_by("loss", {KILLED: "refused-after-kill"})

# What a slow link keeps back arrives so soon after it is due (ours).
_ON_ITS_WAY_S = 0.2
HOW = ("reset", "close", "failure", "silence")
REFUSALS = tuple(f"{side} by {how}" for side in "AB" for how in HOW)


@check(
    grid(
        pairs=(("node", "loss"), ("node", "refusal"), ("node", "turn"), ("node", "peer")),
        node=nodes,
        loss=(RESET, CLOSE, HEARTBEATS, KILLED),
        refusal=HOW,
        turn=TURNS,
        peer=PEER,
        unfit=any_of(_KILLS_REFUSED, HOSTED_ALONE),
    ),
    needs=loses_a,
    rests_on=(cti_blind,),
)
def b_is_tried_once_before_a(history: History) -> Iterator[Finding]:
    """Between the loss of side A and the next attempt at it lies exactly one attempt at side B, each time."""
    lost = losses(history)
    before: Counter[str] = Counter()
    for whole in lost:
        loss = _until_stopped(history, whole)
        owed = cause(history, loss)
        if loss.side == "a" and owed is not None:
            turn = TURNS[min(before[loss.client], len(TURNS) - 1)]
            before[loss.client] += 1
            yield from _as_far(loss, whole, _once(history, loss, {"loss": owed[1], "turn": turn}))
        elif loss.side == "a" and owed is None and refused_alone(history, loss) is not None:
            yield from _as_far(loss, whole, _once(history, loss, {"peer": PEER[0]}))
        elif loss.side == "a" and silence_that_ended(history, loss) and loss.tries and loss.tries[0].side == "a":
            # Whatever was not seen: this was, and whoever waited for an answer makes no difference.
            where = Cell.of(**cell_of(history, loss.client))
            yield violated(where, f"{loss.client} tried side A before side B", loss.tries[0].cited())
    unnamed = list(_of_nobody(history, lost, in_first_round))
    yield from unnamed
    for one in strangers(history, lost)[:1] if not unnamed else ():
        yield inconclusive(Cell(), f"{one.client} tries too, and is none of the nodes that lost side A", one.cited())


def _once(history: History, loss: Loss, axes: Mapping[str, str]) -> Iterator[Finding]:
    cited = tuple(one.cited() for one in loss.tries[:4])
    to_s = loss.tries[1].at_s if len(loss.tries) > 1 else history.story.end_s
    if attempts_unseen(history, "ab", loss.lost_s, to_s):
        return  # somebody may have tried where nobody could see it
    if loss.tries and loss.tries[0].side == "b" and loss.tries[0].opened_s is not None:
        return  # side B accepted at once: nothing made it turn to side A
    tried_b = len(list(itertools.takewhile(lambda one: one.side == "b", loss.tries)))
    refusal = _refusal(history, loss.tries[0]) if loss.tries else None
    # How it is refused is crossed with nothing else: a node that alone is refused is so in one way.
    more = {"refusal": refusal} if refusal and "peer" not in axes else {}
    cell = Cell.of(**cell_of(history, loss.client, **axes, **more))
    if in_reserve(history, loss) is not None:
        yield inconclusive(cell, f"{loss.client} had a session on side B before it lost side A", *cited)
    elif not loss.tries or (tried_b == 1 and len(loss.tries) == 1):
        gave_up = gave_up_s(history, loss, history.story.end_s)
        if gave_up is not None:
            yield missed(cell, f"{loss.client} tried side B once, and side A never again", *cited)
        else:
            yield inconclusive(cell, f"{loss.client} was not seen to come back to side A", *cited)
    elif tried_b != 1:
        yield violated(cell, f"{loss.client} tried side B {tried_b} times before side A", *cited)
    elif _overlap(*loss.tries[:2]):
        yield violated(cell, f"{loss.client} tried side A before its attempt at side B had failed", *cited)
    else:
        yield held(cell, f"{loss.client} tried side B once, then side A", *cited)


@check(
    grid(
        pairs=(("node", "ends"), ("node", "loss"), ("node", "refused"), ("node", "session"), ("node", "peer")),
        node=nodes,
        ends=("A", "B"),
        session=tuple(WHILE_READ.values()),
        loss=(RESET, CLOSE, HEARTBEATS, KILLED),
        refused=REFUSALS,
        peer=PEER,
        unfit=any_of(_KILLS_REFUSED, HOSTED_ALONE),
    ),
    needs=refuses_b,
    rests_on=(cti_blind,),
)
def alternates_until_success(history: History) -> Iterator[Finding]:
    """Sides take turns, one attempt each, until one opens; then it is quiet. Judged over a long time for each end."""
    lost = losses(history)
    for whole in lost:
        loss = _until_stopped(history, whole)
        yield from _as_far(loss, whole, _took_turns(history, loss))
    unnamed = list(_of_nobody(history, lost, in_later_rounds))
    yield from unnamed
    for one in strangers(history, lost)[:3] if not unnamed else ():
        yield violated(Cell(), f"{one.client} tries beside the sessions of the nodes", one.cited())


def _until_stopped(history: History, loss: Loss) -> Loss:
    """What a node tried before its own services were stopped: one that starts anew begins with side A, whatever it
    tried last."""
    stopped_s = stopped_after_s(history, loss)
    if _until_s(loss) <= stopped_s:
        return loss
    return replace(loss, tries=tuple(one for one in loss.tries if one.at_s < stopped_s))


def _as_far(loss: Loss, whole: Loss, findings: Iterable[Finding]) -> Iterator[Finding]:
    """Who was stopped while it tried was not seen to the end: what it had done wrong by then counts, and no more."""
    return (one for one in findings if loss is whole or one.outcome is Outcome.VIOLATED)


def _took_turns(history: History, loss: Loss) -> Iterator[Finding]:
    owed = cause(history, loss)
    if owed is None:
        yield from _alone(history, loss)
        yield from _half_way(history, loss)
    elif attempts_unseen(history, "ab", loss.lost_s, _until_s(loss)):
        yield from _stopped(history, loss, owed[1])
    else:
        # Which side was lost makes no difference to the turns; what is to be seen for a HELD is made by losses of A.
        findings = _in_turns(history, loss, owed[1])
        yield from (one for one in findings if loss.side == "a" or one.outcome is Outcome.VIOLATED)


def _alone(history: History, loss: Loss) -> Iterator[Finding]:
    """A node takes turns whatever session another one has."""
    span = refused_alone(history, loss)
    if (
        span is None
        or was_lost_while_read(history, loss)
        or attempts_unseen(history, "ab", loss.lost_s, _until_s(loss))
    ):
        return
    where = Cell.of(**cell_of(history, loss.client, peer=PEER[0]))
    seen = list(_in_turns(history, loss, RESET))
    yield from (replace(one, cell=where) for one in seen if one.outcome is not Outcome.HELD)
    tries = [one for one in loss.tries if one.at_s <= _until_s(loss)]
    if all(one.outcome is Outcome.HELD for one in seen) and loss.success and len(tries) >= bounds.ATTEMPTS_MIN:
        yield held(where, f"{loss.client} took turns and stopped", *(one.cited() for one in tries[:10]))


def was_lost_while_read(history: History, loss: Loss) -> bool:
    """Whether our relays ended a session before its node was in service by it."""
    node, lost_s = node_of(history, loss.client), loss.lost_s
    cut = any(
        span.kind == "LonelyNode" and span.injecting_s <= lost_s and not ended_before(span.rolling_back_s, lost_s)
        for span in fault_spans(history)
    )
    return node is not None and cut and is_out(history, node, lost_s)


def _half_way(history: History, loss: Loss) -> Iterator[Finding]:
    """A session that our relays ended before its node was in service by it: what was tried until then has not led to
    anything, and sides go on taking turns."""
    if not was_lost_while_read(history, loss) or attempts_unseen(history, "ab", loss.lost_s, loss.lost_s):
        return
    where = Cell.of(**cell_of(history, loss.client, session=WHILE_READ[loss.side]))
    seen = list(_in_turns(history, loss, RESET))
    # On a slow link the node learns late that it was refused; in which order it tries sides does not depend on that.
    yield from (replace(one, cell=where, minds_delay=False) for one in seen if one.outcome is Outcome.VIOLATED)
    tries = [one for one in loss.tries if one.at_s <= _until_s(loss)]
    # No side is tried twice in a row from the first try on: that round is one of the turns, too.
    trouble = _out_of_turn(tries, lost="")
    if trouble is not None and all(one.outcome is not Outcome.VIOLATED for one in seen):
        why, bad = trouble
        cited = [each.cited() for each in tries[: tries.index(bad) + 1]]
        yield replace(violated(where, f"{loss.client} {why}", *cited), minds_delay=False)
        return
    if all(one.outcome is Outcome.HELD for one in seen) and loss.success and len(tries) >= bounds.ATTEMPTS_MIN:
        yield held(where, f"{loss.client} took turns all the same", *(one.cited() for one in tries[:10]))


Wrong = Callable[[Loss, Attempt], str | None]
"""Why one more attempt would be wrong of the node that had that loss, None if it would not be."""


def _of_nobody(history: History, lost: Iterable[Loss], wrong: Wrong) -> Iterator[Finding]:
    """A connection that ended without a word is some node's: it is wrong if it would be so of each of them, and wrong
    in that way of one at least."""
    clients = named_attempts(history).keys()
    for one in wordless(history):
        # The last loss of each before it; of a node that had none yet nothing is known.
        had = {loss.client: loss for loss in lost if loss.lost_s < one.at_s}
        why = [found for loss in had.values() if (found := wrong(loss, one)) is not None]
        if not why or had.keys() != clients or attempts_unseen(history, "ab", one.at_s, one.at_s):
            continue
        if any(stopped_after_s(history, loss) <= one.at_s for loss in had.values()):
            continue
        if all(in_first_round(loss, one) or in_later_rounds(loss, one) for loss in had.values()):
            said = f"somebody connected to side {one.side.upper()} without a word: whichever node it was, it {why[0]}"
            unknown = any(not _knows_of_success(history, loss, one) for loss in had.values())
            yield replace(violated(Cell(), said, one.cited()), minds_delay=unknown)
            return


def _knows_of_success(history: History, loss: Loss, one: Attempt) -> bool:
    """Whether that node had been told that its session is open, and had it still: a link of ours may be slow."""
    success, late_s = loss.success, slowed_by_s(history)
    if success is None or success.opened_s is None:
        return False
    return success.opened_s + late_s + _ON_ITS_WAY_S < one.at_s and not ended_before(success.ended_s, one.at_s)


def in_first_round(loss: Loss, one: Attempt) -> str | None:
    """CTI-02: why, if it was that node's, side B was not tried once before side A again."""
    tries = _with(loss, one)
    lead = list(itertools.takewhile(lambda each: each.side == "b", tries))
    at = tries.index(one)
    if loss.side != "a" or at > len(lead) or any(each.opened_s is not None for each in tries[:at]):
        return None
    if one.side == "b":
        return f"tried side B {len(lead)} times before side A" if len(lead) > 1 else None
    if not lead:
        return "tried side A before side B"
    return "tried side A before its attempt at side B had failed" if _overlap(lead[-1], one) else None


def in_later_rounds(loss: Loss, one: Attempt) -> str | None:
    """CTI-03: why, if it was that node's, sides did not take turns, or it did not stop once it had succeeded."""
    success = loss.success
    if success is not None and success.opened_s is not None and success.opened_s < one.at_s:
        return None if ended_before(success.ended_s, one.at_s) else "went on trying after a success"
    tries = [each for each in _with(loss, one) if success is None or each.at_s <= success.at_s]
    trouble = _out_of_turn(tries, lost=loss.side)
    return None if trouble is None else trouble[0]


def _with(loss: Loss, one: Attempt) -> list[Attempt]:
    return sorted((*loss.tries, one), key=lambda each: each.at_s)


def _until_s(loss: Loss) -> float:
    return loss.success.at_s if loss.success else float("inf")


def _stopped(history: History, loss: Loss, how: str) -> Iterator[Finding]:
    """Attempts at one side were not seen, and may each have lasted long: how long shows between those at the other."""
    gave_up = gave_up_s(history, loss, history.story.end_s)
    before = [one for one in loss.tries if gave_up is not None and one.at_s <= gave_up]
    if len(before) >= bounds.ATTEMPTS_MIN:
        cell = Cell.of(**cell_of(history, loss.client, loss=how))
        cited = tuple(one.cited() for one in before[-2:])
        yield replace(missed(cell, f"{loss.client} stopped trying at {gave_up:.1f} s", *cited), from_s=gave_up)


def _in_turns(history: History, loss: Loss, how: str) -> Iterator[Finding]:
    who = cell_of(history, loss.client, loss=how)
    success = loss.success
    tries = [one for one in loss.tries if success is None or one.at_s <= success.at_s]
    cited = tuple(one.cited() for one in tries[:10])
    if len(tries) <= 1 and success is not None:
        return  # nothing made it take turns
    trouble = _out_of_turn(tries, lost=loss.side)
    if trouble is not None:
        why, one = trouble
        upto = tries[: tries.index(one) + 1]
        yield violated(Cell.of(**who), f"{loss.client} {why}", *(each.cited() for each in upto[-10:]))
        return
    gave_up = gave_up_s(history, loss, history.story.end_s)
    if gave_up is not None:
        gone = missed(Cell.of(**who), f"{loss.client} stopped trying at {gave_up:.1f} s", *cited[-2:])
        yield replace(gone, from_s=gave_up)
        return
    if success is None:
        yield inconclusive(Cell.of(**who), f"{loss.client} was not seen to succeed", *cited)
        return
    quiet = _quiet_after(history, loss)
    if quiet is not None:
        yield Finding(Cell.of(**who), quiet.outcome, quiet.reason, (*quiet.evidence, *cited))
        return
    if len(tries) < bounds.ATTEMPTS_MIN:
        yield inconclusive(Cell.of(**who), f"only {len(tries)} attempts of {loss.client} were seen", *cited)
        return
    for refused in sorted({found for one in tries if (found := _refused_as(history, one)) is not None}):
        yield held(Cell.of(**who, refused=refused), f"{loss.client} alternated and stopped", *cited)
    if len(tries) >= bounds.ATTEMPTS_LONG:
        ends = Cell.of(**who, ends=success.side.upper())
        yield held(ends, f"{loss.client} alternated {len(tries)} times and stopped", *cited, success.cited())


def _out_of_turn(tries: list[Attempt], *, lost: str) -> tuple[str, Attempt] | None:
    """The first attempt that is out of turn, and why. The first round after a loss of side A is CTI-02's: here turns
    count from any start."""
    sides = [one.side for one in tries]
    begin = sides.index("a") if lost == "a" and "a" in sides else 0
    for first, second in itertools.pairwise(tries[begin:]):
        if first.side == second.side:
            return f"tried side {second.side.upper()} twice in a row", second
        if _overlap(first, second):
            return "tried both sides at once", second
    return None


def _refusal(history: History, attempt: Attempt) -> str | None:
    """How that attempt was refused on our order, None if it was not."""
    seen = history.of(
        CtiSeen,
        lambda one: one.connection == attempt.connection and one.step is CtiStep.REFUSED,
        from_s=attempt.at_s,
    )
    return (seen[0].detail or "").partition(" ")[0] if seen else None


def _refused_as(history: History, attempt: Attempt) -> str | None:
    how = _refusal(history, attempt)
    return f"{attempt.side.upper()} by {how}" if how else None


def _overlap(first: Attempt, second: Attempt) -> bool:
    """Whether the second began before the first had failed. Nothing is said of one whose failure was not seen."""
    return first.failed_s is not None and second.at_s < first.failed_s


def _quiet_after(history: History, loss: Loss) -> Finding | None:
    """What speaks against its having stopped after its success; None if it was seen to be quiet for long enough."""
    success = loss.success
    assert success is not None
    assert success.opened_s is not None
    later = [one for one in loss.tries if one.at_s > success.at_s]
    if later and not ended_before(success.ended_s, later[0].at_s):
        return violated(Cell(), f"{loss.client} went on trying after a success", later[0].cited())
    tried_s = [one.at_s for one in loss.tries if one.at_s <= success.at_s]
    period_s = max((b - a for a, b in itertools.pairwise(tried_s)), default=0.0)
    wanted_s = max(bounds.QUIET_RETRIES * period_s, history.header.heartbeat_interval_s)
    until_s = later[0].at_s if later else success.ended_s if success.ended_s is not None else history.story.end_s
    watched_s = until_s - success.opened_s
    if watched_s < wanted_s:
        return inconclusive(Cell(), f"{loss.client} was watched for {watched_s:.1f} s only after its success")
    return None
