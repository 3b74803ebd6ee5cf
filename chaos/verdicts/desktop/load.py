"""DESKTOP-01, DESKTOP-18 to DESKTOP-21: what the CTI server makes of a forced logout, by LOAD and the agent's state."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from chaos.errors import EvidenceError
from chaos.history import Evidence, History
from chaos.history.absences import (
    CONNECTION_FAILURE,
    LOGOUT,
    NOT_READY,
    ON_CALL,
    TALKING,
    calls_ended_s,
    deaf_to_logouts,
    forced_logouts,
    is_disturbed,
    state_before,
    states_after,
    telephone_contradicted,
    touched_s,
    undone,
)
from chaos.history.asking import is_taken
from chaos.history.happenings import EARLY_S, STOOD_S
from chaos.history.history import fact
from chaos.history.telephone import telephone_missed
from chaos.journal import Header, RestExchange, SwitchAct, SwitchActed, SwitchAgentSeen
from chaos.verdicts import bounds
from chaos.verdicts.check import check
from chaos.verdicts.desktop.beside import shown_to_others
from chaos.verdicts.desktop.common import (
    CODE,
    IDLE,
    STATES,
    TELEPHONE,
    WANTS,
    askers,
    lacks_load_1,
    load_of,
    of_the_call,
    said,
)
from chaos.verdicts.desktop.outliving import cut_off, others_legs
from chaos.verdicts.desktop.shown import ANSWERS, EVENTS, SHOWN, looks_at, shown_otherwise, told_by_events
from chaos.verdicts.finding import Finding, held, inconclusive, missed, violated
from chaos.verdicts.grid import Cell, grid

# A call on hold is a call.
_CALLS = {"TALKING": "talking", "HOLD": "on hold"}
# Which state comes after Wrap-Up is a state of its own to the CTI server.
_WRAPS = {"WORK_NOT_READY": "then Not Ready", "WORK_READY": "then Ready"}
_BY_STATE = (("by", "state"), ("by", "wrap"))
# Whoever a node asks for has no client there that could be told: our telephone asks for people who have.
_SAYS = (*_BY_STATE, ("shown",))
_RESTS_ON = (deaf_to_logouts, telephone_missed, telephone_contradicted)
LATER = HELD, HANDED_OVER = ("put on hold, and taken back", "handed over to somebody else")
"""What became of the call after the forced logout, while it lasted."""
PARTIES = ("three",)
"""Of a conference: how many are in the call."""
CALLS = ("two",)
"""How many calls he is on: he has called somebody for advice."""
# What ends somebody's part in a call by our doing.
_ENDS = (SwitchAct.CLEAR, SwitchAct.TRANSFER)


@dataclass(frozen=True, slots=True)
class Request:
    """A logout with code 255 that the CTI server was asked for. by: a node, or our telephone. state: as he was told to
    be in before it. until_s: what is told of him until then comes of it; whatever we ask for next is later."""

    by: str
    agent: str
    at_s: float
    state: str
    reason_code: int | None
    until_s: float
    line: Evidence


@fact
def requests(history: History) -> tuple[Request, ...]:
    """All of them in the story, in order, of agents whose state is known."""
    found = [
        _request(history, one.node, one.agent, one.at_s, one.cited())
        for one in forced_logouts(history)
        if one.asked.reason_code == CODE and not is_disturbed(history, one.node, one.at_s, one.at_s)
    ]
    ours = history.of(
        SwitchActed, lambda act: act.act is SwitchAct.SET_STATE and act.value == f"{LOGOUT} {CODE}" and act.ok
    )
    for act in ours:
        line = Evidence.of(act, f"our telephone asks to log {act.agent} out, code {CODE}")
        found.append(_request(history, TELEPHONE, act.agent, act.at_s, line))
    return tuple(sorted((one for one in found if one is not None), key=lambda one: one.at_s))


def _request(history: History, by: str, agent: str, at_s: float, line: Evidence) -> Request | None:
    # An act is noted when it is confirmed, and what it does may be told a moment before.
    from_s = at_s - EARLY_S if by == TELEPHONE else at_s
    before = [seen for seen in _states(history, agent) if seen.at_s < from_s]
    if not before:
        return None
    later = [touched for touched in touched_s(history, agent) if touched > at_s + 1e-4]
    until_s = min([at_s + bounds.CONSEQUENCE_S, *later])
    return Request(by, agent, from_s, before[-1].state, before[-1].reason_code, until_s, line)


def _states(history: History, agent: str) -> list[SwitchAgentSeen]:
    return list(states_after(history, agent, 0.0, float("inf")))


def asks(load: str) -> Callable[[History], bool]:
    """Is anybody of that LOAD logged out by force in this journal?"""

    def look(history: History) -> bool:
        try:
            return any(load_of(history, one.agent) == load for one in requests(history))
        except EvidenceError:
            return False

    return look


def _idle(history: History, load: str) -> Iterator[tuple[Request, Cell]]:
    for one in requests(history):
        if load_of(history, one.agent) == load and one.state in STATES and one.until_s <= history.story.end_s:
            wraps = {"wrap": _WRAPS[one.state]} if one.state in _WRAPS else {}
            yield one, Cell.of(by=one.by, state=STATES[one.state], **wraps)


def _told(history: History, one: Request, until_s: float | None = None) -> list[SwitchAgentSeen]:
    """What became of him; what is told once more, as to each of his skill groups, has not become of him again."""
    told = states_after(history, one.agent, one.at_s, one.until_s if until_s is None else until_s)
    before = [None, *told]
    return [seen for was, seen in zip(before, told, strict=False) if was is None or _says_else(was, seen)]


def _says_else(was: SwitchAgentSeen, seen: SwitchAgentSeen) -> bool:
    return (was.state, was.reason_code) != (seen.state, seen.reason_code)


def _on_the_way(told: Sequence[SwitchAgentSeen], state: str) -> bool:
    """Whether all but the last are steps to it: nobody is logged out but from Not Ready."""
    return all(seen.state == NOT_READY != state and told[-1].at_s - seen.at_s < STOOD_S for seen in told[:-1])


@check(
    grid(pairs=_BY_STATE, by=askers, state=IDLE, wrap=tuple(_WRAPS.values())),
    needs=asks("0"),
    rests_on=_RESTS_ON,
)
def load_0_is_not_ready(history: History) -> Iterator[Finding]:
    """By default, which is LOAD 0, the CTI server makes whoever is logged out by force Not Ready."""
    for one, cell in _idle(history, "0"):
        told = _told(history, one)
        wrong = [seen for seen in told if seen.state != NOT_READY]
        again = None if wrong or not told else _undone(history, one, told[-1], NOT_READY)
        if again is not None:
            yield _lasts_not(cell, one, told[-1], again)
        elif wrong:
            yield violated(cell, f"{one.agent} is {wrong[0].state}", one.line, said(wrong[0]))
        elif not told and one.state != NOT_READY:
            yield missed(cell, f"{one.agent} stays {one.state}", one.line)
        else:
            yield held(cell, "made Not Ready", one.line, *map(said, told[:1]))


def _kept_out(history: History, one: Request, out: SwitchAgentSeen) -> Evidence | None:
    """The next time that he asks to sign in, at any node, if nothing comes of it: whoever is logged out can do so."""
    asked = history.of(
        RestExchange,
        lambda seen: seen.agent == one.agent and ("state", "LOGIN") in seen.wanted and seen.sent_s > out.at_s,
        from_s=out.at_s,
    )
    first = asked[0] if asked else None
    if first is None or first.status is None or first.status == 503:
        return None  # whether a node serves is another matter
    was, until_s = state_before(history, one.agent, first.sent_s), first.at_s + bounds.CONSEQUENCE_S
    if was != out or is_disturbed(history, first.node, first.sent_s, until_s) or until_s > history.story.end_s:
        return None
    if is_taken(first) and any(
        seen.state != LOGOUT for seen in states_after(history, one.agent, first.sent_s, until_s)
    ):
        return None
    return Evidence.of(first, f"{one.agent} asks {first.node} to sign in → {first.status}")


def _undone(history: History, one: Request, told: SwitchAgentSeen, state: str) -> SwitchAgentSeen | None:
    """What he is by nobody's doing after he had been put into that state. Whoever is Not Ready for long may be signed
    out by the CTI server."""
    states = (state, LOGOUT)
    logouts = [later.at_s for later in requests(history) if later.agent == one.agent and later.at_s > told.at_s]
    return undone(history, one.agent, told.at_s, min([*logouts, history.story.end_s]), states)


def _lasts_not(cell: Cell, one: Request, told: SwitchAgentSeen, again: SwitchAgentSeen) -> Finding:
    what = f"{one.agent}, who was {told.state} for it, is {again.state} by nobody's doing"
    return violated(cell, what, one.line, said(told), said(again))


def _says(history: History, load: str, state: str) -> Iterator[Finding]:
    """Whoever is not in that state, with the reason of a lost connection, soon after it, was treated otherwise."""
    for one, cell in _idle(history, load):
        if (one.state, one.reason_code) == (state, CONNECTION_FAILURE):
            continue  # he is there already, and nothing is to be told
        told = _told(history, one)
        last = told[-1] if told else None
        is_so = last is not None and (last.state, last.reason_code) == (state, CONNECTION_FAILURE)
        if last is not None and is_so and _on_the_way(told, state):
            again = _undone(history, one, last, state)
            other = shown_otherwise(history, one.agent, last)
            if again is not None:
                yield _lasts_not(cell, one, last, again)
                continue
            if other is not None:
                yield violated(cell, other[0], one.line, said(last), other[1])
                continue
            if state == LOGOUT and (kept := _kept_out(history, one, last)) is not None:
                what = f"{one.agent}, who was logged out, cannot sign in again"
                yield violated(cell, what, one.line, said(last), kept)
                continue
            yield held(cell, f"{state} with reason {CONNECTION_FAILURE}", one.line, said(last))
            yield from told_by_events(history, Cell.of(by=one.by, shown=EVENTS), one.agent, last, one.line)
            yield from shown_to_others(history, Cell.of(by=one.by), one.agent, last, one.line)
        elif told:
            yield violated(
                cell,
                f"{one.agent} is {told[0].state} {told[0].reason_code or 'without a reason'}",
                one.line,
                said(told[0]),
            )
        elif one.until_s - one.at_s >= bounds.AT_ONCE_S:
            yield missed(cell, f"nothing becomes of {one.agent}", one.line)


@check(
    grid(pairs=_SAYS, by=askers, state=IDLE, wrap=tuple(_WRAPS.values()), shown=(EVENTS,)),
    needs=asks("0"),
    rests_on=_RESTS_ON,
)
def load_0_says_connection_failure(history: History) -> Iterator[Finding]:
    """LOAD 0: from Not Ready, Ready or Wrap-Up to Not Ready, "Connection Failure"."""
    yield from _says(history, "0", NOT_READY)


@check(
    grid(pairs=_SAYS, by=askers, state=IDLE, wrap=tuple(_WRAPS.values()), shown=(EVENTS,), unfit=lacks_load_1),
    needs=asks("1"),
    rests_on=_RESTS_ON,
)
def load_1_logs_out(history: History) -> Iterator[Finding]:
    """LOAD 1: from Not Ready, Ready or Wrap-Up to Logged Out, "System Failure"."""
    yield from _says(history, "1", LOGOUT)


# --- on a call -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _OnCall:
    """device: his. ended_s: when his call was over, None if it was not. by_us: we had hung up, or his partner had."""

    asked: Request
    device: str
    ended_s: float | None
    by_us: bool


def _on_call(history: History, load: str) -> Iterator[_OnCall]:
    devices = dict(history.header.extensions)
    hung_up = history.whole.of(SwitchActed, lambda act: act.act in _ENDS)
    for one in requests(history):
        if load_of(history, one.agent) == load and one.state in ON_CALL:
            device = devices.get(one.agent, "")
            ended = [at_s for at_s in calls_ended_s(history, device) if at_s > one.at_s]
            ended_s = ended[0] if ended else None
            near = (act for act in hung_up if ended_s is not None and abs(act.at_s - ended_s) <= bounds.AT_ONCE_S)
            yield _OnCall(one, device, ended_s, any(near))


def _cut_off(history: History, one: _OnCall) -> tuple[str, Evidence] | None:
    """How somebody else loses the call that lives on."""
    until_s = history.story.end_s if one.ended_s is None else one.ended_s
    return cut_off(history, one.device, one.asked.at_s, until_s)


def _parties(history: History, one: _OnCall) -> dict[str, str]:
    """How many are in his call, or how many calls he has, where that is more than usual."""
    calls = [call_id for call_id, _ in others_legs(history, one.device, one.asked.at_s)]
    if len(set(calls)) == 2:
        return {"calls": CALLS[0]}
    return {"parties": PARTIES[0]} if any(calls.count(call_id) == 2 for call_id in calls) else {}


def _of_the_call(history: History, one: _OnCall) -> Cell:
    """Who is called may be Ready, who calls is not: which of both is going on behind the call. What became of it."""
    asked = one.asked
    return Cell.of(
        by=asked.by,
        call=_CALLS[asked.state],
        **of_the_call(history, asked.agent, asked.at_s),
        **_later(history, one),
        **_parties(history, one),
    )


def _later(history: History, one: _OnCall) -> dict[str, str]:
    if _handed_over(history, one):
        return {"later": HANDED_OVER}
    return {"later": HELD} if _held_later(history, one) else {}


def _handed_over(history: History, one: _OnCall) -> bool:
    """Whether another one left a call of his to somebody else after it, and he went on with that one."""
    if one.ended_s is None:
        return False
    calls = {call_id for call_id, _ in others_legs(history, one.device, one.asked.at_s)}
    acts = history.of(
        SwitchActed,
        lambda act: act.act is SwitchAct.TRANSFER and act.ok and act.agent != one.asked.agent,
        from_s=one.asked.at_s,
        to_s=one.ended_s,
    )
    handed = (act for act in acts if act.call_id in calls or act.value in calls)
    return any(one.ended_s - act.at_s > bounds.AT_ONCE_S for act in handed)


def _held_later(history: History, one: _OnCall) -> bool:
    """Whether he was told to be on hold after it, and then to talk again."""
    if one.ended_s is None:
        return False
    states = [seen.state for seen in states_after(history, one.asked.agent, one.asked.at_s, one.ended_s)]
    return TALKING in states[states.index("HOLD") :] if "HOLD" in states else False


def _end(one: _OnCall) -> Evidence:
    return Evidence(one.ended_s, f"the call of {one.asked.agent} is over")


def _nobody_hands_over(header: Header, cell: Cell, not_hosted: Mapping[str, str]) -> str | None:
    """Who hands a call over is the other one in it, of LOAD 1, who has an advisor of his own."""
    return lacks_load_1(header, cell, not_hosted) if cell.get("later") == HANDED_OVER else None


@check(
    grid(
        pairs=(
            *(("by", "was"), ("by", "call"), ("by", "wants"), ("by", "later"), ("by", "parties"), ("by", "calls")),
            ("shown",),
        ),
        by=(TELEPHONE,),
        was=IDLE[:2],
        call=tuple(_CALLS.values()),
        wants=WANTS,
        later=LATER,
        parties=PARTIES,
        calls=CALLS,
        shown=SHOWN,
        unfit=_nobody_hands_over,
    ),
    needs=asks("0"),
    rests_on=_RESTS_ON,
)
def load_0_waits_for_the_call(history: History) -> Iterator[Finding]:
    """LOAD 0, Talking: Not Ready, "Connection Failure", after the call has ended, and not before."""
    for one in _on_call(history, "0"):
        asked, cell = one.asked, _of_the_call(history, one)
        until_s = history.story.end_s if one.ended_s is None else one.ended_s
        early = [seen for seen in _told(history, asked, until_s - 1e-3) if seen.state not in ON_CALL]
        if early:
            yield violated(cell, f"{asked.agent} is {early[0].state} while the call lasts", asked.line, said(early[0]))
            continue
        if (cut := _cut_off(history, one)) is not None:
            yield violated(cell, cut[0], asked.line, cut[1])
            continue
        if one.ended_s is None:
            yield inconclusive(cell, "the call did not end", asked.line)
            continue
        if not one.by_us:
            yield violated(cell, "the call is ended by nobody in it", asked.line, _end(one))
            continue
        later = [at_s for at_s in touched_s(history, asked.agent) if at_s > one.ended_s + bounds.AT_ONCE_S]
        to_s = min([one.ended_s + bounds.CONSEQUENCE_S, *later])
        told = states_after(history, asked.agent, one.ended_s - 1e-3, to_s)
        right = [seen for seen in told if (seen.state, seen.reason_code) == (NOT_READY, CONNECTION_FAILURE)]
        wrong = [seen for seen in told if seen not in right]
        if wrong or not right:
            against = violated if wrong else missed
            yield against(
                cell, f"{asked.agent} does not become Not Ready for it", asked.line, _end(one), *map(said, wrong)
            )
        elif (again := _undone(history, asked, right[0], NOT_READY)) is not None:
            yield _lasts_not(cell, asked, right[0], again)
        else:
            yield held(cell, "Not Ready after the call", asked.line, _end(one), said(right[0]))
            yield from _shown(history, one, right[0])


def _shown(history: History, one: _OnCall, told: SwitchAgentSeen) -> Iterator[Finding]:
    """What nodes answer, and tell his clients, of what he is after it."""
    agent, by = one.asked.agent, one.asked.by
    looks, other = looks_at(history, agent, told), shown_otherwise(history, agent, told)
    if other is not None:
        yield violated(Cell.of(by=by, shown=ANSWERS), other[0], one.asked.line, said(told), other[1])
    elif looks:
        shows = Evidence.of(looks[0], f"{looks[0].node} shows {agent} {told.state}")
        yield held(Cell.of(by=by, shown=ANSWERS), "answers show it", one.asked.line, said(told), shows)
    yield from told_by_events(history, Cell.of(by=by, shown=EVENTS), agent, told, one.asked.line)
    yield from shown_to_others(history, Cell.of(by=by), agent, told, one.asked.line)


@check(
    grid(
        pairs=(("by", "call"), ("by", "parties"), ("by", "calls"), ("shown",)),
        by=(TELEPHONE,),
        call=tuple(_CALLS.values()),
        parties=PARTIES,
        calls=CALLS,
        shown=SHOWN,
        unfit=lacks_load_1,
    ),
    needs=asks("1"),
    rests_on=_RESTS_ON,
)
def load_1_logs_out_on_a_call(history: History) -> Iterator[Finding]:
    """LOAD 1, Talking: Logged Out, "System Failure", at once, and the call lives on."""
    for one in _on_call(history, "1"):
        asked, cell = one.asked, Cell.of(by=one.asked.by, call=_CALLS[one.asked.state], **_parties(history, one))
        told = _told(history, asked, asked.at_s + bounds.AT_ONCE_S)
        out = [seen for seen in told if (seen.state, seen.reason_code) == (LOGOUT, CONNECTION_FAILURE)]
        if not out or len(told) > len(out):
            against = violated if told else missed
            yield against(cell, f"{asked.agent} is not logged out at once", asked.line, *map(said, told))
        elif one.ended_s is not None and not one.by_us:
            yield violated(cell, "the call does not outlive the logout", asked.line, _end(one))
        elif (cut := _cut_off(history, one)) is not None:
            yield violated(cell, cut[0], asked.line, cut[1])
        elif one.ended_s is None or one.ended_s - asked.at_s < bounds.AT_ONCE_S:
            yield inconclusive(cell, "the call was not seen to live on, and to end", asked.line)
        elif (again := _undone(history, asked, out[0], LOGOUT)) is not None:
            yield _lasts_not(cell, asked, out[0], again)
        elif (kept := _kept_out(history, asked, out[0])) is not None:
            yield violated(cell, f"{asked.agent}, who was logged out, cannot sign in again", said(out[0]), kept)
        else:
            yield held(cell, "logged out at once, and the call lives on", asked.line, said(out[0]), _end(one))
            yield from _shown(history, one, out[0])
