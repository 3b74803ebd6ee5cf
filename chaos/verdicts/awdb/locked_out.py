"""AWDB-12: a loss of one AWDB locks nobody out who has not sent wrong passwords himself."""

from collections.abc import Iterator, Sequence
from itertools import pairwise

from chaos.history import History
from chaos.history.asking import UNAUTHORIZED, asked, cited, was_good, was_let_in, was_turned_away, who
from chaos.history.awdb_links import NAMES, PLACES, Stretch, one_lost
from chaos.history.awdb_traffic import heard
from chaos.journal import AwdbStep, RestExchange
from chaos.verdicts import bounds
from chaos.verdicts.awdb.prerequisites import may_lack_between
from chaos.verdicts.finding import Finding, held, not_here, violated
from chaos.verdicts.grid import Cell

TIMED_OUT = "after two time-outs"


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
    """Of those who are refused again and again, cached or not, while the other AWDB is there, and serves others; and of
    those who met two time-outs, and are let in all the same."""
    for lost, there in one_lost(history):
        for node in history.nodes:
            requests = [one for one in asked(history) if one.node == node and lost.covers(one) and there.covers(one)]
            yield from _is_refused(history, node, requests, lost, there)
            if lost.met == "silence":
                yield from _comes_in(node, requests, lost)


def _comes_in(node: str, requests: Sequence[RestExchange], lost: Stretch) -> Iterator[Finding]:
    """Who asked for two things at once, both of which met the loss."""
    cell = Cell.of(node=node, lost=PLACES[lost.side], then=TIMED_OUT)
    for name in dict.fromkeys(who(one) for one in requests):
        his = [one for one in requests if who(one) == name and not one.wrong_password]
        if not any(next_one.sent_s < one.at_s for one, next_one in pairwise(his)):
            continue
        failed = [one for one in his if was_turned_away(one) and one.status != UNAUTHORIZED]
        later = [one for one in his if was_let_in(one) and len(failed) > 1 and one.sent_s > failed[1].at_s]
        if later:
            lines = (lost.cited(), *(cited(one) for one in (*failed[:2], later[0])))
            yield held(cell, "who met two time-outs is let in by the other AWDB", *lines)
        elif len(failed) < 2 and was_let_in(his[-1]):
            yield not_here(cell, f"of two requests of {name} at once no more than one failed", lost.cited())


def _is_refused(
    history: History, node: str, requests: Sequence[RestExchange], lost: Stretch, there: Stretch
) -> Iterator[Finding]:
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
