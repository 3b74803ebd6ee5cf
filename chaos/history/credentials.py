"""Who was let in when, at the same node: how old credentials were that somebody used again."""

from dataclasses import dataclass

from chaos.history.asking import is_about_settings, people, was_good, was_let_in, who
from chaos.history.awdb_traffic import heard
from chaos.history.history import History, fact
from chaos.history.lateness import clock_error_s
from chaos.journal import AwdbStep, RestExchange


@dataclass(frozen=True, slots=True)
class Age:
    """So much time lay between two requests: somewhere in lo_s … hi_s, since nobody knows when on its way a request
    was looked at, nor our own clock better than its lateness."""

    lo_s: float
    hi_s: float

    def __str__(self) -> str:
        return f"{self.lo_s:.3f} … {self.hi_s:.3f} s"


@dataclass(frozen=True, slots=True)
class Again:
    """Somebody asked who had been let in before, at the same node.

    last: the last request before it that succeeded; idle: how long before. authenticated: the last one before it that
    made Finesse ask an AWDB, and succeeded; age: how long before; both None if none was seen. error_s: how far times
    may be off. is_oldest: no other request that succeeded since then can have made it ask about this person, as one of
    settings may, or one beside others.
    """

    then: RestExchange
    last: RestExchange
    idle: Age
    authenticated: RestExchange | None
    age: Age | None
    error_s: float
    is_oldest: bool = True


@fact
def agains(history: History) -> tuple[Again, ...]:
    """Each request of somebody who had been let in before, at the same node; in the order in which they were sent."""
    found = []
    for requests in people(history).values():
        good: list[RestExchange] = []
        asked: list[RestExchange] = []
        maybe: list[RestExchange] = []
        for then in requests:
            last = _last_before(good, then)
            if last is not None:
                base = _last_before(asked, then)
                error_s = max(_error_s(history, one) for one in (base, last, then) if one is not None)
                age = _age(base, then, error_s) if base else None
                is_oldest = _last_before(maybe, then) in (base, None)
                found.append(Again(then, last, _age(last, then, error_s), base, age, error_s, is_oldest))
            if was_good(then):
                good.append(then)
                if _authenticates(history, then, is_first=last is None):
                    asked.append(then)
                if asked[-1:] == [then] or heard(history, then).of(AwdbStep.ANSWERED):
                    maybe.append(then)
    return tuple(sorted(found, key=lambda one: one.then.sent_s))


def _authenticates(history: History, request: RestExchange, *, is_first: bool) -> bool:
    """Whether an AWDB was asked about this person. About settings it may be asked for another reason.

    is_first: nothing of his has succeeded before. Whoever had not asked this node for anything before the journal,
    either, has been asked about, whatever else is asked in the same time.
    """
    met = heard(history, request)
    is_new = is_first and _is_unknown(history, request)
    return (met.is_certain or is_new) and bool(met.of(AwdbStep.ANSWERED)) and not is_about_settings(request)


def _is_unknown(history: History, request: RestExchange) -> bool:
    """Whether the node cannot know the person: nothing was asked of it in that name before the journal."""
    header = history.header
    is_unused = header.is_new and any(who(request) == name for name, _ in header.spare)
    return is_unused and not any((node, name) == (request.node, who(request)) for node, name, _ in header.cached)


def _error_s(history: History, request: RestExchange) -> float:
    return clock_error_s(history, request.sent_s, request.at_s)


def _last_before(requests: list[RestExchange], then: RestExchange) -> RestExchange | None:
    return next((one for one in reversed(requests) if one.at_s <= then.sent_s), None)


def _age(first: RestExchange, then: RestExchange, error_s: float) -> Age:
    return Age(max(0.0, then.sent_s - first.at_s - error_s), then.at_s - first.sent_s + error_s)


@fact
def again_of(history: History, request: RestExchange) -> Again | None:
    """What is known of the credentials of that request; None if it is the person's first, or nothing succeeded yet."""
    return _by_number(history).get(request.number)


def was_surely_uncached(history: History, request: RestExchange, life_s: float) -> bool:
    """Whether the person's credentials cannot have been cached, if that lasts for so long: nothing has succeeded for
    longer than that, in this journal or before it, as far as the harness knows of that."""
    if idle_s_min(history, request) <= life_s:
        return False
    if again_of(history, request) is not None:
        return True
    header = history.header
    before_s = [idle_s for node, name, idle_s in header.cached if (node, name) == (request.node, who(request))]
    idle_s = min(before_s, default=float("inf") if _is_unknown(history, request) else 0.0)
    return idle_s + request.sent_s > life_s


@fact
def _by_number(history: History) -> dict[int, Again]:
    return {one.then.number: one for one in agains(history)}


@fact
def idle_s_min(history: History, request: RestExchange) -> float:
    """How long before it, at least, the person's credentials were cached, or used from the cache, last; infinite if
    that was not seen.

    What came before the journal is not seen: whoever relies on it has to see that an AWDB was asked. But whoever is let
    in without an AWDB's answer is cached, and has been at that time.
    """
    known = again_of(history, request)
    idle_s = known.idle.lo_s if known is not None else float("inf")
    for one in reversed(people(history).get((request.node, who(request)), ())):
        if one.at_s <= request.sent_s and was_let_in(one) and not heard(history, one).of(AwdbStep.ANSWERED):
            return min(idle_s, request.sent_s - one.at_s)
    return idle_s
