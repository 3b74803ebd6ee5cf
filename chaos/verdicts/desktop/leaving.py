"""DESKTOP-02 to DESKTOP-05, DESKTOP-11: from a client that leaves to the forced logout, or to none."""

from collections.abc import Iterator

from chaos.history import Evidence, History
from chaos.history.absences import (
    CRASHED,
    SILENCE,
    SLOW,
    Absence,
    ForcedLogout,
    absences,
    deaf_to_logouts,
    forced_logouts,
    is_disturbed,
    logouts_of,
)
from chaos.history.lateness import clock_error_s
from chaos.history.people import at_work
from chaos.journal import PresenceSeen, StreamChange, StreamState
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
    cell_of,
    has_absences,
    load_of,
    no_browser,
    of_clients,
    state_at,
    unfit,
)
from chaos.verdicts.finding import Finding, held, inconclusive, timed, violated
from chaos.verdicts.grid import Cell, grid, nodes

LEAVINGS = (*GOODBYES, *BROWSERS)
_CRASHES = {SILENCE: CLIENT, CRASHED: BROWSER}
BACK = ("at once", "after 59 s", "after 61 s")
# A logout that no absence explains: whoever's client left longer ago than this was surely logged out for it (ours).
_EXPLAINS_S = 250.0


def _judged(history: History, how: tuple[str, ...]) -> Iterator[Absence]:
    """Absences of people who are signed in and on no call, while nothing else befalls their node."""
    for one in absences(history):
        to_s = min(one.back_s, one.left_s + bounds.CRASH_LOGOUT.max_s)
        state = state_at(history, one.agent, one.left_s)
        if one.how in how and state in STATES and not is_disturbed(history, one.node, one.left_s, to_s):
            yield one


def _logout(history: History, one: Absence) -> ForcedLogout | None:
    """The first one in that absence."""
    own = logouts_of(history, one.agent, one.node)
    return next((logout for logout in own if one.left_s <= logout.at_s <= one.back_s), None)


def _is_over(history: History, one: Absence, after_s: float) -> bool:
    """Whether it lasted so long, and was watched so long."""
    return min(one.back_s, history.story.end_s) - one.left_s >= after_s


def _span(history: History, from_s: float, to_s: float) -> Span:
    error_s = clock_error_s(history, from_s, to_s)
    return Span(max(0.0, to_s - from_s - error_s), to_s - from_s + error_s)


@check(
    grid(node=nodes, how=LEAVINGS, state=IDLE, load=LOADS, unfit=unfit, allowed=of_clients),
    needs=has_absences,
    rests_on=(deaf_to_logouts,),
)
def a_logout_waits_a_minute(history: History) -> Iterator[Finding]:
    """From Unavailable presence Finesse waits 60 s with a forced logout, and nobody gets one whose client is there."""
    for one in _judged(history, LEAVINGS):
        cell = cell_of(history, one, state=STATES[state_at(history, one.agent, one.left_s)])
        logout = _logout(history, one)
        if logout is not None:
            span = _span(history, one.left_s, logout.at_s)
            what = "from Unavailable to the forced logout"
            yield timed(cell, what, span, bounds.FORCED_LOGOUT, one.cited(), logout.cited())
        elif _is_over(history, one, bounds.FORCED_LOGOUT.max_s):
            yield violated(cell, f"{one.node} never asks for a forced logout", one.cited())
    for logout in forced_logouts(history):
        if _is_unprovoked(history, logout):
            cell = Cell.of(node=logout.node, load=load_of(history, logout.agent))
            yield violated(cell, f"{logout.node} logs somebody out whose client is there", logout.cited())


def _is_unprovoked(history: History, logout: ForcedLogout) -> bool:
    if logout.agent not in at_work(history) and logout.at_s < _EXPLAINS_S:
        return False  # he may have left in the experiment before
    return not history.of(
        StreamChange,
        lambda seen: seen.agent == logout.agent and seen.state is not StreamState.CONNECTED,
        from_s=logout.at_s - _EXPLAINS_S,
        to_s=logout.at_s,
    )


@check(
    grid(node=nodes, how=LEAVINGS, load=LOADS, unfit=unfit, allowed=of_clients),
    needs=has_absences,
    rests_on=(deaf_to_logouts,),
)
def a_closed_browser_ends_in_code_255(history: History) -> Iterator[Finding]:
    """Whose browser is closed, left or dies is logged out by force, with code 255."""
    for one in _judged(history, LEAVINGS):
        cell = cell_of(history, one)
        logout = _logout(history, one)
        if logout is None:
            if _is_over(history, one, bounds.FORCED_LOGOUT.max_s):
                yield violated(cell, f"{one.node} never asks for a forced logout", one.cited())
        elif not logout.asked.forced:
            yield violated(cell, f"{one.node} asks for a logout that is not forced", one.cited(), logout.cited())
        elif logout.asked.reason_code != CODE:
            yield violated(
                cell, f"the forced logout bears code {logout.asked.reason_code}", one.cited(), logout.cited()
            )
        else:
            yield held(cell, "logged out by force, with code 255", one.cited(), logout.cited())


@check(
    grid(node=nodes, load=LOADS, of=(CLIENT, BROWSER), unfit=unfit, allowed=of_clients),
    needs=has_absences,
    rests_on=(deaf_to_logouts,),
)
def a_crash_ends_in_a_logout(history: History) -> Iterator[Finding]:
    """A browser that crashes, and says nothing, ends in a forced logout within 180 s."""
    yield from _within_three_minutes(history, SILENCE, "the crash", of=CLIENT)
    yield from _within_three_minutes(history, CRASHED, "the crash of the browser", of=BROWSER)


