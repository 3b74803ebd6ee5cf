"""Refresh tokens of single sign-on, as browsers show them: when each was handed out, when it ends, what the screen said
of that, and what was asked for when it was over.

Theory of operation. A desktop's *token life* begins with the answer that brings tokens and with somebody's sign-in, and
is watched until somebody does something at that browser. When it ends the answer says; where it does not, and no cookie
was left from before, a full life after it began. Whether cookies were left is counted before a page is opened.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from enum import Enum

from chaos.history.absences import CONNECTION_FAILURE, LOGOUT, state_before, states_after
from chaos.history.browsers import by_desktop
from chaos.history.desktops import STATES, TOKENS
from chaos.history.evidence import Evidence
from chaos.history.history import History, fact
from chaos.history.relays import cti_blind
from chaos.history.sessions import own_clients
from chaos.journal import (
    DesktopAct,
    DesktopActed,
    DesktopNotice,
    DesktopRequested,
    Observation,
    StateAsked,
    SwitchLooked,
)

FRESH, STALE, CLEARED = "fresh", "stale", "cleared"
COOKIES = (FRESH, STALE, CLEARED)
RENEWAL = "POST sso/token"

_STATE_OF = {"NOT_READY": STATES[0], "AVAILABLE": STATES[1], "TALKING": STATES[2], "HOLD": STATES[2]}
_LEAVES = (DesktopAct.OPEN, DesktopAct.CLOSE, DesktopAct.BACK, DesktopAct.CRASH, DesktopAct.REFRESH)
# The words are not documented. A line that speaks of an end, and of how much time is left or when that is, is one of
# these dialogs.
_END = re.compile(r"expir|\b(end|log(ged)?[ -]?out|sign(ed)?[ -]?out|time[sd]?[ -]?out)", re.IGNORECASE)
_MINUTES, _SECONDS = re.compile(r"(\d+)\s*min", re.IGNORECASE), re.compile(r"(\d+)\s*sec", re.IGNORECASE)
# "10:00" may be ten minutes or ten o'clock: what stands before and behind it says which, or that it goes down.
_DIGITS = re.compile(r"(?<![\d:.])(?:(\d{1,2}):)?(\d{1,3}):([0-5]\d)(?![\d:])")
_AT = re.compile(r"\b(at|by|until|till|before|after|since|um)\W*$", re.IGNORECASE)
_OF_DAY = re.compile(
    r"\s*([ap]\.?\s?m\b|o.?clock|uhr|hrs?\b|h\b|utc|gmt|z\b|[cew]es?t\b|[ecmp][sd]t\b|[bij]st\b)", re.IGNORECASE
)
_IN = re.compile(r"\b(in|within|for|another|left|remain\w*|countdown|timer)\W*$", re.IGNORECASE)
_LEFT = re.compile(r"\W*(min\w*|m|mm:ss)?\W*(left|remain|to go)", re.IGNORECASE)
# A countdown goes on to its next number within this time, and one that is told in seconds is none before (ours: twice a
# step, and half as much again as a minute).
_TICKS_S = 2.5
_COUNTED_S = 90
# A desktop's sign-in is passed on to the CTI server within this time (ours).
_PASSED_ON_S = 5.0


class Reading(Enum):
    """How a line says when the end is."""

    MINUTES = "in minutes"
    SECONDS = "in seconds, by words or by digits"
    UNSURE = "by digits, which may be a time of day"
    OF_DAY = "by a time of day"


@dataclass(frozen=True, slots=True)
class Said:
    """A line on the screen that spoke of the end. left_s: how much time it said is left, None if it named a time of
    day. counts: in seconds, as a countdown does. until_s: when it was gone."""

    left_s: int | None
    counts: bool
    shown_s: float
    until_s: float
    notice: DesktopNotice

    def cited(self) -> Evidence:
        return Evidence(self.shown_s, f"{self.notice.agent}: {self.notice.text}", self.notice.number or None)


def time_left(line: str) -> tuple[int, Reading] | None:
    """How many seconds a line says are left, and how it does; None: it says nothing of that."""
    if _END.search(line) is None:
        return None
    minutes, seconds = _MINUTES.search(line), _SECONDS.search(line)
    digits = sorted(map(_of_digits, _DIGITS.finditer(line)), key=lambda found: _SURE.index(found[1]))
    if digits and digits[0][1] is Reading.SECONDS:
        return digits[0]
    if minutes is None and seconds is None:
        return digits[0] if digits else None
    left_s = (60 * int(minutes.group(1)) if minutes else 0) + (int(seconds.group(1)) if seconds else 0)
    return left_s, Reading.MINUTES if seconds is None else Reading.SECONDS


_SURE = (Reading.SECONDS, Reading.UNSURE, Reading.OF_DAY)


def _of_digits(found: re.Match[str]) -> tuple[int, Reading]:
    before, behind = found.string[: found.start()], found.string[found.end() :]
    left_s = 3600 * int(found.group(1) or 0) + 60 * int(found.group(2)) + int(found.group(3))
    if _AT.search(before) or _OF_DAY.match(behind):
        return left_s, Reading.OF_DAY
    return left_s, Reading.SECONDS if _IN.search(before) or _LEFT.match(behind) else Reading.UNSURE


@dataclass(frozen=True, slots=True)
class TokenLife:
    """cookie: of COOKIES, None if that is not known. answer: that brought the tokens. begun_s: when the sign-in was
    over. lasts_s: how long the answer says the refresh token is good. ends_s: when it ends, from and to; None: not
    known. until_s: until when nobody did anything at the browser. asked: a forced logout was asked for by the desktop.
    older: the node at which he had signed on before; None: at none in this journal. moved: the desktop has gone to
    another server since, at least once; node is the one where it was at last. again: a token that was got in the same
    window had expired before. reloaded: it is that of a page that was loaded again before its token expired, whether it
    needed a sign-in or not. window: at which of his desktops.
    """

    agent: str
    node: str
    cookie: str | None
    answer: DesktopRequested
    begun_s: float
    lasts_s: float | None
    ends_s: tuple[float, float] | None
    until_s: float
    seen: tuple[DesktopRequested, ...]
    said: tuple[Said, ...]
    older: str | None = None
    moved: bool = False
    again: bool = False
    reloaded: bool = False
    window: int = 1

    @property
    def left_s(self) -> float | None:
        """How much of it was left when the sign-in was over; None: not known."""
        return None if self.ends_s is None else self.ends_s[0] - self.begun_s

    @property
    def asked(self) -> DesktopRequested | None:
        return next((one for one in self.seen if one.wanted == LOGOUT or one.resource.endswith(" logout")), None)

    def cited(self) -> Evidence:
        lasts = "" if self.lasts_s is None else f", good for {self.lasts_s:g} s"
        text = f"{self.agent} signs on at {self.node} ({self.cookie or 'unknown'} cookies{lasts})"
        return Evidence(self.answer.ended_s, text, self.answer.number or None)


@fact
def token_lives(history: History) -> tuple[TokenLife, ...]:
    """Every one of everybody, in order."""
    found: list[TokenLife] = []
    for (agent, window), about in by_desktop(history).items():
        found += (replace(life, window=window) for life in _of_one(history, agent, about))
    return tuple(sorted(found, key=lambda one: one.begun_s))


def _of_one(history: History, agent: str, about: Sequence[Observation]) -> Iterator[TokenLife]:
    cookies: int | None = None
    cleared: int | None = None
    answer: DesktopRequested | None = None
    older: str | None = None
    again = reloading = False
    last: TokenLife | None = None
    for n, seen in enumerate(about):
        if isinstance(seen, DesktopRequested):
            if seen.resource == TOKENS and seen.status == 200:
                answer = seen
        elif isinstance(seen, DesktopActed):
            if seen.act is DesktopAct.COOKIES:
                cookies = _count(seen)
            elif seen.act is DesktopAct.CLEAR:
                cleared = _count(seen)
            elif seen.act is DesktopAct.SIGN_IN and seen.ok and answer is not None:
                made = _life(history, agent, answer, seen, _kind(cookies, cleared), about[n + 1 :])
                last = replace(made, older=older, again=again, reloaded=reloading)
                reloading = False
                yield last
                older = made.node
                # A window that stays open keeps what this sign-on has left there, which nobody counts.
                cookies = cleared = None
                again = made.ends_s is not None and made.until_s >= made.ends_s[1]
            elif seen.act is DesktopAct.OPEN:
                again = reloading = False
            elif seen.act in _LEAVES:
                reloading = seen.act is DesktopAct.REFRESH and last is not None and _is_alive(last, seen)
                if reloading and last is not None and _goes_on(seen, about):
                    last = _reloaded(history, last, answer, seen, about[n + 1 :])
                    reloading = False
                    again = last.ends_s is not None and last.until_s >= last.ends_s[1]
                    yield last
                answer = None


def _is_alive(life: TokenLife, reload: DesktopActed) -> bool:
    """Was that page loaded again before its token expired, and nothing else done at it before?"""
    return reload.ok and life.ends_s is not None and life.until_s == reload.begun_s < life.ends_s[0]


def _goes_on(reload: DesktopActed, about: Sequence[Observation]) -> bool:
    """Is the page that was loaded again at work by itself, with nobody's doing but that?"""
    acts = [seen.begun_s for seen in about if isinstance(seen, DesktopActed) and seen.begun_s > reload.begun_s]
    return any(
        isinstance(seen, DesktopRequested)
        and seen.resource.startswith("GET User/")
        and seen.status == 200
        and not seen.is_look
        # By when it was noted: a browser's own times may be a hair's breadth off.
        and reload.begun_s <= seen.at_s <= min(acts, default=float("inf"))
        for seen in about
    )


