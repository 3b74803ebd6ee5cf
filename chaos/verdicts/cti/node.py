"""CTI-08: what SystemInfo says, once a node is back: which CTI server it uses, how its heartbeats go, and the time."""

from collections.abc import Iterator, Mapping
from types import MappingProxyType

from chaos.history import Evidence, History
from chaos.history.gaps import IN_SERVICE
from chaos.history.history import fact
from chaos.history.sessions import sessions
from chaos.journal import CtiSeen, CtiStep, RestExchange
from chaos.verdicts import bounds
from chaos.verdicts.cti.failover import LATER, SYSTEM_INFO, FailOver, after, fail_overs
from chaos.verdicts.finding import Finding, violated

_IN_USE = "ctiServers"
_BEAT = "lastCTIHeartbeatStatus"
_NOW = "currentTimestamp"
_PRIMARY = "primaryNode"
_FAILURE = "failure"
# So many intervals before an answer a heartbeat has to have been confirmed.
_BEATS = 3


def servers_misshown(history: History, one: FailOver) -> Iterator[Finding]:
    """The CTI server that it shows in use is another one than while the node had its session on the other side.

    Releases before 12.6 show none; which of them is which is the product's affair.
    """
    shown = _shown(history).get(one.node, {})
    mine, others = shown.get(one.back, {}), shown.get(one.lost, {})
    for pattern, seen in mine.items() if one.lost != one.back else ():
        if pattern in others and one.back_s < seen.sent_s < one.next_s:
            lines = [Evidence.of(two, f"{SYSTEM_INFO} → in use: {pattern}") for two in (others[pattern], seen)]
            said = f"{one.node} shows the same CTI server in use on either side"
            yield violated(after(one, ask=SYSTEM_INFO, moment=LATER), said, *lines, *one.gap.cited())


def beats_misshown(history: History, one: FailOver) -> Iterator[Finding]:
    """It says that its last heartbeat failed, though those of the session that it has now are confirmed.

    Source: developer guide, SystemInfo: `success` or `failure`, of the last heartbeat confirmation.
    """
    for seen in _answers(history, one):
        beat = _confirmed(history, one, seen)
        if dict(seen.more).get(_BEAT, "").casefold() == _FAILURE and beat is not None:
            line = Evidence.of(seen, f"{SYSTEM_INFO} → {_BEAT}: {_FAILURE}")
            said = f"{one.node} says that its heartbeats fail, which are confirmed"
            yield violated(after(one, ask=SYSTEM_INFO, moment=LATER), said, beat, line, *one.gap.cited())
            return


def primary_misshown(history: History, one: FailOver) -> Iterator[Finding]:
    """It calls another node the primary one than preflight was told before anything was broken.

    What a node says of itself is held against what it said before the first loss; but putting relays into its links is
    a fail-over, too, and a node may say otherwise from then on.
    """
    others = {host.casefold() for host in history.header.nodes[1:]}
    for seen in _answers(history, one):
        primary = dict(seen.more).get(_PRIMARY, "")
        if primary.casefold() in others:
            line = Evidence.of(seen, f"{SYSTEM_INFO} → {_PRIMARY}: {primary}")
            said = f"{one.node} does not call the publisher the primary node any more"
            yield violated(after(one, ask=SYSTEM_INFO, moment=LATER), said, line, *one.gap.cited())
            return


def clock_misshown(history: History, one: FailOver) -> Iterator[Finding]:
    """The time that it shows stands still, though it went on before: then it shows no more than what once was."""
    answers = [(seen, said) for seen in _answers(history, one) if (said := dict(seen.more).get(_NOW))]
    earlier = history.of(
        RestExchange, lambda seen: seen.node == one.node and seen.resource == SYSTEM_INFO, to_s=one.gap.told_s
    )
    went = len({dict(seen.more).get(_NOW) for seen in earlier}) > 1
    if went and len(answers) > 1:
        (first, was), (last, is_now) = answers[0], answers[-1]
        if was == is_now and last.sent_s - first.at_s > bounds.CLOCK_STANDS_S:
            lines = [Evidence.of(seen, f"{SYSTEM_INFO} → {_NOW}: {was}") for seen in (first, last)]
            said = f"{one.node} shows the same time after {last.sent_s - first.at_s:.0f} s"
            yield violated(after(one, ask=SYSTEM_INFO, moment=LATER), said, *lines, *one.gap.cited())


def _answers(history: History, one: FailOver) -> list[RestExchange]:
    """What SystemInfo answered at that node, so long after it was back that its session has heartbeats."""
    from_s = one.back_s + bounds.RESYNC_S
    return history.of(
        RestExchange,
        lambda seen: (
            seen.node == one.node
            and seen.resource == SYSTEM_INFO
            and seen.system_status == IN_SERVICE
            and seen.sent_s > from_s
        ),
        from_s=from_s,
        to_s=one.next_s,
    )


def _confirmed(history: History, one: FailOver, seen: RestExchange) -> Evidence | None:
    """A heartbeat of the node's session that was confirmed shortly before it was asked, with none that was not."""
    session = next((had for had in reversed(sessions(history, one.node)) if had.opened.at_s < seen.sent_s), None)
    if session is None:
        return None
    from_s = max(one.back_s, seen.sent_s - _BEATS * history.header.heartbeat_interval_s)
    steps = history.of(
        CtiSeen, lambda step: step.connection == session.opened.connection, from_s=from_s, to_s=seen.sent_s
    )
    answers = [step for step in steps if step.step is CtiStep.HEARTBEAT_CONF]
    odd = [step for step in steps if step.step not in (CtiStep.HEARTBEAT_CONF, CtiStep.HEARTBEAT_REQ)]
    return Evidence.of(answers[-1], f"{one.node}: a heartbeat was confirmed") if answers and not odd else None


@fact
def _shown(history: History) -> Mapping[str, Mapping[str, Mapping[str, RestExchange]]]:
    """Node → the side of its session, long enough after it was back → what was shown in use, with an answer each."""
    found: dict[str, dict[str, dict[str, RestExchange]]] = {}
    for one in fail_overs(history):
        if one.gap.back_s is None or not one.back:
            continue
        for seen in history.of(
            RestExchange,
            lambda seen, one=one: seen.node == one.node and seen.resource == SYSTEM_INFO and seen.status == 200,  # type: ignore[misc]
            from_s=one.gap.back_s + bounds.RESYNC_S,
            to_s=one.next_s,
        ):
            pattern = dict(seen.more).get(_IN_USE)
            if pattern and seen.sent_s > one.gap.back_s + bounds.RESYNC_S:
                found.setdefault(one.node, {}).setdefault(one.back, {}).setdefault(pattern, seen)
    return MappingProxyType(found)
