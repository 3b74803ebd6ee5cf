"""DESKTOP-14 … DESKTOP-17, DESKTOP-22 on forged timelines: both edges of each time, and what must not be blamed.

Ann signs on at fin-a in second 100; her refresh token lives 900 s.
"""

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

import pytest

from chaos.history import History
from chaos.history.tokens import Reading, deaf_to_desktops, time_left, token_lives, unheard
from chaos.journal import (
    CtiSeen,
    CtiStep,
    DesktopAct,
    DesktopActed,
    DesktopNotice,
    DesktopRequested,
    Ended,
    FaultPhase,
    FaultSeen,
    Header,
    Journal,
    Observation,
    StateAsked,
    SteadyState,
    SwitchAgentSeen,
    SwitchLooked,
    Timeline,
)
from chaos.verdicts import Outcome, desktop
from chaos.verdicts.check import Check
from chaos.verdicts.desktop.tokens import AGAIN, UNDER_FIVE, UNDER_TEN
from chaos.verdicts.finding import Finding
from chaos.verdicts.ruling import found

HELD, VIOLATED, INCONCLUSIVE = Outcome.HELD, Outcome.VIOLATED, Outcome.INCONCLUSIVE
MINUTES, SECONDS, UNSURE, OF_DAY = Reading
BEGUN_S, LIFE_S = 100.0, 900.0
END_S = BEGUN_S + LIFE_S
Line = tuple[float, Observation]


def notice(at_s: float, text: str) -> Line:
    return at_s, DesktopNotice(agent="ann", text=text, shown_s=at_s)


def request(at_s: float, resource: str, **more: Any) -> Line:
    seen = {"node": "fin-a", "status": 200, **more}
    return at_s, DesktopRequested(agent="ann", resource=resource, sent_s=at_s, ended_s=at_s, **seen)


def act(at_s: float, what: DesktopAct, detail: str | None = None, *, ok: bool = True) -> Line:
    return at_s, DesktopActed(act=what, agent="ann", node="fin-a", ok=ok, begun_s=at_s, detail=detail)


def asked(at_s: float, state: str, code: int, *, forced: bool = True) -> Line:
    """Of the CTI server, by fin-a."""
    about = {"side": "a", "connection": 1, "client": "fin-a", "agent": "ann", "state": state}
    return at_s, StateAsked(**about, reason_code=code, forced=forced and state == "LOGOUT")  # type: ignore[arg-type]


def logout(at_s: float, code: int = 255) -> Line:
    return asked(at_s, "LOGOUT", code)


def warnings(*before_s: tuple[int, float]) -> list[Line]:
    """Each warning, so long before the end; it stays until the next one."""
    return [notice(END_S - left_s, f"Your session expires in {minutes} minutes.") for minutes, left_s in before_s]


def countdown(lefts: Iterable[int], *, off: int = 0) -> list[Line]:
    return [notice(END_S - left, f"Your session expires in {left + off} seconds.") for left in lefts]


SOUND: list[Line] = [
    act(99.0, DesktopAct.COOKIES, "0"),
    act(99.5, DesktopAct.OPEN),
    request(BEGUN_S, "GET sso/token", lasts_s=LIFE_S),
    request(BEGUN_S, "PUT User/{id}", wanted="LOGIN", status=202),
    act(BEGUN_S, DesktopAct.SIGN_IN),
    *warnings((10, 600.0), (5, 300.0)),
    *countdown(range(60, 0, -1)),
    notice(END_S, ""),
    request(END_S, "POST logout", status=202),
    logout(END_S),
    (END_S + 12.0, DesktopNotice(agent="ann", text="control", shown_s=END_S + 12.0, control=True)),
    request(END_S + 12.0, "GET SystemInfo", is_look=True),
    act(END_S + 12.0, DesktopAct.CONTROL, "control"),
    act(END_S + 12.0, DesktopAct.REFRESH),
    request(END_S + 17.0, "GET sso/token", lasts_s=LIFE_S),
    act(END_S + 17.0, DesktopAct.SIGN_IN),
]


def without(part: Callable[[Observation], bool], *instead: Line) -> list[Line]:
    return [line for line in SOUND if not part(line[1])] + list(instead)


def says(text: str) -> Callable[[Observation], bool]:
    return lambda seen: isinstance(seen, DesktopNotice) and text in seen.text


