"""Desktops that were told nothing when their server went out of service: losses that begin with no trigger.

Theory of operation. Others say when a node was out of service: events and looks of whoever else was there, and the
faults of ours that take it from its desktops and have proved it. A desktop that had been at that node in peace, goes on
having its event stream there, and meets nothing at all by the time by which every trigger would have come, was not
told. Whatever else happens at it – a request that fails, a look of its own, a stream that is opened anew – is an
occasion of its own to notice the loss, and no silence.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from chaos.history.browsers import by_agent
from chaos.history.desktops import (
    CTI,
    LEAVES,
    NOTIFICATION,
    TOMCAT,
    WEBAPP,
    reason_at,
    reason_of,
    says_lost,
    state_at,
    trigger_of,
)
from chaos.history.evidence import Evidence
from chaos.history.faults import FaultSpan, fault_spans
from chaos.history.gaps import IN_SERVICE
from chaos.history.history import History, fact
from chaos.journal import (
    About,
    BoshPart,
    DesktopAct,
    DesktopActed,
    DesktopNotice,
    DesktopRequested,
    EventSeen,
    Observation,
    PresenceSeen,
    RestExchange,
)

# Whoever has come to a node, or back to it, is known there to whoever tells of its service after this time (ours).
_SETTLED_S = 3.0
# What two looks have found so far apart need not have been so in between (ours: as two looks of a desktop).
_SEEN_AGAIN_S = 25.0

# A browser that is offline, or slow, hears late or never, and how late nobody knows.
_AWAY = (DesktopAct.OFFLINE, DesktopAct.ONLINE, DesktopAct.SLOW)
# What is done at a browser for some addresses alone.
_WAYS = (DesktopAct.BLOCK, DesktopAct.ANSWER)
_ALONE = (TOMCAT, WEBAPP, CTI)
"""Reasons under which the event stream goes on, and brings the trigger."""


@dataclass(frozen=True, slots=True)
class Outage:
    """A stretch in which a node was out of service all the time, as far as was seen. first: what showed it; told_s,
    told: when the first of its clients was told, None if none was."""

    node: str
    from_s: float
    to_s: float
    first: Evidence
    told_s: float | None
    told: Evidence | None


@dataclass(frozen=True, slots=True)
class Untold:
    """One desktop at a node that was lost, and at which nothing happened from `from_s` to `to_s`, the loss included.

    stream, reason, state: as of FailOver. lives: what its event stream brought after the loss began."""

    agent: str
    node: str
    stream: str
    reason: str | None
    state: str | None
    from_s: float
    to_s: float
    outage: Outage
    lives: DesktopRequested

    def is_by(self, told_s: float, seen_s: float) -> bool:
        """Whether it was silent until it should have been told: so long after another client was, or, where none was,
        so long after the loss was seen; and the node was lost until then."""
        told = self.outage.told_s
        limit_s = self.outage.from_s + seen_s if told is None else min(told + told_s, self.outage.from_s + seen_s)
        return limit_s <= min(self.to_s, self.outage.to_s)

    def cited(self) -> tuple[Evidence, ...]:
        alive = Evidence.of(self.lives, f"{self.agent}: its event stream at {self.node} goes on, and tells it nothing")
        return tuple(one for one in (self.outage.first, self.outage.told, alive) if one is not None)


@fact
def untold(history: History) -> tuple[Untold, ...]:
    """Every such silence, however long."""
    return tuple(
        one for agent, about in by_agent(history).items() for quiet in _quiet(agent, about, history.story.end_s)
        for one in _silent(history, quiet)
    )  # fmt: skip


# --- in peace --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Quiet:
    """A stretch in which a desktop was at that node and nothing happened but that its event stream went on."""

    agent: str
    node: str
    from_s: float
    to_s: float
    lives: tuple[DesktopRequested, ...]


def _quiet(agent: str, about: Sequence[Observation], end_s: float) -> Iterator[_Quiet]:
    home: str | None = None
    since_s, is_lost = 0.0, False
    lives: list[DesktopRequested] = []
    for seen in about:
        at_s = _when_s(seen)
        if home is not None and isinstance(seen, DesktopRequested) and _goes_on(seen, home):
            lives.append(seen)
            continue
        if not _is_something(seen, home):
            continue
        if home is not None and not is_lost:
            yield _Quiet(agent, home, since_s, at_s, tuple(lives))
        home, is_lost = _home(seen, home), _has_lost(seen, home, is_lost)
        since_s, lives = _over_s(seen), []
    if home is not None and not is_lost:
        yield _Quiet(agent, home, since_s, end_s, tuple(lives))


def _when_s(seen: Observation) -> float:
    """When it began, as far as it is known: what comes of an act may stand before it."""
    if isinstance(seen, DesktopActed):
        return seen.begun_s
    if isinstance(seen, DesktopRequested):
        return seen.sent_s if seen.part is not BoshPart.GO_ON else seen.ended_s
    return seen.at_s


def _over_s(seen: Observation) -> float:
    return seen.ended_s if isinstance(seen, DesktopRequested) else seen.at_s


def _goes_on(seen: DesktopRequested, home: str) -> bool:
    """Its event stream brings something other than a trigger."""
    return (
        seen.node == home
        and seen.part is BoshPart.GO_ON
        and seen.status is not None
        and trigger_of(seen) is None
        and not seen.is_look
    )


def _is_something(seen: Observation, home: str | None) -> bool:
    if isinstance(seen, DesktopActed):
        if seen.act in _WAYS:
            return home is not None and f"//{home}" in (seen.detail or "")
        return seen.act in (*LEAVES, *_AWAY)
    if isinstance(seen, DesktopNotice):
        return not seen.control
    return isinstance(seen, DesktopRequested) and not seen.is_look


def _home(seen: Observation, home: str | None) -> str | None:
    """Where it is after that."""
    if isinstance(seen, DesktopActed):
        if seen.act is DesktopAct.SIGN_IN and seen.ok:
            return seen.node
        stays = seen.act in _WAYS or (seen.act is DesktopAct.REFRESH and seen.ok)
        return home if stays else None
    if not isinstance(seen, DesktopRequested):
        return home
    if seen.wanted == "LOGIN" and seen.status in range(200, 300):
        return seen.node
    leaves = seen.wanted == "LOGOUT" or seen.resource == "POST logout" or seen.part is BoshPart.END
    return None if leaves and seen.node in (home, "") else home


def _has_lost(seen: Observation, home: str | None, before: bool) -> bool:
    """Whether it knows, after that, that its server is lost, and is not back at one yet."""
    if isinstance(seen, DesktopNotice):
        return says_lost(seen.text) if seen.text else before
    if isinstance(seen, DesktopActed):
        return before and seen.act in _WAYS
    if not isinstance(seen, DesktopRequested):
        return before
    if seen.wanted == "LOGIN" and seen.status in range(200, 300):
        return False
    if seen.node != home:
        return before
    if trigger_of(seen) is not None or seen.status is None or seen.status >= 500:
        return True
    return before and not (seen.resource == "GET User/{id}" and seen.status == 200)


def _silent(history: History, quiet: _Quiet) -> Iterator[Untold]:
    for outage in outages(history, quiet.node):
        if not quiet.from_s + _SETTLED_S <= outage.from_s < quiet.to_s:
            continue
        lives = next((one for one in quiet.lives if one.ended_s > outage.from_s), None)
        # Without its Notification Service, and where its way there is blocked, it loses its stream, which is a trigger.
        if lives is None or _is_cut(history, quiet, outage):
            continue
        yield Untold(
            agent=quiet.agent,
            node=quiet.node,
            stream=lives.resource,
            reason=reason_at(history, quiet.agent, quiet.node, outage.from_s),
            state=state_at(history, quiet.agent, outage.from_s),
            from_s=quiet.from_s,
            to_s=quiet.to_s,
            outage=outage,
            lives=lives,
        )


def _is_cut(history: History, quiet: _Quiet, outage: Outage) -> bool:
    until_s = min(quiet.to_s, outage.to_s)
    return any(
        span.injecting_s <= until_s
        and (span.rolled_back_s is None or span.rolled_back_s >= outage.from_s - _SETTLED_S)
        and (reason_of(history, span, quiet.node) == NOTIFICATION or _blocks(span, quiet))
        for span in fault_spans(history)
    )


def _blocks(span: FaultSpan, quiet: _Quiet) -> bool:
    is_there = span.kind in ("BlockedWay", "AnsweredWay") and span.target.partition("/")[2] == quiet.node
    return is_there and f"'{quiet.agent}'" in (span.parameter("agents") or "")


# --- out of service --------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Sign:
    """What showed the node out of service then, or in service. goes_on_s: until when it shows the same. is_told: it was
    told to a client."""

    at_s: float
    is_out: bool
    line: Evidence
    is_told: bool = False
    goes_on_s: float | None = None


@fact
def outages(history: History, node: str) -> tuple[Outage, ...]:
    """In order. One ends with the first sign that the node is in service, or where nothing shows it out any more."""
    found: list[list[_Sign]] = []
    goes_on = False
    for sign in sorted((*_seen(history, node), *_proved(history, node)), key=lambda one: one.at_s):
        if not sign.is_out:
            goes_on = False
        elif goes_on and sign.at_s - _until_s(found[-1]) <= _SEEN_AGAIN_S:
            found[-1].append(sign)
        else:
            found.append([sign])
            goes_on = True
    ends = _back_s(history, node)
    return tuple(_outage(node, signs, ends) for signs in found)


def _until_s(signs: Sequence[_Sign]) -> float:
    return max(one.at_s if one.goes_on_s is None else one.goes_on_s for one in signs)


def _back_s(history: History, node: str) -> tuple[float, ...]:
    return tuple(one.at_s for one in _seen(history, node) if not one.is_out)


def _outage(node: str, signs: Sequence[_Sign], back_s: Sequence[float]) -> Outage:
    told = next((one for one in signs if one.is_told), None)
    from_s = signs[0].at_s
    # A fault of ours may say more than is so: who finds the node in service is believed.
    to_s = min([_until_s(signs), *(at_s for at_s in back_s if at_s >= from_s)])
    return Outage(
        node=node,
        from_s=from_s,
        to_s=to_s,
        first=signs[0].line,
        told_s=None if told is None else told.at_s,
        told=None if told is None or told is signs[0] else told.line,
    )


def _proved(history: History, node: str) -> Iterator[_Sign]:
    """By faults of ours, from when they proved that they bit until they were taken away."""
    for span in fault_spans(history):
        if span.bit is not None and reason_of(history, span, node) in _ALONE:
            until_s = min(span.in_force_until_s, history.story.end_s)
            line = Evidence.frame(span.bit, f"{node} is lost: {span.name}")
            yield _Sign(span.bit.at_s, True, line, goes_on_s=until_s)


@fact
def _seen(history: History, node: str) -> tuple[_Sign, ...]:
    """By whoever was told, or asked for SystemInfo."""
    found = []
    for seen in history.story:
        if getattr(seen, "node", None) != node:
            continue
        if isinstance(seen, EventSeen) and seen.about is About.SYSTEM and seen.system_status is not None:
            found.append(_said(seen, seen.agent, seen.system_status, is_told=True))
        elif isinstance(seen, PresenceSeen) and seen.of == "finesse" and not seen.available:
            line = Evidence.frame(seen, f"{seen.agent} is told that finesse at {node} is unavailable")
            found.append(_Sign(seen.at_s, True, line, is_told=True))
        elif isinstance(seen, RestExchange | DesktopRequested):
            status = seen.system_status
            if isinstance(seen, DesktopRequested) and seen.part is BoshPart.GO_ON:
                out = next((one for one in ("OUT_OF_SERVICE", "finesse unavailable") if one in seen.told), None)
                if out is not None or IN_SERVICE in seen.told:
                    found.append(_said(seen, seen.agent, out or IN_SERVICE, is_told=True))
            elif status is not None:
                found.append(_said(seen, seen.agent or "a probe", status, is_told=False))
    return tuple(found)


def _said(
    seen: EventSeen | RestExchange | DesktopRequested, who: str, status: str, *, is_told: bool
) -> _Sign:  # fmt: skip
    verb = "is told by" if is_told else "asks"
    line = Evidence.frame(seen, f"{who} {verb} {seen.node}: {status}")
    return _Sign(seen.at_s, status != IN_SERVICE, line, is_told=is_told and status != IN_SERVICE)