def _reloaded(
    history: History,
    life: TokenLife,
    answer: DesktopRequested | None,
    reload: DesktopActed,
    rest: Sequence[Observation],
) -> TokenLife:
    """The same, by a page that was loaded again: with tokens anew, or with those that it had."""
    is_new = answer is not None and answer.at_s >= reload.begun_s
    made = _life(history, life.agent, answer if is_new and answer else life.answer, reload, life.cookie, rest)
    told_s = made.ends_s if is_new or made.ends_s is None else max(made.ends_s, life.ends_s or made.ends_s)
    ends_s = life.ends_s if told_s is None else told_s
    return replace(made, ends_s=ends_s, older=life.older, again=life.again, moved=life.moved, reloaded=True)


def _count(seen: DesktopActed) -> int | None:
    return int(seen.detail) if seen.ok and seen.detail is not None and seen.detail.isdecimal() else None


def _kind(cookies: int | None, cleared: int | None) -> str | None:
    """How a browser's cookies were. Whoever had none to clear shows nothing about cleared ones."""
    if cookies is None:
        return None
    if cookies:
        return STALE
    return FRESH if cleared is None else CLEARED if cleared else None


def _life(
    history: History,
    agent: str,
    answer: DesktopRequested,
    signed_in: DesktopActed,
    cookie: str | None,
    rest: Sequence[Observation],
) -> TokenLife:
    left = next((seen for seen in rest if isinstance(seen, DesktopActed) and seen.act in _LEAVES), None)
    until_s = history.story.end_s if left is None else left.begun_s
    # What an act brings about may be noted before the act.
    own = [seen for seen in rest if seen.at_s <= until_s]
    seen = tuple(one for one in own if isinstance(one, DesktopRequested) and not one.is_look)
    notices = [one for one in own if isinstance(one, DesktopNotice) and not one.control]
    told = [one for one in seen if one.resource in (RENEWAL, TOKENS) and one.lasts_s is not None]
    moves = [one.node for one in seen if one.wanted == "LOGIN" and one.status in range(200, 300) and one.node]
    last = told[-1] if told else answer
    full_s = history.header.refresh_token_s
    lasts_s = last.lasts_s if last.lasts_s is not None else None if cookie in (STALE, None) else full_s
    ends_s = None if lasts_s is None else (last.sent_s + lasts_s, last.ended_s + lasts_s)
    return TokenLife(
        agent,
        moves[-1] if moves else answer.node,
        cookie,
        answer,
        signed_in.at_s,
        answer.lasts_s,
        ends_s,
        until_s,
        seen,
        tuple(_said(notices, until_s)),
        moved=bool(moves),
    )


