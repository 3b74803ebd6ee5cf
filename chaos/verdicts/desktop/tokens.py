"""DESKTOP-14 to DESKTOP-17, DESKTOP-22: the end of a refresh token, from its warnings to the sign-in that it takes."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from itertools import pairwise

from chaos.errors import EvidenceError
from chaos.history import Evidence, History
from chaos.history.absences import LOGOUT, outages
from chaos.history.browsers import by_desktop, desktops_blind
from chaos.history.desktops import STATES, cited
from chaos.history.lateness import clock_error_s
from chaos.history.sessions import own_clients
from chaos.history.tokens import (
    COOKIES,
    FRESH,
    RENEWAL,
    STALE,
    Said,
    TokenLife,
    beside,
    deaf_to_desktops,
    logouts_at_cti,
    over_s,
    state_then,
    token_lives,
)
from chaos.journal import DesktopAct, DesktopActed, DesktopRequested, Header, StateAsked
from chaos.verdicts import bounds
from chaos.verdicts.bound import Span
from chaos.verdicts.check import Check, Doubt, Find, check
from chaos.verdicts.desktop.common import CODE, another_telephone
from chaos.verdicts.finding import Finding, held, inconclusive, missed, timed, violated
from chaos.verdicts.grid import Cell, Values, grid, nodes
from chaos.verdicts.outcome import Outcome

# A browser's clock and ours may be apart by so much (ours); what somebody's sign-in brings about takes longer on a lab.
_CLOCKS_S = 0.1

MOVES_EXPERIMENT = "tokens-moved"
MOVED, RELOADED = "a move", "a reload"
"""What the desktop had done between the sign-on and the end: its server is another one then, or its page is new."""
SIGN_ONS = AGAIN, UNDER_TEN, UNDER_FIVE = (
    "after an expiry in that window",
    "with less than ten minutes left",
    "with less than five minutes left",
)
"""Sign-ons that are not the window's first, with all of the token's time to come: cookies let it be old."""
_PLACES = (("node", "state", "cookie"), ("node", "state", "after"), ("node", "sign_on"))

SEEKING = ("no server was in service",)
"""What went on when the warning was due."""

WARNINGS = {f"{minutes} minutes": minutes for minutes in bounds.TOKEN_WARNINGS}


def has_tokens(history: History) -> bool:
    """Has anybody signed on in a browser?"""
    try:
        return bool(token_lives(history))
    except EvidenceError:
        return False


def nobody_signs_on(header: Header, cell: Cell, not_hosted: Mapping[str, str]) -> str | None:
    """Why nothing can be said of refresh tokens here, or of those of desktops that have moved."""
    if header.refresh_token_s is None:
        return "nobody signs in by single sign-on here: give sso"
    if cell.get("after") != MOVED and cell.get("meanwhile") is None:
        return None
    return "the inventory names one Finesse node only" if len(header.nodes) == 1 else not_hosted.get(MOVES_EXPERIMENT)


def _cell(history: History, life: TokenLife, at_s: float, **more: str) -> Cell:
    """What is not known is left out, so that it fills no cell but can be VIOLATED."""
    state = state_then(history, life, at_s)
    at = {"node": life.node, **({"state": state} if state else {}), **({"cookie": life.cookie} if life.cookie else {})}
    return Cell.of(**at, **_after(life), **_sign_on(life), **more)


def _after(life: TokenLife) -> dict[str, str]:
    return {"after": RELOADED} if life.reloaded else {"after": MOVED} if life.moved else {}


def _sign_on(life: TokenLife) -> dict[str, str]:
    """Which of SIGN_ONS it was, if any; a page that is loaded again is no sign-on."""
    if life.reloaded:
        return {}
    left_s = life.left_s
    if left_s is not None and left_s < 60.0 * min(bounds.TOKEN_WARNINGS):
        return {"sign_on": UNDER_FIVE}
    if left_s is not None and left_s < 60.0 * max(bounds.TOKEN_WARNINGS):
        return {"sign_on": UNDER_TEN}
    return {"sign_on": AGAIN} if life.again else {}


def _meanwhile(history: History, life: TokenLife, at_s: float) -> dict[str, str]:
    """Was its server out of service for some seconds before and after that time?"""
    near_s = bounds.DESKTOP_ACTS_S
    out = any(from_s + near_s <= at_s <= to_s - near_s for from_s, to_s in outages(history, life.node))
    return {"meanwhile": SEEKING[0]} if out else {}


def _is_played(cell: Cell) -> bool:
    """Of those who load their page again there is one at each node, who is Not Ready."""
    return cell.get("after") != RELOADED or cell.get("state") in (None, STATES[0])


def _is_to_come(cell: Cell) -> bool:
    """A warning whose time is over at the sign-on does not come any more."""
    minutes = WARNINGS.get(cell.get("warning") or "", 0)
    return cell.get("sign_on") in (None, AGAIN) or (minutes == 5 and cell.get("sign_on") == UNDER_TEN)


def _judged(
    *rests_on: Doubt,
    pairs: tuple[tuple[str, ...], ...] = _PLACES,
    allowed: Callable[[Cell], bool] = _is_played,
    **more: Values,
) -> Callable[[Find], Check]:
    """Makes a check of what comes at the end of a token, and before it. more: axes besides those of all of them."""
    over = grid(
        pairs=pairs,
        allowed=allowed,
        unfit=nobody_signs_on,
        node=nodes,
        state=STATES,
        cookie=COOKIES,
        after=(MOVED, RELOADED),
        sign_on=SIGN_ONS,
        **more,
    )
    return check(over, needs=has_tokens, rests_on=rests_on)


def _known(history: History) -> Iterator[tuple[TokenLife, tuple[float, float]]]:
    """Lives whose end is known. Whether somebody may be at two desktops, at two nodes, is not documented, and is no
    cell: nothing is said of one that does not go on by then."""
    for life in token_lives(history):
        if life.ends_s is not None and (not beside(history, life) or _goes_on(life, life.ends_s[0])):
            yield life, life.ends_s


def _goes_on(life: TokenLife, end_s: float) -> bool:
    """Is its desktop at work in the last fifth of its time?"""
    return any(end_s - (end_s - life.begun_s) / 5.0 < one.sent_s < end_s - 1.0 for one in life.seen)


def _to_the_end(history: History) -> Iterator[tuple[TokenLife, tuple[float, float]]]:
    """Of these, who was left alone until well after the end."""
    for life, ends_s in _known(history):
        if life.until_s >= ends_s[1] + bounds.ZERO_WATCHED_S:
            yield life, ends_s


def _between(history: History, from_s: tuple[float, float], to_s: tuple[float, float]) -> Span:
    """From one time to the other, each of which lies between two."""
    error_s = clock_error_s(history, from_s[0], to_s[1])
    return Span(to_s[0] - from_s[1] - error_s, to_s[1] - from_s[0] + error_s)


# --- warnings --------------------------------------------------------------------------------------------------------


@_judged(
    desktops_blind,
    pairs=(
        *(("node", "warning", "state", "cookie"), ("node", "warning", "after"), ("node", "warning", "sign_on")),
        ("node", "meanwhile"),
    ),
    allowed=_is_to_come,
    warning=tuple(WARNINGS),
    # A page looks for a server, and goes on to count the time that is left.
    meanwhile=SEEKING,
)
def warns_ten_and_five_minutes_before(history: History) -> Iterator[Finding]:
    """A dialog warns 10 minutes before the refresh token expires, and another one 5 minutes before."""
    for life, ends_s in _known(history):
        yield from (_warned(history, life, ends_s, name) for name in WARNINGS if _is_due(life, ends_s, WARNINGS[name]))
        for said in life.said:
            if said.left_s is None or said.counts:
                continue
            off_s = abs(ends_s[0] - said.shown_s - said.left_s)
            if off_s > bounds.WARNING_OFF_S + (ends_s[1] - ends_s[0]):
                wrong = f"a warning speaks of {said.left_s / 60:g} min, {ends_s[0] - said.shown_s:.0f} s before the end"
                yield violated(_cell(history, life, said.shown_s), wrong, life.cited(), said.cited())


def _is_due(life: TokenLife, ends_s: tuple[float, float], minutes: int) -> bool:
    """Whether it had to come, and was to be seen, while nobody did anything."""
    begins_s, is_over_s = life.begun_s + 60.0 * minutes + 1.0, life.until_s + 60.0 * minutes - bounds.DIALOG_S - 2.0
    return begins_s < ends_s[0] and ends_s[1] < is_over_s


def _warned(history: History, life: TokenLife, ends_s: tuple[float, float], name: str) -> Finding:
    minutes = WARNINGS[name]
    begins_s = ends_s[0] - 60 * minutes
    own = [said for said in life.said if said.left_s == 60 * minutes and not said.counts]
    of_day = [said for said in life.said if said.left_s is None]
    # Which one is meant, should there be several, is the one that comes nearest.
    best = min(own or of_day, key=lambda said: abs(begins_s - said.shown_s), default=None)
    stood = next((said for said in of_day if said.shown_s < begins_s - 1.0 and begins_s < said.until_s), None)
    if not own and stood is not None:
        # It names the time of day at which the end is, as another warning may do in the same words.
        cell = _cell(history, life, begins_s, warning=name, **_meanwhile(history, life, begins_s))
        return inconclusive(cell, "a warning of that end stands there already", life.cited(), stood.cited())
    if best is None:
        return violated(
            _cell(history, life, begins_s, warning=name, **_meanwhile(history, life, begins_s)),
            f"no warning of {name} is shown",
            life.cited(),
        )
    cell = _cell(history, life, best.shown_s, warning=name, **_meanwhile(history, life, begins_s))
    if best.until_s - best.shown_s < bounds.DIALOG_S:
        return violated(
            cell, f"the warning is gone after {best.until_s - best.shown_s:.1f} s", life.cited(), best.cited()
        )
    span = _between(history, (best.shown_s, best.shown_s), ends_s)
    return timed(cell, "from the warning to the end", span, bounds.TOKEN_WARNINGS[minutes], life.cited(), best.cited())


# --- the countdown ---------------------------------------------------------------------------------------------------


@_judged(desktops_blind)
def counts_the_last_minute_down(history: History) -> Iterator[Finding]:
    """In the last minute a timer shows how many seconds are left, down to the end."""
    for life, ends_s in _to_the_end(history):
        cell = _cell(history, life, ends_s[0] - 1.0)
        counted = [(said.left_s, said) for said in life.said if said.counts and said.left_s is not None]
        counted.sort(key=lambda one: one[1].shown_s)
        if not counted:
            yield missed(cell, "no countdown is shown", life.cited())
            continue
        wrong = next(_miscounted(history, ends_s, counted), None)
        if wrong is not None:
            why, said = wrong
            yield violated(cell, why, life.cited(), said.cited())
            continue
        first, last = counted[0][1], counted[-1][1]
        span = _between(history, (first.shown_s, first.shown_s), ends_s)
        yield timed(
            cell, "from the countdown's beginning to the end", span, bounds.COUNTDOWN,
            life.cited(), first.cited(), last.cited(),
        )  # fmt: skip


def _miscounted(
    history: History, ends_s: tuple[float, float], counted: list[tuple[int, Said]]
) -> Iterator[tuple[str, Said]]:
    """What is wrong about it, besides its beginning. counted: what was shown, and how many seconds it says are left."""
    error_s = clock_error_s(history, counted[0][1].shown_s, ends_s[1]) + ends_s[1] - ends_s[0]
    for left_s, said in counted:
        off_s = left_s - (ends_s[0] - said.shown_s)
        if abs(off_s) > bounds.COUNTDOWN_OFF_S + error_s:
            yield f"{left_s} s are shown when {ends_s[0] - said.shown_s:.1f} s are left", said
    for (left_s, said), (after_s, after) in pairwise(counted):
        if after_s >= left_s:
            yield f"the countdown goes from {left_s} s to {after_s} s", after
        stood_s = after.shown_s - said.shown_s
        if stood_s > bounds.COUNTDOWN_STEP_S + error_s:
            yield f"the countdown stands at {left_s} s for {stood_s:.1f} s", said
        if (gone_s := after.shown_s - said.until_s) > bounds.COUNTDOWN_GONE_S + error_s:
            yield f"after {left_s} s no countdown is shown for {gone_s:.1f} s", said
    if counted[-1][0] > bounds.COUNTDOWN_END_S:
        yield f"the countdown ends at {counted[-1][0]} s", counted[-1][1]


# --- zero ------------------------------------------------------------------------------------------------------------


@_judged(desktops_blind, deaf_to_desktops)
def forwards_the_forced_logout(history: History) -> Iterator[Finding]:
    """When the token has expired the desktop asks for a forced logout, which Finesse forwards with code 255."""
    for life, ends_s in _to_the_end(history):
        cell = _cell(history, life, ends_s[0] - 1.0)
        asked, heard = life.asked, logouts_at_cti(history, life)
        told = [] if asked is None else [cited(asked)]
        if not heard:
            never = missed(cell, f"{life.node} asks the CTI server for no logout", life.cited(), *told)
            yield replace(never, from_s=ends_s[0])
            continue
        first = heard[0]
        line = Evidence.of(first, f"{life.node} asks to log {life.agent} out, code {first.reason_code}")
        if first.reason_code != CODE:
            yield violated(cell, f"the forced logout bears code {first.reason_code}", life.cited(), line)
        elif not first.forced:
            yield violated(cell, f"{life.node} asks for a logout as an agent does, not by force", life.cited(), line)
        elif (whose := another_telephone(history, first)) is not None:
            yield violated(cell, f"the forced logout names the telephone of {whose}", life.cited(), line)
        elif (again := _once_more(history, life, first)) is not None:
            more = Evidence.of(again, f"{life.node} asks for it again")
            yield violated(cell, f"{life.node} logs {life.agent} out twice, of one token", life.cited(), line, more)
        elif asked is None:
            yield held(cell, "logged out by force, with code 255", life.cited(), line)
        else:
            span = _between(history, (asked.sent_s, asked.sent_s), (first.at_s, first.at_s))
            yield timed(cell, "from the desktop's request to the forced logout", span, bounds.FORWARDED, *told, line)


def _once_more(history: History, life: TokenLife, first: StateAsked) -> StateAsked | None:
    """Another logout that comes of the same token. What comes a minute later is of the page that was left at zero."""
    own = own_clients(history, life.node)
    later = history.of(
        StateAsked,
        lambda seen: seen.agent == life.agent and seen.state == LOGOUT and seen.client in own,
        from_s=first.at_s + bounds.FORWARDED.max_s,
        to_s=first.at_s + bounds.FORCED_LOGOUT.min_s - 1.0,
    )
    return next((seen for seen in later if seen.forced), None)


@_judged(desktops_blind, deaf_to_desktops)
def logs_out_at_zero(history: History) -> Iterator[Finding]:
    """At zero the agent is logged out by force, and has to sign in again."""
    for life, ends_s in _to_the_end(history):
        cell = _cell(history, life, ends_s[0] - 1.0)
        at_s = over_s(history, life)
        if at_s is None:
            yield missed(cell, "nobody is logged out at zero", life.cited(), _end(ends_s))
            continue
        if (refused := _refused(history, life)) is not None:
            line = Evidence.of(refused, f"{refused.node} answers the desktop that asks for it: {refused.status}")
            yield missed(cell, "the forced logout is refused, and nobody is logged out", life.cited(), line)
            continue
        zero = timed(
            cell,
            "from zero to the forced logout",
            _between(history, ends_s, (at_s, at_s)),
            bounds.TOKEN_ZERO,
            life.cited(),
            _end(ends_s),
            Evidence(at_s, f"{life.agent} is logged out by force"),
        )
        # Both belong to it: a logout in time is worth nothing where nobody has to sign in, or nobody can.
        trouble = _not_signed_out(history, life, at_s, cell) if zero.outcome is Outcome.HELD else None
        yield trouble or zero


def _refused(history: History, life: TokenLife) -> DesktopRequested | None:
    """What the desktop asked for at zero, if that is not good enough for its node, which then asks for nothing. A node
    that cannot do it now says so otherwise (5xx)."""
    asked = life.asked
    is_refused = asked is not None and asked.status is not None and 400 <= asked.status < 500
    return asked if is_refused and not logouts_at_cti(history, life) else None


def _end(ends_s: tuple[float, float]) -> Evidence:
    return Evidence(ends_s[0], "the refresh token expires")


def _not_signed_out(history: History, life: TokenLife, at_s: float, cell: Cell) -> Finding | None:
    """What is wrong, or not seen, of this: the desktop shows the agent nothing until he signs in, and he can do so."""
    about = by_desktop(history)[life.agent, life.window]
    acts = [seen for seen in about if isinstance(seen, DesktopActed) and seen.begun_s >= life.until_s]
    reload = next((act for act in acts if act.act is DesktopAct.REFRESH and act.ok), None)
    again = next((act for act in acts if act.act is DesktopAct.SIGN_IN), None)
    to_s = (life.until_s if reload is None or again is None else again.begun_s) - _CLOCKS_S
    goes_on = next(
        (
            seen
            for seen in about
            if isinstance(seen, DesktopRequested)
            and at_s + bounds.SIGNED_OUT_S < seen.ended_s < to_s
            and _is_at_work(seen)
        ),
        None,
    )
    if goes_on is not None:
        return violated(cell, "the desktop goes on though nobody has signed in", life.cited(), cited(goes_on))
    if reload is None or again is None:
        return inconclusive(cell, "nobody loaded the page anew and signed in again", life.cited())
    if not again.ok:
        line = Evidence.of(again, f"{life.agent}: sign-in, in vain")
        return violated(cell, "the agent cannot sign in again", life.cited(), line)
    return None


def _is_at_work(seen: DesktopRequested) -> bool:
    """It is something that only who is signed in is told, or it signs him in."""
    is_good = seen.status is not None and seen.status < 300
    of_user = seen.resource.startswith("GET User/") or seen.wanted == "LOGIN"
    return is_good and not seen.is_look and (of_user or "User" in seen.told or "session" in seen.told)


# --- how long it lasts -----------------------------------------------------------------------------------------------


OLDER = ("at the same node", "at the other node")
"""Where who signs on had done so before."""


def _of_old_ones(cell: Cell) -> bool:
    """Who never signed on before has left no sign-on anywhere."""
    return cell.get("older") is None or cell.get("cookie") != FRESH


def _lacks_older(header: Header, cell: Cell, not_hosted: Mapping[str, str]) -> str | None:
    if cell.get("older") == OLDER[1] and len(header.nodes) == 1:
        return "the inventory names one Finesse node only"
    return nobody_signs_on(header, cell, not_hosted)


def _where_before(life: TokenLife) -> dict[str, str]:
    if life.older is None or life.cookie == FRESH:
        return {}
    return {"older": OLDER[life.older != life.node]}


def _cut_by_renewal(life: TokenLife, full_s: float) -> DesktopRequested | None:
    """The renewal of the access token that says that the refresh token ends before a full life is over."""
    until_s = life.answer.sent_s + full_s - bounds.TOKEN_LIFE_SHORT_S
    renewals = (one for one in life.seen if one.resource == RENEWAL and one.lasts_s is not None)
    return next((one for one in renewals if one.ended_s + (one.lasts_s or 0.0) < until_s), None)


@check(
    grid(
        pairs=(("node", "cookie"), ("cookie", "older")),
        node=nodes,
        cookie=COOKIES,
        older=OLDER,
        allowed=_of_old_ones,
        unfit=_lacks_older,
    ),
    needs=has_tokens,
    rests_on=(desktops_blind, deaf_to_desktops),
)
def cleared_cookies_make_a_full_life(history: History) -> Iterator[Finding]:
    """Cookies of an older sign-on can let a refresh token expire early; without them it lasts its full life."""
    full_s = history.header.refresh_token_s
    for life in token_lives(history):
        if full_s is None or life.cookie is None or life.reloaded:
            continue
        cell = Cell.of(node=life.node, cookie=life.cookie, **_where_before(life))
        if life.lasts_s is not None and life.cookie != STALE and life.lasts_s < full_s - bounds.TOKEN_LIFE_SHORT_S:
            yield violated(cell, f"with {life.cookie} cookies a token is good for {life.lasts_s:g} s", life.cited())
            continue
        cut = _cut_by_renewal(life, full_s)
        if cut is not None and life.cookie != STALE:
            what = f"with {life.cookie} cookies a renewal lets it end before its full life is over"
            yield violated(cell, what, life.cited(), cited(cut))
            continue
        at_s = over_s(history, life)
        if at_s is None:
            continue  # it was not watched to its end, or nothing came of that
        lasted_s = at_s - life.answer.ended_s
        end = Evidence(at_s, f"{life.agent} is logged out by force")
        if lasted_s > full_s + bounds.TOKEN_LIFE_LONG_S:
            yield inconclusive(
                cell, f"it lasts {lasted_s:.0f} s, the inventory says {full_s:g} s: say what is so", life.cited(), end
            )
        elif life.cookie == STALE:
            yield held(cell, f"with stale cookies it lasts {lasted_s:.0f} s, which is free", life.cited(), end)
        elif lasted_s < full_s - bounds.TOKEN_LIFE_SHORT_S:
            yield violated(cell, f"with {life.cookie} cookies it lasts {lasted_s:.0f} s only", life.cited(), end)
        else:
            yield held(cell, "without cookies of an older sign-on it lasts its full life", life.cited(), end)
