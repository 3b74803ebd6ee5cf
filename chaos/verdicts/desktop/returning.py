"""DESKTOP-11: whose page is refreshed, and who is back in time, or too late."""

from collections.abc import Iterator

from chaos.history import Evidence, History
from chaos.history.absences import (
    SILENCE,
    Absence,
    absences,
    calls_ended_s,
    deaf_to_logouts,
    forced_logouts,
    is_disturbed,
    logouts_of,
)
from chaos.journal import DesktopAct, DesktopActed, DesktopRequested, StreamChange, StreamState
from chaos.verdicts import bounds
from chaos.verdicts.check import check
from chaos.verdicts.desktop.common import GOODBYES, IDLE, REFRESHED, STATES, has_absences, state_at
from chaos.verdicts.desktop.leaving import judged, logout_in, no_socket
from chaos.verdicts.finding import Finding, held, inconclusive, missed, violated
from chaos.verdicts.grid import Cell, grid, nodes

BACK = ("at once", "after 59 s", "after 61 s")
BACK_BY = {"bosh": "back by BOSH", "websocket": "back by WebSocket"}
"""He is back by another door than that by which he left."""
TALKING, ON_HOLD = "Talking", "On Hold"
_CALLS = {"TALKING": TALKING, "HOLD": ON_HOLD}
MEANWHILE = ("his call ended", "his telephone began to ring")
TURN = ("the second within a minute",)


@check(
    grid(
        pairs=(
            *(("node", "how", "back"), ("node", "state", "back"), ("node", "meanwhile"), ("node", "turn")),
            ("node", "stream"),
        ),
        node=nodes,
        how=(*GOODBYES, REFRESHED, SILENCE),
        back=BACK,
        state=(*IDLE, TALKING, ON_HOLD),
        # What became of him while his page was away.
        meanwhile=MEANWHILE,
        turn=TURN,
        stream=tuple(BACK_BY.values()),
        # Who is in Wrap-Up is so after a call, and refreshes once, as who is talking does; who has a call on hold is
        # back just in time as well. A desktop in a browser that is refreshed comes back by itself, and who crashed is
        # back before that is noticed by his silence.
        allowed=lambda cell: (
            cell.get("back") == BACK[0]
            or (cell.get("state") in (None, *IDLE[:2]) and cell.get("how") not in (REFRESHED, SILENCE))
            or ((cell.get("back"), cell.get("state")) == (BACK[1], ON_HOLD) and cell.get("how") is None)
        ),
        unfit=no_socket,
    ),
    needs=has_absences,
    rests_on=(deaf_to_logouts,),
)
def who_is_back_in_time_stays(history: History) -> Iterator[Finding]:
    """Whose page is refreshed, and who is back within 60 s, is not logged out; who comes later is."""
    yield from _refreshed(history)
    for one in judged(history, (*GOODBYES, SILENCE), on_call=True):
        was = state_at(history, one.agent, one.left_s)
        back, state = _back(one), STATES.get(was) or _CALLS[was]
        if back is None or (back != BACK[0] and one.how == SILENCE) or (was in _CALLS and back == BACK[2]):
            continue
        ended = calls_ended_s(history, dict(history.header.extensions).get(one.agent, "")) if was in _CALLS else ()
        after = [at_s for at_s in ended if at_s > one.left_s]
        rings = state_at(history, one.agent, one.back_s) == "RESERVED"
        is_over = bool(after[:1]) and after[0] < one.back_s
        changed = {"meanwhile": MEANWHILE[rings]} if is_over or rings else {}
        again = {"turn": TURN[0]} if _is_second(history, one) else {}
        cell = Cell.of(node=one.node, how=one.how, back=back, state=state, **changed, **again, **_back_by(history, one))
        own = logouts_of(history, one.agent, one.node)
        if back == BACK[2]:
            logout = logout_in(history, one)
            if logout is None:
                yield _too_late(history, one, cell)
            else:
                yield held(cell, "who came too late had been logged out", one.cited(), logout.cited())
            continue
        # Of who fell silent it may come when that is noticed, and a minute has passed since.
        limit = bounds.CRASH_LOGOUT if one.how == SILENCE else bounds.FORCED_LOGOUT
        until_s = one.left_s + limit.max_s
        # A node may have waited for the end of his call.
        until_s = max([until_s, *(at_s + bounds.CONSEQUENCE_S for at_s in after[:1])])
        came = next((logout for logout in own if one.left_s <= logout.at_s <= until_s), None)
        if _leaves_again(history, one, until_s if came is None else came.at_s - bounds.FORCED_LOGOUT.min_s):
            continue  # which begins another wait: none of this one would show, or what came is of that one
        if came is not None:
            yield violated(
                cell, f"back within a minute ({back}), and logged out all the same", one.cited(), came.cited()
            )
        elif history.story.end_s >= until_s:
            yield _silent(history, one.node, cell, until_s, one.cited(), "back in time, and not logged out")