def _said(notices: Sequence[DesktopNotice], until_s: float) -> Iterator[Said]:
    """What was new on the screen each time, and until when it stood there."""
    on_screen: dict[tuple[int, Reading], tuple[float, DesktopNotice]] = {}
    found: list[tuple[int, Reading, float, float, DesktopNotice]] = []
    for notice in notices:
        now = {left for line in notice.text.splitlines() if (left := time_left(line)) is not None}
        for left, (shown_s, first) in tuple(on_screen.items()):
            if left not in now:
                found.append((*left, shown_s, notice.shown_s, first))
                del on_screen[left]
        for left in now:
            on_screen.setdefault(left, (notice.shown_s, notice))
    found += [(*left, shown_s, until_s, first) for left, (shown_s, first) in on_screen.items()]
    numbers = [(shown_s, left_s) for left_s, how, shown_s, _, _ in found if how in (Reading.SECONDS, Reading.UNSURE)]
    for left_s, how, shown_s, gone_s, first in found:
        goes_down = any(_is_next((shown_s, left_s), one) or _is_next(one, (shown_s, left_s)) for one in numbers)
        counts = goes_down if how is Reading.UNSURE else how is Reading.SECONDS and (goes_down or left_s <= _COUNTED_S)
        is_of_day = how is Reading.OF_DAY or (how is Reading.UNSURE and not goes_down)
        yield Said(None if is_of_day else left_s, counts, shown_s, gone_s, first)


