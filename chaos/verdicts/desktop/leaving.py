"""DESKTOP-02 to DESKTOP-05, DESKTOP-08: from a client that leaves to the forced logout."""

from collections.abc import Iterator, Mapping
from dataclasses import replace

from chaos.history import Evidence, History
from chaos.history.absences import (
    CRASHED,
    LOGOUT,
    ON_CALL,
    SILENCE,
    SLOW,
    Absence,
    ForcedLogout,
    absences,
    calls_ended_s,
    deaf_to_logouts,
    forced_logouts,
    is_disturbed,
    is_there,
    logouts_of,
    states_after,
)
from chaos.history.lateness import clock_error_s
from chaos.inventory.model import RELEASES_WITHOUT_TLS
from chaos.journal import (
    DesktopRequested,
    Header,
    PresenceSeen,
    RestExchange,
    StreamChange,
    StreamState,
    SwitchAgentSeen,
    SwitchCallSeen,
)
from chaos.verdicts import bounds
from chaos.verdicts.bound import Span
from chaos.verdicts.check import check
from chaos.verdicts.desktop.common import (
    BROWSER,
    BROWSERS,
    CLIENT,
    CODE,
    GOODBYES,
    IDLE,
    LOADS,
    STATES,
    another_telephone,
    asks_for_logouts,
    cell_of,
    has_absences,
    load_of,
    no_browser,
    of_clients,
    state_at,
    unfit,
)
from chaos.verdicts.finding import Finding, held, inconclusive, missed, timed, violated
from chaos.verdicts.grid import Cell, grid, nodes

LEAVINGS = (*GOODBYES, *BROWSERS)
_CRASHES = {SILENCE: CLIENT, CRASHED: BROWSER}
STREAMS = CONNECTION, BY_BOSH, BY_SOCKET = ("a connection", "BOSH", "WebSocket")
_DOORS = {"bosh": BY_BOSH, "websocket": BY_SOCKET}
ASKED = ("he asks for something",)
CHANGED = ("his state is changed",)
CLIENTS = ("two, one gone before the other",)
ON_A_CALL = ("all the while",)
TOLD = ("something, in the silence",)
OVER_BEFORE = ("over before the three minutes are",)


def no_socket(header: Header, cell: Cell, not_hosted: Mapping[str, str]) -> str | None:
    """Why a cell of clients by WebSocket cannot be had, or another one."""
    if "WebSocket" in (cell.get("stream") or "") and header.release in RELEASES_WITHOUT_TLS:
        return f"the notification service of {header.release} knows no WebSocket"
    return unfit(header, cell, not_hosted)


def judged(history: History, how: tuple[str, ...], *, on_call: bool = False) -> Iterator[Absence]:
    """Absences of people who are signed in, and on no call unless they may be; nothing else befalls their node."""
    for one in absences(history):
        to_s = min(one.back_s, one.left_s + bounds.CRASH_LOGOUT.max_s)
        state = state_at(history, one.agent, one.left_s)
        is_meant = (state in STATES and (on_call or not _is_called(history, one))) or (on_call and state in ON_CALL)
        if one.how in how and is_meant and not is_disturbed(history, one.node, one.left_s, to_s):
            yield one


def _is_called(history: History, one: Absence) -> bool:
    """Does a call reach him while he is waited for? Then the logout may wait for its end (DESKTOP-13)."""
    told = states_after(history, one.agent, one.left_s, min(one.back_s, one.left_s + bounds.FORCED_LOGOUT.max_s))
    return any(seen.state in ON_CALL for seen in told)


def logout_in(history: History, one: Absence) -> ForcedLogout | None:
    """The first one in that absence."""
    own = logouts_of(history, one.agent, one.node)
    return next((logout for logout in own if one.left_s <= logout.at_s <= one.back_s), None)


def _is_over(history: History, one: Absence, after_s: float) -> bool:
    """Whether it lasted so long, and was watched so long."""
    return min(one.back_s, history.story.end_s) - one.left_s >= after_s


