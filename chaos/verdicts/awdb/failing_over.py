"""AWDB-07: while Finesse tries to connect to an AWDB it processes no request, and clients still receive events."""

import itertools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from chaos.history import Evidence, History
from chaos.history.asking import asked, cited, was_let_in
from chaos.history.awdb_links import NAMES, was_dark
from chaos.history.awdb_traffic import Connection, connections
from chaos.history.credentials import idle_s_min
from chaos.history.happenings import EARLY_S
from chaos.history.hearing import deaf_clients
from chaos.history.lateness import clock_error_s
from chaos.history.passed_on import asked_for
from chaos.history.people import STREAMS, XMPP, homes, stream_of, streams_lost
from chaos.history.relays import awdb_blind
from chaos.history.screens import STATE, Aspect, Step, changed, truth
from chaos.history.screens import told as told_so_far
from chaos.journal import (
    AwdbStep,
    EventSeen,
    Header,
    Observation,
    RestExchange,
    SwitchActed,
    TeamFollowed,
    TeamSeen,
)
from chaos.verdicts import bounds
from chaos.verdicts.awdb.asks import ASKERS, REQUESTS, at
from chaos.verdicts.awdb.telling import EVENTS, USER, event_of, state_of, told_by
from chaos.verdicts.carried_out import carried_out
from chaos.verdicts.check import check
from chaos.verdicts.finding import Finding, held, inconclusive, missed, not_here, violated
from chaos.verdicts.grid import Cell, grid, nodes

LONG = "some seconds"
WAITS = "a request of his own"
SHOWN = "what is so"
LONG_S = 5.0
HELD = "while failing over no request was processed, and events were told"


@dataclass(frozen=True, slots=True)
class FailingOver:
    """A time in which one node was trying to connect to an AWDB, at somebody's request."""

    request: RestExchange
    attempt: Connection
    to_s: float

    @property
    def node(self) -> str:
        return self.request.node

    @property
    def from_s(self) -> float:
        return self.attempt.steps[0].at_s

    def cited(self) -> tuple[Evidence, ...]:
        begins = f"{self.node} tries to connect to {NAMES[self.attempt.side]}"
        return Evidence.of(self.attempt.steps[0], begins), Evidence(self.to_s, f"{self.node} gives that attempt up")


def failing_over(history: History) -> Iterator[FailingOver]:
    """Attempts that came to nothing and lasted, each with a request in need of an AWDB that was under way."""
    in_need = [one for one in asked(history) if one.wrong_password or idle_s_min(history, one) > bounds.CACHE_GONE_S]
    for attempt in connections(history).values():
        first = attempt.steps[0]
        if attempt.is_ours or attempt.node is None or attempt.answered or first.step is not AwdbStep.ATTEMPT:
            continue
        for one in in_need:
            if one.node == attempt.node and one.sent_s <= first.at_s <= one.at_s:
                to_s = min(one.at_s, attempt.ended_s if attempt.ended_s is not None else one.at_s)
                if to_s - first.at_s >= bounds.FAIL_OVER_S_MIN:
                    yield FailingOver(one, attempt, to_s)
                break


def _no_xmpp(header: Header, cell: Cell, _: Mapping[str, str]) -> str | None:
    """Port 5223 may be closed where nobody's client uses it."""
    if XMPP not in (cell.get("stream"), cell.get("team")) or header.transport == "tcp":
        return None
    return "clients of this lab have their event streams over HTTP: give it transport tcp"