def is_logout(seen: Observation) -> bool:
    return isinstance(seen, StateAsked) or (isinstance(seen, DesktopRequested) and seen.resource == "POST logout")


def is_answer(seen: Observation) -> bool:
    return isinstance(seen, DesktopRequested) and seen.resource == "GET sso/token"


def forged(
    lines: list[Line], *, state: str = "NOT_READY", life_s: float | None = LIFE_S, over_s: float = END_S + 30.0
) -> Timeline:
    now_s = 0.0
    journal = Journal(None, lambda: now_s)
    before: list[Line] = [
        (
            0.0,
            Header(
                experiment="forged",
                title="forged",
                lab="forged",
                deployment="mock",
                release="12.6(2)",
                started="2026-11-22T15:00:00+00:00",
                clock="virtual",
                seed=1,
                heartbeat_interval_s=5.0,
                nodes=("fin-a", "fin-b"),
                refresh_token_s=life_s,
            ),
        ),
        (0.0, SteadyState(when="before", ok=True)),
        (0.0, CtiSeen(side="a", connection=1, step=CtiStep.STANDING, client="fin-a")),
        (1.0, SwitchLooked(agent="ann", state="LOGOUT")),
        asked(BEGUN_S, "LOGIN", 0),
        *((3.0, FaultSeen(fault="cookies", phase=one, of_kind="BrowserCookies", target="browsers/cookies/ann"))
          for one in (FaultPhase.INJECTING, FaultPhase.INJECTED, FaultPhase.BITTEN)),
        (BEGUN_S + 1.0, SwitchAgentSeen(agent="ann", state=state)),
    ]  # fmt: skip
    after: list[Line] = [
        *((over_s, FaultSeen(fault="cookies", phase=one, of_kind="BrowserCookies", target="browsers/cookies/ann"))
          for one in (FaultPhase.HELD, FaultPhase.ROLLING_BACK, FaultPhase.ROLLED_BACK, FaultPhase.LIFTED)),
        (over_s + 1.0, SteadyState(when="after", ok=True)),
        (over_s + 1.0, Ended()),
    ]  # fmt: skip
    for at_s, seen in sorted([*before, *lines, *after], key=lambda line: line[0]):
        now_s = at_s
        journal.record(seen)
    return journal.timeline()


def later(lines: Iterable[Line], by_s: float) -> list[Line]:
    """The same so much later."""
    times = ("shown_s", "sent_s", "ended_s", "begun_s")
    return [
        (at_s + by_s, replace(seen, **{name: getattr(seen, name) + by_s for name in times if hasattr(seen, name)}))
        for at_s, seen in lines
    ]


SECOND_S = END_S + 17.0 - BEGUN_S
"""So much later than the first all of the second token is, which is got in the same window."""


def twice(second: Iterable[Line]) -> list[Line]:
    """A first token, and what is seen of a second one, from its answer on."""
    return [*SOUND[:-2], *later((line for line in second if line[0] >= BEGUN_S), SECOND_S)]


def reopened(left_s: float) -> list[Line]:
    """Who signs on by an old cookie when so much of its token is left, without what is due before that."""
    begun_s = END_S - left_s
    return [
        act(begun_s - 1.0, DesktopAct.COOKIES, "2"),
        act(begun_s - 0.5, DesktopAct.OPEN),
        request(begun_s, "GET sso/token", lasts_s=left_s),
        request(begun_s, "PUT User/{id}", wanted="LOGIN", status=202),
        act(begun_s, DesktopAct.SIGN_IN),
        *(line for line in SOUND if line[0] > begun_s),
    ]


def findings(check: Check, lines: list[Line], **how: Any) -> list[Finding]:
    heartbeats = replace(check, rests_on=tuple(one for one in check.rests_on if one is not deaf_to_desktops))
    return found(heartbeats, History(forged(lines, **how)))


def said(check: Check, lines: list[Line], **how: Any) -> set[Outcome]:
    return {finding.outcome for finding in findings(check, lines, **how)}


ALL = (
    desktop.forwards_the_forced_logout,
    desktop.warns_ten_and_five_minutes_before,
    desktop.counts_the_last_minute_down,
    desktop.logs_out_at_zero,
    desktop.cleared_cookies_make_a_full_life,
)


