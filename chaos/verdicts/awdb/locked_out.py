"""AWDB-12: a loss of one AWDB locks nobody out who has not sent wrong passwords himself."""

from collections.abc import Iterator

from chaos.history import History
from chaos.history.asking import UNAUTHORIZED, asked, cited, was_good, was_let_in, who
from chaos.history.awdb_links import NAMES, PLACES, Stretch, one_lost
from chaos.history.awdb_traffic import heard
from chaos.journal import AwdbStep, RestExchange
from chaos.verdicts import bounds
from chaos.verdicts.awdb.prerequisites import may_lack_between
from chaos.verdicts.finding import Finding, violated
from chaos.verdicts.grid import Cell


def may_be_locked_out(history: History, one: RestExchange) -> bool:
    """Whether as many wrong passwords of his as lock somebody out were sent before, since he succeeded last."""
    wrong = 0
    for other in history.whole.of(RestExchange, to_s=one.at_s):
        if who(other) != who(one) or other.sent_s >= one.at_s:
            continue
        if other.wrong_password:
            wrong += 1
            if wrong >= bounds.WRONG_PASSWORDS:
                return True
        elif other.node == one.node and was_good(other):
            wrong = 0
    return False


def nobody_is_locked_out(history: History) -> Iterator[Finding]:
    """Of those who are refused again and again, cached or not, while the other AWDB is there, and serves others."""
    for lost, there in one_lost(history):
        for node in history.nodes:
            yield from _at_node(history, node, lost, there)


def _at_node(history: History, node: str, lost: Stretch, there: Stretch) -> Iterator[Finding]:
    requests = [one for one in asked(history) if one.node == node and lost.covers(one) and there.covers(one)]
    if not requests or may_lack_between(history, requests[0].sent_s, requests[-1].at_s):
        return
    served = [one for one in requests if was_let_in(one) and heard(history, one).of(AwdbStep.ANSWERED, side=there.side)]
    refused: dict[str, list[RestExchange]] = {}
    for one in requests:
        if one.wrong_password or not _could_be_let_in(history, one):
            continue
        row = refused.setdefault(who(one), [])
        if one.status != UNAUTHORIZED or may_be_locked_out(history, one):
            row.clear()
            continue
        row.append(one)
        others = [two for two in served if who(two) != who(one)]
        is_served = any(two.at_s < row[0].sent_s for two in others)
        still = [two for two in others if two.sent_s > row[0].at_s]
        if len(row) == bounds.TRIES_IN_VAIN and is_served and still:
            said = f"{node} refused {who(one)} again and again, though {NAMES[there.side]} was there and served others"
            cell = Cell.of(node=node, lost=PLACES[lost.side])
            yield violated(cell, said, lost.cited(), *(cited(two) for two in row), cited(still[0]))


def _could_be_let_in(history: History, one: RestExchange) -> bool:
    """Whether the same was let in at another time: some things are refused with 401 for what is asked."""
    like_it = history.whole.of(RestExchange, lambda seen: seen.node == one.node and seen.resource == one.resource)
    return any((two.path, who(two)) == (one.path, who(one)) and was_let_in(two) for two in like_it)
