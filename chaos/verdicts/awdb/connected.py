"""AWDB-06: Finesse tries until it can connect to one AWDB, and no longer."""

from collections.abc import Iterator

from chaos.history import Evidence, History
from chaos.history.asking import asked, cited
from chaos.history.awdb_links import NAMES, PLACES, SIDES, Stretch, losses
from chaos.history.awdb_traffic import Connection, connections, heard
from chaos.journal import AwdbSeen, AwdbStep, RestExchange
from chaos.verdicts import bounds
from chaos.verdicts.finding import Finding, held, violated
from chaos.verdicts.grid import Cell

ANSWERED = "one has answered"
_CUT = "refused"
"""What a probe meets where no relay of ours sees attempts."""
HELD = "once an AWDB had answered, no request made Finesse try the other one"


def tries_no_longer(history: History, there: Stretch) -> Iterator[Finding]:
    """Of the requests at which the AWDB that is back has answered a node, after the first of them."""
    for node in history.nodes:
        yield from _at_node(history, node, there)


def _at_node(history: History, node: str, there: Stretch) -> Iterator[Finding]:
    other = next(side for side in SIDES if side != there.side)
    cell = Cell.of(node=node, back=PLACES[there.side], then=ANSWERED)
    first: RestExchange | None = None
    tried: list[tuple[RestExchange, AwdbSeen]] = []
    for one in asked(history):
        if one.node != node or not there.covers(one):
            continue
        met = heard(history, one)
        if not met.is_certain or not met.of(AwdbStep.ANSWERED, side=there.side):
            continue
        attempts = met.of(AwdbStep.ATTEMPT, side=other)
        in_vain = [seen for seen in attempts if _stands(history, there.side, one, seen)]
        if in_vain:
            tried.append((one, in_vain[0]))
        elif first is not None and not attempts and _would_be_seen(history, other, one):
            yield held(cell, HELD, there.cited(), cited(first), cited(one))
        first = first or one
    # Finesse may look at the other one by itself, at a time of its own, which may fall into somebody's request once.
    if len(tried) >= bounds.TRIED_ON:
        said = f"{node} tried {NAMES[other]}, though it was connected to {NAMES[there.side]}, which answered"
        lines = [(cited(one), Evidence.of(seen, f"awdb-{seen.side}: {seen.step}")) for one, seen in tried[:2]]
        yield violated(cell, said, there.cited(), *(line for two in lines for line in two))


def _stands(history: History, side: str, one: RestExchange, attempt: AwdbSeen) -> bool:
    """Whether a connection of that node to that AWDB stood all the time since before the attempt, and answered."""
    return any(
        _has_answered(known, attempt.at_s) and _lasts(known, one) and _answers(known, one)
        for known in connections(history).values()
        if (known.side, known.node, known.is_ours) == (side, one.node, False)
    )


def _has_answered(known: Connection, before_s: float) -> bool:
    return any(seen.step is AwdbStep.ANSWERED and seen.at_s < before_s for seen in known.steps)


def _lasts(known: Connection, one: RestExchange) -> bool:
    return known.ended_s is None or known.ended_s > one.at_s


def _answers(known: Connection, one: RestExchange) -> bool:
    return any(seen.step is AwdbStep.ANSWERED and one.sent_s <= seen.at_s <= one.at_s for seen in known.steps)


def _would_be_seen(history: History, side: str, one: RestExchange) -> bool:
    return not any(
        lost.met == _CUT and lost.from_s < one.at_s and one.sent_s < lost.to_s for lost in losses(history, side)
    )