def test_a_logout_that_is_not_a_forced_one_is_a_violation() -> None:
    other = without(lambda seen: isinstance(seen, StateAsked), asked(END_S, "LOGOUT", 255, forced=False))
    assert said(desktop.forwards_the_forced_logout, other) == {VIOLATED}
    assert said(desktop.forwards_the_forced_logout, SOUND) == {HELD}


@pytest.mark.parametrize("check", ALL, ids=lambda check: check.name)
def test_a_sound_desktop_is_held_in_the_cell_where_it_was_seen(check: Check) -> None:
    seen = findings(check, SOUND, state="TALKING")
    assert {finding.outcome for finding in seen} == {HELD}
    assert all((one.cell["node"], one.cell["cookie"]) == ("fin-a", "fresh") for one in seen)
    if check is not desktop.cleared_cookies_make_a_full_life:
        assert {one.cell["state"] for one in seen} == {"Talking"}


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("Your session expires in 10 minutes. Sign out.", (600, MINUTES)),
        ("Session expiring: 0:59 left", (59, SECONDS)),
        ("You will be logged out in 1 min 30 sec", (90, SECONDS)),
        ("Your session will end in 5 min", (300, MINUTES)),
        ("Your session expires in 10:00", (600, SECONDS)),
        ("Your session expires in 00:10:00", (600, SECONDS)),
        ("Your session expires at 10:00", (600, OF_DAY)),
        ("Session end: 10:00 a.m.", (600, OF_DAY)),
        ("Session end: 10:00:00 CEST", (36000, OF_DAY)),
        ("Session expiry 10:00", (600, UNSURE)),
        ("Your session expires at 10:00, in 5 minutes", (300, MINUTES)),
        ("Your session expires at 10:00 (0:45 left)", (45, SECONDS)),
        ("Lost connection to fin-a. Retry in 10 seconds", None),
        ("Your session expires soon", None),
        ("", None),
    ],
)
def test_the_time_that_is_left_is_read_in_any_words(text: str, left: tuple[int, Reading] | None) -> None:
    assert time_left(text) == left


@pytest.mark.parametrize(
    ("before_s", "outcome"), [(601.1, VIOLATED), (601.0, HELD), (599.0, HELD), (598.9, VIOLATED), (480.0, VIOLATED)]
)
def test_a_warning_comes_when_it_says_to_the_second(before_s: float, outcome: Outcome) -> None:
    lines = without(says("10 minutes"), *warnings((10, before_s)))
    assert (VIOLATED in said(desktop.warns_ten_and_five_minutes_before, lines)) is (outcome is VIOLATED)


def test_a_warning_that_is_missing_gone_at_once_or_untrue_is_a_violation() -> None:
    check = desktop.warns_ten_and_five_minutes_before
    assert VIOLATED in said(check, without(says("5 minutes")))
    assert VIOLATED in said(check, [*SOUND, notice(END_S - 299.0, "")])
    assert VIOLATED in said(check, [*SOUND, notice(END_S - 540.0, ""), *warnings((10, 530.0))])
    untrue = notice(END_S - 300.0, "Your session expires in 3 minutes")
    assert VIOLATED in said(check, without(says("5 minutes"), untrue))
    assert said(check, [*SOUND, notice(END_S - 120.0, "Your session expires in 2 minutes")]) == {HELD}


def dialogs(ten: str, five: str) -> list[Line]:
    """In other words, each closed after a while."""
    shown = ((600.0, ten), (500.0, ""), (300.0, five), (200.0, ""))
    return without(says("minutes"), *(notice(END_S - left_s, text) for left_s, text in shown))


def test_a_warning_may_name_the_time_of_day_and_be_no_countdown() -> None:
    for ten, five in (
        ("Your session expires at 10:00.", "Your session expires at 10:00."),
        ("Session expiry: 00:45", "Session expiry: 00:45"),
        ("Your session expires in 10:00", "Your session expires in 5:00"),
    ):
        lines = dialogs(ten, five)
        assert said(desktop.warns_ten_and_five_minutes_before, lines) == {HELD}, ten
        assert said(desktop.counts_the_last_minute_down, lines) == {HELD}, ten
    late = [line for line in dialogs("It ends at 10:00", "It ends at 10:00") if line[0] not in (700.0, 800.0)]
    late += [notice(END_S - 290.0, "It ends at 10:00")]
    assert VIOLATED in said(desktop.warns_ten_and_five_minutes_before, late)
    stays = without(says("minutes"), notice(END_S - 600.0, "It ends at 10:00"))
    assert said(desktop.warns_ten_and_five_minutes_before, stays) == {HELD, INCONCLUSIVE}