@check(
    grid(
        node=nodes,
        ask=ASKERS,
        request=REQUESTS,
        event=EVENTS,
        stream=STREAMS,
        team=STREAMS,
        # `lasted`: for how long the node had been trying when something happened.
        lasted=(LONG,),
        waits=(WAITS,),
        shown=(SHOWN,),
        pairs=(
            ("node", "request"),
            ("node", "ask"),
            ("node", "event", "stream"),
            ("node", "team"),
            ("node", "lasted"),
            ("node", "waits"),
            ("node", "shown"),
        ),
        unfit=_no_xmpp,
    ),
    needs=lambda history: was_dark(history) and next(failing_over(history), None) is not None,
    rests_on=(
        awdb_blind,
        deaf_clients,
    ),
)
def no_request_is_processed_but_events_are_told(history: History) -> Iterator[Finding]:
    """While a node tries to connect to an AWDB, it answers no request of anybody, and events reach its clients."""
    for span in failing_over(history):
        yield from _serves_nobody(history, span)
        yield from _tells(history, span)
        yield from _shows(history, span)
        yield from _nobody_follows(history, span)
        if span.to_s - span.from_s < LONG_S + bounds.FAIL_OVER_S_MIN:
            what = f"{span.node} gives an attempt up after {span.to_s - span.from_s:.1f} s"
            yield not_here(Cell.of(node=span.node, lasted=LONG), what, *span.cited())


def _serves_nobody(history: History, span: FailingOver) -> Iterator[Finding]:
    error_s = clock_error_s(history, span.from_s, span.to_s)
    for one in asked(history):
        if (
            one.node == span.node
            and one is not span.request
            and span.from_s + error_s < one.sent_s < span.to_s - error_s
        ):
            cell, lines = Cell.of(**at(one)), (*span.cited(), cited(one))
            done = _done_meanwhile(history, span, one)
            if done is not None:
                said = f"{span.node} did what was asked for while failing over, and answered afterwards"
                yield violated(cell, said, *lines, done)
            elif _was_forgotten(history, span, one):
                yield violated(cell, f"{span.node} left a request waiting though it had given its attempt up", *lines)
            elif not was_let_in(one) or one.at_s >= span.to_s:
                yield held(cell, HELD, *lines)
            elif one.at_s >= span.to_s - bounds.PUBLISH_S - error_s:
                yield inconclusive(cell, "it was answered when that attempt may have been given up already", *lines)
            else:
                yield violated(cell, f"{span.node} processed a request while failing over", *lines)


def _done_meanwhile(history: History, span: FailingOver, one: RestExchange) -> Evidence | None:
    """What the node asked its CTI server for meanwhile, or what came of it at the switch, as that request has it,
    though its answer waited."""
    if one.agent is None or one.at_s < span.to_s:
        return None
    error_s = clock_error_s(history, span.from_s, span.to_s)
    until_s = span.to_s - bounds.PUBLISH_S - error_s
    if one.resource == "PUT User/{id}":
        asked_at_switch = asked_for(history, span.node, one.agent, one.sent_s, until_s, taken_by_s=until_s)
        if asked_at_switch is not None:
            return asked_at_switch
    return carried_out(history, one, one.sent_s, until_s) if one.wanted else None


def _was_forgotten(history: History, span: FailingOver, one: RestExchange) -> bool:
    """Whether nobody answered it, long after there was anything left to wait for."""
    if one.status is not None or one.at_s < span.to_s + bounds.FORGOTTEN_S:
        return False
    others = (two for two in connections(history).values() if not two.is_ours and two.node in (None, span.node))
    tries_s = [two.steps[0].at_s for two in others]
    return not any(span.from_s < at_s <= one.at_s for at_s in tries_s)


def _tells(history: History, span: FailingOver) -> Iterator[Finding]:
    home = homes(history)
    error_s = clock_error_s(history, span.from_s, span.to_s)
    acts = history.of(
        SwitchActed,
        lambda act: act.ok and event_of(act) is not None and home.get(act.agent) == span.node,
        from_s=span.from_s + error_s,
        to_s=span.to_s - bounds.PUBLISH_S - error_s,
    )
    for act in acts:
        yield _told(history, span, act)
        if event_of(act) == USER:
            yield from _tells_team(history, span, act)


def _shows(history: History, span: FailingOver) -> Iterator[Finding]:
    """What those to whom something has happened are shown, when nothing more does for a while, is what is the case."""
    error_s = clock_error_s(history, span.from_s, span.to_s)
    acts = history.of(SwitchActed, lambda act: act.ok, from_s=span.from_s, to_s=span.to_s)
    home = homes(history)
    for agent in dict.fromkeys(act.agent for act in acts if home.get(act.agent) == span.node):
        changes = truth(history, agent).between(span.from_s, span.to_s)
        ends_s = [*(one.at_s for one in changes[1:]), span.to_s]
        for now, end_s in zip(changes, ends_s, strict=False):
            look_s = now.at_s + bounds.PUBLISH_S + error_s
            if look_s < end_s - EARLY_S:
                yield from _shown(history, span, agent, now, look_s)


