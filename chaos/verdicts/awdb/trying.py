"""AWDB-06: with both AWDBs lost Finesse tries at every request, at both of them, until one answers."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from chaos.history import Evidence, History
from chaos.history.asking import asked, asker_of, cited, ever_let_in, people, was_let_in, who
from chaos.history.awdb_links import (
    NAMES,
    OPEN,
    PLACES,
    SECONDARY,
    SIDES,
    Dark,
    Stretch,
    darks,
    is_deaf,
    stretches,
    was_dark,
)
from chaos.history.awdb_traffic import heard, tried_between
from chaos.history.credentials import idle_s_min
from chaos.history.relays import awdb_blind
from chaos.journal import AwdbStep, RestExchange
from chaos.verdicts import bounds
from chaos.verdicts.awdb.asks import ASKERS, REQUESTS, SILENT, at, both_silent
from chaos.verdicts.awdb.at_once import AT_ONCE, each_tries
from chaos.verdicts.awdb.connected import ANSWERED, tries_no_longer
from chaos.verdicts.awdb.controls import heard_around, unheard
from chaos.verdicts.check import check
from chaos.verdicts.finding import Finding, held, inconclusive, missed, violated
from chaos.verdicts.grid import Cell, grid, nodes

TURNS = ("first", "second", "third", "later")
BACK = tuple(PLACES.values())
# Where a link is cut the proxy refuses, and no relay of ours sees the attempt.
_ATTEMPTS_ARE_SEEN = frozenset({"reset", "server-down", "silence"})
HELD = "every request made Finesse try, at both AWDBs, until one answered"


@check(
    grid(
        node=nodes,
        ask=ASKERS,
        request=REQUESTS,
        turn=TURNS,
        back=BACK,
        # `then`: once the one that is back has answered, it is in use, and the other one is not tried any more.
        then=(ANSWERED,),
        # `beside`: several people ask at once.
        beside=(AT_ONCE,),
        loss=(SILENT,),
        pairs=(
            ("node", "ask", "turn"),
            ("node", "request"),
            ("node", "back", "ask"),
            ("node", "back", "then"),
            ("node", "beside"),
            ("node", "loss"),
        ),
    ),
    needs=was_dark,
    rests_on=(awdb_blind,),
)
def finesse_tries_at_every_request(history: History) -> Iterator[Finding]:
    """With both AWDBs lost every request makes Finesse try, by turns at both; once one answers, requests
    succeed, and it is the only one that is asked."""
    for dark in darks(history):
        if {dark.primary.met, dark.secondary.met} <= _ATTEMPTS_ARE_SEEN:
            for node in history.nodes:
                yield from _by_turns(history, node, dark)
        yield from _until_one_answers(history, dark)


def _by_turns(history: History, node: str, dark: Dark) -> Iterator[Finding]:
    in_need = [one for one in asked(history) if one.node == node and dark.covers(one) and _needs_an_awdb(history, one)]
    counts: dict[tuple[str, str], int] = {}
    for n, one in enumerate(in_need):
        nth = counts[who(one), asker_of(one)] = counts.get((who(one), asker_of(one)), -1) + 1
        if not was_let_in(one):  # else he was cached after all
            cell = Cell.of(**at(one), turn=TURNS[min(nth, len(TURNS) - 1)], **both_silent(dark))
            yield _tries(history, cell, one, in_need[n - 1] if n else None, dark)
    yield from each_tries(history, node, in_need, dark)


def _needs_an_awdb(history: History, one: RestExchange) -> bool:
    """Whether nobody can have cached what it was sent with."""
    return one.wrong_password or idle_s_min(history, one) > bounds.CACHE_GONE_S


def _tries(history: History, cell: Cell, one: RestExchange, before: RestExchange | None, dark: Dark) -> Finding:
    """At one request: something was tried, and with the request before it both were."""
    met = heard(history, one)
    lines = (*dark.cited(), *(_cited(history, other) for other in (before, one) if other is not None))
    if not met.is_certain:
        return inconclusive(cell, "at whose request an AWDB was tried is open", *lines)
    if not met.sides():
        if heard_around(history, one.node, one.sent_s, one.at_s) is None or _may_be_unheard(history, one):
            return inconclusive(cell, unheard(one.node), *lines)
        return missed(cell, f"{one.node} did not try any AWDB at a request", *lines)
    if before is None or met.sides() == frozenset(SIDES):
        return held(cell, HELD, *lines)
    earlier = heard(history, before)
    if not earlier.is_certain or was_let_in(before) or tried_between(history, one.node, before.at_s, one.sent_s):
        return held(cell, HELD, *lines)
    if met.sides() | earlier.sides() == frozenset(SIDES) or not earlier.sides():
        return held(cell, HELD, *lines)
    if SECONDARY not in _ever_tried(history, one.node):
        return inconclusive(cell, f"{one.node} never tried the secondary AWDB: see AWDB-05", *lines)
    side = next(iter(met.sides()))
    return violated(cell, f"{one.node} tried {NAMES[side]} again, and not the other one", *lines)


def _may_be_unheard(history: History, one: RestExchange) -> bool:
    """Into a silence it may have asked on a connection that stood, but then it has waited for an answer."""
    return is_deaf(history, one) and (one.status is None or one.at_s - one.sent_s >= bounds.FAIL_OVER_S_MIN)


def _ever_tried(history: History, node: str) -> frozenset[str]:
    return frozenset(side for one in asked(history) if one.node == node for side in heard(history, one).sides())


def _cited(history: History, one: RestExchange) -> Evidence:
    sides = sorted(heard(history, one).sides())
    return cited(one, f"tried: {', '.join(f'awdb-{side}' for side in sides) or 'nothing'}")


# --- until one answers -----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Back:
    """The first AWDB that was there again after a time without any."""

    dark: Dark
    there: Stretch

    def cited(self) -> tuple[Evidence, ...]:
        return *self.dark.cited(), self.there.cited()


def _until_one_answers(history: History, dark: Dark) -> Iterator[Finding]:
    """Once an AWDB is back, people are let in by it, after one failure for each AWDB at most."""
    there = [one for side in SIDES for one in stretches(history, side) if one.met == OPEN and one.from_s > dark.to_s]
    if not there:
        return
    back = _Back(dark, min(there, key=lambda one: one.from_s))
    yield from tries_no_longer(history, back.there)
    for person, requests in people(history).items():
        failed = [one for one in requests if dark.covers(one) and not was_let_in(one)]
        for asker in ASKERS:
            later = [one for one in requests if back.there.covers(one) and asker_of(one) == asker]
            if failed and later and idle_s_min(history, later[0]) > bounds.CACHE_GONE_S:
                yield _let_in(history, person, later, back)


def _let_in(history: History, person: tuple[str, str], requests: Sequence[RestExchange], back: _Back) -> Finding:
    node, name = person
    cell = Cell.of(**at(requests[0]), back=PLACES[back.there.side])
    lines = (*back.cited(), *(cited(one) for one in requests[:3]))
    good = next((n for n, one in enumerate(requests) if was_let_in(one)), None)
    if good is not None and good <= bounds.UNNOTICED_REQUESTS:
        if not heard(history, requests[good]).of(AwdbStep.ANSWERED, side=back.there.side):
            return inconclusive(cell, f"{name} was let in, but {NAMES[back.there.side]} was not asked", *lines)
        return held(cell, HELD, *lines)
    if len(requests) <= bounds.UNNOTICED_REQUESTS:
        return inconclusive(cell, f"{name} at {node} gave up asking", *lines)
    if person not in ever_let_in(history):
        return inconclusive(cell, f"{name} at {node} was not let in at any other time either", *lines)
    return violated(cell, f"{NAMES[back.there.side]} is back, and {name} at {node} is not let in", *lines)
