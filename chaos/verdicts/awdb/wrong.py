"""AWDB-05: the other AWDB authenticates people as the first one did: nobody is let in with a wrong password."""

from collections.abc import Iterator

from chaos.history import History
from chaos.history.asking import UNAUTHORIZED, asked, cited, ever_let_in, was_good, who
from chaos.history.awdb_links import NAMES, PLACES, one_lost
from chaos.history.awdb_traffic import heard
from chaos.journal import AwdbStep
from chaos.verdicts.awdb.prerequisites import may_lack_between
from chaos.verdicts.finding import Finding, held, violated
from chaos.verdicts.grid import Cell

WRONG = "a wrong one"


def wrong_passwords_are_refused(history: History) -> Iterator[Finding]:
    """Of each wrong password that was sent while one AWDB was lost and the other one there."""
    for lost, there in one_lost(history):
        for one in asked(history):
            if not one.wrong_password or not lost.covers(one) or not there.covers(one):
                continue
            cell, lines = Cell.of(node=one.node, lost=PLACES[lost.side], password=WRONG), (lost.cited(), cited(one))
            if was_good(one):
                yield violated(cell, f"{who(one)} was let in by {one.node} with a wrong password", *lines)
            elif (
                one.status == UNAUTHORIZED
                and (one.node, who(one)) in ever_let_in(history)
                and heard(history, one).of(AwdbStep.ANSWERED, side=there.side)
                and not may_lack_between(history, one.sent_s, one.at_s)
            ):
                yield held(cell, f"{NAMES[there.side]} refused a wrong password", *lines)