def test_digits_that_go_down_are_a_countdown_wherever_they_stand() -> None:
    check = desktop.counts_the_last_minute_down

    def shown(lefts: Iterable[int]) -> list[Line]:
        ticks = [notice(END_S - left, f"Session timeout {left // 60:02}:{left % 60:02}") for left in lefts]
        return without(says("seconds"), *ticks)

    assert said(check, shown(range(60, 0, -1))) == {HELD}
    assert said(check, shown(range(90, 0, -1))) == {VIOLATED}
    assert said(check, shown([45])) == {VIOLATED}


def test_a_warning_is_not_missed_before_its_time_nor_of_who_signed_on_too_late() -> None:
    check = desktop.warns_ten_and_five_minutes_before
    left_early = [line for line in SOUND if line[0] < 402.0]
    assert findings(check, [*left_early, act(402.0, DesktopAct.CLOSE)]) == []
    (finding,) = findings(check, [*left_early, act(412.0, DesktopAct.CLOSE)])
    assert finding.cell["warning"] == "10 minutes"
    stale = [line for line in SOUND if not is_answer(line[1]) and line[0] < 105.0]
    stale += [request(BEGUN_S - 0.1, "GET sso/token", lasts_s=400.0)]
    assert [one.cell["warning"] for one in findings(check, stale)] == ["5 minutes"]


@pytest.mark.parametrize(
    ("lefts", "off", "outcome"),
    [
        (range(60, 0, -1), 0, HELD),
        (range(61, 0, -1), 0, HELD),
        (range(62, 0, -1), 0, VIOLATED),
        (range(58, 0, -1), 0, VIOLATED),
        (range(60, 2, -1), 0, VIOLATED),
        ([left for left in range(60, 0, -1) if left != 30], 0, VIOLATED),
        (range(60, 0, -1), 1, HELD),
        (range(60, 0, -1), 2, VIOLATED),
        ((), 0, VIOLATED),
    ],
)
def test_the_countdown_is_that_of_the_last_minute(lefts: Iterable[int], off: int, outcome: Outcome) -> None:
    lines = without(says("seconds"), *countdown(lefts, off=off))
    assert said(desktop.counts_the_last_minute_down, lines) == {outcome}


@pytest.mark.parametrize(("stands_s", "outcome"), [(0.75, HELD), (0.6, VIOLATED), (0.1, VIOLATED)])
def test_a_number_of_the_countdown_stands_until_the_next(stands_s: float, outcome: Outcome) -> None:
    flashing = [line for left in range(60, 0, -1) for line in (*countdown([left]), notice(END_S - left + stands_s, ""))]
    lines = without(says("seconds"), *flashing)
    assert said(desktop.counts_the_last_minute_down, lines) == {outcome}


@pytest.mark.parametrize(
    ("after_s", "outcome"), [(-1.1, VIOLATED), (-1.0, HELD), (2.0, HELD), (2.1, VIOLATED), (9.0, VIOLATED)]
)
def test_the_logout_comes_at_zero(after_s: float, outcome: Outcome) -> None:
    lines = without(is_logout, request(END_S + after_s, "POST logout", status=202), logout(END_S + after_s))
    assert said(desktop.logs_out_at_zero, lines) == {outcome}


@pytest.mark.parametrize(("status", "outcome"), [(401, VIOLATED), (202, HELD), (503, HELD)])
def test_a_logout_that_is_refused_logs_nobody_out(status: int, outcome: Outcome) -> None:
    lines = without(is_logout, request(END_S, "POST logout", status=status))
    assert said(desktop.logs_out_at_zero, lines) == {outcome}
    # Whatever that request was, who is logged out is.
    assert said(desktop.logs_out_at_zero, [*lines, logout(END_S + 0.1)]) == {HELD}


def test_a_desktop_that_goes_on_or_lets_nobody_in_is_a_violation() -> None:
    check = desktop.logs_out_at_zero
    assert VIOLATED in said(check, [*SOUND, request(END_S + 4.0, "BOSH", told=("User",))])
    assert VIOLATED in said(check, [*SOUND, request(END_S + 14.0, "GET User/{id}")])
    assert said(check, [*SOUND, request(END_S + 1.0, "BOSH", told=("User",))]) == {HELD}
    lines = [line for line in SOUND if not (isinstance(line[1], DesktopActed) and line[0] > END_S + 16.0)]
    assert said(check, [*lines, act(END_S + 17.0, DesktopAct.SIGN_IN, ok=False)]) == {VIOLATED}
    assert said(check, lines) == {INCONCLUSIVE}, "nobody tried"
    assert VIOLATED in said(check, without(is_logout))


