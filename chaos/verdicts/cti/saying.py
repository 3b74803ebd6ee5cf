"""CTI-08 and CTI-09: what documents say of people and calls after a fail-over, besides their states."""

import itertools
from collections.abc import Iterator, Mapping
from types import MappingProxyType

from chaos.history import Evidence, History
from chaos.history.addresses import misnamed
from chaos.history.faults import fault_spans
from chaos.history.happenings import events_of, kind_of
from chaos.history.history import fact
from chaos.history.likeness import unlike
from chaos.history.screens import asked_about
from chaos.history.since import measured_until_s
from chaos.journal import EventSeen, RestExchange
from chaos.verdicts.cti.failover import FailOver, ask_of

# What these bring is changed by nobody in a story but by faults that change settings.
_STANDING = frozenset(
    {"GET ReasonCodes", "GET User/{id}/ReasonCodes", "GET ReasonCode/{id}"}
    | {"GET SystemConfig", "GET EnterpriseDatabaseConfig", "GET ClusterConfig"}
)
_SYSTEM_INFO = "GET SystemInfo"
_NOT_FOUND = 404
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
            said = f"{agent} is shown {what}: {shown or 'nothing'}, and not {right or 'nothing'}"
            yield seen, said, _line(agent, seen)


def _line(agent: str, seen: Seen) -> Evidence:
    if isinstance(seen, RestExchange):
        return Evidence.of(seen, f"{ask_of(seen)} of {agent}")
    return Evidence.of(seen, f"{seen.node} → {agent}: {kind_of(seen)} {seen.source} {seen.user_state or ''}".rstrip())


def has_changed(history: History, seen: RestExchange) -> bool:
    """Whether it shows settings or codes otherwise than any node did before the first loss, unchanged as they are, or
    does not show them as that node did; or what a node in service says of itself besides its status otherwise."""
    usual = _usual(history).get(_asked_for(seen))
    if usual is not None and seen.status is not None and (seen.status, seen.error_type) not in usual:
        return True
    known, mark = _standing(history).get(_shown_by(seen)), dict(seen.more).get("digest")
    return known is not None and seen.status == 200 and mark is not None and mark not in known


def _asked_for(seen: RestExchange) -> tuple[str, str, str, bool]:
    return seen.node, seen.resource, seen.path, seen.agent is None


@fact
def _usual(history: History) -> Mapping[tuple[str, str, str, bool], frozenset[tuple[int | None, str | None]]]:
    """What was asked for before the first loss, where and by whom → with what that was answered, if it lasts.

    Settings and codes stay, and so do calls and users that are not there: those that nobody has.
    """
    found: dict[tuple[str, str, str, bool], set[tuple[int | None, str | None]]] = {}
    for seen in history.of(RestExchange, lambda seen: not seen.wrong_password, to_s=measured_until_s(history)):
        found.setdefault(_asked_for(seen), set()).add((seen.status, seen.error_type))
    lasting = {
        asked: said
        for asked, said in found.items()
        if asked[1] in _STANDING or all(status == _NOT_FOUND for status, _ in said)
    }
    return MappingProxyType({asked: frozenset(said) for asked, said in lasting.items()})


def _shown_by(seen: RestExchange) -> tuple[str, str]:
    return (seen.path, seen.node if seen.resource == _SYSTEM_INFO else "")


@fact
def _standing(history: History) -> Mapping[tuple[str, str], frozenset[str]]:
    """(path, at which node, if that makes a difference) → the marks of what was shown of it before the first loss."""
    if any(span.kind in _CHANGE_SETTINGS for span in fault_spans(history)):
        return MappingProxyType({})
    found: dict[tuple[str, str], set[str]] = {}
    for seen in history.of(RestExchange, lambda seen: seen.status == 200, to_s=measured_until_s(history)):
        if seen.resource in _STANDING or (seen.resource == _SYSTEM_INFO and seen.system_status == "IN_SERVICE"):
            found.setdefault(_shown_by(seen), set()).add(dict(seen.more).get("digest", ""))
    return MappingProxyType({shown: frozenset(marks) for shown, marks in found.items()})