def _refreshed(history: History) -> Iterator[Finding]:
    """Pages in browsers that were loaded again: the desktop is back by itself."""
    for act in history.of(DesktopActed, lambda act: act.act is DesktopAct.REFRESH):
        if not (act.ok or _is_loaded(history, act)):
            continue
        until_s = act.begun_s + bounds.FORCED_LOGOUT.max_s
        state = STATES.get(state_at(history, act.agent, act.begun_s))
        if state is None or is_disturbed(history, act.node, act.begun_s, until_s):
            continue
        cell = Cell.of(node=act.node, how=REFRESHED, back=BACK[0], state=state)
        line = Evidence.of(act, f"{act.agent}'s page at {act.node} is loaded again")
        own = logouts_of(history, act.agent, act.node)
        came = next((logout for logout in own if act.begun_s <= logout.at_s <= until_s), None)
        did = history.of(DesktopActed, from_s=act.at_s, to_s=until_s)
        others = [seen for seen in did if seen.agent == act.agent and seen.act not in (act.act, DesktopAct.CONTROL)]
        if came is not None and not others:
            yield violated(cell, "its page is loaded again, and the agent is logged out", line, came.cited())
        elif history.story.end_s >= until_s and not others:
            yield _silent(history, act.node, cell, until_s, line, "loaded again, and not logged out")


def _is_loaded(history: History, act: DesktopActed) -> bool:
    """A browser may not confirm for long that a page is loaded again; its log shows it."""
    return bool(
        history.of(
            DesktopRequested,
            # A browser's own times may be a hair's breadth off: what was noted first is what came first.
            lambda seen: seen.agent == act.agent and seen.resource == "page" and act.begun_s <= seen.at_s <= act.at_s,
        )
    )


def _leaves_again(history: History, one: Absence, until_s: float) -> bool:
    return any(
        other.agent == one.agent and other.node == one.node and one.left_s < other.left_s <= until_s
        for other in absences(history)
    )


def _back_by(history: History, one: Absence) -> dict[str, str]:
    """By which other door he is back, of those that are looked at."""
    came = history.of(
        StreamChange,
        lambda seen: (seen.agent, seen.node, seen.state) == (one.agent, one.node, StreamState.CONNECTED),
        from_s=one.back_s,
        to_s=one.back_s,
    )
    door = came[0].transport.partition(" ")[0] if came else ""
    is_another = door != one.left.transport.partition(" ")[0]
    return {"stream": BACK_BY[door]} if is_another and door in BACK_BY else {}


def _is_second(history: History, one: Absence) -> bool:
    """Was he away before, and is he back for the second time before the minute is over that that has begun?"""
    return any(
        other.agent == one.agent
        and other.node == one.node
        and other.left_s < one.left_s
        and one.back_s < other.left_s + bounds.LOGOUT_S
        for other in absences(history)
    )


def _too_late(history: History, one: Absence, cell: Cell) -> Finding:
    """Not logged out, and back after the minute: a node that takes some seconds more with all may call that in time."""
    alike = (other for other in judged(history, GOODBYES) if other.node == one.node)
    waits = [logout.at_s - other.left_s for other in alike if (logout := logout_in(history, other)) is not None]
    away_s, slowest_s = one.back_s - one.left_s, max(waits, default=0.0)
    if away_s <= slowest_s <= bounds.FORCED_LOGOUT.max_s:
        return inconclusive(cell, f"{one.node} waits for up to {slowest_s:.1f} s, which is right", one.cited())
    return missed(cell, "away for longer than a minute, and not logged out", one.cited())


def _silent(history: History, node: str, cell: Cell, until_s: float, line: Evidence, what: str) -> Finding:
    """That nothing was asked counts if that node was heard to ask such things after it."""
    heard = [logout for logout in forced_logouts(history) if logout.node == node]
    if not any(logout.at_s > until_s for logout in heard):
        return inconclusive(cell, f"no relay heard {node} ask for a forced logout later: silence shows nothing", line)
    return held(cell, what, line, heard[-1].cited())


def _back(one: Absence) -> str | None:
    away_s = one.back_s - one.left_s
    # That a client has crashed is proved first, which takes some ten seconds.
    if away_s <= (bounds.LOGOUT_S - bounds.LOGOUT_EDGE_S if one.how == SILENCE else bounds.REFRESHED_S):
        return BACK[0]
    if bounds.LOGOUT_S - bounds.LOGOUT_EDGE_S <= away_s < bounds.LOGOUT_S:
        return BACK[1]
    return BACK[2] if bounds.LOGOUT_S < away_s <= bounds.LOGOUT_S + bounds.LOGOUT_EDGE_S else None