@pytest.mark.parametrize(("after_s", "outcome"), [(0.0, HELD), (2.0, HELD), (2.1, VIOLATED), (10.0, VIOLATED)])
def test_the_request_is_forwarded_at_once(after_s: float, outcome: Outcome) -> None:
    lines = without(lambda seen: isinstance(seen, StateAsked), logout(END_S + after_s))
    assert said(desktop.forwards_the_forced_logout, lines) == {outcome}


@pytest.mark.parametrize(
    ("again_s", "forced", "outcome"),
    [(1.0, True, HELD), (3.0, True, VIOLATED), (10.0, True, VIOLATED), (10.0, False, HELD)],
)
def test_of_one_token_an_agent_is_logged_out_once(again_s: float, forced: bool, outcome: Outcome) -> None:
    lines = [*SOUND, asked(END_S + again_s, "LOGOUT", 255, forced=forced)]
    assert said(desktop.forwards_the_forced_logout, sorted(lines, key=lambda line: line[0])) == {outcome}


def test_the_forced_logout_bears_255_and_may_be_asked_for_in_a_request_that_nobody_knows() -> None:
    check = desktop.forwards_the_forced_logout
    assert said(check, without(lambda seen: isinstance(seen, StateAsked), logout(END_S, 0))) == {VIOLATED}
    assert said(check, without(lambda seen: isinstance(seen, StateAsked))) == {VIOLATED}
    assert said(check, without(is_logout, logout(END_S))) == {HELD}


def with_cookies(count: str, *before: Line, lasts_s: float = LIFE_S) -> list[Line]:
    kept = without(
        lambda seen: (
            (isinstance(seen, DesktopActed) and seen.act is DesktopAct.COOKIES)
            or (isinstance(seen, DesktopRequested) and seen.resource == "GET sso/token")
        )
    )
    return [*before, act(99.0, DesktopAct.COOKIES, count), request(BEGUN_S, "GET sso/token", lasts_s=lasts_s), *kept]


def test_with_stale_cookies_a_token_may_end_early_and_without_it_may_not() -> None:
    check = desktop.cleared_cookies_make_a_full_life
    early = [(at_s - 300.0 if at_s > 400.0 else at_s, seen) for at_s, seen in without(says("expires"))]
    moved = [(at_s, replace(seen, sent_s=at_s, ended_s=at_s) if isinstance(seen, DesktopRequested) else seen)
             for at_s, seen in early]  # fmt: skip
    assert said(check, moved) == {VIOLATED}
    stale = [line for line in moved if not (isinstance(line[1], DesktopActed) and line[1].act is DesktopAct.COOKIES)]
    assert said(check, [*stale, act(99.0, DesktopAct.COOKIES, "3")]) == {HELD}
    assert {one.cell["cookie"] for one in findings(check, [*stale, act(99.0, DesktopAct.COOKIES, "3")])} == {"stale"}


def test_cleared_cookies_are_those_of_a_browser_that_had_some() -> None:
    check = desktop.cleared_cookies_make_a_full_life
    cleared = with_cookies("0", act(98.0, DesktopAct.CLEAR, "3"))
    assert {one.cell["cookie"] for one in findings(check, cleared)} == {"cleared"}
    assert findings(check, with_cookies("0", act(98.0, DesktopAct.CLEAR, "0"))) == []
    short = with_cookies("0", act(98.0, DesktopAct.CLEAR, "3"), lasts_s=LIFE_S - 2.1)
    assert said(check, short) == {VIOLATED}
    assert said(check, with_cookies("0", lasts_s=LIFE_S - 2.0)) == {HELD}


@pytest.mark.parametrize(("left_s", "outcome"), [(600.0, HELD), (598.0, HELD), (597.9, VIOLATED), (540.0, VIOLATED)])
def test_a_renewal_does_not_shorten_a_refresh_token(left_s: float, outcome: Outcome) -> None:
    renewed = request(BEGUN_S + 300.0, "POST sso/token", lasts_s=left_s)
    first = findings(desktop.cleared_cookies_make_a_full_life, [*SOUND, renewed])[0]
    assert first.outcome is outcome