def _never_asked(history: History, one: Absence, cell: Cell) -> Finding:
    """No forced logout came. What the switch last said of him is cited, too: it shows what became of him instead."""
    states = history.of(SwitchAgentSeen, agent=one.agent, to_s=min(one.back_s, history.story.end_s))
    last = [Evidence.of(seen, f"the last that the switch says of {one.agent}: {seen.state}") for seen in states[-1:]]
    never = missed(cell, f"{one.node} never asks for a forced logout", one.cited(), *last)
    return replace(never, from_s=one.left_s, to_s=one.left_s)


def _span(history: History, from_s: float, to_s: float) -> Span:
    error_s = clock_error_s(history, from_s, to_s)
    return Span(max(0.0, to_s - from_s - error_s), to_s - from_s + error_s)


@check(
    grid(
        pairs=(("node", "how", "state", "load"), ("node", "meanwhile"), ("node", "clients")),
        node=nodes,
        how=LEAVINGS,
        state=IDLE,
        load=LOADS,
        # What a program does in his name is no client of his, and what becomes of his state no sign of one.
        meanwhile=(*ASKED, *CHANGED),
        # The minute begins when the last of them is gone.
        clients=CLIENTS,
        unfit=unfit,
        allowed=of_clients,
    ),
    needs=has_absences,
    rests_on=(deaf_to_logouts,),
)
def a_logout_waits_a_minute(history: History) -> Iterator[Finding]:
    """From Unavailable presence Finesse waits 60 s with a forced logout."""
    for one in judged(history, LEAVINGS):
        state = STATES[state_at(history, one.agent, one.left_s)]
        cell = cell_of(history, one, state=state, **_meanwhile(history, one), **_clients(history, one))
        logout = logout_in(history, one)
        if logout is not None:
            span = _span(history, one.left_s, logout.at_s)
            what = "from Unavailable to the forced logout"
            yield timed(cell, what, span, bounds.FORCED_LOGOUT, one.cited(), logout.cited())
        elif _is_over(history, one, bounds.FORCED_LOGOUT.max_s):
            yield _never_asked(history, one, cell)


def _meanwhile(history: History, one: Absence) -> dict[str, str]:
    if _asks(history, one):
        return {"meanwhile": ASKED[0]}
    # Late enough that waiting anew is no waiting for up to some seconds longer.
    from_s, to_s = one.left_s + bounds.FORCED_LOGOUT.max_s - bounds.LOGOUT_S, one.left_s + bounds.FORCED_LOGOUT.min_s
    told = states_after(history, one.agent, from_s, min(one.back_s, to_s))
    return {"meanwhile": CHANGED[0]} if any(seen.state in STATES for seen in told) else {}


def _clients(history: History, one: Absence) -> dict[str, str]:
    """Had he another client, which has been gone for some seconds, and for less than the minute?"""
    ends = history.of(
        StreamChange,
        lambda seen: (
            seen.agent == one.agent
            and seen.node == one.node
            and seen.state is not StreamState.CONNECTED
            and seen.transport != one.left.transport
        ),
        from_s=one.left_s - bounds.LOGOUT_S + bounds.LOGOUT_EDGE_S,
        to_s=one.left_s - bounds.LOGOUT_EDGE_S,
    )
    return {"clients": CLIENTS[0]} if ends else {}


def _asks(history: History, one: Absence) -> bool:
    """Does he ask something of that node, and is he answered, before the minute is over?"""
    to_s = min(one.back_s, one.left_s + bounds.FORCED_LOGOUT.min_s)
    asked = history.of(RestExchange, lambda seen: seen.node == one.node, agent=one.agent, from_s=one.left_s, to_s=to_s)
    return any(seen.status == 200 and seen.sent_s > one.left_s for seen in asked)


@check(grid(node=nodes), needs=asks_for_logouts, rests_on=(deaf_to_logouts,))
def nobody_who_is_there_is_logged_out(history: History) -> Iterator[Finding]:
    """No forced logout before its time: whoever has had a client at that node for a minute gets none, whatever else
    goes on."""
    for logout in forced_logouts(history):
        cell = Cell.of(node=logout.node)
        if is_disturbed(history, logout.node, logout.at_s - bounds.FORCED_LOGOUT.min_s, logout.at_s):
            continue
        if _is_unprovoked(history, logout):
            yield violated(cell, f"{logout.node} logs somebody out whose client is there", logout.cited())
        elif (first := _asked_before(history, logout)) is not None:
            what = f"{logout.node} logs {logout.agent} out once more, who is back"
            yield violated(cell, what, first.cited(), logout.cited())
        else:
            yield held(cell, "who is logged out by force has no client there", logout.cited())


