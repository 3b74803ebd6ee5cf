"""AWDB-11: with both AWDBs lost and nothing cached, requests are answered with 401."""

from collections.abc import Iterator, Sequence

from chaos.history import Evidence, History
from chaos.history.asking import (
    UNAUTHORIZED,
    asked,
    asker_of,
    cited,
    ever_let_in,
    is_about_settings,
    outcome,
    was_good,
    was_let_in,
    who,
)
from chaos.history.awdb_links import Dark, darks, was_dark
from chaos.history.credentials import idle_s_min, was_surely_uncached
from chaos.history.passed_on import passed_on
from chaos.history.relays import awdb_blind
from chaos.journal import RestExchange
from chaos.verdicts import bounds
from chaos.verdicts.awdb.asks import ASKERS, REQUESTS, SILENT, at, both_silent
from chaos.verdicts.carried_out import carried_out
from chaos.verdicts.check import check
from chaos.verdicts.finding import Finding, held, inconclusive, violated
from chaos.verdicts.grid import Cell, grid, nodes

TRIES = ("first try", "second try", "later try")


@check(
    grid(
        node=nodes,
        ask=ASKERS,
        request=REQUESTS,
        turn=TRIES,
        loss=(SILENT,),
        pairs=(("node", "request"), ("node", "ask", "turn"), ("node", "loss")),
    ),
    needs=was_dark,
    rests_on=(awdb_blind,),
)
def requests_get_401(history: History) -> Iterator[Finding]:
    """Requests of people whose credentials have lapsed get 401, once the node has noticed that both AWDBs are lost, and
    what they asked for is not done."""
    for dark in darks(history):
        for node in history.nodes:
            requests = [one for one in asked(history) if one.node == node and dark.covers(one)]
            in_need = [one for one in requests if one.wrong_password or _is_uncached(history, one)]
            yield from _once_noticed(history, in_need, dark)
            yield from _with_any_password(requests, dark)


def _with_any_password(requests: Sequence[RestExchange], dark: Dark) -> Iterator[Finding]:
    """A wrong password is good for nobody: it is not what was cached, and no AWDB can be asked about it."""
    for one in requests:
        if one.wrong_password and was_good(one):
            said = f"{who(one)} was let in by {one.node} with a wrong password"
            yield violated(Cell.of(**at(one)), said, *dark.cited(), cited(one))


def _is_uncached(history: History, one: RestExchange) -> bool:
    return idle_s_min(history, one) > bounds.CACHE_GONE_S


def _once_noticed(history: History, requests: Sequence[RestExchange], dark: Dark) -> Iterator[Finding]:
    """requests: of one node. As many as there are AWDBs may end otherwise before it has noticed (AWDB-12)."""
    noticed = next((n for n, one in enumerate(requests) if one.status == UNAUTHORIZED), len(requests))
    counts: dict[tuple[str, str], int] = {}
    for one in requests[min(noticed, bounds.UNNOTICED_REQUESTS) :]:
        if one.wrong_password or is_about_settings(one):  # settings are AWDB-09's
            continue
        nth = counts[who(one), asker_of(one)] = counts.get((who(one), asker_of(one)), -1) + 1
        cell = Cell.of(**at(one), turn=TRIES[min(nth, len(TRIES) - 1)], **both_silent(dark))
        yield _is_401(history, cell, one, requests[: bounds.UNNOTICED_REQUESTS], dark)


def _is_401(history: History, cell: Cell, one: RestExchange, before: Sequence[RestExchange], dark: Dark) -> Finding:
    lines = (*dark.cited(), *(cited(other) for other in before if other is not one), cited(one))
    name = f"{who(one)} at {one.node}"
    if was_let_in(one) and not was_surely_uncached(history, one, bounds.CACHE_GONE_S):
        return inconclusive(cell, f"{name} was let in: cached since before this journal began, perhaps", *lines)
    if one.status != UNAUTHORIZED:
        return violated(cell, f"{one.node} answers {outcome(one)} instead of 401", *lines)
    done = _done(history, one)
    if done is not None:
        return violated(cell, f"{one.node} answers 401, and does what was asked for", *lines, done)
    if (one.node, who(one)) not in ever_let_in(history):
        return inconclusive(cell, f"{name} was not let in at any other time either", *lines)
    return held(cell, "requests were answered with 401 once the loss was noticed", *lines)


def _done(history: History, one: RestExchange) -> Evidence | None:
    """What the node asked its CTI server for all the same, or what came of it at the switch."""
    if one.agent is None:
        return None
    if one.resource == "PUT User/{id}":
        passed = passed_on(history, one.node, one.agent, one.sent_s, one.at_s)
        if passed is not None:
            return passed
    return carried_out(history, one, one.sent_s, one.at_s + bounds.PUBLISH_S) if one.wanted else None
