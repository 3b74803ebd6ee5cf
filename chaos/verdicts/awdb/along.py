"""AWDB-04: an AWDB is asked about whoever is not cached, and not about others, who are, along with him.

Whose question it is cannot be read. But the same request of the same person brings about as many questions whether
others are cached at that node or not: what comes on top when they are, each time, is about them.
"""

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from chaos.history import History
from chaos.history.asking import asked, cited, is_about_settings, was_good, was_let_in, who
from chaos.history.awdb_traffic import heard, steady_from_s
from chaos.history.credentials import idle_s_min
from chaos.journal import AwdbStep, DesktopShown, RestExchange, StreamChange, StreamState
from chaos.verdicts import bounds
from chaos.verdicts.finding import Finding, held, violated
from chaos.verdicts.grid import Cell

OTHERS = "others are cached"
HELD = "as many questions were asked about somebody who is not cached whether others were or not"


@dataclass(slots=True)
class _Counts:
    """The same request of one person, with how many questions each time: while nobody else was cached at that node, and
    while somebody was."""

    alone: list[tuple[int, RestExchange]] = field(default_factory=list)
    beside: list[tuple[int, RestExchange]] = field(default_factory=list)


def asked_along(history: History) -> Iterator[Finding]:
    """Of each node's requests that made it ask."""
    for node in history.nodes:
        yield from _at_node(node, _counts(history, node))


def _at_node(node: str, counts: Sequence[_Counts]) -> Iterator[Finding]:
    cell = Cell.of(node=node, others=OTHERS)
    both = [one for one in counts if one.alone and one.beside]
    more = [one for one in both if min(n for n, _ in one.beside) > max(n for n, _ in one.alone)]
    if sum(len(one.beside) for one in more) >= bounds.ASKED_ALONG and len(more) > len(both) / 2:
        (few, alone), (many, beside) = more[0].alone[0], more[0].beside[0]
        said = f"{node} asked an AWDB more about {who(alone)} when others were cached: about them, too"
        yield violated(cell, said, cited(alone, f"{few} question(s)"), cited(beside, f"{many} questions"))
    elif both and not more:
        (few, alone), (_, beside) = both[0].alone[0], both[0].beside[0]
        yield held(cell, HELD, cited(alone, f"{few} question(s), nobody else is cached"), cited(beside, "others are"))


def _counts(history: History, node: str) -> Sequence[_Counts]:
    good = sorted((one.at_s, who(one)) for one in asked(history) if one.node == node and _may_cache(history, one))
    good += _by_other_doors(history, node)
    good.sort()
    found: dict[tuple[str, str, bool], _Counts] = {}
    for one in asked(history):
        met = heard(history, one)
        questions = len(met.of(AwdbStep.ASKED))
        if one.node != node or not questions or not met.is_certain or not _is_asked_about(history, one):
            continue
        counts = found.setdefault((who(one), one.resource, bool(met.of(AwdbStep.ATTEMPT))), _Counts())
        others_s = [at_s for at_s, name in good[: bisect_left(good, (one.sent_s, ""))] if name != who(one)]
        idle_s = one.sent_s - max([*others_s, 0.0, steady_from_s(history)])
        if idle_s > bounds.CACHE_GONE_S:
            counts.alone.append((questions, one))
        elif others_s and idle_s < bounds.CACHE_LIFE_S / 2:
            counts.beside.append((questions, one))
    return list(found.values())


def _is_asked_about(history: History, one: RestExchange) -> bool:
    """Whether its own credentials were good, and nobody can have known them without asking."""
    if one.wrong_password or is_about_settings(one) or not was_let_in(one):
        return False
    return idle_s_min(history, one) > bounds.CACHE_GONE_S


def _may_cache(history: History, one: RestExchange) -> bool:
    """Who succeeds is cached; and who is let in without a question was."""
    return was_good(one) or (was_let_in(one) and not heard(history, one).of(AwdbStep.ANSWERED))


def _by_other_doors(history: History, node: str) -> list[tuple[float, str]]:
    """Who came in otherwise, and may be cached by that."""
    found = [(one.at_s, one.agent) for one in history.of(DesktopShown) if one.ok and one.node == node]
    streams = history.of(StreamChange, lambda one: one.state is StreamState.CONNECTED)
    return [*found, *((one.at_s, one.agent) for one in streams if one.node == node)]