def _is_next(one: tuple[float, int], other: tuple[float, int]) -> bool:
    """Whether the other number came upon that one as those of a countdown do."""
    return 0 < other[0] - one[0] <= _TICKS_S and 0 < one[1] - other[1] <= _TICKS_S


def logouts_at_cti(history: History, life: TokenLife) -> list[StateAsked]:
    """Logouts of that agent that his node asked the CTI server for, while nobody did anything at the browser. What
    another desktop of his has asked for is none of this one's."""
    own = own_clients(history, life.node)
    others = [asked.sent_s for one in beside(history, life) if (asked := one.asked) is not None]
    found = history.of(
        StateAsked,
        lambda seen: seen.agent == life.agent and seen.state == LOGOUT and seen.client in own,
        from_s=life.begun_s,
        to_s=life.until_s,
    )
    return [seen for seen in found if not any(0 <= seen.at_s - at_s <= _PASSED_ON_S for at_s in others)]


def beside(history: History, life: TokenLife) -> tuple[TokenLife, ...]:
    """Those of other desktops of the same person that overlap with it, in the order in which they began."""
    from_s, to_s = _stretch(life)
    own = (one for one in token_lives(history) if one.agent == life.agent and one.window != life.window)
    return tuple(one for one in own if _stretch(one)[0] < to_s and from_s < _stretch(one)[1])


def _stretch(life: TokenLife) -> tuple[float, float]:
    return life.begun_s, float("inf") if life.ends_s is None else life.ends_s[1]


def over_s(history: History, life: TokenLife) -> float | None:
    """When the agent was logged out, by the first sign of that; None if there was none."""
    signs = [asked.at_s for asked in logouts_at_cti(history, life)]
    signs += [life.asked.sent_s] if life.asked is not None else []
    return min(signs, default=None)


def state_then(history: History, life: TokenLife, at_s: float) -> str | None:
    """The agent's state then, of those that desktops are judged in, as the switch told it last."""
    seen = state_before(history, life.agent, at_s)
    return None if seen is None else _STATE_OF.get(seen.state)


@fact
def deaf_to_desktops(history: History) -> str | None:
    """Why the relays cannot be believed to have heard what desktops of single sign-on asked for: they heard no sign-in
    of somebody who was signed out, or nothing that made an agent lose his state."""
    return cti_blind(history) or unheard(history)


def unheard(history: History) -> str | None:
    """The latter, alone."""
    for life in token_lives(history):
        looked = history.whole.of(SwitchLooked, lambda seen, life=life: seen.agent == life.agent, to_s=life.begun_s)  # type: ignore[misc]
        first = next(one for one in token_lives(history) if one.agent == life.agent)
        if life is first and looked and looked[0].state == LOGOUT and not _heard(history, life, "LOGIN"):
            return f"no relay heard that {life.agent} signs in at {life.begun_s:.3f} s"
        if life.ends_s is None:
            continue
        lost = states_after(history, life.agent, life.ends_s[0] - 1.0, life.until_s)
        if any(seen.reason_code == CONNECTION_FAILURE for seen in lost) and not _heard(history, life, LOGOUT):
            return f"no relay heard what made {life.agent} lose his state at {lost[0].at_s:.3f} s"
    return None


def _heard(history: History, life: TokenLife, state: str) -> bool:
    asked = history.whole.of(StateAsked, lambda seen: seen.agent == life.agent and seen.state == state)
    return any(life.answer.sent_s - _PASSED_ON_S <= seen.at_s <= life.until_s for seen in asked)
