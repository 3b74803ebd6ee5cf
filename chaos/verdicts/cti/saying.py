"""CTI-08 and CTI-09: what documents say of people and calls after a fail-over, besides their states."""

import itertools
from collections.abc import Iterator, Mapping
from types import MappingProxyType

from chaos.history import Evidence, History
from chaos.history.addresses import misnamed
from chaos.history.faults import fault_spans
from chaos.history.happenings import events_of, kind_of
from chaos.history.history import fact
from chaos.history.likeness import measured_until_s, unlike
from chaos.history.screens import asked_about
from chaos.journal import EventSeen, RestExchange
from chaos.verdicts.cti.failover import FailOver, ask_of

# What these bring is changed by nobody in a story but by faults that change settings.
_STANDING = ("GET ReasonCodes", "GET SystemConfig", "GET EnterpriseDatabaseConfig", "GET ClusterConfig")
_CHANGE_SETTINGS = frozenset({"UnconfiguredBSide", "UnconfiguredSecondaryAwdb"})

Seen = EventSeen | RestExchange


def said_otherwise(history: History, one: FailOver, agent: str, from_s: float) -> Iterator[tuple[Seen, str, Evidence]]:
    """Documents that show agents and calls in the right state, but under a wrong address – whose, from whom, to whom –
    or otherwise than before the loss: with what is wrong, and the line.

    from_s: that agent's own notice of IN_SERVICE.
    """
    asked = history.of(
        RestExchange,
        lambda seen: asked_about(seen) == agent and seen.node == one.node and seen.sent_s >= from_s,
        from_s=from_s,
        to_s=one.next_s,
    )
    documents: tuple[Seen, ...] = (*events_of(history, agent, from_s, one.next_s), *asked)
    for seen in documents:
        wrong = itertools.chain(misnamed(history, agent, seen), unlike(history, agent, seen, from_s))
        for what, shown, right in itertools.islice(wrong, 1):
            said = f"{agent} is shown {what} {shown or 'none'} instead of {right or 'none'}"
            yield seen, said, _line(agent, seen)


def _line(agent: str, seen: Seen) -> Evidence:
    if isinstance(seen, RestExchange):
        return Evidence.of(seen, f"{ask_of(seen)} of {agent}")
    return Evidence.of(seen, f"{seen.node} → {agent}: {kind_of(seen)} {seen.source} {seen.user_state or ''}".rstrip())


def has_changed(history: History, seen: RestExchange) -> bool:
    """Whether it shows settings or codes otherwise than any node did before the first loss, unchanged as they are."""
    known = _standing(history).get(seen.resource)
    mark = dict(seen.more).get("digest")
    return known is not None and seen.status == 200 and mark is not None and mark not in known


@fact
def _standing(history: History) -> Mapping[str, frozenset[str]]:
    """Resource → the marks of what was shown of it before the first loss."""
    if any(span.kind in _CHANGE_SETTINGS for span in fault_spans(history)):
        return MappingProxyType({})
    found: dict[str, set[str]] = {}
    until_s = measured_until_s(history)
    for seen in history.of(RestExchange, lambda seen: seen.resource in _STANDING and seen.status == 200, to_s=until_s):
        found.setdefault(seen.resource, set()).add(dict(seen.more).get("digest", ""))
    return MappingProxyType({resource: frozenset(marks) for resource, marks in found.items()})
