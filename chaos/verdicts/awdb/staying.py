"""AWDB-05, AWDB-12: once it has gone to the other AWDB, a node goes on using that as long as it is there."""

from collections.abc import Iterator

from chaos.history import History
from chaos.history.asking import UNAUTHORIZED, asked, cited, was_let_in, was_turned_away
from chaos.history.awdb_links import NAMES, PLACES, Stretch, one_lost
from chaos.history.awdb_traffic import heard
from chaos.journal import AwdbStep, RestExchange
from chaos.verdicts import bounds
from chaos.verdicts.awdb.prerequisites import may_lack_between
from chaos.verdicts.finding import Finding, held, violated
from chaos.verdicts.grid import Cell

LATER = "some time later"


def stays_with_the_other(history: History) -> Iterator[Finding]:
    """Each request since the other AWDB has served somebody at that node, while the first one is lost all the time, and
    the other one there: none fails because the lost one is tried again."""
    for lost, there in one_lost(history):
        for node in history.nodes:
            yield from _at_node(history, node, lost, there)


def _at_node(history: History, node: str, lost: Stretch, there: Stretch) -> Iterator[Finding]:
    served: RestExchange | None = None
    last_s = float("-inf")
    for one in asked(history):
        if one.node != node or not lost.covers(one) or not there.covers(one):
            continue
        if may_lack_between(history, one.sent_s, one.at_s):
            served = None
            continue
        met = heard(history, one)
        answered = met.is_certain and bool(met.of(AwdbStep.ANSWERED, side=there.side))
        cell = Cell.of(node=node, lost=PLACES[lost.side], then=LATER)
        if served is not None and served.at_s < one.sent_s:
            back = met.of(AwdbStep.ATTEMPT, side=lost.side) if met.is_certain else ()
            if back and _failed(one):
                said = f"{node} turned back to {NAMES[lost.side]}, which is lost, though {NAMES[there.side]} was in use"
                yield violated(cell, said, lost.cited(), cited(served, "by the other one"), cited(one))
            elif answered and was_let_in(one) and one.sent_s - last_s >= bounds.AWDB_LATER_S:
                yield held(cell, "the other AWDB stays in use", lost.cited(), cited(served), cited(one))
        if answered and was_let_in(one):
            served = served or one
        if met.of(AwdbStep.ANSWERED, AwdbStep.ATTEMPT):
            last_s = one.at_s


def _failed(one: RestExchange) -> bool:
    """Of a wrong password only that it was not looked at."""
    return was_turned_away(one) and not (one.wrong_password and one.status == UNAUTHORIZED)
