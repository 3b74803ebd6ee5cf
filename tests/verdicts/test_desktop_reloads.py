"""DESKTOP-14 to DESKTOP-17, -22 on forged timelines: pages that are loaded again before their token expires."""

import pytest

from chaos.history import History
from chaos.history.tokens import token_lives
from chaos.journal import DesktopAct
from chaos.verdicts import Outcome, desktop
from chaos.verdicts.check import Check
from tests.verdicts.test_desktop_tokens import (
    BEGUN_S,
    END_S,
    HELD,
    LIFE_S,
    SOUND,
    VIOLATED,
    Line,
    act,
    findings,
    forged,
    request,
    says,
    without,
)

LEFT_S = 660.0
AT_S = END_S - LEFT_S
TOKENS_ANEW = request(AT_S + 0.5, "GET sso/token", lasts_s=LEFT_S - 0.5)
COMES_BACK = request(AT_S + 1.0, "GET User/{id}")
RELOAD = act(AT_S, DesktopAct.REFRESH)


def after_reload(check: Check, lines: list[Line]) -> list[Outcome]:
    return [one.outcome for one in findings(check, lines) if one.cell.get("after") == "a reload"]


@pytest.mark.parametrize("more", [(TOKENS_ANEW, COMES_BACK), (COMES_BACK,)])
def test_a_page_that_is_loaded_again_goes_on_to_count_the_time_that_is_left(more: tuple[Line, ...]) -> None:
    lines = [*SOUND, RELOAD, *more]
    first, second, *_ = token_lives(History(forged(lines)))
    assert (first.until_s, first.reloaded, second.reloaded, second.moved, second.again) == (
        AT_S,
        False,
        True,
        False,
        False,
    )
    assert second.ends_s == pytest.approx((END_S, END_S))
    assert after_reload(desktop.warns_ten_and_five_minutes_before, lines) == [HELD, HELD]
    for check in (desktop.counts_the_last_minute_down, desktop.logs_out_at_zero, desktop.forwards_the_forced_logout):
        assert after_reload(check, lines) == [HELD]
    # Its token is as old as it is: that is no short life of its own.
    assert after_reload(desktop.cleared_cookies_make_a_full_life, lines) == []
    assert VIOLATED not in [one.outcome for one in findings(desktop.cleared_cookies_make_a_full_life, lines)]


@pytest.mark.parametrize(
    ("part", "check"),
    [
        ("minutes", desktop.warns_ten_and_five_minutes_before),
        ("seconds", desktop.counts_the_last_minute_down),
    ],
)
def test_a_page_that_is_loaded_again_and_shows_nothing_more_is_a_violation(part: str, check: Check) -> None:
    assert after_reload(check, [*without(says(part)), RELOAD, TOKENS_ANEW, COMES_BACK])[0] is VIOLATED


@pytest.mark.parametrize(
    "more",
    [
        (),  # nobody signs in
        (act(AT_S + 0.7, DesktopAct.CLOSE), COMES_BACK),  # somebody did something else first
        (request(AT_S + 1.0, "GET User/{id}", status=401),),
    ],
)
def test_a_page_that_does_not_come_back_by_itself_is_looked_at_no_more(more: tuple[Line, ...]) -> None:
    lives = token_lives(History(forged([*SOUND, RELOAD, *more])))
    assert not any(life.reloaded for life in lives)


def test_a_page_that_is_loaded_again_after_the_end_is_no_part_of_that_life() -> None:
    lines = [*SOUND, request(END_S + 12.5, "GET User/{id}")]
    assert not any(life.reloaded for life in token_lives(History(forged(lines))))
    assert LIFE_S == END_S - BEGUN_S


def test_a_page_that_was_loaded_again_may_need_a_sign_in() -> None:
    signs_in = (TOKENS_ANEW, COMES_BACK, act(AT_S + 2.0, DesktopAct.SIGN_IN))
    lines = [*SOUND, RELOAD, act(AT_S + 0.2, DesktopAct.COOKIES, "1"), *signs_in]
    assert [life.reloaded for life in token_lives(History(forged(lines)))][:2] == [False, True]
    assert after_reload(desktop.warns_ten_and_five_minutes_before, lines) == [HELD, HELD]
    opened = [*SOUND, RELOAD, act(AT_S + 0.2, DesktopAct.OPEN), *signs_in]
    assert not any(life.reloaded for life in token_lives(History(forged(opened))))
