"""AWDB-04: what an AWDB is asked long after a cached user's request, because of that.

Theory of operation. Whose question it is that comes while nothing is under way cannot be read, and a node may look
after its connections at any time. But where each success at a node is followed by one after the same time, to a
fraction of a second, and what failed or was asked with a wrong password is not, though it made use of the same
connections, these questions come of the successes. Successes of one moment count once.
"""

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Sequence

from chaos.history import Evidence, History
from chaos.history.asking import asked, cited, is_about_settings, was_good, who
from chaos.history.awdb_links import darks, was_dark
from chaos.history.awdb_traffic import TRIED, connections, has_seats, needs_awdb, steady_from_s
from chaos.journal import AwdbSeen, RestExchange
from chaos.verdicts import bounds
from chaos.verdicts.awdb.asks import at
from chaos.verdicts.finding import Finding, violated
from chaos.verdicts.grid import Cell


def echoed(history: History) -> Iterator[Finding]:
    """At each node, questions that echo each success of those who are cached, and nothing else.

    People ask much the same at each node, one after the other: of whose successes more are echoed, his these are.
    """
    strays, left = _strays(history), list(history.nodes)
    while left and not has_seats(history) and len(strays) >= bounds.ECHOES:
        found = {node: one for node in left if (one := _at_node(history, node, strays)) is not None}
        if not found:
            return
        node, (finding, numbers) = max(found.items(), key=lambda item: len(item[1][1]))
        yield finding
        left.remove(node)
        strays = [seen for seen in strays if seen.number not in numbers]


def _at_node(history: History, node: str, strays: Sequence[AwdbSeen]) -> tuple[Finding, frozenset[int]] | None:
    """What is to be said of that node, and the numbers of the questions that it rests on; None: nothing."""
    times_s = [seen.at_s for seen in strays]
    requests = [
        one
        for one in asked(history)
        if one.node == node and one.sent_s > steady_from_s(history) and not is_about_settings(one)
    ]
    good = [one for one in requests if was_good(one)]
    delay_s = _delay_s([one.at_s for one in good], times_s)
    if delay_s is None:
        return None
    heard = [one for one in requests if _was_listened(history, one.at_s + delay_s, times_s[-1])]
    followed = {one.number for one in heard if _near(times_s, one.at_s + delay_s) is not None}
    moments = _moments([one for one in heard if was_good(one)])
    echoes = _moments([one for one in heard if was_good(one) and one.number in followed])
    others = [one for one in _moments([one for one in heard if not was_good(one)]) if not _is_near_any(one, good)]
    without = [one for one in others if one.number not in followed]
    is_of_success = len(echoes) >= bounds.ECHOES and len(echoes) >= _MOST * len(moments)
    if not is_of_success or len(without) < bounds.ECHOES or len(without) < _MOST * len(others):
        return None
    answers = [seen for one in good for seen in strays if abs(seen.at_s - one.at_s - delay_s) <= _CLOSE_S]
    one, echo = echoes[0], Evidence.of(answers[0], f"awdb-{answers[0].side}: {answers[0].step}")
    said = f"an AWDB was asked {delay_s:.0f} s after each success of those who are cached, though nobody asked"
    lines = (cited(without[0], "nothing followed"), cited(one), echo)
    found = violated(Cell.of(**at(one)), f"{said}; first about {who(one)}", *lines)
    return found, frozenset(seen.number for seen in answers)


def _is_near_any(one: RestExchange, good: Sequence[RestExchange]) -> bool:
    return any(abs(one.at_s - other.at_s) < _APART_S for other in good)


_MOST = 0.9
_APART_S = 1.0
_CLOSE_S = 0.25
_SOONEST_S = 30.0


def _strays(history: History) -> Sequence[AwdbSeen]:
    """What was tried or asked while nothing was under way anywhere."""
    is_needed = needs_awdb(history, frozenset())
    found = (
        seen
        for one in connections(history).values()
        if not one.is_ours
        for seen in one.steps
        if seen.step in TRIED and seen.at_s > steady_from_s(history) and not is_needed(seen.at_s)
    )
    return sorted(found, key=lambda seen: seen.at_s)


def _delay_s(good_s: Sequence[float], times_s: Sequence[float]) -> float | None:
    """After which time most of these are followed by one of those."""
    delays = [
        time_s - good for time_s in times_s for good in good_s if _SOONEST_S <= time_s - good <= bounds.CACHE_LIFE_S
    ]
    counted = Counter(round(delay_s / _CLOSE_S) for delay_s in delays)
    if not counted:
        return None
    often = counted.most_common(1)[0][0]
    near = sorted(delay_s for delay_s in delays if abs(delay_s / _CLOSE_S - often) <= 1.0)
    return near[len(near) // 2]


def _near(times_s: Sequence[float], at_s: float) -> int | None:
    """The place of the first of these that is about then; None if none is."""
    n = bisect_left(times_s, at_s - _CLOSE_S)
    return n if n < len(times_s) and times_s[n] <= at_s + _CLOSE_S else None


def _was_listened(history: History, at_s: float, until_s: float) -> bool:
    """Whether what was asked then would have been seen, as far as there was an AWDB: a request may have hidden it."""
    is_dark = was_dark(history) and any(dark.from_s <= at_s <= dark.to_s for dark in darks(history))
    return at_s <= until_s + _CLOSE_S and not is_dark and not needs_awdb(history, frozenset())(at_s)


def _moments(requests: Sequence[RestExchange]) -> list[RestExchange]:
    """One of those that came at about the same time."""
    found: list[RestExchange] = []
    for one in sorted(requests, key=lambda one: one.at_s):
        if not found or one.at_s - found[-1].at_s >= _APART_S:
            found.append(one)
    return found
