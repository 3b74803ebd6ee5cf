"""How old cached credentials were when somebody asked again, held against half an hour.

Whether the half hour counts from the request that asked an AWDB, or from the last one that succeeded, is open: the
chapter can be read both ways. Credentials must be good as long as they are by the first reading, and must not be any
more when they are not by the second.
"""

from chaos.history import Evidence, History
from chaos.history.asking import cited, was_let_in
from chaos.history.awdb_links import dark_of, is_deaf, was_dark
from chaos.history.awdb_traffic import heard
from chaos.history.credentials import Again
from chaos.journal import AwdbStep, RestExchange
from chaos.verdicts import bounds
from chaos.verdicts.awdb.controls import heard_around


def must_be_good(one: Again) -> bool:
    return one.age is not None and one.age.hi_s <= bounds.CACHE_LIFE_S


def must_have_lapsed(one: Again) -> bool:
    return one.idle.lo_s > bounds.CACHE_LIFE_S


def is_young(one: Again) -> bool:
    return one.age is not None and one.age.hi_s < bounds.CACHE_LIFE_S / 2


def is_just_before(one: Again) -> bool:
    """Good still, by less than the edge; the less exact our clock was, the wider that is."""
    return must_be_good(one) and one.age is not None and one.age.lo_s >= bounds.CACHE_LIFE_S - _edge_s(one)


def is_just_after(one: Again) -> bool:
    return must_have_lapsed(one) and one.idle.hi_s <= bounds.CACHE_LIFE_S + _edge_s(one)


def is_long_after(one: Again) -> bool:
    return one.idle.lo_s > bounds.CACHE_GONE_S


def depends_on_the_reading(one: Again) -> bool:
    """Lapsed if the half hour counts from the question to the AWDB, and good if it counts from the last success."""
    was_long_ago = one.age is not None and one.age.lo_s > bounds.CACHE_LIFE_S and one.is_oldest
    return was_long_ago and one.idle.hi_s <= bounds.CACHE_LIFE_S


def _edge_s(one: Again) -> float:
    return bounds.CACHE_EDGE_S + 4 * one.error_s


def were_good(history: History, request: RestExchange) -> bool | None:
    """Whether cached credentials were good for that request; None if that cannot be told.

    Without any AWDB: whether it was let in. With one there: whether none was asked about it, if that was listened to.
    """
    if was_dark(history) and dark_of(history, request) is not None:
        return was_let_in(request)
    met = heard(history, request)
    if met.of(AwdbStep.ATTEMPT, AwdbStep.ASKED):
        return False if met.is_certain else None
    if not was_let_in(request) or not met.is_certain:
        return None
    is_heard = heard_around(history, request.node, request.sent_s, request.at_s) and not is_deaf(history, request)
    return True if is_heard else None


def cited_again(one: Again) -> tuple[Evidence, ...]:
    """The requests that it compares, as evidence."""
    lines = []
    if one.authenticated is not None:
        lines.append(cited(one.authenticated, "an AWDB was asked"))
    if one.last is not one.authenticated:
        lines.append(cited(one.last))
    since = one.age if must_be_good(one) and one.age is not None else one.idle
    return (*lines, cited(one.then, f"{since} later"))