def _is_unprovoked(history: History, logout: ForcedLogout) -> bool:
    from_s = logout.at_s - bounds.FORCED_LOGOUT.min_s
    if not is_there(history, logout.agent, logout.node, from_s, logout.at_s) and not _is_new(history, logout):
        return False
    # Who came too late, on a call, is logged out at its end. Who signs on may be logged out by his own desktop.
    late = any(
        one.agent == logout.agent and one.node == logout.node and one.back_s - one.left_s >= bounds.FORCED_LOGOUT.min_s
        for one in absences(history)
        if one.back_s <= logout.at_s and state_at(history, one.agent, one.back_s) in ON_CALL
    )
    own = history.of(
        DesktopRequested,
        lambda seen: seen.agent == logout.agent and (seen.wanted == LOGOUT or seen.resource.endswith(" logout")),
        from_s=from_s,
    )
    return not late and not own


def _is_new(history: History, logout: ForcedLogout) -> bool:
    """Has he come to that node just before, who had no client there that could have gone?"""
    from_s = logout.at_s - bounds.CRASH_LOGOUT.max_s
    own = history.whole.of(StreamChange, lambda seen: (seen.agent, seen.node) == (logout.agent, logout.node))
    before = [seen for seen in own if seen.at_s <= logout.at_s]
    # Whoever was there before this journal begins may have gone then.
    is_first = bool(before) and all(seen.state is StreamState.CONNECTED for seen in before)
    return is_first and from_s > 0 and before[0].at_s <= logout.at_s - bounds.AT_ONCE_S


def _asked_before(history: History, logout: ForcedLogout) -> ForcedLogout | None:
    """The logout that his last absence has brought already, if he has been there ever since: one that comes after it
    has no minute of its own. While he is away another one harms nobody, and is a node's own affair."""
    own = [one for one in absences(history) if (one.agent, one.node) == (logout.agent, logout.node)]
    last = next((one for one in reversed(own) if one.left_s <= logout.at_s), None)
    if last is None or not last.back_s < logout.at_s:
        return None
    logouts = logouts_of(history, logout.agent, logout.node)
    return next((one for one in logouts if last.left_s <= one.at_s <= last.back_s), None)


@check(
    grid(node=nodes, how=LEAVINGS, load=LOADS, unfit=unfit, allowed=of_clients),
    needs=has_absences,
    rests_on=(deaf_to_logouts,),
)
def a_closed_browser_ends_in_code_255(history: History) -> Iterator[Finding]:
    """Whose browser is closed, left or dies is logged out by force after a minute, with code 255."""
    for one in judged(history, LEAVINGS, on_call=True):
        cell = cell_of(history, one)
        logout = logout_in(history, one)
        talks = state_at(history, one.agent, one.left_s) in ON_CALL or _is_called(history, one)
        if logout is None:
            if _is_over(history, one, bounds.FORCED_LOGOUT.max_s) and not talks:  # of calls DESKTOP-13 says when
                yield _never_asked(history, one, cell)
        elif (wrong := _wrongly_asked(history, one, logout)) is not None:
            yield violated(cell, wrong, one.cited(), logout.cited())
        elif talks:
            yield held(cell, "logged out by force, with code 255", one.cited(), logout.cited())
        else:
            span = _span(history, one.left_s, logout.at_s)
            what = "from the browser's end to the forced logout, with code 255"
            yield timed(cell, what, span, bounds.FORCED_LOGOUT, one.cited(), logout.cited())


def _wrongly_asked(history: History, one: Absence, logout: ForcedLogout) -> str | None:
    """How what a node asks for is no forced logout of his with code 255, in whichever way the client went."""
    if (whose := another_telephone(history, logout.asked)) is not None:
        return f"the forced logout of {one.agent} names the telephone of {whose}"
    if not logout.asked.forced:
        return f"{one.node} asks for a logout as an agent does, not by force"
    return None if logout.asked.reason_code == CODE else f"the forced logout bears code {logout.asked.reason_code}"


