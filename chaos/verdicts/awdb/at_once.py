"""AWDB-06: of several people who ask at once, each makes Finesse try, whoever else it is trying for.

Whose attempt is whose cannot be told then, but they can be counted: there are as many as when each of these people asks
alone, or somebody's request was refused by what came of another one's.
"""

from collections.abc import Iterator, Sequence

from chaos.history import History
from chaos.history.asking import asked, cited, was_let_in, who
from chaos.history.awdb_links import Dark, is_deaf
from chaos.history.awdb_traffic import connections, heard, talks_unasked
from chaos.journal import AwdbSeen, AwdbStep, DesktopShown, RestExchange, StreamChange
from chaos.verdicts.awdb.controls import heard_around, unheard
from chaos.verdicts.finding import Finding, held, inconclusive, missed
from chaos.verdicts.grid import Cell

AT_ONCE = "another's request"
HELD = "of several people who asked at once each made Finesse try"


def each_tries(history: History, node: str, in_need: Sequence[RestExchange], dark: Dark) -> Iterator[Finding]:
    """in_need: what that node was asked for without any AWDB by people who are not cached."""
    refused = [one for one in in_need if not was_let_in(one)]
    alone = [met for one in refused if (met := heard(history, one)).is_certain]
    usual = min((len(met.of(AwdbStep.ATTEMPT)) for met in alone), default=0)
    for row in _rows(history, node):
        people = {who(one) for one in row}
        if len(people) > 1 and all(one in refused for one in row) and not _is_beside(history, node, row):
            yield _each(history, node, row, len(people) * usual, dark)


def _each(history: History, node: str, row: Sequence[RestExchange], due: int, dark: Dark) -> Finding:
    cell, lines = Cell.of(node=node, beside=AT_ONCE), (*dark.cited(), *(cited(one) for one in row))
    from_s, to_s = row[0].sent_s, max(one.at_s for one in row)
    tries = history.of(AwdbSeen, lambda seen: seen.step is AwdbStep.ATTEMPT, from_s=from_s, to_s=to_s)
    known = [connections(history)[seen.connection] for seen in tries]
    others = [one for one in known if not one.is_ours and one.node is None]
    if not due or others or talks_unasked(history, node):
        return inconclusive(cell, "at whose request an AWDB was tried is open", *lines)
    count = sum(one.node == node for one in known)
    if count >= due:
        return held(cell, HELD, *lines)
    if heard_around(history, node, from_s, to_s) is None or any(is_deaf(history, one) for one in row):
        return inconclusive(cell, unheard(node), *lines)
    people = len({who(one) for one in row})
    said = f"{people} people asked {node} at once, which tried {count} time(s), and not {due} times"
    return missed(cell, said, *lines)


def _rows(history: History, node: str) -> Iterator[Sequence[RestExchange]]:
    """Requests of that node, of which each begins before the ones before it have ended."""
    row: list[RestExchange] = []
    for one in asked(history):
        if one.node != node:
            continue
        if row and one.sent_s >= max(other.at_s for other in row):
            yield row
            row = []
        row.append(one)
    if row:
        yield row


def _is_beside(history: History, node: str, row: Sequence[RestExchange]) -> bool:
    """Whether somebody comes in by another way meanwhile."""
    others = [(one.node, one.asked_s, one.at_s) for one in history.of(DesktopShown)]
    others += [(one.node, one.asked_s, one.at_s) for one in history.of(StreamChange) if one.asked_s is not None]
    to_s = max(one.at_s for one in row)
    return any(there == node and from_s < to_s and row[0].sent_s < until_s for there, from_s, until_s in others)
