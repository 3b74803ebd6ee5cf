"""DESKTOP-06, 07, 12, 13: forced logouts of people who were signed out, or work at the other node by then.

What comes of such a race is documented as a set: the agent is signed out or Not Ready there, or, where the logout met
nobody, as he was. Whatever it is, the other node shows it.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from chaos.history import Evidence, History
from chaos.history.absences import (
    CONNECTION_FAILURE,
    LOGOUT,
    NOT_READY,
    ON_CALL,
    SILENCE,
    Absence,
    ForcedLogout,
    absences,
    calls_ended_s,
    deaf_to_logouts,
    is_broken,
    is_disturbed,
    is_there,
    left_alone_until_s,
    logouts_of,
    state_before,
    states_after,
    telephone_contradicted,
    touched_s,
    undone,
    was_asked,
)
from chaos.history.asking import is_taken
from chaos.history.hearing import deaf_clients
from chaos.history.lateness import clock_error_s
from chaos.history.screens import asked_about
from chaos.history.sessions import own_clients
from chaos.history.telephone import telephone_missed
from chaos.inventory.model import RELEASES_WITHOUT_TLS
from chaos.journal import (
    CtiSeen,
    CtiStep,
    EventSeen,
    Header,
    RestExchange,
    StateAsked,
    StreamChange,
    StreamState,
    SwitchAgentSeen,
    SwitchCallSeen,
)
from chaos.verdicts import bounds
from chaos.verdicts.bound import Span
from chaos.verdicts.check import check
from chaos.verdicts.desktop.common import (
    CODE,
    IDLE,
    LOADS,
    STATES,
    WANTS,
    another_telephone,
    has_absences,
    load_of,
    no_load_1,
    of_the_call,
    said,
    state_at,
)
from chaos.verdicts.desktop.leaving import LEAVINGS, judged, logout_in
from chaos.verdicts.finding import Finding, held, inconclusive, missed, timed, violated
from chaos.verdicts.grid import Cell, grid, nodes
from chaos.verdicts.outcome import Outcome

# What becomes of somebody who had signed out is harm, whoever did it but us and himself: no relay's word is needed.
_SEEN_BY = (telephone_missed, telephone_contradicted, deaf_clients)
_RESTS_ON = (deaf_to_logouts, *_SEEN_BY)
# He hangs up long after the minute, or before.
SOCKET = "WebSocket"
CALLS = ("outlasts the minute", "ends before")
BEGAN = ("within the minute",)
"""When the call began on which he was when the minute was over: while he was gone already."""
# A logout that was asked for so long ago may wait for the end of a call (ours).
_EXPLAINS_S = 120.0
OTHERS = ("waited for",)
"""Who else is gone, and waited for, when somebody who had signed out is logged out by force."""
_AROUND_THE_MINUTE_S = (bounds.FORCED_LOGOUT.min_s - 1.0, bounds.LOGOUT_S, bounds.FORCED_LOGOUT.max_s)
_CLOSED = (CtiStep.CLOSED_BY_CLIENT, CtiStep.CLOSED_BY_SERVER)
_SHOWN = {LOGOUT: "LOGOUT", NOT_READY: "NOT_READY", "AVAILABLE": "READY", "WORK_NOT_READY": "WORK"}


@check(
    grid(node=nodes, load=LOADS, unfit=no_load_1),
    needs=has_absences,
    rests_on=_SEEN_BY,
)
def a_logout_of_nobody_does_no_harm(history: History) -> Iterator[Finding]:
    """Whoever had signed out before the forced logout comes stays signed out, and can sign in again."""
    for one, cell in _signed_out(history):
        yield _harm(history, one, cell)


@check(
    grid(pairs=(("node", "load"), ("node", "others")), node=nodes, load=LOADS, others=OTHERS, unfit=no_load_1),
    needs=has_absences,
    rests_on=_RESTS_ON,
)
def a_logout_of_nobody_hurts_nobody_else(history: History) -> Iterator[Finding]:
    """Nobody else loses his state over a forced logout of somebody who had signed out, and who is waited for then is
    logged out in his turn."""
    for one, cell in _signed_out(history):
        waited = _waited_for(history, one)
        cell = Cell.of(node=one.node, load=load_of(history, one.agent), others=OTHERS[0]) if waited else cell
        forgotten = next((other for other in waited if logout_in(history, other) is None), None)
        if (hurt := _hurt(history, one)) is not None:
            yield violated(cell, f"{hurt.agent} is {hurt.state} over it", one.cited(), said(hurt))
        elif forgotten is not None:
            what = f"{one.node} never logs {forgotten.agent} out, whom it waited for"
            yield violated(cell, what, one.cited(), *_asked_of(history, one), forgotten.cited())
        else:
            others = [logout.cited() for other in waited if (logout := logout_in(history, other)) is not None]
            what = "nobody else loses his state over it"
            yield held(cell, what, one.cited(), *_asked_of(history, one), *others[:1])


def _signed_out(history: History) -> Iterator[tuple[Absence, Cell]]:
    """Absences of people who had signed out, that last until a forced logout has surely come."""
    for one in absences(history):
        until_s = one.left_s + bounds.FORCED_LOGOUT.max_s
        if state_at(history, one.agent, one.left_s) != LOGOUT or one.back_s < until_s or history.story.end_s < until_s:
            continue
        if is_broken(history, one.left_s, until_s) or _moved(history, one) is not None:
            continue
        yield one, Cell.of(node=one.node, load=load_of(history, one.agent))


def _waited_for(history: History, one: Absence) -> list[Absence]:
    """Absences of others from that node in which it surely waits for the minute to be over when the forced logout of
    that one is due, and that last until theirs has surely come. Who signs out meanwhile need not be logged out."""
    found = []
    for other in judged(history, LEAVINGS):
        until_s = other.left_s + bounds.FORCED_LOGOUT.max_s
        after_s = other.left_s - one.left_s
        first_s = bounds.FORCED_LOGOUT.max_s - bounds.FORCED_LOGOUT.min_s
        is_waited_for = first_s < after_s < bounds.FORCED_LOGOUT.min_s - bounds.LOGOUT_EDGE_S
        if other.node != one.node or other.agent == one.agent or not is_waited_for:
            continue
        if min(other.back_s, history.story.end_s) < until_s:
            continue
        due_s = other.left_s + bounds.FORCED_LOGOUT.min_s
        if all(seen.state in STATES for seen in states_after(history, other.agent, other.left_s, due_s)):
            found.append(other)
    return found


def _asked_of(history: History, one: Absence) -> list[Evidence]:
    """The forced logout of that absence. A node need not ask for what is the case already; one that does shows that it
    does no harm."""
    return [logout.cited() for logout in logouts_of(history, one.agent, one.node) if logout.at_s >= one.left_s][:1]


def _harm(history: History, one: Absence, cell: Cell) -> Finding:
    later = [at_s for at_s in touched_s(history, one.agent) if at_s > one.left_s]
    told = states_after(history, one.agent, one.left_s, min([*later, history.story.end_s]))
    if any(seen.state != LOGOUT for seen in told):
        return violated(cell, f"{one.agent}, who had signed out, is {told[0].state}", one.cited(), said(told[0]))
    own = own_clients(history, one.node)
    until_s = one.left_s + bounds.FORCED_LOGOUT.max_s
    lost = history.of(
        CtiSeen, lambda seen: seen.client in own and seen.step in _CLOSED, from_s=one.left_s, to_s=until_s
    )
    if lost:
        line = Evidence.of(lost[0], f"{one.node}: its CTI session ends")
        return violated(cell, f"{one.node} loses its CTI session over it", one.cited(), line)
    signs_in = history.of(
        RestExchange,
        lambda seen: seen.agent == one.agent and seen.node == one.node and ("state", "LOGIN") in seen.wanted,
        from_s=one.back_s,
    )
    if (failed := _fails_him(history, one, signs_in[0].at_s if signs_in else history.story.end_s)) is not None:
        line = Evidence.of(failed, f"{one.agent}: {failed.resource} → {failed.status or failed.failure}")
        return violated(cell, f"{one.node} fails at what {one.agent} asks for over it", one.cited(), line)
    if (shows := _shown_at_work(history, one, signs_in[0].sent_s if signs_in else history.story.end_s)) is not None:
        line = Evidence.of(shows, f"{shows.node} shows {one.agent} {shows.user_state}")
        return violated(
            cell, f"{shows.node} shows {one.agent}, who had signed out, {shows.user_state}", one.cited(), line
        )
    if not signs_in:
        return inconclusive(cell, f"{one.agent} did not try to sign in again", one.cited())
    line = Evidence.of(signs_in[0], f"{one.agent} signs in again → {signs_in[0].status or signs_in[0].failure}")
    in_ = states_after(history, one.agent, signs_in[0].sent_s, signs_in[0].sent_s + bounds.CONSEQUENCE_S)
    is_in = next((seen for seen in in_ if seen.state == NOT_READY), None)
    if not is_taken(signs_in[0]) or is_in is None:
        return violated(cell, f"{one.agent} cannot sign in again", one.cited(), line)
    alone_until_s = left_alone_until_s(history, one.agent, signs_in[0].sent_s)
    stays = states_after(history, one.agent, is_in.at_s, alone_until_s)
    out = next((seen for seen in stays if seen.state == LOGOUT), None)
    if out is not None and not _leaves(history, one, out):
        return violated(cell, f"{one.agent}, who is signed in again, does not stay so", one.cited(), line, said(out))
    other = undone(history, one.agent, is_in.at_s, history.story.end_s, (NOT_READY, LOGOUT))
    if other is not None:
        reason = f"{one.agent}, who is signed in again, is {other.state} by nobody's doing"
        return violated(cell, reason, one.cited(), line, said(other))
    if (late := _has_its_reason(history, one, in_)) is not None:
        reason = f"{one.agent}, who is signed in again, is Not Ready for the connection that was lost before"
        return violated(cell, reason, one.cited(), line, said(late))
    if (vain := _asks_in_vain(history, one, is_in)) is not None:
        asked = Evidence.of(vain, f"{one.agent} asks for READY → {vain.status}")
        return violated(cell, f"{one.agent}, who is signed in again, cannot become Ready", one.cited(), line, asked)
    return held(cell, "signed out, and able to sign in again", one.cited(), *_asked_of(history, one), line)


def _has_its_reason(history: History, one: Absence, in_: Sequence[SwitchAgentSeen]) -> SwitchAgentSeen | None:
    """What he is told to be at his next sign-in, if that is for a lost connection, and none was lost since."""
    late = next((seen for seen in in_ if (seen.state, seen.reason_code) == (NOT_READY, CONNECTION_FAILURE)), None)
    if late is None or any(is_disturbed(history, node, one.left_s, late.at_s) for node in history.nodes):
        return None
    # A node may be late with what another absence has brought; and one that asks twice does so for somebody there.
    return None if was_asked(history, one.agent, one.left_s + bounds.FORCED_LOGOUT.max_s, late.at_s) else late


def _asks_in_vain(history: History, one: Absence, in_: SwitchAgentSeen) -> RestExchange | None:
    """The first state that he asks for since his next sign-in, if that is Ready, was accepted, and does not come."""
    wanted = history.of(
        RestExchange, lambda seen: seen.agent == one.agent and bool(seen.wanted) and seen.sent_s > in_.at_s
    )
    asked = next(iter(wanted), None)
    if asked is None or ("state", "READY") not in asked.wanted or not is_taken(asked) or asked.node != one.node:
        return None
    until_s = asked.sent_s + bounds.CONSEQUENCE_S
    is_alone = left_alone_until_s(history, one.agent, asked.sent_s + 1e-4) >= until_s
    told = states_after(history, one.agent, in_.at_s + 1e-4, until_s)
    if told or not is_alone or any(is_disturbed(history, node, one.left_s, until_s) for node in history.nodes):
        return None
    # Who has a call, be it one that only rings, is Ready after it.
    device = dict(history.header.extensions).get(one.agent, "")
    calls = history.of(SwitchCallSeen, lambda seen: seen.device == device, from_s=one.left_s, to_s=until_s)
    return None if calls else asked


def _fails_him(history: History, one: Absence, to_s: float) -> RestExchange | None:
    """The first of his requests at that node from the forced logout on that it could not answer, though in service."""
    asked = history.of(
        RestExchange,
        lambda seen: seen.agent == one.agent and seen.node == one.node,
        from_s=one.left_s + bounds.FORCED_LOGOUT.min_s,
        to_s=to_s,
    )
    failed = (seen for seen in asked if seen.status is None or seen.status >= 500)
    return next((seen for seen in failed if not is_disturbed(history, one.node, one.left_s, seen.at_s)), None)


def _shown_at_work(history: History, one: Absence, to_s: float) -> RestExchange | None:
    """What a node shows of him after it, if that is not that he has signed out."""
    looks = history.of(
        RestExchange,
        lambda seen: asked_about(seen) == one.agent and seen.user_state not in (None, LOGOUT),
        from_s=one.left_s + bounds.ANSWERS_S,
        to_s=min([to_s, *(at_s for at_s in touched_s(history, one.agent) if at_s > one.left_s)]),
    )
    return next((seen for seen in looks if not is_disturbed(history, seen.node, one.left_s, seen.at_s)), None)


def _leaves(history: History, one: Absence, out: SwitchAgentSeen) -> bool:
    """Had he no client there once more, which explains it?"""
    later = (other for other in absences(history) if other.agent == one.agent and other.left_s >= one.back_s)
    return any(other.left_s <= out.at_s for other in later)


def _hurt(history: History, one: Absence) -> SwitchAgentSeen | None:
    """Somebody else who lost his state when nobody was logged out, and of whom nobody had asked that."""
    for logout in logouts_of(history, one.agent, one.node):
        if not one.left_s <= logout.at_s <= one.back_s:
            continue
        told = history.of(
            SwitchAgentSeen,
            lambda seen: seen.agent != one.agent and (seen.reason_code == CONNECTION_FAILURE or seen.state == LOGOUT),
            from_s=logout.at_s,
            to_s=logout.at_s + bounds.AT_ONCE_S,
        )
        for seen in told:
            if not was_asked(history, seen.agent, seen.at_s - _EXPLAINS_S, seen.at_s + bounds.AT_ONCE_S):
                return seen
    return None


# --- at the other node -----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Race:
    """absence: for the first node. moved: when the same person had a client at another one. logout: the first node's,
    None if it asked for none. ended_s: the end of his call, if he was on one when he left, or called: when the minute
    was over."""

    absence: Absence
    moved: StreamChange
    logout: ForcedLogout | None
    was_on_call: bool
    ended_s: float | None
    called: bool = False

    def cited(self) -> tuple[Evidence, ...]:
        moved = Evidence.of(self.moved, f"{self.moved.node}: {self.moved.agent} has a client there")
        return (self.absence.cited(), moved, *([self.logout.cited()] if self.logout else []))


def _moved(history: History, one: Absence) -> StreamChange | None:
    found = history.of(
        StreamChange,
        lambda seen: seen.agent == one.agent and seen.node != one.node and seen.state is StreamState.CONNECTED,
        from_s=one.left_s,
        to_s=one.back_s,
    )
    return found[0] if found else None


def _races(history: History, *, silent: bool, on_call: bool) -> Iterator[tuple[_Race, Cell]]:
    devices = dict(history.header.extensions)
    for one in absences(history):
        moved = _moved(history, one)
        if (one.how == SILENCE) is not silent or one.how == "lost" or moved is None:
            continue
        called = _is_called(history, one)
        was_on_call = called or state_at(history, one.agent, one.left_s) in ON_CALL
        if was_on_call is not on_call or is_disturbed(history, one.node, one.left_s, one.back_s):
            continue
        own = (logout for logout in logouts_of(history, one.agent, one.node) if one.left_s <= logout.at_s <= one.back_s)
        logout = next(own, None)
        ended = [at_s for at_s in calls_ended_s(history, devices.get(one.agent, "")) if at_s > one.left_s]
        race = _Race(one, moved, logout, was_on_call, ended[0] if ended and was_on_call else None, called)
        yield race, Cell.of(node=one.node, load=load_of(history, one.agent))


def _is_called(history: History, one: Absence) -> bool:
    """Was he on no call when he left, and on one from well before the minute was over until after it?"""
    if one.how == SILENCE or state_at(history, one.agent, one.left_s) in ON_CALL:
        return False
    states = [state_at(history, one.agent, one.left_s + at_s) for at_s in _AROUND_THE_MINUTE_S]
    return all(state in ON_CALL for state in states)


def _after_a_short_call(history: History, race: _Race, cell: Cell) -> Iterator[Finding]:
    """The call is over before the minute is: then the minute counts."""
    one, until_s = race.absence, min(race.absence.back_s, history.story.end_s)
    if race.logout is not None:
        yield _waited(history, race, cell)
    elif until_s - one.left_s >= bounds.FORCED_LOGOUT.max_s:
        yield missed(cell, f"{one.node} asks for no forced logout after a call that was short", *race.cited())


def _waited(history: History, race: _Race, cell: Cell) -> Finding:
    """A minute from Unavailable, and what comes of it."""
    assert race.logout is not None
    left_s, at_s = race.absence.left_s, race.logout.at_s
    error_s = clock_error_s(history, left_s, at_s)
    span = Span(max(0.0, at_s - left_s - error_s), at_s - left_s + error_s)
    waited = timed(cell, "from Unavailable to the forced logout", span, bounds.FORCED_LOGOUT, *race.cited())
    return _outcome(history, race, cell) if waited.outcome is Outcome.HELD else waited


def _outcome(history: History, race: _Race, cell: Cell) -> Finding:
    """In the documented set, and shown by the node at which he works."""
    assert race.logout is not None
    agent, at_s, asked = race.absence.agent, race.logout.at_s, race.logout.asked
    if not asked.forced or asked.reason_code != CODE:
        reason = f"{race.absence.node} asks for no forced logout with code {CODE}"
        return violated(cell, reason, *race.cited())
    if (whose := another_telephone(history, asked)) is not None:
        return violated(cell, f"the forced logout of {agent} names the telephone of {whose}", *race.cited())
    told = states_after(history, agent, at_s, at_s + bounds.CONSEQUENCE_S)
    wrong = [seen for seen in told if seen.state not in (LOGOUT, NOT_READY)]
    if wrong:
        reason = f"{agent} is {wrong[0].state} after it: neither signed out nor Not Ready"
        return violated(cell, reason, *race.cited(), said(wrong[0]))
    is_ = told[-1] if told else state_before(history, agent, at_s)
    again = undone(history, agent, told[-1].at_s, race.absence.back_s, (LOGOUT, NOT_READY)) if told else None
    if again is not None:
        reason = f"{agent} is {again.state} again after it by nobody's doing"
        return violated(cell, reason, *race.cited(), said(told[-1]), said(again))
    later = [touched for touched in touched_s(history, agent) if touched > at_s]
    if told and _is_untold(history, race, told[-1], min([at_s + bounds.CONSEQUENCE_S, *later])):
        what = f"{race.moved.node} does not tell {agent} that he is {told[-1].state}"
        return missed(cell, what, *race.cited(), said(told[-1]))
    looks = history.of(
        RestExchange,
        lambda seen: asked_about(seen) == agent and seen.node == race.moved.node and seen.user_state is not None,
        from_s=at_s + bounds.ANSWERS_S,
        to_s=min([race.absence.back_s, *later]),
    )
    if is_ is None or not looks:
        return inconclusive(
            cell, f"what {race.moved.node} shows of {agent} afterwards was not looked at", *race.cited()
        )
    is_ = state_before(history, agent, looks[0].sent_s) or is_  # he may have been signed out for another reason since
    line = Evidence.of(looks[0], f"{race.moved.node} shows {agent} {looks[0].user_state}")
    if looks[0].user_state != _SHOWN.get(is_.state, is_.state):
        return violated(
            cell, f"{race.moved.node} shows {agent} otherwise than the switch", *race.cited(), said(is_), line
        )
    return held(cell, f"{is_.state} at the node where he works", *race.cited(), *map(said, told[-1:]), line)


def _is_untold(history: History, race: _Race, now: SwitchAgentSeen, to_s: float) -> bool:
    """Whether no event tells it at the node where he works, where he heard of himself before, and was there to hear."""
    node, agent, since_s = race.moved.node, race.absence.agent, race.moved.at_s
    own = history.of(
        EventSeen,
        lambda seen: seen.agent == agent and seen.node == node and seen.user_state is not None,
        from_s=since_s,
        to_s=to_s,
    )
    heard_before = any(seen.at_s < now.at_s - bounds.PUBLISH_S for seen in own)
    is_told = any(seen.user_state == _SHOWN.get(now.state) and seen.at_s >= now.at_s - bounds.NOTICE_S for seen in own)
    if is_told or not heard_before or to_s - now.at_s < bounds.PUBLISH_S or to_s > history.story.end_s:
        return False
    return is_there(history, agent, node, since_s, to_s)


@check(
    grid(node=nodes, load=LOADS, unfit=no_load_1),
    needs=has_absences,
    rests_on=_RESTS_ON,
)
def a_sign_in_before_the_crash_is_noticed(history: History) -> Iterator[Finding]:
    """Who signs in at the other node before the first one notices the crash may be signed out or Not Ready there."""
    for race, cell in _races(history, silent=True, on_call=False):
        if race.logout is not None:
            yield _outcome(history, race, cell)
        elif (other := _asked_otherwise(history, race)) is not None:
            reason = f"{race.absence.node} asks for {other.state} of {other.agent}, who is gone, and for no logout"
            line = Evidence.of(other, f"{race.absence.node} asks the CTI server to make {other.agent} {other.state}")
            yield violated(cell, reason, *race.cited(), line)


def _asked_otherwise(history: History, race: _Race) -> StateAsked | None:
    """What the first node asks for of its own accord in the place of a forced logout: he may be signed out or Not Ready
    after it, and is to be nothing else."""
    one = race.absence
    own = own_clients(history, one.node)
    asked = history.of(
        StateAsked,
        lambda seen: seen.agent == one.agent and seen.client in own and seen.state != LOGOUT,
        from_s=one.left_s + bounds.FORCED_LOGOUT.min_s,
        to_s=min(one.back_s, one.left_s + bounds.CRASH_LOGOUT.max_s),
    )
    by_people = history.whole.of(
        RestExchange,
        lambda seen: bool(seen.wanted) and seen.node == one.node and one.agent in (seen.agent, asked_about(seen)),
    )
    return next(
        (
            seen
            for seen in asked
            if not any(0 <= seen.at_s - person.sent_s <= bounds.CONSEQUENCE_S for person in by_people)
        ),
        None,
    )


def _unfit(header: Header, cell: Cell, not_hosted: Mapping[str, str]) -> str | None:
    if cell.get("stream") == SOCKET and header.release in RELEASES_WITHOUT_TLS:
        return f"the notification service of {header.release} knows no WebSocket"
    return no_load_1(header, cell, not_hosted)


@check(
    grid(pairs=(("node", "load"), ("node", "stream")), node=nodes, load=LOADS, stream=(SOCKET,), unfit=_unfit),
    needs=has_absences,
    rests_on=_RESTS_ON,
)
def a_logout_at_the_first_node(history: History) -> Iterator[Finding]:
    """Of a client that goes to the other node while the first one is in service, that one asks for a forced logout."""
    for race, cell in _races(history, silent=False, on_call=False):
        if race.absence.left_s + bounds.FORCED_LOGOUT.max_s > min(race.absence.back_s, history.story.end_s):
            continue
        if state_at(history, race.absence.agent, race.absence.left_s) not in STATES:
            continue
        if race.absence.left.transport.startswith("websocket"):
            cell = Cell.of(**dict(cell.at), stream=SOCKET)
        if race.logout is None:
            yield missed(cell, f"{race.absence.node} asks for no forced logout", *race.cited())
        else:
            yield _waited(history, race, cell)


@check(
    grid(
        pairs=(
            *(("node", "load"), ("node", "call"), ("load", "call"), ("node", "was"), ("call", "was"), ("wants",)),
            ("node", "began"),
        ),
        node=nodes,
        load=LOADS,
        call=CALLS,
        # What is behind the call: a node is not to spare who would be Ready after it.
        was=IDLE[:2],
        wants=WANTS,
        began=BEGAN,
        unfit=no_load_1,
    ),
    needs=has_absences,
    rests_on=_RESTS_ON,
)
def a_logout_after_the_call(history: History) -> Iterator[Finding]:
    """If he is on a call then, the forced logout comes after the end of the call and the minute, and not before."""
    for race, place in _races(history, silent=False, on_call=True):
        one, ended_s = race.absence, race.ended_s
        is_short = ended_s is not None and ended_s - one.left_s < bounds.FORCED_LOGOUT.min_s
        behind = of_the_call(history, one.agent, one.left_s if ended_s is None else ended_s - 1e-3)
        if race.called:  # what was asked for behind it is none of the other cells' affair
            behind = {"began": BEGAN[0]}
        cell = Cell.of(**dict(place.at), call=CALLS[is_short], **behind)
        if is_short:
            yield from _after_a_short_call(history, race, cell)
            continue
        if race.logout is not None and (ended_s is None or race.logout.at_s < ended_s - 1e-3):
            yield violated(cell, f"{one.node} asks for the forced logout while the call lasts", *race.cited())
        elif ended_s is None or ended_s - one.left_s < bounds.FORCED_LOGOUT.max_s:
            yield inconclusive(cell, "the call did not outlast the minute, and end", *race.cited())
        elif race.logout is None or race.logout.at_s > ended_s + bounds.CONSEQUENCE_S:
            line = Evidence(ended_s, f"the call of {one.agent} is over")
            yield violated(
                cell, f"{one.node} does not ask for the forced logout when the call is over", *race.cited(), line
            )
        else:
            yield _outcome(history, race, cell)