def _shown(history: History, span: FailingOver, agent: str, now: Step, look_s: float) -> Iterator[Finding]:
    """At that time, when nothing had happened since then."""
    shown = told_so_far(history, agent)
    seen = shown.at(look_s)
    assert seen is not None  # it begins with what was the case at first
    cell, lines = Cell.of(node=span.node, shown=SHOWN), (*span.cited(), Evidence.of(now.seen, "at the switch"))
    wrong = changed(now.screen, seen.screen)
    if not wrong:
        yield held(cell, HELD, *lines)
    elif not streams_lost(history, [agent]):
        value, is_so = (one.get(wrong[0], "nothing") for one in (seen.screen, now.screen))
        # What was told last has to have come after it had become so: whether nothing came is said of each act.
        since_s = _since_s(history, agent, wrong[0], look_s)
        about = [one for one in shown.between(since_s - EARLY_S, look_s) if _is_about(one.seen, wrong[0])]
        if about and about[-1].screen.get(wrong[0], "nothing") == value:
            said = f"{span.node} told {agent} while failing over that {wrong[0]} is {value}, when it is {is_so}"
            yield violated(cell, said, *lines, Evidence.of(about[-1].seen, f"{span.node} → {agent}"))


def _since_s(history: History, agent: str, aspect: Aspect, at_s: float) -> float:
    """Since when that has been so at the switch as it is then."""
    steps = truth(history, agent).between(float("-inf"), at_s)
    turns = [b.at_s for a, b in itertools.pairwise(steps) if a.screen.get(aspect) != b.screen.get(aspect)]
    return turns[-1] if turns else float("-inf")


def _is_about(seen: Observation, aspect: Aspect) -> bool:
    if not isinstance(seen, EventSeen):
        return False
    if aspect == STATE:
        return seen.user_state is not None
    return any(call.call_id == aspect.call_id for call in seen.calls)


def _followers(history: History, node: str) -> tuple[str, ...]:
    """Who at that node was let follow his team."""
    return tuple(sorted({seen.agent for seen in history.of(TeamFollowed) if seen.node == node}))


def _nobody_follows(history: History, span: FailingOver) -> Iterator[Finding]:
    """Whether one may follow a team is the node's affair."""
    followers = _followers(history, span.node)
    found = {_stream(history, one, span.from_s).get("stream") for one in followers}
    for stream in STREAMS:
        if stream not in found:
            what = f"at {span.node} nobody follows a team who is told of it over {stream}"
            yield not_here(Cell.of(node=span.node, team=stream), what, *span.cited())


def _tells_team(history: History, span: FailingOver, act: SwitchActed) -> Iterator[Finding]:
    """Who follows the agent's team at that node, and was told of such states of his before and after, is told now."""
    for listener in _followers(history, span.node):
        stream = _stream(history, listener, act.at_s).get("stream")
        cell = Cell.of(node=span.node, **({} if stream is None else {"team": stream}))
        told = _team_told(history, listener, act, max(span.from_s, act.at_s - bounds.PUBLISH_S), span.to_s)
        if told is not None:
            if told.at_s <= max(act.at_s, span.to_s - bounds.FAIL_OVER_S_MIN):  # else it may have waited for that
                line = Evidence.of(told, f"{span.node} → {listener}: of its team")
                yield held(cell, HELD, *span.cited(), _act(act), line)
            continue
        like_it = history.of(SwitchActed, lambda one: one.ok and one.value == act.value, agent=act.agent)
        heard = [
            (one, told)
            for one in like_it
            if (told := _team_told(history, listener, one, one.at_s - EARLY_S, one.at_s + bounds.PUBLISH_S)) is not None
        ]
        before = [two for two in heard if span.from_s - bounds.EVENT_CONTROL_S < two[0].at_s < span.from_s]
        after = [two for two in heard if span.to_s < two[0].at_s < span.to_s + bounds.EVENT_CONTROL_S]
        if before and after and not streams_lost(history, [listener]):
            lines = [_act(before[-1][0]), Evidence.of(before[-1][1], f"{span.node} → {listener}: of its team")]
            lines += [_act(after[0][0]), Evidence.of(after[0][1], f"{span.node} → {listener}: of its team")]
            said = f"{span.node} told {listener} nothing of its team while failing over"
            yield missed(cell, said, *span.cited(), _act(act), *lines)