@check(
    grid(
        pairs=(("node", "load", "of"), ("node", "state"), ("node", "told")),
        node=nodes,
        load=LOADS,
        of=(CLIENT, BROWSER),
        state=IDLE,
        told=TOLD,
        unfit=unfit,
        allowed=of_clients,
    ),
    needs=has_absences,
    rests_on=(deaf_to_logouts,),
)
def a_crash_ends_in_a_logout(history: History) -> Iterator[Finding]:
    """A browser that crashes, and says nothing, ends in a forced logout within 180 s."""
    yield from _within_three_minutes(history, SILENCE, "the crash", CLIENT)
    yield from _within_three_minutes(history, CRASHED, "the crash of the browser", BROWSER)


@check(
    grid(
        pairs=(("node", "load"), ("node", "state"), ("node", "stream"), ("node", "call"), ("node", "told")),
        node=nodes,
        load=LOADS,
        state=IDLE[:2],
        # Whether a node waits for the end of a call or not: both are over by then.
        call=OVER_BEFORE,
        told=TOLD,
        # A node has a connection of its own with each client, or knows it by requests alone.
        stream=STREAMS,
        unfit=no_socket,
    ),
    needs=has_absences,
    rests_on=(deaf_to_logouts,),
)
def a_slow_goodbye_is_like_a_crash(history: History) -> Iterator[Finding]:
    """Over a network so slow that no goodbye arrives, closing the browser ends as a crash does, within 180 s."""
    yield from _within_three_minutes(history, SLOW, "the goodbye that does not arrive", by_stream=True)


def _within_three_minutes(
    history: History, how: str, what: str, of: str | None = None, *, by_stream: bool = False
) -> Iterator[Finding]:
    for one in judged(history, (how,), on_call=by_stream):
        more = {} if of is None else {"of": of}
        if by_stream:
            more["stream"] = _DOORS.get(one.left.transport.partition(" ")[0], CONNECTION)
        state = STATES.get(state_at(history, one.agent, one.left_s))
        if state is None and not _ends_in_time(history, one):
            continue
        more |= {"call": OVER_BEFORE[0]} if state is None else {"state": state}
        if state is not None and _is_told(history, one.left, one.left_s + bounds.CRASH_NOTICED.max_s):
            more["told"] = TOLD[0]
        cell = Cell.of(node=one.node, load=load_of(history, one.agent), **more)
        logout = logout_in(history, one)
        if logout is not None and (wrong := _wrongly_asked(history, one, logout)) is not None:
            yield violated(cell, wrong, one.cited(), logout.cited())
        elif logout is not None:
            span = _span(history, one.left_s, logout.at_s)
            yield timed(
                cell, f"from {what} to the forced logout", span, bounds.CRASH_LOGOUT, one.cited(), logout.cited()
            )
        elif _is_over(history, one, bounds.CRASH_LOGOUT.max_s):
            yield _never_asked(history, one, cell)


def _ends_in_time(history: History, one: Absence) -> bool:
    """Is the call that he is on over before the three minutes are, and no other one up since?"""
    device = dict(history.header.extensions).get(one.agent, "")
    last_s = one.left_s + bounds.CRASH_LOGOUT.max_s
    ended = [at_s for at_s in calls_ended_s(history, device) if one.left_s < at_s]
    if not ended or ended[0] > last_s - bounds.CONSEQUENCE_S:
        return False
    return not history.of(
        SwitchCallSeen,
        lambda seen: seen.device == device and seen.happening != "end",
        from_s=ended[0] + bounds.AT_ONCE_S,
        to_s=last_s,
    )