@check(grid(node=nodes), needs=has_absences, rests_on=(deaf_to_logouts,))
def a_slow_goodbye_is_like_a_crash(history: History) -> Iterator[Finding]:
    """Over a network so slow that no goodbye arrives, closing the browser ends as a crash does, within 180 s."""
    yield from _within_three_minutes(history, SLOW, "the goodbye that does not arrive")


def _within_three_minutes(history: History, how: str, what: str, **more: str) -> Iterator[Finding]:
    for one in _judged(history, (how,)):
        cell = Cell.of(node=one.node, load=load_of(history, one.agent), **more)
        logout = _logout(history, one)
        if logout is not None:
            span = _span(history, one.left_s, logout.at_s)
            yield timed(
                cell, f"from {what} to the forced logout", span, bounds.CRASH_LOGOUT, one.cited(), logout.cited()
            )
        elif _is_over(history, one, bounds.CRASH_LOGOUT.max_s):
            yield violated(cell, f"{one.node} never asks for a forced logout", one.cited())


@check(grid(node=nodes, of=(CLIENT, BROWSER), unfit=no_browser), needs=has_absences)
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
        cell = Cell.of(node=crash.node, of=_CRASHES[crash.reason or ""])
        left = Evidence.of(crash, f"{crash.node}: the client of {crash.agent} falls silent")
        if gone is not None and gone.at_s <= watched_s:
            line = Evidence.of(gone, f"{crash.node} → {crash.agent}: unavailable")
            span = _span(history, crash.at_s, gone.at_s)
            yield timed(cell, "from the crash to Unavailable", span, bounds.CRASH_NOTICED, left, line)
        elif watched_s - crash.at_s >= bounds.CRASH_NOTICED.max_s:
            after = [seen for seen in told if seen.available and seen.at_s > crash.at_s]
            gone_before = [seen for seen in told if not seen.available and seen.at_s < crash.at_s]
            if after and gone_before:
                yield violated(cell, f"{crash.node} never says that the client is gone", left)
            else:
                yield inconclusive(cell, "who looked on was not told of other comings and goings, either", left)


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


@check(
    grid(
        pairs=(("node", "how", "back"), ("node", "state", "back")),
        node=nodes,
        how=GOODBYES,
        back=BACK,
        state=IDLE,
        # Who is in Wrap-Up is so after a call, and refreshes once.
        allowed=lambda cell: cell.get("state") != IDLE[2] or cell.get("back") == BACK[0],
    ),
    needs=has_absences,
    rests_on=(deaf_to_logouts,),
)
def who_is_back_in_time_stays(history: History) -> Iterator[Finding]:
    """Whose page is refreshed, and who is back within 60 s, is not logged out; who comes later is."""
    for one in _judged(history, GOODBYES):
        back = _back(one)
        if back is None:
            continue
        state = STATES[state_at(history, one.agent, one.left_s)]
        cell = Cell.of(node=one.node, how=one.how, back=back, state=state)
        own = logouts_of(history, one.agent, one.node)
        if back == BACK[2]:
            logout = _logout(history, one)
            if logout is None:
                yield _too_late(history, one, cell)
            else:
                yield held(cell, "who came too late had been logged out", one.cited(), logout.cited())
            continue
        until_s = one.left_s + bounds.FORCED_LOGOUT.max_s
        came = next((logout for logout in own if one.left_s <= logout.at_s <= until_s), None)
        if came is None and _leaves_again(history, one, until_s):
            continue  # which begins another wait, so that none of this one would show
        if came is not None:
            yield violated(
                cell, f"back within a minute ({back}), and logged out all the same", one.cited(), came.cited()
            )
        elif history.story.end_s >= until_s:
            yield _undisturbed(history, one, cell, until_s)


def _leaves_again(history: History, one: Absence, until_s: float) -> bool:
    return any(
        other.agent == one.agent and other.node == one.node and one.left_s < other.left_s <= until_s
        for other in absences(history)
    )


def _too_late(history: History, one: Absence, cell: Cell) -> Finding:
    """Not logged out, and back after the minute: a node that takes some seconds more with all may call that in time."""
    alike = (other for other in _judged(history, GOODBYES) if other.node == one.node)
    waits = [logout.at_s - other.left_s for other in alike if (logout := _logout(history, other)) is not None]
    away_s, slowest_s = one.back_s - one.left_s, max(waits, default=0.0)
    if away_s <= slowest_s <= bounds.FORCED_LOGOUT.max_s:
        return inconclusive(cell, f"{one.node} waits for up to {slowest_s:.1f} s, which is right", one.cited())
    return violated(cell, "away for longer than a minute, and not logged out", one.cited())


def _undisturbed(history: History, one: Absence, cell: Cell, until_s: float) -> Finding:
    """That nothing was asked counts if that node was heard to ask such things before and after it."""
    heard = [logout for logout in forced_logouts(history) if logout.node == one.node]
    if not any(logout.at_s > until_s for logout in heard):
        return inconclusive(
            cell, f"no relay heard {one.node} ask for a forced logout later: silence shows nothing", one.cited()
        )
    return held(cell, "back in time, and not logged out", one.cited(), heard[-1].cited())


def _back(one: Absence) -> str | None:
    away_s = one.back_s - one.left_s
    if away_s <= bounds.REFRESHED_S:
        return BACK[0]
    if bounds.LOGOUT_S - bounds.LOGOUT_EDGE_S <= away_s < bounds.LOGOUT_S:
        return BACK[1]
    return BACK[2] if bounds.LOGOUT_S < away_s <= bounds.LOGOUT_S + bounds.LOGOUT_EDGE_S else None