def test_where_the_older_sign_on_was_has_cells_of_its_own() -> None:
    check = desktop.cleared_cookies_make_a_full_life
    cleared = with_cookies("0", act(98.0, DesktopAct.CLEAR, "3"))
    for node, older in (("fin-a", "at the same node"), ("fin-b", "at the other node")):
        before = [request(50.0, "GET sso/token", node=node), act(50.0, DesktopAct.SIGN_IN), act(90.0, DesktopAct.CLOSE)]
        found = [one for one in findings(check, [*before, *cleared]) if one.cell.get("cookie") == "cleared"]
        assert {(one.outcome, one.cell.get("older")) for one in found} == {(HELD, older)}
    assert {one.cell.get("older") for one in findings(check, SOUND)} == {None}


TO_THE_END = tuple(check for check in ALL if check is not desktop.cleared_cookies_make_a_full_life)


def at_sign_on(check: Check, lines: list[Line], **how: Any) -> set[tuple[str | None, Outcome]]:
    """Of which kinds the sign-ons were, and what was found of each."""
    return {(one.cell.get("sign_on"), one.outcome) for one in findings(check, lines, **how)}


@pytest.mark.parametrize("check", TO_THE_END, ids=lambda check: check.name)
def test_a_second_token_in_one_window_has_cells_of_its_own(check: Check) -> None:
    over_s = END_S + SECOND_S + 30.0
    again = AGAIN
    assert at_sign_on(check, twice(SOUND), over_s=over_s) == {(None, HELD), (again, HELD)}
    gone = [line for line in SOUND if not is_logout(line[1]) and not says("expires")(line[1])]
    assert (again, HELD) not in at_sign_on(check, twice(gone), over_s=over_s)
    assert (None, VIOLATED) not in at_sign_on(check, twice(gone), over_s=over_s)


def test_what_cookies_a_window_has_once_somebody_signed_on_there_is_not_known() -> None:
    shorter = [
        *SOUND[:-2],
        request(END_S + 17.0, "GET sso/token", lasts_s=300.0),
        act(END_S + 17.0, DesktopAct.SIGN_IN),
    ]
    assert said(desktop.cleared_cookies_make_a_full_life, shorter) == {HELD}


@pytest.mark.parametrize(("left_s", "sign_on"), [
    (650.0, None), (420.0, UNDER_TEN), (200.0, UNDER_FIVE),
])  # fmt: skip
@pytest.mark.parametrize("check", TO_THE_END, ids=lambda check: check.name)
def test_who_signs_on_shortly_before_the_end_is_told_what_is_to_come(
    check: Check, left_s: float, sign_on: str | None
) -> None:
    due = {(sign_on, HELD)} if left_s > 300.0 or check is not desktop.warns_ten_and_five_minutes_before else set()
    assert at_sign_on(check, reopened(left_s)) == due
    nothing = [line for line in reopened(left_s) if not says("expires")(line[1]) and not is_logout(line[1])]
    assert (sign_on, HELD) not in at_sign_on(check, nothing)
    assert not due or (sign_on, VIOLATED) in at_sign_on(check, nothing)


def test_an_inventory_that_says_less_than_a_life_is_no_violation_of_the_product() -> None:
    assert said(desktop.cleared_cookies_make_a_full_life, SOUND, life_s=600.0) == {INCONCLUSIVE}


def test_a_lab_without_single_sign_on_says_so_in_each_cell() -> None:
    header = forged(SOUND, life_s=None).of(Header)[0]
    for check in ALL:
        lacks = {check.grid.lacks(header, cell, {}) for cell in check.grid.cells(header)}
        assert len(lacks) == 1
        assert "single sign-on" in (lacks.pop() or "")


def test_relays_that_hear_no_sign_in_or_no_cause_of_a_lost_state_are_not_believed() -> None:
    assert unheard(History(forged(SOUND))) is None
    lost = (END_S + 0.1, SwitchAgentSeen(agent="ann", state="NOT_READY", reason_code=50002))
    deaf = without(lambda seen: isinstance(seen, StateAsked), lost)
    assert "lose his state" in (unheard(History(forged(deaf))) or "")
    assert len(token_lives(History(forged(SOUND)))) == 2