@check(
    grid(
        pairs=(("node", "of"), ("node", "call"), ("node", "of", "told"), ("node", "of", "meanwhile")),
        node=nodes,
        of=(CLIENT, BROWSER),
        call=ON_A_CALL,
        # What is sent into a silence is no sign of life.
        told=TOLD,
        # Nor is what a program asks for in his name.
        meanwhile=ASKED,
        allowed=lambda cell: (
            (cell.get("told") is None or cell.get("of") == BROWSER)
            and (cell.get("meanwhile") is None or cell.get("of") == CLIENT)
        ),
        unfit=no_browser,
    ),
    needs=has_absences,
)
def a_crash_is_noticed(history: History) -> Iterator[Finding]:
    """Of a browser that crashes another client of the same person hears within 120 s that it is unavailable."""
    crashes = history.of(StreamChange, lambda seen: seen.state is StreamState.LEFT and seen.reason in _CRASHES)
    for crash in crashes:
        told = history.of(
            PresenceSeen,
            lambda seen, crash=crash: seen.node == crash.node and seen.agent == seen.of == crash.agent,  # type: ignore[misc]
        )
        before = [seen for seen in told if seen.available and seen.at_s <= crash.at_s]
        if not before:
            continue  # nobody looks on
        watched_s = _watched_until_s(history, crash)
        gone = next((seen for seen in told if not seen.available and seen.at_s > crash.at_s), None)
        end_s = min(watched_s, crash.at_s + bounds.CRASH_NOTICED.max_s if gone is None else gone.at_s)
        call = {"call": ON_A_CALL[0]} if _talks(history, crash, end_s) else {}
        of, news = _CRASHES[crash.reason or ""], {}
        if of == BROWSER and _is_told(history, crash, end_s):
            news = {"told": TOLD[0]}
        elif of == CLIENT and _is_asked_for(history, crash, end_s):
            news = {"meanwhile": ASKED[0]}
        cell = Cell.of(node=crash.node, of=of, **call, **news)
        left = Evidence.of(crash, f"{crash.node}: the client of {crash.agent} falls silent")
        if gone is not None and gone.at_s <= watched_s:
            line = Evidence.of(gone, f"{crash.node} → {crash.agent}: unavailable")
            span = _span(history, crash.at_s, gone.at_s)
            yield timed(cell, "from the crash to Unavailable", span, bounds.CRASH_NOTICED, left, line)
        elif watched_s - crash.at_s >= bounds.CRASH_NOTICED.max_s:
            after = [seen for seen in told if seen.available and seen.at_s > crash.at_s]
            gone_before = [seen for seen in told if not seen.available and seen.at_s < crash.at_s]
            if after and gone_before:
                yield missed(cell, f"{crash.node} never says that the client is gone", left)
            else:
                yield inconclusive(cell, "who looked on was not told of other comings and goings, either", left)


def _is_told(history: History, crash: StreamChange, to_s: float) -> bool:
    """Did his state change well within that silence, which is told to his clients?"""
    from_s, to_s = crash.at_s + bounds.LOGOUT_EDGE_S, to_s - bounds.LOGOUT_EDGE_S
    return any(seen.state in STATES for seen in states_after(history, crash.agent, from_s, to_s))


def _is_asked_for(history: History, crash: StreamChange, to_s: float) -> bool:
    """Was something asked for in his name there, and answered, well within that silence?"""
    from_s, to_s = crash.at_s + bounds.LOGOUT_EDGE_S, to_s - bounds.LOGOUT_EDGE_S
    asked = history.of(RestExchange, lambda seen: seen.node == crash.node, agent=crash.agent, from_s=from_s, to_s=to_s)
    return any(seen.status == 200 and seen.sent_s > from_s for seen in asked)


def _talks(history: History, crash: StreamChange, to_s: float) -> bool:
    """Was he on a call from then until then?"""
    told = states_after(history, crash.agent, crash.at_s, to_s)
    states = (state_at(history, crash.agent, crash.at_s), *(seen.state for seen in told))
    return all(state in ON_CALL for state in states)


def _watched_until_s(history: History, crash: StreamChange) -> float:
    """Until when another client of the same person stayed there."""
    ends = history.of(
        StreamChange,
        lambda seen: (
            seen.agent == crash.agent
            and seen.node == crash.node
            and seen.transport != crash.transport
            and seen.state is not StreamState.CONNECTED
        ),
        from_s=crash.at_s,
    )
    return ends[0].at_s if ends else history.story.end_s