def _team_told(history: History, listener: str, act: SwitchActed, from_s: float, to_s: float) -> TeamSeen | None:
    told = history.of(TeamSeen, agent=listener, from_s=from_s, to_s=to_s)
    return next((seen for seen in told if seen.of == act.agent and seen.state == state_of(act)), None)


def _told(history: History, span: FailingOver, act: SwitchActed) -> Finding:
    lasted = {"lasted": LONG} if act.at_s - span.from_s >= LONG_S else {}
    cell = Cell.of(
        node=span.node,
        event=str(event_of(act)),
        **_stream(history, act.agent, act.at_s),
        **lasted,
        **_waits(history, act),
    )
    # The event may overtake the switch's own confirmation to us.
    told = told_by(history, act, max(span.from_s, act.at_s - bounds.PUBLISH_S), span.to_s)
    lines = (*span.cited(), _act(act))
    # What comes as the attempt is given up has waited for that.
    waited = told is not None and told.at_s > max(act.at_s + bounds.PUBLISH_S, span.to_s - bounds.PUBLISH_S)
    if told is not None and not waited:
        return held(cell, HELD, *lines, _event(told))
    if told is not None and span.to_s - act.at_s < bounds.FAIL_OVER_S_MIN:
        return inconclusive(cell, "it was told as that attempt was given up, and came shortly before", *lines)
    lost = streams_lost(history, [act.agent])
    if lost:
        return inconclusive(cell, f"the event stream of {act.agent} was not up all the time", *lines, lost[0])
    controls = _controls(history, span, act)
    if controls is None:
        what = f"{act.agent} was not seen to hear such an event shortly before and shortly after"
        return inconclusive(cell, f"{what}: silence shows nothing", *lines)
    return missed(cell, f"{span.node} told no event while failing over", *lines, *controls)


def _waits(history: History, act: SwitchActed) -> dict[str, str]:
    """Whether a request of the agent's was waiting then."""
    own = (one for one in asked(history) if one.agent == act.agent)
    return {"waits": WAITS} if any(one.sent_s < act.at_s < one.at_s for one in own) else {}


def _stream(history: History, agent: str, at_s: float) -> dict[str, str]:
    """By what the agent's client had its event stream then; nothing if that is not known."""
    kind = stream_of(history, agent, at_s)
    return {} if kind is None else {"stream": kind}


def _controls(history: History, span: FailingOver, act: SwitchActed) -> tuple[Evidence, ...] | None:
    """The same kind of event of the same agent, caused by us at the switch, and heard, on either side of that time."""
    found: list[Evidence] = []
    for from_s, to_s in (
        (span.from_s - bounds.EVENT_CONTROL_S, span.from_s - bounds.PUBLISH_S),
        (span.to_s, span.to_s + bounds.EVENT_CONTROL_S),
    ):
        like_it = history.of(
            SwitchActed,
            lambda one: one.ok and event_of(one) == event_of(act),
            agent=act.agent,
            from_s=from_s,
            to_s=to_s,
        )
        heard = [
            (one, told)
            for one in like_it
            if (told := told_by(history, one, one.at_s - bounds.PUBLISH_S, one.at_s + bounds.PUBLISH_S)) is not None
        ]
        if not heard:
            return None
        found += [_act(heard[-1][0]), _event(heard[-1][1])]
    return tuple(found)


def _act(act: SwitchActed) -> Evidence:
    return Evidence.of(act, f"at the switch: {act.act} {act.agent} {act.value or ''}".rstrip())


def _event(told: EventSeen) -> Evidence:
    return Evidence.of(told, f"{told.node} → {told.agent}: {told.event} {told.source}")
